package connect

import (
	"context"
	"fmt"
	"sync"
	"time"

	"zhigai/connect/tap"
)

// talk is the open connection of a runner as others use it beside the rounds.
// One call at a time is under way, unless the connection lets callers take
// turns by itself.
type talk struct {
	ring *tap.Ring     // of the device's frames
	turn chan struct{} // holds one element while somebody asks; who waits longest is next

	mu     sync.Mutex
	conn   Conn // nil while there is none
	shared bool // the connection is an [Interleaver]
	ended  context.Context
}

func newTalk(ring *tap.Ring) *talk { return &talk{ring: ring, turn: make(chan struct{}, 1)} }

// open offers a connection until close; what is under way then is given up
// when ended is done.
func (t *talk) open(ended context.Context, conn Conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, t.shared = conn.(Interleaver)
	t.conn, t.ended = conn, ended
}

// close returns when nobody uses the connection any more.
func (t *talk) close() {
	t.mu.Lock()
	t.conn = nil
	t.mu.Unlock()
	t.turn <- struct{}{} // ends soon: what is under way has been given up
	<-t.turn
}

func (t *talk) isOpen() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conn != nil
}

// round waits for the turn of a round; done gives it back.
func (t *talk) round(ctx context.Context) (done func(), err error) {
	t.mu.Lock()
	shared := t.shared
	t.mu.Unlock()
	if shared {
		return func() {}, nil
	}
	return t.take(ctx)
}

func (t *talk) take(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err // select would toss a coin
	}
	select {
	case t.turn <- struct{}{}:
		return func() { <-t.turn }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

// use lets f ask over the connection. patience bounds it, the waiting included.
// What failed before f began wraps ErrNotConnected.
func (t *talk) use(ctx context.Context, patience time.Duration, f func(ctx context.Context, conn Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done, err := t.take(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	defer done()
	t.mu.Lock()
	conn, ended := t.conn, t.ended
	t.mu.Unlock()
	if conn == nil {
		return ErrNotConnected
	}
	stop := context.AfterFunc(ended, cancel)
	defer stop()
	return f(tap.With(ctx, t.ring), conn)
}
