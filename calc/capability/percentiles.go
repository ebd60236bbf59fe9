package capability

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"zhigai/calc/stat"
)

// Percentiles are performance indices of values that need not be normal: the
// distances from the median to the percentiles between which 99.73 % lie take the
// place of three standard deviations (ISO 22514-2, 8).
type Percentiles struct {
	// By says whose they are: the distribution that fits best by Anderson and Darling's
	// distance, or "values" of very many.
	By               string
	Low, Median, Top float64 // 0.135 %, 50 %, 99.865 %
	A2               float64 // of the distribution
	Pp, PpL, PpU     Index
	PpK              Index
	OK               bool
}

// The percentiles of three standard deviations.
const (
	lowShare = 0.00135
	topShare = 0.99865
)

// manyValues: of so many, one and a half lie beyond each percentile, and the values
// themselves say where it is.
const manyValues = 1100

// fitted is how far values of a distribution may be from it and still be described
// by it: the 1 % point of Anderson and Darling's adjusted distance with two
// parameters estimated (D'Agostino and Stephens, tables 4.7 and 4.17).
const fitted = 1.038

type candidate struct {
	name     string
	quantile func(float64) float64
	shares   func(float64) (below, above float64)
}

func percentiles(values []float64, s Spec, n Normality) Percentiles {
	no := func(why Reason) Percentiles {
		return Percentiles{Pp: none(why), PpL: none(why), PpU: none(why), PpK: none(why)}
	}
	all, err := stat.Of(values)
	if err != nil || all.SD <= 0 {
		return no(NoSpread)
	}
	p := Percentiles{OK: true}
	if all.N >= manyValues {
		sorted := slices.Sorted(slices.Values(values))
		p.By, p.Low, p.Median, p.Top = "values", quantile(sorted, lowShare), quantile(sorted, 0.5), quantile(sorted, topShare)
	} else {
		best := math.Inf(1)
		of := candidates(values, all)
		if n.OK && n.P >= minP {
			of = of[:1] // normal, as long as nothing speaks against it
		}
		for _, c := range of {
			if a := andersonDarling(values, c.shares); a < best {
				best = a
				p.By, p.A2, p.Low, p.Median, p.Top = c.name, a, c.quantile(lowShare), c.quantile(0.5), c.quantile(topShare)
			}
		}
		if best > fitted {
			out := no(NoDistribution)
			out.By, out.A2 = p.By, best
			return out
		}
	}
	p.indices(s)
	return p
}

func (p *Percentiles) indices(s Spec) {
	why := s.why()
	if why == "" && !(p.Top > p.Median && p.Median > p.Low) {
		why = NoSpread
	}
	if why != "" {
		p.Pp, p.PpL, p.PpU, p.PpK = none(why), none(why), none(why), none(why)
		return
	}
	p.Pp, p.PpL, p.PpU = none(OneSided), none(OneSided), none(OneSided)
	if s.LSL != nil {
		p.PpL = known((p.Median - *s.LSL) / (p.Median - p.Low))
		p.PpK = p.PpL
	}
	if s.USL != nil {
		p.PpU = known((*s.USL - p.Median) / (p.Top - p.Median))
		if s.LSL == nil || p.PpU.Value < p.PpL.Value {
			p.PpK = p.PpU
		}
	}
	if s.LSL != nil && s.USL != nil {
		p.Pp = known((*s.USL - *s.LSL) / (p.Top - p.Low))
	}
}

// candidates are distributions of a measured characteristic, fitted: normal, and of
// values above 0 log-normal and Weibull (ISO 22514-2, table 1).
func candidates(values []float64, all stat.Summary) []candidate {
	normal := distuv.Normal{Mu: all.Mean, Sigma: all.SD}
	out := []candidate{{"normal", normal.Quantile, func(v float64) (float64, float64) { return normal.CDF(v), normal.Survival(v) }}}
	if all.Min <= 0 {
		return out
	}
	logs := make([]float64, len(values))
	for i, v := range values {
		logs[i] = math.Log(v)
	}
	if l, err := stat.Of(logs); err == nil && l.SD > 0 {
		d := distuv.LogNormal{Mu: l.Mean, Sigma: l.SD}
		out = append(out, candidate{"log-normal", d.Quantile, func(v float64) (float64, float64) { return d.CDF(v), d.Survival(v) }})
	}
	if d, ok := weibull(logs); ok {
		out = append(out, candidate{"weibull", d.Quantile, func(v float64) (float64, float64) { return d.CDF(v), d.Survival(v) }})
	}
	return out
}

// weibull is the Weibull distribution of greatest likelihood, from the logarithms of
// values: the shape k solves Σ x^k ln x / Σ x^k - 1/k = mean of ln x.
func weibull(logs []float64) (distuv.Weibull, bool) {
	mean, top := 0.0, slices.Max(logs)
	for _, v := range logs {
		mean += v / float64(len(logs))
	}
	// Powers are taken of x / max, so that none overflows.
	at := func(k float64) (rest, sum float64) {
		weighted := 0.0
		for _, v := range logs {
			p := math.Exp(k * (v - top))
			sum += p
			weighted += p * v
		}
		return weighted/sum - 1/k - mean, sum
	}
	low, high := 1e-3, 1e5
	if r, _ := at(high); r < 0 {
		return distuv.Weibull{}, false
	}
	for range 200 { // bisection of a growing function; the ends meet before
		mid := math.Sqrt(low * high)
		if r, _ := at(mid); r < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	k := math.Sqrt(low * high)
	_, sum := at(k)
	return distuv.Weibull{K: k, Lambda: math.Exp(top + math.Log(sum/float64(len(logs)))/k)}, true
}

// quantile of sorted values, between two by their distance (Hyndman and Fan, The
// American Statistician 50 (1996), definition 7).
func quantile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
