package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	vault     *Vault
	now       func() time.Time
	delivered []RoleDef
	nobody    string // a hash to work on when there is no such user
	hashing   chan struct{}
	lock      lockout
	rules     Rules      // nil: the node has one tenant
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
// vault seals what the record keeps secret (nil: nothing secret can be stored),
// now is the clock.
func New(store Store, roles []RoleDef, vault *Vault, now func() time.Time) (*Service, error) {
	nobody, err := hashPassword("nobody has this password")
	if err != nil {
		return nil, err
	}
	return &Service{
		Audit: NewAudit(store, now), store: store, vault: vault, now: now, delivered: roles, nobody: nobody,
		hashing: make(chan struct{}, maxHashing), lock: lockout{keys: map[string]*failures{}}, cache: map[string]cached{},
	}, nil
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
	if err == nil {
		err = s.admits(ctx, who.Scope.Tenant)
	}
	if err != nil {
		return Principal{}, err
	}
	s.remember(hash, who, until, gen)
	return who, nil
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

// principalOf is the user with the rights that hold now; vouched says that a
// provider saw the second factor.
func (s *Service) principalOf(ctx context.Context, u User, vouched bool) (Principal, error) {
	roles, err := s.roles(ctx, u.Tenant)
	if err != nil {
		return Principal{}, err
	}
	now := s.now()
	p := roles.principal(u.ID, u.Name, Scope{Tenant: u.Tenant}, u.Grants, now)
	p.Display, p.Organisation = u.Display, u.Organisation
	if !roles.strict(u.Grants, now) {
		return p, nil
	}
	p.strict = true
	if vouched {
		return p, nil
	}
	f, err := s.store.Factor(ctx, u.Tenant, u.ID)
	if errors.Is(err, ErrNotFound) || err == nil && !f.Confirmed {
		p.rights, p.enrol = nil, true
		return p.For(Read), nil
	}
	return p, err
}

// Again is a principal with the rights that hold now: what somebody asked for some
// time ago is done with what they may do by then. Who may no longer sign in, or whose
// token was revoked, may do nothing. The node itself stays as it is.
func (s *Service) Again(ctx context.Context, who Principal) (Principal, error) {
	none := who
	none.rights = nil
	if id, ok := strings.CutPrefix(who.User, "token:"); ok {
		all, err := s.store.Tokens(ctx, who.Scope.Tenant)
		if err != nil {
			return Principal{}, err
		}
		i := slices.IndexFunc(all, func(t Token) bool { return t.ID == id })
		if i < 0 || all[i].Revoked || !all[i].Expires.IsZero() && !s.now().Before(all[i].Expires) {
			return none, nil
		}
		roles, err := s.roles(ctx, who.Scope.Tenant)
		if err != nil {
			return Principal{}, err
		}
		return roles.principal(who.User, all[i].Name, Scope{Tenant: who.Scope.Tenant}, all[i].Grants, s.now()), nil
	}
	if who.User == Node(who.Scope.Tenant).User {
		return who, nil
	}
	u, err := s.store.UserByID(ctx, who.Scope.Tenant, who.User)
	switch {
	case errors.Is(err, ErrNotFound) || err == nil && u.Off:
		return none, nil
	case err != nil:
		return Principal{}, err
	}
	return s.principalOf(ctx, u, true) // the person was signed in when it was asked
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
