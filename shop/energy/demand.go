package energy

import (
	"context"
	"time"

	"zhigai/access"
	calc "zhigai/calc/energy"
	"zhigai/plant"
)

// Demand is the mean power of the quarters of an hour of a meter.
type Demand struct {
	Meter Meter         `json:"meter"`
	From  plant.Instant `json:"from"`
	To    plant.Instant `json:"to"`
	// Quarters that are wholly known have a power; others are null.
	Quarters []QuarterPower `json:"quarters" nullable:"false"`
	// Max is the greatest, at the end of At; null where no quarter is known.
	Max        *float64        `json:"max_kw"`
	At         []plant.Instant `json:"at" nullable:"false" doc:"Ends of the quarters that reached it"`
	Mean       *float64        `json:"mean_kw"`
	LoadFactor *float64        `json:"load_factor" doc:"Mean ÷ max, 0..1"`
	Coverage   float64         `json:"coverage" doc:"Share of quarters that are known"`
	Above      int             `json:"above_limit" doc:"Quarters above the limit"`
	// Forecast is of the quarter that runs now; null of a range that ended before.
	Forecast *Forecast `json:"forecast"`
}

// QuarterPower is a quarter of an hour.
type QuarterPower struct {
	From plant.Instant `json:"from"`
	KW   *float64      `json:"kw"`
}

// Forecast is what a running quarter comes to.
type Forecast struct {
	From   plant.Instant `json:"from"`
	To     plant.Instant `json:"to"`
	Energy float64       `json:"kwh" doc:"So far"`
	Power  float64       `json:"kw" doc:"Mean of the last three minutes"`
	// Demand is the mean power at the end, if power stays as it is.
	Demand float64 `json:"demand_kw"`
	// Allowed is what may be drawn from now on so that the limit holds; null without
	// a limit, below 0 when it cannot hold any more.
	Allowed *float64 `json:"allowed_kw"`
	Exceeds bool     `json:"exceeds" doc:"The limit will be exceeded"`
}

// Demand reads a meter by quarters of an hour; without a code the one that feeds
// all others.
func (d *Desk) Demand(ctx context.Context, scope access.Scope, place plant.NodeID, code string, from, to plant.Instant) (Demand, error) {
	lo, hi, err := d.window(from, to, maxCost-quarter)
	if err != nil {
		return Demand{}, err
	}
	net, err := d.network(ctx, scope, place, to)
	if err != nil {
		return Demand{}, err
	}
	m, err := electric(&net, code)
	if err != nil {
		return Demand{}, err
	}
	lo = aligned(lo, quarter)
	s, err := d.look(ctx, scope.Tenant, &net, lo, hi, quarter).of(m.Code)
	if err != nil {
		return Demand{}, err
	}
	out := Demand{Meter: m, From: plant.InstantOf(lo.Time()), To: plant.InstantOf(hi.Time()), Quarters: []QuarterPower{}, At: []plant.Instant{}}
	var uses []calc.Use
	for _, one := range s.steps {
		q := QuarterPower{From: plant.InstantOf(one.from.Time())}
		if whole := one.to-one.from == plant.Micros(quarter.Microseconds()); whole && one.whole() {
			u := calc.Use{From: one.from.Time(), To: one.to.Time(), Energy: float64(one.count) / micro}
			uses = append(uses, u)
			if kw, ok := u.Power(); ok {
				q.KW = &kw
				if m.Limit != nil && kw > *m.Limit {
					out.Above++
				}
			}
		}
		out.Quarters = append(out.Quarters, q)
	}
	if n := len(out.Quarters); n > 0 {
		out.Coverage = float64(len(uses)) / float64(n)
	}
	if p := calc.Peak(uses); p.OK {
		out.Max, out.Mean, out.LoadFactor = &p.Max, &p.Mean, &p.LoadFactor
		for _, at := range p.At {
			out.At = append(out.At, plant.InstantOf(at))
		}
	}
	if d.now()-to < plant.Instant(time.Minute.Microseconds()) {
		out.Forecast, err = d.forecast(ctx, scope.Tenant, &net, m)
	}
	return out, err
}

// recently is how far back power is as it is now: a meter is read each minute at
// least, and a machine's cycle is shorter.
const recently = 3 * time.Minute

// forecast of the quarter that runs now; nil where it is not known.
func (d *Desk) forecast(ctx context.Context, tenant plant.TenantNo, net *Network, m Meter) (*Forecast, error) {
	now := d.o.Now().UTC()
	from := now.Truncate(quarter)
	read := func(from time.Time) (kwh float64, known time.Duration, err error) {
		s, err := d.look(ctx, tenant, net, plant.MicrosOf(from), plant.MicrosOf(now), now.Sub(from)).of(m.Code)
		count, micros := s.sum()
		return float64(count) / micro, time.Duration(micros) * time.Microsecond, err
	}
	recent, known, err := read(now.Add(-recently))
	if err != nil || known == 0 {
		return nil, err
	}
	f := Forecast{From: plant.InstantOf(from), To: plant.InstantOf(from.Add(quarter)), Power: recent / known.Hours()}
	if now.After(from) {
		so, read, err := read(from)
		if err != nil {
			return nil, err
		}
		f.Energy = so + f.Power*(now.Sub(from)-read).Hours() // since the last reading as of late
	}
	f.Demand, _ = calc.Forecast(from, from.Add(quarter), now, f.Energy, f.Power)
	if m.Limit != nil {
		if allowed, ok := calc.Allowed(from, from.Add(quarter), now, f.Energy, *m.Limit); ok {
			f.Allowed = &allowed
		}
		f.Exceeds = f.Demand > *m.Limit
	}
	return &f, nil
}
