package sim_test

import (
	"slices"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/sim"
)

const turning = "xinchang-bearing/xinchang/turning/line-1/"

// What leaves a station of a line comes to the next, and no more than fits stands
// between them; whoever lacks parts or room says so.
func TestLine_PartsGoOn(t *testing.T) {
	t.Parallel()
	paths := []string{turning + "lathe-01", turning + "lathe-02", turning + "lathe-03"}
	room := []int{6, 9}
	m, kinds := model(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && !slices.Contains(paths, n.Path) })
	p, err := sim.New(sim.Config{Seed: 5, Start: start, Model: m, Kinds: kinds, Lines: []sim.Line{{Stations: [][]string{{paths[0]}, {paths[1]}, {paths[2]}}, Room: room}}})
	must(t, err)
	p.Advance(start.Add(48 * time.Hour))
	made := map[string]sim.Account{}
	for _, a := range p.Accounts() {
		made[a.Path] = a
	}
	for i, path := range paths[1:] {
		before, a := made[paths[i]], made[path]
		kept := before.Good + before.Rework - a.Good - a.Scrap - a.Rework
		if most := int64(room[i]) + 1; kept > most || kept < -most || a.Good < 500 {
			t.Errorf("%s took %d parts less than came to it; %d fit between (%+v)", path, kept, room[i], a)
		}
	}
	if a := made[paths[1]]; a.Time[sim.MaterialMissing] < 10*time.Minute || a.Time[sim.Blocked] < 10*time.Minute {
		t.Errorf("the middle of the line never waited for its neighbours: %v", a.Time)
	}
}

func TestLine_Refuses(t *testing.T) {
	t.Parallel()
	m, kinds := model(t)
	for name, l := range map[string]sim.Line{
		"a buffer too few": {Stations: [][]string{{turning + "lathe-01"}, {turning + "lathe-02"}}},
		"no room":          {Stations: [][]string{{turning + "lathe-01"}, {turning + "lathe-02"}}, Room: []int{0}},
		"nobody":           {Stations: [][]string{{turning + "lathe-99"}}},
	} {
		if _, err := sim.New(sim.Config{Start: start, Model: m, Kinds: kinds, Lines: []sim.Line{l}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
