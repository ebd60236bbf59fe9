package sim_test

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/sim"
)

const week = 7 * 24 * time.Hour

// planned is the PRU by machine and product.
func planned(m plant.Model) map[string]map[string]time.Duration {
	out := map[string]map[string]time.Duration{}
	for _, n := range m.Nodes {
		if n.Machine == nil {
			continue
		}
		out[n.Path] = map[string]time.Duration{}
		for _, c := range n.Machine.Cycles {
			out[n.Path][c.Product] = time.Duration(c.PRUms) * time.Millisecond
		}
	}
	return out
}

func TestWeek_EveryCauseAndPlausibleFigures(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	p.Advance(start.Add(week))
	m, _ := model(t)
	pru := planned(m)
	seen := map[sim.Cause]int{}
	work := map[string]time.Duration{}
	for _, i := range p.Truth() {
		seen[i.Cause]++
		work[i.Path] += time.Duration(i.Good+i.Scrap+i.Rework) * pru[i.Path][i.Product]
		if !i.To.After(i.From) || i.EnergyKWh < 0 || i.Good < 0 || i.Scrap < 0 || i.Rework < 0 {
			t.Fatalf("interval %+v", i)
		}
		if i.Cause != sim.Running && i.Good > 0 {
			t.Fatalf("%d good parts while standing: %+v", i.Good, i)
		}
	}
	for c := sim.Running; c <= sim.Off; c++ {
		if seen[c] == 0 {
			t.Errorf("cause %d did not occur within a week", c)
		}
	}
	accounts := p.Accounts()
	if len(accounts) != 44 {
		t.Errorf("%d machines; want 44", len(accounts))
	}
	for _, a := range accounts {
		var all time.Duration
		for _, d := range a.Time {
			all += d
		}
		// The account ends with the last event, seconds or a stop ago.
		if all > week || all < week-2*time.Hour && a.Time[sim.Off] == 0 {
			t.Errorf("%s: %v accounted of a week", a.Path, all)
		}
		busy := all - a.Time[sim.Break] - a.Time[sim.Off]
		oee := float64(work[a.Path]) / float64(busy) * float64(a.Good) / float64(a.Good+a.Scrap+a.Rework)
		if oee < 0.4 || oee > 0.9 {
			t.Errorf("%s: OEE %.2f; want 0.4 to 0.9 (%v)", a.Path, oee, a.Stops)
		}
		if bad := float64(a.Scrap) / float64(a.Good); bad < 0.001 || bad > 0.05 {
			t.Errorf("%s: scrap %.4f of good", a.Path, bad)
		}
	}
}

// The intervals of a machine follow one another without a gap, and what they
// say adds up to its account.
func TestTruth_NoGaps(t *testing.T) {
	t.Parallel()
	p := demo(t, 2)
	p.Advance(start.Add(24 * time.Hour))
	last := map[string]sim.Interval{}
	good, energy := map[string]int64{}, map[string]float64{}
	for _, i := range p.Truth() {
		if before, ok := last[i.Path]; ok && (!before.To.Equal(i.From) || before.Cause == i.Cause) {
			t.Fatalf("%+v follows %+v", i, before)
		} else if !ok && !i.From.Equal(start) {
			t.Fatalf("%s begins %v", i.Path, i.From)
		}
		last[i.Path] = i
		good[i.Path] += i.Good
		energy[i.Path] += i.EnergyKWh
	}
	for _, a := range p.Accounts() {
		if a.Good < good[a.Path] || a.Good > good[a.Path]+2000 || a.EnergyKWh < energy[a.Path]-1e-6 {
			t.Errorf("%s: account %+v; intervals say %d good, %.3f kWh", a.Path, a, good[a.Path], energy[a.Path])
		}
	}
}

func TestSameSeed_SamePlantHoweverStepped(t *testing.T) {
	t.Parallel()
	end := start.Add(3 * time.Hour)
	coarse, fine, other := demo(t, 7), demo(t, 7), demo(t, 8)
	coarse.Advance(end)
	other.Advance(end)
	for at := start; at.Before(end); {
		at = at.Add(17 * time.Second) // 10,800 is no multiple of 17
		if at.After(end) {
			at = end
		}
		fine.Advance(at)
	}
	m, _ := model(t)
	differ := 0
	for _, n := range m.Nodes {
		if n.Machine == nil {
			continue
		}
		a, b := coarse.Shown(n.Path), fine.Shown(n.Path)
		for name := range a {
			if a[name] != b[name] {
				t.Errorf("%s %s: %v in one step, %v in many", n.Path, name, a[name], b[name])
			}
		}
		if !maps.Equal(a, other.Shown(n.Path)) {
			differ++
		}
	}
	if !reflect.DeepEqual(coarse.Truth(), fine.Truth()) {
		t.Error("another truth with other steps")
	}
	if differ < 44 {
		t.Errorf("%d machines differ with another seed; want all", differ)
	}
}

func TestNew_Refuses(t *testing.T) {
	t.Parallel()
	m, kinds := model(t)
	for name, c := range map[string]sim.Config{
		"no products":     {Start: start, Model: plant.Model{Nodes: m.Nodes}, Kinds: kinds},
		"unknown profile": {Start: start, Model: m, Kinds: map[string]sim.Kind{}},
	} {
		if _, err := sim.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	p := demo(t, 1)
	if err := p.Set(sim.Fault{Machine: "nowhere", Kind: sim.Freeze}, true); err == nil {
		t.Error("fault of no machine: no error")
	}
	if err := p.Set(sim.Fault{Machine: lathe1, Kind: "bored"}, true); err == nil {
		t.Error("no such fault: no error")
	}
}
