package httpjson

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/tap"
	"zhigai/plant"
)

// hookConn is a device that has posted.
type hookConn struct {
	hook     *Hook
	wanted   wanted
	settings hookSettings
}

var (
	_ connect.Subscriber = (*hookConn)(nil)
	_ connect.Browser    = (*hookConn)(nil)
)

// Close implements [connect.Conn].
func (c *hookConn) Close() error {
	c.wanted.release()
	return nil
}

// heard reports whether the device posted lately. The device's lock is held.
func (c *hookConn) heard() bool {
	return c.wanted.device.heard && c.hook.now().Sub(c.wanted.device.at) <= c.settings.silence
}

// hooked is a running subscription.
type hooked struct {
	conn   *hookConn
	points []point
	sink   connect.Sink
	alive  func()
	ring   *tap.Ring // of the device's frames

	mu    sync.Mutex
	over  bool
	ended chan error // the first reason
}

var errDetached = errors.New("the subscription ended")

// deliver returns when the document's values are durable. An error of the sink
// ends the subscription: the collector opens it anew when there is room.
func (s *hooked) deliver(ctx context.Context, doc any, at time.Time) error {
	readings, err := s.readings(doc, at)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return errDetached
	}
	s.alive()
	for len(readings) > 0 {
		n := min(len(readings), sinkAtOnce)
		if err := s.sink(ctx, readings[:n]); err != nil {
			if ctx.Err() == nil {
				s.end(err)
			}
			return err
		}
		readings = readings[n:]
	}
	return nil
}

// ending reports whether it takes no more: another is to come.
func (s *hooked) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.over
}

// end notes the reason. s.mu is held.
func (s *hooked) end(err error) {
	s.over = true
	select {
	case s.ended <- err:
	default:
	}
}

// readings of a document. A document of records of which one cannot be read is
// refused as a whole: who sent it is there to be told.
func (s *hooked) readings(doc any, at time.Time) ([]connect.Reading, error) {
	shape := &s.conn.settings.shape
	if !shape.hasRecords {
		return shape.readings(doc, s.points, at, false), nil
	}
	records, wrong, err := shape.timed(doc)
	if err = errors.Join(err, wrong); err != nil {
		return nil, err
	}
	var out []connect.Reading
	for _, one := range records {
		out = append(out, shape.readings(one.doc, s.points, one.at, true)...)
	}
	return out, nil
}

// Subscribe implements [connect.Subscriber]. It begins with the last document.
func (c *hookConn) Subscribe(ctx context.Context, points []connect.Point, sink connect.Sink, alive func()) error {
	s := &hooked{conn: c, points: parsePoints(points), sink: sink, alive: alive, ring: tap.Of(ctx), ended: make(chan error, 1)}
	d := c.wanted.device
	d.mu.Lock()
	last, at := d.last, d.at
	d.mu.Unlock()
	if last != nil {
		if err := sink(ctx, c.settings.last(last, s.points, at)); err != nil {
			return err
		}
	}
	d.mu.Lock()
	if d.sub != nil {
		d.mu.Unlock()
		return fmt.Errorf("webhook %s: another subscription is open", d.name)
	}
	d.sub = s
	close(d.attached)
	d.attached = make(chan struct{})
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.sub = nil
		d.mu.Unlock()
		s.mu.Lock() // whoever delivers has come to an end
		s.over = true
		s.mu.Unlock()
	}()
	return c.watch(ctx, s)
}

// watch shows life as long as the device may be silent, and ends the
// subscription after that.
func (c *hookConn) watch(ctx context.Context, s *hooked) error {
	tick := time.NewTicker(min(plant.LinkRenewal/2, c.settings.silence/2))
	defer tick.Stop()
	d := c.wanted.device
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-s.ended:
			return err
		case <-tick.C:
		}
		d.mu.Lock()
		heard := c.heard()
		d.mu.Unlock()
		if !heard {
			return fmt.Errorf("webhook %s: %w: nothing posted within %v", d.name, connect.ErrStale, c.settings.silence)
		}
		s.alive()
	}
}

// Prepare implements [connect.Conn]: the group reads the last document.
func (c *hookConn) Prepare(points []connect.Point) (connect.Group, error) {
	return &hookGroup{conn: c, points: parsePoints(points)}, nil
}

type hookGroup struct {
	conn   *hookConn
	points []point
}

// Read implements [connect.Group].
func (g *hookGroup) Read(_ context.Context, dst []connect.Reading) error {
	d := g.conn.wanted.device
	d.mu.Lock()
	heard, last, at := g.conn.heard(), d.last, d.at
	d.mu.Unlock()
	if !heard {
		return fmt.Errorf("webhook %s: nothing posted within %v", d.name, g.conn.settings.silence)
	}
	if last == nil {
		for i := range dst {
			dst[i] = connect.Reading{Point: i, Err: fmt.Errorf("%w: the last document was too large to be remembered", connect.ErrStale)}
		}
		return nil
	}
	copy(dst, g.conn.settings.last(last, g.points, at))
	return nil
}

// Browse implements [connect.Browser].
func (c *hookConn) Browse(_ context.Context, parent string) ([]connect.Browsed, error) {
	d := c.wanted.device
	d.mu.Lock()
	defer d.mu.Unlock()
	if parent != "" || d.last == nil {
		return nil, nil
	}
	return browsed(c.settings.first(d.last)), nil
}
