package energy

import (
	"math/big"
	"time"
)

// Reading is what a meter's register showed. Count is in its smallest unit that
// matters (mWh, litres): whole numbers add up exactly.
type Reading struct {
	At    time.Time
	Count int64
}

// Exchange is a meter taken out, with its last reading, and one put in, with its
// first.
type Exchange struct {
	At      time.Time
	Final   int64
	Initial int64
}

// Meter says how readings of a register are to be understood.
type Meter struct {
	// Modulo is the count at which the register shows 0 again; 0 is not known.
	Modulo int64
	// MaxPerHour is more than can be used in an hour; 0 is not known.
	MaxPerHour int64
	// MaxGap is how long readings may be apart for what was used between them to be
	// spread evenly; 0 is any.
	MaxGap    time.Duration
	Exchanges []Exchange // in order of time
}

// Oddity says what is odd about readings.
type Oddity string

// Oddities. Of those marked so nothing is counted: that time is not known.
const (
	RolledOver Oddity = "rolled_over"
	Exchanged  Oddity = "exchanged"
	Gap        Oddity = "gap"        // not spread: the sum is known, its course is not
	WentBack   Oddity = "went_back"  // not counted: enter the exchange of the meter with both readings
	Jumped     Oddity = "jumped"     // not counted: more than can be used in that time
	Repeated   Oddity = "repeated"   // the same instant and count once more; left out
	Overruled  Oddity = "overruled"  // the same instant with another count: the later one is taken
	Disordered Oddity = "disordered" // earlier than the reading before it; left out
)

// Odd is an oddity between two readings.
type Odd struct {
	What          Oddity
	From, To      time.Time
	Before, After int64
	// Count of a gap is what was used in it.
	Count int64
}

// Interval is what a meter counted in an interval.
type Interval struct {
	From, To time.Time
	Count    int64
	// Known is how much of the interval readings cover; Count is of that alone.
	Known time.Duration
}

// Whole says whether all of the interval is known.
func (i Interval) Whole() bool { return i.Known == i.To.Sub(i.From) }

// Intervals makes readings intervals of a step that begin at from and end by to.
// What was used between two readings is spread evenly between them, in whole counts
// that add up to it; what was used in a gap is told with the gap.
func (m Meter) Intervals(readings []Reading, from, to time.Time, step time.Duration) ([]Interval, []Odd, error) {
	if step <= 0 || to.Before(from) {
		return nil, nil, invalid("intervals of %v from %v to %v; write a step above 0 and an end behind the beginning", step, from, to)
	}
	out := make([]Interval, 0, int(to.Sub(from)/step))
	for at := from; !at.Add(step).After(to); at = at.Add(step) {
		out = append(out, Interval{From: at, To: at.Add(step)})
	}
	var odd []Odd
	for _, p := range m.pairs(readings, &odd) {
		if m.MaxGap > 0 && p.to.Sub(p.from) > m.MaxGap {
			odd = append(odd, Odd{What: Gap, From: p.from, To: p.to, Count: p.n})
			continue
		}
		spread(out, from, step, p)
	}
	return out, odd, nil
}

// Total is what was counted between the first and the last reading, gaps included.
func (m Meter) Total(readings []Reading) (count int64, odd []Odd) {
	for _, p := range m.pairs(readings, &odd) {
		count += p.n
	}
	return count, odd
}

// used is a count between two instants.
type used struct {
	from, to time.Time
	n        int64
}

func (m Meter) pairs(readings []Reading, odd *[]Odd) (out []used) {
	var last Reading
	for i, r := range readings {
		if i == 0 {
			last = r
			continue
		}
		say := func(what Oddity) {
			*odd = append(*odd, Odd{What: what, From: last.At, To: r.At, Before: last.Count, After: r.Count})
		}
		switch {
		case r.At.Before(last.At):
			say(Disordered)
			continue
		case r.At.Equal(last.At) && r.Count == last.Count:
			say(Repeated)
			continue
		case r.At.Equal(last.At):
			say(Overruled)
			if n := len(out); n > 0 && out[n-1].to.Equal(r.At) {
				out[n-1].n += r.Count - last.Count
			}
			last = r
			continue
		}
		out = append(out, m.between(last, r, odd)...)
		last = r
	}
	return out
}

// between two readings: what was used, on both sides of an exchange.
func (m Meter) between(a, b Reading, odd *[]Odd) (out []used) {
	for _, e := range m.Exchanges {
		if !e.At.After(a.At) || e.At.After(b.At) {
			continue
		}
		out = append(out, m.rise(a, Reading{e.At, e.Final}, odd)...)
		*odd = append(*odd, Odd{What: Exchanged, From: a.At, To: b.At, Before: e.Final, After: e.Initial})
		a = Reading{e.At, e.Initial}
	}
	if b.At.After(a.At) {
		out = append(out, m.rise(a, b, odd)...)
	}
	return out
}

// rise is what one register counted. A count that falls has rolled over when what
// follows is believable: within MaxPerHour, or half of the range.
func (m Meter) rise(a, b Reading, odd *[]Odd) []used {
	n := b.Count - a.Count
	limit := int64(0)
	if m.MaxPerHour > 0 {
		limit = share(m.MaxPerHour, b.At.Sub(a.At), time.Hour) + 1
	}
	say := func(what Oddity) {
		*odd = append(*odd, Odd{What: what, From: a.At, To: b.At, Before: a.Count, After: b.Count})
	}
	if n < 0 {
		most := m.Modulo / 2
		if limit > 0 {
			most = limit
		}
		if m.Modulo <= 0 || a.Count >= m.Modulo || n+m.Modulo > most {
			say(WentBack)
			return nil
		}
		n += m.Modulo
		say(RolledOver)
	}
	if limit > 0 && n > limit {
		say(Jumped)
		return nil
	}
	return []used{{a.At, b.At, n}}
}

// spread gives a count to the intervals it lies in. What came by an instant is
// rounded down, so that parts add up.
func spread(out []Interval, from time.Time, step time.Duration, p used) {
	whole := p.to.Sub(p.from)
	first := int(p.from.Sub(from) / step)
	if p.from.Before(from) {
		first = 0
	}
	for i := first; i < len(out) && out[i].From.Before(p.to); i++ {
		begin, end := later(out[i].From, p.from), earlier(out[i].To, p.to)
		if !end.After(begin) {
			continue
		}
		out[i].Count += share(p.n, end.Sub(p.from), whole) - share(p.n, begin.Sub(p.from), whole)
		out[i].Known += end.Sub(begin)
	}
}

// share is n · part ÷ whole, rounded down, of numbers of any size.
func share(n int64, part, whole time.Duration) int64 {
	if part == whole {
		return n
	}
	if small := int64(1) << 31; n < small && n > -small && int64(part) < small {
		return n * int64(part) / int64(whole)
	}
	v := new(big.Int).Mul(big.NewInt(n), big.NewInt(int64(part)))
	return v.Quo(v, big.NewInt(int64(whole))).Int64()
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
