package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/link"
)

func progressOf(ctx context.Context, db querier, node link.NodeID, stream link.Stream) (link.Progress, error) {
	var p link.Progress
	rows, err := db.QueryContext(ctx, `select body from link_progress where node = ? and stream = ?`, string(node), string(stream))
	if err != nil {
		return p, fmt.Errorf("record: progress of %s with %s: %w", node, stream, err)
	}
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return p, errors.Join(err, rows.Close())
		}
		if err := json.Unmarshal([]byte(body), &p); err != nil {
			return p, errors.Join(fmt.Errorf("record: progress of %s with %s: %w", node, stream, err), rows.Close())
		}
	}
	return p, errors.Join(rows.Err(), rows.Close())
}

// Progress gives what Commit stored last; zero when there is nothing.
func (s Nodes) Progress(ctx context.Context, node link.NodeID, stream link.Stream) (link.Progress, error) {
	return progressOf(ctx, s.db.Reader(), node, stream)
}

// Advance stores the delivery's progress, or returns link.ErrConflict: for the
// transaction that stores its items.
func Advance(ctx context.Context, tx bun.Tx, node link.NodeID, d link.Delivery) error {
	stored, err := progressOf(ctx, tx, node, d.Stream)
	if err != nil {
		return err
	}
	if stored.Version != d.Before {
		return fmt.Errorf("%w: %s of %s is at version %d, not %d", link.ErrConflict, d.Stream, node, stored.Version, d.Before)
	}
	body, err := json.Marshal(d.After)
	if err != nil {
		return fmt.Errorf("record: progress of %s: %w", node, err)
	}
	if _, err := tx.NewRaw(`insert into link_progress (node, stream, version, body) values (?, ?, ?, ?)
		on conflict (node, stream) do update set version = excluded.version, body = excluded.body`,
		string(node), string(d.Stream), d.After.Version, string(body)).Exec(ctx); err != nil {
		return fmt.Errorf("record: progress of %s with %s: %w", node, d.Stream, err)
	}
	return nil
}

// CommitEvents stores the events of the node's delivery with its progress.
func (s Nodes) CommitEvents(ctx context.Context, node link.Node, d link.Delivery, events []fact.Event) error {
	return s.db.Journal().Import(ctx, node.Tenant, func(ctx context.Context, tx bun.Tx) error {
		return Advance(ctx, tx, node.ID, d)
	}, events...)
}
