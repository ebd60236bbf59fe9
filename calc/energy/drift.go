package energy

import "math"

// Change is a lasting difference from a baseline that a cumulative sum found.
type Change struct {
	// Found is the step at which the sum went beyond its decision interval, Since the
	// one at which it began to rise: about when the change came.
	Found, Since int
	// Mean is the mean difference of the steps from Since to the last one that was
	// looked at, in the unit of the energy; above 0 is more than expected.
	Mean float64
}

// Reference value and decision interval of the sum in standard deviations (ISO
// 7870-4: k = 0.5, h = 5 finds a shift of one standard deviation within ten steps,
// and errs once in 930).
const (
	driftK = 0.5
	driftH = 5
)

// Drift looks for a lasting change of differences from a baseline with a tabular
// cumulative sum (ISO 7870-4, Page, Biometrika 41, 1954). What is left over of the
// baseline is its measure; where that follows itself with ρ > 0, it is widened by
// √((1+ρ)/(1−ρ)), or a run of like days would be taken for a change. False where
// there is no change, or the baseline leaves nothing over to measure by.
func (m *Model) Drift(differences []float64) (Change, bool) {
	sd := m.RMSE
	if m.Lag1 > 0 && m.Lag1 < 1 {
		sd *= math.Sqrt((1 + m.Lag1) / (1 - m.Lag1))
	}
	if !(sd > 0) || !plain(sd) {
		return Change{}, false
	}
	for _, sign := range []float64{1, -1} {
		sum, since := 0.0, 0
		for i, d := range differences {
			if sum == 0 {
				since = i
			}
			if sum = max(0, sum+sign*d/sd-driftK); sum > driftH {
				total := 0.0
				for _, v := range differences[since:] {
					total += v
				}
				return Change{Found: i, Since: since, Mean: total / float64(len(differences)-since)}, true
			}
		}
	}
	return Change{}, false
}
