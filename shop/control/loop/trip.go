package loop

import (
	"fmt"
	"time"

	calc "zhigai/calc/control"
	"zhigai/plant"
)

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
	r.way = &calc.Way{Safe: r.loop.Safe}
	r.way.Safe.Action = action
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

// makeSafe goes a step on the way to what was declared, until the machine has it.
func (r *runner) makeSafe(passed time.Duration) {
	if r.way == nil || r.pending != nil || r.wrote && passed-r.written < minInterval {
		return
	}
	step, ok := r.way.Next(passed, r.have, r.strides())
	switch {
	case !ok:
	case step.Done && r.way.Safe.Action == Hold:
		r.safeDone("the output stays as it is")
	case step.Done:
		r.safeDone(fmt.Sprintf("the output is at %v", r.loop.Safe.Value))
	case step.Signal != "":
		r.give(Order{
			Machine: r.loop.Machine, Signal: step.Signal, Value: step.Value, Loop: r.loop.Series, Expires: readPatience,
			Note: r.loop.Name.ZH + ": " + r.run.Reason,
		}, true)
	default:
		r.order(step.Value, r.run.SP, r.last, passed, true)
	}
}

// strides are how the output may be moved.
func (r *runner) strides() calc.Strides {
	return calc.Strides{
		MaxStep: r.output.MaxStep, MaxRate: r.output.MaxRate, Tolerance: r.output.Tolerance, Resolution: r.loop.Resolution,
		Pause: max(minInterval, r.loop.interval()),
	}
}

// safeConfirmed takes a step of the safe action that the machine has.
func (r *runner) safeConfirmed(p *pending) {
	switch {
	case r.way == nil || !r.way.Confirmed(p.value, r.strides()):
	case r.way.Safe.Action == HandBack:
		r.safeDone(fmt.Sprintf("the machine took over: %s is %v", r.loop.Safe.Signal, p.value))
	default:
		r.safeDone(fmt.Sprintf("the output is at %v", p.value))
	}
}

func (r *runner) safeDone(what string) {
	r.way, r.run.Safe = nil, true
	r.note(Event{What: WhatSafe, Reason: what, From: r.have})
	if err := r.change(); err != nil {
		r.d.o.Logger.Error("the mode of a loop is not kept", "loop", r.loop.Series, "err", err)
	}
}
