package pdu

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Serial lines (MODBUS over Serial Line V1.02): a frame is the unit, the PDU and
// a check. RTU says nothing of where a frame ends but by silence, which USB
// adapters and network gateways do not keep. The length is therefore read from
// the function, and the check decides.

// Units of a serial line; 0 is the broadcast that nobody answers (clause 2.2).
const (
	MinUnit = 1
	MaxUnit = 247
)

// maxRTU is the longest frame of a serial line: unit, PDU and CRC.
const maxRTU = maxPDU + 3

// ErrShort means that what is there may become a frame when more bytes come.
var ErrShort = errors.New("the frame has not ended")

// Frame is what was said to a station or by it.
type Frame struct {
	Unit byte
	Body []byte // the PDU
}

// CRC is the check of RTU (clause 6.2.2): polynomial 0xA001 reflected, begun with
// all ones, the low byte first on the wire.
func CRC(b []byte) uint16 {
	crc := uint16(0xFFFF)
	for _, x := range b {
		crc ^= uint16(x)
		for range 8 {
			odd := crc & 1
			crc >>= 1
			if odd == 1 {
				crc ^= 0xA001
			}
		}
	}
	return crc
}

// AppendRTU writes a frame of RTU.
func AppendRTU(dst []byte, unit byte, body []byte) []byte {
	at := len(dst)
	dst = append(append(dst, unit), body...)
	return binary.LittleEndian.AppendUint16(dst, CRC(dst[at:]))
}

// CutAnswerRTU reads the answer that b begins with and how many bytes it takes.
// The error is [ErrShort] when its end is missing and [ErrFrame] when b does not
// begin with an answer.
func CutAnswerRTU(b []byte) (Frame, int, error) { return cut(b, answerSize) }

// CutQuestionRTU is CutAnswerRTU for what a server hears.
func CutQuestionRTU(b []byte) (Frame, int, error) { return cut(b, questionSize) }

func cut(b []byte, sizeOf func([]byte) (int, error)) (Frame, int, error) {
	if len(b) < 2 {
		if len(b) == 1 && (b[0] < MinUnit || b[0] > MaxUnit) {
			return Frame{}, 0, fmt.Errorf("%w: unit %d", ErrFrame, b[0])
		}
		return Frame{}, 0, ErrShort
	}
	if b[0] < MinUnit || b[0] > MaxUnit {
		return Frame{}, 0, fmt.Errorf("%w: unit %d", ErrFrame, b[0])
	}
	size, err := sizeOf(b)
	switch {
	case err != nil:
		return Frame{}, 0, err
	case size > maxRTU:
		return Frame{}, 0, fmt.Errorf("%w: %d bytes", ErrFrame, size)
	case len(b) < size:
		return Frame{}, 0, ErrShort
	case CRC(b[:size-2]) != binary.LittleEndian.Uint16(b[size-2:]):
		return Frame{}, 0, fmt.Errorf("%w: wrong CRC", ErrFrame)
	}
	return Frame{Unit: b[0], Body: b[1 : size-2]}, size, nil
}

// answerSize is how long the answer of this function is, unit and CRC included.
func answerSize(b []byte) (int, error) {
	switch f := b[1]; {
	case f&0x80 != 0:
		return 5, nil
	case f >= ReadCoils && f <= ReadInput || f == ReadWriteRegisters:
		if len(b) < 3 {
			return 0, ErrShort
		}
		return 5 + int(b[2]), nil
	case f == WriteCoil || f == WriteRegister || f == Diagnostics || f == WriteCoils || f == WriteRegisters:
		return 8, nil
	case f == ReadIdentity:
		return identitySize(b)
	}
	return 0, fmt.Errorf("%w: function %d", ErrFrame, b[1])
}

// identitySize walks over the objects: only their own lengths say where the
// answer ends.
func identitySize(b []byte) (int, error) {
	const head = 8 // unit, function, type, category, conformity, more, next, number
	if len(b) < head {
		return 0, ErrShort
	}
	if b[2] != identityType {
		return 0, fmt.Errorf("%w: interface type %d", ErrFrame, b[2])
	}
	at := head
	for range b[head-1] {
		if at > maxRTU {
			return at, nil
		}
		if len(b) < at+2 {
			return 0, ErrShort
		}
		at += 2 + int(b[at+1])
	}
	return at + 2, nil
}

func questionSize(b []byte) (int, error) {
	at := 0 // where the length of the data stands
	switch f := b[1]; {
	case f >= ReadCoils && f <= WriteRegister || f == Diagnostics:
		return 8, nil
	case f == WriteCoils || f == WriteRegisters:
		at = 6
	case f == ReadWriteRegisters:
		at = 10
	case f == ReadIdentity:
		return 7, nil
	default:
		return 0, fmt.Errorf("%w: function %d", ErrFrame, b[1])
	}
	if len(b) <= at {
		return 0, ErrShort
	}
	return at + 1 + int(b[at]) + 2, nil
}
