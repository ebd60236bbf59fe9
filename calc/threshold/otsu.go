package threshold

// Otsu places cuts among the levels of a histogram so that the variance between
// classes is largest (N. Otsu, "A threshold selection method from gray-level
// histograms", IEEE Trans. SMC 9 (1979), 62-66; with several cuts its equation
// 22). weights and levels have one length, levels ascend; classes is 2 or 3. A
// cut c separates levels[:c] from levels[c:]; of several that are equally good it
// is the first. Separability is η = σ²B/σ²T, 0..1 (equation 15).
//
// ok is false when fewer levels than classes have weight: nothing can be
// separated then.
func Otsu(weights, levels []float64, classes int) (cuts []int, separability float64, ok bool) {
	n := len(levels)
	w, m := make([]float64, n+1), make([]float64, n+1) // sums of weight, of weight × level
	square, occupied := 0.0, 0
	for i, x := range weights {
		w[i+1], m[i+1] = w[i]+x, m[i]+x*levels[i]
		square += x * levels[i] * levels[i]
		if x > 0 {
			occupied++
		}
	}
	if occupied < classes || classes < 2 || classes > maxClasses {
		return nil, 0, false
	}
	// within a class: its weight × the square of its mean
	term := func(lo, hi int) float64 {
		weight, moment := w[hi]-w[lo], m[hi]-m[lo]
		if weight <= 0 {
			return 0
		}
		return moment * moment / weight
	}
	best := -1.0
	for a := 1; a < n; a++ {
		if w[a] == 0 || w[a] == w[n] {
			continue
		}
		if classes == 2 {
			if v := term(0, a) + term(a, n); v > best {
				best, cuts = v, []int{a}
			}
			continue
		}
		for b := a + 1; b < n; b++ {
			if w[b] == w[a] || w[b] == w[n] {
				continue
			}
			if v := term(0, a) + term(a, b) + term(b, n); v > best {
				best, cuts = v, []int{a, b}
			}
		}
	}
	mean := m[n] * m[n] / w[n]
	if total := square - mean; total > 0 {
		separability = min(max((best-mean)/total, 0), 1)
	}
	return cuts, separability, true
}

// maxClasses: a machine without a controller is off, idle or running.
const maxClasses = 3
