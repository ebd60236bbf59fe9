package opcua_test

import (
	"context"
	"errors"
	"flag"
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
const patience = time.Minute

// machineSpace is the namespace of the machines; each test has one of its own.
const machineSpace = "nsu=urn:zhigai.test:machine;s="

type obj = map[string]any

// The server is one process for all tests: to start one takes seconds of a
// core. Who wants it to fail cuts the wire between it and the driver.
var (
	node     peer.Shared
	nodePort string
	nodeDir  string // of the server's keys
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "opcua")
	if err != nil {
		panic(err)
	}
	nodeDir = dir
	// Most of a test's time is silence: they wait together, however few cores
	// there are.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var nodeStart sync.Once

// plantFloor is one machine of a node-opcua server behind a wire, and one
// driver.
type plantFloor struct {
	t       *testing.T
	name    string // before the names of the machine and its nodes
	space   string // before the names of nodes in addresses
	process *peer.Process
	server  int // in the process
	wire    *wire
	driver  *opcua.Driver
}

func newFloor(t *testing.T) *plantFloor {
	t.Helper()
	t.Parallel() // most of a test's time is silence
	nodeStart.Do(func() {
		nodePort = peer.Port(t)
		letIn(t, nodeDir)
	})
	f := &plantFloor{t: t, name: t.Name() + "."}
	f.space = machineSpace + f.name
	f.process = node.Node(t, f.name, "../..", "opcua/server.js", nodePort, nodeDir)
	f.send(obj{"op": "machine"})
	f.process.Wait("made")
	f.wire = newWire(t, "127.0.0.1:"+nodePort)
	f.driver = newDriver(t, t.TempDir())
	return f
}

// another puts another server behind the wire, as after a restart: with keys of
// its own and its namespaces counted anew.
func (f *plantFloor) another() {
	f.t.Helper()
	port, pki := peer.Port(f.t), f.t.TempDir()
	letIn(f.t, pki)
	f.send(obj{"op": "server", "port": port, "pki": pki, "extra": 3})
	f.server = int(f.process.Wait("started")["server"].(float64))
	f.wire.lead("127.0.0.1:" + port)
}

// send tells the machine what to do.
func (f *plantFloor) send(c obj) {
	f.t.Helper()
	c["for"], c["server"] = f.name, f.server
	f.process.Send(c)
}

func (f *plantFloor) speed() connect.Point {
	return connect.Point{Address: f.space + "Speed", Kind: plant.KindNumber, Period: 50 * time.Millisecond}
}

// identity is made once for all tests: to make a key takes long.
var identity = sync.OnceValue(func() map[string][]byte {
	dir := filepath.Join(nodeDir, "identity")
	if _, err := opcua.New(options(dir)); err != nil {
		panic(err)
	}
	files := map[string][]byte{}
	for _, name := range []string{"application.crt", "application.key"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			panic(err)
		}
		files[name] = b
	}
	return files
})

// letIn puts the driver's certificate among those a server accepts: two that
// come at once with one it has not seen are too much for it.
func letIn(t *testing.T, pki string) {
	t.Helper()
	dir := filepath.Join(pki, "trusted", "certs")
	must(t, os.MkdirAll(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "zhigai.pem"), identity()["application.crt"], 0o600))
}

func options(dir string) opcua.Options {
	return opcua.Options{Dir: dir, ApplicationURI: "urn:zhigai.test:client", Now: time.Now, Logger: slog.New(slog.DiscardHandler)}
}

func newDriver(t testing.TB, dir string) *opcua.Driver {
	t.Helper()
	for name, b := range identity() {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := opcua.New(options(dir))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// device is the server under security None unless params say otherwise.
func (f *plantFloor) device(params ...string) plant.Device {
	d := plant.Device{Driver: opcua.Kind, Address: "opc.tcp://" + f.wire.l.Addr().String() + "/UA/Machine", Params: map[string]string{"timeout": "15s"}}
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
		points = append(points, connect.Point{Address: f.space + w.name, Kind: w.kind})
	}
	points = append(points, connect.Point{Address: "nsu=urn:nowhere;s=x", Kind: plant.KindNumber},
		connect.Point{Address: f.space + "Probe", Kind: plant.KindNumber}, connect.Point{Address: "i=2259", Kind: plant.KindNumber})
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
		g, err := c.Prepare([]connect.Point{{Address: f.space + "Speed", Kind: plant.KindNumber}})
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
	f.wire.cut()
	f.another()
	f.wire.mend()
	_, err := f.driver.Open(within(t), f.device("policy", "Basic256Sha256"))
	if !errors.Is(err, connect.ErrNotTrusted) || !strings.Contains(err.Error(), "another certificate was approved") {
		t.Errorf("open with a new certificate: %v", err)
	}
}

func TestWrite_InTheNodesType(t *testing.T) {
	f := newFloor(t)
	c := f.open()
	w := c.(connect.Writer)
	feed := connect.Point{Address: f.space + "Feed", Kind: plant.KindNumber}
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
		err := w.Write(within(t), connect.Point{Address: f.space + wrong.point}, wrong.value)
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
		if b.Name == f.name+"Machine" {
			machine = b
		}
	}
	if machine.Address != f.space+"Machine" || !machine.Folder {
		t.Fatalf("Browse = %+v", top)
	}
	below, err := c.Browse(within(t), machine.Address)
	must(t, err)
	kinds := map[string]plant.TagKind{}
	for _, b := range below {
		kinds[b.Address] = b.Kind
	}
	if kinds[f.space+"Speed"] != plant.KindNumber || kinds[f.space+"Running"] != plant.KindBoolean || kinds[f.space+"Mode"] != plant.KindText {
		t.Errorf("Browse(%s) = %v", machine.Address, kinds)
	}
	found, err := f.driver.Discover(within(t), "127.0.0.1:"+nodePort)
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Device.Address, nodePort) {
		t.Errorf("Discover = %+v, %v", found, err)
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
