package mqtt

import "testing"

func TestMatch(t *testing.T) {
	f := func(filter, topic string, want bool) {
		t.Helper()
		if got := Match(filter, topic); got != want {
			t.Errorf("Match(%q, %q) = %t; want %t", filter, topic, got, want)
		}
	}
	f("a/b", "a/b", true)
	f("a/b", "a/b/c", false)
	f("a/b/c", "a/b", false)
	f("a/#", "a", true)
	f("a/#", "a/b/c", true)
	f("#", "a/b", true)
	f("#", "$SYS/x", false)
	f("+/x", "$SYS/x", false)
	f("+", "a", true)
	f("+", "a/b", false)
	f("a/+/c", "a//c", true)
	f("a/+", "a", false)
	f("/a", "a", false)
}

func TestCovers(t *testing.T) {
	f := func(allowed, filter string, want bool) {
		t.Helper()
		if got := covers(allowed, filter); got != want {
			t.Errorf("covers(%q, %q) = %t; want %t", allowed, filter, got, want)
		}
	}
	f("#", "a/#", true)
	f("a/#", "a/+/c", true)
	f("a/#", "a", true)
	f("a/#", "b/#", false)
	f("a/+", "a/b", true)
	f("a/+", "a/+", true)
	f("a/+", "a/#", false)
	f("a/b", "a/+", false)
	f("a/+/c", "a/b/c", true)
	f("a/b", "a/b/c", false)
	f("a/b/c", "a/b", false)
}

func TestCheckFilter(t *testing.T) {
	for _, ok := range []string{"#", "a/#", "+/b", "a", "/a"} {
		if err := CheckFilter(ok); err != nil {
			t.Errorf("CheckFilter(%q) = %v", ok, err)
		}
	}
	for _, bad := range []string{"", "a/#/b", "a#", "a+/b", "$SYS/#"} {
		if CheckFilter(bad) == nil {
			t.Errorf("CheckFilter(%q) = nil", bad)
		}
	}
}
