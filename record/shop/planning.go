package shop

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/planning"
)

// Plans keeps plans: each as facts in the journal, its body in pieces, and a row
// of what lists show. It implements planning.Store.
type Plans struct{ db *record.DB }

var _ planning.Store = Plans{}

// NewPlans keeps plans in the record.
func NewPlans(db *record.DB) Plans { return Plans{db} }

// planPart is the payload of a fact.KindPlanPart event.
type planPart struct {
	Plan string `json:"plan"`
	Data []byte `json:"data"`
}

const (
	// planPartBytes keeps a part, in base64, below what an event may carry.
	planPartBytes = 45 << 10
	// maxPlanParts bounds a plan: 10,000 operations take about 30.
	maxPlanParts = 1000
	// planTries is how often a plan is numbered again when another one of its place
	// came in between.
	planTries = 5
)

func planSource(id string) string { return "plan:" + id }

// SavePlan implements planning.Store.
func (p Plans) SavePlan(ctx context.Context, tenant plant.TenantNo, h planning.Head, body []byte) (planning.Head, error) {
	if len(body) > maxPlanParts*planPartBytes {
		return h, fmt.Errorf("record: plan %s: %d bytes are too many to keep: %w", h.ID, len(body), fact.ErrRefused)
	}
	for try := 1; ; try++ {
		stored, err := p.save(ctx, tenant, h, body)
		if !errors.Is(err, access.ErrConflict) || try == planTries {
			return stored, err
		}
	}
}

func (p Plans) save(ctx context.Context, tenant plant.TenantNo, h planning.Head, body []byte) (planning.Head, error) {
	const last = `select coalesce(max(number), 0) from production_plan where tenant = ? and path = ?`
	if err := p.db.Reader().NewRaw(last, tenant, h.Place).Scan(ctx, &h.Number); err != nil {
		return h, fmt.Errorf("record: number of plans: %w", err)
	}
	h.Number++
	first := fact.New(fact.KindPlan, "", h.Made.Time(), planSource(h.ID), h)
	first.SourceSeq = 1
	events := []fact.Event{first}
	for data := range slices.Chunk(body, planPartBytes) {
		e := fact.New(fact.KindPlanPart, "", h.Made.Time(), planSource(h.ID), planPart{h.ID, data})
		e.SourceSeq = uint64(len(events)) + 1
		events = append(events, e)
	}
	row, err := json.Marshal(h)
	if err != nil {
		return h, fmt.Errorf("record: write plan %s: %w", h.ID, err)
	}
	return h, p.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var number int64
		if err := tx.NewRaw(last, tenant, h.Place).Scan(ctx, &number); err != nil {
			return fmt.Errorf("record: number of plans: %w", err)
		}
		if number+1 != h.Number {
			return fmt.Errorf("record: plan %d of %s is there already: %w", h.Number, h.Place, access.ErrConflict)
		}
		_, err := tx.NewRaw(`insert into production_plan (tenant, id, path, number, state, made, body) values (?, ?, ?, ?, ?, ?, ?)`,
			tenant, h.ID, h.Place, h.Number, string(h.State), h.Made, string(row)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: save plan %s: %w", h.ID, err)
		}
		return nil
	}, events...)
}

// StepPlan implements planning.Store.
func (p Plans) StepPlan(ctx context.Context, tenant plant.TenantNo, s planning.Step) (out planning.Head, err error) {
	e := fact.New(fact.KindPlanStep, "", s.At.Time(), planSource(s.Plan), s)
	e.SourceSeq = uint64(s.At)
	err = p.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		found, err := bodies[planning.Head](tx.QueryContext(ctx, `select body from production_plan where tenant = ? and id = ? limit 1`, tenant, s.Plan))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%w: plan %s", access.ErrNotFound, s.Plan)
		}
		if found[0].State != s.Seen {
			return fmt.Errorf("plan %d is %s, not %s: %w", found[0].Number, found[0].State, s.Seen, access.ErrConflict)
		}
		out = found[0].Follow(s)
		if s.What == planning.StateInUse {
			before, err := bodies[planning.Head](tx.QueryContext(ctx, `select body from production_plan where tenant = ? and path = ? and state = ? limit 1`, tenant, out.Place, string(planning.StateInUse)))
			if err != nil {
				return err
			}
			for _, b := range before {
				b.State = planning.StatePast
				if err := savePlanHead(ctx, tx, tenant, b); err != nil {
					return err
				}
			}
		}
		return savePlanHead(ctx, tx, tenant, out)
	}, e)
	return out, err
}

func savePlanHead(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, h planning.Head) error {
	row, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("record: write plan %s: %w", h.ID, err)
	}
	if _, err := tx.NewRaw(`update production_plan set state = ?, body = ? where tenant = ? and id = ?`, string(h.State), string(row), tenant, h.ID).Exec(ctx); err != nil {
		return fmt.Errorf("record: save plan %s: %w", h.ID, err)
	}
	return nil
}

// Plans implements planning.Store. The place of a row is when it was made and its
// id, written "made.id".
func (p Plans) Plans(ctx context.Context, scope access.Scope, f planning.Filter) ([]planning.Head, error) {
	where, args := []string{`?`}, []any{record.InScope("p", scope)}
	if len(f.States) > 0 {
		where, args = append(where, `p.state in (?)`), append(args, bun.List(f.States))
	}
	if made, id, ok := strings.Cut(f.After, "."); ok {
		n, err := strconv.ParseInt(made, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("record: place %q: %w", f.After, err)
		}
		where, args = append(where, `(p.made < ? or p.made = ? and p.id < ?)`), append(args, n, n, id)
	}
	return bodies[planning.Head](p.db.Reader().QueryContext(ctx,
		`select p.body from production_plan p where `+strings.Join(where, ` and `)+` order by p.made desc, p.id desc limit ?`, append(args, cmp.Or(f.Limit, 100))...))
}

// Plan implements planning.Store.
func (p Plans) Plan(ctx context.Context, tenant plant.TenantNo, id string) (planning.Head, error) {
	return p.one(ctx, "plan "+id, `select body from production_plan where tenant = ? and id = ? limit 1`, tenant, id)
}

// PlanInUse implements planning.Store.
func (p Plans) PlanInUse(ctx context.Context, tenant plant.TenantNo, place string) (planning.Head, error) {
	return p.one(ctx, "plan in use of "+place, `select body from production_plan where tenant = ? and path = ? and state = ? limit 1`, tenant, place, string(planning.StateInUse))
}

func (p Plans) one(ctx context.Context, what, query string, args ...any) (planning.Head, error) {
	found, err := bodies[planning.Head](p.db.Reader().QueryContext(ctx, query, args...))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: %s", access.ErrNotFound, what)
	}
	if err != nil {
		return planning.Head{}, err
	}
	return found[0], nil
}

// PlanBody implements planning.Store.
func (p Plans) PlanBody(ctx context.Context, tenant plant.TenantNo, id string) ([]byte, error) {
	events, err := p.db.Journal().Events(ctx, tenant, fact.Filter{Kinds: []fact.Kind{fact.KindPlanPart}, Sources: []string{planSource(id)}})
	if err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("%w: plan %s", access.ErrNotFound, id)
	}
	slices.SortFunc(events, func(a, b fact.Event) int { return cmp.Compare(a.SourceSeq, b.SourceSeq) })
	var body bytes.Buffer
	for _, e := range events {
		var part planPart
		if err := json.Unmarshal(e.Payload, &part); err != nil {
			return nil, fmt.Errorf("record: plan %s: %w", id, err)
		}
		body.Write(part.Data)
	}
	return body.Bytes(), nil
}
