package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/data"
	"zhigai/record"
)

// clock is moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

type house struct {
	*access.Service
	store access.Store
	clock *clock
	admin access.Principal
}

const password = "correct horse"

func newHouse(t *testing.T) house {
	t.Helper()
	c := &clock{at: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	db, err := record.Open(t.Context(), t.TempDir(), record.Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := access.New(db.Access(), delivered(t), vault(t), c.now)
	if err != nil {
		t.Fatal(err)
	}
	u, made, err := s.EnsureAdmin(t.Context(), 1, "Admin", "管理员", password)
	if err != nil || !made {
		t.Fatalf("EnsureAdmin: %v, %v", made, err)
	}
	admin := access.Node(1)
	admin.User, admin.Name = u.ID, u.Name
	return house{s, db.Access(), c, admin}
}

// delivered are the roles that come with the product.
func delivered(t *testing.T) []access.RoleDef {
	t.Helper()
	raw, err := data.FS.ReadFile("roles.yaml")
	if err != nil {
		t.Fatal(err)
	}
	roles, err := access.ParseRoles(raw)
	if err != nil {
		t.Fatal(err)
	}
	return roles
}

func (h house) user(t *testing.T, name string, role access.Role, path string) access.User {
	t.Helper()
	u, err := h.CreateUser(t.Context(), h.admin, access.NewUser{Name: name, Role: role, Path: path, Password: password})
	if err != nil {
		t.Fatalf("CreateUser(%s): %v", name, err)
	}
	return u
}

func (h house) signIn(t *testing.T, name string) access.Signed {
	t.Helper()
	s, err := h.SignIn(t.Context(), name, password, access.Caller{Address: "10.0.0.1"})
	if err != nil {
		t.Fatalf("SignIn(%s): %v", name, err)
	}
	return s
}

func want(t *testing.T, what string, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("%s: %v; want %v", what, err, wanted)
	}
}

func TestSignIn(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "王.wang", access.RoleOperator, "e/s")
	s, err := h.SignIn(t.Context(), " 王.WANG ", password, access.Caller{Address: "10.0.0.1"})
	if err != nil || s.Principal.User != u.ID || s.Principal.Role != access.RoleOperator || s.Principal.Scope != (access.Scope{Tenant: 1, Path: "e/s"}) {
		t.Fatalf("SignIn = %+v, %v", s, err)
	}
	if got, err := h.Authenticate(t.Context(), s.Secret); err != nil || !reflect.DeepEqual(got, s.Principal) {
		t.Errorf("Authenticate = %+v, %v; want %+v", got, err, s.Principal)
	}
	for _, bad := range []struct{ name, password string }{
		{"王.wang", "wrong horse"},
		{"王.wang", ""},
		{"nobody", password},
		{"", ""},
		{"王.wang", strings.Repeat("x", 1<<20)},
		{strings.Repeat("n", 1<<20), password},
	} {
		_, err := h.SignIn(t.Context(), bad.name, bad.password, access.Caller{Address: "10.0.0.2"})
		if want(t, "SignIn with wrong words", err, access.ErrUnauthorized); err != nil && err.Error() != access.ErrUnauthorized.Error() {
			t.Errorf("SignIn says more than that it failed: %v", err)
		}
	}
	for _, bad := range []string{"", "zgs_", "zgt_" + s.Secret[4:], s.Secret + "x", s.Secret[:len(s.Secret)-1], "zgs_" + strings.Repeat("A", 43), "zgl_" + strings.Repeat("A", 43)} {
		_, err := h.Authenticate(t.Context(), bad)
		want(t, "Authenticate("+bad+")", err, access.ErrUnauthorized)
	}
	if err := h.SignOut(t.Context(), s.Secret); err != nil {
		t.Fatal(err)
	}
	_, err = h.Authenticate(t.Context(), s.Secret)
	want(t, "Authenticate after SignOut", err, access.ErrUnauthorized)
	if err := h.SignOut(t.Context(), s.Secret); err != nil {
		t.Errorf("SignOut twice: %v", err)
	}
}

func TestSignIn_SessionEnds(t *testing.T) {
	h := newHouse(t)
	s := h.signIn(t, "admin")
	h.clock.pass(s.Expires.Sub(h.clock.now()) - time.Second)
	if _, err := h.Authenticate(t.Context(), s.Secret); err != nil {
		t.Errorf("a second before the end: %v", err)
	}
	h.clock.pass(time.Second)
	_, err := h.Authenticate(t.Context(), s.Secret)
	want(t, "at the end", err, access.ErrUnauthorized)
}

func TestSignIn_Lockout(t *testing.T) {
	h := newHouse(t)
	h.user(t, "wang", access.RoleViewer, "")
	for _, name := range []string{"wang", "nobody"} { // both behave alike
		fail := func(times int) (last error) {
			for range times {
				_, last = h.SignIn(t.Context(), name, "wrong horse", access.Caller{Address: "10.0.0.9"})
			}
			return last
		}
		want(t, "the fifth failure", fail(5), access.ErrUnauthorized)
		err := fail(1)
		var locked *access.LockedError
		if !errors.As(err, &locked) || !errors.Is(err, access.ErrLocked) || !locked.Until.Equal(h.clock.now().Add(10*time.Second)) {
			t.Errorf("the sixth try of %s: %v; want it locked for 10 s", name, err)
		}
		h.clock.pass(10 * time.Second)
		want(t, "after the wait", fail(1), access.ErrUnauthorized)
		if err := fail(1); !errors.As(err, &locked) || !locked.Until.Equal(h.clock.now().Add(20*time.Second)) {
			t.Errorf("the next failure of %s: %v; want a wait of 20 s", name, err)
		}
	}
	_, err := h.SignIn(t.Context(), "wang", password, access.Caller{Address: "10.0.0.9"})
	want(t, "the right password while locked", err, access.ErrLocked)
	if _, err := h.SignIn(t.Context(), "wang", password, access.Caller{Address: "10.0.0.1"}); err != nil {
		t.Errorf("from another place meanwhile: %v", err)
	}
	h.clock.pass(time.Minute)
	if _, err := h.SignIn(t.Context(), "wang", password, access.Caller{Address: "10.0.0.9"}); err != nil {
		t.Errorf("the right password after the wait: %v", err)
	}
	entries, err := h.store.Audit(t.Context(), 1, 0, 0)
	n := 0
	for _, e := range entries {
		if e.Action == "session.locked" {
			n++
		}
	}
	if err != nil || n != 1 {
		t.Errorf("the audit has %d locked sign-ins, %v; want 1", n, err)
	}
}

// Guesses made at the same time are counted before they are looked at.
func TestSignIn_LockoutConcurrent(t *testing.T) {
	h := newHouse(t)
	var looked, locked int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := h.SignIn(t.Context(), "admin", "wrong horse", access.Caller{})
			mu.Lock()
			defer mu.Unlock()
			if errors.Is(err, access.ErrLocked) {
				locked++
			} else {
				looked++
			}
		})
	}
	all.Wait()
	if looked != 5 || locked != 15 {
		t.Errorf("of 20 guesses at once %d were looked at; want 5", looked)
	}
}

func TestLink_OpensOnce(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "wang", access.RoleOperator, "e")
	link, expires, err := h.CreateLink(t.Context(), h.admin, u.ID)
	if err != nil || !expires.After(h.clock.now()) {
		t.Fatalf("CreateLink: %v, %v", expires, err)
	}
	_, err = h.Authenticate(t.Context(), link)
	want(t, "a link as a session", err, access.ErrUnauthorized)
	s, err := h.SignInByLink(t.Context(), link, access.Caller{})
	if err != nil || s.Principal.User != u.ID {
		t.Errorf("SignInByLink = %+v, %v", s, err)
	}
	_, err = h.SignInByLink(t.Context(), link, access.Caller{})
	want(t, "a link used twice", err, access.ErrUnauthorized)
	late, _, err := h.CreateLink(t.Context(), h.admin, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.pass(24 * time.Hour)
	_, err = h.SignInByLink(t.Context(), late, access.Caller{})
	want(t, "a link of yesterday", err, access.ErrUnauthorized)
	_, _, err = h.CreateLink(t.Context(), s.Principal, u.ID)
	want(t, "CreateLink by an operator", err, access.ErrForbidden)
	off := true
	fresh, _, err := h.CreateLink(t.Context(), h.admin, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.UpdateUser(t.Context(), h.admin, u.ID, 1, access.Change{Off: &off}); err != nil {
		t.Fatal(err)
	}
	_, err = h.SignInByLink(t.Context(), fresh, access.Caller{})
	want(t, "a link of a user switched off", err, access.ErrUnauthorized)
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	tok, secret, err := h.CreateToken(ctx, h.admin, access.NewToken{Name: "grafana", Role: access.RoleViewer, Path: "e", Expires: h.clock.now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := h.Authenticate(ctx, secret)
	if err != nil || p.User != "token:"+tok.ID || p.Role != access.RoleViewer || p.Scope.Path != "e" {
		t.Errorf("Authenticate = %+v, %v", p, err)
	}
	if raw, err := json.Marshal(tok); err != nil || strings.Contains(string(raw), tok.Hash) || strings.Contains(string(raw), secret) {
		t.Errorf("a token as JSON shows its hash: %s, %v", raw, err)
	}
	h.clock.pass(time.Hour)
	_, err = h.Authenticate(ctx, secret)
	want(t, "an ended token", err, access.ErrUnauthorized)
	long, second, err := h.CreateToken(ctx, h.admin, access.NewToken{Name: "mes", Role: access.RoleAdmin, Path: "e"})
	if err != nil {
		t.Fatal(err)
	}
	by, err := h.Authenticate(ctx, second)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = h.CreateToken(ctx, by, access.NewToken{Name: "x", Role: access.RoleViewer})
	want(t, "a token that makes a wider one", err, access.ErrForbidden)
	for name, n := range map[string]access.NewToken{
		"no name": {Role: access.RoleViewer}, "no role": {Name: "x"},
		"ended": {Name: "x", Role: access.RoleViewer, Expires: h.clock.now()}, "bad path": {Name: "x", Role: access.RoleViewer, Path: "?"},
	} {
		_, _, err := h.CreateToken(ctx, h.admin, n)
		want(t, name, err, access.ErrInvalid)
	}
	foreign := access.Node(2)
	want(t, "RevokeToken by a foreign admin", h.RevokeToken(ctx, foreign, long.ID), access.ErrNotFound)
	if err := h.RevokeToken(ctx, h.admin, long.ID); err != nil {
		t.Fatal(err)
	}
	_, err = h.Authenticate(ctx, second)
	want(t, "a revoked token", err, access.ErrUnauthorized)
	if got, err := h.Tokens(ctx, h.admin); err != nil || len(got) != 2 || !got[1].Revoked {
		t.Errorf("Tokens = %+v, %v; want both, the second revoked", got, err)
	}
}

// counting counts questions that reach the store.
type counting struct {
	access.Store
	mu sync.Mutex
	n  int
}

func (c *counting) TokenByHash(ctx context.Context, hash string) (access.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	return c.Store.TokenByHash(ctx, hash)
}

func TestAuthenticate_Cached(t *testing.T) {
	h := newHouse(t)
	store := &counting{Store: h.store}
	s, err := access.New(store, delivered(t), vault(t), h.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	tok, secret, err := s.CreateToken(t.Context(), h.admin, access.NewToken{Name: "x", Role: access.RoleViewer})
	if err != nil {
		t.Fatal(err)
	}
	asked := func(wanted int) {
		t.Helper()
		for range 100 {
			if _, err := s.Authenticate(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
		}
		if store.n != wanted {
			t.Errorf("the store was asked %d times; want %d", store.n, wanted)
		}
	}
	asked(1)
	h.clock.pass(10 * time.Second)
	asked(2)
	// Another process revokes: seen when the cache ends.
	if err := h.RevokeToken(t.Context(), h.admin, tok.ID); err != nil {
		t.Fatal(err)
	}
	asked(2)
	h.clock.pass(10 * time.Second)
	_, err = s.Authenticate(t.Context(), secret)
	want(t, "after the cache ended", err, access.ErrUnauthorized)
}
