package access

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// sessionLife is a shift and its handover: nobody is thrown out in the
	// middle of one, and a forgotten screen is closed by the next day.
	sessionLife = 12 * time.Hour
	linkLife    = 24 * time.Hour // a link sent today works until tomorrow
	// cacheLife bounds how long another process's revocation goes unseen; changes
	// made through this Service are seen at once.
	cacheLife = 10 * time.Second
	maxCached = 10_000
	// maxHashing bounds passwords hashed at once: 2 × 19 MiB, and one core of
	// two stays with the machines.
	maxHashing = 2
)

// Service signs people and programs in and keeps users and tokens. What it
// changes it also writes to the audit. Its methods may be called concurrently.
type Service struct {
	*Audit
	store     Store
	now       func() time.Time
	delivered []RoleDef
	nobody    string // a hash to work on when there is no such user
	hashing   chan struct{}
	lock      lockout
	users     sync.Mutex // one change of users and roles at a time: the last admin is counted

	mu    sync.Mutex
	gen   uint64 // rises with every change that may end a right
	cache map[string]cached
}

type cached struct {
	who   Principal
	until time.Time
}

// Signed is a sign-in that succeeded. Secret goes into the cookie and is
// stored nowhere.
type Signed struct {
	Secret    string
	Expires   time.Time
	Principal Principal
}

// New makes a Service on the store; roles are those delivered with the product,
// now is the clock.
func New(store Store, roles []RoleDef, now func() time.Time) (*Service, error) {
	nobody, err := hashPassword("nobody has this password")
	if err != nil {
		return nil, err
	}
	return &Service{
		Audit: NewAudit(store, now), store: store, now: now, delivered: roles, nobody: nobody,
		hashing: make(chan struct{}, maxHashing), lock: lockout{keys: map[string]*failures{}}, cache: map[string]cached{},
	}, nil
}

// SignIn opens a session for a name and password. origin is where the request
// comes from (an IP address, "" when unknown): failures are counted by name
// and origin. ErrUnauthorized does not say which of the two was wrong;
// *LockedError says until when further tries are not looked at.
func (s *Service) SignIn(ctx context.Context, name, password, origin string) (Signed, error) {
	name = foldName(name)
	if len(name) > 4*maxName || len(password) > maxPassword {
		return Signed{}, ErrUnauthorized
	}
	closes, err := s.lock.begin(name, origin, s.now())
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
			if err := s.Record(ctx, nameOf(u), "session.locked", "user/"+u.ID, nil, map[string]string{"origin": origin}); err != nil {
				return Signed{}, err
			}
		}
		return Signed{}, ErrUnauthorized
	}
	s.lock.succeed(name, origin)
	return s.open(ctx, u, "password", origin)
}

// check hashes with few others at once.
func (s *Service) check(ctx context.Context, phc, password string) (bool, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return checkHash(phc, password)
	case <-ctx.Done():
		return false, fmt.Errorf("access: sign in: %w", ctx.Err())
	}
}

func (s *Service) hash(ctx context.Context, password string) (string, error) {
	select {
	case s.hashing <- struct{}{}:
		defer func() { <-s.hashing }()
		return hashPassword(password)
	case <-ctx.Done():
		return "", fmt.Errorf("access: hash password: %w", ctx.Err())
	}
}

func (s *Service) open(ctx context.Context, u User, by, origin string) (Signed, error) {
	now := s.now()
	if err := s.store.DropExpired(ctx, now); err != nil {
		return Signed{}, err
	}
	secret, err := newSecret(sessionPrefix)
	if err != nil {
		return Signed{}, err
	}
	session := Session{Hash: hashSecret(secret), User: u.ID, Tenant: u.Tenant, Expires: now.Add(sessionLife).UTC().Truncate(time.Microsecond)}
	if err := s.store.SaveSession(ctx, session); err != nil {
		return Signed{}, err
	}
	who, err := s.principalOf(ctx, u)
	if err != nil {
		return Signed{}, err
	}
	if err := s.Record(ctx, who, "session.open", "user/"+u.ID, nil, map[string]string{"by": by, "origin": origin}); err != nil {
		return Signed{}, err
	}
	return Signed{Secret: secret, Expires: session.Expires, Principal: who}, nil
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
func (s *Service) SignInByLink(ctx context.Context, secret, origin string) (Signed, error) {
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
	return s.open(ctx, u, "link", origin)
}

// Authenticate tells who holds the secret of a session cookie or of an API
// token; ErrUnauthorized when nobody does.
func (s *Service) Authenticate(ctx context.Context, secret string) (Principal, error) {
	session := isSecret(secret, sessionPrefix)
	if !session && !isSecret(secret, tokenPrefix) {
		return Principal{}, ErrUnauthorized
	}
	hash := hashSecret(secret)
	who, gen, ok := s.cachedFor(hash)
	if ok {
		return who, nil
	}
	var until time.Time
	var err error
	if session {
		who, until, err = s.bySession(ctx, hash)
	} else {
		who, until, err = s.byToken(ctx, hash)
	}
	if errors.Is(err, ErrNotFound) {
		return Principal{}, ErrUnauthorized
	}
	if err != nil {
		return Principal{}, err
	}
	s.remember(hash, who, until, gen)
	return who, nil
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
	who, err := s.principalOf(ctx, u)
	return who, session.Expires, err
}

func (s *Service) byToken(ctx context.Context, hash string) (Principal, time.Time, error) {
	t, err := s.store.TokenByHash(ctx, hash)
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	if t.Revoked || !t.Expires.IsZero() && !s.now().Before(t.Expires) {
		return Principal{}, time.Time{}, ErrUnauthorized
	}
	roles, err := s.roles(ctx, t.Tenant)
	if err != nil {
		return Principal{}, time.Time{}, err
	}
	return roles.principal("token:"+t.ID, t.Name, Scope{Tenant: t.Tenant}, t.Grants, s.now()), t.Expires, nil
}

func (s *Service) principalOf(ctx context.Context, u User) (Principal, error) {
	roles, err := s.roles(ctx, u.Tenant)
	if err != nil {
		return Principal{}, err
	}
	return roles.principal(u.ID, u.Name, Scope{Tenant: u.Tenant}, u.Grants, s.now()), nil
}

// nameOf is a user for the audit, without rights.
func nameOf(u User) Principal {
	return Principal{User: u.ID, Name: u.Name, Scope: Scope{Tenant: u.Tenant}}
}

func (s *Service) cachedFor(hash string) (Principal, uint64, bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.cache[hash]
	return c.who, s.gen, ok && now.Before(c.until)
}

// remember keeps an answer until one of its rights ends, unless one may have
// ended while it was read.
func (s *Service) remember(hash string, who Principal, expires time.Time, gen uint64) {
	until := s.now().Add(cacheLife)
	if !expires.IsZero() && expires.Before(until) {
		until = expires
	}
	if ends, ok := who.Ends(); ok && ends.Before(until) {
		until = ends
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if gen != s.gen {
		return
	}
	if len(s.cache) >= maxCached {
		clear(s.cache)
	}
	s.cache[hash] = cached{who, until}
}

// forget drops every cached answer: changes of rights are rare.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gen++
	clear(s.cache)
}

// foldName makes one name of what people type.
func foldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
