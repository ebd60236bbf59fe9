package control_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/modbus"
	"zhigai/connect/opcua"
	"zhigai/connect/peer"
	"zhigai/connect/profile"
	"zhigai/connect/s7"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/shop/control"
)

type obj = map[string]any

// machines are foreign servers with the same set points, by protocol. Another
// one is a row: its script takes the same commands and says the same events.
var machines = []struct {
	protocol string
	at       map[string]string // addresses
	driver   func(t *testing.T) connect.Driver
	start    func(t *testing.T, port string) *peer.Process
	device   func(port string) plant.Device
	checks   bool // the driver knows before it sends what does not fit
	hides    bool // the machine can say that it does not know a value
}{
	{
		protocol: modbus.Kind,
		at: map[string]string{
			"guard": "holding 3.0 bool", "feed": "holding 0 uint16", "clamped": "holding 1 uint16", "doomed": "holding 2 uint16", "mode": "holding 4 uint16",
			"program": "holding 10 string8", "level": "holding 20 float32", "lamp": "coil 0 bool",
		},
		driver: func(*testing.T) connect.Driver { return modbus.New() },
		start: func(t *testing.T, port string) *peer.Process {
			return peer.Python(t, "../..", "modbus/setpoints.py", "pymodbus", "apt-get install python3-pymodbus", port)
		},
		device: func(port string) plant.Device {
			return plant.Device{Address: "127.0.0.1:" + port, Params: map[string]string{"unit": "1", "timeout": "10s"}}
		},
		checks: true, hides: true,
	},
	{
		protocol: s7.Kind,
		at: map[string]string{
			"guard": "DB1.DBX6.0", "feed": "DB1.DBW0 int", "clamped": "DB1.DBW2 word", "doomed": "DB1.DBW4 word", "mode": "DB1.DBW8 word",
			"program": "DB1.DBB14 string[8]", "level": "DB1.DBD10 real", "lamp": "DB1.DBX7.0",
		},
		driver: func(*testing.T) connect.Driver { return s7.New() },
		start: func(t *testing.T, port string) *peer.Process {
			return peer.Node(t, "../..", "s7/setpoints.js", port)
		},
		device: func(port string) plant.Device {
			return plant.Device{Address: "127.0.0.1:" + port, Params: map[string]string{"plc": "s7-300", "timeout": "10s"}}
		},
		checks: true,
	},
	{
		hides:    true,
		protocol: opcua.Kind,
		at:       nodes("guard", "feed", "clamped", "doomed", "mode", "program", "level", "lamp"),
		driver: func(t *testing.T) connect.Driver {
			d, err := opcua.New(opcua.Options{Dir: t.TempDir(), ApplicationURI: "urn:zhigai.test:client", Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
			must(t, err)
			return d
		},
		start: func(t *testing.T, port string) *peer.Process {
			return peer.Node(t, "../..", "opcua/setpoints.js", port, t.TempDir())
		},
		device: func(port string) plant.Device {
			return plant.Device{Address: "opc.tcp://127.0.0.1:" + port + "/UA/SetPoints", Params: map[string]string{"policy": "None", "timeout": "10s"}}
		},
	},
}

func nodes(names ...string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		out[name] = "nsu=urn:zhigai.test:setpoints;s=" + name
	}
	return out
}

// hall is one foreign machine, collected.
type hall struct {
	*testing.T
	process   *peer.Process
	collector *connect.Collector
	library   *profile.Library
	spec      connect.DeviceSpec
	checks    bool
	hides     bool
	again     func()
}

// looks are what each foreign machine goes through, one after the other.
var looks = []struct {
	name string
	look func(h *hall)
}{
	{"confirmed", orderConfirmed},
	{"disabled device", orderDisabledDevice},
	{"limit step rate", orderLimitStepRate},
	{"interlock", orderInterlock},
	{"stale value", orderStaleValue},
	{"expiry", orderExpiry},
	{"value that does not fit", orderValueThatDoesNotFit},
	{"wrong read back", orderWrongReadBack},
	{"two people at once", orderTwoPeopleAtOnce},
	{"after a crash", resumeAfterACrash},
	{"before it was sent", resumeBeforeItWasSent},
	{"while a machine thinks", closeWhileAMachineThinks},
	{"loss of contact", orderLossOfContact},
}

// Every check and every end of a command, on foreign machines over their real
// protocols.
func TestOrder_OnForeignMachines(t *testing.T) {
	for _, m := range machines {
		t.Run(m.protocol, func(t *testing.T) {
			t.Parallel() // most of the time is the servers starting
			port, driver := peer.Port(t), m.driver(t)
			h := &hall{T: t, library: profiles(t, m.protocol, m.at, driver), checks: m.checks, hides: m.hides}
			h.again = func() {
				h.process = m.start(t, port)
				h.process.Wait("listening")
			}
			h.again()
			p, _ := h.library.Get("setpoints")
			device := m.device(port)
			device.ID, device.Driver, device.Writing = "device-1", m.protocol, true
			n := plant.Node{ID: lathe, Path: path, Machine: &plant.Equipment{Profile: p.ID, Device: device}}
			tags := p.Tags(n)
			for i := range tags {
				tags[i].No = plant.TagNo(i + 1)
			}
			var err error
			h.spec, err = p.Spec(tenant, n, tags)
			must(t, err)
			h.collector = newCollector(t, driver, quiet{})
			for _, one := range looks {
				t.Run(one.name, func(t *testing.T) {
					h.T = t
					h.reset()
					one.look(h)
				})
			}
		})
	}
}

// reset makes the machine as it was when it began.
func (h *hall) reset() {
	h.Helper()
	h.set("feed", 1000)
	h.set("guard", 1)
	h.hide("")
	h.process.Send(obj{"op": "forget"})
	h.process.Wait("forgotten")
	h.enable(true)
	h.contact(true)
}

// quiet is a journal for what the collector says, which is not looked at.
type quiet struct{ fact.Journal }

func (quiet) Append(_ context.Context, _ plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	return events, nil
}

// contact waits until the collector has it, or has lost it.
func (h *hall) contact(want bool) {
	h.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if _, contact, _ := h.collector.Writing(h.spec.Device.ID); contact == want {
			return
		}
	}
	h.Fatalf("contact never was %v: %+v", want, h.collector.Status())
}

func (h *hall) enable(on bool) {
	s := h.spec
	s.Device.Writing = on
	h.collector.Set([]connect.DeviceSpec{s})
}

func (h *hall) desk(devices control.Devices, change func(*control.Options)) *desk {
	h.Helper()
	if devices == nil {
		devices = h.collector
	}
	return newDesk(h.T, h.TempDir(), devices, h.library, h.spec.Device, change)
}

// set puts a value into the machine, behind the product's back.
func (h *hall) set(name string, v any) {
	h.Helper()
	h.process.Send(obj{"op": "set", "name": name, "value": v})
	h.process.Wait("set")
}

// hide makes the machine give no value of a name; "" gives all again.
func (h *hall) hide(name string) {
	h.Helper()
	h.process.Send(obj{"op": "hide", "name": name})
	h.process.Wait("hidden")
}

// writes is how many the machine was sent.
func (h *hall) writes() int {
	h.Helper()
	h.process.Send(obj{"op": "writes"})
	n, _ := h.process.Wait("writes")["n"].(float64)
	return int(n)
}

// refused looks at a command that a check stopped: no byte of it went out.
func (h *hall) refused(c control.Command, state, check, says string) {
	h.Helper()
	got := result(c, check)
	if c.State != state || got.Result != fact.CheckFailed || !strings.Contains(got.Detail, says) {
		h.Errorf("%s %+v = %s, %s %+v; want %s by %s saying %q", c.Signal, c.Value, c.State, check, got, state, check, says)
	}
	if n := h.writes(); n != 0 {
		h.Errorf("%s: the machine was sent %d writes", check, n)
	}
}

// The whole way, in every kind of value: each step is a fact and a line of the
// audit, in order, and the machine has what was asked.
func orderConfirmed(h *hall) {
	d := h.desk(nil, nil)
	c := d.order(control.Order{Signal: "feed.override", Value: number(110.3), Seen: new(number(100)), Note: "试切", Source: "loop:L1"})
	if c.Source != "loop:L1" {
		h.Errorf("decided by %q", c.Source)
	}
	if states(c) != "checked sent confirmed" || *c.Steps[0].From.Number != 100 || *c.Steps[1].Raw.Number != 1103 || *c.Steps[2].Read.Number != 110.3 {
		h.Errorf("steps %s: %+v", states(c), c.Steps)
	}
	for _, one := range c.Steps[0].Checks {
		if one.Result != fact.CheckPassed {
			h.Errorf("check %+v", one)
		}
	}
	if e := d.events(); len(e) != 4 || e[0].Kind != fact.KindCommand || e[0].ID != c.ID || e[0].Subject != lathe || e[0].Source != "person:u1" || stepOf(h.T, e[2]).State != fact.CommandSent {
		h.Errorf("events %+v", e)
	}
	want := []string{"command.request by u1 张工", "command.send by u1 张工", "command.confirmed by u1 张工"}
	if got := d.actions(); !slices.Equal(got, want) {
		h.Errorf("audit %q", got)
	}
	for signal, v := range map[string]fact.Setting{
		"machine.mode": number(2), "machine.program": text("P-22"), "level": number(2.3), "lamp": number(1),
	} {
		if c := d.order(control.Order{Signal: signal, Value: v}); c.State != fact.CommandConfirmed {
			h.Errorf("%s: %s %+v", signal, c.State, c.Steps)
		}
	}
	if n := h.writes(); n != 5 {
		h.Errorf("%d writes of five commands", n)
	}
}

func orderDisabledDevice(h *hall) {
	d := h.desk(nil, nil)
	h.enable(false)
	h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110)}), fact.CommandRejected, control.CheckEnabled, "an engineer switches it on")
	h.enable(true)
	if c := d.order(control.Order{Signal: "feed.override", Value: number(110)}); c.State != fact.CommandConfirmed {
		h.Errorf("after it was switched on: %+v", c)
	}
}

func orderLimitStepRate(h *hall) {
	d := h.desk(nil, nil)
	feed := func(v float64) control.Command {
		return d.order(control.Order{Signal: "feed.override", Value: number(v)})
	}
	h.refused(feed(150.1), fact.CommandRejected, control.CheckLimits, "150.1 is above the largest value, 150")
	h.refused(feed(-0.1), fact.CommandRejected, control.CheckLimits, "below the smallest")
	h.refused(d.order(control.Order{Signal: "machine.mode", Value: number(7)}), fact.CommandRejected, control.CheckLimits, "no code")
	h.refused(feed(120.1), fact.CommandRejected, control.CheckStep, "more than 20 in one step")
	if c := feed(120); c.State != fact.CommandConfirmed {
		h.Errorf("a step as large as it may be: %+v", c)
	}
	if c := feed(105); c.State != fact.CommandConfirmed {
		h.Errorf("35 in a minute: %+v", c)
	}
	c := feed(106)
	if got := result(c, control.CheckRate); c.State != fact.CommandRejected || !strings.Contains(got.Detail, "36") {
		h.Errorf("36 in a minute: %s %+v", c.State, got)
	}
	// The next start knows what went out in the last minute.
	d.close()
	again := newDesk(h.T, d.dir, h.collector, h.library, h.spec.Device, nil)
	if c := again.order(control.Order{Signal: "feed.override", Value: number(106)}); result(c, control.CheckRate).Result != fact.CheckFailed {
		h.Errorf("after a restart: %+v", c)
	}
	if n := h.writes(); n != 2 {
		h.Errorf("%d writes", n)
	}
}

func orderInterlock(h *hall) {
	d := h.desk(nil, nil)
	h.set("guard", 0)
	h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110)}), fact.CommandRejected, control.CheckInterlock, "防护门关闭 / guard is closed")
	h.set("guard", 1)
	if c := d.order(control.Order{Signal: "feed.override", Value: number(110)}); c.State != fact.CommandConfirmed {
		h.Errorf("with the guard closed: %+v", c)
	}
}

// Nothing is decided on what is not known now: the value itself, what the
// interlock reads, or what the person saw.
func orderStaleValue(h *hall) {
	d := h.desk(nil, nil)
	if h.hides {
		h.hide("guard")
		h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110)}), fact.CommandRejected, control.CheckFresh, "guard.closed is bad")
		h.hide("feed")
		h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110)}), fact.CommandRejected, control.CheckFresh, "feed.override is bad")
		h.hide("")
	}
	h.set("feed", 900)
	h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110), Seen: new(number(100))}), fact.CommandRejected, control.CheckSeen, "look again")
}

func orderExpiry(h *hall) {
	d := h.desk(nil, nil)
	h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110), Expires: time.Nanosecond}), fact.CommandExpired, control.CheckExpiry, "until")
	// The time can also be over when all is checked and noted.
	late := &gate{Devices: h.collector, asked: func() { time.Sleep(60 * time.Millisecond) }}
	d = h.desk(late, nil)
	h.refused(d.order(control.Order{Signal: "feed.override", Value: number(110), Expires: 50 * time.Millisecond}), fact.CommandExpired, control.CheckExpiry, "until")
}

// The value does not fit the register: nothing is sent, and it is said.
func orderValueThatDoesNotFit(h *hall) {
	d := h.desk(nil, nil)
	c := d.order(control.Order{Signal: "feed.override", Value: number(100.05)})
	if h.checks {
		h.refused(c, fact.CommandRejected, control.CheckValue, "1000.5 is no whole number")
		return
	}
	if end := c.Steps[len(c.Steps)-1]; c.State != fact.CommandFailed || !strings.Contains(end.Detail, "1000.5 is no whole number") || h.writes() != 0 {
		h.Errorf("%s %+v", c.State, c.Steps)
	}
}

func orderWrongReadBack(h *hall) {
	d := h.desk(nil, nil)
	c := d.order(control.Order{Signal: "clamped", Value: number(200)})
	if end := c.Steps[len(c.Steps)-1]; states(c) != "checked sent mismatched" || *end.Read.Number != 100 || !strings.Contains(end.Detail, "has 100, not 200") {
		h.Errorf("%s %+v", c.State, c.Steps)
	}
	if n := h.writes(); n != 1 {
		h.Errorf("sent %d times", n)
	}
}

// The plug is pulled after the machine got the value and before it answers:
// nobody can say what it did, and it is not sent again when it is back.
func orderLossOfContact(h *hall) {
	d := h.desk(nil, nil)
	c := d.order(control.Order{Signal: "doomed", Value: number(7)})
	if end := c.Steps[len(c.Steps)-1]; states(c) != "checked sent unknown" || !strings.Contains(end.Detail, "look at the machine") {
		h.Errorf("%s %+v", c.State, c.Steps)
	}
	h.contact(false)
	c = d.order(control.Order{Signal: "feed.override", Value: number(110)})
	if got := result(c, control.CheckContact); c.State != fact.CommandRejected || got.Result != fact.CheckFailed {
		h.Errorf("without contact: %s %+v", c.State, c.Steps)
	}
	h.again()
	h.contact(true)
	if c := d.order(control.Order{Signal: "feed.override", Value: number(110)}); c.State != fact.CommandConfirmed {
		h.Errorf("after the return: %s %+v", c.State, c.Steps)
	}
	if n := h.writes(); n != 1 {
		h.Errorf("the machine was sent %d writes after its return; want the one that was asked for then", n)
	}
}

// gate stops a command on its way; what it does not stop is the real thing.
type gate struct {
	control.Devices
	asked  func()               // before it reads
	writes chan chan<- struct{} // before it writes: closed when it may
}

func (g *gate) Ask(ctx context.Context, device plant.DeviceID, signals []string) ([]connect.Fresh, error) {
	if g.asked != nil {
		g.asked()
	}
	return g.Devices.Ask(ctx, device, signals)
}

func (g *gate) Write(ctx context.Context, device plant.DeviceID, signal string, value any) (any, error) {
	if g.writes != nil {
		may := make(chan struct{})
		g.writes <- may
		<-may
	}
	return g.Devices.Write(ctx, device, signal, value)
}

func orderTwoPeopleAtOnce(h *hall) {
	g := &gate{Devices: h.collector, writes: make(chan chan<- struct{})}
	d := h.desk(g, nil)
	first, err := d.Order(h.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "feed.override", Value: number(110)})
	must(h.T, err)
	letGo := <-g.writes
	second := d.order(control.Order{Signal: "feed.override", Value: number(95)})
	h.refused(second, fact.CommandRejected, control.CheckAlone, first.ID)
	points, err := d.Points(h.Context(), access.Scope{Tenant: tenant}, lathe)
	must(h.T, err)
	if points[0].Name != "feed.override" || points[0].Open != first.ID || points[1].Open != "" {
		h.Errorf("set points %+v", points)
	}
	close(letGo)
	if c := d.end(first.ID); c.State != fact.CommandConfirmed {
		h.Errorf("the first: %+v", c)
	}
	third, err := d.Order(h.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "feed.override", Value: number(95)})
	must(h.T, err)
	close(<-g.writes)
	if c := d.end(third.ID); c.State != fact.CommandConfirmed {
		h.Errorf("the next: %+v", c)
	}
}

// A node that ends between the sending and the end of a command finds it sent:
// it is not sent again, and ends as unknown, once.
func resumeAfterACrash(h *hall) {
	g := &gate{Devices: h.collector, writes: make(chan chan<- struct{})}
	d := h.desk(g, nil)
	order := control.Order{Node: lathe, Signal: "feed.override", Value: number(110), Key: "k1"}
	c, err := d.Order(h.Context(), person(access.RoleOperator), order)
	must(h.T, err)
	letGo := <-g.writes
	dir := h.TempDir()
	must(h.T, os.CopyFS(filepath.Join(dir, "record"), os.DirFS(filepath.Join(d.dir, "record")))) // as a kill leaves it
	close(letGo)
	d.end(c.ID)

	for range 2 {
		again := newDesk(h.T, dir, h.collector, h.library, h.spec.Device, nil)
		got, err := again.Command(h.Context(), access.Scope{Tenant: tenant}, c.ID)
		if err != nil || states(got) != "checked sent unknown" || !strings.Contains(got.Steps[2].Detail, "the node ended while the value went out") {
			h.Errorf("after the crash: %v, %s %+v", err, states(got), got.Steps)
		}
		if a := again.actions(); len(a) != 3 || a[2] != "command.unknown by node" {
			h.Errorf("audit %q", a)
		}
		// Who asks again by the same key hears of the first.
		same, err := again.Order(h.Context(), person(access.RoleOperator), order)
		if err != nil || same.ID != c.ID || same.State != fact.CommandUnknown {
			h.Errorf("the same request again: %+v, %v", same, err)
		}
		again.close()
	}
	if n := h.writes(); n != 1 {
		h.Errorf("the machine was sent %d writes", n)
	}
}

// A node that ends before anything was sent says so.
func resumeBeforeItWasSent(h *hall) {
	dir := h.TempDir()
	g := &gate{Devices: h.collector}
	var d *desk
	g.asked = func() {
		must(h.T, os.CopyFS(filepath.Join(dir, "record"), os.DirFS(filepath.Join(d.dir, "record"))))
		g.asked = nil
	}
	d = h.desk(g, nil)
	c := d.order(control.Order{Signal: "feed.override", Value: number(110)})
	again := newDesk(h.T, dir, h.collector, h.library, h.spec.Device, nil)
	got, err := again.Command(h.Context(), access.Scope{Tenant: tenant}, c.ID)
	if err != nil || states(got) != "failed" || !strings.Contains(got.Steps[0].Detail, "nothing was sent") {
		h.Errorf("%v, %+v", err, got)
	}
}

// A node that is told to end does not wait for a machine, and says how far the
// command came.
func closeWhileAMachineThinks(h *hall) {
	g := &gate{Devices: h.collector, writes: make(chan chan<- struct{})}
	d := h.desk(g, nil)
	c, err := d.Order(h.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "clamped", Value: number(200)})
	must(h.T, err)
	letGo := <-g.writes
	closed := make(chan struct{})
	go func() { d.Close(); close(closed) }()
	for { // until it takes no more
		if _, err := d.Order(h.Context(), person(access.RoleOperator), control.Order{Node: lathe, Signal: "level", Value: number(1)}); errors.Is(err, control.ErrBusy) {
			break
		}
	}
	close(letGo)
	<-closed
	got, err := d.Command(h.Context(), access.Scope{Tenant: tenant}, c.ID)
	if err != nil || !got.Final() || got.State == fact.CommandConfirmed {
		h.Errorf("%v %s %+v", err, got.State, got.Steps)
	}
}
