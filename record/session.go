package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// maxSessions bounds the list of a user's sessions; each ends within a day.
const maxSessions = 200

const sessionColumns = `tenant, hash, user_id, expires, opened, seen, address, device, means, provider, vouched`

// SaveSession stores a session.
func (a Access) SaveSession(ctx context.Context, s access.Session) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into access_session (`+sessionColumns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			s.Tenant, s.Hash, s.User, s.Expires.UnixMicro(), sinceMicros(s.Opened), sinceMicros(s.Seen), s.Address, s.Device, s.By, s.Provider, s.Vouched).Exec(ctx); err != nil {
			return fmt.Errorf("record: save session: %w", err)
		}
		return userSeen(ctx, tx, s.Hash)
	})
}

// userSeen lets the user of a session be seen as late as the session was: sessions
// end, and who was here when stays known. It is no change of the user.
func userSeen(ctx context.Context, tx bun.Tx, hash string) error {
	if _, err := tx.NewRaw(`update access_user set seen = s.seen from access_session s
		where s.hash = ? and access_user.tenant = s.tenant and access_user.id = s.user_id and access_user.seen < s.seen`, hash).Exec(ctx); err != nil {
		return fmt.Errorf("record: note when a user was seen: %w", err)
	}
	return nil
}

// sinceMicros is 0 for an instant that is not known: sessions of older schemas
// have none.
func sinceMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func sinceTime(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return plant.Micros(at).Time()
}

// Sessions implements [access.Store].
func (a Access) Sessions(ctx context.Context, tenant plant.TenantNo, user string) ([]access.Session, error) {
	return a.sessions(ctx, `tenant = ? and user_id = ? order by seen desc, hash limit ?`, tenant, user, maxSessions)
}

// SessionByHash finds a session by the hash of its secret.
func (a Access) SessionByHash(ctx context.Context, hash string) (access.Session, error) {
	found, err := a.sessions(ctx, `hash = ? limit 1`, hash)
	return one(found, err, "session")
}

func (a Access) sessions(ctx context.Context, where string, args ...any) ([]access.Session, error) {
	rows, err := a.db.read.QueryContext(ctx, `select `+sessionColumns+` from access_session where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read sessions: %w", err)
	}
	var out []access.Session
	for rows.Next() {
		var s access.Session
		var expires, opened, seen int64
		if err := rows.Scan(&s.Tenant, &s.Hash, &s.User, &expires, &opened, &seen, &s.Address, &s.Device, &s.By, &s.Provider, &s.Vouched); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		s.Expires, s.Opened, s.Seen = plant.Micros(expires).Time(), sinceTime(opened), sinceTime(seen)
		out = append(out, s)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// TouchSession implements [access.Store]; a session that has ended is no error.
func (a Access) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update access_session set seen = ? where hash = ?`, seen.UnixMicro(), hash).Exec(ctx); err != nil {
			return fmt.Errorf("record: touch session: %w", err)
		}
		return userSeen(ctx, tx, hash)
	})
}

// DropSession ends a session; one that is not there is no error.
func (a Access) DropSession(ctx context.Context, hash string) error {
	return a.drop(ctx, `delete from ? where hash = ?`, []string{"access_session"}, hash)
}

// DropSessions ends the user's sessions and sign-in links but one.
func (a Access) DropSessions(ctx context.Context, tenant plant.TenantNo, user, keep string) error {
	return a.drop(ctx, `delete from ? where tenant = ? and user_id = ? and hash <> ?`, []string{"access_session", "access_link"}, tenant, user, keep)
}

// DropExpired forgets what ended before now.
func (a Access) DropExpired(ctx context.Context, now time.Time) error {
	return a.drop(ctx, `delete from ? where expires <= ?`, []string{"access_session", "access_link"}, now.UnixMicro())
}

// drop does the same to each table.
func (a Access) drop(ctx context.Context, query string, tables []string, args ...any) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		for _, t := range tables {
			if _, err := tx.NewRaw(query, append([]any{bun.Ident(t)}, args...)...).Exec(ctx); err != nil {
				return fmt.Errorf("record: change sessions: %w", err)
			}
		}
		return nil
	})
}

// SaveLink stores a sign-in link.
func (a Access) SaveLink(ctx context.Context, l access.Session) error {
	return a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into access_link (tenant, hash, user_id, expires, provider) values (?, ?, ?, ?, ?)`, l.Tenant, l.Hash, l.User, l.Expires.UnixMicro(), l.Provider).Exec(ctx); err != nil {
			return fmt.Errorf("record: save link: %w", err)
		}
		return nil
	})
}

// TakeLink reads and deletes a sign-in link in one step.
func (a Access) TakeLink(ctx context.Context, hash string) (access.Session, error) {
	l := access.Session{Hash: hash}
	err := a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var expires int64
		err := tx.NewRaw(`select tenant, user_id, expires, provider from access_link where hash = ? limit 1`, hash).Scan(ctx, &l.Tenant, &l.User, &expires, &l.Provider)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("link: %w", access.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("record: read link: %w", err)
		}
		l.Expires = plant.Micros(expires).Time()
		if _, err = tx.NewRaw(`delete from access_link where tenant = ? and hash = ?`, l.Tenant, hash).Exec(ctx); err != nil {
			return fmt.Errorf("record: take link: %w", err)
		}
		return nil
	})
	if err != nil {
		return access.Session{}, err
	}
	return l, nil
}
