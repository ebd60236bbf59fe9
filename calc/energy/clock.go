package energy

import (
	"fmt"
	"time"
)

// Instants are labels of a wall clock as instants.
type Instants struct {
	At []time.Time
	// Notes say which labels were understood how.
	Notes []string
}

// Localise makes the labels of a wall clock instants of a zone; labels carry the
// clock's numbers, in UTC, and are in the order in which they were written.
//
// Where clocks are set back, an hour stands there twice: the first time is summer's.
// Labels of it that stand there once are taken for summer's too, with a note. Where
// clocks are set forward, a label of the hour that is left out is refused: the clock
// did not show it.
func Localise(labels []time.Time, zone *time.Location) (Instants, error) {
	out := Instants{At: make([]time.Time, len(labels))}
	doubled, second, skipped := 0, 0, 0
	for i, l := range labels {
		early, late, n := shown(l, zone)
		switch n {
		case 0:
			return out, invalid("row %d: the clock of %s never shows %s: it is set forward then; the file may be of a clock without summer time, or shifted", i+1, zone, l.Format(labelFormat))
		case 1:
			out.At[i] = early
		default:
			doubled++
			at, err := which(out.At[:i], early, late)
			if err != nil {
				return out, fmt.Errorf("%w: row %d, %s", err, i+1, l.Format(labelFormat))
			}
			if out.At[i] = at; at.Equal(late) {
				second++
			}
		}
		if i > 0 {
			if d := out.At[i].Sub(out.At[i-1]); l.Sub(labels[i-1]) > d && d > 0 {
				skipped++
			}
		}
	}
	if doubled > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("%d labels of hours that the clock of %s shows twice: the first time is summer's", doubled, zone))
	}
	if doubled != 2*second {
		out.Notes = append(out.Notes, fmt.Sprintf("%d of these stand there once: they are taken for summer's, and an hour is missing", doubled-2*second))
	}
	if skipped > 0 {
		out.Notes = append(out.Notes, fmt.Sprintf("the clock of %s was set forward %d times: no label is missing there", zone, skipped))
	}
	return out, nil
}

const labelFormat = "2006-01-02 15:04:05"

// shown are the instants at which a zone's clock shows a label: none, one or two.
func shown(label time.Time, zone *time.Location) (early, late time.Time, n int) {
	for _, around := range []time.Duration{-12 * time.Hour, 12 * time.Hour} {
		_, offset := label.Add(around).In(zone).Zone()
		at := label.Add(-time.Duration(offset) * time.Second)
		if _, there := at.In(zone).Zone(); there != offset {
			continue
		}
		switch {
		case n == 0:
			early, n = at, 1
		case !at.Equal(early):
			late, n = at, 2
			if late.Before(early) {
				early, late = late, early
			}
		}
	}
	return early, late, n
}

// which of two instants a label is that stands between others: the earlier one,
// unless what was before is not earlier than it.
func which(before []time.Time, early, late time.Time) (time.Time, error) {
	if len(before) == 0 {
		return time.Time{}, invalid("the clock is set back there and shows this label twice, and nothing before says which it is; begin the file earlier")
	}
	if before[len(before)-1].Before(early) {
		return early, nil
	}
	return late, nil
}

// ClockFault is what labels without a zone look like around a change of the clock.
type ClockFault string

// Faults.
const (
	HourTwice   ClockFault = "hour_twice"   // labels go back by an hour: clocks were set back
	HourMissing ClockFault = "hour_missing" // an hour at night is left out: clocks were set forward
)

// ClockFaults finds labels that look as if a clock had been set: rows, from 0, at
// which they go back by an hour, or leave an hour out on a night in spring.
func ClockFaults(labels []time.Time, step time.Duration) map[int]ClockFault {
	out := map[int]ClockFault{}
	for i := 1; i < len(labels); i++ {
		d := labels[i].Sub(labels[i-1])
		switch {
		case d == step-time.Hour && step <= time.Hour && d <= 0:
			out[i] = HourTwice
		case d == step+time.Hour && step <= time.Hour && labels[i].Weekday() == time.Sunday && labels[i].Hour() <= 4:
			out[i] = HourMissing
		}
	}
	return out
}
