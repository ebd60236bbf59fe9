package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	calcrule "zhigai/calc/rule"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/shop/andon"
	"zhigai/shop/control/rule"
)

const (
	// figureSettles is how long after its end the figure of an hour is taken for what it
	// is: what machines said in the hour has come by then. What comes later changes the
	// figure in trials, and not what a rule did.
	figureSettles = plant.Micros(2 * time.Minute / time.Microsecond)
	hourUs        = 60 * minuteUs
	// figureCovers is the least share of an hour that must be known.
	figureCovers = 0.8
	// factsRead is how many alarms or calls of a machine are read for one stretch.
	factsRead = 1000
)

// factSignals are those that follow from orders, alarms, calls and figures.
func (d *ruleDerived) factSignals() []rule.Signal {
	out := slices.Clone(rule.FactSignals)
	for _, def := range d.n.engine.Definitions().Newest() {
		out = append(out, rule.Signal{Name: rule.FigureSignal + def.ID, Title: def.Name, Unit: def.Unit, Kind: calcrule.Number})
	}
	return out
}

// facts is what orders, alarms, calls and figures say of [from, to).
func (d *ruleDerived) facts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros) ([]rule.Stretch, error) {
	now := plant.MicrosOf(time.Now())
	if id, ok := strings.CutPrefix(signal, rule.FigureSignal); ok {
		return d.figure(ctx, tenant, machine, id, from, to)
	}
	if to = min(to, now); to <= from {
		return nil, nil
	}
	scope := access.Scope{Tenant: tenant}
	switch signal {
	case rule.AlarmsStanding:
		spans, err := d.alarms(ctx, scope, machine, from, to)
		return standing(spans, from, to), err
	case rule.CallsOpen:
		spans, err := d.calls(ctx, scope, machine)
		return standing(spans, from, to), err
	}
	all, err := inParts(from, to, func(from, to plant.Micros) ([]rule.Stretch, error) {
		timeline, err := d.n.desk.Timeline(ctx, scope, machine, from, to)
		out := make([]rule.Stretch, len(timeline))
		for i, one := range timeline {
			out[i] = rule.Stretch{From: one.From, To: one.To, Value: calcrule.Value{Text: one.Order}, Known: true}
			if signal == rule.OrderProduct {
				out[i].Value.Text = one.Product
			}
		}
		return out, err
	})
	if errors.Is(err, access.ErrNotFound) {
		return []rule.Stretch{{From: from, To: to}}, nil
	}
	return joinedStretches(all, from, to), err
}

// alarms are those of a machine that rules did not raise themselves.
func (d *ruleDerived) alarms(ctx context.Context, scope access.Scope, machine plant.NodeID, from, to plant.Micros) ([]calc.Span, error) {
	page, err := d.n.alarms.Past(ctx, scope, alarm.Filter{Place: machine, From: plant.Instant(from), To: plant.Instant(to), Limit: factsRead})
	if errors.Is(err, alarm.ErrInvalid) { // shorter than the list tells apart
		return nil, nil
	}
	var out []calc.Span
	for _, a := range page.Alarms {
		if a.Source == fromRules {
			continue
		}
		end := int64(a.To)
		if a.Open {
			end = int64(to)
		}
		out = append(out, calc.Span{From: int64(a.From), To: end})
	}
	return out, err
}

// calls are those at a machine, from when somebody called until it was done or taken
// back.
func (d *ruleDerived) calls(ctx context.Context, scope access.Scope, machine plant.NodeID) ([]calc.Span, error) {
	all, err := d.n.newAndon().Calls(ctx, access.Node(scope.Tenant), andon.Filter{Scope: scope, Machine: machine, Limit: factsRead})
	var out []calc.Span
	for _, c := range all {
		one := calc.Span{From: int64(c.Steps[0].At), To: int64(plant.MicrosOf(time.Now())) + 1}
		for _, s := range c.Steps {
			if s.State == andon.Done || s.State == andon.Cancelled {
				one.To = int64(s.At)
			}
		}
		out = append(out, one)
	}
	return out, err
}

// standing is how many of spans stand, over [from, to).
func standing(spans []calc.Span, from, to plant.Micros) []rule.Stretch {
	type step struct {
		at plant.Micros
		by float64
	}
	steps := []step{{from, 0}}
	for _, s := range spans {
		steps = append(steps, step{max(from, plant.Micros(s.From)), 1}, step{max(from, plant.Micros(s.To)), -1})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	var out []rule.Stretch
	n := 0.0
	for i, s := range steps {
		n += s.by
		next := to
		if i+1 < len(steps) {
			next = steps[i+1].at
		}
		out = append(out, rule.Stretch{From: s.at, To: next, Value: calcrule.Value{Number: n}, Known: true})
	}
	return joinedStretches(out, from, to)
}

// figure is the figure of the last hour that is over and settled, with its version, hour
// and coverage.
func (d *ruleDerived) figure(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, id string, from, to plant.Micros) ([]rule.Stretch, error) {
	s, err := d.n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	m := s.Machines[machine]
	if m == nil {
		return []rule.Stretch{{From: from, To: to}}, nil
	}
	last := min(to, plant.MicrosOf(time.Now())) - figureSettles
	all, err := d.n.engine.Query(ctx, access.Scope{Tenant: tenant, Path: m.Path}, id, figure.Hour, from-figureSettles-2*hourUs, last, figure.ByNone)
	if errors.Is(err, figure.ErrNoNode) {
		return []rule.Stretch{{From: from, To: to}}, nil
	}
	return figureCourse(all, from, to), err
}

func figureCourse(all []figure.Figure, from, to plant.Micros) []rule.Stretch {
	var out []rule.Stretch
	at := from
	for _, f := range all {
		one := rule.Stretch{From: f.Window.To + figureSettles, To: f.Window.To + figureSettles + hourUs}
		if one.To <= from || one.From >= to {
			continue
		}
		if at < one.From { // an hour of which nothing is known
			out = append(out, rule.Stretch{From: at, To: one.From})
		}
		if f.Value != nil && f.Coverage != nil && *f.Coverage >= figureCovers {
			told := fmt.Sprintf("%s/%d, %s, coverage %.0f %%", f.Definition.ID, f.Definition.Version, f.Window.From.Time().Format("2006-01-02T15:04Z"), 100**f.Coverage)
			one.Known, one.Value = true, calcrule.Value{Number: *f.Value, Text: told}
		}
		out = append(out, one)
		at = one.To
	}
	if at < to {
		out = append(out, rule.Stretch{From: at, To: to})
	}
	return joinedStretches(out, from, to)
}
