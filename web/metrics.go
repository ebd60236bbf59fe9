package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"zhigai/access"
)

// maxScrapes at once: each looks at every store.
const maxScrapes = 4

// registerMetrics serves what the registry holds, in the text format of
// Prometheus. Device paths are in it, so it is for who may see the whole plant.
func (a *API) registerMetrics() {
	if a.o.Metrics == nil {
		return
	}
	a.o.Metrics.MustRegister(a.measure.requests, a.measure.took, busyMetrics{a.busy})
	a.Route(Route{Method: http.MethodGet, Path: "/metrics", Needs: access.Read, Whole: true, Home: true}, promhttp.HandlerFor(a.o.Metrics, promhttp.HandlerOpts{
		ErrorLog: scrapeLog{a}, ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: maxScrapes,
	}))
}

// scrapeLog takes errors of a scrape; what could be had is answered.
type scrapeLog struct{ a *API }

func (l scrapeLog) Println(v ...any) { l.a.log.Error("metrics are not complete", "err", v) }

// measure counts requests by route, never by what was asked: a scanner would
// make as many series as it has guesses.
type measure struct {
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
}

func newMeasure() measure {
	return measure{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zhigai_http_requests_total", Help: "Requests answered, by route and status.",
		}, []string{"method", "route", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zhigai_http_request_seconds", Help: "From the request to the end of its answer, seconds; streams are left out.",
			Buckets: []float64{0.005, 0.02, 0.05, 0.1, 0.25, 1, 5, 30},
		}, []string{"method", "route"}),
	}
}

// Measured counts what the handler answers.
func (a *API) Measured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, traced := a.now(), func(string, int) {}
		if a.o.Trace != nil {
			var ctx context.Context
			ctx, traced = a.o.Trace(r)
			r = r.WithContext(ctx)
		}
		seen := &answered{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r) // leaves the pattern that matched in r
		method, route := routeOf(r)
		traced(route, seen.status)
		a.measure.requests.WithLabelValues(method, route, strconv.Itoa(seen.status)).Inc()
		if !strings.HasPrefix(seen.Header().Get("Content-Type"), "text/event-stream") {
			a.measure.took.WithLabelValues(method, route).Observe(max(0, a.now().Sub(start)).Seconds())
		}
	})
}

// routeOf is the pattern of the request; what no pattern with a method took is
// a page or nothing, and its method may be any word.
func routeOf(r *http.Request) (method, route string) {
	method, route, ok := strings.Cut(r.Pattern, " ")
	if !ok {
		method, route = http.MethodGet, "/"
		if r.Method != http.MethodGet {
			method = "other"
		}
	}
	return method, route
}

// answered notes the status on its way.
type answered struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *answered) WriteHeader(status int) {
	if !w.wrote && status >= http.StatusOK {
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

// Flush lets streams through.
func (w *answered) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() } // who reads went away: nothing to do

// Unwrap is for http.ResponseController.
func (w *answered) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// busyMetrics are requests that were put off.
type busyMetrics struct{ b *busy }

var (
	putOffDesc = prometheus.NewDesc("zhigai_http_put_off_total", "Requests answered with 429, and with 503 because a store does not accept, by reason.", []string{"reason"}, nil)
	heavyDesc  = prometheus.NewDesc("zhigai_http_heavy_questions", "Heavy questions now, by what becomes of them.", []string{"state"}, nil)
)

func (m busyMetrics) Describe(to chan<- *prometheus.Desc) { to <- putOffDesc; to <- heavyDesc }

func (m busyMetrics) Collect(to chan<- prometheus.Metric) {
	c := m.b.count()
	for reason, n := range map[string]int64{"user": c.User, "address": c.Address, "heavy": c.Heavy, "not_accepted": c.Unaccepted} {
		to <- prometheus.MustNewConstMetric(putOffDesc, prometheus.CounterValue, float64(n), reason)
	}
	for state, n := range map[string]int{"running": c.Running, "waiting": c.Waiting} {
		to <- prometheus.MustNewConstMetric(heavyDesc, prometheus.GaugeValue, float64(n), state)
	}
}

var _ prometheus.Collector = busyMetrics{}
