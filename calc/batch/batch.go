// Package batch compares a run of a batch or cycle with runs that went well: it
// brings them onto one time, makes the band in which good runs lie, and says of
// another run with which signal it left the band, where, and by how much. It also
// cuts a signal into cycles.
//
// It knows no machine, clock or I/O, and makes no band of too few runs. Start with
// [Build] and [Band.Compare].
package batch

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrInvalid is wrapped by every refusal; its text says what is wrong and what
// would do.
var ErrInvalid = errors.New("runs cannot be compared")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Point is what a signal showed: T in seconds since the run began, V in its unit.
type Point struct{ T, V float64 }

// Curve is a signal over a run, by time. Where no point lies within [Options.Gap]
// of its neighbour nothing is known in between.
type Curve []Point

// Run is a batch or cycle: a curve for each signal, in the order of the names.
type Run struct {
	ID     string
	Length float64 // s, of one that runs still until now
	Curves []Curve
	Runs   bool // it has not ended
}

// Align is how runs of different length are brought onto one time.
type Align string

const (
	// Phase stretches each run evenly: a place is a share of its length. It is for
	// runs that differ in speed as a whole.
	Phase Align = "phase"
	// Warp stretches each part of a run as it fits the good ones: dynamic time
	// warping of all signals at once within a band, symmetric, slope constraint P = 1
	// (Sakoe & Chiba, IEEE Trans. ASSP 26, 1978, table I), as Kassidas, MacGregor &
	// Taylor (AIChE J. 44, 1998) use it on batches. It is for runs of which some
	// phases take longer.
	Warp Align = "warp"
)

// Options of [Build].
type Options struct {
	Align  Align
	Points int     // places of the band; 0 is 100
	Band   float64 // how far a place may be moved by warping, as a share of the length; 0 is 0.15
	// K is how wide the band is: as rare as K standard deviations of a normal
	// distribution for the next good run. The fewer runs, the wider: a prediction
	// interval for one more (Hahn, J. Amer. Stat. Assoc. 64, 1969). 0 is 3.
	K   float64
	Gap float64 // s beyond which nothing is known between two points; 0 is a tenth of the run
}

const (
	// Least is how few runs a band is made of: with fewer its width is guessed.
	Least = 5
	most  = 400 // places of a band: more are not seen on a screen
	// hold is for how much of the run a signal must stay outside to have departed. A
	// single place outside is chance: a hundred places of ten signals are looked at.
	hold = 0.03
	// grain keeps a signal that stands still from having a band of no width: a
	// thousandth of what it moves through.
	grain = 1e-3
)

func (o Options) filled() (Options, error) {
	if o.Points == 0 {
		o.Points = 100
	}
	if o.Band == 0 {
		o.Band = 0.15
	}
	if o.K == 0 {
		o.K = 3
	}
	switch {
	case o.Align != Phase && o.Align != Warp:
		return o, invalid("alignment %q; write phase or warp", o.Align)
	case o.Points < 20 || o.Points > most:
		return o, invalid("%d places; take 20 to %d", o.Points, most)
	case !(o.Band > 0 && o.Band <= 0.5):
		return o, invalid("a band of %v; take a share of the length up to 0.5", o.Band)
	case !(o.K >= 1 && o.K <= 6):
		return o, invalid("a width of %v standard deviations; take 1 to 6", o.K)
	case o.Gap < 0:
		return o, invalid("a gap of %v s", o.Gap)
	}
	return o, nil
}

// Envelope is the band of one signal, place by place. Where N is below [Least]
// too few of the runs are known, and the place is not judged.
type Envelope struct {
	Name string    `json:"name"`
	Mean []float64 `json:"mean"`
	SD   []float64 `json:"sd"`
	Low  []float64 `json:"low"`
	High []float64 `json:"high"`
	N    []int     `json:"n"`
}

// Band is the band of good runs.
type Band struct {
	Align     Align      `json:"align"`
	Warping   float64    `json:"warp_band"`
	K         float64    `json:"k"`
	Gap       float64    `json:"gap_s"`
	Points    int        `json:"points"`
	Runs      int        `json:"runs"`
	Length    float64    `json:"length_s"` // of the common time
	LengthLow float64    `json:"length_low_s"`
	LengthTop float64    `json:"length_high_s"`
	Signals   []Envelope `json:"signals"`
	// Scores are those of the good runs, each held against the band of the others.
	Scores []float64 `json:"scores"`
	Scale  []float64 `json:"scale"` // of each signal, for warping
}

// track is a signal at even places; NaN where nothing is known.
type track []float64

// Build makes the band of good runs; names are those of the curves.
func Build(names []string, runs []Run, o Options) (*Band, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if err := check(names, runs); err != nil {
		return nil, err
	}
	g := &Band{Align: o.Align, Warping: o.Band, K: o.K, Gap: o.Gap, Points: o.Points, Runs: len(runs)}
	lengths := make([]float64, len(runs))
	for i, r := range runs {
		lengths[i] = r.Length
	}
	mean, sd := moments(lengths)
	half := width(o.K, len(runs)) * max(sd, grain*mean)
	g.Length, g.LengthLow, g.LengthTop = mean, max(0, mean-half), mean+half
	tracks := make([][]track, len(runs)) // by run and signal
	for i, r := range runs {
		tracks[i] = g.resample(r, o.Points)
	}
	g.Scale = scales(tracks, len(names))
	if o.Align == Warp {
		// First onto the run of the middle length, then onto the mean of all: no single
		// run's course is taken for the way things go.
		order := slices.Clone(lengths)
		slices.Sort(order)
		ref := tracks[slices.Index(lengths, order[len(order)/2])]
		g.Length = order[len(order)/2]
		for range 2 {
			for i, r := range runs {
				if tracks[i], _, _, err = g.warp(ref, r); err != nil {
					return nil, fmt.Errorf("run %s: %w", r.ID, err)
				}
			}
			ref = means(tracks)
		}
	}
	for s, name := range names {
		e := envelope(tracks, s, o.K, -1)
		e.Name = name
		g.Signals = append(g.Signals, e)
	}
	for i := range runs {
		g.Scores = append(g.Scores, leftOut(tracks, len(names), o.K, i))
	}
	return g, nil
}

func check(names []string, runs []Run) error {
	if len(names) == 0 {
		return invalid("no signal to compare by")
	}
	if len(runs) < Least {
		return invalid("%d runs; a band is made of %d or more", len(runs), Least)
	}
	for i, r := range runs {
		switch {
		case r.Runs:
			return invalid("run %s has not ended; take runs that went well to their end", r.ID)
		case !(r.Length > 0) || math.IsInf(r.Length, 0):
			return invalid("run %s is %v s long", r.ID, r.Length)
		case len(r.Curves) != len(names):
			return invalid("run %s has %d signals of %d", r.ID, len(r.Curves), len(names))
		}
		for s, c := range r.Curves {
			if err := c.check(); err != nil {
				return fmt.Errorf("run %d (%s), %s: %w", i+1, r.ID, names[s], err)
			}
		}
	}
	return nil
}

func (c Curve) check() error {
	for i, p := range c {
		if math.IsNaN(p.V) || math.IsInf(p.V, 0) || math.IsNaN(p.T) || i > 0 && p.T < c[i-1].T {
			return invalid("point %d is %v at %v s; points are numbers, in the order of time", i+1, p.V, p.T)
		}
	}
	return nil
}

// resample takes each signal of a run at n even places over its length.
func (g *Band) resample(r Run, n int) []track {
	gap := g.Gap
	if gap == 0 {
		const share = 0.1
		gap = share * r.Length
	}
	out := make([]track, len(r.Curves))
	for s, c := range r.Curves {
		out[s] = make(track, n)
		k := 0
		for i := range n {
			t := r.Length * float64(i) / float64(n-1)
			for k < len(c) && c[k].T < t {
				k++
			}
			out[s][i] = between(c, k, t, gap)
		}
	}
	return out
}

// between is the value at t, where point k is the first not before it.
func between(c Curve, k int, t, gap float64) float64 {
	switch {
	case len(c) == 0:
		return math.NaN()
	case k == len(c): // the last one holds for the gap
		if t-c[k-1].T > gap {
			return math.NaN()
		}
		return c[k-1].V
	case k == 0:
		if c[0].T-t > gap {
			return math.NaN()
		}
		return c[0].V
	case c[k].T-c[k-1].T > gap:
		return math.NaN()
	}
	a, b := c[k-1], c[k]
	if b.T == a.T {
		return b.V
	}
	return a.V + (b.V-a.V)*(t-a.T)/(b.T-a.T)
}

// moments are mean and standard deviation (n - 1) of what is known.
func moments(values []float64) (mean, sd float64) {
	n := 0.
	for _, v := range values {
		if !math.IsNaN(v) {
			mean += v
			n++
		}
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	mean /= n
	for _, v := range values {
		if !math.IsNaN(v) {
			sd += (v - mean) * (v - mean)
		}
	}
	if n < 2 {
		return mean, math.NaN()
	}
	return mean, math.Sqrt(sd / (n - 1))
}

// scales are what each signal moves through, so that all count alike in warping.
func scales(tracks [][]track, signals int) []float64 {
	out := make([]float64, signals)
	for s := range signals {
		var all []float64
		for _, t := range tracks {
			all = append(all, t[s]...)
		}
		if _, sd := moments(all); sd > 0 {
			out[s] = sd
		} else {
			out[s] = 1 // it stands still: it does not tell places apart
		}
	}
	return out
}

// means of all runs, place by place.
func means(tracks [][]track) []track {
	out := make([]track, len(tracks[0]))
	for s := range out {
		out[s] = make(track, len(tracks[0][s]))
		column := make([]float64, len(tracks))
		for p := range out[s] {
			for i := range tracks {
				column[i] = tracks[i][s][p]
			}
			out[s][p], _ = moments(column)
		}
	}
	return out
}
