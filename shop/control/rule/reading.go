package rule

import (
	"context"
	"fmt"
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
}

// doing is a machine whose state is an input.
type doing struct {
	machine plant.NodeID
	inputs  []int
}

// sources are all that a rule listens to: contact stands first, so that of one instant
// it is told before values.
type sources struct {
	tags   []source
	states []doing
}

func (d *Desk) sources(ctx context.Context, tenant plant.TenantNo, def Definition) (sources, error) {
	var out sources
	add := func(tag plant.TagNo, input int, link bool) {
		for i := range out.tags {
			if out.tags[i].tag == tag && out.tags[i].link == link {
				out.tags[i].inputs = append(out.tags[i].inputs, input)
				return
			}
		}
		out.tags = append(out.tags, source{tag, []int{input}, link})
	}
	for i, in := range def.Inputs {
		if in.Signal == MachineState {
			out.states = append(out.states, doing{in.Machine, []int{i}})
			continue
		}
		m, err := d.o.Plant.Machine(ctx, tenant, in.Machine)
		if err != nil {
			return sources{}, fmt.Errorf("machine of %s: %w", in.Name, err)
		}
		if m.Link != 0 {
			add(m.Link, i, true)
		}
	}
	for i, in := range def.Inputs {
		if in.Signal != MachineState {
			add(in.Tag, i, false)
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

// tell gives a fold what a machine does from an instant on.
func (s doing) tell(f *rule.Fold, at plant.Micros, state string, known bool) {
	for _, i := range s.inputs {
		if !known {
			f.Miss(i, int64(at))
			continue
		}
		f.Take(i, int64(at), rule.Value{Text: state})
	}
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
	doings  States
	now     plant.Micros // what machines do after it nobody knows yet
	tenant  plant.TenantNo
	sources
}

// seed tells a fold what held at an instant.
func (p past) seed(ctx context.Context, at plant.Micros, f *rule.Fold) error {
	for _, s := range p.tags {
		one, ok, err := p.history.Before(ctx, p.tenant, s.tag, at)
		if err != nil {
			return fmt.Errorf("tag %d: %w", s.tag, err)
		}
		switch {
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
	}
	return nil
}

// read folds every sample of [from, to), reading ahead while the fold works. Time goes
// on to the last of them.
func (p past) read(ctx context.Context, from, to plant.Micros, f *rule.Fold) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type load struct {
		streams [][]plant.Sample
		did     [][]Stretch
		to      plant.Micros
		err     error
	}
	ahead := make(chan load, 1)
	go func() {
		defer close(ahead)
		for at := from; at < to; {
			l := load{to: min(to, at+plant.Micros(piece.Microseconds()))}
			l.streams, l.err = p.samples(ctx, at, l.to)
			if l.err == nil {
				l.did, l.err = p.did(ctx, at, l.to)
			}
			select {
			case ahead <- l:
			case <-ctx.Done():
				return
			}
			if l.err != nil {
				return
			}
			at = l.to
		}
	}()
	for l := range ahead {
		if l.err != nil {
			return l.err
		}
		p.merge(f, l.streams, l.did)
		if f.Broken() != nil {
			return f.Broken()
		}
	}
	return ctx.Err()
}

// samples are those of every source in [from, to).
func (p past) samples(ctx context.Context, from, to plant.Micros) ([][]plant.Sample, error) {
	out := make([][]plant.Sample, len(p.tags))
	for i, s := range p.tags {
		err := p.history.Samples(ctx, p.tenant, s.tag, from, to, func(one plant.Sample) bool {
			out[i] = append(out[i], one)
			return true
		})
		if err != nil {
			return nil, fmt.Errorf("tag %d: %w", s.tag, err)
		}
	}
	return out, nil
}

// did is what machines did in [from, to).
func (p past) did(ctx context.Context, from, to plant.Micros) ([][]Stretch, error) {
	out := make([][]Stretch, len(p.states))
	if to = min(to, p.now); to <= from {
		return out, nil
	}
	for i, s := range p.states {
		var err error
		if out[i], err = p.doings.Did(ctx, p.tenant, s.machine, from, to); err != nil {
			return nil, fmt.Errorf("states of machine %s: %w", s.machine, err)
		}
	}
	return out, nil
}

// merge tells a fold what was said, in order of time.
func (p past) merge(f *rule.Fold, streams [][]plant.Sample, did [][]Stretch) {
	for {
		first, doing := -1, -1
		var at plant.Micros
		for i, s := range streams {
			if len(s) > 0 && (first < 0 || s[0].Time < at) {
				first, at = i, s[0].Time
			}
		}
		for i, s := range did {
			if len(s) > 0 && (first < 0 && doing < 0 || s[0].From < at) {
				doing, at = i, s[0].From
			}
		}
		switch {
		case doing >= 0:
			one := did[doing][0]
			did[doing] = did[doing][1:]
			p.states[doing].tell(f, one.From, one.State, one.Known)
		case first >= 0:
			p.tags[first].tell(f, streams[first][0])
			streams[first] = streams[first][1:]
		default:
			return
		}
	}
}
