;; Gives more outputs than it declares, more than its memory holds.
(module
  (memory (export "memory") 1)
  
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (i32.store (i32.const 516) (i32.const 0x7fffffff)) (i32.const 512)))
