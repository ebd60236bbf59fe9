package benchmark

import (
	"context"
	"slices"

	"zhigai/calc/anonymity"
	"zhigai/plant"
)

// past is what was published of a year: the newest issue's cells, and the members
// of every issue that one of them has its figures of.
type past struct {
	issue   Issue
	cells   map[anonymity.Key]Cell
	members map[int][]anonymity.Member
}

func (d *Desk) before(ctx context.Context, tenant plant.TenantNo, measure string, year int) (past, error) {
	issues, err := d.Store.Issues(ctx, tenant, measure, year, 1)
	if err != nil || len(issues) == 0 {
		return past{}, err
	}
	p := past{issue: issues[0], cells: map[anonymity.Key]Cell{}, members: map[int][]anonymity.Member{}}
	cells, err := d.Store.Cells(ctx, tenant, measure, year, Within{RegionLong: -1, SectorLong: -1})
	if err != nil {
		return past{}, err
	}
	for _, c := range cells {
		p.cells[anonymity.Key{Region: c.Region, Sector: c.Sector}] = c
		if _, read := p.members[c.Issue]; read {
			continue
		}
		if p.members[c.Issue], err = d.Store.Members(ctx, tenant, measure, year, c.Issue); err != nil {
			return past{}, err
		}
	}
	return p, nil
}

// change is what differs between an issue and the one to come. Somebody who holds
// both subtracts one from the other, so a group is a group of those who differ,
// too.
type change struct {
	past
	least int64
	since map[int]*since // by the issue that a group's figures are of
	now   map[anonymity.Key]int64
}

// since is what differs from one issue.
type since struct {
	differ   map[anonymity.Key]int64 // firms
	withdrew map[anonymity.Key]bool
}

func (p past) change(s anonymity.Scheme, members []anonymity.Member, gone map[string]bool, least int64) change {
	c := change{past: p, least: least, since: map[int]*since{}, now: map[anonymity.Key]int64{}}
	for _, m := range members {
		for _, k := range s.Keys(m.Region, m.Sector) {
			c.now[k]++
		}
	}
	for number, was := range p.members {
		c.since[number] = compare(s, was, members, gone)
	}
	return c
}

// compare counts, in every group, the firms that came, went, moved or have
// another value.
func compare(s anonymity.Scheme, was, is []anonymity.Member, gone map[string]bool) *since {
	out := &since{differ: map[anonymity.Key]int64{}, withdrew: map[anonymity.Key]bool{}}
	count := func(old, now anonymity.Member) {
		keys := s.Keys(old.Region, old.Sector)
		for _, k := range s.Keys(now.Region, now.Sector) {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
		for _, k := range keys {
			out.differ[k]++
			if gone[old.ID] {
				out.withdrew[k] = true
			}
		}
	}
	now := make(map[string]anonymity.Member, len(is))
	for _, m := range is {
		now[m.ID] = m
	}
	had := make(map[string]bool, len(was))
	for _, old := range was {
		had[old.ID] = true
		m, stays := now[old.ID]
		if !stays || m.Region != old.Region || m.Sector != old.Sector || m.Value != old.Value {
			count(old, m)
		}
	}
	for _, m := range is {
		if !had[m.ID] {
			count(anonymity.Member{}, m)
		}
	}
	return out
}

// few reports whether a published group differs by so few firms that its new
// figures, beside those that stand, would tell of them.
func (c change) few(k anonymity.Key) (few, withdrew bool) {
	old, had := c.cells[k]
	if !had || old.Why != "" {
		return false, false
	}
	of := c.since[old.Issue]
	return of.differ[k] > 0 && of.differ[k] < c.least, of.withdrew[k]
}

// held: a firm withdrew, so the old figures cannot stand, and new ones would tell
// of it.
func (c change) held(k anonymity.Key) bool {
	few, withdrew := c.few(k)
	return few && withdrew && c.now[k] < largeTimes*c.least
}

// hidden: suppressed before in the same year.
func (c change) hidden(k anonymity.Key) bool {
	old, had := c.cells[k]
	return had && old.Why != ""
}

// stands gives the old figures where too few firms differ for new ones.
func (c change) stands(k anonymity.Key) (Cell, bool) {
	few, withdrew := c.few(k)
	return c.cells[k], few && !withdrew
}
