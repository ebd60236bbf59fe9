package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// TestAuditOfReads: who was let in until a date leaves one entry for each
// request that shows samples or the facts of a figure, however many samples
// there are; who belongs to the plant leaves none.
func TestAuditOfReads(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	until := time.Now().Add(time.Hour)
	guest := g.tokenOf(demoTenant, access.Grant{Role: access.RoleViewer, Path: ourLine, Until: until, Purpose: "诊断"})
	ours := g.tokenOf(demoTenant, access.Grant{Role: access.RoleViewer, Path: ourLine})
	// A guest who has the place for ever by another grant is none.
	both := g.tokenOf(demoTenant, access.Grant{Role: access.RoleViewer}, access.Grant{Role: access.RoleViewer, Path: ourLine, Until: until, Purpose: "诊断"})
	own, out := fmt.Sprint(g.tags[g.own.ID]), fmt.Sprint(g.tags[g.out.ID])
	span := url.Values{"from": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "to": {time.Now().UTC().Format(time.RFC3339)}}
	asks := []struct {
		path string
		want string // action of the entry
	}{
		{"/api/v1/samples?tag=" + own, "samples.read"},
		{"/api/v1/samples?limit=1&tag=" + own, "samples.read"},
		{"/api/v1/series?tag=" + own + "&tag=" + own, "samples.read"},
		{"/api/v1/series/raw?tag=" + own, "samples.read"},
		{"/api/v1/figures/oee/evidence?window=base&scope=" + g.own.Path, "evidence.read"},
		{"/prometheus/api/v1/query_range?query=count_good&start=0&end=60&step=60", "samples.read"},
		{"/api/v1/equipment/" + string(g.own.ID) + "?", "values.read"},
		{"/prometheus/api/v1/labels?", ""},
		{"/api/v1/tags?", ""},
		{"/api/v1/samples?tag=" + out, ""}, // refused: nothing was shown
	}
	reads := func() []access.Entry {
		t.Helper()
		all, err := g.n.record.Access().FindAudit(t.Context(), demoTenant, access.AuditQuery{Kind: access.AuditReads}, 100)
		must(t, err)
		return all
	}
	for _, ask := range asks {
		path := ask.path + "&" + span.Encode()
		before := len(reads())
		for who, token := range map[string]string{"one of ours": ours, "one of ours who is a guest, too": both} {
			if status, body := g.fetch(path, bearer(token)); status >= 500 {
				t.Fatalf("%s: %d %s", path, status, body)
			}
			if n := len(reads()); n != before {
				t.Errorf("%s by %s: %d entries; want none", path, who, n-before)
			}
		}
		status, body := g.fetch(path, bearer(guest))
		after := reads()
		if ask.want == "" {
			if len(after) != before {
				t.Errorf("%s by a guest: %d, entry %+v; want none", path, status, after[0])
			}
			continue
		}
		if status != http.StatusOK || len(after) != before+1 {
			t.Errorf("%s by a guest: %d, %d entries; want one: %.200s", path, status, len(after)-before, body)
			continue
		}
		if e := after[0]; e.Action != ask.want || !strings.Contains(e.Object, "equipment/"+string(g.own.ID)) || !strings.Contains(e.After, `"guest":true`) || !strings.Contains(e.After, g.own.Path) {
			t.Errorf("%s left %+v", path, e)
		}
	}
}

// TestAuditOfLive: a stream of live values leaves one entry when its guest goes,
// with how often values were shown, and none for who belongs to the plant, for
// a stream without values, and for a machine that is not seen.
func TestAuditOfLive(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	guest := g.tokenOf(demoTenant, access.Grant{Role: access.RoleViewer, Path: ourLine, Until: time.Now().Add(time.Hour), Purpose: "诊断"})
	ours := g.tokenOf(demoTenant, access.Grant{Role: access.RoleViewer, Path: ourLine})
	reads := func() []access.Entry {
		all, err := g.n.record.Access().FindAudit(t.Context(), demoTenant, access.AuditQuery{Action: "live.read"}, 100)
		must(t, err)
		return all
	}
	watch := func(token string, machine plant.NodeID, until string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api.base+"/api/v1/live?machine="+string(machine), nil)
		must(t, err)
		bearer(token)(req)
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() && lines.Text() != "event: "+until {
		}
		if lines.Err() != nil {
			t.Errorf("the stream ended before %q: %v", until, lines.Err())
		}
		cancel()
		_ = res.Body.Close() // it was cut off
	}
	noted := func(n int) { // the stream's end is noted after the client has gone
		t.Helper()
		for end := time.Now().Add(time.Minute); len(reads()) < n && time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		}
		if got := len(reads()); got != n {
			t.Fatalf("%d streams with values are noted; want %d", got, n)
		}
	}
	watch(guest, g.own.ID, "values")
	noted(1)
	watch(guest, g.out.ID, "machines")
	watch(guest, "", "machines")
	watch(ours, g.own.ID, "values")
	watch(guest, g.own.ID, "values")
	noted(2)
	all := reads()
	if len(all) != 2 {
		t.Errorf("%d entries: %+v; want one for each of the guest's streams with values", len(all), all)
	}
	for _, e := range all {
		if e.Object != "equipment/"+string(g.own.ID) || !strings.Contains(e.After, `"times":`) || strings.Contains(e.After, `"times":0`) || !strings.Contains(e.After, `"guest":true`) {
			t.Errorf("entry %+v", e)
		}
	}
}

// TestAuditPages: the filters and the cursor go through to the answer, and the
// file says the same as the pages.
func TestAuditPages(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	auditor := g.token("auditor", "")
	for i := range 5 {
		must(t, g.n.access.Record(t.Context(), access.Node(demoTenant), "thing.change", fmt.Sprint("thing/", i), nil, map[string]string{"name": "轴承"}))
	}
	var seen []string
	for cursor, pages := "", 0; ; pages++ {
		status, body := g.fetch("/api/v1/audit?action=thing.&limit=2&cursor="+cursor, bearer(auditor))
		page := parsed[struct {
			Items []access.Entry
			Next  string
		}](t, status, body)
		for _, e := range page.Items {
			seen = append(seen, e.Object)
		}
		if cursor = page.Next; cursor == "" {
			if pages != 2 {
				t.Errorf("%d pages; want 3", pages+1)
			}
			break
		}
	}
	if want := []string{"thing/4", "thing/3", "thing/2", "thing/1", "thing/0"}; !slices.Equal(seen, want) {
		t.Errorf("pages give %v; want %v", seen, want)
	}
	for query, want := range map[string]int{"kind=sideways": 422, "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": 422, "cursor=eHg": 422, "kind=reads": 200} {
		if status, body := g.fetch("/api/v1/audit?"+query, bearer(auditor)); status != want {
			t.Errorf("%s: %d %s; want %d", query, status, body, want)
		}
	}
	status, body := g.fetch("/api/v1/audit/export?action=thing.", bearer(auditor))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\uFEFF"))).ReadAll()
	if err != nil || status != http.StatusOK || len(rows) != 6 || !strings.Contains(body, "轴承") || !strings.HasPrefix(body, "\uFEFF") {
		t.Errorf("the file: %d, %d rows, %v", status, len(rows), err)
	}
	if last, err := g.n.record.Access().FindAudit(t.Context(), demoTenant, access.AuditQuery{}, 1); err != nil || last[0].Action != "audit.read" {
		t.Errorf("who took the file is not in the audit: %+v, %v", last, err)
	}
}

// parsed is an answer that succeeded.
func parsed[T any](t *testing.T, status int, body string) T {
	t.Helper()
	var out T
	if status >= 300 {
		t.Fatalf("%d %s", status, body)
	}
	must(t, json.Unmarshal([]byte(body), &out))
	return out
}
