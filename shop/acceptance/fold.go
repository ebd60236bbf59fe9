package acceptance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"slices"
	"time"

	"zhigai/plant"
)

// value is one stored value of any kind, as the fold sees it.
type value struct {
	at      plant.Micros
	quality plant.Quality
	number  float64
	text    string
	isText  bool
}

func (v value) bad() bool { return v.quality.IsBad() }

// fold makes the figures of one machine. Feed it link.state with [fold.link], then
// every wanted tag with [fold.tag]; values come in order of time, the last from
// before the span first.
type fold struct {
	span    plant.Span
	m       *Machine
	contact []plant.Span
	digest  hash.Hash
	counts  map[string]string // signal to what it counts
}

func newFold(span plant.Span, m *Machine, counts map[string]string) *fold {
	m.Bad, m.Uncertain, m.States = map[string]int64{}, map[string]int64{}, map[string]int64{}
	m.Counters, m.Losses, m.Tags, m.Conflicts, m.Verdicts = []Counter{}, []Loss{}, []Tag{}, []string{}, []Verdict{}
	m.Contact.List = []Gap{}
	return &fold{span: span, m: m, digest: sha256.New(), counts: counts}
}

// feed is a source of values: it calls yield for each.
type feed func(yield func(value)) error

// maxGaps bounds the gaps that a report lists of one machine; it counts all.
const maxGaps = 20

// link takes the samples of link.state.
func (f *fold) link(values feed) error {
	k := known{span: f.span}
	c := &f.m.Contact
	err := values(func(v value) {
		f.hash(v)
		up := !v.bad() && v.number == 1
		if up && v.at >= f.span.From {
			c.Renewals++
		}
		k.say(v.at, up, v.at+micros(plant.LinkSilence))
	})
	if err != nil {
		return err
	}
	f.contact = k.end()
	gaps := rest(f.contact, f.span)
	c.Expected = int64(f.span.To-f.span.From) / plant.LinkRenewal.Microseconds()
	c.KnownUs, c.Gaps = length(f.contact), len(gaps)
	if g := longest(gaps); g != (plant.Span{}) {
		c.LongestUs = int64(g.To - g.From)
	}
	f.m.LongestUs = c.LongestUs
	slices.SortStableFunc(gaps, func(a, b plant.Span) int { return int((b.To - b.From) - (a.To - a.From)) })
	gaps = gaps[:min(len(gaps), maxGaps)]
	slices.SortFunc(gaps, func(a, b plant.Span) int { return int(a.From - b.From) })
	for _, g := range gaps {
		c.List = append(c.List, gapOf(g))
	}
	return nil
}

// tag takes the values of one wanted tag.
func (f *fold) tag(t Tag, values feed) error {
	k := known{span: f.span}
	counter := Counter{Counts: f.counts[t.Name], Signal: t.Name}
	err := values(func(v value) {
		f.hash(v)
		k.say(v.at, !v.bad(), forever)
		counter.see(v, f.span)
		if v.at >= f.span.From {
			f.count(&t, v)
		}
	})
	if err != nil {
		return err
	}
	holds := both(k.end(), f.contact)
	t.KnownUs, t.Silent = length(holds), len(holds) == 0
	gaps := rest(holds, f.span)
	if g := longest(gaps); g != (plant.Span{}) {
		t.LongestUs = int64(g.To - g.From)
		shown := gapOf(g)
		t.Longest = &shown
	}
	for _, g := range gaps {
		if int64(g.To-g.From) > t.SilenceUs {
			t.Gaps++
		}
	}
	if counter.Counts != "" {
		f.m.Counters = append(f.m.Counters, counter)
	}
	f.add(t)
	return nil
}

// count takes a sample of the time into account.
func (f *fold) count(t *Tag, v value) {
	t.Samples++
	at := v.at.Time()
	if t.First.IsZero() {
		t.First = at
	}
	t.Last = at
	switch v.quality.Class() {
	case plant.Good:
	case plant.Uncertain:
		f.m.Uncertain[v.quality.String()]++
	default:
		t.Bad++
		f.m.Bad[v.quality.String()]++
	}
}

// see keeps the counter's readings at both ends: what held at the beginning, or
// the first after it.
func (c *Counter) see(v value, span plant.Span) {
	if v.bad() || v.isText {
		return
	}
	number := v.number
	if c.First == nil || v.at <= span.From {
		c.First, c.FirstAt = &number, v.at.Time()
	}
	c.Last, c.LastAt = &number, v.at.Time()
}

// add sums a tag up.
func (f *fold) add(t Tag) {
	m := f.m
	m.Tags = append(m.Tags, t)
	m.Wanted++
	m.Samples += t.Samples
	m.Replaced += t.Replaced
	m.KnownUs += t.KnownUs
	m.WantedUs += int64(f.span.To - f.span.From)
	if !t.First.IsZero() && (m.First.IsZero() || t.First.Before(m.First)) {
		m.First = t.First
	}
	if t.Last.After(m.Last) {
		m.Last = t.Last
	}
	if t.Silent {
		m.Silent++
		return
	}
	m.Delivering++
	if t.Samples == 0 {
		m.Quiet++
	}
	m.LongestUs = max(m.LongestUs, t.LongestUs)
}

func (f *fold) hash(v value) {
	b := binary.LittleEndian.AppendUint64(make([]byte, 0, 32), uint64(v.at))
	b = append(b, byte(v.quality))
	if v.isText {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(v.text)))
		b = append(b, v.text...)
	} else {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v.number))
	}
	f.digest.Write(b)
}

// finish judges the machine.
func (f *fold) finish(c Criteria) {
	m := f.m
	m.Digest = hex.EncodeToString(f.digest.Sum(nil))
	if m.WantedUs > 0 {
		m.Coverage = float64(m.KnownUs) / float64(m.WantedUs)
	}
	gap := time.Duration(m.LongestUs) * time.Microsecond
	m.Verdicts = []Verdict{
		{"coverage", m.Coverage, c.Coverage, m.Coverage >= c.Coverage},
		{"gap", gap.Seconds(), c.GapS, gap.Seconds() <= c.GapS},
		{"silent", float64(m.Silent), float64(c.Silent), m.Silent <= c.Silent},
		{"conflicts", float64(len(m.Conflicts)), float64(c.Conflicts), len(m.Conflicts) <= c.Conflicts},
	}
	m.Result = Passed
	if slices.ContainsFunc(m.Verdicts, func(v Verdict) bool { return !v.Passed }) {
		m.Result = Failed
	}
	if m.KnownUs == 0 {
		m.Result = NoData
	}
}

// sum adds up the machines and judges the whole. A report about no machine has
// no data.
func (c *Content) sum() {
	t := Totals{Machines: len(c.Machines)}
	for i := range c.Machines {
		m := &c.Machines[i]
		switch m.Result {
		case Passed:
			t.Passed++
		case Failed:
			t.Failed++
		default:
			t.NoData++
		}
		t.Wanted, t.Delivering, t.Silent = t.Wanted+m.Wanted, t.Delivering+m.Delivering, t.Silent+m.Silent
		t.Samples, t.Replaced, t.Alarms = t.Samples+m.Samples, t.Replaced+m.Replaced, t.Alarms+m.Alarms
		t.KnownUs, t.WantedUs = t.KnownUs+m.KnownUs, t.WantedUs+m.WantedUs
		for _, n := range m.Bad {
			t.Bad += n
		}
	}
	if t.WantedUs > 0 {
		t.Coverage = float64(t.KnownUs) / float64(t.WantedUs)
	}
	c.Totals = t
	switch {
	case t.KnownUs == 0:
		c.Result = NoData
	case t.Passed == t.Machines:
		c.Result = Passed
	default:
		c.Result = Failed
	}
}
