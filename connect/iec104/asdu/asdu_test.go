package asdu

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Control fields worked out from the standard's figures (104, clause 5.1): the
// functions are its own, the numbers stand 15 bits left.
func TestFrame(t *testing.T) {
	f := func(text string, want Frame) {
		t.Helper()
		b := unhex(t, text)
		n, err := ParseStart(b)
		if err != nil || n != len(b)-StartSize {
			t.Fatalf("%s: %d, %v", text, n, err)
		}
		got, err := ParseFrame(b[StartSize:])
		if err != nil || got.Format != want.Format || got.Send != want.Send || got.Receive != want.Receive || got.Function != want.Function || !bytes.Equal(got.ASDU, want.ASDU) {
			t.Errorf("%s = %+v, %v; want %+v", text, got, err, want)
		}
		if again := want.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%+v is written as %x; want %s", want, again, text)
		}
	}
	f("68 04 07 00 00 00", Frame{Format: Unnumbered, Function: StartAct})
	f("68 04 0B 00 00 00", Frame{Format: Unnumbered, Function: StartCon})
	f("68 04 13 00 00 00", Frame{Format: Unnumbered, Function: StopAct})
	f("68 04 23 00 00 00", Frame{Format: Unnumbered, Function: StopCon})
	f("68 04 43 00 00 00", Frame{Format: Unnumbered, Function: TestAct})
	f("68 04 83 00 00 00", Frame{Format: Unnumbered, Function: TestCon})
	f("68 04 01 00 06 00", Frame{Format: Supervisory, Receive: 3})
	f("68 04 01 00 FE FF", Frame{Format: Supervisory, Receive: Modulus - 1})
	f("68 0E 02 00 FE FF 64 01 06 00 01 00 00 00 00 14", Frame{Format: Information, Send: 1, Receive: Modulus - 1, ASDU: unhex(t, "640106000100 000000 14")})

	g := func(text string) {
		t.Helper()
		b := unhex(t, text)
		if n, err := ParseStart(b); err == nil && n == len(b)-StartSize {
			if f, err := ParseFrame(b[StartSize:]); err == nil {
				t.Errorf("%s = %+v", text, f)
			}
		}
	}
	g("69 04 07 00 00 00")    // another start
	g("68 03 07 00 00")       // shorter than a control field
	g("68 FE")                // longer than 253
	g("68 04 0F 00 00 00")    // two functions
	g("68 04 03 00 00 00")    // none
	g("68 04 07 00 02 00")    // a function with a number
	g("68 04 00 00 00 00")    // information without any
	g("68 05 01 00 00 00 00") // an acknowledgement with something
	g("68 04 01 00 01 00")    // half a number
	g("68 04 05 00 00 00")    // no format
}

// One ASDU of each type, the elements worked out from 101, clause 7.2.6:
// 12.5 is 41480000, -0.5 normalized C000, 11:59:30.250 on Saturday 2026-11-28.
func TestASDU_Elements(t *testing.T) {
	at := time.Date(2026, 11, 28, 11, 59, 30, 250_000_000, time.UTC)
	const stamp = "2A 76 3B 0B DC 0B 1A"
	f := func(kind Type, element string, want Value) {
		t.Helper()
		b := unhex(t, element)
		got, err := Object{Element: b}.Value(kind, time.UTC)
		if err != nil || got != want {
			t.Errorf("type %d %s = %+v, %v; want %+v", kind, element, got, err, want)
		}
		if again := Element(kind, want); !bytes.Equal(again, b) {
			t.Errorf("type %d: %+v is written as % X; want %s", kind, want, again, element)
		}
	}
	f(SinglePoint, "01", Value{Number: 1})
	f(SinglePoint, "F0", Value{Quality: Invalid | NotTopical | Substituted | Blocked})
	f(DoublePoint, "82", Value{Number: 2, Quality: Invalid})
	f(StepPosition, "7F 00", Value{Number: -1})
	f(StepPosition, "BF 01", Value{Number: 63, Moving: true, Quality: Overflow})
	f(BitString, "78 56 34 12 10", Value{Number: 0x12345678, Quality: Blocked})
	f(Normalized, "00 C0 00", Value{Number: -0.5})
	f(NormalizedBare, "00 40", Value{Number: 0.5})
	f(Scaled, "FE FF 40", Value{Number: -2, Quality: NotTopical})
	f(Float, "00 00 48 41 00", Value{Number: 12.5})
	f(Total, "15 CD 5B 07 65", Value{Number: 123456789, Sequence: 5 | Carry | Adjusted})
	f(Total, "FF FF FF FF 80", Value{Number: -1, Quality: Invalid})
	f(SinglePointAt, "01"+stamp, Value{Number: 1, Time: at})
	f(DoublePointAt, "01"+stamp, Value{Number: 1, Time: at})
	f(StepPositionAt, "05 00"+stamp, Value{Number: 5, Time: at})
	f(BitStringAt, "01 00 00 00 00"+stamp, Value{Number: 1, Time: at})
	f(NormalizedAt, "00 40 00"+stamp, Value{Number: 0.5, Time: at})
	f(ScaledAt, "2C 01 00"+stamp, Value{Number: 300, Time: at})
	f(FloatAt, "00 00 48 41 00"+stamp, Value{Number: 12.5, Time: at})
	f(TotalAt, "01 00 00 00 03"+stamp, Value{Number: 1, Sequence: 3, Time: at})
	f(FloatAt, "00 00 48 41 00 2A 76 BB 0B DC 0B 1A", Value{Number: 12.5, Time: at, BadTime: true})

	c := func(kind Type, element string, want Command) {
		t.Helper()
		b := unhex(t, element)
		got, err := Object{Element: b}.Command(kind)
		if err != nil || got != want {
			t.Errorf("type %d %s = %+v, %v; want %+v", kind, element, got, err, want)
		}
		if again, err := CommandElement(kind, want); err != nil || !bytes.Equal(again, b) {
			t.Errorf("type %d: %+v is written as % X, %v; want %s", kind, want, again, err, element)
		}
	}
	c(SingleCommand, "81", Command{Number: 1, Select: true})
	c(SingleCommand, "04", Command{Qualifier: 1})
	c(DoubleCommand, "02", Command{Number: 2})
	c(StepCommand, "01", Command{Number: 1})
	c(SetNormalized, "00 C0 80", Command{Number: -0.5, Select: true})
	c(SetScaled, "2C 01 00", Command{Number: 300})
	c(SetFloat, "00 00 48 41 00", Command{Number: 12.5})
	c(SetBitString, "78 56 34 12", Command{Number: 0x12345678})
	bad := func(kind Type, v float64) {
		t.Helper()
		if e, err := CommandElement(kind, Command{Number: v}); err == nil {
			t.Errorf("type %d takes %v as % X", kind, v, e)
		}
	}
	bad(SingleCommand, 2)
	bad(DoubleCommand, 0)
	bad(DoubleCommand, 3)
	bad(SetNormalized, 1.5)
	bad(SetScaled, 40000)
	bad(SetScaled, 1.5)
	bad(SetFloat, math.NaN())
	bad(SetFloat, 1e300)
	bad(SetBitString, -1)
	bad(Float, 1)
}

func TestParse(t *testing.T) {
	f := func(text string, want func(a ASDU) bool) {
		t.Helper()
		b := unhex(t, text)
		a, err := Parse(b)
		if err != nil || !want(a) {
			t.Errorf("%s = %+v, %v", text, a, err)
			return
		}
		if again := a.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%s is written as % X", text, again)
		}
	}
	// Two measured values spontaneously, of station 258.
	f("0D 02 03 00 02 01 A10F00 0000484100 A20F00 0000484180", func(a ASDU) bool {
		return a.Type == Float && a.Cause == Spontaneous && a.Common == 258 && !a.Sequence && len(a.Objects) == 2 && a.Objects[1].Address == 4002
	})
	// Three in a sequence, interrogated.
	f("01 83 14 07 01 00 E90300 01 00 81", func(a ASDU) bool {
		return a.Sequence && a.Originator == 7 && a.Cause == Interrogated && len(a.Objects) == 3 && a.Objects[2].Address == 1003 && a.Objects[2].Element[0] == 0x81
	})
	// A refused command, as a test.
	f("2D 01 C7 00 01 00 711700 81", func(a ASDU) bool {
		return a.Negative && a.Test && a.Cause == ActivationCon && a.Objects[0].Address == 6001
	})
	g := func(text string, want error) {
		t.Helper()
		if a, err := Parse(unhex(t, text)); !errors.Is(err, want) {
			t.Errorf("%s = %+v, %v; want %v", text, a, err, want)
		}
	}
	g("0D 01 03 00 01", ErrFrame)                                   // no header
	g("0D 00 03 00 01 00", ErrFrame)                                // no object
	g("0D 02 03 00 01 00 A10F00 0000484100", ErrFrame)              // two are one
	g("0D 01 03 00 01 00 A10F00 00004841", ErrFrame)                // cut
	g("0D 01 03 00 01 00 A10F00 0000484100 00", ErrFrame)           // something behind
	g("01 82 03 00 01 00 FFFFFF 01 01", ErrFrame)                   // beyond the last address
	g("7D 01 0D 00 01 00 000000 0100", ErrUnknownType)              // a file
	g("0D 01 03 00 01 00 "+strings.Repeat("00", MaxASDU), ErrFrame) // too long
}

func TestParseTime(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	at, bad, err := ParseTime(unhex(t, "2A 76 3B 0B DC 0B 1A"), shanghai)
	if want := time.Date(2026, 11, 28, 3, 59, 30, 250_000_000, time.UTC); err != nil || bad || !at.Equal(want) || at.Location() != time.UTC {
		t.Errorf("%v, %v, %v; want %v", at, bad, err, want)
	}
	for _, text := range []string{"60 EA 3B 0B DC 0B 1A", "00 00 3C 0B DC 0B 1A", "00 00 00 18 DC 0B 1A", "00 00 00 00 00 0B 1A", "00 00 00 00 1F 0B 1A", "00 00 00 00 01 0D 1A", "00 00 00 00 01 01 64", "00"} {
		if at, _, err := ParseTime(unhex(t, text), time.UTC); err == nil {
			t.Errorf("%s = %v", text, at)
		}
	}
	if at, bad, err := ParseTime(unhex(t, "00 00 80 00 00 00 00"), time.UTC); err != nil || !bad || !at.IsZero() {
		t.Errorf("a clock that was never set: %v, %v, %v", at, bad, err)
	}
}

func TestParseAddress(t *testing.T) {
	f := func(text string, want Address) {
		t.Helper()
		if got, err := ParseAddress(text); err != nil || got != want {
			t.Errorf("%s = %+v, %v; want %+v", text, got, err, want)
		}
	}
	f("IOA 4001 (TI 13)", Address{4001, Float, 4001, SetFloat})
	f("IOA 4001 TI 36", Address{4001, Float, 4001, SetFloat})
	f("IOA 1001", Address{1001, 0, 1001, 0})
	f("IOA 1001 (TI 1) command IOA 6001 (TI 45)", Address{1001, SinglePoint, 6001, SingleCommand})
	f("IOA 1001 (TI 3) command IOA 6001", Address{1001, DoublePoint, 6001, DoubleCommand})
	f("IOA 16777215 (TI 15)", Address{16777215, Total, 16777215, 0})
	g := func(text, says string) {
		t.Helper()
		if a, err := ParseAddress(text); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "write") {
			t.Errorf("%q = %+v, %v; want %q", text, a, err, says)
		}
	}
	g("", "no object")
	g("4001", "no object")
	g("IOA 0", "object address")
	g("IOA 16777216", "object address")
	g("IOA 1 (TI 45)", "no value of the process")
	g("IOA 1 (TI 0)", "no number of the standard")
	g("IOA 1 command IOA 2 (TI 1)", "no command")
	g("IOA 1 command IOA 2 (TI 58)", "no command")
	g("IOA 1 command", "no object")
}

// FuzzFrame: what is read is written again as it was.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{0x68, 4, 7, 0, 0, 0})
	f.Add([]byte{0x68, 14, 2, 0, 4, 0, 100, 1, 6, 0, 1, 0, 0, 0, 0, 20})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := ParseStart(b)
		if err != nil || n != len(b)-StartSize {
			return
		}
		frame, err := ParseFrame(b[StartSize:])
		if err != nil {
			return
		}
		if again := frame.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
	})
}

// FuzzASDU: what is read is written again as it was, and a value that is read
// keeps what it says.
func FuzzASDU(f *testing.F) {
	f.Add([]byte{13, 1, 3, 0, 1, 0, 161, 15, 0, 0, 0, 72, 65, 0})
	f.Add([]byte{1, 0x83, 20, 0, 1, 0, 233, 3, 0, 1, 0, 0x81})
	f.Add([]byte{45, 1, 6, 0, 1, 0, 113, 23, 0, 0x81})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Parse(b)
		if err != nil {
			return
		}
		if again := a.Append(nil); !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x", b, again)
		}
		for _, o := range a.Objects {
			if c, err := o.Command(a.Type); err == nil {
				if e, err := CommandElement(a.Type, c); err == nil && len(e) != len(o.Element) {
					t.Errorf("command %x is written as %x", o.Element, e)
				}
			}
			v, err := o.Value(a.Type, time.UTC)
			if err != nil || v.Time.IsZero() && a.Type.Base() != a.Type && a.Type != NormalizedBare {
				continue // no value, or of a clock that was never set
			}
			again, err := Object{Element: Element(a.Type, v)}.Value(a.Type, time.UTC)
			if err != nil || again != v && !(math.IsNaN(v.Number) && math.IsNaN(again.Number)) {
				t.Errorf("type %d %x: %+v came back as %+v, %v", a.Type, o.Element, v, again, err)
			}
		}
	})
}
