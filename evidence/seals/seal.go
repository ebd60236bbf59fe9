package seals

import (
	"context"
	"fmt"

	"zhigai/evidence"
	"zhigai/fact"
	"zhigai/plant"
)

// Source is the source of the facts that a node's seals are; the source's
// sequence is the number of the seal.
func Source(node string) string { return "seal:" + node }

// mend ends what a crash cut off: leaves without a seal go, touches that are
// sealed as well, and the newest seal is a fact.
func (b *Book) mend(ctx context.Context) error {
	last, err := b.o.Store.Last(ctx, b.o.Tenant)
	if err != nil {
		return err
	}
	for n := int64(part); n == part; {
		if n, err = b.o.Store.DropLeaves(ctx, b.o.Tenant, last.Number, part); err != nil {
			return err
		}
	}
	if last.Number == 0 {
		return nil
	}
	return b.finish(ctx, last)
}

// finish does what follows a kept seal. Doing it again changes nothing.
func (b *Book) finish(ctx context.Context, k Kept) error {
	e := fact.New(fact.KindSeal, "", k.Day.To().Time(), Source(k.Node), k.Seal)
	e.SourceSeq = uint64(k.Number)
	if _, err := b.o.Journal.Append(ctx, b.o.Tenant, e); err != nil {
		return err
	}
	for n := int64(part); n == part; {
		var err error
		if n, err = b.o.Store.Settle(ctx, b.o.Tenant, k, part); err != nil {
			return err
		}
	}
	return nil
}

// sealDue seals every day that is over. All batches up to seq are noted.
func (b *Book) sealDue(ctx context.Context, seq uint64) error {
	due := evidence.DayAt(plant.MicrosOf(b.o.Now().Add(-Grace))) - 1
	for {
		day, ok, err := b.o.Store.OldestTouched(ctx, b.o.Tenant)
		if err != nil || !ok || day > due {
			return err
		}
		k, err := b.seal(ctx, day, seq)
		if err != nil {
			return fmt.Errorf("seals: day %s: %w", day, err)
		}
		b.seen = nil
		b.o.Log.Info("day sealed", "day", k.Day, "leaves", k.Leaves, "samples", k.Samples, "root", k.Root)
	}
}

// seal makes the next seal: over all tag-days touched up to the recorded day.
func (b *Book) seal(ctx context.Context, day evidence.Day, seq uint64) (Kept, error) {
	last, err := b.o.Store.Last(ctx, b.o.Tenant)
	if err != nil {
		return Kept{}, err
	}
	day = max(day, last.Day) // a clock that was set back
	tags, err := b.o.Tags.TagsOf(ctx, b.o.Tenant)
	if err != nil {
		return Kept{}, err
	}
	var leaves []evidence.Leaf
	seen := map[stampOf]bool{} // a tag-day may have been touched on several days
	for after := (Touch{}); ; {
		room := min(part, evidence.MaxLeaves-len(leaves)) // what has none goes to the next seal of the day
		page, err := b.o.Store.Touched(ctx, b.o.Tenant, day, seq, after, room)
		if err != nil {
			return Kept{}, err
		}
		rows := make([]Row, 0, len(page))
		for _, t := range page {
			key := stampOf{t.Tag, t.Day}
			if seen[key] {
				continue
			}
			seen[key] = true
			d, err := b.digest(ctx, tags, t.Tag, t.Day)
			if err != nil {
				return Kept{}, err
			}
			row := Row{Tag: t.Tag, Day: t.Day, Samples: d.Samples, Hash: d.Hash()}
			rows, leaves = append(rows, row), append(leaves, row.leafOf(tags))
		}
		if err := b.o.Store.AddLeaves(ctx, b.o.Tenant, last.Number+1, rows); err != nil {
			return Kept{}, err
		}
		if len(page) < part {
			break
		}
		after = page[len(page)-1]
	}
	s, err := evidence.NewSeal(last.Seal, b.o.Node, day, leaves)
	if err != nil {
		return Kept{}, err
	}
	k := Kept{Seal: s, Through: seq, Made: plant.MicrosOf(b.o.Now())}
	if err := b.o.Store.AddSeal(ctx, b.o.Tenant, k); err != nil {
		return Kept{}, err
	}
	return k, b.finish(ctx, k)
}
