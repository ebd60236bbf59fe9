package machine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// Firms tells where a firm of the registry belongs; access.ErrNotFound outside
// the areas.
type Firms interface {
	Seat(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm string) (region, sector string, err error)
}

// Desk answers what the machines of firms proved, within areas.
type Desk struct {
	Store Store
	Rule  Rule
	Firms Firms
	// Changed is told that rows may have been taken in.
	Changed func(ctx context.Context, tenant plant.TenantNo)
}

// maxMonths bounds one answer: a firm with more machines asks by plant.
const maxMonths = 20_000

// all reports whether the areas reach every firm.
func all(areas []access.Area) bool {
	return slices.Contains(areas, (access.Area{}))
}

// Plants lists the plants that rows came from. One that nobody has said to be
// a firm's shows to those who see every firm.
func (d *Desk) Plants(ctx context.Context, tenant plant.TenantNo, areas []access.Area) ([]Link, error) {
	links, err := d.Store.Links(ctx, tenant, nil)
	if err != nil || all(areas) {
		return links, err
	}
	var out []Link
	for _, l := range links {
		ok, err := d.within(ctx, tenant, areas, l)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, l)
		}
	}
	return out, nil
}

func (d *Desk) within(ctx context.Context, tenant plant.TenantNo, areas []access.Area, l Link) (bool, error) {
	if all(areas) || l.Firm == "" {
		return all(areas), nil
	}
	_, _, err := d.Firms.Seat(ctx, tenant, areas, l.Firm)
	if errors.Is(err, access.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// plantOf finds a plant within the areas.
func (d *Desk) plantOf(ctx context.Context, tenant plant.TenantNo, areas []access.Area, owner plant.NodeID) (Link, error) {
	links, err := d.Store.Links(ctx, tenant, []plant.NodeID{owner})
	if err != nil {
		return Link{}, err
	}
	for _, l := range links {
		if ok, err := d.within(ctx, tenant, areas, l); err != nil || ok {
			return l, err
		}
	}
	return Link{}, fmt.Errorf("plant %s: %w", owner, access.ErrNotFound)
}

// maxWays bounds the nodes by which one plant reports: county, platform, city.
const maxWays = 8

// Belongs says whose a plant is, and by which nodes it reports (nil: as before);
// the firm must lie within the areas, and the plant, too, if it is somebody's
// already.
func (d *Desk) Belongs(ctx context.Context, tenant plant.TenantNo, areas []access.Area, l Link) (was, is Link, err error) {
	if was, err = d.plantOf(ctx, tenant, areas, l.Owner); err != nil {
		return was, is, err
	}
	if l.Firm != "" {
		if _, _, err := d.Firms.Seat(ctx, tenant, areas, l.Firm); err != nil {
			return was, is, err
		}
	}
	is = was
	is.Firm, is.Rev = l.Firm, l.Rev
	if l.Ways != nil {
		if err := was.mayWays(l.Ways); err != nil {
			return was, is, err
		}
		is.Ways = l.Ways
	}
	if is, err = d.Store.SaveLink(ctx, tenant, is); err == nil {
		d.Changed(ctx, tenant)
	}
	return was, is, err
}

// mayWays refuses ways by which nothing ever came: a slip would let a stranger
// speak for the plant.
func (l Link) mayWays(ways []string) error {
	if len(ways) == 0 || len(ways) > maxWays {
		return fmt.Errorf("%w: ways: %d; write 1 to %d nodes", ErrInvalid, len(ways), maxWays)
	}
	for i, w := range ways {
		claims := slices.ContainsFunc(l.Claims, func(c Claim) bool { return c.Node == w })
		if !claims && !slices.Contains(l.Ways, w) || slices.Contains(ways[:i], w) {
			return fmt.Errorf("%w: ways[%d]: %.60q has delivered nothing of this plant, or stands there twice", ErrInvalid, i, w)
		}
	}
	return nil
}

// Months are the machines of a firm, or of a plant, in the month that the date
// lies in.
func (d *Desk) Months(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm string, owner plant.NodeID, date string) ([]Month, error) {
	from, to, err := MonthOf(date)
	if err != nil {
		return nil, err
	}
	owners := []plant.NodeID{owner}
	if owner == "" {
		if owners, err = d.ownersOf(ctx, tenant, areas, firm); err != nil || len(owners) == 0 {
			return nil, err
		}
	} else if _, err := d.plantOf(ctx, tenant, areas, owner); err != nil {
		return nil, err
	}
	var out []Month
	err = d.Store.Months(ctx, tenant, from, to, owners, d.Rule, func(m Month) error {
		if len(out) == maxMonths {
			return fmt.Errorf("%w: more than %d machines; ask for one plant", ErrInvalid, maxMonths)
		}
		m.judge(d.Rule)
		out = append(out, m)
		return nil
	})
	return out, err
}

// Newest is the month of the year that the year's figures are of, as 2022-05;
// "" when nothing is known of the year.
func (d *Desk) Newest(ctx context.Context, tenant plant.TenantNo, year int) (string, error) {
	date, err := Newest(ctx, d.Store, tenant, year)
	if err != nil || date == "" {
		return "", err
	}
	return date[:len("2022-05")], nil
}

// Plant is the plant whose machine it is; access.ErrNotFound outside the areas.
func (d *Desk) Plant(ctx context.Context, tenant plant.TenantNo, areas []access.Area, machine plant.NodeID) (Link, error) {
	owner, err := d.Store.OwnerOf(ctx, tenant, machine)
	if err == nil && owner == "" {
		err = fmt.Errorf("machine %s: %w", machine, access.ErrNotFound)
	}
	if err != nil {
		return Link{}, err
	}
	return d.plantOf(ctx, tenant, areas, owner)
}

func (d *Desk) ownersOf(ctx context.Context, tenant plant.TenantNo, areas []access.Area, firm string) ([]plant.NodeID, error) {
	if _, _, err := d.Firms.Seat(ctx, tenant, areas, firm); err != nil {
		return nil, err
	}
	firms, err := d.Store.Firms(ctx, tenant, []access.Area{{Enterprise: firm}})
	return slices.Sorted(maps.Keys(firms)), err
}

// Days are a machine's days in [from, to).
func (d *Desk) Days(ctx context.Context, tenant plant.TenantNo, areas []access.Area, machine plant.NodeID, from, to string) ([]Judged, error) {
	days, err := d.Store.Days(ctx, tenant, machine, from, to)
	if err != nil || len(days) == 0 {
		return nil, err
	}
	if _, err := d.plantOf(ctx, tenant, areas, days[0].Owner); err != nil {
		return nil, err
	}
	out := make([]Judged, len(days))
	for i, one := range days {
		out[i] = Judged{one, d.Rule.WhyNot(one)}
	}
	return out, nil
}
