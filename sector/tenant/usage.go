package tenant

import (
	"context"
	"time"

	"zhigai/plant"
)

// Use is what a tenant has and used.
type Use struct {
	Tenant Tenant   `json:"tenant"`
	Now    Standing `json:"now"`
	Days   []Usage  `json:"days" nullable:"false"`
}

// MaxDays bounds the days of a Use.
const MaxDays = 400

// Usage is what a tenant has now and used on the last days.
func (d *Desk) Usage(ctx context.Context, id string, days int) (Use, error) {
	t, err := d.o.Store.Tenant(ctx, id)
	if err != nil {
		return Use{}, err
	}
	out := Use{Tenant: t}
	if out.Now, err = d.o.Store.Standing(ctx, t.No); err != nil {
		return out, err
	}
	if err := d.o.Parts.Standing(ctx, t, &out.Now); err != nil {
		return out, err
	}
	days = min(max(days, 1), MaxDays)
	from := d.o.Now().UTC().AddDate(0, 0, 1-days).Format(time.DateOnly)
	if out.Days, err = d.o.Store.Usage(ctx, t.No, from, days); out.Days == nil {
		out.Days = []Usage{}
	}
	return out, err
}

// Count adds to what a tenant used today.
func (d *Desk) Count(ctx context.Context, no plant.TenantNo, u Usage) error {
	u.Day = d.o.Now().UTC().Format(time.DateOnly)
	return d.o.Store.AddUsage(ctx, no, u)
}
