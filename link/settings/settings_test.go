package settings_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/link"
	"zhigai/link/settings"
)

// site is a node whose plant file is one word.
type site struct {
	mu     sync.Mutex
	plant  string
	broken map[string][]string // devices that do not answer under a plant
	fails  string              // a plant that cannot be applied
}

func (s *site) Current(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []byte(s.plant), nil
}

func (s *site) Check(_ context.Context, p []byte) (string, error) {
	if strings.HasPrefix(string(p), "bad") {
		return "line 1: no plant", nil
	}
	return "", nil
}

func (s *site) Apply(_ context.Context, p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if string(p) == s.fails {
		return errors.New("disk full")
	}
	s.plant = string(p)
	return nil
}

func (s *site) Down(context.Context) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.broken[s.plant])
}

func (s *site) now() string { p, _ := s.Current(context.Background()); return string(p) }

// memory is a StateStore.
type memory struct{ raw []byte }

func (m *memory) Load() ([]byte, error) { return m.raw, nil }
func (m *memory) Save(raw []byte) error { m.raw = slices.Clone(raw); return nil }

// shelf is a Store.
type shelf struct {
	mu   sync.Mutex
	list []settings.Version
}

func (s *shelf) AddSettings(_ context.Context, v settings.Version) (settings.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v.Number = uint64(len(s.list) + 1)
	s.list = append(s.list, v)
	return v, nil
}

func (s *shelf) Settings(context.Context, link.NodeID, int) ([]settings.Version, error) {
	return nil, nil
}

func (s *shelf) OpenSettings(context.Context) ([]settings.Version, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.list); n > 0 && s.list[n-1].State.Open() {
		return s.list[n-1:], nil
	}
	return nil, nil
}

func (s *shelf) SetSettings(_ context.Context, v settings.Version) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list[v.Number-1] = v
	return nil
}

func (s *shelf) last() settings.Version {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list[len(s.list)-1]
}

// wire asks the child directly; cut means that nothing arrives.
type wire struct {
	mu    sync.Mutex
	child *settings.Child
	cut   bool
}

func (w *wire) Request(ctx context.Context, _ link.NodeID, _ string, payload []byte) ([]byte, error) {
	w.mu.Lock()
	child, cut := w.child, w.cut
	w.mu.Unlock()
	if cut {
		return nil, link.ErrNotConnected
	}
	return child.Handle(ctx, payload)
}

func (w *wire) set(cut bool) { w.mu.Lock(); defer w.mu.Unlock(); w.cut = cut }

// bench is hub and child joined, running until the test ends.
type bench struct {
	t     *testing.T
	site  *site
	notes *memory
	shelf *shelf
	wire  *wire
	hub   *settings.Hub
	stop  context.CancelFunc
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, site: &site{plant: "first", broken: map[string][]string{}}, notes: &memory{}, shelf: &shelf{}, wire: &wire{}}
	b.hub = &settings.Hub{Store: b.shelf, Ask: b.wire, Now: time.Now, Log: slog.New(slog.DiscardHandler), Confirm: time.Minute}
	b.start()
	go func() { _ = b.hub.Run(t.Context()) }()
	return b
}

func (b *bench) start() {
	b.t.Helper()
	child, err := settings.NewChild(b.site, b.notes, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		b.t.Fatal(err)
	}
	b.wire.mu.Lock()
	b.wire.child = child
	b.wire.mu.Unlock()
	var ctx context.Context
	ctx, b.stop = context.WithCancel(b.t.Context())
	go func() { _ = child.Run(ctx) }()
}

func (b *bench) send(plant string) {
	b.t.Helper()
	if _, err := b.hub.Send(b.t.Context(), "U", plant, "me"); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) want(state settings.State, plant, detail string) {
	b.t.Helper()
	synctest.Wait()
	if v := b.shelf.last(); v.State != state || b.site.now() != plant || !strings.Contains(v.Detail, detail) {
		b.t.Errorf("version %d is %s (%s) and the plant is %q; want %s, %q and a detail with %q", v.Number, v.State, v.Detail, b.site.now(), state, plant, detail)
	}
}

func TestSettings(t *testing.T) {
	for name, run := range map[string]func(b *bench){
		"confirmed": func(b *bench) {
			b.send("second")
			time.Sleep(10 * time.Second)
			b.want(settings.Confirmed, "second", "")
			time.Sleep(time.Hour)
			b.want(settings.Confirmed, "second", "")
		},
		"mistakes are refused and change nothing": func(b *bench) {
			b.send("bad")
			time.Sleep(10 * time.Second)
			b.want(settings.Refused, "first", "line 1")
		},
		"a device that no longer answers takes it back": func(b *bench) {
			b.site.broken["second"] = []string{"lathe-1"}
			b.send("second")
			time.Sleep(30 * time.Second)
			b.want(settings.Applied, "second", "lathe-1")
			time.Sleep(time.Minute)
			b.want(settings.RolledBack, "first", "lathe-1")
		},
		"a device that did not answer before does not": func(b *bench) {
			b.site.broken["first"], b.site.broken["second"] = []string{"lathe-1"}, []string{"lathe-1"}
			b.send("second")
			time.Sleep(10 * time.Second)
			b.want(settings.Confirmed, "second", "")
		},
		"what cuts the link off takes itself back": func(b *bench) {
			b.site.broken["second"] = []string{"lathe-1"}
			b.send("second")
			time.Sleep(5 * time.Second)
			b.wire.set(true)
			b.site.mu.Lock()
			b.site.broken = map[string][]string{} // all well, but nobody can ask
			b.site.mu.Unlock()
			time.Sleep(2 * time.Minute)
			if b.site.now() != "first" {
				b.t.Errorf("plant %q without the hub's word", b.site.now())
			}
			b.wire.set(false)
			time.Sleep(10 * time.Second)
			b.want(settings.RolledBack, "first", "not confirmed")
		},
		"a restart in between does not forget the way back": func(b *bench) {
			b.site.broken["second"] = []string{"lathe-1"}
			b.send("second")
			time.Sleep(5 * time.Second)
			b.stop()
			b.start()
			b.wire.set(true)
			time.Sleep(2 * time.Minute)
			b.wire.set(false)
			time.Sleep(10 * time.Second)
			b.want(settings.RolledBack, "first", "")
		},
		"a node that is away gets it later": func(b *bench) {
			b.wire.set(true)
			b.send("second")
			time.Sleep(24 * time.Hour)
			b.want(settings.Queued, "first", "")
			b.wire.set(false)
			time.Sleep(10 * time.Second)
			b.want(settings.Confirmed, "second", "")
		},
		"what cannot be applied goes back": func(b *bench) {
			b.site.fails = "second"
			b.send("second")
			time.Sleep(10 * time.Second)
			b.want(settings.RolledBack, "first", "disk full")
		},
		"the next version after one that went back": func(b *bench) {
			b.site.fails = "second"
			b.send("second")
			time.Sleep(10 * time.Second)
			b.send("third")
			time.Sleep(10 * time.Second)
			b.want(settings.Confirmed, "third", "")
		},
	} {
		t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { run(newBench(t)) }) })
	}
}

func TestChild_RefusesOlderVersions(t *testing.T) {
	store := &memory{}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	child, err := settings.NewChild(&site{plant: "first"}, store, time.Now, slog.New(slog.DiscardHandler))
	must(err)
	ask := func(number int) error {
		raw, err := json.Marshal(map[string]any{"do": "apply", "number": number, "plant": "x", "seconds": 60})
		must(err)
		_, err = child.Handle(t.Context(), raw)
		return err
	}
	must(ask(5))
	must(ask(5)) // sent again
	if err := ask(6); !errors.Is(err, link.ErrRefused) {
		t.Errorf("a second version while one waits: %v", err)
	}
	if err := ask(4); !errors.Is(err, link.ErrRefused) {
		t.Errorf("an older version: %v", err)
	}
	if _, err := child.Handle(t.Context(), []byte("{")); err == nil {
		t.Error("half a message was taken")
	}
	if _, err := child.Handle(t.Context(), []byte(`{"do":"dance"}`)); err == nil {
		t.Error("an unknown question was answered")
	}
}
