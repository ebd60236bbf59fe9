package sheet

import (
	"fmt"
	"strings"
	"time"

	"zhigai/calc/energy"
	"zhigai/calc/stat"
)

// period is one row of a model: rows of the table put together.
type period struct {
	from, to time.Time
	rows     []int
	energy.Period
}

// Every are the lengths that rows may be put together to.
var Every = []string{"row", "day", "week", "month"}

// begins is the beginning of the period that an instant is in.
func begins(at time.Time, every string, zone *time.Location) (from, to time.Time) {
	at = at.In(zone)
	day := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, zone)
	switch every {
	case "week":
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		return day, day.AddDate(0, 0, 7)
	case "month":
		day = day.AddDate(0, 0, 1-day.Day())
		return day, day.AddDate(0, 1, 0)
	}
	return day, day.AddDate(0, 0, 1)
}

// group puts rows together, and leaves out periods of which time is missing.
func (in *intervals) group(every string, n *notes) (out []period) {
	if every == "row" {
		for i := range in.from {
			out = append(out, period{from: in.from[i], to: in.to[i], rows: []int{i}})
		}
		return out
	}
	for i := range in.from {
		from, to := begins(in.from[i], every, in.zone)
		if k := len(out); k > 0 && out[k-1].from.Equal(from) {
			out[k-1].rows = append(out[k-1].rows, i)
			continue
		}
		out = append(out, period{from: from, to: to, rows: []int{i}})
	}
	whole := out[:0]
	for _, p := range out {
		known := time.Duration(0)
		for _, i := range p.rows {
			known += in.to[i].Sub(in.from[i])
		}
		// Without a zone, a day on which clocks were set has 23 or 25 hours.
		if d := known - p.to.Sub(p.from); d == 0 || in.clock.Zone == "" && (d == time.Hour || d == -time.Hour && in.set(p)) {
			whole = append(whole, p)
			continue
		}
		n.say("the %s of %s has %s of %s: it is left out", every, in.written(p.from), known, p.to.Sub(p.from))
	}
	return whole
}

// set says whether the only thing missing from a period is an hour that a clock
// which was set forward leaves out.
func (in *intervals) set(p period) bool {
	step := time.Duration(in.clock.Step) * time.Second
	for _, i := range p.rows[1:] {
		if energy.ClockFaults(in.from[i-1:i+1], step)[1] == energy.HourMissing {
			return true
		}
	}
	return false
}

// fill reads energy and variables of periods; those with a missing value are left
// out.
func (f *Frame) fill(all []period, y int, terms []term, temperature int, in *intervals, n *notes) ([]period, error) {
	out := all[:0]
	lost := 0
	for _, p := range all {
		ok, err := f.one(&p, y, terms, temperature, in)
		if err != nil {
			return nil, err
		}
		if !ok {
			if lost++; lost <= 3 {
				n.say("%s has no value of energy, a variable or the temperature: it is left out", in.written(p.from))
			}
			continue
		}
		out = append(out, p)
	}
	if lost > 3 {
		n.say("%d periods without a value are left out", lost)
	}
	return out, nil
}

func (f *Frame) one(p *period, y int, terms []term, temperature int, in *intervals) (bool, error) {
	sum := func(of func(row int) (float64, bool, error), weight func(row int) float64) (float64, bool, error) {
		parts := make([]float64, 0, len(p.rows))
		for _, row := range p.rows {
			v, ok, err := of(row)
			if err != nil || !ok {
				return 0, false, err
			}
			parts = append(parts, v*weight(row))
		}
		return stat.Sum(parts), true, nil
	}
	once := func(int) float64 { return 1 }
	hours := func(row int) float64 { return in.to[row].Sub(in.from[row]).Hours() }
	var ok bool
	var err error
	if p.Y, ok, err = sum(func(row int) (float64, bool, error) { return f.Number(row, y) }, once); err != nil || !ok {
		return false, err
	}
	alone := len(p.rows) == 1
	for _, t := range terms {
		weight := once
		if t.hours && !alone {
			weight = hours
		}
		v, ok, err := sum(t.of, weight)
		if err != nil || !ok {
			return false, err
		}
		if t.mean {
			v /= float64(len(p.rows))
		}
		p.X = append(p.X, v)
	}
	if temperature >= 0 {
		return f.temperatures(p, temperature, in)
	}
	return true, nil
}

// temperatures are the means of a period's days.
func (f *Frame) temperatures(p *period, column int, in *intervals) (bool, error) {
	var day time.Time
	var of []float64
	done := func() {
		if len(of) > 0 {
			p.Temperatures = append(p.Temperatures, stat.Sum(of)/float64(len(of)))
		}
		of = of[:0]
	}
	for _, row := range p.rows {
		v, ok, err := f.Number(row, column)
		if err != nil || !ok {
			return false, err
		}
		if d, _ := begins(in.from[row], "day", in.zone); !d.Equal(day) {
			done()
			day = d
		}
		of = append(of, v)
	}
	done()
	return true, nil
}

// span is a part of time, [from, to).
type span struct{ from, to time.Time }

// spanOf reads A..B: dates and months with all of B, instants up to B; a side that
// is left out is open.
func spanOf(text string, zone *time.Location) (span, error) {
	if text == "" {
		return span{}, nil
	}
	a, b, ok := strings.Cut(text, "..")
	if !ok {
		return span{}, invalid("%q is no span of time; write A..B, such as 2018-01-01..2018-06-30", text)
	}
	var out span
	var err error
	if a = strings.TrimSpace(a); a != "" {
		if out.from, _, err = bound(a, zone); err != nil {
			return span{}, err
		}
	}
	if b = strings.TrimSpace(b); b != "" {
		if _, out.to, err = bound(b, zone); err != nil {
			return span{}, err
		}
	}
	if !out.from.IsZero() && !out.to.IsZero() && !out.to.After(out.from) {
		return span{}, invalid("%q ends before it begins; write the earlier one first", text)
	}
	return out, nil
}

// bound is the beginning and the end of a date, a month, or an instant.
func bound(text string, zone *time.Location) (from, to time.Time, err error) {
	for _, l := range []struct {
		layout       string
		months, days int
	}{{"2006-01-02", 0, 1}, {"2006-01", 1, 0}, {"2006-01-02 15:04", 0, 0}, {"2006-01-02T15:04", 0, 0}, {"2006-01-02T15:04:05", 0, 0}, {time.RFC3339, 0, 0}} {
		if at, err := time.ParseInLocation(l.layout, text, zone); err == nil {
			return at, at.AddDate(0, l.months, l.days), nil
		}
	}
	return time.Time{}, time.Time{}, invalid("%q is no time; write YYYY-MM-DD, YYYY-MM or YYYY-MM-DDThh:mm", text)
}

func (s span) holds(p period) bool {
	return (s.from.IsZero() || !p.from.Before(s.from)) && (s.to.IsZero() || !p.to.After(s.to))
}

func (s span) within(all []period) (out []period) {
	for _, p := range all {
		if s.holds(p) {
			out = append(out, p)
		}
	}
	return out
}

func bare(all []period) []energy.Period {
	out := make([]energy.Period, len(all))
	for i, p := range all {
		out[i] = p.Period
	}
	return out
}

// extent says of when periods are: whose first and last they are.
func (in *intervals) extent(all []period) string {
	if len(all) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%s to %s", in.written(all[0].from), in.written(all[len(all)-1].to))
}
