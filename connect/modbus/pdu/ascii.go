package pdu

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// maxASCII is the longest frame of ASCII: colon, two characters a byte, CR LF
// (clause 2.5.2.1).
const maxASCII = 1 + 2*(maxPDU+2) + 2

// LRC is the check of ASCII (clause 6.2.1): what makes the sum of all bytes 0.
func LRC(b []byte) byte {
	var sum byte
	for _, x := range b {
		sum += x
	}
	return -sum
}

// AppendASCII writes a frame of ASCII.
func AppendASCII(dst []byte, unit byte, body []byte) []byte {
	const digits = "0123456789ABCDEF"
	put := func(x byte) { dst = append(dst, digits[x>>4], digits[x&15]) }
	dst = append(dst, ':')
	sum := unit
	put(unit)
	for _, x := range body {
		sum += x
		put(x)
	}
	put(-sum)
	return append(dst, '\r', '\n')
}

// CutASCII reads the frame that b begins with, a question's or an answer's, and
// how many bytes it takes. Errors are those of [CutAnswerRTU].
func CutASCII(b []byte) (Frame, int, error) {
	if len(b) == 0 {
		return Frame{}, 0, ErrShort
	}
	if b[0] != ':' {
		return Frame{}, 0, fmt.Errorf("%w: no colon", ErrFrame)
	}
	end := bytes.IndexAny(b[1:], ":\n")
	switch {
	case end < 0 && len(b) < maxASCII:
		return Frame{}, 0, ErrShort
	case end < 0 || end+2 > maxASCII:
		return Frame{}, 0, fmt.Errorf("%w: no end after %d characters", ErrFrame, maxASCII)
	case b[1+end] == ':':
		return Frame{}, 0, fmt.Errorf("%w: broken off", ErrFrame)
	}
	text := bytes.TrimSuffix(b[1:1+end], []byte{'\r'})
	raw := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(raw, text); err != nil || len(raw) < 3 {
		return Frame{}, 0, fmt.Errorf("%w: %q", ErrFrame, text)
	}
	if LRC(raw) != 0 {
		return Frame{}, 0, fmt.Errorf("%w: wrong LRC", ErrFrame)
	}
	if raw[0] < MinUnit || raw[0] > MaxUnit {
		return Frame{}, 0, fmt.Errorf("%w: unit %d", ErrFrame, raw[0])
	}
	return Frame{Unit: raw[0], Body: raw[1 : len(raw)-1]}, end + 2, nil
}
