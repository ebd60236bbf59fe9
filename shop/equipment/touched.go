package equipment

import (
	"context"
	"fmt"
	"maps"
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

// note tells the newest time followed before, and remembers last from now on.
func (s *seen) note(tenant plant.TenantNo, tag plant.TagNo, last plant.Micros) (newest plant.Micros, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := seenKey{tenant, tag}
	newest, known = s.newest[k]
	if !known || last > newest {
		s.newest[k] = last
	}
	return newest, known
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
	for _, one := range t.read(batch) {
		slices.Sort(one.times)
		if err := t.values(ctx, one); err != nil {
			return nil, err
		}
	}
	if err := t.openUntil(ctx); err != nil {
		return nil, err
	}
	for _, e := range events {
		t.event(e)
	}
	return t.touches(), nil
}

type touching struct {
	f      *Folder
	tenant plant.TenantNo
	tags   map[plant.TagNo]*plant.Tag
	now    *Snapshot
	ranges map[plant.NodeID][]plant.Span
}

// lateGap joins late values of one tag: a backlog of a month is one range, not
// a million.
const lateGap = plant.Micros(3600 * 1_000_000)

// readTag is a tag that folds read, with the times of its values in a batch.
type readTag struct {
	tag     *plant.Tag
	counter bool
	times   []plant.Micros
}

// read sorts the values of a batch by tag. Most values are measured ones, which
// no fold reads: they are left out before anything is made for them.
func (t *touching) read(batch plant.Batch) map[plant.TagNo]*readTag {
	out := map[plant.TagNo]*readTag{}
	note := func(no plant.TagNo, at plant.Micros) {
		if t.now.ignores(no) {
			return
		}
		one, seen := out[no]
		if !seen {
			one = t.reader(no)
			out[no] = one
		}
		if one != nil {
			one.times = append(one.times, at)
		}
	}
	for i := range batch.Samples {
		note(batch.Samples[i].Tag, batch.Samples[i].Time)
	}
	for i := range batch.Texts {
		note(batch.Texts[i].Tag, batch.Texts[i].Time)
	}
	maps.DeleteFunc(out, func(_ plant.TagNo, one *readTag) bool { return one == nil })
	return out
}

// reader is nil for a tag that no fold reads.
func (t *touching) reader(no plant.TagNo) *readTag {
	if counter, read := t.now.reads[no]; read {
		if tag, ok := t.tags[no]; ok {
			return &readTag{tag: tag, counter: counter}
		}
		return nil
	}
	tag, ok := t.tags[no]
	if !ok {
		return nil
	}
	if _, there := t.now.Machines[tag.Node]; there {
		return nil
	}
	// A machine that is gone by now is folded with the profile it had then:
	// every tag of it may matter.
	return &readTag{tag: tag, counter: true}
}

// values notes what the values of one tag touch; times are in order.
func (t *touching) values(ctx context.Context, one *readTag) error {
	tag, counter, times, no := one.tag, one.counter, one.times, one.tag.No
	settings := t.f.Reader.Settings
	newest, known := t.f.seen.note(t.tenant, no, times[len(times)-1])
	if known {
		late, _ := slices.BinarySearch(times, newest+1)
		if late < len(times) {
			from, to := settings.DirtyRange(tag.Name, counter, times[late], forever)
			t.add(tag.Node, from, to)
		}
		times = times[:late]
	}
	for len(times) > 0 {
		n := 1
		for n < len(times) && times[n]-times[n-1] <= lateGap {
			n++
		}
		next, err := t.f.Reader.next(ctx, t.tenant, tag, times[n-1])
		if err != nil {
			return fmt.Errorf("next of %s: %w", tag.Path, err)
		}
		from, _ := settings.DirtyRange(tag.Name, counter, times[0], next)
		_, to := settings.DirtyRange(tag.Name, counter, times[n-1], next)
		t.add(tag.Node, from, to)
		times = times[n:]
	}
	return nil
}

// openUntil stretches late ranges over stop reasons without an end that began
// before them: whether they still hold later depends on what the machine did
// in the range.
func (t *touching) openUntil(ctx context.Context) error {
	for node, list := range t.ranges {
		for _, r := range list {
			if r.To == forever {
				continue
			}
			events, err := t.f.Reader.Journal.Events(ctx, t.tenant, fact.Filter{
				Kinds: []fact.Kind{fact.KindStopReason}, Subjects: []plant.NodeID{node},
				From: r.From - plant.Micros(maxReach.Microseconds()), To: r.To,
			})
			if err != nil {
				return fmt.Errorf("stop reasons of %s: %w", node, err)
			}
			to := r.To
			for _, e := range events {
				if p, ok := unmarshal[fact.StopReason](e); ok && p.To == 0 {
					if end := reasonRange(e, p).to; end > r.From {
						to = max(to, end+t.f.Reader.Settings.margin())
					}
				}
			}
			t.add(node, r.From, to)
		}
	}
	return nil
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
