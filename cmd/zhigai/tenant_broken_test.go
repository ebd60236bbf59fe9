package main

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
)

// TestTenants_OneBroken: a firm whose plant cannot be read any more and goes on
// saying things holds up neither the operator nor another firm: their devices
// are read, their figures follow journal and samples, their board shows them.
func TestTenants_OneBroken(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	a, b := takeIn(g, "xinda", "信达轴承", 41_000), takeIn(g, "hongfa", "宏发轴承", 52_000)
	must(t, g.n.record.Write(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`update master set body = '{' where tenant = ?`, a.tenant.No).Exec(ctx)
		return err
	}))
	must(t, g.n.reconcile(t.Context()))
	devices := map[plant.TenantNo]int{}
	for _, d := range g.n.collector.Status() {
		devices[d.Tenant]++
	}
	if devices[homeTenant] != 3 || devices[b.tenant.No] != 2 || devices[a.tenant.No] != 2 {
		t.Errorf("devices by tenant: %v; want those of the broken firm to go on as they are", devices)
	}
	if _, err := g.n.plants.Model(t.Context(), access.Scope{Tenant: a.tenant.No}, plant.MicrosOf(time.Now())); err == nil {
		t.Fatal("the plant of the first firm can be read: the test proves nothing")
	}
	journal := g.n.record.Journal()
	for _, x := range []guest{a, b} {
		_, err := journal.Append(t.Context(), x.tenant.No, fact.New(fact.KindCount, x.lathe.ID, time.Now(), "test", fact.Count{Good: 1}))
		must(t, err)
		_, err = g.n.history.Append(t.Context(), x.tenant.No, plant.Batch{Samples: []plant.Sample{{Tag: x.good, Time: plant.MicrosOf(time.Now()), Value: 1}}})
		must(t, err)
	}
	last := g.n.history.LastSeq()
	soon(t, "figures follow the journal of the sound firm and all samples", func() bool {
		at, err := journal.Cursor(t.Context(), b.tenant.No, figure.Reader)
		must(t, err)
		return at == journal.Head(b.tenant.No) && g.n.history.Cursor(figure.Reader) >= last
	})
	status, body := g.fetch("/api/v1/equipment", bearer(b.token))
	if status != 200 {
		t.Errorf("the board of the sound firm: %d %.300s", status, body)
	}
	now := plant.MicrosOf(time.Now())
	if err := g.n.engine.Settle(t.Context(), a.tenant.No, now-3_600_000_000, now); err == nil {
		t.Error("the broken firm's windows can be closed, too: the test proves nothing")
	}
}
