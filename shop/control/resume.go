package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// reader is the name of the cursor behind which no command is open.
const reader = "control"

// maxOpen bounds what is read of commands that a node left behind; a node that
// has more has been without a cursor for years.
const maxOpen = 1_000_000

// Resume reads what was recorded before the node ended. A command that was sent
// and has no end gets one: unknown, because the value may have come through.
// Nothing is ever sent here.
func (d *Desk) Resume(ctx context.Context) error {
	after, err := d.o.Journal.Cursor(ctx, d.o.Tenant, reader)
	if err != nil {
		return err
	}
	requests, steps, err := d.since(ctx, after)
	if err != nil {
		return err
	}
	commands, err := fold(requests, steps)
	if err != nil {
		return err
	}
	now := d.now()
	for _, c := range commands {
		if c.Command.Node != d.o.Node {
			continue
		}
		if !c.Final() {
			if err := d.lay(ctx, c); err != nil {
				return err
			}
		}
		d.recall(c, now)
	}
	return d.advance(ctx, commands, after, now)
}

// since reads the journal behind a place, commands alone.
func (d *Desk) since(ctx context.Context, after uint64) (requests, steps []fact.Event, err error) {
	f := fact.Filter{Kinds: []fact.Kind{fact.KindCommand, fact.KindStep}, AfterSeq: after}
	for len(requests)+len(steps) < maxOpen {
		page, err := d.o.Journal.Events(ctx, d.o.Tenant, f)
		if err != nil {
			return nil, nil, err
		}
		for _, e := range page {
			f.AfterSeq = e.Seq
			if e.Kind == fact.KindCommand {
				requests = append(requests, e)
			} else {
				steps = append(steps, e)
			}
		}
		if len(page) < fact.MaxEvents {
			return requests, steps, nil
		}
	}
	return requests, steps, nil
}

// lay gives an end to a command that was under way when the node ended.
func (d *Desk) lay(ctx context.Context, c *Command) error {
	s := Step{At: d.now(), CommandStep: fact.CommandStep{State: fact.CommandFailed, Detail: "nothing was sent: the node ended before"}}
	switch {
	case c.State == fact.CommandAwaiting:
		s.Detail = "nothing was sent: the node ended before it was approved; ask again"
	case c.step(fact.CommandSent) != nil:
		s.CommandStep = fact.CommandStep{State: fact.CommandUnknown, Detail: "look at the machine: the node ended while the value went out, and it may have come through"}
	}
	d.o.Logger.Warn("a command was under way when the node ended", "command", c.ID, "signal", c.Signal, "state", s.State)
	object := string(c.Node) + "/" + c.Signal
	if err := errors.Join(d.keep(ctx, access.Node(d.o.Tenant), object, "command."+s.State, nil, s.CommandStep, c.event(s))); err != nil {
		return fmt.Errorf("end of command %s: %w", c.ID, err)
	}
	c.add(s)
	return nil
}

// recall remembers of a command what later ones are judged by.
func (d *Desk) recall(c *Command, now plant.Micros) {
	if sent, checked := c.step(fact.CommandSent), c.step(fact.CommandChecked); sent != nil && checked != nil && now-sent.At < plant.Micros(rateWindow.Microseconds()) {
		d.move(c, checked.From, sent.At)
	}
	if c.Key == "" || now-c.Requested >= plant.Micros(keepKeys.Microseconds()) {
		return
	}
	k := &known{command: c, kept: make(chan struct{})}
	close(k.kept)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.keys[requestKey{c.User, c.Key}] = k
}

// advance moves the cursor behind what needs not be read again: the next start
// is to be quick after years too.
func (d *Desk) advance(ctx context.Context, commands []*Command, after uint64, now plant.Micros) error {
	old := now - plant.Micros((keepKeys + time.Hour).Microseconds())
	to := after
	for _, c := range commands {
		if c.Requested >= old {
			break
		}
		to = c.seq
	}
	if to == after {
		return nil
	}
	return d.o.Journal.SaveCursor(ctx, d.o.Tenant, reader, to)
}
