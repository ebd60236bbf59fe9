package line

import (
	"context"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// Store keeps layouts as facts, and a row each. Its methods may be called
// concurrently.
type Store interface {
	// SaveLayout stores a revision behind the one that was seen; access.ErrConflict
	// when there is a later one.
	SaveLayout(ctx context.Context, tenant plant.TenantNo, l Layout, seen int64) error
	// Layouts are the newest revisions of the lines within the scope, by path.
	Layouts(ctx context.Context, scope access.Scope) ([]Layout, error)
	// Revisions are all of a line, the newest first.
	Revisions(ctx context.Context, tenant plant.TenantNo, line plant.NodeID) ([]Layout, error)
}

// Plant shows the plant as it is at an instant.
type Plant interface {
	Model(ctx context.Context, tenant plant.TenantNo, at plant.Micros) (plant.Model, error)
}

// Machines tells what machines did and counted in [from, to), up to now.
type Machines interface {
	// Did is without gaps, in order; of what lies in the future or before the
	// machine was there nothing.
	Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]Did, error)
	Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error)
}

// Orders tells what is wanted of a line.
type Orders interface {
	// Demand is how many parts orders at or below a place are to have made in
	// [from, to), by their due dates.
	Demand(ctx context.Context, scope access.Scope, from, to plant.Instant) (int64, error)
}
