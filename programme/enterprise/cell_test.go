package enterprise

import (
	"os"
	"testing"
	"time"
	"unicode/utf8"

	"zhigai/plant"
)

// FuzzCells: whatever stands in the file of a list, it is refused with a reason or
// every cell of it goes into a firm or is a fault that people can read.
func FuzzCells(f *testing.F) {
	codes := codesFrom(f)
	head := "统一社会信用代码,企业名称,行政区划代码,行业代码,规上企业,2025年销售收入（万元）,2025年从业人员（人）,上云日,骨干企业起始日,备注\n"
	f.Add([]byte(head + "91330624000000001X,新昌宏达轴承有限公司,330624,3451,是,5200,120,2020-01-01,2018/5/1,-\n"))
	f.Add([]byte(head + "×,,新昌县,C3451,也许,1e400,-1,43831,2018年5月,\"a\nb\"\n"))
	f.Add([]byte(head + " ,９１３３,33,34.51,TRUE,１２，０００,1 2,20200101,0,\x80\xff\n"))
	f.Add([]byte("\xcd\xb3\xd2\xbb,\xc6\xf3\xd2\xb5\xc3\xfb\xb3\xc6\n1,2\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := readSheet("x.csv", raw)
		if err != nil {
			if err.Error() == "" {
				t.Error("refused without a word")
			}
			return
		}
		for _, row := range s.rows {
			firm := Firm{}
			w := filling{codes: codes, f: &firm, at: time.Unix(1_700_000_000, 0), excel: s.excel, say: func(fault Fault) {
				if fault.Text.ZH == "" || fault.Text.EN == "" || fault.Field == "" {
					t.Errorf("a fault without words: %+v", fault)
				}
			}}
			for i, h := range s.columns {
				if i < len(row.Cells) && row.Cells[i] != "" {
					w.fill(h, row.Cells[i])
				}
			}
			checked, faults := codes.Check(firm, plant.MicrosOf(w.at))
			for _, fault := range faults {
				if !utf8.ValidString(fault.Text.ZH) || fault.Text.ZH == "" {
					t.Errorf("a fault that nobody reads: %q", fault.Text.ZH)
				}
			}
			for _, y := range checked.Years {
				if y.Sales != nil && *y.Sales < 0 && len(faults) == 0 {
					t.Errorf("sales of %d fen and no fault", *y.Sales)
				}
			}
		}
	})
}

func codesFrom(t testing.TB) Codes {
	t.Helper()
	regions, err := os.ReadFile("../../data/regions/divisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	industries, err := os.ReadFile("../../data/industries/gbt4754-2017.csv")
	if err != nil {
		t.Fatal(err)
	}
	var c Codes
	if c.Regions, err = plant.ReadRegions(regions); err != nil {
		t.Fatal(err)
	}
	if c.Industries, err = plant.ReadIndustries("2017", industries); err != nil {
		t.Fatal(err)
	}
	return c
}
