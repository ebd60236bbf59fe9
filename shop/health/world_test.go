package health_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/waveform"
	"zhigai/shop/health"
)

// world is what a desk needs, in memory.
type world struct {
	now      time.Time
	points   map[string]health.Point
	states   map[string]health.Condition
	readings map[string][]health.Reading
	windows  map[plant.TagNo][]health.Window
	speed    float64
	beside   map[plant.TagNo]float64 // of temperature and current
	known    []health.Known
	raised   map[string]health.Alarm
	told     []string // what was raised and cleared, in order
	ids      int
}

func newWorld() *world {
	return &world{now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), points: map[string]health.Point{}, states: map[string]health.Condition{}, readings: map[string][]health.Reading{}, windows: map[plant.TagNo][]health.Window{}, raised: map[string]health.Alarm{}}
}

func (w *world) desk(t *testing.T) *health.Desk {
	t.Helper()
	c, err := health.LoadCatalogue(data.FS, health.CatalogueFile)
	must(t, err)
	z, err := health.LoadZones(data.FS, health.ZonesFile)
	must(t, err)
	r, err := health.LoadRules(data.FS, health.RulesFile)
	must(t, err)
	return health.NewDesk(health.Options{Store: w, Signals: w, Places: w, Alarms: w, Events: w, Catalogue: c, Zones: z, Rules: r, Now: func() time.Time { return w.now }, NewID: func() string {
		w.ids++
		return fmt.Sprintf("P%d", w.ids)
	}})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) SavePoint(_ context.Context, _ plant.TenantNo, p health.Point, seen int64) error {
	if w.points[p.ID].Rev != seen {
		return access.ErrConflict
	}
	w.points[p.ID] = p
	return nil
}

func (w *world) Point(_ context.Context, _ plant.TenantNo, id string) (health.State, error) {
	p, ok := w.points[id]
	if !ok {
		return health.State{}, access.ErrNotFound
	}
	return w.state(p), nil
}

func (w *world) state(p health.Point) health.State {
	c, ok := w.states[p.ID]
	if !ok {
		c = health.Judge(nil)
	}
	return health.State{Point: p, Condition: c}
}

func (w *world) KeepCondition(_ context.Context, _ plant.TenantNo, id string, c health.Condition) error {
	w.states[id] = c
	return nil
}

func (w *world) Points(_ context.Context, f health.Filter) ([]health.State, error) {
	var out []health.State
	for _, p := range w.points {
		if f.Scope.Allows(p.Path) && p.ID > f.After && (!p.Ended || f.Ended) {
			out = append(out, w.state(p))
		}
	}
	slices.SortFunc(out, func(a, b health.State) int { return map[bool]int{true: -1, false: 1}[a.ID < b.ID] })
	return out[:min(len(out), f.Limit)], nil
}

func (w *world) KeepReadings(_ context.Context, _ plant.TenantNo, point string, all []health.Reading) error {
	for _, r := range all {
		kept := slices.DeleteFunc(w.readings[point], func(o health.Reading) bool { return o.At == r.At })
		w.readings[point] = append(kept, r)
	}
	slices.SortFunc(w.readings[point], func(a, b health.Reading) int { return int(a.At - b.At) })
	return nil
}

func (w *world) Readings(_ context.Context, _ plant.TenantNo, point string, from, to plant.Instant, limit int) ([]health.Reading, error) {
	var out []health.Reading
	for _, r := range w.readings[point] {
		if r.At >= from && r.At < to {
			out = append(out, r)
		}
	}
	return out[max(0, len(out)-limit):], nil
}

func (w *world) Tag(_ context.Context, _ plant.TenantNo, no plant.TagNo) (plant.Tag, plant.NodeID, string, error) {
	kind, unit := plant.KindWaveform, "m/s2"
	switch {
	case no > 100:
		return plant.Tag{}, "", "", access.ErrNotFound
	case no > 50:
		kind, unit = plant.KindNumber, "/min"
	}
	path := fmt.Sprintf("firm/site/m%d", no%50)
	return plant.Tag{No: no, Kind: kind, Unit: unit, Path: path + "/vibration.x", Name: "vibration.x"}, plant.NodeID(fmt.Sprintf("M%d", no%50)), path, nil
}

func (w *world) Windows(_ context.Context, _ plant.TenantNo, tag plant.TagNo, from, to plant.Instant, yield func(health.Window) bool) error {
	for _, x := range w.windows[tag] {
		if x.At >= from && x.At < to && !yield(x) {
			break
		}
	}
	return nil
}

func (w *world) Known(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (out []health.Known, err error) {
	for _, k := range w.known {
		if k.At >= from && k.At < to {
			out = append(out, k)
		}
	}
	return out, nil
}

func (w *world) Value(_ context.Context, _ plant.TenantNo, tag plant.TagNo, _ plant.Instant, _ time.Duration) (float64, bool, error) {
	if v, ok := w.beside[tag]; ok {
		return v, true, nil
	}
	return w.speed, w.speed > 0, nil
}

func (w *world) Raise(_ context.Context, _ plant.TenantNo, a health.Alarm) error {
	if w.raised[a.Key].Text != a.Text {
		w.told = append(w.told, "raised "+a.Text.EN)
	}
	w.raised[a.Key] = a
	return nil
}

func (w *world) Clear(_ context.Context, _ plant.TenantNo, key string, _ plant.Instant) error {
	if a, ok := w.raised[key]; ok {
		w.told = append(w.told, "cleared "+a.Text.EN)
	}
	delete(w.raised, key)
	return nil
}

func (w *world) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (string, plant.Name, error) {
	if node != "GRINDER" {
		return "", plant.Name{}, access.ErrNotFound
	}
	return "firm/site/grinder", plant.Name{ZH: "磨床"}, nil
}

// hear lets a window of a tag arrive.
func (w *world) hear(tag plant.TagNo, at time.Time, rate float64, values []float64) {
	w.windows[tag] = append(w.windows[tag], health.Window{At: plant.InstantOf(at), Quality: plant.Good, Window: waveform.Window{Rate: rate, Values: values}})
}

var engineer = access.Node(1)
