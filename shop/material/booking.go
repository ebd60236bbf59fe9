package material

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Limits of what is entered later than it happened.
const (
	maxLate    = 7 * 24 * time.Hour
	clockSlack = 2 * time.Minute // a panel's clock may run ahead of ours
)

// byOperators are entries that whoever reports at machines may make there; the
// others are the storekeeper's.
var byOperators = map[Kind]bool{Produced: true, Moved: true, Consumed: true, Scrapped: true}

// Booked is an entry with what it did.
type Booked struct {
	Entry Entry `json:"entry"`
	Bins  []Bin `json:"bins" nullable:"false" doc:"What lies now where it was taken from, brought to or counted"`
}

// Book takes an entry. What has happened is never refused for what the books
// say: more taken than there was is booked and stands as a doubt. A blocked lot is
// refused, unless the entry comes late (At): then the harm is done and a doubt
// says so.
func (d *Desk) Book(ctx context.Context, who access.Principal, e Entry) (Booked, error) {
	if e.Key != "" { // the sender did not hear that it was taken
		if old, err := d.o.Store.Keyed(ctx, who.Scope.Tenant, who.Name, e.Key); err == nil {
			return d.booked(ctx, who, old)
		} else if !isNotFound(err) {
			return Booked{}, err
		}
	}
	e, err := d.check(ctx, who, e)
	if err != nil {
		return Booked{}, err
	}
	if e.What == Reserved {
		if err := d.checkReserved(ctx, who.Scope.Tenant, e); err != nil {
			return Booked{}, err
		}
	}
	return d.book(ctx, who, e)
}

func (d *Desk) book(ctx context.Context, who access.Principal, e Entry, calls ...CallChange) (Booked, error) {
	stored, err := d.o.Store.Book(ctx, who.Scope.Tenant, []Entry{e}, calls...)
	if err != nil {
		return Booked{}, err
	}
	return d.booked(ctx, who, stored[0])
}

// booked shows an entry with the bins as they are now.
func (d *Desk) booked(ctx context.Context, who access.Principal, e Entry) (Booked, error) {
	out := Booked{Entry: e, Bins: []Bin{}}
	for _, l := range e.Legs() {
		b, err := d.o.Store.Bin(ctx, who.Scope.Tenant, l.Lot, l.Location)
		if err != nil {
			return Booked{}, err
		}
		out.Bins = append(out.Bins, b)
	}
	return out, nil
}

// check holds an entry against the master data and the asker's rights, and
// completes it.
func (d *Desk) check(ctx context.Context, who access.Principal, e Entry) (Entry, error) {
	tenant := who.Scope.Tenant
	late := e.At != 0
	if err := d.stamp(&e, who); err != nil {
		return e, err
	}
	if err := e.Check(); err != nil {
		return e, err
	}
	if e.What == Withdrawn {
		return e, d.checkWithdrawn(ctx, who, e)
	}
	i, err := d.o.Store.Item(ctx, tenant, e.Item)
	if errors.Is(err, access.ErrNotFound) {
		return e, invalid("there is no item %s; enter it first", e.Item)
	}
	if err != nil {
		return e, err
	}
	if err := i.takes(e); err != nil {
		return e, err
	}
	if e.Expires != "" {
		if _, err := time.Parse(time.DateOnly, e.Expires); err != nil {
			return e, invalid("%q is no day; write 2027-05-01", e.Expires)
		}
	}
	if err := d.checkPlaces(ctx, who, e, late); err != nil {
		return e, err
	}
	if e.Arrival != "" {
		if err := d.checkArrival(ctx, tenant, e); err != nil {
			return e, err
		}
	}
	if e.What == Produced {
		if err := d.checkJob(ctx, tenant, e); err != nil {
			return e, err
		}
	}
	if e.What == Consumed && e.Into != "" {
		if _, err := d.o.Store.Item(ctx, tenant, e.Product); isNotFound(err) {
			return e, invalid("there is no item %q that %s could be a lot of", e.Product, e.Into)
		} else if err != nil {
			return e, err
		}
	}
	if e.Expires == "" && i.ShelfDays > 0 && (e.What == Received || e.What == Produced) {
		e.Expires = day(e.At.Time().AddDate(0, 0, i.ShelfDays))
	}
	if e.What == Split { // the part expires with the whole
		if whole, err := d.o.Store.Lot(ctx, tenant, e.LotID()); err == nil {
			e.Expires = whole.Expires
		}
	}
	return e, d.checkLot(ctx, tenant, i, e, late)
}

// stamp says who entered what when.
func (d *Desk) stamp(e *Entry, who access.Principal) error {
	now := d.o.Now()
	switch {
	case e.At > plant.InstantOf(now.Add(clockSlack)):
		return invalid("%s has not come yet; set the clock of the panel", e.At.Time().Format(time.RFC3339))
	case e.At != 0 && e.At < plant.InstantOf(now.Add(-maxLate)):
		return invalid("%s is more than %d days ago; count what lies there instead", e.At.Time().Format(time.RFC3339), int(maxLate.Hours()/24))
	case e.At != 0 && e.Key == "":
		return invalid("an entry that was made without the network needs a key, so that it is not taken twice")
	}
	e.ID, e.Entered, e.By, e.Derived = d.o.NewID(), d.now(), who.Name, nil
	if e.At == 0 {
		e.At = e.Entered
	}
	return nil
}

// takes says whether an entry fits the item: its unit, its tracking, its pieces.
func (i Item) takes(e Entry) error {
	whole := i.Unit == "{piece}" && e.Quantity%plant.One != 0
	switch {
	case i.Off && (e.What == Received || e.What == Produced):
		return invalid("item %s is no longer kept", i.Code)
	case e.Unit != "" && e.Unit != i.Unit:
		return invalid("item %s is kept in %s, not in %s; convert the quantity", i.Code, i.Unit, e.Unit)
	case whole:
		return invalid("item %s is kept in pieces; %s is no whole number", i.Code, e.Quantity)
	case e.What == Reserved:
		return nil
	case i.Tracking == Untracked && e.Lot != "":
		return invalid("item %s is not tracked by lots; leave the number out", i.Code)
	case i.Tracking == Untracked && (e.What == Split || e.What == Merged):
		return invalid("item %s is not tracked by lots", i.Code)
	case i.Tracking != Untracked && e.Lot == "":
		return invalid("item %s is tracked by %s; give its number", i.Code, i.Tracking)
	case i.Tracking == BySerial && (e.What == Split || e.What == Merged):
		return invalid("item %s is tracked by serial; one piece is not split and not merged", i.Code)
	case i.Tracking == BySerial && (e.Quantity > plant.One || e.Quantity < -plant.One):
		return invalid("item %s is tracked by serial; a serial is one piece, not %s", i.Code, e.Quantity)
	}
	return nil
}

func (d *Desk) checkPlaces(ctx context.Context, who access.Principal, e Entry, late bool) error {
	for _, code := range []string{e.From, e.To} {
		if code == "" {
			continue
		}
		l, err := d.Location(ctx, who, code)
		switch {
		case errors.Is(err, access.ErrNotFound):
			return invalid("there is no location %s", code)
		case err != nil:
			return err
		case !who.May(access.Material, l.Path) && !(byOperators[e.What] && who.May(access.Report, l.Path)):
			return fmt.Errorf("%w: %s at location %s", access.ErrForbidden, e.What, code)
		case l.Off && code == e.To && !late:
			return invalid("nothing is brought to location %s any more", code)
		case l.Kind == Quarantine && code == e.From && !late && (e.What == Consumed || e.What == Shipped):
			return invalid("location %s is in quarantine; move it out of there first", code)
		}
	}
	switch e.What {
	case Reserved:
		return mayReserve(who)
	case Blocked, Unblocked:
		if !who.May(access.Material, "") {
			return fmt.Errorf("%w: %s concerns the whole plant", access.ErrForbidden, e.What)
		}
	}
	return nil
}

// mayReserve: planners and storekeepers of the whole plant.
func mayReserve(who access.Principal) error {
	if !who.May(access.Material, "") && !who.May(access.Plan, "") {
		return fmt.Errorf("%w: reservations concern the whole plant", access.ErrForbidden)
	}
	return nil
}

// checkJob asks whether there is such a job, and whether it may make the item.
func (d *Desk) checkJob(ctx context.Context, tenant plant.TenantNo, e Entry) error {
	run, err := d.o.Orders.Run(ctx, tenant, e.Order, e.Job)
	switch {
	case errors.Is(err, access.ErrNotFound):
		return invalid("there is no order %s with a job %d", e.Order, e.Job)
	case err != nil:
		return err
	case run.Last && run.Product != e.Item:
		return invalid("order %s makes %s, and job %d is the last of it; %s is something else", e.Order, run.Product, e.Job, e.Item)
	}
	return nil
}

// checkLot asks what is known of the lot.
func (d *Desk) checkLot(ctx context.Context, tenant plant.TenantNo, i Item, e Entry, late bool) error {
	if e.What == Reserved || e.Lot == "" {
		return nil
	}
	l, err := d.o.Store.Lot(ctx, tenant, e.LotID())
	known := err == nil
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return err
	}
	switch {
	case !known && (e.What == Received || e.What == Produced):
		return nil
	case !known && !late:
		return invalid("there is no lot %s of item %s; receive it first", e.Lot, e.Item)
	case known && i.Tracking == BySerial && (e.What == Received || e.What == Produced) && l.Origin != "" && !late:
		return invalid("serial %s of item %s is there already, since %s", e.Lot, e.Item, l.Since.Time().In(zone).Format(time.DateTime))
	case known && l.Blocked && e.uses() && !late:
		return invalid("lot %s of item %s is blocked: %s", e.Lot, e.Item, l.Reason)
	case e.What == Unblocked && !l.Blocked:
		return invalid("lot %s of item %s is not blocked", e.Lot, e.Item)
	case e.What == Split && e.Into != "":
		if into, err := d.o.Store.Lot(ctx, tenant, e.IntoID()); err == nil && into.Origin != "" && into.Origin != Split && !late {
			return invalid("there is a lot %s of item %s already; give the new one another number", e.Into, e.Item)
		}
	case e.What == Merged && !late:
		if _, err := d.o.Store.Lot(ctx, tenant, e.IntoID()); errors.Is(err, access.ErrNotFound) {
			return invalid("there is no lot %s of item %s to go into", e.Into, e.Item)
		}
	}
	return nil
}

// checkWithdrawn lets the storekeeper take an entry back, and whoever made it
// within the hour.
func (d *Desk) checkWithdrawn(ctx context.Context, who access.Principal, e Entry) error {
	old, err := d.o.Store.Entry(ctx, who.Scope.Tenant, e.Entry)
	if err != nil {
		return err
	}
	seen := false
	for _, code := range []string{old.From, old.To} {
		if code == "" {
			continue
		}
		l, err := d.Location(ctx, who, code)
		if err != nil {
			return err
		}
		seen = true
		own := old.By == who.Name && d.now()-old.Entered <= plant.Instant(time.Hour.Microseconds())
		if !who.May(access.Material, l.Path) && !(own && who.May(access.Report, l.Path)) {
			return fmt.Errorf("%w: taking back what others booked", access.ErrForbidden)
		}
	}
	if !seen && !who.May(access.Material, "") {
		return fmt.Errorf("%w: taking back what others booked", access.ErrForbidden)
	}
	return nil
}
