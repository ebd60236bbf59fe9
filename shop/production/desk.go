package production

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// Options of a desk. All are required but Recorded.
type Options struct {
	Store  Store
	Places Places
	Counts Counts
	// Files tells whether documents are kept; nil: nobody asks.
	Files Files
	// Recorded is told of counts at machines, so that their figures follow.
	Recorded func(ctx context.Context, tenant plant.TenantNo, events []fact.Event)
	NewID    func() string
	Now      func() time.Time
}

// Desk is where definitions are kept, orders are entered and released, and jobs
// are carried out. Its methods may be called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// tries is how often an entry is made again when somebody else changed the order
// in between: kiosks of one order are few.
const tries = 8

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// JobView is a job with what it is made by and what it can be told.
type JobView struct {
	Job
	Segment  Segment   `json:"segment"`
	Commands []Command `json:"commands" nullable:"false" doc:"That it can be told now"`
	Foreign  int64     `json:"foreign,omitempty" doc:"Parts of other products that its machines counted meanwhile"`
}

// View is an order with all that belongs to it.
type View struct {
	Order
	Jobs  []JobView `json:"jobs" nullable:"false"`
	Units string    `json:"units" doc:"Of the quantities, UCUM"`
}

// Where tells a node of the plant by its id; access.ErrNotFound without.
func (d *Desk) Where(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (Place, error) {
	return d.o.Places.Place(ctx, tenant, node)
}

// load reads an order that the asker may see.
func (d *Desk) load(ctx context.Context, who access.Principal, id string) (Order, []Step, error) {
	steps, err := d.o.Store.Steps(ctx, who.Scope.Tenant, id)
	if err != nil {
		return Order{}, nil, err
	}
	o := Fold(id, steps)
	if who.Scope.Allows(o.Place) {
		return o, steps, nil
	}
	for _, j := range o.Jobs {
		if p, err := d.o.Places.Place(ctx, who.Scope.Tenant, j.Equipment); err == nil && who.Scope.Allows(p.Path) {
			return o, steps, nil
		}
	}
	return Order{}, nil, fmt.Errorf("%w: order %s", access.ErrNotFound, id)
}

// View looks at an order.
func (d *Desk) View(ctx context.Context, who access.Principal, id string) (View, error) {
	o, _, err := d.load(ctx, who, id)
	if err != nil {
		return View{}, err
	}
	return d.view(ctx, who.Scope.Tenant, o)
}

func (d *Desk) view(ctx context.Context, tenant plant.TenantNo, o Order) (View, error) {
	v := View{Order: o, Jobs: []JobView{}}
	var def Definition
	if len(o.Jobs) > 0 {
		var err error
		if def, err = d.o.Store.Definition(ctx, tenant, o.Product, o.Revision); err != nil {
			return View{}, err
		}
		v.Units = def.Unit
	}
	foreign, err := d.count(ctx, tenant, &o)
	if err != nil {
		return View{}, err
	}
	for i, j := range o.Jobs {
		s, _ := def.Segment(j.No)
		v.Jobs = append(v.Jobs, JobView{Job: j, Segment: s, Commands: commandsOf(o, j), Foreign: foreign[i]})
	}
	return v, nil
}

// commandsOf leaves out what the order's own state forbids.
func commandsOf(o Order, j Job) []Command {
	out := []Command{}
	for _, c := range j.State.Commands() {
		trial := j
		trial.Runs, trial.Setups = slices.Clone(j.Runs), slices.Clone(j.Setups)
		trial.Work = slices.Clone(j.Work)
		o.Jobs = []Job{trial}
		if o.atJob(Step{What: StepJob, Job: j.No, Command: c, Machine: j.Equipment}) == "" {
			out = append(out, c)
		}
	}
	return out
}

// count fills in what the jobs have made, and gives what of other products their
// machines counted meanwhile.
func (d *Desk) count(ctx context.Context, tenant plant.TenantNo, o *Order) (foreign []int64, err error) {
	counted, typed, err := d.countsOf(ctx, tenant, o)
	if err != nil {
		return nil, err
	}
	return o.count(counted, typed), nil
}

// count gives each job what was counted of it, and says how much was of another
// product.
func (o *Order) count(counted map[plant.NodeID][]figure.CountedParts, typed []Typed) (foreign []int64) {
	foreign = make([]int64, len(o.Jobs))
	for i := range o.Jobs {
		foreign[i] = o.Jobs[i].Count(o.Product, counted, typed)
	}
	return foreign
}

// apart is how far stretches of a machine lie from each other that are not read
// as one: reading what lies between costs less than asking again.
const apart = plant.Instant(time.Hour / time.Microsecond)

// countsOf is what the machines of orders counted while these ran there, each
// machine's read once for all of them, and what people typed there.
func (d *Desk) countsOf(ctx context.Context, tenant plant.TenantNo, orders ...*Order) (counted map[plant.NodeID][]figure.CountedParts, typed []Typed, err error) {
	ran := map[plant.NodeID][]Interval{}
	now := d.now()
	all := Interval{From: now}
	for _, o := range orders {
		for _, j := range o.Jobs {
			for _, r := range j.Runs {
				i := Interval{r.From, cmp.Or(r.To, now)}
				ran[r.Equipment] = append(ran[r.Equipment], i)
				all = Interval{min(all.From, i.From), max(all.To, i.To)}
			}
		}
	}
	counted = map[plant.NodeID][]figure.CountedParts{}
	for m, runs := range ran {
		for _, i := range Joined(runs, apart) {
			parts, err := d.o.Counts.Counted(ctx, tenant, m, i.From.Micros(), i.To.Micros())
			if errors.Is(err, access.ErrNotFound) {
				break
			}
			if err != nil {
				return nil, nil, err
			}
			counted[m] = append(counted[m], parts...)
		}
	}
	if len(ran) > 0 {
		typed, err = d.o.Counts.Typed(ctx, tenant, slices.Collect(maps.Keys(ran)), all.From.Micros(), all.To.Micros())
	}
	return counted, typed, err
}

// History is everything that was done to an order, newest first.
func (d *Desk) History(ctx context.Context, who access.Principal, id string) ([]Step, error) {
	_, steps, err := d.load(ctx, who, id)
	slices.Reverse(steps)
	return steps, err
}

// List finds orders within the asker's places.
func (d *Desk) List(ctx context.Context, who access.Principal, f OrderFilter) ([]Head, error) {
	if f.Scope.Tenant == 0 {
		f.Scope = who.Scope
	}
	return d.o.Store.Orders(ctx, who.Scope.Tenant, f)
}

// maxJobs of one list of what is to be done.
const maxJobs = 500

// Dispatch is what is to be done at a machine, in the order in which it is
// planned.
func (d *Desk) Dispatch(ctx context.Context, who access.Principal, machine plant.NodeID) ([]JobHead, error) {
	p, err := d.o.Places.Place(ctx, who.Scope.Tenant, machine)
	if err != nil {
		return nil, err
	}
	if !who.Scope.Allows(p.Path) {
		return nil, fmt.Errorf("%w: machine %s", access.ErrNotFound, machine)
	}
	return d.o.Store.Jobs(ctx, access.Scope{Tenant: who.Scope.Tenant}, append([]plant.NodeID{machine}, p.Above...), maxJobs)
}

// Head is what lists show of the order.
func (o Order) Head() Head {
	h := Head{ID: o.ID, Terms: o.Terms, Rev: o.Rev, State: o.State, Jobs: len(o.Jobs), Doubts: len(o.Doubts), Changed: o.Changed}
	for _, j := range o.Jobs {
		from, to := j.From, j.To
		if j.Began != 0 {
			from = j.Began
		}
		if j.Ended != 0 {
			to = j.Ended
		}
		if from != 0 && (h.From == 0 || from < h.From) {
			h.From = from
		}
		h.To = max(h.To, to)
		if j.State.Ended() {
			h.Ended++
		} else if h.At == 0 || j.State == Running {
			h.At = j.No
		}
	}
	h.Late = h.To > o.Due
	return h
}
