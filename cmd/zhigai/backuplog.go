package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"zhigai/space"
)

// Between two snapshots history's raw log is kept, so that the later one holds
// every batch since the earlier: by them a node is restored as it was at any
// instant between the two, and what a damaged file held is had again. Each
// folder of snapshots has a reader of its own in history.
const logCursors = "backup "

// logKept bounds how long the log is kept for a folder that gets no snapshots
// any more: a week of holidays and a day.
const logKept = 8 * 24 * time.Hour

func logCursor(root string) string {
	sum := sha256.Sum256([]byte(root))
	return logCursors + hex.EncodeToString(sum[:8])
}

// dropOldLogs lets the log go that is kept for folders without new snapshots.
func (n *node) dropOldLogs(ctx context.Context, now time.Time) {
	for name, at := range n.history.Cursors() {
		if !strings.HasPrefix(name, logCursors) {
			continue
		}
		if level := n.disk.Level(); level != space.OK {
			n.dropLog(name, "the disk is "+level.String(), nil)
			continue
		}
		next, err := n.history.Read(ctx, at, 1)
		if err == nil && (len(next) == 0 || now.Sub(next[0].Recorded.Time()) < logKept) {
			continue
		}
		n.dropLog(name, "no snapshot for long", err)
	}
}

// dropLogsFor lets the log go that is kept for snapshots when the disk runs
// low: room for new samples matters more than instants between snapshots.
func (n *node) dropLogsFor(s space.Status) {
	if s.Level == space.OK {
		return
	}
	for name := range n.history.Cursors() {
		if strings.HasPrefix(name, logCursors) {
			n.dropLog(name, "the disk is "+s.Level.String(), nil)
		}
	}
}

func (n *node) dropLog(name, why string, reason error) {
	err := n.history.DropCursor(name)
	n.log.Warn("the log is no longer kept for the next snapshot: an instant between it and the one before cannot be restored", "why", why, "reason", reason, "err", err)
}
