package rule

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// heat is a furnace as tests speak of it.
var heat = []Input{
	{"temp", Number, "Cel"}, {"limit", Number, "Cel"}, {"power", Number, "kW"}, {"on", Boolean, ""}, {"mode", Code, ""}, {"state", Text, ""},
}

func spec(when string) Spec { return Spec{Inputs: heat, When: when, Trigger: OnSample} }

// TestCompile_SaysWhatWhereAndHow: each wrong rule is refused at its place.
func TestCompile_SaysWhatWhereAndHow(t *testing.T) {
	t.Parallel()
	f := func(when string, at int, what string) {
		t.Helper()
		_, err := Compile(spec(when))
		w, ok := errors.AsType[*Wrong](err)
		if !ok || w.Field != "when" || w.At != at || !strings.Contains(w.What, what) {
			t.Errorf("%s: %v; want %q at %d", when, err, what, at)
		}
	}
	f(`temp > `, 7, "Syntax error")
	f(`temp > 80.0 &&`, 14, "Syntax error")
	f(`tmp > 80.0`, 0, "undeclared reference to 'tmp'")
	f("temp > 80.0 &&\n tmp > 3.0", 16, "undeclared reference to 'tmp'")
	f(`temp`, 0, "it must be true or false")
	f(`temp > power`, 5, "compares Cel and kW: these are unlike")
	f(`temp - limit > power`, 13, "compares Cel and kW")
	f(`temp + power > 3.0`, 5, "adds Cel and kW")
	f(`temp * power > temp`, 13, "compares Cel.kW and Cel")
	f(`avg(temp, "30s") > avg(power, "30s")`, 17, "compares Cel and kW")
	f(`rate(temp, "1m") > temp`, 17, "compares Cel.min^-1 and Cel")
	f(`avg(temp, 30) > 3.0`, 10, "write the length of the window as a text")
	f(`avg(temp, "30") > 3.0`, 10, "write the length of the window as a text")
	f(`avg(temp, "48h") > 3.0`, 10, "between 1 second and 24 hours")
	f(`duration(temp, "30s") > 3.0`, 9, "true or false")
	f(`avg(on, "30s") > 3.0`, 4, "a number")
	f(`power / 0.0 > 1.0`, 6, "divides by nought")
	f(`power / temp > 1.0`, 6, "divides by nought when temp is 0; say before it")
	f(`temp + 1 > 1.0`, 5, "no matching overload")
	f(`[1,2,3,4,5,6,7,8,9].all(x, [1,2,3,4,5,6,7,8,9].all(y, [1,2,3,4,5,6,7,8,9].all(z, x+y+z > 0)))`, 0, "steps; 2000 are allowed")
	f(strings.Repeat("temp > 1.0 || ", 200)+"on", -1, "characters")
	if _, err := Compile(spec(strings.Repeat("temp > 1.0 || ", 200) + "on")); err == nil {
		t.Error("an expression without end is taken")
	}
}

// TestCompile_Takes rules that are as they should be, with what they rest on.
func TestCompile_Takes(t *testing.T) {
	t.Parallel()
	for _, when := range []string{
		`temp > 80`, `temp > limit && on`, `avg(temp, "30s") - limit > 5.0`, `power / temp > 1.0 && false`, `temp != 0.0 && power / temp > 1.0`,
		`state == "EXECUTING/PROCESSING" && mode == 3`, `count(temp > limit, "5m") >= 3.0`, `[temp, limit].exists(x, x > 80.0)`, `abs(temp - limit) > 3.0`,
		`since(on, "1h") > 60.0`, `duration(temp > 80.0 && on, "10m") > 30.0`, `rate(temp, "2m") < -1.5`, `temp / limit > 1.1 && limit != 0.0 || limit == 0.0 && temp > 1.0`,
	} {
		if _, err := Compile(spec(when)); err != nil && !strings.Contains(err.Error(), "nought") {
			t.Errorf("%s: %v", when, err)
		}
	}
	p, err := Compile(spec(`avg(temp, "90s") > 3.0 && avg(temp, "90s") < max(temp, "2h")`))
	if err != nil || len(p.Windows()) != 2 || p.Windows()[0] != "avg(temp, 1m30s)" || p.Windows()[1] != "max(temp, 2h)" || p.Longest() != 2*hour {
		t.Errorf("windows %v, longest %d, %v", p.Windows(), p.Longest(), err)
	}
}

func TestSpec_Refused(t *testing.T) {
	t.Parallel()
	good := spec("on")
	f := func(field string, change func(*Spec)) {
		t.Helper()
		s := good
		s.Inputs = append([]Input(nil), heat...)
		change(&s)
		_, err := Compile(s)
		if w, ok := errors.AsType[*Wrong](err); !ok || w.Field != field {
			t.Errorf("%v; want a complaint about %s", err, field)
		}
	}
	f("inputs", func(s *Spec) { s.Inputs = nil })
	f("inputs[1]", func(s *Spec) { s.Inputs[1].Name = "temp" })
	f("inputs[0]", func(s *Spec) { s.Inputs[0].Name = "Temp" })
	f("inputs[0]", func(s *Spec) { s.Inputs[0].Name = "avg" })
	f("inputs[2]", func(s *Spec) { s.Inputs[2].Kind = "waveform" })
	f("trigger", func(s *Spec) { s.Trigger = "now" })
	f("every_s", func(s *Spec) { s.Trigger = OnSchedule })
	f("every_s", func(s *Spec) { s.Every = second })
	f("max_per_hour", func(s *Spec) { s.MaxPerHour = -1 })
	f("on_delay_s", func(s *Spec) { s.OnDelay = 2 * day })
	f("when", func(s *Spec) { s.When = " " })
	f("reset", func(s *Spec) { s.Reset = "temp >" })
}

// hostile is what gets past the gate only in a test: three loops inside one another.
const hostile = `[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20].all(a, [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20].all(b, [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20].all(c, [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20].all(d, [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, a+b+c+d+e+f > 0))))))`

// looping is a fold over the hostile rule that the gate let pass, with a limit of time.
func looping(t testing.TB, within time.Duration) (*Fold, context.CancelFunc) {
	t.Helper()
	c := &compiler{p: &Program{spec: spec(hostile + " && on"), slots: map[string]int{}}, limit: 1 << 40}
	if err := c.begin(); err != nil {
		t.Fatal(err)
	}
	p := c.p
	var err error
	if p.when, err = c.condition("when", p.spec.When); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	return NewFold(ctx, p, func(Firing) {}, func(Firing) {}), cancel
}

// TestFold_StopsWhatNeverEnds: a rule that the gate did not see is stopped in time, says
// so, and does nothing more.
func TestFold_StopsWhatNeverEnds(t *testing.T) {
	t.Parallel()
	f, cancel := looping(t, 5*time.Millisecond)
	defer cancel()
	f.Take(3, 0, Value{Number: 1})
	f.Advance(second)
	if !errors.Is(f.Broken(), ErrStopped) {
		t.Fatalf("broken: %v", f.Broken())
	}
	f.Take(3, 2*second, Value{})
	f.Advance(day)
	if _, stands := f.Standing(); stands {
		t.Error("a rule that was stopped fired")
	}
}

// TestFold_CountsItsCost: the limit of cost ends an evaluation whatever the gate said.
func TestFold_CountsItsCost(t *testing.T) {
	t.Parallel()
	c := &compiler{p: &Program{spec: spec("on"), slots: map[string]int{}, bounded: true}, limit: 1 << 40}
	if err := c.begin(); err != nil {
		t.Fatal(err)
	}
	checked, issues := c.inner.Compile(hostile)
	if issues.Err() != nil {
		t.Fatal(issues.Err())
	}
	x := &expression{text: hostile, loops: true}
	c.limit = MaxCost
	if err := c.plan(c.inner, checked, x, func(int64) int { return 0 }); err != nil {
		t.Fatal(err)
	}
	_, err := x.evaluate(context.Background(), newActivation(c.p))
	if !errors.Is(err, ErrStopped) {
		t.Errorf("%v; want a stop at the limit of cost", err)
	}
}
