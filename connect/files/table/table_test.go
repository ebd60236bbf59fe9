package table_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"zhigai/connect/files/table"
)

const chinese = "时间,外径,合格\n2026-03-02 08:00:00,19.998 µm,是\n"

func gb(t *testing.T, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The encodings that are met, with and without a mark, and mixed in one file.
func TestText(t *testing.T) {
	f := func(name string, raw []byte, encoding, want string) {
		t.Helper()
		if got, err := table.Text(raw, encoding); err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	wide := func(order unicode.Endianness, mark unicode.BOMPolicy) []byte {
		out, err := unicode.UTF16(order, mark).NewEncoder().Bytes([]byte(chinese))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	f("utf-8", []byte(chinese), "", chinese)
	f("utf-8 with a mark", append([]byte("\xef\xbb\xbf"), chinese...), "", chinese)
	f("two files joined", []byte("\xef\xbb\xbfa\n\xef\xbb\xbfb\n"), "", "a\nb\n")
	f("gb18030", gb(t, chinese), "", chinese)
	f("gb18030, said so", gb(t, chinese), table.GB18030, chinese)
	f("gb18030 of four bytes", gb(t, "㐀,𠀀\n外\n"), "", "㐀,𠀀\n外\n")
	f("utf-16 le", wide(unicode.LittleEndian, unicode.UseBOM), "", chinese)
	f("utf-16 be", wide(unicode.BigEndian, unicode.UseBOM), "", chinese)
	f("utf-16 le without a mark", wide(unicode.LittleEndian, unicode.IgnoreBOM), "", chinese)
	f("utf-16, said so", wide(unicode.LittleEndian, unicode.IgnoreBOM), table.UTF16, chinese)
	f("mixed", slices.Concat(gb(t, "名称,温度\n"), []byte("主轴 ±0.5°C,41\n"), gb(t, "床身,23\n")), "", "名称,温度\n主轴 ±0.5°C,41\n床身,23\n")
	f("gb18030 that is UTF-8 by chance", gb(t, "名称\n联通\n"), "", "名称\n联通\n")
	for _, raw := range [][]byte{{'a', '\n', 0xff, '\n'}, {'a', ',', 0xff, 0xfe, 0xff}, append(gb(t, "外径\n"), 0x81)} {
		if got, err := table.Text(raw, ""); !errors.Is(err, table.ErrMalformed) || !strings.Contains(err.Error(), "line") {
			t.Errorf("% x = %q, %v; want the line", raw, got, err)
		}
	}
	if _, err := table.Text([]byte("外\x80"), table.UTF8); err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("broken UTF-8: %v", err)
	}
}

func TestCSV(t *testing.T) {
	f := func(text string, o table.Options, header []string, rows ...string) {
		t.Helper()
		got, err := table.CSV([]byte(text), o)
		if err != nil || !slices.Equal(got.Header, header) || len(got.Problems) > 0 {
			t.Errorf("%q: header %q, %v, %v; want %q", text, got.Header, got.Problems, err, header)
			return
		}
		var have []string
		for _, r := range got.Rows {
			have = append(have, fmt.Sprint(r.Line, " ", strings.Join(r.Cells, "|")))
		}
		if !slices.Equal(have, rows) {
			t.Errorf("%q: %q; want %q", text, have, rows)
		}
	}
	named := table.Options{Header: 1}
	f("a,b\n1,2\n\n3\n", named, []string{"a", "b"}, "2 1|2", "4 3")
	f("a;b\r\n1,5;2\r\n", named, []string{"a", "b"}, "2 1,5|2")
	f("a\tb\n1\t\n\t\n", named, []string{"a", "b"}, "2 1|")
	f("Report,of,today\n\n 外径 |b\n1|2\n", table.Options{Header: 3}, []string{"外径", "b"}, "4 1|2")
	f("1,2\n", table.Options{}, nil, "1 1|2")
	f("a,b\n\"x,\n\"\"y\"\"\",2\n3,4\n", named, []string{"a", "b"}, "2 x,\n\"y\"|2", "4 3|4")
	f("a:b\n1:2\n", table.Options{Header: 1, Delimiter: ':'}, []string{"a", "b"}, "2 1|2")
	got, err := table.CSV([]byte("a,b\n1,2\"x\n3,4\n"), named)
	if err != nil || len(got.Problems) != 1 || got.Problems[0].Line != 2 || len(got.Rows) != 1 || got.Rows[0].Line != 3 {
		t.Errorf("a line with a stray quote: %+v, %v", got, err)
	}
	for _, text := range []string{"", " \n\n"} {
		if _, err := table.CSV([]byte(text), named); !errors.Is(err, table.ErrMalformed) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := table.CSV([]byte("a,b\n"), table.Options{Header: 3}); !errors.Is(err, table.ErrMalformed) {
		t.Errorf("no header: %v", err)
	}
	if c := (&table.Table{Header: []string{"a", "#1"}}); c.Column("a") != 0 || c.Column("#2") != 1 || c.Column("#1") != 0 || c.Column("z") != -1 || c.Column("#0") != -1 {
		t.Error("columns")
	}
}

func TestDecimal(t *testing.T) {
	f := func(cell string, comma bool, want string) {
		t.Helper()
		if got := table.Decimal(cell, comma); got != want {
			t.Errorf("%q = %q; want %q", cell, got, want)
		}
	}
	f("19.998", false, "19.998")
	f("1,234,567.5", false, "1234567.5")
	f("-1,234", false, "-1234")
	f("12,34", false, "12,34")
	f("1.234,5", true, "1234.5")
	f("19,998", true, "19.998")
	f("1 234,5", true, "1234.5")
	f("19.99", true, "19.99")
	f("1O.02", false, "1O.02")
}

// book makes a workbook, as Excel would.
func book(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestExcel(t *testing.T) {
	at := time.Date(2026, 3, 2, 8, 0, 0, 250e6, time.UTC)
	raw := book(t, func(f *excelize.File) {
		for cell, v := range map[string]any{"A1": "时间", "B1": "外径", "C1": "零件", "A2": at, "B2": 19.99812345678, "C2": "A-1", "A3": "2026-03-02 08:00:01", "B3": 20, "C3": 7} {
			if err := f.SetCellValue("Sheet1", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		if style, err := f.NewStyle(&excelize.Style{NumFmt: 2}); err != nil || f.SetCellStyle("Sheet1", "B2", "B2", style) != nil {
			t.Fatal(err)
		}
	})
	got, err := table.Excel(raw, table.Options{Header: 1})
	if err != nil || !slices.Equal(got.Header, []string{"时间", "外径", "零件"}) || len(got.Rows) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	zone := time.FixedZone("UTC+8", 8*60*60)
	if when, ok := got.SerialOf([]string{got.Rows[0].Cell(0)}, zone); !ok || !when.Equal(at.Add(-8*time.Hour)) {
		t.Errorf("%q is %v; want %v", got.Rows[0].Cell(0), when, at.Add(-8*time.Hour))
	}
	if r := got.Rows[0]; r.Cell(1) != "19.99812345678" || r.Cell(2) != "A-1" || got.Rows[1].Cell(1) != "20" || got.Rows[1].Cell(2) != "7" || got.Rows[1].Line != 3 {
		t.Errorf("%+v", got.Rows)
	}
	// 44000.5 is noon of 18 June 2020; 1904 counts from another day.
	for since1904, want := range map[bool]time.Time{false: time.Date(2020, 6, 18, 12, 0, 0, 0, time.UTC), true: time.Date(2024, 6, 19, 12, 0, 0, 0, time.UTC)} {
		got := &table.Table{FromExcel: true, Since1904: since1904}
		if when, ok := got.SerialOf([]string{"44000", "0.5"}, time.UTC); !ok || !when.Equal(want) {
			t.Errorf("since 1904 %t: %v; want %v", since1904, when, want)
		}
	}
	if _, err := table.Excel(raw, table.Options{Header: 1, Sheet: "没有"}); !errors.Is(err, table.ErrMalformed) || !strings.Contains(err.Error(), "Sheet1") {
		t.Errorf("a sheet that is not there: %v", err)
	}
	for _, bad := range [][]byte{nil, raw[:len(raw)/2], []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), []byte("a,b\n")} {
		if _, err := table.Excel(bad, table.Options{Header: 1}); !errors.Is(err, table.ErrMalformed) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte(chinese))
	f.Add([]byte("\xff\xfea\x00"))
	f.Add([]byte("\xcd\xe2\xbe\xb6\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, encoding := range []string{"", table.UTF8, table.GB18030, table.UTF16} {
			if text, err := table.Text(raw, encoding); err == nil && !utf8.ValidString(text) {
				t.Errorf("%s gives %q", encoding, text)
			}
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n1,\"2\n3\"\n"), 1)
	f.Add([]byte("a;b\n\"1;2\n"), 0)
	f.Fuzz(func(t *testing.T, raw []byte, header int) {
		got, err := table.CSV(raw, table.Options{Header: header % 10, Delimiter: ','})
		if err != nil {
			return
		}
		// What is written of it is read the same.
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		for _, r := range got.Rows {
			if err := w.Write(r.Cells); err != nil {
				t.Fatal(err)
			}
		}
		if w.Flush(); out.Len() == 0 {
			return
		}
		again, err := table.CSV(out.Bytes(), table.Options{Encoding: table.UTF8, Delimiter: ','})
		if err != nil || len(again.Problems) > 0 || !slices.EqualFunc(got.Rows, again.Rows, func(a, b table.Row) bool { return slices.Equal(a.Cells, b.Cells) }) {
			t.Errorf("%q: %+v, %v", out.Bytes(), again, err)
		}
	})
}

func FuzzExcel(f *testing.F) {
	f.Add(book(f, func(b *excelize.File) { _ = b.SetCellValue("Sheet1", "A1", "a") }))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		if t, err := table.Excel(raw, table.Options{Header: 1}); err == nil {
			t.SerialOf(t.Header, time.UTC)
		}
	})
}

// TestScaled: what people write into a cell for a number, in a sheet's unit.
func TestScaled(t *testing.T) {
	for _, c := range []struct {
		cell     string
		num, den int64
		want     int64
		ok       bool
	}{
		{"4,000.5", 1_000_000, 1, 4_000_500_000, true},
		{"１２３．５", 100, 1, 12350, true},
		{"¥ 7", 1, 1, 7, true},
		{"'08", 1, 1, 8, true},
		{"0.005", 100, 1, 1, true},
		{"-0.005", 100, 1, -1, true},
		{"－3", 1, 1, -3, true},
		{"1.5", 1, 3, 1, true},
		{"2.5E+3", 1, 1, 2500, true},
		{"", 1, 1, 0, false},
		{"1/2", 1, 1, 0, false},
		{"0x10", 1, 1, 0, false},
		{"1e99", 1, 1, 0, false},
		{"十", 1, 1, 0, false},
		{"1001", 1, 1, 0, false},
	} {
		most := int64(1_000_000_000_000)
		if c.cell == "1001" {
			most = 1000
		}
		if got, ok := table.Scaled(table.Plain(c.cell), c.num, c.den, most); ok != c.ok || got != c.want && ok {
			t.Errorf("%q of %d/%d: %d, %v; want %d, %v", c.cell, c.num, c.den, got, ok, c.want, c.ok)
		}
	}
}

// TestWrite: what is written is read back the same, as text and as a workbook,
// and no cell of text is a formula.
func TestWrite(t *testing.T) {
	rows := [][]string{{"甲", "=1+1", "-5", "0001"}, {"a,b\n\"c\"", "", "@x", "+y"}}
	quoted := [][]string{{"甲", "'=1+1", "-5", "0001"}, {"a,b\n\"c\"", "", "'@x", "'+y"}}
	each := func(write func([]string) error) error {
		for _, r := range rows {
			if err := write(slices.Clone(r)); err != nil {
				return err
			}
		}
		return nil
	}
	head := []string{"名称", "式", "数", "码"}
	for _, excel := range []bool{false, true} {
		var out bytes.Buffer
		want := quoted
		err := table.WriteCSV(&out, head, each)
		if excel {
			out.Reset()
			want, err = rows, table.WriteExcel(&out, "表", head, each)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, isExcel, err := table.Sheet(out.Bytes(), table.Options{Header: 1})
		if err != nil || isExcel != excel || !slices.Equal(got.Header, head) || len(got.Rows) != len(want) {
			t.Fatalf("excel %v: %+v %v %v", excel, got, isExcel, err)
		}
		for i, r := range got.Rows {
			if !slices.Equal(r.Cells, want[i]) {
				t.Errorf("excel %v: %q; want %q", excel, r.Cells, want[i])
			}
		}
	}
}
