package main

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/reporting"
)

const networking = "backbone-networking-rate"

// province is a node with firms in two counties of a city and with officers of
// every level.
type province struct {
	registry
	period  reporting.Period
	firms   map[string]string // id by name
	secrets map[string]string // by officer
}

func newProvince(t *testing.T) *province {
	p := &province{registry: newRegistry(t), period: reporting.Ended(time.Now(), 1, 0, 0)[0], firms: map[string]string{}, secrets: map[string]string{}}
	for name, area := range map[string]access.Area{
		"county": {Region: "330624"}, "neighbour": {Region: "330681"}, "city": {Region: "3306"}, "province": {Region: "33"}, "all": {},
		"firm": {Region: "330624", Enterprise: "x"}, "sector": {Region: "330624", Sector: "C34"},
	} {
		p.secrets[name] = p.tokenOf(demoTenant, access.Grant{Role: "officer", Area: area})
	}
	p.secrets["expert"] = p.tokenOf(demoTenant, access.Grant{Role: "expert", Area: access.Area{Region: "330624"}})
	p.secrets["admin"] = p.secret
	for i, f := range []struct{ name, code, region string }{
		{"a1", "91350200776049653A", "330624"}, {"a2", "91350500798359476R", "330624"}, {"b1", "91350503MA31DKY80A", "330681"},
	} {
		var made struct{ ID string }
		body := map[string]any{"code": f.code, "name": fmt.Sprintf("浙江某某轴承%d有限公司", i), "region": f.region, "industry": "C3451", "above_scale": true, "backbone": map[string]string{"from": "2018-05-01"}, "since": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()}
		if status, answer := p.call("POST", "/firms", body, &made); status != 201 {
			t.Fatalf("firm %s: %d %s", f.name, status, answer)
		}
		p.firms[f.name] = made.ID
	}
	p.returns("a1", "machines", 100, 0)
	p.returns("a1", "machines_networked", 55, 0)
	p.returns("a2", "machines", 40, 0)
	p.returns("a2", "machines_networked", 10, 0)
	p.returns("b1", "machines", 60, 0)
	p.returns("b1", "machines_networked", 45, 0)
	return p
}

func (p *province) returns(firm, name string, value, rev int64) {
	p.t.Helper()
	body := map[string]any{"firm": p.firms[firm], "year": p.period.Year, "name": name, "value": value, "basis": "audited", "rev": rev}
	if status, answer := p.as("admin").call("PUT", "/firm-returns", body, nil); status != 200 {
		p.t.Fatalf("return of %s: %d %s", firm, status, answer)
	}
}

func (p *province) as(officer string) registry { return registry{p.gate, p.secrets[officer]} }

func (p *province) id(region string) string { return reporting.IDOf(p.period.ID, region) }

func (p *province) view(officer, region string) (v reporting.View) {
	p.t.Helper()
	if status, answer := p.as(officer).call("GET", "/reports/"+p.id(region), nil, &v); status != 200 {
		p.t.Fatalf("report of %s by %s: %d %s", region, officer, status, answer)
	}
	return v
}

// step does one at the revision that stands and gives status and answer.
func (p *province) step(officer, region string, what reporting.What, words string) (int, string) {
	p.t.Helper()
	rev := p.view("all", region).Rev
	return p.as(officer).call("POST", "/reports/"+p.id(region)+"/steps", map[string]any{"what": what, "words": words}, nil, ifMatch(rev))
}

func ifMatch(rev int64) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(rev))) }
}

func (p *province) must(officer, region string, what reporting.What, words string) {
	p.t.Helper()
	if status, answer := p.step(officer, region, what, words); status != 200 {
		p.t.Fatalf("%s of %s by %s: %d %s", what, region, officer, status, answer)
	}
}

func (p *province) refuses(status int, says, officer, region string, what reporting.What, words string) {
	p.t.Helper()
	if got, answer := p.step(officer, region, what, words); got != status || !strings.Contains(answer, says) {
		p.t.Errorf("%s of %s by %s: %d %s; want %d with %q", what, region, officer, got, answer, status, says)
	}
}

func (p *province) freeze(officer, period, region string, below bool) (int, string, reporting.Froze) {
	p.t.Helper()
	var out reporting.Froze
	status, answer := p.as(officer).call("POST", "/reports", map[string]any{"period": period, "region": region, "below": below}, &out)
	return status, answer, out
}

func reportedRow(t *testing.T, v reporting.View, indicator string) reporting.Row {
	t.Helper()
	i := slices.IndexFunc(v.Rows, func(r reporting.Row) bool {
		return r.Reported != nil && r.Reported.Definition.ID == indicator || r.Recomputed != nil && r.Recomputed.Definition.ID == indicator
	})
	if i < 0 {
		t.Fatalf("%s has no row %s", v.ID, indicator)
	}
	return v.Rows[i]
}

func near(got *float64, want float64) bool { return got != nil && math.Abs(*got-want) < 1e-12 }

// TestReporting_County walks a county's report: frozen, handed in, returned,
// explained, approved; a late fact shows beside what was reported and makes a
// revision only when a person says so.
func TestReporting_County(t *testing.T) {
	t.Parallel()
	p := newProvince(t)
	const county = "330624"
	before := reportedRow(t, p.view("county", county), networking)
	if before.Reported != nil || !near(before.Recomputed.Value, 65.0/140) {
		t.Errorf("before freezing: %+v; want 65/140 as computed now alone", before.Recomputed)
	}
	if status, answer, out := p.freeze("county", p.period.ID, county, false); status != 201 || len(out.Reports) != 1 {
		t.Fatalf("freeze: %d %s", status, answer)
	}
	if status, answer, _ := p.freeze("city", p.period.ID, county, false); status != 409 || !strings.Contains(answer, "possible") {
		t.Errorf("frozen twice: %d %s", status, answer)
	}
	frozen := reportedRow(t, p.view("county", county), networking).Reported
	p.refuses(403, "is for the county itself", "city", county, reporting.Submit, "")
	p.refuses(409, "possible: submit by the county itself", "city", county, reporting.Approve, "")
	p.must("county", county, reporting.Submit, "")
	p.refuses(403, "is for the city", "county", county, reporting.Approve, "")
	p.refuses(403, "is for the city", "province", county, reporting.Approve, "")
	p.refuses(422, "needs words", "city", county, reporting.Return, "  ")
	p.must("city", county, reporting.Return, "a1 的联网台数依据是什么？")
	if v := p.view("county", county); v.State != reporting.Returned || v.Question != "a1 的联网台数依据是什么？" || !v.Owing {
		t.Errorf("returned: %s %q", v.State, v.Question)
	}
	p.must("county", county, reporting.Explain, "以审计记录为准")
	p.must("city", county, reporting.Approve, "")
	if v := p.view("city", county); v.State != reporting.Approved || v.Differs || v.Accepted != 1 || len(v.Steps) != 5 || v.Question != "" {
		t.Errorf("approved: %s differs %v, revision %d of %d steps", v.State, v.Differs, v.Accepted, len(v.Steps))
	}
	p.refuses(409, "nothing to revise", "county", county, reporting.Revise, "x")

	p.returns("a1", "machines_networked", 60, 1)
	late := reportedRow(t, p.view("county", county), networking)
	if !reflect.DeepEqual(late.Reported, frozen) {
		t.Errorf("a late fact changed what was frozen: %+v; was %+v", late.Reported, frozen)
	}
	if !near(late.Recomputed.Value, 0.5) || !near(late.Difference, 0.5-65.0/140) || late.Same || !reflect.DeepEqual(late.Moved, []reporting.Moved{{Term: "machines_networked", Was: 65, Is: 70}}) {
		t.Errorf("beside it: %+v %v %+v", late.Recomputed, late.Difference, late.Moved)
	}
	p.must("county", county, reporting.Decline, "待年报核实")
	if v := p.view("county", county); !v.Differs || !v.Declined || v.State != reporting.Approved {
		t.Errorf("declined: differs %v, declined %v, %s", v.Differs, v.Declined, v.State)
	}
	p.returns("a1", "machines_networked", 61, 2)
	if p.view("county", county).Declined {
		t.Error("what was declined is another figure by now")
	}
	p.must("county", county, reporting.Revise, "a1 补报")
	v := p.view("city", county)
	if v.State != reporting.Revised || v.Revision != 2 || v.Accepted != 1 || v.Differs || len(v.Versions) != 2 || v.Versions[1].Reason != "a1 补报" {
		t.Errorf("revised: %s, revision %d, accepted %d, differs %v, %+v", v.State, v.Revision, v.Accepted, v.Differs, v.Versions)
	}
	p.must("city", county, reporting.Approve, "")
	var old reporting.View
	if status, answer := p.as("city").call("GET", "/reports/"+p.id(county)+"?revision=1", nil, &old); status != 200 || !reflect.DeepEqual(reportedRow(t, old, networking).Reported, frozen) {
		t.Errorf("revision 1 is not what was frozen first: %d %s", status, answer)
	}
	if status, answer := p.as("county").call("POST", "/reports/"+p.id(county)+"/steps", map[string]any{"what": "revise", "words": "x"}, nil, ifMatch(3)); status != 409 || !strings.Contains(answer, "revision") {
		t.Errorf("a step on what was seen long ago: %d %s", status, answer)
	}
}

// TestReporting_City: a city's report holds what its counties had approved; the sum
// is made of terms and stands beside the city's own fold.
func TestReporting_City(t *testing.T) {
	t.Parallel()
	p := newProvince(t)
	const city = "330600"
	status, answer, out := p.freeze("province", p.period.ID, city, true)
	counties := 0
	for _, r := range p.n.codes.Regions.All("3306", (p.period.To - 1).Time()) {
		if r.Level == plant.County {
			counties++
		}
	}
	if status != 201 || len(out.Reports) != counties+1 || counties < 5 {
		t.Fatalf("freeze: %d %s; want %d reports", status, answer, counties+1)
	}
	if _, _, again := p.freeze("province", p.period.ID, city, true); len(again.Reports) != 0 || again.Stood != counties+1 {
		t.Errorf("frozen again: %+v; want all to stand", again)
	}
	for _, county := range []string{"330624", "330681"} {
		officer := map[string]string{"330624": "county", "330681": "neighbour"}[county]
		p.must(officer, county, reporting.Submit, "")
		p.must("city", county, reporting.Approve, "")
	}
	p.refuses(409, fmt.Sprintf("%d of %d reports below are not approved", counties-2, counties), "city", city, reporting.Submit, "")
	p.must("city", city, reporting.Submit, "其余县无骨干企业")
	p.returns("b1", "machines_networked", 30, 1)
	p.must("neighbour", "330681", reporting.Revise, "b1 更正")
	v := p.view("province", city)
	row := reportedRow(t, v, networking)
	// Independent of the fold: 55+10+45 of 100+40+60 at freezing, the mean of the
	// counties' rates would be 0.607.
	if !near(row.Reported.Value, 110.0/200) || !near(row.Said.Value, 110.0/200) || !near(row.Said.Difference, 0) || row.Said.Reports != 2 {
		t.Errorf("city: own %v, sum %+v", *row.Reported.Value, row.Said)
	}
	if !near(row.Recomputed.Value, 95.0/200) {
		t.Errorf("computed now: %v; want 95/200", *row.Recomputed.Value)
	}
	if len(v.Parts) != counties || v.Parts[slices.IndexFunc(v.Parts, func(o reporting.Part) bool { return o.Region == "330681" })].Held != 1 {
		t.Errorf("parts: %+v", v.Parts)
	}
	// The city makes its figures anew and its counties do not: the difference shows.
	p.must("province", city, reporting.Return, "与县里的合计核对")
	p.must("city", city, reporting.Revise, "b1 更正")
	row = reportedRow(t, p.view("province", city), networking)
	if !near(row.Reported.Value, 95.0/200) || !near(row.Said.Difference, 15.0/200) || !reflect.DeepEqual(row.Said.Moved, []reporting.Moved{{Term: "machines_networked", Was: 95, Is: 110}}) {
		t.Errorf("after the city's revision: own %v, sum %+v", *row.Reported.Value, row.Said)
	}
	p.must("province", city, reporting.Approve, "")
	p.tables(city)
	p.files(city)
}

// tables: score cards of the incentive counties and the comparison of cities.
func (p *province) tables(city string) {
	t := p.t
	t.Helper()
	var scores reporting.Scores
	if status, answer := p.as("province").call("GET", "/report-scores?period="+p.period.ID, nil, &scores); status != 200 || scores.Listed != 0 || len(scores.Rows) != 0 {
		t.Errorf("scores without a list: %d %s", status, answer)
	}
	if status, answer := p.as("admin").call("PUT", "/target-settings", map[string]any{"incentive": []string{"330624", "330681", "330110"}, "rev": 0}, nil, ifMatch(0)); status != 200 {
		t.Fatalf("incentive counties: %d %s", status, answer)
	}
	if status, answer := p.as("city").call("GET", "/report-scores?period="+p.period.ID, nil, &scores); status != 200 || scores.Listed != 3 || len(scores.Rows) != 2 {
		t.Fatalf("scores: %d %s; want the two of the city", status, answer)
	}
	for _, row := range scores.Rows {
		i := slices.IndexFunc(row.Items, func(m reporting.Marks) bool { return m.Item.Indicator == networking })
		want := map[string]float64{"330624": 10 * (65.0 / 140) / 0.55, "330681": 10}[row.Region] // 45/60 is above full marks
		if got := row.Items[i].Marks; !near(got, want) || row.Possible < 10 || row.Rank == 0 {
			t.Errorf("%s: %v marks for networking; want %v; rank %d", row.Region, got, want, row.Rank)
		}
	}
	var cities reporting.Comparison
	if status, answer := p.as("province").call("GET", "/report-comparison?period="+p.period.ID+"&indicator="+networking, nil, &cities); status != 200 || len(cities.Rows) < 11 {
		t.Fatalf("comparison: %d %s", status, answer)
	}
	if first := cities.Rows[0]; first.Region != city || first.Rank != 1 || !near(first.Value, 95.0/200) || first.Before != nil || cities.Rows[1].Rank != 0 {
		t.Errorf("comparison: %+v, then %+v", first, cities.Rows[1])
	}
}

// files: the workbook has numbers where the report has them, the PDF is one.
func (p *province) files(city string) {
	t := p.t
	t.Helper()
	fetch := func(format string) []byte {
		status, body := p.as("province").call("GET", "/reports/"+p.id(city)+"/file?format="+format, nil, nil)
		if status != 200 {
			t.Fatalf("%s: %d %s", format, status, body)
		}
		if dir := os.Getenv("ZHIGAI_SHOW"); dir != "" {
			must(t, os.WriteFile(dir+"/report."+format, []byte(body), 0o600))
		}
		return []byte(body)
	}
	book, err := excelize.OpenReader(bytes.NewReader(fetch("xlsx")))
	must(t, err)
	defer book.Close()
	rows, err := book.GetRows("报表", excelize.Options{RawCellValue: true})
	must(t, err)
	i := slices.IndexFunc(rows, func(r []string) bool { return len(r) > 0 && r[0] == "骨干企业机器联网率" })
	if i < 0 || rows[i][1] != "%" || rows[i][2] != "0.475" || rows[i][3] != "0.475" || rows[i][4] != "0" || rows[i][7] != networking+" v1" {
		t.Errorf("row of the workbook: %v", rows[i])
	}
	kind, err := book.GetCellType("报表", fmt.Sprintf("C%d", i+1))
	must(t, err)
	shown, err := book.GetCellValue("报表", fmt.Sprintf("C%d", i+1))
	must(t, err)
	if kind == excelize.CellTypeSharedString || kind == excelize.CellTypeInlineString || shown != "47.50%" {
		t.Errorf("the reported value is of type %v and shows %q; want a number that shows 47.50%%", kind, shown)
	}
	text := fmt.Sprint(rows)
	for _, want := range []string{"填报单位", "绍兴市", "制表人", "审核人", p.period.Name(), "口径未核实"} {
		if !strings.Contains(text, want) {
			t.Errorf("the workbook lacks %q", want)
		}
	}
	said, err := book.GetRows("下级汇总", excelize.Options{RawCellValue: true})
	must(t, err)
	if i := slices.IndexFunc(said, func(r []string) bool { return len(r) > 0 && r[0] == "骨干企业机器联网率" }); i < 0 || said[i][2] != "0.55" || said[i][5] != "2" {
		t.Errorf("sum in the workbook: %v", said)
	}
	if pdf := fetch("pdf"); !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) < 10_000 {
		t.Errorf("a PDF of %d bytes", len(pdf))
	}
}

// TestReporting_Scopes: who holds a part of a county speaks and reads for no county,
// and nothing is frozen of what is not over or does not exist.
func TestReporting_Scopes(t *testing.T) {
	t.Parallel()
	p := newProvince(t)
	for _, officer := range []string{"firm", "sector", "neighbour"} {
		if status, answer := p.as(officer).call("GET", "/reports/"+p.id("330624"), nil, nil); status != 404 {
			t.Errorf("%s reads the county's report: %d %.200s", officer, status, answer)
		}
		if status, answer, _ := p.freeze(officer, p.period.ID, "330624", false); status != 403 {
			t.Errorf("%s freezes: %d %.200s", officer, status, answer)
		}
	}
	if status, answer := p.as("county").call("GET", "/reports/"+p.id("330600"), nil, nil); status != 404 {
		t.Errorf("a county reads its city's report: %d %.200s", status, answer)
	}
	if status, _, _ := p.freeze("expert", p.period.ID, "330624", false); status != 403 {
		t.Errorf("an expert freezes: %d", status)
	}
	for name, c := range map[string]struct {
		period, region string
		status         int
		says           string
	}{
		"not over":       {time.Now().Format("2006-01"), "330624", 409, "frozen after it"},
		"no month":       {"2022-13", "330624", 422, "period"},
		"no county":      {p.period.ID, "339999", 404, "no division"},
		"abolished":      {p.period.ID, "330103", 404, "abolished"},
		"not there then": {"2018-05", "330113", 404, "did not exist yet"},
	} {
		if status, answer, _ := p.freeze("all", c.period, c.region, false); status != c.status || !strings.Contains(answer, c.says) {
			t.Errorf("%s: %d %s; want %d with %q", name, status, answer, c.status, c.says)
		}
	}
	var list struct{ Items []reporting.Line }
	p.as("county").call("GET", "/reports?period="+p.period.ID, nil, &list)
	if len(list.Items) != 1 || list.Items[0].Region != "330624" || !list.Items[0].Own || list.Items[0].Above {
		t.Errorf("the county's list: %+v", list.Items)
	}
	p.as("sector").call("GET", "/reports?period="+p.period.ID, nil, &list)
	if len(list.Items) != 0 {
		t.Errorf("the list of who holds a sector: %+v", list.Items)
	}
}

// TestReporting_Reminders: what is late is listed, reminded of, seen by who is late
// and answered.
func TestReporting_Reminders(t *testing.T) {
	t.Parallel()
	p := newProvince(t)
	due := func(officer string) (reporting.Line, bool) {
		var list struct{ Items []reporting.Line }
		if status, answer := p.as(officer).call("GET", "/report-dues", nil, &list); status != 200 {
			t.Fatalf("dues: %d %s", status, answer)
		}
		for i, l := range list.Items {
			if i > 0 && l.Late > list.Items[i-1].Late {
				t.Errorf("%s stands behind what is less late", l.ID)
			}
			if l.ID == p.id("330624") {
				return l, true
			}
		}
		return reporting.Line{}, false
	}
	late := int(time.Since(p.period.To.Time().AddDate(0, 0, 5))/(24*time.Hour)) + 1
	if l, ok := due("city"); time.Now().Day() > 6 && (!ok || l.Late != late || !l.Owing || !l.Above) {
		t.Errorf("due: %+v %v; want late by %d days", l, ok, late)
	}
	p.refuses(403, "is for the city or higher", "county", "330624", reporting.Remind, "x")
	p.must("city", "330624", reporting.Remind, "请三日内上报")
	l, _ := due("county")
	if len(l.Reminders) != 1 || l.Reminders[0].Words != "请三日内上报" || !l.Own || l.State != reporting.Open {
		t.Errorf("the reminder as the county sees it: %+v", l)
	}
	p.must("county", "330624", reporting.Answer, "周五前上报")
	if l, _ := due("county"); len(l.Reminders) != 0 {
		t.Errorf("answered: %+v", l.Reminders)
	}
	p.must("province", "330624", reporting.Remind, "再次催报")
	p.freeze("county", p.period.ID, "330624", false)
	p.must("county", "330624", reporting.Submit, "")
	if l, ok := due("county"); ok {
		t.Errorf("handed in and still due: %+v", l)
	}
	steps := p.view("city", "330624").Steps
	var what []reporting.What
	for _, s := range steps {
		what = append(what, s.What)
	}
	if want := []reporting.What{reporting.Remind, reporting.Answer, reporting.Remind, reporting.Freeze, reporting.Submit}; !slices.Equal(what, want) {
		t.Errorf("steps %v; want %v", what, want)
	}
}
