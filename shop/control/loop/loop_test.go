package loop_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/control"
	"zhigai/shop/control/loop"
)

// It takes the furnace over without a jump, brings it to a new set point and holds it
// there, writes no faster than it may, and keeps what each write rested on.
func TestLoop_HoldsAFurnace(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		series := w.auto(zone())
		time.Sleep(time.Minute)
		if n := len(w.oven.orders); n != 0 {
			t.Errorf("%d writes of a process at rest at its set point", n)
		}
		v := w.view(series)
		v, err := w.SetPoint(t.Context(), person("li"), series, loop.NewValue{Value: 720, Rev: v.Run.Rev})
		must(t, err)
		time.Sleep(15 * time.Minute)
		near(t, "temperature", w.oven.get("temperature"), 720, 2.5)
		writes := w.events(series, loop.WhatWrite)
		if len(writes) < 5 || len(writes) != len(w.oven.orders) {
			t.Fatalf("%d writes are kept; the machine got %d", len(writes), len(w.oven.orders))
		}
		for i, e := range writes {
			o := w.oven.orders[i]
			if o.Loop != series || e.Value == nil || *e.Value != o.Value || e.SP == nil || *e.SP != 720 || e.PV == nil || e.From == nil || e.Command == "" {
				t.Fatalf("write %d: %+v of %+v", i, e, o)
			}
			if math.Abs(*e.Value-*e.From) > 25+1e-9 {
				t.Errorf("from %v to %v in one step", *e.From, *e.Value)
			}
			if i > 0 && w.oven.when[i].Sub(w.oven.when[i-1]) < 3*time.Second {
				t.Errorf("writes %v and %v", w.oven.when[i-1], w.oven.when[i])
			}
		}
		if first := *writes[0].Value; first-60 > 36+1e-9 {
			t.Errorf("the first write goes from 60 to %v", first)
		}
		if n := len(w.oven.beats); n < 400 || n > 500 {
			t.Errorf("the watchdog was served %d times in 16 minutes", n)
		}
		modes := w.events(series, loop.WhatMode)
		if len(modes) != 2 || modes[0].Mode != loop.Manual || modes[1].Mode != loop.Auto || modes[1].By != "li" {
			t.Errorf("modes %+v", modes)
		}
		if v := w.view(series); v.Now == nil || v.Now.PV == nil || v.Now.Output == nil || *v.Now.SP != 720 || v.Run.Mode != loop.Auto {
			t.Errorf("seen %+v %+v", v.Run, v.Now)
		}
	})
}

// What happens when it cannot go on, for each way in which it cannot, and for each
// thing that it may have declared for that.
func TestLoop_Suspends(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(w *world)
		after time.Duration
		says  string
		held  bool // what is declared is not done: another hand has the output
	}{
		"stale input":   {spoil: func(w *world) { w.oven.set(func() { w.oven.silent["temperature"] = true }) }, after: 10 * time.Second, says: "inputs are stale: temperature"},
		"lost device":   {spoil: func(w *world) { w.oven.set(func() { w.oven.dead = true }) }, after: 10 * time.Second, says: "no contact"},
		"stepped clock": {spoil: func(w *world) { w.oven.set(func() { w.oven.ahead += time.Hour }) }, after: 3 * time.Second, says: "stepped by 1h0m0s"},
		"clock back":    {spoil: func(w *world) { w.oven.set(func() { w.oven.ahead -= time.Hour }) }, after: 3 * time.Second, says: "stepped by -1h0m0s"},
		"overload":      {spoil: func(w *world) { w.oven.set(func() { w.oven.slow = 4 * time.Second }) }, after: 10 * time.Second, says: "overloaded"},
		"read-back": {spoil: func(w *world) {
			w.oven.set(func() { w.oven.deaf = true })
			w.setPoint(800)
		}, after: 5 * time.Second, says: "mismatched"},
		"refused in a row": {spoil: func(w *world) {
			w.oven.set(func() { w.oven.refuse = true })
			w.setPoint(800)
		}, after: 15 * time.Second, says: "3 writes in a row were refused, the last: rejected: interlock"},
		"another hand": {spoil: func(w *world) {
			w.setPoint(700)
			time.Sleep(10 * time.Second)
			w.oven.set(func() { w.oven.signal["heater"] = 33 })
		}, after: 3 * time.Second, says: "somebody else set the output: it is 33", held: true},
	} {
		for _, safe := range []loop.Safe{{Action: loop.Hold}, {Action: loop.Ramp, Value: 20, Rate: 2}, {Action: loop.HandBack, Signal: "remote"}} {
			t.Run(name+" "+string(safe.Action), func(t *testing.T) {
				within(t, func(t *testing.T, w *world) {
					l := zone()
					l.Safe = safe
					w.series = w.auto(l)
					time.Sleep(30 * time.Second)
					c.spoil(w)
					time.Sleep(c.after)
					v := w.view(w.series)
					if v.Run.Mode != loop.Suspended || !strings.Contains(v.Run.Reason, c.says) {
						t.Fatalf("it is in %s: %q; want it suspended for %q", v.Run.Mode, v.Run.Reason, c.says)
					}
					if got := w.oven.raised["loop:"+w.series]; !strings.Contains(got, c.says) {
						t.Errorf("alarms %v", w.oven.raised)
					}
					// What was wrong is mended, and what was declared is done.
					had := w.oven.get("heater")
					w.oven.set(func() {
						w.oven.silent, w.oven.dead, w.oven.slow, w.oven.deaf, w.oven.refuse = map[string]bool{}, false, 0, false, false
						w.oven.beats = nil
					})
					time.Sleep(5 * time.Minute)
					v = w.view(w.series)
					heater, remote := w.oven.get("heater"), w.oven.get("remote")
					switch {
					case !v.Run.Safe || v.Run.Mode != loop.Suspended:
						t.Errorf("%+v", v.Run)
					case c.held:
						near(t, "heater", heater, 33, 0)
					case safe.Action == loop.Hold && (heater != had || remote != 1):
						t.Errorf("heater %v, remote %v; it was %v", heater, remote, had)
					case safe.Action == loop.Ramp && (heater != 20 || remote != 1):
						t.Errorf("heater %v, remote %v; want it at 20", heater, remote)
					case safe.Action == loop.HandBack && remote != 0:
						t.Errorf("remote %v", remote)
					}
					if len(w.oven.beats) != 0 {
						t.Errorf("the watchdog of a suspended loop was served %d times", len(w.oven.beats))
					}
					for i := 1; i < len(w.oven.orders); i++ {
						if w.oven.when[i].Sub(w.oven.when[i-1]) < time.Second {
							t.Errorf("writes %v apart", w.oven.when[i].Sub(w.oven.when[i-1]))
						}
					}
					// Nobody but a person takes it out of there, and not into auto.
					if _, err := w.SetMode(t.Context(), person("li"), w.series, loop.Asked{Mode: loop.Auto, Rev: v.Run.Rev}); !errors.Is(err, loop.ErrInvalid) {
						t.Errorf("from suspended to auto: %v", err)
					}
					w.mode(w.series, loop.Manual)
					if len(w.oven.raised) != 0 {
						t.Errorf("alarms after a person took over: %v", w.oven.raised)
					}
				})
			})
		}
	}
}

func (w *world) setPoint(v float64) {
	w.t.Helper()
	_, err := w.SetPoint(w.t.Context(), person("li"), w.series, loop.NewValue{Value: v, Rev: w.view(w.series).Run.Rev})
	must(w.t, err)
}

// A ramp to the safe value goes no faster than it may.
func TestLoop_RampsToItsSafeValue(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.Safe = loop.Safe{Action: loop.Ramp, Value: 20, Rate: 2}
		w.series = w.auto(l)
		w.oven.set(func() { w.oven.silent["temperature"] = true })
		time.Sleep(2 * time.Minute)
		last, at := 60., time.Time{}
		for i, o := range w.oven.orders {
			if gone := w.oven.when[i].Sub(at); !at.IsZero() && last-o.Value > 2*gone.Seconds()+0.1 {
				t.Errorf("from %v to %v in %v", last, o.Value, gone)
			}
			last, at = o.Value, w.oven.when[i]
		}
		if last != 20 || len(w.oven.orders) < 6 {
			t.Errorf("%d writes, the last %v", len(w.oven.orders), last)
		}
		if safe := w.events(w.series, loop.WhatSafe); len(safe) != 1 {
			t.Errorf("%+v", safe)
		}
	})
}

// A node that ended finds the loop suspended at its next start, and does what was
// declared; nothing is in auto before a person says so.
func TestLoop_AfterARestart(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.Safe = loop.Safe{Action: loop.HandBack, Signal: "remote"}
		w.series = w.auto(l)
		w.Close()
		w.open()
		time.Sleep(10 * time.Second)
		v := w.view(w.series)
		if v.Run.Mode != loop.Suspended || !v.Run.Safe || !strings.Contains(v.Run.Reason, "the node started anew") || w.oven.get("remote") != 0 {
			t.Errorf("%+v, remote %v", v.Run, w.oven.get("remote"))
		}
		w.Close()
		w.open()
		if v := w.view(w.series); v.Run.Mode != loop.Suspended {
			t.Errorf("after one more: %+v", v.Run)
		}
		w.mode(w.series, loop.Manual)
		w.Close()
		w.open()
		if v := w.view(w.series); v.Run.Mode != loop.Manual {
			t.Errorf("manual after a restart: %+v", v.Run)
		}
		w.mode(w.series, loop.Off)
		w.Close()
		w.open()
		if v := w.view(w.series); v.Run.Mode != loop.Off || v.Now != nil {
			t.Errorf("off after a restart: %+v", v.Run)
		}
	})
}

// A store that fails keeps no loop from suspending itself.
func TestLoop_SuspendsWithoutAStore(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		w.series = w.auto(zone())
		w.shelf.mu.Lock()
		w.shelf.fail = errors.New("the disk is full")
		w.shelf.mu.Unlock()
		w.oven.set(func() { w.oven.silent["temperature"] = true })
		time.Sleep(10 * time.Second)
		if v := w.view(w.series); v.Run.Mode != loop.Suspended {
			t.Errorf("%+v", v.Run)
		}
		w.shelf.mu.Lock()
		w.shelf.fail = nil
		w.shelf.mu.Unlock()
		time.Sleep(10 * time.Second)
		w.Close()
		w.open()
		if v := w.view(w.series); v.Run.Mode != loop.Suspended {
			t.Errorf("kept when the store came back: %+v", v.Run)
		}
	})
}

// Another revision takes over without a jump, and the old one is retired.
func TestLoop_ReplacedWhileItRuns(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		w.series = w.auto(l)
		w.setPoint(700)
		time.Sleep(10 * time.Minute)
		before := w.oven.get("heater")
		n := len(w.oven.orders)
		next := zone()
		next.Series = w.series
		next.Block.PID = &calc.PID{K: 3, Ti: 300, B: 0, Range: calc.Range{Low: 0, High: 100}}
		w.approved(next)
		time.Sleep(4 * time.Second)
		near(t, "heater", w.oven.get("heater"), before, 0.5)
		time.Sleep(20 * time.Minute)
		near(t, "temperature", w.oven.get("temperature"), 700, 2.5)
		v := w.view(w.series)
		if v.Run.Revision != 2 || v.Run.Mode != loop.Auto || v.Loop.Revision != 2 || v.Revisions[1].State != loop.Retired || len(w.oven.orders) == n {
			t.Errorf("%+v, %d orders", v.Run, len(w.oven.orders)-n)
		}
	})
}

// An autotuning finds the ultimate point, proposes parameters, gives the loop back in
// manual where it began; parameters that it proposes hold the furnace.
func TestLoop_Tunes(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := w.approved(zone())
		w.mode(l.Series, loop.Manual)
		time.Sleep(5 * time.Second)
		ask := loop.Tune{Amplitude: 10, Hysteresis: 0.3, Cycles: 3, Most: 15, MinutesMax: 60, Rev: w.view(l.Series).Run.Rev}
		_, err := w.StartTuning(t.Context(), person("li"), l.Series, ask)
		must(t, err)
		time.Sleep(20 * time.Minute)
		v := w.view(l.Series)
		if v.Run.Mode != loop.Manual || v.Run.Tuned == nil || len(v.Run.Tuned.Proposals) != 4 {
			t.Fatalf("%+v", v.Run)
		}
		near(t, "heater", w.oven.get("heater"), 60, 0.05)
		for _, o := range w.oven.orders {
			if o.Value < 50-1e-9 || o.Value > 70+1e-9 {
				t.Errorf("it wrote %v", o.Value)
			}
		}
		next := zone()
		next.Series = l.Series
		next.Block.PID = &v.Run.Tuned.Proposals[0].PID
		w.approved(next)
		w.mode(l.Series, loop.Auto)
		w.series = l.Series
		w.setPoint(700)
		time.Sleep(30 * time.Minute)
		near(t, "temperature", w.oven.get("temperature"), 700, 3)
		// Too far from where it began.
		w.mode(l.Series, loop.Manual)
		ask.Most, ask.Rev = 0.31, w.view(l.Series).Run.Rev
		_, err = w.StartTuning(t.Context(), person("li"), l.Series, ask)
		must(t, err)
		time.Sleep(time.Minute)
		if v := w.view(l.Series); v.Run.Mode != loop.Suspended || !strings.Contains(v.Run.Reason, "autotuning: the process value moved") {
			t.Errorf("%+v", v.Run)
		}
	})
}

// A tool offset is corrected from part to part.
func TestLoop_RunToRun(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		l := zone()
		l.Block = loop.Block{Kind: loop.RunToRun, EWMA: &calc.EWMA{Slope: 2, Lambda: 0.5, Range: calc.Range{Low: 0, High: 100}}, Every: 2}
		l.PV.Signal, l.Trigger = "temperature", &loop.Input{Machine: furnace, Signal: "gas"}
		l.SP, l.SPLow, l.SPHigh, l.Deadband, l.Resolution, l.Watchdog = 100, 0, 200, 0, 0, nil
		w.oven.set(func() { w.oven.at = w.oven.at.Add(1000 * time.Hour) }) // the furnace rests
		w.oven.set(func() { w.oven.signal["temperature"], w.oven.signal["heater"] = 100, 50 })
		w.series = w.auto(l)
		for part := range 40 { // the wheel wears by 6
			time.Sleep(5 * time.Second)
			w.oven.set(func() {
				w.oven.signal["temperature"] = 2*w.oven.signal["heater"] + 6
				w.oven.signal["gas"] = float64(part)
			})
		}
		time.Sleep(5 * time.Second)
		near(t, "heater", w.oven.get("heater"), 47, 0.05) // as near as the machine reads back
		if n := len(w.oven.orders); n < 5 || n > 20 {
			t.Errorf("%d corrections of 40 parts, two at a time", n)
		}
	})
}

func TestSaveLoop_Checks(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		for says, spoil := range map[string]func(l *loop.Loop){
			"Chinese name":            func(l *loop.Loop) { l.Name.ZH = "" },
			"write the owner":         func(l *loop.Loop) { l.Owner = " " },
			"is no signal":            func(l *loop.Loop) { l.PV.Signal = "nothing" },
			"is a text":               func(l *loop.Loop) { l.PV.Signal = "order" },
			"is no set point":         func(l *loop.Loop) { l.Output = "temperature" },
			"a watchdog; choose":      func(l *loop.Loop) { l.Output = "dog" },
			"people approve each":     func(l *loop.Loop) { l.Output = "speed" },
			"own output":              func(l *loop.Loop) { l.PV.Signal = "heater" },
			"not within its range":    func(l *loop.Loop) { l.SP = 1000 },
			"a period of":             func(l *loop.Loop) { l.PeriodMs = 10 },
			"writes 100ms apart":      func(l *loop.Loop) { l.IntervalMs = 100 },
			"it is the period":        func(l *loop.Loop) { l.MaxAgeMs = 500 },
			"a gain of 0":             func(l *loop.Loop) { l.Block.PID = &calc.PID{Range: calc.Range{High: 1}} },
			"gives up to 120":         func(l *loop.Loop) { l.Block.PID = &calc.PID{K: 1, Range: calc.Range{High: 120}} },
			"parameters of that kind": func(l *loop.Loop) { l.Block.Kind = loop.OnOff },
			"write inner":             func(l *loop.Loop) { l.Block = loop.Block{Kind: loop.Cascade, Cascade: &calc.Cascade{}} },
			"reads disturbance":       func(l *loop.Loop) { l.Disturbance = &l.PV },
			"reads trigger":           func(l *loop.Loop) { l.Trigger = &l.PV },
			"is no safe action":       func(l *loop.Loop) { l.Safe.Action = "pray" },
			"the machine takes 0":     func(l *loop.Loop) { l.Safe = loop.Safe{Action: loop.Ramp, Value: 101} },
			"hands nothing back":      func(l *loop.Loop) { l.Safe = loop.Safe{Action: loop.HandBack, Signal: "heater"} },
			"does not declare":        func(l *loop.Loop) { l.Watchdog.Signal = "remote" },
			"the shorter one":         func(l *loop.Loop) { l.Watchdog.PeriodMs = 500 },
			"is no kind of block":     func(l *loop.Loop) { l.Block.Kind, l.Block.PID = "magic", nil },
			"belongs to pid or cascade": func(l *loop.Loop) {
				l.Block = loop.Block{Kind: loop.Ratio, Ratio: &calc.Ratio{Ratio: 1, Range: calc.Range{High: 1}}, Feed: &calc.FeedForward{}}
				l.Disturbance = &l.PV
			},
		} {
			l := zone()
			dog := *l.Watchdog
			l.Watchdog = &dog
			spoil(&l)
			if says == "a watchdog; choose" {
				says = "is no set point"
			}
			if _, err := w.SaveLoop(t.Context(), person("li"), l); !errors.Is(err, loop.ErrInvalid) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", says, err)
			}
		}
		l := zone()
		l.Machine = "elsewhere"
		if _, err := w.SaveLoop(t.Context(), person("li"), l); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("a machine that is not there: %v", err)
		}
	})
}

// Two people stand for a loop; a draft does not run; two loops do not move one output;
// who has not the right does nothing.
func TestLoop_WhoMay(t *testing.T) {
	within(t, func(t *testing.T, w *world) {
		ctx, li, wang := t.Context(), person("li"), person("wang")
		l, err := w.SaveLoop(ctx, li, zone())
		must(t, err)
		if _, err := w.SetMode(ctx, li, l.Series, loop.Asked{Mode: loop.Manual}); !errors.Is(err, loop.ErrInvalid) {
			t.Errorf("a draft runs: %v", err)
		}
		if _, err := w.Move(ctx, li, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev}); !errors.Is(err, loop.ErrInvalid) {
			t.Errorf("approved by who wrote it: %v", err)
		}
		if _, err := w.Move(ctx, wang, l.ID, loop.Move{State: loop.Approved, Rev: 7}); !errors.Is(err, access.ErrConflict) {
			t.Errorf("another revision: %v", err)
		}
		l, err = w.Move(ctx, wang, l.ID, loop.Move{State: loop.Approved, Rev: l.Rev})
		must(t, err)
		if _, err := w.SaveLoop(ctx, li, l); !errors.Is(err, loop.ErrInvalid) {
			t.Errorf("an approved revision changed: %v", err)
		}
		looks := access.As("zhao", "zhao", access.Scope{Tenant: tenant}, access.Read)
		if _, err := w.SetMode(ctx, looks, l.Series, loop.Asked{Mode: loop.Manual}); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("put in manual by who may look: %v", err)
		}
		away := access.As("sun", "sun", access.Scope{Tenant: tenant, Path: "firm/other"}, access.Read, access.Control)
		if _, err := w.View(ctx, away, l.Series); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("seen from elsewhere: %v", err)
		}
		w.mode(l.Series, loop.Manual)
		time.Sleep(3 * time.Second)
		w.held = `rule "cool down"`
		_, err = w.SetMode(ctx, li, l.Series, loop.Asked{Mode: loop.Auto, Rev: w.view(l.Series).Run.Rev})
		if !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), w.held) || !strings.Contains(err.Error(), "炉温") {
			t.Errorf("a rule and a loop move one output: %v", err)
		}
		if by := w.Holder(tenant, l.Machine, l.Output); by != "" {
			t.Errorf("in manual the output is held by %s", by)
		}
		w.held = ""
		w.mode(l.Series, loop.Auto)
		if by := w.Holder(tenant, l.Machine, l.Output); by != `loop "炉温"` {
			t.Errorf("in auto the output is held by %q", by)
		}
		if _, err := w.SetMode(ctx, li, l.Series, loop.Asked{Mode: loop.Off, Rev: 1}); !errors.Is(err, access.ErrConflict) {
			t.Errorf("what was seen is old: %v", err)
		}
		second := zone()
		second.Name.ZH = "第二个"
		other := w.approved(second)
		w.mode(other.Series, loop.Manual)
		_, err = w.SetMode(ctx, li, other.Series, loop.Asked{Mode: loop.Auto, Rev: w.view(other.Series).Run.Rev})
		if !errors.Is(err, access.ErrConflict) || !strings.Contains(err.Error(), "炉温") || !strings.Contains(err.Error(), "第二个") {
			t.Errorf("two loops move one output: %v", err)
		}
		if _, err := w.SetOutput(ctx, li, other.Series, loop.NewValue{Value: 61, Rev: w.view(other.Series).Run.Rev}); err != nil {
			t.Error(err)
		}
		time.Sleep(5 * time.Second)
		if v := w.view(l.Series); w.oven.get("heater") != 61 {
			t.Errorf("by hand: heater %v, %+v", w.oven.get("heater"), v.Run)
		}
		all, err := w.Views(ctx, loop.Filter{Scope: access.Scope{Tenant: tenant}})
		must(t, err)
		if len(all) != 2 || all[0].Loop.Series != other.Series || all[1].Loop.Series != l.Series {
			t.Errorf("%d loops", len(all))
		}
	})
}
