package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/shop/planning"
	"zhigai/shop/production"
)

// TestPlanning goes the planner's way through the API of a node with real stores:
// orders are released, a plan is searched, changed and issued; machines are told,
// and a date is promised.
func TestPlanning(t *testing.T) {
	t.Parallel()
	const line = "firm/site/turning/line"
	n, api := nodeAndAPI(t, twoLathes, time.Now().Add(-time.Hour), func(*node) {})
	_, token, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "planner", Role: "planner"})
	must(t, err)
	api.token = token
	orders := releaseOrders(t, n, api, line, 3)

	run := api.plan(planning.Request{Kind: planning.KindDraft, Place: line, SearchMs: 200})
	var plan planning.Plan
	api.get("/api/v1/plans/"+run.Plan, &plan)
	if run.State != planning.RunDone || plan.Figures.Orders != 3 || plan.Figures.Planned != 3 || len(plan.Assignments) != 3 || len(plan.Violations) != 0 || plan.Figures.Violations != 0 {
		t.Fatalf("planned: %+v %+v", run, plan)
	}
	a := plan.Assignments[0]
	var f planning.Feedback
	link := "/api/v1/plans/" + plan.ID
	move := planning.Move{Order: a.Order, Job: a.Job, Equipment: a.Equipment, Start: a.Start}
	if status, said := api.send("POST", link+"/check-move", nil, move, &f); status != http.StatusOK || len(f.Violations) > 0 || f.End != a.End {
		t.Errorf("to where it is: %d %s", status, said)
	}
	var locked, issued planning.Head
	if status, said := api.send("POST", link+"/lock", nil, map[string]any{"operations": []planning.Ref{{Order: a.Order, Job: a.Job}}, "locked": true}, &locked); status != http.StatusCreated || locked.Edited != plan.ID {
		t.Fatalf("locked: %d %s", status, said)
	}
	if status, said := api.send("POST", "/api/v1/plans/"+locked.ID+"/issue", nil, map[string]any{"note": "go"}, &issued); status != http.StatusOK || issued.State != planning.StateInUse {
		t.Fatalf("issued: %d %s", status, said)
	}
	var jobs struct{ Items []production.JobHead }
	api.get("/api/v1/equipment/"+string(a.Equipment)+"/jobs", &jobs)
	told := false
	for _, j := range jobs.Items {
		told = told || j.Order == a.Order && j.From == a.Start && j.To == a.End && j.Locked && j.Equipment == a.Equipment
	}
	if !told {
		t.Errorf("the order was not told of %+v: %+v", a, jobs.Items)
	}
	var lists struct{ Items []planning.MachineList }
	api.get("/api/v1/dispatch?scope="+line, &lists)
	listed := 0
	for _, l := range lists.Items {
		listed += len(l.Next)
	}
	if listed != 3 {
		t.Errorf("dispatch lists %+v", lists.Items)
	}
	api.outOfDate(t, n, line, orders[0])
	var p planning.Promise
	if status, said := api.send("POST", "/api/v1/promises", nil, planning.PromiseRequest{Product: "ring", Quantity: 5, Place: line}, &p); status != http.StatusOK || p.Gentle.End <= p.Gentle.Start || p.Moving.End > p.Gentle.End {
		t.Errorf("promised: %d %s", status, said)
	}
	var c planning.Comparison
	api.get(fmt.Sprintf("/api/v1/plan-comparison?plan=%s,%s", plan.ID, locked.ID), &c)
	if c.InUse != locked.ID || len(c.Plans) != 2 {
		t.Errorf("compared: %+v", c)
	}
}

// outOfDate drafts a plan, changes an order, and sees that it is not issued.
func (c apiClient) outOfDate(t *testing.T, n *node, line, order string) {
	t.Helper()
	draft := c.plan(planning.Request{Kind: planning.KindReplan, Place: line, SearchMs: 100})
	desk, who := n.newProduction(), access.Node(demoTenant)
	v, err := desk.View(t.Context(), who, order)
	must(t, err)
	_, err = desk.Move(t.Context(), who, order, v.Rev, production.StepHeld, "steel is missing")
	must(t, err)
	if status, said := c.send("POST", "/api/v1/plans/"+draft.Plan+"/issue", nil, map[string]any{}, nil); status != http.StatusConflict {
		t.Errorf("a plan of older facts: %d %s", status, said)
	}
	var changes struct{ Items []planning.Change }
	c.get("/api/v1/plans/"+draft.Plan+"/changes", &changes)
	if len(changes.Items) != 1 || changes.Items[0].What != "order_changed" || changes.Items[0].Order != order {
		t.Errorf("changes: %+v", changes.Items)
	}
}

// releaseOrders has some orders of rings released, that either lathe may make.
func releaseOrders(t *testing.T, n *node, api apiClient, line string, many int) (ids []string) {
	t.Helper()
	desk, who := n.newProduction(), access.Node(demoTenant)
	def, err := desk.SaveDefinition(t.Context(), who, production.Definition{Product: "ring", Unit: "{piece}", Materials: []production.Material{}, Segments: []production.Segment{
		{No: 10, Name: plant.Name{ZH: "车削"}, Alternatives: []production.Alternative{{Equipment: api.idOf(line + "/lathe-1"), RunMs: 60_000, SetupMs: 600_000}, {Equipment: api.idOf(line + "/lathe-2"), RunMs: 60_000, SetupMs: 600_000}}},
	}})
	must(t, err)
	_, err = desk.Release(t.Context(), who, "ring", def.Revision, plant.Validity{}, def.Rev)
	must(t, err)
	for i := range many {
		v, err := desk.Create(t.Context(), who, production.Terms{
			Number: fmt.Sprint("P", i), Kind: production.Make, Product: "ring", Quantity: 10, Place: line, Due: plant.InstantOf(time.Now().AddDate(0, 0, 7)), Priority: 50,
		})
		must(t, err)
		v, err = desk.ReleaseOrder(t.Context(), who, v.ID, v.Rev)
		must(t, err)
		ids = append(ids, v.ID)
	}
	return ids
}

// plan searches a plan and gives the search when it is over.
func (c apiClient) plan(r planning.Request) (run planning.Run) {
	c.t.Helper()
	if status, said := c.send("POST", "/api/v1/plan-runs", nil, r, &run); status != http.StatusCreated {
		c.t.Fatalf("plan: %d %s", status, said)
	}
	for deadline := time.Now().Add(time.Minute); run.State == planning.RunSearching; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatal("no plan in a minute")
		}
		c.get("/api/v1/plan-runs/"+run.ID, &run)
	}
	if run.Plan == "" {
		c.t.Fatalf("plan: %+v", run)
	}
	return run
}
