package target

import (
	"slices"
	"strings"
	"testing"

	"zhigai/data"
)

func book(t *testing.T) *Book {
	t.Helper()
	b, err := Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The policy's 28 targets: 23 with a value, 3 directional, 2 judged.
func TestLoad_EveryTargetOfThePolicy(t *testing.T) {
	b := book(t)
	count := map[Status]int{}
	for i, target := range b.Targets() {
		if want := "T" + string(rune('0'+(i+1)/10)) + string(rune('0'+(i+1)%10)); target.ID != want {
			t.Errorf("target %d is %s; want %s", i, target.ID, want)
		}
		count[target.Status]++
		if (target.Clause == "一") != (len(target.Units) == 0) {
			t.Errorf("%s of clause %s has the units %v; the text names units behind every clause but 一", target.ID, target.Clause, target.Units)
		}
		for _, id := range target.Indicators {
			if _, err := b.Indicator(id); err != nil {
				t.Error(err)
			}
		}
	}
	if count[Numeric] != 23 || count[Directional] != 3 || count[Judged] != 2 {
		t.Errorf("targets by status: %v", count)
	}
	used := map[string]bool{}
	for _, target := range b.Targets() {
		for _, id := range target.Indicators {
			used[id] = true
		}
	}
	for _, o := range b.Policies[0].Obligations {
		for _, id := range o.Indicators {
			used[id] = true
		}
	}
	for _, ind := range b.Indicators() {
		if !used[ind.ID] {
			t.Errorf("indicator %s belongs to no target and no obligation", ind.ID)
		}
	}
}

func TestLoad_TheScopesThatAreEasilyMixedUp(t *testing.T) {
	b := book(t)
	f := func(id string, want ...Fits) {
		t.Helper()
		ind, err := b.Indicator(id)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(ind.Population, want, func(a, b Fits) bool {
			return a.AboveScale == b.AboveScale && a.Backbone == b.Backbone && a.Cluster == b.Cluster && a.CountyList == b.CountyList && a.SectorList == b.SectorList && slices.Equal(a.Size, b.Size)
		}) {
			t.Errorf("%s counts over %+v; want %+v", id, ind.Population, want)
		}
	}
	small := []string{"medium", "small", "micro"}
	f("backbone-nc-rate", Fits{Backbone: true})
	f("backbone-networking-rate", Fits{Backbone: true})
	f("transformation-coverage", Fits{AboveScale: true}, Fits{Size: small, CountyList: "incentive"})
	f("diagnosis-coverage", Fits{AboveScale: true}, Fits{Size: small, Cluster: true})
	f("subsector-coverage", Fits{SectorList: "selected"})
}

const goodIndicator = `schema: zhigai.indicator/1
id: rate
version: 1
name: {zh: 率, en: Rate}
description: {zh: 率, en: rate}
unit: "1"
source: a test
source_zh: 来源
verified: unverified
better: high
digits: 2
population:
  - {backbone: true}
terms: [a, b]
sources:
  a: {sum: machines_nc}
  b: {sum: machines}
formula: a / b
undefined:
  - {when: b <= 0.0, name: none}
`

func TestParseIndicator_SaysWhatIsWrong(t *testing.T) {
	if _, err := ParseIndicator([]byte(goodIndicator)); err != nil {
		t.Fatal(err)
	}
	f := func(old, new, want string) {
		t.Helper()
		changed := strings.Replace(goodIndicator, old, new, 1)
		if changed == goodIndicator {
			t.Fatalf("%q is not in the file", old)
		}
		if _, err := ParseIndicator([]byte(changed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q for %q: error %v; want one with %q", new, old, err, want)
		}
	}
	f("formula: a / b", "formula: a / c", "undeclared reference to 'c'")
	f("  - {when: b <= 0.0, name: none}", "  - {when: a <= 0.0, name: none}", "divides by nought")
	f("terms: [a, b]", "terms: [a, b, c]", `unknown term "c"`)
	f("terms: [a, b]", "terms: [b]", "undeclared reference to 'a'")
	f("sum: machines}", "sum: machine}", `sum "machine" is not known`)
	f("{sum: machines}", "{count: firms, sum: machines}", "one of count, sum and years")
	f("{sum: machines}", "{count: entries}", "needs kinds")
	f("{sum: machines}", "{count: firms, having: [glory]}", `having "glory" is not known`)
	f("{sum: machines}", "{sum: machines, when: in_period}", "belong to count: entries")
	f("population:\n  - {backbone: true}\n", "", "population says of which")
	f("{backbone: true}", "{all: true, backbone: true}", "all: true alone")
	f("{backbone: true}", "{size: [huge]}", `size "huge"`)
	f("{backbone: true}", "{sector: [\"34\"]}", "section")
	f("{backbone: true}", "{backbone: true, colour: red}", "colour")
	f("zhigai.indicator/1", "zhigai.figure/1", "schema")
}

func TestBook_RefusesOneVersionTwice(t *testing.T) {
	b := &Book{}
	if err := b.addIndicator([]byte(goodIndicator)); err != nil {
		t.Fatal(err)
	}
	if err := b.addIndicator([]byte(goodIndicator)); err == nil || !strings.Contains(err.Error(), "rate version 1 stands in two files") {
		t.Errorf("the same version again: %v", err)
	}
	if err := b.addIndicator([]byte(strings.Replace(goodIndicator, "version: 1", "version: 2", 1))); err != nil {
		t.Error(err)
	}
	if ind, err := b.Indicator("rate"); err != nil || ind.Version != 2 {
		t.Errorf("newest: %v, %v", ind, err)
	}
}

func TestTarget_CheckSaysWhatIsWrong(t *testing.T) {
	good := `schema: zhigai.target/1
id: T99
version: 1
policy: p
name: {zh: 名, en: name}
clause: 一
scope: {zh: 省, en: province}
status: numeric
indicators: [rate]
operator_as_written: 达到55%以上
operator: ">="
value: 0.55
verified: read
`
	known := func() *Book {
		b := &Book{Policies: []Policy{{ID: "p"}}}
		if err := b.addIndicator([]byte(goodIndicator)); err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := known().addTarget([]byte(good)); err != nil {
		t.Fatal(err)
	}
	f := func(old, new, want string) {
		t.Helper()
		changed := strings.Replace(good, old, new, 1)
		if err := known().addTarget([]byte(changed)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q for %q: error %v; want one with %q", new, old, err, want)
		}
	}
	f("status: numeric", "status: directional", "no value and no operator")
	f("status: numeric", "status: judged", "no indicator")
	f("value: 0.55\n", "", "has one indicator, a value")
	f("policy: p", "policy: q", `policy "q" is not known`)
	f("indicators: [rate]", "indicators: [ratio]", `indicator "ratio"`)
	f("operator: \">=\"", "operator: \"<\"", "operator")
	f("id: T99", "id: t99", "id \"t99\"")
	f("clause: 一", "clause: \"\"", "clause")
	f("verified: read", "verified: yes", "verified")
}
