package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
)

// everyFirm is the area that holds all.
var everyFirm = []access.Area{{}}

// Diagnoses tests diagnosis.Store.
func Diagnoses(t *testing.T, open func(t *testing.T) diagnosis.Store) {
	t.Run("StepsFollowOneAnother", func(t *testing.T) { diagnosisSteps(t, open(t)) })
	t.Run("HeadsWithinAreas", func(t *testing.T) { diagnosisHeads(t, open(t)) })
	t.Run("TotalsOfOthers", func(t *testing.T) { diagnosisTotals(t, open(t)) })
	t.Run("Files", func(t *testing.T) { diagnosisFiles(t, open(t)) })
}

func headOf(id, firm, region, sector string, state diagnosis.State) diagnosis.Head {
	return diagnosis.Head{
		ID: id, Rev: 1, Title: "诊断 " + firm, Firm: diagnosis.Firm{ID: firm, Name: "轴承_" + firm, Region: region, Sector: sector},
		Edition: "e", Version: 1, State: state, Changed: day,
	}
}

func kept(t *testing.T, s diagnosis.Store, tenant plant.TenantNo, h diagnosis.Head) {
	t.Helper()
	step := diagnosis.Step{Seq: 1, At: day, By: "a", What: diagnosis.StepCreated, Firm: &h.Firm, Edition: h.Edition, Version: h.Version, Plan: &diagnosis.Plan{Title: h.Title}}
	if err := s.Append(t.Context(), tenant, h, 0, []diagnosis.Step{step}); err != nil {
		t.Fatal(err)
	}
}

func diagnosisSteps(t *testing.T, s diagnosis.Store) {
	ctx := t.Context()
	h := headOf("d1", "f1", "330624", "C3451", diagnosis.Planned)
	kept(t, s, 1, h)
	steps := []diagnosis.Step{
		{Seq: 2, At: day.Add(time.Minute), By: "b", What: diagnosis.StepTeam, Team: []diagnosis.Expert{{Name: "王"}}},
		{Seq: 3, At: day.Add(time.Minute), By: "b", What: diagnosis.StepState, State: diagnosis.Visiting},
	}
	h.Rev, h.State = 3, diagnosis.Visiting
	for _, seen := range []int64{0, 2, 3} {
		if err := s.Append(ctx, 1, h, seen, steps); !errors.Is(err, access.ErrConflict) {
			t.Errorf("Append after revision %d: %v; want ErrConflict", seen, err)
		}
	}
	if err := s.Append(ctx, 2, h, 1, steps); !errors.Is(err, access.ErrConflict) {
		t.Errorf("Append to a foreign tenant's: %v; want ErrConflict", err)
	}
	if err := s.Append(ctx, 1, h, 1, steps); err != nil {
		t.Fatal(err)
	}
	got, err := s.Steps(ctx, 1, "d1")
	if err != nil || len(got) != 3 || !reflect.DeepEqual(got[1:], steps) || got[0].What != diagnosis.StepCreated {
		t.Errorf("Steps = %+v, %v; want the first and %+v", got, err, steps)
	}
	for _, c := range []struct {
		tenant plant.TenantNo
		id     string
	}{{2, "d1"}, {1, "d2"}} {
		_, err := s.Steps(ctx, c.tenant, c.id)
		notFound(t, fmt.Sprintf("Steps of %v", c), err)
	}
	all, err := s.Heads(ctx, 1, diagnosis.Filter{Areas: everyFirm, Limit: 9})
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0], h) {
		t.Errorf("Heads = %+v, %v; want %+v", all, err, h)
	}
}

func diagnosisHeads(t *testing.T, s diagnosis.Store) {
	for i, h := range []diagnosis.Head{
		headOf("", "bearing", "330624", "C3451", diagnosis.Planned),
		headOf("", "ball", "330624", "C3452", diagnosis.Closed),
		headOf("", "cloth", "330602", "C1751", diagnosis.Planned),
		headOf("", "car", "330106", "C3610", diagnosis.Visiting),
		headOf("", "a%b", "110101", "C3610", diagnosis.Visiting),
	} {
		h.ID = fmt.Sprint("d", i)
		kept(t, s, 1, h)
	}
	kept(t, s, 2, headOf("d9", "bearing", "330624", "C3451", diagnosis.Planned))
	f := func(want string, filter diagnosis.Filter) {
		t.Helper()
		if filter.Limit == 0 {
			filter.Limit = 10
		}
		got, err := s.Heads(t.Context(), 1, filter)
		var ids []string
		for _, h := range got {
			ids = append(ids, h.ID)
		}
		if err != nil || strings.Join(ids, " ") != want {
			t.Errorf("Heads(%+v) = %v, %v; want %s", filter, ids, err, want)
		}
	}
	f("d4 d3 d2 d1 d0", diagnosis.Filter{Areas: everyFirm})
	f("", diagnosis.Filter{})
	f("d3 d2 d1 d0", diagnosis.Filter{Areas: []access.Area{{Region: "33"}}})
	f("d2 d1 d0", diagnosis.Filter{Areas: []access.Area{{Region: "3306"}}})
	f("d1 d0", diagnosis.Filter{Areas: []access.Area{{Region: "3306", Sector: "C34"}}})
	f("d4 d3 d1", diagnosis.Filter{Areas: []access.Area{{Enterprise: "ball"}, {Sector: "C36"}}})
	f("", diagnosis.Filter{Areas: []access.Area{{Region: "33%"}}})
	f("d2 d0", diagnosis.Filter{Areas: []access.Area{{Region: "33"}}, States: []diagnosis.State{diagnosis.Planned}})
	f("d3 d1", diagnosis.Filter{Areas: []access.Area{{Region: "33"}}, States: []diagnosis.State{diagnosis.Closed, diagnosis.Visiting}})
	f("d3", diagnosis.Filter{Areas: everyFirm, Region: "3301"})
	f("d4 d3", diagnosis.Filter{Areas: everyFirm, Sector: "C36"})
	f("d1", diagnosis.Filter{Areas: everyFirm, Firm: "ball"})
	f("d4", diagnosis.Filter{Areas: everyFirm, Text: "A%"})
	f("d1", diagnosis.Filter{Areas: everyFirm, Text: "诊断 BALL"})
	f("d4 d3 d2 d1 d0", diagnosis.Filter{Areas: everyFirm, Text: "轴承_"})
	f("d4 d3", diagnosis.Filter{Areas: everyFirm, Limit: 2})
	f("d2 d1", diagnosis.Filter{Areas: everyFirm, Limit: 2, Before: "d3"})
}

func diagnosisTotals(t *testing.T, s diagnosis.Store) {
	add := func(id, firm, sector, edition string, total float64, state diagnosis.State) {
		h := headOf(id, firm, "330624", sector, state)
		h.Total, h.Edition = total, edition
		kept(t, s, 1, h)
	}
	add("d0", "own", "C3451", "e", 4, diagnosis.Closed)
	add("d1", "b", "C3451", "e", 1, diagnosis.Closed)
	add("d2", "b", "C3451", "e", 2, diagnosis.Followed) // the newer one counts
	add("d3", "c", "C3452", "e", 3, diagnosis.Closed)
	add("d4", "c", "C3452", "e", 0, diagnosis.Visiting) // not settled
	add("d5", "d", "C3610", "e", 5, diagnosis.Closed)
	add("d6", "e", "C3451", "other", 5, diagnosis.Closed)
	got, err := s.Totals(t.Context(), 1, "e", "C34", "own")
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []float64{2, 3}) {
		t.Errorf("Totals = %v, %v; want 2 and 3", got, err)
	}
	covered, err := s.Covered(t.Context(), 1, []access.Area{{Sector: "C34"}})
	if want := []diagnosis.Covered{{Region: "330624", Division: "C34", Diagnosed: 4}}; err != nil || !slices.Equal(covered, want) {
		t.Errorf("Covered = %+v, %v; want %+v", covered, err, want)
	}
	if none, err := s.Covered(t.Context(), 1, nil); err != nil || len(none) != 0 {
		t.Errorf("Covered of no area = %+v, %v", none, err)
	}
	if got, err := s.Totals(t.Context(), 2, "e", "C34", "own"); err != nil || len(got) != 0 {
		t.Errorf("Totals of a foreign tenant = %v, %v", got, err)
	}
}

func diagnosisFiles(t *testing.T, s diagnosis.Store) {
	ctx := t.Context()
	for i, data := range [][]byte{{0}, []byte(strings.Repeat("proof\x00\xff", 40_000))} {
		digest := strings.Repeat(fmt.Sprint(i), 64)
		for range 2 { // the same again
			if err := s.SaveFile(ctx, 1, digest, data); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.File(ctx, 1, digest); err != nil || string(got) != string(data) {
			t.Errorf("File gives %d bytes, %v; want the %d that were saved", len(got), err, len(data))
		}
		_, err := s.File(ctx, 2, digest)
		notFound(t, "File of a foreign tenant", err)
	}
	_, err := s.File(ctx, 1, strings.Repeat("f", 64))
	notFound(t, "File that nobody saved", err)
}
