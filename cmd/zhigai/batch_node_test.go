package main

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/process/batch"
)

// Cycles of a machine as its signals had them, over the API: found by a mark of a
// signal, made a golden batch, the one that lost power in its middle found by it, with
// an alarm that leads to the page.
func TestBatches_FromSamplesToAlarm(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	start := now.Add(-150 * time.Minute)
	const cycles, length, pause = 9, 10 * time.Minute, 5 * time.Minute
	n, api := nodeAndAPI(t, twoLathes, start.Add(-time.Hour), func(n *node) {
		tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
		must(t, err)
		no := map[string]plant.TagNo{}
		for _, tag := range tags {
			if strings.HasPrefix(tag.Path, "firm/site/turning/line/lathe-1/") {
				no[tag.Name] = tag.No
			}
		}
		var b plant.Batch
		for at := start; at.Before(now); at = at.Add(5 * time.Second) {
			in := at.Sub(start)%(length+pause) - pause
			cycle := int(at.Sub(start) / (length + pause))
			load, power := 0.0, 1.0
			if in >= 0 && cycle < cycles {
				x := in.Minutes()
				load, power = 60, 5+3*math.Sin(x)+0.1*math.Sin(37*x+float64(cycle))
				if cycle == cycles-1 && x > 4 && x < 7 {
					power -= 2
				}
			}
			for name, v := range map[string]float64{"spindle.load": load, "power.active": power} {
				b.Samples = append(b.Samples, plant.Sample{Tag: no[name], Time: plant.MicrosOf(at), Value: v})
			}
		}
		_, err = n.history.Append(t.Context(), demoTenant, b)
		must(t, err)
	})
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "engineer", Role: access.RoleEngineer})
	must(t, err)
	api.token = secret
	lathe := api.idOf("firm/site/turning/line/lathe-1")
	cut := batch.Cut{By: batch.BySignal, Signal: "spindle.load", Start: 50, End: 30}
	ask := func(method, link string, body, out any) {
		t.Helper()
		status, text := api.call(method, link, secret, body)
		if status >= 300 {
			t.Fatalf("%s: %d %s", link, status, text)
		}
		must(t, json.Unmarshal(text, out))
	}
	var runs struct{ Items []batch.Run }
	ask(http.MethodPost, "/api/v1/machine-runs", map[string]any{"equipment": lathe, "cut": cut, "from": start.Add(-time.Minute), "to": now}, &runs)
	if len(runs.Items) != cycles {
		t.Fatalf("%d cycles of %d: %+v", len(runs.Items), cycles, runs.Items)
	}
	a := batch.Asked{Name: plant.Name{ZH: "车削循环"}, Machine: lathe, Cut: cut, Signals: []string{"power.active"}, Align: "phase", Reason: "首件合格"}
	for i, r := range runs.Items {
		if d := r.From.Time().Sub(start.Add(pause + time.Duration(i)*(length+pause))); d.Abs() > 5*time.Second || r.To.Time().Sub(r.From.Time())-length > 5*time.Second {
			t.Errorf("cycle %d: %s to %s", i, r.From.Time(), r.To.Time())
		}
		if i < 6 {
			a.Runs = append(a.Runs, batch.Chosen{From: r.From, To: r.To})
		}
	}
	var g batch.Golden
	ask(http.MethodPost, "/api/v1/golden-batches", a, &g)
	var list struct{ Items []batch.Beside }
	from, to := start.Add(-time.Minute).Format(time.RFC3339), now.Format(time.RFC3339)
	ask(http.MethodGet, "/api/v1/golden-batches/"+g.ID+"/runs?from="+from+"&to="+to, nil, &list)
	if len(list.Items) != cycles || !list.Items[0].Departed || list.Items[0].First != "power.active" || list.Items[1].Departed {
		t.Errorf("%d runs, the last %+v, the one before %+v", len(list.Items), list.Items[0], list.Items[1])
	}
	last := runs.Items[cycles-1]
	var one batch.Beside
	ask(http.MethodGet, "/api/v1/golden-batches/"+g.ID+"/comparison?from="+last.From.Time().Format(time.RFC3339Nano)+"&to="+last.To.Time().Format(time.RFC3339Nano), nil, &one)
	if at := one.FirstAt.Time().Sub(last.From.Time()).Minutes(); math.Abs(at-4) > 0.3 || len(one.Signals) != 1 || one.Signals[0].Worst == nil || *one.Signals[0].Worst.Value > *one.Signals[0].Worst.Low {
		t.Errorf("departed after %.2f min; the truth is 4: %+v", at, one.Signals[0].Worst)
	}
	must(t, n.newBatches().Watch(context.WithoutCancel(t.Context()), demoTenant))
	var alarms struct {
		Items []struct {
			Source, Evidence string
			Text             plant.Name
		}
	}
	api.get("/api/v1/alarms?now=true", &alarms)
	found := false
	for _, x := range alarms.Items {
		found = found || x.Source == "batch" && strings.Contains(x.Evidence, "/process/batches?golden="+g.ID) && strings.Contains(x.Text.ZH, "车削循环")
	}
	if !found {
		t.Errorf("no alarm: %+v", alarms.Items)
	}
	ask(http.MethodGet, "/api/v1/golden-batches/"+g.ID+"/revisions", nil, &struct{}{})
}
