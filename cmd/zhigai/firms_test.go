package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"zhigai/access"
	"zhigai/programme/enterprise"
	"zhigai/web/programme"
)

// registry asks a node about firms.
type registry struct {
	*gate
	secret string
}

func newRegistry(t *testing.T) registry {
	g := newGate(t)
	return registry{g, g.token(access.RoleAdmin, "")}
}

// call sends a body, JSON or bytes as they are, and reads a success into out.
func (r registry) call(method, path string, body, out any, dress ...func(*http.Request)) (int, string) {
	r.t.Helper()
	kind, raw := "application/json", []byte(nil)
	if b, ok := body.([]byte); ok {
		kind, raw = "application/octet-stream", b
	} else if body != nil {
		var err error
		raw, err = json.Marshal(body)
		must(r.t, err)
	}
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.api.base+"/api/v1"+path, bytes.NewReader(raw))
	must(r.t, err)
	req.Header.Set("Content-Type", kind)
	bearer(r.secret)(req)
	for _, d := range dress {
		d(req)
	}
	res, err := http.DefaultClient.Do(req)
	must(r.t, err)
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	must(r.t, err)
	if res.StatusCode < 300 && out != nil {
		must(r.t, json.Unmarshal(all, out))
	}
	return res.StatusCode, string(all)
}

// send sends a file and waits until it is checked.
func (r registry) send(name string, raw []byte) (enterprise.Job, map[int]enterprise.Planned) {
	r.t.Helper()
	var j enterprise.Job
	if status, body := r.call("POST", "/firm-sheets?file="+url.QueryEscape(name), raw, &j); status != 201 {
		r.t.Fatalf("send %s: %d %s", name, status, body)
	}
	j = r.settled(j.ID)
	var rows struct{ Items []enterprise.Planned }
	r.call("GET", "/firm-sheets/"+j.ID+"/rows?limit=1000", nil, &rows)
	by := map[int]enterprise.Planned{}
	for _, row := range rows.Items {
		by[row.Line] = row
	}
	return j, by
}

// settled waits for the end of what a sheet is doing.
func (r registry) settled(id string) (j enterprise.Job) {
	r.t.Helper()
	for range 600 {
		if status, body := r.call("GET", "/firm-sheets/"+id, nil, &j); status != 200 {
			r.t.Fatalf("sheet: %d %s", status, body)
		}
		if j.Stage == enterprise.Ready || j.Stage == enterprise.Applied || j.Stage == enterprise.Failed {
			return j
		}
		time.Sleep(20 * time.Millisecond) // asks again, decides nothing
	}
	r.t.Fatalf("sheet still %s", j.Stage)
	return j
}

func (r registry) found(query string) (names []string) {
	r.t.Helper()
	var list struct{ Items []programme.Firm }
	if status, body := r.call("GET", "/firms?"+query, nil, &list); status != 200 {
		r.t.Fatalf("firms?%s: %d %s", query, status, body)
	}
	for _, f := range list.Items {
		names = append(names, f.Name)
	}
	return names
}

const firmsCSV = `统一社会信用代码,企业名称,行政区划代码,行业代码,规上企业,骨干企业,2025年销售收入（万元）,2025年从业人员（人）,MES启用日
91350200776049653A,新昌宏达轴承有限公司,新昌县,3451,是,2018年5月1日,40000.5,1200,2019/3/1
91350500798359476R,长兴恒远电气股份有限公司,330522,C3813,否,,2000,300,
91350503MA31DKY80A,宁波 正泰 机械厂,330203,3451,,,,,
`

// A list in GB 18030 is stored, found, exported, imported again without a
// change, and taken back.
func TestFirms_List(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	raw, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(firmsCSV))
	must(t, err)
	j, rows := r.send("名单.csv", raw)
	if j.Counts.New != 3 || j.Counts.Wrong != 0 {
		t.Fatalf("%+v %+v", j, rows)
	}
	r.call("POST", "/firm-sheets/"+j.ID+"/apply", map[string]any{}, nil)
	if j = r.settled(j.ID); j.Stage != enterprise.Applied || j.Import.Made != 3 {
		t.Fatalf("applied: %+v", j)
	}
	for query, want := range map[string]string{
		"q=zhoucheng": "新昌宏达轴承有限公司", "q=xchd": "新昌宏达轴承有限公司", "q=" + url.QueryEscape("恒远"): "长兴恒远电气股份有限公司", "q=changxing": "长兴恒远电气股份有限公司",
		"q=91350503": "宁波 正泰 机械厂", "region=3306": "新昌宏达轴承有限公司", "industry=C38": "长兴恒远电气股份有限公司", "backbone=true": "新昌宏达轴承有限公司", "size=medium": "长兴恒远电气股份有限公司",
		"sort=-sales&limit=1": "新昌宏达轴承有限公司",
	} {
		if got := r.found(query); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q; want %s", query, got, want)
		}
	}
	for _, format := range []string{"csv", "xlsx"} {
		_, sheet := r.call("GET", "/firm-sheets/export?format="+format, nil, nil)
		again, rows := r.send("again."+format, []byte(sheet))
		if again.Counts.Unchanged != 3 || again.Counts.Rows != 3 {
			t.Errorf("%s exported and sent again: %+v %+v", format, again, rows)
		}
	}
	if status, body := r.call("POST", "/firm-imports/"+j.Import.ID+"/undo", nil, nil); status != 200 {
		t.Errorf("undo: %d %s", status, body)
	}
	if got := r.found(""); len(got) != 0 {
		t.Errorf("after the undo: %q", got)
	}
	entries, err := access.Verify(t.Context(), r.n.record.Access(), demoTenant)
	if err != nil || entries < 5 {
		t.Errorf("audit: %d entries, %v", entries, err)
	}
}

// Every kind of wrong cell is named with its row, its column and what to write,
// and nothing is stored.
func TestFirms_BadCells(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	f := excelize.NewFile()
	table := [][]any{
		{"信用代码", "名称", "区划代码", "行业代码", "2025年销售收入（万元）", "2025年从业人员（人）", "上云日", "规上企业"},
		{"91350200776049653A", "合并的甲", "330624", "3451", 1000, 10, "2020-01-01", "是"},
		{"91350500798359476R", "", "330624", "3451", 1000, 10, "", ""},
		{"9.13306240000001E+17", "数字代码", "330624", "3451", 1000, 10, "", ""},
		{"91350503MA31DKY801", "校验码错", "330624", "3451", "１,２００", 10, "", ""},
		{"91350200MA31E12PXF", "撤销的区", "330104", "3451", "一百", 10, "", ""},
		{"91440101MA5CJQ4N59", "重复一", "330624", "3451", 1, 10, "", ""},
		{"91440101MA5CJQ4N59", "重复二", "330624", "3450", 1, 10, "去年", "也许"},
		{"9135O200776049653A", "字母 O", "330600", "3451", 1, 10, "", ""},
	}
	for i, row := range table {
		must(t, f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row))
	}
	must(t, f.MergeCell("Sheet1", "B2", "B3"))
	var b bytes.Buffer
	must(t, f.Write(&b))
	j, rows := r.send("名单.xlsx", b.Bytes())
	says := func(line int, status enterprise.Status, column, zh, en string) {
		t.Helper()
		for _, fault := range rows[line].Faults {
			if rows[line].Status == status && fault.Column == column && strings.Contains(fault.Text.ZH, zh) && strings.Contains(fault.Text.EN, en) {
				return
			}
		}
		t.Errorf("line %d: %+v; want %s, column %s that says %q, %q", line, rows[line], status, column, zh, en)
	}
	says(2, enterprise.Wrong, "名称", "B2:B3 是合并单元格", "cells B2:B3 are merged")
	says(3, enterprise.Wrong, "名称", "B2:B3 是合并单元格", "cells B2:B3 are merged")
	says(4, enterprise.Wrong, "信用代码", "被 Excel 转成数字", "Excel made a number")
	says(5, enterprise.New, "信用代码", "校验码不符合", "check character")
	says(5, enterprise.New, "2025年销售收入（万元）", "是文本，已按 1200 读取", "taken for 1200")
	says(6, enterprise.Wrong, "区划代码", "330104 江干区 已于 2021-04-09 撤销，请改填 330102 上城区 / 330114 钱塘区", "abolished on 2021-04-09; write 330102")
	says(6, enterprise.Wrong, "2025年销售收入（万元）", "“一百”不是数值", "no number")
	says(8, enterprise.Doubled, "信用代码", "与第 7 行的代码相同", "same code as line 7")
	says(8, enterprise.Doubled, "行业代码", "“3450”不是", "no industry")
	says(8, enterprise.Doubled, "上云日", "“去年”不是日期", "no day")
	says(8, enterprise.Doubled, "规上企业", "既不是“是”也不是“否”", "neither yes nor no")
	says(9, enterprise.Wrong, "信用代码", "不是统一社会信用代码", "no unified social credit code")
	says(9, enterprise.Wrong, "区划代码", "不是县级", "no county")
	if j.Counts.Wrong != 5 || j.Counts.Doubled != 1 || j.Counts.Warned != 1 {
		t.Errorf("counts %+v", j.Counts)
	}
	if status, body := r.call("POST", "/firm-sheets/"+j.ID+"/apply", map[string]any{"confirmed": true}, nil); status != 422 || !strings.Contains(body, "6 rows are to be mended") {
		t.Errorf("apply: %d %s", status, body)
	}
	if got := r.found(""); len(got) != 0 {
		t.Errorf("stored all the same: %q", got)
	}
	for text, says := range map[string]string{
		"统一社会信用代码,颜色\nx,红\n": "column 2 is named", "企业名称\n甲\n": "no column tells firms apart", "code,2025年销售收入\nx,1\n": "money has no unit", "": "empty", "code,code\na,b\n": "columns 1 and 2 are both code",
	} {
		var j enterprise.Job
		r.call("POST", "/firm-sheets?file=x.csv", []byte(text), &j)
		if text == "" {
			continue // no body at all is refused before
		}
		if j = r.settled(j.ID); j.Stage != enterprise.Failed || !strings.Contains(j.Error, says) {
			t.Errorf("%q: %+v; want %q", text, j, says)
		}
	}
}

// A firm is entered by the form, changed with its revision, found under its
// former name, and merged with its double.
func TestFirms_Form(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	firm := map[string]any{"code": "91350203M0001QAY9B", "name": "浙江新昌宏达轴承有限公司", "region": "330624", "industry": "3451"}
	if status, body := r.call("POST", "/firms", firm, nil); status != 422 || !strings.Contains(body, "check character") {
		t.Errorf("a code that does not fit: %d %s", status, body)
	}
	firm["confirmed"] = true
	var a, b programme.Firm
	if status, body := r.call("POST", "/firms", firm, &a); status != 201 || a.Place != "浙江省 绍兴市 新昌县" || a.Trade != "滚动轴承制造" {
		t.Fatalf("add: %d %s", status, body)
	}
	if status, body := r.call("POST", "/firms", firm, nil); status != 422 || !strings.Contains(body, "already; change that firm") {
		t.Errorf("a code twice: %d %s", status, body)
	}
	firm["region"] = "330103"
	firm["code"] = "91350200776049653A"
	if status, body := r.call("POST", "/firms", firm, nil); status != 422 || !strings.Contains(body, "330105 拱墅区") {
		t.Errorf("a division that ended: %d %s", status, body)
	}
	firm["region"], firm["name"] = "330624", "新昌宏达轴承厂"
	var look enterprise.Looked
	if status, body := r.call("POST", "/firms/look", firm, &look); status != 200 || len(look.Alike) != 1 || look.Alike[0].ID != a.ID {
		t.Errorf("look: %d %s", status, body)
	}
	if status, body := r.call("POST", "/firms", firm, &b); status != 201 {
		t.Fatalf("add the double: %d %s", status, body)
	}
	rev := func(n int64) func(*http.Request) {
		return func(q *http.Request) { q.Header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(n))) }
	}
	a.Name = "新昌新宏达轴承有限公司"
	if status, body := r.call("PUT", "/firms/"+a.ID, a.Firm, nil, rev(7)); status != 409 {
		t.Errorf("another revision: %d %s", status, body)
	}
	if status, body := r.call("PUT", "/firms/"+a.ID, a.Firm, &a, rev(1)); status != 200 || len(a.Formers) != 1 {
		t.Errorf("change: %d %s", status, body)
	}
	if got := r.found("q=" + url.QueryEscape("浙江新昌宏达")); len(got) != 1 || got[0] != a.Name {
		t.Errorf("by its former name: %q", got)
	}
	if status, body := r.call("POST", "/firms/"+b.ID+"/merge", map[string]any{"into": a.ID, "rev": a.Rev}, &a, rev(b.Rev)); status != 200 || len(a.Formers) != 2 {
		t.Errorf("merge: %d %s", status, body)
	}
	if status, _ := r.call("GET", "/firms/"+b.ID, nil, nil); status != 404 {
		t.Errorf("the merged firm: %d", status)
	}
	var history struct{ Items []programme.FirmChange }
	r.call("GET", "/firms/"+a.ID+"/history", nil, &history)
	if len(history.Items) != 3 || history.Items[2].Action != "merge" || history.Items[0].Who == "" {
		t.Errorf("history %+v", history)
	}
}
