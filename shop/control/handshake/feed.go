package handshake

import (
	"context"
	"time"

	calc "zhigai/calc/handshake"
	"zhigai/plant"
)

// Pace of the feed.
const (
	readAtOnce = 512
	saveEvery  = 2 * time.Second
	startAgain = 2 * time.Second
)

// news is a sample of an input.
type news struct {
	input int
	link  bool
	one   plant.Sample
}

// Run lets handshakes see samples as they are committed, until ctx ends.
func (d *Desk) Run(ctx context.Context, feed Feed) error {
	for ctx.Err() == nil {
		if err := d.follow(ctx, feed); err != nil && ctx.Err() == nil {
			d.o.Logger.Error("handshakes: will start again", "err", err)
		}
		if ctx.Err() != nil {
			break // what is under way is left to the next start
		}
		d.blind()
		select {
		case <-ctx.Done():
		case <-time.After(startAgain):
		}
	}
	return ctx.Err()
}

func (d *Desk) follow(ctx context.Context, feed Feed) error {
	at := feed.LastSeq()
	_ = feed.SaveCursor(Cursor, at) // without it batches may be gone before they are read: then it starts again
	var saved time.Time
	for {
		if last := feed.LastSeq(); d.listensToNothing() {
			at = last // what comes behind it is read; who begins to listen asks for what was before
		}
		batches, err := feed.Read(ctx, at, readAtOnce)
		if err != nil {
			return err
		}
		if n := len(batches); n > 0 {
			d.tell(batches)
			at = batches[n-1].Seq
		}
		if now := d.o.Now(); now.Sub(saved) >= saveEvery || now.Before(saved) {
			_ = feed.SaveCursor(Cursor, at)
			saved = now
		}
		if len(batches) == readAtOnce {
			continue
		}
		if err := feed.Wait(ctx, at); err != nil {
			return err
		}
	}
}

func (d *Desk) listensToNothing() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.byTag) == 0
}

// tell gives runners what they listen to.
func (d *Desk) tell(batches []Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.byTag) == 0 {
		return
	}
	for _, b := range batches {
		for _, s := range b.Samples {
			for _, l := range d.byTag[tagKey{b.Tenant, s.Tag}] {
				select {
				case l.r.news <- news{l.input, l.link, s}:
				default:
					l.r.missed.Store(flooded)
				}
			}
		}
	}
}

// What a runner missed.
const (
	missedNothing int32 = iota
	blind               // samples may have gone by: everything is asked for anew
	flooded             // samples came faster than they were looked at
)

// blind has every runner ask anew.
func (d *Desk) blind() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runners {
		r.missed.CompareAndSwap(missedNothing, blind)
	}
}

// take is one sample of the feed.
func (r *runner) take(n news) {
	if r.left != nil {
		return // everything is asked for once it is known how machines stand
	}
	at := r.at()
	in := n.input
	switch {
	case n.link && (n.one.Quality.IsBad() || n.one.Value != 1):
		r.fold.Miss(in, calc.Lost, at)
	case n.link: // contact is there; values are asked for anew
	case n.one.Quality.IsBad():
		r.fold.Miss(in, calc.Stale, at)
	default:
		r.said[in] = n.one.Time
		r.apply(r.fold.Take(in, n.one.Value, at))
	}
}
