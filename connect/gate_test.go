package connect

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/plant"
	"zhigai/plant/waveform"
)

// noon is our time in these tests.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// What is no value must never become one, and its raw bytes must be kept as
// the evidence.
func TestGate_WhatIsNoValue(t *testing.T) {
	raw := []byte{1, 2, 3, 4}
	f := func(spec PointSpec, r Reading, want plant.Quality) {
		t.Helper()
		g := gate{spec: &spec, lateness: DefaultLateness}
		r.Raw = raw
		p := g.pass(&r, plant.MicrosOf(noon))
		if p.sample.Quality != want || !p.store || p.sample.Time != plant.MicrosOf(noon) {
			t.Errorf("%+v = %+v; want %s", r, p.sample, want)
		}
		if want.IsBad() && p.sample.Raw() != 0x01020304<<32 {
			t.Errorf("%+v kept %x", r, p.sample.Raw())
		}
	}
	number := PointSpec{Kind: plant.KindNumber}
	f(number, Reading{Number: 5}, plant.Good)
	f(number, Reading{Number: 5, Uncertain: true}, plant.Uncertain)
	f(number, Reading{Number: math.NaN()}, plant.Bad|plant.NotANumber)
	f(number, Reading{Number: math.Inf(1)}, plant.Bad|plant.NotANumber)
	f(number, Reading{Number: math.Inf(-1)}, plant.Bad|plant.NotANumber)
	f(PointSpec{Kind: plant.KindNumber, Scale: 1e300}, Reading{Number: 1e300}, plant.Bad|plant.OutOfRange)
	f(PointSpec{Kind: plant.KindNumber, Invalid: []float64{-32768, 32767}, Scale: 0.1}, Reading{Number: 32767}, plant.Bad|plant.Sentinel)
	f(PointSpec{Kind: plant.KindNumber, Invalid: []float64{32767}, Scale: 0.1}, Reading{Number: 3276.7}, plant.Good)
	ranged := PointSpec{Kind: plant.KindNumber, Min: new(0.0), Max: new(100.0), Scale: 0.1}
	f(ranged, Reading{Number: 1000}, plant.Good)
	f(ranged, Reading{Number: 1001}, plant.Bad|plant.OutOfRange)
	f(ranged, Reading{Number: -1}, plant.Bad|plant.OutOfRange)
	f(ranged, Reading{Number: 0}, plant.Good)
	f(number, Reading{Err: fmt.Errorf("x: %w", ErrImprecise)}, plant.Bad|plant.Imprecise)
	f(number, Reading{Err: fmt.Errorf("x: %w", ErrRefused)}, plant.Bad|plant.Refused)
	f(number, Reading{Err: fmt.Errorf("x: %w", ErrUnconfigured)}, plant.Bad|plant.Unconfigured)
	f(number, Reading{Err: fmt.Errorf("x: %w", ErrStale)}, plant.Bad|plant.Stale)
	f(number, Reading{Err: fmt.Errorf("x: %w", ErrUnavailable)}, plant.Bad|plant.NotAvailable)
	f(number, Reading{Err: fmt.Errorf("x")}, plant.Bad|plant.Malformed)
}

func TestGate_Texts(t *testing.T) {
	f := func(r Reading, want string, quality plant.Quality) {
		t.Helper()
		g := gate{spec: &PointSpec{Kind: plant.KindText}, lateness: DefaultLateness}
		if p := g.pass(&r, plant.MicrosOf(noon)); !p.isText || p.text.Value != want || p.text.Quality != quality || !p.store {
			t.Errorf("%+v", p)
		}
	}
	f(Reading{Text: "AUTO"}, "AUTO", plant.Good)
	f(Reading{Text: ""}, "", plant.Good)
	f(Reading{Text: strings.Repeat("a", plant.MaxText)}, strings.Repeat("a", plant.MaxText), plant.Good)
	f(Reading{Text: strings.Repeat("a", plant.MaxText+1), Raw: []byte("aa")}, "aa", plant.Bad|plant.TooLong)
	f(Reading{Err: ErrRefused, Raw: []byte(strings.Repeat("b", 100))}, strings.Repeat("b", 64), plant.Bad|plant.Refused)
	g := gate{spec: &PointSpec{Kind: plant.KindText}, lateness: DefaultLateness}
	var stored strings.Builder
	for _, text := range []string{"a", "a", "b", "b", "a"} {
		if g.pass(&Reading{Text: text}, plant.MicrosOf(noon)).store {
			stored.WriteString(text)
		}
	}
	if stored.String() != "aba" {
		t.Errorf("stored %q", stored.String())
	}
}

// Every window of a signal is kept, whatever the one before was; of bad ones
// the first. What is none is malformed.
func TestGate_Waveforms(t *testing.T) {
	g := gate{spec: &PointSpec{Kind: plant.KindWaveform}, lateness: DefaultLateness}
	window := waveform.Window{Rate: 25600, Values: make([]float64, 20_000)}.Encode()
	f := func(r Reading, quality plant.Quality, store bool) {
		t.Helper()
		p := g.pass(&r, plant.MicrosOf(noon))
		if !p.isText || p.store != store || p.text.Quality != quality || !quality.IsBad() && p.text.Value != window {
			t.Errorf("%d bytes, %v, stored %t; want %v, %t", len(p.text.Value), p.text.Quality, p.store, quality, store)
		}
	}
	f(Reading{Text: window}, plant.Good, true)
	f(Reading{Text: window}, plant.Good, true)
	f(Reading{Text: window[:5000], Raw: []byte("ab")}, plant.Bad|plant.Malformed, true)
	f(Reading{Text: "text", Raw: []byte("cd")}, plant.Bad|plant.Malformed, false)
	f(Reading{Err: ErrRefused}, plant.Bad|plant.Refused, true)
	f(Reading{Text: window}, plant.Good, true)
}

// What is written down with its time is believed however old, and kept though it
// is the same again; the future is believed of nobody.
func TestGate_Recorded(t *testing.T) {
	f := func(kind plant.TagKind, source time.Time, quality plant.Quality, at time.Time) {
		t.Helper()
		g := gate{spec: &PointSpec{Kind: kind}, lateness: DefaultLateness}
		for range 2 {
			p := g.pass(&Reading{Number: 1, Text: "1", Source: source, Recorded: true}, plant.MicrosOf(noon))
			q, when := p.sample.Quality, p.sample.Time
			if p.isText {
				q, when = p.text.Quality, p.text.Time
			}
			if !p.store || q != quality || when != plant.MicrosOf(at) {
				t.Errorf("%v: %+v", source, p)
			}
		}
	}
	for _, kind := range []plant.TagKind{plant.KindNumber, plant.KindText} {
		f(kind, noon.AddDate(-3, 0, 0), plant.Good, noon.AddDate(-3, 0, 0))
		f(kind, noon.Add(time.Hour), plant.Uncertain|plant.Clock, noon)
	}
}

// A source clock is believed from a week late to a minute ahead; beyond, the
// value stays, at our time and marked.
func TestGate_SourceClock(t *testing.T) {
	f := func(source time.Duration, believed bool) {
		t.Helper()
		g := gate{spec: &PointSpec{Kind: plant.KindNumber}, lateness: DefaultLateness}
		claimed := noon.Add(source)
		p := g.pass(&Reading{Number: 5, Source: claimed}, plant.MicrosOf(noon))
		want, quality := plant.MicrosOf(claimed), plant.Good
		if !believed {
			want, quality = plant.MicrosOf(noon), plant.Uncertain|plant.Clock
		}
		if p.clock == believed || p.sample.Time != want || p.sample.Quality != quality || p.sample.Value != 5 || !believed && p.claimed != plant.MicrosOf(claimed) {
			t.Errorf("%v: %+v", source, p)
		}
	}
	f(0, true)
	f(-time.Second, true)
	f(clockAhead, true)
	f(clockAhead+time.Microsecond, false)
	f(-DefaultLateness, true)
	f(-DefaultLateness-time.Microsecond, false)
	f(-50*365*24*time.Hour, false)
	f(100*365*24*time.Hour, false)
}

// 253 × 0.1 is 25.3 for everybody who reads the display of the machine.
func TestGate_ScaleIsExact(t *testing.T) {
	f := func(scale float64, digits int, offset float64) {
		t.Helper()
		g := gate{spec: &PointSpec{Kind: plant.KindNumber, Scale: scale, Offset: offset}}
		power := math.Pow10(digits)
		for raw := -32768; raw <= 65535; raw++ {
			want, err := strconv.ParseFloat(strconv.FormatInt(int64(raw)+int64(offset*power), 10)+"e-"+strconv.Itoa(digits), 64)
			if err != nil {
				t.Fatal(err)
			}
			if got, reason := g.judge(&Reading{Number: float64(raw)}); got != want || reason != 0 {
				t.Fatalf("%d × %v + %v = %v; want %v", raw, scale, offset, got, want)
			}
		}
	}
	f(0.1, 1, 0)
	f(0.01, 2, 0)
	f(0.001, 3, 0)
	f(-0.1+0.2, 1, 0)
	f(0.1, 1, -40)
	f(0.01, 2, -273)
	g := gate{spec: &PointSpec{Kind: plant.KindNumber, Scale: 0.25, Offset: 0.1}}
	if got, _ := g.judge(&Reading{Number: 3}); got != 0.85 {
		t.Errorf("3 × 0.25 + 0.1 = %v", got)
	}
	g = gate{spec: &PointSpec{Kind: plant.KindNumber, Scale: 0.1}}
	if got, _ := g.judge(&Reading{Number: 0.04}); math.Abs(got-0.004) > 1e-15 {
		t.Errorf("a fraction × 0.1 = %v; want 0.004", got)
	}
}

// The deadband is what a person sets in the profile: what moved by it is
// stored, what moved less is not.
func TestGate_Deadband(t *testing.T) {
	f := func(spec PointSpec, values []float64, want ...float64) {
		t.Helper()
		if spec.Kind == "" {
			spec.Kind = plant.KindNumber
		}
		g := gate{spec: &spec, lateness: DefaultLateness}
		var got []float64
		for i, v := range values {
			at := plant.MicrosOf(noon.Add(time.Duration(i) * time.Second))
			if p := g.pass(&Reading{Number: v}, at); p.store {
				got = append(got, v)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%+v of %v stored %v; want %v", spec, values, got, want)
		}
	}
	f(PointSpec{}, []float64{1, 1, 1.0000001, 1}, 1, 1.0000001, 1)
	f(PointSpec{Abs: 1}, []float64{10, 10.9, 11, 11.9, 9.5}, 10, 11, 9.5)
	f(PointSpec{Abs: 1}, []float64{10, 10.4, 10.8, 11.2}, 10, 11.2) // creeping counts from what is stored
	f(PointSpec{Abs: 0.1, Scale: 0.1}, []float64{253, 254, 253, 253, 252}, 253, 254, 253, 252)
	f(PointSpec{Rel: 0.1}, []float64{100, 109, 110, 120, 121}, 100, 110, 121)
	f(PointSpec{Rel: 0.1}, []float64{0, 0, 0.001}, 0, 0.001)
	f(PointSpec{Abs: 1, Rel: 0.1}, []float64{5, 5.6, 100, 100.9, 101}, 5, 5.6, 100, 101) // one of the two is enough
	f(PointSpec{Abs: 1, Silence: 3 * time.Second}, []float64{10, 10, 10, 10, 10, 10, 10}, 10, 10, 10)
	f(PointSpec{Kind: plant.KindBoolean, Abs: 5}, []float64{0, 1, 1, 0}, 0, 1, 0)
	f(PointSpec{Kind: plant.KindEnumeration, Abs: 5}, []float64{2, 3, 3, 4}, 2, 3, 4)
	f(PointSpec{Abs: 1, Max: new(50.0)}, []float64{10, 60, 61, 10, 10}, 10, 60, 10) // one marker a gap
}

// What is late on purpose is stored whole and disturbs nothing.
func TestGate_Historical(t *testing.T) {
	g := gate{spec: &PointSpec{Kind: plant.KindNumber, Abs: 1}, lateness: DefaultLateness}
	now := plant.MicrosOf(noon)
	g.pass(&Reading{Number: 10}, now)
	for range 3 {
		if p := g.pass(&Reading{Number: 99, Historical: true, Source: noon.Add(-time.Hour)}, now); !p.store || p.sample.Time != plant.MicrosOf(noon.Add(-time.Hour)) {
			t.Errorf("%+v", p)
		}
	}
	if g.pass(&Reading{Number: 10}, now).store {
		t.Error("history moved the deadband")
	}
}
