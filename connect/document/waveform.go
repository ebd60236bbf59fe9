package document

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"zhigai/connect"
	"zhigai/plant/waveform"
)

// waveExample says how a window is written.
const waveExample = `write {"start": "2026-03-02T08:00:00Z", "rate": 25600, "values": [0.1, …]}, or the values as little-endian float32 in base64 under "float32"`

// Waveform reads a window of a fast signal: an object with the values a second
// under rate, the values as a list under values or packed under float32, and
// the instant of the first under start, which may be missing: then it is zero.
// Errors are [connect.ErrMalformed] and say what to write.
func Waveform(v any) (w waveform.Window, start time.Time, err error) {
	object, ok := v.(map[string]any)
	if !ok {
		return w, start, fmt.Errorf("%w: no window of a signal; %s", connect.ErrMalformed, waveExample)
	}
	if at, given := object["start"]; given && at != nil {
		if start, ok = Time(at, time.UTC); !ok {
			return w, start, fmt.Errorf("%w: start of a window; %s", connect.ErrMalformed, waveExample)
		}
	}
	rate, _ := object["rate"].(json.Number) // "" is no number
	if w.Rate, err = rate.Float64(); err != nil {
		return w, start, fmt.Errorf("%w: rate of a window; %s", connect.ErrMalformed, waveExample)
	}
	switch values := object["values"].(type) {
	case []any:
		w.Values, err = numbers(values)
	case nil:
		packed, _ := object["float32"].(string)
		w.Values, err = unpacked(packed)
	default:
		err = fmt.Errorf("values are no list; %s", waveExample)
	}
	if err == nil {
		err = w.Check()
	}
	if err != nil {
		return waveform.Window{}, start, fmt.Errorf("%w: %w", connect.ErrMalformed, err)
	}
	return w, start, nil
}

func numbers(list []any) ([]float64, error) {
	if len(list) > waveform.MaxValues {
		return nil, fmt.Errorf("%d values; a window has at most %d", len(list), waveform.MaxValues)
	}
	out := make([]float64, len(list))
	for i, v := range list {
		n, ok := v.(json.Number)
		if !ok {
			return nil, fmt.Errorf("value %d of the window is no number", i)
		}
		f, err := n.Float64()
		if err != nil {
			return nil, fmt.Errorf("value %d of the window: %w", i, err)
		}
		out[i] = f
	}
	return out, nil
}

func unpacked(text string) ([]float64, error) {
	if base64.StdEncoding.DecodedLen(len(text)) > 4*waveform.MaxValues+3 {
		return nil, fmt.Errorf("more than %d values", waveform.MaxValues)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw)%4 != 0 {
		return nil, fmt.Errorf("float32 of %d bytes is no base64 of whole values; %s", len(text), waveExample)
	}
	out := make([]float64, len(raw)/4)
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return out, nil
}
