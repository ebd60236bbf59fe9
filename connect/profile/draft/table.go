package draft

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// Limits of a list: the largest machines have some thousand tags, and a file
// from anywhere must not fill the memory.
const (
	maxTable = 32 << 20 // bytes
	maxRows  = 20_000
)

// Table reads a list of tags: an Excel workbook's first sheet, or text with
// columns parted by comma, semicolon or tabulator, in UTF-8, UTF-16 or GB
// 18030.
func Table(src []byte) ([][]string, error) {
	if len(src) > maxTable {
		return nil, fmt.Errorf("the list has %d bytes; %d are allowed", len(src), maxTable)
	}
	if bytes.HasPrefix(src, []byte("PK\x03\x04")) {
		return workbook(src)
	}
	text, err := decode(src)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = delimiter(text), -1, true
	var rows [][]string
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the list: %w", err)
		}
		if rows = append(rows, row); len(rows) > maxRows {
			return nil, fmt.Errorf("the list has more than %d rows; part it", maxRows)
		}
	}
}

func workbook(src []byte) ([][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(src), excelize.Options{UnzipSizeLimit: 8 * maxTable, UnzipXMLSizeLimit: maxTable})
	if err != nil {
		return nil, fmt.Errorf("the workbook: %w; save it as .xlsx or as CSV", err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0), excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("the workbook's first sheet: %w", err)
	}
	if len(rows) > maxRows {
		return nil, fmt.Errorf("the sheet has more than %d rows; part it", maxRows)
	}
	return rows, nil
}

// decode is the text in UTF-8. What is no UTF-8 is GB 18030, which Chinese
// Excel writes.
func decode(src []byte) (string, error) {
	var from encoding.Encoding
	switch {
	case bytes.HasPrefix(src, []byte("\xEF\xBB\xBF")):
		return string(src[3:]), nil
	case bytes.HasPrefix(src, []byte("\xFF\xFE")), bytes.HasPrefix(src, []byte("\xFE\xFF")):
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case utf8.Valid(src):
		return string(src), nil
	default:
		from = simplifiedchinese.GB18030
	}
	out, err := from.NewDecoder().Bytes(src)
	if err != nil {
		return "", fmt.Errorf("the list is neither UTF-8, UTF-16 nor GB 18030: %w; save it as UTF-8", err)
	}
	return string(out), nil
}

// delimiter is what stands most often in the first line.
func delimiter(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best := ','
	for _, c := range []rune{';', '\t'} {
		if strings.Count(line, string(c)) > strings.Count(line, string(best)) {
			best = c
		}
	}
	return best
}
