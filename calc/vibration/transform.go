package vibration

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// transform is the discrete Fourier transform of real values, of any length. A
// length whose prime factors are 2, 3 and 5 goes the direct way; any other is a
// convolution of such a length (Bluestein, IEEE Trans. Audio Electroacoustics
// AU-18, 1970), since the direct way costs the largest factor times the length.
type transform struct {
	n      int
	smooth *fourier.FFT

	// of Bluestein's way
	long   *fourier.CmplxFFT
	chirp  []complex128 // e^(−iπk²/n)
	filter []complex128 // transform of the chirp's conjugate
	buffer []complex128
}

func newTransform(n int) *transform {
	t := &transform{n: n}
	if smoothLength(n) == n {
		t.smooth = fourier.NewFFT(n)
		return t
	}
	m := smoothLength(2*n - 1)
	t.long = fourier.NewCmplxFFT(m)
	t.chirp = make([]complex128, n)
	around := make([]complex128, m)
	for k := range n {
		// k² modulo 2n keeps the angle small, so that no digit of it is lost.
		angle := math.Pi * float64((k*k)%(2*n)) / float64(n)
		t.chirp[k] = cmplx.Rect(1, -angle)
		around[k] = cmplx.Rect(1, angle)
		if k > 0 {
			around[m-k] = around[k]
		}
	}
	t.filter = t.long.Coefficients(nil, around)
	t.buffer = make([]complex128, m)
	return t
}

// lines gives the n/2+1 coefficients of n values, not divided by n.
func (t *transform) lines(dst []complex128, values []float64) []complex128 {
	if t.smooth != nil {
		return t.smooth.Coefficients(dst, values)
	}
	clear(t.buffer)
	for k, v := range values {
		t.buffer[k] = complex(v, 0) * t.chirp[k]
	}
	t.long.Coefficients(t.buffer, t.buffer)
	for i, f := range t.filter {
		t.buffer[i] *= f
	}
	t.long.Sequence(t.buffer, t.buffer)
	if dst == nil {
		dst = make([]complex128, t.n/2+1)
	}
	scale := complex(1/float64(len(t.buffer)), 0)
	for k := range dst {
		dst[k] = t.buffer[k] * t.chirp[k] * scale
	}
	return dst
}

// smoothLength is the least number ≥ n whose prime factors are 2, 3 and 5.
func smoothLength(n int) int {
	best := 1
	for best < n {
		best *= 2
	}
	for five := 1; five < best; five *= 5 {
		for three := five; three < best; three *= 3 {
			m := three
			for m < n {
				m *= 2
			}
			best = min(best, m)
		}
	}
	return best
}

// smoothBelow is the greatest number ≤ n whose prime factors are 2, 3 and 5.
func smoothBelow(n int) int {
	best := 1
	for five := 1; five <= n; five *= 5 {
		for three := five; three <= n; three *= 3 {
			m := three
			for m <= n/2 {
				m *= 2
			}
			best = max(best, m)
		}
	}
	return best
}

// hann is the periodic window of Hann, of n values.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
	}
	return w
}
