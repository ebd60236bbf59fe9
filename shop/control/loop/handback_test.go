package loop_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/shop/control/loop"
)

func (w *world) handBack() (loop.View, error) {
	return w.HandBack(w.t.Context(), person("li"), w.series, loop.Back{Rev: w.view(w.series).Run.Rev})
}

// TestHandBack: the output goes back to where it was, in steps that the machine takes,
// and the loop is off.
func TestHandBack(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.SPLow, l.SPHigh, l.Watchdog, l.Block.Ramp = 25, 1100, nil, nil
		w.series = w.auto(l)
		before := *w.view(w.series).Run.Before
		_, err := w.SetPoint(w.t.Context(), person("li"), w.series, loop.NewValue{Value: 200, Rev: w.view(w.series).Run.Rev})
		must(t, err)
		time.Sleep(20 * time.Minute)
		if was := w.oven.get("heater"); was > before-30 {
			t.Fatalf("the heater came from %v to %v only; the way back is to be of two steps", before, was)
		}
		orders := len(w.oven.orders)
		v, err := w.handBack()
		must(t, err)
		near(t, "heater", w.oven.get("heater"), before, 0.05)
		if v.Run.Mode != loop.Off || len(w.oven.orders) < orders+2 {
			t.Errorf("handed back: %s after %d commands", v.Run.Mode, len(w.oven.orders)-orders)
		}
		if _, err := w.handBack(); !errors.Is(err, loop.ErrInvalid) {
			t.Errorf("handed back twice: %v", err)
		}
		w.series = w.auto(l) // another loop of the same machine takes what it finds
		near(t, "before", *w.view(w.series).Run.Before, before, 0.05)
	})
}

// TestHandBack_ByTheMachine: where the loop declares how the machine takes over, that is
// what is done.
func TestHandBack_ByTheMachine(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.Safe = loop.Safe{Action: loop.HandBack, Signal: "remote", Value: 0}
		w.series = w.auto(l)
		v, err := w.handBack()
		must(t, err)
		if w.oven.get("remote") != 0 || v.Run.Mode != loop.Off {
			t.Errorf("remote %v, loop in %s", w.oven.get("remote"), v.Run.Mode)
		}
	})
}

// TestHandBack_Refused: what the machine does not take leaves the loop in manual, and
// the person is told; a stranger hands nothing back.
func TestHandBack_Refused(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.Safe = loop.Safe{Action: loop.HandBack, Signal: "remote", Value: 0}
		w.series = w.auto(l)
		w.oven.set(func() { w.oven.refuse = true })
		if _, err := w.handBack(); !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), "the loop is in manual") {
			t.Errorf("refused: %v", err)
		}
		if m := w.view(w.series).Run.Mode; m != loop.Manual {
			t.Errorf("the loop is in %s", m)
		}
		viewer := access.As("v", "v", access.Scope{Tenant: tenant}, access.Read)
		if _, err := w.HandBack(w.t.Context(), viewer, w.series, loop.Back{}); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("by a viewer: %v", err)
		}
	})
}

// TestLoop_Tariff: while a dear period runs the set point is lower, within the product's
// window; what nobody knows moves nothing.
func TestLoop_Tariff(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.SPLow, l.SPHigh, l.Block.Ramp = 25, 1100, nil
		l.Tariff = &loop.Tariff{By: []loop.Shift{{Period: "peak", By: -30}, {Period: "valley", By: 5}}, Low: l.SP - 20, High: l.SP + 20}
		w.period = "flat"
		w.series = w.auto(l)
		f := func(period string, shift float64) {
			t.Helper()
			w.mu.Lock()
			w.period = period
			w.mu.Unlock()
			time.Sleep(time.Minute)
			v := w.view(w.series)
			if v.Now.Shift != shift || v.Now.SP == nil || *v.Now.SP != l.SP+shift || v.Run.SP != l.SP {
				t.Errorf("in %q the set point is %v, moved by %v, asked for %v; want moved by %v", period, *v.Now.SP, v.Now.Shift, v.Run.SP, shift)
			}
		}
		f("flat", 0)
		f("peak", -20) // no further than the window
		f("valley", 5)
		f("", 0)
		var notes []string
		for _, e := range w.events(w.series, loop.WhatSetPoint) {
			notes = append(notes, e.Note)
		}
		if want := []string{"peak: -20", "valley: +5", ": +0"}; strings.Join(notes, "; ") != strings.Join(want, "; ") {
			t.Errorf("kept %q; want %q", notes, want)
		}
		l.Series, l.ID, l.Rev = "", "", 0
		for name, bad := range map[string]*loop.Tariff{
			"no shift":       {Low: l.SP - 1, High: l.SP + 1},
			"twice":          {By: []loop.Shift{{Period: "peak", By: 1}, {Period: "peak", By: 2}}, Low: l.SP - 1, High: l.SP + 1},
			"no period":      {By: []loop.Shift{{Period: "noon", By: 1}}, Low: l.SP - 1, High: l.SP + 1},
			"without its SP": {By: []loop.Shift{{Period: "peak", By: 1}}, Low: l.SP + 1, High: l.SP + 2},
		} {
			l.Tariff = bad
			if _, err := w.SaveLoop(t.Context(), person("li"), l); !errors.Is(err, loop.ErrInvalid) {
				t.Errorf("%s: %v; want ErrInvalid", name, err)
			}
		}
	})
}
