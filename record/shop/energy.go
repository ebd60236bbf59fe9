package shop

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/energy"
)

// Energy keeps networks of meters, baselines and replacements: each revision as a fact in the
// journal, and a row. It implements energy.Store.
type Energy struct{ db *record.DB }

var _ energy.Store = Energy{}

// NewEnergy keeps them in the record.
func NewEnergy(db *record.DB) Energy { return Energy{db} }

// revision is a row of something that is kept by revision.
type revision struct {
	table, what string // and words for people
	keys        []string
	values      []any // of the keys, tenant first
	rev, seen   int64
	path, body  string
}

// save stores a revision with its fact, unless the newest is not the one that was
// seen.
func (r Energy) save(ctx context.Context, tenant plant.TenantNo, v revision, e fact.Event) error {
	where, columns, marks := "tenant = ?", "tenant", "?"
	for _, k := range v.keys {
		where += " and " + k + " = ?"
		columns += ", " + k
		marks += ", ?"
	}
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from `+v.table+` where `+where, v.values...).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read %s: %w", v.what, err)
		}
		if rev != v.seen || v.rev != v.seen+1 {
			return fmt.Errorf("%s was changed %d times, not %d: %w", v.what, rev, v.seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`update `+v.table+` set latest = false where `+where+` and latest`, v.values...).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s: %w", v.what, err)
		}
		args := append(append([]any{}, v.values...), v.rev, v.path, v.body)
		if _, err := tx.NewRaw(`insert into `+v.table+` (`+columns+`, rev, latest, path, body) values (`+marks+`, ?, true, ?, ?)`, args...).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s: %w", v.what, err)
		}
		return nil
	}, e)
}

// SaveNetwork implements energy.Store.
func (r Energy) SaveNetwork(ctx context.Context, tenant plant.TenantNo, n energy.Network, seen int64) error {
	body, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("record: write meters of %s: %w", n.Path, err)
	}
	e := fact.New(fact.KindEnergyNetwork, n.Place, n.From.Time(), "energy-network:"+string(n.Place), n)
	e.SourceSeq = uint64(n.Rev)
	return r.save(ctx, tenant, revision{
		table: "energy_network", what: "the meters of " + n.Path, keys: []string{"place"}, values: []any{tenant, n.Place},
		rev: n.Rev, seen: seen, path: n.Path, body: string(body),
	}, e)
}

// maxNetworks bounds a list of places with meters: a firm has tens.
const maxNetworks = 1000

// Networks implements energy.Store.
func (r Energy) Networks(ctx context.Context, scope access.Scope) ([]energy.Network, error) {
	return bodies[energy.Network](r.db.Reader().QueryContext(ctx,
		`select n.body from energy_network n where ? and n.latest order by n.path, n.place limit ?`, record.InScope("n", scope), maxNetworks))
}

// NetworkRevisions implements energy.Store.
func (r Energy) NetworkRevisions(ctx context.Context, tenant plant.TenantNo, place plant.NodeID) ([]energy.Network, error) {
	return bodies[energy.Network](r.db.Reader().QueryContext(ctx,
		`select body from energy_network where tenant = ? and place = ? order by rev desc limit ?`, tenant, place, maxRevisions))
}

// placed is a thing of a place with a code, kept by revision in a table of its own.
type placed struct {
	kind        fact.Kind
	table, what string
	place       plant.NodeID
	code, path  string
	rev         int64
	at          plant.Instant
}

func (r Energy) savePlaced(ctx context.Context, tenant plant.TenantNo, p placed, thing any, seen int64) error {
	what := p.what + " " + p.code + " of " + p.path
	body, err := json.Marshal(thing)
	if err != nil {
		return fmt.Errorf("record: write %s: %w", what, err)
	}
	e := fact.New(p.kind, p.place, p.at.Time(), "energy-"+p.what+":"+string(p.place)+"/"+p.code, thing)
	e.SourceSeq = uint64(p.rev)
	return r.save(ctx, tenant, revision{
		table: p.table, what: what, keys: []string{"place", "code"}, values: []any{tenant, p.place, p.code},
		rev: p.rev, seen: seen, path: p.path, body: string(body),
	}, e)
}

// latestAt are the newest of a place, by code.
func latestAt[T any](ctx context.Context, r Energy, table string, tenant plant.TenantNo, place plant.NodeID) ([]T, error) {
	return bodies[T](r.db.Reader().QueryContext(ctx,
		`select body from `+table+` where tenant = ? and place = ? and latest order by code limit ?`, tenant, place, maxRevisions))
}

// revisionsAt are those of one, the newest first.
func revisionsAt[T any](ctx context.Context, r Energy, table string, tenant plant.TenantNo, place plant.NodeID, code string) ([]T, error) {
	return bodies[T](r.db.Reader().QueryContext(ctx,
		`select body from `+table+` where tenant = ? and place = ? and code = ? order by rev desc limit ?`, tenant, place, code, maxRevisions))
}

const (
	baselines    = "energy_baseline"
	replacements = "energy_replacement"
)

// SaveBaseline implements energy.Store.
func (r Energy) SaveBaseline(ctx context.Context, tenant plant.TenantNo, b energy.Baseline, seen int64) error {
	return r.savePlaced(ctx, tenant, placed{fact.KindEnergyBaseline, baselines, "baseline", b.Place, b.Code, b.Path, b.Rev, b.At}, b, seen)
}

// Baselines implements energy.Store.
func (r Energy) Baselines(ctx context.Context, tenant plant.TenantNo, place plant.NodeID) ([]energy.Baseline, error) {
	return latestAt[energy.Baseline](ctx, r, baselines, tenant, place)
}

// BaselineRevisions implements energy.Store.
func (r Energy) BaselineRevisions(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, code string) ([]energy.Baseline, error) {
	return revisionsAt[energy.Baseline](ctx, r, baselines, tenant, place, code)
}

// SaveReplacement implements energy.Store.
func (r Energy) SaveReplacement(ctx context.Context, tenant plant.TenantNo, one energy.Replacement, seen int64) error {
	return r.savePlaced(ctx, tenant, placed{fact.KindEnergyReplacement, replacements, "replacement", one.Place, one.Code, one.Path, one.Rev, one.At}, one, seen)
}

// Replacements implements energy.Store.
func (r Energy) Replacements(ctx context.Context, tenant plant.TenantNo, place plant.NodeID) ([]energy.Replacement, error) {
	return latestAt[energy.Replacement](ctx, r, replacements, tenant, place)
}

// ReplacementRevisions implements energy.Store.
func (r Energy) ReplacementRevisions(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, code string) ([]energy.Replacement, error) {
	return revisionsAt[energy.Replacement](ctx, r, replacements, tenant, place, code)
}
