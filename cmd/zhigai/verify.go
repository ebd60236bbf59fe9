package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"zhigai/access"
	"zhigai/attachment"
	"zhigai/backup"
	"zhigai/history"
	"zhigai/record"
)

type verifyCmd struct {
	place  `embed:""`
	Backup string `help:"Check this snapshot, or the newest in this folder, in place of the node." type:"path"`
}

type verifyReport struct {
	Checked []string `json:"checked"`
	Damage  []string `json:"damage"`
	Formal  []string `json:"formal"` // carry no checksum: only that they can be read is checked
}

func (c verifyCmd) Run(ctx context.Context) error {
	report, err := c.verify(ctx)
	if err != nil {
		return err
	}
	for _, line := range report.Checked {
		fmt.Println("ok  ", line)
	}
	for _, line := range report.Formal {
		fmt.Println("form", line)
	}
	if len(report.Damage) == 0 {
		return nil
	}
	return fmt.Errorf("damaged:\n  %s\nrestore a backup; what is damaged is never served as data", strings.Join(report.Damage, "\n  "))
}

func (c verifyCmd) verify(ctx context.Context) (verifyReport, error) {
	if c.Backup != "" {
		return verifySnapshot(ctx, c.Backup)
	}
	// The files first, as they are on the disk: stores that are damaged do not
	// open, and what a node has in memory hides what it would read again.
	files, err := verifyFiles(ctx, c.place)
	if err != nil || len(files.Damage) > 0 {
		return files, err
	}
	deep, err := onNode(ctx, c.place, "/verify", struct{}{}, func(s *stores) (verifyReport, error) { return s.verify(ctx) })
	deep.Checked = append(files.Checked, deep.Checked...)
	deep.Formal = files.Formal
	return deep, err
}

func verifySnapshot(ctx context.Context, dir string) (verifyReport, error) {
	snap, _, err := chooseSnapshots(dir, until{})
	if errors.Is(err, backup.ErrDamaged) {
		return verifyReport{Damage: []string{err.Error()}}, nil
	}
	if err != nil {
		return verifyReport{}, err
	}
	report := verifyReport{}
	if report.Damage, err = backup.Verify(ctx, snap); err == nil && len(report.Damage) == 0 {
		report.Checked = []string{fmt.Sprintf("%s: %d files, %d bytes", snap.Dir, len(snap.Files), snap.Bytes)}
	}
	return report, err
}

// verifyFiles compares every file of a node's folder with the checksum it was
// written with. A node may run on it.
func verifyFiles(ctx context.Context, at place) (out verifyReport, err error) {
	if at.History == "" {
		n, damage, err := history.CheckFiles(ctx, filepath.Join(at.Data, "history"), nil)
		if err != nil {
			return out, err
		}
		for _, d := range damage {
			out.Damage = append(out.Damage, "history/"+d.String())
		}
		if len(damage) == 0 {
			out.Checked = append(out.Checked, fmt.Sprintf("history: %d files by their seals", n))
		}
	}
	if at.Record == "" {
		damage, err := record.CheckFiles(ctx, filepath.Join(at.Data, "record"))
		if err != nil {
			return out, err
		}
		for _, d := range damage {
			out.Damage = append(out.Damage, "record/"+d.String())
		}
		if len(damage) == 0 {
			out.Checked = append(out.Checked, "record: every page and the log by their checksums")
		}
	}
	n, damage, err := attachment.NewFolder(filepath.Join(at.Data, filesFolder)).Check(ctx)
	if err != nil {
		return out, err
	}
	for _, d := range damage {
		out.Damage = append(out.Damage, filesFolder+"/"+d+": its bytes are not those of its SHA-256; put it back from a backup")
	}
	if n > 0 && len(damage) == 0 {
		out.Checked = append(out.Checked, fmt.Sprintf("%s: %d by their SHA-256", filesFolder, n))
	}
	for name, v := range map[string]any{"node/identity.json": &identity{}, "node/" + secretsName: &secretsKey{}, scrubName: &scrubState{}} {
		if err := readSealed(filepath.Join(at.Data, filepath.FromSlash(name)), v); errors.Is(err, errSpoiled) {
			out.Damage = append(out.Damage, name+": "+errSpoiled.Error())
		} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return out, err
		}
	}
	for _, folder := range []string{"connect", "tls", "links"} {
		if err := out.secrets(filepath.Join(at.Data, folder), folder); err != nil {
			return out, err
		}
	}
	return out, nil
}

// verify reads everything that can be checked against itself.
func (s *stores) verify(ctx context.Context) (verifyReport, error) {
	var out verifyReport
	check := func(what string, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			out.Damage = append(out.Damage, what+": "+err.Error())
		default:
			out.Checked = append(out.Checked, what)
		}
		return nil
	}
	tenants, err := s.allTenants(ctx)
	entries := 0
	for _, t := range tenants {
		n, broken := access.Verify(ctx, s.record.Access(), t)
		if broken != nil {
			err = errors.Join(err, fmt.Errorf("tenant %d: %w", t, broken))
		}
		entries += n
	}
	return out, errors.Join(
		check("history: checksums, order and summaries of every chunk and batch (in ClickHouse: what the ledger still has)", s.history.Verify(ctx)),
		check("record: every page and index (of a database server: that it answers)", s.record.Verify(ctx)),
		check(fmt.Sprintf("audit: chain of %d entries", entries), err),
	)
}
