package faulttest_test

import (
	"context"
	"fmt"
	"testing"

	. "zhigai/faulttest"
	"zhigai/figure"
)

// caught runs a broken program with seed after seed until the check finds
// something, and fails the test when it finds nothing.
func caught(t *testing.T, seeds uint64, with func(seed uint64) run) {
	t.Helper()
	from := base(t)
	for seed := uint64(1); seed <= seeds; seed++ {
		x := with(seed)
		r, err := x.drive(t.Context(), from, t.TempDir)
		if err != nil || !r.Whole() {
			t.Logf("found with seed %d: %v %s", seed, err, &r)
			return
		}
	}
	t.Errorf("not found with %d seeds", seeds)
}

// TestCaught_AcknowledgedBeforeFsync: a program that does not wait for the
// fsync loses what it acknowledged when the power goes.
func TestCaught_AcknowledgedBeforeFsync(t *testing.T) {
	for _, on := range []Layer{History, Record} {
		t.Run(on.String(), func(t *testing.T) {
			caught(t, 10, func(seed uint64) run {
				x := run{seed: seed, steps: 30}
				x.lies[on] = true
				return x
			})
		})
	}
}

// TestCaught_CursorAhead: folds that say how far they are before what they made
// is durable leave figures that miss facts.
func TestCaught_CursorAhead(t *testing.T) {
	long(t)
	caught(t, 100, func(seed uint64) run {
		return run{
			seed: seed, steps: 150, follow: true, fault: Fault{Kind: PowerLoss, On: Record, At: int64(400 + seed*40)},
			mangle: func(p *Plant) Feed { return &hasty{Feed: p.Feed()} },
		}
	})
}

// hasty saves the cursor for what it reads, but hands it on when it has read
// some more. What the folds want to save it forgets.
type hasty struct {
	Feed
	held []figure.Committed
}

const holds = 60

func (h *hasty) Read(ctx context.Context, after uint64, limit int) ([]figure.Committed, error) {
	next, err := h.Feed.Read(ctx, h.at(after), limit)
	if n := len(next); n > 0 && err == nil {
		err = h.Feed.SaveCursor("figure", next[n-1].Seq)
	}
	h.held = append(h.held, next...)
	n := max(0, len(h.held)-holds)
	out := h.held[:n]
	h.held = h.held[n:]
	return out, err
}

func (h *hasty) at(after uint64) uint64 {
	if n := len(h.held); n > 0 {
		return h.held[n-1].Seq
	}
	return after
}

func (h *hasty) Wait(ctx context.Context, after uint64) error { return h.Feed.Wait(ctx, h.at(after)) }

func (h *hasty) SaveCursor(string, uint64) error { return nil }

// TestFlippedBits flips a bit in a file at rest: what is read then is right, or
// an error.
func TestFlippedBits(t *testing.T) {
	long(t)
	from, noticed := base(t), 0
	seeds := uint64(30)
	if thorough() {
		seeds = 300
	}
	for seed := range seeds {
		x := flipped(seed, false)
		r, err := x.drive(t.Context(), from, t.TempDir)
		if err != nil {
			noticed++
		} else if !r.Whole() {
			t.Fatalf("%s: %s", x, &r)
		}
		count(&r, false)
	}
	t.Logf("%d bits flipped, %d noticed when reading, the others change nothing that is read", seeds, noticed)
	if noticed < int(seeds)/4 {
		t.Errorf("%d of %d flipped bits were noticed; do they hit what is read?", noticed, seeds)
	}
}

func flipped(seed uint64, blind bool) run {
	return run{seed: seed, steps: 60, blind: blind, after: func(d *Disk) error {
		where, err := d.Flip()
		if err != nil {
			return fmt.Errorf("flip %s: %w", where, err)
		}
		return nil
	}}
}

// TestCaught_ChecksumNotCompared: a program that takes any page for whole serves
// one with a flipped bit as data; ours does not.
func TestCaught_ChecksumNotCompared(t *testing.T) {
	from, served := base(t), 0
	for seed := range uint64(8) {
		for _, blind := range []bool{false, true} {
			x := run{seed: seed, steps: 60, blind: blind, after: func(d *Disk) error { return d.FlipIn(`"note":"step `) }}
			r, err := x.drive(t.Context(), from, t.TempDir)
			switch {
			case blind && err == nil && !r.Whole():
				served++
			case !blind && err == nil:
				t.Errorf("%s: a flipped bit in an event was not noticed: %s", x, &r)
			}
		}
	}
	t.Logf("8 bits flipped in events: noticed 8; served as data by a program that does not compare checksums: %d", served)
	if served == 0 {
		t.Error("the check does not find it when checksums are not compared")
	}
}
