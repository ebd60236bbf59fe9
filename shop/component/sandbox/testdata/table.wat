;; Has a table that lies outside of its memory and may grow without an end.
(module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "input") (param i32) (result i32) (i32.const 1024))
  (func (export "call") (param $at i32) (param $size i32) (result i32)
    (drop (table.grow 0 (ref.null func) (i32.const 100000000))) (i32.const 0)))
