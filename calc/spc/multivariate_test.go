package spc_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"zhigai/calc/spc"
)

// near compares to 1e-9 relative.
func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*math.Abs(want) }

func allNear(got, want []float64) bool { return slices.EqualFunc(got, want, near) }

// T² and its limits are those of R; see testdata/t2.R.
func TestT2_AsR(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/t2.json")
	must(t, err)
	var want struct {
		X, Center, Cov, T2 []float64
		Trial              int
		UCL1, UCL2         []float64
		GroupCov           []float64 `json:"group_cov"`
		GroupT2            []float64 `json:"group_t2"`
		GroupUCL1          []float64 `json:"group_ucl1"`
		GroupUCL2          []float64 `json:"group_ucl2"`
	}
	must(t, json.Unmarshal(raw, &want))
	points := slices.Collect(slices.Chunk(want.X, 3))
	c, err := spc.T2(points, want.Trial, spc.Alpha(3))
	must(t, err)
	if !allNear(c.Center, want.Center) || !allNear(slices.Concat(c.Cov...), want.Cov) || !allNear(c.Statistics, want.T2) || !near(c.UCL, want.UCL1[0]) || !near(c.UCLNew, want.UCL2[0]) {
		t.Errorf("%+v; want %+v", c, want)
	}
	if got := c.Beyond(); !slices.Equal(got, []int{28}) {
		t.Errorf("beyond %v; want 28, where the first value was shifted", got)
	}
	if parts := c.Parts[27]; slices.Max(parts) != parts[0] || parts[0] < 0.8*c.Statistics[27] {
		t.Errorf("parts of point 28 %v of %v", parts, c.Statistics[27])
	}
	groups := make([][][]float64, 6)
	for i, p := range points {
		groups[i/5] = append(groups[i/5], p[:2])
	}
	g, err := spc.T2Groups(groups, 5, spc.Alpha(2))
	must(t, err)
	if !allNear(slices.Concat(g.Cov...), want.GroupCov) || !allNear(g.Statistics, want.GroupT2) || !near(g.UCL, want.GroupUCL1[0]) || !near(g.UCLNew, want.GroupUCL2[0]) {
		t.Errorf("subgroups %+v; want %+v", g, want)
	}
}

func TestT2_Refuses(t *testing.T) {
	t.Parallel()
	line := make([][]float64, 20)
	for i := range line {
		v := float64(i*i%7) + float64(i)/3
		line[i] = []float64{v, 2 * v, float64(i % 5)}
	}
	still := make([][]float64, 20)
	for i := range still {
		still[i] = []float64{float64(i % 3), 5}
	}
	for what, err := range map[string]error{
		"one follows from another": second(spc.T2(line, 20, 0.01)),
		"one does not vary":        second(spc.T2(still, 20, 0.01)),
		"too few points":           second(spc.T2(line[:4], 4, 0.01)),
		"one characteristic":       second(spc.T2([][]float64{{1}, {2}, {3}}, 3, 0.01)),
		"no number":                second(spc.T2([][]float64{{1, 2}, {2, math.NaN()}, {3, 1}}, 3, 0.01)),
		"another many":             second(spc.T2([][]float64{{1, 2}, {2}, {3, 1}}, 3, 0.01)),
		"a probability of 0":       second(spc.T2(line, 20, 0)),
	} {
		if !errors.Is(err, spc.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// By the limits that phase I gave, points are judged as the chart of both phases
// judges them.
func TestGiven_AsBothPhases(t *testing.T) {
	t.Parallel()
	groups := [][]float64{{5, 7, 6}, {6, 5, 8}, {7, 7, 5}, {6, 6, 5}, {9, 9, 12}, {1, 6, 6}}
	counts := []spc.Count{{3, 50}, {2, 50}, {4, 50}, {1, 50}, {12, 50}, {0, 50}}
	singles := []float64{5, 6, 5.5, 6.2, 5.1, 9}
	compare := func(name string, whole *spc.Chart, err error, given *spc.Chart, err2 error) {
		t.Helper()
		must(t, err)
		must(t, err2)
		if !allNear(given.Statistics, whole.Statistics) || !allNear(given.LCL, whole.LCL) || !allNear(given.UCL, whole.UCL) || !slices.Equal(given.Beyond(), whole.Beyond()) {
			t.Errorf("%s: %+v; want %+v", name, given, whole)
		}
	}
	x, err := spc.XBar(groups, 4, spc.MeanRange)
	given, err2 := spc.XBarBy(groups, x.Center, x.StdDev)
	compare("means", x, err, given, err2)
	r, err := spc.Range(groups, 4, spc.MeanRange)
	given, err2 = spc.SpreadBy(groups, false, r.StdDev)
	compare("ranges", r, err, given, err2)
	s, err := spc.SD(groups, 4, spc.MeanSD)
	given, err2 = spc.SpreadBy(groups, true, s.StdDev)
	compare("deviations", s, err, given, err2)
	i, err := spc.Individuals(singles, 4, spc.MovingRange)
	compare("single values", i, err, spc.IndividualsBy(singles, i.Center, i.StdDev), nil)
	m, err := spc.Moving(singles, 4)
	compare("moving ranges", m, err, spc.MovingBy(singles, m.StdDev), nil)
	for name, of := range map[string]func([]spc.Count, int) (*spc.Chart, error){"p": spc.P, "np": spc.NP, "c": spc.C, "u": spc.U} {
		c, err := of(counts, 4)
		given, err2 := spc.CountsBy(name, c.Center, counts)
		compare(name, c, err, given, err2)
	}
}
