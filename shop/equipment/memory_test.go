package equipment

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// memory is history, journal, plant and figure store in one, for tests: the
// simplest thing that keeps the contracts.
type memory struct {
	mu      sync.Mutex
	samples map[plant.TagNo][]plant.Sample
	texts   map[plant.TagNo][]plant.Text
	events  []fact.Event
	keys    map[string]bool
	model   plant.Model
	tags    []plant.Tag
	windows map[string]figure.Window
	rows    map[string][]figure.Row
}

func newMemory(model plant.Model, tags []plant.Tag) *memory {
	return &memory{
		samples: map[plant.TagNo][]plant.Sample{}, texts: map[plant.TagNo][]plant.Text{}, keys: map[string]bool{},
		model: model, tags: tags, windows: map[string]figure.Window{}, rows: map[string][]figure.Row{},
	}
}

// add commits a batch: one value per instant, the later record wins.
func (m *memory) add(b plant.Batch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range b.Samples {
		list := m.samples[s.Tag]
		i, ok := slices.BinarySearchFunc(list, s.Time, func(x plant.Sample, t plant.Micros) int { return cmp.Compare(x.Time, t) })
		if ok {
			list[i] = s
		} else {
			m.samples[s.Tag] = slices.Insert(list, i, s)
		}
	}
	for _, s := range b.Texts {
		list := m.texts[s.Tag]
		i, ok := slices.BinarySearchFunc(list, s.Time, func(x plant.Text, t plant.Micros) int { return cmp.Compare(x.Time, t) })
		if ok {
			list[i] = s
		} else {
			m.texts[s.Tag] = slices.Insert(list, i, s)
		}
	}
}

func (m *memory) Samples(_ context.Context, _ plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error {
	m.mu.Lock()
	list := m.samples[tag]
	lo, _ := slices.BinarySearchFunc(list, from, func(x plant.Sample, t plant.Micros) int { return cmp.Compare(x.Time, t) })
	hi, _ := slices.BinarySearchFunc(list, to, func(x plant.Sample, t plant.Micros) int { return cmp.Compare(x.Time, t) })
	list = list[lo:hi]
	m.mu.Unlock()
	for _, s := range list {
		if !yield(s) {
			return nil
		}
	}
	return nil
}

func (m *memory) Texts(_ context.Context, _ plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error {
	for _, s := range m.texts[tag] {
		if s.Time >= from && s.Time < to && !yield(s) {
			return nil
		}
	}
	return nil
}

func (m *memory) Before(_ context.Context, _ plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error) {
	list := m.samples[tag]
	i, _ := slices.BinarySearchFunc(list, t, func(x plant.Sample, t plant.Micros) int { return cmp.Compare(x.Time, t) })
	if i == 0 {
		return plant.Sample{}, false, nil
	}
	return list[i-1], true, nil
}

func (m *memory) TextBefore(_ context.Context, _ plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Text, bool, error) {
	for _, s := range slices.Backward(m.texts[tag]) {
		if s.Time < t {
			return s, true, nil
		}
	}
	return plant.Text{}, false, nil
}

func (m *memory) Append(_ context.Context, tenant plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []fact.Event
	for _, e := range events {
		key := fmt.Sprintf("%s/%d", e.Source, e.SourceSeq)
		if e.SourceSeq != 0 && m.keys[key] {
			continue
		}
		m.keys[key] = true
		e.Tenant, e.Seq = tenant, uint64(len(m.events)+1)
		if e.ID == "" {
			e.ID = fmt.Sprintf("E%08d", e.Seq)
		}
		m.events = append(m.events, e)
		out = append(out, e)
	}
	return out, nil
}

func (m *memory) Events(_ context.Context, tenant plant.TenantNo, f fact.Filter) ([]fact.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []fact.Event
	for _, e := range m.events {
		if e.Tenant != tenant || e.Seq <= f.AfterSeq || len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Kind) ||
			len(f.Subjects) > 0 && !slices.Contains(f.Subjects, e.Subject) || f.From != 0 && e.Occurred < f.From || f.To != 0 && e.Occurred >= f.To {
			continue
		}
		out = append(out, e)
	}
	return out[:min(len(out), fact.MaxEvents)], nil
}

func (m *memory) Model(_ context.Context, _ access.Scope, at plant.Micros) (plant.Model, error) {
	out := m.model
	out.Nodes = nil
	for _, n := range m.model.Nodes {
		if n.Valid.At(at.Time()) {
			out.Nodes = append(out.Nodes, n)
		}
	}
	return out, nil
}

func (m *memory) Import(context.Context, access.Scope, plant.Model, plant.Micros) error { return nil }

func (m *memory) SaveNode(context.Context, access.Scope, plant.Node, int64, plant.Micros) (plant.Node, int64, error) {
	return plant.Node{}, 0, nil
}

func (m *memory) Retire(context.Context, access.Scope, plant.NodeID, int64, plant.Micros) error {
	return nil
}

func (m *memory) Revision(context.Context, access.Scope, plant.NodeID) (int64, error) { return 1, nil }

func (m *memory) SaveCalendar(context.Context, access.Scope, plant.Calendar, plant.Micros) error {
	return nil
}
func (m *memory) SaveProduct(context.Context, access.Scope, plant.Product) error { return nil }

func (m *memory) EnsureTags(_ context.Context, _ plant.TenantNo, t []plant.Tag) ([]plant.Tag, error) {
	return t, nil
}
func (m *memory) Tags(context.Context, access.Scope) ([]plant.Tag, error) { return m.tags, nil }
func (m *memory) TagsRevision(context.Context, plant.TenantNo) (int64, error) {
	return int64(len(m.tags)), nil
}

func (m *memory) TagByNo(_ context.Context, _ access.Scope, no plant.TagNo) (plant.Tag, error) {
	return m.tags[no-1], nil
}

func windowKey(node plant.NodeID, from plant.Micros) string {
	return fmt.Sprintf("%020d/%s", from, node)
}

func (m *memory) PutWindow(_ context.Context, _ plant.TenantNo, w figure.Window, rows []figure.Row) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.windows[windowKey(w.Node, w.From)], m.rows[windowKey(w.Node, w.From)] = w, rows
	return nil
}

func (m *memory) keysSorted() []string {
	var out []string
	for k := range m.windows {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (m *memory) Rows(_ context.Context, scope access.Scope, from, to plant.Micros) ([]figure.Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []figure.Row
	for _, k := range m.keysSorted() {
		for _, r := range m.rows[k] {
			if r.From < to && r.To > from && scope.Allows(r.Path) {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

func (m *memory) Windows(_ context.Context, _ access.Scope, from, to plant.Micros) ([]figure.Window, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []figure.Window
	for _, k := range m.keysSorted() {
		if w := m.windows[k]; w.From < to && w.To > from {
			out = append(out, w)
		}
	}
	return out, nil
}

func (m *memory) MarkDirty(_ context.Context, _ plant.TenantNo, node plant.NodeID, from, to plant.Micros) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for k, w := range m.windows {
		if w.Node == node && w.From < to && w.To > from {
			w.Dirty = true
			m.windows[k] = w
		}
	}
	return nil
}

func (m *memory) DirtyWindows(_ context.Context, _ plant.TenantNo, limit int) ([]figure.Window, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []figure.Window
	for _, k := range m.keysSorted() {
		if m.windows[k].Dirty && len(out) < limit {
			out = append(out, m.windows[k])
		}
	}
	return out, nil
}

func (m *memory) DeleteAll(context.Context, plant.TenantNo) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.windows)
	clear(m.rows)
	return nil
}

// dump is everything kept about figures, as text.
func (m *memory) dump(t *testing.T, windows bool) string {
	t.Helper()
	var b strings.Builder
	for _, k := range m.keysSorted() {
		if windows {
			raw, err := json.Marshal(m.windows[k])
			if err != nil {
				t.Fatal(err)
			}
			b.Write(append(raw, '\n'))
		}
		raw, err := json.Marshal(m.rows[k])
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(raw, '\n'))
	}
	return b.String()
}

// lathe is the rules of the test machine: running, alarm, mode (1 maintenance,
// 2 setup, 3 processing).
type lathe struct{}

func (lathe) Inputs() []string { return []string{"machine.running", "machine.alarm", "machine.mode"} }

func (lathe) Decide(v []Value) Decision {
	for _, x := range v {
		if !x.Known {
			return Decision{}
		}
	}
	d := Decision{State: Of(NotExecuting, Mode(v[2].Number))}
	switch {
	case v[1].Number == 1:
		d = Decision{State: Of(OutOfService, Mode(v[2].Number)), Reason: "breakdown.mechanical"}
	case v[0].Number == 1:
		d.State.Item = Executing
	}
	return d
}

func (lathe) Alarms(v []Value, yield func(no int, a profile.Alarm, stands, known bool)) {
	yield(0, profile.Alarm{ID: "broken", Priority: 1, Text: plant.Name{ZH: "故障", EN: "Broken"}}, v[1].Number == 1, v[1].Known)
	known := v[0].Known && v[2].Known
	yield(1, profile.Alarm{ID: "runs-in-setup", Priority: 3, Text: plant.Name{ZH: "调整中运行"}}, known && v[0].Number == 1 && v[2].Number == 2, known)
}

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = t
}
