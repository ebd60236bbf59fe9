package energy_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"zhigai/plant"
	"zhigai/shop/energy"
)

func runs(machine plant.NodeID, from, to int) energy.Run {
	r := energy.Run{Machine: machine, From: at(from)}
	if to > 0 {
		r.To = at(to)
	}
	return r
}

func order(id string, from, to int, good int64, jobs ...energy.JobRuns) energy.OrderRuns {
	o := energy.OrderRuns{ID: id, Number: "W-" + id, Product: "ring", Began: at(from), Good: good, Jobs: jobs}
	if to > 0 {
		o.Ended = at(to)
	}
	return o
}

func job(no int, quantity, good int64, all ...energy.Run) energy.JobRuns {
	return energy.JobRuns{No: no, Name: plant.Name{ZH: "车"}, Quantity: quantity, Good: good, Runs: all}
}

// addsUp holds an allocation against what the balance and the standby page say of the
// same time: orders, machines without an order and the rest are the total, and what
// machines gave to orders and kept is what they used.
func addsUp(t *testing.T, d *energy.Desk, a energy.Allocation) {
	t.Helper()
	b, err := d.Balance(t.Context(), who.Scope, "HALL", a.From, a.To)
	must(t, err)
	var orders, machines, free float64
	fen := int64(0)
	for _, o := range a.Orders {
		orders += o.KWh
		fen += *o.Fen
		parts, jobs := 0.0, 0.0
		for _, p := range o.Parts {
			parts += p.KWh
		}
		for _, j := range o.Jobs {
			jobs += j.KWh
		}
		near(t, "parts of "+o.ID, &parts, o.KWh, 1e-6)
		near(t, "jobs of "+o.ID, &jobs, o.KWh, 1e-6)
	}
	for _, m := range a.Machines {
		sum := m.Ordered.KWh + m.Free.KWh
		near(t, "machine "+string(m.Machine), m.Value, sum, 1e-6)
		machines += sum
		free += m.Free.KWh
	}
	near(t, "orders", &orders, a.Ordered.KWh, 1e-5)
	near(t, "free", &free, a.Free.KWh, 1e-5)
	sum := orders + free + a.Rest.KWh
	near(t, "the main meter", b.Nodes[0].Value, sum, 1e-5)
	near(t, "the total", a.Total.Value, sum, 1e-5)
	if off := *a.Whole.Fen - fen - *a.Free.Fen - *a.Rest.Fen; off < -int64(len(a.Orders))-2 || off > int64(len(a.Orders))+2 { // each is rounded once
		t.Errorf("money: %d fen are missing", off)
	}
}

// An order gets the energy of its machines while it ran there, start-up and standby
// apart; of a finished one that is wholly known each good part has its share.
func TestAllocate_ByOrderAndPart(t *testing.T) {
	t.Parallel()
	w := newWorld(10)
	w.did = []energy.Did{
		{From: at(0).Micros(), To: at(30).Micros(), What: energy.Starting},
		{From: at(30).Micros(), To: at(200).Micros(), What: energy.Producing},
		{From: at(200).Micros(), To: at(240).Micros(), What: energy.Standing},
		{From: at(240).Micros(), To: at(600).Micros(), What: energy.Producing},
	}
	w.orders = []energy.OrderRuns{
		order("a", 60, 300, 200, job(10, 220, 210, runs("M1", 60, 240)), job(20, 220, 200, runs("M2", 180, 300))),
		order("b", 300, 0, 20, job(10, 50, 20, runs("M1", 300, 0))),
		order("c", -60, 120, 40, job(10, 40, 40, runs("M2", -60, 120))),
	}
	d := laidOut(t, w, nil)
	a, err := d.Allocate(t.Context(), who.Scope, "HALL", at(0), at(480))
	must(t, err)
	addsUp(t, d, a)
	by := map[string]energy.OrderShare{}
	for _, o := range a.Orders {
		by[o.ID] = o
	}
	one := by["a"]
	near(t, "order a", &one.KWh, 180*60.0/60+120*40.0/60, 0.01)
	near(t, "its standby", &one.Parts[1].KWh, 40, 0.01)
	if one.Parts[1].What != energy.Standing || one.Reason != "" || one.PerGood == nil || one.Coverage < 0.999 {
		t.Fatalf("%+v", one)
	}
	near(t, "for a good part", &one.PerGood.KWh, one.KWh/200, 1e-9)
	near(t, "CO₂ of it", one.PerGood.CO2, one.KWh*0.5366/200, 1e-9)
	if want := one.KWh * 65 * 0.38; math.Abs(float64(*one.Fen)-want) > 2 { // all of it in valley hours
		t.Errorf("%d fen; want %v", *one.Fen, want)
	}
	if by["b"].Reason != "not_ended" || by["c"].Reason != "begun_before" || by["b"].PerGood != nil {
		t.Errorf("%+v %+v", by["b"], by["c"])
	}
	if len(a.Items) != 1 || a.Items[0].Orders != 3 || a.Items[0].Whole != 1 || a.Items[0].Good != 200 {
		t.Errorf("%+v", a.Items)
	}
	if f := a.Machines[0].FreeBy; len(f) < 2 || f[1].What != energy.Starting || math.Abs(f[1].KWh-30) > 0.01 {
		t.Errorf("free: %+v", f)
	}
	near(t, "not allocated", &a.Rest.KWh, 10*8, 0.01)
}

// Whatever runs where and when, also together at one machine, and whatever is not
// known, sums stay what the meters counted.
func TestAllocate_AddsUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 1))
	for range 20 {
		w := newWorld(12)
		w.power["METER"] = func(m int) float64 { return 90 + float64((m*37)%41) }
		w.power["M1"] = func(m int) float64 { return 20 + float64((m*13)%29) }
		w.lost["M2"] = [2]int{200 + r.IntN(50), 300 + r.IntN(50)}
		for i := range 9 {
			from := r.IntN(600) - 50
			to := from + 1 + r.IntN(200)
			w.orders = append(w.orders, order(string(rune('a'+i)), from, to, 7, job(10, int64(r.IntN(90)), 7, runs([]plant.NodeID{"M1", "M2"}[i%2], from, to))))
		}
		for m := 0; m < 720; m += 1 + r.IntN(60) {
			if n := len(w.did); n > 0 {
				w.did[n-1].To = at(m).Micros()
			}
			w.did = append(w.did, energy.Did{From: at(m).Micros(), To: at(720).Micros(), What: []energy.Doing{energy.Producing, energy.Standing, energy.SwitchOff}[r.IntN(3)]})
		}
		d := laidOut(t, w, nil)
		a, err := d.Allocate(t.Context(), who.Scope, "HALL", at(0), at(600))
		must(t, err)
		addsUp(t, d, a)
	}
}

// Orders that run together at a machine share by what is to be made of each.
func TestAllocate_Together(t *testing.T) {
	t.Parallel()
	w := newWorld(4)
	w.orders = []energy.OrderRuns{order("a", 0, 120, 30, job(10, 30, 30, runs("M1", 0, 120))), order("b", 0, 120, 10, job(10, 10, 10, runs("M1", 0, 120)))}
	a, err := laidOut(t, w, nil).Allocate(t.Context(), who.Scope, "HALL", at(0), at(180))
	must(t, err)
	near(t, "a", &a.Orders[0].KWh, 90, 0.01)
	near(t, "b", &a.Orders[1].KWh, 30, 0.01)
}

// A machine without a meter takes its share of what is left at the meter that feeds
// it, and says so; who stands takes none by the key of work.
func TestAllocate_Shared(t *testing.T) {
	t.Parallel()
	for key, want := range map[energy.ShareKey][2]float64{energy.ByWeight: {20, 10}, energy.ByBusy: {20, 10}} {
		w := newWorld(4)
		w.power["METER"] = func(int) float64 { return 130 } // 100 of them M1 and M2, 30 nobody's
		w.orders = []energy.OrderRuns{order("a", 0, 60, 10, job(10, 10, 10, runs("M3", 0, 60)))}
		d := laidOut(t, w, func(n *energy.Network) {
			n.Meters[0].Shared = &energy.Sharing{Key: key, Among: []energy.Weighted{{Machine: "M3", Weight: 2}, {Machine: "M4", Weight: 1}}}
		})
		a, err := d.Allocate(t.Context(), who.Scope, "HALL", at(0), at(60))
		must(t, err)
		addsUp(t, d, a)
		if len(a.Machines) != 4 || a.Machines[1].Key != key && a.Machines[0].Key != key {
			t.Fatalf("%+v", a.Machines)
		}
		for i, id := range []plant.NodeID{"M3", "M4"} {
			for _, m := range a.Machines {
				if m.Machine == id {
					near(t, string(key)+" "+string(id), m.Value, want[i], 0.01)
				}
			}
		}
		near(t, "the order", &a.Orders[0].KWh, 20, 0.01)
		near(t, "the rest", &a.Rest.KWh, 0, 0.01)
	}
}

// Of a machine that no meter tells of nothing is made up, and its order has no value
// for a part.
func TestAllocate_Unmetered(t *testing.T) {
	t.Parallel()
	w := newWorld(4)
	w.orders = []energy.OrderRuns{order("a", 0, 60, 10, job(10, 10, 10, runs("M1", 0, 30), runs("M3", 30, 60)))}
	d := laidOut(t, w, nil)
	a, err := d.Allocate(t.Context(), who.Scope, "HALL", at(0), at(60))
	must(t, err)
	if o := a.Orders[0]; o.PerGood != nil || o.Reason != "not_all_known" || math.Abs(o.Coverage-0.5) > 0.01 || len(a.Unknown) != 1 {
		t.Errorf("%+v, %v", o, a.Unknown)
	}
	one, err := d.OfOrder(t.Context(), who, "a")
	must(t, err)
	if one.Order == nil || one.Place != "HALL" || math.Abs(one.Order.KWh-30) > 0.01 {
		t.Errorf("%+v", one)
	}
	w.orders[0].Began = 0
	if one, err = d.OfOrder(t.Context(), who, "a"); err != nil || one.Reason != "not_begun" {
		t.Errorf("%+v, %v", one, err)
	}
}

func TestNetwork_SharingRefusals(t *testing.T) {
	t.Parallel()
	d := newWorld(1).desk(t)
	for what, s := range map[string]energy.Sharing{
		"write weight or busy":   {Key: "area", Among: []energy.Weighted{{Machine: "M3", Weight: 1}}},
		"0 machines take":        {Key: energy.ByBusy},
		"write a number above 0": {Key: energy.ByBusy, Among: []energy.Weighted{{Machine: "M3"}}},
		"takes a share twice":    {Key: energy.ByBusy, Among: []energy.Weighted{{Machine: "M3", Weight: 1}, {Machine: "M3", Weight: 1}}},
		"of its own":             {Key: energy.ByBusy, Among: []energy.Weighted{{Machine: "M1", Weight: 1}}},
		"no machine":             {Key: energy.ByBusy, Among: []energy.Weighted{{Machine: "M9", Weight: 1}}},
	} {
		n := network()
		n.Meters[0].Shared = &s
		if _, err := d.SaveNetwork(t.Context(), who, n); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
