package tenant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhigai/access"
	"zhigai/plant"
)

// Progress is how far the writing of everything a firm owns has come.
type Progress struct {
	Step string `json:"step,omitempty" enum:"plant,record,samples,files"`
	Done int64  `json:"done,omitempty" doc:"Of this step: tables or tags"`
	Of   int64  `json:"of,omitempty"`
}

// ExportState says how an export stands.
type ExportState string

// States of an export.
const (
	ExportNone    ExportState = "none"    // none was asked for, or its time is over
	ExportWaiting ExportState = "waiting" // for others that run
	ExportRunning ExportState = "running"
	ExportReady   ExportState = "ready"
	ExportFailed  ExportState = "failed"
)

// Export is everything a firm owns as one file, being made or there to be
// fetched.
type Export struct {
	State    ExportState `json:"state" enum:"none,waiting,running,ready,failed"`
	Started  time.Time   `json:"started,omitzero" doc:"Left out of one that was made before the node was started"`
	Ended    time.Time   `json:"ended,omitzero"`
	Expires  time.Time   `json:"expires,omitzero" doc:"When the file is taken away"`
	Bytes    int64       `json:"bytes" doc:"Of the file, as far as it is written"`
	Progress Progress    `json:"progress"`
	Error    string      `json:"error,omitempty" doc:"Why it failed; nothing of it is left"`
}

// KeepExport is how long the file of an export can be fetched.
const KeepExport = 24 * time.Hour

const (
	exportsAtOnce = 2        // more would only share the disk
	lookForRoom   = 64 << 20 // bytes written between two looks at the disk
)

// ExportsOptions of exports. All are required.
type ExportsOptions struct {
	Dir string // of the files; made when there is a first one
	// Write writes everything that a tenant owns; id is "" for the node's own. It
	// ends when ctx does.
	Write func(ctx context.Context, no plant.TenantNo, id string, to io.Writer, tell func(Progress)) error
	// Room says why nothing more may be written to the disk; nil: it may.
	Room func() error
	Now  func() time.Time
	// Failed is told of what goes wrong while nobody waits for it.
	Failed func(error)
}

// Exports makes files of everything a firm owns in the background, one of a firm
// at a time, and keeps each for a day. A file has its name only when it is
// whole. Its methods may be called concurrently.
type Exports struct {
	o     ExportsOptions
	ctx   context.Context // of what runs; ended by Close
	end   context.CancelFunc
	turns chan struct{}
	runs  sync.WaitGroup

	mu   sync.Mutex
	each map[plant.TenantNo]*export
}

// export is one that was asked for; its Exports' lock guards now.
type export struct {
	now    Export
	cancel context.CancelFunc
	done   chan struct{} // closed when it ended
}

const (
	zipEnd  = ".zip"
	partEnd = ".part"
)

// NewExports looks what is there of an earlier run. What was not whole then is
// taken away.
func NewExports(o ExportsOptions) (*Exports, error) {
	e := &Exports{o: o, turns: make(chan struct{}, exportsAtOnce), each: map[plant.TenantNo]*export{}}
	e.ctx, e.end = context.WithCancel(context.Background())
	files, err := os.ReadDir(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	for _, f := range files {
		name := f.Name()
		if strings.HasSuffix(name, partEnd) {
			if err := os.Remove(filepath.Join(o.Dir, name)); err != nil {
				return nil, fmt.Errorf("exports: %w", err)
			}
			continue
		}
		no, err := strconv.ParseUint(strings.TrimSuffix(name, zipEnd), 10, 32)
		if err != nil || !strings.HasSuffix(name, zipEnd) {
			continue // not ours
		}
		info, err := f.Info()
		if err != nil {
			return nil, fmt.Errorf("exports: %w", err)
		}
		ended := info.ModTime().UTC()
		done := make(chan struct{})
		close(done)
		e.each[plant.TenantNo(no)] = &export{
			now:  Export{State: ExportReady, Ended: ended, Expires: ended.Add(KeepExport), Bytes: info.Size()},
			done: done, cancel: func() {},
		}
	}
	e.Expire()
	return e, nil
}

// File is where the file of a tenant lies when it is ready.
func (e *Exports) File(no plant.TenantNo) string { return ExportFile(e.o.Dir, no) }

// ExportFile is where exports of a folder keep the file of a tenant.
func ExportFile(dir string, no plant.TenantNo) string {
	return filepath.Join(dir, strconv.FormatUint(uint64(no), 10)+zipEnd)
}

// Start begins an export; what was made before is taken away. While one runs it
// is answered with that one, and began is false.
func (e *Exports) Start(no plant.TenantNo, id string) (now Export, began bool, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if x := e.each[no]; x != nil && (x.now.State == ExportRunning || x.now.State == ExportWaiting) {
		return x.now, false, nil
	}
	if err := e.ctx.Err(); err != nil {
		return Export{}, false, fmt.Errorf("exports: the node ends: %w", err)
	}
	if err := e.o.Room(); err != nil {
		return Export{}, false, err
	}
	if err := os.MkdirAll(e.o.Dir, 0o700); err != nil {
		return Export{}, false, fmt.Errorf("exports: %w", err)
	}
	if err := e.remove(no); err != nil {
		return Export{}, false, err
	}
	x := &export{now: Export{State: ExportWaiting, Started: e.o.Now().UTC()}, done: make(chan struct{})}
	var ctx context.Context
	ctx, x.cancel = context.WithCancel(e.ctx)
	e.each[no] = x
	e.runs.Go(func() { e.run(ctx, x, no, id) })
	return x.now, true, nil
}

// remove takes the file of a tenant away; the caller holds the lock.
func (e *Exports) remove(no plant.TenantNo) error {
	if err := os.Remove(e.File(no)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("exports: %w", err)
	}
	delete(e.each, no)
	return nil
}

func (e *Exports) run(ctx context.Context, x *export, no plant.TenantNo, id string) {
	defer close(x.done)
	defer x.cancel()
	select {
	case e.turns <- struct{}{}:
		defer func() { <-e.turns }()
	case <-ctx.Done():
		e.ended(x, no, ctx.Err())
		return
	}
	e.mu.Lock()
	x.now.State = ExportRunning
	e.mu.Unlock()
	e.ended(x, no, e.write(ctx, x, no, id))
}

// ended notes how an export ended. Of one that was cancelled nothing is said: it
// is gone with the node, or with the firm.
func (e *Exports) ended(x *export, no plant.TenantNo, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at := e.o.Now().UTC()
	switch {
	case errors.Is(err, context.Canceled):
		delete(e.each, no)
	case err != nil:
		x.now.State, x.now.Ended, x.now.Bytes, x.now.Error = ExportFailed, at, 0, err.Error()
		e.o.Failed(fmt.Errorf("export of tenant %d: %w", no, err))
	default:
		x.now.State, x.now.Ended, x.now.Expires = ExportReady, at, at.Add(KeepExport)
	}
}

// write writes beside the file and gives it its name when it is whole and
// durable.
func (e *Exports) write(ctx context.Context, x *export, no plant.TenantNo, id string) error {
	part := e.File(no) + partEnd
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	err = e.o.Write(ctx, no, id, &exportWriter{ctx: ctx, of: e, x: x, to: f}, func(p Progress) {
		e.mu.Lock()
		defer e.mu.Unlock()
		x.now.Progress = p
	})
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close(), ctx.Err()); err == nil {
		err = os.Rename(part, e.File(no))
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

// exportWriter counts what goes into a file, and ends it when it is cancelled or
// the disk fills up.
type exportWriter struct {
	ctx   context.Context
	of    *Exports
	x     *export
	to    io.Writer
	since int64 // bytes since the disk was looked at
}

func (w *exportWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if w.since += int64(len(p)); w.since > lookForRoom {
		if err := w.of.o.Room(); err != nil {
			return 0, err
		}
		w.since = 0
	}
	n, err := w.to.Write(p)
	w.of.mu.Lock()
	w.x.now.Bytes += int64(n)
	w.of.mu.Unlock()
	return n, err
}

// Get says how the export of a tenant stands.
func (e *Exports) Get(no plant.TenantNo) Export {
	e.Expire()
	e.mu.Lock()
	defer e.mu.Unlock()
	if x := e.each[no]; x != nil {
		return x.now
	}
	return Export{State: ExportNone}
}

// Open opens the file of a tenant's export; access.ErrNotFound when there is none
// that is ready. It stays readable when it is taken away meanwhile.
func (e *Exports) Open(no plant.TenantNo) (*os.File, Export, error) {
	e.Expire()
	e.mu.Lock()
	defer e.mu.Unlock()
	x := e.each[no]
	if x == nil || x.now.State != ExportReady {
		return nil, Export{}, fmt.Errorf("no export is ready; start one and wait until it is: %w", access.ErrNotFound)
	}
	f, err := os.Open(e.File(no))
	return f, x.now, err
}

// Expire takes away files whose day is over.
func (e *Exports) Expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.o.Now()
	for no, x := range e.each {
		if x.now.State == ExportReady && !now.Before(x.now.Expires) {
			if err := e.remove(no); err != nil {
				e.o.Failed(err)
			}
		}
	}
}

// Drop ends and takes away the export of a tenant that is deleted.
func (e *Exports) Drop(no plant.TenantNo) error {
	e.mu.Lock()
	x := e.each[no]
	e.mu.Unlock()
	if x != nil {
		x.cancel()
		<-x.done
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.remove(no)
}

// Close ends what runs; nothing half made stays behind. What is ready stays for
// the next start.
func (e *Exports) Close() {
	e.mu.Lock()
	e.end()
	e.mu.Unlock()
	e.runs.Wait()
}
