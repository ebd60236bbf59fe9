package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/connect"
	"zhigai/north"
	"zhigai/plant"
	"zhigai/plant/file"
	"zhigai/record/nodes"
	"zhigai/record/shop"
	"zhigai/sector/tenant"
	"zhigai/shop/discovery"
)

const secretWord = "Geheim-4711-zhigai"

// withPassword is a plant with a device that wants a password, and a second
// with a community that does not.
const withPassword = `schema: zhigai.plant/1
nodes:
  - {path: firm, level: enterprise, name: {zh: 企业}}
  - {path: firm/site, level: site, name: {zh: 工厂}}
  - {path: firm/site/press, level: equipment, name: {zh: 压机}, equipment: {class: press, profile: demo-grinder, device: {driver: opcua, address: "opc.tcp://127.0.0.1:1", params: {prefix: G01, user: reader, password: ` + secretWord + `}}}}
`

// holds reports which files below the folder hold the word.
func holds(t *testing.T, dir, word string) (out []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(name)
		if bytes.Contains(raw, []byte(word)) {
			out = append(out, name)
		}
		return err
	}))
	return out
}

// house is a node on a folder that it can be closed and opened on again.
type house struct {
	t    *testing.T
	dir  string
	n    *node
	base string
	stop func()
}

func (h *house) open() {
	h.t.Helper()
	n, err := openNode(h.t.Context(), place{Data: h.dir}, "127.0.0.1:0", slog.New(slog.DiscardHandler))
	must(h.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	must(h.t, n.start(ctx))
	handler, err := n.handler(nil, false)
	must(h.t, err)
	server := httptest.NewServer(handler)
	h.n, h.base = n, server.URL
	h.stop = func() {
		server.Close()
		cancel()
		must(h.t, n.close())
	}
}

func (h *house) client() registry {
	g := &gate{t: h.t, n: h.n, api: apiClient{t: h.t, base: h.base}}
	return registry{g, g.token(access.RoleAdmin, "")}
}

// TestSecrets_OfDevicesAndBrokersAreSealed: what an older program left in clear
// is sealed at the start and no file of the record holds it any more; what comes
// in clear afterwards never lies in one. Whoever connects has it, nobody is shown
// it, an unchanged plant file changes nothing, and without the key the device
// says why it is not read.
func TestSecrets_OfDevicesAndBrokersAreSealed(t *testing.T) {
	t.Parallel()
	h := &house{t: t, dir: t.TempDir()}
	h.open()
	h.stop()
	rec, err := openRecord(t.Context(), place{Data: h.dir})
	must(t, err)
	by := access.With(t.Context(), access.Node(homeTenant))
	whole := access.Scope{Tenant: homeTenant}
	m, err := file.Read("plant.yaml", []byte(withPassword), file.Options{Profiles: []string{"demo-grinder"}})
	must(t, err)
	must(t, shop.NewPlants(rec).Import(by, whole, m, plant.MicrosOf(time.Now())))
	_, err = shop.NewTargets(rec).SaveTarget(by, homeTenant, north.Target{Name: "MES", Kind: north.KindMQTT, URL: "mqtt://127.0.0.1:1", User: "u", Password: secretWord}, 0)
	must(t, err)
	_, err = shop.NewRules(rec).SaveRule(by, homeTenant, discovery.Rule{Name: "all", Driver: "opcua", Place: "firm/site", Params: map[string]string{"password": secretWord}}, 0)
	must(t, err)
	_, err = nodes.New(rec).Announce(by, homeTenant)
	must(t, err)
	must(t, rec.Close())
	if len(holds(t, h.dir, secretWord)) == 0 {
		t.Fatal("the record holds no password in clear: nothing is shown by this test")
	}

	h.open()
	if in := holds(t, filepath.Join(h.dir, "record"), secretWord); len(in) > 0 {
		t.Errorf("sealed, and yet in clear in %v", in)
	}
	asked := func(want string) {
		t.Helper()
		h.n.reconciling.Lock()
		defer h.n.reconciling.Unlock()
		specs := h.n.specs[homeTenant]
		if len(specs) != 1 || specs[0].Device.Params["password"] != want || specs[0].Device.Params["user"] != "reader" {
			t.Errorf("the collector has %+v; want the password %q", specs, want)
		}
	}
	asked(secretWord)
	targets, err := shop.NewTargets(h.n.record).Sealed(h.n.secrets).Targets(t.Context(), homeTenant)
	must(t, err)
	if len(targets) != 1 || targets[0].Password != secretWord {
		t.Errorf("targets %+v", targets)
	}
	c := h.client()
	shown := func() {
		t.Helper()
		for _, path := range []string{"/nodes", "/plant", "/north-targets", "/discovery-rules", "/devices", "/audit?limit=500"} {
			status, body := h.fetch(c, path)
			if strings.Contains(body, secretWord) {
				t.Errorf("%s shows the password: %d", path, status)
			}
		}
		var all bytes.Buffer
		must(t, h.n.exportTenant(t.Context(), homeTenant, "", &all, func(tenant.Progress) {}))
		for name, raw := range unpacked(t, all.Bytes()) {
			if bytes.Contains(raw, []byte(secretWord)) {
				t.Errorf("%s of the export holds the password", name)
			}
		}
	}
	shown()
	const second = "Anderes-0815-Wort"
	node := func() (out struct {
		plant.Node
		Rev int64 `json:"rev"`
	},
	) {
		t.Helper()
		var list struct{ Items []json.RawMessage }
		if status, answer := c.call("GET", "/nodes", nil, &list); status != 200 {
			t.Fatalf("nodes: %d %s", status, answer)
		}
		for _, raw := range list.Items {
			must(t, json.Unmarshal(raw, &out))
			if out.Machine != nil {
				return out
			}
		}
		return out
	}
	one := node()
	sealed := one.Machine.Device.Params["password"]
	if !access.IsSealed(sealed) {
		t.Errorf("the page is shown %q", sealed)
	}
	_, yaml := h.fetch(c, "/plant")
	if status, answer := c.call("POST", "/plant", []byte(yaml), nil, func(r *http.Request) { r.Header.Set("Content-Type", "application/yaml") }); status != 200 {
		t.Errorf("the own plant file again: %d %s", status, answer)
	}
	if again := node(); again.Rev != one.Rev {
		t.Errorf("the own plant file again made revision %d of %d", again.Rev, one.Rev)
	}
	put := func(change func(*plant.Node), want int) string {
		t.Helper()
		now := node()
		change(&now.Node)
		status, answer := c.call("PUT", "/nodes/"+string(now.ID), now.Node, nil, ifMatch(now.Rev))
		if status != want {
			t.Errorf("put: %d %s; want %d", status, answer, want)
		}
		return answer
	}
	put(func(n *plant.Node) { n.Name.EN = "press" }, 200) // the sealed password goes along
	asked(secretWord)
	put(func(n *plant.Node) { n.Machine.Device.Params["password"] = second }, 200)
	asked(second)
	put(func(n *plant.Node) { n.Machine.Device.Params["password"] = sealed }, 200) // an earlier one of this machine
	asked(secretWord)
	if answer := put(func(n *plant.Node) { n.Machine.Device.Params["password"] = sealed[:len(sealed)-2] + "AA" }, 422); !strings.Contains(answer, "write it in clear") {
		t.Errorf("a sealed text of somewhere else: %s", answer)
	}
	if status, answer := c.call("POST", "/devices/test", map[string]any{"driver": "opcua", "address": "opc.tcp://127.0.0.2:1", "params": map[string]string{"prefix": "G01", "user": "reader", "password": sealed}, "profile": "demo-grinder"}, nil); status != 422 || !strings.Contains(answer, "another address") {
		t.Errorf("a sealed password tried at another address: %d %s", status, answer)
	}
	shown()
	h.stop()
	if in := append(holds(t, filepath.Join(h.dir, "record"), secretWord), holds(t, filepath.Join(h.dir, "record"), second)...); len(in) > 0 {
		t.Errorf("after a run in clear in %v", in)
	}

	must(t, os.Remove(filepath.Join(h.dir, "node", secretsName))) // restored without the key
	h.open()
	defer h.stop()
	var why string
	for _, d := range h.n.collector.Status() {
		if d.State == connect.StateMisconfigured {
			why = d.Error
		}
	}
	if !strings.Contains(why, "sealed with another key") {
		t.Errorf("the device says %q: %+v", why, h.n.collector.Status())
	}
	if targets, err = shop.NewTargets(h.n.record).Sealed(h.n.secrets).Targets(t.Context(), homeTenant); err != nil || targets[0].Sealed == nil || targets[0].Password != "" {
		t.Errorf("targets without the key: %+v, %v", targets, err)
	}
	c = h.client()
	put(func(n *plant.Node) { n.Name.EN = "the press" }, 200) // what cannot be read is kept
	put(func(n *plant.Node) { n.Machine.Device.Params["password"] = second }, 200)
	asked(second)
}

func (h *house) fetch(c registry, path string) (int, string) {
	h.t.Helper()
	return c.fetch("/api/v1"+path, bearer(c.secret))
}
