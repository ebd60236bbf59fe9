package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Departure is a run that is not like the good ones.
type Departure struct {
	Key      string // of the golden batch: the same again is the same alarm
	Place    plant.NodeID
	At       plant.Instant
	Text     plant.Name
	Evidence string // path of the page
}

// Alarms are told of departures; both may be said again and again.
type Alarms interface {
	Raise(ctx context.Context, tenant plant.TenantNo, d Departure) error
	Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error
}

// Pace is how often the last runs are looked at: a furnace load takes hours, and what
// departs can be held for minutes.
const Pace = time.Minute

const (
	// leastBack and mostBack are how far back the last run is looked for.
	leastBack, mostBack = 2 * time.Hour, 7 * 24 * time.Hour
	// backRuns is how many lengths of a good run that is, at the least.
	backRuns = 3
	// atOnce is how many golden batches are read at a time.
	atOnce = 100
)

// Watch holds the last run of each machine with a golden batch against it, and tells
// of it when it departs, also while it goes on. What departed is over when a later run
// has ended like the good ones.
func (d *Desk) Watch(ctx context.Context, tenant plant.TenantNo) error {
	if d.o.Alarms == nil {
		return nil
	}
	f := Filter{Scope: access.Scope{Tenant: tenant}, Limit: atOnce}
	var failed error
	for {
		all, err := d.o.Store.Goldens(ctx, f)
		if err != nil {
			return err
		}
		for _, g := range all {
			// One that cannot be looked at keeps no other from it.
			failed = errors.Join(failed, d.watch(ctx, tenant, g))
		}
		if len(all) < f.Limit {
			return failed
		}
		f.Before = all[len(all)-1].ID
	}
}

func (d *Desk) watch(ctx context.Context, tenant plant.TenantNo, g Golden) error {
	now := d.o.Now()
	if g.Ended {
		return d.o.Alarms.Clear(ctx, tenant, g.ID, plant.InstantOf(now))
	}
	back := min(mostBack, max(leastBack, time.Duration(backRuns*g.Band.LengthTop*float64(time.Second))))
	runs, err := d.runs(ctx, tenant, g.Machine, g.Cut, g.Item, plant.InstantOf(now.Add(-back)), plant.InstantOf(now))
	if errors.Is(err, access.ErrNotFound) || errors.Is(err, ErrInvalid) { // the machine is gone, or it ran too often
		return nil
	}
	if err != nil || len(runs) == 0 {
		return err
	}
	b, err := d.beside(ctx, tenant, g, runs[len(runs)-1])
	switch {
	case err != nil || b.Score == nil:
		return err
	case b.Departed:
		return d.o.Alarms.Raise(ctx, tenant, departure(g, b))
	case !b.Run.Running:
		return d.o.Alarms.Clear(ctx, tenant, g.ID, b.Run.To)
	}
	return nil
}

// departure is what is said of a run.
func departure(g Golden, b Beside) Departure {
	out := Departure{Key: g.ID, Place: g.Machine, At: b.FirstAt, Evidence: fmt.Sprintf("/process/batches?golden=%s&run=%s", g.ID, b.Run.From.Time().UTC().Format(time.RFC3339Nano))}
	if !b.Run.Running {
		out.Evidence += "&until=" + b.Run.To.Time().UTC().Format(time.RFC3339Nano)
	}
	zh, en := "用时不在好运行的范围内", "not as long as good runs"
	if b.First != "" {
		title := plant.Name{ZH: b.First, EN: b.First}
		if i := slices.IndexFunc(g.Titles, func(s Signal) bool { return s.Name == b.First && s.Title.ZH != "" }); i >= 0 {
			title = g.Titles[i].Title
		}
		zh, en = label(title.ZH, title.EN)+"偏离", label(title.EN, title.ZH)+" departed"
	}
	if out.At == 0 {
		out.At = b.Run.To
	}
	out.Text = plant.Name{ZH: label(g.Name.ZH, g.Name.EN) + "：" + zh, EN: label(g.Name.EN, g.Name.ZH) + ": " + en}
	return out
}

func label(first, other string) string {
	if first != "" {
		return first
	}
	return other
}
