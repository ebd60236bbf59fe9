package planning

import (
	"errors"
	"math/rand/v2"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/calc/schedule/check"
	"zhigai/plant"
)

// dearUntil costs 3 a minute before a time and 1 after it, on lathe 1 alone.
func dearUntil(minutes int) Price {
	return func(machine plant.NodeID, from, to plant.Instant) (int64, bool) {
		if machine != "l1" {
			return 0, false
		}
		turn := at(minutes)
		dear := max(0, int64(min(to, turn)-from))
		all := int64(to - from)
		return (3*dear + (all - dear)) / (60 * 1_000_000), true
	}
}

// An operation goes to cheap hours within its slack, and not beyond its due date nor
// what follows it.
func TestCheaper_WithinSlack(t *testing.T) {
	m := build(t, lathes(order("A", 60, 300, turn(60, 0, "l1")), order("B", 60, 130, turn(60, 0, "l1")), order("C", 60, 600, turn(60, 0, "l1"), turn(60, 0, "l2"))))
	l := on(t, m, "l1")
	s := put(t, m, schedule.Placed{Machine: l, Start: 0, End: 60}, schedule.Placed{Job: 1, Machine: l, Start: 60, End: 120}, schedule.Placed{Job: 2, Machine: l, Start: 120, End: 180}, schedule.Placed{Job: 2, Op: 1, Machine: on(t, m, "l2"), Start: 200, End: 260})
	got := cheaper(m, s, at(0), at(1000), dearUntil(200))
	// A fits into 240 to 300; B is due at 130; C is followed by a job at 200.
	if len(got.Moves) != 1 || got.Moves[0].Number != "A" || got.Moves[0].Saved != 120 || got.Moves[0].Then.From < at(200) || got.Moves[0].Then.To > at(300) {
		t.Fatalf("%+v", got.Moves)
	}
	if got.Cost != 3*180 || got.Priced != 3 || got.Still != 1 {
		t.Errorf("cost %d of %d, %d stay", got.Cost, got.Priced, got.Still)
	}
}

// Whatever the plant, no proposal breaks a rule, makes an order late or costs more.
func TestCheaper_NothingLateNothingBroken(t *testing.T) {
	moved := 0
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		m := build(t, randomState(rnd))
		if m.Problem.Operations() == 0 {
			continue
		}
		r, err := schedule.Plan(m.Problem, schedule.PlanOptions{Objective: usual.objective(), Seed: seed, Steps: 500})
		if err != nil {
			t.Fatal(err)
		}
		price := func(_ plant.NodeID, from, to plant.Instant) (int64, bool) {
			cost := int64(0)
			for at := from; at < to; at += second * 60 {
				cost += int64(1 + (at/(second*3600))%5)
			}
			return cost, true
		}
		got := cheaper(m, r.Schedule, at(0), at(20_000), price)
		then := schedule.Schedule{Operations: append([]schedule.Placed{}, r.Schedule.Operations...)}
		for _, mv := range got.Moves {
			moved++
			if mv.Saved <= 0 {
				t.Errorf("seed %d: %+v saves nothing", seed, mv)
			}
			job, op, ok := m.find(mv.Ref)
			if !ok {
				t.Fatalf("seed %d: %+v is not there", seed, mv)
			}
			for i, o := range then.Operations {
				if o.Job == job && o.Op == op {
					then.Operations[i].Start, then.Operations[i].End = m.clock().after(mv.Then.From), m.clock().after(mv.Then.To)
				}
			}
		}
		if was, is := len(check.Schedule(m.Problem, r.Schedule)), check.Schedule(m.Problem, then); len(is) > was {
			t.Errorf("seed %d: %d faults, %d before: %+v", seed, len(is), was, is)
		}
		before, after := counted(m, r.Schedule).Orders, counted(m, then).Orders
		for i := range before {
			if after[i].LateMs > before[i].LateMs {
				t.Errorf("seed %d: order %s is late by %d ms, %d before", seed, after[i].Number, after[i].LateMs, before[i].LateMs)
			}
		}
	}
	if moved < 40 {
		t.Errorf("%d operations were moved in all; the plants are too easy", moved)
	}
}

// A proposal is taken to another draft, whose moves are locked; the plan in use stays
// what it is.
func TestShift_AnotherDraft(t *testing.T) {
	w := newWorld(order("A", 60, 900, turn(60, 0, "l1")), order("B", 60, 900, turn(60, 0, "l1")))
	d := w.desk(t)
	issued := w.planned(t, d, Request{Kind: KindDraft, Place: "xc/w", SearchMs: 50})
	w.issued(t, d, issued.ID)
	got, err := d.Cheaper(t.Context(), planner.Scope, "xc/w", at(1000), dearUntil(300))
	if err != nil || len(got.Moves) != 2 || got.Head.ID != issued.ID {
		t.Fatalf("%+v, %v", got, err)
	}
	var moves []Move
	for _, mv := range got.Moves {
		moves = append(moves, Move{mv.Order, mv.Job, mv.Equipment, mv.Then.From})
	}
	h, err := d.Shift(t.Context(), planner, issued.ID, moves)
	if err != nil || h.Kind != KindEdit || h.State != StateDraft || h.Figures.Violations != 0 || h.Figures.Late != 0 {
		t.Fatalf("%+v, %v", h, err)
	}
	p, err := d.Plan(t.Context(), planner.Scope, h.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range p.Assignments {
		if a.Start < at(300) || !a.Locked {
			t.Errorf("%+v", a)
		}
	}
	if used, err := d.InUse(t.Context(), planner.Scope, "xc/w"); err != nil || used.ID != issued.ID {
		t.Errorf("the plan in use is %s, %v", used.ID, err)
	}
	moves[1].Start = moves[0].Start
	if _, err := d.Shift(t.Context(), planner, issued.ID, moves); !errors.Is(err, ErrInvalid) {
		t.Errorf("two at once: %v", err)
	}
	if _, err := d.Shift(t.Context(), planner, issued.ID, nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("none: %v", err)
	}
}
