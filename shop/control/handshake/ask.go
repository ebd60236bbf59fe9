package handshake

import (
	"context"
	"fmt"
	"time"

	calc "zhigai/calc/handshake"
	"zhigai/plant"
)

// question is what is asked of machines at once: signals by machine.
type question map[plant.NodeID][]string

// answers are what they said, by set point; of machines that could not be asked there is
// none.
type answers map[place]Value

// put asks beside what comes in meanwhile, one question at a time and not too often.
func (r *runner) put(passed time.Duration, q question, then func(answers)) {
	if r.asking || r.askAt != 0 && passed-r.askAt < askEvery || len(q) == 0 {
		return
	}
	r.asking, r.askAt = true, passed
	r.d.work.Go(func() {
		ctx, cancel := context.WithTimeout(r.d.ctx, askPatience)
		defer cancel()
		out := answers{}
		for machine, signals := range q {
			values, err := r.d.o.Live.Values(ctx, r.tenant, machine, signals)
			if err != nil {
				continue // a device that is lost is asked again
			}
			for i, v := range values {
				out[place{machine, signals[i]}] = v
			}
		}
		r.asked <- func() { then(out) }
	})
}

func (r *runner) placeOf(in int) place {
	return place{r.h.side(r.inputs[in].party).Machine, r.inputs[in].signal}
}

// ask asks for the signals that are not known.
func (r *runner) ask(passed time.Duration) {
	if r.left != nil {
		r.askStanding(passed)
		return
	}
	q := question{}
	for i := range r.inputs {
		if _, known := r.fold.Value(i); !known {
			at := r.placeOf(i)
			q[at.machine] = append(q[at.machine], at.signal)
		}
	}
	r.put(passed, q, func(got answers) {
		for i := range r.inputs {
			v, there := got[r.placeOf(i)]
			if _, known := r.fold.Value(i); known || !there || !v.Good { // meanwhile it may have been heard
				continue
			}
			r.said[i] = v.At
			r.apply(r.fold.Take(i, v.Number, r.at()))
		}
	})
}

// leftover is a hand-over that a restart cut, by what its machines were told before.
type leftover struct {
	step    int
	telling bool
	told    map[place]float64 // what each set point was to have
}

// resume goes on with the hand-over that the node left behind.
func (r *runner) resume(h *Handover) {
	if h != nil {
		r.handover, r.kept = h, h.Rev
		r.seen, r.told = r.passed, r.passed
		r.handover.Resumed++
		if h.End == "" {
			r.resumeUnderWay(h)
		} else {
			held := h.Held && r.run.Mode != On // on lets go of what is held
			r.apply(r.fold.ResumeEnded(held, r.at()))
		}
	}
	r.ask(r.passed)
	r.show()
}

func (r *runner) resumeUnderWay(h *Handover) {
	l := leftover{step: len(h.Steps), told: map[place]float64{}}
	for i, s := range h.Steps {
		if s.Told == nil {
			continue
		}
		if s.Told.State == "" { // of the last one
			l.step, l.telling = i, true
			continue
		}
		l.told[place{s.Told.Machine, s.Told.Signal}] = s.Told.Value
	}
	if l.step == len(r.h.Steps) { // it had come to its end, which was not kept
		r.fold.Resume(l.step-1, true, r.at())
		r.apply(r.fold.Told(true, false, r.at()))
		return
	}
	r.fold.Resume(l.step, l.telling, r.at())
	r.left = &l
	_ = r.keep()
	r.lose(calc.Restart, "the node began anew within the hand-over")
}

// askStanding asks what machines have of what they were told, and goes on when that is what
// it was to be. A step that was being told is not told twice: its order has the key of the
// first one, which gives that one's end.
func (r *runner) askStanding(passed time.Duration) {
	l := r.left
	if phase, _, _ := r.fold.Phase(); phase != calc.Waiting && phase != calc.Telling {
		r.left = nil
		return
	}
	q := question{}
	add := func(p place) { q[p.machine] = append(q[p.machine], p.signal) }
	for p := range l.told {
		add(p)
	}
	var telling *Told
	if l.telling {
		telling = r.toldOf(l.step)
		if at := (place{telling.Machine, telling.Signal}); !has(l.told, at) {
			add(at)
		}
	}
	if len(q) == 0 {
		r.left = nil
		return
	}
	r.put(passed, q, func(got answers) {
		for p, v := range got {
			if !v.Good {
				delete(got, p)
			}
		}
		r.standing(l, telling, got)
	})
}

func has(m map[place]float64, p place) bool {
	_, ok := m[p]
	return ok
}

// standing decides by what machines have.
func (r *runner) standing(l *leftover, telling *Told, got answers) {
	if phase, _, _ := r.fold.Phase(); r.left != l || phase != calc.Waiting && phase != calc.Telling {
		return
	}
	if telling != nil {
		at := place{telling.Machine, telling.Signal}
		v, there := got[at]
		if !there {
			return // it is asked again until the step's time, or its patience, is over
		}
		if near(v.Number, telling.Value) {
			delete(l.told, at) // it has the newer value
		}
	}
	for p, want := range l.told {
		v, there := got[p]
		switch {
		case !there:
			return
		case !near(v.Number, want):
			r.left = nil
			effects, _ := r.fold.GiveUp(calc.Changed, r.at())
			r.apply(effects, fmt.Sprintf("%s has %v and was told %v before the restart", p.signal, v.Number, want))
			return
		}
	}
	r.left, r.askAt = nil, 0
	switch {
	case telling == nil:
	case near(got[place{telling.Machine, telling.Signal}].Number, telling.Value):
		r.finished(Command{State: "confirmed", Final: true, Confirmed: true, Why: "read back after a restart"}, &pending{id: telling.Command, step: l.step})
	default:
		r.tell(l.step)
	}
}

// near says whether a set point was read back as it was told.
func near(a, b float64) bool { return max(a-b, b-a) <= 1e-6*max(1, a, -a, b, -b) }
