package recordtest

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"testing"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

const hour = plant.Micros(3_600_000_000)

func window(node plant.NodeID, n int) figure.Window {
	return figure.Window{Node: node, From: hour * plant.Micros(n), To: hour * plant.Micros(n+1), AsOf: 5, Digest: fmt.Sprint("d", n), Fold: "1"}
}

func row(w figure.Window, path, product string, value int64) figure.Row {
	return figure.Row{Node: w.Node, Path: path, From: w.From, To: w.To, Shift: "a", Product: product, Terms: map[string]int64{"apt_ms": value, "good": 0}}
}

// Figures tests figure.Store.
func Figures(t *testing.T, open func(t *testing.T) figure.Store) {
	t.Run("PutReplacesTheWindow", func(t *testing.T) { figuresReplace(t, open(t)) })
	t.Run("ScopeAndTime", func(t *testing.T) { figuresScope(t, open(t)) })
	t.Run("Dirty", func(t *testing.T) { figuresDirty(t, open(t)) })
	t.Run("Refused", func(t *testing.T) { figuresRefused(t, open(t)) })
	t.Run("DeleteAll", func(t *testing.T) { figuresDelete(t, open(t)) })
}

func putWindow(t *testing.T, s figure.Store, tenant plant.TenantNo, w figure.Window, rows ...figure.Row) {
	t.Helper()
	if err := s.PutWindow(t.Context(), tenant, w, rows); err != nil {
		t.Fatalf("PutWindow: %v", err)
	}
}

func rowsOf(t *testing.T, s figure.Store, scope access.Scope, from, to plant.Micros) []figure.Row {
	t.Helper()
	out, err := s.Rows(t.Context(), scope, from, to)
	if err != nil {
		t.Fatalf("Rows(%+v): %v", scope, err)
	}
	return out
}

func windowsOf(t *testing.T, s figure.Store, scope access.Scope, from, to plant.Micros) []figure.Window {
	t.Helper()
	out, err := s.Windows(t.Context(), scope, from, to)
	if err != nil {
		t.Fatalf("Windows(%+v): %v", scope, err)
	}
	return out
}

func figuresReplace(t *testing.T, s figure.Store) {
	w := window("m1", 1)
	putWindow(t, s, 1, w, row(w, "a/m1", "p1", 1), row(w, "a/m1", "p2", math.MinInt64+1))
	w.Revision, w.Digest, w.Dirty = 1, "new", true
	again := row(w, "a/m1", "p2", math.MaxInt64)
	again.Terms = map[string]int64{}
	putWindow(t, s, 1, w, again, row(w, "a/m1", "", 7))
	got := rowsOf(t, s, access.Scope{Tenant: 1}, 0, hour*9)
	if want := []figure.Row{row(w, "a/m1", "", 7), again}; !reflect.DeepEqual(got, want) {
		t.Errorf("Rows = %+v; want only the second put's %+v", got, want)
	}
	if got := windowsOf(t, s, access.Scope{Tenant: 1}, 0, hour*9); !reflect.DeepEqual(got, []figure.Window{w}) {
		t.Errorf("Windows = %+v; want %+v", got, w)
	}
	putWindow(t, s, 1, w)
	if got := rowsOf(t, s, access.Scope{Tenant: 1}, 0, hour*9); len(got) != 0 {
		t.Errorf("Rows after a put of none = %+v; want none", got)
	}
	if got := windowsOf(t, s, access.Scope{Tenant: 1}, 0, hour*9); len(got) != 1 {
		t.Errorf("Windows after a put without rows = %+v; want the window", got)
	}
}

func figuresScope(t *testing.T, s figure.Store) {
	for i, path := range []string{"a/x_1/m1", "a/x_1/m2", "a/xy1/m3", "a/x_1-b/m4"} {
		for n := range 3 {
			w := window(plant.NodeID(fmt.Sprint("m", i+1)), n)
			putWindow(t, s, 1, w, row(w, path, "p", int64(n)))
		}
	}
	foreign := window("m1", 0)
	putWindow(t, s, 2, foreign, row(foreign, "a/x_1/m1", "p", 99))
	for _, c := range []struct {
		scope    access.Scope
		from, to plant.Micros
		want     int
	}{
		{access.Scope{Tenant: 1}, 0, 3 * hour, 12},
		{access.Scope{Tenant: 1, Path: "a"}, 0, 3 * hour, 12},
		{access.Scope{Tenant: 1, Path: "a/x_1"}, 0, 3 * hour, 6}, // "_" is a letter here, not a wildcard
		{access.Scope{Tenant: 1, Path: "a/x_1/m1"}, 0, 3 * hour, 3},
		{access.Scope{Tenant: 1, Path: "a/x"}, 0, 3 * hour, 0},
		{access.Scope{Tenant: 1, Path: "%"}, 0, 3 * hour, 0},
		{access.Scope{Tenant: 1}, hour, 2 * hour, 4},     // half open on both sides
		{access.Scope{Tenant: 1}, hour - 1, 2 * hour, 8}, // an overlap is enough
		{access.Scope{Tenant: 1}, hour, 2*hour + 1, 8},
		{access.Scope{Tenant: 2}, 0, 3 * hour, 1},
		{access.Scope{Tenant: 3}, 0, 3 * hour, 0},
		{access.Scope{}, 0, 3 * hour, 0},
	} {
		rows, windows := rowsOf(t, s, c.scope, c.from, c.to), windowsOf(t, s, c.scope, c.from, c.to)
		if len(rows) != c.want || len(windows) != c.want {
			t.Errorf("%+v %d..%d: %d rows, %d windows; want %d", c.scope, c.from, c.to, len(rows), len(windows), c.want)
		}
		for _, r := range rows {
			if !c.scope.Allows(r.Path) {
				t.Errorf("%+v sees %s", c.scope, r.Path)
			}
		}
	}
}

func figuresDirty(t *testing.T, s figure.Store) {
	for n := range 4 {
		w := window("m1", n)
		putWindow(t, s, 1, w, row(w, "a/m1", "", 1))
		w.Node = "m2"
		putWindow(t, s, 1, w, row(w, "a/m2", "", 1))
	}
	mark := func(tenant plant.TenantNo, from, to plant.Micros) {
		t.Helper()
		if err := s.MarkDirty(t.Context(), tenant, "m1", from, to); err != nil {
			t.Fatalf("MarkDirty: %v", err)
		}
	}
	dirty := func(tenant plant.TenantNo, limit int, want ...int) {
		t.Helper()
		got, err := s.DirtyWindows(t.Context(), tenant, limit)
		var ns []int
		for _, w := range got {
			if !w.Dirty || w.Node != "m1" {
				t.Errorf("DirtyWindows gave %+v", w)
			}
			ns = append(ns, int(w.From/hour))
		}
		if err != nil || !reflect.DeepEqual(ns, want) {
			t.Errorf("DirtyWindows = %v, %v; want %v", ns, err, want)
		}
	}
	dirty(1, 10)
	mark(2, 0, 9*hour)
	dirty(1, 10)
	mark(1, hour+1, 2*hour+1)
	mark(1, hour+1, 2*hour+1)
	mark(1, 50*hour, 60*hour)
	dirty(1, 10, 1, 2)
	dirty(1, 1, 1)
	dirty(2, 10)
	w := window("m1", 1)
	putWindow(t, s, 1, w, row(w, "a/m1", "", 2))
	dirty(1, 10, 2)
}

func figuresRefused(t *testing.T, s figure.Store) {
	good := window("m1", 1)
	bad := func(name string, w figure.Window, rows ...figure.Row) {
		t.Helper()
		if err := s.PutWindow(t.Context(), 1, w, rows); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	turned := good
	turned.To = turned.From
	bad("empty window", turned)
	long := good
	long.To = long.From + 48*hour
	bad("two days", long)
	bad("row of another machine", good, row(window("m2", 1), "a/m2", "", 1))
	bad("row of another hour", good, row(window("m1", 2), "a/m1", "", 1))
	bad("one product twice", good, row(good, "a/m1", "p", 1), row(good, "a/m1", "p", 2))
	bad("two paths", good, row(good, "a/m1", "p", 1), row(good, "b/m1", "q", 2))
	odd := row(good, "a/m1", "p", 1)
	odd.Terms = map[string]int64{"a\"b": 1}
	bad("odd term name", good, odd)
	if got := windowsOf(t, s, access.Scope{Tenant: 1}, 0, 9*hour); len(got) != 0 {
		t.Errorf("refused puts left %+v", got)
	}
	if err := s.PutWindow(t.Context(), 0, good, nil); !errors.Is(err, access.ErrInvalid) {
		t.Errorf("tenant 0: %v; want ErrInvalid", err)
	}
}

func figuresDelete(t *testing.T, s figure.Store) {
	w := window("m1", 1)
	w.Dirty = true
	for tenant := range plant.TenantNo(2) {
		putWindow(t, s, tenant+1, w, row(w, "a/m1", "", 1))
	}
	if err := s.DeleteAll(t.Context(), 1); err != nil {
		t.Fatalf("DeleteAll: %v", err)
	}
	dirty, err := s.DirtyWindows(t.Context(), 1, 10)
	if got := rowsOf(t, s, access.Scope{Tenant: 1}, 0, 9*hour); len(got) != 0 || len(dirty) != 0 || err != nil {
		t.Errorf("after DeleteAll: rows %+v, dirty %+v, %v; want none", got, dirty, err)
	}
	if got := rowsOf(t, s, access.Scope{Tenant: 2}, 0, 9*hour); len(got) != 1 {
		t.Errorf("the other tenant's rows = %+v; want them untouched", got)
	}
}
