package main

import (
	"context"
	"time"

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
}

// newTargets makes the desk of targets.
func (s *stores) newTargets(book *target.Book, networked machine.Rule, codes enterprise.Codes) *target.Desk {
	roll := programme.NewFirms(s.record, codes)
	return &target.Desk{
		Book: book, Registers: s.registers, Store: s.registers, Seats: roll, Now: time.Now,
		Facts: target.Joined{Roll: roll, Registers: s.registers, Proved: func(ctx context.Context, tenant plant.TenantNo, year int) (map[string]map[string]int64, error) {
			return s.provedValues(ctx, tenant, networked, year)
		}},
		Division: func(code string, at plant.Micros) error {
			_, err := codes.Regions.At(code, at.Time())
			return err
		},
	}
}

// provedValues is what the machines of firms proved in the year, as values of
// targets.
func (s *stores) provedValues(ctx context.Context, tenant plant.TenantNo, networked machine.Rule, year int) (map[string]map[string]int64, error) {
	return provedOf(ctx, s.machines, tenant, networked, year)
}

func provedOf(ctx context.Context, s machine.Store, tenant plant.TenantNo, rule machine.Rule, year int) (map[string]map[string]int64, error) {
	counts, err := machine.Counts(ctx, s, tenant, rule, year)
	if err != nil {
		return nil, err
	}
	out := make(map[string]map[string]int64, len(counts))
	for firm, c := range counts {
		out[firm] = map[string]int64{"machines": c.Machines, "machines_nc": c.NC, "machines_networked": c.Networked}
	}
	return out, nil
}
