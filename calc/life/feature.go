package life

// Windows over which signals are averaged, in cycles: noise of one cycle is
// larger than what a signal moves in ten.
const (
	shortWindow = 5
	longWindow  = 20
	slopeWindow = 30
	firstCycles = 15 // what a thing was like when it was new
	// stride is how many cycles lie between rows that are learnt from: neighbours
	// say the same.
	stride = 3
	// perSignal is how many features a signal has.
	perSignal = 4
)

// features of a run so far: how long it has run, and of each signal its means
// over the last cycles, how it changes, and how far it has come from its first
// cycles.
func (m *Model) features(values [][]float64) []float64 {
	n := len(values)
	out := make([]float64, 0, 1+perSignal*len(m.Used))
	out = append(out, float64(n))
	for _, s := range m.Used {
		long := mean(values[max(0, n-longWindow):], s)
		out = append(out, mean(values[max(0, n-shortWindow):], s), long,
			slope(values[max(0, n-slopeWindow):], s), long-mean(values[:min(n, firstCycles)], s))
	}
	return out
}

func mean(values [][]float64, signal int) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v[signal]
	}
	return sum / float64(len(values))
}

// slope of a straight line through the values, per cycle.
func slope(values [][]float64, signal int) float64 {
	n := float64(len(values))
	if n < 2 {
		return 0
	}
	centre, at := (n-1)/2, mean(values, signal)
	up, down := 0.0, 0.0
	for i, v := range values {
		d := float64(i) - centre
		up += d * (v[signal] - at)
		down += d * d
	}
	return up / down
}

// varying are the signals that are not the same all the time.
func varying(runs []Run) []int {
	var out []int
	first := runs[0].Values[0]
	for s := range first {
		lo, hi := first[s], first[s]
		for _, r := range runs {
			for _, v := range r.Values {
				lo, hi = min(lo, v[s]), max(hi, v[s])
			}
		}
		if hi > lo {
			out = append(out, s)
		}
	}
	return out
}

// table is rows of features with the life that was left, and of which run each is.
func (m *Model) table(runs []Run) (rows [][]float64, y []float64, of []int) {
	for k, r := range runs {
		for n := len(r.Values); n > 0; n -= stride {
			rows = append(rows, m.features(r.Values[:n]))
			y = append(y, m.within(float64(len(r.Values)-n)))
			of = append(of, k)
		}
	}
	return rows, y, of
}
