package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"zhigai/backup"
)

type restoreCmd struct {
	Dir      string    `arg:"" help:"A snapshot, or the folder that keeps them." type:"path"`
	Data     string    `help:"Folder of the node to make; it must not exist or be empty." default:"./data" type:"path"`
	At       time.Time `help:"Restore what was recorded up to this instant, RFC 3339, also between two snapshots; all of the newest when left out." xor:"where"`
	Position string    `help:"Restore up to this place in the journals of samples and events, as HISTORY/RECORD." placeholder:"H/R" xor:"where"`
}

func (c restoreCmd) Run(ctx context.Context) error {
	to, err := c.until()
	if err != nil {
		return err
	}
	from, later, err := chooseSnapshots(c.Dir, to)
	if err != nil {
		return err
	}
	if err := mustBeEmpty(c.Data); err != nil {
		return err
	}
	// Beside its place until it is whole and has been opened.
	side := filepath.Join(filepath.Dir(filepath.Clean(c.Data)), ".restoring-"+filepath.Base(c.Data))
	defer func() { _ = os.RemoveAll(side) }() // nothing is there after all went well
	if err := os.RemoveAll(side); err != nil {
		return err
	}
	at, err := restoreInto(ctx, side, from, later, to)
	if err != nil {
		return err
	}
	if err := os.Remove(c.Data); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(filepath.Join(side, "data"), c.Data); err != nil {
		return err
	}
	if err := syncFolder(filepath.Dir(filepath.Clean(c.Data))); err != nil {
		return err
	}
	fmt.Printf("%s restored from %s, made %s by %s of %s\n", c.Data, from.Dir, from.Made.Format(time.RFC3339), from.Program, nodeWords(from.Node.ID, from.Node.Host))
	if later != nil {
		fmt.Printf("  brought forward with the journals in %s\n", later.Dir)
	}
	fmt.Printf("  position history %d, record %d\n", at.History, at.Record)
	return nil
}

// until is where a restore stops. Zero is the end of the newest snapshot.
type until struct {
	at  time.Time
	pos backup.Positions
}

func (c restoreCmd) until() (until, error) {
	u := until{at: c.At}
	if c.Position == "" {
		return u, nil
	}
	if n, err := fmt.Sscanf(c.Position, "%d/%d", &u.pos.History, &u.pos.Record); n != 2 || err != nil || u.pos == (backup.Positions{}) {
		return u, fmt.Errorf("--position %q: write two numbers as HISTORY/RECORD, such as zhigai backup prints them", c.Position)
	}
	return u, nil
}

func (u until) newest() bool { return u == until{} }

// holds says whether a snapshot reaches no further.
func (u until) holds(s backup.Snapshot) bool {
	if u.pos != (backup.Positions{}) {
		return s.Positions.Reached(u.pos)
	}
	return !s.Made.After(u.at)
}

// is says whether a snapshot is exactly at that place.
func (u until) is(s backup.Snapshot) bool {
	return u.pos != (backup.Positions{}) && s.Positions == u.pos || !u.at.IsZero() && s.Made.Equal(u.at)
}

func (u until) String() string {
	if u.pos != (backup.Positions{}) {
		return fmt.Sprintf("position %d/%d", u.pos.History, u.pos.Record)
	}
	return u.at.Format(time.RFC3339)
}

// chooseSnapshots finds the snapshot to begin with, and the one behind it whose
// journals lead on to the place asked for; nil when none is needed.
func chooseSnapshots(dir string, u until) (from backup.Snapshot, later *backup.Snapshot, err error) {
	if one, err := backup.Open(dir); !errors.Is(err, backup.ErrNoSnapshot) {
		if err == nil && !u.newest() && !u.is(one) {
			err = fmt.Errorf("%s is one snapshot; for another place than its own name the folder that keeps them", dir)
		}
		return one, nil, err
	}
	all, err := backup.List(dir)
	switch {
	case err != nil:
		return from, nil, err
	case len(all) == 0:
		return from, nil, fmt.Errorf("%w in %s", backup.ErrNoSnapshot, dir)
	case u.newest():
		return all[len(all)-1], nil, nil
	}
	at := -1
	for i, s := range all {
		if u.holds(s) {
			at = i
		}
	}
	switch {
	case at < 0:
		return from, nil, fmt.Errorf("%w in %s that is as old as %s; the oldest is of %s, position %d/%d",
			backup.ErrNoSnapshot, dir, u, all[0].Made.Format(time.RFC3339), all[0].Positions.History, all[0].Positions.Record)
	case u.is(all[at]):
		return all[at], nil, nil
	case at+1 == len(all):
		return from, nil, fmt.Errorf("%w in %s behind %s: the newest is of %s, position %d/%d. If the node's folder is still there, zhigai backup makes one of it; else restore the newest without --at",
			backup.ErrNoSnapshot, dir, u, all[at].Made.Format(time.RFC3339), all[at].Positions.History, all[at].Positions.Record)
	case all[at].Node.ID != all[at+1].Node.ID:
		return from, nil, fmt.Errorf("%w: %s is of %s, %s of %s; they cannot be joined",
			errOtherNode, all[at].Dir, nodeWords(all[at].Node.ID, all[at].Node.Host), all[at+1].Dir, nodeWords(all[at+1].Node.ID, all[at+1].Node.Host))
	}
	return all[at], &all[at+1], nil
}

// mustBeEmpty refuses a folder in which something would be lost.
func mustBeEmpty(data string) error {
	entries, err := os.ReadDir(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%w: %s holds %d files or folders; stop its node, move it away, and restore into an empty folder", backup.ErrNotEmpty, data, len(entries))
	}
	return nil
}

// restoreInto makes side/data. A snapshot whose bytes are right must also open.
func restoreInto(ctx context.Context, side string, from backup.Snapshot, later *backup.Snapshot, to until) (at backup.Positions, err error) {
	if err := os.MkdirAll(side, 0o700); err != nil {
		return at, err
	}
	data := filepath.Join(side, "data")
	if err := backup.Restore(ctx, from, data); err != nil {
		return at, err
	}
	s, err := openStores(ctx, place{Data: data})
	if err != nil {
		return at, fmt.Errorf("%s was copied but does not open; nothing was restored: %w", from.Dir, err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if later != nil {
		more := filepath.Join(side, "later")
		if err := backup.Restore(ctx, *later, more); err != nil {
			return at, err
		}
		ahead, err := openStores(ctx, place{Data: more})
		if err != nil {
			return at, fmt.Errorf("%s was copied but does not open; nothing was restored: %w", later.Dir, err)
		}
		err = errors.Join(s.bringForward(ctx, ahead, to), s.attachments().Add(ahead.attachments()))
		if err := errors.Join(err, ahead.Close()); err != nil {
			return at, fmt.Errorf("%s cannot be reached between %s and %s: %w", to, from.Dir, later.Dir, err)
		}
	}
	return backup.Positions{History: s.history.LastSeq(), Record: s.record.LastSeq(homeTenant)}, nil
}
