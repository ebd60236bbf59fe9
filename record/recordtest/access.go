package recordtest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Access tests access.Store.
func Access(t *testing.T, open func(t *testing.T) access.Store) {
	t.Run("Users", func(t *testing.T) { accessUsers(t, open(t)) })
	t.Run("Roles", func(t *testing.T) { accessRoles(t, open(t)) })
	t.Run("Tokens", func(t *testing.T) { accessTokens(t, open(t)) })
	t.Run("Sessions", func(t *testing.T) { accessSessions(t, open(t)) })
	t.Run("LinksOpenOnce", func(t *testing.T) { accessLinks(t, open(t)) })
	t.Run("Factors", func(t *testing.T) { accessFactors(t, open(t)) })
	t.Run("Providers", func(t *testing.T) { accessProviders(t, open(t)) })
	t.Run("AuditFound", func(t *testing.T) { auditFound(t, open(t)) })
	t.Run("AuditChains", func(t *testing.T) { accessAudit(t, open(t)) })
}

func notFound(t *testing.T, name string, err error) {
	t.Helper()
	if !errors.Is(err, access.ErrNotFound) {
		t.Errorf("%s: %v; want ErrNotFound", name, err)
	}
}

func accessUsers(t *testing.T, s access.Store) {
	ctx := t.Context()
	grants := []access.Grant{{Role: access.RoleOperator, Path: "e/s"}, {Role: "officer", Area: access.Area{Region: "3306", Sector: "C34"}, Until: day, Purpose: "诊断 \"轴承\" 到周五"}}
	u, err := s.SaveUser(ctx, access.User{Tenant: 1, Name: "wang", Display: "王", Organisation: "新昌轴承", Role: access.RoleOperator, Path: "e/s", Grants: grants, Password: "$x"})
	if err != nil || u.ID == "" || u.Rev != 1 {
		t.Fatalf("SaveUser = %+v, %v; want an id and revision 1", u, err)
	}
	for name, get := range map[string]func() (access.User, error){
		"by name": func() (access.User, error) { return s.UserByName(ctx, "wang") },
		"by id":   func() (access.User, error) { return s.UserByID(ctx, 1, u.ID) },
	} {
		if got, err := get(); err != nil || !reflect.DeepEqual(got, u) {
			t.Errorf("%s = %+v, %v; want %+v", name, got, err, u)
		}
	}
	changed := u
	changed.Off, changed.Role = true, access.RoleViewer
	if changed, err = s.SaveUser(ctx, changed); err != nil || changed.Rev != 2 || !changed.Off {
		t.Errorf("SaveUser again = %+v, %v; want revision 2", changed, err)
	}
	if _, err := s.SaveUser(ctx, u); !errors.Is(err, access.ErrConflict) {
		t.Errorf("SaveUser with the revision before: %v; want ErrConflict", err)
	}
	for _, tenant := range []access.User{{Tenant: 1, Name: "wang"}, {Tenant: 2, Name: "wang"}} {
		if _, err := s.SaveUser(ctx, tenant); !errors.Is(err, access.ErrConflict) {
			t.Errorf("a second wang in tenant %d: %v; want ErrConflict", tenant.Tenant, err)
		}
	}
	_, err = s.SaveUser(ctx, access.User{Tenant: 2, ID: u.ID, Name: "wang2", Rev: 2})
	notFound(t, "SaveUser of a foreign tenant's id", err)
	_, err = s.UserByID(ctx, 2, u.ID)
	notFound(t, "UserByID of a foreign tenant", err)
	_, err = s.UserByName(ctx, "x' or '1'='1")
	notFound(t, "UserByName of nobody", err)
	if got, err := s.Users(ctx, 1); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], changed) {
		t.Errorf("Users = %+v, %v; want %+v", got, err, changed)
	}
	if got, err := s.Users(ctx, 2); err != nil || len(got) != 0 {
		t.Errorf("Users of a foreign tenant = %+v, %v; want none", got, err)
	}
	for _, name := range []string{"é", "a", "B", "_", "轴", "b"} {
		if _, err := s.SaveUser(ctx, access.User{Tenant: 3, Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Users(ctx, 3)
	var order strings.Builder
	for _, u := range all {
		order.WriteString(u.Name)
	}
	if err != nil || order.String() != "B_abé轴" {
		t.Errorf("Users come as %s, %v; want them in the order of their bytes", order.String(), err)
	}
}

func accessRoles(t *testing.T, s access.Store) {
	ctx := t.Context()
	r, err := s.SaveRole(ctx, 1, access.RoleDef{ID: "guest", Name: plant.Name{ZH: "来访'者"}, Permissions: []access.Permission{access.Read, access.ReadFirms}, Own: true})
	if err != nil || r.Rev != 1 {
		t.Fatalf("SaveRole = %+v, %v; want revision 1", r, err)
	}
	if _, err := s.SaveRole(ctx, 1, access.RoleDef{ID: "guest"}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("a second role of the name: %v; want ErrConflict", err)
	}
	if r, err = s.SaveRole(ctx, 1, r); err != nil || r.Rev != 2 {
		t.Errorf("SaveRole again = %+v, %v; want revision 2", r, err)
	}
	if got, err := s.Roles(ctx, 1); err != nil || !reflect.DeepEqual(got, []access.RoleDef{r}) {
		t.Errorf("Roles = %+v, %v; want %+v", got, err, r)
	}
	if got, err := s.Roles(ctx, 2); err != nil || len(got) != 0 {
		t.Errorf("Roles of a foreign tenant = %+v, %v; want none", got, err)
	}
	for _, c := range []struct {
		tenant plant.TenantNo
		rev    int64
		want   error
	}{{2, 2, access.ErrConflict}, {1, 1, access.ErrConflict}, {1, 2, nil}} {
		if err := s.DropRole(ctx, c.tenant, "guest", c.rev); !errors.Is(err, c.want) {
			t.Errorf("DropRole of tenant %d at %d: %v; want %v", c.tenant, c.rev, err, c.want)
		}
	}
	if got, err := s.Roles(ctx, 1); err != nil || len(got) != 0 {
		t.Errorf("Roles after removal = %+v, %v; want none", got, err)
	}
}

func accessTokens(t *testing.T, s access.Store) {
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	one := access.Token{ID: "t1", Tenant: 1, Name: "grafana", Role: access.RoleViewer, Path: "e", Grants: []access.Grant{{Role: access.RoleViewer, Path: "e"}}, Hash: "h1", Created: now}
	two := access.Token{ID: "t2", Tenant: 1, Name: "mes", Role: access.RoleOperator, Grants: []access.Grant{}, Hash: "h2", Created: now.Add(time.Second), Expires: now.Add(time.Hour)}
	for _, k := range []access.Token{two, one} {
		if err := s.SaveToken(ctx, k); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.TokenByHash(ctx, "h2"); err != nil || !reflect.DeepEqual(got, two) {
		t.Errorf("TokenByHash = %+v, %v; want %+v", got, err, two)
	}
	one.Revoked = true
	if err := s.SaveToken(ctx, one); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Tokens(ctx, 1); err != nil || !reflect.DeepEqual(got, []access.Token{one, two}) {
		t.Errorf("Tokens = %+v, %v; want both, oldest first", got, err)
	}
	if got, err := s.Tokens(ctx, 2); err != nil || len(got) != 0 {
		t.Errorf("Tokens of a foreign tenant = %+v, %v; want none", got, err)
	}
	_, err := s.TokenByHash(ctx, "h3")
	notFound(t, "TokenByHash", err)
	if err := s.SaveToken(ctx, access.Token{ID: "t9", Tenant: 2, Hash: "h1"}); !errors.Is(err, access.ErrConflict) {
		t.Errorf("two tokens with one secret: %v; want ErrConflict", err)
	}
}

func accessSessions(t *testing.T, s access.Store) {
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	save := func(hash, user string, hours int) access.Session {
		t.Helper()
		opened := now.Add(-time.Duration(hours) * time.Hour)
		session := access.Session{Hash: hash, User: user, Tenant: 1, Expires: now.Add(time.Duration(hours) * time.Hour), Opened: opened, Seen: opened, Address: "10.0.0.1", Device: "浏览器", By: "password"}
		if err := s.SaveSession(ctx, session); err != nil {
			t.Fatal(err)
		}
		return session
	}
	gone := func(hash string) {
		t.Helper()
		_, err := s.SessionByHash(ctx, hash)
		notFound(t, hash, err)
	}
	first := save("s1", "u1", 1)
	save("s2", "u1", 2)
	save("s3", "u2", 3)
	save("s4", "u3", 4)
	if got, err := s.SessionByHash(ctx, "s1"); err != nil || got != first {
		t.Errorf("SessionByHash = %+v, %v; want %+v", got, err, first)
	}
	if err := s.TouchSession(ctx, "s2", now); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Sessions(ctx, 1, "u1"); err != nil || len(got) != 2 || got[0].Hash != "s2" || !got[0].Seen.Equal(now) || got[1] != first {
		t.Errorf("Sessions = %+v, %v; want both, the last used first", got, err)
	}
	if got, err := s.Sessions(ctx, 2, "u1"); err != nil || len(got) != 0 {
		t.Errorf("Sessions of a foreign tenant = %+v, %v", got, err)
	}
	if err := s.DropExpired(ctx, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	gone("s1")
	if err := s.DropSessions(ctx, 2, "u1", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SessionByHash(ctx, "s2"); err != nil {
		t.Errorf("another tenant's DropSessions ended s2: %v", err)
	}
	save("s5", "u1", 5)
	if err := s.DropSessions(ctx, 1, "u1", "s5"); err != nil {
		t.Fatal(err)
	}
	gone("s2")
	if _, err := s.SessionByHash(ctx, "s5"); err != nil {
		t.Errorf("the session to keep: %v", err)
	}
	for range 2 {
		if err := s.DropSession(ctx, "s3"); err != nil {
			t.Errorf("DropSession: %v", err)
		}
	}
	gone("s3")
	if _, err := s.SessionByHash(ctx, "s4"); err != nil {
		t.Errorf("s4: %v; want it untouched", err)
	}
}

func accessLinks(t *testing.T, s access.Store) {
	ctx := t.Context()
	l := access.Session{Hash: "l1", User: "u1", Tenant: 1, Expires: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	if err := s.SaveLink(ctx, l); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SessionByHash(ctx, "l1"); !errors.Is(err, access.ErrNotFound) {
		t.Errorf("a link is taken for a session: %v", err)
	}
	var took, missed int
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			got, err := s.TakeLink(ctx, "l1")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil && got == l:
				took++
			case errors.Is(err, access.ErrNotFound):
				missed++
			default:
				t.Errorf("TakeLink = %+v, %v", got, err)
			}
		})
	}
	all.Wait()
	if took != 1 || missed != 7 {
		t.Errorf("the link opened %d times; want once", took)
	}
}

func accessAudit(t *testing.T, s access.Store) {
	ctx := t.Context()
	const writers, each = 6, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				e := access.Entry{Tenant: 1, At: day.Add(time.Duration(i) * time.Microsecond), Who: fmt.Sprint("u", w), Action: "a'?", Object: "o", After: `{"x":"轴承\u0000"}`}
				if _, err := s.AppendAudit(ctx, e, access.Chain); err != nil {
					t.Errorf("AppendAudit: %v", err)
				}
			}
		})
	}
	all.Wait()
	if n, err := access.Verify(ctx, s, 1); n != writers*each || err != nil {
		t.Errorf("Verify = %d, %v; want %d entries in one chain", n, err, writers*each)
	}
	if n, err := access.Verify(ctx, s, 2); n != 0 || err != nil {
		t.Errorf("Verify of a foreign tenant = %d, %v; want nothing", n, err)
	}
	if page, err := s.Audit(ctx, 1, 3, 2); err != nil || len(page) != 2 || page[0].Seq != 4 || page[0].Tenant != 1 {
		t.Errorf("Audit(after 3, 2) = %+v, %v; want entries 4 and 5", page, err)
	}
	for _, action := range []string{"b", "c", "b"} {
		if _, err := s.AppendAudit(ctx, access.Entry{Tenant: 1, At: day, Action: action}, access.Chain); err != nil {
			t.Errorf("AppendAudit: %v", err)
		}
	}
	if got, err := s.AuditOf(ctx, 1, []string{"b", "none"}, 5); err != nil || len(got) != 2 || got[0].Seq != writers*each+3 || got[1].Seq != writers*each+1 {
		t.Errorf("AuditOf(b) = %+v, %v; want the third and the first of the last three", got, err)
	}
	if got, err := s.AuditOf(ctx, 1, []string{"b", "c"}, 1); err != nil || len(got) != 1 || got[0].Seq != writers*each+3 {
		t.Errorf("AuditOf(b or c, 1) = %+v, %v; want the newest", got, err)
	}
	if got, err := s.AuditOf(ctx, 2, []string{"b"}, 5); err != nil || len(got) != 0 {
		t.Errorf("AuditOf of a foreign tenant = %+v, %v; want nothing", got, err)
	}
	bad := func(prev, e access.Entry) access.Entry {
		e = access.Chain(prev, e)
		e.Prev = "forged"
		return e
	}
	if _, err := s.AppendAudit(ctx, access.Entry{Tenant: 1, At: day}, bad); err == nil {
		t.Error("an entry that does not follow the last one was stored")
	}
}
