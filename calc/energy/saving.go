package energy

import (
	"math"

	"zhigai/calc/stat"
)

// Step is one period after a measure: what was used, what the baseline expected,
// and the sum of differences up to it. Sums that fall are energy saved (ISO
// 50006:2014, annex on CUSUM).
type Step struct {
	Actual     float64 `json:"actual"`
	Expected   float64 `json:"expected"`
	Difference float64 `json:"difference"` // Actual − Expected
	CUSUM      float64 `json:"cusum"`
}

// Saving is what was saved in some periods against a baseline: expected less used,
// and how far from the truth that may be. Energy is in the unit of the baseline.
type Saving struct {
	M        int     `json:"m"` // periods
	Expected float64 `json:"expected"`
	Actual   float64 `json:"actual"`
	Saving   float64 `json:"saving"`
	// Share is Saving ÷ Expected; null where nothing was expected.
	Share *float64 `json:"saving_share"`
	// Confidence is the share of such intervals that hold the truth.
	Confidence float64 `json:"confidence"`
	// Uncertainty is half the interval about Saving: of least squares, widened for
	// periods that follow one another (see [Model.Saving]). Null of a model without
	// error or where what is left over follows itself entirely.
	Uncertainty *float64 `json:"uncertainty"`
	// Fractional is Uncertainty ÷ |Saving|; null where nothing was saved.
	Fractional *float64 `json:"fractional_savings_uncertainty"`
	// Guideline is the same by the formula of ASHRAE Guideline 14.
	Guideline *float64 `json:"fractional_savings_uncertainty_ashrae"`
	// Lag1 and Effective are the autocorrelation of what the baseline leaves over,
	// and how many of its N periods are worth independent ones.
	Lag1      float64 `json:"autocorrelation_lag1"`
	Effective float64 `json:"n_effective"`
	// Significant says whether 0 lies outside of the interval.
	Significant bool   `json:"significant"`
	Steps       []Step `json:"-"`
	// Beyond is how many periods lie where the baseline has not been: by variable.
	Beyond map[string]int `json:"beyond_baseline"`
}

// guidelineFactor is 1.26 of Reddy and Claridge (ASHRAE Trans. 106, 2000), as
// ASHRAE Guideline 14-2014, annex B, eq. B-28 has it.
const guidelineFactor = 1.26

// Saving holds periods against the model (IPMVP option C, avoided energy use), with
// a confidence such as 0.9.
//
// Uncertainty is t · √(σ²·(m + 1ᵀX₀(XᵀX)⁻¹X₀ᵀ1)) of the sum of m predictions, with
// σ² of the baseline's periods. Where these follow one another with ρ > 0, both
// parts are widened by n/n′ = (1+ρ)/(1−ρ) (n′: ASHRAE Guideline 14-2014, annex B).
// The guideline's own formula stands beside it: t·1.26·CV·√(n/n′·(1+2/n′)/m) ÷ F.
// Both leave out errors of the meter and of what changed beside the measure.
func (m *Model) Saving(periods []Period, confidence float64) (*Saving, error) {
	if len(periods) == 0 {
		return nil, invalid("no period to hold against the baseline")
	}
	if !(confidence > 0 && confidence < 1) {
		return nil, invalid("a confidence of %v; write a share such as 0.9", confidence)
	}
	out := &Saving{M: len(periods), Confidence: confidence, Lag1: m.Lag1, Effective: float64(m.N), Beyond: map[string]int{}}
	var expected, actual, differences []float64
	together := make([]float64, len(m.Coef)) // 1ᵀX₀
	for i, p := range periods {
		if !plain(p.Y) {
			return nil, invalid("period %d is %v; leave it out", i+1, p.Y)
		}
		row, err := m.row(p)
		if err != nil {
			return nil, err
		}
		together[0]++
		e := m.Coef[0]
		for k, v := range row {
			together[k+1] += v
			e += m.Coef[k+1] * v
		}
		for _, name := range m.Beyond(p) {
			out.Beyond[name]++
		}
		expected, actual, differences = append(expected, e), append(actual, p.Y), append(differences, p.Y-e)
		out.Steps = append(out.Steps, Step{p.Y, e, p.Y - e, stat.Sum(differences)})
	}
	out.Expected, out.Actual = stat.Sum(expected), stat.Sum(actual)
	out.Saving = out.Expected - out.Actual
	if out.Expected != 0 {
		share := out.Saving / out.Expected
		out.Share = &share
	}
	m.doubt(out, together)
	return out, nil
}

// doubt says how far a saving may be off.
func (m *Model) doubt(s *Saving, together []float64) {
	if m.Lag1 > 0 {
		s.Effective = float64(m.N) * (1 - m.Lag1) / (1 + m.Lag1)
	}
	if !(s.Effective > 0) || !plain(m.RMSE) {
		return
	}
	wider := float64(m.N) / s.Effective
	model := 0.0
	for i, a := range together {
		for k, b := range together {
			model += a * m.Inverse[i][k] * b
		}
	}
	t := quantile(s.Confidence, m.DF)
	half := t * m.RMSE * math.Sqrt(wider*(float64(s.M)+model))
	if !plain(half) {
		return
	}
	s.Uncertainty, s.Significant = &half, math.Abs(s.Saving) > half
	if s.Saving == 0 {
		return
	}
	part := half / math.Abs(s.Saving)
	s.Fractional = &part
	if s.Share != nil {
		guide := t * guidelineFactor * m.CVRMSE * math.Sqrt(wider*(1+2/s.Effective)/float64(s.M)) / math.Abs(*s.Share)
		if plain(guide) {
			s.Guideline = &guide
		}
	}
}
