package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect/peer"
	"zhigai/plant"
	"zhigai/shop/acceptance"
)

type apiReport struct {
	acceptance.Head
	Content acceptance.Content
}

func (c apiClient) call(method, link, token string, body any) (int, []byte) {
	c.t.Helper()
	raw, err := json.Marshal(body)
	must(c.t, err)
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+link, bytes.NewReader(raw))
	must(c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	must(c.t, err)
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	must(c.t, err)
	return res.StatusCode, out
}

// TestAcceptance makes a report over the API of a node with real stores: every
// tag's row agrees with the samples that its link gives, the file has the hash
// that is signed, and another program reads the machines in the PDF.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	from := time.Now().UTC().Add(-6 * time.Hour).Truncate(time.Second)
	to := from.Add(5 * time.Hour)
	n, api := nodeAndAPI(t, twoLathes, from.Add(-24*time.Hour), func(n *node) {
		tags, err := n.shop.Tags(t.Context(), access.Scope{Tenant: demoTenant})
		must(t, err)
		byName := map[string]plant.TagNo{}
		for _, tag := range tags {
			if strings.HasPrefix(tag.Path, "firm/site/turning/line/lathe-1/") {
				byName[tag.Name] = tag.No
			}
		}
		randomShift(t, n, demoTenant, rand.New(rand.NewPCG(3, 4)), byName, from.Add(-time.Hour), to)
	})
	_, engineer, err := n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "engineer", Role: access.RoleEngineer})
	must(t, err)
	id := finish(t, api, engineer, "/api/v1/acceptance-reports", map[string]any{"from": from, "to": to})

	var report apiReport
	api.get("/api/v1/acceptance-reports/"+id, &report)
	c := report.Content
	if len(c.Machines) != 2 || c.Machines[1].Result != acceptance.NoData || c.Machines[0].Result == acceptance.NoData || c.Result != acceptance.Failed {
		t.Fatalf("%s, machines %+v", c.Result, c.Totals)
	}
	m := c.Machines[0]
	stored, states := 0, int64(0)
	for _, tag := range m.Tags {
		var page struct{ Items []apiSample }
		api.get(tag.Link+"&limit=100000", &page)
		own := 0
		for _, s := range page.Items {
			if !s.Time.Before(from) {
				own++
			}
		}
		if stored += own; int64(own) != tag.Samples {
			t.Errorf("%s: %d samples in the report, %d by its link", tag.Name, tag.Samples, own)
		}
	}
	for _, ms := range m.States {
		states += ms
	}
	if stored == 0 || int64(stored) != m.Samples || states != to.Sub(from).Milliseconds() || m.Verified != "derived" || m.Address != "127.0.0.1:1" {
		t.Errorf("%d samples, %d in the report; states of %d ms", stored, m.Samples, states)
	}
	var intervals struct{ Items []json.RawMessage }
	api.get(m.Evidence.Intervals, &intervals)
	if len(intervals.Items) == 0 {
		t.Error("the link to the timeline leads nowhere")
	}
	status, raw := api.call("GET", "/api/v1/acceptance-reports/"+id+"/file?format=json", api.token, nil)
	if sum := sha256.Sum256(raw); status != 200 || hex.EncodeToString(sum[:]) != report.SHA256 {
		t.Errorf("file: %d, its hash is not the one that is signed", status)
	}
	status, raw = api.call("GET", "/api/v1/acceptance-reports/"+id+"/file?format=pdf", api.token, nil)
	if status != 200 || !bytes.HasPrefix(raw, []byte("%PDF-")) {
		t.Fatalf("pdf: %d %.100s", status, raw)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		peer.Missing(t, "pdftotext of poppler-utils")
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	must(t, os.WriteFile(name, raw, 0o600))
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", name, "-").Output()
	must(t, err)
	for _, want := range []string{"1号车床", "2号车床", "无数据", report.SHA256[:32], fmt.Sprint(m.Samples), id} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in the PDF", want)
		}
	}

	// The same facts give the same; a late sample gives the next revision.
	check := "/api/v1/acceptance-reports/" + id + "/check"
	if same := finish(t, api, engineer, check, nil); same != id {
		t.Errorf("checked without a change: %s is not %s", same, id)
	}
	_, err = n.history.Append(t.Context(), demoTenant, plant.Batch{Samples: []plant.Sample{{Tag: m.Tags[0].No, Time: plant.MicrosOf(from.Add(1234567 * time.Microsecond)), Value: 1}}})
	must(t, err)
	next := finish(t, api, engineer, check, nil)
	var second apiReport
	api.get("/api/v1/acceptance-reports/"+next, &second)
	if second.Revision != 2 || second.Previous != id || second.SHA256 == report.SHA256 {
		t.Errorf("after a late sample: %+v", second.Head)
	}
	var again apiReport
	api.get("/api/v1/acceptance-reports/"+id, &again)
	if again.SHA256 != report.SHA256 || again.Next != next {
		t.Errorf("the first revision: %+v", again.Head)
	}
}

// finish starts a job and gives the report that it made.
func finish(t *testing.T, api apiClient, token, link string, body any) string {
	t.Helper()
	status, raw := api.call("POST", link, token, body)
	var job acceptance.Job
	if status != http.StatusCreated {
		t.Fatalf("%s: %d %s", link, status, raw)
	}
	must(t, json.Unmarshal(raw, &job))
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		var jobs struct{ Items []acceptance.Job }
		api.get("/api/v1/acceptance-jobs", &jobs)
		for _, j := range jobs.Items {
			if j.ID != job.ID || j.State == acceptance.Running {
				continue
			}
			if j.Report == "" {
				t.Fatalf("%s: %s %s", link, j.State, j.Error)
			}
			return j.Report
		}
	}
	t.Fatalf("%s: not made in a minute", link)
	return ""
}
