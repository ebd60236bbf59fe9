package paper

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/shop/acceptance"
)

// sample is a report of n machines; one has no data, one failed, one has a name
// that no font has and no column holds.
func sample(n int) acceptance.Report {
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	q := acceptance.Question{From: from, To: from.Add(8 * time.Hour), Places: []string{"firm/site"}, Criteria: acceptance.DefaultCriteria()}
	c := acceptance.Content{Schema: acceptance.Schema, Question: q, Names: []acceptance.Place{{Path: "firm/site", Name: plant.Name{ZH: "越州轴承·新昌工厂", EN: "Xinchang works"}}}, Result: acceptance.Failed, Definitions: acceptance.Definitions()}
	for i := range n {
		m := acceptance.Machine{
			Path: fmt.Sprintf("firm/site/turning/line-%d/lathe-%02d", i%4, i+1), Name: plant.Name{ZH: fmt.Sprintf("%d号数控车床", i+1), EN: fmt.Sprintf("lathe %d", i+1)}, Class: "lathe",
			Driver: "modbus-tcp", Address: fmt.Sprintf("10.0.3.%d:502", i+10), Unit: "1", Profile: "demo-lathe", Version: 4, Verified: "derived", Result: acceptance.Passed,
			First: from.Add(3 * time.Second), Last: q.To.Add(-2 * time.Second), Wanted: 12, Delivering: 12, Quiet: 2, Samples: 86_400 + int64(i), Bad: map[string]int64{"bad:out_of_range": 3},
			KnownUs: 12*8*3600e6 - 7_000_001, WantedUs: 12 * 8 * 3600e6, LongestUs: 5_250_000, Alarms: i, Digest: strings.Repeat("ab01", 16),
			Contact:  acceptance.Contact{Renewals: 5759, Expected: 5760, KnownUs: 8*3600e6 - 7e6, Gaps: 1, LongestUs: 5_250_000, List: []acceptance.Gap{{From: from.Add(time.Hour), To: from.Add(time.Hour + 5250*time.Millisecond)}}},
			States:   map[string]int64{"EXECUTING/PROCESSING": 20_000_000, "NOT_EXECUTING/PROCESSING": 8_000_000, "UNKNOWN": 800_000},
			Verdicts: []acceptance.Verdict{{Criterion: "coverage", Value: 0.99998, Limit: 0.995, Passed: true}, {Criterion: "gap", Value: 5.25, Limit: 60, Passed: true}, {Criterion: "silent", Passed: true}, {Criterion: "conflicts", Passed: true}},
		}
		first, last := 65400.0, 66012.0
		m.Counters = []acceptance.Counter{{Counts: "good", Signal: "count.good", First: &first, Last: &last}}
		m.Coverage = float64(m.KnownUs) / float64(m.WantedUs)
		for k := range 12 {
			m.Tags = append(m.Tags, acceptance.Tag{Name: fmt.Sprintf("spindle.value-%d", k), Title: plant.Name{ZH: "主轴量"}, Samples: 7200, KnownUs: 8*3600e6 - 600_000, LongestUs: 5_250_000, Gaps: 1})
		}
		c.Machines = append(c.Machines, m)
	}
	silent := &c.Machines[1]
	silent.Result, silent.Delivering, silent.Silent, silent.KnownUs, silent.Coverage, silent.LongestUs = acceptance.NoData, 0, 12, 0, 0, 8*3600e6
	silent.Verdicts[0] = acceptance.Verdict{Criterion: "coverage", Limit: 0.995}
	for k := range silent.Tags {
		silent.Tags[k].Silent, silent.Tags[k].KnownUs = true, 0
	}
	long := &c.Machines[2]
	long.Name = plant.Name{ZH: strings.Repeat("特别长的设备名称", 12) + "𠮷野✓", EN: strings.Repeat("unbreakable", 12)}
	long.Result, long.Losses = acceptance.Failed, []acceptance.Loss{{Kind: "gap", From: from, To: from.Add(time.Minute), What: "samples were not accepted"}}
	c.Totals = acceptance.Totals{Machines: n, Passed: n - 2, Failed: 1, NoData: 1, Wanted: 12 * n, Delivering: 12 * (n - 1), Silent: 12, Samples: 86_400 * int64(n), KnownUs: 1, WantedUs: 2, Coverage: 0.5}
	return acceptance.Report{
		Head:    acceptance.Head{ID: "01K0ACCEPTANCE0REPORT00001", Made: q.To.Add(time.Minute), By: "安娜", Revision: 1, SHA256: strings.Repeat("0123456789abcdef", 4), Question: q, Result: c.Result},
		Content: c,
	}
}

func write(t *testing.T, r acceptance.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read gives the text that another program finds in the PDF.
func read(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		peer.Missing(t, "pdftotext of poppler-utils")
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestWrite_IsReadBack: another program reads names and figures of all machines
// out of the paper, on numbered pages with repeated heads.
func TestWrite_IsReadBack(t *testing.T) {
	r := sample(60)
	text := read(t, write(t, r))
	pages := strings.Split(strings.TrimSuffix(text, "\f"), "\f")
	if len(pages) < 30 {
		t.Errorf("%d pages", len(pages))
	}
	for i, p := range pages {
		if want := fmt.Sprintf("第 %d 页 / 共 %d 页", i+1, len(pages)); !strings.Contains(p, want) || !strings.Contains(p, r.ID) {
			t.Errorf("page %d has no %q or no id", i+1, want)
		}
	}
	if first := pages[0]; !strings.Contains(first, "设备接入验收报告") || !strings.Contains(first, "越州轴承·新昌工厂") || !strings.Contains(first, "2026-05-04 08:00:00") || !strings.Contains(first, "安娜") ||
		!strings.Contains(first, "签字") || !strings.Contains(first, r.SHA256[:32]) || !strings.Contains(first, "不合格 Failed · 58 / 60") {
		t.Errorf("cover:\n%s", first)
	}
	heads := 0
	for _, p := range pages[1:] {
		if strings.Contains(p, "有数据/应采") {
			heads++
		}
	}
	if heads < 3 {
		t.Errorf("the head of the summary stands on %d pages; its rows need 3", heads)
	}
	for i, m := range r.Content.Machines {
		if i == 2 {
			continue // its name is wrapped
		}
		if strings.Count(text, m.Name.ZH) < 2 || !strings.Contains(text, m.Path) || !strings.Contains(text, m.Address) || !strings.Contains(text, fmt.Sprint(m.Samples)) {
			t.Errorf("%s, %s or its figures are not in the paper", m.Name.ZH, m.Path)
		}
	}
	for _, want := range []string{"无数据", "0/12", "99.998 %", "count.good", "从 from 65400 到 to 66012", "samples were not accepted", "bad:out_of_range 3", "EXECUTING/PROCESSING 5h33m20s", "三、定义", "四、如何核对"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the paper", want)
		}
	}
}

// TestWrite_LosesNoCharacter: what the font lacks is seen as its code point, and a
// long name has all its characters.
func TestWrite_LosesNoCharacter(t *testing.T) {
	r := sample(3)
	text := read(t, write(t, r))
	if !strings.Contains(text, "[U+20BB7]") || !strings.Contains(text, "[U+2713]") {
		t.Error("characters without a glyph are not shown by code point")
	}
	flat := strings.Join(strings.Fields(text), "")
	if got := strings.Count(flat, "特别长的设备名称"); got < 8 {
		t.Errorf("the long name is read %d times; want most of 24, cut by wrapping", got)
	}
	if got := strings.Count(flat, "特"); got < 24 {
		t.Errorf("%d of 24 first characters of the long name", got)
	}
}

func TestWrite_SameReportSameBytes(t *testing.T) {
	r := sample(3)
	if !bytes.Equal(write(t, r), write(t, r)) {
		t.Error("the same report gave other bytes")
	}
}

// TestWrite_Empty: a report with nothing in it is drawn all the same.
func TestWrite_Empty(t *testing.T) {
	if text := read(t, write(t, acceptance.Report{})); !strings.Contains(text, "设备接入验收报告") {
		t.Errorf("%q", text)
	}
}
