package energy

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
)

// micro is how many millionths a unit has: amounts are whole millionths (mWh of
// kWh), so that they add up exactly.
const micro = 1_000_000

const (
	quarter = 15 * time.Minute // of demand and tariffs
	// maxSteps bounds what is read of one meter: a hundred days of quarters.
	maxSteps = 10_000
	// silent is how long a counter may say nothing while contact is lost, and what it
	// counted still be spread evenly.
	silent = time.Hour
)

// step is what a meter counted in a part of time.
type step struct {
	from, to plant.Micros
	count    int64        // millionths
	known    plant.Micros // how much of the time is known
}

// whole says whether all of a step is known, but for what a reading takes.
func (s step) whole() bool { return s.known >= (s.to-s.from)-(s.to-s.from)/100 }

// series is a meter over time, with what is odd about its readings.
type series struct {
	steps []step
	odd   []Odd
	why   string // why nothing is known
}

// Odd is something about readings that a person should know of.
type Odd struct {
	Meter string        `json:"meter"`
	What  calc.Oddity   `json:"what" enum:"rolled_over,exchanged,gap,went_back,jumped,repeated,overruled,disordered"`
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to"`
	// Count is what was used in a gap, in the medium's unit.
	Count float64 `json:"count"`
}

func (s series) sum() (count int64, known plant.Micros) {
	for _, one := range s.steps {
		count += one.count
		known += one.known
	}
	return count, known
}

// look reads the meters of a network over a range of time, each once.
type look struct {
	d        *Desk
	ctx      context.Context
	tenant   plant.TenantNo
	net      *Network
	from, to plant.Micros
	step     time.Duration
	done     map[string]series
}

func (d *Desk) look(ctx context.Context, tenant plant.TenantNo, net *Network, from, to plant.Micros, every time.Duration) *look {
	return &look{d: d, ctx: ctx, tenant: tenant, net: net, from: from, to: to, step: every, done: map[string]series{}}
}

// edges cut the range; the last may be shorter.
func (l *look) edges() (out []step) {
	width := plant.Micros(l.step.Microseconds())
	for at := l.from; at < l.to; at += width {
		out = append(out, step{from: at, to: min(at+width, l.to)})
	}
	return out
}

// of is what a meter counted.
func (l *look) of(code string) (series, error) {
	if s, ok := l.done[code]; ok {
		return s, nil
	}
	m, ok := l.net.Meter(code)
	if !ok {
		return series{}, invalid("there is no meter %.40q", code)
	}
	read := l.read
	if m.Virtual() {
		read = l.computed
	}
	s, err := read(m)
	if errors.Is(err, access.ErrNotFound) {
		s, err = series{steps: l.edges(), why: "no_signal"}, nil
	}
	if err != nil {
		return series{}, err
	}
	l.done[code] = s
	return s, nil
}

// computed adds meters up by the formula. A step is as known as the least known of
// its parts.
func (l *look) computed(m Meter) (series, error) {
	parts, err := parseFormula(m.Formula)
	if err != nil {
		return series{}, invalid("meter %s: %v", m.Code, err)
	}
	out := series{steps: l.edges()}
	for i := range out.steps {
		out.steps[i].known = out.steps[i].to - out.steps[i].from
	}
	for _, p := range parts {
		s, err := l.of(p.code)
		if err != nil {
			return series{}, err
		}
		if s.why != "" {
			out.why = s.why
		}
		for i := range out.steps {
			out.steps[i].count += int64(math.Round(p.factor * float64(s.steps[i].count)))
			out.steps[i].known = min(out.steps[i].known, s.steps[i].known)
		}
	}
	return out, nil
}

// read folds what a signal showed. The range ends now at the latest.
func (l *look) read(m Meter) (series, error) {
	out := series{steps: l.edges()}
	if len(out.steps) == 0 {
		return out, nil
	}
	if len(out.steps) > maxSteps {
		return out, invalid("%d parts of %s; %d are read at once: ask for less time", len(out.steps), l.step, maxSteps)
	}
	width := plant.Micros(l.step.Microseconds())
	shown, err := l.d.o.Readings.Steps(l.ctx, l.tenant, m.Machine, m.Signal, l.from, l.from+width*plant.Micros(len(out.steps)), len(out.steps))
	if err != nil {
		return out, err
	}
	for i := range shown {
		out.steps[i].known = min(shown[i].Good, out.steps[i].to-out.steps[i].from)
	}
	if m.Reads == Rate {
		for i, s := range shown {
			if s.Good > 0 {
				out.steps[i].count = int64(math.Round(s.Mean * m.factor() * time.Duration(out.steps[i].known*1000).Hours() * micro))
			}
		}
		return out, nil
	}
	return out, l.count(m, shown, &out)
}

// count folds the readings of a counter.
func (l *look) count(m Meter, shown []Shown, out *series) error {
	readings, err := l.readings(m, shown)
	if err != nil {
		return err
	}
	meter := calc.Meter{Modulo: counts(m, m.Modulo), MaxPerHour: int64(math.Round(m.MaxPerHour * micro))}
	for _, e := range m.Exchanges {
		meter.Exchanges = append(meter.Exchanges, calc.Exchange{At: e.At.Time(), Final: counts(m, e.Final), Initial: counts(m, e.Initial)})
	}
	from, end := l.from.Time(), l.from.Time().Add(l.step*time.Duration(len(out.steps)))
	intervals, odd, err := meter.Intervals(readings, from, end, l.step)
	if err != nil {
		return invalid("meter %s: %v", m.Code, err)
	}
	for i, one := range intervals {
		s := &out.steps[i]
		s.count = one.Count
		s.known = min(s.known, plant.Micros(one.Known.Microseconds()))
	}
	for _, o := range odd {
		if o.To.After(from) {
			out.odd = append(out.odd, Odd{Meter: m.Code, What: o.What, From: plant.InstantOf(o.From), To: plant.InstantOf(o.To), Count: float64(o.Count) / micro})
		}
	}
	return nil
}

func counts(m Meter, v float64) int64 { return int64(math.Round(v * m.factor() * micro)) }

// readings of a counter, with the one before the range. A value that held through a
// part of time without being told again held at its end as well.
func (l *look) readings(m Meter, shown []Shown) ([]calc.Reading, error) {
	var out []calc.Reading
	add := func(at plant.Micros, v float64) {
		r := calc.Reading{At: at.Time(), Count: counts(m, v)}
		if n := len(out); n > 0 && !r.At.After(out[n-1].At) {
			return
		}
		out = append(out, r)
	}
	value, when, ok, err := l.d.o.Readings.Before(l.ctx, l.tenant, m.Machine, m.Signal, l.from)
	if err != nil {
		return nil, err
	}
	if ok && l.from-when <= plant.Micros(silent.Microseconds()) {
		add(when, value)
	} else if ok && len(shown) > 0 && shown[0].Good >= shown[0].To-shown[0].From {
		add(l.from, value)
	}
	end := shown[len(shown)-1].To
	behind, err := l.d.o.Readings.Steps(l.ctx, l.tenant, m.Machine, m.Signal, end, end+plant.Micros(silent.Microseconds()), 1)
	if err != nil {
		return nil, err
	}
	for _, s := range shown {
		if s.Any {
			add(s.FirstAt, s.First)
			add(s.LastAt, s.Last)
			value, ok = s.Last, true
		}
		if ok && s.Good >= s.To-s.From {
			add(s.To, value)
		}
	}
	for _, s := range behind { // what was used last is told by the reading after it
		if s.Any {
			add(s.FirstAt, s.First)
		}
	}
	return out, nil
}

// window checks a range of time and cuts off what has not come.
func (d *Desk) window(from, to plant.Instant, most time.Duration) (plant.Micros, plant.Micros, error) {
	to = min(to, d.now())
	switch {
	case to <= from:
		return 0, 0, invalid("the time ends before it begins, or has not begun")
	case to.Time().Sub(from.Time()) > most:
		return 0, 0, invalid("%d days at once; %d are allowed", int(to.Time().Sub(from.Time()).Hours()/24), int(most.Hours()/24))
	}
	return from.Micros(), to.Micros(), nil
}

// aligned begins a range at a full step of the clock.
func aligned(at plant.Micros, every time.Duration) plant.Micros {
	width := plant.Micros(every.Microseconds())
	return at - at%width
}

// order lists meters so that each stands behind the one that feeds it.
func order(net *Network) []Meter {
	var out []Meter
	var walk func(above string)
	walk = func(above string) {
		below := net.Below(above)
		slices.SortStableFunc(below, func(a, b Meter) int { return strings.Compare(string(a.Medium), string(b.Medium)) })
		for _, m := range below {
			out = append(out, m)
			walk(m.Code)
		}
	}
	walk("")
	return out
}
