package nodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/link/journal"
	"zhigai/link/settings"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/nodes"
	"zhigai/record/pgtest"
	"zhigai/record/shop"
)

const tenant = plant.TenantNo(1)

var node = link.Node{ID: "UNODE", Name: "edge-1", Tenant: tenant}

// each runs the test on every database.
func each(t *testing.T, test func(t *testing.T, open func(t *testing.T) *record.DB)) {
	for name, where := range map[string]func(t testing.TB) string{
		"SQLite": func(t testing.TB) string { return t.TempDir() }, "PostgreSQL": pgtest.Address,
	} {
		t.Run(name, func(t *testing.T) {
			test(t, func(t *testing.T) *record.DB {
				db, err := record.Open(t.Context(), where(t), record.Options{})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = db.Close() })
				return db
			})
		})
	}
}

func code(n byte, expires plant.Micros) link.Code {
	return link.Code{Hash: [32]byte{n}, Name: node.Name, Tenant: tenant, Made: 1, Expires: expires, By: "admin"}
}

func TestRegistry(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		s, ctx := nodes.New(open(t)), t.Context()
		far := plant.MicrosOf(time.Now().Add(time.Hour))
		for n := range byte(5) {
			if err := s.AddCode(ctx, code(n, far)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Node(ctx, node.ID); !errors.Is(err, link.ErrNotEnrolled) {
			t.Errorf("before enrolment: %v", err)
		}
		if _, err := s.Enrol(ctx, [32]byte{99}, node.ID, 10); !errors.Is(err, link.ErrCodeUnknown) {
			t.Errorf("unknown code: %v", err)
		}
		if _, err := s.Enrol(ctx, [32]byte{1}, node.ID, far); !errors.Is(err, link.ErrCodeExpired) {
			t.Errorf("expired code: %v", err)
		}
		if n, err := s.Enrol(ctx, [32]byte{1}, node.ID, 10); err != nil || n.Name != node.Name || n.Tenant != tenant || n.Enrolled != 10 {
			t.Fatalf("Enrol: %+v, %v", n, err)
		}
		if _, err := s.Enrol(ctx, [32]byte{1}, "UOTHER", 11); !errors.Is(err, link.ErrCodeUsed) {
			t.Errorf("code used twice: %v", err)
		}
		if _, err := s.Enrol(ctx, [32]byte{2}, "UOTHER", 11); !errors.Is(err, link.ErrRefused) {
			t.Errorf("name that is taken: %v", err)
		}
		if _, err := s.Enrol(ctx, [32]byte{2}, node.ID, 12); err != nil {
			t.Errorf("the same node again: %v", err)
		}
		if err := s.Revoke(ctx, node.ID, 20); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrol(ctx, [32]byte{3}, node.ID, 21); !errors.Is(err, link.ErrRevoked) {
			t.Errorf("revoked key: %v", err)
		}
		if _, err := s.Enrol(ctx, [32]byte{3}, "UOTHER", 22); err != nil {
			t.Errorf("a new key under the revoked one's name: %v", err)
		}
		all, err := s.Nodes(ctx)
		if err != nil || len(all) != 2 || all[0].ID != "UOTHER" || all[1].Revoked != 20 {
			t.Errorf("Nodes: %+v, %v", all, err)
		}
		if err := s.Revoke(ctx, "UNOBODY", 1); !errors.Is(err, link.ErrNotEnrolled) {
			t.Errorf("revoke nobody: %v", err)
		}
	})
}

func TestLeases(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		s, ctx := nodes.New(open(t)), t.Context()
		if err := s.AddCode(ctx, code(1, plant.MicrosOf(time.Now().Add(time.Hour)))); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Enrol(ctx, [32]byte{1}, node.ID, 1); err != nil {
			t.Fatal(err)
		}
		first := link.Lease{Node: node.ID, Instance: "a", Session: "s1", Host: "h", Address: "x:1", Since: 1, Expires: 100}
		acquire := func(l link.Lease, now plant.Micros) link.Lease {
			t.Helper()
			got, err := s.Acquire(ctx, l, now)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := acquire(first, 1); got != first {
			t.Fatalf("first lease: %+v", got)
		}
		clone := first
		clone.Instance, clone.Session = "b", "s2"
		if got := acquire(clone, 50); got != first {
			t.Errorf("a second instance got the lease: %+v", got)
		}
		again := first
		again.Session = "s3"
		if got := acquire(again, 50); got != again {
			t.Errorf("the same instance did not get it: %+v", got)
		}
		if lost, err := s.Renew(ctx, []link.Lease{first, again}, 200); err != nil || len(lost) != 1 {
			t.Errorf("Renew: lost %v, %v; the old session is lost", lost, err)
		}
		if err := s.Release(ctx, node.ID, "s1"); err != nil {
			t.Fatal(err)
		}
		if got := acquire(clone, 150); got.Instance != "a" {
			t.Errorf("an old session released the lease: %+v", got)
		}
		if got := acquire(clone, 201); got != clone {
			t.Errorf("an expired lease was kept: %+v", got)
		}
		if err := s.Revoke(ctx, node.ID, 5); err != nil {
			t.Fatal(err)
		}
		if lost, err := s.Renew(ctx, []link.Lease{clone}, 300); err != nil || len(lost) != 1 {
			t.Errorf("a revoked node keeps its lease: %v, %v", lost, err)
		}
	})
}

func delivery(stream link.Stream, before uint64) link.Delivery {
	return link.Delivery{Stream: stream, Before: before, After: link.Progress{Version: before + 1, Ranges: link.Ranges{{From: 1, To: before + 1}}}}
}

func TestCommitEvents_OnceAndInAnyOrder(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		s, ctx := nodes.New(db), t.Context()
		first := fact.New(fact.KindStopReason, "M1", time.Unix(1, 0), "person:a", fact.StopReason{Reason: "x"})
		first.ID = db.NewID()
		second := fact.New(fact.KindStopReason, "M1", time.Unix(1, 0), "person:a", fact.StopReason{Reason: "y"})
		second.ID, second.Supersedes = db.NewID(), first.ID
		if err := s.CommitEvents(ctx, node, delivery(link.StreamRecord, 0), []fact.Event{second}); err != nil {
			t.Fatalf("a correction before what it corrects: %v", err)
		}
		if err := s.CommitEvents(ctx, node, delivery(link.StreamRecord, 0), []fact.Event{first}); !errors.Is(err, link.ErrConflict) {
			t.Errorf("an old version: %v", err)
		}
		if err := s.CommitEvents(ctx, node, delivery(link.StreamRecord, 1), []fact.Event{first, second}); err != nil {
			t.Fatal(err)
		}
		events, err := db.Journal().Events(ctx, tenant, fact.Filter{})
		if err != nil || len(events) != 2 {
			t.Fatalf("%d events, %v; two were sent, one of them twice", len(events), err)
		}
		if in := fact.InForce(events); len(in) != 1 || in[0].ID != second.ID {
			t.Errorf("in force: %+v", in)
		}
		if p, err := s.Progress(ctx, node.ID, link.StreamRecord); err != nil || p.Version != 2 || p.Ranges.Max() != 2 {
			t.Errorf("progress %+v, %v", p, err)
		}
		if err := s.CommitEvents(ctx, node, delivery(link.StreamRecord, 2), nil); err != nil {
			t.Errorf("a delivery without events: %v", err)
		}
	})
}

// model is a plant of one machine, written and announced by a child.
func model(t *testing.T, enterprise, machine, calendarName string) journal.Model {
	t.Helper()
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := t.Context()
	plants := shop.NewPlants(db)
	var m plant.Model
	m.Calendars = []plant.Calendar{{Code: "day", Name: plant.Name{ZH: calendarName}, Zone: "Asia/Shanghai"}}
	m.Nodes = []plant.Node{
		{Path: enterprise, Level: plant.LevelEnterprise, Name: plant.Name{ZH: "厂"}},
		{Path: enterprise + "/" + machine, Level: plant.LevelEquipment, Name: plant.Name{ZH: "车床"}, Machine: &plant.Equipment{Class: "lathe", Profile: "p", Device: plant.Device{Driver: "mqtt", Address: "a"}}},
	}
	if err := plants.Import(ctx, access.Scope{Tenant: tenant}, m, 1000); err != nil {
		t.Fatal(err)
	}
	got, err := plants.Model(ctx, access.Scope{Tenant: tenant}, 2000)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shop.NewTags(db).EnsureTags(ctx, tenant, []plant.Tag{{Node: got.Nodes[1].ID, Name: "link.state", Path: got.Nodes[1].Path + "/link.state", Kind: plant.KindEnumeration}}); err != nil {
		t.Fatal(err)
	}
	// Where it sends to, and with which password, is not announced: 3 rows follow.
	if _, err := shop.NewTargets(db).SaveTarget(ctx, tenant, north.Target{Name: "MES", Kind: north.KindMQTT, Password: "secret"}, 0); err != nil {
		t.Fatal(err)
	}
	s := nodes.New(db)
	a, err := s.Announce(ctx, tenant)
	if err != nil || a.Seq != 1 {
		t.Fatalf("Announce: %d, %v", a.Seq, err)
	}
	if again, err := s.Announce(ctx, tenant); err != nil || again.Seq != 1 {
		t.Fatalf("nothing changed and the number is %d, %v", again.Seq, err)
	}
	out, err := journal.DecodeModel(a.Body)
	if err != nil || len(out.Tags) != 1 || len(out.Rows) != 3 {
		t.Fatalf("announcement with %d rows and %d tags, %v", len(out.Rows), len(out.Tags), err)
	}
	return out
}

func TestCommitModel(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		db := open(t)
		s, ctx := nodes.New(db), t.Context()
		whole := access.Scope{Tenant: tenant}
		other := node
		other.ID, other.Name = "UOTHER", "edge-2"
		enrol(ctx, t, s, node, 1)
		enrol(ctx, t, s, other, 2)
		mine := model(t, "acme", "m1", "白班")
		mine.Rows = append(mine.Rows, journal.Row{Kind: "north-target", ID: "T", From: 1, To: 1 << 62, Rev: 1, Path: "x", Body: `{"name":"x"}`})
		if err := s.CommitModel(ctx, node, delivery(link.StreamModel, 0), 1, &mine); err != nil {
			t.Fatal(err)
		}
		if targets, err := shop.NewTargets(db).Targets(ctx, tenant); err != nil || len(targets) != 0 {
			t.Errorf("a node below made this one send to %+v, %v", targets, err)
		}
		second := model(t, "acme", "m2", "白班")
		if err := s.CommitModel(ctx, other, delivery(link.StreamModel, 0), 1, &second); err != nil {
			t.Fatalf("a second node of the same plant: %v", err)
		}
		got, err := shop.NewPlants(db).Model(ctx, whole, 2000)
		if err != nil || len(got.Nodes) != 3 || len(got.Calendars) != 1 {
			t.Fatalf("plant of %d nodes and %d calendars, %v; 3 and 1 expected", len(got.Nodes), len(got.Calendars), err)
		}
		if got.Nodes[1].Parent != got.Nodes[0].ID || string(got.Nodes[1].ID) != string(mine.Tags[0].Node) {
			t.Errorf("machine %+v does not keep its id below the shared enterprise", got.Nodes[1])
		}
		origins, err := s.Origins(ctx, tenant)
		if err != nil || origins[got.Nodes[1].ID] != node.ID || origins[got.Nodes[2].ID] != other.ID {
			t.Errorf("origins %v, %v", origins, err)
		}
		keepers, err := s.Keepers(ctx, tenant, []plant.NodeID{got.Nodes[0].ID, got.Nodes[1].ID, got.Nodes[2].ID, "NOBODY"})
		if err != nil || keepers[got.Nodes[1].ID] != node.Name || keepers[got.Nodes[2].ID] != other.Name || keepers["NOBODY"] != "" {
			t.Errorf("keepers %v, %v", keepers, err)
		}
		if keepers, err := s.Keepers(ctx, tenant+1, []plant.NodeID{got.Nodes[1].ID}); err != nil || len(keepers) != 0 {
			t.Errorf("keepers for a foreign tenant: %v, %v", keepers, err)
		}
		if own, err := s.Announce(ctx, tenant); err != nil || own.Seq != 1 || len(mustDecode(t, own.Body).Rows) != 0 {
			t.Errorf("what children announced is announced as our own: %v", err)
		}
		// A change of the hub's people is refused with the name of the node.
		if _, _, err := shop.NewPlants(db).SaveNode(ctx, whole, got.Nodes[1], 1, 3000); !errors.Is(err, access.ErrForbidden) {
			t.Errorf("edit of a child's machine: %v", err)
		}
		clash := model(t, "acme", "m1", "白班")
		if err := s.CommitModel(ctx, other, delivery(link.StreamModel, 1), 2, &clash); !errors.Is(err, link.ErrRefused) {
			t.Errorf("another machine at the same place: %v", err)
		}
		clash = model(t, "acme", "m3", "夜班")
		if err := s.CommitModel(ctx, other, delivery(link.StreamModel, 1), 2, &clash); !errors.Is(err, link.ErrRefused) {
			t.Errorf("another calendar of the same code: %v", err)
		}
		if p, err := s.Progress(ctx, other.ID, link.StreamModel); err != nil || p.Version != 1 {
			t.Errorf("a refused model moved the progress to %d, %v", p.Version, err)
		}
		if m, seq, err := s.Model(ctx, other.ID); err != nil || seq != 1 || len(m.Tags) != 1 {
			t.Errorf("stored announcement %d, %v", seq, err)
		}
		// The child's later versions take the place of its older ones.
		var renamed plant.Node
		for i, r := range mine.Rows {
			if r.Kind == "node" && json.Unmarshal([]byte(r.Body), &renamed) == nil && renamed.Machine != nil {
				mine.Rows[i].Path = "acme/m9"
			}
		}
		if err := s.CommitModel(ctx, node, delivery(link.StreamModel, 1), 2, &mine); err != nil {
			t.Fatal(err)
		}
		if got, err = shop.NewPlants(db).Model(ctx, whole, 2000); err != nil || len(got.Nodes) != 3 || got.Nodes[2].Path != "acme/m9" {
			t.Errorf("after a rename: %+v, %v", got.Nodes, err)
		}
	})
}

func mustDecode(t *testing.T, raw []byte) journal.Model {
	t.Helper()
	m, err := journal.DecodeModel(raw)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func enrol(ctx context.Context, t *testing.T, s nodes.Nodes, n link.Node, i byte) {
	t.Helper()
	c := code(i, plant.MicrosOf(time.Now().Add(time.Hour)))
	c.Name = n.Name
	if err := s.AddCode(ctx, c); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Enrol(ctx, c.Hash, n.ID, 1); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, open func(t *testing.T) *record.DB) {
		s, ctx := nodes.New(open(t)), t.Context()
		send := func(plant string) (settings.Version, error) {
			return s.AddSettings(ctx, settings.Version{Node: node.ID, Made: 1, By: "me", Plant: plant, State: settings.Queued, Changed: 1})
		}
		if _, err := send("x"); !errors.Is(err, link.ErrNotEnrolled) {
			t.Errorf("settings for nobody: %v", err)
		}
		enrol(ctx, t, s, node, 1)
		for n := range uint64(2) {
			if v, err := send("x"); err != nil || v.Number != n+1 {
				t.Fatalf("version %d, %v; want %d", v.Number, err, n+1)
			}
		}
		waiting, err := s.OpenSettings(ctx)
		if err != nil || len(waiting) != 1 || waiting[0].Number != 2 || waiting[0].Plant != "x" {
			t.Fatalf("open: %+v, %v; a later version supersedes one that was not taken", waiting, err)
		}
		waiting[0].State = settings.Applied
		if err := s.SetSettings(ctx, waiting[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := send("y"); !errors.Is(err, link.ErrRefused) {
			t.Errorf("a version while one waits: %v", err)
		}
		waiting[0].State, waiting[0].Detail = settings.RolledBack, "lathe-1"
		if err := s.SetSettings(ctx, waiting[0]); err != nil {
			t.Fatal(err)
		}
		waiting[0].State = settings.Confirmed // a late word of another replica
		if err := s.SetSettings(ctx, waiting[0]); err != nil {
			t.Fatal(err)
		}
		list, err := s.Settings(ctx, node.ID, 10)
		if err != nil || len(list) != 2 || list[0].State != settings.RolledBack || list[0].Detail != "lathe-1" || list[1].State != settings.Superseded {
			t.Errorf("versions %+v, %v", list, err)
		}
	})
}
