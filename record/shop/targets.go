package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/record"
)

// kindTarget is master data like the plant: who got what on a day can be looked
// up.
const kindTarget = "north-target"

// Targets keeps where values go; it implements north.Targets.
type Targets struct{ db *record.DB }

var _ north.Targets = Targets{}

// NewTargets keeps targets in the record.
func NewTargets(db *record.DB) Targets { return Targets{db} }

// Targets are those that hold now, by name. See north.Targets.
func (r Targets) Targets(ctx context.Context, tenant plant.TenantNo) ([]north.Target, error) {
	versions, err := NewPlants(r.db).valid(ctx, kindTarget, record.InScope("m", access.Scope{Tenant: tenant}), openEnd-1)
	if err != nil {
		return nil, err
	}
	out := make([]north.Target, len(versions))
	for i, v := range versions {
		if out[i], err = targetOf(v); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b north.Target) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return out, nil
}

func targetOf(v version) (north.Target, error) {
	out, err := decode[north.Target](v)
	out.ID, out.Rev = v.ID, v.Rev
	return out, err
}

// SaveTarget stores a target from now on. See north.Targets.
func (r Targets) SaveTarget(ctx context.Context, tenant plant.TenantNo, t north.Target, rev int64) (north.Target, error) {
	var saved version
	err := NewPlants(r.db).write(ctx, access.Scope{Tenant: tenant}, func(ctx context.Context, e *edit) error {
		s := e.of(kindTarget)
		v := version{ID: t.ID, From: int64(s.now), To: openEnd, Path: t.Name}
		if v.ID == "" {
			v.ID = e.newID()
			all, err := count(ctx, s)
			if err != nil {
				return err
			}
			if all >= north.MaxTargets {
				return invalid("%d targets; that is as many as there may be", north.MaxTargets)
			}
		}
		history, err := s.history(ctx, v.ID)
		if err != nil {
			return err
		}
		if err := unchanged(s, "target", t.ID, history, rev); err != nil {
			return err
		}
		t.ID, t.Rev = "", 0
		body, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("record: write target %s: %w", t.Name, err)
		}
		v.Body = string(body)
		saved, err = s.put(ctx, history, v)
		return err
	})
	if err != nil {
		return north.Target{}, err
	}
	return targetOf(saved)
}

// DropTarget ends a target. See north.Targets.
func (r Targets) DropTarget(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return NewPlants(r.db).write(ctx, access.Scope{Tenant: tenant}, func(ctx context.Context, e *edit) error {
		s := e.of(kindTarget)
		history, err := s.history(ctx, id)
		if err != nil {
			return err
		}
		if err := unchanged(s, "target", id, history, rev); err != nil {
			return err
		}
		return s.retire(ctx, history, int64(s.now))
	})
}
