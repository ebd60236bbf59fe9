package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"zhigai/plant"
)

// postgres is a schema of a PostgreSQL database. Several processes may have it
// open; an advisory lock lets one of them write at a time, because what is
// written depends on what is there (docs/adr/0005).
type postgres struct {
	address        string // without the password
	config         *pgx.ConnConfig
	schema         uint32 // the schema's number in its database
	writer, reader *sql.DB
}

// Advisory locks have two numbers: ours, and the schema's.
const (
	lockWrite   int32 = 0x7a68_0001 // one transaction writes
	lockMigrate int32 = 0x7a68_0002 // one process brings the schema up to date
)

func newPostgres(address string) (*postgres, error) {
	p := &postgres{address: withoutPassword(address)}
	var err error
	if p.config, err = pgx.ParseConfig(address); err != nil {
		return nil, fmt.Errorf("record: address of the database: %w; write postgres://USER@HOST:5432/DATABASE", err)
	}
	if p.config.ConnectTimeout == 0 {
		p.config.ConnectTimeout = 10 * time.Second
	}
	// Queries come with their values written in, each unlike the one before:
	// preparing them would only cost a round trip more.
	p.config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	p.config.DialFunc = dial
	// A standby knows only what has reached it; the next host may be the primary.
	p.config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	return p, nil
}

func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…"
	}
	if q := u.Query(); q.Has("password") || q.Has("sslpassword") {
		q.Del("password")
		q.Del("sslpassword")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}

func (p *postgres) name() string { return p.address }
func (*postgres) remote() bool   { return true }

// Bounds of waiting. They free the lock of a process that is gone or stopped,
// and let one that waits for it say so.
const (
	lockWait = 30 * time.Second
	idleWait = 60 * time.Second
)

// setting is what a connection sets for itself.
type setting struct {
	name, value string
	usual       bool // gives way to what the address says
}

func ms(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }

// allSessions hold for every connection: the first two keep a text from being
// read as anything else, the last ones let the server notice that this
// process is gone, and free its lock.
var allSessions = []setting{
	{name: "standard_conforming_strings", value: "on"},
	{name: "client_encoding", value: "UTF8"},
	{name: "default_transaction_isolation", value: "read committed"},
	{name: "tcp_keepalives_idle", value: "10", usual: true},
	{name: "tcp_keepalives_interval", value: "5", usual: true},
	{name: "tcp_keepalives_count", value: "4", usual: true},
	{name: "tcp_user_timeout", value: ms(lockWait), usual: true},
}

var (
	forReading = []setting{{name: "default_transaction_read_only", value: "on"}}
	forSchema  = []setting{{name: "default_transaction_read_only", value: "off"}} // of migrations
	forWriting = []setting{
		{name: "default_transaction_read_only", value: "off"},
		{name: "lock_timeout", value: ms(lockWait), usual: true},
		{name: "idle_in_transaction_session_timeout", value: ms(idleWait), usual: true},
	}
)

// pool opens connections of one kind; nothing is dialled yet. Settings are
// made by statement and not while connecting, because poolers between here and
// the server refuse what they do not know.
func (p *postgres) pool(own []setting, size int, readOnly bool) *sql.DB {
	var q strings.Builder
	for _, s := range append(slices.Clone(allSessions), own...) {
		if _, given := p.config.RuntimeParams[s.name]; !given || !s.usual {
			fmt.Fprintf(&q, "set %s = '%s';", s.name, s.value)
		}
	}
	config := p.config.Copy()
	config.AfterConnect = func(ctx context.Context, c *pgconn.PgConn) error { return c.Exec(ctx, q.String()).Close() }
	d := sql.OpenDB(newConnector(config, readOnly))
	d.SetMaxOpenConns(size)
	d.SetMaxIdleConns(size)
	return d
}

func (p *postgres) connect(ctx context.Context) (write, read *bun.DB, err error) {
	p.writer, p.reader = p.pool(forWriting, 1, false), p.pool(forReading, readers(), true)
	state, err := p.look(ctx)
	if err == nil {
		err = state.fit()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("record %s: %w", p.address, advise(err))
	}
	p.schema = state.schema
	if err := p.migrate(ctx); err != nil {
		return nil, nil, err
	}
	return bun.NewDB(p.writer, pgdialect.New()), bun.NewDB(p.reader, pgdialect.New()), nil
}

// migrate keeps other processes from migrating at the same time.
func (p *postgres) migrate(ctx context.Context) (err error) {
	pool := p.pool(forSchema, 3, false) // one keeps the lock, goose uses two
	defer func() { err = errors.Join(err, pool.Close()) }()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("record %s: %w", p.address, err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`select pg_advisory_lock(%d, %d)`, lockMigrate, int32(p.schema))); err != nil {
		return fmt.Errorf("record %s: wait for another process to migrate: %w", p.address, err)
	}
	return advise(migrate(ctx, pool, goose.DialectPostgres, p.address, byteOrder{fs.FS(migrations)}))
}

func (p *postgres) begin(ctx context.Context, tx bun.Tx) error {
	var commit, fsync string
	err := tx.QueryRowContext(ctx, `select current_setting('synchronous_commit'), current_setting('fsync') from pg_advisory_xact_lock(?, ?)`,
		lockWrite, int32(p.schema)).Scan(&commit, &fsync)
	if err != nil {
		return fmt.Errorf("record: take the turn to write: %w", err)
	}
	return safe(commit, fsync) // asked each time: both can change while the server runs
}

func (p *postgres) tell(ctx context.Context, tx bun.Tx, reached map[plant.TenantNo]uint64) error {
	for tenant, seq := range reached {
		if _, err := tx.ExecContext(ctx, `select pg_notify(?, ?)`, p.channel(), fmt.Sprint(tenant, " ", seq)); err != nil {
			return fmt.Errorf("record: tell other processes: %w", err)
		}
	}
	return nil
}

func (*postgres) pin() string { return `begin isolation level repeatable read, read only` }

func (*postgres) unhurried(ctx context.Context, tx bun.Tx) error {
	_, err := tx.ExecContext(ctx, `set local idle_in_transaction_session_timeout = 0`)
	return err
}

// backup makes a SQLite record, because a folder of files is what a node's
// backup is: row by row, and read back.
func (*postgres) backup(ctx context.Context, conn bun.Conn, path string) (err error) {
	var unheard error
	file, err := openFile(ctx, path, "", func(err error) { unheard = err })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close(), unheard) }()
	tx, err := bun.NewDB(file, sqlitedialect.New()).BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing after the commit
	if _, err := copyRows(ctx, conn, tx, func(Progress) {}); err != nil {
		return err
	}
	return tx.Commit()
}

func (p *postgres) close() error { return closePools(p.reader, p.writer) }
