// Package andon is calls of machines for help: an operator calls for material,
// quality or maintenance, somebody accepts the call and ends it. Each step is a
// fact, with who and when.
//
// A call says that somebody is wanted at a machine. Material that is asked for by
// item and quantity, and the move that answers it, is shop/material's; that a
// machine is down is shop/equipment's.
//
// Start with [Call], then [Desk].
package andon

import (
	"errors"
	"fmt"
	"slices"

	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("andon: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// What is called for.
type What string

// Calls are for these.
const (
	Material    What = "material"
	Quality     What = "quality"
	Maintenance What = "maintenance"
)

// State says how far a call came.
type State string

// States of a call.
const (
	Called    State = "called"
	Accepted  State = "accepted" // somebody is on the way
	Done      State = "done"
	Cancelled State = "cancelled" // it was not needed
)

// Call is a call of a machine for help.
type Call struct {
	ID       string       `json:"id"`
	What     What         `json:"what" enum:"material,quality,maintenance"`
	Machine  plant.NodeID `json:"equipment"`
	Path     string       `json:"path" doc:"Of the machine when it called"`
	Name     plant.Name   `json:"name" doc:"Of the machine when it called"`
	Order    string       `json:"order,omitempty" doc:"Number of the order at hand"`
	Job      int          `json:"job,omitempty"`
	State    State        `json:"state" enum:"called,accepted,done,cancelled"`
	Answerer string       `json:"answerer,omitempty" doc:"Who accepted it last"`
	Steps    []Step       `json:"steps" nullable:"false"`
}

// Step is one fact about a call.
type Step struct {
	State   State         `json:"state" enum:"called,accepted,done,cancelled"`
	At      plant.Instant `json:"at" doc:"When it was done"`
	Entered plant.Instant `json:"entered" doc:"When this node heard of it"`
	By      string        `json:"by"`
	Note    string        `json:"note,omitempty"`
}

var ways = map[State][]State{
	"":       {Called},
	Called:   {Accepted, Done, Cancelled},
	Accepted: {Called, Done, Cancelled}, // called again: whoever accepted cannot come
}

// Step makes a step, or says why it cannot be made.
func (c *Call) Step(s Step) error {
	if !slices.Contains(ways[c.State], s.State) {
		return invalid("the call for %s at %s is %s and cannot become %s", c.What, c.Path, c.State, s.State)
	}
	c.State, c.Steps = s.State, append(slices.Clip(c.Steps), s)
	switch s.State {
	case Accepted:
		c.Answerer = s.By
	case Called:
		c.Answerer = ""
	}
	return nil
}

// Waits says whether it has not ended.
func (c Call) Waits() bool { return c.State == Called || c.State == Accepted }

// Source is where the facts of a call come from.
func (c Call) Source() string { return "call:" + c.ID }
