// Package frame asks a table that somebody has for its columns by name, and says
// what is wrong with a cell by line and column. It never guesses a column.
package frame

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"zhigai/connect/files/table"
)

// ErrInvalid is a table or a question of which nothing can be made.
var ErrInvalid = errors.New("not possible")

// Invalid is an [ErrInvalid] that says what is wrong.
func Invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Frame is a table whose columns are asked for by name.
type Frame struct{ *table.Table }

// Parse reads CSV or a workbook whose first line names the columns.
func Parse(raw []byte) (Frame, error) {
	t, _, err := table.Sheet(raw, table.Options{Header: 1})
	switch {
	case err != nil:
		return Frame{}, Invalid("%v", err)
	case len(t.Problems) > 0:
		return Frame{}, Invalid("%s", t.Problems[0])
	case len(t.Rows) == 0:
		return Frame{}, Invalid("nothing stands below the line of names; each line after it is a row")
	}
	return Frame{t}, nil
}

// Named is the number of a column, from 0.
func (f Frame) Named(name string) (int, error) {
	if i := f.Column(name); i >= 0 && i < len(f.Header) {
		return i, nil
	}
	return 0, Invalid("there is no column %q; there are %s", name, strings.Join(f.Header, ", "))
}

// Optional is a column that need not be named; −1 when it is not.
func (f Frame) Optional(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	return f.Named(name)
}

// Missing says whether a cell has no value.
func Missing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "na", "nan", "null", "n/a", "-":
		return true
	}
	return false
}

// Number of a cell; false for one that has no value.
func (f Frame) Number(row, column int) (float64, bool, error) {
	cell := f.Rows[row].Cell(column)
	if Missing(cell) {
		return 0, false, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false, f.Wrong(row, column, "is no number; write digits, or leave the cell empty")
	}
	return v, true, nil
}

// Wrong is the error of a cell, by line and column.
func (f Frame) Wrong(row, column int, what string) error {
	return Invalid("line %d, column %s: %q %s", f.Rows[row].Line, f.Header[column], f.Rows[row].Cell(column), what)
}

// Numbers are the cells of a column, in order. One that is empty is refused: what
// belongs together in a row would not any more.
func (f Frame) Numbers(name string) ([]float64, error) {
	c, err := f.Named(name)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(f.Rows))
	for row := range f.Rows {
		v, ok, err := f.Number(row, c)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, f.Wrong(row, c, "is no value; leave the row out")
		}
		out[row] = v
	}
	return out, nil
}

// Texts are the cells of a column, in order. One that is empty is refused.
func (f Frame) Texts(name string) ([]string, error) {
	c, err := f.Named(name)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(f.Rows))
	for row := range f.Rows {
		if out[row] = f.Rows[row].Cell(c); out[row] == "" {
			return nil, f.Wrong(row, c, "says nothing; leave the row out")
		}
	}
	return out, nil
}

// Only is the column of a table that has one.
func (f Frame) Only() (string, error) {
	if len(f.Header) != 1 {
		return "", Invalid("there are columns %s; say which", strings.Join(f.Header, ", "))
	}
	return f.Header[0], nil
}
