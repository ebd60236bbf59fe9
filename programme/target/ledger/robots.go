package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// Columns that rows are told apart by, and others that are named in code.
const (
	colCode   = "code"
	colFirm   = "firm"
	colMaker  = "maker"
	colSerial = "serial"
	colAxes   = "axes"
	colFrom   = "from"
	colTo     = "to"
	colBasis  = "basis"
)

// robotColumns are those of the robot register, in the order of an export.
var robotColumns = []column{
	{colCode, "统一社会信用代码", []string{"信用代码"}, true},
	{colFirm, "企业名称", []string{"名称"}, false}, // for people; the code says whose it is
	{colMaker, "制造商", []string{"生产厂家", "品牌"}, true},
	{colSerial, "出厂编号", []string{"序列号"}, true},
	{"model", "型号", []string{"规格型号"}, true},
	{colAxes, "轴数", []string{"自由度"}, true},
	{"title", "设备名称", nil, false},
	{"station", "工位", []string{"安装位置"}, false},
	{colFrom, "投用日期", []string{"启用日期"}, true},
	{colTo, "退役日期", []string{"报废日期"}, false},
	{colBasis, "依据", nil, false},
	{"equipment", "联网设备编号", nil, false},
	{"paper", "文号", nil, false},
	{"remark", "备注", nil, false},
}

func robotHead(text string) (head, error) {
	for _, c := range robotColumns {
		if strings.EqualFold(text, c.name) || text == c.zh || slices.Contains(c.also, text) {
			return head{name: c.name}, nil
		}
	}
	return head{}, errors.New("no column of the robot register; begin with the template, or leave it out")
}

func (d *Desk) planRobots(ctx context.Context, tenant plant.TenantNo, areas []access.Area, file string, raw []byte) ([]Planned, error) {
	s, err := readSheet(file, raw, robotHead, colCode, colMaker, colSerial)
	if err != nil {
		return nil, err
	}
	firms, err := d.firmsOf(ctx, tenant, areas, s)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, r := range s.rows {
		l := s.line(r)
		keys = append(keys, KeyOf(target.Plate{Maker: l.cell(colMaker), Serial: l.cell(colSerial)}))
	}
	known, err := d.Store.Robots(ctx, tenant, keys)
	if err != nil {
		return nil, err
	}
	seen := map[string]int{}
	out := make([]Planned, 0, len(s.rows))
	for i, r := range s.rows {
		l := s.line(r)
		if first, twice := seen[keys[i]]; twice {
			l.wrong(colSerial, "与第 %[1]d 行的制造商和出厂编号相同", "the same maker and serial number as line %[1]d", first)
		}
		seen[keys[i]] = r.Line
		was, old := known[keys[i]]
		out = append(out, d.robot(ctx, tenant, areas, l, firms, was, old))
	}
	return out, nil
}

// robot plans one row beside the entry that has its serial number.
func (d *Desk) robot(ctx context.Context, tenant plant.TenantNo, areas []access.Area, l *lineOf, firms map[string]Firm, was target.Entry, old bool) Planned {
	firm, found := l.firmOf(firms)
	if old && found && was.Firm != firm.ID {
		l.wrong(colSerial, "该机器人已登记在另一家企业名下，请先在原企业退役或作废", "this robot stands in the register of another firm; retire it there first")
	}
	e := target.Entry{Kind: "robot", Basis: target.Declared, Robot: &target.Plate{}}
	if old && was.Firm == firm.ID {
		e = was
		plate := *was.Robot
		e.Robot = &plate
	}
	e.Firm = firm.ID
	l.fillRobot(&e)
	for _, c := range robotColumns {
		if c.need && c.name != colCode && l.cell(c.name) == "" && (e.ID == "" || slices.Contains([]string{colMaker, colSerial}, c.name)) {
			l.wrong(c.name, "请填写%[1]s", "write the %[2]s", c.zh, c.name)
		}
	}
	if e.Title == "" {
		e.Title = strings.TrimSpace(e.Robot.Maker + " " + e.Robot.Model)
	}
	out := Planned{Line: l.row.Line, Firm: firm.Name, What: e.Robot.Serial, Status: New}
	if out.Firm == "" {
		out.Firm = l.cell(colCode)
	}
	if !l.broken() {
		checked, err := d.Targets.CheckEntry(ctx, tenant, areas, e)
		if err != nil {
			l.wrong("", "%[1]s", "%[1]s", err.Error())
		}
		e = checked
	}
	switch {
	case l.broken():
		out.Status = Wrong
	case old && sameRobot(was, e):
		out.Status = Unchanged
	case old:
		out.Status = Changed
	}
	out.Faults, out.entry = l.faults, &e
	return out
}

func (l *lineOf) fillRobot(e *target.Entry) {
	for _, f := range []struct {
		name string
		to   *string
	}{
		{"title", &e.Title},
		{colMaker, &e.Robot.Maker},
		{colSerial, &e.Robot.Serial},
		{"model", &e.Robot.Model},
		{"station", &e.Robot.Station},
		{"equipment", &e.Robot.Equipment},
		{"paper", &e.Paper},
		{"remark", &e.Remark},
	} {
		switch text := l.cell(f.name); text {
		case "":
		case cleared:
			*f.to = ""
		default:
			*f.to = text
		}
	}
	if text := l.cell(colAxes); text != "" {
		e.Robot.Axes = int(l.whole(colAxes, text, 3, 20))
	}
	if text := l.cell(colBasis); text != "" {
		e.Basis = l.basis(colBasis, text)
	}
	l.span(colFrom, &e.From)
	l.span(colTo, &e.To)
	if e.To != 0 && e.To <= e.From {
		l.wrong(colTo, "退役日期不晚于投用日期", "it was retired before it came into service")
	}
	if e.Basis == target.Machine && e.Robot.Equipment == "" {
		l.wrong(colBasis, "只有已联网的机器人才有机器证据；请填写联网设备编号，或写“审核”“申报”", "only a connected robot is founded on machine evidence; write its machine, or audited or declared")
	}
}

// span keeps the instant there was when the cell names its day.
func (l *lineOf) span(column string, at *plant.Micros) {
	text := l.cell(column)
	if text == cleared && column == colTo {
		*at = 0
		return
	}
	if text == "" {
		return
	}
	if day := l.day(column, text); day != 0 && (*at == 0 || target.DayOf(day) != target.DayOf(*at)) {
		*at = day
	}
}

func sameRobot(a, b target.Entry) bool {
	return *a.Robot == *b.Robot && a.Firm == b.Firm && a.Title == b.Title && a.From == b.From && a.To == b.To && a.Basis == b.Basis && a.Paper == b.Paper && a.Remark == b.Remark
}

var basisZH = map[target.Basis]string{target.Machine: "机器证据", target.Audited: "审核", target.Declared: "申报"}

func robotCells(r Row) []string {
	to := ""
	if r.To != 0 {
		to = target.DayOf(r.To)
	}
	p := r.Robot
	return []string{r.FirmCode, r.FirmName, p.Maker, p.Serial, p.Model, fmt.Sprint(p.Axes), r.Title, p.Station, target.DayOf(r.From), to, basisZH[r.Basis], p.Equipment, r.Paper, r.Remark}
}
