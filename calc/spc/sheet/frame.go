package sheet

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// Frame is a table with a heading, as CSV has it.
type Frame struct {
	heads []string
	rows  [][]string
	lines []int // on which each row begins, from 1
}

// maxRows is ten years of a value a minute.
const maxRows = 6_000_000

// ParseFrame reads CSV with a heading: comma, semicolon or tab, whichever the
// heading has most.
func ParseFrame(text []byte) (*Frame, error) {
	body := strings.TrimPrefix(string(text), "\ufeff")
	r := csv.NewReader(strings.NewReader(body))
	r.Comma = separator(body)
	r.FieldsPerRecord = -1
	f := &Frame{}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, invalid("%v", err)
		}
		line, _ := r.FieldPos(0)
		switch {
		case f.heads == nil:
			for i := range row {
				row[i] = strings.TrimSpace(row[i])
			}
			f.heads = row
		case len(row) != len(f.heads):
			return nil, invalid("line %d has %d cells, the heading %d", line, len(row), len(f.heads))
		case len(f.rows) == maxRows:
			return nil, invalid("more than %d rows; cut the file", maxRows)
		default:
			f.rows, f.lines = append(f.rows, row), append(f.lines, line)
		}
	}
	if len(f.rows) == 0 {
		return nil, invalid("nothing stands below a heading; the first line names the columns, each other one is a row")
	}
	return f, nil
}

func separator(text string) rune {
	head, _, _ := strings.Cut(text, "\n")
	best, most := ',', strings.Count(head, ",")
	for _, s := range ";\t" {
		if n := strings.Count(head, string(s)); n > most {
			best, most = s, n
		}
	}
	return best
}

func (f *Frame) column(name string) (int, error) {
	for i, h := range f.heads {
		if h == name {
			return i, nil
		}
	}
	return 0, invalid("there is no column %q; there are %s", name, strings.Join(f.heads, ", "))
}

// number of a cell; false for one that is empty, NA or NaN.
func (f *Frame) number(row, column int) (float64, bool, error) {
	cell := strings.TrimSpace(f.rows[row][column])
	switch strings.ToLower(cell) {
	case "", "na", "nan", "null":
		return 0, false, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false, invalid("line %d, column %s: %q is no number", f.lines[row], f.heads[column], cell)
	}
	return v, true, nil
}

// yes of a cell.
func (f *Frame) yes(row, column int) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(f.rows[row][column])) {
	case "true", "1", "i", "yes", "trial":
		return true, nil
	case "false", "0", "2", "ii", "no", "new":
		return false, nil
	}
	return false, invalid("line %d, column %s: %q; write TRUE for points of phase I, of which the limits are made, and FALSE for others", f.lines[row], f.heads[column], f.rows[row][column])
}

// ErrInvalid is a table or a question of which nothing can be made.
var ErrInvalid = errors.New("not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
