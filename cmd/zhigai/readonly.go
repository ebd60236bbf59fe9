package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"zhigai/backup"
)

// checkReadOnly refuses what cannot go together with a node that only answers.
func (c runCmd) checkReadOnly() error {
	switch {
	case !c.ReadOnly:
		return nil
	case c.Demo, len(c.Parent) > 0, c.Links != "", c.Role == roleEdge:
		return errors.New("--read-only collects, sends and receives nothing; leave out --demo, --parent, --links and --role edge")
	case c.History != "":
		return errors.New("--read-only is for samples in the node's folder; of a ClickHouse give a copy of its own")
	}
	if _, err := os.Stat(filepath.Join(c.Data, "history")); err != nil {
		return fmt.Errorf("%s holds no node: %w; name its folder with --data DIR", c.Data, err)
	}
	return nil
}

// checkNoSnapshot keeps a snapshot from being used up as a node's folder: it
// shares its files with the snapshots beside it.
func checkNoSnapshot(dir string) error {
	if _, err := backup.Open(dir); errors.Is(err, backup.ErrNoSnapshot) {
		return nil
	}
	return fmt.Errorf("%s is a snapshot; restore it into a folder of its own first: zhigai restore %s --data NEW", dir, dir)
}

// showOnly lets the board show what was when the last sample came. Nothing is
// collected and no cursor moves.
func (n *node) showOnly(ctx context.Context) {
	n.worker(ctx, "disk", func() error { n.disk.Run(ctx); return nil })
	n.worker(ctx, "stores", func() error { return n.stopWhenBroken(ctx) })
	n.worker(ctx, "board", func() error { return n.board.Run(ctx, still{feed{n.history}}) })
}

// still is a feed whose cursors do not move.
type still struct{ feed }

func (still) SaveCursor(string, uint64) error { return nil }
