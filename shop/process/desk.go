package process

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
	Commands Commands
	Jobs     Jobs
	Use      Use
	History  History
	Alarms   Alarms
	NewID    func() string // a ULID that rises
	Now      func() time.Time
	Logger   *slog.Logger
}

// Desk is where recipes are kept, downloaded and held against what ran. Its methods
// may be called concurrently.
type Desk struct {
	o      Options
	ctx    context.Context // of downloads
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	loading map[loading]chan struct{} // machines that are being loaded; closed at each news

	following sync.Mutex // one round of [Desk.Follow] at a time
	followers map[plant.TenantNo]map[Run]*follower
}

type loading struct {
	tenant  plant.TenantNo
	machine plant.NodeID
}

// NewDesk makes a desk. Downloads begin once [Desk.Resume] has returned.
func NewDesk(o Options) *Desk {
	d := &Desk{o: o, loading: map[loading]chan struct{}{}, followers: map[plant.TenantNo]map[Run]*follower{}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// Close gives up downloads under way and waits for them; the next start finds what
// was not ended.
func (d *Desk) Close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.cancel()
	d.work.Wait()
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// save writes a thing as a document at a place.
func (d *Desk) save(ctx context.Context, tenant plant.TenantNo, doc Document, thing any, seen int64) error {
	return document.Save(ctx, d.o.Store, tenant, doc, thing, seen, d.now())
}

// machine finds a node where the asker has a right.
func (d *Desk) machine(ctx context.Context, who access.Principal, node plant.NodeID, right access.Permission) (Machine, error) {
	m, err := d.o.Machines.Machine(ctx, who.Scope.Tenant, node)
	if err != nil {
		return Machine{}, err
	}
	if err := who.Reach(right, m.Path, fmt.Errorf("%w: node %s", access.ErrNotFound, node)); err != nil {
		return Machine{}, err
	}
	return m, nil
}
