package msa

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"zhigai/calc/stat"
)

// Bias is how far a gauge is off at one reference value.
type Bias struct {
	N         int
	Reference float64
	Mean      float64
	SD        float64 // of the readings, repeatability
	Bias      float64 // mean less reference
	StdErr    float64
	Low, High float64  // 95 % interval of the bias
	T, P      *float64 // that a gauge that is not off shows such a bias; nil when readings do not vary
}

// Off says that the interval does not hold 0.
func (b *Bias) Off() bool { return b.Low > 0 || b.High < 0 }

// BiasOf is the bias of readings of one part whose value is known (AIAG, 4th
// edition, chapter III B, independent sample method).
func BiasOf(readings []float64, reference float64) (*Bias, error) {
	s, err := stat.Of(readings)
	if err != nil {
		return nil, invalid("readings at %v: %v", reference, err)
	}
	if math.IsNaN(reference) || math.IsInf(reference, 0) {
		return nil, invalid("a reference of %v; it is the value of the part, measured by something better", reference)
	}
	b := &Bias{N: s.N, Reference: reference, Mean: s.Mean, SD: s.SD, Bias: s.Mean - reference}
	df := float64(s.N - 1)
	b.StdErr = s.SD / math.Sqrt(float64(s.N))
	half := student(0.975, df) * b.StdErr
	b.Low, b.High = b.Bias-half, b.Bias+half
	b.T, b.P = test(b.Bias, b.StdErr, df)
	return b, nil
}

func student(p, df float64) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p)
}

// test says how likely it is that an estimate is so far from 0, or farther.
func test(estimate, stdErr, df float64) (t, p *float64) {
	if !(stdErr > 0) {
		return nil, nil
	}
	at := estimate / stdErr
	of := 2 * distuv.StudentsT{Sigma: 1, Nu: df}.Survival(math.Abs(at))
	return &at, &of
}

// Linearity is how the bias changes over the range of a gauge.
type Linearity struct {
	At               []*Bias // by reference, in the order in which they came
	Slope, Intercept float64 // of bias against reference; the slope has no unit
	SlopeErr         float64
	InterceptErr     float64
	SlopeP           *float64 // that a gauge without linearity error shows such a slope
	InterceptP       *float64
	R2               float64
	SD               float64 // of readings about the line
}

// Point is one reading of a part whose value is known.
type Point struct{ Reference, Value float64 }

// LinearityOf fits bias = intercept + slope × reference through all readings (AIAG,
// 4th edition, chapter III B).
func LinearityOf(all []Point) (*Linearity, error) {
	l := &Linearity{}
	by := map[float64][]float64{}
	var order []float64
	x, y := make([]float64, len(all)), make([]float64, len(all))
	for i, p := range all {
		if _, ok := by[p.Reference]; !ok {
			order = append(order, p.Reference)
		}
		by[p.Reference] = append(by[p.Reference], p.Value)
		x[i], y[i] = p.Reference, p.Value-p.Reference
	}
	if len(order) < 3 {
		return nil, invalid("%d reference values; a line is seen over three at least, usually five", len(order))
	}
	for _, at := range order {
		b, err := BiasOf(by[at], at)
		if err != nil {
			return nil, err
		}
		l.At = append(l.At, b)
	}
	f, err := stat.Regress(y, [][]float64{x}, true)
	if err != nil {
		return nil, invalid("%v", err)
	}
	l.Intercept, l.Slope, l.InterceptErr, l.SlopeErr = f.Coef[0], f.Coef[1], f.StdErr[0], f.StdErr[1]
	l.R2, l.SD = f.R2, f.SD
	_, l.InterceptP = test(l.Intercept, l.InterceptErr, float64(f.DF))
	_, l.SlopeP = test(l.Slope, l.SlopeErr, float64(f.DF))
	return l, nil
}
