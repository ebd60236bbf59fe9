package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhigai/access"
	calc "zhigai/calc/alarm"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/equipment"
)

// newAlarms makes the desk where alarms come together. Other rooms tell it what they
// found by their own small interfaces, which are adapted here.
func (n *node) newAlarms() *alarm.Desk {
	return alarm.NewDesk(alarm.Options{
		Store: recshop.NewAlarms(n.record), Machines: alarmMachines{n.desk, n.board}, Plant: alarmPlant{nodesOf{placesOf{n.fleet}}, n.fleet},
		History: n.history, Journal: n.record.Journal(), NewID: n.record.NewID, Now: time.Now,
	})
}

// alarmsFrom is the list of alarms as one room tells it: what it found, and that it is
// over. A room adds what its findings are in words.
type alarmsFrom struct {
	desk   *alarm.Desk
	source alarm.Source
}

func (a alarmsFrom) raise(ctx context.Context, tenant plant.TenantNo, s alarm.Signal) error {
	s.Source = a.source
	return a.desk.Raise(ctx, tenant, s)
}

// raiseWhere leaves out what stands at a place that is gone: it is nobody's.
func (a alarmsFrom) raiseWhere(ctx context.Context, tenant plant.TenantNo, s alarm.Signal) error {
	err := a.raise(ctx, tenant, s)
	if errors.Is(err, access.ErrNotFound) {
		return nil
	}
	return err
}

// Clear is of the interfaces of all rooms that find something.
func (a alarmsFrom) Clear(ctx context.Context, tenant plant.TenantNo, key string, at plant.Instant) error {
	return a.desk.Clear(ctx, tenant, a.source, key, at)
}

// alarmMachines tells alarms of profiles and stops, as equipment knows them.
type alarmMachines struct {
	desk  *equipment.Desk
	board *equipment.Board
}

var _ alarm.Machines = alarmMachines{}

// Standing implements alarm.Machines.
func (m alarmMachines) Standing(ctx context.Context, scope access.Scope) ([]alarm.Alarm, error) {
	all, err := m.desk.Standing(ctx, scope, m.board.Alarms(scope))
	return alarmsOf(all), invalidAlarm(err)
}

// Past implements alarm.Machines.
func (m alarmMachines) Past(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]alarm.Alarm, error) {
	all, err := m.desk.Alarms(ctx, scope, node, from, to)
	return alarmsOf(all), invalidAlarm(err)
}

// stopsAtOnce is how long a stretch is read at a time: a machine's timeline is
// folded in memory.
const stopsAtOnce = plant.Micros(7 * 24 * time.Hour / time.Microsecond)

// Stops implements alarm.Machines. Standstills in which the machine lost no planned
// time are none.
func (m alarmMachines) Stops(ctx context.Context, scope access.Scope, node plant.NodeID, from, to plant.Micros) ([]calc.Span, error) {
	var out []calc.Span
	for from < to {
		end := min(to, from+stopsAtOnce)
		f := equipment.StopFilter{Node: node, From: from, To: end, Limit: maxStopsRead}
		for {
			page, err := m.desk.Stops(ctx, scope, f)
			if errors.Is(err, equipment.ErrInvalid) { // shorter than the desk tells apart
				break
			}
			if err != nil {
				return nil, err
			}
			for _, s := range page.Stops { // newest first
				out = append(out, calc.Span{From: int64(s.From), To: int64(s.To)})
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		from = end
	}
	return calc.Joined(out), nil
}

// maxStopsRead is a page of stops.
const maxStopsRead = 500

func alarmsOf(all []equipment.Alarm) []alarm.Alarm {
	out := make([]alarm.Alarm, len(all))
	for i, a := range all {
		out[i] = alarm.Alarm{
			Place: a.Node, Path: a.Path, Name: a.Name, ID: a.ID, Source: alarm.FromProfile, Text: a.Text, Priority: a.Priority,
			From: plant.Instant(a.From), To: plant.Instant(a.To), Open: a.Open, Lost: a.Lost, Earlier: a.Earlier, Evidence: "/machines/" + string(a.Node),
		}
	}
	return out
}

// invalidAlarm gives what equipment refuses the words of alarms.
func invalidAlarm(err error) error {
	if errors.Is(err, equipment.ErrInvalid) {
		return fmt.Errorf("%w: %w", alarm.ErrInvalid, err)
	}
	return err
}

// alarmPlant tells alarms of places and signals.
type alarmPlant struct {
	nodesOf
	fleet *equipment.Fleet
}

var _ alarm.Plant = alarmPlant{}

// Tag implements alarm.Plant.
func (p alarmPlant) Tag(ctx context.Context, tenant plant.TenantNo, no plant.TagNo) (alarm.Tag, error) {
	s, err := p.fleet.At(ctx, tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return alarm.Tag{}, err
	}
	tags, err := p.fleet.TagsOf(ctx, tenant)
	if err != nil {
		return alarm.Tag{}, err
	}
	tag, ok := tags[no]
	if !ok {
		return alarm.Tag{}, fmt.Errorf("%w: tag %d", access.ErrNotFound, no)
	}
	m, ok := s.Machines[tag.Node]
	if !ok {
		return alarm.Tag{}, fmt.Errorf("%w: the machine of tag %d", access.ErrNotFound, no)
	}
	out := alarm.Tag{Tag: *tag, Machine: m.Name, Path: m.Path}
	if link := m.Tags[plant.LinkTag]; link != nil {
		out.Link = link.No
	}
	return out, nil
}
