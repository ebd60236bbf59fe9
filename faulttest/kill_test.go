package faulttest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/data"
	. "zhigai/faulttest"
)

// order is what a process that will be killed is told.
type order struct {
	Dir   string
	Seed  uint64
	Lanes [Lanes]Resume
}

// places are the folders of a plant on this machine's disk.
func places(dir string) Places {
	return Places{History: filepath.Join(dir, "history"), Record: filepath.Join(dir, "record")}
}

// work is that process: it goes on where each source stopped and prints what is
// acknowledged.
func work(ctx context.Context, raw string) error {
	var o order
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		return err
	}
	clock := NewClock()
	clock.Set(Script{Seed: o.Seed}.End(o.Lanes[0].Next))
	p, err := Open(ctx, places(o.Dir), clock, data.FS)
	if err != nil {
		return err
	}
	defer p.Follow(p.Feed())()
	var mu sync.Mutex
	errs := make(chan error)
	for lane, from := range o.Lanes {
		s := Source{Script: Script{Seed: o.Seed, Lane: lane}, Ledger: from.Ledger(), Plant: p}
		go func() {
			for n := from.Next; ; n++ {
				id, err := s.Resume(ctx, n, n == from.Next)
				if err != nil {
					errs <- fmt.Errorf("lane %d step %d: %w", lane, n, err)
					return
				}
				mu.Lock()
				fmt.Printf("told %d %d %s\n", lane, n, id)
				mu.Unlock()
			}
		}()
	}
	return <-errs
}

// TestKill kills a process at random moments, again and again, and compares
// what it told with what is there.
func TestKill(t *testing.T) {
	long(t)
	plants, kills := 1, 4
	if thorough() {
		plants, kills = 46, 10
	}
	for i := range plants {
		t.Run(fmt.Sprint("plant ", i+1), func(t *testing.T) {
			t.Parallel()
			killed(t, uint64(i+1), kills)
		})
	}
}

// killed lets one plant live through the kills.
func killed(t *testing.T, seed uint64, kills int) {
	dir := t.TempDir()
	var sum Report
	var ledgers []*Ledger
	for range Lanes {
		ledgers = append(ledgers, NewLedger())
	}
	r := rand.New(rand.NewPCG(seed, 3))
	for k := range kills {
		if err := untilKilled(t.Context(), dir, seed, ledgers, 1+r.IntN(120)); err != nil {
			t.Fatalf("seed %d, kill %d: %v", seed, k, err)
		}
		got, err := afterKill(t.Context(), dir, seed, k, ledgers)
		if err != nil || !got.Whole() {
			t.Fatalf("seed %d, kill %d: %v %s", seed, k, err, &got)
		}
		sum.Add(got)
		count(&got, true)
	}
	t.Logf("kills %d, %s", kills, &sum)
}

// untilKilled runs the process until it has told n things.
func untilKilled(ctx context.Context, dir string, seed uint64, ledgers []*Ledger, n int) error {
	o := order{Dir: dir, Seed: seed}
	for lane, l := range ledgers {
		o.Lanes[lane] = l.Resume()
	}
	raw, err := json.Marshal(o)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "FAULT_ORDER="+string(raw))
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var lane, step int
		var id string
		if k, _ := fmt.Sscanf(lines.Text(), "told %d %d %s", &lane, &step, &id); k < 2 {
			continue // cut off by the kill
		}
		ledgers[lane].Note(Script{Seed: seed, Lane: lane}.Op(step), step, id)
		if n--; n == 0 {
			if err := cmd.Process.Kill(); err != nil {
				return err
			}
		}
	}
	_ = cmd.Wait() // killed
	if n > 0 {
		return errors.New("the process ended by itself: " + complaints.String())
	}
	return nil
}

func afterKill(ctx context.Context, dir string, seed uint64, kill int, ledgers []*Ledger) (r Report, err error) {
	clock := NewClock()
	last := 0
	for _, l := range ledgers {
		last = max(last, l.Next())
	}
	// Later than the look after the kill before, also when no source came
	// further: figures of the running hour may be seconds old.
	clock.Set(Script{Seed: seed}.End(last).Add(time.Duration(kill+1) * time.Minute))
	p, err := Open(ctx, places(dir), clock, data.FS)
	if err != nil {
		return r, fmt.Errorf("open what is left: %w", err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return Check(ctx, p, seed, ledgers)
}
