package pdu

import (
	"encoding/hex"
	"errors"
	"maps"
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

// What a client asks a server understands, for every function, and what the
// server says the client takes for the answer to its question.
func TestRequest_RoundTrip(t *testing.T) {
	m := &memory{}
	f := func(r Request, want string) {
		t.Helper()
		data, err := r.Check(Answer(nil, r.Append(nil), m))
		if err != nil || hex.EncodeToString(data) != want {
			t.Errorf("%+v: %x, %v; want %s", r, data, err, want)
		}
	}
	f(Request{Function: WriteRegister, Address: 5, Data: unhex(t, "1234")}, "")
	f(Request{Function: WriteRegisters, Address: 6, Count: 2, Data: unhex(t, "56789abc")}, "")
	f(Request{Function: ReadHolding, Address: 5, Count: 3}, "123456789abc")
	f(Request{Function: ReadInput, Address: 5, Count: 1}, "1234")
	f(Request{Function: WriteCoil, Address: 9, Data: unhex(t, "ff00")}, "")
	f(Request{Function: WriteCoils, Address: 10, Count: 9, Data: unhex(t, "0501")}, "")
	f(Request{Function: ReadCoils, Address: 9, Count: 10}, "0b02")
	f(Request{Function: ReadDiscreteInputs, Address: 9, Count: 8}, "0b")
	f(Request{Function: ReadWriteRegisters, Address: 5, Count: 2, Target: 6, Data: unhex(t, "0007")}, "12340007")
}

// A device that confirms something else than what was written has not done
// what it was told.
func TestRequest_Check_Echo(t *testing.T) {
	f := func(r Request, answer string, ok bool) {
		t.Helper()
		if _, err := r.Check(unhex(t, answer)); ok != (err == nil) || err != nil && !errors.Is(err, ErrFrame) {
			t.Errorf("Check(%s) = %v", answer, err)
		}
	}
	one := Request{Function: WriteRegister, Address: 10, Data: unhex(t, "1234")}
	f(one, "06000a1234", true)
	f(one, "06000a1235", false)
	f(one, "06000b1234", false)
	f(one, "06000a12", false)
	many := Request{Function: WriteRegisters, Address: 10, Count: 2, Data: unhex(t, "12345678")}
	f(many, "10000a0002", true)
	f(many, "10000a0001", false)
	coil := Request{Function: WriteCoil, Address: 10, Data: unhex(t, "ff00")}
	f(coil, "05000aff00", true)
	f(coil, "05000a0000", false)
}

// The identity of the specification's example (V1.1b3, clause 6.21), whole and
// in two answers.
func TestIdentity(t *testing.T) {
	f := func(answer string, more byte, bad bool, want Identity) {
		t.Helper()
		id := Identity{}
		data, err := Request{Function: ReadIdentity}.Check(unhex(t, answer))
		if err == nil {
			var got byte
			if got, err = id.Append(data); got != more {
				t.Errorf("%s: more %d", answer, got)
			}
		}
		if bad != (err != nil) || !bad && !maps.Equal(id, want) {
			t.Errorf("%s: %v, %v", answer, id, err)
		}
	}
	if got := hex.EncodeToString(Request{Function: ReadIdentity, Address: 2}.Append(nil)); got != "2b0e0102" {
		t.Errorf("request %s", got)
	}
	f("2b0e010100000300024142010143020456312e31", 0, false, Identity{0: "AB", 1: "C", 2: "V1.1"})
	f("2b0e0101ff020100024142", 2, false, Identity{0: "AB"})
	f("2b0e010100000100024142ff", 0, true, nil)
	f("2b0e0101000001000241", 0, true, nil)
	f("2b0e01010000", 0, true, nil)
	f("2b0d010100000100024142", 0, true, nil)
	f("ab01", 0, true, nil)
}

func FuzzIdentity(f *testing.F) {
	f.Add([]byte{0x2b, 14, 1, 1, 0, 0, 1, 0, 2, 65, 66})
	f.Fuzz(func(t *testing.T, answer []byte) {
		data, err := Request{Function: ReadIdentity}.Check(answer)
		if err != nil {
			return
		}
		id := Identity{}
		if _, err := id.Append(data); err == nil && len(id) > len(data) {
			t.Errorf("%d objects in %d bytes", len(id), len(data))
		}
	})
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
