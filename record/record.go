// Package record keeps rows: the event journal, users and the audit, and in
// record/shop the plant, its tags and its figures. SQL lives here and nowhere
// else.
//
// It never decides what a fact or a figure means: it implements the interfaces
// that fact, access, figure and shop/equipment declare. A write has returned
// only when it is durable; concurrent writes share one commit. Below is SQLite
// (WAL, synchronous=FULL) in a folder, or a PostgreSQL server; the queries are
// the same, and what differs is behind the type engine.
//
// Start with [Open], then [DB.Journal] and [DB.Access].
package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"zhigai/access"
	"zhigai/plant"
	"zhigai/space"
)

// FileName is the database inside the folder given to Open.
const FileName = "record.db"

// maxReaders bounds connections that read at once: each holds its own page
// cache (readCache), and more than a few per core only queue for the processor.
const maxReaders = 8

func readers() int { return min(maxReaders, 2*runtime.GOMAXPROCS(0)) }

// Options of Open. The zero value is what a node uses.
type Options struct {
	// Now gives the recorded time of events and master data; default time.Now.
	Now func() time.Time
	// VFS names a registered SQLite file layer, for fault tests.
	VFS string
	// MinFree is how many bytes of the disk writes leave free; default 128 MiB.
	MinFree uint64
	// Usage asks for the room of a disk; default space.Of.
	Usage func(dir string) (space.Usage, error)
}

// DB is an open record. Its methods may be called concurrently.
type DB struct {
	engine     engine
	now        func() time.Time
	write      *bun.DB
	read       *bun.DB
	queue      chan *job
	stop       chan struct{}
	done       chan struct{}
	background sync.WaitGroup
	closer     sync.Once
	closed     error
	heads      *heads
	failed     atomic.Pointer[error]
	broken     chan struct{} // closed when the record failed
}

// Open opens or makes the record and brings its schema up to date. where is a
// folder, which one process at a time can have open, or the address of a
// PostgreSQL database, postgres://…, which several can.
//
// The errors that can be told apart are ErrInUse, ErrNewerSchema,
// ErrUnavailable and ErrUnsafe.
func Open(ctx context.Context, where string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	db := &DB{now: o.Now, heads: newHeads(), queue: make(chan *job, maxQueue), stop: make(chan struct{}), done: make(chan struct{}), broken: make(chan struct{})}
	var err error
	if db.engine, err = engineOf(where, o, func(err error) { _ = db.judged(err) }); err != nil {
		return nil, err
	}
	if err := db.open(ctx); err != nil {
		return nil, errors.Join(err, db.engine.close())
	}
	go db.writeLoop()
	db.background.Go(func() {
		watching, cancel := context.WithCancel(context.Background())
		defer cancel()
		go func() { <-db.stop; cancel() }()
		db.engine.watch(watching, db.heads)
	})
	return db, nil
}

func (db *DB) open(ctx context.Context) (err error) {
	if db.write, db.read, err = db.engine.connect(ctx); err != nil {
		return err
	}
	return db.heads.load(ctx, db.read)
}

// IsAddress says whether where names a database server, not a folder.
func IsAddress(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// engineOf chooses the engine. It tells of errors that no caller hears of.
func engineOf(where string, o Options, unheard func(error)) (engine, error) {
	if IsAddress(where) {
		return newPostgres(where)
	}
	return &sqlite{dir: where, vfs: o.VFS, minFree: cmp.Or(o.MinFree, minFree), usage: usageOf(o), unheard: unheard}, nil
}

// Close waits for writes under way and closes the files or connections. Later
// calls return ErrClosed.
func (db *DB) Close() error {
	db.closer.Do(func() {
		close(db.stop)
		<-db.done
		db.background.Wait()
		db.closed = db.engine.close()
	})
	return db.closed
}

// Name is the folder, or the address without its password.
func (db *DB) Name() string { return db.engine.name() }

// Reachable returns ErrUnavailable while the database cannot be reached.
func (db *DB) Reachable(ctx context.Context) error {
	var one int
	if err := db.read.QueryRowContext(ctx, `select 1`).Scan(&one); err != nil {
		return fmt.Errorf("record %s: %w", db.Name(), err)
	}
	return nil
}

// Reader is for queries; it sees everything acknowledged. Rooms outside
// record never get it.
func (db *DB) Reader() *bun.DB { return db.read }

// Now is the instant by the record's clock.
func (db *DB) Now() plant.Micros { return plant.MicrosOf(db.now()) }

// Who is the name of the user that the context says stores something, as people
// read it in a history; "node" for what the node does by itself.
func Who(ctx context.Context) string {
	if p, ok := access.From(ctx); ok {
		return cmp.Or(p.Name, p.User)
	}
	return "node"
}
