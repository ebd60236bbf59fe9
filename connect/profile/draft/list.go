package draft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"zhigai/plant"
)

// column is what a heading of a tag list means.
type column int

const (
	colName column = iota
	colTitle
	colAddress
	colType
	colUnit
	colScale
	colOffset
	colMin
	colMax
	colOrder
	colAccess
	columns
)

// headings are how lists of controllers, panels and gateways head their
// columns.
var headings = [columns][]string{
	colName:    {"name", "tag", "tagname", "tag name", "signal", "variable", "symbol", "名称", "点名", "变量", "变量名", "变量名称", "标签", "标签名", "点位", "点位名称", "测点", "参数名称"},
	colTitle:   {"title", "description", "comment", "note", "remark", "描述", "说明", "注释", "备注", "中文名", "中文名称", "含义"},
	colAddress: {"address", "register", "addr", "node", "nodeid", "node id", "metric", "topic", "地址", "寄存器", "寄存器地址", "通讯地址", "节点", "数据地址"},
	colType:    {"type", "datatype", "data type", "format", "类型", "数据类型", "格式"},
	colUnit:    {"unit", "units", "uom", "engineering unit", "单位", "工程单位"},
	colScale:   {"scale", "factor", "multiplier", "gain", "倍率", "系数", "比例", "比例系数", "缩放"},
	colOffset:  {"offset", "偏移", "偏移量"},
	colMin:     {"min", "minimum", "low", "lower limit", "下限", "最小值", "量程下限"},
	colMax:     {"max", "maximum", "high", "upper limit", "上限", "最大值", "量程上限"},
	colOrder:   {"order", "byte order", "byteorder", "word order", "字节序", "字序", "字节顺序"},
	colAccess:  {"access", "r/w", "rw", "read/write", "读写", "读/写", "权限", "属性"},
}

// FromTable reads the rows of a tag list below its heading. The error names
// every row that cannot be read, and why.
func FromTable(table [][]string, protocol string) ([]Row, error) {
	at, first, err := head(table)
	if err != nil {
		return nil, err
	}
	var rows []Row
	var wrong []string
	for i, cells := range table[first:] {
		cell := func(c column) string {
			if at[c] < 0 || at[c] >= len(cells) {
				return ""
			}
			return strings.TrimSpace(cells[at[c]])
		}
		if cell(colAddress) == "" {
			continue // blank lines and headings between groups
		}
		r, err := row(cell, protocol)
		r.Where = fmt.Sprintf("row %d", first+i+1)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: %v", r.Where, err))
			continue
		}
		rows = append(rows, r)
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%d rows of the list cannot be read: %s", len(wrong), strings.Join(wrong[:min(len(wrong), 20)], "; "))
	}
	return rows, nil
}

// maxPreamble is how many lines of a list may stand above its heading: a title,
// a date, the name of the controller.
const maxPreamble = 10

// head finds the heading: the first line that heads an address and a name or a
// title.
func head(table [][]string) (at [columns]int, first int, err error) {
	for i, cells := range table[:min(len(table), maxPreamble)] {
		for c := range at {
			at[c] = slices.IndexFunc(cells, func(s string) bool {
				return slices.Contains(headings[c], strings.ToLower(strings.TrimSpace(s)))
			})
		}
		if at[colAddress] >= 0 && (at[colName] >= 0 || at[colTitle] >= 0) {
			return at, i + 1, nil
		}
	}
	return at, 0, fmt.Errorf("the list has no heading; write a first line such as name,address,type,unit or 名称,地址,类型,单位")
}

func row(cell func(column) string, protocol string) (Row, error) {
	r := Row{Name: cell(colName), Title: cell(colTitle), Unit: cell(colUnit)}
	if r.Name == "" && r.Title == "" {
		return r, fmt.Errorf("a value without a name")
	}
	form, kind, err := formOf(cell(colType))
	if err != nil {
		return r, err
	}
	r.Kind = kind
	if r.At, err = addressOf(cell(colAddress), form, cell(colOrder), protocol); err != nil {
		return r, err
	}
	if kind == plant.KindNumber && strings.HasSuffix(strings.TrimSpace(r.At), " bool") {
		r.Kind = plant.KindBoolean
	}
	number := func(c column, to func(float64)) {
		text := strings.ReplaceAll(cell(c), ",", ".")
		if text == "" || err != nil {
			return
		}
		v, wrong := strconv.ParseFloat(text, 64)
		if wrong != nil {
			err = fmt.Errorf("%s %q is no number; write for example 0.1", headings[c][0], cell(c))
			return
		}
		to(v)
	}
	number(colScale, func(v float64) { r.Scale = v })
	number(colOffset, func(v float64) { r.Offset = v })
	number(colMin, func(v float64) { r.Min = &v })
	number(colMax, func(v float64) { r.Max = &v })
	access := strings.ToLower(cell(colAccess))
	r.Written = strings.Contains(access, "w") || strings.Contains(access, "写")
	return r, err
}

// forms are how lists name the types of controllers.
var forms = map[string]struct {
	form string
	kind plant.TagKind
}{
	"": {"uint16", plant.KindNumber}, "bool": {"bool", plant.KindBoolean}, "bit": {"bool", plant.KindBoolean}, "boolean": {"bool", plant.KindBoolean}, "布尔": {"bool", plant.KindBoolean}, "位": {"bool", plant.KindBoolean}, "开关量": {"bool", plant.KindBoolean},
	"int": {"int16", plant.KindNumber}, "int16": {"int16", plant.KindNumber}, "short": {"int16", plant.KindNumber}, "s16": {"int16", plant.KindNumber}, "有符号16位": {"int16", plant.KindNumber}, "整型": {"int16", plant.KindNumber},
	"uint": {"uint16", plant.KindNumber}, "uint16": {"uint16", plant.KindNumber}, "word": {"uint16", plant.KindNumber}, "ushort": {"uint16", plant.KindNumber}, "u16": {"uint16", plant.KindNumber}, "无符号16位": {"uint16", plant.KindNumber}, "字": {"uint16", plant.KindNumber},
	"dint": {"int32", plant.KindNumber}, "int32": {"int32", plant.KindNumber}, "long": {"int32", plant.KindNumber}, "s32": {"int32", plant.KindNumber}, "有符号32位": {"int32", plant.KindNumber},
	"udint": {"uint32", plant.KindNumber}, "uint32": {"uint32", plant.KindNumber}, "dword": {"uint32", plant.KindNumber}, "ulong": {"uint32", plant.KindNumber}, "u32": {"uint32", plant.KindNumber}, "无符号32位": {"uint32", plant.KindNumber}, "双字": {"uint32", plant.KindNumber},
	"lint": {"int64", plant.KindNumber}, "int64": {"int64", plant.KindNumber}, "ulint": {"uint64", plant.KindNumber}, "uint64": {"uint64", plant.KindNumber},
	"real": {"float32", plant.KindNumber}, "float": {"float32", plant.KindNumber}, "float32": {"float32", plant.KindNumber}, "single": {"float32", plant.KindNumber}, "浮点": {"float32", plant.KindNumber}, "浮点数": {"float32", plant.KindNumber}, "单精度": {"float32", plant.KindNumber},
	"lreal": {"float64", plant.KindNumber}, "double": {"float64", plant.KindNumber}, "float64": {"float64", plant.KindNumber}, "双精度": {"float64", plant.KindNumber},
	"bcd": {"bcd16", plant.KindNumber}, "bcd16": {"bcd16", plant.KindNumber}, "bcd32": {"bcd32", plant.KindNumber},
}

func formOf(said string) (form string, kind plant.TagKind, err error) {
	text := strings.ToLower(strings.TrimSpace(said))
	if length, ok := strings.CutPrefix(text, "string"); ok || text == "text" || text == "字符串" {
		length = strings.Trim(length, "[]() ")
		if length == "" || text == "text" || text == "字符串" {
			length = "32"
		}
		return "string" + length, plant.KindText, nil
	}
	f, ok := forms[text]
	if !ok {
		return "", "", fmt.Errorf("type %q; write bool, int16, uint16, int32, uint32, float32, float64 or string16", said)
	}
	return f.form, f.kind, nil
}
