package enterprise

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrSheet is a file or a header that cannot be taken as a list of firms.
var ErrSheet = errors.New("list of firms")

// Columns of a sheet beside those of years.
const (
	colCode   = "code"
	colName   = "name"
	colRegion = "region"
	colClass  = "industry"
	colSize   = "size"
	colAbove  = "above_scale"
	colFrom   = "backbone.from"
	colTo     = "backbone.to"
	colGroup  = "cluster"
	colCloud  = "cloud"
	colClosed = "closed"
	colRemark = "remark"
)

// column is one that firms have: its name, the Chinese header and what else it
// is called.
type column struct {
	name string
	zh   string
	also []string
}

// columns are all but those of years, in the order of an export.
var columns = []column{
	{colCode, "统一社会信用代码", []string{"信用代码", "社会信用代码"}},
	{colName, "企业名称", []string{"名称", "单位名称", "企业全称"}},
	{colRegion, "行政区划代码", []string{"行政区划", "区划代码", "区县", "所属区县"}},
	{colClass, "行业代码", []string{"行业", "行业小类代码", "国民经济行业代码"}},
	{colSize, "企业规模", []string{"规模"}},
	{colAbove, "规上企业", []string{"规上", "是否规上"}},
	{colFrom, "骨干企业起始日", []string{"骨干企业"}},
	{colTo, "骨干企业截止日", nil},
	{colGroup, "块状经济", []string{"产业集群"}},
	{"mes", "MES", nil},
	{"mes.since", "MES启用日", nil},
	{"erp", "ERP", nil},
	{"erp.since", "ERP启用日", nil},
	{"scm", "SCM", nil},
	{"scm.since", "SCM启用日", nil},
	{"plm", "PLM", nil},
	{"plm.since", "PLM启用日", nil},
	{colCloud, "上云日", []string{"上云日期", "上云时间"}},
	{colClosed, "注销日", []string{"注销日期"}},
	{colRemark, "备注", nil},
}

// headed is a column of a sheet.
type headed struct {
	name string
	year int   // of sales or staff
	unit int64 // of sales: fen in one
	at   int
	said string // as it stands in the sheet
}

var yearly = regexp.MustCompile(`^(\d{4})\s*年?度?\s*(销售收入|主营业务收入|营业收入|销售额|从业人员|从业人数|职工人数)(?:[（(](元|万元|亿元|人)[)）])?$`)

var yearlyEN = regexp.MustCompile(`^(sales|staff)\.(\d{4})$`)

// units of money in fen.
var units = map[string]int64{"元": 100, "万元": 1_000_000, "亿元": 10_000_000_000}

// maxColumns leaves room for every year twice.
const maxColumns = 200

// columnsOf reads a header; cells without a name are left out.
func columnsOf(header []string) ([]headed, error) {
	if len(header) > maxColumns {
		return nil, fmt.Errorf("%w: %d columns; at most %d are read: leave the others out", ErrSheet, len(header), maxColumns)
	}
	var out []headed
	for i, text := range header {
		if strings.TrimSpace(text) == "" {
			continue
		}
		h, err := headOf(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%w: column %d is named %q: %w", ErrSheet, i+1, text, err)
		}
		h.at, h.said = i, strings.TrimSpace(text)
		if j := slices.IndexFunc(out, func(o headed) bool { return o.name == h.name && o.year == h.year }); j >= 0 {
			return nil, fmt.Errorf("%w: columns %d and %d are both %s (%q and %q); leave one out", ErrSheet, out[j].at+1, i+1, h.name, out[j].said, text)
		}
		out = append(out, h)
	}
	if !slices.ContainsFunc(out, func(h headed) bool { return h.name == colCode }) {
		return nil, fmt.Errorf("%w: no column tells firms apart; write a column 统一社会信用代码 (code)", ErrSheet)
	}
	return out, nil
}

func headOf(text string) (headed, error) {
	low := strings.ToLower(text)
	for _, c := range columns {
		if low == c.name || low == strings.ToLower(c.zh) || slices.Contains(c.also, text) {
			return headed{name: c.name}, nil
		}
	}
	if m := yearlyEN.FindStringSubmatch(low); m != nil {
		year, _ := strconv.Atoi(m[2]) // four digits
		return headed{name: m[1], year: year, unit: units["元"]}, nil
	}
	m := yearly.FindStringSubmatch(text)
	if m == nil {
		return headed{}, fmt.Errorf("no column of firms; write one of %s, 2024年销售收入（万元）, 2024年从业人员（人）, or leave it out", headers())
	}
	year, _ := strconv.Atoi(m[1]) // four digits
	if strings.HasPrefix(m[2], "从业") || strings.HasPrefix(m[2], "职工") {
		return headed{name: "staff", year: year, unit: 1}, nil
	}
	unit, ok := units[m[3]]
	if !ok {
		return headed{}, errors.New("money has no unit; write it behind the name: （元）, （万元） or （亿元）")
	}
	return headed{name: "sales", year: year, unit: unit}, nil
}

func headers() string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.zh
	}
	return strings.Join(all, ", ")
}
