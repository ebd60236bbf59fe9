package sim_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/sim"
)

const (
	site    = "xinchang-bearing/xinchang/"
	lathe1  = site + "turning/line-1/lathe-01"
	lathe2  = site + "turning/line-1/lathe-02"
	grinder = site + "grinding/line-1/grinder-01"
	failing = site + "grinding/line-1/grinder-05"
	furnace = site + "heat-treatment/line-1/furnace-1"
	cell1   = site + "assembly/line-1/cell-1"
	meter3  = site + "utilities/meters/meter-3"
)

// Every value stays within what its profile believes, energy never falls, and
// what is shown as power adds up to what is shown as energy.
func TestValues_WithinTheProfile(t *testing.T) {
	t.Parallel()
	profiles, err := profile.Load(data.FS, "profiles", nil)
	must(t, err)
	m, _ := model(t)
	p := demo(t, 3)
	machines := map[string]*profile.Profile{}
	for _, n := range m.Nodes {
		if n.Machine != nil {
			machines[n.Path], _ = profiles.Get(n.Machine.Profile)
		}
	}
	first, last := map[string]float64{}, map[string]float64{}
	integral := map[string]float64{} // kWh
	const every = 20 * time.Second
	for at := start; !at.After(start.Add(6 * time.Hour)); at = at.Add(every) {
		p.Advance(at)
		for path, prof := range machines {
			shown := p.Shown(path)
			for i := range prof.Signals {
				within(t, path, &prof.Signals[i], shown[prof.Signals[i].Name])
			}
			energy, counts := shown["energy.active"].(float64)
			if !counts {
				continue // what tells none
			}
			if before, ok := last[path]; !ok {
				first[path] = energy
			} else if energy < before {
				t.Fatalf("%s: energy falls from %v to %v", path, before, energy)
			} else {
				integral[path] += shown["power.active"].(float64) * every.Hours()
			}
			last[path] = energy
		}
	}
	for path, want := range integral {
		got := last[path] - first[path]
		if math.Abs(got-want) > 0.05*want+0.5 {
			t.Errorf("%s: %.2f kWh counted; %.2f kWh of power shown", path, got, want)
		}
	}
}

func within(t *testing.T, path string, s *profile.Signal, v any) {
	t.Helper()
	number, ok := v.(float64)
	switch {
	case s.Kind == plant.KindText && v.(string) == "":
		t.Fatalf("%s %s is empty", path, s.Name)
	case s.Kind == plant.KindText:
	case !ok || math.IsNaN(number) || math.IsInf(number, 0):
		t.Fatalf("%s %s = %v", path, s.Name, v)
	case s.Min != nil && number < *s.Min || s.Max != nil && number > *s.Max:
		t.Fatalf("%s %s = %v; its profile believes %v to %v", path, s.Name, v, *s.Min, *s.Max)
	case s.Kind == plant.KindEnumeration && len(s.Values) > 0:
		if _, known := s.Values[int64(number)]; !known {
			t.Fatalf("%s %s = %v; its profile has no such code", path, s.Name, v)
		}
	}
}

// A failing bearing shows in the vibration long before the machine goes down,
// and is gone after the repair.
func TestBearing_GrowsUntilRepaired(t *testing.T) {
	t.Parallel()
	p := only(t, 1, grinder, failing)
	level := func(path string) float64 { return p.Shown(path)["vibration.rms"].(float64) }
	worst, healthy, early := 0.0, 0.0, 0.0
	repaired := false
	for h := range 96 {
		for range 60 {
			p.Advance(p.Now().Add(time.Minute))
			worst, healthy = max(worst, level(failing)), max(healthy, level(grinder))
		}
		if h == 0 {
			early = worst
		}
		repaired = repaired || worst > 6 && level(failing) < 2 && p.Shown(failing)["machine.running"] == 1.0 && p.Shown(failing)["machine.mode"] == 2.0
	}
	if early < 2 || early > 4.4 {
		t.Errorf("in the first hour %.2f mm/s; want a raised level below the alarm", early)
	}
	if worst < 6 || !repaired {
		t.Errorf("worst %.2f mm/s, repaired %v; want growth to more than 6 and a repair within four days", worst, repaired)
	}
	if healthy > 3 {
		t.Errorf("healthy grinder %.2f mm/s", healthy)
	}
}

// The meter of an area sees what its machines draw, and nothing else.
func TestMeter_SumsItsArea(t *testing.T) {
	t.Parallel()
	p := demo(t, 4)
	m, _ := model(t)
	for _, after := range []time.Duration{time.Minute, time.Hour, 5 * time.Hour} {
		p.Advance(start.Add(after))
		sum := 0.0
		for _, n := range m.Nodes {
			if n.Machine != nil && strings.HasPrefix(n.Path, site+"grinding/") {
				sum += p.Shown(n.Path)["power.active"].(float64)
			}
		}
		if got := p.Shown(meter3)["power.active"].(float64); math.Abs(got-1.012*sum) > 0.3 {
			t.Errorf("after %v: meter %.2f kW; machines %.2f kW", after, got, sum)
		}
	}
}

// A worn tool makes more scrap, and set points do what they say.
func TestSetPoints_Matter(t *testing.T) {
	t.Parallel()
	p := only(t, 5, lathe1, furnace)
	plain := only(t, 5, lathe1, furnace)
	device := listen(t, p)
	modbusWrite(t, device(lathe1), 17, 60) // feed override
	modbusWrite(t, device(furnace), 25, floatWords(700)...)
	end := start.Add(6 * time.Hour)
	p.Advance(end)
	plain.Advance(end)
	a, b := account(p, lathe1), account(plain, lathe1)
	if got, want := float64(a.Good), 0.6*float64(b.Good); got < 0.75*want || got > 1.3*want {
		t.Errorf("at 60 %% feed %v parts; at 100 %% %v", a.Good, b.Good)
	}
	if got := p.Shown(furnace)["temperature.zone1"].(float64); math.Abs(got-700) > 15 {
		t.Errorf("zone 1 at %.1f Cel; its set point is 700", got)
	}
	if got := plain.Shown(furnace)["temperature.zone1"].(float64); math.Abs(got-780) > 15 {
		t.Errorf("zone 1 at %.1f Cel; its set point is 780", got)
	}
}

func account(p *sim.Plant, path string) sim.Account {
	for _, a := range p.Accounts() {
		if a.Path == path {
			return a
		}
	}
	return sim.Account{}
}

// Inspection rests at night and on holidays, attended machines in breaks, and
// furnaces never.
func TestCalendar_IsKept(t *testing.T) {
	t.Parallel()
	p := only(t, 6, lathe1, furnace, cell1, site+"inspection/line-1/inspection-1")
	p.Advance(start.Add(2 * 24 * time.Hour))
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	seen := map[sim.Cause]int{}
	for _, i := range p.Truth() {
		seen[i.Cause]++
		from, to := i.From.In(zone), i.To.In(zone)
		inspects := strings.Contains(i.Path, "/inspection/")
		switch {
		case i.Cause == sim.Off && !inspects:
			t.Errorf("%s is off %v to %v", i.Path, from, to)
		case i.Cause == sim.Off && (from.Hour() < 22 || to.Hour() != 6 || to.Minute() != 0):
			t.Errorf("%s is off %v to %v; want from the end of the late shift to 06:00", i.Path, from, to)
		case i.Cause == sim.Running && inspects && from.Hour() < 6:
			t.Errorf("%s works at night %v to %v", i.Path, from, to)
		case i.Cause == sim.Break && !inspects && !strings.Contains(i.Path, "/assembly/"):
			t.Errorf("%s rests %v to %v", i.Path, from, to)
		case i.Cause == sim.Break && (to.Minute() != 20 || to.Hour()%4 != 2):
			t.Errorf("%s rests %v to %v; want to the end of a break", i.Path, from, to)
		}
	}
	if seen[sim.Off] != 2 || seen[sim.Break] < 8 {
		t.Errorf("off %d times, %d breaks in two days", seen[sim.Off], seen[sim.Break])
	}
}
