;; Asks for memory until it gets none, and goes on as if it had.
(module
  (memory (export "memory") 1)
  
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (loop $again (br_if $again (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0)))) (unreachable)))
