package loop

import (
	"context"
	"fmt"
	"math"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/plant"
)

// Tune is an autotuning that somebody asks for: a relay makes the process swing around
// where it is.
type Tune struct {
	Amplitude  float64 `json:"amplitude" exclusiveMinimum:"0" doc:"By which the output goes up and down from where it is"`
	Hysteresis float64 `json:"hysteresis" minimum:"0" doc:"Distance of the process value at which it switches: above the noise"`
	Cycles     int     `json:"cycles" minimum:"2" maximum:"10" doc:"Whole swings that must be alike"`
	Reverse    bool    `json:"reverse,omitempty" doc:"More output makes less of what is measured"`
	Most       float64 `json:"most" exclusiveMinimum:"0" doc:"Distance of the process value from its beginning at which the loop suspends itself"`
	MinutesMax int     `json:"minutes_max" minimum:"1" maximum:"1440" doc:"After which it gives up"`
	Rev        int64   `json:"rev" doc:"Of the run that was seen"`
}

// Proposal are parameters by one rule of tuning.
type Proposal struct {
	Rule       calc.Rule `json:"rule" enum:"ziegler-nichols,tyreus-luyben"`
	Derivative bool      `json:"derivative"`
	PID        calc.PID  `json:"pid"`
}

// Tuned is what an autotuning found.
type Tuned struct {
	At        plant.Instant `json:"at"`
	By        string        `json:"by"`
	Ultimate  calc.Ultimate `json:"ultimate"`
	Mid       float64       `json:"mid" doc:"Output around which it switched"`
	SP        float64       `json:"sp" doc:"Process value around which it swung"`
	Swings    int           `json:"swings"`
	Proposals []Proposal    `json:"proposals" nullable:"false"`
}

// tuning is an autotuning under way.
type tuning struct {
	ask   Tune
	relay calc.Relay
	state calc.RelayState
	sp    float64
	began time.Duration
	by    string
}

// StartTuning begins an autotuning of a loop that is in manual. Its output moves by no
// more than the amplitude; when it has ended the loop is in manual again, at the output
// at which it began, and what was found is a proposal for the next revision.
func (d *Desk) StartTuning(ctx context.Context, who access.Principal, series string, t Tune) (View, error) {
	return d.operate(ctx, who, series, t.Rev, func(r *runner) error {
		tuned := r.tuned()
		switch {
		case tuned == nil:
			return invalid("an autotuning is for pid and cascade; this is a loop of kind %s", r.block.Kind)
		case r.run.Mode != Manual:
			return invalid("the loop is in %s; put it in manual first, and let the process come to rest", r.run.Mode)
		case r.have == nil || !r.begun || r.now.Wrong != "":
			return invalid("process value or output are not known: %s", r.now.Wrong)
		case t.Most <= t.Hysteresis || !number(t.Amplitude, t.Hysteresis, t.Most):
			return invalid("the process value may move by %v and switches at %v; the first is the larger one", t.Most, t.Hysteresis)
		case t.MinutesMax < 1 || t.MinutesMax > 1440:
			return invalid("1 to 1440 minutes, not %d", t.MinutesMax)
		}
		mid := *r.have
		relay := calc.Relay{Mid: mid, Amplitude: t.Amplitude, Hysteresis: t.Hysteresis, Cycles: t.Cycles, Reverse: t.Reverse}
		if err := relay.Check(); err != nil {
			return invalid("%v", err)
		}
		for _, u := range []float64{mid - t.Amplitude, mid + t.Amplitude} {
			if tuned.Clamp(u) != u || r.output.outside(u) {
				return invalid("the output would go to %v; the loop gives %v to %v", u, tuned.Low, tuned.High)
			}
		}
		if most := r.output.MaxStep; most > 0 && 2*t.Amplitude > most {
			return invalid("from one side to the other the output moves by %v; the machine takes %v in one step", 2*t.Amplitude, most)
		}
		if err := r.alone(); err != nil {
			return err
		}
		r.tuning = &tuning{ask: t, relay: relay, sp: r.last.PV, began: r.passed, by: who.Name}
		r.refused, r.sent = 0, r.have
		return r.to(Tuning, who.Name, fmt.Sprintf("amplitude %v, hysteresis %v, %d swings", t.Amplitude, t.Hysteresis, t.Cycles))
	})
}

// tuned is the controller whose output is the loop's.
func (r *runner) tuned() *calc.PID {
	switch r.block.Kind {
	case PID:
		return r.block.PID
	case Cascade:
		return &r.block.Cascade.Inner
	}
	return nil
}

// relay is a scan of an autotuning. Of a cascade the inner loop is tuned.
func (r *runner) relay(in seen, passed, dt time.Duration) {
	t := r.tuning
	pv := in.PV
	if r.block.Kind == Cascade {
		pv = in.Inner
	}
	if t.state.Side == 0 {
		t.sp = pv
	}
	switch minutes := passed - t.began; {
	case math.Abs(pv-t.sp) > t.ask.Most:
		r.fail(fmt.Sprintf("autotuning: the process value moved from %.6g to %.6g; %v are allowed", t.sp, pv, t.ask.Most))
		return
	case minutes > time.Duration(t.ask.MinutesMax)*time.Minute:
		r.endTuning(fmt.Sprintf("autotuning: %d swings in %d minutes, and the last are not alike", len(t.state.Swings), t.ask.MinutesMax), nil)
		return
	}
	if r.elsewhere() {
		return
	}
	u, state, done := t.relay.Step(t.state, t.sp, pv, dt.Seconds())
	t.state = state
	if done {
		r.found(t)
		return
	}
	if r.pending == nil && !r.same(calc.Rounded(u, r.loop.Resolution), *r.have) && (!r.wrote || passed-r.written >= r.loop.interval()) { // its own pace is a part of the process
		r.order(calc.Rounded(u, r.loop.Resolution), t.sp, in, passed, false)
	}
	r.beat(passed)
}

// found makes proposals of an autotuning that ended well.
func (r *runner) found(t *tuning) {
	point, err := t.relay.Ultimate(t.state)
	if err != nil {
		r.endTuning(err.Error(), nil)
		return
	}
	out := &Tuned{At: r.d.now(), By: t.by, Ultimate: point, Mid: t.relay.Mid, SP: t.sp, Swings: len(t.state.Swings), Proposals: []Proposal{}}
	own := r.loop.Block.PID
	if r.block.Kind == Cascade {
		own = &r.loop.Block.Cascade.Inner
	}
	for _, rule := range []calc.Rule{calc.TyreusLuyben, calc.ZieglerNichols} {
		for _, derivative := range []bool{false, true} {
			if p, err := point.Tune(*own, rule, derivative); err == nil {
				out.Proposals = append(out.Proposals, Proposal{rule, derivative, p})
			}
		}
	}
	r.endTuning("", out)
}

// endTuning gives the loop back to a person, at the output at which it began.
func (r *runner) endTuning(why string, found *Tuned) {
	t := r.tuning
	r.tuning = nil
	if found != nil {
		r.run.Tuned = found
	}
	r.note(Event{What: WhatTuned, By: t.by, Reason: why, Tuned: found})
	if err := r.to(Manual, t.by, why); err != nil {
		r.d.o.Logger.Error("the mode of a loop is not kept", "loop", r.loop.Series, "err", err)
	}
	if r.pending == nil && r.have != nil && !r.same(t.relay.Mid, *r.have) {
		r.order(t.relay.Mid, t.sp, r.last, r.passed, false)
	}
}
