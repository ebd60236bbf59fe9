;; Counts its own calls: a fresh instance always says 1.
(module
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (i32.store (i32.const 516) (i32.const 1)) (f64.store (i32.const 520) (f64.convert_i32_u (global.get $calls))) (i32.const 512)))
