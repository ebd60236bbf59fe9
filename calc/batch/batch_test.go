package batch

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// load is a furnace load as the tests make one: heated, held, cooled, read every
// five seconds.
type load struct {
	heat, hold, cool float64 // s
	low              float64 // K that it is held too cold in the middle of the hold
	leak             float64 // kW that it draws too much throughout
	stretch          float64 // of the whole
	noise            func() float64
}

var signals = []string{"temperature", "power", "gas"}

func (l load) run(id string) Run {
	if l.stretch == 0 {
		l.stretch = 1
	}
	total := (l.heat + l.hold + l.cool) * l.stretch
	r := Run{ID: id, Length: total, Curves: make([]Curve, 3)}
	for t := 0.; t <= total; t += 5 {
		at := t / l.stretch
		var temperature, power, gas float64
		switch {
		case at < l.heat:
			temperature, power, gas = 20+820*at/l.heat, 110, 12
		case at < l.heat+l.hold:
			temperature, power, gas = 840, 60, 40
			if share := (at - l.heat) / l.hold; share > 0.4 && share < 0.7 {
				temperature -= l.low
			}
		default:
			temperature, power, gas = 840-600*(at-l.heat-l.hold)/l.cool, 8, 12
		}
		for s, v := range []float64{temperature + 1.5*l.noise(), power + l.leak + l.noise(), gas + 0.3*l.noise()} {
			r.Curves[s] = append(r.Curves[s], Point{t, v})
		}
	}
	return r
}

func (l load) until(t float64) Run {
	r := l.run("running")
	r.Runs, r.Length = true, t
	for s, c := range r.Curves {
		n := 0
		for n < len(c) && c[n].T <= t {
			n++
		}
		r.Curves[s] = c[:n]
	}
	return r
}

// good loads vary in speed as a whole when aligned by phase, and in how long each of
// their phases takes when warped.
func good(r *rand.Rand, how Align) load {
	l := load{heat: 1200, hold: 1800, cool: 900, noise: r.NormFloat64}
	if how == Phase {
		l.stretch = 1 + 0.03*r.NormFloat64()
		return l
	}
	l.heat *= 1 + 0.08*r.NormFloat64()
	l.hold *= 1 + 0.08*r.NormFloat64()
	l.cool *= 1 + 0.08*r.NormFloat64()
	return l
}

func golden(t *testing.T, r *rand.Rand, how Align, n int) *Band {
	t.Helper()
	var runs []Run
	for i := range n {
		runs = append(runs, good(r, how).run(fmt.Sprint(i)))
	}
	g, err := Build(signals, runs, Options{Align: how})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// Runs that went wrong are found by the signal that did, where it did; of runs that
// went well hardly any is.
func TestCompare_FindsWhatDeparted(t *testing.T) {
	for _, how := range []Align{Phase, Warp} {
		r := rand.New(rand.NewPCG(3, 4))
		g := golden(t, r, how, 10)
		false_, missed, runs := 0, 0, 100
		for i := range runs {
			res, err := g.Compare(good(r, how).run("new"))
			if err != nil {
				t.Fatalf("%s, run %d: %v", how, i, err)
			}
			if res.First >= 0 {
				false_++
			}
			cold := good(r, how)
			cold.low = 15
			res, err = g.Compare(cold.run("cold"))
			if err != nil {
				t.Fatal(err)
			}
			// The cold part is from 0.4 to 0.7 of the hold: between seconds 1920 and 2460 of
			// a run that takes 3900.
			if res.First != 0 || res.At[res.Signals[0].Departed] < 1500 || res.At[res.Signals[0].Departed] > 2800 || res.Signals[0].By > -1 {
				missed++
			}
		}
		t.Logf("%s: of %d good runs %d are said to have departed, of as many cold ones %d are not found by temperature; good ones score %.2f when left out", how, runs, false_, missed, g.Scores)
		if false_ > runs/20 || missed > 0 {
			t.Errorf("%s: %d of %d good runs departed, %d cold ones were not found", how, false_, runs, missed)
		}
	}
}

// A leak of power is found at once, and while the run still goes on.
func TestCompare_Running(t *testing.T) {
	for _, how := range []Align{Phase, Warp} {
		r := rand.New(rand.NewPCG(5, 6))
		g := golden(t, r, how, 10)
		leak := good(r, how)
		leak.leak = 15
		res, err := g.Compare(leak.until(900))
		if err != nil {
			t.Fatal(err)
		}
		if res.First != 1 || res.Short || res.Reached < g.Points/8 || res.Reached > g.Points/2 || res.Signals[1].Share < 0.9 {
			t.Errorf("%s: 900 s into a run that leaks: %d places, first %d, %+v", how, res.Reached, res.First, res.Signals[1])
		}
		for _, at := range []float64{30, 600, 1500, 2700, 3500} {
			res, err := g.Compare(good(r, how).until(at))
			if err != nil {
				t.Fatalf("%s at %v s: %v", how, at, err)
			}
			if res.Departed() {
				t.Errorf("%s: %v s into a good run: signal %d departed, score %v", how, at, res.First, res.Score)
			}
		}
	}
}

// A phase that takes longer is no departure when runs are warped, and is one when
// they are not; how long the whole took is judged by itself.
func TestCompare_LongHold(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	long := load{heat: 1200, hold: 2600, cool: 900, noise: r.NormFloat64}
	for how, want := range map[Align]bool{Phase: true, Warp: false} {
		g := golden(t, r, how, 10)
		res, err := g.Compare(long.run("long"))
		if err != nil {
			t.Fatal(err)
		}
		if (res.First >= 0) != want {
			t.Errorf("%s: signal %d departed, score %v", how, res.First, res.Score)
		}
		if how == Phase && !res.Long {
			t.Errorf("%v s is not long beside %v to %v", long.run("").Length, g.LengthLow, g.LengthTop)
		}
	}
}

// The course is the one of least distance: no other that the steps allow is nearer.
func TestAlign_IsTheLeast(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 9))
	for range 200 {
		n := 4 + r.IntN(4)
		m := (n+1)/2 + r.IntN(n)
		is, ref := []track{make(track, m)}, []track{make(track, n)}
		for i := range m {
			is[0][i] = r.NormFloat64()
		}
		for i := range n {
			ref[0][i] = r.NormFloat64()
		}
		d := func(a, b int) float64 { return (is[0][a] - ref[0][b]) * (is[0][a] - ref[0][b]) }
		// All courses by their last step, one after the other.
		var least func(a, b int) float64
		least = func(a, b int) float64 {
			if a == 0 && b == 0 {
				return 2 * d(0, 0)
			}
			best := math.Inf(1)
			if a > 0 && b > 0 {
				best = min(best, least(a-1, b-1)+2*d(a, b))
			}
			if a > 1 && b > 0 {
				best = min(best, least(a-2, b-1)+2*d(a-1, b)+d(a, b))
			}
			if a > 0 && b > 1 {
				best = min(best, least(a-1, b-2)+2*d(a, b-1)+d(a, b))
			}
			return best
		}
		want := least(m-1, n-1)
		path, reached := align(is, ref, []float64{1}, m+n, false)
		if math.IsInf(want, 1) {
			if path != nil {
				t.Fatalf("%d to %d: a course where there is none", m, n)
			}
			continue
		}
		if reached != n || path[len(path)-1] != (pair{}) || path[0] != (pair{m - 1, n - 1}) {
			t.Fatalf("%d to %d: %v", m, n, path)
		}
		got := 2 * d(0, 0)
		for i := len(path) - 2; i >= 0; i-- { // from the beginning
			p, before := path[i], path[i+1]
			switch (pair{p.a - before.a, p.b - before.b}) {
			case pair{1, 1}:
				// The first of a step aside is of weight 2, and so is a step along both, unless
				// it is the first half of a step aside.
				got += 2 * d(p.a, p.b)
			case pair{1, 0}, pair{0, 1}:
				got += d(p.a, p.b)
			default:
				t.Fatalf("a step from %v to %v", before, p)
			}
		}
		if math.Abs(got-want) > 1e-9 {
			t.Fatalf("%d to %d: %v; want %v, by %v", m, n, got, want, path)
		}
	}
}

// The band is as wide as says its definition: of five runs that differ by chance
// alone, one more lies outside as rarely as it promises.
func TestBand_HoldsTheNextRun(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	const k, tries = 2, 4000 // 4.55 % lie beyond two standard deviations
	for _, n := range []int{5, 12} {
		outside := 0
		for range tries {
			values := make([]float64, n)
			for i := range values {
				values[i] = r.NormFloat64()
			}
			mean, sd := moments(values)
			if math.Abs(r.NormFloat64()-mean) > width(k, n)*sd {
				outside++
			}
		}
		share := float64(outside) / tries
		t.Logf("%d runs: %.4f outside", n, share)
		if math.Abs(share-0.0455) > 4*math.Sqrt(0.0455*0.9545/tries) {
			t.Errorf("%d runs: %.4f lie outside; want 0.0455", n, share)
		}
	}
}

func TestBuild_Refusals(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var runs []Run
	for i := range 6 {
		runs = append(runs, good(r, Phase).run(fmt.Sprint(i)))
	}
	with := func(change func([]Run)) []Run {
		out := append([]Run(nil), runs...)
		change(out)
		return out
	}
	half := load{heat: 400, hold: 400, cool: 300, noise: r.NormFloat64}.run("half")
	for _, c := range []struct {
		want string
		runs []Run
		o    Options
	}{
		{"4 runs; a band is made of 5", runs[:4], Options{Align: Phase}},
		{"write phase or warp", runs, Options{}},
		{"take 20 to 400", runs, Options{Align: Phase, Points: 5}},
		{"has not ended", with(func(all []Run) { all[2].Runs = true }), Options{Align: Phase}},
		{"1 signals of 3", with(func(all []Run) { all[1].Curves = all[1].Curves[:1] }), Options{Align: Phase}},
		{"run 1 (0), power: ", with(func(all []Run) { all[0].Curves = []Curve{{}, {{0, math.NaN()}}, {}} }), Options{Align: Phase}},
		{"0 s long", with(func(all []Run) { all[0].Length = 0 }), Options{Align: Phase}},
		{"less than half", with(func(all []Run) { all[0] = half }), Options{Align: Warp}},
	} {
		if _, err := Build(signals, c.runs, c.o); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
	g, err := Build(signals, runs, Options{Align: Phase})
	if err != nil {
		t.Fatal(err)
	}
	silent := good(r, Phase).run("silent")
	silent.Curves = make([]Curve, 3)
	if _, err := g.Compare(silent); err == nil || !strings.Contains(err.Error(), "nothing is known") {
		t.Errorf("a run without a point: %v", err)
	}
}

// Where nothing was measured nothing is judged, and what comes after is.
func TestCompare_Gap(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	g := golden(t, r, Phase, 8)
	run := good(r, Phase).run("gap")
	c := run.Curves[0]
	run.Curves[0] = append(append(Curve{}, c[:len(c)/4]...), c[len(c)/2:]...)
	res, err := g.Compare(run)
	if err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for _, known := range res.Signals[0].Known {
		if !known {
			unknown++
		}
	}
	if unknown < 20 || unknown > 30 || res.Departed() {
		t.Errorf("%d places unknown of %d, departed %v", unknown, g.Points, res.Departed())
	}
}

func TestCut(t *testing.T) {
	c := Curve{{0, 5}, {10, 60}, {20, 40}, {30, 10}, {32, 55}, {50, 5}, {60, 70}}
	rule := Rule{Start: 50, End: 20}
	for _, x := range []struct {
		rule Rule
		want string
	}{
		{rule, "[{10 30 false false} {32 50 false false} {60 70 false true}]"},
		{Rule{Start: 50, End: 20, Gap: 5}, "[{10 50 false false} {60 70 false true}]"},
		{Rule{Start: 50, End: 20, Min: 15}, "[{10 30 false false} {32 50 false false}]"},
		{Rule{Start: 10, End: 30, Below: true}, "[{0 10 true false} {30 32 false false} {50 60 false false}]"},
	} {
		got, err := Cut(c, 70, x.rule)
		if err != nil || fmt.Sprint(got) != x.want {
			t.Errorf("%+v: %v, %v; want %s", x.rule, got, err, x.want)
		}
	}
	if _, err := Cut(c, 70, Rule{Start: 10, End: 30}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an end above the beginning: %v", err)
	}
}
