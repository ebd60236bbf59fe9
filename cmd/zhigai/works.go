package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/access"
	"zhigai/evidence"
	"zhigai/evidence/requests"
	"zhigai/evidence/seals"
	"zhigai/link/sharing"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/shop/control"
	"zhigai/web"
)

// tenantWorks are what the node runs for one tenant alone. All other rooms are told
// the tenant with every question.
type tenantWorks struct {
	tenant  plant.TenantNo
	control *control.Desk
	north   *north.Desk
	book    *seals.Book
	asked   evidenceDesk
	// sharing is what the tenant shares with nodes above; to send it is the way
	// there, nil without one.
	sharing *sharing.Desk
	to      atomic.Pointer[uplink]
}

// newWorks makes the parts of a tenant; nothing runs yet.
func (n *node) newWorks(tenant plant.TenantNo) *tenantWorks {
	w := &tenantWorks{tenant: tenant, north: n.newNorth(tenant), book: n.bookOf(tenant, n.logOf(tenant), time.Now), sharing: n.newSharing(tenant)}
	w.asked = n.newRequests(tenant, w.book, w.sharing)
	w.control = control.NewDesk(control.Options{
		Tenant: tenant, Node: n.id.ID, Journal: n.record.Journal(), Plants: n.plants, Profiles: n.profiles, Devices: n.collector, Audit: n.access, Rights: n.access,
		NewID: n.record.NewID, Now: time.Now, Logger: n.logOf(tenant),
	})
	return w
}

// logOf is the log with the tenant in every line that is about one alone; the
// node's own tenant is not named.
func (n *node) logOf(tenant plant.TenantNo) *slog.Logger {
	if tenant == homeTenant {
		return n.log
	}
	return n.log.With("tenant", tenant)
}

// tenants are those that the node works for, with their parts.
type tenants struct {
	// list gives those that are served now, the node's own first.
	list    func(ctx context.Context) ([]plant.TenantNo, error)
	changed chan struct{} // somebody was taken in, or is served no longer

	passing sync.Mutex // held while it is decided what runs

	mu      sync.Mutex
	each    map[plant.TenantNo]*tenantWorks
	running map[plant.TenantNo]func() // ends what runs of a tenant and waits
	closed  bool
}

// worksOf are the parts of a tenant, made when they are asked for first.
func (n *node) worksOf(tenant plant.TenantNo) *tenantWorks {
	n.tenants.mu.Lock()
	defer n.tenants.mu.Unlock()
	w := n.tenants.each[tenant]
	if w == nil {
		w = n.newWorks(tenant)
		if n.tenants.closed {
			w.control.Close()
		}
		n.tenants.each[tenant] = w
	}
	return w
}

// made are the parts that were made so far.
func (t *tenants) made() []*tenantWorks {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.each))
}

// close ends commands under way, of every tenant.
func (t *tenants) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	for _, w := range t.made() {
		w.control.Close()
	}
}

// tell makes the node look at its tenants again.
func (t *tenants) tell() {
	select {
	case t.changed <- struct{}{}:
	default: // it will look anyway
	}
}

// eachTenant does something for every tenant. What fails for one is logged and
// holds no other up; the error is that of the list, or of the context.
func (n *node) eachTenant(ctx context.Context, what string, do func(ctx context.Context, tenant plant.TenantNo) error) error {
	all, err := n.tenants.list(ctx)
	if err != nil {
		return fmt.Errorf("tenants: %w", err)
	}
	for _, t := range all {
		if err := do(ctx, t); err != nil && ctx.Err() == nil {
			n.logOf(t).Error(what, "err", err)
		}
	}
	return ctx.Err()
}

// eachTenantEvery does something for every tenant, at once and then again and again,
// until ctx ends. What fails is said and tried again.
func (n *node) eachTenantEvery(ctx context.Context, every time.Duration, what string, do func(ctx context.Context, tenant plant.TenantNo) error) error {
	for {
		if err := n.eachTenant(ctx, what, do); err != nil && ctx.Err() == nil {
			n.log.Error(what, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// resume brings the commands of every tenant to an end that were under way when
// the node ended. Nothing is ordered before.
func (n *node) resume(ctx context.Context) error {
	if err := n.control.Resume(ctx); err != nil {
		return err
	}
	return n.eachTenant(ctx, "commands before the start are not known: none is taken", func(ctx context.Context, t plant.TenantNo) error {
		if t == homeTenant {
			return errors.Join(n.process.Resume(ctx, t), n.loops.Resume(ctx, t), n.handshakes.Resume(ctx, t))
		}
		return errors.Join(n.worksOf(t).control.Resume(ctx), n.process.Resume(ctx, t), n.loops.Resume(ctx, t), n.handshakes.Resume(ctx, t))
	})
}

// lookForTenants is how soon a tenant is seen that another process took in.
const lookForTenants = 30 * time.Second

// serveTenants runs what each tenant has of its own, for as long as the tenant
// is served, until ctx ends.
func (n *node) serveTenants(ctx context.Context) error {
	defer n.passTenants(ctx, func(context.Context) ([]plant.TenantNo, error) { return nil, nil })
	ticker := time.NewTicker(lookForTenants)
	defer ticker.Stop()
	for {
		n.passTenants(ctx, n.tenants.list)
		select {
		case <-ctx.Done():
			return nil
		case <-n.tenants.changed:
		case <-ticker.C:
		}
	}
}

// passTenants makes what runs that which the list says.
func (n *node) passTenants(ctx context.Context, list func(context.Context) ([]plant.TenantNo, error)) {
	n.tenants.passing.Lock()
	defer n.tenants.passing.Unlock()
	all, err := list(ctx)
	if err != nil && ctx.Err() == nil {
		n.log.Error("tenants are not read", "err", err) // what runs goes on
	}
	n.tenants.mu.Lock()
	running := n.tenants.running
	n.tenants.mu.Unlock()
	for _, t := range all {
		if running[t] == nil {
			running[t] = n.serve(ctx, n.worksOf(t))
		}
	}
	for t, stop := range running {
		if err == nil && !slices.Contains(all, t) {
			stop()
			delete(running, t)
		}
	}
}

// serve runs the parts of a tenant; the function that it gives ends them and
// waits.
func (n *node) serve(ctx context.Context, w *tenantWorks) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	part := func(name string, run func() error) { all.Go(func() { n.work(ctx, name, run) }) }
	part("seals", func() error { return w.book.Run(ctx) })
	part("north", func() error { return w.north.Run(ctx) })
	part("exchange", func() error { return n.exchange.Run(ctx, w.tenant) })
	if w.tenant != homeTenant { // the node's own goes up for as long as the node runs
		if err := n.linkUp(ctx, w); err != nil {
			n.logOf(w.tenant).Error("nothing goes to the node above", "err", err)
		}
	}
	if u := w.to.Load(); u != nil && w.tenant != homeTenant {
		part("uplink", func() error { return u.child.Run(ctx) })
		part("settings", func() error { return u.settings.Run(ctx) })
	}
	if n.replica == nil { // replicas do not collect
		part("discovery", func() error { return n.discovery.Run(ctx, w.tenant) })
	}
	return func() {
		cancel()
		all.Wait()
		if w.tenant != homeTenant {
			w.to.Store(nil)
		}
	}
}

// controls take orders for the tenant of who gives them.
type controls struct{ n *node }

func (c controls) of(tenant plant.TenantNo) *control.Desk { return c.n.worksOf(tenant).control }

func (c controls) Order(ctx context.Context, by access.Principal, o control.Order) (control.Command, error) {
	return c.of(by.Scope.Tenant).Order(ctx, by, o)
}

func (c controls) Wait(ctx context.Context, scope access.Scope, id string) (control.Command, error) {
	return c.of(scope.Tenant).Wait(ctx, scope, id)
}

func (c controls) Command(ctx context.Context, scope access.Scope, id string) (control.Command, error) {
	return c.of(scope.Tenant).Command(ctx, scope, id)
}

func (c controls) Decide(ctx context.Context, by access.Principal, id string, approve bool, note string) (control.Command, error) {
	return c.of(by.Scope.Tenant).Decide(ctx, by, id, approve, note)
}

func (c controls) List(ctx context.Context, scope access.Scope, f control.Filter) (control.Page, error) {
	return c.of(scope.Tenant).List(ctx, scope, f)
}

func (c controls) Beat(ctx context.Context, by access.Principal, node plant.NodeID, signal string, count uint64) error {
	return c.of(by.Scope.Tenant).Beat(ctx, by, node, signal, count)
}

func (c controls) Points(ctx context.Context, scope access.Scope, node plant.NodeID) ([]control.SetPoint, error) {
	return c.of(scope.Tenant).Points(ctx, scope, node)
}

// norths keep the targets of each tenant.
type norths struct{ n *node }

func (t norths) List(ctx context.Context, tenant plant.TenantNo) ([]north.Row, error) {
	return t.n.worksOf(tenant).north.List(ctx, tenant)
}

func (t norths) Save(ctx context.Context, tenant plant.TenantNo, one north.Target, rev int64) (north.Target, error) {
	if !one.Off {
		if err := t.n.mayReach(ctx, tenant); err != nil {
			return north.Target{}, err
		}
	}
	return t.n.worksOf(tenant).north.Save(ctx, tenant, one, rev)
}

func (t norths) Drop(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error {
	return t.n.worksOf(tenant).north.Drop(ctx, tenant, id, rev)
}

func (t norths) Test(ctx context.Context, tenant plant.TenantNo, one north.Target) error {
	if err := t.n.mayReach(ctx, tenant); err != nil {
		return err
	}
	return t.n.worksOf(tenant).north.Test(ctx, tenant, one)
}

// askedOf are requests for evidence at the desk of the tenant of who asks.
type askedOf struct{ n *node }

func (a askedOf) desk(ctx context.Context) evidenceDesk {
	return a.n.worksOf(web.Who(ctx).Scope.Tenant).asked
}

func (a askedOf) Received(ctx context.Context) ([]requests.Request, error) {
	return a.desk(ctx).Received(ctx)
}

func (a askedOf) Made(ctx context.Context) ([]requests.Request, error) { return a.desk(ctx).Made(ctx) }

func (a askedOf) Ask(ctx context.Context, w requests.Wish) (requests.Shown, error) {
	return a.desk(ctx).Ask(ctx, w)
}

func (a askedOf) Look(ctx context.Context, person string, equipment plant.NodeID) (requests.Shown, error) {
	return a.desk(ctx).Look(ctx, person, equipment)
}

func (a askedOf) State(ctx context.Context, person string, equipment plant.NodeID, id string) (requests.Shown, error) {
	return a.desk(ctx).State(ctx, person, equipment, id)
}

func (a askedOf) Page(ctx context.Context, w requests.Wish, id, tag string, day evidence.Day, hour int) (requests.Shown, error) {
	return a.desk(ctx).Page(ctx, w, id, tag, day, hour)
}

func (a askedOf) Decide(ctx context.Context, by, id string, d requests.Decision) (requests.Request, error) {
	return a.desk(ctx).Decide(ctx, by, id, d)
}
