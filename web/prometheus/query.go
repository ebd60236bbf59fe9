package prometheus

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"zhigai/web"
)

// source is what the asker may see.
func (r *rooms) source(req *http.Request) (*source, error) {
	scope, err := web.ScopeOf(req.Context(), "")
	if err != nil {
		return nil, err
	}
	all, err := r.allSeries(req.Context(), scope)
	return &source{history: r.History, tenant: scope.Tenant, all: all, lookback: lookback, touched: map[web.Seen]bool{}}, err
}

// query answers a question about one instant.
func (r *rooms) query(_ http.ResponseWriter, req *http.Request) (any, error) {
	f := &form{req: req, now: r.Now()}
	ts, text := f.instant("time", f.now), f.text("query")
	return r.run(f, text, func(s *source) (promql.Query, error) {
		return r.engine.NewInstantQuery(req.Context(), s, promql.NewPrometheusQueryOpts(false, s.lookback), text, ts)
	})
}

// queryRange answers a question about many instants.
func (r *rooms) queryRange(_ http.ResponseWriter, req *http.Request) (any, error) {
	f := &form{req: req, now: r.Now()}
	start, end, step, text := f.instant("start", time.Time{}), f.instant("end", time.Time{}), f.duration("step", 0), f.text("query")
	switch {
	case f.err != nil:
	case end.Before(start):
		f.wrong("end", errors.New("it lies before start"))
	case step <= 0:
		f.wrong("step", errors.New("write seconds above 0, or for example 15s"))
	case end.Sub(start)/step > maxSteps:
		f.wrong("step", fmt.Errorf("it gives more than %d points for each series; write a longer one", maxSteps))
	}
	return r.run(f, text, func(s *source) (promql.Query, error) {
		return r.engine.NewRangeQuery(req.Context(), s, promql.NewPrometheusQueryOpts(false, s.lookback), text, start, end, step)
	})
}

func (r *rooms) run(f *form, text string, ask func(*source) (promql.Query, error)) (any, error) {
	hold := f.duration("lookback_delta", lookback)
	if f.err != nil {
		return nil, f.err
	}
	s, err := r.source(f.req)
	if err != nil {
		return nil, err
	}
	s.lookback = hold
	q, err := ask(s)
	if err != nil {
		return nil, wrong{err}
	}
	defer q.Close()
	res := q.Exec(f.req.Context())
	if res.Err != nil {
		return nil, res.Err
	}
	of := map[string]string{"query": text, "start": f.text("start"), "end": f.text("end"), "time": f.text("time")}
	if err := r.api.AuditRead(f.req.Context(), "samples", of, slices.Collect(maps.Keys(s.touched))...); err != nil {
		return nil, err
	}
	return resultOf(res, text), nil
}

// found are the series of the selectors in match[], all without any.
func (r *rooms) found(f *form) ([]oneSeries, error) {
	if f.err != nil {
		return nil, f.err
	}
	s, err := r.source(f.req)
	if err != nil {
		return nil, err
	}
	selectors := f.req.Form["match[]"]
	if len(selectors) == 0 {
		return s.all, nil
	}
	var sets [][]*labels.Matcher
	for _, text := range selectors {
		m, err := parser.ParseMetricSelector(text)
		if err != nil {
			return nil, wrong{err}
		}
		sets = append(sets, m)
	}
	return slices.DeleteFunc(s.all, func(one oneSeries) bool {
		return !slices.ContainsFunc(sets, func(m []*labels.Matcher) bool { return len(matching([]oneSeries{one}, m)) > 0 })
	}), nil
}

// series lists the labels of series.
func (r *rooms) series(_ http.ResponseWriter, req *http.Request) (any, error) {
	f := &form{req: req, now: r.Now()}
	if f.parse(); len(req.Form["match[]"]) == 0 {
		f.wrong("match[]", errors.New("write a selector, for example {machine=\"lathe-1\"}"))
	}
	found, err := r.found(f)
	if err == nil && len(found) > maxSeries {
		err = wrong{errTooMany}
	}
	out := make([]labels.Labels, len(found))
	for i, s := range found {
		out[i] = s.labels
	}
	return cut(out, f), err
}

// labels lists the names of labels.
func (r *rooms) labels(_ http.ResponseWriter, req *http.Request) (any, error) {
	f := &form{req: req, now: r.Now()}
	f.parse()
	found, err := r.found(f)
	return cut(collect(found, func(s oneSeries, add func(string)) {
		s.labels.Range(func(l labels.Label) { add(l.Name) })
	}), f), err
}

// labelValues lists the values of a label.
func (r *rooms) labelValues(_ http.ResponseWriter, req *http.Request) (any, error) {
	f := &form{req: req, now: r.Now()}
	f.parse()
	name := req.PathValue("name")
	found, err := r.found(f)
	return cut(collect(found, func(s oneSeries, add func(string)) {
		if v := s.labels.Get(name); v != "" {
			add(v)
		}
	}), f), err
}

// metadata tells of metrics what people call them.
func (r *rooms) metadata(_ http.ResponseWriter, req *http.Request) (any, error) {
	type meta struct {
		Type string `json:"type"`
		Help string `json:"help"`
		Unit string `json:"unit"`
	}
	f := &form{req: req, now: r.Now()}
	f.parse()
	found, err := r.found(f)
	out := map[string][]meta{}
	for _, s := range found {
		name := s.labels.Get(model.MetricNameLabel)
		if wanted := req.Form.Get("metric"); wanted == "" || wanted == name {
			one := meta{Type: "unknown", Help: s.tag.Title.ZH + " " + s.tag.Title.EN, Unit: s.tag.Unit}
			if !slices.Contains(out[name], one) && len(out[name]) < maxTitles {
				out[name] = append(out[name], one)
			}
		}
	}
	return out, err
}

// maxTitles of one metric: kinds of machines may call one signal differently.
const maxTitles = 10

func (r *rooms) buildInfo(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]string{"version": engineVersion, "revision": "zhigai " + r.Version}, nil
}

func collect(found []oneSeries, each func(oneSeries, func(string))) []string {
	seen := map[string]bool{}
	out := []string{}
	for _, s := range found {
		each(s, func(v string) {
			if !seen[v] {
				seen[v] = true
				out = append(out, v)
			}
		})
	}
	slices.Sort(out)
	return out
}

// cut keeps to the limit that was asked for.
func cut[T any](all []T, f *form) []T {
	if n, err := strconv.Atoi(f.req.Form.Get("limit")); err == nil && n > 0 && n < len(all) {
		return all[:n]
	}
	return all
}

// form reads the parameters of a question; the first error holds.
type form struct {
	req *http.Request
	now time.Time
	err error
}

func (f *form) parse() {
	if f.err == nil && f.req.Form == nil {
		if err := f.req.ParseForm(); err != nil {
			f.wrong("body", err)
		}
	}
}

func (f *form) wrong(name string, err error) {
	if f.err == nil {
		f.err = wrong{fmt.Errorf("invalid parameter %q: %w", name, err)}
	}
}

func (f *form) text(name string) string {
	f.parse()
	return f.req.Form.Get(name)
}

// instant is seconds since 1970 or a time of RFC 3339.
func (f *form) instant(name string, otherwise time.Time) time.Time {
	s := f.text(name)
	if s == "" && !otherwise.IsZero() {
		return otherwise
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(seconds) < 1e11 {
		return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		f.wrong(name, errors.New("write seconds since 1970 or for example 2026-03-01T12:00:00Z"))
	}
	return t
}

// duration is seconds or a duration as in PromQL.
func (f *form) duration(name string, otherwise time.Duration) time.Duration {
	s := f.text(name)
	if s == "" && otherwise > 0 {
		return otherwise
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil && seconds > 0 && seconds < 1e9 {
		return time.Duration(seconds * float64(time.Second))
	}
	d, err := model.ParseDuration(s)
	if err != nil || d <= 0 {
		f.wrong(name, errors.New("write seconds or for example 5m"))
	}
	return time.Duration(d)
}
