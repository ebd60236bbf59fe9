package opcua

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/gopcua/opcua/id"
	"github.com/gopcua/opcua/ua"
)

// answerOf encodes an answer as a server would.
func answerOf(t *testing.T, number uint16, res any) []byte {
	t.Helper()
	head, err := ua.Encode(ua.NewFourByteExpandedNodeID(0, number))
	if err != nil {
		t.Fatal(err)
	}
	body, err := ua.Encode(res)
	if err != nil {
		t.Fatal(err)
	}
	return append(head, body...)
}

func goodHeader() *ua.ResponseHeader {
	return &ua.ResponseHeader{Timestamp: time.Now(), ServiceDiagnostics: &ua.DiagnosticInfo{}, StringTable: []string{}, AdditionalHeader: ua.NewExtensionObject(nil)}
}

// Every kind of value passes the guard, to its last byte and not beyond.
func TestGuard_LetsAnswersPass(t *testing.T) {
	values := []any{
		true, int8(-1), byte(2), int16(-3), uint16(4), int32(-5), uint32(6), int64(-7), uint64(8), float32(1.5), 2.5, "磨", time.Now(), ua.NewGUID("72962B91-FA75-4AE6-8D28-B404DC7DAF63"),
		[]byte{1, 2},
		ua.XMLElement("<a/>"), ua.NewStringNodeID(2, "x"), ua.NewExpandedNodeID(ua.NewNumericNodeID(3, 1<<20), "urn:x", 4), ua.StatusBad,
		&ua.QualifiedName{NamespaceIndex: 1, Name: "q"}, ua.NewLocalizedText("l"), ua.NewExtensionObject(&ua.Argument{Name: "a", DataType: ua.NewTwoByteNodeID(1), Description: ua.NewLocalizedText("d")}),
		&ua.DataValue{EncodingMask: ua.DataValueValue, Value: ua.MustVariant(1.0)},
		[]float64{1, 2, 3},
		[]string{"a", "b"},
		[][]int32{{1, 2}, {3, 4}},
	}
	res := &ua.ReadResponse{ResponseHeader: goodHeader(), DiagnosticInfos: []*ua.DiagnosticInfo{{EncodingMask: 0x7F, AdditionalInfo: "x", InnerDiagnosticInfo: &ua.DiagnosticInfo{}}}}
	for _, v := range values {
		res.Results = append(res.Results, &ua.DataValue{
			EncodingMask: ua.DataValueValue | ua.DataValueStatusCode | ua.DataValueSourceTimestamp | ua.DataValueSourcePicoseconds | ua.DataValueServerTimestamp | ua.DataValueServerPicoseconds,
			Value:        ua.MustVariant(v),
		})
	}
	b := answerOf(t, id.ReadResponse_Encoding_DefaultBinary, res)
	got, err := decode[*ua.ReadResponse](bytes.Clone(b))
	if err != nil || len(got.Results) != len(values) {
		t.Fatalf("decode: %d of %d values, %v", len(got.Results), len(values), err)
	}
	for i, v := range got.Results {
		if v.Value.Type() != res.Results[i].Value.Type() {
			t.Errorf("value %d comes as %v; want %v", i, v.Value.Type(), res.Results[i].Value.Type())
		}
	}
	if a, ok := got.Results[21].Value.Value().(*ua.ExtensionObject).Value.(*ua.Argument); !ok || a.Name != "a" {
		t.Errorf("an argument comes as %v", got.Results[21].Value.Value())
	}
	for n := range b { // cut anywhere it is an error, and never another value
		if _, err := decode[*ua.ReadResponse](bytes.Clone(b[:n])); err == nil {
			t.Fatalf("cut to %d of %d bytes it is taken", n, len(b))
		}
	}
}

// What is longer, deeper or of another kind than it may be is found out before
// the library makes room for it.
func TestGuard_RefusesWhatWouldEndTheProcess(t *testing.T) {
	f := func(name string, body ...byte) {
		t.Helper()
		b := answerOf(t, id.ReadResponse_Encoding_DefaultBinary, &ua.ReadResponse{ResponseHeader: goodHeader()})
		b = b[:len(b)-8] // without results and diagnostics
		if _, err := decode[*ua.ReadResponse](append(b, body...)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	number := func(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }
	one := append(number(1), byte(ua.DataValueValue))
	f("two thousand million results", number(0x7FFFFFFF)...)
	f("an array of two thousand million", append(append(bytes.Clone(one), byte(ua.TypeIDByte)|0x80), number(0x7FFFFFFF)...)...)
	f("an array of two thousand million dimensions", append(append(append(bytes.Clone(one), byte(ua.TypeIDByte)|0xC0), number(0)...), number(0x7FFFFFFF)...)...)
	f("an array of negative length", append(append(bytes.Clone(one), byte(ua.TypeIDByte)|0x80), number(0xFFFFFFFE)...)...)
	f("variants without end", append(bytes.Clone(one), bytes.Repeat([]byte{byte(ua.TypeIDVariant)}, 1<<20)...)...)
	f("diagnostics without end", append(number(0), append(number(1), bytes.Repeat([]byte{0x40}, 1<<20)...)...)...)
	f("a value of an unknown type", append(bytes.Clone(one), 0x3F)...)

	// A structure that nobody here reads stays what it is to the library: bytes.
	inner := append(number(0x7FFFFFFF), 0)
	object := append([]byte{byte(ua.TypeIDExtensionObject), 1, 0, 0, 0, 1}, number(uint32(len(inner)))...)
	binary.LittleEndian.PutUint16(object[3:], id.HistoryEvent_Encoding_DefaultBinary)
	b := answerOf(t, id.ReadResponse_Encoding_DefaultBinary, &ua.ReadResponse{ResponseHeader: goodHeader()})
	b = append(append(append(b[:len(b)-8], one...), append(object, inner...)...), number(0)...)
	got, err := decode[*ua.ReadResponse](b)
	if err != nil || got.Results[0].Value.Value().(*ua.ExtensionObject).Value != nil {
		t.Errorf("an unknown structure: %+v, %v", got, err)
	}
	if _, err := decode[*ua.BrowseResponse](answerOf(t, id.ReadResponse_Encoding_DefaultBinary, &ua.ReadResponse{ResponseHeader: goodHeader()})); err == nil {
		t.Error("an answer to another question is taken")
	}
}
