package energy

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Plans tells by which plan a place works, and which of its jobs could run at another
// time. It decides what may be moved: nothing late, no rule broken.
type Plans interface {
	// Cheaper proposes other times up to an instant; price says what a machine costs
	// in [from, to), millionths of a yuan, false where it is not known.
	// access.ErrNotFound without a plan in use.
	Cheaper(ctx context.Context, scope access.Scope, place string, until plant.Instant, price func(machine plant.NodeID, from, to plant.Instant) (int64, bool)) (Shiftable, error)
}

// Shiftable is what a plan could be like.
type Shiftable struct {
	Plan   string
	Number int64
	Place  string
	Priced int   // jobs of which a cost is known
	Still  int   // jobs that stay where they are
	Cost   int64 // of all as they are, millionths of a yuan
	Jobs   []ShiftedJob
	Was    []Planned // every job as it is planned, and as it would be
	Then   []Planned
}

// ShiftedJob is a job that costs less at another time.
type ShiftedJob struct {
	Order, Number, Product string
	Job                    int
	Name                   plant.Name
	Machine                plant.NodeID
	From, To               plant.Instant
	NewFrom, NewTo         plant.Instant
	Cost, Saved            int64
}

// Planned is a machine that works for a job.
type Planned struct {
	Machine  plant.NodeID
	From, To plant.Instant
}

// LoadShift is a proposal to let jobs run in cheaper hours, within the slack of the
// plan in use.
type LoadShift struct {
	Plan      string        `json:"plan" doc:"Id of the plan in use"`
	Number    int64         `json:"plan_number"`
	PlanPlace string        `json:"plan_place"`
	From      plant.Instant `json:"from"`
	To        plant.Instant `json:"to" doc:"Up to which jobs are moved"`
	Draws     []Draw        `json:"draws" nullable:"false" doc:"What machines draw while they produce, the greatest first"`
	Jobs      []ShiftJob    `json:"jobs" nullable:"false" doc:"To be moved together, the greatest saving first"`
	Priced    int           `json:"priced" doc:"Jobs of the plan of which the cost is known"`
	Still     int           `json:"still" doc:"Jobs that stay: running, locked, in a batch, or of unknown draw"`
	Fen       int64         `json:"fen" doc:"What the priced jobs cost as they are planned"`
	Saved     int64         `json:"saved_fen"`
	// PeakWas and PeakThen are the greatest mean power of a quarter of an hour that
	// the plan comes to by itself, without what else is used.
	PeakWas  float64      `json:"peak_kw"`
	PeakThen float64      `json:"peak_kw_then"`
	Tariffs  []TariffUsed `json:"tariffs" nullable:"false"`
}

// Draw is what a machine draws while it produces.
type Draw struct {
	Machine plant.NodeID `json:"equipment"`
	Path    string       `json:"path"`
	Name    plant.Name   `json:"name"`
	KW      *float64     `json:"kw" doc:"Mean while it produced; null where that is not known for long enough"`
	Hours   float64      `json:"hours" doc:"Of production that it is of"`
}

// ShiftJob is a job to be moved.
type ShiftJob struct {
	Order   string        `json:"order"`
	Number  string        `json:"number"`
	Product string        `json:"product"`
	Job     int           `json:"job"`
	Name    plant.Name    `json:"name"`
	Machine plant.NodeID  `json:"equipment"`
	KW      float64       `json:"kw"`
	From    plant.Instant `json:"from"`
	To      plant.Instant `json:"to"`
	NewFrom plant.Instant `json:"new_from"`
	NewTo   plant.Instant `json:"new_to"`
	Was     Hours         `json:"hours" doc:"Kind of hours in which it begins"`
	Then    Hours         `json:"new_hours"`
	Fen     int64         `json:"fen"`
	Saved   int64         `json:"saved_fen"`
}

const (
	// drawsOf is how far back is looked for what machines draw: a week has every
	// shift of it.
	drawsOf = 7 * 24 * time.Hour
	// leastDraw is how long a machine must have produced for its draw to be known:
	// some cycles.
	leastDraw = 10 * time.Minute
	// maxShifting is how far ahead jobs are moved.
	maxShifting = 14 * 24 * time.Hour
)

// Shift proposes other times for jobs of the plan in use of a place up to an instant.
func (d *Desk) Shift(ctx context.Context, scope access.Scope, place plant.NodeID, until plant.Instant) (LoadShift, error) {
	now := d.now()
	switch {
	case d.o.Plans == nil:
		return LoadShift{}, fmt.Errorf("%w: a plan in use", access.ErrNotFound)
	case until <= now || until.Time().Sub(now.Time()) > maxShifting:
		return LoadShift{}, invalid("jobs are moved up to a time in the next %d days", int(maxShifting.Hours()/24))
	}
	net, err := d.network(ctx, scope, place, now)
	if err != nil {
		return LoadShift{}, err
	}
	prices := d.prices(&net)
	if _, _, _, ok := priceAt(prices, now.Time()); !ok {
		return LoadShift{}, invalid("no tariff is in force at %s; enter it with the meters: what hours cost decides", net.Path)
	}
	out := LoadShift{From: now, To: until, Draws: []Draw{}, Jobs: []ShiftJob{}, Tariffs: []TariffUsed{}}
	if out.Draws, err = d.draws(ctx, scope, &net, now); err != nil {
		return LoadShift{}, err
	}
	kw := map[plant.NodeID]float64{}
	for _, one := range out.Draws {
		if one.KW != nil {
			kw[one.Machine] = *one.KW
		}
	}
	sum := newSums(prices, now, until)
	got, err := d.o.Plans.Cheaper(ctx, scope, net.Path, until, func(machine plant.NodeID, from, to plant.Instant) (int64, bool) {
		power, ok := kw[machine]
		if !ok {
			return 0, false
		}
		return sum.cost(power, from, to)
	})
	if err != nil {
		return LoadShift{}, err
	}
	out.tell(got, kw, prices)
	return out, nil
}

// tell makes the proposal of what the plan could be like.
func (l *LoadShift) tell(got Shiftable, kw map[plant.NodeID]float64, prices []price) {
	l.Plan, l.Number, l.PlanPlace, l.Priced, l.Still, l.Fen = got.Plan, got.Number, got.Place, got.Priced, got.Still, fenOf(got.Cost)
	used, saved := map[string]bool{}, int64(0)
	for _, j := range got.Jobs {
		p, was, _, _ := priceAt(prices, j.From.Time())
		q, then, _, _ := priceAt(prices, j.NewFrom.Time())
		for _, one := range []*price{p, q} {
			if one != nil && !used[one.use.Day] {
				used[one.use.Day] = true
				l.Tariffs = append(l.Tariffs, TariffUsed{one.use, one.tariff.Name, one.tariff.Source, one.tariff.Verified})
			}
		}
		saved += j.Saved
		l.Jobs = append(l.Jobs, ShiftJob{
			Order: j.Order, Number: j.Number, Product: j.Product, Job: j.Job, Name: j.Name, Machine: j.Machine, KW: kw[j.Machine],
			From: j.From, To: j.To, NewFrom: j.NewFrom, NewTo: j.NewTo, Was: was, Then: then, Fen: fenOf(j.Cost), Saved: fenOf(j.Saved),
		})
	}
	l.Saved = fenOf(saved)
	l.PeakWas, l.PeakThen = peakOf(got.Was, kw, l.From, l.To), peakOf(got.Then, kw, l.From, l.To)
}

// draws is what machines drew while they produced in the week before an instant.
func (d *Desk) draws(ctx context.Context, scope access.Scope, net *Network, now plant.Instant) ([]Draw, error) {
	model, _, err := d.place(ctx, scope, net.Place)
	if err != nil {
		return nil, err
	}
	l := d.lookAt(ctx, scope.Tenant, net, plant.MicrosOf(now.Time().Add(-drawsOf)), now.Micros())
	burners, err := l.burners(model, scope, nil)
	if err != nil {
		return nil, err
	}
	out := []Draw{}
	for i := range burners {
		b := &burners[i]
		count, known := int64(0), plant.Micros(0)
		b.pieces(nil, func(step) int64 { return 0 }, func(p piece) {
			if p.what == Producing && float64(p.known) >= enough*float64(p.to-p.from) {
				count += p.count
				known += p.known
			}
		})
		one := Draw{Machine: b.node.ID, Path: b.node.Path, Name: b.node.Name, Hours: time.Duration(known * 1000).Hours()}
		if known >= plant.Micros(leastDraw.Microseconds()) {
			one.KW = new(float64(count) / micro / one.Hours)
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b Draw) int {
		power := func(d Draw) float64 {
			if d.KW == nil {
				return -1
			}
			return *d.KW
		}
		return cmp.Or(cmp.Compare(power(b), power(a)), cmp.Compare(a.Path, b.Path))
	})
	return out, nil
}

// sums are what a kW costs from an instant on, by quarters of an hour, added up: what
// a job costs is then a difference.
type sums struct {
	from plant.Instant
	upTo []float64 // millionths of a yuan for a kW up to each quarter
	ok   []bool    // whether all up to it is known
}

const quarterMicros = plant.Instant(quarter / time.Microsecond)

// newSums covers the time that jobs are moved in: a job that is not wholly in it has
// no cost, and stays.
func newSums(prices []price, from, until plant.Instant) *sums {
	s := &sums{from: from - from%quarterMicros, upTo: []float64{0}, ok: []bool{true}}
	for at := s.from; at < until; at += quarterMicros {
		_, _, micros, ok := priceAt(prices, at.Time())
		n := len(s.upTo) - 1
		s.upTo = append(s.upTo, s.upTo[n]+float64(micros)*quarter.Hours())
		s.ok = append(s.ok, s.ok[n] && ok)
	}
	return s
}

// at is the sum up to an instant; false outside of what is known.
func (s *sums) at(at plant.Instant) (float64, bool) {
	if at < s.from {
		return 0, false
	}
	k := int((at - s.from) / quarterMicros)
	rest := float64((at-s.from)%quarterMicros) / float64(quarterMicros)
	switch {
	case k < len(s.upTo)-1:
		return s.upTo[k] + rest*(s.upTo[k+1]-s.upTo[k]), s.ok[k+1]
	case k == len(s.upTo)-1 && rest == 0:
		return s.upTo[k], s.ok[k]
	}
	return 0, false
}

func (s *sums) cost(kw float64, from, to plant.Instant) (int64, bool) {
	a, ok := s.at(from)
	b, also := s.at(to)
	return int64(math.Round(kw * (b - a))), ok && also
}

// peakOf is the greatest mean power of a quarter of an hour in [from, to) of planned
// jobs; time in which a machine is interrupted counts as work.
func peakOf(all []Planned, kw map[plant.NodeID]float64, from, to plant.Instant) (peak float64) {
	first := from - from%quarterMicros
	load := make([]float64, int((to-first)/quarterMicros)+1)
	for _, p := range all {
		for at := max(p.From, first); at < min(p.To, to); {
			k := (at - first) / quarterMicros
			end := min(p.To, to, first+(k+1)*quarterMicros)
			load[k] += kw[p.Machine] * float64(end-at) / float64(quarterMicros)
			at = end
		}
	}
	return slices.Max(load)
}
