package target

// confidence grades what stands behind a value; the limits are our rule.
func confidence(k Known) string {
	if k.Due == 0 {
		return "D"
	}
	share := float64(k.Known) / float64(k.Due)
	of := func(bases ...Basis) float64 {
		var n int64
		for _, b := range bases {
			n += k.Basis[b]
		}
		return float64(n) / float64(max(1, k.Known))
	}
	switch {
	case share >= 0.95 && of(Machine) >= 0.9:
		return "A"
	case share >= 0.95 && of(Machine, Audited) >= 0.9:
		return "B"
	case share >= 0.8:
		return "C"
	}
	return "D"
}
