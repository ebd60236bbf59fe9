package web

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// TestFront_StartingReadyStopping: what watches the process is answered in
// every part of its life.
func TestFront_StartingReadyStopping(t *testing.T) {
	var front Front
	ask := func(path string, status int, failing string) {
		t.Helper()
		w := httptest.NewRecorder()
		front.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != status || status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: %d %v; want %d", path, w.Code, w.Header(), status)
		}
		if failing == "" {
			return
		}
		var r Readiness
		if err := json.NewDecoder(w.Body).Decode(&r); err != nil || len(r.Checks) != 1 || r.Checks[0].OK || r.Checks[0].Name != failing {
			t.Errorf("%s: %+v, %v; want the check %s to fail", path, r, err, failing)
		}
	}
	ask("/health/live", http.StatusOK, "")
	ask("/health/ready", http.StatusServiceUnavailable, "starting")
	ask("/api/v1/health", http.StatusServiceUnavailable, "")
	failed := false
	a := New(Options{Now: time.Now, Logger: slog.New(slog.DiscardHandler), Ready: func(context.Context) []Check {
		return []Check{{Name: "history", OK: !failed, Detail: "secret"}}
	}})
	front.Serve(a.Mux())
	ask("/health/ready", http.StatusOK, "")
	ask("/api/v1/health", http.StatusOK, "")
	failed = true
	ask("/health/ready", http.StatusServiceUnavailable, "history")
	ask("/health/live", http.StatusOK, "")
	failed = false
	front.Stopping()
	ask("/health/ready", http.StatusServiceUnavailable, "stopping")
	ask("/api/v1/health", http.StatusOK, "")
}

// TestMeasured_ByRoute: guesses of a scanner make no series, streams pass
// through piece by piece.
func TestMeasured_ByRoute(t *testing.T) {
	registry := prometheus.NewRegistry()
	a := New(Options{Now: time.Now, Logger: slog.New(slog.DiscardHandler), Metrics: registry})
	a.Mux().HandleFunc("GET /stream/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Errorf("flush: %v", err)
		}
	})
	a.Mux().HandleFunc("/", http.NotFound)
	h := a.Measured(a.Mux())
	for _, path := range []string{"/stream/1", "/stream/2", "/x.php", "/y.php", "/z.php"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	}
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), "BREW", "/x.php", nil))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var name strings.Builder
			name.WriteString(f.GetName())
			for _, l := range m.GetLabel() {
				name.WriteString(" " + l.GetValue())
			}
			got[name.String()] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	for name, want := range map[string]float64{
		"zhigai_http_requests_total GET /stream/{id} 200": 2, "zhigai_http_requests_total GET / 404": 3, "zhigai_http_requests_total other / 404": 1,
		"zhigai_http_request_seconds GET /": 3, "zhigai_http_request_seconds other /": 1, "zhigai_http_request_seconds GET /stream/{id}": 0,
	} {
		if got[name] != want {
			t.Errorf("%s = %v; want %v", name, got[name], want)
		}
	}
	if len(got) != 3+2+6 { // requests, times, what is put off
		t.Errorf("%d series: %v", len(got), got)
	}
}
