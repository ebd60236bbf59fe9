package planning

import (
	"cmp"
	"context"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/calc/schedule"
	"zhigai/plant"
)

// Price says what running on a machine in [from, to) costs, in any unit; false where
// that is not known.
type Price func(machine plant.NodeID, from, to plant.Instant) (cost int64, ok bool)

// Shifted is an operation that costs less at another time, on the machine where it
// is.
type Shifted struct {
	Ref
	Number    string
	Product   string
	Name      plant.Name
	Equipment plant.NodeID
	Was, Then Span
	Cost      int64 // where it was
	Saved     int64
}

// Shifting is what a plan would save if operations ran at other times. All moves are
// made together: each was checked with those before it made.
type Shifting struct {
	Head   Head
	Moves  []Shifted
	Cost   int64 // of all operations that have one, where they are
	Priced int   // operations that have a cost
	// Still are those that stay where they are whatever it costs: running, locked,
	// in a batch with others, or of unknown cost.
	Still int
	// Load are the operations as they would be, and Was as they are.
	Load, Was []Placement
}

// Placement is a machine with an operation.
type Placement struct {
	Equipment plant.NodeID
	Span
}

const (
	// shiftGrid is how finely times are tried: prices of electricity change at
	// quarters of an hour.
	shiftGrid = int64(15 * time.Minute / time.Second)
	// maxTries is how many times of one operation are held against all rules, the
	// cheapest first, of those at which its machine is free.
	maxTries = 12
	// maxShiftPasses: what one move frees another may use; it is soon over.
	maxShiftPasses = 3
)

// Cheaper proposes other times for operations of the plan by which a place works, its
// own or that of the nearest place around it, up to an instant: so that they cost
// less, the checker finds nothing new, and no order becomes late or later. Nothing
// changes.
func (d *Desk) Cheaper(ctx context.Context, scope access.Scope, place string, until plant.Instant, price Price) (Shifting, error) {
	h, err := d.over(ctx, scope.Tenant, place)
	if err != nil {
		return Shifting{}, err
	}
	if h, err = d.head(ctx, scope, h.ID); err != nil {
		return Shifting{}, err
	}
	now, err := d.live(ctx, scope.Tenant, h)
	if err != nil {
		return Shifting{}, err
	}
	out := cheaper(now.Model, now.Schedule, d.now(), until, price)
	out.Head = h
	return out, nil
}

// cheaper moves one operation after the other to where it costs least.
func cheaper(m *Model, s schedule.Schedule, now, until plant.Instant, price Price) Shifting {
	was := schedule.Schedule{Operations: slices.Clone(s.Operations)}
	x := shifter{machine: make([][]int, len(m.Machines)), job: make([][]int, len(m.Problem.Jobs)), m: m, s: schedule.Schedule{Operations: slices.Clone(s.Operations)}, from: max(0, m.clock().after(now)), until: m.clock().before(until), price: price, late: map[string]int64{}}
	for _, o := range counted(m, s).Orders {
		x.late[o.ID] = o.LateMs
	}
	for i, o := range s.Operations {
		x.machine[o.Machine] = append(x.machine[o.Machine], i)
		x.job[o.Job] = append(x.job[o.Job], i)
	}
	var free []int
	out := Shifting{Moves: []Shifted{}}
	for i := range s.Operations {
		cost, ok := x.cost(s.Operations[i])
		if ok {
			out.Priced++
			out.Cost += cost
		}
		if ok && x.movable(i) {
			free = append(free, i)
		} else {
			out.Still++
		}
	}
	slices.SortStableFunc(free, func(a, b int) int { // the dearest first
		x1, _ := x.cost(s.Operations[a])
		x2, _ := x.cost(s.Operations[b])
		return cmp.Compare(x2, x1)
	})
	for range maxShiftPasses {
		moved := false
		for _, i := range free {
			moved = x.improve(i) || moved
		}
		if !moved {
			break
		}
	}
	for i, o := range x.s.Operations {
		before := was.Operations[i]
		out.Was = append(out.Was, m.placement(before))
		out.Load = append(out.Load, m.placement(o))
		if o.Start == before.Start {
			continue
		}
		cost, _ := x.cost(before)
		then, _ := x.cost(o)
		info := &m.Ops[o.Job][o.Op]
		order := &m.Orders[info.Order]
		out.Moves = append(out.Moves, Shifted{
			Ref: m.ref(o.Job, o.Op), Number: order.Number, Product: order.Product, Name: info.Name, Equipment: m.Machines[o.Machine].ID,
			Was: m.placement(before).Span, Then: m.placement(o).Span, Cost: cost, Saved: cost - then,
		})
	}
	slices.SortStableFunc(out.Moves, func(a, b Shifted) int {
		return cmp.Or(cmp.Compare(b.Saved, a.Saved), cmp.Compare(a.Was.From, b.Was.From))
	})
	return out
}

func (m *Model) placement(o schedule.Placed) Placement {
	return Placement{m.Machines[o.Machine].ID, Span{m.clock().at(o.Start), m.clock().at(o.End)}}
}

// shifter is a schedule while its operations are moved.
type shifter struct {
	m           *Model
	s           schedule.Schedule
	from, until int64            // within which operations begin and end
	late        map[string]int64 // of the orders by id, ms, before anything was moved
	price       Price
	// machine and job are operations by where they are and of what.
	machine, job [][]int
}

func (x *shifter) cost(o schedule.Placed) (int64, bool) {
	p := x.m.placement(o)
	return x.price(p.Equipment, p.From, p.To)
}

// movable says whether an operation may be elsewhere in time: nothing else depends
// on where a batch is but what runs in it.
func (x *shifter) movable(i int) bool {
	o := x.s.Operations[i]
	op := &x.m.Problem.Jobs[o.Job].Operations[o.Op]
	return !x.m.Ops[o.Job][o.Op].Frozen && op.Locked == nil && o.Start >= x.from && x.m.Problem.Machines[o.Machine].Capacity <= 1
}

// improve moves an operation to where it costs least, if it may be there.
func (x *shifter) improve(i int) bool {
	o := x.s.Operations[i]
	cost, ok := x.cost(o)
	if !ok {
		return false
	}
	type try struct {
		at    schedule.Placed
		saved int64
	}
	var tries []try
	op := &x.m.Problem.Jobs[o.Job].Operations[o.Op]
	k := slices.IndexFunc(op.Alternatives, func(a schedule.Alternative) bool { return a.Machine == o.Machine })
	open, duration := x.m.Problem.Machines[o.Machine].Open, op.Alternatives[k].Duration
	add := func(from int64) {
		then := o
		if then.Start, then.End, ok = fit(open, from, duration, op.Interruptible); !ok || then.End > x.until || then.Start == o.Start {
			return
		}
		if c, ok := x.cost(then); ok && c < cost {
			tries = append(tries, try{then, cost - c})
		}
	}
	for at := (x.from + shiftGrid - 1) / shiftGrid * shiftGrid; at+duration <= x.until; at += shiftGrid {
		add(at)
		add(at - duration%shiftGrid) // so that it ends at the change of prices
	}
	if at, ok := newGap(x.m, x.s, i, op.Alternatives[k]).earliest(); ok && at >= x.from {
		add(at)
	}
	slices.SortStableFunc(tries, func(a, b try) int {
		return cmp.Or(cmp.Compare(b.saved, a.saved), cmp.Compare(distance(a.at, o), distance(b.at, o)))
	})
	held := 0
	for _, t := range tries {
		if !x.free(i, t.at) {
			continue
		}
		if held++; held > maxTries {
			break
		}
		if x.allowed(i, t.at) {
			x.s.Operations[i] = t.at
			return true
		}
	}
	return false
}

// free says at little cost whether nothing else is at the machine then, and what comes
// before and behind an operation leaves room; the checker has the last word.
func (x *shifter) free(i int, at schedule.Placed) bool {
	for _, k := range x.machine[at.Machine] {
		if o := x.s.Operations[k]; k != i && o.Start < at.End && at.Start < o.End {
			return false
		}
	}
	before := x.m.forerunners(at.Job, at.Op)
	for _, k := range x.job[at.Job] {
		o := x.s.Operations[k]
		for _, f := range before {
			if f.Op == o.Op && at.Start < o.End+f.MinWait {
				return false
			}
		}
		for _, f := range x.m.forerunners(at.Job, o.Op) {
			if f.Op == at.Op && o.Start < at.End+f.MinWait {
				return false
			}
		}
	}
	return true
}

// distance is how far an operation would be moved: of times that cost the same, the
// nearest is taken.
func distance(a, b schedule.Placed) int64 {
	if a.Start > b.Start {
		return a.Start - b.Start
	}
	return b.Start - a.Start
}

// allowed says whether an operation may be there: the checker finds nothing that is
// not so already, and no order is late that was not, or later.
func (x *shifter) allowed(i int, at schedule.Placed) bool {
	return at.Start >= x.from && x.inTime(i, at) && len(newViolations(x.m, x.s, i, at)) == 0
}

// inTime says whether the order of an operation is no later with it there. No other
// order moves.
func (x *shifter) inTime(i int, at schedule.Placed) bool {
	order := &x.m.Orders[x.m.Ops[at.Job][at.Op].Order]
	if int64(x.m.clock().at(at.End)-order.Due)/1000 > x.late[order.ID] {
		return false
	}
	here := [2]int{at.Job, at.Op}
	if !slices.ContainsFunc(x.m.Outside, func(o OutsideOp) bool {
		return o.Anchor != nil && *o.Anchor == here || slices.ContainsFunc(o.Anchors, func(a OutsideAnchor) bool { return a.Job == at.Job && a.Op == at.Op })
	}) {
		return true
	}
	// A supplier's work follows it, and ends as much later.
	then := schedule.Schedule{Operations: slices.Clone(x.s.Operations)}
	then.Operations[i] = at
	for _, o := range counted(x.m, then).Orders {
		if o.LateMs > x.late[o.ID] {
			return false
		}
	}
	return true
}

// maxShift bounds how many operations are moved at once.
const maxShift = 500

// Shift moves operations on the machines where they are, locks them there, and keeps
// that as another draft. One that would break a rule that was kept is refused.
func (d *Desk) Shift(ctx context.Context, who access.Principal, id string, moves []Move) (Head, error) {
	h, k, err := d.editable(ctx, who.Scope, id)
	if err != nil {
		return Head{}, err
	}
	if err := may(who, h.Place); err != nil {
		return Head{}, err
	}
	if len(moves) == 0 || len(moves) > maxShift {
		return Head{}, invalid("%d moves; 1 to %d are made at once", len(moves), maxShift)
	}
	locks := k.Model.locked()
	next := schedule.Schedule{Operations: slices.Clone(k.Schedule.Operations)}
	for _, mv := range moves {
		i, alt, err := movable(k.Model, next, mv)
		if err != nil {
			return Head{}, err
		}
		start := k.Model.clock().after(mv.Start)
		if alt < 0 || start < 0 || mv.Start < d.now()-second {
			return Head{}, invalid("job %d of order %s cannot begin at %s at %s: the time is over, or its routing names other machines", mv.Job, mv.Order, mv.Start.Time().Format(time.RFC3339), mv.Equipment)
		}
		f, err := checkMove(k.Model, next, mv)
		if err != nil {
			return Head{}, err
		}
		p := next.Operations[i]
		p.Start, p.End = start, k.Model.clock().after(f.End)
		p.Machine = k.Model.Problem.Jobs[p.Job].Operations[p.Op].Alternatives[alt].Machine
		next.Operations[i] = p
		locks[[2]int{p.Job, p.Op}] = schedule.Lock{Machine: p.Machine, Start: start}
	}
	then := kept{Model: k.Model.withLocks(locks), Schedule: next}
	if was, is := len(violations(k.Model, k.Schedule)), violations(then.Model, then.Schedule); len(is) > was {
		return Head{}, invalid("the moves cannot be made together any more: %s; ask for a proposal of the plan as it is now", is[len(is)-1].Text)
	}
	return d.edited(ctx, who, h, k, then)
}
