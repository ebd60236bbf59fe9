package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	recipes "zhigai/shop/process"
	"zhigai/sim"
)

// toolStory is a lathe of the demo over days: when it ran, as its controller told it,
// and when its tools were truly changed, and why.
type toolStory struct {
	recipes.Jobs
	now     plant.Instant
	ran     []recipes.Span
	changes []sim.Interval
}

func newToolStory(t *testing.T, seed uint64, days int) *toolStory {
	t.Helper()
	m, profiles := demoPlant(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && n.Path != demoLathe })
	start := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	p, err := sim.New(sim.Config{Seed: seed, Start: start, Model: m, Kinds: simKinds(profiles)})
	must(t, err)
	t.Cleanup(p.Close)
	s := &toolStory{}
	shown := map[string]float64{}
	must(t, p.Past(start.AddDate(0, 0, days), sim.Pace{Step: 5 * time.Second, Slow: 5 * time.Second}, func(at time.Time, seen []sim.Sight) error {
		for _, one := range seen {
			shown[one.Signal] = one.Number
		}
		now, running := plant.InstantOf(at), len(s.ran) > 0 && s.ran[len(s.ran)-1].To == 0
		switch on := shown["machine.running"] == 1 && shown["machine.mode"] == 2; {
		case on && !running:
			s.ran = append(s.ran, recipes.Span{From: now})
		case !on && running:
			s.ran[len(s.ran)-1].To = now
		}
		return nil
	}))
	for _, i := range p.Truth() {
		if i.Cause == sim.ToolChange || i.Cause == sim.ToolBroken || i.Cause == sim.Maintenance {
			s.changes = append(s.changes, i)
		}
	}
	return s
}

// Produced implements recipes.Jobs.
func (s *toolStory) Produced(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (out []recipes.Span, _ error) {
	for _, r := range s.ran {
		if r.To == 0 || r.To > to {
			r.To = to
		}
		if r.From = max(r.From, from); r.From < r.To {
			out = append(out, r)
		}
	}
	return out, nil
}

// minutes that the lathe ran.
func (s *toolStory) minutes(from, to plant.Instant) (sum float64) {
	all, _ := s.Produced(context.Background(), 0, "", from, to)
	for _, r := range all {
		sum += r.To.Time().Sub(r.From.Time()).Minutes()
	}
	return sum
}

func (s *toolStory) Machine(_ context.Context, _ plant.TenantNo, node plant.NodeID) (recipes.Machine, error) {
	return recipes.Machine{ID: node, Path: "firm/" + string(node), Profile: "demo-lathe"}, nil
}

func (s *toolStory) Kind(string) ([]recipes.Signal, bool) { return nil, false }

// TestDemo_ToolLivesAgainstTheTruth: each change of the simulated lathe's tool is
// entered as it truly was; of every later tool it is asked at 60 % of the life that is
// expected by then how much is left, and that is held against how long it truly lasted.
func TestDemo_ToolLivesAgainstTheTruth(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	within, off := 0, []float64{}
	for seed := uint64(1); seed <= 2; seed++ {
		s := newToolStory(t, seed, 10)
		a, b := s.follow(t, n, fmt.Sprint("L", seed))
		within, off = within+a, append(off, b...)
	}
	slices.Sort(off)
	if len(off) < 20 {
		t.Fatalf("%d tools were asked about; want 20 and more", len(off))
	}
	share, median := float64(within)/float64(len(off)), off[len(off)/2]
	t.Logf("%d tools asked about at 60 %% of the expected life: %.1f %% ended within the interval of 90 %%; median error of the expected end %.1f %% of the life, largest %.0f %%", len(off), 100*share, 100*median, 100*off[len(off)-1])
	if share < 0.85 || median > 0.05 {
		t.Errorf("%.3f within the interval, median error %.3f; want 0.85 at least and 0.05 at most", share, median)
	}
}

// follow enters every change and asks about every tool; within counts those that ended
// in the interval, off is by how much of its life the expected end was wrong.
func (s *toolStory) follow(t *testing.T, n *node, lathe string) (within int, off []float64) {
	who := access.Node(demoTenant)
	desk := recipes.NewDesk(recipes.Options{
		Store: recshop.NewProcess(n.record), Machines: s, Jobs: s, NewID: n.record.NewID, Now: func() time.Time { return s.now.Time() }, Logger: slog.New(slog.DiscardHandler),
	})
	defer desk.Close()
	s.now = plant.InstantOf(s.changes[0].To)
	y, err := desk.SaveToolType(t.Context(), who, recipes.ToolType{Code: lathe, Name: plant.Name{ZH: "刀片"}, Place: plant.NodeID(lathe), Measure: recipes.InMinutes, Life: 400, PriceFen: 3500})
	must(t, err)
	of := func() recipes.TypeLife {
		all, err := desk.ToolTypes(t.Context(), recipes.Filter{Scope: access.Scope{Tenant: demoTenant}, Limit: 99})
		must(t, err)
		return all[slices.IndexFunc(all, func(l recipes.TypeLife) bool { return l.ID == y.ID })]
	}
	for i, change := range s.changes {
		reason := map[sim.Cause]recipes.Reason{sim.ToolChange: recipes.Worn, sim.ToolBroken: recipes.Broken, sim.Maintenance: recipes.Planned}[change.Cause]
		if i > 0 && reason != recipes.Planned {
			mounted, gone := plant.InstantOf(s.changes[i-1].To), plant.InstantOf(change.From)
			if used, p := s.ask(t, desk, lathe, of(), mounted, gone); p != nil {
				lasted := s.minutes(mounted, gone)
				left := lasted - used
				if left >= *p.Low && left <= *p.High {
					within++
				}
				off = append(off, math.Abs(left-*p.Median)/lasted)
			}
		}
		s.now = plant.InstantOf(change.To)
		_, err := desk.MountTool(t.Context(), who, recipes.Mount{Type: y.ID, Machine: plant.NodeID(lathe), Reason: reason})
		must(t, err)
	}
	l := of()
	t.Logf("%s: %d lives that ended, %d of them by breakage, %d censored; shape %.1f, expected %.0f minutes", lathe, l.Ended, l.Broken, l.Censored, *l.Shape, *l.Expected)
	return within, off
}

// ask how much is left of a tool once it has used 60 % of what is expected of its type;
// nothing where it is gone before, or nothing is expected yet.
func (s *toolStory) ask(t *testing.T, d *recipes.Desk, lathe string, of recipes.TypeLife, mounted, gone plant.Instant) (float64, *recipes.Prognosis) {
	if of.Expected == nil {
		return 0, nil
	}
	for s.now = mounted; s.minutes(mounted, s.now) < 0.6**of.Expected; s.now += plant.Instant(time.Minute / time.Microsecond) {
		if s.now >= gone {
			return 0, nil
		}
	}
	all, err := d.Tools(t.Context(), recipes.Filter{Scope: access.Scope{Tenant: demoTenant}, Of: lathe, Open: true, Limit: 9})
	must(t, err)
	if len(all) != 1 || all[0].Prognosis == nil || all[0].Prognosis.Low == nil {
		t.Fatalf("of %d lives there is no interval: %+v", of.Ended, all)
	}
	return *all[0].Used, all[0].Prognosis
}
