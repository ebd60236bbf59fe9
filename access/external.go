package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Errors of people whom a provider vouched for and who get in all the same not.
var (
	ErrNoGrant = fmt.Errorf("%w: the provider vouched for you, and nothing was given to you here: no rule fits what it says of you; ask an administrator of this node", ErrForbidden)
	ErrUserOff = fmt.Errorf("%w: the provider vouched for you, and your user is switched off here", ErrForbidden)
)

// SignInBy opens a session for whom the provider vouched: the user linked to
// issuer and subject, made at the first sign-in, with the grants that the claims
// give now. A user is never found by name or address of mail.
//
// ErrNoGrant and ErrUserOff say why somebody does not get in; they are in the
// audit, with what the rules looked at.
func (s *Service) SignInBy(ctx context.Context, p Provider, id Identity, from Caller) (Signed, error) {
	if id.Issuer != p.Issuer || id.Subject == "" {
		return Signed{}, fmt.Errorf("%w: the identity is of issuer %.100q, not of %.100q", ErrUnauthorized, id.Issuer, p.Issuer)
	}
	u, err := s.admit(ctx, p, id)
	if errors.Is(err, ErrNoGrant) || errors.Is(err, ErrUserOff) {
		who := Principal{User: "provider:" + p.ID, Name: begin(id.Subject, maxOrigin), Scope: Scope{Tenant: p.Tenant}}
		return Signed{}, errors.Join(err, s.Record(ctx, who, "session.refused", "provider/"+p.ID, nil, p.seen(id, from)))
	}
	if err != nil {
		return Signed{}, err
	}
	return s.enter(ctx, u, means{by: "provider", provider: p.ID, vouched: p.vouched(id)}, from)
}

// maxSeen bounds what the audit says of claims that no rule fits.
const maxSeen = 20

// seen is what the rules looked at, so that an administrator sees which is
// missing.
func (p Provider) seen(id Identity, from Caller) any {
	claims := map[string][]string{}
	for _, r := range p.Rules {
		var values []string
		for _, v := range claimValues(id.Claims, r.Claim) {
			if len(values) < maxSeen {
				values = append(values, begin(v, maxOrigin))
			}
		}
		claims[r.Claim] = values
	}
	return map[string]any{"subject": begin(id.Subject, maxDevice), "origin": from.Address, "claims": claims}
}

// admit makes or renews the user of an identity.
func (s *Service) admit(ctx context.Context, p Provider, id Identity) (User, error) {
	s.users.Lock()
	defer s.users.Unlock()
	now := s.now()
	given := p.grantsOf(id, now.Add(sessionLife).UTC().Truncate(time.Microsecond))
	u, err := s.store.Linked(ctx, p.Tenant, id.Issuer, id.Subject)
	switch {
	case errors.Is(err, ErrNotFound) && len(given) == 0:
		return User{}, ErrNoGrant
	case errors.Is(err, ErrNotFound):
		return s.adopt(ctx, p, id, given)
	case err != nil:
		return User{}, err
	case u.Off:
		return User{}, ErrUserOff
	}
	was := u
	own := slices.DeleteFunc(slices.Clone(u.Grants), func(g Grant) bool { return g.Via != "" && (g.Via == p.ID || g.Ended(now)) })
	grants := append(own, given...)
	u.give(grants[:min(len(grants), maxGrants)])
	if u, err = s.store.SaveUser(ctx, u); err != nil {
		return User{}, err
	}
	s.forget()
	if !slices.EqualFunc(was.Grants, u.Grants, func(a, b Grant) bool { a.Until, b.Until = time.Time{}, time.Time{}; return a.same(b) }) {
		if err := s.Record(ctx, nameOf(u), "user.claims", "user/"+u.ID, was.Grants, u.Grants); err != nil {
			return User{}, err
		}
	}
	if !slices.ContainsFunc(u.Grants, func(g Grant) bool { return !g.Ended(now) }) {
		return User{}, ErrNoGrant
	}
	return u, nil
}

// adopt makes the user of an identity that comes for the first time. A name that
// somebody has stays that person's.
func (s *Service) adopt(ctx context.Context, p Provider, id Identity, given []Grant) (User, error) {
	u := User{Tenant: p.Tenant, Display: begin(first(id.Claims, "name"), 4*maxName)}
	u.give(given)
	link := Linking{Issuer: id.Issuer, Subject: id.Subject, Provider: p.ID, Since: s.now().UTC().Truncate(time.Microsecond)}
	claim := p.NameClaim
	if claim == "" {
		claim = "preferred_username"
	}
	sum := sha256.Sum256([]byte(id.Issuer + "\n" + id.Subject))
	tail := hex.EncodeToString(sum[:6])
	var err error
	for _, name := range []string{nameFrom(first(id.Claims, claim)), nameFrom(first(id.Claims, claim)) + "." + tail, "u-" + tail} {
		u.Name = name
		if !userName.MatchString(name) {
			continue
		}
		var saved User
		if saved, err = s.store.Adopt(ctx, u, link); err == nil {
			return saved, s.Record(ctx, nameOf(saved), "user.adopt", "user/"+saved.ID, nil, map[string]any{"name": saved.Name, "issuer": id.Issuer, "subject": id.Subject, "provider": p.ID, "grants": given})
		}
		if !errors.Is(err, ErrConflict) {
			break
		}
	}
	return User{}, err
}

func first(claims map[string]any, name string) string {
	if all := claimValues(claims, name); len(all) > 0 {
		return all[0]
	}
	return ""
}

// nameFrom makes a user name of what a provider calls somebody, short enough for
// a tail that tells it from another's.
func nameFrom(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range foldName(s) {
		inner := strings.ContainsRune("._@-", r) && n > 0
		if (unicode.IsLetter(r) || unicode.IsNumber(r) || inner) && n < 40 {
			b.WriteRune(r)
			n++
		}
	}
	return b.String()
}
