package target

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// facts are a registry of a few firms; firms of a year, in any order.
type facts struct {
	firms   map[int][]Firm
	entries []Entry
}

func (f facts) Firms(_ context.Context, _ plant.TenantNo, areas []access.Area, year int, yield func(Firm) error) error {
	sorted := slices.SortedFunc(slices.Values(f.firms[year]), func(a, b Firm) int { return strings.Compare(a.ID, b.ID) })
	for _, one := range sorted {
		if !slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(one.Region, one.Sector, one.ID) }) {
			continue
		}
		if err := yield(one); err != nil {
			return err
		}
	}
	return nil
}

func (f facts) Entries(_ context.Context, _ plant.TenantNo, _ []access.Area, kinds []string) ([]Entry, error) {
	var out []Entry
	for _, e := range f.entries {
		if slices.Contains(kinds, e.Kind) {
			out = append(out, e)
		}
	}
	return out, nil
}

func day(year, month, d int) plant.Micros {
	return plant.MicrosOf(time.Date(year, time.Month(month), d, 12, 0, 0, 0, time.UTC))
}

func values(basis Basis, pairs ...any) map[string]Value {
	out := map[string]Value{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = Value{int64(pairs[i+1].(int)), basis}
	}
	return out
}

func (f facts) ask(t *testing.T, id string, q Question) Result {
	t.Helper()
	ind, err := book(t).Indicator(id)
	if err != nil {
		t.Fatal(err)
	}
	if q.Areas == nil {
		q.Areas = []access.Area{{}}
	}
	r, err := Fold(t.Context(), 1, []*Indicator{ind}, q, f, Lists{Incentive: []string{"330624"}})
	if err != nil {
		t.Fatal(err)
	}
	return r[0]
}

func want(t *testing.T, r Result, value float64, terms map[string]int64) {
	t.Helper()
	if r.Value == nil || math.Abs(*r.Value-value) > 1e-12 {
		t.Errorf("%s = %v (%s); want %v", r.Definition.ID, r.Value, r.Reason, value)
	}
	if !reflect.DeepEqual(r.Terms, terms) {
		t.Errorf("%s: terms %v; want %v", r.Definition.ID, r.Terms, terms)
	}
}

func workshop() facts {
	return facts{firms: map[int][]Firm{
		2022: {
			{
				ID: "a", Region: "330624", Sector: "C3451", Size: "medium", AboveScale: true, Backbone: true, Cluster: "轴承", Systems: map[string]string{"mes": "X"}, Cloud: true,
				Values: values(Machine, "machines", 100, "machines_nc", 70, "machines_networked", 60),
			},
			{ID: "b", Region: "330624", Sector: "C3451", Size: "small", Cluster: "轴承", Values: values(Declared, "machines", 10, "machines_nc", 1)},
			{
				ID: "c", Region: "330602", Sector: "C1711", Size: "large", AboveScale: true, Backbone: true,
				Values: values(Declared, "machines", 50, "machines_nc", 20, "machines_networked", 15, "sales_fen", 300_000_000_000),
			},
			{ID: "d", Region: "330702", Sector: "C3525", Size: "small", Cloud: true},
			{ID: "e", Region: "330702", Sector: "C3525", Size: "medium", AboveScale: true, Backbone: true, Values: values(Declared, "machines_nc", 5)},
			{ID: "f", Region: "330702", Sector: "F5211", Size: "medium", AboveScale: true, Cloud: true},
		},
	}, entries: []Entry{
		{ID: "1", Kind: "transformation", Firm: "a", Region: "330624", From: day(2020, 5, 1), Basis: Audited, Title: "数字化改造"},
		{ID: "2", Kind: "transformation", Firm: "b", Region: "330624", From: day(2023, 1, 2), Basis: Audited, Title: "后来的"},
		{ID: "3", Kind: "transformation", Firm: "c", Region: "330602", From: day(2019, 1, 1), To: day(2021, 1, 1), Basis: Audited, Title: "已撤销"},
		{ID: "4", Kind: "selected_subsector", Region: "330000", Sector: "C345", From: day(2019, 1, 1), Basis: Audited, Title: "轴承"},
		{ID: "5", Kind: "demonstration_project", Firm: "a", Region: "330624", From: day(2022, 3, 1), Basis: Audited, Title: "甲"},
		{ID: "6", Kind: "demonstration_project", Firm: "c", Region: "330602", From: day(2021, 3, 1), Basis: Audited, Title: "乙"},
		{ID: "7", Kind: "demonstration_project", Firm: "c", Region: "330602", From: day(2022, 12, 31), Basis: Declared, Title: "丙", Void: true},
		{ID: "8", Kind: "new_mode_demonstration", Firm: "a", Region: "330624", Level: "national", From: day(2021, 1, 1), Basis: Audited, Title: "离散型"},
		{ID: "9", Kind: "new_mode_demonstration", Firm: "a", Region: "330624", Level: "provincial", From: day(2020, 1, 1), Basis: Audited, Title: "离散型"},
		{ID: "10", Kind: "new_mode_demonstration", Firm: "c", Region: "330602", Level: "county", From: day(2020, 1, 1), Basis: Audited, Title: "县级"},
		{ID: "r1", Kind: "robot", Firm: "a", Region: "330624", Sector: "C3451", From: day(2019, 1, 1), Basis: Machine},
		{ID: "r2", Kind: "robot", Firm: "a", Region: "330624", Sector: "C3451", From: day(2019, 1, 1), To: day(2021, 1, 1), Basis: Declared},
		{ID: "r3", Kind: "robot", Firm: "f", Region: "330702", Sector: "F5211", From: day(2019, 1, 1), Basis: Declared},
	}}
}

func TestFold_RatesOfBackboneFirmsSumTheirMachines(t *testing.T) {
	// a and c: (60 + 15) ÷ (100 + 50); e does not say how many machines it has.
	r := workshop().ask(t, "backbone-networking-rate", Question{Region: "33", Year: 2022})
	want(t, r, 0.5, map[string]int64{"machines": 150, "machines_networked": 75})
	if r.Known.Due != 3 || r.Known.Known != 2 || *r.Coverage != 2.0/3 || r.Known.Basis[Machine] != 1 || r.Known.Basis[Declared] != 1 || r.Confidence != "D" {
		t.Errorf("known %+v, coverage %v, confidence %s", r.Known, *r.Coverage, r.Confidence)
	}
	r = workshop().ask(t, "backbone-networking-rate", Question{Region: "330624", Year: 2022})
	want(t, r, 0.6, map[string]int64{"machines": 100, "machines_networked": 60})
	if r.Confidence != "A" {
		t.Errorf("confidence %s; want A: all of it is from machines", r.Confidence)
	}
}

func TestFold_PopulationsOfTransformationAndDiagnosisDiffer(t *testing.T) {
	// Above scale in industry: a, c, e; small of the incentive county 330624: a (once), b.
	r := workshop().ask(t, "transformation-coverage", Question{Region: "33", Year: 2022})
	want(t, r, 0.25, map[string]int64{"firms": 4, "transformed": 1})
	r = workshop().ask(t, "transformation-coverage", Question{Region: "33", Year: 2023})
	if r.Value != nil || r.Reason != "no_firms" {
		t.Errorf("a year without firms: %v %s", r.Value, r.Reason)
	}
	// Above scale a, c, e; of the block economy a (once), b.
	r = workshop().ask(t, "diagnosis-coverage", Question{Region: "33", Year: 2022})
	want(t, r, 0, map[string]int64{"firms": 4, "diagnosed": 0})
	// Every firm of the selected sub-sector, above scale or not.
	r = workshop().ask(t, "subsector-coverage", Question{Region: "33", Year: 2022})
	want(t, r, 0.5, map[string]int64{"firms": 2, "transformed": 1})
}

func TestFold_Registers(t *testing.T) {
	f := workshop()
	want(t, f.ask(t, "demonstration-projects", Question{Region: "33", Year: 2022}), 1, map[string]int64{"entries": 1})
	want(t, f.ask(t, "demonstration-projects", Question{Region: "33", Year: 2021}), 1, map[string]int64{"entries": 1})
	want(t, f.ask(t, "new-mode-demonstrations", Question{Region: "33", Year: 2022}), 1, map[string]int64{"entries": 1}) // both levels: once
	want(t, f.ask(t, "robots-in-service", Question{Region: "33", Year: 2022}), 2, map[string]int64{"robots": 2})
	want(t, f.ask(t, "robots-in-service", Question{Region: "33", Year: 2020}), 3, map[string]int64{"robots": 3})
	want(t, f.ask(t, "cloud-firms", Question{Region: "33", Year: 2022}), 3, map[string]int64{"firms": 3}) // not only industry
	want(t, f.ask(t, "mes-adoption", Question{Region: "33", Year: 2022}), 1.0/3, map[string]int64{"firms": 3, "using": 1})
	want(t, f.ask(t, "large-firms-leading-share", Question{Region: "33", Year: 2022}), 0, map[string]int64{"firms": 1, "leading": 0})
}

func TestFold_RobotDensityCountsManufacturingOnly(t *testing.T) {
	f := workshop()
	for i := range f.firms[2022] {
		f.firms[2022][i].Values = values(Audited, "employees", 500)
	}
	// a–e are manufacturing with 2,500 persons and one robot in service.
	want(t, f.ask(t, "robot-density", Question{Region: "33", Year: 2022}), 4, map[string]int64{"robots": 1, "employees": 2500})
}

func TestFold_GrowthIsTheMeanOverTheYears(t *testing.T) {
	firm := func(employees, added int) []Firm {
		return []Firm{{ID: "a", Region: "330624", Sector: "C3451", AboveScale: true, Values: values(Audited, "employees", employees, "value_added_fen", added)}}
	}
	f := facts{firms: map[int][]Firm{2018: firm(100, 1000), 2022: firm(50, 1000)}}
	r := f.ask(t, "labour-productivity-growth", Question{Region: "33", Year: 2022, Base: 2018})
	want(t, r, math.Pow(2, 0.25)-1, map[string]int64{"employees": 50, "value_added_fen": 1000, "base_employees": 100, "base_value_added_fen": 1000, "years": 4})
	if r := f.ask(t, "labour-productivity-growth", Question{Region: "33", Year: 2022}); r.Reason != "no_base_year" {
		t.Errorf("without a base year: %v %q", r.Value, r.Reason)
	}
}

func TestFold_RefusesYearsThatMakeNoSense(t *testing.T) {
	ind, err := book(t).Indicator("labour-productivity-growth")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []Question{{Year: 20222}, {Year: 2022, Base: 2022}, {Year: 2022, Base: 2023}} {
		if _, err := Fold(t.Context(), 1, []*Indicator{ind}, q, facts{}, Lists{}); err == nil || !strings.Contains(err.Error(), "year") {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

func TestFold_KeepsToTheAreas(t *testing.T) {
	r := workshop().ask(t, "backbone-networking-rate", Question{Year: 2022, Areas: []access.Area{{Region: "330602"}}})
	want(t, r, 0.3, map[string]int64{"machines": 50, "machines_networked": 15})
	if len(r.Parts) != 1 || r.Parts[0].Region != "330602" {
		t.Errorf("parts %+v", r.Parts)
	}
}

// What is read once for all indicators gives what each gives alone.
func TestFold_TogetherAsAlone(t *testing.T) {
	f, b := workshop(), book(t)
	q := Question{Region: "33", Year: 2022, Base: 2018, Areas: []access.Area{{}}}
	lists := Lists{Incentive: []string{"330624"}}
	together, err := Fold(t.Context(), 1, b.Indicators(), q, f, lists)
	if err != nil {
		t.Fatal(err)
	}
	for i, ind := range b.Indicators() {
		alone, err := Fold(t.Context(), 1, []*Indicator{ind}, q, f, lists)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(together[i], alone[0]) {
			t.Errorf("%s together: %+v; alone: %+v", ind.ID, together[i], alone[0])
		}
	}
}

// Whatever the order in which facts come, terms, parts and root are the same;
// parts add up to the whole; a changed fact changes the root.
func TestFold_OrderIsOfNoImportance(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	f := facts{firms: map[int][]Firm{}}
	for i := range 300 {
		f.firms[2022] = append(f.firms[2022], Firm{
			ID: fmt.Sprintf("firm-%03d", i), Region: fmt.Sprintf("33%02d%02d", 1+rng.IntN(11), 1+rng.IntN(9)), Sector: "C3451", AboveScale: true, Backbone: i%3 == 0,
			Values: values([]Basis{Machine, Audited, Declared}[i%3], "machines", 1+rng.IntN(90), "machines_nc", rng.IntN(20), "machines_networked", rng.IntN(20)),
		})
		f.entries = append(f.entries, Entry{ID: fmt.Sprint("e", i), Kind: "digital_workshop", Region: fmt.Sprintf("33%02d01", 1+rng.IntN(11)), From: day(2015+rng.IntN(10), 1, 1), Basis: Audited})
	}
	for _, id := range []string{"backbone-nc-rate", "digital-workshops-and-factories"} {
		first := f.ask(t, id, Question{Region: "33", Year: 2022})
		sum := map[string]int64{}
		for _, p := range first.Parts {
			for term, n := range p.Terms {
				sum[term] += n
			}
		}
		if !reflect.DeepEqual(sum, first.Terms) {
			t.Errorf("%s: parts add up to %v, not %v", id, sum, first.Terms)
		}
		for range 5 {
			g := facts{firms: map[int][]Firm{2022: slices.Clone(f.firms[2022])}, entries: slices.Clone(f.entries)}
			rng.Shuffle(len(g.firms[2022]), func(i, j int) {
				g.firms[2022][i], g.firms[2022][j] = g.firms[2022][j], g.firms[2022][i]
			})
			rng.Shuffle(len(g.entries), func(i, j int) { g.entries[i], g.entries[j] = g.entries[j], g.entries[i] })
			if again := g.ask(t, id, Question{Region: "33", Year: 2022}); !reflect.DeepEqual(again, first) {
				t.Fatalf("%s in another order: %+v; was %+v", id, again, first)
			}
		}
	}
	first := f.ask(t, "backbone-nc-rate", Question{Region: "33", Year: 2022})
	f.firms[2022][0].Values["machines_nc"] = Value{999, Machine}
	if again := f.ask(t, "backbone-nc-rate", Question{Region: "33", Year: 2022}); again.Root == first.Root {
		t.Error("the root is the same though a firm's value changed")
	}
}
