package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"zhigai/data"
	. "zhigai/faulttest"
)

// base is a plant that has just been made, on a disk from which every run gets
// a copy.
func base(t testing.TB) *Disk {
	t.Helper()
	d := NewDisk(t.TempDir(), 0, Fault{})
	t.Cleanup(d.Close)
	p, err := Open(t.Context(), On(d), NewClock(), data.FS)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

// run is one plant on one disk with one fault.
type run struct {
	seed   uint64
	fault  Fault
	steps  int
	lies   bool              // the disk's fsync
	mangle func(*Plant) Feed // what the folds follow; nil: what they follow in a node
	follow bool              // let the folds follow while the script runs
	fired  bool              // the fault happened
	after  func(*Disk) error // done to the disk before it is looked at
}

// drive runs the script into the fault, then looks at what is left as a node
// would after a restart.
func (x *run) drive(ctx context.Context, from *Disk, folder func() string) (Report, error) {
	disk, err := from.Copy(folder(), x.seed, x.fault)
	if err != nil {
		return Report{}, err
	}
	defer disk.Close()
	disk.Lies = x.lies
	ledger := NewLedger()
	told := ledger
	disk.Lost = func() { told = ledger.Copy() }
	if err := x.script(ctx, disk, ledger); err != nil {
		return Report{}, err
	}
	// After every other fault the power goes, too: what the disk refused to keep
	// is gone then, whatever it said to a second try.
	if x.fired = disk.Fired(); x.lies || x.fault.Kind == PowerLoss || x.fired && x.fault.At%2 == 0 {
		if err := disk.Cut(); err != nil {
			return Report{}, err
		}
	}
	left := disk.After()
	if left == nil { // the process ends, the disk is as the fault left it
		if left, err = disk.Copy(folder(), x.seed, Fault{}); err != nil {
			return Report{}, err
		}
	}
	defer left.Close()
	if x.after != nil {
		if err := x.after(left); err != nil {
			return Report{}, err
		}
	}
	return x.look(ctx, left, told)
}

// afterwards is how many steps are tried behind a fault: what is acknowledged
// then must be kept, too.
const afterwards = 8

// script opens the plant and does the steps until one fails.
func (x *run) script(ctx context.Context, disk *Disk, ledger *Ledger) error {
	clock := NewClock()
	p, err := Open(ctx, On(disk), clock, data.FS)
	if err != nil {
		if !disk.Fired() {
			return err
		}
		return nil // a node that does not start has acknowledged nothing
	}
	stop := func() {}
	if x.follow {
		feed := p.Feed()
		if x.mangle != nil {
			feed = x.mangle(p)
		}
		stop = p.Follow(feed)
	}
	s := Source{Script: Script{Seed: x.seed}, Ledger: ledger, Plant: p}
	for n, left := 0, afterwards; n < x.steps && left > 0 && disk.After() == nil; n++ {
		_, err := s.Step(ctx, n)
		if errors.Is(err, ErrDoubled) || err != nil && !disk.Fired() {
			return fmt.Errorf("step %d: %w", n, err)
		}
		if disk.Fired() {
			left--
		}
	}
	stop()
	if err := p.Close(); err != nil && !disk.Fired() {
		return err
	}
	return nil
}

func (x *run) look(ctx context.Context, left *Disk, told *Ledger) (r Report, err error) {
	clock := NewClock()
	clock.Set(Script{Seed: x.seed}.End(x.steps))
	p, err := Open(ctx, On(left), clock, data.FS)
	if err != nil {
		return r, fmt.Errorf("open what is left: %w", err)
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	return Check(ctx, p, x.seed, []*Ledger{told})
}

func (x run) String() string {
	return fmt.Sprintf("seed %d, %s; again with: go test ./faulttest -run TestOne -seed %d -kind %d -layer %d -at %d", x.seed, x.fault, x.seed, x.fault.Kind, x.fault.On, x.fault.At)
}

// must fails the test when anything of the run is not as it should be.
func (x *run) must(t *testing.T, from *Disk) Report {
	t.Helper()
	r, err := x.drive(t.Context(), from, t.TempDir)
	if err != nil {
		t.Fatalf("%s: %v", x, err)
	}
	if !r.Whole() {
		t.Fatalf("%s: %s", x, &r)
	}
	return r
}

// thorough says that this is no quick look: make fault.
func thorough() bool { return os.Getenv("ZHIGAI_FAULT") != "" }

// told prints how many runs there were and what they compared.
func told(t *testing.T, runs int, r *Report) {
	t.Helper()
	t.Logf("runs %d, %s", runs, r)
}

// TestNothingBreaks is the script without a fault: the check itself is right.
func TestNothingBreaks(t *testing.T) {
	from := base(t)
	for seed := range uint64(3) {
		x := run{seed: seed, steps: 120, follow: true}
		r := x.must(t, from)
		t.Log(&r)
		if r.Points < 100 || r.Events == 0 || r.Forms == 0 || r.Figures == 0 {
			t.Errorf("little was checked: %s", &r)
		}
	}
}

// TestFaults breaks write 1, 2, 3 … of each journal in every way, until a
// script comes to its end before the fault comes. A quick look leaves out most
// numbers.
func TestFaults(t *testing.T) {
	from := base(t)
	for _, on := range []Layer{History, Record} {
		for _, kind := range []Kind{Fails, Dies, Full, Short} {
			t.Run(fmt.Sprint(kind, " on ", on), func(t *testing.T) {
				t.Parallel()
				var sum Report
				runs := 0
				for at := int64(1); ; at += stride(at) {
					x := run{seed: 1, steps: 40, fault: Fault{Kind: kind, On: on, At: at}}
					sum.Add(x.must(t, from))
					runs++
					if !x.fired {
						told(t, runs, &sum)
						return
					}
				}
			})
		}
	}
}

// stride leaves out numbers in a quick look, less of the first ones.
func stride(at int64) int64 {
	if thorough() {
		return 1
	}
	return 1 + at/5
}

// TestPowerLoss takes the power away at write 1, 2, 3 … of each journal, while
// the folds follow.
func TestPowerLoss(t *testing.T) {
	from := base(t)
	for _, on := range []Layer{History, Record} {
		t.Run(on.String(), func(t *testing.T) {
			t.Parallel()
			var sum Report
			runs := 0
			for at := int64(1); ; at += stride(at) {
				x := run{seed: uint64(at), steps: 60, follow: true, fault: Fault{Kind: PowerLoss, On: on, At: at}}
				sum.Add(x.must(t, from))
				runs++
				if !x.fired {
					told(t, runs, &sum)
					return
				}
			}
		})
	}
}
