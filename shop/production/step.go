package production

import (
	"zhigai/plant"
)

// StepKind says what a step did.
type StepKind string

// Kinds of steps.
const (
	StepCreated   StepKind = "created"
	StepChanged   StepKind = "changed"
	StepReleased  StepKind = "released"
	StepHeld      StepKind = "held"
	StepResumed   StepKind = "resumed"
	StepCancelled StepKind = "cancelled"
	StepClosed    StepKind = "closed"
	StepSplit     StepKind = "split"  // a part of the quantity went to another order
	StepMerged    StepKind = "merged" // another order's quantity came to this one
	StepPlanned   StepKind = "planned"
	StepJob       StepKind = "job"
	StepOperator  StepKind = "operator"
	StepFirst     StepKind = "first_piece"
	StepCount     StepKind = "count"
	StepWithdrawn StepKind = "withdrawn" // an earlier step never counted
)

// Step is one fact about an order. Steps are followed in the order of At: one
// that was entered while the network was down counts when it was done.
type Step struct {
	Seq      int64         `json:"seq"`
	At       plant.Instant `json:"at" doc:"When it was done"`
	Entered  plant.Instant `json:"entered" doc:"When this node heard of it"`
	By       string        `json:"by"`
	Key      string        `json:"key,omitempty" doc:"The sender's own; the same again is the same step"`
	What     StepKind      `json:"what"`
	Terms    *Terms        `json:"terms,omitempty"`
	Parent   string        `json:"parent,omitempty"`
	Jobs     []Planned     `json:"jobs,omitempty"`
	Job      int           `json:"job,omitempty"`
	Command  Command       `json:"command,omitempty"`
	Machine  plant.NodeID  `json:"equipment,omitempty"`
	Person   string        `json:"person,omitempty"`
	On       bool          `json:"on,omitempty"`
	OK       bool          `json:"ok,omitempty"`
	Reason   string        `json:"reason,omitempty"`
	Note     string        `json:"note,omitempty"`
	Other    string        `json:"other,omitempty" doc:"Id of the other order of a split or merge"`
	Quantity int64         `json:"quantity,omitempty"`
	Step     int64         `json:"step,omitempty" doc:"That is withdrawn"`
	Good     int64         `json:"good,omitempty"`
	Scrap    int64         `json:"scrap,omitempty"`
	Rework   int64         `json:"rework,omitempty"`
	Fact     string        `json:"fact,omitempty" doc:"Id of the count at the machine that goes with it"`
}

// Planned is where and when a job is to be done; of a release also what the job
// is.
type Planned struct {
	No        int           `json:"no"`
	Name      *plant.Name   `json:"name,omitempty"`
	Outside   bool          `json:"outside,omitempty"`
	Crew      int           `json:"crew,omitempty" doc:"People who may be at work on it together"`
	First     bool          `json:"first,omitempty" doc:"Its first piece must be approved"`
	Equipment plant.NodeID  `json:"equipment,omitempty"`
	From      plant.Instant `json:"from,omitempty"`
	To        plant.Instant `json:"to,omitempty"`
	Locked    bool          `json:"locked,omitempty"`
}
