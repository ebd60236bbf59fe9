package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// maxFrame and minFrame bound a delivery's payload. The backlog lane shares
	// the connection with the live lane: what it has put on the wire is what a
	// new value waits for.
	maxFrame = 1 << 20
	minFrame = 16 << 10
	// maxFlying is how many deliveries of the backlog are on their way at once.
	maxFlying = 4
	// An answer within quick makes deliveries larger, one after slow smaller.
	quick      = 150 * time.Millisecond
	slow       = 400 * time.Millisecond
	maxEntries = 16384
)

// pace fits deliveries to the way, and those of the backlog to the rate.
type pace struct {
	mu     sync.Mutex
	frame  int
	window int
	bytes  int64 // per second
	next   time.Time
}

func newPace(bytesPerSecond int64) *pace {
	return &pace{frame: 128 << 10, window: 1, bytes: bytesPerSecond}
}

func (p *pace) size() (frame, window int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A slow rate in large pieces would come in bursts.
	return max(1, min(p.frame, int(min(p.bytes/4, maxFrame)))), p.window
}

func (p *pace) took(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case d > slow:
		p.frame, p.window = max(minFrame, p.frame/2), max(1, p.window-1)
	case d < quick:
		p.frame, p.window = min(maxFrame, p.frame*2), min(maxFlying, p.window+1)
	}
}

// spend gives how long to wait before so many bytes may go.
func (p *pace) spend(now time.Time, bytes int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next.Before(now) {
		p.next = now
	}
	wait := p.next.Sub(now)
	p.next = p.next.Add(time.Duration(float64(bytes) / float64(p.bytes) * float64(time.Second)))
	return wait
}

// backlog drains what the live lane left behind, stream by stream in their
// order, oldest first.
func (s *session) backlog(ctx context.Context) error {
	p := s.pace
	landed := make(chan struct{}, maxFlying)
	flying := 0
	var work sync.WaitGroup
	defer work.Wait()
	for ctx.Err() == nil {
		frame, window := p.size()
		if flying >= window {
			select {
			case <-landed:
				flying--
			case <-ctx.Done():
			}
			continue
		}
		f, r, gap := s.pick()
		if f == nil {
			select {
			case <-landed:
				flying--
			case <-s.bell:
			case <-ctx.Done():
			}
			continue
		}
		d, size, err := s.part(ctx, f, r, gap, frame)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if d.From == 0 {
			continue // the outflow changed: look again
		}
		sleep(ctx, p.spend(s.o.Now(), size))
		piece := Range{d.From, d.To}
		f.fly(piece)
		flying++
		work.Go(func() {
			err := s.send(ctx, f, VerbBacklog, d)
			f.land(piece)
			landed <- struct{}{}
			if err != nil && ctx.Err() == nil {
				s.cancel(fmt.Errorf("link: backlog %s: %w", f.name, err))
			}
		})
	}
	return ctx.Err()
}

// pick finds the first stream with something to do.
func (s *session) pick() (*outflow, Range, *Gap) {
	for _, f := range s.streams {
		if r, gap, ok := f.claim(); ok {
			return f, r, gap
		}
	}
	return nil, Range{}, nil
}

// part makes a parcel of the beginning of the range. An empty one means that a
// gap was recorded in its place.
func (s *session) part(ctx context.Context, f *outflow, r Range, gap *Gap, frame int) (parcel, int, error) {
	if gap != nil {
		return parcel{From: r.From, To: r.To, Gaps: []Gap{*gap}}, itemCost, nil
	}
	entries := int(min(uint64(f.entriesFor(frame)), r.Len()))
	items, through, err := s.read(ctx, f, r.From-1, frame, entries)
	if errors.Is(err, ErrDamaged) && entries > 1 {
		// One at a time up to the damaged one.
		items, through, err = s.read(ctx, f, r.From-1, frame, 1)
	}
	switch {
	case errors.Is(err, ErrGone):
		return s.gone(ctx, f, r)
	case errors.Is(err, ErrDamaged):
		return parcel{}, 0, s.gap(ctx, f, Gap{Stream: f.name, From: r.From, To: r.From, Reason: GapDamaged})
	case errors.Is(err, errTooLarge):
		return parcel{}, 0, s.tooLarge(ctx, f, through+1)
	case err != nil:
		return parcel{}, 0, err
	case through < r.From:
		return parcel{}, 0, s.lateOrLost(ctx, f, r.From-1)
	}
	size := itemCost
	for i := range items {
		if items[i].Seq > r.To {
			items = items[:i]
			break
		}
		size += len(items[i].Payload) + itemCost
	}
	through = min(through, r.To)
	f.weigh(size, through-r.From+1)
	return parcel{From: r.From, To: through, Items: items}, size, nil
}

// gone tells of entries that the journal dropped: before the link began that
// is how journals are, later it is a gap.
func (s *session) gone(ctx context.Context, f *outflow, r Range) (parcel, int, error) {
	first, _, err := f.src.Bounds(ctx)
	if err != nil {
		return parcel{}, 0, err
	}
	if first <= r.From {
		return parcel{}, 0, s.lateOrLost(ctx, f, r.From-1)
	}
	hole := Range{r.From, min(r.To, first-1)}
	f.mu.Lock()
	start := f.start
	f.mu.Unlock()
	if hole.From < start {
		return parcel{From: hole.From, To: min(hole.To, start-1)}, itemCost, nil
	}
	return parcel{}, 0, s.gap(ctx, f, Gap{Stream: f.name, From: hole.From, To: hole.To, Reason: GapGone})
}

func (s *session) tooLarge(ctx context.Context, f *outflow, seq uint64) error {
	g := Gap{Stream: f.name, From: seq, To: seq, Reason: GapTooLong}
	items, _, err := f.src.Read(ctx, seq-1, 1)
	if err != nil {
		return err
	}
	if len(items) == 1 {
		g.FromTime, g.ToTime = items[0].Recorded, items[0].Recorded
	}
	return s.gap(ctx, f, g)
}

// gap records gaps durably, here and as facts of the node; from then on they
// are delivered in place of the items.
func (c *Child) gap(ctx context.Context, f *outflow, gaps ...Gap) error {
	for _, g := range gaps {
		c.o.Log.Error("link: items cannot be delivered any more; a gap is recorded", "stream", g.Stream, "from", g.From, "to", g.To,
			"from_time", g.FromTime.Time(), "to_time", g.ToTime.Time(), "reason", g.Reason)
		if c.o.Gapped != nil {
			if err := c.o.Gapped(ctx, g); err != nil {
				return fmt.Errorf("record gap of %s: %w", g.Stream, err)
			}
		}
	}
	f.giveUp(gaps...)
	return c.keeper.save(c.streams)
}

// entriesFor is how many entries of the journal make about so many bytes.
func (f *outflow) entriesFor(bytes int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.weight <= 0 {
		return 64
	}
	return max(1, min(maxEntries, int(float64(bytes)/f.weight)+1))
}

// weigh notes the average size of an entry.
func (f *outflow) weigh(bytes int, entries uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := float64(bytes) / float64(entries)
	if f.weight > 0 {
		w = (w + 3*f.weight) / 4
	}
	f.weight = w
}
