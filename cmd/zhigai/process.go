package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/control"
	"zhigai/shop/equipment"
	recipes "zhigai/shop/process"
	"zhigai/shop/production"
)

// newProcess makes the desk of recipes.
func (n *node) newProcess() *recipes.Desk {
	return recipes.NewDesk(recipes.Options{
		Store: recshop.NewProcess(n.record), Machines: recipeMachines{placesOf{n.fleet}, n.profiles}, Commands: recipeCommands{controls{n}},
		Jobs: recipeJobs{recshop.NewProduction(n.record), didOf{n.desk}}, History: n.history, Alarms: recipeAlarms{alarmsFrom{n.alarms, fromProcess}}, Use: toolUse{countsOf{n.desk, n.record.Journal()}, n.newProduction(), recshop.NewProduction(n.record)},
		NewID: n.record.NewID, Now: time.Now, Logger: n.log,
	})
}

// recipeMachines tells recipes of the plant as it is now.
type recipeMachines struct {
	placesOf
	profiles *profile.Library
}

var _ recipes.Machines = recipeMachines{}

// Machine implements recipes.Machines.
func (m recipeMachines) Machine(ctx context.Context, tenant plant.TenantNo, node plant.NodeID) (recipes.Machine, error) {
	at, err := m.Place(ctx, tenant, node)
	if err != nil {
		return recipes.Machine{}, err
	}
	out := recipes.Machine{ID: at.ID, Path: at.Path, Name: at.Name, Above: at.Above}
	s, err := m.now(ctx, tenant)
	if err != nil {
		return recipes.Machine{}, err
	}
	for _, nd := range s.Model.Nodes {
		if nd.ID == node && nd.Machine != nil {
			out.Profile = nd.Machine.Profile
		}
	}
	out.Signals, _ = m.Kind(out.Profile)
	if known := s.Machines[node]; known != nil {
		for i := range out.Signals {
			if tag := known.Tags[out.Signals[i].Name]; tag != nil {
				out.Signals[i].Tag = tag.No
			}
		}
	}
	return out, nil
}

// Kind implements recipes.Machines.
func (m recipeMachines) Kind(id string) ([]recipes.Signal, bool) {
	p, ok := m.profiles.Get(id)
	if !ok {
		return nil, false
	}
	out := make([]recipes.Signal, len(p.Signals))
	for i, s := range p.Signals {
		out[i] = recipes.Signal{Name: s.Name, Title: s.Title, Unit: s.Unit, Number: s.Kind != plant.KindText && s.Kind != plant.KindWaveform, Writable: s.Write != nil}
		if s.Write != nil {
			out[i].Min, out[i].Max = s.Write.Min, s.Write.Max
		}
	}
	return out, true
}

// recipeCommands orders the values of a recipe as commands.
type recipeCommands struct{ controls }

var _ recipes.Commands = recipeCommands{}

// Order implements recipes.Commands. What control refuses is said in its words.
func (c recipeCommands) Order(ctx context.Context, by access.Principal, machine plant.NodeID, signal string, value float64, note, key string) (string, error) {
	one, err := c.controls.Order(ctx, by, control.Order{Node: machine, Signal: signal, Value: fact.Setting{Number: &value}, Note: note, Key: key})
	return one.ID, err
}

// Wait implements recipes.Commands.
func (c recipeCommands) Wait(ctx context.Context, tenant plant.TenantNo, id string) (recipes.Command, error) {
	one, err := c.controls.Wait(ctx, access.Scope{Tenant: tenant}, id)
	if err != nil {
		return recipes.Command{}, err
	}
	out := recipes.Command{ID: one.ID, State: one.State, Final: one.Final(), Confirmed: one.State == fact.CommandConfirmed, Why: one.State}
	for _, s := range one.Steps {
		if s.Read != nil {
			out.Read = s.Read.Number
		}
		if s.Detail != "" {
			out.Why = one.State + ": " + s.Detail
		}
		for _, check := range s.Checks {
			if check.Result == fact.CheckFailed {
				out.Why = fmt.Sprintf("%s: %s: %s", one.State, check.Check, check.Detail)
			}
		}
	}
	return out, nil
}

// recipeJobs tells recipes what ran where.
type recipeJobs struct {
	store production.Store
	did   didOf
}

var _ recipes.Jobs = recipeJobs{}

// Limits of what is read of production at once.
const (
	runningAtOnce = 5000
	orderedAtOnce = 2000
)

// Running implements recipes.Jobs.
func (j recipeJobs) Running(ctx context.Context, tenant plant.TenantNo) ([]recipes.Run, error) {
	all, err := j.store.Jobs(ctx, access.Scope{Tenant: tenant}, nil, runningAtOnce)
	if err != nil {
		return nil, err
	}
	out := []recipes.Run{}
	for _, h := range all {
		if h.State == production.Running && h.Equipment != "" {
			out = append(out, recipes.Run{Order: h.Order, Number: h.Number, Job: h.No, Item: h.Product, Machine: h.Equipment, From: h.Since})
		}
	}
	return out, nil
}

// Runs implements recipes.Jobs.
func (j recipeJobs) Runs(ctx context.Context, tenant plant.TenantNo, from, to plant.Instant) ([]recipes.Run, error) {
	heads, err := j.store.Orders(ctx, tenant, production.OrderFilter{Scope: access.Scope{Tenant: tenant}, During: production.Interval{From: from, To: to}, Limit: orderedAtOnce + 1})
	if err != nil {
		return nil, err
	}
	if len(heads) > orderedAtOnce {
		return nil, fmt.Errorf("%w: more than %d orders; choose a shorter time", recipes.ErrInvalid, orderedAtOnce)
	}
	out := []recipes.Run{}
	for _, h := range heads {
		steps, err := j.store.Steps(ctx, tenant, h.ID)
		if err != nil {
			return nil, err
		}
		o := production.Fold(h.ID, steps)
		for _, job := range o.Jobs {
			for _, r := range job.Runs {
				if r.From < to && (r.To == 0 || r.To > from) {
					out = append(out, recipes.Run{Order: o.ID, Number: o.Number, Job: job.No, Item: o.Product, Machine: r.Equipment, From: r.From, To: r.To})
				}
			}
		}
	}
	return out, nil
}

// End implements recipes.Jobs.
func (j recipeJobs) End(ctx context.Context, tenant plant.TenantNo, r recipes.Run) (plant.Instant, error) {
	steps, err := j.store.Steps(ctx, tenant, r.Order)
	if err != nil {
		return 0, err
	}
	o := production.Fold(r.Order, steps)
	if job, ok := o.Job(r.Job); ok {
		for _, one := range job.Runs {
			if one.Equipment == r.Machine && one.From == r.From {
				return one.To, nil
			}
		}
	}
	return 0, nil
}

// Produced implements recipes.Jobs: the time in which the machine said that it
// processes, whatever the calendar had planned.
func (j recipeJobs) Produced(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) ([]recipes.Span, error) {
	did, err := j.did.during(ctx, tenant, machine, []production.Interval{{From: from, To: to}})
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return nil, err
	}
	var out []recipes.Span
	for _, i := range did {
		if i.State != equipment.Of(equipment.Executing, equipment.Processing) {
			continue
		}
		s := recipes.Span{From: max(from, plant.Instant(i.From)), To: min(to, plant.Instant(i.To))}
		if n := len(out); n > 0 && out[n-1].To == s.From {
			out[n-1].To = s.To
			continue
		}
		if s.From < s.To {
			out = append(out, s)
		}
	}
	return out, nil
}

// recipeAlarms carries deviations to people.
type recipeAlarms struct{ alarmsFrom }

const (
	fromProcess alarm.Source = "process"
	// deviated is how urgent a deviation is: parts are being made as nobody approved.
	deviated = 2
)

var _ recipes.Alarms = recipeAlarms{}

// Raise implements recipes.Alarms.
func (a recipeAlarms) Raise(ctx context.Context, tenant plant.TenantNo, n recipes.Notice) error {
	return a.raise(ctx, tenant, alarm.Signal{Key: n.Key, Place: n.Place, At: n.At, Priority: deviated, Text: n.Text, Evidence: n.Page})
}

// toolUse tells what tools were used for.
type toolUse struct {
	counts countsOf
	desk   *production.Desk
	store  production.Store
}

var _ recipes.Use = toolUse{}

// Parts implements recipes.Use.
func (u toolUse) Parts(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID, from, to plant.Instant) (int64, error) {
	all, err := u.counts.Counted(ctx, tenant, machine, from.Micros(), to.Micros())
	sum := int64(0)
	for _, c := range all {
		sum += c.Good + c.Scrap + c.Rework
	}
	return sum, err
}

// Lot implements recipes.Use.
func (u toolUse) Lot(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) (*recipes.Lot, error) {
	all, err := u.store.Jobs(ctx, access.Scope{Tenant: tenant}, []plant.NodeID{machine}, runningAtOnce)
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		if h.State != production.Running {
			continue
		}
		v, err := u.desk.View(ctx, access.Node(tenant), h.Order)
		if err != nil {
			return nil, err
		}
		for _, j := range v.Jobs {
			if j.No == h.No {
				return &recipes.Lot{Quantity: j.Quantity, Left: max(0, j.Quantity-j.Made.Good)}, nil
			}
		}
	}
	return nil, nil
}
