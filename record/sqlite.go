package record

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver" // registers "sqlite3"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"zhigai/plant"
	"zhigai/space"
)

// sqlite is a folder with one database file. One process has it open, and
// that process has one writing connection: nobody else ever writes.
type sqlite struct {
	dir, vfs             string
	hold, writer, reader *sql.DB
	minFree              uint64
	usage                func(dir string) (space.Usage, error)
	unheard              func(error) // told of errors behind a commit
}

func (s *sqlite) name() string { return s.dir }

func (s *sqlite) connect(ctx context.Context) (write, read *bun.DB, err error) {
	if err := writable(s.dir); err != nil {
		return nil, nil, err
	}
	if s.hold, err = takeHold(ctx, s.dir); err != nil {
		return nil, nil, err
	}
	if err := s.sound(); err != nil {
		return nil, nil, err
	}
	file := filepath.Join(s.dir, FileName)
	if s.writer, err = openFile(ctx, file, s.vfs, s.unheard); err != nil {
		return nil, nil, err
	}
	if s.reader, err = sql.Open("sqlite3", dsn(file, s.vfs, true)); err != nil {
		return nil, nil, fmt.Errorf("record %s: %w", file, err)
	}
	s.reader.SetMaxOpenConns(readers())
	s.reader.SetMaxIdleConns(readers())
	return bun.NewDB(s.writer, sqlitedialect.New()), bun.NewDB(s.reader, sqlitedialect.New()), nil
}

// sound refuses a log with a flipped bit: SQLite would take the place for the
// log's end and forget the commits behind it.
func (s *sqlite) sound() error {
	if s.vfs != "" {
		return nil // the files are another layer's
	}
	_, damage, err := readWAL(s.dir)
	if err != nil {
		return fmt.Errorf("record %s: %w", s.dir, err)
	}
	if len(damage) > 0 {
		return fmt.Errorf("%w: %s: %s; mend it with zhigai repair", ErrDamaged, s.dir, damage[0])
	}
	return nil
}

// checkpointPages of the WAL are brought into the file at once; SQLite's own
// number.
const checkpointPages = 1000

// checkpoints makes a connection do by itself what SQLite would do for it:
// SQLite keeps silent about an fsync that fails then, and tries again later as
// if nothing had happened.
func checkpoints(unheard func(error)) func(*sqlite3.Conn) error {
	return func(c *sqlite3.Conn) error {
		c.WALHook(func(c *sqlite3.Conn, schema string, pages int) error {
			if pages < checkpointPages {
				return nil
			}
			if _, _, err := c.WALCheckpoint(schema, sqlite3.CHECKPOINT_PASSIVE); err != nil && !errors.Is(err, sqlite3.BUSY) {
				unheard(fmt.Errorf("record: checkpoint: %w", err))
			}
			return nil // the commit is durable, whatever became of the checkpoint
		})
		return nil
	}
}

// openFile opens or makes the database file with one writing connection and
// brings its schema up to date.
func openFile(ctx context.Context, file, vfs string, unheard func(error)) (*sql.DB, error) {
	d, err := driver.Open(dsn(file, vfs, false), checkpoints(unheard))
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", file, err)
	}
	d.SetMaxOpenConns(1)
	if err := enableChecksums(ctx, d); err != nil {
		return nil, errors.Join(fmt.Errorf("record %s: checksums of pages: %w", file, explain(err)), d.Close())
	}
	if err := migrate(ctx, d, goose.DialectSQLite3, file, migrations); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// writable says in words what is wrong with the folder before SQLite does in
// codes.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("record: folder %s cannot be made; choose another data folder or create it for this user: %w", dir, err)
	}
	f, err := os.CreateTemp(dir, ".writable-*")
	if err != nil {
		return fmt.Errorf("record: folder %s is not writable for user %d; change its owner or choose another data folder: %w", dir, os.Getuid(), err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Pages that a connection keeps, in KiB. A big transaction of the writer spills
// what does not fit; a reader's pages are in the system's cache too, and there
// are several readers.
const (
	writeCache = 16000
	readCache  = 4000
)

// dsn is how SQLite is opened. The order matters: the timeout comes first so
// that switching to WAL waits for a dying process instead of failing. The WAL
// gives back what a long reader made it grow beyond 64 MB.
func dsn(file, vfs string, readOnly bool) string {
	q := url.Values{}
	if vfs != "" {
		q.Set("vfs", vfs)
	}
	q.Set("_txlock", "immediate")
	q["_pragma"] = []string{
		"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)",
		"foreign_keys(on)", "temp_store(memory)", "journal_size_limit(67108864)",
	}
	cache := writeCache
	if readOnly {
		q.Set("_txlock", "deferred")
		q["_pragma"] = append(q["_pragma"], "query_only(on)")
		cache = readCache
	}
	q["_pragma"] = append(q["_pragma"], fmt.Sprintf("cache_size(-%d)", cache))
	return "file:" + (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() + "?" + q.Encode()
}

// explain adds what to do to the errors of a damaged or foreign file.
func explain(err error) error {
	if errors.Is(err, sqlite3.IOERR_DATA) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if s := err.Error(); strings.Contains(s, "not a database") || strings.Contains(s, "malformed") {
		return fmt.Errorf("the file is damaged or no database; restore a backup: %w", err)
	}
	return err
}

func (*sqlite) remote() bool                                                  { return false }
func (*sqlite) begin(context.Context, bun.Tx) error                           { return nil }
func (*sqlite) tell(context.Context, bun.Tx, map[plant.TenantNo]uint64) error { return nil }
func (*sqlite) watch(context.Context, *heads)                                 {}
func (*sqlite) pin() string                                                   { return `begin deferred` }
func (*sqlite) unhurried(context.Context, bun.Tx) error                       { return nil }

// backup copies pages, not rows: the copy is the same file. It begins as an empty
// database with checksums: a copy larger than its cache gives pages to the disk before
// the first, by whose header alone the file system knows that they get checksums.
func (*sqlite) backup(ctx context.Context, conn bun.Conn, path string) error {
	empty, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		return err
	}
	_, err = empty.ExecContext(ctx, `pragma user_version = 1`) // a database of nothing has no file
	if err == nil {
		err = enableChecksums(ctx, empty)
	}
	if err := errors.Join(err, empty.Close()); err != nil {
		return err
	}
	return conn.Raw(func(c any) error { return c.(driver.Conn).Raw().Backup("main", "file:"+path) })
}

func (s *sqlite) close() error { return closePools(s.reader, s.writer, s.hold) }
