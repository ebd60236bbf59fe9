package vibration

import "math"

// Density is a power spectral density: unit² per Hz, one-sided.
type Density struct {
	HzPerLine float64
	Lines     []float64
}

// welchSegment and half of it are the segment and the step of [Welch].
const welchSegment = 4096

// Welch is the mean of the spectra of overlapping segments (Welch, IEEE Trans.
// Audio Electroacoustics AU-15, 1967): segments of 4,096 values, or the whole
// window when it is shorter, half of one over the next, the mean of each taken
// off, under a periodic window of Hann.
func Welch(w Window) (Density, error) {
	if err := w.check(2); err != nil {
		return Density{}, err
	}
	n := min(welchSegment, len(w.Values))
	window, transform := hann(n), newTransform(n)
	power := 0.0
	for _, v := range window {
		power += v * v
	}
	d := Density{HzPerLine: w.RateHz / float64(n), Lines: make([]float64, n/2+1)}
	held, count := make([]float64, n), 0
	var lines []complex128
	for from := 0; from+n <= len(w.Values); from += n - n/2 {
		part := w.Values[from : from+n]
		mean := meanOf(part)
		for i, v := range part {
			held[i] = (v - mean) * window[i]
		}
		lines = transform.lines(lines, held)
		for i, c := range lines {
			d.Lines[i] += real(c)*real(c) + imag(c)*imag(c)
		}
		count++
	}
	scale := 1 / (w.RateHz * power * float64(count))
	for i := range d.Lines {
		twice := 2.0
		if i == 0 || n%2 == 0 && i == n/2 {
			twice = 1 // nothing lies on the other side
		}
		d.Lines[i] *= scale * twice
	}
	return d, nil
}

// PeakHz is where the density is greatest.
func (d Density) PeakHz() float64 {
	best := 0
	for i, v := range d.Lines {
		if v > d.Lines[best] {
			best = i
		}
	}
	return float64(best) * d.HzPerLine
}

// RMS is that of a band: the root of what stands in the lines from its lower
// edge up to, and without, its upper.
func (d Density) RMS(b Band) float64 {
	sum := 0.0
	for i, v := range d.Lines {
		if hz := float64(i) * d.HzPerLine; hz >= b.FromHz && hz < b.ToHz {
			sum += v
		}
	}
	return math.Sqrt(sum * d.HzPerLine)
}

// VelocityRMS is the RMS velocity in a band, in mm/s, of an acceleration in
// m/s²: each line divided by 2π times its frequency. ISO 20816 judges it from
// 10 to 1,000 Hz.
func (d Density) VelocityRMS(b Band) float64 {
	sum := 0.0
	for i, v := range d.Lines {
		if hz := float64(i) * d.HzPerLine; hz > 0 && hz >= b.FromHz && hz < b.ToHz {
			turn := 2 * math.Pi * hz
			sum += v / (turn * turn)
		}
	}
	return 1000 * math.Sqrt(sum*d.HzPerLine)
}

// Amplitudes is the spectrum of a whole window, of any length: amplitude of each
// line in the unit of the sensor, under a window of Hann, so that a steady tone
// has its own amplitude at its line.
func Amplitudes(w Window) (Density, error) {
	if err := w.check(2); err != nil {
		return Density{}, err
	}
	n := len(w.Values)
	window, held, mean := hann(n), make([]float64, n), meanOf(w.Values)
	for i, v := range w.Values {
		held[i] = (v - mean) * window[i]
	}
	d := Density{HzPerLine: w.RateHz / float64(n), Lines: make([]float64, n/2+1)}
	for i, c := range newTransform(n).lines(nil, held) {
		d.Lines[i] = math.Hypot(real(c), imag(c)) * 4 / float64(n)
	}
	return d, nil
}
