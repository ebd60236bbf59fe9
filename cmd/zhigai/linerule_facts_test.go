package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/alarm"
	"zhigai/shop/andon"
	"zhigai/shop/control/rule"
)

// TestRule_StandingCourse counts what stands at once.
func TestRule_StandingCourse(t *testing.T) {
	t.Parallel()
	at := func(minute int) int64 { return int64(shanghai(0, 8, minute)) }
	spans := []calc.Span{{From: at(-10), To: at(5)}, {From: at(3), To: at(9)}, {From: at(9), To: at(90)}}
	got := saidOf(standing(spans, shanghai(0, 8, 0), shanghai(0, 8, 30)))
	if want := []string{"23 08:00 1", "23 08:03 2", "23 08:05 1"}; !slices.Equal(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

// TestRule_FigureCourse: the figure of an hour counts from two minutes after its end, with
// its version, hour and coverage; of what is covered too little nobody knows.
func TestRule_FigureCourse(t *testing.T) {
	t.Parallel()
	hour := func(h int, value, coverage float64) figure.Figure {
		f := figure.Figure{Window: figure.Span{From: shanghai(0, h, 0), To: shanghai(0, h+1, 0)}, Coverage: &coverage, Definition: figure.Ref{ID: "oee", Version: 3}}
		if value >= 0 {
			f.Value = &value
		}
		return f
	}
	all := figureCourse([]figure.Figure{hour(6, 0.5, 1), hour(7, 0.7, 0.99), hour(8, 0.9, 0.5), hour(9, -1, 1)}, shanghai(0, 8, 0), shanghai(0, 12, 0))
	if len(all) != 3 || all[0].To != shanghai(0, 8, 2) || all[0].Value.Number != 0.5 || all[1].Value.Number != 0.7 || all[1].To != shanghai(0, 9, 2) || all[2].Known || all[2].To != shanghai(0, 12, 0) {
		t.Errorf("%+v", all)
	}
	if told := all[1].Value.Text; told != "oee/3, 2026-11-22T23:00Z, coverage 99 %" {
		t.Errorf("told of %q", told)
	}
}

// TestRule_FactsOfANode: alarms and calls are inputs, live and tried alike, and a rule
// fires when one comes.
func TestRule_FactsOfANode(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, plannedFurnace, time.Now().Add(-time.Hour), func(*node) {})
	m, err := n.plants.Model(t.Context(), access.Scope{Tenant: homeTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	at := m.Nodes[slices.IndexFunc(m.Nodes, func(nd plant.Node) bool { return nd.Path == "firm/heat/furnace" })].ID
	began := plant.InstantOf(time.Now())
	in := func(name, signal string) rule.Input { return rule.Input{Name: name, Machine: at, Signal: signal} }
	r, err := n.lineRules.Save(t.Context(), personOf("li"), rule.Rule{Definition: rule.Definition{
		Name: plant.Name{ZH: "呼叫"}, Place: at, Inputs: []rule.Input{in("alarms", rule.AlarmsStanding), in("calls", rule.CallsOpen)}, When: "alarms >= 1.0 && calls >= 1.0",
		Trigger: "change", MaxPerHour: 9, Actions: []rule.Action{{Kind: rule.Alarm, Priority: 4}},
	}})
	must(t, err)
	r, _, err = n.lineRules.Backtest(t.Context(), personOf("li"), r.ID, r.Rev, rule.Question{From: began - 1_000_000, To: began})
	must(t, err)
	r, err = n.lineRules.Move(t.Context(), personOf("li"), r.ID, rule.Move{What: "shadow", Rev: r.Rev})
	must(t, err)
	until := func(what string, is func() bool) {
		t.Helper()
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for end := time.Now().Add(30 * time.Second); !is(); <-tick.C {
			if time.Now().After(end) {
				t.Fatalf("it never came to %s: %+v", what, n.lineRules.Status(r.ID))
			}
		}
	}
	until("looking", func() bool { return n.lineRules.Status(r.ID).Running })
	must(t, n.alarms.Raise(t.Context(), homeTenant, alarm.Signal{Source: "quality", Key: "x", Place: at, Priority: 2, Text: plant.Name{ZH: "失控"}}))
	c, err := n.newAndon().Call(t.Context(), access.Node(homeTenant), andon.New{What: andon.Maintenance, Machine: at})
	must(t, err)
	until("a firing", func() bool { return n.lineRules.Status(r.ID).Standing != 0 })
	_, err = n.newAndon().Move(t.Context(), access.Node(homeTenant), c.ID, andon.Move{State: andon.Done})
	must(t, err)
	var live []rule.Fired
	until("its end", func() bool {
		live, err = n.lineRules.Firings(t.Context(), rule.Filter{Scope: access.Scope{Tenant: homeTenant}, Of: r.Series, Limit: 9})
		must(t, err)
		return len(live) > 0 && live[0].To != 0
	})
	trial, err := n.lineRules.Try(t.Context(), personOf("li"), rule.Question{Definition: r.Definition, From: began, To: plant.InstantOf(time.Now())})
	must(t, err)
	if trial.Count != 1 || len(live) != 1 || live[0].From != trial.Fired[0].From || live[0].To != trial.Fired[0].To {
		t.Errorf("live %+v, tried %+v", live, trial.Fired)
	}
	words, err := n.lineRules.Words(t.Context(), personOf("li"), at)
	must(t, err)
	if !slices.ContainsFunc(words, func(s rule.Signal) bool { return strings.HasPrefix(s.Name, rule.FigureSignal+"oee") }) {
		t.Errorf("no figure among %d words", len(words))
	}
}
