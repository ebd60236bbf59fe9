package process_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process"
)

// world is everything around the desk, in memory, with a clock that tests set. It has
// two grinders on a line.
type world struct {
	mu       sync.Mutex
	now      time.Time
	ids      int
	docs     map[string]process.Document // newest revision
	kept     []process.Document          // every revision
	running  []process.Run
	past     []process.Run
	produced []process.Span
	samples  map[plant.TagNo][]plant.Sample
	alarms   map[string]process.Notice
	told     []string
	// machine is what the controller has; refuses are signals it does not take, and
	// lies what it has in place of what it was told.
	machine map[string]float64
	refuses map[string]string
	lies    map[string]float64
	ordered []string
	counts  []plant.Instant // when a part was counted
	lot     *process.Lot
	hold    chan struct{} // nil, or closed before a command ends
	begun   chan string   // told each command that is ordered, where somebody listens
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newWorld() *world {
	return &world{
		now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC), docs: map[string]process.Document{}, samples: map[plant.TagNo][]plant.Sample{},
		alarms: map[string]process.Notice{}, machine: map[string]float64{}, refuses: map[string]string{}, lies: map[string]float64{},
	}
}

func (w *world) desk(t *testing.T) *process.Desk {
	d := process.NewDesk(process.Options{
		Store: w, Machines: w, Commands: w, Jobs: w, History: w, Alarms: w, Use: w, NewID: w.newID, Now: func() time.Time { return w.now }, Logger: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(d.Close)
	return d
}

func (w *world) at() plant.Instant { return plant.InstantOf(w.now) }

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("%06d", w.ids)
}

// person is somebody who may everything under a name.
func person(name string) access.Principal {
	p := access.Node(1)
	p.Name = name
	return p
}

func (w *world) Save(_ context.Context, tenant plant.TenantNo, d process.Document, seen int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := fmt.Sprint(tenant, d.Kind, d.ID)
	old := w.docs[key]
	if old.Rev != seen || d.Rev != seen+1 {
		return access.ErrConflict
	}
	d.Key = cmp.Or(d.Key, old.Key)
	w.docs[key], w.kept = d, append(w.kept, d)
	return nil
}

func (w *world) Document(_ context.Context, tenant plant.TenantNo, kind process.Kind, id string) (process.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	d, ok := w.docs[fmt.Sprint(tenant, kind, id)]
	if !ok {
		return d, access.ErrNotFound
	}
	return d, nil
}

func (w *world) Keyed(_ context.Context, _ plant.TenantNo, kind process.Kind, author, key string) (process.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.docs {
		if d.Kind == kind && d.By == author && d.Key == key && key != "" {
			return d, nil
		}
	}
	return process.Document{}, access.ErrNotFound
}

func (w *world) Documents(_ context.Context, f process.Filter) ([]process.Document, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []process.Document
	for _, d := range w.docs {
		if d.Kind == f.Kind && (f.Of == "" || f.Of == d.Of) && (!f.Open || d.Open) && (f.Before == "" || d.ID < f.Before) && f.Scope.Allows(d.Path) {
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b process.Document) int { return strings.Compare(b.ID, a.ID) })
	return out[:min(len(out), f.Limit)], nil
}

// Tags of the grinders' signals.
const (
	tagFeed plant.TagNo = iota + 1
	tagRate
)

func signals() []process.Signal {
	low, high := 0.0, 120.0
	return []process.Signal{
		{Name: "feed.override", Title: plant.Name{ZH: "进给倍率", EN: "feed override"}, Unit: "%", Number: true, Writable: true, Min: &low, Max: &high, Tag: tagFeed},
		{Name: "spindle.override", Title: plant.Name{ZH: "主轴倍率"}, Unit: "%", Number: true, Writable: true, Min: &low, Max: &high},
		{Name: "feed.rate", Title: plant.Name{ZH: "进给速度", EN: "feed rate"}, Unit: "mm/min", Number: true, Tag: tagRate},
		{Name: "machine.program", Title: plant.Name{ZH: "程序号"}},
	}
}

func (w *world) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (process.Machine, error) {
	switch node {
	case "G1", "G2":
		return process.Machine{ID: node, Path: "firm/line/" + strings.ToLower(string(node)), Name: plant.Name{ZH: "磨床"}, Profile: "grinder", Above: []plant.NodeID{"L", "F"}, Signals: signals()}, nil
	case "X":
		return process.Machine{ID: node, Path: "firm/line/x", Profile: "lathe", Above: []plant.NodeID{"L", "F"}}, nil
	case "L":
		return process.Machine{ID: node, Path: "firm/line", Above: []plant.NodeID{"F"}}, nil
	case "F":
		return process.Machine{ID: node, Path: "firm"}, nil
	}
	return process.Machine{}, access.ErrNotFound
}

func (w *world) Kind(profile string) ([]process.Signal, bool) {
	return signals(), profile == "grinder"
}

func (w *world) Order(_ context.Context, _ access.Principal, machine plant.NodeID, signal string, value float64, _, key string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuses[signal] == "forbidden" {
		return "", access.ErrForbidden
	}
	w.ordered = append(w.ordered, fmt.Sprintf("%s.%s=%v", machine, signal, value))
	if w.refuses[signal] == "" {
		w.machine[signal] = value
	}
	if v, ok := w.lies[signal]; ok {
		w.machine[signal] = v
	}
	select {
	case w.begun <- signal:
	default:
	}
	return fmt.Sprintf("%s %v", key, value), nil
}

func (w *world) Wait(ctx context.Context, _ plant.TenantNo, id string) (process.Command, error) {
	w.mu.Lock()
	hold := w.hold
	w.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return process.Command{ID: id, State: "sent"}, nil
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c := process.Command{ID: id, Final: true}
	parts := strings.SplitN(strings.Fields(id)[0], ".", 3) // recipe.<download>.<signal>
	signal := parts[2]
	var wanted float64
	if _, err := fmt.Sscan(strings.Fields(id)[1], &wanted); err != nil {
		return c, err
	}
	read := w.machine[signal]
	switch c.Read = &read; {
	case w.refuses[signal] != "":
		c.State, c.Why, c.Read = "rejected", "rejected: "+w.refuses[signal], nil
	case read != wanted:
		c.State, c.Why = "mismatched", "mismatched"
	default:
		c.State, c.Confirmed = "confirmed", true
	}
	return c, nil
}

func (w *world) Running(context.Context, plant.TenantNo) ([]process.Run, error) {
	return slices.Clone(w.running), nil
}

func (w *world) Runs(_ context.Context, _ plant.TenantNo, from, to plant.Instant) (out []process.Run, _ error) {
	for _, r := range slices.Concat(w.past, w.running) {
		if r.From < to && (r.To == 0 || r.To > from) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (w *world) End(_ context.Context, _ plant.TenantNo, r process.Run) (plant.Instant, error) {
	for _, p := range w.past {
		if p.Order == r.Order && p.Job == r.Job && p.Machine == r.Machine && p.From == r.From {
			return p.To, nil
		}
	}
	return 0, nil
}

func (w *world) Produced(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (out []process.Span, _ error) {
	for _, s := range w.produced {
		if s.From, s.To = max(s.From, from), min(s.To, to); s.From < s.To {
			out = append(out, s)
		}
	}
	return out, nil
}

// say adds a sample after so many seconds.
func (w *world) say(tag plant.TagNo, since plant.Instant, second, value float64) {
	w.samples[tag] = append(w.samples[tag], plant.Sample{Tag: tag, Time: since.Micros() + plant.Micros(second*1e6), Value: value, Quality: plant.Good})
}

func (w *world) Samples(_ context.Context, _ plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error {
	for _, s := range w.samples[tag] {
		if s.Time >= from && s.Time < to && !yield(s) {
			break
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

func (w *world) Raise(_ context.Context, _ plant.TenantNo, n process.Notice) error {
	w.alarms[n.Key] = n
	w.told = append(w.told, "raised "+n.Key)
	return nil
}

func (w *world) Clear(_ context.Context, _ plant.TenantNo, key string, _ plant.Instant) error {
	delete(w.alarms, key)
	w.told = append(w.told, "settled "+key)
	return nil
}

func (w *world) Parts(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (n int64, _ error) {
	for _, at := range w.counts {
		if at >= from && at < to {
			n++
		}
	}
	return n, nil
}

func (w *world) Lot(context.Context, plant.TenantNo, plant.NodeID) (*process.Lot, error) {
	return w.lot, nil
}
