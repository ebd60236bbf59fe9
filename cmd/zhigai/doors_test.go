package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// doors are the ways into a node beside HTTP (whose paths outside of the contract
// are in [foreign]), each with a test of what it shows to whom.
var doors = []struct{ door, dir, test string }{
	{"MQTT: a gateway publishes and reads for the machines that are its own", "../../connect/mqtt", "TestGatekeeper_Rights"},
	{"webhooks: a machine posts with a word of its own", "../../connect/httpjson", "TestHook_Refuses"},
	{"link: a node below speaks of itself alone", "../../link/nats", "TestGate_OwnSubjectsOnly"},
	{"link: a key that was revoked or copied", "../../link/nats", "TestRevocation_CutsAndRefuses"},
	{"samples for a node above: what the firm granted, while it does", "../../evidence/requests", "TestRequests_AskedGrantedSeenWithdrawn"},
	{"north: tags of the places that a target was given", "../../north", "TestMQTT_SharedTagsOverTLSWithPassword"},
	{"files of machines: nothing outside of the folder", "../../connect/files", "TestFiles_StaysInside"},
	{"pprof: this machine, unless an address is named", ".", "TestProfiles_ThisMachineUnlessNamed"},
	{"control socket: the user that the node runs as", ".", "TestControlSocket_OfItsOwnerAlone"},
}

// listeners are the files of the program that open one, and why that is no door
// without a test.
var listeners = map[string]string{
	"control.go": "the control socket", "watch.go": "pprof", "listen.go": "HTTP: the contract and foreign",
	"demo.go": "simulated machines on loopback, which hold nothing", "province.go": "a free port of loopback, closed at once",
}

var opens = regexp.MustCompile(`\bnet\.Listen\w*\(|\.Listen\("`)

// TestDoors: every door has its test, and no file of the program opens another.
func TestDoors(t *testing.T) {
	t.Parallel()
	for _, d := range doors {
		files, err := filepath.Glob(filepath.Join(d.dir, "*_test.go"))
		must(t, err)
		if !slices.ContainsFunc(files, func(name string) bool {
			raw, err := os.ReadFile(name)
			must(t, err)
			return strings.Contains(string(raw), "\nfunc "+d.test+"(t *testing.T)")
		}) {
			t.Errorf("%s: %s has no %s", d.door, d.dir, d.test)
		}
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	found := 0
	for _, name := range files {
		raw, err := os.ReadFile(name)
		must(t, err)
		if strings.HasSuffix(name, "_test.go") || !opens.Match(raw) {
			continue
		}
		found++
		if listeners[name] == "" {
			t.Errorf("%s opens a listener: write into listeners what it is, and into doors the test of what it shows to whom", name)
		}
	}
	if found < 3 {
		t.Errorf("only %d files open a listener: the test does not see them", found)
	}
}

// TestControlSocket_OfItsOwnerAlone: nobody but the user of the node gets in by
// the socket, which asks for no password.
func TestControlSocket_OfItsOwnerAlone(t *testing.T) {
	t.Parallel()
	n, _ := nodeAndAPI(t, twoLathes, time.Now(), func(*node) {})
	must(t, n.serveControl(t.Context(), n.dir))
	info, err := os.Stat(filepath.Join(n.dir, controlName))
	if must(t, err); info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is open to %s; want its owner alone", info.Mode())
	}
}
