package spc

import (
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Multivariate is a chart of Hotelling's T² of several characteristics that are
// measured together (ISO 7870-7): how far each point is from the mean of phase I,
// by their covariance.
type Multivariate struct {
	Center     []float64   // by characteristic
	Cov        [][]float64 // of single values; within subgroups where there are any
	Statistics []float64
	// UCL is the limit of points of phase I, UCLNew that of later ones, which are not in
	// the estimate.
	UCL, UCLNew float64
	Trial       int
	// Parts are, by point and characteristic, what T² would lose without it: large
	// where it is the cause of the signal (Mason, Young, Tracy: Journal of Quality
	// Technology 27 (1995), 99–108).
	Parts [][]float64
}

// Alpha is the probability of a false signal at a point of a chart of so many
// characteristics, when each by itself had limits of three standard errors:
// 1 - (1 - 0.0027)^p.
func Alpha(characteristics int) float64 {
	return 1 - math.Pow(1-0.0027, float64(characteristics))
}

// Limit of a point.
func (c *Multivariate) Limit(i int) float64 {
	if i < c.Trial {
		return c.UCL
	}
	return c.UCLNew
}

// Beyond are the points above their limit, from 1.
func (c *Multivariate) Beyond() []int {
	out := []int{}
	for i, v := range c.Statistics {
		if v > c.Limit(i) {
			out = append(out, i+1)
		}
	}
	return out
}

// T2 charts points with a value for each characteristic. With m points of phase I and
// p characteristics the limits are (m-1)²/m B(p/2, (m-p-1)/2) in phase I, where a
// point is in the estimate itself, and p(m+1)(m-1)/(m(m-p)) F(p, m-p) later
// (Tracy, Young, Mason: Journal of Quality Technology 24 (1992), 88–95).
func T2(points [][]float64, trial int, alpha float64) (*Multivariate, error) {
	groups := make([][][]float64, len(points))
	for i := range points {
		groups[i] = [][]float64{points[i]}
	}
	return T2Groups(groups, trial, alpha)
}

// T2Groups charts the means of subgroups of one size n. The covariance is the mean
// of those within; the limits are p(m-1)(n-1)/(mn-m-p+1) F(p, mn-m-p+1) in phase I,
// with m+1 for m-1 later (Montgomery, Introduction to Statistical Quality Control,
// 11.3). Subgroups of one are charted by [T2].
func T2Groups(groups [][][]float64, trial int, alpha float64) (*Multivariate, error) {
	if err := phase(len(groups), trial); err != nil {
		return nil, err
	}
	n, p, err := shape(groups)
	if err != nil {
		return nil, err
	}
	if !(alpha > 0) || alpha >= 1 {
		return nil, invalid("a probability of a false signal of %v; it is between 0 and 1, as 0.0027", alpha)
	}
	c := &Multivariate{Trial: trial}
	means := make([][]float64, len(groups))
	for i, g := range groups {
		means[i] = meanOf(g)
	}
	c.Center = meanOf(means[:trial])
	if n == 1 {
		c.Cov = covariance(means[:trial], c.Center)
	} else {
		for i, g := range groups[:trial] {
			c.Cov = addTo(c.Cov, covariance(g, means[i]), 1/float64(trial))
		}
	}
	if err := c.limits(n, p, alpha); err != nil {
		return nil, err
	}
	return c, c.points(means, float64(n))
}

// shape is the size of the subgroups and the number of characteristics.
func shape(groups [][][]float64) (n, p int, err error) {
	n = len(groups[0])
	for i, g := range groups {
		if len(g) != n || n == 0 {
			return 0, 0, invalid("subgroup %d has %d points, the first one %d; all have as many", i+1, len(g), n)
		}
		for _, values := range g {
			if p == 0 {
				p = len(values)
			}
			if len(values) != p {
				return 0, 0, invalid("a point of subgroup %d has %d values; all have %d", i+1, len(values), p)
			}
			for _, v := range values {
				if err := finite(v, "a value of point", i); err != nil {
					return 0, 0, err
				}
			}
		}
	}
	if p < 2 {
		return 0, 0, invalid("one characteristic; a chart of several has two at least: chart single values")
	}
	return n, p, nil
}

func meanOf(points [][]float64) []float64 {
	out := make([]float64, len(points[0]))
	for _, values := range points {
		for j, v := range values {
			out[j] += v / float64(len(points))
		}
	}
	return out
}

func covariance(points [][]float64, mean []float64) [][]float64 {
	out := make([][]float64, len(mean))
	for j := range out {
		out[j] = make([]float64, len(mean))
		for k := range out[j] {
			for _, values := range points {
				out[j][k] += (values[j] - mean[j]) * (values[k] - mean[k])
			}
			out[j][k] /= float64(len(points) - 1)
		}
	}
	return out
}

func addTo(sum, of [][]float64, by float64) [][]float64 {
	if sum == nil {
		sum = make([][]float64, len(of))
	}
	for j := range of {
		if sum[j] == nil {
			sum[j] = make([]float64, len(of))
		}
		for k := range of[j] {
			sum[j][k] += of[j][k] * by
		}
	}
	return sum
}

func (c *Multivariate) limits(size, characteristics int, alpha float64) error {
	m, n, p := float64(c.Trial), float64(size), float64(characteristics)
	if size == 1 {
		if c.Trial <= characteristics+1 {
			return invalid("phase I has %d points of %d characteristics; a covariance needs more than %d, and 20 or more to be believed", c.Trial, characteristics, characteristics+1)
		}
		c.UCL = (m - 1) * (m - 1) / m * distuv.Beta{Alpha: p / 2, Beta: (m - p - 1) / 2}.Quantile(1-alpha)
		c.UCLNew = p * (m + 1) * (m - 1) / (m * (m - p)) * fisher(1-alpha, p, m-p)
		return nil
	}
	df := m*n - m - p + 1
	if df < 1 {
		return invalid("phase I has %d subgroups of %d with %d characteristics; a covariance needs more", c.Trial, size, characteristics)
	}
	f := fisher(1-alpha, p, df)
	c.UCL, c.UCLNew = p*(m-1)*(n-1)/df*f, p*(m+1)*(n-1)/df*f
	return nil
}

// fisher is a quantile of the F distribution, by that of the beta distribution it is
// made of.
func fisher(q, d1, d2 float64) float64 {
	b := distuv.Beta{Alpha: d1 / 2, Beta: d2 / 2}.Quantile(q)
	return d2 * b / (d1 * (1 - b))
}

// points finds T² of each mean, and what it loses without each characteristic.
func (c *Multivariate) points(means [][]float64, n float64) error {
	p := len(c.Center)
	all, err := c.inverse(-1)
	if err != nil {
		return err
	}
	without := make([]*mat.Cholesky, p)
	for j := range p {
		if without[j], err = c.inverse(j); err != nil {
			return err
		}
	}
	for _, values := range means {
		t := n * c.distance(values, all, -1)
		parts := make([]float64, p)
		for j := range p {
			parts[j] = t - n*c.distance(values, without[j], j)
		}
		c.Statistics, c.Parts = append(c.Statistics, t), append(c.Parts, parts)
	}
	return nil
}

// inverse factors the covariance, scaled to correlations, without a characteristic;
// -1 leaves none out.
func (c *Multivariate) inverse(without int) (*mat.Cholesky, error) {
	kept := c.kept(without)
	s := mat.NewSymDense(len(kept), nil)
	for a, j := range kept {
		for b, k := range kept {
			if !(c.Cov[j][j] > 0) {
				return nil, invalid("characteristic %d does not vary in phase I; leave it out", j+1)
			}
			s.SetSym(a, b, c.Cov[j][k]/math.Sqrt(c.Cov[j][j]*c.Cov[k][k]))
		}
	}
	out := &mat.Cholesky{}
	if ok := out.Factorize(s); !ok || out.Cond() > 1e12 {
		return nil, invalid("one of the characteristics follows from the others in phase I; leave it out")
	}
	return out, nil
}

func (c *Multivariate) kept(without int) (out []int) {
	for j := range c.Center {
		if j != without {
			out = append(out, j)
		}
	}
	return out
}

func (c *Multivariate) distance(values []float64, by *mat.Cholesky, without int) float64 {
	kept := c.kept(without)
	d := mat.NewVecDense(len(kept), nil)
	for a, j := range kept {
		d.SetVec(a, (values[j]-c.Center[j])/math.Sqrt(c.Cov[j][j]))
	}
	var x mat.VecDense
	if err := by.SolveVecTo(&x, d); err != nil {
		return math.NaN() // of a matrix whose condition was checked
	}
	return mat.Dot(d, &x)
}
