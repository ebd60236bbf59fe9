package rule

import (
	"context"
	"math"
	"slices"

	"cel.dev/cel-go/common/types"
)

// forever is the end of what is known while nobody says that contact can be lost.
const forever = math.MaxInt64

const (
	// settling is how long after contact came back a value from before it may still be
	// on its way out: until then only a new value counts.
	settling = 2 * second
	// windowTick is how often sliding windows are looked at while nothing is said.
	windowTick = second
)

// Reading is what an input or a window was when a rule fired.
type Reading struct {
	Name   string
	Number float64
	Text   string
	Note   string // of a number: of what it was told
}

// Firing is one time that a rule fired. From is when its delay was over; To is 0 while
// it stands.
type Firing struct {
	From, To int64
	Readings []Reading // what it rests on
	// Withheld: it fired more often within the hour than it may act.
	Withheld bool
	Lost     bool // at To an input was not known any more: nobody knows whether it went on
}

// Fold turns the values of a rule's inputs, in order of time, into firings. A value
// holds until the next one. Of one instant all values count together, whatever their
// order: what they mean is decided when time goes on. Make one with [NewFold].
type Fold struct {
	p            *Program
	ctx          context.Context
	began, ended func(Firing)

	at     int64 // the instant reached
	due    int64 // when something falls due by itself
	tick   int64 // the next instant of the schedule
	moved  bool  // something was said at this instant
	dirty  uint32
	judged bool // nothing has changed since the condition was looked at
	late   int

	inputs  []held
	windows []window
	masks   []uint32 // by window: the inputs that it reads
	known   []bool   // by window: at the last look
	values  *activation

	over   bool  // the condition holds
	since  int64 // it does, or does not, since
	firing Firing
	stands bool
	acted  []int64 // of the last hour

	blind  int64 // since when the condition cannot be told; 0 while it can
	why    string
	broken error
}

// held is an input as it is known.
type held struct {
	value Value
	said  bool  // there is a value
	at    int64 // when that was said last
	until int64 // contact is known until here
	wait  int64 // contact is back: the value from before counts from here on
	live  bool  // it counts at the instant reached
}

func (h *held) counts(at int64) bool { return h.said && h.until > at && h.wait == 0 }

// NewFold begins with nothing known. began is called when the rule fires, ended when a
// firing is over. ctx ends evaluations that take too long.
func NewFold(ctx context.Context, p *Program, began, ended func(Firing)) *Fold {
	f := &Fold{
		p: p, ctx: ctx, began: began, ended: ended, at: math.MinInt64, due: forever, tick: forever, since: math.MinInt64,
		inputs: make([]held, len(p.spec.Inputs)), windows: make([]window, len(p.windows)), masks: make([]uint32, len(p.windows)), known: make([]bool, len(p.windows)), values: newActivation(p),
	}
	for i := range f.inputs {
		f.inputs[i].until, f.inputs[i].at = forever, math.MinInt64
	}
	for i, w := range p.windows {
		f.windows[i] = window{function: w.function, length: w.length}
		for _, in := range w.of.inputs {
			f.masks[i] |= 1 << in
		}
	}
	return f
}

// Late is how many values came for an instant that the fold had left behind. They
// counted from the instant reached on, or not at all where a later one was known.
func (f *Fold) Late() int { return f.late }

// Broken is why the rule was stopped, nil while it goes on.
func (f *Fold) Broken() error { return f.broken }

// Blind says since when the condition cannot be told, and why; not ok while it can.
func (f *Fold) Blind() (since int64, why string, ok bool) {
	return f.blind, f.why, f.blind != 0
}

// Take sets the value of an input at an instant. One that is older than what was said
// of the input last is left out.
func (f *Fold) Take(input int, at int64, v Value) {
	in := &f.inputs[input]
	if !f.arrive(in, at) {
		return
	}
	if in.value != v || !in.live {
		f.dirty |= 1 << input
	}
	in.value, in.said, in.wait = v, true, 0
	f.values.set(input, v)
}

// Miss says that from the instant on an input is not known.
func (f *Fold) Miss(input int, at int64) {
	in := &f.inputs[input]
	if !f.arrive(in, at) {
		return
	}
	in.said, in.wait = false, 0
	f.dirty |= 1 << input
}

// Contact says that an input is known up to an instant, if nothing comes before: after
// it is not, until contact is said again. One that is not after at says that contact
// was lost at at.
func (f *Fold) Contact(input int, at, until int64) {
	in := &f.inputs[input]
	if until > at && in.until > at && in.live { // it goes on, which changes nothing at this instant
		f.Advance(at)
		in.until = until
		f.due = min(f.due, until)
		return
	}
	f.Advance(at)
	f.moved = true
	back := in.until <= f.at
	if in.until = max(until, f.at); back && in.said && until > f.at {
		in.wait = f.at + settling
	}
}

// arrive goes on to an instant at which something is said of an input.
func (f *Fold) arrive(in *held, at int64) bool {
	if at < f.at {
		f.late++
	}
	if at < in.at {
		return false
	}
	f.Advance(at)
	f.moved, in.at = true, at
	return true
}

// Settle says what the instant reached means without waiting for the next: for who
// cannot wait, and knows that all that belongs together was said.
func (f *Fold) Settle() {
	if f.moved {
		f.decide()
	}
}

// Advance lets time go on to an instant. What falls due before it is done; what falls
// due at it waits for the values of that instant.
func (f *Fold) Advance(to int64) {
	if to <= f.at {
		return
	}
	if f.at == math.MinInt64 {
		f.at = to
		f.begin()
		return
	}
	if f.moved || f.due <= f.at {
		f.decide()
	}
	for f.due < to && f.broken == nil {
		f.at = f.due
		f.decide()
	}
	f.at = to
}

// begin finds the first instant of the schedule, which counts from 1970 in UTC.
func (f *Fold) begin() {
	every := f.every()
	if every == 0 {
		return
	}
	f.tick = (f.at + every - 1) / every * every
	f.due = f.tick
}

// every is how often the condition is looked at by itself; 0 for never.
func (f *Fold) every() int64 {
	switch {
	case f.p.spec.Trigger == OnSchedule:
		return f.p.spec.Every
	case len(f.windows) > 0:
		return windowTick
	}
	return 0
}

// decide says what the instant reached means.
func (f *Fold) decide() {
	if f.broken != nil {
		f.moved, f.due = false, forever
		return
	}
	f.refresh()
	look := false
	if f.tick <= f.at {
		every := f.every()
		f.tick = (f.at/every + 1) * every
		look = true
	}
	switch f.p.spec.Trigger {
	case OnSample:
		look = look || f.moved || f.dirty != 0
	case OnChange:
		look = look || f.dirty != 0
	}
	if f.dirty != 0 {
		f.follow()
		f.judged = false
	}
	if look && (!f.judged || len(f.windows) > 0) {
		f.judge()
	}
	f.expire()
	f.moved, f.dirty = false, 0
	f.plan()
}

// refresh notes which inputs count from this instant on.
func (f *Fold) refresh() {
	for i := range f.inputs {
		in := &f.inputs[i]
		if in.wait != 0 && in.wait <= f.at {
			in.wait = 0
		}
		if now := in.counts(f.at); now != in.live {
			in.live = now
			f.dirty |= 1 << i
		}
	}
}

// follow tells windows what changed.
func (f *Fold) follow() {
	for i := range f.windows {
		if f.dirty&f.masks[i] == 0 && f.windows[i].known {
			continue
		}
		of := f.p.windows[i].of
		v, ok := f.number(of)
		if !ok {
			f.windows[i].miss()
			continue
		}
		f.windows[i].take(f.at, v)
	}
}

// number is what stands within a window: a number, or 1 for a condition that holds.
func (f *Fold) number(x *expression) (float64, bool) {
	for _, i := range x.inputs {
		if !f.inputs[i].live {
			return 0, false
		}
	}
	if x.input >= 0 {
		return f.inputs[x.input].value.Number, true
	}
	out, err := x.evaluate(f.ctx, f.values)
	if err != nil {
		f.fail(err)
		return 0, false
	}
	switch v := out.(type) {
	case types.Double:
		return float64(v), true
	case types.Bool:
		if v {
			return 1, true
		}
	}
	return 0, true
}

// judge holds the condition against the instant.
func (f *Fold) judge() {
	f.judged = true
	for i := range f.windows {
		var v float64
		if v, f.known[i] = f.windows[i].value(f.at); f.known[i] {
			f.values.set(len(f.inputs)+i, Value{Number: v})
		}
	}
	f.why = ""
	on, ok := f.holds(f.p.when)
	off := !on
	if ok && f.p.reset != nil {
		off, ok = f.holds(f.p.reset)
		on = on && !off
	}
	switch {
	case !ok:
		f.lose()
		return
	case on && !f.over:
		f.over, f.since = true, f.at
	case off && f.over:
		f.over, f.since = false, f.at
	}
	f.blind = 0
}

// holds says whether a condition does; not ok when nobody can tell.
func (f *Fold) holds(x *expression) (holds, ok bool) {
	for _, i := range x.inputs {
		if !f.inputs[i].live {
			f.why = f.p.spec.Inputs[i].Name + " is not known"
			return false, false
		}
	}
	for _, i := range x.windows {
		if !f.known[i] {
			f.why = f.p.windows[i].text + " is not known: not the whole of the window is"
			return false, false
		}
	}
	out, err := x.evaluate(f.ctx, f.values)
	if err != nil {
		f.fail(err)
		return false, false
	}
	return out == types.True, true
}

// fail notes why an evaluation gave nothing. A limit ends the rule.
func (f *Fold) fail(err error) {
	f.why = err.Error()
	if isStopped(err) {
		f.broken = err
	}
}

// lose ends what stands because nobody knows any more.
func (f *Fold) lose() {
	if f.stands {
		f.end(f.at, true)
	}
	if f.blind == 0 {
		f.blind = f.at
	}
	f.over = false
}

// fires is when what is pending fires.
func (f *Fold) fires() int64 {
	at := f.since + f.p.spec.OnDelay
	if n := len(f.acted); n > 0 && f.p.spec.MinInterval > 0 {
		at = max(at, f.acted[n-1]+f.p.spec.MinInterval)
	}
	return at
}

// expire ends the delays that are over.
func (f *Fold) expire() {
	switch {
	case f.over && !f.stands && f.fires() <= f.at:
		f.fire()
	case !f.over && f.stands && f.since+f.p.spec.OffDelay <= f.at:
		f.end(f.since+f.p.spec.OffDelay, false)
	}
}

func (f *Fold) fire() {
	f.acted = slices.DeleteFunc(f.acted, func(at int64) bool { return at <= f.at-max(hour, f.p.spec.MinInterval) })
	within := 0
	for _, at := range f.acted {
		if at > f.at-hour {
			within++
		}
	}
	f.stands, f.firing = true, Firing{From: f.at, Readings: f.readings(), Withheld: f.p.spec.MaxPerHour > 0 && within >= f.p.spec.MaxPerHour}
	if !f.firing.Withheld {
		f.acted = append(f.acted, f.at)
	}
	f.began(f.firing)
}

func (f *Fold) end(at int64, lost bool) {
	f.stands = false
	f.firing.To, f.firing.Lost = at, lost
	f.ended(f.firing)
}

// readings are the values of this instant.
func (f *Fold) readings() []Reading {
	out := make([]Reading, 0, len(f.inputs)+len(f.windows))
	for i, in := range f.p.spec.Inputs {
		if f.inputs[i].live {
			one := Reading{Name: in.Name, Number: f.inputs[i].value.Number, Text: f.inputs[i].value.Text}
			if in.Kind != Text {
				one.Text, one.Note = "", one.Text
			}
			out = append(out, one)
		}
	}
	for i, w := range f.p.windows {
		if v, ok := f.windows[i].value(f.at); ok {
			out = append(out, Reading{Name: w.text, Number: v})
		}
	}
	return out
}

// plan finds when something falls due next.
func (f *Fold) plan() {
	f.due = f.tick
	for i := range f.inputs {
		in := &f.inputs[i]
		if in.said && in.until > f.at && in.until != forever {
			f.due = min(f.due, in.until)
		}
		if in.wait != 0 {
			f.due = min(f.due, in.wait)
		}
	}
	switch {
	case f.over && !f.stands:
		f.due = min(f.due, max(f.fires(), f.at+1))
	case !f.over && f.stands:
		f.due = min(f.due, max(f.since+f.p.spec.OffDelay, f.at+1))
	}
}

// Standing is the firing that stands at the instant reached.
func (f *Fold) Standing() (Firing, bool) { return f.firing, f.stands }

// Recall replaces what the fold knows of when the rule acted, oldest first: a fold that
// began in the past knows what it would have done, and not what was done.
func (f *Fold) Recall(acted []int64) { f.acted = acted }
