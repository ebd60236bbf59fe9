package clickhouse

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"

	"zhigai/history"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ledger is what PostgreSQL keeps.
type ledger struct {
	pool   *pgxpool.Pool
	config *pgx.ConnConfig
	schema uint32 // the schema's number in its database
}

// Advisory locks have two numbers: ours, and the schema's.
const (
	lockFill    int32 = 0x7a68_0011 // one process fills ClickHouse
	lockMigrate int32 = 0x7a68_0012
)

// Bounds of waiting.
const (
	dialTime   = 10 * time.Second
	lookTime   = 10 * time.Second // of a look at the ledger, for all who ask at once
	commitTime = 60 * time.Second
)

// sessions lets the server free the lock of a process that is gone or stopped.
const sessions = `set client_encoding = 'UTF8'; set default_transaction_isolation = 'read committed'; set default_transaction_read_only = off;
	set lock_timeout = '30s'; set idle_in_transaction_session_timeout = '60s';
	set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 4; set tcp_user_timeout = '30s'`

func openLedger(ctx context.Context, address string) (_ *ledger, err error) {
	c, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("history: address of the ledger: %w; write postgres://USER@HOST:5432/DATABASE", err)
	}
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = dialTime
	}
	c.ConnConfig.DialFunc = (&net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}}).DialContext
	// A standby knows only what has reached it; the next host may be the primary.
	c.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	c.ConnConfig.AfterConnect = func(ctx context.Context, conn *pgconn.PgConn) error { return conn.Exec(ctx, sessions).Close() }
	c.MaxConns = int32(4 + 2*runtime.GOMAXPROCS(0))
	l := &ledger{config: c.ConnConfig}
	if l.pool, err = pgxpool.NewWithConfig(ctx, c); err != nil {
		return nil, fmt.Errorf("history: ledger: %w", err)
	}
	if err := l.prepare(ctx); err != nil {
		l.close()
		return nil, classed("open the ledger", err)
	}
	return l, nil
}

func (l *ledger) close() { l.pool.Close() }

// prepare brings the tables up to date; one process at a time.
func (l *ledger) prepare(ctx context.Context) (err error) {
	conn, err := l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if err := conn.QueryRow(ctx, `select oid::bigint from pg_namespace where nspname = current_schema()`).Scan(&l.schema); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1, $2)`, lockMigrate, int32(l.schema)); err != nil {
		return err
	}
	defer func() {
		_, e := conn.Exec(context.WithoutCancel(ctx), `select pg_advisory_unlock($1, $2)`, lockMigrate, int32(l.schema))
		err = errors.Join(err, e)
	}()
	return l.migrate(ctx)
}

func (l *ledger) migrate(ctx context.Context) (err error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	store, err := database.NewStore(database.DialectPostgres, "history_version") // the record has a table of its own
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(l.pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider("", db, files, goose.WithStore(store))
	if err != nil {
		return err
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if has > knows {
		return fmt.Errorf("%w: the ledger has schema %d, this program knows up to %d; start the newer program", history.ErrNewerSchema, has, knows)
	}
	_, err = p.Up(ctx)
	return err
}

// classed adds to an error of the ledger what it means for the caller.
func classed(what string, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, history.ErrNewerSchema), errors.Is(err, history.ErrNoSpace), errors.Is(err, history.ErrRefused),
		errors.Is(err, history.ErrGone), errors.Is(err, history.ErrDamaged), errors.Is(err, history.ErrUnavailable):
		return err
	case errors.As(err, &pg):
		switch pg.Code {
		case "42501":
			return fmt.Errorf("history: %s: %w; the user needs the right to create tables in the schema", what, err)
		case "40001", "40P01", "55P03", "25006": // lost against another, not primary any more
		default:
			if c := pg.Code[:2]; c != "08" && c != "53" && c != "57" {
				return fmt.Errorf("history: %s: %w", what, err)
			}
		}
	}
	return fmt.Errorf("%w: PostgreSQL: %s: %w", history.ErrUnavailable, what, err)
}

// head is how far everything is.
type head struct {
	ledger               string
	seq, filled, first   uint64
	behind               int64
	refills, expiry      int64
	syncCommit, fsyncing string
}

const selectHead = `select ledger, seq, filled, first, behind, refills, expiry, current_setting('synchronous_commit'), current_setting('fsync') from history_head`

// queryer is a pool, a connection or a transaction.
type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

func headOf(ctx context.Context, q queryer, how string) (h head, err error) {
	err = q.QueryRow(ctx, selectHead+how).Scan(&h.ledger, &h.seq, &h.filled, &h.first, &h.behind, &h.refills, &h.expiry, &h.syncCommit, &h.fsyncing)
	return h, err
}

// lockHead takes the turn to change the ledger until the transaction ends.
func lockHead(ctx context.Context, tx pgx.Tx) (head, error) { return headOf(ctx, tx, ` for update`) }

// safe refuses a server that acknowledges before it has stored.
func (h head) safe() error {
	switch {
	case h.syncCommit == "off":
		return errors.New("history: synchronous_commit is off in PostgreSQL, so a crash takes back what was acknowledged; set it to on")
	case h.fsyncing == "off":
		return errors.New("history: fsync is off in PostgreSQL, so a power cut may destroy the ledger; set it to on")
	}
	return nil
}

// change runs f in a transaction that has the turn.
func (l *ledger) change(ctx context.Context, what string, f func(tx pgx.Tx, h head) error) error {
	return classed(what, pgx.BeginFunc(ctx, l.pool, locked(ctx, f)))
}

// locked makes of f what runs in a transaction with the turn, and tells other
// processes afterwards.
func locked(ctx context.Context, f func(tx pgx.Tx, h head) error) func(pgx.Tx) error {
	return func(tx pgx.Tx) error {
		h, err := lockHead(ctx, tx)
		if err != nil {
			return err
		}
		return f(tx, h)
	}
}

func (l *ledger) channel() string { return fmt.Sprint("zhigai_history_", l.schema) }

// tell lets other processes look once the transaction is committed. Of new
// batches they are told the last one's place.
func (l *ledger) tell(ctx context.Context, q queryer) error {
	_, err := q.Exec(ctx, `select pg_notify($1, 'moved')`, l.channel())
	return err
}

// entry is a batch as it stands in the ledger.
type entry struct {
	seq      uint64
	tenant   uint32
	recorded int64
	raw      []byte
}

// batches reads up to limit batches behind after, fewer when they are large
// together.
func batches(ctx context.Context, q queryer, after uint64, limit int, bytes int64) ([]entry, error) {
	rows, err := q.Query(ctx, `select seq, tenant, recorded, raw from (
			select seq, tenant, recorded, raw, sum(bytes) over (order by seq) - bytes as before
			from (select * from history_batch where seq > $1 order by seq limit $2) page
		) counted where before < $3 order by seq`, after, limit, bytes)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
		return e, row.Scan(&e.seq, &e.tenant, &e.recorded, &e.raw)
	})
}

// whole returns ErrGone when the batches do not begin behind after, or have a
// hole.
func whole(got []entry, after uint64) error {
	for i := range got {
		if want := after + 1 + uint64(i); got[i].seq != want {
			return fmt.Errorf("%w: asked for %d, found %d", history.ErrGone, want, got[i].seq)
		}
	}
	return nil
}

// decode takes a batch apart.
func (e entry) decode() (history.Sequenced, error) {
	one, err := history.DecodeBatch(e.raw)
	if err != nil {
		return one, fmt.Errorf("batch %d of the ledger: %w", e.seq, err)
	}
	one.Seq = e.seq
	return one, nil
}
