package sim_test

import (
	"slices"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/sim"
)

// A machine that is told makes what it is told, in order and no more, and then
// stands; the others go on as they like.
func TestAssign(t *testing.T) {
	t.Parallel()
	const line = "xinchang-bearing/xinchang/turning/line-1/"
	p := only(t, 3, line+"lathe-01", line+"lathe-02")
	work := []sim.Work{{Order: "FO-1", Product: "6305", Quantity: 40}, {Order: "FO-2", Product: "6305", Quantity: 25}, {Order: "FO-3", Product: "6204-2rs", Quantity: 30}}
	must(t, p.Assign(line+"lathe-01", work...))
	if err := p.Assign(line+"lathe-99", work...); err == nil {
		t.Error("a machine that is not there took work")
	}
	if err := p.Assign(line+"lathe-01", sim.Work{Order: "FO-4", Product: "6305"}); err == nil {
		t.Error("a machine took an order of no parts")
	}
	p.Advance(start.Add(12 * time.Hour))
	made, product := map[string]int64{}, map[string]string{}
	var order []string
	for _, i := range p.Truth() {
		if i.Path != line+"lathe-01" || i.Good == 0 || i.Order[0] != 'F' {
			continue
		}
		if !slices.Contains(order, i.Order) {
			order = append(order, i.Order)
		}
		made[i.Order], product[i.Order] = made[i.Order]+i.Good, i.Product
	}
	for n, w := range work {
		if made[w.Order] != int64(w.Quantity) || product[w.Order] != w.Product || len(order) != len(work) || order[n] != w.Order {
			t.Errorf("%+v: %d good parts of %s; in turn %v", w, made[w.Order], product[w.Order], order)
		}
	}
	now, told := p.Present(line + "lathe-01")
	if !told || now.Order != "FO-3" || now.Left != 0 || now.Next != 0 {
		t.Errorf("at the end it is at %+v, told %v", now, told)
	}
	if _, told := p.Present(line + "lathe-02"); told {
		t.Error("a machine that nobody told is told")
	}
	must(t, p.Assign(line+"lathe-01", sim.Work{Order: "FO-5", Product: "nu205", Quantity: 5}))
	p.Advance(start.Add(14 * time.Hour))
	if now, _ := p.Present(line + "lathe-01"); now.Order != "FO-5" || now.Left != 0 {
		t.Errorf("after standing it is at %+v", now)
	}
}

// A machine whose breakdown was arranged stands with it, and works again after it.
func TestBreakdown(t *testing.T) {
	t.Parallel()
	const lathe = "xinchang-bearing/xinchang/turning/line-1/lathe-01"
	m, kinds := model(t)
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool { return n.Machine != nil && n.Path != lathe })
	c := sim.Config{Start: start, Model: m, Kinds: kinds}
	for seed := range uint64(60) { // whatever it does at that moment, the setting up for another product too
		from := start.Add(time.Duration(90+7*seed) * time.Minute)
		to := from.Add(3 * time.Hour)
		c.Seed, c.Broken = seed, []sim.Breakdown{{Machine: lathe, From: from, To: to}}
		p, err := sim.New(c)
		must(t, err)
		p.Advance(to.Add(3 * time.Hour))
		var stood time.Duration
		made := map[bool]int64{}
		for _, i := range p.Truth() {
			if i.Cause == sim.Mechanical && i.To.Equal(to) {
				stood += i.To.Sub(i.From)
			}
			made[!i.From.Before(to)] += i.Good
		}
		if stood < 3*time.Hour-8*time.Minute || stood > 3*time.Hour+4*time.Minute || made[false] == 0 || made[true] == 0 {
			t.Errorf("seed %d: it stood %v of 3 h; made %v", seed, stood, made)
		}
	}
	c.Broken[0].Machine = "lathe-01"
	if _, err := sim.New(c); err == nil {
		t.Error("a machine that is not there breaks down")
	}
}

// The plant knows of which lots each part is: rings of two heats lie in two tubs,
// go through the furnace one by one, and what is spoiled on the way is in none.
func TestPieces(t *testing.T) {
	t.Parallel()
	const (
		lathe   = "xinchang-bearing/xinchang/turning/line-1/lathe-01"
		furnace = "xinchang-bearing/xinchang/heat-treatment/line-1/furnace-1"
		fast    = 50 * time.Millisecond
	)
	p := only(t, 3, lathe, furnace)
	work := func(put, lot string, n int, serials bool) sim.Work {
		return sim.Work{Order: "MO-1", Product: "6305", Quantity: n, Put: []string{put}, Lot: lot, Serials: serials, Cycle: fast}
	}
	must(t, p.Assign(lathe, work("steel:H1", "turned:1", 30, false), work("steel:H2", "turned:2", 20, false)))
	p.Advance(start.Add(time.Second)) // they begin
	p.Advance(start.Add(time.Minute))
	if n, k := len(p.Lying("turned:1")), len(p.Lying("turned:2")); n != 30 || k != 20 {
		t.Fatalf("%d and %d turned rings; want 30 and 20", n, k)
	}
	must(t, p.Assign(furnace, work("turned:1", "hard:1", 30, true), work("turned:2", "hard:2", 20, true)))
	p.Advance(start.Add(time.Minute + time.Second))
	p.Advance(start.Add(2 * time.Minute))
	if now, _ := p.Present(furnace); now.Left != 0 || now.Next != 0 || len(p.Lying("turned:1")) != 0 || len(p.Lying("turned:2")) != 0 {
		t.Fatalf("the furnace is at %+v, and rings lie before it", now)
	}
	heats, serials := map[string]int{}, map[string]bool{}
	for _, one := range p.Pieces() {
		if one.Path != furnace {
			continue
		}
		if len(one.Of) != 2 || one.At.Sub(one.From) != fast || serials[one.Serial] || one.Serial == "" {
			t.Fatalf("%+v: want a heat and a lot of rings, made in %s, with a serial of its own", one, fast)
		}
		if want := map[string]string{"hard:1": "steel:H1", "hard:2": "steel:H2"}[one.Lot]; one.Of[0] != want {
			t.Errorf("%s in %s is of %v; want %s", one.Serial, one.Lot, one.Of, want)
		}
		serials[one.Serial] = true
		heats[one.Of[0]]++
	}
	if n := heats["steel:H1"]; n > 30 || n < 20 || n != len(p.Lying("hard:1")) {
		t.Errorf("%d hardened rings of heat H1, of 30; %d lie there", n, len(p.Lying("hard:1")))
	}
}
