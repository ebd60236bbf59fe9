package energy

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

const (
	// minPeriods is how few periods say anything of a temperature that is searched:
	// a coefficient of each side, the constant and the temperature itself, twice.
	minPeriods = 8
	// perSide is how many periods lie beyond a change point at least: two make a
	// line of any noise.
	perSide = 3
	// gridSteps and rounds: each round divides what the one before left by half of
	// the steps, so that the end is below 10⁻⁹ of the range.
	gridSteps = 24
	rounds    = 9
)

// coldest and hottest mean of the periods.
func coldest(periods []Period) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range periods {
		t := p.mean()
		low, high = min(low, t), max(high, t)
	}
	return low, high
}

// search finds the temperatures with the least squares left over: a grid, and a
// finer one around the best of it, as the toolkit of RP-1050 does.
func (s shape) search(periods []Period) ([]float64, error) {
	if len(periods) < minPeriods {
		return nil, invalid("%d periods; %d at least are needed to search a temperature", len(periods), minPeriods)
	}
	var all []float64
	for _, p := range periods {
		if s.days {
			all = append(all, p.Temperatures...)
		} else {
			all = append(all, p.mean())
		}
	}
	slices.Sort(all)
	low, high := all[perSide], all[len(all)-1-perSide]
	if !(high > low) {
		return nil, invalid("the temperature is %v throughout; it explains nothing", low)
	}
	at := make([]float64, len(s.breaks))
	for i := range at {
		at[i] = (low + high) / 2
	}
	width := (high - low) / 2
	for range rounds {
		at = s.finer(periods, at, width, low, high)
		width /= gridSteps / 4
	}
	return at, nil
}

// finer looks around a place, each temperature within the width.
func (s shape) finer(periods []Period, around []float64, width, low, high float64) []float64 {
	best, least := slices.Clone(around), math.Inf(1)
	at := make([]float64, len(around))
	var look func(i int)
	look = func(i int) {
		if i == len(at) {
			if len(at) == 2 && at[0] > at[1] {
				return
			}
			if sse := s.left(periods, at); sse < least {
				least = sse
				copy(best, at)
			}
			return
		}
		for k := range gridSteps + 1 {
			at[i] = around[i] - width + 2*width*float64(k)/gridSteps
			if at[i] >= low && at[i] <= high {
				look(i + 1)
			}
		}
	}
	look(0)
	return best
}

// left is the sum of squares that a model with these temperatures leaves over;
// infinite where its columns are not apart.
func (s shape) left(periods []Period, at []float64) float64 {
	p := 1 + len(s.terms) + len(periods[0].X)
	n := float64(len(periods))
	sums, rows := make([]float64, p), make([][]float64, len(periods)) // the last is y
	for i, one := range periods {
		rows[i] = append(s.row(one, at), one.Y)
		for c, v := range rows[i] {
			sums[c] += v
		}
	}
	cross := mat.NewSymDense(p, nil) // about the means
	for _, row := range rows {
		for c := range row {
			row[c] -= sums[c] / n
		}
		for c, v := range row {
			for k := c; k < p; k++ {
				cross.SetSym(c, k, cross.At(c, k)+v*row[k])
			}
		}
	}
	var root mat.Cholesky
	if !root.Factorize(cross.SliceSym(0, p-1)) {
		return math.Inf(1)
	}
	with := mat.NewVecDense(p-1, nil)
	for c := range p - 1 {
		with.SetVec(c, cross.At(c, p-1))
	}
	var coef mat.VecDense
	if root.SolveVecTo(&coef, with) != nil {
		return math.Inf(1)
	}
	return max(0, cross.At(p-1, p-1)-mat.Dot(&coef, with))
}
