package recording_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"zhigai/connect/mtconnect/document"
	"zhigai/connect/mtconnect/recording"
)

const model = `<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:2.0"><Header instanceId="1" sender="t" version="2.0"/><Devices>
<Device id="d" name="D" uuid="D"><DataItems><DataItem id="av" name="avail" category="EVENT" type="AVAILABILITY"/></DataItems>
<Components><Controller id="c"><Components><Path id="p"><DataItems>
<DataItem id="Lx" name="exec" category="EVENT" type="EXECUTION"/><DataItem id="Lm" name="fmode" category="EVENT" type="FUNCTIONAL_MODE"/>
<DataItem id="Lc" name="parts" category="EVENT" type="PART_COUNT"/><DataItem id="Lp" name="prog" category="EVENT" type="PROGRAM"/>
<DataItem id="Ls" name="sys" category="CONDITION" type="SYSTEM"/><DataItem id="Ll" name="load" category="SAMPLE" type="LOAD" units="PERCENT"/>
</DataItems></Path></Components></Controller></Components></Device></Devices></MTConnectDevices>`

func device(t *testing.T, text string) *document.Component {
	t.Helper()
	d, err := document.Decode([]byte(text))
	must(t, err)
	return &d.Devices[0]
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func summary(t *testing.T, text string, numbers ...string) map[string]any {
	t.Helper()
	s, err := recording.Read(strings.NewReader(text), device(t, model), numbers)
	must(t, err)
	b, err := json.Marshal(s)
	must(t, err)
	var out map[string]any
	must(t, json.Unmarshal(b, &out))
	return out
}

// Everything that a summary promises, on a recording small enough to count by
// hand.
func TestRead_CountedByHand(t *testing.T) {
	got := summary(t, strings.Join([]string{
		"* PONG 10000",
		"2026-01-01T00:00:00.0000004Z|exec|READY|fmode|SETUP|parts|7|prog|A|load|10",
		"2026-01-01T00:00:00.0000004Z|sys|NORMAL||||",
		"2026-01-01T00:00:02Z|exec|READY", // said again: no change
		"2026-01-01T00:00:03.5Z|exec|ACTIVE|load|UNAVAILABLE",
		"2025-12-31T10:00:00Z|@ASSET@|t1|CuttingTool|--multiline--X", "<A|b>", "--multiline--X", // an asset's time is its own
		"2026-01-01T00:00:03Z|load|40|fmode|PRODUCTION",      // earlier than the line before
		"2026-01-01T00:00:04Z|sys|FAULT|401|1|HIGH|oil, low", // fields of a condition are no keys
		"2026-01-01T00:00:05Z|sys|NORMAL||||",
		"2026-01-01T00:00:06Z|parts|8|prog|B|parts|8|prog|A|load|1",
		"2026-01-01T00:00:10Z|exec|READY",
	}, "\n"))
	var want map[string]any
	must(t, json.Unmarshal([]byte(`{
		"first": "2026-01-01T00:00:00.000000Z", "span_s": 10, "timestamped_lines": 10, "observations": 19, "backward_steps": 1, "distinct_items": 6,
		"counts": {"exec": 4, "fmode": 2, "parts": 3, "prog": 3, "load": 4, "sys": 3}, "asset_lines": {"@ASSET@": 1},
		"exec": [{"t": 0, "value": "READY"}, {"t": 3.5, "value": "ACTIVE"}, {"t": 10, "value": "READY"}],
		"seconds_in_exec": {"READY": 3.5, "ACTIVE": 6.5}, "seconds_in_fmode": {"SETUP": 3, "PRODUCTION": 7},
		"parts": [{"t": 0, "value": "7"}, {"t": 6, "value": "8"}], "prog": ["A", "B"],
		"numeric": {"load": {"n": 3, "mean": 17, "min": 1, "max": 40, "last": 1}}, "conditions": {"sys": ["NORMAL", "FAULT"]}
	}`), &want))
	for key := range want {
		if !reflect.DeepEqual(got[key], want[key]) {
			t.Errorf("%s = %v; want %v", key, got[key], want[key])
		}
	}
	if len(got) != len(want) {
		t.Errorf("keys %v", got)
	}
}

// Whose numbers are looked at is told, or those of every sample.
func TestRead_Numbers(t *testing.T) {
	const text = "2026-01-01T00:00:00Z|load|5|S1load|7|av|1"
	f := func(want string, numbers ...string) {
		t.Helper()
		b, err := json.Marshal(summary(t, text, numbers...)["numeric"])
		must(t, err)
		if string(b) != want {
			t.Errorf("%v: %s; want %s", numbers, b, want)
		}
	}
	one := func(name, v string) string {
		return `{"` + name + `":{"last":` + v + `,"max":` + v + `,"mean":` + v + `,"min":` + v + `,"n":1}}`
	}
	f(one("S1load", "7"))
	f(one("av", "1"), "av")
	f(one("load", "5"), "none")
}

// A line that makes no sense is named and costs no other.
func TestRead_WrongLines(t *testing.T) {
	s, err := recording.Read(strings.NewReader("yesterday|load|1\n1234|load|2\n2026-01-01T00:00:00Z|load|3|exec\n2026-01-01T00:00:01Z\n"), device(t, model), nil)
	must(t, err)
	if s.Observations != 1 || len(s.Wrong) != 4 {
		t.Errorf("%d observations, %v", s.Observations, s.Wrong)
	}
	for i, says := range []string{"line 1: ", "line 2: ", "line 3: ", "line 4: "} {
		if i < len(s.Wrong) && !strings.HasPrefix(s.Wrong[i].Error(), says) {
			t.Errorf("%v; want %s", s.Wrong[i], says)
		}
	}
	if _, err := recording.Read(strings.NewReader("a|b|c\n"), device(t, model), nil); err == nil {
		t.Error("a file that is no recording: no error")
	}
}
