package equipment

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zhigai/connect/profile"
	"zhigai/plant"
)

func TestIncrease(t *testing.T) {
	for _, c := range []struct {
		name                        string
		before, after, modulo, step int64
		want                        int64
		kind                        AnomalyKind
	}{
		{"counts on", 10, 13, 0, 0, 3, ""},
		{"same", 10, 10, 0, 0, 0, ""},
		{"reset counts from zero", 10, 2, 0, 0, 2, CounterReset},
		{"reset to zero", 10, 0, 0, 0, 0, CounterReset},
		{"reset below zero counts nothing", 10, -4, 0, 0, 0, CounterReset},
		{"rolls over", 65534, 1, 65536, 0, 3, ""},
		{"rolls over within the step", 65534, 1, 65536, 5, 3, ""},
		{"too far to have rolled over", 40000, 1, 65536, 5, 1, CounterReset},
		{"more than half the range is a reset", 20000, 10, 65536, 0, 10, CounterReset},
		{"jump", 10, 5000, 0, 50, 0, CounterJump},
		{"largest step", 10, 60, 0, 50, 50, ""},
		{"jump after a reset", 60, 55, 0, 50, 0, CounterJump},
	} {
		if got, kind := increase(c.before, c.after, c.modulo, c.step); got != c.want || kind != c.kind {
			t.Errorf("%s: increase(%d, %d) = %d %q; want %d %q", c.name, c.before, c.after, got, kind, c.want, c.kind)
		}
	}
}

func counterSamples(values ...float64) []plant.Sample {
	var out []plant.Sample
	for i, v := range values {
		out = append(out, sample(tagGood, time.Duration(i)*time.Minute, v))
	}
	return out
}

func TestDeltasPassOverBadReadings(t *testing.T) {
	in := counterSamples(5, 6, 0, 9)
	in[2] = plant.BadSample(tagGood, in[2].Time, plant.Refused, nil)
	got := deltas(profile.Counter{Signal: "x"}, in, 1, at(0), at(time.Hour), nil)
	if len(got) != 2 || got[1] != (delta{at(3 * time.Minute), 3}) {
		t.Errorf("deltas = %v; want 1 and then 3 at the later reading", got)
	}
}

// TestEnergyAddsUp: readings are rounded before they are subtracted, so that
// any cut of time gives the same sum.
func TestEnergyAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	kwh := 0.0
	var values []float64
	for range 500 {
		kwh += r.Float64() / 3
		values = append(values, kwh)
	}
	m := &Machine{Kind: Kind{Counters: profile.Counters{Energy: &profile.Counter{Signal: "energy.active"}}}}
	f := Facts{Samples: map[string][]plant.Sample{"energy.active": counterSamples(values...)}}
	sum := func(from, to plant.Micros) (n int64) {
		used, _ := m.energyUse(f, from, to, nil)
		for _, d := range used {
			n += d.n
		}
		return n
	}
	whole := sum(at(0), at(500*time.Minute))
	if want := scaled(values[499], milliWattHours) - scaled(values[0], milliWattHours); whole != want {
		t.Errorf("whole = %d mWh; want %d", whole, want)
	}
	for range 100 {
		cut := at(time.Duration(r.Int64N(int64(500 * time.Minute))))
		if got := sum(at(0), cut) + sum(cut, at(500*time.Minute)); got != whole {
			t.Fatalf("cut at %d: %d mWh; want %d", cut, got, whole)
		}
	}
}

func TestCountsFromTotal(t *testing.T) {
	c := func(s string) *profile.Counter { return &profile.Counter{Signal: s} }
	f := Facts{Samples: map[string][]plant.Sample{"g": counterSamples(0, 3, 8), "s": counterSamples(0, 1, 2), "t": counterSamples(0, 4, 10), "r": counterSamples(0, 0, 1)}}
	for _, x := range []struct {
		name     string
		counters profile.Counters
		want     Count
	}{
		{"good and scrap", profile.Counters{Good: c("g"), Scrap: c("s")}, Count{Good: 8, Scrap: 2}},
		{"total alone is good", profile.Counters{Total: c("t")}, Count{Good: 10}},
		{"total and scrap", profile.Counters{Total: c("t"), Scrap: c("s")}, Count{Good: 8, Scrap: 2}},
		{"total and good", profile.Counters{Total: c("t"), Good: c("g")}, Count{Good: 8, Scrap: 2}},
		{"total, scrap and rework", profile.Counters{Total: c("t"), Scrap: c("s"), Rework: c("r")}, Count{Good: 7, Scrap: 2, Rework: 1}},
		{"all", profile.Counters{Total: c("t"), Good: c("g"), Scrap: c("s")}, Count{Good: 8, Scrap: 2}},
	} {
		var got Count
		m := &Machine{Kind: Kind{Counters: x.counters}}
		for _, n := range m.counts(f, nil, timeline{}, at(0), at(time.Hour), nil) {
			got.Good, got.Scrap, got.Rework = got.Good+n.Good, got.Scrap+n.Scrap, got.Rework+n.Rework
		}
		if got != x.want {
			t.Errorf("%s: %+v; want %+v", x.name, got, x.want)
		}
	}
}

func TestClassTable(t *testing.T) {
	classes := settings(t).Classes
	for _, c := range []struct {
		state State
		plan  Plan
		order Ordered
		want  Class
	}{
		{Of(Executing, Processing), PlanBusy, OrderUnknown, APT},
		{Of(Executing, Processing), PlanOff, OrderNo, APT},
		{Of(Executing, Setup), PlanBusy, OrderYes, AUST},
		{Of(Executing, Setup), PlanOff, OrderYes, ClassNone},
		{Of(NotExecuting, Setup), PlanBusy, OrderUnknown, AUST},
		{Of(OutOfService, Setup), PlanBusy, OrderUnknown, ADET},
		{Of(NotExecuting, Processing), PlanBusy, OrderYes, ADET},
		{Of(NotExecuting, Processing), PlanBusy, OrderUnknown, ADET},
		{Of(NotExecuting, Processing), PlanBusy, OrderNo, ADOT},
		{Of(NotAvailable, Processing), PlanBusy, OrderYes, ADET},
		{Of(NotExecuting, ModeNone), PlanBusy, OrderUnknown, ADOT},
		{Of(NotAvailable, ModeNone), PlanBusy, OrderNo, ADOT},
		{Of(OutOfService, ModeNone), PlanBusy, OrderUnknown, ADET},
		{Of(NotExecuting, ModeNone), PlanBusy, OrderYes, ADET},
		{Of(NotExecuting, Maintenance), PlanBusy, OrderNo, ADOT},
		{Of(NotExecuting, Processing), PlanDown, OrderYes, PDOT},
		{Of(NotExecuting, Processing), PlanOff, OrderYes, ClassNone},
		{Unknown, PlanBusy, OrderYes, ClassUnknown},
		{Unknown, PlanOff, OrderYes, ClassNone},
		{Unknown, PlanDown, OrderYes, PDOT},
	} {
		if got := classes.Class(c.state, c.plan, c.order); got != c.want {
			t.Errorf("Class(%s, %s, order %s) = %s; want %s", c.state, c.plan, c.order, got, c.want)
		}
	}
}

func TestStandardsRefuse(t *testing.T) {
	read := func(name string) string {
		raw, err := os.ReadFile("../../data/standards/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	classes, reasons := read("iso22400-classes.yaml"), read("stop-reasons.yaml")
	for _, c := range []struct{ of, old, new, want string }{
		{classes, "class: APT", "class: APPT", `class "APPT"; write one of`},
		{classes, "item: EXECUTING, mode: PROCESSING", "item: RUNNING, mode: PROCESSING", `item "RUNNING"; write any or one of`},
		{classes, "  - {item: any, mode: NONE, plan: busy, order: any, class: ADOT}\n", "", "no row decides"},
		{classes, "rows:", "row:", "unknown field"},
		{reasons, "parent: breakdown", "parent: broken", `parent "broken" does not stand before it`},
		{reasons, "id: other,", "id: startup,", "stands twice"},
		{reasons, "micro_stop: 5m", "micro_stop: five", "micro_stop"},
		{reasons, "loss: startup", "loss: start", `loss "start"`},
		{reasons, "  - {id: unassigned, name: {zh: 未填原因, en: Unassigned}, loss: other, group: true}", "", `"unassigned" is missing`},
	} {
		data := fstest.MapFS{"f.yaml": {Data: []byte(strings.Replace(c.of, c.old, c.new, 1))}}
		_, err1 := LoadClasses(data, "f.yaml")
		if c.of == reasons {
			_, err1 = LoadReasons(data, "f.yaml")
		}
		if err1 == nil || !strings.Contains(err1.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.new, err1, c.want)
		}
	}
}

func TestStateText(t *testing.T) {
	for _, s := range []State{Unknown, Of(Executing, Processing), Of(NotAvailable, ModeNone)} {
		raw, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back State
		if err := back.UnmarshalText(raw); err != nil || back != s {
			t.Errorf("%s reads back as %s, %v", raw, back, err)
		}
	}
	if _, err := ParseState("RUNNING", "NONE"); err == nil {
		t.Error("RUNNING is no item state")
	}
}

// Four pulses a part: parts are whole, and cuts of the time lose and double none.
func TestPulsesAddUpToParts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var values []float64
	pulses := 1003.0
	for range 400 {
		pulses += float64(r.IntN(7))
		values = append(values, pulses)
	}
	p := &profile.Profile{
		ID: "pulses", Counters: profile.Counters{Total: &profile.Counter{Signal: "count.total", Per: "pulses_per_part", Modulo: 65536}},
		Params: []profile.Param{{Name: "pulses_per_part", Kind: profile.ParamNumber, Default: "1"}},
	}
	plain, err := KindOf(p)
	if err != nil {
		t.Fatal(err)
	}
	kind := plain.With(map[string]string{"pulses_per_part": "4"})
	if plain.Counters.Total.Pulses != 1 || kind.Given != "pulses_per_part=4" {
		t.Fatalf("plain %+v, adjusted %q", plain.Counters.Total, kind.Given)
	}
	m := &Machine{Kind: kind}
	f := Facts{Samples: map[string][]plant.Sample{"count.total": counterSamples(values...)}}
	sum := func(from, to plant.Micros) (n int64) {
		for _, c := range m.counts(f, nil, timeline{}, from, to, nil) {
			n += c.Good
		}
		return n
	}
	end := at(400 * time.Minute)
	all := sum(at(0), end)
	if want := int64(values[399])/4 - int64(values[0])/4; all != want {
		t.Errorf("%d parts; want %d", all, want)
	}
	for range 100 {
		cut := at(time.Duration(r.Int64N(int64(400 * time.Minute))))
		if got := sum(at(0), cut) + sum(cut, end); got != all {
			t.Fatalf("cut at %d: %d parts; want %d", cut, got, all)
		}
	}
	for _, x := range []struct {
		name   string
		values []float64
		want   int64
	}{{"over the end of the register", []float64{65_532, 4}, 2}, {"a reset counts from zero", []float64{20_000, 9}, 2}, {"a part not yet whole", []float64{8, 11}, 0}} {
		f.Samples["count.total"] = counterSamples(x.values...)
		if got := sum(at(0), end); got != x.want {
			t.Errorf("%s: %d parts; want %d", x.name, got, x.want)
		}
	}
}
