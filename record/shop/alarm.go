package shop

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/shop/alarm"
)

// Alarms keeps limits by version, findings of other rooms and what was put aside:
// each change as a fact in the journal, and a row. It implements alarm.Store.
type Alarms struct{ db *record.DB }

var _ alarm.Store = Alarms{}

// NewAlarms keeps alarms in the record.
func NewAlarms(db *record.DB) Alarms { return Alarms{db} }

// SaveLimit implements alarm.Store.
func (r Alarms) SaveLimit(ctx context.Context, tenant plant.TenantNo, l alarm.Limit, seen int64) error {
	body, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("record: write limit %s: %w", l.ID, err)
	}
	e := fact.New(fact.KindAlarmLimit, l.Node, l.At.Time(), "alarm-limit:"+l.ID, l)
	e.SourceSeq = uint64(l.Rev)
	words := strings.ToLower(strings.Join([]string{l.Text.ZH, l.Text.EN, l.Signal, l.Path}, "\n"))
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		if err := unchanged(ctx, tx, seen, `select coalesce(max(rev), 0) from alarm_limit where tenant = ? and id = ?`, tenant, l.ID); err != nil {
			return fmt.Errorf("limit %s: %w", l.ID, err)
		}
		if _, err := tx.NewRaw(`update alarm_limit set latest = false where tenant = ? and id = ? and latest`, tenant, l.ID).Exec(ctx); err != nil {
			return fmt.Errorf("record: save limit %s: %w", l.ID, err)
		}
		if _, err := tx.NewRaw(`insert into alarm_limit (tenant, id, rev, latest, stage, node, tag, path, words, body) values (?, ?, ?, true, ?, ?, ?, ?, ?, ?)`,
			tenant, l.ID, l.Rev, string(l.Stage), l.Node, l.Tag, l.Path, words, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save limit %s: %w", l.ID, err)
		}
		return nil
	}, e)
}

// unchanged refuses to write when the number that the query gives is not the one
// that was seen.
func unchanged(ctx context.Context, tx bun.Tx, seen int64, query string, args ...any) error {
	var now int64
	if err := tx.NewRaw(query, args...).Scan(ctx, &now); err != nil {
		return fmt.Errorf("record: read: %w", err)
	}
	if now != seen {
		return fmt.Errorf("changed %d times, not %d: %w", now, seen, access.ErrConflict)
	}
	return nil
}

// Limit implements alarm.Store.
func (r Alarms) Limit(ctx context.Context, tenant plant.TenantNo, id string) (alarm.Limit, error) {
	return one[alarm.Limit](ctx, r.db.Reader(), "limit "+id, `select body from alarm_limit where tenant = ? and id = ? and latest`, tenant, id)
}

// Limits implements alarm.Store.
func (r Alarms) Limits(ctx context.Context, f alarm.LimitFilter) ([]alarm.Limit, error) {
	c := conditions{[]string{`?`, `l.latest`}, []any{record.InScope("l", f.Scope)}}
	if f.Stage != "" {
		c.add(`l.stage = ?`, string(f.Stage))
	}
	if f.Node != "" {
		c.add(`l.node = ?`, f.Node)
	}
	if f.Tag != 0 {
		c.add(`l.tag = ?`, f.Tag)
	}
	if f.Text != "" {
		c.add(`l.words like ? escape '!'`, contains(f.Text))
	}
	if path, id, ok := strings.Cut(f.After, "\n"); ok {
		c.add(`(l.path > ? or l.path = ? and l.id > ?)`, path, path, id)
	}
	return bodies[alarm.Limit](r.db.Reader().QueryContext(ctx, `select l.body from alarm_limit l where `+c.String()+` order by l.path, l.id limit ?`, append(c.args, f.Limit)...))
}

// Versions implements alarm.Store.
func (r Alarms) Versions(ctx context.Context, tenant plant.TenantNo, id string) ([]alarm.Limit, error) {
	return bodies[alarm.Limit](r.db.Reader().QueryContext(ctx,
		`select body from alarm_limit where tenant = ? and id = ? order by rev desc limit ?`, tenant, id, maxRevisions))
}

// maxLimitVersions bounds what is read of all limits of a tenant.
const maxLimitVersions = 100_000

// History implements alarm.Store.
func (r Alarms) History(ctx context.Context, scope access.Scope) ([]alarm.Limit, error) {
	return bodies[alarm.Limit](r.db.Reader().QueryContext(ctx,
		`select l.body from alarm_limit l where ? order by l.id, l.rev limit ?`, record.InScope("l", scope), maxLimitVersions))
}

// SaveFinding implements alarm.Store.
func (r Alarms) SaveFinding(ctx context.Context, tenant plant.TenantNo, f alarm.Finding, seen int) error {
	body, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("record: write finding %s: %w", f.ID, err)
	}
	var events []fact.Event
	for i, s := range f.Steps[seen:] {
		payload := struct {
			alarm.Step
			Finding *alarm.Finding `json:"finding,omitempty"`
		}{Step: s}
		if seen+i == 0 {
			made := f
			made.Steps = []alarm.Step{}
			payload.Finding = &made
		}
		e := fact.New(fact.KindAlarmFinding, f.Place, s.At.Time(), f.FactSource(), payload)
		e.SourceSeq = uint64(seen + i + 1)
		events = append(events, e)
	}
	ended := int64(openEnd)
	if !f.Stands() {
		ended = int64(f.To())
	}
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		if err := unchanged(ctx, tx, int64(seen), `select coalesce(max(steps), 0) from alarm_finding where tenant = ? and id = ?`, tenant, f.ID); err != nil {
			return fmt.Errorf("finding %s/%s: %w", f.Source, f.Key, err)
		}
		if err := unchanged(ctx, tx, 0, `select count(*) from alarm_finding where tenant = ? and source = ? and key = ? and stands and id <> ?`, tenant, string(f.Source), f.Key, f.ID); err != nil {
			return fmt.Errorf("finding %s/%s stands already: %w", f.Source, f.Key, err)
		}
		if _, err := tx.NewRaw(`insert into alarm_finding (tenant, id, source, key, stands, node, path, began, ended, steps, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, id) do update set stands = excluded.stands, began = excluded.began, ended = excluded.ended, steps = excluded.steps, body = excluded.body`,
			tenant, f.ID, string(f.Source), f.Key, f.Stands(), f.Place, f.Path, int64(f.From()), ended, len(f.Steps), string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save finding %s: %w", f.ID, err)
		}
		return nil
	}, events...)
}

// Standing implements alarm.Store.
func (r Alarms) Standing(ctx context.Context, tenant plant.TenantNo, source alarm.Source, key string) (alarm.Finding, error) {
	return one[alarm.Finding](ctx, r.db.Reader(), fmt.Sprintf("finding %s/%s", source, key),
		`select body from alarm_finding where tenant = ? and source = ? and key = ? and stands`, tenant, string(source), key)
}

// Began implements alarm.Store.
func (r Alarms) Began(ctx context.Context, tenant plant.TenantNo, source alarm.Source, key string, at plant.Instant) (bool, error) {
	var n int
	err := r.db.Reader().QueryRowContext(ctx, `select count(*) from alarm_finding where tenant = ? and source = ? and key = ? and began = ?`, tenant, string(source), key, int64(at)).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("record: findings %s/%s: %w", source, key, err)
	}
	return n > 0, nil
}

// maxFindings bounds what one question is about.
const maxFindings = 10_000

// Findings implements alarm.Store.
func (r Alarms) Findings(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]alarm.Finding, error) {
	return bodies[alarm.Finding](r.db.Reader().QueryContext(ctx,
		`select f.body from alarm_finding f where ? and f.ended > ? and f.began < ? order by f.began desc, f.id desc limit ?`,
		record.InScope("f", scope), int64(from), int64(to), maxFindings))
}

// SaveMode implements alarm.Store.
func (r Alarms) SaveMode(ctx context.Context, tenant plant.TenantNo, m alarm.Mode, seen int64) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("record: write mode of %s: %w", m.Alarm, err)
	}
	e := fact.New(fact.KindAlarmMode, m.Place, m.At.Time(), m.Source(), m)
	e.SourceSeq = uint64(m.Rev)
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		if err := unchanged(ctx, tx, seen, `select coalesce(max(rev), 0) from alarm_mode where tenant = ? and node = ? and alarm = ?`, tenant, m.Place, m.Alarm); err != nil {
			return fmt.Errorf("alarm %s: %w", m.Alarm, err)
		}
		if _, err := tx.NewRaw(`insert into alarm_mode (tenant, node, alarm, rev, aside, path, body) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, node, alarm) do update set rev = excluded.rev, aside = excluded.aside, path = excluded.path, body = excluded.body`,
			tenant, m.Place, m.Alarm, m.Rev, m.State != alarm.Normal, m.Path, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save mode of %s: %w", m.Alarm, err)
		}
		return nil
	}, e)
}

// Mode implements alarm.Store.
func (r Alarms) Mode(ctx context.Context, tenant plant.TenantNo, place plant.NodeID, id string) (alarm.Mode, error) {
	m, err := one[alarm.Mode](ctx, r.db.Reader(), "mode of "+id, `select body from alarm_mode where tenant = ? and node = ? and alarm = ?`, tenant, place, id)
	if errors.Is(err, access.ErrNotFound) {
		return alarm.Mode{State: alarm.Normal}, nil
	}
	return m, err
}

// Modes implements alarm.Store.
func (r Alarms) Modes(ctx context.Context, scope access.Scope) ([]alarm.Mode, error) {
	return bodies[alarm.Mode](r.db.Reader().QueryContext(ctx,
		`select m.body from alarm_mode m where ? and m.aside order by m.path, m.alarm limit ?`, record.InScope("m", scope), maxFindings))
}
