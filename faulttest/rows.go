package faulttest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
)

// rows are the record's files: a SQLite file layer over that of the operating
// system, which knows what of each file was synced.
type rows struct {
	d      *Disk
	folder string
	name   string // of the layer

	mu     sync.Mutex
	images map[string]*image // by base name
}

// image is a file as the disk has it for sure, and what may be there, too.
type image struct {
	exists  bool // its name is on the disk
	synced  []byte
	pending []change
	removed bool // but whether that is on the disk is not known
}

// change is a write, or a truncation where data is nil.
type change struct {
	at   int64
	data []byte
}

var layers atomic.Int64

func newRows(d *Disk, folder string) *rows {
	r := &rows{d: d, folder: folder, name: fmt.Sprint("fault-", layers.Add(1)), images: map[string]*image{}}
	vfs.Register(r.name, r)
	return r
}

// Folder is where the record lies.
func (d *Disk) Folder() string { return d.rows.folder }

// VFS names the layer for the record's options.
func (d *Disk) VFS() string { return d.rows.name }

// Close forgets the layer.
func (d *Disk) Close() { vfs.Unregister(d.rows.name) }

// kept are the kinds of files that outlive a transaction.
const kept = vfs.OPEN_MAIN_DB | vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_WAL

// system is the layer below.
func system() vfs.VFSFilename { return vfs.Find("").(vfs.VFSFilename) }

// Open is not called: the layer wants to know whole names.
func (r *rows) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return nil, 0, sqlite3.CANTOPEN
}

// OpenFilename opens a file of the record and follows what is written to it.
func (r *rows) OpenFilename(full *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if full == nil || flags&kept == 0 {
		return system().OpenFilename(full, flags)
	}
	name := full.String()
	base := filepath.Base(name)
	raw, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	isNew := err != nil
	if isNew && flags&vfs.OPEN_CREATE != 0 {
		end, err := r.d.whole(Record)
		defer end()
		if err != nil {
			return nil, 0, sqliteError(err, sqlite3.CANTOPEN)
		}
	}
	f, flags, err := system().OpenFilename(full, flags)
	if err != nil {
		return nil, 0, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.images[base]
	switch {
	case i == nil: // from before this layer
		r.images[base] = &image{exists: !isNew, synced: raw}
	case i.removed && isNew: // the new file may come to lie under the old name
		i.removed, i.pending = false, []change{{}}
	}
	return &rowFile{File: f, rows: r, base: base}, flags, nil
}

// Delete removes a file; whether that lasts is not sure before its folder was
// synced.
func (r *rows) Delete(name string, syncDir bool) error {
	end, err := r.d.whole(Record)
	defer end()
	if err != nil {
		return sqliteError(err, sqlite3.IOERR_DELETE)
	}
	if err := system().Delete(name, syncDir); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.images[filepath.Base(name)]; i != nil {
		if syncDir && !r.d.Lies[Record] {
			*i = image{}
		}
		i.removed = true
	}
	return nil
}

// Access asks the operating system.
func (r *rows) Access(name string, flags vfs.AccessFlag) (bool, error) {
	return system().Access(name, flags)
}

// FullPathname asks the operating system.
func (r *rows) FullPathname(name string) (string, error) { return system().FullPathname(name) }

func sqliteError[T interface{ ~uint8 | ~uint16 }](err error, code T) error {
	if errors.Is(err, errFull) {
		return vfs.SystemError(err, sqlite3.FULL)
	}
	return vfs.SystemError(err, code)
}

// rowFile follows what is written to a file.
type rowFile struct {
	vfs.File
	rows *rows
	base string
}

// SharedMemory is that of the operating system's file: the index of the log
// does not outlive the process.
func (f *rowFile) SharedMemory() vfs.SharedMemory {
	if s, ok := f.File.(vfs.FileSharedMemory); ok {
		return s.SharedMemory()
	}
	return nil
}

func (f *rowFile) note(c change) {
	f.rows.mu.Lock()
	defer f.rows.mu.Unlock()
	i := f.rows.images[f.base]
	i.pending = append(i.pending, c)
}

// ReadAt reads, and makes the checksum of a page fit where the disk is blind.
func (f *rowFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if f.rows.d.Blind && n == len(p) && n >= 512 && n&(n-1) == 0 {
		var a, b uint32
		sum := p[n-8:]
		for data := p[:n-8]; len(data) >= 8; data = data[8:] {
			a += binary.LittleEndian.Uint32(data) + b
			b += binary.LittleEndian.Uint32(data[4:]) + a
		}
		binary.LittleEndian.PutUint32(sum, a)
		binary.LittleEndian.PutUint32(sum[4:], b)
	}
	return n, err
}

func (f *rowFile) WriteAt(p []byte, at int64) (int, error) {
	end, err := f.rows.d.begin(Record)
	defer end()
	todo := p
	if err == errHalf {
		todo = p[:len(p)/2]
	} else if err != nil {
		return 0, sqliteError(err, sqlite3.IOERR_WRITE)
	}
	n, failed := f.File.WriteAt(todo, at)
	f.note(change{at, append(make([]byte, 0, n), todo[:n]...)})
	if failed == nil && err != nil {
		failed = sqliteError(errIO, sqlite3.IOERR_WRITE)
	}
	return n, failed
}

func (f *rowFile) Truncate(size int64) error {
	end, err := f.rows.d.whole(Record)
	defer end()
	if err != nil {
		return sqliteError(err, sqlite3.IOERR_TRUNCATE)
	}
	if err := f.File.Truncate(size); err != nil {
		return err
	}
	f.note(change{at: size})
	return nil
}

func (f *rowFile) Sync(flags vfs.SyncFlag) error {
	end, err := f.rows.d.whole(Record)
	defer end()
	r := f.rows
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.images[f.base]
	if err != nil {
		// The system has tried and forgets: the next fsync succeeds without
		// these pages.
		i.pending = nil
		return sqliteError(err, sqlite3.IOERR_FSYNC)
	}
	if !r.d.Lies[Record] {
		for _, c := range i.pending {
			i.synced = c.apply(i.synced)
		}
		i.pending, i.exists = nil, true
	}
	return nil
}

// apply makes the change in a file's content.
func (c change) apply(to []byte) []byte {
	if c.data == nil {
		if int64(len(to)) > c.at {
			return to[:c.at]
		}
		return append(to, make([]byte, c.at-int64(len(to)))...)
	}
	if grow := c.at + int64(len(c.data)) - int64(len(to)); grow > 0 {
		to = append(to, make([]byte, grow)...)
	}
	copy(to[c.at:], c.data)
	return to
}

// sector is what a disk writes whole or not at all.
const sector = 512

// crash writes into a new folder what a loss of power may leave. No write is
// under way.
func (r *rows) crash(rng *rand.Rand) (string, error) {
	folder, err := os.MkdirTemp(filepath.Dir(r.folder), "after-")
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	percent := [...]int{0, 100, rng.IntN(101)}[rng.IntN(3)]
	keep := func() bool { return rng.IntN(100) < percent }
	for base, i := range r.images {
		if !i.exists && !keep() || i.removed && (!i.exists || keep()) {
			continue
		}
		content := append([]byte(nil), i.synced...)
		for _, c := range i.pending {
			if c.data == nil {
				if keep() {
					content = c.apply(content)
				}
				continue
			}
			for from := 0; from < len(c.data); from += sector {
				if keep() {
					part := change{c.at + int64(from), c.data[from:min(from+sector, len(c.data))]}
					content = part.apply(content)
				}
			}
		}
		if err := os.WriteFile(filepath.Join(folder, base), content, 0o600); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// copyTo copies the folder as it is.
func (r *rows) copyTo(folder string) error {
	entries, err := os.ReadDir(r.folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "-shm") || strings.HasPrefix(e.Name(), "record.lock") {
			continue
		}
		if err := copyFile(filepath.Join(r.folder, e.Name()), filepath.Join(folder, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Flip changes one bit of one file of the disk, by chance. No store may be
// open. It tells which.
func (d *Disk) Flip() (string, error) {
	d.gate.Lock()
	defer d.gate.Unlock()
	names, err := d.mem.List("history")
	if err != nil {
		return "", err
	}
	files := map[string][]byte{}
	for _, n := range names {
		if data, err := d.mem.UnsafeGetFileDataBuffer("history/" + n); err == nil && len(data) > 0 && n != "LOCK" {
			files[n] = data
		}
	}
	file := filepath.Join(d.rows.folder, "record.db")
	rows, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	order := append(slices.Sorted(maps.Keys(files)), "record.db")
	name := order[d.r.IntN(len(order))]
	data := rows
	if name != "record.db" {
		data = files[name]
	}
	at := d.r.IntN(len(data))
	data[at] ^= 1 << d.r.IntN(8)
	if name == "record.db" {
		err = os.WriteFile(file, rows, 0o600)
	}
	return fmt.Sprintf("byte %d of %s", at, name), err
}

// FlipIn changes one bit in a place of the record that holds the text, by
// chance. No store may be open.
func (d *Disk) FlipIn(text string) error {
	file := filepath.Join(d.rows.folder, "record.db")
	rows, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var places []int
	for at := 0; ; at++ {
		next := bytes.Index(rows[at:], []byte(text))
		if next < 0 {
			break
		}
		at += next
		places = append(places, at)
	}
	if len(places) == 0 {
		return fmt.Errorf("%q is nowhere in %s", text, file)
	}
	rows[places[d.r.IntN(len(places))]+d.r.IntN(len(text))] ^= 1 << d.r.IntN(3)
	return os.WriteFile(file, rows, 0o600)
}
