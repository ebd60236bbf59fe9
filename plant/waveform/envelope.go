package waveform

import "math"

// Envelope is a window made small without losing a peak: the least and the
// greatest value of each of n equal stretches, and figures of the whole.
type Envelope struct {
	Min, Max []float64
	// RMS is √(Σv²/N), in the unit of the values; PeakToPeak the greatest less
	// the least value. Both are of all values, not of the stretches.
	RMS        float64
	PeakToPeak float64
}

// Envelope makes at most n stretches; a window of fewer values than n has one
// for each value.
func (w Window) Envelope(n int) Envelope {
	count := len(w.Values)
	n = max(1, min(n, count))
	e := Envelope{Min: make([]float64, 0, n), Max: make([]float64, 0, n)}
	low, high, squares := math.Inf(1), math.Inf(-1), 0.0
	for i := range n {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, v := range w.Values[i*count/n : (i+1)*count/n] {
			lo, hi = min(lo, v), max(hi, v)
			squares += v * v
		}
		e.Min, e.Max = append(e.Min, lo), append(e.Max, hi)
		low, high = min(low, lo), max(high, hi)
	}
	e.RMS, e.PeakToPeak = math.Sqrt(squares/float64(count)), high-low
	return e
}
