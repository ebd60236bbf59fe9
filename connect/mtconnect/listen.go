package mtconnect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/shdr"
)

// resolve plans the points by key, and tells the keys of conditions by what is
// wanted of them.
func (a *adapter) resolve(points []connect.Point) plan {
	p := plan{byItem: map[string][]wanted{}}
	for i, point := range points {
		address, err := keyOf(point.Address, point.Kind)
		if err != nil {
			p.wrong = append(p.wrong, connect.Reading{Point: i, Err: fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)})
			continue
		}
		if k := address.Part.Kind; k == document.Level || k == document.Text {
			a.shapes[address.Word] = shdr.Condition
		}
		p.byItem[address.Word] = append(p.byItem[address.Word], wanted{i, address.Part, point.Kind})
	}
	return p
}

// held are the readings of what the adapter said up to now.
func (a *adapter) held(p plan) []connect.Reading {
	out := append([]connect.Reading(nil), p.wrong...)
	for key, all := range p.byItem {
		for _, w := range all {
			if s := a.states[key]; s != nil {
				out = append(out, a.reading(s, w))
				continue
			}
			// An adapter says all it has when somebody connects.
			out = append(out, connect.Reading{Point: w.point, Err: fmt.Errorf("%w: the adapter has not said %q", connect.ErrUnconfigured, key)})
		}
	}
	return out
}

func (a *adapter) reading(s *state, w wanted) connect.Reading {
	r := s.reading(w.part, w.kind)
	r.Point, r.Source = w.point, s.last.Time
	if a.driver.now().Sub(r.Source) > oldValue {
		r.Source = time.Time{} // it holds now although it changed long ago
	}
	return r
}

// Prepare implements [connect.Conn].
func (a *adapter) Prepare(points []connect.Point) (connect.Group, error) {
	return &heard{adapter: a, plan: a.resolve(points)}, nil
}

// heard is a group of points of an adapter.
type heard struct {
	adapter *adapter
	plan    plan
}

// Read implements [connect.Group]: what the adapter said last.
func (g *heard) Read(ctx context.Context, dst []connect.Reading) error {
	if err := g.adapter.sync(ctx); err != nil {
		return err
	}
	for _, r := range g.adapter.held(g.plan) {
		dst[r.Point] = r
	}
	return nil
}

// Subscribe implements [connect.Subscriber]. An adapter keeps nothing: what it
// says while nobody is connected is lost, and the loss of contact says so.
func (a *adapter) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	p := a.resolve(points)
	if err := a.sync(ctx); err != nil {
		return err
	}
	if readings := a.held(p); len(readings) > 0 {
		if err := sink(ctx, readings); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var beating sync.WaitGroup
	defer beating.Wait()
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = a.conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	beat, limit := defBeat, time.Duration(0)
	if a.beat > 0 {
		beat = a.beat
		limit = 2*beat + a.timeout
	}
	beating.Go(func() { a.beats(ctx, beat) })
	for {
		if err := a.listen(ctx, p, sink, alive, limit, beat); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return err
		}
	}
}

// beats sends heartbeats until ctx ends. One that cannot be sent shows in listen.
func (a *adapter) beats(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if a.ping() != nil {
				return
			}
		}
	}
}

// listen takes one line. Limit is how long an adapter with heartbeats may be
// silent; one without is heard as long as its connection stands, and is alive
// with each beat of ours.
func (a *adapter) listen(ctx context.Context, p plan, sink connect.Sink, alive func(), limit, beat time.Duration) error {
	wait := limit
	if limit == 0 {
		wait = beat
	}
	l, err := a.next(ctx, time.Now().Add(wait))
	if errors.Is(err, os.ErrDeadlineExceeded) && limit == 0 && ctx.Err() == nil {
		alive()
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("no sign of life for %v", limit)
	}
	if err != nil {
		return a.fail(err)
	}
	if a.pong(l) {
		alive()
		return nil
	}
	var readings []connect.Reading
	a.take(l, func(key string, s *state) {
		for _, w := range p.byItem[key] {
			readings = append(readings, a.reading(s, w))
		}
	})
	if len(readings) == 0 {
		return nil
	}
	return sink(ctx, readings)
}
