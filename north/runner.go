package north

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"zhigai/history"
	"zhigai/plant"
)

const (
	// retryMin and retryMax are the waits before connecting again; they double.
	retryMin = 500 * time.Millisecond
	retryMax = 30 * time.Second
	// readBatches bounds what one read brings into memory, beside history's own
	// bound in bytes; it is also what is sent twice at most.
	readBatches = 64
	// liveLag is the age from which what is sent is no longer live: a broker that
	// is slow shows as behind.
	liveLag = 5 * time.Second
	// maxGaps is how many gaps are shown.
	maxGaps = 10
	// keepFor bounds how long history keeps its log for a target, as the outbox
	// of a link does by default.
	keepFor = 30 * 24 * time.Hour
)

// runner sends to one target.
type runner struct {
	o      Options
	target Target
	shared
	cancel context.CancelFunc
	done   chan struct{}
	bd     uint8 // bdSeq of the next connection

	mu     sync.Mutex
	at     uint64 // all up to here is taken by the broker
	known  bool   // at is
	status Status
}

func newRunner(o Options, t Target, tags []plant.Tag) *runner {
	r := &runner{o: o, target: t, shared: sharedOf(t, tags), done: make(chan struct{}), bd: uint8(o.Now().Unix())}
	r.status = Status{State: StateConnecting, Tags: r.shared.count()}
	return r
}

// same reports that the other sends the same.
func (r *runner) same(other *runner) bool {
	return r.target.Rev == other.target.Rev && r.target.ID == other.target.ID && r.shared.same(other.shared)
}

// inherit takes over the counts and the bdSeq of a runner that has stopped.
func (r *runner) inherit(old *runner) {
	r.bd = old.bd
	old.mu.Lock()
	defer old.mu.Unlock()
	r.status.Sent, r.status.SentAt, r.status.Gaps = old.status.Sent, old.status.SentAt, old.status.Gaps
	r.status.Error, r.status.ErrorAt = old.status.Error, old.status.ErrorAt
}

func (r *runner) start(ctx context.Context) {
	ctx, r.cancel = context.WithCancel(ctx)
	go func() {
		defer close(r.done)
		r.run(ctx)
	}()
}

func (r *runner) stop() {
	r.cancel()
	<-r.done
}

func (r *runner) run(ctx context.Context) {
	wait := retryMin
	for {
		began := r.o.Now()
		err := r.once(ctx)
		if ctx.Err() != nil {
			return
		}
		r.failed(err)
		if r.o.Now().Sub(began) > retryMax { // it went well for a while
			wait = retryMin
		}
		if errors.Is(err, errHostOffline) {
			wait = retryMin // the next session waits by itself
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		wait = min(2*wait, retryMax)
	}
}

func (r *runner) failed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.status.Error != err.Error() {
		r.o.Logger.Warn("north: target is not reached", "target", r.target.Name, "err", err)
	}
	r.status.State, r.status.Error, r.status.ErrorAt = StateConnecting, err.Error(), r.o.Now()
}

func (r *runner) state(s State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.State = s
	if s == StateUp {
		r.status.Error, r.status.ErrorAt = "", time.Time{}
	}
}

// place finds where the target is in the journal; a new one begins at its end.
func (r *runner) place() error {
	if r.known {
		return nil
	}
	at, ok := r.o.History.Cursors()[r.o.cursors()+r.target.ID]
	if !ok {
		_, at = r.o.History.Bounds()
		if err := r.o.History.SaveCursor(r.o.cursors()+r.target.ID, at); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.at, r.known = at, true
	return nil
}

// once is one connection from dialling to its end.
func (r *runner) once(ctx context.Context) error {
	if err := r.place(); err != nil {
		return err
	}
	if err := r.bound(ctx); err != nil { // also while no broker answers
		return err
	}
	r.state(StateConnecting)
	s, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.begin(ctx); err != nil {
		return err
	}
	_, head := r.o.History.Bounds() // what is up to here was missed
	for {
		if err := s.upkeep(ctx); err != nil {
			return err
		}
		more, err := r.step(ctx, s, head)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if err := s.caughtUp(ctx); err != nil {
			return err
		}
		r.state(StateUp)
		if err := r.await(ctx, s); err != nil {
			return err
		}
	}
}

// step sends what one read gives; more is false at the end of the journal.
func (r *runner) step(ctx context.Context, s session, head uint64) (more bool, err error) {
	if err := r.bound(ctx); err != nil {
		return false, err
	}
	batches, err := r.o.History.Read(ctx, r.at, readBatches)
	if errors.Is(err, history.ErrGone) {
		first, _ := r.o.History.Bounds()
		return true, r.skip(ctx, first-1, "history no longer has them")
	}
	if err != nil || len(batches) == 0 {
		return false, err
	}
	if batches[0].Seq <= head || r.o.Now().Sub(batches[0].Recorded.Time()) > liveLag {
		r.state(StateBehind)
	}
	var values []value
	for _, b := range batches {
		if b.Tenant == r.o.Tenant {
			values = r.shared.values(values, b, b.Seq <= head)
		}
	}
	if len(values) > 0 {
		if err := s.send(ctx, values); err != nil {
			return false, err
		}
	}
	return true, r.taken(batches[len(batches)-1].Seq, uint64(len(values)))
}

// taken moves the cursor behind what the broker has.
func (r *runner) taken(seq, values uint64) error {
	r.mu.Lock()
	r.at = seq
	if values > 0 {
		r.status.Sent += values
		r.status.SentAt = r.o.Now()
	}
	r.mu.Unlock()
	return r.o.History.SaveCursor(r.o.cursors()+r.target.ID, seq)
}

// bound gives up what is too old to be kept for the target, or all that waits
// when the disk is low: room for new samples matters more.
func (r *runner) bound(ctx context.Context) error {
	_, last := r.o.History.Bounds()
	if r.at >= last {
		return nil
	}
	if r.o.Low() && last-r.at > readBatches {
		return r.skip(ctx, last, "the disk is low")
	}
	next, err := r.o.History.Read(ctx, r.at, 1)
	if errors.Is(err, history.ErrGone) {
		first, _ := r.o.History.Bounds()
		return r.skip(ctx, first-1, "history no longer has them")
	}
	old := plant.MicrosOf(r.o.Now().Add(-keepFor))
	if err != nil || len(next) == 0 || next[0].Recorded >= old {
		return err
	}
	to := r.at
	for len(next) > 0 && next[len(next)-1].Recorded < old {
		to = next[len(next)-1].Seq
		if next, err = r.o.History.Read(ctx, to, readBatches); err != nil {
			return err
		}
	}
	return r.skip(ctx, to, fmt.Sprintf("older than %d days", int(keepFor.Hours()/24)))
}

// skip records that the target never gets what is up to seq, and goes behind it.
func (r *runner) skip(ctx context.Context, seq uint64, reason string) error {
	if seq <= r.at {
		return nil
	}
	g := Gap{Batches: seq - r.at, At: r.o.Now().UTC(), Reason: reason}
	r.mu.Lock()
	g.From = r.status.SentAt
	r.mu.Unlock()
	r.o.Logger.Error("north: given up before the target had it", "target", r.target.Name, "batches", g.Batches, "reason", reason)
	if err := r.o.Gapped(ctx, r.target.hidden(), g); err != nil {
		return err
	}
	r.mu.Lock()
	r.status.Gaps = append(r.status.Gaps, g)
	if n := len(r.status.Gaps); n > maxGaps {
		r.status.Gaps = r.status.Gaps[n-maxGaps:]
	}
	r.mu.Unlock()
	return r.taken(seq, 0)
}

// await returns when there is something to send or to do.
func (r *runner) await(ctx context.Context, s session) error {
	wait, cancel := context.WithCancel(ctx)
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-s.bell():
		case <-s.gone():
		case <-wait.Done():
		}
		cancel()
	}()
	err := r.o.History.Wait(wait, r.at)
	cancel()
	<-watched
	if ctx.Err() == nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// report is how the target fares now.
func (r *runner) report(ctx context.Context) Status {
	_, last := r.o.History.Bounds()
	r.mu.Lock()
	out := r.status
	at, known := r.at, r.known
	r.mu.Unlock()
	if !known || at >= last {
		return out
	}
	out.Behind = last - at
	if next, err := r.o.History.Read(ctx, at, 1); err == nil && len(next) > 0 {
		out.BehindSince = next[0].Recorded.Time()
	}
	return out
}
