package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	message "go.opentelemetry.io/proto/slim/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/plant/file"
)

// receiver takes spans as a collector does, by the messages of the standard.
type receiver struct {
	t     *testing.T
	mu    sync.Mutex
	spans map[string]*message.Span // the last of each name
	from  string                   // service.name
}

func (c *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var in collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(raw, &in)
	}
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		c.t.Errorf("request to %s: %v", r.URL.Path, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range in.GetResourceSpans() {
		for _, a := range one.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				c.from = a.GetValue().GetStringValue()
			}
		}
		for _, scope := range one.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans[s.GetName()] = s
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf") // the empty message: all was taken
}

// TestTraces_RequestAppendFold: a collector gets the spans of a request, of the
// folds that it needed, in one trace with its caller, and of an append.
func TestTraces_RequestAppendFold(t *testing.T) {
	t.Parallel()
	c := &receiver{t: t, spans: map[string]*message.Span{}}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	made, err := traceFlags{OTLP: server.URL, OTLPShare: 1}.open(func(err error) { t.Error(err) })
	must(t, err)
	n, err := openNode(t.Context(), place{Data: t.TempDir(), traces: made}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	m, err := file.Read("plant.yaml", []byte(twoLathes), file.Options{Profiles: n.profiles.IDs()})
	must(t, err)
	must(t, n.plants.Import(access.With(t.Context(), access.Node(demoTenant)), access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(time.Now().Add(-2*time.Hour))))
	must(t, n.start(t.Context()))
	_, err = intake{n.history, n.disk, n.traces, nil, nil}.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: plant.MicrosOf(time.Now())}}})
	must(t, err)
	h, err := n.handler(nil, false)
	must(t, err)
	_, token, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "test", Role: access.RoleViewer})
	must(t, err)
	q := url.Values{"scope": {"firm"}, "window": {"hour"}, "from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().UTC().Format(time.RFC3339)}}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/figures/oee?"+q.Encode(), nil)
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	must(t, made.close())
	c.mu.Lock()
	defer c.mu.Unlock()
	request, fold, appended := c.spans["GET /api/v1/figures/{id}"], c.spans["figure.fold"], c.spans["history.append"]
	if request == nil || fold == nil || appended == nil || c.from != "zhigai" {
		t.Fatalf("spans %v of %q", c.spans, c.from)
	}
	if got := request.GetTraceId(); string(got) != "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c" || len(request.GetParentSpanId()) != 8 || request.GetKind() != message.Span_SPAN_KIND_SERVER {
		t.Errorf("request %v", request)
	}
	if request.GetEndTimeUnixNano() < request.GetStartTimeUnixNano() || appended.GetAttributes()[0].GetValue().GetIntValue() != 1 {
		t.Errorf("request %v, append %v", request, appended)
	}
}

func TestTraceFlags_SayWhatIsWrong(t *testing.T) {
	f := func(flags traceFlags, word string) {
		t.Helper()
		if _, err := flags.open(nil); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%+v: %v; want %q in it", flags, err, word)
		}
	}
	f(traceFlags{OTLP: "collector:4318", OTLPShare: 1}, "http://HOST:4318")
	f(traceFlags{OTLP: "http://collector:4318", OTLPShare: 2}, "0 to 1")
	if made, err := (traceFlags{}).open(nil); made != nil || err != nil {
		t.Errorf("without a collector: %v, %v", made, err)
	}
}
