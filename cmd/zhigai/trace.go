package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"zhigai/figure"
	"zhigai/otlp"
	"zhigai/plant"
)

// traceFlags say where spans go.
type traceFlags struct {
	OTLP      string  `name:"otlp" help:"Send traces to this OpenTelemetry collector, http://HOST:4318 (OTLP over HTTP)." placeholder:"URL"`
	OTLPShare float64 `name:"otlp-share" help:"Share of what begins here that is traced, 0 to 1; who calls with a trace decides for himself." default:"0.1"`
}

// traces makes spans of requests, appends and folds. A nil one makes none.
type traces struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

// traceClose bounds how long the last spans hold up the end of the node.
const traceClose = time.Second

// open makes the tracer; nil without a collector. failed hears of spans that
// were lost.
func (f traceFlags) open(failed func(error)) (*traces, error) {
	if f.OTLP == "" {
		return nil, nil
	}
	if f.OTLPShare < 0 || f.OTLPShare > 1 {
		return nil, fmt.Errorf("--otlp-share %v: write a share from 0 to 1", f.OTLPShare)
	}
	exporter, err := otlp.New(f.OTLP)
	if err != nil {
		return nil, fmt.Errorf("--otlp: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(failed)) // the SDK has one for the process
	provider := sdk.NewTracerProvider(
		sdk.WithBatcher(exporter),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(f.OTLPShare))),
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "zhigai"), attribute.String("service.version", version), attribute.String("host.name", host),
		)),
	)
	return &traces{provider, provider.Tracer("zhigai")}, nil
}

// close sends what is left.
func (t *traces) close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), traceClose)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// span begins one; end it with its error.
func (t *traces) span(ctx context.Context, name string, attributes ...attribute.KeyValue) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, s := t.tracer.Start(ctx, name, trace.WithAttributes(attributes...))
	return ctx, func(err error) {
		if err != nil {
			s.SetStatus(codes.Error, err.Error())
		}
		s.End()
	}
}

// request begins the span of a request, in the trace that its caller names. It
// is called by its route: what was asked for stays here.
func (t *traces) request(r *http.Request) (context.Context, func(route string, status int)) {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, s := t.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	return ctx, func(route string, status int) {
		s.SetName(r.Method + " " + route)
		s.SetAttributes(attribute.String("http.request.method", r.Method), attribute.String("http.route", route), attribute.Int("http.response.status_code", status))
		if status >= http.StatusInternalServerError {
			s.SetStatus(codes.Error, http.StatusText(status))
		}
		s.End()
	}
}

// folds makes a span of every fold of f.
func (t *traces) folds(f figure.Folder) figure.Folder {
	if t == nil {
		return f
	}
	return tracedFolder{f, t}
}

type tracedFolder struct {
	figure.Folder
	traces *traces
}

func (f tracedFolder) Fold(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, base figure.Base, upto plant.Micros) (figure.Folded, error) {
	ctx, end := f.traces.span(ctx, "figure.fold", attribute.String("window", base.From.Time().UTC().Format(time.RFC3339)))
	folded, err := f.Folder.Fold(ctx, tenant, node, base, upto)
	end(err)
	return folded, err
}
