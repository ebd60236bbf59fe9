package access_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// holding is who signs in with a token that has the grants.
func (h house) holding(t *testing.T, grants ...access.Grant) access.Principal {
	t.Helper()
	_, secret, err := h.CreateToken(t.Context(), h.admin, access.NewToken{Name: "x", Grants: grants})
	if err != nil {
		t.Fatalf("CreateToken(%+v): %v", grants, err)
	}
	p, err := h.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var permissions = []access.Permission{
	access.Read, access.Report, access.Control, access.Plan, access.Material, access.Exchange, access.Engineer, access.Administer, access.ReadAudit, access.ManageTenants, access.ReadFirms, access.KeepFirms, access.Diagnose, access.ReportFirms, access.DispatchExperts, access.ReplyFirms,
}

// TestDeliveredRoles: what each role may at a place, over the whole and over an
// area, written down apart from the file that says it.
func TestDeliveredRoles(t *testing.T) {
	h := newHouse(t)
	table := map[access.Role]string{ // in the order of permissions
		"admin": "1111111111111111", "engineer": "1111111000000000", "operator": "1110000000000000", "provider": "1000001000000000", "viewer": "1000000000000000", "planner": "1101000000000000", "storekeeper": "1100100000000000",
		"officer": "0000000000100110", "registrar": "0000000000110110", "expert": "0000000000101001", "auditor": "0000000010000000", "firm": "0000000000100001",
		"platform": "0000000001000000", "integration": "1000010000000000",
	}
	if got := len(delivered(t)); got != len(table) {
		t.Errorf("%d roles are delivered; want %d", got, len(table))
	}
	area := access.Area{Region: "3306"}
	firms := slices.Index(permissions, access.ReadFirms) // from there on they are over firms
	for role, rights := range table {
		inPlant, withFirms := strings.Contains(rights[:firms], "1"), strings.Contains(rights[firms:], "1")
		whole := h.holding(t, access.Grant{Role: role})
		for i, perm := range permissions {
			if got := whole.May(perm, ""); got != (rights[i] == '1') {
				t.Errorf("%s: May(%s) = %v", role, perm, got)
			}
		}
		if inPlant {
			p := h.holding(t, access.Grant{Role: role, Path: "e/s"})
			for i, perm := range permissions {
				for path, inside := range map[string]bool{"e/s": true, "e/s/l": true, "e": false, "": false, "e/s2": false} {
					if got := p.May(perm, path); got != (rights[i] == '1' && inside && i < firms) {
						t.Errorf("%s within e/s: May(%s, %q) = %v", role, perm, path, got)
					}
				}
				if len(p.Areas(perm)) != 0 {
					t.Errorf("%s within e/s sees firms by %s", role, perm)
				}
			}
		}
		if withFirms {
			p := h.holding(t, access.Grant{Role: role, Area: area})
			for i, perm := range permissions {
				if p.May(perm, "") || p.May(perm, "e/s") {
					t.Errorf("%s of region 3306: May(%s) holds in the plant, or everywhere", role, perm)
				}
				if got := p.Areas(perm); (len(got) == 1 && got[0] == area) != (rights[i] == '1' && i >= firms) {
					t.Errorf("%s of region 3306: Areas(%s) = %v", role, perm, got)
				}
			}
			if p.Scope.Allows("") || p.Scope.Allows("e") || p.Has(access.Read) || !p.Has(access.SignedIn) {
				t.Errorf("%s of region 3306 sees the plant: %+v", role, p.Scope)
			}
		}
	}
	var nobody access.Principal
	if nobody.May(access.Read, "") || nobody.Has(access.SignedIn) || nobody.Areas(access.ReadFirms) != nil || h.admin.May("", "") || h.admin.May("root", "") {
		t.Error("nobody may something, or an unknown permission is held")
	}
}

// TestGrants_Several: each grant counts where it was given, and a request sees
// the places of the permission it needs.
func TestGrants_Several(t *testing.T) {
	h := newHouse(t)
	p := h.holding(t, access.Grant{Role: "viewer", Path: "e/b"}, access.Grant{Role: "engineer", Path: "e/a"}, access.Grant{Role: "viewer", Path: "e/b/x"},
		access.Grant{Role: "officer", Area: access.Area{Region: "3306"}}, access.Grant{Role: "expert", Area: access.Area{Enterprise: "f1"}})
	if got := p.For(access.Read).Scope.Places(); !slices.Equal(got, []string{"e/a", "e/b"}) {
		t.Errorf("places that may be read: %q", got)
	}
	if s := p.For(access.Engineer).Scope; s.Path != "e/a" || s.Allows("e/b") || !s.Allows("e/a/m") {
		t.Errorf("places that may be engineered: %+v", s)
	}
	if s := p.For(access.Administer).Scope; s.Allows("e/a") || s.Allows("") {
		t.Errorf("who administers nothing: %+v", s)
	}
	if got := p.Areas(access.ReadFirms); !reflect.DeepEqual(got, []access.Area{{Region: "3306"}, {Enterprise: "f1"}}) {
		t.Errorf("firms that may be read: %v", got)
	}
	if got := p.Areas(access.Diagnose); !reflect.DeepEqual(got, []access.Area{{Enterprise: "f1"}}) {
		t.Errorf("firms that may be diagnosed: %v", got)
	}
	if p.For(access.Read).Everywhere() || p.For(access.ReadFirms).Everywhere() || !h.admin.For(access.ReadFirms).Everywhere() {
		t.Error("a part is taken for the whole, or the whole for a part")
	}
}

// TestGrant_Ends: an expert let in until Friday has nothing on Friday, without
// anybody doing anything, though the session goes on.
func TestGrant_Ends(t *testing.T) {
	h := newHouse(t)
	end := h.clock.now().Add(5 * time.Second) // well within the time an answer is kept
	u, err := h.CreateUser(t.Context(), h.admin, access.NewUser{Name: "zhao", Password: password, Grants: []access.Grant{
		{Role: "viewer", Path: "e/s", Until: end, Purpose: "轴承车间诊断"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	s := h.signIn(t, "zhao")
	may := func() bool {
		t.Helper()
		p, err := h.Authenticate(t.Context(), s.Secret)
		if err != nil {
			t.Fatal(err)
		}
		return p.May(access.Read, "e/s") || p.For(access.Read).Scope.Allows("e/s")
	}
	if !may() {
		t.Error("before the end: nothing")
	}
	h.clock.pass(5*time.Second - time.Microsecond)
	if !may() {
		t.Error("a microsecond before the end: nothing")
	}
	h.clock.pass(time.Microsecond)
	if may() {
		t.Error("at the end: still in")
	}
	if got, err := h.User(t.Context(), h.admin, u.ID); err != nil || len(got.Grants) != 1 || !got.Grants[0].Ended(h.clock.now()) {
		t.Errorf("the ended grant is to be seen: %+v, %v", got, err)
	}
	// What is over may stay in the list while others change.
	more := append(u.Grants, access.Grant{Role: "officer"})
	if _, err := h.UpdateUser(t.Context(), h.admin, u.ID, u.Rev, access.Change{Grants: &more}); err != nil {
		t.Errorf("a grant beside an ended one: %v", err)
	}
}

func TestGrants_Refused(t *testing.T) {
	h := newHouse(t)
	later := h.clock.now().Add(time.Hour)
	many := make([]access.Grant, 51)
	for i := range many {
		many[i] = access.Grant{Role: "viewer", Path: "e/s" + strings.Repeat("x", i)}
	}
	for name, c := range map[string]struct {
		grants []access.Grant
		words  string
	}{
		"unknown role":     {[]access.Grant{{Role: "root"}}, "write one of admin, auditor"},
		"place and area":   {[]access.Grant{{Role: "admin", Path: "e", Area: access.Area{Region: "33"}}}, "two grants"},
		"nothing there":    {[]access.Grant{{Role: "viewer", Area: access.Area{Region: "33"}}}, "gives nothing there"},
		"nothing here":     {[]access.Grant{{Role: "officer", Path: "e"}}, "gives nothing there"},
		"odd region":       {[]access.Grant{{Role: "officer", Area: access.Area{Region: "330"}}}, "2, 4 or 6 digits"},
		"region of words":  {[]access.Grant{{Role: "officer", Area: access.Area{Region: "绍兴"}}}, "2, 4 or 6 digits"},
		"sector":           {[]access.Grant{{Role: "officer", Area: access.Area{Sector: "34"}}}, "GB/T 4754"},
		"long firm":        {[]access.Grant{{Role: "officer", Area: access.Area{Enterprise: strings.Repeat("1", 61)}}}, "60 bytes"},
		"over already":     {[]access.Grant{{Role: "viewer", Until: h.clock.now(), Purpose: "x"}}, "before it begins"},
		"end, no purpose":  {[]access.Grant{{Role: "viewer", Until: later, Purpose: "  "}}, "write the purpose"},
		"long purpose":     {[]access.Grant{{Role: "viewer", Purpose: strings.Repeat("长", 134)}}, "400 bytes"},
		"twice":            {[]access.Grant{{Role: "viewer"}, {Role: "viewer"}}, "twice"},
		"too many":         {many, "50 are the most"},
		"bad path":         {[]access.Grant{{Role: "viewer", Path: "E//x"}}, "grant 1"},
		"nowhere's own":    {[]access.Grant{{Role: "viewer", Path: "-"}}, "grant 1"},
		"the second wrong": {[]access.Grant{{Role: "viewer"}, {Role: "root"}}, "grant 2"},
	} {
		_, err := h.CreateUser(t.Context(), h.admin, access.NewUser{Name: "zhao", Grants: c.grants})
		if want(t, name, err, access.ErrInvalid); err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v; want it to say %q", name, err, c.words)
		}
	}
	if all, err := h.Users(t.Context(), h.admin); err != nil || len(all) != 1 {
		t.Errorf("what was refused left users behind: %+v, %v", all, err)
	}
}

// TestGrants_NobodyGivesMoreThanHeHas, nor reaches who has more.
func TestGrants_NobodyGivesMoreThanHeHas(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	if _, err := h.SaveRole(ctx, h.admin, access.RoleDef{ID: "desk", Name: plant.Name{ZH: "服务台"}, Permissions: []access.Permission{access.Read, access.Administer, access.ReadFirms, access.ReportFirms, access.DispatchExperts}}); err != nil {
		t.Fatal(err)
	}
	desk := h.holding(t, access.Grant{Role: "desk"})
	for _, c := range []struct {
		grant access.Grant
		want  error
	}{
		{access.Grant{Role: "viewer"}, nil},
		{access.Grant{Role: "viewer", Path: "e/s"}, nil},
		{access.Grant{Role: "officer", Area: access.Area{Region: "3306"}}, nil},
		{access.Grant{Role: "engineer", Path: "e/s"}, access.ErrForbidden},
		{access.Grant{Role: "admin"}, access.ErrForbidden},
		{access.Grant{Role: "expert", Area: access.Area{Region: "3306"}}, access.ErrForbidden},
		{access.Grant{Role: "auditor"}, access.ErrForbidden},
	} {
		_, _, err := h.CreateToken(ctx, desk, access.NewToken{Name: "y", Grants: []access.Grant{c.grant}})
		want(t, string(c.grant.Role), err, c.want)
	}
	engineer := h.user(t, "gong", access.RoleEngineer, "e/s")
	want(t, "a password of who has more", h.SetPassword(ctx, desk, engineer.ID, "another password"), access.ErrNotFound)
	if all, err := h.Users(ctx, desk); err != nil || len(all) != 0 {
		t.Errorf("who has more is in the list: %+v, %v", all, err)
	}
	ended := h.holding(t, access.Grant{Role: "admin", Path: "e"})
	past, err := h.CreateUser(ctx, h.admin, access.NewUser{Name: "past", Grants: []access.Grant{{Role: "viewer", Path: "f", Until: h.clock.now().Add(time.Minute), Purpose: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	want(t, "a password for later", h.SetPassword(ctx, ended, past.ID, "another password"), access.ErrNotFound)
	want(t, "a role by who has less", second(h.SaveRole(ctx, desk, access.RoleDef{ID: "more", Name: plant.Name{ZH: "多"}, Permissions: []access.Permission{access.Control}})), access.ErrForbidden)
	want(t, "a role by who has a place", second(h.SaveRole(ctx, ended, access.RoleDef{ID: "more", Name: plant.Name{ZH: "多"}, Permissions: []access.Permission{access.Read}})), access.ErrForbidden)
}

func second(_ access.RoleDef, err error) error { return err }

// TestRoles_Own: an own role is changed with effect at once, kept while
// somebody holds it, and never the way to lock everybody out.
func TestRoles_Own(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	guest, err := h.SaveRole(ctx, h.admin, access.RoleDef{ID: "guest", Name: plant.Name{ZH: " 来宾 "}, Permissions: []access.Permission{access.Read, access.Report}})
	if err != nil || guest.Rev != 1 || !guest.Own || guest.Name.ZH != "来宾" {
		t.Fatalf("SaveRole = %+v, %v", guest, err)
	}
	tok, secret, err := h.CreateToken(ctx, h.admin, access.NewToken{Name: "x", Grants: []access.Grant{{Role: "guest"}}})
	if err != nil {
		t.Fatal(err)
	}
	reports := func() bool {
		t.Helper()
		p, err := h.Authenticate(ctx, secret)
		if err != nil {
			t.Fatal(err)
		}
		return p.May(access.Report, "e")
	}
	if !reports() {
		t.Error("the own role gives nothing")
	}
	guest.Permissions = []access.Permission{access.Read}
	if guest, err = h.SaveRole(ctx, h.admin, guest); err != nil || reports() {
		t.Errorf("after the change: %v, reports %v", err, reports())
	}
	for name, r := range map[string]access.RoleDef{
		"delivered": {ID: "admin", Name: plant.Name{ZH: "管"}, Permissions: []access.Permission{access.Read}},
		"no name":   {ID: "x1", Permissions: []access.Permission{access.Read}},
		"nothing":   {ID: "x1", Name: plant.Name{ZH: "空"}},
		"unknown":   {ID: "x1", Name: plant.Name{ZH: "错"}, Permissions: []access.Permission{"root"}},
		"twice":     {ID: "x1", Name: plant.Name{ZH: "错"}, Permissions: []access.Permission{access.Read, access.Read}},
		"signed-in": {ID: "x1", Name: plant.Name{ZH: "错"}, Permissions: []access.Permission{access.SignedIn}},
		"bad id":    {ID: "X 1", Name: plant.Name{ZH: "错"}, Permissions: []access.Permission{access.Read}},
	} {
		want(t, name, second(h.SaveRole(ctx, h.admin, r)), access.ErrInvalid)
	}
	want(t, "the revision before", second(h.SaveRole(ctx, h.admin, access.RoleDef{ID: "guest", Name: guest.Name, Permissions: guest.Permissions, Rev: 1})), access.ErrConflict)
	want(t, "a role that is held", h.DropRole(ctx, h.admin, "guest", guest.Rev), access.ErrInvalid)
	if err := h.RevokeToken(ctx, h.admin, tok.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.DropRole(ctx, h.admin, "guest", guest.Rev); err != nil {
		t.Fatal(err)
	}
	want(t, "a role that is gone", h.DropRole(ctx, h.admin, "guest", guest.Rev), access.ErrNotFound)

	boss, err := h.SaveRole(ctx, h.admin, access.RoleDef{ID: "boss", Name: plant.Name{ZH: "总"}, Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	grants := []access.Grant{{Role: "boss"}}
	if _, err := h.UpdateUser(ctx, h.admin, h.admin.User, 1, access.Change{Grants: &grants}); err != nil {
		t.Fatalf("an own role that administers in place of the delivered one: %v", err)
	}
	boss.Permissions = []access.Permission{access.Read}
	want(t, "the last admin's role made less", second(h.SaveRole(ctx, h.admin, boss)), access.ErrLastAdmin)
	until := []access.Grant{{Role: "boss", Until: h.clock.now().Add(time.Hour), Purpose: "x"}}
	_, err = h.UpdateUser(ctx, h.admin, h.admin.User, 2, access.Change{Grants: &until})
	want(t, "the last admin until tonight", err, access.ErrLastAdmin)
}

func TestWhoMay(t *testing.T) {
	h := newHouse(t)
	ctx := t.Context()
	end := h.clock.now().Add(time.Hour)
	for name, g := range map[string]access.Grant{
		"line": {Role: "operator", Path: "e/s/l"}, "site": {Role: "viewer", Path: "e/s"}, "else": {Role: "viewer", Path: "e/x"},
		"guest": {Role: "viewer", Path: "e/s", Until: end, Purpose: "x"}, "city": {Role: "officer", Area: access.Area{Region: "3306"}},
		"bearings": {Role: "expert", Area: access.Area{Region: "33", Sector: "C345"}}, "hangzhou": {Role: "officer", Area: access.Area{Region: "3301"}},
	} {
		if _, err := h.CreateUser(ctx, h.admin, access.NewUser{Name: name, Grants: []access.Grant{g}}); err != nil {
			t.Fatal(err)
		}
	}
	f := func(by access.Principal, perm access.Permission, thing access.Thing, names string) {
		t.Helper()
		all, err := h.WhoMay(ctx, by, perm, thing)
		var got []string
		for _, one := range all {
			got = append(got, one.Name)
		}
		if err != nil || strings.Join(got, " ") != names {
			t.Errorf("%s of %+v: %s, %v; want %s", perm, thing, strings.Join(got, " "), err, names)
		}
	}
	firm := access.Thing{Firm: access.Area{Region: "330624", Sector: "C3451", Enterprise: "f1"}}
	f(h.admin, access.Read, access.Thing{Path: "e/s/l"}, "admin guest line site")
	f(h.admin, access.Control, access.Thing{Path: "e/s/l"}, "admin line")
	f(h.admin, access.ReadFirms, firm, "admin bearings city")
	f(h.admin, access.Diagnose, firm, "admin bearings")
	h.clock.pass(time.Hour)
	f(h.admin, access.Read, access.Thing{Path: "e/s"}, "admin site")
	local := h.holding(t, access.Grant{Role: "admin", Path: "e/s"})
	f(local, access.Read, access.Thing{Path: "e/s/l"}, "admin line site x")
	for _, thing := range []access.Thing{{Path: "e"}, {}, firm} {
		_, err := h.WhoMay(ctx, local, access.Read, thing)
		want(t, "a place beyond one's own", err, access.ErrForbidden)
	}
}

func TestParseRoles(t *testing.T) {
	for _, src := range []string{
		"- {id: a b}", "- {id: ab, name: {zh: 甲}, permissions: [read], more: 1}", "[", "- {id: ab, name: {zh: 甲}, permissions: [root]}",
		"- {id: ab, name: {zh: 甲}, permissions: [read]}\n- {id: ab, name: {zh: 乙}, permissions: [read]}",
	} {
		if got, err := access.ParseRoles([]byte(src)); err == nil {
			t.Errorf("ParseRoles(%q) = %+v; want an error", src, got)
		}
	}
}
