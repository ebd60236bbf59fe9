package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

const colYear = "year"

// returnColumns come before those of values.
var returnColumns = []column{
	{colCode, "统一社会信用代码", []string{"信用代码"}, true},
	{colFirm, "企业名称", []string{"名称"}, false},
	{colYear, "年份", []string{"年度"}, true},
	{colBasis, "依据", nil, false},
}

// Kinds of units that values are written in; the first is that of an export.
var (
	money  = []scale{{"万元", 1_000_000, 1}, {"元", 100, 1}, {"亿元", 10_000_000_000, 1}}
	count  = []scale{{"台", 1, 1}, {"台套", 1, 1}}
	people = []scale{{"人", 1, 1}}
	power  = []scale{{"千瓦时", 1, 1}, {"万千瓦时", 10_000, 1}}
	mass   = []scale{{"千克", 1, 1}, {"吨", 1000, 1}}
	coal   = []scale{{"千克标准煤", 1, 1}, {"吨标准煤", 1000, 1}}
	// A mu is 2000/3 square metres.
	land = []scale{{"平方米", 1, 1}, {"亩", 2000, 3}}
)

// values are those of a firm's year, as sheets call them.
var values = []struct {
	name  string
	zh    string
	units []scale
}{
	{"machines", "生产设备数", count},
	{"machines_nc", "数控设备数", count},
	{"machines_networked", "联网设备数", count},
	{"employees", "从业人员", people},
	{"sales_fen", "销售收入", money},
	{"output_fen", "工业总产值", money},
	{"smart_output_fen", "智能新产品产值", money},
	{"value_added_fen", "工业增加值", money},
	{"tech_investment_fen", "工业技术改造投资", money},
	{"rebuild_investment_fen", "改建投资", money},
	{"key_investment_fen", "重点技术改造投资", money},
	{"rd_fen", "研发费用", money},
	{"tax_fen", "实缴税金", money},
	{"land_m2", "用地面积", land},
	{"energy_kgce", "综合能耗", coal},
	{"electricity_kwh", "用电量", power},
	{"emission_kg", "排污量", mass},
}

var withUnit = regexp.MustCompile(`^(.+?)(?:[（(]([^（()）]+)[)）])?$`)

func returnHead(text string) (head, error) {
	for _, c := range returnColumns {
		if strings.EqualFold(text, c.name) || text == c.zh || slices.Contains(c.also, text) {
			return head{name: c.name}, nil
		}
	}
	m := withUnit.FindStringSubmatch(text)
	for _, v := range values {
		if text == v.name {
			return head{name: v.name, scale: scale{"", 1, 1}}, nil
		}
		if m == nil || m[1] != v.zh {
			continue
		}
		for _, u := range v.units {
			if m[2] == u.unit || m[2] == "" && !slices.ContainsFunc(v.units, func(o scale) bool { return o.num != u.num || o.den != u.den }) {
				return head{name: v.name, scale: u}, nil
			}
		}
		return head{}, fmt.Errorf("write the unit behind the name: %s（%s）", v.zh, v.units[0].unit)
	}
	return head{}, errors.New("no value of a return; begin with the template, or leave it out")
}

func (d *Desk) planReturns(ctx context.Context, tenant plant.TenantNo, areas []access.Area, file string, raw []byte) ([]Planned, error) {
	s, err := readSheet(file, raw, returnHead, colCode, colYear)
	if err != nil {
		return nil, err
	}
	firms, err := d.firmsOf(ctx, tenant, areas, s)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(firms))
	for _, f := range firms {
		ids = append(ids, f.ID)
	}
	slices.Sort(ids)
	own, err := d.Store.ReturnsOfFirms(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	p := returnPlan{now: d.Now().Year(), own: own, seen: map[string]int{}, told: map[string][]target.Return{}}
	out := make([]Planned, 0, len(s.rows))
	for _, r := range s.rows {
		out = append(out, p.row(s.line(r), firms))
	}
	return out, nil
}

// returnPlan goes through the rows of one sheet.
type returnPlan struct {
	now  int
	own  map[string][]target.Return // by firm, as they stand
	seen map[string]int             // line of a firm's value of a year
	told map[string][]target.Return // by firm, as the sheet says before
}

func (p *returnPlan) row(l *lineOf, firms map[string]Firm) Planned {
	firm, found := l.firmOf(firms)
	year := 0
	if text := strings.TrimSuffix(l.cell(colYear), "年"); text == "" {
		l.wrong(colYear, "请填写年份", "write the year")
	} else {
		year = int(l.whole(colYear, text, 1949, int64(p.now)))
	}
	basis := target.Declared
	if text := l.cell(colBasis); text != "" {
		if basis = l.basis(colBasis, text); basis == target.Machine {
			l.wrong(colBasis, "申报数据的依据为“审核”或“申报”；机器证据由联网设备自动得出", "machines speak for themselves; write audited or declared")
		}
	}
	out := Planned{Line: l.row.Line, Firm: cmp.Or(firm.Name, l.cell(colCode)), What: strings.TrimSpace(fmt.Sprintf("%d %s", year, basisZH[basis])), Status: Unchanged}
	fresh := false
	for _, h := range l.s.heads {
		text := l.row.Cell(h.at)
		if h.scale.num == 0 || text == "" {
			continue
		}
		r, changes, isNew := p.value(l, h, text, firm.ID, year, basis)
		if changes {
			out.returns = append(out.returns, r)
		}
		fresh = fresh || isNew
	}
	if found && !l.broken() {
		if err := target.CheckReturns(p.now, append(slices.Clone(p.told[firm.ID]), p.own[firm.ID]...), out.returns); err != nil {
			l.wrong("", "数值相互矛盾或不合法：%[1]s", "%[1]s", err.Error())
		}
		p.told[firm.ID] = append(p.told[firm.ID], out.returns...)
	}
	switch {
	case l.broken():
		out.Status = Wrong
	case len(out.returns) > 0 && fresh:
		out.Status = New
	case len(out.returns) > 0:
		out.Status = Changed
	}
	out.Faults = l.faults
	return out
}

// value reads one cell beside what stands there.
func (p *returnPlan) value(l *lineOf, h head, text, firm string, year int, basis target.Basis) (r target.Return, changes, fresh bool) {
	r = target.Return{Firm: firm, Year: year, Name: h.name, Basis: basis}
	key := fmt.Sprint(firm, " ", year, " ", h.name)
	if first, twice := p.seen[key]; twice && firm != "" {
		l.wrong(h.name, "第 %[1]d 行已有同一企业同一年份的该项数据", "line %[1]d has the same value of the same firm and year", first)
	}
	p.seen[key] = l.row.Line
	was, had := target.Return{}, false
	for _, o := range p.own[firm] {
		if o.Year == year && o.Name == h.name {
			was, had = o, true
		}
	}
	r.Rev = was.Rev
	if text == cleared {
		r.Value, r.Basis, r.Void = was.Value, was.Basis, true
		return r, had && !was.Void, false
	}
	if r.Value = l.amount(h, text); r.Value < 0 && h.name != "value_added_fen" {
		l.wrong(h.name, "不能为负数", "it is never negative")
	}
	if had && !was.Void && was.Basis == target.Audited && basis == target.Declared && was.Value != r.Value {
		l.say(true, h.name, "将用申报值替换经审核的 %[1]s", "a declared value takes the place of the audited %[1]s", shown(was.Value, h.scale))
	}
	return r, !had || was.Void || was.Value != r.Value || was.Basis != basis, !had || was.Void
}

// yearRows are the rows of a firm's year: one for each basis.
func yearRows(y FirmYear) (out [][]string) {
	for _, basis := range []target.Basis{target.Audited, target.Declared} {
		row := []string{y.Firm.Code, y.Firm.Name, strconv.Itoa(y.Year), basisZH[basis]}
		any := false
		for _, v := range values {
			text := ""
			if i := slices.IndexFunc(y.Values, func(r target.Return) bool { return r.Name == v.name && r.Basis == basis && !r.Void }); i >= 0 {
				text, any = shown(y.Values[i].Value, v.units[0]), true
			}
			row = append(row, text)
		}
		if any {
			out = append(out, row)
		}
	}
	return out
}
