package shop

import (
	"zhigai/fact"
	"zhigai/record"
	"zhigai/shop/control/display"
)

// Displays keeps the layouts of a control room's displays. It implements display.Store.
type Displays struct{ documents }

var _ display.Store = Displays{}

// NewDisplays keeps layouts of displays in the record.
func NewDisplays(db *record.DB) Displays {
	return Displays{documents{db, "display_document", fact.KindDisplay, "display"}}
}
