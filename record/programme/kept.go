package programme

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/programme/target"
	"zhigai/record"
)

var _ target.KeptStore = Registers{}

// maxKept bounds the rows of a year: every county and city that there was.
const maxKept = 10_000

// Head implements target.KeptStore.
func (r Registers) Head(ctx context.Context, tenant plant.TenantNo) (uint64, error) {
	var head uint64
	err := r.db.Reader().QueryRowContext(ctx, `select seq from target_head where tenant = ?`, tenant).Scan(&head)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("record: head of targets: %w", err)
	}
	return head, nil
}

// Kept implements target.KeptStore.
func (r Registers) Kept(ctx context.Context, tenant plant.TenantNo, as target.KeptAs) ([]target.Kept, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select region, seq, body from target_county where tenant = ? and year = ? and base = ? and rules = ? order by region limit ?`,
		tenant, as.Year, as.Base, as.Rules, maxKept)
	return collect(rows, err, func(rows *sql.Rows) (k target.Kept, err error) {
		var body string
		if err = rows.Scan(&k.Region, &k.Seq, &body); err == nil {
			err = json.Unmarshal([]byte(body), &k.Parts)
		}
		return k, err
	})
}

// Changed implements target.KeptStore.
func (r Registers) Changed(ctx context.Context, tenant plant.TenantNo, after uint64, years []int) (map[string]uint64, error) {
	rows, err := r.db.Reader().QueryContext(ctx, `select region, max(seq) from target_changed where tenant = ? and seq > ? and year in (?) group by region limit ?`,
		tenant, after, bun.List(years), maxKept)
	out := map[string]uint64{}
	_, err = collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var region string
		var seq uint64
		err = rows.Scan(&region, &seq)
		out[region] = seq
		return none, err
	})
	return out, err
}

// SaveKept implements target.KeptStore.
func (r Registers) SaveKept(ctx context.Context, tenant plant.TenantNo, as target.KeptAs, all bool, rows []target.Kept) error {
	values := make([]any, len(rows))
	for i, k := range rows {
		body, err := json.Marshal(k.Parts)
		if err != nil {
			return fmt.Errorf("record: terms of %s: %w", k.Region, err)
		}
		values[i] = row(tenant, as.Year, as.Base, k.Region, as.Rules, k.Seq, string(body))
	}
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if all {
			if _, err := tx.NewRaw(`delete from target_county where tenant = ? and year = ? and base = ?`, tenant, as.Year, as.Base).Exec(ctx); err != nil {
				return fmt.Errorf("record: forget terms of counties: %w", err)
			}
		}
		for part := range chunks(values) {
			if _, err := tx.NewRaw(`insert into target_county (tenant, year, base, region, rules, seq, body) values ?
				on conflict (tenant, year, base, region) do update set rules = excluded.rules, seq = excluded.seq, body = excluded.body`, bun.List(part)).Exec(ctx); err != nil {
				return fmt.Errorf("record: keep terms of counties: %w", err)
			}
		}
		return nil
	})
}

// DropKept implements target.KeptStore.
func (r Registers) DropKept(ctx context.Context, tenant plant.TenantNo) error {
	return r.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(`delete from target_county where tenant = ?`, tenant).Exec(ctx); err != nil {
			return fmt.Errorf("record: forget terms of counties: %w", err)
		}
		return nil
	})
}

// advance numbers a change of what targets are made of. Changes commit in the
// order of their numbers: on PostgreSQL the row is held until then.
func advance(ctx context.Context, tx bun.Tx, tenant plant.TenantNo) (seq int64, err error) {
	err = tx.NewRaw(`insert into target_head (tenant, seq) values (?, 1) on conflict (tenant) do update set seq = target_head.seq + 1 returning seq`, tenant).Scan(ctx, &seq)
	if err != nil {
		return 0, fmt.Errorf("record: head of targets: %w", err)
	}
	return seq, nil
}

const overwrites = ` on conflict (tenant, region, year) do update set seq = excluded.seq`

// changedFirms notes that facts of firms in the year changed (0: in any), at the
// counties where they stand or stood.
func changedFirms(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, year int, firms ...string) error {
	if len(firms) == 0 {
		return nil
	}
	seq, err := advance(ctx, tx, tenant)
	if err != nil {
		return err
	}
	return noteFirms(ctx, tx, tenant, seq, year, firms)
}

// stood are the regions where firms stand or stood. SQLite takes its way by firm
// only to rows that are wanted in that order: it would read the regions of all
// firms from their index otherwise.
const stood = `select tenant, region from firm_version where tenant = ? and firm in (?) order by firm, valid_from limit ?`

func noteFirms(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, seq int64, year int, firms []string) error {
	_, err := tx.NewRaw(`insert into target_changed (tenant, region, year, seq) select distinct tenant, region, cast(? as bigint), cast(? as bigint) from
		(`+stood+`) stood where true`+overwrites,
		year, seq, tenant, bun.List(firms), len(firms)*maxHistory).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record: note what changed: %w", err)
	}
	return nil
}

// changedPlants notes that machine days of plants changed, at the counties of
// their firms.
func changedPlants(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, year int, owners []plant.NodeID) error {
	var firms []string
	for part := range chunks(owners) {
		var some []string
		if err := tx.NewRaw(`select distinct firm from machine_owner where tenant = ? and owner in (?) and firm <> '' order by firm`, tenant, bun.List(part)).Scan(ctx, &some); err != nil {
			return fmt.Errorf("record: firms of plants: %w", err)
		}
		firms = append(firms, some...)
	}
	for part := range chunks(firms) {
		if err := changedFirms(ctx, tx, tenant, year, part...); err != nil {
			return err
		}
	}
	return nil
}

// changedEntry notes that a register entry changed, and with it perhaps a firm.
func changedEntry(ctx context.Context, tx bun.Tx, tenant plant.TenantNo, firm string) error {
	seq, err := advance(ctx, tx, tenant)
	if err != nil {
		return err
	}
	if _, err := tx.NewRaw(`insert into target_changed (tenant, region, year, seq) values (?, ?, 0, ?)`+overwrites, tenant, target.EntriesRegion, seq).Exec(ctx); err != nil {
		return fmt.Errorf("record: note what changed: %w", err)
	}
	if firm == "" {
		return nil
	}
	return noteFirms(ctx, tx, tenant, seq, 0, []string{firm})
}

// ofFirmsIn is the condition that a column names a firm that stands or stood in
// the areas.
func ofFirmsIn(column string, tenant plant.TenantNo, areas []access.Area) schema.QueryWithArgs {
	if slices.Contains(areas, (access.Area{})) {
		return schema.SafeQuery(`1 = 1`, nil)
	}
	return schema.SafeQuery(column+` in (select v.firm from firm_version v where v.tenant = ? and ?)`, []any{tenant, record.InAreas("v.region", "v.sector", "v.firm", areas)})
}
