package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// lowest is the least role that may call an operation, written down apart from
// the code that decides it. "" is everybody, signed in or not.
var lowest = map[string]access.Role{
	"health": "", "sign-in": "", "sign-in-by-link": "",

	"session": access.RoleViewer, "sign-out": access.RoleViewer,
	"alarms": access.RoleViewer, "calendars": access.RoleViewer, "definitions": access.RoleViewer, "devices": access.RoleViewer,
	"device-values": access.RoleViewer, "drivers": access.RoleViewer, "machines": access.RoleViewer, "machine": access.RoleViewer,
	"intervals": access.RoleViewer, "events": access.RoleViewer, "figures": access.RoleViewer, "evidence": access.RoleViewer,
	"live": access.RoleViewer, "losses": access.RoleViewer, "loss-parts": access.RoleViewer, "nodes": access.RoleViewer, "export-plant": access.RoleViewer,
	"products": access.RoleViewer, "profiles": access.RoleViewer, "profile": access.RoleViewer, "samples": access.RoleViewer,
	"series": access.RoleViewer, "series-raw": access.RoleViewer, "stop-reasons": access.RoleViewer, "stops": access.RoleViewer,
	"tags": access.RoleViewer, "tag": access.RoleViewer, "set-points": access.RoleViewer, "commands": access.RoleViewer, "command-steps": access.RoleViewer,
	"waveforms": access.RoleViewer, "waveform": access.RoleViewer, "waveform-file": access.RoleViewer,

	"acceptance-reports": access.RoleViewer, "acceptance-report": access.RoleViewer, "acceptance-report-file": access.RoleViewer, "acceptance-jobs": access.RoleViewer, "acceptance-defaults": access.RoleViewer,

	"command": access.RoleOperator, "acknowledge-alarm": access.RoleOperator, "add-count": access.RoleOperator, "set-state": access.RoleOperator, "assign-reason": access.RoleOperator,

	"save-calendar": access.RoleEngineer, "save-product": access.RoleEngineer, "certificates": access.RoleEngineer,
	"approve-certificate": access.RoleEngineer, "test-device": access.RoleEngineer, "read-device": access.RoleEngineer, "device-health": access.RoleEngineer, "device-frames": access.RoleEngineer, "watch-device": access.RoleEngineer, "add-node": access.RoleEngineer,
	"change-node": access.RoleEngineer, "thresholds": access.RoleEngineer, "preview": access.RoleEngineer, "links": access.RoleEngineer,
	"node-plant": access.RoleEngineer, "node-settings": access.RoleEngineer, "send-settings": access.RoleEngineer, "retire-node": access.RoleEngineer,
	"searches": access.RoleEngineer, "start-search": access.RoleEngineer, "cancel-search": access.RoleEngineer, "candidates": access.RoleEngineer, "forget-candidate": access.RoleEngineer,
	"discovery-rules": access.RoleEngineer, "add-discovery-rule": access.RoleEngineer, "change-discovery-rule": access.RoleEngineer, "end-discovery-rule": access.RoleEngineer,
	"north-targets": access.RoleEngineer, "add-north-target": access.RoleEngineer, "change-north-target": access.RoleEngineer, "end-north-target": access.RoleEngineer, "test-north-target": access.RoleEngineer,
	"import-plant":           access.RoleEngineer,
	"make-acceptance-report": access.RoleEngineer, "check-acceptance-report": access.RoleEngineer, "cancel-acceptance-job": access.RoleEngineer,
	"suspicions": access.RoleViewer, "contest-suspicion": access.RoleEngineer, "decide-suspicion": access.RoleAdmin,
	"sheet-template": access.RoleEngineer, "export-sheet": access.RoleEngineer, "read-sheet": access.RoleEngineer,
	"preview-sheet": access.RoleEngineer, "apply-sheet": access.RoleEngineer, "undo-sheet": access.RoleEngineer, "list-imports": access.RoleEngineer,

	"audit": access.RoleAdmin, "verify-audit": access.RoleAdmin, "tokens": access.RoleAdmin, "add-token": access.RoleAdmin,
	"revoke-token": access.RoleAdmin, "users": access.RoleAdmin, "add-user": access.RoleAdmin, "change-user": access.RoleAdmin, "add-link": access.RoleAdmin,
	"invite-node": access.RoleAdmin, "revoke-node": access.RoleAdmin,

	"firms": access.RoleAdmin, "firm": access.RoleAdmin, "firm-history": access.RoleAdmin, "look-at-firm": access.RoleAdmin, "add-firm": access.RoleAdmin, "change-firm": access.RoleAdmin, "merge-firm": access.RoleAdmin,
	"regions": access.RoleAdmin, "industries": access.RoleAdmin, "export-firms": access.RoleAdmin, "firm-sheet-template": access.RoleAdmin, "send-firm-sheet": access.RoleAdmin, "firm-sheet": access.RoleAdmin,
	"targets": access.RoleAdmin, "indicator": access.RoleAdmin, "policies": access.RoleAdmin, "target-settings": access.RoleAdmin, "save-target-settings": access.RoleAdmin,
	"register-entries": access.RoleAdmin, "add-register-entry": access.RoleAdmin, "change-register-entry": access.RoleAdmin, "register-entry-history": access.RoleAdmin,
	"firm-returns": access.RoleAdmin, "save-firm-return": access.RoleAdmin, "plants": access.RoleAdmin, "save-plant": access.RoleAdmin, "machine-months": access.RoleAdmin, "machine-days": access.RoleAdmin,
	"firm-sheet-rows": access.RoleAdmin, "drop-firm-sheet": access.RoleAdmin, "apply-firm-sheet": access.RoleAdmin, "firm-imports": access.RoleAdmin, "undo-firm-import": access.RoleAdmin,
	"maturity-editions": access.RoleAdmin, "maturity-edition": access.RoleAdmin, "diagnoses": access.RoleAdmin, "diagnosis-firms": access.RoleAdmin, "start-diagnosis": access.RoleAdmin,
	"diagnosis": access.RoleAdmin, "diagnosis-history": access.RoleAdmin, "plan-diagnosis": access.RoleAdmin, "staff-diagnosis": access.RoleAdmin, "visit-diagnosis": access.RoleAdmin,
	"fill-diagnosis": access.RoleAdmin, "answer-diagnosis": access.RoleAdmin, "ask-diagnosis": access.RoleAdmin, "answer-diagnosis-question": access.RoleAdmin,
	"propose-diagnosis-measure": access.RoleAdmin, "move-diagnosis": access.RoleAdmin, "reply-diagnosis": access.RoleAdmin, "follow-diagnosis-up": access.RoleAdmin,
	"attach-diagnosis-file": access.RoleAdmin, "diagnosis-file": access.RoleAdmin, "diagnosis-report": access.RoleAdmin, "diagnosis-progress": access.RoleAdmin,
	"evidence-requests": access.RoleAdmin, "ask-evidence": access.RoleViewer, "evidence-page": access.RoleViewer, "decide-evidence": access.RoleAdmin,
}

// ranks are the roles from least to most; each may what those before may.
var ranks = []access.Role{access.RoleViewer, access.RoleOperator, access.RoleEngineer, access.RoleAdmin}

// wholePlant are operations on what belongs to no single place: who is
// confined to a path may not call them.
var wholePlant = []string{"searches", "start-search", "cancel-search", "candidates", "forget-candidate", "discovery-rules", "add-discovery-rule", "change-discovery-rule", "end-discovery-rule", "north-targets", "add-north-target", "change-north-target", "end-north-target", "test-north-target", "save-calendar", "save-product", "certificates", "approve-certificate", "audit", "verify-audit", "links", "invite-node", "revoke-node", "node-plant", "node-settings", "send-settings", "evidence-requests", "decide-evidence"}

const otherLine = `  - {path: firm/site/turning/other, level: line, name: {zh: 二线}}
  - path: firm/site/turning/other/lathe-3
    level: equipment
    name: {zh: 3号车床}
    equipment: {class: lathe, profile: demo-lathe, device: {driver: modbus-tcp, address: "127.0.0.1:1", params: {unit: "3"}}, nc: true, cycles: [{product: ring, pru_ms: 18350}]}
`

// operation is one of the contract.
type operation struct {
	ID, Method, Path string
	Parameters       []struct {
		Name, In string
		Required bool
	}
}

// gate is a node with one machine inside a line and one outside of it.
type gate struct {
	t        *testing.T
	n        *node
	api      apiClient
	ops      []operation
	own, out plant.Node
	tags     map[plant.NodeID]plant.TagNo
}

func newGate(t *testing.T) *gate {
	g := &gate{t: t, tags: map[plant.NodeID]plant.TagNo{}}
	g.api = nodeOf(t, twoLathes+otherLine, time.Now().Add(-time.Hour), func(n *node) { g.n = n })
	m, err := g.n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	for _, one := range m.Nodes {
		switch one.Path {
		case "firm/site/turning/line/lathe-1":
			g.own = one
		case "firm/site/turning/other/lathe-3":
			g.out = one
		}
	}
	tags, err := g.n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	for _, tag := range tags {
		if tag.Name == "count.good" {
			g.tags[tag.Node] = tag.No
		}
	}
	g.ops = g.operations()
	return g
}

// operations are all of the contract, by id.
func (g *gate) operations() (ops []operation) {
	g.t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct {
				Name, In string
				Required bool
			}
		}
	}
	g.api.get("/openapi.json", &doc)
	for path, methods := range doc.Paths {
		for method, o := range methods {
			ops = append(ops, operation{ID: o.OperationID, Method: strings.ToUpper(method), Path: path, Parameters: o.Parameters})
		}
	}
	slices.SortFunc(ops, func(a, b operation) int { return strings.Compare(a.ID, b.ID) })
	return ops
}

func (g *gate) token(role access.Role, path string) string {
	g.t.Helper()
	_, secret, err := g.n.access.CreateToken(g.t.Context(), access.Node(demoTenant), access.NewToken{Name: string(role) + path, Role: role, Path: path})
	must(g.t, err)
	return secret
}

// byDay are operations that are asked for days, not for instants.
var byDay = []string{"suspicions", "machine-days"}

// value is what stands for a parameter when machine is asked about.
func (g *gate) value(o operation, name string, machine plant.Node) string {
	now := time.Now().UTC()
	switch name {
	case "id":
		switch strings.Split(o.Path, "/")[3] {
		case "equipment", "nodes":
			return string(machine.ID)
		case "devices":
			return string(machine.Machine.Device.ID)
		case "figures":
			return "oee"
		case "profiles":
			return "demo-lathe"
		}
		return "01NOBODY"
	case "scope":
		return machine.Path
	case "equipment", "machine":
		return string(machine.ID)
	case "year":
		return fmt.Sprint(now.Year())
	case "month":
		return now.Format("2006-01")
	case "firm":
		return "01NOBODY"
	case "tag", "no":
		return fmt.Sprint(g.tags[machine.ID])
	case "from", "start":
		if slices.Contains(byDay, o.ID) {
			return now.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		return now.Add(-time.Hour).Format(time.RFC3339)
	case "to":
		if slices.Contains(byDay, o.ID) {
			return now.Format(time.DateOnly)
		}
		return now.Format(time.RFC3339)
	case "reason":
		return "minor.jam"
	case "window":
		return "hour"
	case "code":
		return "day"
	case "node":
		return "UNOBODY"
	case "day":
		return now.Format(time.DateOnly)
	case "office":
		return "o"
	case "If-Match":
		return `"999"`
	case "digest":
		return strings.Repeat("0", 64)
	case "name":
		return "proof.pdf"
	case "Idempotency-Key":
		return fmt.Sprint(now.UnixNano())
	}
	return ""
}

// body is a well-formed one that names the machine.
func (g *gate) body(o operation, machine plant.Node) []byte {
	now := time.Now().UTC()
	rule := map[string]any{"id": "", "rev": 0, "name": "modules", "driver": "sparkplug", "place": plant.ParentPath(machine.Path), "auto": false, "off": true}
	target := map[string]any{"id": "", "rev": 0, "name": "mes", "kind": "mqtt", "url": "mqtt://127.0.0.1:1", "paths": []string{machine.Path}, "off": true}
	firm := map[string]any{"code": "91350200776049653A", "name": "厦门某某有限公司", "region": "330624", "industry": "3451"}
	entry := map[string]any{"id": "", "rev": 0, "kind": "matching_event", "region": "330624", "title": "现场会", "from": now.Add(-time.Hour).UnixMicro(), "basis": "audited"}
	sheet := map[string]any{"file": "x.csv", "header": []string{"path"}, "rows": []any{map[string]any{"line": 2, "cells": []string{plant.ParentPath(machine.Path) + "/brand-new"}}}}
	plan := map[string]any{"title": "x", "begin": "2026-05-01", "end": "2026-05-02", "from": now.AddDate(0, 0, -30), "to": now, "target": 2, "cut": []string{}}
	raw, err := json.Marshal(map[string]any{
		"start-diagnosis": map[string]any{"firm": "nobody", "edition": "gbt-39116-2020-discrete", "plan": plan}, "plan-diagnosis": plan,
		"staff-diagnosis": map[string]any{"team": []any{}}, "visit-diagnosis": map[string]any{"day": "2026-05-01"}, "fill-diagnosis": map[string]any{},
		"answer-diagnosis": map[string]any{"requirement": "data.1.1", "grade": "full"}, "ask-diagnosis": map[string]any{"text": "?"},
		"answer-diagnosis-question": map[string]any{"question": "q", "text": "!"}, "propose-diagnosis-measure": map[string]any{"title": "x", "requirements": []string{}, "benefit_fen": 0, "cost_fen": 0, "months": 1},
		"move-diagnosis": map[string]any{"state": "visiting"}, "reply-diagnosis": map[string]any{"text": "x", "agrees": true}, "follow-diagnosis-up": map[string]any{"months": 6, "text": "x", "measures": map[string]string{}},
		"acknowledge-alarm": map[string]any{"equipment": machine.ID, "alarm": "servo"},
		"assign-reason":     map[string]any{"equipment": machine.ID, "from": now.Add(-time.Minute), "reason": "minor.jam"},
		"command":           map[string]any{"equipment": machine.ID, "signal": "spindle.override", "value": map[string]any{"number": 80}},
		"add-count":         map[string]any{"good": 1},
		"set-state":         map[string]any{"code": "EXECUTING", "mode": "PROCESSING", "until": now.Add(time.Hour)},
		"add-node":          map[string]any{"path": machine.Path + "-2", "level": "equipment", "name": map[string]string{"zh": "新"}},
		"change-node":       map[string]any{"path": machine.Path, "level": "equipment", "name": map[string]string{"zh": "改"}},
		"save-calendar": map[string]any{"code": "day", "name": map[string]string{"zh": "班"}, "zone": "Asia/Shanghai", "shifts": []any{
			map[string]any{"code": "early", "name": map[string]string{"zh": "早"}, "start": "06:00", "end": "14:00", "weekdays": []int{1}},
		}},
		"save-product":        map[string]any{"code": "day", "name": map[string]string{"zh": "品"}},
		"approve-certificate": map[string]any{"address": "opc.tcp://127.0.0.1:1", "fingerprint": strings.Repeat("0", 64)},
		"start-search":        map[string]any{"driver": "sparkplug", "where": "nobody"},
		"forget-candidate":    map[string]any{"driver": "modbus-tcp", "address": "127.0.0.1:1", "off": false, "writing": false},
		"add-discovery-rule":  rule, "change-discovery-rule": rule,
		"add-north-target": target, "change-north-target": target, "test-north-target": target,
		"make-acceptance-report": map[string]any{"from": now.Add(-time.Hour), "to": now.Add(-time.Minute), "places": []string{machine.Path}},
		"test-device":            map[string]any{"driver": "modbus-tcp", "address": "127.0.0.1:1", "profile": "demo-lathe"},
		"add-token":              map[string]any{"name": "x", "role": "admin", "path": machine.Path},
		"add-user":               map[string]any{"name": "u-" + fmt.Sprint(now.UnixNano()), "role": "admin", "path": machine.Path},
		"change-user":            map[string]any{"rev": 1},
		"invite-node":            map[string]any{"name": "edge-9"},
		"sign-in":                map[string]any{"name": "nobody", "password": "wrong"},
		"sign-in-by-link":        map[string]any{"secret": "wrong"},
		"preview-sheet":          map[string]any{"sheet": sheet}, "apply-sheet": map[string]any{"sheet": sheet, "revision": "1-0"},
		"undo-sheet":        map[string]any{"at": "1", "nodes": 1},
		"ask-evidence":      map[string]any{"equipment": machine.ID, "office": "o", "purpose": "p", "tags": []string{"count.good"}, "from": "2026-11-01", "to": "2026-11-02"},
		"decide-evidence":   map[string]any{"state": "refused", "reason": "x"},
		"contest-suspicion": map[string]any{"equipment": machine.ID, "text": "why"}, "decide-suspicion": map[string]any{"equipment": machine.ID, "text": "why", "upheld": true},
		"save-target-settings": map[string]any{"incentive": []string{"330624"}, "rev": 0}, "save-plant": map[string]any{"firm": ""},
		"add-register-entry": entry, "change-register-entry": entry,
		"save-firm-return": map[string]any{"firm": "01NOBODY", "year": 2022, "name": "machines", "value": 1, "basis": "declared", "rev": 0},
		"add-firm":         firm, "change-firm": firm, "look-at-firm": firm, "merge-firm": map[string]any{"into": "01NOBODY", "rev": 1}, "apply-firm-sheet": map[string]any{},
	}[o.ID])
	must(g.t, err)
	return raw
}

// ask calls the operation about the machine and gives the status and, of
// answers that end, the body.
func (g *gate) ask(o operation, machine plant.Node, dress func(*http.Request)) (int, string) {
	g.t.Helper()
	path, q := o.Path, url.Values{}
	header := http.Header{}
	for _, p := range o.Parameters {
		v := g.value(o, p.Name, machine)
		if v == "" && p.Required {
			g.t.Fatalf("%s needs %s %q: say in gate.value what to put there", o.ID, p.In, p.Name)
		}
		switch {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(v))
		case p.In == "query" && v != "":
			q.Set(p.Name, v)
		case p.In == "header" && v != "":
			header.Set(p.Name, v)
		}
	}
	ctx, cancel := context.WithTimeout(g.t.Context(), 30*time.Second)
	defer cancel()
	var body io.Reader
	if o.Method != http.MethodGet && o.Method != http.MethodDelete {
		body = bytes.NewReader(g.body(o, machine))
	}
	req, err := http.NewRequestWithContext(ctx, o.Method, g.api.base+path+"?"+q.Encode(), body)
	must(g.t, err)
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	if o.ID == "import-plant" || o.ID == "send-settings" {
		req.Body = io.NopCloser(strings.NewReader("schema: zhigai.plant/1\nnodes:\n  - {path: " + plant.ParentPath(machine.Path) + "/brand-new, level: equipment, name: {zh: 新}}\n"))
		req.ContentLength = -1
		req.Header.Set("Content-Type", "application/yaml")
	}
	if o.ID == "read-sheet" || o.ID == "send-firm-sheet" {
		req.Body = io.NopCloser(strings.NewReader("path\n" + plant.ParentPath(machine.Path) + "/brand-new\n"))
		req.ContentLength = -1
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	dress(req)
	res, err := http.DefaultClient.Do(req)
	must(g.t, err)
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		first := make([]byte, 1<<16)
		n, _ := io.ReadAtLeast(res.Body, first, 1) // the stream never ends
		return res.StatusCode, string(first[:n])
	}
	all, err := io.ReadAll(res.Body)
	must(g.t, err)
	return res.StatusCode, string(all)
}

func bearer(secret string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
}

// TestPermissions walks the whole contract with every role and with nobody.
func TestPermissions(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	tokens := map[access.Role]string{}
	for _, role := range ranks {
		tokens[role] = g.token(role, "")
	}
	for _, o := range g.ops {
		least, ok := lowest[o.ID]
		if !ok {
			t.Errorf("%s %s: the new operation %q is not in this test: write into lowest who may call it", o.Method, o.Path, o.ID)
			continue
		}
		status, body := g.ask(o, g.own, func(*http.Request) {})
		if public := status != http.StatusUnauthorized || o.ID == "sign-in" || o.ID == "sign-in-by-link"; public != (least == "") {
			t.Errorf("%s by nobody: %d %s", o.ID, status, body)
		}
		for _, role := range ranks {
			if o.ID == "sign-out" || least == "" {
				continue
			}
			status, body := g.ask(o, g.own, bearer(tokens[role]))
			may := slices.Index(ranks, role) >= slices.Index(ranks, least)
			if refused := status == http.StatusForbidden || status == http.StatusUnauthorized; refused == may || status >= 500 {
				t.Errorf("%s by %s: %d %s", o.ID, role, status, body)
			}
		}
	}
	entries, err := access.Verify(t.Context(), g.n.record.Access(), demoTenant)
	if err != nil || entries < 10 {
		t.Errorf("audit after all this: %d entries, %v", entries, err)
	}
}

// TestScopes: who is confined to one line gets nothing of the other, whatever
// the role and the door.
func TestScopes(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	token := g.token(access.RoleAdmin, "firm/site/turning/line")
	asked := 0
	for _, o := range g.ops {
		if lowest[o.ID] == "" || o.ID == "sign-out" {
			continue
		}
		status, body := g.ask(o, g.out, bearer(token))
		for _, leak := range []string{"lathe-3", string(g.out.ID)} {
			if status < 300 && strings.Contains(body, leak) {
				t.Errorf("%s shows %s to a stranger: %d %.300s", o.ID, leak, status, body)
			}
		}
		names := slices.ContainsFunc(o.Parameters, func(p struct {
			Name, In string
			Required bool
		},
		) bool {
			return slices.Contains([]string{"scope", "equipment", "tag", "no"}, p.Name) || p.Name == "id" && g.value(o, "id", g.own) != g.value(o, "id", g.out)
		})
		names = names || bytes.Contains(g.body(o, g.out), []byte(g.out.ID)) || bytes.Contains(g.body(o, g.out), []byte(g.out.Path))
		if o.ID == "import-plant" && !strings.Contains(body, `"done":false`) {
			t.Errorf("import into another line: %d %s", status, body)
		}
		if names || slices.Contains(wholePlant, o.ID) {
			asked++
			if status != http.StatusForbidden && status != http.StatusNotFound {
				t.Errorf("%s about another line: %d %.300s; want 403 or 404", o.ID, status, body)
			}
		}
	}
	if asked < 25 {
		t.Errorf("only %d operations name a place: the test shows little", asked)
	}
}

// TestTwoMachinesOnOneDevice: the form refuses what the plant file refuses.
func TestTwoMachinesOnOneDevice(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for unit, want := range map[string]int{"3": 422, "4": 201} {
		raw, err := json.Marshal(map[string]any{
			"path": "firm/site/turning/line/lathe-9", "level": "equipment", "name": map[string]string{"zh": "9号"},
			"equipment": map[string]any{"class": "lathe", "profile": "demo-lathe", "device": map[string]any{"driver": "modbus-tcp", "address": "127.0.0.1:1", "params": map[string]string{"unit": unit}}},
		})
		must(t, err)
		req, err := http.NewRequestWithContext(t.Context(), "POST", g.api.base+"/api/v1/nodes", bytes.NewReader(raw))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		bearer(g.token(access.RoleEngineer, ""))(req)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		body, err := io.ReadAll(res.Body)
		must(t, err)
		must(t, res.Body.Close())
		if res.StatusCode != want || want == 422 && !strings.Contains(string(body), g.out.Path) {
			t.Errorf("unit %s: %d %s", unit, res.StatusCode, body)
		}
	}
}

// TestCookieNeedsItsHeader: a foreign page can make a browser send the cookie
// along, but not the header.
func TestCookieNeedsItsHeader(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	_, err := g.n.access.CreateUser(t.Context(), access.Node(demoTenant), access.NewUser{Name: "anna", Role: access.RoleAdmin, Password: "anna-of-the-first-line"})
	must(t, err)
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar}
	send := func(method, path, body, header string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, g.api.base+path, strings.NewReader(body))
		must(t, err)
		req.Header.Set("Content-Type", "application/json")
		if header != "" {
			req.Header.Set("X-Zhigai", header)
		}
		res, err := client.Do(req)
		must(t, err)
		must(t, res.Body.Close())
		return res.StatusCode
	}
	if got := send("POST", "/api/v1/session", `{"name":"anna","password":"anna-of-the-first-line"}`, ""); got >= 300 {
		t.Fatalf("sign in: %d", got)
	}
	for _, c := range []struct {
		method, header string
		want           int
	}{{"GET", "", 200}, {"DELETE", "", 403}, {"DELETE", "1", 204}, {"GET", "", 401}} {
		if got := send(c.method, "/api/v1/session", "", c.header); got != c.want {
			t.Errorf("%s with header %q: %d; want %d", c.method, c.header, got, c.want)
		}
	}
}
