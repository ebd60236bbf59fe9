package equipment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// seen remembers the newest time of every tag that was followed, so that a
// value in order needs no look into history. Forgetting it costs look-ups,
// nothing else.
type seen struct {
	mu     sync.Mutex
	newest map[seenKey]plant.Micros
}

type seenKey struct {
	tenant plant.TenantNo
	tag    plant.TagNo
}

// last is the newest time known of the tag before t was noted.
func (s *seen) note(tenant plant.TenantNo, tag plant.TagNo, t plant.Micros) (last plant.Micros, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := seenKey{tenant, tag}
	last, known = s.newest[k]
	if !known || t > last {
		s.newest[k] = t
	}
	return last, known
}

// DirtyRange is the time whose terms a value of a signal may change: from a
// margin before it, because a stop is minor or not by its end, until the next
// value of the signal (and a margin), because it holds until then. A contact
// ends by itself; a counted part keeps a machine running for a while.
func (s Settings) DirtyRange(signal string, counter bool, at, next plant.Micros) (from, to plant.Micros) {
	if next == forever {
		return floorMs(at) - s.margin(), forever
	}
	if signal == plant.LinkTag {
		next = min(next, at+plant.Micros(plant.LinkSilence.Microseconds()))
	}
	if counter {
		next = max(next, at) + plant.Micros(maxSilence.Microseconds())
	}
	return floorMs(at) - s.margin(), next + s.margin() + 1000
}

// Touched tells which machines and times the facts may change.
func (f *Folder) Touched(ctx context.Context, tenant plant.TenantNo, batch plant.Batch, events []fact.Event) ([]figure.Touch, error) {
	t := touching{f: f, tenant: tenant, ranges: map[plant.NodeID][]plant.Span{}}
	if batch.Len() > 0 {
		var err error
		if t.tags, err = f.Fleet.TagsOf(ctx, tenant); err != nil {
			return nil, err
		}
		if t.now, err = f.Fleet.At(ctx, tenant, plant.MicrosOf(f.Fleet.now())); err != nil {
			return nil, err
		}
	}
	for _, s := range batch.Samples {
		if err := t.value(ctx, s.Tag, s.Time); err != nil {
			return nil, err
		}
	}
	for _, x := range batch.Texts {
		if err := t.value(ctx, x.Tag, x.Time); err != nil {
			return nil, err
		}
	}
	for _, e := range events {
		t.event(e)
	}
	return t.touches(), nil
}

type touching struct {
	f      *Folder
	tenant plant.TenantNo
	tags   map[plant.TagNo]plant.Tag
	now    *Snapshot
	ranges map[plant.NodeID][]plant.Span
}

func (t *touching) value(ctx context.Context, no plant.TagNo, at plant.Micros) error {
	tag, ok := t.tags[no]
	if !ok {
		return nil
	}
	counter, read := t.now.reads[no]
	if !read {
		if _, there := t.now.Machines[tag.Node]; there {
			return nil
		}
		// A machine that is gone by now is folded with the profile it had
		// then: every tag of it may matter.
		counter = true
	}
	next := forever
	if newest, known := t.f.seen.note(t.tenant, no, at); !known || at <= newest {
		var err error
		if next, err = t.f.Reader.next(ctx, t.tenant, tag, at); err != nil {
			return fmt.Errorf("next of %s: %w", tag.Path, err)
		}
	}
	from, to := t.f.Reader.Settings.DirtyRange(tag.Name, counter, at, next)
	if to != forever {
		var err error
		if to, err = t.openUntil(ctx, tag.Node, at, to); err != nil {
			return err
		}
	}
	t.add(tag.Node, from, to)
	return nil
}

// openUntil stretches the end over stop reasons without an end that began
// before it: whether they still hold later depends on what the machine did
// here.
func (t *touching) openUntil(ctx context.Context, node plant.NodeID, at, to plant.Micros) (plant.Micros, error) {
	events, err := t.f.Reader.Journal.Events(ctx, t.tenant, fact.Filter{
		Kinds: []fact.Kind{fact.KindStopReason}, Subjects: []plant.NodeID{node},
		From: at - plant.Micros(maxReach.Microseconds()), To: to,
	})
	if err != nil {
		return to, fmt.Errorf("stop reasons of %s: %w", node, err)
	}
	for _, e := range events {
		var p fact.StopReason
		if json.Unmarshal(e.Payload, &p) == nil && p.To == 0 {
			if end := reasonRange(e, p).to; end > at {
				to = max(to, end)
			}
		}
	}
	return to, nil
}

// event marks what an event about a machine reaches. One that corrects another
// occurs at the same time and may only have shortened it: the whole reach is
// marked.
func (t *touching) event(e fact.Event) {
	if !slices.Contains(factKinds, e.Kind) {
		return
	}
	from, to := e.Occurred, e.Occurred+1
	switch {
	case e.Supersedes != "" || e.Kind == fact.KindStopReason || e.Kind == fact.KindGap || e.Kind == fact.KindOverride:
		to = reach(e.Occurred)
	}
	margin := t.f.Reader.Settings.margin()
	t.add(e.Subject, floorMs(from)-margin, to+margin+1000)
}

// maxRanges per machine and batch; more are joined to one.
const maxRanges = 32

func (t *touching) add(node plant.NodeID, from, to plant.Micros) {
	list := t.ranges[node]
	for i := range list {
		if from <= list[i].To && to >= list[i].From {
			list[i].From, list[i].To = min(from, list[i].From), max(to, list[i].To)
			return
		}
	}
	if len(list) < maxRanges {
		t.ranges[node] = append(list, plant.Span{From: from, To: to})
		return
	}
	list[0].From, list[0].To = min(from, list[0].From), max(to, list[0].To)
}

func (t *touching) touches() []figure.Touch {
	var out []figure.Touch
	for node, list := range t.ranges {
		for _, s := range list {
			out = append(out, figure.Touch{Node: node, From: s.From, To: s.To})
		}
	}
	return out
}
