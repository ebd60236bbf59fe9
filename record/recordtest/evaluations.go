package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/anonymity"
	"zhigai/plant"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
)

// Evaluations tests evaluation.Store.
func Evaluations(t *testing.T, open func(t *testing.T) evaluation.Store) {
	t.Run("StepsFollowOneAnother", func(t *testing.T) { evaluationSteps(t, open(t)) })
	t.Run("RowsWithinAreas", func(t *testing.T) { evaluationRows(t, open(t)) })
	t.Run("ClassOfTheNewestSettled", func(t *testing.T) { evaluationSettled(t, open(t)) })
}

func roundOf(id string, rev int64, year int, state evaluation.State) evaluation.Head {
	return evaluation.Head{ID: id, Rev: rev, About: evaluation.About{Title: "评价", Standard: "s", Version: 1, Year: year}, State: state, Revision: 1, Changed: day}
}

// listOf are n firms in two counties and two divisions; the last has no score.
func listOf(n int) []evaluation.Row {
	var out []evaluation.Row
	for i := range n {
		score := float64(100 - i)
		row := evaluation.Row{Place: i + 1, Scored: evaluation.Scored{
			Input: evaluation.Input{Firm: fmt.Sprintf("f%03d", i), Name: fmt.Sprintf("轴承_%d%%", i), Region: []string{"330624", "331003"}[i%2], Sector: []string{"C3451", "C1751", "C3452"}[i%3], Values: map[string]evaluation.Value{"tax_fen": {N: int64(i), Basis: "declared"}}},
			Terms: []evaluation.Term{{Measure: "m", Version: 1}}, Score: &score, Rank: i + 1, Of: n, Class: []string{"A", "B"}[i%2],
		}}
		if i == n-1 {
			row.Score, row.Class, row.Rank, row.Of, row.Why = nil, "", 0, 0, "m:unknown:tax_fen"
		}
		out = append(out, row)
	}
	return out
}

func rounded(t *testing.T, s evaluation.Store, tenant plant.TenantNo, h evaluation.Head, seen int64, rows []evaluation.Row) {
	t.Helper()
	step := evaluation.Step{Seq: h.Rev, At: day, By: "a", What: evaluation.StepMoved, State: h.State}
	if seen == 0 {
		step = evaluation.Step{Seq: h.Rev, At: day, By: "a", What: evaluation.StepCreated, About: &h.About}
	}
	if err := s.Append(t.Context(), tenant, h, seen, []evaluation.Step{step}, rows); err != nil {
		t.Fatal(err)
	}
}

func evaluationSteps(t *testing.T, s evaluation.Store) {
	ctx := t.Context()
	h := roundOf("r1", 1, 2022, evaluation.Draft)
	rounded(t, s, 1, h, 0, listOf(3))
	h.Rev, h.State = 2, evaluation.Public
	for _, seen := range []int64{0, 2, 7} {
		if err := s.Append(ctx, 1, h, seen, nil, nil); !errors.Is(err, access.ErrConflict) {
			t.Errorf("Append after revision %d: %v; want ErrConflict", seen, err)
		}
	}
	// A conflict leaves nothing of its list behind.
	h.Revision = 2
	if err := s.Append(ctx, 1, h, 5, nil, listOf(3)); !errors.Is(err, access.ErrConflict) {
		t.Errorf("Append with a list: %v; want ErrConflict", err)
	}
	if rows, err := s.Rows(ctx, 1, evaluation.ScoreFilter{Areas: everyFirm, Round: "r1", Revision: 2, Limit: 10}); err != nil || len(rows) != 0 {
		t.Errorf("rows of a revision that was refused: %d, %v", len(rows), err)
	}
	rounded(t, s, 1, h, 1, listOf(3))
	steps, err := s.Steps(ctx, 1, "r1")
	if err != nil || len(steps) != 2 || steps[0].What != evaluation.StepCreated || steps[0].About.Year != 2022 || steps[1].State != evaluation.Public {
		t.Errorf("steps: %+v, %v", steps, err)
	}
	for _, tenant := range []plant.TenantNo{1, 2} {
		if _, err := s.Steps(ctx, tenant, map[plant.TenantNo]string{1: "r2", 2: "r1"}[tenant]); !errors.Is(err, access.ErrNotFound) {
			t.Errorf("steps of nobody's round: %v; want ErrNotFound", err)
		}
	}
	rounded(t, s, 1, roundOf("r2", 1, 2023, evaluation.Draft), 0, nil)
	f := func(want []string, f evaluation.Filter) {
		t.Helper()
		f.Limit = max(f.Limit, 1)
		all, err := s.Rounds(ctx, 1, f)
		var ids []string
		for _, h := range all {
			ids = append(ids, h.ID)
		}
		if err != nil || !slices.Equal(ids, want) {
			t.Errorf("rounds of %+v = %v, %v; want %v", f, ids, err, want)
		}
	}
	f([]string{"r2", "r1"}, evaluation.Filter{Limit: 9})
	f([]string{"r2"}, evaluation.Filter{})
	f([]string{"r1"}, evaluation.Filter{Before: "r2", Limit: 9})
	f([]string{"r1"}, evaluation.Filter{State: evaluation.Public, Limit: 9})
	f([]string{"r2"}, evaluation.Filter{Year: 2023, Limit: 9})
	f(nil, evaluation.Filter{Standard: "other", Limit: 9})
}

func evaluationRows(t *testing.T, s evaluation.Store) {
	ctx := t.Context()
	rounded(t, s, 1, roundOf("r1", 1, 2022, evaluation.Draft), 0, listOf(500))
	f := func(want int, f evaluation.ScoreFilter) []evaluation.Row {
		t.Helper()
		f.Round, f.Revision, f.Limit = "r1", 1, max(f.Limit, 1000)
		rows, err := s.Rows(ctx, 1, f)
		if err != nil || len(rows) != want {
			t.Errorf("%d rows of %+v, %v; want %d", len(rows), f, err, want)
		}
		for i := 1; i < len(rows); i++ {
			if rows[i].Place <= rows[i-1].Place {
				t.Errorf("place %d behind %d", rows[i].Place, rows[i-1].Place)
			}
		}
		return rows
	}
	all := f(500, evaluation.ScoreFilter{Areas: everyFirm})
	if got := all[3]; got.Firm != "f003" || *got.Score != 97 || got.Values["tax_fen"].N != 3 || got.Terms[0].Measure != "m" {
		t.Errorf("a row comes back as %+v", got)
	}
	f(0, evaluation.ScoreFilter{})
	f(250, evaluation.ScoreFilter{Areas: []access.Area{{Region: "3306"}}})
	f(1, evaluation.ScoreFilter{Areas: []access.Area{{Enterprise: "f007"}}})
	f(0, evaluation.ScoreFilter{Areas: []access.Area{{Region: "3306"}}, Firm: "f001"})
	f(1, evaluation.ScoreFilter{Areas: everyFirm, Firm: "f001"})
	f(333, evaluation.ScoreFilter{Areas: everyFirm, Sector: "C34"})
	f(250, evaluation.ScoreFilter{Areas: everyFirm, Class: "A"})
	f(1, evaluation.ScoreFilter{Areas: everyFirm, Unscored: true})
	f(1, evaluation.ScoreFilter{Areas: everyFirm, Text: "承_17%"})
	f(0, evaluation.ScoreFilter{Areas: everyFirm, Text: "承%17"})
	f(100, evaluation.ScoreFilter{Areas: everyFirm, After: 400})
	if rows, err := s.Rows(ctx, 2, evaluation.ScoreFilter{Areas: everyFirm, Round: "r1", Revision: 1, Limit: 10}); err != nil || len(rows) != 0 {
		t.Errorf("a foreign tenant sees %d rows, %v", len(rows), err)
	}
	pasts, err := s.Pasts(ctx, 1, "r1", "f001")
	if err != nil || len(pasts) != 1 || pasts[0].Class != "B" || pasts[0].Rank != 2 {
		t.Errorf("what was said of a firm: %+v, %v", pasts, err)
	}
}

func evaluationSettled(t *testing.T, s evaluation.Store) {
	ctx := t.Context()
	settle := func(id string, year int, at time.Time, firms int) {
		h := roundOf(id, 1, year, evaluation.Final)
		h.Settled = at
		rounded(t, s, 1, h, 0, listOf(firms))
	}
	settle("r1", 2021, day, 10)
	settle("r2", 2022, day.AddDate(1, 0, 0), 4)
	settle("r0", 2020, day.AddDate(2, 0, 0), 10) // late, of an earlier year
	rounded(t, s, 1, roundOf("r9", 1, 2024, evaluation.Public), 0, listOf(10))
	f := func(firm string, at time.Time, want string, some bool) {
		t.Helper()
		h, row, ok, any, err := s.Settled(ctx, 1, firm, "s", at)
		if err != nil || ok != (want != "") || any != some || h.ID != want || ok && row.Firm != firm {
			t.Errorf("class of %s at %v: round %q of %s, %v, %v, %v; want %q, %v", firm, at, h.ID, row.Firm, ok, any, err, want, some)
		}
	}
	f("f001", day.Add(-1), "", false)
	f("f001", day, "r1", true)
	f("f001", day.AddDate(3, 0, 0), "r2", true)
	f("f007", day.AddDate(3, 0, 0), "r1", true) // not in the round of 2022
	f("f777", day.AddDate(3, 0, 0), "", true)
	if _, _, ok, any, err := s.Settled(ctx, 1, "f001", "other", day.AddDate(3, 0, 0)); ok || any || err != nil {
		t.Errorf("class by another standard: %v, %v, %v", ok, any, err)
	}
	if _, _, ok, any, err := s.Settled(ctx, 2, "f001", "s", day.AddDate(3, 0, 0)); ok || any || err != nil {
		t.Errorf("class in a foreign tenant: %v, %v, %v", ok, any, err)
	}
}

// Benchmarks tests benchmark.Store.
func Benchmarks(t *testing.T, open func(t *testing.T) benchmark.Store) {
	ctx, s := t.Context(), open(t)
	issue := func(number int) benchmark.Issue {
		return benchmark.Issue{Measure: "m", Version: 1, Year: 2022, Number: number, Least: 5, At: day, Suppressed: map[string]int{"few": 1}}
	}
	cell := func(region, sector string, n int64) benchmark.Cell {
		return benchmark.Cell{Region: region, Sector: sector, N: n, Quantiles: []anonymity.Quantile{{Share: 0.5, Value: 1.25}}, Issue: 1}
	}
	cells := []benchmark.Cell{cell("", "", 300), cell("33", "", 290), cell("3306", "", 20), cell("3306", "C34", 9), cell("3310", "", 30), cell("330624", "", 7), cell("34", "", 10)}
	var members []anonymity.Member
	for i := range 450 {
		members = append(members, anonymity.Member{ID: fmt.Sprintf("f%03d", i), Region: "330624", Sector: "C3451", Value: 0.1 + float64(i), Weights: []int64{1 << 53, int64(i)}})
	}
	save := func(tenant plant.TenantNo, number int, cells []benchmark.Cell, members []anonymity.Member, want error) {
		t.Helper()
		if err := s.Save(ctx, tenant, issue(number), cells, members); !errors.Is(err, want) {
			t.Errorf("Save of issue %d: %v; want %v", number, err, want)
		}
	}
	save(1, 2, cells, members, access.ErrNotFound)
	save(1, 1, cells, members, nil)
	save(1, 1, nil, nil, access.ErrConflict)
	if got, err := s.Members(ctx, 1, "m", 2022, 1); err != nil || !reflect.DeepEqual(got, members) {
		t.Errorf("%d members come back, %v", len(got), err)
	}
	f := func(want int, at benchmark.Within) {
		t.Helper()
		got, err := s.Cells(ctx, 1, "m", 2022, at)
		if err != nil || len(got) != want {
			t.Errorf("%d cells of %+v, %v; want %d", len(got), at, err, want)
		}
	}
	f(7, benchmark.Within{RegionLong: -1, SectorLong: -1})
	f(1, benchmark.Within{RegionLong: 0, SectorLong: 0})
	f(2, benchmark.Within{Region: "33", RegionLong: 4, SectorLong: 0})
	f(1, benchmark.Within{Region: "3306", RegionLong: 4, SectorLong: 3})
	f(3, benchmark.Within{Region: "3306", RegionLong: -1, SectorLong: -1})
	save(1, 2, cells[:1], members[:3], nil)
	f(1, benchmark.Within{RegionLong: -1, SectorLong: -1})
	if got, err := s.Members(ctx, 1, "m", 2022, 1); err != nil || len(got) != 450 {
		t.Errorf("%d members of the first issue, %v", len(got), err)
	}
	issues, err := s.Issues(ctx, 1, "m", 0, 9)
	if err != nil || len(issues) != 2 || issues[0].Number != 2 || issues[0].Suppressed["few"] != 1 {
		t.Errorf("issues: %+v, %v", issues, err)
	}
	if issues, err := s.Issues(ctx, 2, "", 0, 9); err != nil || len(issues) != 0 {
		t.Errorf("a foreign tenant sees %d issues, %v", len(issues), err)
	}
	save(2, 1, cells, members, nil)
	f(1, benchmark.Within{RegionLong: -1, SectorLong: -1})
}
