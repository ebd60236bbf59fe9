package quality

import (
	"cmp"
	"context"
	"slices"

	"zhigai/access"
	"zhigai/plant"
)

// AtHand is a job that is being done at a machine.
type AtHand struct {
	Order   string // number
	Product string
	No      int // of the segment
	Began   plant.Instant
}

// Jobs tell what machines are at. A nil one knows of nothing.
type Jobs interface {
	// AtHand is the job at hand at a machine; ok is false where there is none.
	AtHand(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (job AtHand, ok bool, err error)
	// Parts that a machine finished within [from, to), whatever became of them.
	Parts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (int64, error)
}

// DueWhy says what makes a measurement due.
type DueWhy string

// Reasons for which a measurement is due.
const (
	DueFirst DueWhy = "first_piece" // of the job at hand
	DueTime  DueWhy = "minutes"     // so many since the last one
	DueParts DueWhy = "parts"       // so many since the last one
)

// Due is a characteristic that is measured at a machine by hand, and when next.
type Due struct {
	Characteristic Characteristic `json:"characteristic"`
	Why            DueWhy         `json:"why,omitempty" enum:"first_piece,minutes,parts," doc:"It is due now, for this reason"`
	At             plant.Instant  `json:"at,omitempty" doc:"When it is due by time"`
	Left           *int64         `json:"left,omitempty" doc:"Parts until it is due"`
	Points         []Point        `json:"points" nullable:"false" doc:"The last 25"`
	Warnings       []string       `json:"warnings" nullable:"false" doc:"Of its gauge: gauge_due, gauge_drifts, check_due"`
}

// DueList is what is measured at a machine for what is being done there.
type DueList struct {
	Order   string `json:"order,omitempty" doc:"Number of the order at hand"`
	Product string `json:"product,omitempty"`
	Job     int    `json:"job,omitempty"`
	Items   []Due  `json:"items" nullable:"false" doc:"Those that are due first"`
}

// lastPoints is how many points a person at a machine sees.
const lastPoints = 25

// Due lists what is measured by hand at a machine for the job at hand, and what is due
// now by the plan.
func (d *Desk) Due(ctx context.Context, who access.Principal, machine plant.NodeID) (DueList, error) {
	path, _, err := d.place(ctx, who, machine, access.Read)
	if err != nil {
		return DueList{}, err
	}
	tenant, out, running := who.Scope.Tenant, DueList{Items: []Due{}}, false
	var job AtHand
	if d.o.Jobs != nil {
		if job, running, err = d.o.Jobs.AtHand(ctx, tenant, machine); err != nil {
			return DueList{}, err
		}
	}
	if running {
		out.Order, out.Product, out.Job = job.Order, job.Product, job.No
	}
	all, err := d.Characteristics(ctx, Filter{Scope: access.Scope{Tenant: tenant, Path: path}, Limit: maxList})
	if err != nil {
		return DueList{}, err
	}
	for _, c := range all {
		if c.Place != machine || c.Tag != "" || c.Level != "" || running && !c.of(&job) || !running && c.Item != "" {
			continue
		}
		one, err := d.due(ctx, tenant, c, job, running)
		if err != nil {
			return DueList{}, err
		}
		out.Items = append(out.Items, one)
	}
	slices.SortStableFunc(out.Items, func(a, b Due) int {
		return cmp.Or(cmp.Compare(late(a), late(b)), cmp.Compare(a.Characteristic.Code, b.Characteristic.Code))
	})
	return out, nil
}

func late(d Due) int {
	if d.Why != "" {
		return 0
	}
	return 1
}

// of says whether a job's parts have the characteristic.
func (c *Characteristic) of(job *AtHand) bool {
	return (c.Item == "" || c.Item == job.Product) && (c.Operation == 0 || c.Operation == job.No)
}

func (d *Desk) due(ctx context.Context, tenant plant.TenantNo, c Characteristic, job AtHand, running bool) (Due, error) {
	now := d.now()
	out := Due{Characteristic: c, Points: []Point{}, Warnings: []string{}}
	before, err := d.o.Store.Before(ctx, tenant, c.ID, now+1, lastPoints+maxMemory)
	if err != nil {
		return Due{}, err
	}
	versions, err := d.limits(ctx, tenant, c.ID)
	if err != nil {
		return Due{}, err
	}
	points, err := Fold(&c, versions, before, max(0, len(before)-lastPoints))
	if err != nil {
		return Due{}, err
	}
	out.Points = append(out.Points, points...)
	if c.Gauge != "" {
		warnings, err := d.doubtsOf(ctx, tenant, c.Gauge, now)
		if err != nil {
			return Due{}, err
		}
		out.Warnings = append(out.Warnings, warnings...)
	}
	if !running {
		return out, nil
	}
	// Time and parts count from the last measurement of this job, or from its beginning.
	last, measured := job.Began, false
	if len(points) > 0 && points[len(points)-1].At >= job.Began {
		last, measured = points[len(points)-1].At, true
	}
	if c.EveryMinutes > 0 {
		if out.At = last + plant.Instant(c.EveryMinutes)*60_000_000; out.At <= now {
			out.Why = DueTime
		}
	}
	if c.EveryParts > 0 {
		made, err := d.o.Jobs.Parts(ctx, tenant, c.Place, last, now)
		if err != nil {
			return Due{}, err
		}
		left := max(0, int64(c.EveryParts)-made)
		if out.Left = &left; left == 0 {
			out.Why = DueParts
		}
	}
	if c.FirstPiece && !measured {
		out.Why = DueFirst
	}
	return out, nil
}
