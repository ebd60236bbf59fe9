package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/programme/diagnosis"
	"zhigai/record/programme"
)

// newDiagnosis makes the desk where firms are held against maturity models.
func (n *node) newDiagnosis() *diagnosis.Desk {
	return diagnosis.NewDesk(diagnosis.Options{
		Store: programme.NewDiagnoses(n.record), Firms: registryFirms{plantFirms{n}}, Dues: registryFirms{plantFirms{n}}, Figures: registryFirms{plantFirms{n}}, Editions: n.editions, Stations: stationed{n},
		NewID: n.record.NewID, Now: time.Now,
	})
}

// plantFirms are the enterprises of the plant model, for a node without a
// registry: the plant itself is the firm.
type plantFirms struct{ n *node }

var (
	_ diagnosis.Firms   = plantFirms{}
	_ diagnosis.Dues    = plantFirms{}
	_ diagnosis.Figures = plantFirms{}
)

func (f plantFirms) enterprises(ctx context.Context, tenant plant.TenantNo) ([]plant.Node, error) {
	m, err := f.n.plants.Model(ctx, access.Scope{Tenant: tenant}, plant.MicrosOf(time.Now()))
	return slices.DeleteFunc(m.Nodes, func(one plant.Node) bool { return one.Level != plant.LevelEnterprise }), err
}

// firmOf knows no seat and no trade of a plant: who is confined to a region or a
// sector does not see it.
func firmOf(one plant.Node) diagnosis.Firm {
	name := one.Name.ZH
	if name == "" {
		name = one.Name.EN
	}
	return diagnosis.Firm{ID: string(one.ID), Name: name}
}

// Firm implements diagnosis.Firms.
func (f plantFirms) Firm(ctx context.Context, tenant plant.TenantNo, id string) (diagnosis.Firm, error) {
	one, err := f.find(ctx, tenant, id)
	return firmOf(one), err
}

func (f plantFirms) find(ctx context.Context, tenant plant.TenantNo, id string) (plant.Node, error) {
	all, err := f.enterprises(ctx, tenant)
	if err != nil {
		return plant.Node{}, err
	}
	i := slices.IndexFunc(all, func(one plant.Node) bool { return string(one.ID) == id })
	if i < 0 {
		return plant.Node{}, fmt.Errorf("%w: firm %s", access.ErrNotFound, id)
	}
	return all[i], nil
}

// Firms implements diagnosis.Firms.
func (f plantFirms) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, text string, limit int) ([]diagnosis.Firm, error) {
	all, err := f.enterprises(ctx, tenant)
	var out []diagnosis.Firm
	for _, one := range all {
		firm := firmOf(one)
		seen := slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(firm.Region, firm.Sector, firm.ID) })
		if seen && strings.Contains(firm.Name+one.Path, text) && len(out) < limit {
			out = append(out, firm)
		}
	}
	return out, err
}

// Due implements diagnosis.Dues: every enterprise of the plant, whose seat and
// trade are not known.
func (f plantFirms) Due(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]diagnosis.Due, error) {
	all, err := f.Firms(ctx, tenant, areas, "", maxPlantFirms)
	if len(all) == 0 {
		return nil, err
	}
	return []diagnosis.Due{{Firms: int64(len(all))}}, err
}

// maxPlantFirms bounds the enterprises of one plant model.
const maxPlantFirms = 1000

// Figures implements diagnosis.Figures: of everything below the enterprise.
func (f plantFirms) Figures(ctx context.Context, tenant plant.TenantNo, firm string, ids []string, from, to time.Time) (map[string]figure.Figure, error) {
	one, err := f.find(ctx, tenant, firm)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", diagnosis.ErrNoFigures, err)
	}
	scope := access.Scope{Tenant: tenant, Path: one.Path}
	many, err := f.n.engine.QueryMany(ctx, scope, ids, figure.Range, plant.MicrosOf(from), plant.MicrosOf(to), figure.ByNone)
	if err != nil {
		return nil, err
	}
	out := map[string]figure.Figure{}
	for id, list := range many {
		if len(list) > 0 {
			out[id] = list[0]
		}
	}
	return out, nil
}
