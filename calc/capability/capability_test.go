package capability_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"zhigai/calc/capability"
)

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*math.Abs(want) }

// Distances and fitted distributions are those of R; see testdata/reference.R.
func TestPercentiles_AsR(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/reference.json")
	must(t, err)
	var sets map[string]struct {
		X, A2, Quantiles []float64
		Best             string
	}
	must(t, json.Unmarshal(raw, &sets))
	for name, c := range sets {
		lsl, usl := slices.Min(c.X)*0.9, slices.Max(c.X)*1.1
		r, err := capability.Of(capability.Process{Values: c.X, Center: c.X[0], Within: 1, Subgroups: 30}, capability.Spec{LSL: &lsl, USL: &usl})
		must(t, err)
		if !near(r.Normal.A2, c.A2[0]) {
			t.Errorf("%s: A² %.15g; want %.15g", name, r.Normal.A2, c.A2[0])
		}
		p := r.Percentiles
		switch name {
		case "normal": // log-normal is as near; normal stands while nothing speaks against it
			if p.By != "normal" || r.Normal.P < 0.05 || math.Abs(p.PpK.Value/r.PpK.Value-1) > 1e-5 { // 0.135 % is 2.99998 standard deviations
				t.Errorf("%s: by %s, P %v, Ppk %v and %v", name, p.By, r.Normal.P, p.PpK.Value, r.PpK.Value)
			}
		case "two": // two populations: no distribution describes them
			if p.OK || p.PpK.OK || p.PpK.Why != capability.NoDistribution || !slices.Contains(r.Doubts, capability.NotNormal) {
				t.Errorf("%s: %+v, doubts %v", name, p, r.Doubts)
			}
		default:
			if p.By != c.Best || math.Abs(p.Low/c.Quantiles[0]-1) > 1e-7 || math.Abs(p.Median/c.Quantiles[1]-1) > 1e-7 || math.Abs(p.Top/c.Quantiles[2]-1) > 1e-7 {
				t.Errorf("%s: %+v; want %s %v", name, p, c.Best, c.Quantiles)
			}
			ppu := (usl - p.Median) / (p.Top - p.Median)
			if !near(p.PpU.Value, ppu) || p.PpK.Value > ppu {
				t.Errorf("%s: %+v; want Ppu %v", name, p, ppu)
			}
		}
	}
}

// Critical values of the adjusted distance as tables print them (D'Agostino and
// Stephens, table 4.7): 0.631 at 10 %, 0.752 at 5 %, 1.035 at 1 %. Values are made
// normal and a tail is pulled out until the distance is there.
func TestNormality_P(t *testing.T) {
	t.Parallel()
	var before capability.Normality
	r := rand.New(rand.NewPCG(1, 2))
	base := make([]float64, 200)
	for i := range base {
		base[i] = r.NormFloat64()
	}
	crossed := map[float64]float64{0.631: 0.10, 0.752: 0.05, 1.035: 0.01}
	for pull := 0.0; pull < 0.6; pull += 0.002 {
		values := slices.Clone(base)
		for i, v := range values {
			values[i] = math.Exp(pull * v)
			if pull == 0 {
				values[i] = v
			}
		}
		rep, err := capability.Of(capability.Process{Values: values, Within: 1}, capability.Spec{})
		must(t, err)
		n := rep.Normal
		for at, p := range crossed {
			if before.OK && before.Adjusted < at && n.Adjusted >= at {
				if math.Abs(n.P-p) > 0.1*p+0.002 {
					t.Errorf("at %v: P %v; want %v", n.Adjusted, n.P, p)
				}
				delete(crossed, at)
			}
		}
		before = n
	}
	if len(crossed) > 0 {
		t.Errorf("never reached %v", crossed)
	}
}

func TestOf_ReasonsInsteadOfNumbers(t *testing.T) {
	t.Parallel()
	values := []float64{9.8, 10.1, 10.0, 9.9, 10.2, 10.1, 9.9, 10.0}
	stuck := []float64{10, 10, 10, 10}
	for _, c := range []struct {
		name    string
		values  []float64
		within  float64
		spec    capability.Spec
		cp, cpk capability.Reason
	}{
		{"no specification", values, 0.1, capability.Spec{}, capability.NoSpecification, capability.NoSpecification},
		{"one side", values, 0.1, capability.Spec{USL: new(10.5)}, capability.OneSided, ""},
		{"reversed", values, 0.1, capability.Spec{LSL: new(11.0), USL: new(9.0)}, capability.Reversed, capability.Reversed},
		{"equal", values, 0.1, capability.Spec{LSL: new(9.0), USL: new(9.0)}, capability.Reversed, capability.Reversed},
		{"nothing varies", stuck, 0, capability.Spec{LSL: new(9.0), USL: new(11.0)}, capability.NoSpread, capability.NoSpread},
	} {
		r, err := capability.Of(capability.Process{Values: c.values, Center: 10, Within: c.within}, c.spec)
		must(t, err)
		if r.Cp.OK != (c.cp == "") || r.Cp.Why != c.cp || r.CpK.OK != (c.cpk == "") || r.CpK.Why != c.cpk || r.Cpm.OK {
			t.Errorf("%s: Cp %+v, Cpk %+v, Cpm %+v", c.name, r.Cp, r.CpK, r.Cpm)
		}
		if r.Pp.OK != (c.cp == "") || r.PpK.Why != c.cpk || r.Percentiles.PpK.Why != c.cpk {
			t.Errorf("%s: Pp %+v, Ppk %+v, by percentiles %+v", c.name, r.Pp, r.PpK, r.Percentiles.PpK)
		}
	}
	r, err := capability.Of(capability.Process{Values: values, Center: 10, Within: 0.1}, capability.Spec{USL: new(10.5)})
	must(t, err)
	if r.CpU.Value != r.CpK.Value || math.Abs(r.CpK.Value-5.0/3) > 1e-12 || r.CpL.OK {
		t.Errorf("one side: %+v %+v %+v", r.CpL, r.CpU, r.CpK)
	}
}

func TestOf_Doubts(t *testing.T) {
	t.Parallel()
	rising := make([]float64, 40)
	for i := range rising {
		rising[i] = float64(i)
	}
	r, err := capability.Of(capability.Process{Values: rising, Points: rising, Center: 20, Within: 0.9, Subgroups: 20, Beyond: 30}, capability.Spec{LSL: new(0.0), USL: new(40.0), Target: new(50.0)})
	must(t, err)
	for _, d := range []capability.Doubt{capability.OutOfControl, capability.FewSubgroups, capability.FewValues, capability.Correlated, capability.TargetOutside} {
		if !slices.Contains(r.Doubts, d) {
			t.Errorf("%v; want %s, too", r.Doubts, d)
		}
	}
	for _, p := range []capability.Process{{Values: []float64{1}}, {Values: []float64{1, math.NaN()}}, {Values: []float64{1, 2}, Within: math.Inf(1)}} {
		if _, err := capability.Of(p, capability.Spec{}); !errors.Is(err, capability.ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
