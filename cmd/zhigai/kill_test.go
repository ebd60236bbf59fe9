package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/figure"
	"zhigai/plant"
)

// process is the demo as a process of its own, as a user runs it.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	log   bytes.Buffer
	dir   string
	base  string
	token string
}

func startDemo(t *testing.T, bin, dir string) *process {
	t.Helper()
	p := startNode(t, bin, dir, "--demo")
	p.awaitMachines()
	return p
}

// startNode runs a node until the test ends or kills it.
func startNode(t *testing.T, bin, dir string, more ...string) *process {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	tokenFile := filepath.Join(t.TempDir(), "token")
	address := "127.0.0.1:" + strconv.Itoa(port)
	args := append([]string{"run", "--data", dir, "--listen", address, "--mqtt", "127.0.0.1:0", "--admin-token", tokenFile}, more...)
	p := &process{t: t, dir: dir, base: "http://" + address, cmd: exec.Command(bin, args...)}
	p.cmd.Stderr = &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("log of %s:\n%s", dir, p.log.String())
		}
	})
	p.await("the API", func() bool {
		secret, err := os.ReadFile(tokenFile)
		p.token = strings.TrimSpace(string(secret))
		return err == nil && p.get("/api/v1/health", nil) == nil
	})
	return p
}

// awaitMachines waits until most of the demo's machines are live.
func (p *process) awaitMachines() {
	p.t.Helper()
	p.await("live machines", func() bool {
		var list struct {
			Items []struct{ State struct{ Code string } }
		}
		live := 0
		if p.get("/api/v1/equipment?limit=1000", &list) == nil {
			for _, m := range list.Items {
				if m.State.Code != "UNKNOWN" {
					live++
				}
			}
		}
		return live >= 40
	})
}

// await polls until the condition holds, for as long as a slow machine needs.
func (p *process) await(what string, holds func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may be gone already
	_ = p.cmd.Wait()
}

func (p *process) do(method, path string, body, into any) error {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(raw)
	}
	q, err := http.NewRequest(method, p.base+path, in)
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+p.token)
	q.Header.Set("Content-Type", "application/json")
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(a.Body)
	if err != nil {
		return err
	}
	if a.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, a.Status, raw)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(raw, into)
}

func (p *process) get(path string, into any) error { return p.do(http.MethodGet, path, nil, into) }

// sampleRow is one raw value as the API tells it.
type sampleRow struct {
	Time    time.Time
	Value   *float64
	Text    *string
	Quality string
	Raw     string
}

// seen is what the node told the outside world: all of it was acknowledged.
type seen struct {
	samples map[string]map[time.Time]sampleRow // by tag path
	events  map[string]string                  // by id: equipment
}

// look reads every sample of some tags, and enters a correction.
func (s *seen) look(p *process, tags []string, since time.Time) {
	p.t.Helper()
	for _, tag := range tags {
		for at, row := range p.samples(tag, since) {
			if s.samples[tag] == nil {
				s.samples[tag] = map[time.Time]sampleRow{}
			}
			s.samples[tag][at] = row
		}
	}
	var machines struct{ Items []struct{ ID, Path string } }
	if err := p.get("/api/v1/equipment?limit=1", &machines); err != nil {
		p.t.Fatal(err)
	}
	id := machines.Items[0].ID
	var event struct{ ID string }
	if err := p.do(http.MethodPost, "/api/v1/equipment/"+id+"/counts", map[string]any{"scrap": 1, "note": "kill test"}, &event); err != nil {
		p.t.Fatal(err)
	}
	s.events[event.ID] = id
}

func (p *process) samples(tag string, since time.Time) map[time.Time]sampleRow {
	p.t.Helper()
	q := url.Values{"tag": {tag}, "from": {since.Format(time.RFC3339Nano)}, "to": {time.Now().Add(time.Hour).Format(time.RFC3339Nano)}, "limit": {"100000"}}
	var page struct{ Items []sampleRow }
	if err := p.get("/api/v1/samples?"+q.Encode(), &page); err != nil {
		p.t.Fatal(err)
	}
	out := map[time.Time]sampleRow{}
	for _, row := range page.Items {
		if _, twice := out[row.Time]; twice {
			p.t.Errorf("%s at %s: doubled", tag, row.Time)
		}
		out[row.Time] = row
	}
	return out
}

// verify compares what was told before with what is told now.
func (s *seen) verify(p *process, since time.Time) (points int) {
	p.t.Helper()
	for tag, rows := range s.samples {
		now := p.samples(tag, since)
		for at, was := range rows {
			points++
			if got, ok := now[at]; !ok {
				p.t.Errorf("%s at %s: lost", tag, at)
			} else if !reflect.DeepEqual(got, was) {
				p.t.Errorf("%s at %s: altered: %+v; was %+v", tag, at, got, was)
			}
		}
	}
	count := map[string]int{}
	for _, id := range s.events {
		var list struct{ Items []struct{ ID string } }
		q := url.Values{"equipment": {id}, "from": {since.Format(time.RFC3339Nano)}, "to": {time.Now().Add(time.Hour).Format(time.RFC3339Nano)}}
		if err := p.get("/api/v1/events?"+q.Encode(), &list); err != nil {
			p.t.Fatal(err)
		}
		count = map[string]int{}
		for _, e := range list.Items {
			count[e.ID]++
		}
	}
	for id := range s.events {
		points++
		if count[id] != 1 {
			p.t.Errorf("event %s stands %d times; want once", id, count[id])
		}
	}
	return points
}

// TestKill_NothingAcknowledgedIsLost kills the demo at random points and looks
// whether everything it told before is there after the restart; then deletes
// every projection and folds again: figures and states must be the same bits.
func TestKill_NothingAcknowledgedIsLost(t *testing.T) {
	bin := os.Getenv("ZHIGAI_BIN")
	kills, _ := strconv.Atoi(os.Getenv("ZHIGAI_KILLS"))
	if bin == "" || kills == 0 {
		t.Skip("set ZHIGAI_BIN and ZHIGAI_KILLS, or run make fault")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir, begin := filepath.Join(t.TempDir(), "data"), time.Now().Add(-time.Minute)
	site := "xinchang-bearing/xinchang/"
	tags := []string{
		site + "turning/line-1/lathe-01/spindle.load", site + "grinding/line-1/grinder-01/power.active", site + "assembly/line-1/cell-1/link.state",
		site + "turning/line-1/lathe-02/count.good", site + "turning/line-1/lathe-03/machine.product",
	}
	s := &seen{samples: map[string]map[time.Time]sampleRow{}, events: map[string]string{}}
	points := 0
	for i := range kills {
		p := startDemo(t, bin, dir)
		points += s.verify(p, begin)
		s.look(p, tags, begin)
		time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond) // the random point is the subject
		s.look(p, tags, begin)
		p.kill()
		t.Logf("kill %d of %d: %d points told so far were there", i+1, kills, points)
	}
	p := startDemo(t, bin, dir)
	points += s.verify(p, begin)
	p.kill()
	t.Logf("%d kills, %d points checked", kills, points)
	rebuilt(t, dir, begin)
}

// rebuilt compares figures and intervals before and after a from-scratch run.
func rebuilt(t *testing.T, dir string, begin time.Time) {
	t.Helper()
	ctx := context.Background()
	s, err := openStores(ctx, place{Data: dir, Record: os.Getenv("ZHIGAI_RECORD"), History: os.Getenv("ZHIGAI_HISTORY")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rules, err := loadRules(nil)
	if err != nil {
		t.Fatal(err)
	}
	// One instant for both runs, because an open window reaches up to now; and
	// late enough that terms folded before the kill are not taken for fresh.
	now := time.Now().Add(time.Minute)
	f, err := newFolds(s, rules, figure.Options{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	from, to := plant.MicrosOf(begin.Truncate(time.Hour)), plant.MicrosOf(now)
	before := figuresNow(t, f, from, to)
	out, err := f.engine.Rebuild(ctx, demoTenant)
	if err != nil {
		t.Fatal(err)
	}
	after := figuresNow(t, f, from, to)
	if !reflect.DeepEqual(before, after) {
		for k, v := range before {
			if after[k] != v {
				t.Errorf("%s: %s; before the rebuild %s", k, after[k], v)
			}
		}
	}
	t.Logf("%d windows folded from facts, %d figures the same bits", out.Windows, len(after))
}

// figuresNow is every figure of every machine, with its terms.
func figuresNow(t *testing.T, f *folds, from, to plant.Micros) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, id := range []string{"oee", "availability", "effectiveness", "quality-ratio", "coverage", "energy-kwh", "produced", "stops"} {
		all, err := f.engine.Query(context.Background(), access.Scope{Tenant: demoTenant}, id, figure.Hour, from, to, figure.ByEquipment)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			raw, err := json.Marshal([]any{one.Value, one.Reason, one.Terms, one.Coverage})
			if err != nil {
				t.Fatal(err)
			}
			out[fmt.Sprintf("%s %s %d", id, one.Scope.Path, one.Window.From)] = string(raw)
		}
	}
	return out
}
