// Package shop keeps the rows of the digital workshop: the plant model with
// its history, tags, and figures. One file per aggregate; each implements the
// interface its room declares.
//
// It decides nothing about meaning. Start with [NewPlants], [NewTags] and
// [NewFigures].
package shop

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// openEnd stands for "still valid" in valid_to.
const openEnd = math.MaxInt64

// alwaysFrom is the start of a version that has always held: the year 1 is
// kept as 0001-01-01 so that a zero time comes back as a zero time.
var alwaysFrom = time.Time{}.UnixMicro()

// version is one row of master data.
type version struct {
	ID   string
	From int64
	To   int64
	Rev  int64
	Path string
	Body string
}

const versionColumns = `id, valid_from, valid_to, rev, path, body`

func (v version) validity() plant.Validity {
	out := plant.Validity{}
	if v.From != alwaysFrom {
		out.From = plant.Micros(v.From).Time()
	}
	if v.To != openEnd {
		out.To = plant.Micros(v.To).Time()
	}
	return out
}

func fromMicros(t time.Time) int64 {
	if t.IsZero() {
		return alwaysFrom
	}
	return t.UnixMicro()
}

func toMicros(t time.Time) int64 {
	if t.IsZero() {
		return openEnd
	}
	return t.UnixMicro()
}

// store is one kind of master data inside one write transaction.
type store struct {
	tx     bun.Tx
	tenant plant.TenantNo
	kind   string
	now    plant.Micros
	who    string
}

func scanVersions(rows *sql.Rows) ([]version, error) {
	var out []version
	for rows.Next() {
		var v version
		if err := rows.Scan(&v.ID, &v.From, &v.To, &v.Rev, &v.Path, &v.Body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, v)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// maxVersions bounds the history read of one thing: an edit a day for 27 years.
const maxVersions = 10_000

// history is every version of one thing, oldest first.
func (s store) history(ctx context.Context, id string) ([]version, error) {
	rows, err := s.tx.QueryContext(ctx, `select `+versionColumns+` from master
		where tenant = ? and kind = ? and id = ? order by valid_from limit ?`, s.tenant, s.kind, id, maxVersions)
	if err != nil {
		return nil, fmt.Errorf("record: read %s %s: %w", s.kind, id, err)
	}
	return scanVersions(rows)
}

// at is the version that holds at the instant under that path, if any.
func (s store) at(ctx context.Context, path string, instant int64) (version, bool, error) {
	rows, err := s.tx.QueryContext(ctx, `select `+versionColumns+` from master
		where tenant = ? and kind = ? and path = ? and valid_from <= ? and valid_to > ? limit 1`,
		s.tenant, s.kind, path, instant, instant)
	if err != nil {
		return version{}, false, fmt.Errorf("record: read %s %s: %w", s.kind, path, err)
	}
	found, err := scanVersions(rows)
	if err != nil || len(found) == 0 {
		return version{}, false, err
	}
	return found[0], true, nil
}

func newest(history []version) int64 {
	rev := int64(0)
	for _, v := range history {
		rev = max(rev, v.Rev)
	}
	return rev
}

// atRevision refuses an edit of another revision than the one that is stored.
func (s store) atRevision(name string, history []version, rev int64) error {
	if now := newest(history); now != rev {
		return fmt.Errorf("%s %s is at revision %d, not %d: %w", s.kind, name, now, rev, access.ErrConflict)
	}
	return nil
}

// put makes body hold from `from` until `to` or until a later version begins:
// the version that held at `from` ends there. The same body again changes
// nothing. It returns the version stored.
func (s store) put(ctx context.Context, history []version, v version) (version, error) {
	if err := s.checkOwn(ctx, v.ID, v.Path); err != nil {
		return v, err
	}
	v.Rev = newest(history) + 1
	for _, old := range history {
		switch {
		case old.To <= old.From: // withdrawn before it held
		case old.From < v.From && old.To > v.From:
			if same(old, v) {
				return old, nil
			}
			if v.To == openEnd {
				v.To = old.To // a change of what ends does not prolong it
			}
			if err := s.end(ctx, old, v.From); err != nil {
				return v, err
			}
		case old.From == v.From:
			if same(old, v) {
				return old, nil
			}
			if v.To == openEnd {
				v.To = old.To
			}
		case old.From > v.From:
			v.To = min(v.To, old.From)
		}
	}
	_, err := s.tx.NewRaw(`insert into master (tenant, kind, id, valid_from, valid_to, rev, path, body, recorded_at, who)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, kind, id, valid_from) do update set valid_to = excluded.valid_to, rev = excluded.rev,
		path = excluded.path, body = excluded.body, recorded_at = excluded.recorded_at, who = excluded.who`,
		s.tenant, s.kind, v.ID, v.From, v.To, v.Rev, v.Path, v.Body, int64(s.now), s.who).Exec(ctx)
	if err != nil {
		return v, fmt.Errorf("record: save %s %s: %w", s.kind, v.Path, err)
	}
	return v, nil
}

// checkOwn refuses to change what a node below this one announced: its next
// announcement would undo it.
func (s store) checkOwn(ctx context.Context, id, path string) error {
	var node string
	err := s.tx.QueryRowContext(ctx, `select n.name from master_origin o join link_node n on n.id = o.node
		where o.tenant = ? and o.kind = ? and o.id = ?`, s.tenant, s.kind, id).Scan(&node)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("record: origin of %s %s: %w", s.kind, path, err)
	}
	return fmt.Errorf("%s %s is kept by node %q; change it there, or send that node new settings: %w", s.kind, path, node, access.ErrForbidden)
}

func same(old, v version) bool {
	return old.Path == v.Path && old.Body == v.Body && (v.To == old.To || v.To == openEnd)
}

// end closes one version; a version that would end before it began stays as
// one that never held, so that its revision is not given twice.
func (s store) end(ctx context.Context, v version, at int64) error {
	_, err := s.tx.NewRaw(`update master set valid_to = ? where tenant = ? and kind = ? and id = ? and valid_from = ?`,
		max(at, v.From), s.tenant, s.kind, v.ID, v.From).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: end %s %s: %w", s.kind, v.Path, err)
	}
	return nil
}

// retire ends what holds at the instant and withdraws what was to hold later.
func (s store) retire(ctx context.Context, history []version, at int64) error {
	for _, v := range history[:min(1, len(history))] {
		if err := s.checkOwn(ctx, v.ID, v.Path); err != nil {
			return err
		}
	}
	rev := newest(history) + 1
	for _, v := range history {
		if v.To <= at || v.To <= v.From {
			continue
		}
		if err := s.end(ctx, v, at); err != nil {
			return err
		}
		if _, err := s.tx.NewRaw(`update master set rev = ?, recorded_at = ?, who = ? where tenant = ? and kind = ? and id = ? and valid_from = ?`,
			rev, int64(s.now), s.who, s.tenant, s.kind, v.ID, v.From).Exec(ctx); err != nil {
			return fmt.Errorf("record: retire %s %s: %w", s.kind, v.Path, err)
		}
	}
	return nil
}
