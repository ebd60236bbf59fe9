package record_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"zhigai/record"
)

var errNotHolder = errors.New("not the holder")

// write tries to write what only the holder may.
func write(t *testing.T, d *record.Duty, db *record.DB) error {
	t.Helper()
	return d.Write(t.Context(), db, errNotHolder, func(context.Context, bun.Tx) error { return nil })
}

// TestDuty_ChangesHandsWhenSilent: a holder that is held up for longer than its
// duty lasts changes nothing afterwards, though it does not know that it lost it.
func TestDuty_ChangesHandsWhenSilent(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
			db, err := record.Open(t.Context(), b.where(t), record.Options{Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			one, two := db.Duty("figures"), db.Duty("figures")
			other := db.Duty("another")
			for _, c := range []struct {
				name string
				duty *record.Duty
				take bool
				wait time.Duration
			}{
				{"the first comes first", one, true, 0},
				{"the second does not get it", two, false, 0},
				{"another duty is another's", other, true, 0},
				{"not while it may be renewed", two, false, 9 * time.Second},
				{"when the holder is silent", two, true, 2 * time.Second},
				{"the first does not get it back", one, false, 0},
			} {
				now = now.Add(c.wait)
				if got, err := c.duty.Take(t.Context()); err != nil || got != c.take {
					t.Errorf("%s: Take = %v, %v; want %v", c.name, got, err, c.take)
				}
			}
			if !one.Held() {
				t.Error("the first knows already that it lost the duty; nobody told it")
			}
			if err := write(t, one, db); !errors.Is(err, errNotHolder) {
				t.Errorf("the first writes: %v; want %v", err, errNotHolder)
			}
			if err := write(t, two, db); err != nil {
				t.Errorf("the second writes: %v", err)
			}
			if held, err := one.Renew(t.Context()); err != nil || held {
				t.Errorf("the first renews: %v, %v; want false", held, err)
			}
			if held, err := two.Renew(t.Context()); err != nil || !held {
				t.Errorf("the second renews: %v, %v; want true", held, err)
			}
			if h, err := one.Holder(t.Context()); err != nil || h.Here || h.Term != 2 {
				t.Errorf("Holder = %+v, %v; want the other, in term 2", h, err)
			}
			if h, err := two.Holder(t.Context()); err != nil || !h.Here {
				t.Errorf("Holder = %+v, %v; want this one", h, err)
			}
		})
	}
}

// TestDuty_Run: of several that run one works at a time, and when it ends
// another goes on.
func TestDuty_Run(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			db := openIn(t, b.where(t))
			const runs = 3
			var at atomic.Int32
			working := make(chan int)
			var all sync.WaitGroup
			ends := make([]context.CancelFunc, runs)
			for i := range runs {
				var ctx context.Context
				ctx, ends[i] = context.WithCancel(t.Context())
				d := db.Duty("figures").Quick()
				all.Go(func() {
					err := d.Run(ctx, func(ctx context.Context) error {
						if n := at.Add(1); n != 1 {
							t.Errorf("%d work at once", n)
						}
						if err := write(t, d, db); err != nil {
							t.Errorf("the holder writes: %v", err)
						}
						working <- i
						<-ctx.Done()
						at.Add(-1)
						return nil
					}, func(held bool) {
						if held != d.Held() {
							t.Errorf("told of %v, Held is %v", held, d.Held())
						}
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			seen := map[int]bool{}
			for range runs {
				i := <-working
				if seen[i] {
					t.Errorf("%d works again after its end", i)
				}
				seen[i] = true
				ends[i]()
			}
			all.Wait()
		})
	}
}

func TestDuty_NilIsHeld(t *testing.T) {
	var d *record.Duty
	if db := open(t); !d.Held() || write(t, d, db) != nil {
		t.Error("the only process does not have its duty")
	}
}
