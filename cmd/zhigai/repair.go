package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhigai/access"
	"zhigai/backup"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/record"
)

type repairCmd struct {
	place  `embed:""`
	Backup string `help:"Folder that keeps the node's snapshots; without it only flipped bits and what can still be read are mended." type:"path"`
}

// repairReport says what was done to each damaged file.
type repairReport struct {
	Damage []string // as found
	Mended []string // again as it was written, to the byte
	Saved  []string // made anew of what could be read
	Lost   []string // acknowledged once, and nobody has it
	Kept   []string // where the damaged files are now
}

func (c repairCmd) Run(ctx context.Context) error {
	report, err := c.repair(ctx, time.Now())
	for _, part := range []struct {
		word  string
		lines []string
	}{{"damaged", report.Damage}, {"mended ", report.Mended}, {"saved  ", report.Saved}, {"LOST   ", report.Lost}, {"kept   ", report.Kept}} {
		for _, line := range part.lines {
			fmt.Println(part.word, line)
		}
	}
	switch {
	case err != nil:
		return err
	case len(report.Damage) == 0:
		fmt.Println("nothing is damaged")
	case len(report.Lost) == 0:
		fmt.Println("everything acknowledged is there")
	default:
		fmt.Println("what is lost is written down in the journal; it is never served as data")
	}
	return nil
}

// repair mends the folder of a node that does not run. What is good and newer
// than the snapshot is never given up; a damaged folder that had to be made anew
// is kept beside.
func (c repairCmd) repair(ctx context.Context, now time.Time) (out repairReport, err error) {
	if c.Record != "" {
		return out, errors.New("the record lies in a database server, which has its own repair; leave --record out to repair the rest of the folder")
	}
	if _, err := os.Stat(filepath.Join(c.Data, "history")); err != nil {
		return out, fmt.Errorf("%s holds no node: %w; name its folder with --data DIR", c.Data, err)
	}
	if err := c.stopped(ctx); err != nil {
		return out, err
	}
	r := &repair{ctx: ctx, data: c.Data, now: now, out: &out}
	if err := r.snapshot(c.Backup); err != nil {
		return out, err
	}
	found, err := verifyFiles(ctx, c.place)
	if err != nil {
		return out, err
	}
	out.Damage = found.Damage
	for _, step := range []func() error{r.folders, r.history, r.record} {
		if err := step(); err != nil {
			return out, err
		}
	}
	if again, err := verifyFiles(ctx, c.place); err != nil || len(again.Damage) > 0 {
		return out, errors.Join(err, fmt.Errorf("still damaged: %v; restore a snapshot into another folder", again.Damage))
	}
	if len(out.Damage) == 0 && len(out.Mended) == 0 {
		return out, nil
	}
	return out, r.writeDown()
}

// stopped refuses a folder on which a node runs.
func (c repairCmd) stopped(ctx context.Context) error {
	if _, err := askNode[struct{}](ctx, c.Data, "/running", struct{}{}); !errors.Is(err, errNotRunning) {
		return fmt.Errorf("a node runs on %s; stop it first", c.Data)
	}
	return nil
}

// repair is one run.
type repair struct {
	ctx    context.Context
	data   string
	now    time.Time
	spare  *backup.Snapshot // the newest; nil without
	remade bool             // figures are to be folded again
	lost   []history.Loss
	out    *repairReport
}

// snapshot looks for the newest snapshot of this very node.
func (r *repair) snapshot(dir string) error {
	if dir == "" {
		return nil
	}
	s, _, err := chooseSnapshots(dir, until{})
	if err != nil {
		return err
	}
	var id identity
	switch err := readSealed(identityFile(r.data), &id); {
	case err == nil:
		if err := id.checkSame(s); err != nil {
			return err
		}
	case !errors.Is(err, errSpoiled) && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	damage, err := backup.Verify(r.ctx, s)
	if err != nil {
		return err
	}
	if len(damage) > 0 {
		return fmt.Errorf("%w: %s: %v; name another snapshot", backup.ErrDamaged, s.Dir, damage)
	}
	r.spare = &s
	return nil
}

// spareOf is the folder of the name in the snapshot, or "".
func (r *repair) spareOf(name string) string {
	if r.spare == nil {
		return ""
	}
	dir := filepath.Join(r.spare.Dir, name)
	if _, err := os.Stat(dir); err != nil {
		return ""
	}
	return dir
}

// folders puts damaged keys, certificates and other small files back.
func (r *repair) folders() error {
	for _, folder := range []string{"connect", "tls", "links"} {
		var report verifyReport
		if err := report.secrets(filepath.Join(r.data, folder), folder); err != nil {
			return err
		}
		if len(report.Damage) > 0 {
			if err := r.putBack(folder); err != nil {
				return err
			}
		}
	}
	if err := readSealed(filepath.Join(r.data, scrubName), &scrubState{}); errors.Is(err, errSpoiled) {
		if err := os.Remove(filepath.Join(r.data, scrubName)); err != nil {
			return err
		}
		r.out.Saved = append(r.out.Saved, scrubName+": gone; the next scrub writes it anew")
	}
	if err := r.secretsKey(); err != nil {
		return err
	}
	if err := readSealed(identityFile(r.data), &identity{}); !errors.Is(err, errSpoiled) {
		return nil
	}
	if r.spareOf("node") != "" {
		return r.putBack("node")
	}
	if err := os.Remove(identityFile(r.data)); err != nil {
		return err
	}
	id, err := identityOf(r.data, false)
	r.out.Lost = append(r.out.Lost, fmt.Sprintf("node/identity.json: this is %s from now on, and older snapshots are of another", id))
	return err
}

// secretsKey puts a damaged key of secrets back. Without it what it sealed is
// lost, and a new one is made at the next start.
func (r *repair) secretsKey() error {
	name := place{Data: r.data}.secretsFile()
	if err := readSealed(name, &secretsKey{}); !errors.Is(err, errSpoiled) {
		return nil
	}
	if r.spareOf("node") != "" {
		return r.putBack("node")
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	r.out.Lost = append(r.out.Lost, "node/"+secretsName+": second factors are to be set up anew, and the secrets of sign-in providers and the passwords of devices and brokers to be entered again")
	return nil
}

// putBack copies a folder of the snapshot over the node's.
func (r *repair) putBack(folder string) error {
	from := r.spareOf(folder)
	if from == "" {
		return fmt.Errorf("%s is damaged and no snapshot holds it; delete the damaged files: the node makes certificates of its own anew, and a node below is enrolled again", folder)
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		name := filepath.Join(r.data, folder, e.Name())
		if was, err := os.ReadFile(name); err == nil && string(was) == string(raw) {
			continue
		}
		part := filepath.Join(r.data, folder, ".mending-"+e.Name())
		if err := os.WriteFile(part, raw, 0o600); err != nil {
			return err
		}
		if err := os.Rename(part, name); err != nil {
			return err
		}
		r.out.Mended = append(r.out.Mended, folder+"/"+e.Name()+": taken from the snapshot")
	}
	return syncFolder(filepath.Join(r.data, folder))
}

// history mends the files of samples, or makes them anew.
func (r *repair) history() error {
	dir := filepath.Join(r.data, "history")
	mended, left, err := history.MendFiles(r.ctx, dir, r.spareOf("history"))
	for _, m := range mended {
		r.out.Mended = append(r.out.Mended, "history/"+m.String())
	}
	if err != nil || len(left) == 0 {
		return err
	}
	fresh := dir + ".repairing"
	if err := os.RemoveAll(fresh); err != nil { // of a repair that was cut off
		return err
	}
	if spare := r.spareOf("history"); spare != "" {
		if err := os.CopyFS(fresh, os.DirFS(spare)); err != nil {
			return err
		}
	}
	done, err := history.Rescue(r.ctx, dir, fresh, history.Options{})
	if err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	r.out.Saved = append(r.out.Saved, fmt.Sprintf("history: made anew of %s, %d batches of the log and %d samples of tables that can be read", r.spareWords(), done.Batches, done.Samples))
	for _, l := range done.Lost {
		r.out.Lost = append(r.out.Lost, "history: "+lossWords(l))
	}
	r.lost, r.remade = done.Lost, r.remade || len(done.Lost) > 0
	return r.swap(dir, fresh)
}

func (r *repair) spareWords() string {
	if r.spare == nil {
		return "nothing older"
	}
	return "the snapshot of " + r.spare.Made.Format(time.RFC3339)
}

func lossWords(l history.Loss) string {
	if l.Tag == 0 {
		return l.What
	}
	return fmt.Sprintf("%d samples of tag %d from %s to %s (%s)", l.Samples, l.Tag, l.From.Time().Format(time.RFC3339), l.To.Time().Format(time.RFC3339), l.What)
}

// swap puts what was made anew in its place and keeps the damaged folder.
func (r *repair) swap(dir, fresh string) error {
	kept := dir + ".damaged-" + r.now.UTC().Format("20060102T150405Z")
	if err := os.Rename(dir, kept); err != nil {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return err
	}
	r.out.Kept = append(r.out.Kept, kept+": delete it when you have seen what is lost")
	return syncFolder(r.data)
}

// record mends the files of the record, or makes them anew.
func (r *repair) record() error {
	dir := filepath.Join(r.data, "record")
	mended, left, err := record.MendFiles(r.ctx, dir, r.spareOf("record"))
	for _, m := range mended {
		r.out.Mended = append(r.out.Mended, "record/"+m.String())
	}
	if err != nil || len(left) == 0 {
		return err
	}
	fresh := dir + ".repairing"
	if err := os.RemoveAll(fresh); err != nil { // of a repair that was cut off
		return err
	}
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return err
	}
	done, err := record.Salvage(r.ctx, dir, r.spareOf("record"), fresh)
	if err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	if done.Whole() {
		r.out.Saved = append(r.out.Saved, "record: what was damaged in the log had been written again behind it")
	} else {
		r.out.Saved = append(r.out.Saved, fmt.Sprintf("record: made anew of %d rows that can be read and %d of %s; figures are folded again", done.Rows, done.FromSpare, r.spareWords()))
		r.remade = true
	}
	for _, l := range done.Lost {
		r.out.Lost = append(r.out.Lost, "record: "+l)
	}
	return r.swap(dir, fresh)
}

// writeDown opens the node again, keeps in its journal what was damaged and
// lost, and folds figures again.
func (r *repair) writeDown() (err error) {
	s, err := openStores(r.ctx, place{Data: r.data})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.history.Verify(r.ctx); err != nil {
		return err
	}
	if err := s.record.Verify(r.ctx); err != nil {
		return err
	}
	what := damageOf(r.out.Damage)
	what.Repaired, what.Lost = true, r.out.Lost[:min(len(r.out.Lost), fact.MaxDamage)]
	events := []fact.Event{fact.New(fact.KindDamage, "", r.now, "node", what)}
	for _, l := range r.lost {
		if l.Tag == 0 || l.From >= l.To || len(events) == maxGaps {
			continue
		}
		node, err := s.nodeOf(r.ctx, l.Tenant, l.Tag)
		if err != nil {
			return err
		}
		events = append(events, fact.New(fact.KindGap, node, l.From.Time(), "node", fact.Gap{From: l.From, To: l.To, Reason: "damaged on the disk: " + lossWords(l)}))
	}
	if _, err := s.record.Journal().Append(r.ctx, homeTenant, events...); err != nil {
		return err
	}
	if !r.remade {
		return nil
	}
	rules, err := loadRulesOf(r.ctx, s.record, nil)
	if err != nil {
		return err
	}
	f, err := newFolds(s, rules, figure.Options{Log: slog.Default()})
	if err != nil {
		return err
	}
	all, err := s.allTenants(r.ctx)
	for _, t := range all {
		_, failed := f.engine.Rebuild(r.ctx, t)
		err = errors.Join(err, failed)
	}
	return err
}

// maxGaps bounds the gaps that one repair writes down; the report names all.
const maxGaps = 4000

// nodeOf is the machine of a tag; "" of one that is not known any more.
func (s *stores) nodeOf(ctx context.Context, tenant plant.TenantNo, no plant.TagNo) (plant.NodeID, error) {
	tags, err := s.shop.Tags(ctx, access.Scope{Tenant: tenant})
	if err != nil {
		return "", err
	}
	for _, t := range tags {
		if t.No == no {
			return t.Node, nil
		}
	}
	return "", nil
}
