package performance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/production"
)

// ErrInvalid is what a question is refused with; test with errors.Is.
var ErrInvalid = errors.New("not acceptable")

// Orders is production.
type Orders interface {
	During(ctx context.Context, who access.Principal, f production.OrderFilter) ([]production.Counted, error)
}

// Machines tells what machines did while jobs ran there, of all that are asked for.
type Machines interface {
	Did(ctx context.Context, tenant plant.TenantNo, runs []production.MachineRun) (map[production.MachineRun]Did, error)
}

// Materials tells what was consumed for an order, by item.
type Materials interface {
	Used(ctx context.Context, tenant plant.TenantNo, order string) ([]Used, error)
}

// Options of a desk. All are required.
type Options struct {
	Orders      Orders
	Machines    Machines
	Materials   Materials
	Definitions *figure.Definitions
	Now         func() time.Time
}

// Desk answers how orders went.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Limits of one question: what machines did is read for every order.
const (
	MaxWindow = 92 * 24 * time.Hour
	MaxOrders = 1000
)

// Query chooses orders and the window.
type Query struct {
	Scope   access.Scope
	From    plant.Instant
	To      plant.Instant
	Product string // "" for all
}

// Row is one order with its terms.
type Row struct {
	ID       string                `json:"id"`
	Number   string                `json:"number"`
	Product  string                `json:"product"`
	Place    string                `json:"place"`
	State    production.OrderState `json:"state" enum:"forecast,released,held,cancelled,running,paused,completed,aborted,closed"`
	Quantity int64                 `json:"quantity"`
	Rev      int64                 `json:"rev" doc:"Steps of the order that the terms rest on"`
	Due      plant.Instant         `json:"due"`
	Began    plant.Instant         `json:"began,omitempty"`
	Ended    plant.Instant         `json:"ended,omitempty"`
	Terms    map[string]int64      `json:"terms"`
}

// Answer is every figure over the same orders.
type Answer struct {
	Figures []figure.Figure `json:"figures" nullable:"false"`
	Rows    []Row           `json:"rows" nullable:"false" doc:"The orders behind them, by due date; their terms add up to those of the figures"`
	// Root is over Rows, so that anyone who is given them can check.
	Root string `json:"root" doc:"SHA-256 of the rows as JSON, hex"`
}

// Definitions lists what can be asked.
func (d *Desk) Definitions() []*figure.Definition { return d.o.Definitions.Newest() }

// Figures computes every figure of the orders within the scope.
func (d *Desk) Figures(ctx context.Context, who access.Principal, q Query) (Answer, error) {
	now := plant.InstantOf(d.o.Now())
	switch {
	case q.From >= q.To:
		return Answer{}, fmt.Errorf("%w: the window ends before it begins", ErrInvalid)
	case q.To.Time().Sub(q.From.Time()) > MaxWindow:
		return Answer{}, fmt.Errorf("%w: at most %d days are computed at once", ErrInvalid, int(MaxWindow.Hours()/24))
	}
	open := q.To > now
	q.To = min(q.To, max(now, q.From+1))
	orders, err := d.o.Orders.During(ctx, who, production.OrderFilter{Scope: q.Scope, Product: q.Product, During: production.Interval{From: q.From, To: q.To}, Limit: MaxOrders + 1})
	if err != nil {
		return Answer{}, err
	}
	if len(orders) > MaxOrders {
		return Answer{}, fmt.Errorf("%w: more than %d orders; choose a shorter time, a part of the plant or a product", ErrInvalid, MaxOrders)
	}
	out, total := Answer{Rows: make([]Row, 0, len(orders))}, map[string]int64{WindowMs: ms(q.From, q.To)}
	ask, err := d.ask(ctx, q, orders)
	if err != nil {
		return Answer{}, err
	}
	for _, o := range orders {
		terms, err := Terms(o, q.From, q.To, ask)
		if err != nil {
			return Answer{}, fmt.Errorf("order %s: %w", o.Number, err)
		}
		for name, n := range terms {
			total[name] += n
		}
		out.Rows = append(out.Rows, Row{ID: o.ID, Number: o.Number, Product: o.Product, Place: o.Place, State: o.State, Quantity: o.Quantity, Rev: o.Rev, Due: o.Due, Began: o.Began, Ended: o.Ended, Terms: terms})
	}
	if out.Root, err = figure.RootOf(out.Rows); err != nil {
		return Answer{}, err
	}
	scope := figure.Scope{Path: q.Scope.Path}
	if q.Product != "" {
		scope.Product = &q.Product
	}
	out.Figures, err = d.o.Definitions.Over(total, scope, figure.Span{From: q.From.Micros(), To: q.To.Micros()}, open)
	return out, err
}

// ask reads what machines did during all runs of the orders at once.
func (d *Desk) ask(ctx context.Context, q Query, orders []production.Counted) (Ask, error) {
	var runs []production.MachineRun
	for _, o := range orders {
		if endedIn(o, q.From, q.To) {
			for _, j := range o.Jobs {
				runs = append(runs, j.Runs...)
			}
		}
	}
	did, err := d.o.Machines.Did(ctx, q.Scope.Tenant, runs)
	return Ask{
		Did:  func(r production.MachineRun) Did { return did[r] },
		Used: func(order string) ([]Used, error) { return d.o.Materials.Used(ctx, q.Scope.Tenant, order) },
	}, err
}
