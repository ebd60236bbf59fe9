package energy

import (
	"fmt"
	"math"
)

// Check is one question to a model, and what it answered.
type Check struct {
	What string `json:"what"` // r2, p of a term, cv_rmse, nmbe
	// Value is null where there is none; that does not pass.
	Value  *float64 `json:"value"`
	Limit  float64  `json:"limit"`
	Pass   bool     `json:"pass"`
	Source string   `json:"source"`
}

// Cadence is the length of the periods of a model.
type Cadence string

// Lengths of periods; limits of fit depend on them.
const (
	Hourly  Cadence = "hourly" // and shorter
	Daily   Cadence = "daily"
	Monthly Cadence = "monthly" // and weekly
)

const (
	minR2 = 0.75 // IPMVP 2012 vol. I, B-2.2.1; ISO 50006 leaves it to the user
	maxP  = 0.1  // unverified: as usual with ISO 50006; a t of about 1.7
	// Bias of the model over its own periods, unverified: ASHRAE Guideline 14-2002,
	// 5.3.2.1: net determination bias below 0.005 %.
	maxBias = 0.00005
)

// maxCVRMSE are limits of CV(RMSE) of models that are called calibrated: ASHRAE
// Guideline 14-2014, 5.3.2.4, as others quote them: 15 % of monthly data, 30 % of
// hourly data. There is none of daily data; that of hourly data is taken.
var maxCVRMSE = map[Cadence]float64{Hourly: 0.30, Daily: 0.30, Monthly: 0.15}

const guideline = "ASHRAE Guideline 14-2014, 5.3.2.4, as quoted"

// Accept asks whether a model may stand as a baseline: R² at least 0.75, each
// variable with p below 0.1, CV(RMSE) and bias within limits. All must pass.
func (m *Model) Accept(cadence Cadence) (checks []Check, accepted bool) {
	accepted = true
	ask := func(what string, v, limit float64, pass bool, source string) {
		c := Check{What: what, Limit: limit, Pass: pass && plain(v), Source: source}
		if plain(v) {
			c.Value = &v
		}
		checks, accepted = append(checks, c), accepted && c.Pass
	}
	ask("r2", m.R2, minR2, m.R2 >= minR2, "IPMVP 2012, vol. I, annex B")
	for i, name := range m.Terms[1:] {
		ask("p "+name, m.P[i+1], maxP, m.P[i+1] < maxP, "usual with ISO 50006:2014; not of its text")
	}
	limit := maxCVRMSE[cadence]
	source := guideline + fmt.Sprintf(", of %s data", cadence)
	if cadence == Daily {
		source = guideline + ", of hourly data: it has none of daily data"
	}
	ask("cv_rmse", m.CVRMSE, limit, m.CVRMSE >= 0 && m.CVRMSE <= limit, source)
	ask("nmbe", m.NMBE, maxBias, math.Abs(m.NMBE) <= maxBias, "ASHRAE Guideline 14-2002, 5.3.2.1 (net determination bias 0.005 %), not verified")
	return checks, accepted
}

// exact is a rest, against the mean, that no meter leaves.
const exact = 1e-9

// Doubts are what to bear in mind before a model is believed, in words.
func (m *Model) Doubts() (out []string) {
	for _, name := range m.Explained {
		out = append(out, fmt.Sprintf("%s is explained by the terms before it: its coefficient and theirs are one answer of many (that of least norm); what is expected holds as long as they go together, leave %s out to say more", name, name))
	}
	if m.RMSE <= exact*math.Abs(m.Mean) {
		out = append(out, "the model fits exactly: look whether the energy is metered, or computed of the variables")
	}
	if m.DW < 1.5 || m.DW > 2.5 {
		out = append(out, fmt.Sprintf("what is left over follows the period before (Durbin-Watson %.2f, 2 is none): standard errors are too small, and savings are widened for it; take longer periods or a variable that explains it", m.DW))
	}
	if m.N < 2*len(m.Coef)+len(m.Breaks) {
		out = append(out, fmt.Sprintf("%d periods for %d coefficients fit nearly anything; use more periods", m.N, len(m.Coef)))
	}
	if m.Coef[0] < 0 {
		out = append(out, fmt.Sprintf("the constant is negative (%.4g): nothing uses less than nothing while it stands; do not read it as base load", m.Coef[0]))
	}
	return out
}
