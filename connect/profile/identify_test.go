package profile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"zhigai/connect"
)

// answers is a device that gives texts by address.
type answers map[string]string

var errGone = errors.New("gone")

func (a answers) Prepare(points []connect.Point) (connect.Group, error) {
	return asked{a, points}, nil
}
func (answers) Close() error { return nil }

type asked struct {
	answers
	points []connect.Point
}

func (a asked) Read(_ context.Context, dst []connect.Reading) error {
	if a.answers == nil {
		return errGone
	}
	for i, p := range a.points {
		text, ok := a.answers[p.Address]
		dst[i] = connect.Reading{Point: i, Text: text}
		if !ok {
			dst[i].Err = connect.ErrUnconfigured
		}
		if _, err := fmt.Sscan(text, &dst[i].Number); err == nil {
			dst[i].Text = ""
		}
	}
	return nil
}

// An unknown device gets the profile that knows it best, and none when two
// know it equally well: a wrong profile reads wrong values without an error.
func TestIdentify(t *testing.T) {
	with := func(id string, rules ...string) string {
		head, _, _ := strings.Cut(maker, "identify:")
		out := strings.Replace(head, "id: maker", "id: "+id, 1)
		if len(rules) > 0 {
			out += "identify:\n  - " + strings.Join(rules, "\n  - ") + "\n"
		}
		return out
	}
	series := `{at: "holding 100 string8", kind: text, match: "^MX"}`
	version := `{at: "holding 104 uint16", kind: number, match: "^2$"}`
	f := func(device answers, want string, files ...string) {
		t.Helper()
		named := map[string]string{}
		for i, src := range files {
			named[fmt.Sprintf("%d.yaml", i)] = src
		}
		l, err := load(named)
		if err != nil {
			t.Fatal(err)
		}
		if it, ok, err := l.Identify(t.Context(), device, "modbus-tcp"); it.Profile != want || ok != (want != "") || err != nil {
			t.Errorf("%v is %q %v %v; want %q", device, it.Profile, ok, err, want)
		}
	}
	mx2 := answers{"holding 100 string8": "MX-20 ", "holding 104 uint16": "2"}
	f(mx2, "a", with("a", series))
	f(mx2, "b", with("a", series), with("b", series, version))
	f(mx2, "b", with("b", version, series), with("c", version))
	f(mx2, "", with("a", series), with("b", series))
	f(mx2, "c", with("a", series), with("b", series), with("c", series, version))
	f(mx2, "", with("a"))
	f(answers{"holding 100 string8": "MX-20", "holding 104 uint16": "3"}, "a", with("a", series), with("b", series, version))
	f(answers{"holding 100 string8": "TX-20"}, "", with("a", series), with("b", series, version))
	f(answers{"holding 100 string8": "MX-20"}, "a", with("a", series), with("b", series, version))
	l, err := load(map[string]string{"a.yaml": with("a", series)})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := l.Identify(t.Context(), answers(nil), "modbus-tcp"); ok || !errors.Is(err, errGone) {
		t.Errorf("a device that is gone: %v %v", ok, err)
	}
	if it, ok, err := l.Identify(t.Context(), mx2, "opcua"); ok || err != nil {
		t.Errorf("another protocol: %q %v", it.Profile, err)
	}
}

// What a rule looks at may be the device's name or number.
func TestIdentify_Serial(t *testing.T) {
	head, _, _ := strings.Cut(maker, "identify:")
	l, err := load(map[string]string{"a.yaml": head + `identify:
  - {at: "holding 100 string8", kind: text, match: "^MX", as: product}
  - {at: "holding 108 uint32", kind: number, match: "^[0-9]+$", as: serial}
`})
	if err != nil {
		t.Fatal(err)
	}
	it, ok, err := l.Identify(t.Context(), answers{"holding 100 string8": "MX-20 ", "holding 108 uint32": "2147483647"}, "modbus-tcp")
	if want := (connect.Identity{Product: "MX-20", Serial: "2147483647"}); !ok || err != nil || it.Identity != want {
		t.Errorf("%+v %v %v; want %+v", it, ok, err, want)
	}
	if _, err := load(map[string]string{"a.yaml": head + `identify: [{at: "holding 1 uint16", kind: number, match: ".", as: name}]`}); err == nil || !strings.Contains(err.Error(), "serial") {
		t.Errorf("as: name: %v", err)
	}
}
