package bulk

import (
	"bytes"
	"fmt"
	"strings"

	"zhigai/connect/files/table"
)

// Read takes a file apart: an .xlsx workbook (its first sheet) by its content,
// else separated text in UTF-8, UTF-16 or GB 18030. The first line has the
// names of the columns. What is wrong with cells is for the plan to say.
func Read(name string, raw []byte) (Sheet, error) {
	s := Sheet{File: name, Header: []string{}, Rows: []Row{}}
	if len(raw) > MaxBytes {
		return s, fmt.Errorf("%w: %s has %d bytes; %d are allowed: divide it", ErrSheet, name, len(raw), MaxBytes)
	}
	read := table.CSV
	if bytes.HasPrefix(raw, []byte("PK\x03\x04")) || bytes.HasPrefix(raw, []byte{0xD0, 0xCF, 0x11, 0xE0}) {
		read = table.Excel
	}
	t, err := read(raw, table.Options{Header: 1})
	if err != nil {
		return s, fmt.Errorf("%w: %s: %w", ErrSheet, name, err)
	}
	if len(t.Problems) > 0 {
		return s, fmt.Errorf("%w: %s: %s", ErrSheet, name, t.Problems[0])
	}
	if len(t.Rows) > MaxRows {
		return s, fmt.Errorf("%w: %s has %d rows; %d are allowed: divide it", ErrSheet, name, len(t.Rows), MaxRows)
	}
	if _, err := columnsOf(t.Header); err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	s.Header = t.Header
	for _, r := range t.Rows {
		row := Row{Line: r.Line, Cells: make([]string, len(t.Header))}
		for i := range row.Cells {
			row.Cells[i] = r.Cell(i)
		}
		if n := len(r.Cells); n > len(t.Header) && strings.TrimSpace(strings.Join(r.Cells[len(t.Header):], "")) != "" {
			return s, fmt.Errorf("%w: %s: line %d has %d cells and the header %d; write a name above each column", ErrSheet, name, r.Line, n, len(t.Header))
		}
		s.Rows = append(s.Rows, row)
	}
	return s, nil
}
