package iec104

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

// Subscribe implements [connect.Subscriber]: everything that holds first, then
// what the station says by itself.
func (c *conn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	storing, cancel := context.WithCancel(ctx)
	l := &listener{
		settings: &c.settings, points: map[uint32][]int{}, kinds: make([]plant.TagKind, len(points)), want: make([]asdu.Address, len(points)),
		sink: sink, alive: alive, ctx: storing, restart: make(chan struct{}, 1), heard: map[int]time.Time{}, said: time.Now(),
	}
	wrong := l.learn(points)
	b := &c.session.book
	b.mu.Lock()
	b.listeners[l] = true
	b.mu.Unlock()
	// A sink that waits for its store has nobody left to wait for when the
	// connection is over.
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-c.session.ending:
			cancel()
		case <-storing.Done():
		}
	})
	defer func() {
		cancel()
		watch.Wait()
		l.leave(b)
	}()
	err := c.listen(ctx, l, wrong)
	if ctx.Err() == nil && !c.session.running() {
		err = fmt.Errorf("iec 104 %s: %w", c.settings.address, c.session.err)
	}
	return err
}

// listen asks for everything, and again when the station begins anew, until ctx
// or the connection ends.
func (c *conn) listen(ctx context.Context, l *listener, wrong map[int]error) error {
	for first := true; ; first = false {
		if err := c.ask(ctx, l.totals); err != nil {
			return err
		}
		if first {
			if err := l.missing(wrong); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.session.ending:
			return c.session.err
		case <-l.restart:
		}
	}
}

// leave waits for a sink that runs; after it none does.
func (l *listener) leave(b *book) {
	b.mu.Lock()
	delete(b.listeners, l)
	b.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
}

// learn reads the points. Those that are no address come back with the reason.
func (l *listener) learn(points []connect.Point) map[int]error {
	wrong := map[int]error{}
	for i, p := range points {
		a, err := parse(p.Address, p.Kind)
		if err != nil {
			wrong[i] = err
			continue
		}
		l.want[i], l.kinds[i] = a, p.Kind
		l.points[a.Object] = append(l.points[a.Object], i)
	}
	return wrong
}

// totals reports whether a point may be one of those that only a counter
// interrogation brings.
func (l *listener) totals() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, a := range l.want {
		if _, heard := l.heard[i]; a.Type == asdu.Total || a.Object != 0 && a.Type == 0 && !heard {
			return true
		}
	}
	return false
}

// ask lets the station tell everything, and its totals if they are wanted after
// that. A station that refuses to tell totals has none.
func (c *conn) ask(ctx context.Context, totals func() bool) error {
	err := c.session.interrogate(ctx, &c.settings)
	if err == nil && totals() {
		err = c.session.count(ctx, &c.settings)
		if errors.Is(err, connect.ErrRefused) || errors.Is(err, connect.ErrUnconfigured) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("iec 104 %s: %w", c.settings.address, err)
	}
	return nil
}

// missing says which points the station did not name.
func (l *listener) missing(wrong map[int]error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var readings []connect.Reading
	for i := range l.want {
		r := connect.Reading{Point: i}
		if err, bad := wrong[i]; bad {
			r.Err = fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)
		} else if _, heard := l.heard[i]; !heard {
			r.Err = absent(l.want[i].Object)
		}
		if r.Err != nil {
			readings = append(readings, r)
		}
	}
	if len(readings) == 0 || l.gone {
		return nil
	}
	return l.sink(l.ctx, readings)
}

func absent(object uint32) error {
	return fmt.Errorf("%w: the station did not name object %d when it was asked for everything", connect.ErrUnconfigured, object)
}

// group is points whose last known values are looked up.
type group struct {
	conn   *conn
	points []connect.Point
}

// Prepare implements [connect.Conn].
func (c *conn) Prepare(points []connect.Point) (connect.Group, error) {
	return &group{conn: c, points: points}, nil
}

// Read implements [connect.Group]: what the station said last, after it was
// asked for everything once.
func (g *group) Read(ctx context.Context, dst []connect.Reading) error {
	c := g.conn
	if !c.session.running() {
		return fmt.Errorf("iec 104 %s: %w", c.settings.address, c.session.err)
	}
	if !c.asked {
		if err := c.ask(ctx, g.unknown); err != nil {
			return err
		}
		c.asked = true
	}
	for i, p := range g.points {
		a, err := parse(p.Address, p.Kind)
		switch e, known := c.session.book.look(c.settings.common, a.Object); {
		case err != nil:
			dst[i] = connect.Reading{Err: fmt.Errorf("%w: %w", connect.ErrUnconfigured, err)}
		case !known:
			dst[i] = connect.Reading{Err: absent(a.Object)}
		default:
			dst[i] = read(a, p.Kind, e.kind, e.cause, e.element, c.settings.zone)
		}
		dst[i].Point = i
	}
	return nil
}

// unknown reports whether the station did not name a point yet.
func (g *group) unknown() bool {
	for _, p := range g.points {
		if a, err := parse(p.Address, p.Kind); err == nil {
			if _, known := g.conn.session.book.look(g.conn.settings.common, a.Object); !known {
				return true
			}
		}
	}
	return false
}
