package history

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// format is that of the engine's files. It is raised by hand, together with
// schema: an engine that raises it by itself would lock the way back.
const format = pebble.FormatValueSeparation

// engine is the key-value store with what this package asks of it when the
// disk fails.
type engine struct {
	*pebble.DB
	lock  *pebble.Lock
	log   *engineLog
	seals *seals
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
	e := &engine{lock: lock, log: &engineLog{log: o.Logger, pause: o.pause, dead: make(chan struct{})}}
	if err := e.openSealed(dir, o); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return e, nil
}

// openSealed opens the engine only when the files that it reads first are as
// they were written.
func (e *engine) openSealed(dir string, o Options) error {
	_, damage, err := checkFiles(context.Background(), o.FS, dir, journalFile, nil)
	if err != nil {
		return err
	}
	for _, d := range damage {
		if d.File != sealsName {
			return fmt.Errorf("history %s: %w: %s; mend it with zhigai repair", dir, ErrDamaged, d)
		}
		o.Logger.Error("history: damaged seal", "damage", d.String())
	}
	if e.seals, err = openSeals(o.FS, dir, o.Logger); err != nil {
		return fmt.Errorf("history %s: seals: %w", dir, err)
	}
	if err := e.open(dir, o); err != nil {
		return errors.Join(err, e.seals.close())
	}
	return nil
}

func (e *engine) open(dir string, o Options) (err error) {
	cache := pebble.NewCache(o.CacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		ReadOnly: o.ReadOnly,
		Cache:    cache, FS: disk{sealing{o.FS, e.seals}, e.log}, Lock: e.lock, Logger: e.log, FormatMajorVersion: format,
		MemTableSize: uint64(o.memTable), MemTableStopWritesThreshold: 4, WALBytesPerSync: 1 << 20,
		EventListener: &pebble.EventListener{
			BackgroundError: e.log.background,
			// Without this a flipped bit would be fatal. Who reads it gets an error.
			DataCorruption: func(info pebble.DataCorruptionInfo) { e.log.background(info.Details) },
		},
	}
	opts.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionNone }) // chunks are compressed already
	opened := make(chan *pebble.DB, 1)
	err = e.log.survive(func() error {
		db, err := pebble.Open(dir, opts)
		opened <- db
		return err
	})
	switch {
	case err == nil:
		e.DB = <-opened
		e.log.opened.Store(true)
		return nil
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("history: folder %s is not writable for this user: %w", dir, err)
	case strings.Contains(err.Error(), "format major version"):
		return fmt.Errorf("%w: %s: %w", ErrNewerSchema, dir, err)
	}
	return fmt.Errorf("history %s: %w", dir, damaged(err))
}

// close gives the folder free. After a failure the engine hangs, and only the
// end of the process closes.
func (e *engine) close() error {
	if e.log.broken.Load() {
		return nil
	}
	e.log.opened.Store(false) // from here errors come back
	return errors.Join(e.log.survive(e.DB.Close), e.seals.close(), e.lock.Close())
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

// engineLog keeps the engine's chatter out of the log but for errors, and tells
// the store when the engine can no longer be used.
type engineLog struct {
	log    *slog.Logger
	opened atomic.Bool
	broken atomic.Bool
	errors atomic.Uint64
	inRow  atomic.Int64 // errors of files that are tried again
	pause  time.Duration
	fail   atomic.Pointer[func(error) error]
	once   sync.Once
	dead   chan struct{} // closed when broken
	cause  error         // from then on
}

func (l *engineLog) fatal(err error) {
	l.once.Do(func() {
		l.cause = err
		l.broken.Store(true)
		close(l.dead)
	})
	if fail := l.fail.Load(); fail != nil {
		_ = (*fail)(err)
	}
}

// survive runs a call of the engine that may end in a fatal error, on its own
// goroutine or on one of the engine's. The call is left behind then: it hangs.
func (l *engineLog) survive(call func() error) error {
	done := make(chan error, 1)
	go func() {
		var err error
		defer func() { done <- errors.Join(err, engineErrorOf(recover())) }()
		err = call()
	}()
	select {
	case err := <-done:
		return err
	case <-l.dead:
		return l.cause
	}
}

func (*engineLog) Infof(string, ...any) {}

func (l *engineLog) background(err error) {
	l.errors.Add(1)
	l.log.Error("history: background work of the engine", "err", err)
}

func (l *engineLog) Errorf(format string, args ...any) {
	l.log.Error("history: engine", "err", fmt.Sprintf(format, args...))
}

// Fatalf is called when the engine cannot go on. It must not return.
func (l *engineLog) Fatalf(format string, args ...any) {
	l.fatal(fmt.Errorf(strings.Replace(format, "%v", "%w", 1), args...))
	select {}
}

// write commits b, which belongs to it from then on. After an error nothing is
// written any more. A commit that the disk holds up for ever is left behind, so
// that callers do not hang on it.
func (s *Store) write(b *pebble.Batch, how *pebble.WriteOptions) error {
	if s.still {
		return errors.Join(ErrReadOnly, b.Close())
	}
	if err := s.take(s.committing); err != nil { // behind one that hangs all others would
		return err
	}
	done := make(chan error, 1)
	go func() {
		err := b.Commit(how)
		done <- errors.Join(err, b.Close())
	}()
	select {
	case err := <-done:
		<-s.committing
		if err != nil {
			return s.fail(err)
		}
		return s.Failed() // the engine may have failed behind this commit's back
	case <-s.broken:
		return s.Failed()
	}
}

// slot lets one at a time through.
type slot chan struct{}

// take waits for a slot; give it back with a receive.
func (s *Store) take(one slot) error {
	if err := s.Failed(); err != nil {
		return err
	}
	select {
	case one <- struct{}{}:
		return nil
	case <-s.broken:
		return s.Failed()
	}
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
