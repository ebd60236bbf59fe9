package variable_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"zhigai/connect/s7/pdu"
	"zhigai/connect/s7/variable"
)

func TestParse(t *testing.T) {
	f := func(text string, want variable.Variable, size int) {
		t.Helper()
		got, err := variable.Parse(text)
		if err != nil || got != want || got.Size() != size {
			t.Errorf("Parse(%q) = %+v of %d bytes, %v; want %+v of %d", text, got, got.Size(), err, want, size)
		}
	}
	db := func(n uint16, at, bit int, of variable.Type, most int) variable.Variable {
		return variable.Variable{Area: pdu.Blocks, DB: n, Byte: at, Bit: bit, Type: of, Max: most}
	}
	in := func(a pdu.Area, at, bit int, of variable.Type) variable.Variable {
		return variable.Variable{Area: a, Byte: at, Bit: bit, Type: of}
	}
	f("DB1.DBD4 real", db(1, 4, -1, variable.Real, 0), 4)
	f("DB1.DBD4", db(1, 4, -1, variable.DWord, 0), 4)
	f("db65535.dbx65535.7", db(65535, 65535, 7, variable.Bool, 0), 1)
	f("DB1.DBX0.3 bool", db(1, 0, 3, variable.Bool, 0), 1)
	f("DB10.DBW2 INT", db(10, 2, -1, variable.Int, 0), 2)
	f("DB1.DBB9", db(1, 9, -1, variable.Byte, 0), 1)
	f("DB1.DBB9 lreal", db(1, 9, -1, variable.LReal, 0), 8)
	f("DB1.DBD8 lreal", db(1, 8, -1, variable.LReal, 0), 8)
	f("DB1.DBB10 string", db(1, 10, -1, variable.String, 254), 256)
	f("DB1.DBB10 string[20]", db(1, 10, -1, variable.String, 20), 22)
	f("DB1.DBX10.0 string[20]", db(1, 10, -1, variable.String, 20), 22)
	f("DB1.DBB10 wstring[20]", db(1, 10, -1, variable.WString, 20), 44)
	f("DB1.DBB10 char[8]", db(1, 10, -1, variable.Char, 8), 8)
	f("DB1.DBB10 dtl", db(1, 10, -1, variable.DTL, 0), 12)
	f("VW100", db(1, 100, -1, variable.Word, 0), 2)
	f("V0.1", db(1, 0, 1, variable.Bool, 0), 1)
	f("VD100 real", db(1, 100, -1, variable.Real, 0), 4)
	f("MW10 word", in(pdu.Flags, 10, -1, variable.Word), 2)
	f("M0.1", in(pdu.Flags, 0, 1, variable.Bool), 1)
	f("MX0.1", in(pdu.Flags, 0, 1, variable.Bool), 1)
	f("IW0", in(pdu.Inputs, 0, -1, variable.Word), 2)
	f("EW0", in(pdu.Inputs, 0, -1, variable.Word), 2)
	f("I0.7", in(pdu.Inputs, 0, 7, variable.Bool), 1)
	f("QB4", in(pdu.Outputs, 4, -1, variable.Byte), 1)
	f("AB4", in(pdu.Outputs, 4, -1, variable.Byte), 1)
	f("T3", in(pdu.Timers, 3, -1, variable.S5Time), 2)
	f("C4", in(pdu.Counters, 4, -1, variable.Counter), 2)
	f("z4", in(pdu.Counters, 4, -1, variable.Counter), 2)
}

func TestParse_SaysWhatToWrite(t *testing.T) {
	for _, text := range []string{
		"", "40001", "DB1", "DB0.DBW0", "DB65536.DBW0", "DB1.DBW", "DB1.DBW0.1", "DB1.DBX0", "DB1.DBX0.8", "DB1.W0", "DB1.DBQ0", "DBW0", "DB1.DBW70000", "DB1.DBW-1",
		"MW", "M0", "M0.8", "X1", "T", "Tx", "T3 word", "C4 int", "DB1.DBW0 real", "DB1.DBD0 int", "DB1.DBX0.1 int", "DB1.DBW0 bool", "DB1.DBB0 bool", "DB1.DBW0 string[5]",
		"DB1.DBW0 nonsense", "DB1.DBB0 string[0]", "DB1.DBB0 string[255]", "DB1.DBB0 string[5", "DB1.DBB0 string[x]", "DB1.DBB0 wstring[16383]", "DB1.DBD0 real[3]", "DB1.DBW0 int word",
	} {
		if got, err := variable.Parse(text); err == nil || !strings.Contains(err.Error(), "write") && !strings.Contains(err.Error(), "have") {
			t.Errorf("Parse(%q) = %+v, %v; want what to write", text, got, err)
		}
	}
}

// What is written is what is read. The bytes of DATE_AND_TIME, S5TIME and STRING
// are those of examples in the documentation of STEP 7.
func TestEncodeDecode(t *testing.T) {
	f := func(address string, value any, raw string) {
		t.Helper()
		v, err := variable.Parse(address)
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
	f("M0.0", 1.0, "01")
	f("MB0", 200.0, "c8")
	f("MB0 sint", -5.0, "fb")
	f("MW0 int", -1234.0, "fb2e")
	f("MW0", 65535.0, "ffff")
	f("MD0 dint", -70000.0, "fffeee90")
	f("MD0", 4294967295.0, "ffffffff")
	f("MB0 lint", -9007199254740992.0, "ffe0000000000000")
	f("MB0 ulint", 9007199254740992.0, "0020000000000000")
	f("MD0 real", -12.25, "c1440000")
	f("MD0 lreal", 0.1, "3fb999999999999a")
	f("MD0 time", -1500.0, "fffffa24")
	f("MB0 ltime", 1.5, "000000000016e360")
	f("MW0 s5time", 0.0, "0000")
	f("MW0 s5time", 9990.0, "0999")
	f("MW0 s5time", 25000.0, "1250")
	f("MW0 s5time", 9990000.0, "3999")
	f("C0", 456.0, "0456")
	f("MW0 date", 1783123200000.0, "3415")
	f("MW0 date", "2026-07-04", "3415")
	f("MD0 tod", "12:34:56.789", "02b32c95")
	f("MB0 dt", "1993-12-25T08:12:34.567", "9312250812345677")
	f("MB0 dt", 1783168496789.0, "2607041234567897")
	f("MB0 dtl", "2026-07-04T12:34:56.789", "07ea0704070c22382f072f40")
	f("MB0 string[4]", "AB", "040241420000")
	f("MB0 wstring[2]", "磨", "0002000178e80000")
	f("MB0 char[4]", "AB", "41422020")
}

func TestEncode_Refuses(t *testing.T) {
	f := func(address string, value any) {
		t.Helper()
		v, err := variable.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := v.Encode(value); err == nil {
			t.Errorf("%s takes %v as %x", address, value, b)
		}
	}
	f("M0.0", 2.0)
	f("MB0", 256.0)
	f("MB0", -1.0)
	f("MB0", 1.5)
	f("MB0", math.NaN())
	f("MB0 sint", 128.0)
	f("MB0 lint", 1e17)
	f("MD0 real", 1e300)
	f("MD0 real", math.NaN())
	f("MD0 lreal", math.Inf(1))
	f("MB0 ltime", 0.0000001)
	f("MW0 s5time", 12345.0)
	f("MW0 s5time", -10.0)
	f("C0", 1000.0)
	f("MW0 date", 1.0)
	f("MW0 date", "1989-12-31")
	f("MD0 tod", 86400000.0)
	f("MD0 tod", "24:00:00.000")
	f("MB0 dt", "1989-12-31T00:00:00.000")
	f("MB0 dtl", "tomorrow")
	f("MB0 dtl", -1.0)
	f("MB0 string[2]", "ABC")
	f("MB0 char[2]", "ABC")
	f("MB0 wstring[1]", "ABC")
	f("MB0 string[2]", 1.0)
	f("MB0", "1")
}

func TestDecode_Refuses(t *testing.T) {
	f := func(address, raw string, want error) {
		t.Helper()
		v, err := variable.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := v.Decode(b); !errors.Is(err, want) {
			t.Errorf("%s of %s = %+v, %v; want %v", address, raw, got, err, want)
		}
	}
	f("MB0 ulint", "0020000000000001", variable.ErrImprecise)
	f("MB0 lint", "8000000000000000", variable.ErrImprecise)
	f("MW0 s5time", "0a00", variable.ErrMalformed)
	f("C0", "00aa", variable.ErrMalformed)
	f("MB0 string[4]", "020341424300", variable.ErrMalformed)
	f("MB0 wstring[1]", "000200030041", variable.ErrMalformed)
	f("MD0 tod", "05265c00", variable.ErrMalformed)
	f("MB0 dt", "2602301234567897", variable.ErrMalformed)
	f("MB0 dt", "26aa301234567897", variable.ErrMalformed)
	f("MB0 dt", "2607041234567a97", variable.ErrMalformed)
	f("MB0 dtl", "07ea0704070c22383b9aca00", variable.ErrMalformed)
	f("MB0 dtl", "000000000000000000000000", variable.ErrMalformed)
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"DB1.DBD4 real", "DB1.DBX0.3", "MW10 word", "T3", "VW100", "DB1.DBB10 wstring[20]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := variable.Parse(text)
		if err != nil {
			return
		}
		raw := make([]byte, v.Size())
		if _, err := v.Decode(raw); err != nil && !errors.Is(err, variable.ErrMalformed) {
			t.Errorf("%q of nothing: %v", text, err)
		}
	})
}

// What can be read can be written, and reads the same again.
func FuzzDecode(f *testing.F) {
	addresses := []string{
		"M0.3", "MB0", "MB0 sint", "MW0 int", "MD0 dint", "MB0 lint", "MB0 ulint", "MD0 real", "MD0 lreal", "MD0 time", "MW0 s5time", "C0", "MW0 date", "MD0 tod",
		"MB0 dt", "MB0 dtl", "MB0 char[10]", "MB0 string[10]", "MB0 wstring[4]",
	}
	for i := range addresses {
		f.Add(uint8(i), []byte{0x26, 0x07, 0x04, 0x12, 0x34, 0x56, 0x78, 0x97, 0, 0, 0, 0})
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		v, err := variable.Parse(addresses[int(which)%len(addresses)])
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, make([]byte, v.Size())...)[:v.Size()]
		got, err := v.Decode(raw)
		if err != nil || math.IsNaN(got.Number) || math.IsInf(got.Number, 0) {
			return
		}
		value := any(got.Number)
		if v.IsText() {
			value = got.Text
		}
		b, err := v.Encode(value)
		if err != nil {
			if v.Type == variable.DTL || v.Type == variable.WString {
				return // nanoseconds and broken surrogates do not survive as ms and UTF-8
			}
			t.Fatalf("%+v: %x is %+v and cannot be written: %v", v, raw, got, err)
		}
		again, err := v.Decode(shift(v, b))
		if err != nil || again != got && v.Type != variable.WString {
			t.Errorf("%+v: %x is %+v, written %x, read %+v, %v", v, raw, got, b, again, err)
		}
		if signed, whole := v.Whole(); (whole || signed) && !bytes.Equal(b, raw) {
			t.Errorf("%+v: %x is %v, written %x", v, raw, got.Number, b)
		}
	})
}

// shift puts a bit where it stands in its byte: it is written alone.
func shift(v variable.Variable, b []byte) []byte {
	if v.Type == variable.Bool {
		return []byte{b[0] << v.Bit}
	}
	return b
}
