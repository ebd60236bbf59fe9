package loop

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Periods of a tariff, the dearest first.
var Periods = []string{"sharp", "peak", "flat", "valley", "deep_valley"}

// Tariff moves the set point by the tariff period that runs: lower while energy is dear,
// or higher before that, so that the process carries heat into it. Where nobody knows the
// period the set point is as it was asked for.
type Tariff struct {
	By   []Shift `json:"by" minItems:"1" maxItems:"5" nullable:"false"`
	Low  float64 `json:"low" doc:"The product's window: no shift moves the set point below it"`
	High float64 `json:"high" doc:"Nor above it"`
}

// Shift is by how much the set point moves while a period runs.
type Shift struct {
	Period string  `json:"period" enum:"sharp,peak,flat,valley,deep_valley"`
	By     float64 `json:"by" doc:"In the unit of what is held; below 0 for less"`
}

// periodAgain is how often the period is asked for: it changes on full minutes.
const periodAgain = 5 * time.Second

func (t *Tariff) check(l *Loop) error {
	if t == nil {
		return nil
	}
	if !number(t.Low, t.High) || t.Low >= t.High || t.Low < l.SPLow || t.High > l.SPHigh || l.SP < t.Low || l.SP > t.High {
		return invalid("tariff: the product's window %v to %v; it holds the set point %v and lies within %v to %v", t.Low, t.High, l.SP, l.SPLow, l.SPHigh)
	}
	known := map[string]bool{}
	for i, s := range t.By {
		switch {
		case !slices.Contains(Periods, s.Period):
			return invalid("tariff.by[%d]: %q is no period; write one of %v", i, s.Period, Periods)
		case known[s.Period]:
			return invalid("tariff.by[%d]: %s is moved already; one shift for each period", i, s.Period)
		case !number(s.By):
			return invalid("tariff.by[%d]: a shift is a number", i)
		}
		known[s.Period] = true
	}
	if len(t.By) == 0 {
		return invalid("tariff.by: say in which period the set point moves, and by how much")
	}
	return nil
}

// shifted is the set point that is asked for while a period runs.
func (t *Tariff) shifted(sp float64, period string) float64 {
	if t == nil {
		return sp
	}
	i := slices.IndexFunc(t.By, func(s Shift) bool { return s.Period == period })
	if i < 0 || t.By[i].By == 0 {
		return sp
	}
	// A set point that a person moved out of the window is hers: it is not moved further.
	low, high := math.Min(t.Low, sp), math.Max(t.High, sp)
	return min(high, max(low, sp+t.By[i].By))
}

// target is the set point of this scan. A shift that begins or ends is a fact.
func (r *runner) target(passed time.Duration) float64 {
	sp := r.run.SP
	if r.loop.Tariff == nil || r.d.o.Period == nil || r.run.Mode != Auto {
		r.period, r.shift = "", 0
		return sp
	}
	if r.periodAsked == 0 || passed-r.periodAsked >= periodAgain {
		period, err := r.d.o.Period(r.d.ctx, r.tenant, r.loop.Machine)
		if err != nil {
			r.d.o.Logger.Warn("the tariff period of a loop is not known", "loop", r.loop.Series, "err", err)
			period = ""
		}
		r.period, r.periodAsked = period, max(1, passed)
	}
	to := r.loop.Tariff.shifted(sp, r.period)
	if by := to - sp; by != r.shift {
		r.shift = by
		r.note(Event{What: WhatSetPoint, SP: &to, PV: &r.last.PV, From: r.have, Reason: "tariff", Note: fmt.Sprintf("%s: %+.6g", r.period, by)})
	}
	return to
}
