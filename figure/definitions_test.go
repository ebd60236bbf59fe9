package figure

import (
	"errors"
	"strings"
	"testing"
)

// Definitions that come later are asked for as delivered ones; what is refused
// leaves everything as it was.
func TestDefinitions_Add(t *testing.T) {
	d := shipped(t)
	before := len(d.All())
	file := func(text string) File { return File{"template works, definition 1", []byte(text)} }
	second := strings.Replace(sample, "version: 1", "version: 2", 1)
	if err := d.Add(file(sample), file(second)); err != nil {
		t.Fatal(err)
	}
	if err := d.Add(file(sample + "\n")); err != nil {
		t.Errorf("the same again: %v", err)
	}
	x, err := d.Definition("x")
	if err != nil || x.Version != 2 || len(d.All()) != before+2 || len(d.Newest()) != before+1 {
		t.Errorf("x = %+v, %v; %d definitions; want 2 more than %d", x, err, len(d.All()), before)
	}
	good := file(strings.Replace(sample, "id: x", "id: sound", 1))
	for _, c := range []struct {
		text, want string
		taken      bool
	}{
		{strings.Replace(sample, "digits: 2", "digits: 3", 1), "x version 1 is known with another content", true},
		{strings.NewReplacer("id: x", "id: oee", "version: 1", "version: 9").Replace(sample), "oee is delivered with the product", true},
		{strings.NewReplacer("id: x", "id: y", "apt_ms", "luck").Replace(sample), `unknown term "luck"`, false},
		{"schema: other\n", "template works, definition 1: schema", false},
	} {
		err := d.Add(good, file(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrTaken) != c.taken {
			t.Errorf("Add: %v; want %q, taken %v", err, c.want, c.taken)
		}
		if _, again := d.Check(good, file(c.text)); again == nil || again.Error() != err.Error() {
			t.Errorf("Check says %v, Add %v", again, err)
		}
		if len(d.All()) != before+2 {
			t.Errorf("after it was refused there are %d definitions", len(d.All()))
		}
	}
}
