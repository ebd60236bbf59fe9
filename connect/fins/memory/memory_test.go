package memory_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"zhigai/connect/fins/frame"
	"zhigai/connect/fins/memory"
)

func TestParse(t *testing.T) {
	f := func(text string, area frame.Area, start uint16, bit int, of memory.Type, size int) {
		t.Helper()
		v, err := memory.Parse(text)
		if err != nil || v.Area != area || v.Start != start || v.Bit != bit || v.Type != of || v.Size() != size {
			t.Errorf("Parse(%q) = %+v of %d bytes, %v", text, v, v.Size(), err)
		}
	}
	f("D100 int16", frame.Data, 100, -1, memory.Int16, 2)
	f("DM100", frame.Data, 100, -1, memory.Uint16, 2)
	f("d32767 UINT16", frame.Data, 32767, -1, memory.Uint16, 2)
	f("D100.05", frame.Data, 100, 5, memory.Bool, 2)
	f("W10.03", frame.Work, 10, 3, memory.Bool, 2)
	f("W10.3 bool", frame.Work, 10, 3, memory.Bool, 2)
	f("CIO 0.05", frame.CIO, 0, 5, memory.Bool, 2)
	f("CIO0.15", frame.CIO, 0, 15, memory.Bool, 2)
	f("cio 2000 uint32", frame.CIO, 2000, -1, memory.Uint32, 4)
	f("H20 float64 ABCD", frame.Holding, 20, -1, memory.Float64, 8)
	f("A351 bcd16", frame.Auxil, 351, -1, memory.BCD16, 2)
	f("E0_100 float32", 0xA0, 100, -1, memory.Float32, 4)
	f("EMC_100", 0xAC, 100, -1, memory.Uint16, 2)
	f("E18_100", 0x6B, 100, -1, memory.Uint16, 2)
	f("E100", frame.Current, 100, -1, memory.Uint16, 2)
	f("EM100", frame.Current, 100, -1, memory.Uint16, 2)
	f("E0_100.07", 0xA0, 100, 7, memory.Bool, 2)
	f("T5 uint16", frame.Present, 5, -1, memory.Uint16, 2)
	f("T5 bcd16", frame.Present, 5, -1, memory.BCD16, 2)
	f("T5 bool", frame.Flags, 5, -1, memory.Bool, 1)
	f("C3 bool", frame.Flags, 0x8003, -1, memory.Bool, 1)
	f("C4095 uint16", frame.Present, 0x8FFF, -1, memory.Uint16, 2)
	f("D200 string7", frame.Data, 200, -1, memory.String, 8)
	for _, text := range []string{
		"", "40001", "D", "D65536", "D100.16", "D100.005", "D100.x", "D100 bool", "D100.1 int16", "D100 nonsense", "D100 int16 ABDC", "D100.1 bool ABCD", "D65535 uint32",
		"X1", "T5", "T5 int16", "T4096 bool", "Tx bool", "C-1 bool", "E19_0", "EG_0", "E_0", "CIO", "CIO x", "D100 string0", "D100 string1999", "D100 int16 ABCD 1",
	} {
		if v, err := memory.Parse(text); err == nil || !strings.Contains(err.Error(), "write") && !strings.Contains(err.Error(), "has") {
			t.Errorf("Parse(%q) = %+v, %v; want what to write", text, v, err)
		}
	}
}

// What is written is what is read, in every order.
func TestEncodeDecode(t *testing.T) {
	f := func(address string, value any, raw string) {
		t.Helper()
		v, err := memory.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		b, err := v.Encode(value)
		if err != nil || hex.EncodeToString(b) != raw {
			t.Errorf("%s: %v is %x, %v; want %s", address, value, b, err, raw)
			return
		}
		got, err := v.Decode(b)
		if text, isText := value.(string); err != nil || isText && got.Text != text || !isText && got.Number != value {
			t.Errorf("%s: %s is %+v, %v; want %v", address, raw, got, err, value)
		}
	}
	f("D0", 65535.0, "ffff")
	f("D0 int16", -5.0, "fffb")
	f("D0 int32", 305419896.0, "56781234")
	f("D0 int32 ABCD", 305419896.0, "12345678")
	f("D0 int32 DCBA", 305419896.0, "78563412")
	f("D0 int32 BADC", 305419896.0, "34127856")
	f("D0 uint32", 4e9, "2800ee6b")
	f("D0 int64", -70000.0, "ee90fffeffffffff")
	f("D0 uint64", 9007199254740992.0, "0000000000000020")
	f("D0 float32", -12.25, "0000c144")
	f("D0 float64", 1.0, "0000000000003ff0")
	f("D0 bcd16", 1234.0, "1234")
	f("D0 bcd32", 12345678.0, "56781234")
	f("D0 string5", "ABC", "414243000000")
	f("D0 string4 BADC", "ABCD", "42414443")
	refuses := func(address string, value any) {
		t.Helper()
		v, err := memory.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := v.Encode(value); err == nil {
			t.Errorf("%s takes %v as %x", address, value, b)
		}
	}
	refuses("D0", -1.0)
	refuses("D0", 65536.0)
	refuses("D0", 0.5)
	refuses("D0", math.NaN())
	refuses("D0", "1")
	refuses("D0 int64", 1e17)
	refuses("D0 float32", 1e300)
	refuses("D0 float64", math.NaN())
	refuses("D0 bcd16", 10000.0)
	refuses("D0.1", 2.0)
	refuses("D0 string4", "12345")
	refuses("D0 string4", 1.0)
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"D100 int16", "W10.03", "CIO 0.05", "E0_100 float32 ABCD", "T5 bool", "D200 string16"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := memory.Parse(text)
		if err != nil {
			return
		}
		if got, err := v.Decode(make([]byte, v.Size())); err != nil || got.Number != 0 || got.Text != "" {
			t.Errorf("%q of nothing: %+v, %v", text, got, err)
		}
	})
}

// What can be read can be written, and reads the same again.
func FuzzDecode(f *testing.F) {
	addresses := []string{
		"D0", "D0 int16", "D0 int32", "D0 uint32 ABCD", "D0 int64 DCBA", "D0 uint64 BADC", "D0 float32", "D0 float64 ABCD", "D0 bcd16", "D0 bcd32", "D0 string9", "D0 string8 BADC",
	}
	for i := range addresses {
		f.Add(uint8(i), []byte{0x12, 0x34, 0x56, 0x78, 0, 0x11, 0x22, 0x33})
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		v, err := memory.Parse(addresses[int(which)%len(addresses)])
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, make([]byte, v.Size())...)[:v.Size()]
		got, err := v.Decode(raw)
		if errors.Is(err, memory.ErrMalformed) || errors.Is(err, memory.ErrImprecise) || math.IsNaN(got.Number) || math.IsInf(got.Number, 0) {
			return
		}
		value := any(got.Number)
		if v.Type == memory.String {
			value = got.Text
		}
		b, err := v.Encode(value)
		if err != nil {
			t.Fatalf("%+v: %x is %+v and cannot be written: %v", v, raw, got, err)
		}
		if again, err := v.Decode(b); err != nil || again != got {
			t.Errorf("%+v: %x is %+v, written %x, read %+v, %v", v, raw, got, b, again, err)
		}
		if _, whole := v.Whole(); whole && !bytes.Equal(b, raw) {
			t.Errorf("%+v: %x is %v, written %x", v, raw, got.Number, b)
		}
	})
}
