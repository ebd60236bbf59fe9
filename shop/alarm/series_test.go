package alarm

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/calc/alarm"
	"zhigai/history"
	"zhigai/plant"
)

const (
	load plant.TagNo = iota + 1
	aim
	link
)

var start = plant.MicrosOf(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func openHistory(t testing.TB) *history.Store {
	t.Helper()
	h, err := history.Open(t.TempDir(), history.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, h.Close()) })
	return h
}

// fill stores samples in batches as a collector does.
func fill(t testing.TB, h *history.Store, samples []plant.Sample) {
	t.Helper()
	for len(samples) > 0 {
		n := min(len(samples), 50_000)
		_, err := h.Append(t.Context(), 1, plant.Batch{Samples: samples[:n]})
		must(t, err)
		samples = samples[n:]
	}
	must(t, h.Flush())
}

// signals are a load that mostly stays at 50 and now and then goes up to 100, a
// target, and contact that is renewed each 5 s but for some breaks.
func signals(r *rand.Rand, length, step time.Duration) []plant.Sample {
	var out []plant.Sample
	value, high := 50.0, 0
	for at := time.Duration(0); at < length; at += step {
		if high--; high < 0 && r.Float64() < 0.5*step.Minutes()/60 {
			high = 1 + r.IntN(200)
		}
		target := 50.0
		if high > 0 {
			target = 85 + 10*r.Float64()
		}
		value += (target-value)*0.3 + r.NormFloat64()
		s := plant.Sample{Tag: load, Time: start + micros(at), Value: value}
		if r.IntN(20_000) == 0 {
			s.Quality = plant.Bad | plant.OutOfRange
		}
		out = append(out, s)
		if at%time.Minute == 0 {
			out = append(out, plant.Sample{Tag: aim, Time: start + micros(at), Value: 50 + 5*math.Sin(at.Hours())})
		}
	}
	gap := time.Duration(0)
	for at := time.Duration(0); at < length; at += plant.LinkRenewal {
		if r.IntN(3000) == 0 {
			gap = at + time.Duration(r.IntN(3600))*time.Second
			if r.IntN(2) == 0 { // the collector says so; else it is only silent
				out = append(out, plant.Sample{Tag: link, Time: start + micros(at), Value: 0})
			}
		}
		if at >= gap {
			out = append(out, plant.Sample{Tag: link, Time: start + micros(at) + 1, Value: 1})
		}
	}
	return out
}

func signalOf(h History) watched {
	return watched{history: h, tenant: 1, tag: Tag{Tag: plant.Tag{No: load, Node: "M1", Path: "f/m1/load", Name: "load", Kind: plant.KindNumber}, Path: "f/m1", Link: link}}
}

// TestWalk_SkipsNothingThatCounts: what is skipped by what history knows of a
// stretch as a whole changes no firing.
func TestWalk_SkipsNothingThatCounts(t *testing.T) {
	h := openHistory(t)
	r := rand.New(rand.NewPCG(3, 9))
	length := 4 * 24 * time.Hour
	fill(t, h, signals(r, length, 2*time.Second))
	s := time.Second.Microseconds()
	fired := 0
	for run := range 60 {
		rule := alarm.Rule{
			Kind: []Kind{alarm.High, alarm.Low, alarm.Deviation}[run%3], Limit: 70 + 25*r.Float64(), Deadband: 20 * r.Float64(),
			OnDelay: r.Int64N(120) * s, OffDelay: r.Int64N(1200) * s,
		}
		switch rule.Kind {
		case alarm.Low:
			rule.Limit = 47 + 3*r.Float64()
		case alarm.Deviation:
			rule.Limit, rule.Target, rule.Deadband = 10+20*r.Float64(), 50, 5*r.Float64()
		}
		from := start + micros(time.Duration(r.Int64N(int64(length/4))))
		to := from + micros(length/2) + plant.Micros(r.Int64N(int64(length/4)/1000))
		w := signalOf(h)
		skipped, err := w.all(t.Context(), rule, from, to)
		must(t, err)
		var whole []alarm.Firing
		f := alarm.NewFold(rule, func(one alarm.Firing) { whole = append(whole, one) })
		must(t, w.seed(t.Context(), from, f))
		must(t, w.read(t.Context(), from, to, f))
		if one, ok := f.Standing(); ok {
			whole = append(whole, one)
		}
		fired += len(whole)
		if !reflect.DeepEqual(skipped, whole) {
			t.Fatalf("run %d, %+v: %d firings with skipping, %d without\n%+v\n%+v", run, rule, len(skipped), len(whole), skipped, whole)
		}
	}
	if fired < 300 {
		t.Errorf("%d firings: the test shows little", fired)
	}
}

// still is a plant with one machine that stood twice.
type still struct{ stops []alarm.Span }

func (still) Standing(context.Context, access.Scope) ([]Alarm, error) { return nil, nil }
func (still) Past(context.Context, access.Scope, plant.NodeID, plant.Micros, plant.Micros) ([]Alarm, error) {
	return nil, nil
}

func (s still) Stops(context.Context, access.Scope, plant.NodeID, plant.Micros, plant.Micros) ([]alarm.Span, error) {
	return s.stops, nil
}

func (still) Place(context.Context, plant.TenantNo, plant.NodeID) (string, plant.Name, error) {
	return "f/m1", plant.Name{ZH: "床"}, nil
}

func (still) Tag(_ context.Context, _ plant.TenantNo, no plant.TagNo) (Tag, error) {
	one := signalOf(nil).tag
	one.No = no
	return one, nil
}

// BenchmarkTry_30Days tries limits on 30 days of a signal each second with contact
// renewed each 5 s: one that seldom fires, one that is over its limit for most of the
// time, and a rate, which needs every sample.
func BenchmarkTry_30Days(b *testing.B) {
	h := openHistory(b)
	length := 30 * 24 * time.Hour
	fill(b, h, signals(rand.New(rand.NewPCG(1, 1)), length, time.Second))
	world := still{}
	d := NewDesk(Options{Machines: world, Plant: world, History: h, Now: func() time.Time { return (start + micros(length)).Time() }})
	for name, terms := range map[string]Terms{
		"seldom": {Kind: alarm.High, Value: 97, Deadband: 2, OnS: 2},
		"mostly": {Kind: alarm.High, Value: 50, OnS: 2},
		"rate":   {Kind: alarm.Rate, Value: 60, WindowS: 60},
	} {
		b.Run(name, func(b *testing.B) {
			terms.Tag = load
			count := 0
			for b.Loop() {
				out, err := d.Try(b.Context(), access.Scope{Tenant: 1}, Question{Terms: terms, From: plant.Instant(start), To: plant.Instant(start + micros(length)), WithinS: 3600})
				must(b, err)
				count = out.Count
			}
			b.ReportMetric(float64(count), "firings")
		})
	}
}
