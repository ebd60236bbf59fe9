package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/link"
	"zhigai/link/sharing"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/programme/machine"
)

// branch is a node of a tree of real ones in this process, which speak over
// sockets. It asks its API as the administrator.
type branch struct {
	registry
	links string // where nodes below connect
	stop  func() // ends it before the test does
}

// plantShares is what a firm usually shares with an authority.
var plantShares = link.Policy{Figures: []string{sharing.MachineDays}, Records: []string{"seal", "evidence_*", "suspicion*"}}

// newBranch starts a node of the plant ("" has none) below another (nil: none),
// with facts that it recorded before.
func newBranch(t *testing.T, name, plantFile string, since time.Time, above *branch, facts func(*node)) *branch {
	t.Helper()
	dir := t.TempDir()
	n, err := openNode(t.Context(), place{Data: dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	b := &branch{}
	ended := false
	b.stop = func() {
		if !ended {
			ended = true
			cancel()
			must(t, n.close())
		}
	}
	t.Cleanup(b.stop)
	admin := access.With(t.Context(), access.Node(demoTenant))
	if plantFile != "" {
		m, err := file.Read("plant.yaml", []byte(plantFile), file.Options{Profiles: n.profiles.IDs()})
		must(t, err)
		must(t, n.plants.Import(admin, access.Scope{Tenant: demoTenant}, m, plant.MicrosOf(since)))
		must(t, n.reconcile(t.Context()))
		_, _, err = n.sharing.Save(admin, sharing.Kept{Policy: plantShares})
		must(t, err)
	}
	if facts != nil {
		facts(n)
	}
	must(t, n.start(ctx))
	up, down := parentFlags{Outbox: "1GB"}, hubFlags{HubName: name}
	if above == nil || plantFile == "" {
		port, err := freePort()
		must(t, err)
		b.links = fmt.Sprintf("127.0.0.1:%d", port)
		down.Links = b.links
	}
	if above != nil {
		code, err := above.n.down.parent.MakeCode(t.Context(), name, demoTenant, time.Hour, "test")
		must(t, err)
		up.Parent, up.NodeKey = []string{"nats://" + above.links}, filepath.Join(t.TempDir(), "node.key")
		must(t, enrolCmd{Code: code, Parent: up.Parent, NodeKey: up.NodeKey}.do(t.Context(), io.Discard))
	}
	must(t, n.join(ctx, up, down, dir))
	h, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	g := &gate{t: t, n: n, api: apiClient{t: t, base: server.URL}}
	b.registry = registry{g, g.token(access.RoleAdmin, "")}
	return b
}

// proveAll closes the windows of the days that begin at the instants, so that
// the machines' rows are kept.
func (b *branch) proveAll(firm string, midnights ...time.Time) {
	b.t.Helper()
	api := apiClient{b.t, b.api.base, b.secret}
	for _, from := range midnights {
		q := fmt.Sprintf("scope=%s&window=day&from=%s&to=%s", firm, stampOf(from), stampOf(from.AddDate(0, 0, 1)))
		api.get("/api/v1/figures/oee?"+q, &struct{}{})
		must(b.t, b.n.proveClosed(b.t.Context()))
	}
}

func stampOf(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// plantAt waits until the node knows the plant and gives it.
func (b *branch) plantAt(owner plant.NodeID) (out machine.Link) {
	b.t.Helper()
	b.until("the plant "+string(owner), func() bool {
		links, err := b.n.machines.Links(b.t.Context(), demoTenant, nil)
		must(b.t, err)
		for _, l := range links {
			if l.Owner == owner {
				out = l
			}
		}
		return out.Owner != ""
	})
	return out
}

// until looks until it holds, and fails after a minute.
func (b *branch) until(what string, holds func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("in vain for a minute: %s", what)
		}
	}
}

// owner is the enterprise of the node's plant.
func (b *branch) owner() plant.NodeID {
	b.t.Helper()
	m, err := b.n.plants.Model(b.t.Context(), access.Scope{Tenant: demoTenant}, plant.MicrosOf(time.Now()))
	must(b.t, err)
	for _, one := range m.Nodes {
		if one.Level == plant.LevelEnterprise {
			return one.ID
		}
	}
	b.t.Fatal("no enterprise")
	return ""
}

// belongs says whose the plant is.
func (b *branch) belongs(owner plant.NodeID, firm string) {
	b.t.Helper()
	l := b.plantAt(owner)
	if status, answer := b.call("PUT", "/plants/"+string(owner), map[string]any{"firm": firm}, nil, ifMatch(l.Rev)); status != 200 {
		b.t.Fatalf("plant %s of %s: %d %s", owner, firm, status, answer)
	}
}

// share saves a policy over the one that holds.
func (b *branch) share(p link.Policy) {
	b.t.Helper()
	k, err := b.n.sharing.Now(b.t.Context())
	must(b.t, err)
	body := map[string]any{"all": p.All, "model": p.Model, "figures": append([]string{}, p.Figures...), "records": append([]string{}, p.Records...), "tags": []any{}, "evidence": []any{}}
	if p.Withdrawn != "" {
		body["withdrawn"] = p.Withdrawn
	}
	if status, answer := b.call("PUT", "/sharing-policy", body, nil, ifMatch(k.Rev)); status != 200 {
		b.t.Fatalf("sharing policy: %d %s", status, answer)
	}
}

// audited are the entries of the audit with the action.
func (b *branch) audited(action string) (out []access.Entry) {
	b.t.Helper()
	var list struct{ Items []access.Entry }
	if status, answer := b.call("GET", "/audit?limit=500&action="+action, nil, &list); status != 200 {
		b.t.Fatalf("audit: %d %s", status, answer)
	}
	for _, e := range list.Items {
		if strings.HasPrefix(e.Action, action) {
			out = append(out, e)
		}
	}
	return out
}
