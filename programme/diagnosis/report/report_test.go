package report

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/calc/maturity"
	"zhigai/connect/peer"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
)

// sample is a closed diagnosis with something of everything.
func sample(t *testing.T) (diagnosis.View, *diagnosis.Edition) {
	t.Helper()
	all, err := diagnosis.LoadEditions(data.FS, "maturity", func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	e, _ := all.Edition("gbt-39116-2020-discrete", 0)
	at := time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC)
	firm := diagnosis.Firm{ID: "F1", Name: "新昌县越州轴承有限公司", Region: "330624", Sector: "C3451"}
	plan := diagnosis.Plan{Title: "2026 年度诊断", Begin: "2026-05-21", End: "2026-05-23", From: at.AddDate(0, 0, -30), To: at, Target: 3, Cut: []string{"sales-domain"}, Why: "集团统一销售"}
	value, known := 0.6134, 0.9731
	steps := []diagnosis.Step{
		{What: diagnosis.StepCreated, Firm: &firm, Edition: e.ID, Version: e.Version, Plan: &plan},
		{What: diagnosis.StepTeam, Team: []diagnosis.Expert{{Name: "李工", Organisation: "省智能制造专家委员会", Role: "lead", Conflict: "none"}, {Name: "赵工", Role: "observer", Conflict: "declared", Interest: "曾任顾问"}}},
		{What: diagnosis.StepEvidence, Evidence: []diagnosis.Evidence{
			{Requirement: "operation.3.1", Grade: maturity.Full, Figure: "oee", Version: 1, Name: plant.Name{ZH: "设备综合效率"}, Value: &value, Unit: "1", Coverage: &known},
			{Requirement: "maintenance.3.1", Figure: "mtbf", Version: 1, Reason: "low_coverage"},
		}},
		{What: diagnosis.StepVisit, Visit: &diagnosis.Visit{ID: "v", Day: "2026-05-21", Place: "磨削车间", Notes: "看了 12 台磨床"}},
		{What: diagnosis.StepMeasure, Measure: &diagnosis.Measure{ID: "m", Title: "磨床联网", Requirements: []string{"equipment.2.1"}, Benefit: "减少停机", BenefitFen: 35_000_000, CostFen: 12_345_600, Provider: "某服务商", Months: 4}},
		{What: diagnosis.StepMeasure, Measure: &diagnosis.Measure{ID: "n", Title: "不再提出的措施", Dropped: true}},
	}
	for i, r := range e.All() {
		if r.Evidence == nil && r.Level <= 3 && i%5 > 0 {
			steps = append(steps, diagnosis.Step{What: diagnosis.StepAnswered, Answer: &diagnosis.Answer{Requirement: r.ID, Grade: []maturity.Grade{maturity.Full, maturity.Most, maturity.Part, maturity.None}[i%4], Remark: fmt.Sprint("现场核实 ", i), By: "李工", Files: []diagnosis.File{{Name: "证据.pdf", SHA256: strings.Repeat("ab", 32)}}}})
		}
	}
	steps = append(steps, diagnosis.Step{What: diagnosis.StepReply, Reply: &diagnosis.Reply{Text: "基本同意，尽快整改", Agrees: true, By: "王总", At: at}}, diagnosis.Step{What: diagnosis.StepState, State: diagnosis.Closed})
	for i := range steps {
		steps[i].Seq, steps[i].At = int64(i+1), at.Add(time.Duration(i)*time.Minute)
	}
	p := diagnosis.Fold("01K0DIAGNOSIS00000000000001", steps)
	o, err := p.Outcome(e)
	if err != nil {
		t.Fatal(err)
	}
	return diagnosis.View{Project: p, Outcome: o, Peers: diagnosis.Peers{Known: true, Sector: "C34", Count: 7, Least: 5, Q25: 0.6, Q50: 1.2, Q75: 2.1, Below: 4, AtLeast: 3}}, e
}

// said is what both forms must hold.
func said(v diagnosis.View) []string {
	return []string{
		"新昌县越州轴承有限公司", "2026 年度诊断", fmt.Sprintf("%.2f", v.Outcome.Total), "集团统一销售", "未与标准原文核对", "规划级", "C34", "能力子域", "磨床联网", "35.00", "12.35", "合计", "现场核实",
		"证据.pdf", "oee v1 = 0.6134", "97.310 %", "low_coverage", "李工", "曾任顾问", "磨削车间", "基本同意", v.ID,
	}
}

func drawn(t *testing.T, write func(b *bytes.Buffer) error) []byte {
	t.Helper()
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := write(b); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same diagnosis gave other bytes")
	}
	return first.Bytes()
}

func missing(t *testing.T, text string, want []string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), "")
	for _, w := range want {
		if !strings.Contains(flat, strings.Join(strings.Fields(w), "")) {
			t.Errorf("%q is not in the report", w)
		}
	}
	for _, w := range []string{"不再提出的措施", "sales.1.1"} {
		if strings.Contains(flat, w) {
			t.Errorf("%q is in the report", w)
		}
	}
}

func TestPDF_IsReadBack(t *testing.T) {
	v, e := sample(t)
	raw := drawn(t, func(b *bytes.Buffer) error { return PDF(b, v, e) })
	if _, err := exec.LookPath("pdftotext"); err != nil {
		peer.Missing(t, "pdftotext of poppler-utils")
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if dir := os.Getenv("ZHIGAI_LOOK"); dir != "" { // where a person wants to look at it
		name = filepath.Join(dir, "diagnosis.pdf")
	}
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", name, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	missing(t, string(text), append(said(v), "能力雷达", "签字", "第 1 页"))
}

func TestWord_IsReadByAnotherProgram(t *testing.T) {
	v, e := sample(t)
	dir := t.TempDir()
	file, out := filepath.Join(dir, "report.docx"), filepath.Join(dir, "report.txt")
	if err := os.WriteFile(file, drawn(t, func(b *bytes.Buffer) error { return Word(b, v, e) }), 0o600); err != nil {
		t.Fatal(err)
	}
	peer.Python(t, "../../..", "files/document.py", "docx", "apt-get install python3-docx", file, out).Wait("written")
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	missing(t, string(text), said(v))
	if n := strings.Count(string(text), "Heading 1"); n != 7 {
		t.Errorf("%d chapters; want 7", n)
	}
}

// TestPDF_Empty: a diagnosis that has just begun is drawn all the same.
func TestPDF_Empty(t *testing.T) {
	_, e := sample(t)
	p := diagnosis.Fold("x", []diagnosis.Step{{What: diagnosis.StepCreated, Firm: &diagnosis.Firm{}, Plan: &diagnosis.Plan{Target: 1}}})
	o, err := p.Outcome(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(*bytes.Buffer) error{
		func(b *bytes.Buffer) error { return PDF(b, diagnosis.View{Project: p, Outcome: o}, e) },
		func(b *bytes.Buffer) error { return Word(b, diagnosis.View{Project: p, Outcome: o}, e) },
	} {
		if err := write(new(bytes.Buffer)); err != nil {
			t.Error(err)
		}
	}
}
