package main

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/evaluation"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// newEvaluations makes the desks where firms are scored by published standards
// and compared with their sector.
func (n *node) newEvaluations() {
	facts, seats := firmYears{n.targets.Facts}, programme.NewFirms(n.record, n.codes)
	n.evaluations = &evaluation.Desk{
		Book: n.standards, Store: programme.NewEvaluations(n.record), Facts: facts, Seats: seats, NewID: n.record.NewID, Now: time.Now,
	}
	n.benchmarks = &benchmark.Desk{
		Book: n.standards, Rule: n.groups, Store: programme.NewBenchmarks(n.record), Facts: facts, Seats: seats, Sharing: sharingFirms{n.stores}, Now: time.Now,
	}
}

// firmYears are firms with the values of a year as targets know them.
type firmYears struct{ facts target.Facts }

// Firms implements evaluation.Facts.
func (f firmYears) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, year int, yield func(evaluation.Input) error) error {
	return f.facts.Firms(ctx, tenant, areas, year, func(one target.Firm) error {
		in := evaluation.Input{Firm: one.ID, Name: one.Name, Region: one.Region, Sector: one.Sector, Size: one.Size, AboveScale: one.AboveScale, Values: make(map[string]evaluation.Value, len(one.Values))}
		for name, v := range one.Values {
			in.Values[name] = evaluation.Value{N: v.N, Basis: string(v.Basis)}
		}
		return yield(in)
	})
}
