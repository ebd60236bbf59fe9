package handshake

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

// Options of a desk. All but Follower are required.
type Options struct {
	Store    Store
	Machines Machines
	Live     Live
	Commands Commands
	Alarms   Alarms
	Follower Follower // nil: nobody
	// Held names what else moves a set point by itself now, "" for nothing.
	Held   func(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (string, error)
	NewID  func() string        // a ULID that rises
	Now    func() time.Time     // the clock, which may step
	Passed func() time.Duration // time that passed since some instant, which never steps
	Logger *slog.Logger
}

// Desk is where handshakes are kept and followed. Its methods may be called concurrently.
type Desk struct {
	o      Options
	ctx    context.Context // of runners
	cancel context.CancelFunc
	work   sync.WaitGroup
	handed chan handed // for the follower

	mu      sync.Mutex
	closed  bool
	runners map[key]*runner
	byTag   map[tagKey][]listener
}

type key struct {
	tenant plant.TenantNo
	series string
}

// tagKey names a tag of a tenant.
type tagKey struct {
	tenant plant.TenantNo
	tag    plant.TagNo
}

// listener is an input of a runner that a tag tells of.
type listener struct {
	r     *runner
	input int
	link  bool // the tag tells contact with the device
}

// NewDesk makes a desk. Handshakes run once [Desk.Resume] has returned and see machines
// while [Desk.Run] does.
func NewDesk(o Options) *Desk {
	d := &Desk{o: o, runners: map[key]*runner{}, byTag: map[tagKey][]listener{}, handed: make(chan handed, maxHanded)}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	if o.Follower != nil {
		d.work.Go(d.tellFollower)
	}
	return d
}

// handed is a hand-over that the follower hears of.
type handed struct {
	tenant    plant.TenantNo
	handshake Handshake
	handover  Handover
}

func (d *Desk) tellFollower() {
	for {
		select {
		case <-d.ctx.Done():
			return
		case n := <-d.handed:
			if err := d.o.Follower.Handed(d.ctx, n.tenant, n.handshake, n.handover); err != nil && d.ctx.Err() == nil {
				d.o.Logger.Error("what follows a hand-over is not done", "handshake", n.handshake.Series, "id", n.handover.ID, "err", err)
			}
		}
	}
}

// Close ends what runs and waits for it; the next start finds what was under way.
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

// runner is the handshake that runs, nil for one that is off.
func (d *Desk) runner(tenant plant.TenantNo, series string) *runner {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.runners[key{tenant, series}]
}

// launch lets a handshake run, with the hand-over that was under way, nil for none.
func (d *Desk) launch(ctx context.Context, tenant plant.TenantNo, h Handshake, run Run, left *Handover) (*runner, error) {
	one := newRunner(d, tenant, h, run)
	if err := one.listen(ctx); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	at := key{tenant, h.Series}
	switch {
	case d.closed:
		return nil, conflict("the node is ending")
	case d.runners[at] != nil:
		return d.runners[at], nil
	case len(d.runners) >= maxRunning:
		return nil, conflict("%d handshakes run; that is as many as may run at once", maxRunning)
	}
	d.runners[at] = one
	for tag, all := range one.tags {
		d.byTag[tagKey{tenant, tag}] = append(d.byTag[tagKey{tenant, tag}], all...)
	}
	d.work.Go(func() { one.serve(left) })
	return one, nil
}

// drop forgets a runner that ended.
func (d *Desk) drop(r *runner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.runners, key{r.tenant, r.h.Series})
	for tag := range r.tags {
		at := tagKey{r.tenant, tag}
		var rest []listener
		for _, l := range d.byTag[at] {
			if l.r != r {
				rest = append(rest, l)
			}
		}
		if d.byTag[at] = rest; len(rest) == 0 {
			delete(d.byTag, at)
		}
	}
}

// Holder names the handshake that moves a set point by itself; "" for none.
func (d *Desk) Holder(tenant plant.TenantNo, machine plant.NodeID, signal string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runners {
		if r.tenant == tenant && r.moves[place{machine, signal}] {
			return fmt.Sprintf("handshake %q", r.called)
		}
	}
	return ""
}

// Resume looks after the handshakes of a tenant that a node left behind. A hand-over that
// was under way goes on by what the machines say now, or is given up, as its step declares.
func (d *Desk) Resume(ctx context.Context, tenant plant.TenantNo) error {
	scope := access.Scope{Tenant: tenant}
	all, err := document.ReadAll[Run](d.o.Store.Documents(ctx, Filter{Scope: scope, Kind: KindRun, Open: true, Limit: maxRunning}))
	if err != nil {
		return err
	}
	for _, run := range all {
		h, err := document.Read[Handshake](d.o.Store.Document(ctx, tenant, KindHandshake, run.Handshake))
		if err != nil {
			return fmt.Errorf("handshake %s: %w", run.ID, err)
		}
		open, err := document.ReadAll[Handover](d.o.Store.Documents(ctx, Filter{Scope: scope, Kind: KindHandover, Of: run.ID, Open: true, Limit: 1}))
		if err != nil {
			return err
		}
		var left *Handover
		if len(open) > 0 {
			left = &open[0]
		}
		if _, err := d.launch(ctx, tenant, h, run, left); err != nil {
			d.o.Logger.Error("a handshake does not run", "handshake", run.ID, "err", err)
		}
	}
	return nil
}
