package trial

import (
	"context"
	"math"

	"zhigai/access"
	"zhigai/calc/experiment"
)

// Proposal is a run that is worth doing next, with why.
type Proposal struct {
	Settings []float64 `json:"settings" nullable:"false"`
	// What is to be made as high as can be: the response itself of a single wish, in its
	// unit and turned over where a minimum is wished; how well all wishes are met
	// (0..1) of several, or of a target.
	Measure  string  `json:"measure" enum:"response,turned,desirability"`
	Best     float64 `json:"best" doc:"Of the runs so far that kept all limits"`
	Expected float64 `json:"expected"`
	SD       float64 `json:"sd" doc:"How uncertain that is"`
	Gain     float64 `json:"gain" doc:"By which it is expected to be better than the best so far"`
	Why      string  `json:"why" enum:"better,unknown,little" doc:"better: it is expected to be better; unknown: little is known there; little: nothing much is to be gained any more"`
	Limited  bool    `json:"limited" doc:"Only settings at which all kept limits are expected to hold by two standard deviations"`
	Runs     int     `json:"runs" doc:"That it was learnt from"`
}

// worthLess is the share of what was gained so far below which another run gains
// little.
const worthLess = 0.01

// Propose says which run is worth doing next, within low and high of every factor,
// which lie within the safe limits.
func (d *Desk) Propose(ctx context.Context, who access.Principal, id string) (Proposal, error) {
	e, err := d.Experiment(ctx, who, id)
	if err != nil {
		return Proposal{}, err
	}
	return e.propose()
}

func (e *Experiment) propose() (Proposal, error) {
	p := Proposal{Measure: "desirability"}
	wished, only := 0, 0
	for k, r := range e.Responses {
		if r.Want != Watched {
			wished, only = wished+1, k
		}
		p.Limited = p.Limited || r.KeepMin != nil || r.KeepMax != nil
	}
	if wished == 0 {
		return p, invalid("nothing is wished for any response: no run is better than another")
	}
	if wished == 1 {
		p.Measure = map[Want]string{Maximum: "response", Minimum: "turned", Target: "desirability"}[e.Responses[only].Want]
	}
	var tried []experiment.Tried
	low, best := math.Inf(1), math.Inf(-1)
	for _, r := range e.Runs {
		t, ok := e.tried(r, p.Measure, only)
		if !ok {
			continue
		}
		tried = append(tried, t)
		low = min(low, t.Value)
		if !p.Limited || t.Margin >= 0 {
			best = max(best, t.Value)
		}
	}
	n, err := experiment.Propose(tried, p.Limited, e.Design.Seed)
	if err != nil {
		return p, invalid("%v", err)
	}
	p.Settings, p.Expected, p.SD, p.Gain, p.Best, p.Runs = e.settings(n.At), n.Expected, n.SD, n.Gain, best, len(tried)
	switch {
	case p.Gain < worthLess*(best-low):
		p.Why = "little"
	case p.Expected > p.Best:
		p.Why = "better"
	default:
		p.Why = "unknown"
	}
	return p, nil
}

// tried is a run as proposals learn from it: what is to be as high as can be, and how
// far all limits were kept, in the spread of each response.
func (e *Experiment) tried(r Run, measure string, only int) (experiment.Tried, bool) {
	t := experiment.Tried{At: e.actual(r), Margin: math.Inf(1)}
	product, wishes := 1., 0
	for k, p := range e.Responses {
		v := r.Results[k]
		if v == nil {
			if p.Want != Watched || p.KeepMin != nil || p.KeepMax != nil {
				return t, false
			}
			continue
		}
		if p.Want != Watched {
			w := experiment.Wish{Want: string(p.Want), Low: p.Low, High: p.High, Target: p.Target}
			product *= w.Of(*v)
			wishes++
		}
		spread := e.spread(k)
		if p.KeepMin != nil {
			t.Margin = min(t.Margin, (*v-*p.KeepMin)/spread)
		}
		if p.KeepMax != nil {
			t.Margin = min(t.Margin, (*p.KeepMax-*v)/spread)
		}
	}
	if math.IsInf(t.Margin, 1) {
		t.Margin = 0
	}
	switch measure {
	case "response":
		t.Value = *r.Results[only]
	case "turned":
		t.Value = -*r.Results[only]
	default:
		t.Value = math.Pow(product, 1/float64(wishes))
	}
	return t, true
}

// spread is how far results of a response lie apart, so that limits of several
// responses can be compared.
func (e *Experiment) spread(response int) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, r := range e.Runs {
		if v := r.Results[response]; v != nil {
			low, high = min(low, *v), max(high, *v)
		}
	}
	if high > low {
		return high - low
	}
	return 1
}
