package plant

import (
	"fmt"
	"slices"
	"sort"
	"time"
)

// Calendar says when a plant is planned to work: shifts by weekday, breaks in
// them, holidays, and days worked against the rule. Clock times are local to
// Zone; everything that leaves this file is UTC.
type Calendar struct {
	ID       CalendarID `yaml:"id,omitempty" json:"id,omitempty"`
	Code     string     `yaml:"code" json:"code"`
	Name     Name       `yaml:"name" json:"name"`
	Zone     string     `yaml:"zone" json:"zone"` // IANA name
	Shifts   []Shift    `yaml:"shifts" json:"shifts"`
	Holidays []Day      `yaml:"holidays,omitempty" json:"holidays,omitempty"`
	Workdays []Day      `yaml:"workdays,omitempty" json:"workdays,omitempty"` // worked although the weekday is free
	Downs    []Down     `yaml:"downs,omitempty" json:"downs,omitempty"`
	Valid    Validity   `yaml:"valid,omitempty" json:"valid,omitzero"`
}

// Shift is a span of planned operation on certain weekdays. An End not after
// Start ends on the next day.
type Shift struct {
	Code     string  `yaml:"code" json:"code"`
	Name     Name    `yaml:"name" json:"name"`
	Start    string  `yaml:"start" json:"start"` // 08:00
	End      string  `yaml:"end" json:"end"`
	Weekdays []int   `yaml:"weekdays" json:"weekdays"` // 1 Monday ... 7 Sunday (ISO 8601)
	Breaks   []Break `yaml:"breaks,omitempty" json:"breaks,omitempty"`
}

// Break is time inside a shift that is not planned to be worked.
type Break struct {
	Start string `yaml:"start" json:"start"`
	End   string `yaml:"end" json:"end"`
}

// Day is a date in the calendar's zone, 2026-10-01.
type Day struct {
	Date string `yaml:"date" json:"date"`
	Name Name   `yaml:"name,omitempty" json:"name,omitzero"`
}

// Down is planned down time (ISO 22400-2): planned maintenance, trials.
type Down struct {
	From   time.Time `yaml:"from" json:"from"`
	To     time.Time `yaml:"to" json:"to"`
	Reason string    `yaml:"reason,omitempty" json:"reason,omitempty"`
}

// Span is a half-open stretch of time with the shift it belongs to, if any.
type Span struct {
	From, To Micros
	Shift    string
}

// maxCalendarDays bounds one question: ten years and a bit.
const maxCalendarDays = 4000

// Check reports what is wrong with the calendar, or nil.
func (c Calendar) Check() error {
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" {
		return fmt.Errorf("calendar %q: zone %q is no IANA time zone; write for example Asia/Shanghai", c.Code, c.Zone)
	}
	for _, s := range c.Shifts {
		start, end, err := clockSpan(s.Start, s.End)
		if err != nil {
			return fmt.Errorf("calendar %q shift %q: %w", c.Code, s.Code, err)
		}
		if len(s.Weekdays) == 0 {
			return fmt.Errorf("calendar %q shift %q: weekdays are missing; write for example [1,2,3,4,5]", c.Code, s.Code)
		}
		for _, d := range s.Weekdays {
			if d < 1 || d > 7 {
				return fmt.Errorf("calendar %q shift %q: weekday %d; 1 is Monday, 7 is Sunday", c.Code, s.Code, d)
			}
		}
		for _, b := range s.Breaks {
			from, to, err := clockSpan(b.Start, b.End)
			if err != nil {
				return fmt.Errorf("calendar %q shift %q break: %w", c.Code, s.Code, err)
			}
			if from < start {
				to += 24 * 60
			}
			if to > end {
				return fmt.Errorf("calendar %q shift %q: break %s-%s lies outside the shift %s-%s", c.Code, s.Code, b.Start, b.End, s.Start, s.End)
			}
		}
	}
	for _, d := range append(append([]Day(nil), c.Holidays...), c.Workdays...) {
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil {
			return fmt.Errorf("calendar %q: date %q; write 2026-10-01", c.Code, d.Date)
		}
	}
	for _, d := range c.Downs {
		if !d.To.After(d.From) {
			return fmt.Errorf("calendar %q: planned down time ends %s, not after it begins %s", c.Code, d.To, d.From)
		}
	}
	return nil
}

// ShiftSpans lists the shifts that overlap [from, to), whole and uncut, in
// order of their start. Breaks are part of a shift.
func (c Calendar) ShiftSpans(from, to Micros) []Span {
	var out []Span
	c.eachShift(from, to, func(s Shift, day time.Time, start, end int) {
		span := Span{From: at(day, start), To: at(day, end), Shift: s.Code}
		if span.From < to && span.To > from {
			out = append(out, span)
		}
	})
	sortSpans(out)
	return out
}

// OperationSpans is the planned operation time (POT) in [from, to): shifts
// without their breaks, cut to the question, overlaps merged within a shift.
func (c Calendar) OperationSpans(from, to Micros) []Span {
	var out []Span
	c.eachShift(from, to, func(s Shift, day time.Time, start, end int) {
		spans := []Span{{From: at(day, start), To: at(day, end), Shift: s.Code}}
		for _, b := range s.Breaks {
			bs, be, err := clockSpan(b.Start, b.End)
			if err != nil {
				continue // refused by Check
			}
			if bs < start {
				bs, be = bs+24*60, be+24*60
			}
			spans = Subtract(spans, Span{From: at(day, bs), To: at(day, be)})
		}
		out = append(out, Clip(spans, from, to)...)
	})
	sortSpans(out)
	return disjoint(out)
}

// BreakSpans lists the breaks of the shifts in [from, to), cut to the question:
// shifts less operation time.
func (c Calendar) BreakSpans(from, to Micros) []Span {
	out := Clip(disjoint(c.ShiftSpans(from, to)), from, to)
	for _, s := range c.OperationSpans(from, to) {
		out = Subtract(out, s)
	}
	return out
}

// BusySpans is the planned busy time (PBT): operation time without planned
// down time.
func (c Calendar) BusySpans(from, to Micros) []Span {
	out := c.OperationSpans(from, to)
	for _, d := range c.Downs {
		out = Subtract(out, Span{From: MicrosOf(d.From), To: MicrosOf(d.To)})
	}
	return out
}

// eachShift calls f for every shift that starts on a day that could reach
// into [from, to); day is local midnight, start and end are minutes after it.
func (c Calendar) eachShift(from, to Micros, f func(s Shift, day time.Time, start, end int)) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil || to <= from {
		return
	}
	first := from.Time().In(zone)
	day := time.Date(first.Year(), first.Month(), first.Day()-1, 0, 0, 0, 0, zone)
	for range maxCalendarDays {
		if MicrosOf(day) >= to {
			return
		}
		date := day.Format(time.DateOnly)
		weekday := (int(day.Weekday())+6)%7 + 1
		for _, s := range c.Shifts {
			start, end, err := clockSpan(s.Start, s.End)
			if err == nil && c.worked(s, date, weekday) {
				f(s, day, start, end)
			}
		}
		day = time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone)
	}
}

func (c Calendar) worked(s Shift, date string, weekday int) bool {
	for _, d := range c.Workdays {
		if d.Date == date {
			return true
		}
	}
	for _, d := range c.Holidays {
		if d.Date == date {
			return false
		}
	}
	return slices.Contains(s.Weekdays, weekday)
}

// at is the instant so many minutes of local wall clock after midnight: a
// shift from 22:00 to 06:00 keeps its clock times when the clocks change.
func at(day time.Time, minutes int) Micros {
	return MicrosOf(time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, day.Location()))
}

func clockSpan(start, end string) (from, to int, err error) {
	if from, err = minuteOf(start); err != nil {
		return 0, 0, err
	}
	if to, err = minuteOf(end); err != nil {
		return 0, 0, err
	}
	if to <= from {
		to += 24 * 60
	}
	return from, to, nil
}

func minuteOf(clock string) (int, error) {
	if clock == "24:00" {
		return 24 * 60, nil
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return 0, fmt.Errorf("clock time %q; write 08:00", clock)
	}
	return t.Hour()*60 + t.Minute(), nil
}

// Clip cuts the spans to [from, to).
func Clip(spans []Span, from, to Micros) []Span {
	var out []Span
	for _, s := range spans {
		s.From, s.To = max(s.From, from), min(s.To, to)
		if s.From < s.To {
			out = append(out, s)
		}
	}
	return out
}

// Subtract takes the hole out of each span.
func Subtract(spans []Span, hole Span) []Span {
	var out []Span
	for _, s := range spans {
		if hole.To <= s.From || hole.From >= s.To {
			out = append(out, s)
			continue
		}
		if hole.From > s.From {
			out = append(out, Span{From: s.From, To: hole.From, Shift: s.Shift})
		}
		if hole.To < s.To {
			out = append(out, Span{From: hole.To, To: s.To, Shift: s.Shift})
		}
	}
	return out
}

// disjoint gives time that two shifts claim to the earlier one.
func disjoint(spans []Span) []Span {
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 {
			s.From = max(s.From, out[n-1].To)
		}
		if s.From < s.To {
			out = append(out, s)
		}
	}
	return out
}

func sortSpans(spans []Span) {
	sort.SliceStable(spans, func(i, j int) bool { return spans[i].From < spans[j].From })
}
