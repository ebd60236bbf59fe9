package threshold

import (
	"math"
	"slices"
)

// scale is how values are spread over the bins: asinh(v/turn), which is linear
// around nought and a logarithm above. On a linear scale the spread of the load
// hides that idle is not off; on a logarithm the noise of a meter around nought
// makes levels of its own. TestScales_AgainstTheTruth has the figures.
type scale struct {
	turn   float64
	lo, hi float64 // on the scale
}

// scaleOf spans the values but for the outliers; ok is false when there is
// nothing to span.
func scaleOf(sorted []Hold, ms int64) (scale, bool) {
	low, high := quantile(sorted, ms, outliers), quantile(sorted, ms, 1-outliers)
	if low == high { // it moved for moments only
		low, high = sorted[0].Value, sorted[len(sorted)-1].Value
	}
	largest := max(math.Abs(low), math.Abs(high))
	if low == high || largest/compressed == 0 {
		return scale{}, false
	}
	s := scale{turn: largest / compressed}
	s.lo, s.hi = s.of(low), s.of(high)
	return s, s.hi > s.lo
}

func (s scale) of(v float64) float64   { return math.Asinh(v / s.turn) }
func (s scale) back(x float64) float64 { return math.Sinh(x) * s.turn }

// edge is the lower end of a bin as a value.
func (s scale) edge(bin int) float64 {
	return s.back(s.lo + (s.hi-s.lo)*float64(bin)/bins)
}

func (s scale) levels() []float64 {
	out := make([]float64, bins)
	for i := range out {
		out[i] = s.lo + (s.hi-s.lo)*(float64(i)+0.5)/bins
	}
	return out
}

// histogram is the time in ms in each bin.
func (s scale) histogram(values []Hold) []float64 {
	out := make([]float64, bins)
	for _, h := range values {
		i := int((s.of(h.Value) - s.lo) / (s.hi - s.lo) * bins)
		out[min(max(i, 0), bins-1)] += float64(h.Ms)
	}
	return out
}

func (s scale) bars(weights []float64) []Bin {
	out := make([]Bin, bins)
	for i, w := range weights {
		out[i] = Bin{From: s.edge(i), To: s.edge(i + 1), Ms: int64(w)}
	}
	return out
}

// smooth is the density: the histogram under a Gauss kernel whose width is
// Silverman's rule of thumb (Density Estimation, 1986, equation 3.31) on the bins.
func (s scale) smooth(weights []float64, count int) []float64 {
	total, mean, square := 0.0, 0.0, 0.0
	for i, w := range weights {
		total, mean, square = total+w, mean+w*float64(i), square+w*float64(i)*float64(i)
	}
	mean /= total
	spread := math.Sqrt(max(square/total-mean*mean, 0))
	if q := (weightedQuantile(weights, total, 0.75) - weightedQuantile(weights, total, 0.25)) / 1.34; q > 0 {
		spread = min(spread, q)
	}
	width := max(1, 0.9*spread*math.Pow(float64(min(count, maxCount)), -0.2))
	kernel := make([]float64, min(bins, int(4*width)+1))
	for d := range kernel {
		kernel[d] = math.Exp(-float64(d*d) / (2 * width * width))
	}
	out := make([]float64, bins)
	for i, w := range weights {
		if w == 0 {
			continue
		}
		for d, k := range kernel {
			// What would lie beyond an end is folded back: a level at nought is
			// a whole peak.
			out[reflect(i-d)] += w * k
			if d > 0 {
				out[reflect(i+d)] += w * k
			}
		}
	}
	return out
}

func reflect(i int) int {
	if i < 0 {
		i = -1 - i
	}
	if i >= bins {
		i = 2*bins - 1 - i
	}
	return min(max(i, 0), bins-1)
}

func weightedQuantile(weights []float64, total, share float64) float64 {
	sum := 0.0
	for i, w := range weights {
		if sum += w; sum >= share*total {
			return float64(i)
		}
	}
	return bins - 1
}

// valleys moves each cut to the deepest point between the peaks of its two
// classes, and says how deep the worst is. ok is false when one is no valley.
func valleys(density []float64, cuts []int) (found []int, worst float64, ok bool) {
	edges := append(append([]int{0}, cuts...), bins)
	peaks := make([]int, len(cuts)+1)
	for c := range peaks {
		peaks[c] = edges[c] + highest(density[edges[c]:edges[c+1]])
	}
	for c := range cuts {
		lower := min(density[peaks[c]], density[peaks[c+1]])
		at, depth := deepest(density, peaks[c], peaks[c+1])
		if at <= peaks[c] || lower <= 0 || depth > maxValley*lower {
			return nil, 0, false
		}
		found, worst = append(found, at), max(worst, depth/lower)
	}
	return found, worst, true
}

func highest(x []float64) int {
	return slices.Index(x, slices.Max(x))
}

// deepest is the middle of the lowest stretch in (from, to).
func deepest(x []float64, from, to int) (at int, depth float64) {
	if to-from < 2 {
		return from, 0
	}
	depth = slices.Min(x[from+1 : to])
	first, last := -1, -1
	for i := from + 1; i < to; i++ {
		if x[i] <= depth*(1+1e-9) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	return (first + last + 1) / 2, depth
}

// shared reports whether every class has its share of the time.
func (s scale) shared(weights []float64, cuts []int) bool {
	total := sum(weights)
	edges := append(append([]int{0}, cuts...), bins)
	for c := range len(cuts) + 1 {
		if sum(weights[edges[c]:edges[c+1]]) < minShare*total {
			return false
		}
	}
	return true
}

// separability is η of given cuts.
func separability(weights, levels []float64, cuts []int) float64 {
	total, moment, square := 0.0, 0.0, 0.0
	for i, w := range weights {
		total, moment, square = total+w, moment+w*levels[i], square+w*levels[i]*levels[i]
	}
	mean, between := moment/total, 0.0
	edges := append(append([]int{0}, cuts...), bins)
	for c := range len(cuts) + 1 {
		w, m := 0.0, 0.0
		for i := edges[c]; i < edges[c+1]; i++ {
			w, m = w+weights[i], m+weights[i]*levels[i]
		}
		if w > 0 {
			between += w * (m/w - mean) * (m/w - mean)
		}
	}
	spread := square - total*mean*mean
	if spread <= 0 {
		return 0
	}
	return min(between/spread, 1)
}

func sum(x []float64) float64 {
	out := 0.0
	for _, v := range x {
		out += v
	}
	return out
}

// between is a cut as a value: with two digits when the empty stretch around it
// has room for them, for people read and type it.
func (s scale) between(weights []float64, cut int) float64 {
	lo, hi := cut, cut
	for lo > 0 && weights[lo-1] == 0 {
		lo--
	}
	for hi < bins && weights[hi] == 0 {
		hi++
	}
	v := s.edge(cut)
	if v == 0 {
		return v
	}
	digits := math.Pow(10, math.Floor(math.Log10(math.Abs(v)))-1)
	if near := math.Round(v/digits) * digits; near >= s.edge(lo) && near <= s.edge(hi) || lo == hi {
		// Division and not multiplication: 0.46 and not 0.46000000000000002.
		if digits < 1 {
			return math.Round(v/digits) / math.Round(1/digits)
		}
		return near
	}
	return v
}
