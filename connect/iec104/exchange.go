package iec104

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/connect"
	"zhigai/connect/iec104/asdu"
	"zhigai/plant"
)

const (
	wholeStation  = 20 // qualifier of interrogation (101, clause 7.2.6.22)
	wholeCounters = 5  // qualifier of counter interrogation: request, general (clause 7.2.6.23)
	// interrogationTime is what a station may take to tell everything where the
	// caller sets no time of his own.
	interrogationTime = 30 * time.Second
)

// exchange sends one question and waits for the cause that ends it. One at a
// time on a connection. When an answer stays away the connection is given up: a
// late one must not be taken for that of the next question.
func (s *session) exchange(ctx context.Context, a *asdu.ASDU, until asdu.Cause, element []byte) error {
	if err := ctx.Err(); err != nil {
		return err // select would toss a coin
	}
	select {
	case s.asks <- struct{}{}:
	case <-s.ending:
		return s.err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", connect.ErrBusy, ctx.Err())
	}
	defer func() { <-s.asks }()
	q := &question{kind: a.Type, common: a.Common, object: a.Objects[0].Address, element: element, answers: make(chan answer, answersKept)}
	s.book.wait(q)
	defer s.book.wait(nil)
	if err := s.send(ctx, a); err != nil {
		return err
	}
	for {
		select {
		case got := <-q.answers:
			if done, err := got.judge(until); done || err != nil {
				return err
			}
		case <-s.ending:
			return s.err
		case <-ctx.Done():
			s.stop(fmt.Errorf("no answer to type %d: %w", a.Type, ctx.Err()))
			return ctx.Err()
		}
	}
}

func (b *book) wait(q *question) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = q
}

// judge says whether an answer is the one waited for, or a refusal.
func (a answer) judge(until asdu.Cause) (done bool, err error) {
	switch {
	case a.cause >= asdu.UnknownType && a.cause <= asdu.UnknownObject:
		return true, fmt.Errorf("%w: the station answers %s", connect.ErrUnconfigured, a.cause)
	case a.negative:
		return true, fmt.Errorf("%w: the station answers %s, negative", connect.ErrRefused, a.cause)
	}
	return a.cause == until, nil
}

func activation(s *settings, t asdu.Type, object uint32, element []byte) *asdu.ASDU {
	return &asdu.ASDU{
		Type: t, Cause: asdu.Activation, Originator: s.originator, Common: s.common, Objects: []asdu.Object{{Address: object, Element: element}},
	}
}

// interrogate lets the station tell everything.
func (s *session) interrogate(ctx context.Context, of *settings) error {
	return s.demand(ctx, of, asdu.Interrogation, wholeStation)
}

// count lets the station tell its totals.
func (s *session) count(ctx context.Context, of *settings) error {
	return s.demand(ctx, of, asdu.Counters, wholeCounters)
}

func (s *session) demand(ctx context.Context, of *settings, t asdu.Type, qualifier byte) error {
	ctx, cancel := context.WithTimeout(ctx, interrogationTime)
	defer cancel()
	e := []byte{qualifier}
	if err := s.exchange(ctx, activation(of, t, 0, e), asdu.Termination, e); err != nil {
		return fmt.Errorf("interrogation of station %d: %w", of.common, err)
	}
	return nil
}

// setClock gives the station our time in its zone.
func (s *session) setClock(ctx context.Context, of *settings) error {
	e := asdu.AppendTime(nil, time.Now().In(of.zone), false)
	// The confirmation carries the station's own time.
	if err := s.exchange(ctx, activation(of, asdu.ClockSync, 0, e), asdu.ActivationCon, nil); err != nil {
		return fmt.Errorf("clock of station %d: %w", of.common, err)
	}
	return nil
}

// Write implements [connect.Writer]: a command, after a selection where the
// device wants one.
func (c *conn) Write(ctx context.Context, p connect.Point, value any) error {
	a, err := parse(p.Address, p.Kind)
	if err != nil {
		return fmt.Errorf("%w: %w", connect.ErrNotWritten, err)
	}
	if a.CommandType == 0 {
		a.CommandType = c.kindSeen(&a)
	}
	selection, e, err := command(&a, value)
	if err != nil {
		return fmt.Errorf("%w: iec 104 address %q: %w", connect.ErrNotWritten, p.Address, err)
	}
	if c.settings.selects && a.CommandType != asdu.SetBitString { // a bit string knows no selection
		if err := c.session.exchange(ctx, activation(&c.settings, a.CommandType, a.Command, selection), asdu.ActivationCon, selection); err != nil {
			return fmt.Errorf("%w: iec 104 %s: selection of object %d: %w", connect.ErrNotWritten, c.settings.address, a.Command, err)
		}
	}
	if err := c.session.exchange(ctx, activation(&c.settings, a.CommandType, a.Command, e), asdu.ActivationCon, e); err != nil {
		return fmt.Errorf("iec 104 %s: command to object %d: %w", c.settings.address, a.Command, err)
	}
	return nil
}

// CheckWrite implements [connect.WriteChecker]. Which command an object takes
// is known of the station only, unless the address says it.
func (*Driver) CheckWrite(address string, kind plant.TagKind, value any) error {
	a, err := parse(address, kind)
	if err == nil && value != nil && a.CommandType != 0 {
		_, _, err = command(&a, value)
	}
	return err
}

// command is the element that selects and the one that executes.
func command(a *asdu.Address, value any) (selection, execution []byte, err error) {
	if a.CommandType == 0 {
		return nil, nil, errors.New("which command? write its type, for example IOA 1001 (TI 1) command IOA 6001 (TI 45)")
	}
	var c asdu.Command
	switch v := value.(type) {
	case float64:
		c.Number = v
	case bool:
		if v {
			c.Number = 1
		}
		if a.CommandType == asdu.DoubleCommand || a.CommandType == asdu.StepCommand {
			c.Number++ // 1 off, 2 on
		}
	default:
		return nil, nil, fmt.Errorf("a number or true or false is wanted, not %T", value)
	}
	if execution, err = asdu.CommandElement(a.CommandType, c); err != nil {
		return nil, nil, err
	}
	c.Select = true
	selection, err = asdu.CommandElement(a.CommandType, c)
	return selection, execution, err
}

// kindSeen is the command that fits what the station sent of the object.
func (c *conn) kindSeen(a *asdu.Address) asdu.Type {
	e, ok := c.session.book.look(c.settings.common, a.Object)
	if !ok {
		return 0
	}
	seen, err := asdu.ParseAddress(fmt.Sprintf("IOA %d (TI %d)", a.Object, e.kind))
	if err != nil {
		return 0
	}
	return seen.CommandType
}
