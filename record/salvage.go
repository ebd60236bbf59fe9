package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// Salvaged is what became of a record that could not be mended.
type Salvaged struct {
	Rows      int64    // read from the damaged one
	FromSpare int64    // that could not be read there and stand in the snapshot
	Lost      []string // in words
}

// Whole says whether every page was right once the log was brought into the
// file.
func (s Salvaged) Whole() bool { return s.Rows == 0 && s.FromSpare == 0 && len(s.Lost) == 0 }

// Salvage makes in the folder to, which must be empty, a record of what can be
// read of the damaged one in dir, which stays as it is. Rows that cannot be
// read come from spare, the record's folder in a snapshot, or "": events and
// entries of the audit never change, so that they are the same there; other
// rows are as they were at the snapshot. What is derived from facts is left
// out. What nobody has is named.
func Salvage(ctx context.Context, dir, spare, to string) (done Salvaged, err error) {
	flat := filepath.Join(to, ".flat")
	defer func() { err = errors.Join(err, os.RemoveAll(flat)) }()
	if err := flatten(ctx, dir, flat); err != nil {
		return done, fmt.Errorf("record %s: salvage: %w", dir, err)
	}
	_, left, err := MendFiles(ctx, flat, spare)
	if err != nil {
		return done, err
	}
	if len(left) == 0 {
		return done, os.Rename(filepath.Join(flat, FileName), filepath.Join(to, FileName))
	}
	from, err := sql.Open("sqlite3", "file:"+filepath.Join(flat, FileName)+"?mode=ro&immutable=1")
	if err != nil {
		return done, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	var other *sql.DB
	if spare != "" {
		if other, err = sql.Open("sqlite3", "file:"+filepath.Join(spare, FileName)+"?mode=ro&immutable=1"); err != nil {
			return done, err
		}
		defer func() { err = errors.Join(err, other.Close()) }()
	}
	fresh, err := Open(ctx, to, Options{})
	if err != nil {
		return done, err
	}
	err = fresh.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		done = Salvaged{}
		for _, t := range tables {
			if strings.HasPrefix(t.name, "figure_") {
				continue
			}
			s := salvage{ctx: ctx, from: from, spare: other, tx: tx, table: t.name, done: &done}
			if err := s.run(); err != nil {
				return fmt.Errorf("table %s: %w", t.name, err)
			}
		}
		return raiseHeads(ctx, tx)
	})
	if err != nil {
		err = fmt.Errorf("record %s: salvage: %w", dir, err)
	}
	return done, errors.Join(err, fresh.Close())
}

// counters are the tables that give the next number of others. A row of theirs that
// came from the snapshot may be behind what was read of the damaged record, and would
// give a number twice.
var counters = []struct{ name, column, of string }{
	{"journal_head", "seq", "event"}, {"tag_head", "no", "tag"}, {"firm_head", "seq", "firm"}, {"machine_head", "seq", "machine_day"},
}

// raiseHeads lets counters go on behind the numbers that were given.
func raiseHeads(ctx context.Context, tx bun.Tx) error {
	for _, c := range counters {
		head := "insert into " + c.name + " (tenant, " + c.column + ") select tenant, max(" + c.column + ") from " + c.of + " where true group by tenant" +
			" on conflict (tenant) do update set " + c.column + " = excluded." + c.column + " where excluded." + c.column + " > " + c.name + "." + c.column
		if _, err := tx.NewRaw(head).Exec(ctx); err != nil {
			return fmt.Errorf("table %s: %w", c.name, err)
		}
	}
	return nil
}

// salvage is one table.
type salvage struct {
	ctx         context.Context
	from, spare *sql.DB
	tx          bun.Tx
	table       string
	done        *Salvaged
}

// stretch is rows by their number in the file, both ends included.
type stretch struct{ from, to int64 }

func (s salvage) run() error {
	var lost []stretch
	at := int64(math.MinInt64)
	for {
		last, err := s.copyRows(s.from, at, math.MaxInt64, &s.done.Rows)
		if err == nil {
			break
		}
		if !IsDamaged(err) {
			return err
		}
		if last != math.MinInt64 || at != math.MinInt64 {
			at = max(at, last+1)
		}
		next, ok := s.readableFrom(at)
		if !ok {
			lost = append(lost, stretch{at, math.MaxInt64})
			break
		}
		lost = append(lost, stretch{at, next - 1})
		at = next
	}
	for _, one := range lost {
		if err := s.fill(one); err != nil {
			return err
		}
	}
	return s.name(lost)
}

// copyRows copies the rows of [from, to] and gives the last that was written.
func (s salvage) copyRows(db *sql.DB, from, to int64, count *int64) (last int64, err error) {
	last = math.MinInt64
	rows, err := db.QueryContext(s.ctx, `select rowid, * from `+s.table+` not indexed where rowid >= ? and rowid <= ? order by rowid`, from, to)
	if err != nil {
		return last, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	columns, err := rows.Columns()
	if err != nil {
		return last, err
	}
	insert := `insert into ` + s.table + ` (` + strings.Join(columns, `, `) + `) values (?` + strings.Repeat(`, ?`, len(columns)-1) + `)`
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return last, err
		}
		if _, err := s.tx.NewRaw(insert, row...).Exec(s.ctx); err != nil {
			return last, err
		}
		last = row[0].(int64)
		*count++
	}
	return last, rows.Err()
}

// readableFrom finds the first row at or behind the place that can be read:
// first in steps that double, then by halves.
func (s salvage) readableFrom(at int64) (int64, bool) {
	bad, step := max(at, 0), int64(1)
	for {
		row, err := s.first(bad + step)
		switch {
		case err == nil && row == nil:
			return 0, false
		case err == nil:
			lo, hi := bad, *row // bad cannot be read from, row can
			for lo+1 < hi {
				mid := lo + (hi-lo)/2
				if found, err := s.first(mid); err == nil && found != nil {
					hi = min(mid, *found)
				} else {
					lo = mid
				}
			}
			return hi, true
		case bad > math.MaxInt64/4:
			return 0, false
		}
		bad, step = bad+step, step*2
	}
}

// first is the number of the first row at or behind the place; nil without one.
func (s salvage) first(at int64) (*int64, error) {
	rows, err := s.from.QueryContext(s.ctx, `select rowid, * from `+s.table+` not indexed where rowid >= ? order by rowid limit 1`, at)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	if !rows.Next() {
		return nil, rows.Err()
	}
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	no := row[0].(int64)
	return &no, nil
}

// fill takes the rows of a stretch from the snapshot.
func (s salvage) fill(one stretch) error {
	if s.spare == nil {
		return nil
	}
	_, err := s.copyRows(s.spare, one.from, one.to, &s.done.FromSpare)
	return err
}

// numbered are the tables whose rows have a number without holes.
var numbered = []string{"event", "audit"}

// name puts into words what nobody has.
func (s salvage) name(lost []stretch) error {
	if len(lost) == 0 {
		return nil
	}
	if !slices.Contains(numbered, s.table) {
		if s.spare == nil {
			s.done.Lost = append(s.done.Lost, fmt.Sprintf("%s: rows on the damaged pages", s.table))
		} else {
			s.done.Lost = append(s.done.Lost, fmt.Sprintf("%s: rows on the damaged pages are as they were at the snapshot; newer ones are gone", s.table))
		}
		return nil
	}
	rows, err := s.tx.QueryContext(s.ctx, `select tenant, seq + 1, next - 1 from (select tenant, seq, lead(seq) over (partition by tenant order by seq) as next from `+s.table+`)
		where next > seq + 1 union all select tenant, 1, min(seq) - 1 from `+s.table+` group by tenant having min(seq) > 1`)
	if err != nil {
		return err
	}
	for rows.Next() {
		var tenant, from, to int64
		if err := rows.Scan(&tenant, &from, &to); err != nil {
			return errors.Join(err, rows.Close())
		}
		s.done.Lost = append(s.done.Lost, fmt.Sprintf("%s %d to %d of tenant %d", s.table, from, to, tenant))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if lost[len(lost)-1].to == math.MaxInt64 {
		return s.nameTail()
	}
	return nil
}

// nameTail names the last rows: of events the head of the journal knows how
// many there were.
func (s salvage) nameTail() error {
	heads := map[int64]int64{}
	if s.table == "event" {
		rows, err := s.from.QueryContext(s.ctx, `select tenant, seq from journal_head`)
		if err == nil {
			for rows.Next() {
				var tenant, seq int64
				if err = rows.Scan(&tenant, &seq); err == nil {
					heads[tenant] = seq
				}
			}
			err = errors.Join(err, rows.Err(), rows.Close())
		}
		if err != nil && !IsDamaged(err) {
			return err
		}
	}
	if len(heads) == 0 {
		s.done.Lost = append(s.done.Lost, s.table+": the last ones, if there were any behind those that are there")
	}
	for tenant, head := range heads {
		var last int64
		if err := s.tx.NewRaw(`select coalesce(max(seq), 0) from event where tenant = ?`, tenant).Scan(s.ctx, &last); err != nil {
			return err
		}
		if last < head {
			s.done.Lost = append(s.done.Lost, fmt.Sprintf("event %d to %d of tenant %d", last+1, head, tenant))
		}
	}
	return nil
}
