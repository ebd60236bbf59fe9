package material

import (
	"context"
	"errors"

	"zhigai/access"
	"zhigai/plant"
)

// Delivery is what a business system says of a lot: how much of it was delivered
// in all, whatever was used since.
type Delivery struct {
	Item     string
	Lot      string
	Unit     string
	To       string // code of the location; of a lot that lies in one alone that when left out
	Quantity plant.Quantity
	Before   plant.Quantity // that it said before
	Blocked  *bool          // nil: it says nothing of it
	Party    string
}

// Deliver books what is new in a delivery, all in one commit: what came more than
// was said before is received, what came less is adjusted. Where the lot lies now
// is the plant's to say: a location that differs from the one before moves
// nothing. Errors are those of Book.
func (d *Desk) Deliver(ctx context.Context, who access.Principal, in Delivery) error {
	if in.To == "" {
		lies, err := d.o.Store.Stocks(ctx, who.Scope.Tenant, StockFilter{Scope: who.Scope, Lot: LotID(in.Item, in.Lot), Empty: true, Limit: 2})
		if err != nil {
			return err
		}
		if len(lies) == 1 {
			in.To = lies[0].Location
		}
	}
	entry := func(what Kind) Entry { return Entry{What: what, Item: in.Item, Lot: in.Lot, Unit: in.Unit} }
	var entries []Entry
	switch more := in.Quantity - in.Before; {
	case more != 0 && in.To == "":
		return invalid("lot %s of item %s: say where it lies, by the code of a location", in.Lot, in.Item)
	case more > 0:
		e := entry(Received)
		e.Quantity, e.To, e.Party = more, in.To, in.Party
		entries = append(entries, e)
	case more < 0:
		e := entry(Adjusted)
		e.Quantity, e.From, e.Reason = more, in.To, in.Party+": "+in.Quantity.String()+" delivered, not "+in.Before.String()
		entries = append(entries, e)
	}
	was, err := d.o.Store.Lot(ctx, who.Scope.Tenant, LotID(in.Item, in.Lot))
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return err
	}
	if in.Blocked != nil && *in.Blocked != was.Blocked {
		e := entry(Unblocked)
		e.Note = in.Party
		if *in.Blocked {
			e = entry(Blocked)
			e.Reason = in.Party
		}
		entries = append(entries, e)
	}
	if len(entries) == 0 {
		return nil
	}
	for i := range entries {
		if entries[i], err = d.delivered(ctx, who, entries[i], i > 0); err != nil {
			return err
		}
	}
	_, err = d.o.Store.Book(ctx, who.Scope.Tenant, entries)
	return err
}

// delivered completes an entry. One behind another of the same delivery is about a
// lot that may be known by that alone.
func (d *Desk) delivered(ctx context.Context, who access.Principal, e Entry, behind bool) (Entry, error) {
	if behind && e.What == Blocked {
		if err := d.stamp(&e, who); err != nil {
			return e, err
		}
		return e, e.Check()
	}
	return d.check(ctx, who, e)
}
