package balance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/material"
)

// ErrInvalid is what a question is refused with; test with errors.Is.
var ErrInvalid = errors.New("not acceptable")

// Store gives bookings.
type Store interface {
	// Legs are all of the scope's locations before an instant, of one item or of all,
	// by item; at most limit.
	Legs(ctx context.Context, scope access.Scope, item string, before plant.Instant, limit int) ([]Leg, error)
	// Item is access.ErrNotFound for one that there is not.
	Item(ctx context.Context, tenant plant.TenantNo, code string) (material.Item, error)
}

// Options of a desk. All are required.
type Options struct {
	Store       Store
	Definitions *figure.Definitions // that read [TermNames]
	Now         func() time.Time
}

// Desk answers what became of stocks.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Limits of one question: everything that was ever booked of an item is folded.
const (
	MaxWindow = 366 * 24 * time.Hour
	MaxLegs   = 200_000
)

// Query chooses an item, or all, and the window.
type Query struct {
	Scope access.Scope // of which the locations must be
	From  plant.Instant
	To    plant.Instant
	Item  string // "" for all
}

// Of is one item with its figures.
type Of struct {
	Item    material.Item    `json:"item"`
	Terms   map[string]int64 `json:"terms" doc:"Quantities in millionths of the unit"`
	Figures []figure.Figure  `json:"figures" nullable:"false"`
	Lots    []Lot            `json:"lots" nullable:"false" doc:"Their terms add up to those of the item"`
	// Root is over Lots, so that anyone who is given them can check.
	Root string `json:"root" doc:"SHA-256 of the lots as JSON, hex"`
}

// Definitions lists what can be asked.
func (d *Desk) Definitions() []*figure.Definition { return d.o.Definitions.Newest() }

// Figures computes every figure of the items within the scope, by code.
func (d *Desk) Figures(ctx context.Context, q Query) ([]Of, error) {
	now := plant.InstantOf(d.o.Now())
	switch {
	case q.From >= q.To:
		return nil, fmt.Errorf("%w: the window ends before it begins", ErrInvalid)
	case q.To.Time().Sub(q.From.Time()) > MaxWindow:
		return nil, fmt.Errorf("%w: at most %d days are computed at once", ErrInvalid, int(MaxWindow.Hours()/24))
	}
	open := q.To > now
	q.To = min(q.To, max(now, q.From+1000))
	legs, err := d.o.Store.Legs(ctx, q.Scope, q.Item, q.To, MaxLegs+1)
	if err != nil {
		return nil, err
	}
	if len(legs) > MaxLegs {
		return nil, fmt.Errorf("%w: more than %d bookings; choose an item or a part of the plant", ErrInvalid, MaxLegs)
	}
	out := []Of{}
	for len(legs) > 0 {
		n := endOf(legs, func(l Leg) bool { return l.Item == legs[0].Item })
		one, err := d.of(ctx, q, legs[:n], open)
		if err != nil {
			return nil, err
		}
		if len(one.Lots) > 0 {
			out = append(out, one)
		}
		legs = legs[n:]
	}
	return out, nil
}

func (d *Desk) of(ctx context.Context, q Query, legs []Leg, open bool) (Of, error) {
	out := Of{Terms: map[string]int64{}, Lots: Fold(legs, q.From, q.To)}
	var err error
	if out.Item, err = d.o.Store.Item(ctx, q.Scope.Tenant, legs[0].Item); err != nil {
		return Of{}, err
	}
	for _, l := range out.Lots {
		for name, n := range l.Terms {
			out.Terms[name] += n
		}
	}
	out.Terms[WindowMs] = q.To.Time().Sub(q.From.Time()).Milliseconds()
	if out.Root, err = figure.RootOf(out.Lots); err != nil {
		return Of{}, err
	}
	out.Figures, err = d.o.Definitions.Over(out.Terms, figure.Scope{Path: q.Scope.Path}, figure.Span{From: q.From.Micros(), To: q.To.Micros()}, open)
	return out, err
}
