package access

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// maxGrants bounds what one person or program is given; who has more is given
	// a larger place, or another role.
	maxGrants  = 50
	maxPurpose = 400 // bytes
)

// Grant is a role in a scope: at a place of the plant (a path, "" is all of it)
// or over an area of the firms, never both.
//
// A role gives at a place what it may there and nothing over firms, and over an
// area what it may with firms and nothing in the plant. With neither it is
// given for the whole plant and every firm.
type Grant struct {
	Role Role   `json:"role" maxLength:"40"`
	Path string `json:"path,omitempty" maxLength:"400" doc:"Place of the plant"`
	Area
	// Until is when the grant ends, zero for never.
	Until time.Time `json:"until,omitzero"`
	// Via is the provider whose claims gave it until the session ends; such a grant
	// is noted at the sign-in and by nobody else.
	Via     string `json:"via,omitempty" maxLength:"60" doc:"Provider whose claims gave it, until the session ends"`
	Purpose string `json:"purpose,omitempty" maxLength:"400" doc:"What it is for; a grant that ends says so"`
	// By and Given are noted of grants that end, whatever a client writes there.
	By    string    `json:"by,omitempty" maxLength:"100" doc:"Name of who gave it, of grants that end"`
	Given time.Time `json:"given,omitzero" doc:"When, of grants that end"`
}

// Ended reports whether the grant is over.
func (g Grant) Ended(now time.Time) bool { return !g.Until.IsZero() && !now.Before(g.Until) }

func (g Grant) same(o Grant) bool {
	return g.Role == o.Role && g.Path == o.Path && g.Area == o.Area && g.Purpose == o.Purpose && g.Via == o.Via && g.Until.Equal(o.Until)
}

// roleTable are the roles of a tenant by id: those delivered and its own.
type roleTable map[Role]RoleDef

// tidy makes grants comparable and storable.
func tidy(grants []Grant) []Grant {
	out := make([]Grant, len(grants))
	for i, g := range grants {
		g.Purpose = strings.TrimSpace(g.Purpose)
		g.Until = g.Until.UTC().Truncate(time.Microsecond)
		out[i] = g
	}
	return out
}

// check refuses grants that give nothing, or that old did not hold and that
// are over already.
func (t roleTable) check(grants, old []Grant, now time.Time) error {
	if len(grants) > maxGrants {
		return fmt.Errorf("%w: %d grants; %d are the most, give a larger place instead", ErrInvalid, len(grants), maxGrants)
	}
	for i, g := range grants {
		if slices.ContainsFunc(old, g.same) {
			continue
		}
		if err := t.checkOne(g, now); err != nil {
			return fmt.Errorf("grant %d: %w", i+1, err)
		}
		if slices.ContainsFunc(grants[:i], g.same) {
			return fmt.Errorf("grant %d: %w: it is there twice", i+1, ErrInvalid)
		}
	}
	return nil
}

func (t roleTable) checkOne(g Grant, now time.Time) error {
	def, ok := t[g.Role]
	switch {
	case !ok:
		return fmt.Errorf("%w: role %.40q; write one of %s", ErrInvalid, g.Role, strings.Join(t.ids(), ", "))
	case g.Path != "" && g.Area != Area{}:
		return fmt.Errorf("%w: a place of the plant and an area of firms at once; make two grants of it", ErrInvalid)
	case g.Via != "":
		return fmt.Errorf("%w: only a sign-in notes which provider gave a grant", ErrInvalid)
	case g.Ended(now):
		return fmt.Errorf("%w: it would end %s, before it begins", ErrInvalid, g.Until.Format(time.RFC3339))
	case len(g.Purpose) > maxPurpose:
		return fmt.Errorf("%w: the purpose is longer than %d bytes", ErrInvalid, maxPurpose)
	case !g.Until.IsZero() && g.Purpose == "":
		return fmt.Errorf("%w: it ends and does not say what it is for; write the purpose", ErrInvalid)
	}
	if err := checkScopePath(g.Path); err != nil {
		return err
	}
	if err := g.check(); err != nil {
		return err
	}
	r := right{permissions: def.Permissions, path: g.Path, area: g.Area}
	if !slices.ContainsFunc(known, r.holds) {
		return fmt.Errorf("%w: the role %q gives nothing there; a role over firms is given for an area, one in the plant for a place", ErrInvalid, g.Role)
	}
	return nil
}

// mayGive reports whether by may give and take all of the grants: it
// administers each place, or the whole for an area, and has itself every
// permission there. Grants that are over count like others: they may be given
// anew to somebody whose password is known.
func (t roleTable) mayGive(by Principal, grants []Grant) bool {
	for _, g := range grants {
		if !by.May(Administer, g.Path) { // an area has the path "": the whole
			return false
		}
		r := right{permissions: t[g.Role].Permissions, path: g.Path, area: g.Area}
		for _, perm := range r.permissions {
			if r.holds(perm) && !by.covers(perm, g) {
				return false
			}
		}
	}
	return len(grants) > 0 || by.May(Administer, "")
}

// outlived is the first of the grants that goes on when by's own right to give it
// is over.
func outlived(by Principal, grants, old []Grant) (Grant, bool) {
	for _, g := range grants {
		if until, ends := by.until(Administer, g.Path); ends && !slices.ContainsFunc(old, g.same) && (g.Until.IsZero() || g.Until.After(until)) {
			return g, true
		}
	}
	return Grant{}, false
}

// signed notes of grants that end who gave them and when; those that old held
// keep what was noted.
func signed(by Principal, grants, old []Grant, now time.Time) []Grant {
	for i, g := range grants {
		g.By, g.Given = "", time.Time{}
		if at := slices.IndexFunc(old, g.same); at >= 0 {
			g.By, g.Given = old[at].By, old[at].Given
		} else if !g.Until.IsZero() && g.Via == "" {
			g.By, g.Given = by.Person(), now.UTC().Truncate(time.Microsecond)
		}
		grants[i] = g
	}
	return grants
}

func (p Principal) covers(perm Permission, g Grant) bool {
	if slices.Contains(firmPermissions, perm) {
		return slices.ContainsFunc(p.Areas(perm), func(a Area) bool { return a.holds(g.Area) })
	}
	return p.May(perm, g.Path)
}

// principal is who holds the grants, with those that are not over.
func (t roleTable) principal(user, name string, scope Scope, grants []Grant, now time.Time) Principal {
	p := Principal{User: user, Name: name, Scope: Scope{Tenant: scope.Tenant}}
	for _, g := range grants {
		def, ok := t[g.Role]
		if g.Ended(now) || !ok {
			continue
		}
		if len(p.rights) == 0 {
			p.Role = g.Role
		}
		one := right{role: g.Role, permissions: def.Permissions, path: g.Path, area: g.Area}
		if g.Via == "" {
			one.until = g.Until
		}
		p.rights = append(p.rights, one)
		if !g.Until.IsZero() && (p.ends.IsZero() || g.Until.Before(p.ends)) {
			p.ends = g.Until
		}
	}
	return p.For(Read)
}

// strict reports whether one of the grants that hold asks for a second factor.
func (t roleTable) strict(grants []Grant, now time.Time) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool { return !g.Ended(now) && t[g.Role].SecondFactor })
}

// runs reports whether the grants give the tenant to their holder, for ever.
func (t roleTable) runs(grants []Grant) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool {
		return g.Path == "" && g.Area == Area{} && g.Until.IsZero() && slices.Contains(t[g.Role].Permissions, Administer)
	})
}
