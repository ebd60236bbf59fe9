package evaluation

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
)

// Export writes the list of a revision that the asker may see as a sheet: a line
// of what it is, the names of the columns, a firm a row with the points of every
// item. Excel gets numbers for figures and texts for codes.
func (d *Desk) Export(ctx context.Context, who access.Principal, f ScoreFilter, excel bool, w io.Writer) error {
	f.Limit = rowsAtOnce
	r, rows, next, err := d.Rows(ctx, who, f)
	if err != nil {
		return err
	}
	s, err := d.standard(r.About)
	if err != nil {
		return err
	}
	if f.Revision == 0 {
		f.Revision = r.Current().Number
	}
	lines := [][]any{title(r, s, f.Revision), columns(s)}
	for {
		for _, row := range rows {
			lines = append(lines, cells(row))
		}
		if next == 0 {
			break
		}
		f.After = next
		if _, rows, next, err = d.Rows(ctx, who, f); err != nil {
			return err
		}
	}
	if excel {
		return writeExcel(w, lines)
	}
	return writeCSV(w, lines)
}

var stateZH = map[State]string{Draft: "草案", Public: "公示", Final: "已确定", Cancelled: "已撤销"}

func title(r Round, s *Standard, revision int) []any {
	what := fmt.Sprintf("%s（%s 第%d版，%d年数据，第%d次修订，%s", r.Title, s.Name.ZH, s.Version, r.Year, revision, stateZH[r.State])
	if r.State == Public {
		what += " " + r.From + " 至 " + r.To
	}
	return []any{what + "）"}
}

func columns(s *Standard) []any {
	out := []any{"序号", "企业名称", "行政区划代码", "行业代码", "得分", "名次", "同组企业数", "类别", "无得分原因"}
	for _, m := range s.measures {
		out = append(out, m.Name.ZH+"（"+m.Unit+"）", m.Name.ZH+"得分")
	}
	return out
}

func cells(row Row) []any {
	out := []any{row.Place, row.Name, row.Region, row.Sector, number(row.Score), nil, nil, row.Class, row.Why}
	if row.Score != nil {
		out[5], out[6] = row.Rank, row.Of
	}
	for _, t := range row.Terms {
		out = append(out, number(t.Value), number(t.Points))
	}
	return out
}

func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// writeCSV begins with a mark, without which Excel takes UTF-8 for GB 18030.
func writeCSV(w io.Writer, lines [][]any) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	for _, line := range lines {
		row := make([]string, len(line))
		for i, c := range line {
			switch v := c.(type) {
			case string:
				row[i] = v
				if v != "" && strings.ContainsRune("=+-@\t\r", rune(v[0])) {
					row[i] = "'" + v // or Excel takes a name for a formula
				}
			case int:
				row[i] = strconv.Itoa(v)
			case float64:
				row[i] = strconv.FormatFloat(v, 'f', -1, 64)
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func writeExcel(w io.Writer, lines [][]any) error {
	f := excelize.NewFile()
	defer f.Close()
	const name = "评价结果"
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	s, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, line := range lines {
		if err := s.SetRow("A"+strconv.Itoa(i+1), line); err != nil {
			return err
		}
	}
	if err := s.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}
