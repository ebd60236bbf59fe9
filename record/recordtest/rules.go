package recordtest

import (
	"errors"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/shop/discovery"
)

// Rules is what every store of discovery rules must do.
func Rules(t *testing.T, open func(t *testing.T) discovery.Rules) {
	s, ctx := open(t), t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	a, err := s.SaveRule(ctx, 1, discovery.Rule{Name: "b", Driver: "opcua", Place: "firm", Every: 5, Auto: true, Params: map[string]string{"policy": "None"}}, 0)
	check(err)
	b, err := s.SaveRule(ctx, 1, discovery.Rule{Name: "a", Driver: "sparkplug", Place: "firm"}, 0)
	check(err)
	if a.ID == "" || a.ID == b.ID || a.Rev != 1 {
		t.Errorf("saved as %+v and %+v", a, b)
	}
	list := func(want ...discovery.Rule) {
		t.Helper()
		got, err := s.Rules(ctx, 1)
		check(err)
		if len(got) != len(want) {
			t.Fatalf("%d rules; want %d", len(got), len(want))
		}
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("rule %d is %+v; want %+v", i, got[i], want[i])
			}
		}
	}
	list(b, a)
	a.Name, a.Auto = "0", false
	changed, err := s.SaveRule(ctx, 1, a, a.Rev)
	check(err)
	if changed.Rev != 2 || changed.ID != a.ID {
		t.Errorf("changed to %+v", changed)
	}
	list(changed, b)
	if _, err := s.SaveRule(ctx, 1, a, 1); !errors.Is(err, access.ErrConflict) {
		t.Errorf("an old revision: %v", err)
	}
	if _, err := s.SaveRule(ctx, 2, changed, 2); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("another tenant's rule: %v", err)
	}
	if err := s.DropRule(ctx, 1, changed.ID, 1); !errors.Is(err, access.ErrConflict) {
		t.Errorf("ended at an old revision: %v", err)
	}
	check(s.DropRule(ctx, 1, changed.ID, 2))
	list(b)
	if err := s.DropRule(ctx, 1, changed.ID, 3); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("ended twice: %v", err)
	}
	if other, err := s.Rules(ctx, 2); err != nil || len(other) != 0 {
		t.Errorf("another tenant has %v, %v", other, err)
	}
}
