// Package line is a shared half-duplex line: a serial port, a TCP stream of a
// serial server, or a DTU that dials in and says who it is. Devices that share
// an address share the line. One question is on it at a time, in the order in
// which they were brought; a device that stays silent gets its turn seldom, so
// that the others keep their period.
//
// It moves bytes and knows no protocol: what is an answer, and to which question,
// the driver decides. Start with [NewPool], [Pool.Open] and [Station.Ask].
package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"zhigai/connect"
	"zhigai/connect/tap"
)

// Opener opens what is behind an address.
type Opener func(ctx context.Context, a Address) (io.ReadWriteCloser, error)

// Options of a pool.
type Options struct {
	Open Opener // nil opens the real ports
}

// Pool knows the lines of a program, so that drivers of different protocols can
// share one. Lines stay known when nobody uses them: what was learned of the
// devices on them outlives a connection.
type Pool struct {
	open Opener
	dtus *dtuServer

	mu    sync.Mutex
	lines map[string]*Line
}

// NewPool makes a pool without lines.
func NewPool(o Options) *Pool {
	p := &Pool{open: o.Open, lines: map[string]*Line{}, dtus: newDTUServer()}
	if p.open == nil {
		p.open = p.real
	}
	return p
}

// Line is one line. Its methods may be called concurrently.
type Line struct {
	pool    *Pool
	address Address
	users   int // guarded by the pool
	turn    chan struct{}

	mu       sync.Mutex
	stations map[string]*Station

	wire tap.Wire // what passes, for the device that asks

	// Guarded by turn.
	port     *port
	broken   error // why the port could not be opened
	brokenAt time.Time
}

// Open gives the line of an address and counts its user. The first opens the
// port; [Line.Release] of the last closes it.
func (p *Pool) Open(ctx context.Context, a Address) (*Line, error) {
	p.mu.Lock()
	l := p.lines[a.key()]
	if l == nil {
		l = &Line{pool: p, address: a, turn: make(chan struct{}, 1), stations: map[string]*Station{}}
		p.lines[a.key()] = l
	}
	if l.users == 0 {
		l.address = a
	} else if l.address.Mode != a.Mode && a.Kind == Serial {
		p.mu.Unlock()
		return nil, fmt.Errorf("line %s is open with %s and this device says %s; write the same baud, data, parity and stop for all devices of the line", a.Place, l.address.Mode, a.Mode)
	}
	l.users++
	if l.users == 1 && a.Kind == DTU {
		if err := p.dtus.expect(l.address); err != nil {
			l.users--
			p.mu.Unlock()
			return nil, err
		}
	}
	p.mu.Unlock()
	err := l.take(ctx)
	if err == nil {
		err = l.connect(ctx)
		l.give()
	}
	if err != nil {
		l.Release()
		return nil, err
	}
	return l, nil
}

// Release ends a use.
func (l *Line) Release() {
	l.pool.mu.Lock()
	defer l.pool.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	if l.address.Kind == DTU {
		l.pool.dtus.forget(l.address)
	}
	l.turn <- struct{}{} // whoever holds it has no user any more and ends soon
	l.drop()
	l.broken = nil // it spoke for those who asked together
	l.give()
}

// Address is where the line is.
func (l *Line) Address() Address { return l.address }

func (l *Line) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err // select would toss a coin
	}
	select {
	case l.turn <- struct{}{}: // first come, first served: waiting senders are a queue
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", connect.ErrBusy, ctx.Err())
	}
}

func (l *Line) give() { <-l.turn }

// openAgain is how long one failure to open speaks for all devices of the line:
// eight of them must not wait out eight timeouts one after the other.
const openAgain = 200 * time.Millisecond

// connect opens the port if it is not open. The turn is held.
func (l *Line) connect(ctx context.Context) error {
	if l.port != nil && !l.port.gone() {
		return nil
	}
	l.drop()
	if l.broken != nil && time.Since(l.brokenAt) < openAgain {
		return l.broken
	}
	rw, err := l.pool.open(ctx, l.address)
	if err != nil {
		l.broken, l.brokenAt = fmt.Errorf("line %s: %w", l.address, err), time.Now()
		return l.broken
	}
	l.broken = nil
	l.port = newPort(rw, &l.wire)
	return nil
}

// drop closes the port. The next question opens it again.
func (l *Line) drop() {
	if l.port != nil {
		l.port.close()
		l.port = nil
	}
}

// errClosed is what a line says whose other end hung up.
var errClosed = errors.New("the other end closed the line")

// HungUp reports whether the line itself failed, not the device on it. The next
// question opens it again.
func HungUp(err error) bool {
	var broken *brokenError
	return errors.As(err, &broken)
}

// brokenError is an error of the port.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }
