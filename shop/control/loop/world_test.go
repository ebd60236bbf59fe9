package loop_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/control/loop"
)

const (
	tenant  plant.TenantNo = 1
	furnace plant.NodeID   = "furnace"
	path                   = "firm/heat/furnace"
)

// shelf keeps documents in memory, as a record does.
type shelf struct {
	mu   sync.Mutex
	kept map[string]document.Document
	fail error
}

func (s *shelf) Save(_ context.Context, _ plant.TenantNo, d document.Document, seen int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := string(d.Kind) + " " + d.ID
	switch old, ok := s.kept[id]; {
	case s.fail != nil:
		return s.fail
	case ok && old.Rev != seen, !ok && seen != 0, d.Rev != seen+1:
		return fmt.Errorf("%w: %s has revision %d, not %d", access.ErrConflict, id, old.Rev, seen)
	}
	s.kept[id] = d
	return nil
}

func (s *shelf) Document(_ context.Context, _ plant.TenantNo, kind document.Kind, id string) (document.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.kept[string(kind)+" "+id]
	if !ok {
		return d, fmt.Errorf("%w: %s %s", access.ErrNotFound, kind, id)
	}
	return d, nil
}

func (s *shelf) Keyed(context.Context, plant.TenantNo, document.Kind, string, string) (document.Document, error) {
	return document.Document{}, access.ErrNotFound
}

func (s *shelf) Documents(_ context.Context, f document.Filter) (out []document.Document, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.kept {
		if d.Kind == f.Kind && (f.Of == "" || d.Of == f.Of) && (!f.Open || d.Open) && (f.Before == "" || d.ID < f.Before) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b document.Document) int { return -cmpID(a.ID, b.ID) })
	return out[:min(len(out), f.Limit)], nil
}

func cmpID(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// oven is a furnace with its heater, a jacket between them, and a machine's own mind:
// what is written to it, what it answers, what is wrong with it.
type oven struct {
	t     *testing.T
	mu    sync.Mutex
	begin time.Time
	heat  *calc.Simulation
	at    time.Time
	// Signals as the machine has them.
	signal map[string]float64
	silent map[string]bool // signals that it does not tell
	dead   bool            // the device is lost
	slow   time.Duration   // that an answer takes
	deaf   bool            // it confirms and does nothing
	refuse bool            // commands are refused
	orders []loop.Order
	when   []time.Time
	beats  []time.Time
	ends   map[string]loop.Command
	raised map[string]string
	ahead  time.Duration // by which the clock of the node is off
}

const heaterGain, heaterLag, step = 11., 360., 100 * time.Millisecond

func newOven(t *testing.T) *oven {
	heat, err := calc.Plant{Gain: heaterGain, Lags: []float64{heaterLag}, Dead: 1}.Run(step.Seconds())
	must(t, err)
	for range 40_000 {
		heat.Step(60)
	}
	return &oven{
		t: t, begin: time.Now(), at: time.Now(), heat: heat, signal: map[string]float64{"temperature": 25 + 60*heaterGain, "heater": 60, "remote": 1, "gas": 10}, silent: map[string]bool{},
		ends: map[string]loop.Command{}, raised: map[string]string{},
	}
}

// live lets the process go on until now. The caller holds the lock.
func (o *oven) live() {
	for ; !o.at.Add(step).After(time.Now()); o.at = o.at.Add(step) {
		o.signal["temperature"] = 25 + o.heat.Step(o.signal["heater"])
	}
}

// set changes what is so at the machine, behind the loop's back.
func (o *oven) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.live()
	change()
}

func (o *oven) get(name string) float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.live()
	return o.signal[name]
}

// Machine implements loop.Machines.
func (o *oven) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (loop.Machine, error) {
	if node != furnace {
		return loop.Machine{}, fmt.Errorf("%w: %s", access.ErrNotFound, node)
	}
	low, high := 0., 100.
	return loop.Machine{ID: furnace, Path: path, Name: plant.Name{ZH: "炉"}, Signals: []loop.Signal{
		{Name: "temperature", Unit: "Cel", Number: true},
		{Name: "gas", Number: true},
		{Name: "order"},
		{Name: "heater", Unit: "%", Number: true, Writable: true, Min: &low, Max: &high, MaxStep: 25, Tolerance: 0.05},
		{Name: "remote", Number: true, Writable: true},
		{Name: "speed", Number: true, Writable: true, Approve: true},
		{Name: "dog", Number: true, Writable: true, Watchdog: true, Min: &low, Max: &high},
	}}, nil
}

// Values implements loop.Live.
func (o *oven) Values(ctx context.Context, _ plant.TenantNo, _ plant.NodeID, signals []string) ([]loop.Value, error) {
	o.mu.Lock()
	slow := o.slow
	o.mu.Unlock()
	time.Sleep(slow)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.live()
	if o.dead {
		return nil, errors.New("no contact with the device")
	}
	out := make([]loop.Value, len(signals))
	for i, s := range signals {
		out[i] = loop.Value{Number: o.signal[s], Good: !o.silent[s], At: plant.MicrosOf(time.Now().Add(o.ahead)), Why: "bad"}
	}
	return out, nil
}

// Order implements loop.Commands.
func (o *oven) Order(_ context.Context, _ access.Principal, order loop.Order) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.live()
	id := fmt.Sprint("C", len(o.orders))
	end := loop.Command{State: "confirmed", Final: true, Confirmed: true}
	switch {
	case o.dead:
		end = loop.Command{State: "rejected", Final: true, Why: "contact: the device does not answer"}
	case o.refuse:
		end = loop.Command{State: "rejected", Final: true, Why: "interlock: the door is open"}
	case order.Seen != nil && *order.Seen != o.signal[order.Signal]:
		end = loop.Command{State: "rejected", Final: true, Why: "seen: look again"}
	case o.deaf:
		end = loop.Command{State: "mismatched", Final: true, Lost: true, Why: "the machine has another value"}
	default:
		o.signal[order.Signal] = order.Value
	}
	o.orders, o.when, o.ends[id] = append(o.orders, order), append(o.when, time.Now()), end
	return id, nil
}

// Wait implements loop.Commands.
func (o *oven) Wait(_ context.Context, _ plant.TenantNo, id string) (loop.Command, error) {
	time.Sleep(20 * time.Millisecond) // the read-back
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.ends[id], nil
}

// Beat implements loop.Commands.
func (o *oven) Beat(context.Context, access.Principal, plant.NodeID, string, uint64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dead {
		return errors.New("no contact")
	}
	o.beats = append(o.beats, time.Now())
	return nil
}

// Raise implements loop.Alarms.
func (o *oven) Raise(_ context.Context, _ plant.TenantNo, n loop.Notice) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.raised[n.Key] = n.Text.EN
	return nil
}

// Clear implements loop.Alarms.
func (o *oven) Clear(_ context.Context, _ plant.TenantNo, key string, _ plant.Instant) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.raised, key)
	return nil
}

// world is an oven with a desk of loops.
type world struct {
	*loop.Desk
	t      *testing.T
	oven   *oven
	shelf  *shelf
	id     int
	series string
	held   string // what else moves each output
	mu     sync.Mutex
	period string // of the tariff
}

// within runs a test in a bubble of time.
func within(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, oven: newOven(t), shelf: &shelf{kept: map[string]document.Document{}}}
		w.open()
		defer func() { w.Close() }()
		test(t, w)
	})
}

func (w *world) open() {
	began := time.Now()
	w.Desk = loop.NewDesk(loop.Options{
		Store: w.shelf, Machines: w.oven, Live: w.oven, Commands: w.oven, Alarms: w.oven,
		Held: func(context.Context, plant.TenantNo, plant.NodeID, string) (string, error) { return w.held, nil },
		Period: func(context.Context, plant.TenantNo, plant.NodeID) (string, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.period, nil
		},
		Logger: slog.New(slog.DiscardHandler),
		NewID: func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.id++
			return fmt.Sprintf("%06d", w.id)
		},
		Now: func() time.Time {
			w.oven.mu.Lock()
			defer w.oven.mu.Unlock()
			return time.Now().Add(w.oven.ahead)
		},
		Passed: func() time.Duration { return time.Since(began) },
	})
	must(w.t, w.Resume(w.t.Context(), tenant))
}

func person(name string) access.Principal {
	return access.As(name, name, access.Scope{Tenant: tenant}, access.Read, access.Engineer, access.Control)
}

// zone is a loop that holds the oven.
func zone() loop.Loop {
	return loop.Loop{
		Name: plant.Name{ZH: "炉温", EN: "oven"}, Owner: "li", Machine: furnace, Output: "heater", PV: loop.Input{Machine: furnace, Signal: "temperature"},
		Block: loop.Block{Kind: loop.PID, PID: &calc.PID{K: 1, Ti: 120, B: 1, Range: calc.Range{Low: 0, High: 100}}},
		SP:    685, SPLow: 100, SPHigh: 950, PeriodMs: 1000, MaxAgeMs: 5000, IntervalMs: 3000, Deadband: 0.2, Resolution: 0.1,
		Safe: loop.Safe{Action: loop.Hold}, Watchdog: &loop.Watchdog{Signal: "dog", PeriodMs: 2000},
	}
}

// approved keeps a loop as two people do.
func (w *world) approved(l loop.Loop) loop.Loop {
	w.t.Helper()
	l, err := w.SaveLoop(w.t.Context(), person("li"), l)
	must(w.t, err)
	l, err = w.Move(w.t.Context(), person("wang"), l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
	must(w.t, err)
	return l
}

func (w *world) view(series string) loop.View {
	w.t.Helper()
	v, err := w.View(w.t.Context(), person("li"), series)
	must(w.t, err)
	return v
}

func (w *world) mode(series string, m loop.Mode) loop.View {
	w.t.Helper()
	v, err := w.SetMode(w.t.Context(), person("li"), series, loop.Asked{Mode: m, Rev: w.view(series).Run.Rev})
	must(w.t, err)
	return v
}

// auto puts a loop to work.
func (w *world) auto(l loop.Loop) string {
	w.t.Helper()
	l = w.approved(l)
	w.mode(l.Series, loop.Manual)
	time.Sleep(5 * time.Second)
	w.mode(l.Series, loop.Auto)
	return l.Series
}

func (w *world) events(series string, what string) []loop.Event {
	w.t.Helper()
	all, err := w.Events(w.t.Context(), tenant, series, loop.EventFilter{What: what, Limit: 1000})
	must(w.t, err)
	slices.Reverse(all)
	return all
}

func near(t *testing.T, what string, got, want, most float64) {
	t.Helper()
	if !(math.Abs(got-want) <= most) {
		t.Errorf("%s = %v; want %v ± %v", what, got, want, most)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
