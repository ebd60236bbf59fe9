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
// extra namespaces before their own.
func hall(t *testing.T, extra string) (*opcua.Driver, plant.Device) {
	t.Helper()
	t.Parallel()
	port := peer.Port(t)
	p := peer.Node(t, "../..", "opcua/companion.js", port, t.TempDir(), extra)
	p.Wait("listening")
	return newDriver(t, t.TempDir()), plant.Device{Driver: opcua.Kind, Address: "opc.tcp://127.0.0.1:" + port, Params: map[string]string{"policy": "None"}}
}

func TestCompanion(t *testing.T) {
	d, dev := hall(t, "3")
	t.Run("recognised by type", func(t *testing.T) { recognised(t, d, dev) })
	t.Run("addresses by name and type", func(t *testing.T) { addressed(t, d, dev) })
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
	found, err := d.Discover(within(t), strings.TrimPrefix(dev.Address, "opc.tcp://"))
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Title, "CNC-01 by Machine Tools") || found[0].Device.Params["policy"] != "None" {
		t.Errorf("Discover = %+v, %v", found, err)
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
	cases := []struct {
		address string
		kind    plant.TagKind
		number  float64
		text    string
		err     error
		words   string
	}{
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
