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
