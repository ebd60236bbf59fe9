package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/calc/authenticity"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/programme/suspicion"
)

var _ suspicion.Sketches = Machines{}

// putBrief keeps the sketch that came with a machine's day; this node's own are
// kept whole by SaveSketch.
func putBrief(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, d machine.Day) error {
	if d.Sketch == "" {
		return nil
	}
	s, err := authenticity.ParseBrief(d.Sketch)
	if err != nil {
		return fmt.Errorf("record: sketch of %s, %s: %w", d.Machine, d.Date, err)
	}
	if _, err := tx.NewRaw(`insert into machine_sketch (tenant, day, owner, machine, link, shapes, clocks) values (?, ?, ?, ?, '', ?, ?)
		on conflict (tenant, day, owner, machine) do update set shapes = excluded.shapes, clocks = excluded.clocks`,
		tenant, d.Date, string(d.Owner), string(d.Machine), packHashes(s.Shapes), packHashes(s.Clocks)).Exec(ctx); err != nil {
		return fmt.Errorf("record: save sketch: %w", err)
	}
	return nil
}

// RowsAfter gives days behind the number as they are sent to a parent, with
// their brief sketches.
func (m Machines) RowsAfter(ctx context.Context, tenant plant.TenantNo, seq uint64, limit int) ([]link.Item, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select `+dayColumns+`, coalesce(s.shapes, ''), coalesce(s.clocks, '')`+dayTables+`
		left join machine_sketch s on s.tenant = d.tenant and s.day = d.day and s.owner = d.owner and s.machine = d.machine
		where d.tenant = ? and d.seq > ? order by d.seq limit ?`, tenant, seq, limit)
	return collect(rows, err, func(rows *sql.Rows) (link.Item, error) {
		var shapes, clocks string
		n, err := scanDay(rows, &shapes, &clocks)
		if err != nil {
			return link.Item{}, err
		}
		s, err := unpacked(shapes, clocks)
		if err != nil {
			return link.Item{}, err
		}
		n.Sketch = s.Text()
		raw, err := json.Marshal(n.Day)
		if err != nil {
			return link.Item{}, fmt.Errorf("record: machine day: %w", err)
		}
		return link.Item{Seq: n.seq, Recorded: n.recorded, Payload: raw}, nil
	})
}

// maxDates bounds how many days are compared again at once.
const maxDates = 400

// DatesAfter implements suspicion.Sketches.
func (m Machines) DatesAfter(ctx context.Context, tenant plant.TenantNo, seq uint64, from string) (dates []string, head uint64, err error) {
	if head, err = m.RowsHead(ctx, tenant); err != nil || head <= seq {
		return nil, head, err
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select distinct day from machine_day where tenant = ? and seq > ? and seq <= ? and day >= ? order by day limit ?`, tenant, seq, head, from, maxDates)
	dates, err = collect(rows, err, func(r *sql.Rows) (s string, err error) { err = r.Scan(&s); return s, err })
	return dates, head, err
}

// SketchCount implements suspicion.Sketches.
func (m Machines) SketchCount(ctx context.Context, tenant plant.TenantNo, from, to string) (n int, err error) {
	err = m.db.Reader().QueryRowContext(ctx, `select count(*) from machine_sketch where tenant = ? and day >= ? and day <= ?`, tenant, from, to).Scan(&n)
	if err != nil {
		err = fmt.Errorf("record: count sketches: %w", err)
	}
	return n, err
}

// EachSketch implements suspicion.Sketches.
func (m Machines) EachSketch(ctx context.Context, tenant plant.TenantNo, from, to string, yield func(authenticity.Labelled) error) error {
	rows, err := m.db.Reader().QueryContext(ctx, `select day, owner, machine, link, shapes, clocks from machine_sketch where tenant = ? and day >= ? and day <= ? order by day, owner, machine`, tenant, from, to)
	if err != nil {
		return fmt.Errorf("record: read sketches: %w", err)
	}
	for rows.Next() {
		l, err := scanSketch(rows)
		if err == nil {
			l.Sketch = l.Brief()
			err = yield(l)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// DropForeign implements suspicion.Sketches.
func (m Machines) DropForeign(ctx context.Context, tenant plant.TenantNo, date string) error {
	return m.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`delete from machine_sketch as s where s.tenant = ? and s.day < ? and not (`+own+`)`, tenant, date).Exec(ctx); err != nil {
			return fmt.Errorf("record: drop sketches: %w", err)
		}
		return nil
	})
}
