package frame

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// words is a controller with 100 words of CIO, work and data memory, word n being
// n; bit b of word n is that of n.
type words struct{ wrote string }

func (*words) Model() (model, version string) { return "CJ1M_CPU23", "03.00" }

func (*words) ReadRange(r Range, dst []byte) EndCode {
	switch {
	case r.Area != CIO && r.Area != CIO.Bits() && r.Area != Work && r.Area != Data:
		return AreaMissing
	case r.Start >= 100:
		return AddressRange
	case r.Area.width() == 2 && int(r.Start)+r.Count > 100:
		return RangeExceeded
	}
	for i := range dst {
		if r.Area.width() == 1 {
			dst[i] = byte(r.Start >> (int(r.Bit) + i) & 1)
			continue
		}
		dst[i] = byte((int(r.Start) + i/2) * (i % 2))
	}
	return Done
}

func (w *words) WriteRange(r Range, data []byte) EndCode {
	if end := w.ReadRange(r, make([]byte, len(data))); end != Done {
		return end
	}
	w.wrote = fmt.Sprintf("%02x %d.%d %x", byte(r.Area), r.Start, r.Bit, data)
	return Done
}

// The commands of the manual's examples: bit 13 of CIO 0010 and word W005 are
// read (W342, 5-2-1), five words are written from D00010 (5-3-1).
func TestCommands_ManualExamples(t *testing.T) {
	f := func(got []byte, want string) {
		t.Helper()
		if hex.EncodeToString(got) != want {
			t.Errorf("parameter %x; want %s", got, want)
		}
	}
	f(Range{Area: CIO.Bits(), Start: 10, Bit: 13, Count: 1}.Read(), "30000a0d0001")
	f(Range{Area: Work, Start: 5, Count: 1}.Read(), "b10005000001")
	f(Range{Area: Data, Start: 10, Count: 5}.Write(unhex(t, "00010002000300040005")), "82000a00000500010002000300040005")
	f(Many([]Range{{Area: Data, Start: 10, Count: 2}, {Area: CIO, Start: 3, Count: 1}}), "82000a0082000b00b0000300")
}

// Whole frames over UDP and TCP between nodes 192 and 33, in the layout of W420,
// 7-2 and 7-4.
func TestFrames(t *testing.T) {
	q := Frame{Destination: Address{Node: 33}, Source: Address{Node: 192}, SID: 0x5A, Command: ReadMemory, Data: Range{Area: Data, Start: 0, Count: 2}.Read()}
	if got := hex.EncodeToString(q.Append(nil)); got != "80000200210000c0005a0101820000000002" {
		t.Errorf("question %s", got)
	}
	if got := hex.EncodeToString(Packet{Command: SendFrame, Body: q.Append(nil)}.Append(nil)); got != "46494e530000001a0000000200000000"+"80000200210000c0005a0101820000000002" {
		t.Errorf("packet %s", got)
	}
	if got := hex.EncodeToString(Hello(0xC0).Append(nil)); got != "46494e530000000c0000000000000000000000c0" {
		t.Errorf("hello %s", got)
	}
	if got := hex.EncodeToString(Welcome(0xC0, 0x21).Append(nil)); got != "46494e53000000100000000100000000000000c000000021" {
		t.Errorf("welcome %s", got)
	}
	a, err := Parse(unhex(t, "c0000200c0000021005a0101000000010002"))
	want := Frame{Response: true, Destination: Address{Node: 192}, Source: Address{Node: 33}, SID: 0x5A, Command: ReadMemory, Data: []byte{0, 1, 0, 2}}
	if err != nil || !reflect.DeepEqual(a, want) || !a.Answers(q) {
		t.Errorf("Parse = %+v, %v; want %+v", a, err, want)
	}
	if data, err := a.Check(4); err != nil || hex.EncodeToString(data) != "00010002" {
		t.Errorf("Check = %x, %v", data, err)
	}
	for _, other := range []Frame{
		{SID: 0x5A, Command: ReadMemory},
		{Response: true, Destination: q.Source, Source: q.Destination, SID: 0x5B, Command: ReadMemory},
		{Response: true, Destination: q.Source, Source: q.Destination, SID: 0x5A, Command: WriteMemory},
		{Response: true, Destination: q.Source, Source: Address{Node: 34}, SID: 0x5A, Command: ReadMemory},
		{Response: true, Destination: Address{Node: 193}, Source: q.Destination, SID: 0x5A, Command: ReadMemory},
	} {
		if other.Answers(q) {
			t.Errorf("%+v is taken for the answer to %+v", other, q)
		}
	}
}

func TestParse_Refuses(t *testing.T) {
	for _, s := range []string{"", "80000200210000c0005a01", "00000200210000c0005a0101", "81800200210000c0005a0101", "a0000200210000c0005a0101", "c0000200c0000021005a010100"} {
		if f, err := Parse(unhex(t, s)); !errors.Is(err, ErrFrame) {
			t.Errorf("Parse(%s) = %+v, %v", s, f, err)
		}
	}
	if _, err := Parse(make([]byte, MaxFrame+1)); !errors.Is(err, ErrFrame) {
		t.Errorf("Parse of too much: %v", err)
	}
	for _, s := range []string{"46494e5300000007000000020000000000", "46494e53000007e5000000020000000000", "46494e540000000800000002000000000", "46494e53"} {
		if _, _, err := ParseTCP(unhex(t, s[:len(s)&^1])); !errors.Is(err, ErrFrame) {
			t.Errorf("ParseTCP(%s): %v", s, err)
		}
	}
	for _, p := range []Packet{{Command: SendFrame, Body: make([]byte, 8)}, {Command: ServerNode}, Welcome(0, 10), Welcome(10, 255)} {
		if _, _, err := ParseWelcome(p); !errors.Is(err, ErrFrame) {
			t.Errorf("ParseWelcome(%+v): %v", p, err)
		}
	}
	if _, _, err := ParseWelcome(Packet{Command: ServerNode, Error: 0x25, Body: make([]byte, 8)}); !errors.Is(err, TCPError(0x25)) {
		t.Errorf("ParseWelcome of an error: %v", err)
	}
}

// Flags of a CPU with an error of its own are no end code; a relay error is one
// whatever stands below it.
func TestEndCode(t *testing.T) {
	f := func(code EndCode, want EndCode, onTheWay bool) {
		t.Helper()
		_, err := Frame{End: code}.Check(0)
		var got EndCode
		if errors.As(err, &got); got != want || got.OnTheWay() != onTheWay {
			t.Errorf("%04x: %v, on the way %v; want %04x, %v", uint16(code), err, got.OnTheWay(), uint16(want), onTheWay)
		}
	}
	f(0, 0, false)
	f(0x0040, 0, false)
	f(0x00C0, 0, false)
	f(0x1103, AddressRange, false)
	f(0x1183, AddressRange, false)
	f(0x0205, ResponseTimeout, true)
	f(0x8000, 0x8000, true)
	f(0x8501, 0x8501, true)
	if got := EndCode(0x8501).Error(); got != "fins end code 0501 on the way (the node is not in the routing table)" {
		t.Error(got)
	}
	if got := EndCode(0x2606).Error(); got != "fins end code 2606" {
		t.Error(got)
	}
}

func TestAnswer(t *testing.T) {
	w := &words{}
	f := func(command uint16, parameter string, end EndCode, data string) {
		t.Helper()
		q := Frame{Destination: Address{Node: 10}, Source: Address{Node: 20}, SID: 7, Command: command, Data: unhex(t, parameter)}
		got := Answer(q, w)
		if !got.Answers(q) || got.End != end || hex.EncodeToString(got.Data) != data {
			t.Errorf("%04x %s: %+v; want %04x %s", command, parameter, got, uint16(end), data)
		}
	}
	f(ReadMemory, "b10005000003", Done, "000500060007")
	f(ReadMemory, "30000d000004", Done, "01000101") // 13
	f(ReadMemory, "30000d030001", Done, "01")
	f(ReadMemory, "820000000000", Done, "")
	f(ReadMemory, "820063000002", RangeExceeded, "")
	f(ReadMemory, "820064000001", AddressRange, "")
	f(ReadMemory, "990000000001", AreaMissing, "")
	f(ReadMemory, "820000010001", AddressRange, "") // a word has no bit
	f(ReadMemory, "8200000003e8", ResponseTooLong, "")
	f(ReadMemory, "82ffff000002", RangeExceeded, "")
	f(ReadMemory, "8200000001", CommandTooShort, "")
	f(ReadMemory, "82000000000100", CommandTooLong, "")
	f(WriteMemory, "82000a00000112", CountMismatch, "")
	f(WriteMemory, "82000a0000011234", Done, "")
	if w.wrote != "82 10.0 1234" {
		t.Errorf("wrote %s", w.wrote)
	}
	f(WriteMemory, "30000a0d000101", Done, "")
	if w.wrote != "30 10.13 01" {
		t.Errorf("wrote %s", w.wrote)
	}
	f(ReadMany, "82000a00b000030030000d03", Done, "82000ab000033001")
	f(ReadMany, "", Done, "")
	f(ReadMany, "82000a", CommandFormat, "")
	f(ReadMany, "82000a0082006400", AddressRange, "")
	f(0x0401, "0000", UndefinedCommand, "") // run
	f(ReadController, "02", ParameterError, "")
	for parameter, size := range map[string]int{"00": 92, "": 158} { // W342, 5-3-19
		a := Answer(Frame{Command: ReadController, Data: unhex(t, parameter)}, w)
		model, version, err := Controller(a.Data)
		if err != nil || len(a.Data) != size || model != "CJ1M_CPU23" || version != "03.00" {
			t.Errorf("controller data %q: %d bytes, %q %q %v", parameter, len(a.Data), model, version, err)
		}
	}
}

func TestSplitMany(t *testing.T) {
	ranges := []Range{{Area: Data, Start: 10, Count: 2}, {Area: Flags, Start: 3, Count: 1}}
	got, err := SplitMany(ranges, unhex(t, "82000a82000b0901"))
	if want := [][]byte{{0, 10, 0, 11}, {1}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("SplitMany = %x, %v", got, err)
	}
	for _, s := range []string{"", "82000a82000b09", "82000ab2000b0901", "82000a82000b090100"} {
		if got, err := SplitMany(ranges, unhex(t, s)); !errors.Is(err, ErrFrame) {
			t.Errorf("SplitMany(%s) = %x, %v", s, got, err)
		}
	}
}

// Codes of areas and their bits (W342, 5-2-2).
func TestAreas(t *testing.T) {
	for words, bits := range map[Area]Area{CIO: 0x30, Work: 0x31, Holding: 0x32, Auxil: 0x33, Data: 0x02, 0xA0: 0x20, 0xAC: 0x2C, 0x60: 0xE0, 0x6B: 0xEB, Current: 0x0A} {
		if words.Bits() != bits || words.width() != 2 || bits.width() != 1 {
			t.Errorf("area %02x: bits %02x, %d and %d bytes", byte(words), byte(words.Bits()), words.width(), bits.width())
		}
	}
	for n, want := range map[int]Area{0: 0xA0, 0xC: 0xAC, 0xD: 0x60, 0x18: 0x6B} {
		if a, ok := Bank(n); !ok || a != want {
			t.Errorf("bank %x: %02x, %v", n, byte(a), ok)
		}
	}
	if _, ok := Bank(0x19); ok {
		t.Error("bank 19 exists")
	}
	if Present.width() != 2 || Flags.width() != 1 {
		t.Error("timers")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(unhex(f, "80000200210000c0005a0101820000000002"))
	f.Add(unhex(f, "c0000200c0000021005a0101000000010002"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := Parse(b)
		if err != nil {
			return
		}
		got := x.Append(nil)
		// The number of gateways is not kept.
		if want := append([]byte(nil), b...); len(got) != len(want) || got[0] != want[0] || !bytes.Equal(got[3:], want[3:]) {
			t.Errorf("%x becomes %x", b, got)
		}
	})
}

func FuzzParseTCP(f *testing.F) {
	f.Add(unhex(f, "46494e53000000100000000100000000000000c000000021"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, n, err := ParseTCP(b)
		if err != nil {
			return
		}
		if n < 0 || n > MaxFrame {
			t.Fatalf("body of %d bytes", n)
		}
		if len(b) < TCPHeader+n {
			return
		}
		p.Body = b[TCPHeader : TCPHeader+n]
		if got := p.Append(nil); !bytes.Equal(got, b[:TCPHeader+n]) {
			t.Errorf("%x becomes %x", b, got)
		}
		if c, s, err := ParseWelcome(p); err == nil && (c == 0 || s == 0) {
			t.Errorf("nodes %d and %d", c, s)
		}
	})
}

// Any command gives a response that is its answer and fits into a frame.
func FuzzAnswer(f *testing.F) {
	f.Add(uint16(ReadMemory), unhex(f, "b10005000003"))
	f.Add(uint16(WriteMemory), unhex(f, "82000a0000011234"))
	f.Add(uint16(ReadMany), unhex(f, "82000a00b000030030000d03"))
	f.Add(uint16(ReadController), []byte{0})
	f.Fuzz(func(t *testing.T, command uint16, data []byte) {
		q := Frame{Destination: Address{Node: 1}, Source: Address{Node: 2}, SID: 3, Command: command, Data: data}
		a := Answer(q, &words{})
		if !a.Answers(q) || len(a.Append(nil)) > MaxFrame {
			t.Errorf("%04x %x: %+v", command, data, a)
		}
	})
}

func FuzzSplitMany(f *testing.F) {
	f.Add(uint8(2), uint8(1), unhex(f, "82000a82000b82000c"))
	f.Fuzz(func(t *testing.T, n, count uint8, data []byte) {
		ranges := make([]Range, n)
		for i := range ranges {
			ranges[i] = Range{Area: Data, Count: int(count)}
		}
		got, err := SplitMany(ranges, data)
		for _, piece := range got {
			if err == nil && len(piece) != 2*int(count) {
				t.Errorf("%d bytes; want %d words", len(piece), count)
			}
		}
	})
}
