package ledger

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// The desk of these tests has one firm, X, and nothing stored.
func deskOf() *Desk {
	now := func() time.Time { return time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC) }
	return &Desk{Targets: &target.Desk{Seats: one{}, Now: now}, Store: none{}, Firms: one{}, Now: now}
}

type one struct{}

func (one) Seat(context.Context, plant.TenantNo, []access.Area, string) (region, sector string, err error) {
	return "330624", "C3451", nil
}

func (one) Named(context.Context, plant.TenantNo, []access.Area, []string) (map[string]Firm, error) {
	return map[string]Firm{"x": {ID: "x", Name: "轴承"}}, nil
}

func (one) ByCode(context.Context, plant.TenantNo, []access.Area, []string) (map[string]Firm, error) {
	return map[string]Firm{"X": {ID: "x", Code: "X", Name: "轴承"}}, nil
}

type none struct{ Store }

func (none) Robots(context.Context, plant.TenantNo, []string) (map[string]target.Entry, error) {
	return nil, nil
}

func (none) ReturnsOfFirms(context.Context, plant.TenantNo, []string) (map[string][]target.Return, error) {
	return nil, nil
}

var everywhere = []access.Area{{}}

func TestPlan_Merged(t *testing.T) {
	f := excelize.NewFile()
	for cell, v := range map[string]any{"A1": "code", "B1": "year", "C1": "machines", "A2": "X", "B2": 2023, "C2": 4, "A3": "", "B3": 2022, "C3": 5} {
		if err := f.SetCellValue("Sheet1", cell, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.MergeCell("Sheet1", "A2", "A3"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	p, err := deskOf().Plan(t.Context(), 1, everywhere, Returns, "x.xlsx", b.Bytes())
	if err != nil || p.Counts.Wrong != 2 || p.Rows[0].Faults[0].Column != "code" {
		t.Errorf("merged cells: %+v %v", p, err)
	}
}

func TestPlan_Refused(t *testing.T) {
	for name, raw := range map[string]string{
		"no year":        "code,machines\nX,1\n",
		"unknown column": "code,year,wishes\nX,2023,1\n",
		"money unitless": "code,year,销售收入\nX,2023,1\n",
		"column twice":   "code,year,machines,生产设备数（台）\nX,2023,1,2\n",
		"empty":          "",
	} {
		if p, err := deskOf().Plan(t.Context(), 1, everywhere, Returns, "x.csv", []byte(raw)); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// Every value in every unit that is shown is read again as it was.
func TestShown(t *testing.T) {
	for _, v := range values {
		for _, n := range []int64{0, 1, 99, 1_234_567_89, maxNumber} {
			u := v.units[0]
			if got, ok := scaled(shown(n, u), u); !ok || got != n {
				t.Errorf("%s: %d is shown as %s and read as %d", v.name, n, shown(n, u), got)
			}
		}
	}
}

// The same file always gives the same plan, no row is lost, and what is taken
// over passes the checks of a form.
func FuzzPlan(f *testing.F) {
	f.Add([]byte("统一社会信用代码,年份,销售收入（万元）\nX,2023,1.5\nX,2022,-\n"), true)
	f.Add([]byte("code,maker,serial,model,axes,from,to\nX,m,1,m,6,2020/1/1,45000\n"), false)
	f.Fuzz(func(t *testing.T, raw []byte, returns bool) {
		list := Robots
		if returns {
			list = Returns
		}
		d := deskOf()
		p, err := d.Plan(t.Context(), 1, everywhere, list, "x", raw)
		if err != nil {
			return
		}
		again, err := d.Plan(t.Context(), 1, everywhere, list, "x", raw)
		if err != nil || again.Digest != p.Digest {
			t.Fatalf("planned again: %v", err)
		}
		c := p.Counts
		if c.New+c.Changed+c.Unchanged+c.Wrong != c.Rows || len(p.Rows)+p.More != c.Rows {
			t.Fatalf("rows were lost: %+v", c)
		}
		for _, row := range p.Rows {
			if row.Status == Wrong {
				continue
			}
			if err := target.CheckReturns(2024, nil, row.returns); err != nil {
				t.Fatalf("line %d: %v", row.Line, err)
			}
			if list == Robots && (row.entry.Robot.Axes < 3 || row.entry.From == 0) {
				t.Fatalf("line %d: %+v", row.Line, row.entry)
			}
		}
	})
}
