package enterprise

import (
	"fmt"
	"strings"

	"zhigai/connect/files/table"
)

// Limits of one sheet.
const (
	// MaxRows is twice the firms of the largest city that keeps one list.
	MaxRows = 200_000
	// MaxBytes of a file: 100,000 rows of CSV are some 20 MB.
	MaxBytes = 64 << 20
	// maxCell is far more than a remark needs.
	maxCell = 1000
)

// sheet is a file that was taken apart.
type sheet struct {
	columns []headed
	rows    []table.Row
	excel   bool
	merged  map[int][]table.Merged // by line
}

// readSheet takes an .xlsx workbook (its first sheet) or separated text in UTF-8, UTF-16
// or GB 18030 apart. The first line has the names of the columns.
func readSheet(name string, raw []byte) (*sheet, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("%w: %s has %d bytes; %d are allowed: divide it", ErrSheet, name, len(raw), MaxBytes)
	}
	s := &sheet{merged: map[int][]table.Merged{}}
	t, excel, err := table.Sheet(raw, table.Options{Header: 1})
	s.excel = excel
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSheet, name, err)
	}
	if len(t.Problems) > 0 {
		return nil, fmt.Errorf("%w: %s: %s", ErrSheet, name, t.Problems[0])
	}
	if len(t.Rows) > MaxRows {
		return nil, fmt.Errorf("%w: %s has %d rows; %d are allowed: divide it", ErrSheet, name, len(t.Rows), MaxRows)
	}
	if s.columns, err = columnsOf(t.Header); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.rows = t.Rows
	for _, r := range s.rows {
		if n := len(r.Cells); n > len(t.Header) && strings.TrimSpace(strings.Join(r.Cells[len(t.Header):], "")) != "" {
			return nil, fmt.Errorf("%w: %s: line %d has %d cells and the header %d; write a name above each column", ErrSheet, name, r.Line, n, len(t.Header))
		}
	}
	if !s.excel {
		return s, nil
	}
	merged, err := table.MergedOf(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSheet, name, err)
	}
	for _, m := range merged {
		if m.ToLine-m.FromLine > MaxRows {
			return nil, fmt.Errorf("%w: %s: cells %s are merged; take them apart", ErrSheet, name, m.Ref)
		}
		for line := m.FromLine; line <= m.ToLine; line++ {
			s.merged[line] = append(s.merged[line], m)
		}
	}
	return s, nil
}

// mergedIn tells the merged cells of a line that cover a column.
func (s *sheet) mergedIn(line, at int) (string, bool) {
	for _, m := range s.merged[line] {
		if m.FromColumn <= at+1 && at+1 <= m.ToColumn {
			return m.Ref, true
		}
	}
	return "", false
}
