package material

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Pick is what to take from where.
type Pick struct {
	Lot      string         `json:"lot"`
	Number   string         `json:"number,omitempty"`
	Location string         `json:"location"`
	Quantity plant.Quantity `json:"quantity"`
	Expires  string         `json:"expires,omitempty"`
}

// Proposal is which lots to take of an item.
type Proposal struct {
	Item  string         `json:"item"`
	Picks []Pick         `json:"picks" nullable:"false" doc:"What expires first, then what came first"`
	Short plant.Quantity `json:"short" doc:"What is not there"`
	// Reserved is what other orders keep; it is taken last and shown here.
	Reserved plant.Quantity `json:"reserved" doc:"Kept for other orders of all that lies there"`
	Free     plant.Quantity `json:"free" doc:"What may be used and is kept for nobody"`
}

// choose takes a quantity from stocks: what expires first, then what came first
// (FEFO, then FIFO), then the fuller place. What is blocked, expired, in
// quarantine or not there is left.
func choose(stocks []Stock, quantity plant.Quantity, now time.Time) (picks []Pick, short plant.Quantity) {
	usable := slices.DeleteFunc(slices.Clone(stocks), func(s Stock) bool { return !s.usable(now) })
	slices.SortStableFunc(usable, func(a, b Stock) int {
		return cmp.Or(cmp.Compare(lastDay(a.Expires), lastDay(b.Expires)), cmp.Compare(a.Since, b.Since), cmp.Compare(b.Quantity, a.Quantity), strings.Compare(a.Location, b.Location), strings.Compare(a.Lot, b.Lot))
	})
	picks = []Pick{}
	for _, s := range usable {
		if quantity <= 0 {
			break
		}
		n := min(quantity, s.Quantity)
		picks, quantity = append(picks, Pick{Lot: s.Lot, Number: s.Number, Location: s.Location, Quantity: n, Expires: s.Expires}), quantity-n
	}
	return picks, max(0, quantity)
}

func (s Stock) usable(now time.Time) bool {
	return s.Quantity > 0 && !s.Blocked && s.Kind != Quarantine && !(Lot{Expires: s.Expires}).Expired(now)
}

// lastDay puts what does not expire behind what does.
func lastDay(expires string) string { return cmp.Or(expires, "9999-12-31") }

// Propose says which lots of an item to take, from a location and all below it, or
// from anywhere within the asker's places. order is whom it is for: what others
// reserved is not free for it.
func (d *Desk) Propose(ctx context.Context, who access.Principal, item, location, order string, quantity plant.Quantity) (Proposal, error) {
	tenant := who.Scope.Tenant
	if quantity <= 0 {
		return Proposal{}, invalid("say how much of %s is needed, more than nothing", item)
	}
	i, err := d.o.Store.Item(ctx, tenant, item)
	if err != nil {
		return Proposal{}, err
	}
	stocks, err := d.o.Store.Stocks(ctx, tenant, StockFilter{Scope: who.Scope, Item: i.Code, Location: location, Limit: maxRows})
	if err != nil {
		return Proposal{}, err
	}
	p := Proposal{Item: i.Code}
	p.Picks, p.Short = choose(stocks, quantity, d.o.Now())
	all, err := d.o.Store.Reservations(ctx, tenant, "", i.Code, maxRows)
	if err != nil {
		return Proposal{}, err
	}
	for _, r := range all {
		if r.Order != order {
			p.Reserved += r.Left()
		}
	}
	for _, s := range stocks {
		if s.usable(d.o.Now()) {
			p.Free += s.Quantity
		}
	}
	p.Free = max(0, p.Free-p.Reserved)
	return p, nil
}

// Reservations are those of an order or an item.
func (d *Desk) Reservations(ctx context.Context, who access.Principal, order, item string) ([]Reservation, error) {
	return d.o.Store.Reservations(ctx, who.Scope.Tenant, order, item, maxRows)
}

func (d *Desk) checkReserved(ctx context.Context, tenant plant.TenantNo, e Entry) error {
	if _, err := d.o.Orders.Needs(ctx, tenant, e.Order); errors.Is(err, access.ErrNotFound) {
		return invalid("there is no order %s", e.Order)
	} else if err != nil {
		return err
	}
	return nil
}

// Reserve keeps for an order what its bill of materials asks for. What is not
// there is reserved all the same, and shown as short.
func (d *Desk) Reserve(ctx context.Context, who access.Principal, order string) ([]Proposal, error) {
	tenant := who.Scope.Tenant
	if err := mayReserve(who); err != nil {
		return nil, err
	}
	needs, err := d.o.Orders.Needs(ctx, tenant, order)
	if err != nil {
		return nil, err
	}
	out := []Proposal{}
	var entries []Entry
	for _, n := range needs {
		e, err := d.check(ctx, who, Entry{What: Reserved, Item: n.Item, Quantity: n.Quantity, Unit: n.Unit, Order: order})
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
		p, err := d.Propose(ctx, who, n.Item, "", order, n.Quantity)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if len(entries) == 0 {
		return out, nil
	}
	_, err = d.o.Store.Book(ctx, tenant, entries)
	return out, err
}
