package sheet

import (
	"strings"

	"zhigai/connect/files/frame"
)

// ErrInvalid is a table or a question of which nothing can be made.
var ErrInvalid = frame.ErrInvalid

func invalid(format string, args ...any) error { return frame.Invalid(format, args...) }

// Frame is a table of what was measured or counted.
type Frame struct{ frame.Frame }

// Parse reads CSV or a workbook whose first line names the columns.
func Parse(raw []byte) (*Frame, error) {
	f, err := frame.Parse(raw)
	return &Frame{f}, err
}

// yes of a cell.
func (f *Frame) yes(row, column int) (bool, error) {
	switch strings.ToLower(f.Rows[row].Cell(column)) {
	case "true", "1", "i", "yes", "trial":
		return true, nil
	case "false", "0", "2", "ii", "no", "new":
		return false, nil
	}
	return false, f.Wrong(row, column, "says nothing of a phase; write TRUE for points of phase I, of which the limits are made, and FALSE for others")
}
