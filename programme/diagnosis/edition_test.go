package diagnosis

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"zhigai/calc/maturity"
	"zhigai/data"
)

var update = flag.Bool("update", false, "rewrite golden files")

// shipped are the editions of the product, held against its own figures.
func shipped(t *testing.T) *Editions {
	t.Helper()
	e, err := LoadEditions(data.FS, "maturity", shippedFigure(t))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func shippedFigure(t *testing.T) func(string) bool {
	t.Helper()
	names, err := filepath.Glob("../../data/figures/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no figures: %v", err)
	}
	known := map[string]bool{}
	for _, n := range names {
		known[strings.TrimSuffix(filepath.Base(n), ".yaml")] = true
	}
	return func(id string) bool { return known[id] }
}

func TestEditions_Shipped(t *testing.T) {
	f := func(id string, subdomains, requirements, provable int) {
		t.Helper()
		e, ok := shipped(t).Edition(id, 0)
		if !ok {
			t.Fatalf("no edition %s", id)
		}
		leaves := 0
		var walk func([]Node)
		walk = func(nodes []Node) {
			for _, n := range nodes {
				if len(n.Parts) == 0 {
					leaves++
				}
				walk(n.Parts)
			}
		}
		walk(e.Elements)
		if leaves != subdomains || e.Requirements != requirements || e.Provable != provable || len(e.All()) != requirements {
			t.Errorf("%s: %d subdomains, %d requirements, %d of them provable; want %d, %d, %d", id, leaves, e.Requirements, e.Provable, subdomains, requirements, provable)
		}
		if e.Verified || e.Holds("2021-04-30") || !e.Holds("2021-05-01") {
			t.Errorf("%s: verified %v, from %s", id, e.Verified, e.From)
		}
		all := maturity.Answers{}
		for _, r := range e.All() {
			if r.Verified {
				t.Errorf("%s is marked as read", r.ID)
			}
			all[r.ID] = maturity.Full
		}
		if r, err := maturity.Score(e.model, all, nil); err != nil || r.Total != 5 || r.Grade != 5 {
			t.Errorf("%s, everything met: %+v, %v", id, r, err)
		}
	}
	f("gbt-39116-2020-discrete", 20, 116, 18)
	f("gbt-39116-2020-flow", 19, 111, 18)
}

// TestEditions_Golden: each case is an edition with one thing wrong; the message
// says what and where. Rewrite with -update and look at the difference.
func TestEditions_Golden(t *testing.T) {
	good := map[string]string{}
	for _, n := range []string{"edition.yaml", "asked.requirements.yaml"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "edition", n))
		if err != nil {
			t.Fatal(err)
		}
		good[n] = string(raw)
	}
	var got strings.Builder
	try := func(name, file, old, new string) {
		t.Helper()
		fsys := fstest.MapFS{}
		for n, text := range good {
			if n == file {
				if !strings.Contains(text, old) {
					t.Fatalf("%s: %q is not in %s", name, old, file)
				}
				text = strings.Replace(text, old, new, 1)
			}
			fsys["m/"+n] = &fstest.MapFile{Data: []byte(text)}
		}
		_, err := LoadEditions(fsys, "m", func(id string) bool { return id == "oee" })
		got.WriteString("== " + name + "\n")
		if err != nil {
			got.WriteString(err.Error() + "\n")
		}
	}
	const e, a = "edition.yaml", "asked.requirements.yaml"
	try("nothing wrong", e, "one", "one")
	try("another schema", e, "zhigai.maturity/1", "zhigai.maturity/2")
	try("unknown field", e, "source:", "sauce:")
	try("id with capitals", e, "id: one", "id: One")
	try("no version", e, "version: 1", "version: 0")
	try("no English name", e, "name: {zh: 一, en: One}", "name: {zh: 一}")
	try("no day", e, "2021-05-01", "2021-13-01")
	try("ends before it begins", e, "from: 2021-05-01", "from: 2021-05-01, to: 2020-01-01")
	try("levels out of order", e, "level: 2", "level: 3")
	try("weights that do not add up", e, "weight: 0.6", "weight: 0.5")
	try("a weight missing", e, "weight: 0.6, ", "")
	try("two parts of one id", e, "id: making", "id: people")
	try("reached above 1", e, "reach: 0.8", "reach: 1.8")
	try("points out of order", e, "part: 0.5", "part: 0.9")
	try("no such industry", e, "industry: any", "industry: some")
	try("requirements elsewhere", e, "asked.requirements.yaml", "../asked.yaml")
	try("requirements missing", e, "asked.requirements.yaml", "other.yaml")
	try("another schema of requirements", a, "requirements/1", "requirements/9")
	try("a subdomain without requirements", a, "  people:", "  persons:")
	try("one id twice", a, "id: making.2.1", "id: making.1.1")
	try("a level that is not there", a, "level: 2", "level: 7")
	try("no English text", a, "en: Planned", "zn: Planned")
	try("no such figure", a, "figure: oee", "figure: oeee")
	try("too many days", a, "days: 30", "days: 3000")
	try("a condition that is none", a, "full: value >= 0.5", "full: value + 0.5")
	try("a condition of another word", a, "full: value >= 0.5", "full: speed >= 0.5")
	try("a grade that is none", a, "no_failures: full", "no_failures: whole")
	name := filepath.Join("testdata", "edition", "errors.golden")
	if *update {
		if err := os.WriteFile(name, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil || string(want) != got.String() {
		t.Errorf("%v; got\n%s", err, got.String())
	}
}

func TestProof_Grade(t *testing.T) {
	p := Proof{Figure: "oee", Days: 30, Coverage: 0.5, Full: "value >= 0.6 && coverage >= 0.9", Most: "value >= 0.4", Part: "value > 0.0", Without: map[string]maturity.Grade{"no_failures": maturity.Full}}
	if err := p.compile(func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	v := func(f float64) *float64 { return &f }
	f := func(value *float64, reason string, coverage *float64, want maturity.Grade, why string) {
		t.Helper()
		got, because, err := p.grade(value, reason, coverage)
		if err != nil || got != want || because != why {
			t.Errorf("%v %s: %q, %q, %v; want %q, %q", value, reason, got, because, err, want, why)
		}
	}
	f(v(0.6), "", v(0.95), maturity.Full, "")
	f(v(0.6), "", v(0.6), maturity.Most, "")
	f(v(0.6), "", nil, maturity.Full, "")
	f(v(0.1), "", v(0.5), maturity.Part, "")
	f(v(0), "", v(0.5), maturity.None, "")
	f(v(0.9), "", v(0.49), maturity.Unanswered, NoCoverage)
	f(nil, "no_planned_time", nil, maturity.Unanswered, "no_planned_time")
	f(nil, "no_failures", v(0.9), maturity.Full, "")
	f(nil, "no_failures", v(0.1), maturity.Unanswered, NoCoverage)
}

func FuzzEdition(f *testing.F) {
	for _, n := range []string{"edition.yaml", "asked.requirements.yaml"} {
		raw, err := os.ReadFile(filepath.Join("testdata", "edition", n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	asked, err := os.ReadFile(filepath.Join("testdata", "edition", "asked.requirements.yaml"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, fsys := range []fstest.MapFS{
			{"m/edition.yaml": {Data: raw}, "m/asked.requirements.yaml": {Data: asked}},
		} {
			e, err := LoadEditions(fsys, "m", func(id string) bool { return id == "oee" })
			if err != nil {
				continue
			}
			for _, one := range e.All() { // what is accepted can be scored
				if _, err := maturity.Score(one.model, nil, nil); err != nil {
					t.Errorf("accepted and not scored: %v", err)
				}
			}
		}
	})
}
