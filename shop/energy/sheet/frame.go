// Package sheet makes baselines and totals of tables of energy: which column is
// the time and what it marks, which are energy and variables, and what a baseline
// of them says, in the words of reference programs. It is a pure codec around
// zhigai/calc/energy.
//
// Start with [Parse], [Frame.Baseline] and [Frame.Totals].
package sheet

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

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrInvalid, fmt.Sprintf(format, args...))
}

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

// missing says whether a cell has no value.
func missing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "na", "nan", "null", "n/a", "-":
		return true
	}
	return false
}

// number of a cell; false for one that is empty, NA or NaN.
func (f *Frame) number(row, column int) (float64, bool, error) {
	cell := f.t.Rows[row].Cell(column)
	if missing(cell) {
		return 0, false, nil
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false, f.wrong(row, column, "is no number; write digits, or leave the cell empty")
	}
	return v, true, nil
}

func (f *Frame) wrong(row, column int, what string) error {
	return invalid("line %d, column %s: %q %s", f.t.Rows[row].Line, f.t.Header[column], f.t.Rows[row].Cell(column), what)
}

// text says whether a column holds words: its first value is no number.
func (f *Frame) text(column int) bool {
	for row := range f.t.Rows {
		if cell := f.t.Rows[row].Cell(column); !missing(cell) {
			_, err := strconv.ParseFloat(cell, 64)
			return err != nil
		}
	}
	return false
}

// notes are warnings; each is said once.
type notes []string

// maxNotes are listed; how many more there are is said.
const maxNotes = 20

func (n *notes) say(format string, args ...any) {
	switch {
	case len(*n) < maxNotes:
		*n = append(*n, fmt.Sprintf(format, args...))
	case len(*n) == maxNotes:
		*n = append(*n, "and more like these")
	}
}
