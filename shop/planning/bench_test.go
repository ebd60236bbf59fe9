package planning

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// shop40 is a place of 40 machines in ten groups that work by day, with orders of
// four operations each, two families in three, and two weeks to do them.
func shop40(orders int) State {
	rnd := rand.New(rand.NewPCG(40, 40))
	s := State{At: at(0), Calendars: calendars}
	for k := range 40 {
		s.Machines = append(s.Machines, Machine{ID: plant.NodeID(fmt.Sprint("m", k)), Path: fmt.Sprint("xc/w/m", k), Calendar: []string{"always", "day"}[k%2]})
	}
	for n := range orders {
		var segments []Segment
		for range 4 {
			group := rnd.IntN(10) * 4
			g := turn(30+rnd.Int64N(60), 10+rnd.Int64N(20), s.Machines[group].ID, s.Machines[group+1].ID, s.Machines[group+2].ID)
			if rnd.IntN(3) > 0 {
				g.Family = fmt.Sprint("family ", rnd.IntN(12))
			}
			segments = append(segments, g)
		}
		s.Orders = append(s.Orders, order(fmt.Sprint(n), 20+rnd.Int64N(100), rnd.IntN(14*24*60), segments...))
	}
	return s
}

func planned40(b *testing.B, orders int) (*Model, schedule.Schedule) {
	b.Helper()
	s := shop40(orders)
	m, err := Build(&s, BuildOptions{Place: "xc/w", Until: s.At + 30*day})
	if err != nil {
		b.Fatal(err)
	}
	r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Seed: 1, Objective: usual.objective(), Steps: 1})
	if err != nil || r.Cost.Broken > 0 {
		b.Fatal(r.Cost, err)
	}
	return m, r.Schedule
}

// From facts to the first plan that can be carried out: 500 operations on 40
// machines.
func BenchmarkFirstPlan(b *testing.B) {
	for b.Loop() {
		m, s := planned40(b, 125)
		if p := compose(m, s); p.Figures.Violations > 0 {
			b.Fatal(p.Violations)
		}
	}
}

// One answer while somebody drags an operation of 10,000.
func BenchmarkCheckMove(b *testing.B) {
	m, s := planned40(b, 2500)
	o := s.Operations[len(s.Operations)/2]
	r := m.ref(o.Job, o.Op)
	for b.Loop() {
		if _, err := checkMove(m, s, Move{r.Order, r.Job, m.Machines[o.Machine].ID, m.clock().at(o.Start - 600)}); err != nil {
			b.Fatal(err)
		}
	}
}

// Where 500 operations will come to, when everything is as it was planned.
func BenchmarkForecast(b *testing.B) {
	m, s := planned40(b, 125)
	places := m.places(s)
	for b.Loop() {
		if _, err := forecast(m, places, usual); err != nil {
			b.Fatal(err)
		}
	}
}

// A kiosk asks what its machine is to do, of a plan of 500 operations.
func BenchmarkDispatch(b *testing.B) {
	w := newWorld()
	w.state = shop40(125)
	d := w.desk(b)
	w.issued(b, d, w.planned(b, d, Request{Kind: KindDraft}).ID)
	for b.Loop() {
		if l, err := d.Dispatch(b.Context(), planner.Scope, "xc/w", "m4", 5); err != nil || len(l) != 1 || len(l[0].Next) != 5 {
			b.Fatal(l, err)
		}
	}
}

// A proposal of cheaper hours for 500 operations on 40 machines, 14 days ahead.
func BenchmarkCheaper(b *testing.B) {
	m, s := planned40(b, 125)
	price := func(_ plant.NodeID, from, to plant.Instant) (int64, bool) {
		cost := int64(0)
		for at := from; at < to; at += second * 900 {
			cost += int64(1 + (at/(second*3600))%5)
		}
		return cost, true
	}
	for b.Loop() {
		if got := cheaper(m, s, at(0), at(14*24*60), price); got.Priced != len(s.Operations) {
			b.Fatal(got.Priced, got.Still)
		}
	}
}
