// Package waveform is a stretch of a fast signal taken at an even rate, such as
// a window of vibration: how it is kept exactly, how it looks small, and the
// forms in which it leaves the house.
//
// It never rounds a value and knows neither tag nor place: the instant of the
// first value and the quality stand beside it. Start with [Window] and [Parse];
// the small picture is in envelope.go, files are in export.go.
package waveform

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// Window is the values of a signal, the first at the instant that stands beside
// it and each 1/Rate seconds after the one before.
type Window struct {
	Rate   float64 // values a second, Hz
	Values []float64
}

const (
	// MaxValues is the most values of one window: five seconds at 25.6 kHz, six
	// times the usual window of vibration, and 1 MB where they are float64.
	MaxValues = 1 << 17
	// MaxRate is above what any recorder of machines does.
	MaxRate = 1e9
	// MaxBytes bounds what [Window.Encode] writes.
	MaxBytes = headBytes + 8*MaxValues
)

// ErrMalformed is that bytes are no window, or a window cannot be kept.
var ErrMalformed = errors.New("waveform: malformed")

// The encoding: a byte that no UTF-8 text begins with, so that a text is never
// taken for a window, "WF", the version; the bytes of a value, 4 or 8; rate as
// float64 and count as uint32, little-endian; then the first bytes of all
// values, their second bytes and so on. The high bytes of neighbours are alike:
// apart from the noisy low ones they pack well.
const (
	magic     = "\xffWF\x01"
	headBytes = 4 + 1 + 8 + 4
)

// Check says why a window cannot be kept: a rate that is none, too many values
// or none, a value that is no number.
func (w Window) Check() error {
	if !(w.Rate > 0 && w.Rate <= MaxRate) {
		return fmt.Errorf("%w: a rate of %v values a second; write one above 0 and up to %g", ErrMalformed, w.Rate, MaxRate)
	}
	if n := len(w.Values); n == 0 || n > MaxValues {
		return fmt.Errorf("%w: %d values; a window has 1 to %d", ErrMalformed, n, MaxValues)
	}
	if at := w.unusable(); at >= 0 {
		return fmt.Errorf("%w: value %d is %v", ErrMalformed, at, w.Values[at])
	}
	return nil
}

// unusable is where the first value stands that is no number, −1 for nowhere.
func (w Window) unusable() int {
	return slices.IndexFunc(w.Values, func(v float64) bool { return v-v != 0 })
}

// Encode writes the window, exact to the bit: as float32 where every value is
// one, else as float64. The window must pass Check.
func (w Window) Encode() string {
	width := 4
	for _, v := range w.Values {
		if math.Float64bits(float64(float32(v))) != math.Float64bits(v) {
			width = 8
			break
		}
	}
	n := len(w.Values)
	out := make([]byte, headBytes+width*n)
	at := copy(out, magic)
	out[at] = byte(width)
	binary.LittleEndian.PutUint64(out[at+1:], math.Float64bits(w.Rate))
	binary.LittleEndian.PutUint32(out[at+9:], uint32(n))
	body := out[headBytes:]
	for i, v := range w.Values {
		bits := math.Float64bits(v)
		if width == 4 {
			bits = uint64(math.Float32bits(float32(v)))
		}
		for b := range width {
			body[b*n+i] = byte(bits >> (8 * b))
		}
	}
	return string(out)
}

// head takes the fixed part apart.
func head(s string) (width, n int, rate float64, err error) {
	if len(s) < headBytes || s[:len(magic)] != magic {
		return 0, 0, 0, fmt.Errorf("%w: %d bytes that do not begin as one", ErrMalformed, len(s))
	}
	fixed := []byte(s[len(magic):headBytes])
	width = int(fixed[0])
	rate = math.Float64frombits(binary.LittleEndian.Uint64(fixed[1:]))
	count := binary.LittleEndian.Uint32(fixed[9:])
	if width != 4 && width != 8 || count == 0 || count > MaxValues || len(s) != headBytes+width*int(count) || !(rate > 0 && rate <= MaxRate) {
		return 0, 0, 0, fmt.Errorf("%w: %d bytes for %d values of %d bytes at %v Hz", ErrMalformed, len(s), count, width, rate)
	}
	return width, int(count), rate, nil
}

// Is reports whether s has the form of an encoded window, by its head and
// length alone.
func Is(s string) bool {
	_, _, _, err := head(s)
	return err == nil
}

// Parse reads what Encode wrote; anything else is [ErrMalformed].
func Parse(s string) (Window, error) {
	width, n, rate, err := head(s)
	if err != nil {
		return Window{}, err
	}
	w := Window{Rate: rate, Values: make([]float64, n)}
	body := s[headBytes:]
	for i := range w.Values {
		var bits uint64
		for b := range width {
			bits |= uint64(body[b*n+i]) << (8 * b)
		}
		if width == 4 {
			w.Values[i] = float64(math.Float32frombits(uint32(bits)))
		} else {
			w.Values[i] = math.Float64frombits(bits)
		}
	}
	return w, w.Check()
}

// Describe is an encoded window in words for a person: "20000 × 25600 Hz".
func Describe(s string) string {
	_, n, rate, err := head(s)
	if err != nil {
		return err.Error()
	}
	return strconv.Itoa(n) + " × " + strconv.FormatFloat(rate, 'f', -1, 64) + " Hz"
}

// Duration is how long the window lasts: from its first value to where the next
// window's first would be.
func (w Window) Duration() time.Duration {
	return time.Duration(math.Round(float64(len(w.Values)) / w.Rate * float64(time.Second)))
}

// Part is a window of a longer recording and when it begins.
type Part struct {
	Start time.Time
	Window
}

// Split cuts a recording of any length into windows that can be kept.
func (w Window) Split(start time.Time) []Part {
	var out []Part
	for at := 0; at < len(w.Values); at += MaxValues {
		begin := start.Add(time.Duration(math.Round(float64(at) / w.Rate * float64(time.Second))))
		out = append(out, Part{begin, Window{w.Rate, w.Values[at:min(at+MaxValues, len(w.Values))]}})
	}
	return out
}
