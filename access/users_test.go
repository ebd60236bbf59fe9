package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	"zhigai/access"
)

func TestUpdateUser_TakesEffectAtOnce(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "wang", access.RoleEngineer, "e/s")
	s := h.signIn(t, "wang")
	auth := func() access.Principal {
		t.Helper()
		p, err := h.Authenticate(t.Context(), s.Secret)
		if err != nil {
			t.Fatalf("Authenticate: %v", err)
		}
		return p
	}
	auth()
	role, path, off := access.RoleViewer, "e/s/l", true
	u, err := h.UpdateUser(t.Context(), h.admin, u.ID, u.Rev, access.Change{Role: &role, Path: &path})
	if err != nil {
		t.Fatal(err)
	}
	if p := auth(); p.Role != role || p.Scope.Path != path {
		t.Errorf("after the change: %+v", p)
	}
	_, err = h.UpdateUser(t.Context(), h.admin, u.ID, u.Rev-1, access.Change{Off: &off})
	want(t, "UpdateUser with the revision before", err, access.ErrConflict)
	if u, err = h.UpdateUser(t.Context(), h.admin, u.ID, u.Rev, access.Change{Off: &off}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Authenticate(t.Context(), s.Secret)
	want(t, "a session of a user switched off", err, access.ErrUnauthorized)
	_, err = h.SignIn(t.Context(), "wang", password, access.Caller{})
	want(t, "SignIn of a user switched off", err, access.ErrUnauthorized)
	off = false
	if _, err = h.UpdateUser(t.Context(), h.admin, u.ID, u.Rev, access.Change{Off: &off}); err != nil {
		t.Fatal(err)
	}
	_, err = h.Authenticate(t.Context(), s.Secret)
	want(t, "the old session after switching on again", err, access.ErrUnauthorized)
}

func TestPasswords(t *testing.T) {
	h := newHouse(t)
	u := h.user(t, "wangxiaoming", access.RoleOperator, "")
	s, elsewhere := h.signIn(t, "wangxiaoming"), h.signIn(t, "wangxiaoming")
	for _, weak := range []string{"", "123456789", "WangXiaoMing", strings.Repeat("xyz", 99), "aaaaaaaaaaaa", "abababababab", "3210987654", "QWERTYUIOP", "lkjhgfdsaLK", "1qaz2wsx3EDC", "woaini1314"} {
		want(t, "password "+weak, h.SetPassword(t.Context(), h.admin, u.ID, weak), access.ErrInvalid)
	}
	want(t, "wrong old password", h.ChangePassword(t.Context(), s.Principal, "wrong horse", "new password"), access.ErrUnauthorized)
	want(t, "an operator sets a password", h.SetPassword(t.Context(), s.Principal, u.ID, "new password"), access.ErrForbidden)
	if err := h.ChangePassword(t.Context(), s.Principal, password, "new password"); err != nil {
		t.Fatal(err)
	}
	_, err := h.Authenticate(t.Context(), elsewhere.Secret)
	want(t, "another session from before", err, access.ErrUnauthorized)
	if _, err := h.Authenticate(t.Context(), s.Secret); err != nil {
		t.Errorf("the session that changed the password ended: %v", err)
	}
	want(t, "the old password again", h.ChangePassword(t.Context(), s.Principal, "new password", "new password"), access.ErrInvalid)
	_, err = h.SignIn(t.Context(), "wangxiaoming", password, access.Caller{})
	want(t, "the old password", err, access.ErrUnauthorized)
	if _, err = h.SignIn(t.Context(), "wangxiaoming", "new password", access.Caller{}); err != nil {
		t.Errorf("the new password: %v", err)
	}
	for range 5 {
		_ = h.ChangePassword(t.Context(), s.Principal, "wrong horse", "x")
	}
	want(t, "guessing the old password", h.ChangePassword(t.Context(), s.Principal, "new password", "third password"), access.ErrLocked)
	got, err := h.store.UserByID(t.Context(), 1, u.ID)
	if err != nil || !strings.HasPrefix(got.Password, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored password = %s, %v; want argon2id with its parameters", got.Password, err)
	}
	if raw, err := json.Marshal(got); err != nil || strings.Contains(string(raw), "argon2") {
		t.Errorf("a user as JSON shows the password: %s, %v", raw, err)
	}
	want(t, "the node changes a password", h.ChangePassword(t.Context(), access.Node(1), "a", "new password"), access.ErrForbidden)
}

func TestLastAdmin(t *testing.T) {
	h := newHouse(t)
	role, path, off := access.RoleEngineer, "e", true
	change := func(id string, rev int64, c access.Change) error {
		_, err := h.UpdateUser(t.Context(), h.admin, id, rev, c)
		return err
	}
	h.user(t, "site", access.RoleAdmin, "e") // not of the whole plant
	for _, c := range []access.Change{{Role: &role}, {Path: &path}, {Off: &off}} {
		want(t, "the last admin", change(h.admin.User, 1, c), access.ErrLastAdmin)
	}
	second := h.user(t, "second", access.RoleAdmin, "")
	if err := change(h.admin.User, 1, access.Change{Role: &role}); err != nil {
		t.Fatalf("with a second admin: %v", err)
	}
	want(t, "the last admin again", change(second.ID, 1, access.Change{Off: &off}), access.ErrLastAdmin)
	if u, made, err := h.EnsureAdmin(t.Context(), 1, "third", "", password); err != nil || made || u.ID != second.ID {
		t.Errorf("EnsureAdmin = %+v, %v, %v; want the second admin", u, made, err)
	}
}

func TestUsers_NoEscape(t *testing.T) {
	h := newHouse(t)
	h.user(t, "local", access.RoleAdmin, "e/s_1")
	inside := h.user(t, "inside", access.RoleViewer, "e/s_1/l")
	outside := h.user(t, "outside", access.RoleViewer, "e/sx1")
	local := h.signIn(t, "local").Principal
	foreign := access.Node(2)
	viewer := h.signIn(t, "inside").Principal
	ctx := t.Context()

	got, err := h.Users(ctx, local)
	if err != nil || len(got) != 2 || got[0].Name != "inside" || got[1].Name != "local" {
		t.Errorf("Users of the local admin = %+v, %v; want inside and local", got, err)
	}
	if got, err := h.Users(ctx, foreign); err != nil || len(got) != 0 {
		t.Errorf("Users of a foreign admin = %+v, %v; want none", got, err)
	}
	_, err = h.Users(ctx, viewer)
	want(t, "Users by a viewer", err, access.ErrForbidden)
	create := func(by access.Principal, n access.NewUser) error {
		_, err := h.CreateUser(ctx, by, n)
		return err
	}
	want(t, "a user above", create(local, access.NewUser{Name: "a1", Role: access.RoleViewer}), access.ErrForbidden)
	want(t, "a user beside", create(local, access.NewUser{Name: "a1", Role: access.RoleViewer, Path: "e/sx1"}), access.ErrForbidden)
	want(t, "a user by a viewer", create(viewer, access.NewUser{Name: "a1", Role: access.RoleViewer, Path: "e/s_1/l"}), access.ErrForbidden)
	want(t, "a taken name", create(foreign, access.NewUser{Name: "INSIDE", Role: access.RoleViewer}), access.ErrConflict)
	want(t, "an unknown role", create(h.admin, access.NewUser{Name: "a1", Role: "root"}), access.ErrInvalid)
	want(t, "a bad name", create(h.admin, access.NewUser{Name: "a b", Role: access.RoleViewer}), access.ErrInvalid)
	want(t, "a bad path", create(h.admin, access.NewUser{Name: "a1", Role: access.RoleViewer, Path: "E//x"}), access.ErrInvalid)
	want(t, "a weak password", create(h.admin, access.NewUser{Name: "a1", Role: access.RoleViewer, Password: "123"}), access.ErrInvalid)
	whole := ""
	_, err = h.UpdateUser(ctx, local, inside.ID, 1, access.Change{Path: &whole})
	want(t, "a scope widened beyond one's own", err, access.ErrForbidden)
	for _, by := range []access.Principal{local, foreign} {
		id := outside.ID
		_, err = h.UpdateUser(ctx, by, id, 1, access.Change{})
		want(t, "UpdateUser outside", err, access.ErrNotFound)
		want(t, "SetPassword outside", h.SetPassword(ctx, by, id, "new password"), access.ErrNotFound)
		_, _, err = h.CreateLink(ctx, by, id)
		want(t, "CreateLink outside", err, access.ErrNotFound)
		_, err = h.User(ctx, by, id)
		want(t, "User outside", err, access.ErrNotFound)
	}
	if u, err := h.User(ctx, viewer, viewer.User); err != nil || u.ID != viewer.User {
		t.Errorf("oneself = %+v, %v", u, err)
	}
}
