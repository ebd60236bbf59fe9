// Package pdu is the wire form of S7 communication ("S7comm", PUT/GET): the
// TPKT frames of RFC 1006, the COTP TPDUs of ISO 8073 / RFC 905 class 0 inside
// them, and inside those the jobs that read and write variables and system
// status lists, for both sides.
//
// It does no I/O. S7 communication itself is not published by its maker; the
// layout is that on which independent implementations agree (the Wireshark
// dissector packet-s7comm.c, snap7, libnodave), and the tests hold it against
// two of them. A client starts with [AppendConnect] and [Message], a server with
// [Session].
package pdu

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrFrame wraps everything that is no frame, or not the answer asked for.
var ErrFrame = errors.New("s7 frame")

// FrameHeader is the TPKT header: version, reserved, length (RFC 1006, 6).
const FrameHeader = 4

// Sizes of what stands before an S7 message.
const (
	dataHeader = 3 // COTP DT: length, code, number with end mark
	tpktVers   = 3
	// MaxFrame is the longest frame taken: a PDU of 960 bytes is the most a
	// controller negotiates; twice that leaves room for headers and doubt.
	MaxFrame = 2048
)

// Codes of COTP TPDUs (RFC 905, 13.1).
const (
	ConnectRequest = 0xE0
	ConnectConfirm = 0xD0
	Disconnect     = 0x80
	dataTPDU       = 0xF0
	endOfTSDU      = 0x80
)

// Parameters of CR and CC (RFC 905, 13.3.4).
const (
	paramSize   = 0xC0
	paramSource = 0xC1
	paramTarget = 0xC2
)

// size1024 is the TPDU size 2^10 = 1024, the largest that holds a PDU of 960.
const size1024 = 10

// ParseFrame reads the four bytes of a TPKT header and gives the length of the
// TPDU behind it.
func ParseFrame(b []byte) (length int, err error) {
	if len(b) < FrameHeader {
		return 0, fmt.Errorf("%w: header of %d bytes", ErrFrame, len(b))
	}
	if b[0] != tpktVers {
		return 0, fmt.Errorf("%w: version %d is not ISO on TCP", ErrFrame, b[0])
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < FrameHeader+2 || n > MaxFrame {
		return 0, fmt.Errorf("%w: length %d", ErrFrame, n)
	}
	return n - FrameHeader, nil
}

// frame writes the header over the four bytes kept free at the start of b.
func frame(b []byte) {
	b[0], b[1] = tpktVers, 0
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
}

// TSAP says which connection of a controller is meant. Its first byte is the
// kind of connection, its second 32 × rack + slot; some controllers have fixed
// ones.
type TSAP uint16

// Kinds of connection. A controller keeps some of each.
const (
	Programmer = 1 // PG
	Operator   = 2 // OP
	Basic      = 3 // S7 basic: what is left for others
)

// SlotTSAP is the TSAP of the CPU in a rack (0 to 7) and slot (0 to 31).
func SlotTSAP(kind, rack, slot int) TSAP { return TSAP(kind<<8 | rack<<5 | slot) }

// Connect is a COTP connection request, confirmation or disconnection. In a
// confirmation the TSAPs may be missing and are then 0.
type Connect struct {
	Code   byte
	Target uint16 // destination reference
	Source uint16
	Reason byte // of a Disconnect (RFC 905, 13.5.3); the class otherwise
	Local  TSAP // calling, the client's
	Remote TSAP // called, the controller's
	Size   byte // of TPDUs, as a power of two; 0 for none
}

// AppendConnect writes the whole frame of a connection request of class 0.
func AppendConnect(dst []byte, local, remote TSAP) []byte {
	return Connect{Code: ConnectRequest, Source: 1, Local: local, Remote: remote, Size: size1024}.Append(dst)
}

// Append writes the whole frame.
func (c Connect) Append(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, c.Code)
	dst = binary.BigEndian.AppendUint16(dst, c.Target)
	dst = binary.BigEndian.AppendUint16(dst, c.Source)
	dst = append(dst, c.Reason)
	if c.Code != Disconnect {
		if c.Size != 0 {
			dst = append(dst, paramSize, 1, c.Size)
		}
		if c.Local != 0 || c.Remote != 0 {
			dst = binary.BigEndian.AppendUint16(append(dst, paramSource, 2), uint16(c.Local))
			dst = binary.BigEndian.AppendUint16(append(dst, paramTarget, 2), uint16(c.Remote))
		}
	}
	dst[at+FrameHeader] = byte(len(dst) - at - FrameHeader - 1)
	frame(dst[at:])
	return dst
}

// ParseConnect reads the TPDU of a connection request, confirmation or
// disconnection. TSAPs that are not two bytes long are passed over.
func ParseConnect(tpdu []byte) (Connect, error) {
	var c Connect
	if len(tpdu) < 7 || int(tpdu[0]) != len(tpdu)-1 {
		return c, fmt.Errorf("%w: connection TPDU of %d bytes", ErrFrame, len(tpdu))
	}
	c.Code = tpdu[1]
	if c.Code != ConnectRequest && c.Code != ConnectConfirm && c.Code != Disconnect {
		return c, fmt.Errorf("%w: TPDU %#x is no answer to a connection request", ErrFrame, tpdu[1])
	}
	c.Target, c.Source, c.Reason = binary.BigEndian.Uint16(tpdu[2:]), binary.BigEndian.Uint16(tpdu[4:]), tpdu[6]
	if c.Code == Disconnect {
		return c, nil
	}
	for rest := tpdu[7:]; len(rest) > 0; {
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return c, fmt.Errorf("%w: a parameter of the connection TPDU is cut off", ErrFrame)
		}
		code, value := rest[0], rest[2:2+int(rest[1])]
		rest = rest[2+len(value):]
		switch {
		case code == paramSize && len(value) == 1:
			c.Size = value[0]
		case code == paramSource && len(value) == 2:
			c.Local = TSAP(binary.BigEndian.Uint16(value))
		case code == paramTarget && len(value) == 2:
			c.Remote = TSAP(binary.BigEndian.Uint16(value))
		}
	}
	return c, nil
}

// ParseData takes a DT TPDU apart: a piece of a message and whether it is the
// last.
func ParseData(tpdu []byte) (piece []byte, last bool, err error) {
	if len(tpdu) < dataHeader || tpdu[0] != dataHeader-1 || tpdu[1] != dataTPDU {
		return nil, false, fmt.Errorf("%w: a data TPDU was expected, not % x", ErrFrame, tpdu[:min(len(tpdu), dataHeader)])
	}
	return tpdu[dataHeader:], tpdu[2]&endOfTSDU != 0, nil
}
