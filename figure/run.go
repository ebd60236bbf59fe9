package figure

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
)

// Feed is the sequence of committed sample batches, with a durable cursor for
// each of its readers. An unknown cursor is at 0.
type Feed interface {
	// Read returns what was committed after the position, at most limit
	// batches, in order; nothing when there is nothing yet, and an error that
	// wraps ErrGone when batches after the position are no longer kept.
	Read(ctx context.Context, after uint64, limit int) ([]Committed, error)
	// Wait returns when something was committed after the position or ctx ends.
	Wait(ctx context.Context, after uint64) error
	LastSeq() uint64
	Cursor(name string) uint64
	SaveCursor(name string, seq uint64) error
}

// Committed is a batch with its place in the sequence.
type Committed struct {
	Seq    uint64
	Tenant plant.TenantNo
	Batch  plant.Batch
}

// Cursors keeps how far a reader of a tenant's journal has come, durably.
type Cursors interface {
	Cursor(ctx context.Context, tenant plant.TenantNo, reader string) (uint64, error)
	SaveCursor(ctx context.Context, tenant plant.TenantNo, reader string, seq uint64) error
}

// Pace of the background work.
const (
	readBatches  = 256              // of the feed at once
	journalEvery = time.Second      // people's facts show up within this
	saveEvery    = 2 * time.Second  // after a crash this much is marked again
	closeEvery   = 20 * time.Second // closing is not urgent
	lateEvery    = time.Second      // a late fact is: it changes what was reported
	lateShare    = 10               // but a backlog that touches ever more takes no more than a tenth of the time
	closeBack    = 48 * time.Hour   // a node that was off closes what it missed; older windows close when asked for
	dirtyAtOnce  = 500
	retryAfter   = 2 * time.Second // after an error of a store
	// livelyFor is how long after its end a window is still folded again by its
	// age: a sample of now may change what was up to six minutes ago, because a
	// stop is minor or not by its end.
	livelyFor = 10 * time.Minute
)

// Run keeps rows up to date until ctx ends: it marks the windows that new
// facts touch, folds dirty ones again and closes those whose grace is over.
func (e *Engine) Run(ctx context.Context, feed Feed, cursors Cursors) error {
	var wg sync.WaitGroup
	for name, work := range map[string]func(context.Context) error{
		"follow samples": func(ctx context.Context) error { return e.followSamples(ctx, feed) },
		"follow journal": func(ctx context.Context) error { return e.followJournal(ctx, cursors) },
		"close windows":  e.closeWindows,
	} {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := work(ctx); err != nil && ctx.Err() == nil {
					e.log.Error("figures: will try again", "work", name, "err", err)
				}
				pause(ctx, retryAfter)
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Reader is the engine's name at the feed and at the journals.
const Reader = "figure"

func (e *Engine) followSamples(ctx context.Context, feed Feed) error {
	at := feed.Cursor(Reader)
	saved := e.now()
	for {
		if err := e.owed(ctx); err != nil {
			return err
		}
		batches, err := feed.Read(ctx, at, readBatches)
		if errors.Is(err, ErrGone) {
			// What was missed is not known: everything may be out of date.
			last := feed.LastSeq()
			e.log.Warn("figures: samples were not followed for long; folding everything again", "after", at, "from", last)
			if err := e.touchAll(ctx); err != nil {
				return err
			}
			at = last
			continue
		}
		if err != nil {
			return fmt.Errorf("feed after %d: %w", at, err)
		}
		joined := join(batches)
		if n := len(batches); n > 0 {
			at = batches[n-1].Seq
		}
		for tenant, batch := range joined {
			if err := e.Touch(ctx, tenant, batch, nil); err != nil {
				if ctx.Err() != nil || !e.shared(ctx) || !e.answers(ctx, tenant) {
					return err
				}
				e.owe(tenant, err)
			}
		}
		if now := e.now(); len(batches) == 0 || now.Sub(saved) >= saveEvery {
			if err := feed.SaveCursor(Reader, at); err != nil {
				return fmt.Errorf("cursor: %w", err)
			}
			saved = now
		}
		if len(batches) == 0 {
			if err := feed.Wait(ctx, at); err != nil {
				return fmt.Errorf("feed after %d: %w", at, err)
			}
		}
	}
}

// join puts the samples of each tenant together.
func join(batches []Committed) map[plant.TenantNo]plant.Batch {
	joined := map[plant.TenantNo]plant.Batch{}
	sizes := map[plant.TenantNo]int{}
	for i := range batches {
		sizes[batches[i].Tenant] += len(batches[i].Batch.Samples)
	}
	for i := range batches {
		b := &batches[i]
		j, seen := joined[b.Tenant]
		switch {
		case !seen && sizes[b.Tenant] == len(b.Batch.Samples) && len(b.Batch.Texts) == 0:
			j = b.Batch // it is the only one
		case !seen:
			j.Samples = make([]plant.Sample, 0, sizes[b.Tenant])
			fallthrough
		default:
			j.Samples, j.Texts = append(j.Samples, b.Batch.Samples...), append(j.Texts, b.Batch.Texts...)
		}
		joined[b.Tenant] = j
	}
	return joined
}

// touchAll marks every window of every machine.
func (e *Engine) touchAll(ctx context.Context) error {
	return e.each(ctx, "marking everything", e.touchTenant)
}

func (e *Engine) touchTenant(ctx context.Context, t plant.TenantNo) error {
	machines, err := e.machines(ctx, access.Scope{Tenant: t}, plant.MicrosOf(e.now()))
	if err != nil {
		return err
	}
	for _, m := range machines {
		if err := e.store.MarkDirty(ctx, t, m.node.ID, 0, endOfTime); err != nil {
			return fmt.Errorf("mark %s: %w", m.node.ID, err)
		}
		e.counts.marks.Add(1)
	}
	return nil
}

func (e *Engine) followJournal(ctx context.Context, cursors Cursors) error {
	for {
		if err := e.each(ctx, "follow journal", func(ctx context.Context, t plant.TenantNo) error { return e.catchUp(ctx, t, cursors) }); err != nil {
			return err
		}
		pause(ctx, journalEvery)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// catchUp marks what the events since the last time touch.
func (e *Engine) catchUp(ctx context.Context, t plant.TenantNo, cursors Cursors) error {
	at, err := cursors.Cursor(ctx, t, Reader)
	if err != nil {
		return fmt.Errorf("cursor: %w", err)
	}
	for {
		events, err := e.journal.Events(ctx, t, fact.Filter{AfterSeq: at})
		if err != nil {
			return fmt.Errorf("journal after %d: %w", at, err)
		}
		if len(events) == 0 {
			return nil
		}
		if err := e.Touch(ctx, t, plant.Batch{}, events); err != nil {
			return err
		}
		for _, ev := range events {
			at = max(at, ev.Seq)
		}
		if err := cursors.SaveCursor(ctx, t, Reader, at); err != nil {
			return fmt.Errorf("cursor: %w", err)
		}
	}
}

// Touch marks the windows that these facts may change. It is idempotent:
// marking twice folds once more, never differently.
func (e *Engine) Touch(ctx context.Context, tenant plant.TenantNo, batch plant.Batch, events []fact.Event) error {
	touches, err := e.folder.Touched(ctx, tenant, batch, events)
	if err != nil {
		return fmt.Errorf("touched: %w", err)
	}
	now := plant.MicrosOf(e.now())
	for _, t := range touches {
		if err := e.mark(ctx, owner{tenant, t.Node}, t, now, len(events) > 0); err != nil {
			return err
		}
	}
	return nil
}

// mark flags windows; entered says that a person waits to see it.
func (e *Engine) mark(ctx context.Context, o owner, t Touch, now plant.Micros, entered bool) error {
	mutex := e.lock(o)
	mutex.Lock()
	defer mutex.Unlock()
	// What is folded again by its age need not be marked: at every sample that
	// would write to the store all the time.
	r, err := e.runningAt(ctx, o, now)
	if err != nil {
		return err
	}
	since := r.lively.From
	if entered {
		since = r.open.From
	}
	// Unless a clock that was ahead, if only by a moment, let a fold take the
	// window for one that changes no more by itself.
	latest := max(now, e.ahead.get())
	if t.From >= since && latest <= now+e.refresh && latest < r.open.To && latest < r.lively.To+e.lively {
		return nil
	}
	if err := e.store.MarkDirty(ctx, o.tenant, o.node, t.From, t.To); err != nil {
		return fmt.Errorf("mark %s: %w", o.node, err)
	}
	e.counts.marks.Add(1)
	if t.From < r.lively.From {
		select {
		case e.late <- struct{}{}:
		default: // it is known already
		}
	}
	return nil
}

// running is the base windows of a machine that change by themselves.
type running struct {
	open   Base // now lies in it
	lively Base // the first whose end is not older than livelyFor
}

// runningNow remembers them for each machine.
type runningNow struct {
	mu   sync.Mutex
	each map[owner]running
}

func (r *runningNow) get(o owner) running {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.each[o]
}

func (r *runningNow) set(o owner, one running) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.each[o] = one
}

// forget is for a window that the calendar cuts in another way than remembered.
func (r *runningNow) forget(o owner) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.each, o)
}

// runningAt finds the windows; all of a tenant at once, because they change
// together. A machine that is not there any more has none.
func (e *Engine) runningAt(ctx context.Context, o owner, now plant.Micros) (running, error) {
	if r := e.running.get(o); now >= r.open.From && now < r.open.To && now < r.lively.To+e.lively {
		return r, nil
	}
	e.running.forget(o)
	machines, err := e.machines(ctx, access.Scope{Tenant: o.tenant}, now)
	if err != nil {
		return running{}, err
	}
	cut := map[string]running{} // by calendar code
	for _, m := range machines {
		r, ok := cut[m.calendar.Code]
		if !ok {
			bases := Bases(m.calendar, now-e.lively, now+1)
			r = running{open: bases[len(bases)-1], lively: bases[0]}
			cut[m.calendar.Code] = r
			if err := e.lookAhead(ctx, o.tenant, r); err != nil {
				return running{}, err
			}
		}
		e.running.set(owner{o.tenant, m.node.ID}, r)
	}
	return e.running.get(o), nil
}

// lookAhead finds folds of running windows, and of those to come, by a clock
// that was ahead of this one, also before this process began.
func (e *Engine) lookAhead(ctx context.Context, t plant.TenantNo, r running) error {
	windows, err := e.store.Windows(ctx, access.Scope{Tenant: t}, r.lively.From, endOfTime)
	if err != nil {
		return fmt.Errorf("windows: %w", err)
	}
	for _, w := range windows {
		e.ahead.raise(w.AsOf)
	}
	return nil
}

// latest is an instant that only moves forward.
type latest struct{ at atomic.Int64 }

func (l *latest) get() plant.Micros { return plant.Micros(l.at.Load()) }

func (l *latest) raise(to plant.Micros) {
	for {
		have := l.at.Load()
		if int64(to) <= have || l.at.CompareAndSwap(have, int64(to)) {
			return
		}
	}
}

func (e *Engine) closeWindows(ctx context.Context) error {
	closed := plant.MicrosOf(e.now().Add(-closeBack))
	behind := map[plant.TenantNo]plant.Micros{} // tenants whose windows could not be closed
	for {
		begun := time.Now()
		until := plant.MicrosOf(e.now()) - e.grace
		if err := e.each(ctx, "close windows", func(ctx context.Context, t plant.TenantNo) error {
			from, ok := behind[t]
			if !ok {
				from = closed
			}
			if err := e.Settle(ctx, t, from, until); err != nil {
				behind[t] = from // it is told from there when it works again
				return err
			}
			delete(behind, t)
			return nil
		}); err != nil {
			return err
		}
		// A window is at most an hour long: the next round looks at those that
		// could not close yet.
		closed = max(closed, until-plant.Micros(time.Hour.Microseconds()))
		rest := min(closeEvery, max(lateEvery, lateShare*time.Since(begun)))
		pause(ctx, rest)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.late:
		case <-time.After(closeEvery - rest):
		}
	}
}

// settleAtOnce bounds how much Settle holds in memory.
const settleAtOnce = plant.Micros(6 * 3600 * 1_000_000)

// Settle brings all base windows in [from, to) up to date, closes those whose
// grace is over, and folds dirty ones wherever they are.
func (e *Engine) Settle(ctx context.Context, tenant plant.TenantNo, from, to plant.Micros) error {
	for lo := from; lo < to; lo += settleAtOnce {
		if _, err := e.rows(ctx, access.Scope{Tenant: tenant}, lo, min(lo+settleAtOnce, to)); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
	}
	for {
		dirty, err := e.store.DirtyWindows(ctx, tenant, dirtyAtOnce)
		if err != nil {
			return fmt.Errorf("dirty windows: %w", err)
		}
		done := 0
		for _, w := range dirty {
			ok, err := e.refold(ctx, tenant, w)
			if err != nil {
				return err
			}
			if ok {
				done++
			}
		}
		if len(dirty) < dirtyAtOnce || done == 0 {
			return nil
		}
	}
}

// refold folds a dirty window that has ended. One that no calendar cuts like
// that any more is emptied, so that it is not asked about again.
func (e *Engine) refold(ctx context.Context, tenant plant.TenantNo, w Window) (bool, error) {
	if w.To > plant.MicrosOf(e.now()) {
		return false, nil
	}
	o := owner{tenant, w.Node}
	b, ok, err := e.base(ctx, o, w.From, w.To)
	if err != nil {
		return false, err
	}
	if ok {
		_, _, err = e.settle(ctx, o, b, &w)
		return true, err
	}
	w.Dirty, w.Digest = false, Digest(nil)
	if err := e.store.PutWindow(ctx, tenant, w, nil); err != nil && !errors.Is(err, context.Canceled) {
		return false, fmt.Errorf("empty %s: %w", w.Node, err)
	}
	return true, nil
}
