package shop

import (
	"zhigai/fact"
	"zhigai/record"
	"zhigai/shop/control/handshake"
)

// Handshakes keeps handshakes, whether they run, and hand-overs. It implements
// handshake.Store.
type Handshakes struct{ documents }

var _ handshake.Store = Handshakes{}

// NewHandshakes keeps handshakes in the record.
func NewHandshakes(db *record.DB) Handshakes {
	return Handshakes{documents{db, "handshake_document", fact.KindHandshake, "handshake"}}
}
