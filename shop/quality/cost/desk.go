package cost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
	"zhigai/shop/quality"
)

const (
	atOnce  = 1000
	maxRead = 50_000 // entries, and subgroups of one characteristic, that a report reads
	// maxStretch of one report: two years and a day.
	maxStretch = 731 * 24 * time.Hour
	maxReason  = 400
)

// Shop tells what happened that costs.
type Shop interface {
	// Scrap is what was entered or counted as scrap within [from, to).
	Scrap(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]Did, error)
	// Rework is what rework orders took within [from, to).
	Rework(ctx context.Context, scope access.Scope, from, to plant.Instant) ([]Did, error)
}

// Places are the nodes of the plant.
type Places interface {
	// Place tells a node's path and name; access.ErrNotFound without.
	Place(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (path string, name plant.Name, err error)
}

// Options of a desk. All are required.
type Options struct {
	Store   quality.Store
	Quality *quality.Desk
	Shop    Shop
	Places  Places
	NewID   func() string
	Now     func() time.Time
}

// Desk is where costs of quality are entered and told. Its methods may be called
// concurrently.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

func (d *Desk) now() plant.Instant { return plant.InstantOf(d.o.Now()) }

// place finds a place at which the asker may keep costs.
func (d *Desk) place(ctx context.Context, who access.Principal, node plant.NodeID) (string, plant.Name, error) {
	path, name, err := d.o.Places.Place(ctx, who.Scope.Tenant, node)
	switch {
	case err != nil:
		return "", plant.Name{}, err
	case !who.Scope.Allows(path):
		return "", plant.Name{}, fmt.Errorf("%w: node %s", access.ErrNotFound, node)
	case !who.May(access.Engineer, path):
		return "", plant.Name{}, fmt.Errorf("%w: costs at %s", access.ErrForbidden, path)
	}
	return path, name, nil
}

// SaveRate keeps a rate; without an id it is a new one.
func (d *Desk) SaveRate(ctx context.Context, who access.Principal, r Rate) (Rate, error) {
	if err := r.check(); err != nil {
		return Rate{}, err
	}
	var err error
	if r.Path, r.PlaceName, err = d.place(ctx, who, r.Place); err != nil {
		return Rate{}, err
	}
	seen := r.Rev
	if r.ID == "" {
		r.ID, seen = d.o.NewID(), 0
	} else {
		old, err := document.Read[Rate](d.o.Store.Document(ctx, who.Scope.Tenant, KindRate, r.ID))
		switch {
		case err != nil:
			return Rate{}, err
		case !who.Scope.Allows(old.Path) || !who.May(access.Engineer, old.Path):
			return Rate{}, fmt.Errorf("%w: rate %s", access.ErrNotFound, r.ID)
		}
	}
	r.Rev, r.By = seen+1, who.Name
	doc := document.Document{Kind: KindRate, ID: r.ID, Place: r.Place, Path: r.Path, Of: string(r.What), Open: !r.Ended, By: who.Name}
	return r, document.Save(ctx, d.o.Store, who.Scope.Tenant, doc, r, seen, d.now())
}

// Rates lists rates within a scope, the newest first; those that were a mistake, too.
func (d *Desk) Rates(ctx context.Context, f document.Filter) ([]Rate, error) {
	f.Kind = KindRate
	return document.ReadAll[Rate](d.o.Store.Documents(ctx, f))
}

// Enter keeps a cost that somebody knows of.
func (d *Desk) Enter(ctx context.Context, who access.Principal, e Entry) (Entry, error) {
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	tenant := who.Scope.Tenant
	if e.Key != "" {
		old, err := document.Read[Entry](d.o.Store.Keyed(ctx, tenant, KindEntry, who.Name, e.Key))
		if !errors.Is(err, access.ErrNotFound) {
			return old, err
		}
	}
	var err error
	if e.Path, e.PlaceName, err = d.place(ctx, who, e.Place); err != nil {
		return Entry{}, err
	}
	now := d.now()
	if e.At == 0 {
		e.At = now
	}
	if e.At > now {
		return Entry{}, invalid("a cost of %s, which has not come yet", e.At.Time().Format(time.DateOnly))
	}
	if e.Case != "" {
		c, err := document.Read[quality.Case](d.o.Store.Document(ctx, tenant, quality.KindCase, e.Case))
		if err != nil {
			return Entry{}, err
		}
		if !who.Scope.Allows(c.Path) {
			return Entry{}, fmt.Errorf("%w: case %s", access.ErrNotFound, e.Case)
		}
		if e.Product == "" {
			e.Product = c.Item
		}
		for _, s := range c.Steps {
			if s.Cause != "" && e.Cause == "" {
				e.Cause = s.Cause
			}
		}
	}
	e.ID, e.Rev, e.By, e.Entered, e.Withdrawn = d.o.NewID(), 1, who.Name, now, nil
	doc := document.Document{Kind: KindEntry, ID: e.ID, Place: e.Place, Path: e.Path, Of: e.Case, By: who.Name, Key: e.Key}
	return e, document.Save(ctx, d.o.Store, tenant, doc, e, 0, now)
}

// Withdraw says that an entry does not count; it stays to be seen.
func (d *Desk) Withdraw(ctx context.Context, who access.Principal, id, reason string) (Entry, error) {
	e, err := document.Read[Entry](d.o.Store.Document(ctx, who.Scope.Tenant, KindEntry, id))
	if err != nil {
		return Entry{}, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || len(reason) > maxReason {
		return Entry{}, invalid("a reason of %d bytes; 1 to %d say why", len(reason), maxReason)
	}
	switch {
	case !who.Scope.Allows(e.Path):
		return Entry{}, fmt.Errorf("%w: cost %s", access.ErrNotFound, id)
	case !who.May(access.Engineer, e.Path):
		return Entry{}, fmt.Errorf("%w: costs at %s", access.ErrForbidden, e.Path)
	case e.Withdrawn != nil:
		return Entry{}, fmt.Errorf("%w: the cost was withdrawn by %s already", access.ErrConflict, e.Withdrawn.By)
	}
	seen := e.Rev
	e.Rev, e.Withdrawn = seen+1, &Withdrawal{d.now(), who.Name, reason}
	doc := document.Document{Kind: KindEntry, ID: e.ID, Place: e.Place, Path: e.Path, Of: e.Case, By: who.Name, Key: e.Key}
	return e, document.Save(ctx, d.o.Store, who.Scope.Tenant, doc, e, seen, d.now())
}

// Entries lists costs that were entered within a scope, the newest first; withdrawn
// ones, too.
func (d *Desk) Entries(ctx context.Context, f document.Filter) ([]Entry, error) {
	f.Kind = KindEntry
	return document.ReadAll[Entry](d.o.Store.Documents(ctx, f))
}

// all reads every document of a kind in a scope, as far as a report reads.
func all[T any](ctx context.Context, f document.Filter, read func(context.Context, document.Filter) ([]T, error), id func(T) string) ([]T, error) {
	var out []T
	f.Limit = atOnce
	for {
		page, err := read(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < atOnce {
			return out, nil
		}
		if len(out) >= maxRead {
			return nil, invalid("more than %d are kept; ask for one area or line", maxRead)
		}
		f.Before = id(page[len(page)-1])
	}
}

// Report folds the cost of quality of [from, to) within a scope.
func (d *Desk) Report(ctx context.Context, scope access.Scope, from, to plant.Instant) (Report, error) {
	if from >= to || to.Time().Sub(from.Time()) > maxStretch {
		return Report{}, invalid("ask for a time of at most %d days", int(maxStretch.Hours()/24))
	}
	// Rates of places around the scope hold within it, too.
	rates, err := all(ctx, document.Filter{Scope: access.Scope{Tenant: scope.Tenant}}, d.Rates, func(r Rate) string { return r.ID })
	if err != nil {
		return Report{}, err
	}
	entries, err := all(ctx, document.Filter{Scope: scope}, d.Entries, func(e Entry) string { return e.ID })
	if err != nil {
		return Report{}, err
	}
	did, err := d.o.Shop.Scrap(ctx, scope, from, to)
	if err != nil {
		return Report{}, err
	}
	rework, err := d.o.Shop.Rework(ctx, scope, from, to)
	if err != nil {
		return Report{}, err
	}
	inspected, err := d.inspected(ctx, scope, from, to)
	if err != nil {
		return Report{}, err
	}
	calibrated, err := d.calibrated(ctx, scope, from, to)
	if err != nil {
		return Report{}, err
	}
	return Fold(from, to, slices.Concat(did, rework, inspected, calibrated), rates, entries), nil
}

// inspected are inspections that people made; what machines measure takes nobody's time.
func (d *Desk) inspected(ctx context.Context, scope access.Scope, from, to plant.Instant) (out []Did, err error) {
	list, err := all(ctx, quality.Filter{Scope: scope}, d.o.Quality.Characteristics, func(c quality.Characteristic) string { return c.ID })
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if c.Tag != "" {
			continue
		}
		did := Did{What: Inspection, Product: c.Item, Operation: c.Operation, Place: c.Place, Path: c.Path, PlaceName: c.PlaceName, Count: 1, Of: Of{Kind: "characteristic", ID: c.ID, Name: c.Code}}
		groups, err := d.o.Store.Subgroups(ctx, scope.Tenant, c.ID, from, to, maxRead+1)
		if err != nil {
			return nil, err
		}
		if len(groups) > maxRead {
			return nil, invalid("more than %d inspections of %s; ask for a shorter time", maxRead, c.Code)
		}
		for _, s := range groups {
			did.At = s.At
			out = append(out, did)
		}
		if c.Level == "" {
			continue
		}
		lots, err := all(ctx, quality.Filter{Scope: scope, Of: c.ID}, d.o.Quality.Lots, func(l quality.Lot) string { return l.ID })
		if err != nil {
			return nil, err
		}
		for _, l := range lots {
			if l.At >= from && l.At < to {
				did.At, did.Count = l.At, l.Inspect
				out = append(out, did)
			}
		}
	}
	return out, nil
}

// calibrated are calibrations of gauges.
func (d *Desk) calibrated(ctx context.Context, scope access.Scope, from, to plant.Instant) (out []Did, err error) {
	list, err := all(ctx, quality.Filter{Scope: scope}, d.o.Quality.Adjustments, func(a quality.Adjustment) string { return a.ID })
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.What != "calibrated" || a.At < from || a.At >= to {
			continue
		}
		g, err := document.Read[quality.Gauge](d.o.Store.Document(ctx, scope.Tenant, quality.KindGauge, a.Gauge))
		if err != nil {
			return nil, err
		}
		out = append(out, Did{What: Calibration, At: a.At, Place: g.Place, Path: g.Path, PlaceName: g.PlaceName, Count: 1, Of: Of{Kind: "gauge", ID: g.ID, Name: g.Number}})
	}
	return out, nil
}
