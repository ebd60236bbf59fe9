package stat

import "math"

// double is a number of twice the digits: hi + lo, with lo below half a unit in
// the last place of hi. Sums of squares of values that differ little keep their
// digits in it. Error-free transformations by Dekker (Numerische Mathematik 18,
// 1971) and Knuth.
type double struct{ hi, lo float64 }

func of(v float64) double { return double{hi: v} }

func (a double) value() float64 { return a.hi + a.lo }

// sum of two numbers and what it is off by.
func twoSum(a, b float64) double {
	s := a + b
	v := s - a
	return double{s, (a - (s - v)) + (b - v)}
}

func quick(a, b float64) double {
	s := a + b
	return double{s, b - (s - a)}
}

func (a double) add(b double) double {
	s, t := twoSum(a.hi, b.hi), twoSum(a.lo, b.lo)
	s = quick(s.hi, s.lo+t.hi)
	return quick(s.hi, s.lo+t.lo)
}

func (a double) neg() double { return double{-a.hi, -a.lo} }

func (a double) sub(b double) double { return a.add(b.neg()) }

func (a double) mul(b double) double {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p)
	return quick(p, e+a.hi*b.lo+a.lo*b.hi)
}

func (a double) div(b double) double {
	q := a.hi / b.hi
	r := a.sub(b.mul(of(q)))
	q2 := r.hi / b.hi
	r = r.sub(b.mul(of(q2)))
	return quick(q, q2).add(of(r.hi / b.hi))
}

func (a double) sqrt() double {
	if a.hi <= 0 {
		return double{}
	}
	x := math.Sqrt(a.hi)
	return of(x).add(a.sub(of(x).mul(of(x))).div(of(2 * x)))
}
