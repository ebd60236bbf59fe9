package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"strings"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
)

// ErrNotEmpty is a target of a copy that holds rows already.
var ErrNotEmpty = errors.New("record: the target is not empty")

// tables are all tables of a record with the key that gives their order.
var tables = []struct{ name, key string }{
	{"access_factor", "tenant, user_id"},
	{"access_link", "tenant, hash"},
	{"access_linking", "tenant, issuer, subject"},
	{"access_provider", "tenant, id"},
	{"access_role", "tenant, id"},
	{"access_session", "tenant, hash"},
	{"access_token", "tenant, id"},
	{"access_user", "tenant, id"},
	{"advice", "tenant, id, rev"},
	{"alarm_delivery", "tenant, id"},
	{"alarm_finding", "tenant, id"},
	{"alarm_limit", "tenant, id, rev"},
	{"alarm_mode", "tenant, node, alarm"},
	{"andon_call", "tenant, id"},
	{"audit", "tenant, seq"},
	{"benchmark_cell", "tenant, measure, year, region, sector"},
	{"benchmark_issue", "tenant, measure, year, number"},
	{"benchmark_member", "tenant, measure, year, number, firm"},
	{"component_document", "tenant, kind, id"},
	{"component_run", "tenant, revision, at"},
	{"diagnosis", "tenant, id"},
	{"diagnosis_file", "tenant, sha256, part"},
	{"display_document", "tenant, kind, id"},
	{"energy_baseline", "tenant, place, code, rev"},
	{"energy_network", "tenant, place, rev"},
	{"energy_replacement", "tenant, place, code, rev"},
	{"evaluation_round", "tenant, id"},
	{"evaluation_score", "tenant, round, revision, place"},
	{"event", "tenant, seq"},
	{"evidence_expiry", "tenant, tag"},
	{"evidence_leaf", "tenant, number, tag, day"},
	{"evidence_seal", "tenant, number"},
	{"evidence_touch", "tenant, tag, day, recorded"},
	{"exchange_body", "tenant, sha256, part"},
	{"exchange_message", "tenant, partner, direction, id"},
	{"exchange_object", "tenant, partner, kind, object"},
	{"exchange_part", "tenant, partner, message, no"},
	{"exchange_partner", "tenant, id, rev"},
	{"exchange_told", "tenant, partner, object, job"},
	{"expert", "tenant, id, rev"},
	{"expert_dispatch", "tenant, id, rev"},
	{"expert_station", "tenant, id, rev"},
	{"expert_visit", "tenant, id, rev"},
	{"figure_node", "tenant, path, node"},
	{"figure_row", "tenant, node, win_from, product"},
	{"figure_window", "tenant, node, win_from"},
	{"firm", "tenant, id"},
	{"firm_change", "tenant, firm, rev"},
	{"firm_head", "tenant"},
	{"firm_import", "tenant, id"},
	{"firm_return", "tenant, firm, year, name, rev"},
	{"firm_version", "tenant, firm, valid_from"},
	{"firm_year", "tenant, firm, year"},
	{"handshake_document", "tenant, kind, id"},
	{"health_point", "tenant, id"},
	{"health_reading", "tenant, point, at"},
	{"job_order", "tenant, order_id, no"},
	{"journal_head", "tenant"},
	{"library_file", "tenant, kind, id, version"},
	{"line_layout", "tenant, line, rev"},
	{"link_announced", "tenant"},
	{"link_code", "hash"},
	{"link_lease", "node"},
	{"link_model", "node"},
	{"link_node", "id"},
	{"link_progress", "node, stream"},
	{"link_settings", "node, number"},
	{"loop_document", "tenant, kind, id"},
	{"machine_aside", "tenant, owner, node, machine, day"},
	{"machine_day", "tenant, owner, machine, day"},
	{"machine_head", "tenant"},
	{"machine_name", "tenant, owner, machine"},
	{"machine_owner", "tenant, owner"},
	{"machine_sketch", "tenant, day, owner, machine"},
	{"machine_suspicion", "tenant, id"},
	{"master", "tenant, kind, id, valid_from"},
	{"master_origin", "tenant, kind, id"},
	{"material_arrival", "tenant, id"},
	{"material_bin", "tenant, lot, location"},
	{"material_call", "tenant, id"},
	{"material_count", "tenant, entry"},
	{"material_entry", "tenant, id"},
	{"material_item", "tenant, code"},
	{"material_leg", "tenant, lot, location, at, entry"},
	{"material_link", "tenant, parent, child, entry, other"},
	{"material_location", "tenant, code"},
	{"material_loop", "tenant, id"},
	{"material_lot", "tenant, id"},
	{"material_reservation", "tenant, order_number, item"},
	{"model_document", "tenant, kind, id"},
	{"model_reading", "tenant, version, machine, at"},
	{"node_region", "tenant, node"},
	{"operations_definition", "tenant, product, revision"},
	{"operations_material", "tenant, item, product, revision"},
	{"organisation", "tenant, id, rev"},
	{"plan_limit", "tenant, what, name"},
	{"process_document", "tenant, kind, id"},
	{"process_study", "tenant, kind, id, rev"},
	{"production_order", "tenant, id"},
	{"production_person", "tenant, name"},
	{"production_plan", "tenant, id"},
	{"quality_certificate", "tenant, number"},
	{"quality_document", "tenant, kind, id"},
	{"quality_gauge_use", "tenant, gauge, characteristic"},
	{"quality_mark", "tenant, picture, at, id"},
	{"quality_signal", "tenant, characteristic, at, id"},
	{"quality_signal_sum", "tenant, characteristic, at, rule"},
	{"quality_subgroup", "tenant, characteristic, at, id"},
	{"quality_sum", "tenant, characteristic, days, at"},
	{"quality_withdrawn", "tenant, characteristic, at, id"},
	{"reader_cursor", "tenant, reader"},
	{"register_entry", "tenant, id, rev"},
	{"report", "tenant, id"},
	{"report_step", "tenant, report, seq, node"},
	{"report_value", "tenant, report, revision"},
	{"rule_document", "tenant, kind, id"},
	{"sharing_policy", "tenant, rev"},
	{"stored_file", "tenant, sha256"},
	{"tag", "tenant, no"},
	{"tag_head", "tenant"},
	{"target_changed", "tenant, region, year"},
	{"target_county", "tenant, year, base, region"},
	{"target_head", "tenant"},
	{"target_settings", "tenant, rev"},
	{"target_task", "tenant, id, rev"},
	{"tenant", "no"},
	{"tenant_usage", "tenant, day"},
	{"work_order", "tenant, id"},
}

const (
	rowsPerInsert = 200    // beyond it a longer statement gains nothing
	rowsPerReport = 50_000 // a line every second or so
)

// Progress is how far a copy has come.
type Progress struct {
	Table string
	Rows  int64
	Done  bool // the table is whole
	Check bool // rows are read back and compared, no longer written
}

// Copied is what a copy did.
type Copied struct {
	Tables int
	Rows   int64
	Audit  int // entries of the audit, chain unbroken
}

// Copy writes every row of from, as they were at one commit, to the empty
// record to, reads them back, compares them with what was read first, and
// verifies the audit's chain. All of it is one transaction of the target: it
// is there wholly, or not at all. Writing to from may go on.
//
// It returns ErrNotEmpty, *access.BrokenError, or what reading or writing
// failed with. report may be nil.
func Copy(ctx context.Context, from, to *DB, report func(Progress)) (done Copied, err error) {
	if report == nil {
		report = func(Progress) {}
	}
	seen, err := from.snapshot(ctx, nil)
	if err != nil {
		return Copied{}, fmt.Errorf("record: copy of %s: %w", from.Name(), err)
	}
	defer func() { err = errors.Join(err, seen.release()) }()
	err = to.alone(ctx, func() (err error) {
		done, err = to.take(ctx, seen.Conn, report)
		return err
	})
	if err == nil {
		err = to.heads.load(ctx, to.read)
	}
	if err != nil {
		return Copied{}, fmt.Errorf("record: copy of %s to %s: %w", from.Name(), to.Name(), err)
	}
	return done, nil
}

// take runs on the writer's goroutine.
func (db *DB) take(ctx context.Context, from bun.IDB, report func(Progress)) (Copied, error) {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return Copied{}, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	if err := errors.Join(db.engine.unhurried(ctx, tx), db.engine.begin(ctx, tx)); err != nil {
		return Copied{}, err
	}
	done, err := copyRows(ctx, from, tx, report)
	if err != nil {
		return Copied{}, err
	}
	return done, tx.Commit()
}

// copyRows fills the empty tables of to and looks whether they hold the same.
func copyRows(ctx context.Context, from bun.IDB, to bun.Tx, report func(Progress)) (Copied, error) {
	var done Copied
	for _, t := range tables {
		var n int64
		if err := to.NewRaw(`select count(*) from ?`, bun.Ident(t.name)).Scan(ctx, &n); err != nil {
			return done, err
		}
		if n > 0 {
			return done, fmt.Errorf("%w: table %s holds %d rows; choose an empty one", ErrNotEmpty, t.name, n)
		}
	}
	for _, t := range tables {
		written, err := copyTable(ctx, from, to, t.name, t.key, report)
		if err != nil {
			return done, fmt.Errorf("table %s: %w", t.name, err)
		}
		back, err := readTable(ctx, to, t.name, t.key, Progress{Table: t.name, Check: true}, report, nil)
		if err != nil {
			return done, fmt.Errorf("table %s, read back: %w", t.name, err)
		}
		if back.rows != written.rows || !bytes.Equal(back.digest, written.digest) {
			return done, fmt.Errorf("table %s came back otherwise: %d rows, digest %x; read were %d rows, digest %x",
				t.name, back.rows, back.digest, written.rows, written.digest)
		}
		done.Tables, done.Rows = done.Tables+1, done.Rows+back.rows
	}
	var err error
	done.Audit, err = verifyAudit(ctx, to)
	return done, err
}

// content is what a table holds: the number of rows and a digest over all
// their values in the order of the key.
type content struct {
	rows   int64
	digest []byte
}

func copyTable(ctx context.Context, from bun.IDB, to bun.Tx, name, key string, report func(Progress)) (content, error) {
	var batch [][]any
	var head string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		var q strings.Builder
		q.WriteString(head)
		var args []any
		for i, row := range batch {
			if i > 0 {
				q.WriteString(`, `)
			}
			q.WriteString(`(?` + strings.Repeat(`, ?`, len(row)-1) + `)`)
			args = append(args, row...)
		}
		batch = batch[:0]
		_, err := to.NewRaw(q.String(), args...).Exec(ctx)
		return err
	}
	c, err := readTable(ctx, from, name, key, Progress{Table: name}, report, func(columns []string, row []any) error {
		head = `insert into ` + name + ` (` + strings.Join(columns, `, `) + `) values `
		if batch = append(batch, row); len(batch) < rowsPerInsert {
			return nil
		}
		return flush()
	})
	if err != nil {
		return c, err
	}
	return c, flush()
}

// readTable hands every row to each, if given, in the order of the key.
func readTable(ctx context.Context, db bun.IDB, name, key string, p Progress, report func(Progress), each func(columns []string, row []any) error) (content, error) {
	rows, err := db.QueryContext(ctx, `select * from ? order by `+key, bun.Ident(name))
	if err != nil {
		return content{}, err
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	columns, err := rows.Columns()
	if err != nil {
		return content{}, err
	}
	sum := sha256.New()
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return content{}, err
		}
		if err := addRow(sum, columns, row); err != nil {
			return content{}, fmt.Errorf("row %d: %w; correct it in the source", p.Rows+1, err)
		}
		if each != nil {
			if err := each(columns, row); err != nil {
				return content{}, err
			}
		}
		if p.Rows++; p.Rows%rowsPerReport == 0 {
			report(p)
		}
	}
	if err := rows.Err(); err != nil {
		return content{}, err
	}
	p.Done = true
	report(p)
	return content{p.Rows, sum.Sum(nil)}, nil
}

// addRow puts each value with its kind into the digest, a text with its length
// before it, so that no value can slide into the next.
func addRow(sum hash.Hash, columns []string, row []any) error {
	b := make([]byte, 0, 512)
	for i, v := range row {
		switch v := v.(type) {
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v))
		case bool:
			b = append(b, 'f')
			if v {
				b[len(b)-1] = 't'
			}
		case string:
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return fmt.Errorf("column %s: %.60q is no text that every database keeps", columns[i], v)
			}
			b = append(binary.BigEndian.AppendUint64(append(b, 's'), uint64(len(v))), v...)
		default: // no such column is in the migrations
			return fmt.Errorf("column %s is a %T; a number, a text or a yes-or-no was expected", columns[i], v)
		}
	}
	_, err := sum.Write(b)
	return err
}

// verifyAudit verifies every tenant's chain as the transaction sees it.
func verifyAudit(ctx context.Context, tx bun.Tx) (int, error) {
	var tenants []plant.TenantNo
	if err := tx.NewRaw(`select distinct tenant from audit order by tenant`).Scan(ctx, &tenants); err != nil {
		return 0, err
	}
	all := 0
	for _, tenant := range tenants {
		n, err := access.Verify(ctx, auditIn{tx: tx}, tenant)
		if err != nil {
			return 0, fmt.Errorf("audit of tenant %d, after %d entries: %w", tenant, n, err)
		}
		all += n
	}
	return all, nil
}

// auditIn reads the audit inside a transaction.
type auditIn struct {
	access.AuditStore // nothing is appended here
	tx                bun.Tx
}

func (a auditIn) Audit(ctx context.Context, tenant plant.TenantNo, afterSeq uint64, limit int) ([]access.Entry, error) {
	return auditPage(ctx, a.tx, tenant, afterSeq, limit)
}
