package sim_test

import (
	"testing"
	"time"

	"zhigai/sim"
)

const week = 7 * 24 * time.Hour

func TestWeek_EveryCauseAndPlausibleFigures(t *testing.T) {
	began := time.Now()
	p := demo(t, 1)
	t.Log("new", time.Since(began))
	p.Advance(start.Add(week))
	t.Log("week", time.Since(began))
	m, _ := model(t)
	prus := map[string]map[string]int64{}
	for _, n := range m.Nodes {
		if n.Machine != nil {
			prus[n.Path] = map[string]int64{}
			for _, c := range n.Machine.Cycles {
				prus[n.Path][c.Product] = c.PRUms
			}
		}
	}
	seen := map[sim.Cause]int{}
	pace := map[string]time.Duration{}
	for _, i := range p.Truth() {
		seen[i.Cause]++
		pace[i.Path] += time.Duration((i.Good+i.Scrap+i.Rework)*prus[i.Path][i.Product]) * time.Millisecond
	}
	for c := sim.Running; c <= sim.Off; c++ {
		t.Log(c, seen[c])
		if seen[c] == 0 {
			t.Errorf("cause %d never occurred", c)
		}
	}
	for _, a := range p.Accounts() {
		planned := week - a.Time[sim.Break] - a.Time[sim.Off]
		oee := float64(pace[a.Path]) / float64(planned) * float64(a.Good) / float64(a.Good+a.Scrap+a.Rework)
		t.Logf("%s oee %.2f availability %.2f good %d scrap %d rework %d kWh %.0f stops %v", a.Path, oee, float64(a.Time[sim.Running])/float64(planned), a.Good, a.Scrap, a.Rework, a.EnergyKWh, a.Stops)
		if oee < 0.4 || oee > 0.9 {
			t.Errorf("%s: OEE %.2f; want 0.4 to 0.9", a.Path, oee)
		}
	}
}
