package equipment

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// byHand folds raw samples the slow way: it looks at every instant at which
// anything could change and asks, from scratch, what held there. It shares no
// code with the fold; what reasons decide is left out.
type byHand struct {
	samples map[plant.TagNo][]plant.Sample
	texts   map[plant.TagNo][]plant.Text
}

func (h byHand) value(tag plant.TagNo, t plant.Micros) (float64, bool) {
	v, ok := 0.0, false
	for _, s := range h.samples[tag] {
		if s.Time <= t {
			v, ok = s.Value, s.Quality == plant.Good
		}
	}
	return v, ok
}

func (h byHand) text(tag plant.TagNo, t plant.Micros) string {
	v := ""
	for _, x := range h.texts[tag] {
		if x.Time <= t {
			v = x.Value
		}
	}
	return v
}

// state is "unknown", "run", "setup" or "stand".
func (h byHand) state(t plant.Micros) string {
	linked := false
	for _, s := range h.samples[tagLink] {
		if s.Time <= t {
			linked = s.Value == 1 && t < s.Time+15_000_000
		}
	}
	running, ok1 := h.value(tagRunning, t)
	alarm, ok2 := h.value(tagAlarm, t)
	mode, ok3 := h.value(tagMode, t)
	if linked && !(ok1 && ok2 && ok3) {
		// The counter may still say that it runs: three cycles from a part on.
		if h.counting(t) {
			return "run"
		}
		return "unknown"
	}
	switch {
	case !linked:
		return "unknown"
	case alarm == 1 && mode == 2:
		return "error in setup"
	case alarm == 1:
		return "stand"
	case running == 1 && mode == 3:
		return "run"
	case mode == 2:
		return "setup"
	case running == 1:
		return "odd" // executing in maintenance
	}
	return "stand"
}

func (h byHand) counting(t plant.Micros) bool {
	until := plant.Micros(math.MinInt64)
	for _, tag := range []plant.TagNo{tagGood, tagScrap} {
		var last float64
		seen := false
		for _, s := range h.samples[tag] {
			if s.Quality != plant.Good || s.Time > t {
				continue
			}
			if seen && h.rise(tag, last, s.Value) > 0 {
				cycle := map[string]plant.Micros{"A": 12_000_000, "B": 30_000_000}[h.text(tagProduct, s.Time)]
				if cycle == 0 {
					cycle = 60_000_000
				}
				if s.Time > 0 {
					until = max(until, s.Time+3*cycle)
				}
			}
			last, seen = s.Value, true
		}
	}
	return t < until
}

func (h byHand) rise(tag plant.TagNo, before, after float64) int64 {
	d := int64(after - before)
	if tag == tagScrap {
		if d < 0 {
			return int64(after)
		}
		return d
	}
	if d < 0 {
		if d+65536 <= 50 {
			return d + 65536
		}
		d = int64(after)
	}
	if d > 50 {
		return 0
	}
	return d
}

// fold adds up one window.
func (h byHand) fold(from, to plant.Micros, plan func(plant.Micros) Plan) map[string]int64 {
	cuts := []plant.Micros{from, to}
	add := func(t plant.Micros) {
		t -= t % 1000
		if t > from && t < to {
			cuts = append(cuts, t)
		}
	}
	for tag, list := range h.samples {
		for _, s := range list {
			add(s.Time)
			if tag == tagLink {
				add(s.Time + 15_000_000)
			}
			if tag == tagGood || tag == tagScrap {
				for _, c := range []plant.Micros{36, 90, 180} {
					add(s.Time + c*1_000_000)
				}
			}
		}
	}
	for d := time.Duration(0); d < 14*time.Hour; d += 5 * time.Minute { // every border of the test calendar
		add(at(d))
	}
	slices.Sort(cuts)
	out := map[string]int64{}
	for i := range len(cuts) - 1 {
		ms := int64(cuts[i+1]-cuts[i]) / 1000
		if ms == 0 {
			continue
		}
		s, p := h.state(cuts[i]+999), plan(cuts[i])
		out[TermCalendar] += ms
		switch {
		case s == "run":
			out[TermAPT] += ms
			out[TermBusy] += ms
		case p == PlanDown:
			out[TermPDOT] += ms
		case p == PlanOff:
		default:
			out[TermBusy] += ms
			out[map[string]string{"unknown": TermUnknown, "setup": TermAUST}[s]] += ms
		}
	}
	h.parts(out, from, to)
	return out
}

func (h byHand) parts(out map[string]int64, from, to plant.Micros) {
	for _, tag := range []plant.TagNo{tagGood, tagScrap} {
		var last float64
		seen := false
		for _, s := range h.samples[tag] {
			if s.Quality != plant.Good {
				continue
			}
			if n := h.rise(tag, last, s.Value); seen && s.Time >= from && s.Time < to {
				pru := map[string]int64{"A": 12_000, "B": 30_000}[h.text(tagProduct, s.Time)]
				out[TermPQ] += n
				out[TermIdeal] += n * pru
				if tag == tagGood {
					out[TermGQ] += n
					out[TermIdealGood] += n * pru
				}
			}
			last, seen = s.Value, true
		}
	}
	var last int64
	seen := false
	for _, s := range h.samples[tagEnergy] {
		mwh := int64(math.Round(s.Value * 1e6))
		if s.Quality != plant.Good {
			continue
		}
		if seen && s.Time >= from && s.Time < to {
			out[TermEnergy] += mwh - last
		}
		last, seen = mwh, true
	}
}

func testPlan(t plant.Micros) Plan {
	local := t.Time().In(shanghai)
	m := local.Hour()*60 + local.Minute()
	switch {
	case m < 8*60 || m >= 20*60 || m >= 10*60 && m < 10*60+15:
		return PlanOff
	case m >= 11*60 && m < 11*60+10:
		return PlanDown
	}
	return PlanBusy
}

// TestFoldEqualsRawSamplesByHand: the terms of the engine are those that a
// person would add up from the raw samples, to the last millisecond and mWh.
func TestFoldEqualsRawSamplesByHand(t *testing.T) {
	days := 12
	if testing.Short() {
		days = 3
	}
	for day := range days {
		samples, texts, _ := randomFacts(rand.New(rand.NewPCG(uint64(day), 7)))
		w := newWorld(t)
		w.add(plant.Batch{Samples: samples, Texts: texts})
		end := at(randomDay + time.Hour)
		w.clock.set(end.Time())
		rows, err := w.engine.Totals(context.Background(), access.Scope{Tenant: 1}, "hour", at(-time.Hour), end)
		if err != nil {
			t.Fatal(err)
		}
		hand := byHand{samples: w.samples, texts: w.texts}
		for _, r := range rows {
			want := hand.fold(r.Window.From, r.Window.To, testPlan)
			for _, term := range []string{TermCalendar, TermBusy, TermAPT, TermAUST, TermPDOT, TermUnknown, TermPQ, TermGQ, TermIdeal, TermIdealGood, TermEnergy} {
				got := r.Terms[term]
				if term == TermAUST {
					got = r.Terms[TermAUST] - r.Terms["stop_ms:setup.changeover"]
				}
				if got != want[term] {
					t.Errorf("day %d, %s: %s = %d; by hand %d", day, r.Window.From.Time().In(shanghai).Format("15:04"), term, got, want[term])
				}
			}
			identities(t, r.Terms)
		}
	}
}

// identities are those of the time model.
func identities(t *testing.T, x map[string]int64) {
	t.Helper()
	for _, c := range []struct {
		name        string
		left, right int64
	}{
		{"PBT = AUBT + ADOT + unknown", x[TermBusy], x[TermAUBT] + x[TermADOT] + x[TermUnknown]},
		{"AUBT = AUPT + ADET", x[TermAUBT], x[TermAUPT] + x[TermADET]},
		{"AUPT = APT + AUST", x[TermAUPT], x[TermAPT] + x[TermAUST]},
		{"known = PBT - unknown", x[TermKnown], x[TermBusy] - x[TermUnknown]},
		{"PBT = plan + unplanned", x[TermBusy], x[TermPlannedBusy] + x[TermUnplanned]},
		{"PQ = GQ + SQ + RQ", x[TermPQ], x[TermGQ] + x[TermSQ] + x[TermRQ]},
		{
			"known PBT = APT + losses", x[TermKnown],
			x[TermAPT] + x[TermLoss(LossBreakdown)] + x[TermLoss(LossSetup)] + x[TermLoss(LossMinor)] + x[TermLoss(LossStartup)] + x[TermLoss(LossPlanned)] + x[TermLoss(LossOther)],
		},
	} {
		if c.left != c.right {
			t.Errorf("%s: %d and %d in %v", c.name, c.left, c.right, x)
		}
	}
}
