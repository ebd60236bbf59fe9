package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/record/sector"
	"zhigai/sector/tenant"
)

// newTenants makes the desk of the firms on this node, and has everybody asked
// what holds for them.
func (n *node) newTenants() {
	n.sector = tenant.NewDesk(tenant.Options{Store: sector.NewTenants(n.record), Shelf: n.shelf, Parts: tenantParts{n}, Audit: n.access.Record, Now: time.Now})
	n.tenants.changed, n.tenants.each, n.tenants.running = make(chan struct{}, 1), map[plant.TenantNo]*tenantWorks{}, map[plant.TenantNo]func(){}
	n.tenants.list = n.served
	n.access.UseRules(n.tenantRule)
	n.meter = &meter{
		now: time.Now, each: map[plant.TenantNo]*gauged{}, save: n.sector.Count, bytes: n.bytesOf,
		limits: func(ctx context.Context, no plant.TenantNo) (tenant.Limits, bool) {
			t, ok, err := n.sector.Of(ctx, no)
			return t.Limits, err == nil && ok && working(t)
		},
		failed: func(err error) { n.log.Error("usage of tenants", "err", err) },
	}
}

// working reports whether the node works for a tenant: not for one that is being
// deleted.
func working(t tenant.Tenant) bool {
	return t.Served() && (t.Ends.IsZero() || t.Ends.After(time.Now()))
}

// served are the tenants that the node works for now, its own first.
func (n *node) served(ctx context.Context) ([]plant.TenantNo, error) {
	all, err := n.sector.All(ctx)
	out := []plant.TenantNo{homeTenant}
	for _, t := range all {
		if working(t) {
			out = append(out, t.No)
		}
	}
	return out, err
}

// allTenants are those of which the stores keep something.
func (s *stores) allTenants(ctx context.Context) ([]plant.TenantNo, error) {
	all, err := sector.NewTenants(s.record).Tenants(ctx, tenant.Filter{}, 1000)
	out := []plant.TenantNo{homeTenant}
	for _, t := range all {
		out = append(out, t.No)
	}
	return out, err
}

// tenantRule is what holds for the users of a tenant.
func (n *node) tenantRule(ctx context.Context, no plant.TenantNo) (access.TenantRule, error) {
	t, ok, err := n.sector.Of(ctx, no)
	switch {
	case err != nil:
		return access.TenantRule{}, err
	case !ok: // of tests, and of records from before there were tenants
		return access.TenantRule{}, nil
	}
	r := access.TenantRule{Domain: t.ID, MaxUsers: t.Limits.Users}
	if !working(t) {
		r.Closed = fmt.Sprintf("the firm %s is %s on this platform; ask its operator", t.ID, t.State)
	}
	return r, nil
}

// sizer is a store of samples that knows what each tenant takes.
type sizer interface {
	BytesOf(tenant plant.TenantNo) (uint64, error)
	DeleteTenant(ctx context.Context, tenant plant.TenantNo) error
}

func (n *node) bytesOf(no plant.TenantNo) (uint64, error) {
	s, ok := n.history.(sizer)
	if !ok {
		return 0, nil // ClickHouse counts by table
	}
	return s.BytesOf(no)
}

// tenantParts is what the rest of the node does for the desk.
type tenantParts struct{ n *node }

var _ tenant.Parts = tenantParts{}

// read reads a plant file; profiles are known beside those that the node has.
func (p tenantParts) read(plantFile []byte, profiles ...string) (plant.Model, error) {
	return file.Read("plant", plantFile, file.Options{Profiles: append(p.n.profiles.IDs(), profiles...)})
}

// CheckPlant implements tenant.Parts.
func (p tenantParts) CheckPlant(t tenant.Tenant, plantFile []byte, profiles []string) error {
	m, err := p.read(plantFile, profiles...)
	if err != nil {
		return err
	}
	return fitsFirm(t, m)
}

// fitsFirm says what of a plant the firm may not have.
func fitsFirm(t tenant.Tenant, m plant.Model) error {
	var devices int64
	for _, one := range m.Nodes {
		if one.Machine == nil || one.Machine.Device.Driver == "" {
			continue
		}
		devices++
		if why := outside(&t, one.Machine.Device); why != "" {
			return fmt.Errorf("%s: %s", one.Path, why)
		}
	}
	if devices > t.Limits.Devices {
		return fmt.Errorf("the plant has %d devices, the firm may have %d", devices, t.Limits.Devices)
	}
	return nil
}

// MakePlant implements tenant.Parts.
func (p tenantParts) MakePlant(ctx context.Context, t tenant.Tenant, plantFile []byte) error {
	m, err := p.read(plantFile)
	if err != nil {
		return err
	}
	by := access.Node(t.No)
	if err := p.n.plants.Import(access.With(ctx, by), by.Scope, m, plant.MicrosOf(time.Now())); err != nil {
		return err
	}
	return p.n.access.Record(ctx, by, "plant.import", "template "+t.Template, nil, map[string]int{"nodes": len(m.Nodes)})
}

// MakeAdmin implements tenant.Parts.
func (p tenantParts) MakeAdmin(ctx context.Context, t tenant.Tenant, display string) (string, string, error) {
	u, _, err := p.n.access.EnsureAdmin(ctx, t.No, "admin", display, "")
	if err != nil {
		return "", "", err
	}
	link, _, err := p.n.access.CreateLink(ctx, access.Node(t.No), u.ID)
	return u.Name, link, err
}

// Changed implements tenant.Parts: who is served no longer is let go at once.
func (p tenantParts) Changed(ctx context.Context) error {
	p.n.access.Forget()
	p.n.tenants.tell()
	return p.n.reconcile(ctx)
}

// CanDelete implements tenant.Parts.
func (p tenantParts) CanDelete() error {
	if _, ok := p.n.history.(sizer); !ok {
		return errors.New("samples are kept in ClickHouse, of which one tenant's cannot be deleted yet")
	}
	return nil
}

// Delete implements tenant.Parts. The tenant is served no longer: nothing is
// written for it.
func (p tenantParts) Delete(ctx context.Context, t tenant.Tenant) error {
	p.n.tenants.drop(t.No)
	if err := p.n.exports.Drop(t.No); err != nil {
		return err
	}
	for name := range p.n.history.Cursors() {
		if name == sealsCursor(t.No) || name == tenantCursor(t.No) || strings.HasPrefix(name, fmt.Sprintf("north %d ", t.No)) {
			if err := p.n.history.DropCursor(name); err != nil {
				return err
			}
		}
	}
	if err := p.n.forgetDevices(ctx, t.No); err != nil {
		return err
	}
	s, ok := p.n.history.(sizer)
	if !ok {
		return p.CanDelete()
	}
	if err := s.DeleteTenant(ctx, t.No); err != nil {
		return err
	}
	if err := p.n.record.DeleteTenant(ctx, t.No); err != nil {
		return err
	}
	if err := p.n.attachments().DeleteTenant(t.No); err != nil {
		return err
	}
	p.n.fleet.Changed()
	p.n.meter.forget(t.No)
	p.n.access.Forget()
	if err := p.n.forgetFiles(t); err != nil {
		return err
	}
	if p.n.fileRoot == "" {
		return nil
	}
	return os.RemoveAll(filepath.Join(p.n.fileRoot, filepath.FromSlash(tenantTopics), t.ID))
}

// forgetFiles takes away what lies of a tenant in the node's own folder.
func (n *node) forgetFiles(t tenant.Tenant) error {
	at := n.above.Load()
	if at == nil {
		return nil
	}
	key := at.keyOf(t.No)
	for _, name := range []string{key, membershipFile(key), filepath.Join(at.dir, fmt.Sprintf("link-state-%d.json", t.No)), filepath.Join(at.dir, fmt.Sprintf("link-settings-%d.json", t.No))} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// forgetDevices takes away what drivers keep of the tenant's devices, those that
// it has no longer among them, but for what somebody else's device needs too.
func (n *node) forgetDevices(ctx context.Context, no plant.TenantNo) error {
	m, err := n.present(ctx, no)
	if err != nil {
		return err
	}
	gone, err := n.plants.Retired(ctx, access.Scope{Tenant: no}, plant.MicrosOf(time.Now()))
	if err != nil {
		return err
	}
	shared := map[[2]string]bool{}
	n.reconciling.Lock()
	for of, specs := range n.specs {
		for _, s := range specs {
			if of != no {
				shared[[2]string{s.Device.Driver, s.Device.Address}] = true
			}
		}
	}
	n.reconciling.Unlock()
	var failed []error
	for _, one := range append(m.Nodes, gone...) {
		p, ok := n.profileOf(one)
		if !ok || shared[[2]string{one.Machine.Device.Driver, one.Machine.Device.Address}] {
			continue
		}
		for _, d := range n.drivers.List {
			if f, keeps := d.(connect.Forgetter); keeps && d.Kind() == one.Machine.Device.Driver {
				failed = append(failed, f.Forget(p.Device(one.Machine.Device)))
			}
		}
	}
	return errors.Join(failed...)
}

// again ends the parts of a tenant and begins them anew.
func (t *tenants) again(no plant.TenantNo) {
	t.passing.Lock()
	t.mu.Lock()
	stop := t.running[no]
	delete(t.running, no)
	t.mu.Unlock()
	if stop != nil {
		stop()
	}
	t.passing.Unlock()
	t.tell()
}

// drop ends and forgets the parts of a tenant.
func (t *tenants) drop(no plant.TenantNo) {
	t.passing.Lock()
	defer t.passing.Unlock()
	t.mu.Lock()
	w, stop := t.each[no], t.running[no]
	delete(t.each, no)
	delete(t.running, no)
	t.mu.Unlock()
	if stop != nil {
		stop()
	}
	if w != nil {
		w.control.Close()
	}
}

// Standing implements tenant.Parts.
func (p tenantParts) Standing(_ context.Context, t tenant.Tenant, s *tenant.Standing) error {
	for _, d := range p.n.collector.Status() {
		if d.Tenant == t.No {
			s.Devices++
		}
	}
	bytes, err := p.n.bytesOf(t.No)
	s.Bytes = int64(bytes)
	return err
}

// lookForLeaving is how often it is looked whose term is over.
const lookForLeaving = time.Minute

// deleteTenants deletes tenants whose term is over, until ctx ends.
func (n *node) deleteTenants(ctx context.Context) error {
	ticker := time.NewTicker(lookForLeaving)
	defer ticker.Stop()
	for {
		if err := n.sector.DeleteDue(ctx, access.Node(homeTenant)); err != nil && ctx.Err() == nil {
			n.log.Error("tenants that left: will try again", "err", err)
		}
		n.exports.Expire()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
