package loop

import (
	"context"
	"fmt"
	"math"
	"time"

	calc "zhigai/calc/control"
)

// pending is a command of the loop that has no end yet.
type pending struct {
	id    string
	value float64
	safe  bool // it belongs to what the loop does when it cannot go on
	done  chan Command
}

// outcome is where the end of the command under way comes from; nil without one.
func (r *runner) outcome() chan Command {
	if r.pending == nil {
		return nil
	}
	return r.pending.done
}

// write gives the output to the machine, when it moved enough and it is time.
func (r *runner) write(u, sp float64, in seen, passed time.Duration) {
	if r.pending != nil || r.wrote && passed-r.written < r.loop.interval() {
		return
	}
	have := *r.have
	v := calc.Rounded(u, r.loop.Resolution)
	if most := r.output.MaxStep; most > 0 && math.Abs(v-have) > most {
		v = calc.Rounded(have+math.Copysign(most, v-have), r.loop.Resolution)
		if math.Abs(v-have) > most*(1+1e-9) { // rounded up
			v -= math.Copysign(r.loop.Resolution, v-have)
		}
		r.m = r.block.follow(r.m, in, v)
	}
	if math.Abs(v-have) <= r.loop.Deadband || r.same(v, have) {
		return
	}
	r.order(v, sp, in, passed, false)
}

// same says whether the machine would read a value back as another.
func (r *runner) same(a, b float64) bool { return r.strides().Same(a, b) }

// order gives a command, with what it rests on as a fact beside it.
func (r *runner) order(v, sp float64, in seen, passed time.Duration, safe bool) {
	r.written, r.wrote = passed, true
	o := Order{Machine: r.loop.Machine, Signal: r.loop.Output, Value: v, Seen: r.have, Loop: r.loop.Series, Expires: max(r.loop.period(), minInterval)}
	o.Note = fmt.Sprintf("%s r%d: SP %.6g, PV %.6g", r.loop.Name.ZH, r.loop.Revision, sp, in.PV)
	r.give(o, safe)
	e := Event{What: WhatWrite, Command: r.pendingID(), Value: &v, SP: &sp, PV: &in.PV, From: r.have}
	if r.loop.Inner != nil {
		e.Inner = &in.Inner
	}
	if r.loop.Disturbance != nil {
		e.Disturbance = &in.Disturbance
	}
	if e.Command != "" {
		r.note(e)
	}
}

func (r *runner) pendingID() string {
	if r.pending == nil {
		return ""
	}
	return r.pending.id
}

// give orders a command and lets its end come in by itself.
func (r *runner) give(o Order, safe bool) {
	ctx, cancel := context.WithTimeout(r.d.ctx, readPatience)
	defer cancel()
	id, err := r.d.o.Commands.Order(ctx, r.by(), o)
	if err != nil {
		r.denied(err.Error(), safe)
		return
	}
	p := &pending{id: id, value: o.Value, safe: safe, done: make(chan Command, 1)}
	r.pending = p
	r.d.work.Go(func() {
		wait, cancel := context.WithTimeout(r.d.ctx, waitCommand)
		defer cancel()
		c, err := r.d.o.Commands.Wait(wait, r.tenant, id)
		if err != nil || !c.Final {
			c = Command{State: "unknown", Lost: true, Why: "nobody knows how the command ended"}
			if err != nil {
				c.Why += ": " + err.Error()
			}
		}
		p.done <- c
	})
}

// ended takes the end of the command under way.
func (r *runner) ended(c Command) {
	p := r.pending
	r.pending = nil
	if c.Confirmed {
		r.refused = 0
		r.sent = &p.value
		if p.safe {
			r.safeConfirmed(p)
		}
		return
	}
	r.note(Event{What: WhatRefused, Command: p.id, Value: &p.value, Reason: c.State + ": " + c.Why})
	if c.Lost && !p.safe && r.acts() {
		r.fail("the machine does not have what was written: " + c.State + ": " + c.Why)
		return
	}
	r.denied(c.State+": "+c.Why, p.safe)
}

func (r *runner) acts() bool { return r.run.Mode == Auto || r.run.Mode == Tuning }

// denied counts writes that were refused.
func (r *runner) denied(why string, safe bool) {
	if safe {
		if r.way != nil {
			r.way.Refused()
		}
		return
	}
	if r.refused++; r.refused >= refusedInARow && r.acts() {
		r.fail(fmt.Sprintf("%d writes in a row were refused, the last: %s", r.refused, why))
	}
}

// elsewhere suspends the loop when somebody else moved its output: what a person or the
// machine set is not overwritten.
func (r *runner) elsewhere() bool {
	if r.pending != nil || r.sent == nil || r.same(*r.sent, *r.have) || math.Abs(*r.sent-*r.have) <= r.loop.Resolution {
		return false
	}
	why := fmt.Sprintf("somebody else set the output: it is %v, and the loop left it at %v", *r.have, *r.sent)
	if err := r.trip(why, Hold); err != nil {
		r.d.o.Logger.Error("the mode of a loop is not kept", "loop", r.loop.Series, "err", err)
	}
	return true
}
