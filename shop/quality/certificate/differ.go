package certificate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/plant"
)

// Difference is something that is known now and that a certificate says otherwise, or
// not at all.
type Difference struct {
	What string     `json:"what" enum:"order,lot,heat,line,gauge,case,obstacle"`
	Of   string     `json:"of,omitempty" doc:"Id of the lot, characteristic, gauge or case"`
	Text plant.Name `json:"text"`
}

// Differences tells what would be written otherwise by what is known now: is is folded
// of the present, against is what stands against a new one.
func Differences(was, is Content, against []Obstacle) []Difference {
	d := differing{out: []Difference{}}
	d.field("order", "", "客户", "customer", was.Customer, is.Customer)
	d.field("order", "", "客户编号", "reference", was.Reference, is.Reference)
	d.field("order", "", "产品定义版本", "revision of the definition", strconv.Itoa(was.Definition), strconv.Itoa(is.Definition))
	pairs(was.Lots, is.Lots, func(l Lot) string { return l.ID }, func(a, b *Lot) {
		switch {
		case a == nil:
			d.add("lot", b.ID, "新增批次 "+b.Number, "another lot: "+b.Number)
		case b == nil:
			d.add("lot", a.ID, "批次 "+a.Number+" 已不属于此订单", "lot "+a.Number+" is not of it any more")
		}
	})
	pairs(was.Heats, is.Heats, func(h Heat) string { return h.ID }, func(a, b *Heat) {
		switch {
		case a == nil:
			d.add("heat", b.ID, "还用了材料 "+b.Item+" "+b.Number, "material "+b.Item+" "+b.Number+" went into it, too")
		case b == nil:
			d.add("heat", a.ID, "材料 "+a.Item+" "+a.Number+" 未用于此", "material "+a.Item+" "+a.Number+" did not go into it")
		}
	})
	pairs(was.Lines, is.Lines, func(l Line) string { return l.Characteristic }, d.line)
	pairs(was.Gauges, is.Gauges, func(g Gauge) string { return g.ID }, func(a, b *Gauge) {
		if a != nil && b != nil {
			d.field("gauge", a.ID, "量具 "+a.Number+" 状态", "gauge "+a.Number, string(a.State), string(b.State))
		}
	})
	pairs(was.Cases, is.Cases, func(c Case) string { return c.ID }, func(a, b *Case) {
		switch {
		case a == nil:
			d.add("case", b.ID, "新增不合格："+short(b.Text), "another nonconformance: "+short(b.Text))
		case b == nil:
			d.add("case", a.ID, "不合格已取消："+short(a.Text), "a nonconformance was none: "+short(a.Text))
		default:
			d.field("case", a.ID, "不合格“"+short(a.Text)+"”处置", "nonconformance “"+short(a.Text)+"”", said(a), said(b))
		}
	})
	for _, o := range against {
		d.add("obstacle", o.Of, "现在不能再出具："+o.Text.ZH, "it could not be issued now: "+o.Text.EN)
	}
	return d.out
}

type differing struct{ out []Difference }

func (d *differing) add(what, of, zh, en string) {
	d.out = append(d.out, Difference{what, of, plant.Name{ZH: zh, EN: en}})
}

func (d *differing) field(what, of, zh, en, was, is string) {
	if was != is {
		d.add(what, of, fmt.Sprintf("%s：%s → %s", zh, cmp.Or(was, "—"), cmp.Or(is, "—")), fmt.Sprintf("%s: %s → %s", en, cmp.Or(was, "—"), cmp.Or(is, "—")))
	}
}

func said(c *Case) string { return strings.TrimSpace(string(c.State) + " " + c.Disposition) }

// line compares what is said of a characteristic.
func (d *differing) line(a, b *Line) {
	switch {
	case a == nil:
		d.add("line", b.Characteristic, "新增特性 "+b.Code+" "+b.Name.ZH, "another characteristic: "+b.Code+" "+cmp.Or(b.Name.EN, b.Name.ZH))
		return
	case b == nil:
		d.add("line", a.Characteristic, "特性 "+a.Code+" 已不在检验计划", "characteristic "+a.Code+" is not in the plan any more")
		return
	}
	zh, en := a.Code+" "+a.Name.ZH+" ", a.Code+" "+cmp.Or(a.Name.EN, a.Name.ZH)+": "
	before := len(d.out)
	d.field("line", a.Characteristic, zh+"结论", en+"result", string(a.Result), string(b.Result))
	d.field("line", a.Characteristic, zh+"规范", en+"limits", limits(a), limits(b))
	d.field("line", a.Characteristic, zh+"测量", en+"measured", measured(a), measured(b))
	if len(d.out) == before && a.IDs != b.IDs {
		d.add("line", a.Characteristic, zh+"所依据的测量记录已变化", en+"the measurements that it rests on are others")
	}
}

func limits(l *Line) string { return number(l.LSL) + " … " + number(l.USL) }

func measured(l *Line) string {
	if l.Attribute {
		return fmt.Sprintf("%d / %d", l.Found, l.N)
	}
	return fmt.Sprintf("n %d, %s / %s / %s", l.N, number(l.Min), number(l.Mean), number(l.Max))
}

// number in the digits by which measurements differ.
func number(v *float64) string {
	if v == nil {
		return "—"
	}
	return strconv.FormatFloat(*v, 'g', 7, 64)
}

// pairs goes through two lists by key, in the order of the first and then of the second;
// one that is in one list alone has no partner.
func pairs[T any](was, is []T, key func(T) string, each func(a, b *T)) {
	for i := range was {
		k := slices.IndexFunc(is, func(o T) bool { return key(o) == key(was[i]) })
		if k < 0 {
			each(&was[i], nil)
			continue
		}
		each(&was[i], &is[k])
	}
	for k := range is {
		if !slices.ContainsFunc(was, func(o T) bool { return key(o) == key(is[k]) }) {
			each(nil, &is[k])
		}
	}
}
