// Package table takes apart the files in which machines and people leave
// measurements: separated text in the encodings that are met in Chinese
// workshops, Excel workbooks, and printed reports.
//
// It is a codec: it is handed bytes and does no I/O. A line that cannot be read
// is a [Problem] and does not stop the others. Start with [CSV], [Excel] and
// [Text].
package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// ErrMalformed is a file that cannot be read at all.
var ErrMalformed = errors.New("file cannot be read")

// Encodings that can be named; the empty one is found out.
const (
	UTF8    = "utf-8"
	GB18030 = "gb18030" // GBK and GB 2312 are parts of it
	UTF16   = "utf-16"  // without a mark at the beginning: little-endian
)

var (
	markUTF8 = []byte{0xEF, 0xBB, 0xBF}
	markLE   = []byte{0xFF, 0xFE}
	markBE   = []byte{0xFE, 0xFF}
)

// Text decodes a text. With encoding "" a byte order mark decides, then whether
// it is UTF-8; what is not is looked at line by line, because programs append to
// one another's files: a line of UTF-8 stays, others are GB 18030. Bytes that
// are no character are an error that names the line. Marks are taken out
// wherever they stand: files that were joined have them inside.
func Text(raw []byte, encoding string) (string, error) {
	text, err := decoded(raw, encoding)
	return strings.ReplaceAll(text, "\ufeff", ""), err
}

func decoded(raw []byte, encoding string) (string, error) {
	switch {
	case bytes.HasPrefix(raw, markUTF8):
		raw = raw[len(markUTF8):]
	case bytes.HasPrefix(raw, markLE) && (encoding == "" || encoding == UTF16):
		return wide(raw[2:], binary.LittleEndian)
	case bytes.HasPrefix(raw, markBE) && (encoding == "" || encoding == UTF16):
		return wide(raw[2:], binary.BigEndian)
	}
	switch encoding {
	case UTF8:
		if at := invalid(raw); at >= 0 {
			return "", notIn(raw, at, "UTF-8")
		}
		return string(raw), nil
	case UTF16:
		return wide(raw, binary.LittleEndian)
	case GB18030:
		return chinese(raw, raw, 0)
	case "":
		return guess(raw)
	}
	return "", fmt.Errorf("%w: encoding %q; write %s, %s or %s, or leave it out", ErrMalformed, encoding, UTF8, GB18030, UTF16)
}

// invalid is where the first byte stands that is no UTF-8, −1 for nowhere.
func invalid(raw []byte) int {
	for i := 0; i < len(raw); {
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func notIn(raw []byte, at int, name string) error {
	return fmt.Errorf("%w: line %d has bytes that are no %s (% x …); save the file as UTF-8, or write the param encoding", ErrMalformed,
		1+bytes.Count(raw[:at], []byte("\n")), name, raw[at:min(at+4, len(raw))])
}

// guess decodes a text that does not say what it is.
func guess(raw []byte) (string, error) {
	if order := wideOrder(raw); order != nil {
		return wide(raw, order)
	}
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	var out strings.Builder
	out.Grow(len(raw) * 3 / 2)
	at := 0
	for line := range bytes.Lines(raw) {
		if writtenInUTF8(line) {
			out.Write(line)
		} else {
			text, err := chinese(line, raw, at)
			if err != nil {
				return "", err
			}
			out.WriteString(text)
		}
		at += len(line)
	}
	return out.String(), nil
}

// wideOrder tells UTF-16 without a mark by the zero bytes of its ASCII.
func wideOrder(raw []byte) binary.ByteOrder {
	head := raw[:min(len(raw), 1000)&^1]
	if len(raw)%2 != 0 || len(head) < 8 {
		return nil
	}
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	switch most := len(head) / 2 / 2; {
	case zeros[1] > most && zeros[0] == 0:
		return binary.LittleEndian
	case zeros[0] > most && zeros[1] == 0:
		return binary.BigEndian
	}
	return nil
}

// usual are the characters below U+0800 that measurements are written with. GB
// 18030 that happens to be UTF-8 is made of others.
const usual = "°±²³µ·×ØøÅ÷ΔΦΩαβγδθλμπρσφω"

// writtenInUTF8 reports whether a line of a text that is not UTF-8 as a whole is
// it all the same: two GB 18030 characters can look like two of UTF-8, but not
// like Chinese ones.
func writtenInUTF8(line []byte) bool {
	if !utf8.Valid(line) {
		return false
	}
	for _, r := range string(line) {
		if r >= utf8.RuneSelf && r < 0x800 && !strings.ContainsRune(usual, r) {
			return false
		}
	}
	return true
}

// chinese decodes a piece of the whole file that begins at a place.
func chinese(piece, whole []byte, at int) (string, error) {
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(piece)
	if err == nil {
		if bad := bytes.ContainsRune(out, utf8.RuneError); !bad {
			return string(out), nil
		}
	}
	return "", notIn(whole, at+firstNotChinese(piece), "GB 18030")
}

// firstNotChinese is where in a piece that does not decode the trouble begins:
// in its last good prefix of whole lines.
func firstNotChinese(piece []byte) int {
	at := 0
	for line := range bytes.Lines(piece) {
		out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(line)
		if err != nil || bytes.ContainsRune(out, utf8.RuneError) {
			return at
		}
		at += len(line)
	}
	return 0
}

func wide(raw []byte, order binary.ByteOrder) (string, error) {
	if len(raw)%2 != 0 {
		return "", fmt.Errorf("%w: UTF-16 of %d bytes; the file is not whole", ErrMalformed, len(raw))
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = order.Uint16(raw[2*i:])
	}
	return string(utf16.Decode(units)), nil
}
