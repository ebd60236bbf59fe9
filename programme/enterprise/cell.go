package enterprise

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"zhigai/connect/files/table"
)

// cleared is what a cell says to take a value away; an empty one leaves it.
const cleared = "-"

// filling puts the cells of a row into a firm.
type filling struct {
	codes Codes
	f     *Firm
	at    time.Time
	excel bool
	say   func(Fault)
}

// fill puts one cell in. The text is without spaces around and not empty.
func (w filling) fill(h headed, text string) {
	if text == cleared {
		text = ""
	}
	f := w.f
	switch h.name {
	case colCode: // is what rows are told apart by
	case colName:
		f.Name = text
	case colRegion:
		f.Region = w.region(text)
	case colClass:
		f.Industry = text
	case colSize:
		f.Size = sizeOf(text)
	case colAbove:
		f.AboveScale = w.truth(h.name, text)
	case colFrom, colTo:
		w.mark(h.name, w.day(h.name, text))
	case colGroup:
		f.Cluster = text
	case colCloud:
		f.Cloud = w.day(h.name, text)
	case colClosed:
		f.Closed = w.day(h.name, text)
	case colRemark:
		f.Remark = text
	case "sales", "staff":
		w.number(h, text)
	default:
		w.system(h.name, text)
	}
}

// region reads the name of a county as well, where there is one of it only.
func (w filling) region(text string) string {
	if strings.Trim(text, "0123456789") == "" {
		return text
	}
	found := w.codes.Regions.Named(text, w.at)
	if len(found) == 1 {
		return found[0].Code
	}
	if len(found) > 1 {
		w.say(faulty(colRegion, "名为“%[1]s”的区县有 %[2]d 个，请填六位代码", "%[2]d divisions are called %[1]s; write the six digits", text, len(found)))
	}
	return text
}

func sizeOf(text string) Size {
	for _, s := range Sizes {
		if zh := sizeZH[s]; text == string(s) || text == zh || text+"型" == zh || strings.TrimSuffix(text, "企业") == zh {
			return s
		}
	}
	return Size(text)
}

func (w filling) truth(field, text string) bool {
	switch strings.ToLower(text) {
	case "是", "y", "yes", "true", "1", "√", "规上":
		return true
	case "否", "n", "no", "false", "0", "", "规下":
		return false
	}
	w.say(faulty(field, "“%[1]s”既不是“是”也不是“否”", "%[1]q is neither yes nor no", text))
	return false
}

// day reads a day as people write it, and Excel's number of one.
func (w filling) day(field, text string) Day {
	if text == "" {
		return ""
	}
	plain := strings.NewReplacer("年", "-", "月", "-", "日", "", "/", "-", ".", "-").Replace(text)
	for _, layout := range []string{"2006-1-2", "20060102", "2006-1-2 15:04:05", "2006-1"} {
		if t, err := time.Parse(layout, strings.TrimSuffix(plain, "-")); err == nil {
			return Day(t.Format(time.DateOnly))
		}
	}
	if n, err := strconv.Atoi(text); err == nil && w.excel && n > 20_000 && n < 80_000 {
		return Day(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n).Format(time.DateOnly))
	}
	w.say(notDay(field, text))
	return ""
}

func (w filling) mark(field string, day Day) {
	m := Mark{}
	if w.f.Backbone != nil {
		m = *w.f.Backbone
	}
	if field == colFrom {
		m.From = day
	} else {
		m.To = day
	}
	w.f.Backbone = &m
	if m == (Mark{}) {
		w.f.Backbone = nil
	}
}

// system reads what a kind of software is called, or since when it is used.
func (w filling) system(field, text string) {
	kind, since := strings.CutSuffix(field, ".since")
	i := slices.IndexFunc(w.f.Systems, func(s System) bool { return s.Kind == kind })
	one := System{Kind: kind}
	if i >= 0 {
		one = w.f.Systems[i]
	}
	switch {
	case since:
		one.Since = w.day(field, text)
	case text == "" || text == "否" || text == "无":
		w.f.Systems = slices.DeleteFunc(w.f.Systems, func(s System) bool { return s.Kind == kind })
		return
	case text == "是" || text == "有":
		one.Name = ""
	default:
		one.Name = text
	}
	if i >= 0 {
		w.f.Systems[i] = one
		return
	}
	w.f.Systems = append(w.f.Systems, one)
}

// number reads sales or staff of a year. Text with groups, full-width digits or
// a unit is taken for the number it shows, and said so.
func (w filling) number(h headed, text string) {
	field := h.name + "." + strconv.Itoa(h.year)
	if text == "" {
		w.f.Years = slices.DeleteFunc(w.f.Years, func(y Year) bool {
			return y.Year == h.year && h.name == "sales" && y.Staff == nil || y.Year == h.year && h.name == "staff" && y.Sales == nil
		})
		for i := range w.f.Years {
			if y := &w.f.Years[i]; y.Year == h.year && h.name == "sales" {
				y.Sales = nil
			} else if y.Year == h.year {
				y.Staff = nil
			}
		}
		return
	}
	plain := table.Plain(text)
	v, ok := scaled(plain, h.unit)
	switch {
	case !ok:
		w.say(faulty(field, "“%[1]s”不是数值，请填不带单位的数字", "%[1]q is no number; write digits without a unit", text))
		return
	case plain != text && !strings.ContainsAny(text, "eE"):
		w.say(doubtful(field, "“%[1]s”是文本，已按 %[2]s 读取", "%[1]q is text; it is taken for %[2]s", text, plain))
	}
	y := Year{Year: h.year}
	if h.name == "sales" {
		y.Sales = &v
	} else {
		y.Staff = &v
	}
	w.f.Years = mergeYears(w.f.Years, []Year{y})
}

// maxNumber is some ten times what the largest firm sells, in fen.
const maxNumber = 1_000_000_000_000_000_00

// scaled is a decimal in units of which the smallest is one; none is below zero.
func scaled(text string, unit int64) (int64, bool) {
	n, ok := table.Scaled(text, unit, 1, maxNumber)
	return n, ok && n >= 0 && !strings.HasPrefix(text, "-")
}
