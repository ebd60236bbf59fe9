package rule

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	"zhigai/history"
	"zhigai/plant"
)

// world is everything around the desk, in memory but for the samples, with a clock that
// tests set. It has a furnace and a press, each with a set point.
type world struct {
	mu      sync.Mutex
	now     time.Time
	ids     int
	docs    map[string]Document
	history *history.Store
	events  []calc.Span
	derived map[string][]Stretch // by signal, of every machine
	done    []string             // what was done and ended, in order
	told    []string
	outcome map[ActionKind]Outcome // what comes of actions; done where nothing is said
	came    map[ActionKind]Outcome // what became of them later
	since   time.Time              // it began
	outputs map[string]float64     // set points, by signal
	refuses int                    // so many times a set point is not set
	beats   uint64
}

var dawn = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld(t testing.TB) (*world, *Desk) {
	t.Helper()
	h, err := history.Open(t.TempDir(), history.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	w := &world{now: dawn, since: time.Now(), outputs: map[string]float64{}, came: map[ActionKind]Outcome{}, docs: map[string]Document{}, history: h, outcome: map[ActionKind]Outcome{}, derived: map[string][]Stretch{}}
	d := NewDesk(Options{
		Store: w, Plant: w, History: h, Derived: w, Events: w, Actors: w, Outputs: w, Tenants: func(context.Context) ([]plant.TenantNo, error) { return []plant.TenantNo{1}, nil },
		Route:     func(_ context.Context, _ plant.TenantNo, id string) (bool, error) { return id == "nights", nil },
		Component: func(_ context.Context, _ plant.TenantNo, series string) (bool, error) { return series == "soft", nil }, NewID: w.newID, Passed: w.passed, Now: func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(d.drop)
	return w, d
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("%06d", w.ids)
}

func (w *world) set(at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = at
}

// person is somebody who may everything under a name.
func person(name string) access.Principal {
	p := access.Node(1)
	p.Name = name
	return p
}

// Save implements document.Store, as the following methods do.
func (w *world) Save(_ context.Context, tenant plant.TenantNo, d Document, seen int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := fmt.Sprint(tenant, d.Kind, d.ID)
	if w.docs[key].Rev != seen || d.Rev != seen+1 {
		return access.ErrConflict
	}
	w.docs[key] = d
	return nil
}

func (w *world) Document(_ context.Context, tenant plant.TenantNo, kind Kind, id string) (Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, ok := w.docs[fmt.Sprint(tenant, kind, id)]
	if !ok {
		return d, access.ErrNotFound
	}
	return d, nil
}

func (w *world) Keyed(context.Context, plant.TenantNo, Kind, string, string) (Document, error) {
	return Document{}, access.ErrNotFound
}

func (w *world) Documents(_ context.Context, f Filter) ([]Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Document
	for _, d := range w.docs {
		if d.Kind == f.Kind && (f.Of == "" || d.Of == f.Of) && (!f.Open || d.Open) && f.Scope.Allows(d.Path) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Document) int { return cmp.Compare(b.ID, a.ID) })
	return out[:min(len(out), f.Limit)], nil
}

// Tags of the world's machines.
const (
	tagLink plant.TagNo = iota + 1
	tagTemp
	tagLimit
	tagPower
	tagForce
	tagProgram
)

// Machine implements Plant.
func (w *world) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (Machine, error) {
	switch node {
	case "furnace":
		return Machine{ID: node, Path: "firm/heat/furnace", Name: plant.Name{ZH: "炉"}, Link: tagLink, Signals: []Signal{
			{Name: "temp", Unit: "Cel", Kind: "number", Tag: tagTemp},
			{Name: "limit", Unit: "Cel", Kind: "number", Tag: tagLimit},
			{Name: "power", Unit: "kW", Kind: "number", Tag: tagPower},
			{Name: "program", Kind: "text", Tag: tagProgram},
			{Name: "target", Unit: "Cel", Kind: "number", Tag: tagLimit, Writable: true, Min: new(float64(0)), Max: new(float64(900))},
			{Name: "manual", Kind: "boolean", Writable: true},
			{Name: "heat", Unit: "%", Kind: "number", Writable: true, Approve: 1},
			{Name: "alive", Kind: "number", Watchdog: true},
		}}, nil
	case "press":
		return Machine{ID: node, Path: "firm/form/press", Name: plant.Name{ZH: "压机"}, Signals: []Signal{
			{Name: "force", Unit: "kN", Kind: "number", Tag: tagForce}, {Name: "speed", Unit: "mm/s", Kind: "number", Tag: tagForce, Writable: true},
		}}, nil
	}
	return Machine{}, access.ErrNotFound
}

// Signals, Did and Since implement Derived.
func (w *world) Signals(context.Context, plant.TenantNo, plant.NodeID) ([]Signal, error) {
	return slices.Concat(StateSignals, CalendarSignals, TariffSignals), nil
}

func (w *world) Did(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string, from, to plant.Micros) (out []Stretch, _ error) {
	for _, s := range w.derived[signal] {
		if s.From < to && s.To > from {
			s.From = max(s.From, from)
			out = append(out, s)
		}
	}
	return out, nil
}

func (w *world) Since(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string, after plant.Micros) (out []Stretch, _ error) {
	for _, s := range w.derived[signal] {
		if s.To > after && s.From <= plant.MicrosOf(w.now) {
			out = append(out, s)
		}
	}
	return out, nil
}

// Happened implements Events.
func (w *world) Happened(context.Context, access.Scope, Against, plant.NodeID, plant.Micros, plant.Micros) ([]calc.Span, error) {
	return w.events, nil
}

// Do implements Actors.
func (w *world) Do(_ context.Context, _ plant.TenantNo, d Doing) Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, fmt.Sprintf("%s %s by %d", d.Action.Kind, d.Action.Path, d.Rule.Revision))
	if o, ok := w.outcome[d.Action.Kind]; ok {
		return o
	}
	return Done(d.Action.Kind, "x")
}

// Came implements Actors.
func (w *world) Came(_ context.Context, _ plant.TenantNo, d Doing, _ Outcome) (Outcome, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o, ok := w.came[d.Action.Kind]
	return o, ok
}

func (w *world) Over(_ context.Context, _ plant.TenantNo, d Doing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, fmt.Sprintf("end of %s by %d", d.Action.Kind, d.Rule.Revision))
	return nil
}

func (w *world) Tell(_ context.Context, _ plant.TenantNo, r Rule, why string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, r.called()+": "+why)
	return nil
}

// passed is the clock's time, which does not step unless a test lets it.
func (w *world) passed() time.Duration { return time.Since(w.since) }

// Value, Set and Beat implement Outputs.
func (w *world) Value(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string) (float64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outputs[signal], nil
}

func (w *world) Set(_ context.Context, _ plant.TenantNo, _ Rule, _ Action, signal string, value float64) Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuses > 0 {
		w.refuses--
		return Outcome{Kind: Command, State: "failed", Why: "the device does not answer"}
	}
	w.outputs[signal] = value
	return Outcome{Kind: Command, State: "confirmed"}
}

func (w *world) Beat(_ context.Context, _ plant.TenantNo, _ Rule, _ Action, count uint64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.beats = count
	return nil
}

// feed gives what history commits.
type feed struct{ *history.Store }

func (f feed) Read(ctx context.Context, after uint64, limit int) ([]Entry, error) {
	all, err := f.Store.Read(ctx, after, limit)
	out := make([]Entry, len(all))
	for i, b := range all {
		out[i] = Entry{b.Seq, b.Tenant, b.Batch}
	}
	return out, err
}

// live lets what runs see samples as they come, by hand.
type live struct {
	t    testing.TB
	w    *world
	d    *Desk
	feed feed
	at   uint64
	tags map[seen][]listener
}

func (w *world) live(t testing.TB, d *Desk) *live {
	l := &live{t: t, w: w, d: d, feed: feed{w.history}, at: w.history.LastSeq()}
	must(t, l.feed.SaveCursor(Cursor, l.at))
	l.load()
	return l
}

func (l *live) load() {
	l.t.Helper()
	var err error
	l.tags, err = l.d.load(l.t.Context(), l.feed)
	must(l.t, err)
}

// come commits samples, lets the clock stand where the last came, and shows them to the
// rules.
func (l *live) come(samples ...plant.Sample) {
	l.t.Helper()
	if len(samples) > 0 {
		_, err := l.w.history.Append(l.t.Context(), 1, plant.Batch{Samples: samples})
		must(l.t, err)
		if last := samples[len(samples)-1].Time.Time(); last.After(l.w.now) {
			l.w.set(last)
		}
	}
	l.look()
}

// wait lets time go on without a sample.
func (l *live) wait(d time.Duration) {
	l.t.Helper()
	l.w.set(l.w.now.Add(d))
	l.look()
}

func (l *live) look() {
	l.t.Helper()
	batches, err := l.feed.Read(l.t.Context(), l.at, readAtOnce)
	must(l.t, err)
	if n := len(batches); n > 0 {
		l.at = batches[n-1].Seq
	}
	l.d.look(l.t.Context(), l.tags, batches, plant.MicrosOf(l.w.now), true)
	l.acted()
}

// acted returns when all news were acted on.
func (l *live) acted() {
	for {
		l.d.mu.Lock()
		busy := false
		for _, r := range l.d.runners {
			busy = busy || len(r.news) > 0 || r.acting.Load()
		}
		l.d.mu.Unlock()
		if !busy {
			return
		}
		runtime.Gosched()
	}
}

// at is a sample after the beginning of the world's day.
func at(tag plant.TagNo, after time.Duration, v float64) plant.Sample {
	return plant.Sample{Tag: tag, Time: plant.MicrosOf(dawn.Add(after)), Value: v}
}

// hot is a rule that alarms when the furnace is hot.
func hot() Rule {
	return Rule{Definition: Definition{
		Name: plant.Name{ZH: "炉温过高", EN: "Too hot"}, Place: "furnace", Inputs: []Input{{Name: "temp", Machine: "furnace", Signal: "temp"}},
		When: "temp > 80.0", Trigger: "sample", MaxPerHour: 10, Actions: []Action{{Kind: Alarm, Priority: 2}},
	}}
}

// cool is one that sets the furnace's target too.
func cool() Rule {
	r := hot()
	r.Actions = append(r.Actions, Action{Kind: Command, Signal: "target", Value: new(float64(60))})
	return r
}

// brought brings a rule as far as a state, by the people it takes.
func (w *world) brought(t testing.TB, d *Desk, r Rule, to State) Rule {
	t.Helper()
	ctx := t.Context()
	r, err := d.Save(ctx, person("wang"), r)
	must(t, err)
	if to == Draft {
		return r
	}
	now := plant.InstantOf(w.now)
	r, _, err = d.Backtest(ctx, person("wang"), r.ID, r.Rev, Question{From: now - 3_600_000_000, To: now})
	must(t, err)
	if to == Backtested {
		return r
	}
	r, err = d.Move(ctx, person("wang"), r.ID, Move{What: "shadow", Rev: r.Rev})
	must(t, err)
	if to == Shadow {
		return r
	}
	r, err = d.Move(ctx, person("wang"), r.ID, Move{What: "request", Note: "it was right for a week", Rev: r.Rev})
	must(t, err)
	r, err = d.Decide(ctx, person("li"), r.ID, Move{What: "approve", Rev: r.Rev})
	must(t, err)
	return r
}
