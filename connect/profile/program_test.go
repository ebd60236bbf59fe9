package profile_test

import (
	"slices"
	"testing"

	"zhigai/connect/profile"
	"zhigai/data"
	"zhigai/plant"
)

func delivered(t testing.TB, id string) *profile.Profile {
	t.Helper()
	library, err := profile.Load(data.FS, "profiles", nil)
	if err != nil {
		t.Fatal(err)
	}
	p, ok := library.Get(id)
	if !ok {
		t.Fatalf("no profile %s in %v", id, library.IDs())
	}
	return p
}

func compiled(t testing.TB, id string) *profile.Program {
	t.Helper()
	program, err := delivered(t, id).Compile()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// machine is what the rules of the lathe look at.
type machine struct {
	mode, alarm    float64
	running, estop bool
	order          string
	vibration      float64
}

func (m machine) values(t testing.TB, program *profile.Program, unknown ...string) []profile.Value {
	t.Helper()
	truth := map[bool]float64{true: 1}
	all := map[string]profile.Value{
		"machine.mode": {Number: m.mode}, "machine.alarm": {Number: m.alarm}, "machine.running": {Number: truth[m.running]},
		"machine.estop": {Number: truth[m.estop]}, "machine.order": {Text: m.order}, "vibration.rms": {Number: m.vibration},
	}
	out := make([]profile.Value, len(program.Inputs()))
	for i, name := range program.Inputs() {
		v, ok := all[name]
		if !ok {
			t.Fatalf("the rules read %s, which the test does not set", name)
		}
		v.Known = !slices.Contains(unknown, name)
		out[i] = v
	}
	return out
}

// The states decide what every figure counts as producing, so each rule of the
// lathe and their order are nailed down here.
func TestProgram_StatesOfTheLathe(t *testing.T) {
	program := compiled(t, "demo-lathe")
	f := func(m machine, item, mode string) {
		t.Helper()
		gotItem, gotMode, ok := program.State(m.values(t, program))
		if !ok || gotItem != item || gotMode != mode {
			t.Errorf("%+v: %s %s %v; want %s %s", m, gotItem, gotMode, ok, item, mode)
		}
	}
	f(machine{mode: 0}, "NOT_AVAILABLE", "NONE")
	f(machine{mode: 0, running: true, estop: true, alarm: 101}, "NOT_AVAILABLE", "NONE")
	f(machine{mode: 3}, "NOT_EXECUTING", "MAINTENANCE")
	f(machine{mode: 3, running: true, alarm: 102}, "NOT_EXECUTING", "MAINTENANCE")
	f(machine{mode: 1, estop: true}, "OUT_OF_SERVICE", "SETUP")
	f(machine{mode: 1, alarm: 103, running: true}, "OUT_OF_SERVICE", "SETUP")
	f(machine{mode: 2, estop: true, running: true}, "OUT_OF_SERVICE", "PROCESSING")
	f(machine{mode: 2, alarm: 105}, "OUT_OF_SERVICE", "PROCESSING")
	f(machine{mode: 1, running: true}, "EXECUTING", "SETUP")
	f(machine{mode: 1}, "NOT_EXECUTING", "SETUP")
	f(machine{mode: 2, running: true}, "EXECUTING", "PROCESSING")
	f(machine{mode: 2, running: true, order: "A-1"}, "EXECUTING", "PROCESSING")
	f(machine{mode: 2}, "NOT_EXECUTING", "NONE")
	f(machine{mode: 2, order: "A-1"}, "NOT_EXECUTING", "PROCESSING")
}

// A state is only said when everything asked on the way to it is known: a
// guess would end up in somebody's availability.
func TestProgram_UnknownValuesSayNothing(t *testing.T) {
	program := compiled(t, "demo-lathe")
	f := func(m machine, unknown string, want bool) {
		t.Helper()
		if item, mode, ok := program.State(m.values(t, program, unknown)); ok != want {
			t.Errorf("%+v without %s: %s %s %v", m, unknown, item, mode, ok)
		}
	}
	f(machine{mode: 0}, "machine.mode", false)
	f(machine{mode: 0}, "machine.estop", true) // the first rule decides already
	f(machine{mode: 2, running: true}, "machine.order", true)
	f(machine{mode: 2}, "machine.order", false)
	f(machine{mode: 2, running: true}, "machine.alarm", false)
	f(machine{mode: 2, running: true}, "vibration.rms", true) // only an alarm reads it
}

func TestProgram_AlarmsMostUrgentFirst(t *testing.T) {
	program := compiled(t, "demo-lathe")
	f := func(m machine, unknown string, want ...string) {
		t.Helper()
		var got []string
		program.Alarms(m.values(t, program, unknown), func(a profile.Alarm) bool {
			got = append(got, a.ID)
			return true
		})
		if !slices.Equal(got, want) {
			t.Errorf("%+v without %q: %v; want %v", m, unknown, got, want)
		}
	}
	f(machine{}, "")
	f(machine{alarm: 101, vibration: 5}, "", "spindle-overload", "bearing-vibration")
	f(machine{alarm: 101, estop: true, vibration: 5}, "", "estop", "spindle-overload", "bearing-vibration")
	f(machine{alarm: 103, vibration: 5}, "vibration.rms", "tool-broken")
	f(machine{vibration: 4.5}, "")
	n := 0
	program.Alarms(machine{alarm: 102, estop: true}.values(t, program), func(profile.Alarm) bool { n++; return false })
	if n != 1 {
		t.Errorf("%d alarms after the first was enough", n)
	}
}

// Rules are data of other people: a rule that divides by nought must say nothing and not stop the collector.
func TestProgram_RulesThatFail(t *testing.T) {
	f := func(when string, known bool) {
		t.Helper()
		p := profile.Profile{
			ID: "t", Signals: []profile.Signal{{Name: "n", Kind: plant.KindEnumeration}, {Name: "x", Kind: plant.KindNumber}},
			States: []profile.State{{When: when, Item: "EXECUTING"}, {When: "true", Item: "NOT_EXECUTING"}},
		}
		program, err := p.Compile()
		if err != nil {
			t.Fatal(err)
		}
		values := make([]profile.Value, len(program.Inputs()))
		for i := range values {
			values[i].Known = true
		}
		if _, _, ok := program.State(values); ok != known {
			t.Errorf("%s: known %v", when, ok)
		}
	}
	f("1 / n > 0", false)
	f("1.0 / x > 0.0", true) // floats have an infinity
	f("x > 4", true)         // whole numbers compare with doubles
}

// BenchmarkProgram_State is the rate at which changes become states; every
// change of every machine passes here.
func BenchmarkProgram_State(b *testing.B) {
	program := compiled(b, "demo-lathe")
	rows := [][]profile.Value{
		machine{mode: 2, running: true, order: "A-1"}.values(b, program),
		machine{mode: 2, order: "A-1"}.values(b, program),
		machine{mode: 2, running: true, order: "A-2", vibration: 2}.values(b, program),
		machine{mode: 2, alarm: 101, order: "A-2", vibration: 3}.values(b, program),
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, _, ok := program.State(rows[i%len(rows)]); !ok {
			b.Fatal("no state")
		}
		i++
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "evals/s")
}

// FuzzParse: a profile is a file from anywhere; whatever it holds, the answer
// is a profile or problems, never both and never a panic.
func FuzzParse(f *testing.F) {
	for _, id := range []string{"demo-lathe", "demo-grinder", "demo-meter"} {
		src, err := data.FS.ReadFile("profiles/" + id + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("schema: zhigai.profile/1\nlink: {timeout: &x 1s, gap: *x}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		p, problems := profile.Parse("f.yaml", src, checkers())
		if (p == nil) == (len(problems) == 0) {
			t.Errorf("profile %v and problems %v", p, problems)
		}
		if p != nil && p.Base == "" {
			if _, err := p.Compile(); err != nil {
				t.Errorf("accepted and does not compile: %v", err)
			}
		}
	})
}

// Rules people write about texts are far below the limit.
func TestCompile_TextRulesAreCheapEnough(t *testing.T) {
	f := func(when string) {
		t.Helper()
		p := profile.Profile{ID: "t", Signals: []profile.Signal{{Name: "a.text", Kind: plant.KindText}}, States: []profile.State{{When: when}}}
		if _, err := p.Compile(); err != nil {
			t.Error(err)
		}
	}
	f("a.text == 'x' || a.text.startsWith('y') || a.text.contains('z')")
	f("a.text.matches('^[A-Z]+-[0-9]+$')")
	f("a.text in ['AUTO', 'MDI', 'JOG'] && a.text.size() > 2")
}
