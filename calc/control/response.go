package control

import "math"

// Response is how what is measured followed a step of the set point from 0 to 1.
type Response struct {
	Overshoot float64 `json:"overshoot"` // share of the step above it
	Peak      float64 `json:"peak_s"`    // when it was highest
	Rise      float64 `json:"rise_s"`    // from 10 % to 90 %
	Settling  float64 `json:"settling_s"`
	IAE       float64 `json:"iae"` // integral of the error's magnitude
}

// settled is how near to the step it stays when it has settled: 2 %.
const settled = 0.02

// Respond says how a response to a step of 1 went, of values every dt seconds from the
// step on. Between values it is taken for straight.
func Respond(y []float64, dt float64) Response {
	var r Response
	cross := func(level float64) float64 {
		for i := 1; i < len(y); i++ {
			if y[i] >= level {
				return dt * (float64(i-1) + (level-y[i-1])/(y[i]-y[i-1]))
			}
		}
		return math.NaN()
	}
	r.Rise = cross(0.9) - cross(0.1)
	highest := 0
	for i, v := range y {
		if v > y[highest] {
			highest = i
		}
		if i == 0 {
			continue
		}
		a, b := 1-y[i-1], 1-v
		if a*b >= 0 {
			r.IAE += dt * (math.Abs(a) + math.Abs(b)) / 2
		} else { // two triangles
			r.IAE += dt * (a*a + b*b) / (2 * (math.Abs(a) + math.Abs(b)))
		}
		if math.Abs(a) > settled && math.Abs(b) <= settled {
			edge := settled
			if a < 0 {
				edge = -settled
			}
			r.Settling = dt * (float64(i-1) + (a-edge)/(a-b))
		}
	}
	if len(y) == 0 || math.Abs(1-y[len(y)-1]) > settled {
		r.Settling = math.NaN()
	}
	r.Overshoot, r.Peak = max(0, y[highest]-1), dt*float64(highest)
	return r
}
