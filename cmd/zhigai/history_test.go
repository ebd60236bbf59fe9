package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/history/clickhouse/chtest"
	"zhigai/plant"
	"zhigai/record/pgtest"
	"zhigai/web"
)

// Two nodes on one PostgreSQL and one ClickHouse see each other's samples, and
// commands that know nothing of ClickHouse do what they say or say why not.
func TestHistory_TwoNodesInClickHouse(t *testing.T) {
	ch := chtest.New(t)
	at := place{Record: pgtest.Address(t), History: ch.Database(t)}
	var nodes [2]*node
	for i := range nodes {
		mine := at
		mine.Data = t.TempDir()
		n, err := openNode(t.Context(), mine, "127.0.0.1:0", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = n
		t.Cleanup(func() { must(t, n.stores.Close()) })
	}
	begin := plant.Micros(1_772_000_000_000_000)
	for i := range 10 {
		_, err := nodes[i%2].history.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: begin + plant.Micros(i), Value: float64(i)}}})
		must(t, err)
	}
	for _, n := range nodes {
		var got []float64
		must(t, n.history.Samples(t.Context(), demoTenant, 1, begin, begin+100, func(s plant.Sample) bool { got = append(got, s.Value); return true }))
		if !slices.Equal(got, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("a node sees %v", got)
		}
		for _, c := range n.health(t.Context()) {
			if !c.OK && c.Name != "disk" {
				t.Errorf("%s is not well: %s", c.Name, c.Detail)
			}
		}
	}
	must(t, nodes[0].history.Flush())
	ctx := context.WithoutCancel(t.Context())
	at.Data = t.TempDir()
	for name, run := range map[string]func() error{
		"rebuild": func() error { return rebuildCmd{at}.Run(ctx) }, "refill": func() error { return historyRefillCmd{place: at}.Run(ctx) },
	} {
		if err := run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if report, err := nodes[0].stores.verify(ctx); err != nil || len(report.Damage) > 0 {
		t.Errorf("verify: %+v, %v", report, err)
	}
	if _, err := nodes[0].stores.backup(ctx, backupRequest{Dir: t.TempDir()}, time.Now); err == nil || !strings.Contains(err.Error(), "their own tools") {
		t.Errorf("backup: %v; want it to name what copies servers", err)
	}
	must(t, ch.Kill())
	if _, err := nodes[0].history.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: 1, Time: begin + 50, Value: 50}}}); err != nil {
		t.Errorf("ClickHouse is away, samples are not taken: %v", err)
	}
	i := slices.IndexFunc(nodes[0].health(t.Context()), func(c web.Check) bool { return c.Name == "history" && !c.OK })
	if i < 0 {
		t.Error("ClickHouse is away and health says nothing")
	}
}

func TestHistory_FlagsThatDoNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		at   place
		says string
	}{
		"no record":         {place{History: "clickhouse://h/d"}, "needs --record postgres://"},
		"a folder":          {place{History: "clickhouse://h/d", Record: "x"}, "needs --record postgres://"},
		"an edge":           {place{History: "clickhouse://h/d", Record: "postgres://h/d", lean: true}, "for hubs"},
		"no clickhouse":     {place{History: "http://h/d", Record: pgtest.Address(t)}, "write clickhouse://USER@HOST"},
		"unknown parameter": {place{History: "clickhouse://h/d?x=1", Record: pgtest.Address(t)}, "parameter x=1"},
	} {
		c.at.Data = t.TempDir()
		if _, err := openStores(t.Context(), c.at); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

func TestDoctor_ClickHouse(t *testing.T) {
	ch := chtest.New(t)
	at := place{Record: pgtest.Address(t), History: ch.Database(t)}
	if f := (doctorCmd{place: at}).samples(t.Context()); !f.ok || !strings.Contains(f.detail, "ClickHouse") {
		t.Errorf("%+v", f)
	}
	at.History = ch.Address("default", "missing")
	if f := (doctorCmd{place: at}).samples(t.Context()); f.ok || !f.fatal || !strings.Contains(f.detail, "CREATE DATABASE missing") {
		t.Errorf("%+v; want how to make the database", f)
	}
	at.History = ch.Address("guarded", "default")
	if f := (doctorCmd{place: at}).samples(t.Context()); f.ok || !strings.Contains(f.detail, "user and password") {
		t.Errorf("%+v; want the password named", f)
	}
	t.Setenv(clickhousePassword, "secret")
	if f := (doctorCmd{place: at}).samples(t.Context()); !f.ok {
		t.Errorf("%+v", f)
	}
}
