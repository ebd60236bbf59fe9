package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/fact"
	"zhigai/history"
	"zhigai/link"
	"zhigai/plant"
)

// MarkedHistory is what a parent's history must offer; *history.Store does.
type MarkedHistory interface {
	AppendMarked(ctx context.Context, tenant plant.TenantNo, m history.Mark, batches ...plant.Batch) (uint64, error)
	Mark(name string) (history.Mark, error)
	Samples(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Sample) bool) error
	Texts(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, yield func(plant.Text) bool) error
}

// Samples stores the history stream of children.
type Samples struct {
	Store   MarkedHistory
	Maps    Maps
	Journal fact.Journal // takes the gaps
	Known   *Known       // nil: every mark is read anew
}

// Known remembers the marks of children as they were written last: reading one
// of many guards costs more than storing a delivery.
type Known struct {
	mu    sync.Mutex
	marks map[string]known
}

type known struct {
	version uint64
	kept    kept
}

// NewKnown knows nothing yet.
func NewKnown() *Known { return &Known{marks: map[string]known{}} }

func (k *Known) at(m history.Mark) (kept, bool) {
	if k == nil {
		return kept{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	one, ok := k.marks[m.Name]
	return one.kept, ok && one.version == m.Version
}

func (k *Known) note(name string, version uint64, what kept) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.marks[name] = known{version, what}
}

// wait is how long a child waits before it sends again what cannot be stored
// now: a model is announced within a second.
const wait = time.Second

// maxGuards bounds the late samples that are remembered while older batches
// are missing: beyond it the child's live lane waits for its backlog.
const maxGuards = 200_000

// entry is one time of one of the parent's tags.
type entry struct {
	tag  plant.TagNo
	at   plant.Micros
	text bool
}

// kept is the value of a child's mark.
type kept struct {
	Progress link.Progress `json:"progress"`
	// Guards names late samples that were stored before some batch that the
	// child wrote earlier: should that batch have the same times, it must not
	// replace them.
	Guards []guard `json:"guards,omitempty"`
}

type guard struct {
	Tag  plant.TagNo  `json:"n"`
	At   plant.Micros `json:"t"`
	Text bool         `json:"x,omitempty"`
	Seq  uint64       `json:"s"`
}

func markName(node link.NodeID) string { return "link:" + string(node) }

func (s Samples) kept(node link.NodeID) (history.Mark, kept, error) {
	var k kept
	m, err := s.Store.Mark(markName(node))
	if err != nil {
		return m, k, fmt.Errorf("link: progress with samples of %s: %w", node, err)
	}
	if was, ok := s.Known.at(m); ok {
		return m, was, nil
	}
	if m.Version > 0 {
		if err := json.Unmarshal(m.Value, &k); err != nil {
			return m, k, fmt.Errorf("link: progress with samples of %s: %w", node, err)
		}
	}
	s.Known.note(m.Name, m.Version, k)
	return m, k, nil
}

// Progress gives what Commit stored last.
func (s Samples) Progress(_ context.Context, node link.NodeID, _ link.Stream) (link.Progress, error) {
	_, k, err := s.kept(node)
	return k.Progress, err
}

// Commit stores the delivery's samples with its progress in one step.
func (s Samples) Commit(ctx context.Context, node link.Node, d link.Delivery) error {
	m, k, err := s.kept(node.ID)
	if err != nil {
		return err
	}
	if k.Progress.Version != d.Before {
		return fmt.Errorf("%w: samples of %s are at version %d, not %d", link.ErrConflict, node.ID, k.Progress.Version, d.Before)
	}
	tags, err := s.Maps.TagMap(ctx, node)
	if err != nil {
		return err
	}
	if err := s.gaps(ctx, node, tags, d.Gaps); err != nil {
		return err
	}
	c := committer{Samples: s, tenant: node.Tenant, tags: tags, whole: d.After.Ranges.Prefix(), guards: map[entry]uint64{}}
	if d.After.Epoch == k.Progress.Epoch {
		for _, g := range k.Guards {
			c.guards[entry{g.Tag, g.At, g.Text}] = g.Seq
		}
	}
	var batches []plant.Batch
	for _, item := range d.Items {
		b, guarded, err := c.batch(ctx, item)
		if errors.Is(err, errNoMap) {
			s.Maps.Forget(node.ID)
			return link.Busy(wait, err)
		}
		if err != nil {
			return err
		}
		for _, one := range []plant.Batch{b, guarded} {
			if one.Len() > 0 {
				batches = append(batches, one)
			}
		}
	}
	if len(c.guards) > maxGuards {
		return link.Busy(wait, fmt.Errorf("%d late samples wait for older ones", len(c.guards)))
	}
	next := kept{Progress: d.After, Guards: c.remaining()}
	if m.Value, err = json.Marshal(next); err != nil {
		return fmt.Errorf("link: progress with samples of %s: %w", node.ID, err)
	}
	_, err = s.Store.AppendMarked(ctx, node.Tenant, m, batches...)
	switch {
	case err == nil:
		s.Known.note(m.Name, m.Version+1, next)
	case errors.Is(err, history.ErrConflict):
		return fmt.Errorf("%w: %w", link.ErrConflict, err)
	case errors.Is(err, history.ErrNoSpace), errors.Is(err, history.ErrUnavailable):
		return link.Busy(10*wait, err)
	}
	return err
}

// committer makes batches of one delivery.
type committer struct {
	Samples
	tenant plant.TenantNo
	tags   *TagMap
	whole  uint64 // everything up to here will be stored
	guards map[entry]uint64
}

// batch is the item in the parent's numbers, and what must stand behind it.
func (c *committer) batch(ctx context.Context, item link.Item) (b, guarded plant.Batch, err error) {
	one, err := history.DecodeBatch(item.Payload)
	if err != nil {
		return b, guarded, fmt.Errorf("%w: batch %d: %w", link.ErrDamaged, item.Seq, err)
	}
	if err := c.translate(&one.Batch); err != nil {
		return b, guarded, fmt.Errorf("batch %d: %w", item.Seq, err)
	}
	if guarded, err = c.guarded(ctx, one.Batch, item.Seq); err != nil {
		return b, guarded, err
	}
	if c.whole < item.Seq { // something older is still missing
		for _, i := range one.Late {
			e := entryOf(one.Batch, i)
			c.guards[e] = max(c.guards[e], item.Seq)
		}
	}
	return one.Batch, guarded, nil
}

func (c *committer) translate(b *plant.Batch) error {
	for i := range b.Samples {
		no, ok := c.tags.Tags[b.Samples[i].Tag]
		if !ok {
			return fmt.Errorf("tag %d: %w", b.Samples[i].Tag, errNoMap)
		}
		b.Samples[i].Tag = no
	}
	for i := range b.Texts {
		no, ok := c.tags.Tags[b.Texts[i].Tag]
		if !ok {
			return fmt.Errorf("tag %d: %w", b.Texts[i].Tag, errNoMap)
		}
		b.Texts[i].Tag = no
	}
	return nil
}

func entryOf(b plant.Batch, i int) entry {
	if i < len(b.Samples) {
		return entry{tag: b.Samples[i].Tag, at: b.Samples[i].Time}
	}
	t := &b.Texts[i-len(b.Samples)]
	return entry{tag: t.Tag, at: t.Time, text: true}
}

// guarded is what must stand behind the batch so that values of later batches,
// which were stored before it, still count. The batch's own values go to the
// superseded ones, where they belong.
func (c *committer) guarded(ctx context.Context, b plant.Batch, seq uint64) (out plant.Batch, err error) {
	if len(c.guards) == 0 {
		return out, nil
	}
	done := map[entry]bool{}
	for i := range b.Len() {
		e := entryOf(b, i)
		if c.guards[e] <= seq || done[e] {
			continue
		}
		done[e] = true
		if e.text {
			err = c.Store.Texts(ctx, c.tenant, e.tag, e.at, e.at+1, func(t plant.Text) bool {
				t.Tag = e.tag
				out.Texts = append(out.Texts, t)
				return true
			})
		} else {
			err = c.Store.Samples(ctx, c.tenant, e.tag, e.at, e.at+1, func(s plant.Sample) bool {
				s.Tag = e.tag
				out.Samples = append(out.Samples, s)
				return true
			})
		}
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// remaining are the guards that are still needed after this delivery.
func (c *committer) remaining() []guard {
	var out []guard
	for e, seq := range c.guards {
		if seq > c.whole {
			out = append(out, guard{e.tag, e.at, e.text, seq})
		}
	}
	return out
}

// gaps records, for every machine of the child, what will never arrive.
func (s Samples) gaps(ctx context.Context, node link.Node, tags *TagMap, gaps []link.Gap) error {
	var events []fact.Event
	for _, g := range gaps {
		if g.FromTime == 0 || g.ToTime == 0 {
			continue // from before the node was linked: nothing is known of it
		}
		for _, machine := range tags.Machines {
			e := fact.New(fact.KindGap, machine, g.ToTime.Time(), fmt.Sprintf("link:%s:%s", node.ID, machine),
				fact.Gap{From: g.FromTime, To: g.ToTime, Reason: string(g.Reason)})
			e.SourceSeq = g.From
			events = append(events, e)
		}
	}
	const atOnce = 1000 // events of one append
	for len(events) > 0 {
		n := min(len(events), atOnce)
		if _, err := s.Journal.Append(ctx, node.Tenant, events[:n]...); err != nil {
			return fmt.Errorf("link: record gaps of %s: %w", node.ID, err)
		}
		events = events[n:]
	}
	return nil
}
