package control

import "math"

// EWMA corrects a setting from run to run by what was measured of the run before (Sachs,
// Hu & Ingolfsson, IEEE Trans. Semiconductor Manufacturing 8, 1995, 26-43): the process
// is taken as y = a + Slope x, and a is followed by an exponentially weighted mean. With
// Trend it is the double EWMA that follows a drift as well (Butler & Stefani, same
// journal 7, 1994, 193-201; Chen & Guo 14, 2001, 1-10).
type EWMA struct {
	Slope    float64 `json:"slope" doc:"What is measured per unit of the setting"`
	Lambda   float64 `json:"lambda" doc:"Weight of the last run, above 0 and up to 1"`
	Trend    float64 `json:"trend,omitempty" doc:"Weight of the last run in the drift; 0: none is followed"`
	Deadband float64 `json:"deadband,omitempty" doc:"A correction smaller than it is not made"`
	MaxStep  float64 `json:"max_step,omitempty" doc:"Largest correction of one run; 0: none"`
	Range
}

// EWMAState is what the controller remembers.
type EWMAState struct {
	A    float64 `json:"a"` // what would be measured at a setting of 0
	D    float64 `json:"d"` // its drift in a run
	X    float64 `json:"x"` // the setting of the next run
	Been bool    `json:"been"`
}

// Check says what is wrong with the parameters.
func (e EWMA) Check() error {
	switch {
	case !finite(e.Slope, e.Lambda, e.Trend, e.Deadband, e.MaxStep):
		return invalid("run to run: every parameter is a number")
	case e.Slope == 0:
		return invalid("run to run: a setting that changes nothing corrects nothing; write the slope")
	case e.Lambda <= 0 || e.Lambda > 1 || e.Trend < 0 || e.Trend > 1:
		return invalid("run to run: weights are above 0 and up to 1, not %v and %v", e.Lambda, e.Trend)
	case e.Deadband < 0 || e.MaxStep < 0:
		return invalid("run to run: dead band and largest correction are not negative")
	}
	return e.Range.check()
}

// Start is the state at a setting of which nothing was measured yet: it is taken to be
// the one that hits the target.
func (e EWMA) Start(target, setting float64) EWMAState {
	return EWMAState{A: target - e.Slope*setting, X: setting, Been: true}
}

// Step takes what was measured of a run that was made with a setting, and gives the
// setting for the next.
func (e EWMA) Step(s EWMAState, target, measured, setting float64) EWMAState {
	if !s.Been {
		s = e.Start(target, setting)
	}
	seen := measured - e.Slope*setting
	next := EWMAState{A: e.Lambda*seen + (1-e.Lambda)*s.A, X: setting, Been: true}
	if e.Trend > 0 {
		next.D = e.Trend*(seen-s.A) + (1-e.Trend)*s.D
	}
	x := e.Clamp((target - next.A - next.D) / e.Slope)
	if e.MaxStep > 0 {
		x = e.Clamp(toward(setting, x, e.MaxStep))
	}
	if math.Abs(x-setting) > e.Deadband || e.Deadband == 0 {
		next.X = x
	}
	return next
}

// Variance is that of what is measured around the target, over that of the noise, which
// is white; process is the true slope. ok is false where the loop is not stable.
func (e EWMA) Variance(process float64) (ratio float64, ok bool) {
	ratio = 2 / (2 - e.Lambda*process/e.Slope)
	return ratio, e.Trend == 0 && process/e.Slope > 0 && e.Lambda*process/e.Slope < 2
}
