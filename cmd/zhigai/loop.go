package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/control"
	"zhigai/shop/control/loop"
)

// newControlLoops makes the desk of control loops.
func (n *node) newControlLoops() *loop.Desk {
	started := time.Now()
	return loop.NewDesk(loop.Options{
		Store: recshop.NewLoops(n.record), Machines: loopMachines{placesOf{n.fleet}, n.profiles}, Live: loopLive{n}, Commands: loopCommands{controls{n}},
		Alarms: loopAlarms{alarmsFrom{n.alarms, fromControl}}, Held: n.heldBeside(holdsLoop), Period: n.tariffPeriod, NewID: n.record.NewID, Now: time.Now, Passed: func() time.Duration { return time.Since(started) }, Logger: n.log,
	})
}

// tariffPeriod names the tariff period that runs at a machine.
func (n *node) tariffPeriod(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (string, error) {
	now := plant.MicrosOf(time.Now())
	all, err := n.newEnergy().HoursOf(ctx, access.Scope{Tenant: tenant}, machine, now, now+1)
	if errors.Is(err, access.ErrNotFound) || err == nil && len(all) == 0 {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return string(all[0].Kind), nil
}

// loopMachines tells loops of the plant as it is now.
type loopMachines struct {
	placesOf
	profiles *profile.Library
}

var _ loop.Machines = loopMachines{}

// Machine implements loop.Machines.
func (m loopMachines) Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (loop.Machine, error) {
	s, err := m.now(ctx, tenant)
	if err != nil {
		return loop.Machine{}, err
	}
	for _, nd := range s.Model.Nodes {
		if nd.ID != node || nd.Machine == nil {
			continue
		}
		out := loop.Machine{ID: nd.ID, Path: nd.Path, Name: nd.Name}
		p, ok := m.profiles.Get(nd.Machine.Profile)
		if !ok {
			return loop.Machine{}, fmt.Errorf("%w: the profile %q of %s is not known to this node", loop.ErrInvalid, nd.Machine.Profile, nd.Path)
		}
		known := s.Machines[node]
		for i := range p.Signals {
			one := loopSignal(&p.Signals[i])
			if known != nil && known.Tags[one.Name] != nil {
				one.Tag = known.Tags[one.Name].No
			}
			out.Signals = append(out.Signals, one)
		}
		if nd.Machine.Class == "meter" {
			out.Signals = append(out.Signals, demandSignal)
		}
		return out, nil
	}
	return loop.Machine{}, fmt.Errorf("%w: machine %s", access.ErrNotFound, node)
}

func loopSignal(s *profile.Signal) loop.Signal {
	out := loop.Signal{Name: s.Name, Title: s.Title, Unit: s.Unit, Number: s.Kind != plant.KindText && s.Kind != plant.KindWaveform}
	if w := s.Write; w != nil {
		out.Writable, out.Watchdog, out.Approve, out.Min, out.Max, out.MaxStep, out.MaxRate, out.Tolerance = true, w.Watchdog, w.Approve > 0, w.Min, w.Max, w.MaxStep, w.MaxRate, w.Tolerance
	}
	return out
}

// loopLive reads signals of running devices.
type loopLive struct{ n *node }

var _ loop.Live = loopLive{}

// Values implements loop.Live.
func (l loopLive) Values(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, signals []string) ([]loop.Value, error) {
	s, err := l.n.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	for _, nd := range s.Model.Nodes {
		if nd.ID != machine || nd.Machine == nil {
			continue
		}
		if slices.Equal(signals, []string{demandSignal.Name}) {
			v, err := l.n.demands.of(ctx, tenant, nd.ID)
			return []loop.Value{v}, err
		}
		answers, err := l.n.collector.Ask(ctx, nd.Machine.Device.ID, signals)
		if err != nil {
			return nil, err
		}
		out := make([]loop.Value, len(answers))
		for i, a := range answers {
			out[i] = loop.Value{Number: a.Number, Good: a.Quality == plant.Good && a.At != 0, At: a.At, Why: a.Quality.String()}
			if a.Err != nil {
				out[i].Why += ": " + a.Err.Error()
			}
		}
		return out, nil
	}
	return nil, fmt.Errorf("%w: machine %s", access.ErrNotFound, machine)
}

// loopCommands orders what loops write.
type loopCommands struct{ controls }

var _ loop.Commands = loopCommands{}

// Order implements loop.Commands.
func (c loopCommands) Order(ctx context.Context, by access.Principal, o loop.Order) (string, error) {
	order := control.Order{Node: o.Machine, Signal: o.Signal, Value: fact.Setting{Number: &o.Value}, Note: o.Note, Source: "loop:" + o.Loop, Expires: o.Expires}
	if o.Seen != nil {
		order.Seen = &fact.Setting{Number: o.Seen}
	}
	one, err := c.controls.Order(ctx, by, order)
	return one.ID, err
}

// Wait implements loop.Commands.
func (c loopCommands) Wait(ctx context.Context, tenant plant.TenantNo, id string) (loop.Command, error) {
	one, err := recipeCommands{c.controls}.Wait(ctx, tenant, id)
	return loop.Command{
		State: one.State, Final: one.Final, Confirmed: one.Confirmed, Why: one.Why,
		Lost: one.State == fact.CommandMismatched || one.State == fact.CommandUnknown,
	}, err
}

// loopAlarms carries suspensions to people.
type loopAlarms struct{ alarmsFrom }

const (
	fromControl alarm.Source = "control"
	// loopSuspended is how urgent it is that nobody holds a process any more.
	loopSuspended = 1
)

var _ loop.Alarms = loopAlarms{}

// Raise implements loop.Alarms.
func (a loopAlarms) Raise(ctx context.Context, tenant plant.TenantNo, n loop.Notice) error {
	return a.raise(ctx, tenant, alarm.Signal{Key: n.Key, Place: n.Place, At: n.At, Priority: loopSuspended, Text: n.Text, Evidence: n.Page})
}
