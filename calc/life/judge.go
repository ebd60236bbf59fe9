package life

import (
	"math"
	"math/rand/v2"

	"zhigai/calc/model"
)

// Verdict is how a way of training does on runs that it has not seen.
type Verdict struct {
	Runs int     `json:"runs"` // judged, one cut of each
	RMSE float64 `json:"rmse"` // cycles, life capped
	// Intervals is for how many of them there was one: none where a fold keeps too
	// few runs back for the share asked.
	Intervals int     `json:"intervals"`
	Covered   float64 `json:"covered"` // share of those lives that lay inside, 0..1
	Width     float64 `json:"width"`   // mean width of an interval, cycles
}

// Judge trains as often as there are folds, each time without one of them, and
// answers for one random cut of each run that was left out. Every run is judged
// once, by a model and an interval that have seen nothing of it.
func Judge(runs []Run, o Options, folds int) (Verdict, error) {
	if err := check(runs); err != nil {
		return Verdict{}, err
	}
	if folds < 2 || folds > len(runs) {
		return Verdict{}, invalid("%d folds of %d runs", folds, len(runs))
	}
	order := rand.New(rand.NewPCG(o.Seed, 3)).Perm(len(runs))
	cut := rand.New(rand.NewPCG(o.Seed, 4))
	v := Verdict{Runs: len(runs)}
	var got, want []float64
	for f := range folds {
		var learn, test []int
		for i, k := range order {
			if i%folds == f {
				test = append(test, k)
			} else {
				learn = append(learn, k)
			}
		}
		m, err := Train(pick(runs, learn), o)
		if err != nil {
			return v, err
		}
		for _, r := range pick(runs, test) {
			at := 1 + cut.IntN(len(r.Values))
			a, err := m.Predict(Run{ID: r.ID, Values: r.Values[:at]})
			if err != nil {
				return v, err
			}
			left := m.within(float64(len(r.Values) - at))
			got, want = append(got, a.Life), append(want, left)
			if !a.Interval {
				continue
			}
			v.Intervals++
			v.Width += a.High - a.Low
			if a.Low <= left && left <= a.High {
				v.Covered++
			}
		}
	}
	if v.Intervals > 0 {
		v.Covered /= float64(v.Intervals)
		v.Width /= float64(v.Intervals)
	}
	v.RMSE = model.RMSE(got, want)
	if math.IsNaN(v.RMSE) {
		return v, invalid("no run was judged")
	}
	return v, nil
}
