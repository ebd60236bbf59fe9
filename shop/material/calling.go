package material

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"zhigai/access"
	"zhigai/plant"
)

func isNotFound(err error) bool { return errors.Is(err, access.ErrNotFound) }

// Loops are those that end within the asker's places.
func (d *Desk) Loops(ctx context.Context, who access.Principal) ([]Loop, error) {
	return d.o.Store.Loops(ctx, who.Scope, maxRows)
}

// Loop is one that ends within the asker's places.
func (d *Desk) Loop(ctx context.Context, who access.Principal, id string) (Loop, error) {
	l, err := d.o.Store.Loop(ctx, who.Scope.Tenant, id)
	if err != nil {
		return Loop{}, err
	}
	_, err = d.Location(ctx, who, l.To)
	return l, err
}

// SaveLoop makes a kanban loop (Rev 0), or changes one whose Rev was seen.
func (d *Desk) SaveLoop(ctx context.Context, who access.Principal, l Loop) (Loop, error) {
	tenant := who.Scope.Tenant
	item, err := d.o.Store.Item(ctx, tenant, l.Item)
	if isNotFound(err) {
		return Loop{}, invalid("there is no item %s", l.Item)
	}
	if err != nil {
		return Loop{}, err
	}
	if item.Unit == "{piece}" && l.Container%plant.One != 0 {
		return Loop{}, invalid("item %s is kept in pieces; a container of %s is no whole number", item.Code, l.Container)
	}
	for _, code := range []string{l.From, l.To} {
		at, err := d.Location(ctx, who, code)
		switch {
		case isNotFound(err):
			return Loop{}, invalid("there is no location %s", code)
		case err != nil:
			return Loop{}, err
		case !who.May(access.Material, at.Path):
			return Loop{}, fmt.Errorf("%w: kanban at location %s", access.ErrForbidden, code)
		}
	}
	if err := l.Check(); err != nil {
		return Loop{}, err
	}
	seen := l.Rev
	if l.Rev == 0 {
		l.ID = d.o.NewID()
	}
	l.Rev++
	return l, d.o.Store.SaveLoop(ctx, tenant, who.Name, l, seen)
}

// CallOff is what somebody asks for.
type CallOff struct {
	Loop     string         `json:"loop,omitempty" maxLength:"60" doc:"Id of a kanban loop: one container of it"`
	Item     string         `json:"item,omitempty" maxLength:"63"`
	Quantity plant.Quantity `json:"quantity,omitempty"`
	To       string         `json:"to,omitempty" maxLength:"400" doc:"Location"`
	Note     string         `json:"note,omitempty" maxLength:"1000"`
	Key      string         `json:"key,omitempty" maxLength:"80" doc:"The sender's own: the same again is the same call"`
}

// CallFor asks for material at a location. A loop of which all cards are on their
// way is not asked for again.
func (d *Desk) CallFor(ctx context.Context, who access.Principal, q CallOff) (Call, error) {
	tenant := who.Scope.Tenant
	c := Call{ID: d.o.NewID(), Item: q.Item, Quantity: q.Quantity, To: q.To, Steps: []CallStep{}}
	if q.Key != "" {
		if old, err := d.o.Store.KeyedCall(ctx, tenant, who.Name, q.Key); !isNotFound(err) {
			return old, err
		}
	}
	if q.Loop != "" {
		l, err := d.Loop(ctx, who, q.Loop)
		if err != nil {
			return Call{}, err
		}
		if l.Off {
			return Call{}, invalid("the kanban loop of %s to %s is off", l.Item, l.To)
		}
		c.Loop, c.Item, c.Quantity, c.To = l.ID, l.Item, l.Container, l.To
		open, err := d.o.Store.Calls(ctx, access.Scope{Tenant: tenant}, true, "", maxRows)
		if err != nil {
			return Call{}, err
		}
		n := int64(0)
		for _, o := range open {
			if o.Loop == l.ID {
				n++
			}
		}
		if n >= l.Round() {
			return Call{}, invalid("all %d cards of %s to %s are on their way", l.Round(), l.Item, l.To)
		}
	}
	at, err := d.Location(ctx, who, c.To)
	switch {
	case isNotFound(err):
		return Call{}, invalid("there is no location %q", c.To)
	case err != nil:
		return Call{}, err
	case !who.May(access.Report, at.Path) && !who.May(access.Material, at.Path):
		return Call{}, fmt.Errorf("%w: calling for material at %s", access.ErrForbidden, at.Path)
	case c.Quantity <= 0 || c.Quantity > plant.Quantity(maxAmount)*plant.One:
		return Call{}, invalid("say how much of %s is needed, more than nothing", c.Item)
	case len(q.Note) > maxNote:
		return Call{}, invalid("a note of %d bytes; %d are allowed", len(q.Note), maxNote)
	}
	if _, err := d.o.Store.Item(ctx, tenant, c.Item); isNotFound(err) {
		return Call{}, invalid("there is no item %q", c.Item)
	} else if err != nil {
		return Call{}, err
	}
	if err := c.Step(CallStep{State: Requested, At: d.now(), By: who.Name, Note: strings.TrimSpace(q.Note)}); err != nil {
		return Call{}, err
	}
	return c, d.o.Store.SaveCalls(ctx, tenant, CallChange{Call: c, Path: at.Path, Author: who.Name, Key: q.Key})
}

// Calls lists calls within the asker's places, the newest first.
func (d *Desk) Calls(ctx context.Context, who access.Principal, open bool, before string, limit int) ([]Call, error) {
	return d.o.Store.Calls(ctx, who.Scope, open, before, limit)
}

// CallMove is a step of a call.
type CallMove struct {
	State    CallState      `json:"state" enum:"requested,accepted,delivered,cancelled" doc:"Requested again: the carrier gives it back"`
	Carrier  string         `json:"carrier,omitempty" maxLength:"100" doc:"Of accepted: who brings it, such as agv:3; whoever asks when left out"`
	Lot      string         `json:"lot,omitempty" maxLength:"63" doc:"Of delivered: number of the lot"`
	From     string         `json:"from,omitempty" maxLength:"400" doc:"Of delivered: location that it came from"`
	Quantity plant.Quantity `json:"quantity,omitempty" doc:"Of delivered: how much; what was asked for when left out"`
	Note     string         `json:"note,omitempty" maxLength:"1000"`
}

// MoveCall makes a step of a call. Delivering books the move in the same commit.
func (d *Desk) MoveCall(ctx context.Context, who access.Principal, id string, m CallMove) (Call, error) {
	tenant := who.Scope.Tenant
	c, err := d.o.Store.Call(ctx, tenant, id)
	if err != nil {
		return Call{}, err
	}
	at, err := d.Location(ctx, who, c.To)
	if err != nil {
		return Call{}, err
	}
	if !who.May(access.Report, at.Path) && !who.May(access.Material, at.Path) {
		return Call{}, fmt.Errorf("%w: material for %s", access.ErrForbidden, at.Path)
	}
	if (m.State == Cancelled || m.State == Requested) && strings.TrimSpace(m.Note) == "" {
		return Call{}, invalid("say in a note why the call is %s", map[CallState]string{Cancelled: "cancelled", Requested: "given back"}[m.State])
	}
	seen := len(c.Steps)
	s := CallStep{State: m.State, At: d.now(), By: who.Name, Note: strings.TrimSpace(m.Note)}
	if m.State == Accepted {
		if s.Carrier = strings.TrimSpace(m.Carrier); s.Carrier == "" {
			s.Carrier = who.Name
		}
	}
	if m.State != Delivered {
		if err := c.Step(s); err != nil {
			return Call{}, err
		}
		return c, d.o.Store.SaveCalls(ctx, tenant, CallChange{Call: c, Seen: seen, Path: at.Path})
	}
	if m.Quantity == 0 {
		m.Quantity = c.Quantity
	}
	e, err := d.check(ctx, who, Entry{What: Moved, Item: c.Item, Lot: m.Lot, From: m.From, To: c.To, Quantity: m.Quantity, Note: s.Note})
	if err != nil {
		return Call{}, err
	}
	s.Entry = e.ID
	if err := c.Step(s); err != nil {
		return Call{}, err
	}
	_, err = d.book(ctx, who, e, CallChange{Call: c, Seen: seen, Path: at.Path})
	return c, err
}
