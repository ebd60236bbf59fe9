package sim_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopcua/opcua"
	"github.com/gopcua/opcua/ua"

	"zhigai/connect"
	driver "zhigai/connect/opcua"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// dial is a client of the library, without its reconnecting.
func dial(t *testing.T, d plant.Device) *opcua.Client {
	t.Helper()
	c, err := opcua.NewClient(d.Address, opcua.SecurityModeString("None"), opcua.AutoReconnect(false))
	must(t, err)
	must(t, c.Connect(soon(t)))
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

const opcNamespace = 1 // the server has one of its own

func nodeID(name string) *ua.NodeID { return ua.NewStringNodeID(opcNamespace, name) }

func readNode(t *testing.T, c *opcua.Client, name string) *ua.DataValue {
	t.Helper()
	res, err := c.Read(soon(t), &ua.ReadRequest{NodesToRead: []*ua.ReadValueID{{NodeID: nodeID(name), AttributeID: ua.AttributeIDValue}}})
	must(t, err)
	return res.Results[0]
}

func writeNode(t *testing.T, c *opcua.Client, name string, v any) ua.StatusCode {
	t.Helper()
	res, err := c.Write(soon(t), &ua.WriteRequest{NodesToWrite: []*ua.WriteValue{{
		NodeID: nodeID(name), AttributeID: ua.AttributeIDValue,
		Value: &ua.DataValue{EncodingMask: ua.DataValueValue, Value: ua.MustVariant(v)},
	}}})
	must(t, err)
	return res.Results[0]
}

func TestOPCUA_ReadsAndWrites(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	c := dial(t, listen(t, p)(grinder))
	p.Advance(start.Add(time.Minute))
	for name, want := range p.Shown(grinder) {
		v := readNode(t, c, "G01."+name)
		var got any = v.Value.Value()
		switch x := got.(type) {
		case bool:
			got = 0.0
			if x {
				got = 1.0
			}
		case int32:
			got = float64(x)
		}
		if got != want || v.Status != ua.StatusOK || v.SourceTimestamp.After(p.Now()) {
			t.Errorf("%s = %v (%v) of %v; the machine shows %v", name, got, v.Status, v.SourceTimestamp, want)
		}
	}
	f := func(name string, v any, want ua.StatusCode) {
		t.Helper()
		if got := writeNode(t, c, name, v); got != want {
			t.Errorf("write %v to %s: %v; want %v", v, name, got, want)
		}
	}
	f("G01.feed.override", 90.0, ua.StatusOK)
	f("G01.feed.override", 500.0, ua.StatusBadOutOfRange)
	f("G01.feed.override", math.NaN(), ua.StatusBadOutOfRange)
	f("G01.feed.override", "fast", ua.StatusBadTypeMismatch)
	f("G01.count.good", 0.0, ua.StatusBadNotWritable)
	f("G01.nothing", 0.0, ua.StatusBadNodeIDUnknown)
	if got := readNode(t, c, "G01.feed.override").Value.Value(); got != 90.0 {
		t.Errorf("feed override %v; want 90", got)
	}
	if v := readNode(t, c, "G99.feed.override"); v.Status != ua.StatusBadNodeIDUnknown {
		t.Errorf("unknown node: %v", v.Status)
	}
}

func TestOPCUA_Faults(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	c := dial(t, listen(t, p)(grinder))
	with := func(k sim.FaultKind, f func(v *ua.DataValue)) {
		t.Helper()
		must(t, p.Set(sim.Fault{Machine: grinder, Kind: k}, true))
		f(readNode(t, c, "G01.power.active"))
		if v := readNode(t, c, "G02.power.active"); v.Status != ua.StatusOK {
			t.Errorf("%s: the neighbour suffers: %v", k, v.Status)
		}
		must(t, p.Set(sim.Fault{Machine: grinder, Kind: k}, false))
		if v := readNode(t, c, "G01.power.active"); v.Status != ua.StatusOK || v.Value.Value() != p.Shown(grinder)["power.active"] {
			t.Errorf("after %s: %v %v", k, v.Status, v.Value)
		}
	}
	with(sim.Unplug, func(v *ua.DataValue) {
		if v.Status != ua.StatusBadNoCommunication {
			t.Errorf("unplugged: %v", v.Status)
		}
	})
	with(sim.Silent, func(v *ua.DataValue) {
		if v.Status != ua.StatusBadTimeout {
			t.Errorf("silent: %v", v.Status)
		}
	})
	with(sim.NaN, func(v *ua.DataValue) {
		if x, ok := v.Value.Value().(float64); !ok || !math.IsNaN(x) {
			t.Errorf("NaN: %v", v.Value.Value())
		}
	})
	with(sim.Sentinel, func(v *ua.DataValue) {
		if v.Value.Value() != 1e38 {
			t.Errorf("sentinel: %v", v.Value.Value())
		}
	})
	with(sim.Garbage, func(v *ua.DataValue) {
		if _, ok := v.Value.Value().(string); !ok {
			t.Errorf("garbage: %v", v.Value.Value())
		}
	})
	with(sim.ClockAhead, func(v *ua.DataValue) {
		if d := v.SourceTimestamp.Sub(p.Now()); d < 50*time.Minute || d > time.Hour {
			t.Errorf("clock ahead by %v", d)
		}
	})
}

// All signals of all grinders on one subscription: present values at once, then
// what changes, each second.
func TestOPCUA_SubscribeToEverything(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	device := listen(t, p)
	c := dial(t, device(grinder))
	news := make(chan *opcua.PublishNotificationData, 100)
	sub, err := c.Subscribe(soon(t), &opcua.SubscriptionParameters{Interval: 100 * time.Millisecond}, news)
	must(t, err)
	var names []string
	for n := range 12 {
		for name := range p.Shown(grinder) {
			names = append(names, fmt.Sprintf("G%02d.%s", n+1, name))
		}
	}
	var items []*ua.MonitoredItemCreateRequest
	for i, name := range names {
		items = append(items, opcua.NewMonitoredItemCreateRequestWithDefaults(nodeID(name), ua.AttributeIDValue, uint32(i)))
	}
	res, err := sub.Monitor(soon(t), ua.TimestampsToReturnBoth, items...)
	must(t, err)
	for i, r := range res.Results {
		if r.StatusCode != ua.StatusOK {
			t.Fatalf("%s: %v", names[i], r.StatusCode)
		}
	}
	seen := make([]int, len(names))
	wait := func(what string, done func() bool) {
		t.Helper()
		deadline := time.After(patience)
		for !done() {
			select {
			case n := <-news:
				must(t, n.Error)
				if d, ok := n.Value.(*ua.DataChangeNotification); ok {
					for _, item := range d.MonitoredItems {
						seen[item.ClientHandle]++
					}
				}
			case <-deadline:
				t.Fatalf("%s did not come", what)
			}
		}
	}
	wait("every present value", func() bool { return !slices.Contains(seen, 0) })
	for range 5 {
		before := byMachine(names, seen)
		p.Advance(p.Now().Add(time.Second))
		wait("a change of every machine", func() bool {
			for prefix, n := range byMachine(names, seen) {
				if n == before[prefix] {
					return false
				}
			}
			return true
		})
	}
	for i, name := range names {
		if strings.HasSuffix(name, ".machine.estop") && seen[i] > 2 {
			t.Errorf("%s was told %d times without a change", name, seen[i])
		}
	}
}

func byMachine(names []string, counts []int) map[string]int {
	out := map[string]int{}
	for i, name := range names {
		prefix, _, _ := strings.Cut(name, ".")
		out[prefix] += counts[i]
	}
	return out
}

// The library's client asks two subscriptions at once; deleting one must leave
// the other alone.
func TestOPCUA_SubscriptionsAreApart(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	c := dial(t, listen(t, p)(grinder))
	begin := func() (*opcua.Subscription, chan *opcua.PublishNotificationData) {
		news := make(chan *opcua.PublishNotificationData, 100)
		s, err := c.Subscribe(soon(t), &opcua.SubscriptionParameters{Interval: 50 * time.Millisecond}, news)
		must(t, err)
		_, err = s.Monitor(soon(t), ua.TimestampsToReturnBoth, opcua.NewMonitoredItemCreateRequestWithDefaults(nodeID("G03.power.active"), ua.AttributeIDValue, 1))
		must(t, err)
		return s, news
	}
	first, _ := begin()
	second, news := begin()
	must(t, first.Cancel(soon(t)))
	third, _ := begin()
	if second.SubscriptionID == third.SubscriptionID {
		t.Fatalf("two subscriptions have the number %d", third.SubscriptionID)
	}
	for told := 0; told < 3; {
		p.Advance(p.Now().Add(time.Second))
		select {
		case n := <-news:
			must(t, n.Error)
			if _, ok := n.Value.(*ua.DataChangeNotification); ok {
				told++
			}
		case <-soon(t).Done():
			t.Fatal("the other subscription is silent")
		}
	}
}

// The product's own driver with many devices on the one server.
func TestOPCUA_DriverOfTheProduct(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	d := listen(t, p)(grinder)
	delete(d.Params, "prefix") // the collector fills it into the addresses
	drv, err := driver.New(driver.Options{Dir: t.TempDir(), ApplicationURI: "urn:zhigai.test:client", Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	conn, err := drv.Open(soon(t), d)
	must(t, err)
	defer conn.Close()
	ctx, cancel := context.WithCancel(soon(t))
	defer cancel()
	points := []connect.Point{
		{Address: "nsu=urn:zhigai:demo;s=G01.power.active", Kind: plant.KindNumber, Period: 100 * time.Millisecond},
		{Address: "nsu=urn:zhigai:demo;s=G01.machine.order", Kind: plant.KindText, Period: 100 * time.Millisecond},
		{Address: "nsu=urn:zhigai:demo;s=G01.machine.running", Kind: plant.KindBoolean, Period: 100 * time.Millisecond},
	}
	got := map[int]int{}
	err = conn.(connect.Subscriber).Subscribe(ctx, points, func(_ context.Context, readings []connect.Reading) error {
		for _, r := range readings {
			if r.Err != nil {
				return r.Err
			}
			got[r.Point]++
		}
		p.Advance(p.Now().Add(time.Second))
		if got[0] >= 4 && got[1] > 0 && got[2] > 0 {
			cancel()
		}
		return nil
	}, func() {})
	if got[0] < 4 {
		t.Errorf("readings %v, then %v", got, err)
	}
}

func TestOPCUA_NodeClient(t *testing.T) {
	t.Parallel()
	p := demo(t, 1)
	js := peer.Node(t, "..", "opcua/client.js", listen(t, p)(grinder).Address)
	js.Wait("connected")
	type obj = map[string]any
	do := func(command obj) any {
		t.Helper()
		js.Send(command)
		a := js.Wait("answer")
		if a["error"] != nil {
			t.Fatalf("%v: %v", command, a["error"])
		}
		return a["result"]
	}
	if got := fmt.Sprint(do(obj{"do": "browse"})); !strings.Contains(got, "G01") || !strings.Contains(got, "G12") {
		t.Errorf("objects are %s", got)
	}
	if got := do(obj{"do": "browse", "node": "G02"}).([]any); len(got) != len(p.Shown(grinder)) {
		t.Errorf("G02 has %d variables; want %d", len(got), len(p.Shown(grinder)))
	}
	read := do(obj{"do": "read", "names": []string{"G01.power.active", "G01.machine.order"}}).([]any)
	shown := p.Shown(grinder)
	if read[0].(obj)["value"] != shown["power.active"] || read[1].(obj)["value"] != shown["machine.order"] {
		t.Errorf("read %v; the machine shows %v and %v", read, shown["power.active"], shown["machine.order"])
	}
	if got := do(obj{"do": "type", "name": "G01.machine.mode"}); got != "Int32" {
		t.Errorf("type of the mode is %v", got)
	}
	if got := do(obj{"do": "write", "name": "G01.spindle.override", "type": "Double", "value": 95}); got != "Good" {
		t.Errorf("write: %v", got)
	}
	if got := do(obj{"do": "write", "name": "G01.spindle.speed", "type": "Double", "value": 95}); got != "BadNotWritable" {
		t.Errorf("write of a measured value: %v", got)
	}
	do(obj{"do": "subscribe", "names": []string{"G01.power.active", "G01.spindle.override"}, "every": 100})
	seen := map[any]bool{}
	for len(seen) < 4 {
		p.Advance(p.Now().Add(time.Second))
		if e := js.Wait("changed"); e["name"] == "G01.power.active" {
			seen[e["value"]] = true
		}
	}
}
