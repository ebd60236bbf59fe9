package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/connect/profile"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
	"zhigai/shop/control/display"
	"zhigai/shop/control/loop"
	linerule "zhigai/shop/control/rule"
)

// newDisplays makes the desk of a control room's displays.
func (n *node) newDisplays() *display.Desk {
	return display.NewDesk(display.Options{
		Store: recshop.NewDisplays(n.record), Plant: displayPlant{n, placesOf{n.fleet}}, Rooms: displayRooms{n}, Trends: displayTrends{n}, Now: time.Now,
	})
}

// displayPlant tells displays of the plant as it is now.
type displayPlant struct {
	n *node
	placesOf
}

var _ display.Plant = displayPlant{}

// Places implements display.Plant.
func (p displayPlant) Places(ctx context.Context, scope access.Scope) ([]display.Place, error) {
	s, err := p.now(ctx, scope.Tenant)
	if err != nil {
		return nil, err
	}
	var out []display.Place
	for _, nd := range s.Model.Nodes {
		above := slices.ContainsFunc(scope.Places(), func(path string) bool { return plant.Within(path, nd.Path) })
		if above || scope.Allows(nd.Path) {
			out = append(out, display.Place{At: display.At{ID: nd.ID, Path: nd.Path, Name: nd.Name, Level: nd.Level}, Machine: nd.Machine != nil})
		}
	}
	slices.SortFunc(out, func(a, b display.Place) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Signals implements display.Plant.
func (p displayPlant) Signals(ctx context.Context, tenant plant.TenantNo, machine plant.NodeID) ([]display.Signal, error) {
	s, err := p.now(ctx, tenant)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.ID == machine && nd.Machine != nil })
	if i < 0 {
		return nil, fmt.Errorf("%w: machine %s", access.ErrNotFound, machine)
	}
	nd := s.Model.Nodes[i]
	kind, ok := p.n.profiles.Get(nd.Machine.Profile)
	if !ok { // known to another node; nothing of it is shown here
		return nil, nil
	}
	out := make([]display.Signal, 0, len(kind.Signals))
	for i := range kind.Signals {
		one := displaySignal(&kind.Signals[i], nd.Machine.Device.Writing)
		if known := s.Machines[machine]; known != nil && known.Tags[one.Name] != nil {
			one.Tag = known.Tags[one.Name].No
		}
		out = append(out, one)
	}
	return out, nil
}

func displaySignal(s *profile.Signal, writing bool) display.Signal {
	out := display.Signal{Name: s.Name, Title: s.Title, Unit: s.Unit, Number: s.Kind == plant.KindNumber, Min: s.Min, Max: s.Max}
	if w := s.Write; w != nil && !w.Watchdog {
		out.SetPoint = &display.SetPoint{Signal: s.Name, Title: s.Title, Unit: s.Unit, Min: w.Min, Max: w.Max, Approve: w.Approve, Writing: writing}
		if w.Interlock != nil {
			out.SetPoint.Interlock = &w.Interlock.Text
		}
	}
	return out
}

// displayRooms tells displays what the other rooms know.
type displayRooms struct{ n *node }

var _ display.Rooms = displayRooms{}

// Live implements display.Rooms.
func (r displayRooms) Live(_ context.Context, scope access.Scope) (map[plant.NodeID]display.Live, error) {
	all, _ := r.n.board.Snapshot(scope)
	out := make(map[plant.NodeID]display.Live, len(all))
	for _, l := range all {
		one := display.Live{State: display.State{Code: "UNKNOWN", Mode: "NONE", Since: plant.Instant(l.Since), Link: l.Link}, Excluded: l.Excluded, Values: make(map[string]display.Value, len(l.Values))}
		if l.State.Known {
			one.Code, one.Mode = l.State.Item.String(), l.State.Mode.String()
		}
		for _, v := range l.Values {
			one.Values[v.Name] = display.Value{Number: v.Number, Quality: v.Quality, Good: v.Quality == plant.Good.String(), At: plant.Instant(v.Time)}
		}
		out[l.Node] = one
	}
	return out, nil
}

// Loops implements display.Rooms.
func (r displayRooms) Loops(ctx context.Context, scope access.Scope) ([]display.Loop, error) {
	all, err := r.n.loops.Views(ctx, loop.Filter{Scope: scope})
	out := make([]display.Loop, 0, len(all))
	for _, v := range all {
		l := v.Loop
		one := display.Loop{
			ID: l.Series, Name: l.Name, Mode: string(v.Run.Mode), Machine: l.Machine, Held: l.PV.Machine, Signal: l.PV.Signal, Output: l.Output, Unit: l.PV.Unit, OutUnit: l.OutputUnit,
			Low: l.SPLow, High: l.SPHigh, Reason: v.Run.Reason, Path: l.Path, Watchdog: l.Watchdog != nil,
		}
		if now := v.Now; now != nil {
			one.PV, one.Out, one.SP = now.PV, now.Output, now.SP
			if one.SP == nil {
				one.SP = &v.Run.SP
			}
			if one.Reason == "" {
				one.Reason = now.Wrong
			}
		}
		out = append(out, one)
	}
	return out, err
}

const (
	// displayFirings are the latest firings of all rules among which the last of each
	// is looked for.
	displayFirings = 300
	// displayed bounds the rules, alarms and limits of one display.
	displayed = 1000
)

// Rules implements display.Rooms.
func (r displayRooms) Rules(ctx context.Context, scope access.Scope) ([]display.Rule, error) {
	all, err := r.n.lineRules.Rules(ctx, linerule.Filter{Scope: scope, Open: true, Limit: displayed})
	if err != nil || len(all) == 0 {
		return nil, err
	}
	fired, err := r.n.lineRules.Firings(ctx, linerule.Filter{Scope: scope, Limit: displayFirings})
	if err != nil {
		return nil, err
	}
	last := map[string]plant.Instant{}
	for _, f := range fired {
		last[f.Series] = max(last[f.Series], f.From)
	}
	var out []display.Rule
	for _, one := range all {
		if one.State != linerule.Shadow && one.State != linerule.Active && one.State != linerule.Suspended {
			continue
		}
		s := r.n.lineRules.Status(one.ID)
		out = append(out, display.Rule{ID: one.ID, Name: one.Name, State: string(one.State), Path: one.Path, Standing: s.Standing, Last: last[one.Series], Blind: s.Blind != 0})
	}
	return out, nil
}

// Commands implements display.Rooms. Those given at other nodes are not among them: they
// are seen there.
func (r displayRooms) Commands(ctx context.Context, scope access.Scope) ([]display.Command, error) {
	open := r.n.worksOf(scope.Tenant).control.Open()
	if len(open) == 0 {
		return nil, nil
	}
	s, err := r.n.fleet.At(ctx, scope.Tenant, plant.MicrosOf(time.Now()))
	if err != nil {
		return nil, err
	}
	var out []display.Command
	for _, c := range open {
		if i := slices.IndexFunc(s.Model.Nodes, func(nd plant.Node) bool { return nd.ID == c.Node }); i >= 0 && scope.Allows(s.Model.Nodes[i].Path) {
			out = append(out, display.Command{Path: s.Model.Nodes[i].Path, Waiting: c.Waiting})
		}
	}
	return out, nil
}

// Alarms implements display.Rooms.
func (r displayRooms) Alarms(ctx context.Context, scope access.Scope) ([]display.Alarm, error) {
	page, err := r.n.alarms.Now(ctx, scope, alarm.Filter{Open: true, Limit: displayed})
	out := make([]display.Alarm, 0, len(page.Alarms))
	for _, a := range page.Alarms {
		one := display.Alarm{Place: a.Place, Path: a.Path, ID: a.ID, Text: a.Text, Priority: a.Priority, From: a.From, Unacked: a.Acked == nil}
		if a.Limit != nil {
			one.Tag = a.Limit.Tag
		}
		out = append(out, one)
	}
	return out, err
}

// Limits implements display.Rooms.
func (r displayRooms) Limits(ctx context.Context, scope access.Scope) ([]display.Limit, error) {
	all, err := r.n.alarms.Limits(ctx, alarm.LimitFilter{Scope: scope, Stage: alarm.Live, Limit: displayed})
	var out []display.Limit
	for _, l := range all {
		if l.Kind == "hi" || l.Kind == "lo" {
			out = append(out, display.Limit{Machine: l.Node, Signal: l.Signal, Mark: display.Mark{Kind: string(l.Kind), Value: l.Value, Priority: l.Priority}})
		}
	}
	return out, err
}

// displayTrends reads what signals did.
type displayTrends struct{ n *node }

var _ display.Trends = displayTrends{}

// Trend implements display.Trends.
func (t displayTrends) Trend(ctx context.Context, tenant plant.TenantNo, tag plant.TagNo, from, to plant.Micros, n int) (low, high []*float64, err error) {
	all, err := t.n.history.Buckets(ctx, tenant, tag, from, to, n)
	low, high = make([]*float64, 0, len(all)), make([]*float64, 0, len(all))
	for _, b := range all {
		if b.Count == 0 && b.GoodTime == 0 {
			low, high = append(low, nil), append(high, nil)
			continue
		}
		if b.Count == 0 { // the value before holds on
			b.Min, b.Max = b.TimeAvg, b.TimeAvg
		}
		low, high = append(low, &b.Min), append(high, &b.Max)
	}
	return low, high, err
}
