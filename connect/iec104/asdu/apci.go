// Package asdu is the wire form of IEC 60870-5-104: the control field of its
// frames (APCI) and the application data inside them (ASDU), for both sides.
// Sources: IEC 60870-5-104 (clause 5, APCI) and IEC 60870-5-101 (clause 7,
// ASDU: types, causes, elements), field sizes as 104 fixes them: cause 2 bytes,
// common address 2, object address 3. The standards themselves were not at
// hand; tshark judges the frames of both sides.
//
// It does no I/O and keeps no state: numbers and timers are the driver's. Start
// with [ParseFrame] and [Parse].
package asdu

import (
	"errors"
	"fmt"
)

// Frame sizes (104, clause 5.1).
const (
	startByte   = 0x68
	StartSize   = 2   // start byte and length
	controlSize = 4   // control field
	MaxLength   = 253 // control field and ASDU
	MaxASDU     = MaxLength - controlSize
)

// ErrFrame wraps everything that is no frame or no ASDU of this standard.
var ErrFrame = errors.New("iec 104 frame")

// Format is what a frame is for.
type Format byte

// Formats.
const (
	Information Format = iota // numbered, with an ASDU
	Supervisory               // acknowledges
	Unnumbered                // starts, stops, tests
)

// Function is what an unnumbered frame says.
type Function byte

// Functions.
const (
	StartAct Function = 0x04
	StartCon Function = 0x08
	StopAct  Function = 0x10
	StopCon  Function = 0x20
	TestAct  Function = 0x40
	TestCon  Function = 0x80
)

func (f Function) String() string {
	names := map[Function]string{
		StartAct: "STARTDT act", StartCon: "STARTDT con", StopAct: "STOPDT act", StopCon: "STOPDT con", TestAct: "TESTFR act", TestCon: "TESTFR con",
	}
	return names[f]
}

// Modulus is where the 15-bit numbers of information frames begin again.
const Modulus = 1 << 15

// Frame is one APDU.
type Frame struct {
	Format   Format
	Send     uint16   // number of an information frame
	Receive  uint16   // the number expected next: all before it are acknowledged
	Function Function // of an unnumbered frame
	ASDU     []byte   // of an information frame
}

// ParseStart reads the two bytes a frame begins with and gives how many follow.
func ParseStart(b []byte) (int, error) {
	if len(b) < StartSize || b[0] != startByte {
		return 0, fmt.Errorf("%w: % x begins no frame", ErrFrame, b[:min(len(b), StartSize)])
	}
	if n := int(b[1]); n >= controlSize && n <= MaxLength {
		return n, nil
	}
	return 0, fmt.Errorf("%w: length %d", ErrFrame, b[1])
}

// ParseFrame reads what stands behind the start. The ASDU shares b's memory.
func ParseFrame(b []byte) (Frame, error) {
	if len(b) < controlSize || len(b) > MaxLength {
		return Frame{}, fmt.Errorf("%w: %d bytes", ErrFrame, len(b))
	}
	send := uint16(b[0]) | uint16(b[1])<<8
	receive := uint16(b[2]) | uint16(b[3])<<8
	switch {
	case b[0]&1 == 0 && receive&1 == 0:
		if len(b) == controlSize {
			return Frame{}, fmt.Errorf("%w: information without any", ErrFrame)
		}
		return Frame{Format: Information, Send: send >> 1, Receive: receive >> 1, ASDU: b[controlSize:]}, nil
	case len(b) != controlSize:
		return Frame{}, fmt.Errorf("%w: %d bytes behind a control field", ErrFrame, len(b)-controlSize)
	case send == 1 && receive&1 == 0:
		return Frame{Format: Supervisory, Receive: receive >> 1}, nil
	case send&3 == 3 && receive == 0:
		f := Function(send &^ 3)
		if send < 256 && f.String() != "" {
			return Frame{Format: Unnumbered, Function: f}, nil
		}
	}
	return Frame{}, fmt.Errorf("%w: control field % x", ErrFrame, b[:controlSize])
}

// Append writes the frame.
func (f Frame) Append(dst []byte) []byte {
	dst = append(dst, startByte, byte(controlSize+len(f.ASDU)))
	switch f.Format {
	case Information:
		dst = append(dst, byte(f.Send<<1), byte(f.Send>>7), byte(f.Receive<<1), byte(f.Receive>>7))
		return append(dst, f.ASDU...)
	case Supervisory:
		return append(dst, 1, 0, byte(f.Receive<<1), byte(f.Receive>>7))
	}
	return append(dst, byte(f.Function)|3, 0, 0, 0)
}
