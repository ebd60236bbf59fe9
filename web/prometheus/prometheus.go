// Package prometheus answers the read API of Prometheus over the samples of
// history, with the engine of Prometheus itself: what Grafana and other programs
// ask in PromQL.
//
// It writes nothing, keeps nothing between questions, and shows each asker the
// tags of their own scope alone. How tags are named as metrics is in series.go,
// how long a value holds in samples.go. Start with [Register].
package prometheus

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/prometheus/promql"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/web"
)

// Base is where the API stands: the address of the data source in Grafana.
const Base = "/prometheus"

// Limits of one question.
const (
	// maxSamples is how many are in memory at a time, 16 bytes each.
	maxSamples = 5_000_000
	timeout    = 30 * time.Second
	// maxSeries is more than a screen can show, and what one question may read.
	maxSeries = 20_000
	// maxSteps is that of Prometheus: more points than a screen has pixels.
	maxSteps = 11_000
	// maxForm bounds a question sent in a body.
	maxForm = 1 << 20
	// lookback is how long a value holds when nothing is said about it. A tag is
	// stored when it changes, so that a value stands for hours; that nothing is
	// known any more is said by the link of its machine, not by silence.
	lookback = 24 * time.Hour
	// subqueryStep is the resolution of a subquery that names none.
	subqueryStep = time.Minute
)

// engineVersion is the release of Prometheus whose engine answers.
const engineVersion = "3.8.0"

// Tags is where the tags of a scope are.
type Tags interface {
	Tags(ctx context.Context, scope access.Scope) ([]plant.Tag, error)
}

// Plants is where the hierarchy of a scope is.
type Plants interface {
	Model(ctx context.Context, scope access.Scope, at plant.Micros) (plant.Model, error)
}

// History is what is read of samples.
type History interface {
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Before(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (plant.Sample, bool, error)
}

// Deps are the parts that questions are answered from.
type Deps struct {
	Tags    Tags
	Plants  Plants
	History History
	Version string
	Now     func() time.Time
	Logger  *slog.Logger
}

type rooms struct {
	Deps
	api    *web.API
	engine *promql.Engine
}

// Register adds the paths below [Base] to the API.
func Register(api *web.API, d Deps) {
	r := &rooms{Deps: d, api: api, engine: newEngine(d.Logger)}
	for path, h := range map[string]func(http.ResponseWriter, *http.Request) (any, error){
		"/query": r.query, "/query_range": r.queryRange, "/labels": r.labels, "/series": r.series,
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			api.Route(web.Route{Method: method, Path: Base + "/api/v1" + path, Needs: access.Read, Heavy: true}, answering(h))
		}
	}
	for path, h := range map[string]func(http.ResponseWriter, *http.Request) (any, error){
		"/label/{name}/values": r.labelValues, "/metadata": r.metadata, "/status/buildinfo": r.buildInfo,
	} {
		api.Route(web.Route{Method: http.MethodGet, Path: Base + "/api/v1" + path, Needs: access.Read}, answering(h))
	}
}

func newEngine(log *slog.Logger) *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{
		Logger: log, MaxSamples: maxSamples, Timeout: timeout, LookbackDelta: lookback, EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return subqueryStep.Milliseconds() },
	})
}

// wrong is a question that cannot be understood.
type wrong struct{ err error }

func (w wrong) Error() string { return w.err.Error() }
func (w wrong) Unwrap() error { return w.err }

// kindOf sorts an error into those of the API of Prometheus, with the status.
func kindOf(err error) (kind string, status int) {
	var (
		bad      wrong
		timedOut promql.ErrQueryTimeout
		canceled promql.ErrQueryCanceled
		store    promql.ErrStorage
	)
	switch {
	case errors.As(err, &bad):
		return "bad_data", http.StatusBadRequest
	case errors.As(err, &timedOut), errors.Is(err, context.DeadlineExceeded):
		return "timeout", http.StatusServiceUnavailable
	case errors.As(err, &canceled), errors.Is(err, context.Canceled):
		return "canceled", http.StatusServiceUnavailable
	case errors.As(err, &store):
		return "internal", http.StatusInternalServerError
	}
	return "execution", http.StatusUnprocessableEntity
}
