// Package maintenance keeps machines running: plans say when something is to be done,
// work orders say what was done about it, and whether it helped. Every change of a
// work order is a fact.
//
// An order that came from an alarm is verified by what happens afterwards: the alarm
// does not come back within the time set, or it does. When alarms stand and machines
// stood is told to the room; it watches nothing by itself, and books no material.
//
// Start with [Order], then [Plan] and [Desk].
package maintenance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// ErrInvalid is what cannot be done, in words for the asker.
var ErrInvalid = errors.New("maintenance: not valid")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Kind says why work is done.
type Kind string

// Kinds of work, as EN 13306 parts them.
const (
	Corrective Kind = "corrective" // something was not as it should be
	Preventive Kind = "preventive" // by time or count
	Condition  Kind = "condition"  // preventive, because a condition came
)

// State says how far an order came.
type State string

// States of an order.
const (
	Proposed    State = "proposed"
	Planned     State = "planned"
	InWork      State = "in_work"
	Done        State = "done"
	Verified    State = "verified"    // it helped
	Ineffective State = "ineffective" // it did not
	Cancelled   State = "cancelled"
)

var ways = map[State][]State{
	"":       {Proposed},
	Proposed: {Planned, InWork, Cancelled},
	Planned:  {Proposed, InWork, Cancelled},
	InWork:   {Planned, Done, Cancelled},
	Done:     {InWork, Verified, Ineffective},
}

// Origin is the alarm that an order came from.
type Origin struct {
	ID   string        `json:"alarm" maxLength:"300" doc:"Of the alarm at the place"`
	From plant.Instant `json:"from" doc:"When it came"`
	Text plant.Name    `json:"text,omitzero"`
	// Evidence is the path of the page that shows what was found.
	Evidence string `json:"evidence,omitempty" maxLength:"400" pattern:"^/[^/]"`
}

// Check is a line of a check list.
type Check struct {
	Text string        `json:"text" maxLength:"200"`
	Done bool          `json:"done,omitempty"`
	By   string        `json:"by,omitempty"`
	At   plant.Instant `json:"at,omitempty"`
	// Photos show how it was.
	Photos []string `json:"photos,omitempty" maxItems:"8" doc:"SHA-256 of files that were handed in"`
}

// Part is a spare that was used.
type Part struct {
	Item     string `json:"item" maxLength:"60" doc:"Code of the item"`
	Quantity string `json:"quantity" maxLength:"20" doc:"In the item's unit"`
	Location string `json:"location,omitempty" maxLength:"200"`
}

// Work is what people say of an order beside how far it came.
type Work struct {
	Title    string        `json:"title" maxLength:"200"`
	Priority int           `json:"priority" minimum:"1" maximum:"4"`
	Assignee string        `json:"assignee,omitempty" maxLength:"80"`
	Due      plant.Instant `json:"due,omitempty"`
	Checks   []Check       `json:"checks,omitempty" maxItems:"100"`
	Parts    []Part        `json:"parts,omitempty" maxItems:"100" doc:"Spares used; taking them out of stock is booked where material is"`

	Fault  string `json:"fault,omitempty" maxLength:"400" doc:"What was found"`
	Cause  string `json:"cause,omitempty" maxLength:"400" doc:"Why it was so"`
	Action string `json:"action,omitempty" maxLength:"400" doc:"What was done about it"`

	LabourMin int64 `json:"labour_min,omitempty" minimum:"0" maximum:"1000000"`
	LabourFen int64 `json:"labour_fen,omitempty" minimum:"0" doc:"Cost of labour"`
	PartsFen  int64 `json:"parts_fen,omitempty" minimum:"0" doc:"Cost of parts and outside service"`
	DownRate  int64 `json:"down_fen_per_h,omitempty" minimum:"0" doc:"What an hour of the machine's standstill costs"`
	VerifyS   int64 `json:"verify_s,omitempty" minimum:"0" maximum:"7776000" doc:"How long the alarm must stay away after the work for it to have helped; a day when left out"`
}

// Order is a work order.
type Order struct {
	ID      string       `json:"id"`
	Number  int64        `json:"number" doc:"Counted from 1"`
	Rev     int64        `json:"rev"`
	Machine plant.NodeID `json:"equipment"`
	Path    string       `json:"path"`
	Name    plant.Name   `json:"name" doc:"Of the machine"`
	Kind    Kind         `json:"kind" enum:"corrective,preventive,condition"`
	Plan    string       `json:"plan,omitempty" doc:"id of the plan that asked for it"`
	Origin  *Origin      `json:"origin,omitempty"`
	State   State        `json:"state" enum:"proposed,planned,in_work,done,verified,ineffective,cancelled"`
	Steps   []Step       `json:"steps" nullable:"false"`
	// At is when this revision was saved.
	At plant.Instant `json:"at" doc:"When this revision was saved"`
	Work
}

// Step says how an order came from one state to the next.
type Step struct {
	State State         `json:"state" enum:"proposed,planned,in_work,done,verified,ineffective,cancelled"`
	At    plant.Instant `json:"at"`
	By    string        `json:"by" doc:"Who; node when it was seen by itself"`
	Note  string        `json:"note,omitempty"`
}

// step makes a step, or says why it cannot be made.
func (o *Order) step(s Step) error {
	if !slices.Contains(ways[o.State], s.State) {
		return invalid("order %d is %s and cannot become %s", o.Number, o.State, s.State)
	}
	o.State, o.Steps = s.State, append(slices.Clip(o.Steps), s)
	return nil
}

// moment is when a step was made, of which somebody may say so later: work is done
// first and entered in the evening. o.At is now.
func (o *Order) moment(m Move) (plant.Instant, error) {
	switch {
	case m.At == 0:
		return o.At, nil
	case m.State != InWork && m.State != Done:
		return 0, invalid("only work that was begun or done has a time of its own; leave it out")
	case m.At > o.At:
		return 0, invalid("%s has not come yet; enter it when it has", m.At.Time().Format(time.RFC3339))
	case o.Origin != nil && m.At < o.Origin.From:
		return 0, invalid("the alarm came at %s; nobody worked on it before", o.Origin.From.Time().Format(time.RFC3339))
	case m.State == Done && m.At < o.when(InWork):
		return 0, invalid("the work began at %s and cannot have been done before", o.when(InWork).Time().Format(time.RFC3339))
	}
	return m.At, nil
}

// when is when the order last came into a state; 0 when it never did.
func (o Order) when(state State) plant.Instant {
	for _, s := range slices.Backward(o.Steps) {
		if s.State == state {
			return s.At
		}
	}
	return 0
}

// Done is when the work was done last; 0 when it never was.
func (o Order) Done() plant.Instant { return o.when(Done) }

// Open says whether somebody has still to do something about it.
func (o Order) Open() bool { return slices.Contains([]State{Proposed, Planned, InWork, Done}, o.State) }

// Source is where the facts of an order come from.
func (o Order) Source() string { return "work-order:" + o.ID }

// defaultVerify is how long an alarm must stay away when nobody says: a day has every
// shift in it.
const defaultVerify = 24 * time.Hour

// verify is how long the alarm must stay away.
func (o Order) verify() time.Duration {
	if o.VerifyS > 0 {
		return time.Duration(o.VerifyS) * time.Second
	}
	return defaultVerify
}

func (w Work) check() error {
	switch {
	case strings.TrimSpace(w.Title) == "":
		return invalid("say in a few words what is to be done")
	case w.Priority < 1 || w.Priority > 4:
		return invalid("priority %d; write 1 (most urgent) to 4", w.Priority)
	case slices.ContainsFunc(w.Checks, func(c Check) bool { return strings.TrimSpace(c.Text) == "" }):
		return invalid("a line of the check list is empty; take it out or say what to look at")
	case slices.ContainsFunc(w.Parts, func(p Part) bool { return p.Item == "" || p.Quantity == "" }):
		return invalid("a part has an item and a quantity")
	}
	return nil
}
