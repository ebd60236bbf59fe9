package expert

import (
	"slices"
	"time"
)

// Dispatch is a request for a team for a diagnosis, and who was sent.
type Dispatch struct {
	ID          string        `json:"id"`
	Rev         int64         `json:"rev"`
	Diagnosis   string        `json:"diagnosis"`
	Title       string        `json:"title" doc:"Of the diagnosis"`
	Firm        Firm          `json:"firm"`
	From        string        `json:"from" doc:"First day of the visits"`
	To          string        `json:"to" doc:"Last day"`
	Wanted      int           `json:"wanted" doc:"Experts"`
	Fields      []string      `json:"fields" nullable:"false"`
	Note        string        `json:"note,omitempty"`
	AskedBy     string        `json:"asked_by"`
	AskedAt     time.Time     `json:"asked_at"`
	State       DispatchState `json:"state" enum:"open,staffed,done,cancelled"`
	Reason      string        `json:"reason,omitempty" doc:"Why it ended"`
	Assignments []Assignment  `json:"assignments" nullable:"false"`
	// Last is what the newest revision did.
	Last string `json:"last" enum:"asked,assigned,accepted,declined,withdrawn,done,cancelled"`
}

// DispatchState of a dispatch.
type DispatchState string

// States: staffed is when as many accepted as were wanted.
const (
	Open      DispatchState = "open"
	Staffed   DispatchState = "staffed"
	Done      DispatchState = "done"
	Cancelled DispatchState = "cancelled"
)

// OpenStates are those in which assignments load the experts.
var OpenStates = []DispatchState{Open, Staffed}

// Assignment is an expert who was asked to go.
type Assignment struct {
	Expert       string          `json:"expert"`
	Name         string          `json:"name"`
	Organisation string          `json:"organisation,omitempty"`
	Role         string          `json:"role" enum:"lead,expert"`
	State        AssignmentState `json:"state" enum:"assigned,accepted,declined,withdrawn"`
	By           string          `json:"by"`
	At           time.Time       `json:"at"`
	AnsweredAt   time.Time       `json:"answered_at,omitzero"`
	Reason       string          `json:"reason,omitempty" doc:"Why declined or withdrawn"`
}

// AssignmentState of an assignment.
type AssignmentState string

// States of an assignment.
const (
	Assigned  AssignmentState = "assigned"
	Accepted  AssignmentState = "accepted"
	Declined  AssignmentState = "declined"
	Withdrawn AssignmentState = "withdrawn"
)

// running reports whether people may still be sent.
func (d Dispatch) running() bool { return d.State == Open || d.State == Staffed }

func (d Dispatch) need() Need { return Need{Firm: d.Firm, Fields: d.Fields, From: d.From, To: d.To} }

// of is the place of the expert's assignment, −1 without one.
func (d Dispatch) of(expert string) int {
	return slices.IndexFunc(d.Assignments, func(a Assignment) bool { return a.Expert == expert })
}

// with is the dispatch with the expert's assignment as it now is; an earlier one
// of the same person is in the revisions before.
func (d Dispatch) with(a Assignment, last string) Dispatch {
	d.Assignments, d.Last = slices.Clone(d.Assignments), last
	if i := d.of(a.Expert); i >= 0 {
		d.Assignments[i] = a
	} else {
		d.Assignments = append(d.Assignments, a)
	}
	accepted := 0
	for _, one := range d.Assignments {
		if one.State == Accepted {
			accepted++
		}
	}
	d.State = Open
	if accepted >= d.Wanted {
		d.State = Staffed
	}
	return d
}

// loads counts the open assignments of every expert.
func loads(open []Dispatch) map[string]int {
	out := map[string]int{}
	for _, d := range open {
		for _, a := range d.Assignments {
			if a.State == Assigned || a.State == Accepted {
				out[a.Expert]++
			}
		}
	}
	return out
}
