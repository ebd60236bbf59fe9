package history

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A seal says how long a file of the engine is and what its checksum is, for
// every file the engine writes. The engine's own checksums do not reach
// everywhere, and at the end of a log it cannot tell a flipped bit from a write
// that a crash cut off: it would forget what was acknowledged.
//
// Seals stand in one file of slots, written over in place after the fsync of
// what they seal and without one of their own. So the way of an append gets
// longer by the time of one small write into the cache; a process that dies
// leaves seals of everything it acknowledged; and a power failure may leave a
// seal of less than was acknowledged, but never of more. What has no seal, after
// a restore or such a failure, gets one from the scrub.
//
// Without seals are files without bytes (LOCK, marker.*), and in a log what
// stands behind the last fsync.
const (
	sealsName = "SEALS"
	slotBytes = 64
	slotName  = 40 // longest name
	// maxSeals bounds what is read of the file: ten times the files of a full
	// disk of tables.
	maxSeals = 1 << 20
)

// seal is of the first length bytes of a file.
type seal struct {
	slot   int
	length int64
	sum    uint32
}

// seals are those of one folder.
type seals struct {
	fs     vfs.FS
	dir    string
	log    *slog.Logger
	failed atomic.Uint64 // seals that could not be written
	bad    []Damage      // slots that were damaged at the start

	mu   sync.Mutex
	file vfs.File
	of   map[string]seal
	free []int
	n    int // slots in the file
}

// appendSlot writes a slot; an empty name gives a free one.
func appendSlot(dst []byte, name string, s seal) []byte {
	var b [slotBytes]byte
	if name != "" {
		b[0] = byte(len(name))
		copy(b[1:1+slotName], name)
		binary.BigEndian.PutUint64(b[44:], uint64(s.length))
		binary.BigEndian.PutUint32(b[52:], s.sum)
		binary.BigEndian.PutUint32(b[60:], crc32.Checksum(b[:60], castagnoli))
	}
	return append(dst, b[:]...)
}

// decodeSlot reads what appendSlot wrote.
func decodeSlot(b []byte) (name string, s seal, err error) {
	if len(b) != slotBytes {
		return "", s, fmt.Errorf("%w: seal of %d bytes", ErrDamaged, len(b))
	}
	if string(b) == string(make([]byte, slotBytes)) {
		return "", s, nil
	}
	n := int(b[0])
	if n == 0 || n > slotName || binary.BigEndian.Uint32(b[60:]) != crc32.Checksum(b[:60], castagnoli) {
		return "", s, fmt.Errorf("%w: seal does not fit its checksum", ErrDamaged)
	}
	return string(b[1 : 1+n]), seal{length: int64(binary.BigEndian.Uint64(b[44:]) &^ (1 << 63)), sum: binary.BigEndian.Uint32(b[52:])}, nil
}

// readSeals reads the slots of a folder; without the file there are none.
func readSeals(fs vfs.FS, dir string) (of map[string]seal, n int, damage []Damage, err error) {
	of = map[string]seal{}
	f, err := fs.Open(fs.PathJoin(dir, sealsName))
	if errors.Is(err, os.ErrNotExist) {
		return of, 0, nil, nil
	}
	if err != nil {
		return nil, 0, nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSeals*slotBytes))
	if err != nil {
		return nil, 0, nil, err
	}
	for ; (n+1)*slotBytes <= len(raw); n++ {
		name, s, err := decodeSlot(raw[n*slotBytes : (n+1)*slotBytes])
		if err != nil {
			damage = append(damage, Damage{File: sealsName, Offset: int64(n * slotBytes), Detail: "a seal does not fit its checksum"})
			continue
		}
		if name != "" {
			s.slot = n
			of[name] = s
		}
	}
	return of, n, damage, nil
}

// openSeals takes over the seals of the folder, without those of files that
// are gone.
func openSeals(fs vfs.FS, dir string, log *slog.Logger) (*seals, error) {
	s := &seals{fs: fs, dir: dir, log: log}
	var err error
	if s.of, s.n, s.bad, err = readSeals(fs, dir); err != nil {
		return nil, err
	}
	if s.file, err = fs.OpenReadWrite(fs.PathJoin(dir, sealsName), vfs.WriteCategoryUnspecified); err != nil {
		return nil, err
	}
	used := map[int]bool{}
	for name, one := range s.of {
		if _, err := fs.Stat(fs.PathJoin(dir, name)); errors.Is(err, os.ErrNotExist) {
			delete(s.of, name)
			continue
		}
		used[one.slot] = true
	}
	for i := range s.n {
		if !used[i] {
			s.put(i, "", seal{})
			s.free = append(s.free, i)
		}
	}
	return s, nil
}

// put writes one slot. An error costs only the seal: what it seals is safe.
func (s *seals) put(slot int, name string, one seal) {
	if s.file == nil {
		return
	}
	if _, err := s.file.WriteAt(appendSlot(nil, name, one), int64(slot*slotBytes)); err != nil && s.failed.Add(1) == 1 {
		s.log.Error("history: seals of files cannot be written; flipped bits in new files may not be found", "err", err)
	}
}

// set seals the file.
func (s *seals) set(name string, length int64, sum uint32) {
	if len(name) > slotName {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	one, ok := s.of[name]
	if !ok {
		if n := len(s.free); n > 0 {
			one.slot, s.free = s.free[n-1], s.free[:n-1]
		} else {
			one.slot, s.n = s.n, s.n+1
		}
	}
	one.length, one.sum = length, sum
	s.of[name] = one
	s.put(one.slot, name, one)
}

func (s *seals) drop(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one, ok := s.of[name]; ok {
		delete(s.of, name)
		s.put(one.slot, "", seal{})
		s.free = append(s.free, one.slot)
	}
}

func (s *seals) rename(from, to string) {
	s.mu.Lock()
	one, ok := s.of[from]
	s.mu.Unlock()
	s.drop(from)
	if ok {
		s.set(to, one.length, one.sum)
	}
}

func (s *seals) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := errors.Join(s.file.Sync(), s.file.Close())
	s.file = nil
	return err
}

// sealable reports whether files of the name have bytes that are sealed.
func sealable(name string) bool {
	return name != sealsName && name != "LOCK" && !strings.HasPrefix(name, "marker.") && !strings.HasPrefix(name, ".") && len(name) <= slotName
}

// sealing is a file system that seals what is written into one folder.
type sealing struct {
	vfs.FS
	seals *seals
}

func (f sealing) Unwrap() vfs.FS { return f.FS }

// own gives the name of a file that is sealed.
func (f sealing) own(name string) (string, bool) {
	base := f.PathBase(name)
	return base, f.PathDir(name) == f.PathDir(f.PathJoin(f.seals.dir, "x")) && sealable(base)
}

func (f sealing) wrap(name string, file vfs.File, err error) (vfs.File, error) {
	base, ok := f.own(name)
	if err != nil || !ok {
		return file, err
	}
	f.seals.drop(base) // of a file that it replaces
	return &sealedFile{File: file, seals: f.seals, name: base}, nil
}

func (f sealing) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := f.FS.Create(name, c)
	return f.wrap(name, file, err)
}

func (f sealing) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if base, ok := f.own(oldname); ok {
		f.seals.drop(base)
	}
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return f.wrap(newname, file, err)
}

func (f sealing) Remove(name string) error {
	err := f.FS.Remove(name)
	if base, ok := f.own(name); ok && err == nil {
		f.seals.drop(base)
	}
	return err
}

func (f sealing) Rename(oldname, newname string) error {
	err := f.FS.Rename(oldname, newname)
	if from, ok := f.own(oldname); ok && err == nil {
		f.seals.rename(from, f.PathBase(newname))
	}
	return err
}

// sealedFile is written from its beginning to its end. Writes and fsyncs of
// one file never run at the same time.
type sealedFile struct {
	vfs.File
	seals  *seals
	name   string
	length int64
	sum    uint32
	lost   bool // written in a way that cannot be followed
}

func (f *sealedFile) Write(p []byte) (int, error) {
	sum := crc32.Update(f.sum, castagnoli, p) // before: the layer below may change p
	n, err := f.File.Write(p)
	if n != len(p) {
		f.lost = true
		return n, err
	}
	f.length, f.sum = f.length+int64(n), sum
	return n, err
}

func (f *sealedFile) WriteAt(p []byte, at int64) (int, error) {
	f.lost = true
	f.seals.drop(f.name)
	return f.File.WriteAt(p, at)
}

// keep seals what is on the disk now.
func (f *sealedFile) keep(err error) error {
	if err == nil && !f.lost {
		f.seals.set(f.name, f.length, f.sum)
	}
	return err
}

func (f *sealedFile) Sync() error { return f.keep(f.File.Sync()) }

func (f *sealedFile) SyncData() error { return f.keep(f.File.SyncData()) }

func (f *sealedFile) SyncTo(length int64) (bool, error) {
	full, err := f.File.SyncTo(length)
	if full {
		return full, f.keep(err)
	}
	return full, err
}

// Damage is a file that is not as it was written.
type Damage struct {
	File   string // relative to the folder of the store
	Offset int64  // where known, else 0
	Detail string
	Holds  string // what the file holds, where known
}

func (d Damage) String() string {
	out := d.File + ": " + d.Detail
	if d.Holds != "" {
		out += "; it holds " + d.Holds
	}
	return out
}

// CheckFiles reads every sealed file of a store's folder as it is on the disk
// and lists what is not as it was written. No store needs to be open, one may
// be, and nothing is changed. pace, if given, is called before so many bytes
// are read and may wait.
func CheckFiles(ctx context.Context, dir string, pace func(ctx context.Context, bytes int) error) (files int, damage []Damage, err error) {
	return checkFiles(ctx, vfs.Default, dir, func(string) bool { return true }, pace)
}

func checkFiles(ctx context.Context, fs vfs.FS, dir string, which func(name string) bool, pace func(context.Context, int) error) (files int, damage []Damage, err error) {
	of, _, damage, err := readSeals(fs, dir)
	if err == nil && len(damage) > 0 { // a seal may have been written just then
		of, _, damage, err = readSeals(fs, dir)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("history %s: seals: %w", dir, err)
	}
	for name, one := range of {
		if !which(name) {
			continue
		}
		bad, err := checkFile(ctx, fs, dir, name, one, pace)
		if err != nil {
			return files, damage, err
		}
		files++
		if bad != nil {
			damage = append(damage, *bad)
		}
	}
	return files, damage, nil
}

// checkFile compares one file with its seal. When it does not fit, the seal is
// read again: the engine may have given the file another use meanwhile.
func checkFile(ctx context.Context, fs vfs.FS, dir, name string, one seal, pace func(context.Context, int) error) (*Damage, error) {
	for {
		length, sum, err := sumFile(ctx, fs, fs.PathJoin(dir, name), one.length, pace)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, os.ErrNotExist):
			return nil, nil // the engine misses it itself if it needs it
		case err == nil && length == one.length && sum == one.sum:
			return nil, nil
		}
		of, _, _, again := readSeals(fs, dir)
		if again != nil {
			return nil, fmt.Errorf("history %s: seals: %w", dir, again)
		}
		now, ok := of[name]
		if !ok {
			return nil, nil
		}
		if now != one {
			one = now
			continue
		}
		d := Damage{File: name, Detail: fmt.Sprintf("its first %d bytes do not fit their checksum", one.length)}
		switch {
		case err != nil:
			d.Detail = "it cannot be read: " + err.Error()
		case length < one.length:
			d.Offset, d.Detail = length, fmt.Sprintf("it has %d bytes; %d were written", length, one.length)
		}
		return &d, nil
	}
}

// sumFile reads at most length bytes.
func sumFile(ctx context.Context, fs vfs.FS, name string, length int64, pace func(context.Context, int) error) (n int64, sum uint32, err error) {
	f, err := fs.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	buf := make([]byte, min(length, 256<<10)+1)
	for n < length {
		want := int(min(int64(len(buf)), length-n))
		if pace != nil {
			if err := pace(ctx, want); err != nil {
				return n, sum, err
			}
		}
		if err := ctx.Err(); err != nil {
			return n, sum, err
		}
		got, err := f.ReadAt(buf[:want], n)
		sum, n = crc32.Update(sum, castagnoli, buf[:got]), n+int64(got)
		if errors.Is(err, io.EOF) {
			return n, sum, nil
		}
		if err != nil {
			return n, sum, err
		}
	}
	return n, sum, nil
}

// journalFile reports whether the engine needs the file whole to open.
func journalFile(name string) bool {
	return strings.HasSuffix(name, ".log") || strings.HasPrefix(name, "MANIFEST-") || strings.HasPrefix(name, "OPTIONS-")
}

// damaged gives the engine's error of bytes that do not fit their checksum the
// name it has here.
func damaged(err error) error {
	if pebble.IsCorruptionError(err) && !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
