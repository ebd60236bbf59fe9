package link

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// modelFirst is how long the other streams wait for the model, which tells
	// the parent what they speak of. It is small; a parent that cannot take it
	// must not stop the rest.
	modelFirst = 10 * time.Second
	// maxDamaged is how often a delivery that arrives damaged is sent again on
	// one connection: once is chance, more is a broken way.
	maxDamaged = 3
	// unavailablePause is the wait when the parent cannot commit and does not
	// say for how long.
	unavailablePause = time.Second
	// maxPieces is how many ranges the live lane may leave behind it; the
	// parent refuses more than maxRanges.
	maxPieces = 32
	// emptyAge is how long the live lane keeps to itself that there was nothing
	// to share: a node that shares little must not send a message per batch.
	emptyAge = 5 * time.Second
	byeTime  = 2 * time.Second
)

// session is one connection with a parent that has said welcome.
type session struct {
	*Child
	conn      Conn
	id        string
	cancel    context.CancelCauseFunc
	beatEvery time.Duration
}

// run delivers until the connection is lost or something fails; it returns
// why, when all its goroutines have ended.
func (s *session) run(ctx context.Context) error {
	var work sync.WaitGroup
	start := func(what string, f func(context.Context) error) {
		work.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				s.cancel(fmt.Errorf("link: %s: %w", what, err))
			}
		})
	}
	start("beat", s.beats)
	work.Go(func() {
		select {
		case <-s.conn.Done():
			s.cancel(errors.New("link: connection lost"))
		case <-ctx.Done():
		}
	})
	start("backlog", s.backlog)
	work.Go(func() {
		s.awaitModel(ctx)
		for _, f := range s.streams {
			start("live "+string(f.name), func(ctx context.Context) error { return s.live(ctx, f) })
		}
	})
	<-ctx.Done()
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) {
		s.bye()
	}
	s.conn.Close()
	work.Wait()
	return cause
}

// bye frees the place at the parent; it may be too late for it.
func (s *session) bye() {
	ctx, cancel := context.WithTimeout(context.Background(), byeTime)
	defer cancel()
	_, _ = s.conn.Request(ctx, verbBye, sealJSON(kindBeat, beat{Session: s.id}))
}

func (s *session) awaitModel(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, modelFirst)
	defer cancel()
	for _, f := range s.streams {
		for f.name == StreamModel {
			f.mu.Lock()
			changed, to := f.changed, f.liveFrom-1
			done := to == 0 || len(f.committed.Missing(Range{1, to})) == 0
			f.mu.Unlock()
			if done {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *session) beats(ctx context.Context) error {
	if s.beatEvery <= 0 {
		s.beatEvery = 5 * time.Second
	}
	ticker := time.NewTicker(s.beatEvery)
	defer ticker.Stop()
	for {
		st := s.Status(ctx)
		var a beatAnswer
		err := s.ask(ctx, s.conn, verbBeat, sealJSON(kindBeat, beat{Session: s.id, Streams: st.Streams, Outbox: st.Outbox}), kindBeatAnswer, &a)
		if err != nil && !errors.Is(err, ErrBusy) {
			return err
		}
		if c := a.Conflict; c != nil && st.Conflict == nil {
			s.o.Log.Error("link: another machine tried to connect with this node's key and was refused", "host", c.Refused.Host, "address", c.Refused.Address)
		}
		if err == nil {
			s.count(func(st *Status) { st.Conflict = a.Conflict })
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// live sends what comes, one delivery at a time: what arrives meanwhile goes
// with the next one.
func (s *session) live(ctx context.Context, f *outflow) error {
	f.mu.Lock()
	from := f.liveFrom
	f.mu.Unlock()
	after := from - 1
	empty := s.o.Now()
	for {
		more, err := f.await(ctx, after, after >= from)
		if err != nil {
			return err
		}
		if !more { // nothing shared comes that could speak for what is not shared
			if err := s.sendLive(ctx, f, parcel{From: from, To: after}); err != nil {
				return err
			}
			from, empty = after+1, s.o.Now()
			continue
		}
		frame, _ := s.pace.size()
		items, through, err := s.read(ctx, f, after, frame, f.entriesFor(frame))
		if err != nil {
			return err
		}
		if through == after {
			return s.lateOrLost(ctx, f, after)
		}
		after = through
		now := s.o.Now()
		if len(items) == 0 && now.Sub(empty) < emptyAge {
			continue
		}
		empty = now
		if s.late(ctx, f, items, after, now) {
			// The way is too narrow for all of it: the newest first, the rest
			// with the backlog.
			_, head, err := f.src.Bounds(ctx)
			if err != nil {
				return err
			}
			from, after = head+1, head
			f.advance(from)
			continue
		}
		size := itemCost
		for _, it := range items {
			size += len(it.Payload) + itemCost
		}
		f.weigh(size, through-from+1)
		if err := s.sendLive(ctx, f, parcel{From: from, To: through, Items: items}); err != nil {
			return err
		}
		from = through + 1
	}
}

// await waits for something behind the sequence. While entries that are not
// shared have not been told of, it waits for a while only and returns false.
func (f *outflow) await(ctx context.Context, after uint64, untold bool) (more bool, err error) {
	waiting := ctx
	if untold {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, emptyAge)
		defer cancel()
	}
	err = f.src.Wait(waiting, after)
	if err != nil && ctx.Err() == nil && errors.Is(waiting.Err(), context.DeadlineExceeded) {
		return false, nil
	}
	return err == nil, err
}

// sendLive delivers a parcel of the live lane.
func (s *session) sendLive(ctx context.Context, f *outflow, d parcel) error {
	r := Range{d.From, d.To}
	f.fly(r)
	f.advance(d.To + 1)
	err := s.send(ctx, f, verbLive, d)
	f.land(r)
	return err
}

// lateOrLost tells what a read that found nothing means: damage and dropped
// entries are for the backlog lane, which makes gaps of them.
func (s *session) lateOrLost(ctx context.Context, f *outflow, after uint64) error {
	first, head, err := f.src.Bounds(ctx)
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: nothing readable behind %d, the journal has %d to %d", ErrGone, after, first, head)
}

func (s *session) late(ctx context.Context, f *outflow, items []Item, through uint64, now time.Time) bool {
	if len(items) == 0 || now.Sub(items[0].Recorded.Time()) < s.o.LiveLag || f.pieces() >= maxPieces {
		return false
	}
	_, head, err := f.src.Bounds(ctx)
	return err == nil && head > through
}

// advance moves the border between the lanes.
func (f *outflow) advance(to uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.liveFrom = to
	f.wake()
}

// send delivers one parcel and takes over the answer. It goes on while the
// parent only asks for patience; any other error ends the session.
func (s *session) send(ctx context.Context, f *outflow, verb string, d parcel) error {
	f.mu.Lock()
	d.Session, d.Stream, d.Epoch = s.id, f.name, f.epoch
	f.mu.Unlock()
	message := s.pack.seal(d)
	damaged := 0
	for {
		var a ack
		began := s.o.Now()
		err := s.ask(ctx, s.conn, verb, message, kindAck, &a)
		if took := s.o.Now().Sub(began); err == nil || took > slow { // a quick no says nothing of the way
			s.pace.took(took)
		}
		var pause time.Duration
		var busy *busyError
		switch {
		case err == nil:
			f.fault(nil)
			return f.merge(a.Progress.Epoch, a.Progress.Ranges, len(d.Items), s.o.Now())
		case errors.As(err, &busy):
			pause = max(busy.after, 10*time.Millisecond)
			s.count(func(st *Status) { st.Busy++ })
		case errors.Is(err, ErrUnavailable):
			pause = unavailablePause
		case errors.Is(err, ErrDamaged) && damaged < maxDamaged:
			damaged++
		default:
			return err
		}
		if f.fault(err) {
			s.o.Log.Warn("link: the parent does not take deliveries; they wait", "stream", f.name, "err", err)
		}
		s.count(func(st *Status) { st.Resent++ })
		sleep(ctx, pause)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// fault notes what is wrong with the stream and reports whether that is new.
func (f *outflow) fault(err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh := err != nil && f.err == nil
	f.err = err
	return fresh
}

// read gives items of about the bytes, and one at least; through is the last
// sequence they speak for.
func (s *session) read(ctx context.Context, f *outflow, after uint64, bytes, entries int) ([]Item, uint64, error) {
	items, through, err := f.src.Read(ctx, after, entries)
	if err != nil {
		return nil, 0, err
	}
	size := 0
	for i, it := range items {
		if size += len(it.Payload) + itemCost; i > 0 && size > bytes || len(it.Payload) > MaxItem {
			if i == 0 {
				return nil, it.Seq - 1, fmt.Errorf("%w: %d", errTooLarge, it.Seq)
			}
			return items[:i], it.Seq - 1, nil
		}
	}
	return items, through, nil
}

// itemCost is what an item takes in a message beside its payload.
const itemCost = 8

var errTooLarge = errors.New("link: item is too large for a message")
