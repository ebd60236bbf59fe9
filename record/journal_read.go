package record

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/plant"
)

// eventRow is an event as it is stored.
type eventRow struct {
	Seq, SourceSeq           uint64
	ID, Kind, Subject        string
	Occurred, Recorded       int64
	Source, Supersedes, Body string
	Withdrawn                bool
}

const eventColumns = `seq, id, kind, subject, occurred, recorded, source, source_seq, supersedes, withdrawn, payload`

func scanEvents(rows *sql.Rows, tenant plant.TenantNo) ([]fact.Event, error) {
	var out []fact.Event
	for rows.Next() {
		var r eventRow
		if err := rows.Scan(&r.Seq, &r.ID, &r.Kind, &r.Subject, &r.Occurred, &r.Recorded, &r.Source,
			&r.SourceSeq, &r.Supersedes, &r.Withdrawn, &r.Body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, fact.Event{
			ID: r.ID, Tenant: tenant, Kind: fact.Kind(r.Kind), Subject: plant.NodeID(r.Subject),
			Occurred: plant.Micros(r.Occurred), Recorded: plant.Micros(r.Recorded), Source: r.Source, SourceSeq: r.SourceSeq,
			Supersedes: r.Supersedes, Withdrawn: r.Withdrawn, Payload: json.RawMessage(r.Body), Seq: r.Seq,
		})
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Events lists what the filter chooses: in journal order, or newest event
// time first with Newest. To follow the journal, page on by AfterSeq.
func (j Journal) Events(ctx context.Context, tenant plant.TenantNo, f fact.Filter) ([]fact.Event, error) {
	var q strings.Builder
	q.WriteString(`select ` + eventColumns + ` from event where tenant = ?`)
	args := []any{tenant}
	and := func(cond string, arg any) {
		q.WriteString(` and ` + cond)
		args = append(args, arg)
	}
	if f.AfterSeq > 0 {
		and(`seq > ?`, f.AfterSeq)
	}
	if len(f.Kinds) > 0 {
		and(`kind in (?)`, bun.List(f.Kinds))
	}
	if len(f.Subjects) > 0 {
		and(`subject in (?)`, bun.List(f.Subjects))
	}
	if len(f.IDs) > 0 {
		and(`id in (?)`, bun.List(f.IDs))
	}
	if len(f.Sources) > 0 {
		and(`source_seq > 0 and source in (?)`, bun.List(f.Sources)) // as the partial unique index has it
	}
	if f.From != 0 {
		and(`occurred >= ?`, int64(f.From))
	}
	if f.To != 0 {
		and(`occurred < ?`, int64(f.To))
	}
	if f.Newest {
		q.WriteString(` order by occurred desc, seq desc`)
	} else {
		q.WriteString(` order by seq`)
	}
	limit := f.Limit
	if limit <= 0 || limit > fact.MaxEvents {
		limit = fact.MaxEvents
	}
	q.WriteString(` limit ?`)
	rows, err := j.db.read.QueryContext(ctx, q.String(), append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("record: read events: %w", err)
	}
	out, err := scanEvents(rows, tenant)
	if err != nil {
		return nil, fmt.Errorf("record: read events: %w", err)
	}
	return out, nil
}

// Head is the place of the tenant's last durable event, 0 when there is none;
// of what other processes append it knows a moment later.
func (j Journal) Head(tenant plant.TenantNo) uint64 { return j.db.heads.of(tenant) }

// Wait returns as soon as an event behind afterSeq is durable, or with the
// context's error. Read it with Events and AfterSeq.
func (j Journal) Wait(ctx context.Context, tenant plant.TenantNo, afterSeq uint64) error {
	for {
		last, changed := j.db.heads.watch(tenant)
		if last > afterSeq {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-j.db.stop:
			return ErrClosed
		}
	}
}

// Follow hands events behind afterSeq to f in journal order, page by page,
// until f fails or the context ends; f saves its own cursor when its work is
// durable.
func (j Journal) Follow(ctx context.Context, tenant plant.TenantNo, afterSeq uint64, f func(ctx context.Context, events []fact.Event) error) error {
	const page = 1000 // keeps a reader's memory small and its cursor fresh
	for {
		if err := j.Wait(ctx, tenant, afterSeq); err != nil {
			return err
		}
		events, err := j.Events(ctx, tenant, fact.Filter{AfterSeq: afterSeq, Limit: page})
		if err != nil {
			return err
		}
		if len(events) == 0 {
			return fmt.Errorf("record: journal of tenant %d ends at %d but holds nothing after %d; restore a backup", tenant, j.Head(tenant), afterSeq)
		}
		if err := f(ctx, events); err != nil {
			return err
		}
		afterSeq = events[len(events)-1].Seq
	}
}

// Cursor is the place up to which the named reader has done its work, 0 at
// the beginning.
func (j Journal) Cursor(ctx context.Context, tenant plant.TenantNo, reader string) (uint64, error) {
	var seq uint64
	err := j.db.read.QueryRowContext(ctx, `select seq from reader_cursor where tenant = ? and reader = ?`, tenant, reader).Scan(&seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("record: cursor %s: %w", reader, err)
	}
	return seq, nil
}

// SaveCursor remembers the place durably; going back is allowed and makes the
// reader do its work again.
func (j Journal) SaveCursor(ctx context.Context, tenant plant.TenantNo, reader string, seq uint64) error {
	return j.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`insert into reader_cursor (tenant, reader, seq) values (?, ?, ?)
			on conflict (tenant, reader) do update set seq = excluded.seq`, tenant, reader, seq).Exec(ctx); err != nil {
			return fmt.Errorf("record: save cursor %s: %w", reader, err)
		}
		return nil
	})
}

// twins finds stored events by what makes them the same event.
type twins struct {
	byID     map[string]fact.Event
	bySource map[sourcePlace]fact.Event
}

type sourcePlace struct {
	source string
	seq    uint64
}

func (t twins) add(e fact.Event) {
	t.byID[e.ID] = e
	if e.SourceSeq > 0 {
		t.bySource[sourcePlace{e.Source, e.SourceSeq}] = e
	}
}

func (t twins) find(e fact.Event) (fact.Event, bool) {
	if e.SourceSeq > 0 {
		if old, ok := t.bySource[sourcePlace{e.Source, e.SourceSeq}]; ok {
			return old, true
		}
	}
	if e.ID == "" {
		return fact.Event{}, false
	}
	old, ok := t.byID[e.ID]
	return old, ok
}

// alreadyThere reads the stored twins of the events.
func alreadyThere(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) (twins, error) {
	t := twins{map[string]fact.Event{}, map[sourcePlace]fact.Event{}}
	places := map[string][]uint64{}
	var ids []string
	for _, e := range events {
		if e.SourceSeq > 0 {
			places[e.Source] = append(places[e.Source], e.SourceSeq)
		}
		if e.ID != "" {
			ids = append(ids, e.ID)
		}
	}
	read := func(cond string, args ...any) error {
		rows, err := tx.QueryContext(ctx, `select `+eventColumns+` from event where tenant = ? and `+cond+` limit ?`,
			append(append([]any{tenant}, args...), maxAppend)...)
		if err != nil {
			return fmt.Errorf("record: read twins: %w", err)
		}
		found, err := scanEvents(rows, tenant)
		for _, e := range found {
			t.add(e)
		}
		return err
	}
	for source, seqs := range places {
		// "source_seq > 0" lets the partial unique index answer.
		if err := read(`source = ? and source_seq > 0 and source_seq in (?)`, source, bun.List(seqs)); err != nil {
			return t, err
		}
	}
	if len(ids) > 0 {
		if err := read(`id in (?)`, bun.List(ids)); err != nil {
			return t, err
		}
	}
	return t, nil
}

// checkSuperseded refuses a correction of an event that is not there.
func checkSuperseded(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) error {
	here := map[string]bool{}
	for i, e := range events {
		if e.Supersedes != "" && !here[e.Supersedes] {
			var n int
			if err := tx.NewRaw(`select count(*) from event where tenant = ? and id = ?`, tenant, e.Supersedes).Scan(ctx, &n); err != nil {
				return fmt.Errorf("record: read superseded: %w", err)
			}
			if n == 0 {
				return fmt.Errorf("%w: event %d: supersedes %q, which is not in the journal", fact.ErrRefused, i, e.Supersedes)
			}
		}
		here[e.ID] = true
	}
	return nil
}

// load reads how far each journal reaches. It runs again whenever word of
// other processes may have been missed; a head never goes back.
func (h *heads) load(ctx context.Context, read *bun.DB) error {
	const maxTenants = 100_000 // one node serves a sector platform at most
	rows, err := read.QueryContext(ctx, `select tenant, seq from journal_head limit ?`, maxTenants)
	if err != nil {
		return fmt.Errorf("record: read journal heads: %w", err)
	}
	for rows.Next() {
		var tenant plant.TenantNo
		var seq uint64
		if err := rows.Scan(&tenant, &seq); err != nil {
			return errors.Join(err, rows.Close())
		}
		h.advance(tenant, seq)
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (h *heads) of(tenant plant.TenantNo) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[tenant]
}

func (h *heads) watch(tenant plant.TenantNo) (uint64, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[tenant], h.changed
}

func (h *heads) advance(tenant plant.TenantNo, seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq > h.last[tenant] {
		h.last[tenant] = seq
		close(h.changed)
		h.changed = make(chan struct{})
	}
}

// NewID is a fresh ULID; ids rise in the order they are given.
func (db *DB) NewID() string { return db.heads.newID(db.now()) }

// newID gives ids that rise even when the clock steps back.
func (h *heads) newID(now time.Time) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lastMS = max(h.lastMS, ulid.Timestamp(now))
	id, err := ulid.New(h.lastMS, h.ids)
	if err != nil { // the random part of this millisecond is used up
		h.lastMS++
		id = ulid.MustNew(h.lastMS, h.ids)
	}
	return id.String()
}
