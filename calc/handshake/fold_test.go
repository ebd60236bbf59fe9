package handshake

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// twoMachines hand parts over: inputs 0 and 1 are the giver's code and its fault, 2 and 3
// the taker's code and its fault.
func twoMachines(on map[Loss]Action) Spec {
	return Spec{
		Inputs: []Input{{Giver}, {Giver}, {Taker}, {Taker}},
		Steps: []Step{
			{Party: Giver, Signal: 0, Value: 1, Tells: true, On: on},
			{Party: Taker, Signal: 2, Value: 1, Within: 10, Tells: true, On: on},
			{Party: Giver, Signal: 0, Value: 2, Within: 10, Tells: true, On: on},
			{Party: Taker, Signal: 2, Value: 3, Within: 100, On: on},
		},
		Aborts: []Abort{{Giver, 1, 1}, {Taker, 3, 1}},
		MaxAge: 5, Clear: 20,
	}
}

// script runs words: in=VALUE, ?in (not known), ok, no, doubt, undone, stuck, @TIME, and
// a name of a loss. It gives all effects.
func script(t *testing.T, f *Fold, words string) string {
	t.Helper()
	var out []string
	at := int64(0)
	for word := range strings.FieldsSeq(words) {
		var in int
		var v float64
		var got []Effect
		ok := true
		switch word {
		case "ok":
			got = f.Told(true, false, at)
		case "no":
			got = f.Told(false, false, at)
		case "doubt":
			got = f.Told(false, true, at)
		case "undone":
			got = f.Undone(true, at)
		case "cannot":
			got = f.Undone(false, at)
		case "giveup":
			got, ok = f.GiveUp(ByAPerson, at)
		case "letgo":
			got, ok = f.LetGo(at)
		case "pause", "unpause":
			got = f.Pause(word == "pause", at)
		case string(Restart), string(Clock), string(Overload):
			got = f.Lose(Loss(word), at)
		default:
			switch n, _ := fmt.Sscanf(word, "%d=%g", &in, &v); {
			case n == 2:
				got = f.Take(in, v, at)
			case word[0] == '@':
				_, err := fmt.Sscanf(word, "@%d", &at)
				must(t, err)
				got = f.Advance(at)
			case word[0] == '?':
				_, err := fmt.Sscanf(word, "?%d", &in)
				must(t, err)
				f.Miss(in, Lost, at)
			default:
				t.Fatalf("no such word: %q", word)
			}
		}
		if !ok {
			out = append(out, "refused")
		}
		for _, e := range got {
			s := string(e.What)
			switch e.What {
			case Seen, Tell, Late:
				s += fmt.Sprint(e.Step)
			case Ended:
				s += fmt.Sprintf("%d:%s", e.Step, e.End)
				if e.End != Done {
					s += fmt.Sprintf(":%s:%s", e.By, e.Why)
				}
			case Stuck:
				s += ":" + string(e.By)
			}
			out = append(out, s)
		}
	}
	return strings.Join(out, " ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

const calm = "0=0 1=0 2=0 3=0 "

func TestFold(t *testing.T) {
	waits := map[Loss]Action{Lost: Wait, Restart: Wait, Stale: Wait, Clock: Wait, Overload: Wait}
	holds := map[Loss]Action{Lost: Hold, Restart: Hold}
	for name, c := range map[string]struct {
		on         map[Loss]Action
		says, want string
		phase      Phase
	}{
		"done":                          {says: calm + "0=1 ok 2=1 ok 0=2 ok 2=3 undone 0=0 2=0", want: "began seen0 tell0 seen1 tell1 seen2 tell2 seen3 ended3:done reset cleared", phase: Idle},
		"done twice":                    {says: calm + "0=1 ok 2=1 ok 0=2 ok 2=3 undone 0=0 2=0 0=1", want: "began seen0 tell0 seen1 tell1 seen2 tell2 seen3 ended3:done reset cleared began seen0 tell0", phase: Telling},
		"shown before it was told":      {says: calm + "0=1 2=1 ok ok", want: "began seen0 tell0 seen1 tell1", phase: Waiting},
		"not begun while one is silent": {says: "0=1 1=0 2=0", want: "", phase: Idle},
		"begun once all is known":       {says: "0=1 1=0 2=0 3=0", want: "began seen0 tell0", phase: Telling},
		"not begun on an old answer":    {says: "0=0 1=0 2=1 3=0 0=1", want: "", phase: Idle},
		"too late":                      {says: calm + "0=1 ok @11", want: "began seen0 tell0 ended1:timed_out:taker:not_shown reset", phase: Clearing},
		"a late answer begins nothing":  {says: calm + "0=1 ok @11 undone 2=1 0=0 @13 0=1 @14 2=0 0=0", want: "began seen0 tell0 ended1:timed_out:taker:not_shown reset late1 cleared", phase: Idle},
		"in time at its last moment":    {says: calm + "0=1 ok @10 2=1", want: "began seen0 tell0 seen1 tell1", phase: Telling},
		"the giver gives up":            {says: calm + "0=1 ok 1=1", want: "began seen0 tell0 ended1:aborted:giver:gave_up reset", phase: Clearing},
		"given up while it is told":     {says: calm + "0=1 3=1 ok", want: "began seen0 tell0 ended0:aborted:taker:gave_up reset", phase: Clearing},
		"a person gives up":             {says: calm + "giveup 0=1 ok giveup giveup", want: "refused began seen0 tell0 ended1:aborted:node:person reset refused", phase: Clearing},
		"not told":                      {says: calm + "0=1 no", want: "began seen0 tell0 ended0:aborted:node:not_told reset", phase: Clearing},
		"in doubt":                      {says: calm + "0=1 doubt", want: "began seen0 tell0 ended0:aborted:node:not_told", phase: Held},
		"let go":                        {says: calm + "0=1 doubt letgo undone 0=0 letgo", want: "began seen0 tell0 ended0:aborted:node:not_told reset cleared refused", phase: Idle},
		"cannot be taken back":          {says: calm + "0=1 no cannot", want: "began seen0 tell0 ended0:aborted:node:not_told reset", phase: Held},
		"lost":                          {says: calm + "0=1 ok ?2 @5 @6", want: "began seen0 tell0 ended1:aborted:taker:loss reset", phase: Clearing},
		"back in time":                  {says: calm + "0=1 ok ?2 @5 2=0 @6", want: "began seen0 tell0", phase: Waiting},
		"lost and waited for":           {on: waits, says: calm + "0=1 ok ?2 @6 2=1", want: "began seen0 tell0 seen1 tell1", phase: Telling},
		"lost and waited for too long":  {on: waits, says: calm + "0=1 ok ?2 @11", want: "began seen0 tell0 ended1:timed_out:taker:not_shown reset", phase: Clearing},
		"lost and held":                 {on: holds, says: calm + "0=1 ok ?2 @6 2=1", want: "began seen0 tell0 ended1:aborted:taker:loss", phase: Held},
		"restart":                       {says: calm + "0=1 ok restart", want: "began seen0 tell0 ended1:aborted:node:loss reset", phase: Clearing},
		"restart and going on":          {on: waits, says: calm + "0=1 ok restart clock overload 2=1", want: "began seen0 tell0 seen1 tell1", phase: Telling},
		"nothing to lose":               {says: calm + "restart ?0 @100", want: "", phase: Idle},
		"paused":                        {says: calm + "pause 0=1 unpause", want: "began seen0 tell0", phase: Telling},
		"stuck":                         {says: calm + "0=1 ok 1=1 undone @20 @21 @40 1=0 0=0", want: "began seen0 tell0 ended1:aborted:giver:gave_up reset stuck:giver cleared", phase: Idle},
	} {
		s := twoMachines(c.on)
		must(t, s.Check())
		f := NewFold(s, 0)
		got := script(t, f, c.says)
		if phase, _, _ := f.Phase(); got != c.want || phase != c.phase {
			t.Errorf("%s: %s\n got %s, %s\nwant %s, %s", name, c.says, got, phase, c.want, c.phase)
		}
	}
}

// Whatever is said in whatever order: a step is told once and only after it was seen, in
// order, each hand-over ends once, and none begins before the last one cleared.
func TestFold_AnyOrder(t *testing.T) {
	words := []string{"0=0", "0=1", "0=2", "1=0", "1=0", "1=1", "2=0", "2=1", "2=3", "3=0", "3=0", "3=1", "?0", "?2", "ok", "ok", "no", "doubt", "undone", "undone", "cannot", "giveup", "letgo", "restart"}
	ends := map[string]int{}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 9))
		f := NewFold(twoMachines(nil), 0)
		var says []string
		for at := range 200 {
			word := words[r.IntN(len(words))]
			if r.IntN(8) == 0 {
				word = fmt.Sprint("@", at)
			}
			says = append(says, word)
		}
		step, under := -1, false
		for word := range strings.FieldsSeq(script(t, f, strings.Join(says, " "))) {
			what, rest, _ := strings.Cut(word, ":")
			switch {
			case word == "began":
				if under {
					t.Fatalf("seed %d: one began within another", seed)
				}
				step, under = -1, true
			case strings.HasPrefix(word, "seen"):
				if !under || word != fmt.Sprint("seen", step+1) {
					t.Fatalf("seed %d: %s after step %d", seed, word, step)
				}
				step++
			case strings.HasPrefix(word, "tell"):
				if !under || word != fmt.Sprint("tell", step) {
					t.Fatalf("seed %d: %s at step %d", seed, word, step)
				}
			case strings.HasPrefix(what, "ended"):
				if !under {
					t.Fatalf("seed %d: ended twice", seed)
				}
				under = false
				ends[rest]++
			}
		}
	}
	for _, want := range []string{"done", "timed_out:taker:not_shown", "aborted:giver:gave_up", "aborted:node:not_told", "aborted:taker:loss", "aborted:node:person"} {
		if ends[want] == 0 {
			t.Errorf("no run ended by %s: %v", want, ends)
		}
	}
}

// A hand-over goes on where it was left.
func TestFold_Resume(t *testing.T) {
	f := NewFold(twoMachines(nil), 0)
	f.Resume(1, true, 0)
	if got := script(t, f, "0=1 1=0 2=1 3=0 ok 0=2 ok 2=3"); got != "seen2 tell2 seen3 ended3:done reset" {
		t.Errorf("telling step 1 again: %s", got)
	}
	f = NewFold(twoMachines(nil), 0)
	f.Resume(2, false, 0)
	if got := script(t, f, "1=0 3=0 2=1 @5 0=2"); got != "seen2 tell2" {
		t.Errorf("waiting for step 2 again: %s", got)
	}
	f = NewFold(twoMachines(nil), 0)
	if got := f.ResumeEnded(true, 0); len(got) != 0 {
		t.Errorf("held again: %v", got)
	}
	f = NewFold(twoMachines(nil), 0)
	if got := f.ResumeEnded(false, 0); len(got) != 1 || got[0].What != Reset {
		t.Errorf("clearing again: %v", got)
	}
	if got := script(t, f, calm+"undone"); got != "cleared" {
		t.Errorf("cleared after a restart: %s", got)
	}
}

func TestSpec_Check(t *testing.T) {
	for says, spoil := range map[string]func(*Spec){
		"two steps":                  func(s *Spec) { s.Steps = s.Steps[:1] },
		"both parties":               func(s *Spec) { s.Steps = []Step{s.Steps[0], s.Steps[2]} },
		"within what time":           func(s *Spec) { s.Steps[2].Within = 0 },
		"no input 7":                 func(s *Spec) { s.Steps[2].Signal = 7 },
		"does not show":              func(s *Spec) { s.Steps[2].Signal = 2 },
		"same value":                 func(s *Spec) { s.Steps[2].Value = 1 },
		"begins a hand-over":         func(s *Spec) { s.Steps[0].Stands = true },
		"may be unknown":             func(s *Spec) { s.MaxAge = 0 },
		`"sleep" is no action`:       func(s *Spec) { s.Steps[1].On = map[Loss]Action{Stale: "sleep"} },
		"abort 1: there is no input": func(s *Spec) { s.Aborts[0].Signal = -1 },
	} {
		s := twoMachines(nil)
		s.Steps = slices.Clone(s.Steps)
		spoil(&s)
		if err := s.Check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}
