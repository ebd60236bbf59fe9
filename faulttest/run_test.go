package faulttest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
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
	lies   [2]bool           // the disk's fsync
	blind  bool              // of flipped bits
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
	if x.fired = disk.Fired(); x.lies != [2]bool{} || x.fault.Kind == PowerLoss || x.fired && x.fault.At%2 == 0 {
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
	left.Blind = x.blind
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
	return fmt.Sprintf("seed %d, %s; again with: go test ./faulttest -run TestOne -seed %d -kind %d -layer %d -at %d -steps %d", x.seed, x.fault, x.seed, x.fault.Kind, x.fault.On, x.fault.At, x.steps)
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
func thorough() bool { return os.Getenv("ZHIGAI_FAULT") == "all" }

// long leaves a test to make fault, which make test calls in its short form.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("ZHIGAI_FAULT") == "" {
		t.Skip("part of make fault")
	}
}

// all is what all tests of this run found.
var all struct {
	sync.Mutex
	Report
	cycles, faults int
}

// count adds a report to what is told at the end; killed is a process that was
// killed, not a fault.
func count(r *Report, killed bool) {
	all.Lock()
	defer all.Unlock()
	all.Add(*r)
	if killed {
		all.cycles++
	} else {
		all.faults++
	}
}

// TestMain turns the test binary into the process that is killed.
func TestMain(m *testing.M) {
	if raw := os.Getenv("FAULT_ORDER"); raw != "" {
		if err := work(context.Background(), raw); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	code := m.Run()
	if thorough() || testing.Verbose() {
		fmt.Printf("cycles %d, faults %d, %s\n", all.cycles, all.faults, &all.Report)
	}
	os.Exit(code)
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

// everything is a seed whose first steps are of every kind.
const everything = 24

// TestFaults breaks write 1, 2, 3 … of each journal in every way, until a
// script comes to its end before the fault comes. A quick look leaves out most
// numbers.
func TestFaults(t *testing.T) {
	long(t)
	from := base(t)
	for _, on := range []Layer{History, Record} {
		for _, kind := range []Kind{Fails, Dies, Full, Short} {
			t.Run(fmt.Sprint(kind, " on ", on), func(t *testing.T) {
				t.Parallel()
				var sum Report
				runs := 0
				for at := int64(1); ; at += stride(at) {
					x := run{seed: everything, steps: 24, fault: Fault{Kind: kind, On: on, At: at}}
					r := x.must(t, from)
					sum.Add(r)
					runs++
					if !x.fired {
						t.Logf("runs %d, %s", runs, &sum)
						return
					}
					count(&r, false)
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
	long(t)
	from := base(t)
	for _, on := range []Layer{History, Record} {
		t.Run(on.String(), func(t *testing.T) {
			t.Parallel()
			var sum Report
			runs := 0
			for at := int64(1); ; at += stride(at) {
				x := run{seed: uint64(at), steps: 32, follow: true, fault: Fault{Kind: PowerLoss, On: on, At: at}}
				r := x.must(t, from)
				sum.Add(r)
				runs++
				if !x.fired {
					t.Logf("runs %d, %s", runs, &sum)
					return
				}
				count(&r, false)
			}
		})
	}
}

// What TestOne runs: the line that a failure prints.
var (
	oneSeed  = flag.Uint64("seed", 0, "seed of the run")
	oneKind  = flag.Int("kind", 0, "kind of the fault")
	oneLayer = flag.Int("layer", 0, "layer of the fault")
	oneAt    = flag.Int64("at", 0, "write at which it happens; 0: no such run")
	oneSteps = flag.Int("steps", 40, "steps of the script")
)

// TestOne is one run again.
func TestOne(t *testing.T) {
	if *oneAt == 0 {
		t.Skip("for failures to be seen again")
	}
	kind := Kind(*oneKind)
	x := run{seed: *oneSeed, steps: *oneSteps, follow: kind == PowerLoss, fault: Fault{Kind: kind, On: Layer(*oneLayer), At: *oneAt}}
	r := x.must(t, base(t))
	t.Log(&r)
}
