package access

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"zhigai/plant"
)

// ErrLastAdmin keeps a tenant from locking itself out.
var ErrLastAdmin = fmt.Errorf("%w: this is the last active admin of the whole plant; make another one first", ErrInvalid)

const (
	maxName         = 63  // characters
	maxOrganisation = 300 // bytes: a hundred Chinese characters
)

var userName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,62}$`)

// NewUser is what a user begins with. An empty password lets the user in by
// link only. Without grants the user is given Role at Path.
type NewUser struct {
	Name, Display string
	Organisation  string
	Role          Role
	Path          string
	Grants        []Grant
	Password      string
}

// Change is what is to change of a user; nil stays. Role and Path change the
// first grant, unless all of them are given.
type Change struct {
	Display *string
	// Organisation is whom the person works for.
	Organisation *string
	Role         *Role
	Path         *string
	Grants       *[]Grant
	Off          *bool
}

// grantsOf are the grants, or the one that an older client means.
func grantsOf(grants []Grant, role Role, path string) []Grant {
	if len(grants) == 0 {
		grants = []Grant{{Role: role, Path: path}}
	}
	return tidy(grants)
}

// checkGrants refuses what is not right in itself, and what by may not give.
func (s *Service) checkGrants(ctx context.Context, by Principal, grants, old []Grant) (roleTable, error) {
	roles, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	if !by.Has(Administer) {
		return nil, ErrForbidden
	}
	if err := roles.check(grants, old, s.now()); err != nil {
		return nil, err
	}
	if !roles.mayGive(by, grants) {
		return nil, fmt.Errorf("%w: nobody gives more than he has, or beyond the places he administers", ErrForbidden)
	}
	if g, out := outlived(by, grants, old); out {
		until, _ := by.until(Administer, g.Path)
		return nil, fmt.Errorf("%w: your own right to give the role %s there ends %s; give it until then at most", ErrForbidden, g.Role, until.Format(time.RFC3339))
	}
	return roles, nil
}

// Users lists the users that by may administer.
func (s *Service) Users(ctx context.Context, by Principal) ([]User, error) {
	if !by.Has(Administer) {
		return nil, ErrForbidden
	}
	roles, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	all, err := s.store.Users(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(u User) bool { return !roles.mayGive(by, u.Grants) }), nil
}

// User is one user that by may administer, or by itself.
func (s *Service) User(ctx context.Context, by Principal, id string) (User, error) {
	if id == by.User {
		return s.store.UserByID(ctx, by.Scope.Tenant, id)
	}
	return s.userFor(ctx, by, id)
}

// userFor hides users outside the scope: they do not exist for by. Outside is
// also who has more than by: who sets a password has all that it opens.
func (s *Service) userFor(ctx context.Context, by Principal, id string) (User, error) {
	if !by.Has(Administer) {
		return User{}, ErrForbidden
	}
	roles, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return User{}, err
	}
	u, err := s.store.UserByID(ctx, by.Scope.Tenant, id)
	if err != nil {
		return User{}, err
	}
	if !roles.mayGive(by, u.Grants) {
		return User{}, fmt.Errorf("user %s: %w", id, ErrNotFound)
	}
	return u, nil
}

// CreateUser makes a user within by's scope.
func (s *Service) CreateUser(ctx context.Context, by Principal, n NewUser) (User, error) {
	name, err := s.named(ctx, by.Scope.Tenant, foldName(n.Name))
	if err != nil {
		return User{}, err
	}
	u := User{Tenant: by.Scope.Tenant, Name: name, Display: n.Display, Organisation: n.Organisation}
	u.give(signed(by, grantsOf(n.Grants, n.Role, n.Path), nil, s.now()))
	if _, err := s.checkGrants(ctx, by, u.Grants, nil); err != nil {
		return User{}, err
	}
	if err := checkUser(u); err != nil {
		return User{}, err
	}
	if n.Password != "" {
		if err := checkNewPassword(u.Name, n.Password); err != nil {
			return User{}, err
		}
		phc, err := s.hash(ctx, n.Password)
		if err != nil {
			return User{}, err
		}
		u.Password = phc
	}
	saved, err := s.store.SaveUser(ctx, u)
	if err != nil {
		return User{}, err
	}
	return saved, s.Record(ctx, by, "user.create", "user/"+saved.ID, nil, saved)
}

func checkUser(u User) error {
	switch {
	case !userName.MatchString(u.Name):
		return fmt.Errorf("%w: name %.80q; write 1-%d letters, digits, '.', '_', '@', '-', beginning with a letter or digit", ErrInvalid, u.Name, maxName)
	case len(u.Display) > 4*maxName:
		return fmt.Errorf("%w: the display name is longer than %d bytes", ErrInvalid, 4*maxName)
	case len(u.Organisation) > maxOrganisation:
		return fmt.Errorf("%w: the organisation is longer than %d bytes", ErrInvalid, maxOrganisation)
	}
	return nil
}

// give sets the grants and what older clients read of them.
func (u *User) give(grants []Grant) {
	u.Grants, u.Role, u.Path = grants, "", ""
	if len(grants) > 0 {
		u.Role, u.Path = grants[0].Role, grants[0].Path
	}
}

func checkScopePath(path string) error {
	if path == "" {
		return nil
	}
	if err := plant.CheckPath(path); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// UpdateUser changes a user; rev is what the editor saw. Other grants and
// switching off end the user's sessions' old rights at once.
func (s *Service) UpdateUser(ctx context.Context, by Principal, id string, rev int64, c Change) (User, error) {
	s.users.Lock()
	defer s.users.Unlock()
	was, err := s.userFor(ctx, by, id)
	if err != nil {
		return User{}, err
	}
	u := was
	u.Rev = rev
	if c.Display != nil {
		u.Display = *c.Display
	}
	if c.Organisation != nil {
		u.Organisation = *c.Organisation
	}
	if c.Off != nil {
		u.Off = *c.Off
	}
	u.give(signed(by, c.grants(was.Grants), was.Grants, s.now()))
	roles, err := s.checkGrants(ctx, by, u.Grants, was.Grants)
	if err != nil {
		return User{}, err
	}
	if err := checkUser(u); err != nil {
		return User{}, err
	}
	if err := s.keepAdmin(ctx, roles, was, u); err != nil {
		return User{}, err
	}
	saved, err := s.store.SaveUser(ctx, u)
	if err != nil {
		return User{}, err
	}
	if u.Off && !was.Off {
		if err := s.store.DropSessions(ctx, u.Tenant, u.ID, ""); err != nil {
			return User{}, err
		}
	}
	s.forget()
	return saved, s.Record(ctx, by, "user.update", "user/"+id, was, saved)
}

// grants are those that a user with was has after the change.
func (c Change) grants(was []Grant) []Grant {
	if c.Grants != nil {
		return tidy(*c.Grants)
	}
	out := slices.Clone(was)
	if c.Role == nil && c.Path == nil {
		return out
	}
	if len(out) == 0 {
		out = []Grant{{}}
	}
	if c.Role != nil {
		out[0].Role = *c.Role
	}
	if c.Path != nil {
		out[0].Path = *c.Path
	}
	return out
}

// keepAdmin refuses a change after which nobody could undo it.
func (s *Service) keepAdmin(ctx context.Context, roles roleTable, was, now User) error {
	runsTenant := func(u User) bool { return !u.Off && roles.runs(u.Grants) }
	if !runsTenant(was) || runsTenant(now) {
		return nil
	}
	all, err := s.store.Users(ctx, was.Tenant)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(u User) bool { return u.ID != was.ID && runsTenant(u) }) {
		return ErrLastAdmin
	}
	return nil
}

// SetPassword gives a user a new password and ends the user's sessions.
func (s *Service) SetPassword(ctx context.Context, by Principal, id, password string) error {
	u, err := s.userFor(ctx, by, id)
	if err != nil {
		return err
	}
	return s.storePassword(ctx, by, u, password, "")
}

// ChangePassword gives by, who knows the old password, a new one, and ends all
// of by's sessions but the one that asks. Wrong old passwords count as failed sign-ins.
func (s *Service) ChangePassword(ctx context.Context, by Principal, old, password string) error {
	u, err := s.store.UserByID(ctx, by.Scope.Tenant, by.User)
	if errors.Is(err, ErrNotFound) {
		return ErrForbidden // a token or the node itself has no password
	}
	if err != nil {
		return err
	}
	if by.first && u.Password == "" {
		return s.storePassword(ctx, by, u, password, by.session)
	}
	const origin = "change-password"
	if _, err := s.lock.begin(u.Name, origin, s.now()); err != nil {
		return err
	}
	if len(old) > maxPassword || u.Password == "" {
		return ErrUnauthorized
	}
	right, err := s.check(ctx, u.Password, old)
	if err != nil {
		return err
	}
	if !right {
		return ErrUnauthorized
	}
	s.lock.succeed(u.Name, origin)
	if password == old {
		return fmt.Errorf("%w: the new password is the old one; choose another", ErrInvalid)
	}
	return s.storePassword(ctx, by, u, password, by.session)
}

// storePassword ends all sessions of the user but the one with the hash keep.
func (s *Service) storePassword(ctx context.Context, by Principal, u User, password, keep string) error {
	if err := checkNewPassword(u.Name, password); err != nil {
		return err
	}
	phc, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	u.Password = phc
	if _, err := s.store.SaveUser(ctx, u); err != nil {
		return err
	}
	if err := s.store.DropSessions(ctx, u.Tenant, u.ID, keep); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, "user.password", "user/"+u.ID, nil, nil)
}

// EnsureAdmin makes the tenant's first admin, if it has no active one yet;
// made says whether it did.
func (s *Service) EnsureAdmin(ctx context.Context, tenant plant.TenantNo, name, display, password string) (u User, made bool, err error) {
	s.users.Lock()
	defer s.users.Unlock()
	roles, err := s.roles(ctx, tenant)
	if err != nil {
		return User{}, false, err
	}
	all, err := s.store.Users(ctx, tenant)
	if err != nil {
		return User{}, false, err
	}
	if i := slices.IndexFunc(all, func(u User) bool { return !u.Off && roles.runs(u.Grants) }); i >= 0 {
		return all[i], false, nil
	}
	u, err = s.CreateUser(ctx, Node(tenant), NewUser{Name: name, Display: display, Role: RoleAdmin, Password: password})
	return u, err == nil, err
}
