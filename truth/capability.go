package truth

import (
	"maps"
	"slices"

	of "zhigai/shop/quality/sheet"
)

// capable compares the capability of the piston rings, and their performance.
func capable(t *sheet) {
	want := decode[struct {
		Spec    [2]float64
		Target  float64
		N       int `json:"nobs"`
		Center  float64
		StdDev  float64 `json:"std.dev"`
		Indices map[string]struct {
			Value float64
			Low   float64 `json:"ci95_low"`
			High  float64 `json:"ci95_high"`
		}
		Expected, Observed []float64
	}](t, "expected.json", "pistonrings", "capability")
	overall := decode[struct {
		Mean, Pp, Ppl, Ppu, Ppk float64
		SD                      float64 `json:"sd_n1"`
	}](t, "expected.json", "pistonrings", "performance_all25")
	f := t.table("pistonrings")
	if t.err != nil {
		return
	}
	c := got[*of.Capable](t)(f.Capability(of.AskCapability{Value: "diameter", Subgroup: "sample", Phase: "trial", LSL: &want.Spec[0], USL: &want.Spec[1], Target: &want.Target}))
	if t.err != nil {
		return
	}
	const what = "pistonrings capability: "
	t.same(what+"values", c.N, want.N)
	t.one(what+"center", c.Center, want.Center, exact)
	t.one(what+"std_dev", c.StdDev, want.StdDev, exact)
	for _, name := range slices.Sorted(maps.Keys(want.Indices)) {
		w, x := want.Indices[name], c.Indices[name]
		if x.Value == nil || x.Low == nil || x.High == nil {
			t.same(what+name, x.Reason, "a number")
			continue
		}
		t.near(what+name+" with its interval", []float64{*x.Value, *x.Low, *x.High}, []float64{w.Value, w.Low, w.High}, exact)
	}
	t.near(what+"expected outside", c.Expected[:], want.Expected, exact)
	t.near(what+"observed outside", c.Observed[:], want.Observed, exact)
	p := c.Performance
	if p.Pp == nil || p.Ppl == nil || p.Ppu == nil || p.Ppk == nil {
		t.same("pistonrings performance", "no numbers", "numbers")
		return
	}
	t.near("pistonrings performance: mean, deviation, Pp, Ppl, Ppu, Ppk", []float64{p.Mean, p.SD, *p.Pp, *p.Ppl, *p.Ppu, *p.Ppk}, []float64{overall.Mean, overall.SD, overall.Pp, overall.Ppl, overall.Ppu, overall.Ppk}, exact)
}

// together charts the four columns of the boiler by T²: each centre is that of its
// own chart, and over phase I T² adds up to p (m - 1).
func together(t *sheet) {
	names := []string{"t1", "t2", "t3", "t4"}
	f := t.table("boiler")
	if t.err != nil {
		return
	}
	c := got[*of.Multivariate](t)(f.T2(of.AskMultivariate{Values: names}))
	if t.err != nil {
		return
	}
	var centers []float64
	for _, name := range names {
		centers = append(centers, decode[expected](t, "expected.json", "boiler", name, "I").Center)
	}
	t.near("boiler T²: centers", c.Center, centers, exact)
	sum := 0.0
	for _, v := range c.Statistics {
		sum += v
	}
	t.one("boiler T²: sum over phase I is p (m - 1)", sum, float64(len(names)*(c.Trial-1)), exact)
}
