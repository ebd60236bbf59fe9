package shop

import (
	"context"

	"zhigai/north"
	"zhigai/plant"
	"zhigai/record"
)

const kindTarget = "north-target"

// Targets keeps where values go; it implements north.Targets.
type Targets struct{ targets named[north.Target] }

var _ north.Targets = Targets{}

// NewTargets keeps targets in the record.
func NewTargets(db *record.DB) Targets {
	return Targets{named[north.Target]{db: db, kind: kindTarget, what: "target", most: north.MaxTargets, on: func(t *north.Target) (*string, *int64, string) {
		return &t.ID, &t.Rev, t.Name
	}}}
}

// Sealed keeps targets with their passwords sealed.
func (r Targets) Sealed(s Secrets) Targets {
	r.targets.hide, r.targets.show = s.target, s.openTarget
	return r
}

// Targets are those that hold now, by name. See north.Targets.
func (r Targets) Targets(ctx context.Context, tenant plant.TenantNo) ([]north.Target, error) {
	return r.targets.all(ctx, tenant)
}

// SaveTarget stores a target from now on. See north.Targets.
func (r Targets) SaveTarget(ctx context.Context, tenant plant.TenantNo, t north.Target, rev int64) (north.Target, error) {
	return r.targets.save(ctx, tenant, t, rev)
}

// DropTarget ends a target. See north.Targets.
func (r Targets) DropTarget(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return r.targets.drop(ctx, tenant, id, rev)
}
