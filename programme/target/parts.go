package target

import (
	"context"
	"slices"
	"strings"

	"zhigai/plant"
)

// Local is an indicator's value of one division.
type Local struct {
	Value      *float64
	Reason     string
	Coverage   *float64
	Confidence string
	Unit       string
	Digits     int
}

// Locals are values of indicators for many divisions, by indicator and then by
// the division as it was asked for, from one fold: the terms of the counties
// that lie in each are added up.
func (d *Desk) Locals(ctx context.Context, tenant plant.TenantNo, ids []string, q Question, regions []string) (map[string]map[string]Local, error) {
	out := map[string]map[string]Local{}
	if len(ids) == 0 {
		return out, nil
	}
	if _, err := d.settings(ctx, tenant, &q); err != nil {
		return nil, err
	}
	results, err := d.Results(ctx, tenant, ids, q)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		ind, err := d.Book.Indicator(id)
		if err != nil {
			return nil, err
		}
		out[id] = map[string]Local{}
		for _, region := range regions {
			if out[id][region], err = local(ind, results[i].Parts, q, plant.RegionPrefix(region)); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func local(ind *Indicator, parts []Part, q Question, prefix string) (Local, error) {
	terms, known := map[string]int64{}, Known{}
	for _, p := range parts {
		if strings.HasPrefix(p.Region, prefix) {
			for t, n := range p.Terms {
				terms[t] += n
			}
			known.add(p.Known)
		}
	}
	v, err := ind.Value(terms, q)
	l := Local{Value: v.Value, Reason: v.Reason, Confidence: confidence(known), Unit: ind.Unit, Digits: ind.Digits}
	if known.Due > 0 {
		share := float64(known.Known) / float64(known.Due)
		l.Coverage = &share
	}
	return l, err
}

// Additive reports whether the indicator is a plain count, so that the values of
// parts add up to that of the whole.
func (ind *Indicator) Additive() bool { return len(ind.Terms) == 1 && ind.Formula == ind.Terms[0] }

// Population yields the firms of the year that the indicator counts over, and
// whether each lies in an incentive county. It must know no list of sub-sectors.
func (d *Desk) Population(ctx context.Context, tenant plant.TenantNo, id string, q Question, yield func(Firm, bool) error) error {
	ind, err := d.Book.Indicator(id)
	if err != nil {
		return err
	}
	settings, err := d.settings(ctx, tenant, &q)
	if err != nil {
		return err
	}
	f := newFolding(ind, q, Lists{Incentive: settings.Incentive})
	return d.Facts.Firms(ctx, tenant, q.Areas, q.Year, func(one Firm) error {
		if !f.fits(one) {
			return nil
		}
		return yield(one, slices.Contains(settings.Incentive, one.Region))
	})
}
