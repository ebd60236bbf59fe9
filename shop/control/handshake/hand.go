package handshake

import (
	"fmt"

	calc "zhigai/calc/handshake"
	"zhigai/plant"
)

func textf(zh, en string, args ...any) plant.Name {
	return plant.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

func nameOf(n plant.Name) string {
	if n.EN != "" {
		return n.EN
	}
	return n.ZH
}

// suspend lets no hand-over begin until a person looked. It takes effect though the store
// fails.
func (r *runner) suspend(why plant.Name) {
	if r.run.Mode == Suspended {
		return
	}
	r.run.Mode, r.run.Reason, r.run.At = Suspended, why.EN, r.d.now()
	r.fold.Pause(true, r.at())
	r.d.o.Logger.Warn("a handshake suspended itself", "handshake", r.h.Series, "machine", r.h.Giver.Path, "reason", why.EN)
	r.alarm(why)
	if err := r.keepRun(); err != nil {
		r.d.o.Logger.Error("the mode of a handshake is not kept", "handshake", r.h.Series, "err", err)
	}
}

func (r *runner) alarmKey() string { return "handshake:" + r.h.Series }

func (r *runner) alarm(why plant.Name) {
	r.raised = true
	err := r.d.o.Alarms.Raise(r.d.ctx, r.tenant, Notice{
		Key: r.alarmKey(), Place: r.h.Giver.Machine, At: r.d.now(), Page: "/control/handshakes?handshake=" + r.h.Series,
		Text: plant.Name{ZH: fmt.Sprintf("设备交接“%s”：%s", r.h.Name.ZH, why.ZH), EN: fmt.Sprintf("handshake %q: %s", nameOf(r.h.Name), why.EN)},
	})
	if err != nil {
		r.d.o.Logger.Error("an alarm of a handshake is not raised", "handshake", r.h.Series, "err", err)
	}
}

// settle ends the alarm.
func (r *runner) settle() {
	if !r.raised || r.run.Mode == Suspended {
		return
	}
	if err := r.d.o.Alarms.Clear(r.d.ctx, r.tenant, r.alarmKey(), r.d.now()); err != nil {
		r.d.o.Logger.Error("the alarm of a handshake does not end", "handshake", r.h.Series, "err", err)
		return
	}
	r.raised = false
}

// switched does what a person asked for.
func (r *runner) switched(a Asked, by string) error {
	if a.Rev != r.run.Rev {
		return conflict("the handshake has revision %d, not %d", r.run.Rev, a.Rev)
	}
	phase, _, _ := r.fold.Phase()
	switch {
	case a.Mode == r.run.Mode:
		return nil
	case a.Mode == Off && (phase == calc.Waiting || phase == calc.Telling):
		return invalid("a hand-over is under way: wait for its end, or give it up first")
	}
	before := r.run
	r.run.Mode, r.run.By, r.run.Note, r.run.Reason, r.run.At = a.Mode, by, a.Note, "", r.d.now()
	if err := r.keepRun(); err != nil {
		r.run = before
		return err
	}
	r.settle()
	if a.Mode == Off {
		return nil
	}
	r.failed = 0
	if effects, held := r.fold.LetGo(r.at()); held {
		if r.handover != nil {
			r.handover.Held = false
		}
		r.apply(effects)
	}
	r.apply(r.fold.Pause(false, r.at()))
	return nil
}

// giveUp ends the hand-over under way for a person.
func (r *runner) giveUp(g GiveUp, by string) error {
	if r.handover == nil || r.handover.ID != g.Handover {
		return conflict("hand-over %s is not under way any more", g.Handover)
	}
	effects, under := r.fold.GiveUp(calc.ByAPerson, r.at())
	if !under {
		return conflict("hand-over %s is over already", g.Handover)
	}
	r.handover.By = by
	r.apply(effects, g.Note)
	return nil
}
