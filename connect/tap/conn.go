package tap

import (
	"context"
	"io"
	"net"
	"slices"
	"sync/atomic"
)

// Wire notes which devices what passes belongs to. Its methods may be called
// concurrently, but Received and End from one goroutine at a time.
type Wire struct {
	rings atomic.Pointer[[]*Ring]
	// begun are the numbers of the frame that is being received, one per ring; nil
	// between frames. Only who receives touches it, but for fresh.
	begun []int64
	of    []*Ring
	fresh atomic.Bool // something was sent, or somebody else asks: what comes now begins a frame
}

// For says who asks from now on: what is sent and received is its device's.
func (w *Wire) For(ctx context.Context) {
	r := Of(ctx)
	now := w.rings.Load()
	switch {
	case r == nil && now == nil, r != nil && now == &r.alone:
		return
	case r == nil:
		w.rings.Store(nil)
	default:
		w.rings.Store(&r.alone)
	}
	w.fresh.Store(true)
}

// Join adds a device to those that what passes belongs to, on a connection on
// which several are spoken of.
func (w *Wire) Join(r *Ring) {
	for r != nil {
		old := w.rings.Load()
		var rings []*Ring
		if old != nil {
			rings = *old
		}
		if slices.Contains(rings, r) {
			return
		}
		rings = append(slices.Clone(rings), r)
		if w.rings.CompareAndSwap(old, &rings) {
			return
		}
	}
}

// Leave takes a device off again.
func (w *Wire) Leave(r *Ring) {
	for r != nil {
		old := w.rings.Load()
		if old == nil || !slices.Contains(*old, r) {
			return
		}
		rings := slices.DeleteFunc(slices.Clone(*old), func(other *Ring) bool { return other == r })
		if w.rings.CompareAndSwap(old, &rings) {
			return
		}
	}
}

// Sent notes a frame on its way to the device.
func (w *Wire) Sent(data []byte) {
	w.fresh.Store(true)
	rings := w.rings.Load()
	if rings == nil {
		return
	}
	for _, r := range *rings {
		r.Record(Sent, "", data)
	}
}

// Received notes bytes of the device. They continue the frame that has begun,
// until End or until something is sent.
func (w *Wire) Received(data []byte) {
	rings := w.rings.Load()
	if rings == nil || len(data) == 0 {
		return
	}
	if w.fresh.Swap(false) {
		w.End()
	}
	for _, r := range *rings {
		if !r.Watched() {
			continue
		}
		if i := slices.Index(w.of, r); i >= 0 {
			r.more(w.begun[i], data)
			continue
		}
		w.of, w.begun = append(w.of, r), append(w.begun, r.add(false, "", data))
	}
}

// End says that a frame was received whole.
func (w *Wire) End() { w.of, w.begun = w.of[:0], w.begun[:0] }

// Conn is a connection whose bytes the devices it belongs to are shown. It is
// free for all to use as any connection.
type Conn struct {
	net.Conn
	Wire
	framed bool
}

// NewConn taps a connection for the device of the context. What one Read gives is
// a frame: it suits datagrams and buffered readers.
func NewConn(ctx context.Context, c net.Conn) *Conn {
	out := &Conn{Conn: c}
	out.For(ctx)
	return out
}

// NewFramed taps a connection of which the driver says with [Wire.End] where a
// frame ends.
func NewFramed(ctx context.Context, c net.Conn) *Conn {
	out := NewConn(ctx, c)
	out.framed = true
	return out
}

var _ io.ReadWriteCloser = (*Conn)(nil)

// Read implements [io.Reader].
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.Received(b[:n])
		if !c.framed {
			c.End()
		}
	}
	return n, err
}

// Write implements [io.Writer]. What could not be sent whole is shown as far as it
// went.
func (c *Conn) Write(b []byte) (int, error) {
	c.Sent(b) // before: the answer may be there sooner than Write returns
	return c.Conn.Write(b)
}
