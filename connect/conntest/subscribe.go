package conntest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
)

// listening is a subscription that runs and what came of it.
type listening struct {
	p      Party
	points []connect.Point
	cancel context.CancelFunc
	ended  chan error

	mu      sync.Mutex
	readNew *sync.Cond
	latest  map[int]connect.Reading
	refuse  error
}

// listen subscribes to the missing point, every value and the writable one.
func (p Party) listen(t *testing.T) *listening {
	t.Helper()
	c := p.open(t)
	s, ok := c.(connect.Subscriber)
	if !ok {
		t.Skip("is polled")
	}
	l := &listening{p: p, points: []connect.Point{p.Missing}, ended: make(chan error, 1), latest: map[int]connect.Reading{}}
	l.readNew = sync.NewCond(&l.mu)
	for _, v := range p.Values {
		l.points = append(l.points, connect.Point{Address: v.Address, Kind: v.Kind, Period: 100 * time.Millisecond})
	}
	if p.Writable != (connect.Point{}) {
		l.points = append(l.points, p.Writable)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	go func() { l.ended <- s.Subscribe(ctx, l.points, l.sink, func() {}) }()
	t.Cleanup(cancel)
	return l
}

func (l *listening) sink(_ context.Context, readings []connect.Reading) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return l.refuse
	}
	for _, r := range readings {
		r.Raw = nil // belongs to the driver when the sink returns
		l.latest[r.Point] = r
	}
	l.readNew.Broadcast()
	return nil
}

// wait until what came is as wanted.
func (l *listening) wait(t *testing.T, what string, wanted func(map[int]connect.Reading) bool) {
	t.Helper()
	late := false
	alarm := time.AfterFunc(patience, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		late = true
		l.readNew.Broadcast()
	})
	defer alarm.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !wanted(l.latest) {
		if late {
			t.Fatalf("%s did not come; came %+v", what, l.latest)
		}
		l.readNew.Wait()
	}
}

// end waits for Subscribe to return.
func (l *listening) end(t *testing.T) error {
	t.Helper()
	start := time.Now()
	select {
	case err := <-l.ended:
		if took := time.Since(start); took > l.p.Timeout {
			t.Errorf("Subscribe ended after %v", took)
		}
		return err
	case <-time.After(patience):
		t.Fatal("Subscribe does not end")
		return nil
	}
}

// present: a subscription begins with what holds now, the missing point too.
func (l *listening) present(t *testing.T) {
	t.Helper()
	l.wait(t, "a first value of each point", func(latest map[int]connect.Reading) bool {
		if !errors.Is(latest[0].Err, connect.ErrUnconfigured) {
			return false
		}
		for i, v := range l.p.Values {
			if r, ok := latest[i+1]; !ok || r.Err != nil || r.Number != v.Number || r.Text != v.Text {
				return false
			}
		}
		return true
	})
}

// subscribes: what holds now comes first, then every change; an ended context
// ends it.
func (p Party) subscribes(t *testing.T) {
	l := p.listen(t)
	l.present(t)
	if w, ok := p.open(t).(connect.Writer); ok && p.Writable != (connect.Point{}) {
		for _, value := range p.Writes {
			must(t, w.Write(within(t, patience), p.Writable, value))
			l.wait(t, "the change", func(latest map[int]connect.Reading) bool {
				r, ok := latest[len(l.points)-1]
				return ok && same(r, value)
			})
		}
	}
	l.cancel()
	if err := l.end(t); err == nil {
		t.Error("Subscribe with an ended context returns without a reason")
	}
}

// refuses: what the sink could not keep is not taken for kept. The
// subscription ends with the sink's own error, and the next one brings what
// holds by then.
func (p Party) refuses(t *testing.T) {
	l := p.listen(t)
	w, ok := p.open(t).(connect.Writer)
	if !ok || p.Writable == (connect.Point{}) {
		t.Skip("takes no writes that would change a value")
	}
	l.present(t)
	full := errors.New("disk full")
	l.mu.Lock()
	l.refuse = full
	l.mu.Unlock()
	// The tests before left the last one there.
	value := p.Writes[0]
	must(t, w.Write(within(t, patience), p.Writable, value))
	if err := l.end(t); !errors.Is(err, full) {
		t.Errorf("Subscribe ended with %v; want the sink's error", err)
	}
	again := p.listen(t)
	again.wait(t, "the value that was refused", func(latest map[int]connect.Reading) bool {
		r, ok := latest[len(again.points)-1]
		return ok && same(r, value)
	})
	again.cancel()
	_ = again.end(t) // the context's error
}

// closesBesideOthers: devices that share a line come and go without the others
// noticing.
func (p Party) closesBesideOthers(t *testing.T) {
	steady := p.open(t)
	v := p.Values[0]
	points := []connect.Point{{Address: v.Address, Kind: v.Kind}}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 5 {
				c, err := p.Driver.Open(within(t, patience), p.Device)
				if err != nil {
					t.Errorf("Open: %v", err)
					return
				}
				if g, err := c.Prepare(points); err != nil || g.Read(within(t, patience), make([]connect.Reading, 1)) != nil {
					t.Errorf("Read of one that comes and goes: %v", err)
				}
				if err := c.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
		})
	}
	for range 20 {
		if r := read(t, steady, points)[0]; r.Err != nil || r.Number != v.Number || r.Text != v.Text {
			t.Errorf("beside others %+v", r)
		}
	}
	wg.Wait()
}

// same reports whether a reading is of a value that was written.
func same(r connect.Reading, value any) bool {
	if r.Err != nil {
		return false
	}
	switch v := value.(type) {
	case float64:
		return r.Number == v
	case bool:
		return (r.Number != 0) == v
	case string:
		return r.Text == v
	}
	return false
}
