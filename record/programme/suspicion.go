package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/suspicion"
	"zhigai/record"
)

var _ suspicion.Store = Machines{}

// PutSuspicions implements suspicion.Store.
func (m Machines) PutSuspicions(ctx context.Context, tenant plant.TenantNo, all []suspicion.Suspicion) error {
	return m.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, s := range all {
			raw, err := json.Marshal(s)
			if err != nil {
				return fmt.Errorf("record: suspicion %s: %w", s.ID, err)
			}
			if _, err := tx.NewRaw(`insert into machine_suspicion (tenant, id, machine, day, kind, state, other, body) values (?, ?, ?, ?, ?, ?, ?, ?)
				on conflict (tenant, id) do update set state = excluded.state, body = excluded.body`,
				tenant, s.ID, string(s.Machine), s.Date, s.Kind, string(s.State), string(s.Other), string(raw)).Exec(ctx); err != nil {
				return fmt.Errorf("record: keep suspicion %s: %w", s.ID, err)
			}
		}
		return nil
	})
}

// A machine that the record does not know (its days were not shared) is in no
// firm, and shows to those who see every firm.
const suspicionTables = ` from machine_suspicion s
	left join machine_name n on n.tenant = s.tenant and n.machine = s.machine and n.owner = (select max(x.owner) from machine_name x where x.tenant = s.tenant and x.machine = s.machine)
	left join machine_owner o on o.tenant = s.tenant and o.owner = n.owner
	left join firm f on f.tenant = s.tenant and f.id = o.firm and not f.gone
	left join firm_change c on c.tenant = f.tenant and c.firm = f.id and c.rev = f.now_rev`

const suspicionColumns = `s.body, coalesce(n.name_zh, ''), coalesce(n.name_en, ''), coalesce(n.path, ''), coalesce(n.owner, ''), coalesce(f.id, ''), coalesce(f.region, ''), coalesce(o.name_zh, ''), coalesce(c.body, '')`

// suspected keeps to areas and what the filter names.
func suspected(tenant plant.TenantNo, areas []access.Area, f suspicion.Filter) (where string, args []any) {
	where, args = ` where s.tenant = ? and ?`, []any{tenant, record.InAreas(`coalesce(f.region, '')`, `coalesce(f.sector, '')`, `coalesce(f.id, '')`, areas)}
	and := func(cond string, values ...any) { where, args = where+` and `+cond, append(args, values...) }
	if f.Region != "" {
		and(`f.region >= ? and f.region < ?`, f.Region, f.Region+"z")
	}
	if f.Firm != "" {
		and(`f.id = ?`, f.Firm)
	}
	if f.Machine != "" {
		and(`s.machine = ?`, string(f.Machine))
	}
	if len(f.States) > 0 {
		and(`s.state in (?)`, bun.List(f.States))
	}
	if len(f.Kinds) > 0 {
		and(`s.kind in (?)`, bun.List(f.Kinds))
	}
	if f.From != "" {
		and(`s.day >= ?`, f.From)
	}
	if f.To != "" {
		and(`s.day < ?`, f.To)
	}
	return where, args
}

// Suspicions implements suspicion.Store.
func (m Machines) Suspicions(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f suspicion.Filter, after suspicion.Place, limit int) ([]suspicion.Row, error) {
	where, args := suspected(tenant, areas, f)
	if after.ID != "" {
		where, args = where+` and (s.day < ? or s.day = ? and s.id > ?)`, append(args, after.Date, after.Date, after.ID)
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select `+suspicionColumns+suspicionTables+where+` order by s.day desc, s.id limit ?`, append(args, limit)...)
	out, err := collect(rows, err, scanSuspicion)
	if err != nil {
		return nil, err
	}
	return out, m.alike(ctx, tenant, areas, out)
}

// Suspicion implements suspicion.Store.
func (m Machines) Suspicion(ctx context.Context, tenant plant.TenantNo, areas []access.Area, id string) (suspicion.Row, error) {
	where, args := suspected(tenant, areas, suspicion.Filter{})
	rows, err := m.db.Reader().QueryContext(ctx, `select `+suspicionColumns+suspicionTables+where+` and s.id = ?`, append(args, id)...)
	out, err := collect(rows, err, scanSuspicion)
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("suspicion %s: %w", id, access.ErrNotFound)
	}
	if err != nil {
		return suspicion.Row{}, err
	}
	return out[0], m.alike(ctx, tenant, areas, out)
}

// SuspicionCounts implements suspicion.Store.
func (m Machines) SuspicionCounts(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f suspicion.Filter) (map[suspicion.State]int64, error) {
	where, args := suspected(tenant, areas, f)
	type count struct {
		state suspicion.State
		n     int64
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select s.state, count(*)`+suspicionTables+where+` group by s.state`, args...)
	all, err := collect(rows, err, func(r *sql.Rows) (c count, err error) { err = r.Scan(&c.state, &c.n); return c, err })
	out := map[suspicion.State]int64{}
	for _, c := range all {
		out[c.state] = c.n
	}
	return out, err
}

// Standing are the suspicions of machines as they are kept.
func (m Machines) Standing(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, date string) ([]suspicion.Suspicion, error) {
	return ofJSON[suspicion.Suspicion](m.db.Reader().QueryContext(ctx, `select body from machine_suspicion where tenant = ? and machine = ? and day = ? order by id limit ?`, tenant, string(machine), date, maxStanding))
}

// maxStanding bounds what is read of one machine's day.
const maxStanding = 2000

// DaysSuspected are machines' days with suspicions of which rows came behind a
// number, and the newest number.
func (m Machines) DaysSuspected(ctx context.Context, tenant plant.TenantNo, seq uint64, limit int) (days []MachineDate, through uint64, err error) {
	if through, err = m.RowsHead(ctx, tenant); err != nil || through <= seq {
		return nil, through, err
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select d.machine, d.day, d.seq from machine_day d where d.tenant = ? and d.seq > ? and d.seq <= ?
		and exists (select 1 from machine_suspicion s where s.tenant = d.tenant and s.machine = d.machine and s.day = d.day) order by d.seq limit ?`, tenant, seq, through, limit)
	last := uint64(0)
	days, err = collect(rows, err, func(r *sql.Rows) (d MachineDate, err error) {
		err = r.Scan(&d.Machine, &d.Date, &last)
		return d, err
	})
	if len(days) == limit {
		through = last
	}
	return days, through, err
}

// MachineDate names a machine's day.
type MachineDate struct {
	Machine plant.NodeID
	Date    string
}

func scanSuspicion(rows *sql.Rows) (r suspicion.Row, err error) {
	var body, firm, owner string
	p := &r.Party
	if err = rows.Scan(&body, &p.Name.ZH, &p.Name.EN, &p.Path, &p.Plant, &p.Firm, &p.Region, &owner, &firm); err != nil {
		return r, err
	}
	if err = json.Unmarshal([]byte(body), &r.Suspicion); err != nil {
		return r, fmt.Errorf("record: suspicion: %w", err)
	}
	p.Machine, p.Company = r.Machine, owner
	if firm != "" {
		f, err := firmOf(p.Firm, 0, firm)
		if err != nil {
			return r, err
		}
		p.Company = f.Name
	}
	return r, nil
}

// alike adds the machines that the days are like, those within the areas.
func (m Machines) alike(ctx context.Context, tenant plant.TenantNo, areas []access.Area, out []suspicion.Row) error {
	var others []string
	for _, r := range out {
		if o := string(r.Other); o != "" && !slices.Contains(others, o) {
			others = append(others, o)
		}
	}
	if len(others) == 0 {
		return nil
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select n.machine, n.name_zh, n.name_en, n.path, n.owner, coalesce(f.id, ''), coalesce(f.region, ''), o.name_zh, coalesce(c.body, '')
		from machine_name n join machine_owner o on o.tenant = n.tenant and o.owner = n.owner left join firm f on f.tenant = n.tenant and f.id = o.firm and not f.gone
		left join firm_change c on c.tenant = f.tenant and c.firm = f.id and c.rev = f.now_rev
		where n.tenant = ? and n.machine in (?) and ?`, tenant, bun.List(others), record.InAreas(`coalesce(f.region, '')`, `coalesce(f.sector, '')`, `coalesce(f.id, '')`, areas))
	parties, err := collect(rows, err, func(rows *sql.Rows) (p suspicion.Party, err error) {
		var firm string
		if err = rows.Scan(&p.Machine, &p.Name.ZH, &p.Name.EN, &p.Path, &p.Plant, &p.Firm, &p.Region, &p.Company, &firm); err == nil && firm != "" {
			f, ferr := firmOf(p.Firm, 0, firm)
			p.Company, err = f.Name, ferr
		}
		return p, err
	})
	for i, r := range out {
		if at := slices.IndexFunc(parties, func(p suspicion.Party) bool { return p.Machine == r.Other }); at >= 0 {
			out[i].Like = &parties[at]
		} else {
			out[i].Other = "" // not theirs to know
		}
	}
	return err
}
