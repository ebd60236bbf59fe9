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

// Reader takes lines off a stream and joins texts of several lines. After an
// error of the stream that passes, such as a deadline, it goes on where it was.
type Reader struct {
	in    *bufio.Reader
	line  int
	part  []byte // of a line whose end has not come
	open  *Line  // whose last token goes on
	wrong error  // why the line that is open is none
	mark  string // ends it
	lines []string
	size  int
}

// NewReader makes a reader.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10)}
}

// Number is how many lines of text were read.
func (r *Reader) Number() int { return r.line }

// Next reads the next line that is not empty. An error that is [ErrLine]
// concerns this line alone.
func (r *Reader) Next() (Line, error) {
	for {
		text, err := r.text()
		switch {
		case errors.Is(err, io.EOF) && r.open != nil:
			r.open = nil
			return Line{}, fmt.Errorf("line %d: %w: the text up to %s has no end", r.line, ErrLine, head(r.mark))
		case err != nil:
			return Line{}, err
		case r.open != nil:
			l, done, err := r.more(text)
			if done || err != nil {
				return l, err
			}
			continue
		case strings.Trim(text, blanks) == "":
			continue
		}
		at := strings.Index(text, multiline)
		if at < 0 || strings.HasPrefix(text, "*") {
			l, err := Parse(text)
			return l, r.name(err)
		}
		l, err := Parse(text[:at])
		r.open, r.wrong, r.mark = &l, err, strings.TrimRight(text[at:], blanks)
		r.lines, r.size = nil, 0
	}
}

// more is a line within a text of several.
func (r *Reader) more(text string) (l Line, done bool, err error) {
	if strings.TrimRight(text, blanks) != r.mark {
		if r.size += len(text) + 1; r.size > MaxBody {
			return l, false, fmt.Errorf("line %d: a text of more than %d bytes", r.line, MaxBody)
		}
		r.lines = append(r.lines, text)
		return l, false, nil
	}
	l, err = *r.open, r.wrong
	r.open = nil
	if err != nil {
		return Line{}, true, r.name(err)
	}
	// Before the mark stands the beginning of the text, empty as a rule.
	l.Tokens[len(l.Tokens)-1] += strings.Join(r.lines, "\n")
	return l, true, nil
}

func (r *Reader) name(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("line %d: %w", r.line, err)
}

// text reads up to an end of line, which it leaves out.
func (r *Reader) text() (string, error) {
	for {
		part, err := r.in.ReadSlice('\n')
		r.part = append(r.part, part...)
		switch {
		case len(r.part) > MaxLine:
			return "", fmt.Errorf("line %d: longer than %d bytes", r.line+1, MaxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(r.part) == 0 || !errors.Is(err, io.EOF)):
			return "", err
		}
		text := strings.TrimRight(string(r.part), "\r\n")
		r.part = r.part[:0]
		r.line++
		return text, nil
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
