package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/reporting"
	"zhigai/record/nodes"
	"zhigai/web"
)

// reportNodes are the nodes that share reports with this one.
type reportNodes struct{ n *node }

var _ reporting.Nodes = reportNodes{}

// Stations implements reporting.Nodes.
func (r reportNodes) Stations(ctx context.Context, tenant plant.TenantNo) (out reporting.Stations, err error) {
	rows, err := r.n.nodes.Regions(ctx, tenant)
	if err != nil || len(rows) == 0 {
		return out, err
	}
	below, err := r.n.below(ctx)
	if err != nil {
		return out, err
	}
	for _, row := range rows {
		s := reporting.Station{Node: string(row.Node), Name: row.Name, Region: row.Region}
		if up := r.n.worksOf(homeTenant).to.Load(); row.Node == "" && row.Region != "" && up != nil {
			st := up.child.Status(ctx)
			s.Connected, s.Since = st.State == link.StateUp, st.Since.Time()
			out.Own, out.Above = row.Region, &s
			continue
		}
		one, there := below[row.Node]
		if row.Node == "" || row.Region == "" || there && one.Node.Revoked != 0 {
			continue
		}
		if s.Connected = one.Connected; one.Since != 0 {
			s.Since = one.Since.Time()
		}
		out.Below = append(out.Below, s)
	}
	return out, nil
}

// below are the nodes below by key.
func (n *node) below(ctx context.Context) (map[link.NodeID]link.NodeStatus, error) {
	out := map[link.NodeID]link.NodeStatus{}
	if n.down == nil {
		return out, nil
	}
	all, err := n.down.parent.Status(ctx)
	for _, one := range all {
		out[one.Node.ID] = one
	}
	return out, err
}

// Regions implements web.Links.
func (l links) Regions(ctx context.Context) ([]web.NodeRegion, error) {
	rows, err := l.n.nodes.Regions(ctx, homeTenant)
	out := []web.NodeRegion{}
	for _, r := range rows {
		if r.Region != "" {
			out = append(out, web.NodeRegion{Node: r.Node, Region: r.Region, Name: l.n.codes.Regions.Path(r.Region)})
		}
	}
	return out, err
}

// SetRegion implements web.Links: two nodes never speak for the same firms, and
// none for more than this one does.
func (l links) SetRegion(ctx context.Context, id link.NodeID, region, _ string) (out web.NodeRegion, err error) {
	n := l.n
	below, err := n.below(ctx)
	if err != nil {
		return out, err
	}
	one, there := below[id]
	if !there || one.Node.Revoked != 0 {
		return out, fmt.Errorf("node %s: %w", id, link.ErrNotEnrolled)
	}
	tenant := one.Node.Tenant
	rows, err := n.nodes.Regions(ctx, tenant)
	if err != nil {
		return out, err
	}
	out = web.NodeRegion{Node: id, Region: region}
	if region != "" {
		r, err := n.codes.Regions.At(region, time.Now())
		if err != nil {
			return out, web.Invalid("body.code", "%v: write the code of a province, city or county that there is", err)
		}
		out.Name = n.codes.Regions.Path(r.Code)
		if err := n.freeRegion(rows, below, id, r); err != nil {
			return out, err
		}
	}
	if err := n.nodes.SaveRegion(access.With(ctx, web.Who(ctx)), tenant, nodes.Region{Node: id, Region: region, Name: one.Node.Name}); err != nil {
		return out, err
	}
	return out, n.tellAgain(ctx, tenant, region)
}

func (n *node) freeRegion(rows []nodes.Region, below map[link.NodeID]link.NodeStatus, id link.NodeID, r plant.Region) error {
	for _, o := range rows {
		other := plant.RegionPrefix(o.Region)
		switch {
		case o.Node == id || o.Region == "" || o.Node != "" && below[o.Node].Node.Revoked != 0:
		case o.Node == "" && (r.Code == o.Region || !strings.HasPrefix(r.Prefix(), other)):
			return web.Invalid("body.code", "this node speaks for %s itself; a node below speaks for a division within it", n.codes.Regions.Path(o.Region))
		case o.Node != "" && (strings.HasPrefix(other, r.Prefix()) || strings.HasPrefix(r.Prefix(), other)):
			return web.Invalid("body.code", "the node %s speaks for %s already; take that back first", o.Name, n.codes.Regions.Path(o.Region))
		}
	}
	return nil
}

// tellAgain makes facts of all that was done to the reports of a division, so that
// a node that speaks for it from now on, or hears of it first, has all of it. Where
// they are known they change nothing.
func (n *node) tellAgain(ctx context.Context, tenant plant.TenantNo, region string) error {
	if region == "" {
		return nil
	}
	facts, err := n.reporting.Facts(ctx, tenant, region)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(facts, reportsAtOnce) {
		events := make([]fact.Event, len(part))
		for i, f := range part {
			events[i] = fact.New(fact.KindReportStep, "", f.Step.At, "report:"+f.Report, f)
		}
		if _, err := n.record.Journal().Append(ctx, tenant, events...); err != nil {
			return err
		}
	}
	return nil
}

// admitReports leaves out steps that the node may not hand on, and tells it why. A
// step that is here already came from here, or again.
func (n *node) admitReports(ctx context.Context, from link.Node, events []fact.Event) ([]fact.Event, error) {
	var ids []string
	for _, e := range events {
		if e.Kind == fact.KindReportStep {
			ids = append(ids, e.ID)
		}
	}
	if len(ids) == 0 {
		return events, nil
	}
	here, err := n.record.Journal().Events(ctx, from.Tenant, fact.Filter{IDs: ids})
	if err != nil {
		return nil, err
	}
	rows, err := n.nodes.Regions(ctx, from.Tenant)
	if err != nil {
		return nil, err
	}
	speaks := ""
	if i := slices.IndexFunc(rows, func(r nodes.Region) bool { return r.Node == from.ID }); i >= 0 {
		speaks = rows[i].Region
	}
	var out []fact.Event
	for _, e := range events {
		if e.Kind == fact.KindReportStep && !slices.ContainsFunc(here, func(o fact.Event) bool { return o.ID == e.ID }) {
			var f reporting.Fact
			reason := "it cannot be read"
			if json.Unmarshal(e.Payload, &f) == nil {
				reason = f.Refused(n.codes.Regions, speaks)
			}
			if reason != "" {
				if err := n.refuseReport(ctx, from, e, f, reason); err != nil {
					return nil, err
				}
				continue
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// refuseReport records that a step was not taken, once however often it comes; the
// fact is told to the node that sent it.
func (n *node) refuseReport(ctx context.Context, from link.Node, e fact.Event, f reporting.Fact, reason string) error {
	source := "report-refused:" + e.ID
	had, err := n.record.Journal().Events(ctx, from.Tenant, fact.Filter{Sources: []string{source}, Limit: 1})
	if err != nil || len(had) > 0 {
		return err
	}
	r := reporting.Refusal{Report: f.Report, Seq: f.Step.Seq, What: f.Step.What, Node: string(from.ID), Name: from.Name, By: n.down.name, At: time.Now().UTC().Truncate(time.Microsecond), Reason: reason}
	if err := n.access.Record(ctx, access.Principal{User: "node:" + string(from.ID), Name: from.Name, Scope: access.Scope{Tenant: from.Tenant}}, "report.refused", r.Report, nil, r); err != nil {
		return err
	}
	told := fact.New(fact.KindReportRefused, "", r.At, source, r)
	told.SourceSeq = 1
	_, err = n.record.Journal().Append(ctx, from.Tenant, told)
	return err
}
