package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/programme/target/ledger"
)

// check sends a sheet to be looked at.
func (r registry) check(list, file, text string) ledger.Plan {
	r.t.Helper()
	var p ledger.Plan
	if status, body := r.call("POST", "/ledgers/"+list+"/check?file="+url.QueryEscape(file), []byte(text), &p); status != 200 {
		r.t.Fatalf("check %s: %d %s", file, status, body)
	}
	return p
}

func (r registry) apply(list, text, digest string, confirmed bool) (int, string) {
	return r.call("POST", fmt.Sprintf("/ledgers/%s/apply?file=x.csv&digest=%s&confirmed=%v", list, digest, confirmed), []byte(text), nil)
}

// Robots of a sheet are checked cell by cell, stored as a whole, exported,
// taken over again without a change, corrected and retired.
func TestLedgers_Robots(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	own, out := seedFirms(t, r.n)
	code := map[string]string{own.id: string(codeOf(t, 1)), out.id: string(codeOf(t, 2))}
	const head = "统一社会信用代码,制造商,出厂编号,型号,轴数,投用日期,退役日期,依据,工位\n"
	wrong := head + code[own.id] + ",发那科,A-1,M-20,2,2020-05-01,2019-01-01,随便,\nNOSUCHCODE,发那科,A-2,M-20,6,去年,,,\n" + code[own.id] + ",发那科,A-1,M-20,6,2020-05-01,,,\n"
	p := r.check("robots", "错.csv", wrong)
	faults := map[string]bool{}
	for _, row := range p.Rows {
		for _, f := range row.Faults {
			faults[fmt.Sprint(row.Line, f.Column)] = f.Text.ZH != "" && f.Text.EN != ""
		}
	}
	for _, want := range []string{"2轴数", "2退役日期", "2依据", "3统一社会信用代码", "3投用日期", "4出厂编号"} {
		if !faults[want] {
			t.Errorf("no fault at %s: %+v", want, p.Rows)
		}
	}
	if status, body := r.apply("robots", wrong, p.Digest, true); status != 422 || !strings.Contains(body, "3 rows are to be mended") {
		t.Errorf("a faulty sheet was applied: %d %s", status, body)
	}
	good := head + code[own.id] + ",发那科,A-1,M-20,6,2020-05-01,,审核,磨床1\n" + code[out.id] + ",库卡,K-1,KR-10,6,2021/3/2,,,\n"
	p = r.check("robots", "好.csv", good)
	if p.Counts.New != 2 || p.Counts.Wrong != 0 {
		t.Fatalf("plan: %+v", p)
	}
	if status, _ := r.apply("robots", good, strings.Repeat("0", 64), false); status != 409 {
		t.Errorf("applied something else than what was looked at: %d", status)
	}
	if status, body := r.apply("robots", good, p.Digest, false); status != 200 {
		t.Fatalf("apply: %d %s", status, body)
	}
	if status, _ := r.apply("robots", good, p.Digest, false); status != 409 {
		t.Errorf("applied twice: %d", status)
	}
	for _, format := range []string{"csv", "xlsx"} {
		_, sheet := r.call("GET", "/ledgers/robots/export?format="+format, nil, nil)
		if again := r.check("robots", "again."+format, sheet); again.Counts.Unchanged != 2 || again.Counts.Rows != 2 {
			t.Errorf("%s taken over again: %+v", format, again)
		}
	}
	retired := "统一社会信用代码,制造商,出厂编号,退役日期\n" + code[own.id] + ",发那科,A-1,2024-01-01\n"
	p = r.check("robots", "退役.csv", retired)
	if status, body := r.apply("robots", retired, p.Digest, false); status != 200 || p.Counts.Changed != 1 {
		t.Fatalf("retire: %d %s %+v", status, body, p)
	}
	stolen := head + code[out.id] + ",发那科,A-1,M-20,6,2020-05-01,,,\n"
	if p := r.check("robots", "别家.csv", stolen); p.Counts.Wrong != 1 {
		t.Errorf("a robot of another firm: %+v", p)
	}
	var rows struct{ Items []ledger.Row }
	r.call("GET", "/register-entries?kind=robot&q=A-1", nil, &rows)
	if len(rows.Items) != 1 || rows.Items[0].FirmName != own.name || target.DayOf(rows.Items[0].To) != "2024-01-01" || rows.Items[0].Robot.Station != "磨床1" {
		t.Fatalf("found %+v", rows.Items)
	}
	var history struct{ Items []target.Change }
	r.call("GET", "/register-entries/"+rows.Items[0].ID+"/history", nil, &history)
	if len(history.Items) != 2 {
		t.Errorf("history: %+v", history.Items)
	}
	r.confined(code[out.id], own)
}

// confined: who keeps one city takes no robot of another over and exports none.
func (r registry) confined(otherCode string, own known) {
	r.t.Helper()
	city := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: "registrar", Area: access.Area{Region: ourCity}})}
	p := city.check("robots", "x.csv", "code,maker,serial,model,axes,from\n"+otherCode+",库卡,K-1,KR-10,6,2021-03-02\n")
	if p.Counts.Wrong != 1 || strings.Contains(fmt.Sprint(p.Rows), "外地") {
		r.t.Errorf("a robot of another city: %+v", p)
	}
	if _, sheet := city.call("GET", "/ledgers/robots/export?format=csv", nil, nil); strings.Contains(sheet, "K-1") || !strings.Contains(sheet, own.name) {
		r.t.Errorf("exported to a city: %s", sheet)
	}
}

// Returns in several units are checked against one another, stored as a whole,
// exported and taken over again; a declared value over an audited one is asked about.
func TestLedgers_Returns(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	own, _ := seedFirms(t, r.n)
	code, year := string(codeOf(t, 1)), time.Now().Year()-1
	sheet := fmt.Sprintf("统一社会信用代码,年份,依据,生产设备数,数控设备数,工业增加值（万元）,用地面积（亩）,综合能耗（吨标准煤）\n%s,%d,申报,\"1,000\",400,-12.345678,3,1.5\n", code, year)
	p := r.check("returns", "申报.csv", sheet)
	if p.Counts.Changed+p.Counts.New != 1 || p.Counts.Warned != 1 || len(p.Rows[0].Faults) != 2 { // text as a number, and over an audited value
		t.Fatalf("plan: %+v", p)
	}
	if status, _ := r.apply("returns", sheet, p.Digest, false); status != 422 {
		t.Errorf("warnings not confirmed: %d", status)
	}
	if status, body := r.apply("returns", sheet, p.Digest, true); status != 200 {
		t.Fatalf("apply: %d %s", status, body)
	}
	var years struct{ Items []ledger.FirmYear }
	r.call("GET", "/firm-years?q="+url.QueryEscape("本地"), nil, &years)
	got := map[string]int64{}
	if len(years.Items) == 1 {
		for _, v := range years.Items[0].Values {
			got[v.Name] = v.Value
		}
	}
	want := map[string]int64{"machines": 1000, "machines_nc": 400, "value_added_fen": -12345678, "land_m2": 2000, "energy_kgce": 1500}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept %v; want %v", got, want)
	}
	for _, format := range []string{"csv", "xlsx"} {
		_, file := r.call("GET", "/ledgers/returns/export?format="+format, nil, nil)
		if again := r.check("returns", "again."+format, file); again.Counts.Unchanged != again.Counts.Rows || again.Counts.Rows != 2 {
			t.Errorf("%s taken over again: %+v", format, again)
		}
	}
	for name, bad := range map[string]string{
		"more NC than machines": "code,year,machines_nc\n" + code + fmt.Sprintf(",%d,1001\n", year),
		"negative":              "code,year,machines\n" + code + fmt.Sprintf(",%d,-1\n", year),
		"future":                "code,year,machines\n" + code + fmt.Sprintf(",%d,1\n", year+2),
		"twice":                 "code,year,machines\n" + code + fmt.Sprintf(",%d,5\n", year-1) + code + fmt.Sprintf(",%d,6\n", year-1),
	} {
		if p := r.check("returns", "x.csv", bad); p.Counts.Wrong != 1 {
			t.Errorf("%s: %+v", name, p)
		}
	}
	// A form saves a year as a whole: one value that does not fit and none is kept.
	values := []any{map[string]any{"name": "rd_fen", "value": 5, "rev": 0}, map[string]any{"name": "machines", "value": 3, "rev": 99}}
	if status, _ := r.call("PUT", "/firm-years", map[string]any{"firm": own.id, "year": year - 2, "basis": "audited", "values": values}, nil); status != 404 && status != 409 {
		t.Errorf("a revision that nobody read: %d", status)
	}
	var history struct{ Items []target.Return }
	r.call("GET", fmt.Sprintf("/firm-years/history?firm=%s&year=%d", own.id, year-2), nil, &history)
	if len(history.Items) != 0 {
		t.Errorf("half of a year was kept: %+v", history.Items)
	}
	r.call("GET", fmt.Sprintf("/firm-years/history?firm=%s&year=%d", own.id, year), nil, &history)
	if len(history.Items) != 6 { // machines twice
		t.Errorf("history: %+v", history.Items)
	}
}

// A robot whose serial number a controller of its firm said is that machine, and
// of another firm's it is not; what it does now is for who may see the machine.
func TestLedgers_ConnectedRobot(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	own, out := seedFirms(t, r.n)
	model, err := r.n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	var owner plant.NodeID
	for _, one := range model.Nodes {
		if one.Level == plant.LevelEnterprise {
			owner = one.ID
		}
	}
	node := r.own
	rev, err := r.n.plants.Revision(t.Context(), access.Scope{Tenant: demoTenant}, r.own.ID)
	must(t, err)
	node.Machine.Device.Serial = "SN-77"
	_, _, err = r.n.plants.SaveNode(t.Context(), access.Scope{Tenant: demoTenant}, node, rev, plant.MicrosOf(time.Now()))
	must(t, err)
	day := time.Now().Format(time.DateOnly)
	_, err = r.n.machines.SaveDays(t.Context(), demoTenant, []machine.Day{{
		Owner: owner, Machine: r.own.ID, Path: r.own.Path, Date: day, PlannedMs: 1000, KnownMs: 900, Revision: 1, AsOf: 1, Digest: strings.Repeat("0", 64), Fold: "1",
	}})
	must(t, err)
	links, err := r.n.machines.Links(t.Context(), demoTenant, nil)
	must(t, err)
	links[0].Firm = own.id
	_, err = r.n.machines.SaveLink(t.Context(), demoTenant, links[0])
	must(t, err)
	for i, firm := range []known{own, out} {
		e := target.Entry{Kind: "robot", Firm: firm.id, Title: "上料", From: plant.MicrosOf(time.Now().AddDate(-1, 0, 0)), Basis: target.Declared, Robot: &target.Plate{Maker: fmt.Sprint("maker", i), Serial: "SN-77", Model: "M", Axes: 6}}
		if status, body := r.call("POST", "/register-entries", e, nil); status != 201 {
			t.Fatalf("robot: %d %s", status, body)
		}
	}
	var rows struct{ Items []ledger.Row }
	r.call("GET", "/register-entries?kind=robot", nil, &rows)
	for _, row := range rows.Items {
		switch c := row.Connected; {
		case row.Firm == out.id && c != nil:
			t.Errorf("a machine of another firm: %+v", c)
		case row.Firm == own.id && (c == nil || c.By != "serial" || c.Machine != r.own.ID || !c.Here || c.Day != day || c.State == ""):
			t.Errorf("the robot is not its machine: %+v", c)
		}
	}
	officer := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: "officer"})}
	rows.Items = nil // what is left out of an answer would stay
	officer.call("GET", "/register-entries?kind=robot&firm="+own.id, nil, &rows)
	if len(rows.Items) != 1 || rows.Items[0].Connected == nil || rows.Items[0].Connected.State != "" {
		t.Errorf("an officer sees what the machine does now: %+v", rows.Items)
	}
}
