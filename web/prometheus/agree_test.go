package prometheus

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"zhigai/access"
	"zhigai/history"
	"zhigai/plant"
	"zhigai/web"
)

var start = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// bench is one plant twice: in a history of ours, and as plain series of the
// library of Prometheus, with what its scraper would have put there.
type bench struct {
	t      *testing.T
	rooms  *rooms
	theirs plain
	tags   []plant.Tag
}

// plain gives all of its series whole: it knows no hints, no lookback and no
// link.
type plain []storage.Series

func (p plain) Querier(int64, int64) (storage.Querier, error) { return p, nil }

func (p plain) Select(_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
	set := &seriesSet{at: -1}
	for _, s := range p {
		fits := true
		for _, m := range matchers {
			fits = fits && m.Matches(s.Labels().Get(m.Name))
		}
		if fits {
			set.all = append(set.all, s)
		}
	}
	slices.SortFunc(set.all, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
	return set
}

func (p plain) LabelValues(context.Context, string, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (p plain) LabelNames(context.Context, *storage.LabelHints, ...*labels.Matcher) ([]string, annotations.Annotations, error) {
	return nil, nil, nil
}

func (p plain) Close() error { return nil }

func (b *bench) Tags(_ context.Context, scope access.Scope) ([]plant.Tag, error) {
	var out []plant.Tag
	for _, t := range b.tags {
		if scope.Allows(t.Path) {
			out = append(out, t)
		}
	}
	return out, nil
}

func (b *bench) Model(context.Context, access.Scope, plant.Micros) (plant.Model, error) {
	return plant.Model{Nodes: []plant.Node{
		{Path: "firm", Level: plant.LevelEnterprise},
		{Path: "firm/hall", Level: plant.LevelArea},
		{Path: "firm/hall/line", Level: plant.LevelLine},
		{Path: "firm/hall/line/m1", Level: plant.LevelEquipment},
		{Path: "firm/hall/line/m2", Level: plant.LevelEquipment},
	}}, nil
}

func newBench(t *testing.T) *bench {
	store, err := history.Open(t.TempDir(), history.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	b := &bench{t: t}
	b.rooms = &rooms{Deps: Deps{Tags: b, Plants: b, History: store, Now: func() time.Time { return start }, Logger: slog.New(slog.DiscardHandler)}}
	b.rooms.engine = newEngine(b.rooms.Logger)
	return b
}

// told is a value or what ended one, at a second after start.
type told struct {
	at      float64
	v       float64
	quality plant.Quality
	theirs  bool // only the scraper of Prometheus says so: contact was lost
}

const lost = plant.Bad | plant.NotConnected

// tag adds a tag with its samples to both.
func (b *bench) tag(machine, name, unit string, samples ...told) {
	b.t.Helper()
	no := plant.TagNo(len(b.tags) + 1)
	tag := plant.Tag{No: no, Node: plant.NodeID(machine), Path: "firm/hall/line/" + machine + "/" + name, Name: name, Unit: unit, Kind: plant.KindNumber, Silence: 5 * time.Second}
	b.tags = append(b.tags, tag)
	m, _ := b.Model(b.t.Context(), access.Scope{}, 0)
	levels := map[string]plant.Level{}
	for _, n := range m.Nodes {
		levels[n.Path] = n.Level
	}
	var theirs []chunks.Sample
	var batch plant.Batch
	for _, s := range samples {
		at := start.Add(time.Duration(s.at * float64(time.Second)))
		v := s.v
		if s.quality.IsBad() {
			v = stale
		}
		theirs = append(theirs, point{at.UnixMilli(), v})
		if !s.theirs {
			batch.Samples = append(batch.Samples, plant.Sample{Tag: no, Time: plant.MicrosOf(at), Value: s.v, Quality: s.quality})
		}
	}
	b.theirs = append(b.theirs, storage.NewListSeries(labelsOf(tag, levels), theirs))
	_, err := b.rooms.History.(*history.Store).Append(b.t.Context(), 1, batch)
	must(b.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// every makes samples at a period.
func every(period, from, to float64, f func(i int) float64) (out []told) {
	for i := 0; from+float64(i)*period <= to; i++ {
		out = append(out, told{at: from + float64(i)*period, v: f(i)})
	}
	return out
}

// same compares what both engines say, to the last bit.
func (b *bench) same(query string, hold time.Duration, from, to, step float64) {
	b.t.Helper()
	all, err := b.rooms.allSeries(b.t.Context(), access.Scope{Tenant: 1})
	must(b.t, err)
	ours := &source{history: b.rooms.History, tenant: 1, all: all, lookback: hold, touched: map[web.Seen]bool{}}
	opts := promql.NewPrometheusQueryOpts(false, hold)
	begin := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	var results [2]*promql.Result
	for i := range results {
		var q promql.Query
		if engine := b.rooms.engine; step == 0 && i == 0 {
			q, err = engine.NewInstantQuery(b.t.Context(), ours, opts, query, begin(to))
		} else if step == 0 {
			q, err = engine.NewInstantQuery(b.t.Context(), b.theirs, opts, query, begin(to))
		} else if i == 0 {
			q, err = engine.NewRangeQuery(b.t.Context(), ours, opts, query, begin(from), begin(to), time.Duration(step*float64(time.Second)))
		} else {
			q, err = engine.NewRangeQuery(b.t.Context(), b.theirs, opts, query, begin(from), begin(to), time.Duration(step*float64(time.Second)))
		}
		must(b.t, err)
		results[i] = q.Exec(b.t.Context())
		defer q.Close()
		must(b.t, results[i].Err)
	}
	if got, want := bits(results[0]), bits(results[1]); got != want {
		b.t.Errorf("%s (lookback %v, step %v):\n ours   %s\n theirs %s", query, hold, step, got, want)
	}
}

// bits writes a result so that no difference is hidden by rounding.
func bits(r *promql.Result) string {
	var out strings.Builder
	add := func(t int64, v float64) { out.WriteString(fmt.Sprintf(" %d:%016x", t, math.Float64bits(v))) }
	switch v := r.Value.(type) {
	case promql.Vector:
		for _, s := range v {
			out.WriteString("\n" + s.Metric.String())
			add(s.T, s.F)
		}
	case promql.Matrix:
		for _, s := range v {
			out.WriteString("\n" + s.Metric.String())
			for _, p := range s.Floats {
				add(p.T, p.F)
			}
		}
	case promql.Scalar:
		add(v.T, v.V)
	}
	return out.String()
}

// plantOfTwo is two machines with all that happens to values.
func plantOfTwo(t *testing.T) *bench {
	b := newBench(t)
	up := func(i int) float64 { return 1 }
	// m1 answers all the time; m2 is lost at 300 s by its own word, comes back at
	// 400 s and is not heard of after 500 s: known until 515 s.
	b.tag("m1", plant.LinkTag, "", append(every(5, 0, 900, up), told{at: 915, quality: lost, theirs: true})...)
	b.tag("m2", plant.LinkTag, "", append(append(append(every(5, 0, 295, up), told{at: 300, v: 0}), every(5, 400, 500, up)...), told{at: 515, quality: lost, theirs: true})...)
	// m1 is not heard of after 900 s: nothing of it is known after 915 s.
	end := told{at: 915, quality: lost, theirs: true}
	b.tag("m1", "spindle.speed", "r/min", append(every(1, 0.25, 600, func(i int) float64 { return 1000 + 50*math.Sin(float64(i)/7) }), end)...)
	// A counter that rolls over twice.
	b.tag("m1", "count.good", "1", append(every(7, 1, 600, func(i int) float64 { return float64((i * 3) % 100) }), end)...)
	// Bad quality in between, twice the same, and NaN is no sample of ours.
	b.tag("m1", "pressure.air", "bar",
		told{at: 10, v: 6}, told{at: 60, v: 6.2}, told{at: 120, quality: plant.Bad | plant.OutOfRange}, told{at: 180, v: 6.1},
		told{at: 240, quality: plant.Bad | plant.NotANumber}, told{at: 250, quality: plant.Bad | plant.Stale}, told{at: 300, v: 5.9, quality: plant.Uncertain}, end)
	// A value that stands: nothing says it again, the machine answers.
	b.tag("m1", "machine.door", "", told{at: 3, v: 1}, end)
	// m2: what holds ends with the contact; what comes late while nobody listens
	// holds as long as one such value does.
	b.tag("m2", "spindle.speed", "r/min", append(append(every(1, 0, 299, func(i int) float64 { return float64(900 + i%13) }), told{at: 300, quality: lost, theirs: true}),
		append(append([]told{{at: 350, v: 1}, {at: 355, quality: lost, theirs: true}}, every(2, 400.5, 499.5, func(i int) float64 { return 800 + float64(i)/3 })...), told{at: 515, quality: lost, theirs: true})...)...)
	b.tag("m2", "machine.door", "", told{at: 5, v: 0}, told{at: 300, quality: lost, theirs: true}, told{at: 402, v: 1}, told{at: 515, quality: lost, theirs: true})
	b.tag("m2", "temperature.oil", "Cel", told{at: 1, v: 1e308}, told{at: 2, v: -40.5}, told{at: 300, quality: lost, theirs: true})
	return b
}

// The results are those of the engine of Prometheus over its own storage.
func TestQuery_AgreesWithPrometheus(t *testing.T) {
	b := plantOfTwo(t)
	for _, query := range []string{
		`spindle_speed_r_per_min`, `{machine="m1"}`, `{line="line",signal=~"machine.*"}`, `{__name__=~".+",machine!~"m2"}`, `machine_door`,
		`count_good`, `rate(count_good[2m])`, `irate(count_good[1m])`, `increase(count_good[5m])`, `resets(count_good[10m])`, `delta(pressure_air_bar[5m])`,
		`avg_over_time(spindle_speed_r_per_min[1m])`, `max_over_time(pressure_air_bar[3m])`, `count_over_time({machine="m2"}[2m])`, `last_over_time(machine_door[2m])`,
		`stddev_over_time(spindle_speed_r_per_min[90s])`, `quantile_over_time(0.9, spindle_speed_r_per_min[2m])`, `deriv(spindle_speed_r_per_min[1m])`,
		`changes(pressure_air_bar[10m])`, `present_over_time(pressure_air_bar[1m])`, `absent(machine_door{machine="m2"})`, `absent_over_time(machine_door{machine="m2"}[30s])`,
		`sum by (machine) (spindle_speed_r_per_min)`, `topk(1, spindle_speed_r_per_min)`, `count without (tag, machine, path) (spindle_speed_r_per_min)`,
		`spindle_speed_r_per_min offset 2m`, `spindle_speed_r_per_min offset -30s`, `spindle_speed_r_per_min @ 1772352120`, `max_over_time(rate(count_good[1m])[5m:20s])`,
		`spindle_speed_r_per_min{machine="m1"} / on (line) group_left spindle_speed_r_per_min{machine="m2"}`, `machine_door == 1 and on (machine) spindle_speed_r_per_min > 850`,
		`label_replace(machine_door, "short", "$1", "machine", "m(.)")`, `scalar(count_good)`, `time()`, `histogram_quantile(0.5, spindle_speed_r_per_min)`, `temperature_oil_Cel`,
		`clamp_max(temperature_oil_Cel, 10)`, `timestamp(pressure_air_bar)`, `sgn(temperature_oil_Cel)`, `min_over_time(link_state[40s])`, `predict_linear(count_good[3m], 60)`,
	} {
		for _, hold := range []time.Duration{30 * time.Second, 5 * time.Minute, lookback} {
			b.same(query, hold, 0, 900, 13)
			b.same(query, hold, 100, 460, 60)
			for _, at := range []float64{0, 3, 299.999, 300, 310, 352, 355, 399, 402, 510, 515, 600, 914, 915, 1000} {
				b.same(query, hold, 0, at, 0)
			}
		}
	}
}

// Of several samples within a millisecond the last counts, as one.
func TestQuery_FinerThanAMillisecond(t *testing.T) {
	b := newBench(t)
	b.tag("m1", "fast.value", "", told{at: 1.0001, v: 1})
	// Theirs has one sample: it is given again what ours has as the last.
	store := b.rooms.History.(*history.Store)
	at := start.Add(time.Second)
	_, err := store.Append(t.Context(), 1, plant.Batch{Samples: []plant.Sample{
		{Tag: 1, Time: plant.MicrosOf(at.Add(200 * time.Microsecond)), Value: 2}, {Tag: 1, Time: plant.MicrosOf(at.Add(700 * time.Microsecond)), Value: 1},
	}})
	must(t, err)
	b.same(`count_over_time(fast_value[10s])`, time.Minute, 0, 5, 0)
	b.same(`fast_value`, time.Minute, 0, 5, 1)
}

func TestMetricName(t *testing.T) {
	f := func(name, unit, want string) {
		t.Helper()
		if got := metricName(name, unit); got != want {
			t.Errorf("metricName(%q, %q) = %q; want %q", name, unit, got, want)
		}
	}
	f("spindle.speed", "r/min", "spindle_speed_r_per_min")
	f("energy.active", "kW.h", "energy_active_kW_h")
	f("robot.speed", "%", "robot_speed_percent")
	f("count.good", "1", "count_good")
	f("count.good", "{part}", "count_good")
	f("flow", "m3/h", "flow_m3_per_h")
	f("machine.door", "", "machine_door")
	f("3d.head-speed", "", "_3d_head_speed")
}
