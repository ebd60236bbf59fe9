package figure

import (
	"os"
	"strings"
	"testing"
)

// terms are those that the shipped definitions read.
var terms = []string{
	"calendar_ms", "pot_ms", "pbt_ms", "known_ms", "apt_ms", "aust_ms", "adet_ms", "adot_ms", "pdot_ms", "unknown_ms", "aupt_ms", "aubt_ms",
	"unplanned_apt_ms", "pq", "gq", "sq", "rq", "ideal_ms", "ideal_good_ms", "no_pru_count", "failures", "ttr_ms", "tbf_ms", "stops", "micro_ms",
	"energy_mwh", "energy_readings", "machines", "machines_nc", "loss_breakdown_ms", "loss_setup_ms", "loss_minor_ms", "loss_startup_ms",
	"loss_planned_ms", "loss_other_ms",
}

func shipped(t *testing.T) *Definitions {
	t.Helper()
	d, err := Load(os.DirFS("../data"), "figures", terms)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestShippedDefinitionsLoad(t *testing.T) {
	d := shipped(t)
	for _, id := range []string{"availability", "effectiveness", "quality-ratio", "oee", "nee", "teep", "mtbf", "networking-rate-nc"} {
		if _, err := d.Definition(id); err != nil {
			t.Error(err)
		}
	}
	if len(d.Newest()) != len(d.All()) {
		t.Errorf("%d newest of %d", len(d.Newest()), len(d.All()))
	}
}

const sample = `schema: zhigai.figure/1
id: x
version: 1
name: {zh: 甲, en: X}
description: {zh: 甲, en: X}
unit: "1"
source: test
verified: derived
better: high
digits: 2
terms: [apt_ms, pbt_ms]
formula: apt_ms / pbt_ms
undefined:
  - {when: pbt_ms <= 0.0, name: no_planned_time}
coverage: {known: known_ms, planned: pbt_ms}
`

func TestParseRefuses(t *testing.T) {
	if _, err := Parse([]byte(sample), terms); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"zhigai.figure/1", "zhigai.figure/9", "schema"},
		{"id: x", "id: X_1", "lower case words"},
		{"version: 1", "version: 0", "the first is 1"},
		{"better: high", "better: up", "high, low or neutral"},
		{"verified: derived", "verified: yes", "read, derived or unverified"},
		{"digits: 2", "digits: 12", "0 to 9"},
		{"digits: 2", "digit: 2", "unknown field"},
		{"[apt_ms, pbt_ms]", "[apt_ms, pbt_min]", `unknown term "pbt_min"; known are calendar_ms`},
		{"known: known_ms", "known: nothing", `unknown term "nothing"`},
		{"known: known_ms, ", "", "stand together"},
		{"formula: apt_ms / pbt_ms", "formula: apt_ms /", "formula"},
		{"formula: apt_ms / pbt_ms", "formula: apt_ms / adet_ms", "undeclared reference to 'adet_ms'"},
		{"formula: apt_ms / pbt_ms", "formula: apt_ms > pbt_ms", "must be a double"},
		{"when: pbt_ms <= 0.0", "when: pbt_ms < 0.0", "divides by nought when every term is 0"},
		{"when: pbt_ms <= 0.0", "when: pbt_ms", "must be a bool"},
		{"formula: apt_ms / pbt_ms", "formula: pbt_ms / apt_ms", "divides by nought when apt_ms is 0"},
		{"coverage:", "each:\n  - {term: y, per: month, value: \"1.0\"}\ncoverage:", "write day or equipment"},
		{"coverage:", "each:\n  - {term: apt_ms, per: day, value: \"1.0\"}\ncoverage:", "taken"},
	} {
		broken := strings.Replace(sample, c.old, c.new, 1)
		if _, err := Parse([]byte(broken), terms); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s instead of %s: %v; want %q", c.new, c.old, err, c.want)
		}
	}
}

func TestLoadRefusesDuplicates(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.yaml", "b.yaml"} {
		if err := os.WriteFile(dir+"/"+name, []byte(sample), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(os.DirFS(dir), ".", terms); err == nil || !strings.Contains(err.Error(), "x version 1 stands in two files") {
		t.Errorf("Load = %v", err)
	}
}
