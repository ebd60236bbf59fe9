package material

import (
	"slices"

	"zhigai/plant"
)

// CallState says how far a call-off came.
type CallState string

// States of a call.
const (
	Requested CallState = "requested"
	Accepted  CallState = "accepted"  // somebody or an AGV is on the way
	Delivered CallState = "delivered" // and the move is booked
	Cancelled CallState = "cancelled"
)

// Call asks for material at a place. A person or an AGV accepts it and confirms
// that it was delivered.
type Call struct {
	ID       string         `json:"id"`
	Loop     string         `json:"loop,omitempty" doc:"Id of the kanban loop that it comes from"`
	Item     string         `json:"item"`
	Quantity plant.Quantity `json:"quantity"`
	To       string         `json:"to" doc:"Location"`
	State    CallState      `json:"state" enum:"requested,accepted,delivered,cancelled"`
	Carrier  string         `json:"carrier,omitempty" doc:"Who brings it: a person, or agv:NAME"`
	Steps    []CallStep     `json:"steps" nullable:"false"`
}

// CallStep is one fact about a call.
type CallStep struct {
	State   CallState     `json:"state" enum:"requested,accepted,delivered,cancelled"`
	At      plant.Instant `json:"at"`
	By      string        `json:"by"`
	Carrier string        `json:"carrier,omitempty"`
	Entry   string        `json:"entry,omitempty" doc:"Of delivered: id of the move"`
	Note    string        `json:"note,omitempty"`
}

var callWays = map[CallState][]CallState{
	"":        {Requested},
	Requested: {Accepted, Cancelled},
	Accepted:  {Delivered, Requested, Cancelled}, // requested again: the carrier gives it back
}

// Step makes a step, or says why it cannot be made.
func (c *Call) Step(s CallStep) error {
	if slices.Contains(callWays[c.State], s.State) {
		c.State, c.Steps = s.State, append(c.Steps, s)
		switch s.State {
		case Accepted:
			c.Carrier = s.Carrier
		case Requested:
			c.Carrier = ""
		}
		return nil
	}
	return invalid("the call for %s at %s is %s and cannot become %s", c.Item, c.To, c.State, s.State)
}

// Waits says whether it has not ended.
func (c Call) Waits() bool { return c.State == Requested || c.State == Accepted }

// Source is where the facts of a call come from.
func (c Call) Source() string { return "material-call:" + c.ID }
