package experiment_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"zhigai/calc/experiment"
)

// orthogonal says whether no column of runs leans on another.
func orthogonal(runs [][]float64) bool {
	for i := range runs[0] {
		sum := 0.
		for _, r := range runs {
			sum += r[i]
		}
		if sum != 0 {
			return false
		}
		for j := range i {
			dot := 0.
			for _, r := range runs {
				dot += r[i] * r[j]
			}
			if dot != 0 {
				return false
			}
		}
	}
	return true
}

// Resolutions of the printed catalogue (Box, Hunter & Hunter 1978, table 12.15;
// Montgomery, table 8.14).
func TestTwoLevel_ResolutionsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ k, p, resolution, shortest int }{
		{3, 0, 0, 0},
		{3, 1, 3, 1},
		{4, 1, 4, 1},
		{5, 1, 5, 1},
		{5, 2, 3, 2},
		{6, 1, 6, 1},
		{6, 2, 4, 3},
		{6, 3, 3, 4},
		{7, 1, 7, 1},
		{7, 2, 4, 1},
		{7, 3, 4, 7},
		{7, 4, 3, 7},
		{8, 2, 5, 2},
		{8, 3, 4, 3},
		{8, 4, 4, 14},
		{9, 2, 6, 3},
		{9, 3, 4, 1},
		{9, 4, 4, 6},
		{9, 5, 3, 4},
		{10, 4, 4, 2},
		{10, 5, 4, 10},
		{11, 7, 3, 12},
		{15, 11, 3, 35},
	} {
		d, err := experiment.TwoLevel(c.k, c.p)
		if err != nil {
			t.Fatal(err)
		}
		shortest := 0
		for _, w := range d.Words {
			if w.Len() == d.Resolution {
				shortest++
			}
		}
		if d.Resolution != c.resolution || shortest != c.shortest || len(d.Runs) != 1<<(c.k-c.p) || len(d.Words) != 1<<c.p-1 || !orthogonal(d.Runs) {
			t.Errorf("2^(%d-%d): resolution %d with %d shortest words in %d runs; the catalogue has %d with %d", c.k, c.p, d.Resolution, shortest, len(d.Runs), c.resolution, c.shortest)
		}
	}
}

func TestAliases(t *testing.T) {
	t.Parallel()
	d, err := experiment.Generated(3, []experiment.Word{0b011, 0b101}) // D = AB, E = AC
	if err != nil {
		t.Fatal(err)
	}
	names := func(effect experiment.Word) (out []string) {
		for _, a := range d.Aliases(effect) {
			out = append(out, a.String())
		}
		slices.Sort(out)
		return out
	}
	if got := names(0b00001); !slices.Equal(got, []string{"BD", "CE"}) {
		t.Errorf("A is mixed with %v", got)
	}
	if got := names(0b00110); !slices.Equal(got, []string{"DE"}) {
		t.Errorf("BC is mixed with %v", got)
	}
}

func TestScreening_IsOrthogonal(t *testing.T) {
	t.Parallel()
	for k, runs := range map[int]int{7: 8, 11: 12, 12: 20, 19: 20, 23: 24, 31: 32, 47: 48} {
		d, err := experiment.PlackettBurman(k)
		if err != nil || len(d.Runs) != runs || !orthogonal(d.Runs) {
			t.Errorf("%d factors: %d runs, %v", k, len(d.Runs), err)
		}
	}
}

func TestSurfaces(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		k, runs int
		alpha   experiment.Alpha
		far     float64
	}{
		{2, 13, experiment.Rotatable, math.Sqrt2},
		{3, 19, experiment.Rotatable, math.Pow(8, 0.25)},
		{3, 19, experiment.FaceCentred, 1},
		{5, 31, experiment.Rotatable, 2},
		{4, 29, experiment.Rotatable, 2},
	} {
		d, err := experiment.CentralComposite(c.k, 5, c.alpha)
		if err != nil || len(d.Runs) != c.runs {
			t.Fatalf("%d factors: %d runs, %v; want %d", c.k, len(d.Runs), err, c.runs)
		}
		far := 0.
		for _, r := range d.Runs {
			far = max(far, slices.Max(r))
		}
		if math.Abs(far-c.far) > 1e-12 {
			t.Errorf("%d factors: axial points at %v; want %v", c.k, far, c.far)
		}
	}
	// The squares, each less its mean, lean on no other.
	d, err := experiment.CentralComposite(3, 4, experiment.Orthogonal)
	if err != nil {
		t.Fatal(err)
	}
	n := float64(len(d.Runs))
	var mean, dot [3]float64
	for _, r := range d.Runs {
		for i := range 3 {
			mean[i] += r[i] * r[i] / n
		}
	}
	for _, r := range d.Runs {
		for i := range 3 {
			dot[i] += (r[i]*r[i] - mean[i]) * (r[(i+1)%3]*r[(i+1)%3] - mean[(i+1)%3])
		}
	}
	for i, v := range dot {
		if math.Abs(v) > 1e-9 {
			t.Errorf("squares %d and its neighbour lean on each other by %v", i, v)
		}
	}
	for k, runs := range map[int]int{3: 12 + 3, 4: 24 + 3, 5: 40 + 3, 6: 48 + 3, 7: 56 + 3} {
		d, err := experiment.BoxBehnken(k, 3)
		if err != nil || len(d.Runs) != runs {
			t.Fatalf("%d factors: %d runs, %v; want %d", k, len(d.Runs), err, runs)
		}
		used := make([]int, k)
		for _, r := range d.Runs {
			for i, v := range r {
				if v != 0 {
					used[i]++
				}
			}
		}
		if slices.Min(used) != slices.Max(used) || !orthogonal(d.Runs) {
			t.Errorf("%d factors are changed %v times", k, used)
		}
	}
}

func TestOrder_ShufflesWithinBlocks(t *testing.T) {
	t.Parallel()
	d, err := experiment.TwoLevel(3, 0)
	if err != nil {
		t.Fatal(err)
	}
	blocks, err := d.Blocks([]experiment.Word{0b111})
	if err != nil {
		t.Fatal(err)
	}
	a, err := d.Order(7, blocks)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := d.Order(7, blocks)
	other, _ := d.Order(8, blocks)
	seen := map[int]bool{}
	for i, p := range a {
		seen[p.Run] = true
		if p.Block != i/4 || blocks[p.Run] != p.Block {
			t.Errorf("place %d: run %d of block %d", i, p.Run, p.Block)
		}
	}
	if len(seen) != 8 || !slices.Equal(a, b) || slices.Equal(a, other) {
		t.Errorf("orders %v, %v, %v", a, b, other)
	}
}

func near(got, want, by float64) bool { return math.Abs(got-want) <= by*max(1, math.Abs(want)) }

// A Box-Behnken design of three factors and the answers of R 4.2's lm, anova,
// drop1, hatvalues and predict to it.
var (
	boxBehnken = [][]float64{{-1, -1, 0}, {1, -1, 0}, {-1, 1, 0}, {1, 1, 0}, {-1, 0, -1}, {1, 0, -1}, {-1, 0, 1}, {1, 0, 1}, {0, -1, -1}, {0, 1, -1}, {0, -1, 1}, {0, 1, 1}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}}
	yield      = []float64{535, 580, 596, 563, 645, 458, 350, 600, 595, 648, 532, 656, 653, 599, 620, 610, 627}
)

func TestFit_AsR(t *testing.T) {
	t.Parallel()
	a, err := experiment.Fit(boxBehnken, yield, experiment.Quadratic(3), nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		name                string
		coef, sd, ss, f, p_ float64
	}{
		{"A", 9.375, 9.81939589355096, 703.125, 0.954743051571759 * 0.954743051571759, 3.71507197019229e-01},
		{"B", 27.625, 9.81939589355096, 6105.125, 2.813309525298108 * 2.813309525298108, 2.60219714855482e-02},
		{"C", -26, 9.81939589355096, 5408, 2.647820729692334 * 2.647820729692334, 3.30460673311519e-02},
		{"AB", -19.5, 13.88672284697044, 1521, 1.404218994998824 * 1.404218994998824, 2.03034040562642e-01},
		{"AC", 109.25, 13.88672284697044, 47742.25, 7.867226933519030 * 7.867226933519030, 1.01413228802171e-04},
		{"BC", 17.75, 13.88672284697044, 1260.25, 1.278199341601489 * 1.278199341601489, 2.41927982746604e-01},
		{"A²", -73.9, 13.53510317127810, 22994.5684210527, 5.459877111008514 * 5.459877111008514, 9.45993142721297e-04},
		{"B²", 20.6, 13.53510317127810, 1786.7789473684, 1.521968450429970 * 1.521968450429970, 1.71829378671519e-01},
		{"C²", -34.65, 13.53510317127810, 5055.2526315789, 2.560010039194108 * 2.560010039194108, 3.75510583814389e-02},
	} {
		l := a.Lines[i]
		if l.Term.String() != want.name || !near(l.Coef, want.coef, 1e-10) || !near(l.StdErr, want.sd, 1e-10) || !near(l.SS, want.ss, 1e-10) || !near(l.F, want.f, 1e-10) || math.Abs(l.P/want.p_-1) > 1e-9 {
			t.Errorf("%s: %+v; want %+v", l.Term, l, want)
		}
	}
	for what, pair := range map[string][2]float64{
		"constant": {a.Constant, 621.8}, "left over": {a.SD, 27.773445693940889}, "R²": {a.R2, 0.945073002746579}, "adjusted": {a.AdjR2, 0.874452577706466},
		"predicted": {a.PredR2, 0.365376278296047}, "F": {a.F, 13.382431530393239}, "P": {a.P, 0.00124229546584654},
		"pure": {a.Pure.SS, 1662.8}, "lack": {a.Lack.SS, 3736.75}, "F of lack": {a.LackF, 2.99635}, "P of lack": {a.LackP, 0.15835},
	} {
		by := 1e-10
		if what == "F of lack" || what == "P of lack" { // as R prints them
			by = 1e-5
		}
		if !near(pair[0], pair[1], by) {
			t.Errorf("%s: %.15g; want %.15g", what, pair[0], pair[1])
		}
	}
	mean, half := a.Predict([]float64{0.5, -0.25, 0.75})
	if !near(mean, 603.48125, 1e-10) || !near(half, 637.502501763567-603.48125, 1e-10) {
		t.Errorf("predicted %v ± %v", mean, half)
	}
	s, err := a.Stationary()
	if err != nil {
		t.Fatal(err)
	}
	if !near(s.At[0], 1.553145671289468, 1e-10) || !near(s.At[1], -0.746291393915295, 1e-10) || !near(s.At[2], 1.882171606729842, 1e-10) || !near(s.Bends[0], -113.59363230939395, 1e-10) || !near(s.Bends[2], 22.02286934844878, 1e-10) || s.Kind != "saddle" || s.Inside {
		t.Errorf("%+v", s)
	}
}

func TestFit_BlocksAsR(t *testing.T) {
	t.Parallel()
	blocks := []int{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1}
	a, err := experiment.Fit(boxBehnken, yield, experiment.Main(3), blocks)
	if err != nil {
		t.Fatal(err)
	}
	if !near(a.Constant, 580.62204724409435, 1e-10) || a.Blocks == nil || !near(a.Blocks.SS, 151.0620915033, 1e-10) || a.Blocks.DF != 1 || a.DF != 12 {
		t.Errorf("%+v, blocks %+v", a, a.Blocks)
	}
	if c := a.Lines[2]; !near(c.Coef, -27.78740157480314, 1e-10) || !near(c.P, 4.00109982596075e-01, 1e-9) {
		t.Errorf("C: %+v", c)
	}
}

// The etch rate of Montgomery's example 6.2 has no run to spare: two effects and
// their product stand out.
func TestLenth_FindsWhatStandsOut(t *testing.T) {
	t.Parallel()
	d, err := experiment.TwoLevel(3, 0)
	if err != nil {
		t.Fatal(err)
	}
	coefs := []float64{-50.8, 3.7, 153.1, -12.5, -76.8, -1.1, 2.8}
	pse, margin, err := experiment.Lenth(coefs)
	if err != nil || !near(pse, 1.5*3.25, 1e-12) {
		// 1.5 · median 12.5 trims what is 46.9 and more; what stays has the median 3.25.
		t.Errorf("pse %v, %v", pse, err)
	}
	out := 0
	for _, c := range coefs {
		if math.Abs(c) > margin {
			out++
		}
	}
	if out != 3 || len(d.Runs) != 8 {
		t.Errorf("%d beyond %v", out, margin)
	}
}

func TestDesirable(t *testing.T) {
	t.Parallel()
	d, err := experiment.CentralComposite(2, 3, experiment.FaceCentred)
	if err != nil {
		t.Fatal(err)
	}
	fit := func(of func(a, b float64) float64) *experiment.Analysis {
		var y []float64
		for i, r := range d.Runs {
			y = append(y, of(r[0], r[1])+1e-6*float64(i%2))
		}
		a, err := experiment.Fit(d.Runs, y, experiment.Quadratic(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	hard := fit(func(a, b float64) float64 { return 60 + 5*a - 4*a*a - 2*b*b })
	cost := fit(func(a, b float64) float64 { return 10 + 2*b })
	best, err := experiment.Desirable([]*experiment.Analysis{hard, cost}, []experiment.Wish{{Want: "maximum", Low: 50, High: 62}, {Want: "minimum", Low: 6, High: 14}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	// By hand: 12b² - 16b - 23.125 = 0 where the product is greatest.
	if math.Abs(best.At[0]-0.625) > 1e-3 || math.Abs(best.At[1]-(16-math.Sqrt(1366))/24) > 1e-3 {
		t.Errorf("%+v", best)
	}
	at := func(y float64) float64 {
		return experiment.Wish{Want: "target", Low: 1, Target: 2, High: 4}.Of(y)
	}
	if at(1) != 0 || at(1.5) != 0.5 || at(2) != 1 || at(3) != 0.5 || at(5) != 0 {
		t.Error("a target's desirability")
	}
}

func branin(at []float64) float64 {
	x, y := 7.5*at[0]+2.5, 7.5*at[1]+7.5
	b := y - 5.1/(4*math.Pi*math.Pi)*x*x + 5/math.Pi*x - 6
	return b*b + 10*(1-1/(8*math.Pi))*math.Cos(x) + 10
}

// Branin's function has its least, 0.3979, in three places.
func TestPropose_FindsTheBest(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		d, err := experiment.CentralComposite(2, 1, experiment.FaceCentred)
		if err != nil {
			t.Fatal(err)
		}
		var tried []experiment.Tried
		least := math.Inf(1)
		try := func(at []float64) {
			y := branin(at)
			least = min(least, y)
			tried = append(tried, experiment.Tried{At: at, Value: -y})
		}
		for _, r := range d.Runs {
			try(r)
		}
		for len(tried) < 40 {
			n, err := experiment.Propose(tried, false, seed)
			if err != nil {
				t.Fatal(err)
			}
			try(n.At)
		}
		if least > 0.45 {
			t.Errorf("seed %d: %v after %d runs", seed, least, len(tried))
		}
	}
}

// What must not be crossed is not crossed on the way to the best that is allowed.
func TestPropose_KeepsTheLimit(t *testing.T) {
	t.Parallel()
	var tried []experiment.Tried
	try := func(at []float64) {
		tried = append(tried, experiment.Tried{At: at, Value: at[0] + at[1], Margin: 1 - at[0] - 0.5*at[1]*at[1]*2})
	}
	for _, at := range [][]float64{{-0.5, 0}, {-0.3, 0.2}, {-0.6, -0.2}, {-0.4, 0.1}} {
		try(at)
	}
	broken := 0
	for range 25 {
		n, err := experiment.Propose(tried, true, 1)
		if err != nil {
			t.Fatal(err)
		}
		try(n.At)
		if tried[len(tried)-1].Margin < 0 {
			broken++
		}
	}
	best := math.Inf(-1)
	for _, one := range tried {
		if one.Margin >= 0 {
			best = max(best, one.Value)
		}
	}
	// The best that is allowed is 1.25, at 0.75 and 0.5.
	if broken > 2 || best < 1.2 {
		t.Errorf("%d of 25 broke the limit; the best is %v", broken, best)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	runs := [][]float64{{-1}, {1}, {-1}, {1}}
	fit := func(y []float64, terms []experiment.Term, blocks []int) error {
		_, err := experiment.Fit(runs, y, terms, blocks)
		return err
	}
	second := func(_ any, err error) error { return err }
	for what, err := range map[string]error{
		"no factor":              second(experiment.Full(nil)),
		"one level":              second(experiment.Full([]int{1})),
		"too many runs":          second(experiment.Full([]int{10, 10, 10, 10})),
		"more factors than fit":  second(experiment.TwoLevel(8, 5)),
		"a fraction of nothing":  second(experiment.TwoLevel(3, 3)),
		"a generator of one":     second(experiment.Generated(3, []experiment.Word{1})),
		"a generator twice":      second(experiment.Generated(3, []experiment.Word{3, 3})),
		"a foreign factor":       second(experiment.Generated(2, []experiment.Word{0b101})),
		"to screen one":          second(experiment.PlackettBurman(1)),
		"to screen many":         second(experiment.PlackettBurman(48)),
		"a surface of one":       second(experiment.CentralComposite(1, 1, experiment.Rotatable)),
		"a foreign alpha":        second(experiment.CentralComposite(2, 1, "far")),
		"Box-Behnken of two":     second(experiment.BoxBehnken(2, 1)),
		"fewer responses":        fit([]float64{1, 2}, experiment.Main(1), nil),
		"no terms":               fit([]float64{1, 2, 3, 4}, nil, nil),
		"a foreign term":         fit([]float64{1, 2, 3, 4}, []experiment.Term{{3}}, nil),
		"all the same":           fit([]float64{1, 1, 1, 1}, experiment.Main(1), nil),
		"a square of two levels": fit([]float64{1, 2, 3, 4}, []experiment.Term{{0}, {0, 0}}, nil),
		"blocks that are terms":  fit([]float64{1, 2, 3, 4}, experiment.Main(1), []int{0, 1, 0, 1}),
		"two runs tried":         second(experiment.Propose(make([]experiment.Tried, 2), false, 1)),
		"no run was safe":        second(experiment.Propose([]experiment.Tried{{At: []float64{0}, Margin: -1}, {At: []float64{1}, Margin: -1}, {At: []float64{-1}, Margin: -1}}, true, 1)),
		"a wish upside down":     second(experiment.Desirable([]*experiment.Analysis{{}}, []experiment.Wish{{Want: "maximum", Low: 2, High: 1}}, 1)),
		"effects of two":         func() error { _, _, err := experiment.Lenth([]float64{1, 2}); return err }(),
	} {
		if !errors.Is(err, experiment.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
