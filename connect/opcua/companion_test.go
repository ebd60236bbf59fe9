package opcua_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"zhigai/connect"
	"zhigai/connect/opcua"
	"zhigai/connect/peer"
	"zhigai/plant"
)

const toolURI = "http://opcfoundation.org/UA/MachineTool/"

// hall is a server of machines that follow companion specifications, with
// extra namespaces before their own and node sets in another order.
func hall(t *testing.T, order ...string) (*opcua.Driver, plant.Device) {
	t.Helper()
	t.Parallel()
	port := peer.Port(t)
	p := peer.Node(t, "../..", "opcua/companion.js", append([]string{port, t.TempDir()}, order...)...)
	p.Wait("listening")
	return newDriver(t, t.TempDir()), plant.Device{Driver: opcua.Kind, Address: "opc.tcp://127.0.0.1:" + port, Params: map[string]string{"policy": "None"}}
}

// Nothing depends on the order in which a server loads its node sets.
func TestCompanion(t *testing.T) {
	for _, order := range [][]string{{"3"}, {"1", "turned"}} {
		t.Run(strings.Join(order, " "), func(t *testing.T) {
			d, dev := hall(t, order...)
			t.Run("recognised by type", func(t *testing.T) { recognised(t, d, dev) })
			t.Run("each machine found", func(t *testing.T) { found(t, d, dev) })
			t.Run("addresses by name and type", func(t *testing.T) { addressed(t, d, dev) })
			t.Run("within one machine", func(t *testing.T) { ofOneMachine(t, d, dev, len(order) > 1) })
		})
	}
}

// Every machine of a server is a device of its own, with the specification it
// follows and what its nameplate says.
func found(t *testing.T, d *opcua.Driver, dev plant.Device) {
	got, err := d.Discover(within(t), dev.Address)
	must(t, err)
	want := map[string]connect.Found{
		"CNC-01":  {Model: "OPC 40501-1", Identity: connect.Identity{Vendor: "Maker of tools", Product: "MT-5", Serial: "CNC-01-4711"}},
		"CNC-02":  {Model: "OPC 40501-1", Identity: connect.Identity{Vendor: "Maker of tools", Serial: "CNC-02-4711"}},
		"Packer":  {Model: "OPC 30050"},
		"Robot-1": {Model: "OPC 40010-1", Identity: connect.Identity{Vendor: "Maker of robots", Product: "R-10", Serial: "R-0815"}},
		"Press-1": {Model: "OPC 40001-1", Identity: connect.Identity{Vendor: "Maker of presses", Serial: "P-99"}},
		"test":    {Model: "OPC 40502"}, // an example that stands in the node set of CNC systems itself
	}
	if len(got) != len(want) {
		t.Errorf("%d machines found; want %d: %+v", len(got), len(want), got)
	}
	for _, f := range got {
		w := want[f.Device.Params["object"]]
		if f.Model != w.Model || f.Identity != w.Identity || f.Device.Params["policy"] != "None" || f.Device.Driver != opcua.Kind {
			t.Errorf("%+v; want %+v", f, w)
		}
		if !strings.HasPrefix(f.Title, f.Device.Params["object"]+" by ") || !strings.Contains(f.Title, "NodeOPCUA") {
			t.Errorf("title %q", f.Title)
		}
	}
}

// Machines are recognised by the types of their objects, wherever they stand
// and whatever number their namespaces have.
func recognised(t *testing.T, d *opcua.Driver, dev plant.Device) {
	text, err := d.Test(within(t), dev)
	must(t, err)
	for _, want := range []string{
		"CNC-01 by Machine Tools (OPC 40501-1)", "CNC-02 by Machine Tools", "Packer by PackML (OPC 30050)",
		"Robot-1 by Robotics (OPC 40010-1)", "Press-1 by Machinery (OPC 40001-1)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("Test = %q; want %q in it", text, want)
		}
	}
	c, err := d.Open(within(t), dev)
	must(t, err)
	defer c.Close()
	machines, err := c.(connect.Browser).Browse(within(t), "path=/Machines")
	must(t, err)
	i := slices.IndexFunc(machines, func(b connect.Browsed) bool { return b.Name == "CNC-01" })
	if i < 0 || !strings.Contains(machines[i].Model, "40501") || machines[i].Path != "path=/Machines/[urn:zhigai.test:hall]CNC-01" {
		t.Errorf("Browse of the machines = %+v", machines)
	}
}

// A profile's addresses are names of the specification: they hold on every
// server that follows it.
func addressed(t *testing.T, d *opcua.Driver, dev plant.Device) {
	c, err := d.Open(within(t), dev)
	must(t, err)
	defer c.Close()
	tool := "type=[" + toolURI + "]MachineToolType"
	cases := []said{
		{tool + "(CNC-01)/Production/ActiveProgram/NumberInList", plant.KindNumber, 7, "", nil, ""},
		{tool + "(CNC-02)/[" + toolURI + "]Production/[" + toolURI + "]ActiveProgram/[http://opcfoundation.org/UA/]NumberInList", plant.KindNumber, 8, "", nil, ""},
		{tool + "(CNC-02)/Identification/SerialNumber", plant.KindText, 0, "CNC-02-4711", nil, ""},
		{"path=/Machines/CNC-01/Identification/SerialNumber", plant.KindText, 0, "CNC-01-4711", nil, ""},
		{"type=[http://opcfoundation.org/UA/PackML/]PackMLBaseObjectType/Status/CurMachSpeed", plant.KindNumber, 42.5, "", nil, ""},
		{tool + "/Production/ActiveProgram/NumberInList", plant.KindNumber, 0, "", connect.ErrUnconfigured, "CNC-01, CNC-02"},
		{tool + "(CNC-09)/Production", plant.KindNumber, 0, "", connect.ErrUnconfigured, "CNC-01, CNC-02"},
		{"path=/Machines/CNC-01/Absent", plant.KindNumber, 0, "", connect.ErrUnconfigured, "Production"},
		{"path=/[urn:nowhere]Machines", plant.KindNumber, 0, "", connect.ErrUnconfigured, "urn:nowhere"},
		{"type=[" + toolURI + "]NoSuchType/x", plant.KindNumber, 0, "", connect.ErrUnconfigured, "no object of type"},
	}
	readEach(t, d, c, cases)
}

// said is what a point is to say.
type said struct {
	address string
	kind    plant.TagKind
	number  float64
	text    string
	err     error
	words   string
}

func readEach(t *testing.T, d *opcua.Driver, c connect.Conn, cases []said) {
	t.Helper()
	var points []connect.Point
	for _, one := range cases {
		must(t, d.CheckPoint(one.address, one.kind))
		points = append(points, connect.Point{Address: one.address, Kind: one.kind})
	}
	g, err := c.Prepare(points)
	must(t, err)
	got := make([]connect.Reading, len(points))
	must(t, g.Read(within(t), got))
	for i, one := range cases {
		r := got[i]
		if !errors.Is(r.Err, one.err) || r.Err == nil && (r.Number != one.number || r.Text != one.text) {
			t.Errorf("%s = %+v; want %v %q %v", one.address, r, one.number, one.text, one.err)
		}
		if one.err != nil && !strings.Contains(r.Err.Error(), one.words) {
			t.Errorf("%s: %v; want %q in it", one.address, r.Err, one.words)
		}
	}
}

// A device that is one machine of a server: addresses of its type are found
// within it alone, a machine may have them and another not, and a state is told
// by the name of the state, in no language.
func ofOneMachine(t *testing.T, d *opcua.Driver, dev plant.Device, turned bool) {
	const (
		tool     = "type=[" + toolURI + "]MachineToolType/"
		plate    = "type=[http://opcfoundation.org/UA/Machinery/]MachineIdentificationType/"
		state    = "type=[http://opcfoundation.org/UA/Machinery/]MachineryItemState_StateMachineType/"
		packer   = "type=[http://opcfoundation.org/UA/PackML/]PackMLBaseObjectType/"
		robotics = "type=[http://opcfoundation.org/UA/Robotics/]"
	)
	good := func(address, text string) said { return said{address: address, kind: plant.KindText, text: text} }
	number := func(address string, n float64) said { return said{address: address, kind: plant.KindNumber, number: n} }
	absent := func(address, words string) said {
		return said{address: address, kind: plant.KindText, err: connect.ErrUnconfigured, words: words}
	}
	// The machine tools of the other server are in each other's state.
	first, second, text, state2, parts := "Running", "Interrupted", "Läuft", 3.0, 1234.0
	if turned {
		first, second, text, state2, parts = "Interrupted", "Running", "Unterbrochen", 1, 1240
	}
	for object, cases := range map[string][]said{
		"CNC-01": {
			good(plate+"SerialNumber", "CNC-01-4711"), good(tool+"Production/ActiveProgram/Name", "O1000"),
			good(tool+"Production/ActiveProgram/State/CurrentState/Id", first), good(tool+"Production/ActiveProgram/State/CurrentState", text),
			number(tool+"Production/Statistics/PartsProducedInLifetime", parts), good(state+"CurrentState/Id", "Executing"),
		},
		"Machines/CNC-02": {
			good(plate+"SerialNumber", "CNC-02-4711"), number(tool+"Production/ActiveProgram/State/CurrentState/Number", state2),
			good(tool+"Production/ActiveProgram/State/CurrentState/Id", second),
			absent(tool+"Production/Statistics/PartsProducedInLifetime", "there is no Statistics"),
			absent(state+"CurrentState/Id", "the object Machines/CNC-02 has no object of type"), absent(packer+"Status/CurMachSpeed", "has no object of type"),
		},
		"[urn:zhigai.test:hall]Robot-1": {
			number(robotics+"AxisType#1/ParameterSet/ActualPosition", 10), number(robotics+"AxisType#2/ParameterSet/ActualPosition", 20),
			number(robotics+"AxisType#3/ParameterSet/ActualPosition", 100), number(robotics+"AxisType(A2)/ParameterSet/ActualPosition", 20),
			absent(robotics+"AxisType#4/ParameterSet/ActualPosition", "has 3 objects"), absent(robotics+"AxisType/ParameterSet/ActualPosition", "A1, A2, A10"),
		},
		"Nobody": {absent(plate+"SerialNumber", "the object Nobody has no object of type")},
	} {
		dev.Params = map[string]string{"policy": "None", "object": object}
		must(t, d.CheckDevice(dev))
		c, err := d.Open(within(t), dev)
		must(t, err)
		readEach(t, d, c, cases)
		must(t, c.Close())
	}
	dev.Params = map[string]string{"object": "a//b"}
	if err := d.CheckDevice(dev); err == nil || !strings.Contains(err.Error(), "write the machine's browse name") {
		t.Errorf("CheckDevice = %v", err)
	}
}
