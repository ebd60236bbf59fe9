package connect_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/fact"
	"zhigai/plant"
)

// values are the numbers of samples.
func values(samples []plant.Sample) (out []float64) {
	for _, s := range samples {
		out = append(out, s.Value)
	}
	return out
}

// Link state is what everything else trusts: 1 at the first answer, renewed
// every five seconds though nothing changes, 0 when contact is lost.
func TestCollector_LinkStateAndItsEvents(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		start := time.Now()
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(22 * time.Second)
		link := h.store.of(10)
		if len(link) != 5 {
			t.Errorf("%d link samples in 22 s: %+v", len(link), link)
		}
		for i, s := range link {
			at := s.Time.Time().Sub(start)
			if s.Value != 1 || i > 0 && link[i].Time-link[i-1].Time > plant.Micros((plant.LinkRenewal+time.Second).Microseconds()) {
				t.Errorf("link %v at %v", s.Value, at)
			}
		}
		if n := len(h.store.of(11)); n != 1 {
			t.Errorf("%d samples of a value that stands", n)
		}
		h.driver.change(func() { d.down = true })
		after(2 * time.Second)
		if s := h.status(t, "a"); s.State != connect.StateDown || !strings.Contains(s.Error, "refused") || s.Errors["connection"] == 0 {
			t.Errorf("status %+v", s)
		}
		h.driver.change(func() { d.down = false })
		after(5 * time.Second)
		if got := values(h.store.of(10)); !slices.Equal(got, []float64{1, 1, 1, 1, 1, 0, 1}) {
			t.Errorf("link %v", got)
		}
		if n := len(h.store.of(11)); n != 2 {
			t.Errorf("%d samples; after the return the value is stored again", n)
		}
		events := of[fact.Connection](t, h.journal, fact.KindConnection)
		if len(events) != 3 || !events[0].Up || events[1].Up || !events[2].Up || events[1].Reason == "" || events[1].Last == 0 || events[1].Device != "a" {
			t.Errorf("events %+v", events)
		}
		h.Close()
		if got := values(h.store.of(10)); got[len(got)-1] != 0 {
			t.Errorf("link after the end: %v", got)
		}
	})
}

// Attempts come quickly at first and at most 15 s apart.
func TestCollector_Backoff(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.down = true
		start := time.Now()
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(50 * time.Second)
		h.driver.change(func() {
			var at []time.Duration
			for _, o := range d.opens {
				at = append(at, o.Sub(start))
			}
			s := time.Second
			if want := []time.Duration{0, s / 2, s/2 + s, s/2 + 3*s, s/2 + 7*s, s/2 + 15*s, s/2 + 30*s, s/2 + 45*s}; !slices.Equal(at, want) {
				t.Errorf("attempts at %v; want %v", at, want)
			}
		})
		if n := len(of[fact.Connection](t, h.journal, fact.KindConnection)) + len(h.store.of(10)); n != 0 {
			t.Errorf("%d events and samples of a device that never answered", n)
		}
	})
}

// A device that does not answer is asked again, and lost within two timeouts.
func TestCollector_SilenceIsTimeoutAndRetry(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		one := spec("a", "a", 10)
		one.Retries = 1
		h.Set([]connect.DeviceSpec{one})
		after(10*time.Second + time.Millisecond*100)
		h.driver.change(func() { d.silent = true })
		after(3*time.Second + time.Millisecond*100)
		s := h.status(t, "a")
		if s.State != connect.StateDown || s.Timeouts != 2 || s.Errors["timeout"] != 2 || !strings.Contains(s.Error, "no answer within 1s") {
			t.Errorf("status %+v", s)
		}
		if got := values(h.store.of(10)); got[len(got)-1] != 0 {
			t.Errorf("link %v", got)
		}
	})
}

// Two devices with one address would take each other's answers for theirs.
func TestCollector_TwoDevicesOneAddress(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		one, two := spec("one", "a", 10), spec("two", "a", 20)
		h.Set([]connect.DeviceSpec{one, two})
		after(3 * time.Second)
		s := h.status(t, "two")
		if s.State != connect.StateMisconfigured || !strings.Contains(s.Error, "line/one and line/two both read") || s.Path != "line/two" {
			t.Errorf("status %+v", s)
		}
		if h.status(t, "one").State != connect.StateUp || len(h.store.of(21)) != 0 {
			t.Error("the second disturbs the first")
		}
		other := spec("two", "a", 20)
		other.Device.Params = map[string]string{"unit": "2"}
		h.Set([]connect.DeviceSpec{one, other})
		after(3 * time.Second)
		if s := h.status(t, "two"); s.State != connect.StateUp {
			t.Errorf("with another unit: %+v", s)
		}
		off := one
		off.Device.Off = true
		h.Set([]connect.DeviceSpec{off})
		h.Set([]connect.DeviceSpec{off, two})
		after(3 * time.Second)
		if s := h.status(t, "two"); s.State != connect.StateUp {
			t.Errorf("beside one that is switched off: %+v", s)
		}
		h.Set([]connect.DeviceSpec{two})
		after(3 * time.Second)
		if s := h.status(t, "two"); s.State != connect.StateUp || len(h.Status()) != 1 {
			t.Errorf("alone: %+v", s)
		}
	})
}

func TestCollector_DevicesThatDoNotRun(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		off, foreign, wrong := spec("off", "a", 10), spec("foreign", "b", 20), spec("wrong", "wrong", 30)
		off.Device.Off, foreign.Device.Driver = true, "profibus"
		h.Set([]connect.DeviceSpec{off, foreign, wrong})
		after(3 * time.Second)
		for name, want := range map[string][2]string{"off": {connect.StateOff, ""}, "foreign": {connect.StateMisconfigured, "known are fake"}, "wrong": {connect.StateMisconfigured, "write an address"}} {
			if s := h.status(t, name); s.State != want[0] || !strings.Contains(s.Error, want[1]) {
				t.Errorf("%s: %+v", name, s)
			}
		}
	})
}

// One machine that answers slowly costs the others nothing.
func TestCollector_SlowDeviceHoldsNobodyUp(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.driver.device("slow").slow = 900 * time.Millisecond
		h.driver.device("silent").silent = true
		counter := 0.0
		h.driver.device("fast").read = func(_ []connect.Point, dst []connect.Reading) { counter++; dst[0].Number = counter }
		slow := spec("slow", "slow", 20)
		slow.Points[0].Period = 100 * time.Millisecond
		h.Set([]connect.DeviceSpec{spec("fast", "fast", 10), slow, spec("silent", "silent", 30)})
		after(60*time.Second + 500*time.Millisecond)
		got := h.store.of(11)
		if len(got) < 60 || len(got) > 62 {
			t.Errorf("%d samples in 60 s", len(got))
		}
		for i := 2; i < len(got); i++ { // the first comes at once, the schedule follows
			if d := got[i].Time - got[i-1].Time; d != 1_000_000 {
				t.Errorf("sample %d came %d µs after the one before", i, d)
			}
		}
		if s := h.status(t, "slow"); s.State != connect.StateUp || s.Missed == 0 || s.Response.P50 != 900 {
			t.Errorf("slow: %+v", s)
		}
	})
}

// Set touches only what changed: a saved change must not interrupt a plant.
func TestCollector_SetTouchesOnlyWhatChanged(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		specs := func(period time.Duration, names ...string) (out []connect.DeviceSpec) {
			for i, name := range names {
				s := spec(name, name, plant.TagNo(10*(i+1)))
				if name == "b" {
					s.Points[0].Period = period
				}
				out = append(out, s)
			}
			return out
		}
		f := func(name string, opens, closes int) {
			t.Helper()
			d := h.driver.device(name)
			h.driver.change(func() {
				if len(d.opens) != opens || d.closes != closes {
					t.Errorf("%s: %d opens, %d closes; want %d and %d", name, len(d.opens), d.closes, opens, closes)
				}
			})
		}
		h.Set(specs(time.Second, "a", "b", "c"))
		after(3 * time.Second)
		h.Set(specs(time.Second, "a", "b", "c"))
		after(3 * time.Second)
		f("a", 1, 0)
		f("b", 1, 0)
		h.Set(specs(2*time.Second, "a", "b", "c"))
		after(3 * time.Second)
		f("a", 1, 0)
		f("b", 2, 1)
		h.Set(specs(2*time.Second, "a", "b"))
		after(3 * time.Second)
		f("a", 1, 0)
		f("c", 1, 1)
		if got := values(h.store.of(30)); got[len(got)-1] != 0 {
			t.Errorf("link of the removed device %v", got)
		}
		if h.Latest("c") != nil || len(h.Latest("a")) != 1 {
			t.Errorf("latest %v %v", h.Latest("c"), h.Latest("a"))
		}
		h.Close()
		h.Set(specs(time.Second, "a")) // after the end: nothing
		f("a", 1, 1)
	})
}

// A wrong clock is one event and not one per sample, though other tags of the
// device have a right one.
func TestCollector_WrongClockIsOneEvent(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		n := 0.0
		h.driver.device("a").read = func(_ []connect.Point, dst []connect.Reading) {
			n++
			dst[0] = connect.Reading{Point: 0, Number: n, Source: time.Now().Add(-365 * 24 * time.Hour)}
			dst[1] = connect.Reading{Point: 1, Number: n, Source: time.Now()}
		}
		h.Set([]connect.DeviceSpec{spec("a", "a", 10, connect.PointSpec{}, connect.PointSpec{})})
		after(10*time.Second + 500*time.Millisecond)
		events := of[fact.Clock](t, h.journal, fact.KindClock)
		if len(events) != 1 || events[0].Device != "a" || events[0].Kept-events[0].Claimed != plant.Micros(365*24*time.Hour/time.Microsecond) {
			t.Errorf("%d clock events: %+v", len(events), events)
		}
		got := h.store.of(11)
		if len(got) < 10 {
			t.Fatalf("%d samples", len(got))
		}
		for _, s := range got {
			if s.Quality != plant.Uncertain|plant.Clock || time.Since(s.Time.Time()) > time.Minute {
				t.Errorf("sample %+v", s)
			}
		}
		for _, s := range h.store.of(12) {
			if s.Quality != plant.Good {
				t.Errorf("the other tag: %+v", s)
			}
		}
	})
}

// What is not durable is not acknowledged; when the device says it again it is
// stored, though it is the same value.
func TestCollector_StoreFailureIsNotAcknowledged(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.speaks = true
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(time.Second)
		say := func(v float64) error {
			return d.sink(context.Background(), []connect.Reading{{Point: 0, Number: v}, {Point: 7, Number: 99}})
		}
		if err := say(1); err != nil || !slices.Equal(values(h.store.of(11)), []float64{1}) {
			t.Errorf("%v, %v", err, h.store.of(11))
		}
		h.store.fail(true)
		if err := say(2); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("acknowledged although the store fails: %v", err)
		}
		h.store.fail(false)
		if err := say(2); err != nil || !slices.Equal(values(h.store.of(11)), []float64{1, 2}) {
			t.Errorf("the repetition: %v, %v", err, h.store.of(11))
		}
		after(plant.LinkRenewal)
		d.alive()
		if got := values(h.store.of(10)); !slices.Equal(got, []float64{1, 1}) {
			t.Errorf("link %v; want it renewed by a sign of life", got)
		}
		if s := h.status(t, "a"); s.State != connect.StateUp || s.Samples != 4 {
			t.Errorf("status %+v", s)
		}
	})
}

// A full disk at the moment of contact must not leave a machine looking dead
// for longer than the disk is full.
func TestCollector_LinkIsWrittenAgainAfterAStoreFailure(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		d := h.driver.device("a")
		d.speaks = true
		h.store.fail(true)
		h.Set([]connect.DeviceSpec{spec("a", "a", 10)})
		after(time.Second)
		d.alive()
		h.store.fail(false)
		d.alive()
		if got := values(h.store.of(10)); !slices.Equal(got, []float64{1}) {
			t.Errorf("link %v", got)
		}
	})
}

// Many devices share one commit.
func TestCollector_DevicesShareACommit(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		var specs []connect.DeviceSpec
		for i := range 100 {
			name := string(rune('a'+i/26)) + string(rune('a'+i%26))
			specs = append(specs, spec(name, name, plant.TagNo(10*i+10)))
		}
		h.Set(specs)
		after(500 * time.Millisecond)
		if h.store.appends > 4 || len(h.store.samples) != 200 {
			t.Errorf("%d commits for %d samples", h.store.appends, len(h.store.samples))
		}
	})
}
