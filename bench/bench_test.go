package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/connect/profile"
	"zhigai/history"
	"zhigai/plant"
)

func TestQuantile(t *testing.T) {
	f := func(q float64, want time.Duration, all ...time.Duration) {
		t.Helper()
		var l Latencies
		for _, d := range all {
			l.Add(d)
		}
		if got := l.Quantile(q); got != want {
			t.Errorf("Quantile(%v) of %v = %v; want %v", q, all, got, want)
		}
	}
	f(0.5, 0)
	f(0.5, 7, 7)
	f(0.99, 7, 7)
	f(0, 1, 3, 1, 2)
	f(0.5, 2, 3, 1, 2)
	f(0.5, 2, 4, 3, 1, 2)
	f(1, 4, 4, 3, 1, 2)
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	f(0.99, 99, hundred...)
	f(0.991, 100, hundred...)
}

func TestAddPaced_PutsInWhatWasHidden(t *testing.T) {
	var l Latencies
	l.AddPaced(50, 100)
	l.AddPaced(350, 100)
	if l.Len() != 5 || l.Quantile(1) != 350 || l.Quantile(0.2) != 50 || l.Quantile(0.4) != 50 || l.Quantile(0.6) != 150 {
		t.Errorf("latencies = %v; want 50 50 150 250 350", l.all)
	}
}

func TestRow_MissedWhenNothingWasMeasured(t *testing.T) {
	var l Latencies
	if r := l.Row("x", time.Second); !r.Missed {
		t.Errorf("row = %+v; want it missed", r)
	}
	l.Add(time.Second - 1)
	if r := l.Row("x", time.Second); r.Missed || r.Value >= 1000.1 {
		t.Errorf("row = %+v; want it met", r)
	}
	if r := rate("x", 99, "samples/s", 100); !r.Missed || r.Wanted != "≥ 100 samples/s" {
		t.Errorf("row = %+v; want it missed", r)
	}
}

func TestAmount(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.00123: "0.00123", 1.5: "1.50", 999: "999", 9999: "9999", 12_345: "12.3 k", 1_254_000: "1.25 M", -20_000: "-20.0 k"} {
		if got := amount(v); got != want {
			t.Errorf("amount(%v) = %q; want %q", v, got, want)
		}
	}
}

func TestLine_SlopeStandsOutOfNoiseOrNot(t *testing.T) {
	series := func(slope float64) (out []memoryAt) {
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 200 {
			out = append(out, memoryAt{time.Duration(i) * time.Second, 100e6 + slope*float64(i) + r.NormFloat64()*1e6})
		}
		return out
	}
	if row := slopeRow(series(0)); row.Missed {
		t.Errorf("noise alone: %+v", row)
	}
	if row := slopeRow(series(100_000)); !row.Missed {
		t.Errorf("100 kB/s: %+v; want it missed", row)
	}
	if row := slopeRow(series(-100_000)); row.Missed {
		t.Errorf("falling: %+v", row)
	}
	if row := slopeRow(nil); !row.Missed {
		t.Errorf("nothing measured: %+v; want it missed", row)
	}
	slope, err, mean := line([]memoryAt{{0, 1}, {time.Second, 3}, {2 * time.Second, 5}})
	if slope != 2 || err != 0 || mean != 3 {
		t.Errorf("line = %v ± %v at %v; want 2 ± 0 at 3", slope, err, mean)
	}
}

func TestRun_ChoosesAndReports(t *testing.T) {
	ran := map[string]int{}
	part := func(name string, asked bool, err error) Part {
		return Part{Name: name, Title: "Part " + name, Asked: asked, Run: func(_ context.Context, e *Env) ([]Row, error) {
			ran[name]++
			if filepath.Base(e.Dir) != name {
				t.Errorf("folder %s of part %s", e.Dir, name)
			}
			return []Row{rate("row | of "+name, 5, "things/s", 10)}, err
		}}
	}
	o := Options{
		Parts: []Part{part("a", false, nil), part("b", false, errors.New("no disk")), part("c", true, nil)},
		Dir:   t.TempDir(), Length: Quick, Version: "v1", Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Log: io.Discard,
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if ran["a"] != 1 || ran["b"] != 1 || ran["c"] != 0 || len(r.Groups) != 2 || r.Missed() != 3 {
		t.Errorf("ran %v, report %+v", ran, r)
	}
	var table, page, doc bytes.Buffer
	if err := errors.Join(r.Table(&table), r.Markdown(&page), r.JSON(&doc)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Part a", "row | of a", "≥ 10.0 things/s", "MISSED", "not measured: no disk", "v1", "2026-01-02T03:04:05Z"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("table without %q:\n%s", want, &table)
		}
	}
	for _, want := range []string{"too short to be quoted", "## Part a", `| row \| of a | 5.00 things/s | ≥ 10.0 things/s | MISSED |`, "Not measured: no disk"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("page without %q:\n%s", want, &page)
		}
	}
	var back Report
	if err := json.Unmarshal(doc.Bytes(), &back); err != nil || back.Missed() != 3 || !back.Quick || back.Machine.Program != "v1" {
		t.Errorf("JSON = %+v, %v", back, err)
	}
	o.Only = []string{"c"}
	if r, err = Run(t.Context(), o); err != nil || len(r.Groups) != 1 || ran["c"] != 1 {
		t.Errorf("asked for c: %+v, %v", r, err)
	}
	o.Only = []string{"d"}
	if _, err = Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "a, b, c") {
		t.Errorf("asked for d: %v; want the names that there are", err)
	}
}

func TestPlant_ProfileAndModelAreTaken(t *testing.T) {
	s := NewSource(Shape{3, 7}, time.Second, true)
	p := s.Plant(time.Now())
	got, problems := profile.Parse("bench.yaml", p.Profile, []profile.PointChecker{s})
	if len(problems) > 0 || len(got.Signals) != 7 || got.Protocol != s.Kind() {
		t.Fatalf("profile = %+v, %v", got, problems)
	}
	machines := 0
	for _, n := range p.Model.Nodes {
		if err := plant.CheckPath(n.Path); err != nil {
			t.Error(err)
		}
		if n.Machine == nil {
			continue
		}
		machines++
		if err := s.CheckDevice(n.Machine.Device); err != nil {
			t.Error(err)
		}
	}
	if machines != 4 {
		t.Errorf("%d machines; want 3 and the probe", machines)
	}
}

func TestCounted_NamesWhatIsMissing(t *testing.T) {
	s, err := history.Open(t.TempDir(), history.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Append(t.Context(), Tenant, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: 1}, {Tag: 2, Time: 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := counted(t.Context(), s, 2); err != nil {
		t.Error(err)
	}
	if err := counted(t.Context(), s, 3); err == nil || !strings.Contains(err.Error(), "3 samples were acknowledged, 2") {
		t.Errorf("counted = %v", err)
	}
}

func TestValue_EveryRoundIsNews(t *testing.T) {
	for i := 1; i < 20; i++ {
		for r := 1; r < 20_000; r++ {
			if value(i, r) == value(i, r-1) {
				t.Fatalf("signal %d says %v in rounds %d and %d", i, value(i, r), r-1, r)
			}
		}
	}
}

func TestReadGroups(t *testing.T) {
	one := func(text string) (Group, error) {
		found, err := ReadGroups(strings.NewReader(text))
		if len(found) != 1 {
			return Group{}, errors.Join(err, fmt.Errorf("%d groups", len(found)))
		}
		return found[0], err
	}
	g, err := one(`goos: linux
pkg: zhigai/history
cpu: some
BenchmarkAppend/batch=2000/jitter=false-2   	   12345	     97000 ns/op	         0.7800 B/sample	   2300000 samples/s
BenchmarkYear-2   	  40	 34000000 ns/op
PASS
ok  	zhigai/history	12.3s
`)
	if err != nil || len(g.Rows) != 2 {
		t.Fatalf("group = %+v, %v", g, err)
	}
	if r := g.Rows[0]; r.What != "history Append/batch=2000/jitter=false" || r.Shown != "97.0 k ns/op, 0.780 B/sample, 2.30 M samples/s" || r.Value != 2_300_000 || r.Unit != "samples/s" {
		t.Errorf("row = %+v", r)
	}
	g, err = one("pkg: zhigai/shop/control\nBenchmarkOrder-2 300 9000 ns/op 12.5 p99-ms 100 p99-ms-limit\nBenchmarkWalk-2 1 9000 ns/op 3.5 s 3.0 s-limit\nBenchmarkGone-2 1 9000 ns/op 3.0 s-limit\n")
	if err != nil || len(g.Rows) != 3 {
		t.Fatalf("group = %+v, %v", g, err)
	}
	for i, missed := range []bool{false, true, true} { // one limit is of a value that was not measured
		if r := g.Rows[i]; r.Missed != missed || r.Wanted == "" || strings.Contains(r.Shown, "limit") {
			t.Errorf("row = %+v", r)
		}
	}
	g, err = one(`{"name":"pages","title":"Pages","rows":[{"what":"first paint","value":210,"unit":"ms","shown":"210 ms","wanted":"< 350 ms"}]}`)
	if err != nil || g.Name != "pages" || len(g.Rows) != 1 || g.Rows[0].Missed {
		t.Errorf("group = %+v, %v", g, err)
	}
	g, err = one(`{"machine":{"cpu":"some CPU","program":"1ff80d2","date":"2026-11-29T08:31:33Z"},"quick":false,"groups":[{"name":"all","title":"All of it","rows":[{"what":"gap","value":1,"shown":"1 %"}]}]}`)
	if err != nil || g.Title != "All of it (2026-11-29, zhigai 1ff80d2, some CPU)" || len(g.Rows) != 1 {
		t.Errorf("group = %+v, %v", g, err)
	}
	for _, bad := range []string{"", "PASS\n", "{}", `{"name":"x","title":"y","fast":1}`, "BenchmarkX 1 fast ns/op\n", `{"quick":true,"groups":[{"name":"x","title":"y"}]}`, `{"groups":[{"name":"x","title":"y"},{"name":"z"}]}`} {
		if g, err := ReadGroups(strings.NewReader(bad)); err == nil {
			t.Errorf("%q is taken as %+v", bad, g)
		}
	}
}

// TestReadProfile reads a profile of work that is known: nearly all of it is in
// this package.
func TestReadProfile(t *testing.T) {
	var buf bytes.Buffer
	if err := pprof.StartCPUProfile(&buf); err != nil {
		t.Skip("another profile is taken:", err)
	}
	for begun := time.Now(); time.Since(begun) < 300*time.Millisecond; {
		for r := range 1000 {
			sink += value(5, r)
		}
	}
	pprof.StopCPUProfile()
	p, err := readProfile(buf.Bytes())
	if err != nil || p.CPU <= 0 || len(p.Shares) == 0 {
		t.Fatalf("profile = %+v, %v", p, err)
	}
	if first := p.Shares[0]; first.Room != "bench" || first.Share < 0.5 || len(first.Functions) == 0 {
		t.Errorf("first share = %+v; want this package", first)
	}
	if _, err := readProfile([]byte("no profile")); err == nil {
		t.Error("anything is a profile")
	}
}

var sink float64

func FuzzReadGroups(f *testing.F) {
	f.Add("BenchmarkX-2 1 5 ns/op\n")
	f.Add(`{"name":"a","title":"b"}`)
	f.Fuzz(func(t *testing.T, in string) {
		found, err := ReadGroups(strings.NewReader(in))
		if err != nil {
			return
		}
		r := Report{Groups: found}
		if err := errors.Join(r.Table(io.Discard), r.Markdown(io.Discard)); err != nil {
			t.Error(err)
		}
	})
}

// TestReport_Onto: parts that were measured anew take their place in the earlier
// report, the others stay and say when they were measured; another machine's stay where
// they are.
func TestReport_Onto(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	group := func(name, row string) Group {
		return Group{Name: name, Title: "Title " + name, Rows: []Row{{What: row, Shown: "1"}}}
	}
	earlier := Report{Machine: Machine{CPU: "X", Cores: 2, Program: "old", Date: when, Load: "0 0 0"}, Groups: []Group{group("disk", "a"), group("query", "b")}}
	r := &Report{Machine: Machine{CPU: "X", Cores: 2, Program: "new", Date: when.AddDate(0, 0, 1)}, Groups: []Group{group("query", "c"), group("quality", "d")}}
	if err := r.Onto(earlier); err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, g := range r.Groups {
		rows = append(rows, g.Name+" "+g.Rows[0].What)
	}
	if want := []string{"disk a", "query c", "quality d"}; !slices.Equal(rows, want) {
		t.Errorf("%q; want %q", rows, want)
	}
	if g := r.Groups[0]; g.Made == nil || g.Made.Program != "old" || !g.Made.Date.Equal(when) || r.Groups[1].Made != nil {
		t.Errorf("%+v", r.Groups)
	}
	var page strings.Builder
	if err := r.Markdown(&page); err != nil || strings.Count(page.String(), "by zhigai old") != 1 {
		t.Errorf("%v: %s", err, page.String())
	}
	r.Machine.Cores = 64
	if err := r.Onto(earlier); err == nil {
		t.Error("another machine's figures stand beside ours")
	}
}
