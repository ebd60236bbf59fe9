package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// scraped are the values of a scrape, read by the parser of Prometheus itself.
// Series of one name are added up under it; each is there under its labels, too.
type scraped map[string]float64

func (g *gate) scrape() scraped {
	g.t.Helper()
	return g.scrapeAs(g.token(access.RoleViewer, ""))
}

func (g *gate) scrapeAs(token string) scraped {
	g.t.Helper()
	status, body := g.fetch("/metrics", bearer(token))
	if status != http.StatusOK {
		g.t.Fatalf("/metrics: %d %s", status, body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	must(g.t, err)
	out := scraped{}
	for name, f := range families {
		if f.GetHelp() == "" && strings.HasPrefix(name, "zhigai_") {
			g.t.Errorf("%s has no help", name)
		}
		for _, m := range f.GetMetric() {
			v := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			out[name] += v
			out[name+labelled(m)] = v
			if f.GetType() == dto.MetricType_COUNTER && !strings.HasSuffix(name, "_total") {
				g.t.Errorf("%s counts and does not end in _total", name)
			}
		}
	}
	return out
}

func labelled(m *dto.Metric) string {
	var s []string
	for _, l := range m.GetLabel() {
		s = append(s, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
	}
	return "{" + strings.Join(s, ",") + "}"
}

// fetch gets a path outside of the contract.
func (g *gate) fetch(path string, dress func(*http.Request)) (int, string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.api.base+path, nil)
	must(g.t, err)
	dress(req)
	res, err := http.DefaultClient.Do(req)
	must(g.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(g.t, err)
	return res.StatusCode, string(body)
}

// TestMetrics_CountWhatHappens: what is done in between shows in the second
// scrape, and by the number of times that it was done.
func TestMetrics_CountWhatHappens(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	before := g.scrape()
	const batches = 3
	for i := range batches {
		_, err := g.n.history.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{
			{Tag: g.tags[g.own.ID], Time: plant.MicrosOf(time.Now()), Value: float64(i)},
			{Tag: g.tags[g.own.ID], Time: plant.MicrosOf(time.Now().Add(-2 * time.Hour)), Value: float64(i)},
		}})
		must(t, err)
	}
	must(t, g.n.history.Flush())
	_, err := g.n.record.Journal().Append(t.Context(), demoTenant, fact.New(fact.KindCount, g.own.ID, time.Now(), "person:test", fact.Count{Good: 1}))
	must(t, err)
	must(t, g.n.engine.Touch(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: g.tags[g.own.ID], Time: plant.MicrosOf(time.Now().Add(-2 * time.Hour))}}}, nil))
	must(t, g.n.engine.Settle(t.Context(), demoTenant, plant.MicrosOf(time.Now().Add(-3*time.Hour)), plant.MicrosOf(time.Now())))
	q := url.Values{"scope": {g.own.Path}, "window": {"hour"}, "from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().UTC().Format(time.RFC3339)}}
	if status, body := g.fetch("/api/v1/figures/oee?"+q.Encode(), bearer(g.token(access.RoleViewer, ""))); status != http.StatusOK {
		t.Fatal(status, body)
	}
	g.fetch("/api/v1/tags/no-such", bearer(g.token(access.RoleViewer, "")))
	after := g.scrape()
	for name, least := range map[string]float64{
		"zhigai_history_samples_total": 2 * batches, "zhigai_history_batches_total": batches, "zhigai_history_fsyncs_total": 1,
		"zhigai_record_events_total": 1, "zhigai_history_chunks_total": 1, "zhigai_figures_folded_total": 1, "zhigai_figures_marked_total": 1,
		`zhigai_http_requests_total{method="GET",route="/api/v1/figures/{id}",status="200"}`: 1,
		`zhigai_http_requests_total{method="GET",route="/metrics",status="200"}`:             1,
		"zhigai_http_request_seconds": 2,
	} {
		if moved := after[name] - before[name]; moved < least {
			t.Errorf("%s moved by %v; want %v at least", name, moved, least)
		}
	}
	for _, name := range []string{
		"zhigai_history_last_fsync_seconds", "zhigai_record_bytes", "zhigai_disk_free_bytes", "zhigai_disk_bytes", "zhigai_start_time_seconds",
		"zhigai_device_stretch", `zhigai_build_info{version="dev"}`, `zhigai_check_ok{check="history"}`, "go_goroutines", "process_resident_memory_bytes",
	} {
		if after[name] <= 0 {
			t.Errorf("%s = %v; want more than 0", name, after[name])
		}
	}
	for name := range maps.Keys(before) {
		base, _, _ := strings.Cut(name, "{")
		if strings.HasSuffix(base, "_total") && after[name] < before[name] {
			t.Errorf("%s went back from %v to %v", name, before[name], after[name])
		}
	}
}

// TestMetrics_OfTheDemoPlant: what its devices do on real protocols is counted,
// each by its path.
func TestMetrics_OfTheDemoPlant(t *testing.T) {
	t.Parallel()
	n, err := openNode(t.Context(), place{Data: t.TempDir()}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cancel()
		must(t, n.close())
	})
	must(t, n.start(ctx))
	simulated, err := demoFlags{Demo: true, Seed: 1}.demo(ctx, place{})
	must(t, err)
	_, err = simulated.join(ctx, n)
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	g := &gate{t: t, n: n, api: apiClient{t: t, base: server.URL}}
	token := g.token(access.RoleViewer, "")
	want := []string{
		"zhigai_device_up", "zhigai_device_requests_total", "zhigai_device_samples_total", "zhigai_device_response_seconds",
		`zhigai_device_up{device="xinchang-bearing/xinchang/assembly/line-1/cell-1",driver="sparkplug"}`,
	}
	// Each machine of the plant is live over its own protocol.
	m, err := n.plants.Model(ctx, access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	drivers := map[string]bool{}
	for _, one := range m.Nodes {
		if one.Machine != nil {
			drivers[one.Machine.Device.Driver] = true
			want = append(want, fmt.Sprintf("zhigai_device_up{device=%q,driver=%q}", one.Path, one.Machine.Device.Driver))
		}
	}
	if len(drivers) < 9 {
		t.Errorf("the demo speaks %d protocols; want at least 9", len(drivers))
	}
	// A machine that is dead from the start: what fails is counted, too.
	dead := plant.Node{Path: "xinchang-bearing/xinchang/assembly/line-1/dead", Level: plant.LevelEquipment, Name: plant.Name{ZH: "坏"}, Machine: &plant.Equipment{
		Class: "lathe", Profile: "demo-lathe", Device: plant.Device{Driver: "modbus-tcp", Address: "127.0.0.1:1", Params: map[string]string{"unit": "1"}},
	}}
	must(t, n.plants.Import(access.With(ctx, access.Node(demoTenant)), access.Scope{Tenant: demoTenant}, plant.Model{Nodes: []plant.Node{dead}}, plant.MicrosOf(time.Now())))
	must(t, n.reconcile(ctx))
	want = append(want, "zhigai_device_errors_total")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		got := g.scrapeAs(token)
		missing := slices.DeleteFunc(slices.Clone(want), func(name string) bool { return got[name] > 0 })
		if len(missing) == 0 {
			if up, ok := got[fmt.Sprintf("zhigai_device_up{device=%q,driver=\"modbus-tcp\"}", dead.Path)]; !ok || up != 0 {
				t.Errorf("the dead machine: up %v, there %v", up, ok)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not counted: %v", missing)
		}
	}
}

// TestMetrics_ForWhoSeesTheWholePlant: paths of devices stand in the metrics.
func TestMetrics_ForWhoSeesTheWholePlant(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	for _, c := range []struct {
		who   string
		dress func(*http.Request)
		want  int
	}{
		{"nobody", func(*http.Request) {}, http.StatusUnauthorized},
		{"a wrong token", bearer("zg_wrong"), http.StatusUnauthorized},
		{"an administrator of one line", bearer(g.token(access.RoleAdmin, "firm/site/turning/line")), http.StatusForbidden},
		{"a viewer", bearer(g.token(access.RoleViewer, "")), http.StatusOK},
	} {
		status, body := g.fetch("/metrics", c.dress)
		if status != c.want || c.want != http.StatusOK && strings.Contains(body, "lathe") {
			t.Errorf("%s: %d %.200s; want %d", c.who, status, body, c.want)
		}
	}
}

// TestReady_SaysWhyToThoseSignedIn: everybody learns which check fails, and no
// more.
func TestReady_SaysWhyToThoseSignedIn(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	nobody := func(*http.Request) {}
	status, body := g.fetch("/health/ready", nobody)
	if status != http.StatusOK || !strings.Contains(body, `"history"`) || strings.Contains(body, "detail") {
		t.Errorf("ready to nobody: %d %s", status, body)
	}
	if status, body := g.fetch("/health/ready", bearer(g.token(access.RoleViewer, ""))); status != http.StatusOK || !strings.Contains(body, "MB free") {
		t.Errorf("ready to a viewer: %d %s", status, body)
	}
	if status, body := g.fetch("/health/live", nobody); status != http.StatusOK || !strings.Contains(body, `"ok"`) {
		t.Errorf("live: %d %s", status, body)
	}
}

// TestReady_NotWhenTheDiskIsFull: a node that accepts nothing is not ready, and
// alive.
func TestReady_NotWhenTheDiskIsFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := place{Data: dir}
	must(t, at.disk.DiskStop.UnmarshalText([]byte("9000000GiB")))
	must(t, at.disk.DiskLow.UnmarshalText([]byte("9000000GiB")))
	must(t, at.disk.DiskWarn.UnmarshalText([]byte("9000000GiB")))
	var log bytes.Buffer
	logger, err := watchFlags{LogFormat: "json", LogLevel: "error"}.logger(&log)
	must(t, err)
	n, err := openNode(t.Context(), at, "127.0.0.1:0", logger)
	must(t, err)
	defer func() { must(t, n.close()) }()
	for _, c := range n.ready(t.Context()) {
		if c.OK != (c.Name != "disk") {
			t.Errorf("%+v", c)
		}
	}
}
