// Package factory keeps the rows of the smart factory's rooms, one file per room
// and what it keeps. Start with [Exchange].
package factory

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/fact"
	"zhigai/factory/exchange"
	"zhigai/plant"
	"zhigai/record"
)

// Exchange keeps partners, messages and what partners were told. It implements
// exchange.Store. Secrets of partners are sealed by the vault.
type Exchange struct {
	db    *record.DB
	vault *access.Vault
}

var _ exchange.Store = Exchange{}

// NewExchange keeps what is exchanged in the record; without a vault secrets are
// kept as they are.
func NewExchange(db *record.DB, vault *access.Vault) Exchange { return Exchange{db, vault} }

// maxPartners of a tenant: each is looked at by itself.
const maxPartners = 20

// secretOf names a partner's secret: it opens for the address that it was
// written for.
func secretOf(tenant plant.TenantNo, p exchange.Partner) string {
	return fmt.Sprintf("exchange/%d/%s\n%s\n%s", tenant, p.ID, p.Way, p.URL)
}

// Partners are those that hold now, by id. See exchange.Store.
func (e Exchange) Partners(ctx context.Context, tenant plant.TenantNo) ([]exchange.Partner, error) {
	rows, err := e.db.Reader().QueryContext(ctx, `select p.rev, p.body from exchange_partner p where p.tenant = ? and not p.ended
		and p.rev = (select max(n.rev) from exchange_partner n where n.tenant = p.tenant and n.id = p.id) order by p.id limit ?`, tenant, maxPartners)
	if err != nil {
		return nil, fmt.Errorf("record: read partners: %w", err)
	}
	out := []exchange.Partner{}
	for rows.Next() {
		var rev int64
		var body string
		if err := rows.Scan(&rev, &body); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		p, err := e.opened(tenant, rev, body)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		out = append(out, p)
	}
	return out, errors.Join(rows.Err(), rows.Close())
}

// opened is a partner with its secret in clear, or with why it cannot be read.
func (e Exchange) opened(tenant plant.TenantNo, rev int64, body string) (p exchange.Partner, err error) {
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return p, fmt.Errorf("record: read partner: %w", err)
	}
	p.Rev = rev
	if p.Secret != "" {
		var open string
		if open, p.Sealed = e.vault.Open(secretOf(tenant, p), p.Secret); p.Sealed != nil {
			open = ""
		}
		p.Secret = open
	}
	return p, nil
}

// SavePartner stores a revision. See exchange.Store.
func (e Exchange) SavePartner(ctx context.Context, tenant plant.TenantNo, p exchange.Partner, seen int64) (exchange.Partner, error) {
	stored := p
	stored.Rev, stored.HasSecret = 0, false
	if p.Secret != "" && e.vault != nil {
		var err error
		if stored.Secret, err = e.vault.Seal(secretOf(tenant, p), p.Secret); err != nil {
			return p, err
		}
	}
	body, err := json.Marshal(stored)
	if err != nil {
		return p, fmt.Errorf("record: write partner %s: %w", p.ID, err)
	}
	p.Rev, err = e.partner(ctx, tenant, p.ID, seen, false, string(body))
	return p, err
}

// DropPartner ends a partner. See exchange.Store.
func (e Exchange) DropPartner(ctx context.Context, tenant plant.TenantNo, id string, seen int64) error {
	_, err := e.partner(ctx, tenant, id, seen, true, `{}`)
	return err
}

// partner stores the next revision of one.
func (e Exchange) partner(ctx context.Context, tenant plant.TenantNo, id string, seen int64, ended bool, body string) (rev int64, err error) {
	err = e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		var was bool
		err := tx.NewRaw(`select rev, ended from exchange_partner where tenant = ? and id = ? order by rev desc limit 1`, tenant, id).Scan(ctx, &rev, &was)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			rev, was = 0, true
		case err != nil:
			return fmt.Errorf("record: read partner %s: %w", id, err)
		}
		switch {
		case was && (ended || seen != 0):
			return fmt.Errorf("partner %s: %w", id, access.ErrNotFound)
		case !was && rev != seen:
			return fmt.Errorf("partner %s is at revision %d, not %d: %w", id, rev, seen, access.ErrConflict)
		}
		if was {
			var all int
			if err := tx.NewRaw(`select count(*) from exchange_partner p where p.tenant = ? and not p.ended and p.rev = (select max(n.rev) from exchange_partner n where n.tenant = p.tenant and n.id = p.id)`, tenant).Scan(ctx, &all); err != nil {
				return fmt.Errorf("record: read partners: %w", err)
			}
			if all >= maxPartners {
				return fmt.Errorf("%w: %d partners; that is as many as there may be", exchange.ErrInvalid, maxPartners)
			}
		}
		rev++
		if _, err := tx.NewRaw(`insert into exchange_partner (tenant, id, rev, ended, at, who, body) values (?, ?, ?, ?, ?, ?, ?)`,
			tenant, id, rev, ended, int64(e.db.Now()), record.Who(ctx), body).Exec(ctx); err != nil {
			return fmt.Errorf("record: save partner %s: %w", id, err)
		}
		return nil
	})
	return rev, err
}

// event is the fact of a step.
func (e Exchange) event(f exchange.Fact) fact.Event {
	return fact.New(fact.KindExchange, "", e.db.Now().Time(), "exchange:"+f.Partner, f)
}

// Take keeps a message that came. See exchange.Store.
func (e Exchange) Take(ctx context.Context, tenant plant.TenantNo, m exchange.Message, parts []exchange.Part) (exchange.Message, bool, error) {
	of := exchange.Ref{Partner: m.Partner, Direction: m.Direction, ID: m.ID}
	for {
		kept, err := e.again(ctx, tenant, of)
		if !errors.Is(err, access.ErrNotFound) {
			return kept, false, err
		}
		m.Key = e.db.NewID()
		f := exchange.Fact{Partner: m.Partner, Direction: m.Direction, Message: m.ID, What: exchange.WhatReceived, Kind: m.Kind, Object: m.Object, Digest: m.Digest, Reason: m.Reason}
		err = e.db.Journal().Import(ctx, tenant, func(ctx context.Context, tx bun.Tx) error {
			if err := insertMessage(ctx, tx, tenant, m); err != nil {
				return err
			}
			return insertParts(ctx, tx, tenant, of, parts)
		}, e.event(f))
		if errors.Is(err, access.ErrConflict) { // the same came by another way meanwhile
			continue
		}
		return m, true, err
	}
}

// again counts that a message came once more.
func (e Exchange) again(ctx context.Context, tenant plant.TenantNo, of exchange.Ref) (exchange.Message, error) {
	kept, err := e.message(ctx, tenant, of)
	if err != nil {
		return kept, err
	}
	kept.Doubles++
	return kept, e.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`update exchange_message set doubles = doubles + 1 where tenant = ? and partner = ? and direction = ? and id = ?`,
			tenant, of.Partner, string(of.Direction), of.ID).Exec(ctx); err != nil {
			return fmt.Errorf("record: count message %s: %w", of.ID, err)
		}
		return nil
	})
}

func insertMessage(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, m exchange.Message) error {
	inline, err := saveBody(ctx, tx, tenant, m.Digest, m.Body)
	if err != nil {
		return err
	}
	words := strings.ToLower(m.ID + "\n" + m.Object)
	if _, err := tx.NewRaw(`insert into exchange_message (tenant, partner, direction, id, key, kind, format, digest, object, parts, state, reason, tries, next_at, doubles, at, changed, words, body)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tenant, m.Partner, string(m.Direction), m.ID, m.Key, string(m.Kind), string(m.Format), m.Digest, m.Object, m.Parts, string(m.State), m.Reason, m.Tries, int64(m.Next), m.Doubles,
		int64(m.At), int64(m.Changed), words, inline).Exec(ctx); err != nil {
		return fmt.Errorf("record: save message %s: %w", m.ID, err)
	}
	return nil
}

func insertParts(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, of exchange.Ref, parts []exchange.Part) error {
	const rowsPerStatement = 50
	for chunk := range slices.Chunk(parts, rowsPerStatement) {
		var q strings.Builder
		q.WriteString(`insert into exchange_part (tenant, partner, message, no, kind, object, version, state, reason, digest, body) values `)
		var args []any
		for i, p := range chunk {
			if i > 0 {
				q.WriteString(`, `)
			}
			q.WriteString(`(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
			args = append(args, tenant, of.Partner, of.ID, p.No, string(p.Kind), p.Object, p.Version, string(p.State), p.Reason, p.Digest, string(p.Body))
		}
		if _, err := tx.NewRaw(q.String(), args...).Exec(ctx); err != nil {
			return fmt.Errorf("record: save parts of message %s: %w", of.ID, err)
		}
	}
	return nil
}
