package recordtest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

// Tenants is what every store of tenants must do.
func Tenants(t *testing.T, open func(t *testing.T) tenant.Store) {
	s, ctx := open(t), t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	at := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
	add := func(id, zh, code string) tenant.Tenant {
		t.Helper()
		out, err := s.AddTenant(ctx, tenant.Tenant{ID: id, Name: plant.Name{ZH: zh, EN: "Works"}, Code: code, State: tenant.Active, Limits: tenant.Defaults(), Created: at})
		must(err)
		return out
	}
	a, b, c := add("b2", "信达轴承", "91350200776049653A"), add("a1", "宏发100%轴承", ""), add("c3", "万向_", "")
	if a.No != 2 || b.No != 3 || c.No != 4 || a.Rev != 1 {
		t.Errorf("numbers %d, %d, %d, revision %d; want 2, 3, 4 and 1", a.No, b.No, c.No, a.Rev)
	}
	if _, err := s.AddTenant(ctx, tenant.Tenant{ID: "b2", State: tenant.Active}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("an id twice: %v", err)
	}
	if _, err := s.AddTenant(ctx, tenant.Tenant{ID: "d4", Code: a.Code, State: tenant.Active}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a code twice: %v", err)
	}
	list := func(f tenant.Filter, limit int, want ...string) {
		t.Helper()
		got, err := s.Tenants(ctx, f, limit)
		must(err)
		var ids []string
		for _, one := range got {
			ids = append(ids, one.ID)
		}
		if !reflect.DeepEqual(ids, want) {
			t.Errorf("Tenants(%+v, %d) = %v; want %v", f, limit, ids, want)
		}
	}
	list(tenant.Filter{}, 10, "a1", "b2", "c3")
	list(tenant.Filter{}, 2, "a1", "b2")
	list(tenant.Filter{After: "b2"}, 10, "c3")
	list(tenant.Filter{Text: "轴承"}, 10, "a1", "b2")
	list(tenant.Filter{Text: "0%"}, 10, "a1")
	list(tenant.Filter{Text: "_"}, 10, "c3")
	list(tenant.Filter{Text: "776049653a"}, 10, "b2")
	old := a
	a.State, a.Ends = tenant.Leaving, at.Add(time.Hour)
	saved, err := s.SaveTenant(ctx, a)
	must(err)
	if saved.Rev != 2 {
		t.Errorf("revision %d after a change; want 2", saved.Rev)
	}
	if _, err := s.SaveTenant(ctx, old); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a change of what was changed: %v", err)
	}
	list(tenant.Filter{State: tenant.Leaving}, 10, "b2")
	if got, err := s.Tenant(ctx, "b2"); err != nil || !reflect.DeepEqual(got, saved) {
		t.Errorf("Tenant = %+v, %v; want %+v", got, err, saved)
	}
	if _, err := s.Tenant(ctx, "zz"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	must(s.AddUsage(ctx, 2, tenant.Usage{Day: "2026-11-27", Samples: 5, Bytes: 100, Requests: 1}))
	must(s.AddUsage(ctx, 2, tenant.Usage{Day: "2026-11-28", Samples: 7, Refused: 2}))
	must(s.AddUsage(ctx, 2, tenant.Usage{Day: "2026-11-28", Samples: 1, Requests: 3}))
	must(s.AddUsage(ctx, 3, tenant.Usage{Day: "2026-11-28", Samples: 100}))
	days, err := s.Usage(ctx, 2, "2026-11-27", 10)
	must(err)
	if want := []tenant.Usage{{Day: "2026-11-28", Samples: 8, Requests: 3, Refused: 2}, {Day: "2026-11-27", Samples: 5, Bytes: 100, Requests: 1}}; !reflect.DeepEqual(days, want) {
		t.Errorf("Usage = %+v; want %+v", days, want)
	}
	if days, err = s.Usage(ctx, 2, "2026-11-28", 10); err != nil || len(days) != 1 {
		t.Errorf("Usage of one day = %+v, %v", days, err)
	}
	if n, err := s.Standing(ctx, 2); err != nil || n != (tenant.Standing{}) {
		t.Errorf("Standing of nothing = %+v, %v", n, err)
	}
}
