package pdu

import (
	"encoding/binary"
	"errors"
)

// Table is one of the four kinds of data of a device.
type Table byte

const (
	Coils Table = iota
	DiscreteInputs
	Holding
	Input
)

// Bank is a device's data as a server sees it. Methods return an [Exception]
// for what the device does not have. Bits are one byte each, 0 or 1.
type Bank interface {
	Registers(t Table, address, count uint16) ([]uint16, error)
	Bits(t Table, address, count uint16) ([]byte, error)
	SetRegisters(address uint16, values []uint16) error
	SetBits(address uint16, bits []byte) error
}

// Answer appends the answer of a device with this bank to the request PDU. Any
// input gives an answer: what cannot be understood an exception.
func Answer(dst, request []byte, bank Bank) []byte {
	if len(request) == 0 {
		return append(dst, 0x80, byte(IllegalFunction))
	}
	at := len(dst)
	out, err := answer(append(dst, request[0]), request, bank)
	if err == nil {
		return out
	}
	code := DeviceFailure
	errors.As(err, &code)
	return append(dst[:at], request[0]|0x80, byte(code))
}

func answer(dst, q []byte, bank Bank) ([]byte, error) {
	switch q[0] {
	case ReadCoils, ReadDiscreteInputs, ReadHolding, ReadInput, WriteCoil, WriteRegister, Diagnostics:
		if len(q) != 5 {
			return nil, IllegalDataValue
		}
	case WriteCoils, WriteRegisters:
		if len(q) < 6 || len(q) != 6+int(q[5]) {
			return nil, IllegalDataValue
		}
	case ReadWriteRegisters:
		if len(q) < 10 || len(q) != 10+int(q[9]) {
			return nil, IllegalDataValue
		}
	default:
		return nil, IllegalFunction
	}
	address, count := binary.BigEndian.Uint16(q[1:]), binary.BigEndian.Uint16(q[3:])
	switch q[0] {
	case ReadCoils:
		return readBits(dst, bank, Coils, address, count)
	case ReadDiscreteInputs:
		return readBits(dst, bank, DiscreteInputs, address, count)
	case ReadHolding:
		return readRegisters(dst, bank, Holding, address, count, MaxReadRegisters)
	case ReadInput:
		return readRegisters(dst, bank, Input, address, count, MaxReadRegisters)
	case WriteCoil:
		if count != 0 && count != 0xFF00 {
			return nil, IllegalDataValue
		}
		return append(dst, q[1:]...), bank.SetBits(address, []byte{byte(count >> 15)})
	case WriteRegister:
		return append(dst, q[1:]...), bank.SetRegisters(address, []uint16{count})
	case Diagnostics:
		if address != 0 {
			return nil, IllegalFunction
		}
		return append(dst, q[1:]...), nil
	case WriteCoils:
		return writeBits(dst, q, bank, address, count)
	case WriteRegisters:
		return writeRegisters(dst, q, bank, address, count)
	}
	return readWrite(dst, q, bank, address, count)
}

func readBits(dst []byte, bank Bank, t Table, address, count uint16) ([]byte, error) {
	if count < 1 || count > MaxReadBits {
		return nil, IllegalDataValue
	}
	bits, err := bank.Bits(t, address, count)
	if err != nil {
		return nil, err
	}
	n := (int(count) + 7) / 8
	dst = append(dst, byte(n))
	at := len(dst)
	dst = append(dst, make([]byte, n)...)
	for i, b := range bits {
		if b != 0 {
			dst[at+i/8] |= 1 << (i % 8)
		}
	}
	return dst, nil
}

func readRegisters(dst []byte, bank Bank, t Table, address, count, most uint16) ([]byte, error) {
	if count < 1 || count > most {
		return nil, IllegalDataValue
	}
	values, err := bank.Registers(t, address, count)
	if err != nil {
		return nil, err
	}
	dst = append(dst, byte(2*count))
	for _, v := range values {
		dst = binary.BigEndian.AppendUint16(dst, v)
	}
	return dst, nil
}

func writeBits(dst, q []byte, bank Bank, address, count uint16) ([]byte, error) {
	if count < 1 || count > MaxWriteBits || int(q[5]) != (int(count)+7)/8 {
		return nil, IllegalDataValue
	}
	bits := make([]byte, count)
	for i := range bits {
		bits[i] = q[6+i/8] >> (i % 8) & 1
	}
	return append(dst, q[1:5]...), bank.SetBits(address, bits)
}

func writeRegisters(dst, q []byte, bank Bank, address, count uint16) ([]byte, error) {
	if count < 1 || count > MaxWriteRegisters || int(q[5]) != 2*int(count) {
		return nil, IllegalDataValue
	}
	return append(dst, q[1:5]...), bank.SetRegisters(address, words(q[6:]))
}

func readWrite(dst, q []byte, bank Bank, address, count uint16) ([]byte, error) {
	target, n := binary.BigEndian.Uint16(q[5:]), binary.BigEndian.Uint16(q[7:])
	if n < 1 || n > maxReadWrite || int(q[9]) != 2*int(n) {
		return nil, IllegalDataValue
	}
	if err := bank.SetRegisters(target, words(q[10:])); err != nil {
		return nil, err
	}
	return readRegisters(dst, bank, Holding, address, count, MaxReadRegisters)
}

func words(b []byte) []uint16 {
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return out
}
