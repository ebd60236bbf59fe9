package clickhouse

import (
	"sync/atomic"
	"testing"
	"time"

	"zhigai/history/clickhouse/chtest"
	"zhigai/plant"
	"zhigai/record/pgtest"
)

func benched(b *testing.B, o Options) *Store {
	s, err := Open(b.Context(), chtest.Address(b), pgtest.Address(b), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// round is one value of each of n tags.
func round(n int, at plant.Micros) (out plant.Batch) {
	for tag := range n {
		out.Samples = append(out.Samples, plant.Sample{Tag: plant.TagNo(tag), Time: at, Value: float64(tag) + float64(at%1000)/1000})
	}
	return out
}

// Appends of 1,000 samples by 16 callers until all are acknowledged, and then
// until ClickHouse has them.
func BenchmarkAppend(b *testing.B) {
	s := benched(b, Options{})
	var n atomic.Int64
	b.SetParallelism(8)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Append(b.Context(), 1, round(1000, begin+plant.Micros(n.Add(1))*1000)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "acknowledged/s")
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "stored/s")
}

// The last value of a tag, and an hour of seconds, from ClickHouse.
func BenchmarkRead(b *testing.B) {
	s := benched(b, Options{})
	for at := range 40 {
		var batch plant.Batch
		for i := range 90 * 50 {
			batch.Samples = append(batch.Samples, plant.Sample{Tag: plant.TagNo(i % 50), Time: begin + plant.Micros(at*90+i/50)*1_000_000, Value: float64(i)})
		}
		if _, err := s.Append(b.Context(), 1, batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	hour := begin + plant.Micros(time.Hour/time.Microsecond)
	b.Run("last", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, ok, err := s.Last(b.Context(), 1, plant.TagNo(i%50)); err != nil || !ok {
				b.Fatal(err)
			}
		}
	})
	b.Run("before", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, ok, err := s.Before(b.Context(), 1, plant.TagNo(i%50), begin+plant.Micros(1+i%3600)*1_000_000); err != nil || !ok {
				b.Fatal(err)
			}
		}
	})
	b.Run("hour", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			n := 0
			if err := s.Samples(b.Context(), 1, plant.TagNo(i%50), begin, hour, func(plant.Sample) bool { n++; return true }); err != nil || n != 3600 {
				b.Fatal(n, err)
			}
		}
	})
}
