package threshold

import (
	"math"
	"slices"
	"strconv"
)

// scale is how values are spread over the bins: asinh(v/turn), which is linear
// around nought and a logarithm above. On a linear scale the spread of the load
// hides that idle is not off; on a logarithm the noise of a meter around nought
// makes levels of its own. TestScales_AgainstTheTruth has the figures.
type scale struct {
	turn   float64
	lo, hi float64 // on the scale
	step   float64 // between the values of a coarse signal, else 0
}

// scaleOf spans the values but for the outliers; ok is false when there is
// nothing to span. Values below nought are noise of the meter, or a brake's: they
// say how wide around nought the scale is linear.
func scaleOf(sorted []Hold, ms int64) (scale, bool) {
	low, high := quantile(sorted, ms, outliers), quantile(sorted, ms, 1-outliers)
	if low == high { // it moved for moments only
		low, high = sorted[0].Value, sorted[len(sorted)-1].Value
	}
	s := scale{turn: max(math.Abs(low), math.Abs(high)) / compressed, step: stepOf(sorted)}
	if low < 0 {
		s.turn = max(s.turn, -low)
	}
	if low == high || s.turn == 0 {
		return scale{}, false
	}
	s.lo, s.hi = s.of(low-s.step/2), s.of(high+s.step/2)
	return s, s.hi > s.lo
}

// stepOf is how fine a signal is resolved that knows few values, 0 for one that
// knows many. A meter that shows whole amperes has no valleys between them.
func stepOf(sorted []Hold) float64 {
	largest := max(math.Abs(sorted[0].Value), math.Abs(sorted[len(sorted)-1].Value))
	step, steps := math.Inf(1), 0
	for i := 1; i < len(sorted); i++ {
		if d := sorted[i].Value - sorted[i-1].Value; d > sameValue*largest {
			step, steps = min(step, d), steps+1
		}
	}
	if steps < 2 || steps > bins {
		return 0
	}
	return step
}

// sameValue is how much two values may differ that were calculated from one
// reading: the float32 of a meter.
const sameValue = 1e-6

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

// histogram is the time in ms in each bin. A value of a coarse signal stands for
// all that were rounded to it.
func (s scale) histogram(values []Hold) []float64 {
	out := make([]float64, bins)
	for _, h := range values {
		first, last := s.bin(h.Value-s.step/2), s.bin(h.Value+s.step/2)
		for i := first; i <= last; i++ {
			out[i] += float64(h.Ms) / float64(last-first+1)
		}
	}
	return out
}

func (s scale) bin(v float64) int {
	return min(max(int((s.of(v)-s.lo)/(s.hi-s.lo)*bins), 0), bins-1)
}

func (s scale) bars(weights []float64) []Bin {
	out := make([]Bin, bins)
	for i, w := range weights {
		out[i] = Bin{From: s.edge(i), To: s.edge(i + 1), Ms: int64(w)}
	}
	return out
}

// smooth is the density: the histogram under a Gauss kernel. Its width is the
// normal reference rule (Silverman, Density Estimation, 1986, equation 3.31) for
// the spread within the classes, of which apart is the share that lies between
// them: the spread of all would wipe the valleys out.
func smooth(weights []float64, apart float64, count int) []float64 {
	total, mean, square := 0.0, 0.0, 0.0
	for i, w := range weights {
		total, mean, square = total+w, mean+w*float64(i), square+w*float64(i)*float64(i)
	}
	mean /= total
	within := math.Sqrt(max(square/total-mean*mean, 0) * (1 - apart))
	width := max(1, widths*within*math.Pow(float64(min(count, maxCount)), -0.2))
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

// widths is the factor of the rule, 0.9 for one peak.
const widths = 0.9

func reflect(i int) int {
	if i < 0 {
		i = -1 - i
	}
	if i >= bins {
		i = 2*bins - 1 - i
	}
	return min(max(i, 0), bins-1)
}

// valleys moves each cut to the deepest point between the peaks of its two
// classes, and says how deep the worst is. ok is false when one is no valley.
func valleys(density []float64, cuts []int) (found []int, worst float64, ok bool) {
	edges := append(append([]int{0}, cuts...), bins)
	peaks := make([]int, len(cuts)+1)
	for c := range peaks {
		if peaks[c] = peak(density, edges[c], edges[c+1]); peaks[c] < 0 {
			return nil, 0, false
		}
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

// peak is the highest place in [from, to) that is no slope of a peak beyond it, -1
// when there is none.
func peak(density []float64, from, to int) int {
	best := -1
	for i := from; i < to; i++ {
		up := i == 0 || density[i] >= density[i-1]
		down := i == len(density)-1 || density[i] >= density[i+1]
		if density[i] > 0 && up && down && (best < 0 || density[i] > density[best]) {
			best = i
		}
	}
	return best
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

// separability is η of given cuts.
func separability(weights, levels []float64, cuts []int) float64 {
	total, moment, square := 0.0, 0.0, 0.0
	for i, w := range weights {
		total, moment, square = total+w, moment+w*levels[i], square+w*levels[i]*levels[i]
	}
	mean, between := moment/total, 0.0
	edges := append(append([]int{0}, cuts...), len(levels))
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

// between is a cut as a value, with as few digits as the bins around it that have
// no time leave room for: people read and type it.
func (s scale) between(weights []float64, cut int) float64 {
	lo, hi := cut, cut
	for lo > 0 && weights[lo-1] == 0 {
		lo--
	}
	for hi < bins && weights[hi] == 0 {
		hi++
	}
	v := s.edge(cut)
	for digits := 2; digits < maxDigits; digits++ {
		if near := rounded(v, digits); near >= s.edge(lo) && near <= s.edge(hi) {
			return near
		}
	}
	return rounded(v, maxDigits)
}

// maxDigits of a threshold are finer than a bin.
const maxDigits = 4

// rounded keeps significant digits. It goes through text: 0.46 is to be shown as
// 0.46.
func rounded(v float64, digits int) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil {
		return v // what was formatted can be read
	}
	return out
}
