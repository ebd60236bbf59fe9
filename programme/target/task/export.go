package task

import (
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"zhigai/plant"
	"zhigai/programme/target"
)

// Sheet is what an export says above its rows.
type Sheet struct {
	Year   int
	Region string // as it is called, "" for all
	At     plant.Micros
	Names  func(region string) string
}

var (
	grid      = []excelize.Border{{Type: "left", Color: "999999", Style: 1}, {Type: "right", Color: "999999", Style: 1}, {Type: "top", Color: "999999", Style: 1}, {Type: "bottom", Color: "999999", Style: 1}}
	lightZH   = map[Light]string{Green: "达到", Yellow: "基本达到", Red: "滞后", Grey: "暂无数值"}
	lightFill = map[Light]string{Green: "D9EAD3", Yellow: "FFF2CC", Red: "F4CCCC", Grey: "EEEEEE"}
	stepZH    = map[Progress]string{Open: "未启动", Running: "推进中", Done: "已完成"}
)

// columns of the list as offices print it.
var columns = []struct {
	zh    string
	width float64
}{
	{"序号", 6},
	{"目标任务", 34},
	{"责任单位", 26},
	{"地区", 14},
	{"计划值", 12},
	{"完成值", 12},
	{"差额", 12},
	{"单位", 10},
	{"进度", 12},
	{"责任人", 12},
	{"完成时限", 13},
	{"备注", 24},
}

// Export writes the rows as the list that offices hand round: a title, the
// instant at which values were folded, one line a task, landscape A4.
func Export(rows []Row, about Sheet, w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	const name = "任务分解表"
	last, _ := excelize.ColumnNumberToName(len(columns)) // from 1
	style := func(s excelize.Style) int {
		id, _ := f.NewStyle(&s) // of ours, which are all valid
		return id
	}
	title := style(excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center"}})
	head := style(excelize.Style{Font: &excelize.Font{Bold: true}, Border: grid, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E9EDF3"}}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}})
	body := style(excelize.Style{Border: grid, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}})
	lights := map[Light]int{"": body}
	for l, colour := range lightFill {
		lights[l] = style(excelize.Style{Border: grid, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center"}})
	}
	steps := []error{
		f.SetSheetName("Sheet1", name),
		f.SetCellValue(name, "A1", fmt.Sprintf("%s%d年度目标任务分解表", about.Region, about.Year)),
		f.MergeCell(name, "A1", last+"1"),
		f.SetCellStyle(name, "A1", last+"1", title),
		f.SetCellValue(name, "A2", "完成值由系统按指标定义计算；计算时间："+target.Clock(about.At)),
		f.MergeCell(name, "A2", last+"2"),
		f.SetCellStyle(name, "A3", last+"3", head),
		f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: new(9), Orientation: new("landscape"), FitToWidth: new(1), FitToHeight: new(0)}),
		f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: new(true)}),
		f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: name + "!$3:$3", Scope: name}),
	}
	for i, c := range columns {
		column, _ := excelize.ColumnNumberToName(i + 1) // from 1
		steps = append(steps, f.SetColWidth(name, column, column, c.width), f.SetCellValue(name, column+"3", c.zh))
	}
	for i, r := range rows {
		line := i + 4
		from, to := fmt.Sprintf("A%d", line), fmt.Sprintf("%s%d", last, line)
		cells := r.cells(i+1, about.Names)
		steps = append(steps, f.SetSheetRow(name, from, &cells), f.SetCellStyle(name, from, to, body))
		if r.Light != "" {
			steps = append(steps, f.SetCellStyle(name, fmt.Sprintf("I%d", line), fmt.Sprintf("I%d", line), lights[r.Light]))
		}
	}
	for _, err := range steps {
		if err != nil {
			return fmt.Errorf("workbook: %w", err)
		}
	}
	return f.Write(w)
}

func (r Row) cells(n int, names func(string) string) []any {
	number := func(v *float64) any {
		if v == nil {
			return "—"
		}
		if r.Measure == "1" {
			return fmt.Sprintf("%.2f%%", *v*100)
		}
		return fmt.Sprintf("%.*f", r.Digits, *v)
	}
	unit := r.Measure
	if len(unit) > 2 && unit[0] == '{' {
		unit = unit[1 : len(unit)-1]
	}
	if unit == "1" {
		unit = "%"
	}
	standing := lightZH[r.Light]
	if r.Status != target.Numeric {
		if standing = stepZH[r.Progress]; standing == "" {
			standing = stepZH[Open]
		}
	}
	deadline := r.Deadline
	if deadline == "" {
		deadline = fmt.Sprintf("%d-12-31", r.Year)
	}
	what := r.Target + " " + r.Name.ZH
	if r.Duty != "" {
		what += "：" + r.Duty
	}
	return []any{n, what, r.UnitName, names(r.Region), number(r.Planned), number(r.Actual), number(r.Gap), unit, standing, r.Person, deadline, r.Remark}
}
