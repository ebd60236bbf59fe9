package snmp_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/peer"
	"zhigai/connect/snmp"
	"zhigai/plant"
)

const patience = 30 * time.Second

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// what the agent is told to be: a scale of objects of its own, some of which can
// be written, and one user of version 3.
const conf = `rocommunity reader 127.0.0.1
rwcommunity public 127.0.0.1
syscontact 设备科
sysobjectid 1.3.6.1.4.1.8072.3.2.10
createUser operator SHA-256 authpassword AES privpassword
rwuser operator priv
override -rw 1.3.6.1.4.1.8072.9999.9999.1.0 integer -42
override 1.3.6.1.4.1.8072.9999.9999.2.0 uinteger 4000000000
override 1.3.6.1.4.1.8072.9999.9999.3.0 counter 1234567
override -rw 1.3.6.1.4.1.8072.9999.9999.4.0 octet_str "21.5"
override 1.3.6.1.4.1.8072.9999.9999.5.0 integer 2
override 1.3.6.1.2.1.47.1.1.1.1.11.1 octet_str "SN-0815"
`

const own = "1.3.6.1.4.1.8072.9999.9999."

// agent is Debian's snmpd.
type agent struct {
	t       *testing.T
	program string
	dir     string
	address string
	cmd     *exec.Cmd
}

func start(t *testing.T) *agent {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	address := c.LocalAddr().String()
	must(t, c.Close())
	a := &agent{t: t, program: peer.Program(t, "snmpd", "apt-get install snmpd"), dir: t.TempDir(), address: address}
	var text strings.Builder
	text.WriteString("agentAddress udp:" + address + "\n" + conf)
	for i := range 40 { // a column of a table
		text.WriteString(fmt.Sprintf("override %s7.%d integer %d\n", own, i+1, 100+i))
	}
	must(t, os.WriteFile(filepath.Join(a.dir, "snmpd.conf"), []byte(text.String()), 0o600))
	a.begin()
	t.Cleanup(a.kill)
	return a
}

func (a *agent) begin() {
	a.t.Helper()
	a.cmd = exec.Command(a.program, "-f", "-Lf", filepath.Join(a.dir, "log"), "-C", "-c", filepath.Join(a.dir, "snmpd.conf"), "-p", filepath.Join(a.dir, "pid"))
	a.cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+filepath.Join(a.dir, "kept"), "MIBS=")
	must(a.t, a.cmd.Start())
	for end := time.Now().Add(patience); ; {
		if _, err := snmp.New().Test(within(a.t, 2*time.Second), a.device()); err == nil {
			return
		} else if time.Now().After(end) {
			log, _ := os.ReadFile(filepath.Join(a.dir, "log"))
			a.t.Fatalf("snmpd does not answer: %v\n%s", err, log)
		}
	}
}

// kill ends the agent at once.
func (a *agent) kill() {
	_ = a.cmd.Process.Kill() // it may have ended already
	_ = a.cmd.Wait()
}

func (a *agent) device(params ...string) plant.Device {
	d := plant.Device{Driver: snmp.Kind, Address: a.address, Params: map[string]string{"timeout": "1s"}}
	for i := 0; i < len(params); i += 2 {
		d.Params[params[i]] = params[i+1]
	}
	return d
}

var secure = []string{"version", "3", "user", "operator", "auth", "SHA256", "auth_password", "authpassword", "priv", "AES", "priv_password", "privpassword"}

// What every driver promises, against Debian's snmpd in each version.
func TestConformance(t *testing.T) {
	for name, params := range map[string][]string{"1": {"version", "1"}, "2c": nil, "3": secure} {
		t.Run("version "+name, func(t *testing.T) {
			a := start(t)
			conntest.Run(t, conntest.Party{
				Driver: snmp.New(), Device: a.device(params...), Timeout: 5 * time.Second,
				Values: []conntest.Value{
					{Address: own + "2.0", Kind: plant.KindNumber, Number: 4000000000},
					{Address: own + "3.0", Kind: plant.KindNumber, Number: 1234567},
					{Address: own + "5.0", Kind: plant.KindBoolean, Number: 0},
					{Address: own + "5.0", Kind: plant.KindEnumeration, Number: 2},
					{Address: "sysContact.0", Kind: plant.KindText, Text: "设备科"},
					{Address: "sysObjectID.0", Kind: plant.KindText, Text: "1.3.6.1.4.1.8072.3.2.10"},
					{Address: own + "7.40", Kind: plant.KindNumber, Number: 139},
				},
				Missing:  connect.Point{Address: own + "6.0", Kind: plant.KindNumber},
				Writable: connect.Point{Address: own + "1.0", Kind: plant.KindNumber}, Writes: []any{7.0, -2147483648.0, 0.0},
				WrongPoint:  connect.Point{Address: "sysUpTime", Kind: plant.KindNumber},
				WrongDevice: plant.Device{Driver: snmp.Kind, Address: "10.0.0.1"},
				Stop:        a.kill, Start: a.begin,
			})
		})
	}
}

func read(t *testing.T, c connect.Conn, points ...connect.Point) []connect.Reading {
	t.Helper()
	g, err := c.Prepare(points)
	must(t, err)
	got := make([]connect.Reading, len(points))
	must(t, g.Read(within(t, patience), got))
	return got
}

// A column with holes, beyond its end and beside other points, in each version.
func TestReads_Columns(t *testing.T) {
	a := start(t)
	for _, params := range [][]string{{"version", "1"}, {"max_objects", "7"}, secure} {
		var points []connect.Point
		for i := 44; i > 0; i-- { // the last four are not there
			points = append(points, connect.Point{Address: fmt.Sprint(own, "7.", i), Kind: plant.KindNumber})
		}
		points = append(points, connect.Point{Address: "sysUpTime.0", Kind: plant.KindNumber}, connect.Point{Address: own + "4.0", Kind: plant.KindNumber})
		got := read(t, conntest.Open(t, snmp.New(), a.device(params...)), points...)
		for i := range 44 {
			row := 44 - i
			switch r := got[i]; {
			case row > 40 && !errors.Is(r.Err, connect.ErrUnconfigured):
				t.Errorf("%v: row %d = %+v; want ErrUnconfigured", params, row, r)
			case row <= 40 && (r.Err != nil || r.Number != float64(99+row)):
				t.Errorf("%v: row %d = %+v; want %d", params, row, r, 99+row)
			}
		}
		if r := got[44]; r.Err != nil {
			t.Errorf("%v: up time %+v", params, r)
		}
		if r := got[45]; r.Err != nil || r.Number != 21.5 {
			t.Errorf("%v: a number in a text %+v", params, r)
		}
	}
}

// Who may only read cannot write, a wrong password opens nothing, and texts with
// numbers are written as such.
func TestRights(t *testing.T) {
	a := start(t)
	w := conntest.Open(t, snmp.New(), a.device("community", "reader")).(connect.Writer)
	point := connect.Point{Address: own + "1.0", Kind: plant.KindNumber}
	if err := w.Write(within(t, patience), point, 1.0); !errors.Is(err, connect.ErrRefused) && !errors.Is(err, connect.ErrUnconfigured) {
		t.Errorf("a reader writes: %v", err)
	}
	wrong := append([]string(nil), secure...)
	wrong[7] = "wrongpassword"
	if _, err := snmp.New().Open(within(t, patience), a.device(wrong...)); err == nil {
		t.Error("a wrong password opens")
	}
	if _, err := snmp.New().Open(within(t, patience), a.device("community", "nobody", "timeout", "100ms")); err == nil {
		t.Error("a wrong community opens")
	}
	text := connect.Point{Address: own + "4.0", Kind: plant.KindNumber}
	c := conntest.Open(t, snmp.New(), a.device())
	must(t, c.(connect.Writer).Write(within(t, patience), text, -3.25))
	if r := read(t, c, text)[0]; r.Number != -3.25 {
		t.Errorf("%+v", r)
	}
}

// Everything is found by asking what follows, branch by branch.
func TestBrowseDiscoverTest(t *testing.T) {
	a := start(t)
	b := conntest.Open(t, snmp.New(), a.device()).(connect.Browser)
	list := func(parent string) map[string]connect.Browsed {
		t.Helper()
		all, err := b.Browse(within(t, patience), parent)
		must(t, err)
		out := map[string]connect.Browsed{}
		for _, x := range all {
			out[x.Address] = x
		}
		return out
	}
	if top := list(""); !top["1.3.6.1.2"].Folder || !top["1.3.6.1.4"].Folder || len(top) > 10 {
		t.Errorf("top %+v", top)
	}
	if system := list("1.3.6.1.2.1.1"); system["1.3.6.1.2.1.1.4.0"] != (connect.Browsed{Address: "1.3.6.1.2.1.1.4.0", Name: "sysContact.0", Kind: plant.KindText}) ||
		system["1.3.6.1.2.1.1.3.0"].Kind != plant.KindNumber {
		t.Errorf("system %+v", system)
	}
	if column := list(own + "7"); len(column) != 40 || column[own+"7.40"].Folder {
		t.Errorf("column %+v", column)
	}
	host, port, _ := strings.Cut(a.address, ":")
	found, err := snmp.New().Discover(within(t, patience), host+":"+port+" community reader")
	must(t, err)
	if len(found) != 1 || found[0].Device.Params["community"] != "reader" || !strings.Contains(found[0].Title, "1.3.6.1.4.1.8072.3.2.10") ||
		found[0].Identity.Serial != "SN-0815" || found[0].Identity.Product == "" {
		t.Errorf("found %+v", found)
	}
	c := conntest.Open(t, snmp.New(), found[0].Device)
	if r := read(t, c, connect.Point{Address: "sysObjectID.0", Kind: plant.KindText})[0]; r.Text != "1.3.6.1.4.1.8072.3.2.10" {
		t.Errorf("identity %+v", r)
	}
	says, err := snmp.New().Test(within(t, patience), a.device(secure...))
	if err != nil || !strings.Contains(says, "SNMP version 3 answers") {
		t.Errorf("%q, %v", says, err)
	}
}

// between stands between driver and agent and spoils answers.
func between(t *testing.T, a *agent, spoil func(n int, answer []byte) [][]byte) plant.Device {
	t.Helper()
	front, err := net.ListenPacket("udp", "127.0.0.1:0")
	must(t, err)
	back, err := net.Dial("udp", a.address)
	must(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 65536)
		for n := 0; ; n++ {
			size, from, err := front.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = back.Write(buf[:size])
			_ = back.SetReadDeadline(time.Now().Add(patience))
			if size, err = back.Read(buf); err != nil {
				return
			}
			for _, out := range spoil(n, append([]byte(nil), buf[:size]...)) {
				_, _ = front.WriteTo(out, from)
			}
		}
	}()
	t.Cleanup(func() { _ = front.Close(); _ = back.Close(); <-done })
	d := a.device()
	d.Address = front.LocalAddr().String()
	return d
}

// A late answer, or one that comes twice, never gives another point's value.
func TestHostile_LateAndDouble(t *testing.T) {
	a := start(t)
	var late []byte
	d := between(t, a, func(n int, answer []byte) [][]byte {
		out := [][]byte{late, answer, answer} // the last question's comes first
		if late = answer; out[0] == nil {
			out = out[1:]
		}
		return out
	})
	c := conntest.Open(t, snmp.New(), d)
	for i := range 200 {
		row := 1 + i*7%40
		r := read(t, c, connect.Point{Address: fmt.Sprint(own, "7.", row), Kind: plant.KindNumber})[0]
		if r.Err != nil || r.Number != float64(99+row) {
			t.Fatalf("question %d, row %d: %+v", i, row, r)
		}
	}
}

// What is no answer gives no value, and the next question is answered.
func TestHostile_NoAnswer(t *testing.T) {
	a := start(t)
	f := func(name string, spoil func(answer []byte) [][]byte) {
		t.Run(name, func(t *testing.T) {
			good := make(chan bool, 1)
			good <- true
			d := between(t, a, func(_ int, answer []byte) [][]byte {
				ok := <-good
				good <- ok
				if ok {
					return [][]byte{answer}
				}
				return spoil(answer)
			})
			d.Params["timeout"] = "100ms"
			c := conntest.Open(t, snmp.New(), d)
			p := connect.Point{Address: own + "2.0", Kind: plant.KindNumber}
			g, err := c.Prepare([]connect.Point{p})
			must(t, err)
			<-good
			good <- false
			got := make([]connect.Reading, 1)
			if err := g.Read(within(t, patience), got); err == nil && got[0].Err == nil {
				t.Errorf("a value: %+v", got[0])
			}
			<-good
			good <- true
			if err := g.Read(within(t, patience), got); err != nil || got[0].Number != 4000000000 {
				t.Errorf("after it %+v, %v", got[0], err)
			}
		})
	}
	f("silence", func([]byte) [][]byte { return nil })
	f("cut off", func(b []byte) [][]byte { return [][]byte{b[:len(b)/2]} })
	f("empty", func([]byte) [][]byte { return [][]byte{{}} })
	f("garbage", func([]byte) [][]byte { return [][]byte{[]byte("HTTP/1.1 400 Bad Request\r\n\r\n")} })
	f("too long", func(b []byte) [][]byte { return [][]byte{append(b, make([]byte, 4000)...)[4:]} })
	f("of another object", func(b []byte) [][]byte { // the last number of the identifier, 2.0 to 3.0
		at := strings.Index(string(b), "\x02\x00\x42")
		if at < 0 {
			return nil
		}
		b[at] = 3
		return [][]byte{b}
	})
	f("not an answer", func(b []byte) [][]byte {
		b[strings.IndexByte(string(b), 0xa2)] = 0xa0
		return [][]byte{b}
	})
	f("without a number", func(b []byte) [][]byte {
		at := strings.IndexByte(string(b), 0xa2) + 2 // the request id: type, length, bytes
		for i := range int(b[at+1]) {
			b[at+2+i] = 0
		}
		return [][]byte{b}
	})
}

// A write whose answer is lost is not sent again: the device may have the value.
// One that does not fit is not sent at all.
func TestWrite_Once(t *testing.T) {
	a := start(t)
	asked := make(chan int, 100)
	d := between(t, a, func(n int, answer []byte) [][]byte {
		asked <- n
		if n > 4 { // three for who it is, one for the present value and its type
			return nil
		}
		return [][]byte{answer}
	})
	d.Params["timeout"] = "100ms"
	w := conntest.Open(t, snmp.New(), d).(connect.Writer)
	point := connect.Point{Address: own + "1.0", Kind: plant.KindNumber}
	if err := w.Write(within(t, patience), point, 1.5); !errors.Is(err, connect.ErrNotWritten) {
		t.Errorf("a fraction: %v; want ErrNotWritten", err)
	}
	if err := w.Write(within(t, patience), point, 8.0); err == nil || errors.Is(err, connect.ErrNotWritten) || errors.Is(err, connect.ErrRefused) {
		t.Errorf("a lost answer: %v; want that nothing is known", err)
	}
	if r := read(t, conntest.Open(t, snmp.New(), a.device()), point)[0]; r.Number != 8 {
		t.Errorf("%+v; want that the device has it", r)
	}
	if len(asked) != 6 { // who, who, who, now; now, set
		t.Errorf("%d questions; want 6", len(asked))
	}
}
