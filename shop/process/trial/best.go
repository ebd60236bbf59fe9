package trial

import (
	"context"
	"math"

	"zhigai/access"
	"zhigai/calc/experiment"
)

// Best are the settings that meet all wishes best, within low and high.
type Best struct {
	Settings     []float64   `json:"settings" nullable:"false"`
	Desirability float64     `json:"desirability" doc:"0: some wish is not met at all; 1: all as well as can be"`
	Expected     []*Expected `json:"expected" nullable:"false" doc:"Of each response, with the half width of the interval of one run at 95 %"`
	Confirmed    []Confirmed `json:"confirmed" nullable:"false" doc:"Confirming runs beside what was foretold of them"`
	coded        []float64
}

// Confirmed is a confirming run with whether it came as foretold.
type Confirmed struct {
	Run    int     `json:"run"`
	Within []*bool `json:"within" nullable:"false" doc:"Of each response; null where it is not known"`
}

// Best finds them.
func (d *Desk) Best(ctx context.Context, who access.Principal, id string) (Best, error) {
	e, err := d.Experiment(ctx, who, id)
	if err != nil {
		return Best{}, err
	}
	b, err := e.best()
	if err != nil {
		return Best{}, err
	}
	b.Expected = e.expected(b.coded)
	for _, r := range e.Runs {
		if r.Kind != Confirming || !r.done() {
			continue
		}
		c := Confirmed{Run: r.No, Within: make([]*bool, len(e.Responses))}
		for k, x := range r.Expected {
			if v := r.Results[k]; v != nil && x != nil {
				within := math.Abs(*v-x.Value) <= x.Half
				c.Within[k] = &within
			}
		}
		b.Confirmed = append(b.Confirmed, c)
	}
	return *b, nil
}

func (e *Experiment) best() (*Best, error) {
	var fits []*experiment.Analysis
	var wishes []experiment.Wish
	for k, r := range e.Responses {
		if r.Want == Watched {
			continue
		}
		a, err := e.analyse(k, "")
		if err != nil {
			return nil, err
		}
		fits = append(fits, a.fit)
		wishes = append(wishes, experiment.Wish{Want: string(r.Want), Low: r.Low, High: r.High, Target: r.Target})
	}
	if len(fits) == 0 {
		return nil, invalid("nothing is wished for any response: there is nothing to be best at")
	}
	found, err := experiment.Desirable(fits, wishes, len(e.Factors))
	if err != nil {
		return nil, invalid("%v", err)
	}
	return &Best{Settings: e.settings(found.At), Desirability: found.Desirability, Confirmed: []Confirmed{}, coded: found.At}, nil
}

// expected is what is foretold of each response at coded settings; null where it
// cannot be.
func (e *Experiment) expected(coded []float64) []*Expected {
	out := make([]*Expected, len(e.Responses))
	for k := range e.Responses {
		a, err := e.analyse(k, "")
		if err != nil {
			continue
		}
		p := e.point(a.fit, coded)
		if number(p.Value) != nil && number(p.Half) != nil {
			out[k] = &Expected{p.Value, p.Half}
		}
	}
	return out
}
