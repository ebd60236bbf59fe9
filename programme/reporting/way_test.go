package reporting

import (
	"errors"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/plant"
)

// people are whom a report of a county meets, by what they were given.
var people = map[string][]access.Area{
	"county": {{Region: "330624"}}, "city": {{Region: "3306"}}, "province": {{Region: "33"}}, "all": {{}},
	"neighbour": {{Region: "330681"}}, "other city": {{Region: "3307"}}, "sector": {{Region: "330624", Sector: "C34"}},
	"firm": {{Region: "330624", Enterprise: "f"}}, "nobody": nil, "two hats": {{Region: "330624"}, {Region: "3306"}},
}

// allowed says which steps lead where, written apart from the code: by state the
// step, the state behind it, and who may.
var allowed = map[State]map[What]struct {
	to  State
	may string
}{
	Open:      {Freeze: {Draft, "county city province all two hats"}, Remind: {Open, "city province all two hats"}},
	Draft:     {Submit: {Submitted, "county two hats"}, Revise: {Draft, "county two hats"}, Decline: {Draft, "county two hats"}, Remind: {Draft, "city province all two hats"}},
	Submitted: {Return: {Returned, "city two hats"}, Approve: {Approved, "city two hats"}},
	Returned:  {Explain: {Explained, "county two hats"}, Revise: {Revised, "county two hats"}, Decline: {Returned, "county two hats"}, Remind: {Returned, "city province all two hats"}},
	Explained: {Return: {Returned, "city two hats"}, Approve: {Approved, "city two hats"}},
	Approved:  {Return: {Returned, "city two hats"}, Revise: {Revised, "county two hats"}, Decline: {Approved, "county two hats"}},
	Revised:   {Return: {Returned, "city two hats"}, Approve: {Approved, "city two hats"}},
}

// TestNext meets every step in every state by everybody, with and without a
// reminder that waits.
func TestNext(t *testing.T) {
	asked, may := 0, 0
	for _, state := range States {
		for _, what := range Steps {
			for person, areas := range people {
				for _, reminders := range [][]Reminder{nil, {{Seq: 1}}} {
					asked++
					h := Head{Region: "330624", Level: plant.County, State: state, Reminders: reminders}
					got, err := next(h, what, StandingOf(areas, h.Region))
					want, ok := allowed[state][what]
					if what == Answer && len(reminders) > 0 {
						want.to, want.may, ok = state, "county two hats", true
					}
					switch {
					case !ok:
						if !errors.Is(err, ErrState) || !strings.Contains(err.Error(), "possible:") {
							t.Errorf("%s of a report that is %s by %s: %v; want ErrState with what is possible", what, state, person, err)
						}
					case !strings.Contains(want.may, person):
						if !errors.Is(err, access.ErrForbidden) || !strings.Contains(err.Error(), " is for ") {
							t.Errorf("%s of a report that is %s by %s: %v; want ErrForbidden with who may", what, state, person, err)
						}
					case err != nil || got != want.to:
						t.Errorf("%s of a report that is %s by %s = %q, %v; want %q", what, state, person, got, err, want.to)
					default:
						may++
					}
				}
			}
		}
	}
	t.Logf("%d questions, %d allowed", asked, may)
}

// The level above a city is its province, above a province who holds every firm.
func TestStandingOf(t *testing.T) {
	f := func(region string, areas []access.Area, want Standing) {
		t.Helper()
		if got := StandingOf(areas, region); got != want {
			t.Errorf("StandingOf(%v, %s) = %+v; want %+v", areas, region, got, want)
		}
	}
	f("330600", people["city"], Standing{Own: true})
	f("330600", people["province"], Standing{Above: true, Higher: true})
	f("330600", people["all"], Standing{Higher: true})
	f("330600", people["county"], Standing{})
	f("330000", people["province"], Standing{Own: true})
	f("330000", people["all"], Standing{Above: true, Higher: true})
	f("330000", people["city"], Standing{})
}

func TestNext_Unknown(t *testing.T) {
	if _, err := next(Head{State: Open}, "delete", Standing{Own: true}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an unknown step: %v", err)
	}
}
