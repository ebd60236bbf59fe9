package connect_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

func (h *hall) health(t *testing.T, id plant.DeviceID) connect.DeviceHealth {
	t.Helper()
	out, ok := h.Health(id)
	if !ok {
		t.Fatalf("no health of %s", id)
	}
	return out
}

// failures in short: timeout 2/0 is two questions and no reading.
func failures(h connect.DeviceHealth) string {
	var out []string
	for _, f := range h.Failures {
		out = append(out, fmt.Sprintf("%s %d/%d", f.Kind, f.Questions, f.Readings))
	}
	return strings.Join(out, ", ")
}

// Each answer falls into the bucket whose end it does not exceed.
func TestHealth_Histogram(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		h.driver.change(func() { d.slow = 5 * time.Millisecond })
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(3*time.Second + 100*time.Millisecond) // 4 answers: at once, and each second
		h.driver.change(func() { d.slow = 5*time.Millisecond + 1 })
		after(2 * time.Second)
		h.driver.change(func() { d.slow = 800 * time.Millisecond })
		after(2 * time.Second)
		got := h.health(t, "a")
		want := map[float64]int64{5: 4, 10: 2, 1000: 1}
		var sum int64
		for i, b := range got.Histogram {
			if b.Count != want[b.UpTo] {
				t.Errorf("up to %v ms: %d; want %d", b.UpTo, b.Count, want[b.UpTo])
			}
			if last := i == len(got.Histogram)-1; last != (b.UpTo == 0) {
				t.Errorf("bucket %d ends at %v", i, b.UpTo)
			}
			sum += b.Count
		}
		if sum != got.Answers || got.Answers != 7 || got.Longest != 800 || got.Response.P50 != 5 || got.Connections != 1 || got.Lost != 0 || got.LastFailure != nil || got.Failures == nil || got.Without == nil {
			t.Errorf("health %+v", got)
		}
		if !got.Since.Equal(time.Now().Add(-7100 * time.Millisecond)) {
			t.Errorf("since %v, now %v", got.Since, time.Now())
		}
	})
}

// A question that failed counts once, with its kind, and the last is told; a loss
// of contact and the return are counted too.
func TestHealth_FailuresByKind(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		one := spec("a", "a", 10)
		one.Retries = 1
		h.Set([]connect.DeviceSpec{one})
		after(2*time.Second + 100*time.Millisecond)
		h.driver.change(func() { d.silent = true })
		after(3 * time.Second)
		got := h.health(t, "a")
		if failures(got) != "timeout 2/0" || got.Lost != 1 || got.LastFailure == nil || got.LastFailure.Kind != "timeout" || !strings.Contains(got.LastFailure.Text, "no answer within 1s") {
			t.Errorf("silent: %s, %+v", failures(got), got)
		}
		h.driver.change(func() { d.silent, d.down = false, true })
		after(10 * time.Second)
		got = h.health(t, "a")
		if f := got.Failures[0]; f.Kind != "connection" || f.Questions < 3 || got.LastFailure.Text != errDown.Error() || f.Last.IsZero() {
			t.Errorf("down: %s, %+v", failures(got), got.LastFailure)
		}
		if s := h.status(t, "a"); s.ErrorShare <= 0 || s.ErrorShare >= 1 || s.Errors["connection"] != got.Failures[0].Questions {
			t.Errorf("status %+v", s)
		}
		h.driver.change(func() { d.down = false })
		after(20 * time.Second)
		if got = h.health(t, "a"); got.Connections != 2 || got.Lost != 1 {
			t.Errorf("after the return %d connections, %d losses", got.Connections, got.Lost)
		}
	})
}

// Points that give no value are named with the reason; their readings count by
// kind, beside those of questions.
func TestHealth_PointsWithoutValue(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.read = func(_ []connect.Point, dst []connect.Reading) {
			for i, err := range []error{nil, connect.ErrRefused, connect.ErrUnconfigured, connect.ErrMalformed, connect.ErrUnavailable, errors.New("odd")} {
				if dst[i].Err = err; err != nil {
					dst[i].Err = fmt.Errorf("p%d: %w", i, err)
				}
			}
		}
		h.Set([]connect.DeviceSpec{spec("a", "a", 10, make([]connect.PointSpec, 6)...)})
		after(2*time.Second + 100*time.Millisecond)
		got := h.health(t, "a")
		if failures(got) != "malformed 0/6, not_available 0/3, refused 0/3, unconfigured 0/3" || got.WithoutTotal != 5 || len(got.Without) != 5 || got.Points != 6 {
			t.Errorf("%s, %+v", failures(got), got)
		}
		if p := got.Without[0]; p.Quality != "bad:refused" || p.Error != "p1: refused by the device" || p.Tag != 12 {
			t.Errorf("point %+v", p)
		}
	})
}

// Nothing of a device that does not run, and why of one that cannot.
func TestHealth_NotRunning(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.Set([]connect.DeviceSpec{spec("a", "wrong", 10)})
		if got := h.health(t, "a"); failures(got) != "configuration 1/0" || got.LastFailure.Text != "write an address" {
			t.Errorf("misconfigured: %s %+v", failures(got), got.LastFailure)
		}
		if _, ok := h.Health("b"); ok {
			t.Error("health of nobody")
		}
		if _, _, ok := h.Frames("b"); ok {
			t.Error("frames of nobody")
		}
		if _, err := h.Watch("b"); !errors.Is(err, connect.ErrNotHere) {
			t.Errorf("a watch of nobody: %v", err)
		}
	})
}

// Only so many devices are watched at a time; a watch that ends makes room.
func TestWatch_Limit(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		var specs []connect.DeviceSpec
		for i := range connect.MaxWatched + 1 {
			name := fmt.Sprintf("d%02d", i)
			specs = append(specs, spec(name, name, plant.TagNo(10*i+10)))
		}
		h.Set(specs)
		last := specs[connect.MaxWatched].Device.ID
		for _, s := range specs[:connect.MaxWatched] {
			if until, err := h.Watch(s.Device.ID); err != nil || !until.Equal(time.Now().Add(connect.WatchFor)) {
				t.Fatalf("watch %s: %v, %v", s.Device.ID, until, err)
			}
		}
		if _, err := h.Watch(specs[0].Device.ID); err != nil {
			t.Errorf("a watch that goes on: %v", err)
		}
		if _, err := h.Watch(last); !errors.Is(err, connect.ErrWatched) || !strings.Contains(err.Error(), "line/d00, line/d01") {
			t.Errorf("one too many: %v", err)
		}
		after(connect.WatchFor)
		if _, err := h.Watch(last); err != nil {
			t.Errorf("after the others ended: %v", err)
		}
		if _, until, ok := h.Frames(specs[0].Device.ID); !ok || !until.IsZero() {
			t.Errorf("still watched until %v", until)
		}
	})
}

// A store that fails is not the device's failure.
func TestHealth_StoreIsNotTheDevice(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(2*time.Second + 100*time.Millisecond)
		h.store.fail(true)
		after(20 * time.Second)
		if s := h.status(t, "a"); s.ErrorShare != 0 || s.Errors["timeout"]+s.Errors["connection"] != 0 {
			t.Errorf("status %+v", s)
		}
	})
}
