package sim_test

import (
	"slices"
	"testing"
	"time"

	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/sim"
)

// start is a Monday morning in Xinchang.
var start = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

func model(t testing.TB) (plant.Model, map[string]sim.Kind) {
	t.Helper()
	profiles, err := profile.Load(data.FS, "profiles", nil)
	must(t, err)
	src, err := data.FS.ReadFile("demo/plant.yaml")
	must(t, err)
	m, err := file.Read("demo/plant.yaml", src, file.Options{Profiles: profiles.IDs()})
	must(t, err)
	kinds := map[string]sim.Kind{}
	for _, p := range profiles.List() {
		kinds[p.ID] = kindOf(p)
	}
	return m, kinds
}

func kindOf(p *profile.Profile) sim.Kind {
	k := sim.Kind{ID: p.ID, Class: p.Class, Protocol: p.Protocol, Params: p.Defaults()}
	for _, s := range p.Signals {
		one := sim.Signal{Name: s.Name, Kind: s.Kind, At: s.At, Writable: s.Write != nil, Min: s.Min, Max: s.Max, Names: map[int64]string{}}
		one.Scale, one.Offset = s.Scaling()
		for code, name := range s.Values {
			one.Names[code] = name.EN
		}
		if s.Write != nil {
			one.Min, one.Max = s.Write.Min, s.Write.Max
		}
		k.Signals = append(k.Signals, one)
	}
	return k
}

func demo(t testing.TB, seed uint64) *sim.Plant {
	t.Helper()
	m, kinds := model(t)
	p, err := sim.New(sim.Config{Seed: seed, Start: start, Model: m, Kinds: kinds})
	must(t, err)
	return p
}

// only is the demo with a few of its machines, for long times.
func only(t testing.TB, seed uint64, paths ...string) *sim.Plant {
	t.Helper()
	m, kinds := model(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && !slices.Contains(paths, n.Path) })
	p, err := sim.New(sim.Config{Seed: seed, Start: start, Model: m, Kinds: kinds})
	must(t, err)
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
