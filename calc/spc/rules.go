package spc

import "math"

// Rule is a pattern of points that chance makes rarely.
type Rule struct {
	Name string
	// window is how many points a pattern has, at least.
	window int
	holds  func(z []float64) bool // of the window, the judged point last
}

// Rule sets. Zones are counted in the chart's own standard errors. A pattern is
// flagged at the point that completes it and at every later one that goes on with
// it; of two of three and four of five, that point is itself beyond the line. A
// point on a line is not beyond it, equal points neither rise nor fall, and one on
// the centre ends a run.
var (
	// WesternElectric: Statistical Quality Control Handbook, 1956.
	WesternElectric = []Rule{{"r1", 1, outside}, {"r2", 3, zone(2, 3, 2)}, {"r3", 5, zone(4, 5, 1)}, {"r4", 8, run}}
	// Nelson: Journal of Quality Technology 16 (1984) 4, 237–239.
	Nelson = []Rule{
		{"n1", 1, outside},
		{"n2", 9, run},
		{"n3", 6, trend},
		{"n4", 14, alternating},
		{"n5", 3, zone(2, 3, 2)},
		{"n6", 5, zone(4, 5, 1)},
		{"n7", 15, within},
		{"n8", 8, without},
	}
)

// OfCounts are the rules that may be asked of charts of counts: zones of a skewed
// distribution say little.
func OfCounts(rules []Rule) (out []Rule) {
	for _, r := range rules {
		if r.Name == "r1" || r.Name == "r4" || r.Name >= "n1" && r.Name <= "n4" {
			out = append(out, r)
		}
	}
	return out
}

// Violations are the points at which each rule is broken, from 1. A rule that looks
// at several points says nothing before there are so many.
func (c *Chart) Violations(rules []Rule) map[string][]int {
	z := c.z()
	out := make(map[string][]int, len(rules))
	for _, r := range rules {
		found := []int{}
		if r.window == 1 { // by the limits, which may have been cut off
			found = c.Beyond()
		} else {
			for i := range z {
				if from := i + 1 - r.window; from >= 0 && r.holds(z[from:i+1]) {
					found = append(found, i+1)
				}
			}
		}
		out[r.Name] = found
	}
	return out
}

func outside(z []float64) bool { return math.Abs(z[len(z)-1]) > Sigmas }

// zone: so many of so many points beyond a line on the side of the last one, which
// is beyond it.
func zone(many, of int, line float64) func([]float64) bool {
	return func(z []float64) bool {
		last := z[len(z)-1]
		if !(math.Abs(last) > line) {
			return false
		}
		n := 0
		for _, v := range z[len(z)-of:] {
			if v > line && last > 0 || v < -line && last < 0 {
				n++
			}
		}
		return n >= many
	}
}

// run: all on one side of the centre.
func run(z []float64) bool {
	return all(z, func(v float64) bool { return v > 0 }) || all(z, func(v float64) bool { return v < 0 })
}

// trend: each above the one before, or each below.
func trend(z []float64) bool {
	up, down := true, true
	for i := range len(z) - 1 {
		up, down = up && z[i+1] > z[i], down && z[i+1] < z[i]
	}
	return up || down
}

// alternating: up and down in turns.
func alternating(z []float64) bool {
	for i := range len(z) - 2 {
		if (z[i+1]-z[i])*(z[i+2]-z[i+1]) >= 0 {
			return false
		}
	}
	return true
}

// within: all in the zones next to the centre.
func within(z []float64) bool { return all(z, func(v float64) bool { return math.Abs(v) < 1 }) }

// without: none in them.
func without(z []float64) bool { return all(z, func(v float64) bool { return math.Abs(v) > 1 }) }

func all(z []float64, is func(float64) bool) bool {
	for _, v := range z {
		if !is(v) {
			return false
		}
	}
	return true
}
