package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/history"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/energy"
	"zhigai/shop/equipment"
)

// newEnergy makes the desk of energy.
func (n *node) newEnergy() *energy.Desk {
	return energy.NewDesk(energy.Options{
		Store: recshop.NewEnergy(n.record), Plant: plantOf{n.fleet}, Readings: readingsOf{n}, Machines: burningOf{n},
		Production: madeOf{n.engine}, Alarms: findingsOf{alarmsFrom{n.alarms, energyRoom}}, Orders: ranOf{n.newProduction()}, Plans: shiftsOf{n}, Tables: n.energyTables, Now: time.Now,
	})
}

// readingsOf tells energy what signals showed.
type readingsOf struct{ n *node }

func (r readingsOf) tag(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string) (plant.TagNo, error) {
	now, err := r.n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return 0, err
	}
	if m, ok := now.Machines[machine]; ok {
		if t, ok := m.Tags[signal]; ok && t.Kind == plant.KindNumber {
			return t.No, nil
		}
	}
	tags, err := r.n.shop.Tags(ctx, access.Scope{Tenant: tenant}) // of a machine that is gone
	if err != nil {
		return 0, err
	}
	for _, t := range tags {
		if t.Node == machine && t.Name == signal && t.Kind == plant.KindNumber {
			return t.No, nil
		}
	}
	return 0, fmt.Errorf("%w: signal %s of machine %s", access.ErrNotFound, signal, machine)
}

// Steps implements energy.Readings. What has not come holds no value.
func (r readingsOf) Steps(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, from, to plant.Micros, n int) ([]energy.Shown, error) {
	tag, err := r.tag(ctx, tenant, machine, signal)
	if err != nil {
		return nil, err
	}
	now := plant.MicrosOf(time.Now())
	out := make([]energy.Shown, n)
	width := (to - from) / plant.Micros(n)
	come := n // parts that are over, read together; the one that runs is read alone
	if to > now {
		come = int(max(0, now-from) / width)
	}
	read := func(first int, from, to plant.Micros, n int) error {
		if n == 0 || to <= from {
			return nil
		}
		buckets, err := r.n.history.Buckets(ctx, tenant, tag, from, to, n)
		if err != nil {
			return fmt.Errorf("signal %s of machine %s: %w", signal, machine, err)
		}
		for i, b := range buckets {
			out[first+i] = shownOf(b)
		}
		return nil
	}
	for i := range out {
		out[i].From, out[i].To = from+width*plant.Micros(i), from+width*plant.Micros(i+1)
	}
	if err := read(0, from, from+width*plant.Micros(come), come); err != nil {
		return nil, err
	}
	if come < n && now > from {
		if err := read(come, from+width*plant.Micros(come), now, 1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func shownOf(b history.Bucket) energy.Shown {
	return energy.Shown{
		From: b.From, To: b.To, Any: b.Count > b.BadCount, First: b.First, Last: b.Last, FirstAt: b.FirstTime, LastAt: b.LastTime,
		Mean: b.TimeAvg, Good: b.GoodTime,
	}
}

// maxCarry is how many bad readings in a row are passed over in search of the last
// good one: a collector writes one at a transition.
const maxCarry = 1000

// Before implements energy.Readings.
func (r readingsOf) Before(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signal string, at plant.Micros) (float64, plant.Micros, bool, error) {
	tag, err := r.tag(ctx, tenant, machine, signal)
	if err != nil {
		return 0, 0, false, err
	}
	for range maxCarry {
		s, ok, err := r.n.history.Before(ctx, tenant, tag, at)
		if err != nil || !ok {
			return 0, 0, false, err
		}
		if !s.Quality.IsBad() {
			return s.Value, s.Time, true, nil
		}
		at = s.Time
	}
	return 0, 0, false, nil
}

// burningOf tells energy what machines did.
type burningOf struct{ n *node }

// Did implements energy.Machines.
func (b burningOf) Did(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) ([]energy.Did, error) {
	all, err := inParts(from, to, func(from, to plant.Micros) ([]equipment.Interval, error) {
		return b.n.desk.Timeline(ctx, access.Scope{Tenant: tenant}, machine, from, to)
	})
	if err != nil {
		return nil, err
	}
	out := make([]energy.Did, 0, len(all))
	for _, i := range all {
		reason, _ := b.n.reasons.Reason(i.Reason)
		out = append(out, energy.Did{From: i.From, To: i.To, What: doing(i.State, reason.Loss), Product: i.Product, Order: i.Order})
	}
	return out, nil
}

// Counted implements energy.Machines.
func (b burningOf) Counted(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Micros) (good, all int64, err error) {
	parts, err := countsOf{b.n.desk, b.n.record.Journal()}.Counted(ctx, tenant, machine, from, to)
	if errors.Is(err, access.ErrNotFound) {
		return 0, 0, nil
	}
	for _, p := range parts {
		good += p.Good
		all += p.Good + p.Scrap + p.Rework
	}
	return good, all, err
}

// doing is a state as energy sees it.
func doing(s equipment.State, loss equipment.Loss) energy.Doing {
	switch {
	case !s.Known:
		return energy.Unknown
	case s.Item == equipment.Executing && s.Mode == equipment.Processing:
		return energy.Producing
	case s.Item == equipment.NotAvailable:
		return energy.SwitchOff
	case loss == equipment.LossStartup:
		return energy.Starting
	case s.Mode == equipment.Setup:
		return energy.SettingUp
	case s.Item == equipment.OutOfService || s.Mode == equipment.Maintenance:
		return energy.Broken
	}
	return energy.Standing
}

// Counter implements energy.Machines.
func (b burningOf) Counter(machine plant.Node) (string, float64) {
	p, ok := b.n.profiles.Get(machine.Machine.Profile)
	if !ok || p.Counters.Energy == nil {
		return "", 0
	}
	return p.Counters.Energy.Signal, p.Counters.Energy.Modulo
}

// madeOf tells energy what was made.
type madeOf struct{ engine *figure.Engine }

// Windows implements energy.Production. Of a time before the place was there it has
// none.
func (m madeOf) Windows(ctx context.Context, scope access.Scope, path string, every energy.Every, from, to plant.Micros) ([]energy.Made, error) {
	scope.Path = path
	all, err := m.engine.Windows(ctx, scope, figure.Kind(every), from, to)
	if errors.Is(err, figure.ErrNoNode) {
		return nil, nil
	}
	out := make([]energy.Made, len(all))
	for i, w := range all {
		out[i] = energy.Made{From: w.From, To: w.To}
	}
	return out, err
}

// Made implements energy.Production. Of a time before the place was there nobody knows.
func (m madeOf) Made(ctx context.Context, scope access.Scope, path string, every energy.Every, from, to plant.Micros) ([]energy.Made, error) {
	scope.Path = path
	all, err := m.engine.QueryMany(ctx, scope, []string{"good", "produced", "apt"}, figure.Kind(every), from, to, figure.ByNone)
	if errors.Is(err, figure.ErrNoNode) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	now := plant.MicrosOf(time.Now())
	value := func(f figure.Figure) float64 {
		if f.Value == nil {
			return 0
		}
		return *f.Value
	}
	var out []energy.Made
	for i, f := range all["good"] {
		one := energy.Made{From: f.Window.From, To: f.Window.To, Good: value(f), Produced: value(all["produced"][i]), BusyHours: value(all["apt"][i]), Known: 1}
		if f.Coverage != nil { // without, nothing was planned: what was made is known to be what it is
			one.Known = *f.Coverage
		}
		if one.To > now {
			one.Known = 0
		}
		out = append(out, one)
	}
	return out, nil
}

// findingsOf tells the list of alarms what energy found.
type findingsOf struct{ alarmsFrom }

const energyRoom alarm.Source = "energy"

// Raise implements energy.Alarms. What stands at a place that is gone is nobody's.
func (f findingsOf) Raise(ctx context.Context, tenant plant.TenantNo, found energy.Finding) error {
	return f.raiseWhere(ctx, tenant, alarm.Signal{Key: found.Key, Place: found.Place, At: found.At, Priority: found.Priority, Text: found.Text, Evidence: found.Evidence})
}

// watchEvery is how often limits of demand are looked at: a quarter of an hour can
// still be held when a minute of it is gone.
const watchEvery = 20 * time.Second

// watchEnergy looks at limits of demand and at baselines until ctx ends.
func (n *node) watchEnergy(ctx context.Context) error {
	desk := n.newEnergy()
	return n.eachTenantEvery(ctx, watchEvery, "limits of demand and baselines are not watched", func(ctx context.Context, tenant plant.TenantNo) error {
		return errors.Join(desk.Watch(ctx, tenant), desk.WatchBaselines(ctx, tenant))
	})
}
