package experiment

import (
	"math/bits"
	"slices"
	"strings"
)

// Word is a product of factors, a bit for each.
type Word uint32

// String names the factors by letters in their order, without I as usual.
func (w Word) String() string {
	const letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
	var b strings.Builder
	for i := range len(letters) {
		if w&(1<<i) != 0 {
			b.WriteByte(letters[i])
		}
	}
	return b.String()
}

// Len is how many factors are in it.
func (w Word) Len() int { return bits.OnesCount32(uint32(w)) }

const (
	mostFactors = 15
	// mostTries bounds the search for generators; beyond it the first that are
	// found stay. Every design of the printed catalogues is within it.
	mostTries = 500_000
)

// TwoLevel tries k factors at two levels in 2^(k-p) runs: all combinations when p
// is 0, otherwise the fraction whose effects can be told apart best (highest
// resolution, then fewest words of each length: minimum aberration, Fries & Hunter
// 1980).
func TwoLevel(k, p int) (*Design, error) {
	switch {
	case k < 1 || k > mostFactors:
		return nil, invalid("%d factors; two levels can be tried of 1 to %d", k, mostFactors)
	case p < 0 || p >= k:
		return nil, invalid("a fraction 1/2^%d of %d factors", p, k)
	case 1<<(k-p) > mostRuns:
		return nil, invalid("more than %d runs; take a fraction of the 2^%d", mostRuns, k)
	case 1<<(k-p)-(k-p)-1 < p:
		return nil, invalid("%d factors in %d runs; %d runs are enough for at most %d", k, 1<<(k-p), 1<<(k-p), 1<<(k-p)-1)
	}
	return fraction(k, generators(k-p, p)), nil
}

// Generated is a fraction by its own generators: the words of the basic factors
// that each further factor is the product of.
func Generated(basic int, by []Word) (*Design, error) {
	if basic < 1 || basic+len(by) > mostFactors || 1<<basic > mostRuns {
		return nil, invalid("%d basic and %d further factors; there can be %d in all", basic, len(by), mostFactors)
	}
	for i, w := range by {
		switch {
		case w >= 1<<basic:
			return nil, invalid("generator %s names a factor that is not one of the %d basic ones", w, basic)
		case w.Len() < 2:
			return nil, invalid("generator %d has fewer than two factors: two factors would be the same", i+1)
		case slices.Contains(by[:i], w):
			return nil, invalid("generator %s twice: two factors would be the same", w)
		}
	}
	return fraction(basic+len(by), by), nil
}

func fraction(k int, by []Word) *Design {
	basic := k - len(by)
	d := &Design{Runs: make([][]float64, 1<<basic), Words: words(basic, by)}
	for i := range d.Runs {
		row := make([]float64, k)
		for f := range basic {
			row[f] = sign(i>>f&1 == 1)
		}
		for g, w := range by {
			row[basic+g] = 1
			for f := range basic {
				if w&(1<<f) != 0 {
					row[basic+g] *= row[f]
				}
			}
		}
		d.Runs[i] = row
	}
	if len(d.Words) > 0 {
		d.Resolution = d.Words[0].Len()
	}
	return d
}

func sign(high bool) float64 {
	if high {
		return 1
	}
	return -1
}

// words are all products that are 1 in every run, the shortest first.
func words(basic int, by []Word) []Word {
	if len(by) == 0 {
		return nil
	}
	all := []Word{0}
	for g, w := range by {
		relation := w | 1<<(basic+g)
		for _, one := range all[:len(all):len(all)] {
			all = append(all, one^relation)
		}
	}
	all = all[1:]
	slices.SortFunc(all, func(a, b Word) int {
		if d := a.Len() - b.Len(); d != 0 {
			return d
		}
		return int(a) - int(b)
	})
	return all
}

// pattern counts words by length: the fewer of the shorter, the better.
func pattern(basic int, by []Word) []int {
	counts := make([]int, basic+len(by)+1)
	for _, w := range words(basic, by) {
		counts[w.Len()]++
	}
	return counts
}

// generators searches those of least aberration, longer words first, so that the
// first found are good already.
func generators(basic, p int) []Word {
	if p == 0 {
		return nil
	}
	var candidates []Word
	for w := Word(1); w < 1<<basic; w++ {
		if w.Len() >= 2 {
			candidates = append(candidates, w)
		}
	}
	slices.SortStableFunc(candidates, func(a, b Word) int { return b.Len() - a.Len() })
	var best, chosen []Word
	var least []int
	tries := 0
	var choose func(from int)
	choose = func(from int) {
		if len(chosen) == p {
			tries++
			if counts := pattern(basic, chosen); least == nil || slices.Compare(counts, least) < 0 {
				best, least = slices.Clone(chosen), counts
			}
			return
		}
		for i := from; i <= len(candidates)-(p-len(chosen)) && tries < mostTries; i++ {
			chosen = append(chosen, candidates[i])
			choose(i + 1)
			chosen = chosen[:len(chosen)-1]
		}
	}
	choose(0)
	return best
}

// Aliases are the effects of up to two factors that cannot be told from this one.
func (d *Design) Aliases(effect Word) (out []Word) {
	for _, w := range d.Words {
		if a := w ^ effect; a.Len() >= 1 && a.Len() <= 2 {
			out = append(out, a)
		}
	}
	return out
}

// Blocks confounds 2^b blocks with the products by, which are chosen by the
// caller among those of no interest: a run's block says which of them are 1.
func (d *Design) Blocks(by []Word) ([]int, error) {
	out := make([]int, len(d.Runs))
	for b, w := range by {
		if w.Len() < 2 || w >= 1<<d.Factors() {
			return nil, invalid("blocks by %s; take products of two factors or more", w)
		}
		for i, row := range d.Runs {
			product := 1.
			for f, v := range row {
				if w&(1<<f) != 0 {
					product *= v
				}
			}
			if product > 0 {
				out[i] |= 1 << b
			}
		}
	}
	return out, nil
}
