package main

import (
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
	"zhigai/fact"
	"zhigai/plant"
	recshop "zhigai/record/shop"
	recipes "zhigai/shop/process"
	"zhigai/shop/production"
	"zhigai/sim"
)

// recipeShop is a node that reads one lathe, which shows what it is told, with a job
// that runs there.
type recipeShop struct {
	t        *testing.T
	n        *node
	base     string
	machine  *sim.Plant
	lathe    plant.Node
	order    string
	li, wang storeClient // engineers
	operator storeClient
}

func newRecipeShop(t *testing.T) *recipeShop {
	s := &recipeShop{t: t}
	rules, err := loadRules(nil)
	must(t, err)
	p, device, err := sim.Stand(simKinds(rules.profiles)["demo-lathe"], "127.0.0.1:0", 1)
	must(t, err)
	t.Cleanup(p.Close)
	s.machine = p
	s.show("machine.mode", 2)
	s.show("machine.running", 1)
	s.show("machine.alarm", 0)
	s.show("machine.estop", 0)
	s.show("feed.rate", 480)
	n, api := nodeAndAPI(t, strings.Replace(twoLathes, "127.0.0.1:1", device.Address, 1), time.Now().Add(-time.Hour), func(*node) {})
	s.n, s.base = n, api.base
	as := func(role access.Role, name string) storeClient {
		_, secret, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: name, Role: role})
		must(t, err)
		return storeClient{t, api.base, secret}
	}
	s.li, s.wang, s.operator = as(access.RoleEngineer, "li"), as(access.RoleEngineer, "wang"), as(access.RoleOperator, "wu")
	m, err := n.plants.Model(t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(t, err)
	s.lathe = m.Nodes[slices.IndexFunc(m.Nodes, func(one plant.Node) bool { return strings.HasSuffix(one.Path, "lathe-1") })]
	contact(t, n, s.lathe.Machine.Device.ID)
	return s
}

func (s *recipeShop) show(signal string, v float64) {
	s.t.Helper()
	if !s.machine.Show(signal, v, "") {
		s.t.Fatalf("the lathe has no %s", signal)
	}
}

// write switches writing on for the lathe.
func (s *recipeShop) write() {
	s.lathe.Machine.Device.Writing = true
	rev, err := s.n.plants.Revision(s.t.Context(), access.Scope{Tenant: demoTenant}, s.lathe.ID)
	must(s.t, err)
	if status, said := (apiClient{s.t, s.base, s.li.secret}).send("PUT", "/api/v1/nodes/"+string(s.lathe.ID), http.Header{"If-Match": {fmt.Sprint(rev)}}, s.lathe, nil); status != 200 {
		s.t.Fatalf("writing is not switched on: %d %s", status, said)
	}
	contact(s.t, s.n, s.lathe.Machine.Device.ID)
}

// run has a job of a ring run at the lathe.
func (s *recipeShop) run() {
	t, who, desk := s.t, access.Node(demoTenant), s.n.newProduction()
	d, err := desk.SaveDefinition(t.Context(), who, production.Definition{Product: "ring", Unit: "{piece}", Materials: []production.Material{}, Segments: []production.Segment{
		{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: s.lathe.ID, RunMs: 1000}}},
	}})
	must(t, err)
	_, err = desk.Release(t.Context(), who, "ring", d.Revision, plant.Validity{}, d.Rev)
	must(t, err)
	v, err := desk.Create(t.Context(), who, production.Terms{Number: "MO-1", Kind: production.Make, Product: "ring", Quantity: 9, Place: "firm/site/turning/line", Due: plant.InstantOf(time.Now().Add(time.Hour))})
	must(t, err)
	_, err = desk.ReleaseOrder(t.Context(), who, v.ID, v.Rev)
	must(t, err)
	s.order = v.ID
	s.enter("run")
}

func (s *recipeShop) enter(command string) {
	s.operator.must("POST", "/orders/"+s.order+"/entries", map[string]any{"job": 10, "what": "job", "command": command, "equipment": s.lathe.ID}, nil)
}

// load asks for a download and waits for its end.
func (s *recipeShop) load(recipe, key string) (l recipes.Download) {
	s.t.Helper()
	raw, err := json.Marshal(map[string]any{"recipe": recipe, "equipment": s.lathe.ID})
	must(s.t, err)
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+"/api/v1/recipe-downloads", strings.NewReader(string(raw)))
	must(s.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	bearer(s.operator.secret)(req)
	res, err := http.DefaultClient.Do(req)
	must(s.t, err)
	defer res.Body.Close()
	said, err := io.ReadAll(res.Body)
	must(s.t, err)
	if res.StatusCode != http.StatusCreated {
		s.t.Fatalf("download: %d %s", res.StatusCode, said)
	}
	must(s.t, json.Unmarshal(said, &l))
	for end := time.Now().Add(time.Minute); l.State == recipes.Loading; {
		if time.Now().After(end) {
			s.t.Fatalf("no end: %+v", l)
		}
		s.operator.must("GET", "/recipe-downloads/"+l.ID+"?wait_ms=5000", nil, &l)
	}
	return l
}

func (s *recipeShop) now() (v recipes.AtMachine) {
	s.t.Helper()
	s.operator.must("GET", "/equipment/"+string(s.lathe.ID)+"/recipe", nil, &v)
	return v
}

// until asks again until something holds.
func (s *recipeShop) until(what string, holds func() bool) {
	s.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			s.t.Fatalf("waited too long: %s", what)
		}
	}
}

// aroundNow is the last hour and a minute more.
func aroundNow() url.Values {
	return url.Values{"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
}

func (s *recipeShop) deviations() []recipes.Deviation {
	s.t.Helper()
	var list struct{ Items []recipes.Deviation }
	s.operator.must("GET", "/recipe-deviations", nil, &list)
	return list.Items
}

// TestProcess_FromRecipeToProof: one engineer writes, another checks and approves; an
// operator downloads and the machine has it; what drifts is seen; a value that leaves
// its window while the job runs is an alarm and a deviation; afterwards the job's page
// says what was approved, downloaded and run.
func TestProcess_FromRecipeToProof(t *testing.T) {
	t.Parallel()
	s := newRecipeShop(t)
	body := map[string]any{"item": "ring", "operation": 10, "place": s.lathe.ID, "parameters": []any{
		map[string]any{"signal": "feed.override", "target": 95, "low": 90, "high": 100, "download": true},
		map[string]any{"signal": "spindle.override", "target": 90, "download": true},
		map[string]any{"signal": "feed.rate", "target": 480, "low": 450, "high": 510, "delay_s": 1},
	}}
	var r recipes.Recipe
	s.li.must("POST", "/recipes", body, &r)
	if status, said := s.li.call("POST", "/recipes/"+r.ID+"/state", map[string]any{"state": "checked", "rev": r.Rev}); status != 422 || !strings.Contains(string(said), "another person") {
		t.Errorf("checked by its author: %d %s", status, said)
	}
	if status, said := s.operator.call("POST", "/recipes/"+r.ID+"/state", map[string]any{"state": "checked", "rev": r.Rev}); status != 403 {
		t.Errorf("checked by an operator: %d %s", status, said)
	}
	for _, state := range []string{"checked", "approved"} {
		s.wang.must("POST", "/recipes/"+r.ID+"/state", map[string]any{"state": state, "rev": r.Rev}, &r)
	}
	s.run()
	if l := s.load(r.ID, "off"); l.State != recipes.Failed || l.At != "feed.override" || !strings.Contains(l.Why, "writing is off") || l.Values[1].State != "waiting" {
		t.Errorf("while writing is off: %+v", l)
	}
	s.write()
	l := s.load(r.ID, "on")
	if l.State != recipes.Applied || l.Order != "MO-1" || l.Job != 10 || *l.Values[0].Read != 95 || *l.Values[1].Read != 90 {
		t.Fatalf("downloaded: %+v", l)
	}
	if shown := s.machine.Shown("machine"); shown["feed.override"] != 95.0 || shown["spindle.override"] != 90.0 {
		t.Errorf("the lathe has %v and %v", shown["feed.override"], shown["spindle.override"])
	}
	if again := s.load(r.ID, "on"); again.ID != l.ID {
		t.Errorf("the same key is another download: %s, %s", again.ID, l.ID)
	}
	s.until("the machine's values to be read", func() bool { return s.now().Drifted == 0 && s.now().Values[0].State == "same" })
	if v := s.now(); v.Job == nil || v.Job.Number != "MO-1" || v.Recipe == nil || v.Recipe.ID != r.ID {
		t.Errorf("at the machine: %+v", v)
	}
	s.deviate(l)
	s.proof(r, l)
}

// deviate lets the feed leave its window and come back.
func (s *recipeShop) deviate(l recipes.Download) {
	t := s.t
	s.show("feed.override", 80) // somebody turned the knob
	s.until("the drift", func() bool { return s.now().Drifted == 1 && s.now().Values[0].State == "drifted" })
	s.show("feed.rate", 380)
	s.until("a deviation", func() bool { return len(s.deviations()) > 1 })
	all := s.deviations()
	i := slices.IndexFunc(all, func(v recipes.Deviation) bool { return v.Signal == "feed.rate" })
	if i < 0 || all[i].Worst != 380 || all[i].Number != "MO-1" || all[i].To != 0 {
		t.Fatalf("deviations %+v", all)
	}
	s.until("its alarm", func() bool {
		var list struct {
			Items []struct {
				ID, Source, Evidence string
				Open                 bool
			}
		}
		s.operator.must("GET", "/alarms?"+aroundNow().Encode(), nil, &list)
		for _, a := range list.Items {
			if a.Source == "process" && a.Open && a.Evidence == "/process?tab=deviations&deviation="+all[i].ID {
				return true
			}
		}
		return false
	})
	s.show("feed.override", 95)
	s.show("feed.rate", 482)
	s.until("the end of both", func() bool {
		return !slices.ContainsFunc(s.deviations(), func(v recipes.Deviation) bool { return v.To == 0 })
	})
}

// proof is what the job's page says when it is over.
func (s *recipeShop) proof(r recipes.Recipe, l recipes.Download) {
	t := s.t
	s.enter("complete")
	q := aroundNow()
	var list struct{ Items []recipes.Proof }
	s.operator.must("GET", "/recipe-runs?"+q.Encode(), nil, &list)
	if len(list.Items) != 1 || list.Items[0].Verdict != recipes.AsApproved || list.Items[0].Download.ID != l.ID || list.Items[0].Recipe.ID != r.ID {
		t.Fatalf("jobs: %+v", list.Items)
	}
	var ran recipes.AsRun
	s.operator.must("GET", "/recipe-runs/"+s.order+"/10?equipment="+string(s.lathe.ID), nil, &ran)
	feed := ran.Values[2]
	if ran.Open || feed.Min == nil || *feed.Min != 380 || *feed.Max != 482 || *feed.OutsideS <= 1 || *feed.OutsideS >= ran.ProducedS || len(feed.Excursions) != 1 || *ran.Values[0].Read != 95 {
		raw, _ := json.Marshal(ran)
		t.Errorf("as run: %s", raw)
	}
	live := s.deviations()
	i := slices.IndexFunc(live, func(v recipes.Deviation) bool { return v.Signal == "feed.rate" })
	if live[i].From != feed.Excursions[0].From || live[i].To != feed.Excursions[0].To {
		t.Errorf("live %v … %v, afterwards %+v", live[i].From, live[i].To, feed.Excursions)
	}
	var tried recipes.Tried
	s.operator.must("POST", "/recipe-trial?"+q.Encode(), map[string]any{"item": "ring", "place": s.lathe.ID, "parameters": []any{map[string]any{"signal": "feed.rate", "target": 480, "low": 470, "high": 500}}}, &tried)
	if tried.Jobs != 1 || tried.Parameters[0].Count != 1 {
		t.Errorf("tried: %+v", tried)
	}
	events, err := s.n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindProcess}})
	must(t, err)
	kinds := map[recipes.Kind]int{}
	for _, e := range events {
		var d recipes.Document
		must(t, json.Unmarshal(e.Payload, &d))
		kinds[d.Kind]++
	}
	// Three steps of the recipe; a download that failed at once has begun, ordered and
	// ended, one of two values two more; two deviations began and ended.
	if kinds[recipes.KindRecipe] != 3 || kinds[recipes.KindDownload] != 3+4 || kinds[recipes.KindDeviation] != 2*len(live) {
		t.Errorf("facts: %v", kinds)
	}
}

// TestProcess_FoundAtTheStart: a download that a node left behind is said unknown when
// it starts again, and nothing goes to the machine.
func TestProcess_FoundAtTheStart(t *testing.T) {
	t.Parallel()
	var id string
	n, _ := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(n *node) {
		lathe := nodeAt(t, n, "firm/site/turning/line/lathe-1")
		l := recipes.Download{
			ID: n.record.NewID(), Rev: 1, Machine: lathe, Path: "firm/site/turning/line/lathe-1", State: recipes.Loading, At: "feed.override",
			Values: []recipes.Loaded{{Signal: "feed.override", Target: 95, State: "ordered"}, {Signal: "spindle.override", Target: 90, State: "waiting"}},
		}
		body, err := json.Marshal(l)
		must(t, err)
		id = l.ID
		must(t, recshop.NewProcess(n.record).Save(t.Context(), demoTenant, recipes.Document{Kind: recipes.KindDownload, ID: id, Rev: 1, Place: lathe, Path: l.Path, Of: string(lathe), Open: true, At: plant.InstantOf(time.Now()), Body: body}, 0))
	})
	l, err := n.process.Await(t.Context(), access.Node(demoTenant), id)
	must(t, err)
	if l.State != recipes.Unknown || l.At != "feed.override" || !strings.Contains(l.Why, "look at the machine") {
		t.Errorf("%+v", l)
	}
	commands, err := n.record.Journal().Events(t.Context(), demoTenant, fact.Filter{Kinds: []fact.Kind{fact.KindCommand}})
	must(t, err)
	if len(commands) != 0 {
		t.Errorf("%d commands", len(commands))
	}
}
