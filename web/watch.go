package web

import (
	"context"
	"sync"
	"time"
)

const (
	// watchEvery is how often a stream that goes on is noted: who looks at the audit
	// sees within an hour what is being watched.
	watchEvery = time.Hour
	// watchLimit bounds the note at the end of a stream, when nobody waits for it.
	watchLimit = 10 * time.Second
)

// Watch notes what a live stream shows of a machine: one entry at its end, and
// one for every hour that it goes on, as [API.AuditRead] writes them.
type Watch struct {
	a       *API
	ctx     context.Context // of the request, without its end: the note comes after it
	kind    string
	machine Seen

	mu    sync.Mutex
	since time.Time
	shown int64
}

// watched is what the audit keeps of a stretch of a stream.
type watched struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Times int64     `json:"times"` // how often values were shown
}

// Watch begins to note what a stream of the request shows of a machine.
func (a *API) Watch(ctx context.Context, kind string, machine Seen) *Watch {
	return &Watch{a: a, ctx: context.WithoutCancel(ctx), kind: kind, machine: machine, since: a.now()}
}

// Show says that values are about to be shown; nothing may be when it gives an
// error.
func (w *Watch) Show() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shown++
	if w.a.now().Sub(w.since) < watchEvery {
		return nil
	}
	return w.note()
}

// Close notes the rest. A failure is in the log: the stream has ended.
func (w *Watch) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.note(); err != nil {
		w.a.log.Error("what a live stream showed is not in the audit", "machine", w.machine.Path, "err", err)
	}
}

func (w *Watch) note() error {
	if w.shown == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(w.ctx, watchLimit)
	defer cancel()
	of := watched{From: w.since.UTC(), To: w.a.now().UTC(), Times: w.shown}
	if err := w.a.AuditRead(ctx, w.kind, of, w.machine); err != nil {
		return err
	}
	w.since, w.shown = w.a.now(), 0
	return nil
}
