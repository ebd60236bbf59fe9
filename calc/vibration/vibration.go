// Package vibration is what a window of vibration says of a machine: figures of
// the time signal, spectra, envelopes of bands, the frequencies at which a
// bearing or a gear would show itself, and which element of a bearing is bad,
// with the evidence for it.
//
// It works on values at an even rate, knows no clock, sensor or store, and never
// names an element that it is not sure of. Start with [Diagnose]; [Describe]
// gives features, [Welch] and [Spectrum] lines, [Bearing] frequencies.
package vibration

import (
	"errors"
	"fmt"
	"math"
)

// ErrInvalid is what nothing can be computed of; the text says what to do.
var ErrInvalid = errors.New("vibration: not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// MaxValues bounds a window: 2²² values are 80 s at 51.2 kHz. Longer ones are
// cut by the caller, since no speed holds that long.
const MaxValues = 1 << 22

// Window is values taken at an even rate, in the unit of the sensor.
type Window struct {
	Values []float64
	RateHz float64
}

// check refuses what no figure can be computed of.
func (w Window) check(least int) error {
	switch {
	case len(w.Values) < least:
		return invalid("%d values; %d at least are needed", len(w.Values), least)
	case len(w.Values) > MaxValues:
		return invalid("%d values; cut the record into windows of %d at most", len(w.Values), MaxValues)
	case !(w.RateHz > 0) || math.IsInf(w.RateHz, 0):
		return invalid("a rate of %v Hz; say how many values are taken in a second", w.RateHz)
	}
	for i, v := range w.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return invalid("value %d is %v; leave the window out or mend it", i+1, v)
		}
	}
	return nil
}

// seconds is how long the window lasts.
func (w Window) seconds() float64 { return float64(len(w.Values)) / w.RateHz }
