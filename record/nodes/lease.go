package nodes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/link"
	"zhigai/plant"
)

func leaseOf(ctx context.Context, db querier, id link.NodeID) (link.Lease, error) {
	var l link.Lease
	rows, err := db.QueryContext(ctx, `select node, instance, session, host, address, since, expires from link_lease where node = ? limit 1`, string(id))
	if err != nil {
		return l, fmt.Errorf("record: read lease of %s: %w", id, err)
	}
	for rows.Next() {
		if err := rows.Scan(&l.Node, &l.Instance, &l.Session, &l.Host, &l.Address, &l.Since, &l.Expires); err != nil {
			return l, errors.Join(err, rows.Close())
		}
	}
	return l, errors.Join(rows.Err(), rows.Close())
}

// Lease gives the lease of a node, also an expired one; the zero Lease when
// there was none.
func (s Nodes) Lease(ctx context.Context, id link.NodeID) (link.Lease, error) {
	return leaseOf(ctx, s.db.Reader(), id)
}

// Acquire stores the lease if there is none, if the one there belongs to the
// same instance or if it expired by now; it returns the one that holds.
func (s Nodes) Acquire(ctx context.Context, l link.Lease, now plant.Micros) (link.Lease, error) {
	var holds link.Lease
	err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		if holds, err = leaseOf(ctx, tx, l.Node); err != nil {
			return err
		}
		if holds.Node != "" && holds.Instance != l.Instance && holds.Expires > now {
			return nil
		}
		holds = l
		if _, err := tx.NewRaw(`insert into link_lease (node, instance, session, host, address, since, expires) values (?, ?, ?, ?, ?, ?, ?)
			on conflict (node) do update set instance = excluded.instance, session = excluded.session, host = excluded.host,
			address = excluded.address, since = excluded.since, expires = excluded.expires`,
			string(l.Node), l.Instance, l.Session, l.Host, l.Address, int64(l.Since), int64(l.Expires)).Exec(ctx); err != nil {
			return fmt.Errorf("record: lease of %s: %w", l.Node, err)
		}
		return nil
	})
	return holds, err
}

// Renew sets the expiry of the leases whose session still holds and whose node
// is not revoked, and returns the nodes of the others.
func (s Nodes) Renew(ctx context.Context, leases []link.Lease, expires plant.Micros) ([]link.NodeID, error) {
	var lost []link.NodeID
	err := s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		lost = nil
		for _, l := range leases {
			var node string
			err := tx.QueryRowContext(ctx, `update link_lease set expires = ? where node = ? and session = ?
				and node in (select id from link_node where revoked = 0) returning node`, int64(expires), string(l.Node), l.Session).Scan(&node)
			if errors.Is(err, sql.ErrNoRows) {
				lost = append(lost, l.Node)
			} else if err != nil {
				return fmt.Errorf("record: renew lease of %s: %w", l.Node, err)
			}
		}
		return nil
	})
	return lost, err
}

// Release ends the lease if the session still holds it.
func (s Nodes) Release(ctx context.Context, id link.NodeID, session string) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update link_lease set expires = 0 where node = ? and session = ?`, string(id), session).Exec(ctx); err != nil {
			return fmt.Errorf("record: release lease of %s: %w", id, err)
		}
		return nil
	})
}
