package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// world is a plant of one furnace, and a store in memory.
type world struct {
	t        *testing.T
	at       time.Time
	kept     map[string]Experiment
	facts    int
	measured float64
}

func (w *world) SaveExperiment(_ context.Context, _ plant.TenantNo, e Experiment, seen int64) error {
	if w.kept[e.ID].Rev != seen {
		return access.ErrConflict
	}
	w.kept[e.ID] = e
	w.facts++
	return nil
}

func (w *world) Experiment(_ context.Context, _ plant.TenantNo, id string) (Experiment, error) {
	if e, ok := w.kept[id]; ok {
		return e, nil
	}
	return Experiment{}, access.ErrNotFound
}

func (w *world) KeyedExperiment(_ context.Context, _ plant.TenantNo, _, key string) (Experiment, error) {
	for _, e := range w.kept {
		if e.Key == key {
			return e, nil
		}
	}
	return Experiment{}, access.ErrNotFound
}

func (w *world) Experiments(context.Context, Filter) (out []Experiment, _ error) {
	for _, e := range w.kept {
		out = append(out, e)
	}
	return out, nil
}

func (w *world) Place(context.Context, plant.TenantNo, plant.NodeID) (string, plant.Name, error) {
	return "firm/heat/furnace-1", plant.Name{ZH: "1号炉"}, nil
}

func (w *world) Mean(_ context.Context, _ plant.TenantNo, _ string, from, to plant.Instant) (float64, bool, string, error) {
	return w.measured, to > from, "firm/heat/furnace-1", nil
}

func newWorld(t *testing.T) (*world, *Desk) {
	w := &world{t: t, at: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), kept: map[string]Experiment{}}
	return w, NewDesk(Options{Store: w, Places: w, Inspection: w, NewID: func() string { return fmt.Sprint("E", len(w.kept)) }, Now: func() time.Time { return w.at }})
}

func second[T any](_ T, err error) error { return err }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tempering is an experiment of two factors with safe limits.
func tempering(design Design) New {
	return New{
		Name: plant.Name{ZH: "回火"}, Place: "F1", Goal: "硬度", Design: design,
		Factors: []Factor{
			{Name: plant.Name{ZH: "温度"}, Low: 160, High: 200, SafeLow: 150, SafeHigh: 210},
			{Name: plant.Name{ZH: "时间"}, Low: 60, High: 180, SafeLow: 45, SafeHigh: 240},
		},
		Responses: []Response{{Name: plant.Name{ZH: "强度"}, Want: Maximum, Low: 0, High: 100}},
	}
}

// strength has its maximum of 62 where 6a - b = 2 and 4b - a = -1, by hand.
func strength(e *Experiment, settings []float64) float64 {
	a, b := e.Factors[0].coded(settings[0]), e.Factors[1].coded(settings[1])
	return 60 + 2*a - b - 3*a*a - 2*b*b + a*b
}

// run does all runs that are not done, with a little scatter.
func (w *world) run(d *Desk, e Experiment, scatter float64) Experiment {
	w.t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	for _, one := range e.Runs {
		if one.done() {
			continue
		}
		var err error
		e, err = d.Enter(w.t.Context(), access.Node(1), e.ID, one.No, Entered{Rev: e.Rev, Results: []*float64{new(strength(&e, one.Planned) + scatter*r.NormFloat64())}})
		must(w.t, err)
	}
	return e
}

// From the plan to the conclusion: the surface that made the results is found, with
// its maximum; a confirming run comes as foretold.
func TestExperiment_FromPlanToConclusion(t *testing.T) {
	w, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	e, err := d.Plan(ctx, who, tempering(Design{Kind: Composite, Alpha: "face-centred", Centres: 4, Seed: 5}))
	must(t, err)
	if len(e.Runs) != 12 || e.State != Planned {
		t.Fatalf("%d runs, %s", len(e.Runs), e.State)
	}
	inOrder := true
	for i, r := range e.Runs {
		inOrder = inOrder && r.Design == i+1
	}
	if inOrder {
		t.Error("runs are in the order of the design; it must be random")
	}
	e = w.run(d, e, 0.1)
	if e.State != Running || w.facts != 13 || len(e.Log) != 13 {
		t.Errorf("%s after %d facts and %d entries of the log", e.State, w.facts, len(e.Log))
	}
	a, err := d.Analyse(ctx, who, e.ID, Look{})
	must(t, err)
	want := map[string]float64{"A": 2, "B": -1, "AB": 1, "A²": -3, "B²": -2}
	for _, l := range a.Terms {
		if math.Abs(l.Coef-want[l.Term]) > 4*l.StdErr || l.P == nil || *l.P > 0.01 {
			t.Errorf("%s: %v ± %v; want %v", l.Term, l.Coef, l.StdErr, want[l.Term])
		}
	}
	if len(a.Terms) != 5 || a.Model != Quadratic || a.Stationary == nil || a.Stationary.Kind != "maximum" || len(a.Residuals) != 12 || a.LackP == nil || *a.LackP < 0.01 {
		t.Errorf("%+v", a)
	}
	top := []float64{180 + 20*7./23, 120 - 60*4./23}
	b, err := d.Best(ctx, who, e.ID)
	must(t, err)
	for k, v := range b.Settings {
		if f := e.Factors[k]; math.Abs(v-top[k]) > 0.1*(f.High-f.Low) {
			t.Errorf("best at %v; by hand %v", b.Settings, top)
		}
	}
	if x := b.Expected[0]; math.Abs(x.Value-strength(&e, top)) > x.Half {
		t.Errorf("%+v; by hand %v", x, strength(&e, top))
	}
	for row := range a.Surface.Z { // the picture is of the fit
		if i := len(a.Surface.Z) / 2; row == i && math.Abs(a.Surface.Z[i][i]-a.Constant) > 1e-9 {
			t.Errorf("the middle of the surface is %v; want %v", a.Surface.Z[i][i], a.Constant)
		}
	}
	e, err = d.Add(ctx, who, e.ID, Added{Rev: e.Rev, Kind: Confirming, Settings: b.Settings, Note: "验证"})
	must(t, err)
	e = w.run(d, e, 0.1)
	b, err = d.Best(ctx, who, e.ID)
	must(t, err)
	if len(b.Confirmed) != 1 || b.Confirmed[0].Within[0] == nil || !*b.Confirmed[0].Within[0] {
		t.Errorf("%+v", b.Confirmed)
	}
	e, err = d.Move(ctx, who, e.ID, Move{Rev: e.Rev, State: Analysed})
	must(t, err)
	e, err = d.Move(ctx, who, e.ID, Move{Rev: e.Rev, State: Concluded, Conclusion: "186 °C", Recipe: "回火温度改为 186 °C"})
	must(t, err)
	if e.State != Concluded || e.Conclusion == "" || e.Log[len(e.Log)-1].What != "concluded" {
		t.Errorf("%+v", e.Log[len(e.Log)-1])
	}
	if _, err := d.Enter(ctx, who, e.ID, 1, Entered{Rev: e.Rev, Results: []*float64{new(float64(1))}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("entered after the conclusion: %v", err)
	}
}

// What was really set counts, not what was planned.
func TestAnalyse_ActualSettings(t *testing.T) {
	w, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	e, err := d.Plan(ctx, who, tempering(Design{Kind: Full, Centres: 3, Repeat: 2, Seed: 1}))
	must(t, err)
	r := rand.New(rand.NewPCG(9, 9))
	for _, one := range e.Runs {
		actual := []*float64{new(one.Planned[0] + 6*r.NormFloat64()), new(one.Planned[1] + 15*r.NormFloat64())}
		y := 50 + 4*e.Factors[0].coded(*actual[0]) - 3*e.Factors[1].coded(*actual[1])
		e, err = d.Enter(ctx, who, e.ID, one.No, Entered{Rev: e.Rev, Actual: actual, Results: []*float64{new(y)}})
		must(t, err)
	}
	a, err := d.Analyse(ctx, who, e.ID, Look{Model: Mains})
	must(t, err)
	if math.Abs(a.Terms[0].Coef-4) > 1e-9 || math.Abs(a.Terms[1].Coef+3) > 1e-9 {
		t.Errorf("%+v; want 4 and -3 exactly", a.Terms)
	}
	_ = w
}

// Proposals find the maximum within few runs, never leave low and high, and end by
// saying that little is to be gained.
func TestPropose_FindsTheMaximum(t *testing.T) {
	w, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	e, err := d.Plan(ctx, who, tempering(Design{Kind: Full, Centres: 1, Seed: 2}))
	must(t, err)
	e = w.run(d, e, 0)
	best, low := math.Inf(-1), math.Inf(1)
	why := ""
	for range 12 {
		p, err := d.Propose(ctx, who, e.ID)
		must(t, err)
		for k, v := range p.Settings {
			if v < e.Factors[k].Low-1e-9 || v > e.Factors[k].High+1e-9 {
				t.Fatalf("%v is proposed of %+v", v, e.Factors[k])
			}
		}
		if why = p.Why; why == "little" {
			break
		}
		e, err = d.Add(ctx, who, e.ID, Added{Rev: e.Rev, Kind: Proposed, Settings: p.Settings, Note: "下一次"})
		must(t, err)
		e = w.run(d, e, 0)
	}
	for _, r := range e.Runs {
		best, low = max(best, *r.Results[0]), min(low, *r.Results[0])
	}
	top := strength(&e, []float64{180 + 20*7./23, 120 - 60*4./23})
	t.Logf("%d runs, best %.4f of %.4f, last: %s", len(e.Runs), best, top, why)
	if top-best > worthLess*(top-low) || why != "little" {
		t.Errorf("best %v of %v after %d runs, %s", best, top, len(e.Runs), why)
	}
}

// A kept limit holds at what is proposed, by the truth that made the results.
func TestPropose_KeepsLimits(t *testing.T) {
	_, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	n := tempering(Design{Kind: Full, Centres: 2, Seed: 2})
	n.Responses = append(n.Responses, Response{Name: plant.Name{ZH: "变形"}, Want: Watched, KeepMax: new(float64(6))})
	e, err := d.Plan(ctx, who, n)
	must(t, err)
	warp := func(s []float64) float64 { return 4 + 2.5*e.Factors[0].coded(s[0]) + 0.5*e.Factors[1].coded(s[1]) }
	enter := func(r Run) {
		t.Helper()
		e, err = d.Enter(ctx, who, e.ID, r.No, Entered{Rev: e.Rev, Results: []*float64{new(strength(&e, r.Planned)), new(warp(r.Planned))}})
		must(t, err)
	}
	for _, r := range e.Runs {
		enter(r)
	}
	for range 8 {
		p, err := d.Propose(ctx, who, e.ID)
		must(t, err)
		if v := warp(p.Settings); !p.Limited || v > 6 {
			t.Errorf("%v is proposed: it bends %v, 6 is allowed", p.Settings, v)
		}
		e, err = d.Add(ctx, who, e.ID, Added{Rev: e.Rev, Kind: Proposed, Settings: p.Settings, Note: "x"})
		must(t, err)
		enter(e.Runs[len(e.Runs)-1])
	}
}

// Each design: settings are safe, blocks even, a fraction says what it hides and its
// analysis leaves out what cannot be told apart.
func TestPlan_Designs(t *testing.T) {
	w, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	many := func(k int) (out []Factor) {
		for i := range k {
			out = append(out, Factor{Name: plant.Name{ZH: fmt.Sprint("x", i)}, Low: -1, High: 1, SafeLow: -1, SafeHigh: 1})
		}
		return out
	}
	for _, c := range []struct {
		name    string
		factors int
		design  Design
		runs    int
		blocks  int
	}{
		{"full in blocks", 3, Design{Kind: Full, Centres: 4, Blocks: 2, Seed: 1}, 12, 2},
		{"full in four blocks", 4, Design{Kind: Full, Centres: 4, Blocks: 4, Seed: 1}, 20, 4},
		{"repeats as blocks", 2, Design{Kind: Full, Centres: 3, Repeat: 3, Blocks: 3, Seed: 1}, 15, 3},
		{"fraction", 5, Design{Kind: Fraction, Fraction: 1, Centres: 2, Seed: 1}, 18, 1},
		{"screening", 7, Design{Kind: Screening, Centres: 0, Seed: 1}, 8, 1},
		{"box-behnken", 3, Design{Kind: BoxBehnken, Centres: 3, Seed: 1}, 15, 1},
		{"composite", 3, Design{Kind: Composite, Centres: 4, Seed: 1}, 18, 1},
	} {
		n := tempering(c.design)
		n.Factors = many(c.factors)
		e, err := d.Plan(ctx, who, n)
		must(t, err)
		sizes := map[int]int{}
		for _, r := range e.Runs {
			sizes[r.Block]++
		}
		if len(e.Runs) != c.runs || len(sizes) != c.blocks || sizes[0]*c.blocks != c.runs {
			t.Errorf("%s: %d runs in blocks %v; want %d in %d", c.name, len(e.Runs), sizes, c.runs, c.blocks)
		}
		for _, r := range e.Runs {
			y := 3 + 2*r.Planned[0]*r.Planned[1] + 5*float64(r.Block) + 0.01*float64(r.No%3) // a pair, and blocks that differ
			e, err = d.Enter(ctx, who, e.ID, r.No, Entered{Rev: e.Rev, Results: []*float64{&y}})
			must(t, err)
		}
		a, err := d.Analyse(ctx, who, e.ID, Look{})
		must(t, err)
		for _, l := range a.Terms {
			if wants := map[bool]float64{true: 2, false: 0}[l.Term == "AB"]; a.Model != Mains && math.Abs(l.Coef-wants) > 0.05 {
				t.Errorf("%s: %s is %v; want %v", c.name, l.Term, l.Coef, wants)
			}
		}
		if c.blocks > 1 && (a.Blocks == nil || a.Blocks.DF != c.blocks-1) {
			t.Errorf("%s: %+v", c.name, a.Blocks)
		}
	}
	_ = w
}

func TestPlan_Refusals(t *testing.T) {
	_, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	with := func(change func(*New)) New {
		n := tempering(Design{Kind: Full, Centres: 1})
		change(&n)
		return n
	}
	for _, c := range []struct {
		want string
		n    New
	}{
		{"needs a name", with(func(n *New) { n.Name = plant.Name{} })},
		{"is not below high", with(func(n *New) { n.Factors[0].Low = 300; n.Factors[0].SafeHigh = 400 })},
		{"beyond the safe limits", with(func(n *New) { n.Factors[0].High = 220 })},
		{"is there twice", with(func(n *New) { n.Factors[1].Name = n.Factors[0].Name })},
		{"lies not below", with(func(n *New) { n.Responses[0].Low = 200 })},
		{"outside of its safe limits", with(func(n *New) {
			n.Design = Design{Kind: Composite, Alpha: "rotatable", Centres: 2}
			n.Factors[0].SafeHigh = 205
		})},
		{"3 to 7", with(func(n *New) { n.Design.Kind = BoxBehnken })},
		{"3 blocks", with(func(n *New) { n.Design.Blocks = 3 })},
		{"say full, fraction", with(func(n *New) { n.Design.Kind = "latin" })},
	} {
		if _, err := d.Plan(ctx, who, c.n); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
	e, err := d.Plan(ctx, who, with(func(n *New) { n.Key = "k" }))
	must(t, err)
	if again, err := d.Plan(ctx, who, with(func(n *New) { n.Key = "k" })); err != nil || again.ID != e.ID {
		t.Errorf("sent twice: %v, %v", again.ID, err)
	}
	for _, c := range []struct {
		want error
		err  error
	}{
		{access.ErrConflict, second(d.Enter(ctx, who, e.ID, 1, Entered{Rev: 9, Results: []*float64{new(float64(1))}}))},
		{access.ErrNotFound, second(d.Enter(ctx, who, e.ID, 99, Entered{Rev: e.Rev, Results: []*float64{new(float64(1))}}))},
		{ErrInvalid, second(d.Enter(ctx, who, e.ID, 1, Entered{Rev: e.Rev}))},
		{ErrInvalid, second(d.Add(ctx, who, e.ID, Added{Rev: e.Rev, Kind: Proposed, Settings: []float64{300, 60}, Note: "x"}))},
		{ErrInvalid, second(d.Move(ctx, who, e.ID, Move{Rev: e.Rev, State: Concluded, Conclusion: "x"}))},
		{ErrInvalid, second(d.Move(ctx, who, e.ID, Move{Rev: e.Rev, State: Abandoned}))},
		{ErrInvalid, second(d.Analyse(ctx, who, e.ID, Look{}))},
		{access.ErrForbidden, second(d.Plan(ctx, access.Principal{Name: "x", Scope: access.Scope{Tenant: 1}}, tempering(Design{Kind: Full})))},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v; want %v", c.err, c.want)
		}
	}
}

// A response that is a characteristic is what was measured meanwhile.
func TestEnter_Measured(t *testing.T) {
	w, d := newWorld(t)
	ctx, who := t.Context(), access.Node(1)
	n := tempering(Design{Kind: Full})
	n.Responses[0].Characteristic = "C1"
	e, err := d.Plan(ctx, who, n)
	must(t, err)
	w.measured = 61.5
	from := plant.InstantOf(w.at)
	e, err = d.Enter(ctx, who, e.ID, 1, Entered{Rev: e.Rev, From: from, To: from + 3600*1e6})
	must(t, err)
	if got := e.Runs[0].Results[0]; got == nil || *got != 61.5 {
		t.Errorf("%v; want what was measured", got)
	}
}
