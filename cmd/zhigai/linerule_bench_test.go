package main

import (
	"context"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control/rule"
)

const (
	// loadedTags are sampled beside, each loadedEvery: 20,000 samples a second.
	loadedTags  = 2000
	loadedEvery = 100 * time.Millisecond
	// loadedFrom is the first of their numbers: no machine's tag has it.
	loadedFrom = 100_000
)

// beside keeps samples of other tags in the node's history until the benchmark ends.
func beside(b *testing.B, n *node) {
	b.Helper()
	ctx, stop := context.WithCancel(b.Context())
	over := make(chan error, 1)
	go func() {
		tick := time.NewTicker(loadedEvery)
		defer tick.Stop()
		for round := 0; ; round++ {
			batch := plant.Batch{Samples: make([]plant.Sample, loadedTags)}
			for i := range batch.Samples {
				batch.Samples[i] = plant.Sample{Tag: plant.TagNo(loadedFrom + i), Time: plant.MicrosOf(time.Now()), Value: float64(round*i%1000) / 10}
			}
			if _, err := n.history.Append(context.WithoutCancel(ctx), homeTenant, batch); err != nil {
				over <- err
				return
			}
			select {
			case <-ctx.Done():
				over <- nil
				return
			case <-tick.C:
			}
		}
	}()
	b.Cleanup(func() {
		stop()
		must(b, <-over)
	})
}

// BenchmarkRule_SampleToReadBack is a rule over two foreign machines: from the sample of
// one, over Modbus TCP, that makes its condition true, to the value that the other one,
// over OPC UA, has read back, with the decision, the command and each of its steps kept;
// 20,000 samples a second of other tags are kept beside.
func BenchmarkRule_SampleToReadBack(b *testing.B) {
	h := brandsAt(b, 0, 1)
	beside(b, h.n)
	value := 5.0
	desk := h.n.lineRules
	r, err := desk.Save(b.Context(), personOf("li"), rule.Rule{Definition: rule.Definition{
		Name: plant.Name{ZH: "来件", EN: "Part"}, Place: h.giver.node.ID, Inputs: []rule.Input{{Name: "code", Machine: h.giver.node.ID, Signal: "code"}},
		When: "code > 0.0", Trigger: "sample", MaxPerHour: 3600,
		Actions: []rule.Action{{Kind: rule.Command, Machine: h.taker.node.ID, Signal: "told", Value: &value}},
	}})
	must(b, err)
	h.giver.show(1)
	activated(b, desk, r)
	scope := access.Scope{Tenant: homeTenant}
	newest := func() (rule.Fired, bool) {
		all, err := desk.Firings(b.Context(), rule.Filter{Scope: scope, Of: r.Series, Limit: 1})
		must(b, err)
		if len(all) == 0 {
			return rule.Fired{}, false
		}
		return all[0], true
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	until := func(what string, is func(f rule.Fired, any bool) bool) rule.Fired {
		for end := time.Now().Add(time.Minute); ; <-tick.C {
			f, any := newest()
			if is(f, any) {
				return f
			}
			if time.Now().After(end) {
				b.Fatalf("it never came to %s: %+v", what, f)
			}
		}
	}
	var took []float64
	last := ""
	fired := func() rule.Fired {
		f := until("a command read back", func(f rule.Fired, any bool) bool {
			return any && f.ID != last && len(f.Outcomes) == 1 && f.Outcomes[0].State == fact.CommandConfirmed
		})
		last = f.ID
		h.giver.show(0)
		until("a condition that is over", func(f rule.Fired, _ bool) bool { return f.To != 0 })
		return f
	}
	fired() // it stood when the rule became active
	for b.Loop() {
		h.giver.show(1)
		f := fired()
		c, err := controls{h.n}.Command(b.Context(), scope, f.Outcomes[0].ID)
		must(b, err)
		took = append(took, float64(c.Steps[len(c.Steps)-1].At-f.From.Micros())/1000)
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "p50-ms")
	b.ReportMetric(10, "p50-ms-limit")
	b.ReportMetric(took[len(took)*99/100], "p99-ms")
	b.ReportMetric(50, "p99-ms-limit")
}
