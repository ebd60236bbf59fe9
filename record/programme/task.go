package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target/task"
	"zhigai/record"
)

// maxUnits bounds the register of organisations: some thirty of each county of
// a province, and those before them.
const maxUnits = 6000

var _ task.Store = Registers{}

func scanTask(rows *sql.Rows, more ...any) (t task.Task, err error) {
	var id, raw string
	var rev int64
	if err := rows.Scan(append([]any{&id, &rev, &raw}, more...)...); err != nil {
		return t, err
	}
	if err := json.Unmarshal([]byte(raw), &t); err != nil {
		return t, fmt.Errorf("record: task %s: %w", id, err)
	}
	t.ID, t.Rev = id, rev
	return t, nil
}

// Tasks implements task.Store.
func (r Registers) Tasks(ctx context.Context, tenant plant.TenantNo, f task.Filter, limit int) ([]task.Task, error) {
	where, args := `tenant = ? and latest and not void and year = ?`, []any{tenant, f.Year}
	and := func(cond string, values ...any) { where, args = where+` and `+cond, append(args, values...) }
	if f.Target != "" {
		and(`target = ?`, f.Target)
	}
	if f.Region != "" {
		and(`?`, record.InAreas("region", "", "", []access.Area{{Region: f.Region}}))
	}
	if f.Unit != "" {
		and(`unit = ?`, f.Unit)
	}
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body from target_task where `+where+` order by target, region, id limit ?`, append(args, limit)...)
	return collect(rows, err, func(rows *sql.Rows) (task.Task, error) { return scanTask(rows) })
}

// Task implements task.Store.
func (r Registers) Task(ctx context.Context, tenant plant.TenantNo, id string) (task.Task, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body from target_task where tenant = ? and id = ? and latest limit 1`, tenant, id)
	found, err := collect(rows, err, func(rows *sql.Rows) (task.Task, error) { return scanTask(rows) })
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("task %s: %w", id, access.ErrNotFound)
	}
	if err != nil {
		return task.Task{}, err
	}
	return found[0], nil
}

// TaskHistory implements task.Store.
func (r Registers) TaskHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]task.Change, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body, recorded, who from target_task where tenant = ? and id = ? order by rev limit ?`, tenant, id, maxHistory)
	return collect(rows, err, func(rows *sql.Rows) (c task.Change, err error) {
		c.Task, err = scanTask(rows, &c.At, &c.Who)
		return c, err
	})
}

// SaveTasks implements task.Store.
func (r Registers) SaveTasks(ctx context.Context, tenant plant.TenantNo, tasks []task.Task) ([]task.Task, error) {
	var saved []task.Task
	err := r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		saved = make([]task.Task, 0, len(tasks))
		for _, t := range tasks {
			if t.ID == "" {
				t.ID = r.db.NewID()
			}
			var err error
			if t.Rev, err = r.revise(ctx, tx, tenant, "target_task", t.ID, t.Rev); err != nil {
				return err
			}
			raw, err := json.Marshal(t)
			if err == nil {
				_, err = tx.NewRaw(`insert into target_task (tenant, id, rev, latest, target, region, year, unit, void, body, recorded, who) values (?, ?, ?, true, ?, ?, ?, ?, ?, ?, ?, ?)`,
					tenant, t.ID, t.Rev, t.Target, t.Region, t.Year, t.Unit, t.Void, string(raw), int64(r.db.Now()), record.Who(ctx)).Exec(ctx)
			}
			if err != nil {
				return fmt.Errorf("record: save task %s: %w", t.ID, err)
			}
			saved = append(saved, t)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return saved, nil
}

// revise makes room for the revision behind seen, whose number it gives.
func (r Registers) revise(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, table, id string, seen int64) (int64, error) {
	var has int64
	if err := tx.NewRaw(`select coalesce(max(rev), 0) from ? where tenant = ? and id = ?`, bun.Ident(table), tenant, id).Scan(ctx, &has); err != nil {
		return 0, fmt.Errorf("record: read %s %s: %w", table, id, err)
	}
	if err := newer(table+" "+id, has, seen); err != nil {
		return 0, err
	}
	if has > 0 {
		if _, err := tx.NewRaw(`update ? set latest = false where tenant = ? and id = ? and rev = ?`, bun.Ident(table), tenant, id, has).Exec(ctx); err != nil {
			return 0, fmt.Errorf("record: save %s %s: %w", table, id, err)
		}
	}
	return has + 1, nil
}

func scanUnit(rows *sql.Rows, more ...any) (u task.Unit, err error) {
	var id, raw string
	var rev int64
	if err := rows.Scan(append([]any{&id, &rev, &raw}, more...)...); err != nil {
		return u, err
	}
	if err := json.Unmarshal([]byte(raw), &u); err != nil {
		return u, fmt.Errorf("record: organisation %s: %w", id, err)
	}
	u.ID, u.Rev = id, rev
	return u, nil
}

// Units implements task.Store.
func (r Registers) Units(ctx context.Context, tenant plant.TenantNo) ([]task.Unit, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body from organisation where tenant = ? and latest order by id limit ?`, tenant, maxUnits)
	return collect(rows, err, func(rows *sql.Rows) (task.Unit, error) { return scanUnit(rows) })
}

// UnitHistory implements task.Store.
func (r Registers) UnitHistory(ctx context.Context, tenant plant.TenantNo, id string) ([]task.UnitChange, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select id, rev, body, recorded, who from organisation where tenant = ? and id = ? order by rev limit ?`, tenant, id, maxHistory)
	return collect(rows, err, func(rows *sql.Rows) (c task.UnitChange, err error) {
		c.Unit, err = scanUnit(rows, &c.At, &c.Who)
		return c, err
	})
}

// SaveUnit implements task.Store.
func (r Registers) SaveUnit(ctx context.Context, tenant plant.TenantNo, u task.Unit) (task.Unit, error) {
	var saved task.Unit
	err := r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		one := u
		if one.ID == "" {
			one.ID = r.db.NewID()
		}
		var err error
		if one.Rev, err = r.revise(ctx, tx, tenant, "organisation", one.ID, u.Rev); err != nil {
			return err
		}
		raw, err := json.Marshal(one)
		if err == nil {
			_, err = tx.NewRaw(`insert into organisation (tenant, id, rev, latest, body, recorded, who) values (?, ?, ?, true, ?, ?, ?)`, tenant, one.ID, one.Rev, string(raw), int64(r.db.Now()), record.Who(ctx)).Exec(ctx)
		}
		if err != nil {
			return fmt.Errorf("record: save organisation %s: %w", one.ID, err)
		}
		saved = one
		return nil
	})
	return saved, err
}
