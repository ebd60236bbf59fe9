package shop

import (
	"zhigai/fact"
	"zhigai/record"
	"zhigai/shop/control/loop"
)

// Loops keeps control loops, their modes and what they did. It implements loop.Store.
type Loops struct{ documents }

var _ loop.Store = Loops{}

// NewLoops keeps control loops in the record.
func NewLoops(db *record.DB) Loops {
	return Loops{documents{db, "loop_document", fact.KindLoop, "loop"}}
}
