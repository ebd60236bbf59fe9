package main

import (
	"net/url"
	"reflect"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/programme/machine"
)

// TestMachineDays_FollowTheFacts: a day whose windows are closed is a row with
// the terms that the figures have, and a late sample makes a later revision.
func TestMachineDays_FollowTheFacts(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()-3, 6, 0, 0, 0, zone)
	n, api := nodeAndAPI(t, twoLathes, morning.AddDate(0, 0, -1), func(n *node) { storeShift(t, n, morning) })
	midnight := morning.Add(-6 * time.Hour)
	day := midnight.Format(time.DateOnly)
	const path = "firm/site/turning/line/lathe-1"
	lathe := api.idOf(path)
	type terms struct{ Terms map[string]int64 }
	ask := func() map[string]int64 {
		t.Helper()
		var list struct{ Items []terms }
		q := url.Values{"scope": {path}, "window": {"day"}, "from": {midnight.Format(time.RFC3339)}, "to": {midnight.Add(24 * time.Hour).Format(time.RFC3339)}}
		api.get("/api/v1/figures/oee?"+q.Encode(), &list)
		api.get("/api/v1/figures/oee?"+url.Values{"window": {"day"}, "from": q["from"], "to": q["to"]}.Encode(), &struct{}{}) // the other machine's windows close, too
		return list.Items[0].Terms
	}
	row := func() machine.Day {
		t.Helper()
		must(t, n.proveClosed(t.Context()))
		days, err := n.machines.Days(t.Context(), demoTenant, lathe, day, midnight.AddDate(0, 0, 1).Format(time.DateOnly))
		must(t, err)
		if len(days) != 1 {
			t.Fatalf("%d rows of %s; want 1: %+v", len(days), day, days)
		}
		return days[0]
	}
	figure, first := ask(), row()
	if first.PlannedMs != figure["pbt_ms"] || first.KnownMs != figure["known_ms"] || first.PlannedMs == 0 || first.KnownMs == 0 || first.KnownMs == first.PlannedMs {
		t.Errorf("row %+v; the figure has %v", first, figure)
	}
	if !first.NC || first.Name.ZH != "1号车床" || first.OwnerName.ZH != "企业" || first.Path != path || first.Revision != 1 || first.Check() != nil {
		t.Errorf("row %+v", first)
	}
	if again := row(); !reflect.DeepEqual(again, first) {
		t.Errorf("without new facts: %+v; was %+v", again, first)
	}

	// Contact in the early hours that was not known of.
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	var late plant.Batch
	for _, tag := range tags {
		if tag.Path == path+"/"+plant.LinkTag {
			for at := morning; at.Before(morning.Add(8 * time.Hour)); at = at.Add(5 * time.Second) {
				late.Samples = append(late.Samples, plant.Sample{Tag: tag.No, Time: plant.MicrosOf(at), Value: 1})
			}
		}
	}
	_, err = n.history.Append(t.Context(), demoTenant, late)
	must(t, err)
	must(t, n.engine.Touch(t.Context(), demoTenant, late, []fact.Event{}))
	figure = ask()
	second := row()
	if second.Revision < 2 || second.KnownMs <= first.KnownMs || second.KnownMs != figure["known_ms"] || second.Digest == first.Digest {
		t.Errorf("after late samples: %+v; was %+v; the figure has %v", second, first, figure)
	}
	links, err := n.machines.Links(t.Context(), demoTenant, nil)
	must(t, err)
	if len(links) != 1 || links[0].Machines != 2 {
		t.Errorf("plants %+v; want one of two machines", links)
	}
}

// idOf is the id of the machine at the path.
func (c apiClient) idOf(path string) plant.NodeID {
	c.t.Helper()
	var list struct {
		Items []struct {
			ID   plant.NodeID
			Path string
		}
	}
	c.get("/api/v1/equipment?limit=1000", &list)
	for _, m := range list.Items {
		if m.Path == path {
			return m.ID
		}
	}
	c.t.Fatalf("no machine at %s", path)
	return ""
}
