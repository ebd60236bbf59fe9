package equipment

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
)

// Alarm is one occurrence of an alarm that a profile defines: from the instant
// its condition held until the return to normal (IEC 62682).
type Alarm struct {
	Node     plant.NodeID
	Path     string
	Name     plant.Name // of the machine
	ID       string     // of the alarm within the profile
	Text     plant.Name
	Priority int // 1 is the most urgent
	From     plant.Micros
	// To is when it returned to normal, or the end of what was looked at when
	// Open. When Lost it is the last instant at which anybody knew: contact
	// ended or a signal went bad, and whether it stood on cannot be said.
	To      plant.Micros
	Open    bool
	Lost    bool
	Earlier bool // it stood already where the look began
}

// alarmWatch turns values in order of time into occurrences. The same code
// runs over the past for lists and over the present for the board.
type alarmWatch struct {
	m       *Machine
	values  []Value
	at      plant.Micros // the instant whose values are being taken
	until   plant.Micros // contact is known until here
	begun   plant.Micros // where the look began
	linked  bool
	since   plant.Micros // when contact came back
	settled bool         // the rules were asked since a value changed
	open    []Alarm      // by the number of the alarm; without an ID where none stands
	emit    func(Alarm)
}

// settling is how long after contact came back the values from before it may
// still be on their way out: an alarm that stands no longer than that, and
// only since contact, is an echo.
const settling = plant.Micros(2_000_000)

func newAlarmWatch(m *Machine, begun plant.Micros, emit func(Alarm)) *alarmWatch {
	w := &alarmWatch{m: m, begun: begun, emit: emit, at: math.MinInt64, until: math.MinInt64, since: math.MinInt64}
	if m.Kind.Rules != nil {
		w.values = make([]Value, len(m.Kind.Rules.Inputs()))
	}
	return w
}

// take sets one value. The rules are asked when time goes on, so that values
// of one instant count together.
func (w *alarmWatch) take(slot int, v Value, at plant.Micros) {
	w.advance(at)
	switch {
	case slot == slotLink:
		w.until = at
		if v.Known && v.Number == 1 {
			w.until = at + plant.Micros(plant.LinkSilence.Microseconds())
		}
	case slot >= 0 && w.values[slot] != v:
		w.values[slot], w.settled = v, false
	}
}

// advance finishes what came before the instant: it decides, and ends what
// nobody knows any more because contact ran out.
func (w *alarmWatch) advance(to plant.Micros) {
	if to <= w.at {
		return
	}
	w.decide(w.at)
	w.at = to
	if w.linked && w.until < to {
		w.lose(w.until)
	}
}

func (w *alarmWatch) lose(at plant.Micros) {
	w.linked, w.settled = false, false
	for no := range w.open {
		w.end(no, at, true)
	}
}

func (w *alarmWatch) decide(at plant.Micros) {
	switch {
	case w.m.Kind.Rules == nil:
		return
	case at >= w.until:
		if w.linked {
			w.lose(at)
		}
		return
	case w.linked && w.settled:
		return
	case !w.linked:
		w.linked, w.since = true, at
	}
	w.settled = true
	w.m.Kind.Rules.Alarms(w.values, func(no int, a profile.Alarm, stands, known bool) {
		for len(w.open) <= no {
			w.open = append(w.open, Alarm{})
		}
		switch {
		case stands && w.open[no].ID == "":
			w.open[no] = Alarm{
				Node: w.m.Node, Path: w.m.Path, Name: w.m.Name, ID: a.ID, Text: a.Text, Priority: a.Priority,
				From: floorMs(max(at, w.begun)), Earlier: at < w.begun, Open: true,
			}
		case !stands:
			w.end(no, at, !known)
		}
	})
}

func (w *alarmWatch) end(no int, at plant.Micros, lost bool) {
	a := w.open[no]
	if a.ID == "" {
		return
	}
	w.open[no] = Alarm{}
	a.To, a.Open, a.Lost = floorMs(at), false, lost
	echo := a.From == floorMs(w.since) && at-w.since < settling && !lost
	if a.To > a.From && !echo { // not shorter than a millisecond, and not before the look began
		w.emit(a)
	}
}

// standing lists what stands at the instant, most urgent first.
func (w *alarmWatch) standing(at plant.Micros) []Alarm {
	w.advance(at)
	var out []Alarm
	for _, a := range w.open {
		if a.ID != "" && at > a.From {
			a.To = floorMs(at)
			out = append(out, a)
		}
	}
	return out
}

// walk replays the streams up to, not including, to.
func (w *alarmWatch) walk(streams []stream, to plant.Micros) {
	for {
		at := forever
		for i := range streams {
			at = min(at, streams[i].at)
		}
		if at >= to {
			return
		}
		for i := range streams {
			if streams[i].at == at {
				w.drain(&streams[i])
			}
		}
	}
}

func (w *alarmWatch) drain(s *stream) {
	at := s.at
	for ; len(s.samples) > 0 && s.samples[0].Time == at; s.samples = s.samples[1:] {
		w.take(s.slot, valueOfSample(s.samples[0]), at)
	}
	for ; len(s.texts) > 0 && s.texts[0].Time == at; s.texts = s.texts[1:] {
		w.take(s.slot, valueOfText(s.texts[0]), at)
	}
	s.at = s.next()
}

// Alarms are the occurrences in [from, to), in order of their beginning. facts
// must reach back to the value that held at from and to the last contact.
func (m *Machine) Alarms(f Facts, from, to plant.Micros) []Alarm {
	if m.Kind.Rules == nil {
		return nil
	}
	var out []Alarm
	w := newAlarmWatch(m, from, func(a Alarm) { out = append(out, a) })
	w.walk(m.streams(f), to)
	out = append(out, w.standing(to)...)
	for _, gap := range overlayOf(f.Events).gaps {
		out = cutAlarms(out, gap)
	}
	slices.SortStableFunc(out, func(a, b Alarm) int { return cmp.Compare(a.From, b.From) })
	return out
}

// cutAlarms takes a gap out: what was said in it is not known.
func cutAlarms(in []Alarm, gap plant.Span) []Alarm {
	var out []Alarm
	for _, a := range in {
		if gap.To <= a.From || a.To <= gap.From {
			out = append(out, a)
			continue
		}
		if before := a; a.From < gap.From {
			before.To, before.Open, before.Lost = floorMs(gap.From), false, true
			out = append(out, before)
		}
		if a.To > gap.To {
			a.From, a.Earlier = floorMs(gap.To), false
			out = append(out, a)
		}
	}
	return out
}

// maxAlarmDays bounds the machine-days that one question reads: alarms are
// folded from samples on asking, some tens of milliseconds each.
const maxAlarmDays = 400

// Alarms lists alarms that stood at any time in [from, to), of one machine or of all
// in the scope, each from its beginning to its end, also where these lie outside.
func (d *Desk) Alarms(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]Alarm, error) {
	from, to = floorMs(from), floorMs(min(to, plant.MicrosOf(d.Now())))
	if to <= from {
		return nil, fmt.Errorf("%w: the time ends before it begins, or has not begun", ErrInvalid)
	}
	machines, err := d.alarmed(ctx, scope, node, to)
	if err != nil {
		return nil, err
	}
	if days := int(time.Duration(to-from)*time.Microsecond/(24*time.Hour)) + 1; days*len(machines) > maxAlarmDays {
		return nil, fmt.Errorf("%w: %d days of %d machines at once; %d machine-days are allowed: choose a shorter time or fewer machines", ErrInvalid, days, len(machines), maxAlarmDays)
	}
	return d.fold(ctx, machines, from, to)
}

// alarmed lists the machines in the scope whose profile knows rules.
func (d *Desk) alarmed(ctx context.Context, scope access.Scope, node plant.NodeID, at plant.Micros) ([]*Machine, error) {
	s, err := d.Fleet.At(ctx, scope.Tenant, at-1)
	if err != nil {
		return nil, err
	}
	var out []*Machine
	for _, m := range s.Machines {
		if m.Kind.Rules != nil && scope.Allows(m.Path) && (node == "" || m.Node == node) {
			out = append(out, m)
		}
	}
	return out, nil
}

// foldAtOnce is how many machines are folded side by side: the node has other
// things to do.
const foldAtOnce = 2

func (d *Desk) fold(ctx context.Context, machines []*Machine, from, to plant.Micros) ([]Alarm, error) {
	var mu sync.Mutex
	var all []Alarm
	var failed error
	next := make(chan *Machine)
	var wg sync.WaitGroup
	for range min(foldAtOnce, len(machines)) {
		wg.Go(func() {
			for m := range next {
				own, err := d.wholeAlarms(ctx, m, from, to)
				mu.Lock()
				all, failed = append(all, own...), cmp.Or(failed, err)
				mu.Unlock()
			}
		})
	}
	for _, m := range machines {
		next <- m
	}
	close(next)
	wg.Wait()
	return all, failed
}

// alarmReach is how far the beginning of an alarm is looked for.
const alarmReach = 31 * 24 * time.Hour

// wholeAlarms are the occurrences in [from, to) with their true ends.
func (d *Desk) wholeAlarms(ctx context.Context, m *Machine, from, to plant.Micros) ([]Alarm, error) {
	all, err := d.alarmsOf(ctx, m, from, to)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := d.lookBack(ctx, m, &all[i]); err != nil {
			return nil, err
		}
		if err := d.lookAhead(ctx, m, &all[i], to); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// lookBack finds where an alarm that stood already began, in growing steps.
func (d *Desk) lookBack(ctx context.Context, m *Machine, a *Alarm) error {
	first := a.From - plant.Micros(alarmReach.Microseconds())
	for step := time.Hour; a.Earlier && a.From > first; step *= 2 {
		before, err := d.alarmsOf(ctx, m, max(first, a.From-plant.Micros(step.Microseconds())), a.From)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(before, func(b Alarm) bool { return b.ID == a.ID && b.Open })
		if i < 0 {
			a.Earlier = false
			return nil
		}
		a.From, a.Earlier = before[i].From, before[i].Earlier
	}
	return nil
}

// lookAhead finds where an alarm that stood at to, in the past, ended.
func (d *Desk) lookAhead(ctx context.Context, m *Machine, a *Alarm, to plant.Micros) error {
	now := floorMs(plant.MicrosOf(d.Now()))
	for step := time.Hour; a.Open && to < now; step *= 2 {
		end := min(now, to+plant.Micros(step.Microseconds()))
		after, err := d.alarmsOf(ctx, m, to, end)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(after, func(b Alarm) bool { return b.ID == a.ID && b.Earlier })
		if i < 0 {
			a.Open = false
			return nil
		}
		a.To, a.Open, a.Lost, to = after[i].To, after[i].Open, after[i].Lost, end
	}
	return nil
}

func (d *Desk) alarmsOf(ctx context.Context, m *Machine, from, to plant.Micros) ([]Alarm, error) {
	// Contact is renewed: what held at from is in sight from one silence before.
	facts, err := d.Reader.values(ctx, m, from-plant.Micros(plant.LinkSilence.Microseconds()), to)
	if err != nil {
		return nil, fmt.Errorf("alarms of %s: %w", m.Path, err)
	}
	events, err := d.Reader.events(ctx, m, from, to)
	if err != nil {
		return nil, err
	}
	facts.Events = fact.InForce(events)
	return m.Alarms(facts, from, to), ctx.Err()
}

// Standing gives true beginnings to the alarms that the board holds.
func (d *Desk) Standing(ctx context.Context, scope access.Scope, all []Alarm) ([]Alarm, error) {
	for i := range all {
		if !all[i].Earlier {
			continue
		}
		m, err := d.machine(ctx, scope, all[i].Node, all[i].To)
		if err != nil {
			return nil, err
		}
		if err := d.lookBack(ctx, m, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
