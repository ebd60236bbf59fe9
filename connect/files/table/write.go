package table

import (
	"encoding/csv"
	"io"
	"strconv"

	"github.com/xuri/excelize/v2"
)

// Rows hands rows over one by one, so that no list is held.
type Rows func(write func(row []string) error) error

// WriteCSV writes separated text in UTF-8. It begins with a mark, without which
// Excel takes UTF-8 for GB 18030, and no cell is a formula there.
func WriteCSV(w io.Writer, head []string, rows Rows) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(head); err != nil {
		return err
	}
	if err := rows(func(row []string) error { return out.Write(guarded(row)) }); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// guarded keeps Excel from taking a text for a formula. A minus alone is a
// number's.
func guarded(row []string) []string {
	for i, c := range row {
		if c != "" && (c[0] == '=' || c[0] == '+' || c[0] == '@') {
			row[i] = "'" + c
		}
	}
	return row
}

// WriteExcel writes a workbook of one sheet. Cells are text, so that Excel makes
// no number of a code.
func WriteExcel(w io.Writer, name string, head []string, rows Rows) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	s, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	line := 0
	write := func(row []string) error {
		line++
		out := make([]any, len(row))
		for i, c := range row {
			out[i] = c
		}
		return s.SetRow("A"+strconv.Itoa(line), out)
	}
	if err := write(head); err != nil {
		return err
	}
	if err := rows(write); err != nil {
		return err
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}
