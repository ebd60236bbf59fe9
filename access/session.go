package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"zhigai/plant"
)

const (
	// seenEvery is how exactly it is known when a session was last used: each
	// note of it is a commit.
	seenEvery    = 5 * time.Minute
	maxDevice    = 200 // bytes of what a browser says of itself
	sessionIDLen = 20  // characters of a hash: 80 bits tell sessions apart
)

// Caller is from where somebody asks.
type Caller struct {
	Address string // IP address, "" when unknown; failures are counted by it
	Device  string // what the browser says of itself
}

// OpenSession is a signed-in browser as it is shown to its user. ID names it and
// does not help to guess its secret.
type OpenSession struct {
	ID      string    `json:"id"`
	Opened  time.Time `json:"opened"`
	Seen    time.Time `json:"seen" doc:"Last used, to about five minutes"`
	Expires time.Time `json:"expires"`
	Address string    `json:"address"`
	Device  string    `json:"device" doc:"What the browser said of itself"`
	By      string    `json:"by" doc:"How it was opened: password, link"`
	Current bool      `json:"current" doc:"The one that asks"`
}

func (s Session) id() string { return s.Hash[:min(len(s.Hash), sessionIDLen)] }

// opensFirst reports whether a session lets a user set a first password: it came
// by a link, and whoever it is was let in for a time. A screen on the wall comes by
// a link for good, and whoever passes it must not set its password.
func (u User) opensFirst(by string, p Principal) bool {
	return u.Password == "" && by == "link" && p.visits()
}

// newSession is one that begins now.
func newSession(u User, hash string, by means, from Caller, now time.Time) Session {
	now = now.UTC().Truncate(time.Microsecond)
	return Session{
		Hash: hash, User: u.ID, Tenant: u.Tenant, Expires: now.Add(sessionLife), Opened: now, Seen: now,
		Address: begin(from.Address, maxOrigin), Device: begin(from.Device, maxDevice), By: by.by,
		Provider: by.provider, Vouched: by.vouched,
	}
}

// begin is the first n bytes of a text at most, as every database keeps them.
func begin(s string, n int) string {
	s = auditWord(strings.ToValidUTF8(s, ""))
	return strings.ToValidUTF8(s[:min(len(s), n)], "")
}

// Sessions are the open ones of by, the last used first; a program has none.
func (s *Service) Sessions(ctx context.Context, by Principal) ([]OpenSession, error) {
	return s.sessionsOf(ctx, by, by.Scope.Tenant, by.User)
}

// SessionsOf are those of a user that by may administer.
func (s *Service) SessionsOf(ctx context.Context, by Principal, user string) ([]OpenSession, error) {
	u, err := s.userFor(ctx, by, user)
	if err != nil {
		return nil, err
	}
	return s.sessionsOf(ctx, by, u.Tenant, u.ID)
}

func (s *Service) sessionsOf(ctx context.Context, by Principal, tenant plant.TenantNo, user string) ([]OpenSession, error) {
	all, err := s.store.Sessions(ctx, tenant, user)
	if err != nil {
		return nil, err
	}
	now := s.now()
	out := []OpenSession{}
	for _, one := range all {
		if now.Before(one.Expires) {
			out = append(out, OpenSession{
				ID: one.id(), Opened: one.Opened, Seen: one.Seen, Expires: one.Expires, Address: one.Address, Device: one.Device, By: one.By,
				Current: by.session != "" && one.Hash == by.session,
			})
		}
	}
	return out, nil
}

// EndSession ends one of by's sessions at once.
func (s *Service) EndSession(ctx context.Context, by Principal, id string) error {
	all, err := s.store.Sessions(ctx, by.Scope.Tenant, by.User)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(one Session) bool { return one.id() == id })
	if i < 0 {
		return fmt.Errorf("session %s: %w", id, ErrNotFound)
	}
	if err := s.store.DropSession(ctx, all[i].Hash); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, "session.end", "user/"+by.User, nil, map[string]string{"session": id})
}

// EndOthers ends all of by's sessions and sign-in links but the one that asks.
func (s *Service) EndOthers(ctx context.Context, by Principal) error {
	return s.endSessions(ctx, by, by.User, by.session)
}

// EndSessionsOf ends all sessions and sign-in links of a user that by may
// administer.
func (s *Service) EndSessionsOf(ctx context.Context, by Principal, user string) error {
	u, err := s.userFor(ctx, by, user)
	if err != nil {
		return err
	}
	keep := ""
	if u.ID == by.User {
		keep = by.session
	}
	return s.endSessions(ctx, by, u.ID, keep)
}

func (s *Service) endSessions(ctx context.Context, by Principal, user, keep string) error {
	if err := s.store.DropSessions(ctx, by.Scope.Tenant, user, keep); err != nil {
		return err
	}
	s.forget()
	return s.Record(ctx, by, "session.end", "user/"+user, nil, map[string]string{"session": "all"})
}

// touch notes that a session is in use. When that cannot be stored the session
// holds all the same: who answers questions must not depend on a disk to write
// to, and the store itself tells of its failure.
func (s *Service) touch(ctx context.Context, session Session) {
	if now := s.now(); now.Sub(session.Seen) >= seenEvery {
		_ = s.store.TouchSession(ctx, session.Hash, now)
	}
}
