package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/calc/authenticity"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/record"
	"zhigai/record/nodes"
)

const (
	// maxDays bounds the days of one machine in an answer: ten years.
	maxDays = 3700
	// maxOwners bounds the plants of a node: as many firms as a province diagnoses.
	maxOwners = 100_000
)

// Machines keeps machine days; it implements machine.Store.
type Machines struct{ db *record.DB }

var _ machine.Store = Machines{}

// NewMachines keeps them in the record.
func NewMachines(db *record.DB) Machines { return Machines{db} }

// SaveDays implements machine.Store.
func (m Machines) SaveDays(ctx context.Context, tenant plant.TenantNo, days []machine.Day) (changed int, err error) {
	for _, d := range days {
		if err := d.Check(); err != nil {
			return 0, err
		}
	}
	err = m.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		changed, err = m.put(ctx, tx, tenant, machine.OwnWay, days)
		return err
	})
	return changed, err
}

// put keeps days that came by a way that is their plant's, inside a transaction.
func (m Machines) put(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, way string, days []machine.Day) (changed int, err error) {
	var head int64
	if err := tx.NewRaw(`select seq from machine_head where tenant = ?`, tenant).Scan(ctx, &head); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("record: head of machine days: %w", err)
	}
	before := head
	touched := map[int]map[plant.NodeID]bool{} // by year
	owners := map[plant.NodeID]machine.Day{}
	for _, d := range days {
		var was machine.Day
		err := tx.NewRaw(`select revision, as_of from machine_day where tenant = ? and owner = ? and machine = ? and day = ?`,
			tenant, string(d.Owner), string(d.Machine), d.Date).Scan(ctx, &was.Revision, &was.AsOf)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, fmt.Errorf("record: read machine day: %w", err)
		}
		if err == nil && !d.Newer(was) {
			continue
		}
		head++
		if err := m.putOne(ctx, tx, tenant, way, d, head); err != nil {
			return 0, err
		}
		if err := putBrief(ctx, tx, tenant, d); err != nil {
			return 0, err
		}
		year, err := strconv.Atoi(d.Date[:4])
		if err != nil {
			return 0, fmt.Errorf("record: machine day %q: %w", d.Date, err)
		}
		if touched[year] == nil {
			touched[year] = map[plant.NodeID]bool{}
		}
		touched[year][d.Owner], owners[d.Owner] = true, d
	}
	if head == before {
		return 0, nil
	}
	for _, owner := range slices.Sorted(maps.Keys(owners)) {
		if err := m.putOwner(ctx, tx, tenant, way, owners[owner]); err != nil {
			return 0, err
		}
	}
	for year, of := range touched {
		if err := changedPlants(ctx, tx, tenant, year, slices.Sorted(maps.Keys(of))); err != nil {
			return 0, err
		}
	}
	if _, err := tx.NewRaw(`insert into machine_head (tenant, seq) values (?, ?) on conflict (tenant) do update set seq = excluded.seq`, tenant, head).Exec(ctx); err != nil {
		return 0, fmt.Errorf("record: head of machine days: %w", err)
	}
	return int(head - before), nil
}

func (m Machines) putOne(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, way string, d machine.Day, seq int64) error {
	if _, err := tx.NewRaw(`insert into machine_day (tenant, owner, machine, day, nc, planned_ms, known_ms, revision, as_of, digest, fold, suspect, seq, recorded)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, owner, machine, day) do update set nc = excluded.nc, planned_ms = excluded.planned_ms, known_ms = excluded.known_ms,
		revision = excluded.revision, as_of = excluded.as_of, digest = excluded.digest, fold = excluded.fold, suspect = excluded.suspect, seq = excluded.seq, recorded = excluded.recorded`,
		tenant, string(d.Owner), string(d.Machine), d.Date, d.NC, d.PlannedMs, d.KnownMs, d.Revision, int64(d.AsOf), d.Digest, d.Fold, strings.Join(d.Suspect, " "), seq, int64(m.db.Now())).Exec(ctx); err != nil {
		return fmt.Errorf("record: save machine day: %w", err)
	}
	// The name of the newest day is the one that is shown.
	if _, err := tx.NewRaw(`insert into machine_name (tenant, owner, machine, path, name_zh, name_en, newest) values (?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, owner, machine) do update set path = excluded.path, name_zh = excluded.name_zh, name_en = excluded.name_en, newest = excluded.newest
		where excluded.newest >= machine_name.newest`,
		tenant, string(d.Owner), string(d.Machine), d.Path, d.Name.ZH, d.Name.EN, d.Date).Exec(ctx); err != nil {
		return fmt.Errorf("record: save machine name: %w", err)
	}
	return nil
}

// putOwner keeps the plant's name as the day tells it, and the way it came by.
func (m Machines) putOwner(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, way string, d machine.Day) error {
	if _, err := tx.NewRaw(`insert into machine_owner (tenant, owner, name_zh, name_en, firm, rev, recorded, who, ways) values (?, ?, ?, ?, '', 0, ?, 'node', ?)
		on conflict (tenant, owner) do update set name_zh = excluded.name_zh, name_en = excluded.name_en,
		ways = case when machine_owner.ways = '' then excluded.ways else machine_owner.ways end`,
		tenant, string(d.Owner), d.OwnerName.ZH, d.OwnerName.EN, int64(m.db.Now()), way).Exec(ctx); err != nil {
		return fmt.Errorf("record: save plant: %w", err)
	}
	return nil
}

const dayColumns = `d.owner, o.name_zh, o.name_en, d.machine, n.name_zh, n.name_en, n.path, d.day, d.nc, d.planned_ms, d.known_ms, d.revision, d.as_of, d.digest, d.fold, d.suspect, d.seq, d.recorded`

const dayTables = ` from machine_day d join machine_name n on n.tenant = d.tenant and n.owner = d.owner and n.machine = d.machine
	join machine_owner o on o.tenant = d.tenant and o.owner = d.owner`

// numbered is a day with its place in the order in which days came.
type numbered struct {
	machine.Day
	seq      uint64
	recorded plant.Micros
}

func scanDay(rows *sql.Rows, more ...any) (n numbered, err error) {
	d, suspect := &n.Day, ""
	err = rows.Scan(append([]any{
		&d.Owner, &d.OwnerName.ZH, &d.OwnerName.EN, &d.Machine, &d.Name.ZH, &d.Name.EN, &d.Path, &d.Date, &d.NC, &d.PlannedMs, &d.KnownMs,
		&d.Revision, &d.AsOf, &d.Digest, &d.Fold, &suspect, &n.seq, &n.recorded,
	}, more...)...)
	if suspect != "" {
		d.Suspect = strings.Fields(suspect)
	}
	return n, err
}

// Days implements machine.Store.
func (m Machines) Days(ctx context.Context, tenant plant.TenantNo, of plant.NodeID, from, to string) ([]machine.Day, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select `+dayColumns+dayTables+` where d.tenant = ? and d.machine = ? and d.day >= ? and d.day < ? order by d.day limit ?`,
		tenant, string(of), from, to, maxDays)
	return collect(rows, err, func(r *sql.Rows) (machine.Day, error) { n, err := scanDay(r); return n.Day, err })
}

// OwnerOf implements machine.Store.
func (m Machines) OwnerOf(ctx context.Context, tenant plant.TenantNo, of plant.NodeID) (plant.NodeID, error) {
	var owner string
	err := m.db.Reader().QueryRowContext(ctx, `select owner from machine_name where tenant = ? and machine = ? order by newest desc, owner limit 1`, tenant, string(of)).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		err = fmt.Errorf("record: read whose machine it is: %w", err)
	}
	return plant.NodeID(owner), err
}

// RowsHead is the number of the newest day.
func (m Machines) RowsHead(ctx context.Context, tenant plant.TenantNo) (uint64, error) {
	var head uint64
	err := m.db.Reader().QueryRowContext(ctx, `select seq from machine_head where tenant = ?`, tenant).Scan(&head)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("record: head of machine days: %w", err)
	}
	return head, nil
}

// Delivered keeps the machine days that nodes below deliver; it implements
// link.Sink.
type Delivered struct {
	Machines
	Nodes nodes.Nodes
	// Stored is told of new days; nil: nobody is.
	Stored func(ctx context.Context, tenant plant.TenantNo)
}

var _ link.Sink = Delivered{}

// Progress implements link.Sink.
func (d Delivered) Progress(ctx context.Context, node link.NodeID, stream link.Stream) (link.Progress, error) {
	return d.Nodes.Progress(ctx, node, stream)
}

// Commit implements link.Sink: days that are newer than what is kept are stored
// with the delivery's progress in one step. One that no node of ours makes
// damages the delivery, and nothing of it is stored. Days of a plant that comes
// by another node are kept aside: they count nowhere.
func (d Delivered) Commit(ctx context.Context, node link.Node, delivery link.Delivery) error {
	days := make([]machine.Day, len(delivery.Items))
	for i, item := range delivery.Items {
		if err := json.Unmarshal(item.Payload, &days[i]); err != nil {
			return fmt.Errorf("%w: machine day %d: %w", link.ErrDamaged, item.Seq, err)
		}
		err := days[i].Check()
		if err == nil {
			_, err = authenticity.ParseBrief(days[i].Sketch)
		}
		if err != nil {
			return fmt.Errorf("%w: machine day %d: %w", link.ErrDamaged, item.Seq, err)
		}
	}
	changed := 0
	err := d.db.Write(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		if err := nodes.Advance(ctx, tx, node.ID, delivery); err != nil {
			return err
		}
		in, aside, err := d.sort(ctx, tx, node.Tenant, string(node.ID), days)
		if err != nil {
			return err
		}
		if changed, err = d.put(ctx, tx, node.Tenant, string(node.ID), in); err != nil || len(aside) == 0 {
			return err
		}
		return d.putAside(ctx, tx, node.Tenant, string(node.ID), aside)
	})
	if err == nil && changed > 0 && d.Stored != nil {
		d.Stored(ctx, node.Tenant)
	}
	return err
}

// Newest implements machine.Store.
func (m Machines) Newest(ctx context.Context, tenant plant.TenantNo, from, to string) (string, error) {
	var newest string
	err := m.db.Reader().QueryRowContext(ctx, `select coalesce(max(day), '') from machine_day where tenant = ? and day >= ? and day < ?`, tenant, from, to).Scan(&newest)
	if err != nil {
		return "", fmt.Errorf("record: newest machine day: %w", err)
	}
	return newest, nil
}

// Months implements machine.Store.
func (m Machines) Months(ctx context.Context, tenant plant.TenantNo, from, to string, owners []plant.NodeID, r machine.Rule, yield func(machine.Month) error) error {
	days, args := `machine_day d where d.tenant = ? and d.day >= ? and d.day < ?`, []any{r.KnownPerMille, tenant, from, to}
	if owners != nil { // plant by plant, and then names: SQLite takes a cross join in the order written
		days, args = `machine_owner w cross join machine_day d where w.tenant = ? and w.owner in (?) and d.tenant = w.tenant and d.owner = w.owner and d.day >= ? and d.day < ?`,
			[]any{r.KnownPerMille, tenant, bun.List(owners), from, to}
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select s.owner, s.machine, n.name_zh, n.name_en, n.path, s.nc, s.planned, s.connected, s.planned_ms, s.known_ms, s.suspect from (
			select d.owner, d.machine, max(case when d.nc then 1 else 0 end) as nc, sum(case when d.planned_ms > 0 then 1 else 0 end) as planned,
			sum(case when d.planned_ms > 0 and d.known_ms * 1000 >= ? * d.planned_ms and d.suspect = '' then 1 else 0 end) as connected,
			sum(case when d.suspect <> '' then 1 else 0 end) as suspect,
			sum(d.planned_ms) as planned_ms, sum(d.known_ms) as known_ms
			from `+days+` group by d.owner, d.machine
		) s cross join machine_name n where n.tenant = ? and n.owner = s.owner and n.machine = s.machine order by s.owner, s.machine`, append(args, tenant)...)
	if err != nil {
		return fmt.Errorf("record: read machine months: %w", err)
	}
	for rows.Next() {
		var o machine.Month
		var nc int
		err := rows.Scan(&o.Owner, &o.Machine, &o.Name.ZH, &o.Name.EN, &o.Path, &nc, &o.Planned, &o.Connected, &o.PlannedMs, &o.KnownMs, &o.Suspect)
		if err == nil {
			o.NC, o.Networked = nc > 0, r.Networked(o.Planned, o.Connected)
			err = yield(o)
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// Firms implements machine.Store.
func (m Machines) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area) (map[plant.NodeID]string, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select owner, firm from machine_owner where tenant = ? and firm <> '' and ? order by owner limit ?`, tenant, ofFirmsIn("firm", tenant, areas), maxOwners)
	out := map[plant.NodeID]string{}
	_, err = collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var owner, firm string
		err = rows.Scan(&owner, &firm)
		out[plant.NodeID(owner)] = firm
		return none, err
	})
	return out, err
}

// Links implements machine.Store.
func (m Machines) Links(ctx context.Context, tenant plant.TenantNo, owners []plant.NodeID) ([]machine.Link, error) {
	where, args := ``, []any{tenant}
	if owners != nil {
		where, args = ` and o.owner in (?)`, append(args, bun.List(owners))
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select o.owner, o.name_zh, o.name_en, o.firm, o.rev, o.ways, count(n.machine), coalesce(max(n.newest), '')
		from machine_owner o left join machine_name n on n.tenant = o.tenant and n.owner = o.owner
		where o.tenant = ?`+where+` group by o.owner, o.name_zh, o.name_en, o.firm, o.rev, o.ways order by o.owner limit ?`, append(args, maxOwners)...)
	out, err := collect(rows, err, func(rows *sql.Rows) (l machine.Link, err error) {
		var ways string
		err = rows.Scan(&l.Owner, &l.Name.ZH, &l.Name.EN, &l.Firm, &l.Rev, &ways, &l.Machines, &l.Newest)
		l.Ways = strings.Fields(ways)
		return l, err
	})
	if err != nil {
		return nil, err
	}
	claims, err := m.claims(ctx, tenant)
	for i, l := range out {
		out[i].Claims = claims[l.Owner]
	}
	return out, err
}

// SaveLink implements machine.Store.
func (m Machines) SaveLink(ctx context.Context, tenant plant.TenantNo, l machine.Link) (machine.Link, error) {
	seen := l.Rev
	err := m.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var has int64
		var ways, was string
		err := tx.NewRaw(`select rev, ways, firm from machine_owner where tenant = ? and owner = ?`, tenant, string(l.Owner)).Scan(ctx, &has, &ways, &was)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("plant %s: %w", l.Owner, access.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("record: read plant %s: %w", l.Owner, err)
		}
		if has != seen {
			return fmt.Errorf("plant %s is at revision %d, not %d: %w", l.Owner, has, seen, access.ErrConflict)
		}
		if l.Ways == nil {
			l.Ways = strings.Fields(ways)
		}
		l.Rev = has + 1
		if _, err := tx.NewRaw(`update machine_owner set firm = ?, ways = ?, rev = ?, recorded = ?, who = ? where tenant = ? and owner = ?`,
			l.Firm, strings.Join(l.Ways, " "), l.Rev, int64(m.db.Now()), record.Who(ctx), tenant, string(l.Owner)).Exec(ctx); err != nil {
			return fmt.Errorf("record: save plant %s: %w", l.Owner, err)
		}
		if err := changedFirms(ctx, tx, tenant, 0, was, l.Firm); err != nil {
			return err
		}
		return m.admit(ctx, tx, tenant, l.Owner, l.Ways)
	})
	if err != nil {
		return machine.Link{}, err
	}
	if l.Claims = slices.DeleteFunc(slices.Clone(l.Claims), func(c machine.Claim) bool { return slices.Contains(l.Ways, c.Node) }); len(l.Claims) == 0 {
		l.Claims = nil
	}
	return l, nil
}
