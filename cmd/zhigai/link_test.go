package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/figure"
	"zhigai/link"
	"zhigai/link/linktest"
	"zhigai/link/settings"
	"zhigai/plant"
)

// enrolled makes a node known to the running hub and gives its key's file.
func enrolled(t *testing.T, bin, hub, name, parent string) string {
	t.Helper()
	key := filepath.Join(t.TempDir(), name+".key")
	code, err := exec.Command(bin, "node", "invite", name, "--data", hub).Output()
	if err != nil {
		t.Fatalf("invite: %v", err)
	}
	if out, err := exec.Command(bin, "enrol", strings.TrimSpace(string(code)), "--parent", parent, "--node-key", key).CombinedOutput(); err != nil {
		t.Fatalf("enrol: %v: %s", err, out)
	}
	return key
}

// behind is how many items of its children the hub lacks; -1 while a child is
// not connected or has not said.
func (p *process) behind() int64 {
	all, err := askNode[[]link.NodeStatus](context.Background(), p.dir, "/links/list", struct{}{})
	if err != nil || len(all) == 0 {
		return -1
	}
	n := int64(0)
	for _, one := range all {
		if !one.Connected || len(one.Streams) == 0 {
			return -1
		}
		for _, s := range one.Streams {
			n += int64(s.Backlog)
		}
	}
	return n
}

// TestLink_HubEqualsEdge lets the demo plant send to a hub, cuts the line,
// kills the edge inside the outage and the hub outside of it, and compares
// every sample, event and figure of the two.
func TestLink_HubEqualsEdge(t *testing.T) {
	bin := os.Getenv("ZHIGAI_BIN")
	if bin == "" {
		t.Skip("set ZHIGAI_BIN, or run make fault")
	}
	begin := time.Now().Add(-time.Minute)
	hubDir, edgeDir := filepath.Join(t.TempDir(), "hub"), filepath.Join(t.TempDir(), "edge")
	port, err := freePort()
	must(t, err)
	links := fmt.Sprintf("127.0.0.1:%d", port)
	hub := startNode(t, bin, hubDir, "--links", links)
	line, err := linktest.NewProxy(links)
	must(t, err)
	t.Cleanup(line.Close)
	parent := "nats://" + line.Address()
	up := []string{"--parent", parent, "--node-key", enrolled(t, bin, hubDir, "edge-1", parent)}

	edge := startNode(t, bin, edgeDir, append(up, "--demo")...)
	edge.awaitMachines()
	hub.awaitMachines() // the machines of the edge, as the hub sees them

	hub.sendSettings()

	line.Cut(false) // the connection is lost and made again
	hub.await("the edge again", func() bool { return hub.behind() == 0 })

	line.Cut(true)
	edge.kill()
	edge = startNode(t, bin, edgeDir, append(up, "--demo")...)
	edge.awaitMachines()
	hub.kill()
	hub = startNode(t, bin, hubDir, "--links", links)
	line.Restore()
	hub.await("what the outage left", func() bool { return hub.behind() == 0 })
	edge.kill()
	// Without its machines the edge falls silent; what it had not delivered when
	// it was killed it delivers now.
	for range 10 {
		edge = startNode(t, bin, edgeDir, up...)
		hub.await("the rest", func() bool { return hub.behind() == 0 })
		delivered := hub.delivered()
		edge.kill()
		if reflect.DeepEqual(delivered, heads(t, edgeDir)) {
			hub.kill()
			compareNodes(t, place{Data: edgeDir}, place{Data: hubDir}, begin)
			return
		}
	}
	t.Error("the edge never falls silent")
}

// sendSettings changes a machine's name from the hub and asks for what cannot
// be.
func (p *process) sendSettings() {
	p.t.Helper()
	var state struct {
		Nodes []struct{ Node struct{ ID string } }
	}
	must(p.t, p.get("/api/v1/links", &state))
	at := "/api/v1/links/nodes/" + state.Nodes[0].Node.ID
	plantFile := p.text("GET", at+"/plant", "")
	changed := strings.Replace(plantFile, "1号装配单元", "一号装配单元", 1)
	if changed == plantFile {
		p.t.Fatal("the plant file has no such machine")
	}
	for body, want := range map[string]settings.State{changed: settings.Confirmed, "nodes: 7": settings.Refused} {
		p.text("POST", at+"/settings", body)
		var list struct{ Items []settings.Version }
		p.await("the settings", func() bool {
			must(p.t, p.get(at+"/settings", &list))
			return !list.Items[0].State.Open()
		})
		if got := list.Items[0]; got.State != want {
			p.t.Errorf("settings %s (%s); want %s", got.State, got.Detail, want)
		}
	}
	p.await("the new name at the hub", func() bool {
		var machines struct{ Items []struct{ Name plant.Name } }
		must(p.t, p.get("/api/v1/equipment?limit=1000", &machines))
		return slices.ContainsFunc(machines.Items, func(m struct{ Name plant.Name }) bool { return m.Name.ZH == "一号装配单元" })
	})
}

// text sends and gets what is no JSON.
func (p *process) text(method, path, body string) string {
	p.t.Helper()
	req, err := http.NewRequest(method, p.base+path, strings.NewReader(body))
	must(p.t, err)
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/yaml")
	res, err := http.DefaultClient.Do(req)
	must(p.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(p.t, err)
	if res.StatusCode >= 300 {
		p.t.Fatalf("%s %s: %s: %s", method, path, res.Status, raw)
	}
	return string(raw)
}

// delivered is how far the hub has each stream of its only child.
func (p *process) delivered() map[link.Stream]uint64 {
	all, err := askNode[[]link.NodeStatus](context.Background(), p.dir, "/links/list", struct{}{})
	must(p.t, err)
	return deliveredOf(all[0])
}

// deliveredOf leaves the model out: a node makes it anew when it starts.
func deliveredOf(one link.NodeStatus) map[link.Stream]uint64 {
	out := map[link.Stream]uint64{}
	for _, s := range one.Streams {
		if s.Stream != link.StreamModel {
			out[s.Stream] = s.Delivered
		}
	}
	return out
}

// heads is how far the journals of a stopped node go.
func heads(t *testing.T, dir string) map[link.Stream]uint64 {
	t.Helper()
	s, err := openStores(t.Context(), place{Data: dir})
	must(t, err)
	days, err := s.machines.RowsHead(t.Context(), demoTenant)
	must(t, err)
	out := map[link.Stream]uint64{link.StreamHistory: s.history.LastSeq(), link.StreamRecord: s.record.Journal().Head(demoTenant), link.StreamFigures: days}
	must(t, s.Close())
	return out
}

// compareNodes opens two stopped nodes.
func compareNodes(t *testing.T, edgeAt, hubAt place, begin time.Time) {
	t.Helper()
	edge, hub := opened(t, edgeAt), opened(t, hubAt)
	ctx := t.Context()
	points := 0
	theirs := map[string]plant.TagNo{}
	tags, err := hub.shop.Tags(ctx, access.Scope{Tenant: demoTenant})
	must(t, err)
	for _, one := range tags {
		theirs[one.Path] = one.No
	}
	tags, err = edge.shop.Tags(ctx, access.Scope{Tenant: demoTenant})
	must(t, err)
	for _, one := range tags {
		want, got := edge.values(t, one.No), hub.values(t, theirs[one.Path])
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: %d values at the edge, %d at the hub, or others", one.Path, len(want), len(got))
		}
		points += len(want)
	}
	atEdge, atHub := edge.facts(t), hub.facts(t)
	for id, e := range atEdge {
		if atHub[id] != e {
			t.Errorf("event %s: %s at the hub; %s at the edge", id, atHub[id], e)
		}
	}
	now := time.Now().Add(time.Minute)
	from, to := plant.MicrosOf(begin.Truncate(time.Hour)), plant.MicrosOf(now)
	want, got := figuresNow(t, foldsAt(t, edge, now), from, to), figuresNow(t, foldsAt(t, hub, now), from, to)
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: %s at the hub; %s at the edge", k, got[k], v)
		}
	}
	if points == 0 || len(atEdge) == 0 || len(want) == 0 {
		t.Error("nothing was compared")
	}
	t.Logf("%d points, %d events and %d figures are the same at edge and hub: lost 0, doubled 0, altered 0", points, len(atEdge), len(want))
}

func opened(t *testing.T, at place) *stores {
	t.Helper()
	s, err := openStores(t.Context(), at)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	return s
}

// foldsAt makes figures of a stopped node at one instant, from facts alone.
func foldsAt(t *testing.T, s *stores, now time.Time) *folds {
	t.Helper()
	rules, err := loadRules(nil)
	must(t, err)
	f, err := newFolds(s, rules, figure.Options{Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }})
	must(t, err)
	_, err = f.engine.Rebuild(context.Background(), demoTenant)
	must(t, err)
	return f
}

// values is everything a tag has, as text.
func (s *stores) values(t *testing.T, tag plant.TagNo) (out []string) {
	t.Helper()
	end := plant.MicrosOf(time.Now().AddDate(1, 0, 0))
	must(t, s.history.Samples(t.Context(), demoTenant, tag, 0, end, func(p plant.Sample) bool {
		out = append(out, fmt.Sprint(p.Time, math.Float64bits(p.Value), p.Quality))
		return true
	}))
	must(t, s.history.Texts(t.Context(), demoTenant, tag, 0, end, func(p plant.Text) bool {
		out = append(out, fmt.Sprint(p.Time, p.Value, p.Quality))
		return true
	}))
	return out
}

// facts is every event but closings, which each node makes of its own figures.
func (s *stores) facts(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for after := uint64(0); after < s.record.Journal().Head(demoTenant); {
		page, err := s.record.Journal().Events(t.Context(), demoTenant, fact.Filter{AfterSeq: after})
		must(t, err)
		for _, e := range page {
			after = e.Seq
			if e.Kind == fact.KindClosing {
				continue
			}
			if _, twice := out[e.ID]; twice {
				t.Errorf("event %s stands twice", e.ID)
			}
			e.Seq, e.Recorded = 0, 0
			raw, err := json.Marshal(e)
			must(t, err)
			out[e.ID] = string(raw)
		}
	}
	return out
}
