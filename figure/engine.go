package figure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"zhigai/fact"
	"zhigai/plant"
)

// Options of an Engine. Folder, Store, Journal, Definitions and Now are
// needed.
type Options struct {
	Folder      Folder
	Store       Store
	Journal     fact.Journal
	Definitions *Definitions
	Now         func() time.Time
	// Grace is how long after its end a window stays open for late facts;
	// 15 minutes when zero: a gateway that was cut off shortly is in, a figure
	// of the last hour is settled before the next shift meeting.
	Grace time.Duration
	// Refresh is how old an open window's terms may be before a question folds
	// them again; 5 seconds when zero.
	Refresh time.Duration
	// Tenants lists the owners whose windows Run closes; tenant 1 when nil.
	Tenants func(context.Context) ([]plant.TenantNo, error)
	// Keeps says whether this engine keeps and closes windows; nil: it does. Of
	// several processes on one store only one does, and one that only answers
	// never does: it folds what is out of date for the answer alone.
	Keeps func() bool
	Log   *slog.Logger
}

// Engine answers questions for figures and keeps their rows.
type Engine struct {
	folder  Folder
	store   Store
	journal fact.Journal
	defs    *Definitions
	now     func() time.Time
	grace   plant.Micros
	refresh plant.Micros
	log     *slog.Logger
	tenants func(context.Context) ([]plant.TenantNo, error)
	keeps   func() bool
	// locks let one fold or mark of a machine happen at a time, by hash: a fact
	// that arrives while its window is being folded marks it when that is done.
	locks   [64]sync.Mutex
	running runningNow
	debts   debts         // tenants whose samples could not be told
	lively  plant.Micros  // livelyFor, unless windows close earlier
	ahead   latest        // the latest instant that something was folded at
	late    chan struct{} // a fact touched a window that was over long ago
	counts  counters
}

// New makes an engine; it does nothing until asked or run.
func New(o Options) (*Engine, error) {
	if o.Folder == nil || o.Store == nil || o.Journal == nil || o.Definitions == nil || o.Now == nil {
		return nil, fmt.Errorf("figure engine: folder, store, journal, definitions and clock are needed")
	}
	if o.Grace == 0 {
		o.Grace = 15 * time.Minute
	}
	if o.Refresh == 0 {
		o.Refresh = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Tenants == nil {
		o.Tenants = func(context.Context) ([]plant.TenantNo, error) { return []plant.TenantNo{1}, nil }
	}
	if o.Keeps == nil {
		o.Keeps = func() bool { return true }
	}
	return &Engine{
		folder: o.Folder, store: o.Store, journal: o.Journal, defs: o.Definitions, now: o.Now,
		grace: plant.Micros(o.Grace.Microseconds()), refresh: plant.Micros(o.Refresh.Microseconds()), log: o.Log,
		tenants: o.Tenants, keeps: o.Keeps, late: make(chan struct{}, 1), running: runningNow{each: map[owner]running{}}, lively: plant.Micros(min(livelyFor, o.Grace).Microseconds()),
	}, nil
}

// Definitions are the figures that can be asked for.
func (e *Engine) Definitions() *Definitions { return e.defs }

// owner is a machine of a tenant.
type owner struct {
	tenant plant.TenantNo
	node   plant.NodeID
}

func (e *Engine) lock(o owner) *sync.Mutex {
	h := uint32(o.tenant)
	for _, c := range []byte(o.node) {
		h = h*31 + uint32(c)
	}
	return &e.locks[h%uint32(len(e.locks))]
}

// stale reports whether the kept window must be folded again before its terms
// may be shown.
func (e *Engine) stale(w Window, base Base, version string, now plant.Micros) bool {
	switch {
	case w.To != base.To, w.AsOf > now: // the clock was ahead when it was folded
		return true
	case now < base.To:
		return w.AsOf+e.refresh <= now || w.Fold != version
	case w.Revision == 0 && w.AsOf < base.To+e.lively && w.AsOf+e.refresh <= now:
		return true
	}
	return w.Dirty || w.Fold != version || w.AsOf < base.To || (w.Revision == 0 && now >= base.To+e.grace)
}

// settle folds one base window of one machine and keeps the result. A window
// whose grace has passed closes as revision 1; a closed one gets a new
// revision only when its terms are new, and the journal is told first.
func (e *Engine) settle(ctx context.Context, o owner, base Base, before *Window) (Window, []Row, error) {
	mutex := e.lock(o)
	mutex.Lock()
	defer mutex.Unlock()
	now := plant.MicrosOf(e.now())
	e.ahead.raise(now)
	folded, err := e.folder.Fold(ctx, o.tenant, o.node, base, now)
	e.counts.fold(e.now().Sub(now.Time()), err)
	if err != nil {
		return Window{}, nil, fmt.Errorf("fold %s %s: %w", o.node, base.From.Time().Format(time.RFC3339), err)
	}
	w := Window{Node: o.node, From: base.From, To: base.To, AsOf: now, Digest: Digest(folded.Rows), Fold: folded.Version}
	if now >= base.To+e.grace {
		if w, err = e.revise(ctx, o, w, before); err != nil {
			return Window{}, nil, err
		}
	}
	if now < base.To && e.running.get(o).open != base {
		e.running.forget(o)
	}
	if !e.keeps() {
		return w, folded.Rows, nil
	}
	err = e.store.PutWindow(ctx, o.tenant, w, folded.Rows)
	if errors.Is(err, ErrNotKeeper) { // another took over in between
		return w, folded.Rows, nil
	}
	if err != nil {
		return Window{}, nil, fmt.Errorf("keep %s %s: %w", o.node, base.From.Time().Format(time.RFC3339), err)
	}
	return w, folded.Rows, nil
}

// revise gives a settled window its revision: the one it was closed with when
// the terms are the same, else the next one.
func (e *Engine) revise(ctx context.Context, o owner, w Window, before *Window) (Window, error) {
	if before != nil && before.Revision > 0 && before.Digest == w.Digest {
		w.Revision, w.AsOf = before.Revision, min(before.AsOf, w.AsOf)
		return w, nil
	}
	last, err := e.lastClosing(ctx, o, w)
	if err != nil {
		return w, err
	}
	if last.Revision > 0 && last.Digest == w.Digest {
		w.Revision, w.AsOf = last.Revision, min(last.AsOf, w.AsOf)
		return w, nil
	}
	if !e.keeps() {
		return w, nil // it stays open until the keeper closes it
	}
	w.Revision = last.Revision + 1
	payload := Closing{From: w.From, To: w.To, Revision: w.Revision, Digest: w.Digest, AsOf: w.AsOf, Fold: w.Fold}
	event := fact.New(fact.KindClosing, o.node, w.To.Time(), fmt.Sprintf("figure:%s:%d", o.node, w.From), payload)
	event.SourceSeq = uint64(w.Revision)
	if _, err := e.journal.Append(ctx, o.tenant, event); err != nil {
		return w, fmt.Errorf("close %s %s: %w", o.node, w.From.Time().Format(time.RFC3339), err)
	}
	return w, nil
}

// lastClosing is the newest revision that the journal knows of the window.
func (e *Engine) lastClosing(ctx context.Context, o owner, w Window) (Closing, error) {
	var last Closing
	after := uint64(0)
	for {
		events, err := e.journal.Events(ctx, o.tenant, fact.Filter{
			Kinds:    []fact.Kind{fact.KindClosing},
			Subjects: []plant.NodeID{o.node}, From: w.To, To: w.To + 1, AfterSeq: after,
		})
		if err != nil {
			return last, fmt.Errorf("closings of %s: %w", o.node, err)
		}
		for _, ev := range events {
			var c Closing
			after = max(after, ev.Seq)
			if json.Unmarshal(ev.Payload, &c) == nil && c.From == w.From && c.Revision > last.Revision {
				last = c
			}
		}
		if len(events) < fact.MaxEvents {
			return last, nil
		}
	}
}
