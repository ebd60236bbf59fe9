package planning

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// randomState is a place with orders in every state: calendars, families,
// furnaces, suppliers, waits, work that runs, is paused, or is done.
func randomState(rnd *rand.Rand) State {
	s := lathes()
	machines := []plant.NodeID{"l1", "l2", "f", "d", "line", "w"}
	codes := []string{"always", "day"}
	for i := range s.Machines {
		if s.Machines[i].Calendar != "" && s.Machines[i].Calendar != "never" {
			s.Machines[i].Calendar = codes[rnd.IntN(2)]
		}
	}
	for n := range 1 + rnd.IntN(12) {
		var segments []Segment
		for range 1 + rnd.IntN(4) {
			segments = append(segments, randomSegment(rnd, machines))
		}
		o := order(fmt.Sprint(n), 1+rnd.Int64N(200), rnd.IntN(3000)-200, segments...)
		o.Priority, o.Weight = rnd.IntN(101), rnd.IntN(4)
		if rnd.IntN(4) == 0 {
			o.Earliest = at(rnd.IntN(600))
		}
		if rnd.IntN(10) == 0 {
			o.State = []OrderState{OrderHeld, OrderForecast}[rnd.IntN(2)]
		}
		if rnd.IntN(3) == 0 {
			randomBranches(rnd, &o)
		}
		done := rnd.IntN(len(o.Jobs) + 1)
		for i := range o.Jobs {
			randomProgress(rnd, &o.Jobs[i], i, done, o.Quantity)
		}
		s.Orders = append(s.Orders, o)
	}
	return s
}

// randomBranches lets jobs follow any of those before them, or none.
func randomBranches(rnd *rand.Rand, o *Order) {
	for i := range o.Jobs {
		o.Jobs[i].MaxWaitMs = 0
		if i == 0 || rnd.IntN(2) == 0 {
			continue
		}
		o.Jobs[i].After = nil
		for _, b := range o.Jobs[:i] {
			if rnd.IntN(2) == 0 {
				o.Jobs[i].After = append(o.Jobs[i].After, b.No)
			}
		}
	}
}

func randomSegment(rnd *rand.Rand, machines []plant.NodeID) Segment {
	g := Segment{MoveMs: rnd.Int64N(2) * rnd.Int64N(20) * minute, MinWaitMs: rnd.Int64N(2) * rnd.Int64N(30) * minute, QueueMs: rnd.Int64N(2) * rnd.Int64N(30) * minute, ScrapPPM: rnd.Int64N(2) * rnd.Int64N(50_000)}
	if rnd.IntN(8) == 0 {
		g.LeadMs = 1 + rnd.Int64N(3000)*minute
		return g
	}
	if rnd.IntN(10) == 0 {
		g.MaxWaitMs = g.MinWaitMs + g.MoveMs + rnd.Int64N(3000)*minute
	}
	if rnd.IntN(2) == 0 {
		g.Family = string(rune('a' + rnd.IntN(3)))
	}
	rnd.Shuffle(len(machines), func(i, j int) { machines[i], machines[j] = machines[j], machines[i] })
	for _, m := range machines[:1+rnd.IntN(3)] {
		a := Alternative{Equipment: m, RunMs: 1 + rnd.Int64N(90_000), SetupMs: rnd.Int64N(3) * rnd.Int64N(20) * minute}
		if m == "f" && rnd.IntN(2) == 0 {
			a.Batch, a.RunMs = 50+rnd.Int64N(100), (1+rnd.Int64N(200))*minute
		}
		g.Alternatives = append(g.Alternatives, a)
	}
	return g
}

func randomProgress(rnd *rand.Rand, j *Job, i, done int, quantity int64) {
	states := []string{jobRunning, jobSuspended, jobHeld, jobLoaded, "ready"}
	switch {
	case i < done && rnd.IntN(5) > 0:
		j.State, j.Began, j.Ended, j.Good = "completed", at(-300), at(-rnd.IntN(100)), quantity
	case i <= done && rnd.IntN(2) == 0:
		j.State, j.Began, j.Good = states[rnd.IntN(len(states))], at(-100), rnd.Int64N(quantity+10)
		if len(j.Alternatives) > 0 {
			j.Equipment = j.Alternatives[0].Equipment
		}
	}
}

// Every plan that is made of a state of production can be carried out; all that
// is left of released orders is in it or said not to be; and it is read again as
// it was written.
func TestPlan_OfRandomStates(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 25))
	const states = 400
	broken := 0
	for n := range states {
		s := randomState(rnd)
		if n%2 == 0 {
			randomSupply(rnd, &s)
		}
		if n%3 == 0 {
			randomLimits(rnd, &s)
		}
		m := build(t, s)
		for _, v := range missing(m, &s) {
			t.Errorf("state %d: %+v is neither planned nor said not to be", n, v)
		}
		if len(m.Problem.Jobs) == 0 {
			continue
		}
		r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Seed: 1, Objective: usual.objective(), Steps: 300})
		if err != nil {
			t.Fatalf("state %d: %v", n, err)
		}
		p := compose(m, r.Schedule)
		// Of orders in parts each part counts by itself in the search, and a supplier at
		// the end of one branch as if it were at the end of all.
		same := len(m.Problem.Jobs) <= len(s.Orders) && !slices.ContainsFunc(m.Outside, func(o OutsideOp) bool { return len(o.Anchors) > 0 })
		for rule, by := range r.Rules {
			if f := counted(m, by.Schedule).Figures; by.Broken == 0 && same && f.WeightedTardinessMs < p.Figures.WeightedTardinessMs {
				t.Fatalf("state %d: by %s %d; the plan %d", n, rule, f.WeightedTardinessMs, p.Figures.WeightedTardinessMs)
			}
		}
		if r.Cost.Broken > 0 { // a longest wait over a night at the supplier's, say
			broken++
			continue
		}
		if len(p.Violations) > 0 {
			t.Fatalf("state %d: the plan cannot be carried out: %+v", n, p.Violations)
		}
		mustSupply(t, n, p, &s)
		body, sum, err := kept{Model: m, Schedule: r.Schedule}.pack()
		if err != nil {
			t.Fatal(err)
		}
		k, err := unpack(body, sum)
		if err != nil || !reflect.DeepEqual(compose(k.Model, k.Schedule), p) {
			t.Fatalf("state %d: read again it is another plan: %v", n, err)
		}
		followed(t, n, m, r.Schedule, p, &s)
	}
	if broken > states/20 {
		t.Errorf("%d of %d states have no plan that can be carried out", broken, states)
	}
}

// followed holds what is asked of a plan in use against it while nothing has
// changed.
func followed(t *testing.T, n int, m *Model, s schedule.Schedule, p Plan, state *State) {
	t.Helper()
	places := m.places(s)
	expected, err := forecast(m, places, usual)
	if err != nil {
		t.Fatalf("state %d: %v", n, err)
	}
	if got := m.places(expected); !reflect.DeepEqual(got, places) {
		t.Fatalf("state %d: nothing has changed, and expected is %+v of the plan %+v", n, got, places)
	}
	if all := suggest(m, places, p.Orders, state, places); len(all) > 0 {
		t.Fatalf("state %d: nothing has changed, and suggested is %+v", n, all)
	}
	lists := dispatch("", kept{Model: m, Schedule: s}, state, places)
	listed := 0
	for _, l := range lists {
		listed += len(l.Next)
	}
	if listed != len(places) {
		t.Fatalf("state %d: %d of %d operations are in the lists of machines", n, listed, len(places))
	}
	for _, l := range lateOrders(m, s, p.Orders) {
		if len(l.Chain) == 0 {
			t.Fatalf("state %d: order %s is late, and nothing says why", n, l.Number)
		}
	}
	for _, o := range s.Operations { // where they are, all fit
		if m.Ops[o.Job][o.Op].Frozen {
			continue
		}
		r := m.ref(o.Job, o.Op)
		f, err := checkMove(m, s, Move{r.Order, r.Job, m.Machines[o.Machine].ID, m.clock().at(o.Start)})
		if err != nil || len(f.Violations) > 0 || f.End != m.clock().at(o.End) {
			t.Fatalf("state %d: moved to where it is: %+v %v", n, f, err)
		}
		samePart(t, n, m, s, o)
		if m.Problem.Machines[o.Machine].Capacity <= 1 && (len(f.Pushes) > 0 || f.Earliest > f.Start) {
			t.Fatalf("state %d: moved to where it is, it pushes %v and could begin at %v, not %v", n, f.Pushes, f.Earliest.Time(), f.Start.Time())
		}
	}
}

// samePart holds what is found in the part of a plan that a move can touch against
// the whole of it.
func samePart(t *testing.T, n int, m *Model, s schedule.Schedule, o schedule.Placed) {
	t.Helper()
	i := slices.Index(s.Operations, o)
	for _, a := range m.Problem.Jobs[o.Job].Operations[o.Op].Alternatives {
		moved := schedule.Placed{Job: o.Job, Op: o.Op, Machine: a.Machine, Start: o.Start + 1800, End: o.Start + 1800 + a.Duration}
		whole := schedule.Schedule{Operations: slices.Clone(s.Operations)}
		whole.Operations[i] = moved
		want := slices.DeleteFunc(violations(m, whole), func(v Violation) bool { return v.Kind == "locked" })
		got := newViolations(m, s, i, moved)
		if !slices.Equal(kindsOf(got), kindsOf(want)) {
			t.Fatalf("state %d: moving %+v to %+v is found to give %+v; the whole has %+v", n, o, moved, got, want)
		}
	}
}

// missing are jobs of open orders of which a plan says nothing.
func missing(m *Model, s *State) (out []Ref) {
	said := map[Ref]bool{}
	whole := map[string]bool{}
	for _, ops := range m.Ops {
		for _, o := range ops {
			said[Ref{m.Orders[o.Order].ID, o.Job}] = true
		}
	}
	for _, o := range m.Outside {
		said[Ref{m.Orders[o.Order].ID, o.Job}] = true
	}
	for _, u := range m.Unplanned {
		whole[u.Order] = true
	}
	for _, o := range s.Orders {
		for i := range o.Jobs {
			if r := (Ref{o.ID, o.Jobs[i].No}); !o.Jobs[i].ended() && !said[r] && !whole[o.ID] {
				out = append(out, r)
			}
		}
	}
	return slices.Clip(out)
}
