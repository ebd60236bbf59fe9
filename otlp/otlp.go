// Package otlp sends spans to a collector in the protocol of OpenTelemetry over
// HTTP (OTLP 1.x, binary protobuf). The exporter that OpenTelemetry itself has
// brings all of gRPC along; this one needs the messages alone.
//
// It keeps nothing: spans that the collector does not take are counted and
// gone. Start with [New].
package otlp

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel/sdk/trace"
	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
)

// tracesPath is where collectors take spans, unless the URL says another path.
const tracesPath = "/v1/traces"

// sendWithin bounds one request; the SDK hands spans over every five seconds.
const sendWithin = 10 * time.Second

// maxAnswer bounds what is read of a collector's answer.
const maxAnswer = 64 << 10

// Exporter sends spans to one collector. Its methods may be called
// concurrently.
type Exporter struct {
	url    string
	client *http.Client
}

var _ trace.SpanExporter = (*Exporter)(nil)

// New makes an exporter for a collector, http://HOST:4318 or https://…; it
// connects when there is something to send.
func New(address string) (*Exporter, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("otlp: collector %q; write http://HOST:4318", address)
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = tracesPath
	}
	return &Exporter{url: u.String(), client: &http.Client{Timeout: sendWithin, Transport: &http.Transport{}}}, nil
}

// ExportSpans sends a batch. An error means that the collector did not take all
// of it.
func (e *Exporter) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	if len(spans) == 0 {
		return nil
	}
	raw, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: byResource(spans)})
	if err != nil {
		return fmt.Errorf("otlp: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("otlp: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	res, err := e.client.Do(req)
	if err != nil {
		return fmt.Errorf("otlp: %d spans not sent: %w", len(spans), err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("otlp: %s: %d spans refused: %s %.200s", e.url, len(spans), res.Status, said)
	}
	if err != nil {
		return fmt.Errorf("otlp: answer: %w", err)
	}
	var answer collector.ExportTraceServiceResponse
	if err := proto.Unmarshal(said, &answer); err != nil {
		return fmt.Errorf("otlp: %s answers 2xx and something else than OTLP; is it a collector? %w", e.url, err)
	}
	if p := answer.GetPartialSuccess(); p.GetRejectedSpans() > 0 {
		return fmt.Errorf("otlp: %d of %d spans rejected: %s", p.GetRejectedSpans(), len(spans), cmp.Or(p.GetErrorMessage(), "no reason given"))
	}
	return nil
}

// Shutdown closes connections that nobody uses.
func (e *Exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}
