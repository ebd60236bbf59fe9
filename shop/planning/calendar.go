package planning

import (
	"slices"
	"time"

	"zhigai/calc/schedule"
	"zhigai/plant"
)

// second is the unit in which plans are searched: finer than anybody plans, and
// coarse enough for weighted sums of a year.
const second = plant.Instant(1_000_000)

// clock converts between instants and whole seconds since a plan's beginning.
type clock struct{ origin plant.Instant }

// clockAt begins at the next full second, so that nothing is planned before now.
func clockAt(now plant.Instant) clock { return clock{(now + second - 1) / second * second} }

// after is an instant in seconds, rounded up; what lies before the beginning is
// negative.
func (c clock) after(at plant.Instant) int64 {
	d := at - c.origin
	if d >= 0 {
		return int64((d + second - 1) / second)
	}
	return -int64(-d / second)
}

func (c clock) before(at plant.Instant) int64 { // rounded down
	d := at - c.origin
	if d >= 0 {
		return int64(d / second)
	}
	return -int64((-d + second - 1) / second)
}

func (c clock) at(s int64) plant.Instant { return c.origin + plant.Instant(s)*second }

// seconds are milliseconds, rounded up.
func seconds(ms int64) int64 { return (ms + 999) / 1000 }

// windows are when a calendar works, from the beginning up to an instant, less
// the times that are taken away. No window is shorter than a second.
func (c clock) windows(cal plant.Calendar, until plant.Instant, downs []Down) []schedule.Window {
	spans := cal.BusySpans(c.origin.Micros(), until.Micros())
	for _, d := range downs {
		spans = plant.Subtract(spans, plant.Span{From: d.From.Micros(), To: d.To.Micros()})
	}
	var out []schedule.Window
	for _, s := range spans {
		w := schedule.Window{From: max(0, c.after(plant.Instant(s.From))), To: c.before(plant.Instant(s.To))}
		switch n := len(out); {
		case w.To <= w.From:
		case n > 0 && w.From <= out[n-1].To:
			out[n-1].To = max(out[n-1].To, w.To)
		default:
			out = append(out, w)
		}
	}
	return out
}

// fit is the earliest run of a duration from a time on; ok is false when the
// windows have no room for it.
func fit(open []schedule.Window, from, duration int64, interruptible bool) (start, end int64, ok bool) {
	i, _ := slices.BinarySearchFunc(open, from, func(w schedule.Window, t int64) int {
		if w.To <= t {
			return -1
		}
		return 1
	})
	for ; i < len(open); i++ {
		start = max(from, open[i].From)
		if start+duration <= open[i].To {
			return start, start + duration, true
		}
		if !interruptible {
			continue
		}
		left := duration
		for k := i; k < len(open); k++ {
			at := max(start, open[k].From)
			if left <= open[k].To-at {
				return start, at + left, true
			}
			left -= open[k].To - at
		}
		return 0, 0, false
	}
	return 0, 0, false
}

// openBetween adds up how long windows are open between two times.
func openBetween(open []schedule.Window, from, to int64) (sum int64) {
	for _, w := range open {
		if w.From >= to {
			break
		}
		sum += max(0, min(w.To, to)-max(w.From, from))
	}
	return sum
}

// passed is when so much open time has gone by since a time; ok is false when
// the windows end before.
func passed(open []schedule.Window, from, much int64) (at int64, ok bool) {
	if much == 0 {
		return from, true
	}
	for _, w := range open {
		begin := max(from, w.From)
		if have := w.To - begin; have >= much {
			return begin + much, true
		} else if have > 0 {
			much -= have
		}
	}
	return 0, false
}

// longest is the longest window.
func longest(open []schedule.Window) (most int64) {
	for _, w := range open {
		most = max(most, w.To-w.From)
	}
	return most
}

const day = plant.Instant(24 * time.Hour / time.Microsecond)
