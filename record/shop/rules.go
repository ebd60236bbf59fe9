package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/discovery"
)

// kindRule is master data like the plant: what a rule said on a day can be
// looked up.
const kindRule = "discovery-rule"

// maxRules bounds what is looked through for every device that is found.
const maxRules = 200

// Rules keeps discovery rules; it implements discovery.Rules.
type Rules struct{ db *record.DB }

var _ discovery.Rules = Rules{}

// NewRules keeps discovery rules in the record.
func NewRules(db *record.DB) Rules { return Rules{db} }

// Rules are those that hold now, by name. See discovery.Rules.
func (r Rules) Rules(ctx context.Context, tenant plant.TenantNo) ([]discovery.Rule, error) {
	versions, err := NewPlants(r.db).valid(ctx, kindRule, record.InScope("m", access.Scope{Tenant: tenant}), openEnd-1)
	if err != nil {
		return nil, err
	}
	out := make([]discovery.Rule, len(versions))
	for i, v := range versions {
		if out[i], err = ruleOf(v); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b discovery.Rule) int { return strings.Compare(a.Name+"\x00"+a.ID, b.Name+"\x00"+b.ID) })
	return out, nil
}

func ruleOf(v version) (discovery.Rule, error) {
	out, err := decode[discovery.Rule](v)
	out.ID, out.Rev = v.ID, v.Rev
	return out, err
}

// SaveRule stores a rule from now on. See discovery.Rules.
func (r Rules) SaveRule(ctx context.Context, tenant plant.TenantNo, rule discovery.Rule, rev int64) (discovery.Rule, error) {
	var saved version
	err := NewPlants(r.db).write(ctx, access.Scope{Tenant: tenant}, func(ctx context.Context, e *edit) error {
		s := e.of(kindRule)
		v := version{ID: rule.ID, From: int64(s.now), To: openEnd, Path: rule.Name}
		if v.ID == "" {
			v.ID = e.newID()
			all, err := count(ctx, s)
			if err != nil {
				return err
			}
			if all >= maxRules {
				return invalid("%d discovery rules; that is as many as there may be", maxRules)
			}
		}
		history, err := s.history(ctx, v.ID)
		if err != nil {
			return err
		}
		if err := unchanged(s, "discovery rule", rule.ID, history, rev); err != nil {
			return err
		}
		rule.ID, rule.Rev = "", 0
		body, err := json.Marshal(rule)
		if err != nil {
			return fmt.Errorf("record: write discovery rule %s: %w", rule.Name, err)
		}
		v.Body = string(body)
		saved, err = s.put(ctx, history, v)
		return err
	})
	if err != nil {
		return discovery.Rule{}, err
	}
	return ruleOf(saved)
}

// DropRule ends a rule. See discovery.Rules.
func (r Rules) DropRule(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return NewPlants(r.db).write(ctx, access.Scope{Tenant: tenant}, func(ctx context.Context, e *edit) error {
		s := e.of(kindRule)
		history, err := s.history(ctx, id)
		if err != nil {
			return err
		}
		if err := unchanged(s, "discovery rule", id, history, rev); err != nil {
			return err
		}
		return s.retire(ctx, history, int64(s.now))
	})
}

// unchanged compares what the editor saw with what is stored; an id that is not
// stored, or has ended, is not found.
func unchanged(s store, what, id string, history []version, rev int64) error {
	if id != "" && !slices.ContainsFunc(history, func(v version) bool { return v.To == openEnd }) {
		return fmt.Errorf("%s %s: %w", what, id, access.ErrNotFound)
	}
	return s.atRevision(id, history, rev)
}

// count is how many of the kind hold now.
func count(ctx context.Context, s store) (n int, err error) {
	err = s.tx.QueryRowContext(ctx, `select count(*) from master where tenant = ? and kind = ? and valid_to = ? and valid_from < valid_to`, s.tenant, s.kind, int64(openEnd)).Scan(&n)
	return n, err
}
