package planning

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

func units(n int64) plant.Quantity { return plant.Quantity(n) * plant.One }

// taking is an order whose first job takes a unit of steel for each part.
func taking(number string, quantity int64, due int) Order {
	o := order(number, quantity, due, turn(60, 0, "l1", "l2"))
	o.Jobs[0].Materials = []Amount{{"steel", plant.One}}
	return o
}

// steel is a place where so much steel lies, and more is expected after some
// minutes each.
func steel(s State, lies int64, comes ...Arrival) State {
	s.Supply = []Supply{{Item: "steel", Stock: []Stock{{"xc/w", units(lies)}}, Arrivals: comes}}
	return s
}

func comes(id string, minutes int, quantity int64) Arrival {
	return Arrival{ID: id, Path: "xc/w", Reference: "PO-" + id, Due: at(minutes), Quantity: units(quantity)}
}

// Of 40 lying there the order that is due first takes 30; the other one waits for
// the second arrival, which completes what it takes, and is late for it.
func TestSupply_Arrival(t *testing.T) {
	m := build(t, steel(lathes(taking("A", 30, 100), taking("B", 30, 200)), 40, comes("1", 60, 10), comes("2", 240, 50)))
	p := planOf(t, m)
	if a := p.assigned(t, "A", 10); a.Start != at(0) || a.Material != nil {
		t.Errorf("of what lies there: %+v", a)
	}
	b := p.assigned(t, "B", 10)
	if b.Start != at(240) || b.Material == nil || b.Material.Arrival.ID != "2" || b.Material.Need != units(30) {
		t.Errorf("waits for the arrival: %+v %+v", b, b.Material)
	}
	r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Seed: 1, Objective: usual.objective(), Steps: 100})
	if err != nil {
		t.Fatal(err)
	}
	late := lateOrders(m, r.Schedule, p.Orders)
	if len(late) != 1 || late[0].Number != "B" || len(late[0].Chain) != 1 {
		t.Fatalf("late: %+v", late)
	}
	if l := late[0].Chain[0]; l.Because != "material" || l.Material == nil || l.Material.Arrival.Reference != "PO-2" || l.WaitMs != 240*minute {
		t.Errorf("the chain does not name the arrival: %+v", l)
	}
}

// Who takes first: what is begun, then what is kept for an order, then the more
// urgent one, then what is due first.
func TestSupply_WhoTakes(t *testing.T) {
	first := func(change func(a, b *Order)) string {
		a, b := taking("A", 30, 100), taking("B", 30, 200)
		change(&a, &b)
		p := planOf(t, build(t, steel(lathes(a, b), 30, comes("1", 240, 30))))
		switch {
		case p.assigned(t, "A", 10).Start == at(0) && p.assigned(t, "B", 10).Start == at(240):
			return "A"
		case p.assigned(t, "B", 10).Start == at(0) && p.assigned(t, "A", 10).Start == at(240):
			return "B"
		}
		return "neither"
	}
	for name, c := range map[string]struct {
		change func(a, b *Order)
		want   string
	}{
		"due first":    {func(_, _ *Order) {}, "A"},
		"more urgent":  {func(_, b *Order) { b.Priority = 90 }, "B"},
		"kept for it":  {func(a, b *Order) { a.Priority = 90; b.Reserved = []Amount{{"steel", units(30)}} }, "B"},
		"begun":        {func(_, b *Order) { b.Jobs[0].State, b.Jobs[0].Equipment = jobRunning, "l2" }, "B"},
		"used already": {func(_, b *Order) { b.Jobs[0].Used = []Amount{{"steel", units(30)}} }, "neither"}, // both have theirs
		"half is made": {func(a, _ *Order) {
			a.Jobs[0].Good, a.Jobs[0].Made, a.Quantity, a.Jobs[0].Used = 30, 30, 60, []Amount{{"steel", units(30)}}
		}, "A"},
		"take nothing": {func(a, b *Order) { a.Jobs[0].Materials, b.Jobs[0].Materials = nil, nil }, "neither"},
	} {
		if got := first(c.change); got != c.want {
			t.Errorf("%s: %s takes what lies there; want %s", name, got, c.want)
		}
	}
}

// What is neither there nor expected is said, with how much; what lies at another
// site does not count, nor an item of which nobody keeps books.
func TestSupply_Short(t *testing.T) {
	s := steel(lathes(taking("A", 30, 100), taking("B", 30, 200)), 20, comes("1", 60, 25))
	s.Supply[0].Stock = append(s.Supply[0].Stock, Stock{"xc/elsewhere/store", units(1000)})
	m := build(t, s)
	if u := m.Unplanned; len(u) != 1 || u[0].Why != WhyNoMaterial || u[0].Number != "B" || !strings.Contains(u[0].Text, "takes 30 of steel, and 15 of it") {
		t.Errorf("not covered: %+v", u)
	}
	if a := planOf(t, m); a.assigned(t, "A", 10).Start != at(60) {
		t.Errorf("the first takes the arrival: %+v", a.Assignments)
	}
	s.Supply[0].Stock = append(s.Supply[0].Stock, Stock{"xc", units(15)}) // of the whole firm
	if u := build(t, s).Unplanned; len(u) > 0 {
		t.Errorf("covered by the firm's store: %+v", u)
	}
	s.Others = []Order{taking("C", 20, 50)}
	if u := build(t, s).Unplanned; len(u) != 1 {
		t.Errorf("another place takes of it: %+v", u)
	}
	s.Supply = nil
	if u := build(t, s).Unplanned; len(u) > 0 {
		t.Errorf("no books are kept: %+v", u)
	}
}

// An arrival that is overdue is expected from now on, and one that is put off
// after a plan was made is a reason to plan anew.
func TestSupply_MovedArrival(t *testing.T) {
	w := newWorld(taking("A", 30, 400))
	w.state = steel(w.state, 0, comes("1", -60, 30))
	d := w.desk(t)
	p := w.planned(t, d, Request{Kind: KindDraft})
	if a := p.assigned(t, "A", 10); a.Start != at(0) {
		t.Errorf("overdue: %+v", a)
	}
	w.issued(t, d, p.ID)
	w.change(func(s *State) { s.Supply[0].Arrivals[0].Due = at(300) })
	w.pass(1)
	if whats, all := w.whats(t, d); !slices.Contains(whats, "material") || !strings.Contains(all[slices.Index(whats, "material")].Text, "before steel of PO-1 is there") {
		t.Errorf("put off: %+v", all)
	}
	changes, err := d.Changed(t.Context(), planner.Scope, p.ID)
	if err != nil || len(changes) != 1 || changes[0].What != "material" || changes[0].Number != "A" {
		t.Errorf("changes: %+v %v", changes, err)
	}
}

// A promise takes what all others leave, however urgent it is.
func TestSupply_Promise(t *testing.T) {
	w := newWorld(taking("A", 30, 400))
	w.state = steel(w.state, 30, comes("1", 500, 30))
	segment := turn(60, 0, "l1", "l2")
	segment.No, segment.Materials = 10, []Amount{{"steel", plant.One}}
	w.routes["new"] = []Segment{segment}
	d := w.desk(t)
	w.issued(t, d, w.planned(t, d, Request{Kind: KindDraft}).ID)
	got, err := d.Promise(t.Context(), planner, PromiseRequest{Product: "new", Quantity: 30, Place: "xc/w", Due: at(40)})
	if err != nil || got.Gentle.Start != at(500) || got.Gentle.End != at(530) || got.Moving.End != at(530) || got.Gentle.Kept {
		t.Errorf("promised: %+v %v", got, err)
	}
	_, err = d.Promise(t.Context(), planner, PromiseRequest{Product: "new", Quantity: 31, Place: "xc/w"})
	refused(t, err, "takes 31 of steel, and 1 of it")
}

// randomSupply lets jobs of a random state take two items, of which some lies
// there and some comes.
func randomSupply(rnd *rand.Rand, s *State) {
	for _, item := range []string{"steel", "grease"} {
		one := Supply{Item: item, Stock: []Stock{{"xc/w", units(rnd.Int64N(400))}, {"xc/other/store", units(5000)}}}
		for n := range rnd.IntN(5) {
			one.Arrivals = append(one.Arrivals, comes(item+string(rune('a'+n)), rnd.IntN(3000)-100, 1+rnd.Int64N(400)))
		}
		s.Supply = append(s.Supply, one)
		for i := range s.Orders {
			for k := range s.Orders[i].Jobs {
				if j := &s.Orders[i].Jobs[k]; rnd.IntN(3) == 0 {
					j.Materials = append(j.Materials, Amount{item, plant.One * plant.Quantity(1+rnd.IntN(2))})
					j.Made = j.Good
				}
			}
		}
	}
}

// mustSupply goes through a plan by time and adds up what its operations take:
// never more than lies there and has arrived. It knows nothing of who takes
// first.
func mustSupply(t *testing.T, n int, p Plan, s *State) {
	t.Helper()
	for _, one := range s.Supply {
		type event struct {
			at plant.Instant
			q  plant.Quantity // brought, or taken when negative
		}
		events := []event{{s.At, one.Stock[0].Quantity}}
		for _, a := range one.Arrivals {
			events = append(events, event{max(a.Due, s.At), a.Quantity})
		}
		for _, a := range p.Assignments {
			_, j := s.job(Ref{a.Order, a.Job})
			for _, m := range j.Materials {
				if m.Item == one.Item && !a.Outside && j.State != jobRunning {
					o, _ := s.job(Ref{a.Order, a.Job})
					need, _ := m.Quantity.Times(j.Made + j.left(o.Quantity))
					events = append(events, event{a.Start, -need})
				}
			}
		}
		slices.SortFunc(events, func(a, b event) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(b.q, a.q)) })
		var there plant.Quantity
		for _, e := range events {
			if there += e.q; there < 0 {
				t.Fatalf("state %d: at %v %s of %s are taken that are not there", n, e.at.Time(), -there, one.Item)
			}
		}
	}
}
