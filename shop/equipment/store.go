package equipment

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Plants keeps the plant model with its history: every change closes the
// validity of the older version and opens a new one, so that last March's
// figure uses last March's machines.
//
// Methods may be called concurrently. ErrNotFound and ErrConflict are those of
// package access.
type Plants interface {
	// Model is the plant as valid at the instant, within the scope, parents
	// first; enclosing nodes of the scope are included.
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
	// Import replaces or adds what the file names, valid from the given instant,
	// in one transaction; it gives ids to what has none.
	Import(ctx context.Context, scope access.Scope, m plant.Model, from plant.Micros) error
	// SaveNode stores one node; rev is the version the editor saw (0 = new).
	SaveNode(ctx context.Context, scope access.Scope, n plant.Node, rev int64, from plant.Micros) (plant.Node, int64, error)
	// Retire ends the validity of a node and of all below it.
	Retire(ctx context.Context, scope access.Scope, id plant.NodeID, rev int64, from plant.Micros) error
	// Revision is the node's current version, for If-Match.
	Revision(ctx context.Context, scope access.Scope, id plant.NodeID) (int64, error)
	SaveCalendar(ctx context.Context, scope access.Scope, c plant.Calendar, from plant.Micros) error
	SaveProduct(ctx context.Context, scope access.Scope, p plant.Product) error
}

// Tags numbers tags. A tag keeps its number for ever; the same node and name
// get the same number again.
type Tags interface {
	EnsureTags(ctx context.Context, tenant plant.TenantNo, tags []plant.Tag) ([]plant.Tag, error)
	Tags(ctx context.Context, scope access.Scope) ([]plant.Tag, error)
	TagByNo(ctx context.Context, scope access.Scope, no plant.TagNo) (plant.Tag, error)
	// TagsRevision grows with every change of the tenant's tags.
	TagsRevision(ctx context.Context, tenant plant.TenantNo) (int64, error)
}
