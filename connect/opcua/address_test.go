package opcua

import (
	"strings"
	"testing"
)

// Way addresses in their parts, and written back as they were.
func TestAddress_BrowseNames(t *testing.T) {
	const tool = "http://opcfoundation.org/UA/MachineTool/"
	f := func(in string, want address) {
		t.Helper()
		got, err := parseAddress(in)
		if err != nil {
			t.Errorf("parseAddress(%q): %v", in, err)
			return
		}
		if got.kind != want.kind || wayOf(got.object) != wayOf(want.object) || got.number != want.number || got.method != want.method || wayOf(got.way) != wayOf(want.way) {
			t.Errorf("parseAddress(%q) = %+v; want %+v", in, got, want)
		}
		if got.String() != in {
			t.Errorf("%q is written back as %q", in, got)
		}
	}
	f("path=/Machines/["+tool+"]Production", address{way: []step{{"", "Machines"}, {tool, "Production"}}})
	f("path=/a%2Fb/50%25 %28x%29/%5B1]", address{way: []step{{"", "a/b"}, {"", "50% (x)"}, {"", "[1]"}}})
	f("type=["+tool+"]MachineToolType/Monitoring", address{kind: step{tool, "MachineToolType"}, way: []step{{"", "Monitoring"}}})
	f("type=["+tool+"]MachineToolType(CNC-01)/["+tool+"]Monitoring/磨削", address{
		kind: step{tool, "MachineToolType"}, object: []step{{"", "CNC-01"}}, way: []step{{tool, "Monitoring"}, {"", "磨削"}},
	})
	f("type=[urn:r]AxisType#2([urn:hall]Line 1/Robot%29)/x", address{
		kind: step{"urn:r", "AxisType"}, number: 2, object: []step{{"urn:hall", "Line 1"}, {"", "Robot)"}}, way: []step{{"", "x"}},
	})
	f("type=[urn:r]Odd%23Type/x", address{kind: step{"urn:r", "Odd#Type"}, way: []step{{"", "x"}}})
	f("method=path=/Machine/Start", address{method: true, way: []step{{"", "Machine"}, {"", "Start"}}})
	f("method=type=["+tool+"]MachineToolType/Start", address{method: true, kind: step{tool, "MachineToolType"}, way: []step{{"", "Start"}}})
	for _, bad := range []string{
		"path=", "path=Machines", "path=/", "path=//x", "path=/[x", "path=/[]x", "path=/[u]", "path=/a/", "type=MachineToolType/x", "type=[]T/x", "type=[u]T",
		"type=[u]T(a/x", "type=[u](a)/x", "type=[u]T()/x", "type=[u]T(a/)/x", "type=[u]T#0/x", "type=[u]T#01/x", "type=[u]T#/x", "type=[u]T#1000/x", "type=[u]#1/x", "method=path=/x", "method=nsu=urn:a;s=b", "path=/" + strings.Repeat("x", 5000), "path=/a\x00", "path=" + strings.Repeat("/x", 65),
	} {
		if a, err := parseAddress(bad); err == nil || !strings.Contains(err.Error(), "write nsu=<namespace uri>") {
			t.Errorf("parseAddress(%.30q) = %+v, %v; want an error that says what to write", bad, a, err)
		}
	}
}

// FuzzAddress: what is read is written back the same and read again.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"path=/a/[u]b", "type=[u]T(x)/y", "type=[u]T#3([v]x/z)/y", "method=path=/a/b", "nsu=urn:x;s=y", "path=/%2F%25"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := parseAddress(s)
		if err != nil || len(a.way) == 0 {
			return
		}
		b, err := parseAddress(a.String())
		if err != nil || b.String() != a.String() || wayOf(b.way) != wayOf(a.way) || wayOf(b.object) != wayOf(a.object) || b.number != a.number || b.kind != a.kind {
			t.Errorf("%q is %+v; written as %q it is %+v, %v", s, a, a, b, err)
		}
	})
}

func TestSearch_HostsAndPorts(t *testing.T) {
	f := func(in string, want ...string) {
		t.Helper()
		got, err := parseSearch(in)
		if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("parseSearch(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	f("192.168.1.20", "opc.tcp://192.168.1.20:4840")
	f("192.168.1.20:4841", "opc.tcp://192.168.1.20:4841")
	f("192.168.1.1-3:4841", "opc.tcp://192.168.1.1:4841", "opc.tcp://192.168.1.2:4841", "opc.tcp://192.168.1.3:4841")
	f("10.0.0.0/30", "opc.tcp://10.0.0.0:4840", "opc.tcp://10.0.0.1:4840", "opc.tcp://10.0.0.2:4840", "opc.tcp://10.0.0.3:4840")
	f("press-4.hall.example", "opc.tcp://press-4.hall.example:4840")
	f("opc.tcp://h:1/UA", "opc.tcp://h:1/UA")
	for _, bad := range []string{"", "10.0.0.0/16", "10.0.0.9-3", "10.0.0.1-300", "h:0", "h:x", "a b", "http://h"} {
		if got, err := parseSearch(bad); err == nil || !strings.Contains(err.Error(), "write for example") {
			t.Errorf("parseSearch(%q) = %v, %v; want what to write instead", bad, got, err)
		}
	}
}
