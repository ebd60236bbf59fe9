package quality_test

import (
	"fmt"
	"math"
	"testing"

	"zhigai/plant"
	"zhigai/shop/quality"
)

const hour = plant.Instant(3600 * 1e6)

// checksOf are checks every four hours of a master of 10, off by deviations.
func checksOf(deviations ...float64) (out []quality.Check) {
	for i, d := range deviations {
		out = append(out, quality.Check{ID: fmt.Sprint(i), At: plant.Instant(i) * 4 * hour, Reference: 10, Readings: []float64{10 + d}})
	}
	return out
}

// held are deviations of a gauge that holds, with a spread of about 0.001.
func held(n int) (out []float64) {
	for i := range n {
		out = append(out, 0.0014*math.Sin(float64(i*i)))
	}
	return out
}

// What is said of a gauge, and when nothing is.
func TestStabilityOf(t *testing.T) {
	t.Parallel()
	drifts, jumps := held(60), held(60)
	for i := 30; i < 60; i++ {
		drifts[i] += 0.0002 * float64(i-30)
		jumps[i] += 0.003
	}
	back := append(held(40), append([]float64{0.02}, held(60)...)...)
	still := make([]float64, 20) // as coarse as its resolution
	for name, c := range map[string]struct {
		checks   []quality.Check
		adjusted []quality.Adjustment
		want     quality.GaugeVerdict
		why      string
		since    int // check
	}{
		"nothing":              {nil, nil, quality.GaugeUnknown, "no_checks", 0},
		"few":                  {checksOf(held(9)...), nil, quality.GaugeUnknown, "few_checks", 0},
		"holds":                {checksOf(held(60)...), nil, quality.GaugeStable, "", 0},
		"never another value":  {checksOf(still...), nil, quality.GaugeStable, "", 0},
		"drifts":               {checksOf(drifts...), nil, quality.GaugeDrifts, "", 30},
		"jumped":               {checksOf(jumps...), nil, quality.GaugeJumped, "", 30},
		"set right since":      {checksOf(append(jumps, held(5)...)...), []quality.Adjustment{{At: 59*4*hour + 1}}, quality.GaugeStable, "", 0},
		"came back by itself":  {checksOf(back...), nil, quality.GaugeStable, "", 0},
		"far off in one check": {checksOf(0.002, 0.012), nil, quality.GaugeOff, "few_checks", 0},
	} {
		tolerance := 0.1
		s := quality.StabilityOf(quality.Gauge{Resolution: 0.001}, c.checks, c.adjusted, &tolerance, 1000*hour)
		if s.Verdict != c.want || s.Why != c.why || (s.Found != 0) != (c.want != quality.GaugeStable && c.want != quality.GaugeUnknown) {
			t.Errorf("%s: %s %q, found %d; want %s %q", name, s.Verdict, s.Why, s.Found/hour, c.want, c.why)
			continue
		}
		if c.since > 0 && (math.Abs(float64(s.Since/hour)/4-float64(c.since)) > 6 || s.LastGood > s.Since) {
			t.Errorf("%s: since check %d, good until %d; want %d", name, s.Since/hour/4, s.LastGood/hour/4, c.since)
		}
	}
	s := quality.StabilityOf(quality.Gauge{}, checksOf(drifts...), nil, nil, 1000*hour)
	if s.PerDay == nil || math.Abs(*s.PerDay-0.0012) > 0.0004 || math.Abs(*s.Bias-0.0058) > 0.0015 || s.Share != nil || s.Reaches != 0 {
		t.Errorf("without a tolerance: %+v a day, off by %v, share %v", s.PerDay, *s.Bias, s.Share)
	}
}

// A check that was withdrawn counts for nothing.
func TestStabilityOf_Withdrawn(t *testing.T) {
	t.Parallel()
	checks := checksOf(append(held(40), 0.5)...)
	tolerance := 0.1
	if s := quality.StabilityOf(quality.Gauge{}, checks, nil, &tolerance, 1); s.Verdict != quality.GaugeJumped {
		t.Errorf("a mistyped check: %s", s.Verdict)
	}
	checks[40].Withdrawn = &quality.Withdrawal{Reason: "mistyped"}
	if s := quality.StabilityOf(quality.Gauge{}, checks, nil, &tolerance, 1); s.Verdict != quality.GaugeStable || len(s.Points) != 40 {
		t.Errorf("withdrawn: %s of %d", s.Verdict, len(s.Points))
	}
}
