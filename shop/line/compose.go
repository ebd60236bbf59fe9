package line

import (
	calc "zhigai/calc/line"
	"zhigai/figure"
	"zhigai/plant"
)

func instant(ms int64) plant.Instant { return plant.Instant(ms * 1000) }

func shown(parts []part) []Stretch {
	out := make([]Stretch, 0, len(parts))
	for _, p := range parts {
		// What is shown is the same where only the plan changes.
		if n := len(out); n > 0 && out[n-1].State == p.state && out[n-1].Source == p.source && out[n-1].Reason == p.reason {
			out[n-1].To = instant(p.to)
			continue
		}
		out = append(out, Stretch{From: instant(p.from), To: instant(p.to), State: p.state, Source: p.source, Reason: p.reason})
	}
	return out
}

func (m *Made) add(all []figure.CountedParts) {
	for _, c := range all {
		m.Good, m.Scrap, m.Rework = m.Good+c.Good, m.Scrap+c.Scrap, m.Rework+c.Rework
	}
}

// station writes what a station did.
func (w *world) station(s int, nodes map[plant.NodeID]plant.Node) (StationDid, []calc.Stretch) {
	is := w.layout.Stations[s]
	parts := w.together(s)
	all := stretches(parts)
	did := StationDid{Code: is.Code, Name: is.Name, Function: is.Function, TimesMs: map[string]int64{}, Stretches: shown(parts), Machines: []MachineDid{}}
	for state, ms := range calc.Times(all) {
		did.TimesMs[state.String()] = ms
	}
	last := all[len(all)-1]
	did.State, did.Since = last.State, instant(last.From)
	did.KnownMs, did.BusyMs = w.known(s)
	for i, id := range is.Machines {
		m := w.stations[s][i]
		one := MachineDid{ID: id, Path: nodes[id].Path, Name: nodes[id].Name, Stretches: shown(m.parts)}
		one.Made.add(m.counted)
		did.Made.add(m.counted)
		did.Machines = append(did.Machines, one)
	}
	return did, all
}

// contents writes what was in the buffers.
func (w *world) contents() []Buffer {
	out := []Buffer{}
	for i, k := range w.layout.Links {
		b := Buffer{From: k.From, To: k.To, Capacity: k.Capacity, Anchor: w.buffers[i].anchor}
		if levels := w.buffers[i].levels; len(levels) > 0 {
			lowest, highest := bounds(levels)
			var sum int64
			for _, l := range levels {
				sum += l.parts * (l.to - l.from)
			}
			content, mean := levels[len(levels)-1].parts, float64(sum)/float64(w.to-w.from)
			b.Content, b.Highest, b.Mean = &content, &highest, &mean
			// What is in work at the station behind may lie on either side.
			slack := k.Take * int64(len(w.stations[w.layout.station(k.To)]))
			b.Doubt = k.Capacity != nil && highest-lowest > *k.Capacity+slack
		}
		out = append(out, b)
	}
	return out
}

// held writes who held the line up.
func (w *world) held(found calc.Bottlenecks) Bottleneck {
	code := func(station int) string {
		if station == calc.None {
			return ""
		}
		return w.layout.Stations[station].Code
	}
	b := Bottleneck{Moments: []Moment{}, Shares: []Share{}, ShiftingMs: found.ShiftingMs, NoneMs: found.NoneMs, Main: code(found.Main())}
	for _, m := range found.Moments {
		b.Moments = append(b.Moments, Moment{instant(m.From), instant(m.To), code(m.Station), code(m.With)})
	}
	for i := len(found.Moments) - 1; i >= 0 && found.Moments[i].Station == found.Moments[len(found.Moments)-1].Station; i-- {
		b.Now, b.Since = code(found.Moments[i].Station), instant(found.Moments[i].From)
	}
	if b.Now == "" {
		b.Since = 0
	}
	for s, share := range found.Shares {
		b.Shares = append(b.Shares, Share{code(s), share.SoleMs, share.ShiftingMs, share.Periods, share.MeanActiveMs()})
	}
	return b
}

func waterfall(station string, f calc.Waterfall) *Waterfall {
	out := Waterfall{Station: station, CycleMs: f.CycleMs, PossibleMs: f.PossibleMs, Possible: f.Possible, Good: f.Good}
	for _, s := range f.Steps {
		out.Steps = append(out.Steps, Step{s.Loss, s.Ms, s.Parts})
	}
	return &out
}
