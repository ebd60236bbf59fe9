package production

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"zhigai/figure"
	"zhigai/plant"
)

// steps numbers steps that were entered one after the other; those without a
// time happened a second after the one before.
func steps(list ...Step) []Step {
	var at plant.Instant = 1_000_000
	for i := range list {
		list[i].Seq = int64(i + 1)
		if list[i].At == 0 {
			at += 1_000_000
			list[i].At = at
		}
		list[i].Entered = max(list[i].At, at)
		if list[i].By == "" {
			list[i].By = "li"
		}
	}
	return list
}

func created(quantity int64) Step {
	return Step{What: StepCreated, Terms: &Terms{Number: "A1", Kind: Make, Product: "6204", Quantity: quantity, Place: "xc/w1", Due: 99_000_000}}
}

func released(jobs ...Planned) Step {
	return Step{What: StepReleased, Terms: &Terms{Revision: 3}, Jobs: jobs}
}

func told(job int, c Command) Step { return Step{What: StepJob, Job: job, Command: c} }

var two = []Planned{{No: 10, Equipment: "m1"}, {No: 20, Equipment: "m2"}}

func TestFold_StatesFollowOneAnother(t *testing.T) {
	all := steps(created(10), released(two...), told(10, Load), told(10, Run), told(10, Pause), told(10, Resume), told(10, Complete), told(20, Run), told(20, Complete), Step{What: StepClosed})
	for n, want := range []struct {
		state OrderState
		job   JobState
	}{
		1: {OrderForecast, ""}, 2: {OrderReleased, Waiting}, 3: {OrderPaused, Loaded}, 4: {OrderRunning, Running}, 5: {OrderPaused, Suspended},
		6: {OrderRunning, Running}, 7: {OrderPaused, Completed}, 8: {OrderRunning, Completed}, 9: {OrderCompleted, Completed}, 10: {OrderClosed, Completed},
	} {
		if n == 0 {
			continue
		}
		o := Fold("1", all[:n])
		var job JobState
		if j, ok := o.Job(10); ok {
			job = j.State
		}
		if o.State != want.state || job != want.job || len(o.Doubts) > 0 {
			t.Errorf("after %d steps the order is %s and job 10 %q, doubts %v; want %s and %q", n, o.State, job, o.Doubts, want.state, want.job)
		}
	}
	o := Fold("1", all)
	if j := o.Jobs[0]; len(j.Runs) != 2 || j.Runs[0].To != all[4].At || j.Runs[1].From != all[5].At || j.Began != all[2].At || j.Ended != all[6].At {
		t.Errorf("job 10 ran %+v, began %d, ended %d", j.Runs, j.Began, j.Ended)
	}
	if o.Revision != 3 || o.Began != all[2].At || o.Ended != all[8].At {
		t.Errorf("revision %d, began %d, ended %d", o.Revision, o.Began, o.Ended)
	}
}

// TestFold_OrderOfArrivalDoesNotMatter: what a panel without a network entered
// counts when it was done.
func TestFold_OrderOfArrivalDoesNotMatter(t *testing.T) {
	all := steps(created(10), released(two...), told(10, Run), Step{What: StepOperator, Job: 10, Person: "wang", On: true},
		Step{What: StepCount, Job: 10, Good: 4}, told(10, Pause), told(10, Resume), Step{What: StepCount, Job: 10, Scrap: 1, Reason: "crack"}, told(10, Complete), told(20, Run))
	want := Fold("1", all)
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		mixed := slices.Clone(all)
		rnd.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		if got := Fold("1", mixed); !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order:\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestFold_WhatDoesNotFitIsADoubtAndCountsForNothing(t *testing.T) {
	f := func(why string, s Step, before ...Step) {
		t.Helper()
		with := steps(append(append([]Step{created(10), released(two...)}, before...), s)...)
		o := Fold("1", with)
		if len(o.Doubts) != 1 || o.Doubts[0].Step != int64(len(with)) || !strings.Contains(o.Doubts[0].Why, why) {
			t.Errorf("%s: doubts %+v; want one with %q", s.words(), o.Doubts, why)
			return
		}
		without := Fold("1", with[:len(with)-1])
		o.Doubts, o.Rev, o.Changed = without.Doubts, without.Rev, without.Changed
		if !reflect.DeepEqual(o, without) {
			t.Errorf("%s counted for something:\n%+v\nwithout it\n%+v", s.words(), o, without)
		}
	}
	run, wang := told(10, Run), Step{What: StepOperator, Job: 10, Person: "wang", On: true}
	f("the job was waiting", told(10, Pause))
	f("the job was running", told(10, Run), run)
	f("there was no job 30", told(30, Run))
	f("there is no command", told(10, "fly"))
	f("wang was at work on it already", wang, run, wang)
	f("it takes 1", Step{What: StepOperator, Job: 10, Person: "zhao", On: true}, run, wang)
	f("was not at work", Step{What: StepOperator, Job: 10, Person: "zhao"}, run, wang)
	f("the order was held", run, Step{What: StepHeld, Reason: "no steel"})
	f("cancelled or closed", run, Step{What: StepCancelled, Reason: "gone"})
	f("has begun", Step{What: StepCancelled, Reason: "gone"}, run)
	f("job 10 is running", Step{What: StepClosed}, run)
	f("only 10 are ordered", Step{What: StepSplit, Quantity: 10, Other: "2"})
	f("nothing is made of it yet", Step{What: StepCount, Job: 10, Good: 1})
	f("the job was closed", Step{What: StepCount, Job: 10, Good: 1}, run, told(10, Complete), told(10, Close))
	f("a first piece is judged while", Step{What: StepFirst, Job: 10, OK: true})
}

func TestFold_FirstPiece(t *testing.T) {
	begin := []Step{created(10), released(Planned{No: 10, Equipment: "m1", First: true}), told(10, Run)}
	if o := Fold("1", steps(append(slices.Clone(begin), told(10, Complete))...)); len(o.Doubts) != 1 || o.State != OrderRunning {
		t.Errorf("completed without a first piece: %s, doubts %v", o.State, o.Doubts)
	}
	o := Fold("1", steps(append(slices.Clone(begin), Step{What: StepFirst, Job: 10, Note: "burr"}, Step{What: StepFirst, Job: 10, OK: true}, told(10, Complete))...))
	if len(o.Doubts) > 0 || o.State != OrderCompleted || !o.Jobs[0].FirstPiece.OK {
		t.Errorf("with an approved first piece: %s, doubts %v", o.State, o.Doubts)
	}
}

func TestFold_WithdrawnNeverCounted(t *testing.T) {
	o := Fold("1", steps(created(10), released(two...), told(10, Run), told(10, Complete), Step{What: StepWithdrawn, Step: 4}))
	if o.State != OrderRunning || len(o.Doubts) > 0 || o.Jobs[0].Runs[0].To != 0 {
		t.Errorf("a withdrawn completion: %s, runs %+v, doubts %v", o.State, o.Jobs[0].Runs, o.Doubts)
	}
}

func TestFold_SplitAndMerge(t *testing.T) {
	o := Fold("1", steps(created(10), released(two...), Step{What: StepSplit, Quantity: 4, Other: "2"}, Step{What: StepMerged, Quantity: 7, Other: "3"}))
	if o.Quantity != 13 || o.Jobs[1].Quantity != 13 || !reflect.DeepEqual(o.Parts, []Part{{"2", -4}, {"3", 7}}) {
		t.Errorf("quantity %d, of job 20 %d, parts %v", o.Quantity, o.Jobs[1].Quantity, o.Parts)
	}
}

// TestJob_CountBooksEachPartOnce: parts at the border of two runs, of other
// products, and what people typed.
func TestJob_CountBooksEachPartOnce(t *testing.T) {
	j := Job{Runs: []MachineRun{{Interval{10, 20}, "m1"}, {Interval{20, 30}, "m2"}, {Interval{40, 0}, "m1"}}, entered: Made{Good: -1, Scrap: 1}}
	counted := map[plant.NodeID][]figure.CountedParts{
		"m1": {{At: 9, Good: 100}, {At: 10, Good: 1}, {At: 19, Good: 2, Scrap: 1}, {At: 20, Good: 100}, {At: 41, Product: "6204", Good: 3}, {At: 42, Product: "other", Good: 50}},
		"m2": {{At: 19, Good: 100}, {At: 20, Good: 4}, {At: 29, Rework: 1}, {At: 30, Good: 100}},
	}
	typed := []Typed{{At: 15, Machine: "m1", Good: 5}, {At: 25, Machine: "m1", Good: 100}, {At: 25, Machine: "m2", Product: "other", Good: 100}, {At: 50, Machine: "m1", Product: "6204", Scrap: 2}}
	foreign := j.Count("6204", counted, typed)
	want := Made{Good: 1 + 2 + 3 + 4 + 5 - 1, Scrap: 1 + 2 + 1, Rework: 1, Counted: 12, Typed: 7}
	if j.Made != want || foreign != 50 {
		t.Errorf("made %+v, foreign %d; want %+v, 50", j.Made, foreign, want)
	}
}

// TestOrder_WorkedAddsUpToWhatWasMade: cut by crews and days, parts of a job add
// up to what it made, with those that nobody was at work for.
func TestOrder_WorkedAddsUpToWhatWasMade(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	const hour = plant.Instant(3_600_000_000)
	for range 100 {
		all := steps(created(10), released(Planned{No: 10, Equipment: "m1", Crew: 3}), told(10, Run))
		at := all[2].At
		counted := map[plant.NodeID][]figure.CountedParts{}
		for range 30 {
			at += 1 + plant.Instant(rnd.Int64N(int64(3*hour)))
			s := Step{Seq: int64(len(all) + 1), At: at, Entered: at, By: "li", What: StepOperator, Job: 10, Person: []string{"a", "b", "c"}[rnd.IntN(3)], On: rnd.IntN(2) == 0}
			switch rnd.IntN(3) {
			case 0:
				s = Step{Seq: s.Seq, At: at, Entered: at, By: "li", What: StepCount, Job: 10, Good: rnd.Int64N(5), Scrap: 1, Reason: "crack"}
			case 1:
				counted["m1"] = append(counted["m1"], figure.CountedParts{At: plant.Micros(at), Good: rnd.Int64N(9)})
			}
			all = append(all, s)
		}
		o := Fold("1", all)
		rows := o.worked(o.Jobs[0], entered(o, all), counted, nil, 0, at+1)
		o.Jobs[0].Count(o.Product, counted, nil)
		var good, scrap int64
		met := map[plant.Instant]bool{}
		for _, r := range rows {
			if !met[r.From] { // of the whole crew, once for each of its people
				good, scrap = good+r.Good, scrap+r.Scrap
			}
			met[r.From] = true
			if midnight(r.From.Time()) != midnight(r.To.Time().Add(-1)) {
				t.Errorf("%v to %v is not of one day", r.From.Time(), r.To.Time())
			}
		}
		if made := o.Jobs[0].Made; good != made.Good || scrap != made.Scrap {
			t.Fatalf("by person %d good, %d scrap; the job made %d and %d", good, scrap, made.Good, made.Scrap)
		}
	}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	got := Joined([]Interval{{From: 50, To: 60}, {From: 10, To: 20}, {From: 22, To: 30}, {From: 12, To: 15}, {From: 60, To: 61}}, 2)
	if want := []Interval{{From: 10, To: 30}, {From: 50, To: 61}}; !slices.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
}
