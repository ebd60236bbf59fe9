package access

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// SignIn opens a session for a name and password; failures are counted by name
// and address. ErrUnauthorized does not say which of the two was wrong;
// *LockedError says until when further tries are not looked at.
func (s *Service) SignIn(ctx context.Context, name, password string, from Caller) (Signed, error) {
	name = foldName(name)
	if len(name) > 4*maxName || len(password) > maxPassword {
		return Signed{}, ErrUnauthorized
	}
	closes, err := s.lock.begin(name, from.Address, s.now())
	if err != nil {
		return Signed{}, err
	}
	u, err := s.store.UserByName(ctx, name)
	known := err == nil
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Signed{}, err
	}
	phc := u.Password
	if !known || phc == "" {
		phc = s.nobody // the same work, so that the time tells nothing
	}
	right, err := s.check(ctx, phc, password)
	if err != nil {
		return Signed{}, err
	}
	if !right || !known || u.Password == "" || u.Off {
		if closes && known {
			if err := s.Record(ctx, nameOf(u), "session.locked", "user/"+u.ID, nil, map[string]string{"origin": from.Address}); err != nil {
				return Signed{}, err
			}
		}
		return Signed{}, ErrUnauthorized
	}
	s.lock.succeed(name, from.Address)
	if u, err = s.strengthen(ctx, u, password); err != nil {
		return Signed{}, err
	}
	return s.enter(ctx, u, means{by: "password"}, from)
}

// strengthen stores the password again when hashes are made with more work now
// than when it was set: at the sign-in it is known.
func (s *Service) strengthen(ctx context.Context, u User, password string) (User, error) {
	if !weaker(u.Password) {
		return u, nil
	}
	phc, err := s.hash(ctx, password)
	if err != nil {
		return u, err
	}
	was := u
	u.Password = phc
	saved, err := s.store.SaveUser(ctx, u)
	if errors.Is(err, ErrConflict) {
		return was, nil // somebody changed the user just now: the next sign-in does it
	}
	if err != nil {
		return u, err
	}
	return saved, s.Record(ctx, nameOf(u), "user.rehash", "user/"+u.ID, nil, nil)
}

// means are how somebody came in.
type means struct {
	by       string
	provider string // "" for none
	vouched  bool   // it saw a second factor
}

func (s *Service) open(ctx context.Context, u User, by means, from Caller) (Signed, error) {
	now := s.now()
	if err := s.store.DropExpired(ctx, now); err != nil {
		return Signed{}, err
	}
	secret, err := newSecret(sessionPrefix)
	if err != nil {
		return Signed{}, err
	}
	session := newSession(u, hashSecret(secret), by, from, now)
	if err := s.store.SaveSession(ctx, session); err != nil {
		return Signed{}, err
	}
	who, err := s.principalOf(ctx, u, by.vouched)
	if err != nil {
		return Signed{}, err
	}
	who.session, who.provider, who.first = session.Hash, by.provider, u.opensFirst(by.by, who)
	if err := s.Record(ctx, who, "session.open", "user/"+u.ID, nil, by.noted(from)); err != nil {
		return Signed{}, err
	}
	return Signed{Secret: secret, Expires: session.Expires, Principal: who}, nil
}

// noted is what the audit says of a sign-in.
func (m means) noted(from Caller) map[string]string {
	out := map[string]string{"by": m.by, "origin": from.Address}
	if m.provider != "" {
		out["provider"] = m.provider
	}
	if m.vouched {
		out["second_factor"] = "provider"
	}
	return out
}

// SignOut ends the session of the cookie; one that has ended is no error.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	if !isSecret(secret, sessionPrefix) {
		return nil
	}
	who, err := s.Authenticate(ctx, secret)
	if errors.Is(err, ErrUnauthorized) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.store.DropSession(ctx, hashSecret(secret)); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, who, "session.close", "user/"+who.User, nil, nil)
}

// CreateLink gives a secret that signs the user in once, within a day: for a
// first sign-in, a forgotten password or a kiosk. It needs the right to
// administer the user.
func (s *Service) CreateLink(ctx context.Context, by Principal, user string) (secret string, expires time.Time, err error) {
	u, err := s.userFor(ctx, by, user)
	if err != nil {
		return "", time.Time{}, err
	}
	if u.Off {
		return "", time.Time{}, fmt.Errorf("%w: user %s is switched off; switch it on first", ErrInvalid, u.Name)
	}
	if secret, err = newSecret(linkPrefix); err != nil {
		return "", time.Time{}, err
	}
	expires = s.now().Add(linkLife).UTC().Truncate(time.Microsecond)
	if err := s.store.SaveLink(ctx, Session{Hash: hashSecret(secret), User: u.ID, Tenant: u.Tenant, Expires: expires}); err != nil {
		return "", time.Time{}, err
	}
	return secret, expires, s.Record(ctx, by, "link.create", "user/"+u.ID, nil, map[string]time.Time{"expires": expires})
}

// SignInByLink opens a session with a sign-in link, which is used up by it.
func (s *Service) SignInByLink(ctx context.Context, secret string, from Caller) (Signed, error) {
	if !isSecret(secret, linkPrefix) {
		return Signed{}, ErrUnauthorized
	}
	l, err := s.store.TakeLink(ctx, hashSecret(secret))
	if errors.Is(err, ErrNotFound) {
		return Signed{}, ErrUnauthorized
	}
	if err != nil {
		return Signed{}, err
	}
	u, err := s.store.UserByID(ctx, l.Tenant, l.User)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Signed{}, err
	}
	if err != nil || u.Off || !s.now().Before(l.Expires) {
		return Signed{}, ErrUnauthorized
	}
	return s.enter(ctx, u, means{by: "link"}, from)
}

func (s *Service) bySession(ctx context.Context, hash string) (Principal, time.Time, error) {
	session, err := s.store.SessionByHash(ctx, hash)
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	u, err := s.store.UserByID(ctx, session.Tenant, session.User)
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	if u.Off || !s.now().Before(session.Expires) {
		return Principal{}, time.Time{}, ErrUnauthorized
	}
	s.touch(ctx, session)
	who, err := s.principalOf(ctx, u, session.Vouched)
	who.session, who.provider, who.first = hash, session.Provider, u.opensFirst(session.By, who)
	return who, session.Expires, err
}
