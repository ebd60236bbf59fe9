package component

import (
	"context"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Bounds of a trial on history.
const (
	maxTrial      = 400 * 24 * time.Hour
	maxTrialCalls = 2000
	// maxTrialFailed ends a trial of a component that uses up its time at each call.
	maxTrialFailed = 20
	timeBins       = 20
)

// Question is a component to be tried on a stretch of history.
type Question struct {
	Definition Definition    `json:"definition"`
	From       plant.Instant `json:"from"`
	To         plant.Instant `json:"to"`
	Calls      int           `json:"calls,omitempty" minimum:"0" maximum:"2000" doc:"At most; 500 when left out. A longer stretch is asked about at wider steps"`
}

// Trial is what a component would have said.
type Trial struct {
	From     plant.Instant `json:"from"`
	To       plant.Instant `json:"to"`
	StepS    float64       `json:"step_s" doc:"Between calls"`
	Runs     []Run         `json:"runs" nullable:"false"`
	Answered int           `json:"answered"`
	Missing  int           `json:"missing" doc:"Windows without an input"`
	Failed   int           `json:"failed"`
	Ended    string        `json:"ended,omitempty" doc:"Why the trial ended early"`
	P50MS    *float64      `json:"p50_ms"`
	P99MS    *float64      `json:"p99_ms"`
	MaxMS    *float64      `json:"max_ms"`
	Memory   int64         `json:"memory" doc:"Most bytes of a call"`
	Times    []Bin         `json:"times" nullable:"false" doc:"How long calls took"`
}

// Bin counts calls that took from LowMS up to HighMS.
type Bin struct {
	LowMS  float64 `json:"low_ms"`
	HighMS float64 `json:"high_ms"`
	Count  int     `json:"count"`
}

// Try says what a component would have said over a stretch of history, by the code by
// which it is called when it is active.
func (d *Desk) Try(ctx context.Context, who access.Principal, q Question) (Trial, error) {
	const usualCalls = 500
	if q.Calls == 0 {
		q.Calls = usualCalls
	}
	q.To = min(q.To, d.now())
	switch {
	case q.To <= q.From:
		return Trial{}, invalid("the stretch ends before it begins, or has not begun")
	case q.To.Time().Sub(q.From.Time()) > maxTrial:
		return Trial{}, invalid("a component is tried on %d days of history at most", int(maxTrial.Hours()/24))
	case q.Calls < 1 || q.Calls > maxTrialCalls:
		return Trial{}, invalid("calls: 1 to %d", maxTrialCalls)
	}
	c := Component{Definition: q.Definition}
	if err := d.complete(ctx, who, &c); err != nil {
		return Trial{}, err
	}
	if c.Form == Service {
		return Trial{}, invalid("form: a service is asked about the present alone: it may keep what it is told, and history is none of its business")
	}
	by, free, err := d.open(ctx, who.Scope.Tenant, &c)
	if err != nil {
		return Trial{}, err
	}
	defer free()
	every := c.every()
	first := (q.From + every - 1) / every * every
	n := max(0, int((q.To-first)/every)+1)
	step := every * plant.Instant(max(1, (n+q.Calls-1)/q.Calls))
	out := Trial{From: q.From, To: q.To, StepS: (time.Duration(step) * time.Microsecond).Seconds(), Runs: []Run{}, Times: []Bin{}}
	var took []float64
	for end := first; end <= q.To; end += step {
		r, err := d.call(ctx, who.Scope.Tenant, &c, by, end)
		if err != nil {
			return Trial{}, err
		}
		out.Runs = append(out.Runs, r)
		switch {
		case r.Why == Answered:
			out.Answered++
		case r.Why == MissingInput:
			out.Missing++
			continue
		case r.Why.misbehaves():
			out.Failed++
		}
		took, out.Memory = append(took, r.TookMS), max(out.Memory, r.Memory)
		if out.Failed == maxTrialFailed {
			out.Ended = string(r.Why) + ": " + r.Detail
			break
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		out.P50MS, out.P99MS, out.MaxMS = ranked(took, 0.5), ranked(took, 0.99), ranked(took, 1)
		out.Times = bins(took)
	}
	return out, nil
}

// bins count sorted values in equal steps from 0 to the largest.
func bins(sorted []float64) []Bin {
	width := math.Max(sorted[len(sorted)-1]/timeBins, 0.001)
	out := make([]Bin, timeBins)
	for i := range out {
		out[i].LowMS, out[i].HighMS = width*float64(i), width*float64(i+1)
	}
	for _, v := range sorted {
		out[min(timeBins-1, int(v/width))].Count++
	}
	return out
}

// Repeated is what a module says again of windows that it was asked about.
type Repeated struct {
	Windows int `json:"windows"`
	Other   int `json:"other_inputs" doc:"Whose samples are others now: some came late, or were mended"`
	Differ  int `json:"differ" doc:"Of the same inputs it says something else: this must never be"`
}

// Again asks a module about the windows of kept runs within [from, to) once more, and
// holds what it says against what is kept.
func (d *Desk) Again(ctx context.Context, who access.Principal, id string, from, to plant.Instant) (Repeated, error) {
	c, err := d.Component(ctx, who, id)
	if err != nil {
		return Repeated{}, err
	}
	if c.Form == Service {
		return Repeated{}, invalid("a service is not asked again: what it says may have changed")
	}
	kept, err := d.o.Store.Runs(ctx, who.Scope.Tenant, id, from, to, maxRuns)
	if err != nil {
		return Repeated{}, err
	}
	by, free, err := d.open(ctx, who.Scope.Tenant, &c)
	if err != nil {
		return Repeated{}, err
	}
	defer free()
	var out Repeated
	for _, was := range kept {
		is, err := d.call(ctx, who.Scope.Tenant, &c, by, was.At)
		if err != nil {
			return out, err
		}
		out.Windows++
		switch {
		case is.Window != was.Window:
			out.Other++
		case !sameWords(is, was):
			out.Differ++
		}
	}
	return out, nil
}

// sameWords says whether two runs say the same to the bit. Whether a call was stopped for
// its time is no word of the component's.
func sameWords(a, b Run) bool {
	if a.Why == OverTime || b.Why == OverTime {
		return true
	}
	return a.Why == b.Why && slices.EqualFunc(a.Outputs, b.Outputs, func(x, y Said) bool {
		return x.Name == y.Name && x.Quality == y.Quality && (x.Value == nil) == (y.Value == nil) && (x.Value == nil || *x.Value == *y.Value)
	})
}
