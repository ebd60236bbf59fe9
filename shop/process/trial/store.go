package trial

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Store keeps experiments. Its methods may be called concurrently. What is not there
// is access.ErrNotFound.
type Store interface {
	// SaveExperiment stores a revision as a fact and as a row, in one commit; one that
	// has another revision than seen is access.ErrConflict.
	SaveExperiment(ctx context.Context, tenant plant.TenantNo, e Experiment, seen int64) error
	// Experiment is the newest revision, KeyedExperiment that of the one that its author
	// made with a key.
	Experiment(ctx context.Context, tenant plant.TenantNo, id string) (Experiment, error)
	KeyedExperiment(ctx context.Context, tenant plant.TenantNo, author, key string) (Experiment, error)
	// Experiments are the newest first.
	Experiments(ctx context.Context, f Filter) ([]Experiment, error)
}

// Filter chooses experiments. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope  access.Scope // of which the place must be
	Before string       // id: those made before it
	Limit  int
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Inspection tells what was measured of a characteristic.
type Inspection interface {
	// Mean of what was measured within [from, to), false when nothing was; path is where
	// the characteristic belongs to. What is not there is access.ErrNotFound.
	Mean(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant) (mean float64, ok bool, path string, err error)
}
