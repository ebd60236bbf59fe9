package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/bench"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/record"
	recprogramme "zhigai/record/programme"
)

// registryBench measures the registry of firms of a large province.
type registryBench struct {
	Firms  int    // 0: as many as the length of the run asks for
	Record string // a database that is empty; "" is a folder of the run
}

const (
	// provinceFirms is a registry of a large province.
	provinceFirms = 500_000
	quickFirms    = 100_000
	trialFirms    = 3000
	// importShare of the firms there are is taken over in one list, half of them new:
	// 100,000 rows of 500,000.
	importShare = 5
	// listLimit is within which a list or a search is there, and importLimit within
	// which a list of firms is taken over, with the preview of its errors.
	listLimit   = 200 * time.Millisecond
	importLimit = time.Minute
	// askedOften is how often each question is asked, with the page behind it.
	askedOften  = 100
	firmsAtOnce = 20_000 // entered in one commit
	firmsOnPage = 50
)

func (r registryBench) part() bench.Part {
	return bench.Part{Name: "firms", Title: "The registry of firms", Run: r.run, Asked: true}
}

func (r registryBench) run(ctx context.Context, e *bench.Env) (rows []bench.Row, err error) {
	n, often := r.size(e)
	at := r.Record
	if at == "" {
		at = filepath.Join(e.Dir, "record")
	}
	db, err := record.Open(ctx, at, record.Options{})
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := db.Close(); err == nil {
			err = cerr
		}
	}()
	codes, err := codesOf(data.FS)
	if err != nil {
		return nil, err
	}
	store := recprogramme.NewFirms(db, codes)
	m := registryMeasure{desk: &enterprise.Desk{Store: store, Finder: &enterprise.Finder{Store: store}, Codes: codes, Now: time.Now}, store: store, codes: codes, often: often}
	began := time.Now()
	for from := 0; from < n; from += firmsAtOnce {
		if err := m.fill(ctx, from, min(n, from+firmsAtOnce)); err != nil {
			return nil, err
		}
		fmt.Fprintf(e.Log, "  %d firms …\n", min(n, from+firmsAtOnce))
	}
	rows = append(rows, seconds(fmt.Sprintf("%d firms entered", n), time.Since(began), 0))
	began = time.Now()
	if err := m.desk.Finder.Warm(ctx, 1); err != nil {
		return nil, err
	}
	rows = append(rows, seconds("names read into memory, once after a start", time.Since(began), 0))
	taken, err := m.takeOver(ctx, db.NewID, n)
	if err != nil {
		return nil, err
	}
	rows = append(rows, taken...)
	for _, q := range firmQuestions {
		row, err := m.ask(ctx, q.name, q.f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// size is how many firms there are and how often each question is asked.
func (r registryBench) size(e *bench.Env) (firms, often int) {
	firms, often = provinceFirms, askedOften
	switch e.Length {
	case bench.Quick:
		firms = quickFirms
	case bench.Trial:
		firms, often = trialFirms, 2
	}
	if r.Firms > 0 {
		firms = r.Firms
	}
	return firms, often
}

func seconds(what string, d, limit time.Duration) bench.Row {
	row := bench.Row{What: what, Value: d.Seconds(), Unit: "s", Shown: fmt.Sprintf("%.3g s", d.Seconds())}
	if limit > 0 {
		row.Wanted, row.Missed = fmt.Sprintf("< %.3g s", limit.Seconds()), d >= limit
	}
	return row
}

// registryMeasure is a registry that is measured.
type registryMeasure struct {
	desk  *enterprise.Desk
	store recprogramme.Firms
	codes enterprise.Codes
	often int
}

// inProvince is what the asker was given.
var inProvince = []access.Area{{Region: "33"}}

// ask asks a question again and again, each time with the page behind it.
func (m registryMeasure) ask(ctx context.Context, name string, f enterprise.Filter) (bench.Row, error) {
	var took bench.Latencies
	for range m.often {
		after := enterprise.Place{}
		for range 2 {
			began := time.Now()
			rows, err := m.desk.List(ctx, 1, inProvince, f, after, firmsOnPage)
			if err != nil {
				return bench.Row{}, err
			}
			took.Add(time.Since(began))
			if len(rows) < firmsOnPage {
				break
			}
			after = rows[firmsOnPage-1].Place
		}
	}
	return took.Row(name, listLimit), nil
}

// takeOver takes a list over, half of it firms that are there, as a person does
// on the page.
func (m registryMeasure) takeOver(ctx context.Context, newID func() string, firms int) ([]bench.Row, error) {
	n := firms / importShare
	var csv strings.Builder
	csv.WriteString("统一社会信用代码,企业名称,行政区划代码,行业代码,规上企业,2025年销售收入（万元）,2025年从业人员（人）\n")
	for i := range n {
		code, err := benchCode(firms - n/2 + i)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&csv, "%s,新昌导入%d轴承有限公司,330624,3451,是,%d,%d\n", code, i, i%5000, i%900)
	}
	sheets := enterprise.NewSheets(m.desk, newID)
	defer sheets.Close()
	who := access.Node(1)
	began := time.Now()
	j, err := sheets.Start(who, "list.csv", []byte(csv.String()), 0)
	if err != nil {
		return nil, err
	}
	if err := sheetAt(ctx, sheets, j.ID, enterprise.Ready); err != nil {
		return nil, err
	}
	preview := time.Since(began)
	if _, err := sheets.Apply(who, j.ID, true, func(context.Context, enterprise.Imported) error { return nil }); err != nil {
		return nil, err
	}
	if err := sheetAt(ctx, sheets, j.ID, enterprise.Applied); err != nil {
		return nil, err
	}
	return []bench.Row{
		seconds(fmt.Sprintf("a list of %d rows read, checked and compared, for the preview", n), preview, 0),
		seconds("the same list taken over, half of it new, with the preview", time.Since(began), importLimit),
	}, nil
}

// sheetAt waits for a sheet as a page does.
func sheetAt(ctx context.Context, s *enterprise.Sheets, id string, want enterprise.Stage) error {
	for {
		j, err := s.Job(access.Node(1), id)
		if err != nil {
			return err
		}
		switch j.Stage {
		case want:
			return nil
		case enterprise.Failed:
			return fmt.Errorf("the list failed: %+v", j)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func benchCode(n int) (plant.CreditCode, error) {
	code, err := plant.MakeCreditCode("91", "330624", fmt.Sprintf("%09d", n))
	return plant.CreditCode(code), err
}

// fill enters firms of the counties and industries of the province.
func (m registryMeasure) fill(ctx context.Context, from, to int) error {
	rnd := rand.New(rand.NewPCG(uint64(from), 1))
	now := time.Now()
	var counties []plant.Region
	for _, r := range m.codes.Regions.All("33", now) {
		if r.Level == plant.County {
			counties = append(counties, r)
		}
	}
	classes := slices.DeleteFunc(m.codes.Industries.All("C"), func(i plant.Industry) bool { return len(i.Code) != 5 })
	trades := []string{"轴承", "机械", "电气", "纺织", "化纤", "汽车零部件", "精密铸造", "电子科技", "橡塑", "服饰"}
	forms := []string{"有限公司", "有限公司", "有限公司", "有限公司", "股份有限公司", "厂"}
	edits := make([]enterprise.Edit, 0, to-from)
	for n := from; n < to; n++ {
		code, err := benchCode(n)
		if err != nil {
			return err
		}
		county := counties[rnd.IntN(len(counties))]
		sales, staff := rnd.Int64N(500_000_000_00), rnd.Int64N(1500)
		f := enterprise.Firm{
			Code: code, Region: county.Code, Industry: classes[rnd.IntN(len(classes))].Code,
			Name:       fmt.Sprint(county.Name[:len(county.Name)-len("县")], []string{"宏达", "恒远", "正泰隆", "新和成发"}[rnd.IntN(4)], n, trades[rnd.IntN(len(trades))], forms[rnd.IntN(len(forms))]),
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
	_, err := m.store.Save(ctx, 1, "import", edits, &enterprise.Imported{File: "fill"})
	return err
}

// firmQuestions are lists and searches of every kind.
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
	{"city, class and backbone", enterprise.Filter{Region: "3306", Industry: "C3451", Backbone: "2026-01-01"}},
	{"backbone", enterprise.Filter{Backbone: "2026-01-01"}},
	{"backbone by change", enterprise.Filter{Backbone: "2026-01-01", Sort: enterprise.ByChanged}},
	{"above scale and large by sales", enterprise.Filter{AboveScale: true, Size: enterprise.Large, Sort: enterprise.BySales}},
	{"city and class by change", enterprise.Filter{Region: "3306", Industry: "C3451", Sort: enterprise.ByChanged}},
	{"doubt (none)", enterprise.Filter{Doubt: true}},
	{"cluster", enterprise.Filter{Cluster: "新昌轴承"}},
	{"name 轴承", enterprise.Filter{Text: "轴承"}},
	{"name 有限公司 (nearly all)", enterprise.Filter{Text: "有限公司"}},
	{"name 有限公司 in a county, by sales", enterprise.Filter{Text: "有限公司", Region: "330624", Sort: enterprise.BySales}},
	{"name of one", enterprise.Filter{Text: "宏达432"}},
	{"name 宁波 in another city", enterprise.Filter{Text: "宁波", Region: "3301"}},
	{"nothing", enterprise.Filter{Text: "没有这家"}},
	{"spelling zhoucheng", enterprise.Filter{Text: "zhoucheng"}},
	{"initials xczc", enterprise.Filter{Text: "xczc"}},
	{"initials yxgs (nearly all)", enterprise.Filter{Text: "yxgs"}},
	{"code, beginning", enterprise.Filter{Text: "91330624000012"}},
	{"one letter", enterprise.Filter{Text: "z"}},
	{"two words", enterprise.Filter{Text: "新昌 轴承", Sort: enterprise.BySales}},
}
