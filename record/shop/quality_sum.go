package shop

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/quality"
)

// What charts need of subgroups without reading them: sums of hours and days, signals
// and how many by days, which gauge measured what, what was withdrawn. All of it is made
// of subgroups and can be deleted and made again ([Quality.Rebuild]).

// derived is what a batch of subgroups adds to it.
type derived struct {
	sums    map[sumKey]*quality.Summary
	signals []quality.Broken
	counts  map[signalKey]int64
	gauges  []string
	marks   map[string][]quality.Mark // by subgroup
}

// signalKey is a rule on a day.
type signalKey struct {
	at   int64
	rule string
}

func (d *derived) add(c *quality.Characteristic, s quality.Valued) {
	if d.sums == nil {
		d.sums, d.counts = map[sumKey]*quality.Summary{}, map[signalKey]int64{}
	}
	addTo(d.sums, false, s)
	addTo(d.sums, true, s)
	if len(s.Rules) > 0 {
		d.signals = append(d.signals, quality.Broken{ID: s.ID, At: s.At, Rules: s.Rules})
		for _, rule := range s.Rules {
			d.counts[signalKey{int64(s.At) / dayMicros * dayMicros, rule}]++
		}
	}
	if marks := quality.MarksOf(c, &s.Subgroup); len(marks) > 0 {
		if d.marks == nil {
			d.marks = map[string][]quality.Mark{}
		}
		d.marks[s.ID] = marks
	}
	if s.Gauge != "" && !slices.Contains(d.gauges, s.Gauge) {
		d.gauges = append(d.gauges, s.Gauge)
	}
}

// keep adds it to what is there.
func (d *derived) keep(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, characteristic string) error {
	for key, s := range d.sums {
		if _, err := tx.NewRaw(`insert into quality_sum (tenant, characteristic, days, at, n, total, low, high, flagged) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, characteristic, days, at) do update set n = quality_sum.n + excluded.n, total = quality_sum.total + excluded.total,
			low = case when excluded.low < quality_sum.low then excluded.low else quality_sum.low end,
			high = case when excluded.high > quality_sum.high then excluded.high else quality_sum.high end, flagged = quality_sum.flagged + excluded.flagged`,
			tenant, characteristic, key.days, key.at, s.N, s.Mean, s.Low, s.High, s.Flagged).Exec(ctx); err != nil {
			return fmt.Errorf("record: sum subgroups of %s: %w", characteristic, err)
		}
	}
	for _, b := range d.signals {
		if _, err := tx.NewRaw(`insert into quality_signal (tenant, characteristic, at, id, rules) values (?, ?, ?, ?, ?) on conflict do nothing`,
			tenant, characteristic, int64(b.At), b.ID, strings.Join(b.Rules, " ")).Exec(ctx); err != nil {
			return fmt.Errorf("record: signals of %s: %w", characteristic, err)
		}
	}
	for key, n := range d.counts {
		if _, err := tx.NewRaw(`insert into quality_signal_sum (tenant, characteristic, at, rule, n) values (?, ?, ?, ?, ?)
			on conflict (tenant, characteristic, at, rule) do update set n = quality_signal_sum.n + excluded.n`, tenant, characteristic, key.at, key.rule, n).Exec(ctx); err != nil {
			return fmt.Errorf("record: count signals of %s: %w", characteristic, err)
		}
	}
	for subgroup, marks := range d.marks {
		if err := addMarks(ctx, tx, tenant, subgroup, marks); err != nil {
			return err
		}
	}
	for _, g := range d.gauges {
		if _, err := tx.NewRaw(`insert into quality_gauge_use (tenant, gauge, characteristic) values (?, ?, ?) on conflict do nothing`, tenant, g, characteristic).Exec(ctx); err != nil {
			return fmt.Errorf("record: gauge of %s: %w", characteristic, err)
		}
	}
	return nil
}

// Withdraw implements quality.Store.
func (r Quality) Withdraw(ctx context.Context, tenant plant.TenantNo, c quality.Characteristic, s quality.Subgroup) error {
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("record: write subgroup %s: %w", s.ID, err)
	}
	e := fact.New(fact.KindMeasurementWithdrawn, c.Place, s.Withdrawn.At.Time(), "person:"+s.Withdrawn.By, struct {
		Characteristic string `json:"characteristic"`
		Subgroup       string `json:"subgroup"`
		quality.Withdrawal
	}{c.ID, s.ID, *s.Withdrawn})
	return r.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.NewRaw(`update quality_subgroup set withdrawn = ?, body = ? where tenant = ? and characteristic = ? and at = ? and id = ? and not withdrawn`,
			true, string(body), tenant, c.ID, int64(s.At), s.ID).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record: withdraw subgroup %s: %w", s.ID, err)
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("subgroup %s was withdrawn already: %w", s.ID, access.ErrConflict)
		}
		if _, err := tx.NewRaw(`insert into quality_withdrawn (tenant, characteristic, at, id, body) values (?, ?, ?, ?, ?)`, tenant, c.ID, int64(s.At), s.ID, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: withdraw subgroup %s: %w", s.ID, err)
		}
		if _, err := tx.NewRaw(`delete from quality_signal where tenant = ? and characteristic = ? and at = ? and id = ?`, tenant, c.ID, int64(s.At), s.ID).Exec(ctx); err != nil {
			return fmt.Errorf("record: signals of %s: %w", c.ID, err)
		}
		if err := dropMarks(ctx, tx, tenant, s.ID); err != nil {
			return err
		}
		return resum(ctx, tx, tenant, c, int64(s.At)/dayMicros*dayMicros)
	}, e)
}

// resum makes the sums of a day and its hours again: the least and the greatest value
// of what is left are not known without it.
func resum(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, c quality.Characteristic, from int64) error {
	for _, table := range []string{"quality_sum", "quality_signal_sum"} {
		if _, err := tx.NewRaw(`delete from `+table+` where tenant = ? and characteristic = ? and at >= ? and at < ?`, tenant, c.ID, from, from+dayMicros).Exec(ctx); err != nil {
			return fmt.Errorf("record: sum subgroups of %s: %w", c.ID, err)
		}
	}
	all, err := bodies[quality.Subgroup](tx.QueryContext(ctx, `select body from quality_subgroup where tenant = ? and characteristic = ? and at >= ? and at < ? and not withdrawn order by at, id`, tenant, c.ID, from, from+dayMicros))
	if err != nil {
		return err
	}
	var d derived
	for _, s := range all {
		d.add(&c, quality.Valued{Subgroup: s, Value: quality.Value(&c, s)})
	}
	return d.keep(ctx, tx, tenant, c.ID)
}

// Subgroup implements quality.Store.
func (r Quality) Subgroup(ctx context.Context, tenant plant.TenantNo, characteristic string, at plant.Instant, id string) (quality.Subgroup, error) {
	return one[quality.Subgroup](ctx, r.db.Reader(), "subgroup "+id, `select body from quality_subgroup where tenant = ? and characteristic = ? and at = ? and id = ?`, tenant, characteristic, int64(at), id)
}

// Withdrawn implements quality.Store.
func (r Quality) Withdrawn(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, limit int) ([]quality.Subgroup, error) {
	return bodies[quality.Subgroup](r.db.Reader().QueryContext(ctx, `select body from quality_withdrawn where tenant = ? and characteristic = ? and at >= ? and at < ? order by at, id limit ?`, tenant, characteristic, int64(from), int64(to), limit))
}

// Signals implements quality.Store.
func (r Quality) Signals(ctx context.Context, tenant plant.TenantNo, f quality.SignalFilter) ([]quality.Broken, error) {
	c := conditions{[]string{`tenant = ?`, `characteristic = ?`, `at >= ?`, `at < ?`}, []any{tenant, f.Characteristic, int64(f.From), int64(f.To)}}
	if f.Rule != "" {
		c.add(`(' ' || rules || ' ') like ?`, "% "+f.Rule+" %")
	}
	if b := f.Before; b != nil {
		c.add(`(at, id) < (?, ?)`, int64(b.At), b.ID)
	}
	return scanned(func(rows *sql.Rows) (b quality.Broken, err error) {
		var at int64
		var rules string
		err = rows.Scan(&at, &b.ID, &rules)
		b.At, b.Rules = plant.Instant(at), strings.Fields(rules)
		return b, err
	})(r.db.Reader().QueryContext(ctx, `select at, id, rules from quality_signal where `+c.String()+` order by at desc, id desc limit ?`, append(c.args, f.Limit)...))
}

// SignalCounts implements quality.Store.
func (r Quality) SignalCounts(ctx context.Context, tenant plant.TenantNo, characteristic string, from, to plant.Instant, days bool) ([]quality.SignalCount, error) {
	query := `select rules, count(*) from quality_signal where tenant = ? and characteristic = ? and at >= ? and at < ? group by rules`
	if days {
		query, from = `select rule, sum(n) from quality_signal_sum where tenant = ? and characteristic = ? and at >= ? and at < ? group by rule`, from-from%dayMicros
	}
	all, err := scanned(func(rows *sql.Rows) (c quality.SignalCount, err error) {
		return c, rows.Scan(&c.Rule, &c.N)
	})(r.db.Reader().QueryContext(ctx, query, tenant, characteristic, int64(from), int64(to)))
	if err != nil {
		return nil, err
	}
	sums := map[string]int64{}
	for _, c := range all { // of each set of rules that were broken together
		for rule := range strings.FieldsSeq(c.Rule) {
			sums[rule] += c.N
		}
	}
	out := make([]quality.SignalCount, 0, len(sums))
	for _, rule := range slices.Sorted(maps.Keys(sums)) {
		out = append(out, quality.SignalCount{Rule: rule, N: sums[rule]})
	}
	return out, nil
}

// Rebuild deletes what is made of subgroups and makes it again, and tells of how many.
func (r Quality) Rebuild(ctx context.Context, tenant plant.TenantNo) (n int64, err error) {
	docs, err := bodies[quality.Document](r.db.Reader().QueryContext(ctx, `select body from quality_document where tenant = ? and kind = ?`, tenant, string(quality.KindCharacteristic)))
	if err != nil {
		return 0, err
	}
	for _, doc := range docs {
		var c quality.Characteristic
		if err := json.Unmarshal(doc.Body, &c); err != nil {
			return n, fmt.Errorf("record: read characteristic %s: %w", doc.ID, err)
		}
		one, err := r.rebuildOf(ctx, tenant, c)
		if n += one; err != nil {
			return n, err
		}
	}
	return n, r.rebuildMarks(ctx, tenant)
}

func (r Quality) rebuildOf(ctx context.Context, tenant plant.TenantNo, c quality.Characteristic) (n int64, err error) {
	err = r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, table := range []string{"quality_sum", "quality_signal", "quality_signal_sum", "quality_gauge_use", "quality_withdrawn", "quality_mark"} {
			if _, err := tx.NewRaw(`delete from `+table+` where tenant = ? and characteristic = ?`, tenant, c.ID).Exec(ctx); err != nil {
				return fmt.Errorf("record: rebuild %s: %w", table, err)
			}
		}
		if _, err := tx.NewRaw(`insert into quality_withdrawn (tenant, characteristic, at, id, body) select tenant, characteristic, at, id, body from quality_subgroup where tenant = ? and characteristic = ? and withdrawn`, tenant, c.ID).Exec(ctx); err != nil {
			return fmt.Errorf("record: rebuild quality_withdrawn: %w", err)
		}
		at, id := int64(-1), ""
		for {
			all, err := bodies[quality.Subgroup](tx.QueryContext(ctx, `select body from quality_subgroup where tenant = ? and characteristic = ? and (at, id) > (?, ?) and not withdrawn order by at, id limit ?`, tenant, c.ID, at, id, maxKnown))
			if err != nil {
				return err
			}
			var d derived
			for _, s := range all {
				d.add(&c, quality.Valued{Subgroup: s, Value: quality.Value(&c, s)})
			}
			if err := d.keep(ctx, tx, tenant, c.ID); err != nil {
				return err
			}
			if n += int64(len(all)); len(all) < maxKnown {
				return nil
			}
			at, id = int64(all[len(all)-1].At), all[len(all)-1].ID
		}
	})
	return n, err
}
