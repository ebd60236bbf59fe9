package rule

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/rule"
	"zhigai/plant"
)

// course is a furnace over some hours, in batches that do not cut an instant: contact is
// renewed each 5 s but for breaks, a value is bad now and then.
func course(r *rand.Rand, length time.Duration) (batches [][]plant.Sample) {
	temp, limit, power := 70.0, 75.0, 30.0
	broken := time.Duration(0)
	var batch []plant.Sample
	for after := time.Second; after < length; after += time.Second {
		if r.IntN(2000) == 0 {
			broken = after + time.Duration(r.IntN(60))*time.Second
			batch = append(batch, at(tagLink, after, 0))
		}
		if after < broken {
			continue
		}
		if after%(5*time.Second) == 0 || broken != 0 {
			batch = append(batch, at(tagLink, after, 1))
			broken = 0
		}
		temp += (75-temp)*0.02 + r.NormFloat64()
		power += (30-power)*0.05 + r.NormFloat64()
		s := at(tagTemp, after, math.Round(temp*10)/10)
		if r.IntN(500) == 0 {
			s.Quality = plant.Bad | plant.OutOfRange
		}
		batch = append(batch, s)
		if r.IntN(3) == 0 {
			batch = append(batch, at(tagPower, after, math.Round(power*10)/10))
		}
		if r.IntN(100) == 0 {
			limit = 70 + float64(r.IntN(10))
			batch = append(batch, at(tagLimit, after, limit))
		}
		if r.IntN(4) == 0 {
			batches = append(batches, batch)
			batch = nil
		}
	}
	return append(batches, batch)
}

// TestRule_LiveIsBacktest: a rule does live what its backtest says it would have done,
// firing by firing, however the samples come in.
func TestRule_LiveIsBacktest(t *testing.T) {
	t.Parallel()
	inputs := []Input{{Name: "temp", Machine: "furnace", Signal: "temp"}, {Name: "limit", Machine: "furnace", Signal: "limit"}, {Name: "power", Machine: "furnace", Signal: "power"}}
	rules := []Definition{
		{When: "temp > 78.0", OnDelayS: 3, OffDelayS: 2, Trigger: "sample"},
		{When: "temp > limit", Reset: "temp < limit - 2.0", MinIntervalS: 60, Trigger: "change"},
		{When: `avg(temp, "30s") > limit && power > 29.0`, Trigger: "sample"},
		{When: `rate(temp, "20s") > 9.0 || count(power > 31.0, "1m") >= 4.0`, OnDelayS: 1, Trigger: "sample"},
		{When: `duration(temp > limit, "1m") > 20.0`, Trigger: "schedule", EveryS: 7},
		{When: "temp > 77.0", Trigger: "sample", MaxPerHour: 40},
	}
	fired := 0
	for i, def := range rules {
		w, d := newWorld(t)
		def.Name, def.Place, def.Inputs, def.Actions, def.StaleS = plant.Name{ZH: "试"}, "furnace", inputs, []Action{{Kind: Alarm, Priority: 3}}, 86400
		if def.MaxPerHour == 0 {
			def.MaxPerHour = 3600
		}
		r := w.brought(t, d, Rule{Definition: def}, Shadow)
		l := w.live(t, d)
		rnd := rand.New(rand.NewPCG(uint64(i), 4))
		for _, batch := range course(rnd, time.Hour) {
			l.come(batch...)
			if rnd.IntN(5) == 0 {
				l.look() // time goes on without a sample
			}
		}
		end := dawn.Add(time.Hour)
		w.set(end.Add(time.Second))
		l.look()
		got := listed(t, d, r)
		want, err := d.replay(t.Context(), 1, r.Definition, plant.MicrosOf(dawn), plant.MicrosOf(end))
		must(t, err)
		said := make([]string, len(want))
		for j, f := range want {
			said[j] = fmt.Sprint(floorMs(f.From).Time(), floorMs(f.To).Micros(), f.Lost, f.Withheld, len(f.Readings))
		}
		if !slices.Equal(got, said) {
			t.Errorf("%s: live %d firings, tried %d\n%v\n%v", def.When, len(got), len(said), got, said)
		}
		fired += len(got)
	}
	if fired < 200 {
		t.Errorf("only %d firings: the test shows little", fired)
	}
	t.Logf("%d firings of %d rules over an hour each, live as tried", fired, len(rules))
}

// listed are the firings of a revision as they were kept, oldest first.
func listed(t *testing.T, d *Desk, r Rule) []string {
	t.Helper()
	all, err := d.Firings(t.Context(), Filter{Scope: access.Scope{Tenant: 1}, Of: r.Series, Limit: 100_000})
	must(t, err)
	slices.Reverse(all)
	out := make([]string, len(all))
	for i, f := range all {
		out[i] = fmt.Sprint(f.From.Time(), f.To.Micros(), f.Lost, f.Withheld, len(f.Readings))
	}
	return out
}

// TestRule_StateOfAMachine: what a machine does is an input as others are, live and tried.
func TestRule_StateOfAMachine(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	span := func(from, to time.Duration, state string) {
		w.derived[MachineState] = append(w.derived[MachineState], Stretch{From: plant.MicrosOf(dawn.Add(from)), To: plant.MicrosOf(dawn.Add(to)), Value: rule.Value{Text: state}, Known: state != ""})
	}
	span(-time.Hour, 20*time.Second, "EXECUTING/PROCESSING")
	span(20*time.Second, 50*time.Second, "OUT_OF_SERVICE/NONE")
	span(50*time.Second, 60*time.Second, "EXECUTING/PROCESSING")
	span(60*time.Second, 80*time.Second, "")
	span(80*time.Second, time.Hour, "OUT_OF_SERVICE/NONE")
	def := hot()
	def.Inputs, def.When = []Input{{Name: "state", Machine: "press", Signal: MachineState}}, `state != "EXECUTING/PROCESSING" && duration(state == "OUT_OF_SERVICE/NONE", "20s") >= 10.0`
	r := w.brought(t, d, def, Shadow)
	l := w.live(t, d)
	for range 120 {
		l.wait(time.Second)
	}
	end := w.now.Add(-time.Second) // as far as live is sure
	want, err := d.replay(t.Context(), 1, r.Definition, plant.MicrosOf(dawn), plant.MicrosOf(end))
	must(t, err)
	said := make([]string, len(want))
	for j, f := range want {
		said[j] = fmt.Sprint(floorMs(f.From).Time(), floorMs(f.To).Micros(), f.Lost, f.Withheld, len(f.Readings))
	}
	if got := listed(t, d, r); !slices.Equal(got, said) || len(got) != 2 {
		t.Errorf("live %v, tried %v; want two firings, alike", got, said)
	}
}

func refused(t *testing.T, err error, sentinel error, words ...string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Errorf("%v; want %v", err, sentinel)
		return
	}
	for _, one := range words {
		if !strings.Contains(err.Error(), one) {
			t.Errorf("%v; want it to say %q", err, one)
		}
	}
}

// TestRule_ActsWhenAnotherAllowsIt walks a rule from draft to acting and back.
func TestRule_ActsWhenAnotherAllowsIt(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	ctx := t.Context()
	r := w.brought(t, d, cool(), Draft)
	_, err := d.Move(ctx, person("wang"), r.ID, Move{What: "shadow", Rev: r.Rev})
	refused(t, err, ErrInvalid, "is draft and cannot become shadow")
	_, err = d.Decide(ctx, person("li"), r.ID, Move{What: "approve", Rev: r.Rev})
	refused(t, err, ErrInvalid, "nobody asked")
	now := plant.InstantOf(w.now)
	r, trial, err := d.Backtest(ctx, person("wang"), r.ID, r.Rev, Question{From: now - 1_000_000, To: now})
	must(t, err)
	if trial.Coverage != nil || trial.Reason == "" || r.State != Backtested {
		t.Errorf("a trial without samples: %+v, state %s", trial, r.State)
	}
	r, err = d.Move(ctx, person("wang"), r.ID, Move{What: "shadow", Rev: r.Rev})
	must(t, err)
	l := w.live(t, d)
	l.come(at(tagLink, time.Second, 1), at(tagTemp, time.Second, 90), at(tagTemp, 2*time.Second, 50))
	if got := listed(t, d, r); len(got) != 1 || len(w.done) != 0 {
		t.Errorf("in shadow: %v, done %v; want one firing that did nothing", got, w.done)
	}
	r, err = d.Move(ctx, person("wang"), r.ID, Move{What: "request", Note: "x", ExpireS: 60, Rev: r.Rev})
	must(t, err)
	_, err = d.Decide(ctx, person("wang"), r.ID, Move{What: "approve", Rev: r.Rev})
	refused(t, err, ErrInvalid, "another person allows it")
	operator := access.As("zhao", "zhao", access.Scope{Tenant: 1}, access.Read, access.Control)
	_, err = d.Decide(ctx, operator, r.ID, Move{What: "approve", Rev: r.Rev})
	refused(t, err, access.ErrForbidden, "engineer")
	w.set(w.now.Add(61 * time.Second))
	_, err = d.Decide(ctx, person("li"), r.ID, Move{What: "approve", Rev: r.Rev})
	refused(t, err, ErrInvalid, "ask again")
	r, err = d.Move(ctx, person("wang"), r.ID, Move{What: "request", Note: "x", Rev: r.Rev})
	must(t, err)
	r, err = d.Decide(ctx, person("li"), r.ID, Move{What: "approve", Rev: r.Rev})
	must(t, err)
	l.load()
	l.come(at(tagLink, 70*time.Second, 1), at(tagTemp, 70*time.Second, 90), at(tagTemp, 71*time.Second, 50))
	want := []string{"alarm firm/heat/furnace by 1", "command firm/heat/furnace by 1", "end of alarm by 1", "end of command by 1"}
	if !slices.Equal(w.done, want) {
		t.Errorf("done %q; want %q", w.done, want)
	}
	_, err = d.Save(ctx, person("wang"), r)
	refused(t, err, ErrInvalid, "make the next revision")

	// The next revision takes its place, and is rolled back from.
	next := cool()
	next.Series, next.When = r.Series, "temp > 85.0"
	n := w.brought(t, d, next, Active)
	if old, err := d.Rule(ctx, person("wang"), r.ID); err != nil || old.State != Retired || n.Revision != 2 {
		t.Errorf("revision 1 is %s, the next is %d, %v", old.State, n.Revision, err)
	}
	old, err := d.Rule(ctx, person("wang"), r.ID)
	must(t, err)
	_, err = d.Decide(ctx, person("li"), r.ID, Move{What: "rollback", Rev: old.Rev})
	refused(t, err, ErrInvalid, "note")
	old, err = d.Decide(ctx, person("li"), r.ID, Move{What: "rollback", Note: "85 is too late", Rev: old.Rev})
	must(t, err)
	if n, err = d.Rule(ctx, person("wang"), n.ID); err != nil || n.State != Retired || old.State != Active {
		t.Errorf("after rolling back: %s and %s, %v", old.State, n.State, err)
	}
	w.done = nil
	l.load()
	l.come(at(tagLink, 200*time.Second, 1), at(tagTemp, 200*time.Second, 83))
	if !slices.Equal(w.done, want[:2]) {
		t.Errorf("after rolling back done %q", w.done)
	}
	// Whoever may set values may stop it.
	old, err = d.Decide(ctx, operator, r.ID, Move{What: "suspend", Note: "smells", Rev: old.Rev})
	if err != nil || old.State != Suspended {
		t.Errorf("%s, %v", old.State, err)
	}
	l.load()
	w.done = nil
	l.come(at(tagTemp, 201*time.Second, 50), at(tagTemp, 202*time.Second, 90))
	if slices.ContainsFunc(w.done, func(one string) bool { return !strings.HasPrefix(one, "end of ") }) {
		t.Errorf("a suspended rule did %q", w.done)
	}
}

// TestRule_SuspendsItself for each way of misbehaving, with the reason, and tells.
func TestRule_SuspendsItself(t *testing.T) {
	t.Parallel()
	f := func(why string, change func(*Rule, *world), happen func(*live)) {
		t.Helper()
		w, d := newWorld(t)
		r := cool()
		change(&r, w)
		r = w.brought(t, d, r, Active)
		l := w.live(t, d)
		happen(l)
		l.acted()
		got, err := d.Rule(t.Context(), person("wang"), r.ID)
		must(t, err)
		last := got.Steps[len(got.Steps)-1]
		if got.State != Suspended || !strings.Contains(last.Note, why) || len(w.told) != 1 {
			t.Errorf("state %s: %q, told %q; want suspended because %q", got.State, last.Note, w.told, why)
		}
	}
	swing := func(l *live) {
		for i := range 4 {
			s := time.Duration(10*i) * time.Second
			l.come(at(tagLink, s+time.Second, 1), at(tagTemp, s+time.Second, 90))
			l.come(at(tagTemp, s+2*time.Second, 50))
		}
	}
	f("more than 2 times within an hour", func(r *Rule, _ *world) { r.MaxPerHour = 2 }, swing)
	f("ended as mismatched: 55 instead of 60", func(_ *Rule, w *world) {
		w.outcome[Command] = Outcome{Kind: Command, State: "mismatched", Why: "55 instead of 60", Doubtful: true}
	}, swing)
	f("3 firings after one another did not do", func(_ *Rule, w *world) { w.outcome[Command] = Failed(Command, errors.New("writing is off")) }, swing)
	f("were not known for 1m0s: temp is not known", func(r *Rule, _ *world) { r.StaleS = 60 }, func(l *live) {
		l.come(at(tagLink, time.Second, 1), at(tagTemp, time.Second, 50))
		l.wait(10 * time.Second)
		l.wait(80 * time.Second)
	})
}

// TestRule_OneIsStoppedOthersGoOn: a rule whose evaluation does not end in time is
// stopped and named; the others see the same samples.
func TestRule_OneIsStoppedOthersGoOn(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	slow := hot()
	slow.Name = plant.Name{ZH: "慢", EN: "Slow"}
	slow.When = "[temp, temp + 1.0].exists(x, x > 80.0)"
	s, good := w.brought(t, d, slow, Active), w.brought(t, d, hot(), Active)
	l := w.live(t, d)
	d.mu.Lock()
	d.runners[s.ID].cancel() // as the clock does after maxLook
	d.runners[s.ID].fold = broken(t, s)
	d.mu.Unlock()
	l.come(at(tagLink, time.Second, 1), at(tagTemp, time.Second, 90))
	if got := listed(t, d, good); len(got) != 1 {
		t.Errorf("the other rule fired %v", got)
	}
	if one, err := d.Rule(t.Context(), person("li"), s.ID); err != nil || one.State != Suspended || len(w.told) != 1 || !strings.Contains(w.told[0], `"Slow" revision 1: it was stopped`) {
		t.Errorf("the slow rule is %s, told %q, %v", one.State, w.told, err)
	}
}

// broken is the fold of a rule that was stopped in the middle of a loop longer than the
// number of turns after which it is asked.
func broken(t *testing.T, r Rule) *rule.Fold {
	t.Helper()
	list := "[" + strings.Repeat("temp, ", 90) + "temp]"
	def := r.Definition
	def.When = list + ".exists(x, x > 1000.0)"
	p, err := rule.Compile(def.spec())
	must(t, err)
	ctx, cancel := contextOver()
	defer cancel()
	f := rule.NewFold(ctx, p, func(rule.Firing) {}, func(rule.Firing) {})
	f.Take(0, int64(plant.MicrosOf(dawn)), rule.Value{Number: 1})
	f.Settle()
	if f.Broken() == nil {
		t.Fatal("a loop went on although its time was over")
	}
	return f
}

// TestRule_Conflicts: two rules for one point, and rules that answer their own doing.
func TestRule_Conflicts(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	ctx := t.Context()
	own := cool()
	own.Inputs = append(own.Inputs, Input{Name: "goal", Machine: "furnace", Signal: "target"})
	_, err := d.Save(ctx, person("wang"), own)
	refused(t, err, ErrInvalid, "actions[1]", "would write firm/heat/furnace/target, which it reads itself as goal (inputs[1])")

	first := w.brought(t, d, cool(), Active)
	second := cool()
	second.Name = plant.Name{ZH: "另一条", EN: "Other"}
	s := w.brought(t, d, second, Shadow)
	_, err = d.Move(ctx, person("wang"), s.ID, Move{What: "request", Note: "x", Rev: s.Rev})
	refused(t, err, access.ErrConflict, `"Other" revision 1`, `"Too hot" revision 1`, "firm/heat/furnace/target")

	// cool writes the furnace's target; this one reads that and writes the press; a third
	// reads the press and would write what cool reads: nobody can write temp, so that the
	// circle is closed by way of the press's speed.
	b := hot()
	b.Name = plant.Name{ZH: "二", EN: "Second"}
	b.Inputs = []Input{{Name: "goal", Machine: "furnace", Signal: "target"}}
	b.When, b.Actions = "goal > 3.0", []Action{{Kind: Command, Machine: "press", Signal: "speed", Value: new(float64(3))}}
	w.brought(t, d, b, Active)
	c := cool()
	c.Series, c.Inputs, c.When = first.Series, []Input{{Name: "speed", Machine: "press", Signal: "speed"}}, "speed > 3.0"
	third := w.brought(t, d, c, Shadow)
	_, err = d.Move(ctx, person("wang"), third.ID, Move{What: "request", Note: "x", Rev: third.Rev})
	refused(t, err, access.ErrConflict, "would answer its own doing", `"Second" revision 1 writes firm/form/press/speed`)
}

// TestRule_FightsALoop: what else moves a point by itself is fought no less than a rule.
func TestRule_FightsALoop(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	d.o.Held = func(_ context.Context, _ plant.TenantNo, machine plant.NodeID, signal string) (string, error) {
		return fmt.Sprintf("loop %q", string(machine)+" "+signal), nil
	}
	s := w.brought(t, d, cool(), Shadow)
	ask := Move{What: "request", Note: "x", Rev: s.Rev}
	_, err := d.Move(t.Context(), person("wang"), s.ID, ask)
	refused(t, err, access.ErrConflict, `"Too hot" revision 1`, `loop "furnace target"`, "firm/heat/furnace/target")
	d.o.Held = nil
	if by, err := d.Holder(t.Context(), 1, "furnace", "target"); err != nil || by != "" {
		t.Errorf("in shadow the target is held by %q, %v", by, err)
	}
	w.brought(t, d, cool(), Active)
	if by, err := d.Holder(t.Context(), 1, "furnace", "target"); err != nil || by != `rule "Too hot" revision 1` {
		t.Errorf("the target is held by %q, %v", by, err)
	}
}

// TestRule_RefusedAtSave says what, where and how to mend it.
func TestRule_RefusedAtSave(t *testing.T) {
	t.Parallel()
	_, d := newWorld(t)
	f := func(field, what string, at int, change func(*Rule)) {
		t.Helper()
		r := cool()
		change(&r)
		got, err := d.Check(t.Context(), person("wang"), r.Definition)
		if err != nil || got.OK || got.Field != field || got.At != at || !strings.Contains(got.What, what) {
			t.Errorf("%+v, %v; want %s: %q at %d", got, err, field, what, at)
		}
		if _, err := d.Save(t.Context(), person("wang"), r); !errors.Is(err, ErrInvalid) {
			t.Errorf("saved: %v", err)
		}
	}
	f("inputs[0]", `has no signal "tmp"`, -1, func(r *Rule) { r.Inputs[0].Signal = "tmp" })
	f("inputs[0]", "there is no machine lathe", -1, func(r *Rule) { r.Inputs[0].Machine = "lathe" })
	f("when", "undeclared reference to 'tmp'", 0, func(r *Rule) { r.When = "tmp > 80.0" })
	f("when", "compares Cel and kN", 5, func(r *Rule) {
		r.Inputs = append(r.Inputs, Input{Name: "force", Machine: "press", Signal: "force"})
		r.When = "temp > force"
	})
	f("when", "divides by nought when temp is 0", 4, func(r *Rule) { r.When = "3.0 / temp > 1.0" })
	f("actions[1]", "the machine does not take 1000", -1, func(r *Rule) { r.Actions[1].Value = new(float64(1000)) })
	f("actions[1]", `"temp" is no set point`, -1, func(r *Rule) { r.Actions[1].Signal = "temp" })
	f("actions[0]", "say how urgent it is", -1, func(r *Rule) { r.Actions[0].Priority = 9 })
	f("actions[0]", `there is no route "x"`, -1, func(r *Rule) { r.Actions[0] = Action{Kind: Notify, Priority: 2, Route: "x"} })
	f("actions[0]", `no component "x" is at work`, -1, func(r *Rule) { r.Actions[0] = Action{Kind: RunComponent, Component: "x"} })
	f("actions[0]", "runs no component", -1, func(r *Rule) { r.Actions[0].Component = "soft" })
	f("actions[0]", "goes by no route", -1, func(r *Rule) { r.Actions[0].Route = "nights" })
	f("max_per_hour", "say how often", -1, func(r *Rule) { r.MaxPerHour = 0 })
	f("name", "say in a few Chinese words", -1, func(r *Rule) { r.Name.ZH = " " })
}

// TestRule_TriedAgainstEvents counts hits, misses and false calls.
func TestRule_TriedAgainstEvents(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	var samples []plant.Sample
	for s := range 3600 {
		after := time.Duration(s) * time.Second
		temp := 50.0
		if s%600 >= 300 && s%600 < 330 { // at 5, 15, 25 … minutes
			temp = 90
		}
		samples = append(samples, at(tagTemp, after, temp))
		if s%5 == 0 {
			samples = append(samples, at(tagLink, after, 1))
		}
	}
	_, err := w.history.Append(t.Context(), 1, plant.Batch{Samples: samples})
	must(t, err)
	span := func(from, to int64) { w.events = append(w.events, spanOf(from, to)) }
	span(310, 315)   // within the first firing's minute before
	span(1400, 1500) // nothing before it
	span(1520, 1600) // one came just before
	w.set(dawn.Add(time.Hour))
	r := hot()
	trial, err := d.Try(t.Context(), person("wang"), Question{Definition: r.Definition, From: plant.InstantOf(dawn), To: plant.InstantOf(dawn.Add(time.Hour)), WithinS: 60, Points: 10})
	must(t, err)
	if trial.Count != 6 || trial.Events != 3 || trial.Hits != 2 || trial.Misses != 1 || trial.False != 4 || trial.Fired[0].BeforeS != 10 || trial.Coverage == nil || *trial.Coverage < 0.99 || len(trial.Courses) != 1 || len(trial.Courses[0].Points) != 10 {
		t.Errorf("%+v", trial)
	}
}
