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

func newDriver(t testing.TB, dir string) *opcua.Driver {
	t.Helper()
	d, err := opcua.New(opcua.Options{Dir: dir, ApplicationURI: "urn:zhigai.test:client", Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
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
