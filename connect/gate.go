package connect

import (
	"math"
	"slices"
	"time"

	"zhigai/plant"
	"zhigai/plant/waveform"
)

const (
	// clockAhead is how far a source clock may run ahead of ours before it is
	// not believed.
	clockAhead = time.Minute
	// DefaultLateness is how old a source time may be: devices buffer a weekend
	// and a holiday, not a month.
	DefaultLateness = 7 * 24 * time.Hour
	// maxWhole is where float64 stops telling integers apart.
	maxWhole = 1 << 53
)

// gate turns the readings of one point into samples: it scales, refuses what
// is no value, and leaves out what did not change.
type gate struct {
	spec     *PointSpec
	lateness time.Duration

	stored  bool // something was stored since contact was won
	value   float64
	text    string
	quality plant.Quality
	at      plant.Micros
	left    bool // readings are left out, and that was said
}

// passed is what a gate makes of one reading.
type passed struct {
	sample  plant.Sample
	text    plant.Text
	isText  bool
	store   bool // it differs from what is stored
	clock   bool // the source clock was not believed
	claimed plant.Micros
}

// pass looks at a reading that came in at our time now.
func (g *gate) pass(r *Reading, now plant.Micros) passed {
	out := passed{isText: g.spec.Kind == plant.KindText || g.spec.Kind == plant.KindWaveform}
	at, quality := now, plant.Good
	if r.Uncertain {
		quality = plant.Uncertain
	}
	if !r.Source.IsZero() {
		claimed := plant.MicrosOf(r.Source)
		ahead, behind := claimed-now, now-claimed
		if ahead > plant.Micros(clockAhead.Microseconds()) || behind > plant.Micros(g.lateness.Microseconds()) && !r.Recorded {
			out.clock, out.claimed = true, claimed
			quality = plant.Uncertain | plant.Clock
		} else {
			at = claimed
		}
	}
	value, reason := g.judge(r)
	if reason != 0 {
		quality = plant.Bad | reason
	}
	if out.isText {
		text := r.Text
		if reason != 0 {
			text = string(r.Raw[:min(len(r.Raw), 64)])
		}
		out.text = plant.Text{Tag: g.spec.Tag, Time: at, Quality: quality, Value: text}
		out.store = r.Historical || r.Recorded || !g.stored || quality != g.quality || g.isNews(text, reason)
		if out.store && !r.Historical {
			g.stored, g.quality, g.at = true, quality, at
			if g.spec.Kind == plant.KindText {
				g.text = text
			}
		}
		return out
	}
	if reason != 0 {
		out.sample = plant.BadSample(g.spec.Tag, at, reason, r.Raw)
	} else {
		out.sample = plant.Sample{Tag: g.spec.Tag, Time: at, Quality: quality, Value: value}
	}
	out.store = r.Historical || r.Recorded || g.differs(out.sample)
	if out.store && !r.Historical {
		g.stored, g.quality, g.value, g.at = true, quality, out.sample.Value, at
	}
	return out
}

// isNews reports whether a text says something else than the one before, of the
// same quality. Every window of a signal does.
func (g *gate) isNews(text string, reason plant.Quality) bool {
	if g.spec.Kind == plant.KindWaveform {
		return reason == 0
	}
	return text != g.text
}

// judge scales a reading's number, or says why it is none.
func (g *gate) judge(r *Reading) (float64, plant.Quality) {
	if r.Err != nil {
		return 0, reasonOf(r.Err)
	}
	if g.spec.Kind == plant.KindWaveform {
		if !waveform.Is(r.Text) {
			return 0, plant.Malformed
		}
		return 0, 0
	}
	if g.spec.Kind == plant.KindText {
		if len(r.Text) > plant.MaxText {
			return 0, plant.TooLong
		}
		return 0, 0
	}
	v := r.Number
	switch {
	case slices.Contains(g.spec.Invalid, v):
		return 0, plant.Sentinel
	case math.IsNaN(v) || math.IsInf(v, 0):
		return 0, plant.NotANumber
	case math.Abs(v) > maxWhole && v == math.Trunc(v) && len(r.Raw) == 8 && g.spec.Kind != plant.KindNumber:
		return 0, plant.Imprecise
	}
	v = g.scaled(v)
	if math.IsInf(v, 0) || g.spec.Min != nil && v < *g.spec.Min || g.spec.Max != nil && v > *g.spec.Max {
		return 0, plant.OutOfRange
	}
	return v, 0
}

// scaled is raw × scale + offset. A whole number stays on the grid of a scale
// such as 0.1; a fraction has digits of its own that must not be rounded away.
func (g *gate) scaled(raw float64) float64 {
	scale, offset := g.spec.Scale, g.spec.Offset
	if scale == 0 {
		return raw + offset
	}
	if raw != math.Trunc(raw) {
		return raw*scale + offset
	}
	if v := unscaled(raw*scale, scale); offset == 0 || unscaled(offset, scale) != offset {
		return v + offset
	}
	return unscaled(raw*scale+offset, scale)
}

// unscaled takes away the noise that multiplying by 0.1 or 0.01 leaves behind,
// so that 253 × 0.1 is 25.3 and not 25.299999999999997.
func unscaled(v, scale float64) float64 {
	if inverse := math.Round(1 / scale); math.Abs(scale) < 1 && math.Abs(1/scale-inverse) < 1e-9*math.Abs(inverse) && math.Abs(v*inverse) < maxWhole {
		return math.Round(v*inverse) / inverse
	}
	return v
}

// differs is the deadband. A change of quality always counts.
func (g *gate) differs(s plant.Sample) bool {
	if !g.stored || s.Quality != g.quality {
		return true
	}
	if s.Quality.IsBad() {
		return false // one marker a gap; its raw bytes may flicker
	}
	moved := math.Abs(s.Value - g.value)
	if g.spec.Silence > 0 && s.Time-g.at >= plant.Micros(g.spec.Silence.Microseconds()) {
		return true
	}
	if g.spec.Kind != plant.KindNumber || g.spec.Abs == 0 && g.spec.Rel == 0 {
		return moved > 0
	}
	// A step from 25.3 to 25.4 is one of 0.1, though not as float64.
	moved *= 1 + 1e-9
	return moved > 0 && (g.spec.Abs > 0 && moved >= g.spec.Abs || g.spec.Rel > 0 && moved >= g.spec.Rel*math.Abs(g.value))
}
