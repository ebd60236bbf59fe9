package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhigai/access"
	"zhigai/record"
	"zhigai/record/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// A node's record goes to PostgreSQL and back, and a node runs on each.
func TestRecordCopy_ANodeGoesOn(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	server := place{Data: dir, Record: pgtest.Address(t)}
	back := place{Data: dir, Record: filepath.Join(t.TempDir(), "back")}
	first := place{Data: dir}
	lived(t, first)
	for _, step := range []struct{ from, to place }{{first, server}, {server, back}} {
		if err := (recordCopyCmd{From: step.from.record(), To: step.to.record()}).Run(ctx); err != nil {
			t.Fatal(err)
		}
		lived(t, step.to)
		if err := (auditVerifyCmd{place: step.to}).Run(ctx); err != nil {
			t.Errorf("audit verify: %v", err)
		}
		if err := (rebuildCmd{step.to}).Run(ctx); err != nil {
			t.Errorf("rebuild: %v", err)
		}
	}
	if err := (recordCopyCmd{From: first.record(), To: server.record()}).Run(ctx); !errors.Is(err, record.ErrNotEmpty) {
		t.Errorf("a copy onto a record: %v; want ErrNotEmpty", err)
	}
	err := (recordCopyCmd{From: dir, To: filepath.Join(t.TempDir(), "x")}).Run(ctx)
	if err == nil || !strings.Contains(err.Error(), first.record()+" does") {
		t.Errorf("a copy of the folder above: %v; want the right one named", err)
	}
}

// lived opens a node, signs its first person in and writes an audit entry.
func lived(t *testing.T, at place) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	n, err := openNode(ctx, at, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	admin, _, err := n.access.EnsureAdmin(ctx, demoTenant, "admin", "管理员", "")
	if err != nil {
		t.Error(err)
	}
	if _, _, err := n.access.CreateLink(ctx, access.Node(demoTenant), admin.ID); err != nil {
		t.Error(err)
	}
	for _, c := range n.health(ctx) {
		if !c.OK && c.Name != "disk" { // how full this machine is
			t.Errorf("%s is not well: %s", c.Name, c.Detail)
		}
	}
	if err := n.stores.Close(); err != nil {
		t.Error(err)
	}
}

func TestDoctor_Database(t *testing.T) {
	where := pgtest.Address(t)
	for record, want := range map[string]struct {
		ok, fatal bool
		says      string
	}{
		where:                             {true, false, "synchronous_commit and fsync are on"},
		where + "&synchronous_commit=off": {false, true, "synchronous_commit is off"},
		"postgres://127.0.0.1:1/x":        {false, true, "not available now"},
		"postgres:/x":                     {false, true, "is no address"},
	} {
		f := doctorCmd{place: place{Record: record}}.database(t.Context())
		if f.ok != want.ok || f.fatal != want.fatal || !strings.Contains(f.detail, want.says) {
			t.Errorf("%s: %+v; want %+v", record, f, want)
		}
	}
}
