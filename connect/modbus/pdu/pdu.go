// Package pdu is the wire form of Modbus: the frames of TCP (MBAP) and of serial
// lines (RTU, ASCII), and the requests and answers inside them, for both sides.
// Source: MODBUS Application Protocol Specification V1.1b3, MODBUS Messaging on
// TCP/IP V1.0b and MODBUS over Serial Line V1.02.
//
// It does no I/O. A client starts with [Request] and [Request.Check], a server
// with [Answer].
package pdu

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Function codes this package speaks.
const (
	ReadCoils          = 1
	ReadDiscreteInputs = 2
	ReadHolding        = 3
	ReadInput          = 4
	WriteCoil          = 5
	WriteRegister      = 6
	Diagnostics        = 8 // on serial lines; sub-function 0 gives back what it is given
	WriteCoils         = 15
	WriteRegisters     = 16
	ReadWriteRegisters = 23
	ReadIdentity       = 43 // encapsulated interface, type 14; see [Identity]
)

// Limits of the specification: what fits into a frame of 253 bytes.
const (
	MaxReadBits       = 2000
	MaxReadRegisters  = 125
	MaxWriteBits      = 1968
	MaxWriteRegisters = 123
	maxReadWrite      = 121
	maxPDU            = 253
)

// HeaderSize is the MBAP header: transaction, protocol, length, unit.
const HeaderSize = 7

// Exception is what a device answers in place of data.
type Exception byte

// Exception codes (V1.1b3, clause 7).
const (
	IllegalFunction    Exception = 1
	IllegalDataAddress Exception = 2
	IllegalDataValue   Exception = 3
	DeviceFailure      Exception = 4
	Acknowledge        Exception = 5
	DeviceBusy         Exception = 6
	MemoryParity       Exception = 8
	GatewayPath        Exception = 10
	GatewayTarget      Exception = 11
)

func (e Exception) Error() string {
	names := map[Exception]string{
		IllegalFunction: "illegal function", IllegalDataAddress: "illegal data address", IllegalDataValue: "illegal data value",
		DeviceFailure: "device failure", Acknowledge: "acknowledged, not done yet", DeviceBusy: "device busy", MemoryParity: "memory parity error",
		GatewayPath: "gateway path unavailable", GatewayTarget: "gateway target does not answer",
	}
	if name, ok := names[e]; ok {
		return fmt.Sprintf("modbus exception %d (%s)", byte(e), name)
	}
	return fmt.Sprintf("modbus exception %d", byte(e))
}

// ErrFrame wraps everything that is no Modbus frame or not the answer asked for.
var ErrFrame = errors.New("modbus frame")

// ErrAltered, beside ErrFrame: a write is confirmed with another value.
var ErrAltered = errors.New("modbus: the device took another value")

// Header is the MBAP header of a frame.
type Header struct {
	Transaction uint16
	Unit        byte
	Length      int // of the PDU behind the header
}

// ParseHeader reads seven bytes.
func ParseHeader(b []byte) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, fmt.Errorf("%w: header of %d bytes", ErrFrame, len(b))
	}
	h := Header{Transaction: binary.BigEndian.Uint16(b), Unit: b[6], Length: int(binary.BigEndian.Uint16(b[4:])) - 1}
	if p := binary.BigEndian.Uint16(b[2:]); p != 0 {
		return h, fmt.Errorf("%w: protocol %d is not Modbus", ErrFrame, p)
	}
	if h.Length < 1 || h.Length > maxPDU {
		return h, fmt.Errorf("%w: length %d", ErrFrame, h.Length+1)
	}
	return h, nil
}

// AppendFrame writes a frame: header and PDU.
func AppendFrame(dst []byte, transaction uint16, unit byte, body []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, transaction)
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(body)+1))
	return append(append(dst, unit), body...)
}

// Request is one question of a client. Data is what is written: two bytes a
// register, or bits packed from the lowest. For Diagnostics the Address is the
// sub-function, and Data what comes back.
type Request struct {
	Function byte
	Address  uint16
	Count    uint16
	Data     []byte
	Target   uint16 // where ReadWriteRegisters writes; Address and Count are what it reads
}

// Reads reports whether asking again changes nothing on the device.
func (r Request) Reads() bool { return r.Function >= ReadCoils && r.Function <= ReadInput }

// Append writes the request's PDU.
func (r Request) Append(dst []byte) []byte {
	if r.Function == ReadIdentity {
		return append(dst, ReadIdentity, identityType, identityBasic, byte(r.Address))
	}
	dst = append(dst, r.Function)
	dst = binary.BigEndian.AppendUint16(dst, r.Address)
	switch r.Function {
	case WriteCoil, WriteRegister, Diagnostics:
		return append(dst, r.Data...)
	}
	dst = binary.BigEndian.AppendUint16(dst, r.Count)
	switch r.Function {
	case ReadWriteRegisters:
		dst = binary.BigEndian.AppendUint16(dst, r.Target)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(r.Data)/2))
		fallthrough
	case WriteCoils, WriteRegisters:
		dst = append(append(dst, byte(len(r.Data))), r.Data...)
	}
	return dst
}

// Check takes the answer to r apart. It gives the data read, or nil for a
// write; an Exception when the device refused; ErrFrame when the answer is not
// one to this request.
func (r Request) Check(answer []byte) ([]byte, error) {
	if len(answer) < 2 {
		return nil, fmt.Errorf("%w: answer of %d bytes", ErrFrame, len(answer))
	}
	if answer[0] == r.Function|0x80 {
		if len(answer) != 2 {
			return nil, fmt.Errorf("%w: exception of %d bytes", ErrFrame, len(answer))
		}
		return nil, Exception(answer[1])
	}
	if answer[0] != r.Function {
		return nil, fmt.Errorf("%w: function %d answers function %d", ErrFrame, answer[0], r.Function)
	}
	switch r.Function {
	case ReadCoils, ReadDiscreteInputs:
		return r.data(answer, (int(r.Count)+7)/8)
	case ReadHolding, ReadInput, ReadWriteRegisters:
		return r.data(answer, 2*int(r.Count))
	case ReadIdentity:
		if answer[1] != identityType {
			return nil, fmt.Errorf("%w: interface type %d answers type %d", ErrFrame, answer[1], identityType)
		}
		return answer[2:], nil
	}
	return nil, r.echoed(answer)
}

// echoed: a write is confirmed by its address and, for one value, the value or,
// for many, their number.
func (r Request) echoed(answer []byte) error {
	if len(answer) != 5 || binary.BigEndian.Uint16(answer[1:]) != r.Address {
		return fmt.Errorf("%w: the device confirms another write", ErrFrame)
	}
	want := r.Count
	if (r.Function == WriteCoil || r.Function == WriteRegister || r.Function == Diagnostics) && len(r.Data) == 2 {
		want = binary.BigEndian.Uint16(r.Data)
	}
	if got := binary.BigEndian.Uint16(answer[3:]); got != want {
		return fmt.Errorf("%w: %w: it confirms %d; written was %d", ErrFrame, ErrAltered, got, want)
	}
	return nil
}

func (r Request) data(answer []byte, want int) ([]byte, error) {
	if int(answer[1]) != want || len(answer) != 2+want {
		return nil, fmt.Errorf("%w: %d bytes of data in %d; asked for %d", ErrFrame, answer[1], len(answer)-2, want)
	}
	return answer[2:], nil
}
