package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/reporting"
)

// Reports is what every keeper of reports must do.
func Reports(t *testing.T, open func(t *testing.T) reporting.Store) {
	t.Run("StepsFollowOneAnother", func(t *testing.T) { reportSteps(t, open(t)) })
	t.Run("HeadsWithinAreas", func(t *testing.T) { reportHeads(t, open(t)) })
	t.Run("MergedInAnyOrder", func(t *testing.T) { reportMerged(t, open(t)) })
	t.Run("FrozenStays", func(t *testing.T) { reportFrozen(t, open(t)) })
}

func reportHead(period, region string, level plant.RegionLevel, rev int64, reminders ...reporting.Reminder) reporting.Head {
	if reminders == nil {
		reminders = []reporting.Reminder{}
	}
	return reporting.Head{ID: reporting.IDOf(period, region), Rev: rev, Period: period, Region: region, Level: level, State: reporting.Draft, Revision: int(rev), Reminders: reminders}
}

func reportStep(seq int64) reporting.Step {
	return reporting.Step{Seq: seq, At: day.Add(time.Duration(seq) * time.Minute), Who: "u1", Name: "王", What: reporting.Freeze, Words: "一", State: reporting.Draft, Revision: int(seq)}
}

func reportValues(id string, revision int, networked int64) *reporting.Frozen {
	value := float64(networked) / 140
	values := []reporting.Value{{
		Definition: figure.Ref{ID: "networking", Version: 1}, Unit: "1", Value: &value, Terms: map[string]int64{"machines": 140, "networked": networked},
		Due: 2, Known: 2, Confidence: "B", Root: strings.Repeat("0", 64), Verified: "unverified",
	}}
	return &reporting.Frozen{Report: id, Revision: revision, At: day, Name: "王", Root: reporting.RootOf(values), Values: values}
}

func reportSteps(t *testing.T, s reporting.Store) {
	ctx := t.Context()
	h := reportHead("2022-05", "330624", plant.County, 1)
	if _, err := s.Head(ctx, 1, h.ID); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a head of nothing: %v; want ErrNotFound", err)
	}
	must(t, s.Append(ctx, 1, h, 0, reportStep(1), reportValues(h.ID, 1, 65)))
	next := reportHead("2022-05", "330624", plant.County, 2)
	for _, seen := range []int64{0, 2, 7} {
		if err := s.Append(ctx, 1, next, seen, reportStep(2), reportValues(h.ID, 2, 70)); !errors.Is(err, access.ErrConflict) {
			t.Errorf("a step on revision %d: %v; want ErrConflict", seen, err)
		}
	}
	if err := s.Append(ctx, 2, next, 1, reportStep(2), nil); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a step of a foreign tenant: %v; want ErrConflict", err)
	}
	if _, err := s.Frozen(ctx, 1, h.ID, 2); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("values of a refused step: %v; want ErrNotFound", err)
	}
	// A step that stands already is not written over: nothing of the commit is kept.
	if err := s.Append(ctx, 1, next, 1, reportStep(1), nil); err == nil {
		t.Error("a step was written over")
	}
	if got, err := s.Head(ctx, 1, h.ID); err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("head after what was refused: %+v, %v; want %+v", got, err, h)
	}
	must(t, s.Append(ctx, 1, next, 1, reportStep(2), nil))
	if got, err := s.Steps(ctx, 1, h.ID); err != nil || !reflect.DeepEqual(got, []reporting.Step{reportStep(1), reportStep(2)}) {
		t.Errorf("steps: %+v, %v", got, err)
	}
	if got, err := s.Steps(ctx, 2, h.ID); err != nil || len(got) != 0 {
		t.Errorf("steps of a foreign tenant: %+v, %v", got, err)
	}
}

// reportMerged: steps of another node go between those that are here, also twice
// and at a time, and a step that follows is on all of them.
func reportMerged(t *testing.T, s reporting.Store) {
	ctx := t.Context()
	open := reporting.Head{ID: "2022-05.330624", Period: "2022-05", Region: "330624", Level: plant.County, State: reporting.Open, Reminders: []reporting.Reminder{}}
	step := func(seq int64, node string, what reporting.What, state reporting.State) reporting.Step {
		return reporting.Step{Seq: seq, At: day.Add(time.Duration(seq) * time.Minute), Who: "u", Name: "王", What: what, Words: "一", State: state, Revision: 1, Node: node}
	}
	facts := []reporting.Fact{
		{Report: open.ID, Step: step(3, "city", reporting.Return, reporting.Returned)},
		{Report: open.ID, Step: step(2, "county", reporting.Submit, reporting.Submitted)},
		{Report: open.ID, Step: step(1, "county", reporting.Freeze, reporting.Draft), Frozen: reportValues(open.ID, 1, 65)},
		{Report: open.ID, Step: step(3, "county", reporting.Answer, reporting.Submitted)},
	}
	for _, f := range facts {
		must(t, s.Merge(ctx, 1, open, []reporting.Fact{f, f}))
	}
	var all []reporting.Step
	for _, f := range facts {
		all = append(all, f.Step)
	}
	want := reporting.FoldSteps(open, all)
	if got, err := s.Head(ctx, 1, open.ID); err != nil || !reflect.DeepEqual(got, want) || got.State != reporting.Returned || got.Rev != 4 {
		t.Errorf("merged: %+v, %v; want %+v", got, err, want)
	}
	if got, err := s.Steps(ctx, 1, open.ID); err != nil || !reflect.DeepEqual(got, reporting.Ordered(all)) {
		t.Errorf("steps: %+v, %v", got, err)
	}
	if _, err := s.Frozen(ctx, 1, open.ID, 1); err != nil {
		t.Errorf("values that came with a step: %v", err)
	}
	if got, err := s.Steps(ctx, 2, open.ID); err != nil || len(got) != 0 {
		t.Errorf("of a foreign tenant: %+v, %v", got, err)
	}
	if err := s.Append(ctx, 1, want, 3, step(4, "county", reporting.Explain, reporting.Explained), nil); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a step on what stood before the merge: %v; want ErrConflict", err)
	}
	must(t, s.Append(ctx, 1, want, 4, step(4, "county", reporting.Explain, reporting.Explained), nil))
}

func reportHeads(t *testing.T, s reporting.Store) {
	ctx := t.Context()
	for _, h := range []reporting.Head{
		reportHead("2022-05", "330624", plant.County, 1, reporting.Reminder{Seq: 1, At: day, Name: "李", Words: "催"}), reportHead("2022-05", "330681", plant.County, 1),
		reportHead("2022-05", "330600", plant.City, 1), reportHead("2022-05", "330702", plant.County, 1), reportHead("2022-06", "330624", plant.County, 1),
	} {
		must(t, s.Append(ctx, 1, h, 0, reportStep(1), nil))
	}
	f := func(want string, filter reporting.Filter) {
		t.Helper()
		heads, err := s.Heads(ctx, 1, filter)
		must(t, err)
		var got []string
		for _, h := range heads {
			got = append(got, h.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("Heads(%+v) = %v; want %s", filter, got, want)
		}
	}
	city, none := []access.Area{{Region: "3306"}}, []access.Area(nil)
	f("2022-05.330600 2022-05.330624 2022-05.330681 2022-06.330624", reporting.Filter{Areas: city})
	f("2022-05.330624 2022-05.330681", reporting.Filter{Areas: city, Period: "2022-05", Level: plant.County})
	f("2022-05.330624 2022-05.330702 2022-06.330624", reporting.Filter{Areas: []access.Area{{Region: "330624"}, {Region: "3307"}}})
	f("2022-05.330624", reporting.Filter{Areas: everyFirm, Unread: true})
	f("", reporting.Filter{Areas: none})
	f("", reporting.Filter{Areas: []access.Area{{Sector: "C34"}}})
	must(t, s.Append(ctx, 1, reportHead("2022-05", "330624", plant.County, 2), 1, reportStep(2), nil))
	f("", reporting.Filter{Areas: everyFirm, Unread: true})
}

func reportFrozen(t *testing.T, s reporting.Store) {
	ctx := t.Context()
	wanted := map[string]int{}
	var want []reporting.Frozen
	for i, region := range []string{"330624", "330681"} {
		for rev := int64(1); rev <= 2; rev++ {
			h := reportHead("2022-05", region, plant.County, rev)
			one := reportValues(h.ID, int(rev), 60+rev)
			must(t, s.Append(ctx, 1, h, rev-1, reportStep(rev), one))
			if int(rev) == i+1 { // the first of one, the second of the other
				wanted[h.ID], want = int(rev), append(want, *one)
			}
		}
	}
	if got, err := s.FrozenOf(ctx, 1, wanted); err != nil || fmt.Sprintf("%+v", deref(got)) != fmt.Sprintf("%+v", deref(want)) {
		t.Errorf("FrozenOf(%v) = %+v, %v; want %+v", wanted, got, err, want)
	}
	if got, err := s.FrozenOf(ctx, 2, wanted); err != nil || len(got) != 0 {
		t.Errorf("of a foreign tenant: %+v, %v", got, err)
	}
	first, err := s.Frozen(ctx, 1, "2022-05.330624", 1)
	must(t, err)
	if first.Values[0].Terms["networked"] != 61 || first.Root != want[0].Root {
		t.Errorf("revision 1 behind revision 2: %+v", first)
	}
}

// deref makes values comparable that point to numbers.
func deref(all []reporting.Frozen) (out []string) {
	for _, f := range all {
		for _, v := range f.Values {
			out = append(out, fmt.Sprint(f.Report, f.Revision, f.At, f.Root, *v.Value, v.Terms, v.Definition))
		}
	}
	return out
}
