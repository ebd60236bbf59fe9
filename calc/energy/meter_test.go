package energy_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"zhigai/calc/energy"
)

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func at(minutes float64) time.Time {
	return day.Add(time.Duration(minutes * float64(time.Minute)))
}

func TestIntervals_WhatHappensToMeters(t *testing.T) {
	t.Parallel()
	quarter := 15 * time.Minute
	for _, c := range []struct {
		name     string
		meter    energy.Meter
		readings []energy.Reading
		want     []int64 // of quarters from midnight; −1 is not wholly known
		odd      []energy.Oddity
	}{
		{"even", energy.Meter{}, []energy.Reading{{at(0), 100}, {at(15), 110}, {at(30), 130}}, []int64{10, 20}, nil},
		{"across borders", energy.Meter{}, []energy.Reading{{at(0), 0}, {at(20), 20}, {at(30), 31}}, []int64{15, 16}, nil},
		{"rolled over", energy.Meter{Modulo: 1000}, []energy.Reading{{at(0), 990}, {at(15), 5}}, []int64{15}, []energy.Oddity{energy.RolledOver}},
		{"rolled over beyond belief", energy.Meter{Modulo: 1000, MaxPerHour: 40}, []energy.Reading{{at(0), 990}, {at(15), 500}}, []int64{-1}, []energy.Oddity{energy.WentBack}},
		{"went back", energy.Meter{}, []energy.Reading{{at(0), 990}, {at(15), 5}, {at(30), 9}}, []int64{-1, 4}, []energy.Oddity{energy.WentBack}},
		{
			"exchanged",
			energy.Meter{Exchanges: []energy.Exchange{{at(5), 1004, 20}}},
			[]energy.Reading{{at(0), 1000}, {at(15), 26}},
			[]int64{10},
			[]energy.Oddity{energy.Exchanged},
		},
		{"jumped", energy.Meter{MaxPerHour: 100}, []energy.Reading{{at(0), 0}, {at(15), 20}, {at(30), 5000}, {at(45), 5010}}, []int64{20, -1, 10}, []energy.Oddity{energy.Jumped}},
		{"gap", energy.Meter{MaxGap: 20 * time.Minute}, []energy.Reading{{at(0), 0}, {at(15), 5}, {at(45), 65}, {at(60), 70}}, []int64{5, -1, -1, 5}, []energy.Oddity{energy.Gap}},
		{"repeated", energy.Meter{}, []energy.Reading{{at(0), 0}, {at(15), 5}, {at(15), 5}, {at(30), 9}}, []int64{5, 4}, []energy.Oddity{energy.Repeated}},
		{"corrected", energy.Meter{}, []energy.Reading{{at(0), 0}, {at(15), 5}, {at(15), 7}, {at(30), 9}}, []int64{7, 2}, []energy.Oddity{energy.Overruled}},
		{"disordered", energy.Meter{}, []energy.Reading{{at(0), 0}, {at(15), 5}, {at(10), 4}, {at(30), 9}}, []int64{5, 4}, []energy.Oddity{energy.Disordered}},
		{"begins late", energy.Meter{}, []energy.Reading{{at(10), 0}, {at(30), 20}}, []int64{-1, 15}, nil},
		{"one reading", energy.Meter{}, []energy.Reading{{at(10), 7}}, []int64{-1}, nil},
	} {
		got, odd, err := c.meter.Intervals(c.readings, day, day.Add(time.Duration(len(c.want))*quarter), quarter)
		must(t, err)
		for i, want := range c.want {
			if v := got[i]; want < 0 && v.Whole() || want >= 0 && (!v.Whole() || v.Count != want) {
				t.Errorf("%s: quarter %d is %+v; want %d", c.name, i, v, want)
			}
		}
		if len(odd) != len(c.odd) {
			t.Errorf("%s: %+v; want %v", c.name, odd, c.odd)
			continue
		}
		for i := range odd {
			if odd[i].What != c.odd[i] {
				t.Errorf("%s: %+v; want %v", c.name, odd[i], c.odd[i])
			}
		}
	}
}

// Whatever the readings and the step, intervals add up to what the register rose by.
func TestIntervals_AddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 9))
	for range 200 {
		var readings []energy.Reading
		count, when := r.Int64N(1e15), day
		for range 2 + r.IntN(50) {
			readings = append(readings, energy.Reading{At: when, Count: count})
			count += r.Int64N(1e12)
			when = when.Add(time.Duration(1 + r.Int64N(int64(3*time.Hour))))
		}
		step := time.Duration(1+r.IntN(120)) * time.Minute
		got, odd, err := energy.Meter{}.Intervals(readings, day, when.Add(step), step)
		must(t, err)
		sum := int64(0)
		for _, i := range got {
			sum += i.Count
		}
		last := readings[len(readings)-1]
		total, _ := energy.Meter{}.Total(readings)
		if want := last.Count - readings[0].Count; sum != want || total != want || len(odd) > 0 {
			t.Fatalf("%d of %d, total %d, %v", sum, want, total, odd)
		}
	}
}

func TestPeakAndForecast(t *testing.T) {
	t.Parallel()
	d := energy.Peak([]energy.Use{{at(0), at(15), 25}, {at(15), at(30), 50}, {at(30), at(45), 50}, {at(45), at(60), 0}, {at(60), at(60), 9}})
	if !d.OK || d.Max != 200 || len(d.At) != 2 || !d.At[0].Equal(at(30)) || d.Mean != 125 || d.LoadFactor != 0.625 {
		t.Errorf("%+v", d)
	}
	if energy.Peak(nil).OK || energy.Peak([]energy.Use{{at(0), at(15), 0}}).OK {
		t.Error("a demand of nothing")
	}
	// 30 kWh in ten minutes, and 300 kW for the last five: 55 kWh are 220 kW.
	if v, ok := energy.Forecast(at(0), at(15), at(10), 30, 300); !ok || math.Abs(v-220) > 1e-9 {
		t.Errorf("%v %v", v, ok)
	}
	// To end at 200 kW, 20 kWh are left for five minutes: 240 kW.
	if v, ok := energy.Allowed(at(0), at(15), at(10), 30, 200); !ok || math.Abs(v-240) > 1e-9 {
		t.Errorf("%v %v", v, ok)
	}
	if _, ok := energy.Forecast(at(0), at(15), at(16), 30, 300); ok {
		t.Error("a forecast of an interval that is over")
	}
}

func TestLocalise_ClockChanges(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	must(t, err)
	labels := func(first string, n int, at func(i int) time.Time) []time.Time { // as the clock shows them
		out := make([]time.Time, n)
		for i := range out {
			w := at(i).In(berlin)
			out[i] = time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), 0, 0, time.UTC)
		}
		if got := out[0].Format("2006-01-02 15:04"); got != first {
			t.Fatalf("begins %s", got)
		}
		return out
	}
	for first, from := range map[string]time.Time{
		"2021-10-31 00:00": time.Date(2021, 10, 30, 22, 0, 0, 0, time.UTC), // 25 hours
		"2021-03-28 00:00": time.Date(2021, 3, 27, 23, 0, 0, 0, time.UTC),  // 23 hours
	} {
		at := func(i int) time.Time { return from.Add(time.Duration(i) * 15 * time.Minute) }
		shown := labels(first, 100, at)
		got, err := energy.Localise(shown, berlin)
		must(t, err)
		for i := range shown {
			if !got.At[i].Equal(at(i)) {
				t.Errorf("%s: %s is %s; want %s", first, shown[i], got.At[i].UTC(), at(i))
				break
			}
		}
		if len(got.Notes) != 1 {
			t.Errorf("%s: %v", first, got.Notes)
		}
		if len(energy.ClockFaults(shown, 15*time.Minute)) != 1 {
			t.Errorf("%s: no fault is found in the labels alone", first)
		}
	}
	never := []time.Time{time.Date(2021, 3, 28, 2, 30, 0, 0, time.UTC)}
	if _, err := energy.Localise(never, berlin); !errors.Is(err, energy.ErrInvalid) || !strings.Contains(err.Error(), "never shows") {
		t.Errorf("%v", err)
	}
}
