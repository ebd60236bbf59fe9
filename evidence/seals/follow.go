package seals

import (
	"context"
	"errors"
	"maps"
	"time"

	"zhigai/evidence"
	"zhigai/history"
	"zhigai/plant"
)

// Run follows the log and seals days until ctx ends. What fails is tried again:
// a database that is away must not end the sealing of a node.
func (b *Book) Run(ctx context.Context) error {
	for {
		err := b.run(ctx)
		if ctx.Err() != nil {
			return nil
		}
		b.o.Log.Error("days are not sealed for now", "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(failPause):
		}
	}
}

// Seal seals every day that is over and returns: for a node that is stopped.
func (b *Book) Seal(ctx context.Context) error {
	at, err := b.begin(ctx)
	for err == nil && at < b.o.History.LastSeq() {
		at, err = b.catchUp(ctx, at)
	}
	if err == nil {
		err = b.o.History.SaveCursor(b.o.Cursor, at)
	}
	if err != nil {
		return err
	}
	return b.sealDue(ctx, at)
}

// begin ends what a crash cut off and gives the place in the log to go on from.
func (b *Book) begin(ctx context.Context) (uint64, error) {
	if err := b.mend(ctx); err != nil {
		return 0, err
	}
	b.seen = nil
	if at, ok := b.o.History.Cursors()[b.o.Cursor]; ok {
		return at, nil
	}
	first, _ := b.o.History.Bounds()
	return first - 1, b.o.History.SaveCursor(b.o.Cursor, first-1)
}

func (b *Book) run(ctx context.Context) error {
	at, err := b.begin(ctx)
	if err != nil {
		return err
	}
	saved, was := b.o.Now(), at
	for {
		next, err := b.catchUp(ctx, at)
		if err != nil {
			return err
		}
		at = next
		if now := b.o.Now(); at != was && now.Sub(saved) >= saveEvery {
			if err := b.o.History.SaveCursor(b.o.Cursor, at); err != nil {
				return err
			}
			saved, was = now, at
		}
		if at < b.o.History.LastSeq() {
			continue
		}
		if err := b.sealDue(ctx, at); err != nil {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, lookEvery)
		err = b.o.History.Wait(waiting, at)
		cancel()
		if err != nil && (ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded)) {
			return err
		}
	}
}

// catchUp notes what the next batches touch and returns how far it came. Notes
// are durable before that.
func (b *Book) catchUp(ctx context.Context, at uint64) (uint64, error) {
	batches, err := b.o.History.Read(ctx, at, readBatches)
	if errors.Is(err, history.ErrGone) { // a restored store begins later than its cursor
		first, _ := b.o.History.Bounds()
		b.o.Log.Error("what was recorded before is not sealed: the log no longer has it", "from", at+1, "to", first-1)
		return first - 1, nil
	}
	if err != nil || len(batches) == 0 {
		return at, err
	}
	var fresh []Touch
	for _, one := range batches {
		if one.Tenant == b.o.Tenant {
			fresh = b.touches(fresh, one)
		}
	}
	for len(fresh) > 0 {
		n := min(len(fresh), part)
		if err := b.o.Store.Note(ctx, b.o.Tenant, fresh[:n]); err != nil {
			b.seen = nil
			return at, err
		}
		fresh = fresh[n:]
	}
	return batches[len(batches)-1].Seq, nil
}

// touches appends the tag-days of a batch that were not noted on its recorded day.
func (b *Book) touches(dst []Touch, one history.Sequenced) []Touch {
	recorded := evidence.DayAt(one.Recorded)
	var day evidence.Day
	from, to := plant.Micros(0), plant.Micros(0) // of day: dividing each time would cost more than all else
	note := func(tag plant.TagNo, at plant.Micros) {
		if at < from || at >= to {
			day = evidence.DayAt(at)
			from, to = day.From(), day.To()
		}
		if int(tag) >= len(b.seen) {
			b.seen = append(b.seen, make([]stamp, int(tag)+1-len(b.seen))...)
		}
		if s := (stamp{recorded, day}); b.seen[tag] != s {
			b.seen[tag] = s
			dst = append(dst, Touch{Recorded: recorded, Tag: tag, Day: day, Seq: one.Seq})
		}
	}
	for i := range one.Batch.Samples {
		note(one.Batch.Samples[i].Tag, one.Batch.Samples[i].Time)
	}
	for i := range one.Batch.Texts {
		note(one.Batch.Texts[i].Tag, one.Batch.Texts[i].Time)
	}
	return dst
}

// Pending lists what was recorded and is not sealed yet, also what Run has not
// come to.
func (b *Book) Pending(ctx context.Context) (map[stampOf]bool, error) {
	out := map[stampOf]bool{}
	const always = evidence.Day(1 << 30)
	for after := (Touch{}); ; {
		page, err := b.o.Store.Touched(ctx, b.o.Tenant, always, 1<<62, after, part)
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			out[stampOf{t.Tag, t.Day}] = true
		}
		if len(page) < part {
			break
		}
		after = page[len(page)-1]
	}
	at, ok := b.o.History.Cursors()[b.o.Cursor]
	if !ok { // Run has not begun
		first, _ := b.o.History.Bounds()
		at = first - 1
	}
	reader := &Book{o: b.o}
	for to := b.o.History.LastSeq(); at < to; {
		batches, err := b.o.History.Read(ctx, at, readBatches)
		if err != nil || len(batches) == 0 {
			return out, err
		}
		for _, one := range batches {
			if one.Tenant == b.o.Tenant {
				for _, t := range reader.touches(nil, one) {
					out[stampOf{t.Tag, t.Day}] = true
				}
			}
		}
		at = batches[len(batches)-1].Seq
	}
	return out, nil
}

// stampOf names a tag-day by the number of its tag.
type stampOf struct {
	tag plant.TagNo
	day evidence.Day
}

// MayDelete gives, for each tag of which samples before its day are to go, the
// day before which all is sealed: at most the one that was asked for.
func (b *Book) MayDelete(ctx context.Context, before map[plant.TagNo]evidence.Day) (map[plant.TagNo]evidence.Day, error) {
	pending, err := b.Pending(ctx)
	if err != nil {
		return nil, err
	}
	out := make(map[plant.TagNo]evidence.Day, len(before))
	maps.Copy(out, before)
	for p := range pending {
		if day, ok := out[p.tag]; ok && p.day < day {
			out[p.tag] = p.day
		}
	}
	return out, nil
}

// Deleted notes that the samples of tags before a day are gone, so that their
// absence is no mismatch.
func (b *Book) Deleted(ctx context.Context, before map[plant.TagNo]evidence.Day) error {
	at := plant.MicrosOf(b.o.Now())
	page := make(map[plant.TagNo]Expiry, part)
	for tag, day := range before {
		if page[tag] = (Expiry{Before: day, At: at}); len(page) < part {
			continue
		}
		if err := b.o.Store.Expire(ctx, b.o.Tenant, page); err != nil {
			return err
		}
		clear(page)
	}
	return b.o.Store.Expire(ctx, b.o.Tenant, page)
}
