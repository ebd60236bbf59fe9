package vibration

import (
	"math"
	"strconv"
	"strings"
)

// Bearing is the geometry of a rolling bearing whose outer ring stands.
type Bearing struct {
	Name      string
	Balls     int     // rolling elements in a row
	BallMM    float64 // diameter of one
	PitchMM   float64 // diameter of the circle of their centres
	AngleDeg  float64 // contact angle
	Reference string  // where the geometry was taken from
}

// Orders are frequencies as multiples of the shaft's.
type Orders struct {
	Cage  float64 // FTF: the cage goes around
	Outer float64 // BPFO: elements pass a point of the outer ring
	Inner float64 // BPFI: elements pass a point of the inner ring
	Ball  float64 // 2×BSF: a defect of an element meets both rings in one turn of it
}

// Check refuses what is no bearing.
func (b Bearing) Check() error {
	switch {
	case b.Balls < 3 || b.Balls > 200:
		return invalid("a bearing of %d rolling elements; 3 to 200 are possible", b.Balls)
	case !(b.BallMM > 0) || !(b.PitchMM > b.BallMM) || math.IsInf(b.PitchMM, 0):
		return invalid("rolling elements of %v on a circle of %v mm; the circle is larger than the element, and both are above 0", b.BallMM, b.PitchMM)
	case !(b.AngleDeg >= 0 && b.AngleDeg < 90):
		return invalid("a contact angle of %v°; 0 to below 90 is possible", b.AngleDeg)
	}
	return nil
}

// Orders gives the frequencies of a bearing by its kinematics: rolling without
// slip, the outer ring at rest (Randall and Antoni, Rolling element bearing
// diagnostics – a tutorial, MSSP 25, 2011, equations 1 to 4).
func (b Bearing) Orders() Orders {
	ratio := b.BallMM / b.PitchMM * math.Cos(b.AngleDeg*math.Pi/180)
	n := float64(b.Balls)
	return Orders{
		Cage:  (1 - ratio) / 2,
		Outer: n * (1 - ratio) / 2,
		Inner: n * (1 + ratio) / 2,
		Ball:  b.PitchMM / b.BallMM * (1 - ratio*ratio),
	}
}

// ParseBearing reads "n,d,D,angle": number of elements, their diameter and that
// of the circle of their centres in the same unit, contact angle in degrees.
func ParseBearing(s string) (Bearing, error) {
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return Bearing{}, invalid("bearing %q; write number of rolling elements, their diameter, pitch diameter and contact angle as 9,7.94,39.04,0", s)
	}
	var v [4]float64
	for i, p := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return Bearing{}, invalid("bearing %q: %q is no number", s, p)
		}
		v[i] = f
	}
	if v[0] != math.Trunc(v[0]) {
		return Bearing{}, invalid("bearing %q: %v rolling elements; the number is a whole one", s, v[0])
	}
	b := Bearing{Name: s, Balls: int(v[0]), BallMM: v[1], PitchMM: v[2], AngleDeg: v[3], Reference: "as given"}
	return b, b.Check()
}
