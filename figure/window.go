package figure

import (
	"fmt"
	"slices"
	"time"

	"zhigai/plant"
)

// Kind is a kind of window.
type Kind string

const (
	Hour  Kind = "hour"
	Shift Kind = "shift"
	Day   Kind = "day"
	Week  Kind = "week" // ISO 8601, begins on Monday
	Month Kind = "month"
	// Range is the whole question as one window, widened to full hours.
	Range Kind = "range"
	// baseKind is a base window itself: an hour cut at shift borders.
	baseKind Kind = "base"
)

// Kinds lists the kinds a question may name.
var Kinds = []Kind{Hour, Shift, Day, Week, Month, Range}

// defaultZone is for plants without a calendar.
const defaultZone = "Asia/Shanghai"

// Base is a base window: the smallest window that is kept.
type Base struct {
	From, To plant.Micros
	Shift    string // code of the shift that it lies in, "" between shifts
}

// Limits of one question: a chart shows no more points than maxWindows, and no
// question folds more than a person will wait for.
const (
	maxWindows   = 5000
	maxBases     = 400_000
	maxFreshFold = 20_000
)

// zoneOf is the calendar's time zone.
func zoneOf(c plant.Calendar) *time.Location {
	name := c.Zone
	if name == "" {
		name = defaultZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Bases cuts the full hours around [from, to) at the calendar's shift borders.
func Bases(c plant.Calendar, from, to plant.Micros) []Base {
	if from >= to {
		return nil
	}
	hours := hourSpans(zoneOf(c), from, to)
	first, last := hours[0].From, hours[len(hours)-1].To
	shifts := c.ShiftSpans(first, last)
	cuts := make([]plant.Micros, 0, 2*len(shifts)+len(hours))
	for _, h := range hours {
		cuts = append(cuts, h.From)
	}
	for _, s := range shifts {
		for _, t := range []plant.Micros{s.From, s.To} {
			if t > first && t < last {
				cuts = append(cuts, t)
			}
		}
	}
	slices.Sort(cuts)
	cuts = append(slices.Compact(cuts), last)
	out := make([]Base, 0, len(cuts))
	for i := range len(cuts) - 1 {
		b := Base{From: cuts[i], To: cuts[i+1]}
		for _, s := range shifts {
			if s.From <= b.From && b.From < s.To {
				b.Shift = s.Shift
				break
			}
		}
		if b.From < to && b.To > from {
			out = append(out, b)
		}
	}
	return out
}

// hourSpans lists the clock hours that overlap [from, to).
func hourSpans(zone *time.Location, from, to plant.Micros) []plant.Span {
	var out []plant.Span
	for t := hourStart(zone, from); t < to; {
		next := hourStart(zone, t+plant.Micros(time.Hour.Microseconds()))
		if next <= t { // clocks set back: the hour is there twice
			next = t + plant.Micros(time.Hour.Microseconds())
		}
		out = append(out, plant.Span{From: t, To: next})
		t = next
	}
	return out
}

// hourStart is the beginning of the local clock hour around t.
func hourStart(zone *time.Location, t plant.Micros) plant.Micros {
	local := t.Time().In(zone)
	past := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
	return t - plant.Micros(past.Microseconds())
}

// Windows lists the whole windows of a kind that overlap [from, to).
func Windows(kind Kind, c plant.Calendar, from, to plant.Micros) ([]Span, error) {
	if from >= to {
		return nil, fmt.Errorf("%w: from %s is not before to %s", ErrInvalid, from.Time().Format(time.RFC3339), to.Time().Format(time.RFC3339))
	}
	zone := zoneOf(c)
	var spans []plant.Span
	switch kind {
	case Hour:
		if to-from > plant.Micros(maxWindows*time.Hour.Microseconds()) {
			return nil, fmt.Errorf("%w: more than %d hours", ErrTooMuch, maxWindows)
		}
		spans = hourSpans(zone, from, to)
	case Shift:
		spans = c.ShiftSpans(from, to)
	case Day:
		spans = dateSpans(from, to, zone, func(t time.Time) time.Time { return t }, 0, 1)
	case Week:
		spans = dateSpans(from, to, zone, func(t time.Time) time.Time { return t.AddDate(0, 0, -(int(t.Weekday())+6)%7) }, 0, 7)
	case Month:
		spans = dateSpans(from, to, zone, func(t time.Time) time.Time { return t.AddDate(0, 0, 1-t.Day()) }, 1, 0)
	case Range:
		hours := plant.Span{From: hourStart(zone, from), To: hourStart(zone, to)}
		if hours.To < to {
			hours.To = hourStart(zone, to+plant.Micros(time.Hour.Microseconds()))
		}
		spans = []plant.Span{hours}
	default:
		return nil, fmt.Errorf("%w: window %q; write one of %v", ErrInvalid, kind, Kinds)
	}
	if len(spans) > maxWindows {
		return nil, fmt.Errorf("%w: %d windows; %d are allowed", ErrTooMuch, len(spans), maxWindows)
	}
	out := make([]Span, len(spans))
	for i, s := range spans {
		out[i] = Span{Kind: kind, From: s.From, To: s.To, Shift: s.Shift}
	}
	return out, nil
}

// dateSpans steps through local dates from the one that start gives.
func dateSpans(from, to plant.Micros, zone *time.Location, start func(time.Time) time.Time, months, days int) []plant.Span {
	local := from.Time().In(zone)
	day := start(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone))
	var out []plant.Span
	for plant.MicrosOf(day) < to && len(out) <= maxWindows {
		next := day.AddDate(0, months, days)
		out = append(out, plant.Span{From: plant.MicrosOf(day), To: plant.MicrosOf(next)})
		day = next
	}
	return out
}

// contains reports whether the base window lies in the window. A shift window
// holds the base windows of its shift only.
func (w Span) contains(b Base) bool {
	return b.From >= w.From && b.To <= w.To && (w.Kind != Shift || w.Shift == "" || b.Shift == w.Shift)
}
