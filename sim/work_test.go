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
	from, to := start.Add(2*time.Hour), start.Add(5*time.Hour)
	c := sim.Config{Seed: 1, Start: start, Model: m, Kinds: kinds, Broken: []sim.Breakdown{{Machine: lathe, From: from, To: to}}}
	p, err := sim.New(c)
	must(t, err)
	p.Advance(start.Add(8 * time.Hour))
	var stood time.Duration
	made := map[bool]int64{}
	for _, i := range p.Truth() {
		if i.Cause == sim.Mechanical && i.To.Equal(to) {
			stood += i.To.Sub(i.From)
		}
		made[!i.From.Before(to)] += i.Good
	}
	if stood < 2*time.Hour || stood > 3*time.Hour || made[false] == 0 || made[true] == 0 {
		t.Errorf("it stood %v of 3 h; made %v", stood, made)
	}
	c.Broken[0].Machine = "lathe-01"
	if _, err := sim.New(c); err == nil {
		t.Error("a machine that is not there breaks down")
	}
}
