package sim

import (
	"time"

	"zhigai/plant"
)

// duty says what a calendar has planned.
type duty int

const (
	working duty = iota
	resting      // a break inside a shift
	away         // no shift
)

// roster answers what a calendar plans, day by day.
type roster struct {
	calendar   plant.Calendar
	from, to   plant.Micros // what the spans below cover
	shifts     []plant.Span
	operations []plant.Span
}

// rosterAhead is how far the roster looks when nobody works: the longest
// holiday fits.
const rosterAhead = 16 * 24 * time.Hour

// at tells what is planned at t and until when. Without a calendar everybody
// works.
func (r *roster) at(t plant.Micros) (duty, plant.Micros) {
	if r == nil {
		return working, t + micros(24*time.Hour)
	}
	if t < r.from || t >= r.from+micros(24*time.Hour) || r.to == 0 {
		r.from, r.to = t, t+micros(rosterAhead)
		r.shifts, r.operations = r.calendar.ShiftSpans(r.from, r.to), r.calendar.OperationSpans(r.from, r.to)
	}
	next := r.to
	for _, s := range r.operations {
		if t < s.From {
			next = s.From
			break
		}
		if t < s.To {
			return working, s.To
		}
	}
	for _, s := range r.shifts {
		if s.From <= t && t < s.To {
			return resting, min(s.To, next)
		}
	}
	return away, next
}

// rosters finds the calendar of each equipment: its own or its parents'.
func rosters(m plant.Model) map[string]*roster {
	known, byPath := map[string]*roster{}, map[string]string{}
	for _, c := range m.Calendars {
		if known[c.Code] == nil {
			known[c.Code] = &roster{calendar: c}
		}
	}
	for _, n := range m.Nodes {
		if n.Calendar != "" {
			byPath[n.Path] = n.Calendar
		}
	}
	out := map[string]*roster{}
	for _, n := range m.Nodes {
		for at := n.Path; n.Machine != nil && at != ""; at = plant.ParentPath(at) {
			if code := byPath[at]; code != "" {
				out[n.Path] = known[code]
				break
			}
		}
	}
	return out
}

func micros(d time.Duration) plant.Micros { return plant.Micros(d.Microseconds()) }

func seconds(d plant.Micros) float64 { return float64(d) / 1e6 }
