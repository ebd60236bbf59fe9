package message

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// frames: the query is laid out by RFC 1035, 4.1; the answer is the one of a
// printer in RFC 6763, 13 with an OPC UA server in its place, names compressed as
// RFC 1035, 4.1.4 says.
var frames = []struct {
	name, hex string
	want      Message
}{
	{"query", "000000000001000000000000" + "0a5f6f706375612d746370045f746370056c6f63616c00" + "000c0001", Message{Questions: []Question{{Pointer, "_opcua-tcp._tcp.local."}}}},
	{
		"answer", "000084000000000400000000" +
			"0a5f6f706375612d746370045f746370056c6f63616c00" + "000c0001" + "00001194" + "0008" + "055072657373c00c" +
			"c02d" + "00218001" + "00000078" + "000d" + "00000000" + "12e8" + "0463656c6cc01c" +
			"c02d" + "00108001" + "00001194" + "000b" + "0a706174683d2f70726573" +
			"c047" + "00018001" + "00000078" + "0004" + "c0a80107",
		Message{Response: true, Records: []Record{
			{Kind: Pointer, Name: "_opcua-tcp._tcp.local.", TTL: 4500, Target: "Press._opcua-tcp._tcp.local."},
			{Kind: Server, Name: "Press._opcua-tcp._tcp.local.", TTL: 120, Flush: true, Target: "cell.local.", Port: 4840},
			{Kind: Text, Name: "Press._opcua-tcp._tcp.local.", TTL: 4500, Flush: true, Text: []string{"path=/pres"}},
			{Kind: IPv4, Name: "cell.local.", TTL: 120, Flush: true, Addr: netip.MustParseAddr("192.168.1.7")},
		}},
	},
}

func TestParse(t *testing.T) {
	for _, f := range frames {
		raw, err := hex.DecodeString(f.hex)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(raw)
		if err != nil || !reflect.DeepEqual(got, f.want) {
			t.Errorf("%s: %+v, %v; want %+v", f.name, got, err, f.want)
		}
		for n := range raw { // cut off anywhere: an error or less, never more
			if part, err := Parse(raw[:n]); err == nil && len(part.Records) >= len(f.want.Records) && len(f.want.Records) > 0 {
				t.Errorf("%s cut at %d: %+v", f.name, n, part)
			}
		}
		again, err := f.want.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := Parse(again); err != nil || !reflect.DeepEqual(back, f.want) {
			t.Errorf("%s again: %+v, %v", f.name, back, err)
		}
	}
	query, _ := frames[0].want.Pack()
	if want, _ := hex.DecodeString(frames[0].hex); !bytes.Equal(query, want) {
		t.Errorf("query %x; want %x", query, want)
	}
}

func TestParse_Hostile(t *testing.T) {
	many := Message{Response: true}
	for range maxRecords + 1 {
		many.Records = append(many.Records, Record{Kind: Pointer, Name: ".", Target: "."})
	}
	raw, err := many.Pack()
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, raw []byte, want string) {
		t.Helper()
		if m, err := Parse(raw); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v; want %q", name, m, err, want)
		}
	}
	f("empty", nil, "header")
	f("too many records", raw, "more than")
	f("too long", make([]byte, MaxSize+1), "9001 bytes")
	loop, _ := hex.DecodeString("000084000000000100000000" + "c00c" + "000c0001" + "00000078" + "0002" + "c00c")
	f("a name that points at itself", loop, "pointer")
	for _, r := range []Record{{Kind: IPv4, Name: "a.", Addr: netip.IPv6Loopback()}, {Kind: 99, Name: "a."}, {Kind: Pointer, Name: "a"}} {
		if raw, err := (Message{Records: []Record{r}}).Pack(); err == nil {
			t.Errorf("%+v is packed as %x", r, raw)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, one := range frames {
		raw, _ := hex.DecodeString(one.hex)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw)
		if err != nil {
			return
		}
		again, err := m.Pack()
		if err != nil {
			return // a text that is too long for one record, say
		}
		back, err := Parse(again)
		if err != nil && len(again) <= MaxSize || err == nil && !reflect.DeepEqual(back, m) {
			t.Errorf("%+v is packed and read as %+v, %v", m, back, err)
		}
	})
}
