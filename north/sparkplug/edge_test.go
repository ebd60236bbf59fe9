package sparkplug_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"zhigai/connect/sparkplug/payload"
	"zhigai/north/sparkplug"
	"zhigai/plant"
)

var speed = plant.Tag{No: 7, Node: "m", Name: "spindle.speed", Path: "firm/lathe-1/spindle.speed", Kind: plant.KindNumber, Unit: "/min"}

func decode(t *testing.T, m sparkplug.Message) payload.Payload {
	t.Helper()
	p, err := payload.Decode(m.Payload)
	if err != nil {
		t.Fatal(err)
	}
	if again := p.Append(nil); !bytes.Equal(again, m.Payload) {
		t.Errorf("payload is not what it decodes to:\n%x\n%x", m.Payload, again)
	}
	return p
}

// The bytes are written by hand from the field numbers of chapter 6.4: timestamp
// 1, metrics 2, seq 3; name 1, alias 2, timestamp 3, datatype 4, long 11,
// boolean 14.
func TestEdge_NodeBirthAndDeathFrames(t *testing.T) {
	e := sparkplug.NewEdge("G", "N", 5)
	f := func(got sparkplug.Message, topic, want string) {
		t.Helper()
		want = strings.ReplaceAll(want, " ", "")
		if got.Topic != topic || hex.EncodeToString(got.Payload) != want {
			t.Errorf("%s %x; want %s %s", got.Topic, got.Payload, topic, want)
		}
	}
	bdSeq := "120d 0a056264536571 1801 2004 5805"
	f(e.Death(1000), "spBv1.0/G/NDEATH/N", "0801"+bdSeq)
	f(e.Birth(1000), "spBv1.0/G/NBIRTH/N", "0801"+bdSeq+"121c 0a144e6f646520436f6e74726f6c2f52656269727468 1801 200b 7000 1800")
}

func TestEdge_SequenceGoesRoundAndStartsWithBirth(t *testing.T) {
	e := sparkplug.NewEdge("G", "N", 0)
	e.Birth(1000)
	for i := 1; i < 600; i++ {
		if p := decode(t, e.DeviceDeath(1000, "firm/lathe-1")); p.Seq != uint64(i%256) || !p.HasSeq {
			t.Fatalf("message %d has sequence %d", i, p.Seq)
		}
	}
	if p := decode(t, e.Birth(1000)); p.Seq != 0 {
		t.Errorf("birth has sequence %d; want 0", p.Seq)
	}
}

func TestEdge_DeviceBirthDefinesWhatDataNamesByAlias(t *testing.T) {
	e := sparkplug.NewEdge("G", "N", 0)
	e.Birth(1000)
	text := plant.Tag{No: 8, Name: "program", Kind: plant.KindText}
	birth := e.DeviceBirth(3_000_000, sparkplug.Device{Path: "firm/lathe-1", Metrics: []sparkplug.Metric{
		{Tag: speed, Known: true, Last: sparkplug.Value{Sample: plant.Sample{Tag: 7, Time: 2_000_000, Value: 1500.5}, Historical: true}},
		{Tag: text},
	}})
	if birth.Topic != "spBv1.0/G/DBIRTH/N/firm:lathe-1" {
		t.Errorf("topic %s", birth.Topic)
	}
	p := decode(t, birth)
	m := p.Metrics[0]
	if p.Seq != 1 || m.Name != "spindle.speed" || m.Alias != 7 || m.Type != payload.TypeDouble || m.Value.Float64() != 1500.5 || m.Timestamp != 2000 || m.Historical {
		t.Errorf("metric of the birth = %+v", m)
	}
	if len(m.Properties) != 2 || m.Properties[0].Value.Signed(32) != 192 || string(m.Properties[1].Value.Bytes) != "/min" {
		t.Errorf("properties = %+v", m.Properties)
	}
	if m := p.Metrics[1]; !m.Null || m.Type != payload.TypeString || m.Properties[0].Value.Signed(32) != 500 {
		t.Errorf("metric nobody knows = %+v; want null and stale", m)
	}

	tags := func(no plant.TagNo) plant.Tag { return map[plant.TagNo]plant.Tag{7: speed, 8: text}[no] }
	p = decode(t, e.Data(4_000_000, "firm/lathe-1", tags, []sparkplug.Value{
		{Sample: plant.Sample{Tag: 7, Time: 3_500_000, Value: 3}, Historical: true},
		{Sample: plant.Sample{Tag: 8, Time: 3_600_000}, Text: "轴承"},
		{Sample: plant.BadSample(7, 3_700_000, plant.OutOfRange, nil)},
	}))
	if m := p.Metrics[0]; m.Name != "" || m.Alias != 7 || !m.Historical || m.Timestamp != 3500 || m.Value.Float64() != 3 {
		t.Errorf("first metric = %+v", m)
	}
	if m := p.Metrics[1]; string(m.Value.Bytes) != "轴承" || m.Historical {
		t.Errorf("second metric = %+v", m)
	}
	if m := p.Metrics[2]; !m.Null || m.Value.Field != payload.None || m.Properties[0].Value.Signed(32) != 0 {
		t.Errorf("third metric = %+v; want null and bad", m)
	}
}

func TestIsRebirth_OnlyTheCommandThatSaysTrue(t *testing.T) {
	command := func(name string, v payload.Value) []byte {
		return payload.Payload{Metrics: []payload.Metric{{Name: name, Type: payload.TypeBoolean, Value: v}}}.Append(nil)
	}
	f := func(raw []byte, want, fails bool) {
		t.Helper()
		if got, err := sparkplug.IsRebirth(raw); got != want || (err != nil) != fails {
			t.Errorf("IsRebirth(%x) = %v, %v", raw, got, err)
		}
	}
	f(command("Node Control/Rebirth", payload.OfBool(true)), true, false)
	f(command("Node Control/Rebirth", payload.OfBool(false)), false, false)
	f(command("Node Control/Reboot", payload.OfBool(true)), false, false)
	f([]byte{0xff, 0xff}, false, true)
}

func TestParseState_BothForms(t *testing.T) {
	f := func(raw string, want sparkplug.HostState, fails bool) {
		t.Helper()
		if got, err := sparkplug.ParseState([]byte(raw)); got != want || (err != nil) != fails {
			t.Errorf("ParseState(%s) = %+v, %v", raw, got, err)
		}
	}
	f(`{"online":true,"timestamp":1668114759262}`, sparkplug.HostState{Online: true, At: 1668114759262}, false)
	f(`{"online":false,"timestamp":5}`, sparkplug.HostState{At: 5}, false)
	f("ONLINE", sparkplug.HostState{Online: true}, false)
	f("OFFLINE", sparkplug.HostState{}, false)
	f(`{"online":true}`, sparkplug.HostState{}, true)
	f("", sparkplug.HostState{}, true)
	late := sparkplug.HostState{At: 5}
	if late.Supersedes(sparkplug.HostState{Online: true, At: 9}) || !late.Supersedes(sparkplug.HostState{Online: true, At: 5}) {
		t.Error("a will that comes late supersedes the host's return, or one in time does not")
	}
}

func FuzzHost(f *testing.F) {
	f.Add([]byte(`{"online":true,"timestamp":1668114759262}`))
	f.Add([]byte("OFFLINE"))
	f.Add(payload.Payload{Metrics: []payload.Metric{{Name: "Node Control/Rebirth", Value: payload.OfBool(true)}}}.Append(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := sparkplug.ParseState(raw); err != nil && s != (sparkplug.HostState{}) {
			t.Errorf("a state with an error: %+v, %v", s, err)
		}
		if yes, err := sparkplug.IsRebirth(raw); yes && err != nil {
			t.Errorf("a command with an error: %v", err)
		}
	})
}
