package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/history"
	"zhigai/plant"
)

// TestReadOnly_AnswersAndChangesNothing walks the contract on a backup that was
// restored and opened for questions alone: figures are those of the node that
// collects, and nothing that changes something is done.
func TestReadOnly_AnswersAndChangesNothing(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()-2, 6, 0, 0, 0, zone)
	kept, api := loaded(t, morning)
	want := api.figuresOf(morning)
	root, dir := filepath.Join(t.TempDir(), "backups"), filepath.Join(t.TempDir(), "restored")
	report, err := askNode[backupReport](t.Context(), kept.dir, "/backup", backupRequest{Dir: root})
	must(t, err)
	must(t, restoreCmd{Dir: root, Data: dir}.Run(t.Context()))
	if err := checkNoSnapshot(report.Dir); err == nil || !strings.Contains(err.Error(), "zhigai restore") {
		t.Errorf("a snapshot as a node's folder: %v", err)
	}
	n, err := openNode(t.Context(), place{Data: dir, readOnly: true}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	must(t, n.start(t.Context()))
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	m, err := n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	g := &gate{t: t, n: n, api: apiClient{t, server.URL, ""}, tags: map[plant.NodeID]plant.TagNo{}}
	g.api.token = g.token(access.RoleAdmin, "")
	own := m.Nodes[slices.IndexFunc(m.Nodes, func(one plant.Node) bool { return one.Machine != nil })]
	samples, rows := n.history.LastSeq(), n.stores.record.LastSeq(demoTenant)
	got := g.api.figuresOf(morning)
	for id := range want {
		if !reflect.DeepEqual(got[id], want[id]) {
			t.Errorf("%s on the read-only node: %v; want %v", id, got[id], want[id])
		}
	}
	var doc json.RawMessage
	g.api.get("/openapi.json", &doc)
	g.ops = operationsOf(t, doc)
	refused := 0
	for _, o := range g.ops {
		if o.Method == http.MethodGet || slices.Contains([]string{"sign-in", "sign-in-by-link", "sign-in-code", "sign-out"}, o.ID) {
			continue
		}
		status, body := g.ask(o, own, bearer(g.api.token))
		if refused++; status != http.StatusConflict || !strings.Contains(body, "read-only") {
			t.Errorf("%s: %d %s", o.ID, status, body)
		}
		if status, _ := g.ask(o, own, func(*http.Request) {}); status != http.StatusUnauthorized {
			t.Errorf("%s by nobody: %d", o.ID, status)
		}
	}
	if refused < 15 {
		t.Errorf("only %d operations were tried", refused)
	}
	if _, err := n.history.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: 1}}}); !errors.Is(err, history.ErrReadOnly) {
		t.Errorf("append: %v", err)
	}
	if n.history.LastSeq() != samples || n.stores.record.LastSeq(demoTenant) != rows {
		t.Errorf("journals moved: history %d to %d, record %d to %d", samples, n.history.LastSeq(), rows, n.stores.record.LastSeq(demoTenant))
	}
}

// TestReadOnly_AloneAndOnANode: what contradicts the flag is said before
// anything is opened.
func TestReadOnly_AloneAndOnANode(t *testing.T) {
	f := func(c runCmd, word string) {
		t.Helper()
		c.ReadOnly = true
		if err := c.checkReadOnly(); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v; want %q in it", err, word)
		}
	}
	f(runCmd{demoFlags: demoFlags{Demo: true}}, "--demo")
	f(runCmd{hubFlags: hubFlags{Links: ":1"}}, "--links")
	f(runCmd{place: place{Data: t.TempDir()}}, "holds no node")
}
