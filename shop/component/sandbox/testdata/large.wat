;; Takes 48 MiB from the beginning.
(module
  (memory (export "memory") 768)
  
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (i32.const 0)))
