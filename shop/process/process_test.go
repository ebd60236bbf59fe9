package process_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process"
)

// grinding is a recipe that sets two values and watches a third.
func grinding(place plant.NodeID) process.Recipe {
	return process.Recipe{Item: "ring", Operation: 30, Place: place, Profile: "grinder", Parameters: []process.Parameter{
		{Signal: "feed.override", Target: 100, Low: new(95.0), High: new(105.0), Download: true},
		{Signal: "spindle.override", Target: 90, Download: true},
		{Signal: "feed.rate", Target: 480, Low: new(450.0), High: new(510.0), DelayS: 10},
	}}
}

// approved takes a recipe through both people.
func approved(t *testing.T, d *process.Desk, r process.Recipe) process.Recipe {
	t.Helper()
	r, err := d.SaveRecipe(t.Context(), person("li"), r)
	must(t, err)
	for _, to := range []process.State{process.Checked, process.Approved} {
		r, err = d.Move(t.Context(), person("wang"), r.ID, process.Move{State: to, Rev: r.Rev})
		must(t, err)
	}
	return r
}

func TestRecipe_WhatIsWrongIsSaid(t *testing.T) {
	d := newWorld().desk(t)
	for _, c := range []struct {
		says string
		edit func(*process.Recipe)
	}{
		{"code of the product", func(r *process.Recipe) { r.Item = " " }},
		{"1 to 100", func(r *process.Recipe) { r.Parameters = nil }},
		{"no signal of grinder", func(r *process.Recipe) { r.Parameters[0].Signal = "nothing" }},
		{"stands twice", func(r *process.Recipe) { r.Parameters[1].Signal = "feed.override" }},
		{"is a text", func(r *process.Recipe) { r.Parameters[0].Signal = "machine.program" }},
		{"exchange them", func(r *process.Recipe) { r.Parameters[0].Low, r.Parameters[0].High = new(105.0), new(95.0) }},
		{"outside of its own window", func(r *process.Recipe) { r.Parameters[0].Target = 94 }},
		{"cannot be set", func(r *process.Recipe) { r.Parameters[2].Download = true }},
		{"neither set nor watched", func(r *process.Recipe) { r.Parameters[2].Low, r.Parameters[2].High = nil, nil }},
		{"does not take 121", func(r *process.Recipe) { r.Parameters[1].Target = 121 }},
		{"a delay of", func(r *process.Recipe) { r.Parameters[2].DelayS = -1 }},
		{"is no machine", func(r *process.Recipe) { r.Place, r.Profile = "L", "saw" }},
	} {
		r := grinding("G1")
		c.edit(&r)
		if _, err := d.SaveRecipe(t.Context(), person("li"), r); !errors.Is(err, process.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v", c.says, err)
		}
	}
}

// Nobody approves what he wrote; what is approved never changes, and the next revision
// is held against it.
func TestRecipe_FourEyesAndRevisions(t *testing.T) {
	w := newWorld()
	d, ctx, li, wang := w.desk(t), t.Context(), person("li"), person("wang")
	r, err := d.SaveRecipe(ctx, li, grinding("G1"))
	must(t, err)
	if r.Revision != 1 || r.State != process.Draft || r.Parameters[2].Unit != "mm/min" || r.Parameters[0].Title.EN != "feed override" {
		t.Errorf("a draft: %+v", r)
	}
	if _, err := d.SaveRecipe(ctx, li, grinding("G1")); !errors.Is(err, access.ErrConflict) {
		t.Errorf("the same recipe again: %v", err)
	}
	move := func(who access.Principal, to process.State, note string) error {
		moved, err := d.Move(ctx, who, r.ID, process.Move{State: to, Note: note, Rev: r.Rev})
		if err == nil {
			r = moved
		}
		return err
	}
	r.Parameters[2].DelayS = 20
	r, err = d.SaveRecipe(ctx, person("zhao"), r) // another author
	must(t, err)
	for _, who := range []string{"li", "zhao"} {
		if err := move(person(who), process.Checked, ""); err == nil || !strings.Contains(err.Error(), who+" wrote this revision") {
			t.Errorf("%s checks his own: %v", who, err)
		}
	}
	if err := move(wang, process.Approved, ""); err == nil || !strings.Contains(err.Error(), "cannot become approved") {
		t.Errorf("approved without a check: %v", err)
	}
	must(t, move(wang, process.Checked, ""))
	if err := move(li, process.Approved, ""); err == nil || !strings.Contains(err.Error(), "another person") {
		t.Errorf("the author approves: %v", err)
	}
	if err := move(wang, process.Draft, ""); err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("given back without a reason: %v", err)
	}
	must(t, move(wang, process.Approved, ""))
	if r.From != w.at() {
		t.Errorf("in effect from %v; want now", r.From)
	}
	if _, err := d.SaveRecipe(ctx, li, r); !errors.Is(err, process.ErrInvalid) {
		t.Errorf("an approved revision was changed: %v", err)
	}
	next := grinding("G1")
	next.Series = r.Series
	next.Parameters = next.Parameters[1:]
	next.Parameters[0].Target = 88
	next, err = d.SaveRecipe(ctx, li, next)
	must(t, err)
	c, err := d.Compare(ctx, li, next.ID, "")
	must(t, err)
	var what []string
	for _, one := range c.Differences {
		kind := "changed"
		if one.Before == nil || one.After == nil {
			kind = "gone"
		}
		what = append(what, one.Signal+" "+kind)
	}
	if c.Before.ID != r.ID || !slices.Equal(what, []string{"spindle.override changed", "feed.rate changed", "feed.override gone"}) {
		t.Errorf("revision %d against %d: %v", c.After.Revision, c.Before.Revision, what)
	}
	if _, err := d.Move(ctx, wang, next.ID, process.Move{State: process.Checked, Rev: 99}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("from a revision that nobody saw: %v", err)
	}
	if len(w.kept) != 5 { // each step is a fact
		t.Errorf("%d facts; want 5", len(w.kept))
	}
}

// The machine's own before that of the line, of the operation before that of every
// one, the last that took effect, and none that is not approved.
func TestEffective(t *testing.T) {
	w := newWorld()
	m, err := w.Machine(t.Context(), 1, "G1")
	must(t, err)
	one := func(id string, place plant.NodeID, operation int, from plant.Instant) process.Recipe {
		return process.Recipe{ID: id, Item: "ring", Operation: operation, Place: place, Profile: "grinder", State: process.Approved, From: from, Steps: []process.Step{{}}}
	}
	line, all, own, later := one("line", "L", 30, 10), one("firm", "F", 0, 10), one("own", "G1", 0, 10), one("later", "G1", 0, 50)
	draft := one("draft", "G1", 30, 0)
	draft.State = process.Draft
	gone := one("gone", "G1", 30, 20)
	gone.State, gone.Steps = process.Retired, []process.Step{{State: process.Retired, At: 40}}
	set := []process.Recipe{draft, later, all, line, own, gone}
	for _, c := range []struct {
		item string
		job  int
		at   plant.Instant
		want string
	}{
		{"ring", 30, 9, ""},
		{"ring", 30, 10, "own"},
		{"ring", 30, 25, "gone"}, // of the operation, while it was in use
		{"ring", 30, 40, "own"},
		{"ring", 30, 50, "later"},
		{"shaft", 30, 50, ""},
	} {
		got := ""
		if r := process.Effective(set, c.item, c.job, m, c.at); r != nil {
			got = r.ID
		}
		if got != c.want {
			t.Errorf("%s, operation %d at %d: %q; want %q", c.item, c.job, c.at, got, c.want)
		}
	}
	if r := process.Effective([]process.Recipe{all, line}, "ring", 30, m, 99); r == nil || r.ID != "line" {
		t.Errorf("of line and firm: %+v", r)
	}
	if r := process.Effective([]process.Recipe{all, line}, "ring", 20, m, 99); r == nil || r.ID != "firm" {
		t.Errorf("of another operation: %+v", r)
	}
}

// download waits for the end of one.
func download(t *testing.T, d *process.Desk, recipe string, machine plant.NodeID, key string) process.Download {
	t.Helper()
	l, err := d.Download(t.Context(), person("wu"), process.New{Recipe: recipe, Machine: machine, Key: key})
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	l, err = d.Await(ctx, person("wu"), l.ID)
	must(t, err)
	return l
}

func TestDownload_StopsAtTheFirstThatIsNotConfirmed(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	r := approved(t, d, grinding("L")) // for all grinders of the line
	w.running = []process.Run{{Order: "O1", Number: "MO-1", Job: 30, Item: "ring", Machine: "G1", From: w.at()}}
	l := download(t, d, r.ID, "G1", "k1")
	if l.State != process.Applied || l.Order != "MO-1" || l.Job != 30 || *l.Values[0].Read != 100 || *l.Values[1].Read != 90 || l.Values[1].State != "confirmed" {
		t.Errorf("a machine that does as it is told: %+v", l)
	}
	if again := download(t, d, r.ID, "G1", "k1"); again.ID != l.ID || len(w.ordered) != 2 {
		t.Errorf("the same key again: %s, %v", again.ID, w.ordered)
	}
	if _, err := d.Download(t.Context(), person("wu"), process.New{Recipe: r.ID, Machine: "G2", Key: "k1"}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("its key for another machine: %v", err)
	}
	w.lies["feed.override"] = 80
	if l = download(t, d, r.ID, "G2", ""); l.State != process.Failed || l.At != "feed.override" || *l.Values[0].Read != 80 || l.Values[1].State != "waiting" || len(w.ordered) != 3 {
		t.Errorf("a machine that takes another value: %+v, ordered %v", l, w.ordered)
	}
	delete(w.lies, "feed.override")
	w.refuses["spindle.override"] = "interlock: the door is open"
	if l = download(t, d, r.ID, "G2", ""); l.State != process.Failed || l.At != "spindle.override" || !strings.Contains(l.Why, "door is open") {
		t.Errorf("a machine that refuses: %+v", l)
	}
	w.refuses["spindle.override"] = "forbidden"
	if l = download(t, d, r.ID, "G2", ""); l.State != process.Failed || l.At != "spindle.override" || l.Values[1].Command != "" {
		t.Errorf("control takes no order: %+v", l)
	}
	if _, err := d.Download(t.Context(), person("wu"), process.New{Recipe: r.ID, Machine: "X"}); !errors.Is(err, process.ErrInvalid) {
		t.Errorf("to a lathe: %v", err)
	}
	w.running[0].Item = "shaft"
	if _, err := d.Download(t.Context(), person("wu"), process.New{Recipe: r.ID, Machine: "G1"}); !errors.Is(err, process.ErrInvalid) || !strings.Contains(err.Error(), "makes shaft") {
		t.Errorf("while something else is made: %v", err)
	}
	w.running = nil
	next := grinding("L")
	next.Series = r.Series
	next = approved(t, d, next)
	if _, err := d.Download(t.Context(), person("wu"), process.New{Recipe: r.ID, Machine: "G1"}); !errors.Is(err, process.ErrInvalid) || !strings.Contains(err.Error(), "revision 2 took the place") {
		t.Errorf("a revision that another one took the place of: %v", err)
	}
	w.refuses = map[string]string{}
	if l = download(t, d, next.ID, "G1", ""); l.State != process.Applied {
		t.Errorf("the newest: %+v", l)
	}
	draft := grinding("G1")
	draft.Item = "shaft"
	draft, err := d.SaveRecipe(t.Context(), person("li"), draft)
	must(t, err)
	if _, err := d.Download(t.Context(), person("wu"), process.New{Recipe: draft.ID, Machine: "G1"}); !errors.Is(err, process.ErrInvalid) {
		t.Errorf("a draft: %v", err)
	}
}

// A download that a crash cut is found at the start, said unknown, and nothing is sent.
func TestDownload_CutByACrash(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	r := approved(t, d, grinding("G1"))
	w.hold, w.begun = make(chan struct{}), make(chan string, 1)
	l, err := d.Download(t.Context(), person("wu"), process.New{Recipe: r.ID, Machine: "G1"})
	must(t, err)
	if _, err := d.Download(t.Context(), person("wu"), process.New{Recipe: r.ID, Machine: "G1"}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("two at one machine: %v", err)
	}
	<-w.begun // the first command is under way
	d.Close()
	after := w.desk(t)
	must(t, after.Resume(t.Context(), 1))
	got, err := after.Await(t.Context(), person("wu"), l.ID)
	must(t, err)
	if got.State != process.Unknown || got.At != "feed.override" || got.Values[1].State != "waiting" || len(w.ordered) != 1 {
		t.Errorf("after the start: %+v, ordered %v", got, w.ordered)
	}
	must(t, after.Resume(t.Context(), 1))
	if again, err := after.Await(t.Context(), person("wu"), l.ID); err != nil || again.Rev != got.Rev {
		t.Errorf("found twice: %+v, %v", again, err)
	}
}

// A value outside of its window for longer than its delay while parts are made is a
// deviation and an alarm; while the machine stands it is none. What was found live is
// what is found afterwards, and what a trial says before.
func TestFollow_IsWhatThePastSays(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	r := approved(t, d, grinding("G1"))
	start := w.at()
	w.running = []process.Run{{Order: "O1", Number: "MO-1", Job: 30, Item: "ring", Machine: "G1", From: start}}
	sec := func(s float64) plant.Instant { return start + plant.Instant(s*1e6) }
	w.produced = []process.Span{{sec(5), sec(100)}, {sec(160), sec(300)}}
	for _, s := range [][2]float64{{0, 480}, {20, 520}, {26, 480}, {40, 520}, {70, 530}, {80, 480}, {100, 0}, {161, 480}, {250, 400}} {
		w.say(tagRate, start, s[0], s[1])
	}
	w.say(tagFeed, start, 0, 100)
	for range 150 {
		w.now = w.now.Add(2 * time.Second)
		must(t, d.Follow(t.Context(), 1))
	}
	all, err := d.Deviations(t.Context(), process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9})
	must(t, err)
	if len(all) != 2 {
		t.Fatalf("%d deviations: %+v; want the one of 30 s and the last, not the 6 s and not the stop", len(all), all)
	}
	last, first := all[0], all[1]
	if first.From != sec(50) || first.To != sec(80) || first.Worst != 530 || first.Number != "MO-1" || first.Revision != r.Revision {
		t.Errorf("the first: %+v", first)
	}
	if last.From != sec(260) || last.To != 0 || last.Worst != 400 || len(w.alarms) != 1 || w.alarms["G1.feed.rate"].At != sec(260) {
		t.Errorf("the last stands: %+v, alarms %+v", last, w.alarms)
	}

	// Another process goes on from where this one ended: nothing is found twice.
	again := w.desk(t)
	must(t, again.Follow(t.Context(), 1))
	if found, err := again.Deviations(t.Context(), process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9}); err != nil || len(found) != 2 || found[0].Rev != last.Rev || found[1].Rev != first.Rev {
		t.Errorf("after a start: %+v, %v", found, err)
	}
	w.past = []process.Run{w.running[0]}
	w.past[0].To = sec(300)
	w.running = nil
	w.now = w.now.Add(10 * time.Second)
	must(t, again.Follow(t.Context(), 1))
	all, err = again.Deviations(t.Context(), process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9})
	must(t, err)
	if all[0].To == 0 || len(w.alarms) != 0 {
		t.Errorf("the job is over: %+v, %+v", all[0], w.alarms)
	}

	ran, err := again.Ran(t.Context(), person("li"), "O1", 30, "G1", w.at())
	must(t, err)
	v := ran.Values[2]
	if len(v.Excursions) != 2 || v.Excursions[0].From != first.From || v.Excursions[0].To != first.To || v.Excursions[1].From != last.From {
		t.Errorf("the past has %+v", v.Excursions)
	}
	// 15 s at 480, 6 at 520, 14 at 480, 30 at 520, 10 at 530, 20 at 480; then 1 s of
	// the value from before, 89 at 480 and 50 at 400.
	if v.KnownS != 235 || *v.OutsideS != 6+30+10+1+50 || *v.Min != 0 || *v.Max != 530 || ran.ProducedS != 235 {
		t.Errorf("as run: known %v s, outside %v s, %v … %v, produced %v s", v.KnownS, *v.OutsideS, *v.Min, *v.Max, ran.ProducedS)
	}
	if ran.Verdict != process.NotLoaded || ran.Recipe.ID != r.ID {
		t.Errorf("verdict %s by %+v", ran.Verdict, ran.Recipe)
	}
	tried, err := again.Try(t.Context(), person("li"), grinding("G1"), start, w.at())
	must(t, err)
	if tried.Jobs != 1 || tried.Parameters[2].Count != 2 || tried.Parameters[2].OutsideS != 97 || tried.Parameters[0].Count != 0 {
		t.Errorf("tried: %+v", tried)
	}
	if none, err := again.Try(t.Context(), person("li"), grinding("G1"), start-1000, start-1); err != nil || none.Reason == "" {
		t.Errorf("tried where nothing ran: %+v, %v", none, err)
	}
}

// A job that ended while the node was down leaves no deviation and no alarm standing.
func TestFollow_JobEndedMeanwhile(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	approved(t, d, grinding("G1"))
	start := w.at()
	w.running = []process.Run{{Order: "O1", Number: "MO-1", Job: 30, Item: "ring", Machine: "G1", From: start}}
	w.produced = []process.Span{{From: start, To: start + 600e6}}
	w.say(tagRate, start, 0, 400)
	w.now = w.now.Add(time.Minute)
	must(t, d.Follow(t.Context(), 1))
	if len(w.alarms) != 1 {
		t.Fatalf("alarms %+v; want one", w.alarms)
	}
	w.running = nil
	must(t, w.desk(t).Follow(t.Context(), 1))
	all, err := d.Deviations(t.Context(), process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 9})
	must(t, err)
	if len(all) != 1 || all[0].To == 0 || !all[0].Stopped || len(w.alarms) != 0 {
		t.Errorf("after the start: %+v, alarms %+v", all, w.alarms)
	}
}

// In whatever steps time goes on, the same deviations are found.
func TestFollow_InAnySteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 30 {
		w := newWorld()
		d := w.desk(t)
		approved(t, d, grinding("G1"))
		start := w.at()
		w.running = []process.Run{{Order: "O1", Number: "MO-1", Job: 30, Item: "ring", Machine: "G1", From: start}}
		for s := 0.0; s < 900; s += 1 + float64(rng.IntN(60)) {
			w.say(tagRate, start, s, 440+float64(rng.IntN(80)))
		}
		for s := 3; s < 900; s += 120 + rng.IntN(60) {
			w.produced = append(w.produced, process.Span{From: start + plant.Instant(s)*1e6, To: start + plant.Instant(s+60+rng.IntN(50))*1e6})
		}
		for w.at() < start+900e6 {
			w.now = w.now.Add(time.Duration(1+rng.IntN(90)) * time.Second)
			must(t, d.Follow(t.Context(), 1))
		}
		w.now = w.now.Add(10 * time.Second)
		must(t, d.Follow(t.Context(), 1))
		live, err := d.Deviations(t.Context(), process.Filter{Scope: access.Scope{Tenant: 1}, Limit: 999})
		must(t, err)
		ran, err := d.Ran(t.Context(), person("li"), "O1", 30, "G1", w.at())
		must(t, err)
		past := ran.Values[2].Excursions
		if len(live) != len(past) {
			t.Fatalf("%d live, %d afterwards", len(live), len(past))
		}
		for _, e := range past {
			i := slices.IndexFunc(live, func(v process.Deviation) bool { return v.From == e.From })
			if i < 0 || live[i].To != e.To && !e.Open || live[i].Worst != e.Worst && !e.Open {
				t.Errorf("%+v was not found live: %+v", e, live)
			}
		}
	}
}

func TestNow_SaysWhatDrifted(t *testing.T) {
	w := newWorld()
	d := w.desk(t)
	r := approved(t, d, grinding("G1"))
	start := w.at()
	w.say(tagFeed, start, -5, 98)
	w.say(tagRate, start, -5, 600)
	now, err := d.Now(t.Context(), person("li"), "G1", r.ID)
	must(t, err)
	var states []string
	for _, v := range now.Values {
		states = append(states, v.State)
	}
	if !slices.Equal(states, []string{"drifted", "unknown", "outside"}) || now.Drifted != 2 {
		t.Errorf("%v, %d drifted", states, now.Drifted)
	}
	if bare, err := d.Now(t.Context(), person("li"), "G1", ""); err != nil || bare.Recipe != nil || bare.Job != nil {
		t.Errorf("nothing runs: %+v, %v", bare, err)
	}
	w.running = []process.Run{{Order: "O1", Job: 30, Item: "ring", Machine: "G1", From: start}}
	if job, err := d.Now(t.Context(), person("li"), "G1", ""); err != nil || job.Recipe == nil || job.Recipe.ID != r.ID {
		t.Errorf("a job runs: %+v, %v", job, err)
	}
}
