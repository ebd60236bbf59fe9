package file

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"zhigai/calc/schedule"
)

func TestJobShop_ReadsWhatTheLinesSay(t *testing.T) {
	p, err := JobShop([]byte("# two jobs\n2 2\n0 3 1 2 # the first\n\n1 4 0 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	op := func(machine int, duration int64) schedule.Operation {
		return schedule.Operation{Alternatives: []schedule.Alternative{{Machine: machine, Duration: duration}}}
	}
	want := []schedule.Job{{Operations: []schedule.Operation{op(0, 3), op(1, 2)}}, {Operations: []schedule.Operation{op(1, 4), op(0, 1)}}}
	if len(p.Machines) != 2 || !reflect.DeepEqual(p.Jobs, want) {
		t.Errorf("read %+v; want %+v", p.Jobs, want)
	}
}

func TestFlexibleJobShop_ReadsWhatTheLinesSay(t *testing.T) {
	p, err := FlexibleJobShop([]byte("1 3 1.5\n2 2 0 3 2 4 1 1 7\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []schedule.Job{{Operations: []schedule.Operation{
		{Alternatives: []schedule.Alternative{{Machine: 0, Duration: 3}, {Machine: 2, Duration: 4}}},
		{Alternatives: []schedule.Alternative{{Machine: 1, Duration: 7}}},
	}}}
	if len(p.Machines) != 3 || !reflect.DeepEqual(p.Jobs, want) {
		t.Errorf("read %+v; want %+v", p.Jobs, want)
	}
}

// A wrong file is refused with the line, or the path, and what is wrong there.
func TestRefused(t *testing.T) {
	jsp := func(b []byte) error { _, err := JobShop(b); return err }
	fjsp := func(b []byte) error { _, err := FlexibleJobShop(b); return err }
	problem := func(b []byte) error { _, err := Problem(b); return err }
	plan := func(b []byte) error { _, _, err := Schedule(b); return err }
	const machines = `{"machines":[{}],"jobs":[{"operations":[`
	for _, c := range []struct {
		read func([]byte) error
		in   string
		want []string
	}{
		{jsp, "", []string{"line 0", "number of jobs"}},
		{jsp, "2 x\n", []string{"line 1", `"x"`}},
		{jsp, "2 2 2\n", []string{"line 1", "3 fields"}},
		{jsp, "0 2\n", []string{"line 1"}},
		{jsp, "2 2\n0 1 1 2\n", []string{"line 2", "after 1 of 2 jobs"}},
		{jsp, "2 2\n0 1 1 2\n0 1 1\n", []string{"line 3", "3 numbers"}},
		{jsp, "2 2\n0 1 1 2\n\n0 1 2 2\n", []string{"line 4", "machine 2 of 2"}},
		{jsp, "2 2\n0 1 1 2\n0 1 0 2\n", []string{"line 3", "twice"}},
		{jsp, "1 1\n0 -1\n", []string{"line 2", `"-1"`}},
		{jsp, "1 1\n0 1.5\n", []string{"line 2", `"1.5"`}},
		{jsp, "1 1\n0 99999999999999999999\n", []string{"line 2"}},
		{jsp, "1 1\n0 1\n0 1\n", []string{"line 3", "behind the last"}},
		{fjsp, "1 2\n2 1 0 3\n", []string{"line 2", "after 1 of 2 operations"}},
		{fjsp, "1 2\n1 2 0 3\n", []string{"line 2", "2 alternatives"}},
		{fjsp, "1 2\n1 0\n", []string{"line 2", "0 alternatives"}},
		{fjsp, "1 2\n0\n", []string{"line 2", "0 operations"}},
		{fjsp, "1 2\n1 1 2 3\n", []string{"line 2", "machine 2 of 2"}},
		{fjsp, "1 2\n1 2 0 3 0 4\n", []string{"line 2", "twice"}},
		{fjsp, "1 2\n1 1 0 3 4\n", []string{"line 2", "1 numbers behind"}},
		{problem, "{\n\"machines\": [,]}", []string{"line 2"}},
		{problem, "{}{}", []string{"line 1", "follows"}},
		{problem, "[]", []string{"the file: is no object"}},
		{problem, "{}", []string{"machines is missing"}},
		{problem, `{"machine":[]}`, []string{"machine: is not known", "machines"}},
		{problem, `{"jobs":[],"jobs":[]}`, []string{"jobs: is there twice"}},
		{problem, `{"machines":[{"calendar":"day"}],"jobs":[]}`, []string{"machines[0].calendar", `"day"`}},
		{problem, `{"calendars":{"day":[[5,3]]},"machines":[{"calendar":"day"}],"jobs":[{"operations":[{"alternatives":[{"machine":0,"duration":1}]}]}]}`, []string{"machines[0]", "open[0]"}},
		{problem, `{"calendars":{"day":[]},"machines":[{}],"jobs":[]}`, []string{"calendars.day", "no window"}},
		{problem, `{"calendars":{"day":[[1]]},"machines":[{}],"jobs":[]}`, []string{"calendars.day[0]"}},
		{problem, machines + `{"alternatives":[{"machine":1,"duration":1}]}]}]}`, []string{"jobs[0].operations[0].alternatives[0].machine", "1"}},
		{problem, machines + `{"alternatives":[{"machine":0,"duration":0}]}]}]}`, []string{"jobs[0].operations[0].alternatives[0].duration", "more than 0"}},
		{problem, machines + `{"alternatives":[{"machine":0,"duration":-1}]}]}]}`, []string{"duration", "-1"}},
		{problem, machines + `{"alternatives":[{"machine":0,"duration":1.5}]}]}]}`, []string{"jobs[0].operations[0].alternatives[0].duration", "1.5"}},
		{problem, machines + `{"alternatives":[{"machine":0}]}]}]}`, []string{"jobs[0].operations[0].alternatives[0]", "duration is missing"}},
		{problem, machines + `{"alternatives":[]}]}]}`, []string{"jobs[0].operations[0].alternatives", "no machine"}},
		{problem, machines + `{"alternatives":[{"machine":0,"duration":1}],"min_wait":5,"max_wait":4}]}]}`, []string{"max_wait"}},
		{problem, machines + `{"alternatives":[{"machine":0,"duration":1}],"due":4}]}]}`, []string{"jobs[0].operations[0].due", "not known"}},
		{problem, machines + `{"alternatives":[{"machine":0,"duration":1}],"locked":{"machine":3,"start":0}}]}]}`, []string{"locked.machine", "3"}},
		{plan, `{"operations":[{"job":0,"op":0,"machine":0,"start":0}]}`, []string{"operations[0]", "end is missing"}},
		{plan, `{"operations":[{"job":0,"op":0,"machine":0,"start":0,"end":"1"}]}`, []string{"operations[0].end"}},
	} {
		err := c.read([]byte(c.in))
		if err == nil {
			t.Errorf("%q was taken", c.in)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v; want %q in it", c.in, err, w)
			}
		}
	}
}

func TestProblem_ReadsAllOfTheModel(t *testing.T) {
	_, err := Problem([]byte(`{
		"horizon": 500,
		"calendars": {"day": [[0, 100], [200, 300]]},
		"machines": [{"name": "lathe", "calendar": "day"}, {"setup": [[0, 5], [7, 0]], "ready": 1, "capacity": 4}],
		"jobs": [{"name": "A", "release": 3, "due": 90, "weight": 2, "operations": [
			{"name": "turn", "alternatives": [{"machine": 0, "duration": 10}], "interruptible": true, "material": 4},
			{"alternatives": [{"machine": 1, "duration": 20}], "family": 1, "size": 2, "min_wait": 1, "max_wait": 0}]}]}`))
	if err == nil || !strings.Contains(err.Error(), "max_wait") {
		t.Fatalf("a longest wait below the least one was taken: %v", err)
	}
	p, err := Problem([]byte(`{"jobs": [{"operations": [{"alternatives": [{"machine": 0, "duration": 10}], "max_wait": 0,
		"locked": {"machine": 0, "start": 7}}]}], "machines": [{"calendar": "day"}], "calendars": {"day": [[0, 100], [200, 300]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	zero := int64(0)
	want := &schedule.Problem{
		Machines: []schedule.Machine{{Open: []schedule.Window{{From: 0, To: 100}, {From: 200, To: 300}}}},
		Jobs: []schedule.Job{{Weight: 1, Operations: []schedule.Operation{{
			Alternatives: []schedule.Alternative{{Machine: 0, Duration: 10}}, MaxWait: &zero, Locked: &schedule.Lock{Machine: 0, Start: 7},
		}}}},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("read %+v; want %+v", p, want)
	}
}

// Every published instance is read, with the counts that its publisher states.
func TestPublishedInstances(t *testing.T) {
	root := os.Getenv("ZHIGAI_REFDATA")
	if root == "" {
		t.Skip("ZHIGAI_REFDATA is not set: the published instances are not read")
	}
	n := 0
	for dir, read := range map[string]func([]byte) (*schedule.Problem, error){"jobshop": JobShop, "flexible-jobshop": FlexibleJobShop} {
		err := filepath.WalkDir(filepath.Join(root, dir, "instances"), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			p, err := read(text)
			if err == nil {
				err = p.Validate()
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			n++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if n < 100 {
		t.Errorf("%d instances; there are more", n)
	}
}

func FuzzJobShop(f *testing.F) {
	f.Add([]byte("2 2\n0 3 1 2\n1 4 0 1\n"))
	fuzz(f, JobShop)
}

func FuzzFlexibleJobShop(f *testing.F) {
	f.Add([]byte("1 3 1.5\n2 2 0 3 2 4 1 1 7\n"))
	fuzz(f, FlexibleJobShop)
}

func FuzzProblem(f *testing.F) {
	f.Add([]byte(`{"calendars":{"d":[[0,9]]},"machines":[{"calendar":"d","setup":[[0]]}],"jobs":[{"operations":[{"alternatives":[{"machine":0,"duration":1}],"max_wait":3}]}]}`))
	fuzz(f, Problem)
}

// fuzz: whatever is taken is a valid problem, and nothing panics.
func fuzz(f *testing.F, read func([]byte) (*schedule.Problem, error)) {
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := read(in)
		if err == nil {
			err = p.Validate()
			if err != nil {
				t.Errorf("%q was taken: %v", in, err)
			}
		}
	})
}
