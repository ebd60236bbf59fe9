// Package production is what a plant makes, how and for whom: operations
// definitions of products by revision, orders, and the job orders that machines
// and people carry out (IEC 62264, OPC 10031-4 ISA-95 Job Control).
//
// What was made is told by the machines' own counts; people's corrections stand
// beside them. It never changes a step that was recorded: a step that was wrong
// is withdrawn by another. It knows no stores and no HTTP, and plans nothing:
// who schedules tells it what was decided.
//
// Start with [Definition], [Order] and [Job], then [Fold] and [Desk].
package production

import (
	"errors"
	"fmt"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("production: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Limits of what people enter: what a plant needs, and a reader can take in.
const (
	maxSegments     = 200
	maxAlternatives = 50
	maxMaterials    = 500
	maxDocuments    = 50
	maxName         = 200
	maxNote         = 1000
	// maxMs of one duration: a year; more is a typing error.
	maxMs = 366 * 24 * 3600 * 1000
	// maxMade of one order: what a count of pieces may be.
	maxMade = 1_000_000_000
)
