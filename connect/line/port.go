package line

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"zhigai/connect/tap"
)

const (
	// chunk is what is read at once: more than the longest frame of the protocols.
	chunk = 1024
	// waiting is how many chunks wait to be looked at. What a device says beyond
	// that stays in the operating system's buffer.
	waiting = 16
)

// port is an open line with a goroutine of its own that reads: a serial port
// cannot be told to stop reading when a question's time is over.
type port struct {
	rw     io.ReadWriteCloser
	wire   *tap.Wire
	in     chan []byte
	done   chan struct{} // closed by close
	ended  chan struct{} // closed when reading ended
	err    error         // why; set before ended is closed
	once   sync.Once
	reader sync.WaitGroup

	heard time.Time // when anybody last spoke, we included
	begun []byte    // of what a device says by itself: not at its end yet
}

func newPort(rw io.ReadWriteCloser, wire *tap.Wire) *port {
	p := &port{rw: rw, wire: wire, in: make(chan []byte, waiting), done: make(chan struct{}), ended: make(chan struct{}), heard: time.Now()}
	p.reader.Go(p.read)
	return p
}

func (p *port) read() {
	defer close(p.ended)
	var b [chunk]byte
	for {
		n, err := p.rw.Read(b[:])
		if n > 0 {
			select {
			case p.in <- append([]byte(nil), b[:n]...):
			case <-p.done:
				p.err = errClosed
				return
			}
		}
		if err != nil {
			p.err = err
			return
		}
	}
}

func (p *port) close() {
	p.once.Do(func() {
		close(p.done)
		_ = p.rw.Close() // it is of no use any more, whatever Close says
	})
	p.reader.Wait()
}

// gone reports whether the other end hung up and all it said was looked at.
func (p *port) gone() bool {
	select {
	case <-p.ended:
		return len(p.in) == 0
	default:
		return false
	}
}

// receive gives the next bytes, or os.ErrDeadlineExceeded at the deadline.
func (p *port) receive(ctx context.Context, deadline time.Time) ([]byte, error) {
	select { // what is there comes before what is over
	case b := <-p.in:
		return p.took(b), nil
	default:
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case b := <-p.in:
		return p.took(b), nil
	case <-p.ended:
		select {
		case b := <-p.in:
			return p.took(b), nil
		default:
		}
		err := p.err
		if err == io.EOF {
			err = errClosed
		}
		return nil, &brokenError{err}
	case <-timer.C:
		return nil, os.ErrDeadlineExceeded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *port) took(b []byte) []byte {
	p.heard = time.Now()
	p.wire.Received(b)
	return b
}

// writeWithin bounds one write: a frame fits the buffers of every port, so that
// what takes longer does not move at all.
const writeWithin = 2 * time.Second

func (p *port) send(frame []byte) error {
	if d, ok := p.rw.(interface{ SetWriteDeadline(time.Time) error }); ok {
		if err := d.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
			return &brokenError{err}
		}
	}
	p.wire.Sent(frame)
	n, err := p.rw.Write(frame)
	if err == nil && n < len(frame) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return &brokenError{fmt.Errorf("send: %w", err)}
	}
	p.heard = time.Now()
	return nil
}

// neverSilent bounds the wait for silence before a question.
const neverSilent = time.Second

// maxStray is how much of what nobody asked for is looked at.
const maxStray = 4 * chunk

// settle throws away what is on the line and returns when it has been silent for
// long enough. It gives what was thrown away: a late answer says something.
func (p *port) settle(ctx context.Context, silence time.Duration) ([]byte, error) {
	var stray []byte
	for begun := time.Now(); ; {
		b, err := p.receive(ctx, p.heard.Add(silence))
		switch {
		case err == os.ErrDeadlineExceeded:
			return stray, nil
		case err != nil:
			return stray, err
		case time.Since(begun) > neverSilent:
			return stray, fmt.Errorf("the line does not fall silent: somebody talks without being asked, such as another master; look for a second program or device that asks on this line: %w", errNoise)
		}
		if len(stray) < maxStray {
			stray = append(stray, b...)
		}
	}
}
