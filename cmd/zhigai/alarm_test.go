package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	"zhigai/shop/alarm"
)

// alarmList is a page of the list of alarms.
type alarmList struct{ Items []alarm.Alarm }

func (l alarmList) of(id string) []alarm.Alarm {
	return slices.DeleteFunc(slices.Clone(l.Items), func(a alarm.Alarm) bool { return a.ID != id })
}

// tagsOf are the numbers of a machine's tags by name.
func tagsOf(t *testing.T, n *node, machine plant.NodeID) map[string]plant.TagNo {
	t.Helper()
	all, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	out := map[string]plant.TagNo{}
	for _, tag := range all {
		if tag.Node == machine {
			out[tag.Name] = tag.No
		}
	}
	return out
}

// TestAlarms_LimitAndFindingFromRaisedToNormal: a limit that went live fires over
// samples, in the present and asked about the past alike; people acknowledge it and
// shelve; what another room finds stands in the same list until it is cleared.
func TestAlarms_LimitAndFindingFromRaisedToNormal(t *testing.T) {
	t.Parallel()
	live := plant.InstantOf(time.Now().Add(-time.Hour).Truncate(time.Second))
	second := func(s int) plant.Instant { return live + plant.Instant(s)*1_000_000 }
	var lathe plant.NodeID
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-3*time.Hour), func(n *node) {
		lathe = nodeAt(t, n, "firm/site/turning/line/lathe-1")
		tags := tagsOf(t, n, lathe)
		limit := alarm.Limit{
			ID: "L1", Rev: 1, Node: lathe, Path: "firm/site/turning/line/lathe-1", Signal: "spindle.load", Unit: "%", By: "eng", At: live,
			Terms: alarm.Terms{
				Stage: alarm.Live, Tag: tags["spindle.load"], Text: plant.Name{ZH: "主轴负载高"}, Kind: "hi", Value: 95, Deadband: 5, OnS: 2, Priority: 2,
				Response: plant.Name{ZH: "查刀具"}, Reason: "as the maker says",
			},
		}
		must(t, recshop.NewAlarms(n.record).SaveLimit(t.Context(), demoTenant, limit, 0))
		var b plant.Batch
		for i := range 60 { // over the limit from 5 s to 15 s
			value := 50.0
			if i >= 5 && i < 15 {
				value = 97 + float64(i%2)
			}
			at := second(i).Micros()
			b.Samples = append(b.Samples, plant.Sample{Tag: tags[plant.LinkTag], Time: at, Value: 1}, plant.Sample{Tag: limit.Tag, Time: at, Value: value})
		}
		_, err := n.history.Append(t.Context(), demoTenant, b)
		must(t, err)
	})
	as := func(role access.Role, name string) storeClient {
		_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: name, Role: role})
		must(t, err)
		return storeClient{t, api.base, secret}
	}
	operator, viewer := as(access.RoleOperator, "op"), as(access.RoleViewer, "viewer")
	id := "limit/L1"
	var list alarmList
	viewer.must("GET", "/alarms?now=true", nil, &list)
	all := list.of(id)
	if len(all) != 1 {
		t.Fatalf("the limit stands as %+v", list.Items)
	}
	a := all[0]
	if a.From != second(7) || a.To != second(15) || a.State != alarm.Returned || a.Limit == nil || a.Limit.Peak != 98 || a.Priority != 2 || a.Place != lathe {
		t.Errorf("it fired as %+v %+v; want with its delay from 7 s to 15 s", a, a.Limit)
	}
	past := "/alarms?equipment=" + string(lathe) + "&alarm=" + url.QueryEscape(id) + "&from=" + url.QueryEscape(live.Time().Format(time.RFC3339Nano)) + "&to=" + url.QueryEscape(time.Now().UTC().Format(time.RFC3339Nano))
	viewer.must("GET", past, nil, &list)
	if len(list.Items) != 1 || list.Items[0].From != a.From || list.Items[0].To != a.To {
		t.Errorf("the past says %+v; want what the present said", list.Items)
	}
	operator.must("POST", "/alarms/ack", map[string]any{"equipment": lathe, "alarm": id, "at": a.From, "note": "tool changed"}, nil)
	if got, raw := operator.call("POST", "/alarms/ack", map[string]any{"equipment": lathe, "alarm": id, "at": a.From}); got != 422 {
		t.Errorf("acknowledged twice: %d %s", got, raw)
	}
	viewer.must("GET", "/alarms?now=true", nil, &list)
	if len(list.of(id)) != 0 {
		t.Errorf("returned and acknowledged, and still in the list: %+v", list.of(id))
	}
	viewer.must("GET", past, nil, &list)
	if len(list.Items) != 1 || list.Items[0].State != alarm.Normal || list.Items[0].Acked == nil || list.Items[0].Acked.Note != "tool changed" {
		t.Errorf("after it was taken up: %+v", list.Items)
	}

	// A finding of another room.
	signal := alarm.Signal{Source: "spc", Key: "chart-7", Place: lathe, Priority: 1, Text: plant.Name{ZH: "外径失控", EN: "Diameter out of control"}, Evidence: "/quality/charts/7"}
	for range 2 {
		must(t, n.alarms.Raise(t.Context(), demoTenant, signal))
	}
	viewer.must("GET", "/alarms?now=true&source=spc", nil, &list)
	if len(list.Items) != 1 || list.Items[0].State != alarm.Unacknowledged || list.Items[0].Evidence != signal.Evidence || list.Items[0].ID != "spc/chart-7" {
		t.Fatalf("a finding told twice is listed as %+v", list.Items)
	}
	change := map[string]any{"equipment": lathe, "alarm": "spc/chart-7", "state": "suppressed", "reason": "gauge under repair"}
	if got, _ := operator.call("POST", "/alarms/mode", change); got != 403 {
		t.Errorf("an operator suppressed an alarm: %d", got)
	}
	change["state"], change["until"] = "shelved", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	operator.must("POST", "/alarms/mode", change, nil)
	viewer.must("GET", "/alarms?now=true&source=spc", nil, &list)
	if len(list.Items) != 0 {
		t.Errorf("shelved and still in the list: %+v", list.Items)
	}
	viewer.must("GET", "/alarms?now=true&source=spc&aside=true", nil, &list)
	if len(list.Items) != 1 || list.Items[0].State != alarm.Shelved || list.Items[0].Mode.Reason != "gauge under repair" {
		t.Errorf("shelved as %+v", list.Items)
	}
	change["state"], change["reason"] = "normal", "repaired"
	operator.must("POST", "/alarms/mode", change, nil)
	must(t, n.alarms.Clear(t.Context(), demoTenant, "spc", "chart-7", 0))
	must(t, n.alarms.Clear(t.Context(), demoTenant, "spc", "chart-7", 0))
	viewer.must("GET", "/alarms?now=true&source=spc", nil, &list)
	if len(list.Items) != 1 || list.Items[0].State != alarm.Returned || list.Items[0].Open {
		t.Errorf("cleared and not taken up: %+v", list.Items)
	}
	must(t, n.alarms.Raise(t.Context(), demoTenant, signal))
	viewer.must("GET", "/alarms?now=true&source=spc&open=true", nil, &list)
	if len(list.Items) != 1 {
		t.Errorf("it came again: %+v", list.Items)
	}
	for what, s := range map[string]alarm.Signal{"no place": {Source: "spc", Key: "k", Place: "nobody", Priority: 1, Text: plant.Name{ZH: "x"}}, "no priority": {Source: "spc", Key: "k", Place: lathe, Text: plant.Name{ZH: "x"}}} {
		if err := n.alarms.Raise(t.Context(), demoTenant, s); err == nil {
			t.Errorf("%s: taken", what)
		}
	}
}

// TestAlarms_LimitIsDraftedThenLive: only engineers set limits, each version has a
// reason, nobody changes one over another's head, and what an alarm needs to be
// answered is asked for before it goes live.
func TestAlarms_LimitIsDraftedThenLive(t *testing.T) {
	t.Parallel()
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-3*time.Hour), func(*node) {})
	as := func(role access.Role) storeClient {
		_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: string(role), Role: role})
		must(t, err)
		return storeClient{t, api.base, secret}
	}
	engineer, operator := as(access.RoleEngineer), as(access.RoleOperator)
	tags := tagsOf(t, n, nodeAt(t, n, "firm/site/turning/line/lathe-1"))
	terms := func(change map[string]any) map[string]any {
		out := map[string]any{"stage": "draft", "tag": tags["spindle.load"], "text": plant.Name{ZH: "负载高"}, "kind": "hi", "value": 95, "priority": 2, "reason": "maker"}
		maps.Copy(out, change)
		return out
	}
	if got, _ := operator.call("POST", "/alarms/limits", terms(nil)); got != 403 {
		t.Errorf("an operator set a limit: %d", got)
	}
	for what, change := range map[string]map[string]any{
		"live at once":            {"stage": "live", "response": plant.Name{ZH: "查"}},
		"without a reason":        {"reason": " "},
		"without words":           {"text": plant.Name{}},
		"a rate without a window": {"kind": "rate"},
		"a negative deadband":     {"deadband": -1},
		"on a text":               {"tag": tags["stop.reason"]},
		"on nothing":              {"tag": 99999},
		"a foreign target":        {"kind": "deviation", "against": tagsOf(t, n, nodeAt(t, n, "firm/site/turning/line/lathe-2"))["spindle.load"]},
	} {
		if got, raw := engineer.call("POST", "/alarms/limits", terms(change)); got != 422 && got != 404 {
			t.Errorf("%s: %d %s", what, got, raw)
		}
	}
	var l alarm.Limit
	engineer.must("POST", "/alarms/limits", terms(nil), &l)
	put := func(rev int64, change map[string]any) int {
		t.Helper()
		status, _ := apiClient{t, api.base, engineer.secret}.send(http.MethodPut, "/api/v1/alarms/limits/"+l.ID, http.Header{"If-Match": {fmt.Sprint(rev)}}, terms(change), nil)
		return status
	}
	if got := put(1, map[string]any{"stage": "live"}); got != 422 {
		t.Errorf("live without saying what to do: %d", got)
	}
	for _, c := range []struct {
		rev  int64
		want int
	}{{1, 200}, {1, 409}, {2, 200}} {
		if got := put(c.rev, map[string]any{"stage": "live", "response": plant.Name{ZH: "查刀具"}, "reason": "tried on a month"}); got != c.want {
			t.Errorf("saved over version %d: %d; want %d", c.rev, got, c.want)
		}
	}
	var versions struct{ Items []alarm.Limit }
	operator.must("GET", "/alarms/limits/"+l.ID+"/versions", nil, &versions)
	if len(versions.Items) != 3 || versions.Items[0].Stage != alarm.Live || versions.Items[2].Reason != "maker" || versions.Items[0].Unit != "%" {
		t.Errorf("versions: %+v", versions.Items)
	}
	if got := put(3, map[string]any{"tag": tags["feed.rate"]}); got != 422 {
		t.Errorf("moved to another signal: %d", got)
	}
}
