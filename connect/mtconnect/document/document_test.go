package document_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/connect/mtconnect/document"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func decode(t *testing.T, text string) *document.Document {
	t.Helper()
	d, err := document.Decode([]byte(text))
	must(t, err)
	return d
}

const probe = `<?xml version="1.0" encoding="UTF-8"?>
<m:MTConnectDevices xmlns:m="urn:mtconnect.org:MTConnectDevices:1.3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <m:Header creationTime="2026-01-02T03:04:05Z" sender="host" instanceId="1237628993" bufferSize="131072" version="1.3" assetBufferSize="1024" assetCount="2"/>
 <m:Devices><m:Device uuid="M8" name="VMC" id="d1" sampleInterval="10"><m:Description manufacturer="Sys" serialNumber="7">a  mill</m:Description>
  <m:DataItems><m:DataItem type="AVAILABILITY" category="EVENT" id="avail"/></m:DataItems>
  <m:Components><m:Axes name="base" id="a0"><m:Components>
   <m:Linear name="X" id="x"><m:DataItems>
    <m:DataItem type="POSITION" subType="ACTUAL" category="SAMPLE" id="xp" name="Xact" units="MILLIMETER" nativeUnits="INCH"><m:Source>x_pos</m:Source></m:DataItem>
    <m:DataItem type="LOAD" category="SAMPLE" id="xl" units="PERCENT"/><m:DataItem type="LOAD" category="CONDITION" id="xlc"/>
   </m:DataItems></m:Linear>
   <m:Linear name="Y" id="y"><m:DataItems><m:DataItem type="POSITION" subType="ACTUAL" category="SAMPLE" id="yp" units="MILLIMETER"/></m:DataItems></m:Linear>
  </m:Components></m:Axes></m:Components></m:Device></m:Devices></m:MTConnectDevices>`

func TestDecode_Devices(t *testing.T) {
	d := decode(t, probe)
	want := &document.Document{
		Kind: document.Devices, Version: "1.3",
		Header: document.Header{
			Sender: "host", Version: "1.3", Instance: 1237628993, Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			BufferSize: 131072, AssetBuffer: 1024, AssetCount: 2,
		},
		Devices: []document.Component{{
			Type: "Device", ID: "d1", Name: "VMC", UUID: "M8", Description: &document.Description{Manufacturer: "Sys", Serial: "7", Text: "a mill"},
			Items: []document.DataItem{{ID: "avail", Category: document.Event, Type: "AVAILABILITY"}},
			Components: []document.Component{{Type: "Axes", ID: "a0", Name: "base", Components: []document.Component{
				{Type: "Linear", ID: "x", Name: "X", Items: []document.DataItem{
					{ID: "xp", Name: "Xact", Category: document.Sample, Type: "POSITION", SubType: "ACTUAL", Units: "MILLIMETER", NativeUnits: "INCH", Source: "x_pos"},
					{ID: "xl", Category: document.Sample, Type: "LOAD", Units: "PERCENT"},
					{ID: "xlc", Category: document.Condition, Type: "LOAD"},
				}},
				{Type: "Linear", ID: "y", Name: "Y", Items: []document.DataItem{{ID: "yp", Category: document.Sample, Type: "POSITION", SubType: "ACTUAL", Units: "MILLIMETER"}}},
			}}},
		}},
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("%+v; want %+v", d, want)
	}
}

func TestDecode_Streams(t *testing.T) {
	d := decode(t, `<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:2.3"><Header instanceId="5" firstSequence="1" lastSequence="9" nextSequence="10"/>
 <Streams><DeviceStream name="VMC" uuid="M8"><ComponentStream component="Linear" name="X" componentId="x">
 <Samples><Position dataItemId="xp" subType="ACTUAL" sequence="7" timestamp="2026-01-02T03:04:05.123456Z" duration="2"> 1.5 </Position>
 <VibrationTimeSeries dataItemId="v" sequence="8" timestamp="2026-01-02T03:04:05" sampleCount="3" sampleRate="100">1 2 3</VibrationTimeSeries></Samples>
 <Events><VariableDataSet dataItemId="s" sequence="9" timestamp="2026-01-02T03:04:05Z" count="2" resetTriggered="DAY"><Entry key="a">1</Entry><Entry key="b" removed="true"/></VariableDataSet>
 <WorkOffsetTable dataItemId="w" sequence="9" timestamp="2026-01-02T03:04:05Z" count="1"><Entry key="G54"><Cell key="X">1</Cell></Entry></WorkOffsetTable>
 <Execution dataItemId="e" sequence="6" timestamp="2026-01-02T03:04:05Z">UNAVAILABLE</Execution></Events>
 <Condition><Fault type="LOAD" dataItemId="xlc" sequence="5" timestamp="2026-01-02T03:04:05Z" nativeCode="401" nativeSeverity="9" qualifier="HIGH" conditionId="k1">oil &lt; 2</Fault>
 <Unavailable type="LOAD" dataItemId="c2" sequence="4" timestamp="2026-01-02T03:04:05Z"/></Condition>
 <Future><Thing/></Future></ComponentStream></DeviceStream></Streams></MTConnectStreams>`)
	second := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	o := func(o document.Observation) document.Observation {
		o.Device, o.Component, o.Where = "M8", "Linear", "x"
		if o.Time.IsZero() {
			o.Time = second
		}
		return o
	}
	want := []document.Observation{
		o(document.Observation{Category: document.Sample, Type: "Position", SubType: "ACTUAL", Item: "xp", Sequence: 7, Time: second.Add(123456 * time.Microsecond), Value: "1.5", Duration: "2"}),
		o(document.Observation{Category: document.Sample, Type: "VibrationTimeSeries", Item: "v", Sequence: 8, Value: "1 2 3", Count: 3, Rate: "100"}),
		o(document.Observation{Category: document.Event, Type: "VariableDataSet", Item: "s", Sequence: 9, Count: 2, Reset: "DAY", Entries: []document.Entry{{Key: "a", Value: "1"}, {Key: "b", Removed: true}}}),
		o(document.Observation{Category: document.Event, Type: "WorkOffsetTable", Item: "w", Sequence: 9, Count: 1, Entries: []document.Entry{{Key: "G54", Cells: []document.Entry{{Key: "X", Value: "1"}}}}}),
		o(document.Observation{Category: document.Event, Type: "Execution", Item: "e", Sequence: 6, Value: "UNAVAILABLE"}),
		o(document.Observation{Category: document.Condition, Type: "LOAD", Level: "Fault", Item: "xlc", Sequence: 5, Code: "401", Severity: "9", Qualifier: "HIGH", ConditionID: "k1", Value: "oil < 2"}),
		o(document.Observation{Category: document.Condition, Type: "LOAD", Level: "Unavailable", Item: "c2", Sequence: 4}),
	}
	if !reflect.DeepEqual(d.Observations, want) {
		t.Errorf("%+v;\nwant %+v", d.Observations, want)
	}
	if h := d.Header; h.Instance != 5 || h.First != 1 || h.Last != 9 || h.Next != 10 || d.Version != "2.3" {
		t.Errorf("%+v", h)
	}
	for i, o := range d.Observations {
		if o.Available() == (i == 4 || i == 6) {
			t.Errorf("%s available: %v", o.Item, o.Available())
		}
	}
	if shape := d.Observations[1].Shape() + d.Observations[2].Shape() + d.Observations[3].Shape() + d.Observations[4].Shape(); shape != "TimeSeriesDataSetTable" {
		t.Errorf("shapes %s", shape)
	}
}

func TestDecode_ErrorsAndAssets(t *testing.T) {
	f := func(text, code, says string) {
		t.Helper()
		d := decode(t, text)
		if want := []document.Failure{{Code: code, Text: says}}; d.Kind != document.Error || !reflect.DeepEqual(d.Errors, want) {
			t.Errorf("%+v; want %+v", d.Errors, want)
		}
	}
	f(`<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:1.3"><Header instanceId="1"/><Errors><Error errorCode="OUT_OF_RANGE">'from' is 5</Error></Errors></MTConnectError>`, document.OutOfRange, "'from' is 5")
	f(`<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:1.1"><Header/><Error errorCode="NO_DEVICE">x</Error></MTConnectError>`, "NO_DEVICE", "x")
	f(`<MTConnectError xmlns="urn:mtconnect.org:MTConnectError:2.6"><Header/><Errors><OutOfRange errorCode="OUT_OF_RANGE"><URI>/sample</URI><ErrorMessage>low</ErrorMessage></OutOfRange></Errors></MTConnectError>`, document.OutOfRange, "low")
	d := decode(t, `<MTConnectAssets xmlns="urn:mtconnect.org:MTConnectAssets:1.3"><Header instanceId="1" assetCount="2"/><Assets>
<CuttingTool assetId="t1" deviceUuid="M8" timestamp="2026-01-02T03:04:05Z" toolId="7"> <Life>3</Life><Empty/> </CuttingTool><File assetId="f" removed="true" timestamp="2026-01-02T03:04:05Z"/></Assets></MTConnectAssets>`)
	second := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if want := []document.Asset{{Type: "CuttingTool", ID: "t1", Device: "M8", Time: second, Body: "<Life>3</Life><Empty/>"}, {Type: "File", ID: "f", Time: second, Removed: true}}; !reflect.DeepEqual(d.Assets, want) {
		t.Errorf("%+v; want %+v", d.Assets, want)
	}
}

func TestDecode_Wrong(t *testing.T) {
	for _, text := range []string{
		"", "no xml", "<html><body/></html>", probe[:len(probe)-20], probe[:400], `<MTConnectStreams><Header instanceId="x"/></MTConnectStreams>`,
		`<MTConnectStreams><Streams><DeviceStream><ComponentStream><Samples><Position sequence="1"/></Samples></ComponentStream></DeviceStream></Streams></MTConnectStreams>`,
		`<MTConnectStreams><Streams><DeviceStream><ComponentStream><Samples><Position dataItemId="a" sequence="-1"/></Samples></ComponentStream></DeviceStream></Streams></MTConnectStreams>`,
		`<MTConnectStreams><Streams><DeviceStream><ComponentStream><Samples><Position dataItemId="a" timestamp="noon"/></Samples></ComponentStream></DeviceStream></Streams></MTConnectStreams>`,
		`<?xml version="1.0" encoding="utf-16"?><MTConnectStreams/>`,
		"<MTConnectDevices><Devices><Device>" + strings.Repeat("<Components><Axes>", 100) + strings.Repeat("</Axes></Components>", 100) + "</Device></Devices></MTConnectDevices>",
	} {
		if d, err := document.Decode([]byte(text)); !errors.Is(err, document.ErrDocument) {
			t.Errorf("%.80q = %+v, %v; want ErrDocument", text, d, err)
		}
	}
}

func TestElementOf(t *testing.T) {
	for kind, want := range map[string]string{
		"PATH_FEEDRATE": "PathFeedrate", "PH": "PH", "VOLTAGE_AC": "VoltageAC", "x:FLOW_METER": "x:FlowMeter", "": "", "_A__B_": "AB",
	} {
		if got := document.ElementOf(kind); got != want {
			t.Errorf("%s = %s; want %s", kind, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	places := document.Places(&decode(t, probe).Devices[0])
	f := func(text, id string, wanted ...document.Category) {
		t.Helper()
		a, err := document.ParseAddress(text)
		must(t, err)
		if p, err := a.Find(places, wanted...); err != nil || p.Item.ID != id {
			t.Errorf("%s = %s, %v; want %s", text, p.Item.ID, err, id)
		}
	}
	f("xp", "xp")
	f("Xact", "xp")
	f("x_pos#x", "xp")
	f("Linear[X] POSITION ACTUAL", "xp")
	f("Device[VMC]/Axes/Linear[Y] POSITION ACTUAL", "yp")
	f("[Y] POSITION ACTUAL", "yp")
	f("Device AVAILABILITY", "avail")
	f("Linear[X] LOAD", "xl", document.Sample)
	f("Linear[X] LOAD", "xlc", document.Condition)
	for _, p := range places { // the way that is shown leads back
		f(p.String(), p.Item.ID, p.Item.Category)
	}
	for _, text := range []string{"nothing", "Linear[Z] POSITION ACTUAL", "Linear POSITION ACTUAL", "Linear[X] POSITION", "Linear[X] LOAD"} {
		a, err := document.ParseAddress(text)
		must(t, err)
		if p, err := a.Find(places); !errors.Is(err, document.ErrNoItem) {
			t.Errorf("%s = %+v, %v; want ErrNoItem", text, p, err)
		}
	}
	for _, text := range []string{"", "#x", "a b c d", "Linear[ POSITION", "[] POSITION", "a//b POSITION", "Linear[X] Position", "a#", "a#q", "a#key.", "a#="} {
		if a, err := document.ParseAddress(text); !errors.Is(err, document.ErrAddress) || !strings.Contains(err.Error(), "write") && !strings.Contains(err.Error(), "written") {
			t.Errorf("%q = %+v, %v; want what to write", text, a, err)
		}
	}
}

func TestParts(t *testing.T) {
	const kind = `multipart/x-mixed-replace;boundary=abc`
	f := func(text string, end error, want ...string) {
		t.Helper()
		p, err := document.NewParts(strings.NewReader(text), kind)
		must(t, err)
		var got []string
		for {
			part, err := p.Next()
			if err != nil {
				if !errors.Is(err, end) {
					t.Errorf("%.60q ends with %v; want %v", text, err, end)
				}
				break
			}
			got = append(got, string(part))
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%.60q = %q; want %q", text, got, want)
		}
	}
	f("--abc\r\nContent-type: text/xml\r\nContent-length: 3\r\n\r\n<a>\r\n--abc\r\nContent-length: 0\r\n\r\n\r\n--abc--\r\n", io.EOF, "<a>", "")
	f("\r\n--abc\nContent-Type: text/xml\n\n<a>\n<b>\n--abc\n\n<c>\r\n--abc--", io.ErrUnexpectedEOF, "<a>\n<b>")
	f(string(document.AppendPart(document.AppendPart(nil, "abc", []byte("one")), "abc", []byte("two"))), io.EOF, "one", "two")
	f("--abc\r\nContent-length: 9\r\n\r\n<a>", io.ErrUnexpectedEOF)
	f("--abc\r\nContent-len", io.ErrUnexpectedEOF)
	f("--abc\r\nContent-length: -1\r\n\r\n", document.ErrParts)
	f("--abc\r\nContent-length: 99999999999\r\n\r\n", document.ErrParts)
	f("--abc\r\nnonsense\r\n\r\n", document.ErrParts)
	f("--other\r\n\r\n", document.ErrParts)
	f("--abc\r\n"+strings.Repeat("x", 1<<17), document.ErrParts)
	f(strings.Repeat("\r\n", 100), document.ErrParts)
	for _, kind := range []string{"", "text/xml", "multipart/x-mixed-replace", "multipart/mixed; boundary"} {
		if _, err := document.NewParts(nil, kind); !errors.Is(err, document.ErrParts) {
			t.Errorf("%q: %v; want ErrParts", kind, err)
		}
	}
}

// A part with its length is there before the next one begins.
func TestParts_DoNotWaitForTheNext(t *testing.T) {
	r, w := io.Pipe()
	p, err := document.NewParts(r, "multipart/x-mixed-replace; boundary=b")
	must(t, err)
	go func() {
		_, err := w.Write(document.AppendPart(nil, "b", []byte("<a/>")))
		if err != nil {
			_ = w.CloseWithError(err)
		}
	}()
	if got, err := p.Next(); err != nil || string(got) != "<a/>" {
		t.Errorf("%q, %v", got, err)
	}
}

// FuzzDecode: nothing makes it panic, and a document written is the one read.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(probe))
	f.Add([]byte(`<MTConnectStreams xmlns="urn:mtconnect.org:MTConnectStreams:1.2"><Header instanceId="1" nextSequence="3"/><Streams><DeviceStream uuid="a"><ComponentStream component="Path" componentId="p"><Events><Block dataItemId="b" sequence="2" timestamp="2026-01-01T00:00:00Z">G1 &amp; X2</Block></Events><Condition><Fault dataItemId="c" type="SYSTEM" nativeCode="1">t</Fault></Condition></ComponentStream></DeviceStream></Streams></MTConnectStreams>`))
	f.Add([]byte(`<MTConnectAssets><Assets><CuttingTool assetId="1"><a b="c"><!-- x --></a></CuttingTool></Assets></MTConnectAssets>`))
	f.Add([]byte(`<MTConnectError><Errors><Error errorCode="X">y</Error></Errors></MTConnectError>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := document.Decode(text)
		if err != nil {
			return
		}
		for i := range d.Devices {
			_ = document.Places(&d.Devices[i])
		}
		for i := range d.Observations {
			_, _ = d.Observations[i].Numbers()
			_ = d.Observations[i].Shape()
		}
		once := document.Encode(d)
		again, err := document.Decode(once)
		if err != nil {
			t.Fatalf("%q written as %q: %v", text, once, err)
		}
		if twice := document.Encode(again); !bytes.Equal(once, twice) {
			t.Fatalf("%q written as %q, then as %q", text, once, twice)
		}
	})
}

// FuzzParts: nothing makes it panic or run on.
func FuzzParts(f *testing.F) {
	f.Add([]byte("--b\r\nContent-length: 3\r\n\r\nabc\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := document.NewParts(bytes.NewReader(text), "multipart/x-mixed-replace; boundary=b")
		must(t, err)
		var got [][]byte
		for range len(text) + 1 {
			part, err := p.Next()
			if err != nil {
				return
			}
			got = append(got, part)
		}
		t.Fatalf("%q has no end: %q", text, got)
	})
}

// FuzzAddress: what an address says of itself is understood as the same.
func FuzzAddress(f *testing.F) {
	f.Add("Axes/Linear[X] POSITION ACTUAL#x")
	f.Add("Lpexecution#READY,ACTIVE")
	f.Add("[a] x:B")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := document.ParseAddress(text)
		if err != nil {
			return
		}
		again, err := document.ParseAddress(a.String())
		again.Part = a.Part
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Fatalf("%q: %+v says %q, which is %+v, %v", text, a, a, again, err)
		}
	})
}
