package sandbox

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// BenchmarkCall is a call with windows of 60 places, its fresh instance included.
func BenchmarkCall(b *testing.B) {
	s := opened(b)
	m := compiled(b, s, module(b, "mean"), usual)
	for _, n := range []int{60, 2000} {
		w := ramp(n, 0)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := m.Call(context.Background(), w, 2); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStop is how long after its budget a module without an end is stopped.
func BenchmarkStop(b *testing.B) {
	s := opened(b)
	for _, name := range []string{"loop", "greedy", "scribble"} {
		m := compiled(b, s, module(b, name), usual)
		b.Run(name, func(b *testing.B) {
			var most time.Duration
			for b.Loop() {
				_, spent, _ := m.Call(context.Background(), ramp(60, 0), 1)
				most = max(most, spent.Took-usual.Call)
			}
			b.ReportMetric(float64(most.Microseconds())/1000, "ms-late-max")
		})
	}
}
