package web

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/plant"
	"zhigai/record"
)

// TestWatch_EveryHour: a stream that goes on for hours leaves an entry for each
// of them, and what cannot be noted is not shown.
func TestWatch_EveryHour(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	raw, err := data.FS.ReadFile("roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	roles, err := access.ParseRoles(raw)
	if err != nil {
		t.Fatal(err)
	}
	who, err := access.New(db.Access(), roles, nil, clock)
	if err != nil {
		t.Fatal(err)
	}
	away := errors.New("the database is away")
	var failing error
	a := &API{access: who, now: clock, log: slog.New(slog.DiscardHandler), o: Options{Keepers: func(context.Context, plant.TenantNo, []plant.NodeID) (map[plant.NodeID]string, error) {
		return map[plant.NodeID]string{"M1": "EDGE1"}, failing
	}}}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), principalKey{}, access.As("u1", "officer", access.Scope{Tenant: 1}, access.Read)))
	w := a.Watch(ctx, "live", Seen{ID: "M1", Path: "firm/line/m1"})
	for range 150 { // two hours and a half
		now = now.Add(time.Minute)
		if err := w.Show(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	w.Close()
	w.Close()
	all, err := db.Access().FindAudit(t.Context(), 1, access.AuditQuery{Action: "live.read"}, 10)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d entries, %v; want one for each hour and one at the end", len(all), err)
	}
	if want := `{"of":{"from":"2026-03-02T10:00:00Z","to":"2026-03-02T10:30:00Z","times":30},"paths":["firm/line/m1"],"keepers":["EDGE1"]}`; all[0].After != want {
		t.Errorf("the last entry says %s; want %s", all[0].After, want)
	}
	failing = away
	now = now.Add(2 * time.Hour)
	if err := w.Show(); !errors.Is(err, away) {
		t.Errorf("what cannot be noted is shown: %v", err)
	}
}
