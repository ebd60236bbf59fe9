package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/web/programme"
)

// scoredYear is the year that these tests evaluate.
const scoredYear = 2024

// creditCode is the n-th of made-up codes, with a check character that fits.
func creditCode(t *testing.T, n int) string {
	t.Helper()
	for _, c := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		code := fmt.Sprintf("91331003MA%07d%c", n, c)
		if _, err := plant.ParseCreditCode(code); err == nil {
			return code
		}
	}
	t.Fatalf("no check character fits the code %d", n)
	return ""
}

// scored enters a firm above scale with a year of values and gives its id.
func (r registry) scored(n int, region, sector string, values map[string]int64) string {
	r.t.Helper()
	since := time.Date(scoredYear, 1, 1, 0, 0, 0, 0, time.UTC)
	var f programme.Firm
	body := map[string]any{"code": creditCode(r.t, n), "name": fmt.Sprintf("评价企业%03d", n), "region": region, "industry": sector, "above_scale": true, "since": plant.MicrosOf(since)}
	if status, answer := r.call("POST", "/firms", body, &f); status != 201 {
		r.t.Fatalf("add firm: %d %s", status, answer)
	}
	for name, v := range values {
		body := map[string]any{"firm": f.ID, "year": scoredYear, "name": name, "value": v, "basis": "audited", "rev": 0}
		if status, answer := r.call("PUT", "/firm-returns", body, nil); status != 200 {
			r.t.Fatalf("return %s: %d %s", name, status, answer)
		}
	}
	return f.ID
}

// yearOf is a year of a firm that is so good, 1 the benchmarks of Huangyan.
func yearOf(good float64) map[string]int64 {
	added := 5e9 * good // fen
	return map[string]int64{
		"land_m2": 26_667, "tax_fen": int64(24.097e6 * 40 * good), "value_added_fen": int64(added), "energy_kgce": int64(added / 1e3 / 2.694 / good),
		"emission_kg": 10_000, "employees": int64(added / 1e6 / 18.14 / good), "sales_fen": int64(4 * added), "rd_fen": int64(0.03 * 4 * added),
	}
}

func (r registry) round(method, path string, rev int64, body any, want int) (v evaluation.Round) {
	r.t.Helper()
	status, answer := r.call(method, path, body, &v, func(q *http.Request) { q.Header.Set("If-Match", fmt.Sprintf(`"%d"`, rev)) })
	if status != want {
		r.t.Fatalf("%s %s: %d %s; want %d", method, path, status, answer, want)
	}
	return v
}

func (r registry) rows(id, query string) (out []evaluation.Row) {
	r.t.Helper()
	var list struct{ Items []evaluation.Row }
	if status, answer := r.call("GET", "/evaluations/"+id+"/scores?"+query, nil, &list); status != 200 {
		r.t.Fatalf("scores: %d %s", status, answer)
	}
	return list.Items
}

// as asks like somebody with the grants.
func (r registry) as(grants ...access.Grant) registry {
	r.t.Helper()
	return registry{r.gate, r.tokenOf(demoTenant, grants...)}
}

// A round goes its whole way: computed, objected to by the firm, corrected in a
// new revision, settled, and asked by a policy.
func TestEvaluation_Round(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	var ids []string
	for i := range 10 {
		values := yearOf(1.5 - float64(i)/10)
		if i == 7 {
			delete(values, "land_m2")
		}
		ids = append(ids, r.scored(i, "331003", "C3451", values))
	}
	elsewhere := r.scored(20, "330624", "C3451", yearOf(1))
	about := map[string]any{"title": "黄岩区2024年度亩均效益评价", "standard": "huangyan-mu-above-scale", "version": 0, "year": scoredYear, "region": "331003"}

	county := r.as(access.Grant{Role: "registrar", Area: access.Area{Region: "331003"}})
	other := r.as(access.Grant{Role: "registrar", Area: access.Area{Region: "330624"}})
	firm := r.as(access.Grant{Role: "officer", Area: access.Area{Enterprise: ids[9]}})
	other.round("POST", "/evaluations", 0, about, 403)
	v := county.round("POST", "/evaluations", 0, about, 201)
	if now := v.Current(); now.Scored != 9 || now.Unscored != 1 || !reflect.DeepEqual(now.Classes, map[string]int{"A": 1, "B": 6, "C": 1, "D": 1}) {
		t.Errorf("10 firms: %+v", now)
	}
	list := county.rows(v.ID, "")
	if len(list) != 10 || list[0].Firm != ids[0] || list[0].Class != "A" || list[9].Firm != ids[7] || list[9].Why != "tax-per-mu:unknown:land_m2" {
		t.Errorf("the list: %+v", list)
	}
	// A draft is nobody's but theirs who keep it.
	for _, who := range []registry{other, firm} {
		who.round("GET", "/evaluations/"+v.ID, 0, nil, 404)
	}
	other.round("POST", "/evaluations/"+v.ID+"/state", v.Rev, map[string]any{"state": "cancelled", "note": "x"}, 404)
	county.round("POST", "/evaluations/"+v.ID+"/state", v.Rev, map[string]any{"state": "final"}, 409)
	// A corrected return changes a draft when it is computed again, and only then.
	if status, answer := r.call("PUT", "/firm-returns", map[string]any{"firm": ids[7], "year": scoredYear, "name": "land_m2", "value": 26_667, "basis": "audited", "rev": 0}, nil); status != 200 {
		t.Fatal(status, answer)
	}
	v = county.round("POST", "/evaluations/"+v.ID+"/revisions", v.Rev, nil, 200)
	county.round("POST", "/evaluations/"+v.ID+"/revisions", v.Rev-1, nil, 409)
	if now := v.Current(); now.Number != 2 || now.Scored != 10 {
		t.Errorf("after the land was returned: %+v", now)
	}
	today, after := r.n.evaluations.Now(), time.Now().AddDate(0, 0, 8)
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	v = county.round("POST", "/evaluations/"+v.ID+"/state", v.Rev, map[string]any{"state": "public", "from": day(-1), "to": day(7)}, 200)
	county.round("POST", "/evaluations/"+v.ID+"/revisions", v.Rev, nil, 409)
	if got := other.rows(v.ID, ""); len(got) != 0 {
		t.Errorf("another county sees %d rows", len(got))
	}
	if got := firm.rows(v.ID, ""); len(got) != 1 || got[0].Firm != ids[9] || got[0].Class != "D" {
		t.Errorf("the firm sees %+v", got)
	}
	if status, _ := firm.call("GET", "/evaluations/"+v.ID+"/scores/"+ids[0], nil, nil); status != 404 {
		t.Errorf("the firm asks for another's terms: %d", status)
	}
	firm.round("POST", "/evaluations/"+v.ID+"/objections", 0, map[string]any{"firm": ids[0], "text": "他们的得分过高"}, 404)
	objected := firm.round("POST", "/evaluations/"+v.ID+"/objections", 0, map[string]any{"firm": ids[9], "text": "用地面积有误，其中一宗已转让"}, 201)
	o := objected.Objections[0].ID
	if got := other.round("GET", "/evaluations/"+v.ID, 0, nil, 200); len(got.Objections) != 0 {
		t.Errorf("another county sees the objection: %+v", got.Objections)
	}
	firm.round("PUT", "/evaluations/"+v.ID+"/objections/"+o, objected.Rev, map[string]any{"decision": "upheld", "answer": "x"}, 403)
	r.n.evaluations.Now = func() time.Time { return after }
	county.round("POST", "/evaluations/"+v.ID+"/state", objected.Rev, map[string]any{"state": "final"}, 409)
	bad := func(body map[string]any) {
		t.Helper()
		county.round("PUT", "/evaluations/"+v.ID+"/objections/"+o, objected.Rev, body, 422)
	}
	bad(map[string]any{"decision": "upheld", "answer": "属实"})
	bad(map[string]any{"decision": "upheld", "answer": "属实", "corrected": map[string]any{"acres": 1}})
	bad(map[string]any{"decision": "upheld", "answer": "属实", "corrected": map[string]any{"land_m2": -1}})
	bad(map[string]any{"decision": "rejected", "answer": "不属实", "corrected": map[string]any{"land_m2": 1}})
	before := county.rows(v.ID, "")
	v = county.round("PUT", "/evaluations/"+v.ID+"/objections/"+o, objected.Rev, map[string]any{"decision": "upheld", "answer": "属实，已核减", "corrected": map[string]any{"land_m2": 6_667}}, 200)
	if now := v.Current(); now.Number != 3 || now.Objection != o || now.Inputs == v.Revisions[1].Inputs {
		t.Errorf("an upheld objection makes %+v", now)
	}
	var mine evaluation.Detail
	firm.call("GET", "/evaluations/"+v.ID+"/scores/"+ids[9], nil, &mine)
	if len(mine.Pasts) != 3 || mine.Row.Values["land_m2"] != (evaluation.Value{N: 6_667, Basis: "objection"}) || mine.Row.Class == "D" {
		t.Errorf("the firm after its objection: %+v", mine)
	}
	if old := county.rows(v.ID, "revision=2"); !reflect.DeepEqual(old, before) {
		t.Error("the revision before was changed")
	}
	r.settle(county, v, ids, elsewhere)
}

// settle ends the round and asks for classes as a policy does.
func (r registry) settle(county registry, v evaluation.Round, ids []string, elsewhere string) {
	t := r.t
	class := func(as registry, firm, standard string, at time.Time, want int) (s evaluation.Standing) {
		t.Helper()
		q := url.Values{"firm": {firm}, "standard": {standard}}
		if !at.IsZero() {
			q.Set("at", at.Format(time.RFC3339Nano))
		}
		if status, answer := as.call("GET", "/evaluations/class?"+q.Encode(), nil, &s); status != want {
			t.Errorf("class of %s: %d %s; want %d", firm, status, answer, want)
		}
		return s
	}
	const standard = "huangyan-mu-above-scale"
	if s := class(county, ids[0], standard, time.Time{}, 200); s.Why != "no_round" {
		t.Errorf("before the round is settled: %+v", s)
	}
	v = county.round("POST", "/evaluations/"+v.ID+"/state", v.Rev, map[string]any{"state": "final"}, 200)
	county.round("POST", "/evaluations/"+v.ID+"/state", v.Rev, map[string]any{"state": "cancelled", "note": "x"}, 409)
	if s := class(county, ids[0], standard, time.Time{}, 200); s.Round != v.ID || s.Revision != 3 || s.Score == nil || s.Class == "" || s.Version != 1 || !s.Settled.Equal(v.Settled) {
		t.Errorf("the class: %+v", s)
	}
	if s := class(county, ids[0], standard, v.Settled.Add(-time.Microsecond), 200); s.Why != "no_round" {
		t.Errorf("a moment earlier: %+v", s)
	}
	if s := class(r, elsewhere, standard, time.Time{}, 200); s.Why != "not_in_round" {
		t.Errorf("a firm that was not evaluated: %+v", s)
	}
	class(county, elsewhere, standard, time.Time{}, 404)
	class(county, ids[0], "nonsense", time.Time{}, 422)

	_, sheet := county.call("GET", "/evaluations/"+v.ID+"/file?format=csv", nil, nil)
	read := csv.NewReader(strings.NewReader(strings.TrimPrefix(sheet, "\ufeff")))
	read.FieldsPerRecord = -1
	lines, err := read.ReadAll()
	if err != nil || len(lines) != 12 || !slices.Contains(lines[1], "亩均税收得分") || len(lines[2]) != len(lines[1]) {
		t.Errorf("the sheet has %d lines, %v: %.300s", len(lines), err, sheet)
	}
	_, raw := county.call("GET", "/evaluations/"+v.ID+"/file?format=xlsx", nil, nil)
	book, err := excelize.OpenReader(bytes.NewReader([]byte(raw)))
	must(t, err)
	defer book.Close()
	cells, err := book.GetRows("评价结果")
	if err != nil || len(cells) != 12 || cells[2][1] != lines[2][1] {
		t.Errorf("the workbook has %d lines, %v", len(cells), err)
	}
}

// gone are firms that share their figures no more.
type gone map[string]bool

func (g gone) Withdrawn(context.Context, plant.TenantNo) (map[string]bool, error) { return g, nil }

// A sector's figures are published, a firm sees its place, and a firm that withdraws
// takes its group under k.
func TestBenchmarks(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	var ids []string
	for i := range 26 {
		region := []string{"331003", "331003", "330624", "330106"}[i%4]
		if i == 25 {
			region = "330106"
		}
		ids = append(ids, r.scored(i, region, "C3451", yearOf(0.5+float64(i)/20)))
	}
	look := func(as registry, query string, want int) (a benchmark.Answer) {
		t.Helper()
		if status, answer := as.call("GET", "/benchmarks?measure=tax-per-mu&year=2024&"+query, nil, &a); status != want {
			t.Fatalf("benchmarks?%s: %d %s; want %d", query, status, answer, want)
		}
		return a
	}
	look(r, "", 404)
	part := r.as(access.Grant{Role: "registrar", Area: access.Area{Region: "3310"}})
	issue := map[string]any{"measure": "tax-per-mu", "year": scoredYear}
	if status, _ := part.call("POST", "/benchmark-issues", issue, nil); status != 403 {
		t.Errorf("who keeps a part publishes: %d", status)
	}
	var first benchmark.Issue
	if status, answer := r.call("POST", "/benchmark-issues", issue, &first); status != 201 || first.Number != 1 || first.Firms != 26 {
		t.Fatalf("publish: %d %s", status, answer)
	}
	all := look(r, "by=region", 200)
	if all.Whole == nil || all.Whole.N != 26 || len(all.Whole.Quantiles) != 5 || len(all.Parts) != 1 || all.Parts[0].Region != "33" {
		t.Errorf("all: %+v", all)
	}
	counties := look(r, "region=3301&by=region", 200)
	firm := r.as(access.Grant{Role: "officer", Area: access.Area{Enterprise: ids[3]}})
	own := look(firm, "firm="+ids[3], 200).Own
	if own == nil || own.Value == nil || own.Above != nil && *own.Above > 0.25 || own.Below == nil {
		t.Errorf("own place of one of the lowest: %+v", own)
	}
	look(firm, "firm="+ids[0], 404)
	if len(counties.Parts) != 1 || counties.Parts[0].N != 7 {
		t.Errorf("Hangzhou: %+v", counties)
	}
	// Three of seven withdraw: four are fewer than five.
	r.n.benchmarks.Sharing = gone{ids[3]: true, ids[7]: true, ids[11]: true}
	var second benchmark.Issue
	if status, answer := r.call("POST", "/benchmark-issues", issue, &second); status != 201 || second.Number != 2 || second.Firms != 23 {
		t.Fatalf("publish: %d %s", status, answer)
	}
	counties = look(r, "region=3301&by=region", 200)
	if c := counties.Parts[0]; c.Why != "few" || c.N != 0 || len(c.Quantiles) != 0 {
		t.Errorf("after three withdrew: %+v", c)
	}
	if c := look(part, "region=3301&by=region", 200).Parts[0]; c.Why != "confidential" {
		t.Errorf("who cannot count the firms is told %q", c.Why)
	}
	if status, _ := r.call("POST", "/benchmark-issues", map[string]any{"measure": "tax-per-mu", "year": scoredYear, "least": 3}, nil); status != 422 {
		t.Errorf("a smaller k: %d", status)
	}
}
