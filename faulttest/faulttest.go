// Package faulttest breaks the disk, the power and the process below a node's
// stores on purpose and compares what was acknowledged with what is read back.
//
// A [Disk] holds the files of both journals, history's in memory and the
// record's in a folder, and does one [Fault] at one of their writes: an error,
// a full disk, half a write, or the loss of power, after which only what was
// synced is sure to be there. A [Plant] is the stores, the folds and a small
// plant on such a disk. A [Source] puts a seeded script of samples, late and
// corrected ones, texts, events and forms into it and remembers in a [Ledger]
// what was acknowledged. [Check] reads everything back: nothing lost, doubled,
// altered or out of order, and figures the same bits as folded from scratch.
//
// It is used by tests and by nothing else. Start with run_test.go.
package faulttest
