package rule

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	calc "zhigai/calc/alarm"
	"zhigai/plant"
)

func contextOver() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx, cancel
}

func spanOf(from, to int64) calc.Span {
	begin := int64(plant.MicrosOf(dawn))
	return calc.Span{From: begin + from*1_000_000, To: begin + to*1_000_000}
}

// month stores thirty days of five signals each second.
func month(b *testing.B, w *world) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	v := [5]float64{}
	var batch []plant.Sample
	for s := range 30 * 24 * 3600 {
		after := time.Duration(s) * time.Second
		for i, tag := range []plant.TagNo{tagTemp, tagLimit, tagPower, tagForce, tagForce + 1} {
			v[i] += (50-v[i])*0.01 + r.NormFloat64()
			batch = append(batch, at(tag, after, float64(int(v[i]*10))/10))
		}
		if len(batch) >= 50_000 {
			_, err := w.history.Append(b.Context(), 1, plant.Batch{Samples: batch})
			must(b, err)
			batch = batch[:0]
		}
	}
	_, err := w.history.Append(b.Context(), 1, plant.Batch{Samples: batch})
	must(b, err)
	must(b, w.history.Flush())
}

// BenchmarkRule_Month tries a rule on thirty days of five signals each second. Wanted:
// 2 s.
func BenchmarkRule_Month(b *testing.B) {
	w, d := newWorld(b)
	month(b, w)
	def := Definition{
		Name: plant.Name{ZH: "试"}, Place: "press", When: "(temp > 58.0 && limit < 45.0 || power > 60.0) && force > speed", Trigger: "sample", MaxPerHour: 3600, OnDelayS: 2, Actions: []Action{{Kind: Alarm, Priority: 3}},
		Inputs: []Input{{Name: "temp", Machine: "furnace", Signal: "temp", Kind: "number", Tag: tagTemp}, {Name: "limit", Machine: "furnace", Signal: "limit", Kind: "number", Tag: tagLimit}, {Name: "power", Machine: "furnace", Signal: "power", Kind: "number", Tag: tagPower}, {Name: "force", Machine: "press", Signal: "force", Kind: "number", Tag: tagForce}, {Name: "speed", Machine: "press", Signal: "speed", Kind: "number", Tag: tagForce + 1}},
	}
	for i := range def.Inputs { // the furnace's contact is not in this history
		def.Inputs[i].Machine = "press"
	}
	fired := 0
	for b.Loop() {
		all, err := d.replay(b.Context(), 1, def, plant.MicrosOf(dawn), plant.MicrosOf(dawn.AddDate(0, 0, 30)))
		must(b, err)
		fired = len(all)
	}
	b.ReportMetric(float64(fired), "firings")
	b.ReportMetric(30*86400/(b.Elapsed().Seconds()/float64(b.N)), "times-real")
}
