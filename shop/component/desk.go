package component

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/component/sandbox"
)

// Options of a desk. All but Services are required.
type Options struct {
	Store    Store
	Files    Files
	Plant    Plant
	History  History
	Recorder Recorder
	Alarms   Alarms
	Engine   Engine
	Services Services // nil: components run in the node alone
	Tenants  func(context.Context) ([]plant.TenantNo, error)
	NewID    func() string // a ULID that rises
	Now      func() time.Time
	Logger   *slog.Logger
}

// Desk is where components are kept, allowed and run. Its methods may be called
// concurrently.
type Desk struct {
	o       Options
	changed chan struct{}  // wakes what runs
	work    sync.WaitGroup // calls under way
	turns   chan struct{}  // who may call now

	mu      sync.Mutex // guards runners and what they show
	runners map[string]*runner
	over    bool // nobody is called any more
}

// atOnce is how many components are called at a time: one that uses its whole budget
// leaves room for others.
const atOnce = 4

// NewDesk makes a desk; [Desk.Run] lets components be called.
func NewDesk(o Options) *Desk {
	return &Desk{o: o, changed: make(chan struct{}, 1), turns: make(chan struct{}, atOnce), runners: map[string]*runner{}}
}

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Components lists revisions within a scope, the newest first; open ones are those that
// are not retired.
func (d *Desk) Components(ctx context.Context, f Filter) ([]Component, error) {
	f.Kind = KindComponent
	return document.ReadAll[Component](d.o.Store.Documents(ctx, f))
}

// Component is one revision that the asker sees.
func (d *Desk) Component(ctx context.Context, who access.Principal, id string) (Component, error) {
	return d.component(ctx, who, id, access.Read)
}

func (d *Desk) component(ctx context.Context, who access.Principal, id string, right access.Permission) (Component, error) {
	return document.Seen[Component](ctx, d.o.Store, who, KindComponent, id, right)
}

// Revisions are all of a component, the newest first.
func (d *Desk) Revisions(ctx context.Context, tenant plant.TenantNo, series string) ([]Component, error) {
	return d.Components(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Of: series, Limit: maxRevisions})
}

// inUse are the revisions of a tenant that are not retired.
func (d *Desk) inUse(ctx context.Context, tenant plant.TenantNo) ([]Component, error) {
	all, err := d.Components(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Open: true, Limit: maxInUse + 1})
	if err == nil && len(all) > maxInUse {
		err = invalid("more than %d revisions of components are in use; retire some", maxInUse)
	}
	return all, err
}

// HandedIn is a module as it was taken.
type HandedIn struct {
	SHA256 string        `json:"sha256"`
	Facts  sandbox.Facts `json:"module"`
}

// Hand takes a module in, once it is one that can run here.
func (d *Desk) Hand(ctx context.Context, who access.Principal, raw []byte) (HandedIn, error) {
	m, err := d.o.Engine.Compile(ctx, raw, sandbox.Limits{Memory: sandbox.MaxMemory, Call: sandbox.MaxCall})
	if err != nil {
		return HandedIn{}, refusal("module", err)
	}
	defer m.Close(ctx)
	sum, err := d.o.Files.Put(who.Scope.Tenant, raw)
	return HandedIn{sum, m.Facts}, err
}

// refusal gives what the sandbox refuses the room's words.
func refusal(field string, err error) error {
	if r, ok := errors.AsType[*sandbox.Refused](err); ok {
		return invalid("%s: %s", field, r.Why)
	}
	return err
}

// Checked is what a definition comes to.
type Checked struct {
	OK         bool           `json:"ok"`
	What       string         `json:"what,omitempty" doc:"What is wrong, where, and how to mend it"`
	Definition *Definition    `json:"definition,omitempty" doc:"With what was left out"`
	Facts      *sandbox.Facts `json:"module,omitempty"`
	Signer     string         `json:"signer,omitempty"`
}

// Check says what is wrong with a definition while it is written.
func (d *Desk) Check(ctx context.Context, who access.Principal, def Definition) (Checked, error) {
	c := Component{Definition: def}
	err := d.complete(ctx, who, &c)
	if errors.Is(err, ErrInvalid) {
		return Checked{What: strings.TrimPrefix(err.Error(), ErrInvalid.Error()+": ")}, nil
	}
	return Checked{OK: err == nil, Definition: &c.Definition, Facts: c.Facts, Signer: c.Signer}, err
}

// complete fills in what plant and module say of a component, and refuses what cannot be.
func (d *Desk) complete(ctx context.Context, who access.Principal, c *Component) error {
	at, err := d.machine(ctx, who, c.Place)
	if err != nil {
		return err
	}
	c.usual()
	if err := c.check(); err != nil {
		return err
	}
	c.Path, c.PlaceName = at.Path, at.Name
	if c.Owner = strings.TrimSpace(c.Owner); c.Owner == "" {
		c.Owner = who.Name
	}
	for i := range c.Inputs {
		if err := d.input(ctx, who, c, i); err != nil {
			return err
		}
	}
	for i := range c.Outputs {
		c.Outputs[i].Tag = 0 // given when it is put to work
	}
	c.Facts, c.Signer = nil, ""
	if c.Form == Service {
		return d.service(c)
	}
	m, err := d.compile(ctx, who.Scope.Tenant, c)
	if err != nil {
		return err
	}
	c.Facts = &m.Facts
	return m.Close(ctx)
}

// machine finds one that the asker sees.
func (d *Desk) machine(ctx context.Context, who access.Principal, node plant.NodeID) (Machine, error) {
	m, err := d.o.Plant.Machine(ctx, who.Scope.Tenant, node)
	if err == nil && !who.Scope.Allows(m.Path) {
		err = fmt.Errorf("%w: machine %s", access.ErrNotFound, node)
	}
	return m, err
}

func (d *Desk) input(ctx context.Context, who access.Principal, c *Component, i int) error {
	in := &c.Inputs[i]
	m, err := d.machine(ctx, who, in.Machine)
	if err != nil {
		return fmt.Errorf("%w: inputs[%d]: there is no machine %s here; choose one of the list", ErrInvalid, i, in.Machine)
	}
	k := slices.IndexFunc(m.Signals, func(s Signal) bool { return s.Name == in.Signal })
	switch {
	case k < 0:
		return invalid("inputs[%d]: %s tells no number %q; choose one of its list", i, m.Path, in.Signal)
	case m.Signals[k].Tag == 0:
		return invalid("inputs[%d]: %s of %s was never read; let the machine be connected first", i, in.Signal, m.Path)
	case in.Unit != m.Signals[k].Unit:
		return invalid("inputs[%d]: the component takes %s in %q, %s tells %s in %q: choose a signal in the same unit", i, in.Name, in.Unit, m.Path, in.Signal, m.Signals[k].Unit)
	case in.Machine == c.Place && strings.HasPrefix(in.Signal, SignalPrefix+c.Code+"."):
		return invalid("inputs[%d]: the component would be given %s, which it says itself", i, in.Signal)
	}
	in.Path, in.Title, in.Tag = m.Path, m.Signals[k].Title, m.Signals[k].Tag
	return nil
}

// compile makes the module of a component ready, once its signature holds.
func (d *Desk) compile(ctx context.Context, tenant plant.TenantNo, c *Component) (*sandbox.Module, error) {
	if c.SHA256 == "" {
		return nil, invalid("sha256: hand the module in first, and name it")
	}
	raw, err := d.o.Files.Get(tenant, c.SHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, invalid("sha256: no module %s was handed in here", c.SHA256)
	}
	if err != nil {
		return nil, err
	}
	if c.Signer, err = d.signed(ctx, tenant, c.Definition, raw); err != nil {
		return nil, err
	}
	m, err := d.o.Engine.Compile(ctx, raw, c.limits())
	return m, refusal("module", err)
}

// Save makes a draft: of a new component without a series, of the next revision without an
// id, or changes a draft whose Rev was seen.
func (d *Desk) Save(ctx context.Context, who access.Principal, c Component) (Component, error) {
	if err := d.complete(ctx, who, &c); err != nil {
		return Component{}, err
	}
	if !who.May(access.Engineer, c.Path) {
		return Component{}, fmt.Errorf("%w: components at %s", access.ErrForbidden, c.Path)
	}
	what, seen := "save", int64(0)
	var err error
	if c.ID == "" {
		if c, err = d.next(ctx, who, c); err != nil {
			return Component{}, err
		}
	} else {
		old, err := d.component(ctx, who, c.ID, access.Engineer)
		switch {
		case err != nil:
			return Component{}, err
		case old.State != Draft:
			return Component{}, invalid("%s is %s and never changes: make the next revision", old.called(), old.State)
		case old.Rev != c.Rev:
			return Component{}, conflict("the component has revision %d, not %d", old.Rev, c.Rev)
		}
		what, seen = "edit", old.Rev
		c.Series, c.Revision, c.Authors, c.Steps = old.Series, old.Revision, old.Authors, old.Steps
	}
	if err := d.apart(ctx, who.Scope.Tenant, c); err != nil {
		return Component{}, err
	}
	c.Request = nil
	if !slices.Contains(c.Authors, who.Name) {
		c.Authors = append(slices.Clip(c.Authors), who.Name)
	}
	return c, d.step(ctx, who.Scope.Tenant, &c, seen, Step{State: Draft, What: what, By: who.Name, Note: c.Note})
}

// next makes a revision that follows those of the same component.
func (d *Desk) next(ctx context.Context, who access.Principal, c Component) (Component, error) {
	c.ID, c.Revision, c.Authors, c.Steps = d.o.NewID(), 1, nil, nil
	if c.Series == "" {
		c.Series = c.ID
		return c, nil
	}
	all, err := d.Revisions(ctx, who.Scope.Tenant, c.Series)
	if err != nil {
		return Component{}, err
	}
	if len(all) == 0 || !who.Scope.Allows(all[0].Path) {
		return Component{}, fmt.Errorf("%w: component %s", access.ErrNotFound, c.Series)
	}
	for _, o := range all {
		if o.State == Draft {
			return Component{}, conflict("%s is a draft; finish or retire it before the next is made", o.called())
		}
		c.Revision = max(c.Revision, o.Revision+1)
	}
	if last := all[0]; c.Place != last.Place || c.Code != last.Code {
		return Component{}, invalid("place, code: revisions of a component say signals of the same name at the same machine (%s, %s); bring it as a component of its own", last.Path, last.Code)
	}
	return c, nil
}

// apart refuses a code that another component has at the same machine.
func (d *Desk) apart(ctx context.Context, tenant plant.TenantNo, c Component) error {
	all, err := d.inUse(ctx, tenant)
	for _, o := range all {
		if o.Series != c.Series && o.Place == c.Place && o.Code == c.Code {
			return conflict("%s has the code %s at %s already; choose another", o.called(), o.Code, o.Path)
		}
	}
	return err
}

// step writes a revision with what was done to it.
func (d *Desk) step(ctx context.Context, tenant plant.TenantNo, c *Component, seen int64, s Step) error {
	s.At = d.now()
	c.State, c.Rev, c.Steps = s.State, seen+1, append(slices.Clip(c.Steps), s)
	doc := Document{Kind: KindComponent, ID: c.ID, Place: c.Place, Path: c.Path, Of: c.Series, Open: c.State != Retired, By: s.By}
	if err := document.Save(ctx, d.o.Store, tenant, doc, c, seen, s.At); err != nil {
		return err
	}
	select {
	case d.changed <- struct{}{}:
	default: // it will look anyway
	}
	return nil
}
