package nodes

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/link"
	"zhigai/link/settings"
)

var _ settings.Store = Nodes{}

const settingsColumns = `node, number, made, made_by, plant, state, detail, changed`

func (s Nodes) scanSettings(rows *sql.Rows) ([]settings.Version, error) {
	var out []settings.Version
	for rows.Next() {
		var v settings.Version
		if err := rows.Scan(&v.Node, &v.Number, &v.Made, &v.By, &v.Plant, &v.State, &v.Detail, &v.Changed); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		open, err := s.vault.Open(ofSettings(string(v.Node)), v.Plant)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("record: settings %d of %s: %w", v.Number, v.Node, err), rows.Close())
		}
		v.Plant = open
		out = append(out, v)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// AddSettings stores the node's next version; queued ones before it are
// superseded.
func (s Nodes) AddSettings(ctx context.Context, v settings.Version) (settings.Version, error) {
	stored, err := s.sealPlant(string(v.Node), v.Plant)
	if err != nil {
		return v, err
	}
	err = s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if n, err := nodeOf(ctx, tx, v.Node); err != nil {
			return err
		} else if n.Revoked != 0 {
			return fmt.Errorf("node %s: %w", n.Name, link.ErrRevoked)
		}
		var applied int
		if err := tx.NewRaw(`select count(*) from link_settings where node = ? and state = ?`, string(v.Node), string(settings.Applied)).Scan(ctx, &applied); err != nil {
			return fmt.Errorf("record: settings of %s: %w", v.Node, err)
		}
		if applied > 0 {
			return fmt.Errorf("%w: the version before waits to be confirmed; try again in a few minutes", link.ErrRefused)
		}
		if _, err := tx.NewRaw(`update link_settings set state = ?, changed = ? where node = ? and state = ?`,
			string(settings.Superseded), int64(v.Made), string(v.Node), string(settings.Queued)).Exec(ctx); err != nil {
			return fmt.Errorf("record: settings of %s: %w", v.Node, err)
		}
		if err := tx.NewRaw(`insert into link_settings (node, number, made, made_by, plant, state, detail, changed)
			select ?, coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ? from link_settings where node = ? returning number`,
			string(v.Node), int64(v.Made), v.By, stored, string(v.State), v.Detail, int64(v.Changed), string(v.Node)).Scan(ctx, &v.Number); err != nil {
			return fmt.Errorf("record: settings of %s: %w", v.Node, err)
		}
		return nil
	})
	return v, err
}

// Settings lists a node's versions, newest first.
func (s Nodes) Settings(ctx context.Context, node link.NodeID, limit int) ([]settings.Version, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select `+settingsColumns+` from link_settings where node = ? order by number desc limit ?`, string(node), limit)
	if err != nil {
		return nil, fmt.Errorf("record: settings of %s: %w", node, err)
	}
	return s.scanSettings(rows)
}

// OpenSettings lists the versions whose end is open, one for each node.
func (s Nodes) OpenSettings(ctx context.Context) ([]settings.Version, error) {
	rows, err := s.db.Reader().QueryContext(ctx, `select `+settingsColumns+` from link_settings where state in (?, ?)
		and node in (select id from link_node where revoked = 0) order by node, number limit ?`, string(settings.Queued), string(settings.Applied), maxNodes)
	if err != nil {
		return nil, fmt.Errorf("record: open settings: %w", err)
	}
	return s.scanSettings(rows)
}

// SetSettings stores what became of a version, if it is still open.
func (s Nodes) SetSettings(ctx context.Context, v settings.Version) error {
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update link_settings set state = ?, detail = ?, changed = ? where node = ? and number = ? and state in (?, ?)`,
			string(v.State), v.Detail, int64(v.Changed), string(v.Node), v.Number, string(settings.Queued), string(settings.Applied)).Exec(ctx); err != nil {
			return fmt.Errorf("record: settings of %s: %w", v.Node, err)
		}
		return nil
	})
}
