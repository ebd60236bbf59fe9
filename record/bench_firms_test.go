package record_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/record"
	"zhigai/record/programme"
	"zhigai/record/recordtest"
)

// benchFirms is a registry of a large province.
const benchFirms = 500_000

// filledFirms is a fifth of them under -short.
func filledFirms() int {
	if testing.Short() {
		return benchFirms / 5
	}
	return benchFirms
}

// askedOften is how often each question is asked, with the page behind it.
const askedOften = 25

// BenchmarkFirms fills a registry with 500,000 firms and asks for lists and
// searches of many kinds; it prints the 99th percentile of each.
func BenchmarkFirms(b *testing.B) {
	db, err := record.Open(b.Context(), b.TempDir(), record.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
	}()
	codes := recordtest.Codes(b)
	store := programme.NewFirms(db, codes)
	desk := &enterprise.Desk{Store: store, Finder: &enterprise.Finder{Store: store}, Codes: codes, Now: time.Now}
	began := time.Now()
	for from := 0; from < filledFirms(); from += 20_000 {
		fillFirms(b, store, codes, from, from+20_000)
	}
	fmt.Printf("%d firms entered in %s\n", filledFirms(), time.Since(began).Round(time.Millisecond))
	began = time.Now()
	ask(b, desk, enterprise.Filter{Text: "轴承"}, enterprise.Place{})
	fmt.Printf("first search, which reads all names: %s\n", time.Since(began).Round(time.Millisecond))
	if !testing.Short() {
		importFirms(b, desk, db.NewID)
	}
	for b.Loop() {
		worst := time.Duration(0)
		for _, q := range firmQuestions {
			took := make([]time.Duration, 0, 2*askedOften)
			for range askedOften {
				began := time.Now()
				rows := ask(b, desk, q.f, enterprise.Place{})
				took = append(took, time.Since(began))
				if len(rows) == 50 {
					began = time.Now()
					ask(b, desk, q.f, rows[49].Place)
					took = append(took, time.Since(began))
				}
			}
			slices.Sort(took)
			p99 := took[len(took)*99/100]
			worst = max(worst, p99)
			fmt.Printf("%-40s median %8s  p99 %8s\n", q.name, took[len(took)/2].Round(10*time.Microsecond), p99.Round(10*time.Microsecond))
		}
		b.ReportMetric(float64(worst.Microseconds())/1000, "worst-p99-ms")
	}
}

// importFirms takes a list of 100,000 rows over, half of them new.
func importFirms(b *testing.B, desk *enterprise.Desk, newID func() string) {
	b.Helper()
	const rows = 100_000
	var csv strings.Builder
	csv.WriteString("统一社会信用代码,企业名称,行政区划代码,行业代码,规上企业,2025年销售收入（万元）,2025年从业人员（人）\n")
	for n := range rows {
		fmt.Fprintf(&csv, "%s,新昌导入%d轴承有限公司,330624,3451,是,%d,%d\n", recordtest.Code(benchFirms-rows/2+n), n, n%5000, n%900)
	}
	sheets := enterprise.NewSheets(desk, newID)
	defer sheets.Close()
	who := access.Node(1)
	began := time.Now()
	j, err := sheets.Start(who, "list.csv", []byte(csv.String()), 0)
	if err != nil {
		b.Fatal(err)
	}
	j = settledSheet(b, sheets, j.ID)
	fmt.Printf("%d rows read and checked in %s: %+v\n", rows, time.Since(began).Round(time.Millisecond), j.Counts)
	if _, err := sheets.Apply(who, j.ID, true, func(context.Context, enterprise.Imported) error { return nil }); err != nil {
		b.Fatal(err)
	}
	if j = settledSheet(b, sheets, j.ID); j.Stage != enterprise.Applied {
		b.Fatalf("import: %+v", j)
	}
	took := time.Since(began)
	fmt.Printf("%d rows imported in %s, with the preview\n", rows, took.Round(time.Millisecond))
	b.ReportMetric(took.Seconds(), "import-s")
}

func settledSheet(b *testing.B, s *enterprise.Sheets, id string) enterprise.Job {
	b.Helper()
	for {
		j, err := s.Job(access.Node(1), id)
		if err != nil {
			b.Fatal(err)
		}
		if j.Stage == enterprise.Ready || j.Stage == enterprise.Applied || j.Stage == enterprise.Failed {
			return j
		}
		time.Sleep(50 * time.Millisecond) // measures, decides nothing
	}
}

func ask(b *testing.B, desk *enterprise.Desk, f enterprise.Filter, after enterprise.Place) []enterprise.Row {
	b.Helper()
	rows, err := desk.List(b.Context(), 1, []access.Area{{Region: "33"}}, f, after, 50)
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

var firmQuestions = []struct {
	name string
	f    enterprise.Filter
}{
	{"list by name", enterprise.Filter{}},
	{"list by sales", enterprise.Filter{Sort: enterprise.BySales}},
	{"list by change", enterprise.Filter{Sort: enterprise.ByChanged}},
	{"province", enterprise.Filter{Region: "33"}},
	{"city", enterprise.Filter{Region: "3306"}},
	{"city by sales", enterprise.Filter{Region: "3306", Sort: enterprise.BySales}},
	{"county", enterprise.Filter{Region: "330624"}},
	{"county by sales", enterprise.Filter{Region: "330624", Sort: enterprise.BySales}},
	{"county by change", enterprise.Filter{Region: "330624", Sort: enterprise.ByChanged}},
	{"division", enterprise.Filter{Industry: "C34"}},
	{"class by sales", enterprise.Filter{Industry: "C3451", Sort: enterprise.BySales}},
	{"city and class", enterprise.Filter{Region: "3306", Industry: "C3451"}},
	{"city, class and backbone by sales", enterprise.Filter{Region: "3306", Industry: "C3451", Backbone: "2026-01-01", Sort: enterprise.BySales}},
	{"backbone", enterprise.Filter{Backbone: "2026-01-01"}},
	{"above scale and large by sales", enterprise.Filter{AboveScale: true, Size: enterprise.Large, Sort: enterprise.BySales}},
	{"doubt (none)", enterprise.Filter{Doubt: true}},
	{"cluster", enterprise.Filter{Cluster: "新昌轴承"}},
	{"name 轴承", enterprise.Filter{Text: "轴承"}},
	{"name 有限公司 (nearly all)", enterprise.Filter{Text: "有限公司"}},
	{"name of one", enterprise.Filter{Text: "宏达43210"}},
	{"name 宁波 in another city", enterprise.Filter{Text: "宁波", Region: "3301"}},
	{"nothing", enterprise.Filter{Text: "没有这家"}},
	{"spelling zhoucheng", enterprise.Filter{Text: "zhoucheng"}},
	{"initials xczc", enterprise.Filter{Text: "xczc"}},
	{"initials yxgs (nearly all)", enterprise.Filter{Text: "yxgs"}},
	{"code, whole", enterprise.Filter{Text: string(recordtest.Code(123456))}},
	{"code, beginning", enterprise.Filter{Text: "9133062400123"}},
	{"one letter", enterprise.Filter{Text: "z"}},
	{"two words", enterprise.Filter{Text: "新昌 轴承", Sort: enterprise.BySales}},
}

// fillFirms enters firms of the counties and industries of the province.
func fillFirms(b *testing.B, store programme.Firms, codes enterprise.Codes, from, to int) {
	b.Helper()
	rnd := rand.New(rand.NewPCG(uint64(from), 1))
	now := time.Now()
	var counties []plant.Region
	for _, r := range codes.Regions.All("33", now) {
		if r.Level == plant.County {
			counties = append(counties, r)
		}
	}
	classes := slices.DeleteFunc(codes.Industries.All("C"), func(i plant.Industry) bool { return len(i.Code) != 5 })
	trades := []string{"轴承", "机械", "电气", "纺织", "化纤", "汽车零部件", "精密铸造", "电子科技", "橡塑", "服饰"}
	edits := make([]enterprise.Edit, 0, to-from)
	for n := from; n < to; n++ {
		county := counties[rnd.IntN(len(counties))]
		sales, staff := rnd.Int64N(500_000_000_00), rnd.Int64N(1500)
		f := enterprise.Firm{
			Code: recordtest.Code(n), Region: county.Code, Industry: classes[rnd.IntN(len(classes))].Code,
			Name:       fmt.Sprint(county.Name[:len(county.Name)-len("县")], []string{"宏达", "恒远", "正泰隆", "新和成发"}[rnd.IntN(4)], n, trades[rnd.IntN(len(trades))], []string{"有限公司", "股份有限公司", "厂"}[min(2, rnd.IntN(12))%3]),
			AboveScale: rnd.IntN(10) == 0, Years: []enterprise.Year{{Year: 2024, Sales: &sales, Staff: &staff}},
			Systems: []enterprise.System{{Kind: "erp", Since: "2019-01-01"}}, Cloud: "2020-01-01", Since: plant.MicrosOf(now),
		}
		if rnd.IntN(50) == 0 {
			f.Backbone = &enterprise.Mark{From: "2018-05-01"}
		}
		if county.Code == "330624" && rnd.IntN(3) == 0 {
			f.Cluster = "新昌轴承"
		}
		f.Computed = enterprise.SizeOf(&staff, &sales)
		edits = append(edits, enterprise.Edit{Firm: f})
	}
	if _, err := store.Save(context.Background(), 1, "import", edits, &enterprise.Imported{File: "fill"}); err != nil {
		b.Fatal(err)
	}
}
