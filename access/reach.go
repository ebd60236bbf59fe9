package access

import (
	"context"
	"slices"

	"zhigai/plant"
)

// Holder is a person or a program that is given something.
type Holder struct {
	Kind  string `json:"kind" enum:"user,token"`
	ID    string `json:"id"`
	Name  string `json:"name"`
	Grant Grant  `json:"grant" doc:"By which it may"`

	grants []Grant
}

// Thing is what is asked about: a place of the plant, or a firm by what is known
// of it.
type Thing struct {
	Path string
	Firm Area // region, sector and id of one firm
}

// holders are all that can come in now: users switched off and tokens revoked
// or over are none.
func (s *Service) holders(ctx context.Context, tenant plant.TenantNo) ([]Holder, error) {
	users, err := s.store.Users(ctx, tenant)
	if err != nil {
		return nil, err
	}
	tokens, err := s.store.Tokens(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []Holder
	for _, u := range users {
		if !u.Off {
			out = append(out, Holder{Kind: "user", ID: u.ID, Name: u.Name, grants: u.Grants})
		}
	}
	now := s.now()
	for _, t := range tokens {
		if !t.Revoked && (t.Expires.IsZero() || now.Before(t.Expires)) {
			out = append(out, Holder{Kind: "token", ID: t.ID, Name: t.Name, grants: t.Grants})
		}
	}
	return out, nil
}

// WhoMay lists who has the permission for the thing now, a line for each grant
// that gives it. It takes who administers the place, or for a firm the whole.
func (s *Service) WhoMay(ctx context.Context, by Principal, perm Permission, thing Thing) ([]Holder, error) {
	if !by.May(Administer, thing.Path) {
		return nil, ErrForbidden
	}
	t, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	all, err := s.holders(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	out := []Holder{}
	now := s.now()
	for _, h := range all {
		for _, g := range h.grants {
			r := right{permissions: t[g.Role].Permissions, path: g.Path, area: g.Area}
			if g.Ended(now) || !r.holds(perm) || !r.reaches(perm, thing) {
				continue
			}
			h.Grant = g
			out = append(out, h)
		}
	}
	return out, nil
}

func (r right) reaches(perm Permission, thing Thing) bool {
	if slices.Contains(firmPermissions, perm) {
		return r.area.holds(thing.Firm)
	}
	return plant.Within(thing.Path, r.path)
}
