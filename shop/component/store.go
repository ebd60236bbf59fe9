package component

import (
	"context"

	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// Store keeps components, publishers, events, and what components said. Its methods may
// be called concurrently.
type Store interface {
	document.Store
	// KeepRun stores what a revision said of a window, in place of what it said before.
	KeepRun(ctx context.Context, tenant plant.TenantNo, revision string, r Run) error
	// Runs within [from, to), the newest limit of them, oldest first.
	Runs(ctx context.Context, tenant plant.TenantNo, revision string, from, to plant.Instant, limit int) ([]Run, error)
	// ForgetRuns deletes those before an instant; their values stay as samples.
	ForgetRuns(ctx context.Context, tenant plant.TenantNo, before plant.Instant) error
}

// Files keeps modules by their SHA-256. One that is not there is fs.ErrNotExist.
type Files interface {
	Put(tenant plant.TenantNo, raw []byte) (sum string, err error)
	Get(tenant plant.TenantNo, sum string) ([]byte, error)
}

// Signal is a number, a switch or a code that a machine tells.
type Signal struct {
	Name  string
	Title plant.Name
	Unit  string
	Tag   plant.TagNo
}

// Machine is one of the plant, as it is now.
type Machine struct {
	ID      plant.NodeID
	Path    string
	Name    plant.Name
	Signals []Signal
}

// Plant knows the machines.
type Plant interface {
	// Machine finds one; access.ErrNotFound without, or where a place is no machine.
	Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (Machine, error)
}

// History is what machines said, and where components' values go.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
}

// Recorder keeps what components say as samples of tags.
type Recorder interface {
	// EnsureTags gives tags their numbers.
	EnsureTags(ctx context.Context, tenant plant.TenantNo, tags []plant.Tag) ([]plant.Tag, error)
	// Record stores samples; they are durable when it returns.
	Record(ctx context.Context, tenant plant.TenantNo, samples []plant.Sample) error
}

// Alarm is that a component does not do what it should.
type Alarm struct {
	Key      string
	Place    plant.NodeID
	At       plant.Instant
	Priority int // 1 is the most urgent, 4 the least
	Text     plant.Name
	Evidence string // path of the page
}

// Alarms are told of what is found; both may be said again and again.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, a Alarm) error
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}

// Services asks components that run elsewhere. Its methods may be called concurrently.
type Services interface {
	// Ask sends a request and waits for the answer, until ctx ends. ErrNoService says that
	// nobody listens.
	Ask(ctx context.Context, tenant plant.TenantNo, series string, request []byte) ([]byte, error)
	// Admit says with which keys services may connect from now on: those of a series, by
	// tenant; all others are cut off.
	Admit(keys []Admitted)
}

// Admitted is a key with which a service may answer for a component.
type Admitted struct {
	Tenant plant.TenantNo
	Series string
	Key    string
}

// Engine compiles modules.
type Engine interface {
	Compile(ctx context.Context, raw []byte, limits sandbox.Limits) (*sandbox.Module, error)
}
