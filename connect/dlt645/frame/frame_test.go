package frame

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Frames by the standard: clause 7.1 (read data: function 11, the identifier low
// byte first, 33 added to each byte) and 7.3 (read address), with the identifiers of
// annex A. The sums were added up by hand.
func TestAppend_StandardFrames(t *testing.T) {
	f := func(frame Frame, want string) {
		t.Helper()
		b := Append(nil, frame)
		if hex.EncodeToString(b) != want {
			t.Errorf("%+v = %x; want %s", frame, b, want)
		}
		if got, n, err := Cut(append(b, 1, 2)); err != nil || n != len(b) || got.Address != frame.Address || got.Control != frame.Control || !bytes.Equal(got.Data, frame.Data) {
			t.Errorf("Cut(%s) = %+v, %d, %v", want, got, n, err)
		}
	}
	f(Frame{Any, ReadAddress, nil}, "68aaaaaaaaaaaa681300df16")
	f(Frame{Any, Read, ID(0x00010000).Append(nil)}, "68aaaaaaaaaaaa68110433333433ae16")
	f(Frame{Any, Read, ID(0x02010100).Append(nil)}, "68aaaaaaaaaaaa68110433343435b116")
	a, err := ParseAddress("000012345678")
	if err != nil || a.String() != "000012345678" {
		t.Fatal(a, err)
	}
}

// The bytes of an answer, spelled out.
func TestCut_Answer(t *testing.T) {
	b := unhex(t, "68785634120000689108"+"33333433"+"ab896745")
	var s byte
	for _, x := range b {
		s += x
	}
	b = append(b, s, 0x16)
	f, n, err := Cut(b)
	if err != nil || n != len(b) || f.Address.String() != "000012345678" || f.Control != Read|Answer || f.Function() != Read {
		t.Fatalf("%+v, %d, %v", f, n, err)
	}
	id, rest, ok := CutID(f.Data)
	d, err := ParseData("00010000")
	if !ok || err != nil || id != d.ID {
		t.Fatalf("%v %v %v", id, ok, err)
	}
	raw, ok := d.Cut(rest)
	if v, isNumber := d.Number(raw); !ok || !isNumber || v != 123456.78 {
		t.Errorf("%v, %v", v, ok)
	}
	for i := range b {
		if _, _, err := Cut(b[:i]); !errors.Is(err, ErrShort) {
			t.Errorf("%x: %v; want ErrShort", b[:i], err)
		}
		broken := bytes.Clone(b)
		broken[i] ^= 1
		if f, _, err := Cut(broken); err == nil {
			t.Errorf("%x is taken for %+v", broken, f)
		}
	}
}

func TestParseData(t *testing.T) {
	f := func(text, raw string, want float64) {
		t.Helper()
		d, err := ParseData(text)
		if err != nil {
			t.Error(err)
			return
		}
		part, ok := d.Cut(unhex(t, raw))
		if v, number := d.Number(part); !ok || !number || v != want {
			t.Errorf("%s of %s = %v, %v, %v; want %v", text, raw, v, ok, number, want)
		}
		again := make([]byte, d.Size)
		if d.Encode(again, want); !bytes.Equal(again, part) {
			t.Errorf("%s: %v is written %x; want %x", text, want, again, part)
		}
	}
	f("02010100", "0522", 220.5)
	f("0201FF00 bcd2.1 at 2", "052206229921", 220.6)
	f("02020100", "345612", 125.634)
	f("02020100", "345692", -125.634)
	f("02030000", "563412", 12.3456)
	f("02060000", "9909", 0.999)
	f("02060000", "9989", -0.999)
	f("02800002", "0050", 50)
	f("00010000", "78563412", 123456.78)
	f("0280000A bcd4.0", "01000000", 1)
	digits, err := ParseData("04000401")
	if err != nil || digits.Digits([]byte{0x78, 0x56, 0x34, 0x12, 0, 0}) != "000012345678" {
		t.Errorf("%+v, %v", digits, err)
	}
	raw := make([]byte, 6)
	if digits.EncodeDigits(raw, "000012345678"); hex.EncodeToString(raw) != "785634120000" {
		t.Errorf("%x", raw)
	}
	for _, text := range []string{"", "0001", "0001000G", "03300E01", "02010100 float2", "02010100 bcd9", "02010100 bcd2.9", "02010100 bcd2.1 at", "02010100 bcd2.1 at -1", "02010100 bcd2.1 on 2", "04000401 digits6.1"} {
		if d, err := ParseData(text); err == nil {
			t.Errorf("%q is taken for %+v", text, d)
		}
	}
	if v, ok := (Data{Size: 2, Signed: true}).Number([]byte{0xFF, 0xFF}); ok {
		t.Errorf("FFFF is the number %v", v)
	}
}

func FuzzCut(f *testing.F) {
	f.Add([]byte("\x68\xaa\xaa\xaa\xaa\xaa\xaa\x68\x13\x00\xdf\x16"))
	f.Add(Append(nil, Frame{Any, Read | Answer, []byte{0, 0, 1, 0, 0x78, 0x56, 0x34, 0x12}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, n, err := Cut(b)
		if err != nil {
			if !errors.Is(err, ErrShort) && !errors.Is(err, ErrFrame) {
				t.Error(err)
			}
			return
		}
		if again := Append(nil, frame); !bytes.Equal(again, b[:n]) {
			t.Errorf("%x is written as %x", b[:n], again)
		}
	})
}

func FuzzData(f *testing.F) {
	f.Add("0202FF00 sbcd3.3 at 3", []byte{1, 2, 3, 4, 5, 0x86})
	f.Add("04000402 digits6", []byte{1, 2, 3, 4, 5, 6})
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		d, err := ParseData(text)
		if err != nil {
			return
		}
		raw, ok := d.Cut(data)
		if !ok {
			return
		}
		_ = d.Digits(raw)
		v, number := d.Number(raw)
		if !number || d.Text {
			return
		}
		again := make([]byte, d.Size)
		d.Encode(again, v)
		if w, _ := d.Number(again); w != v {
			t.Errorf("%s of %x = %v, written %x", text, raw, v, again)
		}
	})
}
