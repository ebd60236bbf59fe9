package link

import (
	"context"
	"errors"
	"time"

	"zhigai/plant"
)

const (
	// probe is how many entries at either end of a backlog are read to tell its
	// size.
	probe = 64
	// scanEntries is one step of looking for what to give up.
	scanEntries = 512
	// freeTo is the share of the bound that giving up frees to, so that it is
	// done in few large gaps and not in many small ones.
	freeTo = 0.9
	// saveEvery is how often cursors move; notesEvery how often what only spares
	// work after a restart is written.
	saveEvery  = time.Second
	notesEvery = 10 * time.Second
)

// save moves the cursors behind what is delivered, and keeps the notes.
func (c *Child) save(ctx context.Context) {
	ticker := time.NewTicker(saveEvery)
	defer ticker.Stop()
	notes := c.o.Now()
	for {
		select {
		case <-ctx.Done():
			c.saveCursors(context.WithoutCancel(ctx))
			return
		case <-ticker.C:
		}
		c.saveCursors(ctx)
		if now := c.o.Now(); now.Sub(notes) >= notesEvery {
			notes = now
			if err := c.keeper.save(c.streams); err != nil {
				c.o.Log.Error("link: state is not saved; after a restart some is sent twice", "err", err)
			}
		}
	}
}

func (c *Child) saveCursors(ctx context.Context) {
	for _, f := range c.streams {
		f.mu.Lock()
		at, known := f.settled(), f.saved
		f.mu.Unlock()
		if at <= known {
			continue
		}
		if err := f.saveCursor(ctx, at); err != nil && ctx.Err() == nil {
			c.o.Log.Error("link: cursor is not saved; the journal keeps what is delivered", "stream", f.name, "err", err)
		}
	}
}

// measure keeps the figures of the outbox and enforces its bound.
func (c *Child) measure(ctx context.Context) {
	ticker := time.NewTicker(c.o.MeasureEvery)
	defer ticker.Stop()
	for {
		c.measureOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (c *Child) measureOnce(ctx context.Context) {
	box := OutboxStatus{LimitBytes: c.o.Bound.Bytes, LimitAge: int64(c.o.Bound.Age / time.Second)}
	now := c.o.Now()
	var err error
	for _, f := range c.streams {
		var st StreamStatus
		if st, err = f.measure(ctx); err != nil {
			if ctx.Err() == nil {
				c.o.Log.Error("link: backlog is not measured", "stream", f.name, "err", err)
				f.fault(err)
			}
			continue
		}
		if !f.bounded || st.Backlog == 0 {
			continue
		}
		box.Bytes += st.BacklogBytes
		if box.Oldest == 0 || st.Oldest != 0 && st.Oldest < box.Oldest {
			box.Oldest = st.Oldest
		}
	}
	if box.LimitBytes > 0 {
		box.Used = float64(box.Bytes) / float64(box.LimitBytes)
	}
	if c.o.Bound.Age > 0 && box.Oldest != 0 {
		box.Used = max(box.Used, now.Sub(box.Oldest.Time()).Seconds()/c.o.Bound.Age.Seconds())
	}
	box.Alarm = box.Used >= c.o.Bound.Alarm
	box.Losing = box.Used >= 1
	c.mu.Lock()
	before := c.status.Outbox
	c.status.Outbox = box
	c.mu.Unlock()
	switch {
	case box.Alarm && !before.Alarm:
		c.o.Log.Error("link: the outbox fills; when it is full the oldest data are given up", "used", box.Used, "bytes", box.Bytes, "oldest", box.Oldest.Time())
	case before.Alarm && !box.Alarm:
		c.o.Log.Info("link: the outbox is in order again", "used", box.Used)
	}
	if !box.Losing {
		return
	}
	for _, f := range c.streams {
		if f.bounded {
			if err := c.bound(ctx, f, &box, now); err != nil && ctx.Err() == nil {
				c.o.Log.Error("link: the outbox is over its bound", "stream", f.name, "err", err)
			}
		}
	}
}

// bound gives up the oldest of a stream until the outbox is within its bound.
func (c *Child) bound(ctx context.Context, f *outflow, box *OutboxStatus, now time.Time) error {
	free, cutoff := int64(0), plant.Micros(0)
	if limit := c.o.Bound.Bytes; limit > 0 && box.Bytes > limit {
		free = box.Bytes - int64(freeTo*float64(limit))
	}
	if c.o.Bound.Age > 0 {
		cutoff = plant.MicrosOf(now.Add(-c.o.Bound.Age))
	}
	missing, err := f.missing(ctx)
	if err != nil {
		return err
	}
	var gaps []Gap
	for _, r := range missing {
		g, freed, err := f.scan(ctx, r, free, cutoff)
		if err != nil {
			return err
		}
		if g.To == 0 {
			break
		}
		gaps = append(gaps, g)
		free -= freed
		box.Bytes -= freed
		if g.To < r.To {
			break
		}
	}
	if len(gaps) == 0 {
		return nil
	}
	if err := c.gap(ctx, f, gaps...); err != nil {
		return err
	}
	c.saveCursors(ctx)
	return nil
}

// scan finds how much of the range, from its beginning, must go to free so
// many bytes and everything before cutoff. A zero gap means nothing.
func (f *outflow) scan(ctx context.Context, r Range, free int64, cutoff plant.Micros) (g Gap, freed int64, err error) {
	g = Gap{Stream: f.name, From: r.From, Reason: GapAge}
	if free > 0 {
		g.Reason = GapSize
	}
	for after := r.From - 1; after < r.To; {
		items, through, err := f.src.Read(ctx, after, int(min(scanEntries, r.To-after)))
		if errors.Is(err, ErrGone) || errors.Is(err, ErrDamaged) {
			return g, freed, nil // the backlog lane makes a gap of its own of it
		}
		if err != nil || through == after {
			return g, freed, err
		}
		for _, it := range items {
			if it.Seq > r.To || freed >= free && it.Recorded >= cutoff {
				return g, freed, nil
			}
			freed += int64(len(it.Payload))
			g.To, g.ToTime = it.Seq, it.Recorded
			if g.FromTime == 0 {
				g.FromTime = it.Recorded
			}
		}
		after = through
	}
	return g, freed, nil
}

// missing lists what is neither delivered nor given up and can still be read.
func (f *outflow) missing(ctx context.Context) (Ranges, error) {
	first, head, err := f.src.Bounds(ctx)
	if err != nil || first > head {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.left().Missing(Range{first, head}), nil
}

// measure looks how much is not delivered. Bytes are exact for a short backlog
// and told from both ends of a long one.
func (f *outflow) measure(ctx context.Context) (StreamStatus, error) {
	missing, err := f.missing(ctx)
	if err != nil {
		return StreamStatus{}, err
	}
	st := StreamStatus{Backlog: missing.Len()}
	if st.Backlog > 0 {
		front, oldest, n, err := f.probe(ctx, missing[0])
		if err != nil {
			return st, err
		}
		st.Oldest, st.BacklogBytes = oldest, front
		if n < st.Backlog {
			last := missing[len(missing)-1]
			tail := Range{last.To - min(last.Len(), probe) + 1, last.To}
			back, _, m, err := f.probe(ctx, tail)
			if err != nil {
				return st, err
			}
			if n+m > 0 {
				st.BacklogBytes = int64(float64(front+back) / float64(n+m) * float64(st.Backlog))
			}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.measured = st
	return st, nil
}

// probe reads the beginning of a range: its bytes, its oldest time and how
// many entries that were.
func (f *outflow) probe(ctx context.Context, r Range) (bytes int64, oldest plant.Micros, n uint64, err error) {
	items, through, err := f.src.Read(ctx, r.From-1, int(min(probe, r.Len())))
	if errors.Is(err, ErrGone) || errors.Is(err, ErrDamaged) {
		return 0, 0, 0, nil
	}
	if err != nil {
		return 0, 0, 0, err
	}
	for _, it := range items {
		if it.Seq > r.To {
			break
		}
		bytes += int64(len(it.Payload))
		if oldest == 0 {
			oldest = it.Recorded
		}
	}
	return bytes, oldest, min(through, r.To) - r.From + 1, nil
}

// Status is how the stream stands; sizes are those last measured.
func (f *outflow) Status(ctx context.Context, now time.Time) StreamStatus {
	first, head, err := f.src.Bounds(ctx)
	f.mu.Lock()
	defer f.mu.Unlock()
	st := f.measured
	st.Stream, st.Head, st.Delivered = f.name, head, f.committed.Prefix()
	st.Sent, st.Gaps, st.GapItems = f.sent, f.gapCount, f.gapItems
	if f.err != nil {
		err = f.err
	}
	if err != nil {
		st.Error = err.Error()
	}
	st.Backlog = 0
	if first <= head {
		st.Backlog = f.left().Missing(Range{first, head}).Len()
	}
	if f.grown > 0 && head > f.grown {
		f.growth.add(now, head-f.grown)
	}
	f.grown = head
	st.PerSecond = f.rate.now(now)
	switch net := st.PerSecond - f.growth.now(now); {
	case st.Backlog == 0:
		st.DrainSeconds = 0
	case net <= 0:
		st.DrainSeconds = -1
	default:
		st.DrainSeconds = float64(st.Backlog) / net
	}
	return st
}
