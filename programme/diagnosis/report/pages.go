package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"zhigai/calc/maturity"
	"zhigai/paper"
	"zhigai/programme/diagnosis"
)

// words in both languages, by what they are of.
var words = map[string]string{
	"grade.full": "全部满足 full", "grade.most": "大部分满足 most", "grade.part": "部分满足 part", "grade.none": "不满足 none", "grade.": "未答 open",
	"state.planned": "已计划 planned", "state.visiting": "诊断中 visiting", "state.drafted": "待企业答复 with the firm", "state.replied": "企业已答复 replied",
	"state.closed": "已结束 closed", "state.followed": "跟踪完成 followed up", "state.cancelled": "已取消 cancelled",
	"role.lead": "组长 lead", "role.expert": "专家 expert", "role.observer": "观察员 observer",
	"conflict.none": "无冲突 none", "conflict.declared": "有冲突 declared", "conflict.undeclared": "未申明 undeclared",
	"done.done": "已完成 done", "done.doing": "进行中 under way", "done.open": "未开始 open", "done.dropped": "已放弃 dropped",
}

func word2(of, key string) string {
	if w, ok := words[of+"."+key]; ok {
		return w
	}
	return key
}

// requirements tells of each who answered it and on what ground.
func requirements(v diagnosis.View, e *diagnosis.Edition) *table {
	t := &table{columns: []paper.Column{paper.Num("级", "L", 10), paper.Col("要求", "Requirement", 76), paper.Col("结论", "Grade", 26), paper.Col("依据", "Ground", 68)}}
	cut := cutOf(v, e)
	for _, r := range e.All() {
		if cut[r.ID] {
			continue
		}
		grade, machine := v.Grade(r.ID)
		t.rows = append(t.rows, []string{strconv.Itoa(r.Level), r.ID + " " + r.Text.ZH, word2("grade", string(grade)), ground(v, r.ID, machine)})
	}
	return t
}

func cutOf(v diagnosis.View, e *diagnosis.Edition) map[string]bool {
	out := map[string]bool{}
	var walk func(nodes []diagnosis.Node, cut bool)
	walk = func(nodes []diagnosis.Node, cut bool) {
		for _, n := range nodes {
			own := cut
			for _, id := range v.Plan.Cut {
				own = own || id == n.ID
			}
			for _, r := range n.Requirements {
				out[r.ID] = own
			}
			walk(n.Parts, own)
		}
	}
	walk(e.Elements, false)
	return out
}

func ground(v diagnosis.View, id string, machine bool) string {
	var lines []string
	if a, ok := v.Answers[id]; ok && a.Grade != maturity.Unanswered {
		lines = append(lines, strings.TrimSpace("专家 "+a.By+"： "+a.Remark))
		for _, f := range a.Files {
			lines = append(lines, "附件 "+f.Name+" SHA-256 "+f.SHA256[:min(16, len(f.SHA256))]+"…")
		}
	}
	if e, ok := v.Evidence[id]; ok {
		value := "无值 " + e.Reason
		if e.Value != nil {
			value = strconv.FormatFloat(*e.Value, 'f', 4, 64)
			if e.Unit != "1" {
				value += " " + e.Unit
			}
		}
		line := fmt.Sprintf("机器 %s v%d = %s", e.Figure, e.Version, value)
		if e.Coverage != nil {
			line += fmt.Sprintf("，覆盖率 %s", paper.Percent(*e.Coverage))
		}
		if !machine && e.Grade != maturity.Unanswered {
			line += "（" + word2("grade", string(e.Grade)) + "）"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func team(v diagnosis.View) *table {
	t := &table{columns: []paper.Column{paper.Col("姓名", "Name", 30), paper.Col("单位", "Organisation", 54), paper.Col("角色", "Role", 30), paper.Col("利益关系", "Conflict of interest", 66)}}
	for _, m := range v.Team {
		t.rows = append(t.rows, []string{m.Name, m.Organisation, word2("role", m.Role), strings.TrimSpace(word2("conflict", m.Conflict) + " " + m.Interest)})
	}
	return t
}

func visits(v diagnosis.View) *table {
	t := &table{columns: []paper.Column{paper.Col("日期", "Day", 24), paper.Col("地点", "Place", 36), paper.Col("访谈对象", "Spoken to", 40), paper.Col("记录", "Notes", 80)}}
	for _, o := range v.Visits {
		t.rows = append(t.rows, []string{o.Day, o.Place, o.People, o.Notes})
	}
	return t
}

func reply(v diagnosis.View) string {
	text := "企业尚未答复。 The firm has not replied yet."
	if r := v.Reply; r != nil {
		says := "同意 agrees"
		if !r.Agrees {
			says = "不同意 does not agree"
		}
		text = fmt.Sprintf("%s（%s，%s）： %s", says, r.By, paper.Local(r.At), r.Text)
		if r.OnBehalf {
			text += "（由团队代填 entered by the team）"
		}
	}
	for _, f := range v.FollowUps {
		text += fmt.Sprintf("\n结束后 %d 个月 after %d months（%s）： %s", f.Months, f.Months, paper.Local(f.At), f.Text)
		for _, m := range v.Measures {
			if s, ok := f.Measures[m.ID]; ok {
				text += "\n· " + m.Title + "： " + word2("done", s)
			}
		}
	}
	return text
}

func verify(v diagnosis.View) string {
	return fmt.Sprintf("1. 每项机器证据带指标定义版本、时段、数值、覆盖率和取数地址：GET /api/v1/diagnoses/%s 的 evidence，按 link 逐层下钻到原始样本。\nEach machine evidence carries definition, window, value, coverage and a link that leads down to raw samples.\n", v.ID) +
		"2. 佐证文件按 SHA-256 保存；下载后重算应一致。\nAttached files are kept by their SHA-256.\n" +
		"3. 全部步骤为不可更改的事实：GET /api/v1/diagnoses/" + v.ID + "/history；诊断结束后证据冻结。\nEvery step is a fact that is never changed; evidence is frozen once the diagnosis is closed."
}

// radar draws every subdomain as a ray of the levels, clockwise from the top: the
// target dashed, the firm filled.
func radar(s *paper.Sheet, v diagnosis.View, e *diagnosis.Edition) {
	points := v.Outcome.Radar
	if len(points) < 3 {
		return
	}
	const r, name = 44.0, 7.0 // mm: of the chart, from it to the names
	s.Room(2*r + 2*name + 14)
	cx, cy := paper.Margin+paper.Width/2, s.Y+r+name+6
	at := func(i int, value float64) (x, y float64) {
		a := 2*math.Pi*float64(i)/float64(len(points)) - math.Pi/2
		long := r * value / float64(len(e.Levels))
		return cx + long*math.Cos(a), cy + long*math.Sin(a)
	}
	ring := func(value func(i int) float64) {
		for i := range points {
			x1, y1 := at(i, value(i))
			x2, y2 := at((i+1)%len(points), value((i+1)%len(points)))
			s.PDF.Line(x1, y1, x2, y2)
		}
	}
	s.PDF.SetLineWidth(0.15)
	s.PDF.SetDrawColor(paper.Rule[0], paper.Rule[1], paper.Rule[2])
	for level := range e.Levels {
		ring(func(int) float64 { return float64(level + 1) })
	}
	titles := names(e)
	for i, p := range points {
		x, y := at(i, float64(len(e.Levels)))
		s.PDF.Line(cx, cy, x, y)
		s.Font(7.5, paper.Black)
		x, y = cx+(x-cx)*(r+name-3)/r, cy+(y-cy)*(r+name-3)/r
		s.At(x-s.Measure(titles[p.ID])*(1-(x-cx)/(r+name))/2, y-1.7, titles[p.ID])
	}
	s.PDF.SetDrawColor(paper.Poor[0], paper.Poor[1], paper.Poor[2])
	s.PDF.SetDashPattern([]float64{1, 1}, 0)
	ring(func(i int) float64 { return float64(min(v.Plan.Target, points[i].Most)) })
	s.PDF.SetDashPattern(nil, 0)
	s.PDF.SetLineWidth(0.6)
	s.PDF.SetDrawColor(31, 78, 121)
	ring(func(i int) float64 { return points[i].Value })
	s.PDF.SetLineWidth(0.2)
	s.Y = cy + r + name + 4
	s.Font(8, paper.Grey)
	s.At(paper.Margin, s.Y, fmt.Sprintf("能力雷达：粗线为得分，虚线为目标 %d 级，每环一级。 Radar: bold the score, dashed the target, a ring a level.", v.Plan.Target))
	s.Y += 7
}

func signatures(s *paper.Sheet) {
	s.Y += 10
	s.Room(44)
	half := paper.Width / 2
	for i, who := range []string{"诊断组 Team", "企业 Firm"} {
		x := paper.Margin + float64(i)*half
		s.Font(10, paper.Black)
		s.At(x, s.Y, who)
		for k, line := range []string{"姓名 Name", "签字 Signature", "日期 Date"} {
			y := s.Y + 12 + float64(k)*11
			s.Font(8.5, paper.Grey)
			s.At(x, y, line)
			s.PDF.SetDrawColor(paper.Grey[0], paper.Grey[1], paper.Grey[2])
			s.PDF.Line(x+30, y+4, x+half-8, y+4)
		}
	}
	s.Y += 46
}
