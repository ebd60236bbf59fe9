package sim_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/shdr"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/sim"
)

// spoken is a machine with every form of data item.
var spoken = []sim.Signal{
	{Name: "machine.mode", Kind: plant.KindEnumeration, At: "Controller/Path CONTROLLER_MODE#MANUAL,MANUAL_DATA_INPUT,AUTOMATIC,EDIT"},
	{Name: "machine.running", Kind: plant.KindBoolean, At: "Controller/Path EXECUTION#=ACTIVE"},
	{Name: "machine.estop", Kind: plant.KindBoolean, At: "Controller EMERGENCY_STOP#=TRIGGERED"},
	{Name: "machine.door", Kind: plant.KindBoolean, At: "Door[front] DOOR_STATE"},
	{Name: "machine.alarm", Kind: plant.KindEnumeration, At: "Controller SYSTEM#level"},
	{Name: "stop.reason", Kind: plant.KindNumber, At: "Controller SYSTEM#code"},
	{Name: "machine.program", Kind: plant.KindText, At: "Controller/Path PROGRAM"},
	{Name: "machine.order", Kind: plant.KindText, At: "order"},
	{Name: "spindle.speed", Kind: plant.KindNumber, At: "Axes/Rotary[C] ROTARY_VELOCITY ACTUAL"},
	{Name: "spindle.load", Kind: plant.KindNumber, At: "load"},
	{Name: "x.position", Kind: plant.KindNumber, At: "Controller/Path PATH_POSITION ACTUAL#x"},
	{Name: "z.position", Kind: plant.KindNumber, At: "Controller/Path PATH_POSITION ACTUAL#z"},
	{Name: "energy.active", Kind: plant.KindNumber, At: "energy", Scale: 0.01},
	{Name: "coolant.on", Kind: plant.KindBoolean, At: "coolant"},
	{Name: "x.offset", Kind: plant.KindNumber, At: "offsets#key.G54"},
	{Name: "y.offset", Kind: plant.KindNumber, At: "offsets#key.G55"},
	{Name: "count.good", Kind: plant.KindNumber, At: "parts"},
}

func spokenMachine(t *testing.T, protocol string) plant.Device {
	t.Helper()
	d, err := sim.Serve(t.Context(), sim.Kind{ID: "x", Class: "lathe", Protocol: protocol, Signals: spoken}, "127.0.0.1:0", 1)
	must(t, err)
	return d
}

func get(t *testing.T, address string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	must(t, err)
	res, err := http.DefaultClient.Do(q)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(b)
}

func getDocument(t *testing.T, address string, kind document.Kind) *document.Document {
	t.Helper()
	_, text := get(t, address)
	d, err := document.Decode([]byte(text))
	must(t, err)
	if d.Kind != kind {
		t.Fatalf("%s: a %s document; want %s: %s", address, d.Kind, kind, text)
	}
	return d
}

// Every document of the agent is one by the schemas that the MTConnect Institute
// publishes. They are not part of this project: ZHIGAI_MTCONNECT_SCHEMAS names a
// folder with MTConnectDevices_2.0_1.0.xsd and the others of version 2.0.
func TestAgent_DocumentsAreValid(t *testing.T) {
	schemas := os.Getenv("ZHIGAI_MTCONNECT_SCHEMAS")
	if schemas == "" {
		t.Skip("ZHIGAI_MTCONNECT_SCHEMAS is not set: documents are not held against the published schemas")
	}
	xmllint := peer.Program(t, "xmllint", "apt-get install libxml2-utils")
	d := spokenMachine(t, "mtconnect")
	for question, kind := range map[string]document.Kind{
		"/probe": document.Devices, "/machine/probe": document.Devices, "/": document.Devices, "/current": document.Streams, "/machine/current": document.Streams,
		"/sample?count=1000": document.Streams, "/sample?path=//Path": document.Streams, "/assets": document.Assets, "/asset/t1": document.Error,
		"/nobody/current": document.Error, "/sample?from=99999999": document.Error, "/sample?count=0": document.Error, "/sample?count=x": document.Error,
		"/current?path=//[": document.Error, "/current?at=1": document.Error, "/a/b/c": document.Error, "/nothing": document.Error,
	} {
		_, text := get(t, d.Address+question)
		file := filepath.Join(t.TempDir(), "document.xml")
		must(t, os.WriteFile(file, []byte(text), 0o600))
		out, err := exec.Command(xmllint, "--nonet", "--noout", "--schema", filepath.Join(schemas, string(kind)+"_2.0_1.0.xsd"), file).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %s\n%s", question, out, text)
		}
	}
}

// The device that is described is the one that speaks: every data item has an
// observation of its element, and each signal says what it is.
func TestAgent_SaysWhatItIs(t *testing.T) {
	d := spokenMachine(t, "mtconnect")
	probe := getDocument(t, d.Address+"/probe", document.Devices)
	places := document.Places(&probe.Devices[0])
	now := getDocument(t, d.Address+"/current", document.Streams)
	byItem := map[string]document.Observation{}
	for _, o := range now.Observations {
		byItem[o.Item] = o
	}
	if len(places) != 15 || len(byItem) != len(places) || now.Header.Next != now.Header.Last+1 || now.Header.Instance != probe.Header.Instance {
		t.Errorf("%d items, %d observations, %+v", len(places), len(byItem), now.Header)
	}
	says := func(address string) string {
		t.Helper()
		a, err := document.ParseAddress(address)
		must(t, err)
		p, err := a.Find(places)
		must(t, err)
		o := byItem[p.Item.ID]
		if o.Category != p.Item.Category || o.Category != document.Condition && o.Type != document.ElementOf(p.Item.Type)+map[bool]string{true: "DataSet"}[p.Item.Representation == "DATA_SET"] {
			t.Errorf("%s: %+v of %+v", address, o, p.Item)
		}
		if o.Category == document.Condition {
			return o.Level
		}
		return o.Value
	}
	one := func(address string, words ...string) {
		t.Helper()
		got := says(address)
		if slices.Contains(words, got) {
			return
		}
		t.Errorf("%s says %q; want one of %q", address, got, words)
	}
	one("avail", "AVAILABLE")
	one("Path EXECUTION", "ACTIVE", "READY")
	one("Path CONTROLLER_MODE", "MANUAL", "AUTOMATIC", "EDIT")
	one("Controller EMERGENCY_STOP", "ARMED", "TRIGGERED")
	one("Door[front] DOOR_STATE", "OPEN", "CLOSED")
	one("coolant", "TRUE", "FALSE")
	one("Controller SYSTEM", "Normal", "Warning", "Fault")
	for _, address := range []string{"Rotary[C] ROTARY_VELOCITY ACTUAL", "load", "energy", "parts"} {
		if _, err := strconv.ParseFloat(says(address), 64); err != nil {
			t.Errorf("%s says %q; want a number", address, says(address))
		}
	}
	if n := len(strings.Fields(says("Path PATH_POSITION ACTUAL"))); n != 3 {
		t.Errorf("a position of %d numbers", n)
	}
	says("offsets")
	if a, _ := document.ParseAddress("offsets"); len(byItem[mustFind(t, a, places)].Entries) != 2 {
		t.Error("the set has not both its entries")
	}
}

func mustFind(t *testing.T, a document.Address, places []document.Place) string {
	t.Helper()
	p, err := a.Find(places)
	must(t, err)
	return p.Item.ID
}

func TestAgent_PathsAndErrors(t *testing.T) {
	d := spokenMachine(t, "mtconnect")
	count := func(path string) int {
		t.Helper()
		return len(getDocument(t, d.Address+"/current?path="+strings.ReplaceAll(path, " ", "%20"), document.Streams).Observations)
	}
	for path, want := range map[string]int{
		"//Axes": 1, "//Rotary[@name='C']": 1, `//DataItem[@type="PROGRAM"]`: 1, "//DataItem[@category='CONDITION']": 1, "//Path//DataItem": 10,
		"//Devices/Device//Controller": 12, "//Axes|//Door": 2, "//*": 15,
	} {
		if got := count(path); got != want {
			t.Errorf("%s: %d items; want %d", path, got, want)
		}
	}
	for question, want := range map[string]string{
		"/nobody/probe": "404 NO_DEVICE", "/sample?from=99999999": "404 OUT_OF_RANGE", "/sample?count=0": "404 OUT_OF_RANGE", "/sample?count=-1": "400 INVALID_REQUEST",
		"/current?path=//[": "400 INVALID_PATH", "/current?path=//Nothing": "400 INVALID_PATH", "/nothing": "404 NO_DEVICE", "/asset/1": "404 ASSET_NOT_FOUND", "/current?at=5": "400 UNSUPPORTED",
		"/current/x": "404 INVALID_URI",
	} {
		status, text := get(t, d.Address+question)
		doc, err := document.Decode([]byte(text))
		must(t, err)
		if got := fmt.Sprintf("%d %s", status, doc.Errors[0].Code); got != want {
			t.Errorf("%s: %s; want %s", question, got, want)
		}
	}
}

// A stream brings what follows a number without a hole, and a sign of life when
// nothing happens.
func TestAgent_Streams(t *testing.T) {
	d := spokenMachine(t, "mtconnect")
	from := getDocument(t, d.Address+"/current", document.Streams).Header.Next
	stream := func(question string, take func(*document.Document) bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Address+question, nil)
		must(t, err)
		res, err := http.DefaultClient.Do(q)
		must(t, err)
		defer func() { _ = res.Body.Close() }()
		parts, err := document.NewParts(res.Body, res.Header.Get("Content-Type"))
		must(t, err)
		for {
			text, err := parts.Next()
			must(t, err)
			doc, err := document.Decode(text)
			must(t, err)
			if take(doc) {
				return
			}
		}
	}
	next, got := from, 0
	stream(fmt.Sprintf("/sample?from=%d&interval=10&count=2", from), func(doc *document.Document) bool {
		for _, o := range doc.Observations {
			if o.Sequence != next {
				t.Errorf("number %d; want %d", o.Sequence, next)
			}
			next++
			got++
		}
		if len(doc.Observations) > 2 || doc.Header.Next != next {
			t.Errorf("%d observations, next %d; want %d", len(doc.Observations), doc.Header.Next, next)
		}
		return got >= 6
	})
	stream(fmt.Sprintf("/sample?from=%d&interval=10&heartbeat=20&path=//DataItem[@type='AVAILABILITY']", from), func(doc *document.Document) bool {
		return len(doc.Observations) == 0 // availability does not change
	})
	n := 0
	stream("/current?interval=100", func(doc *document.Document) bool {
		if len(doc.Observations) != 15 {
			t.Errorf("%d observations; want all 15", len(doc.Observations))
		}
		n++
		return n == 2
	})
}

// An adapter says all it knows to whoever connects, and answers heartbeats.
func TestAdapter_SaysAllAtOnce(t *testing.T) {
	d := spokenMachine(t, "mtconnect-shdr")
	c, err := net.Dial("tcp", d.Address)
	must(t, err)
	defer func() { _ = c.Close() }()
	must(t, c.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(c, "* PING\n")
	must(t, err)
	r := shdr.NewReader(bufio.NewReader(c))
	keys, pong := map[string]string{}, false
	for len(keys) < 15 || !pong {
		l, err := r.Next()
		must(t, err)
		if l.Command == "PONG" {
			pong = true
			continue
		}
		all, err := l.Observations(func(string) (shdr.Shape, bool) { return 0, false })
		must(t, err)
		for _, o := range all {
			keys[o.Key] = o.Value
			if l.Stamp.Time.IsZero() {
				t.Errorf("%s without a time", o.Key)
			}
		}
	}
	if keys["avail"] != "AVAILABLE" || keys["coolant"] == "" || keys["offsets"] == "" || keys["order"] == "" {
		t.Errorf("%v", keys)
	}
}

// Two machines behind one agent are two devices of it. One that is unplugged is
// unavailable in every item, and is back when it is back; the other never was away.
func TestAgent_DevicesAndFaults(t *testing.T) {
	kind := sim.Kind{ID: "x", Class: "lathe", Protocol: "mtconnect", Signals: spoken}
	node := func(path, address string) plant.Node {
		return plant.Node{Path: path, Level: plant.LevelEquipment, Machine: &plant.Equipment{Class: "lathe", Profile: "x", Device: plant.Device{Driver: "mtconnect", Address: address}}}
	}
	p, err := sim.New(sim.Config{
		Seed: 1, Start: start, Kinds: map[string]sim.Kind{"x": kind}, Products: []string{"6204-2rs", "6205-2rs"},
		Model: plant.Model{Nodes: []plant.Node{node("hall/one", "{agent}/FIRST"), node("hall/two", "{agent}/SECOND")}},
	})
	must(t, err)
	t.Cleanup(p.Close)
	endpoints, err := p.Listen("127.0.0.1")
	must(t, err)
	address := sim.Fill("{agent}", endpoints)
	if probe := getDocument(t, address+"/probe", document.Devices); len(probe.Devices) != 2 || probe.Devices[0].Name != "FIRST" || probe.Devices[1].Name != "SECOND" {
		t.Fatalf("%+v", probe.Devices)
	}
	say := func(device string, wanted func(o document.Observation) bool) {
		t.Helper()
		for end := time.Now().Add(patience); ; {
			now := getDocument(t, address+"/"+device+"/current", document.Streams)
			all := len(now.Observations) == 15
			for _, o := range now.Observations {
				all = all && wanted(o)
			}
			if all {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%s says %+v", device, now.Observations)
			}
		}
	}
	available := func(o document.Observation) bool { return o.Available() }
	fault := func(k sim.FaultKind, on bool) {
		t.Helper()
		must(t, p.Set(sim.Fault{Machine: "hall/one", Kind: k}, on))
	}
	say("FIRST", available)
	fault(sim.Unplug, true)
	say("FIRST", func(o document.Observation) bool { return !o.Available() })
	say("SECOND", available)
	fault(sim.Unplug, false)
	say("FIRST", available)
	fault(sim.Garbage, true)
	say("FIRST", func(o document.Observation) bool { return o.Type != "Load" || o.Value == "#garbage" })
	fault(sim.Garbage, false)
	fault(sim.NaN, true)
	say("FIRST", func(o document.Observation) bool { return o.Type != "Load" || o.Value == "NaN" })
	fault(sim.NaN, false)
	p.Advance(start.Add(time.Minute))
	say("FIRST", func(o document.Observation) bool { return o.Type != "Load" || o.Value != "NaN" })
	fault(sim.ClockAhead, true)
	p.Advance(start.Add(2 * time.Minute))
	say("FIRST", func(o document.Observation) bool {
		return o.Type != "Variable" || o.Name != "energy" || o.Time.After(start.Add(time.Hour))
	})
}
