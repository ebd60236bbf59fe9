package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// NewToken is what a token begins with. A zero Expires never ends. Without
// grants it is given Role at Path.
type NewToken struct {
	Name    string
	Role    Role
	Path    string
	Grants  []Grant
	Expires time.Time
}

// CreateToken lets a program in, with no more rights than by has. The secret
// is shown this once.
func (s *Service) CreateToken(ctx context.Context, by Principal, n NewToken) (t Token, secret string, err error) {
	name := strings.TrimSpace(n.Name)
	grants := grantsOf(n.Grants, n.Role, n.Path)
	now := s.now().UTC().Truncate(time.Microsecond)
	switch {
	case name == "" || len(name) > 4*maxName:
		return Token{}, "", fmt.Errorf("%w: a token has a name of at most %d bytes: the program it is for", ErrInvalid, 4*maxName)
	case !n.Expires.IsZero() && !n.Expires.After(now):
		return Token{}, "", fmt.Errorf("%w: the token would end %s, before it begins", ErrInvalid, n.Expires.UTC().Format(time.RFC3339))
	}
	if _, err := s.checkGrants(ctx, by, grants, nil); err != nil {
		return Token{}, "", err
	}
	if secret, err = newSecret(tokenPrefix); err != nil {
		return Token{}, "", err
	}
	hash := hashSecret(secret)
	// The id is public and must not help to guess the secret: it is a part of
	// the secret's hash, which 256 random bits keep one-way.
	t = Token{
		ID: hash[:20], Tenant: by.Scope.Tenant, Name: name, Role: grants[0].Role, Path: grants[0].Path, Grants: grants, Hash: hash,
		Created: now, Expires: n.Expires.UTC().Truncate(time.Microsecond),
	}
	if err := s.store.SaveToken(ctx, t); err != nil {
		return Token{}, "", err
	}
	return t, secret, s.Record(ctx, by, "token.create", "token/"+t.ID, nil, t)
}

// Tokens lists the tokens that by may administer, revoked ones too.
func (s *Service) Tokens(ctx context.Context, by Principal) ([]Token, error) {
	if !by.Has(Administer) {
		return nil, ErrForbidden
	}
	roles, err := s.roles(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	all, err := s.store.Tokens(ctx, by.Scope.Tenant)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(t Token) bool { return !roles.mayGive(by, t.Grants) }), nil
}

// RevokeToken ends a token at once; a revoked one stays in the list.
func (s *Service) RevokeToken(ctx context.Context, by Principal, id string) error {
	all, err := s.Tokens(ctx, by)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
	if i < 0 {
		return fmt.Errorf("token %s: %w", id, ErrNotFound)
	}
	was, t := all[i], all[i]
	if t.Revoked {
		return nil
	}
	t.Revoked = true
	if err := s.store.SaveToken(ctx, t); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, "token.revoke", "token/"+id, was, t)
}
