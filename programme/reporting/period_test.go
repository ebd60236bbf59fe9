package reporting

import (
	"errors"
	"os"
	"testing"
	"time"

	"zhigai/plant"
)

func TestPeriodOf(t *testing.T) {
	f := func(id, kind, from, to, before, name string) {
		t.Helper()
		p, err := PeriodOf(id)
		if err != nil {
			t.Fatal(err)
		}
		at := func(m plant.Micros) string { return m.Time().In(zone).Format("2006-01-02 15:04") }
		if p.Kind != kind || at(p.From) != from+" 00:00" || at(p.To) != to+" 00:00" || p.before().ID != before || p.Name() != name {
			t.Errorf("%s: %s %s–%s, before %s, %s; want %s %s–%s, %s, %s", id, p.Kind, at(p.From), at(p.To), p.before().ID, p.Name(), kind, from, to, before, name)
		}
	}
	f("2022-05", "month", "2022-05-01", "2022-06-01", "2022-04", "2022年5月（1–5月）")
	f("2022-01", "month", "2022-01-01", "2022-02-01", "2021-12", "2022年1月")
	f("2020-02", "month", "2020-02-01", "2020-03-01", "2020-01", "2020年2月（1–2月）")
	f("2022-Q1", "quarter", "2022-01-01", "2022-04-01", "2021-Q4", "2022年第1季度（1–3月）")
	f("2022-Q4", "quarter", "2022-10-01", "2023-01-01", "2022-Q3", "2022年第4季度（1–12月）")
	f("2022", "year", "2022-01-01", "2023-01-01", "2021", "2022年")
	for _, bad := range []string{"", "2022-13", "2022-00", "2022-Q5", "2022-5", "22-05", "2022-05-01", "1948", "2101-01", "2022-q1", "２０２２"} {
		if _, err := PeriodOf(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("PeriodOf(%q): %v; want ErrInvalid", bad, err)
		}
	}
}

// An instant in the first hour of a month in China is still the month before in
// UTC: what is over goes by the clock in China.
func TestEnded(t *testing.T) {
	now := time.Date(2022, 5, 31, 16, 30, 0, 0, time.UTC)
	var ids []string
	for _, p := range Ended(now, 2, 2, 1) {
		ids = append(ids, p.ID)
	}
	want := []string{"2022-05", "2022-04", "2022-Q1", "2021-Q4", "2021"}
	if len(ids) != len(want) {
		t.Fatalf("%v; want %v", ids, want)
	}
	for i := range want {
		if ids[i] != want[i] {
			t.Errorf("%v; want %v", ids, want)
		}
	}
}

func TestCalendar_Due(t *testing.T) {
	raw, err := os.ReadFile("../../data/reporting/calendar.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseCalendar(raw)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := PeriodOf("2022-05")
	due := c.Due(p, plant.County)
	if got := due.In(zone).Format(time.RFC3339); got != "2022-06-06T00:00:00+08:00" {
		t.Errorf("a county's May is due until %s; want the end of 5 June", got)
	}
	f := func(after time.Duration, want int) {
		t.Helper()
		if got := lateDays(due.Add(after), due); got != want {
			t.Errorf("late by %d days at %v; want %d", got, after, want)
		}
	}
	f(-time.Hour, 0)
	f(-49*time.Hour, -2)
	f(0, 1)
	f(23*time.Hour, 1)
	f(24*time.Hour, 2)
	for _, bad := range []string{"", "schema: x", "schema: zhigai.report-calendar/1\nversion: 1\nsource: x\nverified: read\ndue_days: {month: {county: 0}}", string(raw) + "more: 1\n"} {
		if _, err := ParseCalendar([]byte(bad)); err == nil {
			t.Errorf("ParseCalendar(%q) has no error", bad)
		}
	}
}

func FuzzParseCard(f *testing.F) {
	raw, err := os.ReadFile("../../data/reporting/score-card.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("schema: zhigai.score-card/1\nitems: [{indicator: x, marks: .nan, zero: 0, full: 1}]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCard(raw, func(string) bool { return true })
		if err != nil {
			return
		}
		for _, item := range c.Items {
			for _, v := range []float64{item.Zero - 1, item.Zero, item.Full, item.Full + 1} {
				if m := item.Of(v); !(m >= 0 && m <= item.Marks) {
					t.Errorf("%+v gives %v marks for %v", item, m, v)
				}
			}
		}
	})
}

func TestCardItem_Of(t *testing.T) {
	item := CardItem{Marks: 20, Zero: 0.2, Full: 0.7}
	for value, want := range map[float64]float64{0: 0, 0.2: 0, 0.45: 10, 0.7: 20, 1: 20, -1: 0} {
		if got := item.Of(value); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("Of(%v) = %v; want %v", value, got, want)
		}
	}
}
