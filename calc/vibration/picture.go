package vibration

import (
	"math"
	"slices"
)

// Envelope is the spectrum of a band's squared envelope, as a share of its mean:
// a line of 1 stands for shocks that come and go entirely. Lines reach up to toHz
// or half of what the band is wide.
func Envelope(w Window, b Band, toHz float64) (Density, error) {
	if err := w.check(leastEnvelope); err != nil {
		return Density{}, err
	}
	if !(b.FromHz >= 0) || !(b.ToHz > b.FromHz) || !(toHz > 0) {
		return Density{}, invalid("a band from %v to %v Hz", b.FromHz, b.ToHz)
	}
	w.Values = w.Values[:smoothBelow(len(w.Values))]
	a := newAnalyser()
	s := a.spectrum(w)
	lo, hi := max(1, int(math.Round(b.FromHz/s.hz))), min(int(math.Round(b.ToHz/s.hz)), len(s.lines)-1)
	if hi-lo < leastEnvelope/2 {
		return Density{}, invalid("a band from %v to %v Hz holds %d lines of %.3g Hz; take a wider band or a longer window", b.FromHz, b.ToHz, max(0, hi-lo), s.hz)
	}
	e := a.envelope(s, lo, hi, int(toHz/s.hz))
	d := Density{HzPerLine: s.hz, Lines: make([]float64, len(e.lines))}
	for i, p := range e.lines {
		d.Lines[i] = math.Sqrt(e.depth2(p))
	}
	return d, nil
}

// leastEnvelope is how many values an envelope is made of at the least.
const leastEnvelope = 64

// Best is the band that shows most: where the first finding was made, or else
// the most impulsive one. It is false when no band was looked at.
func (d *Diagnosis) Best() (Band, bool) {
	if len(d.Findings) > 0 && d.Findings[0].Band.ToHz > 0 {
		return d.Findings[0].Band, true
	}
	if len(d.Bands) == 0 {
		return Band{}, false
	}
	return slices.MaxFunc(d.Bands, func(a, b BandKurtosis) int { return cmpLevel(a.Kurtosis, b.Kurtosis) }).Band, true
}

// Peak is a line higher than its neighbours.
type Peak struct {
	Hz        float64 `json:"hz"`
	Amplitude float64 `json:"amplitude"`
	Order     float64 `json:"order,omitempty"` // times the shaft's speed; 0 when that is unknown
}

// Peaks are the highest of a spectrum above fromHz, highest first.
func (d Density) Peaks(count int, fromHz, shaftHz float64) []Peak {
	out := []Peak{}
	for i := max(1, int(math.Ceil(fromHz/d.HzPerLine))); i+1 < len(d.Lines); i++ {
		if v := d.Lines[i]; v > d.Lines[i-1] && v >= d.Lines[i+1] {
			p := Peak{Hz: float64(i) * d.HzPerLine, Amplitude: v}
			if shaftHz > 0 {
				p.Order = p.Hz / shaftHz
			}
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b Peak) int { return cmpLevel(b.Amplitude, a.Amplitude) })
	return out[:min(count, len(out))]
}
