package waveform_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/plant/waveform"
)

// wave is a window whose values are exact as float32 or not.
func wave(n int, single bool) waveform.Window {
	w := waveform.Window{Rate: 25600, Values: make([]float64, n)}
	for i := range w.Values {
		w.Values[i] = math.Sin(float64(i) / 7)
		if single {
			w.Values[i] = float64(float32(w.Values[i]))
		}
	}
	return w
}

func same(a, b waveform.Window) bool {
	return a.Rate == b.Rate && slices.EqualFunc(a.Values, b.Values, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

func TestWindow_ComesBackExactly(t *testing.T) {
	f := func(w waveform.Window, bytes int) {
		t.Helper()
		s := w.Encode()
		got, err := waveform.Parse(s)
		if err != nil || !same(got, w) || !waveform.Is(s) || len(s) != bytes {
			t.Errorf("%d values: %d bytes, %v, same %t; want %d bytes", len(w.Values), len(s), err, same(got, w), bytes)
		}
	}
	f(wave(20_000, true), 17+80_000)
	f(wave(20_000, false), 17+160_000)
	f(waveform.Window{Rate: 0.001, Values: []float64{math.Copysign(0, -1)}}, 21)
	f(waveform.Window{Rate: 1e9, Values: []float64{math.MaxFloat64, math.SmallestNonzeroFloat64, -math.MaxFloat64}}, 17+24)
	f(wave(waveform.MaxValues, false), waveform.MaxBytes)
}

// The encoding as it stands in journals: 1 and −2 at 2 Hz.
func TestWindow_Bytes(t *testing.T) {
	w := waveform.Window{Rate: 2, Values: []float64{1, -2}}
	if got := hex.EncodeToString([]byte(w.Encode())); got != "ff574601"+"04"+"0000000000000040"+"02000000"+"0000"+"0000"+"8000"+"3fc0" {
		t.Error(got)
	}
}

func TestWindow_Refused(t *testing.T) {
	f := func(w waveform.Window, want string) {
		t.Helper()
		if err := w.Check(); !errors.Is(err, waveform.ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
	}
	f(waveform.Window{Values: []float64{1}}, "rate")
	f(waveform.Window{Rate: math.NaN(), Values: []float64{1}}, "rate")
	f(waveform.Window{Rate: 2e9, Values: []float64{1}}, "rate")
	f(waveform.Window{Rate: 1}, "0 values")
	f(waveform.Window{Rate: 1, Values: make([]float64, waveform.MaxValues+1)}, "131073 values")
	f(waveform.Window{Rate: 1, Values: []float64{0, math.Inf(1)}}, "value 1")
	f(waveform.Window{Rate: 1, Values: []float64{math.NaN()}}, "value 0")
	good := wave(3, true).Encode()
	for _, s := range []string{"", "text", good[:len(good)-1], good + "x", "\xffWF\x02" + good[4:], "\xffWF\x01\x05" + good[5:]} {
		if _, err := waveform.Parse(s); !errors.Is(err, waveform.ErrMalformed) || waveform.Is(s) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// 1, −1 and 8 zeros: √(2/10), and the peaks stay whatever the width.
func TestEnvelope(t *testing.T) {
	w := waveform.Window{Rate: 10, Values: []float64{0, 0, 0, 1, -1, 0, 0, 0, 0, 0}}
	for n, want := range map[int][2][]float64{
		1: {{-1}, {1}}, 2: {{-1, 0}, {1, 0}}, 3: {{0, -1, 0}, {0, 1, 0}},
	} {
		e := w.Envelope(n)
		if n == 3 { // 0..3, 3..6, 6..10
			want = [2][]float64{{0, -1, 0}, {0, 1, 0}}
		}
		if !slices.Equal(e.Min, want[0]) || !slices.Equal(e.Max, want[1]) || math.Abs(e.RMS-math.Sqrt(0.2)) > 1e-15 || e.PeakToPeak != 2 {
			t.Errorf("%d: %+v; want %v", n, e, want)
		}
	}
	if e := w.Envelope(100); len(e.Min) != 10 {
		t.Errorf("%d stretches of 10 values", len(e.Min))
	}
}

func TestSplit(t *testing.T) {
	start := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)
	w := waveform.Window{Rate: 1000, Values: make([]float64, 2*waveform.MaxValues+1)}
	parts := w.Split(start)
	if len(parts) != 3 || len(parts[2].Values) != 1 || !parts[0].Start.Equal(start) || parts[2].Start.Sub(start) != 2*waveform.MaxValues*time.Millisecond {
		t.Errorf("%d parts, the last at %v", len(parts), parts[len(parts)-1].Start)
	}
}

// A WAVE file that is written is read back; its head is that of the standard.
func TestWAV(t *testing.T) {
	w := wave(100, true)
	raw := w.AppendWAV(nil)
	if string(raw[:4]) != "RIFF" || int(binary.LittleEndian.Uint32(raw[4:])) != len(raw)-8 || string(raw[8:16]) != "WAVEfmt " {
		t.Errorf("head % x", raw[:16])
	}
	got, err := waveform.ParseWAV(raw)
	if err != nil || len(got) != 1 || !same(got[0], w) {
		t.Errorf("%v, %d channels", err, len(got))
	}
	for n := range len(raw) - 1 {
		if _, err := waveform.ParseWAV(raw[:n]); err == nil && n < len(raw) {
			t.Fatalf("a file cut at %d of %d bytes is read", n, len(raw))
		}
	}
}

// Integers are fractions of full scale: two channels of 16 bits at 8 kHz, as the
// standard's own example is laid out, and the other widths.
func TestParseWAV_Integers(t *testing.T) {
	f := func(format, data string, want ...[]float64) {
		t.Helper()
		part := func(name, body string) []byte {
			raw, err := hex.DecodeString(body)
			if err != nil {
				t.Fatal(err)
			}
			return append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(raw))), raw...)
		}
		body := append(part("fmt ", format), part("LIST", "6162")...)
		body = append(body, part("data", data)...)
		raw := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body)+4)), "WAVE"...)
		got, err := waveform.ParseWAV(append(raw, body...))
		if err != nil || len(got) != len(want) {
			t.Fatalf("%v, %d channels; want %d", err, len(got), len(want))
		}
		for i := range want {
			if !slices.Equal(got[i].Values, want[i]) || got[i].Rate != 8000 {
				t.Errorf("channel %d: %+v; want %v", i, got[i], want[i])
			}
		}
	}
	f("0100"+"0200"+"401f0000"+"007d0000"+"0400"+"1000", "0080"+"0040"+"ff7f"+"0000", []float64{-1, 32767.0 / 32768}, []float64{0.5, 0})
	f("0100"+"0100"+"401f0000"+"401f0000"+"0100"+"0800", "0080c0", []float64{-1, 0, 0.5})
	f("0100"+"0100"+"401f0000"+"c05d0000"+"0300"+"1800", "000080"+"000040", []float64{-1, 0.5})
	f("0100"+"0100"+"401f0000"+"007d0000"+"0400"+"2000", "00000080"+"00000040", []float64{-1, 0.5})
	f("feff"+"0100"+"401f0000"+"007d0000"+"0400"+"2000"+"1600"+"2000"+"00000000"+"0300000000001000800000aa00389b71", "0000003f", []float64{0.5})
}

func TestCSV(t *testing.T) {
	w := waveform.Window{Rate: 4, Values: []float64{0.1, -3e-9}}
	if got := string(w.AppendCSV(nil, "m/s2")); got != "s,m/s2\r\n0,0.1\r\n0.25,-3e-09\r\n" {
		t.Errorf("%q", got)
	}
	if got := hex.EncodeToString(waveform.Window{Rate: 4, Values: []float64{1, -2}}.AppendFloat32(nil)); got != "0000803f000000c0" {
		t.Error(got)
	}
	if w.Duration() != time.Second/2 {
		t.Error(w.Duration())
	}
}

func FuzzParse(f *testing.F) {
	f.Add(wave(3, true).Encode())
	f.Add(wave(3, false).Encode())
	f.Add("\xffWF\x01")
	f.Fuzz(func(t *testing.T, s string) {
		w, err := waveform.Parse(s)
		if err != nil {
			return
		}
		again, err := waveform.Parse(w.Encode())
		if err != nil || !same(again, w) {
			t.Errorf("%v", err)
		}
		w.Envelope(7)
	})
}

func FuzzParseWAV(f *testing.F) {
	f.Add(wave(5, true).AppendWAV(nil))
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVEfmt \xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		all, err := waveform.ParseWAV(raw)
		if err != nil {
			return
		}
		for _, w := range all {
			for _, part := range w.Split(time.Unix(0, 0)) {
				if err := part.Check(); err != nil {
					t.Error(err)
				}
			}
		}
	})
}
