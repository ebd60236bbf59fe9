package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/programme/reporting"
	"zhigai/record"
)

// Reports keeps what regions report; it implements reporting.Store.
type Reports struct{ db *record.DB }

var _ reporting.Store = Reports{}

// NewReports keeps them in the record.
func NewReports(db *record.DB) Reports { return Reports{db} }

// Append implements reporting.Store.
func (r Reports) Append(ctx context.Context, tenant plant.TenantNo, h reporting.Head, seen int64, s reporting.Step, frozen *reporting.Frozen) error {
	step, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("record: step of report %s: %w", h.ID, err)
	}
	var values []byte
	if frozen != nil {
		if values, err = json.Marshal(frozen); err != nil {
			return fmt.Errorf("record: values of report %s: %w", h.ID, err)
		}
	}
	told := fact.New(fact.KindReportStep, "", s.At, "report:"+h.ID, reporting.Fact{Report: h.ID, Step: s, Frozen: frozen})
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		var has int64
		if err := tx.NewRaw(`select coalesce(max(rev), 0) from report where tenant = ? and id = ?`, tenant, h.ID).Scan(ctx, &has); err != nil {
			return fmt.Errorf("record: read report %s: %w", h.ID, err)
		}
		if has != seen {
			return fmt.Errorf("report %s is at revision %d, not %d: %w", h.ID, has, seen, access.ErrConflict)
		}
		if err := saveReport(ctx, tx, tenant, h); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into report_step (tenant, report, seq, node, body, recorded, who) values (?, ?, ?, ?, ?, ?, ?)`,
			tenant, h.ID, s.Seq, s.Node, string(step), int64(r.db.Now()), s.Who).Exec(ctx); err != nil {
			return fmt.Errorf("record: save step %d of report %s: %w", s.Seq, h.ID, err)
		}
		if frozen == nil {
			return nil
		}
		if _, err := tx.NewRaw(`insert into report_value (tenant, report, revision, body, recorded) values (?, ?, ?, ?, ?)`,
			tenant, h.ID, frozen.Revision, string(values), int64(r.db.Now())).Exec(ctx); err != nil {
			return fmt.Errorf("record: save values of report %s: %w", h.ID, err)
		}
		return nil
	}, told)
}

func saveReport(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, h reporting.Head) error {
	head, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("record: report %s: %w", h.ID, err)
	}
	if _, err := tx.NewRaw(`insert into report (tenant, id, period, region, level, rev, unread, body) values (?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, id) do update set rev = excluded.rev, unread = excluded.unread, body = excluded.body`,
		tenant, h.ID, h.Period, h.Region, string(h.Level), h.Rev, len(h.Reminders) > 0, string(head)).Exec(ctx); err != nil {
		return fmt.Errorf("record: save report %s: %w", h.ID, err)
	}
	return nil
}

// Merge implements reporting.Store.
func (r Reports) Merge(ctx context.Context, tenant plant.TenantNo, open reporting.Head, facts []reporting.Fact) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, f := range facts {
			step, err := json.Marshal(f.Step)
			if err != nil {
				return fmt.Errorf("record: step of report %s: %w", open.ID, err)
			}
			if _, err := tx.NewRaw(`insert into report_step (tenant, report, seq, node, body, recorded, who) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
				tenant, open.ID, f.Step.Seq, f.Step.Node, string(step), int64(r.db.Now()), f.Step.Who).Exec(ctx); err != nil {
				return fmt.Errorf("record: save step %d of report %s: %w", f.Step.Seq, open.ID, err)
			}
			if f.Frozen == nil {
				continue
			}
			values, err := json.Marshal(f.Frozen)
			if err != nil {
				return fmt.Errorf("record: values of report %s: %w", open.ID, err)
			}
			if _, err := tx.NewRaw(`insert into report_value (tenant, report, revision, body, recorded) values (?, ?, ?, ?, ?) on conflict do nothing`,
				tenant, open.ID, f.Frozen.Revision, string(values), int64(r.db.Now())).Exec(ctx); err != nil {
				return fmt.Errorf("record: save values of report %s: %w", open.ID, err)
			}
		}
		steps, err := stepsOf(tx.QueryContext(ctx, stepsQuery, tenant, open.ID, maxReportSteps))
		if err != nil {
			return err
		}
		return saveReport(ctx, tx, tenant, reporting.FoldSteps(open, steps))
	})
}

// ClaimSteps says of steps that an older program kept that they were done here.
func (r Reports) ClaimSteps(ctx context.Context, node string) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update report_step set node = ? where node = ''`, node).Exec(ctx); err != nil {
			return fmt.Errorf("record: steps of reports: %w", err)
		}
		return nil
	})
}

const stepsQuery = `select node, body from report_step where tenant = ? and report = ? order by seq, node limit ?`

// stepsOf reads steps; where each was done stands beside what it says.
func stepsOf(rows *sql.Rows, err error) ([]reporting.Step, error) {
	return collect(rows, err, func(rows *sql.Rows) (s reporting.Step, err error) {
		var node, body string
		if err := rows.Scan(&node, &body); err != nil {
			return s, err
		}
		err = json.Unmarshal([]byte(body), &s)
		s.Node = node
		return s, err
	})
}

// bodies reads rows whose last column is what they say.
func bodies[T any](rows *sql.Rows, err error) ([]T, error) {
	return collect(rows, err, func(rows *sql.Rows) (one T, err error) {
		var body string
		if err := rows.Scan(&body); err != nil {
			return one, err
		}
		return one, json.Unmarshal([]byte(body), &one)
	})
}

// Head implements reporting.Store.
func (r Reports) Head(ctx context.Context, tenant plant.TenantNo, id string) (reporting.Head, error) {
	var h reporting.Head
	var body string
	err := r.db.Reader().QueryRowContext(ctx, `select body from report where tenant = ? and id = ?`, tenant, id).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return h, fmt.Errorf("report %s: %w", id, access.ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal([]byte(body), &h)
	}
	if err != nil {
		return h, fmt.Errorf("record: read report %s: %w", id, err)
	}
	return h, nil
}

// Heads implements reporting.Store.
func (r Reports) Heads(ctx context.Context, tenant plant.TenantNo, f reporting.Filter) ([]reporting.Head, error) {
	where, args := []string{`tenant = ?`, `?`}, []any{tenant, record.InAreas("region", "", "", f.Areas)}
	add := func(cond string, arg any) { where, args = append(where, cond), append(args, arg) }
	if f.Period != "" {
		add(`period = ?`, f.Period)
	}
	if f.Level != "" {
		add(`level = ?`, string(f.Level))
	}
	if f.Unread {
		where = append(where, `unread`)
	}
	return bodies[reporting.Head](r.db.Reader().QueryContext(ctx, `select body from report where `+strings.Join(where, ` and `)+` order by period, region limit ?`, append(args, reporting.MaxHeads)...))
}

// maxReportSteps is more than a report can have.
const maxReportSteps = 2000

// Steps implements reporting.Store.
func (r Reports) Steps(ctx context.Context, tenant plant.TenantNo, id string) ([]reporting.Step, error) {
	steps, err := stepsOf(r.db.Reader().QueryContext(ctx, stepsQuery, tenant, id, maxReportSteps))
	return reporting.Ordered(steps), err
}

// Frozen implements reporting.Store.
func (r Reports) Frozen(ctx context.Context, tenant plant.TenantNo, id string, revision int) (reporting.Frozen, error) {
	out, err := r.FrozenOf(ctx, tenant, map[string]int{id: revision})
	if err != nil {
		return reporting.Frozen{}, err
	}
	if len(out) == 0 {
		return reporting.Frozen{}, fmt.Errorf("revision %d of report %s: %w", revision, id, access.ErrNotFound)
	}
	return out[0], nil
}

// FrozenOf implements reporting.Store.
func (r Reports) FrozenOf(ctx context.Context, tenant plant.TenantNo, revisions map[string]int) ([]reporting.Frozen, error) {
	if len(revisions) == 0 {
		return nil, nil
	}
	ids, wanted := make([]string, 0, len(revisions)), make([]int, 0, len(revisions))
	for id, revision := range revisions {
		ids = append(ids, id)
		wanted = append(wanted, revision)
	}
	slices.Sort(wanted)
	all, err := bodies[reporting.Frozen](r.db.Reader().QueryContext(ctx, `select body from report_value where tenant = ? and report in (?) and revision in (?) order by report, revision limit ?`,
		tenant, bun.List(ids), bun.List(slices.Compact(wanted)), reporting.MaxHeads))
	// Of a report, also revisions that others are asked for were read.
	return slices.DeleteFunc(all, func(f reporting.Frozen) bool { return revisions[f.Report] != f.Revision }), err
}
