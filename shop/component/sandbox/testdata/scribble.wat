;; Writes over all of its memory, for ever.
(module
  (memory (export "memory") 1)
  
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (loop $again (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536)) (br $again)) (unreachable)))
