package learn

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// world is a plant whose signals are functions of time, with everything that a desk
// asks for.
type world struct {
	t     *testing.T
	mu    sync.Mutex
	now   time.Time
	ids   int
	paths map[plant.NodeID]string
	// show is what a signal is at an instant; false where nothing is known.
	show     func(machine plant.NodeID, signal string, at plant.Instant) (float64, bool)
	failures map[plant.NodeID][]Breakdown
	idle     []Span // when no machine produces
	hold     chan struct{}
	docs     map[string]document.Document
	said     map[string]map[string]Reading
	raised   map[string]Alarm
	history  []string // of alarms
	desk     *Desk
}

var begin = time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)

func at(h float64) plant.Instant { return plant.InstantOf(begin) + plant.Instant(h*float64(hour)) }

func newWorld(t *testing.T) *world {
	w := &world{
		t: t, now: begin.Add(40 * 24 * time.Hour), paths: map[plant.NodeID]string{"M1": "xc/w1/m1", "M2": "xc/w1/m2", "M9": "xc/w2/m9"},
		docs: map[string]document.Document{}, said: map[string]map[string]Reading{}, raised: map[string]Alarm{}, failures: map[plant.NodeID][]Breakdown{},
	}
	w.desk = w.open()
	return w
}

func (w *world) open() *Desk {
	d := NewDesk(Options{Store: w, Machines: w, Alarms: w, NewID: w.id, Now: func() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.now }, Logger: slog.New(slog.DiscardHandler)})
	w.t.Cleanup(d.Close)
	return d
}

func (w *world) id() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("%06d", w.ids)
}

var engineer = access.As("li", "li", access.Scope{Tenant: 1}, access.Read, access.Engineer)

func (w *world) Machine(_ context.Context, _ plant.TenantNo, id plant.NodeID) (string, plant.Name, error) {
	if p, ok := w.paths[id]; ok {
		return p, plant.Name{ZH: string(id)}, nil
	}
	return "", plant.Name{}, access.ErrNotFound
}

func (w *world) Signals(context.Context, plant.TenantNo, plant.NodeID) ([]Signal, error) {
	out := []Signal{{Name: "energy", Unit: "kW.h", Counter: true}}
	for _, s := range []string{"power", "heat", "flow", "noise"} {
		out = append(out, Signal{Name: s, Title: plant.Name{ZH: "信号" + s, EN: s}, Unit: "1"})
	}
	return out, nil
}

func (w *world) Parts(ctx context.Context, _ plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, n int) ([]Part, error) {
	if w.hold != nil {
		select {
		case <-w.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	out := make([]Part, n)
	width := (to - from) / plant.Instant(n)
	for i := range out {
		v, ok := w.show(id, signal, from+width*plant.Instant(i))
		out[i] = Part{Mean: v, Min: v - 1, Max: v + 1, Known: ok && from+width*plant.Instant(i+1) <= plant.InstantOf(w.now)}
	}
	return out, nil
}

func (w *world) Produced(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) ([]Span, error) {
	out := []Span{}
	for _, s := range w.idle {
		if s.From > from {
			out = append(out, Span{from, min(s.From, to)})
		}
		from = max(from, s.To)
	}
	return append(out, Span{from, to}), nil
}

func (w *world) Failures(_ context.Context, _ plant.TenantNo, id plant.NodeID, from, to plant.Instant) (out []Breakdown, _ error) {
	for _, f := range w.failures[id] {
		if f.At >= from && f.At < to {
			out = append(out, f)
		}
	}
	return out, nil
}

func (w *world) Raise(_ context.Context, _ plant.TenantNo, a Alarm) error {
	if _, ok := w.raised[a.Key]; !ok {
		w.history = append(w.history, "raised "+a.Key)
	}
	w.raised[a.Key] = a
	return nil
}

func (w *world) Clear(_ context.Context, _ plant.TenantNo, key string, _ plant.Instant) error {
	if _, ok := w.raised[key]; ok {
		w.history = append(w.history, "cleared "+key)
	}
	delete(w.raised, key)
	return nil
}

func (w *world) Save(_ context.Context, _ plant.TenantNo, d document.Document, seen int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := string(d.Kind) + d.ID
	if raw, err := json.Marshal(d); err != nil || len(raw) > 64<<10 {
		return fmt.Errorf("a fact of %d bytes: %w", len(raw), err)
	}
	if w.docs[key].Rev != seen || d.Rev != seen+1 {
		return access.ErrConflict
	}
	w.docs[key] = d
	return nil
}

func (w *world) Document(_ context.Context, _ plant.TenantNo, kind document.Kind, id string) (document.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if d, ok := w.docs[string(kind)+id]; ok {
		return d, nil
	}
	return document.Document{}, access.ErrNotFound
}

func (w *world) Keyed(context.Context, plant.TenantNo, document.Kind, string, string) (document.Document, error) {
	return document.Document{}, access.ErrNotFound
}

func (w *world) Documents(_ context.Context, f document.Filter) ([]document.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := []document.Document{}
	for _, d := range w.docs {
		if d.Kind == f.Kind && (f.Of == "" || d.Of == f.Of) && (!f.Open || d.Open) && f.Scope.Allows(d.Path) && (f.Before == "" || d.ID < f.Before) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b document.Document) int { return cmp.Compare(b.ID, a.ID) })
	return out[:min(len(out), f.Limit)], nil
}

// KeepReadings writes and reads as a database does: what JSON loses is lost.
func (w *world) KeepReadings(_ context.Context, _ plant.TenantNo, version string, all []Reading) error {
	for _, r := range all {
		raw, err := json.Marshal(r)
		if err != nil {
			return err
		}
		var read Reading
		if err := json.Unmarshal(raw, &read); err != nil {
			return err
		}
		if w.said[version] == nil {
			w.said[version] = map[string]Reading{}
		}
		w.said[version][fmt.Sprintf("%020d %s", r.At, r.Machine)] = read
	}
	return nil
}

func (w *world) Readings(_ context.Context, _ plant.TenantNo, version string, machine plant.NodeID, from, to plant.Instant, limit int) ([]Reading, error) {
	out := []Reading{}
	for _, key := range slices.Sorted(maps.Keys(w.said[version])) {
		if r := w.said[version][key]; (machine == "" || r.Machine == machine) && r.At >= from && r.At < to {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-limit):], nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rough is noise that is the same at the same instant.
func rough(machine plant.NodeID, signal string, at plant.Instant) float64 {
	seed := uint64(at)
	for _, c := range string(machine) + signal {
		seed = seed*31 + uint64(c)
	}
	return rand.New(rand.NewPCG(seed, 9)).NormFloat64()
}

// furnace follows its power slowly: heat of a time is known by what went in before.
func furnace(machine plant.NodeID, signal string, at plant.Instant) (float64, bool) {
	power := func(at plant.Instant) float64 {
		return 50 + 20*math.Sin(float64(at)/float64(hour)*1.1) + 8*math.Sin(float64(at)/float64(hour)*2.9)
	}
	switch signal {
	case "power":
		return power(at) + 0.5*rough(machine, signal, at), true
	case "heat":
		return 800 + 2*power(at-hour) + 0.5*rough(machine, signal, at), true
	}
	return rough(machine, signal, at), true
}

// study of the furnace: heat an hour ahead.
func study() Study {
	return Study{
		Name: plant.Name{ZH: "炉温", EN: "Heat"}, Machines: []plant.NodeID{"M1"}, WindowMin: 30,
		Inputs: []Input{{Signal: "power", Stat: Mean}, {Signal: "power", Stat: Slope}, {Signal: "heat", Stat: Mean}, {Signal: "noise", Stat: SD}},
		Target: Target{Goal: Value, Signal: "heat", AheadMin: 60}, From: at(0), To: at(30 * 24), Kind: "ridge",
	}
}

// trained saves and trains a study and waits for its version.
func (w *world) trained(s Study) (Study, Version) {
	w.t.Helper()
	s, err := w.desk.Save(w.t.Context(), engineer, s)
	must(w.t, err)
	return s, w.again(s)
}

func (w *world) again(s Study) Version {
	w.t.Helper()
	_, err := w.desk.Start(w.t.Context(), engineer, s.ID)
	must(w.t, err)
	w.desk.work.Wait()
	run, err := w.desk.Training(w.t.Context(), engineer, s.ID)
	must(w.t, err)
	if run.State != isDone {
		w.t.Fatalf("%+v", run)
	}
	v, err := w.desk.Version(w.t.Context(), engineer, run.Version)
	must(w.t, err)
	return v
}

// serve puts a version to work.
func (w *world) serve(s Study, v Version) Study {
	w.t.Helper()
	s, err := w.desk.Serve(w.t.Context(), engineer, s.ID, Move{Version: v.ID, Rev: s.Rev, Anyway: !v.Good, Note: "试用"})
	must(w.t, err)
	return s
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
		t.Errorf("%v; want a refusal that says %q", err, want)
	}
}
