package access

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"zhigai/plant"
)

// RoleDef says what a role may do.
type RoleDef struct {
	ID          Role         `json:"id" yaml:"id" maxLength:"40"`
	Name        plant.Name   `json:"name" yaml:"name"`
	Permissions []Permission `json:"permissions" yaml:"permissions" nullable:"false" maxItems:"20"`
	// SecondFactor: people who hold the role may nothing until they have one.
	SecondFactor bool  `json:"second_factor,omitempty" yaml:"second_factor" doc:"People who hold it may nothing until they set up a second factor"`
	Own          bool  `json:"own" yaml:"-" doc:"Made here; what is delivered cannot be changed"`
	Rev          int64 `json:"rev" yaml:"-"`
}

// known are all permissions a role may bundle.
var known = []Permission{Read, Report, Control, Plan, Material, Exchange, Engineer, Administer, ReadAudit, ManageTenants, ReadFirms, KeepFirms, Diagnose, ReportFirms, DispatchExperts, ReplyFirms}

// maxRoles bounds the own roles of a tenant; more are no longer told apart.
const maxRoles = 100

var roleID = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)

// ParseRoles reads the file of delivered roles.
func ParseRoles(src []byte) ([]RoleDef, error) {
	var out []RoleDef
	if err := yaml.UnmarshalWithOptions(src, &out, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("access: roles: %w", err)
	}
	for i, r := range out {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("access: roles: %w", err)
		}
		if slices.ContainsFunc(out[:i], func(o RoleDef) bool { return o.ID == r.ID }) {
			return nil, fmt.Errorf("access: roles: %q is there twice", r.ID)
		}
	}
	return out, nil
}

func (r RoleDef) check() error {
	switch {
	case !roleID.MatchString(string(r.ID)):
		return fmt.Errorf("%w: role %.60q; write 2-40 small letters, digits and '-', beginning with a letter", ErrInvalid, r.ID)
	case r.Name.ZH == "" || len(r.Name.ZH) > 4*maxName || len(r.Name.EN) > 4*maxName:
		return fmt.Errorf("%w: role %s has a Chinese name of at most %d bytes", ErrInvalid, r.ID, 4*maxName)
	case len(r.Permissions) == 0:
		return fmt.Errorf("%w: role %s may nothing; give it a permission", ErrInvalid, r.ID)
	}
	for i, p := range r.Permissions {
		if !slices.Contains(known, p) {
			return fmt.Errorf("%w: role %s: permission %.40q; write some of %v", ErrInvalid, r.ID, p, known)
		}
		if slices.Contains(r.Permissions[:i], p) {
			return fmt.Errorf("%w: role %s: permission %q is there twice", ErrInvalid, r.ID, p)
		}
	}
	return nil
}

func (t roleTable) ids() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(t)) {
		out = append(out, string(id))
	}
	return out
}

// roles are those of the tenant.
func (s *Service) roles(ctx context.Context, tenant plant.TenantNo) (roleTable, error) {
	own, err := s.store.Roles(ctx, tenant)
	if err != nil {
		return nil, err
	}
	t := roleTable{}
	for _, r := range own {
		t[r.ID] = r
	}
	for _, r := range s.delivered { // a role delivered later wins over an own one of its name
		t[r.ID] = r
	}
	if tenant != HomeTenant {
		for id, r := range t {
			r.Permissions = slices.DeleteFunc(slices.Clone(r.Permissions), func(p Permission) bool { return slices.Contains(nodePermissions, p) })
			t[id] = r
		}
	}
	return t, nil
}

// Roles lists the roles: those delivered in their order, then the own by id.
func (s *Service) Roles(ctx context.Context, by Principal) ([]RoleDef, error) {
	if !by.Has(Administer) {
		return nil, ErrForbidden
	}
	own, err := s.store.Roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	return append(slices.Clone(s.delivered), own...), nil
}

// SaveRole makes an own role (Rev 0) or changes one. It may not give more than
// by has for the whole plant and every firm.
func (s *Service) SaveRole(ctx context.Context, by Principal, r RoleDef) (RoleDef, error) {
	r.Own, r.Name.ZH, r.Name.EN = true, strings.TrimSpace(r.Name.ZH), strings.TrimSpace(r.Name.EN)
	if err := r.check(); err != nil {
		return RoleDef{}, err
	}
	s.users.Lock()
	defer s.users.Unlock()
	t, was, err := s.ownRole(ctx, by, r.ID)
	if err != nil {
		return RoleDef{}, err
	}
	if was == nil && r.Rev == 0 && len(t) >= maxRoles+len(s.delivered) {
		return RoleDef{}, fmt.Errorf("%w: there are %d own roles already, the most there can be; remove one first", ErrInvalid, maxRoles)
	}
	for _, p := range r.Permissions {
		if !by.May(p, "") {
			return RoleDef{}, fmt.Errorf("%w: the role would give %q, which you do not have yourself", ErrForbidden, p)
		}
	}
	t[r.ID] = r
	if err := s.keepOneAdmin(ctx, by.Scope.Tenant, t); err != nil {
		return RoleDef{}, err
	}
	saved, err := s.store.SaveRole(ctx, by.Scope.Tenant, r)
	if err != nil {
		return RoleDef{}, err
	}
	s.forget()
	action := "role.create"
	if was != nil {
		action = "role.update"
	}
	return saved, s.Record(ctx, by, action, "role/"+string(r.ID), was, saved)
}

// DropRole removes an own role that nobody holds.
func (s *Service) DropRole(ctx context.Context, by Principal, id Role, rev int64) error {
	s.users.Lock()
	defer s.users.Unlock()
	_, was, err := s.ownRole(ctx, by, id)
	if err != nil {
		return err
	}
	if was == nil {
		return fmt.Errorf("role %s: %w", id, ErrNotFound)
	}
	holders, err := s.holders(ctx, by.Scope.Tenant)
	if err != nil {
		return err
	}
	for _, h := range holders {
		if slices.ContainsFunc(h.grants, func(g Grant) bool { return g.Role == id }) {
			return fmt.Errorf("%w: %s %s holds the role; take it back first", ErrInvalid, h.Kind, h.Name)
		}
	}
	if err := s.store.DropRole(ctx, by.Scope.Tenant, id, rev); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, "role.remove", "role/"+string(id), was, nil)
}

// ownRole finds the role to be changed, nil when it is new. Roles belong to the
// whole plant.
func (s *Service) ownRole(ctx context.Context, by Principal, id Role) (roleTable, *RoleDef, error) {
	if !by.May(Administer, "") {
		return nil, nil, ErrForbidden
	}
	t, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, nil, err
	}
	r, ok := t[id]
	if ok && !r.Own {
		return nil, nil, fmt.Errorf("%w: the role %s comes with the product; make an own one beside it", ErrInvalid, id)
	}
	if !ok {
		return t, nil, nil
	}
	return t, &r, nil
}

// keepOneAdmin refuses a table of roles with which nobody runs the tenant.
func (s *Service) keepOneAdmin(ctx context.Context, tenant plant.TenantNo, t roleTable) error {
	all, err := s.store.Users(ctx, tenant)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(u User) bool { return !u.Off && t.runs(u.Grants) }) {
		return ErrLastAdmin
	}
	return nil
}
