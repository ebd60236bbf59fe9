// Package record keeps rows: the event journal, users and the audit, and in
// record/shop the plant, its tags and its figures. SQL lives here and nowhere
// else.
//
// It never decides what a fact or a figure means: it implements the interfaces
// that fact, access, figure and shop/equipment declare. A write has returned
// only when it is durable (WAL, synchronous=FULL); concurrent writes share one
// fsync. The dialect is what SQLite and PostgreSQL both understand.
//
// Start with [Open], then [DB.Journal] and [DB.Access].
package record

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // registers "sqlite3"
	"github.com/pressly/goose/v3"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"zhigai/plant"
)

//go:embed migrations/*.sql
var migrations embed.FS

// FileName is the database inside the folder given to Open.
const FileName = "record.db"

// maxReaders bounds connections that read at once: each holds its own page
// cache (16 MB), and more than a few per core only queue for the processor.
const maxReaders = 8

// Errors of opening; test with errors.Is.
var (
	ErrInUse       = errors.New("record: in use by another process")
	ErrNewerSchema = errors.New("record: written by a newer program")
	ErrClosed      = errors.New("record: closed")
)

// Options of Open. The zero value is what a node uses.
type Options struct {
	// Now gives the recorded time of events and master data; default time.Now.
	Now func() time.Time
	// VFS names a registered SQLite file layer, for fault tests.
	VFS string
}

// DB is an open record. Its methods may be called concurrently.
type DB struct {
	dir    string
	now    func() time.Time
	writer *sql.DB
	write  *bun.DB
	reader *sql.DB
	read   *bun.DB
	hold   *sql.DB
	queue  chan *job
	stop   chan struct{}
	done   chan struct{}
	closer sync.Once
	closed error
	heads  heads
}

// Open opens or makes the record in the folder and brings its schema up to
// date. One process at a time can have it open.
func Open(ctx context.Context, dir string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := writable(dir); err != nil {
		return nil, err
	}
	db := &DB{dir: dir, now: o.Now, queue: make(chan *job, maxQueue), stop: make(chan struct{}), done: make(chan struct{})}
	if err := db.open(ctx, o); err != nil {
		return nil, errors.Join(err, db.closeFiles())
	}
	go db.writeLoop()
	return db, nil
}

func (db *DB) open(ctx context.Context, o Options) (err error) {
	if db.hold, err = takeHold(ctx, db.dir); err != nil {
		return err
	}
	file := filepath.Join(db.dir, FileName)
	if db.writer, err = sql.Open("sqlite3", dsn(file, o.VFS, false)); err != nil {
		return fmt.Errorf("record %s: %w", file, err)
	}
	db.writer.SetMaxOpenConns(1)
	db.write = bun.NewDB(db.writer, sqlitedialect.New())
	if err := migrate(ctx, db.writer, file, migrations); err != nil {
		return err
	}
	if db.reader, err = sql.Open("sqlite3", dsn(file, o.VFS, true)); err != nil {
		return fmt.Errorf("record %s: %w", file, err)
	}
	n := min(maxReaders, 2*runtime.GOMAXPROCS(0))
	db.reader.SetMaxOpenConns(n)
	db.reader.SetMaxIdleConns(n)
	db.read = bun.NewDB(db.reader, sqlitedialect.New())
	return db.heads.load(ctx, db.read)
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
		"foreign_keys(on)", "cache_size(-16000)", "temp_store(memory)", "journal_size_limit(67108864)",
	}
	if readOnly {
		q.Set("_txlock", "deferred")
		q["_pragma"] = append(q["_pragma"], "query_only(on)")
	}
	return "file:" + (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath() + "?" + q.Encode()
}

func migrate(ctx context.Context, writer *sql.DB, file string, files fs.FS) error {
	sub, err := fs.Sub(files, "migrations")
	if err != nil {
		return fmt.Errorf("record: migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, writer, sub)
	if err != nil {
		return fmt.Errorf("record %s: %w", file, err)
	}
	has, knows, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("record %s: %w", file, explain(err))
	}
	if has > knows {
		return fmt.Errorf("%w: %s has schema %d, this program knows up to schema %d; start the newer program, or restore a backup made before the upgrade",
			ErrNewerSchema, file, has, knows)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("record %s: migrate from schema %d to %d: %w", file, has, knows, err)
	}
	return nil
}

// explain adds what to do to the errors of a damaged or foreign file.
func explain(err error) error {
	if s := err.Error(); strings.Contains(s, "not a database") || strings.Contains(s, "malformed") {
		return fmt.Errorf("the file is damaged or no database; restore a backup: %w", err)
	}
	return err
}

// Close waits for writes under way and closes the files. Later calls return
// ErrClosed.
func (db *DB) Close() error {
	db.closer.Do(func() {
		close(db.stop)
		<-db.done
		db.closed = db.closeFiles()
	})
	return db.closed
}

func (db *DB) closeFiles() error {
	var errs []error
	for _, d := range []*sql.DB{db.reader, db.writer, db.hold} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	return errors.Join(errs...)
}

// Reader is for queries; it sees everything acknowledged. Rooms outside
// record never get it.
func (db *DB) Reader() *bun.DB { return db.read }

// Now is the instant by the record's clock.
func (db *DB) Now() plant.Micros { return plant.MicrosOf(db.now()) }
