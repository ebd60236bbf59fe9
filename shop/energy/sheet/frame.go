// Package sheet makes baselines and totals of tables of energy: which column is
// the time and what it marks, which are energy and variables, and what a baseline
// of them says, in the words of reference programs. It is a pure codec around
// zhigai/calc/energy.
//
// Start with [Parse], [Frame.Baseline] and [Frame.Totals].
package sheet

import (
	"fmt"
	"strconv"

	"zhigai/connect/files/frame"
)

// ErrInvalid is a table or a question of which nothing can be made.
var ErrInvalid = frame.ErrInvalid

func invalid(format string, args ...any) error { return frame.Invalid(format, args...) }

// Frame is a table of energy over time.
type Frame struct{ frame.Frame }

// Parse reads CSV or a workbook whose first line names the columns.
func Parse(raw []byte) (*Frame, error) {
	f, err := frame.Parse(raw)
	return &Frame{f}, err
}

// text says whether a column holds words: its first value is no number.
func (f *Frame) text(column int) bool {
	for row := range f.Rows {
		if cell := f.Rows[row].Cell(column); !frame.Missing(cell) {
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
