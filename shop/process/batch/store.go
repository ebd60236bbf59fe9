package batch

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Store keeps golden batches and screenings. Its methods may be called
// concurrently. What is not there is access.ErrNotFound.
type Store interface {
	// SaveGolden stores a revision as a fact and as a row, in one commit; a batch that
	// has another revision than seen is access.ErrConflict.
	SaveGolden(ctx context.Context, tenant plant.TenantNo, g Golden, seen int64) error
	// Golden is a revision; 0 is the newest.
	Golden(ctx context.Context, tenant plant.TenantNo, id string, rev int64) (Golden, error)
	// Goldens are the newest revisions, the newest first.
	Goldens(ctx context.Context, f Filter) ([]Golden, error)
	// GoldenRevisions of a batch, the newest first.
	GoldenRevisions(ctx context.Context, tenant plant.TenantNo, id string) ([]Golden, error)

	SaveScreening(ctx context.Context, tenant plant.TenantNo, s Screening) error
	Screening(ctx context.Context, tenant plant.TenantNo, id string) (Screening, error)
	// Screenings are the newest first.
	Screenings(ctx context.Context, f Filter) ([]Screening, error)
}

// Filter chooses what is kept. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope  access.Scope // of which the machine must be
	Before string       // id: those made before it
	Limit  int
}

// Mean is a signal over a short stretch; not Known where nothing good was read.
type Mean struct {
	At       plant.Instant // its middle
	Mean     float64
	Min, Max float64
	Last     float64
	Known    bool
}

// Machines tell what machines are, did and showed. Its methods may be called
// concurrently.
type Machines interface {
	// Machine tells a machine's path and name; access.ErrNotFound without.
	Machine(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) (path string, name plant.Name, err error)
	// Signals are the numbers that it shows.
	Signals(ctx context.Context, tenant plant.TenantNo, id plant.NodeID) ([]Signal, error)
	// Course of a signal within [from, to) in n equal parts.
	Course(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, n int) ([]Mean, error)
	// Held is what a signal held within [from, to): what it was at from, and each change;
	// more than limit of them are an error that says so.
	Held(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, limit int) ([]Mean, error)
	// Produced are the stretches in which it produced, joined where a pause is no longer
	// than gap, in seconds.
	Produced(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant, gap float64) ([]Run, error)
	// Jobs that ran there within [from, to), each as long as it did.
	Jobs(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, from, to plant.Instant) ([]Run, error)
}

// Inspection tells what was measured of a characteristic.
type Inspection interface {
	// Measured within [from, to), in the order of time; the name is how people call the
	// characteristic, and the path where it belongs to. What is not there is
	// access.ErrNotFound.
	Measured(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant) (all []Measured, name plant.Name, path, unit string, err error)
}

// Measured is the mean of a subgroup.
type Measured struct {
	At    plant.Instant
	Value float64
}
