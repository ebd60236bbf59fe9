package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/machine"
)

const (
	// maxAside bounds what is kept aside of one node: two years of a plant of a
	// hundred machines. Beyond it the node is made to wait.
	maxAside = 100_000
	// asideWait is how long it waits before it tries again: a person decides.
	asideWait = time.Minute
	// maxClaims bounds what is listed of claims.
	maxClaims = 10_000
)

// sort divides days into those that may come by the way, and others. The first
// way of a plant is its way: machine.OwnWay for this node's own.
func (m Machines) sort(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, way string, days []machine.Day) (in, aside []machine.Day, err error) {
	may := map[plant.NodeID]bool{}
	for _, d := range days {
		ok, known := may[d.Owner]
		if !known {
			var ways string
			err := tx.NewRaw(`select ways from machine_owner where tenant = ? and owner = ?`, tenant, string(d.Owner)).Scan(ctx, &ways)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, nil, fmt.Errorf("record: ways of plant %s: %w", d.Owner, err)
			}
			ok = ways == "" || slices.Contains(strings.Fields(ways), way)
			may[d.Owner] = ok
		}
		if ok {
			in = append(in, d)
		} else {
			aside = append(aside, d)
		}
	}
	return in, aside, nil
}

// putAside keeps days that came by a way that is not the plant's.
func (m Machines) putAside(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, way string, days []machine.Day) error {
	var has int
	if err := tx.NewRaw(`select count(*) from machine_aside where tenant = ? and node = ?`, tenant, way).Scan(ctx, &has); err != nil {
		return fmt.Errorf("record: count what is kept aside: %w", err)
	}
	if has+len(days) > maxAside {
		return link.Busy(asideWait, fmt.Errorf("node %s sent %d days of plants that are not its own; somebody must say whose they are", way, has))
	}
	for _, d := range days {
		raw, err := json.Marshal(d)
		if err != nil {
			return fmt.Errorf("record: machine day: %w", err)
		}
		if _, err := tx.NewRaw(`insert into machine_aside (tenant, owner, node, machine, day, body, recorded) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (tenant, owner, node, machine, day) do update set body = excluded.body, recorded = excluded.recorded`,
			tenant, string(d.Owner), way, string(d.Machine), d.Date, string(raw), int64(m.db.Now())).Exec(ctx); err != nil {
			return fmt.Errorf("record: keep machine day aside: %w", err)
		}
	}
	return nil
}

// admit takes in what was kept aside of ways that are the plant's now.
func (m Machines) admit(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, owner plant.NodeID, ways []string) error {
	for _, way := range ways {
		rows, err := tx.QueryContext(ctx, `select body from machine_aside where tenant = ? and owner = ? and node = ? order by machine, day limit ?`, tenant, string(owner), way, maxAside)
		days, err := collect(rows, err, func(rows *sql.Rows) (d machine.Day, err error) {
			var body string
			if err = rows.Scan(&body); err == nil {
				err = json.Unmarshal([]byte(body), &d)
			}
			return d, err
		})
		if err != nil || len(days) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := m.put(ctx, tx, tenant, way, days); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`delete from machine_aside where tenant = ? and owner = ? and node = ?`, tenant, string(owner), way).Exec(ctx); err != nil {
			return fmt.Errorf("record: admit machine days: %w", err)
		}
	}
	return nil
}

// claims are what is kept aside, by plant.
func (m Machines) claims(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID][]machine.Claim, error) {
	rows, err := m.db.Reader().QueryContext(ctx, `select a.owner, a.node, coalesce(n.name, ''), count(*), max(a.day) from machine_aside a left join link_node n on n.id = a.node
		where a.tenant = ? group by a.owner, a.node, n.name order by a.owner, a.node limit ?`, tenant, maxClaims)
	type one struct {
		owner plant.NodeID
		machine.Claim
	}
	all, err := collect(rows, err, func(rows *sql.Rows) (o one, err error) {
		err = rows.Scan(&o.owner, &o.Node, &o.Name, &o.Days, &o.Newest)
		return o, err
	})
	out := map[plant.NodeID][]machine.Claim{}
	for _, o := range all {
		out[o.owner] = append(out[o.owner], o.Claim)
	}
	return out, err
}

// Speaks reports, of plants and machines, whether the node below may say
// something of them: it is a way of theirs. unknown is the answer for those of
// which nothing is known yet.
func (m Machines) Speaks(ctx context.Context, tenant plant.TenantNo, node link.NodeID, of []plant.NodeID, unknown bool) (map[plant.NodeID]bool, error) {
	out := make(map[plant.NodeID]bool, len(of))
	for _, id := range of {
		out[id] = unknown
	}
	if len(of) == 0 {
		return out, nil
	}
	rows, err := m.db.Reader().QueryContext(ctx, `select owner, ways from machine_owner where tenant = ? and owner in (?)
		union all select n.machine, o.ways from machine_name n join machine_owner o on o.tenant = n.tenant and o.owner = n.owner where n.tenant = ? and n.machine in (?)`,
		tenant, bun.List(of), tenant, bun.List(of))
	type said struct{ id, ways string }
	all, err := collect(rows, err, func(rows *sql.Rows) (s said, err error) { err = rows.Scan(&s.id, &s.ways); return s, err })
	for _, s := range all {
		out[plant.NodeID(s.id)] = s.ways == "" || slices.Contains(strings.Fields(s.ways), string(node))
	}
	return out, err
}
