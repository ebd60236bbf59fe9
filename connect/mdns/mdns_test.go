package mdns

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

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

func TestBook_WhatIsAnnounced(t *testing.T) {
	b := newBook()
	b.hear(press(120, "192.168.1.7"), start, false)
	want := connect.Found{
		Device: plant.Device{Driver: "opcua", Address: "opc.tcp://192.168.1.7:4841/press"}, Title: "Press 7",
		Identity: connect.Identity{Vendor: "Acme", Serial: "17"},
	}
	if got := b.found(start); len(got) != 1 || fmt.Sprint(got[0]) != fmt.Sprint(want) {
		t.Fatalf("found %+v; want %+v", got, want)
	}
	if got := b.found(start.Add(121 * time.Second)); len(got) != 0 {
		t.Errorf("after its time to live: %+v", got)
	}
	b.hear(press(120, "192.168.1.7"), start, false)
	b.hear(press(0, "192.168.1.7"), start, false)
	if got := b.found(start); len(got) != 0 {
		t.Errorf("taken back: %+v", got)
	}
}

// Anybody on the network may say anything.
func TestBook_Hostile(t *testing.T) {
	f := func(name string, m message.Message) {
		t.Helper()
		b := newBook()
		b.hear(m, start, false)
		if got := b.found(start); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	question := press(120, "192.168.1.7")
	question.Response = false
	f("a question is no answer", question)
	f("this machine itself", press(120, "127.0.0.1"))
	f("everybody", press(120, "224.0.0.9"))
	f("nobody", press(120, "0.0.0.0"))
	noAddress := press(120, "192.168.1.7")
	noAddress.Records = noAddress.Records[:3]
	f("no address", noAddress)
	other := press(120, "192.168.1.7")
	for i := range other.Records {
		other.Records[i].Name = strings.Replace(other.Records[i].Name, "_opcua-tcp", "_printer", 1)
		other.Records[i].Target = strings.Replace(other.Records[i].Target, "_opcua-tcp", "_printer", 1)
	}
	f("a printer", other)

	b := newBook()
	for n := range 3 * maxInstances {
		m := press(4_000_000_000, "192.168.1.7")
		for i := range m.Records {
			m.Records[i].Name = strings.Replace(m.Records[i].Name, "Press 7", fmt.Sprint("Press ", n), 1)
			m.Records[i].Target = strings.Replace(m.Records[i].Target, "Press 7", fmt.Sprint("Press ", n), 1)
		}
		b.hear(m, start, false)
	}
	if n := len(b.found(start)); n != maxInstances {
		t.Errorf("%d remembered; want %d", n, maxInstances)
	}
	if n := len(b.found(start.Add(maxTTL))); n != 0 {
		t.Errorf("%d are believed for longer than %s", n, maxTTL)
	}
}

// A foreign program announces an OPC UA server and a broker when it is asked, and
// takes them back.
func TestListener_ForeignResponder(t *testing.T) {
	lo, addr := multicasting(t)
	l, err := Open(Options{Interfaces: []net.Interface{lo}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Skipf("multicast cannot be had here: %v", err)
	}
	p := peer.Node(t, "../..", "mdns/announce.js", addr)
	p.Wait("ready")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	defer func() { cancel(); <-done }()
	p.Wait("asked")
	until(t, func() bool { return len(l.Found()) == 2 })
	found := l.Found()
	hint, ua := found[0], found[1]
	if ua.Device.Address != "opc.tcp://"+addr+":4841/press" || ua.Device.Driver != "opcua" || ua.Title != "Press 7" || ua.Hint || ua.Identity != (connect.Identity{Vendor: "Acme", Product: "P-1985", Serial: "0017"}) {
		t.Errorf("the server is %+v", ua)
	}
	if hint.Device.Address != "mqtt://"+addr+":1883" || !hint.Hint {
		t.Errorf("the broker is %+v", hint)
	}
	p.Send("bye")
	until(t, func() bool { return len(l.Found()) == 0 })
}

// multicasting is an interface that is up and can multicast, with its address.
func multicasting(t *testing.T) (net.Interface, string) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagMulticast == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
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
	t.Skip("no interface here can multicast")
	return net.Interface{}, ""
}

// until waits for what comes over the network.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not come")
}
