// Package print draws certificates of conformity as PDF, in Chinese and English.
//
// It decides nothing and knows no store; the same revision gives the same bytes.
// Start with [PDF].
package print

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"

	"zhigai/paper"
	"zhigai/plant"
	"zhigai/shop/quality"
	"zhigai/shop/quality/certificate"
)

const qrSide = 26.0 // mm

// Code is what the QR code of a revision says: number, revision and digest.
func Code(number string, revision int, digest string) string {
	return fmt.Sprintf("ZGQC1.%s.%d.%s", number, revision, digest)
}

// PDF writes a revision.
func PDF(i certificate.Issue, out io.Writer) error {
	c, intact, err := i.Read()
	if err != nil {
		return err
	}
	s, err := paper.New("质量证明书 "+c.Number, fmt.Sprintf("%s 第 %d 版  SHA-256 %s", c.Number, c.Revision, i.Digest), i.At.Time())
	if err != nil {
		return err
	}
	s.Page()
	square, err := qr.Encode(Code(c.Number, c.Revision, i.Digest), qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("certificate %s: QR code: %w", c.Number, err)
	}
	s.Modules(square, paper.Margin+paper.Width-qrSide, paper.Margin, qrSide, qrSide)
	s.Font(18, paper.Black)
	s.At(paper.Margin, s.Y, "质量证明书（合格证）")
	s.Font(10, paper.Grey)
	s.At(paper.Margin, s.Y+9, "Inspection certificate of conformity")
	s.At(paper.Margin, s.Y+14, "内容按 EN 10204:2004 3.1 / content after EN 10204:2004, 3.1")
	s.Font(12, paper.Black)
	s.At(paper.Margin, s.Y+20, fmt.Sprintf("%s  第 %d 版 / revision %d", c.Number, c.Revision, c.Revision))
	s.Y += qrSide + 4
	if i.State != certificate.Issued {
		s.Text(11, paper.Poor, ended(i))
		s.Y += 2
	}
	if !intact {
		s.Text(11, paper.Poor, "内容与摘要不符，不得使用 / the content is not that of the digest: do not use it")
	}
	goods(s, &c)
	lines(s, &c)
	gauges(s, &c)
	made(s, &c)
	cases(s, &c)
	declared(s, &c, i)
	return s.Output(out)
}

func ended(i certificate.Issue) string {
	zh, en := "本版已被后一版替代", "Replaced by a later revision"
	if i.State == certificate.Withdrawn {
		zh, en = "本证明书已撤回", "Withdrawn"
	}
	if i.Ended == nil {
		return zh + " / " + en
	}
	return fmt.Sprintf("%s / %s：%s（%s，%s）", zh, en, i.Ended.Reason, i.Ended.By, paper.Local(i.Ended.At.Time()))
}

func both(n plant.Name) string {
	if n.ZH == "" || n.EN == "" || n.ZH == n.EN {
		return cmp.Or(n.ZH, n.EN)
	}
	return n.ZH + " / " + n.EN
}

func local(at plant.Instant) string {
	if at == 0 {
		return "—"
	}
	return paper.Local(at.Time())
}

func dayOf(at plant.Instant) string { return local(at)[:min(len(local(at)), 10)] }

func goods(s *paper.Sheet, c *certificate.Content) {
	s.Title(1, "1 货物", "Goods")
	facts := [][2]string{
		{"制造方 Manufacturer", cmp.Or(both(c.Maker), "—")},
		{"客户 Customer", cmp.Or(c.Customer, "—")},
		{"客户编号 Reference", cmp.Or(c.Reference, "—")},
		{"订单 Order", c.Order},
		{"产品 Product", strings.TrimSpace(c.Product + "  " + both(c.ProductName))},
		{"产品定义版本 Revision", strconv.Itoa(c.Definition)},
		{"数量 Quantity", fmt.Sprintf("%d %s", c.Quantity, unit(c.Unit))},
		{"制造 Made", local(c.Began) + " – " + local(c.Ended)},
	}
	if len(c.Lots) > 0 {
		numbers := make([]string, len(c.Lots))
		for i, l := range c.Lots {
			numbers[i] = l.Number
		}
		facts = append(facts, [2]string{"批号/序列号 Lots, serials", strings.Join(numbers, "、")})
	}
	s.Facts(facts)
}

func unit(u string) string {
	if u == "{piece}" {
		return "件 pcs"
	}
	return u
}

var results = map[certificate.Result]string{
	certificate.Conforms: "合格 conforms", certificate.Concession: "让步接收 concession", certificate.Decided: "已处置 decided",
	certificate.Outside: "不合格 outside", certificate.Doubtful: "存疑 doubtful", certificate.NotInspected: "未检 not inspected", certificate.Rejected: "拒收 rejected",
}

func number(v *float64, decimals int) string {
	switch {
	case v == nil:
		return "—"
	case decimals > 0:
		return strconv.FormatFloat(*v, 'f', decimals, 64)
	}
	return strconv.FormatFloat(*v, 'g', 6, 64)
}

func lines(s *paper.Sheet, c *certificate.Content) {
	s.Title(1, "2 检验结果", "Results of inspection")
	columns := []paper.Column{
		paper.Col("特性", "Characteristic", 50), paper.Col("规范", "Limits", 33), paper.Num("n", "", 12), paper.Num("最小", "Min", 17), paper.Num("平均", "Mean", 18), paper.Num("最大", "Max", 17), paper.Col("结论", "Result", 33),
	}
	var rows [][]paper.Cell
	for _, l := range c.Lines {
		colour := paper.Good
		if l.Result != certificate.Conforms {
			colour = paper.Poor
		}
		name := strings.TrimSpace(l.Code + " " + both(l.Name))
		if l.Special {
			name += "（关键 key）"
		}
		limits := number(l.LSL, l.Decimals) + " … " + number(l.USL, l.Decimals) + " " + l.Unit
		low, mean, high := number(l.Min, l.Decimals), number(l.Mean, more(l.Decimals)), number(l.Max, l.Decimals)
		if l.Attribute {
			limits, low, mean, high = cmp.Or(l.Plan, "0"), "—", "—", fmt.Sprintf("%d", l.Found)
		}
		rows = append(rows, []paper.Cell{
			paper.Plain(name), paper.Plain(strings.TrimSpace(limits)), paper.Plain(strconv.FormatInt(l.N, 10)),
			paper.Plain(low), paper.Plain(mean), paper.Plain(high), paper.Coloured(results[l.Result], colour),
		})
	}
	s.Table(columns, rows)
	s.Text(7.5, paper.Grey, "计数型特性：规范为允许不合格数或抽样方案（GB/T 2828.1），“最大”为不合格数。 / Attributes: limits are the nonconforming units allowed or the sampling plan (GB/T 2828.1), Max the nonconforming units found.")
	s.Y += 2
	for _, l := range c.Lines {
		if l.Subgroups == 0 {
			continue
		}
		text := fmt.Sprintf("%s：%d 组 subgroups，%s – %s；记录 records %s", l.Code, l.Subgroups, local(l.From), local(l.To), strings.Join(l.Inspections[:min(len(l.Inspections), 3)], ", "))
		if l.Subgroups > 3 {
			text += fmt.Sprintf(" …（全部 all: SHA-256 %s）", l.IDs)
		}
		if l.Again > 0 {
			text += fmt.Sprintf("；%d 组因量具异常已重测，未计入 left out and measured again", l.Again)
		}
		s.Text(7, paper.Grey, text)
	}
	s.Y += 3
}

// more digits of a mean than of a value.
func more(decimals int) int {
	if decimals == 0 {
		return 0
	}
	return decimals + 1
}

var gaugeStates = map[certificate.GaugeState]string{
	certificate.GaugeValid: "有效 valid", certificate.GaugeOverdue: "曾过期 overdue", certificate.GaugeNever: "未校准 never", certificate.GaugeUnknown: "此前未知 unknown", certificate.GaugeFree: "无周期 no interval",
}

func gauges(s *paper.Sheet, c *certificate.Content) {
	if len(c.Gauges) == 0 {
		return
	}
	s.Title(1, "3 量具", "Gauges")
	var rows [][]paper.Cell
	for _, g := range c.Gauges {
		state := gaugeStates[g.State]
		if g.Since != 0 {
			state += "，" + dayOf(g.Since) + " 已校准 calibrated since"
		}
		rows = append(rows, []paper.Cell{
			paper.Plain(g.Number), paper.Plain(both(g.Name)), paper.Plain(dayOf(g.Calibrated)), paper.Plain(dayOf(g.Due)), paper.Plain(state), paper.Plain(g.Note),
		})
	}
	s.Table([]paper.Column{
		paper.Col("编号", "Number", 24), paper.Col("名称", "Name", 42), paper.Col("校准", "Calibrated", 23), paper.Col("有效至", "Due", 23), paper.Col("测量时状态", "State when measuring", 34), paper.Col("证书", "Certificate", 34),
	}, rows)
}

func made(s *paper.Sheet, c *certificate.Content) {
	s.Title(1, "4 材料（按谱系）", "Materials, by genealogy")
	if len(c.Heats) == 0 {
		s.Text(8.5, paper.Grey, "没有登记所用材料的批号。 / No lots of materials were recorded.")
		s.Y += 3
		return
	}
	var rows [][]paper.Cell
	for _, h := range c.Heats {
		rows = append(rows, []paper.Cell{paper.Plain(h.Item), paper.Plain(h.Number), paper.Plain(h.Supplier), paper.Plain(h.Paper)})
	}
	s.Table([]paper.Column{paper.Col("物料", "Item", 40), paper.Col("炉号/批号", "Heat, lot", 50), paper.Col("供应商", "Supplier", 45), paper.Col("证书/送货单", "Certificate, note", 45)}, rows)
	if c.HeatsMore {
		s.Text(8, paper.Grey, "还有更多，未全部列出。 / There are more than are listed.")
	}
}

var dispositions = map[string]string{"rework": "返工 rework", "scrap": "报废 scrap", "sort": "挑选 sort", "return": "退货 return", "concession": "让步接收 concession"}

var caseStates = map[quality.CaseState]string{
	quality.CaseOpen: "待隔离 open", quality.CaseContained: "已隔离 contained", quality.CaseAnalysed: "原因已明 analysed", quality.CaseActed: "已采取措施 acted", quality.CaseVerified: "已验证 verified", quality.CaseClosed: "已关闭 closed",
}

func cases(s *paper.Sheet, c *certificate.Content) {
	s.Title(1, "5 不合格与让步", "Nonconformances and concessions")
	if len(c.Cases) == 0 {
		s.Text(8.5, paper.Black, "无 / none")
		s.Y += 3
		return
	}
	var rows [][]paper.Cell
	for _, one := range c.Cases {
		rows = append(rows, []paper.Cell{
			paper.Plain(one.Text), paper.Plain(strconv.FormatFloat(one.Quantity, 'f', -1, 64)), paper.Plain(strings.TrimSpace(dispositions[one.Disposition] + " " + caseStates[one.State])),
			paper.Plain(one.By + " " + dayOf(one.At)), paper.Plain(one.Why),
		})
	}
	s.Table([]paper.Column{paper.Col("什么不合格", "What", 52), paper.Num("数量", "Quantity", 16), paper.Col("处置", "Decision", 36), paper.Col("谁、何时", "Who, when", 32), paper.Col("理由", "Why", 44)}, rows)
}

func declared(s *paper.Sheet, c *certificate.Content, i certificate.Issue) {
	s.Title(1, "6 声明", "Declaration")
	s.Text(9, paper.Black, "兹证明上述货物符合订单要求，检验结果如上；第 5 节所列让步除外。")
	s.Text(9, paper.Black, "We declare that the goods are in compliance with the order and that the results above are theirs, but for the concessions of section 5.")
	s.Y += 2
	inspectors := strings.Join(c.Inspectors, "、")
	if c.Machines > 0 {
		inspectors = strings.TrimPrefix(inspectors+fmt.Sprintf("、%d 个设备信号自动测量 signals of machines", c.Machines), "、")
	}
	facts := [][2]string{
		{"检验 Inspected by", inspectors},
		{"签发 Released by", c.ReleasedBy},
		{"签发时间 Issued", local(c.Issued)},
		{"摘要 Digest (SHA-256)", i.Digest},
	}
	if c.Note != "" {
		facts = append(facts, [2]string{"备注 Note", c.Note})
	}
	s.Facts(facts)
	s.Text(7.5, paper.Grey, "二维码与摘要可在“质量 – 合格证 – 核对”中核对。 / The QR code and the digest can be checked under Quality – Certificates – Check.")
}
