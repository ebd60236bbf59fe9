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
	"zhigai/shop/process/batch"
	"zhigai/shop/process/trial"
)

// studies keeps what process engineers make of runs and trials, each revision as a
// fact and a row.
type studies[T any] struct {
	db   *record.DB
	kind fact.Kind
	what string // one of it, in words
	on   func(T) study
}

// study is where a value of [studies] keeps what rows are found by.
type study struct {
	id      string
	rev     int64
	subject plant.NodeID
	path    string
	at      plant.Instant
	by, key string
}

func (r studies[T]) save(ctx context.Context, tenant plant.TenantNo, value T, seen int64) error {
	s := r.on(value)
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("record: write %s %s: %w", r.what, s.id, err)
	}
	e := fact.New(r.kind, s.subject, s.at.Time(), string(r.kind)+":"+s.id, value)
	e.SourceSeq = uint64(s.rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var rev int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from process_study where tenant = ? and kind = ? and id = ?`, tenant, string(r.kind), s.id).Scan(ctx, &rev); err != nil {
			return fmt.Errorf("record: read %s %s: %w", r.what, s.id, err)
		}
		if rev != seen || s.rev != seen+1 {
			return fmt.Errorf("the %s has revision %d, not %d: %w", r.what, rev, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`update process_study set latest = false where tenant = ? and kind = ? and id = ? and latest`, tenant, string(r.kind), s.id).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s %s: %w", r.what, s.id, err)
		}
		if _, err := tx.NewRaw(`insert into process_study (tenant, kind, id, rev, latest, author, author_key, path, body) values (?, ?, ?, ?, true, ?, ?, ?, ?)`,
			tenant, string(r.kind), s.id, s.rev, s.by, s.key, s.path, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save %s %s: %w", r.what, s.id, err)
		}
		return nil
	}, e)
}

// get is a revision; 0 is the newest.
func (r studies[T]) get(ctx context.Context, tenant plant.TenantNo, id string, rev int64) (T, error) {
	if rev > 0 {
		return one[T](ctx, r.db.Reader(), fmt.Sprintf("%s %s, revision %d", r.what, id, rev), `select body from process_study where tenant = ? and kind = ? and id = ? and rev = ?`, tenant, string(r.kind), id, rev)
	}
	return one[T](ctx, r.db.Reader(), r.what+" "+id, `select body from process_study where tenant = ? and kind = ? and id = ? and latest`, tenant, string(r.kind), id)
}

func (r studies[T]) keyed(ctx context.Context, tenant plant.TenantNo, author, key string) (T, error) {
	return one[T](ctx, r.db.Reader(), r.what+" "+key, `select s.body from process_study k join process_study s on s.tenant = k.tenant and s.kind = k.kind and s.id = k.id and s.latest
		where k.tenant = ? and k.kind = ? and k.author = ? and k.author_key = ? and k.author_key <> '' and k.rev = 1`, tenant, string(r.kind), author, key)
}

// list is the newest revisions, the newest first.
func (r studies[T]) list(ctx context.Context, scope access.Scope, before string, limit int) ([]T, error) {
	c := conditions{[]string{`?`}, []any{record.InScope("s", scope)}}
	c.add(`s.kind = ?`, string(r.kind))
	c.add(`s.latest`)
	if before != "" {
		c.add(`s.id < ?`, before)
	}
	return bodies[T](r.db.Reader().QueryContext(ctx, `select s.body from process_study s where `+c.String()+` order by s.id desc limit ?`, append(c.args, limit)...))
}

func (r studies[T]) revisions(ctx context.Context, tenant plant.TenantNo, id string) ([]T, error) {
	return bodies[T](r.db.Reader().QueryContext(ctx, `select body from process_study where tenant = ? and kind = ? and id = ? order by rev desc limit ?`, tenant, string(r.kind), id, maxRevisions))
}

// Batches keeps golden batches and screenings. It implements batch.Store.
type Batches struct {
	golden    studies[batch.Golden]
	screening studies[batch.Screening]
}

var _ batch.Store = Batches{}

// NewBatches keeps golden batches and screenings in the record.
func NewBatches(db *record.DB) Batches {
	return Batches{
		golden: studies[batch.Golden]{db, fact.KindGoldenBatch, "golden batch", func(g batch.Golden) study {
			return study{g.ID, g.Rev, g.Machine, g.Path, g.At, g.By, ""}
		}},
		screening: studies[batch.Screening]{db, fact.KindCauseScreening, "screening", func(s batch.Screening) study {
			return study{s.ID, 1, s.Machine, s.Path, s.At, s.By, ""}
		}},
	}
}

// SaveGolden implements batch.Store.
func (r Batches) SaveGolden(ctx context.Context, tenant plant.TenantNo, g batch.Golden, seen int64) error {
	return r.golden.save(ctx, tenant, g, seen)
}

// Golden implements batch.Store.
func (r Batches) Golden(ctx context.Context, tenant plant.TenantNo, id string, rev int64) (batch.Golden, error) {
	return r.golden.get(ctx, tenant, id, rev)
}

// Goldens implements batch.Store.
func (r Batches) Goldens(ctx context.Context, f batch.Filter) ([]batch.Golden, error) {
	return r.golden.list(ctx, f.Scope, f.Before, f.Limit)
}

// GoldenRevisions implements batch.Store.
func (r Batches) GoldenRevisions(ctx context.Context, tenant plant.TenantNo, id string) ([]batch.Golden, error) {
	return r.golden.revisions(ctx, tenant, id)
}

// SaveScreening implements batch.Store.
func (r Batches) SaveScreening(ctx context.Context, tenant plant.TenantNo, s batch.Screening) error {
	return r.screening.save(ctx, tenant, s, 0)
}

// Screening implements batch.Store.
func (r Batches) Screening(ctx context.Context, tenant plant.TenantNo, id string) (batch.Screening, error) {
	return r.screening.get(ctx, tenant, id, 1)
}

// Screenings implements batch.Store.
func (r Batches) Screenings(ctx context.Context, f batch.Filter) ([]batch.Screening, error) {
	return r.screening.list(ctx, f.Scope, f.Before, f.Limit)
}

// Trials keeps experiments. It implements trial.Store.
type Trials struct{ all studies[trial.Experiment] }

var _ trial.Store = Trials{}

// NewTrials keeps experiments in the record.
func NewTrials(db *record.DB) Trials {
	return Trials{studies[trial.Experiment]{db, fact.KindExperiment, "experiment", func(e trial.Experiment) study {
		return study{e.ID, e.Rev, e.Place, e.Path, e.At, e.By, e.Key}
	}}}
}

// SaveExperiment implements trial.Store.
func (r Trials) SaveExperiment(ctx context.Context, tenant plant.TenantNo, e trial.Experiment, seen int64) error {
	return r.all.save(ctx, tenant, e, seen)
}

// Experiment implements trial.Store.
func (r Trials) Experiment(ctx context.Context, tenant plant.TenantNo, id string) (trial.Experiment, error) {
	return r.all.get(ctx, tenant, id, 0)
}

// KeyedExperiment implements trial.Store.
func (r Trials) KeyedExperiment(ctx context.Context, tenant plant.TenantNo, author, key string) (trial.Experiment, error) {
	return r.all.keyed(ctx, tenant, author, key)
}

// Experiments implements trial.Store.
func (r Trials) Experiments(ctx context.Context, f trial.Filter) ([]trial.Experiment, error) {
	return r.all.list(ctx, f.Scope, f.Before, f.Limit)
}
