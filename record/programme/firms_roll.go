package programme

import (
	"context"
	"errors"
	"fmt"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/enterprise"
	"zhigai/programme/target"
	"zhigai/record"
)

var (
	_ target.Roll  = Firms{}
	_ target.Firms = Firms{}
)

// Firms implements target.Roll. A firm stands in the division that was valid
// then, and in the areas by where it stood then.
func (s Firms) Firms(ctx context.Context, tenant plant.TenantNo, areas []access.Area, at plant.Micros, year int, yield func(target.Firm) error) error {
	rows, err := s.db.Reader().QueryContext(ctx, `select v.firm, v.region, c.body, coalesce(y.sales, -1), coalesce(y.staff, -1)
		from firm_version v join firm f on f.tenant = v.tenant and f.id = v.firm and not f.gone
		join firm_change c on c.tenant = v.tenant and c.firm = v.firm and c.rev = v.rev
		left join firm_year y on y.tenant = v.tenant and y.firm = v.firm and y.year = ?
		where v.tenant = ? and v.valid_from <= ? and v.valid_to > ? and ? order by v.firm`,
		year, tenant, int64(at), int64(at), record.InAreas("v.region", "v.sector", "v.firm", areas))
	if err != nil {
		return fmt.Errorf("record: read firms: %w", err)
	}
	for rows.Next() {
		var id, region, body string
		var sales, staff int64
		err := rows.Scan(&id, &region, &body, &sales, &staff)
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		f, err := firmOf(id, 0, body)
		day := enterprise.DayOf(at)
		if err == nil && (f.Closed == "" || day < f.Closed) {
			f.Region = region
			err = yield(asOf(f, day, sales, staff))
		}
		if err != nil {
			return errors.Join(err, rows.Close())
		}
	}
	return errors.Join(rows.Err(), rows.Close())
}

// asOf is what targets know of a firm on a day.
func asOf(f enterprise.Firm, day enterprise.Day, sales, staff int64) target.Firm {
	out := target.Firm{
		ID: f.ID, Name: f.Name, Region: f.Region, Sector: f.Industry, Size: string(f.Class()), AboveScale: f.AboveScale, Backbone: f.Backbone.On(day),
		Cluster: f.Cluster, Cloud: f.Cloud != "" && f.Cloud <= day, Systems: map[string]string{}, Values: map[string]target.Value{},
	}
	for _, one := range f.Systems {
		if one.Since <= day {
			out.Systems[one.Kind] = one.Name
		}
	}
	if sales >= 0 {
		out.Values["sales_fen"] = target.Value{N: sales, Basis: target.Declared}
	}
	if staff >= 0 {
		out.Values["employees"] = target.Value{N: staff, Basis: target.Declared}
	}
	return out
}
