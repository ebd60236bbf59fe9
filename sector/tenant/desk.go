package tenant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Parts is what the desk has done by the rest of the node.
type Parts interface {
	// CheckPlant says what is wrong with a plant file of a tenant; profiles are
	// those that its template brings along.
	CheckPlant(t Tenant, plantFile []byte, profiles []string) error
	// MakePlant makes the plant of the file.
	MakePlant(ctx context.Context, t Tenant, plantFile []byte) error
	// MakeAdmin makes the administrator with whom the tenant begins and gives the
	// secret of a link that signs him in once.
	MakeAdmin(ctx context.Context, t Tenant, display string) (user, link string, err error)
	// Changed is told when who is served, or what somebody may use, changed.
	Changed(ctx context.Context) error
	// CanDelete says why a tenant could not be deleted on this node; nil: it can.
	CanDelete() error
	// Delete deletes all that the node keeps of the tenant but the audit. It may be
	// called again when it failed.
	Delete(ctx context.Context, t Tenant) error
	// Standing completes what the store counts.
	Standing(ctx context.Context, t Tenant, s *Standing) error
}

// Options of a desk. All are required.
type Options struct {
	Store Store
	Shelf *Shelf
	Parts Parts
	Audit func(ctx context.Context, by access.Principal, action, object string, before, after any) error
	Now   func() time.Time
	Term  time.Duration // between leaving and deletion
}

// Desk takes firms in and lets them go. Its methods may be called concurrently.
type Desk struct {
	o      Options
	making sync.Mutex // a name is looked up and taken in one step

	mu    sync.Mutex
	known []Tenant // by number, without those that are deleted; nil: not read
	read  time.Time
}

// knownFor is how long what is known is not read again: what another process
// changes is seen after it.
const knownFor = 10 * time.Second

// NewDesk makes a desk.
func NewDesk(o Options) *Desk {
	if o.Term == 0 {
		o.Term = DefaultTerm
	}
	return &Desk{o: o}
}

// All are the tenants that are not deleted, by number.
func (d *Desk) All(ctx context.Context) ([]Tenant, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := d.o.Now(); d.known != nil && !now.Before(d.read) && now.Sub(d.read) < knownFor {
		return d.known, nil
	}
	all, err := d.o.Store.Tenants(ctx, Filter{}, maxTenants)
	if err != nil {
		if d.known != nil {
			return d.known, nil // the record is away: nobody is turned out because of it
		}
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t Tenant) bool { return t.State == Deleted })
	slices.SortFunc(all, func(a, b Tenant) int { return cmp.Compare(a.No, b.No) })
	d.known, d.read = append([]Tenant{}, all...), d.o.Now()
	return d.known, nil
}

// Of is the tenant of a number; false for the node's own, and for one that is
// not there.
func (d *Desk) Of(ctx context.Context, no plant.TenantNo) (Tenant, bool, error) {
	all, err := d.All(ctx)
	i := slices.IndexFunc(all, func(t Tenant) bool { return t.No == no })
	if err != nil || i < 0 {
		return Tenant{}, false, err
	}
	return all[i], true, nil
}

func (d *Desk) changed(ctx context.Context) error {
	d.mu.Lock()
	d.known = nil
	d.mu.Unlock()
	return d.o.Parts.Changed(ctx)
}

// New is a firm to be taken in.
type New struct {
	ID     string            `json:"id"`
	Name   plant.Name        `json:"name"`
	Code   string            `json:"code,omitempty"`
	Set    map[string]string `json:"set,omitempty" doc:"Parameters of the template"`
	Limits *Limits           `json:"limits,omitempty" doc:"Instead of the template's, or of the defaults"`
}

// Made is a firm that was taken in. The link is shown this once.
type Made struct {
	Tenant Tenant `json:"tenant"`
	User   string `json:"user"`
	Link   string `json:"link" doc:"Secret of a link that signs the administrator in, once, within a day"`
}

// Problem is what stands against taking in the firm at a place of the list.
type Problem struct {
	Row  int    `json:"row"` // from 0
	What string `json:"what"`
}

// Problems are all that were found; nothing was made then.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, one := range p {
		lines[i] = fmt.Sprintf("row %d: %s", one.Row+1, one.What)
	}
	return strings.Join(lines, "\n")
}

// Is makes problems an ErrInvalid.
func (Problems) Is(target error) bool { return target == ErrInvalid }

// MaxAdded bounds how many firms are taken in at once.
const MaxAdded = 200

// Check says what stands against taking the firms in. template may be nil: then
// they begin with an empty plant.
func (d *Desk) Check(ctx context.Context, template *Template, firms []New) error {
	_, _, err := d.plan(ctx, template, firms)
	return err
}

type planned struct {
	tenant Tenant
	plant  []byte
}

// plan checks everything before the first is made; files are what the template
// brings along.
func (d *Desk) plan(ctx context.Context, template *Template, firms []New) (_ []planned, files []File, err error) {
	if len(firms) == 0 || len(firms) > MaxAdded {
		return nil, nil, fmt.Errorf("%w: %d firms; take in 1 to %d at once", ErrInvalid, len(firms), MaxAdded)
	}
	var profiles []string
	if template != nil && len(template.Profiles)+len(template.Definitions) > 0 {
		if files, err = d.o.Shelf.library.Check(template.files()); err != nil {
			return nil, nil, err
		}
		for _, f := range files {
			if f.Kind == ProfileFile {
				profiles = append(profiles, f.ID)
			}
		}
	}
	out := make([]planned, len(firms))
	var problems Problems
	ids, codes := map[string]int{}, map[string]int{}
	for i, f := range firms {
		one, err := d.planOne(ctx, template, f, profiles)
		if at, twice := ids[f.ID]; err == nil && twice {
			err = fmt.Errorf("%w: the id %s stands in row %d, too", ErrInvalid, f.ID, at+1)
		}
		if at, twice := codes[f.Code]; err == nil && twice && f.Code != "" {
			err = fmt.Errorf("%w: the code %s stands in row %d, too", ErrInvalid, f.Code, at+1)
		}
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, access.ErrConflict) {
				return nil, nil, err
			}
			problems = append(problems, Problem{i, err.Error()})
		}
		out[i], ids[f.ID], codes[f.Code] = one, i, i
	}
	if len(problems) > 0 {
		return nil, nil, problems
	}
	return out, files, nil
}

func (d *Desk) planOne(ctx context.Context, template *Template, f New, profiles []string) (planned, error) {
	t := Tenant{ID: f.ID, Name: f.Name, Code: strings.TrimSpace(f.Code), State: Active, Limits: Defaults()}
	if template != nil {
		t.Template = template.Name
		if template.Limits != nil {
			t.Limits = *template.Limits
		}
	}
	if f.Limits != nil {
		t.Limits = *f.Limits
	}
	if err := t.check(); err != nil {
		return planned{}, err
	}
	if _, err := d.o.Store.Tenant(ctx, t.ID); err == nil {
		return planned{}, fmt.Errorf("the id %s is taken; choose another: %w", t.ID, access.ErrConflict)
	} else if !errors.Is(err, access.ErrNotFound) {
		return planned{}, err
	}
	if t.Code != "" {
		all, err := d.o.Store.Tenants(ctx, Filter{Text: t.Code}, 1)
		if err != nil {
			return planned{}, err
		}
		if len(all) > 0 {
			return planned{}, fmt.Errorf("the code %s is that of %s: %w", t.Code, all[0].ID, access.ErrConflict)
		}
	}
	if template == nil {
		if len(f.Set) > 0 {
			return planned{}, fmt.Errorf("%w: parameters are of a template; name one", ErrInvalid)
		}
		return planned{tenant: t}, nil
	}
	raw, err := template.PlantFor(t, f.Set)
	if err != nil {
		return planned{}, err
	}
	if err := d.o.Parts.CheckPlant(t, raw, profiles); err != nil {
		return planned{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return planned{t, raw}, nil
}

// Add takes firms in, all checked before the first is made. One whose plant
// cannot be made all the same is marked as leaving and named in the error; those
// before it are in what is returned.
func (d *Desk) Add(ctx context.Context, by access.Principal, template *Template, firms []New) ([]Made, error) {
	d.making.Lock()
	defer d.making.Unlock()
	plan, files, err := d.plan(ctx, template, firms)
	if err != nil {
		return nil, err
	}
	if err := d.bring(ctx, by, files); err != nil {
		return nil, err
	}
	var out []Made
	for _, one := range plan {
		made, err := d.add(ctx, by, one)
		if err != nil {
			return out, fmt.Errorf("tenant %s: %w", one.tenant.ID, err)
		}
		out = append(out, made)
	}
	return out, d.changed(ctx)
}

func (d *Desk) add(ctx context.Context, by access.Principal, one planned) (Made, error) {
	one.tenant.Created = d.o.Now().UTC().Truncate(time.Microsecond)
	t, err := d.o.Store.AddTenant(ctx, one.tenant)
	if err != nil {
		return Made{}, err
	}
	d.mu.Lock()
	d.known = nil
	d.mu.Unlock()
	if err := d.o.Audit(ctx, by, "tenant.create", "tenant/"+t.ID, nil, t); err != nil {
		return Made{}, err
	}
	m := Made{Tenant: t}
	if one.plant != nil {
		err = d.o.Parts.MakePlant(ctx, t, one.plant)
	}
	if err == nil {
		m.User, m.Link, err = d.o.Parts.MakeAdmin(ctx, t, t.Name.ZH+"管理员")
	}
	if err != nil { // nothing half made stays behind
		t.State, t.Ends = Leaving, d.o.Now().UTC()
		_, left := d.o.Store.SaveTenant(ctx, t)
		return m, errors.Join(err, left, d.changed(ctx))
	}
	return m, nil
}

// List lists tenants by id.
func (d *Desk) List(ctx context.Context, f Filter, limit int) ([]Tenant, error) {
	return d.o.Store.Tenants(ctx, f, limit)
}

// Get is one tenant.
func (d *Desk) Get(ctx context.Context, id string) (Tenant, error) { return d.o.Store.Tenant(ctx, id) }
