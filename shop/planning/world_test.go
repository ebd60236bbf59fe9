package planning

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// monday is a Monday, 08:00 in UTC.
var monday = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// at is so many minutes after monday.
func at(minutes int) plant.Instant {
	return plant.InstantOf(monday.Add(time.Duration(minutes) * time.Minute))
}

const minute = int64(60_000)

var everyDay = []int{1, 2, 3, 4, 5, 6, 7}

// calendars: always works round the clock, day from 08:00 to 12:00 and from
// 13:00 to 17:00.
var calendars = map[string]plant.Calendar{
	"always": {Code: "always", Zone: "UTC", Shifts: []plant.Shift{{Code: "a", Start: "00:00", End: "24:00", Weekdays: everyDay}}},
	"day":    {Code: "day", Zone: "UTC", Shifts: []plant.Shift{{Code: "d", Start: "08:00", End: "17:00", Weekdays: everyDay, Breaks: []plant.Break{{Start: "12:00", End: "13:00"}}}}},
	"never":  {Code: "never", Zone: "UTC"},
}

// lathes is a place with two lathes, a furnace for 100 parts at a time and a
// machine without a calendar.
func lathes(orders ...Order) State {
	return State{At: at(0), Calendars: calendars, Orders: orders, Machines: []Machine{
		{ID: "l1", Path: "xc/w/l1", Above: []plant.NodeID{"line", "w"}, Calendar: "always"},
		{ID: "l2", Path: "xc/w/l2", Above: []plant.NodeID{"line", "w"}, Calendar: "always"},
		{ID: "f", Path: "xc/w/f", Above: []plant.NodeID{"w"}, Calendar: "always"},
		{ID: "bare", Path: "xc/w/bare", Above: []plant.NodeID{"w"}},
		{ID: "shut", Path: "xc/w/shut", Above: []plant.NodeID{"w"}, Calendar: "never"},
		{ID: "d", Path: "xc/w/d", Above: []plant.NodeID{"w"}, Calendar: "day"},
	}}
}

// order of so many parts, due after so many minutes, done by segments.
func order(number string, quantity int64, due int, segments ...Segment) Order {
	o := Order{ID: "id-" + number, Number: number, Product: "p" + number, Revision: 1, Quantity: quantity, Place: "xc/w", Due: at(due), Priority: usualPriority, State: OrderOpen}
	for i, s := range segments {
		if s.No == 0 {
			s.No = 10 * (i + 1)
		}
		if i > 0 && s.After == nil {
			s.After = []int{o.Jobs[i-1].No}
		}
		o.Jobs = append(o.Jobs, Job{Segment: s, State: "waiting"})
	}
	return o
}

// turn takes so many seconds a part on some machines, the first with a setup of
// so many minutes.
func turn(seconds, setupMin int64, machines ...plant.NodeID) Segment {
	s := Segment{}
	for _, m := range machines {
		s.Alternatives = append(s.Alternatives, Alternative{Equipment: m, RunMs: seconds * 1000, SetupMs: setupMin * minute})
	}
	return s
}

func build(t *testing.T, s State) *Model {
	t.Helper()
	m, err := Build(&s, BuildOptions{Place: "xc/w", Until: s.At + 30*day})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// world are facts and a store in memory, for a desk.
type world struct {
	mu      sync.Mutex
	now     time.Time
	state   State
	routes  map[string][]Segment
	heads   []Head
	bodies  map[string][]byte
	decided []Decided
	id      int
}

func (w *world) desk(t testing.TB) *Desk {
	d := NewDesk(Options{Store: w, Facts: w, NewID: w.newID, Now: w.time, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(d.Close)
	return d
}

func newWorld(orders ...Order) *world {
	return &world{now: monday, state: lathes(orders...), routes: map[string][]Segment{}, bodies: map[string][]byte{}}
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.id++
	return fmt.Sprintf("ID%03d", w.id)
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// pass lets time go by.
func (w *world) pass(minutes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Duration(minutes) * time.Minute)
}

// change changes the facts.
func (w *world) change(f func(*State)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(&w.state)
}

func (w *world) State(context.Context, access.Scope) (State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	raw, err := json.Marshal(w.state)
	var s State
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	s.At = plant.InstantOf(w.now)
	return s, err
}

func (w *world) Routing(_ context.Context, _ plant.TenantNo, product string, _ plant.Instant) (int, []Segment, error) {
	if r, ok := w.routes[product]; ok {
		return 1, r, nil
	}
	return 0, nil, access.ErrNotFound
}

func (w *world) Decide(_ context.Context, _ access.Principal, d []Decided) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.decided = d
	return nil
}

func (w *world) SavePlan(_ context.Context, _ plant.TenantNo, h Head, body []byte) (Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	h.Number = int64(len(w.heads) + 1)
	w.heads, w.bodies[h.ID] = append(w.heads, h), body
	return h, nil
}

func (w *world) StepPlan(_ context.Context, _ plant.TenantNo, s Step) (Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.heads, func(h Head) bool { return h.ID == s.Plan && h.State == s.Seen })
	if i < 0 {
		return Head{}, access.ErrConflict
	}
	for k := range w.heads {
		if s.What == StateInUse && w.heads[k].State == StateInUse {
			w.heads[k].State = StatePast
		}
	}
	w.heads[i] = w.heads[i].Follow(s)
	return w.heads[i], nil
}

func (w *world) Plans(context.Context, access.Scope, Filter) ([]Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.heads), nil
}

func (w *world) first(f func(Head) bool) (Head, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.IndexFunc(w.heads, f); i >= 0 {
		return w.heads[i], nil
	}
	return Head{}, access.ErrNotFound
}

func (w *world) SaveLimit(_ context.Context, _ plant.TenantNo, l Limit, _ int64) error {
	w.change(func(s *State) {
		s.Limits = append(slices.DeleteFunc(s.Limits, func(o Limit) bool { return o.What == l.What && o.Name == l.Name }), l)
	})
	return nil
}

func (w *world) Limits(context.Context, plant.TenantNo) ([]Limit, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.state.Limits), nil
}

func (w *world) Plan(_ context.Context, _ plant.TenantNo, id string) (Head, error) {
	return w.first(func(h Head) bool { return h.ID == id })
}

func (w *world) PlanInUse(_ context.Context, _ plant.TenantNo, place string) (Head, error) {
	return w.first(func(h Head) bool { return h.Place == place && h.State == StateInUse })
}

func (w *world) PlanBody(_ context.Context, _ plant.TenantNo, id string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.bodies[id], nil
}
