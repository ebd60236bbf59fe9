package experiment

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Stationary is where a response surface neither rises nor falls.
type Stationary struct {
	At     []float64 // coded
	Value  float64
	Bends  []float64 // of the surface along its axes, ascending: all below 0 at a maximum
	Kind   string    // maximum, minimum, saddle
	Inside bool      // within -1 and 1 of every factor; outside, it is a guess
}

// Stationary finds the point from a fit of [Quadratic] terms (canonical analysis;
// Box & Wilson 1951).
func (a *Analysis) Stationary() (*Stationary, error) {
	k := 0
	for _, t := range a.terms {
		k = max(k, slices.Max(t)+1)
	}
	slope, bend := mat.NewVecDense(k, nil), mat.NewSymDense(k, nil)
	for i, t := range a.terms {
		c := a.Lines[i].Coef
		switch len(t) {
		case 1:
			slope.SetVec(t[0], c)
		case 2:
			if t[0] == t[1] {
				bend.SetSym(t[0], t[0], c)
			} else {
				bend.SetSym(t[0], t[1], c/2)
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(bend, false) {
		return nil, invalid("the bends of the surface cannot be found")
	}
	s := &Stationary{Bends: eigen.Values(nil), Kind: "saddle", Inside: true}
	steepest := math.Max(math.Abs(s.Bends[0]), math.Abs(s.Bends[k-1]))
	const flat = 1e-9
	for _, b := range s.Bends {
		if math.Abs(b) <= flat*steepest {
			return nil, invalid("the surface is flat along a line; fit squares of all factors")
		}
	}
	var at mat.VecDense
	if err := at.SolveVec(bend, slope); err != nil {
		return nil, invalid("the surface has no point that is higher or lower than all others: %v", err)
	}
	switch {
	case s.Bends[k-1] < 0:
		s.Kind = "maximum"
	case s.Bends[0] > 0:
		s.Kind = "minimum"
	}
	for i := range k {
		v := -at.AtVec(i) / 2
		s.At = append(s.At, v)
		s.Inside = s.Inside && math.Abs(v) <= 1
	}
	s.Value, _ = a.Predict(s.At)
	return s, nil
}

// Wish is what one response should be (Derringer & Suich, J. Qual. Technol. 12,
// 1980). Low and High are where it stops to be of any use or is as good as can be.
type Wish struct {
	Want   string  // maximum, minimum or target
	Low    float64 // of the response's unit
	High   float64
	Target float64 // of a target, between them
	Weight float64 // how steeply it falls off; 0 is taken for 1
}

// Of is how well a response meets the wish, 0 to 1.
func (w Wish) Of(y float64) float64 {
	weight := w.Weight
	if weight == 0 {
		weight = 1
	}
	share := func(from, to float64) float64 {
		return math.Pow(min(1, max(0, (y-from)/(to-from))), weight)
	}
	switch {
	case w.Want == "minimum":
		return share(w.High, w.Low)
	case w.Want == "target" && y > w.Target:
		return share(w.High, w.Target)
	case w.Want == "target":
		return share(w.Low, w.Target)
	}
	return share(w.Low, w.High)
}

func (w Wish) check() error {
	switch {
	case w.Want != "maximum" && w.Want != "minimum" && w.Want != "target":
		return invalid("a wish for %q; write maximum, minimum or target", w.Want)
	case !(w.Low < w.High):
		return invalid("a wish from %v to %v; the low end lies below the high one", w.Low, w.High)
	case w.Want == "target" && !(w.Low < w.Target && w.Target < w.High):
		return invalid("target %v does not lie between %v and %v", w.Target, w.Low, w.High)
	}
	return nil
}

// Best are the settings that meet all wishes best: the geometric mean of how well
// each is met, between -1 and 1 of each factor, and what each response is there.
type Best struct {
	At           []float64 // coded
	Desirability float64
	Means        []float64
}

// Desirable searches them for fits of the same factors from all corners, the
// middle and the faces.
func Desirable(fits []*Analysis, wishes []Wish, k int) (*Best, error) {
	if len(fits) == 0 || len(fits) != len(wishes) {
		return nil, invalid("%d fits and %d wishes", len(fits), len(wishes))
	}
	for _, w := range wishes {
		if err := w.check(); err != nil {
			return nil, err
		}
	}
	of := func(at []float64) float64 {
		product := 1.
		for i, f := range fits {
			mean, _ := f.Predict(at)
			product *= wishes[i].Of(mean)
		}
		return math.Pow(product, 1/float64(len(fits)))
	}
	best := &Best{Desirability: -1}
	for _, from := range starts(k) {
		at, d := climb(from, of)
		if d > best.Desirability {
			best.At, best.Desirability = at, d
		}
	}
	for _, f := range fits {
		mean, _ := f.Predict(best.At)
		best.Means = append(best.Means, mean)
	}
	return best, nil
}

// starts are the middle, the faces and the corners of up to eight factors.
func starts(k int) [][]float64 {
	out := [][]float64{make([]float64, k)}
	for i := range k {
		for _, s := range []float64{-1, 1} {
			face := make([]float64, k)
			face[i] = s
			out = append(out, face)
		}
	}
	const most = 8
	if k <= most {
		for i := range 1 << k {
			corner := make([]float64, k)
			for f := range k {
				corner[f] = sign(i>>f&1 == 1)
			}
			out = append(out, corner)
		}
	}
	return out
}

// climb goes up along single factors by halving steps (compass search; Kolda,
// Lewis & Torczon 2003) and never beyond -1 and 1.
func climb(from []float64, of func([]float64) float64) ([]float64, float64) {
	const first, last = 0.5, 1e-6
	at := slices.Clone(from)
	best := of(at)
	for step := first; step > last; {
		better := false
		for i := range at {
			for _, s := range []float64{step, -step} {
				was := at[i]
				at[i] = min(1, max(-1, was+s))
				if v := of(at); v > best {
					best, better = v, true
					break
				}
				at[i] = was
			}
		}
		if !better {
			step /= 2
		}
	}
	return at, best
}
