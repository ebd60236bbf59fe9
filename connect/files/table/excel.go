package table

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// maxUnpacked bounds what a workbook may grow to: 20,000 tags are 2 MB, and a
// file of some kilobytes that unpacks to gigabytes is no workbook.
const maxUnpacked = 256 << 20

// Excel reads a sheet of an .xlsx or .xlsm workbook (ECMA-376). Cells are the
// values that are kept, not what they look like: 12.3456789 where 12.3 is shown.
func Excel(raw []byte, o Options) (*Table, error) {
	if bytes.HasPrefix(raw, []byte{0xD0, 0xCF, 0x11, 0xE0}) {
		return nil, fmt.Errorf("%w: a workbook of Excel 97 to 2003, or with a password; save it as .xlsx without one", ErrMalformed)
	}
	book, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked, // all in memory: no files of its own
	})
	if err != nil {
		return nil, fmt.Errorf("%w: no whole .xlsx workbook: %w", ErrMalformed, err)
	}
	defer book.Close()
	sheet := o.Sheet
	if sheets := book.GetSheetList(); sheet == "" && len(sheets) > 0 {
		sheet = sheets[0]
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		return nil, fmt.Errorf("%w: sheet %q: %w; it has %q", ErrMalformed, sheet, err, book.GetSheetList())
	}
	defer rows.Close()
	t := &Table{FromExcel: true}
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil {
		t.Since1904 = *props.Date1904
	}
	for line := 1; rows.Next(); line++ {
		cells, err := rows.Columns()
		if err != nil {
			t.Problems = append(t.Problems, Problem{Line: line, What: err.Error(), Fix: "open the workbook in Excel and save it again"})
			continue
		}
		if err := t.add(line, cells, o); err != nil {
			return nil, err
		}
	}
	if err := rows.Error(); err != nil {
		return nil, fmt.Errorf("%w: sheet %q: %w", ErrMalformed, sheet, err)
	}
	return t, t.whole(o)
}

// SerialOf reads an instant as Excel keeps it: days since 1899-12-30, or since
// 1904-01-01, with the time of day as a fraction (ECMA-376 part 1, 18.17.4). A
// date and a time of day in cells of their own are added up. It is rounded to
// the millisecond, which a double of some ten thousand days holds.
func (t *Table) SerialOf(cells []string, zone *time.Location) (time.Time, bool) {
	sum := 0.0
	for _, c := range cells {
		days, err := strconv.ParseFloat(c, 64)
		if err != nil {
			return time.Time{}, false
		}
		sum += days
	}
	return t.instant(sum, zone)
}

func (t *Table) instant(days float64, zone *time.Location) (time.Time, bool) {
	if !t.FromExcel || !(days >= 1 && days < 1e6) {
		return time.Time{}, false
	}
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, zone)
	if t.Since1904 {
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, zone)
	}
	whole, part := math.Modf(days)
	ms := math.Round(part * 24 * 60 * 60 * 1000)
	return first.AddDate(0, 0, int(whole)).Add(time.Duration(ms) * time.Millisecond).UTC(), true
}
