package alarm

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// byHand is the rule second by second: what [Fold] does between samples, done
// without thinking. Values, contact and target are those that hold in each second;
// NaN is a value that nobody knows.
func byHand(r Rule, values []float64) []Firing {
	var out []Firing
	var now Firing
	stands, over, since := false, false, 0
	known := math.MinInt // since when, without a break
	for s, v := range values {
		at := int64(s) * second
		x, ok := v, !math.IsNaN(v)
		if !ok {
			if stands {
				now.To, now.Lost = at, true
				out = append(out, now)
			}
			stands, over, known = false, false, math.MinInt
			continue
		}
		if known == math.MinInt {
			known = s
		}
		switch window := int(r.Window / second); r.Kind {
		case Rate:
			ok = s-known >= window
			if ok {
				x = math.Abs(v-values[s-window]) * 60 / float64(window)
			}
		case Deviation:
			x = math.Abs(v - r.Target)
		}
		if ok {
			excess := x - r.Limit
			if r.Kind == Low {
				excess = r.Limit - x
			}
			if excess > 0 && !over {
				over, since = true, s
			} else if excess <= -r.Deadband && over {
				over, since = false, s
			}
		}
		if over && !stands && int64(s-since)*second >= r.OnDelay {
			stands, now = true, Firing{From: int64(since)*second + r.OnDelay}
			// The worst counts from when the condition began.
			now.Peak = math.NaN()
		}
		if !over && stands && int64(s-since)*second >= r.OffDelay {
			stands = false
			if now.To = int64(since)*second + r.OffDelay; now.To > now.From {
				out = append(out, now)
			}
		}
	}
	if end := int64(len(values)) * second; stands && end > now.From {
		now.To, now.Open = end, true
		out = append(out, now)
	}
	return out
}

// TestFold_IsTheRuleSecondBySecond holds the fold, which looks only when something
// happens, against a walk over every second, on random signals of all kinds.
func TestFold_IsTheRuleSecondBySecond(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	fired, lost, open := 0, 0, 0
	for run := range 3000 {
		rule := Rule{
			Kind: []Kind{High, Low, Rate, Deviation}[run%4], Limit: float64(r.IntN(5)), Deadband: float64(r.IntN(3)) / 2, Target: float64(r.IntN(5) - 2),
			OnDelay: int64(r.IntN(4)) * second, OffDelay: int64(r.IntN(4)) * second,
		}
		if rule.Kind == Rate {
			rule.Window, rule.Limit = int64(1+r.IntN(5))*second, float64(10*(1+r.IntN(6)))
		}
		if rule.Kind == Rate || rule.Kind == Deviation {
			rule.Limit = max(rule.Limit, 1)
			rule.Deadband = min(rule.Deadband, rule.Limit/2)
		}
		if err := rule.Check(); err != nil {
			t.Fatalf("%+v: %v", rule, err)
		}
		values := make([]float64, 60)
		for s := range values {
			values[s] = math.NaN()
			if s > 0 {
				values[s] = values[s-1]
			}
			switch n := r.IntN(20); {
			case n < 8:
				values[s] = float64(r.IntN(11) - 5)
			case n == 8:
				values[s] = math.NaN()
			}
		}
		want := byHand(rule, values)
		var got []Firing
		f := NewFold(rule, func(one Firing) { got = append(got, one) })
		for s, v := range values { // only what changed is told, as a device behind a gate does
			switch at := int64(s) * second; {
			case math.IsNaN(v) && (s == 0 || !math.IsNaN(values[s-1])):
				f.Miss(at)
			case !math.IsNaN(v) && (s == 0 || v != values[s-1]):
				f.Take(at, v)
			}
			if r.IntN(5) == 0 {
				f.Advance(int64(s)*second + r.Int64N(second)) // looks in between change nothing
			}
			if r.IntN(15) == 0 {
				f = f.Clone(f.emit)
			}
		}
		f.Advance(int64(len(values)) * second)
		if one, ok := f.Standing(); ok {
			got = append(got, one)
		}
		for i := range got {
			if p := got[i].Peak; rule.excess(p) <= 0 {
				t.Fatalf("%+v: the worst while it stood is %v, which is within the limit", rule, p)
			}
			got[i].Peak = 0
		}
		for i := range want {
			want[i].Peak = 0
			fired++
			if want[i].Lost {
				lost++
			}
			if want[i].Open {
				open++
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("run %d: %+v over %v:\n got %+v\nwant %+v", run, rule, values, got, want)
		}
	}
	if fired < 3000 || lost < 300 || open < 100 {
		t.Errorf("%d fired, %d lost, %d open: the test shows little", fired, lost, open)
	}
}

// TestFold_Contact: values are known while contact lasts, and what comes back with
// contact counts when it had time to be told anew.
func TestFold_Contact(t *testing.T) {
	var got []Firing
	f := NewFold(Rule{Kind: High, Limit: 10}, func(one Firing) { got = append(got, one) })
	f.Contact(0, 15*second)
	f.Take(second, 12)
	f.Contact(14*second, 29*second)
	f.Contact(40*second, 55*second) // nobody renewed it at 29 s
	f.Contact(45*second, 45*second) // and now it is lost
	f.Contact(60*second, 75*second)
	f.Take(61*second, 8)
	f.Take(70*second, 11)
	f.Advance(80 * second)
	want := []Firing{
		{From: second, To: 29 * second, Peak: 12, Lost: true},
		{From: 42 * second, To: 45 * second, Peak: 12, Lost: true},
		{From: 70 * second, To: 75 * second, Peak: 11, Lost: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestFold_TargetOfAnotherSignal: a deviation is from what the other signal says,
// and nothing is known before it says so.
func TestFold_TargetOfAnotherSignal(t *testing.T) {
	var got []Firing
	f := NewFold(Rule{Kind: Deviation, Limit: 2}, func(one Firing) { got = append(got, one) })
	f.Aimed()
	f.Take(0, 10)
	f.Aim(5*second, 14)
	f.Take(8*second, 13)
	f.Aim(9*second, 10)
	f.Aim(12*second, 13)
	f.Advance(20 * second)
	want := []Firing{{From: 5 * second, To: 8 * second, Peak: 4}, {From: 9 * second, To: 12 * second, Peak: 3}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestRule_MayFire(t *testing.T) {
	f := func(r Rule, lo, hi float64, want bool) {
		t.Helper()
		if got := r.MayFire(lo, hi); got != want {
			t.Errorf("%+v MayFire(%v, %v) = %t; want %t", r, lo, hi, got, want)
		}
	}
	f(Rule{Kind: High, Limit: 10}, 0, 10, false)
	f(Rule{Kind: High, Limit: 10}, 0, 10.1, true)
	f(Rule{Kind: High, Limit: 10, Deadband: 1}, 0, 9.5, true) // holds up what stands
	f(Rule{Kind: High, Limit: 10, Deadband: 1}, 0, 9, false)
	f(Rule{Kind: Low, Limit: 10}, 10, 20, false)
	f(Rule{Kind: Low, Limit: 10}, 9, 20, true)
	f(Rule{Kind: Deviation, Limit: 2, Target: 10}, 8, 12, false)
	f(Rule{Kind: Deviation, Limit: 2, Target: 10}, 7, 12, true)
	f(Rule{Kind: Rate, Limit: 2}, 7, 7, true)
}
