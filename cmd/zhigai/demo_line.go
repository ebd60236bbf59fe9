package main

import (
	"cmp"
	"context"
	"slices"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/line"
)

// layOutDemo makes the demo plant's site one line, its areas in the order in which
// parts go through them, unless somebody has laid one out before.
func (n *node) layOutDemo(ctx context.Context, who access.Principal, site plant.NodeID, way demoWay) error {
	desk := n.newLines()
	known, err := desk.Lines(ctx, who.Scope)
	if err != nil || len(known) > 0 {
		return err
	}
	layout, err := desk.Propose(ctx, who.Scope, site)
	if err != nil {
		return err
	}
	slices.SortStableFunc(layout.Stations, func(a, b line.Station) int { return cmp.Compare(way.at(a.Code), way.at(b.Code)) })
	for i := range layout.Links {
		layout.Links[i].From, layout.Links[i].To = layout.Stations[i].Code, layout.Stations[i+1].Code
	}
	_, err = desk.Save(ctx, who, layout)
	return err
}

// at is where an area stands in the way of a part.
func (w demoWay) at(area string) int {
	return slices.IndexFunc(w.Segments, func(s demoSegment) bool { return s.Area == area })
}
