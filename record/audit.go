package record

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// maxAudit bounds one page of the audit; readers page on by the last Seq.
const maxAudit = 10_000

const auditColumns = `seq, at, who, action, object, was, became, prev, hash`

// AppendAudit reads the tenant's last entry, lets chain build on it and stores
// the result, all on the writer's goroutine, so that two entries never build
// on the same one.
func (a Access) AppendAudit(ctx context.Context, e access.Entry, chain func(prev, e access.Entry) access.Entry) (access.Entry, error) {
	var out access.Entry
	err := a.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		last, err := auditEntries(ctx, tx, e.Tenant, `tenant = ? order by seq desc limit 1`, e.Tenant)
		if err != nil {
			return err
		}
		prev := access.Entry{Tenant: e.Tenant}
		if len(last) > 0 {
			prev = last[0]
		}
		out = chain(prev, e)
		if out.Tenant != e.Tenant || out.Seq != prev.Seq+1 || out.Prev != prev.Hash || out.Hash == "" {
			return fmt.Errorf("record: BUG: audit entry %d does not follow entry %d", out.Seq, prev.Seq)
		}
		if _, err := tx.NewRaw(`insert into audit (tenant, `+auditColumns+`) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			out.Tenant, out.Seq, out.At.UnixMicro(), out.Who, out.Action, out.Object, out.Before, out.After, out.Prev, out.Hash).Exec(ctx); err != nil {
			return fmt.Errorf("record: append audit: %w", err)
		}
		return nil
	})
	if err != nil {
		return access.Entry{}, err
	}
	return out, nil
}

// Audit lists the tenant's entries behind afterSeq, in order.
func (a Access) Audit(ctx context.Context, tenant plant.TenantNo, afterSeq uint64, limit int) ([]access.Entry, error) {
	return auditPage(ctx, a.db.read, tenant, afterSeq, limit)
}

// AuditOf implements [access.AuditStore].
func (a Access) AuditOf(ctx context.Context, tenant plant.TenantNo, actions []string, limit int) ([]access.Entry, error) {
	return auditEntries(ctx, a.db.read, tenant, `tenant = ? and action in (?) order by seq desc limit ?`, tenant, bun.List(actions), min(limit, maxAudit))
}

// FindAudit implements [access.AuditStore].
func (a Access) FindAudit(ctx context.Context, tenant plant.TenantNo, q access.AuditQuery, limit int) ([]access.Entry, error) {
	where, args := auditWhere(tenant, q)
	return auditEntries(ctx, a.db.read, tenant, where+` order by seq desc limit ?`, append(args, min(limit, maxAudit))...)
}

// CountAudit implements [access.AuditStore].
func (a Access) CountAudit(ctx context.Context, tenant plant.TenantNo, q access.AuditQuery, limit int) (n int, err error) {
	where, args := auditWhere(tenant, q)
	if err := a.db.read.QueryRowContext(ctx, `select count(*) from (select seq from audit where `+where+` limit ?) as found`, append(args, limit)...).Scan(&n); err != nil {
		return 0, fmt.Errorf("record: count audit: %w", err)
	}
	return n, nil
}

func auditWhere(tenant plant.TenantNo, q access.AuditQuery) (string, []any) {
	where, args := []string{`tenant = ?`}, []any{tenant}
	and := func(cond string, arg any) { where, args = append(where, cond), append(args, arg) }
	for column, part := range map[string]string{"who": q.Who, "action": q.Action, "object": q.Object} {
		if part != "" {
			and(`lower(`+column+`) like ? escape '!'`, "%"+likeWord.Replace(strings.ToLower(part))+"%")
		}
	}
	switch q.Kind {
	case access.AuditReads:
		and(`action like ?`, "%"+access.ReadSuffix)
	case access.AuditSessions:
		and(`action like ?`, access.SessionPrefix+"%")
	case access.AuditChanges:
		and(`action not like ?`, "%"+access.ReadSuffix)
		and(`action not like ?`, access.SessionPrefix+"%")
	}
	if !q.From.IsZero() {
		and(`at >= ?`, q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		and(`at < ?`, q.To.UnixMicro())
	}
	if q.Before != 0 {
		and(`seq < ?`, q.Before)
	}
	return strings.Join(where, ` and `), args
}

// likeWord makes a text one that "like" takes by the letter, with ! to escape.
var likeWord = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

func auditPage(ctx context.Context, db bun.IDB, tenant plant.TenantNo, afterSeq uint64, limit int) ([]access.Entry, error) {
	if limit <= 0 || limit > maxAudit {
		limit = maxAudit
	}
	return auditEntries(ctx, db, tenant, `tenant = ? and seq > ? order by seq limit ?`, tenant, afterSeq, limit)
}

func auditEntries(ctx context.Context, db bun.IDB, tenant plant.TenantNo, where string, args ...any) ([]access.Entry, error) {
	rows, err := db.QueryContext(ctx, `select `+auditColumns+` from audit where `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("record: read audit: %w", err)
	}
	var out []access.Entry
	for rows.Next() {
		e := access.Entry{Tenant: tenant}
		var at int64
		if err := rows.Scan(&e.Seq, &at, &e.Who, &e.Action, &e.Object, &e.Before, &e.After, &e.Prev, &e.Hash); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		e.At = plant.Micros(at).Time()
		out = append(out, e)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("record: read audit: %w", err)
	}
	return out, nil
}
