package equipment

import (
	"encoding/binary"
	"math"

	"zhigai/plant"
)

// Source says who the state of a stretch is from; machine goes before count,
// count before person.
type Source string

const (
	SourceNone    Source = "" // nobody knows
	SourceMachine Source = "machine"
	SourceCount   Source = "count"
	SourcePerson  Source = "person"
)

// stretch is time in which the machine said one thing.
type stretch struct {
	from, to plant.Micros
	state    State
	source   Source
	reason   string // the machine's own, "" when it gives none
	saidBy   string
}

// forever stands for no end.
const forever = plant.Micros(math.MaxInt64)

// stream is one signal on its way through a replay.
type stream struct {
	samples []plant.Sample
	texts   []plant.Text
	at      plant.Micros // of the next value
	slot    int          // index into the rules' values, or one of the below
}

const (
	slotLink   = -1
	slotReason = -2
)

func (s *stream) next() plant.Micros {
	switch {
	case len(s.samples) > 0:
		return s.samples[0].Time
	case len(s.texts) > 0:
		return s.texts[0].Time
	}
	return forever
}

// replay turns values in order of time into stretches. The same code runs over
// the past for figures and over the present for the board.
type replay struct {
	m         *Machine
	values    []Value
	linkUntil plant.Micros // knowledge ends here
	busyUntil plant.Micros // a counted part makes the machine run until here
	counted   bool         // a counter has been heard
	code      Value        // stop.reason
	memo      map[string]Decision
	key       []byte
	asked     bool // the rules were asked since the values changed
	answer    Decision

	clock   plant.Micros // replayed up to here
	since   plant.Micros
	current said
	emit    func(stretch)
}

// said is what the machine says at one instant.
type said struct {
	state  State
	source Source
	reason string
	saidBy string
}

// maxMemo bounds remembered decisions: states follow from a handful of bits,
// but a rule may read a speed.
const maxMemo = 4096

func newReplay(m *Machine, since plant.Micros, emit func(stretch)) *replay {
	r := &replay{m: m, since: since, emit: emit, linkUntil: math.MinInt64, busyUntil: math.MinInt64, memo: map[string]Decision{}}
	if m.Kind.Rules != nil {
		r.values = make([]Value, len(m.Kind.Rules.Inputs()))
	}
	return r
}

// streams lists the signals that decide the state.
func (m *Machine) streams(f Facts) []stream {
	out := []stream{{samples: f.Samples[plant.LinkTag], slot: slotLink}}
	if m.Kind.Rules != nil {
		for i, name := range m.Kind.Rules.Inputs() {
			out = append(out, stream{samples: f.Samples[name], texts: f.Texts[name], slot: i})
		}
	}
	if len(m.Kind.Reasons) > 0 {
		out = append(out, stream{samples: f.Samples[SignalReason], slot: slotReason})
	}
	for i := range out {
		out[i].at = out[i].next()
	}
	return out
}

// run replays everything before to and closes the last stretch there.
func (r *replay) run(streams []stream, parts []part, to plant.Micros) {
	r.walk(streams, parts, to)
	r.finish(to)
}

// walk replays everything before to. parts are the instants at which a counter
// was heard and how long each keeps the machine running.
func (r *replay) walk(streams []stream, parts []part, to plant.Micros) {
	for {
		at := forever
		if len(parts) > 0 {
			at = parts[0].at
		}
		for i := range streams {
			at = min(at, streams[i].at)
		}
		if at >= to {
			break
		}
		r.expire(at)
		for i := range streams {
			if s := &streams[i]; s.at == at {
				r.take(s)
			}
		}
		for len(parts) > 0 && parts[0].at == at {
			r.part(parts[0])
			parts = parts[1:]
		}
		r.decide(at)
	}
}

// take hands over the values of a stream's next instant.
func (r *replay) take(s *stream) {
	at := s.at
	for len(s.samples) > 0 && s.samples[0].Time == at {
		r.set(s.slot, s.samples[0])
		s.samples = s.samples[1:]
	}
	for len(s.texts) > 0 && s.texts[0].Time == at {
		r.setText(s.slot, s.texts[0])
		s.texts = s.texts[1:]
	}
	s.at = s.next()
}

// finish closes the last stretch at to.
func (r *replay) finish(to plant.Micros) {
	r.expire(to)
	r.close(to)
}

// part is a counter's rise; silence 0 means that the counter was heard but
// counted nothing.
type part struct {
	at      plant.Micros
	silence plant.Micros
}

func (r *replay) part(p part) {
	r.counted = true
	if p.silence > 0 {
		r.busyUntil = max(r.busyUntil, p.at+p.silence)
	}
}

// valueOfSample is what rules see of a sample.
func valueOfSample(s plant.Sample) Value {
	if s.Quality.IsBad() {
		return Value{}
	}
	return Value{Known: true, Number: s.Value}
}

// valueOfText is what rules see of a text.
func valueOfText(t plant.Text) Value { return Value{Known: !t.Quality.IsBad(), Text: t.Value} }

func (r *replay) set(slot int, s plant.Sample) {
	v := valueOfSample(s)
	switch slot {
	case slotLink:
		r.linkUntil = s.Time
		if v.Known && v.Number == 1 {
			r.linkUntil = s.Time + plant.Micros(plant.LinkSilence.Microseconds())
		}
	case slotReason:
		r.code = v
	default:
		r.values[slot], r.asked = v, false
	}
}

func (r *replay) setText(slot int, t plant.Text) {
	if slot >= 0 {
		r.values[slot], r.asked = valueOfText(t), false
	}
}

// expire lets what has run out before at take effect at its own time.
func (r *replay) expire(at plant.Micros) {
	first, second := min(r.linkUntil, r.busyUntil), max(r.linkUntil, r.busyUntil)
	for _, until := range [2]plant.Micros{first, second} {
		if until > r.clock && until < at {
			r.decide(until)
		}
	}
	r.clock = max(r.clock, at)
}

// decide says what the machine says at an instant and closes the stretch when
// that is new.
func (r *replay) decide(at plant.Micros) {
	now := r.say(at)
	if now == r.current {
		return
	}
	r.close(at)
	r.current = now
}

func (r *replay) close(at plant.Micros) {
	if from, to := floorMs(r.since), floorMs(at); from < to {
		r.emit(stretch{from: from, to: to, state: r.current.state, source: r.current.source, reason: r.current.reason, saidBy: r.current.saidBy})
	}
	r.since = max(r.since, at)
}

func (r *replay) say(at plant.Micros) said {
	if at >= r.linkUntil {
		return said{}
	}
	var now said
	var alarm string
	if r.m.Kind.Rules != nil {
		if !r.asked {
			r.asked, r.answer = true, r.rule()
		}
		alarm = r.answer.Reason
		now = said{state: r.answer.State, source: SourceMachine}
	}
	if !now.state.Known {
		now = r.fromCounts(at)
	}
	if !now.state.stopped() {
		return now
	}
	if r.code.Known {
		if reason := r.m.Kind.Reasons[int64(r.code.Number)]; reason != "" {
			now.reason, now.saidBy = reason, "machine:"+SignalReason
			return now
		}
	}
	if alarm != "" {
		now.reason, now.saidBy = alarm, "machine:alarm"
	}
	return now
}

// fromCounts derives the state from the counters. A machine with rules that
// cannot decide is only ever running by its counter, never stopped by it.
func (r *replay) fromCounts(at plant.Micros) said {
	switch {
	case r.counted && at < r.busyUntil:
		return said{state: Of(Executing, Processing), source: SourceCount}
	case r.counted && (r.m.Kind.Rules == nil || r.m.Kind.Stateless):
		return said{state: Of(NotExecuting, Processing), source: SourceCount}
	}
	return said{}
}

// rule asks the rules, once per combination of values.
func (r *replay) rule() Decision {
	r.key = r.key[:0]
	for _, v := range r.values {
		if !v.Known {
			r.key = append(r.key, 0)
			continue
		}
		r.key = binary.LittleEndian.AppendUint64(append(r.key, 1), math.Float64bits(v.Number))
		if v.Text != "" {
			r.key = append(binary.AppendUvarint(r.key, uint64(len(v.Text))), v.Text...)
		} else {
			r.key = append(r.key, 0)
		}
	}
	if d, ok := r.memo[string(r.key)]; ok {
		return d
	}
	d := r.m.Kind.Rules.Decide(r.values)
	if len(r.memo) >= maxMemo {
		clear(r.memo)
	}
	r.memo[string(r.key)] = d
	return d
}
