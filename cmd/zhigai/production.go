package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/equipment"
	"zhigai/shop/production"
)

// newProduction makes the desk of definitions, orders and jobs.
func (n *node) newProduction() *production.Desk {
	return production.NewDesk(production.Options{
		Store: recshop.NewProduction(n.record), Places: placesOf{n.fleet}, Counts: countsOf{n.desk, n.record.Journal()},
		Files: keptFiles{recshop.NewAttachments(n.record), n.attachments()}, Recorded: n.entered, NewID: n.record.NewID, Now: time.Now,
	})
}

// placesOf shows production the plant as it is now.
type placesOf struct{ fleet *equipment.Fleet }

func (p placesOf) now(ctx context.Context, tenant plant.TenantNo) (*equipment.Snapshot, error) {
	return p.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
}

func (p placesOf) Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (production.Place, error) {
	s, err := p.now(ctx, tenant)
	if err != nil {
		return production.Place{}, err
	}
	for _, nd := range s.Model.Nodes {
		if nd.ID == node {
			return productionPlace(s.Model, nd), nil
		}
	}
	return production.Place{}, fmt.Errorf("%w: node %s", access.ErrNotFound, node)
}

// productionPlace finds the nodes around one, and whether a calendar says when it works.
func productionPlace(m plant.Model, nd plant.Node) production.Place {
	out := production.Place{ID: nd.ID, Path: nd.Path, Name: nd.Name, Calendar: nd.Calendar != ""}
	for path := plant.ParentPath(nd.Path); path != ""; path = plant.ParentPath(path) {
		if i := slices.IndexFunc(m.Nodes, func(o plant.Node) bool { return o.Path == path }); i >= 0 {
			out.Above = append(out.Above, m.Nodes[i].ID)
			out.Calendar = out.Calendar || m.Nodes[i].Calendar != ""
		}
	}
	return out
}

func (p placesOf) Machines(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) ([]production.Place, error) {
	at, err := p.Place(ctx, tenant, node)
	if err != nil {
		return nil, err
	}
	s, err := p.now(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []production.Place
	for _, nd := range s.Model.Nodes {
		if nd.Machine != nil && !nd.Machine.Excluded && plant.Within(nd.Path, at.Path) {
			out = append(out, productionPlace(s.Model, nd))
		}
	}
	return out, nil
}

func (p placesOf) HasPath(ctx context.Context, tenant plant.TenantNo, path string) (bool, error) {
	s, err := p.now(ctx, tenant)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.Path == path && nd.Machine == nil }), nil
}

func (p placesOf) HasProduct(ctx context.Context, tenant plant.TenantNo, code string) (bool, error) {
	s, err := p.now(ctx, tenant)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(s.Model.Products, func(o plant.Product) bool { return o.Code == code }), nil
}

// countsOf tells production what machines counted and people typed.
type countsOf struct {
	desk    *equipment.Desk
	journal fact.Journal
}

// countedAtOnce is how much of the past one question reads: no more than the
// desk of equipment answers.
const countedAtOnce = plant.Micros(7 * 24 * time.Hour / time.Microsecond)

func (c countsOf) Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]figure.CountedParts, error) {
	return inParts(from, to, func(from, to plant.Micros) ([]figure.CountedParts, error) {
		return c.desk.Counted(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	})
}

// inParts asks the desk of equipment about a stretch that is longer than it
// answers at once.
func inParts[T any](from, to plant.Micros, ask func(from, to plant.Micros) ([]T, error)) ([]T, error) {
	var out []T
	for ; from < to; from += countedAtOnce {
		part, err := ask(from, min(from+countedAtOnce, to))
		if errors.Is(err, equipment.ErrInvalid) { // shorter than the desk tells apart
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, part...)
	}
	return out, nil
}

func (c countsOf) Typed(ctx context.Context, tenant plant.TenantNo, machines []plant.NodeID, from, to plant.Micros) ([]production.Typed, error) {
	f := fact.Filter{Kinds: []fact.Kind{fact.KindCount}, Subjects: machines, From: from, To: to}
	var events []fact.Event
	for {
		page, err := c.journal.Events(ctx, tenant, f)
		if err != nil {
			return nil, err
		}
		events = append(events, page...)
		if len(page) < fact.MaxEvents {
			break
		}
		f.AfterSeq = page[len(page)-1].Seq
	}
	var out []production.Typed
	for _, e := range fact.InForce(events) {
		var p fact.Count
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			return nil, fmt.Errorf("count %s: %w", e.ID, err)
		}
		if p.Job == "" {
			out = append(out, production.Typed{At: e.Occurred, Machine: e.Subject, Product: p.Product, Good: p.Good, Scrap: p.Scrap, Rework: p.Rework})
		}
	}
	return out, nil
}
