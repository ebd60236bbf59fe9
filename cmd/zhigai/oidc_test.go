package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"zhigai/access"
	"zhigai/connect/peer"
	"zhigai/web"
)

// signOnHouse is a node and a provider of other people's making.
type signOnHouse struct {
	t        *testing.T
	n        *node
	base     string
	token    string
	party    *peer.Process
	issuer   string
	provider access.Provider
	log      *heard
}

// heard is what the node wrote into its log.
type heard struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.Write(b)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all.String()
}

const clientSecret = "a-client-secret-nobody-may-read"

func newSignOnHouse(t *testing.T) *signOnHouse {
	t.Helper()
	h := &signOnHouse{t: t, log: &heard{}}
	h.party = peer.Node(t, "../..", "oidc/provider.mjs", "0")
	h.issuer = h.party.Wait("ready")["issuer"].(string)
	n, err := openNode(t.Context(), place{Data: t.TempDir()}, "127.0.0.1:0", slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, err)
	t.Cleanup(func() { must(t, n.close()) })
	must(t, n.start(t.Context()))
	h.n = n
	_, _, err = n.access.EnsureAdmin(t.Context(), demoTenant, "admin", "管理员", "a long enough word")
	must(t, err)
	_, h.token, err = n.access.CreateToken(t.Context(), access.Node(demoTenant), access.NewToken{Name: "admin", Role: access.RoleAdmin})
	must(t, err)
	handler, err := n.handler(nil, false)
	must(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	h.base = server.URL
	return h
}

// ask calls the API as the administrator.
func (h *signOnHouse) ask(method, path string, in, out any) int {
	h.t.Helper()
	raw, err := json.Marshal(in)
	must(h.t, err)
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.base+"/api/v1"+path, bytes.NewReader(raw))
	must(h.t, err)
	req.Header.Set("Authorization", "Bearer "+h.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	must(h.t, err)
	defer func() { must(h.t, res.Body.Close()) }()
	body, err := io.ReadAll(res.Body)
	must(h.t, err)
	if strings.Contains(string(body), clientSecret) {
		h.t.Errorf("%s %s shows the secret: %s", method, path, body)
	}
	if out != nil && res.StatusCode < 300 {
		must(h.t, json.Unmarshal(body, out))
	} else if res.StatusCode >= 300 {
		h.t.Logf("%s %s: %d %s", method, path, res.StatusCode, body)
	}
	return res.StatusCode
}

// tell gives the party its client and its people.
func (h *signOnHouse) tell(command map[string]any) {
	h.t.Helper()
	command["clients"] = []map[string]any{{
		"client_id": "zhigai", "client_secret": clientSecret, "redirect_uris": []string{h.provider.Redirect()}, "post_logout_redirect_uris": []string{h.base + "/signin"},
		"scope": "openid profile email groups",
	}}
	h.party.Send(command)
	h.party.Wait("ready")
}

var people = map[string]any{
	"s-1": map[string]any{"name": "周一", "preferred_username": "Zhou.Yi", "email": "admin@example.com", "groups": []string{"staff", "county-330624"}},
	"s-2": map[string]any{"name": "无名", "preferred_username": "wuming", "groups": []string{"staff"}},
	"s-3": map[string]any{"name": "管理员", "preferred_username": "admin", "email": "admin@example.com", "groups": []string{"plant-viewers"}},
	"s-4": map[string]any{"name": "审核", "preferred_username": "shenhe", "groups": []string{"strict"}},
}

// browser keeps cookies and goes where it is sent, step by step.
type browser struct {
	h      *signOnHouse
	client *http.Client
	seen   []string // addresses, in order
}

func (h *signOnHouse) browser() *browser {
	jar, err := cookiejar.New(nil)
	must(h.t, err)
	b := &browser{h: h, client: &http.Client{Jar: jar}}
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		b.seen = append(b.seen, r.URL.String())
		if strings.HasPrefix(r.URL.String(), h.base) && !strings.HasPrefix(r.URL.Path, "/oidc/") {
			return http.ErrUseLastResponse // a page of the node: it is there
		}
		return nil
	}
	return b
}

// signIn goes to the provider, signs in as the account and comes back; it gives
// the page of the node at which it ends.
func (b *browser) signIn(account, amr string) string {
	t := b.h.t
	t.Helper()
	res, err := b.client.Get(b.h.base + "/oidc/" + b.h.provider.ID + "?to=/targets?year=2025")
	must(t, err)
	must(t, res.Body.Close())
	if res.Request.URL.Path == "/signin" || res.StatusCode == http.StatusFound {
		return res.Header.Get("Location")
	}
	res, err = b.client.PostForm(res.Request.URL.String(), url.Values{"account": {account}, "amr": {amr}})
	must(t, err)
	body, err := io.ReadAll(res.Body)
	must(t, err)
	must(t, res.Body.Close())
	if res.StatusCode != http.StatusFound {
		t.Fatalf("the provider after signing in: %s %s", res.Status, body)
	}
	return res.Header.Get("Location")
}

// me is who is signed in, nil for nobody.
func (b *browser) me() *web.Me {
	b.h.t.Helper()
	res, err := b.client.Get(b.h.base + "/api/v1/session")
	must(b.h.t, err)
	defer func() { must(b.h.t, res.Body.Close()) }()
	if res.StatusCode != http.StatusOK {
		return nil
	}
	var me web.Me
	must(b.h.t, json.NewDecoder(res.Body).Decode(&me))
	return &me
}

// TestOIDC: people sign in at a real provider and get what its claims give.
func TestOIDC(t *testing.T) {
	t.Parallel()
	h := newSignOnHouse(t)
	strict := map[string]any{"id": "strict-officer", "name": map[string]string{"zh": "须双因素"}, "permissions": []string{"firms"}, "second_factor": true, "own": true, "rev": 0}
	if status := h.ask(http.MethodPut, "/roles/strict-officer", strict, nil); status != http.StatusOK {
		t.Fatalf("role: %d", status)
	}
	give := func(group string, grant map[string]any) map[string]any {
		return map[string]any{"claim": "groups", "value": group, "grant": grant}
	}
	entered := map[string]any{
		"name": map[string]string{"zh": "统一认证", "en": "Single sign-on"}, "issuer": h.issuer, "client_id": "zhigai", "secret": clientSecret, "address": h.base, "rev": 0,
		"scopes": []string{"profile", "email", "groups"}, "factor": []string{"mfa", "otp"},
		"rules": []any{give("county-330624", map[string]any{"role": "officer", "region": "330624"}), give("plant-viewers", map[string]any{"role": "viewer"}), give("strict", map[string]any{"role": "strict-officer", "region": "3306"})},
	}
	if status := h.ask(http.MethodPost, "/providers", entered, &h.provider); status != http.StatusCreated || !h.provider.HasSecret {
		t.Fatalf("a provider is entered: %d %+v", status, h.provider)
	}
	h.provider.Address = h.base
	h.tell(map[string]any{"accounts": people})
	var described struct {
		PKCE      bool `json:"pkce"`
		NamesSelf bool `json:"names_self"`
	}
	if status := h.ask(http.MethodPost, "/providers/test", map[string]string{"issuer": h.issuer}, &described); status != http.StatusOK || !described.PKCE || !described.NamesSelf {
		t.Errorf("the provider's own description: %d %+v", status, described)
	}

	zhou := h.browser()
	if at := zhou.signIn("s-1", "pwd"); at != "/targets?year=2025" {
		t.Fatalf("a county's officer ends at %s; want the page asked for", at)
	}
	me := zhou.me()
	if me == nil || me.Name != "zhou.yi" || len(me.Areas) != 1 || me.Areas[0].Region != "330624" || me.Provider != h.provider.ID || me.MustEnrol {
		t.Fatalf("the county's officer is %+v", me)
	}
	t.Run("replayed", func(t *testing.T) { h.replayed(zhou) })
	t.Run("nothing given", func(t *testing.T) { h.nothingGiven() })
	t.Run("names are nobody's", func(t *testing.T) { h.names() })
	t.Run("second factor", func(t *testing.T) { h.secondFactor() })
	t.Run("keys change", func(t *testing.T) {
		h.tell(map[string]any{"rotate": true})
		b := h.browser()
		if at := b.signIn("s-1", "pwd"); at != "/targets?year=2025" || b.me().User != me.User {
			t.Errorf("with a new key: ends at %s as %+v; want the same user", at, b.me())
		}
	})
	t.Run("claims change", func(t *testing.T) { h.claimsChange() })
	t.Run("nothing leaks", func(t *testing.T) { h.nothingLeaks(zhou) })
	t.Run("ends", func(t *testing.T) { h.ends() })
}

func (h *signOnHouse) replayed(zhou *browser) {
	t := h.t
	var back string
	for _, address := range zhou.seen {
		if strings.Contains(address, "/return?") {
			back = address
		}
	}
	for name, b := range map[string]*browser{"the same browser": zhou, "another browser": h.browser()} {
		res, err := b.client.Get(back)
		must(t, err)
		must(t, res.Body.Close())
		if at := res.Header.Get("Location"); at != "/signin?refused=over" {
			t.Errorf("the way back again by %s ends at %q", name, at)
		}
	}
	if b := h.browser(); b.signIn("", "pwd") != "/signin?refused=refused" || b.me() != nil {
		t.Errorf("who turns back at the provider is %+v", b.me())
	}
	other := h.browser()
	res, err := other.client.Get(h.base + "/oidc/NOSUCHPROVIDER")
	must(t, err)
	must(t, res.Body.Close())
	if at := res.Header.Get("Location"); at != "/signin?refused=unknown" {
		t.Errorf("a provider that is not there: %q", at)
	}
}

func (h *signOnHouse) nothingGiven() {
	t := h.t
	b := h.browser()
	if at := b.signIn("s-2", "pwd"); at != "/signin?refused=nothing" || b.me() != nil {
		t.Errorf("who has no group that counts ends at %s as %+v", at, b.me())
	}
	entries, err := h.n.record.Access().FindAudit(t.Context(), demoTenant, access.AuditQuery{Action: "session.refused"}, 10)
	must(t, err)
	if len(entries) != 1 || !strings.Contains(entries[0].After, `"staff"`) || !strings.Contains(entries[0].After, `"s-2"`) {
		t.Errorf("the audit of it: %+v; want who it was and what the rules looked at", entries)
	}
	users, err := h.n.access.Users(t.Context(), access.Node(demoTenant))
	must(t, err)
	for _, u := range users {
		if u.Name == "wuming" {
			t.Error("somebody without a grant became a user")
		}
	}
}

// names: neither the name nor the address of mail of a local user opens it.
func (h *signOnHouse) names() {
	t := h.t
	b := h.browser()
	if at := b.signIn("s-3", "pwd"); at != "/targets?year=2025" {
		t.Fatalf("ends at %s", at)
	}
	me := b.me()
	if me.Name == "admin" || !strings.HasPrefix(me.Name, "admin.") || len(me.Whole) != 1 || me.Whole[0] != access.Read {
		t.Errorf("who is called as the administrator is %+v; want a user of its own who may read", me)
	}
}

func (h *signOnHouse) secondFactor() {
	t := h.t
	for amr, enrol := range map[string]bool{"pwd": true, "pwd otp": false} {
		b := h.browser()
		if at := b.signIn("s-4", amr); at != "/targets?year=2025" {
			t.Fatalf("ends at %s", at)
		}
		if me := b.me(); me.MustEnrol != enrol || (len(me.Areas) == 0) != enrol {
			t.Errorf("signed in with %q: %+v; want it to need a second factor here: %t", amr, me, enrol)
		}
	}
}

func (h *signOnHouse) claimsChange() {
	t := h.t
	changed := map[string]any{}
	maps.Copy(changed, people)
	changed["s-1"] = map[string]any{"preferred_username": "renamed", "groups": []string{"plant-viewers"}}
	h.tell(map[string]any{"accounts": changed})
	b := h.browser()
	b.signIn("s-1", "pwd")
	if me := b.me(); me == nil || me.Name != "zhou.yi" || len(me.Areas) != 0 || len(me.Places) != 1 {
		t.Errorf("after the group changed: %+v; want the plant and no firms", me)
	}
	changed["s-1"] = map[string]any{"groups": []string{}}
	h.tell(map[string]any{"accounts": changed})
	if at := h.browser().signIn("s-1", "pwd"); at != "/signin?refused=nothing" {
		t.Errorf("after all groups were taken: ends at %s", at)
	}
	if me := b.me(); me != nil && len(me.Permissions) > 0 {
		t.Errorf("the session from before may still %v", me.Permissions)
	}
	h.tell(map[string]any{"accounts": people})
}

// nothingLeaks: neither log nor record nor audit holds a code, a token or the
// client's secret.
func (h *signOnHouse) nothingLeaks(zhou *browser) {
	t := h.t
	words := []string{clientSecret, "eyJ"} // the beginning of every JWT
	for _, address := range zhou.seen {
		u, err := url.Parse(address)
		must(t, err)
		if code := u.Query().Get("code"); code != "" {
			words = append(words, code)
		}
	}
	if len(words) < 3 {
		t.Fatal("no code was seen")
	}
	kept := h.log.String()
	must(t, filepath.WalkDir(filepath.Join(h.n.dir, "record"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		kept += string(raw)
		return err
	}))
	for _, word := range words {
		if strings.Contains(kept, word) {
			t.Errorf("log or record hold %q", word)
		}
	}
	if !strings.Contains(kept, "zgk1.") {
		t.Error("the record holds no sealed secret: the test looks at the wrong place")
	}
}

// ends: signed out here and at the provider; switched off; away.
func (h *signOnHouse) ends() {
	t := h.t
	b := h.browser()
	b.signIn("s-3", "pwd")
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := b.client.Get(h.base + "/oidc/" + h.provider.ID + "/end")
	must(t, err)
	must(t, res.Body.Close())
	end := res.Header.Get("Location")
	if res, err = b.client.Get(end); err != nil || !strings.HasPrefix(end, h.issuer) || res.StatusCode != http.StatusOK {
		t.Errorf("the end of the provider's session: %q %v", end, err)
	}
	must(t, res.Body.Close())

	var now access.Provider
	h.ask(http.MethodGet, "/providers", nil, &struct{ Items []*access.Provider }{[]*access.Provider{&now}})
	off := h.provider
	off.Off = true
	if status := h.ask(http.MethodPut, "/providers/"+h.provider.ID, off, &now); status != http.StatusOK {
		t.Fatalf("switched off: %d", status)
	}
	if b.me() != nil {
		t.Error("a session outlives its provider's switching off")
	}
	if at := h.browser().signIn("s-3", "pwd"); at != "/signin?refused=unknown" {
		t.Errorf("a provider that is off: %s", at)
	}
	off.Off, off.Rev = false, now.Rev
	if status := h.ask(http.MethodPut, "/providers/"+h.provider.ID, off, nil); status != http.StatusOK {
		t.Fatalf("switched on: %d", status)
	}
	h.party.Kill()
	if at := h.browser().signIn("s-3", "pwd"); at != "/signin?refused=away" {
		t.Errorf("a provider that is away: %s", at)
	}
	if _, err := h.n.access.SignIn(t.Context(), "admin", "a long enough word", access.Caller{}); err != nil {
		t.Errorf("with the provider away, a local sign-in: %v", err)
	}
}
