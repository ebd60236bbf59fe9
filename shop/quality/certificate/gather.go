package certificate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/quality"
)

const (
	// maxRead bounds what is read of all characteristics of one order: some days of a
	// measurement a second.
	maxRead = 200_000
	// atOnce is what one question reads.
	atOnce = 5000
	// maxPlanned bounds the characteristics of a product.
	maxPlanned = 1000
)

// gather reads what a certificate of goods is folded from.
func (d *Desk) gather(ctx context.Context, who access.Principal, of Goods) (Facts, error) {
	tenant := who.Scope.Tenant
	f := Facts{Lot: of.Lot, Quantity: of.Quantity}
	number := of.Order
	if of.Lot != "" {
		l, order, err := d.o.Materials.Lot(ctx, tenant, of.Lot)
		switch {
		case err != nil:
			return Facts{}, err
		case order == "":
			return Facts{}, invalid("lot %s was not made by an order here; its supplier certifies it", l.Number)
		case number != "" && number != order:
			return Facts{}, invalid("lot %s was made by order %s, not %s", l.Number, order, number)
		}
		number, f.Lots = order, []Lot{l}
	}
	if number == "" {
		return Facts{}, invalid("a certificate of nothing; name an order or a lot")
	}
	var err error
	if f.Order, err = d.o.Orders.Order(ctx, tenant, number); err != nil {
		return Facts{}, err
	}
	if !who.Scope.Allows(f.Order.Place) {
		return Facts{}, fmt.Errorf("%w: order %s", access.ErrNotFound, number)
	}
	if of.Lot == "" {
		if f.Lots, err = d.o.Materials.Made(ctx, tenant, number, f.Order.Product); err != nil {
			return Facts{}, err
		}
	}
	if f.Heats, f.More, err = d.o.Materials.Heats(ctx, tenant, number, f.Lots); err != nil {
		return Facts{}, err
	}
	if f.Quantity == 0 {
		f.Quantity = f.Order.Good
	}
	if err := d.planned(ctx, tenant, &f); err != nil {
		return Facts{}, err
	}
	if err := d.cases(ctx, tenant, &f); err != nil {
		return Facts{}, err
	}
	return f, d.gauges(ctx, tenant, &f)
}

// planned reads the characteristics of the product with what was measured of the goods.
func (d *Desk) planned(ctx context.Context, tenant plant.TenantNo, f *Facts) error {
	all, err := d.o.Quality.Characteristics(ctx, quality.Filter{Scope: access.Scope{Tenant: tenant}, Of: f.Order.Product, Limit: maxPlanned})
	if err != nil {
		return err
	}
	read := 0
	for _, c := range all {
		switch {
		case c.Stage == quality.Incoming: // of what is bought
			continue
		case c.Revision != 0 && c.Revision != int64(f.Order.Definition):
			continue
		case c.Operation != 0 && !slices.Contains(f.Order.Segments, c.Operation):
			continue
		}
		p := Planned{Characteristic: c}
		if c.Level != "" {
			p.Sampled, err = d.sampled(ctx, tenant, f, c.ID)
		} else {
			p.Subgroups, err = d.subgroups(ctx, tenant, f, &c, &read)
		}
		if err != nil {
			return err
		}
		f.Planned = append(f.Planned, p)
	}
	return nil
}

// subgroups of a characteristic that are of the goods, in the order of time.
func (d *Desk) subgroups(ctx context.Context, tenant plant.TenantNo, f *Facts, c *quality.Characteristic, read *int) (out []quality.Subgroup, err error) {
	from := f.Order.Created // people may measure the material, or the first piece, before
	if c.Tag != "" && f.Order.Began != 0 {
		from = f.Order.Began
	}
	for {
		page, err := d.o.Store.Subgroups(ctx, tenant, c.ID, from, math.MaxInt64, atOnce)
		if err != nil {
			return nil, err
		}
		for _, s := range page {
			if f.holds(c, &s) {
				out = append(out, s)
			}
		}
		if len(page) < atOnce {
			return out, nil
		}
		if *read += len(page); *read > maxRead {
			f.TooMany = true
			return out, nil
		}
		if next := page[len(page)-1].At; next > from { // those of one instant come again and are known by their ids
			from = next
			out = slices.DeleteFunc(out, func(s quality.Subgroup) bool { return s.At == next })
		} else {
			from++
		}
	}
}

// holds says whether a measurement is of the goods: it names the order or a lot of it,
// or names neither and was read of a machine while the order ran there.
func (f *Facts) holds(c *quality.Characteristic, s *quality.Subgroup) bool {
	lot := func(l Lot) bool { return s.Lot == l.Number || s.Lot == l.ID }
	switch {
	case s.Lot != "" && slices.ContainsFunc(f.Lots, lot):
		return true
	case s.Lot != "" && f.Lot != "": // of another lot
		return false
	case s.Order != "":
		return s.Order == f.Order.Number
	case s.Lot != "":
		return false
	}
	if f.Lot != "" && f.Lots[0].Machine == c.Place && f.Lots[0].Began != 0 && (s.At < f.Lots[0].Began || s.At > f.Lots[0].Made) {
		return false
	}
	return slices.ContainsFunc(f.Order.Runs, func(r Run) bool {
		return r.Machine == c.Place && s.At >= r.From && (r.To == 0 || s.At < r.To)
	})
}

// sampled are the lots of the goods that were judged by sampling, the oldest first.
func (d *Desk) sampled(ctx context.Context, tenant plant.TenantNo, f *Facts, characteristic string) (out []quality.Lot, err error) {
	filter := quality.Filter{Scope: access.Scope{Tenant: tenant}, Of: characteristic, Limit: atOnce}
	for {
		page, err := d.o.Quality.Lots(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, l := range page {
			if l.At < f.Order.Created {
				slices.Reverse(out)
				return out, nil
			}
			of := func(o Lot) bool { return l.Lot == o.Number || l.Lot == o.ID }
			if l.Lot != "" && (l.Lot == f.Order.Number || slices.ContainsFunc(f.Lots, of)) {
				out = append(out, l)
			}
			filter.Before = l.ID
		}
		if len(page) < atOnce {
			slices.Reverse(out)
			return out, nil
		}
	}
}

// cases about the goods: they name the order, a lot of it, or a measurement of it.
func (d *Desk) cases(ctx context.Context, tenant plant.TenantNo, f *Facts) error {
	measured := map[string]bool{}
	for _, p := range f.Planned {
		for _, s := range p.Subgroups {
			measured[s.ID] = true
		}
	}
	filter := quality.Filter{Scope: access.Scope{Tenant: tenant}, Limit: atOnce}
	for {
		page, err := d.o.Quality.Cases(ctx, filter)
		if err != nil {
			return err
		}
		for _, c := range page {
			if len(c.Steps) > 0 && c.Steps[0].At < f.Order.Created {
				return nil // those before it are of other goods
			}
			lot := func(l Lot) bool { return c.Lot == l.Number || c.Lot == l.ID }
			// One of another lot of the order is not about this one.
			order := c.Order == f.Order.Number && (f.Lot == "" || c.Lot == "" || lot(f.Lots[0]))
			if order || c.Lot != "" && slices.ContainsFunc(f.Lots, lot) || measured[c.Subgroup] {
				f.Cases = append(f.Cases, c)
			}
			filter.Before = c.ID
		}
		if len(page) < atOnce {
			return nil
		}
	}
}

// gauges that measured the goods, with when they were calibrated and what of it is in
// doubt.
func (d *Desk) gauges(ctx context.Context, tenant plant.TenantNo, f *Facts) error {
	first := map[string]plant.Instant{}
	for _, p := range f.Planned {
		for _, s := range p.Subgroups {
			if at, ok := first[s.Gauge]; s.Gauge != "" && (!ok || s.At < at) {
				first[s.Gauge] = s.At
			}
		}
	}
	for id, since := range first {
		g := GaugeFacts{}
		var err error
		g.Gauge, err = document.Read[quality.Gauge](d.o.Store.Document(ctx, tenant, quality.KindGauge, id))
		if errors.Is(err, access.ErrNotFound) { // a name that nobody keeps a gauge under
			continue
		}
		if err != nil {
			return err
		}
		adjusted, err := d.o.Quality.Adjustments(ctx, quality.Filter{Scope: access.Scope{Tenant: tenant}, Of: id, Limit: maxPlanned})
		if err != nil {
			return err
		}
		if g.Calibrated != 0 {
			g.Calibrations = append(g.Calibrations, g.Calibrated)
		}
		// It was off until now, or until it was set: each time with its own doubts.
		until := []plant.Instant{0}
		for _, a := range adjusted {
			if a.What == "calibrated" && !slices.Contains(g.Calibrations, a.At) {
				g.Calibrations = append(g.Calibrations, a.At)
			}
			if a.At >= since {
				until = append(until, a.At)
			}
		}
		for _, before := range until {
			doubts, err := d.o.Quality.Doubts(ctx, access.Node(tenant), id, before, false)
			if err != nil {
				return err
			}
			if doubts.From < doubts.To {
				g.Doubts = append(g.Doubts, Stretch{doubts.From, doubts.To})
			}
		}
		f.Gauges = append(f.Gauges, g)
	}
	return nil
}
