package equipment

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// cell is one machine of the board.
type cell struct {
	m      *Machine
	stale  bool // the facts must be read again
	missed bool // and the values: batches were not followed
	heard  bool // something to show
	reread time.Time

	replay  *replay
	alarms  *alarmWatch
	past    []stretch // closed, of the last day
	from    plant.Micros
	events  []fact.Event
	last    map[string]plant.Sample // counters, for the next rise
	product timeline
	order   timeline
	tags    []*follow // in order of name
	shifted map[string]Headline
	daily   map[string]Headline
	live    Live
	shown   shown
}

// shown is what the state of the live view was made from.
type shown struct {
	at    plant.Micros
	since plant.Micros
	said  said
	part  Live
}

// follow is what a cell knows of one tag. There may be a hundred thousand: the
// newest value is put into words when the view is made, because most of what
// comes is followed by more before anybody looks.
type follow struct {
	c    *cell
	tag  *plant.Tag
	name string  // in the profile's words
	next *follow // whose value came behind this one's the last time
	newest
	slots   []int // where states and alarms read it
	counter bool  // of parts
	known   bool  // there is a value
	news    bool  // it is not in the view
}

// newest is the last value of a tag.
type newest struct {
	sample plant.Sample
	text   *plant.Text // in place of it when the tag is one of texts
}

func (n *newest) at() plant.Micros {
	if n.text != nil {
		return n.text.Time
	}
	return n.sample.Time
}

func (n *newest) same(as newest) bool {
	if n.text == nil || as.text == nil {
		return n.text == as.text && n.sample == as.sample
	}
	return *n.text == *as.text
}

// take takes a value unless a newer one is known.
func (f *follow) take(v newest) {
	if f.known && v.at() < f.at() {
		return
	}
	f.news = f.news || !f.known || !f.same(v)
	f.known, f.newest, f.c.heard = true, v, true
}

// value puts the newest value into words; number is where a number stands.
func (f *follow) value(number *float64) LiveValue {
	q := f.sample.Quality
	if f.text != nil {
		q = f.text.Quality
	}
	v := LiveValue{Tag: f.tag.No, Name: f.tag.Name, Title: f.tag.Title, Unit: f.tag.Unit, Time: f.at(), Quality: q.String()}
	switch {
	case q.IsBad():
	case f.text != nil:
		v.Text = &f.text.Value
	default:
		*number = f.sample.Value
		v.Number = number
	}
	return v
}

// presentAgain is how long a state is shown without looking again; plans and
// minor stops change slowly.
const presentAgain = plant.Micros(900_000)

func newCell(m *Machine) *cell {
	c := &cell{m: m, stale: true, missed: true}
	byName := map[string]*follow{}
	for _, name := range slices.Sorted(maps.Keys(m.Tags)) {
		if m.Tags[name].Kind == plant.KindWaveform {
			continue // too large to be shown as it comes: pages ask for it
		}
		f := &follow{c: c, tag: m.Tags[name], name: name, counter: m.countsParts(name)}
		c.tags, byName[name] = append(c.tags, f), f
	}
	slot := func(name string, n int) {
		if f := byName[name]; f != nil {
			f.slots = append(f.slots, n)
		}
	}
	slot(plant.LinkTag, slotLink)
	if len(m.Kind.Reasons) > 0 {
		slot(SignalReason, slotReason)
	}
	if m.Kind.Rules != nil {
		for i, name := range m.Kind.Rules.Inputs() {
			slot(name, i)
		}
	}
	return c
}

// load replays the machine's last day. The values are nil when those that were
// followed are the newest.
func (c *cell) load(s Settings, f Facts, values map[string]newest, from, now plant.Micros) {
	c.stale, c.heard, c.from = false, true, from-s.margin()
	c.shown = shown{}
	c.past, c.events = nil, f.Events
	if values != nil {
		for _, one := range c.tags {
			v, known := values[one.name]
			one.known, one.newest, one.news = known, v, false
		}
		c.missed, c.live.Values = false, nil // made anew
	}
	c.product, c.order = newTimeline(f.Texts[SignalProduct]), newTimeline(f.Texts[SignalOrder])
	c.replay = newReplay(c.m, c.from, func(x stretch) { c.past = append(c.past, x) })
	c.replay.walk(c.m.streams(f), c.m.parts(f, c.product), now+s.margin())
	c.alarms = newAlarmWatch(c.m, c.from, func(Alarm) {}) // the past is asked at the desk
	c.alarms.walk(c.m.streams(f), now+s.margin())
	c.last = map[string]plant.Sample{}
	for q, counter := range c.m.counterOf() {
		if q == energy {
			continue
		}
		for _, x := range f.Samples[counter.Signal] {
			if !x.Quality.IsBad() {
				c.last[counter.Signal] = x
			}
		}
	}
}

// take takes a new value of a tag. One that is older than what was replayed
// makes the machine's day be read again.
func (c *cell) take(f *follow, s plant.Sample) {
	f.take(newest{sample: s})
	if len(f.slots) == 0 && !f.counter || c.replay == nil {
		return
	}
	if s.Time < c.replay.clock {
		c.stale = true
		return
	}
	c.replay.expire(s.Time)
	c.alarms.advance(s.Time)
	for _, slot := range f.slots {
		c.replay.set(slot, s)
		c.alarms.take(slot, valueOfSample(s), s.Time)
	}
	if f.counter && !s.Quality.IsBad() {
		p := part{at: s.Time}
		if before, ok := c.last[f.name]; ok && s.Value != before.Value {
			p.silence = c.m.silence(c.product.at(s.Time), s.Time)
		}
		c.last[f.name] = s
		c.replay.part(p)
	}
	c.replay.decide(s.Time)
}

func (c *cell) takeText(f *follow, t plant.Text) {
	f.take(newest{text: &t})
	if c.replay == nil {
		return
	}
	switch f.name {
	case SignalProduct:
		c.product = newTimeline(append(c.product.texts(), t))
	case SignalOrder:
		c.order = newTimeline(append(c.order.texts(), t))
	}
	if len(f.slots) == 0 {
		return
	}
	if t.Time < c.replay.clock {
		c.stale = true
		return
	}
	c.replay.expire(t.Time)
	c.alarms.advance(t.Time)
	for _, slot := range f.slots {
		c.replay.setText(slot, t)
		c.alarms.take(slot, valueOfText(t), t.Time)
	}
	c.replay.decide(t.Time)
}

// countsParts reports whether the signal is a counter of parts.
func (m *Machine) countsParts(name string) bool {
	for q, counter := range m.counterOf() {
		if q != energy && counter.Signal == name {
			return true
		}
	}
	return false
}

// texts turns the newest change back into a text, for one more to be added.
func (t timeline) texts() []plant.Text {
	n := len(t.from)
	if n == 0 {
		return nil
	}
	x := plant.Text{Time: t.from[n-1], Value: t.value[n-1]}
	if !t.known[n-1] {
		x.Quality = plant.Bad
	}
	return []plant.Text{x}
}

// refresh makes the live view of now; it reports whether that is new.
func (c *cell) refresh(s Settings, now plant.Micros) bool {
	c.heard = false
	l := Live{
		Node: c.m.Node, Path: c.m.Path, Name: c.m.Name, Excluded: c.m.Excluded, Class: ClassUnknown, Plan: PlanOff,
		Shifted: c.shifted, Daily: c.daily,
	}
	news := c.live.Values == nil
	for _, f := range c.tags {
		news = news || f.news
		f.news = false
	}
	if news {
		l.Values = make([]LiveValue, 0, len(c.tags))
		numbers := make([]float64, len(c.tags))
		for i, f := range c.tags {
			if f.known {
				l.Values = append(l.Values, f.value(&numbers[i]))
			}
		}
	}
	if c.replay != nil {
		c.present(s, &l, now)
		for _, a := range c.alarms.standing(now) {
			l.Alarms = append(l.Alarms, LiveAlarm{ID: a.ID, Text: a.Text, Priority: a.Priority, Since: a.From, Earlier: a.Earlier})
		}
	}
	l.Seq = c.live.Seq
	before := c.live
	if !news {
		before.Values = nil // what did not change need not be compared
		if l.Seq != 0 && reflect.DeepEqual(l, before) {
			return false
		}
		l.Values = c.live.Values
	}
	c.live = l
	return true
}

// present looks at the stretch that now lies in.
func (c *cell) present(s Settings, l *Live, now plant.Micros) {
	l.Link = now < c.replay.linkUntil
	if k := c.shown; k.said == c.replay.current && k.since == c.replay.since && now >= k.at && now-k.at < presentAgain {
		p := k.part
		l.State, l.Source, l.Class, l.Plan, l.Shift, l.Since, l.SinceMore = p.State, p.Source, p.Class, p.Plan, p.Shift, p.Since, p.SinceMore
		l.Reason, l.SaidBy, l.Stop, l.Product, l.Order = p.Reason, p.SaidBy, p.Stop, p.Product, p.Order
		return
	}
	defer func() { c.shown = shown{at: now, since: c.replay.since, said: c.replay.current, part: *l} }()
	l.Product = c.product.at(now)
	_, l.Order = c.order.order(now)
	// A copy runs on to now: the replay itself waits for the next value.
	ahead := *c.replay
	said := slices.Clone(c.past)
	ahead.emit = func(x stretch) { said = append(said, x) }
	ahead.key = nil
	ahead.finish(now + 1000)
	said, stops := s.standstills(overlayOf(c.events).lay(said))
	if len(said) == 0 {
		return
	}
	cutoff := now - plant.Micros(2*boardBack.Microseconds())
	c.past = slices.DeleteFunc(c.past, func(x stretch) bool { return x.to < cutoff })
	from := floorMs(now)
	pieces := s.cutAll(c.m, said, stops, c.product, c.order, from, from+1000)
	if len(pieces) == 0 {
		return
	}
	p := pieces[len(pieces)-1]
	l.State, l.Source, l.Class, l.Plan, l.Shift = p.State, p.Source, p.Class, p.Plan, p.Shift
	l.Reason, l.SaidBy, l.Stop = p.Reason, p.SaidBy, p.Stop
	l.Since = said[len(said)-1].from
	for i := len(said) - 1; i >= 0 && said[i].state == p.State && said[i].to >= l.Since; i-- {
		l.Since = said[i].from
	}
	l.SinceMore = l.Since <= c.from
}
