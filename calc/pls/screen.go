package pls

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Options of [Screen]; zero fields take what their comment says.
type Options struct {
	Components   int     // at most; 6
	Folds        int     // stretches of time that are left out in turn; 5
	Permutations int     // 199
	Bootstraps   int     // 100
	HeldOut      float64 // the last share of the rows, which nothing is learnt of; 0.25
	Seed         uint64
}

const (
	// LeastRows is how few rows are screened: a quarter of them is held out, and folds
	// of the rest still hold three rows.
	LeastRows = 20
	mostRows  = 20_000
	mostWide  = 500
	// chance is how often something is found where there is nothing.
	chance = 0.05
	// share of the scatter of answers that a component must take off in cross
	// validation to be kept: less is not worth another component.
	share = 0.01
)

func (o Options) filled() (Options, error) {
	for _, f := range []struct {
		at        *int
		is        int
		low, high int
		what      string
	}{
		{&o.Components, 6, 1, 20, "components"},
		{&o.Folds, 5, 3, 20, "folds"},
		{&o.Permutations, 199, 19, 9999, "permutations"},
		{&o.Bootstraps, 100, 20, 5000, "bootstraps"},
	} {
		if *f.at == 0 {
			*f.at = f.is
		}
		if *f.at < f.low || *f.at > f.high {
			return o, invalid("%d %s; take %d to %d", *f.at, f.what, f.low, f.high)
		}
	}
	if o.HeldOut == 0 {
		o.HeldOut = 0.25
	}
	if !(o.HeldOut >= 0.1 && o.HeldOut <= 0.5) {
		return o, invalid("a share of %v held out; take 0.1 to 0.5", o.HeldOut)
	}
	return o, nil
}

// Cause is one column of the table and what it goes with.
type Cause struct {
	Column int
	// R is its correlation with the quantity over the rows learnt of; P the
	// probability of one as far from 0 by chance, with as many rows as are worth
	// something of their own (Bartlett, J. Roy. Stat. Soc. 98, 1935); Q the same when
	// all columns are looked at (Benjamini & Hochberg, J. Roy. Stat. Soc. B 57, 1995).
	R, P, Q float64
	VIP     float64
	Effect  float64 // in the quantity's unit for one standard deviation of the column
	// Stable is the share of bootstraps in which it was above 1 in importance with the
	// same sign.
	Stable float64
	Still  bool // it did not vary: nothing can be said of it
}

// Screening is what was found.
type Screening struct {
	Rows, Learnt, HeldOut int
	Block                 int // rows that are taken together, as neighbours are alike
	Components            int
	Q2                    []float64 // of 1, 2 … components, by stretches of time left out
	// P is how often the quantity in shuffled blocks is predicted as well.
	P float64
	// Q2HeldOut is 1 - squared errors over those of the mean of the rows learnt of, on
	// the later rows; below 0 the mean says more.
	Q2HeldOut float64
	RMSE      float64 // on the rows held out, in the quantity's unit
	RMSEMean  float64 // of the mean, on the same
	Predicted []float64
	Found     bool // P is at most 0.05 and the held out rows are predicted better than by the mean
	Model     *Model
	Causes    []Cause // the most important first
}

// Screen looks for columns that the quantity goes with. Rows are in the order of
// time: the last ones are held out, and of the others stretches of time are left out
// in turn with the rows beside them, so that neighbours do not give the answer away.
// Whether there is anything at all is tested by the same procedure on answers whose
// blocks are shuffled. The same table and seed give the same answer.
func Screen(x [][]float64, y []float64, o Options) (*Screening, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if err := check(x, y); err != nil {
		return nil, err
	}
	n, k := len(x), len(x[0])
	switch {
	case n < LeastRows:
		return nil, invalid("%d rows; %d or more are needed to learn of some and to be judged by others", n, LeastRows)
	case n > mostRows || k > mostWide:
		return nil, invalid("%d rows and %d columns; take %d and %d at most", n, k, mostRows, mostWide)
	}
	s := &Screening{Rows: n, HeldOut: max(5, int(math.Round(o.HeldOut*float64(n))))}
	s.Learnt = n - s.HeldOut
	lx, ly := x[:s.Learnt], y[:s.Learnt]
	if still(ly) {
		return nil, invalid("the quantity is the same in the first %d rows; there is nothing to explain", s.Learnt)
	}
	s.Block = block(ly)
	v := &validation{x: lx, folds: o.Folds, most: min(o.Components, k, s.Learnt*(o.Folds-1)/o.Folds-2*s.Block-2), beside: s.Block - 1}
	if v.most < 1 {
		v.beside, v.most = 0, 1
	}
	s.Q2 = v.q2(ly)
	s.Components = choose(s.Q2)
	s.P = v.permuted(ly, slices.Max(s.Q2), s.Block, o)
	s.Model = fit(lx, ly, s.Components)
	s.judge(x, y)
	s.Found = s.P <= chance && s.Q2HeldOut > 0
	s.causes(lx, ly, o)
	return s, nil
}

func still(values []float64) bool { return slices.Max(values) == slices.Min(values) }

// lag1 is the correlation of neighbours.
func lag1(values []float64) float64 {
	mean, top, bottom := 0., 0., 0.
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for i, v := range values {
		bottom += (v - mean) * (v - mean)
		if i > 0 {
			top += (v - mean) * (values[i-1] - mean)
		}
	}
	if bottom == 0 {
		return 0
	}
	return top / bottom
}

// block is how many rows are worth one of its own, by the correlation of
// neighbours: (1 + r) ÷ (1 - r) of a first order process, up to a tenth of the rows.
func block(y []float64) int {
	r := lag1(y)
	if r <= 0 {
		return 1
	}
	return min(max(1, int(math.Ceil((1+r)/(1-min(r, 0.99))))), max(1, len(y)/10))
}

// validation leaves stretches of time out.
type validation struct {
	x      [][]float64
	folds  int
	most   int // components
	beside int // rows on either side of a stretch that nothing is learnt of
}

// q2 is the share of the scatter that is predicted by 1, 2 … components of rows that
// the model has not seen.
func (v *validation) q2(y []float64) []float64 {
	n := len(y)
	wrong, total := make([]float64, v.most), 0.
	scratch, said := make([]float64, len(v.x[0])), make([]float64, v.most)
	for f := range v.folds {
		from, to := n*f/v.folds, n*(f+1)/v.folds
		var tx [][]float64
		var ty []float64
		for i := range n {
			if i < from-v.beside || i >= to+v.beside {
				tx, ty = append(tx, v.x[i]), append(ty, y[i])
			}
		}
		m := fit(tx, ty, v.most)
		for i := from; i < to; i++ {
			m.predictions(v.x[i], scratch, said)
			for a, p := range said {
				wrong[a] += (y[i] - p) * (y[i] - p)
			}
			total += (y[i] - m.meanY) * (y[i] - m.meanY)
		}
	}
	for a := range wrong {
		if total > 0 {
			wrong[a] = 1 - wrong[a]/total
		}
	}
	return wrong
}

// choose takes a component more for as long as it is worth it.
func choose(q2 []float64) int {
	best := 0
	for a := range q2 {
		if q2[a] > q2[best]+share {
			best = a
		}
	}
	return best + 1
}

// shuffled puts blocks of rows in another order.
func shuffled(y []float64, block int, r *rand.Rand) []float64 {
	var starts []int
	for i := 0; i < len(y); i += block {
		starts = append(starts, i)
	}
	r.Shuffle(len(starts), func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
	out := make([]float64, 0, len(y))
	for _, from := range starts {
		out = append(out, y[from:min(len(y), from+block)]...)
	}
	return out
}

// permuted is the probability of a best Q² as high when rows have each other's
// answers (Phipson & Smyth, Stat. Appl. Genet. 9, 2010: the real one counts).
func (v *validation) permuted(y []float64, q2 float64, block int, o Options) float64 {
	r := rand.New(rand.NewPCG(o.Seed, 1))
	as := 1
	for range o.Permutations {
		if slices.Max(v.q2(shuffled(y, block, r))) >= q2 {
			as++
		}
	}
	return float64(as) / float64(o.Permutations+1)
}

// judge predicts the rows that were held out.
func (s *Screening) judge(x [][]float64, y []float64) {
	wrong, mean := 0., 0.
	for i := s.Learnt; i < s.Rows; i++ {
		p := s.Model.Predict(x[i])
		s.Predicted = append(s.Predicted, p)
		wrong += (y[i] - p) * (y[i] - p)
		mean += (y[i] - s.Model.meanY) * (y[i] - s.Model.meanY)
	}
	if mean > 0 {
		s.Q2HeldOut = 1 - wrong/mean
	}
	s.RMSE, s.RMSEMean = math.Sqrt(wrong/float64(s.HeldOut)), math.Sqrt(mean/float64(s.HeldOut))
}
