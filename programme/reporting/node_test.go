package reporting

import (
	"errors"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/plant"
)

var noon = time.Date(2022, 6, 1, 4, 0, 0, 0, time.UTC)

// twoNodes are the steps of a county at its own node and of its city at another:
// step 6 is taken at both at a time, neither having seen the other's.
func twoNodes() []Step {
	step := func(seq int64, node string, what What, words string, state State, revision int) Step {
		return Step{Seq: seq, At: noon.Add(time.Duration(seq) * time.Minute), Who: "u", Name: "王", What: what, Words: words, State: state, Revision: revision, Node: node}
	}
	return []Step{
		step(1, "county", Freeze, "", Draft, 1), step(2, "county", Submit, "", Submitted, 1),
		step(3, "city", Return, "依据？", Returned, 1), step(4, "county", Explain, "审计", Explained, 1), step(5, "city", Approve, "", Approved, 1),
		step(6, "county", Revise, "补报", Revised, 2), step(6, "city", Return, "再核", Returned, 1),
		step(7, "province", Remind, "请核", Returned, 1),
	}
}

// TestFoldSteps_AnyOrder: whatever comes first, twice, or at a time, every node
// makes the same report of it.
func TestFoldSteps_AnyOrder(t *testing.T) {
	first := Head{ID: "2022-05.330624", Period: "2022-05", Region: "330624", Level: plant.County, State: Open, Reminders: []Reminder{}}
	want := FoldSteps(first, twoNodes())
	if want.State != Returned || want.Revision != 2 || want.Accepted != 1 || want.Question != "再核" || want.Rev != 8 || want.Last != 7 || len(want.Reminders) != 1 {
		t.Fatalf("folded: %+v", want)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		steps := twoNodes()
		r.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
		if got := FoldSteps(first, steps); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v makes %+v; want %+v", steps, got, want)
		}
	}
	// A reminder that was sent before the county's answer was seen changes no state.
	late := append(twoNodes()[:2], Step{Seq: 2, At: noon, What: Remind, Words: "催", State: Draft, Node: "city"})
	if got := FoldSteps(first, late); got.State != Submitted {
		t.Errorf("a reminder that crossed the handing in: %+v", got)
	}
}

func divisions(t *testing.T) *plant.Regions {
	t.Helper()
	raw, err := os.ReadFile("../../data/regions/divisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	r, err := plant.ReadRegions(raw)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFact_Refused(t *testing.T) {
	regions := divisions(t)
	f := func(want, speaks, report string, change func(*Fact)) {
		t.Helper()
		fact := Fact{Report: report, Step: Step{Seq: 1, Node: "n", What: Submit, State: Submitted}}
		if change != nil {
			change(&fact)
		}
		if got := fact.Refused(regions, speaks); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s of %s by the node of %s: %q; want %q", fact.Step.What, report, speaks, got, want)
		}
	}
	what := func(w What) func(*Fact) { return func(f *Fact) { f.Step.What = w } }
	f("", "330624", "2022-05.330624", nil)
	f("", "330600", "2022-05.330624", what(Approve))
	f("", "330600", "2022-05.330600", what(Explain))
	f("given no division", "", "2022-05.330624", nil)
	f("speaks for 330624 新昌县, not for 330681 诸暨市", "330624", "2022-05.330681", nil)
	f("not for 330600", "330624", "2022-05.330600", nil)
	for _, w := range []What{Approve, Return, Remind} {
		f("for the level above", "330624", "2022-05.330624", what(w))
	}
	f("no report is named", "330624", "2022-05.999999", nil)
	f("no report is named", "330624", "2022-13.330624", nil)
	f("none that a report has", "330624", "2022-05.330624", what("delete"))
	f("none that a report has", "330624", "2022-05.330624", what(Refuse))
	f("none that a report has", "330624", "2022-05.330624", func(f *Fact) { f.Step.Node = "" })
	values := []Value{{Terms: map[string]int64{"machines": 1}, Root: "r"}}
	frozen := func(root, report string) func(*Fact) {
		return func(f *Fact) { f.Frozen = &Frozen{Report: report, Root: root, Values: values} }
	}
	f("", "330624", "2022-05.330624", frozen(RootOf(values), "2022-05.330624"))
	f("whose digest", "330624", "2022-05.330624", frozen("other", "2022-05.330624"))
	f("whose digest", "330624", "2022-05.330624", frozen(RootOf(values), "2022-06.330624"))
}

// TestStations_WhereStepsAreDone: of every step there is one node at which who may
// do it does it; elsewhere the node is named.
func TestStations_WhereStepsAreDone(t *testing.T) {
	city, county := Station{Node: "C", Name: "city", Region: "330600"}, Station{Node: "K", Name: "county", Region: "330624"}
	nodes := map[string]Stations{
		"province": {Below: []Station{city}},
		"city":     {Own: "330600", Above: &Station{Name: "province"}, Below: []Station{county}},
		"county":   {Own: "330624", Above: &Station{Name: "city"}},
	}
	f := func(what What, state State, who, region, at string) {
		t.Helper()
		for name, s := range nodes {
			h := Head{Region: region, Level: plant.County, State: state}
			if region == "330600" {
				h.Level = plant.City
			}
			_, err := s.nextHere(h, what, StandingOf(people[who], region))
			if may := slices.Contains(strings.Split(at, " "), name); may != (err == nil) || !may && (!errors.Is(err, ErrState) || !strings.Contains(err.Error(), "is done at the node")) {
				t.Errorf("%s of %s by %s at the %s: %v; it is done at %s", what, region, who, name, err, at)
			}
		}
	}
	f(Submit, Draft, "county", "330624", "county")
	f(Explain, Returned, "county", "330624", "county")
	f(Return, Submitted, "city", "330624", "city")
	f(Approve, Submitted, "city", "330624", "city")
	f(Freeze, Open, "county", "330624", "county")
	f(Remind, Open, "province", "330624", "city province")
	f(Submit, Draft, "city", "330600", "city county")
	f(Approve, Submitted, "province", "330600", "province county")
}
