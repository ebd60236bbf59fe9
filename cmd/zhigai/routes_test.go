package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zhigai/access"
)

// foreign are the paths outside of the contract: the least role that may ask,
// "" for everybody, and whether they are for who sees the whole plant.
var foreign = map[string]struct {
	least access.Role
	whole bool
}{
	"/health/live":  {},
	"/health/ready": {},
	"/metrics":      {access.RoleViewer, true},

	// They lead to a provider and back; who is nobody's goes to the page of signing in.
	"/oidc/{provider}":        {},
	"/oidc/{provider}/return": {},
	"/oidc/{provider}/end":    {},

	// Its word is checked by the collector: a device has its own.
	"/hooks/{name}": {},

	"/prometheus/api/v1/query":               {access.RoleViewer, false},
	"/prometheus/api/v1/query_range":         {access.RoleViewer, false},
	"/prometheus/api/v1/labels":              {access.RoleViewer, false},
	"/prometheus/api/v1/series":              {access.RoleViewer, false},
	"/prometheus/api/v1/label/{name}/values": {access.RoleViewer, false},
	"/prometheus/api/v1/metadata":            {access.RoleViewer, false},
	"/prometheus/api/v1/status/buildinfo":    {access.RoleViewer, false},
}

// question fills a foreign path with a question about everything.
func question(path string) string {
	q := url.Values{"query": {`{__name__=~".+"}`}, "match[]": {`{__name__=~".+"}`}, "start": {"0"}, "end": {"60"}, "step": {"60"}}
	return strings.ReplaceAll(path, "{name}", "path") + "?" + q.Encode()
}

// TestRoutes: every path outside of the contract has its permission, and shows
// who is confined to one line nothing of the other.
func TestRoutes(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	viewer, confined := g.token(access.RoleViewer, ""), g.token(access.RoleAdmin, "firm/site/turning/line")
	abroad := g.tokenOf(stranger, access.Grant{Role: access.RoleAdmin})
	officer := g.tokenOf(demoTenant, access.Grant{Role: "officer"})
	for _, r := range g.n.api(nil, false).Routes() {
		want, ok := foreign[r.Path]
		if !ok {
			t.Errorf("%s %s is not in this test: write into foreign who may ask it", r.Method, r.Path)
			continue
		}
		if want.whole != r.Whole {
			t.Errorf("%s is for who sees the whole plant: %t; want %t", r.Path, r.Whole, want.whole)
		}
		if r.Method != http.MethodGet {
			continue // the same handler
		}
		if status, body := g.fetch(question(r.Path), func(*http.Request) {}); (status == http.StatusUnauthorized) != (want.least != "") {
			t.Errorf("%s by nobody: %d %.200s", r.Path, status, body)
		}
		if status, body := g.fetch(question(r.Path), bearer(viewer)); status != http.StatusOK {
			t.Errorf("%s by a viewer: %d %.200s", r.Path, status, body)
		}
		if status, body := g.fetch(question(r.Path), bearer(officer)); (status == http.StatusForbidden) != (want.least != "") {
			t.Errorf("%s by an officer, who sees no raw data: %d %.200s", r.Path, status, body)
		}
		if _, body := g.fetch(question(r.Path), bearer(abroad)); !want.whole && strings.Contains(body, "lathe-") {
			t.Errorf("%s to the administrator of a foreign tenant: %.300s", r.Path, body)
		}
		status, body := g.fetch(question(r.Path), bearer(confined))
		if want.whole != (status == http.StatusForbidden) || strings.Contains(body, "lathe-3") || strings.Contains(body, "turning/other") {
			t.Errorf("%s to who sees one line: %d %.300s", r.Path, status, body)
		}
	}
}

// TestPrometheus_AsGrafanaAsks: a token as the password of any user opens the
// door, and the tags of the scope are there under their names.
func TestPrometheus_AsGrafanaAsks(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	token := g.token(access.RoleViewer, "firm/site/turning/line")
	basic := func(password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth("grafana", password) }
	}
	if status, _ := g.fetch("/prometheus/api/v1/labels", basic("zg_wrong")); status != http.StatusUnauthorized {
		t.Errorf("a wrong password: %d", status)
	}
	status, body := g.fetch(`/prometheus/api/v1/series?match[]=count_good`, basic(token))
	var got struct {
		Status string
		Data   []map[string]string
	}
	must(t, json.Unmarshal([]byte(body), &got))
	if status != http.StatusOK || got.Status != "success" || len(got.Data) == 0 {
		t.Fatalf("series: %d %s", status, body)
	}
	for _, s := range got.Data {
		if s["signal"] != "count.good" || s["line"] != "line" || s["enterprise"] != "firm" || !strings.HasPrefix(s["machine"], "lathe-") || s["tag"] == "" {
			t.Errorf("series %v", s)
		}
	}
	for path, words := range map[string]string{
		"/prometheus/api/v1/query?query=sum(":                                 "bad_data",
		"/prometheus/api/v1/query_range?query=1&start=0&end=1e9&step=1":       "11000 points",
		"/prometheus/api/v1/query_range?query=1&start=5&end=1&step=1":         "before start",
		"/prometheus/api/v1/query_range?query=1&start=yesterday&end=1&step=1": "seconds since 1970",
		"/prometheus/api/v1/series":                                           "write a selector",
		"/prometheus/api/v1/query?query=1&lookback_delta=-3":                  "for example 5m",
	} {
		if status, body := g.fetch(path, basic(token)); status != http.StatusBadRequest || !strings.Contains(body, words) {
			t.Errorf("%s: %d %s; want %q", path, status, body, words)
		}
	}
}
