// Package process is how a product is made at a machine, in numbers: recipes (sets of
// parameters with their windows) by product, operation and machine, which two people
// approve, by revision; what of them was downloaded to which machine and read back
// from it; what the machine's signals really were while a job ran, with every time a
// value left its window; and tools, with how much is left of their lives.
//
// It sends nothing to a machine: it orders commands of [Commands], one after the
// other, and believes only what was read back. It reads no tag by itself, and never
// changes a revision that was approved: another one takes its place.
//
// Start with [Recipe], then [Desk.Download], [Desk.Ran], [Desk.Follow] and [Prognose].
package process

import (
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("process: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// Kind, Document and Filter are what the room keeps by revision.
type (
	Kind     = document.Kind
	Document = document.Document
	Filter   = document.Filter
)

// Kinds of documents.
const (
	KindRecipe    Kind = "recipe"    // a revision of a recipe
	KindDownload  Kind = "download"  // of a revision to a machine
	KindDeviation Kind = "deviation" // of a job from its recipe
)

// Limits of what people enter and of what is answered at once.
const (
	maxNote       = 1000
	maxParameters = 100 // of one recipe: what a person can check
	maxRevisions  = 1000
	maxDelay      = 24 * time.Hour
	// maxWindow of one question about the past: a quarter.
	maxWindow = 92 * 24 * time.Hour
)
