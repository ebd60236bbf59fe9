package enterprise

import (
	"context"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/plant"
)

// exportPart is how many firms are read at a time.
const exportPart = 1000

const sheetName = "企业名录"

// Excel has room for as many rows; a list is divided by region before.
const maxExcel = 1_000_000

// Export writes the firms of a filter as a sheet that an import takes: imported as it is, it
// changes nothing. The columns of years are those of the newest three that are
// asked for.
func (d *Desk) Export(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, excel bool, w io.Writer) error {
	year := d.Now().Year()
	rows := func(row func([]string) error) error {
		var after Place
		for n := 0; n < maxExcel; {
			rows, err := d.List(ctx, tenant, areas, f, after, exportPart)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := row(cells(r.Firm, year)); err != nil {
					return err
				}
			}
			if n += len(rows); len(rows) < exportPart {
				return nil
			}
			after = rows[len(rows)-1].Place
		}
		return fmt.Errorf("%w: more than %d firms; narrow the list by region", ErrInvalid, maxExcel)
	}
	if excel {
		return table.WriteExcel(w, sheetName, header(year), rows)
	}
	return table.WriteCSV(w, header(year), rows)
}

// Template is a sheet without firms but for an example.
func Template(w io.Writer, year int) error {
	return table.WriteExcel(w, sheetName, header(year), func(row func([]string) error) error {
		sales, staff := int64(1234567800), int64(120)
		return row(cells(Firm{
			Code: "91330624000000000T", Name: "示例：某某轴承有限公司（请删除此行）", Region: "330624", Industry: "C3451", Size: Small, AboveScale: true, Backbone: &Mark{From: "2018-05-01"},
			Cluster: "新昌轴承", Systems: []System{{Kind: "mes", Name: "某某 MES", Since: "2019-03-01"}}, Cloud: "2020-06-01", Years: []Year{{Year: year - 1, Sales: &sales, Staff: &staff}},
		}, year))
	})
}

// yearsOut is how many years a sheet has columns for, the newest last.
const yearsOut = 3

func header(year int) []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.zh)
	}
	for y := year - yearsOut; y < year; y++ {
		out = append(out, fmt.Sprintf("%d年销售收入（元）", y), fmt.Sprintf("%d年从业人员（人）", y))
	}
	return out
}

func cells(f Firm, year int) []string {
	mark := Mark{}
	if f.Backbone != nil {
		mark = *f.Backbone
	}
	above := "否"
	if f.AboveScale {
		above = "是"
	}
	out := []string{string(f.Code), f.Name, f.Region, f.Industry, sizeZH[f.Size], above, string(mark.From), string(mark.To), f.Cluster}
	for _, kind := range Systems {
		name, since := "", ""
		if i := slices.IndexFunc(f.Systems, func(s System) bool { return s.Kind == kind }); i >= 0 {
			if name, since = f.Systems[i].Name, string(f.Systems[i].Since); name == "" {
				name = "是"
			}
		}
		out = append(out, name, since)
	}
	out = append(out, string(f.Cloud), string(f.Closed), f.Remark)
	for y := year - yearsOut; y < year; y++ {
		sales, staff := "", ""
		if i := slices.IndexFunc(f.Years, func(o Year) bool { return o.Year == y }); i >= 0 {
			if v := f.Years[i].Sales; v != nil {
				sales = new(big.Rat).SetFrac64(*v, 100).FloatString(2)
			}
			if v := f.Years[i].Staff; v != nil {
				staff = strconv.FormatInt(*v, 10)
			}
		}
		out = append(out, sales, staff)
	}
	return out
}
