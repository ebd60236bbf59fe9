package acceptance

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

const tenant = plant.TenantNo(1)

var (
	begin = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	hour  = Question{From: begin, To: begin.Add(time.Hour), Places: []string{"firm"}, Criteria: DefaultCriteria()}
)

const meter = `schema: zhigai.profile/1
id: test-meter
version: 3
vendor: zhigai
models: [for tests]
class: meter
title: {zh: 电表, en: meter}
source: this test
verified: read
protocol: modbus-tcp
signals:
  - {name: energy.active, title: {zh: 电能}, kind: number, unit: kW.h, at: "holding 0", period: 1s, retention: long}
  - {name: power.active, title: {zh: 有功功率}, kind: number, unit: kW, at: "holding 2", period: 10s}
counters: {energy: {signal: energy.active}}
`

// world is a plant and its stores in memory: lists in order of time.
type world struct {
	nodes    []plant.Node
	tags     []plant.Tag
	samples  map[plant.TagNo][]plant.Sample
	texts    map[plant.TagNo][]plant.Text
	replaced map[plant.TagNo]int64
	profiles *profile.Library

	mu     sync.Mutex
	events []fact.Event
	now    time.Time
	ids    int
	slow   chan struct{} // when set, States waits for it or the end of ctx
}

func newWorld(t *testing.T, machines ...string) *world {
	t.Helper()
	lib, err := profile.Load(fstest.MapFS{"profiles/meter.yaml": {Data: []byte(meter)}}, "profiles", []profile.PointChecker{anyDriver{}})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{samples: map[plant.TagNo][]plant.Sample{}, texts: map[plant.TagNo][]plant.Text{}, replaced: map[plant.TagNo]int64{}, profiles: lib, now: begin.Add(2 * time.Hour)}
	w.nodes = []plant.Node{{ID: "F", Path: "firm", Level: plant.LevelEnterprise, Name: plant.Name{ZH: "演示企业"}}}
	for i, code := range machines {
		n := plant.Node{ID: plant.NodeID("M" + code), Path: "firm/" + code, Level: plant.LevelEquipment, Name: plant.Name{ZH: code + "号表", EN: "meter " + code}, Machine: &plant.Equipment{
			Class: "meter", Profile: "test-meter", Device: plant.Device{Driver: "modbus-tcp", Address: "127.0.0.1:" + strconv.Itoa(5000+i)},
		}}
		w.nodes = append(w.nodes, n)
		p, _ := lib.Get("test-meter")
		for _, tag := range p.Tags(n) {
			tag.No = plant.TagNo(len(w.tags) + 1)
			w.tags = append(w.tags, tag)
		}
	}
	return w
}

type anyDriver struct{}

func (anyDriver) Kind() string                           { return "modbus-tcp" }
func (anyDriver) CheckPoint(string, plant.TagKind) error { return nil }

func (w *world) no(path, name string) plant.TagNo {
	for _, t := range w.tags {
		if t.Path == path+"/"+name {
			return t.No
		}
	}
	panic("no tag " + name)
}

// put stores samples of a tag, seconds after the beginning.
func (w *world) put(path, name string, quality plant.Quality, v float64, seconds ...float64) {
	no := w.no(path, name)
	for _, at := range seconds {
		w.samples[no] = append(w.samples[no], plant.Sample{Tag: no, Time: plant.MicrosOf(begin) + plant.Micros(at*1e6), Quality: quality, Value: v})
	}
	slices.SortFunc(w.samples[no], func(a, b plant.Sample) int { return int(a.Time - b.Time) })
}

// link says that contact holds, renewed every 5 s in [from, to].
func (w *world) link(path string, from, to float64) {
	for at := from; at <= to; at += 5 {
		w.put(path, plant.LinkTag, plant.Good, 1, at)
	}
}

func (w *world) Model(context.Context, access.Scope, plant.Micros) (plant.Model, error) {
	return plant.Model{Nodes: w.nodes}, nil
}
func (w *world) Tags(context.Context, access.Scope) ([]plant.Tag, error) { return w.tags, nil }

func (w *world) Samples(_ context.Context, _ plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error {
	for _, s := range w.samples[tag] {
		if s.Time >= from && s.Time < to && !yield(s) {
			return nil
		}
	}
	return nil
}

func (w *world) Texts(_ context.Context, _ plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error {
	for _, s := range w.texts[tag] {
		if s.Time >= from && s.Time < to && !yield(s) {
			return nil
		}
	}
	return nil
}

func (w *world) Before(_ context.Context, _ plant.TenantNo, tag plant.TagNo, t plant.Micros) (out plant.Sample, ok bool, _ error) {
	for _, s := range w.samples[tag] {
		if s.Time < t {
			out, ok = s, true
		}
	}
	return out, ok, nil
}

func (w *world) TextBefore(_ context.Context, _ plant.TenantNo, tag plant.TagNo, t plant.Micros) (out plant.Text, ok bool, _ error) {
	for _, s := range w.texts[tag] {
		if s.Time < t {
			out, ok = s, true
		}
	}
	return out, ok, nil
}

func (w *world) States(ctx context.Context, _ access.Scope, _ plant.NodeID, from, to plant.Micros) (map[string]int64, error) {
	if w.slow != nil {
		select {
		case <-w.slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return map[string]int64{"UNKNOWN": int64(to-from) / 1000}, nil
}

func (w *world) Alarms(context.Context, access.Scope, plant.NodeID, plant.Micros, plant.Micros) (int, error) {
	return 0, nil
}

func (w *world) Append(_ context.Context, tenant plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range events {
		e.Tenant, e.Seq = tenant, uint64(len(w.events)+1)
		w.events = append(w.events, e)
	}
	return events, nil
}

func (w *world) Events(_ context.Context, tenant plant.TenantNo, f fact.Filter) (out []fact.Event, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.Tenant == tenant && slices.Contains(f.Kinds, e.Kind) && (len(f.Subjects) == 0 || slices.Contains(f.Subjects, e.Subject)) &&
			(len(f.Sources) == 0 || slices.Contains(f.Sources, e.Source)) && (f.To == 0 || e.Occurred >= f.From && e.Occurred < f.To) {
			out = append(out, e)
		}
	}
	return out, nil
}

func (w *world) sources() Sources {
	return Sources{
		Plants: w, Tags: w, Profiles: w.profiles, History: w, Machines: w, Journal: w,
		Replaced: func(_ context.Context, _ plant.TenantNo, tag plant.TagNo, _, _ plant.Micros) (int64, error) {
			return w.replaced[tag], nil
		},
	}
}

func (w *world) desk(t *testing.T) *Desk {
	d := NewDesk(Options{Sources: w.sources(), Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler), NewID: func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.ids++
		return "R" + strconv.Itoa(1000+w.ids)
	}})
	t.Cleanup(d.Close)
	return d
}

func (w *world) fold(t *testing.T, q Question) Content {
	t.Helper()
	c, err := w.sources().Fold(t.Context(), tenant, q, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
