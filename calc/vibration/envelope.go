package vibration

import (
	"slices"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Band is a range of frequencies.
type Band struct {
	FromHz float64 `json:"from_hz"`
	ToHz   float64 `json:"to_hz"`
}

// overlaps reports whether two bands have more in common than an edge.
func (b Band) overlaps(o Band) bool {
	return min(b.ToHz, o.ToHz)-max(b.FromHz, o.FromHz) > 0.01*min(b.ToHz-b.FromHz, o.ToHz-o.FromHz)
}

// envelope is the squared envelope of a band and its lines.
type envelope struct {
	band   Band
	hz     float64   // between lines: that of the window, whatever the band's width
	square []float64 // over the whole window, its mean taken off; fewer values the narrower the band
	mean   float64   // of the square
	lines  []float64 // power of each line, under a window of Hann
	unit   float64   // amplitude of a line that stands for a modulation of the mean by 100 %
	// kurtosis of the analytic signal: 0 of Gaussian noise, −1 of a sine, large of
	// impulses (Antoni, The spectral kurtosis, MSSP 20, 2006, equation 11).
	kurtosis float64
}

// depth is the modulation, as a share of the mean, that a line of that power
// stands for.
func (e *envelope) depth2(power float64) float64 {
	if e.unit == 0 {
		return 0
	}
	return power / (e.unit * e.unit)
}

// analyser transforms windows and keeps what is the same for windows of one
// length. It is not for several goroutines at once.
type analyser struct {
	transforms map[int]*transform
	inverses   map[int]*fourier.CmplxFFT
	forwards   map[int]*fourier.FFT
	windows    map[int][]float64
	complex    []complex128
	half       []complex128
}

func newAnalyser() *analyser {
	return &analyser{
		transforms: map[int]*transform{}, inverses: map[int]*fourier.CmplxFFT{},
		forwards: map[int]*fourier.FFT{}, windows: map[int][]float64{},
	}
}

// once gives what is kept under n, and makes it when it is not there.
func once[T any](kept map[int]T, n int, create func(int) T) T {
	v, ok := kept[n]
	if !ok {
		v = create(n)
		kept[n] = v
	}
	return v
}

// spectrum is a window transformed, its mean taken off.
type spectrum struct {
	hz    float64
	lines []complex128
}

func (a *analyser) spectrum(w Window) spectrum {
	n := len(w.Values)
	mean := meanOf(w.Values)
	values := make([]float64, n)
	for i, v := range w.Values {
		values[i] = v - mean
	}
	return spectrum{hz: w.RateHz / float64(n), lines: once(a.transforms, n, newTransform).lines(nil, values)}
}

// envelope takes lines lo to hi of a spectrum for an analytic signal. Moved down
// to zero it has the same square, and needs no more values than it has lines; so
// that a narrow band costs little. Lines of the envelope are given up to most.
func (a *analyser) envelope(s spectrum, lo, hi, most int) envelope {
	width := hi - lo
	most = min(most, width-1)
	// A square of width lines has lines up to width−1. What folds back may reach
	// down to width+most, above those that are given.
	m := smoothLength(width + most + 1)
	z := grown(&a.complex, m)
	clear(z)
	copy(z, s.lines[lo:hi])
	once(a.inverses, m, fourier.NewCmplxFFT).Sequence(z, z)
	e := envelope{hz: s.hz, band: Band{float64(lo) * s.hz, float64(hi) * s.hz}, square: make([]float64, m)}
	sum, sum2 := 0.0, 0.0
	for i, v := range z {
		p := real(v)*real(v) + imag(v)*imag(v)
		e.square[i] = p
		sum += p
		sum2 += p * p
	}
	n := float64(m)
	mean := sum / n
	if mean > 0 {
		e.kurtosis = sum2/n/(mean*mean) - 2
	}
	e.mean = mean
	for i := range e.square {
		e.square[i] -= mean
	}
	e.lines = a.linesOf(e.square, most)
	// A sine of amplitude A has a line of A·n/2, halved again by the window.
	e.unit = mean * n / 4
	return e
}

// recurring is the median kurtosis of parts of the window: shocks that recur are
// in most of them, a single knock is in one.
func (e *envelope) recurring() float64 {
	all := make([]float64, 0, maxParts)
	for part := range slices.Chunk(e.square, len(e.square)/maxParts+1) {
		sum, sum2 := 0.0, 0.0
		for _, v := range part {
			p := v + e.mean
			sum += p
			sum2 += p * p
		}
		if sum > 0 {
			all = append(all, sum2*float64(len(part))/(sum*sum)-2)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// linesOf is the power of the first lines of a series, under a window of Hann.
func (a *analyser) linesOf(series []float64, most int) []float64 {
	m := len(series)
	window := once(a.windows, m, hann)
	held := make([]float64, m)
	for i, v := range series {
		held[i] = v * window[i]
	}
	c := once(a.forwards, m, fourier.NewFFT).Coefficients(grown(&a.half, m/2+1), held)
	lines := make([]float64, min(most, m/2)+1)
	for i := range lines {
		lines[i] = real(c[i])*real(c[i]) + imag(c[i])*imag(c[i])
	}
	return lines
}

// grown is the first n places of a buffer, which grows when it must.
func grown(buffer *[]complex128, n int) []complex128 {
	if cap(*buffer) < n {
		*buffer = make([]complex128, n)
	}
	return (*buffer)[:n]
}
