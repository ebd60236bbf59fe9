package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/programme/enterprise"
	"zhigai/programme/target"
	"zhigai/record/programme"
)

// registryFirms are the firms of the registry, and beside them the enterprises
// of the plant model that nobody has said to be one of these.
type registryFirms struct{ plants plantFirms }

var (
	_ diagnosis.Firms   = registryFirms{}
	_ diagnosis.Dues    = registryFirms{}
	_ diagnosis.Figures = registryFirms{}
)

// everyFirm is what a lookup by id asks: who may see the firm is decided by the
// desk.
var everyFirm = []access.Area{{}}

// Firm implements diagnosis.Firms.
func (f registryFirms) Firm(ctx context.Context, tenant plant.TenantNo, id string) (diagnosis.Firm, error) {
	found, err := programme.NewFirms(f.plants.n.record, f.plants.n.codes).Named(ctx, tenant, everyFirm, []string{id})
	if err != nil {
		return diagnosis.Firm{}, err
	}
	if one, ok := found[id]; ok {
		return diagnosis.Firm{ID: one.ID, Name: one.Name, Region: one.Region, Sector: one.Sector}, nil
	}
	return f.plants.Firm(ctx, tenant, id)
}

// Firms implements diagnosis.Firms.
func (f registryFirms) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, text string, limit int) ([]diagnosis.Firm, error) {
	rows, err := f.plants.n.firms.List(ctx, tenant, areas, enterprise.Filter{Text: text}, enterprise.Place{}, limit)
	if err != nil {
		return nil, err
	}
	out := make([]diagnosis.Firm, 0, len(rows))
	for _, r := range rows {
		out = append(out, diagnosis.Firm{ID: r.Firm.ID, Name: r.Firm.Name, Region: r.Firm.Region, Sector: r.Firm.Industry})
	}
	own, err := f.unlinked(ctx, tenant, areas, text, limit)
	if err != nil {
		return nil, err
	}
	out = append(out, own...)
	slices.SortStableFunc(out, func(a, b diagnosis.Firm) int { return strings.Compare(a.Name, b.Name) })
	return out[:min(len(out), limit)], nil
}

// unlinked are the enterprises of the plant model that are no firm's of the
// registry.
func (f registryFirms) unlinked(ctx context.Context, tenant plant.TenantNo, areas []access.Area, text string, limit int) ([]diagnosis.Firm, error) {
	own, err := f.plants.Firms(ctx, tenant, areas, text, limit)
	if err != nil {
		return nil, err
	}
	links, err := f.plants.n.machines.Links(ctx, tenant, nil)
	if err != nil {
		return nil, err
	}
	linked := map[string]bool{}
	for _, l := range links {
		linked[string(l.Owner)] = l.Firm != ""
	}
	return slices.DeleteFunc(own, func(one diagnosis.Firm) bool { return linked[one.ID] }), nil
}

// Due implements diagnosis.Dues: the firms that the indicator of diagnosis
// coverage counts over, as they stand this year; of a node without a registry
// its own enterprises.
func (f registryFirms) Due(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]diagnosis.Due, error) {
	counts := map[diagnosis.Due]int64{}
	year := time.Now().Year()
	err := f.plants.n.targets.Population(ctx, tenant, "diagnosis-coverage", target.Question{Year: year, Areas: areas}, func(one target.Firm, incentive bool) error {
		counts[diagnosis.Due{Region: one.Region, Division: one.Sector[:min(3, len(one.Sector))], Incentive: incentive}]++
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(counts) == 0 {
		return f.plants.Due(ctx, tenant, areas)
	}
	out := make([]diagnosis.Due, 0, len(counts))
	for due, n := range counts {
		due.Firms = n
		out = append(out, due)
	}
	return out, nil
}

// Figures implements diagnosis.Figures: of the firm's plant, where this node
// serves it.
func (f registryFirms) Figures(ctx context.Context, tenant plant.TenantNo, firm string, ids []string, from, to time.Time) (map[string]figure.Figure, error) {
	links, err := f.plants.n.machines.Links(ctx, tenant, nil)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if l.Firm != firm {
			continue
		}
		out, err := f.plants.Figures(ctx, tenant, string(l.Owner), ids, from, to)
		if !errors.Is(err, diagnosis.ErrNoFigures) {
			return out, err
		}
	}
	out, err := f.plants.Figures(ctx, tenant, firm, ids, from, to)
	if errors.Is(err, diagnosis.ErrNoFigures) {
		err = fmt.Errorf("%w: this node serves no plant of the firm", diagnosis.ErrNoFigures)
	}
	return out, err
}
