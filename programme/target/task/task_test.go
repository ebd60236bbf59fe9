package task

import (
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/programme/target"
)

func given(t *testing.T) Register {
	t.Helper()
	units, err := LoadUnits(data.FS, "organisations/zhejiang.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := Register{}
	for _, u := range units {
		out[u.ID] = u
	}
	return out
}

// Every unit that the policy names, or is a city's government, is in the register.
func TestUnits_OfThePolicy(t *testing.T) {
	all := given(t)
	book, err := target.Load(data.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range book.Policies {
		for _, c := range p.Clauses {
			for _, name := range c.Units {
				found := name == "各设区市政府"
				for _, u := range all {
					found = found || u.Short == name
				}
				if !found {
					t.Errorf("clause %s: %s is in no register", c.Clause, name)
				}
			}
		}
	}
}

func TestRegister_Called(t *testing.T) {
	all := given(t)
	all["a"] = Unit{ID: "a", Name: "甲", To: "2020-01-01", Successors: []string{"b", "c"}}
	all["b"] = Unit{ID: "b", Name: "乙", To: "2022-01-01", Successors: []string{"d"}}
	all["c"] = Unit{ID: "c", Name: "丙", To: "2023-01-01"} // nobody took it over
	all["d"] = Unit{ID: "d", Name: "丁"}
	for _, c := range []struct{ id, day, want string }{
		{"zj-jxw", "2018-10-24", "浙江省经济和信息化委员会"},
		{"zj-jxw", "2018-10-25", "浙江省经济和信息化厅"},
		{"cbrc-zj", "2020-06-01", "中国银行保险监督管理委员会浙江监管局"},
		{"cbrc-zj", "2024-06-01", "国家金融监督管理总局浙江监管局"},
		{"a", "2019-12-31", "甲"},
		{"a", "2020-01-01", "乙、丙"},
		{"a", "2022-01-01", "丁、丙"},
		{"a", "2024-01-01", "丁、丙"},
		{"nobody", "2024-01-01", ""},
	} {
		if got := all.Called(c.id, c.day); got != c.want {
			t.Errorf("%s on %s is called %q; want %q", c.id, c.day, got, c.want)
		}
	}
}

func TestRegister_Refuses(t *testing.T) {
	all := Register{"a": {ID: "a", Name: "甲", Level: "city", To: "2020-01-01", Successors: []string{"b"}}, "b": {ID: "b", Name: "乙", Level: "city"}}
	for want, u := range map[string]Unit{
		"name":             {Level: "city"},
		"level":            {Name: "x", Level: "town"},
		"days":             {Name: "x", Level: "city", From: "2018年"},
		"comes before":     {Name: "x", Level: "city", From: "2019-01-01", To: "2018-01-01"},
		"write to":         {Name: "x", Level: "city", Successors: []string{"b"}},
		"not in the":       {Name: "x", Level: "city", To: "2019-01-01", Successors: []string{"z"}},
		"twice":            {Name: "x", Level: "city", To: "2019-01-01", Successors: []string{"b", "b"}},
		"had ended":        {Name: "x", Level: "city", To: "2021-01-01", Successors: []string{"a"}},
		"goes back to":     {ID: "b", Name: "乙", Level: "city", To: "2019-01-01", Successors: []string{"a"}},
		"b goes back to 乙": {ID: "b", Name: "乙", Level: "city", To: "2019-01-01", Successors: []string{"b"}},
	} {
		err := all.check(u)
		if err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(want, "b ")) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// A light follows the line from last year's value to the plan until the
// deadline; from then on a task is reached or not.
func TestRow_Light(t *testing.T) {
	num := func(v float64) *float64 { return &v }
	half := time.Date(2022, 7, 2, 4, 0, 0, 0, time.UTC) // noon there, half of the year
	after := time.Date(2023, 2, 1, 0, 0, 0, 0, time.UTC)
	stock := target.Target{Status: target.Numeric}
	yearly := target.Target{Status: target.Numeric, Every: "year"}
	growth := target.Target{Status: target.Numeric, BaseYear: "parameter"}
	for name, c := range map[string]struct {
		of      target.Target
		planned *float64
		actual  *float64
		before  *float64
		at      time.Time
		want    Light
	}{
		"half the way":               {stock, num(100), num(75), num(50), half, Green},
		"nearly half the way":        {stock, num(100), num(70), num(50), half, Yellow},
		"behind":                     {stock, num(100), num(60), num(50), half, Red},
		"without a year before":      {stock, num(100), num(75), nil, half, Red},
		"reached early":              {stock, num(100), num(100), nil, half, Green},
		"over and not reached":       {stock, num(100), num(99.9), num(50), after, Red},
		"over and reached":           {stock, num(100), num(100), num(50), after, Green},
		"half of a year's events":    {yearly, num(100), num(50), num(90), half, Green},
		"growth has no line":         {growth, num(0.15), num(0.14), num(0.02), half, Yellow},
		"no value":                   {stock, num(100), nil, nil, half, Grey},
		"a target without a number":  {target.Target{Status: target.Directional}, nil, num(3), nil, half, ""},
		"never against a typed plan": {target.Target{Status: target.Judged}, num(1), num(3), nil, half, ""},
	} {
		r := Row{Task: Task{Year: 2022, Planned: c.planned}}
		r.reach(target.Local{Value: c.actual}, c.before, c.of, c.at)
		if r.Light != c.want {
			t.Errorf("%s: %q; want %q (expected %v)", name, r.Light, c.want, r.Expected)
		}
	}
	if r := (Task{Year: 2022, Deadline: "2022-06-30"}); r.passed(half) != 1 {
		t.Errorf("a deadline in June is not over in July: %v", r.passed(half))
	}
}

func TestVisible(t *testing.T) {
	for _, c := range []struct {
		area   access.Area
		region string
		want   bool
	}{
		{access.Area{}, "330000", true},
		{access.Area{Region: "3306"}, "330624", true},
		{access.Area{Region: "3306"}, "330600", true},
		{access.Area{Region: "3306"}, "330000", false},
		{access.Area{Region: "3306"}, "330100", false},
		{access.Area{Region: "3306", Sector: "C34"}, "330624", false}, // sees a part of the division's firms
		{access.Area{Enterprise: "x"}, "330624", false},
	} {
		if got := Visible([]access.Area{c.area}, c.region); got != c.want {
			t.Errorf("%+v sees %s: %v", c.area, c.region, got)
		}
	}
}
