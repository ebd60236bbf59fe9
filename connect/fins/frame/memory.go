package frame

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// Area is a memory area code (W342, 5-2-2). An element is a word of two bytes,
// or of the areas of bits and flags one byte, 0 or 1.
type Area byte

const (
	CIO     Area = 0xB0
	Work    Area = 0xB1
	Holding Area = 0xB2
	Auxil   Area = 0xB3
	Data    Area = 0x82 // DM
	Present Area = 0x89 // present values of timers, and from 0x8000 of counters
	Flags   Area = 0x09 // their completion flags
	Current Area = 0x98 // the current bank of extended memory
)

// banks is how many banks extended memory can have: 0 to 18 hexadecimal.
const banks = 0x19

// Bank is the area of a bank of extended memory, 0 to 0x18. The codes of the
// banks beyond C are unverified.
func Bank(n int) (Area, bool) {
	switch {
	case n < 0 || n >= banks:
		return 0, false
	case n < 0xD:
		return Area(0xA0 + n), true
	}
	return Area(0x60 + n - 0xD), true
}

// Bits is the area of the single bits of an area of words.
func (a Area) Bits() Area {
	switch {
	case a == Data:
		return 0x02
	case a >= 0xA0 && a <= 0xAC:
		return a - 0x80
	case a >= 0x60 && a <= 0x6B:
		return a + 0x80
	case a == Current:
		return 0x0A
	}
	return a - 0x80
}

// width is the bytes of an element.
func (a Area) width() int {
	if a >= 0x80 && a < 0xE0 || a >= 0x60 && a <= 0x6B {
		return 2
	}
	return 1
}

// Limits of one command: what fits into 2,012 bytes, and of ReadMany what
// W342, 5-3-5 gives for Ethernet.
const (
	MaxReadWords  = 999
	MaxWriteWords = 996
	MaxReadMany   = 167
)

// Range is Count elements of an area from Start, and of an area of bits from that
// Bit.
type Range struct {
	Area  Area
	Start uint16
	Bit   byte
	Count int
}

// Size is how many bytes its elements are.
func (r Range) Size() int { return r.Area.width() * r.Count }

func (r Range) append(dst []byte) []byte {
	return append(binary.BigEndian.AppendUint16(append(dst, byte(r.Area)), r.Start), r.Bit)
}

// rangeSize is area, start and bit.
const rangeSize = 4

// Read is the parameter of ReadMemory.
func (r Range) Read() []byte {
	return binary.BigEndian.AppendUint16(r.append(nil), uint16(r.Count))
}

// Write is the parameter of WriteMemory.
func (r Range) Write(data []byte) []byte { return append(r.Read(), data...) }

// Many is the parameter of ReadMany: every element of the ranges by itself. The
// answer is [ManySize] long.
func Many(ranges []Range) []byte {
	var out []byte
	for _, r := range ranges {
		for n := range r.Count {
			out = Range{Area: r.Area, Start: r.Start + uint16(n)}.append(out)
		}
	}
	return out
}

// ManySize is the length of the data that answer Many.
func ManySize(ranges []Range) int {
	n := 0
	for _, r := range ranges {
		n += r.Count * (1 + r.Area.width())
	}
	return n
}

// SplitMany takes the data that answer Many apart, one piece a range. The area
// code before every element must be the one asked for.
func SplitMany(ranges []Range, data []byte) ([][]byte, error) {
	if len(data) != ManySize(ranges) {
		return nil, fmt.Errorf("%w: %d bytes of data; asked for %d", ErrFrame, len(data), ManySize(ranges))
	}
	out := make([][]byte, len(ranges))
	for i, r := range ranges {
		for range r.Count {
			if Area(data[0]) != r.Area {
				return nil, fmt.Errorf("%w: an element of area %02X answers one of %02X", ErrFrame, data[0], byte(r.Area))
			}
			out[i] = append(out[i], data[1:1+r.Area.width()]...)
			data = data[1+r.Area.width():]
		}
	}
	return out, nil
}

// Controller data (W342, 5-3-19): the model and the version of the internal
// system, twenty characters each.
const (
	modelSize      = 20
	controllerSize = 2*modelSize + 40 + 12
)

// Controller takes model and version out of the data that answer
// ReadController.
func Controller(data []byte) (model, version string, err error) {
	if len(data) < 2*modelSize {
		return "", "", fmt.Errorf("%w: %d bytes of controller data", ErrFrame, len(data))
	}
	return plain(data[:modelSize]), plain(data[modelSize : 2*modelSize]), nil
}

// plain cuts at the first NUL and takes blanks and what is no text away.
func plain(b []byte) string {
	text, _, _ := strings.Cut(string(b), "\x00")
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
}
