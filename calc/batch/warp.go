package batch

import "math"

// warp brings a run onto the common time: its signals at the places of ref, at
// which second of the run each place was, and how many places it has come to. A run
// that has not ended is followed as far as it fits best (open end; Tormene et al.,
// Artif. Intell. Med. 45, 2009).
func (g *Band) warp(ref []track, r Run) (aligned []track, at []float64, reached int, err error) {
	n := len(ref[0])
	step := g.Length / float64(n-1)
	m := int(math.Round(r.Length/step)) + 1
	switch {
	case m > 2*n-1:
		return nil, nil, 0, invalid("it took %.4g s, more than twice the %.4g s of good ones; align by phase, or cut it where it waited", r.Length, g.Length)
	case m < (n+1)/2 && !r.Runs:
		return nil, nil, 0, invalid("it took %.4g s, less than half the %.4g s of good ones; align by phase, or leave it out", r.Length, g.Length)
	case m < 2:
		m = 2 // it has only begun
	}
	is := g.resample(r, m)
	band := max(int(math.Ceil(g.Warping*float64(n))), 2)
	if !r.Runs {
		band = max(band, abs(n-m)+1)
	}
	path, reached := align(is, ref, g.Scale, band, r.Runs)
	if path == nil {
		return nil, nil, 0, invalid("no course within the band leads to its end; take a wider band")
	}
	aligned, at = make([]track, len(is)), make([]float64, n)
	seconds := make([]float64, n)
	count := make([]float64, n)
	for _, p := range path {
		seconds[p.b] += r.Length * float64(p.a) / float64(m-1)
		count[p.b]++
	}
	for b := range at {
		if at[b] = math.NaN(); count[b] > 0 {
			at[b] = seconds[b] / count[b]
		}
	}
	for s := range is {
		sum, known := make([]float64, n), make([]float64, n)
		for _, p := range path {
			if v := is[s][p.a]; !math.IsNaN(v) {
				sum[p.b] += v
				known[p.b]++
			}
		}
		aligned[s] = make(track, n)
		for b := range aligned[s] {
			if aligned[s][b] = math.NaN(); known[b] > 0 {
				aligned[s][b] = sum[b] / known[b]
			}
		}
	}
	return aligned, at, reached, nil
}

func abs(v int) int {
	if v < 0 {
		return -v
	}
	return v
}

// pair is a place of the run and the place of the reference that it is taken for.
type pair struct{ a, b int }

// align finds the course of least distance from the beginning to the end, or, open,
// to the place of the reference where its mean distance is least. Without one the
// course is nil.
func align(is, ref []track, scale []float64, band int, open bool) (course []pair, reached int) {
	m, n := len(is[0]), len(ref[0])
	far := math.Inf(1)
	distance := func(a, b int) float64 {
		sum, known := 0., 0.
		for s := range is {
			if d := (is[s][a] - ref[s][b]) / scale[s]; !math.IsNaN(d) {
				sum += d * d
				known++
			}
		}
		if known == 0 {
			return 0 // nothing speaks against it
		}
		return sum / known
	}
	cost := make([]float64, m*n)
	from := make([]uint8, m*n) // 1 along the run, 2 both, 3 along the reference
	at := func(a, b int) float64 {
		if a < 0 || b < 0 {
			return far
		}
		return cost[a*n+b]
	}
	for a := range m {
		for b := range n {
			i := a*n + b
			cost[i] = far
			if abs(a-b) > band {
				continue
			}
			d := distance(a, b)
			if a == 0 && b == 0 {
				cost[i] = 2 * d
				continue
			}
			if a > 0 && b > 0 {
				cost[i], from[i] = at(a-1, b-1)+2*d, 2
			}
			if a > 1 && b > 0 {
				if c := at(a-2, b-1) + 2*distance(a-1, b) + d; c < cost[i] {
					cost[i], from[i] = c, 1
				}
			}
			if a > 0 && b > 1 {
				if c := at(a-1, b-2) + 2*distance(a, b-1) + d; c < cost[i] {
					cost[i], from[i] = c, 3
				}
			}
		}
	}
	end := n - 1
	if open {
		least := far
		for b := range n {
			if c := at(m-1, b) / float64(m+b+1); c < least {
				least, end = c, b
			}
		}
	}
	if math.IsInf(at(m-1, end), 1) {
		return nil, 0
	}
	return trace(from, n, pair{m - 1, end}), end + 1
}

// trace goes back along the steps that were taken.
func trace(from []uint8, n int, p pair) []pair {
	var out []pair
	for {
		out = append(out, p)
		switch from[p.a*n+p.b] {
		case 1:
			out = append(out, pair{p.a - 1, p.b})
			p = pair{p.a - 2, p.b - 1}
		case 2:
			p = pair{p.a - 1, p.b - 1}
		case 3:
			out = append(out, pair{p.a, p.b - 1})
			p = pair{p.a - 1, p.b - 2}
		default:
			return out
		}
	}
}
