package oidc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/access/oidc"
	"zhigai/plant"
	"zhigai/record"
)

// liar is a provider that answers as a test tells it to.
type liar struct {
	*httptest.Server
	t      *testing.T
	key    *ecdsa.PrivateKey
	kid    string
	claims func(map[string]any)                // changes what the ID token says
	sign   func(header, payload string) string // nil signs honestly
	code   func(w http.ResponseWriter) bool    // answers the code in the provider's place
	info   map[string]any
	nonce  string // of the last question
	sent   url.Values
}

func newLiar(t *testing.T, now func() time.Time) *liar {
	l := &liar{t: t, kid: "k1", info: map[string]any{"sub": "s-1", "groups": []string{"viewers"}}}
	l.newKey()
	mux := http.NewServeMux()
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	answer := func(path string, v func() any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if err := json.NewEncoder(w).Encode(v()); err != nil {
				t.Error(err)
			}
		})
	}
	answer("/.well-known/openid-configuration", func() any {
		return map[string]any{"issuer": l.URL, "authorization_endpoint": l.URL + "/auth", "token_endpoint": l.URL + "/token", "jwks_uri": l.URL + "/jwks", "userinfo_endpoint": l.URL + "/me", "id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"}}
	})
	answer("/jwks", func() any {
		raw, err := l.key.PublicKey.Bytes()
		if err != nil {
			t.Error(err)
		}
		return map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": l.kid, "alg": "ES256", "use": "sig", "x": text(raw[1:33]), "y": text(raw[33:])}}}
	})
	answer("/me", func() any { return l.info })
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		l.sent = r.PostForm
		if l.code != nil && l.code(w) {
			return
		}
		claims := map[string]any{"iss": l.URL, "sub": "s-1", "aud": "zhigai", "exp": now().Add(time.Minute).Unix(), "iat": now().Unix(), "nonce": l.nonce}
		if l.claims != nil {
			l.claims(claims)
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": l.token(claims)}); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *liar) newKey() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		l.t.Fatal(err)
	}
	l.key = key
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (l *liar) token(claims map[string]any) string {
	payload, err := json.Marshal(claims)
	if err != nil {
		l.t.Error(err)
	}
	header := fmt.Sprintf(`{"alg":"ES256","kid":%q}`, l.kid)
	if l.sign != nil {
		return l.sign(header, text(payload))
	}
	return l.honest(header, text(payload))
}

func (l *liar) honest(header, payload string) string {
	said := text([]byte(header)) + "." + payload
	sum := sha256.Sum256([]byte(said))
	r, s, err := ecdsa.Sign(rand.Reader, l.key, sum[:])
	if err != nil {
		l.t.Error(err)
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return said + "." + text(raw)
}

// hall is a node's access with two providers.
type hall struct {
	t     *testing.T
	desk  *oidc.Desk
	who   *access.Service
	store access.Store
	now   time.Time
	ids   [2]string
	at    [2]*liar
}

func newHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{t: t, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return h.now }
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	vault, err := access.NewVault(make([]byte, access.VaultKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	roles := []access.RoleDef{{ID: "viewer", Name: plant.Name{ZH: "访客"}, Permissions: []access.Permission{access.Read}}}
	h.store = db.Access()
	if h.who, err = access.New(h.store, roles, vault, clock); err != nil {
		t.Fatal(err)
	}
	h.desk = oidc.New(oidc.Options{Access: h.who, Vault: vault, Now: clock, Log: slog.New(slog.DiscardHandler)})
	for i := range h.at {
		h.at[i] = newLiar(t, clock)
		p, err := h.who.SaveProvider(t.Context(), access.Node(1), access.Provider{
			Name: plant.Name{ZH: "认证"}, Issuer: h.at[i].URL, ClientID: "zhigai", Secret: "hidden", Address: "https://z.example.com",
			Rules: []access.ClaimRule{{Claim: "groups", Value: "viewers", Grant: access.Grant{Role: "viewer"}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		h.ids[i] = p.ID
	}
	return h
}

// begin goes to a provider, which notes the nonce.
func (h *hall) begin(i int) oidc.Back {
	h.t.Helper()
	begun, err := h.desk.Begin(context.Background(), h.ids[i], "/targets")
	if err != nil {
		h.t.Fatal(err)
	}
	u, err := url.Parse(begun.URL)
	if err != nil {
		h.t.Fatal(err)
	}
	q := u.Query()
	h.at[i].nonce = q.Get("nonce")
	if q.Get("code_challenge_method") != "S256" || q.Get("redirect_uri") != "https://z.example.com/oidc/"+h.ids[i]+"/return" || begun.Name != oidc.CookieName(q.Get("state")) {
		h.t.Errorf("the question is %s", begun.URL)
	}
	return oidc.Back{Provider: h.ids[i], Query: url.Values{"state": {q.Get("state")}, "code": {"c-1"}}, Cookie: begun.Cookie}
}

func (h *hall) finish(b oidc.Back) error {
	_, _, err := h.desk.Finish(context.Background(), b)
	return err
}

// TestHostile: whatever an answer lacks, nobody is signed in by it.
func TestHostile(t *testing.T) {
	h := newHall(t)
	l := h.at[0]
	if err := h.finish(h.begin(0)); err != nil {
		t.Fatalf("an honest answer: %v", err)
	}
	if len(l.sent.Get("code_verifier")) < 43 {
		t.Errorf("sent with the code: %v; want the proof of RFC 7636", l.sent)
	}
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	at := func(d time.Duration) int64 { return h.now.Add(d).Unix() }
	for name, change := range map[string]func(map[string]any){
		"another's audience":          set("aud", "other"),
		"no audience":                 func(c map[string]any) { delete(c, "aud") },
		"made for another client":     func(c map[string]any) { c["aud"], c["azp"] = []string{"zhigai", "other"}, "other" },
		"two audiences and no client": set("aud", []string{"zhigai", "other"}),
		"another issuer":              set("iss", "https://other.example.com"),
		"the other provider":          set("iss", h.at[1].URL),
		"over":                        set("exp", at(-2*time.Minute)),
		"without an end":              func(c map[string]any) { delete(c, "exp") },
		"of tomorrow":                 set("iat", at(time.Hour)),
		"not before tomorrow":         set("nbf", at(time.Hour)),
		"another nonce":               set("nonce", "other"),
		"no nonce":                    func(c map[string]any) { delete(c, "nonce") },
		"another access token":        set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"another person's user info":  set("sub", "s-9"),
		"claims that are no claims":   set("nbf", "soon"),
	} {
		l.claims = change
		if err := h.finish(h.begin(0)); !errors.Is(err, oidc.ErrUntrue) {
			t.Errorf("%s: %v; want ErrUntrue", name, err)
		}
	}
	l.claims = nil
	stranger := &liar{t: t, kid: l.kid}
	stranger.newKey()
	for name, sign := range map[string]func(header, payload string) string{
		"alg none":          func(_, p string) string { return text([]byte(`{"alg":"none"}`)) + "." + p + "." },
		"alg None with kid": func(_, p string) string { return text([]byte(`{"alg":"None","kid":"k1"}`)) + "." + p + "." },
		"alg HS256": func(_, p string) string {
			return text([]byte(`{"alg":"HS256","kid":"k1"}`)) + "." + p + "." + text(make([]byte, 32))
		},
		"a stranger's key":   stranger.honest,
		"no signature":       func(h, p string) string { return text([]byte(h)) + "." + p + "." },
		"a changed payload":  func(h, p string) string { return strings.Replace(l.honest(h, p), p, p[:len(p)-4]+"AAAA", 1) },
		"a key in the token": func(_, p string) string { return stranger.honest(`{"alg":"ES256","jwk":{"kty":"EC"}}`, p) },
		"an empty text":      func(_, _ string) string { return "" },
		"no token":           func(_, _ string) string { return "a.b.c" },
	} {
		l.sign = sign
		if err := h.finish(h.begin(0)); !errors.Is(err, oidc.ErrUntrue) {
			t.Errorf("%s: %v; want ErrUntrue", name, err)
		}
	}
	l.sign = nil
	users, err := h.store.Users(t.Context(), 1)
	if err != nil || len(users) != 1 {
		t.Errorf("after all of it there are %d users, %v; want the honest one", len(users), err)
	}
}

// TestWayBack: what comes back must be what went, once and in time.
func TestWayBack(t *testing.T) {
	h := newHall(t)
	for name, change := range map[string]func(b *oidc.Back){
		"another state":           func(b *oidc.Back) { b.Query.Set("state", "other") },
		"no state":                func(b *oidc.Back) { b.Query.Del("state") },
		"no cookie":               func(b *oidc.Back) { b.Cookie = "" },
		"a cookie in clear":       func(b *oidc.Back) { b.Cookie = `{"p":"` + b.Provider + `","s":"x"}`; b.Query.Set("state", "x") },
		"another sign-in's":       func(b *oidc.Back) { b.Cookie = h.begin(0).Cookie },
		"the other's way back":    func(b *oidc.Back) { b.Provider = h.ids[1] },
		"a cookie that was cut":   func(b *oidc.Back) { b.Cookie = b.Cookie[:len(b.Cookie)-4] },
		"a secret of other kinds": func(b *oidc.Back) { b.Cookie = "zgs_" + b.Cookie },
	} {
		b := h.begin(0)
		change(&b)
		if err := h.finish(b); !errors.Is(err, oidc.ErrOver) {
			t.Errorf("%s: %v; want ErrOver", name, err)
		}
	}
	b := h.begin(0)
	h.now = h.now.Add(10 * time.Minute)
	if err := h.finish(b); !errors.Is(err, oidc.ErrOver) {
		t.Errorf("after ten minutes: %v; want ErrOver", err)
	}
	b = h.begin(0)
	if err := h.finish(b); err != nil {
		t.Fatal(err)
	}
	if err := h.finish(b); !errors.Is(err, oidc.ErrOver) {
		t.Errorf("again: %v; want ErrOver", err)
	}
	b = h.begin(0)
	b.Query.Set("iss", h.at[1].URL)
	if err := h.finish(b); !errors.Is(err, oidc.ErrUntrue) {
		t.Errorf("an answer that names the other provider: %v; want ErrUntrue", err)
	}
	b = h.begin(0)
	b.Query.Del("code")
	if err := h.finish(b); !errors.Is(err, oidc.ErrUntrue) {
		t.Errorf("no code: %v; want ErrUntrue", err)
	}
	b.Query = url.Values{}
	b = h.begin(0)
	b.Query = url.Values{"state": b.Query["state"], "error": {"access_denied"}}
	if err := h.finish(b); !errors.Is(err, oidc.ErrRefused) {
		t.Errorf("the person turned back: %v; want ErrRefused", err)
	}
	for to, kept := range map[string]string{"/targets?year=2025": "/targets?year=2025", "//evil.example.com": "", "https://evil.example.com": "", `/\evil.example.com`: "", "targets": "", "/" + strings.Repeat("a", 2000): ""} {
		begun, err := h.desk.Begin(t.Context(), h.ids[0], to)
		if err != nil {
			t.Fatal(err)
		}
		u, _ := url.Parse(begun.URL)
		h.at[0].nonce = u.Query().Get("nonce")
		_, got, err := h.desk.Finish(t.Context(), oidc.Back{Provider: h.ids[0], Query: url.Values{"state": {u.Query().Get("state")}, "code": {"c"}}, Cookie: begun.Cookie})
		if err != nil || got != kept {
			t.Errorf("to %.40q goes on to %q, %v; want %q", to, got, err, kept)
		}
	}
}

// TestProviderTroubles: keys that change, clocks that differ a little, answers
// that are none.
func TestProviderTroubles(t *testing.T) {
	h := newHall(t)
	l := h.at[0]
	if err := h.finish(h.begin(0)); err != nil {
		t.Fatal(err)
	}
	b := h.begin(0)
	l.kid = "k2"
	l.newKey()
	if err := h.finish(b); err != nil {
		t.Errorf("a key that changed while somebody was there: %v", err)
	}
	for _, off := range []time.Duration{-50 * time.Second, 50 * time.Second} {
		l.claims = func(c map[string]any) {
			c["iat"], c["exp"] = h.now.Add(off).Unix(), h.now.Add(off+30*time.Second).Unix()
		}
		if err := h.finish(h.begin(0)); err != nil {
			t.Errorf("a clock that is %s off: %v", off, err)
		}
	}
	l.claims = nil
	l.code = func(w http.ResponseWriter) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"the code was used"}`))
		return true
	}
	if err := h.finish(h.begin(0)); !errors.Is(err, oidc.ErrRefused) || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("a code that was used: %v; want ErrRefused with what it says", err)
	}
	for name, answer := range map[string]func(w http.ResponseWriter) bool{
		"an error page": func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusBadGateway); return true },
		"another address": func(w http.ResponseWriter) bool {
			w.Header().Set("Location", h.at[1].URL+"/token")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		},
		"a long answer": func(w http.ResponseWriter) bool {
			_, _ = w.Write([]byte(`{"access_token":"` + strings.Repeat("a", 2<<20) + `"}`))
			return true
		},
	} {
		l.code = answer
		if err := h.finish(h.begin(0)); !errors.Is(err, oidc.ErrAway) {
			t.Errorf("%s: %v; want ErrAway", name, err)
		}
	}
	if h.at[1].sent != nil {
		t.Error("the code went on to where the provider pointed")
	}
	l.code = nil
	l.info = map[string]any{"sub": "s-2", "groups": []string{"viewers"}}
	if err := h.finish(h.begin(0)); !errors.Is(err, oidc.ErrUntrue) {
		t.Errorf("user info of another person: %v; want ErrUntrue", err)
	}
	l.Close()
	if _, err := h.desk.Begin(t.Context(), h.ids[0], "/"); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("a provider that is away: %v; want ErrAway", err)
	}
	if _, err := h.desk.Describe(t.Context(), h.at[1].URL+"/"); !errors.Is(err, oidc.ErrAway) {
		t.Errorf("an issuer that calls itself otherwise: %v; want ErrAway", err)
	}
}
