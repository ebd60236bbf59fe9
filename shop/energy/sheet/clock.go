package sheet

import (
	"fmt"
	"strings"
	"time"

	"zhigai/calc/energy"
)

// Marks says what a label of time marks.
type Marks string

// A label marks the beginning or the end of its interval; auto finds it out.
const (
	Auto  Marks = "auto"
	Start Marks = "start"
	End   Marks = "end"
)

// Clock is how the labels of a table were understood.
type Clock struct {
	Column string `json:"column"`
	Format string `json:"format"`
	Step   int64  `json:"step_s"`
	Marks  Marks  `json:"marks"`
	Zone   string `json:"zone"` // "" is the table's own clock
	// Why says by what Marks was found out.
	Why string `json:"why"`
	// Rolled is how many labels of midnight stood at the date that ended there and
	// were taken for the next.
	Rolled int `json:"rolled_to_next_day"`
}

// layouts of labels, in the order in which they are tried. Those that write the day
// first and those that write the month first are told apart by all rows.
var layouts = []struct{ name, layout string }{
	{"rfc3339", time.RFC3339},
	{"YYYY-MM-DD hh:mm:ss", "2006-01-02 15:04:05"},
	{"YYYY-MM-DD hh:mm", "2006-01-02 15:04"},
	{"YYYY-MM-DDThh:mm:ss", "2006-01-02T15:04:05"},
	{"YYYY-MM-DDThh:mm", "2006-01-02T15:04"},
	{"YYYY/M/D hh:mm:ss", "2006/1/2 15:04:05"},
	{"YYYY/M/D hh:mm", "2006/1/2 15:04"},
	{"YYYY-MM-DD", "2006-01-02"},
	{"YYYY/M/D", "2006/1/2"},
	{"YYYY-MM", "2006-01"},
	{"DD/MM/YYYY hh:mm", "2/1/2006 15:04"},
	{"MM/DD/YYYY hh:mm", "1/2/2006 15:04"},
	{"DD/MM/YYYY hh:mm:ss", "2/1/2006 15:04:05"},
	{"MM/DD/YYYY hh:mm:ss", "1/2/2006 15:04:05"},
	{"DD/MM/YYYY", "2/1/2006"},
	{"MM/DD/YYYY", "1/2/2006"},
	{"DD.MM.YYYY hh:mm", "2.1.2006 15:04"},
	{"DD.MM.YYYY", "2.1.2006"},
}

// intervals are the rows of a table in time: From and To are on the wall clock of
// the table, in UTC, at the instants of its zone where one is known.
type intervals struct {
	clock    Clock
	from, to []time.Time
	zone     *time.Location // time.UTC for the table's own clock
}

// clocked reads the column of time.
func (f *Frame) clocked(column string, marks Marks, zone *time.Location, n *notes) (*intervals, error) {
	c, err := f.Named(column)
	if err != nil {
		return nil, err
	}
	labels, format, err := f.labels(c)
	if err != nil {
		return nil, err
	}
	out := &intervals{clock: Clock{Column: column, Format: format}, zone: time.UTC}
	step := usual(labels)
	if step <= 0 {
		return nil, invalid("column %s: labels do not rise; sort the rows by time, the earliest first", column)
	}
	out.clock.Step = int64(step / time.Second)
	out.clock.Rolled = roll(labels, step)
	out.clock.Marks, out.clock.Why = marked(labels, step, marks, out.clock.Rolled)
	if marks == Auto && out.clock.Why == byDefault && step < 24*time.Hour {
		n.say("nothing says whether %s marks the beginning or the end of its interval; the beginning is taken: say --interval end where it is the end", column)
	}
	if out.clock.Rolled > 0 {
		n.say("%d labels of midnight stand at the date that they end (00:00 after %s of the same date): they are taken for the next day", out.clock.Rolled, clockOf(-step))
	}
	begin, err := out.begin(labels, step, zone, n)
	if err != nil {
		return nil, invalid("column %s: %v", column, err)
	}
	if out.clock.Zone == "" {
		f.faults(begin, step, n)
	}
	for _, b := range begin {
		out.from, out.to = append(out.from, b), append(out.to, after(b, step, out.zone))
	}
	return out, f.ordered(out, n)
}

// begin is when the intervals of labels begin, as instants of the zone where there
// is one.
func (in *intervals) begin(labels []time.Time, step time.Duration, zone *time.Location, n *notes) ([]time.Time, error) {
	if zone == nil || in.clock.Format == "rfc3339" {
		out := make([]time.Time, len(labels))
		for i, l := range labels {
			out[i] = l
			if in.clock.Marks == End {
				out[i] = before(l, step)
			}
		}
		return out, nil
	}
	in.zone, in.clock.Zone = zone, zone.String()
	at, err := energy.Localise(labels, zone)
	if err != nil && in.clock.Marks == End {
		// The end of the last interval before clocks are set forward is a label that no
		// clock shows: it is the instant after one that it shows.
		just := make([]time.Time, len(labels))
		for i, l := range labels {
			just[i] = l.Add(-1)
		}
		if at, err = energy.Localise(just, zone); err == nil {
			for i := range at.At {
				at.At[i] = at.At[i].Add(1)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	for _, s := range at.Notes {
		n.say("%s", s)
	}
	if in.clock.Marks == End {
		for i, end := range at.At {
			at.At[i] = before(end.In(zone), step)
		}
	}
	return at.At, nil
}

// byDefault is the reason where there is none.
const byDefault = "not said by the labels: the beginning is taken"

// labels of a column, in the one layout that reads all rows.
func (f *Frame) labels(c int) ([]time.Time, string, error) {
	type reading struct {
		name string
		at   []time.Time
	}
	var all []reading
	for _, l := range layouts {
		at := make([]time.Time, 0, len(f.Rows))
		for row := range f.Rows {
			t, err := time.Parse(l.layout, f.Rows[row].Cell(c))
			if err != nil {
				break
			}
			at = append(at, t)
		}
		if len(at) == len(f.Rows) {
			all = append(all, reading{l.name, at})
		}
	}
	if f.FromExcel && len(all) == 0 {
		at := make([]time.Time, 0, len(f.Rows))
		for row := range f.Rows {
			t, ok := f.SerialOf([]string{f.Rows[row].Cell(c)}, time.UTC)
			if !ok {
				return nil, "", f.Wrong(row, c, "is no time")
			}
			at = append(at, t)
		}
		return at, "excel", nil
	}
	switch len(all) {
	case 0:
		return nil, "", f.strange(c)
	case 1:
		return all[0].at, all[0].name, nil
	}
	best := 0 // of day first and month first: the one whose labels rise evenly
	for i := range all {
		if uneven(all[i].at) < uneven(all[best].at) {
			best = i
		}
	}
	for i := range all {
		if i != best && uneven(all[i].at) == uneven(all[best].at) {
			return nil, "", invalid("column %s may be read as %s and as %s; write times as YYYY-MM-DD hh:mm", f.Header[c], all[best].name, all[i].name)
		}
	}
	return all[best].at, all[best].name, nil
}

// strange finds the first label that differs from those above it.
func (f *Frame) strange(c int) error {
	best, row := 0, 0
	for _, l := range layouts {
		for i := range f.Rows {
			if _, err := time.Parse(l.layout, f.Rows[i].Cell(c)); err != nil {
				if i > best {
					best, row = i, i
				}
				break
			}
		}
	}
	return f.Wrong(row, c, "is no time; write YYYY-MM-DD hh:mm, as "+time.Date(2018, 1, 31, 23, 45, 0, 0, time.UTC).Format("2006-01-02 15:04"))
}

// uneven counts steps that differ from the usual one.
func uneven(at []time.Time) (n int) {
	step := usual(at)
	for i := 1; i < len(at); i++ {
		if at[i].Sub(at[i-1]) != step {
			n++
		}
	}
	return n
}

// usual is the most frequent step of labels; a row alone is a day.
func usual(at []time.Time) time.Duration {
	if len(at) == 1 {
		return 24 * time.Hour
	}
	count := map[time.Duration]int{}
	best := time.Duration(0)
	for i := 1; i < len(at); i++ {
		d := at[i].Sub(at[i-1])
		if count[d]++; count[d] > count[best] || count[d] == count[best] && d < best {
			best = d
		}
	}
	if months(best) { // months are of 28 to 31 days
		return 31 * 24 * time.Hour
	}
	return best
}

func months(step time.Duration) bool {
	return step >= 28*24*time.Hour && step <= 31*24*time.Hour
}

func before(t time.Time, step time.Duration) time.Time {
	if months(step) {
		return t.AddDate(0, -1, 0)
	}
	return t.Add(-step)
}

// after is the end of an interval: days and months have the length that they have in
// the zone.
func after(t time.Time, step time.Duration, zone *time.Location) time.Time {
	switch {
	case months(step):
		return t.In(zone).AddDate(0, 1, 0)
	case step%(24*time.Hour) == 0:
		return t.In(zone).AddDate(0, 0, int(step/(24*time.Hour)))
	}
	return t.Add(step)
}

func midnight(t time.Time) bool { h, m, s := t.Clock(); return h == 0 && m == 0 && s == 0 }

// roll moves labels of midnight that stand at the date which they end to the next:
// those that would go back by a day less a step.
func roll(labels []time.Time, step time.Duration) (n int) {
	if step >= 24*time.Hour {
		return 0
	}
	last := time.Time{}
	for i, l := range labels {
		if i > 0 && midnight(l) && l.Add(24*time.Hour).Sub(last) == step && l.Before(last) {
			labels[i] = l.Add(24 * time.Hour)
			n++
		}
		last = labels[i]
	}
	return n
}

// marked finds out what labels mark.
func marked(labels []time.Time, step time.Duration, asked Marks, rolled int) (Marks, string) {
	if asked != Auto && asked != "" {
		return asked, "asked for"
	}
	first, last := labels[0], labels[len(labels)-1]
	switch {
	case step >= 24*time.Hour:
		return Start, "a label of a day or a month names it"
	case rolled > 0:
		return End, "midnight stands at the date that it ends"
	case midnight(first):
		return Start, "the first label is midnight"
	case midnight(first.Add(-step)) && midnight(last):
		return End, "the first label is one step after midnight, and the last is midnight"
	}
	return Start, byDefault
}

func clockOf(d time.Duration) string {
	return time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC).Add(d).Format("15:04")
}

// faults warns of what looks like a clock that was set.
func (f *Frame) faults(at []time.Time, step time.Duration, n *notes) {
	for i := range at {
		switch energy.ClockFaults(at[max(0, i-1):i+1], step)[1] {
		case energy.HourTwice:
			n.say("line %d: the clock goes back by an hour, as at the end of summer time: that day has 25 hours; say --zone, such as Europe/Berlin", f.Rows[i].Line)
		case energy.HourMissing:
			n.say("line %d: an hour of a Sunday night is left out, as at the beginning of summer time: that day has 23 hours; say --zone, such as Europe/Berlin", f.Rows[i].Line)
		}
	}
}

// ordered refuses rows that go back or stand there twice, and warns of gaps.
func (f *Frame) ordered(in *intervals, n *notes) error {
	step := time.Duration(in.clock.Step) * time.Second
	gaps, first := 0, ""
	for i := 1; i < len(in.from); i++ {
		d := in.from[i].Sub(in.from[i-1])
		if d <= 0 && !(in.clock.Zone == "" && d == step-time.Hour && step <= time.Hour) {
			what := "is earlier than the line above it; sort the rows by time, the earliest first"
			if d == 0 {
				what = "stands there twice; leave one out, or say --zone where clocks were set back"
			}
			c, _ := f.Named(in.clock.Column)
			return f.Wrong(i, c, what)
		}
		if in.from[i].After(in.to[i-1]) {
			if gaps++; gaps == 1 {
				first = fmt.Sprintf("line %d, after %s", f.Rows[i].Line, in.label(i-1))
			}
		}
	}
	if gaps > 0 {
		n.say("time is missing in %d places, the first at %s: periods with gaps are left out of models", gaps, first)
	}
	return nil
}

// label of the interval of a row, as it stands in the table.
func (in *intervals) label(i int) string {
	at := in.from[i]
	if in.clock.Marks == End {
		at = in.to[i]
	}
	return in.written(at)
}

func (in *intervals) written(at time.Time) string {
	return strings.TrimSuffix(at.In(in.zone).Format("2006-01-02 15:04:05"), " 00:00:00")
}
