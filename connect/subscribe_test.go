package connect_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
)

// hasty starts a device that need not wait, and gives its ways in.
func hasty(t *testing.T, h *hall) (say func(v float64) error, try func(v float64, done func(error)) bool) {
	t.Helper()
	d := h.driver.device("a")
	d.hasty = true
	h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
	synctest.Wait()
	one := func(v float64) []connect.Reading { return []connect.Reading{{Point: 0, Number: v}} }
	say = func(v float64) error { return d.sink(t.Context(), one(v)) }
	try = func(v float64, done func(error)) bool { return d.prompt(one(v), done) }
	return say, try
}

// TestPrompt_ToldWhenDurableInOrder: what a device hands over without waiting
// is told of when it is durable, and stands in the order in which it came, also
// behind a slow commit and among what waits.
func TestPrompt_ToldWhenDurableInOrder(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		say, try := hasty(t, h)
		if try(1, func(error) { t.Error("told of what was not taken") }) {
			t.Fatal("taken before contact was won: its event and sample have to be stored first")
		}
		if err := say(1); err != nil {
			t.Fatal(err)
		}
		h.store.change(func() { h.store.slow = 100 * time.Millisecond })
		var told []float64
		for v := 2.0; v < 12; v++ {
			if !try(v, func(err error) {
				stored := values(h.store.of(11))
				if err != nil || !slices.Contains(stored, v) {
					t.Errorf("%v is told of with %v; stored are %v", v, err, stored)
				}
				told = append(told, v)
			}) {
				t.Fatalf("%v is not taken", v)
			}
			time.Sleep(20 * time.Millisecond)
		}
		if len(told) == 10 {
			t.Error("all are told of before the store can have them")
		}
		if err := say(12); err != nil {
			t.Fatal(err)
		}
		after(time.Second)
		want := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
		if got := values(h.store.of(11)); !slices.Equal(got, want) || !slices.Equal(told, want[1:11]) {
			t.Errorf("stored %v, told %v; want %v", got, told, want)
		}
	})
}

// TestPrompt_NotAcceptedIsHeld: while the store takes nothing, what was handed
// over is offered again, and nothing else is taken past it.
func TestPrompt_NotAcceptedIsHeld(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		say, try := hasty(t, h)
		if err := say(1); err != nil {
			t.Fatal(err)
		}
		h.store.change(func() { h.store.full = true })
		var told []error
		if !try(2, func(err error) { told = append(told, err) }) {
			t.Fatal("not taken")
		}
		after(5 * time.Second)
		if try(3, func(error) {}) || len(told) != 0 {
			t.Errorf("taken past what is held; told %v", told)
		}
		h.store.change(func() { h.store.full = false })
		after(5 * time.Second)
		if len(told) != 1 || told[0] != nil || !slices.Equal(values(h.store.of(11)), []float64{1, 2}) {
			t.Errorf("told %v, stored %v", told, values(h.store.of(11)))
		}
		if s := h.status(t, "a"); s.State != connect.StateUp || s.Refused == 0 {
			t.Errorf("status %+v", s)
		}
	})
}

// TestPrompt_FailureIsTold: what the store refuses for good is told of, and the
// same value once more is news.
func TestPrompt_FailureIsTold(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		say, try := hasty(t, h)
		if err := say(1); err != nil {
			t.Fatal(err)
		}
		h.store.fail(true)
		told := errors.New("not told")
		if !try(2, func(err error) { told = err }) {
			t.Fatal("not taken")
		}
		after(time.Second)
		if told == nil {
			t.Error("told of as stored")
		}
		h.store.fail(false)
		if try(2, func(error) {}) {
			t.Error("taken though the end of the refusal has to be said")
		}
		if err := say(2); err != nil || !slices.Equal(values(h.store.of(11)), []float64{1, 2}) {
			t.Errorf("said again: %v, stored %v", err, values(h.store.of(11)))
		}
	})
}
