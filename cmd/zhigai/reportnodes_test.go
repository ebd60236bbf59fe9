package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/reporting"
	"zhigai/web"
)

// reportTree are the nodes of a province, its city and a county of it, with the
// same firms in their registries.
type reportTree struct {
	t                      *testing.T
	period                 reporting.Period
	province, city, county *branch
}

func newReportTree(t *testing.T) *reportTree {
	r := &reportTree{t: t, period: reporting.Ended(time.Now(), 1, 0, 0)[0]}
	r.province = newBranch(t, "province", "", time.Now(), nil, nil)
	r.city = newBranch(t, "city", "", time.Now(), r.province, nil)
	r.county = newBranch(t, "county", "", time.Now(), r.city, nil)
	for _, b := range r.nodes() {
		for i, f := range []struct {
			region              string
			machines, networked int64
		}{{"330624", 100, 55}, {"330624", 40, 10}, {"330681", 60, 45}} {
			var made struct{ ID string }
			body := map[string]any{"code": creditCode(t, 60+i), "name": fmt.Sprintf("浙江某某轴承%d有限公司", i), "region": f.region, "industry": "C3451", "above_scale": true, "backbone": map[string]string{"from": "2018-05-01"}, "since": time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()}
			if status, answer := b.call("POST", "/firms", body, &made); status != 201 {
				t.Fatalf("firm: %d %s", status, answer)
			}
			for name, value := range map[string]int64{"machines": f.machines, "machines_networked": f.networked} {
				body := map[string]any{"firm": made.ID, "year": r.period.Year, "name": name, "value": value, "basis": "audited", "rev": 0}
				if status, answer := b.call("PUT", "/firm-returns", body, nil); status != 200 {
					t.Fatalf("return: %d %s", status, answer)
				}
			}
		}
	}
	return r
}

func (r *reportTree) nodes() []*branch { return []*branch{r.province, r.city, r.county} }

func (r *reportTree) view(b *branch, region string) (v reporting.View) {
	r.t.Helper()
	if status, answer := b.call("GET", "/reports/"+reporting.IDOf(r.period.ID, region), nil, &v); status != 200 {
		r.t.Fatalf("report of %s: %d %s", region, status, answer)
	}
	return v
}

// officer is somebody of a region at a node.
func (b *branch) officer(region string) registry {
	return b.as(access.Grant{Role: "officer", Area: access.Area{Region: plant.RegionPrefix(region)}})
}

func (r *reportTree) step(b *branch, who, region string, what reporting.What, words string) (int, string) {
	r.t.Helper()
	rev := r.view(b, region).Rev
	return b.officer(who).call("POST", "/reports/"+reporting.IDOf(r.period.ID, region)+"/steps", map[string]any{"what": what, "words": words}, nil, ifMatch(rev))
}

func (r *reportTree) must(b *branch, who, region string, what reporting.What, words string) {
	r.t.Helper()
	if status, answer := r.step(b, who, region, what, words); status != 200 {
		r.t.Fatalf("%s of %s: %d %s", what, region, status, answer)
	}
}

func (r *reportTree) freeze(b *branch, who, region string, below bool) (int, string, reporting.Froze) {
	r.t.Helper()
	var out reporting.Froze
	status, answer := b.officer(who).call("POST", "/reports", map[string]any{"period": r.period.ID, "region": region, "below": below}, &out)
	return status, answer, out
}

// stands waits until the report is so at the nodes.
func (r *reportTree) stands(region string, state reporting.State, at ...*branch) {
	r.t.Helper()
	for i, b := range at {
		b.until(fmt.Sprintf("%s is %s at node %d", region, state, i), func() bool { return r.view(b, region).State == state })
	}
}

// speaks says for which division the node below does.
func (b *branch) speaks(region string) (int, string) {
	b.t.Helper()
	var state struct{ Nodes []link.NodeStatus }
	if status, answer := b.call("GET", "/links", nil, &state); status != 200 || len(state.Nodes) != 1 {
		b.t.Fatalf("links: %d %s", status, answer)
	}
	return b.call("PUT", "/links/nodes/"+string(state.Nodes[0].Node.ID)+"/region", map[string]any{"code": region}, &web.NodeRegion{})
}

// TestReports_BetweenNodes: a county hands in at its own node and its city decides
// at another, the city likewise to the province. What is said for a division that
// is not the sender's is refused, and both say why; whatever comes twice or late,
// all nodes show the same report.
func TestReports_BetweenNodes(t *testing.T) {
	t.Parallel()
	r := newReportTree(t)
	const county, city, neighbour = "330624", "330600", "330681"

	// Nobody has said for whom the county's node speaks.
	if status, answer, _ := r.freeze(r.county, county, county, false); status != 201 {
		t.Fatalf("freeze: %d %s", status, answer)
	}
	r.must(r.county, county, county, reporting.Submit, "")
	r.county.until("the refusal at the county", func() bool { return strings.Contains(r.view(r.county, county).Refused, "given no division") })
	if v := r.view(r.city, county); v.State != reporting.Open || len(v.Steps) != 0 {
		t.Errorf("what was refused stands at the city: %+v", v.Head)
	}
	// Told: what was refused goes up again.
	for name, c := range map[string]struct {
		b      *branch
		region string
		status int
	}{"no division": {r.city, "339999", 422}, "the city's own": {r.province, "", 200}} {
		if status, answer := c.b.speaks(c.region); status != c.status {
			t.Errorf("%s: %d %s; want %d", name, status, answer, c.status)
		}
	}
	if status, answer := r.province.speaks(city); status != 200 {
		t.Fatalf("the city's node: %d %s", status, answer)
	}
	if status, answer := r.city.speaks(county); status != 200 {
		t.Fatalf("the county's node: %d %s", status, answer)
	}
	r.stands(county, reporting.Submitted, r.city, r.province)
	if v := r.view(r.county, county); v.Refused != "" || v.AboveAt == nil || v.AboveAt.Name != "city" || !v.AboveAt.Connected || v.OwnAt != nil {
		t.Errorf("the county's view: refused %q, above %+v", v.Refused, v.AboveAt)
	}

	// Each step at its node.
	for _, c := range []struct {
		b    *branch
		who  string
		what reporting.What
		says string
	}{
		{r.county, city, reporting.Approve, "is done at the node city"},
		{r.province, city, reporting.Approve, "is done at the node city"},
	} {
		if status, answer := r.step(c.b, c.who, county, c.what, ""); status != 409 || !strings.Contains(answer, c.says) {
			t.Errorf("%s by %s: %d %s; want 409 with %q", c.what, c.who, status, answer, c.says)
		}
	}
	r.must(r.city, city, county, reporting.Return, "联网台数的依据？")
	r.stands(county, reporting.Returned, r.county, r.province)
	if v := r.view(r.county, county); v.Question != "联网台数的依据？" || !v.Owing {
		t.Errorf("returned: %+v", v.Head)
	}
	if status, answer := r.step(r.city, county, county, reporting.Explain, "x"); status != 409 || !strings.Contains(answer, "is done at the node county") {
		t.Errorf("the county's officer at the city's node: %d %s", status, answer)
	}
	r.must(r.county, county, county, reporting.Explain, "以审计记录为准")
	r.stands(county, reporting.Explained, r.city)
	r.must(r.city, city, county, reporting.Approve, "")
	r.stands(county, reporting.Approved, r.county, r.province)

	// The city's likewise; the county that has a node of its own is left to it.
	status, answer, froze := r.freeze(r.city, city, city, true)
	if status != 201 || froze.Elsewhere != 1 || froze.Stood != 0 {
		t.Fatalf("freeze the city: %d %s", status, answer)
	}
	if status, answer, _ := r.freeze(r.province, "33", city, false); status != 409 || !strings.Contains(answer, "frozen at its node city") {
		t.Errorf("the province freezes the city's: %d %s", status, answer)
	}
	r.must(r.city, city, city, reporting.Submit, "其余县尚未上报")
	r.stands(city, reporting.Submitted, r.province)
	r.must(r.province, "33", city, reporting.Approve, "")
	r.stands(city, reporting.Approved, r.city)
	if row := reportedRow(t, r.view(r.province, city), networking); !near(row.Reported.Value, 110.0/200) || !near(row.Said.Value, 65.0/140) || row.Said.Reports != 1 {
		t.Errorf("the city's figure at the province: %v, its counties' %+v", *row.Reported.Value, row.Said)
	}
	r.same(county, r.county, r.city, r.province)
	r.same(city, r.city, r.province)

	// A figure for a division that is not the node's.
	if status, answer, _ := r.freeze(r.county, neighbour, neighbour, false); status != 201 {
		t.Fatalf("freeze the neighbour's: %d %s", status, answer)
	}
	r.county.until("the refusal at the county", func() bool {
		return strings.Contains(r.view(r.county, neighbour).Refused, "speaks for 330624 新昌县, not for 330681 诸暨市")
	})
	if v := r.view(r.city, neighbour); len(v.Steps) != 1 || v.Steps[0].Node != r.city.n.id.ID {
		t.Errorf("the neighbour's report at the city: %+v; want what the city froze alone", v.Steps)
	}
	for name, b := range map[string]*branch{"city": r.city, "county": r.county} {
		if got := b.audited("report.refused"); !slices.ContainsFunc(got, func(e access.Entry) bool { return strings.Contains(e.After, "not for 330681") }) {
			t.Errorf("the %s's audit has %d refusals; want that of the neighbour's report", name, len(got))
		}
	}
	r.again(county)
	r.county.stop()
	r.city.until("the county is away", func() bool {
		at := r.view(r.city, county).OwnAt
		return at != nil && !at.Connected && !at.Since.IsZero() && at.Name == "county"
	})
}

// common is the report without what was once refused, which stays with the node
// that was refused.
func (r *reportTree) common(b *branch, region string) reporting.View {
	v := r.view(b, region)
	v.Rev = 0
	v.Steps = slices.DeleteFunc(v.Steps, func(s reporting.Step) bool { return s.What == reporting.Refuse })
	return v
}

// same wants one report at all nodes: steps, values and state.
func (r *reportTree) same(region string, at ...*branch) {
	r.t.Helper()
	first := r.common(at[0], region)
	for i, b := range at[1:] {
		v := r.common(b, region)
		if !reflect.DeepEqual(v.Head, first.Head) || !reflect.DeepEqual(v.Steps, first.Steps) || v.Root != first.Root || !reflect.DeepEqual(v.Versions, first.Versions) {
			r.t.Errorf("%s at node %d: %+v %+v; at the first %+v %+v", region, i+1, v.Head, v.Steps, first.Head, first.Steps)
		}
		for j, row := range v.Rows {
			if !reflect.DeepEqual(row.Reported, first.Rows[j].Reported) || !reflect.DeepEqual(row.Recomputed.Terms, first.Rows[j].Recomputed.Terms) || v.Differs || first.Differs {
				r.t.Errorf("%s at node %d: %+v; at the first %+v", region, i+1, row.Reported, first.Rows[j].Reported)
			}
		}
	}
	r.t.Logf("%s: %d steps, %d figures, root %.12s, the same at %d nodes", region, len(first.Steps), len(first.Rows), first.Root, len(at))
}

// again delivers every fact of the report to the county once more, the newest
// first, and those of the county to the city: nothing moves.
func (r *reportTree) again(region string) {
	r.t.Helper()
	before := r.view(r.county, region)
	all, err := r.city.n.record.Journal().Events(r.t.Context(), demoTenant, fact.Filter{Kinds: reportKinds[:1]})
	must(r.t, err)
	all = slices.DeleteFunc(all, func(e fact.Event) bool { return !reportFor(e, "", region) })
	slices.Reverse(all)
	raw, err := json.Marshal(reportNews{Region: region, By: "city", Events: all})
	must(r.t, err)
	_, err = r.county.n.takeReports(r.t.Context(), raw)
	must(r.t, err)
	below, err := r.city.n.below(r.t.Context())
	must(r.t, err)
	for _, one := range below {
		admitted, err := r.city.n.admits(r.t.Context(), one.Node, slices.Clone(all))
		must(r.t, err)
		if len(admitted) != len(all) {
			r.t.Errorf("%d of %d facts that are here already are admitted", len(admitted), len(all))
		}
	}
	if after := r.view(r.county, region); !reflect.DeepEqual(after.Head, before.Head) || !reflect.DeepEqual(after.Steps, before.Steps) {
		r.t.Errorf("after all came again: %+v; want %+v", after.Head, before.Head)
	}
	r.t.Logf("%d facts delivered again, the newest first: nothing moved", len(all))
	// The node above forged in the way of the county is refused.
	forged := reporting.Fact{Report: reporting.IDOf(r.period.ID, region), Step: reporting.Step{Seq: 99, Node: "x", What: reporting.Approve, State: reporting.Approved}}
	e := fact.New(fact.KindReportStep, "", time.Now(), "report:x", forged)
	e.ID = r.county.n.record.NewID()
	for _, one := range below {
		for range 2 { // delivered twice, refused once
			if admitted, err := r.city.n.admits(r.t.Context(), one.Node, []fact.Event{e}); err != nil || len(admitted) != 0 {
				r.t.Errorf("an approval by the county itself: %v, %v", admitted, err)
			}
		}
	}
	n := 0
	for _, e := range r.city.audited("report.refused") {
		if strings.Contains(e.After, "for the level above it") {
			n++
		}
	}
	if n != 1 {
		r.t.Errorf("the forged approval is %d times in the audit; want once", n)
	}
}
