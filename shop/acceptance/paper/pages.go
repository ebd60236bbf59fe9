package paper

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

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

func resultColour(result string) colour {
	if result == acceptance.Passed {
		return good
	}
	return poor
}

func both(n plant.Name) string { return strings.TrimSpace(n.ZH + " " + n.EN) }

func (s *sheet) cover() {
	r := &s.report
	c := &r.Content
	s.page()
	s.y = 32
	s.text(24, black, "设备接入验收报告")
	s.y += 2
	s.text(13, grey, "Acceptance report of connected equipment")
	s.y += 8
	fill := resultColour(c.Result)
	s.pdf.SetFillColor(fill[0], fill[1], fill[2])
	s.pdf.Rect(margin, s.y, width, 16, "F")
	s.font(15, colour{255, 255, 255})
	s.at(margin+4, s.y+4.5, fmt.Sprintf("%s · %d / %d 台设备合格 machines passed", word(c.Result), c.Totals.Passed, c.Totals.Machines))
	s.y += 23
	var places []string
	for _, p := range c.Names {
		places = append(places, both(p.Name)+" ("+p.Path+")")
	}
	t := c.Totals
	s.facts([][2]string{
		{"范围 Places", strings.Join(places, "\n")},
		{"时段 Time", fmt.Sprintf("%s — %s（UTC+8）", local(c.From), local(c.To))},
		{"设备 Machines", fmt.Sprintf("%d：合格 passed %d，不合格 failed %d，无数据 no data %d", t.Machines, t.Passed, t.Failed, t.NoData)},
		{"测点 Tags", fmt.Sprintf("应采 wanted %d，有数据 delivering %d，无数据 silent %d", t.Wanted, t.Delivering, t.Silent)},
		{"样本 Samples", fmt.Sprintf("%d，不良 bad %d，替换 replaced %d", t.Samples, t.Bad, t.Replaced)},
		{"覆盖率 Coverage", fmt.Sprintf("%s = %d µs ÷ %d µs", percent(t.Coverage), t.KnownUs, t.WantedUs)},
		{"判据 Criteria", fmt.Sprintf("覆盖率 coverage ≥ %s；最长中断 longest gap ≤ %g s；无数据测点 silent tags ≤ %d；身份冲突 identity conflicts ≤ %d", percent(c.Criteria.Coverage), c.Criteria.GapS, c.Criteria.Silent, c.Criteria.Conflicts)},
		{"编制 Made", fmt.Sprintf("%s（UTC+8），%s", local(r.Made), cmp.Or(r.By, "—"))},
		{"报告编号 Report", fmt.Sprintf("%s，修订 revision %d", r.ID, r.Revision)},
		{"前一修订 Previous", cmp.Or(r.Previous, "—")},
		{"数据 SHA-256 of the data", r.SHA256[:min(32, len(r.SHA256))] + " " + r.SHA256[min(32, len(r.SHA256)):]},
	})
	if r.Next != "" {
		s.text(10, poor, "此修订已被 "+r.Next+" 取代。 This revision was replaced by "+r.Next+".")
	}
	s.signatures()
}

func (s *sheet) signatures() {
	s.y = max(s.y+14, 218)
	s.room(40)
	half := width / 2
	for i, who := range []string{"服务商 Service provider", "厂方 Plant"} {
		x := margin + float64(i)*half
		s.font(10, black)
		s.at(x, s.y, who)
		for k, line := range []string{"姓名 Name", "签字 Signature", "日期 Date"} {
			y := s.y + 14 + float64(k)*13
			s.font(8.5, grey)
			s.at(x, y, line)
			s.pdf.SetDrawColor(grey[0], grey[1], grey[2])
			s.pdf.Line(x+30, y+4, x+half-8, y+4)
		}
	}
	s.y += 50
}

func (s *sheet) summary() {
	s.page()
	s.title(0, "一、汇总", "Summary")
	var rows [][]cell
	for i, m := range s.report.Content.Machines {
		var failed []string
		for _, id := range m.FailedCriteria() {
			failed = append(failed, word(id))
		}
		silent := plain(fmt.Sprintf("%d/%d", m.Delivering, m.Wanted))
		if m.Silent > 0 {
			silent.c = poor
		}
		rows = append(rows, []cell{
			plain(strconv.Itoa(i + 1)),
			plain(both(m.Name) + "\n" + m.Path),
			{strings.Replace(word(m.Result), " ", "\n", 1), resultColour(m.Result)},
			plain(percent(m.Coverage)), silent, plain(strconv.FormatInt(m.Samples, 10)), plain(seconds(m.LongestUs)),
			{strings.Join(failed, "\n"), poor},
		})
	}
	s.table([]column{
		{"序", "No", 9, true},
		{"设备", "Machine", 54, false},
		{"结论", "Result", 18, false},
		{"覆盖率", "Coverage", 20, true},
		{"有数据/应采", "Tags", 18, true},
		{"样本", "Samples", 18, true},
		{"最长中断", "Gap", 17, true},
		{"未满足", "Not met", 26, false},
	}, rows)
}

func (s *sheet) machine(i int, m *acceptance.Machine) {
	if i == 0 {
		s.page()
		s.title(0, "二、逐台设备", "Machine by machine")
	} else {
		s.y += 4
		s.room(90)
	}
	s.title(1, fmt.Sprintf("%d. %s", i+1, both(m.Name)), "")
	s.text(10, resultColour(m.Result), word(m.Result))
	s.y += 1
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
		{"首末样本 First, last", local(m.First) + " — " + local(m.Last)},
		{"样本 Samples", fmt.Sprintf("%d；%s；替换 replaced %d", m.Samples, counts("不良 bad", m.Bad), m.Replaced) + uncertain(m.Uncertain)},
		{"测点 Tags", fmt.Sprintf("应采 wanted %d，有数据 delivering %d（其中未变化 unchanged %d），无数据 silent %d", m.Wanted, m.Delivering, m.Quiet, m.Silent)},
		{"覆盖率 Coverage", fmt.Sprintf("%s = %d µs ÷ %d µs", percent(m.Coverage), m.KnownUs, m.WantedUs)},
		{"通信 Contact", fmt.Sprintf("续写 renewals %d（应不少于 expected %d），断开 lost %d 次 times，最长 longest %s", m.Contact.Renewals, m.Contact.Expected, m.Contact.Gaps, seconds(m.Contact.LongestUs))},
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
	s.facts(facts)
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
		parts = append(parts, fmt.Sprintf("%s %s", k, seconds(of[k]*1000)))
	}
	if len(parts) == 0 {
		return "— 不计状态 no state is kept"
	}
	return strings.Join(parts, "\n")
}

func (s *sheet) verdicts(m *acceptance.Machine) {
	var rows [][]cell
	for _, v := range m.Verdicts {
		result, c := "满足 met", good
		if !v.Passed {
			result, c = "未满足 not met", poor
		}
		value, limit := fmt.Sprint(v.Value), fmt.Sprintf("≤ %g", v.Limit)
		switch v.Criterion {
		case "coverage":
			value, limit = percent(v.Value), "≥ "+percent(v.Limit)
		case "gap":
			value, limit = seconds(int64(v.Value*1e6)), fmt.Sprintf("≤ %g s", v.Limit)
		}
		rows = append(rows, []cell{plain(word(v.Criterion)), plain(value), plain(limit), {result, c}})
	}
	s.table([]column{{"判据", "Criterion", 70, false}, {"实际", "Value", 40, true}, {"要求", "Limit", 35, true}, {"结论", "Result", 35, false}}, rows)
}

// gaps lists contact lost and what is known to be missing.
func (s *sheet) gaps(m *acceptance.Machine) {
	var rows [][]cell
	for _, g := range m.Contact.List {
		rows = append(rows, []cell{plain("通信断开 no contact"), plain(local(g.From)), plain(local(g.To)), plain(seconds(g.To.Sub(g.From).Microseconds())), plain("")})
	}
	for _, l := range m.Losses {
		long := ""
		if !l.To.IsZero() {
			long = seconds(l.To.Sub(l.From).Microseconds())
		}
		what := l.What
		if l.Dropped > 0 {
			what += fmt.Sprintf(" (%d)", l.Dropped)
		}
		kind := l.Kind
		if kind == "gap" {
			kind = "loss.gap"
		}
		rows = append(rows, []cell{plain(word(kind)), plain(local(l.From)), plain(local(l.To)), plain(long), plain(what)})
	}
	if len(rows) > 0 {
		s.table([]column{{"中断与损失", "Gaps and losses", 40, false}, {"从", "From", 34, false}, {"到", "To", 34, false}, {"时长", "Length", 20, true}, {"说明", "What", 52, false}}, rows)
	}
	if more := m.Contact.Gaps - len(m.Contact.List); more > 0 {
		s.text(8, grey, fmt.Sprintf("另有 %d 次较短的断开未列出。 %d shorter ones are not listed.", more, more))
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
	var rows [][]cell
	for _, t := range shown {
		share := plain(percent(float64(t.KnownUs) / whole))
		if t.Silent {
			share = cell{"无数据 silent", poor}
		}
		title := both(t.Title)
		if title != "" {
			title = "\n" + title
		}
		rows = append(rows, []cell{
			plain(t.Name + title), share, plain(strconv.FormatInt(t.Samples, 10)), plain(strconv.FormatInt(t.Bad, 10)), plain(strconv.FormatInt(t.Replaced, 10)),
			plain(strconv.Itoa(t.Gaps)), plain(seconds(t.LongestUs)),
		})
	}
	s.table([]column{
		{"测点", "Tag", 62, false},
		{"覆盖率", "Coverage", 26, true},
		{"样本", "Samples", 20, true},
		{"不良", "Bad", 16, true},
		{"替换", "Replaced", 18, true},
		{"中断次数", "Gaps", 18, true},
		{"最长", "Longest", 20, true},
	}, rows)
	if more := len(sorted) - len(shown); more > 0 {
		s.text(8, grey, fmt.Sprintf("另有 %d 个覆盖率更高的测点见 JSON 文件。 %d tags with more coverage are in the JSON file.", more, more))
	}
}

func (s *sheet) definitions() {
	s.page()
	s.title(0, "三、定义", "Definitions")
	var rows [][]cell
	for _, d := range s.report.Content.Definitions {
		rows = append(rows, []cell{plain(both(d.Name)), plain("v" + strconv.Itoa(d.Version)), plain(d.Text.ZH + "\n" + d.Text.EN)})
	}
	s.table([]column{{"名称", "Name", 40, false}, {"版本", "Version", 16, false}, {"含义", "Meaning", 124, false}}, rows)
}

func (s *sheet) verify() {
	s.room(70)
	s.title(0, "四、如何核对", "How to verify")
	id := s.report.ID
	for i, step := range []string{
		"取数据文件 GET /api/v1/acceptance-reports/" + id + "/file?format=json，计算 SHA-256，应等于封面所列。\nFetch the data file and compute its SHA-256: it must be the one on the cover.",
		"数据文件中每个测点带 samples_link：取回原始样本，按第三节的定义重算。\nEvery tag in the data file has a samples_link: fetch the raw samples and compute its row again by the definitions of part three.",
		"在页面“设备连接”的“验收报告”中按“复核”，或 POST /api/v1/acceptance-reports/" + id + "/check：由同一事实重做。事实未变则数据相同；有后到数据则生成下一修订，本修订保留不变。\nPress Check on the page, or POST the address: the report is made again from the facts. The same facts give the same data; facts that came later make the next revision, and this one stays as it is.",
		"报告、设备和样本的改动记录在审计日志和事件日志中。\nThe making of reports is in the audit; facts are never changed, a correction is a new fact.",
	} {
		s.text(9.5, black, fmt.Sprintf("%d. %s", i+1, step))
		s.y += 2
	}
}
