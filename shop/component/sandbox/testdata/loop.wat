;; Never comes to an end.
(module
  (memory (export "memory") 1)
  
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (loop $again (br $again)) (unreachable)))
