package quality_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"zhigai/plant"
	"zhigai/shop/quality"
)

var diameter = quality.Characteristic{ID: "C", Code: "1", Chart: "imr", Size: 1, Stage: quality.InProcess, Rules: []string{"n1", "n2", "n3"}, LSL: new(9.0), USL: new(11.0)}

func subgroups(values ...float64) (out []quality.Subgroup) {
	for i, v := range values {
		out = append(out, quality.Subgroup{ID: fmt.Sprint(i), At: plant.Instant(i), Values: []float64{v}})
	}
	return out
}

// steady are values of a process at 10 that varies.
func steady(n int) (out []float64) {
	for i := range n {
		out = append(out, 10+0.1*math.Sin(float64(i*i)))
	}
	return out
}

// Points before the first limits have trial ones; each version of limits judges the
// points from when on it holds, and no other.
func TestFold_VersionsOfLimits(t *testing.T) {
	t.Parallel()
	all := subgroups(append(steady(20), 10.6, 10.6, 10.6, 10.6)...)
	trial, err := quality.Fold(&diameter, nil, all[:20], 0)
	must(t, err)
	if trial[0].LCL == nil || trial[0].Limits != 0 {
		t.Errorf("trial limits: %+v", trial[0])
	}
	first, err := quality.LimitsOf(&diameter, all[:20])
	must(t, err)
	if *trial[0].UCL != first.Center+3*first.StdDev {
		t.Errorf("trial limit %v; want %v ± 3 × %v", *trial[0].UCL, first.Center, first.StdDev)
	}
	first.Version, first.From = 1, 20
	second := first
	second.Version, second.From, second.Center = 2, 22, 10.6 // another material
	got, err := quality.Fold(&diameter, []quality.Limits{second, first}, all, 0)
	must(t, err)
	for i, p := range got {
		want := int64(0)
		if i >= 20 {
			want = 1
		}
		if i >= 22 {
			want = 2
		}
		if p.Limits != want {
			t.Errorf("point %d by limits %d; want %d", i, p.Limits, want)
		}
		if out := slices.Contains(p.Rules, "n1"); out != (i == 20 || i == 21) {
			t.Errorf("point %d, %v: %v", i, p.Value, p.Rules)
		}
	}
}

// What comes one by one, judged with the 15 before it, is judged as the whole.
func TestFold_OneByOne(t *testing.T) {
	t.Parallel()
	values := append(steady(30), 10.02, 10.03, 10.05, 10.06, 10.07, 10.08, 10.09, 10.1, 10.12, 10.9, 9.2)
	all := subgroups(values...)
	l, err := quality.LimitsOf(&diameter, all[:30])
	must(t, err)
	l.Version = 1
	c := diameter
	c.Rules = []string{"n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"}
	whole, err := quality.Fold(&c, []quality.Limits{l}, all, 0)
	must(t, err)
	broken := 0
	for i := range all {
		from := max(0, i-15)
		one, err := quality.Fold(&c, []quality.Limits{l}, all[from:i+1], i-from)
		must(t, err)
		if !slices.Equal(one[0].Rules, whole[i].Rules) {
			t.Errorf("point %d: %v; in the whole %v", i, one[0].Rules, whole[i].Rules)
		}
		broken += len(whole[i].Rules)
	}
	if broken == 0 {
		t.Error("nothing was flagged")
	}
}

func TestFold_Outside(t *testing.T) {
	t.Parallel()
	got, err := quality.Fold(&diameter, nil, subgroups(10, 11, 11.01, 8.9), 0)
	must(t, err)
	for i, want := range []bool{false, false, true, true} { // a value on a limit is within
		if got[i].Outside != want {
			t.Errorf("point %d: outside %v; want %v", i, got[i].Outside, want)
		}
	}
	if got[0].LCL != nil {
		t.Errorf("limits of four points: %+v", got[0])
	}
}

func TestFold_Attributes(t *testing.T) {
	t.Parallel()
	c := quality.Characteristic{ID: "C", Code: "1", Attribute: true, Chart: "p", Size: 50, Rules: []string{"n1", "n5"}}
	var all []quality.Subgroup
	for i, found := range []float64{2, 3, 1, 2, 4, 2, 3, 14} {
		all = append(all, quality.Subgroup{ID: fmt.Sprint(i), At: plant.Instant(i), Found: found, Size: 50})
	}
	l, err := quality.LimitsOf(&c, all[:7])
	must(t, err)
	l.Version = 1
	got, err := quality.Fold(&c, []quality.Limits{l}, all, 0)
	must(t, err)
	if got[7].Value != 0.28 || !slices.Equal(got[7].Rules, []string{"n1"}) || len(got[6].Rules) > 0 { // zones say little of counts
		t.Errorf("%+v", got[6:])
	}
	if _, err := quality.LimitsOf(&c, all[:2]); !errors.Is(err, quality.ErrInvalid) {
		t.Errorf("limits of two samples: %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
