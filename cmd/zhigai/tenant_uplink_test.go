package main

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/machine"
	"zhigai/sector/tenant"
)

// lodger is a firm on a platform with two lathes that worked a shift, enrolled
// at the node above.
type lodger struct {
	registry
	no    plant.TenantNo
	owner plant.NodeID
}

func newLodger(t *testing.T, platform, county *branch, id string, since, morning time.Time) lodger {
	t.Helper()
	n := platform.n
	valid := fmt.Sprintf("valid: {from: %s}", since.UTC().Format(time.RFC3339)) // the plant worked before it came here
	raw := strings.ReplaceAll(lathes(), "\n      level: equipment\n", "\n      level: equipment\n      "+valid+"\n")
	for _, level := range []string{"enterprise", "site", "area", "line"} {
		raw = strings.ReplaceAll(raw, "level: "+level+",", "level: "+level+", "+valid+",")
	}
	raw = strings.ReplaceAll(raw, "    - code: day\n", "    - code: day\n      "+valid+"\n")
	template, err := tenant.ReadTemplate("lathes.yaml", []byte(raw))
	must(t, err)
	made, err := n.sector.Add(t.Context(), operator(), &template, []tenant.New{{ID: id, Name: plant.Name{ZH: id + "轴承"}, Set: map[string]string{"first": "一号"}}})
	must(t, err)
	x := lodger{no: made[0].Tenant.No}
	x.registry = registry{platform.gate, platform.tokenOf(x.no, access.Grant{Role: access.RoleAdmin})}
	storeShiftOf(t, n, x.no, morning)
	api := apiClient{t, platform.api.base, x.secret}
	midnight := morning.Add(-6 * time.Hour)
	api.get(fmt.Sprintf("/api/v1/figures/oee?scope=firm&window=day&from=%s&to=%s", stampOf(midnight), stampOf(midnight.AddDate(0, 0, 1))), &struct{}{})
	must(t, n.proveClosed(t.Context()))
	own, err := n.machines.Links(t.Context(), x.no, nil)
	must(t, err)
	if len(own) != 1 {
		t.Fatalf("%s has %d plants with machine days; want its own", id, len(own))
	}
	x.owner = own[0].Owner
	code, err := county.n.down.parent.MakeCode(t.Context(), id, demoTenant, time.Hour, "test")
	must(t, err)
	done, err := n.enrolTenant(t.Context(), tenantEnrolment{ID: id, Code: code})
	must(t, err)
	if done.Name != id || done.Hub != "county" {
		t.Errorf("enrolled as %+v", done)
	}
	return x
}

// shares saves a policy of the firm.
func (x lodger) shares(rev int64, p link.Policy) {
	x.t.Helper()
	body := map[string]any{"all": p.All, "model": p.Model, "figures": append([]string{}, p.Figures...), "records": append([]string{}, p.Records...), "tags": []any{}, "evidence": []any{}}
	if status, answer := x.call("PUT", "/sharing-policy", body, nil, ifMatch(rev)); status != 200 {
		x.t.Fatalf("sharing policy: %d %s", status, answer)
	}
}

// machineDays are what is kept of the plant's machines, but for a day that ends
// while the test runs: nothing is known of it.
func machineDays(t *testing.T, n *node, tenant plant.TenantNo, owner plant.NodeID) (out []machine.Day) {
	t.Helper()
	must(t, n.machines.Months(t.Context(), tenant, "2000-01-01", "2100-01-01", []plant.NodeID{owner}, n.networked, func(m machine.Month) error {
		days, err := n.machines.Days(t.Context(), tenant, m.Machine, "2000-01-01", "2100-01-01")
		out = append(out, slices.DeleteFunc(days, func(d machine.Day) bool { return d.KnownMs == 0 })...)
		return err
	}))
	return out
}

// TestTenants_WhatTheyShareGoesUp: two firms on one platform have the same paths
// and names and are enrolled at the county. One shares its machine days, one
// says nothing: the county holds the first one's days, the same to the bit, by a
// way of its own, and of the other nothing, whose days come when it shares them.
// A request to see samples goes to the desk of the firm that it is about. A firm
// that leaves has no way up any more.
func TestTenants_WhatTheyShareGoesUp(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	morning := time.Date(now.Year(), now.Month(), now.Day()-3, 6, 0, 0, 0, zone)
	since := morning.AddDate(0, 0, -2)
	county := newBranch(t, "county", "", since, nil, nil)
	platform := newBranch(t, "platform", "", since, county, nil)
	a, b := newLodger(t, platform, county, "xinda", since, morning), newLodger(t, platform, county, "hongfa", since, morning)
	a.shares(0, plantShares)
	county.plantAt(a.owner)
	own := machineDays(t, platform.n, a.no, a.owner)
	county.until("the days of "+a.secret[:4], func() bool { return reflect.DeepEqual(machineDays(t, county.n, demoTenant, a.owner), own) })
	if len(own) != 2 {
		t.Fatalf("%d machine days of two lathes", len(own))
	}
	// Everything of the other is passed over: then nothing more can come.
	county.until("nothing of "+b.secret[:4]+" waits", func() bool {
		all, err := county.n.down.parent.Status(t.Context())
		must(t, err)
		i := slices.IndexFunc(all, func(s link.NodeStatus) bool { return s.Node.Name == "hongfa" })
		return i >= 0 && all[i].Connected && len(all[i].Streams) > 0 && !slices.ContainsFunc(all[i].Streams, func(s link.StreamStatus) bool { return s.Backlog > 0 })
	})
	plants, err := county.n.machines.Links(t.Context(), demoTenant, nil)
	must(t, err)
	if len(plants) != 1 || plants[0].Owner != a.owner || len(plants[0].Claims) != 0 {
		t.Errorf("the county knows of %+v; want the firm that shares, once", plants)
	}

	firm := county.scored(1, "330624", "C3451", nil)
	county.belongs(a.owner, firm)
	asked := map[string]any{"equipment": own[0].Machine, "office": "新昌县经信局", "purpose": "核查", "tags": []string{"count.good"}, "from": own[0].Date, "to": morning.AddDate(0, 0, 1).Format(time.DateOnly)}
	var state struct{ State, Reason string }
	if status, answer := county.call("POST", "/evidence-requests", asked, &state); status != http.StatusCreated || state.State != "waiting" {
		t.Errorf("a request to the firm: %d %s", status, answer)
	}
	for _, x := range []struct {
		who  registry
		want int
	}{{a.registry, 1}, {b.registry, 0}, {platform.registry, 0}} {
		var got struct {
			Items []struct{ Office, Purpose string }
		}
		if status, answer := x.who.call("GET", "/evidence-requests", nil, &got); status != 200 || len(got.Items) != x.want {
			t.Errorf("requests: %d %s; want %d", status, answer, x.want)
		}
	}

	b.shares(0, plantShares)
	theirs := machineDays(t, platform.n, b.no, b.owner)
	county.until("the days of the second firm", func() bool { return reflect.DeepEqual(machineDays(t, county.n, demoTenant, b.owner), theirs) })
	if got := machineDays(t, county.n, demoTenant, a.owner); !reflect.DeepEqual(got, own) {
		t.Errorf("the first firm's days changed: %+v; want %+v", got, own)
	}

	// Two firms of one platform come by two nodes: no one can speak for the other.
	plants, err = county.n.machines.Links(t.Context(), demoTenant, nil)
	must(t, err)
	if len(plants) != 2 || reflect.DeepEqual(plants[0].Ways, plants[1].Ways) {
		t.Errorf("plants at the county: %+v", plants)
	}

	t1, err := platform.n.sector.Get(t.Context(), "xinda")
	must(t, err)
	leaving := tenant.Leaving
	_, err = platform.n.sector.Change(t.Context(), operator(), "xinda", t1.Rev, tenant.Change{State: &leaving})
	must(t, err)
	must(t, platform.n.sector.Delete(t.Context(), operator(), "xinda", "xinda"))
	if err := platform.n.linkUp(t.Context(), platform.n.newWorks(a.no)); err != nil {
		t.Error(err)
	}
	if _, kept := platform.n.history.Cursors()[tenantCursor(a.no)]; kept {
		t.Error("history keeps its log for a firm that left")
	}
	if got := machineDays(t, county.n, demoTenant, a.owner); !reflect.DeepEqual(got, own) {
		t.Error("what the county got before is gone with the firm")
	}
}
