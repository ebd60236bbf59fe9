// Package handshake is how machines of different brands hand work to one another: which
// signal of one machine says offer, accept, start or done, which set point tells the other
// one so, and how long each may take. A revision is written by one person and approved by
// another; while it runs, every hand-over is kept step by step, with how long it took and
// who it waited for.
//
// What follows from what was seen is decided in calc/handshake alone. The room writes to a
// machine only by commands of [Commands], with all their checks, and never the same step
// twice; what a restart cut goes on by what the machines say, or is given up with the
// reason. It stands in for no safety system.
//
// That a full machine slows the one before it is no hand-over but a measure held by
// hysteresis: a control loop of kind on-off (shop/control/loop) whose process value is the
// level of the downstream machine and whose output is a set point of the upstream one does
// that, with its approvals, safe actions and history. There is no second engine for it.
//
// Start with [Handshake], then [Desk.Save], [Desk.SetMode], run.go and calc/handshake.
package handshake

import (
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("handshake: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

func conflict(format string, args ...any) error {
	return fmt.Errorf("%w: %s", access.ErrConflict, fmt.Sprintf(format, args...))
}

// Kinds of documents.
const (
	KindHandshake document.Kind = "handshake" // a revision of a handshake
	KindRun       document.Kind = "run"       // whether a handshake runs, by its series
	KindHandover  document.Kind = "handover"  // one hand-over, a revision for each step
)

// Filter is what documents are chosen by.
type Filter = document.Filter

// Mode says whether a handshake is followed.
type Mode string

// Modes.
const (
	Off       Mode = "off"
	On        Mode = "on"
	Suspended Mode = "suspended" // it could not go on; a person looks and switches it on again
)

// Cursor is the name of what runs at the feed: what it has not seen is kept.
const Cursor = "handshakes"

// Limits.
const (
	minWithin    = 200 * time.Millisecond
	maxWithin    = 24 * time.Hour
	minAge       = 500 * time.Millisecond
	maxAge       = time.Hour
	maxNote      = 1000
	maxName      = 200
	maxAborts    = 8
	maxRunning   = 500 // of a tenant, and revisions read at once
	maxHandovers = 1000
	// maxHanded bounds the hand-overs that wait for the follower.
	maxHanded = 256
	// pace is how often time is looked at: steps end as late as that after their time.
	pace = 50 * time.Millisecond
	// clockStep is how far the clock may go apart from the time that passed.
	clockStep = 2 * time.Second
	// overloaded is how late a look may be before the node does not keep up.
	overloaded = 2 * time.Second
	// maxNews bounds what waits to be looked at of one handshake; more is an overload.
	maxNews = 1024
	// failedInARow is after how many hand-overs that did not come to their end a handshake
	// suspends itself.
	failedInARow = 3
	// askPatience bounds a question to a device, and the taking of an order.
	askPatience = 5 * time.Second
	// waitCommand bounds the wait for the end of a command.
	waitCommand = time.Minute
	// lifeOfTell is how long a command that tells a machine of a step may wait to be sent.
	lifeOfTell = 5 * time.Second
	// firstRetry and longestRetry are how soon taking back what was told is tried again at a
	// machine that does not take it.
	firstRetry   = time.Second
	longestRetry = time.Minute
	// keepPatience bounds one offer to a store.
	keepPatience = 5 * time.Second
)
