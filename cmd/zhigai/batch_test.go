package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process/batch"
	"zhigai/sim"
)

// furnacePast is a simulated furnace's past as runs are told of it.
type furnacePast struct {
	start, end time.Time
	shown      map[string][]plant.Sample // by signal, each change
	working    []batch.Run
	kept       []batch.Golden
	asked      []batch.Screening
}

// liveFurnace simulates a furnace of the demo plant by itself.
func liveFurnace(t *testing.T, days int, wastes ...sim.Waste) (*furnacePast, *sim.Plant) {
	t.Helper()
	m, profiles := demoPlant(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && n.Path != demoFurnace })
	for i := range m.Nodes {
		m.Nodes[i].ID = plant.NodeID(m.Nodes[i].Path)
	}
	p, err := sim.New(sim.Config{Seed: 5, Start: storyStart, Model: m, Kinds: simKinds(profiles), Wastes: wastes})
	must(t, err)
	f := &furnacePast{start: storyStart, end: storyStart.AddDate(0, 0, days), shown: map[string][]plant.Sample{}}
	running, mode, was := false, 0., false
	must(t, p.Past(f.end, sim.Pace{Step: 10 * time.Second, Slow: 30 * time.Second}, func(at time.Time, seen []sim.Sight) error {
		for _, s := range seen {
			switch {
			case s.Machine != demoFurnace:
			case s.Signal == "machine.running":
				running = s.Number != 0
			case s.Signal == "machine.mode":
				mode = s.Number
			case s.Kind == plant.KindNumber:
				f.shown[s.Signal] = append(f.shown[s.Signal], plant.Sample{Time: plant.MicrosOf(at), Value: s.Number})
			}
		}
		const automatic = 2
		if now := running && mode == automatic; now && !was {
			f.working = append(f.working, batch.Run{From: plant.InstantOf(at), To: plant.InstantOf(f.end)})
		} else if was && !now {
			f.working[len(f.working)-1].To = plant.InstantOf(at)
		}
		was = running && mode == automatic
		return nil
	}))
	return f, p
}

func (f *furnacePast) Machine(context.Context, plant.TenantNo, plant.NodeID) (string, plant.Name, error) {
	return demoFurnace, plant.Name{ZH: "3号网带炉"}, nil
}

func (f *furnacePast) Signals(context.Context, plant.TenantNo, plant.NodeID) (out []batch.Signal, _ error) {
	for name := range f.shown {
		out = append(out, batch.Signal{Name: name})
	}
	slices.SortFunc(out, func(a, b batch.Signal) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out, nil
}

func (f *furnacePast) Course(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string, from, to plant.Instant, n int) ([]batch.Mean, error) {
	all := f.shown[signal]
	out := make([]batch.Mean, n)
	width := (to - from) / plant.Instant(n)
	i, _ := slices.BinarySearchFunc(all, from.Micros(), func(s plant.Sample, at plant.Micros) int { return int(s.Time - at) })
	for k := range out {
		m := &out[k]
		begin := from + width*plant.Instant(k)
		m.At = begin + width/2
		sum, count := 0., 0.
		for ; i < len(all) && all[i].Time < (begin+width).Micros(); i++ {
			v := all[i].Value
			if count == 0 {
				m.Min, m.Max = v, v
			}
			m.Min, m.Max, m.Last = min(m.Min, v), max(m.Max, v), v
			sum += v
			count++
		}
		switch {
		case count > 0:
			m.Known, m.Mean = true, sum/count
		case i > 0: // it holds
			m.Known, m.Mean = true, all[i-1].Value
			m.Min, m.Max, m.Last = m.Mean, m.Mean, m.Mean
		}
	}
	return out, nil
}

func (f *furnacePast) Held(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string, from, to plant.Instant, _ int) (out []batch.Mean, _ error) {
	for _, s := range f.shown[signal] {
		if s.Time >= from.Micros() && s.Time < to.Micros() {
			out = append(out, batch.Mean{At: plant.Instant(s.Time), Mean: s.Value, Known: true})
		}
	}
	return out, nil
}

func (f *furnacePast) Produced(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant, gap float64) (out []batch.Run, _ error) {
	for _, r := range f.working {
		if r.From < from || r.From >= to {
			continue
		}
		r.To = min(r.To, to)
		if n := len(out); n > 0 && float64(r.From-out[n-1].To) <= gap*1e6 {
			out[n-1].To = r.To
			continue
		}
		out = append(out, r)
	}
	return out, nil
}

func (f *furnacePast) Jobs(context.Context, plant.TenantNo, plant.NodeID, plant.Instant, plant.Instant) ([]batch.Run, error) {
	return nil, nil
}

func (f *furnacePast) Measured(context.Context, plant.TenantNo, string, plant.Instant, plant.Instant) ([]batch.Measured, plant.Name, string, string, error) {
	return nil, plant.Name{}, "", "", access.ErrNotFound
}

func (f *furnacePast) SaveGolden(_ context.Context, _ plant.TenantNo, g batch.Golden, _ int64) error {
	f.kept = append(f.kept, g)
	return nil
}

func (f *furnacePast) Golden(context.Context, plant.TenantNo, string, int64) (batch.Golden, error) {
	return f.kept[len(f.kept)-1], nil
}

func (f *furnacePast) Goldens(context.Context, batch.Filter) ([]batch.Golden, error) {
	return f.kept, nil
}

func (f *furnacePast) GoldenRevisions(context.Context, plant.TenantNo, string) ([]batch.Golden, error) {
	return f.kept, nil
}

func (f *furnacePast) SaveScreening(_ context.Context, _ plant.TenantNo, s batch.Screening) error {
	f.asked = append(f.asked, s)
	return nil
}

func (f *furnacePast) Screening(context.Context, plant.TenantNo, string) (batch.Screening, error) {
	return f.asked[len(f.asked)-1], nil
}

func (f *furnacePast) Screenings(context.Context, batch.Filter) ([]batch.Screening, error) {
	return f.asked, nil
}

func (f *furnacePast) desk() *batch.Desk {
	return batch.NewDesk(batch.Options{Store: f, Machines: f, Inspection: f, NewID: func() string { return fmt.Sprint(len(f.kept)) }, Now: func() time.Time { return f.end }})
}

// furnaceLoad is a load of the furnace: half an hour without a stop, in which what lies on its belt goes through.
var furnaceLoad = batch.Cut{By: batch.ByTime, Every: 1800}

// A furnace loses insulation from a day on: its loads leave the band of good ones by
// power, and by nothing else, within the day in which the truth says that it began to
// cost; those before it do not, and none does of a furnace where nothing is wrong.
func TestBatchStory_Insulation(t *testing.T) {
	t.Parallel()
	begins := storyStart.AddDate(0, 0, 3)
	signals := []string{"power.active", "temperature.zone1", "temperature.zone3", "temperature.zone6", "carbon.potential", "flow.gas", "flow.nitrogen"}
	for name, wastes := range map[string][]sim.Waste{"sick": {{Machine: demoFurnace, From: begins, PerDay: 2, Most: 20}}, "well": nil} {
		f, p := liveFurnace(t, 5, wastes...)
		d, who := f.desk(), access.Node(1)
		before, err := d.Runs(t.Context(), who, demoFurnace, furnaceLoad, "", plant.InstantOf(f.start), plant.InstantOf(f.start.AddDate(0, 0, 2)))
		must(t, err)
		if len(before) < 12 {
			t.Fatalf("%s: %d loads in two days", name, len(before))
		}
		a := batch.Asked{Name: plant.Name{ZH: "网带炉样板"}, Machine: demoFurnace, Cut: furnaceLoad, Signals: signals, Align: "phase", Reason: "硬度合格"}
		for _, r := range before[:min(len(before), 20)] {
			a.Runs = append(a.Runs, batch.Chosen{From: r.From, To: r.To})
		}
		tried, err := d.Try(t.Context(), who, a)
		must(t, err)
		// What does not lie among the others is no good one: an engineer takes it out.
		a.Runs = slices.DeleteFunc(tried.Runs, func(c batch.Chosen) bool { return *c.Score > 2 })
		g, err := d.Save(t.Context(), who, a)
		must(t, err)
		departed, wellUntil, first := 0, 0, time.Time{}
		after, err := d.Runs(t.Context(), who, demoFurnace, furnaceLoad, "", plant.InstantOf(f.start.AddDate(0, 0, 2)), plant.InstantOf(f.end))
		must(t, err)
		for _, r := range after {
			b, err := d.Compare(t.Context(), who, g.ID, 0, r.From, r.To)
			must(t, err)
			if b.Score == nil {
				t.Fatalf("%s: %s", name, b.Why)
			}
			switch {
			case !b.Departed:
			case name == "well" || r.From.Time().Before(begins):
				wellUntil++
				for _, c := range b.Signals {
					if c.Name == b.First {
						t.Logf("%s: %s departed by %s, score %.2f, share %.2f from %.0f: %.2f beside %.2f, %.2f, %.2f", name, r.From.Time(), b.First, *b.Score, c.Share, c.Departed.Second, *c.Departed.Value, *c.Departed.Low, *c.Departed.Mean, *c.Departed.High)
					}
				}
			default:
				departed++
				if first.IsZero() {
					first = r.From.Time()
					t.Logf("found %s by %s, score %.2f beside %.2f; the truth wastes %.2f kW then", first, b.First, *b.Score, b.HighestGood, p.Wasted(demoFurnace, first))
				}
				if b.First != "power.active" {
					t.Errorf("%s departed by %s", r.From.Time(), b.First)
				}
			}
		}
		t.Logf("%s: %d loads after those chosen, %d departed where something is wrong, %d where nothing is; good ones score up to %.2f", name, len(after), departed, wellUntil, slices.Max(g.Band.Scores))
		if wellUntil > len(after)/20 {
			t.Errorf("%s: %d of %d good loads departed", name, wellUntil, len(after))
		}
		if name == "sick" && (first.IsZero() || first.Sub(begins) > 24*time.Hour) {
			t.Errorf("found %s; it began %s", first, begins)
		}
	}
}
