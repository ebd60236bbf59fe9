package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/bulk"
)

// sheets asks a node about sheets of machines.
type sheets struct {
	*gate
	secret string
}

// post sends a body and reads the answer of a success into out.
func (s sheets) post(path string, body, out any) (int, string) {
	s.t.Helper()
	kind, raw := "application/octet-stream", []byte(nil)
	if text, ok := body.(string); ok {
		raw = []byte(text)
	} else {
		var err error
		raw, err = json.Marshal(body)
		must(s.t, err)
		kind = "application/json"
	}
	req, err := http.NewRequestWithContext(s.t.Context(), "POST", s.api.base+"/api/v1/sheets/"+path, bytes.NewReader(raw))
	must(s.t, err)
	req.Header.Set("Content-Type", kind)
	bearer(s.secret)(req)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	must(s.t, err)
	if res.StatusCode < 300 {
		must(s.t, json.Unmarshal(all, out))
	}
	return res.StatusCode, string(all)
}

// preview reads and previews a text.
func (s sheets) preview(csv string, places bool) (bulk.Sheet, bulk.Plan) {
	s.t.Helper()
	var sheet bulk.Sheet
	var plan bulk.Plan
	if status, body := s.post("read?file=list.csv", csv, &sheet); status != 200 {
		s.t.Fatalf("read: %d %s", status, body)
	}
	if status, body := s.post("preview", map[string]any{"sheet": sheet, "places": places}, &plan); status != 200 {
		s.t.Fatalf("preview: %d %s", status, body)
	}
	return sheet, plan
}

// imports lists the imports of the past as the asker is told of them.
func (s sheets) imports() []bulk.Import {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), "GET", s.api.base+"/api/v1/sheets/imports", nil)
	must(s.t, err)
	bearer(s.secret)(req)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	var out struct{ Items []bulk.Import }
	must(s.t, json.NewDecoder(res.Body).Decode(&out))
	return out.Items
}

func (s sheets) paths() map[string]plant.Node {
	s.t.Helper()
	m, err := s.n.plants.Model(s.t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(s.t, err)
	out := map[string]plant.Node{}
	for _, n := range m.Nodes {
		out[n.Path] = n
	}
	return out
}

// Sixty machines and one that changes become machines at once; the audit says
// so in one entry; they are taken back at once.
func TestBulk_ApplyAndUndo(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := sheets{g, g.token(access.RoleEngineer, "")}
	var csv strings.Builder
	csv.WriteString("path,名称,设备类型,地址,param.unit\n")
	for i := range 60 {
		fmt.Fprintf(&csv, "firm/site/new-hall/line-%d/lathe-%d,车床%d,demo-lathe,127.0.0.1:1,%d\n", i%5, i, i, 10+i)
	}
	fmt.Fprintf(&csv, "%s,改名,demo-lathe,%s,%s\n", g.own.Path, g.own.Machine.Device.Address, g.own.Machine.Device.Params["unit"])
	sheet, plan := s.preview(csv.String(), true)
	if plan.Counts[bulk.New] != 60 || plan.Counts[bulk.Changed] != 1 || len(plan.Places) != 6 {
		t.Fatalf("plan %v, places %v", plan.Counts, plan.Places)
	}
	before := len(s.paths())
	apply := map[string]any{"sheet": sheet, "places": true, "revision": plan.Revision}
	var done bulk.Applied
	if status, body := s.post("apply", apply, &done); status != 200 || done.Made != 60 || done.Changed != 1 || done.Places != 6 || done.Nodes != 67 {
		t.Fatalf("apply: %d %s", status, body)
	}
	now := s.paths()
	if len(now) != before+66 || now[g.own.Path].Name.ZH != "改名" || now[g.own.Path].Machine.Device.ID != g.own.Machine.Device.ID || len(now[g.own.Path].Machine.Cycles) != len(g.own.Machine.Cycles) {
		t.Errorf("%d nodes, were %d; changed %+v", len(now), before, now[g.own.Path])
	}
	if status, body := s.post("apply", apply, &done); status != 409 || !strings.Contains(body, "lathe-") {
		t.Errorf("applied twice: %d %s", status, body)
	}
	if _, again := s.preview(csv.String(), true); again.Counts[bulk.Unchanged] != 61 {
		t.Errorf("the same sheet again: %v", again.Counts)
	}
	if past := s.imports(); len(past) != 1 || past[0].Applied != done || past[0].File != "list.csv" || past[0].Who == "" || past[0].Time.IsZero() || !past[0].Undoable || past[0].Edited != 0 || past[0].UndoneBy != "" {
		t.Errorf("imports %+v", past)
	}
	undo := map[string]any{"at": done.At, "nodes": done.Nodes}
	if status, body := s.post("undo", undo, &struct{}{}); status != 200 {
		t.Fatalf("undo: %d %s", status, body)
	}
	now = s.paths()
	if len(now) != before || now[g.own.Path].Name.ZH != g.own.Name.ZH {
		t.Errorf("after undo %d nodes, were %d; %+v", len(now), before, now[g.own.Path].Name)
	}
	if status, body := s.post("undo", undo, &struct{}{}); status != 409 {
		t.Errorf("undone twice: %d %s", status, body)
	}
	if past := s.imports(); len(past) != 1 || past[0].Undoable || past[0].UndoneAt.IsZero() || past[0].UndoneBy == "" {
		t.Errorf("imports after the undo %+v", past)
	}
	entries, err := g.n.record.Access().Audit(t.Context(), demoTenant, 0, 1000)
	must(t, err)
	told := map[string]int{}
	for _, e := range entries {
		told[e.Action]++
		if e.Action == "devices.import" && (e.Object != "list.csv" || !strings.Contains(string(e.After), `"made":60`)) {
			t.Errorf("audit %+v", e)
		}
	}
	if told["devices.import"] != 1 || told["devices.import.undo"] != 1 || told["node.add"] != 0 {
		t.Errorf("audit %v", told)
	}
}

// A plant that changed since the preview refuses the import and says what
// changed; an import with an edited machine is not taken back.
func TestBulk_Conflicts(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := sheets{g, g.token(access.RoleEngineer, "")}
	admin := access.With(t.Context(), access.Node(demoTenant))
	rename := func(n plant.Node, zh string) {
		t.Helper()
		rev, err := g.n.plants.Revision(t.Context(), access.Scope{Tenant: demoTenant}, n.ID)
		must(t, err)
		n.Name.ZH = zh
		_, _, err = g.n.plants.SaveNode(admin, access.Scope{Tenant: demoTenant}, n, rev, plant.MicrosOf(time.Now()))
		must(t, err)
	}
	const csv = "path,名称,设备类型,地址,param.unit\nfirm/site/turning/line/a,甲,demo-lathe,127.0.0.1:1,20\nfirm/site/turning/line/b,乙,demo-lathe,127.0.0.1:1,21\n"
	sheet, plan := s.preview(csv, false)
	rename(g.out, "别名")
	var done bulk.Applied
	apply := map[string]any{"sheet": sheet, "revision": plan.Revision}
	if status, body := s.post("apply", apply, &done); status != 409 || !strings.Contains(body, g.out.Path+" was edited") {
		t.Errorf("changed meanwhile: %d %s", status, body)
	}
	if _, there := s.paths()["firm/site/turning/line/a"]; there {
		t.Error("a refused import made a machine")
	}
	sheet, plan = s.preview(csv, false)
	apply = map[string]any{"sheet": sheet, "revision": plan.Revision}
	if status, body := s.post("apply", apply, &done); status != 200 {
		t.Fatalf("apply: %d %s", status, body)
	}
	rename(s.paths()["firm/site/turning/line/a"], "改")
	if status, body := s.post("undo", map[string]any{"at": done.At, "nodes": done.Nodes}, &struct{}{}); status != 409 {
		t.Errorf("undo of an edited machine: %d %s", status, body)
	}
	if past := s.imports(); len(past) != 1 || past[0].Undoable || past[0].Edited != 1 {
		t.Errorf("imports with an edited machine %+v", past)
	}
	if _, there := s.paths()["firm/site/turning/line/b"]; !there {
		t.Error("a refused undo retired a machine")
	}
}

// Who is confined to a line previews and imports below it only.
func TestBulk_Scope(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := sheets{g, g.token(access.RoleEngineer, "firm/site/turning/line")}
	const csv = "path,名称,设备类型,地址,param.unit\nfirm/site/turning/line/a,甲,demo-lathe,127.0.0.1:1,20\nfirm/site/turning/other/b,乙,demo-lathe,127.0.0.1:1,21\nfirm/site/turning/line/c,丙,demo-lathe,127.0.0.1:1,3\n"
	sheet, plan := s.preview(csv, true)
	if got := []bulk.Status{plan.Rows[0].Status, plan.Rows[1].Status, plan.Rows[2].Status}; fmt.Sprint(got) != "[new error doubled]" || strings.Contains(fmt.Sprint(plan), "lathe-3") {
		t.Errorf("%v %+v", got, plan.Rows)
	}
	var done bulk.Applied
	if status, body := s.post("apply", map[string]any{"sheet": sheet, "revision": plan.Revision}, &done); status != 422 {
		t.Errorf("rows outside: %d %s", status, body)
	}
	sheet.Rows = sheet.Rows[:1]
	if status, body := s.post("apply", map[string]any{"sheet": sheet, "revision": plan.Revision}, &done); status != 200 || done.Made != 1 {
		t.Errorf("the row inside: %d %s", status, body)
	}
	whole := sheets{g, g.token(access.RoleEngineer, "")}
	elsewhere := sheets{g, g.token(access.RoleEngineer, "firm/site/turning/line/c")}
	if in, all, out := s.imports(), whole.imports(), elsewhere.imports(); len(in) != 1 || len(all) != 1 || len(out) != 0 || !in[0].Undoable {
		t.Errorf("imports: within the scope %+v, whole %+v, elsewhere %+v", in, all, out)
	}
	if status, body := s.post("undo", map[string]any{"at": done.At, "nodes": done.Nodes}, &struct{}{}); status != 200 {
		t.Errorf("undo inside: %d %s", status, body)
	}
}

// The examples of the template are rows that could be imported as they stand.
func TestBulk_Template(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	d := &bulk.Desk{Plants: g.n.plants, Profiles: g.n.profiles, Drivers: g.n.drivers.List}
	scope, now := access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now())
	raw, err := d.Template(t.Context(), scope, now)
	must(t, err)
	sheet, err := bulk.Read("template.xlsx", raw)
	must(t, err)
	plan, err := d.Plan(t.Context(), scope, sheet, false, now)
	must(t, err)
	if plan.Counts[bulk.New] != len(plan.Rows) || len(plan.Rows) < 3 {
		t.Errorf("%v: %+v", plan.Counts, plan.Rows)
	}
}
