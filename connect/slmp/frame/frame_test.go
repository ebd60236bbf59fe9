package frame

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// bank is a station with the devices of the manual's examples.
type bank struct{ words map[Device]uint16 }

func (b *bank) Words(d Device, n int) ([]uint16, error) {
	out := make([]uint16, n)
	step := uint32(1)
	if d.Code.IsBit() {
		step = 16
	}
	for i := range out {
		v, ok := b.words[Device{d.Code, d.Number + uint32(i)*step}]
		if !ok {
			return nil, BeyondLast
		}
		out[i] = v
	}
	return out, nil
}

func (b *bank) SetWords(d Device, words []uint16) error {
	if _, err := b.Words(d, len(words)); err != nil {
		return err
	}
	for i, w := range words {
		b.words[Device{d.Code, d.Number + uint32(i)}] = w
	}
	return nil
}

func (b *bank) SetBits(d Device, on []bool) error {
	for i, v := range on {
		at := Device{d.Code, (d.Number + uint32(i)) / 16 * 16}
		w, ok := b.words[at]
		if !ok {
			return BeyondLast
		}
		w &^= 1 << ((d.Number + uint32(i)) % 16)
		if v {
			w |= 1 << ((d.Number + uint32(i)) % 16)
		}
		b.words[at] = w
	}
	return nil
}

func (b *bank) Model() (string, uint16) { return "Q02UCPU", 0x0263 }

// manual is a station as the examples assume it.
func manual(t *testing.T) *bank {
	t.Helper()
	b := &bank{words: map[Device]uint16{}}
	for text, v := range map[string]uint16{
		"M100": 0x1234, "M116": 0x0002, "D350": 0x56AB, "D351": 0x170F, "D0": 0x1995, "TN0": 0x1202, "X20": 0x4849, "D1500": 0x4F4E, "D1501": 0x4C54,
		"M208": 0, "Y160": 0xB9AF, "Y170": 0xC3DE, "M1111": 0xBCB7, "M1127": 0xBADD,
	} {
		d, err := parseDevice(text, false)
		if err != nil {
			t.Fatal(err)
		}
		b.words[d] = v
	}
	return b
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Request and response data of the MELSEC Communication Protocol Reference
// Manual (iQ-R, Q and L series), by its pages: 90 batch read, 76 and 77 word
// data, 102 to 105 random read, 179 CPU model name. Header fields are those of
// its chapter 5; the timer is 250 ms × 16.
func TestAnswer_ManualExamples(t *testing.T) {
	f := func(format Format, request, answer string) {
		t.Helper()
		in, want := unhexOrText(t, request, format), unhexOrText(t, answer, format)
		h, err := format.ParseRequestHeader(in)
		if err != nil {
			t.Fatal(err)
		}
		got := Answer(nil, h, in[format.HeaderSize():], format, manual(t))
		if string(got) != string(want) {
			t.Errorf("answer to %s = %q; want %q", request, show(got, format), show(want, format))
		}
		q, err := ParseRequest(h, in[format.HeaderSize():], format)
		if err != nil {
			return // refused by its limits
		}
		if again := q.Append(nil, format); string(again) != string(in) {
			t.Errorf("%s is written as %q", request, show(again, format))
		}
		if h, err = format.ParseAnswerHeader(got); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Check(h, got[format.HeaderSize():], format); err != nil && !errors.As(err, new(EndCode)) {
			t.Errorf("the answer to %s is not understood: %v", request, err)
		}
	}
	binary, ascii := Format{}, Format{ASCII: true}
	// page 90: M100 to M131 as two words
	f(binary, "5000 00 FF FF03 00 0C00 1000 0104 0000 640000 90 0200", "D000 00 FF FF03 00 0600 0000 3412 0200")
	f(ascii, "5000 00 FF 03FF 00 0018 0010 0401 0000 M*000100 0002", "D000 00 FF 03FF 00 000C 0000 1234 0002")
	// page 76: D350 and D351
	f(binary, "5000 00 FF FF03 00 0C00 1000 0104 0000 5E0100 A8 0200", "D000 00 FF FF03 00 0600 0000 AB56 0F17")
	// pages 102 to 105
	f(binary, "5000 00 FF FF03 00 2400 1000 0304 0000 04 03 000000A8 000000C2 64000090 2000009C DC0500A8 6001009D 57040090",
		"D000 00 FF FF03 00 1600 0000 9519 0212 3412 4948 4E4F544C AFB9DEC3 B7BCDDBA")
	f(ascii, "5000 00 FF 03FF 00 0048 0010 0403 0000 04 03 D*000000 TN000000 M*000100 X*000020 D*001500 Y*000160 M*001111",
		"D000 00 FF 03FF 00 002C 0000 1995 1202 1234 4849 4C544F4E C3DEB9AF BADDBCB7")
	// page 179
	f(binary, "5000 00 FF FF03 00 0600 1000 0101 0000", "D000 00 FF FF03 00 1400 0000 51303255435055202020202020202020 6302")
	f(ascii, "5000 00 FF 03FF 00 000C 0010 0101 0000", "D000 00 FF 03FF 00 0018 0000 Q02UCPU_________ 0263")
	// chapter 5.3: 4E frames with the serial number 1234
	f(Format{Serial: true}, "5400 3412 0000 00 FF FF03 00 0600 1000 0101 0000",
		"D400 3412 0000 00 FF FF03 00 1400 0000 51303255435055202020202020202020 6302")
	f(Format{Serial: true, ASCII: true}, "5400 1234 0000 00 FF 03FF 00 000C 0010 0101 0000", "D400 1234 0000 00 FF 03FF 00 0018 0000 Q02UCPU_________ 0263")
	// MELSEC communication protocol manual of the Q series, page 3-5: an abnormal
	// completion of 22 characters
	f(ascii, "5000 00 FF 03FF 00 0018 0010 0401 0000 D*000100 03C1", "D000 00 FF 03FF 00 0016 C051 00 FF 03FF 00 0401 0000")
	f(binary, "5000 00 FF FF03 00 0C00 1000 0104 0000 640000 A8 0100", "D000 00 FF FF03 00 0B00 56C0 00 FF FF03 00 0104 0000") // no D100 there
}

// unhexOrText reads hexadecimal bytes or, of ASCII frames, characters; _ stands
// for a blank.
func unhexOrText(t *testing.T, s string, f Format) []byte {
	t.Helper()
	if f.ASCII {
		return []byte(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), "_", " "))
	}
	return unhex(t, s)
}

func show(b []byte, f Format) string {
	if f.ASCII {
		return string(b)
	}
	return hex.EncodeToString(b)
}

// What a client asks a server understands in every format, and what the server
// says the client takes for the answer to its question.
func TestRequest_RoundTrip(t *testing.T) {
	for _, format := range []Format{{}, {Serial: true}, {ASCII: true}, {Serial: true, ASCII: true}} {
		b := manual(t)
		f := func(q Request, want Data) {
			t.Helper()
			q.Serial, q.Route, q.Timer = 7, Route{Network: 2, PC: 3, IO: 0x3FF, Station: 1}, 4
			if !format.Serial {
				q.Serial = 0
			}
			frame := q.Append(nil, format)
			h, err := format.ParseRequestHeader(frame)
			if err != nil {
				t.Fatal(err)
			}
			answer := Answer(nil, h, frame[format.HeaderSize():], format, b)
			if h, err = format.ParseAnswerHeader(answer); err != nil {
				t.Fatal(err)
			}
			if got, err := q.Check(h, answer[format.HeaderSize():], format); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v %+v: %+v, %v; want %+v", format, q, got, err, want)
			}
		}
		d := func(text string) Device {
			t.Helper()
			d, err := parseDevice(text, false)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		f(Request{Command: WriteBatch, Head: d("D1500"), Count: 2, Words: []uint16{1, 0xFFFE}}, Data{})
		f(Request{Command: ReadBatch, Head: d("D1500"), Count: 2}, Data{Words: []uint16{1, 0xFFFE}})
		f(Request{Command: WriteBatch, Bits: true, Head: d("M209"), Count: 3, On: []bool{true, false, true}}, Data{})
		f(Request{Command: ReadBatch, Head: d("M208"), Count: 1}, Data{Words: []uint16{0x000A}})
		f(Request{Command: ReadBatch, Bits: true, Head: d("M208"), Count: 5}, Data{On: []bool{false, true, false, true, false}})
	}
}

func TestRequest_Check(t *testing.T) {
	q := Request{Route: Own, Serial: 9, Command: ReadBatch, Head: Device{0xA8, 10}, Count: 2}
	f := func(format Format, answer string, want error) {
		t.Helper()
		b := unhexOrText(t, answer, format)
		h, err := format.ParseAnswerHeader(b)
		if err == nil {
			_, err = q.Check(h, b[format.HeaderSize():], format)
		}
		if !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v; want %v", answer, err, want)
		}
	}
	plain, numbered := Format{}, Format{Serial: true}
	f(plain, "D000 00 FF FF03 00 0600 0000 0100 0200", nil)
	f(plain, "D000 00 FF FF03 00 0400 0000 0100", ErrFrame)                         // one word of two
	f(plain, "D000 00 FF FF03 00 0800 0000 0100 0200 0300", ErrFrame)               // three
	f(plain, "D000 00 01 FF03 00 0600 0000 0100 0200", ErrFrame)                    // another station
	f(plain, "5000 00 FF FF03 00 0600 0000 0100 0200", ErrFrame)                    // a question
	f(plain, "D400 0900 0000 00 FF FF03 00 0600 0000 0100 0200", ErrFrame)          // 4E
	f(plain, "D000 00 FF FF03 00 0200 56C0", BeyondLast)                            // a refusal without error information
	f(plain, "D000 00 FF FF03 00 0B00 56C0 00 FF FF03 00 0104 0000", BeyondLast)    // with
	f(plain, "D000 00 FF FF03 00 0B00 56C0 00 FF FF03 00 0114 0000", ErrFrame)      // of another command
	f(plain, "D000 00 FF FF03 00 0A00 56C0 00 FF FF03 00 0104 00", ErrFrame)        // cut
	f(plain, "D000 00 FF FF03 00 0100 00", ErrFrame)                                // shorter than an end code
	f(plain, "D000 00 FF FF03 00 FFFF", ErrFrame)                                   // longer than any
	f(numbered, "D400 0900 0000 00 FF FF03 00 0600 0000 0100 0200", nil)            // ours
	f(numbered, "D400 0800 0000 00 FF FF03 00 0600 0000 0100 0200", ErrFrame)       // the one before
	f(numbered, "D400 0900 0100 00 FF FF03 00 0600 0000 0100 0200", ErrFrame)       // no zero
	f(Format{ASCII: true}, "D000 00 FF 03FF 00 000C 0000 0001 0002", nil)           //
	f(Format{ASCII: true}, "D000 00 FF 03FF 00 000C 0000 0001 000g", ErrFrame)      // no digit
	f(Format{ASCII: true}, "d000 00 ff 03ff 00 000c 0000 0001 0002", nil)           // some write small letters
	f(Format{ASCII: true}, "D000 00 FF 03FF 00 0010 0000 0001 0002 0003", ErrFrame) // three words
}

func TestParseAddress(t *testing.T) {
	f := func(text string, octal bool, want Address) {
		t.Helper()
		if got, err := ParseAddress(text, octal); err != nil || got != want {
			t.Errorf("%s = %+v, %v; want %+v", text, got, err, want)
		}
	}
	f("D100 int16", false, Address{Device{0xA8, 100}, Int16, 1, -1, 0})
	f("W1F float32", false, Address{Device{0xB4, 0x1F}, Float32, 2, -1, 0})
	f("D200.3", false, Address{Device{0xA8, 200}, Bool, 1, 3, 0})
	f("d200.f bool", false, Address{Device{0xA8, 200}, Bool, 1, 15, 0})
	f("M10", false, Address{Device{0x90, 10}, Bool, 0, -1, 0})
	f("X17", false, Address{Device{0x9C, 0x17}, Bool, 0, -1, 0})
	f("X17", true, Address{Device{0x9C, 15}, Bool, 0, -1, 0})
	f("Y10", true, Address{Device{0x9D, 8}, Bool, 0, -1, 0})
	f("B10", true, Address{Device{0xA0, 0x10}, Bool, 0, -1, 0}) // hexadecimal on every CPU
	f("SM400 bool", false, Address{Device{0x91, 400}, Bool, 0, -1, 0})
	f("ZR40000 uint32", false, Address{Device{0xB0, 40000}, Uint32, 2, -1, 0})
	f("TN3 uint16", false, Address{Device{0xC2, 3}, Uint16, 1, -1, 0})
	f("D300 string7", false, Address{Device{0xA8, 300}, Text, 4, -1, 7})

	g := func(text string, octal bool, says string) {
		t.Helper()
		if a, err := ParseAddress(text, octal); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "write") {
			t.Errorf("%q = %+v, %v; want %q", text, a, err, says)
		}
	}
	g("", false, "0 parts")
	g("D100", false, "a word has a type")
	g("D1F int16", false, "decimal number")
	g("WG int16", false, "hexadecimal number")
	g("X18", true, "octal number")
	g("Q5 int16", false, "no device")
	g("D100.10", false, "bits 0 to F")
	g("D100.G", false, "bits 0 to F")
	g("M10.3", false, "a relay none")
	g("M10 int16", false, "a relay and a bit are bool")
	g("D10 bool", false, "a relay and a bit are bool")
	g("D10.2 int16", false, "a relay and a bit are bool")
	g("D10 real", false, "known are bool")
	g("D10 string", false, "1920 at most")
	g("D10 string1921", false, "1920 at most")
	g("D16777216 int16", false, "decimal number")
	g("D16777215 int32", false, "beyond the last")
}

// Every number a form can hold comes back; every other is refused with the
// range.
func TestAddress_Values(t *testing.T) {
	f := func(text string, v float64, words ...uint16) {
		t.Helper()
		a, err := ParseAddress(text, false)
		if err != nil {
			t.Fatal(err)
		}
		w, err := a.ValueWords(v)
		if err != nil || !reflect.DeepEqual(w, words) {
			t.Errorf("%s of %v = %04X, %v; want %04X", text, v, w, err, words)
			return
		}
		if back, err := a.Value(w); err != nil || back != v {
			t.Errorf("%s: %v comes back as %v, %v", text, v, back, err)
		}
	}
	f("D0 int16", -2, 0xFFFE)
	f("D0 uint16", 65535, 0xFFFF)
	f("D0 int32", -70000, 0xEE90, 0xFFFE)
	f("D0 uint32", 4e9, 0x2800, 0xEE6B)
	f("D0 float32", 12.5, 0x0000, 0x4148)
	f("D0 float64", -0.1, 0x999A, 0x9999, 0x9999, 0xBFB9)
	f("D0 int64", -1, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
	f("D0 uint64", 1<<53, 0, 0, 0, 0x0020)
	g := func(text string, v float64) {
		t.Helper()
		a, err := ParseAddress(text, false)
		if err != nil {
			t.Fatal(err)
		}
		if w, err := a.ValueWords(v); err == nil {
			t.Errorf("%s takes %v as %04X", text, v, w)
		}
	}
	g("D0 int16", 32768)
	g("D0 uint16", -1)
	g("D0 uint16", 1.5)
	g("D0 float32", 1e300)
	g("D0 uint64", 1<<54)
	g("D0.1", 1)
	a, err := ParseAddress("D0 uint64", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Value([]uint16{1, 0, 0, 0x0020}); !errors.Is(err, ErrImprecise) {
		t.Errorf("2^53+1: %v", err)
	}
	if a, err = ParseAddress("D0 string7", false); err != nil {
		t.Fatal(err)
	}
	w, err := a.TextWords("CNC-7")
	if err != nil || a.Text(w) != "CNC-7" || w[0] != 'C'|'N'<<8 {
		t.Errorf("text %04X, %v, %q", w, err, a.Text(w))
	}
	if _, err := a.TextWords("12345678"); err == nil {
		t.Error("a text that is too long")
	}
}
