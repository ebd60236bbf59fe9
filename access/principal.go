package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

// Principal is who asks, with the rights of the grants that hold now. What a
// right reaches is decided here alone: by [Principal.May] for places,
// [Principal.Areas] for firms and [Principal.For] for a whole request.
type Principal struct {
	User string // id; "token:<id>" for API tokens
	Name string
	// Display and Organisation are the person's, "" where nobody entered them.
	Display, Organisation string
	Role                  Role // of the first grant: what clients that know one role show
	// Scope is the tenant and the places where the permission holds that the
	// request needs; see [Principal.For].
	Scope Scope

	asked Permission
	// session is the hash of the session by which it asks, "" for programs.
	session string
	// provider is the one whose session it is, "" for none.
	provider string
	rights   []right
	strict   bool      // a role asks for a second factor
	enrol    bool      // and there is none: nothing else may be done before
	ends     time.Time // when the first of the rights ends, zero for never
	first    bool      // may set a first password without an old one
}

// right is a grant with the permissions of its role.
type right struct {
	role        Role
	permissions []Permission
	path        string
	area        Area
	until       time.Time // given until then, zero for ever
}

// firmPermissions reach firms by area; all others reach places by path.
var firmPermissions = []Permission{ReadFirms, KeepFirms, Diagnose, ReportFirms, DispatchExperts, ReplyFirms}

// As is a principal with the permissions at one place, as tests and measuring
// programs need; the path "" is the whole plant and all firms.
func As(user, name string, scope Scope, permissions ...Permission) Principal {
	p := Principal{User: user, Name: name, Scope: Scope{Tenant: scope.Tenant}}
	for _, path := range scope.Places() {
		p.rights = append(p.rights, right{permissions: permissions, path: path})
	}
	return p.For(Read)
}

// Over is a principal with the permissions over the firms of an area, as
// [As] is one at a place.
func Over(user, name string, tenant plant.TenantNo, area Area, permissions ...Permission) Principal {
	p := Principal{User: user, Name: name, Scope: Scope{Tenant: tenant}, rights: []right{{permissions: permissions, area: area}}}
	return p.For(ReadFirms)
}

// Node is the principal of what the node does by itself for a tenant: the
// first start, imports from the command line, scheduled work.
func Node(tenant plant.TenantNo) Principal {
	p := As("node", "node", Scope{Tenant: tenant}, known...)
	p.Role = RoleAdmin
	return p
}

// For is the principal as a request sees it that needs the permission: its
// scope are the places where that permission holds. Who has no place sees none;
// for permissions over firms the places are those that may be read.
func (p Principal) For(perm Permission) Principal {
	p.asked = perm
	if perm == SignedIn || slices.Contains(firmPermissions, perm) {
		perm = Read
	}
	places := p.places(perm)
	if len(places) == 0 {
		places = []string{nowhere}
	}
	p.Scope = Scope{Tenant: p.Scope.Tenant, Path: places[0], More: Paths(strings.Join(places[1:], pathSeparator))}
	return p
}

// places are the paths where the permission holds, none inside another.
func (p Principal) places(perm Permission) []string {
	var out []string
	for _, r := range p.rights {
		if r.holds(perm) {
			out = append(out, r.path)
		}
	}
	slices.Sort(out)
	kept := out[:0]
	for _, path := range slices.Compact(out) {
		if !slices.ContainsFunc(kept, func(k string) bool { return plant.Within(path, k) }) {
			kept = append(kept, path)
		}
	}
	return kept
}

// holds reports whether the right gives the permission anywhere. A right over
// an area of firms gives nothing in the plant, one at a place of the plant
// nothing over firms.
func (r right) holds(perm Permission) bool {
	if !slices.Contains(r.permissions, perm) {
		return false
	}
	if slices.Contains(firmPermissions, perm) {
		return r.path == ""
	}
	return r.area == Area{}
}

// May reports whether the principal has the permission for the node at path;
// the path "" is the whole tenant, and for permissions over firms every firm.
func (p Principal) May(perm Permission, path string) bool {
	switch {
	case p.Scope.Tenant == 0:
		return false
	case perm == SignedIn:
		return true
	case slices.Contains(firmPermissions, perm):
		return path == "" && slices.Contains(p.Areas(perm), Area{})
	}
	return slices.ContainsFunc(p.rights, func(r right) bool { return r.holds(perm) && plant.Within(path, r.path) })
}

// Reach says why the principal may not do something with a thing that stands at path:
// hidden, an ErrNotFound that names it, where that is out of the scope, ErrForbidden
// without the permission there.
func (p Principal) Reach(perm Permission, path string, hidden error) error {
	switch {
	case !p.Scope.Allows(path):
		return hidden
	case !p.May(perm, path):
		return fmt.Errorf("%w: %s at %s", ErrForbidden, perm, path)
	}
	return nil
}

// MustEnrol reports whether the principal may nothing until a second factor is
// set up.
func (p Principal) MustEnrol() bool { return p.enrol }

// Provider is where the principal signed in, "" for here.
func (p Principal) Provider() string { return p.provider }

// Guest reports whether the principal has the permission at path by grants that
// end alone: it was let in from outside, for a purpose.
func (p Principal) Guest(perm Permission, path string) bool {
	guest := false
	for _, r := range p.rights {
		if !r.holds(perm) || !plant.Within(path, r.path) {
			continue
		}
		if r.until.IsZero() {
			return false
		}
		guest = true
	}
	return guest
}

// until is the last instant at which the principal has the permission at path;
// ends is false when it lasts, or when there is none.
func (p Principal) until(perm Permission, path string) (last time.Time, ends bool) {
	if !p.Guest(perm, path) {
		return last, false
	}
	for _, r := range p.rights {
		if r.holds(perm) && plant.Within(path, r.path) && r.until.After(last) {
			last = r.until
		}
	}
	return last, true
}

// visits reports whether the principal has nothing but rights that end.
func (p Principal) visits() bool {
	return len(p.rights) > 0 && !slices.ContainsFunc(p.rights, func(r right) bool { return r.until.IsZero() })
}

// FirstPassword reports whether the principal has no password yet and may set
// one without an old one: an invited guest who came by the link.
func (p Principal) FirstPassword() bool { return p.first }

// Person is the name by which people know the principal.
func (p Principal) Person() string {
	if p.Display != "" {
		return p.Display
	}
	return p.Name
}

// Has reports whether the principal has the permission somewhere.
func (p Principal) Has(perm Permission) bool {
	return p.Scope.Tenant != 0 && (perm == SignedIn || slices.ContainsFunc(p.rights, func(r right) bool { return r.holds(perm) }))
}

// Everywhere reports whether what the request needs holds for the whole plant,
// or every firm.
func (p Principal) Everywhere() bool { return p.May(p.asked, "") }

// Permissions lists what the principal may somewhere, for the screen; whole is
// what holds for the whole plant or every firm.
func (p Principal) Permissions() (somewhere, whole []Permission) {
	somewhere, whole = []Permission{}, []Permission{}
	for _, perm := range known {
		if p.Has(perm) {
			somewhere = append(somewhere, perm)
		}
		if p.May(perm, "") {
			whole = append(whole, perm)
		}
	}
	return somewhere, whole
}

// Areas are the firms for which the principal has the permission; none without
// it. What lists firms shows those that lie in one of them at least.
func (p Principal) Areas(perm Permission) []Area {
	if p.Scope.Tenant == 0 || !slices.Contains(firmPermissions, perm) {
		return nil
	}
	var out []Area
	for _, r := range p.rights {
		switch {
		case !r.holds(perm):
		case r.area == Area{}:
			return []Area{{}}
		case !slices.Contains(out, r.area):
			out = append(out, r.area)
		}
	}
	return out
}

// Ends is when the first of the rights ends; ok is false when none does.
func (p Principal) Ends() (at time.Time, ok bool) { return p.ends, !p.ends.IsZero() }
