package alarm_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/record"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// world is a desk on a real record and real samples, with a clock of its own.
type world struct {
	*testing.T
	now   time.Time
	store recshop.Alarms
	desk  *alarm.Desk
	who   access.Principal
}

func newWorld(t *testing.T, length time.Duration) *world {
	h := alarm.OpenHistory(t)
	alarm.Fill(t, h, alarm.Signals(rand.New(rand.NewPCG(5, 8)), length, 2*time.Second))
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	w := &world{T: t, now: alarm.Start.Time(), store: recshop.NewAlarms(db), who: access.As("anna", "anna", access.Scope{Tenant: 1}, access.Read, access.Report, access.Engineer)}
	w.desk = w.open(h, db)
	return w
}

func (w *world) open(h alarm.History, db *record.DB) *alarm.Desk {
	return alarm.NewDesk(alarm.Options{
		Store: w.store, Machines: alarm.One{}, Plant: alarm.One{}, History: h, Journal: db.Journal(), NewID: db.NewID, Now: func() time.Time { return w.now },
	})
}

// live drafts a limit and lets it go live now.
func (w *world) live(terms alarm.Terms) alarm.Limit {
	w.Helper()
	terms.Stage, terms.Tag, terms.Text, terms.Response, terms.Reason, terms.Priority = alarm.Draft, alarm.Load, plant.Name{ZH: "高"}, plant.Name{ZH: "查"}, "r", 2
	l, err := w.desk.Add(w.Context(), w.who, terms)
	must(w.T, err)
	terms.Stage = alarm.Live
	l, err = w.desk.Change(w.Context(), w.who, l.ID, l.Rev, terms)
	must(w.T, err)
	return l
}

func (w *world) list(all alarm.Page, err error) []string {
	w.Helper()
	must(w.T, err)
	out := make([]string, len(all.Alarms))
	for i, a := range all.Alarms {
		out[i] = fmt.Sprintf("%s %d-%d open=%t lost=%t earlier=%t peak=%v", a.ID, a.From, a.To, a.Open, a.Lost, a.Earlier, a.Limit.Peak)
	}
	slices.Sort(out)
	return out
}

// TestNow_IsWhatThePastSays: the present, which follows samples as time goes on, shows
// the same occurrences as a question about the last day, which folds them anew; and a
// trial on history those that the limit then made.
func TestNow_IsWhatThePastSays(t *testing.T) {
	length := 2 * 24 * time.Hour
	w := newWorld(t, length)
	w.now = w.now.Add(time.Hour)
	limits := []alarm.Limit{
		w.live(alarm.Terms{Kind: "hi", Value: 75, Deadband: 5, OnS: 10, OffS: 60}),
		w.live(alarm.Terms{Kind: "lo", Value: 48, OnS: 5}),
		w.live(alarm.Terms{Kind: "deviation", Value: 30, Target: 50, Deadband: 2}),
		w.live(alarm.Terms{Kind: "rate", Value: 60, WindowS: 30}),
	}
	r := rand.New(rand.NewPCG(2, 2))
	begin := w.now
	looked, seen := 0, 0
	for end := alarm.Start.Time().Add(length); w.now.Before(end); looked++ {
		now, day := plant.InstantOf(w.now), w.now.Add(-24*time.Hour)
		present := w.list(w.desk.Now(t.Context(), w.who.Scope, alarm.Filter{Limit: 1000}))
		past := w.list(w.desk.Past(t.Context(), w.who.Scope, alarm.Filter{From: plant.InstantOf(day), To: now, Limit: 1000}))
		if !slices.Equal(present, past) {
			without := func(a, b []string) []string {
				return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
			}
			t.Fatalf("at %s the present alone says\n%q\nand the past alone\n%q", w.now, without(present, past), without(past, present))
		}
		seen += len(present)
		w.now = w.now.Add([]time.Duration{5 * time.Second, time.Minute, 20 * time.Minute, 3 * time.Hour}[r.IntN(4)])
	}
	if looked < 15 || seen < 150 {
		t.Errorf("%d looks at %d alarms: the test shows little", looked, seen)
	}
	for _, l := range limits {
		tried, err := w.desk.Try(t.Context(), w.who.Scope, alarm.Question{Terms: l.Terms, From: plant.InstantOf(begin), To: plant.InstantOf(w.now)})
		must(t, err)
		page, err := w.desk.Past(t.Context(), w.who.Scope, alarm.Filter{ID: "limit/" + l.ID, From: plant.InstantOf(begin), To: plant.InstantOf(w.now), Limit: 1000})
		must(t, err)
		if tried.Count != len(page.Alarms) || tried.Count == 0 {
			t.Errorf("%s: tried %d, live %d", l.Kind, tried.Count, len(page.Alarms))
			continue
		}
		for i, f := range tried.Fired { // the list is newest first
			if a := page.Alarms[len(page.Alarms)-1-i]; a.From != f.From || a.To != f.To || a.Limit.Peak != f.Peak {
				t.Fatalf("%s: tried %+v, live %+v", l.Kind, f, a)
			}
		}
	}
}

// TestPast_ByTheVersionOfThen: what a limit did is judged by the version that was live
// at the time, whatever became of it.
func TestPast_ByTheVersionOfThen(t *testing.T) {
	w := newWorld(t, 24*time.Hour)
	l := w.live(alarm.Terms{Kind: "hi", Value: 75})
	w.now = w.now.Add(12 * time.Hour)
	before := w.list(w.desk.Past(t.Context(), w.who.Scope, alarm.Filter{From: plant.InstantOf(alarm.Start.Time()), To: plant.InstantOf(w.now), Limit: 1000}))
	changed := plant.InstantOf(w.now)
	terms := l.Terms
	terms.Value = 1000
	l, err := w.desk.Change(t.Context(), w.who, l.ID, l.Rev, terms)
	must(t, err)
	w.now = w.now.Add(12 * time.Hour)
	after := w.list(w.desk.Past(t.Context(), w.who.Scope, alarm.Filter{From: plant.InstantOf(alarm.Start.Time()), To: plant.InstantOf(w.now), Limit: 1000}))
	if len(before) < 3 || !slices.Equal(before, after) {
		t.Errorf("before the change %d: %v\nafter it %d: %v", len(before), before, len(after), after)
	}
	terms.Stage = alarm.Retired
	_, err = w.desk.Change(t.Context(), w.who, l.ID, l.Rev, terms)
	must(t, err)
	if again := w.list(w.desk.Past(t.Context(), w.who.Scope, alarm.Filter{From: plant.InstantOf(alarm.Start.Time()), To: changed, Limit: 1000})); len(again) != len(before) {
		t.Errorf("after it retired %d; want %d", len(again), len(before))
	}
}

// TestPerformance_OfKnownAlarms: the figures of alarms that were made by hand.
func TestPerformance_OfKnownAlarms(t *testing.T) {
	w := newWorld(t, time.Minute)
	w.now = alarm.Start.Time().Add(24 * time.Hour)
	raise := func(key string, priority int, at time.Duration, lasted time.Duration) {
		t.Helper()
		from := plant.InstantOf(alarm.Start.Time().Add(at))
		must(t, w.desk.Raise(t.Context(), 1, alarm.Signal{Source: "spc", Key: key, Place: "M1", At: from, Priority: priority, Text: plant.Name{ZH: key}}))
		must(t, w.desk.Clear(t.Context(), 1, "spc", key, from+plant.Instant(lasted.Microseconds())))
	}
	for i := range 12 { // a flood of twelve different ones in six minutes
		raise(fmt.Sprint("flood-", i), 1+i%4, time.Hour+time.Duration(i)*30*time.Second, time.Second)
	}
	for i := range 4 { // one that chatters
		raise("chatter", 2, 10*time.Hour+time.Duration(i)*10*time.Second, time.Second)
	}
	p, err := w.desk.Performance(t.Context(), w.who.Scope, plant.InstantOf(alarm.Start.Time()), plant.InstantOf(w.now), 2)
	must(t, err)
	if p.Count != 16 || *p.PerDay != 8 || p.MostIn10 != 12 || p.Split != [4]int{3, 7, 3, 3} {
		t.Errorf("%d alarms, %v a day and operator, %d at most, split %v", p.Count, *p.PerDay, p.MostIn10, p.Split)
	}
	if len(p.Floods) != 1 || p.Floods[0].Count != 12 || p.Floods[0].From != plant.InstantOf(alarm.Start.Time().Add(time.Hour)) {
		t.Errorf("floods %+v", p.Floods)
	}
	// It ends when fewer than five came within ten minutes: ten after the eighth.
	if want := alarm.Start.Time().Add(time.Hour + 7*30*time.Second + 10*time.Minute); p.Floods[0].To.Time() != want {
		t.Errorf("the flood ends at %s; want %s", p.Floods[0].To.Time(), want)
	}
	if len(p.Chattering) != 1 || p.Chattering[0].Count != 4 || p.Chattering[0].ID != "spc/chatter" || p.Top[0].Count != 4 || p.Top[0].Share != 0.25 {
		t.Errorf("chattering %+v, top %+v", p.Chattering, p.Top[0])
	}
	if len(p.Stale) != 0 {
		t.Errorf("stale %+v", p.Stale)
	}
	must(t, w.desk.Raise(t.Context(), 1, alarm.Signal{Source: "spc", Key: "stale", Place: "M1", At: plant.InstantOf(alarm.Start.Time()), Priority: 4, Text: plant.Name{ZH: "x"}}))
	w.now = w.now.Add(time.Second)
	if p, err = w.desk.Performance(t.Context(), w.who.Scope, plant.InstantOf(alarm.Start.Time()), plant.InstantOf(w.now), 1); err != nil || len(p.Stale) != 1 {
		t.Errorf("stale %+v, %v", p.Stale, err)
	}
}

// TestRaise_ThePastToldAgain: who looks at the past again and tells the same finding
// with the same beginning makes no second one; another beginning is another one.
func TestRaise_ThePastToldAgain(t *testing.T) {
	w := newWorld(t, time.Hour)
	w.now = w.now.Add(48 * time.Hour)
	at := func(h int) plant.Instant {
		return plant.InstantOf(alarm.Start.Time().Add(time.Duration(h) * time.Hour))
	}
	tell := func(from, to int) {
		t.Helper()
		must(t, w.desk.Raise(t.Context(), 1, alarm.Signal{Source: "energy", Key: "air", Place: "M1", At: at(from), Priority: 3, Text: plant.Name{ZH: "漏气"}}))
		must(t, w.desk.Clear(t.Context(), 1, "energy", "air", at(to)))
	}
	tell(1, 2)
	tell(1, 2)
	tell(5, 6)
	tell(1, 2)
	all, err := w.store.Findings(t.Context(), w.who.Scope, at(0), at(48))
	must(t, err)
	if len(all) != 2 || all[1].To() != at(2) || all[0].From() != at(5) {
		t.Errorf("%+v", all)
	}
	stood, err := w.desk.Stood(t.Context(), 1, "M1", "energy/air", at(0), at(48))
	must(t, err)
	if len(stood) != 2 || stood[0].From != at(1) || stood[0].Open || stood[1].To != at(6) {
		t.Errorf("%+v", stood)
	}
}
