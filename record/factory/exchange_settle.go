package factory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/factory/exchange"
	"zhigai/plant"
	"zhigai/record"
)

// Along lets the next commit of a room settle a part. See exchange.Store.
func (e Exchange) Along(ctx context.Context, tenant plant.TenantNo, s exchange.Settled) (context.Context, func() bool) {
	p := s.Part
	f := exchange.Fact{
		Partner: s.Ref.Partner, Direction: s.Ref.Direction, Message: s.Ref.ID, What: exchange.What(p.State), Part: p.No, Kind: p.Kind, Object: p.Object, Version: p.Version, Digest: p.Digest, Reason: p.Reason, By: s.By,
	}
	return record.Together(ctx, func(ctx context.Context, tx bun.Tx) error { return e.settle(ctx, tx, tenant, s) }, e.event(f))
}

// Settle settles a part. See exchange.Store.
func (e Exchange) Settle(ctx context.Context, tenant plant.TenantNo, s exchange.Settled) error {
	ctx, _ = e.Along(ctx, tenant, s)
	return e.db.Journal().Import(ctx, tenant, func(context.Context, bun.Tx) error { return nil })
}

// changedRows is how many rows a statement changed.
func changedRows(res sql.Result, err error, what string) (int64, error) {
	if err != nil {
		return 0, fmt.Errorf("record: %s: %w", what, err)
	}
	return res.RowsAffected()
}

func (e Exchange) settle(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, s exchange.Settled) error {
	p := s.Part
	res, err := tx.NewRaw(`update exchange_part set state = ?, reason = ? where tenant = ? and partner = ? and message = ? and no = ? and state = ?`,
		string(p.State), p.Reason, tenant, s.Ref.Partner, s.Ref.ID, p.No, string(exchange.Pending)).Exec(ctx)
	n, err := changedRows(res, err, "settle part of message "+s.Ref.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return fmt.Errorf("part %d of message %s: %w", p.No, s.Ref.ID, exchange.ErrTaken)
	}
	if p.State == exchange.Applied {
		if err := e.newest(ctx, tx, tenant, s); err != nil {
			return err
		}
	}
	return e.ofParts(ctx, tx, tenant, s.Ref, p.Reason)
}

// newest makes a part the newest version of what it is about.
func (e Exchange) newest(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, s exchange.Settled) error {
	p := s.Part
	var version int64
	var digest string
	err := tx.NewRaw(`select version, digest from exchange_object where tenant = ? and partner = ? and kind = ? and object = ? limit 1`, tenant, s.Ref.Partner, string(p.Kind), p.Object).Scan(ctx, &version, &digest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return fmt.Errorf("record: read version of %s: %w", p.Object, err)
	case version >= p.Version:
		return fmt.Errorf("%s %s: version %d: %w", p.Kind, p.Object, version, exchange.ErrOlder)
	}
	if digest != s.Upon { // a difference to what is not so any more must not be booked
		return fmt.Errorf("%s %s: version %d came meanwhile: %w", p.Kind, p.Object, version, exchange.ErrOlder)
	}
	if _, err := tx.NewRaw(`insert into exchange_object (tenant, partner, kind, object, version, digest, message, at, opened, body) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, partner, kind, object) do update set version = excluded.version, digest = excluded.digest, message = excluded.message, at = excluded.at, opened = excluded.opened, body = excluded.body`,
		tenant, s.Ref.Partner, string(p.Kind), p.Object, p.Version, p.Digest, s.Ref.ID, int64(e.db.Now()), p.Kind == exchange.KindOrder, string(p.Body)).Exec(ctx); err != nil {
		return fmt.Errorf("record: save version of %s: %w", p.Object, err)
	}
	return nil
}

// ofParts gives a message the state that its parts make.
func (e Exchange) ofParts(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, of exchange.Ref, reason string) error {
	var rows []struct {
		State string
		N     int64
	}
	if err := tx.NewRaw(`select state, count(*) as n from exchange_part where tenant = ? and partner = ? and message = ? group by state`, tenant, of.Partner, of.ID).Scan(ctx, &rows); err != nil {
		return fmt.Errorf("record: read parts of message %s: %w", of.ID, err)
	}
	var states []exchange.PartState
	for _, r := range rows { // how many there are of a state does not matter
		states = append(states, exchange.PartState(r.State))
	}
	state := exchange.StateOf(states)
	if _, err := tx.NewRaw(`update exchange_message set state = ?, changed = ?, tries = 0, next_at = 0, reason = case when ? then ? when ? then '' else reason end where tenant = ? and partner = ? and direction = ? and id = ?`,
		string(state), int64(e.db.Now()), reason != "" && (state == exchange.Refused || state == exchange.Partly), reason, state == exchange.Done, tenant, of.Partner, string(exchange.In), of.ID).Exec(ctx); err != nil {
		return fmt.Errorf("record: save state of message %s: %w", of.ID, err)
	}
	return nil
}

// Delay notes why a message waits. See exchange.Store.
func (e Exchange) Delay(ctx context.Context, tenant plant.TenantNo, of exchange.Ref, a exchange.Attempt) error {
	return e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update exchange_message set tries = tries + 1, next_at = ?, reason = ?, changed = ? where tenant = ? and partner = ? and direction = ? and id = ? and state in (?)`,
			int64(a.Next), a.Reason, int64(e.db.Now()), tenant, of.Partner, string(of.Direction), of.ID, bun.List([]exchange.State{exchange.Received, exchange.Queued})).Exec(ctx); err != nil {
			return fmt.Errorf("record: delay message %s: %w", of.ID, err)
		}
		return nil
	})
}

// Again makes refused parts pending, or a dead letter queued. See exchange.Store.
func (e Exchange) Again(ctx context.Context, tenant plant.TenantNo, of exchange.Ref, by string, parts []exchange.Part) error {
	what := exchange.WhatAgain
	if of.Direction == exchange.Out {
		what = exchange.WhatResent
	}
	return e.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		if of.Direction == exchange.Out {
			return e.move(ctx, tx, tenant, of, exchange.Queued, "", exchange.Dead)
		}
		if err := e.move(ctx, tx, tenant, of, exchange.Received, "", exchange.Refused, exchange.Partly); err != nil {
			return err
		}
		if len(parts) > 0 {
			first := parts[0]
			if _, err := tx.NewRaw(`update exchange_message set kind = ?, object = ?, parts = ? where tenant = ? and partner = ? and direction = ? and id = ?`,
				string(first.Kind), first.Object, len(parts), tenant, of.Partner, string(of.Direction), of.ID).Exec(ctx); err != nil {
				return fmt.Errorf("record: read message %s again: %w", of.ID, err)
			}
			return insertParts(ctx, tx, tenant, of, parts)
		}
		if _, err := tx.NewRaw(`update exchange_part set state = ?, reason = '' where tenant = ? and partner = ? and message = ? and state = ?`,
			string(exchange.Pending), tenant, of.Partner, of.ID, string(exchange.PartOff)).Exec(ctx); err != nil {
			return fmt.Errorf("record: try message %s again: %w", of.ID, err)
		}
		return nil
	}, e.event(exchange.Fact{Partner: of.Partner, Direction: of.Direction, Message: of.ID, What: what, By: by}))
}

// move takes a message from one of some states to another, due at once.
func (e Exchange) move(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, of exchange.Ref, to exchange.State, reason string, from ...exchange.State) error {
	res, err := tx.NewRaw(`update exchange_message set state = ?, reason = ?, changed = ?, tries = 0, next_at = 0 where tenant = ? and partner = ? and direction = ? and id = ? and state in (?)`,
		string(to), reason, int64(e.db.Now()), tenant, of.Partner, string(of.Direction), of.ID, bun.List(from)).Exec(ctx)
	n, err := changedRows(res, err, "change message "+of.ID)
	if err == nil && n == 0 {
		err = errNotSo
	}
	return err
}

// errNotSo is a message that is in none of the states that were asked for.
var errNotSo = fmt.Errorf("%w: the message is not refused or dead (any more)", exchange.ErrInvalid)

// Queue stores messages that go out. See exchange.Store.
func (e Exchange) Queue(ctx context.Context, tenant plant.TenantNo, partner, number string, out []exchange.Message, told []exchange.Told, closed bool) error {
	var events []fact.Event
	for i, m := range out {
		out[i].Key = e.db.NewID()
		events = append(events, e.event(exchange.Fact{Partner: partner, Direction: exchange.Out, Message: m.ID, What: exchange.WhatQueued, Kind: m.Kind, Object: number, Digest: m.Digest, Seq: told[i].Seq, Total: &told[i].Total}))
	}
	return e.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		for _, t := range told {
			if err := tell(ctx, tx, tenant, partner, t); err != nil {
				return err
			}
		}
		for _, m := range out {
			if err := insertMessage(ctx, tx, tenant, m); err != nil {
				return err
			}
		}
		if !closed {
			return nil
		}
		if _, err := tx.NewRaw(`update exchange_object set opened = false where tenant = ? and partner = ? and kind = ? and object = ?`, tenant, partner, string(exchange.KindOrder), number).Exec(ctx); err != nil {
			return fmt.Errorf("record: close order %s: %w", number, err)
		}
		return nil
	}, events...)
}

func tell(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, partner string, t exchange.Told) error {
	var seq int64
	if err := tx.NewRaw(`select coalesce(max(seq), 0) from exchange_told where tenant = ? and partner = ? and object = ? and job = ?`, tenant, partner, t.Number, t.Job).Scan(ctx, &seq); err != nil {
		return fmt.Errorf("record: read what was told of %s: %w", t.Number, err)
	}
	if seq != t.Seq-1 {
		return fmt.Errorf("order %s was told of %d times, not %d: %w", t.Number, seq, t.Seq-1, access.ErrConflict)
	}
	if _, err := tx.NewRaw(`insert into exchange_told (tenant, partner, object, job, seq, state, good, scrap, rework) values (?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (tenant, partner, object, job) do update set seq = excluded.seq, state = excluded.state, good = excluded.good, scrap = excluded.scrap, rework = excluded.rework`,
		tenant, partner, t.Number, t.Job, t.Seq, t.State, t.Total.Good, t.Total.Scrap, t.Total.Rework).Exec(ctx); err != nil {
		return fmt.Errorf("record: save what was told of %s: %w", t.Number, err)
	}
	return nil
}

// Attempted notes what came of sending a message. See exchange.Store.
func (e Exchange) Attempted(ctx context.Context, tenant plant.TenantNo, of exchange.Ref, a exchange.Attempt) error {
	if a.State == exchange.Queued {
		return e.Delay(ctx, tenant, of, a)
	}
	what, from := exchange.WhatAcknowledged, []exchange.State{exchange.Queued, exchange.Dead}
	if a.State == exchange.Dead {
		what, from = exchange.WhatDead, []exchange.State{exchange.Queued}
	}
	err := e.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
		return e.move(ctx, tx, tenant, of, a.State, a.Reason, from...)
	}, e.event(exchange.Fact{Partner: of.Partner, Direction: of.Direction, Message: of.ID, What: what, Reason: a.Reason}))
	if errors.Is(err, errNotSo) { // it was acknowledged already
		return nil
	}
	return err
}
