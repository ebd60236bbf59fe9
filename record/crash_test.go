package record_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/pgtest"
)

// TestMain turns the test binary into the process that is killed.
func TestMain(m *testing.M) {
	dir := os.Getenv("RECORD_DIR")
	switch os.Getenv("RECORD_CHILD") {
	case "open":
		db, err := record.Open(context.Background(), dir, record.Options{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = db.Close() // the parent looks at the exit code
		os.Exit(0)
	case "append":
		if err := appendForEver(dir, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(pgtest.Main(m))
}

const crashWriters = 4

// appendForEver goes on where each source stopped, sends the last event again
// first, as a device does after a lost answer, and prints what is acknowledged.
func appendForEver(dir string, out io.Writer) error {
	ctx := context.Background()
	db, err := record.Open(ctx, dir, record.Options{})
	if err != nil {
		return err
	}
	stored, err := db.Journal().Events(ctx, 1, fact.Filter{})
	if err != nil {
		return err
	}
	next := make([]int, crashWriters)
	for _, e := range stored {
		w, err := strconv.Atoi(strings.TrimPrefix(e.Source, "device:"))
		if err != nil {
			return err
		}
		next[w] = max(next[w], int(e.SourceSeq)-1)
	}
	var mu sync.Mutex
	fmt.Fprintln(out, "ready")
	errs := make(chan error)
	for w := range crashWriters {
		go func() {
			for n := next[w]; ; n++ {
				got, err := db.Journal().Append(ctx, plant.TenantNo(1), crashEvent(w, n))
				if err != nil {
					errs <- err
					return
				}
				mu.Lock()
				fmt.Fprintf(out, "%s %d %d\n", got[0].ID, w, n)
				mu.Unlock()
			}
		}()
	}
	return <-errs
}

func crashEvent(w, n int) fact.Event {
	e := event(n)
	e.Source = fmt.Sprint("device:", w)
	e.Payload = fmt.Appendf(nil, `{"n":%d}`, n)
	return e
}

// A process that is killed at any moment has lost nothing it acknowledged,
// stored nothing twice and left a record that opens again. On PostgreSQL two
// of them write, the same events besides.
func TestCrash_KilledProcess(t *testing.T) {
	processes := map[string]int{"SQLite": 1, "PostgreSQL": 2}
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			where := b.where(t)
			told := told{acknowledged: map[string]string{}}
			for range rounds {
				var all sync.WaitGroup
				for range processes[b.name] {
					all.Go(func() { told.untilKilled(t, where) })
				}
				all.Wait()
				checkCrashed(t, where, told.acknowledged)
			}
		})
	}
}

// told is what processes acknowledged: id -> "writer n".
type told struct {
	sync.Mutex
	acknowledged map[string]string
}

// untilKilled runs a process that appends and kills it after a random number
// of acknowledgements, in the middle of whatever it is doing then.
func (w *told) untilKilled(t *testing.T, where string) {
	cmd := child(t, "append", where)
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Error(err)
		return
	}
	left := 1 + rand.IntN(120)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		id, what, _ := strings.Cut(lines.Text(), " ")
		if id != "ready" && strings.Count(what, " ") == 1 {
			w.Lock()
			w.acknowledged[id] = what
			w.Unlock()
			left--
		}
		if left == 0 {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	_ = cmd.Wait() // killed
	if left > 0 {
		t.Errorf("the process ended by itself: %s", complaints.String())
	}
}

func checkCrashed(t *testing.T, dir string, acknowledged map[string]string) {
	t.Helper()
	db, err := record.Open(t.Context(), dir, record.Options{})
	if err != nil {
		t.Fatalf("Open after the kill: %v", err)
	}
	stored, err := db.Journal().Events(t.Context(), 1, fact.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]string{}
	once := map[string]bool{}
	for i, e := range stored {
		what := strings.TrimPrefix(e.Source, "device:") + " " + strconv.FormatUint(e.SourceSeq-1, 10)
		if once[what] {
			t.Errorf("event %s is stored twice", what)
		}
		if want := fmt.Sprintf(`{"n":%d}`, e.SourceSeq-1); string(e.Payload) != want || e.Seq != uint64(i+1) {
			t.Errorf("event %s = %s at %d; want %s at %d", what, e.Payload, e.Seq, want, i+1)
		}
		once[what], there[e.ID] = true, what
	}
	for id, what := range acknowledged {
		if there[id] != what {
			t.Errorf("acknowledged event %s (%s) is lost", id, what)
		}
	}
	if head := db.Journal().Head(1); head != uint64(len(stored)) {
		t.Errorf("Head = %d with %d events", head, len(stored))
	}
	if err := db.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}
