package spc

import "math"

// nodes of the quadrature by which run lengths are found: more change nothing in
// the sixth digit for the charts in use.
const nodes = 80

// CUSUMLength is the mean number of points until the upper sum of a CUSUM of
// independent normal values passes h, beginning at 0, when the mean is shifted by
// mu standard deviations; k is half of the shift that the chart looks for. The
// integral equation of Page (Biometrika 41, 1954) by Gauss-Legendre quadrature.
func CUSUMLength(k, h, mu float64) float64 {
	x, w := legendre(nodes, 0, h)
	// The last unknown is the length from 0, where the sum rests.
	n := nodes + 1
	a, b := make([][]float64, n), make([]float64, n)
	for i := range n {
		from := 0.0
		if i < nodes {
			from = x[i]
		}
		a[i], b[i] = make([]float64, n), 1
		for j := range nodes {
			a[i][j] = -w[j] * density(x[j]+k-from-mu)
		}
		a[i][nodes] = -cumulative(k - from - mu)
		a[i][i]++
	}
	solve(a, b)
	return b[nodes]
}

// CUSUMTwoSided is that of the upper and the lower sum together.
func CUSUMTwoSided(k, h, mu float64) float64 {
	return 1 / (1/CUSUMLength(k, h, mu) + 1/CUSUMLength(k, h, -mu))
}

// EWMALength is the mean number of points until an EWMA of independent normal
// values passes its limits ± width √(λ/(2-λ)), beginning at the centre, when the
// mean is shifted by mu standard deviations. The integral equation of Crowder
// (Technometrics 29, 1987) by Gauss-Legendre quadrature.
func EWMALength(lambda, width, mu float64) float64 {
	c := width * math.Sqrt(lambda/(2-lambda))
	x, w := legendre(nodes, -c, c)
	kernel := func(from, to float64) float64 { return density((to-(1-lambda)*from)/lambda-mu) / lambda }
	a, b := make([][]float64, nodes), make([]float64, nodes)
	for i := range nodes {
		a[i], b[i] = make([]float64, nodes), 1
		for j := range nodes {
			a[i][j] = -w[j] * kernel(x[i], x[j])
		}
		a[i][i]++
	}
	solve(a, b)
	length := 1.0
	for j := range nodes {
		length += w[j] * kernel(0, x[j]) * b[j]
	}
	return length
}

func density(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }

func cumulative(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// legendre gives nodes and weights of the quadrature over [from, to]: the roots of
// the polynomial of degree n by Newton's method.
func legendre(n int, from, to float64) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	for i := range n {
		z := math.Cos(math.Pi * (float64(i) + 0.75) / (float64(n) + 0.5))
		for {
			p, before := 1.0, 0.0
			for j := range n {
				p, before = ((2*float64(j)+1)*z*p-float64(j)*before)/float64(j+1), p
			}
			slope := float64(n) * (z*p - before) / (z*z - 1)
			step := p / slope
			z -= step
			if math.Abs(step) < 1e-15 {
				x[i] = (from+to)/2 - (to-from)/2*z
				w[i] = (to - from) / ((1 - z*z) * slope * slope)
				break
			}
		}
	}
	return x, w
}

// solve leaves the solution of a x = b in b, by elimination with the largest pivot.
func solve(a [][]float64, b []float64) {
	for c := range b {
		best := c
		for r := c + 1; r < len(b); r++ {
			if math.Abs(a[r][c]) > math.Abs(a[best][c]) {
				best = r
			}
		}
		a[c], a[best], b[c], b[best] = a[best], a[c], b[best], b[c]
		for r := c + 1; r < len(b); r++ {
			f := a[r][c] / a[c][c]
			for k := c; k < len(b); k++ {
				a[r][k] -= f * a[c][k]
			}
			b[r] -= f * b[c]
		}
	}
	for c := len(b) - 1; c >= 0; c-- {
		for k := c + 1; k < len(b); k++ {
			b[c] -= a[c][k] * b[k]
		}
		b[c] /= a[c][c]
	}
}
