package machine

import (
	"strings"
	"testing"

	"zhigai/data"
	"zhigai/plant"
)

func TestRule_AsDelivered(t *testing.T) {
	r, err := LoadRule(data.FS, "standards/networked.yaml")
	if err != nil {
		t.Fatal(err)
	}
	counts := func(planned, known int64, want bool) {
		t.Helper()
		if got := r.Counts(planned, known); got != want {
			t.Errorf("a day with %d of %d known counts = %v; want %v", known, planned, got, want)
		}
	}
	counts(1000, 800, true)
	counts(1000, 799, false)
	counts(0, 0, false)
	networked := func(planned, connected int64, want bool) {
		t.Helper()
		if got := r.Networked(planned, connected); got != want {
			t.Errorf("a month with %d of %d days is networked = %v; want %v", connected, planned, got, want)
		}
	}
	networked(22, 15, true)
	networked(22, 14, false)
	networked(10, 10, true) // a month with ten planned days
	networked(10, 9, false)
	networked(0, 0, false)
}

func TestDay_Check(t *testing.T) {
	good := Day{Owner: "o", Machine: "m", Date: "2022-05-31", PlannedMs: 10, KnownMs: 10, Revision: 1, AsOf: 1, Digest: strings.Repeat("a", 64)}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	f := func(want string, change func(*Day)) {
		t.Helper()
		d := good
		change(&d)
		if err := d.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want an error with %q", d, err, want)
		}
	}
	f("owner", func(d *Day) { d.Owner = "" })
	f("owner", func(d *Day) { d.Machine = "" })
	f("date", func(d *Day) { d.Date = "2022-5-31" })
	f("date", func(d *Day) { d.Date = "2022-02-30" })
	f("planned in a day", func(d *Day) { d.PlannedMs = 26 * 3600 * 1000 })
	f("planned in a day", func(d *Day) { d.PlannedMs = -1 })
	f("known of", func(d *Day) { d.KnownMs = 11 })
	f("closed days", func(d *Day) { d.Revision = 0 })
	f("SHA-256", func(d *Day) { d.Digest = "x" })
}

func TestNewer(t *testing.T) {
	day := func(revision int, asOf plant.Micros) Day { return Day{Revision: revision, AsOf: asOf} }
	f := func(a, b Day, want bool) {
		t.Helper()
		if got := a.Newer(b); got != want {
			t.Errorf("%d/%d newer than %d/%d = %v", a.Revision, a.AsOf, b.Revision, b.AsOf, got)
		}
	}
	f(day(2, 1), day(1, 9), true)
	f(day(1, 9), day(2, 1), false)
	f(day(1, 2), day(1, 1), true)
	f(day(1, 1), day(1, 1), false)
}

func TestMonthOf(t *testing.T) {
	from, to, err := MonthOf("2022-12-31")
	if err != nil || from != "2022-12-01" || to != "2023-01-01" {
		t.Errorf("%s to %s, %v", from, to, err)
	}
	if _, _, err := MonthOf("soon"); err == nil {
		t.Error("no date is no error")
	}
}
