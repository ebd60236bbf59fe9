package main

import (
	"slices"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/sim"
)

// lifeOfTool is what a lathe of the demo measured of each part, with the wear of its
// tool as it truly was, from a new tool on until the next one.
func lifeOfTool(t *testing.T, seed uint64) (parts []quality.Subgroup, wear []float64) {
	t.Helper()
	m, profiles := demoPlant(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && n.Path != demoLathe })
	start := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	p, err := sim.New(sim.Config{Seed: seed, Start: start, Model: m, Kinds: simKinds(profiles)})
	must(t, err)
	t.Cleanup(p.Close)
	last, before, news := -1.0, -1.0, 0
	must(t, p.Past(start.AddDate(0, 0, 4), sim.Pace{Step: 5 * time.Second, Slow: 5 * time.Second}, func(at time.Time, seen []sim.Sight) error {
		for _, s := range seen {
			switch s.Signal {
			case "tool.wear":
				if s.Number < before-20 {
					news++
				}
				before = s.Number
			case "count.good":
				if last >= 0 && s.Number > last && news == 1 {
					parts = append(parts, quality.Subgroup{ID: at.Format(time.RFC3339), At: plant.InstantOf(at)})
					wear = append(wear, before)
				}
				last = s.Number
			}
		}
		for _, s := range seen {
			if s.Signal == "part.diameter" && len(parts) > 0 && parts[len(parts)-1].At == plant.InstantOf(at) {
				parts[len(parts)-1].Values = []float64{s.Number}
			}
		}
		return nil
	}))
	// A part of the same size as the one before shows no change.
	for i := range parts {
		if parts[i].Values == nil && i > 0 {
			parts[i].Values = parts[i-1].Values
		}
	}
	for len(parts) > 0 && parts[0].Values == nil {
		parts, wear = parts[1:], wear[1:]
	}
	return parts, wear
}

// TestDemo_WearIsSeenBeforeTheSpecificationIsViolated: limits are made of the first
// parts of a new tool; the chart sees the drift long before a part is too large, and
// not before the tool has worn at all.
func TestDemo_WearIsSeenBeforeTheSpecificationIsViolated(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		parts, wear := lifeOfTool(t, seed)
		if len(parts) < 300 {
			t.Fatalf("seed %d: a tool made %d parts", seed, len(parts))
		}
		c := demoDiameter("M")
		c.Rules = []string{"n2"} // a run of nine: what a drift makes
		const phase = 50
		limits, err := quality.LimitsOf(&c, parts[:phase])
		must(t, err)
		limits.Version = 1
		points, err := quality.Fold(&c, []quality.Limits{limits}, parts, 0)
		must(t, err)
		flagged := slices.IndexFunc(points, func(p quality.Point) bool { return p.At > parts[phase-1].At && slices.Contains(p.Rules, "n2") })
		outside := slices.IndexFunc(points, func(p quality.Point) bool { return p.Outside })
		if flagged < 0 {
			t.Fatalf("seed %d: wear of %.0f %% was not seen", seed, slices.Max(wear))
		}
		worn := wear[flagged] - wear[phase-1]
		if outside >= 0 && outside <= flagged || worn < 0 || wear[flagged] > 60 {
			t.Errorf("seed %d: seen at part %d, wear %.0f %% (%.0f %% more than in phase I); outside of the specification first at part %d", seed, flagged, wear[flagged], worn, outside)
		}
		t.Logf("seed %d: %d parts of a tool, seen at part %d, wear %.1f %%, diameter %.4f; outside of the specification first at part %d; worn out at %.0f %%", seed, len(parts), flagged, wear[flagged], points[flagged].Value, outside, slices.Max(wear))
	}
}
