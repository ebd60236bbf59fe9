package main

import (
	"context"
	"time"

	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// newTargets makes the desks of targets and of what machines proved.
func (n *node) newTargets() {
	roll := programme.NewFirms(n.record, n.codes)
	n.proved = &machine.Desk{Store: n.machines, Rule: n.networked, Firms: roll}
	n.targets = &target.Desk{
		Book: n.targetBook, Registers: n.registers, Store: n.registers, Seats: roll, Now: time.Now,
		Facts: target.Joined{Roll: roll, Registers: n.registers, Proved: n.provedValues},
		Division: func(code string, at plant.Micros) error {
			_, err := n.codes.Regions.At(code, at.Time())
			return err
		},
	}
}

// provedValues is what the machines of firms proved in the year, as values of
// targets.
func (n *node) provedValues(ctx context.Context, tenant plant.TenantNo, year int) (map[string]map[string]int64, error) {
	counts, err := machine.Counts(ctx, n.machines, tenant, n.networked, year)
	if err != nil {
		return nil, err
	}
	out := make(map[string]map[string]int64, len(counts))
	for firm, c := range counts {
		out[firm] = map[string]int64{"machines": c.Machines, "machines_nc": c.NC, "machines_networked": c.Networked}
	}
	return out, nil
}
