package main

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"zhigai/fact"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/sim"
)

// TestPast_HonestMachinesAreNotAccused: a simulated plant lives for two days
// before its node starts. Its machines of every kind are proved for the whole
// day in between, its days are sealed, and nobody is suspected.
func TestPast_HonestMachinesAreNotAccused(t *testing.T) {
	t.Parallel()
	m, profiles := demoPlant(t)
	seen := map[string]int{}
	m.Nodes = slices.DeleteFunc(m.Nodes, func(n plant.Node) bool {
		if n.Machine == nil {
			return false
		}
		seen[n.Machine.Profile]++
		return seen[n.Machine.Profile] > 2
	})
	at := place{Data: t.TempDir()}
	now := time.Now().Truncate(time.Second)
	p, err := sim.New(sim.Config{Seed: 7, Start: now.AddDate(0, 0, -2), Model: m, Kinds: simKinds(profiles)})
	must(t, err)
	t.Cleanup(p.Close)
	must(t, past(t.Context(), at, m, profiles, p, now, wholePast))

	stopped, err := openStores(t.Context(), at)
	must(t, err)
	must(t, stopped.newBook(slog.New(slog.DiscardHandler)).Seal(t.Context()))
	must(t, stopped.Close())
	n, err := openNode(t.Context(), at, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	// Just after midnight yesterday is not closed yet.
	closed := now.In(zone).Add(-20 * time.Minute)
	yesterday, today := closed.AddDate(0, 0, -1).Format(time.DateOnly), closed.Format(time.DateOnly)
	must(t, n.start(t.Context()))
	links := []machine.Link{}
	for deadline := time.Now().Add(3 * time.Minute); len(links) != 1 || links[0].Newest != yesterday; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not proved within minutes: %+v", links)
		}
		links, err = n.machines.Links(t.Context(), demoTenant, nil)
		must(t, err)
	}
	var months []machine.Month
	must(t, n.machines.Months(t.Context(), demoTenant, yesterday, today, nil, n.networked, func(m machine.Month) error {
		months = append(months, m)
		return nil
	}))
	if len(months) < 12 {
		t.Errorf("%d machines were proved: %+v", len(months), months)
	}
	for _, m := range months {
		if m.Planned > 0 && !m.Networked { // all of the day is known, or all but its first minutes
			t.Errorf("%s: %d ms known of %d planned", m.Path, m.KnownMs, m.PlannedMs)
		}
	}
	list, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindSuspicion}})
	must(t, err)
	for _, e := range list {
		t.Errorf("%s is accused: %s", e.Subject, e.Payload)
	}
	report, err := n.stores.verifyEvidence(t.Context(), evidenceQuestion{To: 1 << 30})
	must(t, err)
	if report.Seals < 1 || report.Samples == 0 || report.Mismatches != 0 {
		t.Errorf("seals: %+v", report)
	}
	t.Logf("%d machines proved on %s, %d suspicions; %d seals of %d samples", len(months), yesterday, len(list), report.Seals, report.Samples)
}
