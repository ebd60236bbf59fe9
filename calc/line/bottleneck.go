package line

import (
	"cmp"
	"slices"
)

// None stands for no station.
const None = -1

// Moment is time in which one station was the bottleneck, or none.
type Moment struct {
	From, To int64
	Station  int // the momentary bottleneck, None when no station was active
	// With is the station that the bottleneck moved to or came from meanwhile, None
	// while the bottleneck was the only one.
	With int
}

// Share is how long a station was the bottleneck.
type Share struct {
	SoleMs     int64 // the only one
	ShiftingMs int64 // while the bottleneck moved from it or to it
	Periods    int   // active periods
	ActiveMs   int64 // all of them together
}

// MeanActiveMs is the mean length of the active periods, 0 without one: the
// station with the longest is the bottleneck of the whole window (Roser and
// others 2001).
func (s Share) MeanActiveMs() float64 {
	if s.Periods == 0 {
		return 0
	}
	return float64(s.ActiveMs) / float64(s.Periods)
}

// Bottlenecks is who held a line up.
type Bottlenecks struct {
	Moments    []Moment // cover the window without a gap
	Shares     []Share  // by station
	ShiftingMs int64    // while the bottleneck moved, each instant once
	NoneMs     int64    // no station was active
}

// period is an active period: time in which a station was active without a
// break.
type period struct {
	from, to int64
	station  int
}

// Detect finds the momentary bottleneck at every instant: of the stations that
// are active, the one whose active period around the instant is the longest.
// While the period of one bottleneck and that of the next overlap, the bottleneck
// shifts; otherwise it is the sole one (Roser, Nakano, Tanaka: Shifting
// bottleneck detection, Winter Simulation Conference 2002). Of equally long
// periods the earlier one counts, then the station with the lower number.
//
// Periods are seen as far as the window goes: one that began before it is taken
// to begin with it. Every station's stretches cover the window (see [Check]).
func Detect(stations [][]Stretch, from, to int64) (Bottlenecks, error) {
	b := Bottlenecks{Shares: make([]Share, len(stations))}
	if err := Check(stations, from, to); err != nil {
		return b, err
	}
	var all []period
	for n, one := range stations {
		for _, p := range active(one, n) {
			all = append(all, p)
			b.Shares[n].Periods++
			b.Shares[n].ActiveMs += p.to - p.from
		}
	}
	slices.SortFunc(all, func(x, y period) int {
		return cmp.Or(cmp.Compare(y.to-y.from, x.to-x.from), cmp.Compare(x.from, y.from), cmp.Compare(x.station, y.station))
	})
	cuts := []int64{from, to}
	for _, p := range all {
		cuts = append(cuts, p.from, p.to)
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	spells, order := momentary(all, cuts)
	for i := range len(cuts) - 1 {
		b.add(moment(all, order, spells[i], cuts[i], cuts[i+1]))
	}
	return b, nil
}

// momentary gives the longest period of all around each piece between cuts, None
// without, and the periods in the order in which they became the bottleneck.
func momentary(all []period, cuts []int64) (spells, order []int) {
	spells = make([]int, len(cuts)-1)
	for i := range spells {
		spells[i] = None
	}
	// The longest first: what a longer one has taken stays with it.
	for n, p := range all {
		first, _ := slices.BinarySearch(cuts, p.from)
		for i := first; i < len(spells) && cuts[i] < p.to; i++ {
			if spells[i] == None {
				spells[i] = n
			}
		}
	}
	for _, n := range spells {
		if n != None && (len(order) == 0 || order[len(order)-1] != n) {
			order = append(order, n)
		}
	}
	return spells, order
}

// moment says whether the bottleneck shifts in a piece of time.
func moment(all []period, order []int, at int, from, to int64) Moment {
	m := Moment{From: from, To: to, Station: None, With: None}
	if at == None {
		return m
	}
	m.Station = all[at].station
	place := slices.Index(order, at)
	for _, other := range []int{place + 1, place - 1} {
		if other < 0 || other >= len(order) {
			continue
		}
		if o := all[order[other]]; o.from <= from && to <= o.to && o.station != m.Station {
			m.With = o.station
			break
		}
	}
	return m
}

func (b *Bottlenecks) add(m Moment) {
	ms := m.To - m.From
	switch {
	case m.Station == None:
		b.NoneMs += ms
	case m.With == None:
		b.Shares[m.Station].SoleMs += ms
	default:
		b.ShiftingMs += ms
		b.Shares[m.Station].ShiftingMs += ms
		b.Shares[m.With].ShiftingMs += ms
	}
	if n := len(b.Moments); n > 0 && b.Moments[n-1].Station == m.Station && b.Moments[n-1].With == m.With {
		b.Moments[n-1].To = m.To
		return
	}
	b.Moments = append(b.Moments, m)
}

// active joins neighbouring active time of a station.
func active(all []Stretch, station int) (out []period) {
	for _, s := range all {
		if !s.State.Active() {
			continue
		}
		if n := len(out); n > 0 && out[n-1].to == s.From {
			out[n-1].to = s.To
			continue
		}
		out = append(out, period{s.From, s.To, station})
	}
	return out
}

// Main is the station that was the bottleneck longest, sole and shifting together;
// of equal ones the first. None when there was none.
func (b Bottlenecks) Main() int {
	best := None
	for n, s := range b.Shares {
		if ms := s.SoleMs + s.ShiftingMs; ms > 0 && (best == None || ms > b.Shares[best].SoleMs+b.Shares[best].ShiftingMs) {
			best = n
		}
	}
	return best
}
