// Package loop holds control loops: a block of calc/control with its parameters, the
// signals that it reads, the set point that it moves, and what happens when it loses
// them. A revision is written by one person and approved by another; a loop runs in the
// modes off, manual and auto, and suspends itself with the reason when it cannot go on.
//
// It writes to a machine only by commands of [Commands], no faster than its revision
// says, each on fresh values, and keeps what each rested on. It decides nothing about
// safety: emergency stop and interlocks are the machine's own.
//
// Start with [Loop], then [Desk.SaveLoop], [Desk.SetMode] and run.go.
package loop

import (
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/fact/document"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("loop: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// Kinds of documents.
const (
	KindLoop  document.Kind = "loop"  // a revision of a loop
	KindRun   document.Kind = "run"   // the mode of a loop, by its series
	KindEvent document.Kind = "event" // something that a loop did, or was told
)

// Filter is what documents are chosen by.
type Filter = document.Filter

// Mode says who moves the output.
type Mode string

// Modes of a loop.
const (
	Off       Mode = "off"       // nobody looks
	Manual    Mode = "manual"    // a person; the block follows, so that auto begins without a jump
	Auto      Mode = "auto"      // the block
	Tuning    Mode = "tuning"    // the relay of an autotuning
	Suspended Mode = "suspended" // nobody: it could not go on, and did what it declared for that
)

// Action and Safe are what a loop does when it cannot go on.
type (
	Action = calc.SafeAction
	Safe   = calc.Safe
)

// Actions of a loop that cannot go on.
const (
	Hold     = calc.Hold
	Ramp     = calc.RampTo
	HandBack = calc.HandBack
)

// Limits.
const (
	minPeriod   = 200 * time.Millisecond
	maxPeriod   = time.Hour
	minInterval = time.Second // between writes: each is several facts
	maxAge      = time.Hour
	maxNote     = 1000
	maxLoops    = 500 // of a tenant, and revisions read at once
	maxEvents   = 1000
	// clockStep is how far the clock may go apart from the time that passed before
	// ages of values say nothing any more.
	clockStep = 2 * time.Second
	// late is how many periods a scan may be late before the node is overloaded, but
	// not less than leastLate.
	late      = 3
	leastLate = 2 * time.Second
	// refusedInARow is how many writes in a row may be refused before it gives up.
	refusedInARow = 3
	// readPatience bounds the reading of a scan.
	readPatience = 5 * time.Second
	// waitCommand bounds the wait for the end of a command.
	waitCommand = 11 * time.Minute
	keepAgain   = 5 * time.Second // how soon a mode is offered again to a store that failed
)
