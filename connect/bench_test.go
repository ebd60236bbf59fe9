package connect

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"zhigai/plant"
)

// nowhere takes every batch.
type nowhere struct{ samples int }

func (n *nowhere) Append(_ context.Context, _ plant.TenantNo, b plant.Batch) (uint64, error) {
	n.samples += b.Len()
	return 0, nil
}

// wave is a group whose values change, as machines' do: half of them at every
// reading.
type wave struct{ raw [][]byte }

func (w *wave) Read(_ context.Context, dst []Reading) error {
	for i := range dst {
		raw := w.raw[i]
		v := math.Float64frombits(binary.BigEndian.Uint64(raw)) + float64(i%2)
		binary.BigEndian.PutUint64(raw, math.Float64bits(v))
		dst[i] = Reading{Point: i, Number: v, Raw: raw}
	}
	return nil
}

// BenchmarkRunner_Read is what the collector adds to a reading of 50 tags: the
// gates, the live values, the batch; half of the values have changed.
func BenchmarkRunner_Read(b *testing.B) {
	const n = 50
	store := &nowhere{}
	spec := DeviceSpec{Timeout: time.Second}
	w := &wave{}
	for i := range n {
		spec.Points = append(spec.Points, PointSpec{Tag: plant.TagNo(i + 2), Name: fmt.Sprint("p", i), Kind: plant.KindNumber, Scale: 0.1, Period: time.Second, Min: new(-1e300), Abs: 0.05})
		w.raw = append(w.raw, make([]byte, 8))
	}
	c := NewCollector(Options{Store: store, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	r := &runner{c: c, spec: spec, meter: newMeter(&spec, time.Now()), up: true, renewed: math.MaxInt64 / 2}
	one := &round{period: time.Second, group: w, readings: make([]Reading, n)}
	for i := range spec.Points {
		r.gates = append(r.gates, gate{spec: &spec.Points[i], lateness: DefaultLateness})
		one.points = append(one.points, i)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Read(b.Context(), one.readings); err != nil {
			b.Fatal(err)
		}
		batch := r.batch(b.Context(), one, plant.MicrosOf(time.Now()))
		store.samples += batch.Len()
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "tags/s")
}
