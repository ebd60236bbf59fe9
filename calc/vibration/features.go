package vibration

import "math"

// Features are figures of the time signal, about its mean, in the unit of the
// sensor where they have one.
type Features struct {
	Mean       float64 `json:"mean"`
	RMS        float64 `json:"rms_about_mean"`
	Peak       float64 `json:"peak"` // greatest distance from the mean
	PeakToPeak float64 `json:"peak_to_peak"`
	Crest      float64 `json:"crest"`            // peak by RMS
	Kurtosis   float64 `json:"kurtosis_pearson"` // 3 of Gaussian noise
	Skewness   float64 `json:"skewness"`         // 0 of what is even
}

// Describe gives the features of a window. What does not vary has no crest,
// kurtosis or skewness: a sensor that always says the same is dead, and is
// refused.
func Describe(w Window) (Features, error) {
	if err := w.check(2); err != nil {
		return Features{}, err
	}
	f := Features{Mean: meanOf(w.Values)}
	lo, hi := w.Values[0], w.Values[0]
	var m2, m3, m4 float64
	for _, v := range w.Values {
		lo, hi = min(lo, v), max(hi, v)
		d := v - f.Mean
		d2 := d * d
		m2 += d2
		m3 += d2 * d
		m4 += d2 * d2
	}
	if hi == lo || m2 == 0 {
		return Features{}, invalid("all %d values are %v; look at the sensor, its cable and its supply", len(w.Values), lo)
	}
	n := float64(len(w.Values))
	m2, m3, m4 = m2/n, m3/n, m4/n
	f.RMS = math.Sqrt(m2)
	f.Peak = max(hi-f.Mean, f.Mean-lo)
	f.PeakToPeak = hi - lo
	f.Crest = f.Peak / f.RMS
	f.Kurtosis = m4 / (m2 * m2)
	f.Skewness = m3 / (m2 * f.RMS)
	return f, nil
}

// meanOf sums in two halves again and again, so that long windows of float32
// lose no digit.
func meanOf(values []float64) float64 { return sumOf(values) / float64(len(values)) }

func sumOf(values []float64) float64 {
	if len(values) <= 128 {
		s := 0.0
		for _, v := range values {
			s += v
		}
		return s
	}
	half := len(values) / 2
	return sumOf(values[:half]) + sumOf(values[half:])
}
