package opcua_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/opcua"
	"zhigai/connect/peer"
	"zhigai/plant"
)

// patience is how long a test waits for what must happen; a test that passes
// never waits it out.
const patience = 30 * time.Second

const space = "nsu=urn:zhigai.test:machine;s="

type obj = map[string]any

// plantFloor is one node-opcua server and one driver.
type plantFloor struct {
	t       *testing.T
	pki     string
	port    string
	process *peer.Process
	driver  *opcua.Driver
}

func newFloor(t *testing.T) *plantFloor {
	t.Helper()
	t.Parallel() // most of a test's time is the server starting or being silent
	f := &plantFloor{t: t, pki: t.TempDir(), port: peer.Port(t)}
	f.start()
	f.driver = newDriver(t, t.TempDir())
	return f
}

func (f *plantFloor) start(extra ...string) {
	f.t.Helper()
	f.process = peer.Node(f.t, "../..", "opcua/server.js", append([]string{f.port, f.pki}, extra...)...)
	f.process.Wait("listening")
}

func newDriver(t *testing.T, dir string) *opcua.Driver {
	t.Helper()
	d, err := opcua.New(opcua.Options{Dir: dir, ApplicationURI: "urn:zhigai.test:client", Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	return d
}

// device is the server under security None unless params say otherwise.
func (f *plantFloor) device(params ...string) plant.Device {
	d := plant.Device{Driver: opcua.Kind, Address: "opc.tcp://127.0.0.1:" + f.port + "/UA/Machine", Params: map[string]string{"timeout": "3s"}}
	if len(params) == 0 {
		params = []string{"policy", "None"}
	}
	for i := 0; i < len(params); i += 2 {
		d.Params[params[i]] = params[i+1]
	}
	return d
}

func (f *plantFloor) open(params ...string) connect.Conn {
	f.t.Helper()
	c, err := f.driver.Open(within(f.t), f.device(params...))
	must(f.t, err)
	f.t.Cleanup(func() { must(f.t, c.Close()) })
	return c
}

// approve lets the server's certificate in, as a person would.
func (f *plantFloor) approve(params ...string) {
	f.t.Helper()
	_, err := f.driver.Open(within(f.t), f.device(params...))
	if !errors.Is(err, connect.ErrNotTrusted) {
		f.t.Fatalf("open before approval: %v; want ErrNotTrusted", err)
	}
	p := f.driver.Pending()
	if len(p) != 1 || !strings.Contains(err.Error(), p[0].Fingerprint) || p[0].Address != f.device().Address || p[0].NotAfter.IsZero() {
		f.t.Fatalf("pending = %+v after %v", p, err)
	}
	must(f.t, f.driver.Trust(p[0].Address, strings.ToUpper(p[0].Fingerprint)))
	if p := f.driver.Pending(); len(p) != 0 {
		f.t.Errorf("still pending: %+v", p)
	}
}

func TestRead_EveryType(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	type want struct {
		name string
		kind plant.TagKind
		num  float64
		text string
		err  error
	}
	cases := []want{
		{"Speed", plant.KindNumber, 1000.5, "", nil},
		{"Load", plant.KindNumber, 12.5, "", nil},
		{"Running", plant.KindBoolean, 1, "", nil},
		{"Small", plant.KindNumber, -5, "", nil},
		{"Byte", plant.KindNumber, 200, "", nil},
		{"Short", plant.KindNumber, -1234, "", nil},
		{"Word", plant.KindNumber, 65535, "", nil},
		{"Int", plant.KindNumber, -70000, "", nil},
		{"Long", plant.KindNumber, 41, "", nil},
		{"Huge", plant.KindNumber, 0, "", connect.ErrImprecise},
		{"Huge", plant.KindText, 0, "9007199254740993", nil},
		{"Mode", plant.KindText, 0, "AUTO", nil},
		{"Mode", plant.KindNumber, 0, "", connect.ErrMalformed},
		{"Title", plant.KindText, 0, "磨床", nil},
		{"Started", plant.KindText, 0, "2026-01-01T00:00:00Z", nil},
		{"Bytes", plant.KindText, 0, "0102ff", nil},
		{"Array", plant.KindNumber, 0, "", connect.ErrMalformed},
		{"Absent", plant.KindNumber, 0, "", connect.ErrUnconfigured},
	}
	var points []connect.Point
	for _, w := range cases {
		points = append(points, connect.Point{Address: space + w.name, Kind: w.kind})
	}
	points = append(points, connect.Point{Address: "nsu=urn:nowhere;s=x", Kind: plant.KindNumber},
		connect.Point{Address: space + "Probe", Kind: plant.KindNumber}, connect.Point{Address: "i=2259", Kind: plant.KindNumber})
	g, err := c.Prepare(points)
	must(t, err)
	got := make([]connect.Reading, len(points))
	must(t, g.Read(within(t), got))
	for i, w := range cases {
		r := got[i]
		if r.Point != i || !errors.Is(r.Err, w.err) || r.Err == nil && (r.Number != w.num || r.Text != w.text) {
			t.Errorf("%s as %s = %+v; want %v %q %v", w.name, w.kind, r, w.num, w.text, w.err)
		}
		if r.Err == nil && r.Source.IsZero() {
			t.Errorf("%s has no source time", w.name)
		}
	}
	n := len(cases)
	if r := got[16]; !strings.Contains(r.Err.Error(), "array of Double") {
		t.Errorf("array: %v; want the type's name", r.Err)
	}
	if r := got[n]; !errors.Is(r.Err, connect.ErrUnconfigured) || !strings.Contains(r.Err.Error(), "urn:zhigai.test:machine") {
		t.Errorf("unknown namespace: %v; want the known ones", r.Err)
	}
	if r := got[n+1]; r.Err != nil || !r.Uncertain {
		t.Errorf("uncertain value = %+v", r)
	}
	if r := got[n+2]; r.Err != nil || r.Number != 0 {
		t.Errorf("server state = %+v; want 0 (running)", r)
	}
	if raw := got[0].Raw; fmt.Sprintf("%x", raw) != fmt.Sprintf("%016x", math.Float64bits(1000.5)) {
		t.Errorf("raw = %x", raw)
	}
}

func TestSecurity_PoliciesAndApproval(t *testing.T) {
	f := newFloor(t)
	f.approve("policy", "Basic256Sha256")
	for _, params := range [][]string{
		{"policy", "Basic256Sha256"},
		{"policy", "Basic256Sha256", "mode", "Sign", "user", "op", "password", "secret"},
		{"policy", "Basic256Sha256", "user", "op", "password", "secret"},
		{"policy", "Aes256_Sha256_RsaPss", "user", "op", "password", "secret"},
		{"policy", "None", "user", "op", "password", "secret"}, // encrypted with the server's certificate
	} {
		c := f.open(params...)
		g, err := c.Prepare([]connect.Point{{Address: space + "Speed", Kind: plant.KindNumber}})
		must(t, err)
		r := make([]connect.Reading, 1)
		if err := g.Read(within(t), r); err != nil || r[0].Number != 1000.5 {
			t.Errorf("%v: %+v, %v", params, r, err)
		}
	}
	_, err := f.driver.Open(within(t), f.device("policy", "Basic256Sha256", "user", "op", "password", "wrong"))
	if err == nil {
		t.Error("a wrong password opens")
	}
	text, err := f.driver.Test(within(t), f.device("policy", "Basic256Sha256"))
	if err != nil || !strings.Contains(text, "Aes256_Sha256_RsaPss/SignAndEncrypt") || !strings.Contains(text, "grinder") || !strings.Contains(text, "SHA-256") {
		t.Errorf("Test = %q, %v", text, err)
	}
}

func TestSecurity_ApprovalOutlivesTheProcessAndNoOtherCertificate(t *testing.T) {
	f := newFloor(t)
	dir := t.TempDir()
	f.driver = newDriver(t, dir)
	f.approve("policy", "Basic256Sha256")
	first, print1 := f.driver.Certificate()

	f.driver = newDriver(t, dir)
	f.open("policy", "Basic256Sha256")
	if second, print2 := f.driver.Certificate(); string(first) != string(second) || print1 != print2 {
		t.Error("the application's certificate changed with a restart")
	}
	for _, name := range []string{"application.key", "approved.json"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", name, info, err)
		}
	}
	// The same address with another key is not let in.
	f.process.Kill()
	f.pki = t.TempDir()
	f.start()
	_, err := f.driver.Open(within(t), f.device("policy", "Basic256Sha256"))
	if !errors.Is(err, connect.ErrNotTrusted) || !strings.Contains(err.Error(), "another certificate was approved") {
		t.Errorf("open with a new certificate: %v", err)
	}
}

func TestWrite_InTheNodesType(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	w := c.(connect.Writer)
	feed := connect.Point{Address: space + "Feed", Kind: plant.KindNumber}
	must(t, w.Write(within(t), feed, -80.0))
	if e := f.process.Wait("written"); e["value"] != -80.0 {
		t.Errorf("written = %v", e)
	}
	g, err := c.Prepare([]connect.Point{feed})
	must(t, err)
	r := make([]connect.Reading, 1)
	if err := g.Read(within(t), r); err != nil || r[0].Number != -80 {
		t.Errorf("read back %+v, %v", r, err)
	}
	for name, wrong := range map[string]struct {
		point string
		value any
		text  string
		is    error
	}{
		"out of range": {"Feed", 40000.0, "32767", nil},
		"fraction":     {"Feed", 1.5, "whole number", nil},
		"text":         {"Feed", "x", "cannot be written", nil},
		"refused":      {"Locked", 2.0, "", connect.ErrRefused},
		"array":        {"Array", 2.0, "array of Double", nil},
		"absent":       {"Absent", 2.0, "", connect.ErrUnconfigured},
	} {
		err := w.Write(within(t), connect.Point{Address: space + wrong.point}, wrong.value)
		if err == nil || !strings.Contains(err.Error(), wrong.text) || wrong.is != nil && !errors.Is(err, wrong.is) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBrowseAndDiscover(t *testing.T) {
	f := newFloor(t)
	c := f.open().(connect.Browser)
	top, err := c.Browse(within(t), "")
	must(t, err)
	var machine connect.Browsed
	for _, b := range top {
		if b.Name == "Machine" {
			machine = b
		}
	}
	if machine.Address != space+"Machine" || !machine.Folder {
		t.Fatalf("Browse = %+v", top)
	}
	below, err := c.Browse(within(t), machine.Address)
	must(t, err)
	kinds := map[string]plant.TagKind{}
	for _, b := range below {
		kinds[b.Address] = b.Kind
	}
	if kinds[space+"Speed"] != plant.KindNumber || kinds[space+"Running"] != plant.KindBoolean || kinds[space+"Mode"] != plant.KindText {
		t.Errorf("Browse(%s) = %v", machine.Address, kinds)
	}
	found, err := f.driver.Discover(within(t), "127.0.0.1:"+f.port)
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Device.Address, f.port) {
		t.Errorf("Discover = %+v, %v", found, err)
	}
}

// running is a Subscribe under way.
type running struct {
	t      *testing.T
	got    chan connect.Reading
	alive  chan struct{}
	ended  chan error
	fail   chan error // the sink's next answer
	hold   sync.Mutex // taken: the sink does not return
	cancel context.CancelFunc
}

func subscribe(t *testing.T, c connect.Conn, points ...connect.Point) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{t: t, got: make(chan connect.Reading, 100000), alive: make(chan struct{}, 10000), ended: make(chan error, 1),
		fail: make(chan error, 1), cancel: cancel}
	sink := func(_ context.Context, readings []connect.Reading) error {
		r.hold.Lock()
		defer r.hold.Unlock()
		select {
		case err := <-r.fail:
			return err
		default:
		}
		for _, g := range readings {
			r.got <- g
		}
		return nil
	}
	go func() {
		r.ended <- c.(connect.Subscriber).Subscribe(ctx, points, sink, func() { r.alive <- struct{}{} })
	}()
	t.Cleanup(cancel)
	return r
}

func (r *running) next() connect.Reading {
	r.t.Helper()
	select {
	case g := <-r.got:
		return g
	case err := <-r.ended:
		r.t.Fatalf("subscription ended: %v", err)
	case <-time.After(patience):
		r.t.Fatal("no reading")
	}
	panic("unreachable")
}

func (r *running) end() error {
	r.t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(patience):
		r.t.Fatal("subscription did not end")
		return nil
	}
}

func speedPoint() connect.Point {
	return connect.Point{Address: space + "Speed", Kind: plant.KindNumber, Period: 50 * time.Millisecond}
}

func TestSubscribe_EveryChangeInOrder(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), speedPoint(), connect.Point{Address: space + "Absent", Kind: plant.KindNumber})
	absent, first := r.next(), r.next()
	if !errors.Is(absent.Err, connect.ErrUnconfigured) || absent.Point != 1 {
		t.Errorf("absent node = %+v", absent)
	}
	if first.Number != 1000.5 || first.Source.IsZero() {
		t.Errorf("first = %+v", first)
	}
	last := first.Source
	for want := 1.0; want <= 30; want++ {
		// One after the other: the server itself may pass over a value that
		// stood for less than the sampling interval.
		f.process.Send(obj{"op": "set", "name": "Speed", "value": want})
		g := r.next()
		if g.Number != want || g.Source.Before(last) {
			t.Fatalf("reading = %+v; want %v after %v", g, want, last)
		}
		last = g.Source
	}
	f.process.Send(obj{"op": "status", "name": "Speed", "status": "BadSensorFailure"})
	if g := r.next(); !errors.Is(g.Err, connect.ErrRefused) || !strings.Contains(g.Err.Error(), "SensorFailure") {
		t.Errorf("bad status = %+v", g)
	}
	f.process.Send(obj{"op": "status", "name": "Speed", "status": "BadNoCommunication"})
	if g := r.next(); !errors.Is(g.Err, connect.ErrStale) {
		t.Errorf("no communication = %+v", g)
	}
	f.process.Send(obj{"op": "set", "name": "Speed", "value": 7})
	if g := r.next(); g.Err != nil || g.Number != 7 {
		t.Errorf("good again = %+v", g)
	}
	select {
	case <-r.alive:
	case <-time.After(patience):
		t.Error("no sign of life while nothing changes")
	}
	r.cancel()
	if err := r.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("end = %v", err)
	}
}

// While nobody takes them, changes wait in the server's queue.
func TestSubscribe_QueueHoldsAStall(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), speedPoint())
	r.next()
	r.hold.Lock()
	f.process.Send(obj{"op": "count", "name": "Speed", "from": 1, "n": 20, "ms": 200})
	f.process.Wait("counted")
	r.hold.Unlock()
	seen := 0
	for last := 0.0; last < 20; seen++ {
		g := r.next()
		if g.Err != nil || g.Uncertain || g.Number <= last {
			t.Fatalf("reading = %+v after %v", g, last)
		}
		last = g.Number
	}
	if seen < 15 { // the server may pass over single values when the machine is busy
		t.Errorf("%d of 20 values came", seen)
	}
}

func TestSubscribe_LongText(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), connect.Point{Address: space + "Mode", Kind: plant.KindText, Period: 50 * time.Millisecond})
	r.next()
	long := strings.Repeat("磨", 10000)
	f.process.Send(obj{"op": "set", "name": "Mode", "value": long})
	if g := r.next(); g.Text != long {
		t.Errorf("text of %d bytes, %v; want %d", len(g.Text), g.Err, len(long))
	}
}

func TestSubscribe_SinkFailureEndsIt(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	r := subscribe(t, c, speedPoint())
	r.next()
	r.fail <- errors.New("disk full")
	f.process.Send(obj{"op": "set", "name": "Speed", "value": 5})
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("end = %v", err)
	}
	// The connection is good: a new subscription begins with the present value.
	if g := subscribe(t, c, speedPoint()).next(); g.Number != 5 {
		t.Errorf("again = %+v", g)
	}
}

func TestSubscribe_LossOfContactIsToldAndNamespacesAreFoundAgain(t *testing.T) {
	f := newFloor(t)
	r := subscribe(t, f.open(), speedPoint())
	r.next()
	f.process.Kill()
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "closed the connection") {
		t.Errorf("after kill: %v", err)
	}
	if _, err := f.driver.Open(within(t), f.device()); err == nil {
		t.Error("open while the server is down")
	}
	f.start("3") // the machine's namespace has another number now
	r = subscribe(t, f.open(), speedPoint())
	if g := r.next(); g.Err != nil || g.Number != 1000.5 {
		t.Errorf("after restart: %+v", g)
	}
	f.process.Send(obj{"op": "stop"})
	if err := r.end(); err == nil {
		t.Error("an orderly stop of the server is not told")
	}
}

// The keys of the channel are renewed under a running subscription.
func TestSubscribe_OutlivesRenewals(t *testing.T) {
	f := newFloor(t)
	f.approve("policy", "Basic256Sha256")
	f.driver.RenewEvery(1500 * time.Millisecond)
	c := f.open("policy", "Basic256Sha256")
	r := subscribe(t, c, speedPoint())
	r.next()
	for want, began := 1.0, time.Now(); time.Since(began) < 5*time.Second; want++ { // five renewals
		f.process.Send(obj{"op": "set", "name": "Speed", "value": want})
		if g := r.next(); g.Number != want {
			t.Fatalf("reading = %+v; want %v", g, want)
		}
	}
	must(t, c.(connect.Writer).Write(within(t), connect.Point{Address: space + "Feed"}, 1.0))
}

func TestSubscribe_FrozenServerIsFoundOut(t *testing.T) {
	f := newFloor(t)
	c := f.open("policy", "None", "timeout", "500ms")
	r := subscribe(t, c, speedPoint())
	r.next()
	f.process.Send(obj{"op": "freeze", "ms": 60000})
	began := time.Now()
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "no answer in time") {
		t.Errorf("frozen server: %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("found out after %v", took)
	}
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
