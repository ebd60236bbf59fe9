package rule

import (
	"context"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	"zhigai/calc/control"
	"zhigai/calc/rule"
	"zhigai/fact/document"
	"zhigai/history"
	"zhigai/plant"
)

// Store keeps rules and firings.
type Store = document.Store

// Signal is what a machine tells, or takes.
type Signal struct {
	Name     string               `json:"name"`
	Title    plant.Name           `json:"title,omitzero"`
	Unit     string               `json:"unit,omitempty"`
	Kind     rule.Kind            `json:"kind" enum:"number,boolean,enumeration,text"`
	Tag      plant.TagNo          `json:"tag,omitempty"`
	Derived  bool                 `json:"derived,omitempty" doc:"No device tells it: it follows from other facts"`
	Writable bool                 `json:"writable,omitempty" doc:"It is a set point"`
	Watchdog bool                 `json:"watchdog,omitempty" doc:"It takes the beats of a watchdog and nothing else"`
	Approve  int                  `json:"approve,omitempty" doc:"How many others say yes to each command"`
	Strides  control.Strides      `json:"-"` // by which it may be moved
	Min      *float64             `json:"min,omitempty" doc:"Smallest value that the machine takes"`
	Max      *float64             `json:"max,omitempty"`
	Values   map[int64]plant.Name `json:"values,omitempty" doc:"Names of an enumeration's codes"`
}

// Machine is a place of the plant as it is now; one that is no machine has no signals.
type Machine struct {
	ID      plant.NodeID
	Path    string
	Name    plant.Name
	Link    plant.TagNo // tells contact with the device; 0 where nobody does
	Signals []Signal
}

// Plant knows the places and their signals.
type Plant interface {
	// Machine finds a place; access.ErrNotFound without.
	Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (Machine, error)
}

// History is what machines said.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
	TextBefore(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error)
	Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]history.Bucket, error)
}

// Events tells what happened at a place, to hold firings against.
type Events interface {
	// Happened are stops of a machine, alarms or cases at a place, or commands that
	// people gave there, each from its beginning to its end, in [from, to).
	Happened(ctx context.Context, scope access.Scope, what Against, node plant.NodeID, from, to plant.Micros) ([]calc.Span, error)
}

// Entry is a value as it was committed.
type Entry struct {
	Seq    uint64
	Tenant plant.TenantNo
	plant.Batch
}

// Feed is samples in the order in which they were committed.
type Feed interface {
	Read(ctx context.Context, after uint64, limit int) ([]Entry, error)
	Wait(ctx context.Context, after uint64) error
	LastSeq() uint64
	SaveCursor(name string, seq uint64) error
}

// Doing is an action of a firing that is to be done.
type Doing struct {
	Rule   Rule
	Firing Fired
	Action Action
	No     int // of the action within the rule
}

// Outcome is what came of an action.
type Outcome struct {
	Kind ActionKind `json:"kind" enum:"alarm,command,call,work_order,nonconformance,hold_order,notify,run_component"`
	// ID is that of what was made.
	ID    string `json:"id,omitempty" doc:"Of the command, call, work order or case"`
	State string `json:"state" doc:"done, failed, or how the command ended"`
	Why   string `json:"why,omitempty"`
	// Doubtful: nobody knows whether a machine did as it was told.
	Doubtful bool `json:"doubtful,omitempty"`
}

// Outputs reads and sets set points beside firings: on the way to what is safe, and for
// watchdogs.
type Outputs interface {
	// Value reads a set point anew.
	Value(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (float64, error)
	// Set orders a value at an action's machine and returns when the command ended.
	Set(ctx context.Context, tenant plant.TenantNo, r Rule, a Action, signal string, value float64) Outcome
	// Beat serves the watchdog of an action.
	Beat(ctx context.Context, tenant plant.TenantNo, r Rule, a Action, count uint64) error
}

// Actors do what rules decide.
type Actors interface {
	// Do carries an action out and says what came of it. What is refused is an outcome
	// that failed, with the reason.
	Do(ctx context.Context, tenant plant.TenantNo, d Doing) Outcome
	// Came says what became of an action whose outcome is not final, or was not kept when
	// the node ended; final when nothing more becomes of it.
	Came(ctx context.Context, tenant plant.TenantNo, d Doing, was Outcome) (now Outcome, final bool)
	// Over says that a firing is over: what stood because of it ends.
	Over(ctx context.Context, tenant plant.TenantNo, d Doing) error
	// Tell lets people know that a rule was suspended.
	Tell(ctx context.Context, tenant plant.TenantNo, r Rule, why string) error
}
