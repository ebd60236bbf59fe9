package attendance

import (
	"context"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
	"zhigai/shop/production"
)

// Hours is production: it decides who may ask for the hours of people.
type Hours interface {
	Worked(ctx context.Context, who access.Principal, q production.WorkedQuery) ([]production.Worked, error)
}

// Calendars tells of breaks.
type Calendars interface {
	// Breaks are those of a node's calendar in [from, to), in order; none without a
	// calendar.
	Breaks(ctx context.Context, tenant plant.TenantNo, node plant.NodeID, from, to plant.Micros) ([]plant.Span, error)
}

// Options of a desk. All are required.
type Options struct {
	Hours       Hours
	Calendars   Calendars
	Definitions *figure.Definitions // that read [TermNames]
	Now         func() time.Time
}

// Desk answers how people's time went.
type Desk struct{ o Options }

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o} }

// Answer is every figure over the same people.
type Answer struct {
	Figures []figure.Figure `json:"figures" nullable:"false"`
	People  []Person        `json:"people" nullable:"false" doc:"By name; their terms add up to those of the figures"`
	// Root is over People, so that anyone who is given them can check.
	Root string `json:"root" doc:"SHA-256 of the people as JSON, hex"`
}

// Definitions lists what can be asked.
func (d *Desk) Definitions() []*figure.Definition { return d.o.Definitions.Newest() }

// Figures computes every figure of the people who worked. Errors are those of
// [production.Desk.Worked].
func (d *Desk) Figures(ctx context.Context, who access.Principal, q production.WorkedQuery) (Answer, error) {
	worked, err := d.o.Hours.Worked(ctx, who, q)
	if err != nil {
		return Answer{}, err
	}
	out := Answer{}
	out.People, err = Fold(worked, func(machine plant.NodeID, from, to plant.Instant) ([]plant.Span, error) {
		return d.o.Calendars.Breaks(ctx, who.Scope.Tenant, machine, from.Micros(), to.Micros())
	})
	if err != nil {
		return Answer{}, err
	}
	total := map[string]int64{}
	for _, p := range out.People {
		for name, n := range p.Terms {
			total[name] += n
		}
	}
	if out.Root, err = figure.RootOf(out.People); err != nil {
		return Answer{}, err
	}
	out.Figures, err = d.o.Definitions.Over(total, figure.Scope{Path: q.Place}, figure.Span{From: plant.MicrosOf(q.From), To: plant.MicrosOf(q.To)}, q.To.After(d.o.Now()))
	return out, err
}
