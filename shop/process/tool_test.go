package process_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process"
)

// A tool is mounted and changed for a reason; what it used is what the machine counted
// between; a change as planned is no end of a life.
func TestTools_FromMountToAdvice(t *testing.T) {
	w := newWorld()
	d, ctx, li := w.desk(t), t.Context(), person("li")
	y, err := d.SaveToolType(ctx, li, process.ToolType{Code: "CNMG", Name: plant.Name{ZH: "刀片"}, Place: "F", Measure: process.InParts, Life: 90, PriceFen: 3000})
	must(t, err)
	make := func(parts int) { // one a second
		for range parts {
			w.counts = append(w.counts, w.at())
			w.now = w.now.Add(time.Second)
		}
	}
	mount := func(reason process.Reason) process.Tool {
		t.Helper()
		o, err := d.MountTool(ctx, li, process.Mount{Type: y.ID, Machine: "G1", Slot: "T1", Reason: reason})
		must(t, err)
		return o
	}
	first := mount("")
	make(10)
	if _, err := d.MountTool(ctx, li, process.Mount{Type: y.ID, Machine: "G1", Slot: "T1"}); !errors.Is(err, process.ErrInvalid) || !strings.Contains(err.Error(), "worn, broken or changed as planned") {
		t.Errorf("changed without a reason: %v", err)
	}
	if _, err := d.MountTool(ctx, li, process.Mount{Type: y.ID, Machine: "L"}); !errors.Is(err, process.ErrInvalid) {
		t.Errorf("mounted at a line: %v", err)
	}
	state := func() process.ToolState {
		t.Helper()
		all, err := d.Tools(ctx, process.Filter{Scope: access.Scope{Tenant: 1}, Open: true, Limit: 9})
		must(t, err)
		if len(all) != 1 {
			t.Fatalf("%d tools are mounted", len(all))
		}
		return all[0]
	}
	if s := state(); s.ID != first.ID || *s.Used != 10 || s.Prognosis.Low != nil || s.Prognosis.Advice != process.NoAdvice || s.Prognosis.Reason == "" {
		t.Errorf("without a life known: %+v, %+v", s, s.Prognosis)
	}
	make(90)
	if s := state(); s.Prognosis.Advice != process.PlanOver {
		t.Errorf("at 100 of 90 planned: %+v", s.Prognosis)
	}
	mount(process.Worn)
	for _, c := range []struct {
		parts  int
		reason process.Reason
	}{{104, process.Worn}, {96, process.Broken}, {50, process.Planned}, {100, process.Worn}, {102, process.Worn}, {98, process.Worn}, {50, process.Planned}} {
		make(c.parts)
		mount(c.reason)
	}
	last := state().Tool
	types, err := d.ToolTypes(ctx, process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9})
	must(t, err)
	if got := types[0]; got.Ended != 6 || got.Censored != 2 || got.Broken != 1 || got.Expected == nil || *got.Expected < 90 || *got.Expected > 110 || got.EarlyPlan != 2 {
		t.Errorf("the type: %+v", got)
	}
	// Two were changed at 50 of some 100 parts: one whole tool.
	if fen := *types[0].EarlyFen; fen < 2800 || fen > 3100 {
		t.Errorf("early changes cost %d fen", fen)
	}
	make(20)
	for _, c := range []struct {
		lot  *process.Lot
		want process.Advice
	}{
		{nil, process.Keep}, {&process.Lot{Quantity: 15, Left: 15}, process.Keep}, {&process.Lot{Quantity: 90, Left: 20}, process.AfterLot}, {&process.Lot{Quantity: 90, Left: 90}, process.MayNot},
	} {
		w.lot = c.lot
		if s := state(); s.ID != last.ID || s.Prognosis.Advice != c.want || !(*s.Prognosis.Low <= *s.Prognosis.Median && *s.Prognosis.Median <= *s.Prognosis.High) {
			t.Errorf("lot %+v: %+v", c.lot, s.Prognosis)
		}
	}
	w.lot = nil
	make(75)
	if s := state(); s.Prognosis.Advice != process.Soon {
		t.Errorf("after 95 parts: %+v", s.Prognosis)
	}
	off, err := d.RemoveTool(ctx, li, last.ID, process.Off{Reason: process.Other, Rev: last.Rev})
	must(t, err)
	if *off.Used != 95 || off.RemovedBy != "li" {
		t.Errorf("taken off: %+v", off)
	}
	if _, err := d.RemoveTool(ctx, li, last.ID, process.Off{Reason: process.Worn, Rev: off.Rev}); !errors.Is(err, process.ErrInvalid) {
		t.Errorf("taken off twice: %v", err)
	}
}

// A life in minutes is the time in which the machine produced.
func TestTools_InMinutes(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	y, err := d.SaveToolType(t.Context(), person("li"), process.ToolType{Code: "W", Name: plant.Name{ZH: "砂轮"}, Place: "F", Measure: process.InMinutes, Life: 90})
	must(t, err)
	_, err = d.MountTool(t.Context(), person("li"), process.Mount{Type: y.ID, Machine: "G1"})
	must(t, err)
	start := w.at()
	w.produced = []process.Span{{start - 600e6, start + 120e6}, {start + 300e6, start + 360e6}}
	w.now = w.now.Add(time.Hour)
	all, err := d.Tools(t.Context(), process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9})
	must(t, err)
	if *all[0].Used != 3 {
		t.Errorf("used %v min; want 3", *all[0].Used)
	}
	y.Measure = process.InParts
	if _, err := d.SaveToolType(t.Context(), person("li"), y); !errors.Is(err, process.ErrInvalid) {
		t.Errorf("lives in another measure: %v", err)
	}
}
