package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/connect/mqtt/client"
	"zhigai/fact"
	"zhigai/plant"
	"zhigai/sector/tenant"
)

// lathes is a template of the plant that the node's own tenant has, too: the same
// paths, codes and addresses for everybody, another name.
func lathes() string {
	var b strings.Builder
	b.WriteString("schema: zhigai.tenant/1\nname: lathes\nlimits: {devices: 10, tags: 500, samples: 1000, bytes: 1000000000, users: 3, reach: true}\nparams:\n  - {name: first, about: name of the first machine, pattern: '\\S{1,20}'}\nplant: |\n")
	plant := strings.Replace(strings.Replace(twoLathes, "1号车床", "${first}", 1), "zh: 企业", "zh: ${name}", 1)
	for line := range strings.Lines(plant) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// guest is a firm on the node of a gate.
type guest struct {
	tenant tenant.Tenant
	token  string // of its administrator
	lathe  plant.Node
	good   plant.TagNo
	value  float64 // of its samples, and of no other's
}

// takeIn takes a firm in and gives its lathe some samples and a fact.
func takeIn(g *gate, id, name string, value float64) guest {
	g.t.Helper()
	template, err := tenant.ReadTemplate("lathes.yaml", []byte(lathes()))
	must(g.t, err)
	made, err := g.n.sector.Add(g.t.Context(), operator(), &template, []tenant.New{{ID: id, Name: plant.Name{ZH: name}, Set: map[string]string{"first": name + "一号"}}})
	must(g.t, err)
	if len(made) != 1 || made[0].User != "admin@"+id || made[0].Link == "" {
		g.t.Fatalf("made %+v", made)
	}
	x := guest{tenant: made[0].Tenant, value: value, token: g.tokenOf(made[0].Tenant.No, access.Grant{Role: access.RoleAdmin})}
	scope := access.Scope{Tenant: x.tenant.No}
	m, err := g.n.plants.Model(g.t.Context(), scope, plant.MicrosOf(time.Now()))
	must(g.t, err)
	for _, one := range m.Nodes {
		if one.Path == "firm/site/turning/line/lathe-1" {
			x.lathe = one
		}
	}
	tags, err := g.n.shop.Tags(g.t.Context(), scope)
	must(g.t, err)
	var b plant.Batch
	for _, tag := range tags {
		if tag.Node == x.lathe.ID && tag.Name == "count.good" {
			x.good = tag.No
			for i := range 20 {
				b.Samples = append(b.Samples, plant.Sample{Tag: tag.No, Time: plant.MicrosOf(time.Now().Add(-time.Hour + time.Duration(i)*time.Minute)), Value: value + float64(i)})
			}
		}
	}
	g.tags[x.lathe.ID] = x.good
	_, err = g.n.history.Append(g.t.Context(), x.tenant.No, b)
	must(g.t, err)
	_, err = g.n.record.Journal().Append(g.t.Context(), x.tenant.No, fact.New(fact.KindGap, x.lathe.ID, time.Now().Add(-time.Minute), "test", fact.Gap{From: 1, To: 2, Reason: name}))
	must(g.t, err)
	return x
}

// TestTenants: two firms and the operator have the same paths, names and numbers
// everywhere; whatever one asks, by whatever door, nothing of another is shown.
// Then one leaves with everything it owns, and nothing of it is left but its row
// and the audit.
func TestTenants(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	a, b := takeIn(g, "xinda", "信达轴承", 41_000), takeIn(g, "hongfa", "宏发轴承", 52_000)
	t.Run("operations", func(t *testing.T) { foreignOperations(t, g, a, b) })
	t.Run("prometheus", func(t *testing.T) {
		for _, x := range []guest{a, b} {
			other := a
			if x.tenant.No == a.tenant.No {
				other = b
			}
			q := fmt.Sprintf("/prometheus/api/v1/query?query=count_good&time=%d", time.Now().Add(-42*time.Minute).Unix())
			status, body := g.fetch(q, bearer(x.token))
			if status != http.StatusOK || !strings.Contains(body, fmt.Sprintf(`"%d`, int(x.value)/1000)) || strings.Contains(body, fmt.Sprintf(`"%d`, int(other.value)/1000)) {
				t.Errorf("%s: %d %.400s", x.tenant.ID, status, body)
			}
		}
		if status, body := g.fetch("/metrics", bearer(a.token)); status != http.StatusForbidden {
			t.Errorf("metrics of the node to a firm: %d %.200s", status, body)
		}
		_, body := g.fetch("/metrics", bearer(g.token(access.RoleAdmin, "")))
		if strings.Contains(body, "信达") || strings.Contains(body, "xinda") || !strings.Contains(body, fmt.Sprintf(`zhigai_tenant_devices{state="down",tenant="%d"}`, a.tenant.No)) {
			t.Errorf("metrics of the node: %.400s", body)
		}
	})
	t.Run("mqtt", func(t *testing.T) { foreignTopics(t, g, a, b) })
	t.Run("suspended", func(t *testing.T) { suspended(t, g, a) })
	t.Run("leaves", func(t *testing.T) { leaves(t, g, a, b) })
}

// foreignOperations asks every operation as each firm about the machine of the
// other and of the operator.
func foreignOperations(t *testing.T, g *gate, a, b guest) {
	var nodes struct{ Items []plant.Node }
	status, body := g.fetch("/api/v1/nodes", bearer(a.token))
	must(t, json.Unmarshal([]byte(body), &nodes))
	if status != http.StatusOK || len(nodes.Items) != 6 || !strings.Contains(body, a.lathe.Name.ZH) {
		t.Errorf("its own plant, as if the node were its own: %d, %d nodes", status, len(nodes.Items))
	}
	asked := 0
	for _, x := range []struct{ who, about guest }{{a, b}, {b, a}, {a, guest{lathe: g.own}}} {
		for _, o := range g.ops {
			if closed(o) || o.ID == "export-own" { // looked at by itself
				continue
			}
			status, body := g.ask(o, x.about.lathe, bearer(x.who.token))
			asked++
			if status >= 500 {
				t.Errorf("%s by %s: %d %.300s", o.ID, x.who.tenant.ID, status, body)
			}
			for _, leak := range []string{x.about.lathe.Name.ZH, fmt.Sprintf("%d", int(x.about.value+19))} {
				if leak != "19" && strings.Contains(body, leak) {
					t.Errorf("%s shows %q to %s: %d %.400s", o.ID, leak, x.who.tenant.ID, status, body)
				}
			}
		}
	}
	t.Logf("%d requests", asked)
	if status, body := g.fetch("/api/v1/tenants", bearer(a.token)); status != http.StatusForbidden {
		t.Errorf("firms of the platform to a firm: %d %.200s", status, body)
	}
}

// foreignTopics: a gateway of a firm may use the firm's topics alone, and that of
// the operator none of a firm's.
func foreignTopics(t *testing.T, g *gate, a, b guest) {
	heard := make(chan string, 10)
	dial := func(token string) *client.Client {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		c, err := client.Dial(ctx, client.Options{
			Address: g.n.broker.Addr().String(), Version: 5, Client: fmt.Sprintf("c%d", time.Now().UnixNano()), User: "gateway", Password: token, KeepAlive: time.Minute,
			Received: func(topic string, _ []byte, _ bool) { heard <- topic },
		})
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	ofA, ofB, ofHome := dial(a.token), dial(b.token), dial(g.token(access.RoleAdmin, ""))
	for _, filter := range []string{"#", "tenants/#", "tenants/xinda/#", "spBv1.0/#", "+/xinda/#"} {
		if err := ofB.Subscribe(t.Context(), filter, 1); !errors.Is(err, client.ErrRefused) {
			t.Errorf("%s subscribed to %s: %v", b.tenant.ID, filter, err)
		}
	}
	must(t, ofB.Subscribe(t.Context(), "tenants/hongfa/#", 1))
	must(t, ofHome.Subscribe(t.Context(), "#", 1))
	must(t, ofA.Publish(t.Context(), "tenants/xinda/press/speed", []byte("1"), 1, true))
	for _, topic := range []string{"tenants/hongfa/press/speed", "press/speed", "spBv1.0/tenants-hongfa/DDATA/e"} {
		if err := ofA.Publish(t.Context(), topic, []byte("1"), 1, false); err == nil {
			t.Errorf("%s published to %s", a.tenant.ID, topic)
			break
		}
		ofA = dial(a.token) // a client that does what it may not is sent away
	}
	must(t, dial(g.token(access.RoleAdmin, "")).Publish(t.Context(), "press/speed", []byte("2"), 1, false))
	topic := <-heard
	for strings.HasPrefix(topic, "spBv1.0/STATE/") { // the node tells of itself
		topic = <-heard
	}
	if topic != "press/speed" { // what was published before would have come before
		t.Errorf("somebody heard of %s", topic)
	}
}

func suspended(t *testing.T, g *gate, a guest) {
	now, err := g.n.sector.Get(t.Context(), a.tenant.ID)
	must(t, err)
	state := tenant.Suspended
	now, err = g.n.sector.Change(t.Context(), operator(), a.tenant.ID, now.Rev, tenant.Change{State: &state})
	must(t, err)
	if status, body := g.fetch("/api/v1/nodes", bearer(a.token)); status != http.StatusForbidden || !strings.Contains(body, "suspended") {
		t.Errorf("a request of a suspended firm: %d %.200s", status, body)
	}
	if slices.ContainsFunc(g.n.collector.Status(), func(d connect.DeviceStatus) bool { return d.Tenant == a.tenant.No }) {
		t.Error("devices of a suspended firm are read")
	}
	state = tenant.Active
	_, err = g.n.sector.Change(t.Context(), operator(), a.tenant.ID, now.Rev, tenant.Change{State: &state})
	must(t, err)
	if status, _ := g.fetch("/api/v1/nodes", bearer(a.token)); status != http.StatusOK {
		t.Errorf("after it is served again: %d", status)
	}
}

// contents are all files, one behind the other.
func contents(files map[string][]byte) string {
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		all.Write(files[name])
	}
	return all.String()
}

// leaves exports a firm, lets it leave and looks what is left.
func leaves(t *testing.T, g *gate, a, b guest) {
	var own bytes.Buffer
	must(t, g.n.exportTenant(t.Context(), b.tenant.No, b.tenant.ID, &own, func(tenant.Progress) {}))
	files := unpacked(t, own.Bytes())
	all := contents(files)
	for _, want := range []string{"宏发轴承一号", "52019", "firm/site/turning/line/lathe-1/count.good", `"admin@hongfa"`} {
		if !strings.Contains(all, want) {
			t.Errorf("the export does not hold %q", want)
		}
	}
	for _, secret := range []string{"信达", "xinda", "41019", "argon2", "password", string(a.lathe.ID)} {
		if strings.Contains(all, secret) {
			t.Errorf("the export holds %q", secret)
		}
	}
	if now := exportOf(t, g, "/export", b.token); now.State != tenant.ExportReady {
		t.Errorf("export %+v", now)
	}
	if status, body := g.fetch("/api/v1/export/file", bearer(b.token)); status != http.StatusOK || len(unpacked(t, []byte(body))) < len(files) {
		t.Errorf("the firm takes everything along by itself: %d", status)
	}
	if now := exportOf(t, g, "/export", a.token); now.State != tenant.ExportReady {
		t.Errorf("export of another firm %+v", now)
	}
	if status, body := g.fetch("/api/v1/export/file", bearer(a.token)); status != http.StatusOK || strings.Contains(contents(unpacked(t, []byte(body))), "宏发") {
		t.Errorf("another firm's file: %d; it must hold nothing of this one", status)
	}
	ctx := t.Context()
	now, err := g.n.sector.Get(ctx, b.tenant.ID)
	must(t, err)
	if err := g.n.sector.Delete(ctx, operator(), b.tenant.ID, b.tenant.ID); !errors.Is(err, tenant.ErrState) {
		t.Errorf("deleted without leaving: %v", err)
	}
	state := tenant.Leaving
	now, err = g.n.sector.Change(ctx, operator(), b.tenant.ID, now.Rev, tenant.Change{State: &state})
	must(t, err)
	if left := time.Until(now.Ends); left < tenant.DefaultTerm-time.Hour || left > tenant.DefaultTerm {
		t.Errorf("its term is over in %s", left)
	}
	for term, want := range map[int64]error{60: nil, 367: tenant.ErrInvalid} {
		is, err := g.n.sector.Change(ctx, operator(), b.tenant.ID, now.Rev, tenant.Change{State: &state, Term: &term})
		if !errors.Is(err, want) {
			t.Errorf("a term of %d days: %v; want %v", term, err, want)
		}
		if err == nil {
			now = is
			if left := time.Until(now.Ends); left < 60*24*time.Hour-time.Hour || left > 60*24*time.Hour {
				t.Errorf("with a term of 60 days it ends in %s", left)
			}
		}
	}
	if err := g.n.sector.Delete(ctx, operator(), b.tenant.ID, "hongf"); !errors.Is(err, tenant.ErrInvalid) {
		t.Errorf("deleted with a wrong confirmation: %v", err)
	}
	others, err := g.n.record.RowsOf(ctx, a.tenant.No)
	must(t, err)
	approved := approveFor(t, g, b, "opc.tcp://10.9.9.9:4840")
	must(t, g.n.sector.Delete(ctx, operator(), b.tenant.ID, b.tenant.ID))
	if raw, err := os.ReadFile(approved); err != nil || strings.Contains(string(raw), "10.9.9.9") {
		t.Errorf("what was approved for a device of the firm: %s, %v", raw, err)
	}
	if _, err := os.Stat(g.n.exports.File(b.tenant.No)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file of everything it owned is left: %v", err)
	}
	rows, err := g.n.record.RowsOf(ctx, b.tenant.No)
	must(t, err)
	if len(rows) != 2 || rows["tenant"] != 1 || rows["audit"] == 0 {
		t.Errorf("left of the firm: %v", rows)
	}
	if _, err := access.Verify(ctx, g.n.record.Access(), b.tenant.No); err != nil {
		t.Errorf("audit of the firm that left: %v", err)
	}
	if _, err := access.Verify(ctx, g.n.record.Access(), homeTenant); err != nil {
		t.Errorf("audit of the operator: %v", err)
	}
	must(t, g.n.history.Samples(ctx, b.tenant.No, b.good, 0, 1<<62, func(plant.Sample) bool { t.Error("a sample is left"); return false }))
	if status, _ := g.fetch("/api/v1/nodes", bearer(b.token)); status != http.StatusUnauthorized {
		t.Errorf("its token still opens: %d", status)
	}
	after, err := g.n.record.RowsOf(ctx, a.tenant.No)
	must(t, err)
	for table, n := range others {
		if after[table] < n {
			t.Errorf("of the firm that stays %d rows of %s are left; there were %d", after[table], table, n)
		}
	}
	if gone, err := g.n.sector.Get(ctx, b.tenant.ID); err != nil || gone.State != tenant.Deleted || gone.Name.ZH != b.tenant.Name.ZH {
		t.Errorf("its row: %+v, %v", gone, err)
	}
}

// approveFor gives the firm a device whose certificate is approved, and says in
// which file that stands.
func approveFor(t *testing.T, g *gate, x guest, address string) string {
	t.Helper()
	scope := access.Scope{Tenant: x.tenant.No}
	m := plant.Model{Nodes: []plant.Node{{
		Path: "firm/site/turning/line/grinder", Level: plant.LevelEquipment, Name: plant.Name{ZH: "磨床"},
		Machine: &plant.Equipment{Class: "grinder", Profile: "demo-grinder", Device: plant.Device{Driver: "opcua", Address: address, Params: map[string]string{"prefix": "G1"}}},
	}}}
	must(t, g.n.plants.Import(access.With(t.Context(), access.Node(x.tenant.No)), scope, m, plant.MicrosOf(time.Now())))
	for _, d := range g.n.drivers.List {
		if c, ok := d.(connect.Certified); ok {
			must(t, c.Trust(address, strings.Repeat("ab", 32)))
		}
	}
	file := filepath.Join(g.n.dir, "connect", "approved.json")
	if raw, err := os.ReadFile(file); err != nil || !strings.Contains(string(raw), address) {
		t.Fatalf("approved: %s, %v", raw, err)
	}
	return file
}

// unpacked reads an export and checks it against its manifest.
func unpacked(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		out[f.Name], err = io.ReadAll(r)
		must(t, errors.Join(err, r.Close()))
	}
	var m exportManifest
	must(t, json.Unmarshal(out["manifest.json"], &m))
	if len(m.Files) != len(out)-1 {
		t.Errorf("the manifest lists %d files of %d", len(m.Files), len(out)-1)
	}
	for _, f := range m.Files {
		if sum := sha256.Sum256(out[f.Name]); hex.EncodeToString(sum[:]) != f.SHA256 || int64(len(out[f.Name])) != f.Bytes {
			t.Errorf("%s is not as the manifest says", f.Name)
		}
	}
	return out
}
