package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

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
	rows, err := r.db.Reader().QueryContext(ctx, `select `+versionColumns+` from master
		where tenant = ? and kind = ? and valid_to = ? and valid_from < valid_to limit ?`, tenant, kindRule, int64(openEnd), maxRules)
	if err != nil {
		return nil, fmt.Errorf("record: read discovery rules: %w", err)
	}
	versions, err := scanVersions(rows)
	if err != nil {
		return nil, fmt.Errorf("record: read discovery rules: %w", err)
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
	err := r.write(ctx, tenant, func(ctx context.Context, s store) error {
		v := version{ID: rule.ID, From: int64(s.now), To: openEnd, Path: rule.Name}
		if v.ID == "" {
			v.ID = r.db.NewID()
			if all, err := r.count(ctx, s); err != nil || all >= maxRules {
				return orElse(err, invalid("%d discovery rules; that is as many as there may be", maxRules))
			}
		}
		history, err := s.history(ctx, v.ID)
		if err != nil {
			return err
		}
		if err := unchanged(rule.ID, history, rev); err != nil {
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
	return r.write(ctx, tenant, func(ctx context.Context, s store) error {
		history, err := s.history(ctx, id)
		if err != nil {
			return err
		}
		if err := unchanged(id, history, rev); err != nil {
			return err
		}
		return s.retire(ctx, history, int64(s.now))
	})
}

// unchanged compares what the editor saw with what is stored; an id that is not
// stored, or has ended, is not found.
func unchanged(id string, history []version, rev int64) error {
	ended := len(history) > 0 && !slices.ContainsFunc(history, func(v version) bool { return v.To == openEnd })
	switch now := newest(history); {
	case id != "" && (len(history) == 0 || ended):
		return fmt.Errorf("discovery rule %s: %w", id, access.ErrNotFound)
	case now != rev:
		return fmt.Errorf("discovery rule %s is at revision %d, not %d: %w", id, now, rev, access.ErrConflict)
	}
	return nil
}

func (r Rules) count(ctx context.Context, s store) (n int, err error) {
	err = s.tx.QueryRowContext(ctx, `select count(*) from master where tenant = ? and kind = ? and valid_to = ? and valid_from < valid_to`, s.tenant, kindRule, int64(openEnd)).Scan(&n)
	return n, err
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (r Rules) write(ctx context.Context, tenant plant.TenantNo, f func(ctx context.Context, s store) error) error {
	by := who(ctx)
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		return f(ctx, store{tx: tx, tenant: tenant, kind: kindRule, now: r.db.Now(), who: by})
	})
}
