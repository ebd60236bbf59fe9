package ledger

import (
	"context"
	"fmt"
	"io"
	"time"

	"zhigai/access"
	"zhigai/connect/files/table"
	"zhigai/plant"
	"zhigai/programme/target"
)

// exportPart is how many rows are read at a time.
const exportPart = 1000

// maxExport is the robots of the policy's aim; Excel has room for six times as many.
const maxExport = 150_000

// ExportRobots writes the robots of a filter as a sheet that an import takes:
// imported as it is, it changes nothing.
func (d *Desk) ExportRobots(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f target.Filter, excel bool, w io.Writer) error {
	f.Kind = "robot"
	return write(w, excel, "机器人台账", headOfRobots(), func(row func([]string) error) error {
		after := ""
		for n := 0; ; {
			rows, err := d.Page(ctx, tenant, areas, f, after, exportPart)
			if err != nil {
				return err
			}
			for _, r := range rows {
				if err := row(robotCells(r)); err != nil {
					return err
				}
			}
			if len(rows) < exportPart {
				return nil
			}
			if n += len(rows); n >= maxExport {
				return fmt.Errorf("%w: more than %d robots; narrow the list by region", target.ErrInvalid, maxExport)
			}
			after = target.KeyOf(rows[len(rows)-1].Entry)
		}
	})
}

// YearKey is the place of a firm's year in the order of pages.
func YearKey(y FirmYear) string { return fmt.Sprintf("%d %s", y.Year, y.Firm.ID) }

// ExportReturns writes the returns of a filter as a sheet that an import takes.
func (d *Desk) ExportReturns(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, excel bool, w io.Writer) error {
	return write(w, excel, "申报数据", headOfReturns(), func(row func([]string) error) error {
		after := ""
		for n := 0; ; {
			years, err := d.Store.FirmYears(ctx, tenant, areas, f, after, exportPart)
			if err != nil {
				return err
			}
			for _, y := range years {
				for _, cells := range yearRows(y) {
					if err := row(cells); err != nil {
						return err
					}
				}
			}
			if len(years) < exportPart {
				return nil
			}
			if n += len(years); n >= maxExport {
				return fmt.Errorf("%w: more than %d returns; narrow the list by region or year", target.ErrInvalid, maxExport)
			}
			after = YearKey(years[len(years)-1])
		}
	})
}

// Template is a sheet without rows but for an example.
func Template(of List, now time.Time, w io.Writer) error {
	if of == Robots {
		return write(w, true, "机器人台账", headOfRobots(), func(row func([]string) error) error {
			return row(robotCells(Row{
				Entry: target.Entry{
					Title: "1号磨床上料机器人", From: target.Midnight(now.AddDate(-1, 0, 0)), Basis: target.Declared,
					Robot: &target.Plate{Maker: "示例厂家（请删除此行）", Serial: "A-0001", Model: "R-20", Axes: 6, Station: "磨床1"},
				}, FirmCode: "91330624000000000T", FirmName: "示例：某某轴承有限公司",
			}))
		})
	}
	return write(w, true, "申报数据", headOfReturns(), func(row func([]string) error) error {
		y := FirmYear{Firm: Firm{Code: "91330624000000000T", Name: "示例：某某轴承有限公司（请删除此行）"}, Year: now.Year() - 1}
		for i, v := range values {
			y.Values = append(y.Values, target.Return{Name: v.name, Basis: target.Declared, Value: int64(i+1) * v.units[0].num})
		}
		return row(yearRows(y)[0])
	})
}

func headOfRobots() (out []string) {
	for _, c := range robotColumns {
		out = append(out, c.zh)
	}
	return out
}

func headOfReturns() (out []string) {
	for _, c := range returnColumns {
		out = append(out, c.zh)
	}
	for _, v := range values {
		out = append(out, v.zh+"（"+v.units[0].unit+"）")
	}
	return out
}

func write(w io.Writer, excel bool, name string, head []string, each table.Rows) error {
	if excel {
		return table.WriteExcel(w, name, head, each)
	}
	return table.WriteCSV(w, head, each)
}
