package main

import (
	"encoding/binary"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// dead is a copy of a running node's folder, as kill -9 would leave it.
func dead(t *testing.T) string {
	t.Helper()
	n, _ := loaded(t, time.Now().AddDate(0, 0, -2).Truncate(24*time.Hour))
	must(t, n.history.Flush())
	if _, _, err := serverTLS("auto", filepath.Join(n.dir, "tls"), time.Now()); err != nil {
		t.Fatal(err)
	}
	return stillOf(t, n.dir)
}

// noData are files of which no byte outlives the process or says anything.
var noData = []string{"record.lock", "record.db-shm", "LOCK"}

// TestVerify_EveryFlippedBit flips 100 bits, each by chance anywhere in the
// files of a node that was stopped, and 100 in those of one that was killed:
// zhigai verify names the file of each.
func TestVerify_EveryFlippedBit(t *testing.T) {
	t.Parallel()
	killed := dead(t)
	stopped := dead(t)
	for range 2 { // opening again writes tables
		s, err := openStores(t.Context(), place{Data: stopped})
		must(t, err)
		must(t, s.Close())
	}
	whole, err := (verifyCmd{place: place{Data: stopped}}).verify(t.Context())
	must(t, err)
	if len(whole.Damage) > 0 || len(whole.Checked) < 5 {
		t.Fatalf("a whole node: %+v", whole)
	}
	flips100(t, "stopped", stopped, ".sst", ".log", ".db", ".key", ".crt")
	// What of record.db the log holds in a newer form says nothing.
	flips100(t, "killed", killed, ".log", ".db-wal", ".key", ".crt")
}

func flips100(t *testing.T, state, dir string, kinds ...string) {
	t.Helper()
	r := rand.New(rand.NewPCG(20, 26))
	names, sizes := filesOf(t, dir)
	if state == "killed" {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "record/record.db" })
	}
	found, in := 0, map[string]int{}
	for i := range 100 {
		name := names[r.IntN(len(names))]
		if i%2 == 1 { // every byte alike, not every file
			name = byBytes(r, names, sizes)
		}
		at := r.Int64N(sizes[name])
		must(t, flip(filepath.Join(dir, name), at))
		report, err := verifyFiles(t.Context(), place{Data: dir})
		must(t, err)
		must(t, flip(filepath.Join(dir, name), at))
		folder, base := filepath.Split(name)
		if slices.ContainsFunc(report.Damage, func(d string) bool {
			return strings.Contains(d, base) || folder != "history/" && folder != "record/" && strings.HasPrefix(d, folder[:len(folder)-1])
		}) {
			found++
		} else {
			t.Errorf("%s: byte %d of %s: found %v", state, at, name, report.Damage)
		}
		in[filepath.Ext(name)]++
	}
	t.Logf("%s: %d of 100 flipped bits found, by kind of file: %v", state, found, in)
	for _, k := range kinds {
		if in[k] == 0 {
			t.Errorf("%s: no %s was tried: %v", state, k, in)
		}
	}
}

// walReached is how many bytes of the record's log are its own: behind them
// stand remains of older ones. The index beside it tells.
func walReached(t *testing.T, dir string) int64 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "record.db-shm"))
	must(t, err)
	return 32 + int64(binary.NativeEndian.Uint32(raw[16:]))*(24+4096)
}

// byBytes chooses the file of a byte by chance.
func byBytes(r *rand.Rand, names []string, sizes map[string]int64) string {
	all := int64(0)
	for _, name := range names {
		all += sizes[name]
	}
	at := r.Int64N(all)
	for _, name := range names {
		if at -= sizes[name]; at < 0 {
			return name
		}
	}
	return names[len(names)-1]
}

// filesOf are the files of a node's folder with how many bytes of them are
// data: of a log, those up to the last fsync.
func filesOf(t *testing.T, dir string) (names []string, sizes map[string]int64) {
	t.Helper()
	sizes = map[string]int64{}
	must(t, filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || slices.Contains(noData, e.Name()) {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		size := info.Size()
		if e.Name() == "record.db-wal" {
			size = min(size, walReached(t, filepath.Dir(name)))
		}
		if size > 0 {
			names, sizes[rel] = append(names, rel), size
		}
		return err
	}))
	return names, sizes
}
