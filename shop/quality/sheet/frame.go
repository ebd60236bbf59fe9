package sheet

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"zhigai/connect/files/table"
)

// Frame is a table whose columns are asked for by name.
type Frame struct{ t *table.Table }

// Parse reads CSV or a workbook whose first line names the columns.
func Parse(raw []byte) (*Frame, error) {
	t, _, err := table.Sheet(raw, table.Options{Header: 1})
	switch {
	case err != nil:
		return nil, invalid("%v", err)
	case len(t.Problems) > 0:
		return nil, invalid("%s", t.Problems[0])
	case len(t.Rows) == 0:
		return nil, invalid("nothing stands below the line of names; each line after it is a row")
	}
	return &Frame{t}, nil
}

func (f *Frame) column(name string) (int, error) {
	if i := f.t.Column(name); i >= 0 && i < len(f.t.Header) {
		return i, nil
	}
	return 0, invalid("there is no column %q; there are %s", name, strings.Join(f.t.Header, ", "))
}

// optional is a column that need not be named; −1 when it is not.
func (f *Frame) optional(name string) (int, error) {
	if name == "" {
		return -1, nil
	}
	return f.column(name)
}

// number of a cell; false for one that is empty, NA or NaN.
func (f *Frame) number(row, column int) (float64, bool, error) {
	cell := f.t.Rows[row].Cell(column)
	switch strings.ToLower(cell) {
	case "", "na", "nan", "null":
		return 0, false, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false, f.wrong(row, column, "is no number; write digits, or leave the cell empty")
	}
	return v, true, nil
}

// yes of a cell.
func (f *Frame) yes(row, column int) (bool, error) {
	switch strings.ToLower(f.t.Rows[row].Cell(column)) {
	case "true", "1", "i", "yes", "trial":
		return true, nil
	case "false", "0", "2", "ii", "no", "new":
		return false, nil
	}
	return false, f.wrong(row, column, "says nothing of a phase; write TRUE for points of phase I, of which the limits are made, and FALSE for others")
}

func (f *Frame) wrong(row, column int, what string) error {
	return invalid("line %d, column %s: %q %s", f.t.Rows[row].Line, f.t.Header[column], f.t.Rows[row].Cell(column), what)
}

// Numbers are the cells of a column, in order. One that is empty is refused: what
// belongs together in a row would not any more.
func (f *Frame) Numbers(name string) ([]float64, error) {
	c, err := f.column(name)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(f.t.Rows))
	for row := range f.t.Rows {
		v, ok, err := f.number(row, c)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, f.wrong(row, c, "is no value; leave the row out")
		}
		out[row] = v
	}
	return out, nil
}

// Texts are the cells of a column, in order. One that is empty is refused.
func (f *Frame) Texts(name string) ([]string, error) {
	c, err := f.column(name)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(f.t.Rows))
	for row := range f.t.Rows {
		if out[row] = f.t.Rows[row].Cell(c); out[row] == "" {
			return nil, f.wrong(row, c, "says nothing; leave the row out")
		}
	}
	return out, nil
}

// Only is the column of a table that has one.
func (f *Frame) Only() (string, error) {
	if len(f.t.Header) != 1 {
		return "", invalid("there are columns %s; say which", strings.Join(f.t.Header, ", "))
	}
	return f.t.Header[0], nil
}

// ErrInvalid is a table or a question of which nothing can be made.
var ErrInvalid = errors.New("not possible")

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}
