package profile_test

import (
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
)

// candidates are values of a signal at which a rule may change its mind: every
// code, both truths, both sides of every number that stands in a rule.
func candidates(p *profile.Profile, name string) []profile.Value {
	i := slices.IndexFunc(p.Signals, func(s profile.Signal) bool { return s.Name == name })
	known := func(numbers ...float64) (out []profile.Value) {
		for _, n := range numbers {
			out = append(out, profile.Value{Known: true, Number: n})
		}
		return out
	}
	switch s := p.Signals[i]; s.Kind {
	case plant.KindBoolean:
		return known(0, 1)
	case plant.KindText:
		out := []profile.Value{{Known: true}, {Known: true, Text: "X-1"}}
		for _, m := range regexp.MustCompile(`'([^']+)'`).FindAllStringSubmatch(rulesOf(p), -1) {
			out = append(out, profile.Value{Known: true, Text: m[1]})
		}
		return out
	case plant.KindEnumeration:
		var codes []float64
		for _, code := range slices.Sorted(maps.Keys(s.Values)) {
			codes = append(codes, float64(code))
		}
		return known(codes...)
	}
	out := []float64{0}
	for _, text := range regexp.MustCompile(`-?\d+(\.\d+)?`).FindAllString(rulesOf(p), -1) {
		n, err := strconv.ParseFloat(text, 64)
		if err == nil {
			out = append(out, n-1, n, n+1)
		}
	}
	slices.Sort(out)
	return known(slices.Compact(out)...)
}

// rulesOf is everything the profile asks, for the values that stand in it.
func rulesOf(p *profile.Profile) string {
	var out strings.Builder
	for _, s := range p.States {
		out.WriteString(s.When + "\n")
	}
	for _, a := range p.Alarms {
		out.WriteString(a.When + "\n")
	}
	for _, one := range p.Params { // a threshold may stand in one
		out.WriteString(one.Default + "\n")
	}
	return out.String()
}

// maxCombinations keeps a profile with many numbers in its rules from running
// for minutes; such a one needs tests of its own.
const maxCombinations = 500_000

// TestDelivered_EveryRuleDecides: a rule that can never be the one that decides
// and an alarm that can never stand are mistakes of whoever wrote the profile.
func TestDelivered_EveryRuleDecides(t *testing.T) {
	library, err := profile.Load(data.FS, "profiles", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range library.List() {
		t.Run(p.ID, func(t *testing.T) {
			program, err := p.Compile()
			if err != nil {
				t.Fatal(err)
			}
			states, alarms := reached(t, p, program)
			for i, s := range p.States {
				if !states[s.When] {
					t.Errorf("state rule %d never decides: %s", i+1, s.When)
				}
			}
			for _, a := range p.Alarms {
				if !alarms[a.ID] {
					t.Errorf("alarm %s never stands: %s", a.ID, a.When)
				}
			}
		})
	}
}

// reached asks the program for every combination of candidates. Which rule
// decided is found by a program of the rules before it.
func reached(t *testing.T, p *profile.Profile, program *profile.Program) (states, alarms map[string]bool) {
	t.Helper()
	marked := *p
	marked.States = slices.Clone(p.States)
	for i := range marked.States {
		marked.States[i].Item = p.States[i].When // tells which rule it was
	}
	which, err := marked.Compile()
	if err != nil {
		t.Fatal(err)
	}
	options, total := make([][]profile.Value, len(program.Inputs())), 1.0
	for i, name := range program.Inputs() {
		options[i] = candidates(p, name)
		total *= float64(len(options[i]))
	}
	if total > maxCombinations {
		t.Fatalf("%v combinations", math.Round(total))
	}
	states, alarms = map[string]bool{}, map[string]bool{}
	values := make([]profile.Value, len(options))
	var each func(i int)
	each = func(i int) {
		if i < len(options) {
			for _, values[i] = range options[i] {
				each(i + 1)
			}
			return
		}
		if rule, _, ok := which.State(values); ok {
			states[rule] = true
		} else if len(p.States) > 0 {
			t.Errorf("nothing said of %+v", values)
		}
		program.Alarms(values, func(a profile.Alarm) bool { alarms[a.ID] = true; return true })
	}
	each(0)
	return states, alarms
}

// Derived signals: calculated from what is known, usable in rules, and nothing
// is said when nothing can be.
func TestProgram_Derived(t *testing.T) {
	signals := []profile.Signal{{Name: "a", Kind: plant.KindNumber}, {Name: "n", Kind: plant.KindEnumeration}, {Name: "t", Kind: plant.KindText}, {Name: "x", Kind: plant.KindNumber}}
	p := profile.Profile{
		ID: "t", Signals: signals,
		Derived: []profile.Derive{
			{Name: "double", Kind: plant.KindNumber, Expr: "a * 2.0"},
			{Name: "hot", Kind: plant.KindBoolean, Expr: "double > 100.0"},
			{Name: "part", Kind: plant.KindEnumeration, Expr: "10 / n"},
			{Name: "word", Kind: plant.KindText, Expr: "t + '!'"},
			{Name: "ratio", Kind: plant.KindNumber, Expr: "a / (a - a)"},
		},
		States: []profile.State{{When: "hot", Item: "HOT"}, {When: "true", Item: "COLD"}},
		Alarms: []profile.Alarm{{ID: "x", When: "x > 1.0 && part > 1"}},
	}
	program, err := p.Compile()
	if err != nil {
		t.Fatal(err)
	}
	if got := program.StateInputs(); !slices.Equal(got, []string{"a"}) {
		t.Errorf("state reads %v", got)
	}
	f := func(a, n float64, text, state, want string, unknown ...string) {
		t.Helper()
		values := make([]profile.Value, len(program.Inputs()))
		for i, name := range program.Inputs() {
			values[i] = profile.Value{Known: !slices.Contains(unknown, name), Number: map[string]float64{"a": a, "n": n}[name]}
			if name == "t" {
				values[i].Text = text
			}
		}
		var got []string
		program.Derived(values, func(d profile.Derive, v profile.Value) bool {
			word := "?"
			switch {
			case v.Known && d.Kind == plant.KindText:
				word = v.Text
			case v.Known:
				word = strconv.FormatFloat(v.Number, 'g', -1, 64)
			}
			got = append(got, word)
			return true
		})
		if s := strings.Join(got, " "); s != want {
			t.Errorf("a=%v n=%v t=%q: %s; want %s", a, n, text, s, want)
		}
		for _, some := range [][]profile.Value{values, values[:1]} { // the values of StateInputs will do
			if item, _, ok := program.State(some); item != state || ok != (state != "") {
				t.Errorf("a=%v: state %q", a, item)
			}
		}
	}
	f(60, 5, "x", "HOT", "120 1 2 x! ?")
	f(50, 5, "", "COLD", "100 0 2 ! ?")
	f(60, 0, "x", "HOT", "120 1 ? x! ?") // a division by nought
	f(60, 5, "x", "", "? ? 2 x! ?", "a")
	f(60, 5, strings.Repeat("x", plant.MaxText), "HOT", "120 1 2 ? ?") // longer than a sample carries
	f(60, 5, "x", "HOT", "120 1 ? x! ?", "n")
	n := 0
	program.Derived(make([]profile.Value, 4), func(profile.Derive, profile.Value) bool { n++; return false })
	if n != 1 {
		t.Errorf("%d after the first was enough", n)
	}
}
