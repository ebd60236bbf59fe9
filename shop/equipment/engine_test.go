package equipment

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// shift is an early shift: 40 minutes stopped with an alarm, 20 minutes of
// setup, 600 parts A of which 12 scrap.
func shift(t *testing.T) *world {
	t.Helper()
	const m = time.Minute
	w := newWorld(t)
	samples := append(running(6*time.Hour), sample(tagAlarm, 30*m, 1), sample(tagAlarm, 70*m, 0),
		sample(tagMode, 150*m, 2), sample(tagMode, 170*m, 3),
		sample(tagGood, 0, 0), sample(tagScrap, 0, 0), sample(tagEnergy, 0, 100))
	for i := 1; i <= 49; i++ {
		samples = append(samples, sample(tagGood, time.Duration(i)*5*m, float64(12*i)))
	}
	samples = append(samples, sample(tagScrap, 100*m, 12), sample(tagEnergy, 200*m, 103.5), sample(tagEnergy, 260*m, 104))
	w.add(plant.Batch{Samples: samples, Texts: []plant.Text{{Tag: tagProduct, Time: at(-time.Minute), Value: "A"}}})
	w.clock.set(monday.Add(6 * time.Hour))
	return w
}

func (w *world) one(t *testing.T, path, id string, kind figure.Kind) figure.Figure {
	t.Helper()
	got, err := w.engine.Query(context.Background(), access.Scope{Tenant: 1, Path: path}, id, kind, at(0), at(time.Hour), figure.ByNone)
	if err != nil || len(got) != 1 {
		t.Fatalf("%s of %s = %v, %v", id, path, got, err)
	}
	return got[0]
}

func TestShiftFigures(t *testing.T) {
	w := shift(t)
	const pbt = 270 * 60_000.0 // it works through the break and the planned down time
	apt := pbt - (40+20)*60_000
	for id, want := range map[string]float64{
		"availability":           apt / pbt,
		"effectiveness":          600 * 12_000 / apt,
		"quality-ratio":          588.0 / 600,
		"oee":                    (apt / pbt) * (600 * 12_000 / apt) * (588 * 12_000.0 / (600 * 12_000)),
		"setup-ratio":            20 * 60_000 / (apt + 20*60_000),
		"technical-efficiency":   apt / (apt + 40*60_000),
		"mtbf":                   (apt + 20*60_000) / 3_600_000,
		"mttr":                   40.0 / 60,
		"produced":               600,
		"energy-kwh":             4,
		"energy-per-good-part":   4.0 / 588,
		"coverage":               1,
		"loss-breakdown":         40.0 / 60,
		"loss-setup":             20.0 / 60,
		"networking-rate-all":    1,
		"networking-rate-nc":     1,
		"teep":                   588 * 12_000.0 / (270 * 60_000),
		"utilization-efficiency": apt / pbt,
	} {
		f := w.one(t, "firm", id, figure.Shift)
		if f.Value == nil || math.Abs(*f.Value-want) > 1e-12 {
			t.Errorf("%s = %v %s; want %v (terms %v)", id, f.Value, f.Reason, want, f.Terms)
		}
	}
	if f := w.one(t, "firm/turning/l1", "rework-ratio", figure.Shift); f.Value == nil || *f.Value != 0 {
		t.Errorf("rework-ratio = %+v; want 0", f)
	}
}

func TestProductionOutsideThePlanExtendsIt(t *testing.T) {
	w := shift(t)
	f := w.one(t, "firm", "availability", figure.Day)
	// The break and the planned down time were worked through.
	if f.Terms[TermUnplanned] != 25*60_000 || !slices.Contains(f.Flags, "unplanned_production") {
		t.Errorf("availability = %+v; want 25 min of unplanned production flagged", f)
	}
}

func TestUndefinedCarriesAReason(t *testing.T) {
	w := newWorld(t)
	w.clock.set(monday.Add(3 * time.Hour))
	for id, want := range map[string]string{"availability": "", "oee": "no_production", "energy-kwh": "no_energy_meter", "mtbf": "no_failures"} {
		f := w.one(t, "firm", id, figure.Hour)
		if f.Reason != want || (f.Value == nil) != (want != "") {
			t.Errorf("%s = %v %q; want %q", id, f.Value, f.Reason, want)
		}
		if id == "availability" && (f.Coverage == nil || *f.Coverage != 0 || !f.Provisional || !slices.Contains(f.Flags, "low_coverage")) {
			t.Errorf("availability of a silent machine = %+v; want coverage 0 and provisional", f)
		}
	}
	if _, err := w.engine.Query(context.Background(), access.Scope{Tenant: 1, Path: "firm/nowhere"}, "oee", figure.Day, at(0), at(1), ""); err == nil || !strings.Contains(err.Error(), "no such node") {
		t.Errorf("unknown node: %v", err)
	}
	if _, err := w.engine.Query(context.Background(), scopeAll, "oe", figure.Day, at(0), at(time.Hour), ""); err == nil {
		t.Error("unknown definition is answered")
	}
	if _, err := w.engine.Query(context.Background(), scopeAll, "oee", "year", at(0), at(time.Hour), ""); err == nil {
		t.Error("unknown window is answered")
	}
}

// TestChildrenAddUp walks from the firm to the facts: at every step the terms
// of the children are those of the figure.
func TestChildrenAddUp(t *testing.T) {
	w := shift(t)
	ctx := context.Background()
	top := w.one(t, "firm", "oee", figure.Shift)
	path := "firm"
	var bases []figure.Figure
	for depth := range 3 {
		children, leaf, err := w.engine.Children(ctx, access.Scope{Tenant: 1, Path: path}, "oee", top.Window, nil, nil)
		if err != nil || len(children) == 0 || leaf != (depth == 2) {
			t.Fatalf("children of %s = %v, leaf %t, %v", path, children, leaf, err)
		}
		sum := map[string]int64{}
		for _, c := range children {
			for term, n := range c.Terms {
				sum[term] += n
			}
		}
		for term, n := range top.Terms {
			if sum[term] != n {
				t.Errorf("below %s: %s adds up to %d; want %d", path, term, sum[term], n)
			}
		}
		path, bases = children[0].Scope.Path, children
	}
	if len(bases) != 5 { // 08 09 10 11 and 12:00-12:30
		t.Fatalf("%d base windows; want 5", len(bases))
	}
	ev, err := w.engine.Evidence(ctx, access.Scope{Tenant: 1, Path: "firm/turning/l1"}, bases[1].Window.From)
	if err != nil {
		t.Fatal(err)
	}
	if ev.Digest != figure.Digest(ev.Rows) || len(ev.Intervals) == 0 || len(ev.Inputs) != 10 || ev.Profile != "test" || ev.Revision != 1 {
		t.Errorf("evidence = %+v", ev)
	}
	for _, in := range ev.Inputs {
		if in.Name == "count.good" && (in.Samples != 12 || in.Carry != at(55*time.Minute)) {
			t.Errorf("input %+v; want 12 samples behind that of 08:55", in)
		}
	}
	apt := int64(0)
	for _, i := range ev.Intervals {
		if i.Class == "APT" {
			apt += int64(i.To-i.From) / 1000
		}
	}
	if want := bases[1].Terms[TermAPT]; apt != want {
		t.Errorf("intervals of the evidence hold %d ms of production; the figure %d", apt, want)
	}
}

func TestSplits(t *testing.T) {
	w := shift(t)
	w.add(plant.Batch{Texts: []plant.Text{{Tag: tagProduct, Time: at(2 * time.Hour), Value: "B"}}})
	ctx := context.Background()
	for by, want := range map[figure.By][]string{
		figure.ByProduct: {"", "A", "B"}, figure.ByShift: {"early", "late"}, "line": {"firm/turning"}, figure.ByEquipment: {"firm/turning/l1"}, "cell": nil,
	} {
		got, err := w.engine.Query(ctx, scopeAll, "produced", figure.Range, at(0), at(5*time.Hour), by)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		sum := 0.0
		for _, f := range got {
			switch {
			case f.Scope.Product != nil:
				names = append(names, *f.Scope.Product)
			case f.Scope.Shift != nil:
				names = append(names, *f.Scope.Shift)
			default:
				names = append(names, f.Scope.Path)
			}
			sum += *f.Value
		}
		if !slices.Equal(names, want) || len(want) > 0 && sum != 600 {
			t.Errorf("by %s: %q, %v parts; want %q and 600", by, names, sum, want)
		}
	}
	if _, err := w.engine.Query(ctx, scopeAll, "produced", figure.Day, at(0), at(1), "moon"); err == nil {
		t.Error("by moon is answered")
	}
}

// TestRevisions: open, closed as revision 1 after the grace, and a new
// revision only when terms change, each told to the journal.
func TestRevisions(t *testing.T) {
	w := shift(t)
	ctx := context.Background()
	state := func(now time.Duration) figure.Figure {
		t.Helper()
		w.clock.set(monday.Add(now))
		return w.one(t, "firm/turning/l1", "produced", figure.Hour)
	}
	closings := func() []figure.Closing {
		events, err := w.Events(ctx, 1, fact.Filter{Kinds: []fact.Kind{fact.KindClosing}, From: at(time.Hour), To: at(time.Hour) + 1})
		if err != nil {
			t.Fatal(err)
		}
		var out []figure.Closing
		for _, e := range events {
			var c figure.Closing
			if err := json.Unmarshal(e.Payload, &c); err != nil {
				t.Fatal(err)
			}
			out = append(out, c)
		}
		return out
	}
	late := func(v float64) {
		b := plant.Batch{Samples: []plant.Sample{sample(tagGood, 31*time.Minute, v)}}
		w.add(b)
		if err := w.engine.Touch(ctx, 1, b, nil); err != nil {
			t.Fatal(err)
		}
	}
	if f := state(40 * time.Minute); !f.Provisional || f.Revision != 0 || *f.Value != 84 {
		t.Errorf("open window: %+v", f)
	}
	if f := state(70 * time.Minute); !f.Provisional || f.Revision != 0 || *f.Value != 132 {
		t.Errorf("in its grace: %+v", f)
	}
	f := state(76 * time.Minute)
	if f.Provisional || f.Revision != 1 || len(closings()) != 1 {
		t.Errorf("after its grace: %+v, closings %v", f, closings())
	}
	late(73) // between 72 and 84: the same sum
	if f := state(80 * time.Minute); f.Revision != 1 || len(closings()) != 1 || f.AsOf != at(76*time.Minute) {
		t.Errorf("a late fact that changes nothing: %+v", f)
	}
	late(3) // a reset that nobody knew of
	if f := state(90 * time.Minute); f.Revision != 2 || len(closings()) != 2 || f.AsOf != at(90*time.Minute) {
		t.Errorf("a late fact that changes terms: %+v, closings %v", f, closings())
	}
	before := w.dump(t, true)
	if done, err := w.engine.Rebuild(ctx, 1); err != nil || done.Changed != 0 || w.dump(t, true) != before {
		t.Errorf("Rebuild = %+v, %v\n%s", done, err, firstDifference(before, w.dump(t, true)))
	}
}

// TestTurnOfTheHour: a live sample of the new hour may change the end of the
// one before. That is not marked for each batch, and yet is seen: after the
// refresh while the hour has just ended, and when it closes.
func TestTurnOfTheHour(t *testing.T) {
	ctx := context.Background()
	for _, asked := range []bool{true, false} {
		w := shift(t)
		w.clock.set(monday.Add(62 * time.Minute))
		w.one(t, "firm/turning/l1", "produced", figure.Hour) // folded, and clean
		b := plant.Batch{Samples: []plant.Sample{sample(tagGood, 57*time.Minute, 3)}}
		w.add(b)
		if err := w.engine.Touch(ctx, 1, b, nil); err != nil {
			t.Fatal(err)
		}
		dirty, err := w.DirtyWindows(ctx, 1, 100)
		if err != nil || len(dirty) != 0 {
			t.Errorf("marked %+v, %v; want nothing", dirty, err)
		}
		if asked {
			w.clock.set(monday.Add(62*time.Minute + 6*time.Second))
			if f := w.one(t, "firm/turning/l1", "produced", figure.Hour); *f.Value == 132 {
				t.Errorf("after the refresh: %v; want the new value in it", *f.Value)
			}
		}
		w.clock.set(monday.Add(76 * time.Minute))
		if f := w.one(t, "firm/turning/l1", "produced", figure.Hour); *f.Value == 132 || f.Revision != 1 {
			t.Errorf("closed: %v, revision %d; want the new value in revision 1", *f.Value, f.Revision)
		}
	}
}

// TestLateSampleReachesOpenReasons: whether a stop reason without an end still
// holds hours later depends on whether the machine ran in between.
func TestLateSampleReachesOpenReasons(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	w.add(plant.Batch{Samples: append(running(8*time.Hour), sample(tagRunning, 10*time.Minute, 0))})
	if _, err := w.Append(ctx, 1, spoken(fact.KindStopReason, "1", 12*time.Minute, fact.StopReason{From: at(12 * time.Minute), Reason: "material.missing"})); err != nil {
		t.Fatal(err)
	}
	w.clock.set(monday.Add(6 * time.Hour))
	assigned := func() int64 {
		totals, err := w.engine.Totals(ctx, scopeAll, figure.Hour, at(5*time.Hour), at(6*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return totals[0].Terms[TermStop("material.missing")]
	}
	if got := assigned(); got != 3_600_000 {
		t.Fatalf("five hours later %d ms have the reason; want the hour", got)
	}
	for _, s := range []plant.Sample{sample(tagRunning, 61*time.Minute, 0), sample(tagRunning, time.Hour, 1)} {
		b := plant.Batch{Samples: []plant.Sample{s}}
		w.add(b)
		if err := w.engine.Touch(ctx, 1, b, nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := assigned(); got != 0 {
		t.Errorf("after it ran for a minute %d ms still have the reason; want none", got)
	}
}

func TestCountDerivedState(t *testing.T) {
	w := shift(t)
	kind := testKind()
	kind.Rules = nil
	w.folder = NewFolder(NewFleet(w.memory, w.memory, KindMap{"test": kind}, w.clock.now), w.memory, Reader{Journal: w.memory, Settings: settings(t)})
	w.memory.samples[tagGood] = nil
	w.add(plant.Batch{Samples: []plant.Sample{sample(tagGood, 0, 0), sample(tagGood, time.Minute, 1), sample(tagGood, 90*time.Second, 2), sample(tagGood, 3*time.Minute, 3)}})
	w.memory.samples[tagScrap] = nil
	want := `08:00:00-08:01:00 NOT_EXECUTING/PROCESSING ADET unassigned A
08:01:00-08:02:06 EXECUTING/PROCESSING APT A
08:02:06-08:03:00 NOT_EXECUTING/PROCESSING ADET minor rule:micro_stop A micro
08:03:00-08:03:36 EXECUTING/PROCESSING APT A
08:03:36-08:10:00 NOT_EXECUTING/PROCESSING ADET unassigned A`
	if got := strings.TrimSpace(w.story(t, 0, 10*time.Minute)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
