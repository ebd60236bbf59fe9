package connect_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/fact"
	"zhigai/plant"
)

// counting makes a device whose value changes with every read.
func counting(d *fakeDevice) {
	n := 0.0
	d.read = func(_ []connect.Point, dst []connect.Reading) {
		n++
		for i := range dst {
			dst[i].Number = n
		}
	}
}

// factors are those of the events of stretched periods, 0 for the end.
func factors(t *testing.T, h *hall) (out []int64) {
	t.Helper()
	for _, e := range of[fact.Overload](t, h.journal, fact.KindOverload) {
		if e.What != fact.OverloadStretched {
			continue
		}
		if e.To != 0 {
			e.Factor = 0
		}
		out = append(out, e.Factor)
	}
	return out
}

// longestSilence is the longest time without a link sample of 1.
func longestSilence(samples []plant.Sample) (most time.Duration) {
	for i := 1; i < len(samples); i++ {
		most = max(most, samples[i].Time.Time().Sub(samples[i-1].Time.Time()))
	}
	return most
}

// A device that cannot be read in its period is read less often, says why and
// since when, and is read as before when it answers as before. It is never
// taken for lost.
func TestOverload_SlowDeviceIsPolledLessOften(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		counting(d)
		one := spec("a", "a", 10, connect.PointSpec{Period: 200 * time.Millisecond})
		one.Timeout = 10 * time.Second
		h.Set([]connect.DeviceSpec{one})
		after(10 * time.Second)
		if s := h.status(t, "a"); s.Stretch != 1 || s.Missed != 0 || len(factors(t, h)) != 0 {
			t.Fatalf("before: %+v, %v", s, factors(t, h))
		}
		h.driver.change(func() { d.slow = 500 * time.Millisecond })
		after(time.Minute)
		s := h.status(t, "a")
		if s.State != connect.StateUp || s.Stretch != 4 || !strings.Contains(s.StretchReason, "device") || h.Pressure().Stretched != 1 {
			t.Errorf("slow: %+v, %+v", s, h.Pressure())
		}
		missed := s.Missed
		after(time.Minute)
		if s := h.status(t, "a"); s.Missed != missed {
			t.Errorf("%d periods are missed though they were stretched", s.Missed-missed)
		}
		h.driver.change(func() { d.slow = 0 })
		after(time.Minute)
		if s := h.status(t, "a"); s.Stretch != 1 || s.StretchReason != "" || h.Pressure().Stretched != 0 || h.Pressure().Stretches != 2 {
			t.Errorf("after: %+v, %+v", s, h.Pressure())
		}
		if got := factors(t, h); !slices.Equal(got, []int64{2, 4, 2, 0}) {
			t.Errorf("events %v; want 2, 4, 2 and the end", got)
		}
		events := of[fact.Overload](t, h.journal, fact.KindOverload)
		if last := events[len(events)-1]; last.Device != "a" || last.From != events[0].From || last.To <= last.From {
			t.Errorf("the end says %+v", last)
		}
		before := len(h.store.of(11))
		after(10 * time.Second)
		if n := len(h.store.of(11)) - before; n != 50 {
			t.Errorf("%d samples in 10 s; want 50 as before", n)
		}
	})
}

// A slow store is felt by those who poll: fewer samples come, and what is
// known of the machines stays known.
func TestOverload_SlowStoreStretchesThePeriod(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		counting(h.driver.device("a"))
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(5 * time.Second)
		h.store.change(func() { h.store.slow = 3 * time.Second })
		after(3 * time.Minute)
		s := h.status(t, "a")
		if s.State != connect.StateUp || s.Stretch < 4 || s.Stretch > 8 || !strings.Contains(s.StretchReason, "stored") {
			t.Errorf("status %+v", s)
		}
		if got := longestSilence(h.store.of(10)); got >= plant.LinkSilence {
			t.Errorf("link silent for %v: a machine that answers is not known any more", got)
		}
		if n := len(of[fact.Connection](t, h.journal, fact.KindConnection)); n != 1 {
			t.Errorf("%d connection events; contact was never lost", n)
		}
		h.store.change(func() { h.store.slow = 0 })
		after(4 * time.Minute)
		if s := h.status(t, "a"); s.Stretch != 1 {
			t.Errorf("after: %+v", s)
		}
	})
}

// Stretched beyond the renewal of the link, a device is asked for a sign of
// life in between, and no longer when the period is its own again.
func TestOverload_StretchedBeyondTheLinkStaysKnown(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.read = func(points []connect.Point, _ []connect.Reading) {
			if len(points) > 1 {
				time.Sleep(20 * time.Second) // the whole device takes long, one point does not
			}
		}
		h.Set([]connect.DeviceSpec{func() connect.DeviceSpec {
			s := spec("a", "a", 10, connect.PointSpec{Period: 5 * time.Second}, connect.PointSpec{Period: 5 * time.Second})
			s.Timeout = time.Minute
			return s
		}()})
		after(10 * time.Minute)
		if s := h.status(t, "a"); s.Stretch != 8 || s.State != connect.StateUp {
			t.Fatalf("status %+v", s)
		}
		from := len(h.store.of(10))
		after(10 * time.Minute)
		link := h.store.of(10)[from:]
		// Every 40 s a read of 20 s, in which nothing can be asked; else each 5 s.
		if len(link) < 60 {
			t.Errorf("%d renewals in ten minutes", len(link))
		}
		h.driver.change(func() { d.read = nil })
		after(30 * time.Minute)
		requests := h.status(t, "a").Requests
		after(10 * time.Minute)
		if n := h.status(t, "a").Requests - requests; n > 125 {
			t.Errorf("%d requests in ten minutes at a period of 5 s: the sign of life goes on", n)
		}
	})
}

// The stretch has an end: once in a minute at the least, or as often as wanted.
func TestOverload_TheStretchIsBounded(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.driver.device("a").slow = 200 * time.Second
		one, two := spec("a", "a", 10, connect.PointSpec{Period: 10 * time.Second}), spec("b", "b", 20)
		one.Timeout = time.Hour
		h.driver.device("b").slow = 50 * time.Second
		two.Timeout = time.Hour
		h.Set([]connect.DeviceSpec{one, two})
		after(12 * time.Hour)
		if s := h.status(t, "a"); s.Stretch != 16 {
			t.Errorf("status %+v", s)
		}
		if s := h.status(t, "b"); s.Stretch != 16 {
			t.Errorf("status %+v", s)
		}
		h.driver.change(func() { h.driver.devices["a"].slow = 0 })
		after(10 * time.Minute)
		if n := h.status(t, "a").Stretch; n == 16 {
			t.Error("at a period of a minute it never comes back")
		}
	})
}

// A store that takes nothing is no loss of contact: the device is read on, and
// what was not kept is a gap that says so.
func TestOverload_NotAcceptedIsNoLossOfContact(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		counting(h.driver.device("a"))
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(10*time.Second + 500*time.Millisecond)
		h.store.change(func() { h.store.full = true })
		stopped := time.Now()
		after(time.Minute)
		s := h.status(t, "a")
		if s.State != connect.StateNotAccepted || !strings.Contains(s.Error, "disk full") || s.Refused < 60 || h.Pressure().Refusing != 1 {
			t.Errorf("full: %+v, %+v", s, h.Pressure())
		}
		if age := time.Since(h.Latest("a")[0].Time); age > 2*time.Second {
			t.Errorf("the live value is %v old; reading goes on", age)
		}
		h.store.change(func() { h.store.full = false })
		again := time.Now()
		after(3 * time.Second)
		if s := h.status(t, "a"); s.State != connect.StateUp || s.Error != "" || h.Pressure().Refusing != 0 {
			t.Errorf("room again: %+v", s)
		}
		if got := values(h.store.of(10)); slices.Contains(got, 0) {
			t.Errorf("link %v: contact was not lost", got)
		}
		if n := len(of[fact.Connection](t, h.journal, fact.KindConnection)); n != 1 {
			t.Errorf("%d connection events", n)
		}
		gaps := of[fact.Gap](t, h.journal, fact.KindGap)
		if len(gaps) != 1 {
			t.Fatalf("gaps %+v", gaps)
		}
		if from, to := gaps[0].From.Time().Sub(stopped), gaps[0].To.Time().Sub(again); from < 0 || from > time.Second || to < 0 || to > time.Second {
			t.Errorf("gap begins %v after the stop and ends %v after there was room", from, to)
		}
		for _, one := range h.store.of(11) {
			if one.Time >= gaps[0].From && one.Time < gaps[0].To {
				t.Errorf("sample %+v within the gap", one)
			}
		}
	})
}

// A device that is lost while nothing is accepted is lost all the same.
func TestOverload_LossWhileNotAccepted(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(3 * time.Second)
		h.store.change(func() { h.store.full = true })
		after(10 * time.Second)
		h.driver.change(func() { d.down = true })
		after(2 * time.Second)
		if s := h.status(t, "a"); s.State != connect.StateDown {
			t.Errorf("status %+v", s)
		}
		h.driver.change(func() { d.down = false })
		after(20 * time.Second)
		if s := h.status(t, "a"); s.State != connect.StateNotAccepted {
			t.Errorf("back, and still not accepted: %+v", s)
		}
	})
}

// Who waits for an answer waits as long as nothing is accepted, and gets it
// when it is: nothing is lost, nothing acknowledged before.
func TestOverload_SubscriptionsAreHeld(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.speaks = true
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(time.Second)
		if err := d.sink(t.Context(), []connect.Reading{{Number: 1}}); err != nil {
			t.Fatal(err)
		}
		h.store.change(func() { h.store.full = true })
		var answered atomic.Bool
		var got error
		go func() {
			got = d.sink(context.Background(), []connect.Reading{{Number: 2}})
			answered.Store(true)
		}()
		after(time.Minute)
		if answered.Load() {
			t.Fatalf("answered (%v) while nothing was accepted", got)
		}
		if s := h.status(t, "a"); s.State != connect.StateNotAccepted || len(d.opens) != 1 {
			t.Errorf("status %+v, %d connections", s, len(d.opens))
		}
		h.store.change(func() { h.store.full = false })
		after(2 * time.Second)
		if !answered.Load() || got != nil || !slices.Equal(values(h.store.of(11)), []float64{1, 2}) {
			t.Errorf("answered %t, %v; stored %v", answered.Load(), got, h.store.of(11))
		}
		if n := len(of[fact.Gap](t, h.journal, fact.KindGap)); n != 0 {
			t.Errorf("%d gaps though nothing is missing", n)
		}
		// A device that is let go does not hold the end up.
		h.store.change(func() { h.store.full = true })
		answered.Store(false)
		go func() {
			got = d.sink(context.Background(), []connect.Reading{{Number: 3}})
			answered.Store(true)
		}()
		after(time.Second)
		h.Close()
		synctest.Wait()
		if !answered.Load() || !errors.Is(got, connect.ErrNotAccepted) {
			t.Errorf("after the end: %t, %v", answered.Load(), got)
		}
	})
}

// When the disk is low, what matters least is left out, each tag with a mark
// where that begins.
func TestOverload_LowClassesGiveWay(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		counting(h.driver.device("a"))
		var low atomic.Bool
		h.keeps = func(class plant.Retention) bool { return class != plant.RetainShort || !low.Load() }
		h.Set([]connect.DeviceSpec{spec("a", "a", 10, connect.PointSpec{Class: plant.RetainShort}, connect.PointSpec{Class: plant.RetainLong})})
		after(5*time.Second + 500*time.Millisecond)
		low.Store(true)
		after(10 * time.Second)
		short, long := h.store.of(11), h.store.of(12)
		marks := 0
		for _, s := range short {
			if s.Quality == plant.Bad|plant.NotKept {
				marks++
			}
		}
		if marks != 1 || !short[len(short)-1].Quality.IsBad() {
			t.Errorf("%d marks; samples of the class that gives way: %+v", marks, short)
		}
		if len(long) != len(short)-1+10 || h.Pressure().NotKept != 10 || h.status(t, "a").NotKept != 10 {
			t.Errorf("%d samples of the other class, %d of this; %+v", len(long), len(short), h.Pressure())
		}
		if s := h.status(t, "a"); s.State != connect.StateUp {
			t.Errorf("status %+v", s)
		}
		low.Store(false)
		after(time.Second)
		if got := h.store.of(11); got[len(got)-1].Quality != plant.Good {
			t.Errorf("room again: %+v", got[len(got)-1])
		}
	})
}
