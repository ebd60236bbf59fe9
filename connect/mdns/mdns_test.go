package mdns

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"zhigai/connect"
	"zhigai/connect/mdns/message"
	"zhigai/connect/peer"
	"zhigai/plant"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// press is what an OPC UA server of a press says of itself.
func press(ttl uint32, addr string) message.Message {
	const name = "Press 7._opcua-tcp._tcp.local."
	return message.Message{Response: true, Records: []message.Record{
		{Kind: message.Text, Name: name, TTL: ttl, Text: []string{"path=/press", "Serial=17", "serial=18", "manufacturer=Ac\x1bme"}},
		{Kind: message.Server, Name: name, TTL: ttl, Target: "Press-7.local.", Port: 4841},
		{Kind: message.Pointer, Name: "_opcua-tcp._tcp.local.", TTL: ttl, Target: name},
		{Kind: message.IPv4, Name: "press-7.local.", TTL: ttl, Addr: netip.MustParseAddr(addr)},
	}}
}

var sender = netip.MustParseAddr("192.168.1.7")

func TestBook_WhatIsAnnounced(t *testing.T) {
	b := newBook()
	b.hear(press(120, "192.168.1.7"), start, sender)
	want := connect.Found{
		Device: plant.Device{Driver: "opcua", Address: "opc.tcp://192.168.1.7:4841/press"}, Title: "Press 7", Announced: true,
		Identity: connect.Identity{Vendor: "Acme", Serial: "17"}, Text: []string{"manufacturer=Acme", "path=/press", "serial=17"},
	}
	if got := b.found(start); len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Fatalf("found %+v; want %+v", got, want)
	}
	if got := b.found(start.Add(121 * time.Second)); len(got) != 0 {
		t.Errorf("after its time to live: %+v", got)
	}
	b.hear(press(120, "192.168.1.7"), start, sender)
	b.hear(press(0, "192.168.1.7"), start, sender)
	if got := b.found(start); len(got) != 0 {
		t.Errorf("taken back: %+v", got)
	}
}

// Every kind of service with the driver that reads it and the address that the
// driver takes.
func TestBook_Services(t *testing.T) {
	for _, c := range []struct {
		name, text, driver, address string
		hint                        bool
	}{
		{"Press 7._opcua-tcp._tcp.local.", "path=/", "opcua", "opc.tcp://192.168.1.7:4841", false},
		{"Press 7._OPCUA-TCP._TCP.local.", "path=/a/b", "opcua", "opc.tcp://192.168.1.7:4841/a/b", false},
		{"x._opcua-tcp._tcp.local.", "path=@elsewhere:4840/", "opcua", "opc.tcp://192.168.1.7:4841", false},
		{"x._opcua-tcp._tcp.local.", "path=//elsewhere/", "opcua", "opc.tcp://192.168.1.7:4841", false},
		{"x._opcua-tcp._tcp.local.", "path=/a b", "opcua", "opc.tcp://192.168.1.7:4841", false},
		{"lathe._mtconnect._tcp.local.", "", "mtconnect", "http://192.168.1.7:4841", false},
		{"meter._modbus._tcp.local.", "", "modbus-tcp", "192.168.1.7:4841", false},
		{"meter._mbap._tcp.local.", "", "modbus-tcp", "192.168.1.7:4841", false},
		{"broker._mqtt._tcp.local.", "", "mqtt", "mqtt://192.168.1.7:4841", true},
		{"broker._secure-mqtt._tcp.local.", "", "secure-mqtt", "mqtts://192.168.1.7:4841", true},
		{"shellyplus1pm-a8032ab1._http._tcp.local.", "app=Plus1PM", "http", "http://192.168.1.7:4841", true},
		{"camera._http._tcp.local.", "", "", "", false},
		{"_opcua-tcp._tcp.local.", "", "", "", false},
	} {
		b := newBook()
		b.hear(message.Message{Response: true, Records: []message.Record{
			{Kind: message.Server, Name: c.name, TTL: 120, Target: "p.local.", Port: 4841},
			{Kind: message.Text, Name: c.name, TTL: 120, Text: []string{c.text}},
			{Kind: message.IPv4, Name: "p.local.", TTL: 120, Addr: sender},
		}}, start, sender)
		got := b.found(start)
		if c.driver == "" {
			if len(got) != 0 {
				t.Errorf("%s: %+v", c.name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Device.Driver != c.driver || got[0].Device.Address != c.address || got[0].Hint != c.hint || !got[0].Announced {
			t.Errorf("%s %s: %+v; want %s %s", c.name, c.text, got, c.driver, c.address)
		}
	}
}

// A machine with several addresses is written down with the one that can be
// reached best, and with another when that one is taken back.
func TestBook_SeveralAddresses(t *testing.T) {
	b := newBook()
	say := func(after time.Duration, flush bool, ttl uint32, addrs ...string) {
		m := message.Message{Response: true}
		for _, a := range addrs {
			r := message.Record{Kind: message.IPv4, Name: "press-7.local.", TTL: ttl, Flush: flush, Addr: netip.MustParseAddr(a)}
			if r.Addr.Is6() {
				r.Kind = message.IPv6
			}
			m.Records = append(m.Records, r)
		}
		b.hear(m, start.Add(after), sender)
	}
	is := func(after time.Duration, addr string) {
		t.Helper()
		got := b.found(start.Add(after))
		if len(got) != 1 || got[0].Device.Address != "opc.tcp://"+addr+":4841/press" {
			t.Errorf("after %s: %+v; want %s", after, got, addr)
		}
	}
	b.hear(press(120, "169.254.3.4"), start, sender)
	is(0, "169.254.3.4")
	say(0, false, 120, "fd00::7", "fe80::7", "10.0.0.9", "10.0.0.10")
	is(0, "10.0.0.9")
	say(0, false, 120, "192.168.1.7")
	is(0, "192.168.1.7") // it spoke from there
	say(0, false, 0, "192.168.1.7")
	is(0, "10.0.0.9")
	say(time.Second/2, true, 120, "10.0.0.11") // further packet of the same answer
	is(time.Second/2, "10.0.0.9")
	say(10*time.Second, true, 120, "10.0.0.12") // it has another one now
	is(10*time.Second, "10.0.0.12")
	say(20*time.Second, true, 0, "10.0.0.12")
	is(20*time.Second, "[fd00::7]")
	for n := range 3 * maxAddresses {
		say(20*time.Second, false, 120, fmt.Sprintf("10.0.1.%d", n))
	}
	if n := len(b.hosts["press-7.local."].addrs); n != maxAddresses {
		t.Errorf("%d addresses are remembered; want %d", n, maxAddresses)
	}
}

// What an instance did not say is asked for by name, a few times; what runs out
// is asked for before it does.
func TestBook_AsksAgain(t *testing.T) {
	const name = "Press 7._opcua-tcp._tcp.local."
	b := newBook()
	asks := func(after time.Duration, want ...message.Question) {
		t.Helper()
		got, _ := b.open(start.Add(after))
		if !slices.Equal(got, want) {
			t.Errorf("after %s it asks for %v; want %v", after, got, want)
		}
	}
	b.hear(message.Message{Response: true, Records: []message.Record{{Kind: message.Pointer, Name: "_opcua-tcp._tcp.local.", TTL: 4500, Target: name}}}, start, sender)
	for range maxAsked {
		asks(0, message.Question{Kind: message.Server, Name: name}, message.Question{Kind: message.Text, Name: name})
	}
	asks(0)
	b.hear(message.Message{Response: true, Records: []message.Record{{Kind: message.Server, Name: name, TTL: 120, Target: "press-7.local.", Port: 4841}}}, start, sender)
	asks(0, message.Question{Kind: message.IPv4, Name: "press-7.local."})
	b.hear(message.Message{Response: true, Records: []message.Record{{Kind: message.IPv4, Name: "press-7.local.", TTL: 120, Addr: sender}}}, start, sender)
	if got := b.found(start); len(got) != 1 {
		t.Fatalf("found %+v", got)
	}
	for _, c := range []struct {
		after int
		again bool
	}{{95, false}, {96, true}, {107, false}, {108, true}, {113, false}, {114, true}} {
		if _, again := b.open(start.Add(time.Duration(c.after) * time.Second)); again != c.again {
			t.Errorf("after %d of 120 s it asks again: %v", c.after, again)
		}
	}
}

// Anybody on the network may say anything.
func TestBook_Hostile(t *testing.T) {
	f := func(name string, m message.Message) {
		t.Helper()
		b := newBook()
		b.hear(m, start, sender)
		if got := b.found(start); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	question := press(120, "192.168.1.7")
	question.Response = false
	f("a question is no answer", question)
	f("this machine itself", press(120, "127.0.0.1"))
	f("everybody", press(120, "224.0.0.9"))
	f("everybody here", press(120, "255.255.255.255"))
	f("nobody", press(120, "0.0.0.0"))
	noAddress := press(120, "192.168.1.7")
	noAddress.Records = noAddress.Records[:3]
	f("no address", noAddress)
	noPort := press(120, "192.168.1.7")
	noPort.Records[1].Port = 0
	f("no port", noPort)
	f("a printer", renamed(press(120, "192.168.1.7"), "_opcua-tcp", "_printer"))

	b := newBook()
	warned := 0
	for n := range 3 * maxInstances {
		m := renamed(renamed(press(4_000_000_000, "192.168.1.7"), "Press 7", fmt.Sprint("Press ", n)), "ress-7", fmt.Sprint("ress-", n))
		if b.hear(m, start, sender) {
			warned++
		}
	}
	if n := len(b.found(start)); n != maxInstances || warned != 1 || len(b.hosts) > maxHosts {
		t.Errorf("%d remembered, %d hosts, told %d times; want %d", n, len(b.hosts), warned, maxInstances)
	}
	if n := len(b.found(start.Add(maxTTL))); n != 0 || len(b.hosts) != 0 {
		t.Errorf("%d and %d hosts are believed for longer than %s", n, len(b.hosts), maxTTL)
	}

	many := press(120, "192.168.1.7")
	for n := range 100 {
		many.Records[0].Text = append(many.Records[0].Text, fmt.Sprintf("key%d=%s", n, strings.Repeat("长", 200)))
	}
	b = newBook()
	b.hear(many, start, sender)
	got := b.found(start)
	if len(got) != 1 || len(got[0].Text) != maxTexts {
		t.Fatalf("%d lines of text: %+v; want %d", len(got[0].Text), got, maxTexts)
	}
	for _, line := range got[0].Text {
		if n := len([]rune(line)); n > 2*maxWord+1 {
			t.Errorf("a line of %d characters", n)
		}
	}
}

// renamed is the message with another word in its names.
func renamed(m message.Message, old, with string) message.Message {
	for i := range m.Records {
		r := &m.Records[i]
		r.Name, r.Target = strings.Replace(r.Name, old, with, 1), strings.Replace(r.Target, old, with, 1)
	}
	return m
}

// Only what a device sent to the group over the interface is an announcement.
func TestAnnouncer(t *testing.T) {
	s := &socket{on: net.Interface{Index: 3}}
	for _, c := range []struct {
		control *ipv4.ControlMessage
		port    int
		ok      bool
	}{
		{&ipv4.ControlMessage{IfIndex: 3, Dst: group.IP}, 5353, true},
		{&ipv4.ControlMessage{IfIndex: 4, Dst: group.IP}, 5353, false},
		{&ipv4.ControlMessage{IfIndex: 3, Dst: net.IPv4(192, 168, 1, 2)}, 5353, false},
		{&ipv4.ControlMessage{IfIndex: 3, Dst: group.IP}, 5354, false},
		{nil, 5353, false},
	} {
		from, ok := announcer(s, c.control, &net.UDPAddr{IP: net.IPv4(192, 168, 1, 7), Port: c.port})
		if ok != c.ok || ok && from != sender {
			t.Errorf("%+v from port %d: %s, %v", c.control, c.port, from, ok)
		}
	}
}

// A foreign program announces an OPC UA server and a broker when it is asked over
// an interface that came up while the listener ran, takes them back, and is not
// heard any more when the interface is gone.
func TestListener_ForeignResponder(t *testing.T) {
	one, addr := multicasting(t)
	var there atomic.Bool
	var looked atomic.Int64
	l := New(Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Interfaces: func() ([]net.Interface, error) {
		looked.Add(1)
		if there.Load() {
			return []net.Interface{one}, nil
		}
		return nil, nil
	}})
	l.every = 20 * time.Millisecond
	p := peer.Node(t, "../..", "mdns/announce.js", addr)
	p.Wait("ready")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	until(t, func() bool { return looked.Load() > 2 }) // nothing to listen on is no end
	there.Store(true)
	p.Wait("asked")
	mine := func() []connect.Found { // others may be on this network
		return slices.DeleteFunc(l.Found(), func(f connect.Found) bool {
			return !strings.Contains(f.Device.Address, addr+":484") && !strings.Contains(f.Device.Address, addr+":1884")
		})
	}
	until(t, func() bool { return len(mine()) == 2 })
	hint, ua := mine()[0], mine()[1]
	if ua.Device.Address != "opc.tcp://"+addr+":4841/press" || ua.Device.Driver != "opcua" || ua.Title != "Press 7" || ua.Hint || ua.Identity != (connect.Identity{Vendor: "Acme", Product: "P-1985", Serial: "0017"}) {
		t.Errorf("the server is %+v", ua)
	}
	if hint.Device.Address != "mqtt://"+addr+":1884" || !hint.Hint {
		t.Errorf("the broker is %+v", hint)
	}
	p.Send("bye")
	until(t, func() bool { return len(mine()) == 0 })
	there.Store(false)
	seen := looked.Load()
	until(t, func() bool { return looked.Load() > seen+2 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || len(l.sockets) != 0 {
		t.Errorf("Run: %v; it listens on %d interfaces that are gone", err, len(l.sockets))
	}
}

// multicasting is an interface that is up and can multicast, with its address.
func multicasting(t *testing.T) (net.Interface, string) {
	t.Helper()
	all, err := Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
				return i, p.Addr().String()
			}
		}
	}
	t.Skip("no interface here has an IPv4 address and can multicast: run it where there is a network, or ip link add dummy0 type dummy")
	return net.Interface{}, ""
}

// until waits for what comes over the network.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for end := time.Now().Add(30 * time.Second); !ok(); <-again.C {
		if time.Now().After(end) {
			t.Fatal("it did not come")
		}
	}
}
