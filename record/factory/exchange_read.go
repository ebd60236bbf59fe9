package factory

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/factory/exchange"
	"zhigai/plant"
)

const (
	// inlineBytes of a body stand in the message's own row, larger ones in pieces
	// of pieceBytes: as text they stay below what both databases read at once.
	inlineBytes = 48 << 10
	pieceBytes  = 512 << 10
	maxPieces   = exchange.MaxBytes/pieceBytes + 1
)

// saveBody keeps what does not fit into the row and gives what does.
func saveBody(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, digest string, body []byte) (inline string, err error) {
	if len(body) <= inlineBytes {
		return base64.StdEncoding.EncodeToString(body), nil
	}
	no := 0
	for piece := range slices.Chunk(body, pieceBytes) {
		if _, err := tx.NewRaw(`insert into exchange_body (tenant, sha256, part, data) values (?, ?, ?, ?) on conflict (tenant, sha256, part) do nothing`,
			tenant, digest, no, base64.StdEncoding.EncodeToString(piece)).Exec(ctx); err != nil {
			return "", fmt.Errorf("record: save body %s: %w", digest, err)
		}
		no++
	}
	return "", nil
}

func (e Exchange) body(ctx context.Context, tenant plant.TenantNo, digest, inline string) ([]byte, error) {
	pieces := []string{inline}
	if inline == "" {
		pieces = nil
		if err := e.db.Reader().NewRaw(`select data from exchange_body where tenant = ? and sha256 = ? order by part limit ?`, tenant, digest, maxPieces).Scan(ctx, &pieces); err != nil {
			return nil, fmt.Errorf("record: read body %s: %w", digest, err)
		}
	}
	var out []byte
	for _, p := range pieces {
		raw, err := base64.StdEncoding.DecodeString(p)
		if err != nil {
			return nil, fmt.Errorf("record: body %s: %w", digest, err)
		}
		out = append(out, raw...)
	}
	return out, nil
}

const messageColumns = `m.partner, m.direction, m.id, m.key, m.kind, m.format, m.digest, m.object, m.parts, m.state, m.reason, m.tries, m.next_at, m.doubles, m.at, m.changed, m.body`

// messages reads rows; whole ones with their bodies.
func (e Exchange) messages(ctx context.Context, tenant plant.TenantNo, whole bool, where string, args ...any) ([]exchange.Message, error) {
	rows, err := e.db.Reader().QueryContext(ctx, `select `+messageColumns+` from exchange_message m where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read messages: %w", err)
	}
	out := []exchange.Message{}
	var bodies []string
	for rows.Next() {
		var m exchange.Message
		var body string
		if err := rows.Scan(&m.Partner, &m.Direction, &m.ID, &m.Key, &m.Kind, &m.Format, &m.Digest, &m.Object, &m.Parts, &m.State, &m.Reason, &m.Tries, &m.Next, &m.Doubles, &m.At, &m.Changed, &body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out, bodies = append(out, m), append(bodies, body)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("record: read messages: %w", err)
	}
	for i := range out {
		if !whole {
			break
		}
		if out[i].Body, err = e.body(ctx, tenant, out[i].Digest, bodies[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// message is one with its body.
func (e Exchange) message(ctx context.Context, tenant plant.TenantNo, of exchange.Ref) (exchange.Message, error) {
	found, err := e.messages(ctx, tenant, true, `m.tenant = ? and m.partner = ? and m.direction = ? and m.id = ? limit 1`, tenant, of.Partner, string(of.Direction), of.ID)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%w: message %s", access.ErrNotFound, of.ID)
	}
	if err != nil {
		return exchange.Message{}, err
	}
	return found[0], nil
}

// Message is one with its parts. See exchange.Store.
func (e Exchange) Message(ctx context.Context, tenant plant.TenantNo, of exchange.Ref) (exchange.Message, []exchange.Part, error) {
	m, err := e.message(ctx, tenant, of)
	if err != nil || of.Direction == exchange.Out {
		return m, []exchange.Part{}, err
	}
	rows, err := e.db.Reader().QueryContext(ctx, `select no, kind, object, version, state, reason, digest, body from exchange_part where tenant = ? and partner = ? and message = ? order by no limit ?`,
		tenant, of.Partner, of.ID, exchange.MaxParts)
	if err != nil {
		return m, nil, fmt.Errorf("record: read parts of message %s: %w", of.ID, err)
	}
	parts := []exchange.Part{}
	for rows.Next() {
		var p exchange.Part
		var body string
		if err := rows.Scan(&p.No, &p.Kind, &p.Object, &p.Version, &p.State, &p.Reason, &p.Digest, &body); err != nil {
			return m, nil, errors.Join(err, rows.Close())
		}
		p.Body = []byte(body)
		parts = append(parts, p)
	}
	return m, parts, errors.Join(rows.Err(), rows.Close())
}

// Waiting are messages that are due. See exchange.Store.
func (e Exchange) Waiting(ctx context.Context, tenant plant.TenantNo, partner string, d exchange.Direction, now plant.Instant, limit int) ([]exchange.Message, error) {
	state := exchange.Received
	if d == exchange.Out {
		state = exchange.Queued
	}
	return e.messages(ctx, tenant, d == exchange.Out, `m.tenant = ? and m.partner = ? and m.direction = ? and m.state = ? and m.next_at <= ? order by m.key limit ?`,
		tenant, partner, string(d), string(state), int64(now), limit)
}

// Messages are newest first. See exchange.Store.
func (e Exchange) Messages(ctx context.Context, tenant plant.TenantNo, f exchange.Filter) ([]exchange.Message, error) {
	where, args := []string{`m.tenant = ?`}, []any{tenant}
	add := func(cond string, values ...any) { where, args = append(where, cond), append(args, values...) }
	if f.Partner != "" {
		add(`m.partner = ?`, f.Partner)
	}
	if f.Direction != "" {
		add(`m.direction = ?`, string(f.Direction))
	}
	if len(f.States) > 0 {
		add(`m.state in (?)`, bun.List(f.States))
	}
	if f.Object != "" {
		add(`(m.object = ? or m.direction = ? and exists (select 1 from exchange_part p where p.tenant = m.tenant and p.partner = m.partner and p.message = m.id and p.object = ?))`, f.Object, string(exchange.In), f.Object)
	}
	if f.Text != "" {
		pattern := `%` + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(f.Text)) + `%`
		add(`m.words like ? escape '!'`, pattern)
	}
	if f.After != "" {
		add(`m.key < ?`, f.After)
	}
	return e.messages(ctx, tenant, false, strings.Join(where, ` and `)+` order by m.key desc limit ?`, append(args, f.Limit)...)
}

// Counts are those of a partner's messages. See exchange.Store.
func (e Exchange) Counts(ctx context.Context, tenant plant.TenantNo, partner string) (exchange.Counts, error) {
	var c exchange.Counts
	rows, err := e.db.Reader().QueryContext(ctx, `select direction, state, count(*), min(at), max(at), max(changed) from exchange_message where tenant = ? and partner = ? group by direction, state`, tenant, partner)
	if err != nil {
		return c, fmt.Errorf("record: count messages: %w", err)
	}
	for rows.Next() {
		var d exchange.Direction
		var s exchange.State
		var n int64
		var first, last, changed plant.Instant
		if err := rows.Scan(&d, &s, &n, &first, &last, &changed); err != nil {
			return c, errors.Join(err, rows.Close())
		}
		if d == exchange.In {
			c.Heard = max(c.Heard, last)
		}
		switch s {
		case exchange.Received:
			c.Received = n
		case exchange.Refused, exchange.Partly:
			c.Refused += n
		case exchange.Done:
			c.Done = n
		case exchange.Queued:
			c.Queued, c.Oldest = n, first
		case exchange.Dead:
			c.Dead = n
		case exchange.Acknowledged:
			c.Acknowledged, c.Took = n, changed
		}
	}
	return c, errors.Join(rows.Err(), rows.Close())
}

const objectColumns = `kind, object, version, digest, message, at, opened, body`

func objects(rows *sql.Rows, err error) ([]exchange.Object, error) {
	if err != nil {
		return nil, fmt.Errorf("record: read what was exchanged: %w", err)
	}
	out := []exchange.Object{}
	for rows.Next() {
		var o exchange.Object
		var body string
		if err := rows.Scan(&o.Kind, &o.Object, &o.Version, &o.Digest, &o.Message, &o.At, &o.Open, &body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		o.Body = []byte(body)
		out = append(out, o)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// Object is the newest version. See exchange.Store.
func (e Exchange) Object(ctx context.Context, tenant plant.TenantNo, partner string, k exchange.Kind, object string) (exchange.Object, error) {
	found, err := objects(e.db.Reader().QueryContext(ctx, `select `+objectColumns+` from exchange_object where tenant = ? and partner = ? and kind = ? and object = ? limit 1`, tenant, partner, string(k), object))
	if err != nil || len(found) == 0 {
		return exchange.Object{}, err
	}
	return found[0], nil
}

// Objects are by name. See exchange.Store.
func (e Exchange) Objects(ctx context.Context, tenant plant.TenantNo, partner string, k exchange.Kind, open bool, after string, limit int) ([]exchange.Object, error) {
	opened := ``
	if open {
		opened = ` and opened`
	}
	return objects(e.db.Reader().QueryContext(ctx, `select `+objectColumns+` from exchange_object where tenant = ? and partner = ? and kind = ? and object > ?`+opened+` order by object limit ?`,
		tenant, partner, string(k), after, limit))
}

// Told is what the partner was told of an order. See exchange.Store.
func (e Exchange) Told(ctx context.Context, tenant plant.TenantNo, partner, number string) ([]exchange.Told, error) {
	rows, err := e.db.Reader().QueryContext(ctx, `select object, job, seq, state, good, scrap, rework from exchange_told where tenant = ? and partner = ? and object = ? order by job limit ?`,
		tenant, partner, number, maxJobs)
	if err != nil {
		return nil, fmt.Errorf("record: read what was told of %s: %w", number, err)
	}
	out := []exchange.Told{}
	for rows.Next() {
		var t exchange.Told
		if err := rows.Scan(&t.Number, &t.Job, &t.Seq, &t.State, &t.Total.Good, &t.Total.Scrap, &t.Total.Rework); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, t)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// maxJobs of one order, and the order itself.
const maxJobs = 10_000
