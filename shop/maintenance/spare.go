package maintenance

import (
	"context"
	"fmt"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

// Spares are parts in stock. Taking them out, and keeping them for an order, is booked
// where material is; nothing of it is kept here.
type Spares interface {
	// Take books spares out of stock for a work order; the same key again is the same
	// booking.
	Take(ctx context.Context, who access.Principal, ref string, s Spare) (Taken, error)
	// Return says that what was taken never counted.
	Return(ctx context.Context, who access.Principal, booking, note string) error
	// Keep reserves spares for a work order; the last word counts, 0 takes it back.
	Keep(ctx context.Context, who access.Principal, ref, item string, quantity plant.Quantity) error
	// Of are the spares that were taken for a work order, and those that are kept for
	// it.
	Of(ctx context.Context, who access.Principal, ref string) ([]Taken, []Kept, error)
}

// Files tell of photos that were handed in.
type Files interface {
	// Kept gives the bytes of a file that is kept; access.ErrNotFound without.
	Kept(ctx context.Context, tenant plant.TenantNo, sha256 string) (bytes int64, err error)
}

// Spare is a part to be taken out of stock.
type Spare struct {
	Item     string         `json:"item" minLength:"1" maxLength:"63"`
	Lot      string         `json:"lot,omitempty" maxLength:"63" doc:"Number of the lot or serial, of items that are tracked"`
	Location string         `json:"location" minLength:"1" maxLength:"400" doc:"Where it lies"`
	Quantity plant.Quantity `json:"quantity" doc:"In the item's unit, above 0"`
	Machine  plant.NodeID   `json:"-"` // of the order
	Key      string         `json:"key,omitempty" maxLength:"60" doc:"The sender's own: the same again is the same booking"`
}

// Taken is a spare that was taken for an order.
type Taken struct {
	Booking  string         `json:"booking" doc:"Id of the entry in material"`
	Item     string         `json:"item"`
	Name     plant.Name     `json:"name"`
	Unit     string         `json:"unit"`
	Lot      string         `json:"lot,omitempty"`
	Location string         `json:"location"`
	Quantity plant.Quantity `json:"quantity"`
	By       string         `json:"by"`
	At       plant.Instant  `json:"at"`
}

// Kept is a spare that is reserved for an order.
type Kept struct {
	Item     string         `json:"item"`
	Unit     string         `json:"unit"`
	Quantity plant.Quantity `json:"quantity"`
}

// RefPrefix begins what material calls a work order by: its bookings name it as
// others name production orders.
const RefPrefix = "work-order/"

// Ref is what material calls the order by.
func (o Order) Ref() string { return fmt.Sprint(RefPrefix, o.Number) }

// OfRef is the number of a work order by what material calls it.
func OfRef(ref string) (number int64, ok bool) {
	text, ok := strings.CutPrefix(ref, RefPrefix)
	if !ok {
		return 0, false
	}
	_, err := fmt.Sscan(text, &number)
	return number, err == nil && number > 0 && ref == fmt.Sprint(RefPrefix, number)
}

// repairing is an order that spares may be taken for.
func (d *Desk) repairing(ctx context.Context, who access.Principal, id string) (Order, error) {
	o, err := d.order(ctx, who, id)
	switch {
	case err != nil:
		return o, err
	case !who.May(access.Report, o.Path):
		return o, fmt.Errorf("%w: work orders at %s", access.ErrForbidden, o.Path)
	case d.o.Spares == nil:
		return o, invalid("there is no stock here to take spares from")
	case !o.Open():
		return o, invalid("order %d is %s; spares are taken for one that is open", o.Number, o.State)
	}
	return o, nil
}

// Take takes a spare out of stock for an order.
func (d *Desk) Take(ctx context.Context, who access.Principal, id string, s Spare) (Taken, error) {
	o, err := d.repairing(ctx, who, id)
	if err != nil {
		return Taken{}, err
	}
	if s.Quantity <= 0 {
		return Taken{}, invalid("say how much of %s is taken, more than nothing", s.Item)
	}
	if s.Machine = o.Machine; s.Key != "" {
		s.Key = o.ID + "/" + s.Key
	}
	return d.o.Spares.Take(ctx, who, o.Ref(), s)
}

// Return brings a spare back that was taken for an order.
func (d *Desk) Return(ctx context.Context, who access.Principal, id, booking, note string) error {
	o, err := d.repairing(ctx, who, id)
	if err != nil {
		return err
	}
	if note = strings.TrimSpace(note); note == "" {
		return invalid("say why it is brought back")
	}
	taken, _, err := d.o.Spares.Of(ctx, who, o.Ref())
	if err != nil {
		return err
	}
	for _, t := range taken {
		if t.Booking == booking {
			return d.o.Spares.Return(ctx, who, booking, note)
		}
	}
	return fmt.Errorf("%w: spare %s of order %d", access.ErrNotFound, booking, o.Number)
}

// Keep reserves a spare for an order; 0 takes it back.
func (d *Desk) Keep(ctx context.Context, who access.Principal, id, item string, quantity plant.Quantity) error {
	o, err := d.repairing(ctx, who, id)
	if err != nil {
		return err
	}
	if quantity < 0 {
		return invalid("a quantity of %s; 0 takes the reservation back", quantity)
	}
	return d.o.Spares.Keep(ctx, who, o.Ref(), item, quantity)
}

// maxPhotos of one line of a check list.
const maxPhotos = 8

// checkPhotos asks whether the photos of a check list are kept.
func (d *Desk) checkPhotos(ctx context.Context, tenant plant.TenantNo, checks []Check) error {
	for _, c := range checks {
		if len(c.Photos) > maxPhotos {
			return invalid("%s: %d photos; %d are enough for a line", c.Text, len(c.Photos), maxPhotos)
		}
		for _, sum := range c.Photos {
			if d.o.Files == nil {
				return invalid("no photos are kept here")
			}
			if _, err := d.o.Files.Kept(ctx, tenant, sum); err != nil {
				return invalid("%s: the photo %.12s is not kept; hand it in first", c.Text, sum)
			}
		}
	}
	return nil
}
