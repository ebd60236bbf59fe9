package handshake

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Store keeps handshakes and hand-overs.
type Store = document.Store

// Machine is a machine of the plant as it is now.
type Machine struct {
	ID      plant.NodeID
	Path    string
	Name    plant.Name
	Link    plant.TagNo // tells contact with the device; 0 where nobody does
	Signals []Signal
}

// Signal is what a machine tells, or takes.
type Signal struct {
	Name     string               `json:"name"`
	Title    plant.Name           `json:"title,omitzero"`
	Unit     string               `json:"unit,omitempty"`
	Number   bool                 `json:"number" doc:"A number, a switch or a code; no text"`
	Writable bool                 `json:"writable,omitempty"`
	Approve  bool                 `json:"approve,omitempty" doc:"Others say yes to each command"`
	Watchdog bool                 `json:"watchdog,omitempty"`
	Min      *float64             `json:"min,omitempty" doc:"Smallest value that the machine takes"`
	Max      *float64             `json:"max,omitempty"`
	Values   map[int64]plant.Name `json:"values,omitempty" doc:"Names of an enumeration's codes"`
	Tag      plant.TagNo          `json:"tag,omitempty"`
}

// Machines knows the plant.
type Machines interface {
	// Machine finds a machine with its signals; access.ErrNotFound without.
	Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (Machine, error)
}

// Value is a signal as its device says.
type Value struct {
	Number float64
	Good   bool
	At     plant.Micros // when the device said so, by our clock
	Why    string       // it is not good
}

// Live reads signals of running devices anew.
type Live interface {
	// Values are of one machine, in the order of signals. The error says that the device
	// cannot be asked.
	Values(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signals []string) ([]Value, error)
}

// Entry is what was committed at once.
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

// Order is a command that tells a machine of a step, or takes that back.
type Order struct {
	Machine   plant.NodeID
	Signal    string
	Value     float64
	Note      string
	Handshake string // its series
	Key       string // the same again is the same command
	Expires   time.Duration
}

// Command is how a command ended.
type Command struct {
	State     string       // confirmed, mismatched, failed, expired, rejected, unknown
	At        plant.Micros // when it ended: of a confirmed one when it was read back
	Final     bool
	Confirmed bool
	Lost      bool // the machine may have another value than it was to have
	Why       string
}

// Commands sets values at machines, with all checks and the read-back.
type Commands interface {
	Order(ctx context.Context, by access.Principal, o Order) (id string, err error)
	// Wait returns when nothing more becomes of a command, or ctx ends.
	Wait(ctx context.Context, tenant plant.TenantNo, id string) (Command, error)
}

// Follower hears of hand-overs after they are kept, one after the other: of those that
// begin, of each step that was seen, and of their end. What it misses at a restart it sees
// with the next.
type Follower interface {
	Handed(ctx context.Context, tenant plant.TenantNo, h Handshake, o Handover) error
}

// Notice is what somebody has to hear of.
type Notice struct {
	Key   string // the same again is the same alarm
	Place plant.NodeID
	At    plant.Instant
	Text  plant.Name
	Page  string // that shows it
}

// Alarms carries suspensions to people.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, n Notice) error
	// Clear says that what was raised under a key is over.
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}
