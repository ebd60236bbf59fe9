package main

import (
	"context"
	"encoding/json"
	"errors"
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
)

const (
	// exchangeEvery is how often is looked for steps of reports to keep and to tell.
	exchangeEvery = 2 * time.Second
	// takenReports names the reader that keeps steps from below, toldReports the one
	// that tells a node below.
	takenReports = "reports"
	toldReports  = "reports-of:"
	// reportVerb is what a node below is told of reports by.
	reportVerb = "reports"
	// reportsAtOnce are facts of one step, reportBytes those of one message: the
	// values of a report are some ten thousand bytes.
	reportsAtOnce = 100
	reportBytes   = 512 << 10
)

var reportKinds = []fact.Kind{fact.KindReportStep, fact.KindReportRefused}

// reportNews is what a node below is told: for which division it speaks, who says
// so, and what was done to reports of it.
type reportNews struct {
	Region string       `json:"region"`
	By     string       `json:"by"`
	Events []fact.Event `json:"events"`
}

// exchangeReports keeps what nodes below say of their reports and tells them what
// was done here and above, until ctx ends.
func (n *node) exchangeReports(ctx context.Context) error {
	t := reportTeller{newest: map[plant.TenantNo]uint64{}, told: map[link.NodeID]uint64{}, region: map[link.NodeID]string{}}
	for {
		if err := n.eachTenant(ctx, "reports of nodes below not kept: will try again", n.takeFromBelow); err != nil && ctx.Err() == nil {
			n.log.Error("reports of nodes below not kept: will try again", "err", err)
		}
		if err := n.tellReports(ctx, t); err != nil && ctx.Err() == nil {
			n.log.Error("reports: will tell nodes below again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(exchangeEvery):
		}
	}
}

// takeFromBelow keeps the steps that came with the journal.
func (n *node) takeFromBelow(ctx context.Context, tenant plant.TenantNo) error {
	journal := n.record.Journal()
	at, err := journal.Cursor(ctx, tenant, takenReports)
	if err != nil {
		return err
	}
	for {
		events, err := journal.Events(ctx, tenant, fact.Filter{AfterSeq: at, Kinds: reportKinds[:1], Limit: reportsAtOnce})
		if err != nil || len(events) == 0 {
			return err
		}
		if err := n.takeSteps(ctx, tenant, events); err != nil {
			return err
		}
		at = events[len(events)-1].Seq
		if err := journal.SaveCursor(ctx, tenant, takenReports, at); err != nil {
			return err
		}
	}
}

func (n *node) takeSteps(ctx context.Context, tenant plant.TenantNo, events []fact.Event) error {
	var facts []reporting.Fact
	for _, e := range events {
		if e.Kind != fact.KindReportStep {
			continue
		}
		var f reporting.Fact
		if err := json.Unmarshal(e.Payload, &f); err != nil {
			return fmt.Errorf("step of a report, event %s: %w", e.ID, err)
		}
		facts = append(facts, f)
	}
	return n.reporting.Take(ctx, tenant, facts)
}

// reportTeller remembers what nodes below were told.
type reportTeller struct {
	newest map[plant.TenantNo]uint64
	told   map[link.NodeID]uint64
	region map[link.NodeID]string
}

// tellReports tells every node below that is there what it has not been told.
func (n *node) tellReports(ctx context.Context, t reportTeller) error {
	below, err := n.below(ctx)
	if err != nil {
		return err
	}
	regions := map[plant.TenantNo]map[link.NodeID]string{}
	var errs []error
	for _, one := range below {
		tenant := one.Node.Tenant
		if !one.Connected || one.Node.Revoked != 0 {
			continue
		}
		if regions[tenant] == nil {
			if regions[tenant], err = n.reportNews(ctx, tenant, t); err != nil {
				return err
			}
		}
		if err := n.tellReportsTo(ctx, one.Node, regions[tenant], t); err != nil && !errors.Is(err, link.ErrNotConnected) { // it is told when it is back
			errs = append(errs, fmt.Errorf("node %s: %w", one.Node.Name, err))
		}
	}
	return errors.Join(errs...)
}

// reportNews looks for newer facts of the tenant and gives the divisions of its
// nodes.
func (n *node) reportNews(ctx context.Context, tenant plant.TenantNo, t reportTeller) (map[link.NodeID]string, error) {
	rows, err := n.nodes.Regions(ctx, tenant)
	out := map[link.NodeID]string{}
	for _, r := range rows {
		out[r.Node] = r.Region
	}
	for err == nil {
		var events []fact.Event
		events, err = n.record.Journal().Events(ctx, tenant, fact.Filter{AfterSeq: t.newest[tenant], Kinds: reportKinds, Limit: reportsAtOnce})
		if len(events) == 0 {
			break
		}
		t.newest[tenant] = events[len(events)-1].Seq
	}
	return out, err
}

func (n *node) tellReportsTo(ctx context.Context, to link.Node, regions map[link.NodeID]string, t reportTeller) (err error) {
	journal := n.record.Journal()
	region, has := regions[to.ID]
	if was, told := t.region[to.ID]; has && (!told || was != region) {
		if err := n.sayReports(ctx, to, reportNews{Region: region, By: n.down.name}); err != nil {
			return err
		}
		t.region[to.ID] = region
	}
	if _, known := t.told[to.ID]; !known {
		if t.told[to.ID], err = journal.Cursor(ctx, to.Tenant, toldReports+string(to.ID)); err != nil {
			return err
		}
	}
	for t.told[to.ID] < t.newest[to.Tenant] {
		events, err := journal.Events(ctx, to.Tenant, fact.Filter{AfterSeq: t.told[to.ID], Kinds: reportKinds, Limit: reportsAtOnce})
		if err != nil || len(events) == 0 {
			return err
		}
		through := events[len(events)-1].Seq
		events = slices.DeleteFunc(events, func(e fact.Event) bool { return !reportFor(e, to.ID, region) })
		for len(events) > 0 {
			size, k := 0, 0
			for ; k < len(events) && (k == 0 || size+len(events[k].Payload) <= reportBytes); k++ {
				size += len(events[k].Payload)
			}
			if err := n.sayReports(ctx, to, reportNews{Region: region, By: n.down.name, Events: events[:k]}); err != nil {
				return err
			}
			events = events[k:]
		}
		if err := journal.SaveCursor(ctx, to.Tenant, toldReports+string(to.ID), through); err != nil {
			return err
		}
		t.told[to.ID] = through
	}
	return nil
}

// reportFor reports whether a node below that speaks for the division is to hear
// of the fact: of steps in its division, and of what was refused to it.
func reportFor(e fact.Event, node link.NodeID, region string) bool {
	var said struct{ Report, Node string }
	if json.Unmarshal(e.Payload, &said) != nil {
		return false
	}
	if e.Kind == fact.KindReportRefused {
		return said.Node == string(node)
	}
	_, code, _ := strings.Cut(said.Report, ".")
	return region != "" && strings.HasPrefix(plant.RegionPrefix(code), plant.RegionPrefix(region))
}

func (n *node) sayReports(ctx context.Context, to link.Node, news reportNews) error {
	raw, err := json.Marshal(news)
	if err != nil {
		return err
	}
	ask, cancel := context.WithTimeout(ctx, tellDown)
	defer cancel()
	_, err = n.down.parent.Request(ask, to.ID, reportVerb, raw)
	return err
}

// takeReports keeps what the node above says: for which division this node speaks,
// what was done to its reports, and what was refused.
func (n *node) takeReports(ctx context.Context, payload []byte) ([]byte, error) {
	var news reportNews
	if err := json.Unmarshal(payload, &news); err != nil {
		return nil, fmt.Errorf("%w: reports: %w", link.ErrRefused, err)
	}
	if len(news.Events) > reportsAtOnce {
		return nil, fmt.Errorf("%w: %d facts at once; %d are taken", link.ErrRefused, len(news.Events), reportsAtOnce)
	}
	for i, e := range news.Events {
		if !slices.Contains(reportKinds, e.Kind) || e.ID == "" || e.Kind == fact.KindReportStep && !reportFor(e, "", news.Region) {
			return nil, fmt.Errorf("%w: fact %s of kind %.40q is not about reports of %s", link.ErrRefused, e.ID, e.Kind, news.Region)
		}
		news.Events[i].Seq, news.Events[i].Recorded = 0, 0 // our own
	}
	if err := n.takeRegion(ctx, news); err != nil {
		return nil, err
	}
	if _, err := n.record.Journal().Append(ctx, homeTenant, news.Events...); err != nil {
		return nil, err
	}
	if err := n.takeSteps(ctx, homeTenant, news.Events); err != nil {
		return nil, err
	}
	return []byte("{}"), n.takeRefusals(ctx, news.Events)
}

// takeRegion keeps for which division this node speaks. What it did before goes up
// again: the node above had refused it.
func (n *node) takeRegion(ctx context.Context, news reportNews) error {
	rows, err := n.nodes.Regions(ctx, homeTenant)
	if err != nil {
		return err
	}
	was := nodes.Region{}
	if len(rows) > 0 && rows[0].Node == "" {
		was = rows[0]
	}
	if was.Region == news.Region && was.Name == news.By {
		return nil
	}
	if news.Region != "" {
		if _, known := n.codes.Regions.Get(news.Region); !known {
			return fmt.Errorf("%w: this node knows no division %.10q", link.ErrRefused, news.Region)
		}
	}
	if err := n.tellAgain(ctx, homeTenant, news.Region); err != nil {
		return err
	}
	if err := n.access.Record(ctx, access.Principal{User: "node-above", Name: news.By, Scope: access.Scope{Tenant: homeTenant}}, "node.region", "node", was, news.Region); err != nil {
		return err
	}
	return n.nodes.SaveRegion(ctx, homeTenant, nodes.Region{Region: news.Region, Name: news.By})
}

func (n *node) takeRefusals(ctx context.Context, events []fact.Event) error {
	for _, e := range events {
		if e.Kind != fact.KindReportRefused {
			continue
		}
		var r reporting.Refusal
		if err := json.Unmarshal(e.Payload, &r); err != nil {
			return fmt.Errorf("%w: refusal %s: %w", link.ErrRefused, e.ID, err)
		}
		if err := n.reporting.TakeRefusal(ctx, homeTenant, r); err != nil {
			return err
		}
		if err := n.access.Record(ctx, access.Principal{User: "node-above", Name: r.By, Scope: access.Scope{Tenant: homeTenant}}, "report.refused", r.Report, nil, r); err != nil {
			return err
		}
	}
	return nil
}
