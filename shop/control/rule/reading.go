package rule

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/calc/rule"
	"zhigai/plant"
)

// piece is how much of history is in memory at once: six hours of sixteen signals each
// second.
const piece = 6 * time.Hour

// source is a tag that a rule listens to, and the inputs that it tells of.
type source struct {
	tag    plant.TagNo
	inputs []int
	link   bool // it tells contact with the device of the inputs
	text   bool
}

// sources are all that a rule listens to: contact stands first, so that of one instant
// it is told before values.
type sources struct {
	tags    []source
	derived []derived
}

// derived says whether no tag tells an input.
func (in Input) derived() bool { return in.Tag == 0 }

func (d *Desk) sources(ctx context.Context, tenant plant.TenantNo, def Definition) (sources, error) {
	var out sources
	add := func(s source, input int) {
		for i := range out.tags {
			if out.tags[i].tag == s.tag && out.tags[i].link == s.link {
				out.tags[i].inputs = append(out.tags[i].inputs, input)
				return
			}
		}
		s.inputs = []int{input}
		out.tags = append(out.tags, s)
	}
	for i, in := range def.Inputs {
		if in.derived() {
			out.derived = append(out.derived, derived{in.Machine, in.Signal, []int{i}})
			continue
		}
		m, err := d.o.Plant.Machine(ctx, tenant, in.Machine)
		if err != nil {
			return sources{}, fmt.Errorf("machine of %s: %w", in.Name, err)
		}
		if m.Link != 0 {
			add(source{tag: m.Link, link: true}, i)
		}
	}
	for i, in := range def.Inputs {
		if !in.derived() {
			add(source{tag: in.Tag, text: in.Kind == rule.Text}, i)
		}
	}
	return out, nil
}

// tell gives a fold one sample of a source.
func (s source) tell(f *rule.Fold, one plant.Sample) {
	at := int64(one.Time)
	for _, i := range s.inputs {
		switch {
		case s.link:
			f.Contact(i, at, int64(linked(one)))
		case one.Quality.IsBad():
			f.Miss(i, at)
		default:
			f.Take(i, at, rule.Value{Number: one.Value})
		}
	}
}

// tellText gives a fold one text of a source.
func (s source) tellText(f *rule.Fold, one Stretch) {
	for _, i := range s.inputs {
		if !one.Known {
			f.Miss(i, int64(one.From))
			continue
		}
		f.Take(i, int64(one.From), one.Value)
	}
}

func textOf(t plant.Text) Stretch {
	return Stretch{From: t.Time, Value: rule.Value{Text: t.Value}, Known: !t.Quality.IsBad()}
}

// linked is until when a renewal of contact says that values are known.
func linked(s plant.Sample) plant.Micros {
	if s.Quality.IsBad() || s.Value != 1 {
		return s.Time
	}
	return s.Time + plant.Micros(plant.LinkSilence.Microseconds())
}

// past reads what a rule listens to out of history.
type past struct {
	history History
	facts   Derived
	now     plant.Micros // what is derived of facts nobody knows after it yet
	tenant  plant.TenantNo
	sources
	told []Stretch // of each derived signal, what it was told last
}

func (d *Desk) past(tenant plant.TenantNo, src sources, now plant.Micros) *past {
	return &past{history: d.o.History, facts: d.o.Derived, now: now, tenant: tenant, sources: src, told: make([]Stretch, len(src.derived))}
}

// seed tells a fold what held at an instant.
func (p *past) seed(ctx context.Context, at plant.Micros, f *rule.Fold) error {
	for _, s := range p.tags {
		if err := p.seedOne(ctx, s, at, f); err != nil {
			return fmt.Errorf("tag %d: %w", s.tag, err)
		}
	}
	return nil
}

func (p *past) seedOne(ctx context.Context, s source, at plant.Micros, f *rule.Fold) error {
	if s.text {
		one, ok, err := p.history.TextBefore(ctx, p.tenant, s.tag, at)
		if known := textOf(one); ok && known.Known {
			known.From = at
			s.tellText(f, known)
		}
		return err
	}
	one, ok, err := p.history.Before(ctx, p.tenant, s.tag, at)
	switch {
	case err != nil:
		return err
	case s.link:
		until := at
		if ok {
			until = linked(one)
		}
		for _, i := range s.inputs {
			f.Contact(i, int64(at), int64(until))
		}
	case ok && !one.Quality.IsBad():
		one.Time = at
		s.tell(f, one)
	}
	return nil
}

// load is a piece of history: of each source its samples or texts, of each derived
// signal what it was.
type load struct {
	samples [][]plant.Sample
	texts   [][]Stretch
	derived [][]Stretch
	err     error
}

// read folds every sample of [from, to), reading ahead while the fold works. Time goes
// on to the last of them.
func (p *past) read(ctx context.Context, from, to plant.Micros, f *rule.Fold) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ahead, used := make(chan load, 1), make(chan [][]plant.Sample, 3)
	go func() {
		defer close(ahead)
		for at := from; at < to; at += plant.Micros(piece.Microseconds()) {
			l := p.load(ctx, at, min(to, at+plant.Micros(piece.Microseconds())), used)
			select {
			case ahead <- l:
			case <-ctx.Done():
				return
			}
			if l.err != nil {
				return
			}
		}
	}()
	for l := range ahead {
		if l.err != nil {
			return l.err
		}
		whole := slices.Clone(l.samples)
		p.merge(f, l)
		used <- whole // three at most are about
		if f.Broken() != nil {
			return f.Broken()
		}
	}
	return ctx.Err()
}

// load reads [from, to) of every source, into memory that was used where there is some.
func (p *past) load(ctx context.Context, from, to plant.Micros, used <-chan [][]plant.Sample) load {
	var samples [][]plant.Sample
	select {
	case samples = <-used:
		for i := range samples {
			samples[i] = samples[i][:0]
		}
	default:
		samples = make([][]plant.Sample, len(p.tags))
	}
	l := load{samples: samples, texts: make([][]Stretch, len(p.tags)), derived: make([][]Stretch, len(p.derived))}
	for i, s := range p.tags {
		if s.text {
			l.err = p.history.Texts(ctx, p.tenant, s.tag, from, to, func(one plant.Text) bool {
				l.texts[i] = append(l.texts[i], textOf(one))
				return true
			})
		} else {
			l.err = p.history.Samples(ctx, p.tenant, s.tag, from, to, func(one plant.Sample) bool {
				l.samples[i] = append(l.samples[i], one)
				return true
			})
		}
		if l.err != nil {
			l.err = fmt.Errorf("tag %d: %w", s.tag, l.err)
			return l
		}
	}
	if to = min(to, p.now); to <= from {
		return l
	}
	for i, s := range p.derived {
		if l.derived[i], l.err = p.facts.Did(ctx, p.tenant, s.machine, s.signal, from, to); l.err != nil {
			l.err = fmt.Errorf("%s of machine %s: %w", s.signal, s.machine, l.err)
			return l
		}
	}
	return l
}

// merge tells a fold what was said, in order of time, and of one instant contact first.
func (p *past) merge(f *rule.Fold, l load) {
	for {
		at := plant.Micros(math.MaxInt64)
		for _, s := range l.samples {
			if len(s) > 0 {
				at = min(at, s[0].Time)
			}
		}
		for _, all := range [][][]Stretch{l.texts, l.derived} {
			for _, s := range all {
				if len(s) > 0 {
					at = min(at, s[0].From)
				}
			}
		}
		if at == math.MaxInt64 {
			return
		}
		for i, s := range l.samples {
			if len(s) > 0 && s[0].Time == at {
				p.tags[i].tell(f, s[0])
				l.samples[i] = s[1:]
			}
		}
		for i, s := range l.texts {
			if len(s) > 0 && s[0].From == at {
				p.tags[i].tellText(f, s[0])
				l.texts[i] = s[1:]
			}
		}
		for i, s := range l.derived {
			if len(s) > 0 && s[0].From == at {
				p.tellDerived(f, i, s[0])
				l.derived[i] = s[1:]
			}
		}
	}
}

// tellDerived tells what a derived signal came to be, unless it was that before.
func (p *past) tellDerived(f *rule.Fold, i int, one Stretch) {
	if one.same(p.told[i]) && p.told[i].From != 0 {
		return
	}
	p.told[i] = one
	p.derived[i].tell(f, one)
}
