package authenticity

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const (
	second = int64(1_000_000)
	hour   = 60 * minute
)

// machine makes honest days: cycles of a product, a spindle current and a
// temperature with the noise of a sensor, stops now and then, a device clock that
// drifts a little.
type machine struct {
	rng   *rand.Rand
	cycle int64 // per part
	drift float64
}

func newMachine(seed uint64) *machine {
	rng := rand.New(rand.NewPCG(seed, 7))
	return &machine{rng: rng, cycle: 20*second + rng.Int64N(20)*second, drift: rng.NormFloat64() * 2e-5}
}

// day begins at 8:00 of the numbered day and lasts ten hours.
func (m *machine) day(n int) Day {
	start := int64(n)*24*hour + 8*hour
	d := Day{ShortestCycle: m.cycle, Known: []Span{{start, start + 10*hour}}}
	running := true
	end := start
	for end < start+10*hour {
		length := 20*minute + m.rng.Int64N(2*int64(hour))
		if !running {
			length = minute + m.rng.Int64N(20*minute)
		}
		span := Span{end, min(end+length, start+10*hour)}
		if running {
			d.Running = append(d.Running, span)
			for at := span.From + m.cycle; at < span.To; at += m.cycle + m.rng.Int64N(3*second) {
				d.Counts = append(d.Counts, Count{at, 1})
			}
		} else {
			d.Stopped = append(d.Stopped, span)
		}
		running, end = !running, span.To
	}
	current := Signal{Name: "spindle.current", Measured: true, Running: &Range{3, 40}, Idle: &Range{0, 2}}
	bearing := Signal{Name: "bearing.temperature", Measured: true, Running: &Range{5, 90}}
	counter := Signal{Name: "counter"}
	program := Signal{Name: "feed.program"}
	warm, total := 20.0, 0.0
	for at := start; at < start+10*hour; at += second {
		said := at + m.rng.Int64N(4000) // a scan of some milliseconds
		on := slices.ContainsFunc(d.Running, func(s Span) bool { return s.From <= at && at < s.To })
		amps := 0.5 + 0.05*m.rng.NormFloat64()
		if on {
			phase := float64((at-start)%m.cycle) / float64(m.cycle)
			amps = 12 + 6*math.Sin(2*math.Pi*phase) + 0.4*m.rng.NormFloat64()
			warm += (60 - warm) / 3600
		} else {
			warm += (20 - warm) / 7200
		}
		current.put(said, math.Round(amps*100)/100)
		if (at-start)%(5*second) == 0 {
			bearing.put(said, math.Round((warm+0.2*m.rng.NormFloat64())*10)/10)
		}
		total++
		counter.put(said, math.Floor(total/30))
		program.put(said, float64((at-start)%m.cycle/(5*second))) // the same on every machine with this programme
		if (at-start)%(10*second) == 0 {
			d.Clock = append(d.Clock, Reading{Device: said + int64(m.drift*float64(at-start)), Received: said + m.rng.Int64N(200_000)})
		}
	}
	d.Signals = []Signal{current, bearing, counter, program}
	return d
}

func (s *Signal) put(at int64, v float64) {
	if n := len(s.Values); n > 0 && s.Values[n-1] == v {
		return // only changes are stored
	}
	s.Times, s.Values = append(s.Times, at), append(s.Values, v)
}

func kinds(findings []Finding) (out []Kind) {
	for _, f := range findings {
		out = append(out, f.Kind)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func label(owner, machine string, day int, d Day) Labelled {
	return Labelled{Owner: owner, Machine: machine, Day: fmt.Sprintf("day-%03d", day), Sketch: SketchOf(d)}
}

// Forty honest machines of ten firms over three days: nobody is accused, though
// ten of them run the same programme.
func TestHonestMachinesAreNotAccused(t *testing.T) {
	var all []Labelled
	for i := range 40 {
		m := newMachine(uint64(i))
		if i%4 == 0 {
			m.cycle = 30 * second
		}
		for day := range 3 {
			d := m.day(day)
			if got := Check(d); len(got) > 0 {
				t.Errorf("machine %d, day %d: %+v", i, day, got)
			}
			all = append(all, label(fmt.Sprint("firm-", i/4), fmt.Sprint("m-", i), day, d))
		}
	}
	for _, l := range all {
		if len(l.Shapes) < sketchSize || len(l.Clocks) < sketchSize {
			t.Fatalf("%s %s has %d shapes and %d clocks to be compared by; want %d", l.Machine, l.Day, len(l.Shapes), len(l.Clocks), sketchSize)
		}
	}
	if got := Pairs(all); len(got) > 0 {
		t.Errorf("%d pairs accused, the first: %+v", len(got), got[0])
	}
}

func TestFlatLine(t *testing.T) {
	d := newMachine(1).day(0)
	stop := d.Running[0]
	for i, run := range d.Running {
		if run.To-run.From > 40*minute {
			stop = d.Running[i]
		}
	}
	s := &d.Signals[0]
	var times []int64
	var values []float64
	for i := range s.Times {
		if s.Times[i] < stop.From || s.Times[i] >= stop.To {
			times, values = append(times, s.Times[i]), append(values, s.Values[i])
		}
	}
	s.Times, s.Values = times, values
	got := Check(d)
	if len(got) != 1 || got[0].Kind != FlatLine || got[0].Signal != "spindle.current" {
		t.Errorf("a current that stands still for a run of %v min: %+v", (stop.To-stop.From)/minute, got)
	}
	// All of it: states alone, as of somebody who sends "running".
	d.Signals = []Signal{{Name: "counter", Times: []int64{d.Known[0].From}, Values: []float64{7}}}
	d.Counts = []Count{{d.Running[0].From, 1}}
	if got := Check(d); !slices.Contains(kinds(got), FlatLine) {
		t.Errorf("nothing moves: %+v", got)
	}
}

func TestImpossibleRate(t *testing.T) {
	d := newMachine(2).day(0)
	run := d.Running[0]
	for at := run.From; at < run.From+5*minute; at += d.ShortestCycle / 5 {
		d.Counts = append(d.Counts, Count{at, 1})
	}
	got := Check(d)
	if len(got) != 1 || got[0].Kind != ImpossibleRate || got[0].Got < 3 {
		t.Errorf("five times as fast for five minutes: %+v", got)
	}
	d = newMachine(2).day(0)
	d.Counts = append(d.Counts, Count{run.From + 10*minute, 5000}) // one lump at the end of a shift
	if got := kinds(Check(d)); !slices.Equal(got, []Kind{ImpossibleRate}) {
		t.Errorf("five thousand at once: %v", got)
	}
}

// A machine that worked while nobody heard it tells of its parts at once.
func TestImpossibleRate_NotAfterAGap(t *testing.T) {
	d := newMachine(2).day(0)
	run := d.Running[0]
	back := run.From + 15*minute
	d.Known = []Span{{d.Known[0].From, run.From + 5*minute}, {back, d.Known[0].To}}
	d.Counts = slices.DeleteFunc(d.Counts, func(c Count) bool { return c.At >= run.From+5*minute && c.At < back })
	d.Counts = append(d.Counts, Count{back + 2*second, 10 * minute / d.ShortestCycle})
	if got := Check(d); len(got) != 0 {
		t.Errorf("ten minutes' parts after ten minutes without contact: %+v", got)
	}
	d.Counts = append(d.Counts, Count{back + 3*minute, 500})
	if got := kinds(Check(d)); !slices.Equal(got, []Kind{ImpossibleRate}) {
		t.Errorf("five hundred more when it was well known: %v", got)
	}
}

func TestSteppedClock(t *testing.T) {
	for _, step := range []int64{2 * hour, -90 * second} {
		d := newMachine(3).day(0)
		for i := len(d.Clock) / 2; i < len(d.Clock); i++ {
			d.Clock[i].Device += step
		}
		got := Check(d)
		if len(got) != 1 || got[0].Kind != SteppedClock || math.Abs(got[0].Got-float64(step)) > float64(second) {
			t.Errorf("a step of %d s: %+v", step/second, got)
		}
	}
	d := newMachine(3).day(0)
	d.Clock[100].Received += 10 * minute // one message that was late
	if got := Check(d); len(got) > 0 {
		t.Errorf("one late message: %+v", got)
	}
}

func TestProfileMismatch(t *testing.T) {
	d := newMachine(4).day(0)
	for i := range d.Signals[0].Values { // it says that it runs and draws nothing
		d.Signals[0].Values[i] /= 100
	}
	if got := kinds(Check(d)); !slices.Equal(got, []Kind{ProfileMismatch}) {
		t.Errorf("no current while it runs: %v", got)
	}
	d = newMachine(4).day(0)
	d.Running, d.Stopped = d.Stopped, d.Running // parts without work
	if got := kinds(Check(d)); !slices.Contains(got, ProfileMismatch) {
		t.Errorf("parts while it stands: %v", got)
	}
}

// part is a day whose measured signals carry hours of another's, moved in time
// and scaled.
func part(own, other Day, from, to int64, shift int64, scale, add float64) Day {
	out := own
	out.Signals = slices.Clone(own.Signals)
	for i, s := range own.Signals {
		if !s.Measured {
			continue
		}
		mixed := Signal{Name: s.Name, Measured: true}
		for j := range s.Times {
			if s.Times[j] < from+shift || s.Times[j] >= to+shift {
				mixed.Times, mixed.Values = append(mixed.Times, s.Times[j]), append(mixed.Values, s.Values[j])
			}
		}
		o := other.Signals[i]
		at, _ := slices.BinarySearch(mixed.Times, from+shift)
		var times []int64
		var values []float64
		for j := range o.Times {
			if o.Times[j] >= from && o.Times[j] < to {
				times, values = append(times, o.Times[j]+shift), append(values, o.Values[j]*scale+add)
			}
		}
		mixed.Times = slices.Insert(mixed.Times, at, times...)
		mixed.Values = slices.Insert(mixed.Values, at, values...)
		out.Signals[i] = mixed
	}
	return out
}

func TestCopies(t *testing.T) {
	a, b := newMachine(5), newMachine(6)
	first, own, later := a.day(0), b.day(0), a.day(1)
	from := first.Known[0].From + 2*hour
	f := func(what string, want Kind, x, y Labelled) {
		t.Helper()
		got := Pairs([]Labelled{label("z", "other", 0, newMachine(99).day(0)), y, x})
		if len(got) != 1 || got[0].Kind != want || got[0].A != 2 || got[0].B != 1 {
			t.Errorf("%s: %+v; want %s of the third and the second", what, got, want)
		}
	}
	source := label("firm-1", "a", 0, first)
	f("a whole day of another machine", CopiedMachine, source, label("firm-1", "b", 0, part(own, first, from-2*hour, from+8*hour, 0, 1, 0)))
	f("an hour of another machine", CopiedMachine, source, label("firm-1", "b", 0, part(own, first, from, from+hour, 0, 1, 0)))
	f("an hour, half an hour later, scaled and moved", CopiedMachine, source, label("firm-1", "b", 0, part(own, first, from, from+hour, 30*minute, 1.07, 3)))
	f("an hour of another firm's", CopiedFirm, source, label("firm-2", "b", 0, part(own, first, from, from+hour, 0, 1, 0)))
	f("an hour of yesterday", ReplayedWindow, source, label("firm-1", "a", 1, part(later, first, from, from+hour, 24*hour, 1, 0)))
}

func TestClonedClock(t *testing.T) {
	a, b := newMachine(7).day(0), newMachine(8).day(0)
	for i := range b.Clock {
		b.Clock[i].Device = a.Clock[i].Device
	}
	x, y := label("firm-1", "a", 0, a), label("firm-1", "b", 0, b)
	if got := Pairs([]Labelled{x, y}); len(got) != 1 || got[0].Kind != ClonedClock {
		t.Errorf("one clock on two devices: %+v", got)
	}
	x.Link, y.Link = "gateway-1", "gateway-1"
	if got := Pairs([]Labelled{x, y}); len(got) != 0 {
		t.Errorf("the clock of the gateway they share: %+v", got)
	}
	y.Owner = "firm-2" // no gateway serves two firms
	if got := Pairs([]Labelled{x, y}); len(got) != 1 {
		t.Errorf("one clock at two firms: %+v", got)
	}
}

func TestCheck_EmptyDaysSayNothing(t *testing.T) {
	for _, d := range []Day{{}, {Signals: []Signal{{Name: "x"}}, Running: []Span{{0, hour}}}, {Known: []Span{{0, hour}}}} {
		if got := Check(d); len(got) != 0 {
			t.Errorf("%+v: %+v", d, got)
		}
		if s := SketchOf(d); len(s.Shapes)+len(s.Clocks) != 0 {
			t.Errorf("sketch of nothing: %+v", s)
		}
	}
}

func TestPairs_OrderIsOfNoImportance(t *testing.T) {
	a := newMachine(9).day(0)
	all := []Labelled{label("f", "a", 0, a), label("g", "b", 0, a), label("h", "c", 0, newMachine(10).day(0)), label("f", "d", 0, a)}
	names := func(all []Labelled) (out []string) {
		for _, p := range Pairs(all) {
			out = append(out, fmt.Sprint(p.Kind, all[p.A].Machine, all[p.B].Machine, p.Likeness.Shapes))
		}
		slices.Sort(out)
		return out
	}
	want := names(all)
	slices.Reverse(all)
	if got := names(all); !slices.Equal(got, want) || len(want) != 6 { // three pairs, by shape and by clock
		t.Errorf("reversed: %v; was %v", got, want)
	}
}
