package maintenance

import (
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

// Store keeps plans and work orders. Its methods may be called concurrently; what is
// not there is access.ErrNotFound, what somebody else changed access.ErrConflict.
type Store interface {
	// SaveOrder stores a revision as a fact and a row, in one commit, and gives a new
	// order its number. Of an alarm at a machine, and of a plan, one order is open at
	// most: another one is access.ErrConflict.
	SaveOrder(ctx context.Context, tenant plant.TenantNo, o Order, seen int64) (Order, error)
	Order(ctx context.Context, tenant plant.TenantNo, id string) (Order, error)
	// Orders are the newest first.
	Orders(ctx context.Context, f Filter) ([]Order, error)

	Plans(ctx context.Context, tenant plant.TenantNo) ([]Plan, error)
	SavePlan(ctx context.Context, tenant plant.TenantNo, p Plan, rev int64) (Plan, error)
	DropPlan(ctx context.Context, tenant plant.TenantNo, id string, rev int64) error
}

// Filter chooses orders. Zero fields do not filter, but the scope does.
type Filter struct {
	Scope   access.Scope
	Open    bool
	State   State
	Machine plant.NodeID
	Alarm   string // id of the alarm that it came from
	Plan    string
	Text    string
	Before  int64 // number: those made before it
	Limit   int
}

// Alarms tells of alarms.
type Alarms interface {
	// Stood is when an alarm stood within [from, to), oldest first. Whether one began
	// before from is told by its beginning or by Earlier.
	Stood(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, id string, from, to plant.Instant) ([]Standing, error)
}

// Standing is one time that an alarm stood.
type Standing struct {
	From, To plant.Instant // To is 0 while it stands
	Earlier  bool          // it stood before From already
}

// Stop is time in which a machine stood.
type Stop struct{ From, To plant.Instant }

// Machines tells what machines did.
type Machines interface {
	// Stops are standstills in planned time that lie in [from, to) at least partly.
	Stops(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) ([]Stop, error)
	// Counted is how many parts a machine counted in [from, to), good or not.
	Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (int64, error)
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Options of a desk. All are required but Spares and Files.
type Options struct {
	Store    Store
	Alarms   Alarms
	Machines Machines
	Places   Places
	Spares   Spares // nil: no stock is here
	Files    Files  // nil: no photos are kept here
	NewID    func() string
	Now      func() time.Time
}

// Desk is where work on machines is asked for, planned and answered for. Its methods
// may be called concurrently.
type Desk struct {
	o Options

	mu      sync.Mutex
	looked  map[string]aftermath // by order
	counted map[string]counted   // by plan
}

// counted are the parts that a machine made from an instant up to another.
type counted struct {
	from, to plant.Instant
	parts    int64
}

// NewDesk makes a desk.
func NewDesk(o Options) *Desk {
	return &Desk{o: o, looked: map[string]aftermath{}, counted: map[string]counted{}}
}

// New asks for work at a machine.
type New struct {
	Machine plant.NodeID `json:"equipment" minLength:"1" maxLength:"60"`
	Origin  *Origin      `json:"origin,omitempty" doc:"The alarm that it is about"`
	Note    string       `json:"note,omitempty" maxLength:"500"`
	Work
}

// Propose makes a work order. Where one is open for the same alarm already, it is that
// one: nobody repairs twice.
func (d *Desk) Propose(ctx context.Context, who access.Principal, n New) (Order, error) {
	path, name, err := d.o.Places.Place(ctx, who.Scope.Tenant, n.Machine)
	switch {
	case err != nil:
		return Order{}, err
	case !who.Scope.Allows(path):
		return Order{}, fmt.Errorf("%w: node %s", access.ErrNotFound, n.Machine)
	case !who.May(access.Report, path):
		return Order{}, fmt.Errorf("%w: work orders at %s", access.ErrForbidden, path)
	}
	o := Order{ID: d.o.NewID(), Machine: n.Machine, Path: path, Name: name, Kind: Corrective, Origin: n.Origin, Work: n.Work}
	return d.begin(ctx, who.Scope.Tenant, o, who.Name, n.Note)
}

func (d *Desk) begin(ctx context.Context, tenant plant.TenantNo, o Order, by, note string) (Order, error) {
	if err := o.check(); err != nil {
		return Order{}, err
	}
	if err := d.checkPhotos(ctx, tenant, o.Checks); err != nil {
		return Order{}, err
	}
	if o.DownRate == 0 {
		rate, err := d.rateOf(ctx, tenant, o.Machine)
		if err != nil {
			return Order{}, err
		}
		o.DownRate = rate
	}
	o.Rev, o.Steps, o.At = 1, []Step{}, plant.InstantOf(d.o.Now())
	if err := o.step(Step{State: Proposed, At: o.At, By: by, Note: strings.TrimSpace(note)}); err != nil {
		return Order{}, err
	}
	saved, err := d.o.Store.SaveOrder(ctx, tenant, o, 0)
	if !errors.Is(err, access.ErrConflict) {
		return saved, err
	}
	f := Filter{Scope: access.Scope{Tenant: tenant}, Open: true, Machine: o.Machine, Plan: o.Plan, Limit: 1}
	if o.Origin != nil {
		f.Alarm = o.Origin.ID
	}
	open, listErr := d.o.Store.Orders(ctx, f)
	if listErr != nil || len(open) == 0 {
		return Order{}, errors.Join(err, listErr)
	}
	return open[0], nil
}

// rateOf is what an hour of a machine's standstill cost by the last order that says
// so: nobody says it twice.
func (d *Desk) rateOf(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (int64, error) {
	all, err := d.o.Store.Orders(ctx, Filter{Scope: access.Scope{Tenant: tenant}, Machine: machine, Limit: atOnce})
	for _, o := range all {
		if o.DownRate > 0 {
			return o.DownRate, err
		}
	}
	return 0, err
}

// Orders lists orders, the newest first.
func (d *Desk) Orders(ctx context.Context, f Filter) ([]Order, error) {
	return d.o.Store.Orders(ctx, f)
}

// order is one within the asker's places.
func (d *Desk) order(ctx context.Context, who access.Principal, id string) (Order, error) {
	o, err := d.o.Store.Order(ctx, who.Scope.Tenant, id)
	if err == nil && !who.Scope.Allows(o.Path) {
		err = fmt.Errorf("%w: work order %s", access.ErrNotFound, id)
	}
	return o, err
}

// Change stores what people say of an order; rev is the one that they saw.
func (d *Desk) Change(ctx context.Context, who access.Principal, id string, rev int64, w Work) (Order, error) {
	o, err := d.touch(ctx, who, id, rev)
	if err != nil {
		return Order{}, err
	}
	now := plant.InstantOf(d.o.Now())
	for i := range w.Checks { // who ticked a line is known
		c := &w.Checks[i]
		was := slices.IndexFunc(o.Checks, func(b Check) bool { return b.Text == c.Text && b.Done })
		switch {
		case !c.Done:
			c.By, c.At = "", 0
		case was >= 0:
			c.By, c.At = o.Checks[was].By, o.Checks[was].At
		default:
			c.By, c.At = who.Name, now
		}
	}
	o.Work = w
	if err := o.check(); err != nil {
		return Order{}, err
	}
	if err := d.checkPhotos(ctx, who.Scope.Tenant, w.Checks); err != nil {
		return Order{}, err
	}
	return d.o.Store.SaveOrder(ctx, who.Scope.Tenant, o, rev)
}

// touch is an order that the asker may change, with the next revision.
func (d *Desk) touch(ctx context.Context, who access.Principal, id string, rev int64) (Order, error) {
	o, err := d.order(ctx, who, id)
	switch {
	case err != nil:
		return Order{}, err
	case !who.May(access.Report, o.Path):
		return Order{}, fmt.Errorf("%w: work orders at %s", access.ErrForbidden, o.Path)
	case o.Rev != rev:
		return Order{}, fmt.Errorf("%w: work order %d has revision %d, not %d", access.ErrConflict, o.Number, o.Rev, rev)
	}
	o.Rev, o.At = o.Rev+1, plant.InstantOf(d.o.Now())
	return o, nil
}

// Move is a step of an order.
type Move struct {
	State State         `json:"state" enum:"proposed,planned,in_work,done,verified,ineffective,cancelled"`
	Note  string        `json:"note,omitempty" maxLength:"500"`
	At    plant.Instant `json:"at,omitempty" doc:"When it was so, of work begun or done and entered later; now when left out"`
}

// Move makes a step of an order.
func (d *Desk) Move(ctx context.Context, who access.Principal, id string, rev int64, m Move) (Order, error) {
	o, err := d.touch(ctx, who, id, rev)
	if err != nil {
		return Order{}, err
	}
	note := strings.TrimSpace(m.Note)
	switch {
	case m.State == Done && o.Kind == Corrective && strings.TrimSpace(o.Action) == "":
		return Order{}, invalid("say what was done before the order is done: whoever has the same fault next must know")
	case (m.State == Ineffective || m.State == Cancelled) && note == "":
		return Order{}, invalid("say why")
	}
	at, err := o.moment(m)
	if err != nil {
		return Order{}, err
	}
	if err := o.step(Step{State: m.State, At: at, By: who.Name, Note: note}); err != nil {
		return Order{}, err
	}
	return d.o.Store.SaveOrder(ctx, who.Scope.Tenant, o, rev)
}
