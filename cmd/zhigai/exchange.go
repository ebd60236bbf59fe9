package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/factory/exchange"
	"zhigai/factory/exchange/door"
	"zhigai/plant"
	recfactory "zhigai/record/factory"
	"zhigai/shop/material"
	"zhigai/shop/production"
)

// newExchange makes the desk of messages with business systems.
func (n *node) newExchange() (*exchange.Desk, error) {
	mappings, err := exchange.LoadMappings(data.FS, "exchange")
	if err != nil {
		return nil, err
	}
	rooms := orderedBy{desk: n.newProduction(), material: n.newMaterial(), places: placesOf{n.fleet}}
	doors := door.New(door.Options{Folders: n.exchangeFolder, Now: time.Now})
	return exchange.NewDesk(exchange.Options{
		Store: recfactory.NewExchange(n.record, n.secrets.Vault), Rooms: rooms, Makes: rooms, Mappings: mappings, Open: doors.Open, Now: time.Now, Log: n.log,
	}), nil
}

// exchangeFolder is below the folder in which devices leave files.
const exchangeFolder = "exchange"

// exchangeFolder is where a tenant's partners leave files: beside those of its
// machines.
func (n *node) exchangeFolder(tenant plant.TenantNo) string {
	if n.fileRoot == "" {
		return ""
	}
	if tenant == homeTenant {
		return filepath.Join(n.fileRoot, exchangeFolder)
	}
	t, ok, err := n.sector.Of(context.Background(), tenant)
	if err != nil || !ok {
		return ""
	}
	return filepath.Join(n.fileRoot, filepath.FromSlash(tenantTopics), t.ID, exchangeFolder)
}

// exchanges holds what a tenant may reach before the desk of the exchange.
type exchanges struct {
	*exchange.Desk
	n *node
}

func (e exchanges) Save(ctx context.Context, tenant plant.TenantNo, p exchange.Partner, rev int64) (exchange.Partner, error) {
	if !p.Off && p.URL != "" {
		if err := e.n.mayReach(ctx, tenant); err != nil {
			return exchange.Partner{}, err
		}
	}
	return e.Desk.Save(ctx, tenant, p, rev)
}

// orderedBy tells the desks of production and material what partners say, in their
// name, and them what was made.
type orderedBy struct {
	desk     *production.Desk
	material *material.Desk
	places   placesOf
}

func partnerOf(tenant plant.TenantNo, partner string) access.Principal {
	return access.As("exchange", "erp:"+partner, access.Scope{Tenant: tenant}, access.Read, access.Plan, access.Material, access.Engineer)
}

// final says which errors of rooms trying again does not mend.
func final(err error) error {
	for _, e := range []error{production.ErrInvalid, material.ErrInvalid, access.ErrForbidden} {
		if errors.Is(err, e) {
			return fmt.Errorf("%w: %s", exchange.ErrRefused, strings.TrimPrefix(err.Error(), e.Error()+": "))
		}
	}
	return err
}

// Order implements exchange.Rooms.
func (r orderedBy) Order(ctx context.Context, tenant plant.TenantNo, partner string, o exchange.Order) error {
	who := partnerOf(tenant, partner)
	if o.Unit != "" {
		defs, err := r.desk.Definitions(ctx, who, production.DefinitionFilter{Product: o.Product, Current: true, Limit: 1})
		if err != nil {
			return err
		}
		if len(defs) > 0 && defs[0].Unit != o.Unit {
			return fmt.Errorf("%w: order %s is in %s, product %s is made in %s", exchange.ErrRefused, o.Number, o.Unit, o.Product, defs[0].Unit)
		}
	}
	_, err := r.desk.Request(ctx, who, production.Request{
		Terms: production.Terms{
			Number: o.Number, Kind: production.Make, Product: o.Product, Revision: o.Revision, Quantity: o.Quantity, Place: o.Place, Earliest: o.Earliest, Due: o.Due, Priority: o.Priority,
			Customer: o.Customer, Reference: o.Reference, Note: o.Note,
		},
		State: production.OrderState(o.State), Reason: "ERP " + partner,
	})
	return final(err)
}

// Define implements exchange.Rooms.
func (r orderedBy) Define(ctx context.Context, tenant plant.TenantNo, partner string, d exchange.Definition) error {
	def := production.Definition{Product: d.Product, Unit: d.Unit, Note: d.Note, Materials: []production.Material{}, Segments: []production.Segment{}}
	for _, m := range d.Materials {
		def.Materials = append(def.Materials, production.Material{Item: m.Item, Quantity: m.Quantity, Unit: m.Unit, Segment: m.Segment})
	}
	for _, s := range d.Segments {
		g := production.Segment{No: s.No, Name: plant.Name{ZH: s.Name}, After: s.After, Alternatives: []production.Alternative{}}
		for _, name := range s.Equipment {
			id, err := r.equipment(ctx, tenant, name)
			if err != nil {
				return err
			}
			g.Alternatives = append(g.Alternatives, production.Alternative{Equipment: id, SetupMs: s.SetupMs, RunMs: s.RunMs})
		}
		def.Segments = append(def.Segments, g)
	}
	_, err := r.desk.SaveDefinition(ctx, partnerOf(tenant, partner), def)
	return final(err)
}

// equipment finds a place by its path, or by the end of it where that is one
// place's alone.
func (r orderedBy) equipment(ctx context.Context, tenant plant.TenantNo, name string) (plant.NodeID, error) {
	s, err := r.places.now(ctx, tenant)
	if err != nil {
		return "", err
	}
	var found []plant.Node
	for _, nd := range s.Model.Nodes {
		if nd.Path == name || string(nd.ID) == name {
			return nd.ID, nil
		}
		if path.Base(nd.Path) == name {
			found = append(found, nd)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%w: %q is the name of %d places; write the path of a machine, line or cell", exchange.ErrRefused, name, len(found))
	}
	return found[0].ID, nil
}

// Lot implements exchange.Rooms.
func (r orderedBy) Lot(ctx context.Context, tenant plant.TenantNo, partner string, l exchange.Lot, before *exchange.Lot) error {
	d := material.Delivery{Item: l.Item, Lot: l.ID, Quantity: l.Quantity, Unit: l.Unit, To: l.Place, Party: "ERP " + partner}
	if before != nil {
		d.Before = before.Quantity
		if before.Unit != l.Unit {
			return fmt.Errorf("%w: lot %s was in %s and is now in %s", exchange.ErrRefused, l.ID, before.Unit, l.Unit)
		}
	}
	if l.Status != "" {
		blocked := l.Status == exchange.LotBlocked
		d.Blocked = &blocked
	}
	return final(r.material.Deliver(ctx, partnerOf(tenant, partner), d))
}

// Made implements exchange.Makes. What an order made is what the last of its
// jobs made: parts go from one to the next. Scrap and rework are of all.
func (r orderedBy) Made(ctx context.Context, tenant plant.TenantNo, number string) (exchange.Made, error) {
	who := access.Node(tenant)
	v, err := r.desk.ByNumber(ctx, who, number)
	if err != nil {
		return exchange.Made{}, err
	}
	out := exchange.Made{
		Number: v.Number, Product: v.Product, Unit: v.Units, Quantity: v.Quantity, State: string(v.State), Began: v.Began, Ended: v.Ended,
		Final: v.State == production.OrderClosed || v.State == production.OrderCancelled,
	}
	for _, j := range v.Jobs {
		total := exchange.Quantities{Good: j.Made.Good, Scrap: j.Made.Scrap, Rework: j.Made.Rework}
		out.Jobs = append(out.Jobs, exchange.JobMade{No: j.No, Name: j.Name.ZH, State: string(j.State), Began: j.Began, Ended: j.Ended, Total: total})
		out.Total.Scrap, out.Total.Rework = out.Total.Scrap+total.Scrap, out.Total.Rework+total.Rework
	}
	if last := lastJob(v); last >= 0 {
		out.Total.Good = v.Jobs[last].Made.Good
	}
	return out, nil
}

// lastJob is the job that no other follows, of several the one with the highest
// number.
func lastJob(v production.View) int {
	followed := map[int]bool{}
	for i, j := range v.Jobs {
		before := j.Segment.After
		if len(before) == 0 && i > 0 && !j.Segment.Begins {
			before = []int{v.Jobs[i-1].No}
		}
		for _, no := range before {
			followed[no] = true
		}
	}
	for i, j := range slices.Backward(v.Jobs) {
		if !followed[j.No] {
			return i
		}
	}
	return -1
}
