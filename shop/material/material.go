// Package material is what lies where and where it came from: items, lots and
// serials, locations, and what happened to them (IEC 62264-2 material model:
// material definition, material lot, material sublot), reservations, kanban loops
// and call-offs, and the genealogy of a lot both ways.
//
// Every booking is a fact ([Entry]); what lies in a location is a fold over facts
// ([FoldBin]) that does not depend on the order in which they came. It never
// refuses what has happened: more taken than there was is booked and stands as a
// doubt until somebody counts. It knows no stores, no HTTP and no history of
// samples, and plans nothing.
//
// Start with [Entry] and [Bin], then [Desk].
package material

import (
	"errors"
	"fmt"
	"regexp"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("material: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Limits of what people enter: what a plant needs, and a reader can take in.
const (
	maxName = 200
	maxNote = 1000
	maxCode = 63
	// maxAmount of one booking, in units; a Quantity holds nine times as much.
	maxAmount = 1_000_000_000
	// maxRows of one list that is not read in pages.
	maxRows = 10_000
)

// codePattern is what an item is called: it stands in codes on labels, where ':'
// and '/' part it from others.
var codePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// numberPattern is what a lot may be called: what Code 128 prints and what is no
// path.
var numberPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._#+-]{0,62}$`)

// locationPattern is a location's place in the tree, such as main/a/03.
var locationPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}(/[a-z0-9][a-z0-9_-]{0,62}){0,5}$`)
