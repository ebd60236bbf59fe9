package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/backup"
	"zhigai/fact"
	"zhigai/history"
)

// TestRepair_EveryKindOfFile damages files of a node that was stopped and of one
// that was killed, both with facts newer than the snapshot: a bit, or a whole
// sector. After zhigai repair everything acknowledged is there as it was, or is
// named as lost; with a flipped bit nothing is lost.
func TestRepair_EveryKindOfFile(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	if _, _, err := serverTLS("auto", filepath.Join(s.n.dir, "tls"), time.Now()); err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		s.step(i)
		if i == 2 {
			s.snapshot()
		}
	}
	must(t, s.n.history.Flush())
	killed, stopped := stillOf(t, s.n.dir), stillOf(t, s.n.dir)
	for range 2 { // opening again writes tables
		st, err := openStores(t.Context(), place{Data: stopped})
		must(t, err)
		must(t, st.Close())
	}
	r := rand.New(rand.NewPCG(3, 9))
	outcomes := map[string]int{}
	for state, dir := range map[string]string{"killed": killed, "stopped": stopped} {
		names, sizes := sealedFiles(t, dir)
		for i, name := range names {
			for k, how := range []string{"bit", "sector"} {
				if !thorough() && i%2 != k {
					continue // each file one way
				}
				broken := copyOf(t, dir)
				file := filepath.Join(broken, name)
				at := r.Int64N(sizes[name])
				if how == "bit" {
					must(t, flip(file, at))
				} else {
					tearFile(t, file, at, sizes[name])
				}
				what := fmt.Sprintf("%s: a %s of %s", state, how, name)
				report, err := (repairCmd{place: place{Data: broken}, Backup: s.root}).repair(t.Context(), time.Now())
				if err != nil {
					if how == "sector" && strings.HasPrefix(filepath.Base(name), "MANIFEST-") && errors.Is(err, history.ErrDamaged) {
						outcomes["refused, with words"]++
						continue
					}
					t.Errorf("%s: %v (%+v)", what, err, report)
					continue
				}
				if len(report.Damage) == 0 && state == "stopped" {
					t.Errorf("%s: nothing was found", what)
				}
				lost := s.missing(what, broken)
				switch {
				case lost > 0 && (how == "bit" && singledOut(name, at) || len(report.Lost) == 0):
					t.Errorf("%s: %d facts are gone: %+v", what, lost, report)
				case lost > 0:
					outcomes[how+": lost and named"]++
				default:
					outcomes[how+": everything there"]++
				}
			}
		}
	}
	t.Log(outcomes)
}

// singledOut says whether the checksum of the file tells a bit of the byte from
// every other. That of the record is a sum of words of four bytes, lowest first,
// in which only the low bits of one word look like those of no other.
func singledOut(name string, at int64) bool {
	return !strings.HasPrefix(name, "record/record.db") || at%4 < 2
}

// missing counts what the original has and the repaired folder has not; there
// must be nothing else in it.
func (s *story) missing(what, dir string) (lost int) {
	s.t.Helper()
	n, err := openNode(s.t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatalf("%s: the repaired node does not open: %v", what, err)
	}
	defer func() { must(s.t, n.close()) }()
	tags, err := s.n.shop.Tags(s.t.Context(), access.Scope{Tenant: demoTenant})
	must(s.t, err)
	for _, tag := range tags {
		want, got := s.samples(s.n, tag.No), s.samples(n, tag.No)
		lost += absent(s.t, what, want, got)
	}
	return lost + absent(s.t, what, s.said(s.n), s.said(n))
}

// said are the events of the shift that somebody acknowledged to a source: the
// original goes on closing windows, examining days and sealing them meanwhile,
// and repair writes gaps down.
func (s *story) said(n *node) []string {
	return slices.DeleteFunc(s.events(n), func(e string) bool {
		for _, kind := range []fact.Kind{fact.KindClosing, fact.KindSuspicion, fact.KindSeal} {
			if strings.Contains(e, string(kind)) {
				return true
			}
		}
		return strings.Contains(e, "damaged on the disk")
	})
}

// absent counts what of want is not in got.
func absent[T comparable](t *testing.T, what string, want, got []T) (n int) {
	t.Helper()
	if slices.Equal(want, got) {
		return 0
	}
	has := map[T]bool{}
	for _, one := range got {
		has[one] = true
	}
	for _, one := range want {
		if !has[one] {
			n++
		}
		delete(has, one)
	}
	if len(has) > n {
		t.Errorf("%s: %d facts that were never acknowledged", what, len(has))
	}
	return n
}

// copyOf is a folder as a process that is killed now leaves it.
func copyOf(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	must(t, filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, name)
		switch {
		case err != nil || rel == ".":
			return err
		case e.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		case e.Type() != 0:
			return nil // the socket
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), raw, 0o600)
	}))
	return to
}

// stillOf is a copy of the folder of a node that works on, as it was at one
// instant: a file that is written while it is read is like none that a kill
// leaves. Two copies, one after the other, are the same only when nothing was
// written between the last read of the first and the first read of the second;
// times of files do not tell, they go by ticks.
func stillOf(t *testing.T, dir string) string {
	t.Helper()
	for range 100 {
		to, again := copyOf(t, dir), copyOf(t, dir)
		if maps.Equal(digestsOf(t, to), digestsOf(t, again)) {
			return to
		}
	}
	t.Fatal("the node never stands still")
	return ""
}

// digestsOf are the contents of all files below the folder.
func digestsOf(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	must(t, filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		rel, _ := filepath.Rel(dir, name)
		out[rel] = sha256.Sum256(raw)
		return err
	}))
	return out
}

// thorough says that this is no quick look: make fault.
func thorough() bool { return os.Getenv("ZHIGAI_FAULT") == "all" }

// sealedFiles are filesOf in a fixed order, each kind of file once; three times
// when it is to be thorough.
func sealedFiles(t *testing.T, dir string) (names []string, sizes map[string]int64) {
	t.Helper()
	all, sizes := filesOf(t, dir)
	slices.Sort(all)
	kinds, most := map[string]int{}, 1
	if thorough() {
		most = 3
	}
	for _, name := range all {
		kind := filepath.Dir(name) + filepath.Ext(name)
		if kinds[kind]++; kinds[kind] <= most {
			names = append(names, name)
		}
	}
	return names, sizes
}

func tearFile(t *testing.T, name string, at, size int64) {
	t.Helper()
	raw, err := os.ReadFile(name)
	must(t, err)
	for i := at; i < min(size, at+512); i++ {
		raw[i] ^= 0x5a
	}
	must(t, os.WriteFile(name, raw, 0o600))
}

// TestRepair_Refusals: repair touches nothing while a node runs, and believes no
// snapshot of another plant.
func TestRepair_Refusals(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	must(t, s.n.serveControl(t.Context(), s.n.dir))
	if _, err := (repairCmd{place: place{Data: s.n.dir}}).repair(t.Context(), time.Now()); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("a running node: %v", err)
	}
	other := stillOf(t, s.n.dir)
	must(t, os.RemoveAll(filepath.Join(other, "node")))
	st, err := openStores(t.Context(), place{Data: other})
	must(t, err)
	id := st.id
	if _, err := st.backup(t.Context(), backupRequest{Dir: s.root}, time.Now); !errors.Is(err, errOtherNode) {
		t.Errorf("a snapshot of another node in the same folder: %v", err)
	}
	must(t, st.Close())
	_, err = (repairCmd{place: place{Data: other}, Backup: s.root}).repair(t.Context(), time.Now())
	if !errors.Is(err, errOtherNode) || !strings.Contains(err.Error(), id.ID[:8]) || !strings.Contains(err.Error(), s.n.id.ID[:8]) {
		t.Errorf("a snapshot of another node: %v; want both named", err)
	}
	all, err := backup.List(s.root)
	must(t, err)
	must(t, os.Truncate(filepath.Join(all[0].Dir, "record", "record.db"), 5000))
	if _, err = (repairCmd{place: place{Data: stillOf(t, s.n.dir)}, Backup: s.root}).repair(t.Context(), time.Now()); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a snapshot that is cut: %v", err)
	}
	if err := (restoreCmd{Dir: s.root, Data: filepath.Join(t.TempDir(), "x")}).Run(t.Context()); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a snapshot that is cut was restored: %v", err)
	}
}

// TestRepair_WithoutSnapshot tears most of a table that nobody else has: what
// can be read stays, what is gone is named and written down, and the node runs
// and serves no figure of it.
func TestRepair_WithoutSnapshot(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for i := range 4 {
		s.step(i)
	}
	dir := stillOf(t, s.n.dir)
	for range 2 { // opening again writes tables
		st, err := openStores(t.Context(), place{Data: dir})
		must(t, err)
		for name := range st.history.Cursors() {
			must(t, st.history.DropCursor(name))
		}
		must(t, st.history.Flush()) // the log goes: only chunks are left
		must(t, st.Close())
	}
	table := firstOf(t, filepath.Join(dir, "history"), ".sst")
	info, err := os.Stat(table)
	must(t, err)
	for at := info.Size() / 3; at < info.Size()/2; at += 4096 {
		tearFile(t, table, at, info.Size())
	}
	report, err := (repairCmd{place: place{Data: dir}}).repair(t.Context(), time.Now())
	must(t, err)
	if len(report.Lost) == 0 || len(report.Kept) != 1 {
		t.Fatalf("%+v", report)
	}
	lost := s.missing("a torn table", dir)
	n, err := openNode(t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	defer func() { must(t, n.close()) }()
	said, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindDamage}})
	must(t, err)
	gaps, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindGap}})
	must(t, err)
	if lost == 0 || len(said) != 1 || !strings.Contains(string(said[0].Payload), `"repaired":true`) {
		t.Errorf("%d facts gone, %d events of damage", lost, len(said))
	}
	t.Logf("%d samples gone, %d lines name them, %d gaps written down", lost, len(report.Lost), len(gaps))
	if len(gaps) == 0 {
		t.Error("no gap was written down")
	}
}
