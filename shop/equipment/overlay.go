package equipment

import (
	"encoding/json"
	"strings"

	"zhigai/fact"
	"zhigai/plant"
)

// correction is a typed count with its time.
type correction struct {
	fact.Count
	at plant.Micros
}

// said by people, in the order of folds: a later one lies over an earlier one.
type overlay struct {
	overrides   []ranged[State]
	reasons     []ranged[string]
	gaps        []plant.Span
	corrections []correction
}

// ranged is a word that holds for a stretch of time. An open range ends when
// the machine runs again, at the latest at to.
type ranged[T any] struct {
	from, to plant.Micros
	open     bool
	value    T
	by       string
}

// overlayOf reads the events of one machine. A payload that cannot be read
// says nothing: the journal checks payloads when it accepts them.
func overlayOf(events []fact.Event) overlay {
	var o overlay
	for _, e := range fact.InForce(events) {
		switch e.Kind {
		case fact.KindOverride:
			var p fact.Override
			if json.Unmarshal(e.Payload, &p) != nil {
				continue
			}
			if s, err := ParseState(p.Item, p.Mode); err == nil && s.Known {
				o.overrides = append(o.overrides, ranged[State]{from: e.Occurred, to: min(p.Until, reach(e.Occurred)), value: s, by: e.Source})
			}
		case fact.KindStopReason:
			var p fact.StopReason
			if json.Unmarshal(e.Payload, &p) == nil {
				o.reasons = append(o.reasons, reasonRange(e, p))
			}
		case fact.KindGap:
			var p fact.Gap
			if json.Unmarshal(e.Payload, &p) == nil && p.From < p.To {
				o.gaps = append(o.gaps, plant.Span{From: max(p.From, e.Occurred), To: min(p.To, reach(e.Occurred))})
			}
		case fact.KindCount:
			var p fact.Count
			if json.Unmarshal(e.Payload, &p) == nil {
				o.corrections = append(o.corrections, correction{Count: p, at: e.Occurred})
			}
		}
	}
	return o
}

// reasonRange is where a stop reason holds. The range begins no earlier than
// the event and reaches no further than folds look back; a correction has the
// time of what it corrects, so that both are always read together.
func reasonRange(e fact.Event, p fact.StopReason) ranged[string] {
	r := ranged[string]{from: max(p.From, e.Occurred), to: min(p.To, reach(e.Occurred)), value: p.Reason, by: e.Source}
	if p.To == 0 {
		r.open, r.to = true, min(r.from+plant.Micros(openReach.Microseconds()), reach(e.Occurred))
	}
	return r
}

func reach(at plant.Micros) plant.Micros { return at + plant.Micros(maxReach.Microseconds()) }

// byMachine reports whether the machine itself or the collector said it.
func byMachine(source string) bool { return !strings.HasPrefix(source, "person:") }

// lay puts people's words over what the machine said. Person words fill only
// what is unknown; a gap is unknown whatever was heard.
func (o overlay) lay(in []stretch) []stretch {
	if len(o.gaps)+len(o.overrides)+len(o.reasons) == 0 {
		return in
	}
	for _, gap := range o.gaps {
		in = cut(in, gap.From, gap.To, func(s *stretch) { *s = stretch{from: s.from, to: s.to} })
	}
	for _, w := range o.overrides {
		in = cut(in, w.from, w.to, func(s *stretch) {
			if !s.state.Known || s.source == SourcePerson {
				s.state, s.source = w.value, SourcePerson
			}
		})
	}
	for _, w := range o.reasons {
		in = cut(in, w.from, w.end(in), func(s *stretch) {
			if !s.state.stopped() || (byMachine(w.by) && s.reason != "" && !byMachine(s.saidBy)) {
				return
			}
			s.reason, s.saidBy = w.value, w.by
		})
	}
	return merge(in)
}

// end is where the word stops holding: for an open one the first instant at
// which the machine runs again.
func (w ranged[T]) end(in []stretch) plant.Micros {
	if !w.open {
		return w.to
	}
	for _, s := range in {
		if s.to > floorMs(w.from) && s.from < w.to && s.state.Known && !s.state.stopped() {
			return max(s.from, w.from)
		}
	}
	return w.to
}

// cut calls change for the parts of the stretches inside [from, to).
func cut(in []stretch, from, to plant.Micros, change func(*stretch)) []stretch {
	from, to = floorMs(from), floorMs(to)
	if from >= to {
		return in
	}
	out := make([]stretch, 0, len(in)+2)
	for _, s := range in {
		if s.to <= from || s.from >= to {
			out = append(out, s)
			continue
		}
		if s.from < from {
			before := s
			before.to = from
			out = append(out, before)
		}
		inside := s
		inside.from, inside.to = max(s.from, from), min(s.to, to)
		change(&inside)
		out = append(out, inside)
		if s.to > to {
			after := s
			after.from = to
			out = append(out, after)
		}
	}
	return out
}

// merge joins neighbours that say the same, in place.
func merge(in []stretch) []stretch {
	out := in[:0]
	for _, s := range in {
		if n := len(out); n > 0 {
			last := out[n-1]
			if last.to == s.from && last.state == s.state && last.source == s.source && last.reason == s.reason && last.saidBy == s.saidBy {
				out[n-1].to = s.to
				continue
			}
		}
		out = append(out, s)
	}
	return out
}
