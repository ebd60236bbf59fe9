package profile_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"zhigai/connect/profile"
)

func file(name, text string) profile.File { return profile.File{Name: name, Text: []byte(text)} }

// What is added is joined, checked and found as if it had been delivered; a newer
// base renews what stands on it.
func TestLibrary_Add(t *testing.T) {
	l, err := load(map[string]string{"maker.yaml": maker})
	if err != nil {
		t.Fatal(err)
	}
	before := l.List()
	series := strings.NewReplacer("id: model", "id: series").Replace(model)
	own := strings.NewReplacer("id: model", "id: own", "base: maker", "base: series", "spindle.speed", "table.speed").Replace(model)
	if err := l.Add(file("own", own), file("series", series)); err != nil {
		t.Fatal(err)
	}
	p, ok := l.Get("own")
	if !ok || p.Protocol != "modbus-tcp" || len(p.Signals) != 4 || strings.Join(p.Bases, " ") != "series maker" || string(l.Source("own")) != own {
		t.Errorf("own = %+v, %v", p, ok)
	}
	if l.Delivered("own") || !l.Delivered("maker") || len(before) != 1 || len(l.List()) != 3 {
		t.Errorf("delivered: %v, %v; %d profiles before, %d now", l.Delivered("own"), l.Delivered("maker"), len(before), len(l.List()))
	}
	if err := l.Add(file("again", own+"\n")); err != nil {
		t.Errorf("the same again: %v", err)
	}
	if now, _ := l.Get("own"); now != p {
		t.Error("the same again is another profile")
	}
	newer := strings.NewReplacer("version: 3", "version: 4", "signals:\n", "signals:\n  - {name: coolant.level, kind: number, at: \"input 9 uint16\", unit: \"%\"}\n").Replace(series)
	if err := l.Add(file("newer", newer)); err != nil {
		t.Fatal(err)
	}
	if p, _ = l.Get("own"); len(p.Signals) != 5 {
		t.Errorf("on a newer base there are %d signals; want 5", len(p.Signals))
	}
	if err := l.Add(file("old", series)); err != nil { // known as it is
		t.Errorf("the version before: %v", err)
	}
	if p, _ = l.Get("series"); p.Version != 4 {
		t.Errorf("version %d after the older one came again", p.Version)
	}
}

// What is refused leaves everything as it was.
func TestLibrary_AddRefuses(t *testing.T) {
	l, err := load(map[string]string{"maker.yaml": maker})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add(file("model", model)); err != nil {
		t.Fatal(err)
	}
	f := func(taken bool, says string, files ...profile.File) {
		t.Helper()
		err := l.Add(files...)
		if err == nil || errors.Is(err, profile.ErrTaken) != taken || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q, taken %v", err, says, taken)
		}
		if _, again := l.Check(files...); again == nil || again.Error() != err.Error() {
			t.Errorf("Check says %v, Add %v", again, err)
		}
		if got := strings.Join(l.IDs(), " "); got != "maker model" {
			t.Errorf("after it was refused there are %s", got)
		}
	}
	other := strings.Replace(model, "id: model", "id: other", 1)
	change := func(from, to string) string {
		t.Helper()
		if !strings.Contains(model, from) {
			t.Fatalf("no %q in the model", from)
		}
		return strings.Replace(strings.ReplaceAll(model, from, to), "version: 3", "version: 4", 1)
	}
	f(true, "bad: profile: id and version are taken: model version 3 is known with another content", file("good", other), file("bad", strings.Replace(model, "vendor: maker", "vendor: other", 1)))
	f(true, "maker is delivered with the product; write an id of your own, and base: maker", file("m", strings.Replace(maker, "version: 1", "version: 2", 1)))
	f(true, "model is known in version 3 already; version 2 would be older", file("m", strings.Replace(model, "version: 3", "version: 2", 1)))
	f(true, `has spindle.speed as number "/min", version 4 has not`, file("m", change("spindle.speed", "spindle.rate")), file("good", other))
	f(true, `has spindle.speed as number "/min", version 4 has not`, file("m", change("unit: /min", "unit: \"1\"")))
	f(false, `base "nobody" is no profile`, file("o", strings.Replace(other, "base: maker", "base: nobody", 1)))
	f(false, "o:1:", file("o", "schema: zhigai.profile/2\n"))
}

// Who asks while the library grows sees it before or after, never between.
func TestLibrary_GrowsWhileUsed(t *testing.T) {
	l, err := load(map[string]string{"maker.yaml": maker})
	if err != nil {
		t.Fatal(err)
	}
	a, b := strings.Replace(model, "id: model", "id: a", 1), strings.NewReplacer("id: model", "id: b").Replace(model)
	var asked sync.WaitGroup
	for range 4 {
		asked.Go(func() {
			for range 200 {
				list := l.List()
				if len(list) != 1 && len(list) != 3 {
					t.Errorf("%d profiles", len(list))
				}
				for _, p := range list {
					if p.Protocol == "" {
						t.Errorf("%s is not joined", p.ID)
					}
				}
			}
		})
	}
	if err := l.Add(file("a", a), file("b", b)); err != nil {
		t.Error(err)
	}
	asked.Wait()
}
