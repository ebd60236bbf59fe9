package pls

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// causes lists the columns with what speaks for each.
func (s *Screening) causes(x [][]float64, y []float64, o Options) {
	k := len(x[0])
	s.Causes = make([]Cause, k)
	var p []float64
	var of []int
	for j := range k {
		column := make([]float64, len(x))
		for i := range x {
			column[i] = x[i][j]
		}
		c := &s.Causes[j]
		*c = Cause{Column: j, VIP: s.Model.VIP[j], Effect: s.Model.Scaled[j], P: 1, Q: 1}
		if c.Still = still(column); c.Still {
			continue
		}
		c.R = correlation(column, y)
		c.P = byChance(c.R, worth(column, y))
		p, of = append(p, c.P), append(of, j)
	}
	for i, q := range BenjaminiHochberg(p) {
		s.Causes[of[i]].Q = q
	}
	s.stable(x, y, o)
	slices.SortStableFunc(s.Causes, func(a, b Cause) int { return cmp.Compare(b.VIP, a.VIP) })
}

// stable fits blocks of rows drawn with replacement (Künsch, Annals of Statistics
// 17, 1989) and counts in how many a column stays important.
func (s *Screening) stable(x [][]float64, y []float64, o Options) {
	r := rand.New(rand.NewPCG(o.Seed, 2))
	n := len(x)
	count := make([]float64, len(x[0]))
	bx, by := make([][]float64, n), make([]float64, n)
	done := 0.
	for range o.Bootstraps {
		for i := 0; i < n; {
			from := r.IntN(n - s.Block + 1)
			for j := 0; j < s.Block && i < n; j, i = j+1, i+1 {
				bx[i], by[i] = x[from+j], y[from+j]
			}
		}
		if still(by) {
			continue
		}
		m := fit(bx, by, s.Components)
		done++
		for j := range count {
			if m.VIP[j] > 1 && m.Scaled[j]*s.Model.Scaled[j] > 0 {
				count[j]++
			}
		}
	}
	for i := range s.Causes {
		if done > 0 {
			s.Causes[i].Stable = count[s.Causes[i].Column] / done
		}
	}
}

// correlation is Pearson's.
func correlation(a, b []float64) float64 {
	var ma, mb, aa, bb, ab float64
	n := float64(len(a))
	for i := range a {
		ma += a[i] / n
		mb += b[i] / n
	}
	for i := range a {
		aa += (a[i] - ma) * (a[i] - ma)
		bb += (b[i] - mb) * (b[i] - mb)
		ab += (a[i] - ma) * (b[i] - mb)
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

// worth is how many rows of their own two series are worth whose neighbours are
// alike: n (1 - r r') ÷ (1 + r r').
func worth(a, b []float64) float64 {
	n := float64(len(a))
	both := lag1(a) * lag1(b)
	if both <= 0 {
		return n
	}
	return n * (1 - both) / (1 + both)
}

// byChance is the probability of a correlation as far from 0, of n rows.
func byChance(r, n float64) float64 {
	if n <= 3 || r == 0 {
		return 1
	}
	if math.Abs(r) >= 1 {
		return 0
	}
	t := math.Abs(r) * math.Sqrt((n-2)/(1-r*r))
	return 2 * distuv.StudentsT{Sigma: 1, Nu: n - 2}.Survival(t)
}

// BenjaminiHochberg are p values when all are looked at: the least rate of false
// discoveries at which each would be taken for one, in their order.
func BenjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	out := make([]float64, len(p))
	least := 1.
	for i := len(order) - 1; i >= 0; i-- {
		least = min(least, p[order[i]]*float64(len(p))/float64(i+1))
		out[order[i]] = least
	}
	return out
}
