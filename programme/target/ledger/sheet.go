package ledger

import (
	"fmt"
	"slices"
	"strings"

	"zhigai/connect/files/table"
	"zhigai/plant"
)

// Limits of one sheet.
const (
	// MaxRows is some three times the robots of the county that has most; more
	// than one request can check and store while somebody waits.
	MaxRows = 10_000
	// MaxBytes of a file: rows of returns are some 300 bytes.
	MaxBytes = 8 << 20
	// maxCell is far more than a remark needs.
	maxCell = 1000
	// maxColumns leaves room for every value in two units.
	maxColumns = 60
)

// Fault is a cell that cannot be taken over, or should be looked at.
type Fault struct {
	Column  string     `json:"column" doc:"Name of the column in the sheet, empty for the whole row"`
	Index   int        `json:"index" doc:"Of the column, from 0; −1 for the whole row"`
	Value   string     `json:"value"`
	Text    plant.Name `json:"text"`
	Warning bool       `json:"warning,omitempty" doc:"It may be taken over by who has looked at it"`
}

// column is one that a list has.
type column struct {
	name string
	zh   string
	also []string
	need bool // of a row that is new
}

// head is a column of a sheet.
type head struct {
	name  string
	at    int
	said  string
	scale scale
}

type sheet struct {
	heads  []head
	rows   []table.Row
	excel  bool
	merged map[int][]table.Merged // by line
}

// readSheet takes an .xlsx workbook (its first sheet) or separated text in
// UTF-8, UTF-16 or GB 18030 apart. The first line has the names of the columns.
func readSheet(name string, raw []byte, headOf func(string) (head, error), key ...string) (*sheet, error) {
	if len(raw) > MaxBytes {
		return nil, fmt.Errorf("%w: %s has %d bytes; %d are allowed: divide it", ErrSheet, name, len(raw), MaxBytes)
	}
	s := &sheet{merged: map[int][]table.Merged{}}
	t, excel, err := table.Sheet(raw, table.Options{Header: 1})
	s.excel = excel
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSheet, name, err)
	}
	switch {
	case len(t.Problems) > 0:
		return nil, fmt.Errorf("%w: %s: %s", ErrSheet, name, t.Problems[0])
	case len(t.Rows) > MaxRows:
		return nil, fmt.Errorf("%w: %s has %d rows; %d are allowed: divide it", ErrSheet, name, len(t.Rows), MaxRows)
	case len(t.Header) > maxColumns:
		return nil, fmt.Errorf("%w: %s has %d columns; at most %d are read: leave the others out", ErrSheet, name, len(t.Header), maxColumns)
	}
	for i, text := range t.Header {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		h, err := headOf(text)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: column %d is named %q: %w", ErrSheet, name, i+1, text, err)
		}
		h.at, h.said = i, text
		if j := slices.IndexFunc(s.heads, func(o head) bool { return o.name == h.name }); j >= 0 {
			return nil, fmt.Errorf("%w: %s: columns %d and %d are both %s; leave one out", ErrSheet, name, s.heads[j].at+1, i+1, h.name)
		}
		s.heads = append(s.heads, h)
	}
	for _, k := range key {
		if !slices.ContainsFunc(s.heads, func(h head) bool { return h.name == k }) {
			return nil, fmt.Errorf("%w: %s has no column %s; rows are told apart by it: begin with the template", ErrSheet, name, k)
		}
	}
	s.rows = t.Rows
	return s, s.findMerged(name, raw)
}

func (s *sheet) findMerged(name string, raw []byte) error {
	if !s.excel {
		return nil
	}
	merged, err := table.MergedOf(raw)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrSheet, name, err)
	}
	for _, m := range merged {
		if m.ToLine-m.FromLine > MaxRows {
			return fmt.Errorf("%w: %s: cells %s are merged; take them apart", ErrSheet, name, m.Ref)
		}
		for line := m.FromLine; line <= m.ToLine; line++ {
			s.merged[line] = append(s.merged[line], m)
		}
	}
	return nil
}

// lineOf is one row while it is being read.
type lineOf struct {
	s      *sheet
	row    table.Row
	faults []Fault
}

func (s *sheet) line(r table.Row) *lineOf {
	l := &lineOf{s: s, row: r, faults: []Fault{}}
	for _, h := range s.heads {
		if len(r.Cell(h.at)) > maxCell {
			l.wrong(h.name, "单元格有 %[1]d 字节，最多 %[2]d 字节", "%[1]d bytes in one cell; write at most %[2]d", len(r.Cell(h.at)), maxCell)
		}
		for _, m := range s.merged[r.Line] {
			if m.FromColumn <= h.at+1 && h.at+1 <= m.ToColumn {
				l.wrong(h.name, "%[1]s 是合并单元格，请取消合并并在每行填写", "the cells %[1]s are merged; take them apart and write the value in every row", m.Ref)
			}
		}
	}
	return l
}

// cell is the text of a column, "" where the sheet has none.
func (l *lineOf) cell(name string) string {
	for _, h := range l.s.heads {
		if h.name == name {
			return l.row.Cell(h.at)
		}
	}
	return ""
}

func (l *lineOf) wrong(column, zh, en string, args ...any) { l.say(false, column, zh, en, args...) }

func (l *lineOf) say(warning bool, column, zh, en string, args ...any) {
	f := Fault{Index: -1, Text: plant.Name{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}, Warning: warning}
	for _, h := range l.s.heads {
		if h.name == column {
			f.Column, f.Index, f.Value = h.said, h.at, l.row.Cell(h.at)
		}
	}
	l.faults = append(l.faults, f)
}

// broken reports whether the row cannot be taken over.
func (l *lineOf) broken() bool {
	return slices.ContainsFunc(l.faults, func(f Fault) bool { return !f.Warning })
}
