package spc

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Phase is of what the limits of a chart were made: they are the less certain, the
// fewer subgroups there were, and narrow ones give more signals.
type Phase struct {
	Subgroups int // 2 at least
	// Size is how many values a subgroup has: of one, moving ranges make the limits. 0
	// are counts, whose spread follows from their centre.
	Size int
	By   Estimator // of subgroups of two and more
}

// chances is how many processes in control are tried: a probability of 1 % is known
// to some 0.3 %.
const chances = 1000

// Signals are how many signals processes in control gave, in ascending order.
type Signals []int

// Chance is how many signals so many points of a process in control give by chance,
// by limits that were made of other points of it (C. P. Quesenberry, The effect of
// sample size on estimated limits for X̄ and X control charts, J. Quality Technology
// 25, 1993): points one behind the other that break a rule are one signal. It is
// found by a thousand fixed runs of independent normal values, each with limits of
// its own phase I.
func Chance(of Phase, rules []Rule, points int) (Signals, error) {
	r := rand.New(rand.NewPCG(1, 2))
	out := make(Signals, chances)
	c := &Chart{Statistics: make([]float64, points)}
	broken := make([]bool, points+1) // by point, from 1
	for i := range out {
		center, sd, err := of.limits(r)
		if err != nil {
			return nil, err
		}
		c.Center, c.StdDev, c.LCL, c.UCL = center, sd, []float64{center - Sigmas*sd}, []float64{center + Sigmas*sd}
		for i := range c.Statistics {
			c.Statistics[i] = r.NormFloat64()
		}
		clear(broken)
		for _, flagged := range c.Violations(rules) {
			for _, p := range flagged {
				broken[p] = true
			}
		}
		for p := 1; p <= points; p++ {
			if broken[p] && !broken[p-1] {
				out[i]++
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// limits are the centre and the standard error that a phase I finds of a process
// whose statistics are standard normal.
func (p Phase) limits(r *rand.Rand) (center, sd float64, err error) {
	if p.Size == 0 {
		return r.NormFloat64() / math.Sqrt(float64(p.Subgroups)), 1, nil
	}
	values := make([]float64, p.Subgroups*p.Size)
	for i := range values {
		values[i] = r.NormFloat64()
	}
	if p.Size == 1 {
		c, err := Individuals(values, p.Subgroups, MovingRange)
		if err != nil {
			return 0, 0, err
		}
		return c.Center, c.StdDev, nil
	}
	root := math.Sqrt(float64(p.Size))
	c, err := XBar(slices.Collect(slices.Chunk(values, p.Size)), p.Subgroups, p.By)
	if err != nil {
		return 0, 0, err
	}
	return c.Center * root, c.StdDev, nil
}

// Mean is how many they gave on average.
func (s Signals) Mean() float64 {
	sum := 0
	for _, n := range s {
		sum += n
	}
	return float64(sum) / float64(len(s))
}

// AtLeast is how probable so many signals or more are.
func (s Signals) AtLeast(k int) float64 {
	below, _ := slices.BinarySearch(s, k)
	return float64(len(s)-below) / float64(len(s))
}
