package sim_test

import (
	"slices"
	"testing"
	"time"

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
