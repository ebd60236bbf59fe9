package vibration

import (
	"math"
	"math/cmplx"
	"slices"
)

// Code says what is wrong with a window, or with what is known of it.
type Code string

const (
	DeadSensor   Code = "dead-sensor"   // it hardly moves; value: share of values that equal the one before
	Clipped      Code = "clipped"       // it stands at its end; value: share of values there
	MainsHum     Code = "mains-hum"     // lines of the mains; value: its frequency in Hz
	SpeedUnknown Code = "speed-unknown" // nobody said how fast the shaft turns
	SpeedDiffers Code = "speed-differs" // a bearing's lines lie beside where the speed puts them; value: found by expected
	WindowShort  Code = "window-short"  // lines cannot be told apart; value: seconds needed
	RateLow      Code = "rate-low"      // no band holds the lines; value: Hz needed
	Sidebands    Code = "sidebands"     // lines of one element that may be another's, a turn of the shaft beside its own; value: Hz of the other's
	Impulses     Code = "impulses"      // impulses that no element of the bearing explains; value: kurtosis of the envelope
)

// Warning is a code with the number that belongs to it.
type Warning struct {
	Code  Code    `json:"code"`
	Value float64 `json:"value"`
}

// forbids reports whether a warning leaves nothing to diagnose.
func (w Warning) forbids() bool {
	return slices.Contains([]Code{DeadSensor, Clipped, SpeedUnknown, WindowShort, RateLow}, w.Code)
}

const (
	// stuckShare is how many values may equal the one before; an 8-bit converter
	// at a tenth of its range repeats one in five.
	stuckShare = 0.9
	// clippedShare is how many values may lie at an end of what was measured, in
	// runs of three at least: noise reaches its end once.
	clippedShare = 0.0005
	clippedRun   = 3
	// wrongSpeed is how far beside the expected place a bearing's lines are looked
	// for when nothing is found there.
	wrongSpeed = 0.06
	// humLevel is how far lines of the mains stand over their neighbours, in dB,
	// and humLines how many of the first three must.
	humLevel = 15
	humLines = 2
	// humTo is up to where multiples of the mains are taken for it, in Hz.
	humTo = 1000
)

// sensorWarnings says what the sensor itself has.
func sensorWarnings(w Window) []Warning {
	out := []Warning{}
	lo, hi := slices.Min(w.Values), slices.Max(w.Values)
	same, ends, run := 0, 0, 0
	for i, v := range w.Values {
		if i > 0 && v == w.Values[i-1] {
			same++
		}
		if v == lo || v == hi {
			run++
			continue
		}
		if run >= clippedRun {
			ends += run
		}
		run = 0
	}
	if run >= clippedRun {
		ends += run
	}
	n := float64(len(w.Values))
	if share := float64(same) / n; share > stuckShare {
		return append(out, Warning{DeadSensor, share})
	}
	if share := float64(ends) / n; share > clippedShare {
		out = append(out, Warning{Clipped, share})
	}
	return out
}

// windowWarnings says what the window is too small for.
func windowWarnings(ask Ask, o Orders) []Warning {
	if ask.ShaftHz == 0 {
		return []Warning{{SpeedUnknown, 0}}
	}
	var out []Warning
	if need := revolutions / ask.ShaftHz; ask.Window.seconds() < need {
		out = append(out, Warning{WindowShort, need})
	}
	// Three lines of the inner ring and the room above ten times the shaft's speed.
	if need := 2 * (wanted*o.Inner*(1+slip) + 11) * ask.ShaftHz; ask.Window.RateHz < need {
		out = append(out, Warning{RateLow, need})
	}
	return out
}

// hum is the mains as far as it is heard.
type hum struct{ hz float64 }

// humOf looks for lines of 50 and 60 Hz that are not the shaft's.
func humOf(s spectrum, shaft float64) hum {
	for _, mains := range [...]float64{50, 60} {
		found := 0
		for k := 1; k <= 3; k++ {
			at := mains * float64(k)
			bin := int(math.Round(at / s.hz))
			if m := math.Round(at / shaft); shaft > 0 && m > 0 && math.Abs(at-m*shaft) < max(2*s.hz, shaftApart*at) {
				continue
			}
			if bin < 2 || bin+leastAround >= len(s.lines) || mains < 4*s.hz {
				continue
			}
			near := make([]float64, 0, 2*leastAround+1)
			for i := max(1, bin-leastAround); i <= bin+leastAround; i++ {
				near = append(near, cmplx.Abs(s.lines[i]))
			}
			peak := max(cmplx.Abs(s.lines[bin-1]), cmplx.Abs(s.lines[bin]), cmplx.Abs(s.lines[bin+1]))
			slices.Sort(near)
			if median := near[len(near)/2]; median > 0 && 20*math.Log10(peak/median) > humLevel {
				found++
			}
		}
		if found >= humLines {
			return hum{mains}
		}
	}
	return hum{}
}

func (h hum) has(hz, width float64) bool {
	if h.hz == 0 || hz > humTo {
		return false
	}
	m := math.Round(hz / h.hz)
	return m > 0 && math.Abs(hz-m*h.hz) < 1.5*width
}

func (h hum) warnings() []Warning {
	if h.hz == 0 {
		return nil
	}
	return []Warning{{MainsHum, h.hz}}
}

// speedWarning looks whether a bearing's lines lie beside where the speed puts
// them, further than elements slide, and far above what was found there.
func speedWarning(o Orders, envelopes []envelope, shaft, found float64, veto func(hz, width float64) bool) (Warning, bool) {
	for _, f := range o.families(shaft) {
		if f.element == Cage {
			continue // too many things turn that slowly
		}
		f.search(envelopes, wrongSpeed, shaft, veto)
		if f.best.level >= max(strong, found+clearGap) && f.share(envelopes) >= explained && f.apart(envelopes) > 1 {
			return Warning{SpeedDiffers, f.best.hz / f.expected}, true
		}
	}
	return Warning{}, false
}
