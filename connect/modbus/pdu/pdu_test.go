package pdu

import (
	"encoding/hex"
	"errors"
	"testing"
)

// memory is a device with registers and bits 0..99 in every table.
type memory struct {
	registers [100]uint16
	bits      [100]byte
}

func (m *memory) Registers(_ Table, a, n uint16) ([]uint16, error) {
	if int(a)+int(n) > len(m.registers) {
		return nil, IllegalDataAddress
	}
	return m.registers[a : a+n], nil
}

func (m *memory) Bits(_ Table, a, n uint16) ([]byte, error) {
	if int(a)+int(n) > len(m.bits) {
		return nil, IllegalDataAddress
	}
	return m.bits[a : a+n], nil
}

func (m *memory) SetRegisters(a uint16, v []uint16) error {
	if int(a)+len(v) > len(m.registers) {
		return IllegalDataAddress
	}
	copy(m.registers[a:], v)
	return nil
}

func (m *memory) SetBits(a uint16, v []byte) error {
	if int(a)+len(v) > len(m.bits) {
		return IllegalDataAddress
	}
	copy(m.bits[a:], v)
	return nil
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The frames of the specification's own examples (V1.1b3, clause 6) with its
// register contents.
func TestAnswer_SpecificationExamples(t *testing.T) {
	m := &memory{}
	f := func(request, want string) {
		t.Helper()
		if got := hex.EncodeToString(Answer(nil, unhex(t, request), m)); got != want {
			t.Errorf("answer to %s = %s; want %s", request, got, want)
		}
	}
	m.registers[0x6b-50] = 0 // the examples' addresses are moved into 0..99
	copy(m.registers[10:], []uint16{0x022B, 0x0000, 0x0064})
	f("03000a0003", "0306022b00000064")
	m.registers[8] = 0x000A
	f("0400080001", "0402000a")
	f("0600010003", "0600010003")
	f("100001000204000a0102", "1000010002")
	f("0300010002", "0304000a0102")
	f("05005cff00", "05005cff00")
	f("01005c0001", "010101")
	f("0f0013000a02cd01", "0f0013000a")
	f("010013000a", "0102cd01")
	f("1700030006000e00030600ff00ff00ff", "170c"+"00000000000000000000"+"000a")
	f("0300630002", "8302") // beyond the last register
	f("0300000000", "8303") // none
	f("030000007e", "8303") // more than fit
	f("2b0e0100", "ab01")   // a function it does not have
	f("", "8001")
	f("0500010001", "8503")
}

func TestRequest_Check(t *testing.T) {
	r := Request{Function: ReadHolding, Address: 10, Count: 2}
	f := func(answer string, ok bool, want error) {
		t.Helper()
		_, err := r.Check(unhex(t, answer))
		if ok != (err == nil) || want != nil && !errors.Is(err, want) {
			t.Errorf("Check(%s) = %v; want %v", answer, err, want)
		}
	}
	f("030400010002", true, nil)
	f("8302", false, IllegalDataAddress)
	f("0302000100", false, ErrFrame)
	f("03040001", false, ErrFrame)
	f("040400010002", false, ErrFrame)
	f("03", false, ErrFrame)
	f("830201", false, ErrFrame)
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0, 2})
	f.Add([]byte{16, 0, 1, 0, 2, 4, 0, 10, 1, 2})
	f.Fuzz(func(t *testing.T, q []byte) {
		got := Answer(nil, q, &memory{})
		if len(got) < 2 || len(got) > maxPDU {
			t.Errorf("answer of %d bytes", len(got))
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add(byte(3), uint16(2), []byte{3, 4, 0, 1, 0, 2})
	f.Fuzz(func(t *testing.T, function byte, count uint16, answer []byte) {
		r := Request{Function: function, Count: count}
		data, err := r.Check(answer)
		if err == nil && function == ReadHolding && len(data) != 2*int(count) {
			t.Errorf("%d bytes for %d registers", len(data), count)
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 6, 7})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseHeader(b)
		if err == nil && (h.Length < 1 || h.Length > maxPDU) {
			t.Errorf("length %d", h.Length)
		}
	})
}
