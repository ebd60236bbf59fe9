package handshake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	calc "zhigai/calc/handshake"
	"zhigai/plant"
)

// pending is a command that has no end yet.
type pending struct {
	id   string
	step int // that it tells of; of no meaning when it takes back
	back bool
	done chan Command
}

// undo is a set point that is to be put back to what it is at idle.
type undo struct {
	place
	idle float64
}

// outcome is where the end of the command under way comes from; nil without one.
func (r *runner) outcome() chan Command {
	if r.pending == nil {
		return nil
	}
	return r.pending.done
}

// keyOf is the same for the same step of the same hand-over: what was ordered before a
// restart is not ordered again.
func (r *runner) keyOf(step int) string { return fmt.Sprintf("%s/%d", r.handover.ID, step) }

// tell tells the other machine of a step. That the first one was seen is kept before: what
// begins here is taken back by whoever finds it. Later ones are kept beside their order,
// which says the same and has the step as its key: should the node end between the two, the
// next start orders it again and is given the first one's end.
func (r *runner) tell(step int) {
	s := r.h.Steps[step]
	if r.unkept {
		r.untold("nothing was sent: the step could not be kept", false)
		return
	}
	o := Order{
		Machine: r.h.side(s.Party.Other()).Machine, Signal: s.Tell.Signal, Value: s.Tell.Value, Key: r.keyOf(step), Expires: lifeOfTell,
		Note: fmt.Sprintf("%s r%d: %s", r.h.Name.ZH, r.h.Revision, s.Name),
	}
	if step == 0 {
		r.give(o, step, false)
		return
	}
	var id string
	var refused error
	_ = r.keepBeside(func() { id, refused = r.order(o) }) // it is offered again
	r.follow()
	r.given(id, refused, step, false)
}

// untold takes that the other side could not be told.
func (r *runner) untold(why string, doubtful bool) {
	r.apply(r.fold.Told(false, doubtful, r.at()), why)
}

func (r *runner) order(o Order) (id string, err error) {
	ctx, cancel := context.WithTimeout(r.d.ctx, askPatience)
	defer cancel()
	o.Handshake = r.h.Series
	return r.d.o.Commands.Order(ctx, r.by(), o)
}

// give orders a command and lets its end come in by itself.
func (r *runner) give(o Order, step int, back bool) {
	id, err := r.order(o)
	r.given(id, err, step, back)
}

func (r *runner) given(id string, err error, step int, back bool) {
	if err != nil {
		r.finished(Command{State: "refused", Why: err.Error()}, &pending{step: step, back: back})
		return
	}
	p := &pending{id: id, step: step, back: back, done: make(chan Command, 1)}
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
	if r.d.ctx.Err() != nil {
		return // the next start finds out
	}
	r.finished(c, p)
}

func (r *runner) finished(c Command, p *pending) {
	if p.back {
		r.tookBack(c)
		return
	}
	r.told = r.d.o.Passed()
	if t := r.toldOf(p.step); t != nil {
		t.Command, t.State, t.Why, t.At, t.TookMs = p.id, c.State, c.Why, cmp.Or(plant.Instant(c.At), r.d.now()), msOf(r.told-r.seen)
	}
	if !c.Confirmed {
		r.untold(c.State+": "+c.Why, c.Lost)
		return
	}
	_ = r.keep()
	r.apply(r.fold.Told(true, false, r.at()))
}

// toldOf is the telling of a step of the hand-over at hand.
func (r *runner) toldOf(step int) *Told {
	if r.handover == nil || step >= len(r.handover.Steps) {
		return nil
	}
	return r.handover.Steps[step].Told
}

// reset begins to take back what was told in the hand-over at hand, the last first.
func (r *runner) reset() {
	r.undo, r.undoAt, r.retry = nil, 0, firstRetry
	if r.handover == nil {
		return
	}
	for i := len(r.handover.Steps) - 1; i >= 0; i-- {
		t := r.handover.Steps[i].Told
		if t == nil {
			continue
		}
		at := place{t.Machine, t.Signal}
		if !slices.ContainsFunc(r.undo, func(u undo) bool { return u.place == at }) {
			r.undo = append(r.undo, undo{place: at, idle: t.Idle})
		}
	}
	r.takeBack(r.d.o.Passed())
}

// takeBack goes a step on the way back to idle, until the machines have it. One that does
// not take it is tried again, more and more seldom.
func (r *runner) takeBack(passed time.Duration) {
	if phase, _, _ := r.fold.Phase(); phase != calc.Clearing || r.pending != nil || r.handover == nil || passed < r.undoAt {
		return
	}
	if len(r.undo) == 0 {
		r.apply(r.fold.Undone(true, r.at()))
		return
	}
	u := r.undo[0]
	r.backs++
	r.give(Order{
		Machine: u.machine, Signal: u.signal, Value: u.idle, Key: fmt.Sprintf("%s/back/%d/%d", r.handover.ID, r.handover.Resumed, r.backs), Expires: lifeOfTell,
		Note: fmt.Sprintf("%s r%d: back to idle", r.h.Name.ZH, r.h.Revision),
	}, 0, true)
}

// tookBack takes the end of a command that puts a set point back.
func (r *runner) tookBack(c Command) {
	passed := r.d.o.Passed()
	switch {
	case c.Confirmed:
		r.undo, r.undoAt, r.retry = r.undo[1:], 0, firstRetry
		r.takeBack(passed)
	case c.Lost:
		at := r.undo[0]
		r.undo = nil
		r.handover.Held = true
		if r.handover.Reason == "" {
			r.handover.Reason = fmt.Sprintf("%s could not be set back to %v: %s: %s", at.signal, at.idle, c.State, c.Why)
		}
		_ = r.keep()
		r.apply(r.fold.Undone(false, r.at()))
		r.suspend(textf("信号“%s”未能恢复到空闲值，请到现场查看", "%s could not be set back to idle: look at the machines", at.signal))
	default:
		r.undoAt = passed + r.retry
		r.retry = min(longestRetry, 2*r.retry)
	}
}
