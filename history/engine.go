package history

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
)

// format is that of the engine's files. It is raised by hand, together with
// schema: an engine that raises it by itself would lock the way back.
const format = pebble.FormatValueSeparation

// engine is the key-value store with what this package asks of it when the
// disk fails.
type engine struct {
	*pebble.DB
	lock *pebble.Lock
	log  *engineLog
}

func openEngine(dir string, o Options) (*engine, error) {
	fs := o.FS
	if err := fs.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("history: folder %s cannot be made: %w", dir, err)
	}
	lock, err := pebble.LockDirectory(dir, fs)
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("history: folder %s is not writable for this user: %w", dir, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %s: %w; stop the other process or choose another folder", ErrInUse, dir, err)
	}
	e := &engine{lock: lock, log: &engineLog{log: o.Logger}}
	if err := e.open(dir, o); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return e, nil
}

func (e *engine) open(dir string, o Options) (err error) {
	defer func() {
		if broken := engineErrorOf(recover()); broken != nil {
			err = fmt.Errorf("history %s: %w", dir, broken)
		}
	}()
	cache := pebble.NewCache(o.CacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		Cache: cache, FS: o.FS, Lock: e.lock, Logger: e.log, FormatMajorVersion: format,
		MemTableSize: 32 << 20, MemTableStopWritesThreshold: 4, WALBytesPerSync: 1 << 20,
		EventListener: &pebble.EventListener{
			BackgroundError: e.log.background,
			// Without this a flipped bit would be fatal. Who reads it gets an error.
			DataCorruption: func(info pebble.DataCorruptionInfo) { e.log.background(info.Details) },
		},
	}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone }) // chunks are compressed already
	e.DB, err = pebble.Open(dir, opts)
	switch {
	case err == nil:
		e.log.opened.Store(true)
		return nil
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("history: folder %s is not writable for this user: %w", dir, err)
	case strings.Contains(err.Error(), "format major version"):
		return fmt.Errorf("%w: %s: %w", ErrNewerSchema, dir, err)
	}
	return fmt.Errorf("history %s: %w", dir, err)
}

// close gives the folder free. After an error the engine calls fatal its state
// is not known and closing could wait for ever: the end of the process closes.
func (e *engine) close() error {
	if e.log.broken.Load() {
		return nil
	}
	return errors.Join(e.DB.Close(), e.lock.Close())
}

// engineErrorOf is the error that the engine panicked with: one it calls fatal,
// or one of the disk. Other panics go on.
func engineErrorOf(panicked any) error {
	if panicked == nil {
		return nil
	}
	err, ok := panicked.(error)
	if _, bug := panicked.(runtime.Error); bug || !ok {
		panic(panicked)
	}
	return err
}

// engineLog keeps the engine's chatter out of the log but for errors.
type engineLog struct {
	log    *slog.Logger
	opened atomic.Bool
	broken atomic.Bool
	errors atomic.Uint64
	fail   atomic.Pointer[func(error) error]
}

func (*engineLog) Infof(string, ...any) {}

func (l *engineLog) background(err error) {
	l.errors.Add(1)
	l.log.Error("history: background work of the engine", "err", err)
}

func (l *engineLog) Errorf(format string, args ...any) {
	l.log.Error("history: engine", "err", fmt.Sprintf(format, args...))
}

// Fatalf is called when the engine cannot go on: a write or fsync failed, so
// that nobody knows what is on the disk. It must not return. The store stops
// taking samples and the node goes on to say so.
func (l *engineLog) Fatalf(format string, args ...any) {
	err := fmt.Errorf(strings.Replace(format, "%v", "%w", 1), args...)
	l.broken.Store(true)
	if fail := l.fail.Load(); fail != nil {
		_ = (*fail)(err)
	}
	if !l.opened.Load() || strings.HasPrefix(format, "pebble: fatal commit error") {
		panic(err) // of a caller of ours, who recovers it
	}
	runtime.Goexit() // of the engine's own goroutine
}

// write commits b. Commits come one by one: behind one that failed another
// would wait for ever. After an error nothing is written any more.
func (s *Store) write(b *pebble.Batch, how *pebble.WriteOptions) (err error) {
	s.committing.Lock()
	defer s.committing.Unlock()
	defer func() {
		if broken := engineErrorOf(recover()); broken != nil {
			s.db.log.broken.Store(true)
			err = s.fail(broken)
		}
	}()
	if err := s.Failed(); err != nil {
		return err
	}
	if err := b.Commit(how); err != nil {
		return s.fail(err)
	}
	return s.Failed() // the engine may have failed behind this commit's back
}

// checkSpace refuses to fill the disk up: the writer needs some to make the
// raw log smaller, and other programs need it too.
func (s *Store) checkSpace(least uint64) error {
	use, err := s.fs.GetDiskUsage(s.dir)
	if err != nil || use.AvailBytes >= least {
		return nil // a file system that cannot tell is written to until it refuses
	}
	return fmt.Errorf("%w: %d MB free at %s, %d MB are kept free; delete files or give the disk more room",
		ErrNoSpace, use.AvailBytes>>20, s.dir, least>>20)
}
