package loop

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store    Store
	Machines Machines
	Live     Live
	Commands Commands
	Alarms   Alarms
	// Held names what else moves a set point by itself now, "" for nothing; nil where
	// nothing else does.
	Held func(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (string, error)
	// Period names the tariff period that runs at a machine, "" where nobody knows; nil
	// where there are no tariffs.
	Period func(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (string, error)
	NewID  func() string        // a ULID that rises
	Now    func() time.Time     // the clock, which may step
	Passed func() time.Duration // time that passed since some instant, which never steps
	Logger *slog.Logger
}

// Desk is where loops are kept and run. Its methods may be called concurrently.
type Desk struct {
	o      Options
	ctx    context.Context // of runners
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	runners map[key]*runner
}

type key struct {
	tenant plant.TenantNo
	series string
}

// NewDesk makes a desk. Loops run once [Desk.Resume] has returned.
func NewDesk(o Options) *Desk {
	d := &Desk{o: o, runners: map[key]*runner{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close ends the scans and waits for them; the next start finds what ran.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

func (d *Desk) save(ctx context.Context, tenant plant.TenantNo, doc document.Document, thing any, seen int64) error {
	return document.Save(ctx, d.o.Store, tenant, doc, thing, seen, d.now())
}

// machine finds a machine where the asker has a right.
func (d *Desk) machine(ctx context.Context, who access.Principal, node plant.NodeID, right access.Permission) (Machine, error) {
	m, err := d.o.Machines.Machine(ctx, who.Scope.Tenant, node)
	if err != nil {
		return Machine{}, err
	}
	if err := who.Reach(right, m.Path, fmt.Errorf("%w: machine %s", access.ErrNotFound, node)); err != nil {
		return Machine{}, err
	}
	return m, nil
}

// runner is the loop that runs, nil for one that is off.
func (d *Desk) runner(tenant plant.TenantNo, series string) *runner {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.runners[key{tenant, series}]
}

// launch runs a loop.
func (d *Desk) launch(tenant plant.TenantNo, l Loop, r Run) (*runner, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	at := key{tenant, l.Series}
	switch {
	case d.closed:
		return nil, conflict("the node is ending")
	case d.runners[at] != nil:
		return d.runners[at], nil
	case len(d.runners) >= maxLoops:
		return nil, conflict("%d loops run; that is as many as may run at once", maxLoops)
	}
	one := newRunner(d, tenant, l, r)
	d.runners[at] = one
	d.work.Go(one.serve)
	return one, nil
}

// Resume looks after the loops of a tenant that a node left behind: what was in auto is
// suspended, with what it declared for that, and what a person had goes on in manual.
// Nothing is in auto before a person says so again.
func (d *Desk) Resume(ctx context.Context, tenant plant.TenantNo) error {
	all, err := document.ReadAll[Run](d.o.Store.Documents(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Kind: KindRun, Open: true, Limit: maxLoops}))
	if err != nil {
		return err
	}
	for _, run := range all {
		l, err := document.Read[Loop](d.o.Store.Document(ctx, tenant, KindLoop, run.Loop))
		if err != nil {
			return fmt.Errorf("loop %s: %w", run.ID, err)
		}
		was := run.Mode
		if was == Auto || was == Tuning {
			run.Mode = Manual // until the runner trips it
		}
		one, err := d.launch(tenant, l, run)
		if err != nil {
			return err
		}
		if was == Auto || was == Tuning {
			d.o.Logger.Warn("a loop ran when the node ended", "loop", run.ID, "machine", l.Path)
			if err := one.do(ctx, func() error {
				return one.trip("the node started anew while the loop was in "+string(was), l.Safe.Action)
			}); err != nil {
				return err
			}
		}
	}
	return nil
}
