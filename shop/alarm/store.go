package alarm

import (
	"context"

	"zhigai/access"
	"zhigai/calc/alarm"
	"zhigai/history"
	"zhigai/plant"
)

// Store keeps limits, findings and what was put aside. Its methods may be called
// concurrently. What is not there is access.ErrNotFound, what somebody else changed
// meanwhile access.ErrConflict.
type Store interface {
	// SaveLimit stores a version as a fact and as a row, in one commit. seen is the
	// version that the editor saw.
	SaveLimit(ctx context.Context, tenant plant.TenantNo, l Limit, seen int64) error
	// Limit is the newest version.
	Limit(ctx context.Context, tenant plant.TenantNo, id string) (Limit, error)
	// Limits are the newest versions, by path and id.
	Limits(ctx context.Context, f LimitFilter) ([]Limit, error)
	// Versions are all of one limit, the newest first.
	Versions(ctx context.Context, tenant plant.TenantNo, id string) ([]Limit, error)
	// History is every version of every limit within the scope.
	History(ctx context.Context, scope access.Scope) ([]Limit, error)

	// SaveFinding stores the steps behind the first seen ones as facts, and the
	// finding as a row, in one commit. Of a source and key one stands at most.
	SaveFinding(ctx context.Context, tenant plant.TenantNo, f Finding, seen int) error
	Standing(ctx context.Context, tenant plant.TenantNo, source Source, key string) (Finding, error)
	// Began says whether there is a finding of a source and key that began at an instant.
	Began(ctx context.Context, tenant plant.TenantNo, source Source, key string, at plant.Instant) (bool, error)
	// Findings are those that stood at some time in [from, to), the newest first.
	Findings(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]Finding, error)

	// SaveMode stores a mode as a fact and as a row, in one commit.
	SaveMode(ctx context.Context, tenant plant.TenantNo, m Mode, seen int64) error
	// Mode is the last of an alarm; of one that was never put aside it is zero.
	Mode(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, id string) (Mode, error)
	// Modes are the last ones within the scope that put an alarm aside.
	Modes(ctx context.Context, scope access.Scope) ([]Mode, error)
}

// LimitFilter chooses limits. Zero fields do not filter, but the scope does.
type LimitFilter struct {
	Scope access.Scope
	Stage Stage
	Node  plant.NodeID
	Tag   plant.TagNo
	Text  string // part of the words, the signal or the path
	After string // key of the one before
	Limit int
}

// Key sorts limits in a list.
func (l Limit) Key() string { return l.Path + "\n" + l.ID }

// Machines tell alarms that profiles define, and when machines stood. Only what
// lies in the scope is told.
type Machines interface {
	// Standing is what stands now.
	Standing(ctx context.Context, scope access.Scope) ([]Alarm, error)
	// Past is what stood at some time in [from, to), each from its beginning to its
	// end, of one machine or of all. Too much at once is ErrInvalid.
	Past(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]Alarm, error)
	// Stops are standstills of a machine that began in [from, to), in order.
	Stops(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]alarm.Span, error)
}

// Tag is a signal with its machine.
type Tag struct {
	plant.Tag
	Machine plant.Name
	Path    string      // of the machine
	Link    plant.TagNo // tells contact with the device; 0 where nobody does
}

// Plant are the nodes of the plant and their signals.
type Plant interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
	// Tag finds a signal of a machine that is there now; access.ErrNotFound without.
	Tag(ctx context.Context, tenant plant.TenantNo, no plant.TagNo) (Tag, error)
}

// History is what limits read of samples.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
	Buckets(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) ([]history.Bucket, error)
}
