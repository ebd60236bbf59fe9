package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
	"zhigai/programme/target"
	"zhigai/programme/target/task"
	webprogramme "zhigai/web/programme"
)

func (r registry) tasks(query string) map[string]task.Row {
	r.t.Helper()
	var rows struct{ Items []task.Row }
	if status, body := r.call("GET", "/target-tasks?"+query, nil, &rows); status != 200 {
		r.t.Fatalf("tasks: %d %s", status, body)
	}
	out := map[string]task.Row{}
	for _, row := range rows.Items {
		out[row.Target+"/"+row.Region] = row
	}
	return out
}

// enterRobots registers robots of a firm.
func (r registry) enterRobots(firm known, n int) {
	r.t.Helper()
	for i := range n {
		e := target.Entry{Kind: "robot", Firm: firm.id, Title: "机器人", From: target.Year(2020).From, Basis: target.Audited, Robot: &target.Plate{Maker: "m", Serial: fmt.Sprint(firm.region, i), Model: "x", Axes: 6}}
		if status, body := r.call("POST", "/register-entries", e, nil); status != 201 {
			r.t.Fatalf("robot: %d %s", status, body)
		}
	}
}

// A target is divided to cities and counties; what was reached is bit for bit
// the indicator's own value of each division.
func TestTasks_Divided(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	own, out := seedFirms(t, r.n)
	r.enterRobots(own, 3)
	r.enterRobots(out, 2)
	year := time.Now().Year() - 1
	one := func(parent, of, unit, region string, planned any) map[string]any {
		m := map[string]any{"id": "", "rev": 0, "target": of, "unit": unit, "region": region, "year": year, "parent": parent, "person": "张三"}
		if planned != nil {
			m["planned"] = planned
		}
		return m
	}
	var saved struct{ Items []task.Task }
	add := func(tasks ...any) (int, string) {
		return r.call("POST", "/target-tasks", map[string]any{"tasks": tasks}, &saved)
	}
	if status, body := add(one("", "T05", "zj-jxw", "330000", 6), one("", "T13", "zj-jxw", "330000", nil), one("", "T02", "zj-kjt", "330000", nil)); status != 201 {
		t.Fatalf("enter: %d %s", status, body)
	}
	whole := saved.Items[0].ID
	if status, body := add(one(whole, "T05", "zj-shaoxing", "330600", 2), one(whole, "T05", "zj-hangzhou", "330100", 3)); status != 201 {
		t.Fatalf("divide: %d %s", status, body)
	}
	city := saved.Items[0].ID
	if status, body := add(one(city, "T05", "zj-shaoxing", ourRegion, 2)); status != 201 {
		t.Fatalf("divide: %d %s", status, body)
	}
	rows := r.tasks(fmt.Sprintf("year=%d", year))
	for key, want := range map[string]struct {
		actual float64
		light  task.Light
	}{"T05/330000": {5, task.Red}, "T05/330600": {3, task.Green}, "T05/330100": {2, task.Red}, "T05/" + ourRegion: {3, task.Green}} {
		row := rows[key]
		var own target.Result
		r.call("GET", fmt.Sprintf("/indicators/robots-in-service?year=%d&region=%s", year, row.Region), nil, &own)
		if row.Actual == nil || *row.Actual != want.actual || row.Light != want.light || own.Value == nil || *own.Value != *row.Actual {
			t.Errorf("%s: %+v; want %v %s; the indicator says %v", key, row, want.actual, want.light, own.Value)
		}
	}
	if w := rows["T05/330000"]; w.Parts != 2 || w.Divided == nil || *w.Divided != 5 || w.Gap == nil || *w.Gap != -1 {
		t.Errorf("the whole: %+v", w)
	}
	for _, key := range []string{"T13/330000", "T02/330000"} {
		if row := rows[key]; row.Light != "" || row.Gap != nil || row.Planned != nil || row.Status == target.Numeric {
			t.Errorf("a target without a number: %+v", row)
		}
	}
	r.tasksRefused(year, whole, one)
	r.taskChanged(year, rows["T13/330000"])
	r.tasksConfined(year)
	r.tasksExported(year)
}

func (r registry) tasksRefused(year int, whole string, one func(parent, of, unit, region string, planned any) map[string]any) {
	r.t.Helper()
	for name, bad := range map[string]map[string]any{
		"a number for a direction":  one("", "T13", "zj-jxw", "330000", 1),
		"no number":                 one("", "T05", "zj-jxw", "330000", nil),
		"no such target":            one("", "T99", "zj-jxw", "330000", 1),
		"no such unit":              one("", "T05", "nobody", "330000", 1),
		"a division that ended":     one("", "T05", "zj-jxw", "330103", 1), // merged in 2021
		"a part of another target":  one(whole, "T06", "zj-jxw", "330600", 1),
		"a part of no whole":        one("01NOBODY", "T05", "zj-jxw", "330600", 1),
		"negative":                  one("", "T05", "zj-jxw", "330000", -1),
		"progress of a numeric one": func() map[string]any { m := one("", "T05", "zj-jxw", "330000", 1); m["progress"] = "done"; return m }(),
	} {
		good := one("", "T06", "zj-jxw", "330000", 200)
		if status, body := r.call("POST", "/target-tasks", map[string]any{"tasks": []any{good, bad}}, nil); status != 422 {
			r.t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if _, half := r.tasks(fmt.Sprintf("year=%d", year))["T06/330000"]; half {
		r.t.Error("half of what was refused is stored")
	}
}

func (r registry) taskChanged(year int, was task.Row) {
	r.t.Helper()
	match := func(req *http.Request) { req.Header.Set("If-Match", `"1"`) }
	was.Progress = task.Running
	if status, body := r.call("PUT", "/target-tasks/"+was.ID, was.Task, nil, match); status != 200 {
		r.t.Fatalf("change: %d %s", status, body)
	}
	if status, _ := r.call("PUT", "/target-tasks/"+was.ID, was.Task, nil, match); status != 409 {
		r.t.Errorf("changed over a newer revision: %d", status)
	}
	var history struct{ Items []task.Change }
	r.call("GET", "/target-tasks/"+was.ID+"/history", nil, &history)
	if len(history.Items) != 2 || history.Items[0].Progress != "" || history.Items[1].Progress != task.Running || history.Items[1].Who == "" {
		r.t.Errorf("history: %+v", history.Items)
	}
	if row := r.tasks(fmt.Sprintf("year=%d&target=T13", year))["T13/330000"]; row.Progress != task.Running {
		r.t.Errorf("changed to %+v", row)
	}
}

// tasksConfined: who has one city sees its tasks and the counties', and no sum
// of a part in place of the whole.
func (r registry) tasksConfined(year int) {
	r.t.Helper()
	city := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: "registrar", Area: access.Area{Region: ourCity}})}
	rows := city.tasks(fmt.Sprintf("year=%d", year))
	if len(rows) != 2 || *rows["T05/330600"].Actual != 3 || *rows["T05/"+ourRegion].Actual != 3 {
		r.t.Errorf("a city sees %+v", rows)
	}
	sector := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: "officer", Area: access.Area{Sector: "C34"}})}
	if rows := sector.tasks(fmt.Sprintf("year=%d", year)); len(rows) != 0 {
		r.t.Errorf("who sees a sector's firms sees %+v", rows)
	}
	foreign := map[string]any{"tasks": []any{map[string]any{"id": "", "rev": 0, "target": "T05", "unit": "zj-hangzhou", "region": "330100", "year": year, "planned": 1}}}
	if status, _ := city.call("POST", "/target-tasks", foreign, nil); status != 403 {
		r.t.Errorf("a city gives another a task: %d", status)
	}
}

func (r registry) tasksExported(year int) {
	r.t.Helper()
	_, raw := r.call("GET", fmt.Sprintf("/target-tasks/export?year=%d", year), nil, nil)
	f, err := excelize.OpenReader(bytes.NewReader([]byte(raw)))
	must(r.t, err)
	defer f.Close()
	lines, err := f.GetRows("任务分解表")
	must(r.t, err)
	text := fmt.Sprint(lines)
	if len(lines) != 9 || !strings.Contains(lines[0][0], fmt.Sprintf("%d年度目标任务分解表", year)) { // title, note, head, six tasks
		r.t.Errorf("%d lines: %v", len(lines), lines)
	}
	for _, want := range []string{"浙江省经济和信息化厅", "绍兴市", "达到", "滞后", "推进中", "张三"} {
		if !strings.Contains(text, want) {
			r.t.Errorf("no %s in the list: %v", want, lines)
		}
	}
}

// A unit that ends is followed by its successor: tasks of the year in which it
// ended and later show the successor, those of years before the old name.
func TestOrganisations(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	seedFirms(t, r.n)
	var next, old task.Unit
	unit := func(name string) map[string]any {
		return map[string]any{"id": "", "rev": 0, "name": name, "level": "county", "region": "330624", "successors": []string{}}
	}
	if status, body := r.call("POST", "/organisations", unit("新昌县经济和信息化局"), &next); status != 201 {
		t.Fatalf("%d %s", status, body)
	}
	r.call("POST", "/organisations", unit("新昌县经济贸易局"), &old)
	for _, year := range []int{2021, 2022} {
		body := map[string]any{"tasks": []any{map[string]any{"id": "", "rev": 0, "target": "T05", "unit": old.ID, "region": "330624", "year": year, "planned": 1}}}
		if status, text := r.call("POST", "/target-tasks", body, nil); status != 201 {
			t.Fatalf("task of %d: %d %s", year, status, text)
		}
	}
	old.To, old.Successors = "2022-03-01", []string{next.ID}
	match := func(rev int64) func(*http.Request) {
		return func(req *http.Request) { req.Header.Set("If-Match", fmt.Sprintf(`"%d"`, rev)) }
	}
	if status, body := r.call("PUT", "/organisations/"+old.ID, old, nil, match(1)); status != 200 {
		t.Fatalf("end: %d %s", status, body)
	}
	for year, want := range map[int]string{2021: "新昌县经济贸易局", 2022: "新昌县经济和信息化局"} {
		if row := r.tasks(fmt.Sprintf("year=%d", year))["T05/330624"]; row.UnitName != want {
			t.Errorf("%d: %q; want %q", year, row.UnitName, want)
		}
	}
	next.To, next.Successors = "2023-01-01", []string{old.ID}
	if status, body := r.call("PUT", "/organisations/"+next.ID, next, nil, match(1)); status != 422 {
		t.Errorf("a circle: %d %s", status, body)
	}
	// One that came with the product is corrected by a first revision.
	var all struct{ Items []webprogramme.Organisation }
	r.call("GET", "/organisations", nil, &all)
	for _, u := range all.Items {
		if u.ID != "zj-jxt" {
			continue
		}
		u.From, u.Verified = "2018-10-26", "read"
		if status, body := r.call("PUT", "/organisations/zj-jxt", u.Unit, nil, match(0)); status != 200 {
			t.Errorf("correct: %d %s", status, body)
		}
	}
	var history struct{ Items []task.UnitChange }
	r.call("GET", "/organisations/zj-jxt/history", nil, &history)
	if len(history.Items) != 1 || history.Items[0].From != "2018-10-26" {
		t.Errorf("history: %+v", history.Items)
	}
	city := registry{r.gate, r.tokenOf(demoTenant, access.Grant{Role: "registrar", Area: access.Area{Region: ourCity}})}
	if status, _ := city.call("PUT", "/organisations/zj-czt", task.Unit{Name: "x", Level: "province", Region: "330000", Successors: []string{}}, nil, match(0)); status != 403 {
		t.Errorf("a city changes a unit of the province: %d", status)
	}
}
