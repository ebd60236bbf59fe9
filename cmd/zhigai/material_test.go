package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/production"
)

// store is the storekeeper at the API.
type storeClient struct {
	t            *testing.T
	base, secret string
}

func (c storeClient) call(method, path string, body any) (int, []byte) {
	c.t.Helper()
	raw, err := json.Marshal(body)
	must(c.t, err)
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+"/api/v1"+path, bytes.NewReader(raw))
	must(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	bearer(c.secret)(req)
	res, err := http.DefaultClient.Do(req)
	must(c.t, err)
	defer res.Body.Close()
	all, err := io.ReadAll(res.Body)
	must(c.t, err)
	return res.StatusCode, all
}

func (c storeClient) must(method, path string, body, out any) {
	c.t.Helper()
	status, raw := c.call(method, path, body)
	if status >= 300 {
		c.t.Fatalf("%s %s: %d %s", method, path, status, raw)
	}
	if out != nil {
		must(c.t, json.Unmarshal(raw, out))
	}
}

// TestMaterial_WhereARingCameFrom: from the storekeeper's bookings, the
// machine's samples and the operator's entries the API tells of which heat, at
// which machine, by whom and with which parameters a lot was made, and where
// everything of the heat is.
func TestMaterial_WhereARingCameFrom(t *testing.T) {
	t.Parallel()
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "store", Role: "storekeeper"})
	must(t, err)
	keeper := storeClient{t, api.base, secret}
	machine, began := ringJob(t, n)
	zh := func(name string) map[string]string { return map[string]string{"zh": name} }
	for code, unit := range map[string]string{"gcr15": "kg", "ring": "{piece}"} {
		keeper.must("PUT", "/material/items/"+code, map[string]any{"code": code, "name": zh(code), "unit": unit, "tracking": "lot", "rev": 0}, nil)
	}
	for code, node := range map[string]plant.NodeID{"main": nodeAt(t, n, "firm/site"), "side": nodeAt(t, n, "firm/site/turning/line")} {
		kind := map[string]string{"main": "warehouse", "side": "line_side"}[code]
		keeper.must("POST", "/material/locations", map[string]any{"code": code, "name": zh(code), "kind": kind, "node": node, "rev": 0}, nil)
	}
	at := func(s int) string { return began.Add(time.Duration(s) * time.Second).Format(time.RFC3339Nano) }
	book := func(e map[string]any) {
		t.Helper()
		keeper.must("POST", "/material/entries", e, nil)
	}
	book(map[string]any{"what": "received", "item": "gcr15", "lot": "H1", "to": "main", "quantity": "100", "party": "钢厂", "paper": "C-77"})
	book(map[string]any{"what": "received", "item": "gcr15", "lot": "H2", "to": "main", "quantity": "100"})
	book(map[string]any{"what": "moved", "item": "gcr15", "lot": "H1", "from": "main", "to": "side", "quantity": "60"})
	book(map[string]any{"what": "produced", "item": "ring", "lot": "R1", "to": "side", "quantity": "20", "order": "MO-7", "job": 10, "equipment": machine, "at": at(20), "key": "r1"})
	book(map[string]any{"what": "produced", "item": "ring", "lot": "R2", "to": "side", "quantity": "15", "order": "MO-7", "job": 10, "equipment": machine, "at": at(40), "key": "r2"})
	var flushed struct {
		Items []struct{ Item, Booked, Short string }
	}
	keeper.must("POST", "/material/backflush", map[string]any{"order": "MO-7", "job": 10}, &flushed)
	if len(flushed.Items) != 1 || flushed.Items[0].Booked != "5" { // 40 counted by hand at 0.125 kg
		t.Errorf("back-flushed %+v; want 5 kg", flushed.Items)
	}
	var birth struct {
		From, To  time.Time
		Run       struct{ Order, OrderID string }
		Operators []string
		Machines  []struct {
			Equipment  plant.NodeID
			Parameters []struct {
				Name                  string
				Min, Mean, Max, Known float64
			}
		}
	}
	keeper.must("GET", "/material/lots/ring:R2/birth", nil, &birth)
	if !birth.From.Equal(began.Add(20*time.Second)) || !birth.To.Equal(began.Add(40*time.Second)) || birth.Run.Order != "MO-7" || !slices.Equal(birth.Operators, []string{"wang"}) || len(birth.Machines) != 1 || birth.Machines[0].Equipment != machine {
		t.Errorf("how R2 was made: %+v", birth)
	}
	for _, p := range birth.Machines[0].Parameters {
		if p.Name == "spindle.load" && (p.Min != 20 || p.Max != 39 || p.Mean != 29.5 || p.Known != 1) {
			t.Errorf("spindle load of R2: %+v; want 20 to 39, mean 29.5, known throughout", p)
		}
	}
	if len(birth.Machines[0].Parameters) == 0 {
		t.Error("nothing is known of the machine meanwhile")
	}
	recalled(t, keeper)
}

func recalled(t *testing.T, keeper storeClient) {
	t.Helper()
	var up struct {
		Lots []struct {
			Lot   struct{ ID string }
			Where string
		}
	}
	keeper.must("GET", "/material/lots/ring:R2/genealogy?direction=up", nil, &up)
	if len(up.Lots) != 3 || up.Lots[1].Lot.ID != "gcr15:H1" {
		t.Errorf("R2 is made of %+v; want H1, in two places", up.Lots)
	}
	status, raw := keeper.call("GET", "/material/lots/gcr15:H1/recall?format=csv", nil)
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))).ReadAll()
	must(t, err)
	var got []string
	for _, r := range rows[1:] {
		got = append(got, strings.Join([]string{r[0], r[1], r[2], r[3], r[5]}, " "))
	}
	if want := []string{"gcr15 H1 在库 main 40", "gcr15 H1 在库 side 55", "ring R1 在库 side 20", "ring R2 在库 side 15"}; status != 200 || !slices.Equal(got, want) {
		t.Errorf("recall of H1: %d %q; want %q", status, got, want)
	}
	status, raw = keeper.call("GET", "/material/labels?kind=lot&id=gcr15:H1&id=ring:R1", nil)
	if status != 200 || !bytes.HasPrefix(raw, []byte("%PDF-")) {
		t.Errorf("labels: %d %.80s", status, raw)
	}
	status, raw = keeper.call("GET", "/material/scan?text="+url.QueryEscape("(01)09506000134352(10)H9"), nil)
	if status != 200 || !strings.Contains(string(raw), `"looks":"gs1"`) || strings.Contains(string(raw), `"kind"`) {
		t.Errorf("a foreign code: %d %s", status, raw)
	}
}

func nodeAt(t *testing.T, n *node, path string) plant.NodeID {
	t.Helper()
	m, err := n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	i := slices.IndexFunc(m.Nodes, func(nd plant.Node) bool { return nd.Path == path })
	if i < 0 {
		t.Fatalf("no node %s", path)
	}
	return m.Nodes[i].ID
}

// ringJob has an order of rings running on a lathe, with an operator and a load
// that rises by one each second. It gives the machine and when the job began.
func ringJob(t *testing.T, n *node) (plant.NodeID, time.Time) {
	t.Helper()
	who, desk, machine := access.Node(demoTenant), n.newProduction(), nodeAt(t, n, "firm/site/turning/line/lathe-1")
	d, err := desk.SaveDefinition(t.Context(), who, production.Definition{
		Product: "ring", Unit: "{piece}", Materials: []production.Material{{Item: "gcr15", Quantity: 125_000, Unit: "kg"}},
		Segments: []production.Segment{{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: machine, RunMs: 1000}}}},
	})
	must(t, err)
	_, err = desk.Release(t.Context(), who, "ring", d.Revision, plant.Validity{}, d.Rev)
	must(t, err)
	v, err := desk.Create(t.Context(), who, production.Terms{Number: "MO-7", Kind: production.Make, Product: "ring", Quantity: 100, Place: "firm/site/turning", Due: plant.InstantOf(time.Now().Add(time.Hour))})
	must(t, err)
	v, err = desk.ReleaseOrder(t.Context(), who, v.ID, v.Rev)
	must(t, err)
	for _, e := range []production.Entry{
		{Job: 10, What: production.StepJob, Command: production.Run},
		{Job: 10, What: production.StepOperator, Person: "wang", On: true},
		{Job: 10, What: production.StepCount, Good: 40},
	} {
		v, err = desk.Enter(t.Context(), who, v.ID, e)
		must(t, err)
	}
	began := v.Jobs[0].Runs[0].From.Time()
	tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
	must(t, err)
	var b plant.Batch
	for _, tag := range tags {
		if tag.Node == machine && tag.Name == "spindle.load" {
			for s := range 60 {
				b.Samples = append(b.Samples, plant.Sample{Tag: tag.No, Time: plant.MicrosOf(began.Add(time.Duration(s) * time.Second)), Value: float64(s)})
			}
		}
	}
	_, err = n.history.Append(t.Context(), demoTenant, b)
	must(t, err)
	return machine, began
}

// TestMaterial_HoursForThePayOffice: hours and parts by person, as a sheet.
func TestMaterial_HoursForThePayOffice(t *testing.T) {
	t.Parallel()
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "planner", Role: planner})
	must(t, err)
	ringJob(t, n)
	c := storeClient{t, api.base, secret}
	span := fmt.Sprintf("from=%s&to=%s", url.QueryEscape(time.Now().Add(-time.Hour).Format(time.RFC3339)), url.QueryEscape(time.Now().Add(time.Hour).Format(time.RFC3339)))
	var all struct {
		Items []struct {
			Person string
			Crew   int
			Good   int64
		}
	}
	c.must("GET", "/work-hours?"+span, nil, &all)
	if len(all.Items) != 1 || all.Items[0].Person != "wang" || all.Items[0].Crew != 1 || all.Items[0].Good != 40 {
		t.Errorf("hours: %+v", all.Items)
	}
	status, raw := c.call("GET", "/work-hours-export?format=csv&"+span, nil)
	if status != 200 || !strings.Contains(string(raw), "wang") || !strings.Contains(string(raw), "MO-7") {
		t.Errorf("sheet: %d %s", status, raw)
	}
	if status, raw = c.call("GET", "/work-hours?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", nil); status != 422 || !strings.Contains(string(raw), "62 days") {
		t.Errorf("six years: %d %s", status, raw)
	}
}
