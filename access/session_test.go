package access_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"zhigai/access"
)

var b64 = base64.RawStdEncoding

func (h house) signInFrom(t *testing.T, name string, from access.Caller) access.Signed {
	t.Helper()
	s, err := h.SignIn(t.Context(), name, password, from)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSessions(t *testing.T) {
	h := newHouse(t)
	u, other := h.user(t, "wang", access.RoleOperator, ""), h.user(t, "li", access.RoleOperator, "")
	phone := h.signInFrom(t, "wang", access.Caller{Address: "10.0.0.7", Device: "Phone " + strings.Repeat("长", 200)})
	h.clock.pass(time.Minute)
	desk := h.signInFrom(t, "wang", access.Caller{Address: "10.0.0.8", Device: "Desk"})
	foreign := h.signInFrom(t, "li", access.Caller{})
	by := func(s access.Signed) access.Principal {
		t.Helper()
		p, err := h.Authenticate(t.Context(), s.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	list, err := h.Sessions(t.Context(), by(desk))
	if err != nil || len(list) != 2 || !list[0].Current || list[0].Device != "Desk" || list[1].Current || list[1].Address != "10.0.0.7" || list[1].By != "password" || len(list[1].Device) > 200 {
		t.Fatalf("Sessions = %+v, %v; want the desk's, which asks, then the phone's", list, err)
	}
	for _, one := range list {
		if strings.Contains(desk.Secret+phone.Secret, one.ID) {
			t.Errorf("the id %s is a part of the secret", one.ID)
		}
	}
	h.clock.pass(10 * time.Minute)
	by(phone) // used: it is noted
	if list, err = h.SessionsOf(t.Context(), h.admin, u.ID); err != nil || list[0].Address != "10.0.0.7" || !list[0].Seen.Equal(h.clock.now()) || list[1].Seen.Equal(h.clock.now()) {
		t.Errorf("after use of the phone: %+v, %v", list, err)
	}
	if list, err = h.Sessions(t.Context(), by(desk)); err != nil || len(list) != 2 {
		t.Fatalf("Sessions = %+v, %v", list, err)
	}
	theirs, err := h.Sessions(t.Context(), by(foreign))
	if err != nil || len(theirs) != 1 {
		t.Fatalf("another's: %+v, %v", theirs, err)
	}
	want(t, "ending another's session", h.EndSession(t.Context(), by(desk), theirs[0].ID), access.ErrNotFound)
	_, err = h.SessionsOf(t.Context(), by(desk), other.ID)
	want(t, "an operator looks at another's sessions", err, access.ErrForbidden)
	want(t, "an operator ends another's sessions", h.EndSessionsOf(t.Context(), by(desk), other.ID), access.ErrForbidden)

	for _, one := range list {
		if !one.Current {
			if err := h.EndSession(t.Context(), by(desk), one.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = h.Authenticate(t.Context(), phone.Secret)
	want(t, "the phone's session, ended", err, access.ErrUnauthorized)
	phone = h.signInFrom(t, "wang", access.Caller{})
	if err := h.EndOthers(t.Context(), by(desk)); err != nil {
		t.Fatal(err)
	}
	by(desk)
	_, err = h.Authenticate(t.Context(), phone.Secret)
	want(t, "the other session", err, access.ErrUnauthorized)
	if list, err := h.SessionsOf(t.Context(), h.admin, u.ID); err != nil || len(list) != 1 || list[0].Current {
		t.Errorf("as the administrator sees it: %+v, %v", list, err)
	}
	if err := h.EndSessionsOf(t.Context(), h.admin, u.ID); err != nil {
		t.Fatal(err)
	}
	_, err = h.Authenticate(t.Context(), desk.Secret)
	want(t, "a session that the administrator ended", err, access.ErrUnauthorized)
	by(foreign)
	h.clock.pass(13 * time.Hour)
	if list, err := h.SessionsOf(t.Context(), h.admin, other.ID); err != nil || len(list) != 0 {
		t.Errorf("a session that is over: %+v, %v", list, err)
	}
}

// full is a store that takes no note of use.
type full struct{ access.Store }

func (full) TouchSession(context.Context, string, time.Time) error { return errors.New("disk full") }

// A session holds although it cannot be noted that it is in use.
func TestSessions_WithoutNote(t *testing.T) {
	h := newHouse(t)
	s := h.signIn(t, "admin")
	blind, err := access.New(full{h.store}, delivered(t), vault(t), h.clock.now)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	if _, err := blind.Authenticate(t.Context(), s.Secret); err != nil {
		t.Errorf("Authenticate: %v", err)
	}
}

// TestSignIn_StrengthensOldHashes: a password that was stored with less work is
// stored anew at the sign-in, once, and opens as before.
func TestSignIn_StrengthensOldHashes(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "wang", access.RoleViewer, "")
	u, err := h.store.UserByID(t.Context(), 1, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	u.Password = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + b64.EncodeToString(argon2.IDKey([]byte(password), []byte("somesalt"), 1, 64, 1, 32))
	if u, err = h.store.SaveUser(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	_, err = h.SignIn(t.Context(), "wang", "wrong horse", access.Caller{})
	want(t, "a wrong password", err, access.ErrUnauthorized)
	for range 2 {
		h.signIn(t, "wang")
	}
	got, err := h.store.UserByID(t.Context(), 1, u.ID)
	if err != nil || !strings.HasPrefix(got.Password, "$argon2id$v=19$m=19456,t=2,p=1$") || got.Rev != u.Rev+1 {
		t.Errorf("stored after two sign-ins: %s, revision %d after %d, %v", got.Password, got.Rev, u.Rev, err)
	}
}
