package main

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/calc/stat"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/shop/energy"
	"zhigai/sim"
)

// plantPast is a simulated plant's past as energy is told of it: what was read of its
// meters each hour, and for how long its machines worked.
type plantPast struct {
	model  plant.Model
	start  time.Time
	hours  int
	read   map[plant.NodeID][]float64 // kWh at the beginning of each hour
	worked map[plant.NodeID][]float64 // h since the start
	kept   []energy.Network
	lines  []energy.Baseline
}

// live simulates days of the demo plant.
func livePast(t *testing.T, days int, wastes ...sim.Waste) (*plantPast, *sim.Plant) {
	t.Helper()
	model, profiles := demoPlant(t)
	l := &plantPast{model: model, start: storyStart, hours: days * 24, read: map[plant.NodeID][]float64{}, worked: map[plant.NodeID][]float64{}}
	for i := range l.model.Nodes {
		l.model.Nodes[i].ID = plant.NodeID(l.model.Nodes[i].Path)
	}
	p, err := sim.New(sim.Config{Seed: 3, Start: l.start, Model: l.model, Kinds: simKinds(profiles), Wastes: wastes})
	must(t, err)
	for h := range l.hours + 1 {
		p.Advance(l.start.Add(time.Duration(h) * time.Hour))
		for _, path := range []string{demoCompressor, demoFurnace} {
			v, ok := p.Shown(path)["energy.active"].(float64)
			if !ok {
				t.Fatalf("%s shows no energy: %v", path, p.Shown(path))
			}
			l.read[plant.NodeID(path)] = append(l.read[plant.NodeID(path)], v)
		}
		sum := 0.0
		for _, a := range p.Accounts() {
			hours := a.Time[sim.Running].Hours()
			sum += hours
			if a.Path == demoFurnace {
				l.worked[demoFurnace] = append(l.worked[demoFurnace], hours)
			}
		}
		l.worked[demoSite] = append(l.worked[demoSite], sum)
	}
	return l, p
}

var storyStart = time.Date(2026, 3, 1, 16, 0, 0, 0, time.UTC) // midnight in Shanghai

func (l *plantPast) hour(at plant.Micros) int { return int(at.Time().Sub(l.start) / time.Hour) }

func (l *plantPast) Model(context.Context, plant.TenantNo, plant.Micros) (plant.Model, error) {
	return l.model, nil
}

func (l *plantPast) Steps(_ context.Context, _ plant.TenantNo, machine plant.NodeID, _ string, from, to plant.Micros, n int) ([]energy.Shown, error) {
	out := make([]energy.Shown, n)
	width := (to - from) / plant.Micros(n)
	for i := range out {
		s := &out[i]
		s.From, s.To, s.Good = from+width*plant.Micros(i), from+width*plant.Micros(i+1), width
		if h := l.hour(s.From); h < len(l.read[machine]) && s.From.Time().Equal(l.start.Add(time.Duration(h)*time.Hour)) {
			v := l.read[machine][h]
			s.Any, s.First, s.Last, s.FirstAt, s.LastAt = true, v, v, s.From, s.From
		}
		if width < plant.Micros(time.Hour.Microseconds()) { // between readings it goes on: nothing says that it held
			s.Good = width - 1
		}
	}
	return out, nil
}

func (l *plantPast) Before(_ context.Context, _ plant.TenantNo, machine plant.NodeID, _ string, at plant.Micros) (float64, plant.Micros, bool, error) {
	h := l.hour(at - 1)
	if h < 0 || at <= plant.MicrosOf(l.start) {
		return 0, 0, false, nil
	}
	return l.read[machine][h], plant.MicrosOf(l.start.Add(time.Duration(h) * time.Hour)), true, nil
}

func (l *plantPast) Did(context.Context, plant.TenantNo, plant.NodeID, plant.Micros, plant.Micros) ([]energy.Did, error) {
	return nil, nil
}

func (l *plantPast) Counted(context.Context, plant.TenantNo, plant.NodeID, plant.Micros, plant.Micros) (good, all int64, err error) {
	return 0, 0, nil
}

func (l *plantPast) Counter(plant.Node) (string, float64) { return "energy.active", 0 }

func (l *plantPast) Made(_ context.Context, _ access.Scope, path string, _ energy.Every, from, to plant.Micros) (out []energy.Made, err error) {
	for d := range l.hours / 24 {
		m := energy.Made{From: plant.MicrosOf(l.start.AddDate(0, 0, d)), To: plant.MicrosOf(l.start.AddDate(0, 0, d+1)), Known: 1}
		if m.To > from && m.From < to {
			m.BusyHours = l.worked[plant.NodeID(path)][24*d+24] - l.worked[plant.NodeID(path)][24*d]
			out = append(out, m)
		}
	}
	return out, nil
}

func (l *plantPast) Windows(ctx context.Context, scope access.Scope, path string, every energy.Every, from, to plant.Micros) ([]energy.Made, error) {
	return l.Made(ctx, scope, path, every, from, to)
}

func (l *plantPast) SaveNetwork(_ context.Context, _ plant.TenantNo, n energy.Network, _ int64) error {
	l.kept = append(l.kept, n)
	return nil
}

func (l *plantPast) Networks(context.Context, access.Scope) ([]energy.Network, error) {
	return l.kept, nil
}

func (l *plantPast) NetworkRevisions(context.Context, plant.TenantNo, plant.NodeID) ([]energy.Network, error) {
	return l.kept, nil
}

func (l *plantPast) SaveBaseline(_ context.Context, _ plant.TenantNo, b energy.Baseline, _ int64) error {
	l.lines = append(l.lines, b)
	return nil
}

func (l *plantPast) Baselines(context.Context, plant.TenantNo, plant.NodeID) ([]energy.Baseline, error) {
	return l.lines, nil
}

func (l *plantPast) BaselineRevisions(_ context.Context, _ plant.TenantNo, _ plant.NodeID, code string) ([]energy.Baseline, error) {
	return slices.DeleteFunc(slices.Clone(l.lines), func(b energy.Baseline) bool { return b.Code != code }), nil
}

func (l *plantPast) SaveReplacement(context.Context, plant.TenantNo, energy.Replacement, int64) error {
	return access.ErrForbidden // nobody replaces a machine in this story
}

func (l *plantPast) Replacements(context.Context, plant.TenantNo, plant.NodeID) ([]energy.Replacement, error) {
	return nil, nil
}

func (l *plantPast) ReplacementRevisions(context.Context, plant.TenantNo, plant.NodeID, string) ([]energy.Replacement, error) {
	return nil, nil
}

// held makes a baseline of the first days of a meter by hours of work, and holds the
// days after it against it.
func (l *plantPast) held(t *testing.T, code, worked string, fit int) energy.Report {
	t.Helper()
	tables, err := energy.ReadTables(data.FS)
	must(t, err)
	d := energy.NewDesk(energy.Options{
		Store: l, Plant: l, Readings: l, Machines: l, Production: l, Tables: tables,
		Now: func() time.Time { return l.start.Add(time.Duration(l.hours) * time.Hour) },
	})
	who := access.Node(1)
	if len(l.kept) == 0 {
		n := energy.Network{Place: demoSite, From: plant.InstantOf(l.start), Note: "first"}
		for code, path := range map[string]string{"air": demoCompressor, "heat": demoFurnace} {
			n.Meters = append(n.Meters, energy.Meter{Code: code, Name: plant.Name{ZH: code}, Medium: energy.Electricity, Machine: plant.NodeID(path), Signal: "energy.active", Reads: energy.Counter})
		}
		_, err := d.SaveNetwork(t.Context(), who, n)
		must(t, err)
	}
	b, err := d.SaveBaseline(t.Context(), who, energy.Ask{
		Code: code, Place: demoSite, Name: plant.Name{ZH: code}, Meter: code, Every: energy.EveryDay, Kind: calc.Linear, Note: "before anything was wrong",
		Variables: []energy.Variable{{Name: "worked", Kind: energy.BusyHours, Place: plant.NodeID(worked)}},
		From:      plant.InstantOf(l.start), To: plant.InstantOf(l.start.AddDate(0, 0, fit)),
	})
	must(t, err)
	t.Logf("%s: %d days, R² %.3f, CV(RMSE) %.4f", code, b.Model.N, *b.Stats.R2, *b.Stats.CVRMSE)
	r, err := d.Report(t.Context(), who.Scope, demoSite, code, 0, 0, 0, 0.9)
	must(t, err)
	return r
}

// byEye is the first day after the baseline whose energy is beyond three standard
// deviations of the baseline's days: what a chart of the day's energy alone shows.
func (l *plantPast) byEye(t *testing.T, path string, fit int) int {
	t.Helper()
	of := func(d int) float64 {
		return l.read[plant.NodeID(path)][24*d+24] - l.read[plant.NodeID(path)][24*d]
	}
	var before []float64
	for d := range fit {
		before = append(before, of(d))
	}
	usual, err := stat.Of(before)
	must(t, err)
	for d := fit; d < l.hours/24; d++ {
		if of(d) > usual.Mean+3*usual.SD {
			return d
		}
	}
	return l.hours / 24
}

// A net leaks and a furnace loses insulation: each is found by its baseline after
// the plant's truth says that it began, before the day's energy alone would show it,
// it has gone when it was mended, and nothing is found of a plant where nothing is wrong.
func TestEnergyStory_LeakAndInsulation(t *testing.T) {
	t.Parallel()
	const fit, days = 14, 24
	begins := storyStart.AddDate(0, 0, 15)
	sick, p := livePast(t, days, sim.Waste{Machine: demoCompressor, From: begins, PerDay: 0.15, Most: 6}, sim.Waste{Machine: demoFurnace, From: begins, PerDay: 0.4, Most: 20})
	mends := begins.AddDate(0, 0, 7)
	mended, _ := livePast(t, days+5, sim.Waste{Machine: demoCompressor, From: begins, PerDay: 0.15, Most: 6, Mended: mends}, sim.Waste{Machine: demoFurnace, From: begins, PerDay: 0.8, Most: 20, Mended: mends})
	well, _ := livePast(t, days, sim.Waste{Machine: demoCompressor, From: begins, PerDay: 0, Most: 0}, sim.Waste{Machine: demoFurnace, From: begins, PerDay: 0, Most: 0})
	for code, c := range map[string]struct{ path, worked string }{"air": {demoCompressor, demoSite}, "heat": {demoFurnace, demoFurnace}} {
		r := sick.held(t, code, c.worked, fit)
		if len(r.Changes) == 0 {
			t.Errorf("%s: nothing is found within %d days; wasted at the end: %.1f kW", code, days-fit, p.Wasted(c.path, storyStart.AddDate(0, 0, days)))
			continue
		}
		c0 := r.Changes[0]
		found, since := c0.Found.Time(), c0.Since.Time()
		eye := storyStart.AddDate(0, 0, sick.byEye(t, c.path, fit)+1)
		t.Logf("%s: began %s, found %s, since %s, by eye %s; truth %.2f kW when it was found, mean since %.1f kWh a day", code,
			begins.Format(time.DateOnly), found.Format(time.DateOnly), since.Format(time.DateOnly), eye.Format(time.DateOnly), p.Wasted(c.path, found), c0.Mean)
		if found.Before(begins) || !found.Before(eye) {
			t.Errorf("%s: found %s; it began %s and is seen by eye %s", code, found, begins, eye)
		}
		if off := since.Sub(begins); math.Abs(off.Hours()) > 72 || c0.Mean <= 0 {
			t.Errorf("%s: since %s, %+.1f kWh a day; the truth is %s", code, since, c0.Mean, begins)
		}
		if len(r.Changes) != 1 || c0.Over != 0 {
			t.Errorf("%s: %+v; nobody mended it", code, r.Changes)
		}
		if r := mended.held(t, code, c.worked, fit); len(r.Changes) != 1 || r.Changes[0].Over == 0 || r.Changes[0].Over.Time().Before(mends) || r.Changes[0].Until.Time().After(mends.AddDate(0, 0, 1)) {
			t.Errorf("%s: mended %s, %+v", code, mends.Format(time.DateOnly), r.Changes)
		}
		if r := well.held(t, code, c.worked, fit); len(r.Changes) != 0 {
			t.Errorf("%s: %+v is found where nothing is wrong", code, r.Changes)
		}
	}
}
