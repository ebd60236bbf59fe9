package access_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// TestGuests_WholeStay: a provider is invited for a line, comes by the link, sets a
// password, is seen, is let in longer and ended; what is over ends by itself, and
// every step is in the audit.
func TestGuests_WholeStay(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	local := h.holding(t, access.Grant{Role: "admin", Path: "e/s"})
	until := h.clock.now().Add(30 * 24 * time.Hour)
	line := access.Grant{Role: "provider", Path: "e/s/l", By: "forged", Given: until}
	made, err := h.LetIn(ctx, local, access.Admission{
		Invited: &access.NewUser{Name: "Zhao", Display: "赵工", Organisation: "某某信息工程公司", Password: "is not taken over", Role: "admin"},
		Grants:  []access.Grant{line}, Until: until, Purpose: "磨床改造",
	})
	if err != nil || len(made.Guests) != 1 || made.Secret == "" {
		t.Fatalf("LetIn = %+v, %v", made, err)
	}
	guest := made.Guests[0]
	if g := guest.Grant; g.By != local.Name || !g.Given.Equal(h.clock.now()) || !g.Until.Equal(until) || guest.Ended || !guest.Own || !guest.Seen.IsZero() {
		t.Errorf("the guest is %+v", guest)
	}
	in, err := h.SignInByLink(ctx, made.Secret, access.Caller{})
	if err != nil || !in.Principal.FirstPassword() || in.Principal.Person() != "赵工" {
		t.Fatalf("by the link: %+v, %v", in.Principal, err)
	}
	want(t, "a weak first password", h.ChangePassword(ctx, in.Principal, "", "zhao"), access.ErrInvalid)
	if err := h.ChangePassword(ctx, in.Principal, "", password); err != nil {
		t.Fatalf("the first password: %v", err)
	}
	p, err := h.Authenticate(ctx, in.Secret)
	if err != nil || p.FirstPassword() || !p.May(access.Engineer, "e/s/l/m1") || p.May(access.Control, "e/s/l/m1") || p.May(access.Read, "e/s/k") || !p.Guest(access.Read, "e/s/l") {
		t.Errorf("the guest may %+v, %v", p, err)
	}
	want(t, "a second one without the old", h.ChangePassword(ctx, p, "", "another password"), access.ErrUnauthorized)
	held, err := h.Holds(ctx, p)
	if err != nil || len(held) != 1 || held[0].By != local.Name || held[0].Purpose != "磨床改造" || held[0].Name.ZH != "服务商" || held[0].Ended {
		t.Errorf("Holds = %+v, %v", held, err)
	}
	list := h.guests(t, local)
	if len(list) != 1 || !list[0].Seen.Equal(h.clock.now()) {
		t.Errorf("Guests = %+v; want one, seen now", list)
	}

	longer, err := h.Extend(ctx, local, guest.User, guest.ID, until.Add(time.Hour))
	if err != nil || longer.ID == guest.ID || longer.Grant.By != local.Name {
		t.Fatalf("Extend = %+v, %v", longer, err)
	}
	want(t, "what was seen before", third(h.Extend(ctx, local, guest.User, guest.ID, until)), access.ErrNotFound)
	h.clock.pass(30*24*time.Hour + 59*time.Minute)
	h.signIn(t, "zhao")
	h.clock.pass(time.Minute)
	if s := h.signIn(t, "zhao"); s.Principal.Has(access.Read) {
		t.Error("behind the end the guest still may")
	}
	if list = h.guests(t, local); len(list) != 1 || !list[0].Ended {
		t.Errorf("behind the end: %+v", list)
	}
	again, err := h.Extend(ctx, local, guest.User, longer.ID, h.clock.now().Add(time.Hour))
	if err != nil || again.Ended {
		t.Fatalf("let in again: %+v, %v", again, err)
	}
	over, err := h.EndStay(ctx, local, guest.User, again.ID)
	if err != nil || !over.Ended {
		t.Fatalf("EndStay = %+v, %v", over, err)
	}
	want(t, "ended twice", third(h.EndStay(ctx, local, guest.User, over.ID)), access.ErrInvalid)
	entries, err := h.store.AuditOf(ctx, 1, []string{"guest.admit", "guest.extend", "guest.end"}, 10)
	if err != nil || len(entries) != 4 || entries[0].Action != "guest.end" || !strings.Contains(entries[3].After, "磨床改造") {
		t.Errorf("audit: %+v, %v", entries, err)
	}
}

func third(_ access.Guest, err error) error { return err }

func (h house) guests(t *testing.T, by access.Principal) []access.Guest {
	t.Helper()
	all, err := h.Guests(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestGuests_Refused: nobody lets in beyond what is his, for ever, or to let in
// others; who is let in keeps what he has.
func TestGuests_Refused(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	now := h.clock.now()
	h.user(t, "expert", "expert", "")
	local := h.holding(t, access.Grant{Role: "admin", Path: "e/s"})
	passing := h.holding(t, access.Grant{Role: "admin", Path: "e/s", Until: now.Add(time.Hour), Purpose: "代班"})
	viewer := func(path string) []access.Grant { return []access.Grant{{Role: "viewer", Path: path}} }
	month := now.Add(30 * 24 * time.Hour)
	for name, c := range map[string]struct {
		by access.Principal
		a  access.Admission
		is error
	}{
		"beyond his place":    {local, access.Admission{Name: "expert", Grants: viewer("e/x"), Until: month, Purpose: "x"}, access.ErrForbidden},
		"the whole":           {local, access.Admission{Name: "expert", Grants: viewer(""), Until: month, Purpose: "x"}, access.ErrForbidden},
		"one of two beyond":   {local, access.Admission{Name: "expert", Grants: append(viewer("e/s"), viewer("e/x")...), Until: month, Purpose: "x"}, access.ErrForbidden},
		"by a viewer":         {h.holding(t, access.Grant{Role: "viewer"}), access.Admission{Name: "expert", Grants: viewer("e/s"), Until: month, Purpose: "x"}, access.ErrForbidden},
		"beyond his own end":  {passing, access.Admission{Name: "expert", Grants: viewer("e/s"), Until: month, Purpose: "x"}, access.ErrForbidden},
		"as administrator":    {h.admin, access.Admission{Name: "expert", Grants: []access.Grant{{Role: "admin", Path: "e/s"}}, Until: month, Purpose: "x"}, access.ErrInvalid},
		"for ever":            {local, access.Admission{Name: "expert", Grants: viewer("e/s"), Purpose: "x"}, access.ErrInvalid},
		"for over a year":     {local, access.Admission{Name: "expert", Grants: viewer("e/s"), Until: now.AddDate(1, 0, 2), Purpose: "x"}, access.ErrInvalid},
		"over already":        {local, access.Admission{Name: "expert", Grants: viewer("e/s"), Until: now, Purpose: "x"}, access.ErrInvalid},
		"for nothing":         {local, access.Admission{Name: "expert", Grants: viewer("e/s"), Until: month, Purpose: " "}, access.ErrInvalid},
		"to nothing":          {local, access.Admission{Name: "expert", Until: month, Purpose: "x"}, access.ErrInvalid},
		"nobody":              {local, access.Admission{Name: "nobody", Grants: viewer("e/s"), Until: month, Purpose: "x"}, access.ErrInvalid},
		"an invited namesake": {local, access.Admission{Invited: &access.NewUser{Name: "Expert"}, Grants: viewer("e/s"), Until: month, Purpose: "x"}, access.ErrConflict},
	} {
		_, err := h.LetIn(ctx, c.by, c.a)
		want(t, name, err, c.is)
	}
	if all := h.guests(t, local); len(all) != 0 {
		t.Errorf("what was refused left guests behind: %+v", all)
	}
	made, err := h.LetIn(ctx, local, access.Admission{Name: " EXPERT ", Grants: viewer("e/s/l"), Until: month, Purpose: "诊断"})
	if err != nil || made.Secret != "" || made.Guests[0].Own {
		t.Fatalf("a user who is there: %+v, %v; want no link and no power over the user", made, err)
	}
	want(t, "the same twice", second2(h.LetIn(ctx, local, access.Admission{Name: "expert", Grants: viewer("e/s/l"), Until: month, Purpose: "诊断"})), access.ErrInvalid)
	if s := h.signIn(t, "expert"); !s.Principal.Has(access.Diagnose) || !s.Principal.May(access.Read, "e/s/l") {
		t.Error("who was let in lost what he had, or got nothing")
	}
	beside := h.holding(t, access.Grant{Role: "admin", Path: "e/x"})
	if all := h.guests(t, beside); len(all) != 0 {
		t.Errorf("who administers another place sees %+v", all)
	}
	want(t, "ended by him", third(h.EndStay(ctx, beside, made.Guests[0].User, made.Guests[0].ID)), access.ErrNotFound)
	for _, g := range []access.Grant{{Role: "viewer", Path: "e/s"}, {Role: "viewer", Path: "e/s", Until: month, Purpose: "x"}} {
		_, err = h.CreateUser(ctx, passing, access.NewUser{Name: "later", Grants: []access.Grant{g}})
		want(t, "a user beyond the end of who makes it", err, access.ErrForbidden)
	}
}

func second2(_ access.Admitted, err error) error { return err }

// TestGuests_OfTenants: a firm on a platform finds its own people alone, by the
// short name too, and lets nobody in elsewhere.
func TestGuests_OfTenants(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	h.UseRules(func(_ context.Context, tenant plant.TenantNo) (access.TenantRule, error) {
		return access.TenantRule{Domain: map[plant.TenantNo]string{2: "alpha", 3: "beta"}[tenant]}, nil
	})
	alpha, beta := access.Node(2), access.Node(3)
	if _, err := h.CreateUser(ctx, alpha, access.NewUser{Name: "li", Grants: []access.Grant{{Role: "viewer", Path: "a"}}}); err != nil {
		t.Fatal(err)
	}
	a := access.Admission{Grants: []access.Grant{{Role: "viewer", Path: "b"}}, Until: h.clock.now().Add(time.Hour), Purpose: "x"}
	for _, name := range []string{"li", "li@alpha", "admin", "li@beta"} {
		a.Name = name
		_, err := h.LetIn(ctx, beta, a)
		if want(t, name+" of another firm", err, access.ErrInvalid); err != nil && !strings.Contains(err.Error(), "nobody signs in here") {
			t.Errorf("%s: %v; want no word of whether it is there", name, err)
		}
	}
	for _, name := range []string{"li", "Li@alpha"} {
		a.Name, a.Purpose = name, name
		if made, err := h.LetIn(ctx, alpha, a); err != nil || made.Guests[0].Name != "li@alpha" {
			t.Errorf("%s at home: %+v, %v", name, made, err)
		}
	}
	if all := h.guests(t, beta); len(all) != 0 {
		t.Errorf("the other firm sees %+v", all)
	}
	all := h.guests(t, alpha)
	want(t, "ended by the other firm", third(h.EndStay(ctx, beta, all[0].User, all[0].ID)), access.ErrNotFound)
}

// TestGuests_ScreenSetsNoPassword: who comes by a link for good has no password and
// sets none.
func TestGuests_ScreenSetsNoPassword(t *testing.T) {
	h := newHouse(t)
	u, err := h.CreateUser(t.Context(), h.admin, access.NewUser{Name: "screen", Grants: []access.Grant{{Role: "operator", Path: "e"}}})
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := h.CreateLink(t.Context(), h.admin, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.SignInByLink(t.Context(), secret, access.Caller{})
	if err != nil || s.Principal.FirstPassword() {
		t.Fatalf("by the link: %v", err)
	}
	want(t, "a password of the screen", h.ChangePassword(t.Context(), s.Principal, "", password), access.ErrUnauthorized)
}
