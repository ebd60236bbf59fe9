package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/link"
	"zhigai/plant"
	"zhigai/programme/evaluation/benchmark"
	"zhigai/web/shop"
)

// TestWithdrawal_ReachesTheAggregate: a plant's firm stands in a group of
// exactly k firms that its county publishes. It withdraws: the next drill-down
// is refused with the reason and on record at both nodes, no later day goes up,
// and the next issue leaves the firm out and suppresses the group.
func TestWithdrawal_ReachesTheAggregate(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	now := time.Now().In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day()-4, 0, 0, 0, 0, zone)
	county := newBranch(t, "county", "", midnight, nil, nil)
	works := newBranch(t, "works", twoLathes, midnight.AddDate(0, 0, -1), county, func(n *node) { storeShift(t, n, midnight.Add(6*time.Hour)) })

	var firms []string
	for i := range 17 { // five in Xinchang, twelve in Shengzhou
		region := "330683"
		if i < 5 {
			region = "330624"
		}
		firms = append(firms, county.scored(i, region, "C3451", yearOf(0.6+float64(i)/20)))
	}
	works.proveAll("firm", midnight)
	owner := works.owner()
	county.belongs(owner, firms[0])

	publish := func(number, members int) {
		t.Helper()
		var issue benchmark.Issue
		if status, answer := county.call("POST", "/benchmark-issues", map[string]any{"measure": "tax-per-mu", "year": scoredYear}, &issue); status != 201 || issue.Number != number || issue.Firms != members {
			t.Fatalf("issue: %d %s; want number %d of %d firms", status, answer, number, members)
		}
	}
	cells := func() (out map[string]benchmark.Cell) {
		t.Helper()
		var a benchmark.Answer
		if status, answer := county.call("GET", fmt.Sprintf("/benchmarks?measure=tax-per-mu&year=%d&region=3306&by=region", scoredYear), nil, &a); status != 200 {
			t.Fatalf("benchmarks: %d %s", status, answer)
		}
		out = map[string]benchmark.Cell{}
		for _, c := range a.Parts {
			out[c.Region] = c
		}
		return out
	}
	lathe := apiClient{t, works.api.base, works.secret}.idOf("firm/site/turning/line/lathe-1")
	ask := func(tag string) (out shop.EvidenceState) {
		t.Helper()
		body := map[string]any{"equipment": lathe, "office": "新昌县经信局", "purpose": "核查" + tag, "tags": []string{tag}, "from": midnight.Format(time.DateOnly), "to": midnight.AddDate(0, 0, 1).Format(time.DateOnly)}
		if status, answer := county.call("POST", "/evidence-requests", body, &out); status != 201 {
			t.Fatalf("ask for samples: %d %s", status, answer)
		}
		return out
	}

	publish(1, 17)
	before := cells()
	if a, b := before["330624"], before["330683"]; a.N != 5 || a.Why != "" || b.N != 12 {
		t.Fatalf("before: %+v", before)
	}
	if s := ask("count.good"); s.State != "waiting" {
		t.Errorf("a request before the withdrawal is %s (%s); want waiting", s.State, s.Reason)
	}
	held := county.n.daysOf(t, lathe)

	const why = "合同终止，停止共享"
	works.share(link.Policy{Withdrawn: why})
	county.until("the withdrawal is known", func() bool {
		gone, err := sharingFirms{county.n.stores}.Withdrawn(t.Context(), demoTenant)
		must(t, err)
		return gone[firms[0]]
	})
	for _, tag := range []string{"count.good", "machine.running"} { // granted before or not, known or new
		if s := ask(tag); s.State != "refused" || s.Reason != why {
			t.Errorf("%s after the withdrawal: %s, %q; want refused with the reason", tag, s.State, s.Reason)
		}
	}
	for name, b := range map[string]*branch{"county": county, "works": works} {
		said := false
		for _, e := range b.audited("evidence.") {
			said = said || strings.Contains(string(e.After), "refused") && strings.Contains(string(e.After), why)
		}
		if !said {
			t.Errorf("no refusal in the audit of the %s: %v", name, b.audited("evidence."))
		}
	}

	// Later days stay.
	next := midnight.AddDate(0, 0, 1)
	storeShift(t, works.n, next.Add(6*time.Hour))
	works.proveAll("firm", next)
	if days := works.n.daysOf(t, lathe); days < held+1 {
		t.Fatalf("%d days at the works; want more than %d", days, held)
	}
	head, err := works.n.machines.RowsHead(t.Context(), demoTenant)
	must(t, err)
	county.until("the county has passed the rows over", func() bool {
		all, err := county.n.down.parent.Status(t.Context())
		must(t, err)
		for _, s := range all[0].Streams {
			if s.Stream == link.StreamFigures {
				return s.Delivered >= head
			}
		}
		return false
	})
	if days := county.n.daysOf(t, lathe); days != held {
		t.Errorf("%d days at the county; want the %d from before", days, held)
	}

	publish(2, 16)
	after := cells()
	if c := after["330624"]; c.Why == "" || c.N != 0 || len(c.Quantiles) != 0 {
		t.Errorf("four firms are told of: %+v", c)
	}
	// What is left of the city would be those four by subtraction.
	if c := after["330683"]; c.Why == "" || c.N != 0 {
		t.Errorf("the other county is told of beside the city: %+v", c)
	}

	// What it kept back goes when it shares again, and the firm is counted again.
	works.share(plantShares)
	county.until("the day that was passed over", func() bool { return county.n.daysOf(t, lathe) == works.n.daysOf(t, lathe) })
	county.until("the firm shares again", func() bool {
		gone, err := sharingFirms{county.n.stores}.Withdrawn(t.Context(), demoTenant)
		must(t, err)
		return len(gone) == 0
	})
	if got, want := county.months(next.Format("2006-01")), works.months(next.Format("2006-01")); !reflect.DeepEqual(got, want) {
		t.Errorf("months at the county %+v; at the works %+v", got, want)
	}
	t.Logf("before %d and %d firms; after %q and %q", before["330624"].N, before["330683"].N, after["330624"].Why, after["330683"].Why)
}

// daysOf is how many days of the machine are kept here.
func (n *node) daysOf(t *testing.T, machine plant.NodeID) int {
	t.Helper()
	days, err := n.machines.Days(t.Context(), demoTenant, machine, "2000-01-01", "2100-01-01")
	must(t, err)
	return len(days)
}
