;; Says a number that is none, and that it is good.
(module
  (memory (export "memory") 1)
  
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (i32.store (i32.const 516) (i32.const 1)) (f64.store (i32.const 520) (f64.const nan)) (i32.const 512)))
