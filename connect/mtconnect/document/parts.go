package document

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/textproto"
	"strconv"
	"strings"
)

// Parts divides a streamed answer (multipart/x-mixed-replace, ANSI/MTC1.4 Part 1,
// "streaming data") into its documents. A part with its length is whole as soon
// as its last byte is there; one without is whole when the next begins.
type Parts struct {
	in       *bufio.Reader
	boundary string // with the two dashes before it
	begun    bool
}

// Limits of a part's head.
const maxHead = 64 // lines

// ErrParts marks an answer that is not divided as it says.
var ErrParts = errors.New("no multipart answer")

// NewParts reads the boundary off the answer's content type.
func NewParts(in io.Reader, contentType string) (*Parts, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") || params["boundary"] == "" {
		return nil, fmt.Errorf("%w: content type %q", ErrParts, contentType)
	}
	return &Parts{in: bufio.NewReaderSize(in, 64<<10), boundary: "--" + params["boundary"]}, nil
}

// Next is the next part's text; io.EOF after the last.
func (p *Parts) Next() ([]byte, error) {
	if err := p.toBoundary(); err != nil {
		return nil, err
	}
	length := -1
	for n := 0; ; n++ {
		line, err := p.line()
		if err != nil {
			return nil, cut(err)
		}
		if len(line) == 0 {
			break
		}
		name, value, ok := strings.Cut(string(line), ":")
		if !ok || n >= maxHead {
			return nil, fmt.Errorf("%w: %q in the head of a part", ErrParts, line)
		}
		if textproto.CanonicalMIMEHeaderKey(strings.TrimSpace(name)) == "Content-Length" {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil || length < 0 || length > MaxSize {
				return nil, fmt.Errorf("%w: a part of length %q; %d bytes are read", ErrParts, strings.TrimSpace(value), MaxSize)
			}
		}
	}
	if length < 0 {
		return p.upTo()
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(p.in, text); err != nil {
		return nil, cut(err)
	}
	return text, nil
}

// cut: within a part the end is no proper one.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// toBoundary passes over blank lines up to the boundary.
func (p *Parts) toBoundary() error {
	if p.begun {
		p.begun = false // upTo has read the boundary
		return nil
	}
	for n := 0; ; n++ {
		line, err := p.line()
		switch {
		case err != nil:
			return err
		case string(line) == p.boundary:
			return nil
		case string(line) == p.boundary+"--":
			return io.EOF
		case len(line) > 0 || n >= maxHead:
			return fmt.Errorf("%w: %.60q in place of the boundary", ErrParts, line)
		}
	}
}

// upTo reads a part of unknown length.
func (p *Parts) upTo() ([]byte, error) {
	var text []byte
	for {
		line, err := p.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, cut(err)
		}
		if end := string(bytes.TrimRight(line, "\r\n")); end == p.boundary || end == p.boundary+"--" {
			p.begun = end == p.boundary
			return bytes.TrimRight(text, "\r\n"), nil
		}
		if text = append(text, line...); len(text) > MaxSize {
			return nil, fmt.Errorf("%w: a part of more than %d bytes", ErrParts, MaxSize)
		}
	}
}

// line is one line of a head, without its end.
func (p *Parts) line() ([]byte, error) {
	line, err := p.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("%w: a head without end", ErrParts)
	}
	if err != nil {
		if len(line) > 0 {
			err = cut(err)
		}
		return nil, err
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

// AppendPart writes a part as agents do.
func AppendPart(dst []byte, boundary string, text []byte) []byte {
	dst = fmt.Appendf(dst, "--%s\r\nContent-type: text/xml\r\nContent-length: %d\r\n\r\n", boundary, len(text))
	return append(append(dst, text...), "\r\n"...)
}
