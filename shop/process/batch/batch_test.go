package batch

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// world is a grinder whose jobs are known: what it showed of each is made by rules.
type world struct {
	start   time.Time
	runs    []Run
	courses map[string]func(at float64) (float64, bool) // by signal, seconds since start
	kept    []Golden
	asked   []Screening
	now     time.Time
	told    []Departure
	over    []plant.Instant
}

func (w *world) Raise(_ context.Context, _ plant.TenantNo, d Departure) error {
	w.told = append(w.told, d)
	return nil
}

func (w *world) Clear(_ context.Context, _ plant.TenantNo, _ string, at plant.Instant) error {
	w.over = append(w.over, at)
	return nil
}

func (w *world) Machine(context.Context, plant.TenantNo, plant.NodeID) (string, plant.Name, error) {
	return "firm/grinding/grinder-1", plant.Name{ZH: "1号磨床"}, nil
}

var shownSignals = []Signal{{Name: "temperature.coolant"}, {Name: "pressure"}, {Name: "energy", Counter: true}, {Name: "still"}, {Name: "hidden"}}

func (w *world) Signals(context.Context, plant.TenantNo, plant.NodeID) ([]Signal, error) {
	return shownSignals, nil
}

func (w *world) second(at plant.Instant) float64 { return at.Time().Sub(w.start).Seconds() }

func (w *world) Course(_ context.Context, _ plant.TenantNo, _ plant.NodeID, signal string, from, to plant.Instant, n int) ([]Mean, error) {
	out := make([]Mean, n)
	width := (to - from) / plant.Instant(n)
	for i := range out {
		at := from + width*plant.Instant(i) + width/2
		v, ok := w.courses[signal](w.second(at))
		out[i] = Mean{At: at, Mean: v, Min: v, Max: v, Last: v, Known: ok}
	}
	return out, nil
}

func (w *world) Held(ctx context.Context, tenant plant.TenantNo, id plant.NodeID, signal string, from, to plant.Instant, _ int) ([]Mean, error) {
	return w.Course(ctx, tenant, id, signal, from, to, int(w.second(to)-w.second(from)))
}

func (w *world) Produced(context.Context, plant.TenantNo, plant.NodeID, plant.Instant, plant.Instant, float64) ([]Run, error) {
	return w.runs, nil
}

func (w *world) Jobs(_ context.Context, _ plant.TenantNo, _ plant.NodeID, from, to plant.Instant) (out []Run, _ error) {
	for _, r := range w.runs {
		if r.From < to && r.To > from {
			out = append(out, r)
		}
	}
	return out, nil
}

func (w *world) Measured(_ context.Context, _ plant.TenantNo, _ string, from, to plant.Instant) (out []Measured, _ plant.Name, _, _ string, _ error) {
	for _, r := range w.runs {
		v, _ := w.courses["temperature.coolant"](w.second(r.From))
		out = append(out, Measured{At: r.From + (r.To-r.From)/2, Value: 30 + 0.002*(v-25)})
	}
	return out, plant.Name{ZH: "外径"}, "firm/grinding/grinder-1", "mm", nil
}

func (w *world) SaveGolden(_ context.Context, _ plant.TenantNo, g Golden, seen int64) error {
	if int64(len(w.kept)) != seen {
		return access.ErrConflict
	}
	w.kept = append(w.kept, g)
	return nil
}

func (w *world) Golden(_ context.Context, _ plant.TenantNo, _ string, rev int64) (Golden, error) {
	if rev == 0 {
		rev = int64(len(w.kept))
	}
	if rev < 1 || rev > int64(len(w.kept)) {
		return Golden{}, access.ErrNotFound
	}
	return w.kept[rev-1], nil
}

func (w *world) Goldens(context.Context, Filter) ([]Golden, error) { return w.kept, nil }

func (w *world) GoldenRevisions(context.Context, plant.TenantNo, string) ([]Golden, error) {
	return w.kept, nil
}

func (w *world) SaveScreening(_ context.Context, _ plant.TenantNo, s Screening) error {
	w.asked = append(w.asked, s)
	return nil
}

func (w *world) Screening(context.Context, plant.TenantNo, string) (Screening, error) {
	return w.asked[0], nil
}

func (w *world) Screenings(context.Context, Filter) ([]Screening, error) { return w.asked, nil }

// newWorld has 60 jobs of half an hour; every third is one of Li's, whose scrap is
// higher, and the coolant's temperature wanders.
func newWorld() (*world, *Desk) {
	w := &world{start: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)}
	r := rand.New(rand.NewPCG(1, 8))
	coolant := make([]float64, 60)
	for i := range coolant {
		coolant[i] = 25 + 3*r.NormFloat64()
		from := w.start.Add(time.Duration(i) * time.Hour)
		run := Run{From: plant.InstantOf(from), To: plant.InstantOf(from.Add(30 * time.Minute)), Order: "MO", Job: i, Item: "ring", People: []string{"王"}, Lots: []string{"bar:1"}, Good: 500, Scrap: 5 + int64(r.IntN(3))}
		if i%3 == 0 {
			run.People, run.Scrap = []string{"李"}, run.Scrap+20
		}
		w.runs = append(w.runs, run)
	}
	noise := rand.New(rand.NewPCG(2, 2))
	w.courses = map[string]func(float64) (float64, bool){
		"temperature.coolant": func(at float64) (float64, bool) { return coolant[min(59, int(at/3600))], true },
		"pressure": func(at float64) (float64, bool) {
			return 6 + math.Sin(math.Mod(at, 3600)/200) + 0.02*noise.NormFloat64(), true
		},
		"energy": func(at float64) (float64, bool) { return at / 100, true },
		"still":  func(float64) (float64, bool) { return 4, true },
		"hidden": func(float64) (float64, bool) { return 0, false },
	}
	w.now = w.start.Add(60 * time.Hour)
	return w, NewDesk(Options{Store: w, Machines: w, Inspection: w, Alarms: w, NewID: func() string { return "X" }, Now: func() time.Time { return w.now }})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) question(kind AnswerKind) Question {
	return Question{Machine: "M", Cut: Cut{By: ByJob}, Answer: Answer{Kind: kind}, From: plant.InstantOf(w.start), To: plant.InstantOf(w.now), People: true, Lots: true}
}

// Who was at work is found to go with scrap, the coolant's temperature with the
// diameter; a signal that nobody knows, one that stands still and a lot that went into
// every job are left out.
func TestScreen_PeopleAndSignals(t *testing.T) {
	w, d := newWorld()
	who := access.Node(1)
	s, err := d.Screen(t.Context(), who, w.question(OfScrap))
	must(t, err)
	t.Logf("scrap: p %v, held out %.3f, %+v", s.P, s.Q2HeldOut, s.Causes[:2])
	if !s.Found || !strings.HasPrefix(s.Causes[0].Column, "person:") || s.Causes[0].Stable < 0.95 || s.Q2HeldOut < 0.8 {
		t.Errorf("%+v", s.Causes[0])
	}
	for _, c := range s.Causes {
		if strings.HasSuffix(c.Column, ":hidden") || strings.HasSuffix(c.Column, ":still") || strings.HasPrefix(c.Column, "lot:") || c.Column == "mean:energy" {
			t.Errorf("%s is listed", c.Column)
		}
	}
	if s.Runs != 60 || s.HeldOut != 15 || len(s.Points) != 60 || s.Points[44].Predicted != nil || s.Points[45].Predicted == nil {
		t.Errorf("%d runs, %d held out", s.Runs, s.HeldOut)
	}
	q := w.question(OfCharacteristic)
	q.Answer.Characteristic, q.People, q.Lots = "C1", false, false
	s, err = d.Screen(t.Context(), who, q)
	must(t, err)
	if !s.Found || !strings.HasSuffix(s.Causes[0].Column, ":temperature.coolant") || s.Unit != "mm" || len(w.asked) != 2 {
		t.Errorf("%+v", s.Causes[0])
	}
}

func TestScreen_Refusals(t *testing.T) {
	w, d := newWorld()
	who := access.Node(1)
	with := func(change func(*Question)) Question {
		q := w.question(OfScrap)
		change(&q)
		return q
	}
	for _, c := range []struct {
		want string
		q    Question
	}{
		{"say characteristic", with(func(q *Question) { q.Answer.Kind = "luck" })},
		{"which characteristic", with(func(q *Question) { q.Answer.Kind = OfCharacteristic })},
		{"known of jobs", with(func(q *Question) { q.Cut = Cut{By: ByState} })},
		{"ends before it begins", with(func(q *Question) { q.To = q.From })},
		{"shows no number", with(func(q *Question) { q.Signals = []string{"nothing"} })},
		{"of 0 runs none", with(func(q *Question) { q.Item = "other" })},
		{"12 rows; 20 or more", with(func(q *Question) { q.Note = "few" })},
	} {
		if c.q.Note == "few" {
			w.runs = w.runs[:12]
		}
		if _, err := d.Screen(t.Context(), who, c.q); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
	if _, err := d.Screen(t.Context(), access.Principal{Scope: access.Scope{Tenant: 1, Path: "elsewhere"}}, w.question(OfScrap)); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("by somebody of elsewhere: %v", err)
	}
}

// asked is a golden batch of the first ten jobs.
func (w *world) asks() Asked {
	a := Asked{Name: plant.Name{ZH: "磨削"}, Machine: "M", Cut: Cut{By: ByJob}, Signals: []string{"pressure"}, Align: "phase", Reason: "合格"}
	for _, r := range w.runs[:10] {
		a.Runs = append(a.Runs, Chosen{From: r.From, To: r.To})
	}
	return a
}

// A run that goes on is held against as much of the band as it has come to, and says
// since when it departs; revisions stay.
func TestCompare_WhileItRuns(t *testing.T) {
	w, d := newWorld()
	ctx, who := t.Context(), access.Node(1)
	g, err := d.Save(ctx, who, w.asks())
	must(t, err)
	if g.Rev != 1 || g.Band == nil || len(g.Runs) != 10 || g.Runs[3].Score == nil {
		t.Fatalf("%+v", g.Asked)
	}
	before := w.courses["pressure"]
	broke := w.second(w.runs[59].From) + 600
	w.courses["pressure"] = func(at float64) (float64, bool) {
		v, ok := before(at)
		if at > broke {
			v -= 0.8
		}
		return v, ok
	}
	for minute, want := range map[int]bool{5: false, 9: false, 14: true, 25: true} {
		w.now = w.runs[59].From.Time().Add(time.Duration(minute) * time.Minute)
		b, err := d.Compare(ctx, who, g.ID, 0, w.runs[59].From, 0)
		must(t, err)
		if b.Departed != want || !b.Run.Running || b.Score == nil || math.Abs(b.Reached-float64(minute)/30) > 0.03 {
			t.Errorf("after %d minutes: departed %v, reached %.2f, %s", minute, b.Departed, b.Reached, b.Why)
		}
		if at := w.second(b.FirstAt); want && math.Abs(at-broke) > 60 {
			t.Errorf("departed at %v; the truth is %v", at, broke)
		}
	}
	w.now = w.start.Add(61 * time.Hour)
	all, err := d.Compared(ctx, who, g.ID, 0, w.runs[50].From, plant.InstantOf(w.now))
	must(t, err)
	if len(all) != 10 || !all[0].Departed || all[1].Departed || all[0].Signals != nil {
		t.Errorf("%d runs, the last %v, the one before %v", len(all), all[0].Departed, all[1].Departed)
	}
	a := w.asks()
	a.ID, a.Rev, a.Reason = g.ID, 1, "重选"
	a.Runs = a.Runs[:6]
	if g, err = d.Save(ctx, who, a); err != nil || g.Rev != 2 {
		t.Fatalf("revision %d, %v", g.Rev, err)
	}
	if old, err := d.Golden(ctx, who, g.ID, 1); err != nil || len(old.Runs) != 10 {
		t.Errorf("the first revision: %d runs, %v", len(old.Runs), err)
	}
	if _, err := d.Save(ctx, who, a); !errors.Is(err, access.ErrConflict) {
		t.Errorf("saved from an old revision: %v", err)
	}
	for want, change := range map[string]func(*Asked){
		"4 runs":       func(a *Asked) { a.Runs = a.Runs[:4] },
		"overlaps":     func(a *Asked) { a.Runs[1].From = a.Runs[0].From },
		"say why":      func(a *Asked) { a.Reason = " " },
		"twice":        func(a *Asked) { a.Signals = []string{"pressure", "pressure"} },
		"shows no":     func(a *Asked) { a.Signals = []string{"nothing"} },
		"phase or":     func(a *Asked) { a.Align = "luck" },
		"say job":      func(a *Asked) { a.Cut.By = "luck" },
		"other side":   func(a *Asked) { a.Cut = Cut{By: BySignal, Signal: "pressure", Start: 1, End: 2} },
		"needs a name": func(a *Asked) { a.Name = plant.Name{} },
	} {
		a := w.asks()
		change(&a)
		if _, err := d.Save(ctx, who, a); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

// A run that departs is told of while it goes on; a later one that runs well so far
// takes nothing back, one that ended well does.
func TestWatch(t *testing.T) {
	w, d := newWorld()
	ctx, who := t.Context(), access.Node(1)
	g, err := d.Save(ctx, who, w.asks())
	must(t, err)
	before := w.courses["pressure"]
	bad := w.runs[40]
	w.courses["pressure"] = func(at float64) (float64, bool) {
		v, ok := before(at)
		if at > w.second(bad.From)+600 && at < w.second(bad.To) {
			v -= 0.8
		}
		return v, ok
	}
	look := func(run, minute, told, over int) {
		t.Helper()
		w.now = w.runs[run].From.Time().Add(time.Duration(minute) * time.Minute)
		must(t, d.Watch(ctx, 1))
		if len(w.told) != told || len(w.over) != over {
			t.Errorf("run %d, minute %d: told %d times, over %d times; want %d, %d", run, minute, len(w.told), len(w.over), told, over)
		}
	}
	look(39, 45, 0, 1)
	look(40, 9, 0, 1)
	look(40, 20, 1, 1)
	look(40, 50, 2, 1)
	look(41, 15, 2, 1)
	look(41, 40, 2, 2)
	first, last := w.told[0], w.told[1]
	if first.Key != g.ID || math.Abs(w.second(first.At)-w.second(bad.From)-600) > 60 || first.Text.ZH != "磨削：pressure偏离" || strings.Contains(first.Evidence, "until") || !strings.Contains(last.Evidence, "until") {
		t.Errorf("%+v", first)
	}
	a := w.asks()
	a.ID, a.Rev, a.Ended = g.ID, 1, true
	if _, err := d.Save(ctx, who, a); err != nil {
		t.Fatal(err)
	}
	w.kept = w.kept[1:]
	look(40, 20, 2, 3) // one that was ended raises nothing
}

// Cycles of a signal, stretches of a time: what had begun before is left out, what
// runs is said to.
func TestRuns_Ways(t *testing.T) {
	w, d := newWorld()
	ctx, who := t.Context(), access.Node(1)
	w.courses["pressure"] = func(at float64) (float64, bool) {
		if math.Mod(at, 1000) < 400 {
			return 8, true
		}
		return 2, true
	}
	w.now = w.start.Add(3300 * time.Second)
	from, to := plant.InstantOf(w.start), plant.InstantOf(w.start.Add(time.Hour))
	runs, err := d.Runs(ctx, who, "M", Cut{By: BySignal, Signal: "pressure", Start: 6, End: 4}, "", from, to)
	must(t, err)
	if len(runs) != 3 || w.second(runs[0].From) < 990 || w.second(runs[0].From) > 1010 || runs[1].Running || !runs[2].Running || runs[2].To != plant.InstantOf(w.now) {
		t.Errorf("%+v", runs)
	}
	w.runs = []Run{{From: from, To: from + 2500*1e6}, {From: from + 2600*1e6, To: plant.InstantOf(w.now)}}
	runs, err = d.Runs(ctx, who, "M", Cut{By: ByTime, Every: 600}, "", from, to)
	must(t, err)
	if len(runs) != 6 || runs[3].Running || w.second(runs[4].From) != 2600 || runs[4].Running || !runs[5].Running || w.second(runs[5].From) != 3200 {
		t.Errorf("%+v", runs)
	}
	if _, err := d.Runs(ctx, who, "M", Cut{By: ByTime, Every: 5}, "", from, to); !errors.Is(err, ErrInvalid) {
		t.Errorf("stretches of five seconds: %v", err)
	}
	if _, err := d.Runs(ctx, who, "M", Cut{By: ByJob}, "", from, from); !errors.Is(err, ErrInvalid) {
		t.Errorf("no time: %v", err)
	}
}
