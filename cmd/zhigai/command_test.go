package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/sim"
)

type apiCommand struct {
	ID, State, Path, By, Signal string
	Final                       bool
	Value                       fact.Setting
	Steps                       []struct {
		State  string
		Checks []fact.CommandCheck
		Read   *fact.Setting
	}
}

// send asks the API with a body and gives status and answer.
func (c apiClient) send(method, link string, header http.Header, body, out any) (int, string) {
	c.t.Helper()
	raw, err := json.Marshal(body)
	must(c.t, err)
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+link, bytes.NewReader(raw))
	must(c.t, err)
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	must(c.t, err)
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	must(c.t, err)
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(said, out); err != nil {
			c.t.Fatalf("%s: %v: %s", link, err, said)
		}
	}
	return res.StatusCode, string(said)
}

// The whole way of a command through the API: off until an engineer switches
// writing on, then set by an operator, with every step to be read by anybody.
func TestCommand_ThroughTheAPI(t *testing.T) {
	t.Parallel()
	var n *node
	drivers, err := loadRules(nil)
	must(t, err)
	device, err := sim.Serve(t.Context(), simKinds(drivers.profiles)["demo-lathe"], "127.0.0.1:0", 1)
	must(t, err)
	api := nodeOf(t, strings.Replace(twoLathes, "127.0.0.1:1", device.Address, 1), time.Now().Add(-time.Hour), func(one *node) { n = one })
	as := func(role access.Role) apiClient {
		_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: string(role), Role: role})
		must(t, err)
		return apiClient{t, api.base, secret}
	}
	operator, engineer := as(access.RoleOperator), as(access.RoleEngineer)
	m, err := n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	i := slices.IndexFunc(m.Nodes, func(one plant.Node) bool { return strings.HasSuffix(one.Path, "lathe-1") })
	lathe := m.Nodes[i]
	contact(t, n, lathe.Machine.Device.ID)

	points := func() (out struct {
		Items []struct {
			Signal        string
			Here, Contact bool
			Enabled       bool
			Min, Max      float64
		}
	},
	) {
		api.get("/api/v1/equipment/"+string(lathe.ID)+"/set-points", &out)
		return out
	}
	if p := points().Items; len(p) != 3 || p[0].Signal != "feed.override" || !p[0].Here || p[0].Enabled || p[0].Max != 120 {
		t.Errorf("set points %+v", p)
	}
	keys := 0
	order := func(c apiClient, key string, v float64) (int, string, apiCommand) {
		t.Helper()
		var out apiCommand
		h := http.Header{}
		if key != "" {
			h.Set("Idempotency-Key", key)
		}
		status, said := c.send("POST", "/api/v1/commands?wait_ms=10000", h, map[string]any{"equipment": lathe.ID, "signal": "feed.override", "value": map[string]any{"number": v}}, &out)
		return status, said, out
	}
	next := func() string { keys++; return fmt.Sprint("key-", keys) }
	if status, said, c := order(operator, next(), 95); status != 201 || c.State != fact.CommandRejected || !slices.ContainsFunc(c.Steps[0].Checks, func(k fact.CommandCheck) bool { return k.Check == "enabled" && k.Result == fact.CheckFailed }) {
		t.Errorf("while writing is off: %d %s", status, said)
	}

	var saved struct {
		Rev       int64
		Equipment struct{ Device struct{ Writing bool } }
	}
	lathe.Machine.Device.Writing = true
	rev, err := n.plants.Revision(t.Context(), access.Scope{Tenant: demoTenant}, lathe.ID)
	must(t, err)
	if status, said := engineer.send("PUT", "/api/v1/nodes/"+string(lathe.ID), http.Header{"If-Match": {fmt.Sprint(rev)}}, lathe, &saved); status != 200 || !saved.Equipment.Device.Writing {
		t.Fatalf("switched on: %d %s", status, said)
	}
	if p := points().Items; !p[0].Enabled || !p[0].Contact {
		t.Errorf("switched on, and contact kept: %+v", p)
	}
	for _, c := range []struct {
		key    string
		by     apiClient
		v      float64
		status int
		state  string
	}{
		{next(), operator, 95, 201, fact.CommandConfirmed},
		{"", operator, 90, 422, ""},
		{next(), as(access.RoleViewer), 90, 403, ""},
		{next(), operator, 121, 201, fact.CommandRejected},
	} {
		if status, said, got := order(c.by, c.key, c.v); status != c.status || got.State != c.state {
			t.Errorf("%+v: %d %s", c, status, said)
		}
	}
	status, _, first := order(operator, "key-2", 95)
	if status != 201 || first.State != fact.CommandConfirmed || !first.Final || len(first.Steps) != 3 || *first.Steps[2].Read.Number != 95 || first.By != "operator" || first.Path != lathe.Path {
		t.Errorf("the same key again: %d %+v", status, first)
	}
	if status, said, _ := order(operator, "key-2", 96); status != 409 {
		t.Errorf("its key with another value: %d %s", status, said)
	}
	var list struct {
		Items []apiCommand
		Next  string
	}
	api.get("/api/v1/commands?limit=2&equipment="+string(lathe.ID), &list)
	if len(list.Items) != 2 || list.Next == "" || list.Items[0].State != fact.CommandRejected || list.Items[1].ID != first.ID {
		t.Errorf("list %+v", list)
	}
	api.get("/api/v1/commands?state=rejected&limit=2&cursor="+list.Next, &list)
	if len(list.Items) != 1 || list.Items[0].State != fact.CommandRejected {
		t.Errorf("next page %+v", list)
	}
	entries, err := n.record.Access().Audit(t.Context(), demoTenant, 0, 0)
	must(t, err)
	if !slices.ContainsFunc(entries, func(e access.Entry) bool {
		return e.Action == "device.writing" && e.Before == "false" && e.After == "true" && strings.Contains(e.Who, "engineer")
	}) {
		t.Error("the audit does not say who switched writing on")
	}
}

// contact waits until the node has it.
func contact(t testing.TB, n *node, id plant.DeviceID) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if _, ok, _ := n.collector.Writing(id); ok {
			return
		}
	}
	t.Fatalf("no contact: %+v", n.collector.Status())
}
