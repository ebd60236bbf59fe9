package connect_test

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhigai/connect"
	"zhigai/plant"
)

// A clock that is set back, as a bad time server does, must not stop the
// reading of a plant until the old time comes round again.
func TestCollector_ClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var back atomic.Int64
		driver, store := &fakeDriver{devices: map[string]*fakeDevice{}}, &fakeStore{}
		n := 0.0
		driver.device("a").read = func(_ []connect.Point, dst []connect.Reading) { n++; dst[0].Number = n }
		c := connect.NewCollector(connect.Options{
			Drivers: []connect.Driver{driver}, Store: store, Journal: &fakeJournal{}, Logger: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return time.Now().Add(-time.Duration(back.Load())) },
		})
		defer c.Close()
		c.Set([]connect.DeviceSpec{spec("a", "a", 10, connect.PointSpec{}, connect.PointSpec{Period: 4 * time.Second})})
		after(10 * time.Second)
		back.Store(int64(time.Hour))
		often, seldom, links := len(store.of(11)), len(store.of(12)), len(store.of(10))
		after(20 * time.Second)
		if a, b := len(store.of(11))-often, len(store.of(12))-seldom; a < 19 || b < 4 {
			t.Errorf("%d and %d samples in the 20 s after the clock was set back by an hour", a, b)
		}
		if got := len(store.of(10)) - links; got < 3 {
			t.Errorf("%d renewals of the link in the 20 s after", got)
		}
	})
}

// What is read once a minute is known all the minute: the device is asked for
// a sign of life between, and that is all it is asked for.
func TestCollector_SlowPeriodKeepsTheLink(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		asked := map[int]int{}
		n := 0.0
		h.driver.device("a").read = func(points []connect.Point, dst []connect.Reading) {
			asked[len(points)]++
			n++
			dst[0].Number = n
		}
		one := connect.PointSpec{Period: time.Minute}
		h.Set([]connect.DeviceSpec{spec("a", "a", 10, one, one)})
		after(5*time.Minute + 500*time.Millisecond)
		link := h.store.of(10)
		for i := 1; i < len(link); i++ {
			if gap := link[i].Time - link[i-1].Time; gap > plant.Micros(plant.LinkSilence.Microseconds()) {
				t.Errorf("link renewed %v after the one before", time.Duration(gap)*time.Microsecond)
			}
		}
		if len(link) < 50 || asked[2] > 7 || len(h.store.of(11)) > 7 {
			t.Errorf("%d link samples, questions by length %v, %d samples in five minutes", len(link), asked, len(h.store.of(11)))
		}
		if s := h.status(t, "a"); s.Missed != 0 {
			t.Errorf("%d missed", s.Missed)
		}
	})
}

// A profile whose every signal was taken out must not take the node with it.
func TestCollector_DeviceWithoutPoints(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		empty := spec("empty", "a", 10)
		empty.Points = nil
		h.Set([]connect.DeviceSpec{empty, spec("b", "b", 20)})
		after(3 * time.Second)
		if s := h.status(t, "empty"); s.State != connect.StateMisconfigured || !strings.Contains(s.Error, "no points") {
			t.Errorf("status %+v", s)
		}
		if s := h.status(t, "b"); s.State != connect.StateUp {
			t.Errorf("the other: %+v", s)
		}
	})
}

// Unit 1 is what a device without a unit has, and any shared point is one too
// many; machines that share an endpoint and no point may.
func TestCollector_SameAddressInOtherWords(t *testing.T) {
	f := func(a, b map[string]string, points string, clash bool) {
		t.Helper()
		inHall(t, func(t *testing.T, h *hall) {
			one, two := spec("one", "a", 10, connect.PointSpec{}, connect.PointSpec{}), spec("two", "a", 20)
			one.Points[0].Address, one.Points[1].Address, two.Points[0].Address = "p", "q", points
			one.Device.Params, two.Device.Params = a, b
			h.Set([]connect.DeviceSpec{one, two})
			after(3 * time.Second)
			s := h.status(t, "two")
			if got := s.State == connect.StateMisconfigured; got != clash || clash && !(strings.Contains(s.Error, "line/one") && strings.Contains(s.Error, "line/two")) {
				t.Errorf("%v and %v at %s: %+v", a, b, points, s)
			}
		})
	}
	unit := func(n string) map[string]string { return map[string]string{"unit": n} }
	f(nil, nil, "p", true)
	f(nil, unit("1"), "p", true)
	f(unit("01"), unit("1"), "q", true)
	f(nil, unit("2"), "p", false)
	f(nil, nil, "r", false)
}
