package space

import (
	"errors"
	"testing"
	"time"
)

const (
	mib = uint64(1) << 20
	gib = uint64(1) << 30
)

// seen drives a watch over a disk of which the test turns the knobs.
type seen struct {
	now     time.Time
	usage   Usage
	err     error
	changes []string
	*Watch
}

func watch(t *testing.T, total, free uint64) *seen {
	t.Helper()
	s := &seen{now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), usage: Usage{Free: free, Total: total}}
	w, err := New(Options{
		Dir: "data", Now: func() time.Time { return s.now }, Usage: func(string) (Usage, error) { return s.usage, s.err },
		Changed: func(before Level, after Status) {
			s.changes = append(s.changes, before.String()+">"+after.Level.String())
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Watch = w
	return s
}

func (s *seen) free(n uint64) Level {
	s.usage.Free = n
	s.Check()
	return s.Level()
}

func TestWatch_LevelsOnTheWayDownAndUp(t *testing.T) {
	s := watch(t, 100*gib, 50*gib)
	for _, step := range []struct {
		free uint64
		want Level
	}{
		{16 * gib, OK},
		{14 * gib, Warn},
		{15*gib + gib/2, Warn},
		{17 * gib, OK}, // a mark is left with some slack
		{2 * gib, Low},
		{gib, Scarce},
		{200 * mib, Stop},
		{270 * mib, Stop},
		{300 * mib, Scarce},
		{20 * gib, OK},
	} {
		if got := s.free(step.free); got != step.want || s.Status().Level != step.want {
			t.Errorf("%d MiB free: %v; want %v", step.free/mib, got, step.want)
		}
	}
	want := []string{"ok>warn", "warn>ok", "ok>low", "low>scarce", "scarce>stop", "stop>scarce", "scarce>ok"}
	if len(s.changes) != len(want) {
		t.Fatalf("changes %v; want %v", s.changes, want)
	}
	for i := range want {
		if s.changes[i] != want[i] {
			t.Errorf("change %d: %s; want %s", i, s.changes[i], want[i])
		}
	}
}

// On a disk smaller than the marks every level still comes before the next.
func TestMarks_KeepTheirOrderOnAnyDisk(t *testing.T) {
	for _, total := range []uint64{1, mib, 64 * mib, 512 * mib, 10 * gib, 4096 * gib} {
		m := Defaults().of(total)
		if !(m[Warn] > m[Low] && m[Low] > m[Scarce] && m[Scarce] > m[Stop] && m[Stop] > 0) {
			t.Errorf("marks of a disk of %d: %v", total, m)
		}
	}
}

func TestWatch_ADiskThatCannotTellKeepsItsLevel(t *testing.T) {
	s := watch(t, 100*gib, 10*gib)
	s.err = errors.New("i/o error")
	s.Check()
	if s.Level() != Warn || s.Status().Err == nil {
		t.Errorf("%v, %v", s.Level(), s.Status().Err)
	}
	s.err = nil
	s.Check()
	if s.Status().Err != nil {
		t.Errorf("%v when it can tell again", s.Status().Err)
	}
}

func TestStatus_DaysLeft(t *testing.T) {
	s := watch(t, 1000*gib, 400*gib)
	for range 10 {
		s.now = s.now.Add(time.Minute)
		s.free(s.usage.Free - 8*mib)
	}
	if st := s.Status(); st.Growth != 0 || st.Left != 0 {
		t.Errorf("after ten minutes: %+v; want no estimate", st)
	}
	for range 3 * 24 * 60 {
		s.now = s.now.Add(time.Minute)
		s.free(s.usage.Free - 8*mib)
	}
	st := s.Status()
	if perDay := float64(8*mib) * 24 * 60; st.Growth < 0.99*perDay || st.Growth > 1.01*perDay {
		t.Errorf("growth %.0f a day; want %.0f", st.Growth, perDay)
	}
	if days := st.Left.Hours() / 24; days < 32 || days > 33 { // 366 GiB - 256 MiB, 11.25 GiB a day
		t.Errorf("%.1f days left; want 32.5", days)
	}
	if n := len(s.growth.readings); n > steps+1 {
		t.Errorf("%d readings are remembered", n)
	}
	// Somebody deletes a lot: no growth is claimed from before.
	s.free(900 * gib)
	if st := s.Status(); st.Growth != 0 {
		t.Errorf("growth %.0f after room was made", st.Growth)
	}
	s.now = s.now.Add(-time.Hour)
	s.free(899 * gib)
	if st := s.Status(); st.Growth != 0 {
		t.Errorf("growth %.0f after the clock was set back", st.Growth)
	}
}

func TestParseMark(t *testing.T) {
	for in, want := range map[string]Mark{
		"15%": {Share: 0.15}, "2GiB": {Bytes: 2 * gib}, "15%, 512MiB": {Share: 0.15, Bytes: 512 * mib}, "0.5TiB": {Bytes: 512 * gib},
	} {
		if got, err := ParseMark(in); err != nil || got != want {
			t.Errorf("ParseMark(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "15", "2GB", "0%", "100%", "-1GiB", "NaN%", "NaNGiB", "1%,2%", "1GiB,2GiB", "99999999999TiB"} {
		if got, err := ParseMark(in); err == nil {
			t.Errorf("ParseMark(%q) = %+v; want an error", in, got)
		}
	}
}

func FuzzParseMark(f *testing.F) {
	f.Add("15%,2GiB")
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := ParseMark(s); err == nil && !(m.Share > 0 && m.Share < 1 || m.Bytes > 0) {
			t.Errorf("ParseMark(%q) = %+v", s, m)
		}
	})
}

func TestOf_ARealDisk(t *testing.T) {
	u, err := Of(t.TempDir())
	if err != nil || u.Total == 0 || u.Free > u.Total {
		t.Errorf("%+v, %v", u, err)
	}
	if _, err := Of("/no/such/folder"); err == nil {
		t.Error("a folder that is not there has room")
	}
}
