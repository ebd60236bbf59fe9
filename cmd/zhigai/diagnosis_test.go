package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/programme/diagnosis"
)

// admin gives an API client of the node that may do everything.
func (n *node) admin(t *testing.T) apiClient {
	t.Helper()
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "admin", Role: access.RoleAdmin})
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return apiClient{t, server.URL, secret}
}

func (c apiClient) diagnose(method, link string, rev int64, body any, want int) (v diagnosis.View) {
	c.t.Helper()
	header := http.Header{}
	if rev > 0 {
		header.Set("If-Match", fmt.Sprintf("%q", fmt.Sprint(rev)))
	}
	if code, answer := c.send(method, link, header, body, &v); code != want {
		c.t.Fatalf("%s %s: %d %s; want %d", method, link, code, answer, want)
	}
	return v
}

func (c apiClient) upload(link string, raw []byte) (int, []byte) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+link, bytes.NewReader(raw))
	must(c.t, err)
	req.Header.Set("Content-Type", "application/octet-stream")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	must(c.t, err)
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	must(c.t, err)
	return res.StatusCode, out
}

func planOf(now time.Time) map[string]any {
	day := now.Format(time.DateOnly)
	return map[string]any{"title": "诊断", "begin": day, "end": day, "from": now.AddDate(0, 0, -30), "to": now, "target": 2, "cut": []string{}}
}

// TestDiagnosis_DemoFirm: the demo plant is the firm; what its machines answer is
// filled from its own figures, each leading to what it was made of.
func TestDiagnosis_DemoFirm(t *testing.T) {
	t.Parallel()
	n, err := openNode(t.Context(), place{Data: t.TempDir()}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	must(t, n.start(t.Context()))
	simulated, err := demoFlags{Demo: true, Seed: 1}.demo(t.Context(), place{})
	must(t, err)
	_, err = simulated.join(t.Context(), n)
	must(t, err)
	api := n.admin(t)
	var firms struct{ Items []diagnosis.Firm }
	api.get("/api/v1/diagnosis-firms", &firms)
	if len(firms.Items) != 1 {
		t.Fatalf("firms: %+v", firms.Items)
	}
	v := api.diagnose("POST", "/api/v1/diagnoses", 0, map[string]any{"firm": firms.Items[0].ID, "edition": "gbt-39116-2020-discrete", "plan": planOf(time.Now())}, 201)
	// The machines have to make their first parts. What asks for half of the time
	// known waits longer: the hour that the demo begins in counts from its start.
	const atOnce = 11
	for end := time.Now().Add(2 * time.Minute); v.Outcome.FromMachine < atOnce && time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		v = api.diagnose("PUT", "/api/v1/diagnoses/"+v.ID+"/plan", v.Rev, planOf(time.Now()), 200)
	}
	o := v.Outcome
	t.Logf("%s: %d of %d requirements filled from machine evidence: %.1f %%; total %.3f (at most %.3f)", v.Firm.Name, o.FromMachine, o.Asked, 100*o.Share, o.Total, o.Highest)
	for id, e := range v.Evidence {
		value := "—"
		if e.Value != nil {
			value = fmt.Sprintf("%.4f", *e.Value)
		}
		t.Logf("%-20s %-22s %8s %s %s", id, e.Figure, value, e.Grade, e.Reason)
		if e.Grade == "" {
			continue
		}
		var made struct{ Children []json.RawMessage }
		api.get(e.Link, &made)
		if len(made.Children) == 0 {
			t.Errorf("%s: the link of its evidence leads nowhere: %s", id, e.Link)
		}
	}
	if o.FromMachine < atOnce || o.Asked != 116 {
		t.Errorf("%d of %d filled", o.FromMachine, o.Asked)
	}
}

// TestDiagnosis_WholeShift: of a firm whose machines were read for a whole shift,
// every figure that needs no meter answers.
func TestDiagnosis_WholeShift(t *testing.T) {
	t.Parallel()
	today := time.Now().In(time.FixedZone("UTC+8", 8*60*60))
	morning := time.Date(today.Year(), today.Month(), today.Day()-2, 6, 0, 0, 0, today.Location())
	n, _ := nodeAndAPI(t, twoLathes, morning.AddDate(0, 0, -1), func(n *node) { storeShift(t, n, morning) })
	api := n.admin(t)
	var firms struct{ Items []diagnosis.Firm }
	api.get("/api/v1/diagnosis-firms", &firms)
	plan := planOf(time.Now())
	plan["from"], plan["to"] = morning, morning.Add(8*time.Hour)
	v := api.diagnose("POST", "/api/v1/diagnoses", 0, map[string]any{"firm": firms.Items[0].ID, "edition": "gbt-39116-2020-discrete", "plan": plan}, 201)
	o := v.Outcome
	t.Logf("%d of %d requirements filled from machine evidence: %.1f %%", o.FromMachine, o.Asked, 100*o.Share)
	var open []string
	for id, e := range v.Evidence {
		if e.Grade == "" {
			open = append(open, id+" "+e.Reason)
		}
	}
	slices.Sort(open)
	if want := []string{"energy.2.1 no_energy_meter", "energy.3.1 no_energy_meter"}; !slices.Equal(open, want) || o.FromMachine != 16 {
		t.Errorf("%d filled, open are %v; want %v", o.FromMachine, open, want)
	}
}

// TestDiagnosis_API: over the API a project is begun, answered with a file,
// listed, and changed by nobody who saw an older revision.
func TestDiagnosis_API(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, twoLathes, time.Now().Add(-48*time.Hour), func(*node) {})
	api := n.admin(t)
	var firms struct{ Items []diagnosis.Firm }
	api.get("/api/v1/diagnosis-firms?q=firm", &firms)
	v := api.diagnose("POST", "/api/v1/diagnoses", 0, map[string]any{"firm": firms.Items[0].ID, "edition": "gbt-39116-2020-discrete", "plan": planOf(time.Now())}, 201)
	at := "/api/v1/diagnoses/" + v.ID
	api.diagnose("POST", "/api/v1/diagnoses", 0, map[string]any{"firm": "nobody", "edition": "gbt-39116-2020-discrete", "plan": planOf(time.Now())}, 404)

	code, raw := api.upload(at+"/files?name="+"%E8%AF%81%E6%8D%AE.pdf", []byte("%PDF-proof"))
	var f diagnosis.File
	if must(t, json.Unmarshal(raw, &f)); code != 201 || f.Name != "证据.pdf" || f.Bytes != 10 {
		t.Fatalf("file: %d %s", code, raw)
	}
	answer := map[string]any{"requirement": "strategy.1.1", "grade": "most", "remark": "见规划", "files": []any{f}}
	api.diagnose("PUT", at+"/answers", v.Rev-1, answer, 409)
	v = api.diagnose("PUT", at+"/answers", v.Rev, answer, 200)
	if v.Answers["strategy.1.1"].Files[0] != f || v.Answers["strategy.1.1"].By != "admin" {
		t.Errorf("answer: %+v", v.Answers)
	}
	if code, raw := api.call("GET", at+"/files/"+f.SHA256, api.token, nil); code != 200 || string(raw) != "%PDF-proof" {
		t.Errorf("file back: %d %s", code, raw)
	}
	api.diagnose("PUT", at+"/answers", v.Rev, map[string]any{"requirement": "nothing", "grade": "most"}, 422)
	var list struct {
		Items []diagnosis.Head
		Next  string
	}
	api.diagnose("POST", "/api/v1/diagnoses", 0, map[string]any{"firm": firms.Items[0].ID, "edition": "gbt-39116-2020-flow", "plan": planOf(time.Now())}, 201)
	api.get("/api/v1/diagnoses?limit=1", &list)
	if len(list.Items) != 1 || list.Next == "" || list.Items[0].Edition != "gbt-39116-2020-flow" {
		t.Fatalf("first page: %+v", list)
	}
	api.get("/api/v1/diagnoses?limit=1&cursor="+list.Next, &list)
	if len(list.Items) != 1 || list.Items[0].ID != v.ID || list.Items[0].Answered != v.Outcome.Answered {
		t.Errorf("second page: %+v", list)
	}
	var steps struct{ Items []diagnosis.Step }
	api.get(at+"/history", &steps)
	if len(steps.Items) != int(v.Rev) || steps.Items[0].What != diagnosis.StepAnswered || steps.Items[0].By != "admin" {
		t.Errorf("history: %+v", steps.Items)
	}
	if _, body := api.send(http.MethodGet, "/api/v1/audit", nil, nil, nil); !strings.Contains(body, "diagnosis.answer-diagnosis") || !strings.Contains(body, "diagnosis.file.read") {
		t.Errorf("the audit says nothing of it: %.300s", body)
	}
}
