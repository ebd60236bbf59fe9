package diagnosis

import (
	"cmp"
	"context"
	"slices"

	"zhigai/access"
)

// Progress is how far full coverage is in a region or a sector.
type Progress struct {
	Key       string  `json:"key" doc:"Division code of GB/T 2260, or section and division of GB/T 4754; empty where it is not known"`
	Due       int64   `json:"due" doc:"Firms that are to be diagnosed"`
	Diagnosed int64   `json:"diagnosed" doc:"Firms with a closed diagnosis"`
	Running   int64   `json:"running" doc:"Firms with one under way and none closed"`
	Incentive bool    `json:"incentive,omitempty" doc:"An incentive county, in which the policy begins"`
	Stationed int64   `json:"stationed,omitempty" doc:"Experts who are stationed there today"`
	Visits    int64   `json:"visits,omitempty" doc:"That stationed experts recorded"`
	Share     float64 `json:"share" doc:"diagnosed ÷ due; 0 when nothing is due. Firms outside of what is due count, too, so that it may pass 1"`
}

// What progress can be asked by.
const (
	ByCounty = "county"
	ByCity   = "city"
	BySector = "sector"
)

// Progress sums what is due and done within the asker's areas by county, city or
// sector, incentive counties first,
// else in order of the code.
func (d *Desk) Progress(ctx context.Context, who access.Principal, by string) ([]Progress, error) {
	areas := who.Areas(access.ReadFirms)
	if len(areas) == 0 {
		return nil, nil
	}
	due, err := d.o.Dues.Due(ctx, who.Scope.Tenant, areas)
	if err != nil {
		return nil, err
	}
	done, err := d.o.Store.Covered(ctx, who.Scope.Tenant, areas)
	if err != nil {
		return nil, err
	}
	there, err := d.o.Stations.Stationed(ctx, who.Scope.Tenant, areas)
	if err != nil {
		return nil, err
	}
	rows := map[string]*Progress{}
	row := func(region, division string) *Progress {
		key := division
		switch by {
		case ByCounty:
			key = region
		case ByCity:
			key = region[:min(len(region), 4)]
		}
		if rows[key] == nil {
			rows[key] = &Progress{Key: key}
		}
		return rows[key]
	}
	for _, one := range due {
		r := row(one.Region, one.Division)
		r.Due += one.Firms
		r.Incentive = r.Incentive || one.Incentive && by == ByCounty
	}
	for _, one := range done {
		r := row(one.Region, one.Division)
		r.Diagnosed, r.Running = r.Diagnosed+one.Diagnosed, r.Running+one.Running
	}
	for _, one := range there {
		if by != BySector { // an expert is at a place, not in a trade
			r := row(one.Region, "")
			r.Stationed, r.Visits = r.Stationed+one.Experts, r.Visits+one.Visits
		}
	}
	out := make([]Progress, 0, len(rows))
	for _, r := range rows {
		if r.Due > 0 {
			r.Share = float64(r.Diagnosed) / float64(r.Due)
		}
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b Progress) int {
		if a.Incentive != b.Incentive {
			if a.Incentive {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return out, nil
}
