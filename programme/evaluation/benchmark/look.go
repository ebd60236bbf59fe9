package benchmark

import (
	"context"
	"fmt"
	"slices"

	"zhigai/access"
	"zhigai/calc/anonymity"
	"zhigai/programme/evaluation"
)

// Question is what somebody looks at: one group, and the groups that divide it.
type Question struct {
	Measure string
	Year    int
	Region  string
	Sector  string
	By      string // region or sector: what the group is divided by
	Firm    string // whose own place is wanted; "": nobody's
}

// Answer is a group with its parts.
type Answer struct {
	Issue Issue  `json:"issue"`
	Whole *Cell  `json:"whole,omitempty" doc:"Left out: no firm of it has a value"`
	Parts []Cell `json:"parts" nullable:"false" doc:"In order of code; groups without firms are left out"`
	Own   *Own   `json:"own,omitempty"`
}

// Look answers from the newest issue of the year; access.ErrNotFound without one.
// What is published is told to everybody who may see any firm; the own place of
// those firms only that the asker may see.
func (d *Desk) Look(ctx context.Context, who access.Principal, q Question) (Answer, error) {
	issues, err := d.Store.Issues(ctx, who.Scope.Tenant, q.Measure, q.Year, 1)
	if err != nil {
		return Answer{}, err
	}
	if len(issues) == 0 {
		return Answer{}, fmt.Errorf("%w: nothing is published of %s for %d", access.ErrNotFound, q.Measure, q.Year)
	}
	out := Answer{Issue: issues[0], Parts: []Cell{}}
	areas := who.Areas(access.ReadFirms)
	cells, err := d.cells(ctx, who, q, Within{q.Region, q.Sector, len(q.Region), len(q.Sector)}, areas)
	if err != nil {
		return Answer{}, err
	}
	if len(cells) > 0 {
		out.Whole = &cells[0]
	}
	if at, ok := d.Rule.below(q); ok {
		if out.Parts, err = d.cells(ctx, who, q, at, areas); err != nil {
			return Answer{}, err
		}
	}
	if q.Firm != "" {
		out.Own, err = d.own(ctx, who, q, areas, out.Whole)
	}
	return out, err
}

func (d *Desk) cells(ctx context.Context, who access.Principal, q Question, at Within, areas []access.Area) ([]Cell, error) {
	cells, err := d.Store.Cells(ctx, who.Scope.Tenant, q.Measure, q.Year, at)
	for i, c := range cells {
		counts := slices.ContainsFunc(areas, func(a access.Area) bool { return a.Allows(c.Region, c.Sector, "") })
		if c.Why != "" && !counts {
			cells[i].Why = "confidential"
		}
	}
	if cells == nil {
		cells = []Cell{}
	}
	return cells, err
}

// below is the next layer of the rule under a group.
func (r Rule) below(q Question) (Within, bool) {
	for _, l := range r.Levels {
		switch {
		case q.By == "region" && l.Region > len(q.Region) && slices.Contains(l.Sectors, len(q.Sector)):
			return Within{q.Region, q.Sector, l.Region, len(q.Sector)}, true
		case q.By == "sector" && l.Region == len(q.Region):
			for _, n := range l.Sectors {
				if n > len(q.Sector) {
					return Within{q.Region, q.Sector, len(q.Region), n}, true
				}
			}
		}
	}
	return Within{}, false
}

// own is a firm's value and its band among the published quantiles of a group.
func (d *Desk) own(ctx context.Context, who access.Principal, q Question, areas []access.Area, whole *Cell) (*Own, error) {
	region, sector, err := d.Seats.Seat(ctx, who.Scope.Tenant, areas, q.Firm)
	if err != nil {
		return nil, err
	}
	m, ok := d.Book.Measure(q.Measure)
	if !ok {
		return nil, fmt.Errorf("%w: measure %q is not known", evaluation.ErrInvalid, q.Measure)
	}
	out := &Own{Firm: q.Firm, Why: "no_values"}
	err = d.Facts.Firms(ctx, who.Scope.Tenant, []access.Area{{Enterprise: q.Firm}}, q.Year, func(in evaluation.Input) error {
		region, sector = in.Region, in.Sector
		out.Value, out.Why, err = evaluation.ValueOf(m, in.Values)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case out.Value == nil:
		return out, nil
	case whole == nil || whole.Why != "":
		out.Why = "suppressed"
	case !(access.Area{Region: q.Region, Sector: q.Sector}).Allows(region, sector, q.Firm):
		out.Why = "elsewhere"
	default:
		out.Above, out.Below = band(*out.Value, whole.Quantiles)
	}
	return out, nil
}

func band(v float64, quantiles []anonymity.Quantile) (above, below *float64) {
	for _, q := range quantiles {
		share := q.Share
		if v >= q.Value {
			above = &share
			continue
		}
		return above, &share
	}
	return above, nil
}

// Issues are the newest first.
func (d *Desk) Issues(ctx context.Context, who access.Principal, measure string, year, limit int) ([]Issue, error) {
	return d.Store.Issues(ctx, who.Scope.Tenant, measure, year, limit)
}
