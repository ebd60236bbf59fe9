package equipment

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// feed is a sequence of batches in memory.
type feed struct {
	mu      sync.Mutex
	batches []figure.Committed
	arrived chan struct{}
	cursors map[string]uint64
	first   uint64 // batches before are gone
}

func newFeed() *feed { return &feed{arrived: make(chan struct{}), cursors: map[string]uint64{}} }

func (f *feed) push(b plant.Batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, figure.Committed{Seq: uint64(len(f.batches) + 1), Tenant: 1, Batch: b})
	close(f.arrived)
	f.arrived = make(chan struct{})
}

func (f *feed) Read(_ context.Context, after uint64, limit int) ([]figure.Committed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if after < f.first {
		return nil, figure.ErrGone
	}
	rest := f.batches[after:]
	return rest[:min(len(rest), limit)], nil
}

func (f *feed) Wait(ctx context.Context, after uint64) error {
	for {
		f.mu.Lock()
		n, arrived := uint64(len(f.batches)), f.arrived
		f.mu.Unlock()
		if n > after {
			return nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *feed) LastSeq() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(len(f.batches))
}

func (f *feed) Cursor(name string) uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cursors[name]
}

func (f *feed) SaveCursor(name string, seq uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cursors[name] = seq
	return nil
}

// bubble makes a world whose clock is that of the synctest bubble, shifted to
// the test's monday.
func bubble(t *testing.T) (w *world, now func() time.Time) {
	t.Helper()
	began := time.Now()
	w = newWorld(t)
	now = func() time.Time { return monday.Add(time.Hour).Add(time.Since(began)) }
	w.folder = NewFolder(NewFleet(w.memory, w.memory, KindMap{"test": testKind()}, now), w.memory, Reader{Journal: w.memory, Settings: settings(t)})
	defs := w.engine.Definitions()
	var err error
	if w.engine, err = figure.New(figure.Options{Folder: w.folder, Store: w.memory, Journal: w.memory, Definitions: defs, Now: now}); err != nil {
		t.Fatal(err)
	}
	return w, now
}

func TestBoardFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, now := bubble(t)
		w.add(plant.Batch{Samples: append(link(0, time.Hour)[:720], sample(tagRunning, 10*time.Minute, 1), sample(tagAlarm, 0, 0), sample(tagMode, 0, 3))})
		f := newFeed()
		ctx, stop := context.WithCancel(t.Context())
		board := NewBoard(BoardOptions{Fleet: w.folder.Fleet, Reader: w.folder.Reader, Headlines: w.engine, Now: now})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := board.Run(ctx, f); !errors.Is(err, context.Canceled) {
				t.Errorf("Run = %v", err)
			}
		})
		send := func(tag plant.TagNo, v float64) {
			b := plant.Batch{Samples: []plant.Sample{{Tag: tag, Time: plant.MicrosOf(now()), Value: v}}}
			w.add(b)
			f.push(b)
		}
		look := func() Live {
			t.Helper()
			time.Sleep(1100 * time.Millisecond)
			synctest.Wait()
			live, _ := board.Snapshot(access.Scope{Tenant: 1, Path: "firm/turning"})
			if len(live) != 1 {
				t.Fatalf("%d machines on the board", len(live))
			}
			return live[0]
		}
		send(tagLink, 1)
		if l := look(); l.State != Of(Executing, Processing) || l.Since != at(10*time.Minute) || !l.Link || l.Class != APT || l.Shift != "early" {
			t.Errorf("running since 08:10: %+v", l)
		}
		_, seq := board.Snapshot(scopeAll)
		woken := make(chan uint64, 1)
		go func() { n, _ := board.Wait(ctx, seq); woken <- n }()
		send(tagRunning, 0)
		stopped := plant.MicrosOf(now())
		if l := look(); l.State != Of(NotExecuting, Processing) || l.Since != floorMs(stopped) || l.Reason != Unassigned || l.Stop != floorMs(stopped) {
			t.Errorf("stopped: %+v", l)
		}
		if <-woken <= seq {
			t.Error("Wait came back without news")
		}
		e := spoken(fact.KindStopReason, "1", 0, fact.StopReason{From: stopped, Reason: "material.missing"})
		e.Occurred = stopped
		if _, err := w.Append(ctx, 1, e); err != nil {
			t.Fatal(err)
		}
		board.Touch(ctx, 1, []fact.Event{e})
		if l := look(); l.Reason != "material.missing" || l.SaidBy != "person:li" {
			t.Errorf("after a reason was given: %+v", l)
		}
		time.Sleep(plant.LinkSilence)
		if l := look(); l.State != Unknown || l.Link || l.Since >= plant.MicrosOf(now()) || l.Class != ClassUnknown {
			t.Errorf("silent for 15 s: %+v", l)
		}
		// A late value makes the day be read again.
		b := plant.Batch{Samples: []plant.Sample{{Tag: tagLink, Time: plant.MicrosOf(now()) - 8_000_000, Value: 1}}}
		w.add(b)
		f.push(b)
		time.Sleep(boardAgain)
		if l := look(); !l.Link && l.Since == 0 {
			t.Errorf("after a late value: %+v", l)
		}
		time.Sleep(headlineEvery)
		l := look()
		if h, ok := l.Daily["availability"]; !ok || h.Value == nil {
			t.Errorf("headlines: %+v", l.Daily)
		}
		if live, _ := board.Snapshot(access.Scope{Tenant: 1, Path: "firm/other"}); len(live) != 0 {
			t.Errorf("another scope sees %d machines", len(live))
		}
		stop()
		wg.Wait()
	})
}

// journalCursors keeps cursors in memory.
type journalCursors struct {
	mu sync.Mutex
	at map[string]uint64
}

func (c *journalCursors) Cursor(_ context.Context, _ plant.TenantNo, reader string) (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at[reader], nil
}

func (c *journalCursors) SaveCursor(_ context.Context, _ plant.TenantNo, reader string, seq uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at[reader] = seq
	return nil
}

// TestRunKeepsUp: windows close by themselves, late samples and events revise
// them, and a cursor that fell behind marks everything.
func TestRunKeepsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, now := bubble(t)
		w.add(plant.Batch{Samples: running(6 * time.Hour)})
		f := newFeed()
		cursors := &journalCursors{at: map[string]uint64{}}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _ = w.engine.Run(ctx, f, cursors) })
		window := func() figure.Window {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.windows[windowKey(node, at(0))]
		}
		time.Sleep(16 * time.Minute)
		if x := window(); x.Revision != 1 {
			t.Errorf("16 min after its end: %+v; want revision 1", x)
		}
		b := plant.Batch{Samples: []plant.Sample{sample(tagRunning, 20*time.Minute, 0), sample(tagRunning, 30*time.Minute, 1)}}
		w.add(b)
		f.push(b)
		time.Sleep(time.Minute)
		if x := window(); x.Revision != 2 {
			t.Errorf("after a late stop: %+v; want revision 2", x)
		}
		if _, err := w.Append(ctx, 1, spoken(fact.KindStopReason, "1", 20*time.Minute, fact.StopReason{From: at(20 * time.Minute), To: at(30 * time.Minute), Reason: "other"})); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if x := window(); x.Revision != 3 {
			t.Errorf("after a reason was given: %+v; want revision 3", x)
		}
		if f.Cursor("figure") != 1 || cursors.at["figure"] == 0 {
			t.Errorf("cursors %v and %v", f.cursors, cursors.at)
		}
		stop()
		wg.Wait()
		// Not followed for long: what was missed is not known.
		w.add(plant.Batch{Samples: []plant.Sample{sample(tagRunning, 40*time.Minute, 0), sample(tagRunning, 50*time.Minute, 1)}})
		f.push(plant.Batch{})
		f.push(plant.Batch{})
		f.first = 3
		ctx, stop = context.WithCancel(t.Context())
		wg.Go(func() { _ = w.engine.Run(ctx, f, cursors) })
		time.Sleep(time.Minute)
		if x := window(); x.Revision != 4 || f.Cursor("figure") != 3 {
			t.Errorf("after batches were gone: %+v, cursor %d, %s", x, f.Cursor("figure"), now())
		}
		stop()
		wg.Wait()
	})
}
