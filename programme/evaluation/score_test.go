package evaluation

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"zhigai/data"
)

// values are the names that a firm's return may have, as the program's book has
// them.
var values = []string{
	"electricity_kwh", "emission_kg", "employees", "energy_kgce", "land_m2", "machines", "machines_nc", "machines_networked",
	"rd_fen", "sales_fen", "tax_fen", "value_added_fen",
}

func book(t testing.TB) *Book {
	t.Helper()
	b, err := Load(data.FS, values)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// reference is what testdata/reference.py made, which knows nothing of this code.
type reference struct {
	Standard string
	Firms    []struct {
		Firm, Region, Sector string
		AboveScale           bool `json:"above_scale"`
		Values               map[string]int64
	}
	Want map[string]struct {
		Points   map[string]*float64
		Score    *float64
		Rank, Of int
		Klass    string
	}
}

func references(t testing.TB) []reference {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out []reference
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func (r reference) inputs() []Input {
	out := make([]Input, len(r.Firms))
	for i, f := range r.Firms {
		out[i] = Input{Firm: f.Firm, Name: "企业" + f.Firm, Region: f.Region, Sector: f.Sector, AboveScale: f.AboveScale, Values: map[string]Value{}}
		for k, v := range f.Values {
			out[i].Values[k] = Value{v, "declared"}
		}
	}
	return out
}

func TestScore_Reference(t *testing.T) {
	b := book(t)
	compared := 0
	for _, c := range references(t) {
		s, ok := b.Standard(c.Standard, 0)
		if !ok {
			t.Fatalf("no standard %s", c.Standard)
		}
		got, err := s.Score(c.inputs())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range got.Firms {
			want := c.Want[f.Firm]
			for _, term := range f.Terms {
				p := want.Points[term.Measure]
				if (p == nil) != (term.Points == nil) || p != nil && math.Abs(*p-*term.Points) > 1e-9*max(1, math.Abs(*p)) {
					t.Errorf("%s: %s gets %v of %s; the reference gives %v", c.Standard, f.Firm, show(term.Points), term.Measure, show(p))
				}
				compared++
			}
			if (want.Score == nil) != (f.Score == nil) || want.Score != nil && math.Abs(*want.Score-*f.Score) > 1e-9 {
				t.Errorf("%s: %s scores %v; the reference gives %v", c.Standard, f.Firm, show(f.Score), show(want.Score))
			}
			if f.Rank != want.Rank || f.Of != want.Of || f.Class != want.Klass {
				t.Errorf("%s: %s is %d of %d, class %q; the reference gives %d of %d, class %q", c.Standard, f.Firm, f.Rank, f.Of, f.Class, want.Rank, want.Of, want.Klass)
			}
		}
	}
	t.Logf("%d terms compared", compared)
	if compared < 800 {
		t.Errorf("only %d terms were compared", compared)
	}
}

func show(v *float64) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprint(*v)
}

func TestScore_SameInputsSameBits(t *testing.T) {
	c := references(t)[0]
	s, _ := book(t).Standard(c.Standard, 0)
	want, err := s.Score(c.inputs())
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		in := c.inputs()
		r.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
		got, err := s.Score(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("the same inputs in another order give root %s; want %s (%v)", got.Root, want.Root, err)
		}
	}
	in := c.inputs()
	in[0].Values["tax_fen"] = Value{in[0].Values["tax_fen"].N + 1, "declared"}
	if got, _ := s.Score(in); got.Inputs == want.Inputs || got.Root == want.Root {
		t.Error("one fen more of tax does not change the digests")
	}
}

// The worked rule: a firm at every benchmark scores the weights' sum.
func TestScore_AtTheBenchmarks(t *testing.T) {
	s, _ := book(t).Standard("huangyan-mu-above-scale", 0)
	// 1 mu is 10000/15 m²: 40 mu.
	land := 26_667.0
	in := Input{Firm: "a", Region: "331003", Sector: "C3451", AboveScale: true, Values: map[string]Value{
		"land_m2": {int64(land), "audited"}, "tax_fen": {int64(24.097e6 * land * 15 / 10000), "audited"}, "value_added_fen": {int64(136.16e6 * land * 15 / 10000), "audited"},
	}}
	added := float64(in.Values["value_added_fen"].N)
	for name, n := range map[string]float64{"energy_kgce": added / 1e3 / 2.694, "emission_kg": added / 1e3 / 4929.81, "employees": added / 1e6 / 18.14, "sales_fen": added * 4} {
		in.Values[name] = Value{int64(math.Round(n)), "audited"}
	}
	in.Values["rd_fen"] = Value{int64(added * 4 * 0.0302), "audited"}
	out, err := s.Score([]Input{in})
	if err != nil || out.Firms[0].Score == nil || math.Abs(*out.Firms[0].Score-100) > 0.2 {
		t.Errorf("a firm at the benchmarks scores %v (%v); want 100 but for whole persons and kilograms", show(out.Firms[0].Score), err)
	}
}

func TestScore_Bounds(t *testing.T) {
	s, _ := book(t).Standard("mu-above-scale", 0)
	c := references(t)[2]
	out, err := s.Score(c.inputs())
	if err != nil {
		t.Fatal(err)
	}
	bounds := map[string]int{}
	for _, f := range out.Firms {
		for i, term := range f.Terms {
			if term.Bound != "" {
				bounds[term.Bound]++
			}
			if term.Points != nil && (*term.Points < 0 || *term.Points > *s.Items[i].Cap) {
				t.Errorf("%s gets %v points of %s", f.Firm, *term.Points, term.Measure)
			}
			if term.Raw != nil && term.Bound == "" && *term.Raw != *term.Points {
				t.Errorf("%s: %s: points %v are not %v and no bound is named", f.Firm, term.Measure, *term.Points, *term.Raw)
			}
		}
	}
	if bounds["cap"] == 0 || bounds["floor"] == 0 {
		t.Errorf("bounds that were met: %v; want both", bounds)
	}
	if empty, err := s.Score(nil); err != nil || empty.Scored != 0 {
		t.Errorf("nobody: %+v, %v", empty, err)
	}
}

func TestClasses_ByScore(t *testing.T) {
	c := Classes{By: "score", Steps: []ClassStep{{Class: "A", Score: new(float64(80))}, {Class: "B", Score: new(float64(60))}, {Class: "C"}}}
	f := func(score float64, want string) {
		t.Helper()
		if got := c.of(score, 1, 1); got != want {
			t.Errorf("%v is class %s; want %s", score, got, want)
		}
	}
	f(80, "A")
	f(79.99, "B")
	f(60, "B")
	f(-3, "C")
}

const goodMeasure = `schema: zhigai.measure/1
id: tax-per-mu
version: 1
name: {zh: "亩均税收", en: "Tax per mu"}
unit: "1"
source: "a test"
verified: unverified
better: high
digits: 2
terms: [tax_fen, land_m2]
formula: tax_fen / land_m2
undefined:
  - {when: land_m2 <= 0.0, name: no_land}
`

const goodStandard = `schema: zhigai.evaluation/1
id: test
version: 1
name: {zh: "测试", en: "Test"}
issuer: 测试
source: "a test"
verified: unverified
from: "2022-01-01"
population: {above_scale: true, sector: [C]}
items:
  - {measure: tax-per-mu, weight: 30, benchmark: 24.097, floor: 0, cap: 45, missing: unscored}
digits: 2
classes:
  by: share
  steps: [{class: A, share: 0.2}, {class: D}]
`

// What is wrong is refused with the reason, and of two files with one id and
// version the second.
func TestLoad_Refuses(t *testing.T) {
	load := func(measure, standard string) error {
		_, err := Load(fstest.MapFS{"measures/m.yaml": {Data: []byte(measure)}, "evaluations/s.yaml": {Data: []byte(standard)}}, values)
		return err
	}
	if err := load(goodMeasure, goodStandard); err != nil {
		t.Fatal(err)
	}
	f := func(file, from, to, want string) {
		t.Helper()
		measure, standard := goodMeasure, goodStandard
		if file == "measure" {
			measure = strings.Replace(measure, from, to, 1)
		} else {
			standard = strings.Replace(standard, from, to, 1)
		}
		if measure == goodMeasure && standard == goodStandard {
			t.Fatalf("%q is not in the file", from)
		}
		if err := load(measure, standard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s with %q: %v; want a reason with %q", file, to, err, want)
		}
	}
	f("measure", "formula: tax_fen / land_m2", "formula: tax_fen / acres", "acres")
	f("measure", "[tax_fen, land_m2]", "[tax_fen, land_m2, acres]", `unknown term "acres"`)
	f("measure", "  - {when: land_m2 <= 0.0, name: no_land}", "  []", "nought")
	f("measure", "version: 1", "version: 0", "version 0")
	f("standard", "measure: tax-per-mu", "measure: tax-per-acre", `"tax-per-acre" is not known`)
	f("standard", "benchmark: 24.097", "benchmark: 0", "benchmark 0")
	f("standard", "benchmark: 24.097", "benchmark: .nan", "benchmark NaN")
	f("standard", "benchmark: 24.097, ", "", "either benchmark or against")
	f("standard", "benchmark: 24.097", "benchmark: 24.097, against: population", "either benchmark or against")
	f("standard", "weight: 30", "weight: -1", "weight -1")
	f("standard", "weight: 30", "weight: .nan", "weight NaN")
	f("standard", "cap: 45", "cap: 0", "floor is not below the cap")
	f("standard", "missing: unscored", "missing: guess", `missing "guess"`)
	f("standard", "share: 0.2", "share: 1.2", "add up to 1.2")
	f("standard", "{class: D}", "{class: A}", `class "A"`)
	f("standard", "{class: D}", "{class: D, share: 0.1}", "takes the rest")
	f("standard", "by: share", "by: score", "least score")
	f("standard", "sector: [C]", "sector: [制造]", "sector")
	f("standard", "from: \"2022-01-01\"", "from: \"2022-13-01\"", "from")
	f("standard", "digits: 2", "digits: 2\nfoo: 1", "foo")
	f("standard", "schema: zhigai.evaluation/1", "schema: zhigai.evaluation/9", "schema")
	_, err := Load(fstest.MapFS{
		"measures/a.yaml": {Data: []byte(goodMeasure)}, "measures/b.yaml": {Data: []byte(goodMeasure)},
		"evaluations/a.yaml": {Data: []byte(goodStandard)}, "evaluations/b.yaml": {Data: []byte(goodStandard)},
	}, values)
	for _, want := range []string{"measures/b.yaml: tax-per-mu version 1 stands in two files", "evaluations/b.yaml: test version 1 stands in two files"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	b, err := Load(fstest.MapFS{"measures/m.yaml": {Data: []byte(goodMeasure)}, "evaluations/s.yaml": {Data: []byte(goodStandard)}}, values)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(goodStandard))
	f.Add([]byte(goodMeasure))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, err := ParseMeasure(raw, values); err == nil {
			if _, _, err := ValueOf(m, map[string]Value{"tax_fen": {1, ""}, "land_m2": {0, ""}}); err != nil {
				t.Errorf("a measure that was read cannot be calculated: %v", err)
			}
		}
		s, err := ParseStandard(raw, b)
		if err != nil {
			return
		}
		out, err := s.Score([]Input{{Firm: "a", Values: map[string]Value{"tax_fen": {5, ""}, "land_m2": {3, ""}}}, {Firm: "b"}})
		if err != nil {
			t.Fatalf("a standard that was read cannot score: %v", err)
		}
		for _, one := range out.Firms {
			if one.Score != nil && (math.IsNaN(*one.Score) || one.Class == "") {
				t.Errorf("score %v, class %q", *one.Score, one.Class)
			}
		}
	})
}
