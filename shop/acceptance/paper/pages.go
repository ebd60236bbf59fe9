package paper

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"zhigai/paper"
	"zhigai/plant"
	"zhigai/shop/acceptance"
)

// words of results, criteria and badges in both languages.
var words = map[string]string{
	acceptance.Passed: "合格 Passed", acceptance.Failed: "不合格 Failed", acceptance.NoData: "无数据 No data",
	"coverage": "覆盖率 coverage", "gap": "最长中断 longest gap", "silent": "无数据测点 silent tags", "conflicts": "身份冲突 identity conflicts",
	"read": "已核对原文档 read from the document", "derived": "由同族推出 derived", "unverified": "未核实 unverified", "": "—",
	"good": "良品 good", "scrap": "废品 scrap", "rework": "返工 rework", "total": "总数 total", "energy": "电能 energy",
	"overload": "过载 overload", "clock": "时钟 clock", "loss.gap": "缺口 gap",
}

func word(key string) string {
	if w, ok := words[key]; ok {
		return w
	}
	return key
}

func resultColour(result string) paper.Colour {
	if result == acceptance.Passed {
		return paper.Good
	}
	return paper.Poor
}

func both(n plant.Name) string { return strings.TrimSpace(n.ZH + " " + n.EN) }

func (s *sheet) cover() {
	r := &s.report
	c := &r.Content
	s.Page()
	s.Y = 32
	s.Text(24, paper.Black, "设备接入验收报告")
	s.Y += 2
	s.Text(13, paper.Grey, "Acceptance report of connected equipment")
	s.Y += 8
	fill := resultColour(c.Result)
	s.PDF.SetFillColor(fill[0], fill[1], fill[2])
	s.PDF.Rect(paper.Margin, s.Y, paper.Width, 16, "F")
	s.Font(15, paper.Colour{255, 255, 255})
	s.At(paper.Margin+4, s.Y+4.5, fmt.Sprintf("%s · %d / %d 台设备合格 machines passed", word(c.Result), c.Totals.Passed, c.Totals.Machines))
	s.Y += 23
	var places []string
	for _, p := range c.Names {
		places = append(places, both(p.Name)+" ("+p.Path+")")
	}
	t := c.Totals
	s.Facts([][2]string{
		{"范围 Places", strings.Join(places, "\n")},
		{"时段 Time", fmt.Sprintf("%s — %s（UTC+8）", paper.Local(c.From), paper.Local(c.To))},
		{"设备 Machines", fmt.Sprintf("%d：合格 passed %d，不合格 failed %d，无数据 no data %d", t.Machines, t.Passed, t.Failed, t.NoData)},
		{"测点 Tags", fmt.Sprintf("应采 wanted %d，有数据 delivering %d，无数据 silent %d", t.Wanted, t.Delivering, t.Silent)},
		{"样本 Samples", fmt.Sprintf("%d，不良 bad %d，替换 replaced %d", t.Samples, t.Bad, t.Replaced)},
		{"覆盖率 Coverage", fmt.Sprintf("%s = %d µs ÷ %d µs", paper.Percent(t.Coverage), t.KnownUs, t.WantedUs)},
		{"判据 Criteria", fmt.Sprintf("覆盖率 coverage ≥ %s；最长中断 longest gap ≤ %g s；无数据测点 silent tags ≤ %d；身份冲突 identity conflicts ≤ %d", paper.Percent(c.Criteria.Coverage), c.Criteria.GapS, c.Criteria.Silent, c.Criteria.Conflicts)},
		{"编制 Made", fmt.Sprintf("%s（UTC+8），%s", paper.Local(r.Made), cmp.Or(r.By, "—"))},
		{"报告编号 Report", fmt.Sprintf("%s，修订 revision %d", r.ID, r.Revision)},
		{"前一修订 Previous", cmp.Or(r.Previous, "—")},
		{"数据 SHA-256 of the data", r.SHA256[:min(32, len(r.SHA256))] + " " + r.SHA256[min(32, len(r.SHA256)):]},
	})
	if r.Next != "" {
		s.Text(10, paper.Poor, "此修订已被 "+r.Next+" 取代。 This revision was replaced by "+r.Next+".")
	}
	s.signatures()
}

func (s *sheet) signatures() {
	s.Y = max(s.Y+14, 218)
	s.Room(40)
	half := paper.Width / 2
	for i, who := range []string{"服务商 Service provider", "厂方 Plant"} {
		x := paper.Margin + float64(i)*half
		s.Font(10, paper.Black)
		s.At(x, s.Y, who)
		for k, line := range []string{"姓名 Name", "签字 Signature", "日期 Date"} {
			y := s.Y + 14 + float64(k)*13
			s.Font(8.5, paper.Grey)
			s.At(x, y, line)
			s.PDF.SetDrawColor(paper.Grey[0], paper.Grey[1], paper.Grey[2])
			s.PDF.Line(x+30, y+4, x+half-8, y+4)
		}
	}
	s.Y += 50
}

func (s *sheet) summary() {
	s.Page()
	s.Title(0, "一、汇总", "Summary")
	var rows [][]paper.Cell
	for i, m := range s.report.Content.Machines {
		var failed []string
		for _, id := range m.FailedCriteria() {
			failed = append(failed, word(id))
		}
		silent := paper.Plain(fmt.Sprintf("%d/%d", m.Delivering, m.Wanted))
		if m.Silent > 0 {
			silent.Colour = paper.Poor
		}
		rows = append(rows, []paper.Cell{
			paper.Plain(strconv.Itoa(i + 1)),
			paper.Plain(both(m.Name) + "\n" + m.Path),
			paper.Coloured(strings.Replace(word(m.Result), " ", "\n", 1), resultColour(m.Result)),
			paper.Plain(paper.Percent(m.Coverage)), silent, paper.Plain(strconv.FormatInt(m.Samples, 10)), paper.Plain(paper.Seconds(m.LongestUs)),
			paper.Coloured(strings.Join(failed, "\n"), paper.Poor),
		})
	}
	s.Table([]paper.Column{
		paper.Num("序", "No", 9),
		paper.Col("设备", "Machine", 54),
		paper.Col("结论", "Result", 18),
		paper.Num("覆盖率", "Coverage", 20),
		paper.Num("有数据/应采", "Tags", 18),
		paper.Num("样本", "Samples", 18),
		paper.Num("最长中断", "Gap", 17),
		paper.Col("未满足", "Not met", 26),
	}, rows)
}

func (s *sheet) machine(i int, m *acceptance.Machine) {
	if i == 0 {
		s.Page()
		s.Title(0, "二、逐台设备", "Machine by machine")
	} else {
		s.Y += 4
		s.Room(90)
	}
	s.Title(1, fmt.Sprintf("%d. %s", i+1, both(m.Name)), "")
	s.Text(10, resultColour(m.Result), word(m.Result))
	s.Y += 1
	device := strings.TrimSpace(m.Driver + " " + m.Address + " " + m.Unit)
	if m.Serial != "" {
		device += "，序列号 serial " + m.Serial
	}
	if m.Off {
		device += "，未采集 not collected"
	}
	facts := [][2]string{
		{"路径 Path", m.Path},
		{"设备 Device", device},
		{"类型 Profile", fmt.Sprintf("%s v%d，%s", cmp.Or(m.Profile, "—"), m.Version, word(m.Verified))},
		{"首末样本 First, last", paper.Local(m.First) + " — " + paper.Local(m.Last)},
		{"样本 Samples", fmt.Sprintf("%d；%s；替换 replaced %d", m.Samples, counts("不良 bad", m.Bad), m.Replaced) + uncertain(m.Uncertain)},
		{"测点 Tags", fmt.Sprintf("应采 wanted %d，有数据 delivering %d（其中未变化 unchanged %d），无数据 silent %d", m.Wanted, m.Delivering, m.Quiet, m.Silent)},
		{"覆盖率 Coverage", fmt.Sprintf("%s = %d µs ÷ %d µs", paper.Percent(m.Coverage), m.KnownUs, m.WantedUs)},
		{"通信 Contact", fmt.Sprintf("续写 renewals %d（应不少于 expected %d），断开 lost %d 次 times，最长 longest %s", m.Contact.Renewals, m.Contact.Expected, m.Contact.Gaps, paper.Seconds(m.Contact.LongestUs))},
		{"状态时长 Time by state", states(m.States)},
		{"报警 Alarms", strconv.Itoa(m.Alarms)},
	}
	for _, c := range m.Counters {
		facts = append(facts, [2]string{"计数 Counter " + word(c.Counts), c.Signal + "： " + "从 from " + reading(c.First) + " 到 to " + reading(c.Last)})
	}
	if len(m.Conflicts) > 0 {
		facts = append(facts, [2]string{"身份冲突 Conflicts", strings.Join(m.Conflicts, "\n")})
	}
	facts = append(facts, [2]string{"输入 SHA-256 of the inputs", m.Digest[:min(32, len(m.Digest))] + " " + m.Digest[min(32, len(m.Digest)):]})
	s.Facts(facts)
	s.verdicts(m)
	s.gaps(m)
	s.tags(m)
}

func reading(v *float64) string {
	if v == nil {
		return "—"
	}
	return strconv.FormatFloat(*v, 'f', -1, 64)
}

func counts(name string, of map[string]int64) string {
	total := int64(0)
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(of)) {
		total += of[k]
		parts = append(parts, fmt.Sprintf("%s %d", k, of[k]))
	}
	if total == 0 {
		return name + " 0"
	}
	return fmt.Sprintf("%s %d（%s）", name, total, strings.Join(parts, "，"))
}

func uncertain(of map[string]int64) string {
	if len(of) == 0 {
		return ""
	}
	return "；" + counts("存疑 uncertain", of)
}

func states(of map[string]int64) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%s %s", k, paper.Seconds(of[k]*1000)))
	}
	if len(parts) == 0 {
		return "— 不计状态 no state is kept"
	}
	return strings.Join(parts, "\n")
}

func (s *sheet) verdicts(m *acceptance.Machine) {
	var rows [][]paper.Cell
	for _, v := range m.Verdicts {
		result, c := "满足 met", paper.Good
		if !v.Passed {
			result, c = "未满足 not met", paper.Poor
		}
		value, limit := fmt.Sprint(v.Value), fmt.Sprintf("≤ %g", v.Limit)
		switch v.Criterion {
		case "coverage":
			value, limit = paper.Percent(v.Value), "≥ "+paper.Percent(v.Limit)
		case "gap":
			value, limit = paper.Seconds(int64(v.Value*1e6)), fmt.Sprintf("≤ %g s", v.Limit)
		}
		rows = append(rows, []paper.Cell{paper.Plain(word(v.Criterion)), paper.Plain(value), paper.Plain(limit), paper.Coloured(result, c)})
	}
	s.Table([]paper.Column{paper.Col("判据", "Criterion", 70), paper.Num("实际", "Value", 40), paper.Num("要求", "Limit", 35), paper.Col("结论", "Result", 35)}, rows)
}

// gaps lists contact lost and what is known to be missing.
func (s *sheet) gaps(m *acceptance.Machine) {
	var rows [][]paper.Cell
	for _, g := range m.Contact.List {
		rows = append(rows, []paper.Cell{paper.Plain("通信断开 no contact"), paper.Plain(paper.Local(g.From)), paper.Plain(paper.Local(g.To)), paper.Plain(paper.Seconds(g.To.Sub(g.From).Microseconds())), paper.Plain("")})
	}
	for _, l := range m.Losses {
		long := ""
		if !l.To.IsZero() {
			long = paper.Seconds(l.To.Sub(l.From).Microseconds())
		}
		what := l.What
		if l.Dropped > 0 {
			what += fmt.Sprintf(" (%d)", l.Dropped)
		}
		kind := l.Kind
		if kind == "gap" {
			kind = "loss.gap"
		}
		rows = append(rows, []paper.Cell{paper.Plain(word(kind)), paper.Plain(paper.Local(l.From)), paper.Plain(paper.Local(l.To)), paper.Plain(long), paper.Plain(what)})
	}
	if len(rows) > 0 {
		s.Table([]paper.Column{paper.Col("中断与损失", "Gaps and losses", 40), paper.Col("从", "From", 34), paper.Col("到", "To", 34), paper.Num("时长", "Length", 20), paper.Col("说明", "What", 52)}, rows)
	}
	if more := m.Contact.Gaps - len(m.Contact.List); more > 0 {
		s.Text(8, paper.Grey, fmt.Sprintf("另有 %d 次较短的断开未列出。 %d shorter ones are not listed.", more, more))
	}
}

// maxRows bounds the tags of a machine on paper, the worst first; the JSON file
// has all.
const maxRows = 60

func (s *sheet) tags(m *acceptance.Machine) {
	sorted := slices.Clone(m.Tags)
	slices.SortStableFunc(sorted, func(a, b acceptance.Tag) int { return cmp.Compare(a.KnownUs, b.KnownUs) })
	shown := sorted[:min(len(sorted), maxRows)]
	whole := float64(s.report.Content.To.Sub(s.report.Content.From).Microseconds())
	var rows [][]paper.Cell
	for _, t := range shown {
		share := paper.Plain(paper.Percent(float64(t.KnownUs) / whole))
		if t.Silent {
			share = paper.Coloured("无数据 silent", paper.Poor)
		}
		title := both(t.Title)
		if title != "" {
			title = "\n" + title
		}
		rows = append(rows, []paper.Cell{
			paper.Plain(t.Name + title), share, paper.Plain(strconv.FormatInt(t.Samples, 10)), paper.Plain(strconv.FormatInt(t.Bad, 10)), paper.Plain(strconv.FormatInt(t.Replaced, 10)),
			paper.Plain(strconv.Itoa(t.Gaps)), paper.Plain(paper.Seconds(t.LongestUs)),
		})
	}
	s.Table([]paper.Column{
		paper.Col("测点", "Tag", 62),
		paper.Num("覆盖率", "Coverage", 26),
		paper.Num("样本", "Samples", 20),
		paper.Num("不良", "Bad", 16),
		paper.Num("替换", "Replaced", 18),
		paper.Num("中断次数", "Gaps", 18),
		paper.Num("最长", "Longest", 20),
	}, rows)
	if more := len(sorted) - len(shown); more > 0 {
		s.Text(8, paper.Grey, fmt.Sprintf("另有 %d 个覆盖率更高的测点见 JSON 文件。 %d tags with more coverage are in the JSON file.", more, more))
	}
}

func (s *sheet) definitions() {
	s.Page()
	s.Title(0, "三、定义", "Definitions")
	var rows [][]paper.Cell
	for _, d := range s.report.Content.Definitions {
		rows = append(rows, []paper.Cell{paper.Plain(both(d.Name)), paper.Plain("v" + strconv.Itoa(d.Version)), paper.Plain(d.Text.ZH + "\n" + d.Text.EN)})
	}
	s.Table([]paper.Column{paper.Col("名称", "Name", 40), paper.Col("版本", "Version", 16), paper.Col("含义", "Meaning", 124)}, rows)
}

func (s *sheet) verify() {
	s.Room(70)
	s.Title(0, "四、如何核对", "How to verify")
	id := s.report.ID
	for i, step := range []string{
		"取数据文件 GET /api/v1/acceptance-reports/" + id + "/file?format=json，计算 SHA-256，应等于封面所列。\nFetch the data file and compute its SHA-256: it must be the one on the cover.",
		"数据文件中每个测点带 samples_link：取回原始样本，按第三节的定义重算。\nEvery tag in the data file has a samples_link: fetch the raw samples and compute its row again by the definitions of part three.",
		"在页面“设备连接”的“验收报告”中按“复核”，或 POST /api/v1/acceptance-reports/" + id + "/check：由同一事实重做。事实未变则数据相同；有后到数据则生成下一修订，本修订保留不变。\nPress Check on the page, or POST the address: the report is made again from the facts. The same facts give the same data; facts that came later make the next revision, and this one stays as it is.",
		"报告、设备和样本的改动记录在审计日志和事件日志中。\nThe making of reports is in the audit; facts are never changed, a correction is a new fact.",
	} {
		s.Text(9.5, paper.Black, fmt.Sprintf("%d. %s", i+1, step))
		s.Y += 2
	}
}
