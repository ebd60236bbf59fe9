package process

import (
	"context"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Store keeps what the room knows.
type Store = document.Store

// Machine is a machine of the plant as it is now.
type Machine struct {
	ID      plant.NodeID
	Path    string
	Name    plant.Name
	Profile string         // its kind; "" for a place that is no machine
	Above   []plant.NodeID // the places around it, nearest first
	Signals []Signal
}

// Signal is what a kind of machine tells, or takes.
type Signal struct {
	Name     string
	Title    plant.Name
	Unit     string
	Number   bool // no text
	Writable bool
	Min, Max *float64    // that the machine takes; nil: no limit
	Tag      plant.TagNo // 0: the machine does not have it yet
}

// Machines knows the plant.
type Machines interface {
	// Machine finds a node, with signals where it is a machine; access.ErrNotFound
	// without.
	Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (Machine, error)
	// Kind tells the signals of a kind of machine.
	Kind(profile string) ([]Signal, bool)
}

// Command is a command to a machine, as far as it came.
type Command struct {
	ID        string
	State     string // requested, checked, sent, confirmed, mismatched, failed, expired, rejected, unknown
	Final     bool
	Confirmed bool
	Read      *float64 // what the machine said last, nil: nothing
	Why       string   // it was not confirmed
}

// Commands sets values at machines, with all checks and the read-back.
type Commands interface {
	// Order asks for a signal to be set and gives the command's id. The same key of the
	// same person is the same command.
	Order(ctx context.Context, by access.Principal, machine plant.NodeID, signal string, value float64, note, key string) (string, error)
	// Wait returns when nothing more becomes of a command, or ctx ends.
	Wait(ctx context.Context, tenant plant.TenantNo, id string) (Command, error)
}

// Run is time in which a job ran at a machine.
type Run struct {
	Order   string        `json:"order" doc:"Id"`
	Number  string        `json:"number" doc:"Of the order"`
	Job     int           `json:"job"`
	Item    string        `json:"item"`
	Machine plant.NodeID  `json:"equipment"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to,omitempty" doc:"Left out while it runs"`
}

// Span is a stretch of time, half open.
type Span struct{ From, To plant.Instant }

// Jobs tells what ran where.
type Jobs interface {
	// Running are the runs that have not ended.
	Running(ctx context.Context, tenant plant.TenantNo) ([]Run, error)
	// Runs are those that touch [from, to), by order, each order's in order of time.
	Runs(ctx context.Context, tenant plant.TenantNo, from, to plant.Instant) ([]Run, error)
	// End is when a run ended that ran before; 0 while it runs.
	End(ctx context.Context, tenant plant.TenantNo, r Run) (plant.Instant, error)
	// Produced is when a machine produced within [from, to), in order of time.
	Produced(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) ([]Span, error)
}

// History is what machines said.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
}

// Notice is what somebody has to hear of at once.
type Notice struct {
	Key   string // the same again is the same alarm
	Place plant.NodeID
	At    plant.Instant
	Text  plant.Name
	Page  string // that shows it
}

// Alarms carries deviations to people.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, n Notice) error
	// Clear says that what was raised under a key is over.
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}
