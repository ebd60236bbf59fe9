package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// schema numbers the layout of keys and values.
const schema = 1

// Options of a store. The zero value is that of a plant node.
type Options struct {
	Now        func() time.Time
	FS         vfs.FS // nil: the disk
	Logger     *slog.Logger
	CacheBytes int64         // block cache; default 16 MiB
	FlushAge   time.Duration // longest a sample waits for its chunk; default 1 h
	MinFree    uint64        // bytes of the disk that are kept free; default 256 MiB
	MarkLate   bool          // fill Sequenced.Late, for a store whose batches go on to another
	ReadOnly   bool          // nothing is written: what would write returns [ErrReadOnly]
	Lean       bool          // little memory: however fast samples come, few wait for their chunk

	memTable int           // bytes of the log that the engine holds in memory
	pause    time.Duration // after an error of a file that is tried again
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.FS == nil {
		o.FS = vfs.Default
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
	if o.MinFree == 0 {
		o.MinFree = 256 << 20
	}
	if o.pause == 0 {
		o.pause = tryPause
	}
	if o.memTable == 0 {
		o.memTable = 32 << 20
	}
	return o
}

// Store keeps samples. Its methods may be called concurrently.
type Store struct {
	db      *engine
	dir     string
	fs      vfs.FS
	now     func() time.Time
	log     *slog.Logger
	every   time.Duration
	age     time.Duration
	minFree uint64
	still   bool // opened for questions only
	codecs  sync.Pool

	queue      chan *request
	stop       chan struct{} // closed by Close
	wake       chan struct{} // the writer has work
	broken     chan struct{} // closed when the store failed
	failed     atomic.Pointer[error]
	done       sync.WaitGroup // the loops
	committing slot           // one commit at a time
	newest     newest         // nil without Options.MarkLate; used by commits alone

	life   sync.Mutex // guards closed and inside
	closed bool
	inside int           // calls under way
	idle   chan struct{} // closed when the last of them left a closed store

	mu        sync.Mutex // guards what follows
	numbers   heads[uint64]
	texts     heads[string]
	held      int // points in memory
	heldBytes int
	waits     int // points that may wait in memory, by the pace
	most      int // bounds waits
	paced     uint64
	pacedAt   time.Time // when so many had come
	lastSeq   uint64
	firstRaw  uint64        // oldest batch still in the log
	arrived   chan struct{} // closed when a batch arrives
	room      *sync.Cond    // the writer made room
	cursors   map[string]uint64
	unsaved   map[string]uint64 // of them those that wait for room on the disk
	counters  Stats
	chunked   uint64 // every batch up to here is in chunks

	writing  slot // one run of the chunk writer at a time; guards what follows
	tails    map[tailKey]tail
	progress *progress
}

// Open opens or makes the store in dir.
func Open(dir string, o Options) (*Store, error) {
	o = o.withDefaults()
	db, err := openEngine(dir, o)
	if err != nil {
		return nil, err
	}
	s := &Store{
		db: db, dir: dir, fs: o.FS, now: o.Now, log: o.Logger, age: o.FlushAge, every: min(flushEvery, o.FlushAge), minFree: o.MinFree, still: o.ReadOnly,
		queue: make(chan *request, maxQueue), stop: make(chan struct{}), wake: make(chan struct{}, 1), broken: make(chan struct{}),
		committing: make(slot, 1), writing: make(slot, 1), idle: make(chan struct{}), numbers: heads[uint64]{}, texts: heads[string]{}, arrived: make(chan struct{}),
		cursors: map[string]uint64{}, unsaved: map[string]uint64{}, tails: map[tailKey]tail{}, progress: newProgress(),
		most: mostSamples, pacedAt: o.Now(),
	}
	if o.Lean {
		s.most = flushSamples
	}
	if o.MarkLate {
		s.newest = newest{}
	}
	fail := s.fail
	db.log.fail.Store(&fail)
	if db.log.broken.Load() {
		return nil, fmt.Errorf("history %s: %w", dir, s.fail(db.log.cause))
	}
	s.codecs.New = func() any { return newCodec() }
	s.room = sync.NewCond(&s.mu)
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("history %s: %w", dir, damaged(err)), db.close())
	}
	s.waits = min(max(s.held, flushSamples), s.most) // who comes now need not wait for those of before
	if s.still {
		return s, nil
	}
	s.done.Add(2)
	go s.commitLoop()
	go s.writeLoop()
	return s, nil
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
	if has == 0 && s.still {
		return fmt.Errorf("%w: there is no store in this folder to be read", ErrReadOnly)
	}
	if has == 0 {
		b := s.db.NewBatch()
		set(b.Set(keySchema, binary.BigEndian.AppendUint64(nil, schema), nil))
		if err := s.write(b, pebble.Sync); err != nil {
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
	if err := errors.Join(s.loadCursors(), s.loadProgress()); err != nil {
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
	return sequenceOf(raw)
}

func (s *Store) loadProgress() error {
	for _, space := range [2]byte{spaceProgress, spaceTextProgress} {
		it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{space}, UpperBound: []byte{space + 1}})
		if err != nil {
			return err
		}
		for ok := it.First(); ok; ok = it.Next() {
			if len(it.Key()) != seriesEnd || len(it.Value()) != 8 {
				return errors.Join(fmt.Errorf("%w: progress %x", ErrDamaged, it.Key()), it.Close())
			}
			s.progress.of(space)[seriesOf(it.Key())] = binary.BigEndian.Uint64(it.Value())
		}
		if err := errors.Join(it.Error(), it.Close()); err != nil {
			return err
		}
	}
	return nil
}

// replay puts batches that are not in chunks yet back into memory.
func (s *Store) replay() error {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: batchKey(0), UpperBound: []byte{spaceBatch + 1}})
	if err != nil {
		return err
	}
	defer it.Close()
	s.firstRaw = s.lastSeq + 1
	// What is kept for readers alone is not looked at: a node that was cut off
	// for weeks starts as fast as any other.
	if it.First() {
		s.firstRaw = min(s.firstRaw, binary.BigEndian.Uint64(it.Key()[1:]))
	}
	now := s.now()
	for ok := it.SeekGE(batchKey(s.chunked + 1)); ok; ok = it.Next() {
		seq := binary.BigEndian.Uint64(it.Key()[1:])
		s.lastSeq = max(s.lastSeq, seq)
		one, err := DecodeBatch(it.Value())
		if err != nil {
			return fmt.Errorf("batch %d: %w", seq, err)
		}
		s.hold(seq, one.Tenant, one.Batch, now, s.progress)
	}
	return it.Error()
}

// enter begins a call that uses the engine; leave ends it.
func (s *Store) enter() error {
	s.life.Lock()
	defer s.life.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.inside++
	return nil
}

func (s *Store) leave() {
	s.life.Lock()
	defer s.life.Unlock()
	s.inside--
	if s.closed && s.inside == 0 {
		close(s.idle)
	}
}

// Close waits for what is under way. Everything acknowledged is on disk
// already. After a failure it does not wait: what hangs on the disk would hang
// here too.
func (s *Store) Close() error {
	s.life.Lock()
	if s.closed {
		s.life.Unlock()
		return ErrClosed
	}
	s.closed = true
	close(s.stop)
	if s.inside == 0 {
		close(s.idle)
	}
	s.life.Unlock()
	s.mu.Lock()
	s.room.Broadcast()
	s.mu.Unlock()
	quiet := make(chan struct{})
	go func() {
		<-s.idle
		s.done.Wait()
		close(quiet)
	}()
	select {
	case <-quiet:
		return s.db.close()
	case <-s.broken:
		return s.Failed()
	}
}

// Failed is why the store takes no more, or nil.
func (s *Store) Failed() error {
	if p := s.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Broken is closed when the store has failed.
func (s *Store) Broken() <-chan struct{} { return s.broken }

// fail stops the store: after a write that failed nobody knows what is on the
// disk, and what would be written behind it could hide that.
func (s *Store) fail(err error) error {
	if errors.Is(err, ErrFailed) || errors.Is(err, ErrReadOnly) {
		return err
	}
	wrapped := fmt.Errorf("%w: %w", ErrFailed, err)
	if s.failed.CompareAndSwap(nil, &wrapped) {
		s.log.Error("history stopped accepting", "err", err)
		close(s.broken)
		s.mu.Lock()
		s.room.Broadcast()
		s.mu.Unlock()
	}
	return *s.failed.Load()
}

// Cursors lists the saved cursors, for the health page.
func (s *Store) Cursors() map[string]uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.cursors)
}

// Checkpoint writes a consistent copy of the store into dir, which must not
// exist, while the store runs, and gives the place of the last batch in it. The
// copy opens like the store itself.
func (s *Store) Checkpoint(dir string) (last uint64, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	if err := s.take(s.committing); err != nil { // so that the copy ends at one batch
		return 0, err
	}
	defer func() { <-s.committing }()
	if err := s.db.Checkpoint(dir, pebble.WithFlushedWAL()); err != nil {
		return 0, fmt.Errorf("history: copy to %s: %w", dir, err)
	}
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: batchKey(0), UpperBound: []byte{spaceBatch + 1}})
	if err != nil {
		return 0, err
	}
	last = s.LastSeq() // one that is in the log already may not be told yet
	if it.Last() {
		last = max(last, binary.BigEndian.Uint64(it.Key()[1:]))
	}
	return last, it.Close()
}

// LastSeq is the sequence of the newest acknowledged batch.
func (s *Store) LastSeq() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastSeq
}

// Bounds gives the oldest batch that Read can still give and the newest one;
// first is last+1 when there is none.
func (s *Store) Bounds() (first, last uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.firstRaw, s.lastSeq
}
