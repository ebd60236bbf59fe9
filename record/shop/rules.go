package shop

import (
	"context"

	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/discovery"
)

const (
	kindRule = "discovery-rule"
	// maxRules bounds what is looked through for every device that is found.
	maxRules = 200
)

// Rules keeps discovery rules; it implements discovery.Rules.
type Rules struct{ rules named[discovery.Rule] }

var _ discovery.Rules = Rules{}

// NewRules keeps discovery rules in the record.
func NewRules(db *record.DB) Rules {
	return Rules{named[discovery.Rule]{db: db, kind: kindRule, what: "discovery rule", most: maxRules, on: func(r *discovery.Rule) (*string, *int64, string) {
		return &r.ID, &r.Rev, r.Name
	}}}
}

// Sealed keeps rules with the secrets of their devices sealed, also to who reads
// them: whoever adopts a device seals them for it.
func (r Rules) Sealed(s Secrets) Rules {
	r.rules.hide = s.rule
	return r
}

// Rules are those that hold now, by name. See discovery.Rules.
func (r Rules) Rules(ctx context.Context, tenant plant.TenantNo) ([]discovery.Rule, error) {
	return r.rules.all(ctx, tenant)
}

// SaveRule stores a rule from now on. See discovery.Rules.
func (r Rules) SaveRule(ctx context.Context, tenant plant.TenantNo, rule discovery.Rule, rev int64) (discovery.Rule, error) {
	return r.rules.save(ctx, tenant, rule, rev)
}

// DropRule ends a rule. See discovery.Rules.
func (r Rules) DropRule(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return r.rules.drop(ctx, tenant, id, rev)
}
