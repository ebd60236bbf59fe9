package reporting

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Filter chooses heads; what is not given does not bind.
type Filter struct {
	Period string
	Level  plant.RegionLevel
	Areas  []access.Area // of which only regions bind
	Unread bool          // with reminders that nobody answered
}

// MaxHeads bounds the heads of one answer: ten periods of a country's 3,300
// divisions.
const MaxHeads = 40_000

// Store keeps reports. Methods may be called concurrently.
type Store interface {
	// Append stores a step with the head that it makes and, when it froze some, the
	// values, in one commit. seen is the revision that it follows on, 0 for the
	// first: another one is access.ErrConflict.
	Append(ctx context.Context, tenant plant.TenantNo, h Head, seen int64, s Step, frozen *Frozen) error
	// Merge keeps steps of a report that came from other nodes, with the values that
	// they froze, and what FoldSteps makes of them and of those that are there, in
	// one commit. Steps that are there, of one number and node, stay.
	Merge(ctx context.Context, tenant plant.TenantNo, open Head, facts []Fact) error
	// Head is access.ErrNotFound when nothing was done yet.
	Head(ctx context.Context, tenant plant.TenantNo, id string) (Head, error)
	// Heads come in order of period and region, at most MaxHeads.
	Heads(ctx context.Context, tenant plant.TenantNo, f Filter) ([]Head, error)
	// Steps are all of a report in their order.
	Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]Step, error)
	// Frozen gives one revision of a report's values; access.ErrNotFound.
	Frozen(ctx context.Context, tenant plant.TenantNo, id string, revision int) (Frozen, error)
	// FrozenOf gives one revision of each report, those that are there, in order of
	// id.
	FrozenOf(ctx context.Context, tenant plant.TenantNo, revisions map[string]int) ([]Frozen, error)
}

// Figures are the indicators that are reported.
type Figures interface {
	// At gives what folds them as they are known now for the end of the period.
	At(ctx context.Context, tenant plant.TenantNo, p Period) (Fold, error)
	// Sum applies the formula of an indicator to terms that were added up. ok is
	// false when that version is not known any more.
	Sum(v Value, terms map[string]int64, year int) (value *float64, reason string, ok bool, err error)
	// Wanted is what an indicator is to come to in a year; nil: nothing is said.
	Wanted(ctx context.Context, tenant plant.TenantNo, indicator string, year int) (*float64, error)
	// Incentive are the codes of the incentive counties, as they were entered.
	Incentive(ctx context.Context, tenant plant.TenantNo) ([]string, error)
}

// Fold gives every indicator of a region, in order of id.
type Fold func(ctx context.Context, region string) ([]Value, error)
