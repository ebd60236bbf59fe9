package access

import "slices"

// permissions is the whole table of who may do what; a role that is not in it
// may do nothing.
var permissions = map[Role][]Permission{
	RoleAdmin:    {Read, Report, Control, Engineer, Administer, ReadAudit, ReadFirms, KeepFirms, Diagnose},
	RoleEngineer: {Read, Report, Control, Engineer},
	RoleOperator: {Read, Report, Control},
	RoleViewer:   {Read},
}

// Roles lists the roles, the mightiest first.
func Roles() []Role { return []Role{RoleAdmin, RoleEngineer, RoleOperator, RoleViewer} }

// Permissions lists what the role may do, for the screen.
func Permissions(role Role) []Permission { return slices.Clone(permissions[role]) }

// Allowed reports whether the role has the permission somewhere.
func Allowed(role Role, p Permission) bool { return slices.Contains(permissions[role], p) }

// May reports whether the principal has the permission for the node at path;
// the path "" is the whole tenant.
func (p Principal) May(perm Permission, path string) bool {
	return p.Scope.Tenant != 0 && Allowed(p.Role, perm) && p.Scope.Allows(path)
}
