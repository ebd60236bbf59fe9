// Package report prints a diagnosis: as a PDF to be handed over and signed, and as
// a document for word processors. Both say the same, Chinese first.
//
// It says what the diagnosis says and decides nothing; the same diagnosis gives
// the same bytes. Start with [PDF] and [Word].
package report

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"zhigai/paper"
	"zhigai/paper/word"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
)

// block is a piece of the report; one of its fields is given.
type block struct {
	heading string
	text    string
	facts   [][2]string
	table   *table
	radar   bool
	sign    bool
}

type table struct {
	columns []paper.Column
	rows    [][]string
}

const title = "智能制造能力诊断报告"

// PDF draws the report.
func PDF(out io.Writer, v diagnosis.View, e *diagnosis.Edition) error {
	footer := fmt.Sprintf("诊断报告 Diagnosis %s · 修订 revision %d", v.ID, v.Rev)
	s, err := paper.New(title+" "+v.Firm.Name, footer, v.Changed)
	if err != nil {
		return err
	}
	s.Page()
	s.Y = 28
	s.Text(22, paper.Black, title)
	s.Text(12, paper.Grey, "Diagnosis of intelligent manufacturing capability")
	s.Y += 4
	for _, b := range blocks(v, e) {
		switch {
		case b.heading != "":
			s.Title(0, b.heading, "")
		case b.text != "":
			s.Text(10, paper.Black, b.text)
			s.Y += 2
		case b.facts != nil:
			s.Facts(b.facts)
		case b.table != nil:
			rows := make([][]paper.Cell, len(b.table.rows))
			for i, row := range b.table.rows {
				for _, text := range row {
					rows[i] = append(rows[i], paper.Plain(text))
				}
			}
			s.Table(b.table.columns, rows)
		case b.radar:
			radar(s, v, e)
		case b.sign:
			signatures(s)
		}
	}
	return s.Output(out)
}

// Word writes the report as a document. The radar chart is the PDF's: its values
// stand in a table in both.
func Word(out io.Writer, v diagnosis.View, e *diagnosis.Edition) error {
	d := word.New(title+" "+v.Firm.Name, v.Changed)
	d.Title(title)
	for _, b := range blocks(v, e) {
		switch {
		case b.heading != "":
			d.Heading(1, b.heading)
		case b.text != "":
			d.Text(b.text)
		case b.facts != nil:
			var rows [][]string
			for _, f := range b.facts {
				rows = append(rows, []string{f[0], f[1]})
			}
			d.Table([]word.Column{{Head: "项目 Item", Width: 46}, {Head: "内容 Content", Width: 134}}, rows)
		case b.table != nil:
			var columns []word.Column
			for _, c := range b.table.columns {
				columns = append(columns, word.Column{Head: strings.TrimSpace(c.ZH + " " + c.EN), Width: c.W, Right: c.Right})
			}
			d.Table(columns, b.table.rows)
		case b.sign:
			d.Table([]word.Column{{Head: "", Width: 30}, {Head: "诊断组 Team", Width: 75}, {Head: "企业 Firm", Width: 75}}, [][]string{{"姓名 Name", "", ""}, {"签字 Signature", "", ""}, {"日期 Date", "", ""}})
		}
	}
	return d.Output(out)
}

func both(n plant.Name) string { return strings.TrimSpace(n.ZH + " " + n.EN) }

// blocks are the report in its order.
func blocks(v diagnosis.View, e *diagnosis.Edition) []block {
	out := []block{{facts: cover(v, e)}}
	if !e.Verified {
		out = append(out, block{text: "说明：本版本的要求用我们自己的话表述，评分与权重来自公开的二手资料，未与标准原文核对；对外使用前应由持有标准的人员核对。\nNote: requirements are in our own words, scoring and weights from secondary sources; they were not checked against the standard."})
	}
	out = append(out, block{heading: "一、结果 Result"}, block{table: levels(v, e)}, block{text: peers(v)}, block{radar: true}, block{table: subdomains(v, e)})
	out = append(out, block{heading: fmt.Sprintf("二、距 %d 级的差距 Gaps to level %d", v.Plan.Target, v.Plan.Target)}, gaps(v, e))
	out = append(out, block{heading: "三、改进措施 Measures"}, measures(v))
	out = append(out, block{heading: "四、逐项结论 Requirement by requirement"}, block{table: requirements(v, e)})
	out = append(out, block{heading: "五、团队与走访 Team and visits"}, block{table: team(v)})
	if len(v.Visits) > 0 {
		out = append(out, block{table: visits(v)})
	}
	out = append(out, block{heading: "六、企业答复与跟踪 Reply and follow-up"}, block{text: reply(v)})
	out = append(out, block{heading: "七、如何核对 How to verify"}, block{text: verify(v)}, block{sign: true})
	return out
}

func cover(v diagnosis.View, e *diagnosis.Edition) [][2]string {
	o := v.Outcome
	grade := "未达一级 below the first"
	if o.Grade > 0 {
		grade = fmt.Sprintf("%d %s", o.Grade, both(e.Levels[o.Grade-1].Name))
	}
	total := fmt.Sprintf("%.2f", o.Total)
	if o.Highest > o.Total {
		total += fmt.Sprintf("（未答项全部满足时最高 at most %.2f）", o.Highest)
	}
	place := strings.TrimSpace(v.Firm.Region + " " + v.Firm.Sector)
	facts := [][2]string{
		{"企业 Firm", strings.TrimSpace(v.Firm.Name + " " + place)},
		{"项目 Project", v.Plan.Title},
		{"状态 State", word2("state", string(v.State))},
		{"模型 Model", fmt.Sprintf("%s v%d（%s）", both(e.Name), e.Version, e.Source)},
		{"走访 Visits", v.Plan.Begin + " — " + v.Plan.End},
		{"取证时段 Evidence of", paper.Local(v.Plan.From) + " — " + paper.Local(v.Plan.To) + "（UTC+8）"},
		{"得分 Score", total},
		{"等级 Grade", grade + fmt.Sprintf("，目标 target %d", v.Plan.Target)},
		{"应答 Requirements", fmt.Sprintf("%d，已答 answered %d，由机器证据 from machine evidence %d（%.1f %%）", o.Asked, o.Answered, o.FromMachine, 100*o.Share)},
	}
	if len(v.Plan.Cut) > 0 {
		facts = append(facts, [2]string{"裁剪 Cut", strings.Join(nodeNames(e, v.Plan.Cut), "、") + "： " + v.Plan.Why})
	}
	return append(facts, [2]string{"报告编号 Report", fmt.Sprintf("%s，修订 revision %d，%s", v.ID, v.Rev, paper.Local(v.Changed))})
}

func nodeNames(e *diagnosis.Edition, ids []string) []string {
	names := names(e)
	var out []string
	for _, id := range ids {
		out = append(out, cmp.Or(names[id], id))
	}
	return out
}

// names of all parts of the model.
func names(e *diagnosis.Edition) map[string]string {
	out := map[string]string{}
	var walk func([]diagnosis.Node)
	walk = func(nodes []diagnosis.Node) {
		for _, n := range nodes {
			out[n.ID] = n.Name.ZH
			walk(n.Parts)
		}
	}
	walk(e.Elements)
	return out
}

func levels(v diagnosis.View, e *diagnosis.Edition) *table {
	t := &table{columns: []paper.Column{paper.Col("等级", "Level", 60), paper.Num("得分", "Score", 26), paper.Num("最高可能", "At most", 26), paper.Num("已答/应答", "Answered", 34), paper.Col("达到", "Reached", 34)}}
	for _, l := range v.Outcome.Levels {
		reached := "—"
		if l.Reached {
			reached = "达到 yes"
		}
		t.rows = append(t.rows, []string{fmt.Sprintf("%d %s", l.Level, both(e.Levels[l.Level-1].Name)), fmt.Sprintf("%.3f", l.Score), fmt.Sprintf("%.3f", l.Highest), fmt.Sprintf("%d/%d", l.Answered, l.Asked), reached})
	}
	return t
}

func peers(v diagnosis.View) string {
	p := v.Peers
	if !p.Known {
		return fmt.Sprintf("同行比较：同行业已诊断的其他企业不足 %d 家，不作比较。 Fewer than %d other firms of the sector were diagnosed: nothing is compared.", p.Least, p.Least)
	}
	return fmt.Sprintf("同行比较：%s 行业已诊断其他企业 %d 家，低于本企业 %d 家；四分位 %.2f / %.2f / %.2f。 Of %d other firms of %s, %d score lower.", p.Sector, p.Count, p.Below, p.Q25, p.Q50, p.Q75, p.Count, p.Sector, p.Below)
}

func subdomains(v diagnosis.View, e *diagnosis.Edition) *table {
	t := &table{columns: []paper.Column{paper.Col("能力子域", "Subdomain", 90), paper.Num("得分", "Score", 45), paper.Num("最高等级", "Of at most", 45)}}
	names := names(e)
	for _, p := range v.Outcome.Radar {
		t.rows = append(t.rows, []string{names[p.ID], fmt.Sprintf("%.2f", p.Value), strconv.Itoa(p.Most)})
	}
	return t
}

// maxGaps bounds the gaps on paper, those that raise the score most first.
const maxGaps = 60

func gaps(v diagnosis.View, e *diagnosis.Edition) block {
	if len(v.Outcome.Gaps) == 0 {
		return block{text: "目标等级以内的要求都已全部满足。 Everything up to the target level is fully met."}
	}
	t := &table{columns: []paper.Column{paper.Num("级", "L", 10), paper.Col("要求", "Requirement", 110), paper.Col("现状", "Now", 32), paper.Num("满足后提高", "Gain", 28)}}
	for _, g := range v.Outcome.Gaps[:min(len(v.Outcome.Gaps), maxGaps)] {
		text := g.Requirement
		if r, ok := e.Requirement(g.Requirement); ok {
			text += " " + r.Text.ZH
		}
		t.rows = append(t.rows, []string{strconv.Itoa(g.Level), text, word2("grade", string(g.Grade)), fmt.Sprintf("+%.4f", g.Gain)})
	}
	return block{table: t}
}

// wan is an amount of fen in ten thousand yuan, rounded to 100 yuan.
func wan(fen int64) string {
	hundreds := (fen + 5_000) / 10_000
	return fmt.Sprintf("%d.%02d", hundreds/100, hundreds%100)
}

func measures(v diagnosis.View) block {
	t := &table{columns: []paper.Column{paper.Col("措施", "Measure", 62), paper.Col("对应要求", "Requirements", 34), paper.Num("年效益 万元", "Benefit", 22), paper.Num("投入 万元", "Cost", 20), paper.Col("服务商", "Provider", 28), paper.Num("月", "Months", 14)}}
	var benefit, cost int64
	for _, m := range v.Measures {
		if m.Dropped {
			continue
		}
		benefit, cost = benefit+m.BenefitFen, cost+m.CostFen
		t.rows = append(t.rows, []string{strings.TrimSpace(m.Title + "\n" + m.Benefit), strings.Join(m.Requirements, "\n"), wan(m.BenefitFen), wan(m.CostFen), m.Provider, strconv.Itoa(m.Months)})
	}
	if len(t.rows) == 0 {
		return block{text: "没有提出措施。 No measure was proposed."}
	}
	t.rows = append(t.rows, []string{"合计 Sum", "", wan(benefit), wan(cost), "", ""})
	return block{table: t}
}
