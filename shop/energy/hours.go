package energy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// HourSpan is a stretch of one kind of hours; Kind is "" where no tariff was in force.
type HourSpan struct {
	From, To plant.Micros
	Kind     Hours
}

// HoursOf are the kinds of hours of [from, to) at a place, by the tariffs of its network
// of meters or of the nearest above it: at each instant by the revision of the network
// that was in force then. Neighbours differ. access.ErrNotFound where no network has a
// tariff.
func (d *Desk) HoursOf(ctx context.Context, scope access.Scope, place plant.NodeID, from, to plant.Micros) ([]HourSpan, error) {
	_, at, err := d.place(ctx, scope, place)
	if err != nil {
		return nil, err
	}
	all, err := d.o.Store.Networks(ctx, access.Scope{Tenant: scope.Tenant})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(n Network) bool { return len(n.Tariffs) == 0 || !plant.Within(at.Path, n.Path) })
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: no network of meters at %s or above it has a tariff", access.ErrNotFound, at.Path)
	}
	nearest := slices.MaxFunc(all, func(a, b Network) int { return len(a.Path) - len(b.Path) })
	revisions, err := d.o.Store.NetworkRevisions(ctx, scope.Tenant, nearest.Place)
	if err != nil {
		return nil, err
	}
	var out []HourSpan
	for i := len(revisions) - 1; i >= 0; i-- { // the oldest first
		lo, hi := from, to
		if i < len(revisions)-1 {
			lo = max(lo, revisions[i].From.Micros())
		}
		if i > 0 {
			hi = min(hi, revisions[i-1].From.Micros())
		}
		out = appendHours(out, d.prices(&revisions[i]), lo, hi)
	}
	return out, nil
}

// appendHours adds the kinds of hours of [from, to), which change on full minutes.
func appendHours(out []HourSpan, prices []price, from, to plant.Micros) []HourSpan {
	minute := plant.Micros(time.Minute.Microseconds())
	for at := from; at < to; at += minute - at%minute {
		_, kind, _, _ := priceAt(prices, at.Time())
		end := min(to, at+minute-at%minute)
		if n := len(out); n > 0 && out[n-1].Kind == kind && out[n-1].To == at {
			out[n-1].To = end
			continue
		}
		out = append(out, HourSpan{at, end, kind})
	}
	return out
}
