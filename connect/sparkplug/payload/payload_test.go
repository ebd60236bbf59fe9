package payload

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"
)

// The vectors were written by hand from the field numbers of the Sparkplug 3.0
// schema (tag = number<<3 | wire type).
func TestDecode_Vectors(t *testing.T) {
	f := func(name, in string, want Payload) {
		t.Helper()
		b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Decode = %+v; want %+v", name, got, want)
		}
		if again := got.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%s: encoded again %x; want %x", name, again, b)
		}
	}
	f("empty", "", Payload{})
	f("seq zero is there", "18 00", Payload{HasSeq: true})
	f("timestamp and seq", "08 e807 18 ff01", Payload{Timestamp: 1000, HasTimestamp: true, Seq: 255, HasSeq: true})
	f("alias and double, no name", "12 0b 10 07 69 0000000000004540",
		Payload{Metrics: []Metric{{Alias: 7, HasAlias: true, Value: OfFloat(TypeDouble, 42)}}})
	f("alias zero is an alias", "12 04 10 00 70 01",
		Payload{Metrics: []Metric{{HasAlias: true, Value: OfBool(true)}}})
	f("int64 minus five", "12 10 0a 01 43 20 04 58 fbffffffffffffffff01",
		Payload{Metrics: []Metric{{Name: "C", Type: TypeInt64, Value: OfInt(TypeInt64, -5)}}})
	f("int32 minus five", "12 0b 0a 01 43 20 03 50 fbffffff0f",
		Payload{Metrics: []Metric{{Name: "C", Type: TypeInt32, Value: OfInt(TypeInt32, -5)}}})
	f("null, historical", "12 09 0a 01 54 20 09 28 01 38 01",
		Payload{Metrics: []Metric{{Name: "T", Type: TypeFloat, Historical: true, Null: true}}})
	f("text in Chinese", "12 0b 0a 01 50 7a 06 e8bdb4e689bf",
		Payload{Metrics: []Metric{{Name: "P", Value: OfText("轴承")}}})
	f("quality property", "12 15 0a 01 54 4a 10 0a07 5175616c697479 12 05 08 03 18 c001",
		Payload{Metrics: []Metric{{Name: "T", Properties: []Property{{Key: "Quality", Type: TypeInt32, Value: OfInt(TypeInt32, 192)}}}}})
}

func TestDecode_Malformed(t *testing.T) {
	f := func(name, in string) {
		t.Helper()
		b, err := hex.DecodeString(strings.ReplaceAll(in, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Decode(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: Decode = %+v, %v; want ErrMalformed", name, got, err)
		}
	}
	f("JSON", hex.EncodeToString([]byte(`{"timestamp":1}`)))
	f("cut varint", "08 ff")
	f("length beyond the end", "12 7f 0a")
	f("name is a number", "12 02 08 01")
	f("double as varint", "12 04 0a 00 68 01")
	f("text is not UTF-8", "12 05 7a 03 ff fe fd")
	f("keys without values", "12 05 4a 03 0a 01 51")
}

func TestValue_TwosComplement(t *testing.T) {
	f := func(typ Type, bits uint64, want int64) {
		t.Helper()
		n, signed, ok := typ.Integer()
		if !ok || !signed {
			t.Fatalf("%v is no signed type", typ)
		}
		if got := (Value{Bits: bits}).Signed(n); got != want {
			t.Errorf("%v of %x = %d; want %d", typ, bits, got, want)
		}
	}
	f(TypeInt8, 0xFB, -5)
	f(TypeInt8, 0xFFFFFFFB, -5) // sign extended to the field's width
	f(TypeInt8, 0x7F, 127)
	f(TypeInt16, 0xFFFB, -5)
	f(TypeInt32, 0xFFFFFFFB, -5)
	f(TypeInt32, math.MaxInt32, math.MaxInt32)
	f(TypeInt64, math.MaxUint64, -1)
	if got := (Value{Bits: 0xFFFFFFFF}).Unsigned(8); got != 255 {
		t.Errorf("Unsigned(8) = %d; want 255", got)
	}
	if got := OfFloat(TypeFloat, 1.5).Float64(); got != 1.5 {
		t.Errorf("float = %v; want 1.5", got)
	}
}

func TestType_Names(t *testing.T) {
	for typ, want := range map[Type]string{
		TypeInt8: "Int8", TypeUInt64: "UInt64", TypeTemplate: "Template",
		TypePropertySetList: "PropertySetList", 22: "Int8Array", 34: "DateTimeArray", 99: "type 99",
	} {
		if got := typ.String(); got != want {
			t.Errorf("Type(%d) = %q; want %q", uint32(typ), got, want)
		}
	}
}

func TestOpen_Compressed(t *testing.T) {
	inner := Payload{HasSeq: true, Seq: 3, Metrics: []Metric{{Name: "a", Value: OfBool(true)}}}
	squeeze := func(w io.WriteCloser, buf *bytes.Buffer, b []byte) []byte {
		_, err := w.Write(b)
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	var z, g, bomb bytes.Buffer
	for name, body := range map[string][]byte{
		"deflate": squeeze(zlib.NewWriter(&z), &z, inner.Append(nil)),
		"gzip":    squeeze(gzip.NewWriter(&g), &g, inner.Append(nil)),
	} {
		got, err := Open(Payload{UUID: compressed, Body: body, Timestamp: 5, HasTimestamp: true}.Append(nil))
		want := inner
		want.Timestamp, want.HasTimestamp = 5, true
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Open = %+v, %v; want %+v", name, got, err, want)
		}
	}
	for name, body := range map[string][]byte{
		"garbage": {1, 2, 3}, "nothing": nil,
		"bomb": squeeze(zlib.NewWriter(&bomb), &bomb, make([]byte, MaxInflated+1)),
	} {
		if _, err := Open(Payload{UUID: compressed, Body: body}.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v; want ErrMalformed", name, err)
		}
	}
}

// FuzzDecode: no input panics, and what was decoded is the same after it was
// encoded and decoded again.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x12, 0x0b, 0x10, 0x07, 0x69, 0, 0, 0, 0, 0, 0, 0x45, 0x40})
	f.Add(Payload{HasSeq: true, UUID: "u", Body: []byte{1}, Metrics: []Metric{
		{Name: "a", Metadata: []byte{1}, Value: Value{Field: Template, Bytes: []byte{1, 2}}},
		{Name: "b", Transient: true, Properties: []Property{{Key: "k", Null: true}, {Key: "l", Value: OfText("x")}}},
	}}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(p.Append(nil))
		if err != nil {
			t.Fatalf("decode of encoded %+v: %v", p, err)
		}
		if !bytes.Equal(again.Append(nil), p.Append(nil)) {
			t.Fatalf("again %+v; want %+v", again, p)
		}
	})
}
