// Package planning decides which machine does which job order when: plans of a
// site, made from facts by a search, changed by the planner, issued to the
// workshop, and made anew when a machine stops.
//
// A plan never changes: what a planner moves or locks makes another plan. It
// reads no clock but through its desk, stores nothing by itself, and knows
// orders and machines as others tell them ([Facts]). What cannot be planned is
// listed with the reason, never left out.
//
// Start with [State], [Build] and [Desk].
package planning

import (
	"errors"
	"fmt"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("planning: not valid")

// ErrBusy means that as many plans are being searched as may be at once.
var ErrBusy = errors.New("planning: enough searches run already")

// ErrChanged means that a plan was made of older facts.
var ErrChanged = errors.New("planning: the facts have changed since the plan was made")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
