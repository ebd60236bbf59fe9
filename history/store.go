package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"zhigai/plant"
)

// schema numbers the layout of keys and values.
const schema = 1

// Options of a store. The zero value is that of a plant node.
type Options struct {
	Now        func() time.Time
	FS         vfs.FS // nil: the disk
	Logger     *slog.Logger
	CacheBytes int64         // block cache; default 16 MiB
	FlushAge   time.Duration // longest a batch stays only in the raw log
}

// Store keeps samples. Its methods may be called concurrently.
type Store struct {
	db     *pebble.DB
	now    func() time.Time
	log    *slog.Logger
	age    time.Duration
	codecs sync.Pool

	queue    chan *request
	stop     chan struct{}
	wake     chan struct{} // the writer has work
	done     sync.WaitGroup
	entering sync.RWMutex
	closed   atomic.Bool
	failed   atomic.Pointer[error]

	mu       sync.Mutex // guards what follows
	numbers  heads[uint64]
	texts    heads[string]
	held     int // points in memory
	lastSeq  uint64
	firstRaw uint64 // oldest batch still in the log
	oldest   time.Time
	arrived  chan struct{} // closed when a batch arrives
	room     *sync.Cond    // the writer made room
	cursors  map[string]uint64
	counters Stats

	writing sync.Mutex // one writer of chunks at a time; guards tails
	tails   map[series]tail
	chunked uint64
}

// tail is the newest chunk of a series.
type tail struct {
	first, last plant.Micros
	count       int
}

// Open opens or makes the store in dir.
func Open(dir string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = 16 << 20
	}
	if o.FlushAge == 0 {
		o.FlushAge = flushAge
	}
	if o.FS == nil {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("history: folder %s cannot be made: %w", dir, err)
		}
	}
	db, err := openPebble(dir, o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		db: db, now: o.Now, log: o.Logger, age: o.FlushAge, queue: make(chan *request, maxQueue), stop: make(chan struct{}),
		wake: make(chan struct{}, 1), numbers: heads[uint64]{}, texts: heads[string]{}, arrived: make(chan struct{}),
		cursors: map[string]uint64{}, tails: map[series]tail{},
	}
	s.codecs.New = func() any { return newCodec() }
	s.room = sync.NewCond(&s.mu)
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("history %s: %w", dir, err), db.Close())
	}
	s.done.Add(2)
	go s.commitLoop()
	go s.writeLoop()
	return s, nil
}

func openPebble(dir string, o Options) (*pebble.DB, error) {
	cache := pebble.NewCache(o.CacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		Cache: cache, FS: o.FS, Logger: pebbleLog{o.Logger}, MemTableSize: 32 << 20, MemTableStopWritesThreshold: 4,
		FormatMajorVersion: pebble.FormatNewest, WALBytesPerSync: 1 << 20,
	}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone }) // chunks are compressed already
	db, err := pebble.Open(dir, opts)
	switch {
	case err == nil:
		return db, nil
	case strings.Contains(err.Error(), "lock") || strings.Contains(err.Error(), "resource temporarily unavailable"):
		return nil, fmt.Errorf("%w: %s; stop the other zhigai or choose another --data folder", ErrInUse, dir)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("history: folder %s is not writable for this user: %w", dir, err)
	case strings.Contains(err.Error(), "format major version"):
		return nil, fmt.Errorf("%w: %s: %w", ErrNewerSchema, dir, err)
	}
	return nil, fmt.Errorf("history %s: %w", dir, err)
}

// pebbleLog keeps the engine's chatter out of the log but for errors. A fatal
// error means that what was acknowledged can no longer be kept: the process
// ends at once and is to be restarted.
type pebbleLog struct{ log *slog.Logger }

func (pebbleLog) Infof(string, ...any) {}
func (l pebbleLog) Errorf(format string, args ...any) {
	l.log.Error("history engine", "err", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) {
	panic("history engine: " + fmt.Sprintf(format, args...))
}

// load reads the schema, the cursors and the raw log behind the chunks.
func (s *Store) load() error {
	has, err := s.meta(keySchema)
	if err != nil {
		return err
	}
	if has > schema {
		return fmt.Errorf("%w: schema %d, this program knows up to %d", ErrNewerSchema, has, schema)
	}
	if has == 0 {
		if err := s.db.Set(keySchema, binary.BigEndian.AppendUint64(nil, schema), pebble.Sync); err != nil {
			return err
		}
	}
	if s.chunked, err = s.meta(keyChunked); err != nil {
		return err
	}
	if s.lastSeq, err = s.meta(keyLastSeq); err != nil {
		return err
	}
	s.lastSeq = max(s.lastSeq, s.chunked)
	if err := s.loadCursors(); err != nil {
		return err
	}
	return s.replay()
}

func (s *Store) meta(key []byte) (uint64, error) {
	raw, closer, err := s.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer closer.Close()
	if len(raw) != 8 {
		return 0, fmt.Errorf("%w: %s", ErrDamaged, key)
	}
	return binary.BigEndian.Uint64(raw), nil
}

// replay puts batches that are not in chunks yet back into memory.
func (s *Store) replay() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: batchKey(0), UpperBound: []byte{spaceBatch + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	s.firstRaw = s.lastSeq + 1
	for ok := it.First(); ok; ok = it.Next() {
		seq := binary.BigEndian.Uint64(it.Key()[1:])
		s.firstRaw = min(s.firstRaw, seq)
		s.lastSeq = max(s.lastSeq, seq)
		if seq <= s.chunked {
			continue
		}
		tenant, _, b, err := decodeBatch(it.Value())
		if err != nil {
			return fmt.Errorf("batch %d: %w", seq, err)
		}
		s.hold(seq, tenant, b)
	}
	return it.Error()
}

// hold puts a batch into memory. s.mu is held, or nobody else knows s yet.
func (s *Store) hold(seq uint64, tenant plant.TenantNo, b plant.Batch) {
	if s.held == 0 {
		s.oldest = s.now()
	}
	holdNumbers(s.numbers, seq, tenant, b.Samples)
	for i := range b.Texts {
		t := &b.Texts[i]
		s.texts.add(series{tenant, t.Tag}, point[string]{at: t.Time, value: t.Value, order: pack(seq, t.Quality)})
	}
	s.held += b.Len()
}

// Close waits for what is under way. Everything acknowledged is on disk
// already.
func (s *Store) Close() error {
	s.entering.Lock()
	again := s.closed.Swap(true)
	s.entering.Unlock()
	if again {
		return ErrClosed
	}
	close(s.stop)
	s.mu.Lock()
	s.room.Broadcast()
	s.mu.Unlock()
	s.done.Wait()
	return s.db.Close()
}

// Failed is why the store takes no more, or nil.
func (s *Store) Failed() error {
	if p := s.failed.Load(); p != nil {
		return *p
	}
	return nil
}

func (s *Store) fail(err error) error {
	wrapped := fmt.Errorf("%w: %w", ErrFailed, err)
	if s.failed.CompareAndSwap(nil, &wrapped) {
		s.log.Error("history stopped accepting", "err", err)
	}
	return wrapped
}

// Stats are counters since the start and the present load.
type Stats struct {
	Samples   uint64        `json:"samples"` // appended
	Batches   uint64        `json:"batches"`
	Commits   uint64        `json:"commits"` // fsyncs; several batches share one
	LastSync  time.Duration `json:"last_sync"`
	Held      int           `json:"held"`    // samples in memory, not yet in chunks
	Backlog   uint64        `json:"backlog"` // batches in the raw log
	DiskBytes uint64        `json:"disk_bytes"`
	Chunks    uint64        `json:"chunks"` // written
}

// Stats tells how the store fares.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	st := s.counters
	st.Held, st.Backlog = s.held, s.lastSeq+1-s.firstRaw
	s.mu.Unlock()
	st.DiskBytes = s.db.Metrics().DiskSpaceUsage()
	return st
}

// Cursors lists the saved cursors, for the health page.
func (s *Store) Cursors() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.cursors)
}

// Checkpoint writes a consistent copy of the store into dir, which must not
// exist, while the store runs.
func (s *Store) Checkpoint(dir string) error {
	return s.db.Checkpoint(dir, pebble.WithFlushedWAL())
}

// LastSeq is the sequence of the newest acknowledged batch.
func (s *Store) LastSeq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastSeq
}

func (s *Store) alive(ctx context.Context) error {
	if s.closed.Load() {
		return ErrClosed
	}
	return ctx.Err()
}
