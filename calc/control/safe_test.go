package control

import (
	"math"
	"slices"
	"testing"
	"time"
)

// walk follows a safe action at a machine that takes every value, and says what it was
// given and when.
func walk(w *Way, have float64, by Strides, looks time.Duration) (given []float64, at []time.Duration) {
	for passed := time.Duration(0); passed < time.Hour; passed += looks {
		step, ok := w.Next(passed, &have, by)
		switch {
		case !ok:
		case step.Done:
			return given, at
		default:
			given, at = append(given, step.Value), append(at, passed)
			if step.Signal != "" {
				if w.Confirmed(step.Value, by) {
					return given, at
				}
				continue
			}
			have = step.Value
			if w.Confirmed(have, by) {
				return given, at
			}
		}
	}
	return given, at
}

func TestWay_RampKeepsItsRate(t *testing.T) {
	f := func(have float64, safe Safe, by Strides, want ...float64) {
		t.Helper()
		given, at := walk(&Way{Safe: safe}, have, by, 250*time.Millisecond)
		if !slices.EqualFunc(given, want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }) {
			t.Errorf("%v; want %v", given, want)
		}
		for i := 1; i < len(at); i++ {
			if at[i]-at[i-1] < by.Pause {
				t.Errorf("steps at %v; want a pause of %s", at, by.Pause)
			}
		}
	}
	second := Strides{Pause: time.Second}
	f(60, Safe{Action: RampTo, Value: 20, Rate: 15}, second, 45, 30, 20)
	f(20, Safe{Action: RampTo, Value: 60}, second, 60)
	f(60, Safe{Action: RampTo, Value: 60, Rate: 1}, second)
	f(60, Safe{Action: RampTo, Value: 20, Rate: 100}, Strides{Pause: time.Second, MaxStep: 25}, 35, 20)
	f(60, Safe{Action: RampTo, Value: 20, Rate: 100}, Strides{Pause: 2 * time.Second, MaxRate: 600}, 40, 20)
	f(10, Safe{Action: RampTo, Value: 9, Rate: 0.3}, Strides{Pause: time.Second, Resolution: 0.5}, 9.5, 9)
	f(10, Safe{Action: RampTo, Value: 9, Rate: 0.1}, Strides{Pause: time.Second, Resolution: 0.5}, 9.5, 9)
	f(10, Safe{Action: Hold}, second)
	f(10, Safe{Action: HandBack, Signal: "remote", Value: 0}, second, 0)
}

// A machine that does not answer is tried again, more and more seldom, a minute apart at
// most; a ramp waits until somebody knows where it begins.
func TestWay_TriesAgain(t *testing.T) {
	w := &Way{Safe: Safe{Action: HandBack, Signal: "remote"}}
	var at []time.Duration
	for passed := time.Duration(0); passed < 5*time.Minute; passed += time.Second {
		if _, ok := w.Next(passed, nil, Strides{Pause: time.Second}); ok {
			at = append(at, passed/time.Second)
			w.Refused()
		}
	}
	if want := []time.Duration{0, 1, 3, 7, 15, 31, 63, 123, 183, 243}; !slices.Equal(at, want) {
		t.Errorf("tried at %v s; want %v", at, want)
	}
	ramp := &Way{Safe: Safe{Action: RampTo, Value: 1}}
	if _, ok := ramp.Next(0, nil, Strides{Pause: time.Second}); ok {
		t.Error("a ramp began though nobody knows where")
	}
	have := 2.0
	if step, ok := ramp.Next(time.Millisecond, &have, Strides{Pause: time.Second}); !ok || step.Value != 1 {
		t.Errorf("%+v, %v; want a step to 1 at once", step, ok)
	}
}

func TestSafe_Check(t *testing.T) {
	for _, s := range []Safe{{}, {Action: "explode"}, {Action: RampTo, Value: math.NaN()}, {Action: RampTo, Rate: -1}} {
		if s.Check() == nil {
			t.Errorf("%+v is taken", s)
		}
	}
}
