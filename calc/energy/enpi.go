package energy

import "zhigai/calc/stat"

// Indicator is an energy performance indicator of two spans of time (ISO
// 50006:2014: ratio and regression model). Null values have no reason to be
// numbers: nothing was produced, nothing expected.
type Indicator struct {
	// Energy per unit of a variable in both spans, as it is: base load makes it fall
	// where production grows.
	Reference *float64 `json:"reference"`
	Reporting *float64 `json:"reporting"`
	// Normalised is what was used ÷ what the baseline expects of the same
	// conditions; 1 is as before, below it better.
	Normalised *float64 `json:"normalised"`
	// Improvement is 1 − Normalised.
	Improvement *float64 `json:"improvement"`
	// BaseLoad is the model's constant for one period: what is used while all
	// variables are 0. Null where it is below 0.
	BaseLoad *float64 `json:"base_load"`
}

// Ratio is energy per unit of what was produced; null where nothing was.
func Ratio(energy, produced float64) *float64 {
	if !(produced > 0) || !plain(energy) {
		return nil
	}
	v := energy / produced
	return &v
}

// Indicator compares what a model was fitted to with later periods; variable is
// which of the variables, from 0, energy is divided by, −1 is none.
func (m *Model) Indicator(reference, reporting []Period, variable int) Indicator {
	var out Indicator
	sums := func(all []Period) (energy, produced, expected float64) {
		var y, x, e []float64
		for _, p := range all {
			y = append(y, p.Y)
			if variable >= 0 && variable < len(p.X) {
				x = append(x, p.X[variable])
			}
			if v, err := m.Expect(p); err == nil {
				e = append(e, v)
			}
		}
		return stat.Sum(y), stat.Sum(x), stat.Sum(e)
	}
	energy, produced, _ := sums(reference)
	out.Reference = Ratio(energy, produced)
	energy, produced, expected := sums(reporting)
	out.Reporting, out.Normalised = Ratio(energy, produced), Ratio(energy, expected)
	if out.Normalised != nil {
		v := 1 - *out.Normalised
		out.Improvement = &v
	}
	if v := m.Coef[0]; v >= 0 {
		out.BaseLoad = &v
	}
	return out
}
