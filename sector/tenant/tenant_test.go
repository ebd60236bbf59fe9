package tenant

import (
	"errors"
	"strings"
	"testing"

	"zhigai/plant"
)

const lathes = `schema: zhigai.tenant/1
name: lathes
limits: {devices: 3, tags: 100, samples: 50, bytes: 1000, users: 2, reach: false}
params:
  - {name: line, default: one, pattern: "[a-z]{1,8}"}
plant: |
  nodes:
    - {path: "${id}/${line}", level: line, name: {zh: ${name}}}
`

func TestTemplate(t *testing.T) {
	tpl, err := ReadTemplate("lathes.yaml", []byte("\uFEFF"+lathes))
	if err != nil {
		t.Fatal(err)
	}
	one := Tenant{ID: "xinda", Name: plant.Name{ZH: "信达"}}
	got, err := tpl.PlantFor(one, map[string]string{"line": "two"})
	if want := "nodes:\n  - {path: \"xinda/two\", level: line, name: {zh: 信达}}\n"; err != nil || string(got) != want {
		t.Errorf("PlantFor = %q, %v; want %q", got, err, want)
	}
	if got, err := tpl.PlantFor(one, nil); err != nil || !strings.Contains(string(got), "xinda/one") {
		t.Errorf("by default: %q, %v", got, err)
	}
	for _, c := range []struct {
		values map[string]string
		name   string
		want   string
	}{
		{map[string]string{"line": "UPPER"}, "", "must match"},
		{map[string]string{"lime": "x"}, "", `no parameter "lime"`},
		{nil, "信达}, evil: {x", "without quotes"},
		{nil, "信\n- {path: evil}", "without quotes"},
		{nil, strings.Repeat("长", 100), "at most 200 bytes"},
	} {
		x := one
		if c.name != "" {
			x.Name.ZH = c.name
		}
		if _, err := tpl.PlantFor(x, c.values); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("PlantFor(%q, %v): %v; want %q", x.Name.ZH, c.values, err, c.want)
		}
	}
}

func TestReadTemplate_Refuses(t *testing.T) {
	for old, c := range map[string]struct{ new, want string }{
		"zhigai.tenant/1":     {"zhigai.tenant/2", "write schema: zhigai.tenant/1"},
		"${line}":             {"${hall}", "line 2 of the plant: ${hall} is no parameter"},
		"{name: line,":        {"{name: id,", `parameter "id"`},
		`"[a-z]{1,8}"`:        {`"[a-z"`, "pattern of parameter line"},
		"params:\n":           {"params:\n  - {name: hall}\n", "stands nowhere"},
		"name: lathes":        {"name: ''", "has a name"},
		"limits: {devices: 3": {"limits: {machines: 3", "unknown field"},
	} {
		_, err := ReadTemplate("x.yaml", []byte(strings.Replace(lathes, old, c.new, 1)))
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s instead of %s: %v; want %q", c.new, old, err, c.want)
		}
	}
}

// FuzzTemplate: no template and no value makes a panic, and a value never adds a
// line to the plant.
func FuzzTemplate(f *testing.F) {
	f.Add([]byte(lathes), "one")
	f.Add([]byte("schema: zhigai.tenant/1\nname: x\nplant: ${id}${"), "a: b")
	f.Fuzz(func(t *testing.T, raw []byte, value string) {
		tpl, err := ReadTemplate("x", raw)
		if err != nil {
			return
		}
		values := map[string]string{}
		for _, p := range tpl.Params {
			values[p.Name] = value
		}
		out, err := tpl.PlantFor(Tenant{ID: "xinda", Name: plant.Name{ZH: "信达"}}, values)
		if err == nil && strings.Count(string(out), "\n") != strings.Count(tpl.Plant, "\n") {
			t.Errorf("%q has other lines than %q", out, tpl.Plant)
		}
	})
}

func TestTenant_Check(t *testing.T) {
	good := Tenant{ID: "xinda", Name: plant.Name{ZH: "信达"}, Limits: Defaults()}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Tenant){
		"2-20 small letters":   func(x *Tenant) { x.ID = "xin-da" },
		"beginning with a":     func(x *Tenant) { x.ID = "1xinda" },
		"has a Chinese name":   func(x *Tenant) { x.Name.ZH = " " },
		"limit users is -1":    func(x *Tenant) { x.Limits.Users = -1 },
		"name of the template": func(x *Tenant) { x.Template = strings.Repeat("x", 61) },
		"check character":      func(x *Tenant) { x.Code = "91350200776049653B" },
	} {
		x := good
		change(&x)
		if err := x.check(); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v; want %q", x, err, want)
		}
	}
}
