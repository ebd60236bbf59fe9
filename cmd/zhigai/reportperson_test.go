package main

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
	"zhigai/programme/reporting"
)

// TestReport_PrintsThePerson: a printed report names who made and who checked it as
// people know them, with whom each works for, and not by what they sign in with.
func TestReport_PrintsThePerson(t *testing.T) {
	t.Parallel()
	p := newProvince(t)
	for officer, u := range map[string]map[string]any{
		"county": {"name": "xcjxj01", "display": "张三", "organisation": "新昌县经济和信息化局", "grants": []access.Grant{{Role: "officer", Area: access.Area{Region: "330624"}}}},
		"city":   {"name": "sxjxj07", "display": "李四", "organisation": "绍兴市经济和信息化局", "grants": []access.Grant{{Role: "officer", Area: access.Area{Region: "3306"}}}},
	} {
		var made access.User
		if status, answer := p.as("admin").call("POST", "/users", u, &made); status != http.StatusCreated {
			t.Fatalf("user: %d %s", status, answer)
		}
		secret, _, err := p.n.access.CreateLink(t.Context(), access.Node(demoTenant), made.ID)
		must(t, err)
		signed, err := p.n.access.SignInByLink(t.Context(), secret, access.Caller{})
		must(t, err)
		p.secrets[officer] = signed.Secret
	}
	const county = "330624"
	if status, answer, _ := p.freeze("county", p.period.ID, county, false); status != 201 {
		t.Fatalf("freeze: %d %s", status, answer)
	}
	p.must("county", county, reporting.Submit, "")
	p.must("city", county, reporting.Approve, "")
	if s := p.view("county", county).Steps; s[1].Name != "张三" || s[1].Organisation != "新昌县经济和信息化局" {
		t.Errorf("the step: %+v", s[1])
	}
	status, body := p.as("city").call("GET", "/reports/"+p.id(county)+"/file?format=xlsx", nil, nil)
	if status != 200 {
		t.Fatalf("file: %d %.200s", status, body)
	}
	book, err := excelize.OpenReader(bytes.NewReader([]byte(body)))
	must(t, err)
	defer book.Close()
	rows, err := book.GetRows("报表")
	must(t, err)
	for _, want := range [][2]string{{"制表人", "张三（新昌县经济和信息化局）"}, {"审核人", "李四（绍兴市经济和信息化局）"}} {
		if !slices.ContainsFunc(rows, func(r []string) bool { return slices.Contains(r, want[0]) && slices.Contains(r, want[1]) }) {
			t.Errorf("the workbook does not say %v: %s", want, fmt.Sprint(rows[:min(12, len(rows))]))
		}
	}
}
