package form

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"zhigai/paper"
	"zhigai/programme/reporting"
)

// PDF draws the report.
func PDF(out io.Writer, v reporting.View, printed time.Time) error {
	footer := fmt.Sprintf("%s %s · 修订 %d · %s", v.Name, v.PeriodName, v.Revision, states[v.State])
	s, err := paper.New(heading+" "+v.Name+" "+v.PeriodName, footer, printed)
	if err != nil {
		return err
	}
	s.Page()
	s.Y = 20
	s.Font(18, paper.Black)
	s.At(paper.Margin+(paper.Width-s.Measure(heading))/2, s.Y, heading)
	s.Y += 12
	s.Facts(facts(v, printed))
	s.Table(
		[]paper.Column{
			paper.Col("指标", "", 47), paper.Col("单位", "", 11), paper.Num("上报值", "", 20), paper.Num("重算值", "", 20), paper.Num("差异", "", 18),
			paper.Num("覆盖率", "", 15), paper.Col("定义·版本", "", 25), paper.Col("备注", "", 24),
		}, mainRows(v))
	s.Text(8, paper.Grey, remark)
	s.Y += 4
	if len(v.Parts) > 0 {
		s.Title(0, levelBelow(v)+"上报汇总", "")
		s.Table([]paper.Column{
			paper.Col("指标", "", 45), paper.Col("单位", "", 11), paper.Num("合计", "", 24), paper.Num("本级上报值", "", 24), paper.Num("差异", "", 22), paper.Num("报表数", "", 14), paper.Col("分子分母差异", "", 40),
		}, saidRows(v))
		s.Table([]paper.Column{paper.Col("地区", "", 50), paper.Col("代码", "", 30), paper.Col("状态", "", 40), paper.Num("已审核修订号", "", 30), paper.Num("计入修订号", "", 30)}, partRows(v))
	}
	s.Title(0, "办理过程", "")
	s.Table([]paper.Column{paper.Col("时间", "", 28), paper.Col("人员", "", 28), paper.Col("事项", "", 22), paper.Num("修订", "", 12), paper.Col("文字", "", 90)}, stepRows(v))
	return s.Output(out)
}

func mainRows(v reporting.View) (rows [][]paper.Cell) {
	for _, r := range v.Rows {
		one := of(r)
		var reported, recomputed *float64
		if r.Reported != nil {
			reported = r.Reported.Value
		}
		if r.Recomputed != nil {
			recomputed = r.Recomputed.Value
		}
		difference := paper.Plain(shown(one, r.Difference))
		if r.Difference != nil && *r.Difference != 0 {
			difference = paper.Coloured(signed(one, *r.Difference), paper.Poor)
		}
		coverage := "—"
		if one.Coverage != nil {
			coverage = strconv.FormatFloat(100**one.Coverage, 'f', 1, 64) + "%"
		}
		rows = append(rows, []paper.Cell{
			paper.Plain(one.Definition.Name.ZH), paper.Plain(unitOf(one)), paper.Plain(shown(one, reported)), paper.Plain(shown(one, recomputed)), difference,
			paper.Plain(coverage), paper.Plain(one.Definition.ID + " v" + strconv.Itoa(one.Definition.Version)), paper.Plain(note(r)),
		})
	}
	return rows
}

// shown is a value in the unit of its row: a share as percent.
func shown(of *reporting.Value, value *float64) string {
	if value == nil {
		return "—"
	}
	if of.Unit == "1" {
		return strconv.FormatFloat(100**value, 'f', max(0, of.Definition.Digits-2), 64)
	}
	return strconv.FormatFloat(*value, 'f', of.Definition.Digits, 64)
}

func signed(of *reporting.Value, value float64) string {
	text := shown(of, &value)
	if value > 0 {
		return "+" + text
	}
	return text
}

func saidRows(v reporting.View) (rows [][]paper.Cell) {
	for _, r := range v.Rows {
		if r.Said == nil {
			continue
		}
		one := of(r)
		difference := "—"
		if r.Said.Difference != nil {
			difference = signed(one, *r.Said.Difference)
		}
		rows = append(rows, []paper.Cell{
			paper.Plain(one.Definition.Name.ZH), paper.Plain(unitOf(one)), paper.Plain(shown(one, r.Said.Value)), paper.Plain(shown(one, one.Value)), paper.Plain(difference),
			paper.Plain(strconv.Itoa(r.Said.Reports)), paper.Plain(unlike(r.Said)),
		})
	}
	return rows
}

func partRows(v reporting.View) (rows [][]paper.Cell) {
	for _, p := range v.Parts {
		state := paper.Plain(states[p.State])
		if p.Accepted == 0 {
			state = paper.Coloured(states[p.State], paper.Poor)
		}
		rows = append(rows, []paper.Cell{paper.Plain(p.Name), paper.Plain(p.Region), state, paper.Plain(strconv.Itoa(p.Accepted)), paper.Plain(strconv.Itoa(p.Held))})
	}
	return rows
}

func stepRows(v reporting.View) (rows [][]paper.Cell) {
	for _, o := range v.Steps {
		rows = append(rows, []paper.Cell{paper.Plain(local(o.At)), paper.Plain(o.Name), paper.Plain(steps[o.What]), paper.Plain(strconv.Itoa(o.Revision)), paper.Plain(o.Words)})
	}
	return rows
}

func sortedTerms(r reporting.Row) []string {
	names := map[string]bool{}
	for _, v := range []*reporting.Value{r.Reported, r.Recomputed} {
		if v != nil {
			for term := range v.Terms {
				names[term] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}
