// Package frame is the wire form of Mitsubishi's SLMP, the MC protocol's 3E and
// 4E frames in binary and ASCII code, for both sides. Sources: MELSEC
// Communication Protocol Reference Manual (iQ-R, Q and L series edition),
// chapters 5, 8 and 11, which the tests name by page; the SLMP Reference Manual
// SH(NA)-080956ENG has the same frames and was not at hand.
//
// It does no I/O. A client starts with [Request], a server with [Answer];
// addresses as people write them are read by [ParseAddress].
package frame

import (
	"errors"
	"fmt"
)

// Format is how frames are written on a line. Both ends are set to one.
type Format struct {
	Serial bool // 4E frames, which carry a number of the question; else 3E
	ASCII  bool // every half byte as a hexadecimal digit
}

// Route is which station behind the connection is meant (chapter 6 of the
// manual, access route).
type Route struct {
	Network byte
	PC      byte
	IO      uint16 // of the request's destination module
	Station byte   // multidrop
}

// Own is the route to the station that is connected.
var Own = Route{PC: 0xFF, IO: 0x03FF}

// Header is what stands before the data length counts.
type Header struct {
	Serial uint16 // of 4E frames
	Route  Route
	Length int // of what follows, in bytes or characters
}

// Subheaders (manual, 5.3).
const (
	request3E = 0x5000
	request4E = 0x5400
	answer3E  = 0xD000
	answer4E  = 0xD400
)

// Limits of one question.
const (
	MaxWords  = 960 // read or written in one batch (manual, 8.1 number of device points)
	MaxBits   = 3584
	MaxRandom = 96 // points of a random read; a Q or L CPU takes 192, an iQ-R 96
	// maxLength is what the longest frame carries behind its header: the words
	// of a batch in ASCII and the fields around them.
	maxLength = 4*MaxWords + 64
)

// ErrFrame wraps everything that is no SLMP frame or not the answer asked for.
var ErrFrame = errors.New("slmp frame")

// EndCode is what a station answers in place of data.
type EndCode uint16

// End codes that say something of one address (manual, appendix on error
// codes of the E71; 4031 is the CPU's own).
const (
	OutOfRange     EndCode = 0x4031
	TooManyWords   EndCode = 0xC051
	TooManyBits    EndCode = 0xC052
	TooManyRandom  EndCode = 0xC054
	BeyondLast     EndCode = 0xC056
	WrongCommand   EndCode = 0xC059
	NoSuchDevice   EndCode = 0xC05B
	WrongRequest   EndCode = 0xC05C
	NotForStation  EndCode = 0xC05F
	WrongBitValue  EndCode = 0xC060
	WrongLength    EndCode = 0xC061
	PasswordLocked EndCode = 0xC201
)

// endCodes are those that are known: with each of them a station turns a request
// down before it has done any of it.
var endCodes = map[EndCode]string{
	OutOfRange: "device number out of range", TooManyWords: "too many words", TooManyBits: "too many bits", TooManyRandom: "too many points",
	BeyondLast: "beyond the last device", WrongCommand: "command not known", NoSuchDevice: "device cannot be read or written",
	WrongRequest: "request cannot be carried out as written", NotForStation: "request not for this station", WrongBitValue: "wrong bit value",
	WrongLength: "length does not fit", PasswordLocked: "locked by a remote password",
}

// Known reports whether the code says that nothing was done.
func (e EndCode) Known() bool { return endCodes[e] != "" }

func (e EndCode) Error() string {
	if name, ok := endCodes[e]; ok {
		return fmt.Sprintf("slmp end code %04X (%s)", uint16(e), name)
	}
	return fmt.Sprintf("slmp end code %04X", uint16(e))
}

// HeaderSize is how many bytes stand before those that the length counts.
func (f Format) HeaderSize() int {
	n := 9 // subheader, access route, data length
	if f.Serial {
		n += 4
	}
	if f.ASCII {
		n *= 2
	}
	return n
}

// ParseRequestHeader reads the header of a question.
func (f Format) ParseRequestHeader(b []byte) (Header, error) {
	return f.parseHeader(b, request3E, request4E)
}

// ParseAnswerHeader reads the header of an answer.
func (f Format) ParseAnswerHeader(b []byte) (Header, error) {
	return f.parseHeader(b, answer3E, answer4E)
}

func (f Format) parseHeader(b []byte, plain, numbered uint16) (Header, error) {
	if len(b) < f.HeaderSize() {
		return Header{}, fmt.Errorf("%w: header of %d bytes", ErrFrame, len(b))
	}
	r := reader{b: b[:f.HeaderSize()], ascii: f.ASCII}
	var h Header
	want := plain
	if f.Serial {
		want = numbered
	}
	if got := r.big16(); got != want {
		return h, fmt.Errorf("%w: subheader %04X; want %04X", ErrFrame, got, want)
	}
	if f.Serial {
		h.Serial = r.u16()
		if zero := r.u16(); zero != 0 {
			return h, fmt.Errorf("%w: %04X after the serial number", ErrFrame, zero)
		}
	}
	h.Route = Route{Network: r.u8(), PC: r.u8(), IO: r.u16(), Station: r.u8()}
	h.Length = int(r.u16())
	switch {
	case r.wrong:
		return h, fmt.Errorf("%w: header %q is no hexadecimal text", ErrFrame, b[:f.HeaderSize()])
	case h.Length < 2 || h.Length > maxLength:
		return h, fmt.Errorf("%w: length %d", ErrFrame, h.Length)
	}
	return h, nil
}

func (f Format) appendHeader(w *writer, plain, numbered uint16, h Header) {
	if f.Serial {
		w.big16(numbered)
		w.u16(h.Serial)
		w.u16(0)
	} else {
		w.big16(plain)
	}
	w.u8(h.Route.Network)
	w.u8(h.Route.PC)
	w.u16(h.Route.IO)
	w.u8(h.Route.Station)
	w.u16(uint16(h.Length))
}

// Detect tells the format of a question from its first four bytes, as a server
// that takes all of them does.
func Detect(b []byte) (Format, error) {
	if len(b) >= 4 {
		switch {
		case b[0] == 0x50 && b[1] == 0:
			return Format{}, nil
		case b[0] == 0x54 && b[1] == 0:
			return Format{Serial: true}, nil
		case string(b[:4]) == "5000":
			return Format{ASCII: true}, nil
		case string(b[:4]) == "5400":
			return Format{Serial: true, ASCII: true}, nil
		}
	}
	return Format{}, fmt.Errorf("%w: % x begins no question", ErrFrame, b[:min(len(b), 4)])
}
