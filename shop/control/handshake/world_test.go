package handshake_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/access"
	calc "zhigai/calc/handshake"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/control/handshake"
)

const (
	tenant plant.TenantNo = 1
	lathe  plant.NodeID   = "lathe"
	robot  plant.NodeID   = "robot"
)

// shelf keeps documents in memory, as a record does.
type shelf struct {
	mu   sync.Mutex
	kept map[string]document.Document
	all  []document.Document
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
	s.all = append(s.all, d)
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
	slices.SortFunc(out, func(a, b document.Document) int { return strings.Compare(b.ID, a.ID) })
	return out[:min(len(out), f.Limit)], nil
}

func (s *shelf) set(fail error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// hall is a lathe and a robot: what they show, what was written to them, and what is wrong
// with them. It is every party of a desk but its store.
type hall struct {
	mu      sync.Mutex
	values  map[string]float64 // by machine/signal
	dead    map[plant.NodeID]bool
	deaf    map[plant.NodeID]bool // it takes another value than it was given
	refuse  map[plant.NodeID]bool
	thinks  time.Duration // that a command takes
	orders  []handshake.Order
	keys    map[string]string
	ends    map[string]handshake.Command
	entries []handshake.Entry
	news    chan struct{}
	raised  map[string]string
	ahead   time.Duration // by which the clock of the node is off
	stands  time.Duration // by which looks are late
	crash   bool          // orders are taken, and their end is not told
}

func tagOf(machine plant.NodeID, signal string) plant.TagNo {
	names := []string{"code", "fault", "told", "link"}
	base := plant.TagNo(10)
	if machine == robot {
		base = 20
	}
	return base + plant.TagNo(slices.Index(names, signal))
}

func newHall() *hall {
	h := &hall{
		values: map[string]float64{}, dead: map[plant.NodeID]bool{}, deaf: map[plant.NodeID]bool{}, refuse: map[plant.NodeID]bool{}, thinks: 20 * time.Millisecond,
		keys: map[string]string{}, ends: map[string]handshake.Command{}, news: make(chan struct{}), raised: map[string]string{},
	}
	for _, m := range []plant.NodeID{lathe, robot} {
		for _, s := range []string{"code", "fault", "told"} {
			h.values[string(m)+"/"+s] = 0
		}
	}
	return h
}

// say is a machine that shows a value.
func (h *hall) say(machine plant.NodeID, signal string, v float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.values[string(machine)+"/"+signal] = v
	h.commit(plant.Sample{Tag: tagOf(machine, signal), Time: h.now(), Value: v})
}

// kill loses a machine, or brings it back.
func (h *hall) kill(machine plant.NodeID, dead bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead[machine] = dead
	link := 1.0
	if dead {
		link = 0
	}
	h.commit(plant.Sample{Tag: tagOf(machine, "link"), Time: h.now(), Value: link})
}

func (h *hall) commit(s plant.Sample) {
	h.entries = append(h.entries, handshake.Entry{Seq: uint64(len(h.entries) + 1), Tenant: tenant, Batch: plant.Batch{Samples: []plant.Sample{s}}})
	close(h.news)
	h.news = make(chan struct{})
}

func (h *hall) now() plant.Micros { return plant.MicrosOf(time.Now().Add(h.ahead)) }

func (h *hall) with(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
}

func (h *hall) get(machine plant.NodeID, signal string) float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.values[string(machine)+"/"+signal]
}

// Machine implements handshake.Machines.
func (h *hall) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (handshake.Machine, error) {
	if node != lathe && node != robot {
		return handshake.Machine{}, fmt.Errorf("%w: machine %s", access.ErrNotFound, node)
	}
	low, high := 0., 9.
	return handshake.Machine{ID: node, Path: "firm/" + string(node), Name: plant.Name{ZH: "机"}, Link: tagOf(node, "link"), Signals: []handshake.Signal{
		{Name: "code", Number: true, Tag: tagOf(node, "code")},
		{Name: "fault", Number: true, Tag: tagOf(node, "fault")},
		{Name: "told", Number: true, Writable: true, Min: &low, Max: &high, Tag: tagOf(node, "told")},
		{Name: "speed", Number: true, Writable: true, Approve: true, Tag: 31},
		{Name: "dog", Number: true, Writable: true, Watchdog: true, Tag: 32},
		{Name: "order"},
		{Name: "spare", Number: true},
	}}, nil
}

// Values implements handshake.Live.
func (h *hall) Values(_ context.Context, _ plant.TenantNo, machine plant.NodeID, signals []string) ([]handshake.Value, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.dead[machine] {
		return nil, errors.New("no contact")
	}
	out := make([]handshake.Value, len(signals))
	for i, s := range signals {
		out[i] = handshake.Value{Number: h.values[string(machine)+"/"+s], Good: true, At: h.now()}
	}
	return out, nil
}

// Order implements handshake.Commands.
func (h *hall) Order(_ context.Context, by access.Principal, o handshake.Order) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id := h.keys[o.Key]; id != "" {
		return id, nil
	}
	if !by.May(access.Control, "firm/"+string(o.Machine)) {
		return "", access.ErrForbidden
	}
	id := fmt.Sprint("C", len(h.orders))
	end := handshake.Command{State: "confirmed", Final: true, Confirmed: true}
	switch {
	case h.dead[o.Machine]:
		end = handshake.Command{State: "rejected", Final: true, Why: "contact: the device does not answer"}
	case h.refuse[o.Machine]:
		end = handshake.Command{State: "rejected", Final: true, Why: "interlock: the door is open"}
	case h.deaf[o.Machine]:
		end = handshake.Command{State: "mismatched", Final: true, Lost: true, Why: "the machine has another value"}
	default:
		h.values[string(o.Machine)+"/"+o.Signal] = o.Value
	}
	h.orders, h.keys[o.Key], h.ends[id] = append(h.orders, o), id, end
	return id, nil
}

// Wait implements handshake.Commands.
func (h *hall) Wait(ctx context.Context, _ plant.TenantNo, id string) (handshake.Command, error) {
	h.mu.Lock()
	thinks, crash := h.thinks, h.crash
	h.mu.Unlock()
	if crash {
		<-ctx.Done()
		return handshake.Command{}, ctx.Err()
	}
	time.Sleep(thinks)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ends[id], nil
}

// Raise implements handshake.Alarms.
func (h *hall) Raise(_ context.Context, _ plant.TenantNo, n handshake.Notice) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.raised[n.Key] = n.Text.EN
	return nil
}

// Clear implements handshake.Alarms.
func (h *hall) Clear(_ context.Context, _ plant.TenantNo, key string, _ plant.Instant) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.raised, key)
	return nil
}

// Read implements handshake.Feed.
func (h *hall) Read(_ context.Context, after uint64, limit int) ([]handshake.Entry, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.entries[after:]
	return slices.Clone(all[:min(len(all), limit)]), nil
}

// Wait implements handshake.Feed.
func (f feed) Wait(ctx context.Context, after uint64) error {
	f.mu.Lock()
	news, there := f.news, uint64(len(f.entries)) > after
	f.mu.Unlock()
	if there {
		return nil
	}
	select {
	case <-news:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// feed is the hall's samples.
type feed struct{ *hall }

func (f feed) LastSeq() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(len(f.entries))
}

func (feed) SaveCursor(string, uint64) error { return nil }

// world is a hall with a desk.
type world struct {
	*handshake.Desk
	t     *testing.T
	hall  *hall
	shelf *shelf
	stop  func()
	held  string // what else moves each set point
	ids   int
	mu    sync.Mutex
}

// within runs a test in a bubble of time.
func within(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, hall: newHall(), shelf: &shelf{kept: map[string]document.Document{}}}
		w.open()
		defer func() { w.close() }()
		test(t, w)
	})
}

func (w *world) open() {
	began := time.Now()
	w.Desk = handshake.NewDesk(handshake.Options{
		Store: w.shelf, Machines: w.hall, Live: w.hall, Commands: w.hall, Alarms: w.hall,
		Held:   func(context.Context, plant.TenantNo, plant.NodeID, string) (string, error) { return w.held, nil },
		Logger: slog.New(slog.DiscardHandler),
		NewID: func() string {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ids++
			return fmt.Sprintf("%06d", w.ids)
		},
		Now: func() time.Time {
			w.hall.mu.Lock()
			defer w.hall.mu.Unlock()
			return time.Now().Add(w.hall.ahead)
		},
		Passed: func() time.Duration {
			w.hall.mu.Lock()
			defer w.hall.mu.Unlock()
			return time.Since(began) + w.hall.stands
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		_ = w.Run(ctx, feed{w.hall})
	}()
	w.stop = func() { stop(); <-over }
	synctest.Wait()
	must(w.t, w.Resume(w.t.Context(), tenant))
}

func (w *world) close() {
	w.stop()
	w.Desk.Close()
}

func person(name string) access.Principal {
	return access.As(name, name, access.Scope{Tenant: tenant}, access.Read, access.Engineer, access.Control)
}

// parts is a lathe that hands parts to a robot.
func parts() handshake.Handshake {
	tell := func(v float64) *handshake.Tell { return &handshake.Tell{Signal: "told", Value: v} }
	return handshake.Handshake{
		Name: plant.Name{ZH: "车床到机器人", EN: "lathe to robot"}, Owner: "li", Kind: handshake.Transfer, Giver: handshake.Side{Machine: lathe}, Taker: handshake.Side{Machine: robot},
		Steps: []handshake.Step{
			{Name: "offer", Party: calc.Giver, Signal: "code", Value: 1, Tell: tell(1)},
			{Name: "reserve", Party: calc.Taker, Signal: "code", Value: 1, Tell: tell(1), WithinMs: 5000},
			{Name: "start", Party: calc.Giver, Signal: "code", Value: 2, Tell: tell(2), WithinMs: 5000},
			{Name: "done", Party: calc.Taker, Signal: "code", Value: 3, Tell: tell(3), WithinMs: 30_000},
		},
		Aborts:   []handshake.Abort{{Party: calc.Giver, Signal: "fault", Value: 1}, {Party: calc.Taker, Signal: "fault", Value: 1}},
		MaxAgeMs: 2000, ClearMs: 10_000,
	}
}

// begin keeps a handshake as two people do and has it followed.
func (w *world) begin(h handshake.Handshake) string {
	w.t.Helper()
	h, err := w.Save(w.t.Context(), person("li"), h)
	must(w.t, err)
	h, err = w.Move(w.t.Context(), person("wang"), h.ID, handshake.Move{State: handshake.Approved, Rev: h.Rev})
	must(w.t, err)
	w.mode(h.Series, handshake.On)
	time.Sleep(2 * time.Second)
	return h.Series
}

func (w *world) mode(series string, m handshake.Mode) handshake.View {
	w.t.Helper()
	v, err := w.SetMode(w.t.Context(), person("li"), series, handshake.Asked{Mode: m, Rev: w.view(series).Run.Rev})
	must(w.t, err)
	return v
}

func (w *world) view(series string) handshake.View {
	w.t.Helper()
	v, err := w.View(w.t.Context(), person("li"), series)
	must(w.t, err)
	return v
}

// script has machines show values: lathe=1, robot=1, lathe!, robot! (fault), and waits a
// tenth of a second after each; a word that is a duration waits.
func (w *world) script(words string) {
	w.t.Helper()
	for word := range strings.FieldsSeq(words) {
		if wait, err := time.ParseDuration(word); err == nil {
			time.Sleep(wait)
			continue
		}
		machine, v, _ := strings.Cut(word, "=")
		switch {
		case strings.HasSuffix(machine, "!"):
			w.hall.say(plant.NodeID(strings.TrimSuffix(machine, "!")), "fault", 1)
		case strings.HasSuffix(machine, "."):
			w.hall.say(plant.NodeID(strings.TrimSuffix(machine, ".")), "fault", 0)
		default:
			var n float64
			_, err := fmt.Sscan(v, &n)
			must(w.t, err)
			w.hall.say(plant.NodeID(machine), "code", n)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (w *world) handovers(series string) []handshake.Handover {
	w.t.Helper()
	all, err := w.Handovers(w.t.Context(), person("li"), series, handshake.HandoverFilter{Limit: 1000})
	must(w.t, err)
	slices.Reverse(all)
	return all
}

// written is what was written so far, as lathe:1 robot:1.
func (w *world) written() string {
	w.hall.mu.Lock()
	defer w.hall.mu.Unlock()
	var out []string
	for _, o := range w.hall.orders {
		out = append(out, fmt.Sprintf("%s:%v", o.Machine, o.Value))
	}
	return strings.Join(out, " ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
