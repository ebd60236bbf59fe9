package loop

import (
	"fmt"
	"math"
	"time"

	"zhigai/plant"
)

// safeAct is what a suspended loop is about to do.
type safeAct struct {
	action Action
	begun  bool
	from   time.Duration // when the ramp began
	retry  time.Duration // least time to the next try
	tried  time.Duration
}

// fail suspends the loop with what it declared for that.
func (r *runner) fail(why string) {
	if err := r.trip(why, r.loop.Safe.Action); err != nil {
		r.d.o.Logger.Error("the mode of a loop is not kept", "loop", r.loop.Series, "err", err)
	}
}

// trip suspends the loop. It takes effect though the store fails: the mode is offered to
// it again.
func (r *runner) trip(why string, action Action) error {
	if r.run.Mode == Suspended {
		return nil
	}
	was := r.run.Mode
	r.run.Mode, r.run.Reason, r.run.Safe = Suspended, why, false
	r.tuning, r.sent, r.refused = nil, nil, 0
	r.act = &safeAct{action: action}
	r.d.o.Logger.Warn("a loop suspended itself", "loop", r.loop.Series, "machine", r.loop.Path, "reason", why)
	r.note(Event{What: WhatMode, Mode: Suspended, Reason: why, PV: &r.last.PV, SP: &r.run.SP, From: r.have, Note: string(was)})
	r.alarm(why)
	r.makeSafe(r.d.o.Passed())
	return r.change()
}

func (r *runner) alarmKey() string { return "loop:" + r.loop.Series }

func (r *runner) alarm(why string) {
	r.unsettled = true
	err := r.d.o.Alarms.Raise(r.d.ctx, r.tenant, Notice{
		Key: r.alarmKey(), Place: r.loop.Machine, At: r.d.now(), Page: "/control/loops?loop=" + r.loop.Series,
		Text: plant.Name{ZH: fmt.Sprintf("控制回路“%s”已自动中止：%s", r.loop.Name.ZH, why), EN: fmt.Sprintf("control loop %q suspended itself: %s", nameOf(r.loop.Name), why)},
	})
	if err != nil {
		r.d.o.Logger.Error("an alarm of a loop is not raised", "loop", r.loop.Series, "err", err)
	}
}

func nameOf(n plant.Name) string {
	if n.EN != "" {
		return n.EN
	}
	return n.ZH
}

// settle ends the alarm: a person took over.
func (r *runner) settle() {
	if !r.unsettled {
		return
	}
	if err := r.d.o.Alarms.Clear(r.d.ctx, r.tenant, r.alarmKey(), r.d.now()); err != nil {
		r.d.o.Logger.Error("the alarm of a loop does not end", "loop", r.loop.Series, "err", err)
		return
	}
	r.unsettled = false
}

// makeSafe goes a step on the way to what was declared, until the machine has it. A
// machine that does not answer is tried again, more and more seldom.
func (r *runner) makeSafe(passed time.Duration) {
	a := r.act
	if a == nil || r.pending != nil || r.wrote && passed-r.written < minInterval || a.begun && passed-a.tried < max(a.retry, r.pause()) {
		return
	}
	if !a.begun {
		a.begun, a.from = true, passed
	}
	since := passed - a.tried
	switch a.action {
	case Hold:
		r.safeDone("the output stays as it is")
	case HandBack:
		a.tried = passed
		r.give(Order{
			Machine: r.loop.Machine, Signal: r.loop.Safe.Signal, Value: r.loop.Safe.Value, Loop: r.loop.Series, Expires: readPatience,
			Note: r.loop.Name.ZH + ": " + r.run.Reason,
		}, true)
	case Ramp:
		if r.have == nil {
			return
		}
		if r.same(*r.have, r.loop.Safe.Value) {
			r.safeDone(fmt.Sprintf("the output is at %v", r.loop.Safe.Value))
			return
		}
		if a.tried == 0 {
			since = r.loop.interval()
		}
		a.tried = passed
		r.order(r.toSafe(*r.have, since), r.run.SP, r.last, passed, true)
	}
}

// pause is the time between two steps of the safe action.
func (r *runner) pause() time.Duration { return max(minInterval, r.loop.interval()) }

// toSafe is the next value on the ramp to the safe one.
func (r *runner) toSafe(have float64, since time.Duration) float64 {
	to := r.loop.Safe.Value
	step := math.Inf(1)
	if r.loop.Safe.Rate > 0 {
		step = r.loop.Safe.Rate * min(since, r.pause()).Seconds()
	}
	if most := r.output.MaxStep; most > 0 {
		step = min(step, most)
	}
	if most := r.output.MaxRate; most > 0 {
		step = min(step, most/60*r.pause().Seconds())
	}
	if math.Abs(to-have) <= step {
		return to
	}
	v := rounded(have+math.Copysign(step, to-have), r.loop.Resolution)
	if r.same(v, have) { // a step finer than the machine takes
		v = have + math.Copysign(max(step, r.loop.Resolution), to-have)
	}
	return v
}

// safeConfirmed takes a step of the safe action that the machine has.
func (r *runner) safeConfirmed(p *pending) {
	if r.act == nil {
		return
	}
	r.act.retry = 0
	switch {
	case r.act.action == HandBack:
		r.safeDone(fmt.Sprintf("the machine took over: %s is %v", r.loop.Safe.Signal, p.value))
	case r.same(p.value, r.loop.Safe.Value):
		r.safeDone(fmt.Sprintf("the output is at %v", p.value))
	}
}

func (r *runner) safeDone(what string) {
	r.act, r.run.Safe = nil, true
	r.note(Event{What: WhatSafe, Reason: what, From: r.have})
	if err := r.change(); err != nil {
		r.d.o.Logger.Error("the mode of a loop is not kept", "loop", r.loop.Series, "err", err)
	}
}
