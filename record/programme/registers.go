// Package programme keeps the rows of the programme: registers, returns and
// what else officers enter. One file per aggregate; each implements the
// interface its room declares.
//
// It decides nothing about meaning. Start with [NewRegisters].
package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/record"
)

// maxEntries bounds what one fold reads of the registers: as many recognitions
// and robots as the policy aims at (150,000 robots), and as many again.
const maxEntries = 400_000

// maxHistory bounds the revisions shown of one entry, and the values of a firm.
const maxHistory = 2000

// Registers keeps register entries and returns; it implements target.Registers.
type Registers struct{ db *record.DB }

var _ target.Registers = Registers{}

// NewRegisters keeps them in the record.
func NewRegisters(db *record.DB) Registers { return Registers{db} }

const entryColumns = `id, rev, kind, firm, region, sector, level, title, paper, valid_from, valid_to, basis, void, detail`

// detail is what no question filters by.
type detail struct {
	Remark    string        `json:"remark,omitempty"`
	Robot     *target.Plate `json:"robot,omitempty"`
	Diagnosis string        `json:"diagnosis,omitempty"`
}

func scanEntry(rows *sql.Rows, more ...any) (target.Entry, error) {
	var e target.Entry
	var raw string
	err := rows.Scan(append([]any{&e.ID, &e.Rev, &e.Kind, &e.Firm, &e.Region, &e.Sector, &e.Level, &e.Title, &e.Paper, &e.From, &e.To, &e.Basis, &e.Void, &raw}, more...)...)
	if err != nil {
		return e, err
	}
	var d detail
	if err := json.Unmarshal([]byte(raw), &d); err != nil {
		return e, fmt.Errorf("record: entry %s: %w", e.ID, err)
	}
	e.Remark, e.Robot, e.Diagnosis = d.Remark, d.Robot, d.Diagnosis
	return e, nil
}

// collect reads rows to their end.
func collect[T any](rows *sql.Rows, err error, scan func(*sql.Rows) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("record: read registers: %w", err)
	}
	var out []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, one)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

func entries(rows *sql.Rows, err error) ([]target.Entry, error) {
	return collect(rows, err, func(r *sql.Rows) (target.Entry, error) { return scanEntry(r) })
}

// Entries implements target.Registers.
func (r Registers) Entries(ctx context.Context, tenant plant.TenantNo, areas []access.Area, kinds []string) ([]target.Entry, error) {
	out, err := entries(r.db.Reader().QueryContext(ctx, `select `+entryColumns+` from register_entry
		where tenant = ? and latest and not void and kind in (?) and ? order by region, id limit ?`,
		tenant, bun.List(kinds), record.InAreas("region", "sector", "firm", areas), maxEntries+1))
	if err == nil && len(out) > maxEntries {
		return nil, fmt.Errorf("%w: more than %d register entries; ask for a smaller region", target.ErrInvalid, maxEntries)
	}
	return out, err
}

// Page implements target.Registers.
func (r Registers) Page(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f target.Filter, after string, limit int) ([]target.Entry, error) {
	where, args := `tenant = ? and latest and ?`, []any{tenant, record.InAreas("region", "sector", "firm", areas)}
	and := func(cond string, values ...any) { where, args = where+` and `+cond, append(args, values...) }
	if !f.Void {
		and(`not void`)
	}
	if f.Kind != "" {
		and(`kind = ?`, f.Kind)
	}
	if f.Firm != "" {
		and(`firm = ?`, f.Firm)
	}
	if f.Region != "" {
		and(`?`, record.InAreas("region", "", "", []access.Area{{Region: f.Region}}))
	}
	if f.Year != 0 {
		year := target.Year(f.Year)
		and(`valid_from < ? and (valid_to = 0 or valid_to > ?)`, int64(year.To), int64(year.From))
	}
	if f.Ends != (plant.Span{}) {
		and(`valid_to >= ? and valid_to < ?`, int64(f.Ends.From), int64(f.Ends.To))
	}
	if f.Text != "" {
		part := "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(f.Text) + "%"
		and(`(title like ? escape '!' or paper like ? escape '!' or serial like ? escape '!')`, part, part, part)
	}
	if after != "" {
		from, id, ok := strings.Cut(after, " ")
		at, err := strconv.ParseInt(from, 10, 64)
		if err != nil || !ok {
			return nil, fmt.Errorf("%w: the cursor is not one that this list gave", target.ErrInvalid)
		}
		and(`(valid_from < ? or valid_from = ? and id > ?)`, at, at, id)
	}
	return entries(r.db.Reader().QueryContext(ctx, `select `+entryColumns+` from register_entry where `+where+` order by valid_from desc, id limit ?`, append(args, limit)...))
}

// Entry implements target.Registers.
func (r Registers) Entry(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string) (target.Entry, error) {
	found, err := entries(r.db.Reader().QueryContext(ctx, `select `+entryColumns+` from register_entry where tenant = ? and id = ? and latest and ? limit 1`,
		tenant, id, record.InAreas("region", "sector", "firm", areas)))
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("register entry %s: %w", id, access.ErrNotFound)
	}
	if err != nil {
		return target.Entry{}, err
	}
	return found[0], nil
}

// History implements target.Registers.
func (r Registers) History(ctx context.Context, tenant plant.TenantNo, id string) ([]target.Change, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select `+entryColumns+`, recorded, who from register_entry where tenant = ? and id = ? order by rev limit ?`, tenant, id, maxHistory)
	return collect(rows, err, func(rows *sql.Rows) (c target.Change, err error) {
		c.Entry, err = scanEntry(rows, &c.At, &c.Who)
		return c, err
	})
}

// newer tells what stands in the way of the revision behind seen.
func newer(what string, has, seen int64) error {
	switch {
	case has == 0 && seen != 0:
		return fmt.Errorf("%s: %w", what, access.ErrNotFound)
	case has != seen:
		return fmt.Errorf("%s is at revision %d, not %d: %w", what, has, seen, access.ErrConflict)
	}
	return nil
}

// SaveEntry implements target.Registers.
func (r Registers) SaveEntry(ctx context.Context, tenant plant.TenantNo, e target.Entry) (target.Entry, error) {
	var saved target.Entry
	err := r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if saved, err = r.saveEntry(ctx, tx, tenant, e); err != nil {
			return err
		}
		return changedEntry(ctx, tx, tenant, e.Firm)
	})
	if err != nil {
		return target.Entry{}, err
	}
	return saved, nil
}

// saveEntry leaves it to the caller to note what changed.
func (r Registers) saveEntry(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, e target.Entry) (target.Entry, error) {
	raw, err := json.Marshal(detail{Remark: e.Remark, Robot: e.Robot, Diagnosis: e.Diagnosis})
	if err != nil {
		return target.Entry{}, fmt.Errorf("record: entry: %w", err)
	}
	serial := ""
	if e.Robot != nil {
		serial = e.Robot.Maker + "\x1f" + e.Robot.Serial
	}
	seen := e.Rev
	if e.ID == "" {
		e.ID = r.db.NewID()
	}
	var has int64
	if err := tx.NewRaw(`select coalesce(max(rev), 0) from register_entry where tenant = ? and id = ?`, tenant, e.ID).Scan(ctx, &has); err != nil {
		return target.Entry{}, fmt.Errorf("record: read entry %s: %w", e.ID, err)
	}
	if err := newer("register entry "+e.ID, has, seen); err != nil {
		return target.Entry{}, err
	}
	if has > 0 {
		if _, err := tx.NewRaw(`update register_entry set latest = false where tenant = ? and id = ? and rev = ?`, tenant, e.ID, has).Exec(ctx); err != nil {
			return target.Entry{}, fmt.Errorf("record: save entry %s: %w", e.ID, err)
		}
	}
	e.Rev = has + 1
	_, err = tx.NewRaw(`insert into register_entry (tenant, latest, serial, recorded, who, `+entryColumns+`) values (?, true, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tenant, serial, int64(r.db.Now()), record.Who(ctx), e.ID, e.Rev, e.Kind, e.Firm, e.Region, e.Sector, e.Level, e.Title, e.Paper, int64(e.From), int64(e.To), string(e.Basis), e.Void, string(raw)).Exec(ctx)
	if err != nil {
		return target.Entry{}, fmt.Errorf("record: save entry %s: %w", e.ID, err)
	}
	return e, nil
}

const returnColumns = `firm, year, name, value, basis, void, rev, recorded, who`

func scanReturn(rows *sql.Rows) (v target.Return, err error) {
	err = rows.Scan(&v.Firm, &v.Year, &v.Name, &v.Value, &v.Basis, &v.Void, &v.Rev, &v.At, &v.Who)
	return v, err
}

// Returns implements target.Registers.
func (r Registers) Returns(ctx context.Context, tenant plant.TenantNo, firm string) ([]target.Return, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select `+returnColumns+` from firm_return where tenant = ? and firm = ? and latest order by year desc, name limit ?`, tenant, firm, maxHistory)
	return collect(rows, err, scanReturn)
}

// ReturnsOf implements target.Registers.
func (r Registers) ReturnsOf(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(target.Return) error) error {
	rows, err := r.db.Reader().QueryContext(ctx, `select `+returnColumns+` from firm_return where tenant = ? and year = ? and latest and not void and ? order by firm, name`, tenant, year, ofFirmsIn("firm", tenant, areas))
	if err != nil {
		return fmt.Errorf("record: read returns: %w", err)
	}
	for rows.Next() {
		v, err := scanReturn(rows)
		if err == nil {
			err = yield(v)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// SaveReturn implements target.Registers.
func (r Registers) SaveReturn(ctx context.Context, tenant plant.TenantNo, v target.Return) (target.Return, error) {
	var saved target.Return
	err := r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if saved, err = r.saveReturn(ctx, tx, tenant, v); err != nil {
			return err
		}
		return changedFirms(ctx, tx, tenant, v.Year, v.Firm)
	})
	if err != nil {
		return target.Return{}, err
	}
	return saved, nil
}

// saveReturn leaves it to the caller to note what changed.
func (r Registers) saveReturn(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, v target.Return) (target.Return, error) {
	seen := v.Rev
	v.At, v.Who = r.db.Now(), record.Who(ctx)
	var has int64
	if err := tx.NewRaw(`select coalesce(max(rev), 0) from firm_return where tenant = ? and firm = ? and year = ? and name = ?`, tenant, v.Firm, v.Year, v.Name).Scan(ctx, &has); err != nil {
		return target.Return{}, fmt.Errorf("record: read return of %s: %w", v.Firm, err)
	}
	if err := newer(fmt.Sprintf("%s of firm %s in %d", v.Name, v.Firm, v.Year), has, seen); err != nil {
		return target.Return{}, err
	}
	if has > 0 {
		if _, err := tx.NewRaw(`update firm_return set latest = false where tenant = ? and firm = ? and year = ? and name = ? and rev = ?`, tenant, v.Firm, v.Year, v.Name, has).Exec(ctx); err != nil {
			return target.Return{}, fmt.Errorf("record: save return of %s: %w", v.Firm, err)
		}
	}
	v.Rev = has + 1
	if _, err := tx.NewRaw(`insert into firm_return (tenant, latest, `+returnColumns+`) values (?, true, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tenant, v.Firm, v.Year, v.Name, v.Value, string(v.Basis), v.Void, v.Rev, int64(v.At), v.Who).Exec(ctx); err != nil {
		return target.Return{}, fmt.Errorf("record: save return of %s: %w", v.Firm, err)
	}
	return v, nil
}
