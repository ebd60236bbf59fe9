// Package ledger keeps the lists behind targets as officers keep them: robots,
// and what firms returned year by year. Lists are looked through, taken over
// from sheets as a whole after every cell was checked, and written as sheets
// that an import takes.
//
// It computes no target and stores nothing by itself. Start with [Desk] and
// [Desk.Plan].
package ledger

import (
	"context"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
)

// Errors of this package; test with errors.Is. The first two are
// target.ErrInvalid, too, the last is access.ErrConflict.
var (
	ErrSheet   = fmt.Errorf("%w: list", target.ErrInvalid)
	ErrFaulty  = fmt.Errorf("%w: rows of the list", target.ErrInvalid)
	ErrChanged = fmt.Errorf("%w: the list", access.ErrConflict)
)

// Firm is what a list shows of a firm.
type Firm struct {
	ID     string `json:"id"`
	Code   string `json:"code"`
	Name   string `json:"name"`
	Region string `json:"region"`
	Sector string `json:"sector"`
}

// Firms is the registry.
type Firms interface {
	// Named gives the firms of the ids that lie in the areas.
	Named(ctx context.Context, tenant plant.TenantNo, areas []access.Area, ids []string) (map[string]Firm, error)
	// ByCode gives the firms that have one of the codes and lie in the areas.
	ByCode(ctx context.Context, tenant plant.TenantNo, areas []access.Area, codes []string) (map[string]Firm, error)
}

// Connected is the machine that a robot is.
type Connected struct {
	Machine plant.NodeID `json:"machine"`
	Path    string       `json:"-"` // where this node's plant model has it
	Name    plant.Name   `json:"name"`
	By      string       `json:"by" enum:"serial,entered" doc:"Found by the serial number that its controller said, or entered by hand"`
	Here    bool         `json:"here" doc:"This node collects it"`
	State   string       `json:"state,omitempty" doc:"What it does now, for who may see the machine"`
	Day     string       `json:"day,omitempty" doc:"Newest day of which this node has its machine day"`
}

// Machines tells which robots are connected.
type Machines interface {
	// Connected gives them by the entry's id. What cannot be told is left out.
	Connected(ctx context.Context, tenant plant.TenantNo, robots []target.Entry) (map[string]Connected, error)
}

// Row is an entry with whose it is, and of a robot with what its controller says.
type Row struct {
	target.Entry
	FirmName  string     `json:"firm_name,omitempty"`
	FirmCode  string     `json:"firm_code,omitempty"`
	Connected *Connected `json:"connected,omitempty"`
}

// FirmYear is what a firm returned of a year.
type FirmYear struct {
	Firm   Firm            `json:"firm"`
	Year   int             `json:"year"`
	Values []target.Return `json:"values" nullable:"false"` // in order of name
}

// Filter narrows the list of returns; zero values are not asked.
type Filter struct {
	Firm   string
	Region string // beginning of a division code
	Year   int
	Basis  target.Basis
	Text   string // part of the firm's name or code
}

// Store keeps what the lists show.
type Store interface {
	// Robots gives the entries in force of robots by maker and serial number, as
	// [KeyOf] writes them, wherever they stand.
	Robots(ctx context.Context, tenant plant.TenantNo, keys []string) (map[string]target.Entry, error)
	// ReturnsOfFirms gives all values of the firms.
	ReturnsOfFirms(ctx context.Context, tenant plant.TenantNo, firms []string) (map[string][]target.Return, error)
	// FirmYears lists the newest year first, then by firm, behind the year and
	// firm of after ("" at the start).
	FirmYears(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f Filter, after string, limit int) ([]FirmYear, error)
	// ReturnHistory lists every revision of a firm's year, oldest first.
	ReturnHistory(ctx context.Context, tenant plant.TenantNo, firm string, year int) ([]target.Return, error)
	// SaveAll stores all or nothing; access.ErrConflict when one of them has a
	// newer revision than was read.
	SaveAll(ctx context.Context, tenant plant.TenantNo, entries []target.Entry, returns []target.Return) error
}

// Desk keeps the lists.
type Desk struct {
	Targets  *target.Desk
	Store    Store
	Firms    Firms
	Machines Machines
	Now      func() time.Time
}

// KeyOf tells robots apart.
func KeyOf(p target.Plate) string { return p.Maker + "\x1f" + p.Serial }

// Page lists entries as [target.Registers.Page] does, with whose they are.
func (d *Desk) Page(ctx context.Context, tenant plant.TenantNo, areas []access.Area, f target.Filter, after string, limit int) ([]Row, error) {
	entries, err := d.Targets.Registers.Page(ctx, tenant, areas, f, after, limit)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(entries))
	for _, e := range entries {
		if e.Firm != "" {
			ids = append(ids, e.Firm)
		}
	}
	firms, err := d.Firms.Named(ctx, tenant, areas, ids)
	if err != nil {
		return nil, err
	}
	connected, err := d.Machines.Connected(ctx, tenant, entries)
	if err != nil {
		return nil, err
	}
	out := make([]Row, len(entries))
	for i, e := range entries {
		out[i] = Row{Entry: e, FirmName: firms[e.Firm].Name, FirmCode: firms[e.Firm].Code}
		if c, ok := connected[e.ID]; ok {
			out[i].Connected = &c
		}
	}
	return out, nil
}

// SaveYear stores values of one firm's year together, or none of them.
func (d *Desk) SaveYear(ctx context.Context, tenant plant.TenantNo, areas []access.Area, fresh []target.Return) error {
	if len(fresh) == 0 {
		return nil
	}
	firm := fresh[0].Firm
	if _, _, err := d.Targets.Seats.Seat(ctx, tenant, areas, firm); err != nil {
		return err
	}
	own, err := d.Targets.Registers.Returns(ctx, tenant, firm)
	if err == nil {
		err = target.CheckReturns(d.Now().Year(), own, fresh)
	}
	if err != nil {
		return err
	}
	return d.Store.SaveAll(ctx, tenant, nil, fresh)
}
