// Package frame is the wire form of DL/T 645-2007, the protocol of China's energy
// meters: frames, data identifiers and the numbers behind them, for both sides.
// Source: DL/T 645-2007, clause 5 (frames), clause 7 (functions) and annex A (data
// identifiers).
//
// It does no I/O. A client starts with [Append] and [Cut], a server too; [ParseData]
// reads the address of a value as profiles write it.
package frame

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
)

// Functions (clause 7), as the master says them.
const (
	Read        = 0x11
	ReadNext    = 0x12 // what did not fit into the answer
	ReadAddress = 0x13
)

// Bits of the control byte (clause 5.2.3).
const (
	Answer   = 0x80 // from the meter
	Abnormal = 0x40 // the meter says no; its data is a [Refusal]
	More     = 0x20 // data follows in another frame
	function = 0x1F
)

const (
	start  = 0x68
	end    = 0x16
	wake   = 0xFE // wakes the receiver up; any number of them
	offset = 0x33 // is added to each byte of data
	head   = 10   // start, address, start, control, length
	// maxData of a read's answer (clause 5.2.4).
	maxData = 200
)

// Errors of [Cut].
var (
	ErrShort = errors.New("the frame has not ended")
	ErrFrame = errors.New("DL/T 645 frame")
)

// Address is a meter's, 12 decimal digits; as on the wire, lowest two first.
type Address [6]byte

// Any is heard by every meter: for a line with one.
var Any = Address{0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA}

// ParseAddress reads up to 12 digits.
func ParseAddress(text string) (Address, error) {
	var a Address
	if len(text) < 1 || len(text) > 12 {
		return a, fmt.Errorf("meter address %q; write its 12 digits", text)
	}
	for i := range text {
		digit := text[len(text)-1-i]
		if digit < '0' || digit > '9' {
			return a, fmt.Errorf("meter address %q; write its 12 digits", text)
		}
		a[i/2] |= (digit - '0') << (4 * (i % 2))
	}
	return a, nil
}

// String is the address as it stands on the meter.
func (a Address) String() string {
	for i, j := 0, len(a)-1; i < j; i, j = i+1, j-1 {
		a[i], a[j] = a[j], a[i]
	}
	return hex.EncodeToString(a[:])
}

// Frame is one frame; Data is without the offset of the wire.
type Frame struct {
	Address Address
	Control byte
	Data    []byte
}

// Function is the control byte without its flags.
func (f Frame) Function() byte { return f.Control & function }

// Append writes a frame.
func Append(dst []byte, f Frame) []byte {
	at := len(dst)
	dst = append(append(append(dst, start), f.Address[:]...), start, f.Control, byte(len(f.Data)))
	for _, x := range f.Data {
		dst = append(dst, x+offset)
	}
	return append(dst, sum(dst[at:]), end)
}

// AppendWake writes what goes before a master's frame.
func AppendWake(dst []byte) []byte { return append(dst, wake, wake, wake, wake) }

// Cut reads the frame that b begins with and how many bytes it takes. The error is
// [ErrShort] when its end is missing and [ErrFrame] when b does not begin with one.
func Cut(b []byte) (Frame, int, error) {
	var f Frame
	switch {
	case len(b) == 0:
		return f, 0, ErrShort
	case b[0] != start || len(b) > 7 && b[7] != start:
		return f, 0, fmt.Errorf("%w: no start", ErrFrame)
	case len(b) < head:
		return f, 0, ErrShort
	case b[9] > maxData:
		return f, 0, fmt.Errorf("%w: %d bytes of data", ErrFrame, b[9])
	}
	size := head + int(b[9]) + 2
	switch {
	case len(b) < size:
		return f, 0, ErrShort
	case b[size-1] != end:
		return f, 0, fmt.Errorf("%w: no end", ErrFrame)
	case sum(b[:size-2]) != b[size-2]:
		return f, 0, fmt.Errorf("%w: wrong checksum", ErrFrame)
	}
	f.Address, f.Control = Address(b[1:7]), b[8]
	f.Data = bytes.Clone(b[head : size-2])
	for i := range f.Data {
		f.Data[i] -= offset
	}
	return f, size, nil
}

func sum(b []byte) (s byte) {
	for _, x := range b {
		s += x
	}
	return s
}

// Refusal is the error word of an abnormal answer (clause 7 and annex on error
// words: one bit a reason).
type Refusal byte

// Reasons of a refusal.
const (
	OtherError   Refusal = 1 << 0
	NoSuchData   Refusal = 1 << 1
	Unauthorised Refusal = 1 << 2
	SpeedFixed   Refusal = 1 << 3
)

func (r Refusal) Error() string {
	switch {
	case r&NoSuchData != 0:
		return fmt.Sprintf("DL/T 645 error %02x (the meter has no such data)", byte(r))
	case r&Unauthorised != 0:
		return fmt.Sprintf("DL/T 645 error %02x (wrong password or no right)", byte(r))
	}
	return fmt.Sprintf("DL/T 645 error %02x", byte(r))
}
