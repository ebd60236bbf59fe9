package loop

import (
	"context"
	"fmt"
	"math"
	"time"

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
	Signals []Signal
}

// Signal is what a machine tells, or takes.
type Signal struct {
	Name      string
	Title     plant.Name
	Unit      string
	Number    bool // no text
	Writable  bool
	Watchdog  bool        // it takes a watchdog's beats and nothing else
	Approve   bool        // others say yes to each command
	Min, Max  *float64    // that the machine takes; nil: no limit
	MaxStep   float64     // of one command; 0: none
	MaxRate   float64     // of all commands in a minute; 0: none
	Tolerance float64     // of what is read back
	Tag       plant.TagNo // 0: the machine does not have it yet
}

func (s Signal) outside(v float64) bool {
	return s.Min != nil && v < *s.Min || s.Max != nil && v > *s.Max
}

func (s Signal) limits() string {
	low, high := math.Inf(-1), math.Inf(1)
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	return fmt.Sprintf("%v to %v", low, high)
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
	// Values are of one machine, in the order of signals. The error says that the
	// device cannot be asked.
	Values(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signals []string) ([]Value, error)
}

// Order is a command that a loop gives.
type Order struct {
	Machine plant.NodeID
	Signal  string
	Value   float64
	Seen    *float64 // what the output was when it was decided; nil: not looked at
	Note    string
	Loop    string // its series
	Expires time.Duration
}

// Command is how a command ended.
type Command struct {
	State     string // confirmed, mismatched, failed, expired, rejected, unknown
	Final     bool
	Confirmed bool
	Lost      bool // the machine may have another value than it was to have: mismatched or unknown
	Why       string
}

// Commands sets values at machines, with all checks and the read-back.
type Commands interface {
	Order(ctx context.Context, by access.Principal, o Order) (id string, err error)
	// Wait returns when nothing more becomes of a command, or ctx ends.
	Wait(ctx context.Context, tenant plant.TenantNo, id string) (Command, error)
	// Beat serves a watchdog.
	Beat(ctx context.Context, by access.Principal, machine plant.NodeID, signal string, count uint64) error
}

// Notice is what somebody has to hear of at once.
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
