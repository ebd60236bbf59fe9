package energy_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/energy"
)

// plans is a plan of one job of two hours on M1, that may begin at any full hour.
type plans struct {
	from  plant.Instant
	asked []int64
}

func (p *plans) Cheaper(_ context.Context, _ access.Scope, _ string, until plant.Instant, price func(plant.NodeID, plant.Instant, plant.Instant) (int64, bool)) (energy.Shiftable, error) {
	const long = plant.Instant(2 * time.Hour / time.Microsecond)
	out := energy.Shiftable{Plan: "P", Number: 3, Was: []energy.Planned{{Machine: "M1", From: p.from, To: p.from + long}}}
	cost, ok := price("M1", p.from, p.from+long)
	if !ok {
		out.Still = 1
		return out, nil
	}
	best := energy.ShiftedJob{Order: "O", Number: "W-1", Job: 10, Machine: "M1", From: p.from, To: p.from + long, Cost: cost}
	for at := p.from; at+long <= until; at += long / 2 {
		then, ok := price("M1", at, at+long)
		if !ok {
			continue
		}
		p.asked = append(p.asked, then)
		if cost-then > best.Saved {
			best.Saved, best.NewFrom, best.NewTo = cost-then, at, at+long
		}
	}
	out.Priced, out.Cost, out.Jobs = 1, cost, []energy.ShiftedJob{best}
	out.Then = []energy.Planned{{Machine: "M1", From: best.NewFrom, To: best.NewTo}}
	return out, nil
}

// A job in peak hours costs less in the valley, by the power that its machine is
// known to draw and the tariff's hours.
func TestShift_PeakToValley(t *testing.T) {
	t.Parallel()
	w := newWorld(8) // 08:00 in Shanghai: peak begins
	p := &plans{from: at(8*60 + 60)}
	w.did = []energy.Did{{From: at(0).Micros(), To: at(240).Micros(), What: energy.Producing}, {From: at(240).Micros(), To: at(480).Micros(), What: energy.Standing}}
	w.power["M1"] = func(m int) float64 {
		if m < 240 {
			return 60
		}
		return 5
	}
	w.plans = p
	d := laidOut(t, w, nil)
	s, err := d.Shift(t.Context(), who.Scope, "HALL", at(32*60))
	must(t, err)
	if len(s.Jobs) != 1 || s.Jobs[0].Was != energy.Peak || s.Jobs[0].Then != energy.Valley || len(s.Tariffs) != 1 {
		t.Fatalf("%+v", s)
	}
	if want := 120 * 65 * 1.65; math.Abs(float64(s.Fen)-want) > 60 {
		t.Errorf("%d fen; want %v", s.Fen, want)
	}
	if want := 120 * 65 * (1.65 - 0.38); math.Abs(float64(s.Saved)-want) > 60 {
		t.Errorf("%d fen saved; want %v", s.Saved, want)
	}
	near(t, "peak", &s.PeakWas, 60, 0.5)
	near(t, "draw", s.Draws[0].KW, 60, 0.5)
	near(t, "of hours", &s.Draws[0].Hours, 4, 0.05)
}

// What a machine draws is not made up: with less than some cycles of production its
// jobs stay. Without a tariff or a plan that is said.
func TestShift_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(8)
	w.did = []energy.Did{{From: at(0).Micros(), To: at(480).Micros(), What: energy.Standing}}
	w.plans = &plans{from: at(9 * 60)}
	s, err := laidOut(t, w, nil).Shift(t.Context(), who.Scope, "HALL", at(32*60))
	if err != nil || s.Still != 1 || len(s.Jobs) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, one := range s.Draws {
		if one.Machine == "M1" && one.KW != nil {
			t.Errorf("%+v", one)
		}
	}
	w.networks = nil
	d := laidOut(t, w, func(n *energy.Network) { n.Tariffs = []energy.TariffUse{} })
	if _, err := d.Shift(t.Context(), who.Scope, "HALL", at(32*60)); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), "no tariff") {
		t.Errorf("without a tariff: %v", err)
	}
	if _, err := d.Shift(t.Context(), who.Scope, "HALL", at(7*60)); !errors.Is(err, energy.ErrInvalid) {
		t.Errorf("into the past: %v", err)
	}
	w.plans, w.networks = nil, nil
	if _, err := laidOut(t, w, nil).Shift(t.Context(), who.Scope, "HALL", at(32*60)); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("without a plan: %v", err)
	}
}

// A month is charged by capacity, by its greatest demand, or by the agreed one, and
// twice for what is beyond 105 % of that.
func TestCharge_Bases(t *testing.T) {
	t.Parallel()
	w := newWorld(40)
	w.power["METER"] = func(m int) float64 {
		if m >= 600 && m < 660 {
			return 240
		}
		return 110
	}
	d := laidOut(t, w, func(n *energy.Network) {
		n.Charges = []energy.ChargeUse{
			{Day: "2025-01-01", Basis: energy.ChargeCapacity, KVA: 400, PerKVA: 3000},
			{Day: "2026-02-01", Basis: energy.ChargeContract, KVA: 400, PerKVA: 3000, PerKW: 4800, Contract: 200},
		}
	})
	c, err := d.Charge(t.Context(), who.Scope, "HALL", "2026-03")
	must(t, err)
	near(t, "max", c.Max, 240, 1)
	beyond := 2 * (*c.Max - 210)
	want := []int64{400 * 3000, int64(math.Round(*c.Max * 4800)), int64(math.Round((200 + beyond) * 4800))}
	for i, b := range c.Bases {
		if b.Fen == nil || *b.Fen != want[i] {
			t.Errorf("%s: %v; want %d", b.Basis, b.Fen, want[i])
		}
	}
	if c.Fen == nil || *c.Fen != want[2] || !c.Least {
		t.Errorf("%+v", c)
	}
	if _, err := d.Charge(t.Context(), who.Scope, "HALL", "2026-04"); !errors.Is(err, energy.ErrInvalid) {
		t.Errorf("a month that has not begun: %v", err)
	}
	if _, err := laidOut(t, newWorld(3), nil).Charge(t.Context(), who.Scope, "HALL", "2026-03"); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), "enter it") {
		t.Errorf("without a charge: %v", err)
	}
	for what, change := range map[string]energy.ChargeUse{
		"is no day":            {Day: "x", Basis: energy.ChargeDemand, PerKW: 1},
		"write capacity":       {Day: "2026-01-01", Basis: "sun"},
		"by capacity it needs": {Day: "2026-01-01", Basis: energy.ChargeCapacity},
		"by demand it needs":   {Day: "2026-01-01", Basis: energy.ChargeContract, PerKW: 5},
		"there is no meter":    {Day: "2026-01-01", Basis: energy.ChargeDemand, PerKW: 1, Meter: "none"},
		"are not below 0":      {Day: "2026-01-01", Basis: energy.ChargeDemand, PerKW: 1, KVA: -1},
	} {
		n := network()
		n.Charges = []energy.ChargeUse{change}
		if _, err := d.SaveNetwork(t.Context(), who, n); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
