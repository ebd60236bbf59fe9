package alarm

import (
	"context"
	"fmt"
	"time"

	"zhigai/calc/alarm"
	"zhigai/plant"
)

// watched is a signal as limits fold it: its values, what they are compared with,
// and whether the device was in contact.
type watched struct {
	history History
	tenant  plant.TenantNo
	tag     Tag
	against plant.TagNo // 0 for none
}

// Pace of reading. piece is how much is in memory at once: a day of a signal each
// second. bucket is how finely a stretch that cannot fire is told from one that
// can: about two chunks of such a signal, so that most of them are not decoded.
const (
	piece      = 24 * time.Hour
	bucket     = 30 * time.Minute
	maxBuckets = 10_000
)

// walk folds [from, to). What can be skipped by what history knows of a stretch as a
// whole is not read.
func (w watched) walk(ctx context.Context, rule alarm.Rule, from, to plant.Micros, f *alarm.Fold) error {
	if err := w.seed(ctx, from, f); err != nil {
		return err
	}
	if rule.Kind == alarm.Rate || w.against != 0 || to-from < 4*micros(bucket) {
		return w.read(ctx, from, to, f)
	}
	for from < to {
		end := min(to, from+maxBuckets*micros(bucket))
		if err := w.skim(ctx, rule, from, end, f); err != nil {
			return err
		}
		from = end
	}
	f.Advance(int64(to))
	return nil
}

// skim reads only stretches in which the rule may fire, and what follows one until
// nothing stands or is pending.
func (w watched) skim(ctx context.Context, rule alarm.Rule, from, to plant.Micros, f *alarm.Fold) error {
	n := max(1, int((to-from)/micros(bucket)))
	all, err := w.history.Buckets(ctx, w.tenant, w.tag.No, from, to, n)
	if err != nil {
		return fmt.Errorf("%s: %w", w.tag.Path, err)
	}
	skipped := false
	for _, b := range all {
		if f.Idle() && b.BadCount == 0 && (b.Count == 0 || !rule.MayFire(b.Min, b.Max)) {
			if b.Count > 0 {
				f.Take(int64(b.LastTime), b.Last)
			}
			skipped = true
			continue
		}
		if skipped { // contact was not followed meanwhile
			if err := w.contact(ctx, b.From, f); err != nil {
				return err
			}
			skipped = false
		}
		if err := w.read(ctx, b.From, b.To, f); err != nil {
			return err
		}
	}
	if skipped {
		return w.contact(ctx, to, f)
	}
	return nil
}

// seed tells the fold what held at an instant.
func (w watched) seed(ctx context.Context, at plant.Micros, f *alarm.Fold) error {
	if err := w.contact(ctx, at, f); err != nil {
		return err
	}
	if w.against != 0 {
		f.Aimed()
		s, ok, err := w.history.Before(ctx, w.tenant, w.against, at)
		if err != nil {
			return fmt.Errorf("target of %s: %w", w.tag.Path, err)
		}
		if ok && !s.Quality.IsBad() {
			f.Aim(int64(at), s.Value)
		}
	}
	s, ok, err := w.history.Before(ctx, w.tenant, w.tag.No, at)
	if err != nil {
		return fmt.Errorf("%s: %w", w.tag.Path, err)
	}
	if ok && !s.Quality.IsBad() {
		f.Take(int64(at), s.Value)
	}
	return nil
}

// contact tells the fold how things stand with the device at an instant.
func (w watched) contact(ctx context.Context, at plant.Micros, f *alarm.Fold) error {
	if w.tag.Link == 0 {
		return nil
	}
	s, ok, err := w.history.Before(ctx, w.tenant, w.tag.Link, at)
	if err != nil {
		return fmt.Errorf("contact of %s: %w", w.tag.Path, err)
	}
	until := at
	if ok {
		until = linked(s)
	}
	f.Contact(int64(at), int64(until))
	return nil
}

// linked is until when a renewal of contact says that values are known.
func linked(s plant.Sample) plant.Micros {
	if s.Quality.IsBad() || s.Value != 1 {
		return s.Time
	}
	return s.Time + micros(plant.LinkSilence)
}

// read folds every sample of [from, to), a piece at a time.
func (w watched) read(ctx context.Context, from, to plant.Micros, f *alarm.Fold) error {
	for from < to {
		end := min(to, from+micros(piece))
		if err := w.readPiece(ctx, from, end, f); err != nil {
			return err
		}
		from = end
	}
	f.Advance(int64(to))
	return nil
}

func (w watched) readPiece(ctx context.Context, from, to plant.Micros, f *alarm.Fold) error {
	var streams [3][]plant.Sample // contact, target, value: in this order of one instant
	for i, no := range []plant.TagNo{w.tag.Link, w.against, w.tag.No} {
		if no == 0 {
			continue
		}
		err := w.history.Samples(ctx, w.tenant, no, from, to, func(s plant.Sample) bool {
			streams[i] = append(streams[i], s)
			return true
		})
		if err != nil {
			return fmt.Errorf("%s: %w", w.tag.Path, err)
		}
	}
	for {
		first := -1
		for i, s := range streams {
			if len(s) > 0 && (first < 0 || s[0].Time < streams[first][0].Time) {
				first = i
			}
		}
		if first < 0 {
			return nil
		}
		s := streams[first][0]
		streams[first] = streams[first][1:]
		switch at := int64(s.Time); {
		case first == 0:
			f.Contact(at, int64(linked(s)))
		case s.Quality.IsBad():
			f.Miss(at)
		case first == 1:
			f.Aim(at, s.Value)
		default:
			f.Take(at, s.Value)
		}
	}
}

func micros(d time.Duration) plant.Micros { return plant.Micros(d.Microseconds()) }
