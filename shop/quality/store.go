package quality

import (
	"context"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Store keeps what the room knows. Its methods may be called concurrently. What is
// not there is access.ErrNotFound.
type Store interface {
	document.Store

	// GaugeUsed are the characteristics of which a gauge measured something.
	GaugeUsed(ctx context.Context, tenant plant.TenantNo, gauge string) ([]string, error)

	// AddSubgroups stores subgroups of a characteristic, those that people entered as
	// facts, too. One at the same instant with the same id is there already.
	AddSubgroups(ctx context.Context, tenant plant.TenantNo, c Characteristic, all []Valued) error
	// Subgroup is one by its instant and id.
	Subgroup(ctx context.Context, tenant plant.TenantNo, characteristic string, at plant.Instant, id string) (Subgroup, error)
	// Withdraw stores that a subgroup, which says by whom and why, does not count, as a
	// fact; from then on it is among those that are withdrawn alone. One that is withdrawn
	// already is access.ErrConflict.
	Withdraw(ctx context.Context, tenant plant.TenantNo, c Characteristic, s Subgroup) error
	Withdrawn(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, limit int) ([]Subgroup, error)
	// Signals are subgroups that broke a rule when they came, the newest first.
	Signals(ctx context.Context, tenant plant.TenantNo, f SignalFilter) ([]Broken, error)
	// SignalCounts are how many broke each rule within [from, to), by rule; of whole days
	// where a long time is asked for.
	SignalCounts(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, days bool) ([]SignalCount, error)
	// Marks are flaws on a picture, the newest first; MarkCount how many there are, and
	// MarkDensity where they gather.
	Marks(ctx context.Context, f MarkFilter) ([]Mark, error)
	MarkCount(ctx context.Context, f MarkFilter) (int64, error)
	MarkDensity(ctx context.Context, f MarkFilter) (Density, error)
	KeyedSubgroup(ctx context.Context, tenant plant.TenantNo, characteristic, author, key string) (Subgroup, error)
	// Subgroups within [from, to), in the order of time, so many at most.
	Subgroups(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, limit int) ([]Subgroup, error)
	// Before are the last ones before an instant, in the order of time.
	Before(ctx context.Context, tenant plant.TenantNo, characteristic string, at plant.Instant, n int) ([]Subgroup, error)
	// Summaries within [from, to), by hours or by days, in the order of time.
	Summaries(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, days bool) ([]Summary, error)
}

// Valued is a subgroup with what its chart shows of it.
type Valued struct {
	Subgroup
	Value float64
	// Entered by a person: it is a fact by itself. What a signal says is one already.
	Fact bool
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Signal is what somebody has to hear of at once.
type Signal struct {
	Key   string // the same again is the same alarm
	Place plant.NodeID
	At    plant.Instant
	Fatal bool // a point beyond the limits, or a value outside of the specification
	Text  plant.Name
	Page  string // that shows it
}

// Alarms carries what the room finds to people. A nil one carries nothing.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, s Signal) error
	// Clear says that what was raised under a key is over.
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}

// Orders are held when what is made does not conform. A nil one holds nothing.
type Orders interface {
	// HoldOrder holds an order, by its number, with the reason; one that is held or has
	// ended stays as it is, and held is false.
	HoldOrder(ctx context.Context, tenant plant.TenantNo, number, reason string) (held bool, err error)
}

// Defects are what production entered as scrap, by reason.
type Defects interface {
	Scrap(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]Defect, error)
}
