package pdu

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

// Frames with their checks: the example of MODBUS over Serial Line V1.02 (appendix
// B, the CRC of 02 07 goes out as 41 12) and frames as pymodbus writes them, which
// the peer tests ask for again.
func TestRTU_PublishedFrames(t *testing.T) {
	question := func(frame string, unit byte, body string) {
		t.Helper()
		b := unhex(t, frame)
		if got := AppendRTU(nil, unit, unhex(t, body)); !bytes.Equal(got, b) {
			t.Errorf("frame of %s = %x; want %s", body, got, frame)
		}
		if f, n, err := CutQuestionRTU(b); err != nil || n != len(b) || f.Unit != unit || hex.EncodeToString(f.Body) != body {
			t.Errorf("CutQuestionRTU(%s) = %+v, %d, %v", frame, f, n, err)
		}
	}
	if crc := CRC([]byte{2, 7}); crc != 0x1241 {
		t.Errorf("CRC of 02 07 = %04x; want 1241, on the wire 41 12", crc)
	}
	question("01040000000271cb", 1, "0400000002")
	question("0104003400023005", 1, "0400340002")
	question("1103006b00037687", 0x11, "03006b0003")

	answer := func(frame string, unit byte, body string) {
		t.Helper()
		b := unhex(t, frame)
		if f, n, err := CutAnswerRTU(b); err != nil || n != len(b) || f.Unit != unit || hex.EncodeToString(f.Body) != body {
			t.Errorf("CutAnswerRTU(%s) = %+v, %d, %v", frame, f, n, err)
		}
	}
	answer("01040443668000"+hex.EncodeToString(crcOf(t, "01040443668000")), 1, "040443668000") // 230.5 V
	answer("0183"+"02"+"c0f1", 1, "8302")
}

func crcOf(t *testing.T, s string) []byte {
	b := unhex(t, s)
	return AppendRTU(nil, b[0], b[1:])[len(b):]
}

// The frames of the specification (V1.02, clause 6.2.1 for LRC) and a colon in
// the middle, which begins anew.
func TestASCII_Frames(t *testing.T) {
	if got := AppendASCII(nil, 0x11, unhex(t, "03006b0003")); string(got) != ":1103006B00037E\r\n" {
		t.Errorf("frame %q", got)
	}
	f := func(text string, size int, want error) {
		t.Helper()
		if _, n, err := CutASCII([]byte(text)); n != size || !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("CutASCII(%q) = %d, %v; want %d, %v", text, n, err, size, want)
		}
	}
	f(":1103006B00037E\r\n", 17, nil)
	f(":1103006b00037e\r\n:11", 17, nil)
	f(":1103006B00037F\r\n", 0, ErrFrame)
	f(":1103006B00037E\r", 0, ErrShort)
	f(":1103:1103006B00037E\r\n", 0, ErrFrame)
	f("1103006B00037E\r\n", 0, ErrFrame)
	f(":11\r\n", 0, ErrFrame)
	f(":00030000000001FC\r\n", 0, ErrFrame) // the broadcast does not answer
	f(":"+string(bytes.Repeat([]byte("A"), maxASCII)), 0, ErrFrame)
}

// What is shorter than its frame may become one; what is no frame never will.
func TestRTU_ShortAndWrong(t *testing.T) {
	whole := AppendRTU(nil, 7, unhex(t, "0304000a0102"))
	for n := range whole {
		if _, _, err := CutAnswerRTU(whole[:n]); !errors.Is(err, ErrShort) {
			t.Errorf("%x: %v; want ErrShort", whole[:n], err)
		}
	}
	for i := range whole {
		broken := bytes.Clone(whole)
		broken[i] ^= 0x40
		if f, _, err := CutAnswerRTU(broken); err == nil {
			t.Errorf("%x is taken for %+v", broken, f)
		}
	}
	for _, b := range []string{"00", "ff", "0703ff", "0709", "f9"} {
		if _, _, err := CutAnswerRTU(unhex(t, b)); err == nil {
			t.Errorf("%s is a frame", b)
		}
	}
	identity := AppendRTU(nil, 7, unhex(t, "2b0e010100000300024142010143020456312e31"))
	if _, n, err := CutAnswerRTU(append(bytes.Clone(identity), 1, 2)); n != len(identity) || err != nil {
		t.Errorf("identity: %d, %v; want %d", n, err, len(identity))
	}
}

// Every question that Append writes is cut by a server at its own length.
func TestQuestionRTU_EveryFunction(t *testing.T) {
	for _, r := range []Request{
		{Function: ReadCoils, Count: 3},
		{Function: ReadHolding, Count: 2},
		{Function: WriteCoil, Data: []byte{0xFF, 0}},
		{Function: WriteRegister, Data: []byte{1, 2}},
		{Function: WriteCoils, Count: 9, Data: []byte{1, 1}},
		{Function: WriteRegisters, Count: 1, Data: []byte{1, 2}},
		{Function: ReadWriteRegisters, Count: 1, Target: 5, Data: []byte{1, 2}},
		{Function: ReadIdentity},
		{Function: Diagnostics, Data: []byte{0xA5, 0x37}},
	} {
		b := AppendRTU(nil, 3, r.Append(nil))
		f, n, err := CutQuestionRTU(append(bytes.Clone(b), 9, 9))
		if err != nil || n != len(b) || !bytes.Equal(f.Body, r.Append(nil)) {
			t.Errorf("%+v: %+v, %d of %d, %v", r, f, n, len(b), err)
		}
		answer := AppendRTU(nil, 3, Answer(nil, f.Body, &memory{}))
		if f, n, err := CutAnswerRTU(answer); err != nil || n != len(answer) || f.Unit != 3 {
			t.Errorf("answer to %+v, %x: %v", r, answer, err)
		}
	}
}

// Sub-function 0 of Diagnostics gives back what it was given (V1.1b3, clause 6.8).
func TestDiagnostics_Echo(t *testing.T) {
	q := Request{Function: Diagnostics, Data: []byte{0xA5, 0x37}}
	if got := hex.EncodeToString(q.Append(nil)); got != "080000a537" {
		t.Errorf("request %s; want the specification's 08 00 00 A5 37", got)
	}
	if _, err := q.Check(Answer(nil, q.Append(nil), &memory{})); err != nil {
		t.Error(err)
	}
	if _, err := q.Check(unhex(t, "080000a538")); !errors.Is(err, ErrFrame) {
		t.Errorf("another echo: %v", err)
	}
}

func FuzzCutAnswerRTU(f *testing.F) {
	f.Add([]byte{0x01, 0x83, 0x02, 0xc0, 0xf1})
	f.Add(AppendRTU(nil, 7, []byte{3, 4, 0, 10, 1, 2}))
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b, CutAnswerRTU, AppendRTU, false) })
}

func FuzzCutQuestionRTU(f *testing.F) {
	f.Add(AppendRTU(nil, 7, []byte{3, 0, 10, 0, 2}))
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b, CutQuestionRTU, AppendRTU, false) })
}

func FuzzCutASCII(f *testing.F) {
	f.Add([]byte(":1103006B00037E\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) { roundTrip(t, b, CutASCII, AppendASCII, true) })
}

// roundTrip: what is cut is written the same again. ASCII forgives small letters
// and a missing CR, so that there the frame is compared.
func roundTrip(t *testing.T, b []byte, cut func([]byte) (Frame, int, error), write func([]byte, byte, []byte) []byte, forgiving bool) {
	frame, n, err := cut(b)
	if err != nil {
		if !errors.Is(err, ErrShort) && !errors.Is(err, ErrFrame) {
			t.Errorf("error %v", err)
		}
		return
	}
	again := write(nil, frame.Unit, frame.Body)
	if !forgiving && !bytes.Equal(again, b[:n]) {
		t.Errorf("%x is written as %x", b[:n], again)
	}
	if f2, n2, err := cut(again); err != nil || n2 != len(again) || f2.Unit != frame.Unit || !bytes.Equal(f2.Body, frame.Body) {
		t.Errorf("%x: %+v, %v", again, f2, err)
	}
}

// BenchmarkCutAnswerRTU is what the longest answer costs to be found and checked.
func BenchmarkCutAnswerRTU(b *testing.B) {
	frame := AppendRTU(nil, 7, append([]byte{ReadHolding, 250}, make([]byte, 250)...))
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := CutAnswerRTU(frame); err != nil || n != len(frame) {
			b.Fatal(n, err)
		}
	}
}
