package material

import (
	"context"
	"fmt"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// ArrivalFilter chooses arrivals. Zero fields do not filter, but the scope does.
type ArrivalFilter struct {
	Scope   access.Scope // of which the location must be
	Item    string
	Text    string        // part of item, supplier or reference
	Open    bool          // only those of which something is still to come
	Overdue plant.Instant // only those of which something should have come before
	After   string        // place of the last row of the page before
	Limit   int
}

// NewArrival is what somebody expects.
type NewArrival struct {
	Item      string         `json:"item" minLength:"1" maxLength:"63"`
	Quantity  plant.Quantity `json:"quantity" doc:"In the item's unit"`
	Unit      string         `json:"unit,omitempty" maxLength:"20" doc:"Refused when it is not the item's"`
	To        string         `json:"to" minLength:"1" maxLength:"400" doc:"Location"`
	Due       plant.Instant  `json:"due" doc:"When it is expected"`
	Party     string         `json:"party,omitempty" maxLength:"200" doc:"Supplier"`
	Reference string         `json:"reference,omitempty" maxLength:"100" doc:"Number of the purchase order"`
	Note      string         `json:"note,omitempty" maxLength:"1000"`
	Key       string         `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same arrival"`
}

// farthest is how far ahead, and how long ago, an arrival may be expected: beyond
// that a date is mistyped.
const farthest = 3 * 366 * 24 * time.Hour

// Expect enters material that is to come.
func (d *Desk) Expect(ctx context.Context, who access.Principal, n NewArrival) (Arrival, error) {
	tenant := who.Scope.Tenant
	if n.Key != "" { // the sender did not hear that it was taken
		if old, err := d.o.Store.KeyedArrival(ctx, tenant, who.Name, n.Key); !isNotFound(err) {
			return old, err
		}
	}
	i, err := d.o.Store.Item(ctx, tenant, n.Item)
	if isNotFound(err) {
		return Arrival{}, invalid("there is no item %s; enter it first", n.Item)
	}
	if err != nil {
		return Arrival{}, err
	}
	at, err := d.keeps(ctx, who, n.To)
	if err != nil {
		return Arrival{}, err
	}
	a := Arrival{
		ID: d.o.NewID(), Item: i.Code, Unit: i.Unit, To: at.Code, Path: at.Path, Party: strings.TrimSpace(n.Party), Reference: strings.TrimSpace(n.Reference), Steps: []ArrivalStep{},
	}
	switch {
	case i.Off:
		return Arrival{}, invalid("item %s is no longer kept", i.Code)
	case at.Off:
		return Arrival{}, invalid("nothing is brought to location %s any more", at.Code)
	case n.Unit != "" && n.Unit != i.Unit:
		return Arrival{}, invalid("item %s is kept in %s, not in %s; convert the quantity", i.Code, i.Unit, n.Unit)
	case len(a.Party) > maxName || len(a.Reference) > maxName:
		return Arrival{}, invalid("a text is too long: %d bytes are allowed", maxName)
	}
	if err := d.step(&a, i, ArrivalStep{What: ArrivalExpected, By: who.Name, Due: n.Due, Quantity: n.Quantity, Note: n.Note}); err != nil {
		return Arrival{}, err
	}
	return a, d.o.Store.SaveArrival(ctx, tenant, a, 0, who.Name, n.Key)
}

// keeps finds a location at which the asker keeps material.
func (d *Desk) keeps(ctx context.Context, who access.Principal, code string) (Location, error) {
	at, err := d.Location(ctx, who, code)
	switch {
	case isNotFound(err):
		return Location{}, invalid("there is no location %s", code)
	case err != nil:
		return Location{}, err
	case !who.May(access.Material, at.Path):
		return Location{}, fmt.Errorf("%w: arrivals at location %s", access.ErrForbidden, code)
	}
	return at, nil
}

// step makes a step of an arrival of an item, checked and stamped.
func (d *Desk) step(a *Arrival, i Item, s ArrivalStep) error {
	now := d.o.Now()
	s.At, s.Note = plant.InstantOf(now), strings.TrimSpace(s.Note)
	switch {
	case len(s.Note) > maxNote:
		return invalid("a note of %d bytes; %d are allowed", len(s.Note), maxNote)
	case s.Quantity > plant.Quantity(maxAmount)*plant.One:
		return invalid("a quantity of %s; %d are the most of one arrival", s.Quantity, int64(maxAmount))
	case i.Unit == "{piece}" && s.Quantity%plant.One != 0:
		return invalid("item %s is kept in pieces; %s is no whole number", i.Code, s.Quantity)
	case s.Due != 0 && (s.Due > plant.InstantOf(now.Add(farthest)) || s.Due < plant.InstantOf(now.Add(-farthest))):
		return invalid("expected on %s; that is more than three years from now", s.Due.Time().In(zone).Format(time.DateOnly))
	}
	return a.Step(s)
}

// ArrivalMove is what is new about an arrival.
type ArrivalMove struct {
	What     ArrivalWhat    `json:"what" enum:"moved,cancelled"`
	Due      plant.Instant  `json:"due,omitempty" doc:"Of moved; as it was when left out"`
	Quantity plant.Quantity `json:"quantity,omitempty" doc:"Of moved: in all, what has come included; as it was when left out"`
	Note     string         `json:"note" minLength:"1" maxLength:"1000" doc:"Why"`
	Seen     int            `json:"seen,omitempty" minimum:"0" doc:"Number of steps that the asker saw; refused with conflict when there are others"`
}

// MoveArrival says that an arrival comes at another time, or in another quantity,
// or not at all. What has come of it stays booked.
func (d *Desk) MoveArrival(ctx context.Context, who access.Principal, id string, m ArrivalMove) (Arrival, error) {
	tenant := who.Scope.Tenant
	a, err := d.o.Store.Arrival(ctx, tenant, id)
	if err == nil && !who.Scope.Allows(a.Path) {
		err = fmt.Errorf("%w: arrival %s", access.ErrNotFound, id)
	}
	if err != nil {
		return Arrival{}, err
	}
	seen := len(a.Steps)
	switch {
	case !who.May(access.Material, a.Path):
		return Arrival{}, fmt.Errorf("%w: arrivals at location %s", access.ErrForbidden, a.To)
	case m.Seen != 0 && m.Seen != seen:
		return Arrival{}, fmt.Errorf("the arrival of %s has %d steps, not %d: %w", a.Item, seen, m.Seen, access.ErrConflict)
	case strings.TrimSpace(m.Note) == "":
		return Arrival{}, invalid("say in a note why the arrival is %s", m.What)
	}
	i, err := d.o.Store.Item(ctx, tenant, a.Item)
	if err != nil {
		return Arrival{}, err
	}
	s := ArrivalStep{What: m.What, By: who.Name, Note: m.Note}
	if m.What == ArrivalMoved {
		s.Due, s.Quantity = m.Due, m.Quantity
		if s.Due == 0 {
			s.Due = a.Due
		}
		if s.Quantity == 0 {
			s.Quantity = a.Quantity
		}
	}
	if err := d.step(&a, i, s); err != nil {
		return Arrival{}, err
	}
	return a, d.o.Store.SaveArrival(ctx, tenant, a, seen, "", "")
}

// Arrivals lists what is expected within the asker's places, what comes first
// first.
func (d *Desk) Arrivals(ctx context.Context, who access.Principal, f ArrivalFilter) ([]Arrival, error) {
	if f.Scope.Tenant == 0 {
		f.Scope = who.Scope
	}
	return d.o.Store.Arrivals(ctx, f)
}

// checkArrival holds a receipt against the arrival that it names.
func (d *Desk) checkArrival(ctx context.Context, tenant plant.TenantNo, e Entry) error {
	a, err := d.o.Store.Arrival(ctx, tenant, e.Arrival)
	switch {
	case isNotFound(err):
		return invalid("there is no arrival %s", e.Arrival)
	case err != nil:
		return err
	case a.Item != e.Item:
		return invalid("the arrival is of item %s, not of %s", a.Item, e.Item)
	}
	return nil
}
