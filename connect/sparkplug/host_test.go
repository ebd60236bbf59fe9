package sparkplug_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/mqtt/client"
	"zhigai/connect/sparkplug"
	"zhigai/connect/sparkplug/payload"
	"zhigai/plant"
)

func TestSubscribe_BirthThenDataByAlias(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	r.until(1, func(g connect.Reading) bool { return g.Text == "AUTO" })
	r.number(2, 41)
	must(t, n.send("DDATA", "D", byAlias(speed(1234.5)), byAlias(count(-7))))
	g := r.number(0, 1234.5)
	if g.Source.IsZero() || g.Historical || len(g.Raw) != 8 {
		t.Errorf("reading = %+v; want a source time and raw bytes", g)
	}
	r.number(2, -7)
	must(t, n.send("DDATA", "D", byName(speed(7))))
	r.number(0, 7)
	if n.rebirthAsked() {
		t.Error("a rebirth was asked for without a reason")
	}
}

func TestSubscribe_HistoricalAndTimes(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	m := byAlias(speed(5))
	m.Historical, m.Timestamp, m.HasTimestamp = true, 1767225600123, true
	must(t, n.send("DDATA", "D", m))
	g := r.number(0, 5)
	if want := time.UnixMilli(1767225600123).UTC(); !g.Historical || !g.Source.Equal(want) {
		t.Errorf("reading = %+v; want historical at %v", g, want)
	}
	// A birth with an old time says what holds now.
	n.nodeBirth()
	old := speed(6)
	old.Timestamp, old.HasTimestamp = 1, true
	must(t, n.send("DBIRTH", "D", old, count(1)))
	if g := r.number(0, 6); !g.Source.IsZero() {
		t.Errorf("old present value = %+v; want it without time", g)
	}
	n.birth()
	// What is late does not become the current value.
	r2 := subscribe(t, h.host, "G/N/D", points)
	r2.number(0, 1000)
}

func TestSequence_GapAsksForRebirthAndDistrustsAliases(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	n.seq++ // a message is lost
	must(t, n.send("DDATA", "D", byAlias(speed(1)), byName(count(50))))
	r.number(2, 50)
	waitFor(t, "rebirth request", n.rebirthAsked)
	must(t, n.send("DDATA", "D", byAlias(speed(2)), byName(count(51))))
	r.number(2, 51)
	if len(r.got) > 0 {
		t.Errorf("a value by alias came through after a gap: %+v", <-r.got)
	}
	if n.rebirthAsked() {
		t.Error("a second rebirth was asked for at once")
	}
	n.birth()
	must(t, n.send("DDATA", "D", byAlias(speed(3))))
	r.number(0, 3)
	for range 600 { // twice around
		must(t, n.send("DDATA", "D", byAlias(speed(4))))
	}
	if n.rebirthAsked() {
		t.Error("a rebirth was asked for when the sequence went from 255 to 0")
	}
}

func TestSequence_DeafEdgeNodeLosesContact(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000) // the subscription stands
	n.seq++
	for range 10 {
		_ = n.send("DDATA", "D", byAlias(speed(1)))
		h.later(2 * time.Minute)
	}
	wantErr(t, "subscription", r.end(), nil, "does not answer")
}

func TestData_BeforeBirth(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	must(t, n.send("NDATA", "", byAlias(speed(1))))
	waitFor(t, "rebirth after node data", n.rebirthAsked)
	h.later(time.Hour)
	must(t, n.send("DDATA", "D", byAlias(speed(1))))
	waitFor(t, "rebirth after device data", n.rebirthAsked)
	h.later(time.Hour)
	n.nodeBirth()
	must(t, n.send("DDATA", "D", byAlias(speed(1))))
	waitFor(t, "rebirth after data of an unborn device", n.rebirthAsked)
	n.birth()
	subscribe(t, h.host, "G/N/D", points).number(0, 1000)
}

func TestDeath(t *testing.T) {
	f := func(name, reason string, kill func(*house, *edgeNode)) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			n := h.edge("e", 4, 3)
			n.birth()
			r := subscribe(t, h.host, "G/N/D", points)
			r.number(0, 1000)
			kill(h, n)
			wantErr(t, "subscription", r.end(), nil, reason)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := h.host.Open(ctx, plant.Device{Address: "G/N/D"})
			wantErr(t, "open while dead", err, context.DeadlineExceeded, "no birth")
			// Back again, values again.
			again := h.edge("e", 4, 4)
			again.birth()
			subscribe(t, h.host, "G/N/D", points).number(0, 1000)
		})
	}
	f("pulled plug", "death certificate of the edge node", func(_ *house, n *edgeNode) { n.c.Kill() })
	f("node death", "death certificate of the edge node", func(_ *house, n *edgeNode) {
		must(n.t, n.c.Publish(within(n.t), "spBv1.0/G/NDEATH/N", payload.Payload{Metrics: []payload.Metric{bd(3)}}.Append(nil), 1, false))
		must(n.t, n.c.Close())
	})
	f("device death", "death certificate of the device", func(_ *house, n *edgeNode) { must(n.t, n.send("DDEATH", "D")) })
	f("goodbye without death", "without a death certificate", func(_ *house, n *edgeNode) { must(n.t, n.c.Close()) })
}

func TestDeath_OfAnEarlierBirthIsIgnored(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 7)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	must(t, n.c.Publish(within(t), "spBv1.0/G/NDEATH/N", payload.Payload{Metrics: []payload.Metric{bd(6)}}.Append(nil), 1, false))
	must(t, n.send("DDATA", "D", byAlias(speed(8))))
	r.number(0, 8)
}

// A gateway that comes back before its old connection was found dead: the
// broker publishes the old will after the new birth.
func TestTakeover_SameClient(t *testing.T) {
	h := newHouse(t)
	h.edge("e", 4, 0).birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	n := h.edge("e", 4, 1)
	n.birth()
	r = subscribe(t, h.host, "G/N/D", points)
	must(t, n.send("DDATA", "D", byAlias(speed(9))))
	r.number(0, 9)
}

func TestTwoDevicesClaimOneID(t *testing.T) {
	h := newHouse(t)
	first := h.edge("first", 4, 0)
	first.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	second := h.edge("second", 4, 0)
	if err := second.send("NBIRTH", "", bd(0)); err == nil {
		t.Error("the birth of a second client is acknowledged")
	}
	<-second.c.Done() // and its will is not taken for the death of the first
	third := h.edge("third", 5, 0)
	if err := third.send("DDATA", "D", byName(speed(666))); err == nil {
		t.Error("data of a second client are acknowledged")
	}
	<-third.c.Done()
	must(t, first.send("DDATA", "D", byAlias(speed(10))))
	if g := r.number(0, 10); g.Number == 666 {
		t.Error("a stranger's value came through")
	}
	first.c.Kill()
	_ = r.end()
	heir := h.edge("heir", 4, 0)
	heir.birth()
	subscribe(t, h.host, "G/N/D", points).number(0, 1000)
}

func TestSink_FailureWithholdsAcknowledgement(t *testing.T) {
	for _, version := range []byte{4, 5} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			h := newHouse(t)
			n := h.edge("e", version, 0)
			n.birth()
			r := subscribe(t, h.host, "G/N/D", points)
			r.number(0, 1000)
			r.failing(errors.New("disk full"))
			err := n.send("DDATA", "D", byAlias(speed(77)))
			switch version {
			case 5:
				wantErr(t, "publish", err, client.ErrRefused, "")
			default:
				wantErr(t, "publish", err, nil, "connection ended")
			}
			wantErr(t, "subscription", r.end(), nil, "disk full")
			// The value was not lost either: it waits for the next subscription.
			if version == 4 {
				n = h.edge("e", version, 1)
				n.birth()
			}
			subscribe(t, h.host, "G/N/D", points).number(0, 77)
		})
	}
}

func TestPending_QoS1WaitsForTheSubscription(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 5, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	r.failing(errors.New("disk full"))
	_ = n.send("DDATA", "D", byAlias(speed(10)))
	wantErr(t, "subscription", r.end(), nil, "disk full")
	acked := make(chan error, 1)
	go func() { acked <- n.send("DDATA", "D", byAlias(speed(11))) }()
	select {
	case err := <-acked:
		t.Fatalf("acknowledged (%v) while nobody keeps the value", err)
	case <-time.After(50 * time.Millisecond): // nothing is to happen
	}
	r = subscribe(t, h.host, "G/N/D", points)
	r.number(0, 10)
	r.number(0, 11)
	must(t, <-acked)
}

// The first message may come before the collector has subscribed, and the
// next long after it lost its subscription: while the device is collected,
// neither is acknowledged before somebody keeps it.
func TestPending_ExpectedDeviceIsWaitedForAtAnyTime(t *testing.T) {
	h := newHouse(t)
	release := h.host.Expect(plant.Device{Driver: sparkplug.Kind, Address: "G/N/D"})
	n := h.edge("e", 5, 0)
	n.birth()
	unacknowledged := func(v float64) <-chan error {
		acked := make(chan error, 1)
		go func() { acked <- n.send("DDATA", "D", byAlias(speed(v))) }()
		select {
		case err := <-acked:
			t.Fatalf("%v acknowledged (%v) while nobody keeps it", v, err)
		case <-time.After(50 * time.Millisecond): // nothing is to happen
		}
		return acked
	}
	acked := unacknowledged(10)
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 10)
	must(t, <-acked)
	r.failing(errors.New("disk full"))
	_ = n.send("DDATA", "D", byAlias(speed(11)))
	wantErr(t, "subscription", r.end(), nil, "disk full")
	h.later(24 * time.Hour)
	acked = unacknowledged(12)
	r = subscribe(t, h.host, "G/N/D", points)
	r.number(0, 11)
	r.number(0, 12)
	must(t, <-acked)
	r.cancel()
	_ = r.end()
	release()
	h.later(24 * time.Hour)
	must(t, n.send("DDATA", "D", byAlias(speed(13)))) // nobody wants it
}

func TestGarbage(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	for _, topic := range []string{
		"spBv1.0/G/DDATA/N/D", "spBv1.0/G/NBIRTH/N", "spBv1.0/G/NDEATH/N", "spBv1.0", "spBv1.0/G", "spBv1.0/G/XDATA/N",
		"spBv1.0/G/DDATA/N", "spBv1.0//NDATA/", "spBv1.0/G/NDATA/N/D/E", "spBv1.0/STATE/other",
	} {
		for _, body := range [][]byte{nil, []byte(`{"json":true}`), {0xff}, {0x12, 0xff, 0xff, 0xff, 0xff, 0x0f}} {
			if topic == "spBv1.0/G/NBIRTH/N" && body == nil || topic == "spBv1.0/G/NDEATH/N" && body == nil {
				continue // an empty payload is a valid one
			}
			must(t, n.c.Publish(within(t), topic, body, 1, false))
		}
	}
	waitFor(t, "rebirth request", n.rebirthAsked)
	n.birth()
	must(t, n.send("DDATA", "D", byAlias(speed(12))))
	r.number(0, 12)
}

func TestState_RetainedAndOurs(t *testing.T) {
	h := newHouse(t)
	got := make(chan string, 10)
	c, err := client.Dial(within(t), client.Options{
		Address: h.broker.Addr().String(), Client: "x",
		Received: func(_ string, b []byte, _ bool) { got <- string(b) },
	})
	must(t, err)
	defer c.Kill()
	must(t, c.Subscribe(within(t), "spBv1.0/STATE/#", 1))
	if s := <-got; !strings.HasPrefix(s, `{"online":true,"timestamp":`) {
		t.Errorf("STATE = %s", s)
	}
	if err := c.Publish(within(t), "spBv1.0/STATE/zhigai", []byte(`{"online":false}`), 1, true); err == nil {
		t.Error("another host may speak for us")
	}
	if m := h.broker.Retained("spBv1.0/STATE/zhigai", 1); len(m) != 1 || !strings.Contains(string(m[0].Payload), "true") {
		t.Errorf("retained STATE = %+v", m)
	}
	must(t, h.host.Close())
	if m := h.broker.Retained("spBv1.0/STATE/zhigai", 1); len(m) != 1 || !strings.Contains(string(m[0].Payload), "false") {
		t.Errorf("retained STATE after Close = %+v", m)
	}
}

func TestCheck(t *testing.T) {
	h := newHouse(t)
	for _, bad := range []string{"", "G", "G/", "G/N/D/E", "G/+/D", "/N"} {
		if h.host.CheckDevice(plant.Device{Address: bad}) == nil {
			t.Errorf("CheckDevice(%q) = nil", bad)
		}
	}
	if err := h.host.CheckDevice(plant.Device{Address: "轴承/N"}); err != nil {
		t.Error(err)
	}
	if h.host.CheckPoint(" ", plant.KindNumber) == nil || h.host.CheckPoint("x", plant.KindWaveform) == nil {
		t.Error("CheckPoint accepts what cannot be read")
	}
}

func TestAlive_OnAnyMessageOfTheNode(t *testing.T) {
	h := newHouse(t)
	n := h.edge("e", 4, 0)
	n.birth()
	r := subscribe(t, h.host, "G/N/D", points)
	r.number(0, 1000)
	must(t, n.send("DBIRTH", "Other", speed(1)))
	select {
	case <-r.alive:
	case <-time.After(patience):
		t.Error("a message of the node is no life of its device")
	}
}

// waitFor polls a condition that another goroutine makes true.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen", what)
		}
		time.Sleep(time.Millisecond)
	}
}
