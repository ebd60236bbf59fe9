package shdr

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	multiline = "--multiline--"
	// MaxLine is the longest line and MaxBody the longest text of several lines
	// that are believed: cutting tools with all their edges take 20 kB.
	MaxLine = 1 << 20
	MaxBody = 4 << 20
)

// Reader takes lines off a stream and joins texts of several lines.
type Reader struct {
	in   *bufio.Reader
	line int
}

// NewReader makes a reader.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10)}
}

// Number is how many lines of text were read.
func (r *Reader) Number() int { return r.line }

// Next reads the next line that is not empty. An error that is [ErrLine]
// concerns this line alone; after any other the stream is at its end.
func (r *Reader) Next() (Line, error) {
	text := ""
	for strings.Trim(text, blanks) == "" {
		var err error
		if text, err = r.text(); err != nil {
			return Line{}, err
		}
	}
	at := strings.Index(text, multiline)
	if at < 0 || strings.HasPrefix(text, "*") {
		l, err := Parse(text)
		return l, r.name(err)
	}
	mark := strings.TrimRight(text[at:], blanks)
	l, err := Parse(text[:at])
	body, bodyErr := r.body(mark)
	if bodyErr != nil {
		return Line{}, r.name(bodyErr)
	}
	if err != nil {
		return Line{}, r.name(err)
	}
	// Before the mark stands the beginning of the text, empty as a rule.
	last := len(l.Tokens) - 1
	l.Tokens[last] += body
	return l, nil
}

func (r *Reader) name(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("line %d: %w", r.line, err)
}

func (r *Reader) body(mark string) (string, error) {
	var lines []string
	size := 0
	for {
		text, err := r.text()
		if errors.Is(err, io.EOF) {
			return "", fmt.Errorf("%w: the text up to %s has no end", ErrLine, head(mark))
		}
		if err != nil {
			return "", err
		}
		if strings.TrimRight(text, blanks) == mark {
			return strings.Join(lines, "\n"), nil
		}
		if size += len(text) + 1; size > MaxBody {
			return "", fmt.Errorf("a text of more than %d bytes", MaxBody)
		}
		lines = append(lines, text)
	}
}

// text reads up to an end of line, which it leaves out.
func (r *Reader) text() (string, error) {
	var long []byte
	for {
		part, err := r.in.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if long = append(long, part...); len(long) > MaxLine {
				return "", fmt.Errorf("line %d: longer than %d bytes", r.line+1, MaxLine)
			}
			continue
		case err != nil && (len(part)+len(long) == 0 || !errors.Is(err, io.EOF)):
			return "", err
		}
		r.line++
		return strings.TrimRight(string(append(long, part...)), "\r\n"), nil
	}
}

// markFor is a mark that the text does not hold.
func markFor(text string) string {
	for i := 0; ; i++ {
		if mark := multiline + "B" + strconv.Itoa(i); !strings.Contains(text, mark) {
			return mark
		}
	}
}
