package life

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Left is when what rises will reach a limit, in the unit of the times.
type Left struct {
	At   float64  `json:"at"`   // when the trend reaches the limit
	Low  float64  `json:"low"`  // the earliest, with the share asked
	High *float64 `json:"high"` // the latest; nil where the trend may be too slow to reach it ever
	// Slope is of the logarithm in a unit of time, N how many values it is of, and P
	// the chance that no trend at all looks so.
	Slope float64 `json:"slope"`
	N     int     `json:"n"`
	P     float64 `json:"p"`
}

// NoLeft says why nothing is said.
type NoLeft string

// Reasons why nothing is said of what is left.
const (
	TooFew    NoLeft = "too_few"   // values to tell a trend by
	NoTrend   NoLeft = "no_trend"  // it does not rise, or may not
	AtLimit   NoLeft = "at_limit"  // it has reached it
	TooFar    NoLeft = "too_far"   // further ahead than it was watched
	NotBelow  NoLeft = "not_above" // values or the limit are not above 0
	Unordered NoLeft = "unordered" // times do not rise
)

const (
	// sureTrend is the chance of a trend by chance that is borne: pages show many.
	sureTrend = 0.01
	// leastValues of a trend: fewer leave the interval useless.
	leastValues = 12
	// aheadMost is how far ahead is looked, by how long was watched.
	aheadMost = 3.0
	// bisections are more than the digits of a number, and farAway is never, by the
	// length of what was watched.
	bisections = 200
	farAway    = 1e6
)

// Reach says when values that rise will reach a limit, if they go on as since their
// first: their logarithms by a straight line, as wear that feeds on itself has it.
// The interval covers where the line reaches the limit with the share asked, by the
// band of the line's own uncertainty (Seber and Lee, Linear Regression Analysis, 2003,
// section 6.1, inverse prediction), widened by the autocorrelation of what is left
// over, which makes the values worth fewer. Nothing is said before a trend is there
// beyond chance, nor further ahead than three times as long as was watched.
func Reach(times, values []float64, limit, share float64) (Left, NoLeft) {
	n := len(times)
	if n < leastValues || len(values) != n {
		return Left{N: n}, TooFew
	}
	if !(limit > 0) {
		return Left{N: n}, NotBelow
	}
	y := make([]float64, n)
	mt, my := 0.0, 0.0
	for i, v := range values {
		if !(v > 0) || math.IsInf(v, 0) {
			return Left{N: n}, NotBelow
		}
		if i > 0 && times[i] <= times[i-1] {
			return Left{N: n}, Unordered
		}
		y[i] = math.Log(v)
		mt += times[i] / float64(n)
		my += y[i] / float64(n)
	}
	sxx, sxy := 0.0, 0.0
	for i := range y {
		sxx += (times[i] - mt) * (times[i] - mt)
		sxy += (times[i] - mt) * (y[i] - my)
	}
	b := sxy / sxx
	rest, beside := 0.0, 0.0
	last := 0.0
	for i := range y {
		e := y[i] - my - b*(times[i]-mt)
		rest += e * e
		if i > 0 {
			beside += e * last
		}
		last = e
	}
	r := min(0.95, max(0, beside/max(rest, math.SmallestNonzeroFloat64)))
	worth := max(3, float64(n)*(1-r)/(1+r)) // values that are not each other's echo
	s2 := rest / float64(n-2) * float64(n) / worth
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: worth - 2}
	out := Left{Slope: b, N: n, P: 1}
	if s2 > 0 {
		out.P = 1 - t.CDF(b/math.Sqrt(s2/sxx))
	} else if b > 0 {
		out.P = 0
	}
	end, target := times[n-1], math.Log(limit)
	now := my + b*(end-mt)
	switch {
	case now >= target:
		out.At, out.Low = end, end
		return out, AtLimit
	case b <= 0 || out.P > sureTrend:
		return out, NoTrend
	}
	out.At = mt + (target-my)/b
	span := end - times[0]
	if out.At > end+aheadMost*span {
		return out, TooFar
	}
	q := t.Quantile((1 + share) / 2)
	band := func(at float64) float64 {
		return q * math.Sqrt(s2*(1/float64(n)+(at-mt)*(at-mt)/sxx))
	}
	line := func(at float64) float64 { return my + b*(at-mt) }
	out.Low = cross(end, out.At, func(at float64) bool { return line(at)+band(at) >= target })
	far := end + farAway*span
	if line(far)-band(far) >= target {
		out.High = new(cross(out.At, far, func(at float64) bool { return line(at)-band(at) >= target }))
	}
	return out, ""
}

// cross is where something becomes so between two times, and stays.
func cross(from, to float64, is func(float64) bool) float64 {
	if is(from) {
		return from
	}
	for range bisections {
		if mid := (from + to) / 2; is(mid) {
			to = mid
		} else {
			from = mid
		}
	}
	return to
}
