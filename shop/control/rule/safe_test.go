package rule

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/calc/control"
)

// guarded is cool with something declared for when it cannot go on.
func guarded(safe control.Safe) Rule {
	r := cool()
	r.Actions[1].Safe = &Safe{Safe: safe}
	return r
}

// eventually waits for what another goroutine does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); !is(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it never came to %s", what)
		}
	}
}

func (w *world) output(signal string) float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.outputs[signal]
}

// TestRule_SafeWhenItCannotGoOn: each thing that may be declared is done when the rule
// suspends itself, is tried again at a machine that does not answer, and is kept with it.
func TestRule_SafeWhenItCannotGoOn(t *testing.T) {
	t.Parallel()
	f := func(safe control.Safe, signal string, want float64, what string) {
		t.Helper()
		w, d := newWorld(t)
		w.outputs["target"], w.outputs["manual"], w.refuses = 60, 5, 1
		r := w.brought(t, d, guarded(safe), Active)
		l := w.live(t, d)
		w.outcome[Command] = Outcome{Kind: Command, State: "mismatched", Why: "55 instead of 60", Doubtful: true}
		l.come(at(tagLink, time.Second, 1), at(tagTemp, time.Second, 90))
		var got Rule
		eventually(t, what, func() bool {
			var err error
			got, err = d.Rule(t.Context(), person("wang"), r.ID)
			must(t, err)
			return got.State == Suspended && !got.unsafe()
		})
		if w.output(signal) != want || len(got.Securing) != 1 || got.Securing[0].What != what || got.Securing[0].At == 0 {
			t.Errorf("%s is %v, %+v; want %v, %q", signal, w.output(signal), got.Securing, want, what)
		}
		// What stood is over, and nobody knows whether it went on.
		kept, err := d.Firings(t.Context(), Filter{Scope: person("li").Scope, Of: r.Series, Limit: 9})
		if err != nil || len(kept) != 1 || kept[0].To == 0 || !kept[0].Lost {
			t.Errorf("firings %+v, %v", kept, err)
		}
	}
	f(control.Safe{Action: control.Hold}, "target", 60, "target stays as it is")
	f(control.Safe{Action: control.RampTo, Value: 20, Rate: 30}, "target", 20, "target is at 20")
	f(control.Safe{Action: control.HandBack, Signal: "manual", Value: 1}, "manual", 1, "the machine took over: manual is 1")
}

// TestRule_NodeStartsAnew: a rule that commands does not act on by itself after the node
// ended, unless it says so; what was not safe by then is made safe.
func TestRule_NodeStartsAnew(t *testing.T) {
	t.Parallel()
	w, first := newWorld(t)
	w.outputs["target"] = 60
	stops := w.brought(t, first, guarded(control.Safe{Action: control.RampTo, Value: 20}), Active)
	on := cool()
	on.Name.EN, on.GoesOn = "Goes on", true
	on.Actions[1].Machine, on.Actions[1].Signal = "press", "speed"
	goes := w.brought(t, first, on, Active)
	told := w.brought(t, first, hot(), Active)
	l := w.live(t, first)
	first.drop()

	w.set(w.now.Add(time.Minute))
	second := NewDesk(first.o)
	t.Cleanup(second.drop)
	next := &live{t: t, w: w, d: second, feed: l.feed, at: w.history.LastSeq()}
	next.load()
	eventually(t, "20", func() bool { return w.output("target") == 20 })
	for _, one := range []struct {
		of    Rule
		state State
	}{{stops, Suspended}, {goes, Active}, {told, Active}} {
		r, err := second.Rule(t.Context(), person("li"), one.of.ID)
		must(t, err)
		if r.State != one.state {
			t.Errorf("%s is %s; want %s", r.called(), r.State, one.state)
		}
	}
	eventually(t, "a kept step", func() bool {
		r, err := second.Rule(t.Context(), person("li"), stops.ID)
		must(t, err)
		return !r.unsafe() && slices.ContainsFunc(r.Steps, func(s Step) bool { return s.What == "suspend" && strings.Contains(s.Note, "the node started anew") })
	})
	// Allowed again it acts, and the load after that suspends nothing.
	r, err := second.Rule(t.Context(), person("li"), stops.ID)
	must(t, err)
	r, err = second.Decide(t.Context(), person("li"), r.ID, Move{What: "rollback", Note: "looked at it", Rev: r.Rev})
	must(t, err)
	next.load()
	if s := second.Status(r.ID); !s.Running || r.Securing != nil {
		t.Errorf("allowed again: %+v, %+v", s, r.Securing)
	}
}

// TestRule_ClockAndLoad: a clock that steps and a loop that goes round too late suspend
// what commands; what only tells begins anew, or goes on.
func TestRule_ClockAndLoad(t *testing.T) {
	t.Parallel()
	f := func(why string, step, late time.Duration) {
		t.Helper()
		w, d := newWorld(t)
		acts, tells := w.brought(t, d, cool(), Active), w.brought(t, d, hot(), Active)
		l := w.live(t, d)
		passed := time.Duration(0)
		d.o.Passed = func() time.Duration { return passed }
		last, _ := d.feel(pulse{})
		passed += late
		w.set(w.now.Add(late + step))
		d.feel(last)
		l.acted()
		got, err := d.Rule(t.Context(), person("li"), acts.ID)
		must(t, err)
		if note := got.Steps[len(got.Steps)-1].Note; got.State != Suspended || !strings.Contains(note, why) {
			t.Errorf("%s: %q; want suspended because %q", got.State, note, why)
		}
		l.load()
		if s := d.Status(tells.ID); !s.Running {
			t.Errorf("%s: what only tells does not run: %+v", why, s)
		}
	}
	f("the clock of the node stepped by 1h0m0s", time.Hour, 200*time.Millisecond)
	f("the clock of the node stepped by -10s", -10*time.Second, 200*time.Millisecond)
	f("the node is overloaded: 4s between two looks", 0, 4*time.Second)
}

// TestRule_Watchdog is served because the rule is looked at, and no longer once it is
// suspended.
func TestRule_Watchdog(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	r := cool()
	r.Actions[1].Watchdog = &Watchdog{Signal: "alive", PeriodMs: 500}
	r = w.brought(t, d, r, Active)
	l := w.live(t, d)
	passed := time.Duration(0)
	d.mu.Lock()
	d.o.Passed = func() time.Duration { d.mu.Lock(); defer d.mu.Unlock(); return passed }
	d.mu.Unlock()
	beats := func() uint64 { w.mu.Lock(); defer w.mu.Unlock(); return w.beats }
	for n := uint64(1); n < 4; n++ {
		eventually(t, "a beat", func() bool { l.look(); return beats() == n })
		d.mu.Lock()
		passed += 500 * time.Millisecond
		d.mu.Unlock()
	}
	r, err := d.Decide(t.Context(), person("li"), r.ID, Move{What: "suspend", Note: "smells", Rev: r.Rev})
	must(t, err)
	l.load()
	d.work.Wait() // nobody is left that could serve it
	was := beats()
	d.mu.Lock()
	passed += time.Hour
	d.mu.Unlock()
	l.look()
	if beats() != was || r.State != Suspended {
		t.Errorf("%d beats after %d", beats(), was)
	}
}

// TestRule_SafetyRefused says what, where and how to mend it.
func TestRule_SafetyRefused(t *testing.T) {
	t.Parallel()
	_, d := newWorld(t)
	f := func(what string, change func(*Action)) {
		t.Helper()
		r := cool()
		change(&r.Actions[1])
		got, err := d.Check(t.Context(), person("wang"), r.Definition)
		if err != nil || got.OK || !strings.HasPrefix(got.Field, "actions[1]") || !strings.Contains(got.What, what) {
			t.Errorf("%+v, %v; want %q", got, err, what)
		}
		if _, err := d.Save(t.Context(), person("wang"), r); !errors.Is(err, ErrInvalid) {
			t.Errorf("saved: %v", err)
		}
	}
	safe := func(s control.Safe) func(*Action) { return func(a *Action) { a.Safe = &Safe{Safe: s} } }
	f(`"pray" is no safe action`, safe(control.Safe{Action: "pray"}))
	f("the machine does not take 1000", safe(control.Safe{Action: control.RampTo, Value: 1000}))
	f("the rate not negative", safe(control.Safe{Action: control.RampTo, Value: 10, Rate: -1}))
	f("hands nothing back", safe(control.Safe{Action: control.HandBack, Signal: "target"}))
	f(`"temp" is no set point`, safe(control.Safe{Action: control.HandBack, Signal: "temp"}))
	f("people approve each command to heat", safe(control.Safe{Action: control.HandBack, Signal: "heat"}))
	f("does not declare", func(a *Action) { a.Watchdog = &Watchdog{Signal: "temp", PeriodMs: 1000} })
	f("500ms to 1m0s are allowed", func(a *Action) { a.Watchdog = &Watchdog{Signal: "alive", PeriodMs: 100} })
	f("a alarm moves no set point", func(a *Action) {
		*a = Action{Kind: Alarm, Priority: 1, Safe: &Safe{Safe: control.Safe{Action: control.Hold}}}
	})
}
