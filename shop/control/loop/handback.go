package loop

import (
	"context"
	"fmt"
	"math"

	"zhigai/access"
)

// maxBackSteps bounds the commands by which an output goes back where it was: each is
// as large as the machine takes one.
const maxBackSteps = 40

// Back is a wish to give a machine back what a loop held.
type Back struct {
	Note string `json:"note,omitempty" maxLength:"1000"`
	Rev  int64  `json:"rev" doc:"Of the run that was seen"`
}

// HandBack ends what a loop does and leaves the machine as it was before: the signal by
// which the machine takes over is set where the loop declares one, and else the output
// goes back to where it was when the loop first took it. The commands are the person's.
// Where one of them fails, the loop stays in manual and the error says why.
func (d *Desk) HandBack(ctx context.Context, who access.Principal, series string, b Back) (View, error) {
	v, err := d.view(ctx, who, series, access.Control)
	switch {
	case err != nil:
		return View{}, err
	case d.runner(who.Scope.Tenant, series) == nil:
		return View{}, invalid("the loop is off; it holds nothing that could be handed back")
	}
	if _, err = d.SetMode(ctx, who, series, Asked{Mode: Manual, Note: b.Note, Rev: b.Rev}); err != nil {
		return View{}, err
	}
	if err := d.back(ctx, who, series, b.Note); err != nil {
		return View{}, fmt.Errorf("%w; the loop is in manual, look at the machine", err)
	}
	if v, err = d.View(ctx, who, series); err != nil {
		return View{}, err
	}
	return d.SetMode(ctx, who, series, Asked{Mode: Off, Note: b.Note, Rev: v.Run.Rev})
}

// back gives commands until the machine is as it was before.
func (d *Desk) back(ctx context.Context, who access.Principal, series, note string) error {
	for range maxBackSteps {
		s, err := d.backStep(ctx, who, series, note)
		switch {
		case err != nil:
			return err
		case s.pending != "": // the loop's own last command
			if _, err := d.o.Commands.Wait(ctx, who.Scope.Tenant, s.pending); err != nil {
				return err
			}
			continue
		case !s.need:
			return nil
		}
		if err := d.giveBack(ctx, who, s.order); err != nil || s.last {
			return err
		}
	}
	return conflict("the output did not come back within %d commands", maxBackSteps)
}

// backStep is what is to be done next on the way back.
type backStep struct {
	pending string // a command whose end is waited for first
	order   Order
	need    bool // false: nothing is left
	last    bool // nothing is left after it
}

func (d *Desk) backStep(ctx context.Context, who access.Principal, series, note string) (s backStep, err error) {
	r := d.runner(who.Scope.Tenant, series)
	if r == nil {
		return s, conflict("the loop was switched off meanwhile")
	}
	err = r.do(ctx, func() error {
		if s.pending = r.pendingID(); s.pending != "" {
			return nil
		}
		s.order = Order{Machine: r.loop.Machine, Loop: series, Expires: readPatience, Note: note}
		if s.order.Note == "" {
			s.order.Note = r.loop.Name.ZH
		}
		if r.loop.Safe.Action == HandBack {
			s.order.Signal, s.order.Value, s.need, s.last = r.loop.Safe.Signal, r.loop.Safe.Value, true, true
			return nil
		}
		r.scan() // where the output is now
		before := r.run.Before
		switch {
		case before == nil: // it never moved anything
			return nil
		case r.have == nil:
			return invalid("the output cannot be read: %s", r.now.Wrong)
		case r.same(*r.have, *before):
			return nil
		}
		s.order.Signal, s.order.Value, s.order.Seen, s.need = r.loop.Output, *before, r.have, true
		if most := r.output.MaxStep; most > 0 && math.Abs(*before-*r.have) > most {
			s.order.Value = *r.have + math.Copysign(most, *before-*r.have)
		}
		r.note(Event{What: WhatHand, By: who.Name, Value: &s.order.Value, From: r.have, Note: note})
		return nil
	})
	return s, err
}

// giveBack orders a command and waits for its end.
func (d *Desk) giveBack(ctx context.Context, who access.Principal, o Order) error {
	id, err := d.o.Commands.Order(ctx, who, o)
	if err != nil {
		return err
	}
	c, err := d.o.Commands.Wait(ctx, who.Scope.Tenant, id)
	if err == nil && !c.Confirmed {
		err = conflict("command %s ended as %s: %s", id, c.State, c.Why)
	}
	return err
}
