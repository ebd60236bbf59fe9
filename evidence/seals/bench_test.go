package seals

import (
	"testing"

	"zhigai/evidence"
	"zhigai/history"
	"zhigai/plant"
)

// BenchmarkTouches is what following the log costs for a batch of 2,000 tags.
func BenchmarkTouches(b *testing.B) {
	one := history.Sequenced{Tenant: 1, Recorded: 1e15}
	for tag := range plant.TagNo(2000) {
		one.Batch.Samples = append(one.Batch.Samples, plant.Sample{Tag: tag + 1, Time: 1e15 - plant.Micros(tag)})
	}
	book := NewBook(Options{})
	var dst []Touch
	for b.Loop() {
		dst = book.touches(dst[:0], one)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2000, "ns/sample")
}

// BenchmarkDigest is what sealing costs for a sample that is read.
func BenchmarkDigest(b *testing.B) {
	day := evidence.DayAt(1e15)
	samples := make([]plant.Sample, 86_400)
	for i := range samples {
		samples[i] = plant.Sample{Time: day.From() + plant.Micros(i)*1e6, Value: float64(i)}
	}
	for b.Loop() {
		if _, err := evidence.DayOf(day, samples, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(samples)), "ns/sample")
}
