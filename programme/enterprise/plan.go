package enterprise

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/plant"
)

// Status says what becomes of a row.
type Status string

// What can become of a row.
const (
	New       Status = "new"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Doubled   Status = "doubled" // another row has the code too
	Wrong     Status = "error"
)

// CellFault is a cell that cannot be taken over, or should be looked at.
type CellFault struct {
	Fault
	Column string `json:"column" doc:"Name of the column in the sheet, empty for the whole row"`
	Index  int    `json:"index" doc:"Of the column, from 0; −1 for the whole row"`
	Value  string `json:"value"`
}

// Planned is a row and what becomes of it.
type Planned struct {
	Line   int         `json:"line"`
	Status Status      `json:"status" enum:"new,changed,unchanged,doubled,error"`
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	Faults []CellFault `json:"faults" nullable:"false"`

	edit Edit
}

// Counts are how many rows become what.
type Counts struct {
	Rows      int `json:"rows"`
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Doubled   int `json:"doubled"`
	Wrong     int `json:"error"`
	Warned    int `json:"warned" doc:"Rows that can be taken over and should be looked at"`
}

func (c *Counts) add(p Planned) {
	c.Rows++
	switch p.Status {
	case New:
		c.New++
	case Changed:
		c.Changed++
	case Unchanged:
		c.Unchanged++
	case Doubled:
		c.Doubled++
	case Wrong:
		c.Wrong++
	}
	if len(p.Faults) > 0 && (p.Status == New || p.Status == Changed) {
		c.Warned++
	}
}

// planning is the plan of one sheet.
type planning struct {
	desk   *Desk
	tenant plant.TenantNo
	areas  []access.Area
	sheet  *sheet
	since  plant.Micros
	tell   func(done int)

	lines map[plant.CreditCode]int // where a code stands first
}

// planPart is how many rows are looked up together: few questions a division.
const planPart = 10_000

// plan says of every row what becomes of it; nothing is stored.
func (p *planning) plan(ctx context.Context) ([]Planned, error) {
	p.lines = map[plant.CreditCode]int{}
	out := make([]Planned, 0, len(p.sheet.rows))
	for from := 0; from < len(p.sheet.rows); from += planPart {
		part, err := p.part(ctx, from, min(from+planPart, len(p.sheet.rows)))
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
		p.tell(len(out))
	}
	return out, nil
}

func (p *planning) part(ctx context.Context, from, to int) ([]Planned, error) {
	codes := make([]plant.CreditCode, 0, to-from)
	at := p.column(colCode)
	for _, r := range p.sheet.rows[from:to] {
		if code, err := plant.ParseCreditCode(r.Cell(at.at)); err == nil || errors.Is(err, plant.ErrCheckDigit) {
			codes = append(codes, code)
		}
	}
	known, err := p.desk.Store.Coded(ctx, p.tenant, codes)
	if err != nil {
		return nil, err
	}
	out := make([]Planned, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, p.row(i, known))
	}
	return out, p.alike(ctx, out)
}

func (p *planning) column(name string) headed {
	for _, h := range p.sheet.columns {
		if h.name == name {
			return h
		}
	}
	return headed{at: -1}
}

// row plans one row beside the firms that have the codes.
func (p *planning) row(i int, known map[plant.CreditCode]Firm) Planned {
	r := p.sheet.rows[i]
	out := Planned{Line: r.Line, Status: New, Faults: []CellFault{}}
	say := func(f Fault) { out.Faults = append(out.Faults, p.cellFault(f, r.Cell)) }
	f := Firm{Code: plant.CreditCode(r.Cell(p.column(colCode).at))}
	if code, err := plant.ParseCreditCode(string(f.Code)); err == nil || errors.Is(err, plant.ErrCheckDigit) {
		f.Code = code
	}
	was, old := known[f.Code]
	if old {
		if !inAreas(p.areas, was) {
			say(taken(p.areas, was))
		}
		f, out.Status = was, Changed
		f.Systems, f.Years, f.Formers = slices.Clone(was.Systems), slices.Clone(was.Years), slices.Clone(was.Formers)
	}
	w := filling{codes: p.desk.Codes, f: &f, at: p.since.Time(), excel: p.sheet.excel, say: say}
	for _, h := range p.sheet.columns {
		text := r.Cell(h.at)
		if ref, ok := p.sheet.mergedIn(r.Line, h.at); ok {
			say(faulty(h.field(), "%[1]s 是合并单元格，请取消合并并在每行填写", "the cells %[1]s are merged; take them apart and write the value in every row", ref))
		}
		switch {
		case len(text) > maxCell:
			say(faulty(h.field(), "单元格有 %[1]d 字节，最多 %[2]d 字节", "%[1]d bytes in one cell; write at most %[2]d", len(text), maxCell))
		case text != "":
			w.fill(h, text)
		}
	}
	doubt, merged := f.Doubt, f.Merged
	f, faults := p.desk.Codes.Check(f, p.since)
	for _, fault := range faults {
		say(fault)
	}
	if f.Region == was.Region {
		f.Doubt = doubt
	}
	f.Merged, f.Since = merged, p.since
	out.Code, out.Name, out.edit = string(f.Code), f.Name, Edit{f, was.Rev}
	p.judge(&out, was, old, say)
	return out
}

func (h headed) field() string {
	if h.year != 0 {
		return h.name + "." + strconv.Itoa(h.year)
	}
	return h.name
}

// judge says what becomes of a row from its faults and from what there was.
func (p *planning) judge(out *Planned, was Firm, old bool, say func(Fault)) {
	f := &out.edit.Firm
	if old && was.Name != f.Name {
		f.Formers = formers(was, *f)
	}
	if !inAreas(p.areas, *f) && f.Region != "" && f.Industry != "" {
		say(faulty(colRegion, "%[1]s、行业 %[2]s 不在您管理的范围内", "%[1]s, industry %[2]s, lies outside of the region or sector in which you keep firms", f.Region, f.Industry))
	}
	if first, twice := p.lines[f.Code]; twice && f.Code != "" {
		say(faulty(colCode, "与第 %[1]d 行的代码相同，请删去其中一行", "the same code as line %[1]d; leave one of them out", first))
		out.Status = Doubled
	} else {
		p.lines[f.Code] = out.Line
	}
	switch {
	case out.Status == Doubled:
	case slices.ContainsFunc(out.Faults, func(c CellFault) bool { return !c.Warning }):
		out.Status = Wrong
	case old && same(was, *f):
		out.Status = Unchanged
	}
	if slices.ContainsFunc(out.Faults, func(c CellFault) bool { return c.Field == colCode && c.Warning }) {
		f.Confirmed = true // by whoever applies the sheet in sight of the warning
	}
}

// cellFault finds the cell a fault is about.
func (p *planning) cellFault(f Fault, cell func(int) string) CellFault {
	for _, h := range p.sheet.columns {
		if h.field() == f.Field || f.Field == "years" && h.year != 0 {
			return CellFault{f, h.said, h.at, cell(h.at)}
		}
	}
	return CellFault{f, "", -1, ""}
}

// alike warns of new firms whose name another firm of the division has.
func (p *planning) alike(ctx context.Context, rows []Planned) error {
	like := map[string][]string{}
	keys := make([]string, len(rows))
	for i, r := range rows {
		if r.Status == New {
			keys[i] = p.desk.Codes.KeysOf(r.edit.Firm).Similar
			like[r.edit.Firm.Region] = append(like[r.edit.Firm.Region], keys[i])
		}
	}
	for region, names := range like {
		found, err := p.desk.Store.Alike(ctx, p.tenant, region, names)
		if err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Status != New || rows[i].edit.Firm.Region != region || len(found[keys[i]]) == 0 {
				continue
			}
			other := found[keys[i]][0]
			if !inAreas(p.areas, other) {
				continue
			}
			f := doubtful(colName, "与同一区县的“%[1]s”（%[2]s）名称相近，可能是同一家企业", "much like %[1]s (%[2]s) of the same division; it may be the same firm", other.Name, other.Code)
			rows[i].Faults = append(rows[i].Faults, p.cellFault(f, p.sheet.rows[p.at(rows[i].Line)].Cell))
		}
	}
	return nil
}

// at is the row of a line.
func (p *planning) at(line int) int {
	i, _ := slices.BinarySearchFunc(p.sheet.rows, line, func(r table.Row, line int) int { return r.Line - line })
	return i
}
