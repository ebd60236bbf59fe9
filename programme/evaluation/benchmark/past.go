package benchmark

import (
	"context"
	"slices"

	"zhigai/calc/anonymity"
	"zhigai/plant"
)

// past is what was published of a year.
type past struct {
	issue   Issue
	cells   map[anonymity.Key]Cell
	members []anonymity.Member
}

func (d *Desk) before(ctx context.Context, tenant plant.TenantNo, measure string, year int) (past, error) {
	issues, err := d.Store.Issues(ctx, tenant, measure, year, 1)
	if err != nil || len(issues) == 0 {
		return past{}, err
	}
	p := past{issue: issues[0], cells: map[anonymity.Key]Cell{}}
	cells, err := d.Store.Cells(ctx, tenant, measure, year, Within{RegionLong: -1, SectorLong: -1})
	if err != nil {
		return past{}, err
	}
	for _, c := range cells {
		p.cells[anonymity.Key{Region: c.Region, Sector: c.Sector}] = c
	}
	p.members, err = d.Store.Members(ctx, tenant, measure, year)
	return p, err
}

// change is what differs between an issue and the one to come. Somebody who holds
// both subtracts one from the other, so a group is a group of those who differ,
// too.
type change struct {
	past
	least    int64
	differ   map[anonymity.Key]int64 // firms
	withdrew map[anonymity.Key]bool
	now      map[anonymity.Key]int64
}

func (p past) change(s anonymity.Scheme, members []anonymity.Member, gone map[string]bool, least int64) change {
	c := change{past: p, least: least, differ: map[anonymity.Key]int64{}, withdrew: map[anonymity.Key]bool{}, now: map[anonymity.Key]int64{}}
	is := make(map[string]anonymity.Member, len(members))
	for _, m := range members {
		is[m.ID] = m
		for _, k := range s.Keys(m.Region, m.Sector) {
			c.now[k]++
		}
	}
	was := make(map[string]anonymity.Member, len(p.members))
	count := func(old, now anonymity.Member) {
		keys := s.Keys(old.Region, old.Sector)
		for _, k := range s.Keys(now.Region, now.Sector) {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
		for _, k := range keys {
			c.differ[k]++
			if gone[old.ID] {
				c.withdrew[k] = true
			}
		}
	}
	for _, old := range p.members {
		was[old.ID] = old
		now, stays := is[old.ID]
		if !stays || now.Region != old.Region || now.Sector != old.Sector || now.Value != old.Value {
			count(old, now)
		}
	}
	for _, now := range members {
		if _, had := was[now.ID]; !had {
			count(anonymity.Member{}, now)
		}
	}
	return c
}

// few reports whether a published group differs by so few firms that its new
// figures, beside the old ones, would tell of them.
func (c change) few(k anonymity.Key) bool {
	old, had := c.cells[k]
	return had && old.Why == "" && c.differ[k] > 0 && c.differ[k] < c.least
}

// held: a firm withdrew, so the old figures cannot stand, and new ones would tell
// of it.
func (c change) held(k anonymity.Key) bool {
	return c.few(k) && c.withdrew[k] && c.now[k] < largeTimes*c.least
}

// hidden: suppressed before in the same year.
func (c change) hidden(k anonymity.Key) bool {
	old, had := c.cells[k]
	return had && old.Why != ""
}

// stands gives the old figures where too few firms differ for new ones.
func (c change) stands(k anonymity.Key) (Cell, bool) {
	old := c.cells[k]
	return old, c.few(k) && !c.withdrew[k]
}
