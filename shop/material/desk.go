package material

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store    Store
	Orders   Orders
	Places   Places
	Machines Machines
	NewID    func() string
	Now      func() time.Time
}

// Desk is where material is booked, found and followed. Its methods may be
// called concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// Items finds items by code; text is a part of code or name.
func (d *Desk) Items(ctx context.Context, who access.Principal, text, after string, limit int) ([]Item, error) {
	return d.o.Store.Items(ctx, who.Scope.Tenant, text, after, limit)
}

// SaveItem enters an item, or changes one whose Rev was seen.
func (d *Desk) SaveItem(ctx context.Context, who access.Principal, i Item) (Item, error) {
	if !who.May(access.Material, "") {
		return Item{}, fmt.Errorf("%w: items of the whole plant", access.ErrForbidden)
	}
	if err := i.Check(); err != nil {
		return Item{}, err
	}
	seen := i.Rev
	i.Rev++
	return i, d.o.Store.SaveItem(ctx, who.Scope.Tenant, who.Name, i, seen)
}

// Locations are those within the asker's places.
func (d *Desk) Locations(ctx context.Context, who access.Principal) ([]Location, error) {
	return d.o.Store.Locations(ctx, who.Scope, maxRows)
}

// SaveLocation enters a location, or changes one whose Rev was seen.
func (d *Desk) SaveLocation(ctx context.Context, who access.Principal, l Location) (Location, error) {
	if err := l.Check(); err != nil {
		return Location{}, err
	}
	tenant := who.Scope.Tenant
	path, _, err := d.o.Places.Place(ctx, tenant, l.Node)
	if errors.Is(err, access.ErrNotFound) {
		return Location{}, invalid("location %s: there is no node %s in the plant", l.Code, l.Node)
	}
	if err != nil {
		return Location{}, err
	}
	if !who.May(access.Material, path) {
		return Location{}, fmt.Errorf("%w: locations at %s", access.ErrForbidden, path)
	}
	if i := strings.LastIndexByte(l.Code, '/'); i > 0 {
		if _, err := d.o.Store.Location(ctx, tenant, l.Code[:i]); errors.Is(err, access.ErrNotFound) {
			return Location{}, invalid("location %s: there is no location %s around it; enter that first", l.Code, l.Code[:i])
		} else if err != nil {
			return Location{}, err
		}
	}
	if old, err := d.o.Store.Location(ctx, tenant, l.Code); err == nil && !who.May(access.Material, old.Path) {
		return Location{}, fmt.Errorf("%w: locations at %s", access.ErrForbidden, old.Path)
	} else if err != nil && !errors.Is(err, access.ErrNotFound) {
		return Location{}, err
	}
	seen := l.Rev
	l.Path, l.Rev = path, l.Rev+1
	return l, d.o.Store.SaveLocation(ctx, tenant, who.Name, l, seen)
}

// Stock lists what lies where, within the asker's places.
func (d *Desk) Stock(ctx context.Context, who access.Principal, f StockFilter) ([]Stock, error) {
	if f.Scope.Tenant == 0 {
		f.Scope = who.Scope
	}
	return d.o.Store.Stocks(ctx, who.Scope.Tenant, f)
}

// Entries lists what happened, the newest first, within the asker's places.
func (d *Desk) Entries(ctx context.Context, who access.Principal, f EntryFilter) ([]Entry, error) {
	if f.Scope.Tenant == 0 {
		f.Scope = who.Scope
	}
	return d.o.Store.Entries(ctx, who.Scope.Tenant, f)
}

// Field compares what counts found with what was booked, by item.
func (d *Desk) Field(ctx context.Context, who access.Principal, from, to plant.Instant) ([]Field, error) {
	return d.o.Store.Field(ctx, who.Scope, from, to, maxRows)
}

// LotView is a lot with where it lies and what happened to it.
type LotView struct {
	Lot
	Of      Item    `json:"of" doc:"Its item"`
	Code    string  `json:"code" doc:"Text of its label"`
	Stock   []Stock `json:"stock" nullable:"false"`
	Entries []Entry `json:"entries" nullable:"false" doc:"The newest first"`
	Expired bool    `json:"expired,omitempty"`
}

// maxLotEntries of the page of a lot.
const maxLotEntries = 200

// Lot looks at a lot of which something was in the asker's places.
func (d *Desk) Lot(ctx context.Context, who access.Principal, id string) (LotView, error) {
	tenant := who.Scope.Tenant
	l, err := d.o.Store.Lot(ctx, tenant, id)
	if err != nil {
		return LotView{}, err
	}
	v := LotView{Lot: l, Code: Code(LotCode, id), Expired: l.Expired(d.o.Now())}
	if v.Of, err = d.o.Store.Item(ctx, tenant, l.Item); err != nil {
		return LotView{}, err
	}
	if v.Stock, err = d.o.Store.Stocks(ctx, tenant, StockFilter{Scope: who.Scope, Lot: id, Empty: true, Limit: maxRows}); err != nil {
		return LotView{}, err
	}
	if len(v.Stock) == 0 && who.Scope.Path != "" {
		return LotView{}, fmt.Errorf("%w: lot %s", access.ErrNotFound, id)
	}
	v.Stock = slices.DeleteFunc(v.Stock, func(s Stock) bool { return s.Quantity == 0 && len(s.Doubts) == 0 })
	v.Entries, err = d.o.Store.Entries(ctx, tenant, EntryFilter{Scope: who.Scope, Lot: id, Limit: maxLotEntries})
	return v, err
}

// Scanned is a scanned text with what it stands for.
type Scanned struct {
	Scan
	Lot      *LotView  `json:"lot,omitempty"`
	Item     *Item     `json:"item,omitempty"`
	Location *Location `json:"location,omitempty"`
	Loop     *Loop     `json:"loop,omitempty"`
	Stock    []Stock   `json:"stock,omitempty" doc:"Of an item or a location"`
}

// Scan says what a scanned text is. A foreign code is no error: the answer says
// what it looks like and why it is not taken.
func (d *Desk) Scan(ctx context.Context, who access.Principal, text string) (Scanned, error) {
	tenant := who.Scope.Tenant
	s := Scanned{Scan: ReadCode(text)}
	switch s.Kind {
	case LotCode:
		v, err := d.Lot(ctx, who, s.ID)
		s.Lot = &v
		return s, err
	case ItemCode:
		i, err := d.o.Store.Item(ctx, tenant, s.ID)
		if err != nil {
			return s, err
		}
		s.Item = &i
		s.Stock, err = d.o.Store.Stocks(ctx, tenant, StockFilter{Scope: who.Scope, Item: s.ID, Limit: 100})
		return s, err
	case LocationCode:
		l, err := d.Location(ctx, who, s.ID)
		if err != nil {
			return s, err
		}
		s.Location = &l
		s.Stock, err = d.o.Store.Stocks(ctx, tenant, StockFilter{Scope: who.Scope, Location: s.ID, Limit: 100})
		return s, err
	case CardCode:
		id, _, _ := strings.Cut(s.ID, "/")
		l, err := d.Loop(ctx, who, id)
		s.Loop = &l
		return s, err
	}
	return s, nil
}

// Item is one by its code.
func (d *Desk) Item(ctx context.Context, who access.Principal, code string) (Item, error) {
	return d.o.Store.Item(ctx, who.Scope.Tenant, code)
}

// Location is one that the asker sees.
func (d *Desk) Location(ctx context.Context, who access.Principal, code string) (Location, error) {
	l, err := d.o.Store.Location(ctx, who.Scope.Tenant, code)
	if err == nil && !who.Scope.Allows(l.Path) {
		err = fmt.Errorf("%w: location %s", access.ErrNotFound, code)
	}
	if err != nil {
		return Location{}, err
	}
	return l, nil
}
