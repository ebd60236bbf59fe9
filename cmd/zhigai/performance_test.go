package main

import (
	"testing"

	"zhigai/plant"
	"zhigai/shop/equipment"
	"zhigai/shop/production"
	"zhigai/shop/production/performance"
)

// What a machine did is cut at both ends of a run, and what nobody knows is left out.
func TestSumDid(t *testing.T) {
	t.Parallel()
	const s = plant.Micros(1_000_000)
	did := []equipment.Interval{
		{From: 0, To: 10 * s, Class: equipment.APT},
		{From: 10 * s, To: 14 * s, Class: equipment.ClassUnknown},
		{From: 14 * s, To: 20 * s, Class: equipment.ADET},
		{From: 30 * s, To: 40 * s, Class: equipment.APT}, // of another stretch
	}
	for _, c := range []struct {
		from, to plant.Micros
		want     performance.Did
	}{
		{4 * s, 16 * s, performance.Did{ProducedMs: 6000, KnownMs: 8000}},
		{10 * s, 20 * s, performance.Did{KnownMs: 6000}},
		{20 * s, 30 * s, performance.Did{}},
		{35 * s, 45 * s, performance.Did{ProducedMs: 5000, KnownMs: 5000}},
		{50 * s, 60 * s, performance.Did{}},
	} {
		if got := sumDid(did, production.Interval{From: plant.Instant(c.from), To: plant.Instant(c.to)}); got != c.want {
			t.Errorf("%d to %d: %+v; want %+v", c.from/s, c.to/s, got, c.want)
		}
	}
}
