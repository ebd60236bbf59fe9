package display

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/fact/document"
	"zhigai/plant"
)

// Options of a desk. All are required.
type Options struct {
	Store  Store
	Plant  Plant
	Rooms  Rooms
	Trends Trends
	Now    func() time.Time
}

// Desk answers with displays and keeps their layouts. Its methods may be called
// concurrently.
type Desk struct {
	o      Options
	mu     sync.Mutex // guards trends
	trends map[trendKey]Trend
}

// NewDesk makes a desk.
func NewDesk(o Options) *Desk { return &Desk{o: o, trends: map[trendKey]Trend{}} }

// Save keeps which signals stand on a tile; without any, those stand there again that
// nobody needs to choose.
func (d *Desk) Save(ctx context.Context, who access.Principal, l Layout) (Layout, error) {
	places, err := d.o.Plant.Places(ctx, who.Scope)
	if err != nil {
		return Layout{}, err
	}
	i := slices.IndexFunc(places, func(p Place) bool { return p.ID == l.Place })
	if i < 0 || !who.Scope.Allows(places[i].Path) {
		return Layout{}, fmt.Errorf("%w: place %s", access.ErrNotFound, l.Place)
	}
	at := places[i]
	if !who.May(access.Engineer, at.Path) {
		return Layout{}, fmt.Errorf("%w: displays at %s", access.ErrForbidden, at.Path)
	}
	if err := d.check(ctx, who, at, places, l); err != nil {
		return Layout{}, err
	}
	old, err := document.Read[Layout](d.o.Store.Document(ctx, who.Scope.Tenant, KindLayout, string(l.Place)))
	if err != nil && !errors.Is(err, access.ErrNotFound) {
		return Layout{}, err
	}
	if old.Rev != l.Rev {
		return Layout{}, conflict("the tile's layout has revision %d, not %d", old.Rev, l.Rev)
	}
	seen := l.Rev
	l.Rev, l.Path, l.By, l.At = seen+1, at.Path, who.Name, plant.InstantOf(d.o.Now())
	doc := document.Document{Kind: KindLayout, ID: string(l.Place), Place: l.Place, Path: at.Path, Open: len(l.Indicators) > 0, By: who.Name}
	return l, document.Save(ctx, d.o.Store, who.Scope.Tenant, doc, l, seen, l.At)
}

// check refuses a layout of signals that are not there.
func (d *Desk) check(ctx context.Context, who access.Principal, at Place, places []Place, l Layout) error {
	if len(l.Indicators) > maxIndicators {
		return invalid("%d indicators on one tile; %d are seen at a glance", len(l.Indicators), maxIndicators)
	}
	chosen := map[Choice]bool{}
	for i, c := range l.Indicators {
		same := Choice{Machine: c.Machine, Signal: c.Signal}
		if chosen[same] {
			return invalid("indicators[%d]: %s stands on the tile already", i, c.Signal)
		}
		chosen[same] = true
		j := slices.IndexFunc(places, func(p Place) bool { return p.ID == c.Machine && p.Machine })
		if j < 0 || !plant.Within(places[j].Path, at.Path) {
			return invalid("indicators[%d]: there is no machine %s at %s", i, c.Machine, at.Path)
		}
		signals, err := d.o.Plant.Signals(ctx, who.Scope.Tenant, c.Machine)
		if err != nil {
			return err
		}
		switch k := slices.IndexFunc(signals, func(s Signal) bool { return s.Name == c.Signal }); {
		case k < 0:
			return invalid("indicators[%d]: %s has no signal %q; choose one of its list", i, places[j].Path, c.Signal)
		case !signals[k].Number:
			return invalid("indicators[%d]: %s is no measured number; an indicator moves with one", i, c.Signal)
		case !finite(c.Low, c.High):
			return invalid("indicators[%d]: a normal range is of numbers", i)
		case c.Low != nil && c.High != nil && *c.Low >= *c.High:
			return invalid("indicators[%d]: the normal range %v to %v; the smaller one is first", i, *c.Low, *c.High)
		}
	}
	return nil
}

// Overview is the display of a place as it is now, or of all areas where place is empty.
// Only what the scope allows is on it.
func (d *Desk) Overview(ctx context.Context, scope access.Scope, place plant.NodeID) (Overview, error) {
	places, err := d.o.Plant.Places(ctx, scope)
	if err != nil {
		return Overview{}, err
	}
	out := Overview{At: plant.InstantOf(d.o.Now()), Level: 1, Tiles: []Tile{}, Rules: []Rule{}}
	tiles := areas(places, scope)
	if place != "" {
		i := slices.IndexFunc(places, func(p Place) bool { return p.ID == place })
		if i < 0 {
			return Overview{}, fmt.Errorf("%w: place %s", access.ErrNotFound, place)
		}
		out.Level, out.Place = 2, &places[i].At
		tiles = machinesOf(places, scope, places[i].Path)
	}
	all, err := d.gather(ctx, scope)
	if err != nil {
		return Overview{}, err
	}
	layouts, err := document.ReadAll[Layout](d.o.Store.Documents(ctx, document.Filter{Scope: scope, Kind: KindLayout, Limit: maxLayouts}))
	if err != nil {
		return Overview{}, err
	}
	for _, of := range tiles {
		t, err := d.tile(ctx, scope, of, all, layouts, out.At)
		if err != nil {
			return Overview{}, err
		}
		if out.Level == 2 {
			if t.SetPoints, err = d.setPoints(ctx, scope.Tenant, of, all); err != nil {
				return Overview{}, err
			}
		}
		out.Tiles = append(out.Tiles, t)
		out.Alarms.add(t.Alarms)
		out.Waiting += t.Commands.Waiting
	}
	for _, r := range all.rules {
		on := func(t Tile) bool { return plant.Within(r.Path, t.Path) }
		if !slices.ContainsFunc(out.Tiles, on) && (out.Place == nil || plant.Within(r.Path, out.Place.Path)) {
			out.Rules = append(out.Rules, r)
		}
	}
	return out, nil
}

// group is a tile with the machines that it stands for.
type group struct {
	at       Place
	machines []Place
}

// areas groups the machines of the scope by the area in which they stand; one without
// an area stands for itself by what it stands in.
func areas(places []Place, scope access.Scope) []group {
	byPath := map[string]Place{}
	for _, p := range places {
		byPath[p.Path] = p
	}
	var out []group
	for _, p := range places {
		if !p.Machine || !scope.Allows(p.Path) {
			continue
		}
		at := p
		for path := plant.ParentPath(p.Path); path != ""; path = plant.ParentPath(path) {
			above, ok := byPath[path]
			if !ok || above.Level == plant.LevelSite || above.Level == plant.LevelEnterprise {
				break
			}
			at = above
		}
		i := slices.IndexFunc(out, func(g group) bool { return g.at.ID == at.ID })
		if i < 0 {
			i, out = len(out), append(out, group{at: at})
		}
		out[i].machines = append(out[i].machines, p)
	}
	slices.SortFunc(out, func(a, b group) int { return strings.Compare(a.at.Path, b.at.Path) })
	return out
}

// machinesOf is a tile for each machine at a place.
func machinesOf(places []Place, scope access.Scope, path string) []group {
	var out []group
	for _, p := range places {
		if p.Machine && scope.Allows(p.Path) && plant.Within(p.Path, path) {
			out = append(out, group{p, []Place{p}})
		}
	}
	return out
}

// gathered is what the rooms told of one look.
type gathered struct {
	live     map[plant.NodeID]Live
	loops    []Loop
	rules    []Rule
	commands []Command
	alarms   []Alarm
	limits   []Limit
}

func (d *Desk) gather(ctx context.Context, scope access.Scope) (all gathered, err error) {
	r := d.o.Rooms
	if all.live, err = r.Live(ctx, scope); err != nil {
		return all, err
	}
	if all.loops, err = r.Loops(ctx, scope); err != nil {
		return all, err
	}
	if all.rules, err = r.Rules(ctx, scope); err != nil {
		return all, err
	}
	if all.commands, err = r.Commands(ctx, scope); err != nil {
		return all, err
	}
	if all.alarms, err = r.Alarms(ctx, scope); err != nil {
		return all, err
	}
	all.limits, err = r.Limits(ctx, scope)
	return all, err
}
