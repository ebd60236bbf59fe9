package planning

import (
	"slices"
	"testing"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// kindsOf are the kinds of violations, in order.
func kindsOf(all []Violation) (out []string) {
	for _, v := range all {
		out = append(out, v.Kind)
	}
	slices.Sort(out)
	return out
}

// Order A runs from 0 to 60 on lathe 1 and from 60 to 120 on d, B from 60 to 120
// on lathe 1.
func TestCheckMove(t *testing.T) {
	m := build(t, lathes(order("A", 60, 300, turn(60, 0, "l1", "l2"), turn(60, 0, "d")), order("B", 60, 300, turn(60, 0, "l1", "l2"))))
	lathe := on(t, m, "l1")
	s := put(t, m, schedule.Placed{Machine: lathe, Start: 0, End: 60}, schedule.Placed{Op: 1, Machine: on(t, m, "d"), Start: 60, End: 120}, schedule.Placed{Job: 1, Machine: lathe, Start: 60, End: 120})
	for _, c := range []struct {
		what               string
		order              string
		job                int
		to                 string
		start              int
		end, earliest      int // -1: none
		violations, pushes []string
	}{
		{"to the free lathe", "B", 10, "l2", 0, 60, 0, nil, nil},
		{"into another", "B", 10, "l1", 30, 90, 60, []string{"overlap"}, []string{"A10"}},
		{"to where it is", "B", 10, "l1", 60, 120, 60, nil, nil},
		{"later than its next", "A", 10, "l2", 30, 90, 0, []string{"order"}, []string{"A20"}},
		{"over the break, which it may", "A", 20, "d", 210, 330, 60, nil, nil},
		{"into the break", "A", 20, "d", 250, 310, 60, []string{"calendar", "duration"}, nil},
		{"before the one before it", "A", 20, "d", 30, 90, 60, []string{"order"}, nil},
		{"to a machine that cannot", "A", 20, "l1", 300, -1, -1, []string{"machine"}, nil},
	} {
		f, err := checkMove(m, s, Move{"id-" + c.order, c.job, plant.NodeID(c.to), at(c.start)})
		if err != nil {
			t.Fatal(err)
		}
		var pushes []string
		for _, r := range f.Pushes {
			pushes = append(pushes, r.Order[len("id-"):]+string(rune('0'+r.Job/10))+"0")
		}
		if !slices.Equal(kindsOf(f.Violations), c.violations) || !slices.Equal(pushes, c.pushes) {
			t.Errorf("%s: violations %+v, pushes %v; want %v, %v", c.what, f.Violations, pushes, c.violations, c.pushes)
		}
		if c.end >= 0 && f.End != at(c.end) || c.earliest >= 0 && f.Earliest != at(c.earliest) {
			t.Errorf("%s: ends %v, could begin %v; want minutes %d and %d", c.what, f.End.Time(), f.Earliest.Time(), c.end, c.earliest)
		}
	}
	if _, err := checkMove(m, s, Move{"id-X", 10, "l1", at(0)}); err == nil {
		t.Error("an order that is not in the plan was moved")
	}
}

// Setting up counts on both sides of a gap.
func TestCheckMove_Setup(t *testing.T) {
	m := build(t, lathes(order("A", 30, 900, turn(60, 10, "l1")), order("B", 30, 900, turn(60, 10, "l1")), order("C", 30, 900, turn(60, 20, "l1"))))
	l := on(t, m, "l1")
	s := put(t, m, schedule.Placed{Job: 0, Machine: l, Start: 10, End: 40}, schedule.Placed{Job: 1, Machine: l, Start: 100, End: 130}, schedule.Placed{Job: 2, Machine: l, Start: 150, End: 180})
	// Between A and B: set up from 40 to 60, run to 90, and B is set up by 100.
	f, err := checkMove(m, s, Move{"id-C", 10, "l1", at(60)})
	if err != nil || len(f.Violations) > 0 || f.SetupMs != 20*minute || f.Earliest != at(60) || len(f.Pushes) > 0 {
		t.Errorf("into the gap: %+v %v", f, err)
	}
	f, err = checkMove(m, s, Move{"id-C", 10, "l1", at(65)})
	if err != nil || !slices.Equal(kindsOf(f.Violations), []string{"setup"}) || len(f.Pushes) != 1 || f.Pushes[0].Order != "id-B" {
		t.Errorf("too late in the gap: %+v %v", f, err)
	}
}
