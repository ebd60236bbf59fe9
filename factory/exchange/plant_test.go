package exchange_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/factory/exchange/door"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/record"
	"zhigai/record/factory"
	"zhigai/record/shop"
	"zhigai/shop/material"
	"zhigai/shop/production"
)

// A plant as small as it can be, over a real record: the desk of production, the
// desk of the exchange, and an operator who enters what a list says.

const (
	nodeDir   = "ZHIGAI_EXCHANGE_DIR"
	nodeERP   = "ZHIGAI_EXCHANGE_ERP"
	partnerID = "erp"
	// within is how long the plant waits for the business system.
	within = 300 * time.Millisecond
)

// machines are as many as there are orders, so that none waits for another.
type machines struct{}

const machineCount = 200

func (machines) Place(_ context.Context, _ plant.TenantNo, node plant.NodeID) (production.Place, error) {
	return production.Place{ID: node, Path: "xc/" + string(node), Calendar: true}, nil
}

func (m machines) Machines(ctx context.Context, tenant plant.TenantNo, _ plant.NodeID) ([]production.Place, error) {
	out := make([]production.Place, machineCount)
	for i := range out {
		out[i], _ = m.Place(ctx, tenant, plant.NodeID(fmt.Sprintf("t-%03d", i)))
	}
	return out, nil
}

func (machines) HasPath(context.Context, plant.TenantNo, string) (bool, error) { return true, nil }

func (machines) HasProduct(context.Context, plant.TenantNo, string) (bool, error) { return true, nil }

func (machines) Counted(context.Context, plant.TenantNo, plant.NodeID, plant.Micros, plant.Micros) ([]figure.CountedParts, error) {
	return nil, nil
}

func (machines) Typed(context.Context, plant.TenantNo, []plant.NodeID, plant.Micros, plant.Micros) ([]production.Typed, error) {
	return nil, nil
}

// hall is the one place where material lies.
type hall struct{}

func (hall) Place(context.Context, plant.TenantNo, plant.NodeID) (string, plant.Name, error) {
	return "xc", plant.Name{}, nil
}

// smallPlant implements exchange.Rooms and exchange.Makes.
type smallPlant struct {
	db         *record.DB
	production *production.Desk
	material   *material.Desk
	desk       *exchange.Desk
	partner    exchange.Partner
}

var planner = access.As("p", "planner", access.Scope{Tenant: 1}, access.Read, access.Report, access.Plan, access.Engineer, access.Material)

func (p *smallPlant) Order(ctx context.Context, _ plant.TenantNo, _ string, o exchange.Order) error {
	_, err := p.production.Request(ctx, planner, production.Request{
		Terms: production.Terms{Number: o.Number, Kind: production.Make, Product: o.Product, Quantity: o.Quantity, Place: o.Place, Due: o.Due, Priority: o.Priority}, State: production.OrderState(o.State), Reason: "ERP",
	})
	if errors.Is(err, production.ErrInvalid) {
		return fmt.Errorf("%w: %w", exchange.ErrRefused, err)
	}
	return err
}

func (*smallPlant) Define(context.Context, plant.TenantNo, string, exchange.Definition) error {
	return exchange.ErrRefused
}

func (p *smallPlant) Lot(ctx context.Context, _ plant.TenantNo, _ string, l exchange.Lot, before *exchange.Lot) error {
	d := material.Delivery{Item: l.Item, Lot: l.ID, Unit: l.Unit, To: l.Place, Quantity: l.Quantity, Party: "ERP"}
	if before != nil {
		d.Before = before.Quantity
	}
	err := p.material.Deliver(ctx, planner, d)
	if errors.Is(err, material.ErrInvalid) {
		return fmt.Errorf("%w: %w", exchange.ErrRefused, err)
	}
	return err
}

func (p *smallPlant) Made(ctx context.Context, _ plant.TenantNo, number string) (exchange.Made, error) {
	v, err := p.production.ByNumber(ctx, planner, number)
	if err != nil {
		return exchange.Made{}, err
	}
	m := exchange.Made{Number: number, Product: v.Product, Unit: v.Units, Quantity: v.Quantity, State: string(v.State), Began: v.Began}
	for _, j := range v.Jobs {
		m.Total = exchange.Quantities{Good: j.Made.Good, Scrap: j.Made.Scrap, Rework: j.Made.Rework}
	}
	return m, nil
}

func newPlant(ctx context.Context, db *record.DB, erp string) (*smallPlant, error) {
	p := &smallPlant{db: db}
	p.production = production.NewDesk(production.Options{Store: shop.NewProduction(db), Places: machines{}, Counts: machines{}, NewID: db.NewID, Now: time.Now})
	p.material = material.NewDesk(material.Options{Store: shop.NewMaterial(db), Places: hall{}, NewID: db.NewID, Now: time.Now}) // lots come from outside alone
	mappings, err := exchange.LoadMappings(os.DirFS("../../data"), "exchange")
	if err != nil {
		return nil, err
	}
	doors := door.New(door.Options{Folders: func(plant.TenantNo) string { return "" }, Now: time.Now, Within: within})
	p.desk = exchange.NewDesk(exchange.Options{
		Store: factory.NewExchange(db, nil), Rooms: p, Makes: p, Mappings: mappings, Open: doors.Open, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	all, err := p.desk.Partners(ctx, 1)
	if err == nil && len(all) > 0 {
		p.partner = all[0].Partner
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := p.material.SaveItem(ctx, planner, material.Item{Code: "steel", Name: plant.Name{ZH: "钢"}, Unit: "kg", Tracking: material.ByLot}); err != nil {
		return nil, err
	}
	if _, err := p.material.SaveLocation(ctx, planner, material.Location{Code: "main", Name: plant.Name{ZH: "主库"}, Kind: material.Warehouse, Node: "xc"}); err != nil {
		return nil, err
	}
	d, err := p.production.SaveDefinition(ctx, planner, production.Definition{Product: "ring", Unit: "{piece}", Materials: []production.Material{}, Segments: []production.Segment{
		{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: "cell", RunMs: 1000}}},
	}})
	if err != nil {
		return nil, err
	}
	if _, err := p.production.Release(ctx, planner, "ring", d.Revision, plant.Validity{}, d.Rev); err != nil {
		return nil, err
	}
	p.partner, err = p.desk.Save(ctx, 1, exchange.Partner{
		ID: partnerID, Name: "ERP", Way: exchange.WayDatabase, Format: exchange.JSON, Mapping: "zhigai", URL: erp, Schema: "erp", Place: "xc", EveryS: 1, SilentS: 3600,
	}, 0)
	return p, err
}

// runNode is the plant's process, until it is killed.
func runNode(ctx context.Context, dir, erp string) error {
	db, err := record.Open(ctx, dir, record.Options{})
	if err != nil {
		return err
	}
	p, err := newPlant(ctx, db, erp)
	if err != nil {
		return err
	}
	list, err := pgx.Connect(ctx, erp)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	go func() {
		for {
			if err := p.operate(ctx, list); err != nil {
				fmt.Fprintln(os.Stderr, "operator:", err)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	for {
		if err := p.desk.Pass(ctx, 1, p.partner); err != nil {
			fmt.Fprintln(os.Stderr, "pass:", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// operate enters what the list says and is not done, and says then that it is.
func (p *smallPlant) operate(ctx context.Context, list *pgx.Conn) error {
	rows, err := list.Query(ctx, `select key, number, good, scrap from erp.tally where not done order by key limit 100`)
	if err != nil {
		return err
	}
	type entry struct {
		Key, Number string
		Good, Scrap int64
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[entry])
	if err != nil {
		return err
	}
	for _, e := range all {
		v, err := p.production.ByNumber(ctx, planner, e.Number)
		if errors.Is(err, access.ErrNotFound) || err == nil && len(v.Jobs) == 0 {
			continue // not ordered yet
		}
		if err != nil {
			return err
		}
		machine := plant.NodeID("t" + e.Number[2:])
		if !v.Jobs[0].State.Begun() {
			_, err := p.production.Enter(ctx, planner, v.ID, production.Entry{Job: 10, What: production.StepJob, Command: production.Run, Machine: machine, Key: "run"})
			if errors.Is(err, production.ErrInvalid) { // held
				continue
			}
			if err != nil {
				return err
			}
		}
		if _, err := p.production.Enter(ctx, planner, v.ID, production.Entry{Job: 10, What: production.StepCount, Machine: machine, Good: e.Good, Scrap: e.Scrap, Reason: "crack", Key: e.Key}); err != nil {
			return err
		}
		if _, err := list.Exec(ctx, `update erp.tally set done = true where key = $1`, e.Key); err != nil {
			return err
		}
	}
	return nil
}
