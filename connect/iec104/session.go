package iec104

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"zhigai/connect/iec104/asdu"
)

// session is one TCP connection with data transfer started. Three goroutines
// serve it: one reads frames, one owns numbers and timers and writes, one
// passes on what the station says. What is passed on slowly is acknowledged
// late, so that the station itself waits.
type session struct {
	conn   net.Conn
	window window
	frames chan asdu.Frame // that came
	sends  chan []byte     // ASDUs to send
	inbox  chan []byte     // ASDUs to pass on; nil is a sign of life
	passed chan struct{}   // one for each ASDU passed on
	begun  chan struct{}   // closed when the station confirmed the start
	ending chan struct{}   // closed by stop
	over   chan struct{}   // closed when all goroutines have ended

	once sync.Once
	err  error // why it ended; read after ending is closed

	book book
	asks chan struct{} // holds one element while somebody waits for an answer
}

// inboxSize is how many ASDUs may wait to be passed on. A station sends k
// frames, 12 as a rule, before it waits for an acknowledgement.
const inboxSize = 1024

var (
	errClosed  = errors.New("the connection was closed")
	errNoReply = errors.New("no answer in time")
)

func newSession(c net.Conn, w window) *session {
	s := &session{
		conn: c, window: w, frames: make(chan asdu.Frame), sends: make(chan []byte), inbox: make(chan []byte, inboxSize),
		passed: make(chan struct{}, inboxSize), begun: make(chan struct{}), ending: make(chan struct{}), over: make(chan struct{}), asks: make(chan struct{}, 1),
	}
	s.book.init()
	var wg sync.WaitGroup
	wg.Go(s.read)
	wg.Go(s.pass)
	wg.Go(func() { (&machine{session: s, now: time.Now}).run() })
	go func() {
		wg.Wait()
		close(s.over)
	}()
	return s
}

// stop ends the session; the first reason stands.
func (s *session) stop(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.ending)
		_ = s.conn.Close() // it is of no use any more, whatever Close says
	})
}

func (s *session) running() bool {
	select {
	case <-s.ending:
		return false
	default:
		return true
	}
}

// start waits for the station's confirmation that data transfer has started.
func (s *session) start(ctx context.Context) error {
	select {
	case <-s.begun:
		return nil
	case <-s.ending:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read takes frames from the wire.
func (s *session) read() {
	in := bufio.NewReader(s.conn)
	for {
		f, err := readFrame(in)
		if err != nil {
			s.stop(err)
			return
		}
		select {
		case s.frames <- f:
		case <-s.ending:
			return
		}
	}
}

func readFrame(in io.Reader) (asdu.Frame, error) {
	var start [asdu.StartSize]byte
	if _, err := io.ReadFull(in, start[:]); err != nil {
		return asdu.Frame{}, err
	}
	n, err := asdu.ParseStart(start[:])
	if err != nil {
		return asdu.Frame{}, err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(in, b); err != nil {
		return asdu.Frame{}, err
	}
	return asdu.ParseFrame(b)
}

// pass gives ASDUs to those who wait for them, in order.
func (s *session) pass() {
	for {
		select {
		case b := <-s.inbox:
			if err := s.book.take(b); err != nil {
				s.stop(err)
				return
			}
			if b != nil {
				s.passed <- struct{}{} // as many as inbox holds
			}
		case <-s.ending:
			return
		}
	}
}

// send puts an ASDU into the queue of the wire.
func (s *session) send(ctx context.Context, a *asdu.ASDU) error {
	select {
	case s.sends <- a.Append(nil):
		return nil
	case <-s.ending:
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// machine is the numbers and timers of one side (104, clause 5). It runs on one
// goroutine.
type machine struct {
	session *session
	now     func() time.Time

	sent, confirmed uint16      // next number to send; oldest the station has not acknowledged
	sentAt          []time.Time // of those in between
	due             uint16      // next number the station sends
	passed          uint16      // next number to be passed on: all before are acknowledgeable
	acked           uint16      // what the station was told last
	owesSince       time.Time   // since when an acknowledgement is owed
	pending         asdu.Function
	pendingSince    time.Time
	heard           time.Time // when the last frame came
}

func (m *machine) run() {
	s := m.session
	m.heard = m.now()
	if err := m.ask(asdu.StartAct); err != nil {
		s.stop(err)
		return
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		next, err := m.expire()
		if err != nil {
			s.stop(err)
			return
		}
		timer.Reset(next)
		sends := s.sends
		if m.pending == asdu.StartAct || m.unconfirmed() >= s.window.k {
			sends = nil
		}
		select {
		case f := <-s.frames:
			err = m.receive(f)
		case b := <-sends:
			err = m.send(b)
		case <-s.passed:
			err = m.wasPassed()
		case <-timer.C:
		case <-s.ending:
			return
		}
		if err != nil {
			s.stop(err)
			return
		}
	}
}

func (m *machine) unconfirmed() int { return int(m.sent-m.confirmed) % asdu.Modulus }

// expire does what is due and gives how long nothing will be.
func (m *machine) expire() (time.Duration, error) {
	now, w := m.now(), &m.session.window
	if m.pending != 0 && now.Sub(m.pendingSince) >= w.t1 {
		return 0, fmt.Errorf("%s: %w", m.pending, errNoReply)
	}
	if len(m.sentAt) > 0 && now.Sub(m.sentAt[0]) >= w.t1 {
		return 0, fmt.Errorf("a frame was not acknowledged within %s: %w", w.t1, errNoReply)
	}
	if !m.owesSince.IsZero() && now.Sub(m.owesSince) >= w.t2 {
		if err := m.acknowledge(); err != nil {
			return 0, err
		}
	}
	if m.pending == 0 && now.Sub(m.heard) >= w.t3 {
		if err := m.ask(asdu.TestAct); err != nil {
			return 0, err
		}
	}
	next := w.t3
	for _, wait := range []struct {
		since time.Time
		span  time.Duration
		on    bool
	}{
		{m.heard, w.t3, m.pending == 0}, {m.pendingSince, w.t1, m.pending != 0}, {m.owesSince, w.t2, !m.owesSince.IsZero()},
	} {
		if wait.on {
			next = min(next, wait.since.Add(wait.span).Sub(now))
		}
	}
	if len(m.sentAt) > 0 {
		next = min(next, m.sentAt[0].Add(w.t1).Sub(now))
	}
	return max(next, 0), nil
}

func (m *machine) write(f asdu.Frame) error {
	if err := m.session.conn.SetWriteDeadline(m.now().Add(m.session.window.t1)); err != nil {
		return err
	}
	_, err := m.session.conn.Write(f.Append(nil))
	return err
}

// ask sends a function that is to be confirmed.
func (m *machine) ask(f asdu.Function) error {
	m.pending, m.pendingSince = f, m.now()
	return m.write(asdu.Frame{Format: asdu.Unnumbered, Function: f})
}

func (m *machine) send(b []byte) error {
	f := asdu.Frame{Format: asdu.Information, Send: m.sent, Receive: m.passed, ASDU: b}
	m.sent = (m.sent + 1) % asdu.Modulus
	m.sentAt = append(m.sentAt, m.now())
	m.acked, m.owesSince = m.passed, time.Time{}
	return m.write(f)
}

func (m *machine) acknowledge() error {
	m.acked, m.owesSince = m.passed, time.Time{}
	return m.write(asdu.Frame{Format: asdu.Supervisory, Receive: m.passed})
}

// wasPassed: one more ASDU is where it belongs.
func (m *machine) wasPassed() error {
	m.passed = (m.passed + 1) % asdu.Modulus
	if m.owesSince.IsZero() {
		m.owesSince = m.now()
	}
	if int(m.passed-m.acked)%asdu.Modulus >= m.session.window.w {
		return m.acknowledge()
	}
	return nil
}

func (m *machine) receive(f asdu.Frame) error {
	m.heard = m.now()
	switch f.Format {
	case asdu.Unnumbered:
		return m.function(f.Function)
	case asdu.Supervisory:
		return m.confirm(f.Receive)
	}
	if f.Send != m.due {
		return fmt.Errorf("%w: the station sends number %d; %d is next", asdu.ErrFrame, f.Send, m.due)
	}
	if m.pending == asdu.StartAct {
		return fmt.Errorf("%w: information before the start is confirmed", asdu.ErrFrame)
	}
	m.due = (m.due + 1) % asdu.Modulus
	if err := m.confirm(f.Receive); err != nil {
		return err
	}
	select {
	case m.session.inbox <- f.ASDU:
		return nil
	default:
		return fmt.Errorf("%w: the station sends %d frames without waiting for an acknowledgement", asdu.ErrFrame, inboxSize)
	}
}

// confirm takes the station's acknowledgement of all before n.
func (m *machine) confirm(n uint16) error {
	count := int(n-m.confirmed) % asdu.Modulus
	if count > m.unconfirmed() {
		return fmt.Errorf("%w: the station acknowledges number %d, which was not sent", asdu.ErrFrame, n)
	}
	m.sentAt = m.sentAt[count:]
	m.confirmed = n
	return nil
}

func (m *machine) function(f asdu.Function) error {
	switch {
	case f == asdu.TestAct:
		return m.write(asdu.Frame{Format: asdu.Unnumbered, Function: asdu.TestCon})
	case f == asdu.StartCon && m.pending == asdu.StartAct:
		m.pending = 0
		close(m.session.begun)
	case f == asdu.TestCon && m.pending == asdu.TestAct:
		m.pending = 0
		select {
		case m.session.inbox <- nil: // a sign of life
		default: // values wait to be passed on, which are one too
		}
	default:
		return fmt.Errorf("%w: %s was not asked for", asdu.ErrFrame, f)
	}
	return nil
}
