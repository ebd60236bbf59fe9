package spc_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"zhigai/calc/spc"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for what, err := range map[string]error{
		"a subgroup of one":        second(spc.XBar([][]float64{{1, 2}, {3}}, 2, spc.MeanRange)),
		"no number":                second(spc.XBar([][]float64{{1, 2}, {3, nan}}, 2, spc.MeanRange)),
		"no phase I":               second(spc.XBar([][]float64{{1, 2}, {3, 4}}, 0, spc.MeanRange)),
		"ranges of many":           second(spc.XBar([][]float64{make([]float64, 26), make([]float64, 26)}, 2, spc.MeanRange)),
		"a foreign estimator":      second(spc.Individuals([]float64{1, 2, 3}, 3, spc.Pooled)),
		"more than there are":      second(spc.P([]spc.Count{{5, 10}, {11, 10}}, 2)),
		"a sample of none":         second(spc.U([]spc.Count{{5, 10}, {0, 0}}, 2)),
		"samples of two sizes":     second(spc.NP([]spc.Count{{5, 10}, {1, 20}}, 2)),
		"nothing varies":           second(spc.EWMA(spc.Base{Points: []float64{1, 1}}, 0.2, 3)),
		"a weight above 1":         second(spc.EWMA(spc.Base{StdDev: 1, Points: []float64{1}}, 1.2, 3)),
		"an interval that is none": second(spc.CUSUM(spc.Base{StdDev: 1, Points: []float64{1}}, 0, 1)),
	} {
		if !errors.Is(err, spc.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Patterns by hand: each rule at the points where it completes and goes on.
func TestRules_ByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		rules []spc.Rule
		z     []float64
		want  []int
	}{
		{"r1", spc.WesternElectric, []float64{0, 3, -3, 3.01, -3.01}, []int{4, 5}}, // on a limit is within
		{"r2", spc.WesternElectric, []float64{2.1, 0, 2.1, 0.5, -2.1, 2.1, 2}, []int{3}},
		{"r3", spc.WesternElectric, []float64{1.1, 1.1, -1.1, 1.1, 1.1, 0.9, -1.1}, []int{5}},
		{"r4", spc.WesternElectric, []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1}, []int{8, 9}},
		{"n2", spc.Nelson, []float64{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1}, []int{9, 10}},
		{"n3", spc.Nelson, []float64{1, 2, 3, 4, 5, 6, 7, 7, 8}, []int{6, 7}},
		{"n3", spc.Nelson, []float64{9, 6, 5, 4, 3, 2, 1}, []int{6, 7}},
		{"n4", spc.Nelson, []float64{1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1}, []int{14, 15}},
		{"n7", spc.Nelson, []float64{0, .9, -.9, 0, .9, -.9, 0, .9, -.9, 0, .9, -.9, 0, .9, -.9, 1}, []int{15}},
		{"n8", spc.Nelson, []float64{2, -2, 1.5, -1.5, 2, 2, -2, -1.1, 1.2, 1, 2}, []int{8, 9}},
	} {
		chart := spc.Chart{StdDev: 1, LCL: []float64{-3}, UCL: []float64{3}, Statistics: c.z}
		if got := chart.Violations(c.rules)[c.name]; !slices.Equal(got, c.want) {
			t.Errorf("%s of %v: %v; want %v", c.name, c.z, got, c.want)
		}
	}
}

// Where limits are all but known, chance gives what the rules' probabilities say: one
// point in 370 beyond three sigmas; runs of nine begin once in 512 points; rules
// together give more, and none nothing.
func TestChance(t *testing.T) {
	t.Parallel()
	known := spc.Phase{Subgroups: 1_000_000}
	rate := func(of spc.Phase, rules []spc.Rule) float64 {
		all, err := spc.Chance(of, rules, 500)
		if err != nil {
			t.Fatal(err)
		}
		return all.Mean() / 500
	}
	if got := rate(known, spc.Nelson[:1]); math.Abs(got-0.0027) > 0.0002 {
		t.Errorf("beyond the limits: %v", got)
	}
	if got := rate(known, spc.Nelson[1:2]); math.Abs(got-1.0/512) > 0.0002 {
		t.Errorf("runs: %v", got)
	}
	if all, none := rate(known, spc.Nelson), rate(known, nil); all < 0.01 || all > 0.03 || none != 0 {
		t.Errorf("all %v, none %v", all, none)
	}
}

// Limits of few values give more false signals on average, and differ more from one
// another: the probability of a point beyond them, mean over what x̄ and MR̄/d2 or R̄/d2
// come out as, is 0.00758 of 30 single values (one process in twenty has 0.029 and
// more), 0.00309 of 300, and 0.00379 of 30 subgroups of 5; by 30,000 phases and the
// normal integral, apart from this program.
func TestChance_OfFewValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of        spc.Phase
		low, high float64 // of points beyond the limits
	}{
		{spc.Phase{Subgroups: 30, Size: 1}, 0.0065, 0.0086},
		{spc.Phase{Subgroups: 300, Size: 1}, 0.0029, 0.0033},
		{spc.Phase{Subgroups: 30, Size: 5, By: spc.MeanRange}, 0.0035, 0.0041},
		{spc.Phase{Subgroups: 30, Size: 5, By: spc.MeanSD}, 0.0034, 0.0041},
	} {
		all, err := spc.Chance(c.of, spc.Nelson[:1], 500)
		if err != nil {
			t.Fatal(err)
		}
		if got := all.Mean() / 500; got < c.low || got > c.high {
			t.Errorf("%+v: %v beyond the limits; want %v to %v", c.of, got, c.low, c.high)
		}
	}
	few, err := spc.Chance(spc.Phase{Subgroups: 30, Size: 1}, spc.Nelson[:1], 500)
	if err != nil {
		t.Fatal(err)
	}
	many, err := spc.Chance(spc.Phase{Subgroups: 1000, Size: 1}, spc.Nelson[:1], 500)
	if err != nil {
		t.Fatal(err)
	}
	if f, m := few.AtLeast(8), many.AtLeast(8); f < 0.03 || m > 0.001 {
		t.Errorf("8 signals of 500 points: %v by limits of 30 values, %v by limits of 1000", f, m)
	}
	if few.AtLeast(0) != 1 || few.AtLeast(501) != 0 {
		t.Error("some number of signals is certain")
	}
}

func TestChance_NoLimits(t *testing.T) {
	t.Parallel()
	if _, err := spc.Chance(spc.Phase{Subgroups: 1, Size: 1}, spc.Nelson, 10); err == nil {
		t.Error("limits of one value")
	}
}
