package form

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"zhigai/programme/reporting"
)

// sheet is one page of the workbook in the making; the first error stays.
type sheet struct {
	f    *excelize.File
	name string
	row  int
	err  error
}

func (s *sheet) do(err error) {
	if s.err == nil && err != nil {
		s.err = fmt.Errorf("workbook: %s: %w", s.name, err)
	}
}

func cell(column, row int) string {
	name, _ := excelize.CoordinatesToCellName(column, row) // columns and rows of ours begin at 1
	return name
}

// put writes a line; a nil is an empty cell, numbers stay numbers.
func (s *sheet) put(values ...any) {
	s.row++
	for i, v := range values {
		if v != nil {
			s.do(s.f.SetCellValue(s.name, cell(i+1, s.row), v))
		}
	}
}

func (s *sheet) style(from, to int, style excelize.Style) {
	id, err := s.f.NewStyle(&style)
	s.do(err)
	s.do(s.f.SetCellStyle(s.name, cell(from, s.row), cell(to, s.row), id))
}

func (s *sheet) widths(widths ...float64) {
	for i, w := range widths {
		column, _ := excelize.ColumnNumberToName(i + 1) // from 1
		s.do(s.f.SetColWidth(s.name, column, column, w))
	}
}

var grid = []excelize.Border{{Type: "left", Color: "999999", Style: 1}, {Type: "right", Color: "999999", Style: 1}, {Type: "top", Color: "999999", Style: 1}, {Type: "bottom", Color: "999999", Style: 1}}

var headStyle = excelize.Style{
	Font: &excelize.Font{Bold: true}, Border: grid, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E9EDF3"}},
	Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
}

var cellStyle = excelize.Style{Border: grid, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}

// numberStyle shows a value as its unit wants it: a share as percent.
func numberStyle(v *reporting.Value) excelize.Style {
	format := "0"
	for i := range v.Definition.Digits {
		if v.Unit == "1" && i < 2 {
			continue // percent has two digits of its own
		}
		if i == 0 || v.Unit == "1" && i == 2 {
			format += "."
		}
		format += "0"
	}
	if v.Unit == "1" {
		format += "%"
	}
	return excelize.Style{Border: grid, CustomNumFmt: &format, Alignment: &excelize.Alignment{Vertical: "center"}}
}

func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// Excel writes the report as a workbook: the table, for cities and provinces what
// the level below reported, the terms, the steps. Numbers are numbers.
func Excel(out io.Writer, v reporting.View, printed time.Time) error {
	f := excelize.NewFile()
	defer f.Close()
	main := &sheet{f: f, name: "报表"}
	main.do(f.SetSheetName("Sheet1", main.name))
	main.table(v, printed)
	pages := []*sheet{main}
	more := func(name string, fill func(*sheet)) {
		s := &sheet{f: f, name: name}
		_, err := f.NewSheet(name)
		s.do(err)
		fill(s)
		pages = append(pages, s)
	}
	if len(v.Parts) > 0 {
		more("下级汇总", func(s *sheet) { s.parts(v) })
	}
	more("分子分母", func(s *sheet) { s.terms(v) })
	more("办理过程", func(s *sheet) { s.steps(v) })
	for _, s := range pages {
		if s.err != nil {
			return s.err
		}
	}
	return f.Write(out)
}

func (s *sheet) title(text string, columns int) {
	s.put(text)
	s.style(1, columns, excelize.Style{Font: &excelize.Font{Bold: true, Size: 16}, Alignment: &excelize.Alignment{Horizontal: "center"}})
	s.do(s.f.MergeCell(s.name, cell(1, s.row), cell(columns, s.row)))
}

func (s *sheet) table(v reporting.View, printed time.Time) {
	const columns = 9
	s.widths(38, 8, 14, 14, 14, 10, 8, 36, 40)
	s.title(heading, columns)
	for _, pair := range facts(v, printed) {
		s.put(pair[0], pair[1])
	}
	s.row++
	s.put("指标", "单位", "上报值", "重算值", "差异", "覆盖率", "可信度", "定义·版本", "备注")
	s.style(1, columns, headStyle)
	for _, r := range v.Rows {
		one := of(r)
		var reported, recomputed any
		if r.Reported != nil {
			reported = number(r.Reported.Value)
		}
		if r.Recomputed != nil {
			recomputed = number(r.Recomputed.Value)
		}
		confidence := any("—")
		if one.Due > 0 {
			confidence = one.Confidence
		}
		s.put(one.Definition.Name.ZH, unitOf(one), reported, recomputed, number(r.Difference), number(one.Coverage), confidence, one.Definition.ID+" v"+strconv.Itoa(one.Definition.Version), note(r))
		s.style(1, columns, cellStyle)
		s.style(3, 5, numberStyle(one))
		percent := "0.0%"
		s.style(6, 6, excelize.Style{Border: grid, CustomNumFmt: &percent})
	}
	s.row++
	s.put(remark)
	s.style(1, columns, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	s.do(s.f.MergeCell(s.name, cell(1, s.row), cell(columns, s.row)))
	s.do(s.f.SetRowHeight(s.name, s.row, 32))
	landscape, a4, one, all := "landscape", 9, 1, 0
	fit := true
	s.do(s.f.SetPageLayout(s.name, &excelize.PageLayoutOptions{Orientation: &landscape, Size: &a4, FitToWidth: &one, FitToHeight: &all}))
	s.do(s.f.SetSheetProps(s.name, &excelize.SheetPropsOptions{FitToPage: &fit}))
}

func (s *sheet) parts(v reporting.View) {
	s.widths(38, 8, 14, 14, 14, 12, 40)
	s.put("指标", "单位", levelBelow(v)+"合计", "本级上报值", "差异", "计入报表数", "分子分母差异")
	s.style(1, 7, headStyle)
	for _, r := range v.Rows {
		if r.Said == nil {
			continue
		}
		one := of(r)
		s.put(one.Definition.Name.ZH, unitOf(one), number(r.Said.Value), number(one.Value), number(r.Said.Difference), r.Said.Reports, unlike(r.Said))
		s.style(1, 7, cellStyle)
		s.style(3, 5, numberStyle(one))
	}
	s.row++
	s.put("地区", "代码", "状态", "已审核修订号", "计入修订号")
	s.style(1, 5, headStyle)
	for _, p := range v.Parts {
		s.put(p.Name, p.Region, states[p.State], p.Accepted, p.Held)
		s.style(1, 5, cellStyle)
	}
}

func (s *sheet) terms(v reporting.View) {
	s.widths(38, 28, 16, 16, 16)
	s.put("指标", "项", "上报", "重算", "差异")
	s.style(1, 5, headStyle)
	for _, r := range v.Rows {
		one := of(r)
		for _, term := range sortedTerms(r) {
			var was, is, difference any
			if r.Reported != nil {
				was = r.Reported.Terms[term]
			}
			if r.Recomputed != nil {
				is = r.Recomputed.Terms[term]
			}
			if r.Reported != nil && r.Recomputed != nil {
				difference = r.Recomputed.Terms[term] - r.Reported.Terms[term]
			}
			s.put(one.Definition.Name.ZH, term, was, is, difference)
			s.style(1, 5, cellStyle)
		}
	}
}

func (s *sheet) steps(v reporting.View) {
	s.widths(6, 18, 18, 12, 12, 8, 60)
	s.put("序号", "时间", "人员", "事项", "之后状态", "修订号", "文字")
	s.style(1, 7, headStyle)
	for _, o := range v.Steps {
		s.put(o.Seq, local(o.At), o.Name, steps[o.What], states[o.State], o.Revision, o.Words)
		s.style(1, 7, cellStyle)
	}
}
