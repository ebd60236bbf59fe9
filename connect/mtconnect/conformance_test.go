package mtconnect_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"zhigai/connect"
	"zhigai/connect/conntest"
	"zhigai/connect/mtconnect"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// machine is a simulated machine whose signals stand still: set points.
var machine = []sim.Signal{
	{Name: "feed.override", Kind: plant.KindNumber, At: "Controller/Path PATH_FEEDRATE_OVERRIDE PROGRAMMED", Writable: true},
	{Name: "part.target", Kind: plant.KindNumber, At: "target", Scale: 0.5, Writable: true},
	{Name: "setpoint.zone1", Kind: plant.KindNumber, At: "Systems/Heating[zone1] TEMPERATURE", Writable: true},
	{Name: "x.note", Kind: plant.KindText, At: "note"},
}

// server is a machine of sim that can be pulled off and put back.
type server struct {
	t      *testing.T
	kind   sim.Kind
	at     string
	cancel context.CancelFunc
	device plant.Device
}

func serve(t *testing.T, driver string, signals []sim.Signal) *server {
	t.Helper()
	s := &server{t: t, at: "127.0.0.1:" + peer.Port(t), kind: sim.Kind{ID: "x", Class: "lathe", Protocol: driver, Signals: signals}}
	s.start()
	t.Cleanup(func() { s.cancel() })
	return s
}

func (s *server) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	var err error
	s.device, err = sim.Serve(ctx, s.kind, s.at, 1)
	must(s.t, err)
	s.device.Params = map[string]string{"timeout": "2s"}
}

// stop returns when nobody listens any more.
func (s *server) stop() {
	s.t.Helper()
	s.cancel()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		c, err := net.Dial("tcp", s.at)
		if err != nil {
			return
		}
		_ = c.Close()
	}
	s.t.Fatal("still listens")
}

// What every driver promises. No foreign agent or adapter is to be had for
// tests: the parties are this project's own simulated machines, whose documents
// are held against the published schemas in sim.
func TestConformance_Agent(t *testing.T) {
	s := serve(t, mtconnect.Kind, machine)
	conntest.Run(t, conntest.Party{
		Driver: mtconnect.New(options()), Device: s.device, Timeout: 5 * time.Second,
		Values: []conntest.Value{
			{Address: "Path PATH_FEEDRATE_OVERRIDE PROGRAMMED", Kind: plant.KindNumber, Number: 100},
			{Address: "target", Kind: plant.KindNumber, Number: 60},
			{Address: "Heating[zone1] TEMPERATURE", Kind: plant.KindNumber, Number: 780},
			{Address: "avail", Kind: plant.KindBoolean, Number: 1},
			{Address: "Device AVAILABILITY", Kind: plant.KindText, Text: "AVAILABLE"},
			{Address: "note", Kind: plant.KindText},
		},
		Missing:     connect.Point{Address: "nowhere", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "Path Execution", Kind: plant.KindText},
		WrongDevice: plant.Device{Driver: mtconnect.Kind, Address: "192.168.1.20:5000"},
		Stop:        s.stop, Start: s.start,
	})
}

func TestConformance_Adapter(t *testing.T) {
	s := serve(t, mtconnect.AdapterKind, machine)
	conntest.Run(t, conntest.Party{
		Driver: mtconnect.NewAdapter(options()), Device: s.device, Timeout: 5 * time.Second,
		Values: []conntest.Value{
			{Address: "target", Kind: plant.KindNumber, Number: 60},
			{Address: "avail", Kind: plant.KindText, Text: "AVAILABLE"},
			{Address: "avail", Kind: plant.KindBoolean, Number: 1},
			{Address: "note", Kind: plant.KindText},
		},
		Missing:     connect.Point{Address: "nowhere", Kind: plant.KindNumber},
		WrongPoint:  connect.Point{Address: "Path EXECUTION", Kind: plant.KindText},
		WrongDevice: plant.Device{Driver: mtconnect.AdapterKind, Address: "10.0.0.1"},
		Stop:        s.stop, Start: s.start,
	})
}

func TestDiscoverTestBrowse(t *testing.T) {
	p := newPaper(t)
	d := mtconnect.New(options())
	where := strings.TrimPrefix(p.server.URL, "http://")
	found, err := d.Discover(within(t, patience), where)
	must(t, err)
	if len(found) != 1 || found[0].Title != "VMC Sys V1 serial number 7" || found[0].Device.Address != p.server.URL+"/VMC" ||
		found[0].Identity != (connect.Identity{Vendor: "Sys", Product: "V1", Serial: "7"}) {
		t.Errorf("%+v", found)
	}
	if again, err := d.Discover(within(t, patience), p.server.URL); err != nil || len(again) != 1 || again[0].Title != found[0].Title {
		t.Errorf("at its address %+v, %v", again, err)
	}
	if none, err := d.Discover(within(t, patience), "127.0.0.1:"+peer.Port(t)); err != nil || len(none) != 0 {
		t.Errorf("where nobody is: %+v, %v", none, err)
	}
	for _, wrong := range []string{"http://", "host/x", "http://host/a/b", "http://u:p@host"} {
		if _, err := d.Discover(within(t, patience), wrong); err == nil || !strings.Contains(err.Error(), "write") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	says, err := d.Test(within(t, patience), found[0].Device)
	if err != nil || says != "MTConnect 1.3: VMC Sys V1 serial number 7, 6 data items" {
		t.Errorf("%q, %v", says, err)
	}
	other := found[0].Device
	other.Address = p.server.URL + "/LATHE"
	if _, err := d.Open(within(t, patience), other); err == nil || !strings.Contains(err.Error(), "it has VMC") {
		t.Errorf("a device that the agent has not: %v", err)
	}
	c := conntest.Open(t, d, found[0].Device).(connect.Browser)
	list := func(parent string) (out []string) {
		t.Helper()
		all, err := c.Browse(within(t, patience), parent)
		must(t, err)
		for _, b := range all {
			out = append(out, b.Address+" "+b.Name+" "+string(b.Kind))
		}
		return out
	}
	for parent, want := range map[string]string{
		"":       "a Axes |c Controller |assets Assets |av avail AVAILABILITY text",
		"x":      "xl Xload LOAD PERCENT number|pos PATH_POSITION MILLIMETER_3D number",
		"c":      "p Path |sys SYSTEM enumeration",
		"assets": "t1 CuttingTool t1 ",
	} {
		if got := strings.Join(list(parent), "|"); got != want {
			t.Errorf("%q: %s; want %s", parent, got, want)
		}
	}
	if _, err := c.Browse(within(t, patience), "nowhere"); err == nil {
		t.Error("a component that is not there: no error")
	}
}

// Every version's namespace is read.
func TestRead_EveryVersion(t *testing.T) {
	for _, version := range []string{"1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7"} {
		p := newPaper(t)
		p.version = version
		c := conntest.Open(t, mtconnect.New(options()), p.device())
		points := []connect.Point{
			number("Linear[X] LOAD"), text("exec"),
			{Address: "exec#READY,ACTIVE", Kind: plant.KindEnumeration},
			number("pos#z"),
			{Address: "sys#level", Kind: plant.KindEnumeration},
			text("prog"), number("pos"), number("prog"),
			{Address: "exec#ACTIVE,STOPPED", Kind: plant.KindEnumeration},
		}
		g, err := c.Prepare(points)
		must(t, err)
		dst := make([]connect.Reading, len(points))
		must(t, g.Read(within(t, patience), dst))
		if dst[0].Number != 12.5 || dst[1].Text != "READY" || dst[2].Number != 0 || dst[2].Err != nil || dst[3].Number != 3.5 || dst[4].Err != nil || dst[5].Text != "O<轴承>" {
			t.Errorf("%s: %+v", version, dst)
		}
		for _, r := range dst[6:] {
			if !strings.Contains(r.Err.Error(), "decoded") {
				t.Errorf("%s: %+v; want that it cannot be decoded", version, r)
			}
		}
	}
}
