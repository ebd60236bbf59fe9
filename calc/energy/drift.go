package energy

import "math"

// Change is a lasting difference from a baseline that a cumulative sum found.
type Change struct {
	// Found is the step at which the sum went beyond its decision interval, Since the
	// one at which it began to rise: about when the change came.
	Found, Since int
	// Over is the step at which it was certain that the difference had gone again, and
	// Until the one at which it had begun to go; both are the number of steps while
	// it lasts.
	Over, Until int
	// Mean is the mean difference of the steps from Since until Until, in the unit of
	// the energy; above 0 is more than expected.
	Mean float64
}

// Reference value and decision interval of the sum in standard deviations (ISO
// 7870-4: k = 0.5, h = 5 finds a shift of one standard deviation within ten steps,
// and errs once in 930).
const (
	driftK = 0.5
	driftH = 5
)

// Changes looks for lasting changes of differences from a baseline with tabular
// cumulative sums (ISO 7870-4, Page, Biometrika 41, 1954), oldest first: for one that
// comes, and then for its end, which is the change from its mean back to the baseline.
// What is left over of the baseline is its measure; where that follows itself with
// ρ > 0, it is widened by √((1+ρ)/(1−ρ)), or a run of like days would be taken for a
// change. None where the baseline leaves nothing over to measure by.
func (m *Model) Changes(differences []float64) []Change {
	sd := m.RMSE
	if m.Lag1 > 0 && m.Lag1 < 1 {
		sd *= math.Sqrt((1 + m.Lag1) / (1 - m.Lag1))
	}
	if !(sd > 0) || !plain(sd) {
		return nil
	}
	var out []Change
	for from := 0; from < len(differences); {
		c, sign, ok := comes(differences, from, sd)
		if !ok {
			break
		}
		c.end(differences, sign, sd)
		out = append(out, c)
		from = c.Over + 1
	}
	return out
}

// comes is the first change from a step on, and its sign.
func comes(differences []float64, from int, sd float64) (Change, float64, bool) {
	signs := [...]float64{1, -1}
	var sums [len(signs)]float64
	var since [len(signs)]int
	for i := from; i < len(differences); i++ {
		for k, sign := range signs {
			if sums[k] == 0 {
				since[k] = i
			}
			if sums[k] = max(0, sums[k]+sign*differences[i]/sd-driftK); sums[k] > driftH {
				return Change{Found: i, Since: since[k]}, sign, true
			}
		}
	}
	return Change{}, 0, false
}

// end looks for where a change ends: the sum is of steps that lie nearer to the
// baseline than to the mean of the change.
func (c *Change) end(differences []float64, sign, sd float64) {
	c.Over, c.Until = len(differences), len(differences)
	sum, total, n := 0.0, 0.0, 0
	for i := c.Since; i < len(differences); i++ {
		d := sign * differences[i]
		if i > c.Found {
			if sum == 0 {
				c.Until = i
			}
			if sum = max(0, sum+(total/float64(n)/2-d)/sd); sum > driftH {
				c.Over = i
				break
			}
		}
		if sum == 0 {
			total, n = total+d, n+1
		}
	}
	if c.Over == len(differences) {
		c.Until = c.Over // it lasts
		total, n = 0, 0
		for _, d := range differences[c.Since:] {
			total, n = total+sign*d, n+1
		}
	}
	c.Mean = sign * total / float64(n)
}
