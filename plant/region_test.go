package plant_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/plant"
)

func regions(t testing.TB) *plant.Regions {
	t.Helper()
	raw, err := os.ReadFile("../data/regions/divisions.csv")
	if err != nil {
		t.Fatal(err)
	}
	r, err := plant.ReadRegions(raw)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var (
	in2018 = time.Date(2018, 10, 1, 0, 0, 0, 0, time.UTC)
	in2023 = time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC)
)

// 89 county-level units in 2018 and 90 in 2023, as the two lists have them.
func TestRegions_Zhejiang(t *testing.T) {
	r := regions(t)
	f := func(at time.Time, counties int, has, hasNot string) {
		t.Helper()
		n, codes := 0, []string{}
		for _, one := range r.All("33", at) {
			codes = append(codes, one.Code)
			if one.Level == plant.County {
				n++
			}
		}
		if n != counties {
			t.Errorf("%s: %d counties; want %d", at.Format(time.DateOnly), n, counties)
		}
		for code := range strings.FieldsSeq(has) {
			if !slices.Contains(codes, code) {
				t.Errorf("%s: %s is missing", at.Format(time.DateOnly), code)
			}
		}
		for code := range strings.FieldsSeq(hasNot) {
			if slices.Contains(codes, code) {
				t.Errorf("%s: %s is there", at.Format(time.DateOnly), code)
			}
		}
	}
	f(in2018, 89, "330103 330104 330624", "330113 330114 330383 330371 330101")
	f(in2023, 90, "330113 330114 330383", "330103 330104")
	if got := r.Path("330624"); got != "浙江省 绍兴市 新昌县" {
		t.Errorf("path %q", got)
	}
	for prefix, name := range map[string]string{"110101": "北京市 东城区", "469027": "海南省 乐东黎族自治县"} {
		if got := r.Path(prefix); got != name {
			t.Errorf("path of %s: %q; want %q", prefix, got, name)
		}
	}
}

func TestRegions_At(t *testing.T) {
	r := regions(t)
	f := func(code string, at time.Time, want error, says string) {
		t.Helper()
		_, err := r.Seat(code, at)
		if !errors.Is(err, want) || (err != nil && !strings.Contains(err.Error(), says)) {
			t.Errorf("%s at %s: %v; want %v that says %q", code, at.Format(time.DateOnly), err, want, says)
		}
	}
	f("330624", in2018, nil, "")
	f("330624", in2023, nil, "")
	f("330103", in2018, nil, "")
	f("330103", in2023, plant.ErrRegionEnded, "since 2021-04-09; write 330105 拱墅区")
	f("330104", in2023, plant.ErrRegionEnded, "330102 上城区 or 330114 钱塘区")
	f("330383", in2018, plant.ErrRegionNotYet, "since 2019-09-25; before that write 330327 苍南县")
	f("330600", in2023, plant.ErrNoRegion, "write one of its counties, such as 330602")
	f("330000", in2023, plant.ErrNoRegion, "write one of its counties")
	f("441900", in2023, nil, "") // a city without counties
	f("339999", in2023, plant.ErrNoRegion, "339999")
	f("新昌", in2023, plant.ErrNoRegion, "six digits")
	f("", in2023, plant.ErrNoRegion, "six digits")
	// The day is a day in China: the old code holds until its midnight.
	midnight := time.Date(2021, 4, 8, 16, 0, 0, 0, time.UTC)
	f("330103", midnight.Add(-time.Microsecond), nil, "")
	f("330103", midnight, plant.ErrRegionEnded, "")
	f("330113", midnight.Add(-time.Microsecond), plant.ErrRegionNotYet, "330110 余杭区")
	f("330113", midnight, nil, "")
}

func TestRegions_Roll(t *testing.T) {
	r := regions(t)
	f := func(code string, at time.Time, want ...string) {
		t.Helper()
		if got := r.Roll(code, at); !slices.Equal(got, want) {
			t.Errorf("Roll(%s, %s) = %v; want %v", code, at.Format(time.DateOnly), got, want)
		}
	}
	f("330624", in2023, "330624")
	f("330103", in2023, "330105")
	f("330104", in2023, "330102", "330114")
	f("330114", in2018, "330104", "330109")
	f("330383", in2018, "330327")
	f("330113", in2018, "330110")
	f("999999", in2018)
	// Whatever the code, its cities stay the same: the changes are within them.
	for _, one := range r.All("33", time.Time{}) {
		for _, at := range []time.Time{in2018, in2023} {
			for _, to := range r.Roll(one.Code, at) {
				if to[:4] != one.Code[:4] {
					t.Errorf("%s rolls to %s", one.Code, to)
				}
			}
			if len(r.Roll(one.Code, at)) == 0 {
				t.Errorf("%s is nowhere in %s", one.Code, at.Format(time.DateOnly))
			}
		}
	}
}

func TestReadRegions_Broken(t *testing.T) {
	head := "code,name,level,parent,from,to,successors,predecessors,source\n"
	for text, says := range map[string]string{
		"":                                 "first line",
		"code,name\n":                      "first line",
		head + "33,浙江,province,,,,,,x\n":   "six digits",
		head + "330600,绍兴,county,,,,,,x\n": "a city by its code",
		head + "330600,绍兴,city,330000,,,,,x\n":                          "names \"330000\"",
		head + "330600,绍兴,city,,,,,,x\n":                                "names \"\"",
		head + "330000,浙江,province,,2021,,,,x\n":                        "write 2021-04-09",
		head + "330000,浙江,province,,,,,,x\n330000,浙江,province,,,,,,x\n": "twice",
	} {
		if _, err := plant.ReadRegions([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v; want %q", text, err, says)
		}
	}
}

func FuzzReadRegions(f *testing.F) {
	f.Add("code,name,level,parent,from,to,successors,predecessors,source\n330000,浙江省,province,,,,,,x\n330100,杭州市,city,330000,2021-04-09,,,330000,x\n", "330100")
	f.Fuzz(func(t *testing.T, text, code string) {
		r, err := plant.ReadRegions([]byte(text))
		if err != nil {
			return
		}
		for _, at := range []time.Time{in2018, in2023} {
			for _, to := range r.Roll(code, at) {
				if _, err := r.At(to, at); err != nil {
					t.Errorf("Roll gives %s: %v", to, err)
				}
			}
		}
		_, _ = r.Seat(code, in2018)
		for _, one := range r.All("", time.Time{}) {
			if one.Parent != one.Code {
				_ = r.All(one.Prefix(), in2018)
			}
		}
	})
}

func industries(t testing.TB) *plant.Industries {
	t.Helper()
	raw, err := os.ReadFile("../data/industries/gbt4754-2017.csv")
	if err != nil {
		t.Fatal(err)
	}
	s, err := plant.ReadIndustries("2017", raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestIndustries(t *testing.T) {
	s := industries(t)
	count := map[int]int{}
	for _, one := range s.All("") {
		count[len(one.Code)]++
	}
	// 20 sections, 97 divisions, 473 groups; the list has 1381 classes.
	if count[1] != 20 || count[3] != 97 || count[4] != 473 || count[5] != 1381 {
		t.Errorf("counts %v", count)
	}
	divisions := 0
	for _, one := range s.All("C") {
		if len(one.Code) == 3 {
			divisions++
		}
	}
	if divisions != 31 { // 13 to 43
		t.Errorf("manufacturing has %d divisions; want 31", divisions)
	}
	f := func(text, code, name, parent string) {
		t.Helper()
		got, err := s.Parse(text)
		if err != nil || got.Code != code || got.Name != name || got.Parent != parent {
			t.Errorf("Parse(%q) = %+v, %v; want %s %s in %s", text, got, err, code, name, parent)
		}
	}
	f("3451", "C3451", "滚动轴承制造", "C345")
	f(" c3451 ", "C3451", "滚动轴承制造", "C345")
	f("C34", "C34", "通用设备制造业", "C")
	f("C", "C", "制造业", "")
	for text, says := range map[string]string{"D3451": "write C3451", "3450": "a class such as 3451", "": "a class", "轴承": "a class", "99": "a class", "34510": "a class"} {
		if _, err := s.Parse(text); !errors.Is(err, plant.ErrNoIndustry) || !strings.Contains(err.Error(), says) {
			t.Errorf("Parse(%q): %v; want %q", text, err, says)
		}
	}
}

func FuzzIndustries(f *testing.F) {
	f.Add("code,name\nC,制造业\nC34,通用设备\nC345,x\nC3451,轴承\n", "3451")
	f.Fuzz(func(t *testing.T, list, text string) {
		s, err := plant.ReadIndustries("2017", []byte(list))
		if err != nil {
			return
		}
		if got, err := s.Parse(text); err == nil {
			if again, err := s.Parse(got.Code); err != nil || again != got {
				t.Errorf("Parse(%q) = %v, Parse of it %v, %v", text, got, again, err)
			}
		}
	})
}
