package experiment

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Tried is a run that was done: coded settings, what is to be as high as possible,
// and, where a limit must hold, how far it was kept (below 0 it was broken).
type Tried struct {
	At     []float64
	Value  float64
	Margin float64
}

// Next proposes settings to try next.
type Next struct {
	At       []float64
	Expected float64 // value there, as far as is known
	SD       float64 // how uncertain that is
	Gain     float64 // by which it is expected to be better than the best so far
}

// safe is how sure the limit must be to hold at a proposal: two standard
// deviations, 97.7 %.
const safe = 2

// Propose asks a Gaussian process of the runs so far (Matérn 5/2) for the settings
// of the greatest expected improvement (Jones, Schonlau & Welch 1998). With limited
// it goes only where the limit is expected to hold by two standard deviations, and
// only as far as what was tried speaks for (Sui et al., 2015). The same runs and
// seed give the same proposal.
func Propose(tried []Tried, limited bool, seed uint64) (*Next, error) {
	const least = 3
	if len(tried) < least {
		return nil, invalid("%d runs; begin with %d or more of a small design", len(tried), least)
	}
	k := len(tried[0].At)
	values, margins := make([]float64, len(tried)), make([]float64, len(tried))
	best := math.Inf(-1)
	for i, t := range tried {
		if len(t.At) != k || k == 0 {
			return nil, invalid("run %d has %d settings and the first has %d", i+1, len(t.At), k)
		}
		values[i], margins[i] = t.Value, t.Margin
		if !limited || t.Margin >= 0 {
			best = max(best, t.Value)
		}
	}
	if math.IsInf(best, -1) {
		return nil, invalid("no run kept the limit; begin where it surely holds")
	}
	value, err := processOf(tried, values)
	if err != nil {
		return nil, err
	}
	var margin *process
	if limited {
		if margin, err = processOf(tried, margins); err != nil {
			return nil, err
		}
	}
	gain := func(at []float64) float64 {
		if margin != nil {
			if m, sd := margin.at(at); m-safe*sd < 0 {
				return -1
			}
		}
		return improvement(value, at, best)
	}
	r := rand.New(rand.NewPCG(seed, uint64(len(tried))))
	next := &Next{Gain: -1}
	const random, local = 400, 12
	consider := func(at []float64) bool {
		g := gain(at)
		if g <= next.Gain {
			return false
		}
		next.At, next.Gain = at, g
		return true
	}
	for range random {
		at := make([]float64, k)
		for i := range at {
			at[i] = 2*r.Float64() - 1
		}
		consider(at)
	}
	for _, t := range tried { // near what was tried the limit is known best
		for range local {
			at := make([]float64, k)
			for i := range at {
				const near = 0.15
				at[i] = min(1, max(-1, t.At[i]+near*r.NormFloat64()))
			}
			consider(at)
		}
	}
	if next.Gain < 0 {
		return nil, invalid("nothing is sure to keep the limit; try settings near those that kept it most")
	}
	next.At, next.Gain = climb(next.At, gain)
	next.Expected, next.SD = value.at(next.At)
	return next, nil
}

// improvement is how much better than best the value is expected to be.
func improvement(p *process, at []float64, best float64) float64 {
	m, sd := p.at(at)
	if sd == 0 {
		return max(0, m-best)
	}
	z := (m - best) / sd
	return (m-best)*distuv.UnitNormal.CDF(z) + sd*distuv.UnitNormal.Prob(z)
}

// process is a Gaussian process through values, which are scaled to mean 0 and
// deviation 1.
type process struct {
	tried      []Tried
	mean, dev  float64
	length     float64
	chol       mat.Cholesky
	weight     *mat.VecDense
	likelihood float64
}

// lengths are those among which the likeliest is taken, in coded units.
var lengths = []float64{0.2, 0.35, 0.6, 1, 1.7, 3}

func processOf(tried []Tried, values []float64) (*process, error) {
	var best *process
	for _, l := range lengths {
		p := &process{tried: tried, length: l}
		if p.fit(values) && (best == nil || p.likelihood > best.likelihood) {
			best = p
		}
	}
	if best == nil {
		return nil, invalid("runs of the same settings gave too different values to learn from; repeat fewer")
	}
	return best, nil
}

// nugget stands for the noise of a run, as a share of the variance.
const nugget = 1e-6

func (p *process) fit(values []float64) bool {
	n := len(values)
	for _, v := range values {
		p.mean += v / float64(n)
	}
	for _, v := range values {
		p.dev += (v - p.mean) * (v - p.mean) / float64(n)
	}
	p.dev = math.Sqrt(p.dev)
	if p.dev == 0 {
		p.dev = 1
	}
	cov := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i {
			cov.SetSym(i, j, p.kernel(p.tried[i].At, p.tried[j].At))
		}
		cov.SetSym(i, i, 1+nugget)
	}
	if !p.chol.Factorize(cov) {
		return false
	}
	y := mat.NewVecDense(n, nil)
	for i, v := range values {
		y.SetVec(i, (v-p.mean)/p.dev)
	}
	p.weight = mat.NewVecDense(n, nil)
	if err := p.chol.SolveVecTo(p.weight, y); err != nil {
		return false
	}
	p.likelihood = -mat.Dot(y, p.weight)/2 - p.chol.LogDet()/2
	return true
}

// kernel is Matérn's of 5/2.
func (p *process) kernel(a, b []float64) float64 {
	var d2 float64
	for i, v := range a {
		d2 += (v - b[i]) * (v - b[i])
	}
	d := math.Sqrt(5*d2) / p.length
	return (1 + d + d*d/3) * math.Exp(-d)
}

// at is the mean of the process and its deviation.
func (p *process) at(x []float64) (mean, sd float64) {
	n := len(p.tried)
	k := mat.NewVecDense(n, nil)
	for i, t := range p.tried {
		k.SetVec(i, p.kernel(x, t.At))
	}
	var v mat.VecDense
	if err := p.chol.SolveVecTo(&v, k); err != nil {
		return p.mean, p.dev
	}
	return p.mean + p.dev*mat.Dot(k, p.weight), p.dev * math.Sqrt(max(0, 1-mat.Dot(k, &v)))
}
