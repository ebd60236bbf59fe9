package history

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// disk stands between the engine and the file system and decides what an error
// of a write means.
//
// Of the log and the list of files it is the end: the engine would end the
// process. Here the store is told that it failed, and the engine's goroutine
// that asked is held for ever: it never learns of the error, writes no more,
// and what is there can still be read.
//
// With other files the engine tries again, at once and for ever, while commits
// pile up behind it. Here it is slowed down, and after some tries that is the
// end, too.
type disk struct {
	vfs.FS
	log *engineLog
}

const (
	patience = 10          // errors in a row
	tryPause = time.Second // after each of them
)

func (d disk) Unwrap() vfs.FS { return d.FS }

// vital reports whether the engine cannot live without the file.
func (d disk) vital(name string) bool {
	base := d.PathBase(name)
	return strings.HasSuffix(base, ".log") || strings.HasPrefix(base, "MANIFEST") || strings.HasPrefix(base, "marker.")
}

// judge passes on what the engine may know. It is called without locks of the
// engine.
func (d disk) judge(what, name string, vital bool, err error) error {
	if err == nil {
		return nil
	}
	if !vital && d.log.opened.Load() && !d.log.broken.Load() {
		time.Sleep(d.log.pause)
	}
	if vital || d.log.inRow.Add(1) >= patience {
		d.log.fatal(fmt.Errorf("%s %s: %w", what, name, err))
	}
	if d.log.broken.Load() {
		select {}
	}
	return err
}

func (d disk) wrap(name string, f vfs.File, err error) (vfs.File, error) {
	vital := d.vital(name)
	if err = d.judge("create", name, vital, err); err != nil {
		return nil, err
	}
	return &judgedFile{File: f, disk: d, name: name, vital: vital}, nil
}

func (d disk) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.Create(name, c)
	return d.wrap(name, f, err)
}

func (d disk) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := d.FS.ReuseForWrite(oldname, newname, c)
	return d.wrap(newname, f, err)
}

func (d disk) OpenDir(name string) (vfs.File, error) {
	f, err := d.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &judgedFile{File: f, disk: d, name: name, vital: true}, nil
}

// judgedFile is a file that is written, or a folder.
type judgedFile struct {
	vfs.File
	disk   disk
	name   string
	vital  bool
	failed atomic.Bool
}

func (f *judgedFile) judge(what string, err error) error {
	if err != nil {
		f.failed.Store(true)
	}
	return f.disk.judge(what, f.name, f.vital, err)
}

func (f *judgedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	return n, f.judge("write", err)
}

func (f *judgedFile) WriteAt(p []byte, at int64) (int, error) {
	n, err := f.File.WriteAt(p, at)
	return n, f.judge("write", err)
}

func (f *judgedFile) Sync() error { return f.judge("fsync", f.File.Sync()) }

func (f *judgedFile) SyncData() error { return f.judge("fsync", f.File.SyncData()) }

func (f *judgedFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	return full, f.judge("fsync", err)
}

func (f *judgedFile) Close() error {
	err := f.judge("close", f.File.Close())
	if err == nil && !f.vital && !f.failed.Load() {
		f.disk.log.inRow.Store(0) // a whole file was written
	}
	return err
}
