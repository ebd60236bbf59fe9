package otlp

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// TestExportSpans_WhatTheCollectorDoesNotTake is an error that says who and
// why.
func TestExportSpans_WhatTheCollectorDoesNotTake(t *testing.T) {
	spans := []trace.ReadOnlySpan{tracetest.SpanStub{Name: "x"}.Snapshot()}
	rejected, err := proto.Marshal(&collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 1, ErrorMessage: "too old"}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(status int, body, want string) {
		t.Helper()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}))
		defer server.Close()
		e, err := New(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		err = e.ExportSpans(t.Context(), spans)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d %q: %v; want %q in it", status, body, err, want)
		}
	}
	f(http.StatusOK, "", "")
	f(http.StatusOK, string(rejected), "too old")
	f(http.StatusOK, "<html>", "is it a collector")
	f(http.StatusServiceUnavailable, "later", "503 Service Unavailable later")
	e, err := New("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.ExportSpans(t.Context(), spans); err == nil || !strings.Contains(err.Error(), "1 spans not sent") {
		t.Errorf("nobody there: %v", err)
	}
}

func TestNew_Addresses(t *testing.T) {
	for address, want := range map[string]string{
		"http://c:4318": "http://c:4318/v1/traces", "http://c:4318/": "http://c:4318/v1/traces", "https://c/in/traces": "https://c/in/traces", "c:4318": "", "": "", "http://": "",
	} {
		e, err := New(address)
		if (err == nil) != (want != "") || err == nil && e.url != want {
			t.Errorf("New(%q) = %+v, %v; want %q", address, e, err, want)
		}
	}
}
