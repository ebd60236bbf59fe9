package line

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/connect"
)

var errNoise = fmt.Errorf("%w: noise", connect.ErrMalformed)

// How a silent device is asked. Two questions in a row without an answer may be
// bad luck. From then on a question is a probe, whose wait is short and whose
// turns are rare.
const (
	silentAfter = 2
	firstPause  = time.Second
	longest     = 15 * time.Second // a device whose switch is on again is back within that
	// shortest is what a probe waits at least: a device that was never heard may
	// need some time to think.
	shortest = 80 * time.Millisecond
	// wholeEvery says which probe waits as long as a question: a device that was
	// never heard may be slower than a probe waits.
	wholeEvery = 4
)

// Station is one device on a line. It outlives connections to it.
type Station struct {
	line *Line
	name string

	// Guarded by the line's turn.
	unanswered int // questions in a row
	since      time.Time
	slowest    time.Duration // answer so far

	retry time.Time // no turn before; guarded by the line's lock
}

// Station gives the device of that name, such as "unit 3".
func (l *Line) Station(name string) *Station {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stations[name]
	if s == nil {
		s = &Station{line: l, name: name}
		l.stations[name] = s
	}
	return s
}

// Urge lets the next question be asked at once, with its whole time: a person is
// waiting.
func (s *Station) Urge() {
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	s.retry = time.Time{}
}

// pausing is connect.ErrBusy while the device has no turn.
func (s *Station) pausing() error {
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	if wait := time.Until(s.retry); wait > 0 {
		return fmt.Errorf("%s has not answered since %s and is asked again in %s, so that it does not hold up the others: %w",
			s.name, s.since.UTC().Format(time.TimeOnly), wait.Round(100*time.Millisecond), connect.ErrBusy)
	}
	return nil
}

// Ask gives the device the line for one exchange. Timeout is how long the device
// may take to begin its answer. f says how it went: nil and errors of the device
// are answers, an error with Timeout() true is silence, and an error of the line
// closes it. Only one Ask runs on a line at a time.
func (s *Station) Ask(ctx context.Context, timeout time.Duration, f func(t *Talk) error) error {
	if err := s.pausing(); err != nil {
		return err
	}
	l := s.line
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.give()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < timeout/2 {
		return connect.ErrBusy // what is left would make a good device look dead
	}
	if err := l.connect(ctx); err != nil {
		return err
	}
	l.wire.For(ctx)
	t, err := s.talk(ctx, timeout, f)
	if HungUp(err) && (t == nil || t.sent.IsZero()) {
		// The other end left while nobody asked: that is no loss of contact.
		l.drop()
		if err = l.connect(ctx); err == nil {
			_, err = s.talk(ctx, timeout, f)
		}
	}
	s.failed(err)
	return err
}

func (s *Station) talk(ctx context.Context, timeout time.Duration, f func(t *Talk) error) (*Talk, error) {
	l := s.line
	stray, err := l.port.settle(ctx, l.address.silence())
	if err != nil {
		return nil, err
	}
	t := &Talk{ctx: ctx, station: s, port: l.port, stray: stray, patience: s.patience(timeout)}
	return t, f(t)
}

// Probing reports whether the device is taken for dead: what is asked of it only
// has to show that it is back. The turn is held.
func (s *Station) Probing() bool { return s.unanswered >= silentAfter }

// patience is how long this question waits for an answer to begin.
func (s *Station) patience(timeout time.Duration) time.Duration {
	if n := s.unanswered - silentAfter; n < 0 || s.slowest == 0 && n%wholeEvery == wholeEvery-1 {
		return timeout
	}
	return min(timeout, max(2*s.slowest, shortest))
}

// failed notes how a question went. The turn is held.
func (s *Station) failed(err error) {
	var timeout interface{ Timeout() bool }
	switch {
	case HungUp(err):
		s.line.drop()
	case errors.As(err, &timeout) && timeout.Timeout():
		s.silent()
	case err == nil:
		s.Alive()
	}
}

func (s *Station) silent() {
	if s.unanswered++; s.unanswered == 1 {
		s.since = time.Now()
	}
	if s.unanswered < silentAfter {
		return
	}
	pause := longest
	if n := s.unanswered - silentAfter; n < 4 {
		pause = firstPause << n
	}
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	s.retry = time.Now().Add(pause)
}

// Alive notes that the device spoke, asked or not. The turn is held.
func (s *Station) Alive() {
	s.unanswered = 0
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	s.retry = time.Time{}
}

// Talk is the line for the time of one exchange.
type Talk struct {
	ctx      context.Context
	station  *Station
	port     *port
	stray    []byte
	patience time.Duration
	sent     time.Time // when the last frame was on the wire
}

// Stray is what came since the last exchange and nobody asked for.
func (t *Talk) Stray() []byte { return t.stray }

// Send writes a frame and begins to wait: the answer is to begin within the
// device's patience behind the frame's time on the wire.
func (t *Talk) Send(frame []byte) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if err := t.port.send(frame); err != nil {
		return err
	}
	t.sent = time.Now().Add(time.Duration(len(frame)) * t.station.line.address.Mode.Character())
	t.port.heard = t.sent
	return nil
}

// Again waits for silence once more, for a second question in the same turn. It
// gives what came meanwhile.
func (t *Talk) Again() ([]byte, error) {
	return t.port.settle(t.ctx, t.station.line.address.silence())
}

// Deadline is when an answer of n bytes must be complete.
func (t *Talk) Deadline(n int) time.Time {
	return t.sent.Add(t.patience + time.Duration(n)*t.station.line.address.Mode.Character())
}

// Receive gives the next bytes. The error at the deadline has Timeout() true.
func (t *Talk) Receive(deadline time.Time) ([]byte, error) {
	return t.port.receive(t.ctx, deadline)
}

// Answered notes how long the device took to answer. It is what probes are
// measured by; what was long ago weighs less and less.
func (t *Talk) Answered() {
	s := t.station
	s.slowest = max(s.slowest-s.slowest/16, time.Since(t.sent))
}

// Listen gives what comes to hear until the end, which is os.ErrDeadlineExceeded:
// the way of devices that speak by themselves. What hear gives back is given again
// with what comes next, in another Listen too. The line is not given to anybody
// else meanwhile.
func (s *Station) Listen(ctx context.Context, end time.Time, hear func(heard []byte) (rest []byte, err error)) error {
	l := s.line
	if err := l.take(ctx); err != nil {
		return err
	}
	defer l.give()
	if err := l.connect(ctx); err != nil {
		return err
	}
	l.wire.For(ctx)
	for {
		b, err := l.port.receive(ctx, end)
		if err != nil {
			if HungUp(err) {
				l.drop()
			}
			return err
		}
		s.Alive()
		l.wire.End() // a device that speaks by itself is heard piece by piece
		if l.port.begun, err = hear(append(l.port.begun, b...)); err != nil {
			return err
		}
	}
}
