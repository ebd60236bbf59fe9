package batch

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// width is how many standard deviations of n runs one more good run stays within,
// as rarely left as k standard deviations of a normal distribution are.
func width(k float64, n int) float64 {
	share := distuv.UnitNormal.CDF(k)
	return distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(share) * math.Sqrt(1+1/float64(n))
}

// envelope is the band of a signal from all runs but the one at without, -1 for
// none. Deviations are pooled over neighbouring places, so that a place where few
// runs happen to agree is not narrower than the process is.
func envelope(tracks [][]track, s int, k float64, without int) Envelope {
	places := len(tracks[0][s])
	e := Envelope{Mean: make([]float64, places), SD: make([]float64, places), Low: make([]float64, places), High: make([]float64, places), N: make([]int, places)}
	variance := make([]float64, places)
	low, high := math.Inf(1), math.Inf(-1)
	for p := range places {
		column := make([]float64, 0, len(tracks))
		for i := range tracks {
			if v := tracks[i][s][p]; i != without && !math.IsNaN(v) {
				column = append(column, v)
				low, high = min(low, v), max(high, v)
			}
		}
		if e.N[p] = len(column); len(column) < Least-1 { // one may be left out
			e.N[p] = 0
			continue
		}
		mean, sd := moments(column)
		e.Mean[p], variance[p] = mean, sd*sd
	}
	reach := max(1, places/50)
	for p := range places {
		if e.N[p] == 0 {
			continue
		}
		sum, n := 0., 0.
		for q := max(0, p-reach); q <= min(places-1, p+reach); q++ {
			if e.N[q] > 0 {
				sum += variance[q]
				n++
			}
		}
		floor := grain * (high - low)
		if high == low {
			floor = grain * grain * math.Max(math.Abs(high), 1) // it never moved
		}
		e.SD[p] = math.Max(math.Sqrt(sum/n), floor)
		half := width(k, e.N[p]) * e.SD[p]
		e.Low[p], e.High[p] = e.Mean[p]-half, e.Mean[p]+half
	}
	return e
}

// leftOut is the score of a good run against the band of the others.
func leftOut(tracks [][]track, signals int, k float64, run int) float64 {
	sum, n := 0., 0.
	for s := range signals {
		e := envelope(tracks, s, k, run)
		for p, v := range tracks[run][s] {
			if e.N[p] > 0 && !math.IsNaN(v) {
				z := (v - e.Mean[p]) / e.SD[p]
				sum += z * z
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	return math.Sqrt(sum / n)
}

// Judged is one signal of a run beside its band.
type Judged struct {
	Name   string
	Values []float64 // on the common time
	Known  []bool
	Share  float64 // of the places judged, how many lie outside, 0..1
	Score  float64 // root mean square of its distance from the mean, in standard deviations
	Places int     // that were judged
	// Worst is the place farthest outside in widths of the band's half, -1 when nothing
	// is known; By is how far, above 1 outside, negative below the mean.
	Worst int
	By    float64
	// Departed is the place from which it stayed outside for a while, -1 when it did
	// not.
	Departed int
}

// Result is a run beside the band.
type Result struct {
	// Score is the root mean square of all distances, in standard deviations: about 1
	// of a good run. HighestGood is the highest of the good runs', each left out.
	Score, HighestGood float64
	Signals            []Judged
	Reached            int       // places that the run has come to
	At                 []float64 // s of the run at each place that it has come to
	// First is the signal that departed first, -1 when none did.
	First int
	// Long is whether its length is beyond what good runs are expected to take; Short
	// the same below, of a run that has ended.
	Long, Short bool
}

// Departed says whether the run is not like the good ones: a signal left its band,
// or its length did.
func (r *Result) Departed() bool { return r.First >= 0 || r.Long || r.Short }

// Compare holds a run against the band. One that has not ended is compared as far as
// it has come.
func (g *Band) Compare(run Run) (*Result, error) {
	if len(run.Curves) != len(g.Signals) {
		return nil, invalid("run %s has %d signals and the band %d", run.ID, len(run.Curves), len(g.Signals))
	}
	if !(run.Length > 0) || math.IsInf(run.Length, 0) {
		return nil, invalid("run %s is %v s long", run.ID, run.Length)
	}
	for s, c := range run.Curves {
		if err := c.check(); err != nil {
			return nil, invalid("run %s, %s: %v", run.ID, g.Signals[s].Name, err)
		}
	}
	tracks, at, reached, err := g.onto(run)
	if err != nil {
		return nil, err
	}
	r := &Result{Reached: reached, At: at, First: -1, Long: run.Length > g.LengthTop, Short: !run.Runs && run.Length < g.LengthLow}
	sum, n := 0., 0.
	for s, e := range g.Signals {
		j, squares := judge(e, tracks[s][:reached])
		sum += squares
		n += float64(j.Places)
		r.Signals = append(r.Signals, j)
		if j.Departed >= 0 && (r.First < 0 || j.Departed < r.Signals[r.First].Departed || j.Departed == r.Signals[r.First].Departed && math.Abs(j.By) > math.Abs(r.Signals[r.First].By)) {
			r.First = s
		}
	}
	if n == 0 {
		return nil, invalid("nothing is known of run %s where the band is; choose signals that were measured", run.ID)
	}
	r.Score = math.Sqrt(sum / n)
	for _, s := range g.Scores {
		r.HighestGood = max(r.HighestGood, s)
	}
	return r, nil
}

// onto brings a run onto the band's time.
func (g *Band) onto(run Run) (tracks []track, at []float64, reached int, err error) {
	if g.Align == Warp {
		ref := make([]track, len(g.Signals))
		for s, e := range g.Signals {
			ref[s] = make(track, g.Points)
			for p := range ref[s] {
				if ref[s][p] = e.Mean[p]; e.N[p] == 0 {
					ref[s][p] = math.NaN()
				}
			}
		}
		if tracks, at, reached, err = g.warp(ref, run); err != nil {
			return nil, nil, 0, err
		}
		return tracks, at[:reached], reached, nil
	}
	if !run.Runs {
		tracks, at, reached = g.stretched(run, run.Length)
		return tracks, at, reached, nil
	}
	// How long it will have taken nobody knows: of the lengths that good runs have, the
	// one with which it fits best so far.
	low := max(run.Length, g.LengthLow)
	high := max(low, g.LengthTop)
	const tries = 24
	least := math.Inf(1)
	for i := range tries + 1 {
		length := low + (high-low)*float64(i)/tries
		t, a, n := g.stretched(run, length)
		if d := g.distance(t, n); tracks == nil || d < least {
			tracks, at, reached, least = t, a, n, d
		}
	}
	return tracks, at, reached, nil
}

// stretched takes a run at even places over the length that it will have had.
func (g *Band) stretched(run Run, length float64) (tracks []track, at []float64, reached int) {
	reached = min(g.Points, int(run.Length/length*float64(g.Points-1))+1)
	whole := run
	whole.Length = length
	tracks = g.resample(whole, g.Points)
	at = make([]float64, reached)
	for p := range at {
		at[p] = length * float64(p) / float64(g.Points-1)
	}
	return tracks, at, reached
}

// distance is the mean squared distance of a run's first places from the band's
// middle, in standard deviations.
func (g *Band) distance(tracks []track, reached int) float64 {
	sum, n := 0., 0.
	for s, e := range g.Signals {
		for p, v := range tracks[s][:reached] {
			if e.N[p] > 0 && !math.IsNaN(v) {
				z := (v - e.Mean[p]) / e.SD[p]
				sum += z * z
				n++
			}
		}
	}
	return sum / math.Max(1, n)
}

// judge holds a signal against its band, and gives the sum of squared distances.
func judge(e Envelope, is track) (Judged, float64) {
	j := Judged{Name: e.Name, Values: make([]float64, len(is)), Known: make([]bool, len(is)), Worst: -1, Departed: -1}
	need := max(2, int(math.Ceil(hold*float64(len(e.Mean)))))
	squares, since, outside := 0., 0, 0
	for p, v := range is {
		if math.IsNaN(v) {
			since = 0
			continue
		}
		j.Values[p], j.Known[p] = v, true
		if e.N[p] < Least {
			since = 0
			continue
		}
		j.Places++
		z := (v - e.Mean[p]) / e.SD[p]
		squares += z * z
		by := (v - e.Mean[p]) / (e.High[p] - e.Mean[p])
		if j.Worst < 0 || math.Abs(by) > math.Abs(j.By) {
			j.Worst, j.By = p, by
		}
		if math.Abs(by) <= 1 {
			since = 0
			continue
		}
		outside++
		if since++; since == need && j.Departed < 0 {
			j.Departed = p - need + 1
		}
	}
	if j.Places > 0 {
		j.Share, j.Score = float64(outside)/float64(j.Places), math.Sqrt(squares/float64(j.Places))
	}
	return j, squares
}
