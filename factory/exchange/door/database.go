package door

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"zhigai/factory/exchange"
	"zhigai/plant"
)

// Tables in the partner's database. docs/howto/erp-exchange.md has them as SQL.
const (
	tableIn   = "zhigai_inbound"
	tableOut  = "zhigai_outbound"
	tableBook = "zhigai_book"
)

const (
	rowsAtOnce = 200
	maxBook    = 20_000
	connectFor = 10 * time.Second
)

// database is a partner whose PostgreSQL has the tables of the exchange.
type database struct {
	config *pgx.ConnConfig
	schema string
	within time.Duration
	db     *pgx.Conn
}

func connect(p exchange.Partner, within time.Duration) (*database, error) {
	c, err := pgx.ParseConfig(p.URL)
	if err != nil {
		return nil, fmt.Errorf("database of partner %s: %w", p.ID, err)
	}
	if p.Secret != "" {
		c.Password = p.Secret
	}
	c.ConnectTimeout = connectFor
	// A lock or a statement that hangs must not hold the partner's other messages
	// up, nor leave a transaction open at its side.
	ms := strconv.FormatInt(within.Milliseconds(), 10)
	c.RuntimeParams["statement_timeout"], c.RuntimeParams["lock_timeout"], c.RuntimeParams["idle_in_transaction_session_timeout"] = ms, ms, ms
	c.RuntimeParams["application_name"] = "zhigai exchange"
	schema := p.Schema
	if schema == "" {
		schema = "public"
	}
	return &database{config: c, schema: schema, within: within}, nil
}

// table is one of the partner's, with its schema.
func (d *database) table(name string) string { return pgx.Identifier{d.schema, name}.Sanitize() }

// open connects when something is asked first.
func (d *database) open(ctx context.Context) error {
	if d.db != nil && !d.db.IsClosed() {
		return nil
	}
	var err error
	if d.db, err = pgx.ConnectConfig(ctx, d.config); err != nil {
		d.db = nil
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// Close ends the connection.
func (d *database) Close() {
	if d.db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = d.db.Close(ctx) // the server ends it otherwise
}

// class is how a server's error is to be taken.
func (d *database) class(err error) error {
	var pg *pgconn.PgError
	if err == nil || !errors.As(err, &pg) {
		return err
	}
	switch {
	case pg.Code == "42P01" || pg.Code == "42703":
		return fmt.Errorf("%w; make the tables of the exchange in schema %s as docs/howto/erp-exchange.md has them", err, d.schema)
	case strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23") || pg.Code == "P0001": // data, constraint, raised by a trigger
		return fmt.Errorf("%w: %w", exchange.ErrRefused, err)
	}
	return err
}

type inboundRow struct {
	seq              int64
	id, kind, format string
	body             string
}

// Fetch takes the rows that are not taken, in their order, and writes beside each
// what became of it. Between taking and writing the node may end: the row is
// taken again, and answered the same.
func (d *database) Fetch(ctx context.Context, take func(context.Context, exchange.Incoming) (exchange.Answer, error)) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	rows, err := d.inbound(ctx)
	if err != nil {
		return d.class(err)
	}
	for _, r := range rows {
		a, err := take(ctx, exchange.Incoming{ID: r.id, Kind: exchange.Kind(r.kind), Format: exchange.Format(r.format), Body: []byte(r.body)})
		if errors.Is(err, exchange.ErrOther) || errors.Is(err, exchange.ErrInvalid) {
			a, err = exchange.Answer{State: exchange.Refused, Reason: err.Error()}, nil
		}
		if err != nil {
			return err
		}
		reason := a.Reason
		for _, p := range a.Parts {
			if reason == "" && p.State != exchange.Applied {
				reason = p.Reason
			}
		}
		if _, err := d.db.Exec(ctx, `update `+d.table(tableIn)+` set taken = coalesce(taken, now()), state = $2, reason = $3 where seq = $1`, r.seq, string(a.State), reason); err != nil {
			return d.class(fmt.Errorf("answer to message %s: %w", r.id, err))
		}
	}
	return nil
}

func (d *database) inbound(ctx context.Context) ([]inboundRow, error) {
	rows, err := d.db.Query(ctx, `select seq, message_id, kind, format, body from `+d.table(tableIn)+` where taken is null or state = 'received' order by taken is not null, seq limit $1`, rowsAtOnce)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r inboundRow, err error) {
		return r, row.Scan(&r.seq, &r.id, &r.kind, &r.format, &r.body)
	})
}

// at is an instant of a column that may be empty.
func at(i plant.Instant) *time.Time {
	if i == 0 {
		return nil
	}
	t := i.Time()
	return &t
}

// Send inserts a message that is not there yet.
func (d *database) Send(ctx context.Context, w exchange.Written) error {
	if err := d.open(ctx); err != nil {
		return err
	}
	p := w.Performance
	body := string(w.Body)
	if w.Extension == "xlsx" {
		body = "" // the columns have all that it says
	}
	_, err := d.db.Exec(ctx, `insert into `+d.table(tableOut)+` (message_id, order_number, job, seq, product, unit, state, good_total, scrap_total, rework_total, good_new, scrap_new, rework_new, began, ended, at, final, body)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) on conflict (message_id) do nothing`,
		w.ID, p.Number, p.Job, p.Seq, p.Product, p.Unit, p.State, p.Total.Good, p.Total.Scrap, p.Total.Rework, p.New.Good, p.New.Scrap, p.New.Rework, at(p.Began), at(p.Ended), at(p.At), p.Final, body)
	if err != nil {
		return d.class(fmt.Errorf("message %s: %w", w.ID, err))
	}
	return nil
}

// Statements are the rows of the partner's book; nil when it has none.
func (d *database) Statements(ctx context.Context) ([]exchange.Statement, error) {
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	rows, err := d.db.Query(ctx, `select order_number::text, ordered::bigint, good::bigint, scrap::bigint from `+d.table(tableBook)+` limit $1`, maxBook)
	if err == nil {
		var out []exchange.Statement
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s exchange.Statement, err error) {
			return s, row.Scan(&s.Number, &s.Ordered, &s.Good, &s.Scrap)
		})
		if err == nil {
			return out, nil
		}
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" {
		return nil, nil
	}
	return nil, fmt.Errorf("book: %w", err)
}
