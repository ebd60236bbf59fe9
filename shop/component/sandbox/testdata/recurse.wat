;; Calls itself without an end.
(module
  (memory (export "memory") 1)
  (func $deep (param i32) (result i32) (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (call $deep (local.get $size))))
