package learn

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/model"
	"zhigai/fact/document"
	"zhigai/plant"
)

// A furnace's heat an hour ahead is told better than by its last value, by every kind,
// and the same study gives the same model.
func TestTrain_ValueAhead(t *testing.T) {
	t.Parallel()
	for _, kind := range []model.Kind{model.Linear, model.Trees, model.Network} {
		w := newWorld(t)
		w.show = furnace
		asked := study()
		asked.Kind = kind
		s, v := w.trained(asked)
		t.Logf("%s: RMSE %.2f, naive %.2f, covered %.2f", kind, v.Verdict.RMSE, v.Verdict.NaiveRMSE, *v.Verdict.Covered)
		if !v.Good || v.Verdict.RMSE > 0.6*v.Verdict.NaiveRMSE || v.No != 1 || v.Windows != 1440 || v.Rows != 1438 || len(v.Points) != 359 || v.Verdict.Gap != 3 {
			t.Errorf("%s: %d of %d windows, %d points, %+v", kind, v.Rows, v.Windows, len(v.Points), v.Verdict)
		}
		if !reflect.DeepEqual(v.Dropped, []Dropped{{MissingTarget, "", 2}}) {
			t.Errorf("left out: %+v", v.Dropped)
		}
		other := w.again(s)
		a, err := json.Marshal(v.Learnt)
		must(t, err)
		b, err := json.Marshal(other.Learnt)
		must(t, err)
		if string(a) != string(b) || other.No != 2 {
			t.Errorf("%s: version %d of the same question is another model", kind, other.No)
		}
		all, err := w.desk.Versions(t.Context(), engineer, s.ID, document.Filter{Limit: 9})
		must(t, err)
		if len(all) != 2 || all[0].ID != other.ID || all[0].Learnt != nil {
			t.Errorf("%d versions", len(all))
		}
	}
}

// What nobody can know is not told better than by its last value, and the version says
// so and is not put to work without a reason.
func TestServe_NoBetterThanNaive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	walk := func(machine plant.NodeID, signal string, at plant.Instant) (float64, bool) {
		sum := 0.0 // the day's steps, which nothing announces
		for d := plant.InstantOf(begin); d <= at; d += 6 * hour {
			sum += rough(machine, signal, d)
		}
		return sum, true
	}
	w.show = walk
	asked := study()
	asked.Target.AheadMin, asked.WindowMin = 720, 360
	s, v := w.trained(asked)
	if v.Good {
		t.Fatalf("a random walk is told better than by its last value: %+v", v.Verdict)
	}
	_, err := w.desk.Serve(t.Context(), engineer, s.ID, Move{Version: v.ID, Rev: s.Rev})
	refused(t, err, "write why it is put to work all the same")
	_, err = w.desk.Serve(t.Context(), engineer, s.ID, Move{Version: v.ID, Rev: s.Rev + 1})
	if !errors.Is(err, access.ErrConflict) {
		t.Error(err)
	}
	s, err = w.desk.Serve(t.Context(), engineer, s.ID, Move{Version: v.ID, Rev: s.Rev, Anyway: true, Note: "比较用"})
	must(t, err)
	if s.Version != v.ID || len(s.Log) != 1 || !s.Log[0].Anyway || s.Log[0].By != "li" {
		t.Errorf("%+v", s)
	}
	_, err = w.desk.Serve(t.Context(), engineer, s.ID, Move{Version: v.ID, Rev: s.Rev})
	refused(t, err, "at work already")
	_, err = w.desk.Serve(t.Context(), engineer, s.ID, Move{Rev: s.Rev})
	refused(t, err, "why it is taken out")
	ended := s
	ended.Ended = true
	_, err = w.desk.Save(t.Context(), engineer, ended)
	refused(t, err, "at work")
	s, err = w.desk.Serve(t.Context(), engineer, s.ID, Move{Rev: s.Rev, Note: "不准"})
	must(t, err)
	if s.Version != "" || len(s.Log) != 2 {
		t.Errorf("%+v", s)
	}
}

// What is said while windows come, in whatever steps, is what is said of them
// afterwards, to the bit.
func TestFollow_LiveIsPast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.show = func(machine plant.NodeID, signal string, when plant.Instant) (float64, bool) {
		v, _ := furnace(machine, signal, when)
		return v, signal != "noise" || when < at(41*24) || when > at(41*24+3) // three hours without a sensor
	}
	asked := study()
	asked.Producing = true
	w.idle = []Span{{at(42 * 24), at(42*24 + 5)}}
	s, v := w.trained(asked)
	s = w.serve(s, v)
	for i := range 300 {
		w.now = w.now.Add(time.Duration(1+(i*7919)%37) * time.Minute)
		must(t, w.desk.Follow(t.Context(), 1))
	}
	live := w.said[v.ID]
	if len(live) < 150 {
		t.Fatalf("%d windows", len(live))
	}
	why := map[Why]int{}
	for _, r := range live {
		why[r.Why]++
	}
	if why[MissingInput] < 5 || why[NotProducing] < 9 || why[""] < 100 {
		t.Errorf("windows by reason: %v", why)
	}
	last, err := w.desk.Readings(t.Context(), engineer, v.ID, "M1", 0, math.MaxInt64)
	must(t, err)
	got, err := w.desk.Again(t.Context(), engineer, s.ID, last[0].At-s.window(), last[len(last)-1].At)
	must(t, err)
	if got.Differ != 0 || got.New != 0 || got.Windows != len(live) {
		t.Errorf("asked again: %+v of %d", got, len(live))
	}
	w.said = map[string]map[string]Reading{}
	must(t, w.open().Follow(t.Context(), 1)) // a node that was down all the time
	if !reflect.DeepEqual(w.said[v.ID], live) {
		t.Errorf("all at once: %d windows, live %d, or others", len(w.said[v.ID]), len(live))
	}
}

// Signals that go together no more raise an alarm that names the one, though each is
// where it always was; it ends when they do again.
func TestNormal_AlarmNamesTheSignal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken, mended := at(41*24), at(41*24+12)
	w.show = func(machine plant.NodeID, signal string, when plant.Instant) (float64, bool) {
		v, ok := furnace(machine, signal, when)
		if signal == "heat" && when >= broken && when < mended {
			v = 1600 - v // within its limits, against its power
		}
		return v, ok
	}
	asked := study()
	asked.Name, asked.Target = plant.Name{ZH: "炉子"}, Target{Goal: Normal}
	asked.Inputs = []Input{{Signal: "power", Stat: Mean}, {Signal: "heat", Stat: Mean}, {Signal: "flow", Stat: Mean}}
	s, v := w.trained(asked)
	t.Logf("%+v, %+v", *v.Watched, *v.Fit)
	s = w.serve(s, v)
	follow := func(until plant.Instant) {
		for plant.InstantOf(w.now) < until {
			w.now = w.now.Add(30 * time.Minute)
			must(t, w.desk.Follow(t.Context(), 1))
		}
	}
	follow(broken)
	if len(w.raised) != 0 {
		t.Fatalf("before anything was wrong: %v", w.raised)
	}
	follow(broken + 3*hour)
	a, ok := w.raised[s.ID+"/M1/outside"]
	if !ok || a.At < broken || a.At > broken+2*hour || !strings.Contains(a.Text.ZH, "炉子") || !strings.Contains(a.Text.ZH, "信号heat") && !strings.Contains(a.Text.ZH, "信号power") || a.Evidence != "/health/models?study="+s.ID {
		t.Errorf("%+v", w.raised)
	}
	parts, err := w.desk.Contributions(t.Context(), engineer, v.ID, "M1", broken+2*hour)
	must(t, err)
	if parts[0].Signal == "flow" || parts[0].Share < parts[2].Share || parts[2].Signal != "flow" {
		t.Errorf("%+v", parts)
	}
	follow(mended + 4*hour)
	if len(w.raised) != 0 || !slices.Equal(w.history, []string{"raised " + s.ID + "/M1/outside", "cleared " + s.ID + "/M1/outside"}) {
		t.Errorf("%v, standing %v", w.history, w.raised)
	}
	test, err := w.desk.Backtest(t.Context(), engineer, v.ID, at(40*24), at(42*24))
	must(t, err)
	if len(test.Episodes) != 1 || test.Episodes[0].Learnt || test.Episodes[0].From < broken || test.Warned != 0 {
		t.Errorf("%+v", test)
	}
}

// A sensor that is gone, and inputs that lie elsewhere than what was learnt of, are
// told; a version that is taken out tells nothing more.
func TestWatch_MissingAndDrift(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.show = func(machine plant.NodeID, signal string, when plant.Instant) (float64, bool) {
		v, _ := furnace(machine, signal, when)
		if signal == "power" && when > at(45*24) {
			v += 30
		}
		return v, signal != "heat" || when < at(41*24) || when > at(41*24+6)
	}
	s, v := w.trained(study())
	s = w.serve(s, v)
	w.now = at(41*24 + 5).Time()
	must(t, w.desk.Follow(t.Context(), 1))
	if a, ok := w.raised[s.ID+"/M1/missing"]; !ok || !strings.Contains(a.Text.EN, "heat") {
		t.Errorf("%+v", w.raised)
	}
	w.now = at(45 * 24).Time()
	must(t, w.desk.Follow(t.Context(), 1))
	if len(w.raised) != 0 {
		t.Errorf("it is back, and nothing lies elsewhere: %+v", w.raised)
	}
	w.now = at(60 * 24).Time()
	must(t, w.desk.Follow(t.Context(), 1))
	if a, ok := w.raised[s.ID+"//drift"]; !ok || !strings.Contains(a.Text.ZH, "信号power") {
		t.Errorf("%+v", w.raised)
	}
	all, err := w.desk.Drifts(t.Context(), engineer, v.ID, at(40*24), at(60*24))
	must(t, err)
	if len(all) < 10 || all[0].Most > driftSaid || all[len(all)-1].Most <= driftSaid || all[len(all)-1].Signal != "power" || len(all[0].Inputs) != 4 {
		t.Errorf("%d drifts: %+v to %+v", len(all), all[0], all[len(all)-1])
	}
	_, err = w.desk.Serve(t.Context(), engineer, s.ID, Move{Rev: s.Rev, Note: "要重新训练"})
	must(t, err)
	if len(w.raised) != 0 {
		t.Errorf("it was taken out: %+v", w.raised)
	}
}

// failing machines run hot for twelve hours before each failure, but for one in five.
func (w *world) failing() {
	var all []Breakdown
	for i := range 12 {
		from := at(float64(70*(i+1)) + float64(i*i%7))
		all = append(all, Breakdown{At: from, Until: from + 3*hour, Text: "主轴"})
	}
	w.failures["M1"] = all
	w.show = func(machine plant.NodeID, signal string, when plant.Instant) (float64, bool) {
		v := rough(machine, signal, when)
		for i, f := range all {
			if signal == "heat" && i%5 != 4 && when >= f.At-12*hour && when < f.At {
				v += 6
			}
		}
		return v, true
	}
}

// Failures that something announces are warned of, the others are counted as missed,
// and how long before is said.
func TestBacktest_WarnsBeforeFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.failing()
	asked := study()
	asked.To, asked.Kind, asked.Target = at(40*24), model.Trees, Target{Goal: Failure, WithinH: 12}
	asked.Inputs = []Input{{Signal: "heat", Stat: Mean}, {Signal: "flow", Stat: Mean}}
	_, v := w.trained(asked)
	t.Logf("AUC %.3f, warned %.2f, wrongly %.3f, p %v", *v.Verdict.AUC, *v.Verdict.Warned, *v.Verdict.FalseWarned, *v.Verdict.P)
	if !v.Good || *v.Verdict.AUC < 0.8 || len(v.Failures) != 12 {
		t.Errorf("%+v", v.Verdict)
	}
	if !slices.Contains(v.Dropped, Dropped{UnderRepair, "", 12 * 7}) {
		t.Errorf("left out: %+v", v.Dropped)
	}
	b, err := w.desk.Backtest(t.Context(), engineer, v.ID, at(0), at(40*24))
	must(t, err)
	if b.LeadSMean == nil || len(b.Failures) != 12 || b.Missed != 2 || b.Warned != 10 || len(b.Episodes) > 13 || *b.LeadSMean < 6*3600 || *b.LeadSMean > 12*3600 || b.AheadH != 12 {
		t.Errorf("%d episodes, %d warned, %d missed, lead %v s: %+v", len(b.Episodes), b.Warned, b.Missed, b.LeadSMean, b.Episodes)
	}
}

// Hours to the next failure are told by runs that were not learnt of, never as more
// than what was asked for; what still runs is not learnt of.
func TestTrain_Life(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []Breakdown
	end := 0.0
	for i := range 14 {
		end += 50 + float64(i*17%31)
		all = append(all, Breakdown{At: at(end), Until: at(end + 1)})
	}
	w.failures["M1"] = all
	w.show = func(machine plant.NodeID, signal string, when plant.Instant) (float64, bool) {
		v := 0.1 * rough(machine, signal, when)
		for _, f := range all {
			if f.At > when {
				if signal == "heat" {
					v += 10 * math.Exp(-float64(f.At-when)/float64(15*hour))
				}
				break
			}
		}
		return v, true
	}
	asked := study()
	asked.To, asked.Kind, asked.Target = at(40*24), model.Trees, Target{Goal: Life, MostH: 40}
	asked.Inputs = []Input{{Signal: "heat", Stat: Mean}, {Signal: "heat", Stat: Slope}}
	s, v := w.trained(asked)
	t.Logf("RMSE %.2f h of %d runs, mean %.2f h, covered %.2f by %.1f h", v.Verdict.RMSE, v.Verdict.Groups, v.Verdict.MeanRMSE, *v.Verdict.Covered, *v.Verdict.Width)
	if v.Verdict.By != "group" || v.Verdict.Groups != 14 || v.Verdict.RMSE > 0.5*v.Verdict.MeanRMSE || *v.Verdict.Covered < 0.75 {
		t.Errorf("%+v", v.Verdict)
	}
	if !slices.ContainsFunc(v.Dropped, func(d Dropped) bool { return d.Why == StillRuns && d.N > 10 }) {
		t.Errorf("left out: %+v", v.Dropped)
	}
	s = w.serve(s, v)
	_, err := w.desk.Again(t.Context(), engineer, s.ID, at(0), at(end))
	must(t, err)
	for _, r := range w.said[v.ID] {
		if r.Value != nil && !(0 <= *r.Low && *r.Low <= *r.Value && *r.Value <= *r.High && *r.High <= 40) {
			t.Fatalf("%+v", r)
		}
	}
}

// A training that is stopped keeps nothing.
func TestStop_KeepsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.show, w.hold = furnace, make(chan struct{})
	s, err := w.desk.Save(t.Context(), engineer, study())
	must(t, err)
	run, err := w.desk.Start(t.Context(), engineer, s.ID)
	must(t, err)
	if run.State != isReading {
		t.Errorf("%+v", run)
	}
	second, err := w.desk.Start(t.Context(), engineer, s.ID)
	if err != nil || second.Began != run.Began {
		t.Errorf("the same study twice at once: %+v, %v", second, err)
	}
	_, err = w.desk.Stop(t.Context(), engineer, s.ID)
	must(t, err)
	w.desk.work.Wait()
	run, err = w.desk.Training(t.Context(), engineer, s.ID)
	must(t, err)
	all, err := w.desk.Versions(t.Context(), engineer, s.ID, document.Filter{Limit: 9})
	if err != nil || run.State != isStopped || run.Ended == 0 || len(all) != 0 {
		t.Errorf("%+v, %d versions, %v", run, len(all), err)
	}
}

// What cannot be learnt of says why and what to do, before or after it was tried.
func TestTrain_SaysWhyNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.show = furnace
	asked := study()
	asked.Target = Target{Goal: Failure, WithinH: 24}
	p, err := w.desk.Preview(t.Context(), engineer, asked)
	if err != nil || !strings.Contains(p.Why, "0 failures are known") || p.Rows == 0 {
		t.Errorf("%+v, %v", p, err)
	}
	s, err := w.desk.Save(t.Context(), engineer, asked)
	must(t, err)
	_, err = w.desk.Start(t.Context(), engineer, s.ID)
	must(t, err)
	w.desk.work.Wait()
	if run, err := w.desk.Training(t.Context(), engineer, s.ID); err != nil || run.State != isFailed || !strings.Contains(run.Why, "0 failures are known") {
		t.Errorf("%+v, %v", run, err)
	}
	w.show = func(plant.NodeID, string, plant.Instant) (float64, bool) { return 0, false }
	p, err = w.desk.Preview(t.Context(), engineer, study())
	if err != nil || !strings.Contains(p.Why, "missing_input") || p.Rows != 0 || len(p.Dropped) != 1 || p.Dropped[0].Input != "power" {
		t.Errorf("%+v, %v", p, err)
	}
}

// A preview is of the windows that would be learnt of.
func TestPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.show = furnace
	asked := study()
	asked.Machines = []plant.NodeID{"M1", "M2"}
	p, err := w.desk.Preview(t.Context(), engineer, asked)
	must(t, err)
	if p.Why != "" || p.Windows != 2880 || p.Rows != 2876 || len(p.First) != previewed || p.First[0].Machine != "M1" || p.First[1].Machine != "M2" || p.First[1].At != p.First[0].At || *p.First[0].Target < 700 {
		t.Errorf("%d of %d, %+v", p.Rows, p.Windows, p.First[:2])
	}
	if c := p.Columns[0]; c.Title.ZH != "信号power" || c.Min < 20 || c.Max > 80 || c.Mean < 48 || c.Mean > 52 {
		t.Errorf("%+v", c)
	}
	s, err := w.desk.Save(t.Context(), engineer, asked)
	must(t, err)
	if s.Path != "xc/w1" || s.Rev != 1 || s.Share != usualCover || s.Seed != 1 {
		t.Errorf("%+v", s)
	}
	outsider := access.As("wang", "wang", access.Scope{Tenant: 1, Path: "xc/w2"}, access.Read, access.Engineer)
	if _, err := w.desk.Study(t.Context(), outsider, s.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("from another workshop: %v", err)
	}
	if _, err := w.desk.Save(t.Context(), outsider, study()); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("of another workshop's machine: %v", err)
	}
	reader := access.As("zhao", "zhao", access.Scope{Tenant: 1}, access.Read)
	if _, err := w.desk.Start(t.Context(), reader, s.ID); !errors.Is(err, access.ErrForbidden) {
		t.Errorf("by a reader: %v", err)
	}
}

func TestSave_Refusals(t *testing.T) {
	w := newWorld(t)
	w.show = furnace
	for want, change := range map[string]func(*Study){
		"a name of 1 to 200":            func(s *Study) { s.Name = plant.Name{} },
		"0 machines":                    func(s *Study) { s.Machines = nil },
		"0 inputs":                      func(s *Study) { s.Inputs = nil },
		"windows of 0 minutes":          func(s *Study) { s.WindowMin = 0 },
		"the end is after":              func(s *Study) { s.To = s.From },
		"a share of 0.2":                func(s *Study) { s.Share = 0.2 },
		"pca tells":                     func(s *Study) { s.Kind = "pca" },
		"no kind of model":              func(s *Study) { s.Kind = "magic" },
		"take longer windows":           func(s *Study) { s.WindowMin, s.To = 1, s.From+399*24*hour },
		"whole windows":                 func(s *Study) { s.Target.AheadMin = 45 },
		"the signal to be told":         func(s *Study) { s.Target.Signal = "" },
		"failures within 0 h":           func(s *Study) { s.Target = Target{Goal: Failure} },
		"lives of up to 0 h":            func(s *Study) { s.Target = Target{Goal: Life} },
		"nothing to be told":            func(s *Study) { s.Target = Target{Goal: "luck"} },
		"no figure of a window":         func(s *Study) { s.Inputs[0].Stat = "median" },
		"stands twice":                  func(s *Study) { s.Inputs[1] = s.Inputs[0] },
		"told of the same window":       func(s *Study) { s.Target.AheadMin = 0 },
		"shows no number torque":        func(s *Study) { s.Inputs[0].Signal = "torque" },
		"take its slope":                func(s *Study) { s.Inputs[0].Signal = "energy" },
		"no sense in telling it":        func(s *Study) { s.Target.Signal = "energy" },
		"a note of 1001 bytes":          func(s *Study) { s.Note = strings.Repeat("x", 1001) },
		"shows no number nothing; choo": func(s *Study) { s.Target.Signal = "nothing" },
	} {
		s := study()
		change(&s)
		_, err := w.desk.Save(t.Context(), engineer, s)
		refused(t, err, want)
	}
	s := study()
	s.Machines = []plant.NodeID{"M7"}
	if _, err := w.desk.Save(t.Context(), engineer, s); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a machine that is not there: %v", err)
	}
}
