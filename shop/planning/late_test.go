package planning

import (
	"testing"

	"zhigai/calc/schedule"
)

// put is a schedule: each operation by job and number on a machine from minute to
// minute.
func put(t *testing.T, m *Model, ops ...schedule.Placed) schedule.Schedule {
	t.Helper()
	for i := range ops {
		ops[i].Start, ops[i].End = ops[i].Start*60, ops[i].End*60
	}
	s := schedule.Schedule{Operations: ops}
	if v := violations(m, s); len(v) > 0 {
		t.Fatalf("the test's schedule cannot be: %+v", v)
	}
	return s
}

func on(t *testing.T, m *Model, machine string) int {
	t.Helper()
	for k, o := range m.Machines {
		if string(o.ID) == machine {
			return k
		}
	}
	t.Fatalf("no machine %s in %+v", machine, m.Machines)
	return 0
}

// Order B is late because its last job waited for its first, which waited for the
// lathe to be set up behind order A, which itself had to be set up for.
func TestLate_Chain(t *testing.T) {
	m := build(t, lathes(order("A", 60, 100, turn(60, 30, "l1")), order("B", 60, 100, turn(60, 30, "l1"), turn(120, 0, "d"))))
	lathe, byDay := on(t, m, "l1"), on(t, m, "d")
	s := put(t, m, schedule.Placed{Job: 0, Op: 0, Machine: lathe, Start: 30, End: 90}, schedule.Placed{Job: 1, Op: 0, Machine: lathe, Start: 120, End: 180}, schedule.Placed{Job: 1, Op: 1, Machine: byDay, Start: 180, End: 360})
	p := compose(m, s)
	late := lateOrders(m, s, p.Orders)
	if len(late) != 1 || late[0].Number != "B" || late[0].LateMs != 260*minute {
		t.Fatalf("late: %+v; want B alone, by 260 min", late)
	}
	want := []struct {
		number              string
		job                 int
		because             string
		wait, setup, closed int64
	}{{"B", 20, "job", 0, 0, 60}, {"B", 10, "setup", 30, 30, 0}, {"A", 10, "setup", 30, 30, 0}}
	if len(late[0].Chain) != len(want) {
		t.Fatalf("chain: %+v", late[0].Chain)
	}
	for i, w := range want {
		l := late[0].Chain[i]
		if l.Number != w.number || l.Job != w.job || l.Because != w.because || l.WaitMs != w.wait*minute || l.SetupMs != w.setup*minute || l.ClosedMs != w.closed*minute {
			t.Errorf("link %d: %+v; want %+v", i, l, w)
		}
	}
}

// An order is late by its earliest date, by a machine that is closed, by one that
// runs already, by another on its machine.
func TestLate_Reasons(t *testing.T) {
	first := order("R", 60, 30, turn(60, 0, "l1"))
	first.Earliest = at(20)
	closed := order("C", 250, 260, turn(60, 0, "l2"), Segment{Alternatives: []Alternative{{Equipment: "d", RunMs: 2400}}})
	runs := order("F", 60, 30, turn(60, 0, "f"))
	runs.Jobs[0].State, runs.Jobs[0].Equipment = jobRunning, "f"
	m := build(t, lathes(first, closed, runs, order("M", 60, 60, turn(60, 0, "l1"))))
	s := put(
		t, m,
		schedule.Placed{Job: 0, Machine: on(t, m, "l1"), Start: 20, End: 80},
		schedule.Placed{Job: 1, Machine: on(t, m, "l2"), Start: 0, End: 250}, schedule.Placed{Job: 1, Op: 1, Machine: on(t, m, "d"), Start: 300, End: 310},
		schedule.Placed{Job: 2, Machine: on(t, m, "f"), Start: 0, End: 60},
		schedule.Placed{Job: 3, Machine: on(t, m, "l1"), Start: 80, End: 140},
	)
	want := map[string][]string{"R": {"release"}, "C": {"calendar", "begin"}, "F": {"frozen"}, "M": {"machine", "release"}}
	for _, l := range lateOrders(m, s, compose(m, s).Orders) {
		var got []string
		for _, one := range l.Chain {
			got = append(got, one.Because)
		}
		if len(got) != len(want[l.Number]) {
			t.Errorf("order %s is late because of %v; want %v", l.Number, got, want[l.Number])
			continue
		}
		for i := range got {
			if got[i] != want[l.Number][i] {
				t.Errorf("order %s is late because of %v; want %v", l.Number, got, want[l.Number])
			}
		}
		delete(want, l.Number)
	}
	if len(want) > 0 {
		t.Errorf("not said to be late: %v", want)
	}
}
