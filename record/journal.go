package record

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
	"github.com/uptrace/bun"

	"zhigai/fact"
	"zhigai/plant"
)

const (
	// maxAppend bounds the events of one Append: a transaction that others wait
	// behind stays below a tenth of a second.
	maxAppend = 5000
	// maxPayload bounds one event's JSON: forms and readings are below 4 KiB, and
	// files belong beside the journal, not in it.
	maxPayload = 64 << 10
	// maxWord bounds kind, source and ids.
	maxWord = 200
)

// Journal keeps events; it implements fact.Journal.
type Journal struct{ db *DB }

var _ fact.Journal = Journal{}

// Journal is the record's journal of events.
func (db *DB) Journal() Journal { return Journal{db} }

// Append stores the events in their order and returns them with id, recorded
// time and place in the journal. One event refused refuses them all, with
// fact.ErrRefused. An event that is there already (same source and source
// sequence, or same id) comes back as it was stored: after ErrUnavailable the
// same events can be sent again.
func (j Journal) Append(ctx context.Context, tenant plant.TenantNo, events ...fact.Event) ([]fact.Event, error) {
	if len(events) == 0 {
		return nil, nil
	}
	return j.append(ctx, tenant, events, j.insert)
}

// Import stores events of another journal together with what with writes, in
// one transaction. Unlike Append it takes a correction before the event that
// it corrects: what nodes send arrives in any order. There may be no events.
func (j Journal) Import(ctx context.Context, tenant plant.TenantNo, with func(ctx context.Context, tx bun.Tx) error, events ...fact.Event) error {
	_, err := j.append(ctx, tenant, events, func(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) (uint64, error) {
		if err := with(ctx, tx); err != nil {
			return 0, err
		}
		if len(events) == 0 {
			return 0, nil
		}
		return j.place(ctx, tx, tenant, events)
	})
	return err
}

type inserter func(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) (uint64, error)

func (j Journal) append(ctx context.Context, tenant plant.TenantNo, events []fact.Event, insert inserter) ([]fact.Event, error) {
	own, also := len(events), moreOf(ctx)
	events, insert, err := also.carry(events, insert)
	if err != nil {
		return nil, err
	}
	if len(events) > maxAppend {
		return nil, fmt.Errorf("%w: %d events at once, %d are allowed; append them in parts", fact.ErrRefused, len(events), maxAppend)
	}
	out := make([]fact.Event, len(events))
	for i, e := range events {
		if out[i], err = checked(tenant, e); err != nil {
			return nil, fmt.Errorf("%w: event %d: %w", fact.ErrRefused, i, err)
		}
	}
	var stored []fact.Event
	write := &job{ctx: ctx, tenant: tenant, done: make(chan struct{})}
	write.run = func(ctx context.Context, tx bun.Tx) (err error) {
		stored = slices.Clone(out) // a second try begins with what was asked
		write.last, err = insert(ctx, tx, tenant, stored)
		return err
	}
	if err := j.db.submit(ctx, write); err != nil {
		return nil, err
	}
	if also != nil {
		also.done = true
	}
	return stored[:own], nil
}

// checked returns the event as it will be stored, or what is wrong with it.
func checked(tenant plant.TenantNo, e fact.Event) (fact.Event, error) {
	e.Tenant = tenant
	if len(e.Payload) == 0 {
		e.Payload = json.RawMessage(`{}`)
	}
	for _, w := range []struct{ name, value string }{
		{"kind", string(e.Kind)},
		{"source", e.Source},
		{"subject", string(e.Subject)},
		{"supersedes", e.Supersedes},
	} {
		if len(w.value) > maxWord || !utf8.ValidString(w.value) || strings.ContainsRune(w.value, 0) {
			return e, fmt.Errorf("%s %.40q must be UTF-8 of at most %d bytes", w.name, w.value, maxWord)
		}
	}
	switch {
	case tenant == 0:
		return e, fmt.Errorf("tenant is 0; the first tenant is 1")
	case e.Kind == "":
		return e, fmt.Errorf("kind is missing")
	case e.Source == "":
		return e, fmt.Errorf("source is missing; write device:<id>, person:<user> or node")
	case e.Occurred == 0:
		return e, fmt.Errorf("occurred is missing")
	case e.SourceSeq > math.MaxInt64:
		return e, fmt.Errorf("source_seq %d is beyond %d", e.SourceSeq, int64(math.MaxInt64))
	case len(e.Payload) > maxPayload:
		return e, fmt.Errorf("payload of %d bytes; %d are allowed", len(e.Payload), maxPayload)
	case !json.Valid(e.Payload) || !utf8.Valid(e.Payload):
		return e, fmt.Errorf("payload is no JSON: %.60q", e.Payload)
	case e.Withdrawn && e.Supersedes == "":
		return e, fmt.Errorf("withdrawn without supersedes; name the event that never counted")
	}
	if e.ID != "" {
		if _, err := ulid.ParseStrict(e.ID); err != nil {
			return e, fmt.Errorf("id %q is no ULID; leave it empty to be given one", e.ID)
		}
	}
	return e, nil
}

// insert runs on the writer's goroutine: places are given in commit order, so
// a reader that follows them never meets a later event before an earlier one.
func (j Journal) insert(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) (uint64, error) {
	if err := checkSuperseded(ctx, tx, tenant, events); err != nil {
		return 0, err
	}
	return j.place(ctx, tx, tenant, events)
}

// place gives the events that are not there yet their places and stores them.
func (j Journal) place(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, events []fact.Event) (uint64, error) {
	stored, err := alreadyThere(ctx, tx, tenant, events)
	if err != nil {
		return 0, err
	}
	var fresh []int
	for i, e := range events {
		if old, ok := stored.find(e); ok {
			if e.ID == old.ID && !sameFact(e, old) {
				return 0, fmt.Errorf("%w: event %d: id %s is taken by another event", fact.ErrRefused, i, e.ID)
			}
			events[i] = old
			continue
		}
		if events[i].ID == "" {
			events[i].ID = j.db.heads.newID(j.db.now())
		}
		events[i].Recorded = j.db.Now()
		stored.add(events[i])
		fresh = append(fresh, i)
	}
	if len(fresh) == 0 {
		return 0, nil
	}
	var last uint64
	if err := tx.NewRaw(`insert into journal_head (tenant, seq) values (?, ?)
		on conflict (tenant) do update set seq = journal_head.seq + excluded.seq returning seq`,
		tenant, len(fresh)).Scan(ctx, &last); err != nil {
		return 0, fmt.Errorf("record: journal place: %w", err)
	}
	for n, i := range fresh {
		events[i].Seq = last - uint64(len(fresh)-1-n)
		stored.add(events[i])
	}
	for i, e := range events { // twins inside this append share what was stored
		if e.Seq == 0 {
			events[i], _ = stored.find(e)
		}
	}
	return last, insertRows(ctx, tx, events, fresh)
}

func insertRows(ctx context.Context, tx bun.Tx, events []fact.Event, fresh []int) error {
	const rowsPerStatement = 100 // beyond it a longer statement gains nothing
	for len(fresh) > 0 {
		n := min(len(fresh), rowsPerStatement)
		var q strings.Builder
		args := make([]any, 0, n*12)
		q.WriteString(`insert into event (tenant, seq, id, kind, subject, occurred, recorded, source, source_seq, supersedes, withdrawn, payload) values `)
		for k, i := range fresh[:n] {
			if k > 0 {
				q.WriteString(`, `)
			}
			q.WriteString(`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
			e := events[i]
			args = append(args, e.Tenant, e.Seq, e.ID, string(e.Kind), string(e.Subject), int64(e.Occurred), int64(e.Recorded),
				e.Source, e.SourceSeq, e.Supersedes, e.Withdrawn, string(e.Payload))
		}
		if _, err := tx.NewRaw(q.String(), args...).Exec(ctx); err != nil {
			return fmt.Errorf("record: append event: %w", err)
		}
		fresh = fresh[n:]
	}
	return nil
}

// sameFact compares what the sender says, not what storing adds.
func sameFact(a, b fact.Event) bool {
	return a.Kind == b.Kind && a.Subject == b.Subject && a.Occurred == b.Occurred && a.Source == b.Source &&
		a.SourceSeq == b.SourceSeq && a.Supersedes == b.Supersedes && a.Withdrawn == b.Withdrawn && string(a.Payload) == string(b.Payload)
}

// heads knows each tenant's last place in the journal and wakes who waits.
type heads struct {
	mu      sync.Mutex
	last    map[plant.TenantNo]uint64
	changed chan struct{}
	ids     *ulid.MonotonicEntropy
	lastMS  uint64
}

func newHeads() *heads {
	return &heads{last: map[plant.TenantNo]uint64{}, changed: make(chan struct{}), ids: ulid.Monotonic(rand.Reader, 0)}
}
