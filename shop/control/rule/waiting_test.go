package rule

import (
	"testing"
	"time"

	"zhigai/fact"
)

// TestRule_WaitsForPeople: a command that others approve is followed to its end, which is
// kept with the firing, also across the end of a node; who refuses it does not suspend the
// rule, a machine that nobody knows does.
func TestRule_WaitsForPeople(t *testing.T) {
	t.Parallel()
	f := func(end Outcome, state State, between func(*world, *Desk) *Desk) {
		t.Helper()
		w, d := newWorld(t)
		r := cool()
		r.GoesOn = true
		r = w.brought(t, d, r, Active)
		l := w.live(t, d)
		w.outcome[Command] = Outcome{Kind: Command, ID: "c1", State: fact.CommandAwaiting}
		l.come(at(tagLink, time.Second, 1), at(tagTemp, time.Second, 90), at(tagTemp, 2*time.Second, 50))
		kept := func() Fired {
			all, err := d.Firings(t.Context(), Filter{Scope: person("li").Scope, Of: r.Series, Limit: 9})
			must(t, err)
			if len(all) != 1 || len(all[0].Outcomes) != 2 || all[0].To == 0 {
				t.Fatalf("%+v; want one firing that is over, of two outcomes", all)
			}
			return all[0]
		}
		if o := kept().Outcomes[1]; o.State != fact.CommandAwaiting {
			t.Errorf("%+v; want it to wait", o)
		}
		if between != nil {
			d = between(w, d)
		}
		w.mu.Lock()
		w.came[Command] = end
		w.mu.Unlock()
		eventually(t, end.State, func() bool { return kept().Outcomes[1] == end })
		eventually(t, string(state), func() bool {
			got, err := d.Rule(t.Context(), person("li"), r.ID)
			must(t, err)
			return got.State == state
		})
	}
	f(Outcome{Kind: Command, ID: "c1", State: fact.CommandConfirmed}, Active, nil)
	f(Outcome{Kind: Command, ID: "c1", State: fact.CommandRejected, Why: "refused by li"}, Active, nil)
	f(Outcome{Kind: Command, ID: "c1", State: fact.CommandExpired, Why: "nobody approved it in time"}, Active, nil)
	f(Outcome{Kind: Command, ID: "c1", State: fact.CommandUnknown, Why: "look at the machine", Doubtful: true}, Suspended, nil)
	f(Outcome{Kind: Command, ID: "c1", State: fact.CommandFailed, Why: "the node ended before it was approved"}, Active, func(w *world, d *Desk) *Desk {
		d.drop()
		w.set(w.now.Add(time.Minute))
		second := NewDesk(d.o)
		t.Cleanup(second.drop)
		w.live(t, second)
		return second
	})
}

// TestRule_EndsBetweenFactAndOutcome: a node that ends between the fact of a firing and
// what came of it finds that out when it begins again, and does nothing twice.
func TestRule_EndsBetweenFactAndOutcome(t *testing.T) {
	t.Parallel()
	w, d := newWorld(t)
	r := cool()
	r.GoesOn = true
	r = w.brought(t, d, r, Active)
	must(t, d.saveFired(t.Context(), 1, &Fired{ID: d.o.NewID(), Rule: r.ID, Series: r.Series, Revision: 1, Place: r.Place, Path: r.Path, Mode: Active, From: d.now(), Outcomes: []Outcome{}}))
	w.set(w.now.Add(time.Minute))
	w.came[Alarm] = Outcome{Kind: Alarm, State: "unknown", Why: "the node ended"}
	w.came[Command] = Outcome{Kind: Command, ID: "c9", State: fact.CommandConfirmed}
	second := NewDesk(d.o)
	t.Cleanup(second.drop)
	w.live(t, second)
	all, err := second.Firings(t.Context(), Filter{Scope: person("li").Scope, Of: r.Series, Limit: 9})
	must(t, err)
	if len(all) != 1 || len(all[0].Outcomes) != 2 || all[0].Outcomes[1] != w.came[Command] {
		t.Errorf("%+v", all)
	}
	for _, one := range w.done {
		if one != "end of alarm by 1" && one != "end of command by 1" {
			t.Errorf("it did %q once more", one)
		}
	}
}
