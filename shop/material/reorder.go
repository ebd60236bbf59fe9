package material

import (
	"context"

	"zhigai/access"
	"zhigai/plant"
)

// Level is how much of an item there is beside its reorder point.
type Level struct {
	Item     Item           `json:"item"`
	Lies     plant.Quantity `json:"lies" doc:"That may be used: not blocked, expired or in quarantine"`
	Reserved plant.Quantity `json:"reserved" doc:"Kept for orders"`
	Coming   plant.Quantity `json:"coming" doc:"Expected arrivals that have not come"`
	// Free is Lies + Coming − Reserved.
	Free  plant.Quantity `json:"free"`
	Low   bool           `json:"low" doc:"Free is at the reorder point or below"`
	Order plant.Quantity `json:"order" doc:"What brings Free up to the item's target, or to its reorder point without one"`
}

// Levels are the items with a reorder point, those that are low first; stock counts
// within the asker's places.
func (d *Desk) Levels(ctx context.Context, who access.Principal) ([]Level, error) {
	tenant := who.Scope.Tenant
	var low, well []Level
	for after := ""; ; {
		items, err := d.o.Store.Items(ctx, tenant, "", after, maxRows)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			after = i.Code
			if i.Reorder <= 0 || i.Off {
				continue
			}
			l, err := d.level(ctx, who, i)
			if err != nil {
				return nil, err
			}
			if l.Low {
				low = append(low, l)
			} else {
				well = append(well, l)
			}
		}
		if len(items) < maxRows {
			return append(low, well...), nil
		}
	}
}

func (d *Desk) level(ctx context.Context, who access.Principal, i Item) (Level, error) {
	l, tenant := Level{Item: i}, who.Scope.Tenant
	stocks, err := d.o.Store.Stocks(ctx, tenant, StockFilter{Scope: who.Scope, Item: i.Code, Limit: maxRows})
	if err != nil {
		return l, err
	}
	now := d.o.Now()
	for _, s := range stocks {
		if s.usable(now) {
			l.Lies += s.Quantity
		}
	}
	kept, err := d.o.Store.Reservations(ctx, tenant, "", i.Code, maxRows)
	if err != nil {
		return l, err
	}
	for _, r := range kept {
		l.Reserved += r.Left()
	}
	coming, err := d.o.Store.Arrivals(ctx, ArrivalFilter{Scope: who.Scope, Item: i.Code, Open: true, Limit: maxRows})
	if err != nil {
		return l, err
	}
	for _, a := range coming {
		l.Coming += a.Left()
	}
	l.Free = l.Lies + l.Coming - l.Reserved
	if l.Low = l.Free <= i.Reorder; l.Low {
		l.Order = max(i.Target, i.Reorder) - l.Free
	}
	return l, nil
}
