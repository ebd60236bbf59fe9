package line

import (
	"slices"

	calc "zhigai/calc/line"
	"zhigai/figure"
)

// machine is one of a station with what it did and counted in the window.
type machine struct {
	parts   []part
	counted []figure.CountedParts
}

// world is a line in a window, in milliseconds.
type world struct {
	layout   Layout
	from, to int64
	stations [][]machine
	buffers  []buffer
}

// buffer is what is known of the content of a link.
type buffer struct {
	levels []level // empty when it cannot be told
	anchor Anchor
}

// when are the times in which a machine is in a state that fits.
func when(parts []part, fits func(part) bool) (out []span) {
	for _, p := range parts {
		if fits(p) {
			out = append(out, p.span)
		}
	}
	return union(out)
}

// stands are the times in which machines of a station are known to stand, all of
// them.
func (w *world) stands(station int) []span {
	var moves []span
	for _, m := range w.stations[station] {
		moves = append(moves, when(m.parts, func(p part) bool { return p.state == calc.Working || p.state == calc.Unknown })...)
	}
	return w.rest(union(moves))
}

// rest is the window without spans, which are disjoint and in order.
func (w *world) rest(spans []span) (out []span) {
	at := w.from
	for _, s := range spans {
		if s.from > at {
			out = append(out, span{at, s.from})
		}
		at = max(at, s.to)
	}
	if at < w.to {
		out = append(out, span{at, w.to})
	}
	return out
}

// lacking and jammed are the times in which a machine of a station may have stood
// for want of parts, or of room: nobody said why, or the machine said just that.
func (w *world) waiting(station int, said calc.State) (out []span) {
	for _, m := range w.stations[station] {
		out = append(out, when(m.parts, func(p part) bool { return p.open || p.state == said })...)
	}
	return union(out)
}

// fill estimates what is in every buffer. A part comes when the station before has
// counted it as good or to be reworked, and the way is over; it goes when the
// station behind begins to work on it: that is, when it counts what was made of
// it, or is at work. Where a station has several ways out nobody counts what went
// where.
func (w *world) fill() {
	for _, k := range w.layout.Links {
		from, to := w.layout.station(k.From), w.layout.station(k.To)
		if len(w.layout.outOf(from)) > 1 {
			w.buffers = append(w.buffers, buffer{anchor: AnchorNone})
			continue
		}
		var changes []change
		for _, m := range w.stations[from] {
			for _, c := range m.counted {
				changes = append(changes, change{int64(c.At)/1000 + k.MoveMs, c.Good + c.Rework})
			}
		}
		for _, m := range w.stations[to] {
			for _, c := range m.counted {
				changes = append(changes, change{int64(c.At) / 1000, -k.Take * (c.Good + c.Scrap + c.Rework)})
			}
			for _, s := range when(m.parts, func(p part) bool { return p.state == calc.Working }) {
				changes = append(changes, change{s.from, -k.Take}, change{s.to, k.Take})
			}
		}
		all, anchor := settle(levels(changes, w.from, w.to), k.Capacity, w.waiting(from, calc.Blocked), w.waiting(to, calc.Starved))
		w.buffers = append(w.buffers, buffer{all, anchor})
	}
}

// lacks are the times in which a station has too few parts to begin; where that
// cannot be told from counts, those in which the station before stands.
func (w *world) lacks(station int) (out []span) {
	for _, i := range w.layout.into(station) {
		k, b := w.layout.Links[i], w.buffers[i]
		if b.anchor == AnchorNone {
			out = append(out, w.stands(w.layout.station(k.From))...)
		}
		for _, l := range b.levels {
			if l.parts < k.Take {
				out = append(out, l.span)
			}
		}
	}
	return union(out)
}

// jams are the times in which a station cannot get rid of parts: a buffer behind
// it is full, or the station behind a buffer that cannot be told stands.
func (w *world) jams(station int) (out []span) {
	for _, i := range w.layout.outOf(station) {
		k, b := w.layout.Links[i], w.buffers[i]
		if k.Capacity == nil {
			continue
		}
		if b.anchor == AnchorNone {
			out = append(out, w.stands(w.layout.station(k.To))...)
		}
		for _, l := range b.levels {
			if l.parts >= max(*k.Capacity, 1) {
				out = append(out, l.span)
			}
		}
	}
	return union(out)
}

// derive explains standing that nobody explained by the neighbours: who lacks
// parts is starved, else who cannot get rid of them is blocked.
func (w *world) derive() {
	w.fill()
	for s := range w.stations {
		lacks, jams := w.lacks(s), w.jams(s)
		for i := range w.stations[s] {
			m := &w.stations[s][i]
			var out []part
			for _, p := range m.parts {
				if !p.open {
					out = append(out, p)
					continue
				}
				out = append(out, explain(p, lacks, jams)...)
			}
			m.parts = out
		}
	}
}

// explain cuts an open standing where what the neighbours do changes. What is left
// over for an instant beside a derived piece belongs to it: states and counts are
// heard apart.
func explain(p part, lacks, jams []span) []part {
	cuts := []int64{p.from, p.to}
	for _, spans := range [][]span{lacks, jams} {
		for _, s := range spans {
			if s.to <= p.from || s.from >= p.to {
				continue
			}
			cuts = append(cuts, max(s.from, p.from), min(s.to, p.to))
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var out []part
	for i := range len(cuts) - 1 {
		one := p
		one.span = span{cuts[i], cuts[i+1]}
		switch {
		case within(lacks, one.span) > 0:
			one.state, one.source, one.open = calc.Starved, ByNeighbours, false
		case within(jams, one.span) > 0:
			one.state, one.source, one.open = calc.Blocked, ByNeighbours, false
		}
		out = append(out, one)
	}
	for i := range out {
		if !out[i].open || out[i].to-out[i].from >= settleMs {
			continue
		}
		for _, n := range []int{i - 1, i + 1} {
			if n >= 0 && n < len(out) && !out[n].open {
				out[i].state, out[i].source, out[i].open = out[n].state, out[n].source, false
				break
			}
		}
	}
	return merged(out)
}

// merged joins neighbouring parts that say the same.
func merged(in []part) []part {
	out := in[:0]
	for _, p := range in {
		if n := len(out); n > 0 {
			last := out[n-1]
			last.span = p.span
			if last == p && out[n-1].to == p.from {
				out[n-1].to = p.to
				continue
			}
		}
		out = append(out, p)
	}
	return out
}

// rank says which machine's state is its station's: while one works the station
// does. Else, one that only waits could work, so that the station waits; and what
// nobody knows of one, nobody knows of the station.
var rank = map[calc.State]int{
	calc.Working: 0, calc.Unknown: 1, calc.Starved: 2, calc.Blocked: 3, calc.Minor: 4, calc.Delay: 5, calc.Setup: 6, calc.Service: 7, calc.Down: 8, calc.Planned: 9, calc.Off: 10,
}

// together is what a station did.
func (w *world) together(station int) []part {
	all := w.stations[station]
	cuts := []int64{w.from, w.to}
	for _, m := range all {
		for _, p := range m.parts {
			cuts = append(cuts, p.from)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	next := make([]int, len(all))
	var out []part
	for i := range len(cuts) - 1 {
		best := part{}
		for n, m := range all {
			for m.parts[next[n]].to <= cuts[i] {
				next[n]++
			}
			if p := m.parts[next[n]]; n == 0 || rank[p.state] < rank[best.state] {
				best = p
			}
		}
		best.span, best.open, best.busy = span{cuts[i], cuts[i+1]}, false, false
		out = append(out, best)
	}
	return merged(out)
}

// stretches are what calc reads.
func stretches(parts []part) []calc.Stretch {
	out := make([]calc.Stretch, 0, len(parts))
	for _, p := range parts {
		if n := len(out); n > 0 && out[n-1].State == p.state {
			out[n-1].To = p.to
			continue
		}
		out = append(out, calc.Stretch{From: p.from, To: p.to, State: p.state})
	}
	return out
}
