package equipment

import (
	"testing"
	"time"

	"zhigai/figure"
	"zhigai/plant"
)

// BenchmarkFold folds a day of state changes and counts of one machine, from
// samples in memory to rows.
func BenchmarkFold(b *testing.B) {
	model := testModel()
	m := &Machine{Tenant: 1, Node: node, Kind: testKind(), Calendar: model.Calendars[0], Cycles: model.Nodes[2].Machine.Cycles}
	f := Facts{Samples: map[string][]plant.Sample{}, Texts: map[string][]plant.Text{SignalProduct: {{Tag: tagProduct, Time: at(0), Value: "A"}}}}
	events := 0
	put := func(name string, s plant.Sample) {
		f.Samples[name] = append(f.Samples[name], s)
		events++
	}
	put("machine.alarm", sample(tagAlarm, 0, 0))
	put("machine.mode", sample(tagMode, 0, 3))
	const day = 24 * time.Hour
	for d := time.Duration(0); d < day; d += 5 * time.Second {
		put(plant.LinkTag, sample(tagLink, d, 1))
	}
	for d, n := time.Duration(0), 0; d < day; d, n = d+500*time.Millisecond, n+1 {
		put("count.good", sample(tagGood, d, float64(n%65536)))
		if n%4 == 0 {
			put("machine.running", sample(tagRunning, d, float64(n/4%2)))
		}
	}
	set := settings(b)
	base := figure.Base{From: at(0), To: at(day)}
	b.ReportAllocs()
	for b.Loop() {
		if rows := set.Terms(m, f, base, at(day)); len(rows) < 2 {
			b.Fatal("no rows")
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
