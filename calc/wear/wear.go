// Package wear is how long things last that wear: a Weibull distribution of lives of
// which some are known only to have been longer (changed before they were worn out),
// and how much is left of one that is in use, with an interval.
//
// It knows no tool, no unit and no clock: lives are numbers above 0, of parts, minutes
// or anything that wears. It gives no interval that too few lives stand behind.
//
// Start with [Fit] and [Remaining].
package wear

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Life is how long one lasted.
type Life struct {
	Used  float64
	Ended bool // it was worn out then; otherwise it would have lasted longer: right censored
}

// Weibull is a distribution of lives: S(t) = exp(-(t/Scale)^Shape).
type Weibull struct {
	Shape float64
	Scale float64 // in the unit of the lives; 63.2 % last no longer
}

// ErrFew is that too few lives are known.
var ErrFew = errors.New("wear: too few lives that ended")

// MinEnded is how many lives must have ended by wear before anything is said: with
// fewer the likelihood of the shape is nearly flat (Meeker and Escobar, Statistical
// Methods for Reliability Data, 1998, section 8.3).
const MinEnded = 5

// Bounds of the shape. Beyond the upper one lives are the same to a tenth of a percent.
const minShape, maxShape = 0.05, 2000

// Fit is the distribution of greatest likelihood, some lives right censored (Lawless,
// Statistical Models and Methods for Lifetime Data, 2nd edition 2003, section 5.2: the
// shape solves Σ tᵏ ln t / Σ tᵏ − 1/k − mean of ln t of those that ended = 0). Errors
// are ErrFew and a life that is none.
func Fit(lives []Life) (Weibull, error) {
	ended := 0
	for _, l := range lives {
		if !(l.Used > 0) || math.IsInf(l.Used, 0) {
			return Weibull{}, fmt.Errorf("wear: a life of %v; lives are numbers above 0", l.Used)
		}
		if l.Ended {
			ended++
		}
	}
	if ended < MinEnded {
		return Weibull{}, fmt.Errorf("%w: %d of the %d that are needed", ErrFew, ended, MinEnded)
	}
	return fit(lives), nil
}

// fit is Fit of lives of which at least one ended.
func fit(lives []Life) Weibull {
	longest := 0.0
	for _, l := range lives {
		longest = max(longest, l.Used)
	}
	logs, ended := 0.0, 0.0
	for _, l := range lives {
		if l.Ended {
			logs += math.Log(l.Used / longest)
			ended++
		}
	}
	// Lives are taken as shares of the longest, so that no power overflows.
	sums := func(k float64) (s, sl float64) {
		for _, l := range lives {
			x := math.Log(l.Used / longest)
			p := math.Exp(k * x)
			s += p
			sl += p * x
		}
		return s, sl
	}
	low, high := math.Log(minShape), math.Log(maxShape)
	for range bisections { // the equation rises with k
		mid := (low + high) / 2
		k := math.Exp(mid)
		s, sl := sums(k)
		if sl/s-1/k-logs/ended < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	k := math.Exp((low + high) / 2)
	s, _ := sums(k)
	return Weibull{Shape: k, Scale: longest * math.Pow(s/ended, 1/k)}
}

// Survives is the share that lasts longer than t.
func (w Weibull) Survives(t float64) float64 {
	if t <= 0 {
		return 1
	}
	return math.Exp(-math.Pow(t/w.Scale, w.Shape))
}

// bisections leave a part in 10¹² of where they begin.
const bisections = 40

// Rest is how much is left of a life, in its unit.
type Rest struct {
	Low    float64
	Median float64
	High   float64
}

// draws is how many times the lives are drawn anew: more moves the ends of the interval
// by a few percent of it at most.
const draws = 200

// Remaining is how much is left of a life that has lasted so long, the middle share
// (0.9: nine in ten) between Low and High. The quantiles of the fit are calibrated by
// fits to lives drawn anew, so that what is not known of shape and scale widens the
// interval (Lawless and Fredette, Frequentist prediction intervals and predictive
// distributions, Biometrika 92, 2005). The same lives give the same answer. Errors are
// those of [Fit].
func Remaining(lives []Life, used, share float64) (Rest, error) {
	best, err := Fit(lives)
	if err != nil {
		return Rest{}, err
	}
	if !(used >= 0) || !(share > 0 && share < 1) {
		return Rest{}, fmt.Errorf("wear: used %v and a share of %v; used is not below 0, the share between 0 and 1", used, share)
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(lives))))
	fits := make([]Weibull, 0, draws)
	drawn := make([]Life, len(lives))
	for len(fits) < draws {
		ended := 0
		for i := range drawn {
			drawn[i] = lives[rng.IntN(len(lives))]
			if drawn[i].Ended {
				ended++
			}
		}
		if ended > 0 {
			fits = append(fits, fit(drawn))
		}
	}
	at := func(p float64) float64 {
		low, high := 0.0, 1.0
		for range bisections {
			mid := (low + high) / 2
			over := 0.0 // share of lives of the best fit that are over where the others say mid is
			for _, f := range fits {
				over -= math.Expm1(math.Pow(used/best.Scale, best.Shape) - math.Pow(f.quantile(used, 1-mid)/best.Scale, best.Shape))
			}
			if over < p*float64(len(fits)) {
				low = mid
			} else {
				high = mid
			}
		}
		return best.quantile(used, 1-(low+high)/2) - used
	}
	tail := (1 - share) / 2
	return Rest{Low: at(tail), Median: at(0.5), High: at(1 - tail)}, nil
}

// quantile is until when the share left of those that have lasted so long has become s.
func (w Weibull) quantile(used, s float64) float64 {
	return w.Scale * math.Pow(math.Pow(used/w.Scale, w.Shape)-math.Log(s), 1/w.Shape)
}
