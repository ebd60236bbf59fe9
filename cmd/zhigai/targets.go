package main

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// newTargets makes the desks of targets and of what machines proved.
func (n *node) newTargets() {
	n.proved = &machine.Desk{Store: n.machines, Rule: n.networked, Firms: programme.NewFirms(n.record, n.codes), Changed: n.provedNew}
	n.targets = n.stores.newTargets(n.targetBook, n.networked, n.codes)
	if n.readOnly {
		n.targets.Kept = nil // it keeps nothing
	}
}

// newTargets makes the desk of targets.
func (s *stores) newTargets(book *target.Book, networked machine.Rule, codes enterprise.Codes) *target.Desk {
	roll := programme.NewFirms(s.record, codes)
	kept := &target.Keeper{
		Book: book, Store: s.registers,
		Facts: target.Joined{Roll: roll, Registers: s.registers, Proved: func(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int) (map[string]map[string]int64, error) {
			return provedOf(ctx, s.machines, tenant, networked, areas, year)
		}},
		Rests: func(ctx context.Context, tenant plant.TenantNo, year int) (string, error) {
			newest, err := machine.Newest(ctx, s.machines, tenant, year)
			return fmt.Sprintf("machines of %.7s by rule %d of %d per mille and %d days", newest, networked.Version, networked.KnownPerMille, networked.Days), err
		},
	}
	return &target.Desk{
		Book: book, Facts: kept, Kept: kept, Registers: s.registers, Store: s.registers, Seats: roll, Now: time.Now,
		Division: func(code string, at plant.Micros) error {
			_, err := codes.Regions.At(code, at.Time())
			return err
		},
	}
}

// warmEvery is how often kept terms are brought up to date; after a long fold
// the node rests as long, and twice more.
const warmEvery = time.Second

// warmTargets keeps the figures of the current year at hand until ctx ends.
func (n *node) warmTargets(ctx context.Context) error {
	seen := map[plant.TenantNo]uint64{}
	for {
		begun := time.Now()
		err := n.eachTenant(ctx, "figures of targets", func(ctx context.Context, tenant plant.TenantNo) error {
			head, err := n.registers.Head(ctx, tenant)
			if err != nil || head == seen[tenant] {
				return err
			}
			if err := n.targets.Warm(ctx, tenant, begun.Year()); err != nil {
				return err
			}
			seen[tenant] = head
			return nil
		})
		if err != nil && ctx.Err() == nil {
			n.log.Error("figures of targets: will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(warmEvery, 3*time.Since(begun))):
		}
	}
}

// provedOf is what the machines of firms proved in the year, as values of
// targets.
func provedOf(ctx context.Context, s machine.Store, tenant plant.TenantNo, rule machine.Rule, areas []access.Area, year int) (map[string]map[string]int64, error) {
	counts, err := machine.Counts(ctx, s, tenant, rule, areas, year)
	if err != nil {
		return nil, err
	}
	out := make(map[string]map[string]int64, len(counts))
	for firm, c := range counts {
		out[firm] = map[string]int64{"machines": c.Machines, "machines_nc": c.NC, "machines_networked": c.Networked}
	}
	return out, nil
}
