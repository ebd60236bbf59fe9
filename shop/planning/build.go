package planning

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// BuildOptions say what of a state is planned, and how.
type BuildOptions struct {
	Place string
	Until plant.Instant
	Down  []Down
	// Calendars of machines that work by another than theirs, by code.
	Calendars map[plant.NodeID]string
	// Locks are the planner's: where operations stay that have not begun.
	Locks map[Ref]Place
}

const (
	// tail is how far machines are looked at beyond the horizon, so that what does
	// not fit in it is late rather than nowhere.
	tail = 400 * day
	// full is the capacity of a batch machine: sizes are parts of a thousand of it.
	full = 1000
	// maxFamilies of one machine bounds the table of setups: 2,000 take 32 MB.
	maxFamilies = 2000
)

// Build makes the problem of a state. What cannot be planned is in Unplanned,
// with the reason. An error is a problem too large to be searched.
func Build(s *State, o BuildOptions) (*Model, error) {
	b := &builder{
		state: s, o: o, clock: clockAt(s.At), m: &Model{Place: o.Place, Until: o.Until, Unplanned: []Unplanned{}, Notes: []Note{}, Problem: &schedule.Problem{}},
		index: map[plant.NodeID]int{}, open: map[string][]schedule.Window{}, families: map[string]*family{}, ready: map[int]string{}, busy: map[int]bool{}, covers: s.covers(),
	}
	b.m.Origin = b.clock.origin
	for i := range s.Orders {
		if ord := &s.Orders[i]; plant.Within(ord.Place, o.Place) {
			b.order(ord)
		}
	}
	b.atWork()
	b.sizes()
	if err := b.setups(); err != nil {
		return nil, err
	}
	b.slip()
	return b.m, nil
}

type builder struct {
	state *State
	o     BuildOptions
	clock clock
	m     *Model

	index    map[plant.NodeID]int         // of the problem's machines
	used     []int                        // of the state's, by index of the problem's
	open     map[string][]schedule.Window // by calendar and times without
	families map[string]*family
	ready    map[int]string  // family that a machine is set up for
	covers   map[Ref][]Cover // when what jobs take is there
	busy     map[int]bool    // an operation runs at it
}

// family is what machines are set up for.
type family struct {
	name   string
	setups map[int]int64 // by machine, in seconds
	ops    []*schedule.Operation
	index  int // in the tables of setups of its machines
}

func (b *builder) leave(o *Order, job int, why Why, format string, args ...any) {
	b.m.Unplanned = append(b.m.Unplanned, Unplanned{Order: o.ID, Number: o.Number, Job: job, Why: why, Text: fmt.Sprintf(format, args...)})
}

func (b *builder) note(n Note) {
	if !slices.Contains(b.m.Notes, n) {
		b.m.Notes = append(b.m.Notes, n)
	}
}

// weightOf is what a second late counts: 1, 10 and 100 times the order's weight
// for priorities 0, 50 and 100.
func weightOf(weight, priority int) int64 {
	return max(1, int64(math.Round(float64(max(weight, 1))*math.Pow(10, float64(priority)/50))))
}

func (o *Order) signature() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %d %d %s %d", o.Quantity, o.Earliest, o.Due, o.Priority, o.Weight, o.State, o.Revision)
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// order adds what is left of an order.
func (b *builder) order(o *Order) {
	info := ModelOrder{Signature: o.signature(), State: o.State, OrderPlan: OrderPlan{
		ID: o.ID, Number: o.Number, Product: o.Product, Quantity: o.Quantity, Place: o.Place, Due: o.Due, Priority: o.Priority,
		Weight: weightOf(o.Weight, o.Priority), Assumed: o.Assumed,
	}}
	b.m.Orders = append(b.m.Orders, info)
	switch {
	case o.State == OrderForecast:
		b.leave(o, 0, WhyNotReleased, "order %s is not released; release it and it is planned", o.Number)
		return
	case o.State == OrderHeld:
		b.leave(o, 0, WhyHeld, "order %s is held: %s; resume it and it is planned", o.Number, o.Reason)
		return
	case len(o.Jobs) == 0:
		b.leave(o, 0, WhyNoRouting, "order %s: no definition of %s says how it is made", o.Number, o.Product)
		return
	}
	c := &chain{builder: b, order: o, at: len(b.m.Orders) - 1, release: max(0, b.clock.after(o.Earliest))}
	if o.Earliest == 0 {
		c.release = 0
	}
	if o.branches() {
		g := &graph{chain: c, nodes: map[int]*node{}}
		whole := g.add()
		b.m.Orders[c.at].Whole = whole
		g.end(whole)
		return
	}
	for i := range o.Jobs {
		if !c.job(&o.Jobs[i]) {
			c.end(false)
			return
		}
	}
	b.m.Orders[c.at].Whole = true
	c.end(true)
}

// candidate is a machine that can do a job.
type candidate struct {
	machine int // index of the problem's
	Alternative
}

// candidates are the machines that can do a job; without any, why not.
func (b *builder) candidates(o *Order, j *Job) ([]candidate, bool) {
	var out []candidate
	var named, planned int
	for _, a := range b.alternatives(j) {
		for i := range b.state.Machines {
			m := &b.state.Machines[i]
			if m.ID != a.Equipment && !slices.Contains(m.Above, a.Equipment) || !b.tiedTo(j, m) {
				continue
			}
			named++
			if b.calendarOf(m) == "" {
				continue
			}
			planned++
			if k := b.use(i); len(b.m.Problem.Machines[k].Open) > 0 && !slices.ContainsFunc(out, func(c candidate) bool { return c.machine == k }) {
				out = append(out, candidate{k, a})
			}
		}
	}
	switch {
	case len(out) > 0:
		return out, true
	case named == 0:
		b.leave(o, j.No, WhyNoMachine, "order %s, job %d: none of the machines that its routing names is there%s; change the routing", o.Number, j.No, tie(j))
	case planned == 0:
		b.leave(o, j.No, WhyNoCalendar, "order %s, job %d: no calendar says when its machines work; give one to them or to their line", o.Number, j.No)
	default:
		b.leave(o, j.No, WhyClosed, "order %s, job %d: its machines do not work at all within the time that is planned; look at their calendars", o.Number, j.No)
	}
	return nil, false
}

func tie(j *Job) string {
	if j.tied() {
		return " (it was begun at " + string(j.Equipment) + ")"
	}
	return ""
}

// alternatives are those of the routing; of a job that was begun where the
// routing does not allow it, that place with the usual times.
func (b *builder) alternatives(j *Job) []Alternative {
	if !j.tied() || len(j.Alternatives) == 0 {
		return j.Alternatives
	}
	for i := range b.state.Machines {
		m := &b.state.Machines[i]
		if m.ID == j.Equipment && !slices.ContainsFunc(j.Alternatives, func(a Alternative) bool { return a.Equipment == m.ID || slices.Contains(m.Above, a.Equipment) }) {
			here := j.Alternatives[0]
			here.Equipment = m.ID
			return []Alternative{here}
		}
	}
	return j.Alternatives
}

// tiedTo says whether a job may be at a machine, for what was begun of it.
func (b *builder) tiedTo(j *Job, m *Machine) bool {
	return !j.tied() || j.Equipment == "" || m.ID == j.Equipment || slices.Contains(m.Above, j.Equipment)
}

func (b *builder) calendarOf(m *Machine) string {
	if code, other := b.o.Calendars[m.ID]; other {
		return code
	}
	return m.Calendar
}

// use gives the index of a machine of the state among those of the problem.
func (b *builder) use(i int) int {
	m := &b.state.Machines[i]
	if k, ok := b.index[m.ID]; ok {
		return k
	}
	var downs []Down
	for _, d := range b.o.Down {
		if d.Equipment == m.ID || slices.Contains(m.Above, d.Equipment) {
			d.From = cmp.Or(d.From, b.state.At)
			downs = append(downs, d)
		}
	}
	k := len(b.m.Machines)
	b.index[m.ID] = k
	b.used = append(b.used, i)
	b.m.Machines = append(b.m.Machines, ModelMachine{ID: m.ID, Path: m.Path, Name: m.Name, Calendar: digest(b.state.Calendars[m.Calendar])})
	b.m.Problem.Machines = append(b.m.Problem.Machines, schedule.Machine{Name: m.Path, Open: b.windows(b.calendarOf(m), downs)})
	return k
}

func (b *builder) windows(code string, downs []Down) []schedule.Window {
	key := fmt.Sprint(code, downs)
	w, ok := b.open[key]
	if !ok {
		w = b.clock.windows(b.state.Calendars[code], b.o.Until+tail, downs)
		b.open[key] = w
	}
	return w
}

// digest tells calendars apart.
func digest(c plant.Calendar) string {
	sum := sha256.Sum256(fmt.Append(nil, c.Code, c.Zone, c.Shifts, c.Holidays, c.Workdays, c.Downs))
	return hex.EncodeToString(sum[:8])
}

// familyOf is what machines are set up for to do a job.
func (b *builder) familyOf(o *Order, j *Job) *family {
	name := fmt.Sprintf("%s@%d/%d", o.Product, o.Revision, j.No)
	if f := strings.TrimSpace(j.Family); f != "" {
		name = "= " + f // apart from names that are made
	}
	f := b.families[name]
	if f == nil {
		f = &family{name: strings.TrimPrefix(name, "= "), setups: map[int]int64{}}
		b.families[name] = f
	}
	return f
}
