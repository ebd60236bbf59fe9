// Package nodes keeps the rows of the nodes around this one: which children
// are enrolled, how far each is committed, what master data they announced and
// what this node announces itself. It implements link.Registry and the stores
// that link/journal declares.
//
// It decides nothing about what is sent. Start with [New].
package nodes

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/record"
)

// maxNodes bounds the children of one hub, ten times what is planned for.
const maxNodes = 10_000

// Nodes keeps the rows; its methods may be called concurrently and by several
// processes on one database.
type Nodes struct {
	db    *record.DB
	vault *access.Vault // nil: plant files for nodes below are stored in clear
}

var _ link.Registry = Nodes{}

// New keeps the nodes in the record.
func New(db *record.DB) Nodes { return Nodes{db: db} }

// Sealed keeps the plant files that are sent to nodes below sealed: passwords of
// devices may stand in them.
func (s Nodes) Sealed(vault *access.Vault) Nodes { return Nodes{s.db, vault} }

const nodeColumns = `id, name, tenant, enrolled, revoked`

func scanNodes(rows *sql.Rows) ([]link.Node, error) {
	var out []link.Node
	for rows.Next() {
		var n link.Node
		if err := rows.Scan(&n.ID, &n.Name, &n.Tenant, &n.Enrolled, &n.Revoked); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, n)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// querier is what a reader and a transaction have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func nodeOf(ctx context.Context, db querier, id link.NodeID) (link.Node, error) {
	rows, err := db.QueryContext(ctx, `select `+nodeColumns+` from link_node where id = ? limit 1`, string(id))
	if err != nil {
		return link.Node{}, fmt.Errorf("record: read node %s: %w", id, err)
	}
	found, err := scanNodes(rows)
	if err != nil {
		return link.Node{}, fmt.Errorf("record: read node %s: %w", id, err)
	}
	if len(found) == 0 {
		return link.Node{}, fmt.Errorf("node %s: %w", id, link.ErrNotEnrolled)
	}
	return found[0], nil
}

// Node returns link.ErrNotEnrolled for a key that is not there.
func (s Nodes) Node(ctx context.Context, id link.NodeID) (link.Node, error) {
	return nodeOf(ctx, s.db.Reader(), id)
}

// Nodes lists the children by name, revoked ones too.
func (s Nodes) Nodes(ctx context.Context) ([]link.Node, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select `+nodeColumns+` from link_node order by name limit ?`, maxNodes)
	if err != nil {
		return nil, fmt.Errorf("record: read nodes: %w", err)
	}
	out, err := scanNodes(rows)
	if err != nil {
		return nil, fmt.Errorf("record: read nodes: %w", err)
	}
	return out, nil
}

// AddCode stores a permit to enrol one node.
func (s Nodes) AddCode(ctx context.Context, c link.Code) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		// Codes that ended a while ago only tell how names were given; the
		// audit knows that too.
		const keep = plant.Micros(30 * 24 * 3600 * 1_000_000)
		if _, err := tx.NewRaw(`delete from link_code where expires < ?`, int64(s.db.Now()-keep)).Exec(ctx); err != nil {
			return fmt.Errorf("record: forget old enrolment codes: %w", err)
		}
		if _, err := tx.NewRaw(`insert into link_code (hash, name, tenant, made, expires, used, made_by) values (?, ?, ?, ?, ?, ?, ?)`,
			hex.EncodeToString(c.Hash[:]), c.Name, c.Tenant, int64(c.Made), int64(c.Expires), int64(c.Used), c.By).Exec(ctx); err != nil {
			return fmt.Errorf("record: add enrolment code: %w", err)
		}
		return nil
	})
}

// Enrol uses the code up and stores the node under its name. A name that is
// taken by another key goes over to the new one only when the old was revoked.
func (s Nodes) Enrol(ctx context.Context, codeHash [32]byte, id link.NodeID, now plant.Micros) (link.Node, error) {
	var n link.Node
	hash := hex.EncodeToString(codeHash[:])
	err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var expires, used int64
		n = link.Node{ID: id, Enrolled: now}
		err := tx.QueryRowContext(ctx, `select name, tenant, expires, used from link_code where hash = ?`, hash).Scan(&n.Name, &n.Tenant, &expires, &used)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return link.ErrCodeUnknown
		case err != nil:
			return fmt.Errorf("record: read enrolment code: %w", err)
		case used != 0:
			return link.ErrCodeUsed
		case plant.Micros(expires) <= now:
			return link.ErrCodeExpired
		}
		if old, err := nodeOf(ctx, tx, id); err == nil && old.Revoked != 0 {
			return fmt.Errorf("%w: make a new key for it", link.ErrRevoked)
		} else if err != nil && !errors.Is(err, link.ErrNotEnrolled) {
			return err
		}
		var holder string
		err = tx.QueryRowContext(ctx, `select id from link_node where name = ? and revoked = 0`, n.Name).Scan(&holder)
		if err == nil && holder != string(id) {
			return fmt.Errorf("%w: the name %q belongs to node %s; revoke it first", link.ErrRefused, n.Name, holder)
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("record: read node %s: %w", n.Name, err)
		}
		return s.enrol(ctx, tx, n, hash)
	})
	if err != nil {
		return link.Node{}, err
	}
	return n, nil
}

func (s Nodes) enrol(ctx context.Context, tx bun.Tx, n link.Node, hash string) error {
	for _, q := range []struct {
		sql  string
		args []any
	}{
		// A revoked node gives its name up and keeps its history under another.
		{`update link_node set name = name || ' ' || id where name = ? and revoked > 0`, []any{n.Name}},
		{
			`insert into link_node (id, name, tenant, enrolled, revoked) values (?, ?, ?, ?, 0)
			on conflict (id) do update set name = excluded.name, tenant = excluded.tenant, enrolled = excluded.enrolled`,
			[]any{string(n.ID), n.Name, n.Tenant, int64(n.Enrolled)},
		},
		{`update link_code set used = ? where hash = ?`, []any{int64(n.Enrolled), hash}},
	} {
		if _, err := tx.NewRaw(q.sql, q.args...).Exec(ctx); err != nil {
			return fmt.Errorf("record: enrol node %s: %w", n.Name, err)
		}
	}
	return nil
}

// Revoke ends what the node may do, for ever: it needs a new key afterwards.
func (s Nodes) Revoke(ctx context.Context, id link.NodeID, now plant.Micros) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := nodeOf(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.NewRaw(`update link_node set revoked = ? where id = ? and revoked = 0`, int64(now), string(id)).Exec(ctx); err != nil {
			return fmt.Errorf("record: revoke node %s: %w", id, err)
		}
		return nil
	})
}
