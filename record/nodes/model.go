package nodes

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/plant"
	"zhigai/record/shop"
)

// maxRows bounds one announcement, as link/journal does.
const maxRows = 300_000

var _ journal.Announcer = Nodes{}

// Announce gives the node's own master data, what children announced left out,
// the next number when they changed since the last announcement.
func (s Nodes) Announce(ctx context.Context, tenant plant.TenantNo) (journal.Announced, error) {
	var out journal.Announced
	now, err := s.own(ctx, s.db.Reader(), tenant)
	if err != nil {
		return out, err
	}
	last, err := announced(ctx, s.db.Reader(), tenant)
	if err != nil || string(last.Body) == string(now) {
		return last, err
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if now, err = s.own(ctx, tx, tenant); err != nil { // again, now that nobody else writes
			return err
		}
		if out, err = announced(ctx, tx, tenant); err != nil || string(out.Body) == string(now) {
			return err
		}
		out = journal.Announced{Seq: out.Seq + 1, Recorded: s.db.Now(), Body: now}
		if _, err := tx.NewRaw(`insert into link_announced (tenant, seq, recorded, body) values (?, ?, ?, ?)
			on conflict (tenant) do update set seq = excluded.seq, recorded = excluded.recorded, body = excluded.body`,
			tenant, out.Seq, int64(out.Recorded), string(out.Body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: announce: %w", err)
		}
		return nil
	})
	return out, err
}

func announced(ctx context.Context, db querier, tenant plant.TenantNo) (journal.Announced, error) {
	var out journal.Announced
	rows, err := db.QueryContext(ctx, `select seq, recorded, body from link_announced where tenant = ?`, tenant)
	if err != nil {
		return out, fmt.Errorf("record: read announcement: %w", err)
	}
	for rows.Next() {
		var body string
		if err := rows.Scan(&out.Seq, &out.Recorded, &body); err != nil {
			return out, errors.Join(err, rows.Close())
		}
		out.Body = []byte(body)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// announcedKinds are the kinds of master data that make a plant.
var announcedKinds = []string{"node", "calendar", "product"}

// own is the node's own master data as an announcement: the plant alone. How
// this node finds devices, to which brokers it sends, and with which passwords it
// opens either, is nobody else's.
func (s Nodes) own(ctx context.Context, db querier, tenant plant.TenantNo) ([]byte, error) {
	rows, err := db.QueryContext(ctx, `select `+rowColumns+` from master m where m.tenant = ? and m.kind in (?)
		and not exists (select 1 from master_origin o where o.tenant = m.tenant and o.kind = m.kind and o.id = m.id)
		order by kind, id, valid_from limit ?`, tenant, bun.List(announcedKinds), maxRows)
	if err != nil {
		return nil, fmt.Errorf("record: read master data: %w", err)
	}
	m := journal.Model{}
	if m.Rows, err = scanRows(rows); err != nil {
		return nil, fmt.Errorf("record: read master data: %w", err)
	}
	mine := map[plant.NodeID]bool{}
	for _, r := range m.Rows {
		mine[plant.NodeID(r.ID)] = true
	}
	tags, err := shop.NewTags(s.db).Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return nil, err
	}
	for _, t := range tags {
		if mine[t.Node] {
			m.Tags = append(m.Tags, t)
		}
	}
	if err := strip(m.Rows); err != nil {
		return nil, err
	}
	return m.Encode()
}

const rowColumns = `kind, id, valid_from, valid_to, rev, path, body`

func scanRows(rows *sql.Rows) ([]journal.Row, error) {
	var out []journal.Row
	for rows.Next() {
		var r journal.Row
		if err := rows.Scan(&r.Kind, &r.ID, &r.From, &r.To, &r.Rev, &r.Path, &r.Body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, r)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Model gives the newest stored announcement of the child; seq is 0 when there
// is none.
func (s Nodes) Model(ctx context.Context, node link.NodeID) (m journal.Model, seq uint64, err error) {
	var body string
	err = s.db.Reader().QueryRowContext(ctx, `select seq, body from link_model where node = ?`, string(node)).Scan(&seq, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return m, 0, nil
	}
	if err == nil {
		m, err = journal.DecodeModel([]byte(body))
	}
	if err != nil {
		return m, 0, fmt.Errorf("record: announcement of %s: %w", node, err)
	}
	return m, seq, nil
}

var _ journal.ModelStore = Nodes{}

// CommitModel stores the child's master data with the delivery's progress.
//
// Machines keep the child's ids. The nodes that enclose them, calendars and
// products are shared: what stands here under the same path or code is used,
// and must say the same where figures rest on it.
func (s Nodes) CommitModel(ctx context.Context, node link.Node, d link.Delivery, seq uint64, m *journal.Model) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := Advance(ctx, tx, node.ID, d); err != nil || m == nil {
			return err
		}
		if err := strip(m.Rows); err != nil { // of a node with an earlier release
			return err
		}
		body, err := m.Encode()
		if err != nil {
			return err
		}
		if _, err := tx.NewRaw(`insert into link_model (node, seq, body) values (?, ?, ?)
			on conflict (node) do update set seq = excluded.seq, body = excluded.body`, string(node.ID), seq, string(body)).Exec(ctx); err != nil {
			return fmt.Errorf("record: announcement of %s: %w", node.ID, err)
		}
		return merger{tx, node}.merge(ctx, m.Rows)
	})
}

// merger puts a child's rows among ours.
type merger struct {
	tx   bun.Tx
	node link.Node
}

func (g merger) merge(ctx context.Context, rows []journal.Row) error {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && rows[n].Kind == rows[0].Kind && rows[n].ID == rows[0].ID {
			n++
		}
		// Earlier releases announced more than the plant; what a node below would
		// have this one do is never taken.
		if slices.Contains(announcedKinds, rows[0].Kind) {
			if err := g.thing(ctx, rows[:n]); err != nil {
				return err
			}
		}
		rows = rows[n:]
	}
	return nil
}

// thing stores all versions of one thing.
func (g merger) thing(ctx context.Context, versions []journal.Row) error {
	kind, id := versions[0].Kind, versions[0].ID
	origin, there, err := g.origin(ctx, kind, id)
	if err != nil {
		return err
	}
	if there && origin != string(g.node.ID) {
		return fmt.Errorf("%w: %s %s (%s) is here already and comes from %s; one machine is announced by one node",
			link.ErrRefused, kind, versions[0].Path, id, whose(origin))
	}
	if !there {
		if shared, err := g.shared(ctx, versions); err != nil || shared {
			return err
		}
	}
	if _, err := g.tx.NewRaw(`delete from master where tenant = ? and kind = ? and id = ?`, g.node.Tenant, kind, id).Exec(ctx); err != nil {
		return fmt.Errorf("record: replace %s %s: %w", kind, id, err)
	}
	for _, v := range versions {
		if _, err := g.tx.NewRaw(`insert into master (tenant, kind, id, valid_from, valid_to, rev, path, body, recorded_at, who) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			g.node.Tenant, kind, id, v.From, v.To, v.Rev, v.Path, v.Body, v.From, "node:"+g.node.Name).Exec(ctx); err != nil {
			return fmt.Errorf("record: store %s %s: %w", kind, v.Path, err)
		}
	}
	if _, err := g.tx.NewRaw(`insert into master_origin (tenant, kind, id, node) values (?, ?, ?, ?)
		on conflict (tenant, kind, id) do update set node = excluded.node`, g.node.Tenant, kind, id, string(g.node.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("record: origin of %s %s: %w", kind, id, err)
	}
	return nil
}

func whose(origin string) string {
	if origin == "" {
		return "this node itself"
	}
	return "node " + origin
}

// origin says where a thing that is here comes from; "" is this node.
func (g merger) origin(ctx context.Context, kind, id string) (node string, there bool, err error) {
	err = g.tx.QueryRowContext(ctx, `select coalesce(max(o.node), '') from master m
		left join master_origin o on o.tenant = m.tenant and o.kind = m.kind and o.id = m.id
		where m.tenant = ? and m.kind = ? and m.id = ? having count(*) > 0`, g.node.Tenant, kind, id).Scan(&node)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("record: origin of %s %s: %w", kind, id, err)
	}
	return node, true, nil
}

// shared reports whether another thing already stands in the place of this
// one and does for it. A machine's place is its own, and a calendar or product
// of the same code must say the same.
func (g merger) shared(ctx context.Context, versions []journal.Row) (bool, error) {
	last := versions[len(versions)-1]
	rows, err := g.tx.QueryContext(ctx, `select `+rowColumns+` from master where tenant = ? and kind = ? and path = ? and id <> ?
		and valid_from < ? and valid_to > ? and valid_to > valid_from order by valid_from desc limit 1`,
		g.node.Tenant, last.Kind, last.Path, last.ID, last.To, last.From)
	if err != nil {
		return false, fmt.Errorf("record: read %s %s: %w", last.Kind, last.Path, err)
	}
	found, err := scanRows(rows)
	if err != nil || len(found) == 0 {
		return false, err
	}
	if last.Kind != "node" {
		if found[0].Body != last.Body {
			return false, fmt.Errorf("%w: %s %s says something else here than at node %s; give one of them another code",
				link.ErrRefused, last.Kind, last.Path, g.node.Name)
		}
		return true, nil
	}
	var theirs, ours plant.Node
	if err := errors.Join(json.Unmarshal([]byte(last.Body), &theirs), json.Unmarshal([]byte(found[0].Body), &ours)); err != nil {
		return false, fmt.Errorf("%w: node %s: %w", link.ErrRefused, last.Path, err)
	}
	if theirs.Machine != nil || ours.Machine != nil {
		return false, fmt.Errorf("%w: the place %s belongs to another machine (%s) here; move one of them", link.ErrRefused, last.Path, found[0].ID)
	}
	return true, nil
}

// Origins says which machines of the tenant children collect.
func (s Nodes) Origins(ctx context.Context, tenant plant.TenantNo) (map[plant.NodeID]link.NodeID, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select id, node from master_origin where tenant = ? and kind = 'node' limit ?`, tenant, maxRows)
	if err != nil {
		return nil, fmt.Errorf("record: read origins: %w", err)
	}
	out := map[plant.NodeID]link.NodeID{}
	for rows.Next() {
		var id plant.NodeID
		var node link.NodeID
		if err := rows.Scan(&id, &node); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out[id] = node
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Keepers names the nodes below that keep the machines; those that are not kept
// below are not in it.
func (s Nodes) Keepers(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID) (map[plant.NodeID]string, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select o.id, coalesce(n.name, o.node) from master_origin o left join link_node n on n.id = o.node
		where o.tenant = ? and o.kind = 'node' and o.id in (?) limit ?`, tenant, bun.List(machines), maxRows)
	if err != nil {
		return nil, fmt.Errorf("record: read origins: %w", err)
	}
	out := map[plant.NodeID]string{}
	for rows.Next() {
		var id plant.NodeID
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out[id] = name
	}
	return out, errors.Join(rows.Err(), rows.Close())
}
