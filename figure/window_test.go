package figure

import (
	"strings"
	"testing"
	"time"

	"zhigai/plant"
)

func calendar(zone string) plant.Calendar {
	return plant.Calendar{Code: "c", Zone: zone, Shifts: []plant.Shift{
		{Code: "day", Start: "07:30", End: "19:30", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}},
		{Code: "night", Start: "19:30", End: "07:30", Weekdays: []int{1, 2, 3, 4, 5, 6, 7}},
	}}
}

func instant(t *testing.T, zone, text string) plant.Micros {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", text, z)
	if err != nil {
		t.Fatal(err)
	}
	return plant.MicrosOf(at)
}

func text(zone string, b Base) string {
	z, _ := time.LoadLocation(zone)
	return b.From.Time().In(z).Format("15:04") + "-" + b.To.Time().In(z).Format("15:04") + " " + b.Shift
}

func TestBasesAreCutAtShiftBorders(t *testing.T) {
	for _, c := range []struct{ zone, from, to, want string }{
		{"Asia/Shanghai", "2026-03-02 06:10", "2026-03-02 08:00", "06:00-07:00 night, 07:00-07:30 night, 07:30-08:00 day"},
		{"Asia/Shanghai", "2026-03-02 07:40", "2026-03-02 07:41", "07:30-08:00 day"},
		{"Asia/Kolkata", "2026-03-02 07:00", "2026-03-02 08:30", "07:00-07:30 night, 07:30-08:00 day, 08:00-09:00 day"},
		// Clocks go forward at 02:00 and back at 03:00.
		{"Europe/Berlin", "2026-03-29 01:00", "2026-03-29 04:00", "01:00-03:00 night, 03:00-04:00 night"},
		{"Europe/Berlin", "2026-10-25 01:00", "2026-10-25 04:00", "01:00-02:00 night, 02:00-02:00 night, 02:00-03:00 night, 03:00-04:00 night"},
	} {
		var got []string
		var last plant.Micros
		for _, b := range Bases(calendar(c.zone), instant(t, c.zone, c.from), instant(t, c.zone, c.to)) {
			if last != 0 && b.From != last || b.To-b.From > plant.Micros(time.Hour.Microseconds()) {
				t.Errorf("%s: %s follows a gap or is longer than an hour", c.zone, text(c.zone, b))
			}
			last = b.To
			got = append(got, text(c.zone, b))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s %s: %q; want %q", c.zone, c.from, strings.Join(got, ", "), c.want)
		}
	}
	if got := Bases(plant.Calendar{}, 0, 0); got != nil {
		t.Errorf("no time has bases %v", got)
	}
}

func TestWindows(t *testing.T) {
	const zone = "Asia/Shanghai"
	show := func(w Span) string {
		z, _ := time.LoadLocation(zone)
		return w.From.Time().In(z).Format("01-02 15:04") + " " + w.To.Time().In(z).Format("01-02 15:04") + " " + w.Shift
	}
	for _, c := range []struct {
		kind     Kind
		from, to string
		want     string
	}{
		{Hour, "2026-03-04 09:10", "2026-03-04 10:00", "03-04 09:00 03-04 10:00 "},
		{Shift, "2026-03-04 09:00", "2026-03-04 20:00", "03-04 07:30 03-04 19:30 day|03-04 19:30 03-05 07:30 night"},
		{Day, "2026-03-04 09:00", "2026-03-05 00:00", "03-04 00:00 03-05 00:00 "},
		{Week, "2026-03-01 09:00", "2026-03-02 09:00", "02-23 00:00 03-02 00:00 |03-02 00:00 03-09 00:00 "},
		{Month, "2026-01-31 09:00", "2026-02-01 00:01", "01-01 00:00 02-01 00:00 |02-01 00:00 03-01 00:00 "},
		{Range, "2026-03-04 09:10", "2026-03-04 11:20", "03-04 09:00 03-04 12:00 "},
		{Range, "2026-03-04 09:00", "2026-03-04 11:00", "03-04 09:00 03-04 11:00 "},
	} {
		windows, err := Windows(c.kind, calendar(zone), instant(t, zone, c.from), instant(t, zone, c.to))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range windows {
			got = append(got, show(w))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s from %s: %q; want %q", c.kind, c.from, strings.Join(got, "|"), c.want)
		}
	}
	for _, bad := range []struct {
		kind     Kind
		from, to plant.Micros
	}{{"year", 0, 1}, {Day, 5, 5}, {Hour, 0, 1 << 60}} {
		if _, err := Windows(bad.kind, plant.Calendar{}, bad.from, bad.to); err == nil {
			t.Errorf("Windows(%s, %d, %d) is answered", bad.kind, bad.from, bad.to)
		}
	}
}

func TestDigestIsOfTheTermsAlone(t *testing.T) {
	a := []Row{{Product: "A", Path: "x", Terms: map[string]int64{"apt_ms": 5, "pq": 0}}, {Product: "", Terms: map[string]int64{"machines": 1}}}
	b := []Row{{Product: "", Terms: map[string]int64{"machines": 1}}, {Product: "A", Path: "y", Terms: map[string]int64{"apt_ms": 5}}, {Product: "B"}}
	c := []Row{{Product: "", Terms: map[string]int64{"machines": 1}}, {Product: "A", Terms: map[string]int64{"apt_ms": 6}}}
	if Digest(a) != Digest(b) {
		t.Error("order, path and noughts change the digest")
	}
	if Digest(a) == Digest(c) {
		t.Error("another term has the same digest")
	}
}

// TestMonthlyNetworking: a machine is connected by days with enough known
// time, not by the sum of its hours.
func TestMonthlyNetworking(t *testing.T) {
	def, err := shipped(t).Definition("networking-rate-all")
	if err != nil {
		t.Fatal(err)
	}
	zone, _ := time.LoadLocation("Asia/Shanghai")
	first := instant(t, "Asia/Shanghai", "2026-03-02 08:00")
	machine := func(node plant.NodeID, good, planned int) []kept {
		var rows []kept
		for day := range planned {
			known := int64(100)
			if day < good {
				known = 800
			}
			rows = append(rows, kept{revision: 1, Row: Row{Node: node, From: first + plant.Micros(day)*86_400_000_000, Terms: map[string]int64{"machines": 1, "pbt_ms": 1000, "known_ms": known}}})
		}
		return rows
	}
	for _, c := range []struct {
		rows []kept
		want float64
	}{
		{machine("a", 15, 22), 1},
		{machine("a", 14, 22), 0},
		{append(machine("a", 20, 22), machine("b", 3, 22)...), 0.5},
		{machine("a", 5, 5), 1}, // a week: all of its planned days
		{machine("a", 4, 5), 0},
	} {
		f, err := def.figure(c.rows, Scope{}, Span{}, zone)
		if err != nil || f.Value == nil || *f.Value != c.want {
			t.Errorf("figure = %+v, %v; want %v", f, err, c.want)
		}
	}
}
