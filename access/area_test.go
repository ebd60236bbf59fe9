package access

import "testing"

func TestArea_Allows(t *testing.T) {
	f := func(a Area, want bool) {
		t.Helper()
		if got := a.Allows("330624", "C3451", "bearing-works"); got != want {
			t.Errorf("%+v allows = %v; want %v", a, got, want)
		}
	}
	f(Area{}, true)
	f(Area{Region: "33"}, true)
	f(Area{Region: "3306"}, true)
	f(Area{Region: "330624"}, true)
	f(Area{Region: "3307"}, false)
	f(Area{Region: "3306241"}, false)
	f(Area{Sector: "C"}, true)
	f(Area{Sector: "C34"}, true)
	f(Area{Sector: "C35"}, false)
	f(Area{Enterprise: "bearing-works"}, true)
	f(Area{Enterprise: "bearing"}, false)
	f(Area{Region: "3306", Sector: "C17"}, false)
}

func TestArea_Meets(t *testing.T) {
	for _, c := range []struct {
		a, b Area
		want bool
	}{
		{Area{Region: "3306"}, Area{Region: "330624"}, true},
		{Area{Region: "3306"}, Area{Region: "33"}, true},
		{Area{Region: "3306"}, Area{Region: "3301"}, false},
		{Area{Region: "3306", Sector: "C34"}, Area{Sector: "C3451"}, true},
		{Area{Region: "3306", Sector: "C34"}, Area{Region: "330624", Sector: "C17"}, false},
		{Area{Enterprise: "A"}, Area{Region: "3301"}, true},
		{Area{Enterprise: "A"}, Area{Enterprise: "B"}, false},
		{Area{}, Area{Region: "3301", Sector: "B", Enterprise: "A"}, true},
	} {
		if c.a.Meets(c.b) != c.want || c.b.Meets(c.a) != c.want {
			t.Errorf("%+v meets %+v: %t, the other way %t; want %t", c.a, c.b, c.a.Meets(c.b), c.b.Meets(c.a), c.want)
		}
	}
}
