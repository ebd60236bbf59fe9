package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Table is a file with a line of names and lines of cells below.
type Table struct {
	Header   []string // without spaces around; empty cells have no name
	Rows     []Row
	Problems []Problem
	// Serial says that an instant may stand as Excel's number of days, counted
	// from 1904 where Since1904 is set; see [Table.SerialOf].
	FromExcel, Since1904 bool
}

// Row is one line. Line counts from 1, as editors and Excel show it.
type Row struct {
	Line  int
	Cells []string
}

// Cell is the cell of a column, "" where the line is shorter.
func (r Row) Cell(column int) string {
	if column < 0 || column >= len(r.Cells) {
		return ""
	}
	return strings.TrimSpace(r.Cells[column])
}

// Problem is a line, or a cell of it, that cannot be read, and what to do.
type Problem struct {
	Line   int
	Column string // name, "" for the whole line
	What   string
	Fix    string
}

// String is "line 12, column 外径: "1O.02" is no number; write digits".
func (p Problem) String() string {
	out := fmt.Sprintf("line %d", p.Line)
	if p.Column != "" {
		out += ", column " + p.Column
	}
	return out + ": " + p.What + "; " + p.Fix
}

// Column finds a name in the header; "#3" is the third column whatever its name.
// −1 is nowhere.
func (t *Table) Column(name string) int {
	var n int
	if _, err := fmt.Sscanf(name, "#%d", &n); err == nil && n >= 1 && name == fmt.Sprint("#", n) {
		return n - 1
	}
	return slices.Index(t.Header, name)
}

// Options say how a file is laid out; zero values are found out.
type Options struct {
	Encoding  string
	Delimiter rune   // 0: the one of , ; tab | that divides the header most often
	Header    int    // line of the names, from 1; 0: there is none
	Sheet     string // of a workbook; "": the first
}

// MaxRows bounds what one file may hold: a second for twelve days, which is far
// more than a machine leaves in one file.
const MaxRows = 1 << 20

// CSV reads separated text: RFC 4180, with any delimiter.
func CSV(raw []byte, o Options) (*Table, error) {
	text, err := Text(raw, o.Encoding)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, fmt.Errorf("%w: it is empty", ErrMalformed)
	}
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	if r.Comma = o.Delimiter; r.Comma == 0 {
		r.Comma = delimiter(text, o.Header)
	}
	t := &Table{}
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return t, t.whole(o)
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			t.Problems = append(t.Problems, Problem{
				Line: wrong.StartLine, What: wrong.Err.Error(), Fix: `write a cell that has " in it in quotes, and each " in it twice`,
			})
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w; write one of , ; | or a tab as delimiter", ErrMalformed, err)
		}
		line, _ := r.FieldPos(0)
		if err := t.add(line, cells, o); err != nil {
			return nil, err
		}
	}
}

// add takes a line: above the header nothing, the header, or a row.
func (t *Table) add(line int, cells []string, o Options) error {
	switch {
	case line < o.Header:
		return nil
	case line == o.Header:
		for _, c := range cells {
			t.Header = append(t.Header, strings.TrimSpace(c))
		}
		return nil
	case len(t.Rows) >= MaxRows:
		return fmt.Errorf("%w: more than %d lines; divide it", ErrMalformed, MaxRows)
	}
	if slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		t.Rows = append(t.Rows, Row{line, cells})
	}
	return nil
}

func (t *Table) whole(o Options) error {
	if o.Header > 0 && t.Header == nil {
		return fmt.Errorf("%w: there is no line %d with the names of the columns; write the param header", ErrMalformed, o.Header)
	}
	return nil
}

// delimiter is what divides the header, or the first line, most often.
func delimiter(text string, header int) rune {
	line := ""
	n := 0
	for l := range strings.Lines(text) {
		line = l
		if n++; n >= header {
			break
		}
	}
	best, most := ',', 0
	for _, d := range ",;\t|" {
		if n := strings.Count(line, string(d)); n > most {
			best, most = d, n
		}
	}
	return best
}

// Sheet reads a workbook or separated text, whichever it is.
func Sheet(raw []byte, o Options) (t *Table, excel bool, err error) {
	read := CSV
	if excel = bytes.HasPrefix(raw, []byte("PK\x03\x04")) || bytes.HasPrefix(raw, []byte{0xD0, 0xCF, 0x11, 0xE0}); excel {
		read = Excel
	}
	t, err = read(raw, o)
	return t, excel, err
}
