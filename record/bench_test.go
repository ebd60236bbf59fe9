package record_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"zhigai/record"
)

// Single events from many sources at once, each acknowledged when durable.
func BenchmarkAppend(b *testing.B) {
	for _, on := range backends {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprint(on.name, "/", writers, "-writers"), func(b *testing.B) { benchmarkAppend(b, on.where(b), writers) })
		}
	}
}

func benchmarkAppend(b *testing.B, where string, writers int) {
	db, err := record.Open(b.Context(), where, record.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}()
	var n atomic.Int64
	b.SetParallelism(writers)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := db.Journal().Append(b.Context(), 1, event(int(n.Add(1)))); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
