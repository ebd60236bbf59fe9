package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/programme/evaluation"
	"zhigai/record"
)

// Evaluations keeps rounds: their steps in the journal, a row each of what lists
// show, and the list of every revision. It implements evaluation.Store.
type Evaluations struct{ db *record.DB }

var _ evaluation.Store = Evaluations{}

// NewEvaluations keeps evaluations in the record.
func NewEvaluations(db *record.DB) Evaluations { return Evaluations{db} }

func roundSource(id string) string { return "evaluation:" + id }

// scoresAtOnce is how many rows one statement inserts.
const scoresAtOnce = 200

// Append implements evaluation.Store.
func (r Evaluations) Append(ctx context.Context, tenant plant.TenantNo, h evaluation.Head, seen int64, steps []evaluation.Step, rows []evaluation.Row) error {
	events := make([]fact.Event, len(steps))
	for i, s := range steps {
		events[i] = fact.New(fact.KindEvaluation, "", s.At, roundSource(h.ID), s)
		events[i].SourceSeq = uint64(s.Seq)
	}
	body, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("record: write evaluation %s: %w", h.ID, err)
	}
	settled := int64(0)
	if !h.Settled.IsZero() {
		settled = int64(plant.MicrosOf(h.Settled))
	}
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var now int64
		err := tx.QueryRowContext(ctx, `select rev from evaluation_round where tenant = ? and id = ?`, tenant, h.ID).Scan(&now)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("record: read evaluation %s: %w", h.ID, err)
		}
		if now != seen {
			return fmt.Errorf("evaluation %s is at revision %d, not %d: %w", h.ID, now, seen, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into evaluation_round (tenant, id, rev, state, standard, year, revision, settled, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set rev = excluded.rev, state = excluded.state, revision = excluded.revision, settled = excluded.settled, body = excluded.body`,
			tenant, h.ID, h.Rev, string(h.State), h.Standard, h.Year, h.Revision, settled, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save evaluation %s: %w", h.ID, err)
		}
		return insertMany(ctx, tx, `evaluation_score (tenant, round, revision, place, firm, region, sector, class, scored, words, body)`, rows, func(row evaluation.Row) ([]any, error) {
			body, err := json.Marshal(row)
			return []any{tenant, h.ID, h.Revision, row.Place, row.Firm, row.Region, row.Sector, row.Class, row.Score != nil, strings.ToLower(row.Name), string(body)}, err
		})
	}, events...)
}

// Steps implements evaluation.Store.
func (r Evaluations) Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]evaluation.Step, error) {
	events, err := r.db.Journal().Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindEvaluation}, Sources: []string{roundSource(id)}})
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%w: evaluation %s", access.ErrNotFound, id)
	}
	out := make([]evaluation.Step, len(events))
	for i, e := range events {
		if err := json.Unmarshal(e.Payload, &out[i]); err != nil {
			return nil, fmt.Errorf("record: evaluation %s: step %s: %w", id, e.ID, err)
		}
	}
	slices.SortFunc(out, func(a, b evaluation.Step) int { return int(a.Seq - b.Seq) })
	return out, nil
}

// ofJSON reads rows that are one JSON document each.
func ofJSON[T any](rows *sql.Rows, err error) ([]T, error) {
	return collect(rows, err, func(r *sql.Rows) (one T, err error) {
		var body string
		if err = r.Scan(&body); err == nil {
			err = json.Unmarshal([]byte(body), &one)
		}
		return one, err
	})
}

// Rounds implements evaluation.Store.
func (r Evaluations) Rounds(ctx context.Context, tenant plant.TenantNo, f evaluation.Filter) ([]evaluation.Head, error) {
	where, args := `tenant = ?`, []any{tenant}
	and := func(cond string, value any) { where, args = where+` and `+cond, append(args, value) }
	if f.State != "" {
		and(`state = ?`, string(f.State))
	}
	if f.Standard != "" {
		and(`standard = ?`, f.Standard)
	}
	if f.Year != 0 {
		and(`year = ?`, f.Year)
	}
	if f.Before != "" {
		and(`id < ?`, f.Before)
	}
	return ofJSON[evaluation.Head](r.db.Reader().QueryContext(ctx, `select body from evaluation_round where `+where+` order by id desc limit ?`, append(args, f.Limit)...))
}

// Rows implements evaluation.Store.
func (r Evaluations) Rows(ctx context.Context, tenant plant.TenantNo, f evaluation.ScoreFilter) ([]evaluation.Row, error) {
	where := `tenant = ? and round = ? and revision = ? and place > ? and ? and ?`
	asked := access.Area{Sector: f.Sector, Enterprise: f.Firm}
	args := []any{tenant, f.Round, f.Revision, f.After, record.InAreas("region", "sector", "firm", f.Areas), record.InAreas("region", "sector", "firm", []access.Area{asked})}
	and := func(cond string, values ...any) { where, args = where+` and `+cond, append(args, values...) }
	if f.Class != "" {
		and(`class = ?`, f.Class)
	}
	if f.Unscored {
		and(`not scored`)
	}
	if f.Text != "" {
		part := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Text))
		and(`words like ? escape '!'`, "%"+part+"%")
	}
	return ofJSON[evaluation.Row](r.db.Reader().QueryContext(ctx, `select body from evaluation_score where `+where+` order by place limit ?`, append(args, f.Limit)...))
}

// Pasts implements evaluation.Store.
func (r Evaluations) Pasts(ctx context.Context, tenant plant.TenantNo, round, firm string) ([]evaluation.Past, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select revision, body from evaluation_score where tenant = ? and firm = ? and round = ? order by revision limit ?`, tenant, firm, round, maxHistory)
	return collect(rows, err, func(r *sql.Rows) (p evaluation.Past, err error) {
		var body string
		var row evaluation.Row
		if err = r.Scan(&p.Revision, &body); err == nil {
			err = json.Unmarshal([]byte(body), &row)
		}
		p.Score, p.Class, p.Rank, p.Of = row.Score, row.Class, row.Rank, row.Of
		return p, err
	})
}

// Settled implements evaluation.Store.
func (r Evaluations) Settled(ctx context.Context, tenant plant.TenantNo, firm, standard string, at time.Time) (h evaluation.Head, row evaluation.Row, ok, some bool, err error) {
	const final = `r.tenant = ? and r.standard = ? and r.state = 'final' and r.settled <= ?`
	args := []any{tenant, standard, int64(plant.MicrosOf(at))}
	var head, body string
	err = r.db.Reader().QueryRowContext(ctx, `select r.body, s.body from evaluation_round r
		join evaluation_score s on s.tenant = r.tenant and s.round = r.id and s.revision = r.revision
		where `+final+` and s.firm = ? order by r.year desc, r.settled desc, r.id desc limit 1`, append(args, firm)...).Scan(&head, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		var n int
		err = r.db.Reader().QueryRowContext(ctx, `select count(*) from evaluation_round r where `+final, args...).Scan(&n)
		return h, row, false, n > 0, wrapped(err, "count evaluations")
	case err == nil:
		err = errors.Join(json.Unmarshal([]byte(head), &h), json.Unmarshal([]byte(body), &row))
	}
	return h, row, err == nil, err == nil, wrapped(err, "read class of "+firm)
}

func wrapped(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("record: %s: %w", what, err)
}
