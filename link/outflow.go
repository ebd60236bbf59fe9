package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// outflow is one stream of a child: what is delivered, what is on the way,
// what is left.
type outflow struct {
	name    Stream
	src     Source
	bounded bool

	mu        sync.Mutex
	epoch     uint64
	committed Ranges        // at the parent
	flying    Ranges        // sent, not acknowledged; may overlap nothing committed
	liveFrom  uint64        // the live lane sends from here on, the backlog lane before it
	gaps      []Gap         // given up, not acknowledged
	start     uint64        // the link delivers from here on: what the journal dropped before is no gap
	saved     uint64        // cursor
	changed   chan struct{} // closed and made anew on every change
	bell      func()        // wakes the backlog lane
	weight    float64       // bytes per entry

	gapCount int64
	gapItems uint64
	sent     int64
	rate     rate // of what is committed
	growth   rate // of the journal
	grown    uint64
	measured StreamStatus
	err      error
}

func newOutflow(name Stream, f Feed, n note, bell func()) *outflow {
	return &outflow{
		name: name, src: f.Source, bounded: f.Bounded, changed: make(chan struct{}),
		bell: bell, start: n.Start,
		epoch: n.Epoch, committed: n.Committed, gaps: n.Gaps, gapCount: n.GapCount, gapItems: n.GapItems,
	}
}

// keep makes the journal hold what is not delivered, before anything else.
func (f *outflow) keep(ctx context.Context) error {
	first, head, err := f.src.Bounds(ctx)
	if err != nil {
		return err
	}
	f.mu.Lock()
	if f.start == 0 {
		f.start = first
	}
	at := f.settled()
	f.mu.Unlock()
	return f.saveCursor(ctx, min(max(at, first-1), head))
}

// settled is up to where nothing is needed from the journal. The lock is held.
func (f *outflow) settled() uint64 {
	all := f.left()
	if f.start > 1 {
		all = all.Add(Range{1, f.start - 1})
	}
	return all.Prefix()
}

// left is what left this node: it is at the parent or given up. The lock is
// held.
func (f *outflow) left() Ranges {
	all := f.committed
	for _, g := range f.gaps {
		all = all.Add(Range{g.From, g.To})
	}
	return all
}

func (f *outflow) saveCursor(ctx context.Context, seq uint64) error {
	f.mu.Lock()
	same := f.saved == seq && seq != 0
	f.mu.Unlock()
	if same {
		return nil
	}
	if err := f.src.SaveCursor(ctx, seq); err != nil {
		return err
	}
	f.mu.Lock()
	f.saved = seq
	f.mu.Unlock()
	return nil
}

// open takes over what the parent says it has.
func (f *outflow) open(ctx context.Context, at Progress, c *Child) error {
	if !at.Ranges.valid() {
		return fmt.Errorf("%w: progress of the parent", ErrDamaged)
	}
	first, head, err := f.src.Bounds(ctx)
	if err != nil {
		return err
	}
	replaced, err := f.replaced(ctx, at, first, head)
	if err != nil {
		return err
	}
	f.mu.Lock()
	known, epoch := f.committed, max(at.Epoch, 1)
	if replaced {
		epoch = max(at.Epoch+1, f.epoch)
		at = Progress{}
		f.gaps, f.start = nil, first // of the journal that is gone
	}
	if at.Version == 0 && len(known) > 0 {
		f.start = first // another parent than before
	}
	lost := !replaced && known.Max() > at.Ranges.Max() && f.epoch == epoch
	f.epoch, f.committed, f.flying = epoch, at.Ranges, nil
	f.liveFrom = head + 1
	f.err = nil
	f.prune()
	cursor := min(max(f.settled(), first-1), head)
	f.mu.Unlock()
	// It may go back: what the parent lacks must be kept again.
	if err := f.saveCursor(ctx, cursor); err != nil {
		return err
	}
	switch {
	case replaced:
		c.o.Log.Warn("link: this journal is not the one the parent knows, as after a restore; all of it is sent anew", "stream", f.name, "epoch", epoch)
		return c.keeper.save(c.streams)
	case lost:
		c.o.Log.Warn("link: the parent has less than it once had, as after a restore; the rest is sent again", "stream", f.name, "had", known.Max(), "has", at.Ranges.Max())
	}
	return nil
}

// replaced reports whether the journal is another than the one the parent's
// progress is of: it ends before what the parent has, or has another item at
// the place of the parent's newest.
func (f *outflow) replaced(ctx context.Context, at Progress, first, head uint64) (bool, error) {
	f.mu.Lock()
	epoch := f.epoch
	f.mu.Unlock()
	switch {
	case at.Version == 0 && at.Epoch == 0:
		return false, nil
	case at.Epoch < epoch:
		return true, nil // the parent went back behind a replacement: count anew
	case at.Ranges.Max() > head:
		return true, nil
	case at.LastSeq < first || at.LastSeq == 0:
		return false, nil
	}
	items, through, err := f.src.Read(ctx, at.LastSeq-1, 1)
	if errors.Is(err, ErrGone) || errors.Is(err, ErrDamaged) || err == nil && (len(items) == 0 || through < at.LastSeq) {
		return false, nil // it cannot be told
	}
	if err != nil {
		return false, err
	}
	return items[0].Seq != at.LastSeq || sumOf(items[0].Payload) != at.LastSum, nil
}

// merge takes over an acknowledgement.
func (f *outflow) merge(epoch uint64, have Ranges, items int, now time.Time) error {
	if !have.valid() {
		return fmt.Errorf("%w: progress of the parent", ErrDamaged)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if epoch != f.epoch {
		return fmt.Errorf("%w: the parent is at epoch %d of %s, this node at %d", ErrSession, epoch, f.name, f.epoch)
	}
	before := f.committed.Len()
	for _, r := range have { // answers may overtake one another: only add
		f.committed = f.committed.Add(r)
	}
	f.sent += int64(items)
	f.rate.add(now, f.committed.Len()-before)
	f.prune()
	f.wake()
	return nil
}

// prune drops gaps that the parent has. The lock is held.
func (f *outflow) prune() {
	f.gaps = slices.DeleteFunc(f.gaps, func(g Gap) bool { return len(f.committed.Missing(Range{g.From, g.To})) == 0 })
}

// wake tells the backlog lane to look again. The lock is held.
func (f *outflow) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
	f.bell()
}

// claim gives the oldest part of the backlog that is not on its way; a gap is
// a part of its own.
func (f *outflow) claim() (r Range, gap *Gap, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.liveFrom <= 1 {
		return Range{}, nil, false
	}
	taken := f.committed
	for _, r := range f.flying {
		taken = taken.Add(r)
	}
	missing := taken.Missing(Range{1, f.liveFrom - 1})
	if len(missing) == 0 {
		return Range{}, nil, false
	}
	r = missing[0]
	for i := range f.gaps {
		g := f.gaps[i]
		if g.From <= r.From && r.From <= g.To {
			r.To = min(r.To, g.To)
			g.From, g.To = r.From, r.To
			return r, &g, true
		}
		if r.From < g.From && g.From <= r.To {
			r.To = g.From - 1
		}
	}
	return r, nil, true
}

func (f *outflow) fly(r Range) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flying = append(f.flying, r)
}

// land takes the range off the list of those on their way.
func (f *outflow) land(r Range) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.flying, r); i >= 0 {
		f.flying = slices.Delete(f.flying, i, i+1)
	}
	f.wake()
}

// pieces is in how many ranges the stream is, counting what flies.
func (f *outflow) pieces() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.committed) + len(f.flying)
}

// giveUp adds gaps to be delivered; the caller saves the notes.
func (f *outflow) giveUp(gaps ...Gap) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, g := range gaps {
		f.gaps = append(f.gaps, g)
		f.gapCount++
		f.gapItems += g.To - g.From + 1
	}
	slices.SortFunc(f.gaps, func(a, b Gap) int {
		if a.From < b.From {
			return -1
		}
		return 1
	})
	f.wake()
}

func (f *outflow) note() note {
	f.mu.Lock()
	defer f.mu.Unlock()
	return note{Epoch: f.epoch, Start: f.start, Committed: f.committed, Gaps: slices.Clone(f.gaps), GapCount: f.gapCount, GapItems: f.gapItems}
}

// rate is a moving average of things per second over about ten seconds.
type rate struct {
	since time.Time
	n     uint64
	per   float64
}

const rateWindow = 5 * time.Second

func (r *rate) add(now time.Time, n uint64) {
	r.roll(now)
	r.n += n
}

// roll closes windows that are over.
func (r *rate) roll(now time.Time) {
	if r.since.IsZero() || now.Before(r.since) {
		r.since = now
	}
	if took := now.Sub(r.since); took >= rateWindow {
		per := float64(r.n) / took.Seconds()
		if r.per > 0 && took < 4*rateWindow {
			per = (per + r.per) / 2
		}
		r.since, r.n, r.per = now, 0, per
	}
}

// now is the rate as far as it is known.
func (r *rate) now(now time.Time) float64 {
	r.roll(now)
	if took := now.Sub(r.since).Seconds(); r.per == 0 && took > 0.2 {
		return float64(r.n) / took
	}
	return r.per
}
