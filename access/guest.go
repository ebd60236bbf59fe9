package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

const (
	// maxStay is how long a guest is let in at once: who stays longer is looked at
	// again.
	maxStay = 366 * 24 * time.Hour
	// maxLetIn bounds the places of one admission; more of them are a larger place.
	maxLetIn   = 10
	guestIDLen = 16 // characters of a digest, which tell a user's grants apart
)

// Guest is somebody who was let in until a date: a grant that ends, and who holds
// it. One person may be listed with several.
type Guest struct {
	ID           string    `json:"id" doc:"Of the grant; another one when it was extended or ended"`
	User         string    `json:"user"`
	Name         string    `json:"name"`
	Display      string    `json:"display"`
	Organisation string    `json:"organisation"`
	Off          bool      `json:"off" doc:"The user is switched off"`
	Grant        Grant     `json:"grant"`
	Ended        bool      `json:"ended"`
	Seen         time.Time `json:"seen,omitzero" doc:"Last signed in or active, to about five minutes; none: never yet"`
	Own          bool      `json:"own" doc:"You administer the whole user, and may make a sign-in link"`
}

// Admission lets somebody in: a user by name, or one who is made for it.
type Admission struct {
	Name    string   // of a user who is there; "" for who is made
	Invited *NewUser // of whom name, display name and organisation count
	Grants  []Grant  // of which role and place or area count
	Until   time.Time
	Purpose string
}

// Admitted is what an admission made. The secret of the link is shown this once,
// and only to whom a user was made for.
type Admitted struct {
	Guests  []Guest   `json:"guests" nullable:"false"`
	Secret  string    `json:"secret,omitempty" doc:"Of the sign-in link of an invited user; shown this once"`
	Expires time.Time `json:"expires,omitzero" doc:"When the link ends"`
}

// stay is a grant as part of the list of guests: ends, and nobody's provider gave
// it.
func (g Grant) stay() bool { return !g.Until.IsZero() && g.Via == "" }

// id names a grant among those of its holder.
func (g Grant) id() string {
	h := sha256.New()
	for _, word := range []string{string(g.Role), g.Path, g.Region, g.Sector, g.Enterprise, g.Purpose, g.Until.Format(time.RFC3339Nano)} {
		fmt.Fprintf(h, "%d %s\n", len(word), word)
	}
	return hex.EncodeToString(h.Sum(nil))[:guestIDLen]
}

// Guests lists everybody who was let in where by may let in, those who end last
// first.
func (s *Service) Guests(ctx context.Context, by Principal) ([]Guest, error) {
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
	out := []Guest{}
	for _, u := range all {
		out = append(out, s.guestsOf(roles, by, u, u.Grants)...)
	}
	slices.SortStableFunc(out, func(a, b Guest) int { return cmp.Or(b.Grant.Until.Compare(a.Grant.Until), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

func (s *Service) guestsOf(roles roleTable, by Principal, u User, grants []Grant) (out []Guest) {
	now, own := s.now(), roles.mayGive(by, u.Grants)
	for _, g := range grants {
		if g.stay() && roles.mayGive(by, []Grant{g}) {
			out = append(out, Guest{ID: g.id(), User: u.ID, Name: u.Name, Display: u.Display, Organisation: u.Organisation, Off: u.Off, Grant: g, Ended: g.Ended(now), Seen: u.Seen, Own: own})
		}
	}
	return out
}

// LetIn lets somebody in until a date. A user who is there keeps what it has
// besides; by need not administer it, but must administer what is given.
func (s *Service) LetIn(ctx context.Context, by Principal, a Admission) (Admitted, error) {
	s.users.Lock()
	defer s.users.Unlock()
	grants := make([]Grant, len(a.Grants))
	for i, g := range a.Grants {
		grants[i] = Grant{Role: g.Role, Path: g.Path, Area: g.Area, Until: a.Until, Purpose: a.Purpose}
	}
	grants = tidy(grants)
	if len(grants) == 0 || len(grants) > maxLetIn {
		return Admitted{}, fmt.Errorf("%w: %d things to let in to; name 1 to %d", ErrInvalid, len(grants), maxLetIn)
	}
	roles, err := s.checkGrants(ctx, by, grants, nil)
	if err != nil {
		return Admitted{}, err
	}
	for i, g := range grants {
		if err := s.checkStay(roles, g); err != nil {
			return Admitted{}, fmt.Errorf("grant %d: %w", i+1, err)
		}
	}
	if a.Invited != nil {
		return s.invite(ctx, by, roles, *a.Invited, grants)
	}
	return s.admitKnown(ctx, by, roles, a.Name, grants)
}

// checkStay refuses what a guest is not given.
func (s *Service) checkStay(roles roleTable, g Grant) error {
	now := s.now()
	switch {
	case g.Until.IsZero():
		return fmt.Errorf("%w: a guest is let in until a date; say which", ErrInvalid)
	case g.Until.After(now.Add(maxStay)):
		return fmt.Errorf("%w: until %s; a guest is let in for a year at most, and may be let in longer then", ErrInvalid, g.Until.Format(time.RFC3339))
	}
	for _, perm := range []Permission{Administer, ManageTenants} {
		if slices.Contains(roles[g.Role].Permissions, perm) {
			return fmt.Errorf("%w: the role %s lets its holder let others in; a guest is given another", ErrInvalid, g.Role)
		}
	}
	return nil
}

// invite makes the user with the grants, and the link for the first sign-in.
func (s *Service) invite(ctx context.Context, by Principal, roles roleTable, n NewUser, grants []Grant) (Admitted, error) {
	n.Grants, n.Password, n.Role, n.Path = grants, "", "", ""
	u, err := s.CreateUser(ctx, by, n)
	if err != nil {
		return Admitted{}, err
	}
	out := Admitted{Guests: s.guestsOf(roles, by, u, u.Grants)}
	if err := s.noteGuests(ctx, by, "guest.admit", nil, out.Guests); err != nil {
		return out, err
	}
	out.Secret, out.Expires, err = s.CreateLink(ctx, by, u.ID)
	return out, err
}

func (s *Service) admitKnown(ctx context.Context, by Principal, roles roleTable, name string, grants []Grant) (Admitted, error) {
	u, err := s.userNamed(ctx, by.Scope.Tenant, name)
	if err != nil {
		return Admitted{}, err
	}
	for i, g := range grants {
		if slices.ContainsFunc(u.Grants, g.same) {
			return Admitted{}, fmt.Errorf("grant %d: %w: %s has it already", i+1, ErrInvalid, u.Name)
		}
	}
	grants = signed(by, grants, nil, s.now())
	now, was := s.now(), u.Grants
	if len(was)+len(grants) > maxGrants { // what is over makes room; the audit keeps it
		was = slices.DeleteFunc(slices.Clone(was), func(g Grant) bool { return g.Ended(now) })
	}
	if len(was)+len(grants) > maxGrants {
		return Admitted{}, fmt.Errorf("%w: %s would hold more than %d grants; end some first, or give a larger place", ErrInvalid, u.Name, maxGrants)
	}
	u.give(append(slices.Clone(was), grants...))
	if u, err = s.store.SaveUser(ctx, u); err != nil {
		return Admitted{}, err
	}
	s.forget()
	out := Admitted{Guests: s.guestsOf(roles, by, u, grants)}
	return out, s.noteGuests(ctx, by, "guest.admit", nil, out.Guests)
}

// userNamed finds a user of the tenant by the name it signs in with. One of
// another tenant is told from nobody in no way.
func (s *Service) userNamed(ctx context.Context, tenant plant.TenantNo, name string) (User, error) {
	r, err := s.rule(ctx, tenant)
	if err != nil {
		return User{}, err
	}
	name = foldName(name)
	if r.Domain != "" && !strings.Contains(name, "@") {
		name += "@" + r.Domain
	}
	u, err := s.store.UserByName(ctx, name)
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && u.Tenant != tenant:
		return User{}, fmt.Errorf("%w: nobody signs in here as %.80q; check the name, or invite the person", ErrInvalid, name)
	case err != nil:
		return User{}, err
	case u.Off:
		return User{}, fmt.Errorf("%w: user %s is switched off; switch it on first", ErrInvalid, u.Name)
	}
	return u, nil
}

func (s *Service) noteGuests(ctx context.Context, by Principal, action string, before any, guests []Guest) error {
	for _, g := range guests {
		if err := s.Record(ctx, by, action, "user/"+g.User, before, g.Grant); err != nil {
			return err
		}
	}
	return nil
}

// Extend lets a guest in until another date, also one who had to go.
func (s *Service) Extend(ctx context.Context, by Principal, user, id string, until time.Time) (Guest, error) {
	return s.changeStay(ctx, by, user, id, "guest.extend", func(roles roleTable, g Grant) (Grant, error) {
		g.Until = until
		g = tidy([]Grant{g})[0]
		if err := roles.checkOne(g, s.now()); err != nil {
			return g, err
		}
		if _, out := outlived(by, []Grant{g}, nil); out {
			return g, fmt.Errorf("%w: your own right to let in there ends earlier", ErrForbidden)
		}
		return g, s.checkStay(roles, g)
	})
}

// EndStay ends what a guest was let in to, at once.
func (s *Service) EndStay(ctx context.Context, by Principal, user, id string) (Guest, error) {
	return s.changeStay(ctx, by, user, id, "guest.end", func(_ roleTable, g Grant) (Grant, error) {
		now := s.now().UTC().Truncate(time.Microsecond)
		if g.Ended(now) {
			return g, fmt.Errorf("%w: it ended %s", ErrInvalid, g.Until.Format(time.RFC3339))
		}
		g.Until = now
		return g, nil
	})
}

// changeStay changes one grant of a user that by may give; others stay.
func (s *Service) changeStay(ctx context.Context, by Principal, user, id, action string, change func(roleTable, Grant) (Grant, error)) (Guest, error) {
	s.users.Lock()
	defer s.users.Unlock()
	if !by.Has(Administer) {
		return Guest{}, ErrForbidden
	}
	roles, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return Guest{}, err
	}
	u, err := s.store.UserByID(ctx, by.Scope.Tenant, user)
	if err != nil {
		return Guest{}, err
	}
	at := slices.IndexFunc(u.Grants, func(g Grant) bool { return g.stay() && g.id() == id && roles.mayGive(by, []Grant{g}) })
	if at < 0 {
		return Guest{}, fmt.Errorf("guest %.40s: %w; it was extended or ended meanwhile, or is not yours: load the list again", id, ErrNotFound)
	}
	was := u.Grants[at]
	is, err := change(roles, was)
	if err != nil {
		return Guest{}, err
	}
	grants := slices.Clone(u.Grants)
	grants[at] = is
	u.give(grants)
	if u, err = s.store.SaveUser(ctx, u); err != nil {
		return Guest{}, err
	}
	s.forget()
	out := s.guestsOf(roles, by, u, []Grant{is})
	return out[0], s.noteGuests(ctx, by, action, was, out)
}

// Held is a grant of one's own, with what it lets do.
type Held struct {
	Grant
	Name        plant.Name   `json:"name" doc:"Of the role"`
	Permissions []Permission `json:"permissions" nullable:"false"`
	Ended       bool         `json:"ended"`
}

// Holds lists what by was given, what is over too; a program has its own list.
func (s *Service) Holds(ctx context.Context, by Principal) ([]Held, error) {
	u, err := s.store.UserByID(ctx, by.Scope.Tenant, by.User)
	if errors.Is(err, ErrNotFound) {
		return []Held{}, nil
	}
	if err != nil {
		return nil, err
	}
	roles, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	out := []Held{}
	for _, g := range u.Grants {
		def := roles[g.Role]
		out = append(out, Held{Grant: g, Name: def.Name, Permissions: append([]Permission{}, def.Permissions...), Ended: g.Ended(s.now())})
	}
	return out, nil
}
