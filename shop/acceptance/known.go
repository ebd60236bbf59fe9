package acceptance

import (
	"time"

	"zhigai/plant"
)

// known gathers the stretches of [from, to) in which something is known, from
// values in order of time. It remembers no samples.
type known struct {
	span  plant.Span
	since plant.Micros // begin of the stretch that is open
	until plant.Micros // it ends there by itself
	open  bool
	spans []plant.Span
}

// forever is an end that never comes.
const forever = plant.Micros(1<<63 - 1)

// say holds from an instant on: known until an instant (forever for a value that
// holds until the next), or not known.
func (k *known) say(at plant.Micros, is bool, until plant.Micros) {
	if k.open && k.until < at {
		k.close(k.until)
	}
	switch {
	case is && !k.open:
		k.open, k.since = true, at
	case !is && k.open:
		k.close(at)
	}
	k.until = until
}

func (k *known) close(at plant.Micros) {
	k.open = false
	from, to := max(k.since, k.span.From), min(at, k.span.To)
	if from >= to {
		return
	}
	if n := len(k.spans); n > 0 && k.spans[n-1].To == from {
		k.spans[n-1].To = to
		return
	}
	k.spans = append(k.spans, plant.Span{From: from, To: to})
}

// end closes what is open and gives the stretches, disjoint and in order.
func (k *known) end() []plant.Span {
	if k.open {
		k.close(min(k.until, k.span.To))
	}
	return k.spans
}

// both is where two lists of disjoint ordered stretches meet.
func both(a, b []plant.Span) []plant.Span {
	var out []plant.Span
	for len(a) > 0 && len(b) > 0 {
		if from, to := max(a[0].From, b[0].From), min(a[0].To, b[0].To); from < to {
			out = append(out, plant.Span{From: from, To: to})
		}
		if a[0].To < b[0].To {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return out
}

// rest is what of the span no stretch covers.
func rest(in []plant.Span, span plant.Span) []plant.Span {
	var out []plant.Span
	at := span.From
	for _, s := range in {
		if at < s.From {
			out = append(out, plant.Span{From: at, To: s.From})
		}
		at = s.To
	}
	if at < span.To {
		out = append(out, plant.Span{From: at, To: span.To})
	}
	return out
}

func length(in []plant.Span) (us int64) {
	for _, s := range in {
		us += int64(s.To - s.From)
	}
	return us
}

func longest(in []plant.Span) (out plant.Span) {
	for _, s := range in {
		if s.To-s.From > out.To-out.From {
			out = s
		}
	}
	return out
}

func gapOf(s plant.Span) Gap { return Gap{From: s.From.Time(), To: s.To.Time()} }

func micros(d time.Duration) plant.Micros { return plant.Micros(d.Microseconds()) }
