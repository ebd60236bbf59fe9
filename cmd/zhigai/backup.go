package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"zhigai/backup"
	"zhigai/history/clickhouse"
	"zhigai/record"
)

type backupCmd struct {
	Dir   string `arg:"" help:"Folder that keeps the snapshots; another disk is wise." type:"path"`
	place `embed:""`
	Keep  int  `help:"Delete the oldest snapshots beyond this number; 0 keeps all." default:"0"`
	JSON  bool `name:"json" help:"Print JSON."`
}

// backupRequest is what the command asks of the running node.
type backupRequest struct {
	Dir  string
	Keep int
}

type backupReport struct {
	Dir       string           `json:"dir"`
	Positions backup.Positions `json:"positions"`
	Files     int              `json:"files"`
	Bytes     int64            `json:"bytes"`
	Shared    int64            `json:"shared_bytes"`
	Held      string           `json:"held"` // how long writing waited
	Pruned    []string         `json:"pruned"`
}

func (c backupCmd) Run(ctx context.Context) error {
	report, err := onNode(ctx, c.place, "/backup", backupRequest{c.Dir, c.Keep}, func(s *stores) (backupReport, error) {
		return s.backup(ctx, backupRequest{c.Dir, c.Keep}, time.Now)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(report)
	}
	fmt.Printf("%s\n  %d files, %.1f MB, of these %.1f MB shared with the snapshot before\n  position history %d, record %d; writing waited %s\n",
		report.Dir, report.Files, float64(report.Bytes)/1e6, float64(report.Shared)/1e6, report.Positions.History, report.Positions.Record, report.Held)
	for _, gone := range report.Pruned {
		fmt.Println("  deleted", gone)
	}
	return nil
}

// onNode lets the running node do the work, or opens the stores when there is
// none.
func onNode[O any](ctx context.Context, at place, what string, in any, alone func(*stores) (O, error)) (out O, err error) {
	if _, err := os.Stat(filepath.Join(at.Data, "history")); err != nil && at.History == "" {
		return out, fmt.Errorf("%s holds no node: %w; name its folder with --data DIR", at.Data, err)
	}
	if out, err = askNode[O](ctx, at.Data, what, in); !errors.Is(err, errNotRunning) {
		return out, err
	}
	s, err := openStores(ctx, at)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return alone(s)
}

// besides are the folders of a node apart from its stores.
var besides = []string{"connect", "tls", "links", "node", filesFolder}

// backup writes one snapshot below root. Both journals are copied at one
// instant: history is linked while the record is held, then everything is
// copied while writing goes on.
func (s *stores) backup(ctx context.Context, in backupRequest, now func() time.Time) (backupReport, error) {
	if _, ok := s.history.(reachable); ok {
		return backupReport{}, clickhouse.ErrOnServers
	}
	root := in.Dir
	if rel, err := filepath.Rel(s.dir, root); err == nil && filepath.IsLocal(rel) {
		return backupReport{}, fmt.Errorf("%s lies inside the data folder; a backup there is lost with it: name another folder", root)
	}
	if last, err := backup.Newest(root, time.Time{}); err == nil {
		if err := s.id.checkSame(last); err != nil {
			return backupReport{}, err
		}
	}
	side, err := os.MkdirTemp(s.dir, ".backup-*")
	if err != nil {
		return backupReport{}, err
	}
	defer os.RemoveAll(side)
	if err := os.Mkdir(filepath.Join(side, "record"), 0o700); err != nil {
		return backupReport{}, err
	}
	var at backup.Positions
	var held time.Duration
	var made time.Time // everything in the snapshot was recorded before
	err = s.record.Backup(ctx, filepath.Join(side, "record", record.FileName), func(context.Context) error {
		start := time.Now()
		defer func() { held = time.Since(start) }()
		last, err := s.history.Checkpoint(filepath.Join(side, "history"))
		at, made = backup.Positions{History: last, Record: s.record.LastSeq(homeTenant)}, now()
		return err
	})
	if err != nil {
		return backupReport{}, err
	}
	trees := map[string]string{"record": filepath.Join(side, "record"), "history": filepath.Join(side, "history")}
	for _, name := range besides {
		trees[name] = filepath.Join(s.dir, name)
	}
	snap, err := backup.Write(ctx, root, backup.Manifest{Program: version, Made: made, Node: backup.Node{ID: s.id.ID, Host: s.id.Host}, Positions: at}, trees)
	if err != nil {
		return backupReport{}, err
	}
	if err := s.history.SaveCursor(logCursor(root), at.History); err != nil {
		return backupReport{}, fmt.Errorf("the snapshot %s is whole, but the log is not kept for the next: %w", snap.Dir, err)
	}
	report := backupReport{Dir: snap.Dir, Positions: at, Files: len(snap.Files), Bytes: snap.Bytes, Shared: snap.Shared, Held: held.Round(time.Microsecond).String(), Pruned: []string{}}
	if in.Keep > 0 {
		if report.Pruned, err = backup.Prune(root, in.Keep); err != nil {
			return report, err
		}
	}
	return report, nil
}
